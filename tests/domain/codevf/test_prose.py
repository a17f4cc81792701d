"""Each sentence of an answer in prose is in exactly one finding or left over, and nothing is clean by accident."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.codevf.prose import MAX_PROSE, Prose, is_clean, read_prose
from reviewbot.domain.codevf.remarks import is_ambiguous
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
    return [squeezed(one) for one in (*found, *prose.rest)]


# --- Answers as people write them -------------------------------------------------------------------------------------


def test_the_corpus_is_large() -> None:
    assert len({text for _, text, _ in CORPUS}) == len(CORPUS) >= 65


@corpus
def test_an_answer_is_read_as_the_corpus_says(text: str, read: str) -> None:
    assert "\n".join(lines_of(read_prose(text, confirms=True))) == read


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
    prose = read_prose(text="".join(form.format(word) + end for form, word, end in named))
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

TITLE, CLEAN = "The name says the opposite.", "Nothing needs fixing."
FOUND = f"src/a.py:3: {TITLE}"
GREETED = f"Hi all,\n\nI found one problem:\n\n{FOUND}\n\nThanks,\nKim"
UNSURE = f"{FOUND}\n\nI am worried about the migration."


@pytest.mark.parametrize(
    ("form", "text", "findings", "readable", "clean"),
    [
        # form, answer, findings, read completely, clean
        (SCHEMA, FOUND, 1, True, False),
        (WORDS, FOUND, 1, True, False),
        (WORDS, f"## Findings\n\n{FOUND}", 1, False, False),
        (WORDS, GREETED, 1, False, False),
        (SCHEMA, UNSURE, 1, False, False),
        (WORDS, UNSURE, 1, False, False),
        (WORDS, f"I found two problems:\n\n{FOUND}", 1, False, False),
        (WORDS, f"{CLEAN}\n\n{FOUND}", 1, False, False),
        (SCHEMA, CLEAN, 0, False, False),
        (WORDS, CLEAN, 0, True, True),
        (WORDS, f"0123456789: fixed\n\n{CLEAN}", 0, True, True),
        (SCHEMA, f"0123456789: fixed\n\n{CLEAN}", 0, False, False),
        (WORDS, f"{CLEAN} Except for the login.", 0, False, False),
        (WORDS, f"{CLEAN}\n\n{CLEAN}", 0, False, False),
        (WORDS, "It looks good to me.", 0, False, False),
        (WORDS, "", 0, False, False),
        (WORDS, "Hi all,", 0, False, False),
        (WORDS, "0123456789: fixed", 0, False, False),
        (WORDS, "0123456789: open: It still leaks.", 0, False, False),
        (WORDS, f"0123456789: open\n\n{CLEAN}", 0, True, True),
        (WORDS, f"0123456789: open: It still leaks.\n\n{CLEAN}", 0, False, False),
        (SCHEMA, "0123456789: open: It still leaks.", 0, False, False),
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
        states = [f"{one.id}: {one.state.value}" for one in report.previous]
        for paragraph in (one for one in text.split("\n\n") if one not in {FOUND, *states}):
            assert squeezed(paragraph) in shown


def test_a_statement_beside_a_file_is_not_clean() -> None:
    result = {"message": CLEAN, "deliverables": [{"fileName": "review.md", "url": "https://x.test/r"}]}
    report = read_result(result, {"review.md": "The key is logged."}, WORDS)
    assert not report.readable
    report = read_result(result, {"review.md": FOUND}, WORDS)
    assert [one.title for one in report.findings] == [TITLE]
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
        ("Nothing else needs fixing.", True),
        ("I found no issues in this change.", True),
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


# --- Fields -----------------------------------------------------------------------------------------------------------


def test_the_text_below_a_finding_belongs_to_it() -> None:
    text = "### src/a.py:3-4: critical: Wrong.\n\nWhy.\n\n```\ncode\n```\n\n```suggestion\nx\n```"
    [one] = read_prose(text).findings
    assert (one.title, one.explanation, one.suggestion) == ("Wrong.", "Why.\n\n```\ncode\n```", "x")
    assert (one.path, one.line, one.end_line, one.severity) == ("src/a.py", 3, 4, Severity.CRITICAL)


def test_a_second_suggestion_is_part_of_the_text() -> None:
    fence = "```suggestion\n{}\n```"
    text = f"src/a.py:3: high: Wrong.\n\n{fence.format('x')}\n\n{fence.format('y')}"
    [one] = read_prose(text).findings
    assert (one.suggestion, one.explanation) == ("x", fence.format("y"))


def test_a_long_line_has_its_first_sentence_as_the_title() -> None:
    [one] = read_prose(f"src/a.py:3: The file is never closed here. {'It leaks. ' * 20}").findings
    assert one.title == "The file is never closed here."
    assert one.explanation.startswith("It leaks. It leaks.")


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
        "0123456789: fixed: in one of the two places",
        "0123456789: fixed: It is escaped now.",
        "0123456789: fixed!?",
    ],
)
def test_quotations_and_doubts_confirm_no_fix(said: str) -> None:
    for text in (f"{said}\n\n{FOUND}", f"{FOUND}\n\n{said}"):
        report = read_result(text, form=WORDS)
        assert PreviousState.FIXED not in {one.state for one in report.previous}
        assert report.previous or not report.readable, "it is shown for a person to decide"


WRONG = "src/a.py:3: medium: The author's list is wrong, none of these is done:"


@pytest.mark.parametrize(
    ("text", "states"),
    [
        *((text, []) for text in (f"{WRONG}\n- 0123456789: fixed", f"{WRONG}\n\n- 0123456789: fixed")),
        *((text, []) for text in (f"- {WRONG}\n- 0123456789: fixed", f"- {WRONG}\n  - 0123456789: fixed")),
        (f"The author writes:\n\n0123456789: fixed\n\n{FOUND}", []),
        (f"    0123456789: fixed\n\n{FOUND}", []),
        (f"## What the author writes\n\n0123456789: fixed\n\n{FOUND}", []),
        (f"abcdef0123: open: The author writes:\n- 0123456789: fixed\n\n{FOUND}", []),
        (f"abcdef0123: open:\n0123456789: fixed\n\n{FOUND}", []),
        (f"- [ ] abcdef0123: fixed\n- 0123456789: fixed\n\n{FOUND}", []),
        (f"abcdef0123: fixed\n\n{FOUND}\n\n0123456789: fixed", ["fixed"]),
        (f"abcdef0123: open: It leaks.\n0123456789: fixed\n\n{FOUND}", []),
        (f"\t0123456789: fixed\n\n{FOUND}", []),
        (f"abcdef0123: open\n0123456789: fixed\n\n{FOUND}", ["open", "fixed"]),
        (f"- abcdef0123: fixed\n- 0123456789: fixed\n\n{FOUND}", ["fixed", "fixed"]),
    ],
)
def test_only_an_answer_that_begins_with_it_confirms_a_fix(text: str, states: list[str]) -> None:
    assert [one.state.value for one in read_result(text, form=WORDS).previous] == states


@pytest.mark.parametrize(
    ("said", "states"),
    [
        ("fixed", ["fixed"]),
        ("Fixed.", ["fixed"]),
        ("open", ["open"]),
        ("OPEN!", ["open"]),
        ("f\u0131xed", []),
        ("open, as before", []),
        ("open: It still runs a shell. b.py:2: So does this.", []),
        ("fixed: `sleep(5)` is gone", []),
        ("fixed?", []),
    ],
)
def test_only_the_word_alone_counts(said: str, states: list[str]) -> None:
    report = read_result(f"`0123456789` - {said}\n\n{FOUND}", form=WORDS)
    assert [one.state.value for one in report.previous] == states
    assert report.readable == bool(states)


@pytest.mark.parametrize(
    "name",
    [
        "low:page.py", "[trivial] login.py", "[note]/page.py", "low issues", "low*x.py", "x.py:3: info: y", "```x.py",
        "src/x.py, line 3", "- x.py", "~~~x.py", "x.py\u00a03", "# x.py", "> x.py", "|x.py", "a" * 400,
    ],
)  # fmt: skip
def test_a_name_that_a_place_cannot_contain_is_ambiguous(name: str) -> None:
    assert is_ambiguous(name)


@pytest.mark.parametrize(
    "name",
    [
        "src/model2.py", "src/html5/parser.py", "app/(group)/page.tsx", "pages/[id].tsx",
        "info/b.py", "low-level.py", "src/low.py", "error.html", "src/critical", "a.0123456789.js", "0123456789/c.py",
        "1.md", ".env", "@x/a.ts", "1.", "low", "low#", "Critical", "0123456789", "docs/0123456789",
        "src/x.py(3)", "a\\b.py",
    ],
)  # fmt: skip
def test_an_ordinary_name_is_not_ambiguous(name: str) -> None:
    assert not is_ambiguous(name)


@given(
    st.text(st.sampled_from("ab.py/3(),;-[]@+_low:`# ~'\"|") | st.characters(codec="utf-8"), min_size=1, max_size=25)
)
def test_a_finding_in_a_file_with_an_unambiguous_name_is_in_that_file(name: str) -> None:
    for form in ("{}:7: critical: It leaks.", "- `{}:7`: critical: It leaks.", "# {}:7: critical: It leaks."):
        found = read_prose(form.format(name)).findings
        if not is_ambiguous(name):
            assert [(one.path, one.line, one.severity) for one in found] == [(name, 7, Severity.CRITICAL)]


@pytest.mark.parametrize("text", [FOUND, f"0123456789: fixed\n\n{FOUND}", CLEAN])
def test_beside_ambiguous_names_only_data_is_read(text: str) -> None:
    report = read_result(text, form=None)
    assert not report.readable
    assert not report.findings
    assert [one.text for one in report.leftovers] == [text]
    assert read_result('{"summary": "", "files": []}', form=None).readable


def test_prose_that_was_not_requested_fixes_nothing() -> None:
    for form, state in ((WORDS, PreviousState.FIXED), (SCHEMA, PreviousState.OPEN)):
        report = read_result(f"0123456789: fixed\n\n{FOUND}", form=form)
        assert ([one.title for one in report.findings], report.previous[0].state) == ([TITLE], state)


@pytest.mark.parametrize("label", ["critical:", "**Critical**:", "CRITICAL -", "`blocker`:", "critical \u2014"])
def test_critical_right_after_the_line_counts_in_any_form(label: str) -> None:
    for form in AnswerForm:
        [one] = read_result(f"src/a.py:3: {label} The key is logged.", form=form).findings
        assert (one.severity, one.title) == (Severity.CRITICAL, "The key is logged.")


@pytest.mark.parametrize(
    "text",
    [
        "src/a.py:3: low: Rename it.",
        "src/a.py:3: Rename it. **info**",
        "- src/a.py:3: nit: Rename it.\n\n  Or delete it.",
        "### src/a.py:3: Severity: low\n\nRename it.\n\nOverall, fine.",
        "src/a.py:3: critical section is not locked",
    ],
)
def test_no_text_is_rated_below_critical(text: str) -> None:
    [one] = read_prose(text, confirms=True).findings
    assert one.severity is Severity.UNRATED
    assert squeezed(one.title + one.explanation) == squeezed(text.lstrip("-# ").removeprefix("src/a.py:3: "))


@pytest.mark.parametrize(
    "said",
    [
        *(
            "Blocker!",
            "Critical issue!",
            "Hi team, not approved.",
            "Best,\nneeds rework",
            "Hi,",
            "Thanks for the change!",
        ),
        "## Critical",
        "None.",
    ],
)
def test_text_beside_findings_is_left_to_a_person(said: str) -> None:
    for text in (f"{FOUND}\n\n{said}", f"{said}\n\n{FOUND}"):
        assert not read_result(text, form=WORDS).readable


def test_a_suggestion_keeps_its_code_behind_a_tab() -> None:
    [one] = read_prose(f"{FOUND}\n  ```suggestion\n  if x:\n\treturn value\n  ```").findings
    assert one.suggestion == "if x:\nreturn value"


def test_a_rule_ends_the_finding_of_a_heading() -> None:
    for rule in ("---", "***"):
        assert read_prose(f"### {FOUND}\n\n{rule}\n\nOverall, it is bad.").rest == ("Overall, it is bad.",)


def test_a_suggestion_may_contain_shorter_fences() -> None:
    [one] = read_prose(f"{FOUND}\n\n````suggestion\n```sh\nls\n```\n````").findings
    assert one.suggestion == "```sh\nls\n```"


@pytest.mark.parametrize(
    "wrapped", ["<https://example.org/x>.", "< n instead", "<string, number> here.", "<Item> in it."]
)
def test_a_line_may_be_wrapped_before_a_bracket(wrapped: str) -> None:
    assert read_result(f"src/a.py:3: high: See\n{wrapped}", form=WORDS).readable


@pytest.mark.parametrize(
    "note",
    [
        "The file lock is still missing.",
        "The link is still empty.",
        "Please fix this before merging.",
        "No longer empty.",
    ],
)
def test_a_reason_may_be_about_the_code(note: str) -> None:
    previous = [{"id": "0123456789", "state": "open", "note": note}]
    assert read_result({"summary": "Read.", "files": [], "previous": previous}).readable


def test_only_the_message_confirms_a_fix() -> None:
    names = ("STATUS.txt", "review.md")
    pointers = [{"fileName": name, "url": f"https://x.test/{name}"} for name in names]
    for message, text in ((FOUND, "Read."), ("", FOUND)):
        report = read_result(
            {"message": message, "deliverables": pointers},
            {"STATUS.txt": "0123456789: fixed", "review.md": text},
            WORDS,
        )
        assert [one.state for one in report.previous] == [PreviousState.OPEN]


def test_a_longer_fence_is_not_closed_by_a_shorter_one() -> None:
    [one] = read_prose(f"{FOUND}\n\n````\n```\nsrc/b.py\n```\n````").findings
    assert one.explanation == "````\n```\nsrc/b.py\n```\n````"


@pytest.mark.parametrize("code", ["```\nx = 1\n```", "```\nx = 1"], ids=["closed", "open"])
def test_a_fence_below_a_title_is_not_joined_to_it(code: str) -> None:
    [finding] = read_prose(f"src/a.py:3: Wrong total\n{code}").findings
    assert (finding.title, finding.explanation) == ("Wrong total", code)


@pytest.mark.parametrize("word", ["Warning", "Note", "Suggestion", "Error", "Important", "urgent"])
def test_a_word_that_may_begin_any_sentence_is_no_severity(word: str) -> None:
    [one] = read_prose(f"src/a.py:3: {word}: This DELETE has no WHERE clause.").findings
    assert (one.severity, one.title) == (Severity.UNRATED, f"{word}: This DELETE has no WHERE clause.")


@pytest.mark.parametrize("name", ["Pipfile", "README", ".gitattributes", "gradlew"])
def test_the_requested_form_names_any_file(name: str) -> None:
    [one] = read_prose(f"{name}:3: critical: Wrong.").findings
    assert (one.path, one.line, one.severity, one.title) == (name, 3, Severity.CRITICAL, "Wrong.")


def test_a_heading_whose_file_has_no_finding_is_left() -> None:
    assert read_prose("### In: src/a.py\n\nsrc/b.py:3: low: x.").rest == ("### In: src/a.py",)
    assert read_prose("src/a.py:3: low: x.\n\n`run('rm ' + name)`\n\nsrc/b.py:4: low: y.").rest == (
        "`run('rm ' + name)`",
    )


def test_a_line_that_begins_with_another_file_is_a_finding_of_its_own() -> None:
    for indent in ("", "    "):
        found = read_prose(f"src/a.py:3: Unclear.\n{indent}deploy:9: It deletes files.").findings
        assert [(one.path, one.title) for one in found] == [
            ("src/a.py", "Unclear."),
            ("deploy", "It deletes files."),
        ]
