"""Questions to the reviewer: each is bought once, and answered once, in its thread or in the conversation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from typing import cast

from msgspec import Struct

from reviewbot.app.comments.reply import react
from reviewbot.app.context import Ports, RunContext, known_of
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.github.read_change import load_change, prepare
from reviewbot.app.load import load_settings, overrides
from reviewbot.app.perform import perform
from reviewbot.app.reviewer.read_result import files_of
from reviewbot.app.run import describe
from reviewbot.domain.codevf.attachments import SizeTier, pack, size_tiers, split_for_context
from reviewbot.domain.codevf.idempotency import question_key, text_digest
from reviewbot.domain.commands.authorize import Ask
from reviewbot.domain.commands.parse import PostedCommand, key_of, replies_to, said_in
from reviewbot.domain.findings.markers import AnswerMark, read_finding_mark, summary_mark
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import CheckStatus, Comment, Snapshot, Thread, ThreadComment
from reviewbot.domain.ledger.codec import encode, has_open_question, replace_ledger
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.memory import StoredLedger
from reviewbot.domain.machine.known import Known, ReviewedChange
from reviewbot.domain.machine.steps import Done, Failed
from reviewbot.domain.model.question import Question, QuestionState
from reviewbot.domain.model.review import Attachment, Submission, Task, TaskStatus
from reviewbot.domain.policy.eligibility import Asked
from reviewbot.domain.policy.verdict import Outcome, Reason
from reviewbot.domain.publishing.comment_diff import summaries
from reviewbot.domain.questions.answer import answer_text
from reviewbot.domain.questions.context import CONTEXT, context_of, described
from reviewbot.domain.questions.machine import MODE, Limits, Phase, Submitted, decide, learn, start
from reviewbot.domain.questions.steps import (
    Created,
    CreateQuestion,
    Finish,
    PostAnswer,
    Recorded,
    RecordQuestion,
    Result,
    Step,
)
from reviewbot.errors import ForgeUnreachable, NotApproved, NotFound, PayloadTooLarge, Refused, ReviewbotError
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.command import AnswerView, AskedView, QuestionView
from reviewbot.settings import peek_settings
from reviewbot.values import replace

TRIES = 4
"""How often a question is recorded while other runs overwrite the summary."""

_NO_REVIEW = "reviewbot keeps the record of the questions on this pull request here."


class Inquiry(Struct, frozen=True):
    """A question in this run.

    Attributes:
        text: of the question; empty if its comment was edited or deleted.
        finding: that it is about; None for the whole pull request.
        known: what the steps of a review need.
    """

    run: RunContext
    snapshot: Snapshot
    question: Question
    text: str
    finding: TrackedFinding | None
    known: Known


def ask(run: RunContext, snapshot: Snapshot, posted: PostedCommand, action: Ask) -> Outcome:
    """Buy the answer of a question unless it was bought, wait for it, and post it."""
    finding_id = action.finding.id if action.finding else ""
    question = Question(
        posted.key, text_digest(action.text), posted.sender, finding_id, QuestionState.INTENT, "", 0, None, ""
    )
    stored = read_ledger(run, snapshot, "")
    recorded = stored.ledger.questions.find(posted.key)
    asked = _inquiry(run, snapshot, recorded or question, action.text, action.finding)
    return _play(asked, start(question, recorded, _limits(asked, stored), run.now, may_buy=snapshot.pull.is_open))


def settle_questions(ports: Ports, inputs: Mapping[str, str], snapshot: Snapshot, but: Collection[str] = ()) -> None:
    """Answer the open questions whose task is over, and buy none. An error is logged; the next run tries again.

    Args:
        ports: the ports.
        inputs: of the workflow.
        snapshot: of the pull request.
        but: the `comment_key`s of questions that are left out, since their commands are carried out.
    """
    settings = peek_settings(inputs, snapshot.default_branch.config)
    summary = summaries(snapshot.comments, settings.instance).keep
    if settings.is_keyless or settings.dry_run or summary is None or not has_open_question(summary.body):
        return
    try:
        _settle(ports, inputs, snapshot, but)
    except ReviewbotError as error:
        ports.reporter.say(f"The open questions were not looked up: {error.message}")


def _settle(ports: Ports, inputs: Mapping[str, str], snapshot: Snapshot, but: Collection[str]) -> None:
    settings, snapshot = load_settings(ports, inputs, snapshot)
    run = RunContext.of(ports, settings, snapshot, Renderer(overrides(snapshot)))
    stored = read_ledger(run, snapshot, "")
    for question in stored.ledger.questions.open() if run.paid else ():
        if question.comment not in but:
            asked = _inquiry(run, snapshot, question, "", stored.ledger.findings.find(question.finding))
            outcome = _play(asked, start(question, question, _limits(asked, stored), run.now, may_buy=False))
            run.say(f"Question {question.comment}: {outcome.message}")


def _inquiry(
    run: RunContext, snapshot: Snapshot, question: Question, text: str, finding: TrackedFinding | None
) -> Inquiry:
    known = known_of(run, snapshot, Asked(question.by, question.comment, snapshot.pull.head_sha))
    known = replace(known, request=replace(known.request, mode=MODE))
    return Inquiry(run, snapshot, question, text, finding, known)


def _limits(asked: Inquiry, stored: StoredLedger) -> Limits:
    request = asked.known.request
    return Limits(
        ask_credits=asked.run.settings.ask_credits,
        max_per_pr=request.max_credits_per_pr,
        min_balance=request.min_balance,
        project=request.project,
        spent=max(stored.claimed, stored.ledger.spent),
        first_hold=stored.ledger.first_hold,
    )


def _play(asked: Inquiry, phase: Phase) -> Outcome:
    """Take the steps of a question until its run ends; signals are delayed until the task's id is recorded."""
    ports = asked.run.ports
    with ExitStack() as uninterrupted:
        while not isinstance(step := decide(phase), Finish):
            ports.reporter.debug(describe(phase, step))
            if isinstance(step, CreateQuestion):
                uninterrupted.enter_context(ports.uninterrupted())
            phase = learn(phase, _perform(asked, step), asked.run.now)
            if not isinstance(phase, Submitted):
                uninterrupted.close()
        return step.outcome


def _perform(asked: Inquiry, step: Step) -> Result:
    """Take a step; an error becomes a result."""
    try:
        match step:
            case RecordQuestion(question=question):
                return Recorded(_record(asked.run, question))
            case CreateQuestion():
                task = _create(asked, step)
                asked.run.say(f"CodeVF has the task {task.id}.")
                return Created(task)
            case PostAnswer(question=question, task=task):
                return _post_once(replace(asked, question=question), task)
            case _:
                return cast("Result", perform(asked.run, step, asked.known))
    except ReviewbotError as error:
        return Failed(error)


# The ledger


def _record(run: RunContext, question: Question) -> Ledger:
    """Record a question in the summary comment and return the ledger on GitHub.

    GitHub has no compare-and-set, so an intent is read back: another run may have overwritten it.

    Raises:
        NotApproved: the ledger is not trusted, so it cannot be written without its review.
        ForgeError: it cannot be written.
    """
    for _ in range(TRIES):
        snapshot = run.read_snapshot()
        stored = read_ledger(run, snapshot, "")
        there = stored.ledger.questions.find(question.comment)
        if there is not None and there.progress >= question.progress:
            return stored.ledger
        ledger = stored.ledger.with_question(question).written_for(snapshot, run.settings.instance)
        with suppress(ForgeUnreachable, NotFound):  # it is read again
            _write(run, stored, ledger)
            _tag_checks(run, snapshot, ledger)
            if question.state is not QuestionState.INTENT:
                return ledger
    raise ForgeUnreachable(
        "The question could not be recorded in the summary comment.",
        hint="The next run on the pull request tries again.",
    )


def _write(run: RunContext, stored: StoredLedger, ledger: Ledger) -> None:
    """Write the ledger into the summary, whose text stays; without a review there may be none."""
    if stored.problem or stored.lost:
        raise NotApproved(
            f"The record of this pull request is missing or not trusted: it cannot store a question. {stored.problem}",
            hint="Request a review with `/reviewbot review`, then ask again.",
        )
    keep = stored.summary
    if keep is not None:
        run.ports.forge.update_comment(keep.id, replace_ledger(keep.body, encode(ledger, run.signer)))
    else:
        encoded = encode(replace(ledger, stated=Reason.COMMAND.value), run.signer)
        body = f"{summary_mark(run.settings.instance)}\n{encoded}\n\n{_NO_REVIEW}"
        run.ports.forge.create_comment(run.signer.pull_number, body)


def _tag_checks(run: RunContext, snapshot: Snapshot, ledger: Ledger) -> None:
    """Let the newest check run say whether a question is open, so that a collection finds it, and no older one.

    One in progress is found anyway, and another run may be recording its purchase there.
    """
    asks = bool(ledger.questions.open())
    checks = (*snapshot.older_checks, *snapshot.checks)
    own = [(one, one.tag) for one in checks if one.tag is not None and not one.foreign]
    newest = max((one.id for one, _ in own), default=0)
    for one, tag in own:
        wanted = replace(tag, asks=asks and one.id == newest)
        if one.status == CheckStatus.COMPLETED and wanted != tag:
            write = partial(run.ports.forge.tag_check, one.id, wanted, one.external_id)
            run.attempt("The note of an open question in the check run", write)


# The task


def _create(asked: Inquiry, step: CreateQuestion) -> Task:
    """Create the task, or find it by its key; the files are those that a review may send.

    Raises:
        ServiceError: there is no task, or it is unknown.
    """
    run, snapshot = asked.run, asked.snapshot
    change = prepare(run, snapshot, load_change(run.ports, snapshot.pull))
    *larger, smallest = size_tiers(run.settings.attachment_bytes)
    for tier in larger:
        with suppress(PayloadTooLarge):
            return run.service.create(_submission(asked, step, change, tier))
    return run.service.create(_submission(asked, step, change, smallest))


def _submission(asked: Inquiry, step: CreateQuestion, change: ReviewedChange, tier: SizeTier) -> Submission:
    run, question, pull = asked.run, step.question, asked.snapshot.pull
    attachments = _attachments(asked, change, tier)
    repository, instance = asked.snapshot.repository, run.settings.instance
    return Submission(
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


def _attachments(asked: Inquiry, change: ReviewedChange, tier: SizeTier) -> tuple[Attachment, ...]:
    """Return the finding's file or every selected file, then the finding and its thread."""
    finding = asked.finding
    for_files, for_context = split_for_context(tier)
    files = [one for one in change.sendables if finding is None or one.path == finding.path]
    thread = _thread(asked, asked.snapshot)
    pull, instance = asked.snapshot.pull, asked.run.settings.instance

    def redact(text: str) -> str:
        return change.redactor.redact(text).text

    context = redact(context_of(finding, thread, pull, instance, for_context.attachment, redact))
    packed = pack(files, for_files).attachments if files else ()
    return (*packed, Attachment(CONTEXT, context)) if context else packed


def _prompt(asked: Inquiry, change: ReviewedChange, attachments: tuple[Attachment, ...]) -> QuestionView:
    finding, snapshot = asked.finding, asked.snapshot
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


# The answer


def _post_once(asked: Inquiry, task: Task | None) -> Done:
    """Post the reply unless it is there, delete one that a racing run posted as well, and mark the question as done."""
    run = asked.run
    now = run.read_snapshot()
    answers = _answers(asked, now)
    if not answers:
        _post(asked, now, run.renderer.answer(_view(asked, now, task)))
        answers = _answers(asked, run.read_snapshot())
    for extra in answers[1:]:
        in_thread = isinstance(extra, ThreadComment)
        delete = run.ports.forge.delete_review_comment if in_thread else run.ports.forge.delete_comment
        run.attempt("A second answer", partial(delete, extra.id))
    comment = _comment(asked, now)
    if comment is not None and not comment.reacted:
        react(run, comment.id, Reaction.YES, in_thread=isinstance(comment, ThreadComment))
    return Done()


def _answers(asked: Inquiry, now: Snapshot) -> tuple[Comment, ...]:
    return replies_to(said_in(now.comments, now.threads), asked.run.settings.instance, asked.question.comment)


def _comment(asked: Inquiry, now: Snapshot) -> Comment | None:
    """Return the comment that asks; None if it was deleted."""
    return next((one for one in said_in(now.comments, now.threads) if key_of(one) == asked.question.comment), None)


def _post(asked: Inquiry, now: Snapshot, body: str) -> None:
    """Post the reply in the thread or the conversation. If the response is lost, it is looked for first."""
    run, thread = asked.run, _thread(asked, now)
    for _ in range(2):
        try:
            if thread is None:
                run.ports.forge.create_comment(now.pull.number, body)
            else:
                run.ports.forge.create_reply(now.pull.number, thread.comments[0].id, body)
        except (NotFound, Refused):  # the thread is gone
            if thread is None:
                raise
            thread = None
        except ForgeUnreachable:
            if _answers(asked, run.read_snapshot()):
                return
        else:
            return
    run.ports.forge.create_comment(now.pull.number, body)


def _thread(asked: Inquiry, snapshot: Snapshot) -> Thread | None:
    """Return the thread of the question, else that of its finding."""
    key, finding = asked.question.comment, asked.question.finding
    own = (one for one in snapshot.threads if any(key_of(comment) == key for comment in one.comments))
    return next(own, None) or next((one for one in snapshot.threads if finding and _is_about(one, finding)), None)


def _is_about(thread: Thread, finding_id: str) -> bool:
    first: Comment | None = next(iter(thread.comments), None)
    mark = read_finding_mark(first.body) if first and first.ours and first.edited_by_us else None
    return mark is not None and finding_id in mark.ids


def _view(asked: Inquiry, now: Snapshot, task: Task | None) -> AnswerView:
    run, question, finding = asked.run, asked.question, asked.finding
    comment = _comment(asked, now)
    done = task is not None and task.status is TaskStatus.COMPLETED
    text = answer_text(task.result, files_of(run.service, task)) if task is not None and done else ""
    return AnswerView(
        mark=str(AnswerMark(run.settings.instance, question.comment, Reaction.YES)),
        word="ask",
        refusal="",
        sender=question.by,
        needs="",
        target="",
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
