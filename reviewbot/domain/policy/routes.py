"""Choose the review of a pull request with an ordered list of rules.

Each changed path is looked up separately, and the pull request gets the largest review among its paths. A rule ends the
lookup if the author cannot make the rule match by adding something, or if the rule has `trust-author`. Any other
matching rule can only enlarge the review. Therefore, only a rule with `trust-author` lets an author make the review
smaller by adding something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum

from msgspec import Struct

from reviewbot.domain.model.events import BOT_SUFFIX
from reviewbot.domain.model.options import Auto, FailOn, ReviewOn, RoutedReviewer
from reviewbot.domain.model.review import Mode
from reviewbot.domain.selection.path_filters import matches
from reviewbot.values import replace

EVERY_PATH = (("**",), ("**/*",))


class Route(Struct, frozen=True):
    """A rule of `routes`. Unset conditions always hold. Unset settings have the values of the config.

    Attributes:
        paths: patterns that at least one changed path must match. For `only_paths`, every changed path must match.
        labels: labels of which at least one must be set.
        author: the login of the user who opened the pull request, or `[bot]` for every bot.
        min_lines: the minimum number of added and deleted lines of the selected files. `max_lines` is the maximum.
        trust_author: whether conditions that the author controls may make a review smaller.
        instructions: instructions in addition to those of the config.
    """

    name: str
    paths: tuple[str, ...] = ()
    only_paths: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    author: str = ""
    min_lines: int | None = None
    max_lines: int | None = None
    draft: bool | None = None
    trust_author: bool = False
    reviewer: RoutedReviewer | None = None
    mode: Mode | None = None
    expertise: str = ""
    max_credits: int | Auto | None = None
    fail_on: FailOn | None = None
    review_on: ReviewOn | None = None
    instructions: str = ""


class Facts(Struct, frozen=True):
    """The properties of a pull request that rules test.

    Attributes:
        paths: every changed path, including both paths of a renamed file.
        lines: the number of changed lines of the selected files, or None if unknown.
        is_bots_own: whether a bot opened the pull request and made every commit.
    """

    paths: tuple[str, ...]
    lines: int | None
    labels: frozenset[str] = frozenset()
    base_ref: str = ""
    author: str = ""
    is_bots_own: bool = False
    is_draft: bool = False


class Terms(Struct, frozen=True):
    """The settings of a review that rules can change.

    `rules` names the rules that determined the review. `auto_credits` is the number for `max-credits: auto`.
    """

    reviewer: RoutedReviewer
    mode: Mode
    max_credits: int | Auto
    expertise: str
    fail_on: FailOn
    review_on: ReviewOn
    instructions: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    auto_credits: int = 0

    @property
    def hold(self) -> int:
        """Twice the hold of one task without the expertise's multiplier. Twice the hold is always a whole number."""
        most = self.auto_credits if self.max_credits is Auto.AUTO else self.max_credits
        within = min(max(most, self.mode.credits.start), self.mode.credits.stop - 1)
        return int(within * self.mode.multiplier * 2)


_REVIEWERS = tuple(RoutedReviewer)
_FAIL_ON = (FailOn.NEVER, *(one for one in FailOn if one is not FailOn.NEVER))
_REVIEW_ON = tuple(reversed(ReviewOn))


def largest(reviews: Sequence[Terms]) -> Terms:
    """Combine several reviews into one review with the largest value of each setting.

    Mode and credits are those of the review with the largest hold. The first expertise is used.
    """
    paid = max(reviews, key=lambda one: (one.hold, one.mode.multiplier))
    return Terms(
        reviewer=max((one.reviewer for one in reviews), key=_REVIEWERS.index),
        mode=paid.mode,
        max_credits=paid.max_credits,
        expertise=next((one.expertise for one in reviews if one.expertise), ""),
        fail_on=strictest(one.fail_on for one in reviews),
        review_on=max((one.review_on for one in reviews), key=_REVIEW_ON.index),
        instructions=tuple(dict.fromkeys(text for one in reviews for text in one.instructions)),
        auto_credits=paid.auto_credits,
    )


def strictest(levels: Iterable[FailOn]) -> FailOn:
    """Return the level at which the most findings block."""
    return max(levels, key=_FAIL_ON.index)


def choose(routes: Sequence[Route], facts: Facts, base: Terms) -> Terms:
    """Return the review that the rules select, with the names of the deciding rules."""
    found = _found(routes, facts)
    matching = [_terms(route, base) for at, route in enumerate(routes) if at in found]
    reviews = [*matching, base] if None in found else matching
    chosen = largest(reviews)
    deciding = [one for one in matching if _decides(one, reviews)]
    if not deciding and None not in found:
        deciding = matching[:1]  # all matching rules give the same review
    rules = tuple(name for one in deciding for name in one.rules)
    return replace(chosen, expertise=chosen.expertise or base.expertise, rules=rules)


def _decides(one: Terms, reviews: Sequence[Terms]) -> bool:
    others = [other for other in reviews if other is not one]
    return not others or largest(others) != largest(reviews)


def _terms(route: Route, base: Terms) -> Terms:
    return Terms(
        reviewer=route.reviewer or base.reviewer,
        mode=route.mode or base.mode,
        max_credits=route.max_credits or base.max_credits,
        expertise=route.expertise,
        fail_on=route.fail_on or base.fail_on,
        review_on=route.review_on or base.review_on,
        instructions=(route.instructions,) if route.instructions else (),
        rules=(route.name,),
        auto_credits=base.auto_credits,
    )


def unreviewed(routes: Iterable[Route]) -> tuple[tuple[str, ...], ...]:
    """Return the patterns of each rule that exempts paths from review."""
    found = (one.paths or one.only_paths for one in routes if one.reviewer is RoutedReviewer.NONE)
    return tuple(patterns for patterns in found if patterns)


class _Match(IntEnum):
    """How a rule matches. A `FULL` match ends the lookup. A `PART` match can only enlarge the review.

    A match is `PART` if the author can cause or undo the match, unless the rule has `trust-author`.
    """

    NO = 0
    PART = 1
    FULL = 2


def _found(routes: Sequence[Route], facts: Facts) -> frozenset[int | None]:
    """Return the indexes of the rules that apply. None stands for the settings of the config."""
    whole = [_match_pull(route, facts) for route in routes]
    return frozenset(one for path in facts.paths or ("",) for one in _look_up(path, routes, whole))


def _look_up(path: str, routes: Sequence[Route], whole: Sequence[_Match]) -> Iterator[int | None]:
    """Yield the indexes of the rules that match a path. If no rule ends the lookup, yield None last."""
    for at, (route, match) in enumerate(zip(routes, whole, strict=True)):
        if match and (route.trust_author or all(matches(one, path) for one in (route.paths, route.only_paths))):
            yield at
            if match is _Match.FULL:
                return
    yield None


def _match_pull(route: Route, facts: Facts) -> _Match:
    by_author = (
        not route.labels or any(one.casefold() in _folded(facts.labels) for one in route.labels),
        not route.base or matches(route.base, facts.base_ref),
        route.draft is None or route.draft is facts.is_draft,
        route.min_lines is None or facts.lines is None or facts.lines >= route.min_lines,
        not route.author or _is_author(route.author, facts.author),
    )
    fits = (
        not route.only_paths or all(matches(route.only_paths, path) for path in facts.paths),
        route.max_lines is None or (facts.lines is not None and facts.lines <= route.max_lines),
    )
    if not all(by_author):
        return _Match.NO
    if route.trust_author:
        any_path = not route.paths or any(matches(route.paths, path) for path in facts.paths)
        return _Match.FULL if all(fits) and any_path else _Match.NO
    return _Match.FULL if all(fits) and _is_certain(route, facts) else _Match.PART


def _is_certain(route: Route, facts: Facts) -> bool:
    """Return whether the author cannot make the rule match by adding something."""
    is_open = bool(route.labels or route.base) or route.draft is not None or route.min_lines is not None
    return not is_open and (not route.author or facts.is_bots_own)


def _is_author(wanted: str, author: str) -> bool:
    return author.endswith(BOT_SUFFIX) if wanted == BOT_SUFFIX else author.casefold() == wanted.casefold()


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


def shadowed(routes: Sequence[Route]) -> Iterator[tuple[int, int]]:
    """Yield the index of each rule without effect, and the index of the earlier rule that ends the lookup first."""
    for at, route in enumerate(routes):
        earlier = (number for number, other in enumerate(routes[:at]) if _ends(other) and _includes(other, route))
        if (first := next(earlier, None)) is not None:
            yield at, first


def _ends(route: Route) -> bool:
    """Return whether a rule ends the lookup of every path that it matches, in every pull request."""
    if route.only_paths or route.max_lines is not None:
        return False
    return route.trust_author or (not route.author and _is_certain(route, Facts((), None)))


def _includes(wide: Route, narrow: Route) -> bool:
    """Return whether `wide`, without `only-paths` and `max-lines`, matches everything that `narrow` matches."""
    # If one file matches a rule that trusts the author, the rule matches all files of a change.
    as_wide = wide.paths == narrow.paths and (wide.trust_author or not narrow.trust_author)
    return (
        (as_wide or not wide.paths or wide.paths in EVERY_PATH)
        and (not wide.labels or (bool(narrow.labels) and _folded(narrow.labels) <= _folded(wide.labels)))
        and wide.base in ((), narrow.base)
        and wide.author in ("", narrow.author)
        and wide.draft in (None, narrow.draft)
        and (wide.min_lines or 0) <= (narrow.min_lines or 0)
    )
