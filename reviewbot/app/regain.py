"""What a run was stopped at while it bought, for a change that is no longer there: the same keys are sent once more.

The service answers a known key with the task that has it, so whoever came to create it, the answer is found. It is then
an open task of an older head like any other. Where no task came of it there is one now: it was approved, and it is
cancelled or kept as `supersede` says.
"""

from __future__ import annotations

from dataclasses import replace

from reviewbot.app.buy import terms
from reviewbot.app.load import Prepared, identity_of, prepare
from reviewbot.app.run import Run
from reviewbot.app.story import Story
from reviewbot.app.submit import submit
from reviewbot.domain.amendments import CallOff
from reviewbot.domain.changes import ChangeSet, assemble
from reviewbot.domain.course import is_forgotten
from reviewbot.domain.identity import Identity, scope_since
from reviewbot.domain.ledger import Purchase, TaskState
from reviewbot.domain.model import Mode, TaskStatus
from reviewbot.errors import ChangeUnreadable, ReviewbotError
from reviewbot.ports import ReviewService


def regain(run: Run, service: ReviewService, story: Story, *, but: str = "") -> Story:
    """Send each intent again; one that cannot be stays, is said, and stops nothing.

    One that the service has forgotten is over: its hold counts for good, since nobody knows.

    Args:
        run: of the pull request.
        service: the reviewer.
        story: so far.
        but: the identity of the change that is there now, whose intent is gone on with where it is bought, unless that
            was called off.
    """
    now = run.world.clock.now()
    for intent in story.ledger.intents() if run.paid else ():
        if intent.identity == but and not _is_called_off(story):
            continue
        if is_forgotten(intent, now):
            story = story.learned(story.changes.with_purchase(replace(intent, state=TaskState.ENDED)))
            continue
        try:
            story = _regained(run, service, story, intent)
        except ReviewbotError as error:
            run.degraded.say(f"{_stopped(intent)}, and what came of it could not be found out: {error.message}")
    return story


def _is_called_off(story: Story) -> bool:
    return CallOff() in story.changes.amendments


def _stopped(intent: Purchase) -> str:
    return f"A run was stopped while it bought the review of {intent.head_sha[:7]}"


def _regained(run: Run, service: ReviewService, story: Story, intent: Purchase) -> Story:
    then, identity, prepared = _as_it_was(run, intent)
    there = replace(story, prepared=prepared, purchase=intent)
    agreed = replace(terms(then, service, there, intended=intent), hold=intent.hold)
    with run.world.uninterrupted():
        there = submit(then, service, there, identity, agreed)
    if there.purchase is None or there.task is None:
        raise TypeError(there)
    task = there.task
    run.say(f"{_stopped(intent)}: its task is {task.id}.")
    # On a closed pull request nobody needs what nobody has begun; an open one was asked to end all.
    unwanted = task.status is TaskStatus.PENDING or (run.snapshot.pull.is_open and not task.status.is_over)
    if _is_called_off(story) and unwanted:
        service.cancel(task.id)
        run.say(f"The task {task.id} was cancelled.")
    return story.learned(story.changes.with_purchase(there.purchase))


def _as_it_was(run: Run, intent: Purchase) -> tuple[Run, Identity, Prepared]:
    """The run on the head of that intent.

    Raises:
        ChangeUnreadable: its change cannot be put together any more.
    """
    pull, head = run.snapshot.pull, intent.head_sha
    base = intent.merge_base or pull.base_sha
    change = assemble(run.world.changes.read_left(head=head, base=base))
    checks = tuple(one for one in (*run.snapshot.older_checks, *run.snapshot.checks) if one.head_sha == head)
    snapshot = replace(run.snapshot, pull=replace(pull, head_sha=head), checks=checks, older_checks=(), other_checks=())
    for mode in (run.settings.mode, *Mode):
        then = replace(run, snapshot=snapshot, settings=replace(run.settings, mode=mode))
        if (identity := _identity(then, change, intent)).digest().startswith(intent.identity):
            return then, identity, prepare(then, change)
    raise ChangeUnreadable("The settings, or the base branch, are others than then.")


def _identity(run: Run, change: ChangeSet, intent: Purchase) -> Identity:
    return replace(identity_of(run, change), scope=scope_since(intent.since), attempt=intent.attempt)
