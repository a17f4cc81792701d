"""What we remember of a pull request, on GitHub itself: a signed ledger in the summary, a short copy in the check.

Anyone with write access can edit a comment, so the ledger is signed with a key derived from the API key and bound to
repository and pull request. What is not signed is believed only where that makes us spend less: its credits count
against the budget, and nothing else of it is used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from reviewbot.domain.gate import Coverage, Rules
from reviewbot.domain.model import Severity
from reviewbot.domain.placement import PlacementRules
from reviewbot.domain.policy import FailOn, ReviewKind, Tolerance

VERSION = 1
MAX_TASKS = 30
MAX_POSTED = 1_500
MAX_PLAIN_BYTES = 200_000
SHORT_SIGNATURE = 32
"""Hex digits of a signature in an `external_id`: half of it, 128 bits."""

SHORT_IDENTITY = 16
"""Hex digits of an identity in an `external_id`."""

MAX_CREDITS = 10**12
"""More than anybody has: what says so is no ledger of ours."""

_LEDGER = re.compile(r"<!-- reviewbot:ledger:v([1-9][0-9]{0,3}) ([A-Za-z0-9_=-]{1,60000}) ([0-9a-f]{64}) -->")
_SHORT = re.compile(
    r"rb1 ([0-9a-f]{16} [0-9]{1,6} [0-9]{1,13} (?:[0-9.]{1,20}|-) [0-9]{1,2} [0-9]{1,6} \S{0,120}) ([0-9a-f]{32})"
)


class TaskState(StrEnum):
    """Where a purchase stands."""

    INTENT = "intent"
    OPEN = "open"
    DONE = "done"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The settings that judge and publish, frozen when the task is submitted."""

    rules: Rules = field(default_factory=Rules)
    placement: PlacementRules = field(default_factory=PlacementRules)
    review_kind: ReviewKind = ReviewKind.COMMENT


@dataclass(frozen=True, slots=True)
class Purchase:
    """One task, or the intent to create one.

    Attributes:
        identity: `Identity.digest()` of what is bought.
        attempt: from 1.
        task_id: empty while it is an intent.
        head_sha: the head that was submitted.
        hold: credits held while it is open.
        used: credits used, None while unknown.
        submitted_at: ISO 8601, UTC.
        coverage: whether every selected file was sent.
        missed: how many selected files were not.
        rung: which rung of `packing.ladder` the service took, so that the manifest can be told again.
    """

    identity: str
    attempt: int
    state: TaskState
    task_id: str
    head_sha: str
    hold: int
    used: Decimal | None
    submitted_at: str
    coverage: Coverage
    missed: int
    rung: int
    judgement: Judgement

    @property
    def cost(self) -> Decimal:
        """What counts against the budget: the hold until the service has said what was used."""
        return self.used if self.used is not None else Decimal(self.hold)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All purchases, oldest first, and the ids of the findings that have had a comment.

    Attributes:
        forgotten: credits of purchases that there was no room for: the budget does not forget them.
    """

    purchases: tuple[Purchase, ...] = ()
    posted: frozenset[str] = frozenset()
    forgotten: Decimal = Decimal(0)

    def find(self, identity: str) -> Purchase | None:
        """The latest attempt at an identity."""
        return next((entry for entry in reversed(self.purchases) if entry.identity == identity), None)

    def with_purchase(self, purchase: Purchase) -> Ledger:
        """This attempt recorded, in place of what was known of it."""
        same = (purchase.identity, purchase.attempt)
        others = tuple(entry for entry in self.purchases if (entry.identity, entry.attempt) != same)
        if len(others) < MAX_TASKS:
            return replace(self, purchases=(*others, purchase))
        # No room for one more: the oldest goes, of those that are over if there is one, and its credits stay.
        gone = next((entry for entry in others if entry.state in {TaskState.DONE, TaskState.ENDED}), others[0])
        kept = tuple(entry for entry in others if entry is not gone)
        return replace(self, purchases=(*kept, purchase), forgotten=self.forgotten + gone.cost)

    def with_posted(self, ids: frozenset[str]) -> Ledger:
        """More findings that have had a comment."""
        return replace(self, posted=self.posted | ids)

    @property
    def spent(self) -> Decimal:
        """Credits held by open tasks and used by finished ones."""
        return sum((entry.cost for entry in self.purchases), self.forgotten)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one pull request.

    Attributes:
        secret: the API key, or empty with the local reviewer, whose ledger decides nothing that costs.
    """

    secret: str = field(repr=False)
    repository_id: int
    pull_number: int
    instance: str

    def sign(self, payload: str) -> str:
        """Hex HMAC-SHA256 of a payload in this place."""
        key = hmac.digest(self.secret.encode(), b"reviewbot ledger v1", "sha256")
        place = json.dumps([self.repository_id, self.pull_number, self.instance, payload])
        return hmac.digest(key, place.encode(), hashlib.sha256).hex()

    def verify(self, payload: str, signature: str) -> bool:
        """Whether the signature is ours, in constant time."""
        expected = self.sign(payload)
        known = (expected, expected[:SHORT_SIGNATURE])
        return any(hmac.compare_digest(one, signature) for one in known)


@dataclass(frozen=True, slots=True)
class LedgerReading:
    """A ledger as it was found.

    Attributes:
        ledger: empty when nothing can be believed.
        spent: credits that count against the budget, signed or not.
        problem: why the ledger is not believed; empty when it is, or when there is none.
    """

    ledger: Ledger
    spent: Decimal
    problem: str = ""


def encode(ledger: Ledger, signer: Signer) -> str:
    """The ledger as a hidden comment, bounded in size: of the findings' ids, `MAX_POSTED` at most."""
    plain = json.dumps(_to_json(ledger), separators=(",", ":"), sort_keys=True).encode()
    payload = base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode()
    return f"<!-- reviewbot:ledger:v{VERSION} {payload} {signer.sign(payload)} -->"


def decode(body: str, signer: Signer, *, edited_by_other: bool = False) -> LedgerReading:
    """The ledger in a summary's body; never raises.

    Args:
        body: of our summary comment.
        signer: of this pull request.
        edited_by_other: whether somebody else edited the comment: told, but the signature decides.
    """
    match = _LEDGER.search(body)
    if match is None:
        return LedgerReading(Ledger(), Decimal(0), "The summary comment holds no ledger: it was cut or edited.")
    version, payload, signature = int(match[1]), match[2], match[3]
    if version != VERSION:
        return LedgerReading(Ledger(), Decimal(0), f"The ledger has version {version}; this release reads {VERSION}.")
    ledger = _unpack(payload)
    if ledger is None:
        return LedgerReading(Ledger(), Decimal(0), "The ledger in the summary comment cannot be read.")
    if not signer.verify(payload, signature):
        who = "edited by somebody" if edited_by_other else "made with another key"
        return LedgerReading(Ledger(), ledger.spent, f"The ledger's signature does not fit: it was {who}.")
    return LedgerReading(ledger, ledger.spent)


def replace_ledger(body: str, encoded: str) -> str:
    """A summary with another ledger in it and every visible word as it was."""
    return _LEDGER.sub(lambda _: encoded, body, count=1)


def _unpack(payload: str) -> Ledger | None:
    try:
        packed = base64.urlsafe_b64decode(payload)
        inflater = zlib.decompressobj()
        plain = inflater.decompress(packed, MAX_PLAIN_BYTES)
        return None if inflater.unconsumed_tail else _from_json(json.loads(plain))
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError, zlib.error):
        return None


def _to_json(ledger: Ledger) -> dict[str, object]:
    return {
        "purchases": [_purchase_to_json(entry) for entry in ledger.purchases],
        "posted": sorted(ledger.posted)[-MAX_POSTED:],
        "forgotten": _short(ledger.forgotten),
    }


def _purchase_to_json(entry: Purchase) -> dict[str, object]:
    judgement = entry.judgement
    return {
        "identity": entry.identity,
        "attempt": entry.attempt,
        "state": entry.state,
        "task": entry.task_id,
        "head": entry.head_sha,
        "hold": entry.hold,
        "used": None if entry.used is None else _short(entry.used),
        "at": entry.submitted_at,
        "coverage": entry.coverage,
        "missed": entry.missed,
        "rung": entry.rung,
        "fail-on": judgement.rules.fail_on,
        "on-pending": judgement.rules.on_pending,
        "on-error": judgement.rules.on_error,
        "on-partial": judgement.rules.on_partial,
        "comment-from": judgement.placement.comment_from,
        "max-comments": judgement.placement.max_comments,
        "review-event": judgement.review_kind,
    }


def _from_json(value: Any) -> Ledger:  # noqa: ANN401 — JSON; every shape that does not fit raises
    return Ledger(
        purchases=tuple(_purchase_from_json(entry) for entry in value["purchases"]),
        posted=frozenset(str(item) for item in value["posted"]),
        forgotten=_credits(value["forgotten"]),
    )


def _credits(value: str | int) -> Decimal:
    """A number of credits; one below nothing would lift the budget, so it is refused.

    Raises:
        ValueError: it is no such number.
        ArithmeticError: likewise.
    """
    number = Decimal(value)
    if not (number.is_finite() and 0 <= number <= MAX_CREDITS):
        raise ValueError("no number of credits")
    return number


def _purchase_from_json(entry: Mapping[str, Any]) -> Purchase:
    rules = Rules(
        FailOn(entry["fail-on"]),
        Tolerance(entry["on-pending"]),
        Tolerance(entry["on-error"]),
        Tolerance(entry["on-partial"]),
    )
    placement = PlacementRules(Severity(entry["comment-from"]), int(entry["max-comments"]))
    return Purchase(
        identity=str(entry["identity"]),
        attempt=int(entry["attempt"]),
        state=TaskState(entry["state"]),
        task_id=str(entry["task"]),
        head_sha=str(entry["head"]),
        hold=int(_credits(entry["hold"])),
        used=None if entry["used"] is None else _credits(entry["used"]),
        submitted_at=str(entry["at"]),
        coverage=Coverage(entry["coverage"]),
        missed=int(entry["missed"]),
        rung=int(entry["rung"]),
        judgement=Judgement(rules, placement, ReviewKind(entry["review-event"])),
    )


@dataclass(frozen=True, slots=True)
class ShortCopy:
    """What a check run's `external_id` remembers: a deleted summary neither buys again nor resets the budget."""

    identity: str
    attempt: int
    task_id: str
    hold: int
    used: Decimal | None
    rung: int
    missed: int

    @property
    def cost(self) -> Decimal:
        """What counts against the budget."""
        return self.used if self.used is not None else Decimal(self.hold)


def short_copy(purchase: Purchase, signer: Signer) -> str:
    """The `external_id` of a purchase."""
    used = "-" if purchase.used is None else _short(purchase.used)
    entry, identity = purchase, purchase.identity[:SHORT_IDENTITY]
    payload = f"{identity} {entry.attempt} {entry.hold} {used} {entry.rung} {entry.missed} {entry.task_id}"
    return f"rb1 {payload} {signer.sign(payload)[:SHORT_SIGNATURE]}"


def _short(used: Decimal) -> str:
    """Credits to four places, rounded up; what is out of bounds is written so that it can be read again."""
    bounded = min(max(used, Decimal(0)), Decimal(MAX_CREDITS))
    return f"{bounded.quantize(Decimal('0.0001'), ROUND_CEILING).normalize():f}"


def read_short_copy(external_id: str, signer: Signer) -> ShortCopy | None:
    """The copy in an `external_id`, None when there is none or its signature does not fit."""
    match = _SHORT.fullmatch(external_id)
    if match is None or not signer.verify(match[1], match[2]):
        return None
    identity, attempt, hold, used, rung, missed, task_id = match[1].split(" ")
    try:
        spent = None if used == "-" else Decimal(used)
    except InvalidOperation:
        return None
    return ShortCopy(identity, int(attempt), task_id, int(hold), spent, int(rung), int(missed))
