"""Print the estimates of `reviewbot plan` and the tables of `reviewbot stats`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table

from reviewbot.domain.model.options import ReviewOn
from reviewbot.domain.selection.selection import WHY_HELD, HeldBecause
from reviewbot.domain.statistics.figures import Statistics
from reviewbot.domain.text.formatting import counted, number, short, size
from reviewbot.errors import SettingsError
from reviewbot.render.view_models.plan import (
    Plan,
    Replay,
    caps_of,
    figure_names,
    figures_of,
    not_applied,
    unknown_conditions,
)
from reviewbot.render.view_models.statistics import ENDS, HEADINGS, ends_of, groups_of, notes_of, scope_of
from reviewbot.settings import Settings
from reviewbot.terminal.console import say, shown, table

_SPAN = re.compile(r"([1-9][0-9]{0,4})([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}

_NARROW, _WIDE = 70, 100
"""Below `_NARROW` columns, the table omits days, rules and sizes. Below `_WIDE`, a table with rules omits sizes."""

_SHORTEST_SUBJECT, _LONGEST_RULE = 10, 20

_ONE = "The plan counts one review per merge; a direct commit counts as a merge."

_BOTS = """\
Anyone can commit under such a name. The action skips only pull requests that a bot opened and \
whose commits GitHub verified."""


def start_of(text: str, now: datetime) -> datetime:
    """Return the start of a period such as `90d`, or of a day such as `2026-01-31`, in UTC.

    Raises:
        SettingsError: the string is neither a period nor a date, or is in the future.
    """
    found = _SPAN.fullmatch(text)
    with suppress(ValueError, OverflowError):
        if found:
            return now - timedelta(days=int(found[1]) * _DAYS[found[2]])
        start = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        if start <= now:
            return start
    todo = "For example: 90d, 12w, 6m, 1y or 2026-01-31."
    raise SettingsError.of("--since", f"expected a period or a past date, got `{text}`", todo=todo)


def plan_notes(settings: Settings) -> Iterator[str]:
    """Yield sentences about what the figures omit with these settings."""
    yield "CodeVF reserves these credits while a review is pending. The credits used are known only when it finishes."
    if ReviewOn.PUSH in {settings.review_on, *(one.review_on for one in settings.routes)}:
        every = "reviewbot buys another review for every push"
        yield f"{_ONE} With `review-on: push`, {every}, so this is the minimum."
    else:
        yield _ONE
    if settings.expertise or any(one.expertise for one in settings.routes):
        yield "These credits do not include the `expertise` multiplier."
    unknown = [f"`{one.name}` ({', '.join(names)})" for one in settings.routes if (names := unknown_conditions(one))]
    if unknown:
        yield f"These rules cannot match a merge, because git does not record labels or drafts: {', '.join(unknown)}."
    if by_author := [f"`{one.name}`" for one in settings.routes if one.author]:
        yield f"These rules compare `author` with the name or GitHub login in the commits: {', '.join(by_author)}."
    waits = {"wait-for-checks": settings.wait_for_checks, "quiet-minutes": settings.quiet_minutes}
    if waiting := [f"`{name}`" for name, is_set in waits.items() if is_set]:
        both = " and ".join(waiting)
        replaced = "Commits replaced during the wait are not reviewed, so reviewbot may buy fewer reviews."
        yield f"The plan ignores {both}. {replaced}"
    if settings.min_balance:
        yield "The plan ignores `min-balance`, because it does not ask CodeVF for the balance."


def show_plan(console: Console, plan: Plan) -> None:
    """Print the merges (newest first), the totals by rule, and the total."""
    if not plan.replays:
        say(console, f"No merges in {plan.scope}.")
        return
    total, held = plan.total, sum((Counter(one.held) for one in plan.replays), Counter[HeldBecause]())
    console.print(_table(plan, held, console.width))
    console.print()
    if plan.routes:
        names = figure_names(plan)
        rows = [(one.rule or "(no rule)", *figures_of(one, names), not_applied(one)) for one in plan.by_rule()]
        console.print(table(("rule", *names, ""), rows))
        console.print()
    reviews, credits_ = counted(total.reviews, "review"), counted(total.credits, "credit")
    say(console, f"{plan.scope}: {reviews}, one per merge, would have reserved {credits_}.", "bold")
    for line in caps_of(plan):
        say(console, line, hang=2)
    if plan.bots:
        named = ", ".join(f"{bot} {number(count)}" for bot, count in plan.bots.items())
        merges = counted(sum(plan.bots.values()), "merge")
        say(console, f"Not counted: {merges} of commits by bots: {named}. {_BOTS}", "dim", hang=2)
    for reason, count in held.most_common():
        say(console, f"Held back: {counted(count, 'file')} ({WHY_HELD[reason]}).", "dim", hang=2)
    for note in plan.notes:
        say(console, note, "dim", hang=2)


def _table(plan: Plan, held: Mapping[HeldBecause, int], width: int) -> Table:
    drawn = Table(box=None, pad_edge=False, padding=(0, 1), expand=True, header_style="dim")
    by_rule = any(one.rule for one in plan.replays) and width >= _NARROW
    for name in ("day", "commit") if width >= _NARROW else ("commit",):
        drawn.add_column(name, no_wrap=True)
    drawn.add_column("subject", no_wrap=True, ratio=1, min_width=_SHORTEST_SUBJECT)
    if by_rule:
        drawn.add_column("rule", no_wrap=True, max_width=_LONGEST_RULE)
    has_sizes = width >= (_WIDE if by_rule else _NARROW)
    for name in ("sent", "size", "held back", "credits") if has_sizes else ("sent", "held", "credits"):
        drawn.add_column(name, no_wrap=True, justify="right")
    sent, sent_bytes = sum(one.sent for one in plan.replays), sum(one.sent_bytes for one in plan.replays)
    whole = Replay("", "", "", sent, sent_bytes, held, plan.total.credits)
    for row in (*plan.replays, whole):
        # The note comes first, because a narrow table cuts off the subject.
        subject = shown(f"{row.note}: {row.subject}" if row.note else row.subject)
        first = (row.day,) if width >= _NARROW else ()
        rule = (shown(row.rule),) if by_rule else ()
        amount = (size(row.sent_bytes),) if has_sizes else ()
        counts = (number(row.sent), *amount, number(sum(row.held.values())), number(row.credits))
        cells = (*first, short(row.sha) or "total", subject, *rule, *counts)
        drawn.add_row(*cells, style="bold" if row is whole else None)
    return drawn


_ALL_COLUMNS = 84
"""The width below which the table of reviews omits the columns in `_OMITTED`."""

_OMITTED = {3, 5}

_NAMES = 24
"""In a wide terminal, names up to this width are not wrapped."""


def show_statistics(console: Console, found: Statistics) -> None:
    """Print the figures (in total, by mode and by expertise), the findings by severity, and the notes."""
    if found.reviews:
        rows = groups_of(found)
        kept = [at for at in range(len(HEADINGS)) if console.width >= _ALL_COLUMNS or at not in _OMITTED]
        widest = min(_NAMES, max(len(name) for name, *_ in rows)) if console.width >= _ALL_COLUMNS else 0
        console.print(table([HEADINGS[at] for at in kept], [[row[at] for at in kept] for row in rows], widest))
        console.print()
        if found.severities:
            console.print(table(ENDS, map(ends_of, found.severities)))
            console.print()
    whole = found.whole
    summary = f"{counted(whole.reviews, 'review')}, {counted(round(whole.credits), 'credit')} used"
    per_fixed = f", {number(round(whole.credits_per_fixed))} per fixed finding" if whole.credits_per_fixed else ""
    say(console, shown(f"{scope_of(found)}: {summary}{per_fixed}.", "bold"), hang=2)
    for note in notes_of(found):
        say(console, note, "dim", hang=2)
