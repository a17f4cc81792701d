"""Parse lock files into entries. Any syntax that the package manager does not write makes a file unreadable."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

Field = tuple[str, str]


class Written(NamedTuple):
    """An entry as written: a package's name, and the keys and values that identify its source."""

    name: str
    fields: tuple[Field, ...]


class UnreadableLock(ValueError):
    """A lock file is not in its package manager's format."""


def entries_of(path: str, text: str) -> tuple[Written, ...]:
    """Return the entries of a lock file.

    Raises:
        UnreadableLock: the format is unknown, or the file deviates from it.
    """
    read = _READERS.get(path.rpartition("/")[2])
    if read is None or _OTHER_BREAKS.search(text):
        raise UnreadableLock
    try:
        return tuple(read(text)) if text.strip() else ()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnreadableLock from None


# Line breaks for some parsers only.
_OTHER_BREAKS = re.compile("\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")
_KEYS = re.compile(
    "version|replace|resolved|integrity|checksum|hash(es)?|contentHash|shasum|name|link|source|dist|sdist|wheels|files|archive|type"
    "|url|registry|index|git|hg|svn|bzr|vcs|path|file|directory|editable|virtual|tarball|mirrors"
)
"""The keys that decide what is installed and from where; the others are notes and dependencies."""


def _fields(value: object, key: str = "") -> Iterator[Field]:
    match value:
        case dict():
            for name, inner in value.items():
                if _KEYS.fullmatch(name):
                    yield from _fields(inner, name)
        case list():
            for inner in value:
                yield from _fields(inner, key)
        case _:
            yield "package" if key == "name" else key, str(value)


def _written(name: object, value: Mapping[str, object]) -> Written:
    if not isinstance(name, str) or not isinstance(value, dict):
        raise UnreadableLock
    return Written(name, tuple(_fields(value)))


def _json(text: str) -> dict[str, object]:
    found = json.loads(text, object_pairs_hook=_once)
    if not isinstance(found, dict):
        raise UnreadableLock
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Parsers disagree on which of two equal keys counts.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnreadableLock
    return found


def _npm(text: str) -> Iterator[Written]:
    whole = _json(text)
    for path, value in whole.get("packages", {}).items():  # type: ignore[attr-defined]  # else unreadable
        if path:
            yield _written(path.rpartition("node_modules/")[2], value)
    yield from _npm_tree(whole.get("dependencies", {}))


def _npm_tree(packages: object) -> Iterator[Written]:
    for name, value in packages.items():  # type: ignore[attr-defined]  # else unreadable
        yield _written(name, value)
        yield from _npm_tree(value.get("dependencies", {}))


def _pipenv(text: str) -> Iterator[Written]:
    whole = _json(text)
    for part, packages in whole.items():
        if part == "_meta":
            yield Written("_meta", tuple(_fields(packages["sources"], "source")))  # type: ignore[index]  # likewise
        else:
            yield from (_written(*item) for item in packages.items())  # type: ignore[attr-defined]  # likewise


def _composer(text: str) -> Iterator[Written]:
    whole = _json(text)
    for part in ("packages", "packages-dev"):
        yield from (_written(one["name"], {**one, "name": []}) for one in whole.get(part) or ())  # type: ignore[attr-defined]


def _nuget(text: str) -> Iterator[Written]:
    for packages in _json(text)["dependencies"].values():  # type: ignore[attr-defined]  # likewise
        for name, value in packages.items():
            kind = value["type"] if value["type"] == "Project" else []
            yield _written(name, {**value, "version": value.get("resolved", ""), "resolved": [], "type": kind})


def _toml(text: str) -> Iterator[Written]:
    whole = tomllib.loads(text)
    # Poetry before 1.5 lists the hashes separately.
    apart = whole.get("metadata", {}).get("files", {})
    # So does an old Cargo, in separate keys; a patch replaces a package's source.
    if "patch" in whole or any(key.startswith("checksum ") for key in whole.get("metadata", {})):
        raise UnreadableLock
    for one in whole.get("package", whole.get("packages", [])):
        fields = _written(one["name"], {**one, "name": [], "hashes": apart.get(one["name"], [])}).fields
        # Without a folder it is the name of a file of an index.
        yield Written(one["name"], tuple((key, value) for key, value in fields if key != "file" or "/" in value))


def _blocks(text: str, ignored: re.Pattern[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each line without indentation, with the indented lines after it."""
    block: tuple[str, list[str]] | None = None
    for line in text.split("\n"):
        if not line.strip() or ignored.match(line):
            continue
        if not line.startswith(" "):
            if block:
                yield block
            block = line.rstrip(), []
        elif block is None:
            raise UnreadableLock
        else:
            block[1].append(line.rstrip())
    if block:
        yield block


_COMMENT = re.compile(r"\s*#")
_YARN_FIELD = re.compile(r'  "?([A-Za-z]+)"?:? +(.+)')
_YARN_LIST = re.compile(r'  "?[A-Za-z]+"?:|    .*')
_DESCRIPTOR = re.compile(r"(@?[^@]+)@(.+)", re.DOTALL)


def _yarn(text: str) -> Iterator[Written]:
    for header, lines in _blocks(text, _COMMENT):
        fields: list[Field] = []
        for line in lines:
            if found := _YARN_FIELD.fullmatch(line):
                fields.append((found[1], found[2].strip('"')))
            elif not _YARN_LIST.fullmatch(line):
                raise UnreadableLock
        name = ""
        if header == "__metadata:":
            continue
        for descriptor in header.removesuffix(":").replace('"', "").split(", "):
            name, wanted = _parted(descriptor)
            wanted = _unpatched(name, wanted)
            if re.match("[a-z+]+:", wanted) and not wanted.startswith("npm:"):
                fields.append(("source", wanted))
            fields += [("package", _parted(value)[0]) for value in (wanted.removeprefix("npm:"),) if "@" in value[1:]]
        yield Written(name, tuple(dict.fromkeys(_resolution(fields))))


def _resolution(fields: Sequence[Field]) -> Iterator[Field]:
    version = next((value for key, value in fields if key == "version"), "")
    for key, value in fields:
        if key == "resolution":
            package, where = _parted(value)
            yield from _located(package, _unpatched(package, where), version)
        else:
            yield key, value


def _located(package: str, where: str, version: str) -> Iterator[Field]:
    found, _, more = where.removeprefix("npm:").partition("::")
    yield "package", package if not where.startswith("npm:") or found == version else f"{package}@{found}"
    if not where.startswith("npm:"):
        yield "source", where
    elif more:
        key, _, value = unquote(more).partition("=")
        yield ("resolved", value) if key == "__archiveUrl" else ("source", more)


_OWN_PATCH = re.compile(
    r"patch:(?P<name>[^#@]+)@(?:npm%3A)?(?P<range>[^#@:]+)#(?:optional!|~)builtin<compat/(?P=name)>"
    r"(?:::version=[\w.+-]+&hash=\w+)?"
)


def _unpatched(name: str, where: str) -> str:
    """Return what one of Yarn's built-in patches is applied to; anything else unchanged."""
    found = _OWN_PATCH.fullmatch(where)
    return f"npm:{found['range']}" if found and found["name"] == name else where


def _parted(descriptor: str) -> tuple[str, str]:
    found = _DESCRIPTOR.fullmatch(descriptor)
    if found is None or (found[2].startswith("npm:") and not found[2][4:]):
        raise UnreadableLock
    return found[1], found[2]


_PNPM_VERSION = r"[0-9][A-Za-z0-9.+-]*"
_PNPM_PACKAGE = re.compile(rf"/?(@?[^@/]+(?:/[^@/]+)?)[@/]({_PNPM_VERSION})(?:[(_].*)?")
_PNPM_PAIR = r"[A-Za-z]+: (?:[^\s,{}\"'][^,{}\"']*|'[^']*')"
_PNPM_INLINE = re.compile(rf"\{{{_PNPM_PAIR}(?:, {_PNPM_PAIR})*\}}")
_PNPM_FIELD = re.compile(r"  ([A-Za-z]+):(?: (.+))?")
_PNPM_KEY = r"(?:'[^']+'|[^\s:'\"](?:[^\s:]|:(?=\S))*)"
_PNPM_VALUE = re.compile(rf" *(?:- )?({_PNPM_KEY}): +([^\s(]+).*")
# A key alone or a list item; a value on the line after its key is neither.
_PNPM_OTHER = re.compile(rf" *(?:(?:- )?{_PNPM_KEY}:|- (?:'[^']+'|[\w@]\S*))")
_PNPM_KNOWN = re.compile(rf"'?[\^~<>=*]*(?:{_PNPM_VERSION}(?:_\S*)?)?'?|true|false|\{{\}}")
_PNPM_MARKS = re.compile(r"\s*#|---")


def _pnpm(text: str) -> Iterator[Written]:
    for section, lines in _blocks(text, _PNPM_MARKS):
        if section == "packages:":
            for key, inner in _blocks("\n".join(line[2:] for line in lines), _PNPM_MARKS):
                yield _pnpm_package(key.strip("':"), inner)
        elif not section.startswith(("lockfileVersion:", "settings:")):
            yield Written(section, tuple(("source", name) for name in _pnpm_names(lines)))


def _pnpm_names(lines: Iterable[str]) -> Iterator[str]:
    """Yield what is installed under a name if it is not a version: another package, or another source."""
    for line in lines:
        found = _PNPM_VALUE.fullmatch(line)
        if found is None and not _PNPM_OTHER.fullmatch(line):
            raise UnreadableLock
        if found and found[1] != "specifier" and not _PNPM_KNOWN.fullmatch(found[2]):
            package = _PNPM_PACKAGE.fullmatch(found[2])
            yield package[1] if package else found[2]


def _pnpm_package(key: str, lines: list[str]) -> Written:
    package = _PNPM_PACKAGE.fullmatch(key)
    fields = [("version", package[2])] if package else [("source", key)]
    for line in lines:
        found = _PNPM_FIELD.fullmatch(line)
        if found is None and not line.startswith("   "):
            raise UnreadableLock
        name, value = (found[1], found[2] or "") if found else ("", "")
        if name == "resolution":
            fields.extend(_pnpm_resolution(value))
        elif name in {"name", "version"}:
            fields.append(("package" if name == "name" else name, value))
    return Written(package[1] if package else key, tuple(fields))


def _pnpm_resolution(value: str) -> Iterator[Field]:
    if not _PNPM_INLINE.fullmatch(value):
        raise UnreadableLock
    for pair in value[1:-1].split(", "):
        key, _, inner = pair.partition(": ")
        if key not in {"commit", "gitHosted"}:
            yield key if _KEYS.fullmatch(key) else "source", inner.strip("'")


_GEM_SOURCE = re.compile(r"  (remote|revision|ref|branch|tag|glob|submodules|specs): ?(.*)|  specs:")
_GEM = re.compile(r"    (\S+) \(([^)]+)\)|      .*")
_GEM_CHECKSUM = re.compile(r"  (\S+) \(([^)]+)\)(?: (\S+=\S+))?")
_GEM_SECTIONS = frozenset({"GEM", "GIT", "PATH", "PLUGIN SOURCE"})
_GEM_OTHERS = frozenset({"CHECKSUMS", "PLATFORMS", "DEPENDENCIES", "BUNDLED WITH", "RUBY VERSION"})


def _bundler(text: str) -> Iterator[Written]:
    blocks = tuple(_blocks(text, re.compile(r"(?!)")))
    sums = {
        (found[1], found[2]): found[3] or ""
        for section, lines in blocks
        for line in lines
        if section == "CHECKSUMS" and (found := _GEM_CHECKSUM.fullmatch(line))
    }
    for section, lines in blocks:
        remotes: list[Field] = []
        for line in lines if section not in _GEM_OTHERS else ():
            if found := _GEM_SOURCE.fullmatch(line):
                remotes += [("source", f"{section} {found[2]}")] if found[1] == "remote" else []
            elif (found := _GEM.fullmatch(line)) and section in _GEM_SECTIONS:
                version = [("version", found[2]), ("hash", sums.get((found[1], found[2]), ""))]
                yield from [Written(found[1], (*version, *remotes))] if found[1] else []
            else:
                raise UnreadableLock


_GO = re.compile(r"(\S+) (v\S+?)(/go\.mod)? (h1:\S+)")


def _go(text: str) -> Iterator[Written]:
    for line in text.split("\n"):
        if line.strip():
            found = _GO.fullmatch(line.rstrip())
            if found is None:
                raise UnreadableLock
            yield Written(f"{found[1]}{found[3] or ''}", (("version", found[2]), ("hash", found[4])))


_READERS: Mapping[str, Callable[[str], Iterator[Written]]] = {
    **dict.fromkeys(("package-lock.json", "npm-shrinkwrap.json"), _npm),
    "yarn.lock": _yarn,
    "pnpm-lock.yaml": _pnpm,
    **dict.fromkeys(("Cargo.lock", "poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"), _toml),
    "Pipfile.lock": _pipenv,
    "Gemfile.lock": _bundler,
    "composer.lock": _composer,
    "packages.lock.json": _nuget,
    **dict.fromkeys(("go.sum", "go.work.sum"), _go),
}
