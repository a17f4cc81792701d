"""The service's answer, read; and the schema that asks for it.

Strict in what we ask, tolerant in what we accept: severities are mapped, numbers may be text, a missing side is RIGHT.
What cannot be read as a finding is kept as text and makes the report unreadable, so that it is never taken for a clean
one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from reviewbot.domain.model import (
    Category,
    Finding,
    Leftover,
    Previous,
    PreviousState,
    Report,
    Severity,
    Side,
)

MAX_LINE = 10_000_000
MAX_TITLE = 300

_SEVERITIES = {severity.value: severity for severity in Severity if severity is not Severity.UNRATED} | {
    "blocker": Severity.CRITICAL,
    "fatal": Severity.CRITICAL,
    "severe": Severity.CRITICAL,
    "major": Severity.HIGH,
    "error": Severity.HIGH,
    "important": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "warning": Severity.MEDIUM,
    "medium-high": Severity.HIGH,
    "minor": Severity.LOW,
    "trivial": Severity.INFO,
    "nit": Severity.INFO,
    "nitpick": Severity.INFO,
    "note": Severity.INFO,
    "informational": Severity.INFO,
    "information": Severity.INFO,
    "suggestion": Severity.INFO,
}

_CATEGORIES = {category.value: category for category in Category} | {
    "bug": Category.CORRECTNESS,
    "bugs": Category.CORRECTNESS,
    "logic": Category.CORRECTNESS,
    "vulnerability": Category.SECURITY,
    "readability": Category.MAINTAINABILITY,
    "test": Category.TESTS,
    "testing": Category.TESTS,
    "docs": Category.DOCUMENTATION,
}

_FENCED = re.compile(r"```[A-Za-z0-9_-]*[ \t]*\n(.*?)\n[ \t]*```", re.DOTALL)


def response_schema(*, incremental: bool = False) -> dict[str, object]:
    """The JSON Schema that the service is asked to answer in.

    Args:
        incremental: whether earlier findings are sent to be confirmed.
    """
    text = {"type": "string"}
    finding = {
        "type": "object",
        "properties": {
            "severity": {"type": "string", "enum": ["critical", "high", "medium", "low", "info"]},
            "category": {"type": "string", "enum": [category.value for category in Category]},
            "title": text,
            "explanation": text,
            "side": {"type": "string", "enum": [side.value for side in Side]},
            "line": {"type": "integer", "minimum": 1},
            "end_line": {"type": "integer", "minimum": 1},
            "code": text,
            "suggestion": text,
            "existing_code": text,
            "references": {"type": "array", "items": text},
        },
        "required": ["severity", "category", "title", "explanation", "side", "line", "end_line", "code"],
    }
    file = {
        "type": "object",
        "properties": {"path": text, "findings": {"type": "array", "items": finding}},
        "required": ["path", "findings"],
    }
    properties: dict[str, object] = {"summary": text, "files": {"type": "array", "items": file}}
    required = ["summary", "files"]
    if incremental:
        states = {"type": "string", "enum": [state.value for state in PreviousState]}
        previous = {
            "type": "object",
            "properties": {"id": text, "state": states, "note": text},
            "required": ["id", "state", "note"],
        }
        properties["previous"] = {"type": "array", "items": previous}
        required = [*required, "previous"]
    return {"type": "object", "properties": properties, "required": required}


@dataclass(frozen=True, slots=True)
class Deliverable:
    """A file that the service points to instead of, or beside, its answer."""

    file_name: str
    url: str


def deliverables(result: object) -> tuple[Deliverable, ...]:
    """The files that an answer points to."""
    listed = result.get("deliverables") if isinstance(result, dict) else None
    items = listed if isinstance(listed, list) else []
    return tuple(
        Deliverable(str(item.get("fileName") or "file"), url)
        for item in items
        if isinstance(item, dict) and isinstance(url := item.get("url"), str) and url
    )


def read_result(result: object, files: Mapping[str, str] | None = None) -> Report:
    """A task's result as a report; never raises, and never loses text.

    Args:
        result: the decoded JSON of `result`: the object asked for, `{message, deliverables}`, text, or anything else.
        files: texts of the deliverables by file name, as far as they could be fetched.
    """
    if _is_answer(result):
        return _read_answer(result)
    texts = list(_texts(result, files or {}))
    for index, (where, text) in enumerate(texts):
        answer = _json_in(text)
        if _is_answer(answer):
            rest = tuple(_spoken(where_, text_) for where_, text_ in texts[:index] + texts[index + 1 :])
            return _with_words(_read_answer(answer), rest, _around_json(where, text))
    leftovers = tuple(_spoken(where, text) for where, text in texts)
    if not leftovers:
        leftovers = (Leftover("result", "there is nothing in it that can be read", _shown(result)),)
    return Report(summary="", findings=(), leftovers=leftovers, readable=False)


def _is_answer(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict) and isinstance(value.get("files"), list)


def _texts(result: object, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if isinstance(result, str) and result.strip():
        yield "result", result
    if isinstance(result, dict):
        known = {"message", "deliverables"}
        message = result.get("message")
        if isinstance(message, str) and message.strip():
            yield "message", message
        elif message not in (None, ""):
            yield "message", _shown(message)
        if rest := {key: value for key, value in result.items() if key not in known}:
            yield "result", _shown(rest)
    elif isinstance(result, list):
        yield "result", _shown(result)
    for name, text in files.items():
        if text.strip():
            yield f"deliverable {name}", text


def _json_in(text: str) -> object:
    """The JSON of a text: the whole of it, or its first fenced block, or from its first brace to its last."""
    candidates = [text, *(match[1] for match in _FENCED.finditer(text))]
    if "{" in text and "}" in text:
        candidates.append(text[text.index("{") : text.rindex("}") + 1])
    for candidate in candidates:
        try:
            value: object = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if _is_answer(value):
            return value
    return None


def _around_json(where: str, text: str) -> str:
    """What a person wrote around the JSON: kept for the summary."""
    if where != "message":
        return ""
    opened, closed = text.find("{"), text.rfind("}")
    around = f"{text[:opened]}\n{text[closed + 1 :]}"
    return re.sub(r"```[A-Za-z0-9_-]*", "", around).strip()


def _with_words(report: Report, spoken: tuple[Leftover, ...], around: str) -> Report:
    """The report with what was said beside it: words are no broken findings, so they do not make it unreadable."""
    said = "\n\n".join(part for part in (report.summary, around, *(item.text for item in spoken)) if part)
    return Report(said, report.findings, report.leftovers, report.readable, report.previous)


def _spoken(where: str, text: str) -> Leftover:
    return Leftover(where, "it is free text, not the structured answer that was asked for", text)


def _read_answer(answer: Mapping[str, Any]) -> Report:
    findings: list[Finding] = []
    leftovers: list[Leftover] = []
    for index, entry in enumerate(answer["files"]):
        _read_file(entry, f"files[{index}]", findings, leftovers)
    previous = _read_previous(answer.get("previous"), leftovers)
    words = [_text(answer, "summary").strip()]
    for key, value in answer.items():
        if key in {"summary", "files", "previous"} or not value:
            continue
        if isinstance(value, dict | list):  # findings may hide in it
            leftovers.append(Leftover(key[:80], "the schema has no such key", _shown(value)))
        else:
            words.append(f"{key}: {value}")
    summary = "\n\n".join(part for part in words if part)
    return Report(summary, tuple(findings), tuple(leftovers), not leftovers, previous)


def _read_file(entry: object, where: str, findings: list[Finding], leftovers: list[Leftover]) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("findings"), list):
        leftovers.append(Leftover(where, "it is not a file with a list of findings", _shown(entry)))
        return
    path = entry.get("path")
    for index, item in enumerate(entry["findings"]):
        finding = _read_finding(item, path if isinstance(path, str) else "")
        if finding is None:
            reason = "it is not a finding with a title or an explanation"
            leftovers.append(Leftover(f"{where}.findings[{index}]", reason, _shown(item)))
        else:
            findings.append(finding)


def _read_finding(item: object, path: str) -> Finding | None:
    if not isinstance(item, dict):
        return None
    title, explanation = _text(item, "title"), _text(item, "explanation")
    if not (title.strip() or explanation.strip()):
        return None
    title = " ".join((title.strip() or explanation.strip()).split())
    if len(title) > MAX_TITLE:
        explanation = f"{title}\n\n{explanation}"
        title = title[: MAX_TITLE - 1] + "…"
    line, end_line = _lines(item)
    return Finding(
        path=path,
        severity=_SEVERITIES.get(_text(item, "severity").strip().casefold(), Severity.UNRATED),
        category=_CATEGORIES.get(_text(item, "category").strip().casefold()),
        title=title,
        explanation=explanation.strip(),
        side=Side.LEFT if _text(item, "side").strip().upper() == Side.LEFT else Side.RIGHT,
        line=line,
        end_line=end_line,
        code=_text(item, "code"),
        suggestion=_optional_text(item, "suggestion"),
        existing_code=_optional_text(item, "existing_code"),
        references=_references(item),
    )


def _text(item: Mapping[str, object], key: str) -> str:
    """A text; anything else is shown as JSON rather than dropped."""
    value = item.get(key)
    if value is None:
        return ""
    return value if isinstance(value, str) else _shown(value)


def _optional_text(item: Mapping[str, object], key: str) -> str | None:
    return None if item.get(key) is None else _text(item, key)


def _references(item: Mapping[str, object]) -> tuple[str, ...]:
    value = item.get("references")
    if value is None:
        return ()
    return tuple(
        part if isinstance(part, str) else _shown(part) for part in (value if isinstance(value, list) else [value])
    )


def _lines(item: Mapping[str, object]) -> tuple[int | None, int | None]:
    line, end = _line_number(item.get("line")), _line_number(item.get("end_line"))
    if line is None:
        return (end, end)
    first, last = sorted((line, end or line))
    return first, last


def _line_number(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,8}\s*", value, re.ASCII):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 1 <= value <= MAX_LINE else None


def _read_previous(value: object, leftovers: list[Leftover]) -> tuple[Previous, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        leftovers.append(Leftover("previous", "it is not a list", _shown(value)))
        return ()
    read = []
    for index, item in enumerate(value):
        state = _text(item, "state").strip().casefold() if isinstance(item, dict) else ""
        if isinstance(item, dict) and _text(item, "id") and state in {"fixed", "open"}:
            read.append(Previous(_text(item, "id"), PreviousState(state), _text(item, "note")))
        else:
            leftovers.append(
                Leftover(f"previous[{index}]", "it does not say which finding is fixed or open", _shown(item))
            )
    return tuple(read)


def _shown(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return repr(value)[:100_000]
