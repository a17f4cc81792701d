"""Only a signed ledger in its own place is trusted; an untrusted one can only reduce spending."""

from __future__ import annotations

import base64
import json
import re
import zlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.diff.text_index import Block
from reviewbot.domain.findings.placement import PlacementRules
from reviewbot.domain.findings.tracked_finding import (
    LOST,
    MAX_REASON,
    MAX_TEXT,
    MAX_TITLE,
    Acceptance,
    Bypass,
    Findings,
    FindingState,
    Judged,
    TrackedFinding,
    Waiver,
    worst_first,
)
from reviewbot.domain.github.context import MOST_FILES, ContextPart
from reviewbot.domain.github.pull_request import Seen
from reviewbot.domain.ledger.codec import (
    MAX_ENCODED,
    MAX_EXPERTISE,
    MAX_PLAIN_BYTES,
    MAX_POSTED,
    VERSION,
    decode,
    distrust,
    encode,
    is_waiting,
    not_before,
    replace_ledger,
)
from reviewbot.domain.ledger.external_id import (
    counted,
    decode_external_id,
    encode_external_id,
    names_open_task,
)
from reviewbot.domain.ledger.ledger import (
    MAX_COUNTER,
    MAX_JUDGED,
    MAX_TASKS,
    Judgement,
    Ledger,
    Purchase,
    TaskState,
)
from reviewbot.domain.ledger.opinions import MAX_OPINIONS, Opinions
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.model.options import AnswerForm, FailOn, ReviewKind, Tolerance
from reviewbot.domain.model.question import MAX_QUESTIONS, Question, Questions, QuestionState
from reviewbot.domain.model.review import MAX_CREDITS, Category, Mode, Severity, Side
from reviewbot.domain.policy.verdict import Coverage, Rules
from reviewbot.domain.text.size_limits import SUMMARY
from reviewbot.values import replace
from tests.domain.builders import COMMENT_LIMIT, HEAD, commit, pull, purchase, snapshot_of

SIGNER = Signer("cvf_test_key", 5, 7, "")
COSTING = Ledger(forgotten=Decimal(360), counter=3)
BOUGHT = purchase()
REVIEWED = replace(BOUGHT, state=TaskState.DONE, selecting="all", head_sha="b")
PLAIN = Ledger((BOUGHT, replace(BOUGHT, attempt=2, state=TaskState.DONE, used=Decimal("387.5"))), frozenset({"ab12"}))

EARLIEST, LATEST = datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2099-01-01")

tolerances = st.sampled_from(Tolerance)
credits_ = st.decimals(0, 10**9, places=4)
hexes = st.text("0123456789abcdef", min_size=16, max_size=64)
purchases = st.builds(
    Purchase,
    identity=st.text("0123456789abcdef", min_size=32, max_size=32),
    attempt=st.integers(1, 99),
    state=st.sampled_from(TaskState),
    task_id=st.text(max_size=30),
    head_sha=hexes,
    hold=st.integers(0, 10**9),
    used=st.none() | credits_,
    submitted_at=st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC)).map(
        lambda at: at.isoformat(timespec="seconds")
    ),
    coverage=st.sampled_from(Coverage),
    missed=st.integers(0, 9999),
    size_tier=st.integers(0, 3),
    judgement=st.builds(
        Judgement,
        st.builds(Rules, st.sampled_from(FailOn), tolerances, tolerances, tolerances),
        st.builds(PlacementRules, st.sampled_from(Severity), st.integers(0, 1000)),
        st.sampled_from(ReviewKind),
        st.sampled_from(AnswerForm),
    ),
    since=st.just("") | st.text("0123456789abcdef", min_size=40, max_size=40),
    base_ref=st.text(max_size=20),
    merge_base=hexes,
    asked=st.lists(st.text("123456789", min_size=1, max_size=10), max_size=2, unique=True).map(tuple),
    selection=hexes,
    parts=st.integers(1, 20),
    confirms=st.booleans(),
    minutes=st.none() | st.integers(1, 10**6),
    selecting=hexes,
    change=st.just("") | hexes,
    judged=st.lists(
        st.builds(
            Judged, hexes, st.sampled_from([FindingState.OPEN, FindingState.CHANGED]), st.booleans(), st.booleans()
        ),
        max_size=3,
    ).map(tuple),
    mode=st.none() | st.sampled_from(Mode),
    expertise=st.text(max_size=MAX_EXPERTISE),
)
texts = st.text(max_size=40)
records = st.builds(
    TrackedFinding,
    id=st.text("0123456789abcdef", min_size=10, max_size=10),
    severity=st.sampled_from(Severity),
    category=st.none() | st.sampled_from(Category),
    title=texts,
    path=texts,
    side=st.sampled_from(Side),
    line=st.none() | st.integers(1, 10**7),
    block=st.none() | st.builds(Block, hexes, st.integers(1, 20), hexes),
    in_file=st.booleans(),
    touched=st.booleans(),
    copies=st.integers(0, 99),
    state=st.sampled_from(FindingState),
    found=texts,
    closed=texts,
    text=texts,
    note=texts,
    waiver=st.none() | st.builds(Waiver, texts, texts, texts, texts),
    leftover=st.booleans(),
    file=st.just("") | hexes,
)
beyonds = st.dictionaries(st.tuples(st.just("task_1"), st.sampled_from(Severity)), st.integers(1, 999)).map(
    lambda counts: tuple(sorted(((*key, number) for key, number in counts.items()), key=lambda one: one[1].rank))
)
findings = st.builds(Findings, st.lists(records, max_size=5).map(worst_first), beyonds, st.booleans())
ledgers = st.builds(
    Ledger,
    st.lists(purchases, max_size=4).map(tuple),
    st.frozensets(st.text("0123456789abcdef", min_size=10, max_size=10), max_size=20),
    credits_,
    findings,
    st.none() | st.builds(Bypass, hexes, texts, texts, texts),
    st.none() | st.builds(Acceptance, hexes, texts, texts),
    st.integers(0, MAX_COUNTER),
    st.builds(Seen, hexes, *[st.none() | st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC))] * 2),
    st.lists(st.builds(Opinions, hexes, *[st.integers(0, 20)] * 2), max_size=3).map(tuple),
)


def packed(value: object, signer: Signer = SIGNER, version: int = VERSION, *, signature: str = "") -> str:
    """Return a ledger's text, by default signed."""
    plain = value if isinstance(value, bytes) else json.dumps(value).encode()
    payload = base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode()
    return f"<!-- reviewbot:ledger:v{version} {payload} {signature or signer.sign(f'v{version} {payload}')} -->"


def plain_json(ledger: Ledger = PLAIN) -> Any:  # noqa: ANN401 — JSON
    payload = encode(ledger, SIGNER).split(" ")[2]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(payload)))


# --- Signed state -----------------------------------------------------------------------------------------------------


@given(ledgers, st.text(), st.text(max_size=20), st.integers(1), st.integers(1), st.text(max_size=10))
def test_a_ledger_is_read_back_from_anywhere_in_a_body(
    ledger: Ledger, words: str, secret: str, repository: int, number: int, instance: str
) -> None:
    signer = Signer(secret, repository, number, instance)
    reading = decode(f"mark{encode(ledger, signer)}{words}", signer)
    assert (reading.ledger, reading.spent, reading.problem) == (ledger, ledger.spent, "")


def test_a_ledger_is_replaced_between_the_words() -> None:
    old, new = (encode(Ledger(counter=counter), SIGNER) for counter in (1, 2))
    assert replace_ledger(f"before {old} after", new) == f"before {new} after"


@given(ledgers, ledgers)
def test_replacing_the_ledger_keeps_every_word(old: Ledger, new: Ledger) -> None:
    for before, after in (("<!-- mark -->", "\n## Words \\1 \\g<0>\n"), ("", "")):
        body = replace_ledger(f"{before}{encode(old, SIGNER)}{after}", encode(new, SIGNER))
        assert body == f"{before}{encode(new, SIGNER)}{after}"
    assert replace_ledger("no ledger", encode(new, SIGNER)) == "no ledger"


@pytest.mark.parametrize("state", TaskState)
def test_a_summary_shows_whether_it_needs_another_look(state: TaskState) -> None:
    body = encode(replace(PLAIN, purchases=(replace(BOUGHT, state=state),)), SIGNER)
    assert is_waiting(body) is (state in {TaskState.INTENT, TaskState.OPEN, TaskState.DEFERRED})
    assert not is_waiting(body.replace(":v1 ", ":v9 "))
    assert not is_waiting(body.replace(":v1 ", ":v1 xxxx"))
    assert not is_waiting("")


def test_the_secret_is_not_shown() -> None:
    assert "cvf_test_key" not in repr(SIGNER)
    assert "cvf_test_key" not in encode(PLAIN, SIGNER)


def test_a_full_ledger_leaves_space_for_texts() -> None:
    ledger = Ledger()
    for number in range(MAX_TASKS + 5):
        bought = replace(BOUGHT, identity=SIGNER.sign(str(number)), task_id=SIGNER.sign(f"t{number}"))
        bought = replace(bought, mode=Mode.FAST, expertise=SIGNER.sign(f"e{number}"))
        ledger = ledger.with_purchase(replace(bought, head_sha=SIGNER.sign(f"h{number}")[:40]))
    ledger = replace(ledger, posted=frozenset(SIGNER.sign(f"p{number}")[:10] for number in range(MAX_POSTED + 500)))
    ids = sorted(ledger.posted)[-MAX_OPINIONS:]
    ledger = replace(ledger, opinions=tuple(Opinions(one, number % 3, 20) for number, one in enumerate(ids)))
    encoded = encode(ledger, SIGNER)
    assert len(encoded) < COMMENT_LIMIT / 2
    reading = decode(encoded, SIGNER)
    assert [one.expertise for one in reading.ledger.purchases] == [
        one.expertise[:MAX_EXPERTISE] for one in ledger.purchases
    ]
    assert [replace(one, expertise="") for one in reading.ledger.purchases] == [
        replace(one, expertise="") for one in ledger.purchases
    ]
    assert reading.ledger.opinions == ledger.opinions
    assert len(reading.ledger.posted) == MAX_POSTED
    assert reading.ledger.posted < ledger.posted


# --- Untrusted state --------------------------------------------------------------------------------------------------


@given(st.data())
def test_a_ledger_with_any_single_edit_is_not_trusted(data: st.DataObject) -> None:
    encoded = encode(PLAIN, SIGNER)
    at = data.draw(st.integers(0, len(encoded) - 1))
    new = data.draw(st.characters(codec="utf-8") | st.sampled_from("0123456789abcdefABCxyz=_-v<> ") | st.just(""))
    edited = encoded[:at] + new + encoded[at + 1 :]
    if edited == encoded:
        return
    reading = decode(edited, SIGNER)
    assert reading.ledger == Ledger()
    assert reading.problem
    assert reading.spent in {Decimal(0), PLAIN.spent}


@given(st.integers(0, len(encode(PLAIN, SIGNER)) - 1))
def test_a_truncated_ledger_is_not_trusted(length: int) -> None:
    reading = decode(encode(PLAIN, SIGNER)[:length], SIGNER)
    assert (reading.ledger, reading.spent) == (Ledger(), Decimal(0))
    assert "truncated or edited" in reading.problem


def test_a_signed_ledger_is_not_trusted_without_a_key() -> None:
    reading = decode(encode(PLAIN, SIGNER), replace(SIGNER, secret=""))
    assert (reading.ledger, reading.spent) == (Ledger(), PLAIN.spent)
    assert "signed with a key, but this run has no key" in reading.problem


@pytest.mark.parametrize(
    "other",
    [
        replace(SIGNER, secret="another"),
        replace(SIGNER, secret=""),
        replace(SIGNER, repository_id=6),
        replace(SIGNER, pull_number=8),
        replace(SIGNER, instance="night"),
    ],
)
def test_a_ledger_of_another_pull_request_or_key_counts_only_against_the_budget(other: Signer) -> None:
    for edited, problem in ((False, "another key"), (True, "the comment was edited")):
        reading = decode(encode(PLAIN, other), SIGNER, edited_by_other=edited)
        assert (reading.ledger, reading.spent) == (Ledger(), PLAIN.spent)
        assert problem in reading.problem


@pytest.mark.parametrize("version", [VERSION + 1, 9999])
def test_a_ledger_of_a_newer_version_is_not_changed(version: int) -> None:
    reading = decode(packed(plain_json(), version=version), SIGNER)
    assert (reading.ledger, reading.spent) == (Ledger(), Decimal(0))
    assert f"version {version}" in reading.problem


@pytest.mark.parametrize("version", ["0", "01", "\u0661", "00001", ""])
def test_an_unknown_version_is_not_a_ledger(version: str) -> None:
    encoded = encode(PLAIN, SIGNER).replace(f"ledger:v{VERSION}", f"ledger:v{version}")
    assert decode(encoded, SIGNER).ledger == Ledger()


NO_CREDITS = ("-1", "NaN", "sNaN", "Infinity", "1e999999", "many", str(MAX_CREDITS + 1))


def entry_with(key: str, value: object) -> dict[str, object]:
    """Return a ledger with a changed first purchase."""
    whole: dict[str, Any] = plain_json()
    whole["purchases"][0][key] = value
    return whole


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"no json",
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 5_000,
        json.dumps(plain_json()).replace('"posted"', '"\\ud800"').encode(),
        b'{"posted":[],"purchases":[],"forgotten":"0","x":"' + b"0" * 10_000_000 + b'"}',
        None,
        [],
        "text",
        5,
        {},
        {"purchases": {}, "posted": 5},
        {**plain_json(), "findings": None},
        {**plain_json(), "findings": {"records": [[1]], "beyond": [], "broken": False}},
        {**plain_json(), "findings": {"records": [], "beyond": [["", "high", -1]], "broken": False}},
        {**plain_json(), "bypass": ["one"]},
        {**plain_json(), "bypass": ["c" * 40, "boss", "now"]},
        {**plain_json(), "purchases": {"0": 1}},
        {**plain_json(), "posted": [5]},
        {"purchases": "text", "posted": []},
        {"purchases": [5], "posted": []},
        {"purchases": [{}], "posted": []},
        {**plain_json(), "forgotten": None},
        {**plain_json(), "forgotten": "-1"},
        {**plain_json(), "forgotten": True},
        *(entry_with("used", used) for used in NO_CREDITS),
        *(entry_with("hold", hold) for hold in (-1, float("inf"), float("nan"), 1e308, "x", None)),
        *(
            entry_with(key, time)
            for key in ("submitted_at", "head_at", "read_at")
            for time in ("yesterday", "2026-11-24")
        ),
        entry_with("submitted_at", ""),
        entry_with("attempt", float("inf")),
        entry_with("state", "stolen"),
        entry_with("judgement", {}),
        entry_with("judgement", {**plain_json()["purchases"][0]["judgement"], "review_kind": "shout"}),
    ],
)
def test_an_invalid_ledger_never_raises_or_increases_the_budget(value: object) -> None:
    for body in (packed(value), packed(value, signature="0" * 64)):
        reading = decode(body, SIGNER)
        assert (reading.ledger, reading.spent) == (Ledger(), Decimal(0))
        assert "cannot read" in reading.problem


def test_a_question_without_a_valid_time_makes_the_ledger_unreadable() -> None:
    asked = Question("1", "", "mona", "a" * 10, QuestionState.OPEN, "", 120, None, "soon")
    assert decode(encode(replace(PLAIN, questions=Questions((asked,))), SIGNER), SIGNER).ledger == Ledger()


def test_a_decompression_bomb_is_not_unpacked() -> None:
    bomb = packed(b" " * 40_000_000)
    assert len(bomb) < 60_000
    assert "cannot read" in decode(bomb, SIGNER).problem
    assert MAX_PLAIN_BYTES < 40_000_000


@given(st.text("ABCxyz019_-=", min_size=1, max_size=40), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_garbage_in_the_shape_of_a_ledger_never_raises(payload: str, signature: str) -> None:
    reading = decode(f"<!-- reviewbot:ledger:v{VERSION} {payload} {signature} -->", SIGNER)
    assert (reading.ledger, reading.spent) == (Ledger(), Decimal(0))


@given(st.text())
def test_reading_any_body_never_fails(body: str) -> None:
    assert decode(body, SIGNER).ledger == Ledger()


@pytest.mark.parametrize("key", plain_json()["purchases"][0])
def test_every_key_of_a_purchase_is_required(key: str) -> None:
    whole = plain_json()
    del whole["purchases"][0][key]
    assert "cannot read" in decode(packed(whole), SIGNER).problem


@pytest.mark.parametrize("key", plain_json())
def test_every_key_of_a_ledger_is_required(key: str) -> None:
    whole = plain_json()
    del whole[key]
    assert "cannot read" in decode(packed(whole), SIGNER).problem


@pytest.mark.parametrize("key", plain_json()["purchases"][0]["judgement"]["rules"])
def test_every_setting_that_judges_is_required(key: str) -> None:
    whole = plain_json()
    del whole["purchases"][0]["judgement"]["rules"][key]
    assert "cannot read" in decode(packed(whole), SIGNER).problem


@pytest.mark.parametrize("kind", [KeyError, TypeError, ValueError, AttributeError, ArithmeticError])
def test_a_bug_in_the_reader_is_not_a_broken_ledger(monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
    def bug(_: object) -> None:
        raise kind

    encoded = encode(PLAIN, SIGNER)
    monkeypatch.setattr("reviewbot.domain.ledger.codec._is_sane", bug)
    with pytest.raises(kind):
        decode(encoded, SIGNER)


def test_a_signature_is_for_one_version() -> None:
    payload = encode(PLAIN, SIGNER).split(" ")[2]
    bare = f"<!-- reviewbot:ledger:v{VERSION} {payload} {SIGNER.sign(payload)} -->"
    assert decode(bare, SIGNER).ledger == Ledger()


def waived_by(by: str, base_ref: str, severity: Severity = Severity.HIGH) -> Ledger:
    """Return a ledger with a waived finding, and a bypass of the head."""
    waiver = Waiver(by, "fine", "", base_ref)
    finding = TrackedFinding("0" * 10, severity, None, "One", "a.py", waiver=waiver)
    return replace(PLAIN, findings=Findings((finding,)), bypass=Bypass(HEAD, "main", "boss", "now"))


@pytest.mark.parametrize(
    ("by", "base_ref", "severity", "more", "stands"),
    [
        ("wendy", "main", Severity.HIGH, {}, True),
        ("wendy", "next", Severity.HIGH, {}, True),
        # an author now, but not against the base at that time
        ("Ann", "main", Severity.HIGH, {}, True),
        ("Ann", "next", Severity.HIGH, {}, False),
        ("kim", "next", Severity.HIGH, {}, False),
        ("wendy", "next", Severity.HIGH, {"commit_count": 300}, False),
        ("wendy", "main", Severity.HIGH, {"commit_count": 300}, True),
        # an author, when it did not block
        ("ann", "", Severity.HIGH, {}, False),
        ("ann", "", Severity.MEDIUM, {}, True),
    ],
)
def test_a_waiver_of_an_author_exempts_nothing_that_blocks(
    by: str,
    base_ref: str,
    severity: Severity,
    more: dict[str, Any],
    stands: bool,  # noqa: FBT001 — a column
) -> None:
    now = pull(commits=(commit("ann", "kim"),), commit_count=1, base_ref="main")
    after = waived_by(by, base_ref, severity).entitled(replace(now, **more), FailOn.HIGH)
    [finding] = after.findings.records
    assert (finding.waiver is not None) is stands


def test_a_bypass_is_for_one_head_and_base() -> None:
    given = waived_by("wendy", "main")
    assert given.entitled(pull(), FailOn.HIGH) == given
    for now in (pull(head_sha="d" * 40), pull(base_ref="next")):
        assert given.entitled(now, FailOn.HIGH) == replace(given, bypass=None)


def test_an_edit_by_another_user_removes_waivers_and_keeps_blocking_findings() -> None:
    waived = TrackedFinding("0" * 10, Severity.HIGH, None, "One", "a.py", waiver=Waiver("mona", "fine", ""))
    bypass, acceptance = Bypass("c" * 40, "main", "boss", "now"), Acceptance("c" * 40, "main", "task_1", "boss")
    bypassed = replace(PLAIN, findings=Findings((waived,)), bypass=bypass, acceptance=acceptance)
    reading = decode(encode(bypassed, SIGNER), SIGNER, edited_by_other=True)
    assert reading.problem
    assert reading.ledger.purchases == PLAIN.purchases
    assert (reading.ledger.bypass, reading.ledger.acceptance) == (None, None)
    assert reading.ledger.findings.broken
    assert reading.ledger.findings.severities("") == (Severity.HIGH,)
    assert decode(encode(bypassed, SIGNER), SIGNER).ledger == bypassed


@pytest.mark.parametrize(
    "favour",
    [
        Ledger(bypass=Bypass("a" * 40, "main", "octocat", "It is urgent.")),
        Ledger(acceptance=Acceptance("a" * 40, "main", "task_1", "octocat")),
        Ledger(
            findings=Findings(
                (TrackedFinding("1" * 10, Severity.HIGH, None, "T", "a.py", waiver=Waiver("octocat", "Known.", "d")),)
            )
        ),
    ],
)
def test_a_ledger_older_than_a_check_run_has_no_waivers(favour: Ledger) -> None:
    reading = decode(encode(replace(favour, counter=4), SIGNER), SIGNER)
    assert favour.has_exemptions
    assert not_before(reading, 4) == reading
    assert not_before(reading, 3) == reading, "a run may stop between the summary and the check run"
    older = not_before(reading, 5)
    assert "An older version" in older.problem
    assert "`/reviewbot review`" in older.problem
    assert older.spent == reading.spent
    assert not older.ledger.has_exemptions
    assert older.ledger.findings.broken
    assert older.ledger.findings.open() == tuple(replace(one, waiver=None) for one in favour.findings.open())
    assert older.ledger.counter == 5, "the next write is newer than all of them"
    own = not_before(reading, 5, is_own=True)
    assert (own.problem, own.ledger.has_exemptions, own.bypass) == ("", False, favour.bypass)
    assert (own.ledger.findings.broken, own.ledger.counter) == (False, 5), "this run wrote over the newer one"
    not_sure = distrust(reading)
    assert "some earlier heads or bases" in not_sure.problem
    assert not_sure.ledger == replace(older.ledger, counter=4)
    assert older.bypass == not_sure.bypass == favour.bypass


def test_a_ledger_of_long_repetitive_paths_is_still_read() -> None:
    many = tuple(TrackedFinding(f"{n:010x}", Severity.HIGH, None, "T", f"{'a/' * 2_000}{n}.py") for n in range(150))
    kept = decode(encode(Ledger(findings=Findings(many)), SIGNER), SIGNER)
    assert not kept.problem
    assert len(kept.ledger.findings.records) + sum(count for _, _, count in kept.ledger.findings.beyond) == len(many)


def test_an_untrusted_ledger_keeps_its_reason() -> None:
    reading = decode(encode(PLAIN, replace(SIGNER, secret="another")), SIGNER)
    assert not_before(reading, 5) == replace(reading, ledger=Ledger(counter=5))


def test_a_ledger_without_waivers_may_be_outdated() -> None:
    reading = decode(encode(PLAIN, SIGNER), SIGNER)
    assert distrust(reading) == reading


@pytest.mark.parametrize("counter", [-1, MAX_COUNTER + 1, "1", None])
def test_an_invalid_counter_is_not_read(counter: object) -> None:
    assert "cannot read" in decode(packed({**plain_json(), "counter": counter}), SIGNER).problem


def test_the_counter_stops_at_the_limit_of_a_check_run() -> None:
    over = Ledger(counter=MAX_COUNTER + 5)
    copy = decode_external_id(encode_external_id(BOUGHT, over, SIGNER), SIGNER)
    assert copy
    assert copy.counter == decode(encode(over, SIGNER), SIGNER).ledger.counter == MAX_COUNTER


@pytest.mark.parametrize("count", [1, 150, 400, 3_000])
def test_texts_fit_next_to_any_number_of_findings(count: int) -> None:
    kinds = [one for one in Severity if one is not Severity.UNRATED]
    many = tuple(
        TrackedFinding(
            SIGNER.sign(f"{number}")[:10],
            kinds[number % 5],
            Category.SECURITY,
            SIGNER.sign(f"t{number}") * 3,
            f"src/{SIGNER.sign(f'p{number}')}.py",
            line=number + 1,
            block=Block.of([f"line {number}"]),
            text=SIGNER.sign(f"x{number}") * 20,
        )
        for number in range(count)
    )
    opinions = tuple(Opinions(one.id, 1, 2) for one in many[:MAX_OPINIONS])
    encoded = encode(replace(PLAIN, findings=Findings(worst_first(many)), opinions=opinions), SIGNER)
    assert len(encoded) < MAX_ENCODED + 200
    read = decode(encoded, SIGNER).ledger.findings
    assert sorted(read.severities("")) == sorted(one.severity for one in many), "each still counts"
    kept = [record.severity.rank for record in read.records]
    assert kept == sorted(kept)
    assert all(severity.rank >= max(kept) for _, severity, _ in read.beyond)


def test_questions_opinions_and_contexts_never_displace_a_finding() -> None:
    """The longest ledger of a long pull request."""
    ids = [SIGNER.sign(f"f{number}") for number in range(MAX_POSTED)]
    parts = tuple(ContextPart(f"docs/{one[:20]}.md", 1_000, 0, one) for one in ids[:MOST_FILES])
    judged = tuple(Judged(one[10:20], FindingState.OPEN, blocks=True, carried=False) for one in ids[:MAX_JUDGED])
    texts = ("identity", "task_id", "merge_base", "head_sha", "since", "selection", "selecting", "change")

    def texts_of(number: int) -> dict[str, Any]:
        return {name: SIGNER.sign(f"{name} {number}")[: 64 if name in {"identity", "change"} else 20] for name in texts}

    bought = tuple(
        replace(
            BOUGHT,
            context=parts,
            judged=tuple(replace(one, id=SIGNER.sign(f"{number} {one.id}")[:10]) for one in judged),
            **texts_of(number),
        )
        for number in range(MAX_TASKS)
    )
    asked = Question(
        "1", "", "mona", ids[0][:10], QuestionState.ANSWERED, "", 120, Decimal(120), "2026-11-28T09:00:00Z"
    )
    questions = tuple(replace(asked, comment=str(10**9 + 77 * one), digest=ids[one]) for one in range(MAX_QUESTIONS))
    records = tuple(
        TrackedFinding(one[:10], Severity.HIGH, None, f"Title {one[:20]}", f"src/{one[20:30]}.py") for one in ids[:50]
    )
    announced = f"{'0' * 16}-1"
    ledger = Ledger(
        bought,
        posted=frozenset((announced, *(one[:10] for one in ids))),
        findings=Findings(worst_first(records)),
        questions=Questions(questions),
        opinions=tuple(Opinions(one[:10], 1, 2) for one in ids[:MAX_OPINIONS]),
    )
    encoded = encode(ledger, SIGNER)
    assert len(encoded) < MAX_ENCODED + 200
    read = decode(encoded, SIGNER).ledger
    assert read.findings == ledger.findings
    assert read.questions == ledger.questions
    assert [one.judged for one in read.purchases] == [one.judged for one in bought]
    assert {announced, *(one.id for one in records)} <= read.posted


def test_a_summary_has_space_for_what_is_added_to_its_ledger_later() -> None:
    ids = [SIGNER.sign(f"f{number}") for number in range(MAX_OPINIONS)]
    asked = Question("1", "", "mona", ids[0][:10], QuestionState.OPEN, "", 120, None, "2026-11-28T09:00:00Z")
    questions = (
        replace(asked, comment=str(10**9 + 77 * one), digest=ids[one], task_id=f"task_{ids[one][:12]}")
        for one in range(MAX_QUESTIONS)
    )
    opinions = tuple(Opinions(one[:10], number % 9, number % 7) for number, one in enumerate(ids))
    later = replace(PLAIN, questions=Questions(tuple(questions)), opinions=opinions)
    assert SUMMARY.limit + len(encode(later, SIGNER)) - len(encode(PLAIN, SIGNER)) < COMMENT_LIMIT


def test_purchases_are_kept_regardless_of_size() -> None:
    """No branch has such a name. The text is then too long for GitHub, and the budget stays complete."""
    long = replace(BOUGHT, base_ref="".join(SIGNER.sign(f"{number}") for number in range(1_000)))
    record = TrackedFinding("0" * 10, Severity.HIGH, None, "One", "a.py")
    reading = decode(encode(Ledger((long,), findings=Findings((record,))), SIGNER), SIGNER)
    assert reading.ledger.purchases == (long,)
    assert reading.ledger.findings == Findings(beyond=(("", Severity.HIGH, 1),))


def test_stored_texts_are_far_below_the_comment_limit() -> None:
    assert max(MAX_TITLE, MAX_TEXT, MAX_REASON) < COMMENT_LIMIT / 20


# --- Bookkeeping ------------------------------------------------------------------------------------------------------


def test_the_latest_attempt_is_found_and_an_attempt_is_recorded_once() -> None:
    ledger = Ledger().with_purchase(BOUGHT).with_purchase(replace(BOUGHT, identity="b" * 32))
    ledger = ledger.with_purchase(replace(BOUGHT, attempt=2)).with_purchase(replace(BOUGHT, state=TaskState.DONE))
    assert [(one.identity[0], one.attempt) for one in ledger.purchases] == [("a", 1), ("b", 1), ("a", 2)]
    assert ledger.purchases[0].state is TaskState.DONE
    found = ledger.find("a" * 32)
    assert found is not None
    assert (found.attempt, found.state) == (2, TaskState.OPEN)
    assert ledger.find("d" * 32) is None


def test_open_tasks_count_with_their_hold_and_finished_ones_with_what_they_used() -> None:
    assert PLAIN.spent == Decimal("747.5")
    assert Ledger().spent == 0


def test_a_budget_counts_purchases_that_no_longer_fit_into_the_ledger() -> None:
    ledger = Ledger().with_purchase(replace(BOUGHT, identity="open"))
    for number in range(2 * MAX_TASKS):
        done = replace(BOUGHT, identity=f"{number:04}", state=TaskState.DONE, used=Decimal("0.5"))
        ledger = ledger.with_purchase(done)
    assert len(ledger.purchases) == MAX_TASKS
    assert ledger.find("open") is not None
    assert ledger.find("0000") is None
    assert ledger.spent == 360 + MAX_TASKS
    assert decode(encode(ledger, SIGNER), SIGNER).spent == ledger.spent


def test_a_deferred_purchase_yields_to_a_task() -> None:
    ledger = Ledger().with_purchase(BOUGHT).with_purchase(replace(BOUGHT, identity="b", state=TaskState.DONE))
    for number in range(2 * MAX_TASKS):
        ledger = ledger.with_purchase(replace(BOUGHT, identity=f"{number:04}", state=TaskState.DEFERRED, hold=0))
    assert [entry.state for entry in ledger.purchases[:3]] == [TaskState.OPEN, TaskState.DONE, TaskState.DEFERRED]
    assert len(ledger.purchases) == MAX_TASKS


def test_the_latest_attempt_is_the_one_of_the_highest_number() -> None:
    ledger = Ledger((replace(BOUGHT, attempt=2), BOUGHT))
    found = ledger.find("a" * 32)
    assert found is not None
    assert found.attempt == 2


@given(purchases, purchases)
def test_the_state_of_a_purchase_only_advances(one: Purchase, other: Purchase) -> None:
    other = replace(other, identity=one.identity, attempt=one.attempt)
    (kept,) = Ledger().with_purchase(one).with_purchase(other).purchases
    further = [(bool(each.task_id), each.state.rank) for each in (one, other)]
    latest, before = (other, one) if further[1] >= further[0] else (one, other)
    has_findings = latest.state is not TaskState.DONE or before.state is TaskState.DONE
    is_copy = before.base_ref and not latest.base_ref and has_findings
    whole = latest.with_details(before) if is_copy else latest
    strict = (before,) if before.task_id else ()  # one that may know that a task was refused
    is_strict = any(each.judgement.rules.on_partial is Tolerance.FAIL for each in strict)
    assert kept == replace(whole.without_tolerance() if is_strict else whole, judged=kept.judged, change=kept.change)
    assert (kept.state, kept.task_id) == (latest.state, latest.task_id)
    assert kept.change == latest.change or not latest.change
    assert {each.id for each in kept.judged} == {each.id for each in (*one.judged, *other.judged)}
    order = [TaskState.DEFERRED, TaskState.INTENT, TaskState.OPEN, TaskState.DONE]
    assert order == sorted(order, key=lambda state: state.rank)
    assert TaskState.ENDED.rank == TaskState.DONE.rank


def test_a_purchase_is_found_by_its_identity_and_attempt() -> None:
    assert PLAIN.named(("a" * 32, 2)) == PLAIN.purchases[1]
    assert PLAIN.named(("a" * 32, 3)) is None
    assert PLAIN.named(("b" * 32, 1)) is None


def test_a_finished_purchase_that_only_a_copy_has_is_reopened_unless_the_run_reads_it() -> None:
    done = purchase(state=TaskState.DONE, base_ref="")
    ended = replace(done, state=TaskState.ENDED, attempt=2)
    ledger = Ledger((done, ended, replace(done, base_ref="main", attempt=3), replace(done, identity="b" * 32)))
    opened = ledger.reopened(but="b" * 32)
    assert [one.state for one in opened.purchases] == [TaskState.OPEN, TaskState.ENDED, TaskState.DONE, TaskState.DONE]


def test_a_purchase_of_a_head_is_found_with_any_settings() -> None:
    older = replace(BOUGHT, identity="b" * 32, merge_base="m" * 40)
    ended = replace(BOUGHT, identity="d" * 32, state=TaskState.ENDED)
    ledger = Ledger((older, ended, replace(BOUGHT, head_sha="e" * 40)))
    assert ledger.on_head("c" * 40, "m" * 40) == older
    assert ledger.on_head("c" * 40, "n" * 40) is None, "the base has moved, so it is another change"
    assert ledger.on_head("c" * 40, "b" * 40) == ended
    assert ledger.on_head("f" * 40, "m" * 40) is None


@pytest.mark.parametrize("state", TaskState)
def test_an_active_purchase_is_neither_deferred_nor_over(state: TaskState) -> None:
    ledger = Ledger((replace(BOUGHT, state=state), replace(BOUGHT, attempt=2, head_sha="f" * 40)))
    found = list(ledger.underway_on(BOUGHT.head_sha))
    assert found == ([ledger.purchases[0]] if state in {TaskState.INTENT, TaskState.OPEN} else [])


def test_a_rewritten_ledger_records_the_pull_request_at_that_time() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    now = pull(head_sha="1" * 40, forced_at=at, retargeted_at=None)
    ledger = Ledger(counter=3, opinions=(Opinions("ab", 1),)).written_for(snapshot_of(now), "")
    assert (ledger.counter, ledger.seen, ledger.opinions) == (4, Seen("1" * 40, at, None), ())


def test_an_interrupted_collection_lists_what_it_did() -> None:
    intent = replace(BOUGHT, state=TaskState.INTENT, task_id="")
    assert Ledger((BOUGHT, intent)).intents() == (intent,)


def test_a_purchase_records_which_comments_requested_it() -> None:
    asked = Ledger((replace(BOUGHT, asked=("41",)), BOUGHT))
    assert asked.was_asked("41")
    assert not asked.was_asked("43")


def chain(*states: TaskState) -> tuple[Ledger, Purchase]:
    """Return incremental reviews of heads a, b, c; the last one is this head's."""
    heads = [letter * 40 for letter in "abcdef"[: len(states)]]
    built = tuple(
        replace(BOUGHT, identity=head, head_sha=head, state=state, since=since)
        for head, since, state in zip(heads, ["", *heads], states, strict=False)
    )
    return Ledger(built), built[-1]


@pytest.mark.parametrize("state", TaskState)
def test_a_review_of_what_is_new_counts_when_those_before_it_are_in(state: TaskState) -> None:
    there = state is TaskState.DONE
    for states in [(state, TaskState.DONE), (state, TaskState.DONE, TaskState.DONE)]:
        ledger, last = chain(*states)
        assert ledger.is_founded(last) is there
    ledger, alone = chain(state)
    assert ledger.is_founded(alone), "it is of the whole change"
    _, last = chain(state, TaskState.DONE)
    assert not Ledger().is_founded(last), "the record of the review that it builds on is lost"
    ledger, last = chain(state, TaskState.DONE, TaskState.DONE)
    assert Ledger(ledger.purchases[1:]).is_founded(last), "an older record may have been dropped"
    moved = replace(ledger.purchases[0], head_sha="e" * 40)
    assert Ledger((moved, last)).is_founded(replace(last, since="f" * 40)) is (state is TaskState.DONE), "reapplied"
    again = replace(BOUGHT, head_sha=last.head_sha, since=last.head_sha, state=TaskState.DONE)
    assert Ledger((again,)).is_founded(again), "the head was reviewed itself"


@pytest.mark.parametrize(("after", "minutes"), [(0, 1), (60, 1), (61, 2), (4 * 3600, 240), (-5, 1)])
def test_the_first_run_that_sees_the_end_records_the_minutes(after: int, minutes: int) -> None:
    now = datetime.fromisoformat(BOUGHT.submitted_at) + timedelta(seconds=after)
    done = BOUGHT.over(TaskState.DONE, Decimal(300), now)
    assert (done.state, done.used, done.minutes) == (TaskState.DONE, Decimal(300), minutes)


@pytest.mark.parametrize("known", [None, 7])
def test_a_run_that_finds_an_ended_task_keeps_its_minutes(known: int | None) -> None:
    done = replace(BOUGHT, state=TaskState.DONE, minutes=known)
    later = datetime.fromisoformat(BOUGHT.submitted_at) + timedelta(days=1)
    assert done.over(TaskState.DONE, Decimal(301), later) == replace(done, used=Decimal(301))


def test_the_last_finished_review_is_the_last_requested_one() -> None:
    done = replace(BOUGHT, state=TaskState.DONE)
    newer = replace(BOUGHT, identity="b" * 32)
    ledger = Ledger().with_purchase(BOUGHT).with_purchase(replace(newer, state=TaskState.DONE)).with_purchase(done)
    assert ledger.last_reviewed() == replace(newer, state=TaskState.DONE), "its answer came first"
    assert Ledger((BOUGHT,)).last_reviewed() is None


@pytest.mark.parametrize(
    ("ledger", "builds"),
    [
        (Ledger(), ""),
        (Ledger((REVIEWED,)), "b"),
        (Ledger((replace(REVIEWED, head_sha="a"), REVIEWED)), "b"),
        (Ledger((REVIEWED, replace(REVIEWED, attempt=2, state=TaskState.OPEN, head_sha="c"))), "b"),
        (Ledger((REVIEWED, replace(REVIEWED, attempt=2, state=TaskState.ENDED, head_sha="c"))), "b"),
        # a partial one, one against another base, or one with missing state
        (Ledger((REVIEWED, replace(REVIEWED, attempt=2, coverage=Coverage.PARTIAL))), ""),
        (Ledger((replace(REVIEWED, base_ref="other"),)), ""),
        (Ledger((replace(REVIEWED, base_ref=""),)), ""),
        (Ledger((replace(REVIEWED, selecting="fewer"),)), ""),
        (Ledger((REVIEWED,), findings=Findings(broken=True)), ""),
        (Ledger((REVIEWED,), findings=Findings(beyond=(("task_1", Severity.LOW, 1),))), ""),
    ],
)
def test_a_review_of_what_is_new_builds_on_a_whole_one(ledger: Ledger, builds: str) -> None:
    last = ledger.builds_on("main", "all")
    assert (last.head_sha if last else "") == builds


def test_the_last_review_of_a_head_is_finished() -> None:
    last, under_way = replace(REVIEWED, attempt=2), replace(REVIEWED, attempt=3, state=TaskState.OPEN)
    other = replace(REVIEWED, identity="other", head_sha="c")
    ledger = Ledger((REVIEWED, last, other, under_way))
    assert [ledger.last_reviewed(head) for head in (REVIEWED.head_sha, "c", "d")] == [last, other, None]


def test_when_all_questions_are_open_the_oldest_is_dropped() -> None:
    ledger = Ledger()
    for number in range(MAX_TASKS + 1):
        ledger = ledger.with_purchase(replace(BOUGHT, identity=f"{number:04}"))
    assert [entry.identity for entry in ledger.purchases] == [f"{number:04}" for number in range(1, MAX_TASKS + 1)]
    assert ledger.spent == 360 * (MAX_TASKS + 1)


@pytest.mark.parametrize(
    ("used", "kept"),
    [
        ("387.123456789", "387.1235"),
        ("-5", "0"),
        ("1e30", str(MAX_CREDITS)),
        ("100", "100"),
        ("0.30000000000000004", "0.3001"),
    ],
)
def test_unusual_figures_survive_encoding(used: str, kept: str) -> None:
    bought = replace(BOUGHT, used=Decimal(used))
    reading = decode(encode(Ledger((bought,)), SIGNER), SIGNER)
    assert reading.ledger.purchases[0].used == Decimal(kept)
    copy = decode_external_id(encode_external_id(bought, Ledger(forgotten=Decimal(used)), SIGNER), SIGNER)
    assert copy is not None
    assert (copy.purchase.used, copy.spent) == (Decimal(kept), Decimal(kept))


# --- External ids -----------------------------------------------------------------------------------------------------


@given(purchases, st.text("abcXYZ019_-", max_size=55), credits_, st.integers(0, MAX_COUNTER))
def test_a_short_copy_is_read_back(bought: Purchase, task_id: str, spent: Decimal, counter: int) -> None:
    ledger = Ledger(forgotten=spent, counter=counter)
    text = encode_external_id(replace(bought, task_id=task_id), ledger, SIGNER)
    copy = decode_external_id(text, SIGNER, bought.head_sha)
    assert copy is not None
    assert (copy.spent, copy.counter) == (spent, counter)
    missed = bought.missed or int(bought.coverage is Coverage.PARTIAL)
    assert datetime.fromisoformat(copy.purchase.submitted_at) == datetime.fromisoformat(bought.submitted_at)
    assert copy.purchase == Purchase(
        identity=bought.identity,
        attempt=bought.attempt,
        state=bought.state,
        task_id=task_id,
        head_sha=bought.head_sha,
        hold=bought.hold,
        used=bought.used,
        submitted_at=copy.purchase.submitted_at,
        coverage=Coverage.PARTIAL if missed else Coverage.FULL,
        missed=missed,
        size_tier=bought.size_tier,
        judgement=Judgement(bought.judgement.rules),
        since=bought.since,
        base_ref="",
        merge_base="",
        asked=bought.asked[-1:] or ("u",) * bool(bought.requested_by),
        selection=bought.selection[:16],
        selecting="",
        confirms=bought.confirms or bool(bought.since),
        parts=bought.parts,
        judged=(LOST,) if bought.is_carried else (),
    )
    assert names_open_task(text) is not bought.state.is_over


@given(st.data())
def test_a_short_copy_with_any_single_edit_is_not_trusted(data: st.DataObject) -> None:
    text = encode_external_id(BOUGHT, COSTING, SIGNER)
    at = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.characters(codec="utf-8") | st.sampled_from("0123456789abcdef -.") | st.just(""))
    edited = text[:at] + new + text[at + 1 :]
    if edited != text:
        assert decode_external_id(edited, SIGNER) is None
    assert decode_external_id(text[:at], SIGNER) is None


def test_a_copy_counts_a_later_write_of_the_ledger() -> None:
    copy, later = encode_external_id(BOUGHT, COSTING, SIGNER), Ledger((BOUGHT,), counter=5, forgotten=Decimal(360))
    found = decode_external_id(counted(copy, later, SIGNER), SIGNER)
    assert found is not None
    assert (found.counter, found.spent, found.purchase.task_id) == (5, Decimal(360) + BOUGHT.cost, BOUGHT.task_id)


@pytest.mark.parametrize(
    ("ledger", "signer"),
    [
        pytest.param(Ledger((BOUGHT,), counter=5), replace(SIGNER, secret="x"), id="another key"),
        pytest.param(Ledger(counter=5), SIGNER, id="an unknown purchase"),
        pytest.param(Ledger((replace(BOUGHT, state=TaskState.DONE),), counter=5), SIGNER, id="it ended meanwhile"),
        pytest.param(Ledger((replace(BOUGHT, task_id="task_8"),), counter=5), SIGNER, id="another task"),
    ],
)
def test_a_copy_that_says_more_than_the_write_stays(ledger: Ledger, signer: Signer) -> None:
    copy = encode_external_id(BOUGHT, COSTING, SIGNER)
    assert counted(copy, ledger, signer) == copy
    assert counted("", ledger, SIGNER) == ""


@given(st.text())
def test_reading_any_external_id_never_fails(text: str) -> None:
    assert decode_external_id(text, SIGNER) is None
    assert decode_external_id(f"rb1 {text} {'0' * 32}", SIGNER) is None
    assert not names_open_task(text)


def test_a_short_copy_of_another_place_or_with_invalid_figures_is_not_trusted() -> None:
    for other in (replace(SIGNER, secret="x"), replace(SIGNER, pull_number=8), replace(SIGNER, instance="n")):
        assert decode_external_id(encode_external_id(BOUGHT, COSTING, SIGNER), other) is None
    text = encode_external_id(replace(BOUGHT, used=Decimal("12.5")), COSTING, SIGNER)
    odd = re.sub(r" 12\.5 (.*) [0-9a-f]{32}", r" 1.2.3 \1", text).removeprefix("rb1 ")
    assert decode_external_id(f"rb1 {odd} {SIGNER.sign(odd)[:32]}", SIGNER) is None


def test_only_this_version_of_a_short_copy_is_read() -> None:
    text = encode_external_id(BOUGHT, COSTING, SIGNER)
    words = text.split(" ")
    assert decode_external_id(text, SIGNER) is not None
    for version in ("rb0", "rb2", "rb4", "rb", ""):
        other = text.replace("rb1", version, 1)
        assert (decode_external_id(other, SIGNER), names_open_task(other)) == (None, False)
    for at in range(1, len(words) - 1):
        payload = " ".join((*words[1:at], *words[at + 1 : -1]))
        assert decode_external_id(f"rb1 {payload} {SIGNER.sign(payload)[:32]}", SIGNER) is None, "a part is missing"


def test_ids_that_do_not_fit_into_a_copy_are_left_out() -> None:
    bought = replace(BOUGHT, task_id=",".join(["task_0123456789abcdef"] * 9))
    copy = decode_external_id(encode_external_id(bought, COSTING, SIGNER), SIGNER)
    assert copy is not None
    assert copy.purchase.task_id == ""


@pytest.mark.parametrize("state", TaskState)
@pytest.mark.parametrize("task_id", ["", "task_1"])
@pytest.mark.parametrize("used", [None, Decimal(0)])
def test_a_purchase_without_task_and_cost_is_unknown_once_a_run_has_begun_it(
    state: TaskState, task_id: str, used: Decimal | None
) -> None:
    bought = replace(BOUGHT, state=state, task_id=task_id, used=used)
    assert bought.is_unknown is (state is not TaskState.DEFERRED and not task_id and used is None)


def test_only_ended_tasks_count_as_attempts() -> None:
    ended = replace(BOUGHT, state=TaskState.ENDED)
    tries = (replace(ended, attempt=1, task_id="", used=Decimal(0)), replace(ended, attempt=2))
    ledger = Ledger((*tries, replace(BOUGHT, attempt=3), replace(BOUGHT, identity="other", state=TaskState.ENDED)))
    assert (ledger.ended(BOUGHT.identity), ledger.ended("other")) == (1, 1)


def test_an_attempt_that_a_later_one_replaced_in_the_check_run_counts_as_ended() -> None:
    ended = replace(BOUGHT, state=TaskState.ENDED)
    assert Ledger((replace(ended, attempt=4),)).ended(BOUGHT.identity) == 4
    assert Ledger((replace(ended, attempt=2), replace(BOUGHT, attempt=4))).ended(BOUGHT.identity) == 3
    first = replace(BOUGHT, state=TaskState.INTENT, task_id="")
    for one in (first, BOUGHT, replace(first, state=TaskState.ENDED)):
        assert Ledger((one, replace(ended, attempt=2))).ended(BOUGHT.identity) == 2
    assert Ledger().ended(BOUGHT.identity) == 0


def test_a_copy_records_that_an_unknown_number_of_files_was_missed() -> None:
    copy = decode_external_id(
        encode_external_id(replace(BOUGHT, coverage=Coverage.PARTIAL, missed=0), COSTING, SIGNER), SIGNER
    )
    assert copy is not None
    assert copy.purchase.missed == 1


def test_a_deferred_purchase_costs_nothing() -> None:
    assert replace(BOUGHT, state=TaskState.DEFERRED, hold=600, used=None).cost == 0


def test_a_dropped_waived_finding_is_counted() -> None:
    waiver = Waiver("mona", "It is on purpose.", "digest")
    many = tuple(
        TrackedFinding(f"{n:010x}", Severity.CRITICAL, None, "Title", "a.py", waiver=waiver) for n in range(250)
    )
    kept = decode(encode(Ledger(findings=Findings(many)), SIGNER), SIGNER).ledger.findings
    assert (len(kept.records), kept.beyond) == (200, (("", Severity.CRITICAL, 50),))


def test_the_record_of_an_attempt_keeps_its_details_beside_a_copy_from_a_check_run() -> None:
    copy, whole = replace(BOUGHT, base_ref=""), replace(BOUGHT, base_ref="main", merge_base="c" * 40)
    done = replace(copy, state=TaskState.DONE, used=Decimal(120))
    finished = replace(whole, state=TaskState.DONE, used=Decimal(120))
    assert Ledger((done,)).with_purchase(finished).purchases == (finished,)
    assert Ledger((finished,)).with_purchase(done).purchases == (finished,)
    intent = replace(whole, state=TaskState.INTENT, task_id="")
    assert Ledger((intent,)).with_purchase(copy).purchases == (whole,)
    # The ledger lacks the findings of a review that is completed only in a copy, so the review stays without a base.
    assert Ledger((whole,)).with_purchase(done).purchases == (done,)
    assert Ledger((done,)).with_purchase(whole).purchases == (done,)
    assert Ledger((copy,)).with_purchase(done).purchases == (done,)
    assert len(Ledger((copy,)).with_purchase(replace(whole, attempt=2)).purchases) == 2


@pytest.mark.parametrize("strict", ["copy", "whole"])
def test_a_refused_task_fails_the_check_whichever_record_knows_of_it(strict: str) -> None:
    rules = replace(BOUGHT.judgement.rules, on_partial=Tolerance.PASS)
    whole = replace(BOUGHT, base_ref="main", judgement=replace(BOUGHT.judgement, rules=rules))
    copy = replace(whole, base_ref="")
    both = (copy.without_tolerance(), whole) if strict == "copy" else (copy, whole.without_tolerance())
    [found] = Ledger((both[0],)).with_purchase(both[1]).purchases
    assert (found.base_ref, found.judgement.rules.on_partial) == ("main", Tolerance.FAIL)
    assert copy.with_details(whole).judgement.rules.on_partial is Tolerance.PASS


def test_the_last_finished_attempt_at_a_change_counts() -> None:
    tries = [replace(BOUGHT, attempt=n, state=state) for n, state in enumerate(TaskState, start=1)]
    assert Ledger(tuple(tries)).find(BOUGHT.identity, TaskState.DONE) == tries[3]
    assert Ledger(tuple(tries)).find("other", TaskState.DONE) is None


def test_an_ended_bypass_stays_until_a_review_ends_the_check_of_its_head() -> None:
    ended, later = (Bypass(head * 40, "main", "boss", "now") for head in "ab")
    assert StoredLedger(PLAIN, ended=ended).kept == replace(PLAIN, bypass=ended)
    assert StoredLedger(replace(PLAIN, bypass=later), ended=ended).kept.bypass == later
    assert StoredLedger(PLAIN).kept == PLAIN
