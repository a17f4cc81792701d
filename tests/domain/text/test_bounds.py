"""Every text of a view is limited by a size tier, and sizes are measured as the destination measures them."""

from __future__ import annotations

import pytest
from msgspec import Struct

from reviewbot.domain.model.review import Severity
from reviewbot.domain.text.bounds import Cut, bounded, first_lines, shorten, shorten_line, shorten_title, through_word
from reviewbot.domain.text.size_limits import CHECK, COMMENT, COMMENT_DETAILS, LINE_LIMIT, SHORTEST_LINE, Detail

LONG = "x" * 1_000_000


class _View(Struct, frozen=True):
    mark: str
    run_url: str | None
    title: str
    text: str
    lines: tuple[str, ...] = ()
    inner: _View | None = None
    severity: Severity = Severity.HIGH


@pytest.mark.parametrize("detail", COMMENT_DETAILS)
def test_every_text_of_a_view_is_bounded_at_each_size(detail: Detail) -> None:
    small = bounded(_View(LONG, LONG, LONG, LONG, (LONG,) * 3, _View("", "u", "t", LONG)), detail)
    assert (small.mark, small.run_url) == (LONG, None)
    assert SHORTEST_LINE <= len(small.title) <= LINE_LIMIT
    assert isinstance(small.text, Cut)
    assert small.severity is Severity.HIGH
    assert [len(one) for one in small.lines] == [len(small.title)] * 3
    assert small.inner is not None
    assert (small.inner.run_url, small.inner.title, len(small.inner.text)) == ("u", "t", detail.text)


def test_a_small_view_stays_the_same_object() -> None:
    view = _View("m", None, "t", "x", (), _View("", "u", "t", ""))
    assert bounded(view, COMMENT_DETAILS[0]) is view


def test_lines_that_are_left_out_are_counted() -> None:
    assert first_lines(("a", "b"), 2, 10) == ("a", "b")
    assert first_lines(["long"] * 1002, 1, 3) == ("lo…", "… and 1,001 more")
    assert shorten("ab\ncd", 4) == "ab"
    assert shorten("abcd", 2) == "ab"
    assert shorten_line("abcd", 3) == "ab…"
    assert [through_word("ab cde f", limit) for limit in (1, 2, 4, 6, 7, 9)] == [
        "ab",
        "ab",
        *["ab cde"] * 2,
        *["ab cde f"] * 2,
    ]


@pytest.mark.parametrize("before", ["", "x"])
def test_a_title_is_cut_between_characters_however_github_counts_them(before: str) -> None:
    assert shorten_title(before + "\N{GRINNING FACE}" * 127) == before + "\N{GRINNING FACE}" * 127
    assert shorten_title(before + "\N{GRINNING FACE}" * 128) == before + "\N{GRINNING FACE}" * (127 - len(before)) + "…"


def test_a_comment_is_measured_in_utf_16_and_a_check_in_bytes() -> None:
    assert (COMMENT.size("\N{GRINNING FACE}é"), CHECK.size("\N{GRINNING FACE}é")) == (3, 6)
