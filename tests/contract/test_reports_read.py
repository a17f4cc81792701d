"""External programs read the report files correctly, whatever the findings contain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewbot.exports.rdjson import rdjson
from reviewbot.exports.sarif import sarif
from reviewbot.render.view_models.review import SummaryView
from tests.contract.readers import rdjson_complaints, sarif_complaints, sarif_records
from tests.exports.hostile_views import hostile_view
from tests.hostile.corpus import CORPUS, Kind
from tests.render.view_builders import AWAITING, BYPASSED, CLEAN, CLOSED_GATE, PULL, WAITING

pytestmark = [pytest.mark.readers, pytest.mark.proof]

EVIL = (*(attacks[0] for attacks in CORPUS.values()), *CORPUS[Kind.NOTHING])
"""One attack of every class: the readers take seconds per file."""

VIEWS = {
    "clean": CLEAN,
    "closed": CLOSED_GATE,
    "waiting": WAITING,
    "bypassed": BYPASSED,
    "awaiting": AWAITING,
    **{f"evil{number}": hostile_view(evil) for number, evil in enumerate(EVIL)},
}
BLANK = {f"evil{number}" for number, evil in enumerate(EVIL) if evil.isspace()}
"""Names of whitespace: git accepts them, and the RDJSON validator reads them as missing."""

NO_ADDRESS = "SARIF2005"
ACCEPTED = {
    NO_ADDRESS: "a tool should have an address: a release knows where it is published, a file written by it does not",
    "SARIF2017": "a location should have a region: what was found on no line of the head is on none",
}
"""The multitool's findings in valid files. The first one is in every file."""


def written(view: SummaryView) -> str:
    return sarif(view, version="1.2.3", review_url=PULL)


def test_the_multitool_accepts_a_sarif_file(tmp_path: Path) -> None:
    for name, view in VIEWS.items():
        (tmp_path / f"{name}.sarif").write_text(written(view), encoding="utf-8")
    found = sarif_complaints(tmp_path)
    assert len(found) == len(VIEWS)
    assert not {name: rules - ACCEPTED.keys() for name, rules in found.items() if rules - ACCEPTED.keys()}


def test_sarif_tools_reads_every_finding_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "report.sarif"
    file.write_text(written(CLOSED_GATE), encoding="utf-8")
    read = {(one["Severity"], one["Code"], one["Location"], str(one["Line"])) for one in sarif_records(file)}
    assert read == {
        ("error", "reviewbot/security-critical", "src/shop/users.py", "41"),
        ("error", "reviewbot/correctness", "src/shop/stock.py", "18"),
        ("note", "reviewbot/style", "src/shop/stock.py", "12"),
        # What has no line is shown on the first.
        ("error", "reviewbot/other", "src/shop/users.py", "1"),
        ("warning", "reviewbot/correctness", "src/shop/admin.py", "1"),
    }


def test_the_validator_accepts_an_rdjson_file(tmp_path: Path) -> None:
    for name in VIEWS.keys() - BLANK:
        (tmp_path / f"{name}.rdjson").write_text(rdjson(VIEWS[name]), encoding="utf-8")
    found = rdjson_complaints(tmp_path)
    assert len(found) == len(VIEWS) - len(BLANK)
    assert not {name: codes for name, codes in found.items() if codes}


Plant = Callable[[dict[str, Any]], object]
"""Makes a SARIF result or an RDJSON diagnostic on lines invalid."""


def physical(result: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = result["locations"][0]["physicalLocation"]
    return found


@pytest.mark.parametrize(
    ("plant", "rule"),
    [
        (lambda it: it.pop("message"), "JSON1002"),
        (lambda it: it.update(colour="red"), "JSON1005"),
        (lambda it: physical(it)["region"].update(startLine=0), "JSON1008"),
        (lambda it: physical(it)["region"].update(endLine=1), "SARIF1007"),
        (lambda it: it.update(ruleIndex=99), "SARIF1009"),
        (lambda it: physical(it)["artifactLocation"].update(uri="/etc/passwd"), "SARIF1004"),
        (lambda it: it.pop("locations"), "GH1015"),
        (lambda it: it.update(baselineState="old"), "could not be read at all"),
        (lambda it: it.update(suppressions=[{"justification": "octocat"}]), "JSON1002"),
        (lambda it: it.update(level="fatal"), "could not be read at all"),
        (lambda it: it.update(hostedViewerUri="C:%5C"), "could not be read at all"),
    ],
)
def test_a_mistake_planted_in_sarif_is_named(tmp_path: Path, plant: Plant, rule: str) -> None:
    log = json.loads(written(CLOSED_GATE))
    plant(next(one for one in log["runs"][0]["results"] if "region" in physical(one)))
    (tmp_path / "wrong.sarif").write_text(json.dumps(log), encoding="utf-8")
    assert rule in sarif_complaints(tmp_path)["wrong.sarif"]


def test_a_line_planted_in_sarif_is_read(tmp_path: Path) -> None:
    log = json.loads(written(CLOSED_GATE))
    for result in log["runs"][0]["results"]:
        physical(result)["region"] = {"startLine": 7}
    (tmp_path / "wrong.sarif").write_text(json.dumps(log), encoding="utf-8")
    assert {one["Line"] for one in sarif_records(tmp_path / "wrong.sarif")} == {7}


@pytest.mark.parametrize(
    ("plant", "code"),
    [
        (lambda it: it.pop("message"), "MISSING_DIAGNOSTIC_MESSAGE"),
        (lambda it: it.pop("location"), "MISSING_DIAGNOSTIC_LOCATION"),
        (lambda it: it.update(rule="x"), "UNKNOWN_PROPERTY"),
        (lambda it: it.update(severity="HIGH"), "INVALID_SEVERITY"),
        (lambda it: it["location"].update(path=""), "EMPTY_STRING"),
        (lambda it: it["location"]["range"]["start"].update(line=0), "INVALID_POSITION"),
        (lambda it: it["suggestions"][0].pop("range"), "REQUIRED_PROPERTY_MISSING"),
    ],
)
def test_a_mistake_planted_in_rdjson_is_named(tmp_path: Path, plant: Plant, code: str) -> None:
    result = json.loads(rdjson(CLOSED_GATE))
    plant(next(one for one in result["diagnostics"] if "suggestions" in one))
    (tmp_path / "wrong.rdjson").write_text(json.dumps(result), encoding="utf-8")
    assert code in rdjson_complaints(tmp_path)["wrong.rdjson"]
