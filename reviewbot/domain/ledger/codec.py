"""The ledger as a signed, hidden comment in our summary, bounded in size, and back.

Anyone with write access can edit a comment, so the ledger is signed with a key derived from the API key and bound to
repository and pull request. What is not signed is believed only where that makes us spend less: its credits count
against the budget, and nothing else of it is used.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.ledger.finding_codec import FindingsJson, Row, smaller
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.options import FailOn, ReviewKind, Tolerance
from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.domain.text.strict_json import JsonMismatch, Moment, Whole, read, same_fields

VERSION = 1
MAX_POSTED = 1_500
MAX_PLAIN_BYTES = 400_000
MAX_ENCODED = 34_000
"""Characters of the ledger in a comment: a little more than half of what GitHub takes, the words have the rest."""

MAX_CREDITS = 10**12
"""More than anybody has: what says so is no ledger of ours."""

MAX_COUNTER = 10**9 - 1
"""More than a comment is ever written, and nine digits, which a check run has room for."""

_LEDGER = re.compile(r"<!-- reviewbot:ledger:v([1-9][0-9]{0,3}) ([A-Za-z0-9_=-]{1,60000}) ([0-9a-f]{64}) -->")

_Counter = Annotated[int, Meta(ge=0, le=MAX_COUNTER)]
_OLDER = (
    "Somebody put an older text of the summary comment back: its waivers do not count, and only a whole review opens "
    "the gate. `/reviewbot review` asks for one."
)
_UNSURE = (
    "Not every earlier head and base of the pull request can be read, so the summary comment may be an older one: its "
    "waivers do not count, and only a whole review opens the gate. `/reviewbot review` asks for one."
)

_Hold = Annotated[int, Meta(ge=0, le=MAX_CREDITS)]


class _RulesJson(Struct, frozen=True):
    fail_on: FailOn
    on_pending: Tolerance
    on_error: Tolerance
    on_partial: Tolerance


class _PlacementJson(Struct, frozen=True):
    comment_from: Severity
    max_comments: Whole


class _JudgementJson(Struct, frozen=True):
    rules: _RulesJson
    placement: _PlacementJson
    review_kind: ReviewKind


class _JudgedRow(Row, frozen=True):
    id: str
    standing: FindingState
    blocks: bool
    carried: bool


class _PurchaseJson(Struct, frozen=True):
    identity: str
    attempt: Whole
    state: TaskState
    task_id: str
    head_sha: str
    hold: _Hold
    used: Decimal | None
    submitted_at: str
    coverage: Coverage
    missed: Whole
    size_tier: Whole
    judgement: _JudgementJson
    since: str
    base_ref: str
    merge_base: str
    asked: tuple[str, ...]
    selection: str
    selecting: str
    confirms: bool
    parts: Whole
    minutes: Whole | None
    change: str
    judged: tuple[_JudgedRow, ...]
    head_at: str


class _BypassRow(Row, frozen=True):
    head_sha: str
    base_ref: str
    by: str
    reason: str


class _SeenRow(Row, frozen=True):
    head_sha: str
    forced_at: Moment | None
    retargeted_at: Moment | None


class _LedgerJson(Struct, frozen=True):
    """A `Ledger` as it is written: the same attributes, bounded, and each of them required."""

    purchases: tuple[_PurchaseJson, ...]
    posted: tuple[str, ...]
    forgotten: Decimal
    findings: FindingsJson
    bypass: _BypassRow | None
    counter: _Counter
    seen: _SeenRow


@dataclass(frozen=True, slots=True)
class LedgerReading:
    """A ledger as it was found.

    Attributes:
        ledger: empty when nothing can be believed.
        spent: credits that count against the budget, signed or not.
        problem: why the ledger is not believed as it stands; empty when it is, or when there is none.
    """

    ledger: Ledger
    spent: Decimal
    problem: str = ""


def encode(ledger: Ledger, signer: Signer) -> str:
    """The ledger as a hidden comment of at most `MAX_ENCODED` characters.

    Explanations give way first, then the least severe findings, which are counted from then on.
    """
    payload = ""
    for findings in smaller(ledger.findings):
        payload = _packed(replace(ledger, findings=findings))
        if len(payload) <= MAX_ENCODED:
            break
    return f"<!-- reviewbot:ledger:v{VERSION} {payload} {signer.sign(_signed(payload))} -->"


def _packed(ledger: Ledger) -> str:
    plain = json.dumps(msgspec.to_builtins(_to_json(ledger)), separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(zlib.compress(plain.encode("utf-8", "replace"), 9)).decode()


def _signed(payload: str) -> str:
    return f"v{VERSION} {payload}"


def decode(body: str, signer: Signer, *, edited_by_other: bool = False) -> LedgerReading:
    """The ledger in a summary's body; never raises.

    A ledger that we signed and somebody else's edit put there may be an older one. It can only make us spend less and
    fail more, so it is believed, but for what opens the gate: waivers, a bypass, and that nothing was forgotten.

    Args:
        body: of our summary comment.
        signer: of this pull request.
        edited_by_other: whether somebody else edited the comment last.
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
    if not signer.verify(_signed(payload), signature):
        who = "edited by somebody" if edited_by_other else "made with another key"
        return LedgerReading(Ledger(), ledger.spent, f"The ledger's signature does not fit: it was {who}.")
    if edited_by_other:
        told = "Somebody edited the summary comment: its waivers do not count, and only a whole review opens the gate."
        return LedgerReading(ledger.without_favours(), ledger.spent, told)
    return LedgerReading(ledger, ledger.spent)


def not_before(reading: LedgerReading, counter: int) -> LedgerReading:
    """The ledger in our summary, where our check runs say how often it was written at least.

    Whoever can write as our token can put an older one back, signed as it is: then it is believed like one that
    somebody else's edit put there.
    """
    ledger = reading.ledger
    if ledger.counter >= counter:
        return reading
    return _without_favours(replace(reading, ledger=replace(ledger, counter=counter)), _OLDER)


def unsure(reading: LedgerReading) -> LedgerReading:
    """The ledger in our summary, where not all check runs are read that could say that it is an older one."""
    return _without_favours(reading, _UNSURE) if reading.ledger.favours else reading


def _without_favours(reading: LedgerReading, problem: str) -> LedgerReading:
    return reading if reading.problem else LedgerReading(reading.ledger.without_favours(), reading.spent, problem)


def replace_ledger(body: str, encoded: str) -> str:
    """A summary with another ledger in it and every visible word as it was."""
    return _LEDGER.sub(lambda _: encoded, body, count=1)


def is_waiting(body: str) -> bool:
    """Whether a summary tells of a review that is begun, open or postponed, signed or not: so that somebody looks."""
    match = _LEDGER.search(body)
    ledger = _unpack(match[2]) if match and int(match[1]) == VERSION else None
    return ledger is not None and bool(ledger.open_tasks() or ledger.postponed() or ledger.intents())


def _unpack(payload: str) -> Ledger | None:
    plain = _inflated(payload)
    if plain is None:
        return None
    try:
        written = read(plain, _LedgerJson)
    except JsonMismatch:
        return None
    ledger = same_fields(written, Ledger)
    return ledger if all(map(_is_sane, (ledger.forgotten, *(entry.used or 0 for entry in ledger.purchases)))) else None


def _is_sane(used: Decimal | int) -> bool:
    """Whether it is a number of credits; a negative one would raise the budget."""
    return Decimal(used).is_finite() and 0 <= used <= MAX_CREDITS


def _inflated(payload: str) -> bytes | None:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(base64.urlsafe_b64decode(payload), MAX_PLAIN_BYTES)
    except (binascii.Error, zlib.error):
        return None
    return None if inflater.unconsumed_tail else plain


def _to_json(ledger: Ledger) -> _LedgerJson:
    return _LedgerJson(
        purchases=tuple(same_fields(_shortened(entry), _PurchaseJson) for entry in ledger.purchases),
        posted=tuple(sorted(ledger.posted)[-MAX_POSTED:]),
        forgotten=short_credits(ledger.forgotten),
        findings=same_fields(ledger.findings, FindingsJson),
        bypass=None if ledger.bypass is None else same_fields(ledger.bypass, _BypassRow),
        counter=min(ledger.counter, MAX_COUNTER),
        seen=same_fields(ledger.seen, _SeenRow),
    )


def _shortened(entry: Purchase) -> Purchase:
    return entry if entry.used is None else replace(entry, used=short_credits(entry.used))


def short_credits(used: Decimal) -> Decimal:
    """Credits to four places, rounded up; what is out of bounds is written so that it can be read again."""
    bounded = min(max(used, Decimal(0)), Decimal(MAX_CREDITS))
    return bounded.quantize(Decimal("0.0001"), ROUND_CEILING).normalize()
