"""Measure the job that all programs do, and the cost of everything else in a review."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.measure import Spread, alternate
from bench.meter import Sample, api
from bench.parts import Found, Size
from bench.peers import HALF, PEERS, Peer, run_peer
from bench.services import Services, serve
from bench.table import Cell, Goal, Table, number, spread
from reviewbot.domain.text.formatting import counted

FILES, FINDINGS = 100, 30
REST = "everything else: Python's start, imports, settings, decisions"

SPANS: Mapping[str, tuple[str, ...]] = {
    "reading the pull request": ("reviewbot.adapters.github.forge:GitHubForge.snapshot",),
    "reading the diff": (
        "reviewbot.adapters.github.forge:GitHubForge.diff",
        "reviewbot.app.github.read_change:parse_diff",
    ),
    "the review, the summary and the check": (
        "reviewbot.app.perform:post_review",
        "reviewbot.app.perform:write_summary",
        "reviewbot.app.perform:write_check_run",
    ),
    "texts of the changed files": ("reviewbot.adapters.github.graphql.files:FileReader.entries",),
    "search for secrets": (
        "reviewbot.domain.redaction.redactor:Redactor.of",
        "reviewbot.domain.redaction.redactor:Redactor.redact",
    ),
    "selection and preparation": ("reviewbot.app.perform:prepare",),
    "state: the intent, the task, and what people did meanwhile": (
        "reviewbot.app.perform:read_ledger",
        "reviewbot.app.perform:refresh",
        "reviewbot.app.perform:update_threads",
        "reviewbot.app.perform:close_older_checks",
    ),
    "the purchase and its polls": (
        "reviewbot.app.perform:read_terms",
        "reviewbot.app.perform:find_project",
        "reviewbot.app.perform:create_task",
        "reviewbot.app.perform:look_up",
        "reviewbot.app.perform:poll",
    ),
    "reading and placing the answer": ("reviewbot.app.perform:read_answer",),
    "four report files": ("reviewbot.app.output.runner_output:write_files",),
    "log, job summary and outputs": ("reviewbot.app.perform:write_output",),
}
"""The functions whose time and requests belong to each row."""

INNER = ("search for secrets", "four report files")
"""The rows that also count inside the functions of others. Otherwise the outer function's row counts."""

PEERS_DO = tuple(SPANS)[:3]
"""The rows that every peer has."""

ACTION = """
import functools, importlib, json, os, sys, time
spans, inner = json.loads(os.environ.pop("BENCH_SPANS"))
from reviewbot.__main__ import main
running, took = [], []
def timed(row, function):
    @functools.wraps(function)
    def wrapper(*args, **more):
        if running and row not in inner:
            return function(*args, **more)
        running.append(0.0)
        began, processor = time.monotonic(), time.process_time()
        try:
            return function(*args, **more)
        finally:
            spent = time.process_time() - processor
            took.append((row, began, time.monotonic(), spent - running.pop()))
            if running:
                running[-1] += spent
    return wrapper
for row, names in spans.items():
    for name in names:
        where, path = name.split(":")
        owner = importlib.import_module(where)
        *classes, last = path.split(".")
        for one in classes:
            owner = getattr(owner, one)
        given = vars(owner)[last]
        function = timed(row, given.__func__ if isinstance(given, classmethod) else given)
        setattr(owner, last, classmethod(function) if isinstance(given, classmethod) else function)
sys.argv = ["reviewbot", "action"]
status = main()
with open("../spans.json", "w") as file:
    json.dump([took, time.process_time()], file)
sys.exit(status)
"""
"""The action, with these functions timed."""


@dataclass(frozen=True, slots=True)
class Span:
    """A call of a timed function: monotonic seconds, and processor seconds without those of `INNER` inside."""

    row: str
    began: float
    ended: float
    processor: float


def measure(size: Size, folder: Path) -> Found:
    rounds = min(size.rounds, 7)
    files, findings = (FILES, FINDINGS) if size.image else (2, 2)
    with TemporaryDirectory(dir=folder) as scratch, serve(Path(scratch)) as here:
        here.files, here.findings = files, findings
        sides = {peer.name: partial(_turn, peer, here) for peer in (HALF, *PEERS) if not peer.missing}
        for turn in sides.values() if rounds > 1 else ():  # untimed
            turn()
        took = alternate(rounds, sides)
        reviews = [_review(here) for _ in range(rounds)]
    return Found((_same_job(took, files, findings), _added(reviews)), tuple(_goals(took)))


def _turn(peer: Peer, here: Services) -> Sample:
    return run_peer(peer, here, here.pull_request())


def _same_job(took: Mapping[str, Sequence[Sample]], files: int, findings: int) -> Table:
    columns = ("who", "processor seconds", "seconds", "requests", "kB", "does")
    does = {peer.name: peer.does for peer in (HALF, *PEERS)}
    rows = [
        (
            name,
            spread(Spread.of([one.processor for one in samples])),
            spread(Spread.of([one.seconds for one in samples])),
            max(one.requests for one in samples),
            round(max(one.traffic for one in samples) / 1000),
            does[name],
        )
        for name, samples in took.items()
    ]
    lacking = [peer.name for peer in PEERS if peer.missing]
    note = (
        f"{counted(files, 'file')}, {counted(findings, 'comment')}, {counted(len(took[HALF.name]), 'round')} in turns."
    )
    return Table(
        "same job", columns, tuple(rows), f"{note} Not installed here: {', '.join(lacking)}." if lacking else note
    )


def _goals(took: Mapping[str, Sequence[Sample]]) -> Iterator[Goal]:
    figures: Mapping[str, Callable[[Sample], float]] = {
        "processor seconds": lambda one: one.processor,
        "requests": lambda one: one.requests,
    }
    for unit, figure in figures.items():
        ours = median(map(figure, took[HALF.name]))
        theirs = {name: median(map(figure, samples)) for name, samples in took.items() if name != HALF.name}
        found = ", ".join(f"{number(ours / value)} times those of {name}" for name, value in theirs.items())
        yield Goal(f"the same job: {unit}", "fewer than each peer", found, all(ours < one for one in theirs.values()))


def _review(here: Services) -> Mapping[str, tuple[float, int]]:
    """Run a whole review with all report files, and return processor seconds and requests of each row."""
    files = {f"{name}-file": f"report.{name}" for name in ("json", "sarif", "html", "rdjson")}
    env = here.environment(here.pull_request(), {"wait-minutes": "60", **files})
    here.forget()
    workspace = Path(env["GITHUB_WORKSPACE"])
    command = [sys.executable, "-I", "-c", ACTION]
    subprocess.run(
        command,
        env={**env, "BENCH_SPANS": json.dumps([SPANS, INNER])},
        cwd=workspace,
        check=True,
        capture_output=True,
        timeout=300,
    )
    spans, whole = json.loads((workspace.parent / "spans.json").read_text(encoding="utf-8"))
    return rows_of([Span(*one) for one in spans], whole, [one.began for one in api(here.github_meter.take())])


def rows_of(spans: Sequence[Span], whole: float, requests: Sequence[float]) -> Mapping[str, tuple[float, int]]:
    """Add up processor seconds, and the requests that arrived during each row's calls."""
    rows = {row: (sum(one.processor for one in spans if one.row == row), 0) for row in SPANS}
    rows[REST] = (whole - sum(processor for processor, _ in rows.values()), 0)
    for arrived in requests:
        row = next((one.row for one in spans if one.row not in INNER and one.began <= arrived <= one.ended), REST)
        rows[row] = (rows[row][0], rows[row][1] + 1)
    return rows


def _added(reviews: Sequence[Mapping[str, tuple[float, int]]]) -> Table:
    columns = ("part of a review", "do the peers do it?", "processor seconds", "requests to GitHub")
    rows: list[tuple[Cell, ...]] = [
        (
            row,
            "yes" if row in PEERS_DO else "in part" if row == REST else "no",
            spread(Spread.of([one[row][0] for one in reviews])),
            max(one[row][1] for one in reviews),
        )
        for row in (*SPANS, REST)
    ]
    whole = spread(Spread.of([sum(processor for processor, _ in one.values()) for one in reviews]))
    rows.append(("all", "", whole, max(sum(count for _, count in one.values()) for one in reviews)))
    return Table("added", columns, tuple(rows), f"The same change as above, {counted(len(reviews), 'round')}.")
