"""View models of a purchase's cost and waiting time, and sentences about purchases with an unknown task."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from reviewbot.app.context import RunContext
from reviewbot.domain.codevf.budget import credits_within, hold
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.options import Auto
from reviewbot.domain.model.review import Tag
from reviewbot.domain.policy.size import limit_per_pull, lines_each, sized_by
from reviewbot.domain.text.formatting import counted, short
from reviewbot.render.view_models.review import CostView, WaitView


def cost_of(known: Known) -> CostView | None:
    """Return the cost of the review of this change, or None if nothing is bought or the review is free."""
    if known.purchase is None or not known.request.paid:
        return None
    if known.purchase.state is TaskState.ENDED and not known.purchase.task_id:
        return None  # the task was not created
    request, purchase, tag = known.request, known.purchase, known.own.bought.tag if known.own else None
    most, lines = _max_credits(known, purchase, tag), purchase.lines
    at_ceiling = lines is not None and request.auto_size.is_at_ceiling(lines_each(lines, purchase.parts), request.mode)
    limit = limit_per_pull(request.max_credits_per_pr, known.ledger.first_hold or purchase.hold)
    return CostView(
        mode=request.mode.value,
        max_credits=most,
        mode_multiplier=request.mode.multiplier,
        expertise=tag.name if tag and request.expertise.isdecimal() else request.expertise,
        tag_multiplier=_factor(known, tag, most, purchase.hold // purchase.parts),
        hold=purchase.hold,
        used=purchase.used,
        parts=purchase.parts,
        size=sized_by(request.auto_size, request.mode, lines, purchase.parts, most) if lines is not None else "",
        at_ceiling=at_ceiling,
        spent=known.spent,
        limit=limit,
    )


def _max_credits(known: Known, purchase: Purchase, tag: Tag | None) -> int:
    """Return the maximum credits of each task, which a purchase read from an `external_id` does not record."""
    request = known.request
    if purchase.max_credits or request.max_credits is not Auto.AUTO:
        return purchase.max_credits or int(request.max_credits)
    return credits_within(purchase.hold // purchase.parts, request.mode, tag.multiplier if tag else Decimal(1))


def _factor(known: Known, tag: Tag | None, most: int, held: int) -> Decimal | None:
    """Return the multiplier of the expertise, or None if unknown. Without the tag, compute it from the hold."""
    request = known.request
    if tag or not request.expertise:
        return tag.multiplier if tag else Decimal(1)
    if request.dry_run:
        return None
    guess = round(Decimal(held) / (most * request.mode.multiplier), 2)
    return guess if hold(most, request.mode, guess) == held else None


def unknown_tasks(run: RunContext, known: Known) -> Iterator[str]:
    """Yield a sentence about each other purchase for which CodeVF may have an unrecorded task."""
    own = known.purchase and known.purchase.key
    for one in known.ledger.purchases:
        if run.settings.paid and one.is_unknown and one.key != own:
            yield (
                f"A run stopped while buying the review of {short(one.head_sha) or 'an older head'}. "
                f"CodeVF may have created a task for it, so reviewbot counts {counted(one.hold, 'credit')} against the "
                "limit. Check the tasks in the CodeVF account."
            )


def wait_of(run: RunContext, known: Known) -> WaitView | None:
    """Return the state of the review that the run waits for, or None if there is no unfinished review."""
    purchase = known.awaited.purchase if known.awaited else known.purchase
    task = known.awaited.task if known.awaited else known.task
    if known.request.dry_run or purchase is None or known.report is not None:
        return None
    if purchase.state.is_over or (task and task.status.is_over):
        return None
    submitted = datetime.fromisoformat(purchase.submitted_at)
    elapsed = (run.now - submitted).total_seconds()
    status = task.status_text if task else "submitted"
    return WaitView(status, submitted.astimezone(UTC), max(0, int(elapsed)))
