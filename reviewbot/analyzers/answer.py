"""Puts what the analyzers found into the words of the service's answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from reviewbot.analyzers.copies import Copy, SourceFile
from reviewbot.analyzers.ratings import Rating, Ratings
from reviewbot.analyzers.raw import Edit, RawFinding
from reviewbot.analyzers.suggestions import replacement

MAX_FINDINGS = 500
MAX_LINES = 10
TITLE_CHARACTERS = 160
EXPLANATION_CHARACTERS = 2_000
CODE_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Located:
    """A finding on lines of the author's file, rated.

    Attributes:
        file: the file.
        line: first line, from 1, as git counts.
        end_line: last line.
        raw: what the analyzer said.
        rating: what we make of it.
        meaning: equal for findings that say the same thing.
        edits: the analyzer's fix, together with those of the same rule on the same lines.
    """

    file: SourceFile
    line: int
    end_line: int
    raw: RawFinding
    rating: Rating
    meaning: str
    edits: tuple[Edit, ...] = ()

    @property
    def suggestion(self) -> str | None:
        """What the lines should read instead, None when there is no safe fix of exactly these lines."""
        return replacement(self.file.lines, self.line, self.end_line, self.edits)

    @property
    def order(self) -> tuple[int, str, int, int, str, str, str]:
        """Worst first, then as one reads."""
        raw = self.raw
        return (self.rating.severity.rank, self.file.path, self.line, self.end_line, raw.tool, raw.rule, raw.message)


def locate(found: Iterable[tuple[Copy, RawFinding]], ratings: Ratings) -> tuple[Located, ...]:
    """Rate the findings whose lines touch added ones; one for each line and meaning, the worst first."""
    located = (one for copy, raw in found if (one := _located(copy, raw, ratings)) is not None)
    kept: dict[tuple[str, int, str], Located] = {}
    for one in sorted(located, key=lambda one: one.order):
        key = (one.file.path, one.line, one.meaning)
        kept[key] = _joined(kept[key], one) if key in kept else one
    return tuple(kept.values())


def _joined(first: Located, other: Located) -> Located:
    """Keep the first, with the fixes of both where they are of one rule and go together."""
    if (first.raw.tool, first.raw.rule, first.end_line) != (other.raw.tool, other.raw.rule, other.end_line):
        return first
    both = replace(first, edits=tuple(dict.fromkeys((*first.edits, *other.edits))))
    return first if both.suggestion is None else both


def _located(copy: Copy, raw: RawFinding, ratings: Ratings) -> Located | None:
    file = copy.source
    line, end_line = copy.source_line(raw.line), copy.source_line(raw.end_line)
    touched = [number for number in range(line, end_line + 1) if number in file.added]
    if not touched:
        return None
    if end_line - line >= MAX_LINES:
        # A finding on a whole function or job is shown on its first line, or where the change begins when that is old.
        line = end_line = line if line in file.added else touched[0]
    # A CR inside a line makes the analyzer's line and column numbers differ from git's.
    edits = () if any("\r" in text for text in file.lines) else raw.edits
    return Located(file, line, end_line, raw, ratings.rate(raw), ratings.meaning(raw), edits)


def answer(findings: Sequence[Located], summary: str) -> dict[str, object]:
    """Build the answer object. Files in the order of their names, findings in the order of their lines."""
    ordered = sorted(findings, key=lambda one: (one.file.path, one.line, one.order))
    files = [
        {"path": path, "findings": [_finding(one) for one in group]}
        for path, group in groupby(ordered, key=lambda one: one.file.path)
    ]
    return {"summary": summary, "files": files}


def _finding(one: Located) -> dict[str, object]:
    raw = one.raw
    code = "\n".join(one.file.lines[one.line - 1 : one.end_line])
    quoted = len(code) <= CODE_CHARACTERS  # The quote may be left out, and one line of a bundle can be a megabyte.
    finding: dict[str, object] = {
        "severity": one.rating.severity.value,
        "category": one.rating.category.value,
        "title": _title(raw.message),
        "explanation": _explanation(raw),
        "side": "RIGHT",
        "line": one.line,
        "end_line": one.end_line,
        "code": code if quoted else "",
    }
    if quoted and (suggestion := one.suggestion) is not None:
        finding |= {"suggestion": suggestion, "existing_code": code}
    if raw.reference:
        finding["references"] = [raw.reference]
    return finding


def _explanation(raw: RawFinding) -> str:
    """The note, after the message where the title had to cut it, and who says so."""
    message = raw.message if len(raw.message) > TITLE_CHARACTERS else ""
    parts = [part[:EXPLANATION_CHARACTERS] for part in (message, raw.note) if part]
    return "\n\n".join([*parts, f"Found by {raw.tool} ({raw.rule})."])


def _title(message: str) -> str:
    line = " ".join(message.split())
    line = line[:1].upper() + line[1:]
    return line if len(line) <= TITLE_CHARACTERS else f"{line[: TITLE_CHARACTERS - 1]}…"
