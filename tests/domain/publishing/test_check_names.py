"""The name of the check run by the branch that a pull request is against."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.github.pull_request import MOST_FORMER_BASES
from reviewbot.domain.publishing.check_names import CheckNames
from tests.domain.builders import pull

PLAIN = "CodeVF review"
ALONE = CheckNames(PLAIN)
RELEASES = CheckNames(PLAIN, ("release/*", "!release/x*", "v[12]"))


@pytest.mark.parametrize(
    ("names", "base", "is_plain"),
    [
        (ALONE, "main", True),
        (ALONE, "Main", False),
        (ALONE, "release/1", False),
        (RELEASES, "main", True),
        (RELEASES, "release/1", True),
        (RELEASES, "release/1/mine", False),
        (RELEASES, "release/x1", False),
        (RELEASES, "v1", True),
        (RELEASES, "my-v1", False),
        (CheckNames(PLAIN, ("!main",)), "main", True),
        (CheckNames(PLAIN, ("!main",)), "mine", False),
    ],
)
def test_only_the_default_branch_and_listed_ones_have_the_plain_name(
    names: CheckNames,
    base: str,
    is_plain: bool,  # noqa: FBT001 — a table
) -> None:
    assert (names.against("main", base) == PLAIN) is is_plain


def test_another_branch_is_in_the_name() -> None:
    assert ALONE.against("main", "feature-x") == "CodeVF review (base: feature-x)"
    assert CheckNames("CodeVF review: nightly").against("main", "a/b") == "CodeVF review: nightly (base: a/b)"


@pytest.mark.parametrize(
    "hostile", ["main)", "x (base: y", "\u202egnp", "a\u200bb", "<img>", "x" * 61, "ü", "`x`", "@octocat"]
)
def test_unsafe_characters_in_names_are_replaced_without_collisions(hostile: str) -> None:
    name = ALONE.against("main", hostile)
    assert name.startswith("CodeVF review (base: ")
    assert len(name) < 100
    assert name.isascii()
    assert not set(name.removeprefix("CodeVF review (base: ").removesuffix(")")) & set("()<>`@ :")
    assert name != ALONE.against("main", f"{hostile}x")


REFS = st.text(st.characters(blacklist_characters=" ~^:?*[\\", blacklist_categories=("Cc", "Cs")), min_size=1)


@given(REFS, REFS)
def test_two_branches_never_share_a_name_that_shows_them(one: str, other: str) -> None:
    names = {ALONE.against("main", one), ALONE.against("main", other)}
    assert len(names) == (1 if one == other else 2)
    assert all(len(name) <= len("CodeVF review (base: )") + 60 for name in names)


def test_the_names_of_a_pull_request_begin_with_that_against_its_base() -> None:
    assert ALONE.of("main", "main", ()) == (PLAIN,)
    assert ALONE.of("main", "feature-x", ("main", "feature-y", "feature-x", "feature-z")) == (
        f"{PLAIN} (base: feature-x)",
        PLAIN,
        f"{PLAIN} (base: feature-z)",
        f"{PLAIN} (base: feature-y)",
    )


def test_the_latest_former_bases_are_checked() -> None:
    former = tuple(f"x{number}" for number in range(MOST_FORMER_BASES + 1))
    names = ALONE.of("main", "main", former)
    assert len(names) == 1 + MOST_FORMER_BASES
    assert names[1] == f"{PLAIN} (base: {former[-1]})"
    assert f"{PLAIN} (base: x0)" not in names


@pytest.mark.parametrize(
    ("base", "former", "shared"),
    [
        ("main", (), False),
        ("main", ("main", "mine"), False),
        ("main", ("mine", "release/1"), True),
        ("release/1", ("main",), True),
        ("mine", ("main", "release/1"), False),
        ("main", ("mine",) * (MOST_FORMER_BASES + 1), True),
        ("mine", ("yours",) * (MOST_FORMER_BASES + 1), False),
    ],
)
def test_protected_branches_share_a_name(base: str, former: tuple[str, ...], shared: bool) -> None:  # noqa: FBT001 — a table
    assert RELEASES.are_shared("main", pull(base_ref=base, former_bases=former)) is shared
