"""Every item of any answer is shown in exactly one place, the page has the total, and all size limits hold.

Answers are generated from a loosened response schema: any part may be missing, of another type, repeated, or nested
in another value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewbot.domain.codevf.response import read_result, response_schema
from reviewbot.domain.findings.placement import (
    DuplicateOf,
    InSummary,
    OnFile,
    OnLines,
    Placed,
    PlacementRules,
    place,
)
from reviewbot.domain.model.review import Report, Severity
from reviewbot.domain.publishing.comment_diff import group
from reviewbot.domain.text.size_limits import COMMENT_DETAILS, Detail
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.review import CommentView, DuplicateView, FindingView, SummaryView, SumView
from reviewbot.render.view_models.truncation import truncate_summary, worst_first
from reviewbot.values import replace
from tests.domain.any_json import fitting, json_values, nearly
from tests.domain.builders import view
from tests.render.view_builders import CLOSED_GATE, COMMENT

PATHS = ("src/app.py", "b.py", "gone.py", "")
VIEWS = (
    view("".join(f"line {n}\n" for n in range(40)), "".join(f"line {n * 2}\n" for n in range(40)), "src/app.py"),
    view("", "x = 1\ny = 2\n" * 20, "b.py"),
)


def _told(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with paths, lines and code that the change has, so that findings find their places."""
    file = schema["properties"]["files"]["items"]
    file["properties"]["path"] = {"enum": PATHS}
    finding = file["properties"]["findings"]["items"]["properties"]
    finding["line"] = finding["end_line"] = {"enum": range(1, 46)}
    finding["code"] = {"enum": ("", "line 4", "line 3", "x = 1\ny = 2", "nowhere")}
    return schema


SCHEMA = _told(json.loads(json.dumps(response_schema())))
fits = fitting(SCHEMA)
broken = fitting(SCHEMA, instead=json_values | nearly) | fits
LETTERS = st.sampled_from(["@a <b> `c` ", "```\n", "\u202e", "\U0001f600", "</details>", "<!-- -->", "\0", "x"])


@st.composite
def swollen(draw: st.DrawFn) -> Any:  # noqa: ANN401 — JSON
    """Generate a valid answer with repeated findings, duplicates and texts of any length."""
    value: Any = draw(fits)
    times, long = draw(st.sampled_from([1, 3, 40])), draw(LETTERS) * draw(st.sampled_from([1, 400, 20_000]))
    for file in value["files"]:
        for item in file["findings"]:
            item[draw(st.sampled_from(["title", "explanation", "code", "suggestion"]))] = long
        file["findings"] = [
            {**item, "title": f"{number % 30} {item['title']}"} for number in range(times) for item in file["findings"]
        ]
    return value


@st.composite
def wrapped(draw: st.DrawFn) -> Any:  # noqa: ANN401 — JSON
    """Generate an answer in a message, fenced or not, twice, or with text in addition to a clean answer."""
    text = json.dumps(draw(broken))
    match draw(st.integers(0, 3)):
        case 0:
            return {"message": f"Here it is:\n```json\n{text}\n```\nBye.", "deliverables": []}
        case 1:
            return {"message": text + text, "deliverables": draw(broken)}
        case 2:
            return {"summary": "Clean.", "files": [], "message": "There is a hole in it. " * 20}
        case _:
            return "[" * draw(st.integers(1, 3000)) + text


rules_of_all_kinds = st.builds(PlacementRules, st.sampled_from(list(Severity)[1:]), st.sampled_from([0, 1, 5, 300]))
often = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def finding_view(item: Placed) -> FindingView:
    """Return a finding as the story shows it, without addresses."""
    finding, placement = item.finding, item.placement
    assert not isinstance(placement, DuplicateOf)
    return FindingView(
        id=item.id, severity=finding.severity, category=finding.category, title=finding.title,
        explanation=finding.explanation, references=finding.references, path=finding.path, side=finding.side,
        start_line=finding.line, line=finding.end_line, why=placement.why, code=finding.code, language="",
        suggestion=finding.suggestion, suggestion_state=item.suggestion, blocks=False, comment_url=None,
        blob_url=None,
    )  # fmt: skip


def summary_view(report: Report, placed: Sequence[Placed]) -> SummaryView:
    """Return the page of an answer."""
    shown = [item for item in placed if not isinstance(item.placement, DuplicateOf)]
    kinds = [type(item.placement) for item in placed]
    return replace(
        CLOSED_GATE,
        findings=tuple(map(finding_view, shown)),
        counts={severity: sum(item.finding.severity is severity for item in shown) for severity in Severity},
        leftovers=report.leftovers,
        duplicates=tuple(
            DuplicateView(item.finding.title, item.finding.path, item.placement.id)
            for item in placed
            if isinstance(item.placement, DuplicateOf)
        ),
        sum=SumView(
            len(placed) + len(report.leftovers),
            kinds.count(OnLines),
            kinds.count(OnFile),
            kinds.count(InSummary),
            kinds.count(DuplicateOf),
            len(report.leftovers),
        ),
        reviewer_summary=report.summary,
    )


def _stated_numbers(text: str) -> tuple[int, int] | None:
    """Return how many findings the answer has, and the sum of their places, as the page has them."""
    line = next((line for line in text.splitlines() if "in the answer:" in line), None)
    if line is None:
        return None
    first, rest = line.split("in the answer:")
    return _number(first), sum(map(_number, re.findall(r"[\d,]+ (?:on|listed|dup|unread)", rest)))


def _number(text: str) -> int:
    [found] = re.findall(r"[\d,]+", text)
    return int(found.replace(",", ""))


@pytest.fixture(scope="module")
def plain() -> Renderer:
    return Renderer()


@often
@given(result=broken | wrapped() | swollen(), rules=rules_of_all_kinds)
def test_every_item_is_in_one_place_and_the_page_states_the_sum(
    plain: Renderer, result: object, rules: PlacementRules
) -> None:
    report = read_result(result)
    assert report.findings or report.leftovers or report.readable
    placed = place(report.findings, VIEWS, rules)
    # A duplicate's explanation is added to the original's.
    for item, finding in zip(placed, report.findings, strict=True):
        assert replace(item.finding, explanation="") == replace(finding, explanation="")
        assert finding.explanation.strip() in item.finding.explanation
    commented = [one for members in group(placed) for one in members.placed]
    assert len(commented) == len({id(one) for one in commented}) == sum(_has_comment(item) for item in placed)
    count = len(report.findings) + len(report.leftovers)
    is_stated = report.leftovers or any(isinstance(item.placement, DuplicateOf) for item in placed)
    stated = (count, count) if is_stated else None
    assert _stated_numbers(plain.summary(summary_view(report, placed)).text) == stated


def _has_comment(item: Placed) -> bool:
    return isinstance(item.placement, OnLines | OnFile)


@often
@given(result=swollen() | wrapped(), rules=rules_of_all_kinds)
def test_everything_that_goes_to_github_is_within_its_limits(
    plain: Renderer, result: object, rules: PlacementRules
) -> None:
    report = read_result(result)
    placed = place(report.findings, VIEWS, rules)
    page = summary_view(report, placed)
    summary, (title, check) = plain.summary(page).text, plain.check(page)
    assert len(summary.encode("utf-16-le", "replace")) // 2 <= 65_536
    assert summary.startswith(page.mark)
    assert len(title) <= 255
    assert len(check.encode("utf-8", "replace")) <= 65_535
    assert len(plain.job_summary(page).encode("utf-8", "replace")) <= 1024 * 1024
    for text, limit in _parts(plain, placed):
        assert len(text.encode("utf-16-le", "replace")) // 2 <= limit


def _parts(plain: Renderer, placed: Sequence[Placed]) -> Iterator[tuple[str, int]]:
    for members in group(placed):
        shown = tuple(finding_view(item) for item in members.placed)
        yield plain.comment(CommentView(COMMENT.mark, on_file=False, findings=shown)), 65_536
    for item in placed[:20]:
        if not isinstance(item.placement, DuplicateOf):
            title, message = plain.annotation(finding_view(item))
            yield title, 255
            yield message, 65_536


@often
@given(result=swollen(), rules=rules_of_all_kinds, detail=st.sampled_from(COMMENT_DETAILS))
def test_an_omitted_finding_is_never_worse_than_a_shown_one(
    result: object, rules: PlacementRules, detail: Detail
) -> None:
    report = read_result(result)
    page = summary_view(report, place(report.findings, VIEWS, rules))
    shown = truncate_summary(page, detail)
    by_id = {one.id for one in (*shown.full, *shown.folded, *shown.quiet)}
    loud = [one for one in worst_first(page.findings) if one.why != "below-threshold"]
    left = [one for one in loud if one.id not in by_id]
    kept = [one for one in loud if one.id in by_id]
    if left and kept:
        assert max(one.severity.rank for one in kept) <= min(one.severity.rank for one in left)


def test_the_generated_answers_refer_to_lines_of_the_change() -> None:
    """Otherwise no finding would be in the change, and the laws would hold vacuously."""
    found = [
        {"severity": "high", "category": "style", "title": f"{path}{line}", "explanation": "", "side": "RIGHT",
         "line": line, "end_line": line, "code": "", "path": path}
        for path in PATHS for line in (3, 45)
    ]  # fmt: skip
    files = [{"path": one.pop("path"), "findings": [one]} for one in found]
    placed = place(read_result({"summary": "", "files": files}).findings, VIEWS, PlacementRules())
    assert {type(item.placement) for item in placed} == {OnLines, OnFile, InSummary}
