"""The comparison with the vendor's client reports every planted mistake."""

from __future__ import annotations

import json

import pytest

from tests.contract.vendor import complaints

TASK = {
    "prompt": "Review this change, please.",
    "maxCredits": 240,
    "projectId": 7,
    "mode": "fast",
    "metadata": {"pr": 1},
    "idempotencyKey": "7f8d2c3a-5b1e-4d6f-9a0b-1c2d3e4f5a6b",
    "attachments": [{"fileName": "change.diff", "mimeType": "text/plain", "content": "x"}],
    "responseSchema": {"type": "object"},
}


def said(body: object, path: str = "tasks/create", method: str = "post") -> str:
    sent = b"" if body is None else json.dumps(body).encode()
    return "\n".join(complaints(method, f"/api/v1/{path}", sent))


def test_valid_input_passes() -> None:
    assert not said(TASK)
    assert not said(TASK | {"tagId": 3})
    assert not said({"name": "acme/parcels"}, "projects/create")
    assert not said(None, "tasks/abc", "get")
    assert not said(None, "tasks/abc/cancel")


@pytest.mark.parametrize(
    ("more", "part"),
    [
        ({"prompt": "x"}, "prompt must be between"),
        ({"prompt": "x" * 10_001}, "prompt must be between"),
        ({"maxCredits": 239}, "max_credits must be between 240"),
        ({"maxCredits": 601, "mode": "realtime_answer"}, "60 and 600"),
        ({"mode": "slow"}, "InvalidModeError"),
        ({"metadata": {"pr": [1]}}, "InvalidMetadataError"),
        ({"idempotencyKey": "7f8d2c3a-5b1e-5d6f-9a0b-1c2d3e4f5a6b"}, "must be a valid UUID v4"),
        ({"attachments": TASK["attachments"] * 6}, "Maximum of five"),  # type: ignore[operator] # a list, in a dict of all kinds
        ({"attachments": [{"fileName": "a.bin", "mimeType": "x/y", "content": ""}]}, "Unsupported attachment type"),
        ({"attachments": [{"fileName": "a.txt", "mimeType": "text/plain", "content": "x" * 1_048_577}]}, "exceeds the"),
        ({"attachments": [{"name": "a.txt", "mimeType": "text/plain", "content": ""}]}, "must be strings"),
        ({"tagId": 0}, "tag_id must be a positive"),
        ({"tag": 3}, "tag is 3; the vendor's client would send null"),
        ({"responseSchema": {"type": "thing"}}, "is no JSON Schema"),
    ],
)
def test_a_planted_mistake_is_named(more: dict[str, object], part: str) -> None:
    assert part in said(TASK | more)


def test_an_address_that_is_not_the_vendors_is_named() -> None:
    assert "no such address" in said(None, "tasks", "get")
    assert "no such address" in said(None, "tasks/abc", "delete")
    assert "a body where none is read" in said({"why": "x"}, "tasks/abc/cancel")
    assert "without an idempotency key" in said({key: TASK[key] for key in TASK if key != "idempotencyKey"})
