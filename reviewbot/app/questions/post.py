"""Post the answer to a question, in the thread or in the conversation, and react to the question."""

from __future__ import annotations

from reviewbot.app.comments.reply import delete_duplicates, post_in, react, replies_to
from reviewbot.app.context import RunContext
from reviewbot.app.reviewer.read_result import files_of
from reviewbot.domain.findings.markers import AnswerMark
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Snapshot, ThreadComment
from reviewbot.domain.machine.steps import Done
from reviewbot.domain.model.review import Task
from reviewbot.domain.questions.context import answer_text, thread_of
from reviewbot.domain.questions.phases import (
    Acknowledge,
    AnswerRead,
    DeleteDuplicates,
    PostAnswer,
    React,
    ReadReplies,
    RepliesRead,
)
from reviewbot.render.view_models.command import AnswerView, AskedView


def acknowledge(run: RunContext, step: Acknowledge) -> Done:
    key = step.question.comment
    react(run, int(key.removeprefix("r")), Reaction.EYES, in_thread=key.startswith("r"))
    return Done()


def read_replies(run: RunContext, step: ReadReplies) -> RepliesRead:
    return RepliesRead.of(step.question, run.read_snapshot(), run.settings.instance)


def read_answer(run: RunContext, task: Task) -> AnswerRead:
    return AnswerRead(answer_text(task.result, files_of(run.service, task)).strip())


def post_answer(run: RunContext, step: PostAnswer, finding: TrackedFinding | None) -> Done:
    question, snapshot = step.question, step.read.snapshot

    def is_there(now: Snapshot) -> bool:
        return len(replies_to(run, question.comment, now)) > len(step.read.replies)

    body = run.renderer.post(_view(run, step, finding))
    thread = thread_of(question, snapshot.threads, run.settings.instance)
    post_in(run, snapshot, thread, body, is_there, elsewhere=body)
    return Done()


def _view(run: RunContext, step: PostAnswer, finding: TrackedFinding | None) -> AnswerView:
    question, task, comment = step.question, step.task, step.read.comment
    reaction = Reaction.YES if step.text else Reaction.NO
    return AnswerView(
        mark=str(AnswerMark(run.settings.instance, question.comment, reaction)),
        word="ask",
        sender=question.by,
        head_sha=step.read.snapshot.pull.head_sha,
        finding=finding.title if finding else "",
        finding_id=question.finding,
        reply=AskedView(
            asker=question.by,
            url=comment.url if comment else None,
            is_edited=comment is None or comment.edited_by is not None,
            text=step.text,
            state=task.status_text if task is not None else "",
            used=task.credits_used if task is not None else question.used,
            hold=question.hold,
        ),
    )


def delete_other_replies(run: RunContext, step: DeleteDuplicates) -> Done:
    delete_duplicates(run, step.question.comment, step.snapshot)
    return Done()


def react_to(run: RunContext, step: React) -> Done:
    react(run, step.comment.id, step.reaction, in_thread=isinstance(step.comment, ThreadComment))
    return Done()
