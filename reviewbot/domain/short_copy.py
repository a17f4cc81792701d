"""The short copy of a purchase in a check run: a deleted summary neither buys again nor resets the budget."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from reviewbot.domain.check_tags import TAG_ROOM
from reviewbot.domain.gate import Coverage, Rules
from reviewbot.domain.ledger import Purchase, TaskState
from reviewbot.domain.ledger_text import short_credits
from reviewbot.domain.policy import FailOn, Tolerance
from reviewbot.domain.signatures import SHORT_SIGNATURE, Signer

SHORT_IDENTITY = 16
"""Hex digits of an identity in an `external_id`."""

SHORT_SELECTION = 16
"""Hex digits of `identity.selection_digest`: all of them."""

MAX_COPY = 255 - TAG_ROOM
"""Characters; how many GitHub takes is not documented, and no column of text is shorter than 255."""

_PARTS: Mapping[str, str] = {
    "identity": f"[0-9a-f]{{{SHORT_IDENTITY}}}",
    "attempt": "[0-9]{1,6}",
    "state": "|".join(TaskState),
    "hold": "[0-9]{1,13}",
    "used": "[0-9.]{1,20}|-",
    "rung": "[0-9]{1,2}",
    "missed": "[0-9]{1,6}",
    "since": "[0-9a-f]{40,64}|-",
    "at": "[0-9]{1,11}",
    "spent": "[0-9.]{1,20}",
    "asked": "[0-9]{1,20}|-",
    "parts": "[0-9]{1,2}",
    "rules": "[chmlin][pf]{3}",
    "selection": f"[0-9a-f]{{{SHORT_SELECTION}}}|-",
    "task": r"\S{0,200}",
}
"""What each part looks like, in the order in which the newest version writes them."""

_FIGURES = ("identity", "attempt", "hold", "used", "rung", "missed")
_VERSIONS = {
    "rb1": (*_FIGURES, "task"),
    "rb2": (*_FIGURES, "since", "task"),
    "rb3": tuple(name for name in _PARTS if name != "selection"),
    "rb4": tuple(_PARTS),
}


_KEY = "key:"
"""How an older version began what it wrote in place of a task's id. No id of the service has a colon."""


def _pattern(parts: tuple[str, ...]) -> re.Pattern[str]:
    payload = " ".join(f"(?P<{name}>{_PARTS[name]})" for name in parts)
    return re.compile(rf"(?P<payload>{payload}) (?P<signature>[0-9a-f]{{{SHORT_SIGNATURE}}})")


_READERS = {version: _pattern(parts) for version, parts in _VERSIONS.items()}


@dataclass(frozen=True, slots=True)
class ShortCopy:
    """What a check run's `external_id` remembers.

    Attributes:
        identity: the first `SHORT_IDENTITY` digits.
        state: as it was then; None in an older version, which does not say.
        since: the last reviewed head before it, empty for a whole review.
        at: when it was submitted, None in an older version.
        spent: credits held and used on the pull request, this purchase included.
        asked: the id of the comment that asked for it, empty when none did.
        parts: over how many tasks it is split.
        rules: by which it is judged, None in an older version.
        selection: `identity.selection_digest` of what was selected, empty in an older version.
    """

    identity: str
    attempt: int
    state: TaskState | None
    task_id: str
    hold: int
    used: Decimal | None
    rung: int
    missed: int
    since: str = ""
    at: datetime | None = None
    spent: Decimal = Decimal(0)
    asked: str = ""
    parts: int = 1
    rules: Rules | None = None
    selection: str = ""


def _rules_word(rules: Rules) -> str:
    """The initials of the settings that judge."""
    return "".join(one.value[0] for one in (rules.fail_on, rules.on_pending, rules.on_error, rules.on_partial))


def _read_rules(word: str) -> Rules:
    fail_on = next(one for one in FailOn if one.value[0] == word[0])
    pending, error, partial = (next(one for one in Tolerance if one.value[0] == letter) for letter in word[1:])
    return Rules(fail_on, pending, error, partial)


def short_copy(purchase: Purchase, spent: Decimal, signer: Signer) -> str:
    """The `external_id` of a purchase; `spent` is what the pull request has cost so far, with it."""
    used = "-" if purchase.used is None else short_credits(purchase.used)
    at = int(datetime.fromisoformat(purchase.submitted_at).timestamp())
    # Nobody knows how many files, where one was found again.
    missed = purchase.missed or int(purchase.coverage is Coverage.PARTIAL)
    figures = f"{purchase.attempt} {purchase.state} {purchase.hold} {used} {purchase.rung} {missed}"
    asked, rules = purchase.asked[-1] if purchase.asked else "-", _rules_word(purchase.judgement.rules)
    more = f"{purchase.since or '-'} {at} {short_credits(spent)} {asked} {purchase.parts} {rules}"
    more = f"{more} {purchase.selection[:SHORT_SELECTION] or '-'}"
    payload = f"{purchase.identity[:SHORT_IDENTITY]} {figures} {more} "
    # Without the ids it is an intent: buying the same change again finds the tasks.
    room = MAX_COPY - len(payload) - SHORT_SIGNATURE - len("rb4  ")
    payload += purchase.task_id if len(purchase.task_id) <= room else ""
    return f"rb4 {payload} {signer.sign(payload)[:SHORT_SIGNATURE]}"


def read_short_copy(external_id: str, signer: Signer) -> ShortCopy | None:
    """The copy in an `external_id`, of this version or an older one; None when none is there that we signed."""
    part = _parts(external_id)
    if not part or not signer.verify(part["payload"], part["signature"]):
        return None
    try:
        return ShortCopy(
            identity=part["identity"],
            attempt=int(part["attempt"]),
            state=TaskState(part["state"]) if "state" in part else None,
            task_id="" if part["task"].startswith(_KEY) else part["task"],
            hold=int(part["hold"]),
            used=None if part["used"] == "-" else Decimal(part["used"]),
            rung=int(part["rung"]),
            missed=int(part["missed"]),
            since=part.get("since", "-").strip("-"),
            at=datetime.fromtimestamp(int(part["at"]), UTC) if "at" in part else None,
            spent=Decimal(part.get("spent", 0)),
            asked=part.get("asked", "-").strip("-"),
            parts=int(part.get("parts", 1)),
            rules=_read_rules(part["rules"]) if "rules" in part else None,
            selection=part.get("selection", "-").strip("-"),
        )
    except (InvalidOperation, ValueError, OverflowError, OSError):
        return None


def tells_of_open_task(external_id: str) -> bool:
    """Whether a copy, signed or not, tells of a task that is not over: so that somebody looks at it."""
    state = _parts(external_id).get("state")
    return state is not None and not TaskState(state).is_over


def _parts(external_id: str) -> Mapping[str, str]:
    version, _, rest = external_id.partition(" ")
    match = _READERS[version].fullmatch(rest) if version in _READERS else None
    return match.groupdict() if match else {}
