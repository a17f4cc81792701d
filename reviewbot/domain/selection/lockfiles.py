"""Warns about changes to lock files, which nobody reads: a new source, plain http, a lost integrity hash."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from reviewbot.domain.diff.parse import ChangedFile, DiffLine, LineKind

_LENGTH = 100
_MOST = 10
"""Sources of one file that are listed one by one."""

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(/))")
_REST = r"[^\s\"'`<>]*"
_ADDRESS = re.compile(rf"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{{1,20}})://([^/\s\"'`<>]+)({_REST})")
_SHORT = re.compile(r"(?<!\w)(github|gitlab|bitbucket|gist):([^/\s\"'`<>#:]+)", re.IGNORECASE)
_LIKE_A_COPY = re.compile(r"@([A-Za-z0-9.-]{1,100}\.[A-Za-z]{2,20}):(?!\d+(?:[/\s\"']|\Z))([^/\s\"'`<>]{1,100})")
_FOLDER = re.compile(r"(?<!\w)(?:file|portal):(?!//)([^\s\"'`<>#]+)", re.IGNORECASE)
_FORGES = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org", "gist": "gist.github.com"}
_OWNED = frozenset({*_FORGES.values(), "api.github.com", "codeload.github.com", "raw.githubusercontent.com"})
"""Hosts on which anyone can have a repository, so the owner matters."""

_HASH = re.compile(
    r"(?:\b(?:integrity|checksum|hash(?:es)?|narHash)\b|\bh1:|sha(?:1|256|384|512)[-:=])[\s\"':=]{0,9}([^\s\"',]*)",
    re.IGNORECASE,
)
_PACKAGE = re.compile(r"\s{0,99}\"[^\"]{0,999}node_modules/[^\"]+\": ?\{|name = |\s{0,2}[\"'/]?[^\s@]{0,300}@.*:\s*\Z")
"""The first line of a package's entry: npm; Cargo and Python; yarn and pnpm."""


def lock_file_notices(file: ChangedFile) -> Iterator[str]:
    """Yield a sentence for each suspicious change of a lock file."""
    added = _texts(file.diff.lines(), LineKind.ADDED)
    known = _sources((*_texts(file.diff.lines(), LineKind.DELETED), *_unchanged(file)))
    fresh = sorted(_sources(added) - known)
    for source in fresh[:_MOST]:
        yield f"`{file.path}` now names {source}, which it did not name before."
    if len(fresh) > _MOST:
        yield f"`{file.path}` now names {len(fresh) - _MOST} more sources that it did not name before."
    lost = 0 if file.new is None else _lost(file)
    if lost:
        yield f"`{file.path}` has {lost} fewer integrity {'hash' if lost == 1 else 'hashes'} than before."


def _texts(lines: Iterable[DiffLine], kind: LineKind) -> list[str]:
    return [line.text for line in lines if line.kind is kind]


def _unchanged(file: ChangedFile) -> Iterator[str]:
    yield from _texts(file.diff.lines(), LineKind.CONTEXT)
    added = file.diff.added
    for number, text in enumerate((file.text or "").split("\n"), start=1):
        if number not in added:
            yield text


def _sources(lines: Iterable[str]) -> frozenset[str]:
    """Where packages come from, in words: hosts, owners on a forge, folders."""
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
    # Parsers disagree about where the host ends: name both readings.
    for host in {_host(authority), _host(re.split(r"[\\?#]", authority)[0])} - {""}:
        yield f"the host `{_shown(host)}`"
        if scheme == "http":
            yield f"the unprotected address `http://{_shown(host)}`"
        if host in _OWNED or scheme.startswith(("git", "ssh")):
            yield f"the owner `{_shown(host)}/{_shown(rest.removeprefix('/repos').lstrip('/').partition('/')[0])}`"


def _of_owner(host: str, owner: str) -> Iterator[str]:
    yield f"the host `{_shown(host)}`"
    yield f"the owner `{_shown(host)}/{_shown(owner)}`"


def _host(authority: str) -> str:
    return re.sub(r":[^\]]*\Z", "", authority.rpartition("@")[2]).rstrip(",;)}").lower()


def _shown(text: str) -> str:
    # Look-alike letters become their codes.
    return ascii(text)[1:-1].replace("`", "'")[:_LENGTH]


def _lost(file: ChangedFile) -> int:
    """Count the hashes that are gone while their packages stay.

    Adjacent changes are counted together: the hash of a new package must not make up for one that another package
    lost. Hashes that only moved do not count.
    """
    removed, added = (Counter(_marks(_texts(file.diff.lines(), kind))) for kind in (LineKind.DELETED, LineKind.ADDED))
    moved = frozenset(mark for mark, times in removed.items() if times <= added[mark])
    runs = (
        list(run)
        for hunk in file.diff.hunks
        for _, run in groupby(hunk.lines, lambda line: line.kind is LineKind.CONTEXT)
    )
    return sum(_lost_in(run, moved) for run in runs)


def _lost_in(run: list[DiffLine], moved: frozenset[str]) -> int:
    counts = []
    for kind in (LineKind.DELETED, LineKind.ADDED):
        marks = [mark for mark in _marks(_texts(run, kind)) if mark not in moved]
        packages = sum(mark.startswith(_OF_PACKAGE) for mark in marks)
        counts.append((packages, len(marks) - packages))
    (packages_gone, gone), (packages_new, new) = counts
    return min(gone, max(0, gone - new - packages_gone + packages_new))


_OF_PACKAGE = "package "


def _marks(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if _PACKAGE.match(line):
            yield _OF_PACKAGE + line.strip()
        yield from (f"hash {found[1]}" for found in _HASH.finditer(line))
