"""View models: all that a template may know. Values only; every text in them is hostile unless it says `trusted`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reviewbot.domain.codevf.attachments import Sent
from reviewbot.domain.findings.placement import SuggestionState, Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.model.options import FailOn
from reviewbot.domain.model.review import Category, Leftover, Severity, Side
from reviewbot.domain.policy.verdict import Coverage, Outcome, blocks
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.domain.text.formatting import state


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding, to be shown.

    Attributes:
        path: the file in the change, or what the reviewer named; at `side` are `start_line` and `line`, if any.
        code: the lines as sent (or as quoted), to be shown where the finding is not on them.
        language: the info string of a fence for `code`, such as `python`.
        comment_url: trusted, as is `blob_url`, which leads to its lines in the reviewed commit.
        carried: whether an earlier review found it.
        note: the reviewer's last note on it.
        waived_by: a login, empty without a waiver; `waived_for` is the reason.
        closed_at: the head at which it was closed, full; empty while it is open.
        held: why its file was not sent, None unless `why` is `FILE_NOT_SENT`.
        crlf: whether the lines that `suggestion` replaces end with CRLF; the suggestion itself has LF.
    """

    id: str
    severity: Severity
    category: Category | None
    title: str
    explanation: str
    references: tuple[str, ...]
    path: str
    side: Side
    start_line: int | None
    line: int | None
    why: Why
    code: str
    language: str
    suggestion: str | None
    suggestion_state: SuggestionState
    blocks: bool
    comment_url: str | None = None
    blob_url: str | None = None
    standing: FindingState = FindingState.OPEN
    carried: bool = False
    note: str = ""
    waived_by: str = ""
    waived_for: str = ""
    closed_at: str = ""
    held: Held | None = None
    crlf: bool = False

    @property
    def waive(self) -> str:
        """The command that waives it."""
        return f"/reviewbot waive {self.id} REASON"


@dataclass(frozen=True, slots=True)
class CommentView:
    """One comment: one or more findings on the same lines or the same file. Its hidden `mark` is trusted.

    It is `waivable` if a command can waive its findings.
    """

    mark: str
    on_file: bool
    findings: tuple[FindingView, ...]
    waivable: bool = False


@dataclass(frozen=True, slots=True)
class FileGroup:
    """The findings of one file, worst first."""

    path: str
    findings: Sequence[FindingView]


@dataclass(frozen=True, slots=True)
class SumView:
    """Where every finding ended; `returned` is the sum of the others."""

    returned: int
    on_lines: int
    on_files: int
    in_summary: int
    duplicates: int
    leftovers: int


@dataclass(frozen=True, slots=True)
class DuplicateView:
    """A finding that equals another one."""

    title: str
    path: str
    original: str


@dataclass(frozen=True, slots=True)
class ProgressView:
    """The findings compared with the previous review.

    Attributes:
        since: the last reviewed head, full; empty when the whole change was reviewed.
        carried: open ones of earlier reviews, the changed ones included.
        changed: those of them whose code has changed, without a confirmed fix.
        beyond: open ones of which only the severity is stored.
    """

    since: str
    new: int
    fixed: int
    gone: int
    carried: int
    changed: int
    waived: int
    beyond: int


@dataclass(frozen=True, slots=True)
class BypassView:
    """The user who bypassed the check for this head, and the reason."""

    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class CostView:
    """What the review costs, in credits; None where the service has not said (say "unknown", never 0).

    The hold is that of all tasks together; the change was split over so many `parts`.
    """

    mode: str
    max_credits: int
    mode_multiplier: Decimal
    expertise: str
    tag_multiplier: Decimal | None
    hold: int
    used: Decimal | None
    parts: int = 1


@dataclass(frozen=True, slots=True)
class WaitView:
    """A review that is open, with the service's own word for it: `submitted` while it has said none.

    The run that tells it waits for so many `minutes`; 0 when it does not, or no longer.
    """

    status: str
    submitted_at: datetime
    elapsed_seconds: int
    minutes: int = 0

    @property
    def state(self) -> str:
        """The state in plain words."""
        return state(self.status)


@dataclass(frozen=True, slots=True)
class SummaryView:
    """The whole story of a run, for the summary comment, the check's page, the job summary and the terminal.

    Attributes:
        mark: trusted; hidden first bytes of the summary comment.
        ledger: trusted; the hidden signed state, emitted right after the mark.
        reviewer: `codevf` or `local`.
        counts: open findings by severity, duplicates apart; every severity is a key. None while unknown.
        files: findings by file, the file with the worst first; those without a file stand under the empty path.
        sum: None while there is no answer, as is `progress`.
        notices: sentences worth a reader's eye, such as a changed registry host in a lock file.
        degraded: sentences on what this run could not do, such as a missing permission.
        cost: None with the local reviewer.
        waived: findings with a waiver; they do not count.
        closed: findings of earlier reviews that this one found fixed or gone, or an earlier one without a comment.
        awaited: the full SHA of the older head that is reviewed first; empty without one.
        fail_on: the least severity that blocks, as the setting names it; empty while unknown.
        minutes: from handing the change in until the answer was seen, rounded up; None while unknown.
        approved_by: the label that approves the spending, empty where none does.
        route: the names of the rules of `routes` that chose the review; empty if none did.
        in_summary: whether the summary comment has every finding, so that no other text needs to list them.
    """

    mark: str
    ledger: str
    instance: str
    check_name: str
    reviewer: str
    pull_number: int
    repository: str
    head_sha: str
    merge_base: str
    outcome: Outcome
    counts: Mapping[Severity, int] | None
    files: tuple[FileGroup, ...]
    leftovers: tuple[Leftover, ...]
    duplicates: tuple[DuplicateView, ...]
    sum: SumView | None
    reviewer_summary: str
    coverage: Coverage
    sent: tuple[Sent, ...]
    held: tuple[Held, ...]
    notices: tuple[str, ...]
    degraded: tuple[str, ...]
    cost: CostView | None
    wait: WaitView | None
    task_id: str
    run_url: str | None = None
    summary_url: str | None = None
    waived: tuple[FindingView, ...] = ()
    closed: tuple[FindingView, ...] = ()
    progress: ProgressView | None = None
    bypass: BypassView | None = None
    awaited: str = ""
    fail_on: str = ""
    minutes: int | None = None
    approved_by: str = ""
    in_summary: bool = False
    route: str = ""

    @property
    def held_back(self) -> tuple[Held, ...]:
        """The changed files that were not sent; the others of `held` were sent, and are not fully reviewed."""
        sent = {one.path for one in self.sent}
        return tuple(one for one in self.held if one.reason != HeldBecause.UNSEEN and one.path not in sent)

    @property
    def missed(self) -> tuple[Held, ...]:
        """The files that make the review partial, each once, with its first reason."""
        return tuple({one.path: one for one in reversed(self.held) if one.missed}.values())[::-1]

    @property
    def closing(self) -> int:
        """The number of open findings that block, including those that are no longer listed."""
        if self.counts is None or self.fail_on not in frozenset(FailOn):
            return sum(finding.blocks for group in self.files for finding in group.findings)
        fail_on = FailOn(self.fail_on)
        return sum(number for severity, number in self.counts.items() if blocks(severity, fail_on))


@dataclass(frozen=True, slots=True)
class FindingStateView:
    """The state of a comment's findings; `several` if the comment has more than one."""

    findings: tuple[FindingView, ...]
    several: bool


@dataclass(frozen=True, slots=True)
class AuthorText:
    """Text of the pull request's author: data for the reviewer, never instructions."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class PromptView:
    """The reviewer's task.

    Attributes:
        boundary: trusted; a random word that fences the author's text, so that the text cannot end its own fence.
        instructions: of the repository's owners, trusted as far as the default branch is, as are `path_instructions`.
        file_names: names of the attachments with one line each on what they hold.
        omitted: paths that were selected and are not attached.
        since: the last reviewed head, full; empty when the whole change is to be reviewed.
        confirms: the attachment with open findings to confirm; empty without one.
        part: which of the tasks that the change is split over, from 1; `parts` is how many there are.
    """

    repository: str
    pull_number: int
    author: AuthorText
    boundary: str
    instructions: str
    path_instructions: tuple[tuple[str, str], ...]
    file_names: tuple[tuple[str, str], ...]
    files_changed: int
    lines_added: int
    lines_deleted: int
    omitted: tuple[str, ...]
    since: str = ""
    confirms: str = ""
    part: int = 1
    parts: int = 1
