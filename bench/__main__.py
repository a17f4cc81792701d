"""Measure and print; `--write` also stores the figures, fills `bench/README.md` and draws `docs/charts`."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import msgspec

from bench import archive, busy, fair, overhead, paper, stages, starting, waiting
from bench.charts import charts
from bench.document import filled
from bench.machine import describe
from bench.parts import SMALL, WHOLE, Found, Part, Size
from bench.table import Results, goals_table, markdown

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench/results.json"
DOCUMENT = ROOT / "bench/README.md"
CHARTS = ROOT / "docs/charts"

PARTS: Mapping[str, Part] = {
    "overhead": overhead.measure,
    "fair": fair.measure,
    "starting": starting.measure,
    "archive": archive.measure,
    "waiting": waiting.measure,
    "stages": stages.measure,
    "busy": busy.measure,
    "paper": lambda _size, _folder: Found((paper.table(),), ()),
}


def play(names: Sequence[str], size: Size) -> Results:
    began, machine = time.monotonic(), describe(ROOT)
    with tempfile.TemporaryDirectory(prefix="reviewbot-bench-") as folder:
        found = [_measured(name, size, Path(folder)) for name in names]
    tables = tuple(table for one in found for table in one.tables)
    goals = tuple(goal for one in found for goal in one.goals)
    return Results(machine, size.name, round(time.monotonic() - began, 1), tables, goals)


def _measured(name: str, size: Size, folder: Path) -> Found:
    """Measure a part and print its tables."""
    found = PARTS[name](size, folder)
    for table in found.tables:
        sys.stdout.write(f"\n{table.name}\n\n{markdown(table.columns, table.rows, table.note)}\n")
    sys.stdout.flush()
    return found


def main(arguments: Sequence[str]) -> int:
    """Run the benchmarks; the exit status does not depend on the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure reviewbot next to other programs.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--small", action="store_true", help="a quick run that shows that everything works")
    parser.add_argument("--write", action="store_true", help="store the figures of all parts, and --fill")
    parser.add_argument("--fill", action="store_true", help="show the stored figures: bench/README.md and docs/charts")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.parts) - PARTS.keys()
    if unknown or (chosen.write and chosen.parts):
        parser.error(f"unknown part: {', '.join(sorted(unknown))}" if unknown else "--write takes no PART")
    if not chosen.fill:
        results = play(chosen.parts or list(PARTS), SMALL if chosen.small else WHOLE)
        sys.stdout.write(f"\ngoals\n\n{goals_table(results.goals)}\n\n{results.seconds:.0f} seconds\n")
        if chosen.write:
            RESULTS.write_text(json.dumps(asdict(results), indent=1) + "\n", encoding="utf-8")
    if chosen.fill or chosen.write:
        DOCUMENT.write_text(filled(DOCUMENT.read_text(encoding="utf-8"), stored()), encoding="utf-8")
        for name, drawn in charts(stored()).items():
            (CHARTS / name).write_text(drawn, encoding="utf-8")
    return 0


def stored() -> Results:
    return msgspec.json.decode(RESULTS.read_bytes(), type=Results)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
