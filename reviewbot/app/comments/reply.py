"""Answer a command in its thread or in the conversation, then add the reaction that marks the command as done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from reviewbot.app.context import RunContext
from reviewbot.domain.commands import parse
from reviewbot.domain.commands.parse import CommandName
from reviewbot.domain.events.answer import Answer
from reviewbot.domain.events.steps import ReplyRendered
from reviewbot.domain.findings.markers import AnswerMark
from reviewbot.domain.findings.tracked_finding import MAX_REASON
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment, Snapshot, Thread, ThreadComment
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.decisions.outcome import current_check
from reviewbot.domain.redaction.places import Place
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.errors import ForgeUnreachable, NotFound, Refused
from reviewbot.render.view_models.command import AnswerView, StatusView
from reviewbot.render.view_models.review import BypassView
from reviewbot.values import replace

_EMOJI = "Reacting to a command"


def post_in(
    run: RunContext,
    now: Snapshot,
    thread: Thread | None,
    body: str,
    is_there: Callable[[Snapshot], object],
    *,
    elsewhere: str,
) -> bool:
    """Post a comment in a thread. If the thread does not exist, post `elsewhere` in the conversation."""
    forge, number = run.ports.forge, now.pull.number
    if thread is not None:
        with suppress(NotFound, Refused):
            return run.post_once(partial(forge.create_reply, number, thread.comments[0].id, body), is_there)
    return run.post_once(partial(forge.create_comment, number, elsewhere), is_there)


def react(run: RunContext, comment_id: int, reaction: Reaction, *, in_thread: bool) -> None:
    put = partial(run.ports.forge.react, comment_id, reaction, in_thread=in_thread)
    try:
        run.attempt(_EMOJI, put)
    except ForgeUnreachable:
        run.attempt(_EMOJI, put)  # idempotent: GitHub keeps one reaction of a kind per account


def replies_to(run: RunContext, key: str, now: Snapshot) -> list[tuple[Comment, AnswerMark]]:
    """Return the answers to a command, starting with answers that report success."""
    return parse.replies_to(now, run.settings.instance, key)


def delete_duplicates(run: RunContext, key: str, now: Snapshot) -> None:
    """Delete all answers to a question except the first of `replies_to`, because concurrent runs may post several."""
    for extra, _ in replies_to(run, key, now)[1:]:
        in_thread = isinstance(extra, ThreadComment)
        delete = run.ports.forge.delete_review_comment if in_thread else run.ports.forge.delete_comment
        run.attempt("Deleting a duplicate comment", delete, extra.id)


def render_reply(run: RunContext, answer: Answer) -> ReplyRendered:
    view = _view(run, answer)
    in_thread, in_conversation = (run.renderer.post(one) for one in (replace(view, in_reply_to=None), view))
    return ReplyRendered(in_thread, in_conversation, run.renderer.answer_words(view))


def _view(run: RunContext, answer: Answer) -> AnswerView:
    posted, outcome, finding, refusal = answer.posted, answer.outcome, answer.finding, answer.refusal
    word, check = posted.command.name, current_check(answer.snapshot)
    return AnswerView(
        mark=str(AnswerMark(run.settings.instance, posted.key, answer.reaction)),
        word=word.value,
        refusal=refusal.value if refusal else "",
        sender=posted.sender,
        needs=word.needs.value,
        target=answer.target,
        head_sha=answer.head_sha,
        check_title=check.title if check else "",
        finding=finding.title if finding else "",
        finding_id=finding.id if finding else "",
        said=_redacted(run, answer.quoted) or answer.recorded_reason,
        # A waiver of a finding whose code is not in the file ends at the next change.
        until_push=answer.waiver is not None and answer.stored.ledger.is_of_change(answer.waiver),
        in_thread=posted.in_thread,
        in_reply_to=posted.url if posted.in_thread else None,
        choices=tuple((one.id, one.title) for one in answer.choices),
        reason=outcome.reason.value if outcome else "",
        message=outcome.message if outcome and refusal else "",
        hint=outcome.hint if outcome and refusal else "",
        paid=run.settings.paid,
        status=_status(answer.stored) if word is CommandName.STATUS and refusal is None else None,
    )


def _redacted(run: RunContext, text: str) -> str:
    redactor = Redactor.of([(text, Place.DATA)], run.settings.secrets())
    return shorten_line(redactor.redact(text).text, MAX_REASON)


def _status(stored: StoredLedger) -> StatusView:
    ledger = stored.ledger
    findings, bypass = ledger.findings, ledger.bypass
    return StatusView(
        waiting=tuple(one.head_sha for one in ledger.open_tasks()),
        deferred=bool(ledger.deferred()),
        counts=findings.by_severity(""),
        waived=sum(record.waiver is not None for record in findings.open()),
        spent=ledger.spent,
        bypass=BypassView(bypass.by, bypass.reason) if bypass else None,
        problem=stored.problem,
        questions=len(ledger.questions.open()),
    )
