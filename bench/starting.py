"""Start-up: what can be said at once, the first request, the container; each beside the least that it could take."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.action import launch
from bench.ground import Ground, ground
from bench.measure import Spread, alternate, ratios, seconds
from bench.parts import Found, Size
from bench.table import Cell, Goal, Table, number, spread
from tests.contract.runner_image import IMAGE, Engine, Images, Refused, images, missing

SAID_WITHIN = 0.1
"""Seconds for `--version`."""

BY_FLOOR = 1.3
"""The first request's time by that of importing the libraries alone."""

LIBRARIES = "github, httpx, unidiff, jinja2, ruamel.yaml, pathspec"
"""What the action depends on, as `pyproject.toml` has it, but for what it imports after its first request:
the detectors of secrets, and what only the HTML report needs."""

END = "import os; os._exit(0)"
"""The end of a process at once: what an interpreter does at its end is before no request."""

_PARTS = {
    "the environment with the action and its analysers": "/opt/reviewbot",
    "of it the action alone": "/opt/reviewbot/lib/python3.13/site-packages/reviewbot",
    "of it the analysers' own programs": "/opt/reviewbot/bin",
    "git's own programs": "/usr/lib/git-core",
}

Timed = Mapping[str, Sequence[float]]


def measure(size: Size, folder: Path) -> Found:
    """Play the second part."""
    with TemporaryDirectory(dir=folder) as scratch, ground(Path(scratch)) as here:
        timed = alternate(size.rounds, dict(_sides(here)))
    container = _container(size)
    return Found((_starts(timed), container), tuple(_goals(timed)))


def _sides(here: Ground) -> Iterator[tuple[str, Callable[[], float]]]:
    yield "an interpreter that does nothing", _python("pass")
    yield "`reviewbot --version`", _process("-I", "-m", "reviewbot", "--version")
    yield "`reviewbot --help`", _process("-I", "-m", "reviewbot", "--help")
    yield "importing the libraries alone", _python(f"import {LIBRARIES}", END)
    yield "importing the action", _python("import reviewbot.app, reviewbot.cli.world", END)
    yield "start to the first request", lambda: _first_request(here)


def _python(*statements: str) -> Callable[[], float]:
    return _process("-I", "-c", "; ".join(statements))


def _process(*arguments: str) -> Callable[[], float]:
    command = [sys.executable, *arguments]
    return lambda: seconds(lambda: subprocess.run(command, check=True, capture_output=True, timeout=60))


def _first_request(here: Ground) -> float:
    number_ = here.pull_request()
    here.forget()
    end = launch(here, number_, {"wait-minutes": "0"})
    return here.github_meter.take()[0].began - end.began


def _starts(timed: Timed) -> Table:
    nothing = timed["an interpreter that does nothing"]
    floor = timed["importing the libraries alone"]
    rows = [
        (name, spread(Spread.of(values)), spread(ratios(nothing, values)), spread(ratios(floor, values)))
        for name, values in timed.items()
    ]
    columns = ("what is started", "seconds", "by an empty interpreter", "by the libraries alone")
    return Table("start-up", columns, tuple(rows))


def _goals(timed: Timed) -> Iterator[Goal]:
    said = Spread.of(timed["`reviewbot --version`"])
    yield Goal("`reviewbot --version`", "within 0.1 s", f"{number(said.middle)} s", said.middle < SAID_WITHIN)
    by = ratios(timed["importing the libraries alone"], timed["start to the first request"])
    found = f"{spread(by)} times"
    yield Goal(
        "start to the first request", f"within {BY_FLOOR} times its libraries' import", found, by.middle <= BY_FLOOR
    )


@dataclass(frozen=True, slots=True)
class _Built:
    """The image: bytes of it and of its base, of its parts, and seconds of starts."""

    size: int
    base: int
    parts: Mapping[str, int]
    starts: Timed


def _container(size: Size) -> Table:
    columns = ("the image", "MB", "seconds")
    lacking = "it was not asked for" if not size.image else missing(Engine.PODMAN)
    if lacking:
        return Table("image", columns, (), f"Not measured: {lacking}.")
    try:
        with images(Engine.PODMAN) as made:
            built = _built(made, size.rounds)
    except (Refused, AssertionError) as refused:  # the second is what a step of the building says that fails
        return Table("image", columns, (), f"Not measured: {' '.join(str(refused).split())[-200:]}.")
    note = "By podman on a stand-in base, a Debian with Python 3.13; the real one is of another size."
    return Table("image", columns, tuple(_image_rows(built)), note)


def _built(made: Images, rounds: int) -> _Built:
    def started(*arguments: str) -> Callable[[], float]:
        return lambda: seconds(lambda: made.attempt(made.run(*arguments), seconds=60))

    starts = alternate(
        rounds,
        {
            "an empty container": started("--entrypoint", "/bin/true", IMAGE),
            "`--version` in it": started(IMAGE, "--version"),
        },
    )
    return _Built(
        size=_bytes(made, IMAGE),
        base=_bytes(made, "docker.io/library/python:3.13-slim"),
        parts={name: _folder(made, path) for name, path in _PARTS.items()},
        starts=starts,
    )


def _bytes(made: Images, image: str) -> int:
    return int(made.call("image", "inspect", "--format", "{{.Size}}", image).stdout)


def _folder(made: Images, path: str) -> int:
    told = made.attempt(made.run("--entrypoint", "/usr/bin/du", IMAGE, "-sb", path), seconds=60).stdout
    return int(told.split()[0]) if told else 0


def _image_rows(built: _Built) -> Iterator[tuple[Cell, ...]]:
    yield "as a whole, unpacked", built.size // 1_000_000, None
    yield "its base", built.base // 1_000_000, None
    for name, size in built.parts.items():
        yield name, size // 1_000_000, None
    for name, values in built.starts.items():
        yield f"start: {name}", None, spread(Spread.of(values))
