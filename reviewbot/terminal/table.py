"""The table of `reviewbot plan`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from reviewbot.domain.selection.selection import held_sentence
from reviewbot.domain.text.formatting import counted, number, short, size
from reviewbot.render.view_models.replay import Replay, total
from reviewbot.terminal.console import say, shown

_NARROW = 70
"""Columns below which days and sizes are left out."""

_GAP = "  "
_SHORTEST_SUBJECT = 10

_NOTE = """\
Credits are what a review holds while it is open; what it uses is known when it is finished. It is one review each: with
`review-on: push`, every push that changes something is another. An expertise multiplies it."""

_BOTS = """\
Anyone can commit under such a name. Without `bots: true` the action skips only pull requests that a bot opened and \
whose commits GitHub verifies."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the table: its first cells, the subject, which takes what room there is, and the figures."""

    first: tuple[str, ...]
    subject: str
    figures: tuple[str, ...]


def show_plan(console: Console, replays: Sequence[Replay], told: str) -> None:
    """Print one row for each merge, and what they come to.

    Args:
        console: where.
        replays: newest first.
        told: what they are of, such as `main since 90d`.
    """
    if not replays:
        say(console, f"Nothing was merged: {told}.")
        return
    wide, whole = console.width >= _NARROW, total(replays)
    rows = [_heading(wide=wide), *(_row(one, wide=wide) for one in replays), _row(whole, wide=wide)]
    widths = [max(map(cell_len, column)) for column in zip(*((*row.first, *row.figures) for row in rows), strict=True)]
    for position, row in enumerate(rows):
        style = {0: "dim", len(rows) - 1: "bold"}.get(position, "")
        console.print(Text(_line(row, widths, console.width), style=style), no_wrap=True, overflow="ellipsis")
    console.print()
    bought = sum(one.credits > 0 for one in replays)
    say(console, f"{told}: {counted(bought, 'review')}, {counted(whole.credits, 'credit')} held at most.", "bold")
    if bots := Counter(one.bot for one in replays if one.bot):
        named = ", ".join(f"{bot} {number(count)}" for bot, count in bots.most_common())
        told = f"Not counted: {counted(bots.total(), 'merge')} whose commits name a bot as their author: {named}."
        say(console, f"{told} {_BOTS}", "dim", hang=2)
    for reason, count in sorted(whole.held.items(), key=lambda one: -one[1]):
        say(console, f"Held back: {counted(count, 'file')}. {held_sentence(reason)}", "dim", hang=2)
    say(console, Text(" ".join(_NOTE.split()), style="dim"))


def _heading(*, wide: bool) -> _Row:
    figures = ("sent", "size", "held back", "credits") if wide else ("sent", "held", "credits")
    return _Row(("day", "commit") if wide else ("commit",), "subject", figures)


def _row(one: Replay, *, wide: bool) -> _Row:
    subject = shown(f"{one.subject} ({one.note})" if one.note else one.subject).plain
    figures = (number(one.sent), size(one.sent_bytes), number(sum(one.held.values())), number(one.credits))
    commit = short(one.sha) or "in all"
    return _Row((one.day, commit), subject, figures) if wide else _Row((commit,), subject, figures[:1] + figures[2:])


def _line(row: _Row, widths: Sequence[int], width: int) -> str:
    """The row with every column as wide as its widest cell; the subject is cut to what is left."""
    count = len(row.first)
    first = [cell.ljust(size) for cell, size in zip(row.first, widths, strict=False)]
    figures = [cell.rjust(size) for cell, size in zip(row.figures, widths[count:], strict=True)]
    taken = sum(widths) + len(_GAP) * len(widths)
    room = max(_SHORTEST_SUBJECT, width - taken)
    subject = row.subject if cell_len(row.subject) <= room else set_cell_size(row.subject, room - 1) + "…"
    return _GAP.join((*first, set_cell_size(subject, room), *figures)).rstrip()
