"""Whether the service has a task under a key: asked by a submission that asks for no work.

The service answers a key that it knows with the task that has it, whatever comes along; there is no other question for
it. Under a key that it does not know it makes a task: that one is recognised by its terms, which no review is bought
at, and is cancelled before anybody looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.domain.model import Mode, Submission, Task
from reviewbot.domain.wire import response_schema

CREDITS = 241
"""The least that this service level takes, and one: what a review is bought at is a setting, and a round number."""

_MODE = Mode.STANDARD
_WORDS = (
    "Nothing is to be done here. This call asks only whether there is a task with this idempotency key. There was "
    "none, so this one is cancelled at once: please do not begin it."
)


def inquiry(key: str, project_id: int, metadata: Mapping[str, str | int]) -> Submission:
    """The question; `metadata` says who asks."""
    return Submission(
        prompt=_WORDS,
        project_id=project_id,
        max_credits=CREDITS,
        mode=_MODE,
        tag_id=None,
        metadata={**metadata, "purpose": "inquiry"},
        idempotency_key=key,
        attachments=(),
        response_schema=response_schema(),
    )


def is_inquiry(task: Task) -> bool:
    """Whether a task is such a question, and no review."""
    return (task.mode, task.max_credits) == (_MODE.value, CREDITS)
