"""View models: the values that templates get. Every text is untrusted unless it is called `trusted`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from reviewbot.domain.codevf.attachments import Sent
from reviewbot.domain.findings.placement import SuggestionState, Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.github.context import ContextPart
from reviewbot.domain.model.options import AnswerForm, FailOn
from reviewbot.domain.model.review import Category, Leftover, Severity, Side
from reviewbot.domain.policy.verdict import Coverage, Outcome, blocks
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.domain.text.formatting import state


class FindingView(Struct, frozen=True, kw_only=True):
    """A finding.

    Attributes:
        path: the file in the change, or the path that the reviewer cited; `start_line` and `line` are of `side`.
        code: the lines as sent (or as quoted), for places where the diff does not show them.
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
    references: tuple[str, ...] = ()
    path: str
    side: Side
    start_line: int | None
    line: int | None
    why: Why
    code: str = ""
    language: str = ""
    suggestion: str | None = None
    suggestion_state: SuggestionState = SuggestionState.NONE
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
    def first_line(self) -> int | None:
        return self.line if self.start_line is None else self.start_line

    @property
    def waive(self) -> str:
        return f"/reviewbot waive {self.id} REASON"


class CommentView(Struct, frozen=True):
    """A comment on the same lines or the same file, with one or more findings. Its hidden `mark` is trusted.

    It is `waivable` if a command can waive its findings. With `agent_prompt` it has those that block as a prompt for a
    coding agent, if that fits; their lines are of `head_sha`.
    """

    mark: str
    on_file: bool
    findings: tuple[FindingView, ...]
    waivable: bool = False
    agent_prompt: bool = False
    head_sha: str = ""


class SumView(Struct, frozen=True):
    """How many findings have each placement; `returned` is the sum."""

    returned: int
    on_lines: int
    on_files: int
    in_summary: int
    duplicates: int
    leftovers: int


class DuplicateView(Struct, frozen=True):
    title: str
    path: str
    original: str


class ProgressView(Struct, frozen=True):
    """The findings compared with the previous review.

    Attributes:
        since: the last reviewed head, full; empty when the whole change was reviewed.
        carried: open findings from earlier reviews, including changed ones.
        changed: those of them whose code has changed, without a confirmed fix.
        beyond: open findings with only their severity stored.
    """

    since: str
    new: int
    fixed: int
    gone: int
    carried: int
    changed: int
    waived: int
    beyond: int


class BypassView(Struct, frozen=True):
    """The user who bypassed the check for this head, and the reason."""

    by: str
    reason: str


class CostView(Struct, frozen=True):
    """The cost of the review in credits; None while unknown, never 0.

    The hold is the sum of all tasks, of which there are `parts`. `size` says why each has `max_credits`; it is empty if
    the setting is a number. `at_ceiling` is whether `max-credits-ceiling` made it smaller. `spent` credits of the
    pull request's `limit` (0: no limit) are used or held; in a dry run, this review's do not count.
    """

    mode: str
    max_credits: int
    mode_multiplier: Decimal
    expertise: str
    tag_multiplier: Decimal | None
    hold: int
    used: Decimal | None
    parts: int = 1
    size: str = ""
    at_ceiling: bool = False
    spent: Decimal = Decimal(0)
    limit: int = 0

    @property
    def exceeds_limit(self) -> bool:
        """Whether a review of a dry run would exceed the limit."""
        return bool(self.limit) and self.spent + self.hold > self.limit


class WaitView(Struct, frozen=True):
    """An open review, with the service's word for its state, or `submitted` before the first answer.

    The run waits for `minutes`; 0 if it does not wait.
    """

    status: str
    submitted_at: datetime
    elapsed_seconds: int
    minutes: int = 0

    @property
    def state(self) -> str:
        return state(self.status)


class SummaryView(Struct, frozen=True):
    """A run, for the summary comment, the check's page, the job summary and the terminal.

    Attributes:
        mark: trusted; the marker of the summary comment.
        ledger: trusted; the hidden signed state, emitted right after the marker.
        reviewer: `codevf` or `local`.
        counts: open findings by severity, without duplicates; every severity is a key. None while unknown.
        findings: by file, the file with the worst first; those without a file have the empty path.
        sum: None while there is no answer, as is `progress`.
        notices: sentences about the change, such as on an invisible character.
        degraded: sentences on what this run could not do, such as a missing permission.
        cost: None with the local reviewer.
        waived: findings with a waiver; they do not count.
        closed: findings that this review's answer closed, and those closed earlier that no comment has shown.
        awaited: the full SHA of the older head that is reviewed first; empty without one.
        fail_on: the value of that setting; empty while unknown.
        minutes: from the submission to the answer, rounded up; None while unknown.
        approved_by: the label that approves the spending; empty if there is none.
        route: the names of the rules of `routes` that chose the review; empty if none did.
        in_summary: whether the summary comment has every finding, so that no other text needs to list them.
        context: what was sent besides the files.
        records_commands: whether a summary comment records waivers, acceptances, bypasses and questions; without
            it these commands are refused.
        docs_url: where the documentation is; None if that is unknown.
        command: repeats the review; empty except at a terminal.
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
    findings: tuple[FindingView, ...]
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
    docs_url: str | None = None
    command: str = ""
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
    context: tuple[ContextPart, ...] = ()
    records_commands: bool = True

    @property
    def held_back(self) -> tuple[Held, ...]:
        """The changed files that were not sent. The others in `held` were sent, but not fully reviewed."""
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
            return sum(finding.blocks for finding in self.findings)
        fail_on = FailOn(self.fail_on)
        return sum(number for severity, number in self.counts.items() if blocks(severity, fail_on))


class FindingStateView(Struct, frozen=True):
    """The state of a comment's findings; `several` if the comment has more than one."""

    findings: tuple[FindingView, ...]
    several: bool


class ReplyView(Struct, frozen=True):
    """What the reviewer replies in a thread. Its hidden `mark` is trusted."""

    mark: str
    text: str


class PromptView(Struct, frozen=True):
    """The prompt for the reviewer.

    Attributes:
        title: the author's, as is `body`: data for the reviewer, never instructions.
        boundary: trusted; a random word around the author's text, which the author cannot guess.
        instructions: of the repository's owners, trusted as far as the default branch is, as are `path_instructions`.
        file_names: names of the attachments, with one line each on the contents.
        omitted: paths that were selected and are not attached.
        since: the last reviewed head, full; empty when the whole change is to be reviewed.
        confirms: the attachment with open findings to confirm; empty without one.
        part: the number of this task, from 1, of `parts` over which the change is split.
        answer: what is asked for; None for data only, as no place in a text can contain the name of a changed file.
    """

    repository: str
    pull_number: int
    title: str
    body: str
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
    answer: AnswerForm | None = AnswerForm.SCHEMA
