"""Whether a change of a lock file is only an update to higher versions, which needs no review.

In such a change every changed line replaces another one, and has one of its format's forms on both sides, with a higher
version or another hash. Everything else in the line is the same, so no name or address of a package changes. A hash
changes only with the version in its line, or right above it. Nothing else is parsed: what a package manager makes
of a file does not matter. A prerelease or a commit is no version here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from msgspec import Struct

from reviewbot.domain.diff.parse import EXECUTABLE_MODE, SYMLINK_MODE, ChangedFile, FileStatus, Hunk, LineKind

_VERSION = r"(?P<version>[0-9]{1,9}(?:\.[0-9]{1,9}){1,5})"
_HEX, _BASE64 = r"(?P<hash>[0-9a-f]{64})", r"(?P<hash>[A-Za-z0-9+/]{86}==)"

_NPM = (
    rf"\s+\"version\": \"{_VERSION}\",?",
    rf"\s+\"resolved\": \"https?://[^\s\"#]+/[\w.+-]+-{_VERSION}\.tgz\",?",
    rf"\s+\"integrity\": \"sha512-{_BASE64}\",?",
)
_FORMS = {
    name: tuple(re.compile(form, re.ASCII) for form in forms)
    for name, forms in {
        "package-lock.json": _NPM,
        "npm-shrinkwrap.json": _NPM,
        "yarn.lock": (
            rf"  version \"{_VERSION}\"",
            rf"  resolved \"https?://[^\s\"#]+/[\w.+-]+-{_VERSION}\.tgz(?:#(?P<hash>[0-9a-f]{{40}}))?\"",
            rf"  integrity sha512-{_BASE64}",
            rf"  version: {_VERSION}",
            rf"  resolution: \"\S+@npm:{_VERSION}\"",
            r"  checksum: [0-9]+(?:c[0-9])?/(?P<hash>[0-9a-f]{128})",
        ),
        "Cargo.lock": (rf"version = \"{_VERSION}\"", rf"checksum = \"{_HEX}\""),
    }.items()
}
"""The lines that an update changes, by the name of the lock file; every change of another lock file is reviewed.

In these formats the hash of a download is next to its version. Installs that may change the lock file can resolve an
entry again whose version does not fit what is needed: the threat model says so.
"""

_BETWEEN = re.compile(r"source = \"[^\"]+\"")
"""A line of Cargo between a version and its hash."""


def why_reviewed(file: ChangedFile) -> str:
    """Return why a changed lock file is reviewed, as a clause; empty if it is only an update to higher versions."""
    mode = file.new.mode if file.new else ""
    unusual = {SYMLINK_MODE: "it is a symlink", EXECUTABLE_MODE: "it is executable"}.get(mode, "")
    unusual = unusual or {FileStatus.ADDED: "it is new", FileStatus.REMOVED: "it is deleted"}.get(file.diff.status, "")
    if file.diff.old_path != file.path:
        return "it had another name"
    forms = _FORMS.get(file.path.rpartition("/")[2], ())
    return unusual or next(filter(None, (_why_unusual(hunk, forms) for hunk in file.diff.hunks)), "")


def _why_unusual(hunk: Hunk, forms: Sequence[re.Pattern[str]]) -> str:
    is_raised = False  # whether the last line has a higher version now, or belongs to such a line
    for is_kept, run in groupby(hunk.lines, lambda line: line.kind is LineKind.CONTEXT):
        lines = tuple(run)
        if is_kept:
            is_raised = is_raised and all(_BETWEEN.fullmatch(line.text) for line in lines)
            continue
        deleted = [line for line in lines if line.kind is LineKind.DELETED]
        added = [line for line in lines if line.kind is LineKind.ADDED]
        if len(deleted) != len(added):
            return f"lines are added or deleted at line {lines[0].new or lines[0].old}"
        for before, after in zip(deleted, added, strict=True):
            old, new = _read(before.text, forms), _read(after.text, forms)
            if old is None or new is None or old.form != new.form:
                return f"line {after.new} changes more than a version and its hash"
            if old.version != new.version and not _is_higher(old.version, new.version):
                return f"line {after.new} has a version that is not higher"
            if new.version:
                is_raised = old.version != new.version
            if old.hash != new.hash and not is_raised:
                return f"line {after.new} has another hash for the same version"
    return ""


def _is_higher(old: str, new: str) -> bool:
    """Return whether a version is higher, not only spelled in another way."""
    before, after = ([int(number) for number in one.split(".")] for one in (old, new))
    length = max(len(before), len(after))
    return before + [0] * (length - len(before)) < after + [0] * (length - len(after))


class _Line(Struct, frozen=True):
    """A line in one of the forms.

    Attributes:
        form: the line without its version and its hash.
        version: empty, as is `hash`, if the form has none.
    """

    form: str
    version: str
    hash: str


def _read(text: str, forms: Sequence[re.Pattern[str]]) -> _Line | None:
    for form in forms:
        if match := form.fullmatch(text):
            groups = {name: match.span(name) for name in form.groupindex if match[name] is not None}
            rest = text
            for start, end in sorted(groups.values(), reverse=True):
                rest = f"{rest[:start]}\0{rest[end:]}"
            found = match.groupdict()
            return _Line(rest, found.get("version") or "", found.get("hash") or "")
    return None
