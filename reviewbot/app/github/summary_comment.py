"""Write the summary comment, which contains the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from reviewbot.app.context import RunContext
from reviewbot.app.output.views import summary_view
from reviewbot.domain.findings.markers import summary_mark
from reviewbot.domain.github.pull_request import Comment, Snapshot
from reviewbot.domain.ledger.codec import encode, replace_ledger
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.opinions import opinions_of
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.decisions.outcome import (
    SUMMARY,
    answer_of,
    apply_bypass,
    keeps_text,
    statement,
    summary_is_due,
)
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import Done, SummaryWritten
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.domain.publishing.comment_diff import marked_threads, summaries
from reviewbot.domain.text.size_limits import SUMMARY as SUMMARY_LIMIT
from reviewbot.errors import ForgeError
from reviewbot.render.renderer import SummaryText
from reviewbot.values import replace

HOUR = 3600


def write_summary(run: RunContext, known: Known, outcome: Outcome) -> SummaryWritten | Done:
    """Create or update the summary comment, and delete duplicates that concurrent runs posted.

    The comment keeps the text about an answer until the next answer.
    """
    if not summary_is_due(known, outcome):
        return Done()
    outcome, snapshot = apply_bypass(known, outcome), known.snapshot
    found = summaries(snapshot.comments, known.request.instance)
    keep = known.summary or found.keep
    written = _counted(run, known, keep)
    is_kept = keeps_text(known)  # the check shows this outcome
    written = written if is_kept else _stating(written, outcome)
    summary = _summary(run, written, outcome)
    body, is_whole = summary.text, summary.is_whole and not is_kept
    if keep and is_kept:
        body = replace_ledger(keep.body, encode(_recorded(run, written), run.signer))
        body = body if known.request.check_run or not known.ledgers.update.answers else _beside(run, body, summary.text)
    forge, number = run.ports.forge, known.snapshot.pull.number
    if keep and keep.body == body:
        _delete(run, found.extra)
        return SummaryWritten(keep, known.ledgers.written, is_new=False, is_whole=is_whole)
    write = partial(forge.update_comment, keep.id, body) if keep else partial(forge.create_comment, number, body)
    comment = run.attempt(SUMMARY, write)
    _delete(run, found.extra if comment else ())
    if comment:
        return SummaryWritten(comment, written.ledgers.written, is_new=True, is_whole=is_whole)
    return SummaryWritten(keep, known.ledgers.written, is_new=False, is_whole=False) if keep else Done()


def _delete(run: RunContext, duplicates: Iterable[Comment]) -> None:
    """Delete duplicates. The summary must already contain the duplicates' records, which may exist nowhere else."""
    for double in duplicates:
        run.attempt(SUMMARY, run.ports.forge.delete_comment, double.id)


def _beside(run: RunContext, body: str, text: str) -> str:
    """If there is space, add the text of an older head's review, because that review has no check."""
    other = replace_ledger(text, "").removeprefix(summary_mark(run.settings.instance)).strip()
    both = f"{body}\n\n---\n\n{other}\n"
    return body if other in body or SUMMARY_LIMIT.size(both) > SUMMARY_LIMIT.limit else both


def keep_text(run: RunContext, summary: Comment, ledger: Ledger) -> None:
    """Write a ledger into the summary without changing the summary's text."""
    run.ports.forge.update_comment(summary.id, replace_ledger(summary.body, encode(ledger, run.signer)))


def record_opinions(run: RunContext, snapshot: Snapshot, stored: StoredLedger) -> None:
    """Record the 👍 and 👎 of a closed pull request in the ledger, in at most one request."""
    instance, keep = run.settings.instance, stored.summary
    is_same = stored.ledger.opinions == opinions_of(snapshot, instance)
    if keep is None or stored.problem or stored.has_duplicates or is_same or not run.settings.summary_comment:
        return
    try:
        run.attempt(SUMMARY, keep_text, run, keep, stored.kept.written_for(snapshot, instance))
    except ForgeError as error:
        run.ports.reporter.say(f"reviewbot could not record the reactions: {error.clause}")


def _stating(known: Known, outcome: Outcome) -> Known:
    said = answer_of(known.task_id) if known.report else statement(outcome)
    return replace(known, ledgers=known.ledgers.stored(replace(known.ledgers.written, stated=said)))


def _counted(run: RunContext, known: Known, keep: Comment | None) -> Known:
    """Increase the ledger's counter unless the comment already contains this ledger."""
    if keep and encode(_recorded(run, known), run.signer) in keep.body:
        return known
    written = known.ledger.written_for(known.snapshot, known.request.instance)
    return replace(known, ledgers=known.ledgers.stored(written))


def _summary(run: RunContext, known: Known, outcome: Outcome) -> SummaryText:
    """Return the comment without the run's URL and with the wait in whole hours, so that most runs do not edit it."""
    view = summary_view(run, known, outcome)
    wait = view.wait and replace(view.wait, elapsed_seconds=view.wait.elapsed_seconds // HOUR * HOUR)
    return run.renderer.summary(replace(view, ledger=_encoded(run, known), run_url=None, wait=wait))


def _encoded(run: RunContext, known: Known) -> str:
    """Encode the ledger, or return an empty string if this ledger is empty and an earlier ledger is lost.

    Otherwise, the next run would trust the empty ledger. If this run failed before it read the ledger, reviewbot's
    comments show that there was an earlier one.
    """
    threads = () if known.is_read else known.snapshot.threads
    is_lost = known.stored.lost or any(marked_threads(threads, known.request.instance))
    is_unknown = is_lost and not known.ledger.purchases and known.ledger.bypass is None
    return "" if is_unknown else encode(_recorded(run, known), run.signer)


def _recorded(run: RunContext, known: Known) -> Ledger:
    """Return the ledger to store, without the findings of a free review."""
    if known.request.paid or not run.settings.paid:
        return known.ledger
    return replace(known.ledgers.written, posted=known.ledger.posted)
