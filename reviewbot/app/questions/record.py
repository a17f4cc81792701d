"""Record a question in the summary comment, and mark open questions in the check runs."""

from __future__ import annotations

from reviewbot.app.context import RunContext
from reviewbot.app.github.summary_comment import keep_text
from reviewbot.domain.findings.markers import summary_mark
from reviewbot.domain.ledger.codec import encode
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.machine.steps import Done
from reviewbot.domain.policy.verdict import Reason
from reviewbot.domain.questions.phases import MarkChecks, WriteQuestion
from reviewbot.domain.questions.record import check_marks
from reviewbot.values import replace

_NO_REVIEW = "This comment stores the record of the questions on this pull request."


def write_question(run: RunContext, step: WriteQuestion) -> Ledger:
    """Write the question into the summary comment, or create the comment. Return the ledger."""
    stored, instance = step.read.stored, run.settings.instance
    ledger = stored.kept.with_question(step.question).written_for(step.read.snapshot, instance)
    if stored.summary is not None:
        keep_text(run, stored.summary, ledger)
    else:
        encoded = encode(replace(ledger, stated=Reason.COMMAND.value), run.signer)
        body = f"{summary_mark(instance)}\n{encoded}\n\n{_NO_REVIEW}"
        run.ports.forge.create_comment(run.signer.pull_number, body)
    return ledger


def mark_checks(run: RunContext, step: MarkChecks) -> Done:
    for one in check_marks(step.snapshot, step.ledger, run.signer):
        tag_check = run.ports.forge.tag_check
        run.attempt("Recording a question in the check run", tag_check, one.check_id, one.tag, one.external_id)
    return Done()
