from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from reviewbot.domain.selection.path_filters import matches
from reviewbot.render.view_models.exclusions import MOST, exclusion_setting, exclusions


@given(st.lists(st.text(alphabet="ab*?+[]\\\\!/.\"'é ", min_size=1, max_size=8), min_size=1, max_size=MOST))
def test_the_setting_leaves_out_exactly_the_files(paths: list[str]) -> None:
    read = YAML(typ="safe", pure=True).load(exclusion_setting(paths))["paths"]
    patterns = [read] if isinstance(read, str) else read
    assert not any(matches(patterns, path) for path in paths)
    assert matches(patterns, "other.py")


def test_a_single_file_is_one_line() -> None:
    assert exclusion_setting(["assets/big.json"]) == 'paths: "!assets/big.json"'


def test_a_name_that_is_redacted_is_no_pattern_and_only_the_first_files_are_named() -> None:
    assert exclusions(["[REDACTED]/a", "a\nb", *"abcdefg"]) == ("!a", "!b", "!c", "!d", "!e")
