"""What a purchase looks like to a reader: what it costs, how its wait stands, and whether nobody knows its task."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from reviewbot.app.context import RunContext
from reviewbot.app.story import Story
from reviewbot.domain.codevf.budget import hold
from reviewbot.domain.text.formatting import counted, short
from reviewbot.render.view_models.review import CostView, WaitView


def cost_of(run: RunContext, story: Story) -> CostView | None:
    """What the review of this change costs; None while nothing is bought, and where nothing is paid."""
    if story.purchase is None or not run.paid:
        return None
    settings = run.settings
    return CostView(
        mode=settings.mode.value,
        max_credits=settings.max_credits,
        mode_multiplier=settings.mode.multiplier,
        expertise=story.tag.name if story.tag and settings.expertise.isdecimal() else settings.expertise,
        tag_multiplier=_factor(run, story, story.purchase.hold // story.purchase.parts),
        hold=story.purchase.hold,
        used=story.purchase.used,
        parts=story.purchase.parts,
    )


def _factor(run: RunContext, story: Story, held: int) -> Decimal | None:
    """What the expertise multiplies by; a later run does not ask the service, and goes by what is held."""
    settings = run.settings
    if story.tag or not settings.expertise:
        return story.tag.multiplier if story.tag else Decimal(1)
    guess = round(Decimal(held) / (settings.max_credits * settings.mode.multiplier), 2)
    return guess if hold(settings.max_credits, settings.mode, guess) == held else None


def unknown_tasks(run: RunContext, story: Story) -> tuple[str, ...]:
    """A sentence for each purchase, other than this change's, of which no task was recorded and one may exist."""
    own = story.purchase and (story.purchase.identity, story.purchase.attempt)
    unknown = [one for one in story.ledger.purchases if run.paid and one.is_unknown]
    return tuple(
        f"A run stopped while it bought the review of {short(one.head_sha) or 'an older head'}. "
        f"Whether CodeVF has a task for it is unknown; its hold of {counted(one.hold, 'credit')} counts against the "
        "limit. Look at the tasks in the CodeVF account."
        for one in unknown
        if (one.identity, one.attempt) != own
    )


def wait_of(run: RunContext, story: Story) -> WaitView | None:
    """How the review stands that is waited for; None while there is none, and once it is over."""
    purchase = story.awaited.purchase if story.awaited else story.purchase
    task = story.awaited.task if story.awaited else story.task
    if run.settings.dry_run or purchase is None or story.report is not None:
        return None
    if purchase.state.is_over or (task and task.status.is_over):
        return None
    submitted = datetime.fromisoformat(purchase.submitted_at)
    elapsed = (run.now - submitted).total_seconds()
    status = task.status_text if task else "submitted"
    minutes = run.settings.wait_minutes if run.may_buy and not story.ended else 0
    return WaitView(status, submitted.astimezone(UTC), max(0, int(elapsed)), minutes)
