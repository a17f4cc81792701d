"""Parse one JSON answer leniently.

Synonyms of severities are accepted, numbers may be strings, and a missing side is RIGHT. A finding's unknown keys are
added to its explanation. A report with an invalid finding is unreadable, and therefore never counts as clean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeGuard

from msgspec import Meta, Struct

from reviewbot.domain.diff.text_index import line_feeds
from reviewbot.domain.model.review import Category, Finding, Leftover, Previous, PreviousState, Report, Severity, Side
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.strict_json import salvage
from reviewbot.values import replace

MAX_LINE = 10_000_000
MAX_TITLE = 300
MAX_PATH = 4096
"""The maximum number of characters of a path. Linux accepts no longer paths."""

UNTITLED = "A finding without a title"

_SYNONYMS = {
    Severity.CRITICAL: ("blocker", "fatal", "severe"),
    Severity.HIGH: ("major", "error", "important", "medium-high"),
    Severity.MEDIUM: ("moderate", "warning"),
    Severity.LOW: ("minor",),
    Severity.INFO: ("trivial", "nit", "nitpick", "note", "informational", "information", "suggestion"),
}
SEVERITIES = {word: severity for severity, words in _SYNONYMS.items() for word in (severity.value, *words)}
_CATEGORIES = {category.value: category for category in Category} | {
    **dict.fromkeys(("bug", "bugs", "logic"), Category.CORRECTNESS),
    **dict.fromkeys(("test", "testing"), Category.TESTS),
    "vulnerability": Category.SECURITY,
    "readability": Category.MAINTAINABILITY,
    "docs": Category.DOCUMENTATION,
}

_SIDES = {side.value: side for side in Side}
_STATES = {state.value: state for state in PreviousState}

Line = Annotated[int, Meta(ge=1, le=MAX_LINE)]


class _Finding(Struct, frozen=True):
    severity: str = ""
    category: str = ""
    title: str = ""
    explanation: str = ""
    side: str = ""
    line: Line | None = None
    end_line: Line | None = None
    code: str = ""
    suggestion: str | None = None
    existing_code: str | None = None
    references: tuple[str, ...] | str = ()


class _File(Struct, frozen=True):
    path: str = ""
    findings: tuple[object, ...] | None = None


class _Previous(Struct, frozen=True):
    id: str = ""
    state: str = ""
    note: str = ""
    reply: str = ""


class _Answer(Struct, frozen=True):
    files: tuple[object, ...] = ()
    summary: str | None = None
    previous: object = None


def severity_of(word: str) -> Severity:
    """Return the severity for a name or synonym, ignoring case, or `UNRATED` for other words."""
    return SEVERITIES.get(_normalized(word), Severity.UNRATED)


def is_answer(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict) and isinstance(value.get("files"), list)


def hides_findings(key: str, value: object) -> bool:
    """Return whether a value outside the schema is a non-empty list or object, or reports an error."""
    return bool(value) and (isinstance(value, dict | list) or key.casefold() in {"error", "errors"})


def is_sentence(value: object) -> bool:
    """Return whether a value outside the schema is a string of several words. One word is no finding."""
    return isinstance(value, str) and len(value.split()) > 1


def read_answer(answer: Mapping[str, Any]) -> Report:
    """Parse an answer without raising an error or losing text."""
    parsed, rest = salvage(answer, _Answer)
    findings: list[Finding] = []
    leftovers: list[Leftover] = []
    outside: list[Leftover] = []
    for index, entry in enumerate(parsed.files):
        outside += _read_file(entry, f"files[{index}]", findings, leftovers)
    previous = tuple(_read_previous(parsed.previous, leftovers))
    outside += _outside_schema(rest, "", leftovers)
    if not findings:
        leftovers += [one for one in outside if one.why]
        outside = [one for one in outside if not one.why]
    words = [(parsed.summary or "").strip(), *(one.text for one in outside)]
    if parsed.summary is None and not (findings or leftovers):
        # An answer without findings must match the schema.
        leftovers.append(Leftover("summary", "missing, so the answer does not match the schema", shown(answer)))
    summary = "\n\n".join(part for part in words if part)
    return Report(summary, tuple(findings), tuple(leftovers), not leftovers, previous)


_VERDICT = re.compile("approv|verdict|decision|block|complete|truncat|merge|reject", re.IGNORECASE)
_UNFIT = "does not match the schema"


def _outside_schema(rest: Mapping[str, object], where: str, leftovers: list[Leftover]) -> Iterator[Leftover]:
    """Yield the scalar values outside the schema. Only values that may be findings have a `why`.

    Append lists, objects and errors to `leftovers`, because they may contain findings.
    """
    for key, value in rest.items():
        place = f"{where}{key[:80]}"
        if hides_findings(key, value):
            leftovers.append(Leftover(place, _UNFIT, f"{key}: {shown(value)}"))
        elif value not in (None, "", [], {}):
            may_be_finding = is_sentence(value) or is_sentence(key) or _VERDICT.search(key) is not None
            yield Leftover(place, _UNFIT if may_be_finding else "", f"{key}: {value}")


def _read_file(entry: object, where: str, findings: list[Finding], leftovers: list[Leftover]) -> Iterator[Leftover]:
    file, rest = salvage(entry, _File) if isinstance(entry, dict) else (_File(), {})
    if file.findings is None:
        leftovers.append(Leftover(where, "expected a file with a list of findings", shown(entry)))
        return
    for index, item in enumerate(file.findings):
        finding = _read_finding(item, file.path)
        if finding is None:
            reason = "expected a finding with a title or an explanation"
            text = shown({"path": file.path, "finding": item}) if file.path else shown(item)
            leftovers.append(Leftover(f"{where}.findings[{index}]", reason, text))
        else:
            findings.append(finding)
    for one in _outside_schema(rest, f"{where}.", leftovers):
        beside = replace(one, text=f"{file.path}: {one.text}")
        if one.why:
            leftovers.append(beside)  # it may be a finding
        else:
            yield beside


def _read_finding(item: object, path: str) -> Finding | None:
    if not isinstance(item, dict):
        return None
    said, rest = salvage(item, _Finding)
    severity = severity_of(said.severity)
    title, explanation = titled(said.title.strip(), said.explanation.strip())
    if not title and severity is Severity.UNRATED:
        return None
    whole = f"The reviewer named this file: {path}" if len(path) > MAX_PATH else ""
    first, last = sorted((said.line or said.end_line or 0, said.end_line or said.line or 0))
    return Finding(
        path=shorten_line(path, MAX_PATH),
        severity=severity,
        category=_CATEGORIES.get(_normalized(said.category)),
        title=title or UNTITLED,
        explanation="\n\n".join(part for part in (explanation, whole, *_unread(said, rest)) if part),
        side=_SIDES.get(_normalized(said.side).upper(), Side.RIGHT),
        line=first or None,
        end_line=last or None,
        code=line_feeds(said.code),
        suggestion=None if said.suggestion is None else line_feeds(said.suggestion),
        existing_code=None if said.existing_code is None else line_feeds(said.existing_code),
        references=(said.references,) if isinstance(said.references, str) else said.references,
    )


def titled(title: str, explanation: str) -> tuple[str, str]:
    """Return a one-line title and the explanation. The explanation repeats a shortened title in full."""
    words = title or explanation
    flat = " ".join(words.split())
    short = shorten_line(flat, MAX_TITLE)
    if not title:
        return short, "" if short == explanation else explanation
    return short, explanation if short == flat else f"{title}\n\n{explanation}".strip()


def _unread(said: _Finding, rest: Mapping[str, object]) -> Iterator[str]:
    unknown = {
        "severity": "" if _normalized(said.severity) in SEVERITIES else said.severity,
        "category": "" if _normalized(said.category) in _CATEGORIES else said.category,
        "side": "" if _normalized(said.side).upper() in _SIDES else said.side,
    }
    for key, value in {**unknown, **rest}.items():
        if value not in ("", [], {}):
            yield f"{key}: {value if isinstance(value, str) else shown(value)}"


def _normalized(text: str) -> str:
    return text.strip().casefold()


def _read_previous(value: object, leftovers: list[Leftover]) -> Iterator[Previous]:
    if value is not None and not isinstance(value, list):
        leftovers.append(Leftover("previous", "expected a list", shown(value)))
        return
    for index, item in enumerate(value or ()):
        said, rest = salvage(item, _Previous) if isinstance(item, dict) else (_Previous(), {})
        leftovers += (replace(one, why=_UNFIT) for one in _outside_schema(rest, f"previous[{index}].", leftovers))
        state = _STATES.get(_normalized(said.state))
        if said.id and state:
            yield Previous(said.id, state, said.note, said.reply.strip())
        else:
            reason = "expected a finding id and a known state"
            leftovers.append(Leftover(f"previous[{index}]", reason, shown(item)))


def shown(value: object) -> str:
    """Return a value as JSON. If it is nested too deeply, return a line for each key and each scalar value."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return "\n".join(_flattened(value))


def _flattened(value: object) -> Iterator[str]:
    rest: list[object] = [value]
    while rest:
        match rest.pop():
            case dict() as pairs:
                rest += [part for pair in reversed(pairs.items()) for part in reversed(pair)]
            case list() as items:
                rest += reversed(items)
            case plain:
                yield str(plain)
