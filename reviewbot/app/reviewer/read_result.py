"""Read a finished task's answer and deliverables, and place the answer on the current change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from reviewbot.app.context import RunContext
from reviewbot.domain.codevf.response import deliverables, read_result
from reviewbot.domain.findings.placement import place, quoted, relocated, without_quote
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.machine.decisions.purchase import batches_of
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.options import AnswerForm
from reviewbot.domain.model.review import PreviousState, Report, Task, TaskStatus
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.selection.file_kinds import place_of_text
from reviewbot.errors import ForgeError, ForgeUnreachable, ServiceError
from reviewbot.ports import ReviewService
from reviewbot.values import replace


def read_answer(
    service: ReviewService,
    task: Task,
    form: AnswerForm | None,
    asked: Mapping[str, int] = MappingProxyType({}),
) -> Report:
    """Return the report of one or several tasks.

    `asked` maps the id of each finding to the index of the task that was asked about the finding. Only that task can
    close the finding.
    """
    if not task.parts:
        return _read(service, task, form)
    reports = []
    for number, part in enumerate(task.parts):
        if part.status is TaskStatus.COMPLETED:
            report = _read(service, part, form)
            heard = (one for one in report.previous if one.state is PreviousState.OPEN or asked.get(one.id) == number)
            reports.append(replace(report, previous=tuple(heard)))
    return Report.of(reports)


def _read(service: ReviewService, task: Task, form: AnswerForm | None) -> Report:
    return read_result(task.result, files_of(service, task), form)


def files_of(service: ReviewService, task: Task) -> Mapping[str, str]:
    """Return the texts of a task's deliverables by name. After a failed download, the text is the URL and the error."""
    files: dict[str, str] = {}
    for name, url in deliverables(task.result).items():
        try:
            files[name] = service.deliverable(url)
        except ServiceError as error:
            files[name] = f"{url}\n({error.message})"
    return files


def asked_parts(known: Known, bought: Purchase) -> Mapping[str, int]:
    """Map the id of each finding to the index of the task that was asked about the finding."""
    where = batches_of(known, bought).numbers()
    return {record.id: where.get(record.path, 0) for record in known.ledger.findings.records}


def placed_now(run: RunContext, known: Known, purchase: Purchase, report: Report) -> PlacedAnswer:
    """Place an answer on the current change. If the change differs, findings are located only by the quoted code."""
    rules, views, instance = purchase.judgement.placement, known.change.views, known.request.instance
    whole = not purchase.since and purchase.coverage is Coverage.FULL and report.readable
    if purchase.identity == known.identity.digest():
        placed = place(report.findings, views, rules, instance)
        return PlacedAnswer(purchase.task_id, whole, here=True, report=report, placed=placed, instance=instance)
    texts = _texts(run, purchase.head_sha, without_quote(report.findings))
    findings = [quoted(one, texts) for one in report.findings]
    moved = tuple(map(relocated, place(findings, views, rules, instance)))
    return PlacedAnswer(purchase.task_id, whole, here=False, report=report, placed=moved, instance=instance)


def _texts(run: RunContext, head: str, paths: Sequence[str]) -> Mapping[str, str]:
    """Return the redacted texts of files at a reviewed head by path, or nothing if GitHub cannot return the head.

    Raises:
        ForgeUnreachable: see `files_of_head`. A later run would give the findings other ids.
    """
    found = files_of_head(run, head, paths, head) if head and paths else None
    entries = found[0] if found else {}
    texts = {path: entry.text for path, entry in entries.items() if entry.text is not None}
    pairs = {path: (text, place_of_text(path, [text])) for path, text in texts.items()}
    redactor = Redactor.of(pairs.values(), run.settings.secrets())
    return {path: redactor.redact(*pair).text for path, pair in pairs.items()}


def files_of_head(
    run: RunContext, head: str, paths: Sequence[str], merge_base: str, old_paths: Sequence[str] = ()
) -> tuple[Mapping[str, Entry], Mapping[str, Entry]] | None:
    """Return files of a reviewed head and of its merge base, or None if GitHub no longer has one of these commits.

    Raises:
        ForgeUnreachable: a later run may be able to read the files.
    """
    try:
        new, old, _ = run.ports.forge.entries(head=head, new_paths=paths, merge_base=merge_base, old_paths=old_paths)
    except ForgeUnreachable:
        raise
    except ForgeError as error:
        run.ports.reporter.debug(f"reviewbot cannot read the reviewed head: {error.clause}")
        return None
    return new, old
