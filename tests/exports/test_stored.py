"""A stored report is read back as the same view; invalid reports are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reviewbot.errors import ReportUnreadable
from reviewbot.exports.report import read_report, report_json
from reviewbot.render.view_models.review import SummaryView
from reviewbot.values import replace
from tests.exports.hostile_views import hostile_view
from tests.hostile.corpus import CORPUS, Kind
from tests.render.view_builders import AWAITING, BYPASSED, CLEAN, CLOSED_GATE, FIXED_REVIEW, LOCAL, PULL, WAITING


def written(view: SummaryView) -> str:
    return report_json(view, version="1.2.3", review_url=PULL)


VIEWS = {
    "clean": CLEAN,
    "gate": CLOSED_GATE,
    "waiting": WAITING,
    "local": LOCAL,
    "fixed": FIXED_REVIEW,
    "bypassed": BYPASSED,
    "awaiting": AWAITING,
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_report_is_read_back_unchanged(view: SummaryView) -> None:
    stored = read_report(written(view))
    assert stored.view == replace(view, mark="", ledger="", docs_url=None, command="")
    assert (stored.version, stored.review_url) == ("1.2.3", PULL)


@pytest.mark.parametrize("kind", Kind)
def test_a_hostile_report_is_read_back_to_the_same_report(kind: Kind) -> None:
    for evil in CORPUS[kind]:
        text = written(hostile_view(evil))
        assert written(read_report(text).view) == text


OTHERS = [f'{{"schema": "reviewbot/report/{version}"}}' for version in (1, 3)]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "null", "[]", "7", "{}", *OTHERS])
def test_a_file_that_is_not_reviewbots_report_is_reported(text: str) -> None:
    with pytest.raises(ReportUnreadable, match="report"):
        read_report(text)


def test_code_in_a_report_has_line_feeds_whatever_ended_its_lines() -> None:
    document = json.loads(written(CLOSED_GATE))
    document["findings"][0] |= {"code": "a\r\nb\r", "suggestion": "c\r\nd\r"}
    found = read_report(json.dumps(document)).view.findings[0]
    assert (found.code, found.suggestion) == ("a\nb", "c\nd")


def complaint(text: str, *, otherwise: str) -> str:
    """Return the error message for an unreadable report."""
    try:
        read_report(text)
    except ReportUnreadable as error:
        return error.message
    return otherwise


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:  # noqa: ANN401 — any JSON
    """Return the path of every value in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, item in inside for place in places(item, (*path, key))]


@pytest.mark.parametrize("wrong", [{}, [], 10**30, 1.5, "\x1b[31m@x", True])
def test_a_wrong_value_anywhere_is_reported_with_its_place_or_read(wrong: object) -> None:
    whole = json.loads(
        written(
            replace(
                CLOSED_GATE,
                findings=BYPASSED.findings[:1],
                closed=BYPASSED.closed[:1],
                progress=BYPASSED.progress,
                bypass=BYPASSED.bypass,
            )
        )
    )
    for place in places(whole):
        document = json.loads(json.dumps(whole))
        at = document
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = wrong
        assert str(place[0]) in complaint(json.dumps(document), otherwise=str(place))


@pytest.mark.parametrize("key", json.loads(written(CLOSED_GATE)))
def test_every_key_is_required(key: str) -> None:
    document = json.loads(written(CLOSED_GATE))
    del document[key]
    assert f"`{key}` is missing" in complaint(json.dumps(document), otherwise="")


def test_a_missing_value_is_named() -> None:
    document = json.loads(written(CLOSED_GATE))
    del document["findings"][1]["severity"]
    with pytest.raises(ReportUnreadable) as caught:
        read_report(json.dumps(document))
    assert "`findings[1].severity` is missing" in caught.value.message
