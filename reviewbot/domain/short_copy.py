"""The short copy of a purchase in a check run: a deleted summary neither buys again nor resets the budget."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from reviewbot.domain.ledger import Purchase
from reviewbot.domain.ledger_text import short_credits
from reviewbot.domain.signatures import SHORT_SIGNATURE, Signer

SHORT_IDENTITY = 16
"""Hex digits of an identity in an `external_id`."""

_COPY = re.compile(
    r"rb(?P<version>[12]) (?P<payload>[0-9a-f]{16} [0-9]{1,6} [0-9]{1,13} (?:[0-9.]{1,20}|-) [0-9]{1,2} [0-9]{1,6}"
    r"(?: (?:[0-9a-f]{40,64}|-))? \S{0,120}) (?P<signature>[0-9a-f]{32})"
)
_PARTS = {"1": 7, "2": 8}


@dataclass(frozen=True, slots=True)
class ShortCopy:
    """What a check run's `external_id` remembers.

    Attributes:
        identity: the first `SHORT_IDENTITY` digits.
        since: the last reviewed head before it, empty for a whole review.
    """

    identity: str
    attempt: int
    task_id: str
    hold: int
    used: Decimal | None
    rung: int
    missed: int
    since: str = ""

    @property
    def cost(self) -> Decimal:
        """What counts against the budget."""
        return self.used if self.used is not None else Decimal(self.hold)


def short_copy(purchase: Purchase, signer: Signer) -> str:
    """The `external_id` of a purchase."""
    entry, identity = purchase, purchase.identity[:SHORT_IDENTITY]
    used = "-" if entry.used is None else short_credits(entry.used)
    figures = f"{identity} {entry.attempt} {entry.hold} {used} {entry.rung} {entry.missed}"
    payload = f"{figures} {entry.since or '-'} {entry.task_id}"
    return f"rb2 {payload} {signer.sign(payload)[:SHORT_SIGNATURE]}"


def read_short_copy(external_id: str, signer: Signer) -> ShortCopy | None:
    """The copy in an `external_id`, of this version or the one before; None when none is there that we signed."""
    match = _COPY.fullmatch(external_id)
    if match is None or not signer.verify(match["payload"], match["signature"]):
        return None
    parts = match["payload"].split(" ")
    if len(parts) != _PARTS[match["version"]]:
        return None
    identity, attempt, hold, used, rung, missed, *since, task_id = parts
    try:
        spent = None if used == "-" else Decimal(used)
    except InvalidOperation:
        return None
    return ShortCopy(
        identity, int(attempt), task_id, int(hold), spent, int(rung), int(missed), "".join(since).strip("-")
    )
