"""One structured answer, read item by item.

Severities are mapped, numbers may be text, a missing side is RIGHT. What cannot be read as a finding is kept as text
and makes the report unreadable, so that it is never taken for a clean one; what a finding has beside the keys of the
schema is told in its explanation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from reviewbot.domain.diff.text_index import line_feeds
from reviewbot.domain.model.review import Category, Finding, Leftover, Previous, PreviousState, Report, Severity, Side
from reviewbot.domain.text.bounds import shorten_line

MAX_LINE = 10_000_000
MAX_TITLE = 300
MAX_PATH = 4096
"""Characters of the longest path that git checks out."""

UNTITLED = "A finding without a title"

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

_SIDES = {side.value: side for side in Side}

_TAKEN = frozenset({"title", "explanation", "code", "suggestion", "existing_code", "references"})
"""Keys of a finding whose text is kept whatever it is."""


def is_answer(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value has the outer shape of the answer that was asked for."""
    return isinstance(value, dict) and isinstance(value.get("files"), list)


def hides_findings(key: str, value: object) -> bool:
    """Whether something that the schema does not have may be more than words: a list, an object or an error."""
    return bool(value) and (isinstance(value, dict | list) or key.casefold() in {"error", "errors"})


def read_answer(answer: Mapping[str, Any]) -> Report:
    """The report of an answer; never raises, and never loses text.

    Args:
        answer: a value that `is_answer`.
    """
    findings: list[Finding] = []
    leftovers: list[Leftover] = []
    words = [_text(answer, "summary").strip()]
    for index, entry in enumerate(answer["files"]):
        words += _read_file(entry, f"files[{index}]", findings, leftovers)
    previous = _read_previous(answer.get("previous"), leftovers)
    words += _said_beside(answer, {"summary", "files", "previous"}, "", leftovers)
    if not (findings or leftovers or isinstance(answer.get("summary"), str)):
        # Only an answer that fits the schema may say that there is nothing to say.
        leftovers.append(Leftover("summary", "it is missing, so the answer is not the one asked for", shown(answer)))
    summary = "\n\n".join(part for part in words if part)
    return Report(summary, tuple(findings), tuple(leftovers), not leftovers, previous)


def _said_beside(entry: Mapping[str, object], known: set[str], where: str, leftovers: list[Leftover]) -> Iterator[str]:
    """Keys that the schema does not have: plain values are words, in lists and objects findings may hide."""
    for key, value in entry.items():
        if key in known or not value:
            continue
        if hides_findings(key, value):
            leftovers.append(Leftover(f"{where}{key[:80]}", "the schema has no such key", f"{key}: {shown(value)}"))
        else:
            yield f"{key}: {value}"


def _read_file(entry: object, where: str, findings: list[Finding], leftovers: list[Leftover]) -> Iterator[str]:
    if not isinstance(entry, dict) or not isinstance(entry.get("findings"), list):
        leftovers.append(Leftover(where, "it is not a file with a list of findings", shown(entry)))
        return
    path = _text(entry, "path")
    for index, item in enumerate(entry["findings"]):
        finding = _read_finding(item, path)
        if finding is None:
            reason = "it is not a finding with a title or an explanation"
            text = shown({"path": path, "finding": item}) if path else shown(item)
            leftovers.append(Leftover(f"{where}.findings[{index}]", reason, text))
        else:
            findings.append(finding)
    for words in _said_beside(entry, {"path", "findings"}, f"{where}.", leftovers):
        yield f"{path}: {words}"


def _read_finding(item: object, path: str) -> Finding | None:
    if not isinstance(item, dict):
        return None
    severity = _SEVERITIES.get(_word(item, "severity"), Severity.UNRATED)
    title, explanation = _titled(_text(item, "title").strip(), _text(item, "explanation").strip())
    if not title and severity is Severity.UNRATED:
        return None
    line, end_line = _lines(item)
    whole = f"The reviewer named this file: {path}" if len(path) > MAX_PATH else ""
    return Finding(
        path=shorten_line(path, MAX_PATH),
        severity=severity,
        category=_CATEGORIES.get(_word(item, "category")),
        title=title or UNTITLED,
        explanation="\n\n".join(part for part in (explanation, whole, *_unread(item)) if part),
        side=_SIDES.get(_word(item, "side").upper(), Side.RIGHT),
        line=line,
        end_line=end_line,
        code=line_feeds(_text(item, "code")),
        suggestion=_optional_code(item, "suggestion"),
        existing_code=_optional_code(item, "existing_code"),
        references=_references(item),
    )


def _titled(title: str, explanation: str) -> tuple[str, str]:
    """A title of one line, and an explanation that holds what the title has no room for."""
    words = title or explanation
    flat = " ".join(words.split())
    short = flat if len(flat) <= MAX_TITLE else flat[: MAX_TITLE - 1] + "…"
    if not title:
        return short, "" if short == explanation else explanation
    return short, explanation if short == flat else f"{title}\n\n{explanation}".strip()


def _unread(item: Mapping[str, object]) -> Iterator[str]:
    """What a finding says and no field of ours holds."""
    understood = {
        "severity": _word(item, "severity") in _SEVERITIES,
        "category": _word(item, "category") in _CATEGORIES,
        "side": _word(item, "side").upper() in _SIDES,
        "line": _line_number(item.get("line")) is not None,
        "end_line": _line_number(item.get("end_line")) is not None,
    }
    for key, value in item.items():
        if key not in _TAKEN and not understood.get(key) and value not in (None, "", [], {}):
            yield f"{key}: {_text(item, key)}"


def _word(item: Mapping[str, object], key: str) -> str:
    return _text(item, key).strip().casefold()


def _text(item: Mapping[str, object], key: str) -> str:
    """A text; anything else is shown as JSON rather than dropped."""
    value = item.get(key)
    if value is None:
        return ""
    return value if isinstance(value, str) else shown(value)


def _optional_code(item: Mapping[str, object], key: str) -> str | None:
    return None if item.get(key) is None else line_feeds(_text(item, key))


def _references(item: Mapping[str, object]) -> tuple[str, ...]:
    value = item.get("references")
    if value is None:
        return ()
    return tuple(
        part if isinstance(part, str) else shown(part) for part in (value if isinstance(value, list) else [value])
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
        leftovers.append(Leftover("previous", "it is not a list", shown(value)))
        return ()
    read = []
    for index, item in enumerate(value):
        state = _word(item, "state") if isinstance(item, dict) else ""
        if isinstance(item, dict) and _text(item, "id") and state in {"fixed", "open"}:
            read.append(Previous(_text(item, "id"), PreviousState(state), _text(item, "note")))
        else:
            leftovers.append(
                Leftover(f"previous[{index}]", "it does not say which finding is fixed or open", shown(item))
            )
    return tuple(read)


def shown(value: object) -> str:
    """A JSON value as text; one that is nested too deeply as its words, one a line."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return "\n".join(_words_of(value))


def _words_of(value: object) -> Iterator[str]:
    """Every key and every plain value, in the order of the text, without recursion."""
    rest: list[object] = [value]
    while rest:
        match rest.pop():
            case dict() as pairs:
                rest += [part for pair in reversed(pairs.items()) for part in reversed(pair)]
            case list() as items:
                rest += reversed(items)
            case plain:
                yield str(plain)
