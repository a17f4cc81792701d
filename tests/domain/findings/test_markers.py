"""A marker is read only from the first bytes and identifies a comment's instance and findings."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.findings.markers import (
    AnswerMark,
    FindingMark,
    Heading,
    Words,
    announcement_mark,
    finding_id,
    read_announcement_mark,
    read_answer_mark,
    read_finding_mark,
    read_words,
    reply_mark,
    review_mark,
    says_closed,
    summary_mark,
    with_headings,
    with_state,
)
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.model.review import Severity

instances = st.from_regex(r"[A-Za-z0-9 ._-]{0,40}", fullmatch=True)


identifiers = st.lists(st.from_regex(r"[0-9a-f]{10}", fullmatch=True), max_size=5).map(tuple)


@given(instances, identifiers, identifiers, st.text())
def test_a_finding_marker_is_read_back_from_the_first_bytes(
    instance: str, ids: tuple[str, ...], answers: tuple[str, ...], words: str
) -> None:
    mark = FindingMark(instance, ids, answers)
    assert read_finding_mark(f"{mark}{words}") == mark
    assert read_finding_mark(f" {mark}") is None


@pytest.mark.parametrize(
    "body", ["", "words", summary_mark(""), review_mark("a"), '<!-- reviewbot:finding:v1 instance="a" ids=XY -->']
)
def test_other_bodies_have_no_finding_marker(body: str) -> None:
    assert read_finding_mark(body) is None


@given(instances, st.integers(1, 2**63 - 1), st.sampled_from((Reaction.YES, Reaction.NO, Reaction.CONFUSED)), st.text())
def test_an_answers_marker_is_read_back_from_the_first_bytes(
    instance: str, comment_id: int, reaction: Reaction, words: str
) -> None:
    mark = AnswerMark(instance, str(comment_id), reaction)
    assert read_answer_mark(f"{mark}{words}") == mark
    assert read_answer_mark(f"x{mark}") is None


def test_no_text_of_the_reviewer_ends_its_own_frame() -> None:
    said = "```\n<!-- /reviewbot:words -->\n```\n`<!-- reviewbot:words -->`\nNo."
    mark = AnswerMark("a", "7", Reaction.YES)
    body = f"{mark}\nIt says:\n<!-- reviewbot:words -->\n{said}\n<!-- /reviewbot:words -->\n\n120 credits"
    assert read_words(body) == Words("a", said)
    assert read_words(f"x{body}") is None
    assert read_words(f"{mark}\nRefused.") is None
    assert read_words(f"{reply_mark('a', '0' * 10)}\n{body}") == Words("a", body, "0" * 10)


@given(instances, st.from_regex("[0-9a-f]{32}-[1-9][0-9]{0,5}(-unbought)?", fullmatch=True), st.text())
def test_an_announcements_marker_is_read_back_from_the_first_bytes(instance: str, key: str, words: str) -> None:
    mark = announcement_mark(instance, key)
    assert read_announcement_mark(f"{mark}{words}") == (instance, key)
    assert read_announcement_mark(f"x{mark}") is None


def test_the_markers_of_two_instances_have_different_prefixes() -> None:
    for mark in (summary_mark, review_mark):
        assert not mark("night").startswith(mark(""))
        assert not mark("nightly").startswith(mark("night"))
    assert summary_mark("a") != review_mark("a")


@given(st.lists(st.text()), st.lists(st.text()))
def test_an_id_is_ten_hex_digits_and_distinguishes_the_parts(one: list[str], other: list[str]) -> None:
    assert re.fullmatch(r"[0-9a-f]{10}", finding_id(*one))
    assert (finding_id(*one) == finding_id(*other)) == (one == other)


def test_an_id_of_hostile_parts_is_valid() -> None:
    assert finding_id("\udcff", "-->", '"') != finding_id("\udcff", '-->"', "")


bodies = st.tuples(instances, st.text()).map(lambda parts: f"{FindingMark(parts[0], ('a' * 10,))}\n{parts[1]}")
texts = st.text(st.characters(exclude_characters="<"), min_size=1)


@given(bodies, texts, texts)
def test_the_state_in_a_comment_changes_and_its_text_stays(body: str, one: str, other: str) -> None:
    with_word = with_state(body, one)
    assert one in with_word
    assert read_finding_mark(with_word) == read_finding_mark(body)
    assert with_state(with_word, one) == with_word
    assert with_state(with_word, other) == with_state(body, other)
    assert with_state(with_word, "") == body == with_state(body, "")
    assert not says_closed(with_word)
    closed = with_state(with_word, one, closed=True)
    assert says_closed(closed)
    assert with_state(closed, "") == body


def test_a_heading_says_the_state_of_its_finding() -> None:
    ids = ("a" * 10, "b" * 10, "c" * 10)

    def body(first: str, second: str) -> str:
        hint = " · To waive it, reply: `/reviewbot waive REASON`"
        feet = {word: f" · Moved.{hint if word == 'blocks' else f'<!--{hint}-->'}</sub>" for word in (first, second)}
        parts = (
            f"**🔴 Critical · {word}: it blocks: x**\n\n<sub>`{one}`{feet[word]}"
            for word, one in zip((first, second), ids[:2], strict=True)
        )
        return "\n".join((str(FindingMark("", ids)), *parts))

    def headings(**words: str) -> dict[str, Heading]:
        return {letter * 10: Heading(Severity.CRITICAL, word) for letter, word in words.items()}

    assert with_headings(body("blocks", "blocks"), headings(b="fixed", c="gone")) == body("blocks", "fixed")
    assert with_headings(body("waived", "fixed"), headings(a="blocks", b="blocks")) == body("blocks", "blocks")
    assert with_headings(body("does not block", "gone"), headings(a="waived")) == body("waived", "gone")
    assert with_headings(same := body("other", "another"), headings(a="gone", b="gone")) == same
    assert with_headings("words", headings(a="fixed")) == "words"


def test_a_comment_without_the_marker_gets_no_state() -> None:
    assert with_state("words", "fixed") == "words"
    assert not says_closed("<!-- reviewbot:state closed -->\nx\n<!-- /reviewbot:state -->\n\n")
    assert with_state(f" {FindingMark('', ('a' * 10,))}", "fixed").startswith(" <!--")
