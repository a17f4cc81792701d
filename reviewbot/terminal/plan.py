"""The table of what reviews of past merges would have sent and held."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct, field
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reviewbot.domain.policy.verdict import Reason
from reviewbot.domain.selection.selection import HeldBecause, held_sentence
from reviewbot.domain.text.formatting import counted, number, short, size
from reviewbot.render.view_models.review import SummaryView
from reviewbot.terminal.console import say, shown

_SPAN = re.compile(r"([1-9][0-9]{0,4})([dwmy])")
_UNITS = {"d": "days", "w": "weeks", "m": "months", "y": "years"}
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_NARROW = 70
"""Columns below which the table omits days and sizes."""

_SHORTEST_SUBJECT = 10

_NOTE = """\
Credits are what a review holds while it is pending; what it uses is known when it is finished. The table counts one
review per merge. With `review-on: push`, every push that changes something buys another. An expertise multiplies the
credits."""

_BOTS = """\
Anyone can commit with such a name. The action skips only pull requests that a bot opened and \
whose commits GitHub verified."""


def since(text: str) -> str | None:
    """Return a span such as `90d`, or a date, in git's syntax; None if it is neither."""
    if _DATE.fullmatch(text):
        return f"{text} 00:00"
    found = _SPAN.fullmatch(text)
    return f"{found[1]} {_UNITS[found[2]]} ago" if found else None


def earliest(text: str, now: datetime) -> datetime | None:
    """Return the start of such a span, or of a date in UTC; None if it is neither, or in the future."""
    found = _SPAN.fullmatch(text)
    try:
        start = (
            now - timedelta(days=int(found[1]) * _DAYS[found[2]])
            if found
            else datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        )
    except (ValueError, OverflowError):
        return None
    return start if start <= now else None


class Replay(Struct, frozen=True):
    """The dry run of one merge's review.

    Attributes:
        sent: number of files; `sent_bytes` is their size.
        held: number of files that were held back, by reason.
        credits: what a review would have held, 0 if no review was due.
        note: why no review was due, or what it does not cover.
        bot: login of the bot that authored it, if the action skips that bot's pull requests.
        rule: of `routes` that chose the review; empty if none did.
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


def replayed(day: str, sha: str, subject: str, view: SummaryView) -> Replay:
    """Return the row of a merge from the view of its dry run."""
    bought = view.outcome.reason is Reason.DRY_RUN
    return Replay(
        day,
        sha,
        subject,
        sent=len(view.sent),
        sent_bytes=sum(one.bytes for one in view.sent),
        held=Counter(one.reason for one in view.held),
        credits=view.cost.hold if bought and view.cost else 0,
        note=_note(view),
        rule=view.route,
    )


def _note(view: SummaryView) -> str:
    match view.outcome.reason:
        case Reason.DRY_RUN:
            missed = sum(one.missed for one in view.held)
            if view.reviewer == "local":
                return f"by analyzers, by the rule {view.route}"
            return f"{missed} not reviewed" if missed else ""
        case Reason.NOTHING_SELECTED:
            return "nothing to review"
        case Reason.ROUTE:
            return f"no review by the rule {view.route}"
        case other:
            return view.outcome.message or other.value


def show_plan(console: Console, replays: Sequence[Replay], scope: str) -> None:
    """Print the rows, newest first, and their sum; `scope` names them, such as `main since 90d`."""
    if not replays:
        say(console, f"No merges in {scope}.")
        return
    held = sum((Counter(one.held) for one in replays), Counter[HeldBecause]())
    sent, sent_bytes = sum(one.sent for one in replays), sum(one.sent_bytes for one in replays)
    whole = Replay("", "", "", sent, sent_bytes, held, credits=sum(one.credits for one in replays))
    console.print(_table((*replays, whole), wide=console.width >= _NARROW))
    console.print()
    bought = sum(one.credits > 0 for one in replays)
    if any(one.rule for one in replays):
        console.print(_table_by_rule(replays))
        console.print()
    say(console, f"{scope}: {counted(bought, 'review')}, {counted(whole.credits, 'credit')} held at most.", "bold")
    if bots := Counter(one.bot for one in replays if one.bot):
        named = ", ".join(f"{bot} {number(count)}" for bot, count in bots.most_common())
        bot_merges = f"Not counted: {counted(bots.total(), 'merge')} whose commits name a bot as their author: {named}."
        say(console, f"{bot_merges} {_BOTS}", "dim", hang=2)
    for reason, count in held.most_common():
        say(console, f"Held back: {counted(count, 'file')}. {held_sentence(reason)}", "dim", hang=2)
    say(console, Text(" ".join(_NOTE.split()), style="dim"))


def _table(rows: Sequence[Replay], *, wide: bool) -> Table:
    """Return the table; its last row is the sum."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), expand=True, header_style="dim")
    for name in ("day", "commit") if wide else ("commit",):
        table.add_column(name, no_wrap=True)
    table.add_column("subject", no_wrap=True, ratio=1, min_width=_SHORTEST_SUBJECT)
    for name in ("sent", "size", "held back", "credits") if wide else ("sent", "held", "credits"):
        table.add_column(name, no_wrap=True, justify="right")
    for row in rows:
        subject = shown(f"{row.subject} ({row.note})" if row.note else row.subject)
        held = number(sum(row.held.values()))
        first, amount = ((row.day,), (size(row.sent_bytes),)) if wide else ((), ())
        cells = (*first, short(row.sha) or "total", subject, number(row.sent), *amount, held, number(row.credits))
        table.add_row(*cells, style="bold" if row is rows[-1] else None)
    return table


class RuleSum(Struct, frozen=True):
    """The merges of one rule; `rule` is empty for those without one."""

    rule: str
    merges: int
    reviews: int
    credits: int


def by_rule(replays: Sequence[Replay]) -> tuple[RuleSum, ...]:
    """Return the sums by rule, the most expensive first; merges of skipped bots are not counted."""
    rules = dict.fromkeys(one.rule for one in replays if not one.bot)
    rows = [[one for one in replays if not one.bot and one.rule == rule] for rule in rules]
    sums = (
        RuleSum(row[0].rule, len(row), sum(one.credits > 0 for one in row), sum(one.credits for one in row))
        for row in rows
    )
    return tuple(sorted(sums, key=lambda one: -one.credits))


def _table_by_rule(replays: Sequence[Replay]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    table.add_column("rule", no_wrap=True)
    for name in ("merges", "reviews", "credits"):
        table.add_column(name, no_wrap=True, justify="right")
    for one in by_rule(replays):
        table.add_row(one.rule or "(no rule)", number(one.merges), number(one.reviews), number(one.credits))
    return table


def plan_json(replays: Sequence[Replay], scope: str) -> str:
    """Return the rows, the sums by rule and the total as JSON in ASCII."""
    document = {
        "scope": scope,
        "reviews": sum(one.credits > 0 for one in replays),
        "credits": sum(one.credits for one in replays),
        "rules": [
            {"rule": one.rule or None, "merges": one.merges, "reviews": one.reviews, "credits": one.credits}
            for one in by_rule(replays)
        ],
        "bots": dict(Counter(one.bot for one in replays if one.bot)),
        "merges": [
            {
                "day": one.day,
                "commit": one.sha,
                "subject": one.subject,
                "rule": one.rule or None,
                "files": one.sent,
                "bytes": one.sent_bytes,
                "heldBack": {reason.value: count for reason, count in one.held.items()},
                "credits": one.credits,
                "note": one.note,
            }
            for one in replays
        ],
    }
    return f"{json.dumps(document, indent=2)}\n"


def plan_markdown(replays: Sequence[Replay], scope: str) -> str:
    """Return the sums by rule and the total as Markdown."""
    sums = by_rule(replays)
    whole = RuleSum("**total**", *(sum(column) for column in zip(*map(_figures, sums), strict=True))) if sums else None
    named = [(f"`{one.rule}`" if one.rule else "no rule", one) for one in sums]
    rows = [*named, *([(whole.rule, whole)] if whole else [])]
    lines = [f"| {' | '.join((name, *map(number, _figures(one))))} |" for name, one in rows]
    table = "\n".join(("| rule | merges | reviews | credits |", "| --- | ---: | ---: | ---: |", *lines))
    bots = sum(bool(one.bot) for one in replays)
    skipped = f"Not counted: {counted(bots, 'merge')} of bots. " if bots else ""
    named_scope = scope.replace("`", "")
    return f"Reviews of the merges in `{named_scope}`:\n\n{table}\n\n{skipped}{' '.join(_NOTE.split())}\n"


def _figures(one: RuleSum) -> tuple[int, int, int]:
    return one.merges, one.reviews, one.credits
