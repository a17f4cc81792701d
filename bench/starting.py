"""Measure start-up: `--version`, the first request, the container; each next to its floor."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.action import launch
from bench.measure import Spread, alternate, ratios, seconds
from bench.parts import Found, Size
from bench.services import Services, serve
from bench.table import Cell, Goal, Table, number, spread
from reviewbot.domain.text.formatting import counted
from tests.contract.runner_image import IMAGE, LOCAL_IMAGE, Engine, Images, Refused, images, missing

SAID_WITHIN = 0.1
"""Goal for `--version`, in seconds."""

BY_FLOOR = 1.2
"""Goal for the first request, as a multiple of the libraries' import."""

SLIM, EVERYTHING = "the slim image, unpacked", "everything in the slim image"
SLIM_MB, EVERYTHING_MB = 231.5, 70
"""Goals for the image: half of the single image that it replaced, and what is downloaded."""

LIBRARIES = "github, httpx, unidiff, jinja2, ruamel.yaml"
"""The action's dependencies, without those of the terminal and the HTML report."""

END = "import os; os._exit(0)"
"""End at once: the interpreter's shutdown is not part of the time to the first request."""

BASE = "docker.io/library/python:3.13-slim"

PARTS = {
    "Python": "/usr/bin/python3* /usr/local/bin/python3* /usr/lib/python3* /usr/local/lib/python3*",
    "the action's libraries": "/opt/reviewbot",
    "of them the action alone": "/opt/reviewbot/lib/python3*/site-packages/reviewbot",
    "git's own programs": "/usr/bin/git /usr/lib/git-core",
    "shared libraries of all of them": "/usr/lib/*-linux-gnu /usr/local/lib/lib*",
}
"""The files of each part of the slim image, as patterns."""

MEASURING = """
import glob, gzip, io, sys, tarfile
class Counter(io.RawIOBase):
    size = 0
    def writable(self): return True
    def write(self, data): self.size += len(data); return len(data)
for patterns in sys.argv[1:]:
    packed, unpacked = Counter(), 0
    with tarfile.open(fileobj=gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6), mode="w|") as archive:
        for path in sorted({path for pattern in patterns.split() for path in glob.glob(pattern)}):
            archive.add(path, filter=lambda one: globals().update(unpacked=unpacked + one.size) or one)
    print(unpacked, packed.size)
"""
"""Prints for each argument the bytes of its files, and their bytes as a compressed archive."""

Timed = Mapping[str, Sequence[float]]


def measure(size: Size, folder: Path) -> Found:
    with TemporaryDirectory(dir=folder) as scratch, serve(Path(scratch)) as here:
        timed = alternate(size.rounds, dict(_sides(here)))
    container = _container(size)
    return Found((_starts(timed), container), (*_goals(timed), *image_goals(container)))


def _sides(here: Services) -> Iterator[tuple[str, Callable[[], float]]]:
    yield "an interpreter that does nothing", _python("pass")
    yield "`reviewbot --version`", _process("-I", "-m", "reviewbot", "--version")
    yield "`reviewbot --help`", _process("-I", "-m", "reviewbot", "--help")
    yield "importing the libraries alone", _python(f"import {LIBRARIES}", END)
    yield "importing the action", _python("import reviewbot.app.dispatch, reviewbot.cli.bootstrap", END)
    yield "start to the first request", lambda: _first_request(here)


def _python(*statements: str) -> Callable[[], float]:
    return _process("-I", "-c", "; ".join(statements))


def _process(*arguments: str) -> Callable[[], float]:
    command = [sys.executable, *arguments]
    return lambda: seconds(lambda: subprocess.run(command, check=True, capture_output=True, timeout=60))


def _first_request(here: Services) -> float:
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
    columns = ("what is started", "seconds", "/ empty interpreter", "/ libraries")
    return Table("start-up", columns, tuple(rows), f"{counted(len(nothing), 'round')}, in turns.")


def _goals(timed: Timed) -> Iterator[Goal]:
    said = Spread.of(timed["`reviewbot --version`"])
    yield Goal("`reviewbot --version`", "within 0.1 s", f"{number(said.middle)} s", said.middle < SAID_WITHIN)
    by = ratios(timed["importing the libraries alone"], timed["start to the first request"])
    found = f"{spread(by)} times"
    yield Goal(
        "start to the first request", f"within {BY_FLOOR} times its libraries' import", found, by.middle <= BY_FLOOR
    )


def image_goals(container: Table) -> Iterator[Goal]:
    """Compare the image's sizes with their goals."""
    sizes = {name: (unpacked, packed) for name, unpacked, packed, _ in container.rows}
    for what, most, size in (
        ("MB of the slim image, unpacked", SLIM_MB, sizes.get(SLIM, (None, None))[0]),
        ("MB of the slim image, compressed", EVERYTHING_MB, sizes.get(EVERYTHING, (None, None))[1]),
    ):
        if isinstance(size, float | int):
            yield Goal(what, f"at most {most:g}", number(size), size <= most)
        else:
            yield Goal(what, f"at most {most:g}", "not measured", None)


def _container(size: Size) -> Table:
    lacking = "it was not asked for" if not size.image else missing(Engine.PODMAN)
    if lacking:
        return _image((), f"Not measured: {lacking}.")
    try:
        with images(Engine.PODMAN) as made:
            return look_into(made, size.rounds)
    except (Refused, AssertionError) as refused:  # the second: a step of the build failed
        return _image((), f"Not measured: {' '.join(str(refused).split())[-200:]}.")


def look_into(made: Images, rounds: int) -> Table:
    """Measure the image's sizes and start."""

    def started(*arguments: str) -> Callable[[], float]:
        return lambda: seconds(lambda: made.attempt(made.run(*arguments), seconds=60))

    starts = alternate(
        rounds,
        {
            "an empty container": started("--entrypoint", "/bin/sh", IMAGE, "-c", ":"),
            "`--version` in it": started(IMAGE, "--version"),
        },
    )
    sizes = {
        SLIM: (_bytes(made, IMAGE), None),
        "the image with the analyzers, unpacked": (_bytes(made, LOCAL_IMAGE), None),
        "the base of both, unpacked": (_bytes(made, BASE), None),
        **_parts(made),
    }
    rows = [(name, *(size and round(size / 1_000_000, 1) for size in both), None) for name, both in sizes.items()]
    timed = [(f"start: {name}", None, None, spread(Spread.of(values))) for name, values in starts.items()]
    note = (
        f"By podman on a stand-in base, Debian with Python 3.13; the real base has another size. "
        f"{counted(rounds, 'round')} of starts, in turns."
    )
    return _image((*rows, *timed), note)


def _image(rows: tuple[tuple[Cell, ...], ...], note: str) -> Table:
    return Table("image", ("the image", "MB", "MB compressed", "seconds"), rows, note)


def _bytes(made: Images, image: str) -> int | None:
    output = made.attempt(made.command("image", "inspect", "--format", "{{.Size}}", image), seconds=60).stdout
    return int(output) if output.strip() else None


def _parts(made: Images) -> dict[str, tuple[int | None, int | None]]:
    """Bytes of the slim image's parts, unpacked and compressed."""
    parts = {EVERYTHING: "/usr /opt /etc /var", **PARTS}
    python = ("--entrypoint", "/opt/reviewbot/bin/python", IMAGE, "-I", "-c", MEASURING)
    printed = made.attempt(made.run(*python, *parts.values()), seconds=120).stdout.split()
    return dict(zip(parts, zip(map(int, printed[::2]), map(int, printed[1::2]), strict=True), strict=True))
