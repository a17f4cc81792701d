"""The files as the analyzers see them: under names that we made, with the author's suppressions taken out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of the change, at its head.

    Attributes:
        path: the author's name for it; hostile, never used on disk.
        lines: its lines as git counts them, without LF or CRLF.
        added: the numbers of the lines that the change added, from 1.
    """

    path: str
    lines: tuple[str, ...]
    added: frozenset[int]

    @property
    def basename(self) -> str:
        """The last part of the path, in lower case, for recognising what kind of file it is."""
        return self.path.rpartition("/")[2].lower()

    @property
    def shebang(self) -> str:
        """The first line when it names an interpreter, else nothing. A byte order mark in front does not hide it."""
        first = self.lines[0].removeprefix("\ufeff") if self.lines else ""
        return first if first.startswith("#!") else ""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that an analyzer reads.

    Attributes:
        source: what it is a copy of.
        name: its path inside the analyzer's folder, made of our own letters and digits.
        origin: for each line of the copy, the number of the source's line that it comes from.
    """

    source: SourceFile
    name: str
    origin: tuple[int, ...]

    def source_line(self, line: int) -> int:
        """Translate a line number of the copy; numbers outside the copy are moved to its nearest end."""
        return self.origin[min(max(line, 1), len(self.origin)) - 1] if self.origin else 1


def source_file(path: str, text: str, added: frozenset[int]) -> SourceFile:
    """Build a file from its text."""
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    return SourceFile(path, tuple(lines), added)


def write_copy(source: SourceFile, folder: Path, name: str, pragma: re.Pattern[str] | None) -> Copy:
    """Write `source` to `folder / name`.

    A carriage return inside a line starts a new line for some analyzers and not for git. The copy makes every one a
    real line and remembers where it came from, so that nobody can shift findings off the changed lines.

    Args:
        source: the file.
        folder: the analyzer's own folder.
        name: a name that we made.
        pragma: what switches the analyzer off from inside a file; replaced by as many letters, so that columns stay.
    """
    lines: list[str] = []
    origin: list[int] = []
    for number, line in enumerate(source.lines, start=1):
        pieces = line.split("\r")
        lines.extend(pieces)
        origin.extend([number] * len(pieces))
    text = "".join(f"{line}\n" for line in lines)
    if pragma is not None:
        text = pragma.sub(lambda match: "x" * len(match.group()), text)
    target = folder / name
    target.parent.mkdir(mode=0o700, exist_ok=True)
    target.write_text(text, encoding="utf-8", errors="replace", newline="")
    return Copy(source, name, tuple(origin))
