"""Each item of an answer becomes a finding or text; only a valid answer without findings is clean."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.codevf.finding_parser import MAX_LINE, MAX_TITLE, UNTITLED, shown
from reviewbot.domain.codevf.response import (
    MAX_TRIES,
    deliverables,
    read_result,
    response_schema,
)
from reviewbot.domain.diff.text_index import line_feeds
from reviewbot.domain.model.options import AnswerForm
from reviewbot.domain.model.review import Category, PreviousState, Report, Severity, Side
from tests.domain.any_json import fitting, json_values, nearly

PLAIN = {
    "severity": "high",
    "category": "security",
    "title": "Injection",
    "explanation": "The name is not escaped.",
    "side": "RIGHT",
    "line": 4,
    "end_line": 5,
    "code": "query(name)",
}


def answer(*findings: object, path: str = "a.py", **more: object) -> dict[str, Any]:
    files = [{"path": path, "findings": list(findings)}] if findings else []
    return {"summary": "Read.", "files": files, **more}


def one(**more: object) -> Any:  # noqa: ANN401 — the finding that came out
    (read,) = read_result(answer({**PLAIN, **more})).findings
    return read


def without(key: str) -> dict[str, object]:
    return {name: value for name, value in PLAIN.items() if name != key}


def words(value: object) -> Iterator[str]:
    """Yield every text in a JSON value, without recursion."""
    rest = [value]
    while rest:
        match rest.pop():
            case dict() as pairs:
                rest += pairs.values()
            case list() as items:
                rest += items
            case str() as text:
                yield text


def text_of(report: Report) -> str:
    """Return everything that a reader of the report can see, without whitespace."""
    parts = [report.summary, *(part for item in report.leftovers for part in (item.text, item.where))]
    for item in report.findings:
        parts += [item.path, item.title, item.explanation, item.code, item.suggestion or "", item.existing_code or ""]
        parts += [*item.references, item.severity.value, item.side.value, str(item.category)]
        parts += [str(item.line), str(item.end_line)]
    parts += [part for item in report.previous for part in (item.id, item.state.value, item.note)]
    return squeezed("\n".join(parts))


def squeezed(text: str) -> str:
    return "".join(text.split())


answers = fitting(response_schema())


# --- Law: never raises, and nothing but a valid answer is clean -------------------------------------------------------


@given(json_values | nearly, st.dictionaries(st.text(max_size=8), st.text(), max_size=2))
def test_reading_never_raises_and_reports_incomplete_answers(result: object, files: Mapping[str, str]) -> None:
    report = read_result(result, files)
    assert report.readable == (not report.leftovers)
    if report.readable and not report.findings:
        assert isinstance(result, dict | list | str) or files


@given(st.text())
def test_any_text_is_shown_whole(text: str) -> None:
    report = read_result(text)
    assert not report.readable
    assert report.leftovers
    if text.strip():
        assert report.leftovers[0].text == text


@pytest.mark.parametrize("result", [None, "", "  \n", {}, {"message": ""}, {"message": None, "deliverables": []}])
def test_an_empty_answer_is_not_a_clean_review(result: object) -> None:
    report = read_result(result)
    assert not report.readable
    (left,) = report.leftovers
    assert left.where == "result"


@pytest.mark.parametrize(
    "result", [[], [1, 2], 7, True, [{"path": "a.py", "findings": [PLAIN]}], {"findings": [PLAIN]}]
)
def test_other_json_is_kept_as_text(result: object) -> None:
    report = read_result(result)
    assert not report.readable
    assert json.loads(report.leftovers[0].text) == result


@pytest.mark.parametrize("depth", [300, 900, 20_000])
def test_deeply_nested_json_is_kept(depth: int) -> None:
    nested: list[object] | str = "the deepest word"
    for _ in range(depth):
        nested = [nested]
    report = read_result({"summary": "", "files": [nested]})
    assert not report.readable
    assert "the deepest word" in report.leftovers[0].text
    assert "the deepest word" in read_result('{"files":' * depth + '"the deepest word"').leftovers[0].text


def test_text_of_deeply_nested_values_keeps_its_order() -> None:
    nested: object = {"a": "one", "b": ["two", 3, None]}
    for _ in range(20_000):
        nested = [nested]
    assert shown(nested).split("\n") == ["a", "one", "b", "two", "3", "None"]


def test_an_answer_without_a_summary_is_not_clean() -> None:
    assert not read_result({"files": []}).readable
    assert not read_result({"files": [], "summary": 5}).readable
    assert read_result({"files": [], "summary": ""}) == Report("", ())
    assert read_result({"files": [{"path": "a.py", "findings": [PLAIN]}]}).readable


# --- Law: what fits the schema is read whole --------------------------------------------------------------------------


@given(answers)
def test_a_valid_answer_has_as_many_findings_as_it_says(value: dict[str, Any]) -> None:
    jsonschema.validate(value, response_schema())
    report = read_result(value)
    expected = [(entry["path"], item) for entry in value["files"] for item in entry["findings"]]
    assert report.readable
    assert report.leftovers == ()
    assert len(report.findings) == len(expected)
    for read, (path, item) in zip(report.findings, expected, strict=True):
        assert (read.path, read.code, read.side.value) == (path, line_feeds(item["code"]), item["side"])
        assert (read.severity.value, str(read.category)) == (item["severity"], item["category"])
        assert read.suggestion == (None if item.get("suggestion") is None else line_feeds(item["suggestion"]))
    assert read_result(json.dumps(value)).findings == report.findings


@given(fitting(response_schema(incremental=True)))
def test_a_valid_incremental_answer_has_every_word_on_earlier_findings(value: dict[str, Any]) -> None:
    report = read_result(value)
    assert report.readable
    assert [(one.id, one.state.value, one.note) for one in report.previous] == [
        (item["id"], item["state"], item["note"]) for item in value["previous"]
    ]


PLAIN_LETTERS = "abcxyz059 "
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(PLAIN_LETTERS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(PLAIN_LETTERS, max_size=5), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Generate a valid answer with a few values dropped, replaced or added."""
    value: dict[str, Any] = json.loads(json.dumps(draw(fitting(response_schema(), PLAIN_LETTERS))))
    value["files"].append({"path": "x.py", "findings": [dict(PLAIN), dict(PLAIN)]})
    for _ in range(draw(st.integers(1, 4))):
        spot: Any = value["files"]
        for _ in range(draw(st.integers(0, 3))):
            inner = spot.values() if isinstance(spot, dict) else spot
            deeper = [item for item in inner if isinstance(item, dict | list) and item]
            if not deeper:
                break
            spot = draw(st.sampled_from(deeper))
        key: Any = draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        action = draw(st.sampled_from(["drop", "replace", "add"]))
        if action == "drop" and spot is not value["files"]:
            del spot[key]
        elif action == "add" and isinstance(spot, dict):
            spot[draw(st.text(PLAIN_LETTERS, min_size=1, max_size=8))] = draw(plain_values)
        else:
            spot[key] = draw(plain_values)
        if not spot:
            break
    return value


@given(mutated())
def test_each_item_of_a_broken_answer_is_a_finding_or_a_leftover(value: dict[str, Any]) -> None:
    report = read_result(value)
    items = 0
    for entry in value["files"]:
        whole = isinstance(entry, dict) and isinstance(entry.get("findings"), list)
        items += len(entry["findings"]) if whole else 1
    beside = sum(".findings[" not in left.where and "." in left.where for left in report.leftovers)
    assert len(report.findings) + len(report.leftovers) - beside in {items, items + 1}
    assert report.readable == (not report.leftovers)
    files = [entry for entry in value["files"] if not isinstance(entry, dict) or entry.get("findings") != []]
    seen = text_of(report)
    for text in words({**value, "files": files}):
        assert squeezed(text) in seen


# --- Where an answer can be -------------------------------------------------------------------------------------------

CLEAN = json.dumps({"summary": "Fine.", "files": []})
FOUND = json.dumps(answer(PLAIN))
PRETTY = json.dumps(answer(PLAIN), indent=2)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (FOUND, "Read."),
        (f"\n\n{PRETTY}\n", "Read."),
        (f"```json\n{PRETTY}\n```", "Read."),
        (f"```\n{FOUND}\n```\n", "Read."),
        (f"```json {FOUND} ```", "Read."),
        (f"Here it is:\n\n```json\n{PRETTY}\n```", "Read.\n\nHere it is:"),
        (f"Hi team,\n\nplease find my review below: {FOUND}", "Read.\n\nHi team,\n\nplease find my review below:"),
        (json.dumps({"result": answer(PLAIN)}), 'Read.\n\n{"result":\n}'),
    ],
)
def test_an_answer_in_a_message_is_read_and_the_words_around_it_are_kept(message: str, said: str) -> None:
    for result in (message, {"message": message}, {"message": message, "deliverables": []}):
        report = read_result(result)
        assert report.readable
        assert [found.title for found in report.findings] == ["Injection"]
        assert report.summary == said


@pytest.mark.parametrize(
    "message",
    [
        f"src/a.py:3: high: The key is logged.\n\n{CLEAN}",
        f"{CLEAN}\n\nIn src/a.py:3 the key is logged.",
        f"src/a.py:3: high: This file has an answer for us:\n\n```json\n{CLEAN}\n```",
    ],
)
def test_a_finding_in_prose_beside_an_empty_answer_is_not_a_clean_review(message: str) -> None:
    for result in (message, {"message": message}, {**json.loads(CLEAN), "message": message.replace(CLEAN, "")}):
        report = read_result(result)
        assert not report.readable
        assert "src/a.py:3" in "".join(one.text for one in report.leftovers)


@pytest.mark.parametrize(
    ("summary", "readable"),
    [
        ("src/a.py:3: high: The key is logged.", False),
        ("Read.\n\n- `src/a.py:3`: low: The name is wrong.", False),
        ("The loop in src/a.py:3 is nice.", True),
        ("It took 3 lines: fine.", True),
        ("1. High severity: the key is logged in login()", False),
        ("Two problems.\n\n- Medium: the retry has no limit.", False),
        ("The key is logged (critical).", False),
        ("High: no check of the token.", False),
        ("High: none of the inputs is escaped.", False),
        ("Please do not merge.", False),
        ("This is not ready to be merged.", False),
        ("I could not open the attachments.", False),
        ("The login at src/a.py:3 accepts any password, fix before merging.", False),
        ("Critical: none. High: 0. Medium: no findings. Low: none.", True),
        ("- High: none\n- Medium: n/a", True),
        ("No critical or high severity issues. The medium retry is fine.", True),
        ("No high-severity issues.", True),
        ("There were no medium-severity findings. The tests pass.", True),
        ("No critical, high, or medium severity issues found", True),
        ("No high-severity issues. Medium: no limit.", False),
        ("No high-severity issues except the SQL injection in a.py.", False),
        ("There are no high-severity issues\n- in tests, but app.py runs eval", False),
        ("No tests. High-severity issues: the token is logged.", False),
        ("I could not see any problem. Users cannot read other users' files now.", True),
        ("We do not merge the two lists any more, which is good.", True),
        ("Validates the pair before merging both trees.", True),
        ("Low: a name could be shorter.", True),
        ("No changes are required before merging.", True),
        ("Nothing needs to be fixed before merging.", True),
        ("There is no reason why this cannot be merged.", True),
        ("The conflict was resolved before the merge commit.", True),
        ("Users cannot access files of other tenants any more.", True),
        ("It returns 404 if unable to read the file.", True),
        ("The change is well tested.\n\nConfidence: high", True),
        ("Findings by severity: critical: 0, high: 0, medium: 0.", True),
        ("High: -\nMedium: -", True),
        ("This cannot be merged. I was unable to open the files.", False),
        ("Tests pass. Please fix the login before merging.", False),
        ("Severity: high. The key is logged.", False),
        ("The attachments could not be opened.", False),
        ("Unable to access the attached diff.", False),
        ("Nothing was reviewed: I could not open the attachments.", False),
        ("These changes must not be merged.", False),
        ("I cannot approve this change.", False),
        ("No, do not merge this.", False),
        ("Do not merge this yet: the token could be stolen.", False),
        ("The login must be fixed before merging the pull request.", False),
        ("login(): critical: any password is accepted.", False),
        ("The overall severity: critical", False),
        ("One critical problem: src/login.py accepts any password.", False),
        ("Two high-severity issues: see the files.", False),
        ("This fixes a critical bug: the total is right now.", True),
        ("If the file cannot be read, the loader falls back to the defaults.", True),
        ("Reports a clear error if the file cannot be opened.", True),
        ("The endpoint returns 403 when the caller cannot access the file.", True),
        ("Carts with different currencies cannot be merged; that is checked now.", True),
        ("Orders without an address cannot be shipped.", True),
        ("This fixes the race: the lock is taken before the merge of the carts.", True),
        ("Changes the importer to validate records before merging them.", True),
        ("All required changes from the ticket are made before the release.", True),
        ("Test coverage: high", True),
        ("Overall risk: medium", True),
        ("I would not merge this.", False),
        ("This PR should not be merged.", False),
        ("I can not approve this.", False),
        ("Requesting changes.", False),
        ("Rejected.", False),
        ("It isn't ready to be merged.", False),
        ("No attachment was included, so there was nothing to review.", False),
        ("The attachments are missing.", False),
        ("I did not receive the files.", False),
        ("Only part of the change was reviewed.", False),
        ("Unable to complete the review.", False),
        ("The migration must run before the release; the change does that.", True),
        ("A user must log in before merging accounts.", True),
        ("The new priorities (low, medium, high) are handled.", True),
        ("Adds the levels `critical`, `high`: both are tested.", True),
        ("We could not download the files.", False),
        ("It should be fixed before the release.", False),
    ],
)
def test_an_answer_with_its_findings_in_the_summary_is_not_a_clean_review(summary: str, readable: bool) -> None:  # noqa: FBT001 — a table
    report = read_result({"summary": summary, "files": []})
    assert report.readable == readable
    assert (report.summary, [one.text for one in report.leftovers]) == ((summary, []) if readable else ("", [summary]))
    listed = answer({**PLAIN, "severity": "critical"}, path="src/a.py")
    assert read_result({**listed, "summary": summary}).readable, "the findings are listed"


@pytest.mark.parametrize(
    ("severity", "summary", "readable"),
    [
        ("low", "src/b.py:2: critical: A shell runs what a user sends.", False),
        ("critical", "src/b.py:2: critical: A shell runs what a user sends.", False),
        ("critical", "a.py:4: critical: A shell runs what a user sends.", True),
        ("low", "Critical: the login accepts any password.", False),
        ("critical", "Critical: the login accepts any password.", True),
        ("low", "Do not merge this.", False),
        ("high", "Do not merge this.", False),
        ("critical", "Do not merge this.", True),
        ("low", "Critical: none. Low: one, in line 4.", True),
        ("info", "Low: a name could be shorter.", True),
    ],
)
def test_a_summary_names_nothing_beyond_the_findings(severity: str, summary: str, readable: bool) -> None:  # noqa: FBT001 — a table
    report = read_result({**answer({**PLAIN, "severity": severity}), "summary": summary})
    assert report.readable == readable
    assert (report.summary == summary) == readable


@pytest.mark.parametrize("where", ["note", "reply"])
@pytest.mark.parametrize(
    ("said", "readable"),
    [
        ("It is escaped here. src/b.py:2: critical: The same call is there now.", False),
        ("The call was removed. Do not merge this: the key is still in the history.", False),
        ("Was (high) at src/app.py:12; the log call was removed.", True),
        ("I rated it (medium) because src/app.py:12 is reachable by anyone.", True),
        ("Users cannot access files of other tenants any more.", True),
        ("Critical: it was the only way to escape.", True),
        ("It is escaped in src/b.py:2.", True),
    ],
)
def test_what_is_said_of_an_earlier_finding_reports_no_other(where: str, said: str, readable: bool) -> None:  # noqa: FBT001 — a table
    previous = {"id": "0123456789", "state": "fixed", "note": "", where: said}
    report = read_result({**answer(PLAIN), "previous": [previous]})
    assert report.readable == readable
    assert [one.text for one in report.leftovers] == ([] if readable else [said])


@pytest.mark.parametrize(
    "beside",
    [
        "src/b.py:9: critical: The key is logged.",
        "run:2: critical: It runs what it downloads.",
        "I have read src/b.py:9, too.",
        "In `{x}` and {y: 1} I found",
        "Yours, Kim",
        "Critical issue: src/login.py accepts any password.",
        '```json\n{"summary": "", "files": [{"path": "b", "findings": [{"severity": "high", "title": "A",}]}]}\n```',
        '{"severity": "critical", "title": "Any password is accepted."}',
        '{"summary": "", "files": [{"path": "b", "findings": [{"severity": "critical", "title": "A", "title": "B"}]}]}',
    ],
)
def test_text_beside_an_answer_is_left_over(beside: str) -> None:
    for message in (f"{FOUND}\n\n{beside}", f"{beside}\n\n{FOUND}", {**json.loads(FOUND), "message": beside}):
        report = read_result(message)
        assert not report.readable
        assert squeezed(beside.strip("`json\n")) in text_of(report)


def test_an_answer_in_text_with_findings_confirms_no_fix() -> None:
    quoted = json.dumps({**json.loads(CLEAN), "previous": [{"id": "0123456789", "state": "fixed", "note": "Done."}]})
    for text, state in ((quoted, "fixed"), (f"src/a.py:3: high: This file has an answer for us:\n\n{quoted}", "open")):
        [one] = read_result(text).previous
        assert (one.state.value, one.note) == (state, "Done.")
    for beside, state in (("Here is my review:", "fixed"), (f"fixture.json answers:\n{quoted}", "open")):
        mine = json.dumps({**json.loads(FOUND), "previous": [{"id": "0123456789", "state": "fixed", "note": "Done."}]})
        assert {one.state.value for one in read_result(f"{beside}\n\n{mine}").previous} == {state}


@pytest.mark.parametrize(
    ("message", "readable"),
    [
        (CLEAN, True),
        (f"```json\n{CLEAN}\n```", True),
        (f"Here is my review:\n```json\n{CLEAN}\n```", True),
        (f"Sure! Here\u2019s the requested review:\n\n```json\n{CLEAN}\n```", True),
        (f"Hi team,\n\nhere is my review:\n```json\n{CLEAN}\n```", True),
        (f"Hi team,\n\nhere is my review of the login:\n```json\n{CLEAN}\n```", False),
        *(
            (f"{announced}\n```json\n{CLEAN}\n```", True)
            for announced in (
                *("My review:", "The review:", "Review below.", "Review result:", "Here are my findings:"),
                *("Here you go:", "Please find the review below:", "Hi, here is the review.", "{"),
                "Here is my review in the requested format:",
                "Here is the review of the change:",
                "Done. The answer is below.",
                "I have reviewed the pull request. Here is the result:",
                "Hello,\n\nhere is the review:",
            )
        ),
        (f"Here is my review:\n```json\n{CLEAN}\n```\nThanks!", True),
        (f"\u26d4\n```json\n{CLEAN}\n```", False),
        (f"Here is my review:\n```json\n{CLEAN}\n```\nNo issues found, except one.", False),
        (f"I read it all.\n```json\n{CLEAN}\n```", False),
        (f"The file tells me to answer\n```json\n{CLEAN}\n```\nbut the key leaks.", False),
        (f"I found issues:\n{CLEAN}", False),
        (f"The fixture answers {CLEAN} and the key is logged, which is critical.", False),
        (f"{'The key is logged, which is critical. ' * 20}\n{CLEAN}\n", False),
        ('The fixture {"summary": "", "files": [{"path": "a", "findings": []}]} leaks.', False),
    ],
)
def test_a_quoted_empty_answer_is_not_a_clean_review(message: str, readable: bool) -> None:  # noqa: FBT001 — a table
    report = read_result({"message": message})
    assert report.readable == readable
    if not readable:
        assert all(squeezed(one) in text_of(report) for one in words(message.partition("\n")[0]))


@pytest.mark.parametrize(
    ("beside", "readable"),
    [
        ({"status": "completed", "confidence": 0.5, "at": "2026-11-24T12:00:00Z", "notes": ""}, True),
        ({"notes": "The key leaks."}, False),
        ({"The key": "leaks"}, False),
        ({"message": "The key leaks."}, False),
        ({"message": "See below."}, True),
    ],
)
def test_an_empty_answer_with_a_sentence_outside_its_schema_is_not_a_clean_review(
    beside: dict[str, object],
    readable: bool,  # noqa: FBT001 — a table
) -> None:
    for form in AnswerForm:
        report = read_result({**json.loads(CLEAN), **beside}, form=form)
        assert report.readable == readable
        assert report.readable or "leaks" in text_of(report)
    assert read_result({**answer(PLAIN), **beside}).readable == (readable or "message" not in beside)


@pytest.mark.parametrize(
    ("beside", "readable"),
    [({"status": "completed"}, True), ({"notes": "It leaks."}, False), ({"It is": "bad"}, False)],
)
def test_a_sentence_beside_a_file_or_a_message_is_not_a_clean_review(beside: dict[str, str], readable: bool) -> None:  # noqa: FBT001 — a table
    in_file = {"summary": "Fine.", "files": [{"path": "a.py", "findings": [], **beside}]}
    for result in (in_file, {"message": CLEAN, **beside}):
        assert read_result(result).readable == readable
        assert squeezed("".join(beside.values())) in text_of(read_result(result))


def test_several_answers_in_one_message_are_all_read() -> None:
    second = json.dumps(answer({**PLAIN, "title": "Race"}, path="b.py", summary="Then this."))
    report = read_result({"message": f"```json\n{CLEAN}\n```\n\n```json\n{FOUND}\n```\n\n{second}"})
    assert report.readable
    assert [found.title for found in report.findings] == ["Injection", "Race"]
    assert report.summary == "Fine.\n\nRead.\n\nThen this."


def test_a_result_that_is_an_answer_and_a_message_with_another_are_both_read() -> None:
    report = read_result({"summary": "Fine.", "files": [], "message": FOUND})
    assert [found.title for found in report.findings] == ["Injection"]
    assert report.readable


def test_an_answer_in_a_deliverable_is_read() -> None:
    result = {"message": "See the file.", "deliverables": [{"fileName": "r.json", "url": "https://x.test/r"}]}
    report = read_result(result, {"r.json": FOUND})
    assert report.readable
    assert [found.title for found in report.findings] == ["Injection"]
    assert report.summary == "Read.\n\nSee the file."


def test_a_deliverable_without_an_answer_makes_the_review_unreadable() -> None:
    result = {"message": CLEAN, "deliverables": [{"fileName": "report.md", "url": "https://x.test/r"}]}
    for text in ("The key is logged: critical.", "https://x.test/r\n(CodeVF answered 404.)"):
        report = read_result(result, {"report.md": text})
        assert not report.readable
        assert [(left.where, left.text) for left in report.leftovers] == [("deliverable report.md", text)]
    report = read_result({**answer(), "deliverables": result["deliverables"]}, {"report.md": "Critical."})
    assert [left.text for left in report.leftovers] == ["Critical."]


def test_a_file_that_was_not_downloaded_is_reported_with_its_url() -> None:
    report = read_result({"message": CLEAN, "deliverables": [{"fileName": "r.md", "url": "https://x.test/r"}]})
    assert [left.text for left in report.leftovers] == ["https://x.test/r"]


@pytest.mark.parametrize(
    "listed", ["see the attached page", {"url": 5}, ["a page", {"fileName": "x", "content": "y"}], [7]]
)
def test_deliverables_with_invalid_urls_are_kept_as_text(listed: object) -> None:
    report = read_result({"message": CLEAN, "deliverables": listed})
    assert not report.readable
    for text in words(listed):
        assert squeezed(text) in text_of(report)


def test_deliverables_with_the_same_name_are_distinguished() -> None:
    result = {"deliverables": [{"fileName": "r", "url": "u1"}, {"fileName": "r", "url": "u2"}, {"url": "u3"}, {}]}
    assert deliverables(result) == {"r": "u1", "r (2)": "u2", "file": "u3"}
    assert deliverables([]) == deliverables({"deliverables": 5}) == {}


def test_text_next_to_a_message_is_kept() -> None:
    report = read_result({"message": FOUND, "confidence": 0.5})
    assert report.readable
    assert '"confidence": 0.5' in report.summary
    for beside in ({"findings": [PLAIN]}, {"error": "The reviewer gave up."}):
        report = read_result({"message": FOUND, **beside})
        assert not report.readable
        assert len(report.findings) == 1
    assert read_result({"message": 5}).leftovers[0].text == "5"


def test_a_text_full_of_braces_is_parsed_in_time() -> None:
    report = read_result('{"a": {' * 50_000 + '"files": []}')
    assert not report.readable
    assert not read_result("{" * (MAX_TRIES + 1) + CLEAN).readable


# --- Items ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        *((severity.value, severity) for severity in Severity if severity is not Severity.UNRATED),
        (" CRITICAL ", Severity.CRITICAL),
        ("Blocker", Severity.CRITICAL),
        ("major", Severity.HIGH),
        ("Moderate", Severity.MEDIUM),
        ("minor", Severity.LOW),
        ("nitpick", Severity.INFO),
        ("unrated", Severity.UNRATED),
        ("apocalyptic", Severity.UNRATED),
        ("", Severity.UNRATED),
        (None, Severity.UNRATED),
        (9, Severity.UNRATED),
    ],
)
def test_severities_are_mapped_and_unknown_ones_are_reported(word: object, severity: Severity) -> None:
    read = one(severity=word)
    assert read.severity is severity
    made_up = severity is Severity.UNRATED and word not in (None, "")
    assert (f"severity: {word}" in read.explanation) == made_up


def test_a_missing_severity_is_unrated() -> None:
    (read,) = read_result(answer(without("severity"))).findings
    assert read.severity is Severity.UNRATED


@pytest.mark.parametrize(
    ("word", "category"),
    [("security", Category.SECURITY), ("Bug", Category.CORRECTNESS), ("vibes", None), (None, None)],
)
def test_categories_are_mapped(word: str | None, category: Category | None) -> None:
    read = one(category=word)
    assert read.category is category
    assert ("vibes" in read.explanation) == (word == "vibes")


@pytest.mark.parametrize(
    ("line", "end_line", "expected"),
    [
        (4, 5, (4, 5)),
        (5, 4, (4, 5)),
        (4, None, (4, 4)),
        (None, 4, (4, 4)),
        (None, None, (None, None)),
        ("12", "13", (12, 13)),
        ("12", " 13 ", (12, 12)),
        (12.0, 13.0, (12, 13)),
        (12.5, 13, (13, 13)),
        (0, 3, (3, 3)),
        (-2, 3, (3, 3)),
        (True, 3, (3, 3)),
        (float("nan"), float("inf"), (None, None)),
        (10**400, 3, (3, 3)),
        (1e300, 3, (3, 3)),
        (MAX_LINE, MAX_LINE + 1, (MAX_LINE, MAX_LINE)),
        ("12-15", [], (None, None)),
        ("٣", {}, (None, None)),
    ],
)
def test_line_numbers_are_read_in_many_shapes(line: object, end_line: object, expected: tuple[object, object]) -> None:
    read = one(line=line, end_line=end_line)
    assert (read.line, read.end_line) == expected
    if line == "12-15":
        assert "line: 12-15" in read.explanation


@pytest.mark.parametrize(
    ("side", "expected"),
    [("LEFT", Side.LEFT), ("left ", Side.LEFT), ("RIGHT", Side.RIGHT), (None, Side.RIGHT), (1, Side.RIGHT)],
)
def test_an_unknown_side_is_right(side: object, expected: Side) -> None:
    assert one(side=side).side is expected


def test_code_has_line_feeds_whatever_ends_its_lines() -> None:
    code = "a = 1\r\nb = 2\r"
    found = one(code=code, suggestion=code, existing_code=code)
    assert {found.code, found.suggestion, found.existing_code} == {"a = 1\nb = 2"}
    assert one(code="a\rb", suggestion=None).code == "a\rb"


def test_titles_are_one_line_and_lose_nothing() -> None:
    long = "word " * 100
    assert (one(title="Two\n lines").title, one(title="Two\nlines").explanation) == (
        "Two lines",
        "The name is not escaped.",
    )
    assert len(one(title=long).title) == MAX_TITLE
    assert one(title=long).explanation.startswith(long.strip())
    assert (one(title="", explanation="Only this.").title, one(title="", explanation="Only this.").explanation) == (
        "Only this.",
        "",
    )
    assert one(title=" ", explanation=f"{long}\nend").explanation == f"{long}\nend"
    assert one(title="", explanation="").title == UNTITLED


def test_a_field_of_another_type_is_shown_in_the_explanation() -> None:
    read = one(code=["a"], suggestion={"x": 1}, references=["a", {"b": 1}], explanation=5, line=" 4 ")
    assert (read.code, read.suggestion, read.references, read.line) == ("", None, (), 5)
    lines = [
        "code: [",
        ' "a"',
        "]",
        "suggestion: {",
        ' "x": 1',
        "}",
        "references: [",
        ' "a",',
        " {",
        '  "b": 1',
        " }",
        "]",
    ]
    assert sorted(read.explanation.replace("\n\n", "\n").split("\n")) == sorted([*lines, "explanation: 5", "line:  4 "])
    assert one(references="CWE-89").references == ("CWE-89",)
    assert one(suggestion=None).suggestion is None
    assert one(suggestion="").suggestion == ""


def test_keys_outside_the_schema_are_reported() -> None:
    read = one(recommendation="Use a parameter.", empty="", none=None)
    assert read.explanation == "The name is not escaped.\n\nrecommendation: Use a parameter."
    report = read_result(
        {
            "summary": "",
            "files": [{"path": "a.py", "findings": [PLAIN], "mood": "bad", "more": [PLAIN]}],
            "model": "m",
            "empty": "",
        }
    )
    assert report.summary == "a.py: mood: bad\n\nmodel: m"
    assert [left.where for left in report.leftovers] == ["files[0].more"]
    assert [left.where for left in read_result(answer(error="gave up", notes={"a": 1})).leftovers] == ["error", "notes"]


@pytest.mark.parametrize("item", ["words", 5, None, [], {}, {"title": " ", "note": "words"}, [PLAIN]])
def test_an_entry_that_is_not_a_finding_is_kept_with_its_file(item: object) -> None:
    report = read_result(answer(PLAIN, item))
    assert len(report.findings) == 1
    (left,) = report.leftovers
    assert left.where == "files[0].findings[1]"
    assert json.loads(left.text) == {"path": "a.py", "finding": item}
    (left,) = read_result(answer(item, path="")).leftovers
    assert json.loads(left.text) == item


@pytest.mark.parametrize("entry", [None, "words", {"path": "a.py"}, {"path": "a.py", "findings": {}}, []])
def test_an_entry_that_is_not_a_file_is_kept(entry: object) -> None:
    report = read_result({"summary": "", "files": [entry]})
    assert [(left.where, json.loads(left.text)) for left in report.leftovers] == [("files[0]", entry)]


def test_a_path_that_is_not_text_is_shown() -> None:
    report = read_result({"summary": "", "files": [{"path": 5, "findings": [PLAIN]}]})
    assert [read.path for read in report.findings] == [""]
    assert "path: 5" in report.summary
    report = read_result({"summary": "", "files": [{"path": ["a.py"], "findings": [PLAIN]}]})
    assert [left.where for left in report.leftovers] == ["files[0].path"]
    (read,) = read_result({"summary": "", "files": [{"findings": [PLAIN]}]}).findings
    assert read.path == ""


def test_answers_on_earlier_findings_are_parsed_or_kept_as_text() -> None:
    listed = [
        {"id": "a1", "state": "Fixed ", "note": "gone"},
        {"id": "b2", "state": "perhaps"},
        "c3",
        {"state": "open"},
    ]
    report = read_result(answer(previous=listed))
    assert [(item.id, item.state, item.note) for item in report.previous] == [("a1", PreviousState.FIXED, "gone")]
    assert [left.where for left in report.leftovers] == ["previous[1]", "previous[2]", "previous[3]"]
    assert [left.where for left in read_result(answer(previous="all fixed")).leftovers] == ["previous"]


# --- The schema -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("incremental", [False, True])
def test_the_schema_is_valid_and_requests_what_is_read(incremental: bool) -> None:  # noqa: FBT001 — a table
    schema = response_schema(incremental=incremental)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(answer(PLAIN)) != incremental
    assert validator.is_valid(answer(PLAIN, previous=[])) == incremental
    assert not validator.is_valid(answer(without("code")))
    assert not validator.is_valid(answer({**PLAIN, "more": 1}))


@pytest.mark.parametrize("more", [{"reason": "Only for GET."}, {"note": ["The query is fixed.", "PUT is not."]}])
def test_what_an_entry_on_an_earlier_finding_says_outside_the_schema_is_left_over(more: dict[str, object]) -> None:
    previous = {"id": "0123456789", "state": "fixed", "note": "", **more}
    report = read_result({**answer(PLAIN), "previous": [previous]})
    assert not report.readable
    assert all(squeezed(one) in text_of(report) for one in words(more))


def test_a_sentence_outside_the_schema_of_a_file_is_left_over() -> None:
    clean = {"path": "b.py", "findings": [], "comment": "Any password is accepted."}
    report = read_result({"summary": "", "files": [{"path": "a.py", "findings": [PLAIN]}, clean]})
    assert not report.readable
    assert "b.py: comment: Any password is accepted." in [one.text for one in report.leftovers]


def test_false_outside_the_schema_is_shown() -> None:
    assert "score: 0" in read_result({"summary": "", "files": [], "score": 0}).summary


@pytest.mark.parametrize("more", [{"approved": False}, {"verdict": "reject"}, {"complete": False}, {"truncated": True}])
def test_a_verdict_outside_the_schema_is_left_over(more: dict[str, object]) -> None:
    assert not read_result({"summary": "", "files": [], **more}).readable
    assert not read_result({"summary": "", "files": [{"path": "a.py", "findings": [], **more}]}).readable
    assert read_result({**answer(PLAIN), **more}).readable, "the findings are listed"


def test_an_announced_file_has_to_exist() -> None:
    message = f"{CLEAN}\nSee the attached file."
    assert not read_result({"message": message, "deliverables": []}).readable
    listed = [{"fileName": "r.json", "url": "https://x.test/r"}]
    assert read_result({"message": message, "deliverables": listed}, {"r.json": FOUND}).readable
