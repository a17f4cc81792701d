"""Buying a review: approved, within budget, remembered on GitHub before the task exists, and never twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from reviewbot.app.progress import SO_FAR, so_far
from reviewbot.app.publish import write_check, write_summary
from reviewbot.app.run import Run
from reviewbot.app.story import Story
from reviewbot.domain import budget
from reviewbot.domain.changes import LineKind
from reviewbot.domain.events import ReviewEvent
from reviewbot.domain.gate import Coverage, pending
from reviewbot.domain.identity import WHOLE, Identity, since_of
from reviewbot.domain.ledger import Purchase, TaskState
from reviewbot.domain.model import Balance, Submission, Tag
from reviewbot.domain.packing import Packing, Sendable, beside, ladder, pack
from reviewbot.domain.triage import Asked, check_approval
from reviewbot.domain.views import AuthorText, PromptView
from reviewbot.domain.wire import response_schema
from reviewbot.errors import (
    ForgeError,
    NothingSendable,
    OverBudget,
    PayloadTooLarge,
    PermissionMissing,
    ServiceRefused,
)
from reviewbot.ports import ReviewService


@dataclass(frozen=True, slots=True)
class Terms:
    """What a review would be bought at; it was asked of the service, and fits into the budgets.

    Attributes:
        hold: credits.
        balance: None when the service costs nothing.
    """

    hold: int
    tag: Tag | None
    balance: Balance | None
    project_id: int


def approve(run: Run, story: Story) -> None:
    """Pass, or say who could approve the spending. What was postponed was approved when it was.

    Raises:
        NotApproved: nobody with write access asked for it.
    """
    postponed = any(
        one.state is TaskState.WANTED and one.head_sha == run.snapshot.pull.head_sha for one in story.written.purchases
    )
    if not postponed:
        check_approval(run.snapshot.pull, run.policy, run.trigger, run.world.forge.permission)


def _use_up(run: Run) -> None:
    """An approval by label buys one head: the label goes before the task exists, so that nothing is left to reuse."""
    label = run.settings.approve_spend
    if run.paid and label and label in run.snapshot.pull.labels:
        remove = partial(run.world.forge.remove_label, run.snapshot.pull.number, label)
        run.attempt(f"The removal of the label {label}", remove)


def terms(run: Run, service: ReviewService, story: Story, *, freed: int = 0, intended: bool = False) -> Terms:
    """What the review would hold, checked against balance and budgets, both shown.

    Args:
        run: of this pull request.
        service: the reviewer.
        story: so far; its ledger says what was spent.
        freed: credits of an open task that would be cancelled first.
        intended: whether a run before this one wrote the same intent down and did not come to write down a task. That
            run was approved and within budget, and the task may exist: refusing now could lose a review that is paid.

    Raises:
        ReviewDidNotHappen: over budget, or the service refuses or cannot be reached.
    """
    settings = run.settings
    tag = _tag(settings.expertise, service) if settings.expertise else None
    hold = budget.hold(settings.max_credits, settings.mode, tag.multiplier if tag else Decimal(1)) if run.paid else 0
    balance = service.balance()
    if balance is not None:
        run.say(f"This review would hold {hold} credits; {balance.available:f} are available.")
        after = replace(balance, available=balance.available + freed)
        if not intended:
            spent = max(story.claimed, story.ledger.spent) - freed
            _check_memory(run, story)
            budget.check(budget.Spending(hold, spent, settings.max_credits_per_pr, settings.min_balance), after)
    return Terms(hold, tag, balance, _project(run, service))


def _check_memory(run: Run, story: Story) -> None:
    """Pass, or say that nobody knows what the reviews before have cost: a person may buy all the same.

    Raises:
        OverBudget: there is a limit, and what counts against it was deleted.
    """
    if run.settings.max_credits_per_pr and story.lost and isinstance(run.trigger, ReviewEvent):
        raise OverBudget(
            "Earlier reviews of this pull request were deleted together with what they have cost, so nobody knows how "
            "much of `max-credits-per-pr` is left.",
            hint="`/reviewbot review` as a comment by somebody with write access buys a review all the same.",
        )


def intend(run: Run, story: Story, identity: Identity, agreed: Terms) -> Story:
    """Write down what is about to be bought, and use its approval up.

    Raises:
        PermissionMissing: nothing can be written, and this run would not wait for the answer.
    """
    intent = replace(purchase_of(run, story, identity, TaskState.INTENT), hold=agreed.hold)
    known = story.ledger.named(intent.identity, intent.attempt)
    if known is not None and known.state is TaskState.INTENT:
        # The key is as old as the run that had it first.
        intent = replace(intent, submitted_at=known.submitted_at, asked=known.asked or intent.asked)
    intent = replace(intent, confirms=_confirms(story, identity))
    story = _remember_intent(run, replace(story.bought(intent), tag=agreed.tag, balance=agreed.balance))
    _use_up(run)
    return story


def _confirms(story: Story, identity: Identity) -> bool:
    return identity.scope != WHOLE or bool(story.ledger.findings.open())


def purchase_of(run: Run, story: Story, identity: Identity, state: TaskState) -> Purchase:
    """A purchase that has no task, and costs nothing so far."""
    return Purchase(
        identity=identity.digest(),
        attempt=identity.attempt,
        state=state,
        task_id="",
        head_sha=run.snapshot.pull.head_sha,
        hold=0,
        used=None,
        submitted_at=run.world.clock.now().isoformat(timespec="seconds"),
        coverage=Coverage.FULL,
        missed=0,
        rung=0,
        judgement=run.judgement,
        since=since_of(identity.scope),
        base_ref=run.snapshot.pull.base_ref,
        merge_base=story.prepared.change.merge_base if story.prepared else "",
        asked=run.trigger.comment_id if isinstance(run.trigger, Asked) else "",
    )


def dry_run(run: Run, story: Story, identity: Identity) -> Story:
    """What would be sent and held, without asking the service for anything."""
    settings = run.settings
    packing = pack(_sendables(story), ladder(settings.attachment_bytes)[0])
    hold = budget.hold(settings.max_credits, settings.mode, Decimal(1)) if run.paid else 0
    intent = purchase_of(run, story, identity, TaskState.INTENT)
    return replace(story, packing=packing, purchase=replace(intent, hold=hold))


def resume(run: Run, service: ReviewService, story: Story, known: Purchase) -> Story:
    """Go on with a task that was bought before; its settings were frozen then."""
    run.say(f"This change was bought before: the task {known.task_id} is looked up, nothing is paid again.")
    limits = ladder(run.settings.attachment_bytes)[known.rung]
    packing = pack(_sendables(story), beside(limits)[0] if known.confirms else limits)
    story = story.bought(replace(known, head_sha=run.snapshot.pull.head_sha))
    task = service.retrieve(known.task_id)
    story = replace(story, packing=packing, task=task)
    # A finished task needs no open check: the verdict is written at once, or stands already.
    return story if task.status.is_over else write_check(run, story, pending(known.judgement.rules, check_written=True))


def _sendables(story: Story) -> tuple[Sendable, ...]:
    return story.prepared.sendables if story.prepared else ()


def _tag(expertise: str, service: ReviewService) -> Tag:
    tags = service.tags()
    wanted = expertise.casefold()
    for tag in tags:
        if wanted in {tag.name.casefold(), str(tag.id)}:
            return tag
    known = ", ".join(f"`{tag.name}`" for tag in tags)
    raise ServiceRefused(f"CodeVF has no active expertise `{expertise}`.", hint=f"`expertise` may be one of: {known}.")


def _project(run: Run, service: ReviewService) -> int:
    name = run.settings.codevf_project or run.snapshot.repository.full_name
    return int(name) if name.isascii() and name.isdigit() else service.project(name)


def _remember_intent(run: Run, story: Story) -> Story:
    """Free reviews need no memory."""
    if not run.paid:
        return story
    story = write_check(run, story, pending(run.judgement.rules, check_written=True))
    if story.check is None:
        story = write_summary(run, story, pending(run.judgement.rules, check_written=False))
    if story.check is None and story.summary is None and run.settings.wait_minutes == 0:
        raise PermissionMissing(
            "Neither a check run nor a comment can be written, so the review could not be found again.",
            hint="Give the token `checks: write` or `pull-requests: write`, or set `wait-minutes`.",
        )
    return story


def submit(run: Run, service: ReviewService, story: Story, identity: Identity, agreed: Terms) -> Story:
    """Create the task, or find it by its key, with less in it when the service says that it is too much.

    Raises:
        NothingSendable: not one file fits, so there is no task.
        ServiceError: there is no task (`ServiceRefused`), or nobody knows.
    """
    sendables, asks = _sendables(story), story.purchase is not None and story.purchase.confirms
    for rung, limits in enumerate(ladder(run.settings.attachment_bytes)):
        for_files, for_rest = beside(limits) if asks else (limits, None)
        packing = pack(sendables, for_files)
        if not packing.sent:
            break
        if for_rest is not None:
            packing = replace(packing, attachments=(*packing.attachments, so_far(run, story, for_rest)))
        try:
            task = service.create(_submission(run, story, packing, identity, agreed))
        except PayloadTooLarge as error:
            run.say(f"{error.message} Trying again with less.")
            continue
        return _submitted(replace(story, task=task, packing=packing), rung)
    raise NothingSendable(
        "Not one of the selected files fits into a request.",
        hint="Split the pull request, or exclude its largest files with `paths`.",
    )


def _submitted(story: Story, rung: int) -> Story:
    if story.purchase is None or story.task is None or story.packing is None:
        raise TypeError(story)
    missed = len(story.packing.omitted)
    purchase = replace(
        story.purchase,
        state=TaskState.OPEN,
        task_id=story.task.id,
        coverage=Coverage.PARTIAL if missed else Coverage.FULL,
        missed=missed,
        rung=rung,
    )
    return story.bought(purchase)


def remember_task(run: Run, story: Story) -> Story:
    """Write down the task's id, before anybody waits for it."""
    if not run.paid:
        return story
    run.say(f"CodeVF has the task {story.task_id}.")
    outcome = pending(run.judgement.rules, check_written=story.check is not None)
    before = story.summary
    try:
        story = write_summary(run, story, outcome)
    except ForgeError as error:
        run.degraded.say(error.message)
    return story if story.summary and story.summary is not before else write_check(run, story, outcome)


def _submission(run: Run, story: Story, packing: Packing, identity: Identity, agreed: Terms) -> Submission:
    settings, pull = run.settings, run.snapshot.pull
    return Submission(
        prompt=run.renderer.prompt(_prompt(run, story, packing)),
        project_id=agreed.project_id,
        max_credits=settings.max_credits,
        mode=settings.mode,
        tag_id=agreed.tag.id if agreed.tag else None,
        metadata={
            "repository": run.snapshot.repository.full_name,
            "pullRequest": pull.number,
            "headSha": pull.head_sha,
            "client": f"reviewbot/{run.world.version}",
        },
        idempotency_key=identity.key(),
        attachments=packing.attachments,
        response_schema=response_schema(incremental=story.purchase is not None and story.purchase.confirms),
    )


def _prompt(run: Run, story: Story, packing: Packing) -> PromptView:
    prepared = story.prepared
    if prepared is None:
        raise TypeError(story)
    lines = [line for file in prepared.change.files for line in file.diff.lines()]
    return PromptView(
        repository=run.snapshot.repository.full_name,
        pull_number=run.snapshot.pull.number,
        author=AuthorText(prepared.title, prepared.body),
        boundary=f"{run.world.rng.getrandbits(128):032x}",
        instructions=prepared.instructions,
        path_instructions=tuple((one.path, one.instructions) for one in prepared.path_instructions),
        file_names=tuple((one.file_name, _told(one.file_name)) for one in packing.attachments),
        files_changed=len(prepared.change.files),
        lines_added=sum(line.kind is LineKind.ADDED for line in lines),
        lines_deleted=sum(line.kind is LineKind.DELETED for line in lines),
        omitted=packing.omitted,
        since=story.purchase.since if story.purchase else "",
        confirms=SO_FAR if packing.attachments[-1].file_name == SO_FAR else "",
    )


def _told(file_name: str) -> str:
    if file_name.endswith(".diff"):
        return "the change as a git diff, from the merge base to the head"
    if file_name == SO_FAR:
        return "what is new since the last review, and the open findings of earlier ones"
    return "whole files at the head, with numbered lines"
