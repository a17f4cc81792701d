"""Severities keep their order, and modes their multipliers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from reviewbot.domain.model.options import Supersede
from reviewbot.domain.model.repository_setup import ACTIONS_APP, Required
from reviewbot.domain.model.review import Mode, Severity, Side, Tag, TaskStatus, other_tags, tag_called


def test_severities_are_ranked_from_unknown_over_worst_to_least() -> None:
    assert [severity.value for severity in sorted(Severity, key=lambda one: one.rank)] == [
        "unrated",
        "critical",
        "high",
        "medium",
        "low",
        "info",
    ]
    assert Severity.HIGH.at_least(Severity.HIGH)
    assert Severity.UNRATED.at_least(Severity.CRITICAL)
    assert not Severity.LOW.at_least(Severity.MEDIUM)


def test_each_side_is_the_opposite_of_the_other() -> None:
    assert (Side.LEFT.other, Side.RIGHT.other) == (Side.RIGHT, Side.LEFT)


def test_an_unknown_status_is_still_running() -> None:
    running = {status for status in TaskStatus if not status.is_over}
    assert running == {TaskStatus.PENDING, TaskStatus.PROCESSING, TaskStatus.UNKNOWN}


@pytest.mark.parametrize(
    ("mode", "multiplier", "least", "most"),
    [(Mode.REALTIME_ANSWER, "2", 60, 600), (Mode.FAST, "1.5", 240, 115_200), (Mode.STANDARD, "1", 240, 115_200)],
)
def test_each_mode_has_the_documented_price_and_bounds(mode: Mode, multiplier: str, least: int, most: int) -> None:
    assert mode.multiplier == Decimal(multiplier)
    assert (mode.credits[0], mode.credits[-1]) == (least, most)


@pytest.mark.parametrize(("expertise", "known"), [("Engineer", True), ("7", True), ("engine", False), ("07", False)])
def test_an_expertise_is_named_in_any_case_or_by_number(expertise: str, known: bool) -> None:  # noqa: FBT001 — a column of the table
    tag = Tag(7, "engineer", Decimal("1.7"))
    assert tag_called((tag,), expertise, datetime(2026, 11, 28, tzinfo=UTC)) == (tag if known else None)


def test_the_unexpired_one_of_two_tags_with_one_name_is_used() -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    old, new = (Tag(number, "engineer", Decimal(number), valid_to=now - timedelta(number)) for number in (7, -8))
    assert [tag_called(tags, "Engineer", now) for tags in ((old, new), (new, old), (old,), ())] == [new, new, old, None]


def test_a_required_check_is_ours_if_it_must_come_from_github_actions() -> None:
    assert Required("CodeVF review", ACTIONS_APP).is_ours
    assert not Required("CodeVF review").is_ours


@pytest.mark.parametrize("status", TaskStatus)
def test_an_older_task_is_replaced_only_while_it_is_open(status: TaskStatus) -> None:
    assert not Supersede.KEEP.replaces(status)
    assert Supersede.ALWAYS_REPLACE.replaces(status) is not status.is_over
    assert Supersede.REPLACE_PENDING.replaces(status) is (status is TaskStatus.PENDING)


def test_another_expertise_is_one_that_can_be_used_now() -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    asked, usable = Tag(1, "Engineer", Decimal(1), is_deprecated=True), Tag(2, "Security", Decimal(2), valid_from=now)
    later = Tag(3, "Later", Decimal(1), valid_from=now + timedelta(days=1))
    over = Tag(4, "Over", Decimal(1), valid_to=now - timedelta(days=1))
    assert other_tags((asked, usable, later, over), asked, now) == "Set `expertise` to one of: `Security`."
    assert other_tags((asked, later, over), None, now) == "Remove `expertise`."
