"""Build the view model of a run for the templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from reviewbot.app.context import RunContext
from reviewbot.app.output.cost_view import cost_of, unknown_tasks, wait_of
from reviewbot.domain.diff.languages import language_of
from reviewbot.domain.diff.text_index import split_lines, strip_gutter
from reviewbot.domain.findings.markers import summary_mark
from reviewbot.domain.findings.placement import (
    DuplicateOf,
    InSummary,
    OnFile,
    OnLines,
    Placed,
    Placement,
    Why,
    find_by_path,
)
from reviewbot.domain.findings.tracked_finding import FindingState, TrackedFinding
from reviewbot.domain.github.pull_request import PullRequest
from reviewbot.domain.machine.known import Known, ReviewedChange
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.model.review import Report, Side, Unread
from reviewbot.domain.policy.verdict import EXIT_NOT_PUBLISHED, Outcome, Reason, blocks
from reviewbot.domain.publishing.comment_diff import posted_comments, reply_drafts
from reviewbot.domain.selection.selection import Held, HeldBecause, not_utf_8
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.escaping import visible
from reviewbot.render.view_models.review import (
    BypassView,
    DuplicateView,
    FindingView,
    ProgressView,
    SummaryView,
    SumView,
)
from reviewbot.render.view_models.truncation import worst_first
from reviewbot.values import replace


def summary_view(run: RunContext, known: Known, outcome: Outcome) -> SummaryView:
    """Return the view of a run without the ledger, which only the summary comment contains."""
    pull, repository = known.snapshot.pull, known.snapshot.repository
    report, counting = known.report, counting_views(known)
    waived = (record for record in known.ledger.findings.open() if record.waiver is not None)
    # A run reads the files of a head with the label `skip-review` only if it has to update the summary.
    shows_files = outcome.reason is not Reason.LABEL
    return SummaryView(
        mark=summary_mark(known.request.instance),
        ledger="",
        instance=known.request.instance,
        check_name=known.request.check_name,
        reviewer=(ReviewerKind.CODEVF if known.request.paid else ReviewerKind.LOCAL).value,
        route=known.request.route,
        pull_number=pull.number,
        repository=repository.full_name,
        head_sha=known.head_sha,
        merge_base=known.change.change.merge_base,
        outcome=outcome,
        counts=known.ledger.findings.by_severity(known.task_id) if report else None,
        findings=_by_file(counting),
        leftovers=tuple(dict.fromkeys(left for one in _reports(known) for left in one.leftovers)),
        duplicates=tuple(_duplicates(known.placed)),
        sum=_sum(known) if report else None,
        reviewer_summary=_said(known),
        coverage=known.coverage,
        sent=known.packing.sent if known.packing else (),
        context=known.packing.context if known.packing else (),
        held=_held(known) if shows_files else (),
        notices=known.change.notices if shows_files else (),
        degraded=tuple(_degraded(run, known)),
        cost=cost_of(known),
        wait=wait_of(run, known),
        task_id=known.task_id,
        run_url=run.ports.run_url,
        docs_url=run.ports.docs_url,
        command=run.ports.command,
        summary_url=known.summary.url if known.summary else None,
        waived=_tracked_views(known, waived),
        closed=_tracked_views(known, _closed(known)),
        progress=progress_of(known),
        bypass=_bypass(known, pull),
        awaited=known.awaited.purchase.head_sha if known.awaited else "",
        fail_on=known.judgement.rules.fail_on.value,
        minutes=known.purchase.minutes if known.purchase and known.request.paid else None,
        approved_by=known.request.policy.approve_spend if known.request.paid else "",
        records_commands=known.request.summary_comment,
        in_summary=outcome.exit_status != EXIT_NOT_PUBLISHED and _is_in_summary(known, counting),
    )


def _degraded(run: RunContext, known: Known) -> Iterable[str]:
    yield from (*run.renderer.problems, *dict.fromkeys((*known.notes, *run.notes)))
    if known.accepted_by:
        yield f"{known.accepted_by} has read the answer and accepted it as the review of this commit."
    yield from unknown_tasks(run, known)
    for one in reply_drafts(known.ledgers.update.answers):
        if one.key not in known.ledger.posted:  # the reply is not posted in a thread
            words = shorten_line(" ".join(visible(one.text).split()), _LONGEST_REPLY)
            yield f"The reviewer replies to `{visible(shorten_line(one.finding_id, 40))}`: {words}"


_LONGEST_REPLY = 1_000
"""The maximum number of characters of a reply that is shown outside its thread."""


def _said(known: Known) -> str:
    return "\n\n".join(dict.fromkeys(one.summary for one in _reports(known) if one.summary.strip()))


def _reports(known: Known) -> Iterable[Report]:
    """Return the report of this change's purchase, then the reports of other purchases."""
    answers = sorted(known.ledgers.update.answers, key=lambda one: one.task_id != known.task_id)
    return (*filter(None, (known.report,)), *(one.report for one in answers))


def _is_in_summary(known: Known, findings: Iterable[FindingView]) -> bool:
    """Return whether the summary comment shows every finding, i.e., is complete and contains every finding's id.

    A repository's own template may omit findings. Without a report, the comment may be truncated.
    """
    body = known.summary.body if known.summary else ""
    is_whole = known.report is None or body == known.wrote.whole_summary
    return body != "" and is_whole and all(f"`{one.id}`" in body for one in findings)


def progress_of(known: Known) -> ProgressView | None:
    """Return how the findings changed since earlier reviews, or None without a report."""
    if known.report is None or known.purchase is None:
        return None
    task, findings = known.task_id, known.ledger.findings
    counting = findings.counting(task)
    closed = [record.state for record in findings.records if record.closed == task]
    return ProgressView(
        since=known.purchase.since,
        new=sum(record.found == task for record in counting),
        fixed=closed.count(FindingState.FIXED),
        gone=closed.count(FindingState.GONE),
        carried=sum(record.found != task for record in counting),
        changed=sum(record.state is FindingState.CHANGED for record in counting),
        waived=sum(record.state.is_open and record.waiver is not None for record in findings.records),
        beyond=sum(number for _, _, number in findings.beyond),
    )


def _bypass(known: Known, pull: PullRequest) -> BypassView | None:
    bypass = known.ledger.bypass
    return BypassView(bypass.by, bypass.reason) if bypass and bypass.is_of(pull.head_sha, pull.base_ref) else None


def _sum(known: Known) -> SumView:
    kinds = Counter(type(item.placement) for item in known.placed)
    leftovers = len(known.report.leftovers) if known.report else 0
    return SumView(
        returned=kinds.total() + leftovers,
        on_lines=kinds[OnLines],
        on_files=kinds[OnFile],
        in_summary=kinds[InSummary],
        duplicates=kinds[DuplicateOf],
        leftovers=leftovers,
    )


def _duplicates(placed: Iterable[Placed]) -> Iterable[DuplicateView]:
    for item in placed:
        if isinstance(item.placement, DuplicateOf):
            yield DuplicateView(item.finding.title, item.finding.path, item.placement.id)


def _by_file(findings: Sequence[FindingView]) -> tuple[FindingView, ...]:
    """Group the findings by file, starting with the file that has the worst finding."""
    worst = {one.path: one.severity.rank for one in reversed(worst_first(findings))}
    return tuple(sorted(findings, key=lambda one: (worst[one.path], one.path, one.severity.rank, one.line or 0)))


def counting_views(known: Known) -> tuple[FindingView, ...]:
    """Return the open, unwaived findings: first this answer's findings in order, then findings of earlier reviews."""
    counting = {record.id: record for record in known.ledger.findings.counting(known.task_id)}
    answered = {item.id: counting[item.id] for item in known.placed if item.id in counting}
    return _tracked_views(known, (answered | counting).values())


def _closed(known: Known) -> Iterable[TrackedFinding]:
    """Return the findings that this change's answer closed, and closed findings that were never posted as comments."""
    findings, task = known.ledger.findings, known.task_id
    shown = {*known.ledger.posted, *posted_comments(known.snapshot.threads, known.request.instance)}
    closed = (record for record in findings.records if not record.state.is_open)
    return (one for one in closed if (task and one.closed == task) or one.id not in shown)


def _tracked_views(known: Known, records: Iterable[TrackedFinding]) -> tuple[FindingView, ...]:
    urls = posted_comments(known.snapshot.threads, known.request.instance)
    items = {item.id: item for item in known.placed if not isinstance(item.placement, DuplicateOf)}
    views = (tracked_view(known, record, items.get(record.id)) for record in records)
    return tuple(replace(view, comment_url=urls.get(view.id)) for view in views)


def finding_view(known: Known, item: Placed) -> FindingView:
    """Return the view of a finding in this change's answer."""
    record = known.ledger.findings.find(item.id)
    return tracked_view(known, record, item) if record else _with_held(_placed_view(known, item), known)


def tracked_view(known: Known, record: TrackedFinding, item: Placed | None = None) -> FindingView:
    """Return the view of a tracked finding. `item` is the finding in this change's answer, if any."""
    view = _placed_view(known, item) if item else _remembered_view(known, record)
    return _with_record(_with_held(view, known), record, known)


def _with_held(view: FindingView, known: Known) -> FindingView:
    """If a finding cites a file that was held back, show that the file was not sent."""
    if view.why is not Why.FILE_NOT_IN_CHANGE:
        return view
    held = find_by_path(view.path, known.change.held_by_path)
    if held is None:
        return view
    return replace(view, path=held.path, why=Why.FILE_NOT_SENT, held=held)


def _with_record(view: FindingView, record: TrackedFinding, known: Known) -> FindingView:
    waiver = record.waiver
    heads = {entry.task_id: entry.head_sha for entry in known.ledger.purchases}
    return replace(
        view,
        severity=record.severity,
        blocks=blocks(record.severity, known.judgement.rules.fail_on),
        state=record.state,
        carried=record.found != known.task_id,
        note=record.note,
        waived_by=waiver.by if waiver else "",
        waived_for=waiver.reason if waiver else "",
        closed_at=heads.get(record.closed, ""),
    )


def _placed_view(known: Known, item: Placed) -> FindingView:
    finding, judgement = item.finding, known.judgement
    path, side, start, line = _lines_of(item)
    file = known.change.by_path.get(path)
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
        language=language_of(path),
        suggestion=finding.suggestion,
        suggestion_state=item.suggestion,
        blocks=blocks(finding.severity, judgement.rules.fail_on),
        blob_url=_blob_url(known, path, side, (start, line)),
        crlf=file is not None and line is not None and side is Side.RIGHT and file.has_crlf(start or line, line),
    )


def _remembered_view(known: Known, record: TrackedFinding) -> FindingView:
    last = record.line + record.block.count - 1 if record.line and record.block else record.line
    shown = record.line if record.state is FindingState.OPEN else None
    return FindingView(
        id=record.id,
        severity=record.severity,
        category=record.category,
        title=record.title,
        explanation=record.text,
        path=record.path,
        side=record.side,
        start_line=shown,
        line=last if shown else None,
        why=Why.CITED if record.in_file else Why.FILE_NOT_IN_CHANGE if record.path else Why.NO_FILE,
        blocks=blocks(record.severity, known.judgement.rules.fail_on),
        blob_url=_blob_url(known, record.path, record.side, (shown, last)) if shown else None,
    )


def _why_of(placement: Placement) -> Why:
    if isinstance(placement, DuplicateOf):
        raise TypeError(placement)
    return placement.why


def _lines_of(item: Placed) -> tuple[str, Side, int | None, int | None]:
    """Return the location of the finding's code: path, side, first line, last line."""
    finding = item.finding
    match item.placement:
        case OnLines(target=target) | InSummary(at=OnLines(target=target)):
            return target.path, target.side, target.start_line or target.line, target.line
        case OnFile(path=path, line=line) | InSummary(at=OnFile(path=path, line=line)):
            return path, Side.RIGHT, line, line
        case _:
            return finding.path, finding.side, finding.line, finding.end_line


def _blob_url(known: Known, path: str, side: Side, at: tuple[int | None, int | None]) -> str | None:
    """Return the URL of the lines on GitHub, or None if the change does not contain the file."""
    url = known.snapshot.repository.url
    if not url or path not in known.change.by_path:
        return None
    start, line = at
    commit = known.change.change.head if side is Side.RIGHT else known.change.change.merge_base
    name = path if side is Side.RIGHT else known.change.by_path[path].old_path
    lines = "" if line is None else f"#L{line}" if start in (None, line) else f"#L{start}-L{line}"
    return f"{url}/blob/{commit}/{quote(name)}{lines}"


def _held(known: Known) -> tuple[Held, ...]:
    omitted, limits = (known.packing.omitted, known.packing.limits) if known.packing else ((), {})
    unseen = known.task.unseen if known.task else ()
    return (
        *known.change.held,
        *(Held(path, HeldBecause.TOO_LARGE, limits.get(path, ""), missed=True) for path in omitted),
        *(_unread(one, known.change, limits) for one in unseen),
    )


def _unread(unread: Unread, change: ReviewedChange, limits: Mapping[str, str]) -> Held:
    """Return why a file was not read completely. Analyzers need the whole text, which may not have been sent."""
    if unread.path in change.misencoded:
        return not_utf_8(unread.path, change.misencoded[unread.path])
    over = limits.get(unread.path) or change.oversized.get(unread.path)
    if over:
        return Held(unread.path, HeldBecause.TOO_LARGE, over, missed=True)
    return Held(unread.path, HeldBecause.UNSEEN, unread.why, missed=True)
