"""Puts one analyzer to work on its files, and finds out which of them it could not read."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reviewbot.analyzers.copies import Copy, SourceFile, write_copy
from reviewbot.analyzers.parsers import Unreadable
from reviewbot.analyzers.process import NotStarted, Ran, TimedOut, run
from reviewbot.analyzers.raw import RawFinding
from reviewbot.analyzers.tools import Tool

# What a child may know of our environment; the rest of what it gets is made up here.
PASSED_ON = ("PATH", "TZ")


NOT_INSTALLED = "it is not installed"


@dataclass(frozen=True, slots=True)
class Unseen:
    """A file that an analyzer should have read to its end and did not.

    Attributes:
        path: the author's path of the file.
        tool: the analyzer.
        why: a few words that fit after "because".
    """

    path: str
    tool: str
    why: str


@dataclass(frozen=True, slots=True)
class ToolReport:
    """What became of one analyzer.

    Attributes:
        tool: its name.
        version: as it tells, empty when it did not run.
        files: the paths of the files that were meant for it.
        findings: with the copy that each of them is in.
        unseen: the files that it did not read to their end.
    """

    tool: str
    version: str
    files: tuple[str, ...]
    findings: tuple[tuple[Copy, RawFinding], ...] = ()
    unseen: tuple[Unseen, ...] = ()

    @property
    def read(self) -> frozenset[str]:
        """The paths of the files that it read to their end."""
        return frozenset(self.files) - {one.path for one in self.unseen} if self.version else frozenset()


@dataclass(slots=True)
class ToolRunner:
    """One analyzer's place: its folder, its program, its time.

    Attributes:
        tool: the analyzer.
        program: absolute path of it.
        folder: an empty folder of its own; the working directory of the program.
        environment: all that the program gets to see.
        until: when to stop, by `time.monotonic`.
    """

    tool: Tool
    program: str
    folder: Path
    environment: Mapping[str, str]
    until: float
    findings: list[tuple[Copy, RawFinding]] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)

    def examine(self, copies: Sequence[Copy]) -> None:
        """Run the analyzer on all copies at once; when that fails, on halves, until the bad file stands alone.

        So a file that was made to crash an analyzer hides itself at most, and is told.
        """
        remaining = self.until - time.monotonic()
        if remaining <= 0:
            self._miss(copies, "its time was over")
            return
        problem = self._attempt(copies, remaining if len(copies) == 1 else remaining / 2)
        if not problem:
            return
        if len(copies) == 1:
            self._miss(copies, problem)
            return
        half = len(copies) // 2
        self.examine(copies[:half])
        self.examine(copies[half:])

    def version(self) -> str:
        """What the program says of itself, `?` when that holds no number."""
        seconds = min(10.0, max(0.1, (self.until - time.monotonic()) / 4))
        outcome = run([self.program, "--version"], folder=self.folder, environment=self.environment, seconds=seconds)
        found = re.search(r"\d+(\.\d+)+", outcome.stdout) if isinstance(outcome, Ran) else None
        return found[0] if found else "?"

    def _attempt(self, copies: Sequence[Copy], seconds: float) -> str:
        """Run once. Return what went wrong, empty when all is well."""
        command = [self.program, *self.tool.arguments, *(copy.name for copy in copies)]
        match run(command, folder=self.folder, environment=self.environment, seconds=seconds):
            case NotStarted():
                return "it could not be started"
            case TimedOut():
                return "it took too long"
            case Ran(status, stdout, _) if status in self.tool.healthy:
                return self._take(copies, stdout)
            case Ran(status):
                return f"it ended with status {status}" if status >= 0 else f"it was ended by signal {-status}"

    def _take(self, copies: Sequence[Copy], output: str) -> str:
        by_name = {copy.name: copy for copy in copies}
        try:
            raws = self.tool.parse(output)
        except Unreadable:
            return "its output could not be read"
        found = [(by_name[name], raw) for raw in raws if (name := self._name(raw.file)) in by_name]
        if len(found) < len(raws):
            return "its output names a file that it was not given"
        self.findings += found
        broken = {copy.name: copy for copy, raw in found if raw.rule in self.tool.unparsed}
        self._miss(list(broken.values()), "the file could not be parsed to its end")
        return ""

    def _name(self, printed: str) -> str:
        """The copy's name, however the analyzer prints it."""
        path = Path(printed)
        return (path.relative_to(self.folder) if path.is_relative_to(self.folder) else path).as_posix()

    def _miss(self, copies: Sequence[Copy], why: str) -> None:
        self.unseen += [Unseen(copy.source.path, self.tool.name, why) for copy in copies]


def run_tools(
    tool: Tool, files: Sequence[SourceFile], *, root: Path, path_env: Mapping[str, str], seconds: float
) -> ToolReport | None:
    """Run one analyzer on its files.

    Args:
        tool: the analyzer.
        files: all files; it picks its own.
        root: an empty, private folder; the analyzer gets a folder inside.
        path_env: where programs are found (`PATH`); nothing else of it but `TZ` is passed on.
        seconds: how long it may take for all of its files.

    Returns:
        What became of it, or None when no file is of its kind.
    """
    endings = [(file, ending) for file in files if (ending := tool.ending(file)) is not None]
    if not endings:
        return None
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
    bench = ToolRunner(tool, program, folder, _environment(path_env, folder), time.monotonic() + seconds)
    version = bench.version()
    bench.examine(copies)
    return ToolReport(tool.name, version, paths, tuple(bench.findings), tuple(bench.unseen))


def find_program(name: str, search_path: str) -> str | None:
    """Find a program in the absolute folders of a search path.

    Relative and empty entries mean the working directory, and that may be somebody's checkout.
    """
    folders = [folder for folder in search_path.split(":") if folder.startswith("/")]
    return shutil.which(name, path=":".join(folders)) if folders else None


def _environment(path_env: Mapping[str, str], home: Path) -> dict[str, str]:
    passed = {name: path_env[name] for name in PASSED_ON if name in path_env}
    return passed | {"HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
