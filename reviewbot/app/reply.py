"""The answer to a command: one comment that names the command's, then the emoji that ends it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from reviewbot.app.check import current_check
from reviewbot.app.memory import Memory, read_memory
from reviewbot.app.run import Run
from reviewbot.domain.command_views import AnswerView, StatusView
from reviewbot.domain.commands import Order, Word, answers_to
from reviewbot.domain.deeds import Amend, Deed, Refusal, refusal_after
from reviewbot.domain.gate import Outcome
from reviewbot.domain.marks import AnswerMark
from reviewbot.domain.model import Severity
from reviewbot.domain.publication import Reaction
from reviewbot.domain.snapshot import Snapshot
from reviewbot.domain.views import BypassView
from reviewbot.errors import ForgeUnreachable

_EMOJI = "The emoji under a command"


@dataclass(frozen=True, slots=True)
class Done:
    """A command, what came of it, and how the pull request is after that.

    Attributes:
        outcome: of the run that it took, None when it took none.
    """

    order: Order
    deed: Deed
    outcome: Outcome | None
    now: Snapshot
    memory: Memory

    @property
    def refusal(self) -> Refusal | None:
        """Why it was not carried out, None when it was."""
        return refusal_after(self.deed, self.outcome, self.memory.ledger)


def reply(run: Run, order: Order, deed: Deed, outcome: Outcome | None) -> Refusal | None:
    """Answer a command by what is written down by now.

    Returns:
        Why it was not carried out, None when it was.
    """
    now = run.read_again()
    done = Done(order, deed, outcome, now, read_memory(run, now, ""))
    reaction = done.refusal.reaction if done.refusal else Reaction.YES
    mark = AnswerMark(run.settings.instance, order.comment_id, reaction)
    if not _is_answered(run, order, now):
        body = run.renderer.answer(_view(run, done, mark))
        run.attempt("The answer to a command", partial(_post, run, order, body))
    react(run, order, reaction)
    return done.refusal


def react(run: Run, order: Order, reaction: Reaction) -> None:
    """Put the emoji under a command that says that it was carried out, or why not is said elsewhere."""
    put = partial(run.world.forge.react, order.comment_id, reaction)
    try:
        run.attempt(_EMOJI, put)
    except ForgeUnreachable:
        run.attempt(_EMOJI, put)  # GitHub keeps one of a kind from each, so it may be there already


def _is_answered(run: Run, order: Order, now: Snapshot) -> bool:
    return bool(answers_to(now.comments, run.settings.instance, order.comment_id))


def _post(run: Run, order: Order, body: str) -> None:
    """Post the answer; when GitHub's own is lost, what is there is read before it is posted again."""
    forge, number = run.world.forge, run.snapshot.pull.number
    try:
        forge.create_comment(number, body)
    except ForgeUnreachable:
        if not _is_answered(run, order, run.read_again()):
            forge.create_comment(number, body)


def _view(run: Run, done: Done, mark: AnswerMark) -> AnswerView:
    said, outcome, check = done.order.said, done.outcome, current_check(done.now)
    finding = done.deed.finding if isinstance(done.deed, Amend) else None
    tells = said.word is Word.STATUS and done.refusal is None
    return AnswerView(
        mark=str(mark),
        word=said.word.value,
        refusal=done.refusal.value if done.refusal else "",
        sender=done.order.sender,
        needs=said.word.needs.value,
        target=said.target,
        head_sha=run.snapshot.pull.head_sha,
        check_title=check.title if check else "",
        finding=finding.title if finding else "",
        finding_id=finding.id if finding else "",
        said=said.reason,
        reason=outcome.reason.value if outcome else "",
        message=outcome.message if outcome and done.refusal else "",
        hint=outcome.hint if outcome and done.refusal else "",
        paid=run.paid,
        status=_status(done) if tells else None,
    )


def _status(done: Done) -> StatusView:
    ledger = done.memory.ledger
    findings, bypass = ledger.findings, ledger.bypass
    severities = findings.severities("")
    return StatusView(
        waiting=tuple(one.head_sha for one in ledger.open_tasks()),
        postponed=bool(ledger.postponed()),
        counts={severity: severities.count(severity) for severity in Severity},
        waived=sum(record.waiver is not None for record in findings.open()),
        spent=ledger.spent,
        bypass=BypassView(bypass.by, bypass.reason) if bypass else None,
        problem=done.memory.problem,
    )
