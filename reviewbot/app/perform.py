"""One performer for each step."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import assert_never

from reviewbot.app.context import RunContext
from reviewbot.app.github.check_run import check_state, write_check_run
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.github.older_checks import close_older_checks
from reviewbot.app.github.read_change import load_change, prepare
from reviewbot.app.github.record import record_deferral, record_intent, record_task
from reviewbot.app.github.refresh import refresh
from reviewbot.app.github.review_comments import post_review, read_posted
from reviewbot.app.github.summary_comment import write_summary
from reviewbot.app.github.thread_updates import update_threads
from reviewbot.app.output.runner_output import write_files, write_output
from reviewbot.app.reviewer.create_task import create_task
from reviewbot.app.reviewer.read_result import asked_parts, read_answer
from reviewbot.app.reviewer.tasks import cancel, look_up, poll, read_price
from reviewbot.domain.machine.state import Known
from reviewbot.domain.machine.steps import (
    BasesCompared,
    CancelTask,
    ChangeRead,
    CloseOlderChecks,
    CompareBases,
    CreateTask,
    Done,
    Failed,
    FindProject,
    Finish,
    HeadMoved,
    LedgerRead,
    LookUpTask,
    OpenReviewer,
    OutputWritten,
    PermissionRead,
    PollTask,
    PostReview,
    ProjectFound,
    ReadAgain,
    ReadChange,
    ReadLedger,
    ReadPermission,
    ReadPosted,
    ReadPrice,
    ReadResult,
    ReadTask,
    RecordDeferral,
    RecordIntent,
    RecordTask,
    Refresh,
    RemoveLabel,
    Result,
    ResultRead,
    Step,
    TaskRead,
    Updated,
    UpdateThreads,
    WriteCheckRun,
    WriteFiles,
    WriteOutput,
    WriteSummary,
)
from reviewbot.domain.model.review import Task
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.errors import ForgeError, ReviewbotError


def perform(run: RunContext, step: Step, known: Known) -> Result:
    """Do what a step asks for; an error is a result like any other."""
    try:
        return _perform(run, step, known)
    except ReviewbotError as error:
        return Failed(error)


def _perform(run: RunContext, step: Step, known: Known) -> Result:  # noqa: C901, PLR0911, PLR0912 — one line each
    forge = run.ports.forge
    match step:
        case ReadPermission(login=login):
            return PermissionRead(forge.permission(login))
        case ReadLedger():
            return LedgerRead(read_ledger(run, known.snapshot, ""))
        case ReadChange():
            return _read_change(run, known)
        case OpenReviewer():
            return _open(run)
        case LookUpTask(purchase=purchase):
            return look_up(run, known, purchase)
        case ReadTask(task_id=task_id):
            return TaskRead(run.service.retrieve(task_id))
        case PollTask(task=task, waited=waited):
            return poll(run, known, task, waited)
        case CancelTask(task_id=task_id):
            return cancel(run, task_id)
        case RemoveLabel(label=label):
            return _remove_label(run, known, label)
        case ReadAgain():
            return _read_again(run, known)
        case CompareBases(old=old, new=new):
            return _compare(run, old, new)
        case ReadPrice():
            return read_price(run, known)
        case FindProject(name=name):
            return ProjectFound(run.service.project(name))
        case RecordIntent(bought=bought):
            return record_intent(run, known, bought)
        case RecordDeferral(wanted=wanted):
            return record_deferral(run, known, wanted)
        case CreateTask(bought=bought, order=order):
            return create_task(run, known, bought, order)
        case RecordTask(underway=underway):
            return record_task(run, known, underway)
        case ReadResult(task=task):
            return _read_result(run, known, task)
        case WriteFiles(outcome=outcome):
            write_files(run, known, outcome)
            return Done()
        case Refresh():
            return Updated(refresh(run, known))
        case PostReview(outcome=outcome):
            return Updated(post_review(run, known, outcome))
        case UpdateThreads():
            update_threads(run, known)
            return Updated(known)
        case ReadPosted():
            return Updated(read_posted(run, known))
        case WriteSummary(outcome=outcome):
            return _write_summary(run, known, outcome)
        case WriteCheckRun(outcome=outcome):
            return Updated(write_check_run(run, known, outcome))
        case CloseOlderChecks():
            close_older_checks(run, known)
            return Updated(known)
        case WriteOutput(outcome=outcome):
            return OutputWritten(write_output(run, known, outcome))
        case Finish(outcome=outcome):
            return OutputWritten(outcome)
        case unknown:
            assert_never(unknown)


def _read_change(run: RunContext, known: Known) -> ChangeRead:
    change = prepare(run, known.snapshot, load_change(run.ports, known.snapshot.pull))
    digest = replace(known, change=change).identity.digest()
    return ChangeRead(change, read_ledger(run, known.snapshot, digest))


def _open(run: RunContext) -> Done:
    _ = run.service
    return Done()


def _remove_label(run: RunContext, known: Known, label: str) -> Done:
    """The label goes before the task exists, so that nothing is left to approve another head."""
    remove = partial(run.ports.forge.remove_label, known.snapshot.pull.number, label)
    run.attempt(f"The removal of the label {label}", remove)
    return Done()


def _read_again(run: RunContext, known: Known) -> Updated | HeadMoved:
    now = refresh(run, known)
    return HeadMoved() if now.reviewed_sha else Updated(replace(now, read_again=False))


def _compare(run: RunContext, old: str, new: str) -> BasesCompared:
    try:
        return BasesCompared(run.ports.forge.merge_base(old, new) == old)
    except ForgeError as error:
        run.ports.reporter.debug(f"The merge base of the last review cannot be compared: {error.message}")
        return BasesCompared(only_moved_on=False)


def _read_result(run: RunContext, known: Known, task: Task) -> ResultRead:
    asked = asked_parts(known, known.purchase) if task.parts and known.purchase else {}
    return ResultRead(read_answer(run.service, task, asked))


def _write_summary(run: RunContext, known: Known, outcome: Outcome) -> Updated:
    if known.memory.update.answers and run.renderer.own:
        # The summary is written before the check run, and names the check run's own templates that fail.
        check_state(run, known, outcome)
    return Updated(write_summary(run, known, outcome))
