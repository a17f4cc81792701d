"""The published schema of the JSON report describes every key, and every report fits it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reviewbot.domain.findings.placement import SuggestionState, Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.domain.model.review import Category, Severity, Side
from reviewbot.domain.policy.verdict import Coverage, Reason, Status, Verdict
from reviewbot.exports.report import SCHEMA, report_json
from reviewbot.render.view_models.review import SummaryView
from tests.exports.hostile_views import hostile_view
from tests.hostile.corpus import ATTACKS
from tests.render.goldens import ERRORS, STORIES, of_error

FILE = Path(__file__).parents[2] / "docs" / "report.schema.json"
PUBLISHED: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
VIEWS = [*STORIES.values(), *map(of_error, ERRORS.values()), *map(hostile_view, ATTACKS[::10])]


def objects(value: object) -> Iterator[dict[str, Any]]:
    """Yield every part of the schema that describes an object."""
    if isinstance(value, dict):
        if "properties" in value:
            yield value
        for part in value.values():
            yield from objects(part)


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without additional properties, which the published one allows for later versions."""
    copy: dict[str, Any] = json.loads(json.dumps(schema))
    for part in objects(copy):
        part["additionalProperties"] = False
    return copy


CLOSED = Draft202012Validator(closed(PUBLISHED))


def enumerated(name: str) -> set[str | None]:
    """Return the values that the schema allows for a key, at any depth."""
    return {word for part in objects(PUBLISHED) for word in part["properties"].get(name, {}).get("enum", ())}


def test_the_schema_is_valid_and_has_the_written_version() -> None:
    Draft202012Validator.check_schema(PUBLISHED)
    assert PUBLISHED["properties"]["schema"]["const"] == SCHEMA


@pytest.mark.parametrize("view", VIEWS, ids=range(len(VIEWS)))
def test_a_report_fits_the_schema(view: SummaryView) -> None:
    document = json.loads(report_json(view, version="1.2.3", review_url=None))
    assert [error.message for error in CLOSED.iter_errors(document)] == []


def test_every_key_is_described_and_all_but_the_latest_are_always_there() -> None:
    described = list(objects(PUBLISHED))
    assert len(described) > 10
    for part in described:
        assert set(part["properties"]) - set(part["required"]) <= {"failOn", "minutes", "attachment"}
        for name, value in part["properties"].items():
            assert value.get("description"), name


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("severity", Severity), ("category", Category), ("side", Side), ("placement", Why), ("standing", FindingState),
        ("suggestionState", SuggestionState), ("status", Status), ("verdict", Verdict), ("reason", Reason),
        ("conclusion", Conclusion), ("coverage", Coverage),
    ],
)  # fmt: skip
def test_the_schema_knows_every_word(name: str, kind: type[Severity]) -> None:
    assert enumerated(name) - {None} == {one.value for one in kind}
