"""The figures: ends of findings, percentiles by nearest rank, sums by severity, mode and expertise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.findings.tracked_finding import Findings, FindingState, TrackedFinding, Waiver
from reviewbot.domain.ledger.codec import MAX_EXPERTISE
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.ledger.opinions import SUMMARY, Opinions
from reviewbot.domain.model.question import Question, Questions, QuestionState
from reviewbot.domain.model.review import Mode, Severity
from reviewbot.domain.statistics.figures import (
    FEW_REVIEWS,
    MAX_MINUTES,
    End,
    Ended,
    PastQuestion,
    PastReview,
    Period,
    PullState,
    QuestionSum,
    end_of,
    percentile,
    questions_of,
    reviews_of,
    statistics_of,
)
from reviewbot.values import replace
from tests.domain.builders import purchase
from tests.domain.statistics.test_past import past

SINCE = datetime(2026, 9, 1, tzinfo=UTC)
UNTIL = datetime(2026, 11, 28, tzinfo=UTC)
PERIOD = Period(("acme/parcels",), SINCE, UNTIL, verified=True, left_out=2)
FOUND = TrackedFinding("ab12", Severity.HIGH, None, "One", "a.py", found="task_1")
WAIVER = Waiver("kim", "Known.", "x")
LIKED, DISLIKED = Opinions("ab12", up=2, down=1), Opinions("ab12", up=1, down=2)
DONE = purchase(state=TaskState.DONE, used=Decimal(310), minutes=90, mode=Mode.FAST, expertise="python")


@pytest.mark.parametrize(
    ("finding", "state", "opinions", "end"),
    [
        ({"state": FindingState.FIXED}, PullState.MERGED, None, End.FIXED),
        ({"state": FindingState.GONE, "waiver": WAIVER}, PullState.OPEN, DISLIKED, End.FIXED),
        ({"waiver": WAIVER}, PullState.MERGED, DISLIKED, End.WAIVED),
        ({}, PullState.MERGED, DISLIKED, End.DISPUTED),
        ({}, PullState.OPEN, DISLIKED, End.DISPUTED),
        ({}, PullState.MERGED, LIKED, End.IGNORED),
        ({}, PullState.MERGED, None, End.IGNORED),
        ({"state": FindingState.CHANGED}, PullState.MERGED, None, End.IGNORED),
        ({}, PullState.OPEN, None, End.OPEN),
        ({}, PullState.CLOSED, Opinions("ab12", up=1, down=1), End.OPEN),
    ],
)
def test_the_outcome_of_a_finding(
    finding: dict[str, object], state: PullState, opinions: Opinions | None, end: End
) -> None:
    assert end_of(replace(FOUND, **finding), state, opinions) is end  # type: ignore[arg-type]  # a table


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, None),
        ([7], 50, 7),
        ([7], 90, 7),
        ([4, 1, 3, 2], 50, 2),
        ([5, 1, 4, 3, 2], 50, 3),
        (range(1, 11), 90, 9),
        (range(1, 12), 90, 10),
    ],
)
def test_a_percentile_is_the_nearest_rank(values: list[int], percent: int, expected: int | None) -> None:
    assert percentile(map(Decimal, values), percent) == expected


@given(st.lists(st.decimals(0, 10**6, places=2), min_size=1), st.integers(1, 100))
def test_a_percentile_has_the_right_share_of_values_below(values: list[Decimal], percent: int) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(one <= found for one in values) * 100 >= percent * len(values)
    assert sum(one < found for one in values) * 100 < percent * len(values)


def ledger(**more: object) -> Ledger:
    made = Ledger((DONE,), findings=Findings((FOUND,)))
    return replace(made, **more)  # type: ignore[arg-type]  # a builder


def test_a_review_has_its_findings_with_their_ends_and_opinions() -> None:
    fixed = replace(FOUND, id="cd34", state=FindingState.FIXED)
    unreadable = replace(FOUND, id="ef56", leftover=True)
    others = replace(FOUND, id="0a1b", found="task_0")
    findings = Findings((FOUND, fixed, unreadable, others), beyond=(("task_1", Severity.LOW, 10**9),))
    opinions = (DISLIKED, Opinions("cd34", up=1), Opinions("0a1b", up=9))
    (review,) = reviews_of(past(), ledger(findings=findings, opinions=opinions), SINCE)
    assert review == PastReview(
        "acme/parcels", 7, TaskState.DONE, datetime(2026, 11, 24, 12, tzinfo=UTC), 90, Decimal(310), "fast", "python",
        (
            Ended(Severity.HIGH, End.DISPUTED, 1),
            Ended(Severity.HIGH, End.FIXED, 1),
            Ended(Severity.LOW, End.IGNORED, 10**9),
        ),
        up=2,
        down=2,
    )  # fmt: skip
    assert (review.hours, review.found) == (Decimal("1.5"), 10**9 + 2)
    (still_open,) = reviews_of(replace(past(), state=PullState.OPEN), ledger(findings=findings), SINCE)
    assert still_open.count(End.OPEN) == 10**9 + 1


def test_opinions_on_the_summary_count_for_the_last_answered_review() -> None:
    first, pending = replace(DONE, identity="a", task_id="task_0"), replace(DONE, identity="c", state=TaskState.OPEN)
    opinions = (Opinions(SUMMARY, down=1, up=2), Opinions("q17", up=9))
    found = reviews_of(past(), ledger(purchases=(first, DONE, pending), opinions=opinions), SINCE)
    assert [(one.up, one.down) for one in found] == [(0, 0), (2, 1), (0, 0)]


def asked(comment: str, state: QuestionState = QuestionState.ANSWERED, **more: object) -> Question:
    made = Question(comment, "d", "kim", "", state, "task_9", 120, Decimal(80), "2026-11-24T12:00:00+00:00")
    return replace(made, **more)  # type: ignore[arg-type]  # a builder


def test_a_question_that_has_a_task_counts_with_the_opinions_on_its_answer() -> None:
    records = (
        asked("17"),
        asked("r18", QuestionState.OPEN, used=None),
        asked("19", QuestionState.INTENT, task_id=""),
        asked("20", QuestionState.ENDED, task_id=""),
        asked("21", at="2026-08-31T23:59:59+00:00"),
    )
    opinions = (Opinions("q17", up=1, down=2), Opinions("17", up=9))
    found = list(questions_of(past(), ledger(questions=Questions(records), opinions=opinions), SINCE))
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert found == [
        PastQuestion("acme/parcels", 7, QuestionState.ANSWERED, at, Decimal(80), up=1, down=2),
        PastQuestion("acme/parcels", 7, QuestionState.OPEN, at, None),
    ]
    figures = statistics_of(PERIOD, [review()], [*found, replace(found[0], asked_at=UNTIL + timedelta(1))])
    assert figures.questions == QuestionSum(asked=2, answered=1, credits=Decimal(80), up=1, down=2)
    assert (figures.whole.credits, figures.by_mode[0].credits) == (Decimal(380), Decimal(300))


@pytest.mark.parametrize(
    "bought",
    [
        {"task_id": "", "state": TaskState.INTENT},
        {"task_id": "", "state": TaskState.DEFERRED},
        {"submitted_at": "2026-08-31T23:59:59+00:00"},
        {"submitted_at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_reviews_outside_the_period_are_excluded(bought: dict[str, object]) -> None:
    purchases = (replace(DONE, **bought),)  # type: ignore[arg-type]  # a table
    assert not list(reviews_of(past(), ledger(purchases=purchases), SINCE))


def test_impossible_waits_are_unknown() -> None:
    for bought in [replace(DONE, minutes=one) for one in (-1, MAX_MINUTES + 1, None)]:
        (review,) = reviews_of(past(), ledger(purchases=(bought,)), SINCE)
        assert (review.minutes, review.hours) == (None, None)


def test_mode_and_expertise_of_a_short_copy_are_unknown_and_an_expertise_can_be_missing() -> None:
    copied, plain = replace(DONE, mode=None, expertise=""), replace(DONE, expertise="", attempt=2)
    endless = replace(DONE, expertise="x" * 1000, attempt=3)
    found = list(reviews_of(past(), ledger(purchases=(copied, plain, endless)), SINCE))
    assert [(one.mode, one.expertise) for one in found] == [
        ("unknown", "unknown"),
        ("fast", "none"),
        ("fast", "x" * MAX_EXPERTISE),
    ]


def review(minutes: int | None = 60, **more: object) -> PastReview:
    made = PastReview("acme/parcels", 7, TaskState.DONE, UNTIL, minutes, Decimal(300), "fast", "none", ())
    return replace(made, **more)  # type: ignore[arg-type]  # a builder


def test_a_review_from_the_future_does_not_count() -> None:
    """A ledger without a verified signature can claim any time, and the charts end with the latest."""
    later = review(submitted_at=UNTIL + timedelta(365_000))
    assert statistics_of(PERIOD, [later, review()]) == statistics_of(PERIOD, [review()])


def test_the_figures() -> None:
    found = statistics_of(
        PERIOD,
        [
            review(60, findings=(Ended(Severity.HIGH, End.FIXED, 2), Ended(Severity.LOW, End.IGNORED, 1)), up=1),
            review(240, mode="standard", expertise="python", credits=Decimal(100), down=2),
            review(None, state=TaskState.OPEN, credits=None),
            review(5, state=TaskState.ENDED, credits=Decimal(20)),
        ],
    )
    assert (found.pending, found.ended, found.up, found.down, found.is_small) == (1, 1, 1, 2, True)
    whole = found.whole
    assert (whole.reviews, whole.hours_median, whole.hours_p90) == (2, Decimal(1), Decimal(4))
    assert (whole.credits, whole.findings, whole.fixed) == (Decimal(420), 3, 2)
    assert whole.credits_per_fixed == Decimal(210)
    assert [(one.severity, one.findings, one.fixed, one.ignored) for one in found.severities] == [
        (Severity.HIGH, 2, 2, 0),
        (Severity.LOW, 1, 0, 1),
    ]
    assert [(one.name, one.reviews, one.credits, one.credits_per_fixed) for one in found.by_mode] == [
        ("fast", 1, Decimal(320), Decimal(160)),
        ("standard", 1, Decimal(100), None),
    ]
    assert [(one.name, one.reviews) for one in found.by_expertise] == [("none", 1), ("python", 1)]
    assert not statistics_of(PERIOD, [review()] * FEW_REVIEWS).is_small


reviews = st.lists(
    st.builds(
        PastReview,
        repository=st.sampled_from(["acme/parcels", "acme/shop"]),
        pull_number=st.integers(1, 3),
        state=st.sampled_from(TaskState),
        submitted_at=st.integers(0, 3).map(lambda days: SINCE + timedelta(days)),
        minutes=st.none() | st.integers(0, 9000),
        credits=st.none() | st.decimals(0, 1000, places=2),
        mode=st.sampled_from(["fast", "standard"]),
        expertise=st.sampled_from(["none", "python"]),
        findings=st.lists(
            st.builds(Ended, st.sampled_from(Severity), st.sampled_from(End), st.integers(1, 5)), max_size=3
        ).map(tuple),
        up=st.integers(0, 3),
        down=st.integers(0, 3),
    ),
    max_size=12,
)


@given(reviews, st.randoms(use_true_random=False))
def test_the_order_of_the_reviews_does_not_matter(found: list[PastReview], random: Random) -> None:
    shuffled = found[:]
    random.shuffle(shuffled)
    assert statistics_of(PERIOD, shuffled) == statistics_of(PERIOD, found)


@given(reviews)
def test_sums_by_mode_expertise_and_severity_add_up(found: list[PastReview]) -> None:
    figures = statistics_of(PERIOD, found)
    for groups in (figures.by_mode, figures.by_expertise):
        for name in ("reviews", "credits", "findings", "fixed"):
            assert sum(getattr(one, name) for one in groups) == getattr(figures.whole, name)
    assert sum(one.findings for one in figures.by_severity) == figures.whole.findings
    for one in figures.by_severity:
        assert one.findings == one.fixed + one.waived + one.disputed + one.ignored + one.open
