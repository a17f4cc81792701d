"""The answer's summary: which analyzers ran, which did not, and what none of them saw."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

from reviewbot.analyzers.tool_runner import ToolReport, Unseen

MAX_PATHS = 10


def summarise(
    reports: Sequence[ToolReport],
    *,
    files: int,
    unknown: Sequence[str],
    textless: Sequence[str],
    unchanged: int,
    cut: int,
) -> str:
    """Write the summary, one sentence a line.

    Args:
        reports: of all analyzers that had files.
        files: how many changed files were submitted; every other number is a part of it.
        unknown: paths of the documents and data that no analyzer reads.
        textless: paths of changed files whose text did not come along.
        unchanged: how many files have no added lines, so that no analyzer reads them.
        cut: how many findings were left out, the least severe ones.
    """
    lines = [_read(reports, files)]
    ran = [f"{one.tool} {one.version} ({count(len(one.files), 'file')})" for one in reports if one.version]
    lines.append(f"Ran: {', '.join(ran)}." if ran else "No analyzer ran.")
    for report in reports:
        lines += [f"{text}." for text in _unseen(report.unseen)]
    if textless:
        lines.append(f"Not read, since the text did not come along: {names(textless)}.")
    if unknown:
        lines.append(f"No analyzer for: {names(unknown)}.")
    if unchanged:
        lines.append(f"No added lines: {count(unchanged, 'file')}.")
    if cut:
        lines.append(f"{count(cut, 'less severe finding')} left out: there were too many.")
    return "\n".join(lines)


def _read(reports: Sequence[ToolReport], files: int) -> str:
    """How many files were read to their end, by every analyzer that should have."""
    unseen = {one.path for report in reports for one in report.unseen}
    read = len(frozenset[str]().union(*(report.read for report in reports)) - unseen)
    if not read:
        return f"Static analyzers read none of {count(files, 'changed file')} to its end."
    of = "" if read == files else f" of {files}"
    return f"Static analyzers read the added lines of {read}{of} {'file' if files == 1 else 'files'}."


def _unseen(unseen: Sequence[Unseen]) -> list[str]:
    ordered = sorted(unseen, key=lambda one: (one.why, one.path))
    return [
        f"Not checked whole by {group[0].tool}, because {why}: {names([one.path for one in group])}"
        for why, group in ((why, list(group)) for why, group in groupby(ordered, key=lambda one: one.why))
    ]


def names(paths: Sequence[str]) -> str:
    """Quote the first paths and count the others."""
    shown = ", ".join(json.dumps(path, ensure_ascii=False) for path in paths[:MAX_PATHS])
    more = len(paths) - MAX_PATHS
    return f"{shown} and {more} more" if more > 0 else shown


def count(number: int, noun: str) -> str:
    """A number and its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
