"""Select the files to review, with a readable reason for each file that is not sent.

An attacker would hide code in files that are not sent, so the rules are few and narrow. A rename is excluded only if
both names are, a minified file only if it looks minified, and files that build, test or deploy only by `paths`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.diff.parse import ChangedFile, FileStatus, LineKind
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.selection.file_kinds import (
    is_lock_file,
    named_as_binary,
    named_as_executable,
    named_as_media,
    named_as_text,
    steers,
)
from reviewbot.domain.selection.lockfiles import lock_file_notices, suspicions
from reviewbot.domain.selection.path_filters import Attributes, attributes_of, matches, names
from reviewbot.domain.text.escaping import invisible_character
from reviewbot.domain.text.formatting import counted, size
from reviewbot.values import replace

EXECUTABLE_MODE = "100755"

LARGEST_TEXT = 5 * 1024 * 1024
"""Bytes; of a larger file neither lines nor text are read."""

LARGEST_POINTER = 1024
"""Bytes of a Git LFS pointer (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md)."""


class HeldBecause(StrEnum):
    PATHS = "paths"
    GENERATED = "generated"
    VENDORED = "vendored"
    LOCK_FILE = "lock-file"
    BINARY = "binary"
    LFS_POINTER = "lfs-pointer"
    SUBMODULE = "submodule"
    SECRET_FILE = "secret-file"  # noqa: S105 — not a password
    TOO_LARGE = "too-large"
    MINIFIED = "minified"
    NOT_UTF_8 = "not-utf-8"
    UNSEEN = "unseen"


_SENTENCES: Mapping[HeldBecause, tuple[str, str]] = {
    HeldBecause.PATHS: ("The setting `paths` excludes it.", "The setting `paths` excludes them."),
    HeldBecause.GENERATED: (
        "`.gitattributes` of the default branch marks it as generated.",
        "`.gitattributes` of the default branch marks them as generated.",
    ),
    HeldBecause.VENDORED: ("It is third-party code.", "They are third-party code."),
    HeldBecause.LOCK_FILE: ("It is a lock file.", "They are lock files."),
    HeldBecause.BINARY: ("It is binary.", "They are binary."),
    HeldBecause.LFS_POINTER: (
        "It is a Git LFS pointer; its content is not in the repository.",
        "They are Git LFS pointers; their content is not in the repository.",
    ),
    HeldBecause.SUBMODULE: (
        "It is a submodule; its content is in another repository.",
        "They are submodules; their content is in other repositories.",
    ),
    HeldBecause.SECRET_FILE: ("It looks like a file of secrets.", "They look like files of secrets."),
    HeldBecause.TOO_LARGE: ("It is too large.", "They are too large."),
    HeldBecause.MINIFIED: ("It is minified; the source is elsewhere.", "They are minified; the source is elsewhere."),
    HeldBecause.NOT_UTF_8: ("It is not UTF-8.", "They are not UTF-8."),
    HeldBecause.UNSEEN: ("The reviewer did not read it to the end.", "The reviewer did not read them to the end."),
}
"""About one file, and about several."""


def held_sentence(reason: HeldBecause, files: int = 1) -> str:
    return _SENTENCES[reason][files != 1]


class Held(Struct, frozen=True):
    """A changed file that is not sent.

    Attributes:
        path: at the head.
        detail: what matched the rule; may be empty.
        missed: whether it was selected, so that the review is partial without it.
    """

    path: str
    reason: HeldBecause
    detail: str = ""
    missed: bool = False


class Selection(Struct, frozen=True):
    """The changed files, each in either `selected` or `held`."""

    selected: tuple[ChangedFile, ...]
    held: tuple[Held, ...]
    notices: tuple[str, ...]


def select(files: Sequence[ChangedFile], *, paths: Sequence[str], attributes: str) -> Selection:
    """Divide the changed files by the setting `paths` and the default branch's `.gitattributes`."""
    rules = attributes_of(attributes)
    verdicts = [(file, _held(file, paths, rules)) for file in files]
    locks = {
        file.path: found
        for file, held in verdicts
        if held and held.reason is HeldBecause.LOCK_FILE and (found := suspicions(file))
    }
    verdicts = [(_without_text(file), None) if held and file.path in locks else (file, held) for file, held in verdicts]
    return Selection(
        selected=tuple(file for file, held in verdicts if held is None),
        held=tuple(held for _, held in verdicts if held is not None),
        notices=(
            *(notice for file in files for notice in _notices(file)),
            *(_lock_notice(path, found) for path, found in locks.items()),
            *(
                f"`{file.path}` is not UTF-8, so only its diff is sent, with \ufffd for other bytes. Save it as UTF-8."
                for file, held in verdicts
                if held is None and file.new and file.new.misencoded
            ),
            *_unseen_notices(verdicts),
        ),
    )


def _held(file: ChangedFile, paths: Sequence[str], rules: Attributes) -> Held | None:
    known = _names(file)
    if not any(matches(paths, path) for path in known):
        return Held(file.path, HeldBecause.PATHS)
    if unreadable := _unreadable(file):
        return unreadable
    if any(steers(path) or names(paths, path) for path in known):
        return None
    reasons = [_by_name(file, path, rules) for path in known]
    return Held(file.path, *reasons[0]) if reasons[0] and all(reasons) else None


def _without_text(file: ChangedFile) -> ChangedFile:
    """Return the file with its diff only; the rest of a lock file is not needed."""
    return replace(file, new=replace(file.new, text=None)) if file.new else file


_MOST_SUSPICIONS = 5


def _lock_notice(path: str, found: Sequence[str]) -> str:
    reasons = list(found[:_MOST_SUSPICIONS])
    if len(found) > _MOST_SUSPICIONS:
        reasons.append(f"{len(found) - _MOST_SUSPICIONS:,} more")
    return f"`{path}` is reviewed, because {' and '.join(filter(None, (', '.join(reasons[:-1]), reasons[-1])))}."


def _names(file: ChangedFile) -> tuple[str, ...]:
    renamed = file.diff.status is FileStatus.RENAMED
    return (file.path, file.diff.old_path) if renamed else (file.path,)


def _unreadable(file: ChangedFile) -> Held | None:
    """Hold a file without lines to send. Disguised source code counts as missed, other binaries do not."""
    if file.diff.is_submodule:
        return Held(file.path, HeldBecause.SUBMODULE)
    if not _is_binary(file):
        return Held(file.path, HeldBecause.LFS_POINTER) if _is_lfs_pointer(file) else None
    side, suspicion = file.new or file.old, _suspicion(file)
    reason, detail = HeldBecause.BINARY, suspicion
    if side and side.misencoded:
        reason, detail = HeldBecause.NOT_UTF_8, "save it as UTF-8"
    # Git also treats a file as binary for its size, or for an attribute of the author's branch.
    elif (over := over_limit(file)) and (not (side and side.binary) or suspicion == _UNREAD):
        reason, detail = HeldBecause.TOO_LARGE, over
    return Held(file.path, reason, detail, missed=bool(suspicion))


def _is_binary(file: ChangedFile) -> bool:
    # The pull request's `.gitattributes` can mark any text as binary, so the bytes decide if they were read.
    side = file.new or file.old
    if side and side.binary:
        return True
    return file.diff.binary and not (side and side.text is not None)


def over_limit(file: ChangedFile) -> str:
    """Return the size and the limit of a file that is too large to read, as text; empty for a smaller file."""
    sizes = [entry.size for entry in (file.new, file.old) if entry and entry.size is not None]
    over = bool(sizes) and sizes[0] > LARGEST_TEXT
    return f"{size(sizes[0])}; the limit is {size(LARGEST_TEXT)}" if over else ""


_UNREAD = "it may be text"
_REGULAR = "100"
_LEGIBLE = 0.9
"""The share of printable UTF-8 that makes a file text with NULs. Of 3,753 binaries of a Linux system without a known
extension, nine have more."""
_LEGIBLE_BY_NAME = 0.99
"""The same if the name is that of a binary: gettext catalogs (`.mo`) have up to 0.981."""


def _suspicion(file: ChangedFile) -> str:
    """Return why unreviewed bytes may be code, or an empty string; a single NUL makes any source binary for git."""
    new, names_ = file.new, _names(file)
    if new is None:
        return ""
    opaque = named_as_binary(file.path) or (new.shebang is False and not new.worded)
    opaque = opaque and not is_unread(file.path, new)
    reasons = (
        ("its name is that of a text file", any(named_as_text(path) or steers(path) for path in names_)),
        ("it is executable and may be a script", new.mode == EXECUTABLE_MODE),
        ("", all(map(named_as_media, names_))),
        ("it was text before", _was_text(file.old)),
        ("it starts with `#!`", new.shebang is True),
        ("without its NUL bytes it is text", _is_legible(file.path, new)),
        (_UNREAD, new.misencoded or not opaque),
    )
    return next((reason for reason, holds in reasons if holds), "")


def is_unread(path: str, new: Entry) -> bool:
    """Return whether the bytes were not read, although the file is not too large. Those of media never are."""
    is_read = new.text is not None or new.misencoded or new.legible is not None
    return not (is_read or new.size is None or new.size > LARGEST_TEXT or named_as_media(path))


def _is_legible(path: str, new: Entry) -> bool:
    """Return whether binary bytes are a text with inserted NULs, which a shell skips."""
    if new.legible is None or (new.tar and path.lower().endswith(".tar")):
        return False
    return new.legible >= (_LEGIBLE_BY_NAME if named_as_binary(path) else _LEGIBLE)


def _was_text(old: Entry | None) -> bool:
    if old is None or not old.size or not old.mode.startswith(_REGULAR):
        return False
    if old.text is not None and _POINTER.fullmatch(old.text):
        return False
    return old.binary is False or old.misencoded


# Only what git-lfs accepts: anything else in such a line could be a command.
_VERSION_LINE = r"version https://git-lfs\.github\.com/spec/v1"
_EXTENSION_LINE = r"ext-[0-9]-[A-Za-z0-9_-]+ sha256:[0-9a-f]{64}"
_OBJECT_LINE, _SIZE_LINE = r"oid sha256:[0-9a-f]{64}", r"size [0-9]+"
_POINTER_LINE = re.compile(f"{_VERSION_LINE}|{_EXTENSION_LINE}|{_OBJECT_LINE}|{_SIZE_LINE}")
_POINTER = re.compile(rf"{_VERSION_LINE}\n(?:{_EXTENSION_LINE}\n){{0,10}}{_OBJECT_LINE}\n{_SIZE_LINE}\n")


def _is_lfs_pointer(file: ChangedFile) -> bool:
    # A text that is replaced by a pointer is still reviewed.
    changed = [line.text for line in file.diff.lines()]
    if not changed or not all(map(_POINTER_LINE.fullmatch, changed)):
        return False
    return file.text is None or _POINTER.fullmatch(file.text) is not None


def _by_name(file: ChangedFile, path: str, rules: Attributes) -> tuple[HeldBecause, str] | None:
    rules_in_order: tuple[tuple[HeldBecause, str, Callable[[], bool]], ...] = (
        (HeldBecause.LOCK_FILE, "", lambda: is_lock_file(path)),
        (HeldBecause.MINIFIED, "", lambda: _is_minified(file, path)),
        (HeldBecause.VENDORED, _BY_FOLDER, lambda: _VENDORED.search(path) is not None),
        (HeldBecause.VENDORED, "linguist-vendored", lambda: rules.is_set("linguist-vendored", path)),
        (HeldBecause.GENERATED, "linguist-generated", lambda: rules.is_set("linguist-generated", path)),
    )
    return next(((reason, detail) for reason, detail, holds in rules_in_order if holds()), None)


_BY_FOLDER = "by its folder"
# Go vendors under host names and Bundler under vendor/bundle; other `vendor` folders also contain own code.
_VENDORED = re.compile(r"(?:^|/)(?:node_modules|bower_components|vendor/(?:bundle|[a-z0-9-]+(?:\.[a-z0-9-]+)+))/")
_MINIFIED = re.compile(r"\.min\.(?:js|mjs|cjs|css)$|\.(?:js|mjs|cjs|css)\.map$")
_MINIFIED_LINE = 200


def _is_minified(file: ChangedFile, path: str) -> bool:
    if not _MINIFIED.search(path):
        return False
    lines = [line.text for line in file.diff.lines() if line.kind is not LineKind.CONTEXT and line.text]
    return sum(map(len, lines)) >= _MINIFIED_LINE * len(lines)


# With these, code looks different from how it runs (CVE-2021-42574).
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def _notices(file: ChangedFile) -> Iterator[str]:
    if any(is_lock_file(path) for path in _names(file)):
        yield from lock_file_notices(file)
        if file.diff.status is FileStatus.REMOVED:
            yield f"`{file.path}` is deleted, so package versions are no longer locked."
    if file.diff.binary and not _is_binary(file) and not file.diff.is_submodule:
        yield f"Git shows no lines of `{file.path}`, although it is text: an attribute marks it as binary."
    added = [line for line in file.diff.lines() if line.kind is LineKind.ADDED]
    if turned := next((line.new for line in added if _REORDERING.search(line.text)), None):
        where = f"Line {turned} of `{file.path}`"
        yield f"{where} has a bidirectional control character: it may run differently than it looks."
    for line in added:
        # Editors use a byte order mark before the first line, and a form feed between two parts.
        text = (line.text.removeprefix("\ufeff") if line.new == 1 else line.text).strip("\x0c")
        if not _REORDERING.search(text) and (character := invisible_character(text)):
            where = f"Line {line.new} of `{file.path}`"
            yield f"{where} has the invisible character {character}: it may run differently than it looks."
            break


_MOST_NAMED = 3
_UNASKED = frozenset(
    {
        HeldBecause.SUBMODULE,
        HeldBecause.LFS_POINTER,
        HeldBecause.MINIFIED,
        HeldBecause.VENDORED,
        HeldBecause.GENERATED,
    }
)
_OPAQUE = frozenset({HeldBecause.BINARY, HeldBecause.TOO_LARGE, HeldBecause.NOT_UTF_8})


def _unseen_notices(verdicts: Iterable[tuple[ChangedFile, Held | None]]) -> Iterator[str]:
    """Name the files that are not reviewed although no setting excludes them, and that do not make the review partial.

    An attribute of the default branch excludes files such as `.pnp.cjs`, which run all the same.
    """
    there = [held for file, held in verdicts if held and file.diff.status is not FileStatus.REMOVED and not held.missed]
    unasked = [one.path for one in there if one.reason in _UNASKED]
    opaque = [one.path for one in there if one.reason in _OPAQUE]
    executable = list(filter(named_as_executable, opaque))
    may_run = [*(path for path in unasked if not (named_as_media(path) or path.endswith(".map"))), *executable]
    if may_run:
        yield f"Changed and not reviewed, although it may be executed: {_named(may_run)}."
    if others := [path for path in opaque if not (named_as_media(path) or path in executable)]:
        yield f"Changed and not reviewed, because it contains no readable text: {_named(others)}."
    if media := len(opaque) - len(others) - len(executable):
        yield f"Changed and not reviewed: {counted(media, 'media file')} (images, fonts, audio, video or PDF)."


def _named(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _MOST_NAMED:,} more" if len(paths) > _MOST_NAMED else ""
    return ", ".join(f"`{path}`" for path in paths[:_MOST_NAMED]) + more


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
    """Return the rank for packing, higher first: by the file's purpose, its new lines, and their number."""
    added = [line.text for line in file.diff.lines() if line.kind is LineKind.ADDED]
    return _tier(file.path, added) * (_MOST_LINES + 1) + min(len(added), _MOST_LINES)


def _tier(path: str, added: list[str]) -> int:
    lower = path.lower()
    if steers(path):
        return 5
    if _QUIET.search(lower):
        return 0
    risky_words = any(_CODE_WORDS.search(line) for line in added)
    return 1 + 2 * bool(_PATH_WORDS.search(lower)) + risky_words
