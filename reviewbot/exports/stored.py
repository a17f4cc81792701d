"""The JSON report read back: into the same view that it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from msgspec import Struct, field
from msgspec.structs import replace as with_fields

from reviewbot.domain.diff.text_index import line_feeds
from reviewbot.domain.findings.placement import SuggestionState, Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.domain.model.review import Category, Leftover, Severity, Side
from reviewbot.domain.policy.verdict import Coverage, Outcome, Reason, Status, Verdict
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.strict_json import DecimalText, JsonMismatch, Moment, Whole, convert, parse, same_fields
from reviewbot.errors import ReportUnreadable
from reviewbot.exports.report import SCHEMA
from reviewbot.render.view_models.review import (
    BypassView,
    CostView,
    DuplicateView,
    FileGroup,
    FindingView,
    HeldView,
    ProgressView,
    SentView,
    SummaryView,
    SumView,
    WaitView,
)


@dataclass(frozen=True, slots=True)
class StoredReport:
    """What a report file holds.

    Attributes:
        view: the whole story, without the marks, which are GitHub's business.
        version: of the program that wrote it.
        review_url: the pull request's address, None when it was not known.
    """

    view: SummaryView
    version: str
    review_url: str | None


def read_report(text: str) -> StoredReport:
    """Read what `report_json` wrote.

    Raises:
        ReportUnreadable: it is something else; the message names the place.
    """
    try:
        report = _of_this_version(parse(text))
    except JsonMismatch as error:
        raise ReportUnreadable(f"The report cannot be read: {error}.", hint=_HINT) from None
    return StoredReport(_view(report), report.generator.version, report.pull_request_url)


def _of_this_version(document: object) -> _Report:
    schema = convert(document, _Schema).schema
    if schema != SCHEMA:
        raise JsonMismatch("schema", f"is `{visible(schema[:80])}` where this version reads `{SCHEMA}`")
    return convert(document, _Report)


_HINT = "`render` and `apply` read the file that `json-file` names, as this version wrote it."


# The document, with the fields of the views: null stands for a text that is empty there.


class _Schema(Struct, frozen=True):
    schema: str


class _Object(Struct, frozen=True, rename="camel"):
    """An object of the report; every key is required."""


class _Generator(_Object, frozen=True):
    version: str


class _Outcome(_Object, frozen=True):
    status: Status
    verdict: Verdict
    reason: Reason
    conclusion: Conclusion | None
    exit_status: Whole
    message: str
    hint: str


class _Finding(_Object, frozen=True):
    id: str
    severity: Severity
    category: Category | None
    title: str
    explanation: str
    references: tuple[str, ...]
    path: str
    side: Side
    start_line: Whole | None
    line: Whole | None
    why: Why = field(name="placement")
    code: str
    language: str
    suggestion: str | None
    suggestion_state: SuggestionState
    crlf: bool
    blocks: bool = field(name="closesGate")
    comment_url: str | None
    blob_url: str | None
    standing: FindingState
    carried: bool
    note: str
    waived_by: str
    waived_for: str
    closed_at: str


class _Counts(_Object, frozen=True):
    unrated: Whole
    critical: Whole
    high: Whole
    medium: Whole
    low: Whole
    info: Whole


class _Duplicate(_Object, frozen=True):
    title: str
    path: str
    original: str = field(name="of")


class _Progress(_Object, frozen=True):
    since: str | None
    new: Whole
    fixed: Whole
    gone: Whole
    carried: Whole
    changed: Whole
    waived: Whole
    beyond: Whole


class _Sum(_Object, frozen=True):
    returned: Whole
    on_lines: Whole
    on_files: Whole
    in_summary: Whole
    duplicates: Whole
    leftovers: Whole


class _Sent(_Object, frozen=True):
    path: str
    bytes: Whole
    whole: bool
    redactions: Whole
    sha256: str
    attachment: str | None


class _Manifest(_Object, frozen=True):
    sent: tuple[_Sent, ...]
    held_back: tuple[HeldView, ...]


class _Cost(_Object, frozen=True):
    mode: str
    max_credits: Whole
    mode_multiplier: DecimalText
    expertise: str | None
    tag_multiplier: DecimalText | None
    hold: Whole
    used: DecimalText | None


class _Wait(_Object, frozen=True):
    status: str
    submitted_at: Moment
    elapsed_seconds: Whole


class _Report(_Object, frozen=True):
    generator: _Generator
    repository: str
    pull_request: Whole
    pull_request_url: str | None
    head: str
    merge_base: str
    reviewer: str
    instance: str
    check_name: str
    task_id: str | None
    minutes: Whole | None
    outcome: _Outcome
    fail_on: str | None
    coverage: Coverage
    counts: _Counts | None
    summary: str
    findings: tuple[_Finding, ...]
    waived: tuple[_Finding, ...]
    closed: tuple[_Finding, ...]
    progress: _Progress | None
    bypass: BypassView | None
    duplicates: tuple[_Duplicate, ...]
    leftovers: tuple[Leftover, ...]
    sum: _Sum | None
    manifest: _Manifest
    cost: _Cost | None
    wait: _Wait | None
    awaited: str | None
    run_url: str | None
    summary_url: str | None
    notices: tuple[str, ...]
    degraded: tuple[str, ...]


def _view(report: _Report) -> SummaryView:
    held = {one.path: one for one in report.manifest.held_back}
    return SummaryView(
        mark="",
        ledger="",
        instance=report.instance,
        check_name=report.check_name,
        reviewer=report.reviewer,
        pull_number=report.pull_request,
        repository=report.repository,
        head_sha=report.head,
        merge_base=report.merge_base,
        outcome=same_fields(report.outcome, Outcome),
        counts=None if report.counts is None else {one: getattr(report.counts, one.value) for one in Severity},
        files=_groups([_finding(one, held) for one in report.findings]),
        leftovers=report.leftovers,
        duplicates=tuple(same_fields(one, DuplicateView) for one in report.duplicates),
        sum=None if report.sum is None else same_fields(report.sum, SumView),
        reviewer_summary=report.summary,
        coverage=report.coverage,
        sent=tuple(_sent(one) for one in report.manifest.sent),
        held=report.manifest.held_back,
        notices=report.notices,
        degraded=report.degraded,
        cost=None if report.cost is None else _cost(report.cost),
        wait=None if report.wait is None else same_fields(report.wait, WaitView),
        task_id=report.task_id or "",
        run_url=report.run_url,
        summary_url=report.summary_url,
        waived=tuple(_finding(one, held) for one in report.waived),
        closed=tuple(_finding(one, held) for one in report.closed),
        progress=None if report.progress is None else _progress(report.progress),
        bypass=report.bypass,
        awaited=report.awaited or "",
        fail_on=report.fail_on or "",
        minutes=report.minutes,
    )


def _groups(findings: list[FindingView]) -> tuple[FileGroup, ...]:
    """By file, in the order of the report."""
    groups: dict[str, list[FindingView]] = {}
    for finding in findings:
        groups.setdefault(finding.path, []).append(finding)
    return tuple(FileGroup(path, tuple(items)) for path, items in groups.items())


def _finding(finding: _Finding, held: Mapping[str, HeldView]) -> FindingView:
    """A finding with LF line endings, as the report may have been edited, and why its file was not sent."""
    return replace(
        same_fields(finding, FindingView),
        code=line_feeds(finding.code),
        suggestion=None if finding.suggestion is None else line_feeds(finding.suggestion),
        held=held.get(finding.path) if finding.why is Why.FILE_NOT_SENT else None,
    )


def _progress(progress: _Progress) -> ProgressView:
    return same_fields(with_fields(progress, since=progress.since or ""), ProgressView)


def _sent(sent: _Sent) -> SentView:
    return same_fields(with_fields(sent, attachment=sent.attachment or ""), SentView)


def _cost(cost: _Cost) -> CostView:
    return CostView(
        mode=cost.mode,
        max_credits=cost.max_credits,
        mode_multiplier=Decimal(cost.mode_multiplier),
        expertise=cost.expertise or "",
        tag_multiplier=None if cost.tag_multiplier is None else Decimal(cost.tag_multiplier),
        hold=cost.hold,
        used=None if cost.used is None else Decimal(cost.used),
    )
