"""Quoted code is found in any usual copied form, and in bounded time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.diff.text_index import (
    MAX_CANDIDATES,
    MAX_QUOTE_LINES,
    Block,
    TextIndex,
    fold,
    in_context,
    line_feeds,
    quoted_lines,
    split_lines,
    strip_gutter,
)
from reviewbot.values import replace

lines = st.lists(st.sampled_from(["a", "b", " a ", "", "}"]), max_size=25)


def index(*texts: str) -> TextIndex:
    return TextIndex.of(dict(enumerate(texts, start=1)))


@pytest.mark.parametrize(
    ("code", "quoted"),
    [
        ("", ()),
        ("\n \n", ()),
        ("a", ("a",)),
        ("  a\t b \n", ("a b",)),
        ("\na\n\nb\n\n", ("a", "", "b")),
        ("a\r\nb\r\n", ("a", "b")),
        ("   7| a\n   8| \n   9| b", ("a", "", "b")),
        ("7|a", ("a",)),
        ("   7| a\nb", ("7| a", "b")),
        ("a | b", ("a | b",)),
        ("12345678| a", ("12345678| a",)),
    ],
)
def test_a_quote_is_normalized_from_every_copied_form(code: str, quoted: tuple[str, ...]) -> None:
    assert quoted_lines(code) == quoted


def test_a_very_long_quote_is_shown_by_its_first_lines() -> None:
    assert len(quoted_lines("x\n" * 1000)) == MAX_QUOTE_LINES


def test_only_a_line_feed_ends_a_line() -> None:
    assert split_lines("") == ()
    assert split_lines("\n") == ("",)
    assert split_lines("a\rb\x0cc\u2028d\ne") == ("a\rb\x0cc\u2028d", "e")


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_line_numbers_are_removed_from_all_lines_or_from_none() -> None:
    assert strip_gutter(["   1| a", "", "   3|  b"]) == ("a", "", " b")
    assert strip_gutter(["   1| a", "b"]) == ("   1| a", "b")


@given(lines, st.lists(st.sampled_from(["a", "b", "", "}"]), min_size=1, max_size=4), st.integers(1, 30))
def test_the_places_are_complete_and_nearest_first(text: list[str], quote: list[str], cited: int) -> None:
    known = index(*text)
    folded = [fold(line) for line in text]
    expected = {at + 1 for at in range(len(text)) if folded[at : at + len(quote)] == quote}
    found = list(known.nearest(quote, cited))
    assert set(found) == expected
    assert found == sorted(found, key=lambda line: (abs(line - cited), line))
    assert all(known.starts_with(quote, line) for line in found)


def test_a_quote_is_found_only_where_all_its_lines_are() -> None:
    assert list(index("a", "b", "a", "c", "c").nearest(("a", "c"), 1)) == [3]


def test_a_bounded_number_of_places_is_checked() -> None:
    assert len(list(index(*["x"] * 1000).nearest(["x"], 500))) == MAX_CANDIDATES


@given(lines.filter(bool), st.data())
def test_the_ordinal_counts_the_equal_blocks_above(text: list[str], data: st.DataObject) -> None:
    known = index(*text)
    line = data.draw(st.integers(1, len(text)))
    count = data.draw(st.integers(1, len(text) - line + 1))
    blocks = [known.block(at, count) for at in range(1, line)]
    assert known.ordinal(line, count) == blocks.count(known.block(line, count))
    assert known.ordinal(line, count) == known.ordinal(line, count)


def test_unknown_lines_are_empty_in_a_block() -> None:
    known = TextIndex.of({3: " a ", 5: "b"})
    assert known.block(3, 4) == ("a", "", "b", "")
    assert known.last == 5
    assert TextIndex.of({}).last == 0


def test_equal_blocks_are_counted_one_by_one() -> None:
    known = index("a", "b", "a", "b", "a", "c", "a", "b")
    assert [known.ordinal(line, 2) for line in (1, 3, 5, 7)] == [0, 1, 0, 2]
    assert [known.ordinal(line, 1) for line in (1, 3, 5, 7)] == [0, 1, 2, 3]


# --- Blocks -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.text(), min_size=1), st.lists(st.text(), min_size=1))
def test_a_block_distinguishes_its_lines_without_storing_them(one: list[str], other: list[str]) -> None:
    folded, others = ([fold(line) for line in lines] for lines in (one, other))
    block = Block.of(folded)
    assert (len(block.first), block.count, len(block.digest)) == (8, len(one), 32)
    assert (block == Block.of(others)) == (folded == others)


@given(lines, st.lists(st.sampled_from(["a", "b", "", "}"]), min_size=1, max_size=3))
def test_a_block_is_found_anywhere_in_the_text(text: list[str], code: list[str]) -> None:
    known = index(*text)
    expected = [at for at in range(1, len(text) + 1) if list(known.block(at, len(code))) == code]
    assert list(known.places(Block.of(code))) == expected
    assert list(known.places(Block.of(code))) == expected, "and once more"


def test_a_block_is_found_below_many_lines_that_begin_alike() -> None:
    known = index(*["x"] * 3_000, "y")
    assert len(list(known.places(Block.of(["x"])))) == 3_000
    assert len(list(known.places(Block.of(["x", "x"])))) == 2_999
    assert list(known.places(Block.of(["x", "y"]))) == [3_000]


def test_a_first_line_like_that_of_another_file_matches_nothing() -> None:
    crafted = Block(Block.of(["x"]).first, 1, Block.of(["other"]).digest)
    assert list(index("x").places(crafted)) == []
    assert list(index("x", "y").places(replace(crafted, count=2))) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\r\n", "a\nb\n"),
        ("a\r\nb\r", "a\nb"),
        ("a\rb\n", "a\rb\n"),
        ("a\r\r\n", "a\r\r\n"),
        ("\r\n", "\n"),
        ("", ""),
    ],
)
def test_crlf_becomes_lf_and_any_other_carriage_return_stays(text: str, expected: str) -> None:
    assert line_feeds(text) == expected


@pytest.mark.parametrize(
    ("text", "line", "context"),
    [
        ("a:\n  b: 1\n\n  c:\n    x\n", 5, ("    x", "  c:", "a:", "  c:")),
        ("a:\n- x\n- y\n", 3, ("- y", "- x", "a:")),
        ("[a]\nx = 1\n[b]\ny = 1\n", 4, ("y = 1", "[b]", "[b]")),
        ("RUN a \\\n  b \\\n  c\nENV d\n", 3, ("  c", "  b \\", "RUN a \\", "  b \\")),
        ("RUN a \\\n  b\nENV d\n", 3, ("ENV d", "  b")),
        ("x\n", 1, ("x", "")),
    ],
)
def test_a_line_is_known_with_what_is_above_it(text: str, line: int, context: tuple[str, ...]) -> None:
    assert dict(in_context(split_lines(text), {line})) == {line: context}
