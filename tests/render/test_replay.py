"""Past merges as rows, and their sum."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from reviewbot.domain.policy.verdict import Reason
from reviewbot.render.view_models.replay import Replay, login_of, replayed, since, skipped, title_of, total
from tests.render.view_builders import CLOSED_GATE

DRY = replace(CLOSED_GATE.outcome, reason=Reason.DRY_RUN)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("90d", "90 days ago"),
        ("4w", "4 weeks ago"),
        ("6m", "6 months ago"),
        ("1y", "1 years ago"),
        ("2026-01-31", "2026-01-31 00:00"),
        ("", None),
        ("0d", None),
        ("90", None),
        ("yesterday", None),
        ("--all", None),
    ],
)
def test_a_span_or_a_date_is_put_into_gits_words(text: str, told: str | None) -> None:
    assert since(text) == told


def test_a_merge_that_would_have_been_reviewed_has_its_hold_and_what_is_missing() -> None:
    row = replayed("2026-11-24", "abc", "Add", replace(CLOSED_GATE, outcome=DRY))
    held = Counter(one.reason for one in CLOSED_GATE.held)
    assert (row.sent, dict(row.held), row.missed, row.credits, row.note) == (2, held, 1, 612, "1 not reviewed")
    assert row.sent_bytes == sum(one.bytes for one in CLOSED_GATE.sent)
    assert replayed("", "", "", replace(CLOSED_GATE, outcome=DRY, held=())).note == ""


@pytest.mark.parametrize(
    ("reason", "message", "note"),
    [
        (Reason.NOTHING_SELECTED, "", "nothing to review"),
        (Reason.PARTIAL, "Nothing fits.", "Nothing fits."),
        (Reason.CHANGE_UNREADABLE, "", "change-unreadable"),
    ],
)
def test_a_merge_without_a_review_costs_nothing_and_says_why(reason: Reason, message: str, note: str) -> None:
    view = replace(CLOSED_GATE, outcome=replace(DRY, reason=reason, message=message))
    row = replayed("", "", "", view)
    assert (row.credits, row.note) == (0, note)


def test_what_a_bot_authored_costs_nothing_and_says_whose_it_is() -> None:
    row = skipped("2026-11-24", "abc", "Bump", "renovate[bot]")
    assert (row.day, row.sha, row.subject, row.bot) == ("2026-11-24", "abc", "Bump", "renovate[bot]")
    assert (row.sent, row.credits, row.note) == (0, 0, "renovate[bot]")


@pytest.mark.parametrize(
    ("name", "email", "login"),
    [
        ("Ann", "1+ann@users.noreply.github.com", "ann"),
        ("Ann", "ann@users.noreply.github.example.com", "ann"),
        ("x", "49699333+dependabot[bot]@users.noreply.github.com", "dependabot[bot]"),
        ("dependabot[bot]", "support@github.com", "dependabot[bot]"),
        ("dependabot[bot]", "1+ann@users.noreply.github.com", "ann"),
        ("Ann", "", "Ann"),
    ],
)
def test_an_author_is_known_by_githubs_address_or_by_name(name: str, email: str, login: str) -> None:
    assert login_of(name, email) == login


def test_a_review_without_a_price_costs_nothing() -> None:
    assert replayed("", "", "", replace(CLOSED_GATE, outcome=DRY, cost=None)).credits == 0


def test_the_total_is_the_sum_of_its_rows() -> None:
    both = {"paths": 1, "lock-file": 4}
    rows = [Replay("d", "s", "x", 1, 20, {"paths": 3}, 1, 240), Replay("d", "s", "y", 2, 30, both, 0, 360, "note")]
    assert total(rows) == Replay("", "", "", 3, 50, {"paths": 4, "lock-file": 4}, 1, 600)
    assert total([]) == Replay("", "", "")


@pytest.mark.parametrize(
    ("subject", "body", "title"),
    [
        ("Merge pull request #8 from acme/more", "\nSearch by name\n\nMore", "Search by name (#8)"),
        ("Merge pull request #8 from acme/more", "", "Merge pull request #8 from acme/more"),
        ("Search by name (#8)", "More", "Search by name (#8)"),
    ],
)
def test_a_merge_is_about_what_its_pull_request_is(subject: str, body: str, title: str) -> None:
    assert title_of(subject, body) == title
