"""What was measured, as a value that can be stored and shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from bench.measure import Spread

Cell: TypeAlias = "str | int | float | None"
"""A None was not measured."""

NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Table:
    """Figures of one kind.

    Attributes:
        name: where it goes in the document.
        note: what stands below it, such as what could not be measured.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        """Every row fills every column."""
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(self)


@dataclass(frozen=True, slots=True)
class Goal:
    """Something that should hold, with what was found; `met` of None was not measured."""

    what: str
    wanted: str
    found: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Results:
    """All that a run of the benchmarks has found.

    Attributes:
        machine: on what, one line for each thing.
        size: `whole`, or `small` where nothing is to be learned from the figures.
        seconds: what the run took.
    """

    machine: Mapping[str, str]
    size: str
    seconds: float
    tables: tuple[Table, ...]
    goals: tuple[Goal, ...]

    def as_json(self) -> dict[str, Any]:
        """As values that JSON has."""
        return asdict(self)

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Results:
        """What `as_json` made."""
        tables = (
            Table(one["name"], tuple(one["columns"]), tuple(map(tuple, one["rows"])), one["note"])
            for one in value["tables"]
        )
        goals = (Goal(**one) for one in value["goals"])
        return cls(value["machine"], value["size"], value["seconds"], tuple(tables), tuple(goals))


def spread(value: Spread | None, unit: str = "") -> str:
    """A measurement with the middle half of its repetitions, such as `0.41 (0.40-0.43) s`."""
    if value is None:
        return "not measured"
    low, middle, high = (number(one) for one in (value.low, value.middle, value.high))
    told = middle if low == high else f"{middle} ({low} to {high})"
    return f"{told} {unit}".rstrip()


def number(value: float) -> str:
    """Three digits that count, and no more before a point than there are."""
    if isinstance(value, int) or abs(value) >= 100:  # noqa: PLR2004 — three digits stand before the point
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
    """A table, numbers to the right."""
    listed = [[_shown(cell) for cell in row] for row in rows]
    sides = [_side([row[at] for row in listed]) for at in range(len(columns))]
    lines = [f"| {' | '.join(row)} |" for row in (columns, *listed)]
    lines.insert(1, f"|{'|'.join(sides)}|")
    return "\n".join(lines + (["", note] if note else []))


def _side(cells: Sequence[str]) -> str:
    """Where a column leans: to the right when each of its cells begins with a digit, or has nothing."""
    return "--:" if cells and all(cell == NOTHING or cell[:1].isdigit() for cell in cells) else "---"


def told(goals: Iterable[Goal]) -> str:
    """The goals, with whether they are met."""
    words = {True: "met", False: "**missed**", None: "not measured"}
    return markdown(
        ("goal", "wanted", "found", ""), [(one.what, one.wanted, one.found, words[one.met]) for one in goals]
    )
