"""Decisions from GitHub's facts about a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from reviewbot.domain.github.pull_request import Entry, ForcePush, OlderChecks, Permission, Seen

ROLES = ("none", "read", "triage", "write", "maintain", "admin")


def test_each_role_may_do_what_the_lesser_ones_may() -> None:
    for one, other in product(Permission, Permission):
        assert one.at_least(other) == (ROLES.index(one.value) >= ROLES.index(other.value))


AT = datetime(2026, 1, 5, tzinfo=UTC)
LINE = {"b": ("a",), "a": ("base",)}
"""The commits that were read before a force-push: `a`, and `b` on top of it."""


def replaced(before: str, after: str, parents: Mapping[str, tuple[str, ...]], *, later: int = 1) -> ForcePush:
    return ForcePush(AT + timedelta(seconds=later), before, after, parents)


def older(*pushes: ForcePush, commits: frozenset[str] = frozenset({"new"}), whole: bool = True) -> OlderChecks:
    return OlderChecks((), pushes, commits, "new", "base", whole)


@pytest.mark.parametrize(
    ("seen", "checks"),
    [
        (Seen("new"), older()),
        (Seen("new"), older(whole=False)),
        (Seen("a"), older(commits=frozenset({"a", "new"}))),
        (Seen("a"), older(replaced("b", "new", LINE))),
        (Seen("b"), older(replaced("b", "new", LINE))),
        (Seen("a"), older(replaced("b", "c", LINE), replaced("d", "new", {"d": ("c",), "c": ("elsewhere",)}, later=2))),
        (Seen("a"), older(replaced("m", "new", {"m": ("a", "base"), **LINE}))),
        (Seen("new"), older(replaced("b", "new", {"b": ("new",)}))),
        (Seen("new", AT), older(replaced("x", "new", {}, later=0))),
    ],
    ids=[
        "the head",
        "the head of many commits",
        "an older commit",
        "below",
        "itself",
        "two",
        "merged base",
        "back and forth",
        "an earlier one",
    ],
)
def test_every_head_since_was_read(seen: Seen, checks: OlderChecks) -> None:
    assert checks.has_every_head_since(seen, is_base_protected=True)


@pytest.mark.parametrize(
    ("seen", "checks"),
    [
        (Seen("a"), older(replaced("", "new", {}))),
        (Seen("a"), older(replaced("b", "new", {"b": ("a",)}))),
        (Seen("a"), older(replaced("m", "new", {"m": ("a", "old"), "a": ("base",)}))),
        (Seen("a"), older(replaced("x", "c", {"x": ("base",)}), replaced("b", "new", LINE, later=2))),
        (Seen("a"), older(replaced("b", "", LINE), replaced("c", "new", {"c": ("base",)}, later=2))),
        (Seen("a"), older(replaced("b", "gone", LINE))),
        (Seen("a"), older()),
        (Seen("a"), older(commits=frozenset({"a", "new"}), whole=False)),
        (Seen(), older()),
    ],
    ids=[
        "GitHub names no commit", "too many commits", "an older commit is merged", "another line", "no new head",
        "the base has it", "the base has it, no force-push", "too many commits of now", "unknown",
    ],
)  # fmt: skip
def test_a_later_head_may_be_unread(seen: Seen, checks: OlderChecks) -> None:
    assert not checks.has_every_head_since(seen, is_base_protected=True)


@pytest.mark.parametrize(
    ("seen", "checks"),
    [
        (Seen("a"), older(replaced("m", "new", {"m": ("a", "base"), **LINE}))),
        (Seen("a"), older(replaced("m", "new", {"m": ("a", "w"), **LINE}), commits=frozenset({"w", "new"}))),
    ],
    ids=["the base is a head since", "the base has a head since"],
)
def test_a_base_that_the_author_can_push_hides_no_later_head(seen: Seen, checks: OlderChecks) -> None:
    assert checks.has_every_head_since(seen, is_base_protected=True)
    assert not checks.has_every_head_since(seen, is_base_protected=False)


@pytest.mark.parametrize(
    ("seen", "checks"),
    [
        (Seen("a"), older(replaced("b", "new", LINE))),
        (Seen("new"), older(replaced("m", "new", {"m": ("new", "base")}))),
    ],
    ids=["the way to the head that was seen", "a base without the head that was seen"],
)
def test_heads_above_a_commit_outside_the_base_are_known(seen: Seen, checks: OlderChecks) -> None:
    assert checks.has_every_head_since(seen, is_base_protected=False)


@pytest.mark.parametrize(
    ("content", "text", "binary", "misencoded", "invalid"),
    [
        (b"caf\xc3\xa9\n", "café\n", False, False, ""),
        (b"\n\ncaf\xe9\n\xff", None, False, True, "line 3 has the byte 0xE9"),
        (b"\xff\xfea\0", None, True, True, ""),
        (b"\xfe\xff\0a", None, True, True, ""),
        (b"a\0", None, True, False, ""),
    ],
    ids=["utf-8", "latin-1", "utf-16 le", "utf-16 be", "a nul"],
)
def test_a_file_is_text_if_it_is_utf_8_without_a_nul(
    content: bytes,
    text: str | None,
    binary: bool,  # noqa: FBT001 — a column of the table
    misencoded: bool,  # noqa: FBT001 — likewise
    invalid: str,
) -> None:
    read = Entry("0" * 40, "100644").with_content(content)
    assert (read.text, read.binary, read.misencoded, read.invalid) == (text, binary, misencoded, invalid)
