"""Publishing: what is wished for, minus what is there. A part that the token may not write is left out, said once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from reviewbot.app.check_run import CHECK, apply_bypass, beside_another, check_state, write_check
from reviewbot.app.context import RunContext
from reviewbot.app.refresh import refresh
from reviewbot.app.review_comments import look_back, publish_comments
from reviewbot.app.story import Story
from reviewbot.app.summary_comment import SUMMARY, write_summary
from reviewbot.domain.findings.placement import Why, in_summary
from reviewbot.domain.github.pull_request import CheckStatus
from reviewbot.domain.ledger.external_id import decode_external_id, tells_of_open_task
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.policy.eligibility import has_no_other_token
from reviewbot.domain.policy.verdict import (
    EXIT_NOT_PUBLISHED,
    Outcome,
    Reason,
    first_exit_status,
    superseded,
    without_check,
)
from reviewbot.errors import ForgeError, PermissionMissing, ReviewbotError

_MAY_WRITE_NOTHING = PermissionMissing(
    "The token may write nothing: no comment, no summary and no check.",
    hint="Add `checks: write` and `pull-requests: write` to the job's `permissions:`. The job summary and the report "
    "files have the whole review.",
)


def publish(run: RunContext, story: Story, outcome: Outcome) -> tuple[RunContext, Story, Outcome]:
    """Bring comments, check and summary to the wished-for state.

    Returns:
        The run and the story by now, with addresses, and the outcome: `NOT_PUBLISHED` joins it when there is a result
        that GitHub did not take. The next time the pull request is read again.
    """
    try:
        if story.prepared is not None and story.has_news and story.there is None:
            run, story = refresh(run, story)
        if story.changes.answers:
            before = story.posted
            story = publish_comments(run, story, outcome)
            run, story = look_back(run, story) if story.posted > before else (run, story)
    except ReviewbotError as error:
        outcome = _not_published(run, story, error, outcome)
        story = story.replaced(partial(in_summary, why=Why.REFUSED)) if story.changes.answers else story
    if story.changes.answers and run.renderer.own:
        # The summary is written before the check, and names the check's own templates that fail.
        check_state(run, story, outcome)
    refused = outcome.reason is Reason.NOT_PUBLISHED
    writes = [write_summary, write_check] if story.changes.answers else [write_check, write_summary]
    if _is_blind(story):
        # What people and other runs have written since this one began must stand: the next run publishes.
        story, writes = _unpublished(story), [write_check]
    for write in writes:
        try:
            story = write(run, story, outcome)
        except ForgeError as error:
            outcome, refused = _not_published(run, story, error, outcome), True
    if not refused:
        _close_older(run, story)
        if _nothing_stands(run, story):
            outcome = _not_published(run, story, _MAY_WRITE_NOTHING, outcome)
    outcome = apply_bypass(run, story, outcome if story.check else without_check(outcome))
    return run, replace(story, there=None), beside_another(run, story, outcome) if story.neighbour else outcome


def _is_blind(story: Story) -> bool:
    """Whether there is something to add to a summary that could not be read again."""
    return story.prepared is not None and story.has_news and story.there is None and story.summary is not None


def _unpublished(story: Story) -> Story:
    """The story with its finished task still open, as the summary has it."""
    bought = story.purchase
    if bought is None or bought.state is not TaskState.DONE:
        return story
    return replace(story, purchase=replace(bought, state=TaskState.OPEN, used=None))


def _nothing_stands(run: RunContext, story: Story) -> bool:
    """Whether there is a result, and the token may write nothing of it, and could be another one."""
    settings, denied = run.settings, run.degraded.denied
    wished = {CHECK: settings.check_run, SUMMARY: settings.summary_comment}
    if story.posted or not (story.changes.answers and denied):
        return False
    untaken = all(part in denied for part, due in wished.items() if due)
    return untaken and not has_no_other_token(run.snapshot.pull, run.trigger)


def _not_published(run: RunContext, story: Story, error: ReviewbotError, outcome: Outcome) -> Outcome:
    """The outcome when GitHub did not take something: with a result it is another one, else it is only said."""
    run.degraded.say(error.message)
    return not_taken(outcome, error) if story.changes.answers else outcome


def not_taken(outcome: Outcome, error: ReviewbotError) -> Outcome:
    """The outcome of a result that GitHub did not take."""
    status = first_exit_status(EXIT_NOT_PUBLISHED, outcome.exit_status)
    return replace(outcome, reason=Reason.NOT_PUBLISHED, exit_status=status, message=error.message, hint=error.hint)


def _close_older(run: RunContext, story: Story) -> None:
    """End the checks of older heads whose tasks are written down as over: till then somebody has to come by."""
    snapshot = story.there or run.snapshot
    newest_of = {one.head_sha: one for one in snapshot.older_checks}
    for check in newest_of.values() if run.paid and run.settings.check_run else ():
        copy = decode_external_id(check.external_id, run.signer)
        bought = story.ledger.named(copy.identity, copy.attempt) if copy else None
        left = check.status != CheckStatus.COMPLETED or tells_of_open_task(check.external_id)
        if left and bought and bought.state.is_over and check.head_sha != story.reviewed_sha:
            told = f"Its findings, and those of the reviews since, stand on {snapshot.pull.head_sha[:7]}."
            pull = replace(snapshot.pull, head_sha=check.head_sha)
            older = replace(snapshot, pull=pull, checks=(check,), other_checks=())
            kept = Ledger(forgotten=story.ledger.spent)
            try:
                write_check(replace(run, snapshot=older), Story(ledger=kept, purchase=bought), superseded(told))
            except ForgeError as error:
                run.degraded.say(error.message)
