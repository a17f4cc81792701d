"""Read the ledger from the summary comment, and the copies of purchases from the check runs of all heads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from reviewbot.app.context import RunContext, judgement_of
from reviewbot.domain.commands.authorize import unrecorded_withdrawals
from reviewbot.domain.commands.parse import executed_commands
from reviewbot.domain.findings.tracked_finding import Findings
from reviewbot.domain.github.pull_request import RECENT_COMMITS, CheckRun, Comment, PullRequest, Seen, Snapshot
from reviewbot.domain.ledger.codec import LedgerReading, decode, distrust, not_before
from reviewbot.domain.ledger.copies import (
    adopted,
    finished_in,
    latest_copies,
    only_in_duplicates,
    with_claims,
    with_copies,
    with_duplicates,
)
from reviewbot.domain.ledger.external_id import ExternalId, decode_external_id
from reviewbot.domain.ledger.ledger import MAX_TASKS, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.publishing.comment_diff import marked_threads, summaries
from reviewbot.errors import ForgeError
from reviewbot.values import replace


def read_ledger(
    run: RunContext, snapshot: Snapshot, digest: str = "", own: str = "", *, must_read: bool = True
) -> StoredLedger:
    """Read the ledger from the summary comment and the copies of purchases from check runs.

    The check runs of every head are read if the ledger is missing, not trusted or possibly outdated, or if it has a
    waiver, a bypass or an acceptance. Otherwise, a push or a force-push could hide a purchase or make an older ledger
    trusted.

    `digest` is the digest of the change's identity. `own` is the summary that this run wrote. It may have replaced a
    newer summary, whose purchases are in the copies. With `must_read=False`, unreadable check runs are only logged.
    """
    found = summaries(snapshot.comments, run.settings.instance)
    keep = found.keep
    reading, checks, cut = _read_with_checks(run, snapshot, keep, own, must_read=must_read)
    believed = keep is not None and not reading.problem
    signed = tuple(_signed(run, checks))
    copies = latest_copies(signed)
    has_space = not believed or len(reading.ledger.purchases) < MAX_TASKS
    copies = tuple(one for one in copies if has_space or one.purchase.head_sha == snapshot.pull.head_sha)
    ledger, duplicates = reading.ledger, _trusted(run, found.extra)
    bypasses = (ledger.bypass, reading.bypass, *(one.bypass for one in duplicates))
    others = tuple(only_in_duplicates(ledger, duplicates))
    ledger = with_duplicates(ledger, duplicates, others).entitled(snapshot.pull, run.settings.strictest_fail_on)
    finished = {*finished_in(copies, ledger), *(one.key for one in others if one.state.is_over)}
    head_sha, judgement = snapshot.pull.head_sha, judgement_of(run.settings)
    ledger = with_copies(ledger, copies, head_sha=head_sha, digest=digest, judgement=judgement)
    was_here = _was_here(run, snapshot, keep)
    if not believed:
        ledger = with_claims(ledger, signed)
        is_deleted = was_here and keep is None
        # A ledger signed with another key cannot be replaced, and contains none of the commands of this key.
        if run.settings.paid and (is_deleted or signed):  # the old ledger may list any earlier command as executed
            ledger = replace(ledger, last_edit=run.now.isoformat(timespec="seconds"))
    is_gone = was_here and not ledger.purchases
    lost = not believed and (cut or is_gone or _may_be_in_base(run, snapshot))
    executed = executed_commands(snapshot.comments, snapshot.threads, run.settings.instance)
    return StoredLedger(
        ledger=ledger,
        claimed=Decimal(0) if believed else reading.spent,
        problem=reading.problem,
        lost=lost,
        summary=keep,
        has_duplicates=bool(found.extra),
        on_head=_copies_on_head(run, snapshot),
        finished=frozenset(finished),
        ended=next((one for one in bypasses if one and not one.is_of(head_sha, snapshot.pull.base_ref)), None),
        older_checks=tuple(one for one in checks if (one.head_sha, one.name) != (head_sha, run.check_name)),
        withdrawn=unrecorded_withdrawals(ledger, executed),
    )


def _copies_on_head(run: RunContext, snapshot: Snapshot) -> Mapping[int, ExternalId]:
    copies = ((one.id, decode_external_id(one.external_id, run.signer)) for one in snapshot.checks)
    return {check_id: copy for check_id, copy in copies if copy is not None}


def _read_with_checks(
    run: RunContext, snapshot: Snapshot, keep: Comment | None, own: str, *, must_read: bool
) -> tuple[LedgerReading, tuple[CheckRun, ...], bool]:
    """Return the ledger, the check runs that were read, and whether check runs for a former base may be unread."""
    seen, checks = None, (*snapshot.older_checks, *snapshot.checks)
    reading = _reading(run, keep, checks, own)
    hides = run.settings.paid and (
        _hides_a_purchase(snapshot.pull, reading.ledger) or _is_unconfirmed(run, reading, checks)
    )
    if keep is None or reading.problem or reading.ledger.has_exemptions or hides:
        seen = reading.ledger.seen if reading.ledger.has_exemptions else None
        checks, is_whole = every_check(run, snapshot, seen, must_read=must_read)
        reading = _reading(run, keep, checks, own)
        reading = reading if is_whole else distrust(reading)
    cut = _is_cut(snapshot.pull, None if reading.problem else seen)
    return (distrust(reading) if cut else reading), checks, cut


def _hides_a_purchase(pull: PullRequest, ledger: Ledger) -> bool:
    """Return whether a force-push after all recorded purchases may hide one that an overwritten summary recorded."""
    bought = (datetime.fromisoformat(one.submitted_at) for one in ledger.purchases)
    return pull.forced_at is not None and all(one <= pull.forced_at for one in bought)


def _is_unconfirmed(run: RunContext, reading: LedgerReading, checks: Iterable[CheckRun]) -> bool:
    """Return whether every check run that was read has a lower counter than the ledger.

    An unread check run may then have a higher counter, which shows that the summary was replaced by an older version.
    """
    return max((one.counter for one in _signed(run, checks)), default=0) < reading.ledger.counter


def _trusted(run: RunContext, duplicates: Sequence[Comment]) -> Sequence[Ledger]:
    readings = [_reading(run, comment, ()) for comment in duplicates] if run.settings.paid else []
    return [one.ledger for one in readings if not one.problem]


def _was_here(run: RunContext, snapshot: Snapshot, keep: Comment | None) -> bool:
    """Return whether a paid review existed, according to the review comments or the summary.

    The summary of a free review or of a run without a key is signed with an empty secret.
    """
    if keep is None:
        return any(marked_threads(snapshot.threads, run.settings.instance))
    return not keep.edited_by_us or bool(decode(keep.body, replace(run.signer, secret="")).problem)


def _may_be_in_base(run: RunContext, snapshot: Snapshot) -> bool:
    """Return whether earlier heads may be in an unprotected base branch, and no summary records their reviews."""
    was_retargeted = snapshot.pull.retargeted_at is not None
    return was_retargeted and not run.settings.summary_comment and not _is_listed(run, snapshot)


def _is_listed(run: RunContext, snapshot: Snapshot) -> bool:
    names = run.settings.check_names
    return names.against(snapshot.repository.default_branch, snapshot.pull.base_ref) == names.plain


def _reading(run: RunContext, keep: Comment | None, checks: Iterable[CheckRun], own: str = "") -> LedgerReading:
    """Decode the summary's ledger.

    A free review's ledger is signed with an empty secret. Its findings, judgements and bypass are dropped, because
    anyone could forge them.
    """
    copies = (decode_external_id(one.external_id, run.signer) for one in checks)
    counter = max((copy.counter for copy in copies if copy), default=0)
    if keep is None:
        return LedgerReading(Ledger(counter=counter), Decimal(0))
    reading = decode(keep.body, run.signer, edited_by_other=not keep.edited_by_us)
    if run.settings.paid:
        return not_before(reading, counter, is_own=keep.body == own)
    purchases = tuple(replace(one, judged=()) for one in reading.ledger.purchases)
    return replace(reading, ledger=replace(reading.ledger, purchases=purchases, findings=Findings(), bypass=None))


def _is_cut(pull: PullRequest, seen: Seen | None) -> bool:
    """Return whether check runs for a former base were not read. If `seen` is given, only later bases count."""
    until, since = pull.unread_bases_until, seen.retargeted_at if seen else None
    return until is not None and (since is None or since < until)


def every_check(
    run: RunContext, snapshot: Snapshot, seen: Seen | None = None, *, must_read: bool = True
) -> tuple[tuple[CheckRun, ...], bool]:
    """Return the check runs that may contain a copy of a purchase, and whether they include all heads since `seen`.

    `seen` is given if the ledger has a waiver, a bypass or an acceptance. The second value is also True if nothing is
    read because the snapshot has all check runs, the review is free, `check-run` is off, or the token may not read
    check runs.

    Raises:
        ForgeError: the check runs must be read but cannot be, and either `seen` is given or there is no summary
            comment, so that only check runs record what was bought. In other cases, the error is noted or logged.
    """
    pull, there = snapshot.pull, (*snapshot.older_checks, *snapshot.checks)
    shas = {pull.head_sha, *(one.sha for one in pull.commits)}
    hidden = pull.forced_at is not None or pull.commit_count > RECENT_COMMITS
    hidden = hidden or (seen is not None and seen.head_sha not in shas)
    if not (run.settings.paid and hidden and snapshot.checks_readable and run.settings.check_run):
        return there, True
    try:
        every = run.ports.forge.older_checks(pull.number, snapshot.check_names)
    except ForgeError as error:
        may_lack_purchases = seen is not None or summaries(snapshot.comments, run.settings.instance).keep is None
        if may_lack_purchases and must_read:
            raise
        note = run.say if may_lack_purchases else run.note
        note(f"reviewbot could not read the check runs of older heads: {error.clause}")
        return there, not may_lack_purchases
    checks = tuple({one.id: one for one in (*every.runs, *there)}.values())
    is_base_protected = _is_listed(run, snapshot) and every.base_sha == pull.base_sha
    return checks, seen is None or every.has_every_head_since(seen, is_base_protected=is_base_protected)


def _signed(run: RunContext, checks: Iterable[CheckRun]) -> Iterator[ExternalId]:
    for check in sorted(checks, key=lambda one: one.id):
        if copy := decode_external_id(check.external_id, run.signer, check.head_sha):
            yield copy


def first_recorded(run: RunContext, now: Snapshot, identity: str) -> Purchase | None:
    """Return the latest attempt of a purchase, preferring attempts with a task, then the oldest check run.

    Therefore, concurrent runs continue with the same attempt. The first attempt may be in a check run with the name for
    another base, or in an older check run in which the purchase was deferred.
    """
    copies = (one.purchase for one in _signed(run, (*now.older_checks, *now.checks)))
    same = (one for one in copies if one.state is not TaskState.DEFERRED and identity == one.identity)
    first = max(same, key=lambda one: (one.attempt, one.task_id != ""), default=None)
    if first is None:
        return None
    return adopted(first, head_sha=now.pull.head_sha, digest=identity, judgement=judgement_of(run.settings))
