"""Findings as the ledger stores them, with their states, waivers and bypasses.

`array_like` saves space, because the ledger then stores a JSON array without keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct

from reviewbot.domain.diff.text_index import Block
from reviewbot.domain.model.review import Category, Severity, Side
from reviewbot.domain.text.strict_json import Count

MAX_TITLE = 200
MAX_TEXT = 1_500
MAX_REASON = 300
"""The maximum number of characters of the reason for a waiver or a bypass."""


class FindingState(StrEnum):
    """The state of a finding.

    A `CHANGED` finding is still open: its code has changed, but no review has confirmed a fix. `FIXED` requires changed
    code and the reviewer's confirmation. `GONE` means that the change can no longer contain the finding's code.
    """

    OPEN = "open"
    CHANGED = "changed"
    FIXED = "fixed"
    GONE = "gone"

    @property
    def is_open(self) -> bool:
        return self in {FindingState.OPEN, FindingState.CHANGED}


class Waiver(Struct, frozen=True, array_like=True):
    """A collaborator's decision to ignore a finding until its file, or else the whole change, differs.

    Attributes:
        by: the collaborator's login.
        reason: untrusted text.
        file: `ChangeIndex.exactly` of the finding's path, or `ChangeIndex.change` if the file lacks the finding's code.
        base_ref: the base branch if `by` was not an author of the pull request, else empty.
    """

    by: str
    reason: str
    file: str
    base_ref: str = ""


class Bypass(Struct, frozen=True, array_like=True):
    """A maintainer's decision to let one head pass for one base branch."""

    head_sha: str
    base_ref: str
    by: str
    reason: str

    def is_of(self, head_sha: str, base_ref: str) -> bool:
        return (self.head_sha, self.base_ref) == (head_sha, base_ref)


class Acceptance(Struct, frozen=True, array_like=True):
    """A maintainer's decision to accept a partly unreadable answer as the review of one head and base branch."""

    head_sha: str
    base_ref: str
    task_id: str
    by: str

    def is_of(self, head_sha: str, base_ref: str, task_id: str) -> bool:
        return (self.head_sha, self.base_ref, self.task_id) == (head_sha, base_ref, task_id)


class Judged(Struct, frozen=True, array_like=True):
    """A finding, possibly waived, that was open when a change was judged.

    Attributes:
        id: the id of the finding, or empty if the finding did not fit into the ledger.
        blocks: whether the finding blocked, or would have blocked without a waiver.
        carried: whether a task of another purchase first reported the finding.
    """

    id: str
    state: FindingState
    blocks: bool
    carried: bool


LOST = Judged("", FindingState.OPEN, blocks=True, carried=True)
"""Stands for blocking findings that the ledger does not contain."""


class EarlierReviews(Struct, frozen=True):
    """The records of the earlier reviews of one change.

    Attributes:
        open: the states of the findings that were open when the change was judged, by id.
        bought_since: the tasks that were bought after the first complete review of the change.
        tasks: the tasks of all these reviews.
    """

    open: Mapping[str, FindingState] = MappingProxyType({})
    bought_since: frozenset[str] = frozenset()
    tasks: frozenset[str] = frozenset()


NOT_REVIEWED = EarlierReviews()


class TrackedFinding(Struct, frozen=True, array_like=True):
    """A finding in the ledger.

    Attributes:
        path: the file in the change, or the path that the reviewer wrote.
        line: the first line of the finding's code when it was last found, or None if unknown.
        block: the digest of the finding's code, or None if unknown.
        in_file: whether the change contained the finding's file.
        touched: whether the change adds or deletes any line of the finding's code.
        copies: the number of copies of the code in the file when the code was last found.
        found: the task that first reported the finding.
        closed: the task under which the finding was closed, or empty for an open finding.
        text: the explanation, if no comment shows it or if the finding was parsed from prose.
        note: the reviewer's last remark on the finding.
        leftover: whether the finding stands for an unreadable part of an answer.
        file: `ChangeIndex.version` of the path when the finding was last reported.
        old_path: the file's name at the merge base, or an earlier name, if it differs from `path`.
        said: a digest of the explanation when the finding was last reported.
        masked: whether the reviewed code contained a redaction, so that the code in `block` is not the file's own text.
    """

    id: str
    severity: Severity
    category: Category | None
    title: str
    path: str
    side: Side = Side.RIGHT
    line: Count | None = None
    block: Block | None = None
    in_file: bool = False
    touched: bool = False
    copies: Count = 0
    state: FindingState = FindingState.OPEN
    found: str = ""
    closed: str = ""
    text: str = ""
    note: str = ""
    waiver: Waiver | None = None
    leftover: bool = False
    file: str = ""
    old_path: str = ""
    said: str = ""
    masked: bool = False

    @property
    def has_code(self) -> bool:
        """Whether the finding quotes code that was found in a change."""
        return self.block is not None and self.copies > 0

    @property
    def counts(self) -> bool:
        """Whether the finding is open and not waived."""
        return self.state.is_open and self.waiver is None


class Findings(Struct, frozen=True, dict=True):
    """The findings of a pull request.

    Attributes:
        records: worst first.
        beyond: the numbers of open findings that did not fit into the ledger, by task and severity. Reading the task's
            answer again restores these findings.
        broken: whether findings may be lost, e.g., because someone edited the ledger. Only a whole review can pass.
    """

    records: tuple[TrackedFinding, ...] = ()
    beyond: tuple[tuple[str, Severity, Count], ...] = ()
    broken: bool = False

    @cached_property
    def _by_id(self) -> Mapping[str, TrackedFinding]:
        return {record.id: record for record in self.records}

    def find(self, finding_id: str) -> TrackedFinding | None:
        return self._by_id.get(finding_id)

    def open(self) -> tuple[TrackedFinding, ...]:
        """Return the open findings, including waived ones."""
        return tuple(record for record in self.records if record.state.is_open)

    def counting(self, task_id: str) -> tuple[TrackedFinding, ...]:
        """Return the open findings without a waiver. Exclude unreadable parts of this task's answer (see `judge`)."""
        return tuple(one for one in self.records if one.counts and not (one.leftover and one.found == task_id))

    def severities(self, task_id: str) -> tuple[Severity, ...]:
        kept = (record.severity for record in self.counting(task_id))
        return (*kept, *(severity for _, severity, count in self.beyond for _ in range(count)))

    def by_severity(self, task_id: str) -> Mapping[Severity, int]:
        """Return the number of findings in `severities` by severity, including zeros."""
        severities = self.severities(task_id)
        return {severity: severities.count(severity) for severity in Severity}


def worst_first(records: Iterable[TrackedFinding]) -> tuple[TrackedFinding, ...]:
    """Sort findings: open before closed, then by severity."""
    return tuple(sorted(records, key=lambda one: (not one.state.is_open, one.severity.rank, one.path, one.id)))
