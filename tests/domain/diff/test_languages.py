"""A fenced block has a language only if the file's name determines it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.diff.languages import language_of


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/app.py", "python"),
        ("A.YML", "yaml"),
        ("a.d.ts", "typescript"),
        ("a.py.txt", ""),
        ("py", ""),
        (".py", ""),
        ("a.py/b", ""),
        ("", ""),
    ],
)
def test_a_language_is_known_by_the_last_part_of_a_name(path: str, language: str) -> None:
    assert language_of(path) == language


@given(st.text())
def test_no_file_name_adds_other_text_to_a_fence(path: str) -> None:
    language = language_of(path)
    assert language == "" or language.isalpha()
