"""Lock files: nobody reads them, so the two ways to abuse one are told: another host, and a lost integrity hash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reviewbot.domain.changes import ChangedFile, LineKind

_LOCK_FILES = frozenset(
    {
        "package-lock.json",
        "npm-shrinkwrap.json",
        "yarn.lock",
        "pnpm-lock.yaml",
        "bun.lock",
        "deno.lock",
        "Cargo.lock",
        "poetry.lock",
        "uv.lock",
        "pdm.lock",
        "pylock.toml",
        "pixi.lock",
        "conda-lock.yml",
        "Pipfile.lock",
        "Gemfile.lock",
        "composer.lock",
        "go.sum",
        "go.work.sum",
        "mix.lock",
        "rebar.lock",
        "pubspec.lock",
        "Podfile.lock",
        "Package.resolved",
        "Cartfile.resolved",
        "packages.lock.json",
        "paket.lock",
        "gradle.lockfile",
        "buildscript-gradle.lockfile",
        "flake.lock",
        "stack.yaml.lock",
        "Chart.lock",
        ".terraform.lock.hcl",
        "MODULE.bazel.lock",
        "conan.lock",
    }
)
_HOST_LENGTH = 100
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://([^/\s\"'`<>#?\\,)]+)")
_INTEGRITY = re.compile(r"integrity|checksum|sha(?:1|256|384|512)[-:=]|\bh1:|\bhash(?:es)?\b|narHash", re.IGNORECASE)


def is_lock_file(path: str) -> bool:
    """Whether a package manager writes the file; told by its name."""
    return path.rpartition("/")[2] in _LOCK_FILES


def lock_file_notices(file: ChangedFile) -> Iterator[str]:
    """A sentence for each thing about a lock file that a person should know."""
    added = [line.text for line in file.diff.lines() if line.kind is LineKind.ADDED]
    removed = [line.text for line in file.diff.lines() if line.kind is LineKind.DELETED]
    fresh = sorted(_hosts(added) - _hosts(removed) - _hosts(_unchanged(file)))
    for host in fresh:
        yield f"`{file.path}` now names the host `{host}`, which it did not name before."
    lost = _hashes(removed) - _hashes(added)
    if lost > 0 and file.new is not None:
        yield f"`{file.path}` has {lost} fewer integrity {'hash' if lost == 1 else 'hashes'} than before."


def _unchanged(file: ChangedFile) -> Iterator[str]:
    yield from (line.text for line in file.diff.lines() if line.kind is LineKind.CONTEXT)
    added = file.diff.added
    for number, text in enumerate((file.text or "").split("\n"), start=1):
        if number not in added:
            yield text


def _hosts(lines: Iterable[str]) -> frozenset[str]:
    return frozenset(host for line in lines for found in _ADDRESS.finditer(line) if (host := _host(found[1])))


def _host(authority: str) -> str:
    """The host as it can be shown: what stands after a user, without a port, look-alike letters told by their codes."""
    host = authority.rpartition("@")[2].lower()
    return ascii(re.sub(r":\d*$", "", host))[1:-1][:_HOST_LENGTH]


def _hashes(lines: Iterable[str]) -> int:
    return sum(1 for line in lines if _INTEGRITY.search(line))
