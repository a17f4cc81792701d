"""Perform the steps of one command."""

from __future__ import annotations

from functools import partial
from typing import assert_never, cast

from reviewbot.app.comments.reply import delete_duplicates, post_in, react, render_reply, replies_to
from reviewbot.app.context import Ports, RunContext, known_of
from reviewbot.app.load import load_settings, overrides
from reviewbot.app.output.runner_output import write_bare
from reviewbot.app.perform import perform
from reviewbot.app.questions.ask import ask, post_open_answers
from reviewbot.app.review import review_pull_request
from reviewbot.app.run import Machine, take_steps
from reviewbot.domain.commands.parse import PostedCommand
from reviewbot.domain.events import command, steps
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import Done, ReadAgain, ReadLedger, ReadPermission
from reviewbot.domain.model.events import DispatchEvent
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.render.renderer import Renderer

_SEVERAL = (command.Authorized, command.Answering)
_MACHINE = Machine("command", command.decide, command.learn, has_several_steps=_SEVERAL)


def execute_command(ports: Ports, posted: PostedCommand, snapshot: Snapshot) -> Outcome:
    """Execute a command, answer it, mark it with a reaction, and write the outputs.

    Raises:
        ReviewbotError: a step failed, and the command is not answered. The next run tries again.
    """
    began = ports.clock.monotonic()
    settings, snapshot = load_settings(ports, snapshot)
    wait_until = began + settings.wait_minutes * 60
    run = RunContext.of(ports, settings, snapshot, Renderer(overrides(snapshot)), wait_until=wait_until)
    known = known_of(run, snapshot, DispatchEvent(snapshot.pull.number, posted.sender))
    begin, perform_step = command.start(known, posted), partial(_perform, run, known, posted)
    return take_steps(ports, _MACHINE, begin, lambda step, _: perform_step(step))[1]


def _perform(run: RunContext, known: Known, posted: PostedCommand, step: command.Step) -> command.Result:  # noqa: C901 — a row for each step
    ports, snapshot = run.ports, known.snapshot
    match step:
        case ReadPermission() | ReadLedger() | ReadAgain():
            return cast("command.Result", perform(run, step, known))
        case steps.ReadCommits():
            return steps.CommitsRead(ports.forge.commits(snapshot.pull.number))
        case steps.StartReview():
            return review_pull_request(ports, step, snapshot)
        case steps.AskQuestion(action=action):
            return ask(run, snapshot, posted, action)
        case steps.RenderReply(answer=answer):
            return render_reply(run, answer)
        case steps.PostOpenAnswers(but=but):
            post_open_answers(ports, run.read_snapshot(), but)
        case steps.PostReply(text=text, thread=thread):
            is_there = partial(replies_to, run, posted.key)
            elsewhere = text.in_conversation
            run.attempt(
                "Answering a command", post_in, run, snapshot, thread, text.in_thread, is_there, elsewhere=elsewhere
            )
        case steps.DeleteDuplicateReplies():
            delete_duplicates(run, posted.key, run.read_snapshot())
        case steps.React(reaction=reaction):
            react(run, posted.comment_id, reaction, in_thread=posted.in_thread)
        case steps.WriteOutcome(outcome=outcome):
            _log_notes(run)
            write_bare(ports, outcome)
        case steps.WriteExitStatus(outcome=outcome, note=note):
            _log_notes(run, note)
            ports.reporter.outputs({"exit-status": str(outcome.exit_status)})
        case unknown:
            assert_never(unknown)
    return Done()


def _log_notes(run: RunContext, *more: str) -> None:
    for sentence in filter(None, (*run.renderer.problems, *dict.fromkeys(run.notes), *more)):
        run.say(sentence)
