"""Create the CodeVF task that answers a question."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.app.context import RunContext
from reviewbot.app.github.read_change import load_change, prepare
from reviewbot.domain.codevf.attachments import QUESTION, described, pack, split_for_context
from reviewbot.domain.codevf.idempotency import question_key
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.machine.known import Known, ReviewedChange
from reviewbot.domain.machine.steps import TaskRead
from reviewbot.domain.model.review import Attachment, Submission
from reviewbot.domain.questions.context import context_of, explained, thread_of
from reviewbot.domain.questions.machine import MODE
from reviewbot.domain.questions.phases import CreateQuestion
from reviewbot.render.view_models.command import QuestionView


class QuestionContext(Struct, frozen=True):
    """The data that the steps of a question share.

    Attributes:
        text: the text of the question, or empty in `post_open_answers`, which buys nothing.
        finding: the finding that the question is about, or None for the whole pull request.
        known: a review's state, for steps that reviews and questions share.
    """

    run: RunContext
    text: str
    finding: TrackedFinding | None
    known: Known


def read_files(asked: QuestionContext) -> ReviewedChange:
    return prepare(asked.run, asked.known.snapshot, load_change(asked.run.ports, asked.known.snapshot))


def create_question(asked: QuestionContext, step: CreateQuestion) -> TaskRead:
    """Create the task, or find an existing task by the idempotency key.

    Raises:
        PayloadTooLarge: CodeVF rejected the attachments, so there is no task.
        ServiceError: there is no task, or its id is unknown.
    """
    run, question, snapshot = asked.run, step.question, asked.known.snapshot
    pull, repository, instance = snapshot.pull, snapshot.repository, asked.known.request.instance
    attachments = _attachments(asked, step)
    task = run.service.create(
        Submission(
            prompt=run.renderer.question(_prompt(asked, step.change, attachments)),
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
    run.say(f"The CodeVF task is {task.id}.")
    return TaskRead(task)


def _attachments(asked: QuestionContext, step: CreateQuestion) -> tuple[Attachment, ...]:
    """Return the finding's file, or every selected file, then the finding and its thread."""
    finding, snapshot, instance = asked.finding, asked.known.snapshot, asked.known.request.instance
    for_files, for_context = split_for_context(step.size)
    files = [one for one in step.change.sendables if finding is None or one.path == finding.path]

    thread = thread_of(step.question, snapshot.threads, instance)
    finding = finding and explained(finding, snapshot.threads, instance)
    redact = step.change.redactor.counted
    context, _ = redact(context_of(finding, thread, snapshot.pull, instance, for_context.attachment, redact))
    packed = pack(files, for_files).attachments if files else ()
    return (*packed, Attachment(QUESTION, context)) if context else packed


def _prompt(asked: QuestionContext, change: ReviewedChange, attachments: tuple[Attachment, ...]) -> QuestionView:
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
