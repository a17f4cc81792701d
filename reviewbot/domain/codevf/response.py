"""The schema that requests the answer, and the parser of results.

A result may be the answer itself, or contain it as JSON in a message or a deliverable, fenced, surrounded by text, or
in several pieces. All pieces are parsed; other text is kept. An answer without JSON is parsed as prose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from reviewbot.domain.codevf.finding_parser import hides_findings, is_answer, is_sentence, read_answer, shown
from reviewbot.domain.model.options import AnswerForm
from reviewbot.domain.model.review import Category, Finding, Leftover, PreviousState, Report, Severity, Side
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.strict_json import JsonMismatch, convert
from reviewbot.values import replace

MAX_TRIES = 200
"""Braces of one text at which parsing is tried."""

_OPENED = re.compile(r"```[A-Za-z0-9_-]*[ \t]*\n?[ \t]*\Z")
_CLOSED = re.compile(r"\s*```")
_PLACE = re.compile(r"[:(#]\s?L?\d|\bline", re.IGNORECASE)
"""What every place with a line contains, cheap to search for."""

_RANK = re.compile(r"\b(?:critical|blocker|high|major|medium|moderate)", re.IGNORECASE)
_AGAINST = re.compile(
    r"(?<!no reason why this )(?<!no reason why it )"
    r"\b(?:do not|don.t|should not|shouldn.t|must not|cannot|can.t) (?:be )?(?:merged?|approved?|shipp?(?:ed)?)"
    r"(?= (?:this|it|yet|until|before|as is|the (?:change|pull|pr\b))|\s*(?:[.!,;:]|\Z))"
    r"|\bnot (?:ready|safe) (?:to (?:be )?merged?|for (?:a |the )?(?:merge|release|production))\b",
    re.IGNORECASE,
)
"""That the change should not be merged."""

_OTHERS = (
    "users",
    "user",
    "customers",
    "tenants",
    "people",
    "they",
    "account",
    "clients",
    "client",
    "tool",
    "worker",
    "if",
)
_UNREAD = re.compile(
    "".join(rf"(?<!\b{one} )" for one in _OTHERS)
    + r"\b(?:cannot|can.t|could not|couldn.t|unable to|not able to) (?:open|read|see|access|download|review|view)"
    r" (?:(?:the|any|all|your|of) ){0,3}(?:attach|diff|file|code\b|change|pull|repo)"
    r"|\b(?:attach\w+|diffs?|files?|changes?) (?:cannot|can.t|could not|couldn.t) be (?:opened|read|downloaded)",
    re.IGNORECASE,
)
"""That the reviewer could not read it; of others, it is said of what the change does."""

_DEMAND = re.compile(
    r"\b(?:fix(?:ed|es)?|chang\w+|address\w*|resolved?|needed|required) [^.\n]{0,40}"
    r"\bbefore (?:the )?(?:merg|releas)(?!\w* commit)(?!\w* the two)",
    re.IGNORECASE,
)
_NO_DEMAND = re.compile(
    r"\W*(?:no (?:other |further )?(?:changes?|fix\w*)|nothing(?: else)? (?:needs|has|must))\b", re.IGNORECASE
)


def _objects(text: str) -> bool:
    """Return whether a text is against the change, demands something before it is merged, or says that it is unread."""
    if _AGAINST.search(text) or _UNREAD.search(text):
        return True
    sentences = re.split(r"(?<=[.!?])\s+|\n", text)
    return any(_DEMAND.search(one) and not _NO_DEMAND.match(one) for one in sentences)


def response_schema(*, incremental: bool = False) -> dict[str, object]:
    """Return the JSON Schema of the answer; `incremental` also asks whether earlier findings are fixed."""
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
"""Characters of a deliverable's name as shown."""


def deliverables(result: object) -> dict[str, str]:
    """Return the URLs of the files that an answer refers to, by name; equal names get a number."""
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
    """Yield the items of a result's list of files, each with its pointer if valid."""
    listed = result.get("deliverables") if isinstance(result, dict) else None
    for item in listed if isinstance(listed, list) else ():
        try:
            yield item, convert(item, _Pointer)
        except JsonMismatch:
            yield item, None


class _Source(Struct, frozen=True):
    """A text of the result.

    Attributes:
        is_talk: whether text around an answer is not a finding.
        is_prose: whether a person wrote it, as far as its place in the result says.
        is_plain: whether it has no sentence, and so no finding.
    """

    where: str
    text: str
    is_talk: bool
    is_prose: bool = False
    is_plain: bool = False


def read_result(
    result: object,
    files: Mapping[str, str] | None = None,
    form: AnswerForm = AnswerForm.SCHEMA,
    *,
    odd_names: bool = False,
) -> Report:
    """Parse a task's result; never raises, and never loses text.

    Args:
        result: the decoded JSON of `result`: the requested object, `{message, deliverables}`, text, or anything else.
        files: texts of the deliverables by file name, as far as they could be downloaded.
        form: what the reviewer was asked for.
        odd_names: whether a changed file has a name that can be read as a part of prose (`reads_as_words`).
    """
    sources = tuple(source for source in _sources(result, files or {}) if source.text.strip())
    pieces = [(source, *_answers_in(source.text)) for source in sources]
    answers = [{key: value for key, value in result.items() if key not in _BESIDE}] if is_answer(result) else []
    reports = [read_answer(answer) for answer in (*answers, *(one for _, found, _ in pieces for one in found))]
    if not reports:
        return _in_prose(sources, form, odd_names=odd_names) or _unread(result, sources)
    # Text around an answer is a comment; text without one may contain findings.
    talk = [(rest, source.is_plain) for source, found, rest in pieces if rest and (found or source.is_talk)]
    said, sentences = ("\n\n".join(rest for rest, plain in talk if not (plain and skips)) for skips in (False, True))
    unstructured = [
        _free_text(source.where, rest) for source, found, rest in pieces if rest and not (found or source.is_talk)
    ]
    findings = [finding for one in reports for finding in one.findings]
    is_plain = not sentences or _is_remark(sentences, len(findings))
    if not is_plain and (not findings or _names_findings(sentences)):
        unstructured.append(_free_text("message", said))
        said = ""
    if not is_plain or any(one != reports[0] for one in reports):
        reports = [_confirming_nothing(one) for one in reports]
    named = {one.summary for one in reports if _names_more(one.summary, findings)}
    unstructured += [_free_text("summary", text) for text in sorted(named)]
    reports = [replace(one, summary="") if one.summary in named else one for one in reports]
    notes = {text for one in reports for earlier in one.previous for text in (earlier.note, earlier.reply)}
    unstructured += [_free_text("previous", text) for text in sorted(notes) if _adds_finding(text)]
    return Report.of([*reports, Report(said, (), tuple(unstructured), readable=not unstructured)])


def _is_remark(text: str, findings: int) -> bool:
    # Imported here, as in `_in_prose`.
    from reviewbot.domain.codevf.prose import is_remark  # noqa: PLC0415

    return is_remark(text, findings)


def _names_findings(text: str) -> bool:
    """Return whether a text of an answer has a finding in prose, or objects to the change.

    A finding has a severity as a label, from medium up, or a place and any severity.
    """
    if _objects(text):
        return True
    if not (_PLACE.search(text) or _RANK.search(text)):
        return False
    return _is_rated(text) or any(True for _ in _placed_in(text))


def _names_more(text: str, findings: Sequence[Finding]) -> bool:
    """Return whether a summary names a finding, or objects to the change, beyond the findings of its answer."""
    if not findings:
        return _names_findings(text)
    worst = min((one.severity for one in findings), key=lambda one: one.rank)
    if _objects(text) and not worst.at_least(Severity.MEDIUM):
        return True
    if not (_PLACE.search(text) or _RANK.search(text)):
        return False
    from reviewbot.domain.codevf.prose import worst_label  # noqa: PLC0415 — as above

    label, listed = worst_label(text), {one.path.rpartition("/")[2] for one in findings}
    is_worse = label is not None and label.at_least(Severity.MEDIUM) and label.rank < worst.rank
    return is_worse or any(one.rpartition("/")[2] not in listed for one in _placed_in(text))


def _adds_finding(text: str) -> bool:
    """Return whether what is said of an earlier finding is against the change, or rates another place."""
    if _AGAINST.search(text):
        return True
    if not _PLACE.search(text):
        return False
    from reviewbot.domain.codevf.prose import rates_place  # noqa: PLC0415 — as above

    return rates_place(text)


def _is_rated(text: str) -> bool:
    from reviewbot.domain.codevf.prose import worst_label  # noqa: PLC0415 — as above

    label = worst_label(text)
    return label is not None and label.at_least(Severity.MEDIUM)


def _placed_in(text: str) -> Iterator[str]:
    """Yield the files for which a text reports a finding with a severity."""
    from reviewbot.domain.codevf.prose import read_prose  # noqa: PLC0415 — as above

    yield from (one.path for one in read_prose(text).findings if one.path and one.severity is not Severity.UNRATED)


def _confirming_nothing(report: Report) -> Report:
    """Return an answer with earlier findings open: the reviewer may have quoted it from a file of the author."""
    return replace(report, previous=tuple(replace(one, state=PreviousState.OPEN) for one in report.previous))


_BESIDE = frozenset({"message", "deliverables"})


def _in_prose(sources: Sequence[_Source], form: AnswerForm, *, odd_names: bool) -> Report | None:
    """Return the report of an answer in prose; None if it has no finding and does not say that there is none.

    It is readable if no text is left over that may contain a finding. If the schema was requested, any text counts.
    Its severities and fixes count for nothing beside a file with an odd name, which an author could choose.
    """
    # Imported here: its patterns take long to compile, and an answer that fits the schema does not need them.
    from reviewbot.domain.codevf.prose import Prose, is_clean, is_remark, is_title, read_prose  # noqa: PLC0415

    parsed = [(one, read_prose(one.text) if one.is_prose else Prose(rest=(one.text,))) for one in sources]
    findings = tuple(finding for _, prose in parsed for finding in prose.findings)
    previous = tuple(one for _, prose in parsed for one in prose.previous)
    if odd_names:
        findings = tuple(replace(one, severity=Severity.UNRATED) for one in findings)
        previous = tuple(replace(one, state=PreviousState.OPEN) for one in previous)
    if not findings:
        rest = [text for _, prose in parsed for text in prose.rest]
        says_so = form is AnswerForm.WORDS and len(parsed) == len(rest) == 1 and is_clean(rest[0])
        return Report(sources[0].text.strip(), (), previous=previous) if says_so else None
    said: list[str] = []
    leftovers: list[Leftover] = []
    for source, prose in parsed:
        said += prose.confirmed
        for text in prose.rest:
            is_plain = is_title(text) or (form is AnswerForm.WORDS and is_remark(text, len(findings)))
            if is_plain:
                said.append(text)
            else:
                leftovers.append(Leftover(source.where, "it is text next to the findings", text))
    return Report("\n\n".join(said), findings, tuple(leftovers), not leftovers, previous)


def _unread(result: object, sources: tuple[_Source, ...]) -> Report:
    leftovers = tuple(_free_text(source.where, source.text) for source in sources)
    nothing = Leftover("result", "it contains nothing readable", shown(result))
    return Report(summary="", findings=(), leftovers=leftovers or (nothing,), readable=False)


def _free_text(where: str, text: str) -> Leftover:
    return Leftover(where, "it is free text, not the requested structured answer", text)


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
    rest = {key: value for key, value in result.items() if key not in _BESIDE}
    if rest and not is_answer(result):
        hides = any(hides_findings(key, value) for key, value in rest.items())
        is_plain = not any(map(is_sentence, (*rest, *rest.values())))
        yield _Source("result", shown(rest), is_talk=not hides, is_plain=is_plain)


def _answers_in(text: str) -> tuple[list[dict[str, Any]], str]:
    """Return the answers in a text as JSON, and the text around them."""
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


def _decoded(text: str, start: int) -> tuple[dict[str, Any] | None, int]:
    """Return the answer that begins at a brace, and its end.

    An answer without findings must be on lines of its own: inside a sentence it is a quotation and would pass as a
    clean review.
    """
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start
    if not is_answer(value):
        return None, start
    alone = _OPENED.sub("", text[:start].rpartition("\n")[2]) + _CLOSED.sub("", text[end:].partition("\n")[0])
    return (value, end) if _has_findings(value) or not alone.strip() else (None, start)


def _has_findings(answer: Mapping[str, Any]) -> bool:
    return any(not isinstance(entry, dict) or entry.get("findings") != [] for entry in answer["files"])


def _text_outside(pieces: list[str]) -> str:
    """Return the text without its answers and their fences; empty if it contains no word."""
    for index in range(len(pieces) - 1):
        before, after = pieces[index : index + 2]
        if _OPENED.search(before) and _CLOSED.match(after):
            pieces[index], pieces[index + 1] = _OPENED.sub("", before), _CLOSED.sub("", after, count=1)
    words = "\n".join(piece.strip() for piece in pieces if piece.strip())
    return words if re.search(r"\w", words) else ""
