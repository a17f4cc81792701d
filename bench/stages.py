"""Measure how the pure functions grow with their input, next to the least possible work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.made_up import CHANGED, TITLED, diff_of, findings_of, story_of, texts_of
from bench.measure import Spread, alternate, processor_seconds, ratios, slope
from bench.parts import Found, Size
from bench.table import Cell, Goal, Table, number, spread
from reviewbot.domain.codevf.attachments import Packing, Sendable, pack, size_tiers
from reviewbot.domain.codevf.response import read_result
from reviewbot.domain.diff.parse import parse_diff
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.placement import PlacementRules, place
from reviewbot.domain.model.review import Severity
from reviewbot.domain.redaction.places import Place
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.exports.sarif import sarif
from reviewbot.render.renderer import Renderer

STEEPEST = 1.1
ROUNDS = 3

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Stage:
    """A pure function.

    Attributes:
        unit: unit of its input, lines or findings.
        prepare: returns the work for a size; not timed.
        floor: name of the least possible work with the same input.
        least: returns that work for a size.
        produced: returns how much of the input is in a bounded result.
    """

    name: str
    unit: str
    prepare: Callable[[int], Work]
    floor: str = ""
    least: Callable[[int], Work] | None = None
    produced: Callable[[Any, int], int] | None = None


def _parsing(files: int) -> Callable[[int], Work]:
    def prepare(lines: int) -> Work:
        text = diff_of(texts_of(lines, files))
        return lambda: parse_diff(text)

    return prepare


def _splitting(files: int) -> Callable[[int], Work]:
    def prepare(lines: int) -> Work:
        text = diff_of(texts_of(lines, files))
        return lambda: [line[:1] for line in text.split("\n")]

    return prepare


def _scanning(lines: int) -> Work:
    texts = list(texts_of(lines, CHANGED).values())

    def scan() -> None:
        redactor = Redactor.of((text, Place.CODE) for text in texts)
        for text in texts:
            redactor.redact(text, Place.CODE)

    return scan


def _reading(lines: int) -> Work:
    texts = list(texts_of(lines, CHANGED).values())
    return lambda: [line.lower() for text in texts for line in text.split("\n")]


def _packing(lines: int) -> Work:
    texts = texts_of(lines, CHANGED)
    files = [
        Sendable(path, diff_of({path: text}), text, 0, at % 7) for at, (path, text) in enumerate(sorted(texts.items()))
    ]
    return lambda: pack(files, size_tiers(1_000_000)[0])


def _hashing(lines: int) -> Work:
    texts = list(texts_of(lines, CHANGED).values())
    return lambda: [hashlib.sha256(json.dumps(text).encode()).hexdigest() for text in texts]


def _placing(files: int) -> Callable[[int], Work]:
    def prepare(findings: int) -> Work:
        texts = texts_of(max(findings, 10 * files), files)
        found = findings_of(findings, texts)
        diffs = parse_diff(diff_of(texts))

        def work() -> None:
            # Views cache what they look up.
            views = [FileView(one.path, one.old_path, one.hunks, texts[one.path]) for one in diffs]
            place(found, views, PlacementRules(Severity.INFO, 100))

        return work

    return prepare


def _answering(findings: int) -> Work:
    texts = texts_of(findings, CHANGED)
    answer = {"summary": "Read.", "files": [
        {"path": one.path, "findings": [{"title": one.title, "severity": "high", "line": one.line, "side": "RIGHT"}]}
        for one in findings_of(findings, texts)
    ]}  # fmt: skip
    return lambda: read_result(answer)


def _rendering(write: Callable[[Renderer, int], Work]) -> Callable[[int], Work]:
    return lambda findings: write(Renderer(), findings)


def _summary(renderer: Renderer, findings: int) -> Work:
    view = story_of(findings)
    return lambda: renderer.summary(view).text


def _page(renderer: Renderer, findings: int) -> Work:
    view = story_of(findings)
    return lambda: renderer.html(view)


def _sarif(findings: int) -> Work:
    view = story_of(findings)
    return lambda: sarif(view, version="1", review_url=None)


def _sent(packing: Packing, lines: int) -> int:
    return lines * len(packing.sent) // CHANGED  # all files have the same length


def _listed(text: str, _findings: int) -> int:
    return text.count(TITLED)


STAGES = (
    Stage("diff parsing, one file", "lines", _parsing(1), "splitting it into lines", _splitting(1)),
    Stage("diff parsing, many files", "lines", _parsing(CHANGED), "splitting it into lines", _splitting(CHANGED)),
    Stage("secret scan and redaction", "lines", _scanning, "lower-casing each line", _reading),
    Stage("packing", "lines", _packing, "JSON and SHA-256 of each text", _hashing, _sent),
    Stage("reading an answer", "findings", _answering),
    Stage("placement, one file", "findings", _placing(1)),
    Stage("placement, many files", "findings", _placing(CHANGED)),
    Stage("the summary comment", "findings", _rendering(_summary), produced=_listed),
    Stage("the HTML report", "findings", _rendering(_page), produced=lambda page, _: page.count("<article ")),
    Stage("the SARIF report", "findings", _sarif, produced=_listed),
)


@dataclass(frozen=True, slots=True)
class Point:
    """A stage at a size: how much of that is in the result, and its processor seconds."""

    size: int
    produced: int
    cost: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A stage at increasing sizes, and its ratio to the floor at the largest."""

    stage: Stage
    points: tuple[Point, ...]
    by_floor: Spread | None = None

    @property
    def slope(self) -> float:
        """Return the slope at the large end of the sizes whose result is complete."""
        free = [one for one in self.points if one.produced == one.size][-3:]
        return slope([one.size for one in free], [one.cost for one in free])


def measure(size: Size, _folder: Path) -> Found:
    curves = [_curve(stage, size.lines if stage.unit == "lines" else size.findings) for stage in STAGES]
    columns = (
        "stage", "largest size", "in the result", "processor seconds there", "per second",
        "slope", "/ floor", "the floor",
    )  # fmt: skip
    growth = Table("growth", ("stage", "size: seconds"), tuple((one.stage.name, _points(one)) for one in curves))
    return Found((Table("stages", columns, tuple(map(_row, curves))), growth), (steepness(curves),))


def steepness(curves: Sequence[Curve]) -> Goal:
    """Return the goal for growth; it names all stages that are too steep."""
    steep = [one for one in curves if one.slope > STEEPEST]
    named = steep or [max(curves, key=lambda one: one.slope)]
    found = ", ".join(f"{number(one.slope)} ({one.stage.name})" for one in named)
    return Goal("growth of the pure functions", f"a log-log slope up to {STEEPEST}", found, not steep)


def _curve(stage: Stage, sizes: Sequence[int]) -> Curve:
    points = tuple(_point(stage, size) for size in sizes)
    return Curve(stage, points, _by_floor(stage.prepare(sizes[-1]), stage.least(sizes[-1])) if stage.least else None)


def _by_floor(work: Work, least: Work) -> Spread:
    sides = {"floor": least, "stage": work}
    took = alternate(ROUNDS, {name: partial(processor_seconds, side) for name, side in sides.items()})
    return ratios(took["floor"], took["stage"])


def _point(stage: Stage, size: int) -> Point:
    work = stage.prepare(size)
    cost = _best(work)
    return Point(size, stage.produced(work(), size) if stage.produced else size, cost)


def _best(work: Work) -> float:
    """Return the least processor seconds: other load only makes it slower."""
    return min(processor_seconds(work) for _ in range(ROUNDS))


def _row(curve: Curve) -> tuple[Cell, ...]:
    last, unit = curve.points[-1], curve.stage.unit
    return (
        curve.stage.name,
        f"{last.size:,} {unit}",
        "all" if last.produced == last.size else f"{last.produced:,}",
        last.cost,
        f"{number(round(last.produced / last.cost))} {unit}",
        curve.slope,
        None if curve.by_floor is None else spread(curve.by_floor),
        curve.stage.floor,
    )


def _points(curve: Curve) -> str:
    return ", ".join(f"{one.size:,}: {number(one.cost)}" for one in curve.points)
