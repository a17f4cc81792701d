"""Decide which records on GitHub are trusted: the ledger in the summary comment, and the copies in check runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from reviewbot.domain.commands.authorize import unrecorded_withdrawals
from reviewbot.domain.commands.parse import executed_commands
from reviewbot.domain.findings.tracked_finding import Findings
from reviewbot.domain.github.pull_request import (
    RECENT_COMMITS,
    CheckRun,
    Comment,
    OlderChecks,
    PullRequest,
    Seen,
    Snapshot,
)
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
from reviewbot.domain.ledger.ledger import MAX_TASKS, Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.model.options import FailOn
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.domain.publishing.comment_diff import Summaries, marked_threads, summaries
from reviewbot.values import replace

ReadChecks = tuple[tuple[CheckRun, ...], bool]
"""The check runs that may contain a copy of a purchase, and whether a ledger with exemptions may be trusted with them.

Exemptions are waivers, bypasses and acceptances. They require the check runs of all heads since the ledger was written.
"""


class TrustRules(Struct, frozen=True):
    """The settings that decide what is trusted. `check_name` is the name of the check run for the current base."""

    signer: Signer
    judgement: Judgement
    strictest_fail_on: FailOn
    check_names: CheckNames
    check_name: str
    paid: bool
    check_run: bool
    summary_comment: bool


class Records(Struct, frozen=True):
    """The records in the comments of a pull request.

    Attributes:
        own: the summary that this run wrote. It may have replaced a newer summary, whose purchases are in the copies.
        decoded: the ledger of the summary comment, not yet compared with the check runs.
    """

    rules: TrustRules
    snapshot: Snapshot
    own: str
    found: Summaries
    decoded: LedgerReading

    @classmethod
    def of(cls, rules: TrustRules, snapshot: Snapshot, own: str = "") -> Records:
        found = summaries(snapshot.comments, rules.signer.instance)
        return cls(rules, snapshot, own, found, _decoded(rules, found.keep) if found.keep else LedgerReading())


def _decoded(rules: TrustRules, summary: Comment) -> LedgerReading:
    """Decode the summary's ledger.

    A free review's ledger is signed with an empty secret. Its findings, judgements and bypass are dropped, because
    anyone could forge them.
    """
    reading = decode(summary.body, rules.signer, edited_by_other=not summary.edited_by_us)
    if rules.paid:
        return reading
    purchases = tuple(replace(one, judged=()) for one in reading.ledger.purchases)
    return replace(reading, ledger=replace(reading.ledger, purchases=purchases, findings=Findings(), bypass=None))


# Which check runs must be read?


class Unconfirmed(Struct, frozen=True):
    """A ledger that must be compared with the check runs of every head.

    `seen` is the pull request at the last write if the ledger has exemptions, or None.
    """

    seen: Seen | None


def unconfirmed(records: Records) -> Unconfirmed | None:
    """Return whether the check runs in the snapshot do not suffice.

    They do not if the ledger is missing, not trusted or possibly outdated, or if it has exemptions. Otherwise, a push
    or a force-push could hide a purchase or make an older ledger trusted.
    """
    checks = checks_there(records.snapshot)
    reading = _confirmed(records, checks)
    if reading.ledger.has_exemptions:
        return Unconfirmed(reading.ledger.seen)
    # An unread check run may have a higher counter, which shows that the summary was replaced by an older version.
    is_behind = _counter(records.rules, checks) < reading.ledger.counter
    hides = records.rules.paid and (_hides_a_purchase(records.snapshot.pull, reading.ledger) or is_behind)
    return Unconfirmed(None) if records.found.keep is None or reading.problem or hides else None


def checks_there(snapshot: Snapshot) -> tuple[CheckRun, ...]:
    return (*snapshot.older_checks, *snapshot.checks)


def _confirmed(records: Records, checks: Iterable[CheckRun]) -> LedgerReading:
    counter, summary = _counter(records.rules, checks), records.found.keep
    if summary is None:
        return LedgerReading(Ledger(counter=counter))
    is_own = summary.body == records.own
    return not_before(records.decoded, counter, is_own=is_own) if records.rules.paid else records.decoded


def _counter(rules: TrustRules, checks: Iterable[CheckRun]) -> int:
    copies = (decode_external_id(one.external_id, rules.signer) for one in checks)
    return max((copy.counter for copy in copies if copy), default=0)


def _hides_a_purchase(pull: PullRequest, ledger: Ledger) -> bool:
    """Return whether a force-push after all recorded purchases may hide one that an overwritten summary recorded."""
    bought = (datetime.fromisoformat(one.submitted_at) for one in ledger.purchases)
    return pull.forced_at is not None and all(one <= pull.forced_at for one in bought)


def may_hide_checks(rules: TrustRules, snapshot: Snapshot, seen: Seen | None) -> bool:
    """Return whether check runs with a copy of a purchase may be outside the snapshot, and can be read."""
    pull = snapshot.pull
    shas = {pull.head_sha, *(one.sha for one in pull.commits)}
    hidden = pull.forced_at is not None or pull.commit_count > RECENT_COMMITS
    hidden = hidden or (seen is not None and seen.head_sha not in shas)
    return rules.paid and hidden and snapshot.checks_readable and rules.check_run


def may_lack_purchases(rules: TrustRules, snapshot: Snapshot, seen: Seen | None) -> bool:
    """Return whether unreadable check runs may be the only record of a purchase, or of a newer ledger."""
    return seen is not None or summaries(snapshot.comments, rules.signer.instance).keep is None


def with_older_checks(rules: TrustRules, snapshot: Snapshot, every: OlderChecks, seen: Seen | None) -> ReadChecks:
    checks = tuple({one.id: one for one in (*every.runs, *checks_there(snapshot))}.values())
    is_base_protected = _is_listed(rules, snapshot) and every.base_sha == snapshot.pull.base_sha
    return checks, seen is None or every.has_every_head_since(seen, is_base_protected=is_base_protected)


def _is_listed(rules: TrustRules, snapshot: Snapshot) -> bool:
    names = rules.check_names
    return names.against(snapshot.repository.default_branch, snapshot.pull.base_ref) == names.plain


# What is trusted?


def stored_ledger(records: Records, read: ReadChecks, digest: str, now: datetime) -> StoredLedger:
    """Return the trusted part of the ledger, with the purchases that only check runs or duplicate summaries contain.

    `digest` is the digest of the change's identity.
    """
    rules, snapshot, found, (checks, is_whole) = records.rules, records.snapshot, records.found, read
    pull, keep = snapshot.pull, found.keep
    reading = _confirmed(records, checks)
    reading = reading if is_whole else distrust(reading)
    cut = _is_cut(pull, reading.ledger)
    reading = distrust(reading) if cut else reading
    believed = keep is not None and not reading.problem
    signed, duplicates = tuple(_signed(rules, checks)), _trusted(rules, found.extra)
    copies = latest_copies(signed)
    has_space = not believed or len(reading.ledger.purchases) < MAX_TASKS
    copies = tuple(one for one in copies if has_space or one.purchase.head_sha == pull.head_sha)
    others = tuple(only_in_duplicates(reading.ledger, duplicates))
    ledger = with_duplicates(reading.ledger, duplicates, others).entitled(pull, rules.strictest_fail_on)
    finished = {*finished_in(copies, ledger), *(one.key for one in others if one.state.is_over)}
    ledger = with_copies(ledger, copies, head_sha=pull.head_sha, digest=digest, judgement=rules.judgement)
    ledger = ledger if believed else _unbelieved(records, ledger, signed, now)
    is_gone = not ledger.purchases and _was_here(records)
    bypasses = (reading.ledger.bypass, reading.bypass, *(one.bypass for one in duplicates))
    executed = executed_commands(snapshot.comments, snapshot.threads, rules.signer.instance)
    copies_there = ((one.id, decode_external_id(one.external_id, rules.signer)) for one in snapshot.checks)
    return StoredLedger(
        ledger=ledger,
        claimed=Decimal(0) if believed else reading.spent,
        problem=reading.problem,
        lost=not believed and (cut or is_gone or _may_be_in_base(rules, snapshot)),
        summary=keep,
        has_duplicates=bool(found.extra),
        on_head={check_id: copy for check_id, copy in copies_there if copy is not None},
        finished=frozenset(finished),
        ended=next((one for one in bypasses if one and not one.is_of(pull.head_sha, pull.base_ref)), None),
        older_checks=tuple(one for one in checks if (one.head_sha, one.name) != (pull.head_sha, rules.check_name)),
        withdrawn=unrecorded_withdrawals(ledger, executed),
    )


def _is_cut(pull: PullRequest, ledger: Ledger) -> bool:
    """Return whether check runs for a former base were not read. Only bases since a write with exemptions count."""
    until, since = pull.unread_bases_until, ledger.seen.retargeted_at if ledger.has_exemptions else None
    return until is not None and (since is None or since < until)


def _signed(rules: TrustRules, checks: Iterable[CheckRun]) -> Iterator[ExternalId]:
    for check in sorted(checks, key=lambda one: one.id):
        if copy := decode_external_id(check.external_id, rules.signer, check.head_sha):
            yield copy


def _trusted(rules: TrustRules, duplicates: Sequence[Comment]) -> Sequence[Ledger]:
    readings = [_decoded(rules, comment) for comment in duplicates] if rules.paid else []
    return [one.ledger for one in readings if not one.problem]


def _unbelieved(records: Records, ledger: Ledger, signed: Sequence[ExternalId], now: datetime) -> Ledger:
    """Return a ledger without a trusted summary. Commands up to now are not executed again.

    The missing ledger may list any earlier command as executed. A ledger signed with another key cannot be replaced,
    and contains none of the commands of this key.
    """
    ledger = with_claims(ledger, signed)
    is_deleted = _was_here(records) and records.found.keep is None
    if records.rules.paid and (is_deleted or signed):
        return replace(ledger, last_edit=now.isoformat(timespec="seconds"))
    return ledger


def _was_here(records: Records) -> bool:
    """Return whether a paid review existed, according to the review comments or the summary.

    The summary of a free review or of a run without a key is signed with an empty secret.
    """
    signer, summary = records.rules.signer, records.found.keep
    if summary is None:
        return any(marked_threads(records.snapshot.threads, signer.instance))
    return not summary.edited_by_us or bool(decode(summary.body, replace(signer, secret="")).problem)


def _may_be_in_base(rules: TrustRules, snapshot: Snapshot) -> bool:
    """Return whether earlier heads may be in an unprotected base branch, and no summary records their reviews."""
    was_retargeted = snapshot.pull.retargeted_at is not None
    return was_retargeted and not rules.summary_comment and not _is_listed(rules, snapshot)


def first_recorded(rules: TrustRules, now: Snapshot, identity: str) -> Purchase | None:
    """Return the latest attempt of a purchase, preferring attempts with a task, then the oldest check run.

    Therefore, concurrent runs continue with the same attempt. The first attempt may be in a check run with the name for
    another base, or in an older check run in which the purchase was deferred.
    """
    copies = (one.purchase for one in _signed(rules, checks_there(now)))
    same = (one for one in copies if one.state is not TaskState.DEFERRED and identity == one.identity)
    first = max(same, key=lambda one: (one.attempt, one.task_id != ""), default=None)
    if first is None:
        return None
    return adopted(first, head_sha=now.pull.head_sha, digest=identity, judgement=rules.judgement)
