"""Prove that a change of a lock file is an ordinary update, or say what is not, so that it is reviewed.

In an ordinary update only these differ: versions, which do not go down; hashes, which are not lost; the ranges of
dependencies; and where addresses spell the version, the package's file or a hash. The author controls the text, so a
lock file that its package manager would not write is suspicious, too.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.domain.diff.parse import EXECUTABLE_MODE, SYMLINK_MODE, ChangedFile, FileStatus, LineKind
from reviewbot.domain.selection.lock_entries import SNAPSHOTS, Edge, UnreadableLock, Written, entries_of

_LENGTH = 100


def _shown(text: str) -> str:
    # Escape look-alike letters.
    return ascii(text)[1:-1].replace("`", "'")[:_LENGTH]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.lower())


def suspicions(file: ChangedFile, files: Iterable[ChangedFile] = ()) -> tuple[str, ...]:
    """Return what is suspicious about a change of a lock file; empty for an ordinary update.

    `files` are those of the change that are sent, for what the manifests among them request.
    """
    if what := _another_file(file) or _comment(file):
        return (what,)
    if file.diff.status is FileStatus.REMOVED or not any(True for _ in file.diff.lines()):
        return ()
    if file.text is None:
        return ("its text is unavailable",)
    new = file.text
    try:
        old_entries, new_entries = entries_of(file.path, file.diff.reverted(new)), entries_of(file.path, new)
        before, after = (_entries(some, file.path) for some in (old_entries, new_entries))
    except (UnreadableLock, RecursionError):
        return ("its format is unknown, or not what a package manager writes",)
    if any(one.is_package for one in old_entries) and not any(one.is_package for one in new_entries):
        return ("it no longer locks anything",)
    known = tuple(one for places in before.values() for entries in places.values() for one in entries)
    fields, is_hashed = frozenset(field for one in known for field in one.fields), any(one.hashes for one in known)
    found = [
        f"`{_shown(name)}` {what}"
        for name, places in after.items()
        for what in (
            _changes(places, before[name]) if name in before else _additions(name, places, fields, is_hashed=is_hashed)
        )
    ]
    folder, _, base = file.path.rpartition("/")
    if installer := _INSTALLERS.get(base):
        there = (one for one in files if one.path.rpartition("/")[2] == installer.manifest)
        manifests = (one for one in there if not folder or one.path.startswith(f"{folder}/"))
        unneeded = _unneeded(after, before, installer.needs, frozenset().union(*map(_requested, manifests)))
        found += [f"`{_shown(name)}` is a new package that no other one needs" for name in unneeded]
    return tuple(dict.fromkeys(found))


class _Installer(NamedTuple):
    """One that can install every package of its lock file, whether anything needs it or not.

    `needs` are the keys under which the lock file says what a package needs.
    """

    manifest: str
    needs: frozenset[str] = frozenset()


_INSTALLERS: Mapping[str, _Installer] = {
    "pdm.lock": _Installer("pyproject.toml", frozenset({"dependencies"})),
    "poetry.lock": _Installer("pyproject.toml", frozenset({"dependencies"})),
    "uv.lock": _Installer("pyproject.toml", frozenset({"dependencies", "optional-dependencies"})),
    "pylock.toml": _Installer("pyproject.toml"),
    "Pipfile.lock": _Installer("Pipfile"),
}
_REQUIREMENTS = re.compile("((.+-)?dependencies|dependency-groups|(dev-)?packages)")


def _requested(manifest: ChangedFile) -> frozenset[str]:
    """Return the packages that a manifest requests, which a reviewer sees in the change."""
    try:
        return frozenset(map(_plain, _requirements(tomllib.loads(manifest.text or ""))))
    except (ValueError, RecursionError):
        return frozenset()


def _requirements(tables: Mapping[str, object]) -> Iterator[str]:
    for key, inner in tables.items():
        if _REQUIREMENTS.fullmatch(key):
            yield from _needed(inner)
        elif isinstance(inner, dict):
            yield from _requirements(inner)
            # A project can be in its own lock file.
            yield from [inner["name"]] if key in {"project", "poetry"} and isinstance(inner.get("name"), str) else []


def _unneeded(
    new: Mapping[str, Places], old: Mapping[str, Places], kinds: Container[str], requested: Container[str]
) -> Iterator[str]:
    """Yield the new packages that are not requested, and that no other package needs, except such a one."""
    needs: dict[str, set[str]] = {}
    for name, places in new.items():
        said = [need.partition(" ") for entries in places.values() for one in entries for need in one.needs]
        needs[name] = {_plain(need) for kind, _, need in said if kind in kinds}
    left = {name for name, places in new.items() if name not in old and any(map(_is_package, places.values()))}
    reached = {name for name in new if name not in left or name in requested}
    while reached:
        left -= reached
        reached = set[str]().union(*(needs[name] for name in reached)) & left
    yield from sorted(left)


def _is_package(entries: Sequence[_Entry]) -> bool:
    return any(one.is_package for one in entries)


def _another_file(file: ChangedFile) -> str:
    """Return why the change is of another file's text; empty if it is not."""
    if file.diff.old_path != file.path:
        return f"it was `{_shown(file.diff.old_path)}`"  # and may have installed nothing there
    mode = file.new.mode if file.new else ""
    return {SYMLINK_MODE: "it is a symlink", EXECUTABLE_MODE: "it is executable"}.get(mode, "")


_COMMENT = re.compile(r"\s*#")
_TOML_COMMENT = re.compile(r"\s*#|(?:[^\"'#]|\"(?:[^\"\\]|\\.)*\"|'[^']*')*[ \t\]]#")
_HEADER = re.compile(
    r"# (?:THIS IS AN AUTOGENERATED FILE\. DO NOT EDIT THIS FILE DIRECTLY\.|yarn lockfile v1|(?:node|yarn) v[0-9.]+"
    r"|This file is generated by running \"yarn install\" inside your project\.|Manual changes might be lost .{1,30}"
    r"|This file is (?:automatically )?@generated by "
    r"(?:Cargo|PDM|Poetry(?: [0-9a-z.]+)? and should not be changed by hand)\."
    r"|It is not intended for manual editing\.)"
)
"""A comment that Yarn, Cargo, PDM or Poetry writes; no other one is needed."""


def _comment(file: ChangedFile) -> str:
    """Return that there is a new comment that no package manager writes: a shell or an interpreter could read it."""
    added = (line.text for line in file.diff.lines() if line.kind is LineKind.ADDED)
    is_toml = file.path.rpartition("/")[2] in {"Cargo.lock", "pdm.lock", "poetry.lock", "pylock.toml", "uv.lock"}
    form = _TOML_COMMENT if is_toml else _COMMENT
    comments = (text.strip() for text in added if form.match(text))
    return next((f"it has the comment `{_shown(one)}`" for one in comments if not _HEADER.fullmatch(one)), "")


Field = tuple[str, str]


class _Entry(Struct, frozen=True):
    """An entry of a lock file; `fields` are what updates keep, and `hashed` are the keys that have a hash.

    Attributes:
        written: the text of each field without placeholders.
        needs: the dependencies, if the entry is of a published package, whose versions never change theirs.
        edges: the versions of dependencies that the file states.
        is_package: whether a package is downloaded.
    """

    version: str
    fields: frozenset[Field]
    hashed: frozenset[str]
    hashes: frozenset[str]
    written: Mapping[Field, str]
    needs: frozenset[str]
    edges: tuple[Edge, ...]
    is_package: bool

    def says(self, field: Field, which: str) -> str:
        """Return what a field says that no entry before has; `which` is `another` or `the new`."""
        key, text = _shown(field[0]), self.written[field] or field[1]
        if _ADDRESS.fullmatch(key) or _URL.fullmatch(text):
            return f"is downloaded from another address: `{_shown(text)}`"
        return f"has {which} `{key}`: `{_shown(text)}`"

    def elsewhere(self) -> _Entry:
        """Return the entry without what another version at another place may differ in."""
        return replace(self, fields=frozenset(field for field in self.fields if not _OWN.fullmatch(field[0])))


Places = Mapping[str, list[_Entry]]

_MOST, _MOST_IN_ALL = 1_000, 30_000_000
# These match the path of a key: notes, ranges, dependencies, hashes, what a package brings along (`_OWN`), and
# addresses. `_FIRST_WORD`, `_SUM` and `_URL` match values.
_NOTES = re.compile(
    "engines|funding|license|deprecated|dev|optional|peer|devOptional|peerDependenciesMeta|dependenciesMeta|summary|category"
    "|transitivePeerDependencies|description|keywords|authors|homepage|support|suggest|time|extra branch-alias|_readme"
    "|(metadata )?(content-hash|content_hash|lock-version|lock_version|requires-python|requires_python|python-versions)"
    r"|plugin-api-version|groups|resolution-markers|(dependencies \S+|sdist|archive|.+\[\]) (size|upload-time|optional)"
    r"|((dependencies \S+|.+\[\]) )?markers?"
)
_RANGES = re.compile(
    "(dependencies|(dev|optional|peer)(D|-d)ependencies|requires|require|require-dev|requested|specifier|conflict|provide"
    r"|extras|metadata requires-dist|metadata requires-dev|metadata provides-extras)(\[\])?( .+)?"
)
_NEEDS = re.compile("dependencies|(optional|peer)(D|-d)ependencies|requires|require")
_FIRST_WORD = re.compile(r"[\s<>=!~^@;(\[]")
_HASHES = re.compile("(.+ )?(integrity|checksum|hash(es)?|contentHash|shasum)|.*hashes .+")
_SUM = re.compile(r"([A-Za-z0-9]+[-:=/])?[A-Za-z0-9+/]{32,}={0,2}|(sha1-)[A-Za-z0-9+/]{27}=")
_OWN = re.compile("(bin|hasBin|hasInstallScript|requiresBuild|os|cpu|libc|conditions)( .+)?")
_ADDRESS, _URL = re.compile("(.+ )?(resolved|url|source|tarball|remote|registry)"), re.compile(r"[\w+.-]+://\S+")

# Yarn's own patches spell `npm:` with an escape.
_RANGE = re.compile(
    r"(?:\A(?:npm:)?|(?<=npm:)|(?<=npm%3A)|(?<=\w@))(?!\.|[|>][-+]?\Z|(?i:.*\.t(?:gz|ar)))[^:/\\@#%]+(?=\Z|#)"
)
# An escape in a host's place would spell another host.
_BEHIND_HOST = re.compile(r"(?<=[^/:]/).*", re.DOTALL)
_ARCHIVE = re.compile(r"(?:[^?#]*/)?([^/?#]+?)(\.(?:tgz|tar\.gz|tar\.bz2|whl|zip|gem|crate|jar))(?:[?#].*)?")
# PyPI's folders, the archive's hash of Yarn, and the one of Yarn's own patches.
_DIGEST = re.compile(
    r"(?<=/)[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}(?=/)|(?<=\.tgz#)[0-9a-f]+\Z|(?<=>::version={version}&hash=)\w+\Z"
)


_SPELLED: Mapping[str, Callable[[str], str]] = {
    **dict.fromkeys(_INSTALLERS, _plain),
    **dict.fromkeys(("composer.lock", "packages.lock.json"), str.lower),
}
"""How the package managers spell a name that they compare."""


def _entries(written: Iterable[Written], path: str) -> Mapping[str, Places]:
    """Return the entries of the lock file at a path by name, as its package manager compares names, and place."""
    spelled = _SPELLED.get(path.rpartition("/")[2], str)
    found: defaultdict[str, defaultdict[str, list[_Entry]]] = defaultdict(lambda: defaultdict(list))
    count = 0
    for name, places, value, edges, is_package in written:
        version = str(value.get("version") or "")
        fields = tuple(_fields({**value, "version": ""}, "", (name, version.lstrip("=v"))))
        is_published = any(one[2] for one in fields) or name.startswith(SNAPSHOTS)
        needs = frozenset(_needs(value)) if is_published else frozenset()
        entry = _Entry(
            version,
            frozenset((path, text) for path, text, is_hash, _ in fields if not is_hash),
            frozenset(path for path, _, is_hash, _ in fields if is_hash),
            frozenset(text for _, text, is_hash, _ in fields if is_hash),
            {(path, text): written for path, text, is_hash, written in fields if not is_hash},
            needs,
            edges,
            is_package,
        )
        # Formats that share a source among entries can multiply a text.
        count += sum(50 + len(path) + len(text) for path, text, *_ in fields) * max(1, len(places))
        count += sum(map(len, places)) + 50 * len(edges) * max(1, len(places))
        if count > _MOST_IN_ALL:
            raise UnreadableLock
        for place in places or ("",):
            found[spelled(name)][place].append(entry)
    return found


def _needs(value: Mapping[str, object]) -> Iterator[str]:
    """Yield the names of an entry's dependencies, with their kind."""
    for kind, found in value.items():
        if _NEEDS.fullmatch(kind):
            yield from (f"{kind} {name}" for name in _needed(found))


def _needed(found: object) -> Iterator[str]:
    """Yield the names in a list of dependencies, or in a table of them or of their groups."""
    if isinstance(found, dict):
        for key, inner in found.items():
            is_group = isinstance(inner, list) and all(_is_listed(one) for one in inner)
            yield from _needed(inner) if is_group else [str(key)]
    for one in found if isinstance(found, list) else ():
        name = one.get("name", one.get("package", "")) if isinstance(one, dict) else one
        yield from _FIRST_WORD.split(str(name), maxsplit=1)[:1] if name else ()


def _is_listed(found: object) -> bool:
    """Return whether a value is an item in a list of dependencies, and not one of the versions of one."""
    return isinstance(found, str) or (isinstance(found, dict) and not found.keys().isdisjoint(_ITEM))


_ITEM = ("name", "package", "include-group")


def _fields(value: object, path: str, own: tuple[str, ...]) -> Iterator[tuple[str, str, bool, str]]:
    """Yield the path and text of each value, whether it is a hash, and its text without placeholders.

    `own` are the name, version and hashes of the entry.
    """
    if len(path) > _MOST:
        raise UnreadableLock
    if _NOTES.fullmatch(path) or value is None or value == "":
        return
    match value:
        case dict():
            start = f"{path} " if path else ""
            sums = (str(value.get(key)) for key in ("hash", "shasum"))
            own = (*own[:2], *(one.rpartition(":")[2] for one in sums if _SUM.fullmatch(one)))
            for key, inner in value.items():
                yield from _fields(inner, f"{start}{key}", own)
        case list():
            for inner in value:
                parts = list(_fields(inner, f"{path}[]" if isinstance(inner, dict) else path, own))
                yield from (part for part in parts if part[2] or not isinstance(inner, dict))
                if isinstance(inner, dict) and parts:
                    # A file keeps its address and its hash together.
                    texts = sorted({f"{key}={'' if is_hash else text}" for key, text, is_hash, _ in parts})
                    written = " ".join(text for *_, text in parts if text)
                    yield path, " ".join(texts).replace(f"{path}[] ", ""), False, written
        case _ if _RANGES.fullmatch(path):
            rest = _RANGE.sub("", str(value)) if len(str(value)) < _MOST else str(value)
            yield from [(path, rest, False, str(value))] if rest else []
        case str() if _HASHES.fullmatch(path) and (algorithms := _algorithms(value)):
            yield path, value, True, ""
            # Package managers ignore a hash by an algorithm, or in a form, that they do not know.
            yield from ((path, one, False, "") for one in sorted(algorithms))
        case _:
            text = _template(str(value), *own)
            yield from ((path, digest, True, "") for digest in _DIGEST.findall(text))
            yield path, _DIGEST.sub("{hash}", text), False, str(value)


def _algorithms(text: str) -> set[str]:
    """Return the algorithm of each hash, empty for one that names none; nothing if any part is not a hash."""
    found = [_SUM.fullmatch(one) for one in text.split()]
    return {one[1] or one[2] or "" for one in found if one} if all(found) else set()


def _template(text: str, name: str, version: str, *hashes: str) -> str:
    """Return a text with placeholders for what spells the hashes, the package's file, its version and its folder."""
    text = _BEHIND_HOST.sub(lambda rest: unquote(rest[0]), text, count=1).replace("{", "{{")
    for one in hashes:
        text = text.replace(one, "{hash}")
    found = _ARCHIVE.fullmatch(text)
    if found and _is_file(found[1], found[2], name.rpartition("/")[2], version):
        # A file without a folder is one of an index.
        text = text[: found.start(1)] + "{file}" + text[found.end(1) if found.start(1) else found.end(2) :]
    if "." in version and _VERSION.match(version):
        text = text.replace(version, "{version}")
    text = text.replace(f"/{name}/-/", "/{name}/-/")
    return f"{{name}}@npm:{text.removeprefix(f'{name}@npm:')}" if text.startswith(f"{name}@npm:") else text


def _is_file(stem: str, suffix: str, name: str, version: str) -> bool:
    before, found, tags = stem.partition(f"-{version}")
    is_whole = not tags or (suffix == ".whl" and tags.startswith("-"))
    return bool(found) and is_whole and _plain(before) == _plain(name)


def _changes(new: Places, old: Places) -> Iterator[str]:
    """Yield what is suspicious about the entries of a name that exists: each is compared with those at its place."""
    for place in new.keys() & old.keys():
        yield from _compared(new[place], old[place])
        yield from _lower_edges(new[place], old[place])
        yield from _lost_needs(new[place], old[place]) if place else ()
    for place, entries in new.items():
        if (before := _found_at(place, old)) in old:
            yield from _lower(entries, old[before], is_here=True)
    all_new, all_old = ([one for entries in places.values() for one in entries] for places in (new, old))
    moved = [one.elsewhere() for place, entries in new.items() if place not in old for one in entries]
    yield from _compared(moved, [one.elsewhere() for one in all_old])
    yield from _lower_edges(moved, all_old)
    lower, least = list(_lower(all_new, all_old)), min((_order(one.version) for one in all_old), default=None)
    yield from lower
    for one in () if lower else moved:
        if not _is_version(one.version) or (least is not None and _order(one.version) < least):
            yield f"has the version {_shown(one.version)}"


def _compared(new: Sequence[_Entry], old: Sequence[_Entry]) -> Iterator[str]:
    hashed: defaultdict[frozenset[Field], set[str]] = defaultdict(set)
    hashes: defaultdict[tuple[frozenset[Field], str], set[frozenset[str]]] = defaultdict(set)
    needs: defaultdict[str, set[str]] = defaultdict(set)
    for one in old:
        needs[one.version] |= one.needs
        hashed[one.fields] |= one.hashed
        hashes[one.fields, one.version].add(one.hashes)
    for one in new:
        known = one.fields if one.fields in hashed else old[0].fields
        added = one.fields - known
        yield from (one.says(field, "another") for field in sorted(added))
        lost = {key for key, _ in known - one.fields} - {key for key, _ in added}
        bare = hashed[known] - one.hashed
        yield from (f"no longer has the same `{_shown(key)}`" for key in sorted(lost - bare))
        if bare:
            yield "has no hash"
        more = one.needs - needs.get(one.version, one.needs)
        names = sorted({need.partition(" ")[2] for need in more})
        yield from (f"has the new dependency `{_shown(name)}` in the same version" for name in names)
        # Files may be withdrawn.
        if not any(one.hashes <= some for some in hashes[one.fields, one.version] or {one.hashes}):
            yield f"has another hash for the same version {_shown(one.version)}"


def _lost_needs(new: Sequence[_Entry], old: Sequence[_Entry]) -> Iterator[str]:
    """Yield which dependency is no longer there in the same version: node would find another version of it."""
    needs = {one.version: one.needs for one in old}
    for one in new:
        lost = needs.get(one.version, one.needs) - one.needs
        names = sorted({need.partition(" ")[2] for need in lost})
        yield from (f"no longer has the dependency `{_shown(name)}` in the same version" for name in names)


def _found_at(place: str, old: Places) -> str:
    """Return the place itself, or where a package there found this name before: the nearest `node_modules` above."""
    folder, between, name = place.rpartition("node_modules/")
    while between and place not in old and folder:
        folder = folder[: folder.rstrip("/").rfind("/") + 1]
        place = f"{folder}node_modules/{name}"
    return place


def _lower_edges(new: Sequence[_Entry], old: Sequence[_Entry]) -> Iterator[str]:
    """Yield which dependency is lower than before: than in the same version of the entry or, for a new one, in all."""
    before: defaultdict[str, list[_Entry]] = defaultdict(list)
    after: defaultdict[str | None, list[_Entry]] = defaultdict(list)
    for one in old:
        before[one.version].append(one)
    for one in new:
        after[one.version if one.version in before else None].append(one)
    for version, some in after.items():
        yield from _lower_than(old if version is None else before[version], some, lambda edge: edge.name != "")
    yield from _lower_than(old, new, lambda edge: edge.name == "")


def _lower_than(old: Sequence[_Entry], new: Sequence[_Entry], counts: Callable[[Edge], bool]) -> Iterator[str]:
    before: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    names: defaultdict[str, set[str]] = defaultdict(set)
    for edge in (edge for one in old for edge in one.edges if counts(edge)):
        before[edge.name, edge.marker].add(edge.version)
        names[edge.name].add(edge.version)
    least = {need: min(_exact(text) for text in texts) for need, texts in before.items()}
    # Where a new marker holds, it may have been any of them.
    most = {name: max(texts, key=_exact) for name, texts in names.items()}
    for edge in (edge for one in new for edge in one.edges if counts(edge) and edge.name in most):
        need, version = (edge.name, edge.marker), edge.version.rpartition("@")[2]
        if edge.version in before.get(need, {most[edge.name]}):
            continue
        if not _VERSION.match(version) or _order(version) < least.get(need, _exact(most[edge.name])):
            of = f" of `{_shown(edge.name)}`" if edge.name else ""
            where = f" where `{_shown(edge.marker)}`" if edge.marker else ""
            yield f"now gets version {_shown(version)}{of}{where}"


def _exact(text: str) -> _Order:
    return _order(text.rpartition("@")[2])  # behind the name of an alias


def _additions(name: str, places: Places, known: frozenset[Field], *, is_hashed: bool) -> Iterator[str]:
    """Yield what is suspicious about a new package: a version that is an address, or another source than all others."""
    if not _NAME.fullmatch(name):
        yield "has an unusual name"
    odd = {one.version for entries in places.values() for one in entries if not _is_version(one.version)}
    yield from (f"has the version {_shown(one)}" for one in sorted(odd))
    for one in (one.elsewhere() for entries in places.values() for one in entries):
        yield from (one.says(field, "the new") for field in sorted(one.fields - known))
        if one.is_package and is_hashed and not one.hashes:
            yield "has no hash"


def _lower(new: Sequence[_Entry], old: Sequence[_Entry], *, is_here: bool = False) -> Iterator[str]:
    """Yield whether a version goes down, or cannot be compared; at a known place also one that is added."""
    before, after = ({one.version for one in some} for some in (old, new))
    gone, added = sorted(before - after, key=_order), sorted(after - before, key=_order)
    pairs = list(zip(gone, added, strict=True)) if len(gone) == len(added) else []
    if gone and after and not pairs:
        pairs.append((gone[-1], max(after, key=_order)))
    if is_here and added:
        pairs.append((min(before, key=_order), min(after, key=_order)))
    for then, now in pairs:
        if _order(now) < _order(then) or not (_VERSION.match(then) and _VERSION.match(now)):
            yield f"goes from version {_shown(then)} to {_shown(now)}"


_NAME = re.compile(r"(?!.*://)@?\w[^\s#=\"'`;<>|&$]*(?: @?\w[^\s#=\"'`;<>|&$]*)*")
_POST = re.compile(r"\Z|\+|\.post[0-9]")
_VERSION = re.compile(r"(?:v|={1,3})?([0-9]+(?:\.[0-9]+)*)(?=[\w.+-]*\Z)")


_Order = tuple[tuple[tuple[int, str], ...], bool, tuple[tuple[int, str], ...]]


def _order(version: str) -> _Order:
    """Return a sort key; a word after the numbers is a pre-release, unless it is `+` or `post` and digits."""
    found = _VERSION.match(version)
    numbers = [_number(part) for part in found[1].split(".")] if found else []
    while numbers and numbers[-1] == _ZERO:
        numbers.pop()
    rest = version[found.end() :] if found else version
    parts = tuple(_number(part) if part.isdecimal() else (-1, part) for part in re.findall("[0-9]+|[^0-9]+", rest))
    return tuple(numbers), _POST.match(rest) is not None, parts


def _is_version(text: str) -> bool:
    return not text or _VERSION.match(text) is not None


def _number(digits: str) -> tuple[int, str]:
    short = digits.lstrip("0")
    return len(short), short


_ZERO = _number("0")
