"""What a run knows so far, and the view model of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import PurePosixPath
from urllib.parse import quote

from reviewbot.app.load import Prepared
from reviewbot.app.run import Run
from reviewbot.domain.gate import Coverage, Outcome, closes_gate
from reviewbot.domain.ledger import Judgement, Ledger, Purchase, encode
from reviewbot.domain.marks import summary_mark
from reviewbot.domain.model import Balance, Report, Severity, Side, Tag, Task
from reviewbot.domain.packing import Packing
from reviewbot.domain.placement import DuplicateOf, InSummary, OnFile, OnLines, Placed, Placement, Why
from reviewbot.domain.quotes import split_lines, strip_gutter
from reviewbot.domain.selection import HeldBecause
from reviewbot.domain.snapshot import CheckRun, Comment, Snapshot
from reviewbot.domain.views import (
    CostView,
    DuplicateView,
    FileGroup,
    FindingView,
    HeldView,
    SentView,
    SummaryView,
    SumView,
    WaitView,
)

LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".rb": "ruby",
    ".sh": "bash",
    ".yml": "yaml",
    ".yaml": "yaml",
    ".sql": "sql",
    ".html": "html",
    ".css": "css",
    ".c": "c",
    ".cpp": "cpp",
    ".cs": "csharp",
    ".php": "php",
}
"""Info strings of fences, for highlighting only."""


@dataclass(frozen=True, slots=True)
class Story:
    """What is known at some point of a run; everything is None or empty until it is.

    Attributes:
        ledger: as it should stand on GitHub.
        check: our check run on the head.
        summary: our summary comment.
        spent: credits that count against the budget, before this purchase.
        comment_urls: addresses of the comments by finding id.
        there: the pull request as it was when publishing began.
        superseded: whether a newer head has a review of its own.
    """

    ledger: Ledger = field(default_factory=Ledger)
    prepared: Prepared | None = None
    packing: Packing | None = None
    purchase: Purchase | None = None
    tag: Tag | None = None
    balance: Balance | None = None
    task: Task | None = None
    report: Report | None = None
    placed: tuple[Placed, ...] = ()
    check: CheckRun | None = None
    summary: Comment | None = None
    comment_urls: Mapping[str, str] = field(default_factory=dict)
    posted: int = 0
    new_ids: frozenset[str] = frozenset()
    spent: Decimal = Decimal(0)
    there: Snapshot | None = None
    superseded: bool = False

    @property
    def coverage(self) -> Coverage:
        """Whether the reviewer saw every selected file."""
        missed = self.purchase.missed if self.purchase else 0
        unseen = self.task.unseen if self.task else ()
        held = self.prepared.held if self.prepared else ()
        return Coverage.PARTIAL if missed or unseen or any(item.missed for item in held) else Coverage.FULL

    def open_findings(self) -> tuple[Placed, ...]:
        """Every finding but the duplicates."""
        return tuple(item for item in self.placed if not isinstance(item.placement, DuplicateOf))


def summary_view(run: Run, story: Story, outcome: Outcome) -> SummaryView:
    """The whole story of a run, to be shown."""
    pull, repository = run.snapshot.pull, run.snapshot.repository
    prepared, report = story.prepared, story.report
    judgement = story.purchase.judgement if story.purchase else run.judgement
    return SummaryView(
        mark=summary_mark(run.settings.instance),
        ledger=encode(story.ledger, run.signer),
        instance=run.settings.instance,
        check_name=run.settings.check_name,
        reviewer=run.settings.reviewer.value,
        pull_number=pull.number,
        repository=repository.full_name,
        head_sha=pull.head_sha,
        merge_base=prepared.change.merge_base if prepared else "",
        outcome=outcome,
        counts=_counts(story) if report else None,
        files=_file_groups(run, story, judgement),
        leftovers=report.leftovers if report else (),
        duplicates=tuple(_duplicates(story.placed)),
        sum=_sum(story) if report else None,
        reviewer_summary=report.summary if report else "",
        coverage=story.coverage,
        sent=_sent(story.packing),
        held=_held(story),
        notices=prepared.notices if prepared else (),
        degraded=tuple(run.degraded.sentences),
        cost=_cost(run, story) if run.paid and story.purchase else None,
        wait=_wait(run, story),
        task_id=story.purchase.task_id if story.purchase else "",
        run_url=run.world.run_url,
        summary_url=story.summary.url if story.summary else None,
    )


def _counts(story: Story) -> Mapping[Severity, int]:
    severities = [item.finding.severity for item in story.open_findings()]
    return {severity: severities.count(severity) for severity in Severity}


def _sum(story: Story) -> SumView:
    placements = [item.placement for item in story.placed]
    leftovers = len(story.report.leftovers) if story.report else 0
    return SumView(
        returned=len(placements) + leftovers,
        on_lines=sum(isinstance(one, OnLines) for one in placements),
        on_files=sum(isinstance(one, OnFile) for one in placements),
        in_summary=sum(isinstance(one, InSummary) for one in placements),
        duplicates=sum(isinstance(one, DuplicateOf) for one in placements),
        leftovers=leftovers,
    )


def _duplicates(placed: Iterable[Placed]) -> Iterable[DuplicateView]:
    for item in placed:
        if isinstance(item.placement, DuplicateOf):
            yield DuplicateView(item.finding.title, item.finding.path, item.placement.id)


def _file_groups(run: Run, story: Story, judgement: Judgement) -> tuple[FileGroup, ...]:
    by_path: dict[str, list[FindingView]] = {}
    for item in story.open_findings():
        view = finding_view(run, story, item, judgement)
        by_path.setdefault(view.path, []).append(view)
    groups = (
        FileGroup(path, tuple(sorted(views, key=lambda one: (one.severity.rank, one.line or 0))))
        for path, views in by_path.items()
    )
    return tuple(sorted(groups, key=lambda group: (group.findings[0].severity.rank, group.path)))


def finding_view(run: Run, story: Story, item: Placed, judgement: Judgement) -> FindingView:
    """A finding, to be shown in a comment, in the summary or as an annotation."""
    finding = item.finding
    path, side, start, line = _lines_of(item)
    return FindingView(
        id=item.id,
        severity=finding.severity,
        category=finding.category,
        title=finding.title,
        explanation=finding.explanation,
        references=finding.references,
        path=path,
        side=side,
        start_line=start,
        line=line,
        why=_why_of(item.placement),
        code="\n".join(strip_gutter(split_lines(finding.code))),
        language=LANGUAGES.get(PurePosixPath(path).suffix.lower(), ""),
        suggestion=finding.suggestion,
        suggestion_state=item.suggestion,
        closes_gate=closes_gate(finding.severity, judgement.rules.fail_on),
        comment_url=story.comment_urls.get(item.id),
        blob_url=_blob_url(run, story, path, side, start, line),
    )


def _why_of(placement: Placement) -> Why:
    if isinstance(placement, DuplicateOf):
        raise TypeError(placement)
    return placement.why


def _lines_of(item: Placed) -> tuple[str, Side, int | None, int | None]:
    """Where the finding's code is, as far as anything says so: (path, side, first line, last line)."""
    finding, placement = item.finding, item.placement
    if isinstance(placement, InSummary) and placement.at:
        placement = placement.at
    match placement:
        case OnLines(target=target):
            return target.path, target.side, target.start_line or target.line, target.line
        case OnFile(path=path, line=line):
            return path, Side.RIGHT, line, line
        case _:
            return finding.path, finding.side, finding.line, finding.end_line


def _blob_url(run: Run, story: Story, path: str, side: Side, start: int | None, line: int | None) -> str | None:
    """The address of lines in the reviewed commit; None where the commit may not hold the file."""
    known = {view.path: view for view in story.prepared.views} if story.prepared else {}
    if path not in known or story.prepared is None:
        return None
    commit = story.prepared.change.head if side is Side.RIGHT else story.prepared.change.merge_base
    name = path if side is Side.RIGHT else known[path].old_path
    lines = "" if line is None else f"#L{line}" if start in (None, line) else f"#L{start}-L{line}"
    return f"{run.snapshot.repository.url}/blob/{commit}/{quote(name)}{lines}"


def _sent(packing: Packing | None) -> tuple[SentView, ...]:
    if packing is None:
        return ()
    return tuple(SentView(one.path, one.bytes, one.whole, one.redactions, one.sha256) for one in packing.sent)


def _held(story: Story) -> tuple[HeldView, ...]:
    held = story.prepared.held if story.prepared else ()
    omitted = story.packing.omitted if story.packing else ()
    unseen = story.task.unseen if story.task else ()
    return (
        *(HeldView(one.path, one.reason.value, one.detail, one.missed) for one in held),
        *(HeldView(path, HeldBecause.TOO_LARGE.value, "", missed=True) for path in omitted),
        *(HeldView(path, HeldBecause.UNSEEN.value, "", missed=True) for path in unseen),
    )


def _cost(run: Run, story: Story) -> CostView | None:
    if story.purchase is None:
        return None
    settings = run.settings
    return CostView(
        mode=settings.mode.value,
        max_credits=settings.max_credits,
        mode_multiplier=settings.mode.multiplier,
        expertise=story.tag.name if story.tag else settings.expertise,
        tag_multiplier=story.tag.multiplier if story.tag else Decimal(1) if not settings.expertise else None,
        hold=story.purchase.hold,
        used=story.purchase.used,
    )


def _wait(run: Run, story: Story) -> WaitView | None:
    if (
        run.settings.dry_run
        or story.purchase is None
        or story.report is not None
        or (story.task and story.task.status.is_over)
    ):
        return None
    submitted = datetime.fromisoformat(story.purchase.submitted_at)
    elapsed = (run.world.clock.now() - submitted).total_seconds()
    status = story.task.status_text if story.task else "submitted"
    return WaitView(status, submitted.astimezone(UTC), max(0, int(elapsed)))
