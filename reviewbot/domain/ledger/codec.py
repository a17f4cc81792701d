"""Encode and decode the ledger, a signed HTML comment in the summary comment.

Anyone with write access can edit a comment. The signing key is therefore derived from the API key, and the signature
covers the repository and the pull request. If a signature is invalid, only the credits in the ledger are used, because
they count against the budget.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from msgspec import Struct, field, to_builtins

from reviewbot.domain.findings.tracked_finding import MAX_TEXT, Bypass, Findings, worst_first
from reviewbot.domain.ledger.ledger import MAX_COUNTER, Ledger, Purchase
from reviewbot.domain.ledger.signing import ANOTHER_KEY, Signer
from reviewbot.domain.model.question import Question, Questions
from reviewbot.domain.model.review import MAX_CREDITS
from reviewbot.domain.text.strict_json import JsonMismatch, convert, parse
from reviewbot.values import replace

VERSION = 1
MAX_POSTED = 1_500
LEAST_POSTED = 300
"""The number of entries of `Ledger.posted` that are kept when a long ledger is shortened."""
MOST_CONTEXTS = 2
"""Only this many of the latest purchases keep their `context`."""
MAX_EXPERTISE = 60
"""Longer expertise tags are truncated to this number of characters."""
MAX_RECORDS = 200
_TEXTS = (MAX_TEXT, 600, 200, 0)
"""Limits in characters for the `text` and `note` of a finding, tried in this order."""

MAX_PLAIN_BYTES = 400_000
MAX_ENCODED = 34_000
"""The maximum number of characters of the payload: about half of GitHub's limit, to leave space for the text."""

_LEDGER = re.compile(r"<!-- reviewbot:ledger:v([1-9][0-9]{0,3}) ([A-Za-z0-9_=-]{1,60000}) ([0-9a-f]{64}) -->")

_UNTIL = (
    "reviewbot ignores its waivers, and the check fails until the whole change is reviewed again. To request a review, "
    "comment `/reviewbot review`."
)
_EDITED = f"The summary comment was edited. {_UNTIL}"
_OLDER = f"An older version of the summary comment was restored. {_UNTIL}"
_UNSURE = (
    "reviewbot cannot read the check runs of some earlier heads or bases of the pull request, so the summary comment "
    f"may be an older version. {_UNTIL}"
)


class LedgerReading(Struct, frozen=True):
    """A decoded ledger.

    Attributes:
        ledger: the ledger, or an empty one if the ledger is unreadable or the signature is invalid.
        spent: the credits in the ledger, even if the signature is invalid.
        problem: why the ledger is not trusted, or empty.
        bypass: the bypass that was removed because the ledger may be outdated. A check run may have passed because of
            this bypass.
    """

    ledger: Ledger = field(default_factory=Ledger)
    spent: Decimal = Decimal(0)
    problem: str = ""
    bypass: Bypass | None = None


def encode(ledger: Ledger, signer: Signer) -> str:
    """Return the ledger as an HTML comment with a payload of at most `MAX_ENCODED` characters.

    A long ledger first loses explanations, then content that no verdict needs, then the least severe findings.
    """
    payload = ""
    for version in smaller(ledger):
        plain = _json(_in_bounds(version)).encode("utf-8", "replace")
        payload = base64.urlsafe_b64encode(_deflated(plain)).decode()
        if len(plain) <= MAX_PLAIN_BYTES and len(payload) <= MAX_ENCODED:
            break
    return f"<!-- reviewbot:ledger:v{VERSION} {payload} {signer.sign(_signed(payload))} -->"


def smaller(ledger: Ledger) -> Iterator[Ledger]:
    """Yield ever smaller versions of the ledger: first with shorter explanations, then with fewer findings."""
    findings, count = ledger.findings, min(len(ledger.findings.records), MAX_RECORDS)
    for length in _TEXTS:
        yield replace(ledger, findings=_at_most(findings, count, length))
    needed = _needed(ledger)
    while count:
        yield replace(needed, findings=_at_most(findings, count, 0))
        count //= 2
    yield replace(needed, findings=_at_most(findings, 0, 0))


def _at_most(findings: Findings, count: int, length: int) -> Findings:
    """Keep the worst `count` findings, and add the other open findings, even waived ones, to `beyond`."""
    ordered = worst_first(findings.records)
    cut = Counter((record.found, record.severity) for record in ordered[count:] if record.state.is_open)
    beyond = Counter({(found, severity): number for found, severity, number in findings.beyond}) + cut
    return replace(
        findings,
        records=tuple(
            replace(record, text=record.text[:length], note=record.note[:length]) for record in ordered[:count]
        ),
        beyond=tuple(sorted(((*key, number) for key, number in beyond.items()), key=lambda one: (one[1].rank, one[0]))),
    )


def _needed(ledger: Ledger) -> Ledger:
    """Drop opinions, contexts and most of `posted`, starting with the ids of findings that were dropped earlier."""
    known = {one.id for one in ledger.findings.records}
    posted = sorted(ledger.posted, key=lambda one: (one in known or "-" in one, one))  # announcements have a hyphen
    purchases = tuple(replace(one, context=()) for one in ledger.purchases)
    return replace(ledger, purchases=purchases, posted=frozenset(posted[-LEAST_POSTED:]), opinions=())


def _deflated(plain: bytes) -> bytes:
    return zlib.compress(plain, 9)


def _json(ledger: Ledger) -> str:
    builtins = to_builtins(ledger, order="deterministic")
    return json.dumps(builtins, separators=(",", ":"), ensure_ascii=False)


def _signed(payload: str) -> str:
    return f"v{VERSION} {payload}"


def decode(body: str, signer: Signer, *, edited_by_other: bool = False) -> LedgerReading:
    """Decode the ledger in a summary comment. This never raises an exception.

    Another user who edited the comment may have restored an older ledger with a valid signature. The ledger then loses
    its waivers, bypass and acceptance, and the check fails until the whole change is reviewed again.
    """
    match = _LEDGER.search(body)
    if match is None:
        return LedgerReading(problem="The summary comment contains no stored state: it was truncated or edited.")
    version, payload, signature = int(match[1]), match[2], match[3]
    if version != VERSION:
        return LedgerReading(
            problem=f"The summary comment's stored state has version {version}, but this release reads only {VERSION}."
        )
    ledger = _unpack(payload)
    if ledger is None:
        return LedgerReading(problem="reviewbot cannot read the summary comment's stored state.")
    if not signer.verify(_signed(payload), signature):
        another = ANOTHER_KEY if signer.secret else "it was signed with a key, but this run has no key"
        why = "the comment was edited" if edited_by_other else another
        return LedgerReading(
            Ledger(), ledger.spent, f"The signature of the summary comment's stored state is invalid: {why}."
        )
    if edited_by_other:
        return LedgerReading(ledger.without_exemptions().incomplete(), ledger.spent, _EDITED)
    return LedgerReading(ledger, ledger.spent)


def not_before(reading: LedgerReading, counter: int, *, is_own: bool = False) -> LedgerReading:
    """Distrust a ledger whose counter is lower than `counter`, the highest counter in reviewbot's check runs.

    Other workflows post as the same user and can restore an older summary with a valid signature. If this run itself
    replaced the newer summary (`is_own`), only the exemptions are dropped. The newer purchases are in the check runs.
    """
    ledger = reading.ledger
    if ledger.counter >= counter:
        return reading
    if is_own and not reading.problem:
        return replace(reading, ledger=replace(ledger.without_exemptions(), counter=counter), bypass=ledger.bypass)
    return _without_exemptions(replace(reading, ledger=replace(ledger, counter=counter)), _OLDER)


def distrust(reading: LedgerReading) -> LedgerReading:
    """Distrust a ledger with exemptions, because unread check runs may have a higher counter."""
    return _without_exemptions(reading, _UNSURE) if reading.ledger.has_exemptions else reading


def _without_exemptions(reading: LedgerReading, problem: str) -> LedgerReading:
    if reading.problem:
        return reading
    ledger = reading.ledger
    return LedgerReading(ledger.without_exemptions().incomplete(), reading.spent, problem, ledger.bypass)


def replace_ledger(body: str, encoded: str) -> str:
    """Replace the ledger in a summary comment without changing the visible text."""
    return _LEDGER.sub(lambda _: encoded, body, count=1)


def is_waiting(body: str) -> bool:
    """Return `Ledger.is_open` of the ledger in a summary comment, without verifying the signature."""
    return (unverified(body) or Ledger()).is_open


def has_open_question(body: str) -> bool:
    """Return whether a summary comment has an unanswered question, without verifying the signature."""
    return bool((unverified(body) or Ledger()).questions.open())


def unverified(body: str) -> Ledger | None:
    """Return the ledger in a summary comment without verifying the signature, or None if the ledger is unreadable."""
    match = _LEDGER.search(body)
    return _unpack(match[2]) if match and int(match[1]) == VERSION else None


def _unpack(payload: str) -> Ledger | None:
    plain = _inflated(payload)
    if plain is None:
        return None
    try:
        written = parse(plain)
        ledger = convert(written, Ledger)
    except JsonMismatch:
        return None
    used = (*(one.used for one in ledger.purchases), *(one.used for one in ledger.questions.records))
    if not all(_is_sane(one or 0) for one in (ledger.forgotten, *used)):
        return None
    optional = (time for one in ledger.purchases for time in (one.read_at, one.head_at) if time)
    if not all(map(_is_time, (*(one.submitted_at for one in ledger.purchases), *optional))):
        return None
    if not all(_is_time(one.at) for one in ledger.questions.records):
        return None
    # A missing field would count as its default, which may be less strict.
    return ledger if json.loads(_json(ledger)) == written else None


def _is_time(text: str) -> bool:
    """Return whether a string is a time with a time zone in ISO 8601 format."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_sane(used: Decimal | int) -> bool:
    """Return whether a number of credits is valid. A negative number would raise the budget."""
    return Decimal(used).is_finite() and 0 <= used <= MAX_CREDITS


def _inflated(payload: str) -> bytes | None:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(base64.urlsafe_b64decode(payload), MAX_PLAIN_BYTES)
    except (binascii.Error, zlib.error):
        return None
    return None if inflater.unconsumed_tail else plain


def _in_bounds(ledger: Ledger) -> Ledger:
    first_late = len(ledger.purchases) - MOST_CONTEXTS
    return replace(
        ledger,
        purchases=tuple(_shortened(one, is_late=at >= first_late) for at, one in enumerate(ledger.purchases)),
        posted=frozenset(sorted(ledger.posted)[-MAX_POSTED:]),
        forgotten=short_credits(ledger.forgotten),
        counter=min(ledger.counter, MAX_COUNTER),
        questions=Questions(tuple(map(_with_short_credits, ledger.questions.records))),
    )


def _shortened(entry: Purchase, *, is_late: bool) -> Purchase:
    used = None if entry.used is None else short_credits(entry.used)
    context = entry.context if is_late else ()
    return replace(entry, used=used, expertise=entry.expertise[:MAX_EXPERTISE], context=context)


def _with_short_credits(question: Question) -> Question:
    return question if question.used is None else replace(question, used=short_credits(question.used))


def short_credits(used: Decimal) -> Decimal:
    """Round credits up to four decimal places, and limit them to the range that `decode` accepts."""
    bounded = min(max(used, Decimal(0)), Decimal(MAX_CREDITS))
    return bounded.quantize(Decimal("0.0001"), ROUND_CEILING).normalize()
