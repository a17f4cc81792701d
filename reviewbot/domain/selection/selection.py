"""Select the files to review, and give a reason for each other file.

An attacker would hide code in files without a review, so the rules are few and narrow. A renamed file is excluded only
if both names are excluded. Lock files, and files that control the build or the CI, never count as generated, vendored
or minified.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.diff.parse import EXECUTABLE_MODE, SYMLINK_MODE, ChangedFile, FileStatus, LineKind, as_added
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.selection.file_kinds import (
    decides_what_runs,
    is_lock_file,
    named_as_binary,
    named_as_executable,
    named_as_media,
    named_as_minified,
    named_as_text,
    steers,
)
from reviewbot.domain.selection.path_filters import Attributes, attributes_of, matches, names
from reviewbot.domain.text.escaping import invisible_character
from reviewbot.domain.text.formatting import counted, listed, size
from reviewbot.values import replace

LARGEST_TEXT = 5 * 1024 * 1024
"""The maximum size in bytes of a file that reviewbot reads."""

LARGEST_POINTER = 1024
"""The maximum size in bytes of a Git LFS pointer (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md)."""


class HeldBecause(StrEnum):
    PATHS = "paths"
    GENERATED = "generated"
    VENDORED = "vendored"
    BINARY = "binary"
    LFS_POINTER = "lfs-pointer"
    SUBMODULE = "submodule"
    SECRET_FILE = "secret-file"  # noqa: S105 — not a password
    TOO_LARGE = "too-large"
    MINIFIED = "minified"
    NOT_UTF_8 = "not-utf-8"
    UNSEEN = "unseen"


WHY_HELD: Mapping[HeldBecause, str] = {
    HeldBecause.PATHS: "excluded by the setting `paths`",
    HeldBecause.GENERATED: "marked as generated in `.gitattributes` on the default branch",
    HeldBecause.VENDORED: "third-party code",
    HeldBecause.BINARY: "binary",
    HeldBecause.LFS_POINTER: "Git LFS pointer; the content is not in the repository",
    HeldBecause.SUBMODULE: "submodule; the content is in another repository",
    HeldBecause.SECRET_FILE: "looks like a file with secrets",
    HeldBecause.TOO_LARGE: "too large",
    HeldBecause.MINIFIED: "minified; the source is elsewhere",
    HeldBecause.NOT_UTF_8: "not UTF-8",
    HeldBecause.UNSEEN: "the reviewer did not read all of it",
}


class Held(Struct, frozen=True):
    """A changed file that is not sent. The review is partial if the file is `missed`."""

    path: str
    reason: HeldBecause
    detail: str = ""
    missed: bool = False

    @property
    def is_media(self) -> bool:
        """Whether the file is media, or a Git LFS pointer to media, without signs of code."""
        return not self.missed and self.reason in {*_OPAQUE, HeldBecause.LFS_POINTER} and named_as_media(self.path)


class Selection(Struct, frozen=True):
    """The changed files, each in either `selected` or `held`."""

    selected: tuple[ChangedFile, ...]
    held: tuple[Held, ...]
    notices: tuple[str, ...]


def select(
    files: Sequence[ChangedFile], *, paths: Sequence[str], attributes: str, unreviewed: Sequence[Sequence[str]] = ()
) -> Selection:
    """Divide the changed files into selected and held-back files.

    `attributes` is the default branch's `.gitattributes`. `unreviewed` lists the patterns of routes without a reviewer.
    """
    rules = attributes_of(attributes)
    moved_in = {file.path for file in files if _is_moved_in(file, paths, rules, unreviewed)}
    files = [
        replace(file, diff=as_added(file.diff, file.text or "")) if file.path in moved_in else file for file in files
    ]
    verdicts = [
        (file, _held(file, paths, rules) or (_unread_move(file) if file.path in moved_in else None)) for file in files
    ]
    return Selection(
        selected=tuple(file for file, held in verdicts if held is None),
        held=tuple(held for _, held in verdicts if held is not None),
        notices=(
            *_unseen_notices(verdicts),
            *(notice for file in files for notice in _notices(file)),
            *(
                _misencoded(file.path, file.new.invalid)
                for file, held in verdicts
                if held is None and file.new and file.new.misencoded
            ),
        ),
    )


def _held(file: ChangedFile, paths: Sequence[str], rules: Attributes) -> Held | None:
    known = _names(file)
    if not any(matches(paths, path) for path in known):
        return Held(file.path, HeldBecause.PATHS)
    if unreadable := _unreadable(file):
        return unreadable
    if any(steers(path) or is_lock_file(path) or names(paths, path) for path in known):
        return None
    reasons = [_by_name(file, path, rules) for path in known]
    return Held(file.path, *reasons[0]) if reasons[0] and all(reasons) else None


def _is_moved_in(
    file: ChangedFile, paths: Sequence[str], rules: Attributes, unreviewed: Sequence[Sequence[str]]
) -> bool:
    """Return whether a file was renamed or copied from an unreviewed path, or to a path where it may run."""
    old = file.diff.old_path
    is_script = (file.text or "").startswith("#!") and 1 not in file.diff.added
    ran = is_script or decides_what_runs(old) or (file.old is not None and file.old.mode == EXECUTABLE_MODE)
    is_no_binary = named_as_binary(old) and not named_as_binary(file.path)
    may_run = is_lock_file(file.path) or is_no_binary or (decides_what_runs(file.path) and not ran)
    is_named = named_as_minified(old) or _by_name(file, old, rules) is not None
    is_reviewed = matches(paths, old) and (steers(old) or names(paths, old) or not is_named)
    is_reviewed &= not (may_run or any(matches(patterns, old) for patterns in unreviewed))
    return file.diff.status in {FileStatus.RENAMED, FileStatus.COPIED} and not is_reviewed


def _unread_move(file: ChangedFile) -> Held | None:
    """Return why a moved file is held back, or None if its whole text was read."""
    if file.text is not None:
        return None
    if file.new and file.new.misencoded:
        return not_utf_8(file.path, file.new.invalid)
    return Held(file.path, HeldBecause.TOO_LARGE, over_limit(file) or _UNREAD, missed=True)


def _names(file: ChangedFile) -> tuple[str, ...]:
    renamed = file.diff.status is FileStatus.RENAMED
    return (file.path, file.diff.old_path) if renamed else (file.path,)


def _unreadable(file: ChangedFile) -> Held | None:
    """Return why a file without readable text is held back, or None. A binary file is missed only if it may be code."""
    if file.diff.is_submodule:
        return Held(file.path, HeldBecause.SUBMODULE)
    if not _is_binary(file):
        odd = file.new is not None and file.new.mode == EXECUTABLE_MODE and named_as_media(file.path)
        held = Held(file.path, HeldBecause.LFS_POINTER, "it is executable" if odd else "", missed=odd)
        # The text of a pointer is reviewed if the file may be read as text, e.g., CODEOWNERS.
        is_opaque = _is_lfs_pointer(file) and all(map(named_as_binary, _names(file)))
        return held if is_opaque else None
    side, suspicion = file.new or file.old, _suspicion(file)
    if side and side.misencoded:
        return replace(not_utf_8(file.path, side.invalid), missed=bool(suspicion))
    # Git also treats a file as binary because of its size or because of an attribute on the author's branch.
    if (over := over_limit(file)) and (not (side and side.binary) or suspicion in {_UNREAD, _UNKNOWN}):
        return Held(file.path, HeldBecause.TOO_LARGE, over, missed=bool(suspicion))
    return Held(file.path, HeldBecause.BINARY, suspicion, missed=bool(suspicion))


def _is_binary(file: ChangedFile) -> bool:
    # GitHub treats text as binary if it begins like an image. Lines that git shows are reviewed.
    if file.diff.hunks and not file.diff.binary:
        return False
    # The author's `.gitattributes` can mark any text as binary, so the content decides if it was read.
    side = file.new or file.old
    if side and side.binary:
        return True
    return file.diff.binary and not (side and side.text is not None)


def over_limit(file: ChangedFile) -> str:
    """Return a phrase with the file's size and the limit, or an empty string for a file within the limit."""
    bytes_ = next((entry.size for entry in (file.new, file.old) if entry and entry.size is not None), 0)
    return f"{size(bytes_)}; the limit is {size(LARGEST_TEXT)}" if bytes_ > LARGEST_TEXT else ""


def not_utf_8(path: str, invalid: str) -> Held:
    """Return a `Held` for a file that is not UTF-8. `invalid` describes the first invalid byte, if known."""
    detail = "; ".join(filter(None, (invalid, "save it as UTF-8")))
    return Held(path, HeldBecause.NOT_UTF_8, detail, missed=True)


def _misencoded(path: str, invalid: str) -> str:
    where = f" ({invalid})" if invalid else ""
    only = "only its diff can be reviewed, with `\\xNN` for each invalid byte"
    return f"`{path}` is not UTF-8{where}, so {only}. Save it as UTF-8."


_UNREAD = "it may be text"
_UNKNOWN = "its name is not that of a binary file"
_REGULAR = "100"
_LEGIBLE = 0.99
"""The minimum share of printable UTF-8 in a possible script with NUL bytes, which shells skip.

In gettext catalogs (`.mo`), this share is at most 0.981.
"""


def _suspicion(file: ChangedFile) -> str:
    """Return why a binary file may be code, or an empty string.

    Git treats a source file with a single NUL as binary, and a shell also runs files with mostly binary data. A file is
    therefore excluded only if no program executes files with such a name by default.
    """
    new, names_ = file.new, _names(file)
    if new is None:
        return ""
    reasons = (
        ("its name is that of a text file", any(named_as_text(path) or steers(path) for path in names_)),
        ("it is executable and may be a script", new.mode == EXECUTABLE_MODE),
        ("it starts with `#!`", new.shebang is True),
        ("it was text before", _was_text(file.old)),
        ("it was a symlink before", file.old is not None and file.old.mode == SYMLINK_MODE),
        ("it would be text without its NUL bytes", (new.legible or 0) >= _LEGIBLE),
        (_UNREAD, new.misencoded or is_unread(new)),
        (_UNKNOWN, not named_as_binary(file.path)),
    )
    return next((reason for reason, holds in reasons if holds), "")


def is_unread(new: Entry) -> bool:
    """Return whether a file within the size limit was not read."""
    is_read = new.text is not None or new.misencoded or new.legible is not None
    return not (is_read or new.size is None or new.size > LARGEST_TEXT)


def _was_text(old: Entry | None) -> bool:
    if old is None or not old.size or not old.mode.startswith(_REGULAR):
        return False
    if old.text is not None and _POINTER.fullmatch(old.text):
        return False
    return old.binary is False or old.misencoded


# These patterns match only what git-lfs accepts, because any other text in such a line could be a command.
_VERSION_LINE = r"version https://git-lfs\.github\.com/spec/v1"
_EXTENSION_LINE = r"ext-[0-9]-[A-Za-z0-9_-]+ sha256:[0-9a-f]{64}"
_OBJECT_LINE, _SIZE_LINE = r"oid sha256:[0-9a-f]{64}", r"size [0-9]+"
_POINTER_LINE = re.compile(f"{_VERSION_LINE}|{_EXTENSION_LINE}|{_OBJECT_LINE}|{_SIZE_LINE}")
_POINTER = re.compile(rf"{_VERSION_LINE}\n(?:{_EXTENSION_LINE}\n){{0,10}}{_OBJECT_LINE}\n{_SIZE_LINE}\n")


def _is_lfs_pointer(file: ChangedFile) -> bool:
    # If a pointer replaces source code, the deleted lines are reviewed. The diff of a deleted file shows all its lines.
    changed = [line.text for line in file.diff.lines()]
    if not changed or not all(map(_POINTER_LINE.fullmatch, changed)):
        return False
    return file.new is None if file.text is None else _POINTER.fullmatch(file.text) is not None


def _by_name(file: ChangedFile, path: str, rules: Attributes) -> tuple[HeldBecause, str] | None:
    rules_in_order: tuple[tuple[HeldBecause, str, Callable[[], bool]], ...] = (
        (HeldBecause.MINIFIED, "", lambda: _is_minified(file, path)),
        (HeldBecause.VENDORED, _BY_FOLDER, lambda: _VENDORED.search(path) is not None),
        (HeldBecause.VENDORED, "linguist-vendored", lambda: rules.is_set("linguist-vendored", path)),
        (HeldBecause.GENERATED, "linguist-generated", lambda: rules.is_set("linguist-generated", path)),
    )
    return next(((reason, detail) for reason, detail, holds in rules_in_order if holds()), None)


_BY_FOLDER = "by its folder"
# Go vendors under host names, and Bundler under `vendor/bundle`. Other `vendor` folders also contain project code.
_VENDORED = re.compile(r"(?:^|/)(?:node_modules|bower_components|vendor/(?:bundle|[a-z0-9-]+(?:\.[a-z0-9-]+)+))/")
_MINIFIED_LINE = 200


def _is_minified(file: ChangedFile, path: str) -> bool:
    if not named_as_minified(path) or (file.new and file.new.mode == SYMLINK_MODE):
        return False
    lines = [line.text for line in file.diff.lines() if line.kind is LineKind.ADDED and line.text]
    lines = lines or (file.text or "").split("\n")
    return sum(map(len, lines)) >= _MINIFIED_LINE * len(lines)


# Characters that make code look different from what runs (CVE-2021-42574).
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def _notices(file: ChangedFile) -> Iterator[str]:
    was_binary = file.old is not None and file.old.binary
    if file.diff.binary and not (was_binary or _is_binary(file) or file.diff.is_submodule):
        yield (
            f"Git shows no deleted lines for `{file.path}`, although it is a text file: it was binary before, or an "
            "attribute marks it as binary."
        )
    added = [line for line in file.diff.lines() if line.kind is LineKind.ADDED]
    if turned := next((line.new for line in added if _REORDERING.search(line.text)), None):
        where = f"Line {turned} of `{file.path}`"
        yield f"{where} contains a bidirectional control character, so the code may not run as it looks."
    for line in added:
        # Editors insert a byte order mark before the first line, and form feeds between sections.
        text = (line.text.removeprefix("\ufeff") if line.new == 1 else line.text).strip("\x0c")
        if not _REORDERING.search(text) and (character := invisible_character(text)):
            where = f"Line {line.new} of `{file.path}`"
            yield f"{where} contains the invisible character {character}, so the code may not run as it looks."
            break


_MOST_NAMED = 3
_UNASKED = frozenset(
    {HeldBecause.SUBMODULE, HeldBecause.LFS_POINTER, HeldBecause.MINIFIED, HeldBecause.VENDORED, HeldBecause.GENERATED}
)
_OPAQUE = frozenset({HeldBecause.BINARY, HeldBecause.TOO_LARGE, HeldBecause.NOT_UTF_8})


def _unseen_notices(verdicts: Iterable[tuple[ChangedFile, Held | None]]) -> Iterator[str]:
    """Yield notices about unreviewed files. Skip files that a setting excludes or that make the review partial.

    The default branch's `.gitattributes` can exclude files that run, such as `.pnp.cjs`.
    """
    held_back = [held for _, held in verdicts if held and not held.missed]
    unasked = [one.path for one in held_back if one.reason in _UNASKED and not one.is_media]
    opaque = [one.path for one in held_back if one.reason in _OPAQUE and not one.is_media]
    if may_run := [*unasked, *filter(named_as_executable, opaque)]:
        yield f"These files were not reviewed, but their code may run: {_named(may_run)}."
    if others := [path for path in opaque if not named_as_executable(path)]:
        yield f"Not reviewed (no readable text): {_named(others)}."
    if media := sum(one.is_media for one in held_back):
        yield f"Not reviewed: {counted(media, 'media file')}."


def _named(paths: Sequence[str]) -> str:
    return listed([f"`{path}`" for path in paths], _MOST_NAMED)


_MOST_LINES = 9_999
_PATH_WORDS = re.compile(
    r"(?:^|[^a-z])(?:auth|oauth|login|logon|session|token|crypt|cipher|secur|passw|credential|permission|polic|access|acl"
    r"|admin|role|pay|billing|checkout|invoice|refund|sql|migrat|schema|deseriali|pickle|marshal|upload|webhook|jwt|csrf"
    r"|cors|secret|sandbox|proxy|terraform|k8s|helm)"
)
_CODE_WORDS = re.compile(
    r"\b(?:eval|exec|system|popen|subprocess|child_process|spawn|pickle|marshal|unserialize|deserialize|ObjectInputStream"
    r"|yaml\.load|dlopen|reflect|innerHTML|dangerouslySetInnerHTML|v-html|SELECT|INSERT|UPDATE|DELETE|DROP|GRANT"
    r"|md5|sha1|encrypt|decrypt|verify|password|secret|token|chmod|sudo|curl|wget|unsafe|malloc|memcpy|strcpy|free)\b"
)
_QUIET = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?|fixtures|testdata|docs?|examples?)/|(?:^|/)(?:test_[^/]*|[^/]*_test)\.[a-z]+$"
    r"|\.(?:spec|test)\.[a-z]+$|\.(?:md|rst|adoc|txt)$|(?:^|/)(?:licen[cs]e|changelog|readme|authors)[^/]*$"
)


def risk(file: ChangedFile) -> int:
    """Return a number that ranks the file by its path and its added lines. Higher numbers are sent first."""
    added = [line.text for line in file.diff.lines() if line.kind is LineKind.ADDED]
    return _tier(file.path, added) * (_MOST_LINES + 1) + min(len(added), _MOST_LINES)


def _tier(path: str, added: list[str]) -> int:
    lower = path.lower()
    if steers(path):
        return 5
    if _QUIET.search(lower) or is_lock_file(path):
        return 0
    risky_words = any(_CODE_WORDS.search(line) for line in added)
    return 1 + 2 * bool(_PATH_WORDS.search(lower)) + risky_words
