"""Reads what each analyser prints. A shape that is not the documented one raises `Unreadable`, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reviewbot.local.raw import Edit, RawFinding

Record = Mapping[str, Any]


class Unreadable(Exception):
    """The output is not what the analyser's documentation promises, for example because it was cut off."""


def ruff(output: str) -> tuple[RawFinding, ...]:
    """Read `--output-format json`. Columns count characters from 1."""
    return _read(output, lambda data: data, _ruff)


def shellcheck(output: str) -> tuple[RawFinding, ...]:
    """Read `--format json1`, where a tab is one column."""
    return _read(output, lambda data: data["comments"], _shellcheck)


def ast_grep(output: str) -> tuple[RawFinding, ...]:
    """Read `--json=compact`. Lines count from 0."""
    return _read(output, lambda data: data, _ast_grep)


def zizmor(output: str) -> tuple[RawFinding, ...]:
    """Read `--format json-v1`. Rows count from 0."""
    return _read(output, lambda data: data, _zizmor)


def hadolint(output: str) -> tuple[RawFinding, ...]:
    """Read `--format json`. A message has one line."""
    return _read(output, lambda data: data, _hadolint)


def _read(
    output: str, records: Callable[[Any], Iterable[Record]], one: Callable[[Record], RawFinding]
) -> tuple[RawFinding, ...]:
    try:
        return tuple(one(record) for record in records(json.loads(output)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, StopIteration) as error:
        raise Unreadable(type(error).__name__) from error


def _ruff(record: Record) -> RawFinding:
    fix = record["fix"]
    safe = fix is not None and fix["applicability"] == "safe"
    return RawFinding(
        tool="ruff",
        rule=str(record["code"] or "invalid-syntax"),
        file=record["filename"],
        line=int(record["location"]["row"]),
        end_line=_last_line(int(record["end_location"]["row"]), int(record["end_location"]["column"]) - 1, record),
        level="error",
        message=str(record["message"]),
        note=f"{fix['message']}." if fix is not None and fix["message"] else "",
        reference=str(record["url"] or ""),
        edits=tuple(map(_ruff_edit, fix["edits"])) if safe else (),
    )


def _last_line(end_line: int, end_column: int, record: Record) -> int:
    """A range that ends before the first character of a line ends with the line above."""
    start = int(record["location"]["row"])
    return max(start, end_line - 1 if end_column == 0 else end_line)


def _ruff_edit(edit: Record) -> Edit:
    start, end = edit["location"], edit["end_location"]
    return Edit(int(start["row"]), int(start["column"]), int(end["row"]), int(end["column"]), str(edit["content"]))


def _shellcheck(record: Record) -> RawFinding:
    code = f"SC{record['code']}"
    replacements = (record.get("fix") or {}).get("replacements", ())
    return RawFinding(
        tool="shellcheck",
        rule=code,
        file=record["file"],
        line=int(record["line"]),
        end_line=max(int(record["line"]), int(record["endLine"])),
        level=str(record["level"]),
        message=str(record["message"]),
        reference=f"https://www.shellcheck.net/wiki/{code}",
        edits=tuple(map(_shellcheck_edit, replacements)),
    )


def _shellcheck_edit(edit: Record) -> Edit:
    line, column = int(edit["line"]), int(edit["column"])
    return Edit(line, column, int(edit["endLine"]), int(edit["endColumn"]), str(edit["replacement"]))


def _ast_grep(record: Record) -> RawFinding:
    start, end = record["range"]["start"], record["range"]["end"]
    last = int(end["line"]) + (1 if int(end["column"]) else 0)
    return RawFinding(
        tool="ast-grep",
        rule=str(record["ruleId"]),
        file=record["file"],
        line=int(start["line"]) + 1,
        end_line=max(int(start["line"]) + 1, last),
        level=str(record["severity"]),
        message=str(record["message"]),
        note=str(record.get("note") or ""),
    )


def _zizmor(record: Record) -> RawFinding:
    primary = next(place for place in record["locations"] if place["symbolic"]["kind"] == "Primary")
    span = primary["concrete"]["location"]
    start, end = span["start_point"], span["end_point"]
    last = int(end["row"]) + (1 if int(end["column"]) else 0)
    rating = record["determinations"]
    return RawFinding(
        tool="zizmor",
        rule=str(record["ident"]),
        file=primary["symbolic"]["key"]["Local"]["verbatim_path"],
        line=int(start["row"]) + 1,
        end_line=max(int(start["row"]) + 1, last),
        level=f"{rating['severity']}/{rating['confidence']}".lower(),
        message=str(record["desc"]),
        note=f"What is marked here: {primary['symbolic']['annotation']}.",
        reference=str(record["url"]),
    )


def _hadolint(record: Record) -> RawFinding:
    code = str(record["code"])
    wiki = "https://www.shellcheck.net/wiki/" if code.startswith("SC") else "https://github.com/hadolint/hadolint/wiki/"
    return RawFinding(
        tool="hadolint",
        rule=code,
        file=record["file"],
        line=int(record["line"]),
        end_line=int(record["line"]),
        level=str(record["level"]),
        message=str(record["message"]),
        reference=wiki + code,
    )
