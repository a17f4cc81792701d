"""Draw the stored figures as SVG charts, in a light and a dark version, for `docs/charts`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10

from bench.table import Results, Table, number

Points = Sequence[tuple[float, float]]

THEMES: Mapping[str, Mapping[str, str]] = {
    "light": {"paper": "#ffffff", "ink": "#1f2328", "faint": "#59636e", "line": "#d1d9e0"},
    "dark": {"paper": "#0d1117", "ink": "#f0f6fc", "faint": "#9198a1", "line": "#3d444d"},
}
COLOURS: Mapping[str, Sequence[str]] = {
    "light": ("#0550ae", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#4d2d00"),
    "dark": ("#79c0ff", "#ffa657", "#56d364", "#d2a8ff", "#ff9bce", "#e3b341"),
}
DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 4", "12 4")
"""Dash patterns, so that the lines differ without colours, too."""

WIDTH, HEIGHT = 410, 250
"""Size of a panel's plot with its axes."""

LEFT, RIGHT, TOP, BOTTOM = 58, 14, 34, 58
MOST_MARKS = 5
"""Maximum number of marks of a linear axis."""

ROW = 17
"""Height of a line of the legend."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot with lines.

    Attributes:
        series: the points of each line; `across` numbers the points from 1 if it is given.
        across: names of the positions on the horizontal axis, which is logarithmic without them.
        limit: a horizontal line with a name.
        from_zero: whether the vertical axis is linear from 0; otherwise it is logarithmic.
    """

    title: str
    below: str
    series: Mapping[str, Points]
    across: Sequence[str] = ()
    limit: tuple[str, float] | None = None
    from_zero: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale from a value to a position."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool
    marks: Sequence[float] = field(default=())

    def at(self, value: float) -> float:
        scale: Callable[[float], float] = log10 if self.logarithmic else float
        part = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return self.start + part * (self.end - self.start)


def charts(results: Results) -> Mapping[str, str]:
    tables = {table.name: table for table in results.tables}
    drawn = {
        "comparison": _comparison(tables["peers"]),
        "growth": _growth(tables["growth"]),
        "collections": _collections(tables["collecting"]),
    }
    return {f"{name}-{theme}.svg": svg(panels, theme) for name, panels in drawn.items() for theme in THEMES}


def _comparison(peers: Table) -> Sequence[Panel]:
    sizes = list(dict.fromkeys(str(row[0]) for row in peers.rows))
    names = [re.sub(r" files?, (\d+) findings?", r"\n\1", size) for size in sizes]
    below = "changed files, and findings"
    return [
        Panel(title, below, dict(_by_program(peers, sizes, column)), names)
        for title, column in (("Seconds of a whole run", 2), ("Requests to GitHub", 4))
    ]


def _by_program(peers: Table, sizes: Sequence[str], column: int) -> Iterator[tuple[str, Points]]:
    for who in dict.fromkeys(str(row[1]) for row in peers.rows):
        rows = [row for row in peers.rows if row[1] == who and row[column] is not None]
        yield who, [(sizes.index(str(row[0])) + 1, _first(str(row[column]))) for row in rows]


def _growth(growth: Table) -> Sequence[Panel]:
    curves = {str(name): _curve(str(points)) for name, points in growth.rows}
    longest = max(points[-1][0] for points in curves.values())
    lines = {name: points for name, points in curves.items() if points[-1][0] == longest}
    findings = {name: points for name, points in curves.items() if name not in lines}
    title = "Processor seconds"
    return [Panel(title, "changed lines", lines), Panel(title, "findings", findings)]


def _collections(collecting: Table) -> Sequence[Panel]:
    requests, memory = collecting.columns.index("requests"), collecting.columns.index("MB of memory")
    names = [f"{number(float(str(row[1])))} of {number(float(str(row[0])))}" for row in collecting.rows]
    below = "finished reviews of open pull requests"

    def panel(title: str, column: int, limit: tuple[str, float] | None = None) -> Panel:
        points = [(at, float(str(row[column]))) for at, row in enumerate(collecting.rows, start=1)]
        return Panel(title, below, {"one collection": points}, names, limit, from_zero=True)

    limit = ("GitHub's limit an hour", 1_000.0)
    return [panel("Requests to GitHub", requests, limit), panel("MB of memory", memory)]


def _curve(points: str) -> Points:
    pairs = (one.split(": ") for one in re.split(r", (?=[\d,]+: )", points))
    return [(_first(size), _first(cost)) for size, cost in pairs]


def _first(cell: str) -> float:
    """Return the first number of a cell, such as 0.41 of `0.41 (0.4 to 0.43)`."""
    return float(cell.partition(" ")[0].replace(",", ""))


def svg(panels: Sequence[Panel], theme: str) -> str:
    """Draw panels side by side, each with its legend below."""
    colours = THEMES[theme]
    most = max(len(panel.series) for panel in panels)
    width, height = WIDTH * len(panels), HEIGHT + (ROW * most + 4 if most > 1 else 0)
    titles = "; ".join(f"{panel.title} by {panel.below}" for panel in panels)
    size = f'width="{width}" height="{height}"'
    font = 'font-family="system-ui, sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" role="img" {font}>',
        f"<title>{escape(titles)}</title>",
        f'<rect {size} fill="{colours["paper"]}"/>',
    ]
    for at, panel in enumerate(panels):
        parts += [f'<g transform="translate({at * WIDTH} 0)">', *_drawn(panel, theme), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _drawn(panel: Panel, theme: str) -> Iterator[str]:
    ink, faint, line = (THEMES[theme][name] for name in ("ink", "faint", "line"))
    across, up = _horizontal(panel), _vertical(panel)
    yield _text(LEFT, 20, panel.title, f'fill="{ink}" font-weight="600"')
    for mark in up.marks:
        yield _line(up.at(mark), f'stroke="{line}"')
        yield _text(LEFT - 6, up.at(mark) + 4, f"{mark:,g}", f'fill="{faint}" text-anchor="end"')
    middle = f'fill="{faint}" text-anchor="middle"'
    for mark in across.marks:
        name = panel.across[int(mark) - 1] if panel.across else f"{mark:,g}"
        for at, words in enumerate(name.split("\n")):
            yield _text(across.at(mark), HEIGHT - BOTTOM + 16 + 13 * at, words, f'{middle} font-size="11"')
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, panel.below, middle)
    if panel.limit:
        name, value = panel.limit
        yield _line(up.at(value), f'stroke="{ink}" stroke-dasharray="5 4"')
        yield _text(LEFT + 6, up.at(value) - 5, name, f'fill="{ink}"')
    for at, (name, points) in enumerate(panel.series.items()):
        colour = COLOURS[theme][at]
        style = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{DASHES[at]}"'
        places = [(across.at(x), up.at(y)) for x, y in points]
        yield f'<path d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in places)}" {style}/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in places)
        if len(panel.series) > 1:
            row = HEIGHT + 4 + ROW * at
            yield f'<path d="M{LEFT} {row}h26" {style}/>'
            yield _text(LEFT + 34, row + 4, name, f'fill="{ink}"')


def _horizontal(panel: Panel) -> Axis:
    start, end = LEFT + 8, WIDTH - RIGHT - 8
    if panel.across:
        marks = range(1, len(panel.across) + 1)
        return Axis(0.5, len(marks) + 0.5, start, end, logarithmic=False, marks=marks)
    values = [x for points in panel.series.values() for x, _ in points]
    return Axis(min(values), max(values), start, end, logarithmic=True, marks=_powers(min(values), max(values)))


def _vertical(panel: Panel) -> Axis:
    values = [y for points in panel.series.values() for _, y in points] + ([panel.limit[1]] if panel.limit else [])
    start, end = HEIGHT - BOTTOM, TOP
    if panel.from_zero:
        step = 10 ** floor(log10(max(values))) / 2
        while max(values) / step > MOST_MARKS:
            step *= 2
        high = step * ceil(max(values) * 1.1 / step)
        marks = [step * at for at in range(int(high / step) + 1)]
        return Axis(0, high, start, end, logarithmic=False, marks=marks)
    low, high = 10 ** floor(log10(min(values))), 10 ** ceil(log10(max(values)))
    return Axis(low, high, start, end, logarithmic=True, marks=_powers(low, high))


def _powers(low: float, high: float) -> Sequence[float]:
    return [10.0**power for power in range(ceil(log10(low) - 1e-9), floor(log10(high) + 1e-9) + 1)]


def _line(y: float, style: str) -> str:
    return f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" {style}/>'


def _text(x: float, y: float, words: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'
