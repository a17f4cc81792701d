"""The `paths` setting that excludes files, as printed for pasting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reviewbot.domain.selection.path_filters import matches
from reviewbot.domain.text.escaping import visible
from reviewbot.render.view_models.exclusions import LONGEST, MOST, exclusion_command, exclusion_setting, exclusions
from reviewbot.settings.readers import PATTERNS

SIGNS = st.one_of(st.sampled_from("ab*?+[]\\!/.\"'é "), st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.text(SIGNS, min_size=1, max_size=8), min_size=1, max_size=MOST))
def test_the_setting_excludes_exactly_the_files(paths: list[str]) -> None:
    named = [path for path in paths if path.isprintable() and visible(path) == path and not path.endswith(" ")]
    setting = exclusion_setting(paths)
    assert bool(setting) is bool(named)
    patterns = PATTERNS.read(YAML(typ="safe", pure=True).load(setting)["paths"]) if setting else ()
    assert not any(matches(patterns, path) for path in named)
    assert matches(patterns, "other.py")


def test_a_single_file_is_one_line() -> None:
    assert exclusion_setting(["assets/big.json"]) == 'paths: "!assets/big.json"'


def test_the_command_repeats_the_review_if_it_can_be_shown() -> None:
    again = "reviewbot review --base 'a b'"
    assert exclusion_command(again, ["c d", "e"]) == f"{again} --paths '!c d' --paths '!e'"
    assert exclusion_command("", ["e"]) == exclusion_command("x" * (LONGEST + 1), ["e"])
    assert exclusion_command("", ["e"]) == "reviewbot review --paths '!e'"
    assert exclusion_command(again, []) == ""


@pytest.mark.parametrize("path", ["a.py ", "a\t", "a\u2028b", "a\x0bb", "a\x85"])
def test_a_name_that_the_setting_would_read_as_another_is_not_a_pattern(path: str) -> None:
    assert exclusions([path, " b"]) == ("! b",)
    assert PATTERNS.read(f"!{path}") != (f"!{path}",)


@pytest.mark.parametrize("path", ["a\x7fb", "a\x80b", "a\tb", "a\u202eb", "a\u200bb", "a\xa0b", "a\u3164b", "a\ufffe"])
def test_an_unreadable_name_or_one_that_yaml_refuses_is_not_a_pattern(path: str) -> None:
    assert exclusions([path, "b"]) == ("!b",)


def test_a_name_that_is_redacted_is_not_a_pattern_and_only_the_first_files_are_named() -> None:
    assert exclusions(["[REDACTED:github-token]/a", "a\nb", *"abcdefg"]) == ("!a", "!b", "!c", "!d", "!e")
