"""Handing a change in: what goes along, with less in it when the service says that it is too much."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from reviewbot.app.check_run import write_check
from reviewbot.app.context import RunContext
from reviewbot.app.incremental_context import so_far
from reviewbot.app.purchase import Quote
from reviewbot.app.story import Story
from reviewbot.domain.codevf.attachment_names import SO_FAR
from reviewbot.domain.codevf.attachments import Packing, SizeTier, size_tiers, together
from reviewbot.domain.codevf.batches import TaskBatches, joined
from reviewbot.domain.codevf.idempotency import Identity, key_of_part, selection_digest
from reviewbot.domain.codevf.response import response_schema
from reviewbot.domain.diff.parse import LineKind
from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.model.review import Attachment, Submission, Task
from reviewbot.domain.policy.verdict import Coverage, pending
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import NothingSendable, OverBudget, PayloadTooLarge, ServiceRefused
from reviewbot.ports import ReviewService
from reviewbot.render.view_models.review import AuthorText, PromptView


def submit(run: RunContext, service: ReviewService, story: Story, identity: Identity, agreed: Quote) -> Story:
    """Create the task, or find it by its key, with less in it when the service says that it is too much.

    Raises:
        NothingSendable: not one file fits, so there is no task.
        ServiceError: there is no task (`ServiceRefused`, `PayloadTooLarge`), or nobody knows.
    """
    tiers, size_tier = size_tiers(run.settings.attachment_bytes), story.own.size_tier
    packings = _packings(run, story, tiers[size_tier], agreed.parts)
    if not any(packing.sent for packing in packings):
        raise _nothing_fits(run, story, together(packings, len(packings)))
    try:
        tasks = _create(run, service, story, identity, agreed, packings)
    except PayloadTooLarge as error:
        if size_tier == len(tiers) - 1:
            raise
        run.say(f"{error.message} Trying again with less.")
        return submit(run, service, _on_tier(run, story, size_tier + 1), identity, agreed)
    return _submitted(replace(story, task=joined(tasks), packing=together(packings, len(tasks))))


def _nothing_fits(run: RunContext, story: Story, packing: Packing) -> NothingSendable:
    largest = max(story.sendables, key=lambda one: one.diff_size).path
    return NothingSendable(
        f"Not one of the selected files can be sent. `{visible(largest)}`: {packing.limits[largest]}.",
        hint=f"Split the change, or leave the file out:{run.leaving_out([largest])}",
    )


def _create(
    run: RunContext,
    service: ReviewService,
    story: Story,
    identity: Identity,
    agreed: Quote,
    packings: Sequence[Packing],
) -> list[Task]:
    """A task for each packing; when the service refuses one after others, those are the review, which is partial."""
    parts = len(packings)
    # All prompts come first: a template that fails at a later part fails before anything is bought.
    submissions = [
        _submission(run, story, packing, identity, agreed, (part, parts)) for part, packing in enumerate(packings, 1)
    ]
    tasks: list[Task] = []
    for part, submission in enumerate(submissions, start=1):
        try:
            tasks.append(service.create(submission))
        except (ServiceRefused, OverBudget, PayloadTooLarge) as error:
            if not tasks:
                raise
            run.degraded.say(f"From part {part} of {parts} on nothing was handed in: {error.message}")
            break
    return tasks


def _packings(run: RunContext, story: Story, limits: SizeTier, most: int) -> tuple[Packing, ...]:
    """What each task carries; with no file in any of them when none fits."""
    task_batches = TaskBatches.of(story.sendables, limits, most, confirms=story.own.confirms)
    packings = task_batches.packed()
    if task_batches.context_limits is None or not any(packing.sent for packing in packings):
        return tuple(packings)
    return tuple(
        replace(packing, attachments=(*packing.attachments, one))
        for packing, one in zip(packings, so_far(run, story, task_batches, task_batches.context_limits), strict=True)
    )


def _on_tier(run: RunContext, story: Story, size_tier: int) -> Story:
    """Write down with how much less it is tried again: the run after this one must know what a task may hold."""
    story = story.bought(replace(story.own, size_tier=size_tier))
    return write_check(run, story, pending(run.judgement.rules)) if run.paid else story


def _submitted(story: Story) -> Story:
    if story.task is None or story.packing is None:
        raise TypeError(story)
    held = [one for one in story.read.held if one.missed]
    missed = len(story.packing.omitted) + len(held)
    purchase = replace(
        story.own,
        state=TaskState.OPEN,
        task_id=story.task.id,
        # A task of an intent that is sent again may have less: it is what the run before this one handed in.
        coverage=Coverage.PARTIAL if missed or story.reselected else Coverage.FULL,
        missed=missed,
        selection=selection_digest(story.selected),
    )
    return story.bought(purchase)


def _submission(
    run: RunContext, story: Story, packing: Packing, identity: Identity, agreed: Quote, which: tuple[int, int]
) -> Submission:
    settings, pull, (part, parts) = run.settings, run.snapshot.pull, which
    return Submission(
        prompt=run.renderer.prompt(replace(_prompt(run, story, packing), part=part, parts=parts)),
        project_id=agreed.project_id,
        max_credits=agreed.max_credits,
        mode=settings.mode,
        tag_id=agreed.tag.id if agreed.tag else None,
        metadata={**run.metadata, "headSha": pull.head_sha, **({"part": f"{part}/{parts}"} if parts > 1 else {})},
        # Of those that were agreed on, so that a smaller packing has the same keys.
        idempotency_key=key_of_part(identity.key(), part, agreed.parts),
        attachments=packing.attachments,
        response_schema=response_schema(incremental=story.own.confirms),
    )


def _prompt(run: RunContext, story: Story, packing: Packing) -> PromptView:
    prepared = story.read
    lines = [line for file in prepared.change.files for line in file.diff.lines()]
    return PromptView(
        repository=run.snapshot.repository.full_name,
        pull_number=run.snapshot.pull.number,
        author=AuthorText(prepared.title, prepared.body),
        boundary=f"{run.ports.rng.getrandbits(128):032x}",
        instructions=prepared.instructions,
        path_instructions=tuple((one.path, one.instructions) for one in prepared.path_instructions),
        file_names=tuple((one.file_name, _told(one)) for one in packing.attachments),
        files_changed=len(prepared.change.files),
        lines_added=sum(line.kind is LineKind.ADDED for line in lines),
        lines_deleted=sum(line.kind is LineKind.DELETED for line in lines),
        omitted=packing.omitted,
        since=story.own.since,
        confirms=SO_FAR if packing.attachments[-1].file_name == SO_FAR else "",
    )


def _told(attachment: Attachment) -> str:
    if attachment.path:
        return f"the file {json.dumps(attachment.path)} at the head, with numbered lines"
    if attachment.file_name.endswith(".diff"):
        return "the change as a git diff, from the merge base to the head"
    if attachment.file_name == SO_FAR:
        return "what is new since the last review, and the open findings of earlier ones"
    return "an index, then whole files at the head with numbered lines, by folder, the riskiest first"
