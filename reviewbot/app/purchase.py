"""Buying a review: approved, within budget, remembered on GitHub before the task exists, and never twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from reviewbot.app.check_run import write_check
from reviewbot.app.context import RunContext
from reviewbot.app.refresh import refresh
from reviewbot.app.story import Story
from reviewbot.app.summary_comment import SUMMARY, write_summary
from reviewbot.domain.codevf import budget
from reviewbot.domain.codevf.attachments import size_tiers, together
from reviewbot.domain.codevf.batches import TaskBatches, split_ids
from reviewbot.domain.codevf.idempotency import WHOLE, Identity, selection_digest, since_of
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.model.events import ReviewEvent
from reviewbot.domain.model.review import Balance, Tag
from reviewbot.domain.policy.eligibility import Asked, AtTerminal, check_approval
from reviewbot.domain.policy.verdict import Coverage, pending
from reviewbot.domain.text.formatting import number
from reviewbot.errors import (
    NotApproved,
    PermissionMissing,
    ReviewbotError,
    ServiceRefused,
)
from reviewbot.ports import ReviewService
from reviewbot.settings import Settings


@dataclass(frozen=True, slots=True)
class Quote:
    """What a review would be bought at; it was asked of the service, and fits into the budgets.

    Attributes:
        hold: credits, of all parts.
        parts: over how many tasks the change is split.
        balance: None when the service costs nothing.
        max_credits: of each task.
    """

    hold: int
    tag: Tag | None
    balance: Balance | None
    project_id: int
    parts: int
    max_credits: int


def approve(run: RunContext, story: Story, identity: Identity) -> None:
    """Pass, or say who could approve the spending. What was postponed was approved when it was, that change alone.

    Raises:
        NotApproved: nobody with write access asked for it.
    """
    known = story.written.find(identity.digest())
    if known is None or (known.state, known.head_sha) != (TaskState.DEFERRED, run.snapshot.pull.head_sha):
        check_approval(run.snapshot.pull, run.policy, run.trigger, run.ports.forge.permission)


def use_up(run: RunContext) -> None:
    """An approval by label buys one head: the label goes before the task exists, so that nothing is left to reuse."""
    label = run.settings.approve_spend
    if run.paid and label and label in run.snapshot.pull.labels:
        remove = partial(run.ports.forge.remove_label, run.snapshot.pull.number, label)
        run.attempt(f"The removal of the label {label}", remove)


def quote(
    run: RunContext, service: ReviewService, story: Story, *, freed: int = 0, intended: Purchase | None = None
) -> Quote:
    """What the review would hold, checked against balance and budgets, both shown.

    Args:
        run: of this pull request.
        service: the reviewer.
        story: so far; its ledger says what was spent.
        freed: credits of an open task that would be cancelled first.
        intended: what a run before this one wrote down and did not come to write down a task of. That run was approved
            and within budget, and the task may exist: refusing now could lose a review that is paid.

    Raises:
        ReviewDidNotHappen: over budget, or the service refuses or cannot be reached.
    """
    settings = run.settings
    tag = _tag(settings.expertise, service) if settings.expertise else None
    times, parts = tag.multiplier if tag else Decimal(1), intended.parts if intended else _parts(run, story)
    most = settings.max_credits
    if intended:  # if there is no task yet, it is bought at what was agreed to then
        within = budget.credits_within(intended.hold // parts, settings.mode, times)
        most = min(most, max(within, settings.mode.credits.start))
    each = budget.hold(most, settings.mode, times) if run.paid else 0
    hold, balance = each * parts, service.balance()
    if balance is not None:
        run.say(f"This review would hold {number(hold)} credits; {number(balance.available)} are available.")
        after = replace(balance, available=balance.available + freed)
        if not intended:
            spent = max(story.claimed, story.ledger.spent) - freed
            _check_memory(run, story)
            budget.check(budget.Spending(hold, spent, settings.max_credits_per_pr, settings.min_balance), after)
    return Quote(hold, tag, balance, _project(run, service), parts, most)


def _parts(run: RunContext, story: Story) -> int:
    """Over how many tasks the change goes, with room for what may go beside it."""
    limits, confirms = size_tiers(run.settings.attachment_bytes)[0], bool(story.ledger.purchases)
    return len(TaskBatches.of(story.sendables, limits, run.settings.max_tasks, confirms=confirms).files)


def _check_memory(run: RunContext, story: Story) -> None:
    """Pass, or say that nobody knows what was bought here and what it has cost: a person may buy all the same.

    Raises:
        NotApproved: what was remembered is gone or cannot be believed, and an event alone asks for a review.
    """
    if story.lost and isinstance(run.trigger, ReviewEvent):
        raise NotApproved(
            "There was a review of this pull request, and what was remembered of it was deleted or cannot be believed: "
            "nobody knows whether this change was bought already, and what is left of a limit.",
            hint=f"Somebody with write access can comment `/reviewbot review {run.snapshot.pull.head_sha}`.",
        )


def record_intent(run: RunContext, story: Story, identity: Identity, agreed: Quote) -> Story | None:
    """Write down what is about to be bought, and use its approval up; None where the head has moved meanwhile.

    Raises:
        PermissionMissing: nothing can be written, and this run would not wait for the answer.
    """
    intent = replace(purchase_of(run, story, identity, TaskState.INTENT), hold=agreed.hold, parts=agreed.parts)
    known = story.ledger.named(intent.identity, intent.attempt)
    if known is not None and known.state is TaskState.INTENT:
        # The key is as old as the run that had it first, and a task of it holds what that one handed in.
        story = replace(story, reselected=known.selection not in {"", intent.selection})
        intent = replace(
            intent,
            submitted_at=known.submitted_at,
            hold=known.hold,
            size_tier=known.size_tier,
            selection=known.selection or intent.selection,
            # A short copy, which has no base, does not say it.
            confirms=known.confirms or (not known.base_ref and _confirms(story, identity)),
        )
    else:
        intent = replace(intent, confirms=_confirms(story, identity))
    kept = _remember_intent(run, replace(story.bought(intent), tag=agreed.tag, balance=agreed.balance))
    if kept is not None:
        use_up(run)
    return kept


def _confirms(story: Story, identity: Identity) -> bool:
    return identity.scope != WHOLE or bool(story.ledger.findings.open())


def purchase_of(run: RunContext, story: Story, identity: Identity, state: TaskState) -> Purchase:
    """A purchase that has no task, and costs nothing so far; whoever asked for it before has asked for it still."""
    before = story.ledger.named(identity.digest(), identity.attempt)
    asked = before.asked_by(*_asked_by(run)).asked if before else _asked_by(run)
    return Purchase(
        identity=identity.digest(),
        attempt=identity.attempt,
        state=state,
        task_id="",
        head_sha=run.snapshot.pull.head_sha,
        hold=0,
        used=None,
        submitted_at=run.now.isoformat(timespec="seconds"),
        coverage=Coverage.FULL,
        missed=0,
        size_tier=0,
        judgement=run.judgement,
        since=since_of(identity.scope),
        base_ref=run.snapshot.pull.base_ref,
        merge_base=story.prepared.change.merge_base if story.prepared else "",
        asked=asked,
        selection=selection_digest([*story.selected, f"in {run.settings.attachment_bytes} bytes"]),
        selecting=selecting(run),
    )


def selecting(run: RunContext) -> str:
    """A digest of the rules by which files are selected: what others have left out, nobody has reviewed."""
    return selection_digest([*run.settings.paths, run.snapshot.default_branch.attributes])


def as_agreed(settings: Settings, wanted: Purchase) -> Settings:
    """The settings of a collection as they were when what was put off was asked for."""
    judgement = wanted.judgement
    rules, placement = judgement.rules, judgement.placement
    return replace(
        settings,
        max_credits=wanted.hold or settings.max_credits,
        fail_on=rules.fail_on,
        on_pending=rules.on_pending,
        on_error=rules.on_error,
        on_partial=rules.on_partial,
        comment_from=placement.comment_from,
        max_comments=placement.max_comments,
        review_event=judgement.review_kind,
    )


def dry_run(run: RunContext, story: Story, identity: Identity) -> Story:
    """What would be sent and held, without asking the service for anything."""
    settings, limits = run.settings, size_tiers(run.settings.attachment_bytes)[0]
    packings = TaskBatches.of(story.sendables, limits, settings.max_tasks, confirms=False).packed()
    hold = budget.hold(settings.max_credits, settings.mode, Decimal(1)) * len(packings) if run.paid else 0
    intent = purchase_of(run, story, identity, TaskState.INTENT)
    return replace(
        story, packing=together(packings, len(packings)), purchase=replace(intent, hold=hold, parts=len(packings))
    )


def resume(run: RunContext, story: Story, known: Purchase) -> Story:
    """Go on with what was bought before; its settings were frozen then."""
    if run.may_buy:
        use_up(run)
    run.say(f"This change was bought before: the task {known.task_id} is looked up, nothing is paid again.")
    if isinstance(run.trigger, AtTerminal):
        known = replace(known, judgement=run.judgement)  # whoever looks says what closes the gate
    packing = together(task_batches(run, story, known).packed(), len(split_ids(known.task_id)))
    head_sha, merge_base = run.snapshot.pull.head_sha, story.read.change.merge_base
    known = replace(known.asked_by(*_asked_by(run)), head_sha=head_sha, merge_base=merge_base)
    story = replace(story.bought(known), packing=packing, frozen=not run.may_buy)
    if run.may_buy and known.selection not in {"", selection_digest(story.selected)}:
        run.degraded.say(
            "Other files are selected than when this change was handed in, so some may not have been read."
        )
        story = replace(story, reselected=True)
    return story


def look_up(run: RunContext, service: ReviewService, story: Story) -> Story:
    """What became of the task of what was taken up.

    Raises:
        ServiceError: the service does not tell.
    """
    task = service.retrieve(story.task_id)
    story = replace(story, task=task)
    # A finished task needs no open check: the verdict is written at once, or stands already.
    return story if task.status.is_over else write_check(run, story, pending(story.own.judgement.rules))


def task_batches(run: RunContext, story: Story, bought: Purchase) -> TaskBatches:
    """What the tasks of a purchase were handed in with."""
    limits = size_tiers(run.settings.attachment_bytes)[bought.size_tier]
    return TaskBatches.of(story.sendables, limits, bought.parts, confirms=bought.confirms)


def _asked_by(run: RunContext) -> tuple[str, ...]:
    """The comment that this run carries out, if it is one."""
    return (run.trigger.comment_id,) if isinstance(run.trigger, Asked) else ()


def _tag(expertise: str, service: ReviewService) -> Tag:
    tags = service.tags()
    for tag in tags:
        if tag.is_called(expertise):
            return tag
    known = ", ".join(f"`{tag.name}`" for tag in tags)
    raise ServiceRefused(f"CodeVF has no active expertise `{expertise}`.", hint=f"`expertise` may be one of: {known}.")


def _project(run: RunContext, service: ReviewService) -> int:
    """The number of the project at the service."""
    name = run.settings.codevf_project or run.snapshot.repository.full_name
    return int(name) if name.isascii() and name.isdigit() else service.project(name)


def _remember_intent(run: RunContext, story: Story) -> Story | None:
    """The story with its intent written down, in the check if there can be one; None where the head has moved.

    Free reviews need no memory.
    """
    if not run.paid:
        return story
    if story.own.parts > 1:
        in_summary = _in_summary(run, story)
        if in_summary is None:
            return None
        story, written = in_summary
        if not written:
            raise PermissionMissing(
                "No comment can be written, and a check run has no room for the ids of several tasks.",
                hint="Give the token `pull-requests: write`, or set `max-tasks: 1`.",
            )
    story = write_check(run, story, pending(run.judgement.rules))
    if story.check is None and story.own.parts == 1:
        in_summary = _in_summary(run, story)
        if in_summary is None:
            return None
        story, _ = in_summary
    if story.check is None and story.summary is None and run.settings.wait_minutes == 0:
        raise PermissionMissing(
            "Neither a check run nor a comment can be written, so the review could not be found again.",
            hint="Give the token `checks: write` or `pull-requests: write`, or set `wait-minutes`.",
        )
    return story


def record_task(run: RunContext, story: Story) -> Story:
    """Write down the task's id, before anybody waits for it.

    Making the task may have taken minutes, and what people have asked for meanwhile stands in the summary: it is read
    again first, and left to the check where it cannot be, or the head has moved.
    """
    if not run.paid:
        return story
    run.say(f"CodeVF has the task {story.task_id}.")
    kept = None
    try:
        kept = _in_summary(run, story)
    except ReviewbotError as error:
        run.degraded.say(error.message)
    story, written = kept or (story, False)
    return story if written else write_check(run, story, pending(run.judgement.rules))


def _in_summary(run: RunContext, story: Story) -> tuple[Story, bool] | None:
    """The story put into the summary, on top of what people have written there by now, and whether it stands there.

    None where the head has moved.
    """
    now, fresh = refresh(run, story) if story.summary else (run, story)
    if now is not run:
        return None
    story = replace(write_summary(run, fresh, pending(run.judgement.rules)), there=None)
    return story, story.summary is not None and SUMMARY not in run.degraded.denied
