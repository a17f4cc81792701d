"""The local reviewer: a review service that runs the analyzers on the attachments of a submission.

It answers in CodeVF's format. Local reviews are free and complete immediately.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from msgspec import Struct, field

from reviewbot.adapters.scratch import scratch_folder, writing_scratch
from reviewbot.analyzers.answer import MAX_FINDINGS, answer, locate
from reviewbot.analyzers.copies import SourceFile, source_file
from reviewbot.analyzers.kinds import plain
from reviewbot.analyzers.tool_runner import NOT_INSTALLED, ToolReport, Unseen, find_program, run_tools
from reviewbot.analyzers.tools import TOOLS, Tool
from reviewbot.domain.codevf.attachments import read_sections
from reviewbot.domain.diff.parse import parse_diff
from reviewbot.domain.model.review import Balance, Submission, Tag, Task, TaskStatus, Unread
from reviewbot.domain.text.formatting import counted, listed
from reviewbot.errors import ServiceRefused

DIFF_SUFFIX = ".diff"
"""The suffix of attachments that are diffs, e.g., `change.diff` and `change-2.diff`."""

ANY = "analyzers"
MAX_PATHS = 10


class Examination(Struct, frozen=True):
    """An answer in CodeVF's format. `unseen` names files not read completely and files whose findings were left out."""

    answer: dict[str, object]
    unseen: tuple[Unseen, ...]


def examine(
    attachments: Sequence[tuple[str, str]], *, path_env: Mapping[str, str], seconds: float = 120
) -> Examination:
    """Review attachments (names and contents) with the installed analyzers, in at most `seconds` in total.

    Raises:
        ChangeUnreadable: the diff is not a git diff.
    """
    files, textless, total = _changed_files(attachments)
    unread = [file for file in files if not _tools(file)]
    missed = tuple(Unseen(file.path, ANY, "none supports this type of file") for file in unread if not plain(file))
    reports = [*_reports(files, path_env, seconds), ToolReport(ANY, "", (), unseen=missed)]
    findings = locate(pair for report in reports for pair in report.findings)
    kept, cut = findings[:MAX_FINDINGS], findings[MAX_FINDINGS:]
    summary = summarise(reports, total)
    if textless:
        summary.append(f"Not checked, because the full text is not available: {names(textless)}.")
    if unknown := [file.path for file in unread if plain(file)]:
        summary.append(f"No analyzer supports these files: {names(unknown)}.")
    if unchanged := total - len(files) - len(textless):
        summary.append(f"No added lines: {counted(unchanged, 'file')}.")
    if cut:
        summary.append(f"Omitted {counted(len(cut), 'less severe finding')} beyond the limit of {MAX_FINDINGS}.")
    # An author could hide a finding behind 500 worse findings.
    lost = dict.fromkeys(Unseen(one.file.path, one.raw.tool, "its less severe findings were omitted") for one in cut)
    unseen = (*(one for report in reports for one in report.unseen), *_without_text(textless), *lost)
    return Examination(answer(kept, "\n".join(summary)), unseen)


def _changed_files(attachments: Sequence[tuple[str, str]]) -> tuple[list[SourceFile], tuple[str, ...], int]:
    """Return files with added lines, paths of files with added lines but without text, and the number of all files."""
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


def _tools(file: SourceFile) -> list[Tool]:
    return [tool for tool in TOOLS if tool.ending(file) is not None]


def _without_text(paths: Sequence[str]) -> list[Unseen]:
    """Return an entry for each file without text and each analyzer that would read the file."""
    files = [source_file(path, "", frozenset()) for path in paths]
    return [
        Unseen(file.path, name, "the full text is not available")
        for file in files
        for name in [tool.name for tool in _tools(file)] or ([] if plain(file) else [ANY])
    ]


def _reports(files: Sequence[SourceFile], path_env: Mapping[str, str], seconds: float) -> list[ToolReport]:
    """Run the analyzers one after the other. Unused time is available to the following analyzers."""
    until = time.monotonic() + seconds
    wanted = [tool for tool in TOOLS if any(map(tool.ending, files))]
    reports = []
    with scratch_folder("reviewbot-") as folder, writing_scratch():
        root = folder.resolve()
        for position, tool in enumerate(wanted):
            share = max(0.0, until - time.monotonic()) / (len(wanted) - position)
            reports.append(run_tools(tool, files, root=root, path_env=path_env, seconds=share))
    return reports


def summarise(reports: Sequence[ToolReport], total: int) -> list[str]:
    """Return sentences about the analyzers and the unread files. `total` is the number of changed files."""
    unseen = {one.path for report in reports for one in report.unseen}
    read = len({path for report in reports if report.version for path in report.files} - unseen)
    of = "" if read == total else f" of {total}"
    lines = [f"Checked the added lines of {read}{of} {'file' if total == 1 else 'files'}."]
    if not read:
        lines = ["The analyzers did not fully check any changed file."]
    ran = [f"{one.tool} {one.version} ({counted(len(one.files), 'file')})" for one in reports if one.version]
    lines.append(f"Ran: {', '.join(ran)}." if ran else "No analyzer ran.")
    for report in reports:
        ordered = sorted(report.unseen, key=lambda one: (one.why, one.path))
        for (tool, why), group in groupby(ordered, key=lambda one: (one.tool, one.why)):
            which = names([one.path for one in group])
            who = "No analyzer could" if tool == ANY else f"{tool} could not"
            lines.append(f"{who} check these files completely, because {why}: {which}.")
    return lines


def names(paths: Sequence[str]) -> str:
    """Return the first `MAX_PATHS` paths in quotes, and the number of remaining paths."""
    return listed([json.dumps(path, ensure_ascii=False) for path in paths], MAX_PATHS)


def with_interpreter(path_env: Mapping[str, str]) -> dict[str, str]:
    """Put the folder of this interpreter first in `PATH`, because the extra `[local]` installs the analyzers there."""
    folder = str(Path(sys.executable).parent)
    return dict(path_env) | {"PATH": ":".join(filter(None, [folder, path_env.get("PATH", "")]))}


def all_installed(path_env: Mapping[str, str]) -> bool:
    """Return whether every analyzer can be found in `PATH`."""
    return all(find_program(tool.name, path_env.get("PATH", "")) for tool in TOOLS)


class LocalReviewer(Struct, frozen=True):
    """A `reviewbot.ports.ReviewService` that runs static analyzers on the attachments of a submission.

    Tasks exist as long as this object. A repeated idempotency key returns the first task.

    Attributes:
        path_env: `PATH` and optionally `TZ`.
        on_missing: receives the names of analyzers that a submission needs but that are not installed.
    """

    path_env: Mapping[str, str]
    on_missing: Callable[[Sequence[str]], None] | None = None
    _done: dict[str, Examination] = field(default_factory=dict)

    def balance(self) -> Balance | None:
        return None

    def project(self, name: str) -> int:  # noqa: ARG002 — the port's signature
        """Return the same number for every name, because the local reviewer has no projects."""
        return 1

    def tags(self) -> tuple[Tag, ...]:
        return ()

    def create(self, submission: Submission) -> Task:
        """Review the attachments and return a completed task.

        Raises:
            ChangeUnreadable: the attached diff is not a git diff.
        """
        key = submission.idempotency_key
        if key not in self._done:
            attachments = [(attachment.file_name, attachment.content) for attachment in submission.attachments]
            self._done[key] = done = examine(attachments, path_env=self.path_env)
            missing = sorted({one.tool for one in done.unseen if one.why == NOT_INSTALLED})
            if missing and self.on_missing is not None:
                self.on_missing(missing)
        return self.retrieve(key)

    def retrieve(self, task_id: str) -> Task:
        """Return a task that this object created.

        Raises:
            ServiceRefused: the task is unknown.
        """
        if task_id not in self._done:
            raise ServiceRefused(
                f"The local reviewer has no task {task_id!r}.",
                hint="A local review ends with the run that started it. Run the review again.",
            )
        examination, status = self._done[task_id], TaskStatus.COMPLETED
        reasons: dict[str, list[str]] = {}
        for one in sorted(examination.unseen, key=lambda one: one.path):
            reasons.setdefault(one.path, []).append(f"{one.tool}: {one.why}")
        unseen = tuple(Unread(path, "; ".join(dict.fromkeys(whys))) for path, whys in reasons.items())
        return Task(task_id, status, status.value, examination.answer, credits_used=Decimal(0), unseen=unseen)

    def cancel(self, task_id: str) -> None:
        """Do nothing, because all tasks are completed."""

    def deliverable(self, url: str) -> str:
        """Raise `ServiceRefused`, because local reviews have no deliverables."""
        raise ServiceRefused(f"The local reviewer does not provide the deliverable {url!r}.")
