"""Find what an ordinary update of a lock file does not change, so that it is reviewed.

That is another package, owner, host or protocol, a missing or changed hash, and a lower version. The author controls
the text, so a lock file that its package manager would not write is suspicious, too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote

from msgspec import Struct

from reviewbot.domain.diff.parse import ChangedFile, FileStatus, LineKind
from reviewbot.domain.selection.lock_entries import UnreadableLock, Written, entries_of

_LENGTH = 100

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(/))")
_REST = r"[^\s\"'`<>]*"
_ADDRESS = re.compile(rf"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{{1,20}})://([^/\s\"'`<>]+)({_REST})")
_SHORT = re.compile(r"(?<!\w)(github|gitlab|bitbucket|gist):([^/\s\"'`<>#:]+)", re.IGNORECASE)
_LIKE_A_COPY = re.compile(r"@([A-Za-z0-9.-]{1,100}\.[A-Za-z]{2,20}):(?!\d+(?:[/\s\"']|\Z))([^/\s\"'`<>]{1,100})")
_FOLDER = re.compile(r"(?<!\w)(?:file|portal):(?!//)([^\s\"'`<>#]+)", re.IGNORECASE)
_FORGES = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org", "gist": "gist.github.com"}
_OWNED = frozenset({*_FORGES.values(), "api.github.com", "codeload.github.com", "raw.githubusercontent.com"})
"""Hosts where anyone can have a repository, so the owner matters."""


def sources_of(lines: Iterable[str]) -> frozenset[str]:
    """Return the sources of packages as text: hosts, owners on a forge, folders."""
    return frozenset(source for line in lines for source in _named(_ESCAPE.sub(_unescaped, line)))


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else "/"


def _named(line: str) -> Iterator[str]:
    for found in _ADDRESS.finditer(line):
        yield from _of_address(found[1].lower(), found[2], found[3])
    for found in _SHORT.finditer(line):
        yield from _of_owner(_FORGES[found[1].lower()], found[2])
    for found in _LIKE_A_COPY.finditer(line):
        yield from _of_owner(found[1].lower(), found[2])
    for found in _FOLDER.finditer(line):
        yield f"the folder `{_shown(found[1])}`"


def _of_address(scheme: str, authority: str, rest: str) -> Iterator[str]:
    # Parsers disagree on where the host ends: report both readings.
    for host in {_host(authority), _host(re.split(r"[\\?#]", authority)[0])} - {""}:
        yield f"the host `{_shown(host)}`"
        if scheme == "http" or scheme.endswith("+http"):
            yield f"the unencrypted URL `http://{_shown(host)}`"
        elif scheme != "https":
            yield f"the protocol `{scheme}`"
        if host in _OWNED or scheme.startswith(("git", "ssh")):
            yield f"the owner `{_shown(host)}/{_shown(rest.removeprefix('/repos').lstrip('/').partition('/')[0])}`"


def _of_owner(host: str, owner: str) -> Iterator[str]:
    yield f"the host `{_shown(host)}`"
    yield f"the owner `{_shown(host)}/{_shown(owner)}`"


def _host(authority: str) -> str:
    # `ssh://git@host:owner` has no port.
    return re.sub(r":(?:443|\D[^\]]*)?\Z", "", authority.rpartition("@")[2].rstrip(",;)}")).lower()


def _shown(text: str) -> str:
    # Escape look-alike letters.
    return ascii(text)[1:-1].replace("`", "'")[:_LENGTH]


def suspicions(file: ChangedFile) -> tuple[str, ...]:
    """Return what is suspicious about a change of a lock file; empty for an ordinary update."""
    if file.diff.old_path != file.path:
        return (f"it was `{_shown(file.diff.old_path)}`",)  # and may have installed nothing there
    if file.diff.status is FileStatus.REMOVED or not any(True for _ in file.diff.lines()):
        return ()
    if file.text is None:
        return ("its text is unavailable",)
    new = file.text
    try:
        before = _entries(entries_of(file.path, "\n".join(_old_lines(file, new.split("\n")))))
        after = _entries(entries_of(file.path, new))
    except UnreadableLock:
        return ("its format is unknown, or not what a package manager writes",)
    others = tuple(one for entries in before.values() for one in entries)
    sources, hashed = frozenset(source for one in others for source in one.sources), any(one.hashes for one in others)
    stranger = _Entry("", sources, frozenset({""} if hashed else ()), frozenset())
    found = [
        f"`{_shown(name)}` {what}"
        for name, entries in after.items()
        for what in _changes(entries, before.get(name, ()), stranger)
    ]
    return tuple(dict.fromkeys(found))


def _old_lines(file: ChangedFile, new: Sequence[str]) -> Iterator[str]:
    """Yield the lines at the merge base, by reverting the hunks."""
    at = 0
    for hunk in file.diff.hunks:
        numbers = [line.new for line in hunk.lines if line.new is not None]
        first = numbers[0] - 1 if numbers else at
        yield from new[at:first]
        yield from (line.text for line in hunk.lines if line.kind is not LineKind.ADDED)
        at = numbers[-1] if numbers else first
    yield from new[at:]


class _Entry(Struct, frozen=True):
    """An entry of a lock file; `packages` are the names of other packages that it installs."""

    version: str
    sources: frozenset[str]
    hashes: frozenset[str]
    packages: frozenset[str]


_HASHES = frozenset({"integrity", "checksum", "hash", "hashes", "contentHash", "shasum"})
_ARCHIVE = re.compile(r"/([^/]+)\.(?:tgz|tar\.gz|tar\.bz2|whl|zip|gem|crate|jar)/\Z")


def _entries(written: Iterable[Written]) -> Mapping[str, list[_Entry]]:
    found: defaultdict[str, list[_Entry]] = defaultdict(list)
    for name, fields in written:
        version = next((value for key, value in fields if key == "version"), "")
        places = [(key, value) for key, value in fields if key not in {"version", "package", *_HASHES} and value]
        packages = {value for key, value in fields if key == "package" and value != name}
        packages |= {other for key, value in places for other in _other_packages(name, version, key, value)}
        sources = frozenset(
            word for key, value in places for word in sources_of([value]) or {f"`{key}: {_shown(value)}`"}
        )
        hashes = frozenset(value for key, value in fields if key in _HASHES and value)
        found[name].append(_Entry(version, sources, hashes, frozenset(packages)))
    return found


def _other_packages(name: str, version: str, key: str, address: str) -> Iterator[str]:
    """Yield the package in a URL, unless it has the entry's name and version where registries put them."""
    scheme, _, rest = _ESCAPE.sub(_unescaped, address).partition("://")
    path = unquote(f"/{re.split('[?#]', rest)[0]}/")
    if scheme.lower() not in {"http", "https"} or _host(path.split("/")[1]) in _OWNED:
        return
    archive = _ARCHIVE.search(path)
    if key == "resolved":
        folder, found, _ = path.rpartition(f"/{name}/")
        is_named = found and not _SCOPE.search(folder)
        is_other = not is_named or (archive is not None and not _of_version(archive[1], name, version))
    else:
        is_other = archive is not None and not (
            _of_version(archive[1], name, version) or _plain(archive[1].rpartition("-")[0]) == _file(name)
        )
    if is_other or "/../" in path:
        yield path.strip("/").partition("/")[2]


_SCOPE = re.compile(r"/@[^/]*\Z")


def _of_version(archive: str, name: str, version: str) -> bool:
    return f"{_plain(archive)}-".startswith(f"{_file(name)}-{_plain(version)}-")


def _file(name: str) -> str:
    return _plain(name.rpartition("/")[2])


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.lower())


def _changes(entries: Sequence[_Entry], before: Sequence[_Entry], stranger: _Entry) -> Iterator[str]:
    """Yield what is suspicious about the entries of a name; a new name is compared with all others together."""
    known = before or (stranger,)
    sources = frozenset(source for one in known for source in one.sources)
    all_have_sources, any_has_hash = all(one.sources for one in known), any(one.hashes for one in known)
    packages = frozenset(_without_digits(other) for one in before for other in one.packages)
    hashes: defaultdict[str, set[str]] = defaultdict(set)
    for one in before:
        hashes[one.version] |= one.hashes
    there = frozenset(before)
    for one in (one for one in entries if one not in there):
        yield from (f"comes from {source}" for source in sorted(one.sources - sources))
        if before and not one.sources and all_have_sources:
            yield "no longer has a source"
        others = (other for other in one.packages if _without_digits(other) not in packages)
        yield from (f"is the package `{_shown(other)}`" for other in sorted(others))
        if not one.hashes and any_has_hash and (before or one.sources):
            yield "has no hash"
        if one.hashes and hashes[one.version] and not hashes[one.version] & one.hashes:
            yield f"has another hash for the same version {_shown(one.version)}"
    gone, new = ({one.version for one in some} for some in (before, entries))
    if lower := _lower(gone - new, new - gone, new):
        yield "goes from version {} to {}".format(*map(_shown, lower))


def _without_digits(package: str) -> str:
    # An archive's name contains its version.
    return re.sub("[0-9]+", "0", package)


def _lower(gone: set[str], new: set[str], left: set[str]) -> tuple[str, str] | None:
    """Return an old and a new version if a package went down, or if the two cannot be compared."""
    if not gone or not left:
        return None
    pairs = [(max(gone, key=_order), max(left, key=_order))]
    if len(gone) == len(new):
        pairs = list(zip(sorted(gone, key=_order), sorted(new, key=_order), strict=True))
    for old, now in pairs:
        if _order(now) < _order(old) or not (_VERSION.match(old) and _VERSION.match(now)):
            return old, now
    return None


_VERSION = re.compile(r"(?:v|={1,3})?([0-9]+(?:\.[0-9]+)*)")


def _order(version: str) -> tuple[tuple[tuple[int, str], ...], bool, tuple[tuple[int, str], ...]]:
    """Return a sort key; a word after the numbers is a pre-release, unless it is `+` or `post`."""
    found = _VERSION.match(version)
    numbers = [_number(part) for part in found[1].split(".")] if found else []
    while numbers and numbers[-1] == _ZERO:
        numbers.pop()
    rest = version[found.end() :] if found else version
    parts = tuple(_number(part) if part.isdecimal() else (-1, part) for part in re.findall("[0-9]+|[^0-9]+", rest))
    return tuple(numbers), not rest or rest.startswith(("+", ".post", "-post")), parts


def _number(digits: str) -> tuple[int, str]:
    short = digits.lstrip("0")
    return len(short), short


_ZERO = _number("0")
