"""Complete the check runs of older heads and other bases after the ledger records their tasks as finished."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.app.context import RunContext
from reviewbot.app.github.check_run import write_check_run
from reviewbot.app.github.ledger_store import every_check
from reviewbot.domain.github.pull_request import CheckRun, CheckStatus
from reviewbot.domain.ledger.external_id import ExternalId, decode_external_id
from reviewbot.domain.ledger.ledger import Ledger, Purchase
from reviewbot.domain.ledger.memory import Memory
from reviewbot.domain.ledger.skip_record import push_record, skip_record
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.machine.known import Bought, Known, OwnReview
from reviewbot.domain.machine.outcome import heads_below, hides_older_heads, left_open, outlives
from reviewbot.domain.policy.verdict import superseded
from reviewbot.errors import ForgeError
from reviewbot.values import replace


def close_older_checks(run: RunContext, known: Known) -> Known:
    """Complete the older check runs whose tasks are finished.

    A green check of another head or base becomes `action_required` if a new run there might not be green. If no check
    run has the ledger's counter, the latest one with a recorded purchase gets it, so that no older ledger is trusted.
    """
    for check in _to_close(_with_every_check(run, known)) if run.settings.paid and known.request.check_run else ():
        copy = decode_external_id(check.external_id, run.signer)
        bought = left_open(known, check, copy)
        if (bought or _outlives(run, known, check, copy)) and _is_as_read(run, known, check):
            _close(run, known, check, bought)
    found = _behind(run, known) if run.settings.paid and known.request.check_run else None
    if found and _is_as_read(run, known, found[0]):
        _close(run, known, *found)
    return known


def _with_every_check(run: RunContext, known: Known) -> Known:
    """Read the check runs of all heads if a head outside the snapshot may have lost its verdict.

    `every_check` reads only the last commits before a force-push, so recorded heads below them are read individually.
    """
    checks = known.stored.older_checks
    try:
        if hides_older_heads(known):
            checks = (*checks, *every_check(run, known.snapshot)[0])
        seen = {one.head_sha for one in (*checks, *known.snapshot.older_checks)}
        for sha in sorted(heads_below(known) - seen):
            checks += run.ports.forge.checks(sha, known.request.check_names.plain, known.snapshot.pull.number)
    except ForgeError as error:
        run.note(f"reviewbot could not read the check runs of older heads: {error.clause}")
    return replace(known, stored=replace(known.stored, older_checks=checks))


def _outlives(run: RunContext, known: Known, check: CheckRun, copy: ExternalId | None) -> bool:
    """Return whether a check that a ruleset can require must become `action_required` (see `outlives`)."""
    if check.name != known.request.check_names.plain or known.request.is_keyless:
        return False
    pull = replace(known.snapshot.pull, head_sha=check.head_sha)
    records = {skip_record(pull, run.signer), push_record(pull, run.signer)}
    return outlives(known, check, copy, records)


def _to_close(known: Known) -> Iterator[CheckRun]:
    """Yield the check runs that GitHub shows for other heads and bases, and hidden check runs that are in progress.

    On each head, GitHub shows only the newest of an App's check runs with the same name, and hides the others.
    """
    here = (*known.snapshot.checks, *((known.wrote.check,) if known.wrote.check else ()))
    found = {one.id: one for one in (*known.stored.older_checks, *known.snapshot.older_checks, *here)}
    own = [found[key] for key in sorted(found) if not found[key].foreign]
    shown = {(one.head_sha, one.name): one.id for one in own}.values()
    ids = {one.id for one in here}
    return (one for one in own if (one.id not in ids if one.id in shown else one.status != CheckStatus.COMPLETED))


def _is_as_read(run: RunContext, known: Known, check: CheckRun) -> bool:
    """Return whether the check run is unchanged. Otherwise, it may contain the only record of another run's task."""
    try:
        now = run.ports.forge.checks(check.head_sha, check.name, known.snapshot.pull.number)
    except ForgeError as error:
        run.note(error.message)
        return False
    return any((one.id, one.external_id) == (check.id, check.external_id) for one in now)


def _behind(run: RunContext, known: Known) -> tuple[CheckRun, Purchase] | None:
    """Return the latest check run with a purchase, and the purchase, unless a check run has the ledger's counter."""
    here = () if known.wrote.check else known.snapshot.checks
    there = sorted((*known.snapshot.older_checks, *here), key=lambda one: one.id)
    copies = [(one, copy) for one in there if (copy := decode_external_id(one.external_id, run.signer))]
    newest = decode_external_id(known.wrote.check.external_id, run.signer) if known.wrote.check else None
    counters = (copy.counter for copy in (*(copy for _, copy in copies), newest) if copy)
    if max(counters, default=known.ledger.counter) >= known.ledger.counter:
        return None
    bought = ((one, known.ledger.recorded(copy.purchase)) for one, copy in reversed(copies) if not one.foreign)
    return next(((one, purchase) for one, purchase in bought if purchase), None)


def _close(run: RunContext, known: Known, check: CheckRun, bought: Purchase | None) -> None:
    """Complete a check run. If summary comments are off, the check run lists the findings of the review."""
    message = "The check on the newest commit lists the open findings."
    if bought is None or check.head_sha == known.snapshot.pull.head_sha:
        message = "The record of this pull request has changed since then. The next run updates the verdict."
    pull = replace(known.snapshot.pull, head_sha=check.head_sha)
    snapshot = replace(known.snapshot, pull=pull, checks=(check,), other_checks=())
    answers = known.memory.update.answers if bought and not known.request.summary_comment else ()
    update = LedgerUpdate(answers=tuple(one for one in answers if bought and one.task_id == bought.task_id))
    written = Ledger(forgotten=known.ledger.spent, counter=known.ledger.counter)
    memory = Memory.of(written, update, known.change.index)
    older = Known(known.request, snapshot, memory=memory, own=OwnReview(Bought(bought)) if bought else None)
    named = replace(run, check_names=(check.name,))
    try:
        write_check_run(named, older, superseded(message))
    except ForgeError as error:
        run.note(error.message)
