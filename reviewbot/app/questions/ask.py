"""The steps of a question. A run buys the answer or resumes the purchase, and later runs post missing answers."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from reviewbot.app.context import Ports, RunContext
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.load import load_settings, overrides
from reviewbot.app.perform import perform
from reviewbot.app.questions.create import create_question
from reviewbot.app.questions.inquiry import Inquiry
from reviewbot.app.questions.post import acknowledge, post_answer
from reviewbot.app.questions.record import record_question
from reviewbot.app.reviewer.tasks import find_project, read_terms
from reviewbot.app.run import take_steps
from reviewbot.domain.codevf.idempotency import text_digest
from reviewbot.domain.commands.authorize import Ask
from reviewbot.domain.commands.parse import PostedCommand
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.ledger.codec import has_open_question
from reviewbot.domain.machine.steps import Failed, TaskRead
from reviewbot.domain.model.question import Question, QuestionState
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.domain.publishing.comment_diff import summaries
from reviewbot.domain.questions import machine
from reviewbot.domain.questions.machine import decide, learn, price_of, start
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
    return _play(Inquiry.of(run, snapshot, stored, question, action.text), may_buy=snapshot.pull.is_open)


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
            outcome = _play(Inquiry.of(run, snapshot, stored, question, ""), may_buy=False)
            run.say(f"Question {question.comment}: {outcome.message}")


def _play(asked: Inquiry, *, may_buy: bool) -> Outcome:
    begin = start(asked.question, asked.limits, asked.run.now, may_buy=may_buy)
    _, outcome = take_steps(asked.run.ports, begin, decide, lambda step, _: _perform(asked, step), learn)
    return outcome


def _perform(asked: Inquiry, step: machine.Step) -> machine.Result:
    run = asked.run
    try:
        match step:
            case machine.PriceQuestion(question=question):
                price = price_of(question, asked.limits, *read_terms(run, asked.known))
                return replace(price, project_id=find_project(run, asked.known))
            case machine.RecordQuestion(question=question):
                return record_question(run, question)
            case machine.CreateQuestion(question=question):
                task = create_question(asked, step)
                run.say(f"The CodeVF task is {task.id}.")
                acknowledge(run, question)
                return TaskRead(task)
            case machine.PostAnswer(question=question, task=task):
                return post_answer(run, question, asked.finding, task)
            case _:
                return cast("machine.Result", perform(run, step, asked.known))
    except ReviewbotError as error:
        return Failed(error)
