"""Statistics for tests: of a usual quarter, of few reviews, and with hostile text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.model.question import QuestionState
from reviewbot.domain.model.review import Severity
from reviewbot.domain.statistics.figures import (
    End,
    Ended,
    PastQuestion,
    PastReview,
    Period,
    Statistics,
    statistics_of,
)
from reviewbot.values import replace

UNTIL = datetime(2026, 11, 28, 9, tzinfo=UTC)
SINCE = UNTIL - timedelta(90)

_ENDS = {
    Severity.CRITICAL: (8, 1, 1, 0, 0),
    Severity.HIGH: (7, 1, 1, 1, 1),
    Severity.MEDIUM: (5, 1, 1, 3, 1),
    Severity.LOW: (3, 1, 1, 5, 1),
    Severity.INFO: (1, 0, 1, 6, 1),
}
"""Weights by severity: fixed, waived, disputed, ignored, open."""

_OFTEN = (1, 3, 6, 7, 4)


def usual(*, verified: bool = True, left_out: int = 1, count: int = 64) -> Statistics:
    """Return the figures of a quarter, the same each time."""
    random = Random(6)  # noqa: S311 — made-up data
    period = Period(("acme/parcels", "acme/shop"), SINCE, UNTIL, verified=verified, left_out=left_out)
    reviews = [_review(random, at) for at in range(count)]
    return statistics_of(period, reviews, [_question(random, at) for at in range(count // 6)])


def _question(random: Random, number: int) -> PastQuestion:
    asked_at = SINCE + timedelta(hours=random.uniform(30, 90 * 24 - 12))
    state, up, down = QuestionState.ANSWERED, random.choice((0, 1)), random.choice((0, 0, 0, 1))
    return PastQuestion("acme/shop", 400 + number, state, asked_at, Decimal(random.randint(70, 120)), up, down)


def _review(random: Random, number: int) -> PastReview:
    mode = random.choices(("fast", "standard", "realtime_answer"), (6, 3, 1))[0]
    hours = random.lognormvariate({"fast": 1.1, "standard": 2.1, "realtime_answer": -0.4}[mode], 0.6)
    used = {"fast": 300, "standard": 210, "realtime_answer": 620}[mode] * random.uniform(0.6, 1.2)
    found: dict[tuple[Severity, End], int] = {}
    for _ in range(random.choice((0, 1, 2, 3, 4, 6))):
        severity = random.choices(list(_ENDS), _OFTEN)[0]
        end = random.choices(list(End), _ENDS[severity])[0]
        found[severity, end] = found.get((severity, end), 0) + 1
    is_open = number % 31 == 30
    return PastReview(
        repository=random.choice(("acme/parcels", "acme/shop")),
        pull_number=400 + number,
        state=TaskState.OPEN if is_open else TaskState.DONE,
        submitted_at=SINCE + timedelta(hours=random.uniform(30, 90 * 24 - 12)),
        minutes=None if is_open else round(hours * 60),
        credits=None if is_open else Decimal(round(used)),
        mode=mode,
        expertise=random.choices(("none", "python", "security", "kubernetes"), (5, 3, 2, 1))[0],
        findings=() if is_open else tuple(Ended(*key, count) for key, count in found.items()),
        up=random.choice((0, 0, 1)),
        down=random.choice((0, 0, 0, 1)),
    )


def hostile(text: str) -> Statistics:
    """Return figures with this text in every name."""
    one = replace(usual(count=3).reviews[0], repository=text, mode=text, expertise=text)
    return statistics_of(Period((text,), SINCE, UNTIL, verified=False, left_out=3), [one])
