"""The quick search for words and prefixes loses nothing that a detector matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewbot.domain.redaction.detectors import FIXED, HINT, RULES, WORD_MARKERS
from reviewbot.domain.redaction.formats import FORMATS, SHORTEST_TOKEN

pytestmark = pytest.mark.hypothesis  # its plugin does not see properties inside of tests
ASCII = st.characters(codec="ascii")
EXAMPLES = settings().max_examples // 16  # of each of 137 patterns
BESIDE = {"curl", "webhook.office.com"}
"""Markers beside a match, not in it."""


def matches(pattern: re.Pattern[str]) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, alphabet=ASCII).map(lambda text: next(pattern.finditer(text))[0])


TOKENS = [
    pytest.param(markers, re.compile(pattern), id=kind)
    for kind, markers, pattern in FORMATS
    if BESIDE.isdisjoint(markers)
]
VALUES = [pytest.param(one.markers, one.pattern, id=one.markers[0]) for one in FIXED if BESIDE.isdisjoint(one.markers)]
BEHIND_WORDS = [pytest.param(one.pattern, id=one.pattern.pattern[:9]) for one in RULES]


@pytest.mark.parametrize(("markers", "pattern"), TOKENS)
def test_each_token_has_its_marker_in_a_long_word(markers: tuple[str, ...], pattern: re.Pattern[str]) -> None:
    @settings(max_examples=EXAMPLES)
    @given(matches(pattern))
    def check(token: str) -> None:
        assert any(marker in token.lower() for marker in markers)
        assert len(token) >= SHORTEST_TOKEN
        assert not re.search(r"\s", token)

    check()


@pytest.mark.parametrize(("markers", "pattern"), VALUES)
def test_each_value_of_a_fixed_rule_has_its_marker_in_the_line(
    markers: tuple[str, ...], pattern: re.Pattern[str]
) -> None:
    @settings(max_examples=EXAMPLES)
    @given(matches(pattern))
    def check(line: str) -> None:
        assert any(marker in line.lower() for marker in markers)

    check()


@pytest.mark.parametrize("marker", sorted({*WORD_MARKERS, *(marker for rule in FIXED for marker in rule.markers)}))
def test_each_marker_is_a_hint(marker: str) -> None:
    assert HINT.search(f"a {marker}")


@pytest.mark.parametrize("pattern", BEHIND_WORDS)
def test_each_value_behind_a_word_has_a_hint_in_the_line(pattern: re.Pattern[str]) -> None:
    @settings(max_examples=EXAMPLES)
    @given(matches(pattern))
    def check(line: str) -> None:
        assert HINT.search(line.lower())

    check()
