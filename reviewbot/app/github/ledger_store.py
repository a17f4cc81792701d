"""Read the ledger from the summary, and the copies from the check runs of all heads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from reviewbot.app.context import RunContext, judgement_of
from reviewbot.domain.findings.tracked_finding import Findings
from reviewbot.domain.github.pull_request import RECENT_COMMITS, CheckRun, Comment, PullRequest, Seen, Snapshot
from reviewbot.domain.ledger.codec import LedgerReading, decode, distrust, not_before
from reviewbot.domain.ledger.copies import (
    adopted,
    finished_in,
    latest_copies,
    only_in_doubles,
    with_claims,
    with_copies,
    with_doubles,
)
from reviewbot.domain.ledger.external_id import ExternalId, decode_external_id
from reviewbot.domain.ledger.ledger import MAX_TASKS, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.memory import StoredLedger, purchase_key
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.options import ReviewOn
from reviewbot.domain.publishing.comment_diff import marked_threads, summaries
from reviewbot.errors import ForgeError
from reviewbot.values import replace


def read_ledger(run: RunContext, snapshot: Snapshot, digest: str = "", own: str = "") -> StoredLedger:
    """Read the ledger of the summary comment and the check runs' copies.

    The copies of every head are read if the ledger is missing or not trusted, has a waiver, a bypass or an acceptance,
    records no purchase since a force-push, or is newer than every check run that was read. So neither a push nor a
    force-push hides a purchase or makes an older ledger trusted. `digest` is that of the change's identity; copies have
    only its beginning. `own` is the summary as this run wrote it, perhaps over a newer one, whose purchases they have.

    Raises:
        ForgeError: as for `every_check`, whose `seen` is given if the ledger has a waiver, a bypass or an acceptance.
    """
    found = summaries(snapshot.comments, run.settings.instance)
    keep = found.keep
    reading, checks, cut = _read_with_checks(run, snapshot, keep, own)
    believed = keep is not None and not reading.problem
    signed = tuple(_signed(run, checks))
    copies = latest_copies(signed)
    has_space = not believed or len(reading.ledger.purchases) < MAX_TASKS
    copies = tuple(one for one in copies if has_space or one.purchase.head_sha == snapshot.pull.head_sha)
    ledger, bypass = reading.ledger.with_full_identity(digest), reading.ledger.bypass or reading.bypass
    doubles = _trusted(run, found.extra)
    others = tuple(only_in_doubles(ledger, doubles))
    ledger = with_doubles(ledger, doubles, others).entitled(snapshot.pull, run.settings.strictest_fail_on)
    finished = {*finished_in(copies, ledger), *(purchase_key(one) for one in others if one.state.is_over)}
    head_sha, judgement = snapshot.pull.head_sha, judgement_of(run.settings)
    ledger = with_copies(ledger, copies, head_sha=head_sha, digest=digest, judgement=judgement)
    was_here = _was_here(run, snapshot, keep)
    if not believed:
        ledger = with_claims(ledger, signed)
        is_deleted = was_here and keep is None
        # A ledger with the signature of another key cannot be replaced, and has none of the commands of this key.
        if run.paid and (is_deleted or signed):  # it may say that any command until now is executed
            ledger = replace(ledger, last_edit=run.now.isoformat(timespec="seconds"))
    is_gone = was_here and not ledger.purchases
    lost = not believed and (cut or is_gone or _may_be_in_base(run, snapshot))
    claimed = Decimal(0) if believed else reading.spent
    on_head = ((one.id, decode_external_id(one.external_id, run.signer)) for one in snapshot.checks)
    return StoredLedger(
        ledger=ledger,
        claimed=claimed,
        problem=reading.problem,
        lost=lost,
        summary=keep,
        doubled=bool(found.extra),
        on_head={check_id: copy for check_id, copy in on_head if copy is not None},
        finished=frozenset(finished),
        ended=None if bypass and bypass.is_of(snapshot.pull.head_sha, snapshot.pull.base_ref) else bypass,
        older_checks=tuple(one for one in checks if (one.head_sha, one.name) != (head_sha, run.check_name)),
    )


def _read_with_checks(
    run: RunContext, snapshot: Snapshot, keep: Comment | None, own: str
) -> tuple[LedgerReading, tuple[CheckRun, ...], bool]:
    """Read the ledger, and return the check runs that were read for it, and whether some could not be found."""
    seen, checks = None, (*snapshot.older_checks, *snapshot.checks)
    reading = _reading(run, keep, checks, own)
    hides = run.paid and (_hides_a_purchase(snapshot.pull, reading.ledger) or _is_unconfirmed(run, reading, checks))
    if keep is None or reading.problem or reading.ledger.has_exemptions or hides:
        seen = reading.ledger.seen if reading.ledger.has_exemptions else None
        checks, is_whole = every_check(run, snapshot, seen)
        reading = _reading(run, keep, checks, own)
        reading = reading if is_whole else distrust(reading)
    cut = _is_cut(snapshot.pull, None if reading.problem else seen)
    return (distrust(reading) if cut else reading), checks, cut


def _hides_a_purchase(pull: PullRequest, ledger: Ledger) -> bool:
    """Whether a force-push may hide the only record of a purchase, after another run overwrote it in the summary."""
    bought = (datetime.fromisoformat(one.submitted_at) for one in ledger.purchases)
    return pull.forced_at is not None and all(one <= pull.forced_at for one in bought)


def _is_unconfirmed(run: RunContext, reading: LedgerReading, checks: Iterable[CheckRun]) -> bool:
    """Whether every check run that was read is older than the summary, so an unread one may show it was restored."""
    return max((one.counter for one in _signed(run, checks)), default=0) < reading.ledger.counter


def _trusted(run: RunContext, doubles: Sequence[Comment]) -> Sequence[Ledger]:
    """Return the trusted ledgers of other summaries, after two concurrent runs wrote one each."""
    readings = [_reading(run, comment, ()) for comment in doubles] if run.paid else []
    return [one.ledger for one in readings if not one.problem]


def _was_here(run: RunContext, snapshot: Snapshot, keep: Comment | None) -> bool:
    """Return whether a paid review existed, by its comments or its summary.

    The summary of a free review, or of a run without a key, is signed with an empty secret and contains nothing paid.
    """
    if keep is None:
        return any(marked_threads(snapshot.threads, run.settings.instance))
    return not keep.edited_by_us or bool(decode(keep.body, replace(run.signer, secret="")).problem)


def _may_be_in_base(run: RunContext, snapshot: Snapshot) -> bool:
    """Return whether earlier heads may be in an unprotected base branch, with no summary to remember their reviews."""
    was_retargeted = snapshot.pull.retargeted_at is not None
    return was_retargeted and not run.settings.summary_comment and not _is_listed(run, snapshot)


def _is_listed(run: RunContext, snapshot: Snapshot) -> bool:
    names = run.settings.check_names
    return names.against(snapshot.repository.default_branch, snapshot.pull.base_ref) == names.plain


def _reading(run: RunContext, keep: Comment | None, checks: Iterable[CheckRun], own: str = "") -> LedgerReading:
    """Decode the summary's ledger.

    Anyone can forge that of a free review, which is signed with an empty secret, so its findings, judgements and bypass
    are dropped.
    """
    copies = (decode_external_id(one.external_id, run.signer) for one in checks)
    counter = max((copy.counter for copy in copies if copy), default=0)
    if keep is None:
        return LedgerReading(Ledger(counter=counter), Decimal(0))
    reading = decode(keep.body, run.signer, edited_by_other=not keep.edited_by_us)
    if run.paid:
        return not_before(reading, counter, is_own=keep.body == own)
    purchases = tuple(replace(one, judged=()) for one in reading.ledger.purchases)
    return replace(reading, ledger=replace(reading.ledger, purchases=purchases, findings=Findings(), bypass=None))


def _is_cut(pull: PullRequest, seen: Seen | None) -> bool:
    """Whether check runs are unread for a base that the pull request has had since `seen`, or ever without it."""
    until, since = pull.unread_bases_until, seen.retargeted_at if seen else None
    return until is not None and (since is None or since < until)


def every_check(run: RunContext, snapshot: Snapshot, seen: Seen | None = None) -> tuple[tuple[CheckRun, ...], bool]:
    """Read the check runs that may hold a copy; return also False if those of a head since `seen` may be missing.

    `seen` is given if the ledger has a waiver, a bypass or an acceptance. Nothing is read and True returned if the
    snapshot has the check runs of every head, the review is free, `check-run` is off, or the token may not read them.

    Raises:
        ForgeError: they cannot be read, although the token may read them, and `seen` is given, or nothing else says
            whether the one automatic review was bought (with `review-on: ready`, and without a summary comment).
            Otherwise the error is only noted.
    """
    pull, there = snapshot.pull, (*snapshot.older_checks, *snapshot.checks)
    shas = {pull.head_sha, *(one.sha for one in pull.commits)}
    hidden = pull.forced_at is not None or pull.commit_count > RECENT_COMMITS
    hidden = hidden or (seen is not None and seen.head_sha not in shas)
    if not (run.paid and hidden and snapshot.checks_readable and run.settings.check_run):
        return there, True
    try:
        every = run.ports.forge.older_checks(pull.number, snapshot.check_names)
    except ForgeError as error:
        # Without a summary, only they say whether the one automatic review was bought.
        has_summary = summaries(snapshot.comments, run.settings.instance).keep is not None
        if seen or (run.settings.review_on is ReviewOn.READY and not has_summary):
            raise
        run.degraded.say(f"The check runs of older heads could not be read: {error.message}")
        return there, True
    checks = tuple({one.id: one for one in (*every.runs, *there)}.values())
    is_base_protected = _is_listed(run, snapshot) and every.base_sha == pull.base_sha
    return checks, seen is None or every.has_every_head_since(seen, is_base_protected=is_base_protected)


def _signed(run: RunContext, checks: Iterable[CheckRun]) -> Iterator[ExternalId]:
    """Yield the copies in check runs, oldest first."""
    for check in sorted(checks, key=lambda one: one.id):
        if copy := decode_external_id(check.external_id, run.signer, check.head_sha):
            yield copy


def first_recorded(run: RunContext, known: Known, bought: Purchase) -> Purchase | None:
    """Return the latest attempt in the check runs: one with a task, else that of the oldest check run.

    So every run that reads them continues with the same one. A run can write its intent into an older check run, in
    which another run has deferred it.
    A run that found another base has written its check run with the name for that base. One that cancelled a deferred
    purchase buys the next attempt.
    """
    now = run.read_snapshot()
    copies = (one.purchase for one in _signed(run, (*now.older_checks, *now.checks)))
    same = (one for one in copies if one.state is not TaskState.DEFERRED and bought.identity.startswith(one.identity))
    first = max(same, key=lambda one: (one.attempt, one.task_id != ""), default=None)
    if first is None:
        return None
    head_sha, judgement = known.snapshot.pull.head_sha, judgement_of(run.settings)
    return adopted(first, head_sha=head_sha, digest=bought.identity, judgement=judgement)
