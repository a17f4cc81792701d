"""Views with hostile text in every field."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.domain.findings.placement import SuggestionState, Why
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.model.review import Category, Severity, Side
from reviewbot.render.view_models.review import BypassView, FindingView, SummaryView
from reviewbot.values import replace
from tests.hostile.poison import OURS, filled
from tests.render.view_builders import CALLER, CLOSED_GATE, FOLLOWED, INJECTION, NAMING, RACE, UNRATED

BELIEVED = OURS - {"check_name", "original"}
"""Fields that report files write unchanged; they do not include URLs."""


def one(finding: FindingView) -> SummaryView:
    """Return a view with one finding."""
    return replace(CLOSED_GATE, findings=(finding,), leftovers=())


def hostile_finding(evil: str) -> FindingView:
    """Return a finding with this text in every field."""
    finding: FindingView = filled(CARRIED, evil, BELIEVED)
    return finding


CARRIED = replace(INJECTION, carried=True)
THREE = (CARRIED, replace(CARRIED, id="1", side=Side.LEFT), replace(CARRIED, id="2", line=-3))
STORY = replace(
    CLOSED_GATE,
    findings=THREE,
    sent=CLOSED_GATE.sent[:1],
    held=CLOSED_GATE.held[:1],
    waived=(replace(CARRIED, id="3"),),
    closed=(replace(CARRIED, id="4", state=FindingState.FIXED),),
    bypass=BypassView("x", "x"),
    progress=FOLLOWED.progress,
)
"""A view with three open findings and one of every other item."""


def hostile_view(evil: str) -> SummaryView:
    """Return a view with this text in every field."""
    view: SummaryView = filled(STORY, evil, BELIEVED)
    return view


def every_kind() -> Iterator[FindingView]:
    """Yield one finding of every severity, category, side and placement."""
    for number, why in enumerate(Why):
        for severity in Severity:
            for category in (*Category, None):
                side = Side.LEFT if number % 5 == 0 else Side.RIGHT
                state = (
                    SuggestionState.COMMITTABLE if why is Why.CITED and side is Side.RIGHT else SuggestionState.SHOWN
                )
                identifier = f"{why.value}-{severity.value}-{category}"
                yield replace(
                    RACE,
                    id=identifier,
                    severity=severity,
                    category=category,
                    why=why,
                    side=side,
                    suggestion_state=state,
                )


def flood(count: int) -> SummaryView:
    """Return more findings than the formats accept, with the worst ones last in their file."""
    kinds = (NAMING, CALLER, RACE, INJECTION, UNRATED)
    findings = tuple(
        replace(kinds[number * len(kinds) // count], id=f"{number:010x}", explanation=f"{number} " * 50)
        for number in range(count)
    )
    return replace(CLOSED_GATE, findings=findings)
