"""Create a task with its attachments and prompt."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.app.context import RunContext
from reviewbot.app.reviewer.incremental_context import so_far
from reviewbot.domain.codevf import attachments
from reviewbot.domain.codevf.attachments import CONVERSATION, Packing, described
from reviewbot.domain.codevf.batches import joined
from reviewbot.domain.codevf.idempotency import Identity, key_of_part
from reviewbot.domain.codevf.response import response_schema
from reviewbot.domain.diff.parse import LineKind
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.machine.decisions.purchase import batches_of, context_of
from reviewbot.domain.machine.known import Bought, Candidate, Known
from reviewbot.domain.machine.steps import TaskCreated
from reviewbot.domain.model.options import AnswerForm
from reviewbot.domain.model.review import Submission, Task
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import NothingSendable, OverBudget, PayloadTooLarge, ServiceRefused
from reviewbot.render.view_models.review import PromptView
from reviewbot.values import replace


def create_task(run: RunContext, known: Known, bought: Bought, candidate: Candidate) -> TaskCreated:
    """Create the task, or find an existing task by the idempotency key.

    Raises:
        NothingSendable: no file fits into a task.
        OverBudget: CodeVF refuses the credits.
        ServiceError: CodeVF rejected the task (`ServiceRefused`, `PayloadTooLarge`), or may have created it.
    """
    packings = _packings(known, bought.purchase, candidate)
    if not any(packing.sent for packing in packings):
        raise _nothing_fits(run, known, attachments.together(packings, len(packings)))
    run.ports.own_tasks.bought.add(bought.purchase.key)  # before the response, which may be lost
    tasks = _create(run, known, bought, candidate.identity, packings)
    packing = attachments.together(packings, len(tasks))
    return TaskCreated(joined(tasks), packing, is_whole=len(tasks) == len(packings))


def _nothing_fits(run: RunContext, known: Known, packing: Packing) -> NothingSendable:
    largest = max(known.change.sendables, key=lambda one: one.diff_size).path
    return NothingSendable(
        f"reviewbot cannot send any of the selected files. `{visible(largest)}`: {packing.limits[largest]}.",
        hint=f"Split the change, or exclude the file:{run.leaving_out([largest])}",
    )


def _create(
    run: RunContext, known: Known, bought: Bought, identity: Identity, packings: Sequence[Packing]
) -> list[Task]:
    """Create a task for each packing. If CodeVF refuses a later task, the review is partial."""
    parts = len(packings)
    # Render all prompts first, so that a template error occurs before anything is bought.
    submissions = [
        _submission(run, known, bought, packing, identity, (part, parts)) for part, packing in enumerate(packings, 1)
    ]
    tasks: list[Task] = []
    for part, submission in enumerate(submissions, start=1):
        try:
            tasks.append(run.reviewer(known.request).create(submission))
        except (ServiceRefused, OverBudget, PayloadTooLarge) as error:
            if not tasks:
                raise
            run.note(f"reviewbot stopped submitting at part {part} of {parts}: {error.clause}")
            break
    return tasks


def _packings(known: Known, purchase: Purchase, candidate: Candidate) -> tuple[Packing, ...]:
    task_batches = batches_of(known, purchase)
    packings = task_batches.packed()
    if not any(packing.sent for packing in packings):
        return tuple(packings)
    tier, most, confirms = purchase.size_tier, known.request.attachment_bytes, purchase.confirms
    limits = [attachments.room_for_more(one, tier, most, confirms=confirms) for one in packings]
    if task_batches.context_limits is not None:
        texts = so_far(known, candidate, task_batches, task_batches.context_limits, with_talk=all(limits))
        packings = [attachments.with_conversation(one, *text) for one, text in zip(packings, texts, strict=True)]
    return tuple(
        attachments.with_context(packing, context_of(known, limit))
        for packing, limit in zip(packings, limits, strict=True)
    )


def _submission(
    run: RunContext, known: Known, bought: Bought, packing: Packing, identity: Identity, which: tuple[int, int]
) -> Submission:
    request, pull, (part, parts) = known.request, known.snapshot.pull, which
    purchase, metadata = bought.purchase, run.metadata(known)
    in_words = purchase.judgement.answer is AnswerForm.WORDS
    return Submission(
        prompt=run.renderer.prompt(replace(_prompt(run, known, bought, packing), part=part, parts=parts)),
        project_id=bought.project_id,
        max_credits=purchase.max_credits,
        mode=request.mode,
        tag_id=bought.tag.id if bought.tag else None,
        metadata={**metadata, "headSha": pull.head_sha, **({"part": f"{part}/{parts}"} if parts > 1 else {})},
        # Use the quoted number of parts, so that a smaller packing has the same keys.
        idempotency_key=key_of_part(identity.key(), part, purchase.parts),
        attachments=packing.attachments,
        response_schema=None if in_words else response_schema(incremental=purchase.confirms),
    )


def _prompt(run: RunContext, known: Known, bought: Bought, packing: Packing) -> PromptView:
    change = known.change
    by_rules = change.redactor.redact(known.request.instructions).text
    lines = [line for file in change.change.files for line in file.diff.lines()]
    return PromptView(
        repository=known.snapshot.repository.full_name,
        pull_number=known.snapshot.pull.number,
        title=change.title,
        body=change.body,
        boundary=f"{run.ports.rng.getrandbits(128):032x}",
        instructions="\n\n".join(filter(None, (change.instructions, by_rules))),
        path_instructions=tuple((one.path, one.instructions) for one in change.path_instructions),
        file_names=tuple((one.file_name, described(one)) for one in packing.attachments),
        files_changed=len(change.change.files),
        lines_added=sum(line.kind is LineKind.ADDED for line in lines),
        lines_deleted=sum(line.kind is LineKind.DELETED for line in lines),
        omitted=packing.omitted,
        since=bought.purchase.since,
        confirms=CONVERSATION if any(one.file_name == CONVERSATION for one in packing.attachments) else "",
        answer=bought.purchase.judgement.answer,
    )
