"""A merge group gets a green check only if each pull request has one for the group's base branch and diff."""

from __future__ import annotations

from typing import Any

import pytest

from reviewbot.domain.github.check_identity import CheckTag, mark_of
from reviewbot.domain.github.pull_request import CheckRun, CheckStatus, Conclusion
from reviewbot.domain.policy.verdict import QueuedPull, carried_by_group
from reviewbot.values import replace
from tests.domain.builders import HEAD

TAG = CheckTag(7, "success", base=mark_of("main"), merge_base=mark_of("f" * 40))
GREEN = CheckRun(1, "CodeVF review", HEAD, CheckStatus.COMPLETED, "success", "", "", tag=TAG)
QUEUED = QueuedPull(7, GREEN, "main", "f" * 40, shares_name=True)


def tagged(**more: Any) -> QueuedPull:  # noqa: ANN401 — any field
    return replace(QUEUED, check=replace(GREEN, tag=replace(TAG, **more)))


SKIPPED = replace(GREEN, conclusion="skipped", tag=replace(TAG, verdict="skipped", merge_base=mark_of("")))


@pytest.mark.parametrize(
    ("queued", "base_ref", "conclusion"),
    [
        (QUEUED, "main", Conclusion.SUCCESS),
        (QUEUED, "", Conclusion.SUCCESS),
        (QUEUED, "release", Conclusion.ACTION_REQUIRED),
        (tagged(base=mark_of("release")), "main", Conclusion.ACTION_REQUIRED),
        (replace(tagged(base=""), shares_name=False), "main", Conclusion.SUCCESS),
        (tagged(merge_base=mark_of("e" * 40)), "main", Conclusion.ACTION_REQUIRED),
        (tagged(merge_base=""), "main", Conclusion.ACTION_REQUIRED),
        (tagged(merge_base=mark_of("")), "main", Conclusion.ACTION_REQUIRED),
        (replace(QUEUED, check=SKIPPED), "main", Conclusion.SUCCESS),
        (replace(QUEUED, check=replace(GREEN, tag=None)), "main", Conclusion.ACTION_REQUIRED),
        (tagged(verdict="failure"), "main", Conclusion.FAILURE),
        (replace(QUEUED, check=None), "main", Conclusion.ACTION_REQUIRED),
    ],
)
def test_a_green_check_counts_for_its_base_branch_and_diff(
    queued: QueuedPull, base_ref: str, conclusion: Conclusion
) -> None:
    assert carried_by_group([queued], base_ref).conclusion is conclusion


def test_every_pull_request_of_the_group_must_be_green() -> None:
    other = replace(tagged(merge_base=mark_of("e" * 40)), number=8)
    outcome = carried_by_group([QUEUED, other], "main")
    assert outcome.conclusion is Conclusion.ACTION_REQUIRED
    assert "#7: success, #8: passed for another base branch or diff" in outcome.message
    assert "Re-run reviewbot on #8" in outcome.hint
    assert carried_by_group([QUEUED, replace(QUEUED, number=8)], "main").conclusion is Conclusion.SUCCESS
