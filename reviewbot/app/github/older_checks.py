"""Complete the check runs of older heads and other bases after the ledger records their tasks as finished."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reviewbot.app.context import RunContext
from reviewbot.app.github.check_run import write_check_run
from reviewbot.app.github.ledger_store import every_check
from reviewbot.domain.github.pull_request import CheckRun, CheckStatus
from reviewbot.domain.ledger.external_id import ExternalId, decode_external_id
from reviewbot.domain.ledger.ledger import Ledger, Purchase
from reviewbot.domain.ledger.skip_record import push_record, skip_record
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.ledger.versions import LedgerVersions
from reviewbot.domain.machine.decisions.older_heads import heads_below, hides_older_heads, outlives
from reviewbot.domain.machine.decisions.outcome import left_open
from reviewbot.domain.machine.known import Bought, Known, OwnReview
from reviewbot.domain.machine.steps import Done
from reviewbot.domain.policy.verdict import superseded
from reviewbot.errors import ForgeError
from reviewbot.values import replace

Closing = tuple[CheckRun, Purchase | None]
"""A check run to complete, and the purchase to copy to it, or None to keep its copy of a purchase."""


def close_older_checks(run: RunContext, known: Known) -> Done:
    """Complete older check runs whose tasks are finished, withdraw green ones, and record the ledger's counter."""
    if run.settings.paid and known.request.check_run:
        judged = tuple(_to_judge(run, known, _older_checks(run, known)))
        for check, bought in (*judged, *_to_count(run, known)):
            _close(run, known, check, bought)
    return Done()


def _older_checks(run: RunContext, known: Known) -> Sequence[CheckRun]:
    """Return the check runs of other heads. Read those of all heads if one outside the snapshot may be outdated.

    `every_check` reads only the last commits before a force-push, so recorded heads below them are read individually.
    """
    checks = (*known.stored.older_checks, *known.snapshot.older_checks)
    name, number = known.request.check_names.plain, known.snapshot.pull.number
    try:
        if hides_older_heads(known):
            checks = (*checks, *every_check(run, known.snapshot)[0])
        for sha in sorted(heads_below(known) - {one.head_sha for one in checks}):
            checks = (*checks, *run.ports.forge.checks(sha, name, number))
    except ForgeError as error:
        run.note(f"reviewbot could not read the check runs of older heads: {error.clause}")
    return checks


def _to_judge(run: RunContext, known: Known, older: Iterable[CheckRun]) -> Iterator[Closing]:
    """Yield older check runs whose tasks are finished, and green ones if a new run there might not be green."""
    for check in _shown_or_open(known, older):
        copy = decode_external_id(check.external_id, run.signer)
        bought = left_open(known, check, copy)
        if bought or _outlives(run, known, check, copy):
            yield check, bought


def _shown_or_open(known: Known, older: Iterable[CheckRun]) -> Iterator[CheckRun]:
    """Yield the check runs that GitHub shows for other heads and bases, and hidden check runs that are in progress.

    On each head, GitHub shows only the newest of an App's check runs with the same name, and hides the others.
    """
    here = (*known.snapshot.checks, *((known.wrote.check,) if known.wrote.check else ()))
    found = {one.id: one for one in (*older, *here)}
    own = [found[key] for key in sorted(found) if not found[key].foreign]
    shown = {(one.head_sha, one.name): one.id for one in own}.values()
    ids = {one.id for one in here}
    return (one for one in own if (one.id not in ids if one.id in shown else one.status != CheckStatus.COMPLETED))


def _outlives(run: RunContext, known: Known, check: CheckRun, copy: ExternalId | None) -> bool:
    """Return whether a check that a ruleset can require must become `action_required` (see `outlives`)."""
    if check.name != known.request.check_names.plain or known.request.is_keyless:
        return False
    pull = replace(known.snapshot.pull, head_sha=check.head_sha)
    records = {skip_record(pull, run.signer), push_record(pull, run.signer)}
    return outlives(known, check, copy, records)


def _to_count(run: RunContext, known: Known) -> Iterable[Closing]:
    """Return the latest check run with a purchase if none has the ledger's counter, so that no older one is trusted."""
    own = known.wrote.check
    checks = (*known.snapshot.older_checks, *((own,) if own else known.snapshot.checks))
    copies = [(one, copy) for one in checks if (copy := decode_external_id(one.external_id, run.signer))]
    if any(copy.counter >= known.ledger.counter for _, copy in copies):
        return ()
    others = ((one, known.ledger.recorded(copy.purchase)) for one, copy in copies if one is not own and not one.foreign)
    return sorted((one for one in others if one[1]), key=lambda one: one[0].id)[-1:]


def _close(run: RunContext, known: Known, check: CheckRun, bought: Purchase | None) -> None:
    """Write a check run unless it has changed. It may then contain the only record of another run's task."""
    message = "The check on the newest commit lists the open findings."
    if bought is None or check.head_sha == known.snapshot.pull.head_sha:
        message = "The record of this pull request has changed since then. The next run updates the verdict."
    try:
        now = run.ports.forge.checks(check.head_sha, check.name, known.snapshot.pull.number)
        if any((one.id, one.external_id) == (check.id, check.external_id) for one in now):
            write_check_run(run, _to_show(known, check, bought), superseded(message))
    except ForgeError as error:
        run.note(error.message)


def _to_show(known: Known, check: CheckRun, bought: Purchase | None) -> Known:
    """Return what an older check run shows: the purchase and, without summary comments, the findings of the review."""
    request, pull = replace(known.request, check_name=check.name), replace(known.snapshot.pull, head_sha=check.head_sha)
    snapshot = replace(known.snapshot, pull=pull, checks=(check,), other_checks=())
    answers = known.ledgers.update.answers if bought and not request.summary_comment else ()
    update = LedgerUpdate(answers=tuple(one for one in answers if bought and one.task_id == bought.task_id))
    written = Ledger(forgotten=known.ledger.spent, counter=known.ledger.counter)
    ledgers = LedgerVersions.of(written, update, known.change.index)
    return Known(request, snapshot, ledgers=ledgers, own=OwnReview(Bought(bought)) if bought else None)
