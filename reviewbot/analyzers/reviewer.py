"""The local reviewer's story: read the attachments, put every analyzer to work, answer as the service would."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewbot.analyzers.answer import MAX_FINDINGS, Located, answer, locate
from reviewbot.analyzers.copies import SourceFile, source_file
from reviewbot.analyzers.kinds import plain
from reviewbot.analyzers.obfuscation import unmask
from reviewbot.analyzers.ratings import load
from reviewbot.analyzers.summary import summarise
from reviewbot.analyzers.tool_runner import ToolReport, Unseen, run_tools
from reviewbot.analyzers.tools import TOOLS
from reviewbot.domain.codevf.attachments import read_sections
from reviewbot.domain.diff.parse import parse_diff

DIFF_SUFFIX = ".diff"  # `change.diff`, `change-2.diff`, …: only diffs are called so.
ANY = "any analyzer"


@dataclass(frozen=True, slots=True)
class Examination:
    """The answer, and what it does not cover.

    Attributes:
        answer: the service's answer object.
        unseen: the files that an analyzer should have read to their end and did not, be it that there is none for them,
            and those whose findings did not all fit; empty means that all were seen.
        textless: changed files with added lines whose text did not come along.
    """

    answer: dict[str, object]
    unseen: tuple[Unseen, ...]
    textless: tuple[str, ...]


def review(
    attachments: Sequence[tuple[str, str]], *, path_env: Mapping[str, str], seconds: float = 120
) -> dict[str, object]:
    """Review a submission with the analyzers that are installed.

    Args:
        attachments: (file name, content), exactly as they would be sent to the service.
        path_env: `PATH`, and `TZ` if wanted; nothing else of it is used.
        seconds: how long all analyzers together may take.

    Returns:
        The service's answer object. What was not checked stands in its `summary`.

    Raises:
        ChangeUnreadable: the diff is not a git diff.
    """
    return examine(attachments, path_env=path_env, seconds=seconds).answer


def examine(
    attachments: Sequence[tuple[str, str]], *, path_env: Mapping[str, str], seconds: float = 120
) -> Examination:
    """Review like `review`, and also tell as values what was not checked."""
    files, textless, total = _changed_files(attachments)
    reports = [*_reports(files, path_env, seconds), unmask(files), _without_analyzer(files)]
    found = [pair for report in reports for pair in report.findings]
    findings = locate(found, load())
    unknown = [file.path for file in files if not _has_analyzer(file) and plain(file)]
    kept, cut = findings[:MAX_FINDINGS], findings[MAX_FINDINGS:]
    unchanged = total - len(files) - len(textless)
    summary = summarise(reports, files=total, unknown=unknown, textless=textless, unchanged=unchanged, cut=len(cut))
    return Examination(
        answer=answer(kept, summary),
        unseen=(*(one for report in reports for one in report.unseen), *_without_text(textless), *_cut(cut)),
        textless=textless,
    )


def _changed_files(attachments: Sequence[tuple[str, str]]) -> tuple[list[SourceFile], tuple[str, ...], int]:
    """Return the files that have added lines and a text, the paths of those without, and how many changed."""
    texts: dict[str, str] = {}
    added: dict[str, frozenset[int]] = {}
    for name, content in attachments:
        if name.endswith(DIFF_SUFFIX):
            for diff in parse_diff(content):
                added[diff.path] = added.get(diff.path, frozenset()) | diff.added
        else:
            texts |= read_sections(content)
    changed = sorted((path, lines) for path, lines in added.items() if lines)
    files = [source_file(path, texts[path], lines) for path, lines in changed if path in texts]
    return files, tuple(path for path, _ in changed if path not in texts), len(added)


def _has_analyzer(file: SourceFile) -> bool:
    return any(tool.ending(file) is not None for tool in TOOLS)


def _without_analyzer(files: Sequence[SourceFile]) -> ToolReport:
    """What runs, or may run, and is of no analyzer's kind. Documents and data are not missed."""
    missed = [file for file in files if not _has_analyzer(file) and not plain(file)]
    unseen = tuple(Unseen(file.path, ANY, "there is none for its kind") for file in missed)
    return ToolReport(ANY, "", (), unseen=unseen)


def _without_text(paths: Sequence[str]) -> list[Unseen]:
    """The files that should have been read, had their text come along; by their names, which is all there is."""
    files = [source_file(path, "", frozenset()) for path in paths]
    tools = [(file, [tool.name for tool in TOOLS if tool.ending(file) is not None]) for file in files]
    return [
        Unseen(file.path, name, "its text did not come along")
        for file, names in tools
        for name in names or ([] if plain(file) else [ANY])
    ]


def _cut(findings: Sequence[Located]) -> list[Unseen]:
    """The files that lost findings: whoever adds five hundred worse ones must not hide any without a word."""
    lost = dict.fromkeys((one.file.path, one.raw.tool) for one in findings)
    return [Unseen(path, tool, "its less severe findings were cut") for path, tool in lost]


def _reports(files: Sequence[SourceFile], path_env: Mapping[str, str], seconds: float) -> list[ToolReport]:
    """Run the analyzers one after the other; what one leaves of its share of the time, the next ones have."""
    until = time.monotonic() + seconds
    wanted = [tool for tool in TOOLS if any(tool.ending(file) is not None for file in files)]
    reports = []
    with tempfile.TemporaryDirectory(prefix="reviewbot-") as name:
        root = Path(name).resolve()
        for position, tool in enumerate(wanted):
            share = max(0.0, until - time.monotonic()) / (len(wanted) - position)
            reports.append(run_tools(tool, files, root=root, path_env=path_env, seconds=share))
    return [report for report in reports if report is not None]
