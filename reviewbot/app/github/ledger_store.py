"""Read the ledger from the summary comment, and the copies of purchases from the check runs of all heads."""

from __future__ import annotations

from reviewbot.app.context import RunContext, judgement_of
from reviewbot.domain.github.pull_request import Seen, Snapshot
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.decisions import trust
from reviewbot.errors import ForgeError


def read_ledger(
    run: RunContext, snapshot: Snapshot, digest: str = "", own: str = "", *, must_read: bool = True
) -> StoredLedger:
    """Return the ledger in the snapshot. If needed, also read the check runs of every head.

    `digest` is the digest of the change's identity. `own` is the summary that this run wrote. With `must_read=False`,
    unreadable check runs are only logged.
    """
    records = trust.Records.of(_rules(run), snapshot, own)
    read = trust.checks_there(snapshot), True
    if doubt := trust.unconfirmed(records):
        read = every_check(run, snapshot, doubt.seen, must_read=must_read)
    return trust.stored_ledger(records, read, digest, run.now)


def every_check(
    run: RunContext, snapshot: Snapshot, seen: Seen | None = None, *, must_read: bool = True
) -> trust.ReadChecks:
    """Read the check runs of every head, unless the snapshot contains them or they cannot be read.

    Raises:
        ForgeError: the check runs must be read but cannot be (see `may_lack_purchases`). In other cases, the error is
            noted or logged.
    """
    rules = _rules(run)
    if not trust.may_hide_checks(rules, snapshot, seen):
        return trust.checks_there(snapshot), True
    try:
        every = run.ports.forge.older_checks(snapshot.pull.number, snapshot.check_names)
    except ForgeError as error:
        may_lack_purchases = trust.may_lack_purchases(rules, snapshot, seen)
        if may_lack_purchases and must_read:
            raise
        note = run.say if may_lack_purchases else run.note
        note(f"reviewbot could not read the check runs of older heads: {error.clause}")
        return trust.checks_there(snapshot), not may_lack_purchases
    return trust.with_older_checks(rules, snapshot, every, seen)


def first_recorded(run: RunContext, now: Snapshot, identity: str) -> Purchase | None:
    return trust.first_recorded(_rules(run), now, identity)


def _rules(run: RunContext) -> trust.TrustRules:
    settings = run.settings
    return trust.TrustRules(
        signer=run.signer,
        judgement=judgement_of(settings),
        strictest_fail_on=settings.strictest_fail_on,
        check_names=settings.check_names,
        check_name=run.check_name,
        paid=settings.paid,
        check_run=settings.check_run,
        summary_comment=settings.summary_comment,
    )
