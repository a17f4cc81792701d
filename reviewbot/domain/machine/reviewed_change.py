"""The change of a pull request, sorted into what the reviewer sees and what is held back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from reviewbot.domain.codevf.attachments import Sendable
from reviewbot.domain.diff.parse import ChangeSet, FileStatus
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.tracking import ChangeIndex
from reviewbot.domain.model.options import PathInstruction
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.selection.selection import Held, over_limit


@dataclass(frozen=True)
class ReviewedChange:
    """The change, selected and redacted.

    Attributes:
        change: as GitHub or git gave it.
        sendables: selected files, redacted.
        views: the same files as the reviewer sees them; findings are placed on these.
        held: the files that are not sent, each with its reason.
        title: of the pull request, redacted; `body` and the owners' `instructions` likewise.
        redactor: knows the secrets of the change, for what is sent or shown beside it.
        to_leave_out: what leaves the missed files out, ready to be pasted.
    """

    change: ChangeSet
    sendables: tuple[Sendable, ...]
    views: tuple[FileView, ...]
    held: tuple[Held, ...]
    notices: tuple[str, ...]
    title: str
    body: str
    instructions: str
    path_instructions: tuple[PathInstruction, ...]
    redactor: Redactor
    to_leave_out: str

    @cached_property
    def index(self) -> ChangeIndex:
        """The change, to look findings up in."""
        return ChangeIndex.of(self.change, self.views)

    @property
    def selected(self) -> tuple[str, ...]:
        """The names of the selected files, including those that are held back."""
        return tuple(dict.fromkeys((*(one.path for one in self.sendables), *self.missed)))

    @property
    def missed(self) -> tuple[str, ...]:
        """The names of the selected files that are held back."""
        return tuple(one.path for one in self.held if one.missed)

    @cached_property
    def misencoded(self) -> frozenset[str]:
        """The files whose text at the head is not UTF-8, so that only their diff can be sent."""
        return frozenset(file.path for file in self.change.files if file.new and file.new.misencoded)

    @cached_property
    def oversized(self) -> Mapping[str, str]:
        """The files that are too large for their text to be read, with their size and the limit in words."""
        return {file.path: over for file in self.change.files if (over := over_limit(file))}

    @cached_property
    def by_path(self) -> Mapping[str, FileView]:
        """The views by their names at the head."""
        return {view.path: view for view in self.views}

    @cached_property
    def held_by_path(self) -> Mapping[str, Held]:
        """The files that were not sent, by their names at the head and at the merge base."""
        unsent = {one.path: one for one in self.held if one.path not in self.by_path}
        renamed = [file for file in self.change.files if file.diff.status is FileStatus.RENAMED]
        return {file.diff.old_path: unsent[file.path] for file in renamed if file.path in unsent} | unsent


NO_CHANGE = ReviewedChange(ChangeSet("", "", ()), (), (), (), (), "", "", "", (), Redactor(None), "")
"""What a run knows of the change before it has read it."""
