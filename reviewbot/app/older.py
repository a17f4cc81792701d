"""Open tasks of older heads: what was paid for is published on the check of the head that it was bought for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from reviewbot.app.answer import read_answer
from reviewbot.app.deliver import tell
from reviewbot.app.publish import write_check
from reviewbot.app.run import Run
from reviewbot.app.story import Story
from reviewbot.domain.gate import Outcome, Reason, Status, Verdict, judge
from reviewbot.domain.ledger import Purchase, TaskState, encode, replace_ledger
from reviewbot.domain.model import Task, TaskStatus
from reviewbot.domain.placement import InSummary, OnFile, OnLines, Why, place
from reviewbot.domain.snapshot import Conclusion
from reviewbot.errors import ReviewbotError
from reviewbot.ports import ReviewService


def settle_older(run: Run, service: ReviewService, story: Story, identity: str) -> Story:
    """Look up each open task of another change; the finished ones are published and closed in the ledger.

    One that cannot be looked up stays open, is said, and stops nothing.
    """
    before = story.ledger
    for purchase in before.purchases if run.paid else ():
        if purchase.state is not TaskState.OPEN or purchase.identity == identity:
            continue
        try:
            story = _settle(run, service, story, purchase)
        except ReviewbotError as error:
            run.degraded.say(f"The review of {purchase.head_sha[:7]} could not be looked up: {error.message}")
    if story.ledger is not before and story.summary is not None:
        body = replace_ledger(story.summary.body, encode(story.ledger, run.signer))
        written = run.attempt("The ledger", partial(run.world.forge.update_comment, story.summary.id, body))
        story = replace(story, summary=written or story.summary)
    return story


def _settle(run: Run, service: ReviewService, story: Story, purchase: Purchase) -> Story:
    task = service.retrieve(purchase.task_id)
    if not task.status.is_over:
        run.degraded.say(f"The review of {purchase.head_sha[:7]} is still open; its check will have its answer.")
        return story
    closed = replace(
        purchase,
        state=TaskState.DONE if task.status is TaskStatus.COMPLETED else TaskState.ENDED,
        used=task.credits_used,
    )
    _publish(run, service, closed, task)
    return replace(story, ledger=story.ledger.with_purchase(closed))


def _publish(run: Run, service: ReviewService, closed: Purchase, task: Task) -> None:
    """The answer on the check of its own head, and in this run's job summary."""
    checks = run.world.forge.checks(closed.head_sha, run.settings.check_name) if run.settings.check_run else ()
    pull = replace(run.snapshot.pull, head_sha=closed.head_sha)
    old = replace(run, snapshot=replace(run.snapshot, pull=pull, checks=checks))
    told = Story(purchase=closed, task=task)
    if closed.state is TaskState.DONE:
        report = read_answer(service, task)
        placed = tuple(
            replace(one, placement=InSummary(Why.HEAD_MOVED))
            if isinstance(one.placement, InSummary | OnFile | OnLines)
            else one
            for one in place(report.findings, (), closed.judgement.placement)
        )
        told = replace(told, report=report, placed=placed)
        severities = [one.finding.severity for one in told.open_findings()]
        outcome = judge(severities, readable=report.readable, coverage=told.coverage, rules=closed.judgement.rules)
    else:
        outcome = Outcome(Status.FAILED, Verdict.NONE, Reason.CANCELLED, Conclusion.ACTION_REQUIRED, 0)
    write_check(old, told, outcome)
    tell(old, told, outcome)
