"""The signed copy of a purchase in a check run's `external_id`.

The copy prevents a second purchase and a budget reset after the summary comment is deleted.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

from reviewbot.domain.findings.tracked_finding import LOST
from reviewbot.domain.github.check_identity import TAG_LENGTH
from reviewbot.domain.ledger.codec import short_credits
from reviewbot.domain.ledger.ledger import MAX_COUNTER, Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import SHORT_SIGNATURE, Signer
from reviewbot.domain.model.options import FailOn, Tolerance
from reviewbot.domain.policy.verdict import Coverage, Rules

SHORT_SELECTION = 16
"""The length of `idempotency.selection_digest` in hex digits."""

MAX_COPY = 255 - TAG_LENGTH
"""The maximum number of characters of a copy. GitHub does not document the limit of an `external_id`."""

_CREDITS = r"[0-9]{1,13}(?:\.[0-9]{1,4})?"
_PARTS: Mapping[str, str] = {
    "identity": "[A-Za-z0-9_-]{22}",
    "attempt": "[0-9]{1,6}",
    "state": "|".join(TaskState),
    "hold": "[0-9]{1,13}",
    "used": f"{_CREDITS}|-",
    "size_tier": "[0-9]{1,2}",
    "missed": "[0-9]{1,6}",
    "since": "[A-Za-z0-9_-]{27}|[A-Za-z0-9_-]{43}|-",
    "at": "[0-9]{1,11}",
    "spent": _CREDITS,
    "asked": "r?[0-9]{1,20}|u|-",
    "parts": "[0-9]{1,2}",
    "rules": "[chmlin][pf]{3}[abco]",
    "selection": f"[0-9a-f]{{{SHORT_SELECTION}}}",
    "counter": "[0-9]{1,9}",
    "task": r"\S{0,200}",
}

_FINDINGS = {(False, False): "o", (False, True): "a", (True, False): "c", (True, True): "b"}
"""The letter after the rules, by whether earlier findings blocked the change, and whether the reviewer was asked to
confirm open findings."""

_BY_A_USER = "u"
"""Instead of the id of a command, if a manual run or a label requested the review."""

_VERSION = "rb1"
_PAYLOAD = " ".join(f"(?P<{name}>{part})" for name, part in _PARTS.items())
_COPY = re.compile(rf"{_VERSION} (?P<payload>{_PAYLOAD}) (?P<signature>[0-9a-f]{{{SHORT_SIGNATURE}}})")


class ExternalId(Struct, frozen=True):
    """The content of a check run's `external_id`.

    Attributes:
        purchase: the purchase, with only the values that `decode_external_id` sets.
        spent: the credits held and used on the pull request.
        counter: `Ledger.counter` at the time of writing.
    """

    purchase: Purchase
    spent: Decimal
    counter: int


def _rules_word(rules: Rules) -> str:
    return "".join(one.value[0] for one in (rules.fail_on, rules.on_pending, rules.on_error, rules.on_partial))


def _read_rules(word: str) -> Rules:
    fail_on = next(one for one in FailOn if one.value[0] == word[0])
    pending, error, partial = (next(one for one in Tolerance if one.value[0] == letter) for letter in word[1:4])
    return Rules(fail_on=fail_on, on_pending=pending, on_error=error, on_partial=partial)


def _in_base64(digits: str) -> str:
    return urlsafe_b64encode(bytes.fromhex(digits)).decode().rstrip("=")


def encode_external_id(purchase: Purchase, ledger: Ledger, signer: Signer) -> str:
    """Return the `external_id` for a purchase in the ledger."""
    used = "-" if purchase.used is None else f"{short_credits(purchase.used):f}"
    at = int(datetime.fromisoformat(purchase.submitted_at).timestamp())
    # The coverage can be partial although all files were sent, e.g., if the reviewer did not see every file.
    missed = purchase.missed or int(purchase.coverage is Coverage.PARTIAL)
    figures = f"{purchase.attempt} {purchase.state} {purchase.hold} {used} {purchase.size_tier} {missed}"
    asked = purchase.asked[-1] if purchase.asked else _BY_A_USER if purchase.requested_by else "-"
    rules = _rules_word(purchase.judgement.rules) + _FINDINGS[purchase.is_carried, purchase.confirms]
    more = f"{_in_base64(purchase.since) or '-'} {at} {short_credits(ledger.spent):f} {asked} {purchase.parts} {rules}"
    counter = min(ledger.counter, MAX_COUNTER)
    identity, selection = _in_base64(purchase.identity), purchase.selection[:SHORT_SELECTION]
    payload = f"{identity} {figures} {more} {selection} {counter} "
    # A copy without ids is read as an intent. Submitting with the same key then returns the existing tasks.
    space = MAX_COPY - len(payload) - SHORT_SIGNATURE - len(f"{_VERSION}  ")
    payload += purchase.task_id if len(purchase.task_id) <= space else ""
    return f"{_VERSION} {payload} {signer.sign(payload)[:SHORT_SIGNATURE]}"


def decode_external_id(external_id: str, signer: Signer, head_sha: str = "") -> ExternalId | None:
    """Decode the `external_id` of a check run on `head_sha`, or return None if the signature is invalid."""
    part = _COPY.fullmatch(external_id)
    if part is None or not signer.verify(part["payload"], part["signature"]):
        return None
    missed, asked = int(part["missed"]), part["asked"].strip("-")
    since = "" if part["since"] == "-" else urlsafe_b64decode(f"{part['since']}=").hex()
    purchase = Purchase(
        identity=urlsafe_b64decode(f"{part['identity']}==").hex(),
        attempt=int(part["attempt"]),
        state=TaskState(part["state"]),
        task_id=part["task"],
        head_sha=head_sha,
        hold=int(part["hold"]),
        used=None if part["used"] == "-" else Decimal(part["used"]),
        submitted_at=datetime.fromtimestamp(int(part["at"]), UTC).isoformat(timespec="seconds"),
        coverage=Coverage.PARTIAL if missed else Coverage.FULL,
        missed=missed,
        size_tier=int(part["size_tier"]),
        judgement=Judgement(_read_rules(part["rules"])),
        since=since,
        asked=(asked,) if asked else (),
        selection=part["selection"],
        confirms=bool(since) or part["rules"][-1] in "ab",
        parts=int(part["parts"]),
        judged=(LOST,) if part["rules"][-1] in "bc" else (),
    )
    return ExternalId(purchase, Decimal(part["spent"]), int(part["counter"]))


def counted(external_id: str, ledger: Ledger, signer: Signer) -> str:
    """Update the counter and the credits in a copy, unless the ledger records a different state of the purchase."""
    copy = decode_external_id(external_id, signer)
    held = ledger.recorded(copy.purchase) if copy else None
    is_same = copy and held and (copy.purchase.state, copy.purchase.task_id) == (held.state, held.task_id)
    return encode_external_id(held, ledger, signer) if held and is_same else external_id


def names_open_task(external_id: str) -> bool:
    """Return whether the copied purchase is unfinished, without verifying the signature."""
    part = _COPY.fullmatch(external_id)
    return part is not None and not TaskState(part["state"]).is_over
