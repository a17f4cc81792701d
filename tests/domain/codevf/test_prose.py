"""Each sentence of an answer in prose is in exactly one finding or left over, and nothing is clean by accident."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.codevf.finding_parser import reads_as_words
from reviewbot.domain.codevf.prose import MAX_PROSE, Prose, is_clean, is_remark, is_title, read_prose
from reviewbot.domain.codevf.response import read_result
from reviewbot.domain.model.options import AnswerForm
from reviewbot.domain.model.review import Finding, PreviousState, Severity
from tests.domain.codevf.test_response import squeezed

ANSWERS = Path(__file__).with_name("prose_answers.txt")
"""Answers as people write them: `=== name`, the answer, `--- read`, and the expected result."""

SCHEMA, WORDS = AnswerForm.SCHEMA, AnswerForm.WORDS


def written() -> Iterator[tuple[str, str, str]]:
    for part in re.split(r"^=== ", ANSWERS.read_text(), flags=re.MULTILINE)[1:]:
        name, _, rest = part.partition("\n")
        text, _, read = rest.partition("\n--- read\n")
        yield name, text, read.strip("\n")


CORPUS = tuple(written())
corpus = pytest.mark.parametrize(("text", "read"), [row[1:] for row in CORPUS], ids=[row[0] for row in CORPUS])


def place_of(finding: Finding) -> str:
    first, last = finding.line, finding.end_line
    return finding.path + (f":{first}" if first else "") + (f"-{last}" if first != last else "")


def lines_of(prose: Prose) -> Iterator[str]:
    for one in prose.findings:
        mark = "" if one.suggestion is None else " suggestion"
        yield f"finding {place_of(one)} {one.severity.value}{mark}: {one.title}"
    yield from (f"earlier {one.id} {one.state.value}" for one in prose.previous)
    yield from (f"left {one!r}" for one in prose.rest)


def places_in(prose: Prose) -> list[str]:
    """Return the text of each place where a sentence can be, without whitespace."""
    found = (f"{one.title}\n{one.explanation}\n{one.suggestion or ''}" for one in prose.findings)
    return [squeezed(one) for one in (*found, *prose.confirmed, *prose.rest)]


# --- Answers as people write them -------------------------------------------------------------------------------------


def test_the_corpus_is_large() -> None:
    assert len({text for _, text, _ in CORPUS}) == len(CORPUS) >= 75


@corpus
def test_an_answer_is_read_as_the_corpus_says(text: str, read: str) -> None:
    assert "\n".join(lines_of(read_prose(text))) == read


@corpus
def test_every_sentence_of_the_corpus_is_kept(text: str, read: str) -> None:
    del read
    prose = read_prose(text)
    seen = "".join(places_in(prose)).casefold()
    for sentence in re.findall(r"\b[A-Z][a-z]+ [a-z ]{8,}[.?!]", text):
        assert squeezed(sentence).casefold() in seen


@corpus
@pytest.mark.parametrize("form", AnswerForm)
def test_only_whole_statements_are_clean(text: str, read: str, form: AnswerForm) -> None:
    report = read_result({"message": text}, form=form)
    assert report.readable == (not report.leftovers)
    is_clean_answer = report.readable and not report.findings
    assert is_clean_answer == (form is WORDS and read.startswith(("left 'Nothing needs fixing.'", "left 'I found no")))


# --- Laws -------------------------------------------------------------------------------------------------------------

WORD = st.integers(0, 10**6).map(lambda number: f"word{number}x")
FORMS = (
    "src/a.py:12: high: It is {}.",
    "src/a.py:12-14: low - It is {},\nand goes on.",
    "- `src/b.py:3`: **medium** It is {}.\n  More of it.",
    "1. src/b.py line 4: It is {}.",
    "## src/c.py:9: critical: It is {}",
    "## src/c.py\n\n12: It is {}.",
    "src/d.py:\n  3: nit: It is {}.",
    "**Low**\n- src/d.py:3: It is {}.",
    "> src/d.py:3: high: It is {}.",
    "| src/d.py:3 | high | It is {}. |",
    "```\nIt is {}.\n```",
    "```suggestion\nit = {}\n```",
    "```\nsrc/a.py:1: high: It is {}.\n```",
    "```python\nIt is {}.",
    "~~~\nIt is {}.",
    "[{}](src/a.py#L10-L12): high: a link",
    "See [this](https://github.com/o/r/blob/main/src/a.py#L3): it is {}.",
    "0123456789: fixed: It is {}.",
    "It is {}.",
    "Overall it is {}.",
    "## It is {}",
    "critical: It is {}.",
    "note: It is {}.",
    "In src/a.py:3 it is {}.",
    "line 12 of src/a.py: It is {}.",
    "C:\\src\\a.py(3): error: It is {}.",
    "@octocat <b>{}</b> <!-- src/a.py:1: high -->",
    "    src/a.py:1: low: indented {}",
)
MIXTURE = st.lists(st.tuples(st.sampled_from(FORMS), WORD, st.sampled_from(["\n", "\n\n", "\r\n\r\n"])), max_size=12)


@given(MIXTURE)
def test_each_sentence_of_a_mixed_answer_is_in_exactly_one_place(parts: list[tuple[str, str, str]]) -> None:
    named = [(form, f"{word}n{number}n", end) for number, (form, word, end) in enumerate(parts)]
    prose = read_prose("".join(form.format(word) + end for form, word, end in named))
    places = places_in(prose)
    for _, word, _ in named:
        assert sum(word in place for place in places) == 1


@given(st.text(st.sampled_from("ab.py/\\:123-# \n`~*[]()|>highlow,") | st.characters(codec="utf-8"), max_size=300))
def test_any_text_is_read_and_no_word_is_lost(text: str) -> None:
    prose = read_prose(text)
    parts = [*places_in(prose), *(f"{place_of(one)}{one.severity.value}" for one in prose.findings)]
    seen = "".join(parts).casefold()
    for word in re.findall(r"[a-z]{6,}", text):
        assert word in seen.replace("/", "") or word in seen


@given(MIXTURE, st.sampled_from(AnswerForm))
def test_a_mixed_answer_is_never_clean(parts: list[tuple[str, str, str]], form: AnswerForm) -> None:
    report = read_result("".join(text.format(word) + end for text, word, end in parts), form=form)
    assert report.findings or not report.readable
    assert report.readable == (not report.leftovers)


@pytest.mark.proof
@pytest.mark.parametrize(
    "text",
    [
        "```x\n" * 40_000,
        "[" * 100_000,
        "a" * 199_000,
        "'a" * 90_000,
        "src/a.py:" * 20_000,
        "src/a.py:1: high: x\n" * 9_000,
        "- " * 90_000,
        "lines 1 of " * 18_000,
        "**" * 90_000,
    ],
    ids=lambda text: text[:12],
)
def test_a_huge_answer_is_read_in_seconds(text: str) -> None:
    began = process_time()
    read_prose(text)
    assert process_time() - began < 10


def test_a_longer_answer_is_left_whole() -> None:
    text = "src/a.py:1: high: x\n" * (MAX_PROSE // 20 + 1)
    assert read_prose(text) == Prose(rest=(text,))


# --- The outcome of what is left over ---------------------------------------------------------------------------------

FOUND, CLEAN = "src/a.py:3: low: The name says the opposite.", "Nothing needs fixing."
GREETED = f"Hi all,\n\nI found one problem:\n\n{FOUND}\n\nThanks,\nKim"
UNSURE = f"{FOUND}\n\nI am worried about the migration."


@pytest.mark.parametrize(
    ("form", "text", "findings", "readable", "clean"),
    [
        # form, answer, findings, read completely, clean
        (SCHEMA, FOUND, 1, True, False),
        (WORDS, FOUND, 1, True, False),
        (SCHEMA, f"## Findings\n\n{FOUND}", 1, True, False),
        (SCHEMA, GREETED, 1, False, False),
        (WORDS, GREETED, 1, True, False),
        (SCHEMA, UNSURE, 1, False, False),
        (WORDS, UNSURE, 1, False, False),
        (WORDS, f"I found two problems:\n\n{FOUND}", 1, False, False),
        (WORDS, f"{CLEAN}\n\n{FOUND}", 1, False, False),
        (SCHEMA, CLEAN, 0, False, False),
        (WORDS, CLEAN, 0, True, True),
        (WORDS, f"0123456789: fixed: It is closed.\n\n{CLEAN}", 0, True, True),
        (SCHEMA, f"0123456789: fixed: It is closed.\n\n{CLEAN}", 0, False, False),
        (WORDS, f"{CLEAN} Except for the login.", 0, False, False),
        (WORDS, f"{CLEAN}\n\n{CLEAN}", 0, False, False),
        (WORDS, "It looks good to me.", 0, False, False),
        (WORDS, "", 0, False, False),
        (WORDS, "Hi all,", 0, False, False),
        (WORDS, "0123456789: fixed: It is closed.", 0, False, False),
    ],
)
def test_leftovers_decide_whether_an_answer_is_readable(
    form: AnswerForm,
    text: str,
    findings: int,
    readable: bool,  # noqa: FBT001 — a table
    clean: bool,  # noqa: FBT001 — a table
) -> None:
    for result in (text, {"message": text, "deliverables": []}):
        report = read_result(result, form=form)
        assert (len(report.findings), report.readable) == (findings, readable)
        assert (report.readable and not report.findings) == clean
        shown = squeezed("".join((report.summary, *(one.text for one in report.leftovers))))
        for paragraph in (one for one in text.split("\n\n") if one != FOUND):
            assert squeezed(paragraph) in shown


def test_a_statement_beside_a_file_is_not_clean() -> None:
    result = {"message": CLEAN, "deliverables": [{"fileName": "review.md", "url": "https://x.test/r"}]}
    report = read_result(result, {"review.md": "The key is logged."}, WORDS)
    assert not report.readable
    report = read_result(result, {"review.md": FOUND}, WORDS)
    assert [one.title for one in report.findings] == ["The name says the opposite."]
    assert [one.text for one in report.leftovers] == [CLEAN]


def test_data_without_a_schema_is_not_prose() -> None:
    report = read_result({"note": "src/a.py:3: high: x"})
    assert not report.findings
    assert not report.readable


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (CLEAN, True),
        ("**No issues found.**", True),
        ("There are no findings", True),
        ("nothing to report!", True),
        ("I have found no problems.", True),
        ("LGTM", False),
        ("No issues found?", False),
        ("No critical issues found.", False),
        ("No issues found, but see below.", False),
        ("~~No issues found.~~", False),
        ("No issues found. <!-- the login is open -->", False),
        ("", False),
    ],
)
def test_a_closed_list_of_statements_is_clean(text: str, clean: bool) -> None:  # noqa: FBT001 — a table
    assert is_clean(text) == clean


@pytest.mark.parametrize(
    ("text", "findings", "remark"),
    [
        ("Hi,", 1, True),
        ("Hello Octocat,", 1, True),
        ("Thanks for the clean change!", 1, True),
        ("Cheers,\nKim", 1, True),
        ("I found two problems:", 2, True),
        ("I found 2 problems:", 2, True),
        ("I found three problems:", 2, False),
        ("Here are my findings:", 2, True),
        ("Otherwise it looks good.", 2, True),
        ("Great work", 2, True),
        ("Thanks for nothing, the login is open.", 2, False),
        ("The rest is broken.", 2, False),
        ("Hi,\nthe login is open.", 2, False),
        ("Is that right?", 2, False),
        ("Hi,\n" * 100, 2, False),
    ],
)
def test_a_closed_list_of_remarks_is_not_a_finding(text: str, findings: int, remark: bool) -> None:  # noqa: FBT001 — a table
    assert is_remark(text, findings) == remark


def test_a_title_is_not_a_finding() -> None:
    assert is_title("## Findings")
    assert not is_title("## Findings\nThe login is open.")
    assert not is_title("## Critical")


# --- Fields -----------------------------------------------------------------------------------------------------------


def test_the_text_below_a_finding_belongs_to_it() -> None:
    [one] = read_prose("### src/a.py:3-4: high: Wrong.\n\nWhy.\n\n```\ncode\n```\n\n```suggestion\nx\n```").findings
    assert (one.title, one.explanation, one.suggestion) == ("Wrong.", "Why.\n\n```\ncode\n```", "x")
    assert (one.path, one.line, one.end_line, one.severity) == ("src/a.py", 3, 4, Severity.HIGH)


def test_a_second_suggestion_is_part_of_the_text() -> None:
    fence = "```suggestion\n{}\n```"
    [one] = read_prose(f"src/a.py:3: high: Wrong.\n\n{fence.format('x')}\n\n{fence.format('y')}").findings
    assert (one.suggestion, one.explanation) == ("x", fence.format("y"))


def test_a_long_line_has_its_first_sentence_as_the_title() -> None:
    [one] = read_prose(f"src/a.py:3: high: The file is never closed here. {'It leaks. ' * 20}").findings
    assert one.title == "The file is never closed here."
    assert one.explanation.startswith("It leaks. It leaks.")


def test_notes_on_earlier_findings_are_shown() -> None:
    text = f"0123456789: fixed: It is closed.\n\n{FOUND}"
    report = read_result(text)
    assert [(one.id, one.state, one.note) for one in report.previous] == [
        ("0123456789", PreviousState.FIXED, "It is closed.")
    ]
    assert report.readable
    assert "0123456789: fixed: It is closed." in report.summary


@pytest.mark.parametrize(
    "said",
    [
        "> 0123456789: fixed: I closed it.\n\nI do not think so.",
        "> 0123456789: fixed",
        "> - 0123456789: fixed",
        "| > 0123456789: fixed |",
        "The author says:\n```\n0123456789: fixed\nsrc/b.py:1: info: closed\n```",
        "0123456789: fixed? I do not think so.",
        "0123456789: fixed / open?",
        "0123456789: fixed only in one place.",
        "0123456789: fixed, but only in one place.",
        "0123456789: fixed: not in the other place.",
        "0123456789: fixed\nin one place of two.",
        "0123456789: fixed: It is escaped now, except in export().",
        "0123456789: fixed. However, the new helper accepts any password.",
    ],
)
def test_quotations_and_doubts_confirm_no_fix(said: str) -> None:
    for text in (f"{said}\n\n{FOUND}", f"{FOUND}\n\n{said}"):
        report = read_result(text, form=WORDS)
        assert not report.previous
        assert not report.readable, "it is shown for a person to decide"


@pytest.mark.parametrize(
    "said",
    [
        *("fixed", "fixed.", "fixed - It is closed.", "fixed; closed now", "open", "open, as before"),
        *(
            "fixed: The bare except names ValueError.",
            "fixed: lib/url2path.py is used now.",
            "fixed: src/model2.py checks",
        ),
    ],
)
def test_a_state_may_have_a_reason(said: str) -> None:
    report = read_result(f"`0123456789` - {said}\n\n{FOUND}")
    assert [one.state.value for one in report.previous] == [said[:5].rstrip(",.;- ")]
    assert report.readable


def test_a_reason_that_names_a_line_is_a_finding() -> None:
    for said in ("fixed: moved to src/b.py:12, where it is as dangerous.", "open: line 12 of src/b.py has it too"):
        report = read_result(f"0123456789: {said}\n\n{FOUND}")
        assert not report.previous
        assert ("src/b.py", 12, Severity.UNRATED) in [(one.path, one.line, one.severity) for one in report.findings]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("low:page.py", "- low:page.py:2: A shell runs what a user sends."),
        ("[trivial] login.py", "`[trivial] login.py`, line 2: A shell runs what a user sends."),
        ("[note]/page.py", "[note]/page.py:2: error: A shell runs what a user sends."),
        ("docs/low", "# Critical\n\n## low\n\n- line 2: A shell runs what a user sends."),
        ("low issues", "# Critical\n\n## low issues\n\n- line 2: A shell runs what a user sends."),
        ("nits", "# Critical\n\n## nits\n\n- line 2: A shell runs what a user sends."),
        ("low#", "# Critical\n\n## low#\n\n- line 2: A shell runs what a user sends."),
        ("low*x.py", "`low*x.py`:2: A shell runs what a user sends."),
        ("severitylow)x.py", "`severitylow)x.py:2`: high: A shell runs what a user sends."),
        ("severity: low.d/page.py", "severity: low.d/page.py:2: A shell runs what a user sends."),
        ("src/x.py:3low", "**src/x.py:3low:2**: high: A shell runs what a user sends."),
        ("x.py:3: info: y", "x.py:3: info: y:2: A shell runs what a user sends."),
        ("```x.py", f"{FOUND}\n\n```x.py:2: high: A shell.\n```"),
        ("0123456789", f"{FOUND}\n\n`0123456789` - fixed, predictable key: anyone can sign."),
    ],
)
def test_beside_a_file_whose_name_reads_as_words_nothing_is_rated_or_fixed(name: str, text: str) -> None:
    assert reads_as_words(name)
    report = read_result(text, odd_names=True)
    assert {one.severity for one in report.findings} <= {Severity.UNRATED}
    assert PreviousState.FIXED not in {one.state for one in report.previous}
    assert report.findings or not report.readable


@pytest.mark.parametrize(
    "name",
    [
        "src/model2.py", "src/html5/parser.py", "lib/url2path.py", "docs/copy(2).md", "app/(group)/page.tsx",
        "pages/[id].tsx", "info/b.py", "low-level.py", "src/low.py", "error.html", "critical", "My File.md", "C#/a.cs",
        "a.0123456789.js", "0123456789/c.py",
    ],
)  # fmt: skip
def test_an_ordinary_name_is_not_read_as_words(name: str) -> None:
    assert not reads_as_words(name)


@pytest.mark.parametrize(
    "words",
    [
        "The critical section is longer than needed.",
        "This blocking call could have a timeout.",
        "`logging.critical` would fit better.",
        "Not critical, but the name is unclear.",
    ],
)
def test_ordinary_words_are_no_alarm(words: str) -> None:
    assert read_prose(f"src/a.py:3: low: {words}").findings[0].severity is Severity.LOW


@pytest.mark.parametrize(
    "words",
    [
        "Blocking: any user can read it.",
        "The key is logged. This is blocking.",
        "Unclear. Also: high: the key is logged.",
    ],
)
def test_words_that_rate_a_finding_higher_are_an_alarm(words: str) -> None:
    assert read_prose(f"src/a.py:3: low: {words}").findings[0].severity is Severity.UNRATED


@pytest.mark.parametrize("said", ["Blocker!", "Critical issue!", "Hi team, not approved.", "Best,\nneeds rework"])
def test_a_verdict_is_no_remark(said: str) -> None:
    report = read_result(f"src/a.py:3: low: The name is unclear.\n\n{said}", form=WORDS)
    assert not report.readable or {one.severity for one in report.findings} & {Severity.UNRATED, Severity.CRITICAL}


@pytest.mark.parametrize(
    "text",
    [
        "### Critical\n\nNone.\n\n### Low\n\n- `src/html5/a.py:4`: The name is unclear.",
        "## High\n\nNone\n\n## Low\n\n- src/model2.py: low: No docstring.",
        "Sure! Here's my review:\n\nsrc/a.py:3: low: The name is unclear.\n\nKind regards,\nMona Lisa",
    ],
)
def test_an_answer_with_empty_sections_and_a_greeting_is_read_completely(text: str) -> None:
    report = read_result(text, form=WORDS)
    assert report.readable
    assert [one.severity for one in report.findings] == [Severity.LOW]
    assert report.findings[0].path in text


def test_a_finding_below_a_heading_with_a_worse_severity_is_unrated() -> None:
    found = read_prose("## Critical\n\n- src/a.py:3: low: A shell runs it.\n- src/b.py:3: critical: And here.").findings
    assert [one.severity for one in found] == [Severity.UNRATED, Severity.CRITICAL]
    [one] = read_prose("## Low\n\n- src/a.py:3: high: A shell runs it.").findings
    assert one.severity is Severity.HIGH


def test_a_longer_fence_is_not_closed_by_a_shorter_one() -> None:
    [one] = read_prose(f"{FOUND}\n\n````\n```\nsrc/b.py\n```\n````").findings
    assert one.explanation == "````\n```\nsrc/b.py\n```\n````"


@pytest.mark.parametrize("code", ["```\nx = 1\n```", "```\nx = 1"], ids=["closed", "open"])
def test_a_fence_below_a_title_is_not_joined_to_it(code: str) -> None:
    [finding] = read_prose(f"src/a.py:3: high: Wrong total\n{code}").findings
    assert (finding.title, finding.explanation) == ("Wrong total", code)
