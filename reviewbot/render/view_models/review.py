"""View models: the values that templates receive. Strings are untrusted unless described as trusted."""

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
    """A finding. A new field with several lines of text must be added to `_PROSE` in `domain/text/bounds.py`.

    Attributes:
        path: the file in the change, or the path that the reviewer cited. `start_line` and `line` refer to `side`.
        code: the finding's lines as sent or quoted, for output without the diff.
        language: the info string of a fence for `code`, such as `python`.
        comment_url: trusted; the URL of the finding's comment, or None without a comment.
        blob_url: trusted; the URL of the finding's lines in the reviewed commit.
        carried: whether an earlier review found the finding.
        waived_by: the login of the user who waived the finding, or empty. `waived_for` is the reason.
        closed_at: the full SHA of the head at which the finding was closed, or empty while it is open.
        held: why the finding's file was not sent. None unless `why` is `FILE_NOT_SENT`.
        crlf: whether the lines that `suggestion` replaces end with CRLF. The suggestion itself uses LF.
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
    state: FindingState = FindingState.OPEN
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
    """A comment with one or more findings on the same lines or the same file.

    Attributes:
        mark: trusted; the hidden marker of the comment.
        agent_prompt: whether to repeat the blocking findings as a prompt for a coding agent, if the prompt fits.
        head_sha: the commit whose lines the prompt refers to.
    """

    mark: str
    on_file: bool
    findings: tuple[FindingView, ...]
    waivable: bool = False
    agent_prompt: bool = False
    head_sha: str = ""


class SumView(Struct, frozen=True):
    """The number of findings by placement. `returned` is the sum of the other numbers."""

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
    """The number of findings in each state, compared with the previous review.

    Attributes:
        since: the full SHA of the last reviewed head, or empty if the whole change was reviewed.
        carried: open findings from earlier reviews, including changed ones.
        changed: open findings whose code has changed without a confirmed fix.
        beyond: open findings for which only the severity is stored.
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
    """The cost of the review in credits. An unknown value is None, never 0.

    Attributes:
        max_credits: the credits of one task before multipliers.
        hold: the total hold of all `parts` tasks.
        size: the explanation of `max_credits`, or empty if the setting is a number.
        at_ceiling: whether `max-credits-ceiling` reduced `max_credits`.
        spent: the credits that the pull request has used or held. A dry run does not count this review.
        limit: the maximum of `spent`, or 0 for no limit.
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


class WaitView(Struct, frozen=True):
    """An open review.

    `status` is CodeVF's name for the state of the task, or `submitted`.
    """

    status: str
    submitted_at: datetime
    elapsed_seconds: int

    @property
    def state(self) -> str:
        return state(self.status)


class SummaryView(Struct, frozen=True):
    """A run, as shown in the summary comment, on the check's page, in the job summary and at the terminal.

    Attributes:
        mark: trusted; the marker of the summary comment.
        ledger: trusted; the hidden signed state, emitted right after the marker.
        reviewer: `codevf` or `local`.
        counts: the number of open findings of each severity, without duplicates, or None while unknown.
        findings: grouped by file, starting with the file of the worst finding.
        sum: None before the answer, as is `progress`.
        notices: sentences about the change, e.g., about an invisible character.
        degraded: sentences about what this run could not do, e.g., because of a missing permission.
        cost: None with the local reviewer.
        command: the command that repeats the review, or empty in GitHub Actions.
        waived: open findings with a waiver, which `counts` does not include.
        closed: findings that this review closed, and findings closed earlier that never had a comment.
        awaited: the full SHA of an older head whose review must finish first, or empty.
        fail_on: the value of the setting `fail-on`, or empty while unknown.
        minutes: the minutes from the submission to the answer, rounded up, or None while unknown.
        approved_by: the label that approves the spending, or empty.
        in_summary: whether the summary comment contains every finding.
        route: the names of the rules of `routes` that chose the review, or empty.
        records_commands: the setting `summary-comment`. Without it, commands that the ledger must record are refused.
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
        """The changed files that were not sent."""
        sent = {one.path for one in self.sent}
        return tuple(one for one in self.held if one.reason != HeldBecause.UNSEEN and one.path not in sent)

    @property
    def missed(self) -> tuple[Held, ...]:
        """The files that make the review partial, once each, with the first reason."""
        return tuple({one.path: one for one in reversed(self.held) if one.missed}.values())[::-1]

    @property
    def closing(self) -> int:
        """The number of open findings that block, including those that are no longer listed."""
        if self.counts is None or self.fail_on not in frozenset(FailOn):
            return sum(finding.blocks for finding in self.findings)
        fail_on = FailOn(self.fail_on)
        return sum(number for severity, number in self.counts.items() if blocks(severity, fail_on))

    @property
    def waive(self) -> str:
        """The command that waives the only blocking finding, or the command with a placeholder for the id."""
        blocking = [one.waive for one in self.findings if one.blocks]
        return blocking[0] if len(blocking) == self.closing == 1 else "/reviewbot waive ID REASON"


class FindingStateView(Struct, frozen=True):
    """The state of a comment's findings. `several` is True if the comment has more than one finding."""

    findings: tuple[FindingView, ...]
    several: bool


class ReplyView(Struct, frozen=True):
    """A reviewer's reply in a thread. The hidden `mark` is trusted."""

    mark: str
    text: str


class PromptView(Struct, frozen=True):
    """The prompt for the reviewer.

    Attributes:
        title: the author's title. Like `body`, it is data for the reviewer, never instructions.
        boundary: trusted; a random word around the author's text, which the author cannot guess.
        instructions: the owners' instructions, trusted like the default branch. So are `path_instructions`.
        file_names: the names of the attachments, each with one line about the contents.
        since: the full SHA of the last reviewed head, or empty for a review of the whole change.
        confirms: the name of the attachment with open findings to confirm, or empty.
        part: the number of this task, starting at 1. The change is split over `parts` tasks.
        answer: the requested format, or None to request only data, because a changed file's name is ambiguous in prose.
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
