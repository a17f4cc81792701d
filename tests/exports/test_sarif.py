"""GitHub's code scanning accepts the SARIF file, whatever the findings contain."""

from __future__ import annotations

import base64
import gzip
import json
import random
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from reviewbot.domain.findings.placement import SuggestionState
from reviewbot.domain.model.review import Category, Severity, Side
from reviewbot.domain.text.escaping import visible
from reviewbot.exports.sarif import MAX_GZIPPED, MAX_RESULTS, sarif
from reviewbot.render.view_models.review import FindingView, SummaryView
from reviewbot.values import replace
from tests.exports.hostile_views import every_kind, flood, hostile_finding, hostile_view, one
from tests.hostile.corpus import ATTACKS, CORPUS, Kind
from tests.render.view_builders import (
    AWAITING,
    BYPASSED,
    CALLER,
    CARRIED,
    CHANGED,
    CLEAN,
    CLOSED_GATE,
    FOLLOWED,
    HEAD,
    INJECTION,
    NAMING,
    PULL,
    RACE,
    UNRATED,
    WAITING,
    WAIVED,
)


def written(view: SummaryView) -> dict[str, Any]:
    """Return the run, after the checks that apply to every file."""
    text = sarif(view, version="1.2.3", review_url=PULL)
    assert text.isascii()
    assert text.endswith("}\n")
    assert not [sign for sign in text if sign < " " and sign != "\n"]
    log = json.loads(text)
    log_text = json.dumps(log, ensure_ascii=False)
    assert log_text == visible(log_text)  # nothing that cannot be seen or encoded, escaped or not
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    run: dict[str, Any] = log["runs"][0]
    assert_is_accepted(run)
    return run


def assert_is_accepted(run: dict[str, Any]) -> None:
    """Check the properties that GitHub requires; if one is missing, it refuses the whole file."""
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert rule["id"]
        assert all(rule[name]["text"] for name in ("shortDescription", "fullDescription", "help"))
        assert len(rule["properties"]["tags"]) <= 20
        assert 0 < float(rule["properties"].get("security-severity", "1")) <= 10
    assert len(run["results"]) <= MAX_RESULTS
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"].strip()
        assert result["partialFingerprints"]["reviewbot/v1"]
        (location,) = result["locations"]
        assert_is_a_place(location["physicalLocation"])


def assert_is_a_place(physical: dict[str, Any]) -> None:
    address = urlsplit(physical["artifactLocation"]["uri"])
    assert address.path
    assert address.geturl() == address.path
    assert not set(address.path.split("/")) & {"", ".", ".."}
    if "region" in physical:
        assert 1 <= physical["region"]["startLine"] <= physical["region"]["endLine"] < 2**31


def the_result(finding: FindingView) -> dict[str, Any]:
    (result,) = written(one(finding))["results"]
    assert isinstance(result, dict)
    return result


def place(finding: FindingView) -> tuple[str, tuple[int, int] | None]:
    physical = the_result(finding)["locations"][0]["physicalLocation"]
    region = physical.get("region")
    return unquote(physical["artifactLocation"]["uri"]), region and (region["startLine"], region["endLine"])


def test_a_finding_on_lines_has_its_lines_rule_and_fingerprint() -> None:
    result = the_result(INJECTION)
    assert place(INJECTION) == ("src/shop/users.py", (41, 42))
    assert (result["ruleId"], result["level"]) == ("reviewbot/security-critical", "error")
    assert set(result["partialFingerprints"].values()) == {INJECTION.id}
    assert result["message"]["text"].startswith("SQL is put together from the user's input.\n\n`name` reaches")
    assert result["message"]["text"].endswith(INJECTION.references[0])


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        (Severity.UNRATED, "error"),
        (Severity.CRITICAL, "error"),
        (Severity.HIGH, "error"),
        (Severity.MEDIUM, "warning"),
        (Severity.LOW, "note"),
        (Severity.INFO, "note"),
    ],
)
def test_each_severity_has_a_level(severity: Severity, level: str) -> None:
    assert the_result(replace(RACE, severity=severity))["level"] == level


def test_only_a_rule_has_a_security_score_in_githubs_bands() -> None:
    rules = {rule["id"]: rule["properties"] for rule in written(CLEAN)["tool"]["driver"]["rules"]}
    scores = {name: float(one["security-severity"]) for name, one in rules.items() if "security-severity" in one}
    bands = {"critical": (9.1, 10), "high": (7, 8.9), "medium": (4, 6.9), "low": (0.1, 3.9)}
    assert set(scores) == {f"reviewbot/security-{name}" for name in bands}
    assert all(low <= scores[f"reviewbot/security-{name}"] <= high for name, (low, high) in bands.items())
    assert all("security" in one["tags"] for name, one in rules.items() if "/security" in name)


def test_the_rules_are_the_same_whatever_was_found() -> None:
    assert written(CLEAN)["tool"] == written(CLOSED_GATE)["tool"]
    assert len(written(CLEAN)["tool"]["driver"]["rules"]) == len(Severity) + len(Category)


def test_every_kind_of_finding_has_a_rule_and_lines_only_at_the_head() -> None:
    findings = tuple(every_kind())
    results = written(replace(CLOSED_GATE, findings=findings))["results"]
    assert len(results) == len(findings)
    by_id = {result["partialFingerprints"]["reviewbot/v1"]: result for result in results}
    for finding in findings:
        nobody_compared = finding.id.startswith(("file-not-in-change", "file-not-sent", "no-file"))
        at_head = finding.side is Side.RIGHT and not nobody_compared
        assert ("region" in by_id[finding.id]["locations"][0]["physicalLocation"]) == at_head


def test_a_deleted_line_is_not_in_the_file_and_the_message_says_so() -> None:
    left = replace(RACE, side=Side.LEFT)
    assert place(left) == (RACE.path, None)
    assert "line 18 before the change" in the_result(left)["message"]["text"]


def test_a_line_of_an_unverified_file_is_not_reported() -> None:
    assert place(CALLER) == (CALLER.path, None)
    assert "cited lines 3 to 5" in the_result(CALLER)["message"]["text"]


def test_a_finding_without_a_file_is_on_a_file_of_the_change_and_says_so() -> None:
    assert place(UNRATED) == (CLOSED_GATE.sent[0].path, None)
    assert "did not cite a file" in the_result(UNRATED)["message"]["text"]


def test_a_finding_without_a_place_is_a_notification() -> None:
    run = written(replace(one(UNRATED), sent=(), held=()))
    assert run["results"] == []
    (note,) = [n for n in run["invocations"][0]["toolExecutionNotifications"] if UNRATED.title in n["message"]["text"]]
    assert note["level"] == "warning"


def test_unreadable_parts_and_failures_are_notifications() -> None:
    texts = [note["message"]["text"] for note in written(CLOSED_GATE)["invocations"][0]["toolExecutionNotifications"]]
    assert any("What about the cache?" in text for text in texts)
    assert {*CLOSED_GATE.notices, *CLOSED_GATE.degraded} <= set(texts)


@pytest.mark.parametrize("path", ["a b/ü%20#?.py", "src/[id]/page.tsx", "x:y", "日本/語.py", "tab\there"])
def test_a_path_is_percent_encoded_whole(path: str) -> None:
    assert place(replace(RACE, path=path)) == (path, (18, 18))


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "a//b", "./x", "x/", "nul\0", "x" * 5000])
def test_an_invalid_path_is_not_turned_into_a_valid_one(path: str) -> None:
    assert place(replace(RACE, path=path)) == (CLOSED_GATE.sent[0].path, None)


def test_a_suggestion_is_a_fix_only_when_it_can_be_committed() -> None:
    assert "fixes" not in the_result(RACE)
    (fix,) = the_result(INJECTION)["fixes"]
    (replacement,) = fix["artifactChanges"][0]["replacements"]
    assert replacement["deletedRegion"] == {"startLine": 41, "startColumn": 1, "endLine": 42}
    assert replacement["insertedContent"]["text"] == INJECTION.suggestion
    for other in (SuggestionState.SHOWN, SuggestionState.NONE):
        assert "fixes" not in the_result(replace(INJECTION, suggestion_state=other))


@pytest.mark.parametrize("address", ["C:\\Windows", "javascript:alert(1)", "//evil.example", "1:2", "here"])
def test_only_a_web_url_is_the_uri_of_a_finding(address: str) -> None:
    assert "hostedViewerUri" not in the_result(replace(RACE, comment_url=address))
    assert the_result(replace(RACE, comment_url=f"{PULL}#1"))["hostedViewerUri"] == f"{PULL}#1"


def test_a_result_says_whether_the_previous_review_had_it() -> None:
    states = {
        result["partialFingerprints"]["reviewbot/v1"]: result["baselineState"]
        for result in written(FOLLOWED)["results"]
    }
    assert (states[NAMING.id], states[CARRIED.id], states[CHANGED.id]) == ("new", "unchanged", "updated")
    assert {result["baselineState"] for result in written(CLOSED_GATE)["results"]} == {"new"}
    assert all("baselineState" not in result for result in written(AWAITING)["results"])


def test_an_earlier_finding_has_the_reviewers_last_note() -> None:
    text = the_result(CHANGED)["message"]["text"]
    assert (
        "An earlier review reported this finding. Its code has changed since then, but no review has confirmed" in text
    )
    assert "The reviewer's last note: `locked` is there" in text
    assert "earlier review" not in the_result(RACE)["message"]["text"]


def test_a_waived_finding_is_suppressed_with_who_and_why() -> None:
    results = written(FOLLOWED)["results"]
    (waived,) = (result for result in results if "suppressions" in result)
    assert waived["partialFingerprints"]["reviewbot/v1"] == WAIVED.id
    (suppression,) = waived["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"] == f"octocat: {WAIVED.waived_for}"


def test_a_fixed_or_gone_finding_is_not_a_sarif_result() -> None:
    ids = {result["partialFingerprints"]["reviewbot/v1"] for result in written(FOLLOWED)["results"]}
    assert ids == {one.id for one in FOLLOWED.findings} | {WAIVED.id}


def test_a_bypass_and_findings_beyond_the_ledger_are_notifications() -> None:
    texts = [note["message"]["text"] for note in written(BYPASSED)["invocations"][0]["toolExecutionNotifications"]]
    assert any(text.startswith("Bypassed by hubot-owner: The shop is down") for text in texts)
    assert "1 more finding from earlier reviews, of which only the severity is stored." in texts


def test_nothing_in_a_message_is_a_link() -> None:
    text = the_result(replace(RACE, title="[a](0)", explanation="![b](https://evil.example) c[0](1)"))["message"][
        "text"
    ]
    assert "](" not in text


def test_the_run_names_commit_repository_and_category() -> None:
    run = written(replace(CLOSED_GATE, instance="night/ly"))
    (source,) = run["versionControlProvenance"]
    assert (source["repositoryUri"], source["revisionId"]) == ("https://github.com/acme/shop", HEAD)
    assert run["automationDetails"]["id"] == "reviewbot/codevf/night%2Fly/"
    assert run["tool"]["driver"]["version"] == "1.2.3"


def test_without_an_address_the_run_names_no_repository() -> None:
    log = json.loads(sarif(CLEAN, version="1", review_url=None))
    assert log["runs"][0]["versionControlProvenance"] == []


def test_an_open_review_is_not_a_successful_analysis() -> None:
    assert written(WAITING)["invocations"][0]["executionSuccessful"] is False
    assert written(CLEAN)["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize("kind", Kind)
def test_hostile_text_in_every_field_gives_an_accepted_file(kind: Kind) -> None:
    for evil in CORPUS[kind]:
        run = written(hostile_view(evil))
        assert len(run["results"]) in {0, 4}


def test_hostile_findings_do_not_affect_another_finding() -> None:
    findings = (RACE, *(replace(hostile_finding(evil), id=str(number)) for number, evil in enumerate(ATTACKS)))
    run = written(replace(CLOSED_GATE, findings=findings))
    assert len(run["results"]) == len(findings)


def test_the_worst_five_thousand_are_kept_and_the_rest_is_counted() -> None:
    run = written(flood(6000))
    assert len(run["results"]) == MAX_RESULTS
    ranks = [Severity(result["properties"]["severity"]).rank for result in run["results"]]
    assert ranks == sorted(ranks)
    assert ranks.count(Severity.INFO.rank) == 200
    assert (
        "the 1,000 least severe findings" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    )


def test_incompressible_content_fits() -> None:
    noise = random.Random(7)  # noqa: S311 — text that gzip cannot make smaller, the same every time
    findings = tuple(
        replace(RACE, id=str(number), explanation=base64.b85encode(noise.randbytes(20_000)).decode())
        for number in range(720)
    )
    text = sarif(replace(CLOSED_GATE, findings=findings), version="1", review_url=PULL)
    assert len(gzip.compress(text.encode())) <= MAX_GZIPPED
    assert len(json.loads(text)["runs"][0]["results"]) == 720
    assert "The rest is in the JSON report" in text


def test_the_same_view_gives_the_same_bytes() -> None:
    assert sarif(CLOSED_GATE, version="1", review_url=PULL) == sarif(CLOSED_GATE, version="1", review_url=PULL)
