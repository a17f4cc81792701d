"""RDJSON output follows reviewdog's published schema and the rules of its parser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from reviewbot.domain.model.review import Severity, Side
from reviewbot.domain.text.escaping import ZWSP, visible
from reviewbot.exports.rdjson import rdjson
from reviewbot.render.view_models.review import FindingView, SummaryView
from reviewbot.values import replace
from tests.exports.hostile_views import every_kind, flood, hostile_view, one
from tests.hostile.corpus import CORPUS, Kind
from tests.render.view_builders import (
    CALLER,
    CHANGED,
    CLEAN,
    CLOSED_GATE,
    FIXED,
    FOLLOWED,
    GONE,
    INJECTION,
    RACE,
    UNRATED,
    WAIVED,
)


def message(required: list[str], **properties: object) -> dict[str, object]:
    """Return a message of the format: only these fields, as a strict parser requires."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


TEXT = {"type": "string"}
LINE = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
POSITION = message(["line"], line=LINE, column=LINE)
RANGE = message(["start"], start=POSITION, end=POSITION)
SEVERITY = {"enum": ["ERROR", "WARNING", "INFO"]}
SOURCE = message(["name"], name=TEXT, url=TEXT)
DIAGNOSTIC = message(
    ["message", "location", "severity"],
    message={"type": "string", "minLength": 1},
    location=message(["path"], path={"type": "string", "minLength": 1}, range=RANGE),
    severity=SEVERITY,
    source=SOURCE,
    code=message(["value"], value=TEXT, url=TEXT),
    suggestions={"type": "array", "items": message(["range", "text"], range=RANGE, text=TEXT)},
    original_output=TEXT,
)
RESULT = message(["diagnostics"], diagnostics={"type": "array", "items": DIAGNOSTIC}, source=SOURCE, severity=SEVERITY)
"""The fields and types of `reviewdog.rdf.DiagnosticResult` that we write, after the published definition
(https://github.com/reviewdog/reviewdog/blob/master/proto/rdf/reviewdog.proto), and what its reader needs beyond them:
no other field, lines from 1 within 32 bits, and a place for each diagnostic.
"""


def written(view: SummaryView) -> list[dict[str, Any]]:
    """Return the diagnostics, after the checks that apply to every file."""
    text = rdjson(view)
    assert text.isascii()
    assert text.endswith("}\n")
    result = json.loads(text)
    Draft7Validator(RESULT).validate(result)
    for diagnostic in result["diagnostics"]:
        diagnostic["location"]["path"].encode()  # strict readers refuse half a character
        assert diagnostic["message"].replace(ZWSP, "") == visible(diagnostic["message"].replace(ZWSP, ""))
    diagnostics: list[dict[str, Any]] = result["diagnostics"]
    return diagnostics


def the_one(finding: FindingView) -> dict[str, Any]:
    (diagnostic,) = written(one(finding))
    return diagnostic


def test_a_finding_on_lines_with_a_suggestion_that_can_be_committed() -> None:
    lines = {"start": {"line": 41}, "end": {"line": 42}}
    references = (one.replace(":", f":{ZWSP}") for one in INJECTION.references)
    assert the_one(INJECTION) == {
        "message": "\n\n".join((INJECTION.title, INJECTION.explanation, *references, f"Finding `{INJECTION.id}`.")),
        "location": {"path": "src/shop/users.py", "range": lines},
        "severity": "ERROR",
        "code": {"value": "security"},
        "suggestions": [{"range": lines, "text": INJECTION.suggestion}],
    }


def test_a_suggestion_to_apply_manually_is_not_committable() -> None:
    assert "suggestions" not in the_one(RACE)


def test_an_empty_suggestion_deletes_the_lines() -> None:
    (suggestion,) = the_one(replace(INJECTION, suggestion=""))["suggestions"]
    assert suggestion["text"] == ""


def test_a_final_line_feed_of_a_suggestion_is_not_an_extra_line() -> None:
    (suggestion,) = the_one(replace(INJECTION, suggestion="a\nb\n"))["suggestions"]
    assert suggestion["text"] == "a\nb"


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        (Severity.UNRATED, "ERROR"),
        (Severity.CRITICAL, "ERROR"),
        (Severity.HIGH, "ERROR"),
        (Severity.MEDIUM, "WARNING"),
        (Severity.LOW, "INFO"),
        (Severity.INFO, "INFO"),
    ],
)
def test_each_severity_is_mapped(severity: Severity, word: str) -> None:
    assert the_one(replace(RACE, severity=severity))["severity"] == word


def test_lines_outside_the_head_are_described_in_words() -> None:
    left = the_one(replace(RACE, side=Side.LEFT))
    assert left["location"] == {"path": RACE.path}
    assert "line 18 before the change" in left["message"]
    elsewhere = the_one(CALLER)
    assert elsewhere["location"] == {"path": CALLER.path}
    assert "lines 3 to 5" in elsewhere["message"]


def test_a_finding_without_a_file_has_a_place() -> None:
    assert the_one(UNRATED)["location"] == {"path": CLOSED_GATE.sent[0].path}
    (nowhere,) = written(replace(one(UNRATED), sent=(), held=()))
    assert nowhere["location"] == {"path": "."}
    assert "did not cite a file" in nowhere["message"]


def test_unreadable_parts_are_kept() -> None:
    (leftover,) = [item for item in written(CLOSED_GATE) if item["code"] == {"value": "leftover"}]
    assert "What about the cache?" in leftover["message"]


def test_a_review_without_findings_has_no_diagnostics() -> None:
    assert written(CLEAN) == []


def test_an_open_earlier_finding_is_reported_as_carried() -> None:
    assert "An earlier review reported this finding. Its code has changed since then" in the_one(CHANGED)["message"]
    messages = "".join(item["message"] for item in written(FOLLOWED))
    assert len(written(FOLLOWED)) == 5
    assert not [one for one in (WAIVED, FIXED, GONE) if one.title in messages]


def test_a_message_is_escaped_markdown() -> None:
    finding = replace(
        RACE, title="<details>", explanation="@acme/all\n/close\n`q` ![x](https://e.example/p.png)\n~~~\na"
    )
    said = the_one(finding)["message"]
    assert said.startswith(
        f"&lt;details&gt;\n\n@{ZWSP}acme/all\n\\/close\n`q` !\\[x\\](https:{ZWSP}//e.example/p.png)\n```\na\n```\n\n"
    )
    assert said.endswith(f"Finding `{RACE.id}`.")


def test_the_worst_come_first_and_none_is_omitted() -> None:
    diagnostics = written(replace(flood(6000), leftovers=()))
    severities = [item["severity"] for item in diagnostics]
    assert len(severities) == 6000
    assert severities == sorted(severities, key=["ERROR", "WARNING", "INFO"].index)


def test_every_kind_of_finding_fits_the_format() -> None:
    findings = tuple(every_kind())
    assert len(written(replace(CLOSED_GATE, findings=findings, leftovers=()))) == len(findings)


@pytest.mark.parametrize("kind", Kind)
def test_hostile_text_in_every_field_gives_a_file_that_fits(kind: Kind) -> None:
    for evil in CORPUS[kind]:
        assert len(written(hostile_view(evil))) == 4


def test_the_same_view_gives_the_same_bytes() -> None:
    assert rdjson(CLOSED_GATE) == rdjson(CLOSED_GATE)
