"""Results: tables and goals, as JSON and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from bench.measure import Spread

Cell: TypeAlias = "str | int | float | None"
"""None: not measured."""

NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of figures.

    Attributes:
        name: its region in the document.
        note: text below it, such as what could not be measured.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        """Check that each row fills all columns."""
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(self)


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal with its result; `met` is None if not measured."""

    what: str
    wanted: str
    found: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a run of the benchmarks.

    Attributes:
        machine: properties of the machine.
        size: `whole`, or `small`, whose figures mean nothing.
        seconds: duration of the run.
    """

    machine: Mapping[str, str]
    size: str
    seconds: float
    tables: tuple[Table, ...]
    goals: tuple[Goal, ...]


def spread(value: Spread | None, unit: str = "") -> str:
    """Format a measurement, such as `0.41 (0.4 to 0.43) s`."""
    if value is None:
        return "not measured"
    low, middle, high = (number(one) for one in (value.low, value.middle, value.high))
    text = middle if low == high else f"{middle} ({low} to {high})"
    return f"{text} {unit}".rstrip()


def number(value: float) -> str:
    """Format a number with three significant digits, or as an integer from 100 up."""
    if isinstance(value, int) or abs(value) >= 100:  # noqa: PLR2004 — three digits
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or value == 0 else f"{value:.1e}"  # noqa: PLR2004 — a thousandth


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return NOTHING
        case str():
            return cell.replace("|", "\\|")
        case _:
            return number(cell)


def markdown(columns: Sequence[str], rows: Iterable[Sequence[Cell]], note: str = "") -> str:
    """Format a table, numbers right-aligned."""
    listed = [[_shown(cell) for cell in row] for row in rows]
    sides = [_side([row[at] for row in listed]) for at in range(len(columns))]
    lines = [f"| {' | '.join(row)} |" for row in (columns, *listed)]
    lines.insert(1, f"|{'|'.join(sides)}|")
    return "\n".join(lines + (["", note] if note else []))


def _side(cells: Sequence[str]) -> str:
    """Return a column's alignment: right if each cell begins with a digit or is empty."""
    return "--:" if cells and all(cell == NOTHING or cell[:1].isdigit() for cell in cells) else "---"


def goals_table(goals: Iterable[Goal]) -> str:
    words = {True: "met", False: "**missed**", None: "not measured"}
    return markdown(
        ("goal", "wanted", "found", ""), [(one.what, one.wanted, one.found, words[one.met]) for one in goals]
    )
