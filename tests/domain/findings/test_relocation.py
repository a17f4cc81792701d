"""Findings of one head are placed on another head only where their code is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import fold, quoted_lines
from reviewbot.domain.findings.placement import (
    DuplicateOf,
    InSummary,
    OnFile,
    OnLines,
    Placed,
    Placement,
    SuggestionState,
    Why,
    place,
    quoted,
    relocated,
    without_quote,
)
from reviewbot.domain.github.drafts import LineTarget
from reviewbot.domain.model.review import Finding, Side
from reviewbot.values import replace
from tests.domain.builders import ALL, finding, numbered, view

APP = "src/app.py"
REVIEWED = {APP: "one\ntwo\n\nfour\n"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (finding(line=2), finding(line=2, end_line=2, code="two")),
        (finding(line=1, end_line=4), finding(line=1, end_line=1, code="one\ntwo\n\nfour")),
        (finding(line=4, end_line=9), finding(line=4, end_line=4, code="four")),
        # the quote determines the place; the end line is a number in another text
        (finding(line=2, end_line=9, code="x"), finding(line=2, end_line=2, code="x")),
        (finding(code="x"), finding(code="x")),
        (finding(), finding()),
        # the cited code is unknown
        (finding(line=9), finding()),
        (finding(line=3), finding()),
        (finding(path="b.py", line=2, end_line=3), finding(path="b.py")),
        (finding(line=2, side=Side.LEFT), finding(side=Side.LEFT)),
    ],
)
def test_cited_lines_are_quoted_from_the_reviewed_text(given: Finding, expected: Finding) -> None:
    assert quoted(given, REVIEWED) == expected


def test_code_that_is_quoted_from_a_crlf_file_has_line_feeds() -> None:
    assert quoted(finding(line=1, end_line=2), {APP: "one\r\ntwo\r\n"}).code == "one\ntwo"


def test_only_files_with_a_cited_line_and_no_quote_are_needed() -> None:
    assert without_quote(
        [
            finding(line=1),
            finding(line=2),
            finding(path="b.py", line=2, code=" \n"),
            finding(path="c.py", line=2, code="x"),
            finding(path="d.py"),
            finding(path="e.py", line=1, side=Side.LEFT),
            finding(path="", line=1),
        ]
    ) == (APP, "b.py")


ON = OnLines(LineTarget("a.py", Side.RIGHT, 3), Why.QUOTED)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (ON, ON),
        (OnFile("a.py", Why.LINE_NOT_IN_DIFF, 3), OnFile("a.py", Why.LINE_NOT_IN_DIFF, 3)),
        (OnFile("a.py", Why.QUOTE_NOT_FOUND), InSummary(Why.HEAD_MOVED, OnFile("a.py", Why.QUOTE_NOT_FOUND))),
        (OnFile("a.py", Why.NO_LINE), InSummary(Why.HEAD_MOVED, OnFile("a.py", Why.NO_LINE))),
        (InSummary(Why.NO_FILE), InSummary(Why.NO_FILE)),
        (DuplicateOf("0" * 10), DuplicateOf("0" * 10)),
    ],
)
def test_deleted_files_are_listed_as_such(given: Placement, expected: Placement) -> None:
    for state in SuggestionState:
        item = relocated(Placed("1" * 10, finding(), given, state))
        assert (item.placement, item.suggestion) == (expected, state)


words = st.sampled_from(["a", "b", "", "  a", "}", "x  = 1"])
texts = st.lists(words, max_size=10).map(lambda lines: "".join(f"{line}\n" for line in lines))


cited = st.builds(
    finding,
    line=st.none() | st.integers(1, 12),
    code=st.lists(words, max_size=3).map("\n".join),
    side=st.sampled_from(Side),
)


@given(cited, st.integers(0, 4), texts, st.builds(view, texts, texts, whole=st.booleans()))
def test_no_finding_is_placed_on_a_line_that_the_reviewer_did_not_cite(
    cited_: Finding, more: int, reviewed: str, seen: FileView
) -> None:
    end = None if cited_.line is None else cited_.line + more
    given_ = quoted(replace(cited_, end_line=end), {APP: reviewed})
    (item,) = (relocated(one) for one in place([given_], [seen], ALL))
    if isinstance(item.placement, OnLines):
        target = item.placement.target
        numbers = range(target.start_line or target.line, target.line + 1)
        there = tuple(seen.index[target.side].folded[number] for number in numbers)
        quote = quoted_lines(given_.code)
        assert there in {quote[at : at + len(there)] for at in range(len(quote))}


def test_a_finding_follows_its_code_over_a_push() -> None:
    base = numbered(20)
    head = base.replace("line 1\n", "new\nline 1\n").replace("line 15\n", "line 15\nbad()\n")
    given = quoted(finding(line=16, end_line=20), {APP: base.replace("line 15\n", "line 15\nbad()\n")})
    (item,) = (relocated(one) for one in place([given], [view(base, head)], ALL))
    assert item.placement == OnLines(LineTarget(APP, Side.RIGHT, 20, 17), Why.SHRUNK)
    assert fold(head.split("\n")[16]) == "bad()"
