"""Handle a closed pull request: cancel pending tasks, publish finished reviews, record 👍 and 👎 on the findings."""

from __future__ import annotations

from typing import assert_never

from reviewbot.app.context import Ports, RunContext, known_of
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.github.summary_comment import record_opinions
from reviewbot.app.load import load_settings, load_snapshot
from reviewbot.app.questions.ask import post_open_answers
from reviewbot.app.review import review_pull_request
from reviewbot.app.run import Machine, take_steps
from reviewbot.domain.events import closed, steps
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.steps import Done, ReadLedger
from reviewbot.domain.model.events import ClosedEvent, DispatchEvent
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.render.renderer import Renderer

_MACHINE = Machine("closed pull request", closed.decide, closed.learn)


def handle_closed(ports: Ports, event: ClosedEvent) -> Outcome:
    """Cancel pending tasks and publish finished reviews, or record the reactions if no purchase or question is open."""
    settings, snapshot = load_settings(ports, load_snapshot(ports, event.number))
    run = RunContext.of(ports, settings, snapshot, Renderer())
    begin = closed.start(known_of(run, snapshot, DispatchEvent(event.number, event.sender)))
    return take_steps(ports, _MACHINE, begin, lambda step, _: _perform(run, step, snapshot))[1]


def _perform(run: RunContext, step: closed.Step, snapshot: Snapshot) -> closed.Result:
    match step:
        case ReadLedger(must_read=must_read):
            return read_ledger(run, snapshot, must_read=must_read)
        case steps.RecordOpinions(stored=stored):
            record_opinions(run, snapshot, stored)
        case steps.StartReview():
            return review_pull_request(run.ports, step, snapshot)
        case steps.PostOpenAnswers():
            post_open_answers(run.ports, run.read_snapshot())
        case unknown:
            assert_never(unknown)
    return Done()
