"""Post the answer to a question once, in the thread or in the conversation."""

from __future__ import annotations

from reviewbot.app.comments.reply import delete_duplicates, post_in, react, replies_to
from reviewbot.app.context import RunContext
from reviewbot.app.reviewer.read_result import files_of
from reviewbot.domain.commands.parse import key_of, said_in
from reviewbot.domain.findings.markers import AnswerMark
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment, Snapshot, ThreadComment
from reviewbot.domain.machine.steps import Done
from reviewbot.domain.model.question import Question
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.domain.questions.context import answer_text, thread_of
from reviewbot.errors import ForgeError
from reviewbot.render.view_models.command import AnswerView, AskedView


def acknowledge(run: RunContext, question: Question) -> None:
    """React to the question's comment, because the answer takes hours. If GitHub fails, only log the error."""
    comment_id, in_thread = int(question.comment.removeprefix("r")), question.comment.startswith("r")
    try:
        react(run, comment_id, Reaction.EYES, in_thread=in_thread)
    except ForgeError as error:
        run.ports.reporter.debug(f"reviewbot could not add the reaction 👀: {error.clause}")


def post_answer(run: RunContext, question: Question, finding: TrackedFinding | None, task: Task | None) -> Done:
    """Post the reply unless one exists, delete duplicates that concurrent runs posted, and react to the question.

    A reply with an answer replaces an earlier reply without an answer.
    """
    now = run.read_snapshot()
    text = "" if _is_answered(run, question, now) else _text(run, task)
    if is_new := bool(text or not replies_to(run, question.comment, now)):
        _post(run, question, now, run.renderer.post(_view(run, question, finding, task, now, text)))
        now = run.read_snapshot()
    delete_duplicates(run, question.comment, now)
    comment = _comment(question, now)
    if comment is not None and (is_new or not comment.reacted):
        reaction = Reaction.YES if _is_answered(run, question, now) else Reaction.NO
        react(run, comment.id, reaction, in_thread=isinstance(comment, ThreadComment))
    return Done()


def _text(run: RunContext, task: Task | None) -> str:
    done = task is not None and task.status is TaskStatus.COMPLETED
    return answer_text(task.result, files_of(run.service, task)).strip() if task is not None and done else ""


def _is_answered(run: RunContext, question: Question, now: Snapshot) -> bool:
    return any(mark.reaction is Reaction.YES for _, mark in replies_to(run, question.comment, now))


def _comment(question: Question, now: Snapshot) -> Comment | None:
    return next((one for one in said_in(now.comments, now.threads) if key_of(one) == question.comment), None)


def _post(run: RunContext, question: Question, now: Snapshot, body: str) -> None:
    before = len(replies_to(run, question.comment, now))

    def is_there(found: Snapshot) -> bool:
        return len(replies_to(run, question.comment, found)) > before

    post_in(run, now, thread_of(question, now.threads, run.settings.instance), body, is_there, elsewhere=body)


def _view(
    run: RunContext, question: Question, finding: TrackedFinding | None, task: Task | None, now: Snapshot, text: str
) -> AnswerView:
    comment, reaction = _comment(question, now), Reaction.YES if text else Reaction.NO
    return AnswerView(
        mark=str(AnswerMark(run.settings.instance, question.comment, reaction)),
        word="ask",
        sender=question.by,
        head_sha=now.pull.head_sha,
        finding=finding.title if finding else "",
        finding_id=question.finding,
        reply=AskedView(
            asker=question.by,
            url=comment.url if comment else None,
            is_edited=comment is None or comment.edited_by is not None,
            text=text,
            state=task.status_text if task is not None else "",
            used=task.credits_used if task is not None else question.used,
            hold=question.hold,
        ),
    )
