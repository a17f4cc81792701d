"""What the ledger keeps of a finding, so that it closes the gate until it is dealt with, wherever the head goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from reviewbot.domain.diff.text_index import Block
from reviewbot.domain.model.review import Category, Severity, Side

MAX_TITLE = 200
MAX_TEXT = 1_500
MAX_REASON = 300
"""Characters of a waiver's reason, or a bypass's."""


class FindingState(StrEnum):
    """Where a finding stands.

    `CHANGED` is open too: its code is no longer there, and nobody has confirmed that this mends it. `FIXED` takes the
    reviewer's word and changed code; `GONE` means that the file is no longer changed, or deleted.
    """

    OPEN = "open"
    CHANGED = "changed"
    FIXED = "fixed"
    GONE = "gone"

    @property
    def is_open(self) -> bool:
        """Whether the finding still counts."""
        return self in {FindingState.OPEN, FindingState.CHANGED}


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody took the responsibility for a finding, for its code as it stood.

    Attributes:
        by: a login.
        reason: their words; hostile text.
        copies: how often the code stood in its file then, 0 when it was not there; one more of them is another case.
        verbatim: `FileView.verbatim` of them: a finding is found again behind other white space, a waiver is not. Where
            there was none, `ChangeIndex.content` of the file.
    """

    by: str
    reason: str
    copies: int
    verbatim: str


@dataclass(frozen=True, slots=True)
class Bypass:
    """Somebody let one head through to one base, whatever its review says.

    Attributes:
        base_ref: the branch that it is to be merged into.
    """

    head_sha: str
    base_ref: str
    by: str
    reason: str

    def is_of(self, head_sha: str, base_ref: str) -> bool:
        """Whether it lets this head through to this base."""
        return (self.head_sha, self.base_ref) == (head_sha, base_ref)


@dataclass(frozen=True, slots=True)
class TrackedFinding:
    """A finding, remembered.

    Attributes:
        id: of the finding; its comment's mark has it too.
        path: the file in the change, or what the reviewer named.
        side: where its code is.
        line: where its first line was when it was last seen, None when nothing says so.
        block: its code, None when nothing says which code it is about.
        file: `ChangeIndex.content` of its file when it was reported, where there is no block.
        in_file: whether its file was in the change.
        added: whether the change added that file: when it is not there any more, it may have another name.
        touched: whether the change adds or deletes any of its code.
        copies: how often its code stood in the file when it was last seen whole.
        found: the task that reported it first.
        closed: the task under which it was closed, empty while it is open.
        text: its explanation, kept while it has no comment that tells it.
        note: the reviewer's last word on it.
        leftover: whether it is a part of an answer that nobody could read.
    """

    id: str
    severity: Severity
    category: Category | None
    title: str
    path: str
    side: Side = Side.RIGHT
    line: int | None = None
    block: Block | None = None
    in_file: bool = False
    added: bool = False
    touched: bool = False
    copies: int = 0
    standing: FindingState = FindingState.OPEN
    found: str = ""
    closed: str = ""
    text: str = ""
    note: str = ""
    waiver: Waiver | None = None
    leftover: bool = False
    file: str = ""

    @property
    def counts(self) -> bool:
        """Whether it counts for the gate."""
        return self.standing.is_open and self.waiver is None


@dataclass(frozen=True, slots=True)
class Findings:
    """Every finding of a pull request that is remembered.

    Attributes:
        records: worst first.
        beyond: open ones that there was no room for, by severity. They close the gate until a whole review.
        broken: whether findings may have been forgotten, since somebody edited or removed what we remembered. Only a
            whole review opens the gate then.
    """

    records: tuple[TrackedFinding, ...] = ()
    beyond: tuple[tuple[Severity, int], ...] = ()
    broken: bool = False
    _by_id: dict[str, TrackedFinding] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index by id."""
        self._by_id.update((record.id, record) for record in self.records)

    def find(self, finding_id: str) -> TrackedFinding | None:
        """The record of an id."""
        return self._by_id.get(finding_id)

    def open(self) -> tuple[TrackedFinding, ...]:
        """Those that are not closed, waived ones included."""
        return tuple(record for record in self.records if record.standing.is_open)

    def counting(self, task_id: str) -> tuple[TrackedFinding, ...]:
        """Those that count for the gate; the task's own unread parts are told, and judged, as what they are."""
        return tuple(one for one in self.records if one.counts and not (one.leftover and one.found == task_id))

    def severities(self, task_id: str) -> tuple[Severity, ...]:
        """The severities that count for the gate, those beyond included."""
        kept = (record.severity for record in self.counting(task_id))
        return (*kept, *(severity for severity, count in self.beyond for _ in range(count)))


def worst_first(records: Iterable[TrackedFinding]) -> tuple[TrackedFinding, ...]:
    """The order in which records are kept: the open ones by severity, then the closed ones."""
    return tuple(sorted(records, key=lambda one: (not one.standing.is_open, one.severity.rank, one.path, one.id)))
