"""Reads what each analyzer prints. A shape that is not the documented one raises `Unreadable`, nothing else."""

from __future__ import annotations

from collections.abc import Callable

from reviewbot.analyzers.raw import Edit, RawFinding
from reviewbot.domain.text.strict_json import JsonMismatch, JsonNode


class Unreadable(Exception):
    """The output is not what the analyzer's documentation promises, for example because it was cut off."""


def ruff(output: str) -> tuple[RawFinding, ...]:
    """Read `--output-format json`. Columns count characters from 1."""
    return _read(output, lambda data: data.all(_ruff))


def shellcheck(output: str) -> tuple[RawFinding, ...]:
    """Read `--format json1`, where a tab is one column."""
    return _read(output, lambda data: data["comments"].all(_shellcheck))


def ast_grep(output: str) -> tuple[RawFinding, ...]:
    """Read `--json=compact`. Lines count from 0."""
    return _read(output, lambda data: data.all(_ast_grep))


def zizmor(output: str) -> tuple[RawFinding, ...]:
    """Read `--format json-v1`. Rows count from 0."""
    return _read(output, lambda data: data.all(_zizmor))


def hadolint(output: str) -> tuple[RawFinding, ...]:
    """Read `--format json`. A message has one line."""
    return _read(output, lambda data: data.all(_hadolint))


def _read(output: str, read: Callable[[JsonNode], tuple[RawFinding, ...]]) -> tuple[RawFinding, ...]:
    try:
        return read(JsonNode.parse(output))
    except JsonMismatch as error:
        raise Unreadable(str(error)) from error


def _ruff(record: JsonNode) -> RawFinding:
    fix, start, end = record["fix"], record["location"], record["end_location"]
    safe = fix.value is not None and fix["applicability"].text() == "safe"
    message = None if fix.value is None else fix["message"].maybe(JsonNode.text)
    return RawFinding(
        tool="ruff",
        rule=record["code"].maybe(JsonNode.text) or "invalid-syntax",
        file=record["filename"].text(),
        line=start["row"].whole(),
        end_line=_last_line(start["row"].whole(), end["row"].whole(), end["column"].whole() - 1),
        level="error",
        message=record["message"].text(),
        note=f"{message}." if message else "",
        reference=record["url"].maybe(JsonNode.text) or "",
        edits=fix["edits"].all(_ruff_edit) if safe else (),
    )


def _last_line(line: int, end_line: int, end_column: int) -> int:
    """A range that ends before the first character of a line ends with the line above."""
    return max(line, end_line - 1 if end_column == 0 else end_line)


def _ruff_edit(edit: JsonNode) -> Edit:
    start, end = edit["location"], edit["end_location"]
    return Edit(
        start["row"].whole(), start["column"].whole(), end["row"].whole(), end["column"].whole(), edit["content"].text()
    )


def _shellcheck(record: JsonNode) -> RawFinding:
    code = f"SC{record['code'].whole()}"
    fix = record.get("fix")
    return RawFinding(
        tool="shellcheck",
        rule=code,
        file=record["file"].text(),
        line=record["line"].whole(),
        end_line=max(record["line"].whole(), record["endLine"].whole()),
        level=record["level"].text(),
        message=record["message"].text(),
        reference=f"https://www.shellcheck.net/wiki/{code}",
        edits=() if fix.value is None else fix["replacements"].all(_shellcheck_edit),
    )


def _shellcheck_edit(edit: JsonNode) -> Edit:
    line, column, end_line, end_column = (edit[key].whole() for key in ("line", "column", "endLine", "endColumn"))
    return Edit(line, column, end_line, end_column, edit["replacement"].text())


def _ast_grep(record: JsonNode) -> RawFinding:
    start, end = record["range"]["start"], record["range"]["end"]
    line = start["line"].whole() + 1
    return RawFinding(
        tool="ast-grep",
        rule=record["ruleId"].text(),
        file=record["file"].text(),
        line=line,
        end_line=_last_line(line, end["line"].whole() + 1, end["column"].whole()),
        level=record["severity"].text(),
        message=record["message"].text(),
        note=record.get("note").maybe(JsonNode.text) or "",
    )


def _zizmor(record: JsonNode) -> RawFinding:
    primaries = [place for place in record["locations"].items() if place["symbolic"]["kind"].value == "Primary"]
    if not primaries:
        record["locations"].refuse("has no primary place")
    symbolic, span = primaries[0]["symbolic"], primaries[0]["concrete"]["location"]
    start, end = span["start_point"], span["end_point"]
    line, rating = start["row"].whole() + 1, record["determinations"]
    return RawFinding(
        tool="zizmor",
        rule=record["ident"].text(),
        file=symbolic["key"]["Local"]["verbatim_path"].text(),
        line=line,
        end_line=_last_line(line, end["row"].whole() + 1, end["column"].whole()),
        level=f"{rating['severity'].text()}/{rating['confidence'].text()}".lower(),
        message=record["desc"].text(),
        note=f"What is marked here: {symbolic['annotation'].text()}.",
        reference=record["url"].text(),
    )


def _hadolint(record: JsonNode) -> RawFinding:
    code = record["code"].text()
    wiki = "https://www.shellcheck.net/wiki/" if code.startswith("SC") else "https://github.com/hadolint/hadolint/wiki/"
    return RawFinding(
        tool="hadolint",
        rule=code,
        file=record["file"].text(),
        line=record["line"].whole(),
        end_line=record["line"].whole(),
        level=record["level"].text(),
        message=record["message"].text(),
        reference=wiki + code,
    )
