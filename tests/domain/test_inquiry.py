"""A question whether there is a task looks like no review, and is known again."""

from __future__ import annotations

import pytest

from reviewbot.domain.inquiry import CREDITS, inquiry, is_inquiry
from reviewbot.domain.model import Mode, Task, TaskStatus


def test_a_question_is_known_again_by_its_terms() -> None:
    asked = inquiry("key", 7, {"pullRequest": 1})
    assert (asked.idempotency_key, asked.project_id, asked.attachments) == ("key", 7, ())
    made = Task("t", TaskStatus.PENDING, "pending", mode=asked.mode.value, max_credits=asked.max_credits)
    assert is_inquiry(made)


@pytest.mark.parametrize(
    ("mode", "most"), [("fast", CREDITS), ("standard", CREDITS - 1), ("standard", 240), ("", None), ("standard", None)]
)
def test_a_review_is_no_question(mode: str, most: int | None) -> None:
    assert not is_inquiry(Task("t", TaskStatus.PENDING, "pending", mode=mode, max_credits=most))


def test_the_service_takes_it() -> None:
    asked = inquiry("key", 7, {"pullRequest": 1})
    assert asked.max_credits in Mode.STANDARD.credits
    assert 10 <= len(asked.prompt) <= 10_000
