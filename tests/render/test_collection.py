"""The list of a collection in the job summary: external text is data."""

from __future__ import annotations

from reviewbot.domain.policy.collection import Collection, Failure, Lookup
from reviewbot.render.collection import collection_summary

DONE = {"status": "completed", "verdict": "fail", "reason": "gate", "review-url": "https://x/1"}
COUNTS = {"findings": "3", "critical": "1", "high": "0", "unrated": "2"}
HOSTILE = "a | b\n\n# Heading @octocat ![x](http://x) <img src=x> `code`"


def test_every_pull_request_is_a_row() -> None:
    lookups = (
        Lookup("acme/shop", 1, {**DONE, **COUNTS}),
        Lookup("acme/shop", 2, {**DONE, "verdict": "pass", "reason": "reviewed", "findings": "0"}),
        Lookup("acme/shop", 3, {"status": "pending", "verdict": "none", "reason": "pending", "findings": ""}),
    )
    assert collection_summary(Collection(lookups)).splitlines() == [
        "## Collected reviews",
        "",
        "| pull request | review | findings |",
        "|---|---|---|",
        "| [`acme/shop#1`](https://x/1) | fail (gate) | 2 unrated, 1 critical |",
        "| [`acme/shop#2`](https://x/1) | pass (reviewed) | none |",
        "| `acme/shop#3` | pending (pending) |  |",
    ]


def test_errors_stay_in_their_cells_and_lines() -> None:
    text = collection_summary(
        Collection((Lookup("acme/shop", 1, {}, HOSTILE),), (Failure("acme/a", HOSTILE, 3),), ("acme/b",))
    )
    lines = [line for line in text.splitlines() if line]
    assert len(lines) == 7
    assert lines[3].startswith("| `acme/shop#1` | `")
    assert lines[3].replace("\\|", "").count("|") == 4
    assert "<img" not in lines[5]
    assert "@octocat" not in lines[5]
    assert lines[6] == "Because of GitHub's rate limit, the next collection handles these: `acme/b`."
