"""The result of a review in the words of a terminal, which has no check, no runner and no pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reviewbot.domain.model.options import FailOn
from reviewbot.domain.policy.verdict import Reason, Verdict
from reviewbot.domain.text.formatting import counted, duration, moment, number
from reviewbot.render.view_models.exclusions import excludable, exclusion_options
from reviewbot.render.view_models.review import SummaryView

GOOD, BAD, OPEN = "bold green", "bold red", "bold yellow"


@dataclass(frozen=True, slots=True)
class Saying:
    """The result in one sentence, its style, and more, which may be empty; indented lines of it are commands."""

    style: str
    title: str
    more: str = ""


def saying(view: SummaryView) -> Saying:
    """Return what the review came to: the error's words, otherwise those of the reason."""
    if view.outcome.message:
        return Saying(BAD, view.outcome.message, view.outcome.hint)
    say = _SAYINGS.get(view.outcome.reason)
    return say(view) if say else Saying(BAD, f"It came to: {view.outcome.reason.value}.")


def _total(view: SummaryView) -> int:
    return sum(view.counts.values()) if view.counts else 0


def _reviewed(view: SummaryView) -> Saying:
    seen, total = counted(len(view.sent), "file"), _total(view)
    found = f"The gate is open: {counted(total, 'finding')}, and none that closes it, in {seen}."
    if view.fail_on == FailOn.NEVER:
        found = f"{counted(total, 'finding')} in {seen}; the gate never closes (`fail-on: never`)."
    return Saying(GOOD, found if total else f"No findings in {seen}.")


def _gate(view: SummaryView) -> Saying:
    verb = "closes" if view.closing == 1 else "close"
    named = f" (`fail-on: {view.fail_on}`)" if view.fail_on else ""
    total = counted(_total(view), "finding")
    return Saying(BAD, f"The gate is closed: {number(view.closing)} of {total} {verb} it{named}.")


def _pending(view: SummaryView) -> Saying:
    told = "Not finished: the review goes on without this terminal."
    if view.wait is None:
        return Saying(OPEN, told)
    since = f"{moment(view.wait.submitted_at)} ({duration(view.wait.elapsed_seconds)})"
    return Saying(OPEN, told, f"The task is {view.wait.state}, since {since}.")


def _nothing(view: SummaryView) -> Saying:
    held = counted(len(view.held_back), "changed file is", "changed files are")
    told = f"{held} held back." if view.held_back else "there is no change."
    more = "" if view.held_back else "What is not committed is not reviewed; `--staged` reviews what is staged."
    return Saying(GOOD, f"Nothing to review: {told}", more)


def _closed(view: SummaryView) -> str:
    return ", and the gate is closed" if view.outcome.verdict is Verdict.FAIL else ""


def _partial(view: SummaryView) -> Saying:
    told = counted(len(view.missed), "selected file was", "selected files were")
    options = exclusion_options(excludable(view.missed))
    more = f"To leave out what needs no review:\n  {options}" if options else ""
    return Saying(BAD, f"{told} not fully reviewed{_closed(view)}.", more)


_SAYINGS: Mapping[Reason, Callable[[SummaryView], Saying]] = {
    Reason.REVIEWED: _reviewed,
    Reason.GATE: _gate,
    Reason.PENDING: _pending,
    Reason.DRY_RUN: lambda _: Saying(OPEN, "Dry run: nothing was sent and nothing was spent."),
    Reason.NOTHING_SELECTED: _nothing,
    Reason.UNREADABLE: lambda view: Saying(
        BAD,
        f"The answer could not be read whole{_closed(view)}.",
        "A part of the answer is not what was agreed, so nobody can say that it holds no findings.",
    ),
    Reason.PARTIAL: _partial,
    Reason.MEMORY: lambda view: Saying(
        BAD,
        f"Earlier findings may have been forgotten{_closed(view)}.",
        "What was remembered of the reviews before is not whole. `--again` has the whole change reviewed anew.",
    ),
}
