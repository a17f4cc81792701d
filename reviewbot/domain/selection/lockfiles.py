"""Whether a change of a lock file is only an update to higher versions, which needs no review.

In such a change every changed line replaces another one, and differs from it only in versions, which are higher, and in
hashes of what has a higher version. Nothing else is parsed, so the rule is the same for every format, and does not
depend on what a package manager makes of the file. A prerelease or a commit is no version.
"""

from __future__ import annotations

import re
from itertools import groupby

from msgspec import Struct

from reviewbot.domain.diff.parse import EXECUTABLE_MODE, SYMLINK_MODE, ChangedFile, FileStatus, Hunk, LineKind

_VERSION = r"v?[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}"
_TOKEN = re.compile(
    # The algorithm stays, as it is before the hash.
    r"(?P<hash>(?<=sha256[-:=])[A-Za-z0-9+/]{43,64}=?|(?<=sha384[-:=])[A-Za-z0-9+/]{64,96}"
    r"|(?<=sha512[-:=])[A-Za-z0-9+/]{86,128}={0,2}|(?<=h1:)[A-Za-z0-9+/]{43}=|(?<=zh:)[0-9a-f]{64}"
    r"|(?<=checksum = \")[0-9a-f]{64}|(?<=checksum: 10/)[0-9a-f]{128}|(?<=checksum: 10c0/)[0-9a-f]{128}"
    r"|(?<=\"contentHash\": \")[A-Za-z0-9+/]{86}==)(?![A-Za-z0-9+/=])"
    r"|(?P<url>https?://[^\s\"'<>(){}\[\],;]+)"
    r"|(?P<free>(?<=\bsize = )[0-9]+|(?<=\bupload-time = \")[0-9TZ:.-]+|(?<=\bcontent-hash = \")[0-9a-f]{64})"
    r"|(?P<algorithm>(?:sha(?:256|384|512)[-:=]|zh:|h1:))"
    r"|(?P<word>[\w.+-]+)",
    re.ASCII,
)
_PACKAGE = re.compile(
    rf"(?P<wheel>[\w.]+-)(?P<of_wheel>{_VERSION})(?P<tags>(?:-[\w.]+){{3,4}}\.whl)"
    rf"|(?P<name>[\w.+-]+-)(?P<version>{_VERSION})(?P<ending>\.(?:tar\.gz|tar\.bz2|tgz|zip|gem|crate|conda))",
    re.ASCII,
)
"""The file of a package: the version is between the name and the tags of a wheel, or else before the ending."""

_NAME = re.compile(r"\W*name\W")
"""The beginning of a line with a package's name, which can be a number."""

_PYPI_FOLDERS = re.compile(r"(?<=/)[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}(?=/[^/]*\Z)")
_NPM_HASH = re.compile(r"(?<=\.tgz#)[0-9a-f]{40}\Z")


def why_reviewed(file: ChangedFile) -> str:
    """Return why a changed lock file is reviewed, as a clause; empty if it is only an update to higher versions."""
    mode = file.new.mode if file.new else ""
    unusual = {SYMLINK_MODE: "it is a symlink", EXECUTABLE_MODE: "it is executable"}.get(mode, "")
    unusual = unusual or {FileStatus.ADDED: "it is new", FileStatus.REMOVED: "it is deleted"}.get(file.diff.status, "")
    if file.diff.old_path != file.path:
        return "it had another name"
    return unusual or next(filter(None, map(_why_unusual, file.diff.hunks)), "")


class _Line(Struct, frozen=True):
    """A line: `form` has all but its versions and hashes."""

    form: str
    versions: tuple[str, ...]
    hashes: tuple[str, ...]


def _why_unusual(hunk: Hunk) -> str:
    is_raised = False  # whether the last line with a version got a higher one
    for is_kept, run in groupby(hunk.lines, lambda line: line.kind is LineKind.CONTEXT):
        lines = tuple(run)
        if is_kept:
            is_raised = is_raised and not any(_read(line.text).versions for line in lines)
            continue
        deleted = [line for line in lines if line.kind is LineKind.DELETED]
        added = [line for line in lines if line.kind is LineKind.ADDED]
        if len(deleted) != len(added):
            return f"lines are added or deleted at line {lines[0].new or lines[0].old}"
        for before, after in zip(deleted, added, strict=True):
            old, new = _read(before.text), _read(after.text)
            raised = [pair for pair in zip(old.versions, new.versions, strict=False) if pair[0] != pair[1]]
            is_raised = bool(raised) or (is_raised and not new.versions)
            if old.form != new.form or list(map(len, old.hashes)) != list(map(len, new.hashes)):
                return f"line {after.new} changes more than versions and hashes"
            if not all(_is_higher(*pair) for pair in raised):
                return f"line {after.new} has a version that is not higher"
            if old.hashes != new.hashes and not is_raised:
                return f"line {after.new} has another hash for the same version"
    return ""


def _is_higher(old: str, new: str) -> bool:
    """Return whether a version is higher, not only spelled in another way."""
    numbers = [tuple(map(int, one.removeprefix("v").split("."))) for one in (old, new)]
    length = max(map(len, numbers))
    before, after = (one + (0,) * (length - len(one)) for one in numbers)
    return before < after


def _read(text: str) -> _Line:
    versions: list[str] = []
    hashes: list[str] = []

    def packaged(match: re.Match[str]) -> str:
        versions.append(match["version"] or match["of_wheel"])
        return f"{match['name'] or match['wheel']}\0{match['ending'] or match['tags']}"

    def hashed(match: re.Match[str]) -> str:
        hashes.append(match[0])
        return "\0#"

    def reduced(match: re.Match[str]) -> str:
        token = match[0]
        match match.lastgroup:
            case "hash":
                return hashed(match)
            case "free":
                return "\0"
            case "url":
                folders, slash, file = _PYPI_FOLDERS.sub(hashed, _NPM_HASH.sub(hashed, token)).rpartition("/")
                name, mark, rest = file.partition("#")
                name = _PACKAGE.sub(packaged, name) if _PACKAGE.fullmatch(name) else name
                return f"{folders}{slash}{name}{mark}{rest}"
            case "word" if _PACKAGE.fullmatch(token):
                return _PACKAGE.sub(packaged, token)
            case "word" if _is_version(match):
                versions.append(token)
                return "\0"
            case _:
                return token

    if "\0" in text or _NAME.match(text):
        return _Line(text, (), ())
    form = _TOKEN.sub(reduced, text)
    return _Line(form, tuple(versions), tuple(hashes))


def _is_version(match: re.Match[str]) -> bool:
    """Return whether a word is a version where no name can be."""
    before, after = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 2]
    is_key = after.startswith(("@", ":")) or after[1:] == ":"
    return re.fullmatch(_VERSION, match[0]) is not None and before != "/" and (before == "@" or not is_key)
