"""Built-in engineers for tests."""

from __future__ import annotations

from collections.abc import Iterable

from reviewbot_sandbox.codevf.model import Answer, Engineer, JsonValue, Structured, TaskRequest


def canned(answer: Answer) -> Engineer:
    return lambda _request: answer


def in_turn(answers: Iterable[Answer]) -> Engineer:
    """Return the next answer for each task; repeat the last one.

    Raises:
        ValueError: there are no answers.
    """
    waiting = list(answers)
    if not waiting:
        raise ValueError("an engineer needs at least one answer")

    def engineer(_request: TaskRequest) -> Answer:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return engineer


def echo(request: TaskRequest) -> Answer:
    """Find nothing and list the attachments."""
    names: list[JsonValue] = [attachment.file_name for attachment in request.attachments]
    summary = f"Asked for {request.mode.value} with {len(names)} attachments: {request.prompt}"
    return Structured({"summary": summary, "files": [], "attachments": names})
