"""Built-in engineers for tests."""

from __future__ import annotations

from reviewbot_sandbox.codevf.model import Answer, Engineer, JsonValue, Structured, TaskRequest


def canned(answer: Answer) -> Engineer:
    return lambda _request: answer


def echo(request: TaskRequest) -> Answer:
    """Find nothing and list the attachments."""
    names: list[JsonValue] = [attachment.file_name for attachment in request.attachments]
    summary = f"Asked for {request.mode.value} with {len(names)} attachments: {request.prompt}"
    return Structured({"summary": summary, "files": [], "attachments": names})
