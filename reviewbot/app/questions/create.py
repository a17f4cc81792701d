"""Create the CodeVF task that answers a question."""

from __future__ import annotations

from reviewbot.app.github.read_change import load_change, prepare
from reviewbot.app.questions.inquiry import Inquiry
from reviewbot.domain.codevf.attachments import QUESTION, SizeTier, described, pack, split_for_context
from reviewbot.domain.codevf.idempotency import question_key
from reviewbot.domain.machine.known import ReviewedChange
from reviewbot.domain.model.review import Attachment, Submission, Task
from reviewbot.domain.questions.context import context_of, explained, thread_of
from reviewbot.domain.questions.machine import MODE, CreateQuestion
from reviewbot.render.view_models.command import QuestionView


def create_question(asked: Inquiry, step: CreateQuestion) -> Task:
    """Create the task, or find an existing task by the idempotency key. Only files that a review may send are sent.

    Raises:
        PayloadTooLarge: CodeVF rejected the attachments, so there is no task.
        ServiceError: there is no task, or its id is unknown.
    """
    run, question, snapshot = asked.run, step.question, asked.known.snapshot
    pull, repository, instance = snapshot.pull, snapshot.repository, asked.known.request.instance
    change = prepare(run, snapshot, load_change(run.ports, snapshot))
    attachments = _attachments(asked, change, step.size)
    return run.service.create(
        Submission(
            prompt=run.renderer.question(_prompt(asked, change, attachments)),
            project_id=step.price.project_id,
            max_credits=step.price.max_credits,
            mode=MODE,
            tag_id=step.price.tag.id if step.price.tag else None,
            metadata={**run.metadata(asked.known), "headSha": pull.head_sha, "question": question.comment},
            idempotency_key=question_key(repository.id, pull.number, instance, question.comment, question.digest),
            attachments=attachments,
            response_schema=None,
        )
    )


def _attachments(asked: Inquiry, change: ReviewedChange, size: SizeTier) -> tuple[Attachment, ...]:
    """Return the finding's file, or every selected file, then the finding and its thread."""
    finding, snapshot, instance = asked.finding, asked.known.snapshot, asked.known.request.instance
    for_files, for_context = split_for_context(size)
    files = [one for one in change.sendables if finding is None or one.path == finding.path]

    thread = thread_of(asked.question, snapshot.threads, instance)
    finding = finding and explained(finding, snapshot.threads, instance)
    redact = change.redactor.counted
    context, _ = redact(context_of(finding, thread, snapshot.pull, instance, for_context.attachment, redact))
    packed = pack(files, for_files).attachments if files else ()
    return (*packed, Attachment(QUESTION, context)) if context else packed


def _prompt(asked: Inquiry, change: ReviewedChange, attachments: tuple[Attachment, ...]) -> QuestionView:
    finding, snapshot = asked.finding, asked.known.snapshot
    return QuestionView(
        repository=snapshot.repository.full_name,
        pull_number=snapshot.pull.number,
        head_sha=snapshot.pull.head_sha,
        boundary=f"{asked.run.ports.rng.getrandbits(128):032x}",
        question=change.redactor.redact(asked.text).text,
        finding_id=finding.id if finding else "",
        instructions=change.instructions,
        file_names=tuple((one.file_name, described(one)) for one in attachments),
    )
