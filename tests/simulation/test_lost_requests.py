"""A single lost request hides no review, even if the summary that recorded the review is missing."""

from __future__ import annotations

import pytest

from tests.simulation.codevf import Life
from tests.simulation.found import COLLECT, PUSH, RUN, history
from tests.simulation.histories import Episode, Step, judge
from tests.simulation.oracle import Mind
from tests.simulation.people import Move
from tests.simulation.quick import quick
from tests.simulation.schedule import At, Lose
from tests.simulation.world import Setting, Start

CALLS = range(1, 16)

FINISHED: tuple[Step, ...] = (Move("evil"), RUN, Move("finish"), Episode((COLLECT,)))
"""A review with a finding is bought, and published by a collection."""

SECOND: dict[str, tuple[Step, ...]] = {
    "another change": (Move("harmless", 0, 1), Episode((PUSH,))),
    "another attempt": (Move("review"), Episode((Start("next"),))),
    "many commits": (*(Move("harmless", at % 6, 1) for at in range(11)), Episode((PUSH,))),
    "many force-pushes": (*(Move("squash", at % 2) for at in range(7)), Move("a_day_later"), Episode((PUSH,))),
}
"""What follows. Another change or attempt has its own review, which is open when the request is lost."""


@pytest.mark.parametrize("summary", ["true", "false"])
@pytest.mark.parametrize("incremental", ["true", "false"])
@pytest.mark.parametrize("then", SECOND)
def test_a_lost_request_hides_no_finding_and_no_purchase(then: str, incremental: str, summary: str) -> None:
    inputs = (("incremental", incremental), ("summary-comment", summary), ("wait-minutes", "0"))
    setting = Setting(inputs, life=Life(600, 3600), mind=Mind(is_terse=True))
    lost = (Move("delete_summary"),) if summary == "true" else ()
    with quick():
        for start in (PUSH, COLLECT):
            for call in CALLS:
                last = Episode((start,), (At(call, Lose(done=False)),))
                found = judge(history(*FINISHED, *SECOND[then], *lost, Move("finish"), last, setting=setting))
                assert not found, (start, call, [str(one) for one in found])
