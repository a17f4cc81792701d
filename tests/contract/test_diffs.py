"""Parsed changes equal git's, and committing a suggestion leads to exactly the text that it shows."""

from __future__ import annotations

import html
import re
import tempfile
from pathlib import Path

import cmarkgfm  # type: ignore[import-untyped]  # the package has no type hints
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewbot.domain.diff.parse import FileDiff, FileStatus, parse_diff
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.placement import OnLines, Placed, PlacementRules, SuggestionState, place
from reviewbot.domain.model.review import Finding, Severity, Side
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.review import CommentView, FindingView
from reviewbot.values import replace
from tests.contract.repositories import Tree, build, diff, lines_of, pairs, truths

STATUSES = {
    "A": FileStatus.ADDED,
    "C": FileStatus.COPIED,
    "D": FileStatus.REMOVED,
    "M": FileStatus.MODIFIED,
    "R": FileStatus.RENAMED,
    "T": FileStatus.MODIFIED,
}
SUGGESTED = st.lists(
    st.sampled_from(["", "x = 1", "    é", "\ty", "```", "````suggestion", "~~~", "<b>&amp;", "-- a"]), max_size=4
)
RENDERER = Renderer()
MARK = "<!-- reviewbot:finding -->"
unhurried = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def shown(file: FileDiff, side: Side) -> dict[int, str]:
    """Return the lines on which a comment is allowed."""
    return {number: line.text for line in file.lines() if (number := line.number(side)) is not None}


@unhurried
@given(pairs())
def test_a_change_set_matches_git(trees: tuple[Tree, Tree]) -> None:
    base, head = trees
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder, base, head)
        expected = truths(folder, base, head)
        files = parse_diff(diff(folder))
    for file, truth in zip(files, expected, strict=True):
        assert (file.old_path, file.path) == (truth.old_path, truth.path)
        assert file.status is STATUSES[truth.status]
        assert truth.old_oid.startswith(file.old_blob)
        assert truth.new_oid.startswith(file.new_blob)
        assert file.old_mode in {truth.old_mode, None}
        assert file.new_mode in {truth.new_mode, None}
        right, left = shown(file, Side.RIGHT), shown(file, Side.LEFT)
        assert (frozenset(right), frozenset(left)) == (truth.right, truth.left)
        assert right == {number: lines_of(head[truth.path])[number - 1] for number in right}
        assert left == {number: lines_of(base[truth.old_path])[number - 1] for number in left}


def rendered(item: Placed, view: FileView) -> str:
    """Return the comment's Markdown."""
    finding, placement = item.finding, item.placement
    assert isinstance(placement, OnLines)
    shown = FindingView(
        id=item.id,
        severity=finding.severity,
        category=None,
        title=finding.title,
        explanation="",
        references=(),
        path=view.path,
        side=placement.target.side,
        start_line=placement.target.start_line,
        line=placement.target.line,
        why=placement.why,
        code="",
        language="",
        suggestion=finding.suggestion,
        suggestion_state=item.suggestion,
        blocks=False,
        comment_url=None,
        blob_url=None,
    )
    return RENDERER.comment(CommentView(MARK, on_file=False, findings=(shown,)))


def block(markdown: str) -> str:
    """Return the text of a comment's only suggestion, parsed by GitHub's Markdown parser."""
    written = cmarkgfm.github_flavored_markdown_to_html(markdown)
    (inside,) = re.findall(r'<pre lang="suggestion"><code>(.*?)</code></pre>', written, re.DOTALL)
    return html.unescape(inside)


def committable(finding: Finding, view: FileView) -> Placed | None:
    """Return the placed finding, None if its suggestion cannot be committed."""
    (item,) = place([finding], [view], PlacementRules())
    return item if item.suggestion is SuggestionState.COMMITTABLE else None


def with_suggestion(path: str, first: int, existing: list[str], suggested: list[str]) -> Finding:
    code = "\n".join(existing)
    cited = Finding(path, Severity.HIGH, None, "T", line=first, end_line=first + len(existing) - 1, code=code)
    return replace(cited, suggestion="\n".join(suggested), existing_code=code)


@unhurried
@given(pairs(), SUGGESTED, st.data())
def test_a_committed_suggestion_leaves_exactly_what_it_shows(
    trees: tuple[Tree, Tree], suggested: list[str], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as name:
        build(Path(name), *trees)
        files = parse_diff(diff(Path(name)))
    for file in files:
        numbers = sorted(shown(file, Side.RIGHT))
        if numbers:
            first = data.draw(st.sampled_from(numbers))
            last = min(first + data.draw(st.integers(0, 2)), numbers[-1])
            lines = lines_of(trees[1][file.path])
            commit(file, lines, with_suggestion(file.path, first, lines[first - 1 : last], suggested))


def commit(file: FileDiff, lines: list[str], finding: Finding) -> None:
    """Apply the suggestion like GitHub's button and compare the file with the expected one."""
    view = FileView(file.path, file.old_path, file.hunks)
    item = committable(finding, view)
    if item is None or not isinstance(item.placement, OnLines):
        return
    target = item.placement.target
    first, last = (target.start_line or target.line) - 1, target.line
    # The quoted code may occur several times; the suggestion replaces exactly the occurrence that it is placed on.
    assert without_returns(lines[first:last]) == without_returns(str(finding.existing_code).split("\n"))
    applied = [*lines[:first], *lines_in(block(rendered(item, view))), *lines[last:]]
    assert applied == [*lines[:first], *lines_in(str(finding.suggestion)), *lines[last:]]


def lines_in(text: str) -> list[str]:
    """Return the lines of a text with or without a final line feed; an empty text has no lines."""
    return text.removesuffix("\n").split("\n") if text else []


def without_returns(lines: list[str]) -> list[str]:
    """Remove trailing carriage returns, which belong to the file and not to the suggestion."""
    return [line.removesuffix("\r") for line in lines]


def test_some_suggestions_can_be_committed() -> None:
    """Check that the law above has cases."""
    (file,) = parse_diff("diff --git a/a b/a\nindex 1..2 100644\n--- a/a\n+++ b/a\n@@ -1 +1,2 @@\n one\n+two\n")
    view = FileView("a", "a", file.hunks)
    item = committable(with_suggestion("a", 2, ["two"], ["2"]), view)
    assert item
    assert block(rendered(item, view)) == "2\n"
