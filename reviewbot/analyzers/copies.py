"""Copy files for the analyzers. reviewbot chooses the names and disables the author's suppression comments."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from reviewbot.domain.diff.text_index import split_lines


class SourceFile(Struct, frozen=True):
    """A changed file at the head. `path` is untrusted, and reviewbot never uses it on disk.

    Attributes:
        lines: the lines as git counts them, without LF or CRLF.
        added: the numbers of the added lines, starting at 1.
    """

    path: str
    lines: tuple[str, ...]
    added: frozenset[int]

    @property
    def basename(self) -> str:
        """The last part of the path, in lower case."""
        return self.path.rpartition("/")[2].lower()

    @property
    def shebang(self) -> str:
        """The first line if it starts with `#!`, or an empty string. A byte order mark is ignored."""
        first = self.lines[0].removeprefix("\ufeff") if self.lines else ""
        return first if first.startswith("#!") else ""


class Copy(Struct, frozen=True):
    """A file that an analyzer reads.

    Attributes:
        name: the path of the copy in the analyzer's folder.
        origin: for each line of the copy, the number of the line in the source.
    """

    source: SourceFile
    name: str
    origin: tuple[int, ...]

    def source_line(self, line: int) -> int:
        """Return the line number in the source. A number outside the copy counts as the first or the last line."""
        return self.origin[min(max(line, 1), len(self.origin)) - 1] if self.origin else 1


def source_file(path: str, text: str, added: frozenset[int]) -> SourceFile:
    return SourceFile(path, tuple(line.removesuffix("\r") for line in split_lines(text)), added)


def write_copy(source: SourceFile, folder: Path, name: str, pragma: re.Pattern[str] | None) -> Copy:
    """Write a copy of a file to `folder / name`.

    Unlike git, some analyzers start a new line at a CR. The copy splits such lines, so that an author cannot move
    findings off the changed lines. Matches of `pragma`, which would disable the analyzer, are replaced with the same
    number of `x`, so that columns stay correct.
    """
    lines = [(number, piece) for number, line in enumerate(source.lines, start=1) for piece in line.split("\r")]
    text = "".join(f"{piece}\n" for _, piece in lines)
    if pragma is not None:
        text = pragma.sub(lambda match: "x" * len(match.group()), text)
    target = folder / name
    target.parent.mkdir(mode=0o700, exist_ok=True)
    target.write_text(text, encoding="utf-8", errors="replace", newline="")
    return Copy(source, name, tuple(number for number, _ in lines))
