"""Transitions between phases that decide whether a review is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from reviewbot.domain.findings.states import update_states
from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.ledger.edits import CancelDeferrals, redacted
from reviewbot.domain.ledger.ledger import Ledger, TaskState
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine import phases
from reviewbot.domain.machine.acquire import (
    Looked,
    bought_before,
    cancelled,
    not_cancelled,
    nothing_to_send,
    proceed,
)
from reviewbot.domain.machine.decisions.outcome import contradicts
from reviewbot.domain.machine.decisions.purchase import plan, stopped_by_limit
from reviewbot.domain.machine.decisions.routes import apply_routes
from reviewbot.domain.machine.finish import finish
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import ChangeRead
from reviewbot.domain.model.review import Task
from reviewbot.domain.policy.eligibility import SKIP_LABEL, is_pushed_by_bot, not_due_for, skip_label, skip_label_login
from reviewbot.domain.policy.readiness import waits_for
from reviewbot.domain.policy.verdict import Outcome, Reason, not_due
from reviewbot.errors import ReviewbotError
from reviewbot.values import replace

Begun = phases.Loaded | phases.Due | phases.NotDue | phases.Concluded


def start(known: Known) -> phases.CancelRequested | Begun:
    if known.request.remembers and known.request.cancels:
        return phases.CancelRequested(known)
    return begin(known)


def select_to_cancel(known: Known, left: tuple[str, ...]) -> phases.SelectingToCancel | Begun:
    return phases.SelectingToCancel(known, left) if left else begin(known)


def after_task_to_cancel(
    at: phases.SelectingToCancel, task: Task
) -> phases.Cancelling | phases.SelectingToCancel | Begun:
    if task.status in at.known.request.cancels:
        return phases.Cancelling(at.known, at.left)
    return select_to_cancel(at.known, at.left[1:])


def after_cancellation(at: phases.Cancelling) -> phases.SelectingToCancel | Begun:
    return select_to_cancel(cancelled(at.known, at.left[0]), at.left[1:])


def after_failed_cancellation(at: phases.Cancelling, error: ReviewbotError) -> phases.SelectingToCancel | Begun:
    return select_to_cancel(not_cancelled(at.known, at.left[0], error), at.left[1:])


def begin(known: Known) -> Begun:
    request, pull = known.request, known.snapshot.pull
    if not (request.may_buy or pull.is_open):
        return phases.Due(known, None)  # paid reviews are also published on a closed pull request
    login = "" if _is_recorded(known, known.proof.skip_record) else skip_label_login(pull, request.trigger)
    return phases.Loaded(known, login) if login else after_permission(known, Permission.NONE)


def _is_recorded(known: Known, record: str) -> bool:
    return bool(record) and any(check.tag is not None and check.tag.skip == record for check in known.snapshot.checks)


def _is_bots(known: Known) -> bool:
    """Return whether the bot that opened the pull request pushed the head.

    Without a check run to record the push, it counts only in its own event.
    """
    is_known = _is_recorded(known, known.proof.push_record)
    return is_known or is_pushed_by_bot(known.snapshot.pull, known.request.trigger)


_LABEL_IGNORED = (
    f"reviewbot ignores the label `{SKIP_LABEL}` on this commit. Possible reasons: it was set on another head or base, "
    "the user who set it lacks the maintain role, or reviewbot did not run when it was set. With the local reviewer, "
    "reviewbot also ignores an author's label. To skip the review, a maintainer must set the label again."
)
_LABEL_OF_AUTHOR = (
    f"reviewbot ignores the label `{SKIP_LABEL}`, because an author may have set it after a review was bought. Fix the "
    "findings, or ask a maintainer who is not an author to set the label again."
)


def _is_authors(known: Known) -> bool:
    """Return whether an author of the pull request set the label `skip-review`, or True if unknown."""
    pull, label = known.snapshot.pull, skip_label(known.snapshot.pull)
    return label is None or label.actor is None or pull.people is None or label.actor.casefold() in pull.people


def after_permission(known: Known, permission: Permission) -> phases.Due | phases.NotDue | phases.Concluded:
    """Decide whether a review is due, given the permission of the user who set `skip-review`."""
    pull = known.snapshot.pull
    skips = _is_recorded(known, known.proof.skip_record) or permission.at_least(Permission.MAINTAIN)
    skips = skips and (known.request.remembers or not _is_authors(known))
    known = replace(known, proof=replace(known.proof, skips=skips, is_bots=_is_bots(known)))
    if SKIP_LABEL in pull.labels and pull.is_open and not known.proof.skips:
        known = known.noting(_LABEL_IGNORED).saying(_LABEL_IGNORED)
    skipped = not_due_for(pull, known.request.policy, skips=known.proof.skips, is_bots=known.proof.is_bots)
    if skipped is None:
        return phases.Due(known, None)
    return phases.NotDue(known, skipped) if known.request.remembers else finish(known, skipped)


def after_ledger(at: phases.NotDue, stored: StoredLedger) -> phases.Due | phases.Concluded:
    """Read the change if the summary must be written or an earlier purchase is unfinished.

    Also read the change of a bot's pull request with an open finding, task or intent, because users may have added
    commits. Once a review may have been bought, an author's label `skip-review` does not count.
    """
    ledger, outcome, known = stored.ledger, at.outcome, at.known
    if outcome.reason is Reason.BOT and _may_find(ledger):
        return phases.Due(known, None)
    bought = any(one.state is not TaskState.DEFERRED for one in ledger.purchases)
    if outcome.reason is Reason.LABEL and (bought or stored.lost or known.request.is_keyless) and _is_authors(known):
        known = replace(known, proof=replace(known.proof, skips=False))
        known = known.noting(_LABEL_OF_AUTHOR).saying(_LABEL_OF_AUTHOR)
        otherwise = not_due_for(known.snapshot.pull, known.request.policy, skips=False, is_bots=known.proof.is_bots)
        return after_ledger(phases.NotDue(known, otherwise), stored) if otherwise else phases.Due(known, None)
    writes = at.known.request.edits or stored.has_duplicates or contradicts(ledger, at.outcome)
    if writes or ledger.open_tasks() or ledger.intents():
        return phases.Due(at.known, at.outcome)
    # The check of an older head that passed with a bypass is withdrawn without reading the change.
    return finish(replace(at.known, stored=stored) if stored.ended else at.known, at.outcome)


def _may_find(ledger: Ledger) -> bool:
    return bool(ledger.open_tasks() or ledger.intents() or ledger.findings.open())


def after_change(at: phases.Due, got: ChangeRead, now: datetime) -> phases.DryRunDue | phases.Ready | Looked:
    called_off = () if at.known.snapshot.pull.is_open else (CancelDeferrals(),)
    edits = (redacted(one, lambda text: got.change.redactor.redact(text).text) for one in at.known.request.edits)
    update = LedgerUpdate(edits=(*edits, *called_off)).withdrawing(got.stored.withdrawn)
    known = apply_routes(at.known.reading(got.change, got.stored, update).noting(got.stored.problem))
    known = known.noting(*_ended_waivers(known))
    if at.skipped is not None:
        return _skip(known, at.skipped, now)
    if known.request.dry_run and not known.change.sendables:
        return nothing_to_send(known)
    if not (known.change.sendables and known.request.is_due):
        return _look_up_or_proceed(known, phases.NothingToSend(), now)
    if known.request.dry_run and at.known.request.paid:
        return _dry_run_due(plan(known, now))
    return phases.Ready(known, phases.ReviewChange(bought_before(known, now)))


def _ended_waivers(known: Known) -> Iterator[str]:
    """Yield a message for each waiver that this change ends. Otherwise, the author would see only a red check."""
    before = known.stored.ledger.findings
    after = update_states(before, known.change.index)
    for one in before.records:
        if one.waiver is not None and (now := after.find(one.id)) is not None and now.counts:
            what = "the pull request" if known.stored.ledger.is_of_change(one.waiver) else "its file"
            yield f"The waiver of `{one.id}` by `{one.waiver.by}` no longer applies, because {what} has changed."


def _dry_run_due(known: Known) -> phases.DryRunDue | phases.Concluded:
    rules, outcome = known.request.wait_rules, not_due(Reason.DRY_RUN)
    known = known.noting(stopped_by_limit(known))
    if known.packing is not None and not known.packing.sent:
        known = known.noting("All selected files are too large to send, so a review would fail. It would cost nothing.")
    if known.request.is_explicit:
        return finish(known, outcome)
    if rules.quiet_minutes:
        known = known.noting(
            f"reviewbot buys a review {rules.quiet_minutes} minutes after the last push (`quiet-minutes`)."
        )
    return phases.DryRunDue(known, outcome) if rules.checks else finish(known, outcome)


def after_dry_run_checks(at: phases.DryRunDue, open_checks: tuple[str, ...]) -> phases.Concluded:
    would = (
        f"reviewbot would now wait before buying a review. {waits_for(open_checks)}"
        if open_checks
        else "All checks in `wait-for-checks` have passed."
    )
    return finish(at.known.noting(would), at.outcome)


def _skip(known: Known, outcome: Outcome, now: datetime) -> phases.Ready | Looked:
    """End without a review. For a draft or closed pull request, still read the open task of this change."""
    own = known.ledger.find(known.identity.digest())
    if outcome.conclusion is None and own is not None and own.state is TaskState.OPEN:
        known = replace(known, request=replace(known.request, may_buy=False))
        return phases.Ready(known, phases.ReviewChange(bought_before(known, now)))
    return _look_up_or_proceed(known, outcome, now)


def _look_up_or_proceed(known: Known, then: phases.Then, now: datetime) -> phases.Ready | Looked:
    ledger = known.ledger
    left = known.request.paid and (ledger.open_tasks() or ledger.intents() or ledger.deferred())
    return phases.Ready(known, then) if left else proceed(known, then, now)
