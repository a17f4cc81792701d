"""Rules choose the review; nothing that an author adds makes it smaller."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.model.options import Auto, FailOn, ReviewOn, RoutedReviewer
from reviewbot.domain.model.review import Mode
from reviewbot.domain.policy.routes import Facts, Route, Terms, choose, largest, shadowed, unreviewed
from reviewbot.values import replace

CODEVF, LOCAL, NONE = RoutedReviewer.CODEVF, RoutedReviewer.LOCAL, RoutedReviewer.NONE
BASE = Terms(CODEVF, Mode.FAST, 240, "", FailOn.CRITICAL, ReviewOn.PUSH, auto_credits=1000)


def rule(name: str, **more: Any) -> Route:  # noqa: ANN401 — any field
    return Route(name, **more)


def facts(*paths: str, lines: int | None = 10, **more: Any) -> Facts:  # noqa: ANN401 — any field
    return Facts(paths, lines, **{"base_ref": "main", "author": "ann", **more})


DOCS = rule("docs", only_paths=("docs/**",), reviewer=NONE)
TESTS = rule("tests", only_paths=("tests/**",), reviewer=LOCAL)
MARKDOWN = rule("markdown", paths=("**.md",), reviewer=NONE)
PAYMENTS = rule("payments", paths=("src/pay/**",), mode=Mode.STANDARD, max_credits=2000, fail_on=FailOn.LOW)
ASKED = rule("asked", labels=("deep", "Audit"), fail_on=FailOn.HIGH)
TRIVIAL = rule("trivial", labels=("trivial",), reviewer=NONE)
TRUSTED = replace(TRIVIAL, trust_author=True)
SMALL = rule("small", max_lines=20, reviewer=LOCAL)
LARGE = rule("large", min_lines=500, mode=Mode.STANDARD, max_credits=1000)
MANY = rule("many", min_lines=500, reviewer=NONE)
RELEASE = rule("release", base=("release/**",), fail_on=FailOn.LOW)
TRY = rule("try", base=("try/**",), reviewer=NONE)
BOT = rule("bot", author="renovate[bot]", reviewer=LOCAL)
BOTS = rule("bots", author="[bot]", reviewer=NONE)
ANN = rule("ann", author="Ann", reviewer=NONE)
DRAFT = rule("draft", draft=True, reviewer=LOCAL)
READY = rule("ready", draft=False, review_on=ReviewOn.READY)
REST = rule("rest", reviewer=LOCAL)
LATER = rule("later", review_on=ReviewOn.REQUEST, fail_on=FailOn.NEVER)
BY_BOT: dict[str, Any] = {"author": "renovate[bot]", "is_bots_own": True}

TABLE: list[tuple[list[Route], Facts, dict[str, object], str]] = [
    # The first rule that matches counts; without one the config's own settings do.
    ([DOCS, PAYMENTS], facts("src/a.py"), {}, ""),
    ([DOCS], facts("docs/a.md"), {"reviewer": NONE}, "docs"),
    ([DOCS, REST], facts("docs/a.md"), {"reviewer": NONE}, "docs"),
    ([REST, DOCS], facts("docs/a.md"), {"reviewer": LOCAL}, "rest"),
    ([DOCS, REST], facts("src/a.py"), {"reviewer": LOCAL}, "rest"),
    ([LATER], facts("a"), {"review_on": ReviewOn.REQUEST, "fail_on": FailOn.NEVER}, "later"),
    # One file is enough for a larger review, and does not suffice for a smaller one.
    (
        [PAYMENTS],
        facts("docs/a.md", "src/pay/card.py"),
        {"mode": Mode.STANDARD, "max_credits": 2000, "fail_on": FailOn.LOW},
        "payments",
    ),
    ([DOCS], facts("docs/a.md", "src/a.py"), {}, ""),
    ([MARKDOWN], facts("a.md", "src/a.py"), {}, ""),
    ([MARKDOWN], facts("a.md", "docs/b.md"), {"reviewer": NONE}, "markdown"),
    ([MARKDOWN, PAYMENTS], facts("src/pay/a.md"), {"reviewer": NONE}, "markdown"),
    ([DOCS, TESTS], facts("docs/a.md", "tests/b.py"), {}, ""),
    ([MARKDOWN, rule("py", paths=("**.py",), reviewer=LOCAL)], facts("a.md", "b.py"), {"reviewer": LOCAL}, "py"),
    ([rule("src", only_paths=("src/**",), fail_on=FailOn.LOW)], facts("src/a", "b"), {"fail_on": FailOn.LOW}, "src"),
    # The larger of several is taken in each respect; mode and credits stay together.
    (
        [rule("soon", paths=("a",), mode=Mode.REALTIME_ANSWER), rule("long", paths=("b",), mode=Mode.STANDARD)],
        facts("a", "b"),
        {"mode": Mode.REALTIME_ANSWER},
        "soon",
    ),
    (
        [rule("soon", paths=("a",), mode=Mode.REALTIME_ANSWER), PAYMENTS],
        facts("a", "src/pay/b"),
        {"mode": Mode.STANDARD, "max_credits": 2000, "fail_on": FailOn.LOW},
        "payments",
    ),
    (
        [rule("a", paths=("a",), fail_on=FailOn.LOW), rule("b", paths=("b",), max_credits=500)],
        facts("a", "b"),
        {"fail_on": FailOn.LOW, "max_credits": 500},
        "a, b",
    ),
    ([rule("x", paths=("a",), expertise="web")], facts("a", "b"), {"expertise": "web"}, "x"),
    (
        [rule("x", paths=("a",), expertise="web"), rule("y", paths=("b",), expertise="sql")],
        facts("b", "a"),
        {"expertise": "web"},
        "x",
    ),
    (
        [rule("x", paths=("a",), instructions="One."), rule("y", paths=("b",), instructions="Two.")],
        facts("b", "a"),
        {"instructions": ("One.", "Two.")},
        "x, y",
    ),
    # What the author controls makes a review larger, never smaller.
    ([ASKED], facts("a", labels=frozenset({"audit"})), {"fail_on": FailOn.HIGH}, "asked"),
    ([ASKED], facts("a", labels=frozenset({"other"})), {}, ""),
    ([TRIVIAL], facts("a", labels=frozenset({"trivial"})), {}, ""),
    ([TRIVIAL, DOCS], facts("docs/a", labels=frozenset({"trivial"})), {"reviewer": NONE}, "trivial"),
    ([MANY], facts("a", lines=500), {}, ""),
    ([LARGE], facts("a", lines=500), {"mode": Mode.STANDARD, "max_credits": 1000}, "large"),
    ([LARGE], facts("a", lines=None), {"mode": Mode.STANDARD, "max_credits": 1000}, "large"),
    ([LARGE], facts("a", lines=499), {}, ""),
    ([SMALL], facts("a", lines=20), {"reviewer": LOCAL}, "small"),
    ([SMALL], facts("a", lines=21), {}, ""),
    ([SMALL], facts("a", lines=None), {}, ""),
    (
        [rule("few", max_lines=20, fail_on=FailOn.LOW)],
        facts("a", lines=21),  # padded
        {"fail_on": FailOn.LOW},
        "few",
    ),
    ([RELEASE], facts("a", base_ref="release/1"), {"fail_on": FailOn.LOW}, "release"),
    ([RELEASE], facts("a"), {}, ""),
    ([TRY], facts("a", base_ref="try/1"), {}, ""),
    ([DRAFT], facts("a", is_draft=True), {}, ""),
    ([READY, LATER], facts("a"), {"review_on": ReviewOn.READY, "fail_on": FailOn.CRITICAL}, "ready"),
    ([READY, LATER], facts("a", is_draft=True), {"review_on": ReviewOn.REQUEST, "fail_on": FailOn.NEVER}, "later"),
    ([ANN], facts("a", author="ann"), {}, ""),
    ([BOT], facts("a", **BY_BOT), {"reviewer": LOCAL}, "bot"),
    ([BOT], facts("a", **{**BY_BOT, "is_bots_own": False}), {}, ""),
    ([BOTS], facts("a", **BY_BOT), {"reviewer": NONE}, "bots"),
    ([BOTS], facts("a"), {}, ""),
    # Unless the rule trusts the author; stricter rules before it count all the same.
    ([TRUSTED], facts("a", labels=frozenset({"trivial"})), {"reviewer": NONE}, "trivial"),
    ([TRUSTED], facts("a"), {}, ""),
    (
        [PAYMENTS, TRUSTED],
        facts("src/pay/a", labels=frozenset({"trivial"})),
        {"mode": Mode.STANDARD, "max_credits": 2000, "fail_on": FailOn.LOW},
        "payments",
    ),
    ([replace(MARKDOWN, trust_author=True)], facts("a.md", "b.py"), {"reviewer": NONE}, "markdown"),
    ([replace(MARKDOWN, trust_author=True)], facts("b.py"), {}, ""),
    ([replace(DOCS, trust_author=True)], facts("docs/a", "b"), {}, ""),
    # An automatic size is compared by what it is for this change.
    (
        [rule("auto", paths=("a",), max_credits=Auto.AUTO), rule("b", paths=("b",), max_credits=900)],
        facts("a", "b"),
        {"max_credits": Auto.AUTO},
        "auto",
    ),
    (
        [rule("auto", paths=("a",), max_credits=Auto.AUTO), rule("b", paths=("b",), max_credits=1100)],
        facts("a", "b"),
        {"max_credits": 1100},
        "b",
    ),
    # Without a path, as in an empty change, only rules without patterns match.
    ([DOCS, REST], facts(), {"reviewer": LOCAL}, "rest"),
]


@pytest.mark.parametrize("row", TABLE, ids=range(len(TABLE)))
def test_the_rules_choose_a_review(row: tuple[list[Route], Facts, dict[str, Any], str]) -> None:
    routes, given_facts, changed, rules = row
    chosen = choose(routes, given_facts, BASE)
    assert replace(chosen, rules=()) == replace(BASE, **changed)
    assert ", ".join(chosen.rules) == rules


def test_the_configs_expertise_is_kept_if_no_rule_has_one() -> None:
    assert choose([REST], facts("a"), replace(BASE, expertise="web")).expertise == "web"


# --- The law ----------------------------------------------------------------------------------------------------------

PATHS = ("docs/a", "docs/b", "src/a", "src/b", "x")
PATTERNS = st.sampled_from([(), ("docs/**",), ("src/**",), ("**", "!docs/**"), ("src/a", "docs/a")])
LABELS = ("one", "two")
RULES = st.builds(
    Route,
    name=st.sampled_from("abcdef"),
    paths=PATTERNS,
    only_paths=PATTERNS,
    labels=st.sampled_from([(), (), ("one",), LABELS]),
    base=st.sampled_from([(), (), ("main",)]),
    author=st.sampled_from(["", "", "ann", "renovate[bot]", "[bot]"]),
    min_lines=st.sampled_from([None, None, 10, 100]),
    max_lines=st.sampled_from([None, None, 10, 100]),
    draft=st.sampled_from([None, None, True, False]),
    reviewer=st.sampled_from([None, *RoutedReviewer]),
    mode=st.sampled_from([None, *Mode]),
    max_credits=st.sampled_from([None, 240, 600]),
    fail_on=st.sampled_from([None, *FailOn]),
    review_on=st.sampled_from([None, *ReviewOn]),
)
PULLS = st.builds(
    Facts,
    paths=st.sets(st.sampled_from(PATHS), min_size=1).map(tuple),
    lines=st.sampled_from([0, 10, 50, 100, 200]),
    labels=st.sets(st.sampled_from(LABELS)).map(frozenset),
    base_ref=st.sampled_from(["main", "next"]),
    author=st.sampled_from(["ann", "bob", "renovate[bot]"]),
    is_draft=st.booleans(),
).flatmap(lambda one: st.booleans().map(lambda own: replace(one, is_bots_own=own and one.author.endswith("[bot]"))))


def is_smaller(one: Terms, other: Terms) -> bool:
    """Return whether a review is smaller than another one in any respect."""
    order = (
        ["never", "critical", "high", "medium", "low", "info"],
        ["request", "ready", "push"],
        ["none", "local", "codevf"],
    )
    return (
        order[2].index(one.reviewer) < order[2].index(other.reviewer)
        or one.hold < other.hold
        or order[0].index(one.fail_on) < order[0].index(other.fail_on)
        or order[1].index(one.review_on) < order[1].index(other.review_on)
    )


@given(
    st.lists(RULES, max_size=6),
    PULLS,
    st.sets(st.sampled_from(PATHS)),
    st.sets(st.sampled_from(LABELS)),
    st.sampled_from([0, 1, 60, 1000, None]),
)
def test_nothing_that_an_author_adds_makes_the_review_smaller(
    routes: list[Route], pull: Facts, paths: set[str], labels: set[str], lines: int | None
) -> None:
    more = replace(
        pull,
        paths=tuple({*pull.paths, *paths}),
        labels=pull.labels | labels,
        lines=None if lines is None or pull.lines is None else pull.lines + lines,
        is_bots_own=False,
    )
    assert not is_smaller(choose(routes, more, BASE), choose(routes, pull, BASE))


@given(
    routes=st.lists(RULES, max_size=6),
    pull=PULLS,
    base=st.sampled_from(["main", "next"]),
    is_draft=st.booleans(),
    label=st.sampled_from(LABELS),
)
def test_conditions_of_the_author_do_not_make_the_review_smaller(
    *, routes: list[Route], pull: Facts, base: str, is_draft: bool, label: str
) -> None:
    by_others = [
        one for one in routes if not one.labels and not one.base and one.draft is None and one.min_lines is None
    ]
    moved = replace(pull, base_ref=base, is_draft=is_draft, labels=frozenset({label}))
    assert not is_smaller(choose(routes, moved, BASE), choose(by_others, pull, BASE))


@given(st.lists(st.builds(choose, st.lists(RULES, max_size=3), PULLS, st.just(BASE)), min_size=1, max_size=4))
def test_the_largest_of_several_reviews_is_at_least_as_large_as_each(reviews: list[Terms]) -> None:
    assert not any(is_smaller(largest(reviews), one) for one in reviews)


# --- Rules without effect ---------------------------------------------------------------------------------------------

SHADOWED: list[tuple[list[Route], list[tuple[int, int]]]] = [
    ([REST, DOCS, ASKED], [(1, 0), (2, 0)]),
    ([rule("all", paths=("**",), reviewer=LOCAL), DOCS], [(1, 0)]),
    ([MARKDOWN, replace(MARKDOWN, labels=("deep",))], [(1, 0)]),
    ([MARKDOWN, replace(MARKDOWN, trust_author=True)], []),  # one file is enough for the second: it counts for others
    ([rule("all", paths=("**",), reviewer=LOCAL), TRUSTED], [(1, 0)]),
    ([MARKDOWN, DOCS], []),
    ([DOCS, DOCS], []),  # with another file in the change, both count
    ([SMALL, SMALL], []),
    ([BOT, BOT], []),
    ([ASKED, ASKED], []),
    ([TRUSTED, TRIVIAL], [(1, 0)]),
    ([TRUSTED, rule("x", labels=("TRIVIAL",), fail_on=FailOn.LOW)], [(1, 0)]),
    ([TRUSTED, rule("x", labels=("trivial", "deep"), fail_on=FailOn.LOW)], []),
    ([TRUSTED, REST], []),
    ([replace(TRY, trust_author=True), TRY], [(1, 0)]),
    ([replace(TRY, trust_author=True), RELEASE], []),
    ([replace(BOT, trust_author=True), BOT], [(1, 0)]),
    ([replace(DRAFT, trust_author=True), READY], []),
    ([replace(MANY, trust_author=True), rule("x", min_lines=1000, fail_on=FailOn.LOW)], [(1, 0)]),
    ([replace(MANY, trust_author=True), rule("x", min_lines=100, fail_on=FailOn.LOW)], []),
]


@pytest.mark.parametrize(("routes", "expected"), SHADOWED, ids=range(len(SHADOWED)))
def test_a_rule_behind_one_that_always_ends_the_lookup_has_no_effect(
    routes: list[Route], expected: list[tuple[int, int]]
) -> None:
    assert list(shadowed(routes)) == expected


@given(st.lists(st.one_of(RULES, RULES.map(lambda one: replace(one, trust_author=True))), max_size=5), PULLS)
def test_without_a_rule_that_has_no_effect_every_review_is_the_same(routes: list[Route], pull: Facts) -> None:
    idle = {at for at, _ in shadowed(routes)}
    kept = [one for at, one in enumerate(routes) if at not in idle]
    assert choose(kept, pull, BASE) == choose(routes, pull, BASE)


def test_paths_that_a_rule_gives_no_review_are_named() -> None:
    docs = Route("docs", paths=("docs/**",), reviewer=RoutedReviewer.NONE)
    texts = Route("texts", only_paths=("*.md",), reviewer=RoutedReviewer.NONE)
    bots = Route("bots", author="[bot]", reviewer=RoutedReviewer.NONE)
    deep = Route("deep", paths=("src/**",), mode=Mode.STANDARD)
    assert unreviewed([docs, texts, bots, deep]) == (("docs/**",), ("*.md",))
