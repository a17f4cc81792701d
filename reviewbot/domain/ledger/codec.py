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

from reviewbot.domain.findings.placement import PlacementRules
from reviewbot.domain.findings.tracked_finding import Bypass
from reviewbot.domain.ledger.finding_codec import findings_from_json, findings_to_json, smaller
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.options import FailOn, ReviewKind, Tolerance
from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.verdict import Coverage, Rules
from reviewbot.domain.text.strict_json import JsonMismatch, JsonNode

VERSION = 1
MAX_POSTED = 1_500
MAX_PLAIN_BYTES = 400_000
MAX_ENCODED = 34_000
"""Characters of the ledger in a comment: a little more than half of what GitHub takes, the words have the rest."""

MAX_CREDITS = 10**12
"""More than anybody has: what says so is no ledger of ours."""

_LEDGER = re.compile(r"<!-- reviewbot:ledger:v([1-9][0-9]{0,3}) ([A-Za-z0-9_=-]{1,60000}) ([0-9a-f]{64}) -->")


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
    plain = json.dumps(_to_json(ledger), separators=(",", ":"), sort_keys=True, ensure_ascii=False)
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
        return LedgerReading(_without_favours(ledger), ledger.spent, told)
    return LedgerReading(ledger, ledger.spent)


def _without_favours(ledger: Ledger) -> Ledger:
    records = tuple(replace(record, waiver=None) for record in ledger.findings.records)
    return replace(ledger, bypass=None, findings=replace(ledger.findings, records=records, broken=True))


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
        return _from_json(JsonNode.parse(plain))
    except JsonMismatch:
        return None


def _inflated(payload: str) -> bytes | None:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(base64.urlsafe_b64decode(payload), MAX_PLAIN_BYTES)
    except (binascii.Error, zlib.error):
        return None
    return None if inflater.unconsumed_tail else plain


def _to_json(ledger: Ledger) -> dict[str, object]:
    bypass = ledger.bypass
    return {
        "purchases": [_purchase_to_json(entry) for entry in ledger.purchases],
        "posted": sorted(ledger.posted)[-MAX_POSTED:],
        "forgotten": short_credits(ledger.forgotten),
        "findings": findings_to_json(ledger.findings),
        "bypass": None if bypass is None else [bypass.head_sha, bypass.base_ref, bypass.by, bypass.reason],
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
        "used": None if entry.used is None else short_credits(entry.used),
        "at": entry.submitted_at,
        "coverage": entry.coverage,
        "missed": entry.missed,
        "rung": entry.size_tier,
        "fail-on": judgement.rules.fail_on,
        "on-pending": judgement.rules.on_pending,
        "on-error": judgement.rules.on_error,
        "on-partial": judgement.rules.on_partial,
        "comment-from": judgement.placement.comment_from,
        "max-comments": judgement.placement.max_comments,
        "review-event": judgement.review_kind,
        "since": entry.since,
        "base": entry.base_ref,
        "left": entry.merge_base,
        "asked": "+".join(entry.asked),
        "confirms": entry.confirms,
        "parts": entry.parts,
        "selection": entry.selection,
        "minutes": entry.minutes,
        "selecting": entry.selecting,
    }


def _from_json(node: JsonNode) -> Ledger:
    return Ledger(
        purchases=node["purchases"].all(_purchase_from_json),
        posted=frozenset(node["posted"].all(JsonNode.text)),
        forgotten=_credits(node["forgotten"]),
        findings=findings_from_json(node["findings"]),
        bypass=node["bypass"].maybe(_bypass),
    )


def _bypass(node: JsonNode) -> Bypass:
    head_sha, base_ref, by, reason = (part.text() for part in node.row(4))
    return Bypass(head_sha, base_ref, by, reason)


def _credits(node: JsonNode) -> Decimal:
    """A number of credits; a negative one would raise the budget."""
    number = node.decimal()
    return number if 0 <= number <= MAX_CREDITS else node.refuse("is no number of credits")


def short_credits(used: Decimal) -> str:
    """Credits to four places, rounded up; what is out of bounds is written so that it can be read again."""
    bounded = min(max(used, Decimal(0)), Decimal(MAX_CREDITS))
    return f"{bounded.quantize(Decimal('0.0001'), ROUND_CEILING).normalize():f}"


def _purchase_from_json(node: JsonNode) -> Purchase:
    return Purchase(
        identity=node["identity"].text(),
        attempt=node["attempt"].whole(),
        state=node["state"].word(TaskState),
        task_id=node["task"].text(),
        head_sha=node["head"].text(),
        hold=node["hold"].whole(0, MAX_CREDITS),
        used=node["used"].maybe(_credits),
        submitted_at=node["at"].text(),
        coverage=node["coverage"].word(Coverage),
        missed=node["missed"].whole(),
        size_tier=node["rung"].whole(),
        judgement=_judgement(node),
        since=node["since"].text(),
        base_ref=node["base"].text(),
        merge_base=node["left"].text(),
        asked=tuple(filter(None, node["asked"].text().split("+"))),
        confirms=node["confirms"].flag(),
        parts=node["parts"].whole(),
        selection=node["selection"].text(),
        minutes=node["minutes"].maybe(JsonNode.whole),
        selecting=node["selecting"].text(),
    )


def _judgement(node: JsonNode) -> Judgement:
    tolerances = (node[key].word(Tolerance) for key in ("on-pending", "on-error", "on-partial"))
    return Judgement(
        Rules(node["fail-on"].word(FailOn), *tolerances),
        PlacementRules(node["comment-from"].word(Severity), node["max-comments"].whole()),
        node["review-event"].word(ReviewKind),
    )
