"""Record a question in the ledger, and mark open questions in the check runs."""

from __future__ import annotations

from contextlib import suppress

from reviewbot.app.context import RunContext
from reviewbot.app.github.ledger_store import read_ledger
from reviewbot.app.github.summary_comment import keep_text
from reviewbot.domain.findings.markers import summary_mark
from reviewbot.domain.github.pull_request import CheckStatus, Snapshot
from reviewbot.domain.ledger.codec import encode
from reviewbot.domain.ledger.external_id import counted, decode_external_id
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.model.question import Question, QuestionState
from reviewbot.domain.policy.verdict import Reason
from reviewbot.errors import ForgeUnreachable, NotApproved, NotFound
from reviewbot.values import replace

TRIES = 4
"""The number of attempts to record a question while other runs overwrite the summary."""

_NO_REVIEW = "This comment stores the record of the questions on this pull request."


def record_question(run: RunContext, question: Question) -> Ledger:
    """Record a question in the summary comment and return the ledger on GitHub.

    GitHub has no compare-and-set, so another run may overwrite an intent. Therefore, the intent is read back.

    Raises:
        NotApproved: the ledger is missing or not trusted, so only a review can replace the ledger.
        ForgeError: the ledger cannot be written.
    """
    for _ in range(TRIES):
        snapshot = run.read_snapshot()
        stored = read_ledger(run, snapshot)
        there = stored.ledger.questions.find(question.comment)
        if there is not None and there.progress >= question.progress:
            if not (stored.problem or stored.lost):  # GitHub's response to this write may have been lost
                with suppress(ForgeUnreachable, NotFound):
                    _write_checks(run, snapshot, stored.ledger)
            return stored.ledger
        ledger = stored.kept.with_question(question).written_for(snapshot, run.settings.instance)
        with suppress(ForgeUnreachable, NotFound):  # the next attempt reads the summary again
            _write(run, stored, ledger)
            _write_checks(run, snapshot, ledger)
            if question.state is not QuestionState.INTENT:
                return ledger
    raise ForgeUnreachable(
        "reviewbot could not record the question in the summary comment.",
        hint="The next run on the pull request tries again.",
    )


def _write(run: RunContext, stored: StoredLedger, ledger: Ledger) -> None:
    if stored.problem or stored.lost:
        raise NotApproved(
            "reviewbot cannot store the question, because the record of this pull request is missing or not trusted. "
            f"{stored.problem}",
            hint="Request a review with `/reviewbot review`, then ask again.",
        )
    if stored.summary is not None:
        keep_text(run, stored.summary, ledger)
    else:
        encoded = encode(replace(ledger, stated=Reason.COMMAND.value), run.signer)
        body = f"{summary_mark(run.settings.instance)}\n{encoded}\n\n{_NO_REVIEW}"
        run.ports.forge.create_comment(run.signer.pull_number, body)


def _write_checks(run: RunContext, snapshot: Snapshot, ledger: Ledger) -> None:
    """Mark in the newest check run whether a question is open, and update the counter in the newest copy.

    `collect` finds the question by the mark. The counter prevents later runs from trusting an older summary. Check runs
    of this head count as newer than all others, so that the next run does not move the mark. Check runs in progress are
    skipped, because another run may be recording a purchase in them.
    """
    checks = sorted((*snapshot.older_checks, *snapshot.checks), key=lambda one: (one in snapshot.checks, one.id))
    own = [(one, one.tag) for one in checks if one.tag is not None and not one.foreign]
    done = [(one, tag) for one, tag in own if one.status == CheckStatus.COMPLETED]
    newest, asks = ([one.id for one, _ in own] or [0])[-1], bool(ledger.questions.open())
    copied = ([one.id for one, _ in done if decode_external_id(one.external_id, run.signer)] or [0])[-1]
    for one, tag in done:
        wanted = replace(tag, asks=asks and one.id == newest)
        copy = counted(one.external_id, ledger, run.signer) if one.id == copied else one.external_id
        if (wanted, copy) != (tag, one.external_id):
            run.attempt("Recording a question in the check run", run.ports.forge.tag_check, one.id, wanted, copy)
