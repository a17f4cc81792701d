"""Index the current change, and look up the code of findings in it.

A finding is looked up by its code, never by its line number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property

from msgspec import Struct, field

from reviewbot.domain.codevf.idempotency import change_digest
from reviewbot.domain.diff.parse import ChangedFile, ChangeSet, FileStatus
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import digest, outward
from reviewbot.domain.findings.placement import find_by_path
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.model.review import Side
from reviewbot.domain.redaction.places import Place
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.selection.file_kinds import place_of

SHORT_CHANGE = 32
"""The number of hex digits of `ChangeIndex.change`."""


class ChangeIndex(Struct, frozen=True, dict=True):
    """The current change, indexed to look up findings.

    Attributes:
        views: all changed files. Files that are sent are redacted.
        removed: the names of the deleted files.
        files: the digest of each file's blob, followed by the file mode, by name.
        sides: the digest of both sides of each file's diff, by name.
        kept: the names of the changed files that exist at the head, except media.
        change: the first `SHORT_CHANGE` digits of `idempotency.change_digest`, used to detect a restored change.
        unsent: the files that are not sent, by name.
        redactor: the redactor of the sent files.
    """

    views: tuple[FileView, ...]
    removed: frozenset[str]
    files: Mapping[str, str] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    change: str = ""
    unsent: Mapping[str, ChangedFile] = field(default_factory=dict)
    redactor: Redactor = Redactor()

    @classmethod
    def of(
        cls,
        change: ChangeSet,
        views: Sequence[FileView],
        media: Collection[str] = (),
        redactor: Redactor = Redactor(),  # noqa: B008 — immutable
    ) -> ChangeIndex:
        """Index a change. `views` are the files that are sent. `media` names files without code, e.g., images."""
        sent = {view.path: view for view in views}
        seen = (
            sent.get(file.path)
            or FileView(file.path, file.diff.old_path, file.diff.hunks, file.text, whole=file.diff.whole)
            for file in change.files
        )
        removed = frozenset(file.path for file in change.files if file.diff.status is FileStatus.REMOVED)
        files = {file.path: _file_digest(file) for file in change.files}
        sides = {file.path: _sides_digest(file) for file in change.files}
        digest_of_all = change_digest(change.files)[:SHORT_CHANGE]
        kept = frozenset(files) - removed - frozenset(media)
        unsent = {file.path: file for file in change.files if file.path not in sent}
        return cls(tuple(seen), removed, files, sides, kept, digest_of_all, unsent, redactor)

    @cached_property
    def hidden(self) -> tuple[FileView, ...]:
        """The files that are not sent, as they may have been sent, for findings with redacted code.

        They are redacted at the first lookup, because a redaction takes a second per megabyte.
        """
        return tuple(view for file in self.unsent.values() for view in _as_sent(file, self.redactor))

    @cached_property
    def by_path(self) -> Mapping[str, FileView]:
        """The views by name. An old name also maps to its view, unless another file now has that name."""
        return {view.old_path: view for view in self.views} | {view.path: view for view in self.views}

    def view_of(self, record: TrackedFinding) -> FileView | None:
        return self.by_path.get(record.path) or self.by_path.get(record.old_path)

    def file(self, path: str) -> str:
        """Return the file's entry in `files`, or an empty string if the file is not in the change."""
        return self.files.get(self._name(path), "")

    def exactly(self, path: str) -> str:
        """Return the file's entry in `sides`, or else `change`. A waiver ends when this value changes."""
        return self.sides.get(self._name(path), "") or self.change

    def version(self, path: str) -> str:
        """Return the file's entry in `files`, or else `change`. A fix requires a different value."""
        return self.file(path) or self.change

    def _name(self, path: str) -> str:
        view = self.by_path.get(path)
        return view.path if view else path


def _as_sent(file: ChangedFile, redactor: Redactor) -> Iterator[FileView]:
    """Yield a file with each text that its lines can have had in a file that was sent.

    The kind of that file determines what was redacted. A value may also have been redacted because of another line.
    """
    texts = {file.text: None}
    if file.text is not None:
        places = dict.fromkeys((place_of(file), Place.CODE, Place.DATA))
        texts |= dict.fromkeys(redactor.redact(file.text, place).text for place in places)
    for text in texts:
        yield FileView(file.path, file.diff.old_path, file.diff.hunks, text, whole=file.diff.whole)


def _file_digest(file: ChangedFile) -> str:
    """Return the entry in `ChangeIndex.files`. For a deleted file, use the version at the merge base."""
    side, entry = ("head", file.new) if file.new else ("base", file.old)
    return f"{digest(f'{side} {entry.oid}')}-{entry.mode}" if entry else ""


def _sides_digest(file: ChangedFile) -> str:
    return digest(change_digest([file]))


class Match(Struct, frozen=True):
    """The position of a finding's code. `touched` is whether the change adds or deletes a line of any copy."""

    view: FileView
    line: int
    touched: bool
    copies: int


class NoMatch(Enum):
    """The reason why the code of a finding was not found."""

    UNSEEN = "the changed file is not text, or is too large"
    ABSENT = "the file does not contain the code"
    VANISHED = "the change no longer touches the code"


def find_match(record: TrackedFinding, change_index: ChangeIndex) -> Match | NoMatch:
    """Look up a finding's code in its file, then in the other files that can contain it."""
    view = change_index.view_of(record)
    if view is None or (record.side is Side.RIGHT and view.path in change_index.removed):
        # A quote that no file contained may be wrong, so a deletion of the file does not delete the code.
        is_guess = view is not None and record.block is not None and not record.has_code
        missing = NoMatch.ABSENT if is_guess or not record.in_file else NoMatch.VANISHED
        return _moved(record, change_index) or missing
    if record.block is None:
        return NoMatch.ABSENT
    if view.text is None and not view.hunks:
        return NoMatch.UNSEEN
    own = (view, *(one for one in _hidden(record, change_index) if one.path == view.path))
    found = next(filter(None, (_match_in(record, one) for one in own)), None)
    # The base now contains the same lines, or the author reverted the deletion. If fewer copies than before are left,
    # the remaining copy may be the base's, and the finding's own copy may have changed.
    is_base = found and record.touched and not found.touched and found.copies >= record.copies
    if found and not is_base:
        return found
    other = _under_former_name(record, change_index) or unsent_copy(record, change_index)
    return other or (NoMatch.VANISHED if found else NoMatch.ABSENT)


def _match_in(record: TrackedFinding, view: FileView) -> Match | None:
    if record.block is None:
        return None
    places = view.places(record.side, record.block)
    lines = outward(places.touched or places.every, record.line or 1)
    return Match(view, lines[0], bool(places.touched), len(places.every)) if lines else None


def _hidden(record: TrackedFinding, change_index: ChangeIndex) -> Sequence[FileView]:
    """Return the files that are not sent, in which a finding's code is looked up as it was sent."""
    if record.side is Side.LEFT or record.block is None:
        return ()
    return (
        change_index.hidden if record.masked else [one for one in change_index.views if one.path in change_index.unsent]
    )


def _moved(record: TrackedFinding, change_index: ChangeIndex) -> Match | None:
    """Return a match in another file, e.g., a renamed one, for a finding whose file is not in the change."""
    if record.side is Side.LEFT:
        return None
    sent = (view for view in change_index.views if view.path not in change_index.unsent)
    matches = (_match_in(record, view) for view in (*sent, *_hidden(record, change_index)))
    is_moved = not record.touched  # a renamed file also moves lines that the change does not touch
    moved = (one for one in matches if one and (one.touched or (is_moved and one.view.path != one.view.old_path)))
    return next(moved, None)


def _under_former_name(record: TrackedFinding, change_index: ChangeIndex) -> Match | None:
    """Return a match on changed lines of the file with the former name of the finding's file."""
    view = find_by_path(record.old_path, change_index.by_path)
    found = _match_in(record, view) if view else None
    return found if found and found.touched else None


def unsent_copy(record: TrackedFinding, change_index: ChangeIndex) -> Match | None:
    """Return a match on changed lines of a file that is not sent. Such a match prevents the state `FIXED`."""
    matches = (_match_in(record, view) for view in _hidden(record, change_index))
    return next((one for one in matches if one and one.touched), None)
