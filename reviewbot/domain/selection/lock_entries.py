"""Parse lock files into entries. Any syntax that the package manager does not write makes a file unreadable."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from posixpath import normpath
from typing import Any, NamedTuple, TypeVar

from reviewbot.domain.text.strict_json import unique

T = TypeVar("T")
Value = dict[str, Any]


class Edge(NamedTuple):
    """The version of a dependency that an entry gets where the marker holds; without a name, that of the package."""

    name: str
    version: str
    marker: str = ""


class Written(NamedTuple):
    """An entry as written: a package's name, the places where it is installed, and its keys and values.

    `edges` are those that the file states, and `is_package` is whether a package is downloaded.
    """

    name: str
    places: tuple[str, ...]
    value: Value
    edges: tuple[Edge, ...] = ()
    is_package: bool = True


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
    except (ValueError, RecursionError):
        raise UnreadableLock from None


# Line breaks for some parsers only.
_OTHER_BREAKS = re.compile("\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")


def _json(text: str) -> Value:
    return _of(dict, json.loads(text, object_pairs_hook=unique))


def _of(kind: type[T], found: object) -> T:
    if not isinstance(found, kind):
        raise UnreadableLock
    return found


def _tables(found: object) -> dict[str, Value]:
    return {key: _of(dict, value) for key, value in _of(dict, found).items()}


def _packages(found: object) -> list[Value]:
    return [one for one in _of(list, found) if _of(str, _of(dict, one).get("name")) is not None]


_LONGEST_PLACE, _DEEPEST_PLACE = 500, 50


_NPM_KEYS = frozenset(
    {"name", "version", "lockfileVersion", "requires", "packages", "dependencies", "preserveSymlinks"}
)
_NPM_ROOT = frozenset(
    {"name", "version", "license", "hasInstallScript", "dependencies", "devDependencies", "optionalDependencies"}
    | {"peerDependencies", "peerDependenciesMeta", "bundleDependencies", "workspaces", "bin", "engines", "os", "cpu"}
    | {"acceptDependencies", "deprecated", "funding", "hasShrinkwrap", "libc"}
)
"""The keys of the file and of its project, whose values npm reads from `package.json` and does not install."""


def _npm(text: str) -> Iterator[Written]:
    whole = _json(text)
    packages = {_place(path): value for path, value in _tables(whole.get("packages", {})).items() if path}
    if not (whole.keys() <= _NPM_KEYS and _tables(whole.get("packages", {})).get("", {}).keys() <= _NPM_ROOT):
        raise UnreadableLock
    for installed in (packages, unique(list(_npm_tree("", whole.get("dependencies", {}))))):
        versions = {place: str(value.get("version", "")) for place, value in installed.items()}
        for place, value in installed.items():
            _, below, name = place.rpartition("node_modules/")
            yield Written(name, (place,), value, tuple(_npm_edges(place, value, versions)), is_package=bool(below))


def _npm_tree(folder: str, packages: object) -> Iterator[tuple[str, Value]]:
    for name, value in _tables(packages).items():
        place = _place(f"{folder}/node_modules/{name}")
        yield place, {**value, "dependencies": {}}
        yield from _npm_tree(place, value.get("dependencies", {}))


def _npm_edges(place: str, value: Value, versions: Mapping[str, str]) -> Iterator[Edge]:
    """Yield what each dependency of an entry is: node looks into the nearest `node_modules` above."""
    steps = place.split("/")
    above = [steps[:end] for end in range(len(steps), -1, -1) if steps[:end][-1:] != ["node_modules"]]
    folders = ["/".join([*some, "node_modules/"]) for some in above]
    for kind in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "requires"):
        found = value.get(kind)
        for name in found if isinstance(found, dict) else ():
            version = next((versions[folder + name] for folder in folders if folder + name in versions), None)
            yield from [] if version is None else [Edge(name, version)]


def _place(path: str) -> str:
    # npm would resolve another spelling to the place of another entry.
    if len(path) > _LONGEST_PLACE or path.count("/") > _DEEPEST_PLACE:
        raise UnreadableLock
    if "\\" in path or normpath(path) != path or ".." in path.split("/"):
        raise UnreadableLock
    return path


def _pipenv(text: str) -> Iterator[Written]:
    whole = _tables(_json(text))
    sources = _of(list, whole.pop("_meta", {}).get("sources"))
    indexes = [_of(dict, one).get("name") for one in sources]
    yield Written("_meta", (), {"sources": sources}, is_package=False)
    for part, packages in whole.items():
        for name, value in _tables(packages).items():
            # Without an index, a package is from the first source.
            is_only = indexes == [value.get("index")]
            yield Written(name, (part,), {**value, "index": ""} if is_only else value)


def _composer(text: str) -> Iterator[Written]:
    # An archive of a commit has no other hash.
    whole = _json(text.replace('"reference":', '"hash":'))
    for part in ("packages", "packages-dev"):
        yield from (Written(one["name"], (), {**one, "name": ""}) for one in _packages(whole.pop(part, None) or []))
    yield Written("composer.lock", (), {**whole, "hash": ""}, is_package=False)


def _nuget(text: str) -> Iterator[Written]:
    for framework, packages in _tables(_json(text).get("dependencies")).items():
        for name, value in _tables(packages).items():
            kind = "Project" if _of(str, value.get("type")) == "Project" else ""
            own = {**value, "version": value.get("resolved", ""), "resolved": "", "type": kind}
            yield Written(name, (framework,), own, is_package=not kind)


def _toml(text: str) -> Iterator[Written]:
    whole = tomllib.loads(text)
    # Poetry before 1.5 lists the hashes separately.
    apart = _of(dict, _of(dict, whole.get("metadata", {})).get("files", {}))
    packages = [one for key in ("package", "packages") for one in _packages(whole.pop(key, []))]
    if any("files" in one and one["name"] in apart for one in packages):
        raise UnreadableLock
    versions: defaultdict[str, set[str]] = defaultdict(set)
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for one in packages:
        versions[one["name"]].add(str(one.get("version")))
        sources[one["name"]].add(str(one.get("source")))
    for one in packages:
        edges = [
            need._replace(version=need.version or "".join(versions[need.name]))
            for need in _toml_needs(one)
            if need.version or len(versions[need.name]) == 1
        ]
        if len(versions[one["name"]]) > 1:
            edges += (Edge("", str(one.get("version")), marker) for marker in _toml_markers(one))
        value = {key: _without_source(inner, sources) for key, inner in one.items()}
        yield Written(one["name"], (), {"files": apart.get(one["name"], []), **value, "name": ""}, tuple(edges))
    for one in packages:
        apart.pop(one["name"], None)
    yield Written("the file", (), {**whole, "version": "", "revision": ""}, is_package=False)


_CARGO_NEED = re.compile(r"(\S+)(?: (\S+))?(?: \(\S+\))?")


def _without_source(value: object, sources: Mapping[str, set[str]]) -> object:
    """Leave out the source of a dependency if all versions of it have this one; uv says it if there are several."""
    match value:
        case dict():
            is_only = sources.get(_of(str, value.get("name", ""))) == {str(value.get("source"))}
            kept = ((key, inner) for key, inner in value.items() if not (is_only and key == "source"))
            return {key: _without_source(inner, sources) for key, inner in kept}
        case list():
            return [_without_source(inner, sources) for inner in value]
    return value


def _cargo(text: str) -> Iterator[Written]:
    for one in _toml(text):
        yield one._replace(is_package=one.is_package and "source" in one.value)


def _toml_markers(package: Value) -> tuple[str, ...]:
    """Return where a version is installed: uv has several markers, and Poetry one for all groups or for each."""
    found = [("marker", package.get("marker"))]
    for key in ("markers", "resolution-markers"):
        value = package.get(key)
        parts = value.items() if isinstance(value, dict) else [("", one) for one in _listed(value)]
        found += [(f"{key} {part}".strip(), one) for part, one in parts]
    return tuple(f"{key} = {part}" for key, one in found if one for part in _alternatives(str(one))) or ("",)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _alternatives(marker: str) -> list[str]:
    parts = marker.split(" or ")
    is_split = all(part.count("(") == part.count(")") for part in parts)
    return [part.strip("()") for part in parts] if is_split else [marker]


def _toml_needs(package: Value) -> Iterator[Edge]:
    """Yield each dependency; Cargo and uv say the version if there are several."""
    for key in ("dependencies", "optional-dependencies", "dev-dependencies"):
        found = package.get(key, [])
        for group in found.values() if isinstance(found, dict) else [found]:
            for one in group if isinstance(group, list) else ():
                if isinstance(one, str) and (need := _CARGO_NEED.fullmatch(one)):
                    yield Edge(need[1], need[2] or "")
                elif isinstance(one, dict) and "name" in one:
                    version, marker = (str(one.get(key, "")) for key in ("version", "marker"))
                    yield from (Edge(_of(str, one["name"]), version, part) for part in _alternatives(marker))


_PAIR = r"([A-Za-z]+|'\d+'): ([^\s,{}\"'][^,{}\"']*|'[^']*')"
_INLINE = re.compile(rf"\{{{_PAIR}(?:, {_PAIR})*\}}")
_KEY = r"(\"[^\"]+\"|'[^']+'|[^\s:'\"#](?:[^\s:]|:(?=\S))*)"
_VALUE = r"(\"[^\"]*\"|'(?:[^']|'')*'|(?:[^\s&*!'\"{]|\*\Z|\{\}\Z|\{(?=.*\}\Z)).*)"
_BLOCK = re.compile(r"[|>][-+]?")


def _tree(text: str, colon: str) -> Value:
    """Parse the indented keys and values that Yarn and pnpm write; a list item is its own key."""
    line_of = re.compile(rf"{_KEY}{colon} +{_VALUE}")
    levels: list[Value] = [{}]
    note: int | None = None
    for number, line in enumerate(text.split("\n")):
        content = line.strip(" \r")
        indent = len(line) - len(line.lstrip(" "))
        if not content or content.startswith("#") or (content == "---" and not number):
            continue
        if note is not None and indent > note:
            continue
        if indent % 2 or indent // 2 >= len(levels):
            raise UnreadableLock
        del levels[indent // 2 + 1 :]
        value: object
        if content.startswith("- "):
            key, value = content, content
        elif content.endswith(":"):
            key, value = re.sub("[\"']", "", content[:-1]), {}
        elif found := line_of.fullmatch(content):
            key, value = found[1].strip("\"'"), _scalar(found[2])
        else:
            raise UnreadableLock
        if key in levels[-1] or "\\" in key:
            raise UnreadableLock
        levels[-1][key] = value
        note = indent if key == "deprecated" and _BLOCK.fullmatch(str(value)) else None
        if content.endswith(":") and isinstance(value, dict):
            levels.append(value)
    return levels[0]


def _scalar(value: str) -> object:
    if value[0] != "{":
        return value.strip("\"'")
    if value != "{}" and not _INLINE.fullmatch(value):
        raise UnreadableLock
    return unique([(key, inner.strip("'")) for key, inner in re.findall(_PAIR, value)])


_DESCRIPTOR = re.compile(r"(@?[^@]+)@(?:npm:(@?[^@]+)@)?(.+)", re.DOTALL)


def _yarn(text: str) -> Iterator[Written]:
    whole = _tables(_tree(text, ":?"))
    versions = {place: value.get("version", "") for header, value in whole.items() for place in header.split(", ")}
    for header, value in whole.items():
        if header == "__metadata":
            yield Written(header, (), value, is_package=False)
            continue
        places = tuple(header.split(", "))
        found = [_DESCRIPTOR.fullmatch(place) for place in places]
        # An alias contains the name of what it installs.
        names = {one[2] or one[1] for one in found if one}
        if not all(found) or len(names) != 1:
            raise UnreadableLock
        wanted = [one[0] if one[2] else one[3] for one in found if one]
        needs = _node_needs(value)
        edges = [
            Edge(name, str(versions[place]))
            for name, wants in needs.items()
            for place in (f"{name}@{wants}", f"{name}@npm:{wants}")
            if place in versions
        ]
        yield Written(names.pop(), places, {**value, "specifier": wanted}, tuple(edges))


def _node_needs(value: Value) -> Value:
    needs, optional = (_of(dict, value.get(key, {})) for key in ("dependencies", "optionalDependencies"))
    return needs | optional


_PNPM_PACKAGE = re.compile(r"/?(@?[^@/]+(?:/[^@/]+)?)[@/]([0-9][A-Za-z0-9.+-]*)(?:[(_].*)?")
_PNPM_PEERS = re.compile(r"(: (?:@?[A-Za-z][^\s(@]*@)?[0-9][A-Za-z0-9.+-]*)[(_]\S+(?=\r?$)", re.MULTILINE)


SNAPSHOTS = "snapshots "
"""Before the name of a package in the section in which pnpm lists what it installs for each."""


def _pnpm(text: str) -> Iterator[Written]:
    for section, value in _tree(_PNPM_PEERS.sub(r"\1", text), ":").items():
        if section not in {"packages", "snapshots"}:
            yield from _pnpm_edges(section, value)
            continue
        for key, one in _tables(value).items():
            found = _PNPM_PACKAGE.fullmatch(key)
            own = {"version": found[2]} if found else {"source": key}
            name = found[1] if found else key
            edges = tuple(Edge(need, str(version)) for need, version in _node_needs(one).items())
            is_package = section == "packages"
            yield Written(name if is_package else SNAPSHOTS + name, (key,), {**one, **own}, edges, is_package)


def _pnpm_edges(path: str, value: object) -> Iterator[Written]:
    """Yield what a project of the workspace installs under a name, and the settings."""
    if isinstance(value, dict) and "version" not in value:
        for name, inner in value.items():
            yield from _pnpm_edges(f"{path} {name}", inner)
    elif path.startswith("overrides "):
        yield Written(path, (), {"specifier": value}, is_package=False)
    elif not path.startswith(("specifiers ", "time ")):
        one: Value = value if isinstance(value, dict) else {"version": value}
        found = re.fullmatch(r"(?:(\S+)@)?([0-9][A-Za-z0-9.+-]*)", _of(str, one["version"]))
        source, version = found.groups() if found else (one["version"], "")
        yield Written(path, (), {**one, "version": version, "source": source}, is_package=False)


_GEM_SOURCE = re.compile(r"  (remote|revision|ref|branch|tag|glob|submodules|specs): ?(.*)")
_GEM = re.compile(r"    (\S+) \(([^)]+)\)|      .*")
_GEM_CHECKSUM = re.compile(r"  (\S+) \(([^)]+)\)(?: (\S+=\S+))?")
_GEM_OTHER = re.compile(
    r" {2,3}[\w.:+-]+(?: \([^()]{1,200}\)(?: \w+=\S+)?)?!?| {2,3}(?:ruby )?[0-9]\S*(?: \(\S+ \S+\))?"
)
_GEM_SECTIONS = frozenset({"GEM", "GIT", "PATH", "PLUGIN SOURCE"})
_GEM_OTHERS = frozenset({"CHECKSUMS", "PLATFORMS", "DEPENDENCIES", "BUNDLED WITH", "RUBY VERSION"})
_GEM_TOOLS = frozenset({"BUNDLED WITH", "RUBY VERSION"})


def _bundler(text: str) -> Iterator[Written]:
    whole = "\n".join(line for raw in text.split("\n") if (line := raw.rstrip(" \r")))
    blocks = [part.split("\n") for part in re.split(r"\n(?=\S)", whole)]
    sums = {
        (found[1], found[2]): found[3] or ""
        for section, *lines in blocks
        for line in lines
        if section == "CHECKSUMS" and (found := _GEM_CHECKSUM.fullmatch(line))
    }
    for section, *lines in blocks:
        if section in _GEM_TOOLS:
            (version,) = lines
            yield Written(section, (), {"version": version.strip().removeprefix("ruby ")}, is_package=False)
        if section in _GEM_OTHERS:
            if not all(map(_GEM_OTHER.fullmatch, lines)):
                raise UnreadableLock
            continue
        source: Value = {"section": section}
        for found in filter(None, map(_GEM_SOURCE.fullmatch, lines)):
            source.setdefault(found[1], []).append(found[2])
        for line in lines:
            if (gem := _GEM.fullmatch(line)) and section in _GEM_SECTIONS:
                own = {"version": gem[2], "hash": sums.get((gem[1], gem[2]), "")}
                yield from [Written(gem[1], (), {**source, **own})] if gem[1] else []
            elif not _GEM_SOURCE.fullmatch(line):
                raise UnreadableLock


_GO = re.compile(r"(\S+) (v\S+?)(/go\.mod)? (h1:\S+)")


def _go(text: str) -> Iterator[Written]:
    for line in text.split("\n"):
        if line.strip():
            found = _GO.fullmatch(line.rstrip())
            if found is None:
                raise UnreadableLock
            yield Written(f"{found[1]}{found[3] or ''}", (found[2],), {"version": found[2], "hash": found[4]})


_READERS: Mapping[str, Callable[[str], Iterator[Written]]] = {
    **dict.fromkeys(("package-lock.json", "npm-shrinkwrap.json"), _npm),
    "yarn.lock": _yarn,
    "pnpm-lock.yaml": _pnpm,
    "Cargo.lock": _cargo,
    **dict.fromkeys(("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"), _toml),
    "Pipfile.lock": _pipenv,
    "Gemfile.lock": _bundler,
    "composer.lock": _composer,
    "packages.lock.json": _nuget,
    **dict.fromkeys(("go.sum", "go.work.sum"), _go),
}
