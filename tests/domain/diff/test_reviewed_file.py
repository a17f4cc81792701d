"""A changed file as the reviewer saw it: the line endings of its lines."""

from __future__ import annotations

import pytest

from tests.domain.builders import view

CRLF = "a\r\nb\r\nc"
MIXED = "a\r\nb\nc\n"


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        ("a\nb\n", (1, 2), False),
        ("a\r\nb\r\n", (1, 2), True),
        (CRLF, (2, 3), True),
        (CRLF, (3, 3), True),
        ("a\nb", (2, 2), False),
        ("a", (1, 1), False),
        (MIXED, (1, 2), True),
        (MIXED, (2, 2), False),
        (MIXED, (2, 3), False),
    ],
)
def test_the_replaced_lines_say_whether_a_suggestion_needs_crlf(
    text: str, lines: tuple[int, int], *, expected: bool
) -> None:
    assert view("", text).has_crlf(*lines) is expected


def test_lines_that_the_diff_does_not_show_have_no_crlf() -> None:
    assert not view("", CRLF, whole=False).has_crlf(3, 3)
    assert not view("", CRLF).has_crlf(7, 8)
