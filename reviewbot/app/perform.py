"""Perform the steps of a run."""

from __future__ import annotations

from typing import assert_never

from reviewbot.app.context import RunContext
from reviewbot.app.github.announcements import announce, delete_duplicates
from reviewbot.app.github.check_run import check_state, write_check_run
from reviewbot.app.github.ledger_store import first_recorded, read_ledger
from reviewbot.app.github.older_checks import close_older_checks
from reviewbot.app.github.read_change import load_change, prepare
from reviewbot.app.github.refresh import refresh
from reviewbot.app.github.review_comments import dismiss_requests, post_review
from reviewbot.app.github.summary_comment import keep_text, write_summary
from reviewbot.app.github.thread_updates import update_threads
from reviewbot.app.output.runner_output import write_output
from reviewbot.app.reviewer.create_task import create_task
from reviewbot.app.reviewer.incremental_context import read_new_part
from reviewbot.app.reviewer.read_result import asked_parts, read_answer
from reviewbot.app.reviewer.tasks import cancel, find_project, look_up, poll, read_terms
from reviewbot.domain.github.context import ContextRequest
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.machine import steps
from reviewbot.domain.machine.decisions.outcome import SUMMARY, undelivered
from reviewbot.domain.machine.decisions.routes import apply_rules
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.review import Report, Task
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.errors import ForgeError, ReviewbotError
from reviewbot.values import replace


def perform(run: RunContext, step: steps.Step, known: Known) -> steps.Result:  # noqa: C901, PLR0911, PLR0912 — one line each
    match step:
        case steps.ReadPermission(login=login):
            return run.ports.forge.permission(login)
        case steps.ReadLedger(must_read=must_read):
            return read_ledger(run, known.snapshot, must_read=must_read)
        case steps.ReadChange():
            return _read_change(run, known)
        case steps.OpenReviewer():
            return _open(run, known)
        case steps.LookUpTask(purchase=purchase):
            return look_up(run, known, purchase)
        case steps.ReadTask(task_id=task_id):
            return steps.TaskRead(run.service.retrieve(task_id))
        case steps.PollTask(task=task, waited=waited):
            return poll(run, known, task, waited)
        case steps.CancelTask(task_id=task_id):
            return cancel(run, task_id)
        case steps.ReadAgain(identity=identity):
            return _read_again(run, known, identity)
        case steps.ReadNewPart():
            return _read_new_part(run, known, step)
        case steps.ReadTerms():
            return steps.TermsRead(*read_terms(run, known))
        case steps.FindProject():
            return steps.ProjectFound(find_project(run, known))
        case steps.RecordInCheckRun():
            return write_check_run(run, step.known, step.outcome)
        case (
            steps.RecordInSummary(known=part, outcome=outcome) | steps.RecordInSummaryAgain(known=part, outcome=outcome)
        ):
            return write_summary(run, part, outcome)
        case steps.RecordKeepingText():
            return _record_keeping_text(run, step.known)
        case steps.RemoveLabel():
            return _remove_label(run, known.approval_label)
        case steps.ReadHeadChecks():
            return _read_head_checks(run, known)
        case steps.CreateTask(bought=bought, candidate=candidate):
            return create_task(run, known, bought, candidate)
        case steps.ReadResult(purchase=purchase, task=task):
            return _read_result(run, known, purchase, task)
        case steps.Refresh() | steps.ReadSummary() | steps.ReadPosted():
            return refresh(run, known)
        case steps.PostReview(outcome=outcome):
            return post_review(run, known, outcome)
        case steps.Announce(outcome=outcome):
            return announce(run, known, outcome)
        case steps.UpdateThreads():
            return update_threads(run, known)
        case steps.DeleteDuplicates():
            return delete_duplicates(run, known)
        case steps.WriteSummary(outcome=outcome) | steps.RewriteSummary(outcome=outcome):
            return _write_summary(run, known, outcome)
        case steps.WriteCheckRun(outcome=outcome):
            return write_check_run(run, known, outcome)
        case steps.DismissRequests(outcome=outcome):
            return dismiss_requests(run, known, outcome)
        case steps.CloseOlderChecks():
            return close_older_checks(run, known)
        case steps.WriteOutput(outcome=outcome):
            return _write_output(run, known, outcome)
        case unknown:
            assert_never(unknown)


def _read_change(run: RunContext, known: Known) -> steps.ChangeRead:
    pull, wished = known.snapshot.pull, run.settings.context
    asked = ContextRequest(pull.number, patterns=wished[1:]) if wished and known.request.paid else None
    change = prepare(run, known.snapshot, load_change(run.ports, known.snapshot, asked))
    if change.context.problem:
        run.say(change.context.problem)
    digest = apply_rules(replace(known, change=change)).identity.digest()
    return steps.ChangeRead(change, read_ledger(run, known.snapshot, digest))


def _open(run: RunContext, known: Known) -> steps.Done:
    run.reviewer(known.request)
    return steps.Done()


def _record_keeping_text(run: RunContext, part: Known) -> steps.Done:
    if part.summary and part.request.summary_comment:
        ledger = part.ledger.written_for(part.snapshot, part.request.instance)
        run.attempt(SUMMARY, keep_text, run, part.summary, ledger)
    return steps.Done()


def _remove_label(run: RunContext, label: str) -> steps.Done:
    """Remove the approval label. It approves only the head in its own event, so an error is only noted."""
    try:
        run.attempt(f"Removing the label {label}", run.ports.forge.remove_label, run.signer.pull_number, label)
    except ForgeError as error:
        run.note(error.message)
    return steps.Done()


def _write_output(run: RunContext, known: Known, outcome: Outcome) -> Outcome:
    try:
        return write_output(run, known, outcome)
    except ReviewbotError as error:
        run.say(error.message)
        return undelivered(outcome)


def _read_head_checks(run: RunContext, known: Known) -> steps.HeadChecksRead:
    checks = run.ports.forge.head_checks(known.snapshot.pull.head_sha)
    return steps.HeadChecksRead(known.request.wait_rules.open_checks(checks, run.run_id))


def _read_again(run: RunContext, known: Known, identity: str) -> steps.Reread:
    snapshot = run.read_snapshot()
    stored = read_ledger(run, snapshot, identity, known.wrote.summary)
    return steps.Reread(snapshot, stored, first_recorded(run, snapshot, identity))


def _read_new_part(run: RunContext, known: Known, step: steps.ReadNewPart) -> steps.NewPartRead:
    old, new = step.last.merge_base if step.last else "", known.change.change.merge_base
    try:
        if step.compares and old not in ("", new) and run.ports.forge.merge_base(old, new) != old:
            return steps.NewPartRead((), only_moved_on=False)
    except ForgeError as error:
        run.ports.reporter.debug(f"reviewbot cannot compare the old and new merge base: {error.clause}")
        return steps.NewPartRead((), only_moved_on=False)
    return read_new_part(run, known, step.since, step.last)


def _read_result(run: RunContext, known: Known, purchase: Purchase, task: Task) -> Report:
    asked = asked_parts(known, purchase) if task.parts else {}
    return read_answer(run.reviewer(known.request), task, purchase.judgement.answer, asked)


def _write_summary(run: RunContext, known: Known, outcome: Outcome) -> steps.SummaryWritten | steps.Done:
    if known.ledgers.update.answers and run.renderer.own:
        # Render the check run first, because the summary lists problems of the check run's templates.
        check_state(run, known, outcome)
    return write_summary(run, known, outcome)
