"""Review one pull request."""

from __future__ import annotations

from reviewbot.app.context import Ports, RunContext, known_of
from reviewbot.app.load import load_settings, overrides
from reviewbot.app.run import run_machine
from reviewbot.domain.events.steps import StartReview
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.machine.decisions.outcome import failure
from reviewbot.domain.machine.due import start
from reviewbot.domain.machine.finish import finish
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.errors import SettingsError, TemplateError
from reviewbot.render.renderer import Renderer, collecting_renderer
from reviewbot.settings import peek_settings
from reviewbot.values import replace


def review_pull_request(ports: Ports, step: StartReview, snapshot: Snapshot) -> Outcome:
    """Review a pull request if a review is due. An error in the settings or templates is published."""
    began, trigger, may_buy = ports.clock.monotonic(), step.trigger, step.may_buy
    try:
        settings, snapshot = load_settings(ports, snapshot)
        renderer = (Renderer if may_buy else collecting_renderer)(overrides(snapshot))
    except (SettingsError, TemplateError) as error:
        readable = peek_settings(ports.inputs, snapshot.default_branch.config)
        run = RunContext.of(ports, readable, snapshot, Renderer())
        known = known_of(run, snapshot, trigger)
        return run_machine(run, finish(known, failure(known, error)))
    wait_until = began + settings.wait_minutes * 60 if may_buy else 0
    run = RunContext.of(ports, settings, snapshot, renderer, wait_until=wait_until)
    known = known_of(run, snapshot, trigger)
    request = replace(known.request, may_buy=may_buy, cancels=step.cancels, edits=step.edits)
    return run_machine(run, start(replace(known, request=request)))
