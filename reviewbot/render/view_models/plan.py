"""Estimates of what reviews of past merges would have sent and cost, by merge and by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct, field

from reviewbot.domain.policy.routes import Route
from reviewbot.domain.policy.verdict import Reason
from reviewbot.domain.selection.selection import HeldBecause
from reviewbot.domain.text.formatting import counted, number
from reviewbot.render.view_models.review import CostView, SummaryView


class Replay(Struct, frozen=True):
    """The dry run of one merge's review.

    Attributes:
        credits: the credits that a review would have held, or 0 if no review would have been bought.
        note: why no review would have been bought, or what the review would not have covered.
        bot: the login of the bot that authored the merge, if the action skips that bot's pull requests.
        rule: the names of the rules of `routes` that chose the review, or empty.
        stopped: the credits of a review that `max-credits-per-pr` stops.
        limited: whether `max-credits-ceiling` limits the size of the review.
    """

    day: str
    sha: str
    subject: str
    sent: int = 0
    sent_bytes: int = 0
    held: Mapping[HeldBecause, int] = field(default_factory=dict)
    credits: int = 0
    note: str = ""
    bot: str = ""
    rule: str = ""
    stopped: int = 0
    limited: bool = False


def replayed(day: str, sha: str, subject: str, bot: str, view: SummaryView) -> Replay:
    """Convert the result of a dry run. `bot` is the login of the merge's author if the author is a bot."""
    if view.outcome.reason is Reason.BOT:
        return Replay(day, sha, subject, note=bot, bot=bot)
    cost = view.cost if view.outcome.reason is Reason.DRY_RUN else None
    stops = cost is not None and 0 < cost.limit < cost.spent + cost.hold
    return Replay(
        day,
        sha,
        subject,
        sent=0 if stops else len(view.sent),
        sent_bytes=0 if stops else sum(one.bytes for one in view.sent),
        held=Counter(one.reason for one in view.held),
        credits=cost.hold if cost and not stops else 0,
        note=_stop(cost) if cost and stops else _note(view),
        rule=view.route,
        stopped=cost.hold if cost and stops else 0,
        limited=cost is not None and cost.at_ceiling,
    )


def _stop(cost: CostView) -> str:
    return f"stopped by max-credits-per-pr ({number(cost.hold)} of {number(cost.limit)})"


def _note(view: SummaryView) -> str:
    match view.outcome.reason:
        case Reason.DRY_RUN:
            missed = sum(one.missed for one in view.held)
            return "by analyzers" if view.reviewer == "local" else f"{missed} not reviewed" if missed else ""
        case Reason.NOTHING_SELECTED:
            return "nothing to review"
        case Reason.ROUTE:
            return "no review"
        case other:
            return view.outcome.message or other.value


class RuleSum(Struct, frozen=True):
    """The totals of the merges of one rule, or of merges without a rule if `rule` is empty.

    `stopped` is the number of reviews that `max-credits-per-pr` stops. `unknown` contains the rule's conditions on
    labels and drafts, which git does not record.
    """

    rule: str
    merges: int
    reviews: int
    stopped: int
    credits: int
    unknown: tuple[str, ...] = ()


class Plan(Struct, frozen=True):
    """The dry runs of the merges in a time span, newest first. `scope` names the branch and the time span.

    `merges` is the number of merges in the time span, of which `replays` may contain only the newest.
    """

    scope: str
    replays: Sequence[Replay]
    routes: Sequence[Route] = ()
    notes: tuple[str, ...] = ()
    merges: int = 0

    @property
    def counted(self) -> tuple[Replay, ...]:
        """The merges except those of skipped bots."""
        return tuple(one for one in self.replays if not one.bot)

    @property
    def bots(self) -> Mapping[str, int]:
        """The number of merges of each skipped bot, the most frequent first."""
        return dict(Counter(one.bot for one in self.replays if one.bot).most_common())

    @property
    def total(self) -> RuleSum:
        return _sum_of("", self.counted)

    def by_rule(self) -> tuple[RuleSum, ...]:
        """Return the totals by rule, the most expensive first, then the rules that chose no review."""
        rules = dict.fromkeys(one.rule for one in self.counted)
        sums = [_sum_of(rule, [one for one in self.counted if one.rule == rule]) for rule in rules]
        chosen = {name for rule in rules for name in rule.split(", ")}
        unused = (one for one in self.routes if one.name not in chosen)
        none = (RuleSum(one.name, 0, 0, 0, 0, unknown=unknown_conditions(one)) for one in unused)
        return (*sorted(sums, key=lambda one: (-one.credits, -one.merges)), *none)


def _sum_of(rule: str, replays: Sequence[Replay]) -> RuleSum:
    return RuleSum(
        rule,
        merges=len(replays),
        reviews=sum(one.credits > 0 for one in replays),
        credits=sum(one.credits for one in replays),
        stopped=sum(one.stopped > 0 for one in replays),
    )


def unknown_conditions(route: Route) -> tuple[str, ...]:
    """Return the rule's conditions that no plan can check, because git records neither labels nor drafts."""
    conditions = {"labels": bool(route.labels), "draft": route.draft is True}
    return tuple(name for name, is_set in conditions.items() if is_set)


def caps_of(plan: Plan) -> Iterator[str]:
    """Yield sentences about omitted merges, and about the limits that stop or shrink reviews."""
    if (shown := len(plan.replays)) < plan.merges:
        merges = counted(plan.merges, "merge")
        yield f"The plan covers the newest {number(shown)} of {merges}. For all, pass `--most {plan.merges}`."
    if stopped := [one.stopped for one in plan.replays if one.stopped]:
        reviews, held = counted(len(stopped), "review"), counted(sum(stopped), "credit")
        yield f"`max-credits-per-pr` prevents {reviews}, which would reserve {held}. The total excludes them."
    if limited := sum(one.limited for one in plan.replays):
        yield f"`max-credits-ceiling` limits the size of {counted(limited, 'review')}."


def figure_names(plan: Plan) -> tuple[str, ...]:
    return ("merges", "reviews", "stopped", "credits") if plan.total.stopped else ("merges", "reviews", "credits")


def figures_of(one: RuleSum, names: Sequence[str]) -> list[str]:
    return ["-" if one.unknown else number(getattr(one, name)) for name in names]


def not_applied(one: RuleSum) -> str:
    return f"not applied: {', '.join(one.unknown)}" if one.unknown else ""
