"""Answer a command in its thread or in the conversation, then add the reaction that marks the command as done."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from msgspec import Struct

from reviewbot.app.context import RunContext
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.domain.commands.authorize import CommandAction, EditLedger, Refusal, asked_about, fitting, refusal_after
from reviewbot.domain.commands.parse import CommandName, PostedCommand, answers_to, said_in, thread_with
from reviewbot.domain.findings.markers import AnswerMark
from reviewbot.domain.findings.tracked_finding import MAX_REASON, Waiver
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment, Snapshot, Thread, ThreadComment
from reviewbot.domain.ledger.edits import GrantBypass, Waive
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.decisions.outcome import current_check
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.domain.redaction.places import Place
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.errors import ForgeUnreachable, NotFound, Refused
from reviewbot.render.view_models.command import AnswerView, StatusView
from reviewbot.render.view_models.review import BypassView
from reviewbot.values import replace

_EMOJI = "Reacting to a command"

_REPEATED = frozenset((Refusal.OWN, Refusal.BY_WORKFLOW, Refusal.NEWER_HEAD, Refusal.NEWER_ANSWER, Refusal.ARGUMENTS))
"""The refusals whose text quotes the command's reason or invalid arguments."""


class Executed(Struct, frozen=True):
    posted: PostedCommand
    action: CommandAction
    outcome: Outcome | None
    now: Snapshot
    stored: StoredLedger

    @property
    def refusal(self) -> Refusal | None:
        return refusal_after(self.action, self.outcome, self.stored.ledger)

    @property
    def waiver(self) -> Waiver | None:
        """The recorded waiver of the finding that the command waived."""
        edit = self.action.edit if isinstance(self.action, EditLedger) else None
        record = self.stored.ledger.findings.find(edit.finding_id) if isinstance(edit, Waive) else None
        return record.waiver if record else None


def reply(
    run: RunContext, snapshot: Snapshot, posted: PostedCommand, action: CommandAction, outcome: Outcome | None
) -> str:
    """Answer a command according to the state on GitHub. Return the reason for a refusal, or an empty string."""
    now = run.read_snapshot()
    done = Executed(posted, action, outcome, now, read_ledger(run, now))
    reaction = done.refusal.reaction if done.refusal else Reaction.YES
    mark = AnswerMark(run.settings.instance, posted.key, reaction)
    view = _view(run, snapshot.pull.head_sha, done, mark)
    if not replies_to(run, posted.key, now):
        body, in_thread = (run.renderer.post(one) for one in (view, replace(view, in_reply_to=None)))
        is_there = partial(replies_to, run, posted.key)
        thread = thread_with(posted.key, now.threads)
        run.attempt("Answering a command", post_in, run, now, thread, in_thread, is_there, elsewhere=body)
        if posted.command.name is CommandName.ASK:
            delete_duplicates(run, posted.key, run.read_snapshot())
    react(run, posted.comment_id, reaction, in_thread=posted.in_thread)
    return run.renderer.answer_words(view) if done.refusal else ""


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
    return answers_to(said_in(now.comments, now.threads), run.settings.instance, key)


def delete_duplicates(run: RunContext, key: str, now: Snapshot) -> None:
    """Delete all answers to a question except the first of `replies_to`, because concurrent runs may post several."""
    for extra, _ in replies_to(run, key, now)[1:]:
        in_thread = isinstance(extra, ThreadComment)
        delete = run.ports.forge.delete_review_comment if in_thread else run.ports.forge.delete_comment
        run.attempt("Deleting a duplicate comment", delete, extra.id)


def _view(run: RunContext, head_sha: str, done: Executed, mark: AnswerMark) -> AnswerView:
    command, outcome, check = done.posted.command, done.outcome, current_check(done.now)
    finding = done.action.finding if isinstance(done.action, EditLedger) else None
    is_status = command.name is CommandName.STATUS and done.refusal is None
    return AnswerView(
        mark=str(mark),
        word=command.name.value,
        refusal=done.refusal.value if done.refusal else "",
        sender=done.posted.sender,
        needs=command.name.needs.value,
        target=command.target or _id_of_thread(done),
        head_sha=head_sha,
        check_title=check.title if check else "",
        finding=finding.title if finding else "",
        finding_id=finding.id if finding else "",
        said=_reason(run, done),
        # A waiver of a finding whose code is not in the file ends at the next change.
        until_push=done.waiver is not None and done.stored.ledger.is_of_change(done.waiver),
        in_thread=done.posted.in_thread,
        in_reply_to=done.posted.url if done.posted.in_thread else None,
        choices=_choices(done) if done.refusal in {Refusal.SEVERAL_FINDINGS, Refusal.OTHER_FINDING} else (),
        reason=outcome.reason.value if outcome else "",
        message=outcome.message if outcome and done.refusal else "",
        hint=outcome.hint if outcome and done.refusal else "",
        paid=run.settings.paid,
        status=_status(done) if is_status else None,
    )


def _reason(run: RunContext, done: Executed) -> str:
    """Return the redacted reason in a refused command, or the recorded reason of a waiver or a bypass."""
    if done.refusal in _REPEATED:
        text = done.posted.command.reason
        redactor = Redactor.of([(text, Place.DATA)], run.settings.secrets())
        return shorten_line(redactor.redact(text).text, MAX_REASON)
    bypass = done.stored.ledger.bypass
    if isinstance(done.action, EditLedger) and isinstance(done.action.edit, GrantBypass):
        return bypass.reason if bypass else ""
    return done.waiver.reason if done.waiver else ""


def _id_of_thread(done: Executed) -> str:
    """Return the id of the thread's only finding for `waive` or `unwaive`, otherwise an empty string."""
    findings = done.posted.findings if done.posted.command.name in {CommandName.WAIVE, CommandName.UNWAIVE} else ()
    return findings[0] if len(findings) == 1 else ""


def _choices(done: Executed) -> tuple[tuple[str, str], ...]:
    findings = done.stored.ledger.findings
    if done.posted.command.name is CommandName.ASK:
        return tuple((one.id, one.title) for one in asked_about(done.posted, findings))
    meant = fitting(done.posted, findings)
    word = done.posted.command.reason.partition(" ")[0].casefold() if done.refusal is Refusal.OTHER_FINDING else ""
    fit = (one for one in findings.open() if one in meant or (word and one.id.startswith(word)))
    return tuple((one.id, one.title) for one in fit)


def _status(done: Executed) -> StatusView:
    ledger = done.stored.ledger
    findings, bypass = ledger.findings, ledger.bypass
    return StatusView(
        waiting=tuple(one.head_sha for one in ledger.open_tasks()),
        deferred=bool(ledger.deferred()),
        counts=findings.by_severity(""),
        waived=sum(record.waiver is not None for record in findings.open()),
        spent=ledger.spent,
        bypass=BypassView(bypass.by, bypass.reason) if bypass else None,
        problem=done.stored.problem,
        questions=len(ledger.questions.open()),
    )
