"""Views in which every text wants something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from reviewbot.domain.model import Category, Leftover, Severity, Side
from reviewbot.domain.placement import SuggestionState, Why
from reviewbot.domain.records import Standing
from reviewbot.domain.views import BypassView, DuplicateView, FileGroup, FindingView, HeldView, SentView, SummaryView
from tests.render.view_builders import CALLER, CLOSED_GATE, FOLLOWED, INJECTION, NAMING, RACE, UNRATED

EVIL = (
    "</script></style></textarea><script>alert(1)</script><img src=x onerror=alert(1)>",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07here\x1b]8;;\x07 \x9b2J",
    "\ud800 lone, \udfff lone, \udce9 half a byte",
    "[here](https://evil.example) [there](1) ![](https://evil.example/p.png) @acme/everyone",
    "\u202eright to left\u2066 \u200b\ufeff \U000e0041 \x00 nul",
    "::error::x\n##[warning]y\n::set-output name=verdict::pass",
    "{{ 7 * 7 }} {% include '/etc/passwd' %} ${jndi} {0} {1}",
    "../../../etc/passwd",
    "/etc/passwd",
    "https://evil.example/a b?c=d#e",
    "C:\\Windows\\x",
    "javascript:alert(1)",
    "a" * 6000,
    "dir//file",
    "",
    " ",
    "\n",
)
"""Each stands in every field of a view."""


def one(finding: FindingView) -> SummaryView:
    """A story with one finding."""
    return replace(CLOSED_GATE, files=(FileGroup(finding.path, (finding,)),), leftovers=())


def hostile_finding(evil: str) -> FindingView:
    """A finding in which every text is this."""
    return replace(
        INJECTION,
        title=evil,
        explanation=evil,
        references=(evil, evil),
        path=evil,
        code=evil,
        language=evil,
        suggestion=evil,
        comment_url=evil,
        blob_url=evil,
        carried=True,
        note=evil,
        waived_by=evil,
        waived_for=evil,
        closed_at=evil,
    )


def hostile_view(evil: str) -> SummaryView:
    """A story in which every text is this, but for what is ours."""
    finding = hostile_finding(evil)
    ours = {"mark", "ledger", "reviewer", "head_sha", "merge_base"}
    texts: dict[str, Any] = {
        item.name: evil for item in fields(SummaryView) if item.type == "str" and item.name not in ours
    }
    return replace(
        CLOSED_GATE,
        **texts,
        outcome=replace(CLOSED_GATE.outcome, message=evil, hint=evil),
        files=(
            FileGroup(evil, (finding, replace(finding, id="1", side=Side.LEFT), replace(finding, id="2", line=-3))),
        ),
        leftovers=(Leftover(evil, evil, evil),),
        duplicates=(DuplicateView(evil, evil, evil),),
        sent=(SentView(evil, 1, whole=True, redactions=0, sha256=evil),),
        held=(HeldView(evil, evil, evil, missed=True),),
        notices=(evil,),
        degraded=(evil,),
        run_url=evil,
        summary_url=evil,
        waived=(replace(finding, id="3"),),
        closed=(replace(finding, id="4", standing=Standing.FIXED),),
        bypass=BypassView(evil, evil),
        progress=FOLLOWED.progress and replace(FOLLOWED.progress, since=evil),
    )


def every_kind() -> Iterator[FindingView]:
    """One finding of every severity, category, side and way of being placed."""
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
    """Far more findings than anybody takes, the worst ones last in their file."""
    kinds = (NAMING, CALLER, RACE, INJECTION, UNRATED)
    findings = tuple(
        replace(kinds[number * len(kinds) // count], id=f"{number:010x}", explanation=f"{number} " * 50)
        for number in range(count)
    )
    return replace(CLOSED_GATE, files=(FileGroup("src/shop/stock.py", findings),))
