"""Define the schema of the requested answer, and parse the results of tasks.

A result is the answer itself, or contains JSON answers in its message or deliverables. The JSON may be fenced or
surrounded by sentences. Everything else in the result is kept. A result without a JSON answer is parsed as prose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from reviewbot.domain.codevf.finding_parser import hides_findings, is_answer, is_sentence, read_answer, shown
from reviewbot.domain.codevf.remarks import (
    adds_finding,
    objects,
    only_announces,
    rated_paths,
    says_incomplete,
    worst_label,
)
from reviewbot.domain.model.options import AnswerForm
from reviewbot.domain.model.review import Category, Finding, Leftover, PreviousState, Report, Severity, Side
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.strict_json import JsonMismatch, convert, unique
from reviewbot.values import replace

MAX_TRIES = 200
"""The maximum number of braces in a string at which the parser tries to decode JSON."""

_OPENED = re.compile(r"```[A-Za-z0-9_-]*[ \t]*\n?[ \t]*\Z")
_CLOSED = re.compile(r"\s*```")


def response_schema(*, incremental: bool = False) -> dict[str, object]:
    """Return the JSON Schema of the answer. If `incremental`, the answer must judge the earlier findings."""
    text = {"type": "string"}
    finding = _object(
        {
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
        optional={"suggestion", "existing_code", "references"},
    )
    file = _object({"path": text, "findings": {"type": "array", "items": finding}})
    properties: dict[str, object] = {"summary": text, "files": {"type": "array", "items": file}}
    if incremental:
        states = {"type": "string", "enum": [state.value for state in PreviousState]}
        previous = _object(
            {"id": {"type": "string", "minLength": 1}, "state": states, "note": text, "reply": text}, optional={"reply"}
        )
        properties["previous"] = {"type": "array", "items": previous}
    return _object(properties)


def _object(properties: dict[str, object], optional: Collection[str] = ()) -> dict[str, object]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "additionalProperties": False, "required": required}


MAX_FILE_NAME = 200


def deliverables(result: object) -> dict[str, str]:
    """Map the file name of each deliverable in a result to its URL. Repeated file names get a number."""
    found: dict[str, str] = {}
    for _, pointer in _pointers(result):
        if pointer:
            name = shorten_line(pointer.file_name or "file", MAX_FILE_NAME)
            while name in found:
                name = f"{name} ({len(found) + 1})"
            found[name] = pointer.url
    return found


class _Pointer(Struct, frozen=True, rename="camel"):
    url: Annotated[str, Meta(min_length=1)]
    file_name: str | None = None


def _pointers(result: object) -> Iterator[tuple[object, _Pointer | None]]:
    listed = result.get("deliverables") if isinstance(result, dict) else None
    for item in listed if isinstance(listed, list) else ():
        try:
            yield item, convert(item, _Pointer)
        except JsonMismatch:
            yield item, None


class _Source(Struct, frozen=True):
    """A string in the result.

    Attributes:
        where: the field or the deliverable that contains the string.
        is_talk: whether a string without a JSON answer only comments on an answer elsewhere in the result.
        is_prose: whether to parse the string as prose.
        is_plain: whether the string contains no sentence, and therefore no finding.
    """

    where: str
    text: str
    is_talk: bool
    is_prose: bool = False
    is_plain: bool = False


def read_result(
    result: object,
    files: Mapping[str, str] | None = None,
    form: AnswerForm | None = AnswerForm.SCHEMA,
) -> Report:
    """Parse a task's result without raising an error or losing text.

    `result` is the decoded JSON: the requested object, `{message, deliverables}`, a string or any other value. `files`
    contains the downloaded deliverables by file name. `form` is None if ambiguous file names prevent parsing prose.
    """
    sources = tuple(source for source in _sources(result, files or {}) if source.text.strip())
    pieces = [(source, *_answers_in(source.text)) for source in sources]
    answers = [{key: value for key, value in result.items() if key not in BESIDE}] if is_answer(result) else []
    reports = [read_answer(answer) for answer in (*answers, *(one for _, found, _ in pieces for one in found))]
    if not reports:
        return _in_prose(sources, form) or _unread(result, sources)
    # Words around a JSON answer are comments. A string without a JSON answer may contain findings.
    talk = [(rest, source.is_plain) for source, found, rest in pieces if rest and (found or source.is_talk)]
    said, sentences = ("\n\n".join(rest for rest, plain in talk if not (plain and skips)) for skips in (False, True))
    unstructured = [
        _free_text(source.where, rest) for source, found, rest in pieces if rest and not (found or source.is_talk)
    ]
    findings = [finding for one in reports for finding in one.findings]
    is_plain = not sentences or only_announces(sentences, has_files=bool(deliverables(result)))
    if not is_plain:
        unstructured.append(_free_text("message", said))
        said = ""
    if not is_plain or any(one != reports[0] for one in reports):
        # All earlier findings stay open, because the answer may quote a file that the change's author wrote.
        opened = ([replace(one, state=PreviousState.OPEN) for one in report.previous] for report in reports)
        reports = [replace(one, previous=tuple(previous)) for one, previous in zip(reports, opened, strict=True)]
    named = {one.summary for one in reports if _names_more(one.summary, findings)}
    unstructured += [_free_text("summary", text) for text in sorted(named)]
    reports = [replace(one, summary="") if one.summary in named else one for one in reports]
    # A remark on an earlier finding may report a new finding.
    beside = {text for report in reports for one in report.previous for text in (one.note, one.reply)}
    unstructured += [_free_text("previous", text) for text in sorted(beside) if adds_finding(text)]
    return Report.of([*reports, Report(said, (), tuple(unstructured), readable=not unstructured)])


def _names_more(text: str, findings: Sequence[Finding]) -> bool:
    """Return whether a summary reports a problem that is missing from the answer's findings.

    A severity of medium or above, or a location with any severity, counts as a problem. Without findings, a review that
    is incomplete counts, too.
    """
    worst = min((one.severity for one in findings), key=lambda one: one.rank, default=Severity.INFO)
    if (objects(text) and worst is not Severity.CRITICAL) or (says_incomplete(text) and not findings):
        return True
    label, listed = worst_label(text), {f"/{one.path}" for one in findings}
    is_worse = label is not None and label.at_least(Severity.MEDIUM) and label.rank < worst.rank
    return is_worse or any(not any(path.endswith(f"/{one}") for path in listed) for one in rated_paths(text))


BESIDE = frozenset({"message", "deliverables"})


def _in_prose(sources: Sequence[_Source], form: AnswerForm | None) -> Report | None:
    """Parse an answer in prose. Return None if the answer neither has findings nor says that none exist.

    Only an answer to a request for prose can say that nothing needs to be fixed, or that an earlier finding is fixed.
    """
    if form is None:
        return None
    # The patterns take long to compile, and an answer in JSON does not need them.
    from reviewbot.domain.codevf.prose import Prose, is_clean, read_prose  # noqa: PLC0415

    in_words = form is AnswerForm.WORDS
    parsed = [
        # A deliverable may be a file that the change's author wrote. It confirms fixes only if it is the only string.
        (one, read_prose(one.text, confirms=in_words and (one.is_talk or len(sources) == 1)))
        if one.is_prose
        else (one, Prose(rest=(one.text,)))
        for one in sources
    ]
    findings = tuple(finding for _, prose in parsed for finding in prose.findings)
    previous = tuple(one for _, prose in parsed for one in prose.previous)
    rest = [(source.where, text) for source, prose in parsed for text in prose.rest]
    if not findings:
        says_so = in_words and len(parsed) == 1 and len(rest) == 1 and is_clean(rest[0][1])
        return Report(rest[0][1], (), previous=previous) if says_so else None
    leftovers = tuple(Leftover(where, "text outside the findings", text) for where, text in rest)
    return Report("", findings, leftovers, not leftovers, previous)


def _unread(result: object, sources: tuple[_Source, ...]) -> Report:
    leftovers = tuple(_free_text(source.where, source.text) for source in sources)
    nothing = Leftover("result", "no readable text", shown(result))
    return Report(summary="", findings=(), leftovers=leftovers or (nothing,), readable=False)


def _free_text(where: str, text: str) -> Leftover:
    return Leftover(where, "free text instead of the requested structured answer", text)


def _sources(result: object, files: Mapping[str, str]) -> Iterator[_Source]:
    if isinstance(result, dict):
        yield from _of_object(result)
    elif result is not None:
        yield _Source("result", _plain(result), is_talk=True, is_prose=isinstance(result, str))
    for item, pointer in _pointers(result):
        if pointer is None:
            yield _Source("deliverables", _plain(item), is_talk=False)
    for name, text in {**deliverables(result), **files}.items():
        yield _Source(f"deliverable {name}", text, is_talk=False, is_prose=name in files)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else shown(value)


def _of_object(result: Mapping[str, object]) -> Iterator[_Source]:
    message, listed = result.get("message"), result.get("deliverables")
    if message is not None:
        yield _Source("message", _plain(message), is_talk=True, is_prose=isinstance(message, str))
    if listed is not None and not isinstance(listed, list):
        yield _Source("deliverables", _plain(listed), is_talk=False)
    rest = {key: value for key, value in result.items() if key not in BESIDE}
    if rest and not is_answer(result):
        hides = any(hides_findings(key, value) for key, value in rest.items())
        is_plain = not any(map(is_sentence, (*rest, *rest.values())))
        yield _Source("result", shown(rest), is_talk=not hides, is_plain=is_plain)


def _answers_in(text: str) -> tuple[list[dict[str, Any]], str]:
    found: list[dict[str, Any]] = []
    around: list[str] = []
    kept = position = 0
    last = text.rfind('"files"')
    for _ in range(MAX_TRIES):
        start = text.find("{", position)
        if not 0 <= start < last:
            break
        answer, end = _decoded(text, start)
        position = end if answer else start + 1
        if answer:
            found.append(answer)
            around.append(text[kept:start])
            kept = end
    return found, _text_outside([*around, text[kept:]])


_DECODER = json.JSONDecoder(object_pairs_hook=unique)


def _decoded(text: str, start: int) -> tuple[dict[str, Any] | None, int]:
    """Return the JSON answer that begins at offset `start`, or None, and its end offset.

    An answer without findings must be on separate lines. Within a sentence, such an answer may be a quotation, which
    must not pass as a clean review.
    """
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start
    if not is_answer(value):
        return None, start
    alone = _OPENED.sub("", text[:start].rpartition("\n")[2]) + _CLOSED.sub("", text[end:].partition("\n")[0])
    has_findings = any(not isinstance(entry, dict) or entry.get("findings") != [] for entry in value["files"])
    return (value, end) if has_findings or not alone.strip() else (None, start)


def _text_outside(pieces: list[str]) -> str:
    """Join the pieces around JSON answers without the fences. Return an empty string if only punctuation is left."""
    for index in range(len(pieces) - 1):
        before, after = pieces[index : index + 2]
        if _OPENED.search(before) and _CLOSED.match(after):
            pieces[index], pieces[index + 1] = _OPENED.sub("", before), _CLOSED.sub("", after, count=1)
    words = "\n".join(piece.strip() for piece in pieces if piece.strip())
    return words if words.strip("\n\t `{}[]\"',:;.*_#|=-") else ""
