"""The JSON report contains everything in the summary, in a stable form."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from reviewbot.domain.model.review import Severity
from reviewbot.exports.report import SCHEMA, report_json
from reviewbot.render.view_models.review import SummaryView
from reviewbot.values import replace
from tests.render.view_builders import (
    AWAITING,
    BEFORE,
    BYPASSED,
    CHANGED,
    CLEAN,
    CLOSED_GATE,
    FIXED,
    INJECTION,
    LOCAL,
    WAITING,
    WAIVED,
)

URL = "https://github.com/acme/shop/pull/7"


def document(view: SummaryView, review_url: str | None = URL) -> Any:  # noqa: ANN401 — JSON
    return json.loads(report_json(view, version="1.2.3", review_url=review_url))


def test_the_report_names_its_format_and_the_reviewed_change() -> None:
    read = document(CLEAN)
    assert (read["schema"], read["generator"]) == (SCHEMA, {"name": "reviewbot", "version": "1.2.3"})
    assert (read["repository"], read["pullRequest"], read["pullRequestUrl"]) == ("acme/shop", 7, URL)
    assert (read["head"], read["mergeBase"]) == (CLEAN.head_sha, CLEAN.merge_base)
    assert (read["taskId"], read["coverage"]) == ("task_8Jd2", "full")
    assert document(CLEAN, None)["pullRequestUrl"] is None
    assert report_json(CLEAN, version="1", review_url=None).endswith("}\n")


def test_the_outcome_and_the_counts_match_the_view() -> None:
    read = document(CLOSED_GATE)
    assert read["outcome"]["exitStatus"] == 1
    assert (read["outcome"]["verdict"], read["outcome"]["conclusion"]) == ("fail", "failure")
    assert read["counts"].keys() == {severity.value for severity in Severity}
    assert CLOSED_GATE.counts is not None
    assert read["counts"]["critical"] == CLOSED_GATE.counts[Severity.CRITICAL]


def test_every_finding_is_in_the_report_with_its_place() -> None:
    read = document(CLOSED_GATE)
    shown = CLOSED_GATE.findings
    assert [one["id"] for one in read["findings"]] == [finding.id for finding in shown]
    (one,) = (found for found in read["findings"] if found["id"] == INJECTION.id)
    assert (one["severity"], one["category"], one["side"]) == ("critical", "security", "RIGHT")
    assert (one["path"], one["startLine"], one["line"]) == (INJECTION.path, 41, 42)
    assert (one["placement"], one["suggestionState"], one["blocks"]) == ("cited", "committable", True)
    assert (one["title"], one["explanation"]) == (INJECTION.title, INJECTION.explanation)


def test_the_places_of_the_findings_add_up_to_the_returned_ones() -> None:
    places = document(CLOSED_GATE)["sum"]
    assert places["returned"] == sum(count for name, count in places.items() if name != "returned")


def test_the_manifest_lists_what_was_sent_and_held_back() -> None:
    manifest = document(CLEAN)["manifest"]
    assert [(one["path"], one["bytes"], one["whole"]) for one in manifest["sent"]] == [
        (one.path, one.bytes, one.whole) for one in CLEAN.sent
    ]
    assert {"sha256", "redactions"} <= manifest["sent"][0].keys()
    assert manifest["heldBack"] == [{"path": "web/app.min.js", "reason": "minified", "detail": "", "missed": False}]


def test_unknown_values_are_null_and_never_zero() -> None:
    read = document(WAITING)
    assert (read["counts"], read["sum"], read["cost"]["used"]) == (None, None, None)
    assert document(LOCAL)["cost"] is None
    assert document(replace(CLEAN, task_id=""))["taskId"] is None


def test_credits_keep_their_fractions() -> None:
    assert CLEAN.cost is not None
    cost = replace(CLEAN.cost, used=Decimal("387.50"))
    assert document(replace(CLEAN, cost=cost))["cost"]["used"] == "387.50"


def test_invalid_unicode_does_not_break_the_file() -> None:
    hostile = replace(INJECTION, title="\ud800 \x1b[31m\u202e\x9b\x7f</script>", path="\udcff.py")
    text = report_json(replace(CLEAN, findings=(hostile,)), version="1", review_url=None)
    assert text.isascii()
    assert not set(text) & {"\x1b", "\x7f"}
    assert json.loads(text)["findings"][0]["title"] == "? \x1b[31m\u202e\x9b\x7f</script>"


def test_earlier_findings_are_listed_with_their_state() -> None:
    read = document(BYPASSED)
    assert [one["standing"] for one in read["closed"]] == ["fixed", "gone"]
    assert (read["closed"][0]["closedAt"], read["closed"][0]["note"]) == (FIXED.closed_at, FIXED.note)
    assert [(one["waivedBy"], one["waivedFor"]) for one in read["waived"]] == [("octocat", WAIVED.waived_for)]
    assert {one["id"] for one in read["findings"] if one["carried"]} == {
        one.id for one in BYPASSED.findings if one.carried
    }
    (changed,) = (one for one in read["findings"] if one["standing"] == "changed")
    assert changed["note"] == CHANGED.note
    assert (read["progress"]["since"], read["progress"]["carried"], read["progress"]["beyond"]) == (BEFORE, 4, 1)
    assert read["bypass"] == {"by": "hubot-owner", "reason": BYPASSED.bypass and BYPASSED.bypass.reason}


def test_the_awaited_head_is_named() -> None:
    assert document(AWAITING)["awaited"] == BEFORE
    assert document(CLEAN)["awaited"] is None
    assert document(CLEAN)["progress"]["since"] is None
