"""A check run's tag is read as it was written, and nothing else is accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.github.check_identity import (
    SKIP_LENGTH,
    TAG_LENGTH,
    CheckTag,
    mark_of,
    marked,
    split_tag,
    with_tag,
)
from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.values import replace

RECORDS = st.text("0123456789abcXYZ_-", min_size=SKIP_LENGTH, max_size=SKIP_LENGTH)
NUMBERS = st.integers(1, 999_999_999)
TAGS = st.builds(CheckTag, NUMBERS, st.just("") | st.sampled_from(Conclusion), asks=st.booleans()) | st.builds(
    CheckTag, NUMBERS, st.just(Conclusion.SKIPPED), RECORDS, st.booleans()
)
BASES = st.text(min_size=1).map(mark_of)
GREEN = st.builds(CheckTag, NUMBERS, st.sampled_from(["success", "skipped"]), asks=st.booleans(), base=BASES)
COPIES = st.text(st.characters(codec="ascii", exclude_characters=" "), min_size=1).map(lambda text: f"rb1 {text}")


@given(TAGS | GREEN, st.just("") | COPIES)
def test_a_tag_and_a_copy_are_read_as_they_were_written(tag: CheckTag, copy: str) -> None:
    assert split_tag(with_tag(tag, copy)) == (tag, copy)
    assert len(with_tag(tag, copy)) - len(copy) <= TAG_LENGTH


@pytest.mark.parametrize(
    ("tag", "copy", "text"),
    [
        (CheckTag(7, "success", asks=True), "rb1 abc", "pr7=success? rb1 abc"),
        (CheckTag(7, "skipped", "a" * SKIP_LENGTH), "", f"pr7=skipped+{'a' * SKIP_LENGTH}"),
    ],
)
def test_a_tag_is_written_before_the_copy(tag: CheckTag, copy: str, text: str) -> None:
    assert with_tag(tag, copy) == text


@pytest.mark.parametrize(("length", "has_space"), [(205, True), (206, False)])
def test_a_record_and_a_base_are_written_together_only_if_there_is_space(length: int, *, has_space: bool) -> None:
    tag = CheckTag(999_999_999, "skipped", "a" * SKIP_LENGTH, asks=True)
    now = marked(tag, "x" * length, base_ref="release/1")
    assert now == (replace(tag, base=mark_of("release/1")) if has_space else tag)
    assert len(with_tag(now, "x" * length)) <= 255
    assert mark_of("release/1") != mark_of("release/2")


@pytest.mark.parametrize(("length", "has_space"), [(214, True), (215, False)])
def test_what_a_page_says_is_written_only_if_there_is_space(length: int, *, has_space: bool) -> None:
    tag = CheckTag(999_999_999, "action_required", asks=True)
    now = marked(tag, "x" * length, says="1 of 2 credits")
    assert (now != tag) is has_space
    assert split_tag(with_tag(now, "x" * length)) == (now, "x" * length)
    assert marked(tag, "", says="1 of 2 credits") != marked(tag, "", says="1 of 3 credits")
    assert marked(tag, "") == tag


@given(st.text())
def test_any_external_id_is_split_and_has_no_copy_without_a_tag(text: str) -> None:
    tag, copy = split_tag(text)
    assert text.endswith(copy)
    assert tag is not None or not copy


@pytest.mark.parametrize(
    ("text", "tag", "copy"),
    [
        ("pr7=success rb1 abc", CheckTag(7, "success"), "rb1 abc"),
        ("pr7= rb1 abc", CheckTag(7), "rb1 abc"),
        ("pr7=action_required", CheckTag(7, "action_required"), ""),
        ("pr7=", CheckTag(7), ""),
        ("pr7=success? rb1 abc", CheckTag(7, "success", asks=True), "rb1 abc"),
        ("pr7=success?? rb1 abc", None, ""),
        ("pr7=action_required?#01abef rb1 abc", CheckTag(7, "action_required", asks=True, says="01abef"), "rb1 abc"),
        ("pr7=action_required#01abe rb1 abc", None, ""),
        (f"pr7=skipped+{'0a_-' * 2}xYz", CheckTag(7, "skipped", "0a_-0a_-xYz"), ""),
        (f"pr7=skipped+{'0a_-' * 2}xYz rb1 abc", CheckTag(7, "skipped", "0a_-0a_-xYz"), "rb1 abc"),
        (f"pr7=skipped+{'0a_-' * 3}", None, ""),
        ("pr7=skipped+", None, ""),
        ("rb1 abc", None, ""),
        ("", None, ""),
        ("pr0=success", None, ""),
        ("pr\u0667=success", None, ""),
        ("pr7=Success", None, ""),
        ("pr7=success\n", None, ""),
        ("pr9999999999=success", None, ""),
    ],
)
def test_other_external_ids_have_no_tag(text: str, tag: CheckTag | None, copy: str) -> None:
    assert split_tag(text) == (tag, copy)
