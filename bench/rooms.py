"""How the pure rooms grow: each at growing sizes, in one large file and in many, beside the least that must be done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.made_up import CHANGED, diff_of, findings_of, story_of, texts_of
from bench.measure import processor_seconds, slope
from bench.parts import Found, Size
from bench.table import Goal, Table, number
from reviewbot.domain.changes import parse_diff
from reviewbot.domain.file_views import FileView
from reviewbot.domain.model import Severity
from reviewbot.domain.packing import Sendable, ladder, pack
from reviewbot.domain.placement import PlacementRules, place
from reviewbot.domain.redaction import Redactor
from reviewbot.domain.wire import read_result
from reviewbot.exports.sarif import sarif
from reviewbot.render import Renderer

STEEPEST = 1.1
ROUNDS = 3

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Room:
    """Something that is computed.

    Attributes:
        unit: what it is computed of, lines or findings.
        prepare: makes the work of a size, untimed.
        floor: in words, the least that anybody must do with the same input.
        least: makes that.
    """

    name: str
    unit: str
    prepare: Callable[[int], Work]
    floor: str = ""
    least: Callable[[int], Work] | None = None


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
        redactor = Redactor.of(texts)
        for text in texts:
            redactor.redact(text)

    return scan


def _reading(lines: int) -> Work:
    texts = list(texts_of(lines, CHANGED).values())
    return lambda: [line.lower() for text in texts for line in text.split("\n")]


def _packing(lines: int) -> Work:
    texts = texts_of(lines, CHANGED)
    files = [
        Sendable(path, diff_of({path: text}), text, 0, at % 7) for at, (path, text) in enumerate(sorted(texts.items()))
    ]
    return lambda: pack(files, ladder(1_000_000)[0])


def _hashing(lines: int) -> Work:
    texts = list(texts_of(lines, CHANGED).values())
    return lambda: [hashlib.sha256(json.dumps(text).encode()).hexdigest() for text in texts]


def _placing(files: int) -> Callable[[int], Work]:
    def prepare(findings: int) -> Work:
        texts = texts_of(max(findings, 10 * files), files)
        found = findings_of(findings, texts)
        diffs = parse_diff(diff_of(texts))

        def work() -> None:
            # The views remember what they have looked up, so each time begins with new ones.
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
    return lambda: renderer.summary(view)


def _page(renderer: Renderer, findings: int) -> Work:
    view = story_of(findings)
    return lambda: renderer.html(view)


def _sarif(findings: int) -> Work:
    view = story_of(findings)
    return lambda: sarif(view, version="1", review_url=None)


ROOMS = (
    Room("diff parsing, one file", "lines", _parsing(1), "splitting it into lines", _splitting(1)),
    Room("diff parsing, many files", "lines", _parsing(CHANGED), "splitting it into lines", _splitting(CHANGED)),
    Room("secret scan and redaction", "lines", _scanning, "lower-casing each line", _reading),
    Room("packing", "lines", _packing, "JSON and SHA-256 of each text", _hashing),
    Room("reading an answer", "findings", _answering),
    Room("placement, one file", "findings", _placing(1)),
    Room("placement, many files", "findings", _placing(CHANGED)),
    Room("the summary comment", "findings", _rendering(_summary)),
    Room("the HTML report", "findings", _rendering(_page)),
    Room("the SARIF report", "findings", _sarif),
)


@dataclass(frozen=True, slots=True)
class Curve:
    """Seconds of a room by size, with those of the least that must be done."""

    room: Room
    sizes: tuple[int, ...]
    costs: tuple[float, ...]
    least: float | None

    @property
    def slope(self) -> float:
        """How it grows at its large end, which is where a square shows."""
        return slope(self.sizes[-3:], self.costs[-3:])


def measure(size: Size, _folder: Path) -> Found:
    """Play the fourth part."""
    curves = [_curve(room, size.lines if room.unit == "lines" else size.findings) for room in ROOMS]
    columns = ("room", "largest size", "processor seconds there", "a second", "slope", "by the floor", "the floor")
    rows = tuple(_row(curve) for curve in curves)
    growth = Table("growth", ("room", "size: seconds"), tuple((one.room.name, _points(one)) for one in curves))
    steepest = max(curves, key=lambda one: one.slope)
    found = f"{number(steepest.slope)} ({steepest.room.name})"
    goal = Goal("growth of the pure rooms", f"a log-log slope up to {STEEPEST}", found, steepest.slope <= STEEPEST)
    return Found((Table("rooms", columns, rows), growth), (goal,))


def _curve(room: Room, sizes: Sequence[int]) -> Curve:
    costs = tuple(_best(room.prepare(size)) for size in sizes)
    least = _best(room.least(sizes[-1])) if room.least else None
    return Curve(room, tuple(sizes), costs, least)


def _best(work: Work) -> float:
    """The quickest of some times, of the processor: what else the machine does only ever makes it slower."""
    return min(processor_seconds(work) for _ in range(ROUNDS))


def _row(curve: Curve) -> tuple[str | int | float | None, ...]:
    size, cost = curve.sizes[-1], curve.costs[-1]
    told = f"{size:,} {curve.room.unit}"
    by = None if curve.least is None else cost / curve.least
    return (
        curve.room.name,
        told,
        cost,
        f"{number(round(size / cost))} {curve.room.unit}",
        curve.slope,
        by,
        curve.room.floor,
    )


def _points(curve: Curve) -> str:
    return ", ".join(f"{size:,}: {number(cost)}" for size, cost in zip(curve.sizes, curve.costs, strict=True))
