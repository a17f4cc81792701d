"""Rate the analyzers' findings and convert them to CodeVF's answer format."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from msgspec import Struct

from reviewbot.analyzers.copies import Copy, SourceFile
from reviewbot.analyzers.parsers import Edit, RawFinding
from reviewbot.domain.model.review import Category, Severity
from reviewbot.values import replace

MAX_FINDINGS = 500
MAX_LINES = 10
TITLE_CHARACTERS = 160
EXPLANATION_CHARACTERS = 2_000
CODE_CHARACTERS = 4_000


@cache
def table(name: str) -> Mapping[str, Any]:
    """Return the contents of `ratings.toml` or `explanations.toml`."""
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def explain(raw: RawFinding) -> str:
    """Return the explanation for the longest known prefix of the rule's name, or the analyzer's default, if any.

    hadolint runs shellcheck on the commands, so these rules have the explanations of shellcheck.
    """
    tool = "shellcheck" if raw.tool == "hadolint" and raw.rule.startswith("SC") else raw.tool
    texts: Mapping[str, str] = table("explanations.toml").get(tool, {})
    names = (raw.rule[:length] for length in range(len(raw.rule), 0, -1))
    return next((texts[name] for name in names if name in texts), texts.get("default", ""))


def rate(raw: RawFinding) -> tuple[Severity, Category]:
    """Return the rating for the longest known prefix of `RULE LEVEL`, or else for the level, or else the default."""
    rated, name = table("ratings.toml")[raw.tool], f"{raw.rule} {raw.level}"
    rules = (rated["rules"].get(name[:length]) for length in range(len(name), 0, -1))
    severity, category = next(filter(None, rules), rated["levels"].get(raw.level, rated["default"]))
    return Severity(severity), Category(category)


class Located(Struct, frozen=True):
    """A rated finding on lines of the author's file.

    Attributes:
        line: the first line, starting at 1, as git counts lines.
        edits: the analyzer's fix, together with the fixes of the same rule on the same lines.
    """

    file: SourceFile
    line: int
    end_line: int
    raw: RawFinding
    severity: Severity
    category: Category
    edits: tuple[Edit, ...] = ()

    @property
    def suggestion(self) -> str | None:
        """The fixed lines, or None if there is no safe fix for exactly these lines."""
        return replacement(self.file.lines, self.line, self.end_line, self.edits)

    @property
    def order(self) -> tuple[int, str, int, int, str, str, str]:
        """The sort key: worst severity first, then path and line."""
        raw = self.raw
        return (self.severity.rank, self.file.path, self.line, self.end_line, raw.tool, raw.rule, raw.message)


def locate(found: Iterable[tuple[Copy, RawFinding]]) -> tuple[Located, ...]:
    """Rate the findings on added lines. If several findings on a line have the same meaning, keep the worst."""
    located = (one for copy, raw in found if (one := _located(copy, raw)) is not None)
    meanings = {rule: meaning for meaning, rules in table("ratings.toml")["same"].items() for rule in rules}
    kept: dict[tuple[str, int, str], Located] = {}
    for one in sorted(located, key=lambda one: one.order):
        rule = f"{one.raw.tool}:{one.raw.rule}"
        key = (one.file.path, one.line, meanings.get(rule, rule))
        kept[key] = _joined(kept[key], one) if key in kept else one
    return tuple(kept.values())


def _joined(first: Located, other: Located) -> Located:
    """Return the first finding. Add the other fix if both findings have the same rule and the fixes do not overlap."""
    if (first.raw.tool, first.raw.rule, first.end_line) != (other.raw.tool, other.raw.rule, other.end_line):
        return first
    both = replace(first, edits=tuple(dict.fromkeys((*first.edits, *other.edits))))
    return first if both.suggestion is None else both


def _located(copy: Copy, raw: RawFinding) -> Located | None:
    file = copy.source
    line, end_line = copy.source_line(raw.line), copy.source_line(raw.end_line)
    touched = [number for number in range(line, end_line + 1) if number in file.added]
    if not touched:
        return None
    if end_line - line >= MAX_LINES:
        # Show a finding about a whole function or job on its first line if that line was added, or else on the first
        # added line.
        line = end_line = line if line in file.added else touched[0]
    # A CR inside a line makes the analyzer's line and column numbers differ from git's.
    edits = () if any("\r" in text for text in file.lines) else raw.edits
    return Located(file, line, end_line, raw, *rate(raw), edits)


def answer(findings: Sequence[Located], summary: str) -> dict[str, object]:
    """Return an answer in CodeVF's format, sorted by path and line."""
    ordered = sorted(findings, key=lambda one: (one.file.path, one.line, one.order))
    files = [
        {"path": path, "findings": [_finding(one) for one in group]}
        for path, group in groupby(ordered, key=lambda one: one.file.path)
    ]
    return {"summary": summary, "files": files}


def _finding(one: Located) -> dict[str, object]:
    raw = one.raw
    code = "\n".join(one.file.lines[one.line - 1 : one.end_line])
    quoted = len(code) <= CODE_CHARACTERS  # The quote is optional, and one line of a bundle can be a megabyte.
    finding: dict[str, object] = {
        "severity": one.severity.value,
        "category": one.category.value,
        "title": title(raw.message),
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
    # The title may contain only the beginning of the message.
    message = raw.message if len(raw.message) > TITLE_CHARACTERS else ""
    parts = [part[:EXPLANATION_CHARACTERS] for part in (message, explain(raw), raw.note) if part]
    return "\n\n".join([*parts, f"Found by {raw.tool} ({raw.rule})."])


_IDENTIFIER = re.compile(r"\S*[\d_.(]|[b-z]\b|\S+ (?:appears|is referenced)\b")
"""Matches a message that begins with an identifier from the code, which must not be capitalized."""


def title(message: str) -> str:
    """Return the first words of a message on one line, capitalized unless they begin with an identifier."""
    line = " ".join(message.split())
    line = line if _IDENTIFIER.match(line) else line[:1].upper() + line[1:]
    return line if len(line) <= TITLE_CHARACTERS else f"{line[: TITLE_CHARACTERS - 1]}…"


def replacement(lines: Sequence[str], line: int, end_line: int, edits: Sequence[Edit]) -> str | None:
    """Return the lines `line` to `end_line` after the edits, without the last newline.

    An empty string deletes the lines. Return None if the edits overlap, reach outside the lines or change nothing.
    """
    old = [f"{text}\n" for text in lines[line - 1 : end_line]]
    starts, text = [0, *accumulate(map(len, old))], "".join(old)
    new, at = list[str](), 0
    for edit in sorted(edits, key=lambda edit: (edit.line, edit.column, edit.end_line, edit.end_column)):
        begin = _offset(old, starts, edit.line - line, edit.column)
        end = _offset(old, starts, edit.end_line - line, edit.end_column)
        if not at <= begin <= end:
            return None
        new += [text[at:begin], edit.text]
        at = end
    fixed = "".join([*new, text[at:]])
    return None if fixed == text or (fixed and not fixed.endswith("\n")) else fixed.removesuffix("\n")


def _offset(lines: Sequence[str], starts: Sequence[int], index: int, column: int) -> int:
    """Return the offset of a position, or -1 outside the lines. `index` starts at 0, and `column` starts at 1."""
    length = len(lines[index]) if 0 <= index < len(lines) else int(index == len(lines))
    return starts[index] + column - 1 if 1 <= column <= length else -1
