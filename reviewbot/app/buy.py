"""Buying a review: approved, within budget, remembered on GitHub before the task exists, and never twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reviewbot.app.publish import write_check, write_summary
from reviewbot.app.run import Run
from reviewbot.app.story import Story
from reviewbot.domain import budget
from reviewbot.domain.changes import LineKind
from reviewbot.domain.gate import Coverage, pending
from reviewbot.domain.identity import Identity
from reviewbot.domain.ledger import Purchase, TaskState
from reviewbot.domain.model import Submission, Tag
from reviewbot.domain.packing import Packing, Sendable, ladder, pack
from reviewbot.domain.triage import check_approval
from reviewbot.domain.views import AuthorText, PromptView
from reviewbot.domain.wire import response_schema
from reviewbot.errors import ForgeError, NothingSendable, PayloadTooLarge, PermissionMissing, ServiceRefused
from reviewbot.ports import ReviewService


def buy(run: Run, service: ReviewService, story: Story, identity: Identity, *, intended: bool) -> Story:
    """Submit the change, or find the task that this identity has already.

    Args:
        run: of this pull request.
        service: the reviewer.
        story: so far.
        identity: what is bought.
        intended: whether a run before this one wrote the same intent down and did not come to write down a task. That
            run was approved and had the balance, and the task may exist: refusing now could lose a review that is paid.

    Raises:
        ReviewDidNotHappen: not approved, over budget, nothing sendable, refused or unreachable.
    """
    if run.paid and not intended:
        check_approval(run.snapshot.pull, run.policy, run.trigger, run.world.forge.permission)
    story = _priced(run, service, story, identity, intended=intended)
    project = _project(run, service)
    story = _remember_intent(run, story)
    return _submit(run, service, story, identity, project)


def _priced(run: Run, service: ReviewService, story: Story, identity: Identity, *, intended: bool) -> Story:
    """The intent to buy, with its hold, checked against balance and budgets, both shown."""
    settings = run.settings
    tag = _tag(settings.expertise, service) if settings.expertise else None
    hold = budget.hold(settings.max_credits, settings.mode, tag.multiplier if tag else Decimal(1)) if run.paid else 0
    balance = service.balance()
    if balance is not None:
        run.say(f"This review would hold {hold} credits; {balance.available:f} are available.")
    limits = budget.Spending(hold, story.spent, settings.max_credits_per_pr, settings.min_balance)
    budget.check(limits, None if intended else balance)
    intent = _intent(run, identity, hold)
    ledger = story.ledger.with_purchase(intent)
    return replace(story, tag=tag, balance=balance, purchase=intent, ledger=ledger)


def _intent(run: Run, identity: Identity, hold: int) -> Purchase:
    return Purchase(
        identity=identity.digest(),
        attempt=identity.attempt,
        state=TaskState.INTENT,
        task_id="",
        head_sha=run.snapshot.pull.head_sha,
        hold=hold,
        used=None,
        submitted_at=run.world.clock.now().isoformat(timespec="seconds"),
        coverage=Coverage.FULL,
        missed=0,
        rung=0,
        judgement=run.judgement,
    )


def dry_run(run: Run, story: Story, identity: Identity) -> Story:
    """What would be sent and held, without asking the service for anything."""
    settings = run.settings
    packing = pack(_sendables(story), ladder(settings.attachment_bytes)[0])
    hold = budget.hold(settings.max_credits, settings.mode, Decimal(1)) if run.paid else 0
    return replace(story, packing=packing, purchase=_intent(run, identity, hold))


def resume(run: Run, service: ReviewService, story: Story, known: Purchase) -> Story:
    """Go on with a task that was bought before; its settings were frozen then."""
    run.say(f"This change was bought before: the task {known.task_id} is looked up, nothing is paid again.")
    packing = pack(_sendables(story), ladder(run.settings.attachment_bytes)[known.rung])
    purchase = replace(known, head_sha=run.snapshot.pull.head_sha)
    story = replace(story, packing=packing, purchase=purchase, ledger=story.ledger.with_purchase(purchase))
    task = service.retrieve(known.task_id)
    story = replace(story, task=task)
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
    """Write down what is about to be bought. Free reviews need no memory.

    Raises:
        PermissionMissing: nothing can be written, and this run would not wait for the answer.
    """
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


def _submit(run: Run, service: ReviewService, story: Story, identity: Identity, project: int) -> Story:
    """Create the task, with less in it when the service says that it is too much; then write down its id."""
    sendables = _sendables(story)
    for rung, limits in enumerate(ladder(run.settings.attachment_bytes)):
        packing = pack(sendables, limits)
        if not packing.sent:
            break
        try:
            task = service.create(_submission(run, story, packing, identity, project))
        except PayloadTooLarge as error:
            run.say(f"{error.message} Trying again with less.")
            continue
        return _remember_task(run, replace(story, task=task, packing=packing), rung)
    raise NothingSendable(
        "Not one of the selected files fits into a request.",
        hint="Split the pull request, or exclude its largest files with `paths`.",
    )


def _remember_task(run: Run, story: Story, rung: int) -> Story:
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
    story = replace(story, purchase=purchase, ledger=story.ledger.with_purchase(purchase))
    if not run.paid:
        return story
    run.say(f"CodeVF has the task {purchase.task_id}.")
    outcome = pending(run.judgement.rules, check_written=story.check is not None)
    before = story.summary
    try:
        story = write_summary(run, story, outcome)
    except ForgeError as error:
        run.degraded.say(error.message)
    return story if story.summary and story.summary is not before else write_check(run, story, outcome)


def _submission(run: Run, story: Story, packing: Packing, identity: Identity, project: int) -> Submission:
    settings, pull = run.settings, run.snapshot.pull
    return Submission(
        prompt=run.renderer.prompt(_prompt(run, story, packing)),
        project_id=project,
        max_credits=settings.max_credits,
        mode=settings.mode,
        tag_id=story.tag.id if story.tag else None,
        metadata={
            "repository": run.snapshot.repository.full_name,
            "pullRequest": pull.number,
            "headSha": pull.head_sha,
            "client": f"reviewbot/{run.world.version}",
        },
        idempotency_key=identity.key(),
        attachments=packing.attachments,
        response_schema=response_schema(),
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
    )


def _told(file_name: str) -> str:
    if file_name.endswith(".diff"):
        return "the change as a git diff, from the merge base to the head"
    return "whole files at the head, with numbered lines"
