"""How a collection ends, and what it publishes as an output."""

from __future__ import annotations

import json

from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.collection import Collection, Failure, Lookup

COUNTS = {**{severity.value: "0" for severity in Severity}, "high": "2", "findings": "2"}
DONE = Lookup(
    "acme/shop", 1, {"status": "completed", "verdict": "fail", "reason": "gate", "review-url": "https://x/1", **COUNTS}
)
OPEN = Lookup("acme/shop", 2, {"status": "pending", "verdict": "none", "reason": "pending", "findings": ""})
LOST = Lookup("acme/shop", 3, {}, "It is gone.")


def test_every_pull_request_is_an_entry_and_unknown_counts_are_null() -> None:
    found = json.loads(Collection((DONE, OPEN, LOST)).published())
    assert [(one["number"], one["status"], one["verdict"], one["reason"], one["url"]) for one in found] == [
        (1, "completed", "fail", "gate", "https://x/1"),
        (2, "pending", "none", "pending", ""),
        (3, "failed", "none", "", ""),
    ]
    assert {one["repository"] for one in found} == {"acme/shop"}
    assert [one["findings"] for one in found] == [
        {"critical": 0, "high": 2, "medium": 0, "low": 0, "info": 0, "unrated": 0},
        None,
        None,
    ]
    assert Collection().published() == "[]"


def test_a_pull_request_that_failed_is_named_and_tried_again_next_time() -> None:
    outcome = Collection((DONE, OPEN, LOST)).outcome()
    assert (outcome.exit_status, outcome.status, outcome.verdict, outcome.conclusion) == (0, "completed", "none", None)
    assert outcome.message == "reviewbot published 1 of 3 open reviews. It could not look up acme/shop#3."
    assert Collection((DONE,)).outcome().message == "reviewbot published 1 of 1 open review."


def test_the_worst_repository_decides_the_exit_status_and_each_is_named() -> None:
    failures = (Failure("acme/a", "Two problems.", 2), Failure("acme/b", "Not found.", 3))
    outcome = Collection((DONE,), failures, repositories=4).outcome()
    assert (outcome.exit_status, outcome.status) == (2, "failed")
    assert outcome.message == (
        "reviewbot published 1 of 1 open review in 4 repositories. acme/a: Two problems. acme/b: Not found."
    )
    alone = Collection((), failures[1:]).outcome()
    assert alone.exit_status == 3
    assert alone.message.startswith("reviewbot published 0 of 0 open reviews in 1 repository.")


def test_repositories_beyond_a_limit_are_named_and_do_not_fail() -> None:
    outcome = Collection((DONE,), unreached=("acme/a", "acme/b#7")).outcome()
    assert outcome.exit_status == 0
    assert outcome.message.endswith("Left for the next collection because of GitHub's rate limit: acme/a, acme/b#7.")
