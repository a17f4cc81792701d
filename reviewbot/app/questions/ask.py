"""The steps of a question. A run buys the answer or resumes the purchase, and later runs post missing answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from reviewbot.app.context import Ports, RunContext, known_of
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.load import load_settings, overrides
from reviewbot.app.perform import perform
from reviewbot.app.questions.create import QuestionContext, create_question, read_files
from reviewbot.app.questions.post import (
    acknowledge,
    delete_other_replies,
    post_answer,
    react_to,
    read_answer,
    read_replies,
)
from reviewbot.app.questions.record import mark_checks, write_question
from reviewbot.app.run import Machine, take_steps
from reviewbot.domain.codevf.idempotency import text_digest
from reviewbot.domain.commands.authorize import Ask
from reviewbot.domain.commands.parse import PostedCommand
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.ledger.codec import has_open_question
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.model.question import Question, QuestionState
from reviewbot.domain.policy.eligibility import Asked
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.domain.publishing.comment_diff import summaries
from reviewbot.domain.questions import phases
from reviewbot.domain.questions.machine import MODE, decide, learn, start
from reviewbot.errors import ReviewbotError
from reviewbot.render.renderer import Renderer
from reviewbot.settings import peek_settings
from reviewbot.values import replace


def ask(run: RunContext, snapshot: Snapshot, posted: PostedCommand, action: Ask) -> Outcome:
    """Buy the answer to a question unless a run already bought it, wait for the answer, and post the reply."""
    stored = read_ledger(run, snapshot)
    about = action.finding.id if action.finding else ""
    new = Question(posted.key, text_digest(action.text), posted.sender, about, QuestionState.INTENT, "", 0, None, at="")
    question = stored.ledger.questions.find(posted.key) or new
    return _play(run, snapshot, stored, question, action.text, may_buy=snapshot.pull.is_open)


def post_open_answers(ports: Ports, snapshot: Snapshot, but: Collection[str] = ()) -> None:
    """Post the finished answers to open questions, and buy nothing. Errors are logged, and the next run tries again.

    Questions with a comment key in `but` are skipped, because the caller executes their commands.
    """
    settings = peek_settings(ports.inputs, snapshot.default_branch.config)
    summary = summaries(snapshot.comments, settings.instance).keep
    if settings.is_keyless or settings.dry_run or summary is None or not has_open_question(summary.body):
        return
    try:
        _post_open_answers(ports, snapshot, but)
    except ReviewbotError as error:
        ports.reporter.say(f"reviewbot could not look up the open questions: {error.clause}")


def _post_open_answers(ports: Ports, snapshot: Snapshot, but: Collection[str]) -> None:
    settings, snapshot = load_settings(ports, snapshot)
    run = RunContext.of(ports, settings, snapshot, Renderer(overrides(snapshot)))
    stored = read_ledger(run, snapshot)
    for question in stored.ledger.questions.open() if run.settings.paid else ():
        if question.comment not in but:
            outcome = _play(run, snapshot, stored, question, may_buy=False)
            run.say(f"Question {question.comment}: {outcome.message}")


def _play(
    run: RunContext, snapshot: Snapshot, stored: StoredLedger, question: Question, text: str = "", *, may_buy: bool
) -> Outcome:
    known = known_of(run, snapshot, Asked(question.by, question.comment, snapshot.pull.head_sha))
    known = replace(known, request=replace(known.request, mode=MODE))
    limits = phases.Limits(
        hold=0,
        ask_credits=run.settings.ask_credits,
        max_per_pr=known.request.max_credits_per_pr,
        min_balance=known.request.min_balance,
        spent=max(stored.claimed, stored.ledger.spent),
        first_hold=stored.ledger.first_hold,
        attachment_bytes=known.request.attachment_bytes,
    )
    asked = QuestionContext(run, text, stored.ledger.findings.find(question.finding), known)
    begin = start(question, limits, run.now, may_buy=may_buy)
    machine = Machine("question", decide, learn, delays_signals=(phases.Created, phases.Submitted))
    _, outcome = take_steps(run.ports, machine, begin, lambda step, _: _perform(asked, step))
    return outcome


def _perform(asked: QuestionContext, step: phases.Step) -> phases.Result:  # noqa: C901, PLR0911 — one line each
    match step:
        case phases.WriteQuestion():
            return write_question(asked.run, step)
        case phases.MarkChecks():
            return mark_checks(asked.run, step)
        case phases.ReadFiles():
            return read_files(asked)
        case phases.CreateQuestion():
            return create_question(asked, step)
        case phases.Acknowledge():
            return acknowledge(asked.run, step)
        case phases.ReadReplies():
            return read_replies(asked.run, step)
        case phases.ReadAnswer(task=task):
            return read_answer(asked.run, task)
        case phases.PostAnswer():
            return post_answer(asked.run, step, asked.finding)
        case phases.DeleteDuplicates():
            return delete_other_replies(asked.run, step)
        case phases.React():
            return react_to(asked.run, step)
        case _:
            return cast("phases.Result", perform(asked.run, step, asked.known))
