"""The answer of a finished task, with the files that it points to, placed on the change as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from reviewbot.app.context import RunContext
from reviewbot.app.read_change import Prepared, identity_of
from reviewbot.app.story import answered
from reviewbot.domain.codevf.batches import merged
from reviewbot.domain.codevf.response import deliverables, read_result
from reviewbot.domain.findings.placement import Placed, place
from reviewbot.domain.findings.relocation import quoted, relocated, without_quote
from reviewbot.domain.findings.tracking import Answered
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.model.review import PreviousState, Report, Task, TaskStatus
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.errors import ForgeError, ServiceError
from reviewbot.ports import ReviewService


def read_answer(service: ReviewService, task: Task, asked: Mapping[str, int] = MappingProxyType({})) -> Report:
    """The report, of several tasks as one; a file that cannot be fetched is named in it as text.

    Args:
        service: that has it.
        task: that is over.
        asked: of several tasks, which one was asked about a finding, from 0, by the finding's id: none speaks for what
            another one has read.
    """
    if not task.parts:
        return _read(service, task)
    reports = []
    for number, part in enumerate(task.parts):
        if part.status is TaskStatus.COMPLETED:
            report = _read(service, part)
            heard = (one for one in report.previous if one.state is PreviousState.OPEN or asked.get(one.id) == number)
            reports.append(replace(report, previous=tuple(heard)))
    return merged(reports)


def _read(service: ReviewService, task: Task) -> Report:
    files: dict[str, str] = {}
    for one in deliverables(task.result):
        try:
            files[one.file_name] = service.deliverable(one.url)
        except ServiceError as error:
            files[one.file_name] = f"{one.url}\n({error.message})"
    return read_result(task.result, files)


def placed_here(prepared: Prepared, purchase: Purchase, report: Report) -> Answered:
    """The answer to this very change."""
    placed = place(report.findings, prepared.views, purchase.judgement.placement)
    return answered(purchase, report, placed, here=True)


def placed_now(run: RunContext, prepared: Prepared, purchase: Purchase, report: Report) -> Answered:
    """The answer to this change or an older one: the latter is placed by the code alone that it is about."""
    if purchase.identity == identity_of(run, prepared.change).digest():
        return placed_here(prepared, purchase, report)
    texts = _texts(run, purchase.head_sha, without_quote(report.findings))
    findings = [quoted(one, texts) for one in report.findings]
    placed: tuple[Placed, ...] = place(findings, prepared.views, purchase.judgement.placement)
    return answered(purchase, report, tuple(map(relocated, placed)), here=False)


def _texts(run: RunContext, head: str, paths: Sequence[str]) -> Mapping[str, str]:
    """The files as they were sent for a head, by the reviewer's path; what GitHub has no more is left out."""
    if not (head and paths):
        return {}
    try:
        entries, _ = run.ports.forge.entries(head=head, new_paths=paths, merge_base=head, old_paths=[])
    except ForgeError as error:
        run.ports.reporter.debug(f"The reviewed head cannot be read: {error.message}")
        return {}
    texts = {path: entry.text for path, entry in entries.items() if entry.text is not None}
    redactor = Redactor.of(list(texts.values()), run.settings.secrets())
    return {path: redactor.redact(text).text for path, text in texts.items()}
