"""Encode the ledger as a signed, hidden comment of bounded size in the summary, and decode it.

Anyone with write access can edit a comment, so the ledger is signed with a key derived from the API key and bound to
repository and pull request. Of an unsigned ledger only the credits are used: they count against the budget.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.ledger.finding_codec import Count, FindingsJson, Row, fewer, shorter
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.options import AnswerForm, FailOn, ReviewKind, Tolerance
from reviewbot.domain.model.question import Question, Questions, QuestionState
from reviewbot.domain.model.review import Mode, Severity
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.domain.text.strict_json import JsonMismatch, Moment, Whole, read, same_fields
from reviewbot.values import replace

VERSION = 1
MAX_POSTED = 1_500
LEAST_POSTED = 300
"""How many of them are kept in a ledger that is too long otherwise."""
MOST_CONTEXTS = 2
"""The last purchases whose context is listed."""
MAX_EXPERTISE = 60
"""Characters of an expertise tag; the rest is cut."""

MAX_PLAIN_BYTES = 400_000
MAX_ENCODED = 34_000
"""Characters of the ledger in a comment: about half of GitHub's limit, which leaves space for the text."""

MAX_CREDITS = 10**12
"""A ledger with a larger number is invalid."""

MAX_COUNTER = 10**9 - 1
"""Nine digits, which fit in a check run's `external_id`."""

_LEDGER = re.compile(r"<!-- reviewbot:ledger:v([1-9][0-9]{0,3}) ([A-Za-z0-9_=-]{1,60000}) ([0-9a-f]{64}) -->")

_Counter = Annotated[int, Meta(ge=0, le=MAX_COUNTER)]
_EDITED = (
    "The summary comment was edited. Its waivers do not count, and the check fails until the whole change is reviewed "
    "again. To request that, comment `/reviewbot review`."
)
_OLDER = (
    "An older version of the summary comment was restored. Its waivers do not count, and the check fails until the "
    "whole change is reviewed again. To request that, comment `/reviewbot review`."
)
_UNSURE = (
    "reviewbot cannot read the check runs of every earlier head and base of the pull request, so the summary comment "
    "may be an older version. Its waivers do not count, and the check fails until the whole change is reviewed again. "
    "To request that, comment `/reviewbot review`."
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
    answer: AnswerForm


class _JudgedRow(Row, frozen=True):
    id: str
    standing: FindingState
    blocks: bool
    carried: bool


class _ContextRow(Row, frozen=True):
    name: str
    bytes: Whole
    redactions: Whole
    sha256: str


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
    max_credits: _Hold
    lines: Whole | None
    no_schema: bool
    unread_at: str
    head_at: str
    context: tuple[_ContextRow, ...]
    mode: Mode | None
    expertise: str
    requested_by: tuple[str, ...]


class _QuestionRow(Row, frozen=True):
    comment: str
    digest: str
    by: str
    finding: str
    state: QuestionState
    task_id: str
    hold: _Hold
    used: Decimal | None
    at: str


class _QuestionsJson(Struct, frozen=True):
    records: tuple[_QuestionRow, ...]


class _BypassRow(Row, frozen=True):
    head_sha: str
    base_ref: str
    by: str
    reason: str


class _AcceptanceRow(Row, frozen=True):
    head_sha: str
    base_ref: str
    task_id: str
    by: str


class _SeenRow(Row, frozen=True):
    head_sha: str
    forced_at: Moment | None
    retargeted_at: Moment | None


class _OpinionsRow(Row, frozen=True):
    finding_id: str
    author_up: Count
    author_down: Count
    others_up: Count
    others_down: Count


class _LedgerJson(Struct, frozen=True):
    """The JSON form of a `Ledger`: the same attributes, bounded and required."""

    purchases: tuple[_PurchaseJson, ...]
    posted: tuple[str, ...]
    forgotten: Decimal
    findings: FindingsJson
    bypass: _BypassRow | None
    acceptance: _AcceptanceRow | None
    counter: _Counter
    seen: _SeenRow
    questions: _QuestionsJson
    opinions: tuple[_OpinionsRow, ...]
    stated: str


class LedgerReading(Struct, frozen=True):
    """A decoded ledger.

    Attributes:
        ledger: empty if nothing in it can be trusted.
        spent: credits that count against the budget, signed or not.
        problem: why the ledger is not trusted; empty if it is, or if there is none.
    """

    ledger: Ledger
    spent: Decimal
    problem: str = ""


def encode(ledger: Ledger, signer: Signer) -> str:
    """Return the ledger as a hidden comment of at most `MAX_ENCODED` characters.

    Explanations are shortened first, and then what no verdict needs. At last the least severe findings are dropped and
    only counted.
    """
    payload = ""
    for smaller in _smaller(ledger):
        payload = _packed(smaller)
        if len(payload) <= MAX_ENCODED:
            break
    return f"<!-- reviewbot:ledger:v{VERSION} {payload} {signer.sign(_signed(payload))} -->"


def _smaller(ledger: Ledger) -> Iterator[Ledger]:
    for findings in shorter(ledger.findings):
        yield replace(ledger, findings=findings)
    needed = _needed(ledger)
    for findings in fewer(ledger.findings):
        yield replace(needed, findings=findings)


def _needed(ledger: Ledger) -> Ledger:
    """Leave out the opinions, the lists of contexts, and most ids of comments on findings that are forgotten."""
    known = {one.id for one in ledger.findings.records}
    posted = sorted(ledger.posted, key=lambda one: (one in known or "-" in one, one))  # announcements have a hyphen
    purchases = tuple(replace(one, context=()) for one in ledger.purchases)
    return replace(ledger, purchases=purchases, posted=frozenset(posted[-LEAST_POSTED:]), opinions=())


def _packed(ledger: Ledger) -> str:
    plain = json.dumps(msgspec.to_builtins(_to_json(ledger)), separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(zlib.compress(plain.encode("utf-8", "replace"), 9)).decode()


def _signed(payload: str) -> str:
    return f"v{VERSION} {payload}"


def decode(body: str, signer: Signer, *, edited_by_other: bool = False) -> LedgerReading:
    """Decode the ledger in a summary's body; never raises.

    A signed ledger in a comment that was edited by another user may be an older version. It is used without waivers and
    bypass and as incomplete, so that it can only block more and spend less.
    """
    match = _LEDGER.search(body)
    if match is None:
        return LedgerReading(
            Ledger(), Decimal(0), "The summary comment contains no ledger: it was truncated or edited."
        )
    version, payload, signature = int(match[1]), match[2], match[3]
    if version != VERSION:
        return LedgerReading(Ledger(), Decimal(0), f"The ledger has version {version}; this release reads {VERSION}.")
    ledger = _unpack(payload)
    if ledger is None:
        return LedgerReading(Ledger(), Decimal(0), "The ledger in the summary comment cannot be read.")
    if not signer.verify(_signed(payload), signature):
        another = (
            "it was signed with another key" if signer.secret else "it was signed with a key, and this run has none"
        )
        why = "the comment was edited" if edited_by_other else another
        return LedgerReading(Ledger(), ledger.spent, f"The ledger's signature is invalid: {why}.")
    if edited_by_other:
        return LedgerReading(ledger.without_exemptions(), ledger.spent, _EDITED)
    return LedgerReading(ledger, ledger.spent)


def not_before(reading: LedgerReading, counter: int) -> LedgerReading:
    """Distrust a ledger whose counter is lower than the one in reviewbot's check runs.

    Other workflows post as the same user and can restore an older, correctly signed summary. It is treated like one
    that another user edited.
    """
    ledger = reading.ledger
    if ledger.counter >= counter:
        return reading
    return _without_exemptions(replace(reading, ledger=replace(ledger, counter=counter)), _OLDER)


def distrust(reading: LedgerReading) -> LedgerReading:
    """Distrust a ledger if not all check runs that could show it to be outdated were read."""
    return _without_exemptions(reading, _UNSURE) if reading.ledger.has_exemptions else reading


def _without_exemptions(reading: LedgerReading, problem: str) -> LedgerReading:
    return reading if reading.problem else LedgerReading(reading.ledger.without_exemptions(), reading.spent, problem)


def replace_ledger(body: str, encoded: str) -> str:
    """Return the summary with another ledger and unchanged visible text."""
    return _LEDGER.sub(lambda _: encoded, body, count=1)


def is_waiting(body: str) -> bool:
    """Return whether a summary contains an intent, an open or deferred task or an open question, signed or not."""
    ledger = unverified(body) or Ledger()
    return bool(ledger.open_tasks() or ledger.postponed() or ledger.intents() or ledger.questions.open())


def has_open_question(body: str) -> bool:
    """Return whether a summary contains a question without an answer, signed or not."""
    return bool((unverified(body) or Ledger()).questions.open())


def unverified(body: str) -> Ledger | None:
    """Return the ledger in a summary, signed or not; anyone may have written it. None if it cannot be read."""
    match = _LEDGER.search(body)
    return _unpack(match[2]) if match and int(match[1]) == VERSION else None


def _unpack(payload: str) -> Ledger | None:
    plain = _inflated(payload)
    if plain is None:
        return None
    try:
        written = read(plain, _LedgerJson)
    except JsonMismatch:
        return None
    ledger = same_fields(written, Ledger)
    used = (*(one.used for one in ledger.purchases), *(one.used for one in ledger.questions.records))
    return ledger if all(_is_sane(one or 0) for one in (ledger.forgotten, *used)) else None


def _is_sane(used: Decimal | int) -> bool:
    """Return whether this is a valid number of credits; a negative one would raise the budget."""
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
        purchases=tuple(
            same_fields(_shortened(entry, is_late=number > len(ledger.purchases) - MOST_CONTEXTS), _PurchaseJson)
            for number, entry in enumerate(ledger.purchases, start=1)
        ),
        posted=tuple(sorted(ledger.posted)[-MAX_POSTED:]),
        forgotten=short_credits(ledger.forgotten),
        findings=same_fields(ledger.findings, FindingsJson),
        bypass=None if ledger.bypass is None else same_fields(ledger.bypass, _BypassRow),
        acceptance=None if ledger.acceptance is None else same_fields(ledger.acceptance, _AcceptanceRow),
        counter=min(ledger.counter, MAX_COUNTER),
        seen=same_fields(ledger.seen, _SeenRow),
        opinions=tuple(same_fields(one, _OpinionsRow) for one in ledger.opinions),
        questions=same_fields(Questions(tuple(map(_in_bounds, ledger.questions.records))), _QuestionsJson),
        stated=ledger.stated,
    )


def _shortened(entry: Purchase, *, is_late: bool) -> Purchase:
    used = None if entry.used is None else short_credits(entry.used)
    context = entry.context if is_late else ()
    return replace(entry, used=used, expertise=entry.expertise[:MAX_EXPERTISE], context=context)


def _in_bounds(question: Question) -> Question:
    return question if question.used is None else replace(question, used=short_credits(question.used))


def short_credits(used: Decimal) -> Decimal:
    """Round credits up to four places, within the bounds that can be decoded."""
    bounded = min(max(used, Decimal(0)), Decimal(MAX_CREDITS))
    return bounded.quantize(Decimal("0.0001"), ROUND_CEILING).normalize()
