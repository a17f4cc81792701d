"""Which ledgers count: with a key those that it signed, without one those of bots; never one that was edited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from reviewbot.domain.findings.markers import summary_mark
from reviewbot.domain.findings.tracked_finding import Findings, TrackedFinding
from reviewbot.domain.github.pull_request import Comment
from reviewbot.domain.ledger.codec import encode
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.review import Severity
from reviewbot.domain.statistics.figures import PastPull, PullState, ledgers_of
from reviewbot.values import replace
from tests.domain.builders import purchase

KEY = "cvf_test_key"
BOUGHT = Ledger((purchase(),), counter=3)


def summary(
    ledger: Ledger = BOUGHT,
    *,
    key: str = KEY,
    instance: str = "",
    number: int = 7,
    **more: Any,  # noqa: ANN401 — any field
) -> Comment:
    """Return a summary comment of the workflow's bot."""
    body = f"{summary_mark(instance)}\n{encode(ledger, Signer(key, 1, number, instance))}\nText"
    made = Comment(1, "https://x/1", body, ours=False, author="github-actions[bot]", author_is_bot=True)
    return replace(made, **more)


def past(*comments: Comment) -> PastPull:
    """Return a merged pull request."""
    return PastPull("acme/parcels", 1, 7, PullState.MERGED, datetime(2026, 11, 24, tzinfo=UTC), comments)


EDITED: Mapping[str, Any] = {"edited_by": "mona", "edited_by_us": False}
BY_A_PERSON: Mapping[str, Any] = {"author": "mona", "author_is_bot": False}


@pytest.mark.parametrize(
    ("comment", "signed", "unsigned"),
    [
        (summary(), True, True),
        (summary(key="cvf_other"), False, True),
        (summary(number=8), False, True),
        (summary(**EDITED), False, False),
        (summary(**BY_A_PERSON), True, False),
        (summary(**BY_A_PERSON, ours=True), True, True),
        (summary(body=f"{summary_mark('')}\nNo ledger"), False, False),
    ],
    ids=["signed", "another key", "another pull request", "edited", "a person's", "the viewer's", "no ledger"],
)
def test_a_ledger_counts_or_is_left_out(comment: Comment, signed: bool, unsigned: bool) -> None:  # noqa: FBT001 — a table
    for key, counts in ((KEY, signed), ("", unsigned)):
        assert ledgers_of(past(comment), key) == (([BOUGHT], 0) if counts else ([], 1))


def test_a_forged_ledger_does_not_hide_a_signed_one_and_the_latest_counts() -> None:
    forged = summary(replace(BOUGHT, counter=99), key="cvf_other", **BY_A_PERSON)
    later = replace(BOUGHT, counter=4)
    assert ledgers_of(past(forged, summary(later), summary()), KEY) == ([later], 0)
    assert ledgers_of(past(forged, summary(), summary(later)), "") == ([later], 0)


def test_each_instance_has_its_ledger() -> None:
    deep = replace(BOUGHT, counter=8)
    found = ledgers_of(past(summary(), summary(deep, instance="deep"), summary(instance="x", **EDITED)), KEY)
    assert found == ([BOUGHT, deep], 1)


def test_a_free_review_has_no_ledger_and_is_not_counted_as_omitted() -> None:
    assert ledgers_of(past(summary(Ledger(), key="")), KEY) == ([], 0)
    found = Findings((TrackedFinding("ab12", Severity.LOW, None, "One", "a.py"),))
    assert ledgers_of(past(summary(Ledger(findings=found), key="")), KEY) == ([], 1)


def test_a_comment_without_the_marker_is_ignored() -> None:
    body = summary().body
    assert ledgers_of(past(summary(body=f" {body}"), summary(body="Hello")), KEY) == ([], 0)
