"""The tables of `reviewbot stats`."""

from __future__ import annotations

from rich.console import Console

from reviewbot.domain.statistics.figures import Statistics
from reviewbot.domain.text.formatting import counted, number
from reviewbot.render.view_models.statistics import ENDS, HEADINGS, ends_of, groups_of, notes_of, scope_of
from reviewbot.terminal.console import say, shown, table

_NARROW = 84
"""The width below which the table of reviews omits the columns in `_OMITTED`."""

_OMITTED = {3, 5}

_NAMES = 24
"""In a wide terminal, names up to this width are not wrapped."""


def show_statistics(console: Console, found: Statistics) -> None:
    """Print the figures (in total, by mode and by expertise), the findings by severity, and the notes."""
    if found.reviews:
        rows = groups_of(found)
        kept = [at for at in range(len(HEADINGS)) if console.width >= _NARROW or at not in _OMITTED]
        widest = min(_NAMES, max(len(name) for name, *_ in rows)) if console.width >= _NARROW else 0
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
