"""Run an analyzer in isolation and with limits, and report the files that the analyzer could not read."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field

from reviewbot.adapters.subprocess_limits import CANNOT_START, Limits, run_confined
from reviewbot.analyzers.copies import Copy, SourceFile, write_copy
from reviewbot.analyzers.parsers import RawFinding
from reviewbot.analyzers.tools import Tool
from reviewbot.domain.text.strict_json import JsonMismatch

OUTPUT_BYTES = 32 * 1024**2
PASSED_ON = ("PATH", "TZ")
"""Environment variables that analyzers receive."""

NOT_INSTALLED = "it is not installed"
NOT_STARTED = "it could not be started"
TOO_SLOW = "it took too long"


class Ran(Struct, frozen=True):
    """The result of a program that ended in time. A negative status is the negated number of the fatal signal."""

    status: int
    stdout: str


def run(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], seconds: float) -> Ran | str:
    """Run a command in a folder. Return the result, or the reason why the command did not start or end in time.

    The child gets exactly `environment` and no standard input.
    """
    with tempfile.TemporaryFile(dir=folder) as stdout:
        streams = stdout.fileno(), subprocess.DEVNULL
        try:
            status = run_confined(command, Limits(seconds, OUTPUT_BYTES), folder, environment, streams)
        except OSError:
            return NOT_STARTED
        except subprocess.TimeoutExpired:
            return TOO_SLOW
        stdout.seek(0)
        output = stdout.read(OUTPUT_BYTES).decode("utf-8", errors="replace")
    return NOT_STARTED if status in CANNOT_START else Ran(status, output)


class Unseen(Struct, frozen=True):
    """A file of the change that an analyzer did not read completely. `why` continues a sentence after "because"."""

    path: str
    tool: str
    why: str


class ToolReport(Struct, frozen=True):
    """The result of one analyzer. `files` contains paths, and `version` is empty if the analyzer did not run."""

    tool: str
    version: str
    files: tuple[str, ...]
    findings: tuple[tuple[Copy, RawFinding], ...] = ()
    unseen: tuple[Unseen, ...] = ()


class ToolRunner(Struct):
    """Runs one analyzer in a private folder that contains only the copies.

    Attributes:
        program: the absolute path of the program.
        environment: the program's complete environment.
        until: the deadline, as a value of `time.monotonic`.
    """

    tool: Tool
    program: str
    folder: Path
    environment: Mapping[str, str]
    until: float
    findings: list[tuple[Copy, RawFinding]] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)

    def examine(self, copies: Sequence[Copy]) -> None:
        """Run the analyzer on all copies. After a failure, bisect them, so that only the faulty file is unread."""
        remaining = self.until - time.monotonic()
        if remaining <= 0:
            self._leave_unread(copies, "it ran out of time")
            return
        problem = self._attempt(copies, remaining if len(copies) == 1 else remaining / 2)
        if problem and len(copies) == 1:
            self._leave_unread(copies, problem)
        elif problem:
            half = len(copies) // 2
            self.examine(copies[:half])
            self.examine(copies[half:])

    def version(self) -> str:
        """Return the program's version, or `?` if the program prints no version number."""
        seconds = min(10.0, max(0.1, (self.until - time.monotonic()) / 4))
        outcome = run([self.program, "--version"], folder=self.folder, environment=self.environment, seconds=seconds)
        found = re.search(r"\d+(\.\d+)+", outcome.stdout) if isinstance(outcome, Ran) else None
        return found[0] if found else "?"

    def _attempt(self, copies: Sequence[Copy], seconds: float) -> str:
        command = [self.program, *self.tool.arguments, *(copy.name for copy in copies)]
        match run(command, folder=self.folder, environment=self.environment, seconds=seconds):
            case Ran(status, stdout) if status in self.tool.healthy:
                return self._parse(copies, stdout)
            case Ran(status):
                return f"it exited with status {status}" if status >= 0 else f"it was killed by signal {-status}"
            case problem:
                return problem

    def _parse(self, copies: Sequence[Copy], output: str) -> str:
        by_path = {self.folder / copy.name: copy for copy in copies}
        try:
            raws = self.tool.parse(output)
        except JsonMismatch:  # e.g., because the output was cut off
            return "its output could not be read"
        # An analyzer may print an absolute path. `self.folder / raw.file` is then that path.
        found = [(by_path[path], raw) for raw in raws if (path := self.folder / raw.file) in by_path]
        if len(found) < len(raws):
            return "its output refers to an unknown file"
        self.findings += found
        broken: dict[str, tuple[Copy, int]] = {}
        for copy, raw in found:
            if raw.rule in self.tool.unparsed:
                broken.setdefault(copy.name, (copy, copy.source_line(raw.line)))
        for copy, line in broken.values():
            self._leave_unread([copy], f"it could not parse the whole file; fix the syntax error on line {line}")
        return ""

    def _leave_unread(self, copies: Sequence[Copy], why: str) -> None:
        self.unseen += [Unseen(copy.source.path, self.tool.name, why) for copy in copies]


def run_tools(
    tool: Tool, files: Sequence[SourceFile], *, root: Path, path_env: Mapping[str, str], seconds: float
) -> ToolReport:
    """Run one analyzer on the files that it supports, in a new folder below `root`."""
    endings = [(file, ending) for file in files if (ending := tool.ending(file)) is not None]
    paths = tuple(file.path for file, _ in endings)
    program = find_program(tool.name, path_env.get("PATH", ""))
    if program is None:
        unseen = tuple(Unseen(path, tool.name, NOT_INSTALLED) for path in paths)
        return ToolReport(tool.name, "", paths, unseen=unseen)
    folder = root / tool.name
    folder.mkdir(mode=0o700)
    copies = [
        write_copy(file, folder, f"f{number:05}{ending}", tool.pragma)
        for number, (file, ending) in enumerate(endings, start=1)
    ]
    runner = ToolRunner(tool, program, folder, _environment(path_env, folder), time.monotonic() + seconds)
    version = runner.version()
    runner.examine(copies)
    return ToolReport(tool.name, version, paths, tuple(runner.findings), tuple(runner.unseen))


def find_program(name: str, search_path: str) -> str | None:
    """Find a program in the absolute folders of a search path. A relative folder could contain an author's files."""
    folders = [folder for folder in search_path.split(":") if folder.startswith("/")]
    return shutil.which(name, path=":".join(folders)) if folders else None


def _environment(path_env: Mapping[str, str], home: Path) -> dict[str, str]:
    passed = {name: path_env[name] for name in PASSED_ON if name in path_env}
    return passed | {"HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
