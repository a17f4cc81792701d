"""Select the use case for an event, and report errors."""

from __future__ import annotations

from reviewbot.app.closed import handle_closed
from reviewbot.app.collect.collect import collect_finished
from reviewbot.app.collect.deferred import buy_deferred
from reviewbot.app.comments.commands import answer_comment, catch_up, relay
from reviewbot.app.context import Ports, RunContext, known_of
from reviewbot.app.load import load_settings, load_snapshot
from reviewbot.app.merge_group import handle_merge_group
from reviewbot.app.output.runner_output import write_bare
from reviewbot.app.review import review_pull_request
from reviewbot.app.run import run_machine
from reviewbot.domain.events.steps import StartReview
from reviewbot.domain.machine.finish import finish
from reviewbot.domain.model import events
from reviewbot.domain.model.events import Event, Rerun
from reviewbot.domain.model.options import ActionCommand
from reviewbot.domain.policy.verdict import Outcome, Reason, did_not_happen, not_due
from reviewbot.errors import EventUnreadable, ReviewbotError, ReviewDidNotHappen, TaskEnded, TokenUnknown
from reviewbot.render.renderer import Renderer
from reviewbot.settings import peek_settings
from reviewbot.settings.readers import Secret

__all__ = ["Ports", "handle", "write_bug"]

BUG_HINT = "Run the workflow again. If it fails again, open an issue with this log in the action's repository."


def handle(ports: Ports, event: Event, rerun: Rerun | None = None) -> Outcome:
    """Handle an event, and write the step's outputs even after an error."""
    first = peek_settings(ports.inputs)
    collects = first.command is ActionCommand.COLLECT
    try:
        _check_token(first.github_token)
        _check_workflow(ports, rerun)
        return _collect(ports) if collects else _handle(ports, event)
    except ReviewbotError as error:
        outcome = did_not_happen(error, first.on_error)
    except KeyboardInterrupt:
        hint = "reviewbot recorded the submitted tasks. Run this job again to continue. You are not charged twice."
        outcome = did_not_happen(TaskEnded("The run was interrupted.", hint=hint))
    return write_bare(ports, outcome)


def _collect(ports: Ports) -> Outcome:
    collection = collect_finished(ports)
    return write_bare(ports, collection.outcome(), published=collection.published())


def _check_token(token: Secret) -> None:
    if not token:
        raise TokenUnknown(
            "The input `github-token` is empty.",
            hint="Remove the input to use the workflow's token, or check the name of the secret. In `pull_request` "
            "workflows from forks, every secret is empty. In Dependabot's runs, all but Dependabot secrets are empty.",
        )


def _check_workflow(ports: Ports, rerun: Rerun | None) -> None:
    """Raise if a re-run uses an outdated workflow file.

    Anyone with write access can start a re-run, which uses the workflow file of the first attempt:
    https://docs.github.com/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs.
    """
    if rerun is None:
        return
    if not ports.forge.is_same_file(rerun.path, rerun.ref, rerun.sha):
        raise ReviewDidNotHappen(
            "This is a re-run, and the workflow file has changed since the first attempt.",
            hint="To start a new run, push a commit or start the workflow manually with `pr: NUMBER`.",
        )


def _check_head(ports: Ports, event: events.ReviewEvent | events.DispatchEvent) -> None:
    """Raise if the head has moved since a re-run's event, because a reusable workflow may also have changed."""
    if not (isinstance(event, events.ReviewEvent) and event.is_repeated):
        return
    if load_snapshot(ports, event.number).pull.head_sha != event.head_sha:
        hint = "Re-run the job of the newest commit instead."
        raise ReviewDidNotHappen("This is a re-run for an older head commit.", hint=hint)


def _handle(ports: Ports, event: Event) -> Outcome:  # noqa: C901, PLR0911 — a row for each event
    match event:
        case events.CommentEvent():
            return answer_comment(ports, event)
        case events.ReviewEvent(name="pull_request_review"):
            return write_bare(ports, not_due(Reason.EVENT, "The event `pull_request_review` does not start a review."))
        case events.ReviewEvent(number=number) | events.DispatchEvent(number=int(number)):
            _check_head(ports, event)
            return review_pull_request(ports, StartReview(event, may_buy=True), catch_up(ports, number))
        case events.RelayEvent(number=number):
            return write_bare(ports, relay(ports, number))
        case events.ChecksEvent(head_sha=head_sha):
            none = not_due(Reason.EVENT, f"No deferred review is waiting for the checks on {head_sha[:7]}.")
            return buy_deferred(ports, event) or write_bare(ports, none)
        case events.MergeGroupEvent():
            return handle_merge_group(ports, event)
        case events.ClosedEvent():
            return write_bare(ports, handle_closed(ports, event))
        case events.OtherEvent(why=why):
            return write_bare(ports, not_due(Reason.EVENT, why))
        case events.DispatchEvent(problem=problem):
            raise EventUnreadable(problem or "The input `pr` is missing.", hint="Start the workflow with `pr: NUMBER`.")
        case events.BrokenEvent(problem=problem):
            hint = "Start the workflow manually with `pr: NUMBER`."
            raise EventUnreadable(f"reviewbot cannot read the event: {problem}.", hint=hint)


def write_bug(ports: Ports, event: Event, what: str) -> Outcome:
    """Report a bug in reviewbot, and fail the check.

    `what` contains the kind and the location of the error, but no values, because these may contain a secret.
    """
    outcome = did_not_happen(ReviewbotError(what, hint=BUG_HINT))
    write_bare(ports, outcome)
    match event:
        case events.ReviewEvent(number=number) | events.DispatchEvent(number=int(number)):
            settings, snapshot = load_settings(ports, load_snapshot(ports, number))
            run = RunContext.of(ports, settings, snapshot, Renderer())
            return run_machine(run, finish(known_of(run, snapshot, event), outcome))
        case _:
            return outcome
