"""A redacted token that may be code becomes a finding, which blocks until it changes or is waived."""

from __future__ import annotations

from collections.abc import Iterable

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.placement import OnLines
from reviewbot.domain.findings.redacted_lines import TITLE, is_tracked, redacted_lines
from reviewbot.domain.findings.tracked_finding import Findings, FindingState
from reviewbot.domain.findings.tracking import merge_answer
from reviewbot.domain.model.review import Category, Severity
from reviewbot.values import replace
from tests.domain.builders import answer, view

SENT = "npx [REDACTED:slack-token]\nrun\nnpx [REDACTED:slack-token]\npip install [REDACTED:mailgun-key]\n"


def seen(unseen: Iterable[int], text: str = SENT) -> FileView:
    """Return an added script with new redacted lines."""
    return replace(view("", text, "run.sh", redacted=unseen), newly_redacted=frozenset(unseen))


def tracked(now: FileView) -> Findings:
    """Return what the ledger has after a clean answer."""
    index = ChangeIndex((now,), frozenset())
    return merge_answer(Findings(), answer(index, *redacted_lines([now])), index)


def test_each_run_of_lines_is_a_finding() -> None:
    first, second = redacted_lines([seen({1, 3, 4})])
    assert (first.path, first.line, first.end_line) == ("run.sh", 1, 1)
    assert (second.line, second.end_line) == (3, 4)
    assert {one.severity for one in (first, second)} == {Severity.CRITICAL}
    assert {one.category for one in (first, second)} == {Category.SECURITY}
    assert {one.title for one in (first, second)} == {TITLE}
    assert "(`slack-token`)" in first.explanation
    assert "(`slack-token`, `mailgun-key`)" in second.explanation
    assert list(redacted_lines([seen({})])) == []
    (masked,) = redacted_lines([seen({1}, "npx xxxx-''0000000000-xxxx\n")])
    assert "the value is a credential, revoke" in masked.explanation


def test_it_is_placed_on_its_lines() -> None:
    now = seen({3, 4})
    (placed,) = answer(ChangeIndex((now,), frozenset()), *redacted_lines([now])).placed
    assert isinstance(placed.placement, OnLines)
    assert (placed.placement.target.start_line, placed.placement.target.line) == (3, 4)


def test_a_verdict_needs_each_of_them() -> None:
    now = seen({1, 3})
    assert not is_tracked([now], Findings(), "")
    assert not is_tracked([now], tracked(seen({1})), "")
    assert is_tracked([now], tracked(now), "")
    assert is_tracked([seen({})], Findings(), "")
    closed = [replace(one, state=FindingState.FIXED) for one in tracked(now).records]
    assert not is_tracked([now], Findings(tuple(closed)), "")
