"""Transitions between phases, from the answer to the published outcome."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from reviewbot.domain.findings.placement import Why, in_summary, place
from reviewbot.domain.findings.redacted_lines import redacted_lines
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.ledger.edits import Waive
from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.ledger.memory import Memory, StoredLedger
from reviewbot.domain.machine.known import Known, ReviewedChange
from reviewbot.domain.machine.late_answers import announcing
from reviewbot.domain.machine.outcome import (
    COMMENTS,
    answer_of,
    by_findings,
    failed_to_write,
    is_contradicted,
    newer_head,
    published,
    shows_answer,
)
from reviewbot.domain.machine.phases import Completed, Judged, Published, Refreshed
from reviewbot.domain.machine.purchase import routed
from reviewbot.domain.machine.steps import (
    Announce,
    CloseOlderChecks,
    PostReview,
    Publishing,
    ReadPosted,
    UpdateThreads,
    WriteCheckRun,
    WriteSummary,
)
from reviewbot.domain.model.review import Report
from reviewbot.domain.policy.verdict import Outcome, Reason, not_due
from reviewbot.domain.publishing.comment_diff import duplicates
from reviewbot.errors import ForgeUnreachable, ReviewbotError
from reviewbot.values import replace

_RULES_DIFFER = (
    "The pull request changed during this run, and now needs a review. The run that the change started does the review."
)


def answered(at: Completed, report: Report, now: datetime) -> Judged | Refreshed | Published:
    bought = at.bought.over(TaskState.DONE, at.task, now)
    known = at.known.with_own(bought, at.task)
    report = replace(report, findings=(*report.findings, *redacted_lines(known.change.views)))
    purchase = bought.purchase.answered(readable=report.readable, seen_whole=not known.is_short, now=now)
    instance = known.request.instance
    placed = place(report.findings, known.change.views, purchase.judgement.placement, instance)
    answer = PlacedAnswer(purchase.task_id, purchase.is_whole, True, report, placed, instance)  # noqa: FBT003 — `here`
    known = replace(known, own=bought.with_purchase(purchase), report=report).with_answer(purchase, answer)
    return concluded(known, by_findings(known, purchase.judgement.rules, readable=report.readable))


def reread(known: Known, snapshot: Snapshot, stored: StoredLedger) -> Known:
    # A ledger that was not trusted at first stays untrusted after this run has written it again.
    before, claimed = known.stored, max(stored.claimed, known.stored.claimed)
    # After a change of base or head, a check run that records the end of a purchase may no longer be read.
    finished = stored.finished | before.finished
    ended = stored.ended or before.ended  # this run may have written the ledger without this bypass
    stored = replace(stored, claimed=claimed, lost=stored.lost or before.lost, finished=finished, ended=ended)
    memory = Memory.of(stored.ledger, known.memory.update.not_behind(stored.ledger), known.change.index)
    # Another run may have published an answer that this run has not read.
    is_published = known.report is None and stored.ledger.stated == answer_of(known.task_id) != known.found.stated
    known = replace(known, snapshot=snapshot, read_again=True, stored=stored, summary=stored.summary, memory=memory)
    return replace(known, keeps_text=known.keeps_text or is_published)


def on_new_head(known: Known, reviewed_sha: str, change: ReviewedChange) -> Known:
    """Switch to the new head, and drop the waivers of this run, which apply to other code.

    If the new head has its own purchase, the summary keeps its text. A text without an answer is replaced if this run
    has late answers, because no check shows these answers after the check of this head is completed.
    """
    has_own = any(one.head_sha == known.snapshot.pull.head_sha for one in known.stored.ledger.purchases)
    is_hiding = not shows_answer(known.stored.ledger) and known.report is None and known.memory.update.answers != ()
    edits = tuple(one for one in known.memory.update.edits if not isinstance(one, Waive))
    return replace(
        known,
        change=change,
        reviewed_sha=known.reviewed_sha or reviewed_sha,
        reviewed_base=known.change.change.merge_base if known.reviewed_base is None else known.reviewed_base,
        keeps_text=has_own and not is_hiding,
        memory=Memory.of(known.stored.ledger, replace(known.memory.update, edits=edits), change.index),
    )


def placed_again(known: Known, answers: tuple[PlacedAnswer, ...]) -> Known:
    update = replace(known.memory.update, answers=answers)
    return replace(known, memory=Memory.of(known.stored.ledger, update, known.change.index))


def concluded(known: Known, outcome: Outcome) -> Judged | Refreshed | Published:
    """Publish an outcome. Before writing to the ledger or announcing an answer, read the pull request again."""
    known = replace(known, ended=True)
    if known.request.dry_run:
        return Published(known, outcome)
    writes = known.has_news or not known.request.is_due or is_contradicted(known, outcome)
    if known.is_read and (writes or announcing(known, outcome)) and not known.read_again:
        return Judged(known, outcome)
    return _publishing(known, outcome)


def on_group_head(known: Known, outcome: Outcome) -> Refreshed | Published:
    return Published(known, outcome) if known.request.dry_run else _writing(known, outcome, (WriteCheckRun,))


def refreshed(known: Known, outcome: Outcome) -> Refreshed | Published:
    """Judge again after the pull request was read again, because a finding may have been waived meanwhile."""
    if known.reviewed_sha and known.report is None and known.task and known.task.status.is_over:
        outcome = newer_head()
    if not known.request.is_due and routed(known).request.is_due:
        return _publishing(known, not_due(Reason.NOT_REQUESTED, _RULES_DIFFER))
    if not known.reviewed_sha and known.report:
        outcome = by_findings(known, known.judgement.rules, readable=known.report.readable)
    return _publishing(known, outcome)


def not_refreshed(known: Known, outcome: Outcome, error: ReviewbotError) -> Refreshed | Published:
    """Publish without comments on findings, because the pull request could not be read again."""
    known = known.noting(error.message)
    if known.is_blind and known.memory.update.edits and isinstance(error, ForgeUnreachable):
        outcome = failed_to_write(outcome, error, Reason.GITHUB)
    elif known.memory.update.answers:
        outcome = failed_to_write(outcome, error)
    if not known.memory.update.answers:
        return _publishing(known, outcome)
    if known.is_blind:
        return _writing(_unpublished(_unposted(known)), outcome, (WriteCheckRun,), refused=True)
    left = (Announce, WriteSummary, WriteCheckRun)
    return _writing(_unposted(known), outcome, left, refused=True)


def _unposted(known: Known) -> Known:
    """Move the findings of all answers to the summary, because comments could not be posted."""
    place_in_summary = partial(in_summary, why=Why.REFUSED)
    return known.with_update(known.memory.update.moved(place_in_summary))


def _publishing(known: Known, outcome: Outcome) -> Refreshed | Published:
    if known.memory.update.answers:
        return _writing(known, outcome, (PostReview, WriteSummary, WriteCheckRun, CloseOlderChecks))
    if known.is_blind:
        return _writing(_unpublished(known), outcome, (WriteCheckRun, CloseOlderChecks))
    # A run that was killed after posting may have left duplicates of another run's comments.
    doubled = (ReadPosted,) if duplicates(known.snapshot.threads, known.request.instance) else ()
    if known.has_news or announcing(known, outcome):  # the check run needs the counter of the written ledger
        left = (Announce, *doubled, WriteSummary, WriteCheckRun, CloseOlderChecks)
        return _writing(known, outcome, left)
    return _writing(known, outcome, (*doubled, WriteCheckRun, WriteSummary, CloseOlderChecks))


def _writing(
    known: Known, outcome: Outcome, left: tuple[type[Publishing], ...], *, refused: bool = False
) -> Refreshed | Published:
    if refused:
        left = tuple(one for one in left if one is not CloseOlderChecks)
    if left[:1] == (Announce,) and not announcing(known, outcome):
        left = left[1:]
    if left:
        return Refreshed(known, outcome, left, refused)
    return Published(known, published(known, outcome, refused=refused))


def _unpublished(known: Known) -> Known:
    """Record finished purchases as open, so that the next run publishes the results.

    Writing the summary now could overwrite what users and other runs have written since this run began.
    """
    own, update = known.own, known.memory.update
    if own and own.purchase.task_id and own.purchase.state.is_over:
        own = own.with_purchase(replace(own.purchase, state=TaskState.OPEN, used=None))
    begun = tuple(one for one in update.purchases if not one.state.is_over)
    return replace(known, own=own).with_update(replace(update, purchases=begun))


def written(at: Refreshed, known: Known) -> Refreshed | Published:
    done, left = at.left[0], at.left[1:]
    if done is PostReview:
        posted = (ReadPosted,) if known.wrote.posted > at.known.wrote.posted else ()
        threads = (UpdateThreads,) if known.snapshot.pull.is_open and COMMENTS not in known.wrote.denied else ()
        found = (known.ledger.findings.find(one.id) for one in known.memory.placed)
        is_noted = any(record is not None and record.note for record in found)  # the posted comment lacks the note
        left = (*(posted + threads if is_noted else threads + posted), Announce, *left)
    replied = done is UpdateThreads and known.wrote.replies > at.known.wrote.replies and ReadPosted not in left
    announced = done is Announce and known.memory.update.posted != at.known.memory.update.posted
    if replied or announced:
        left = (ReadPosted, *left)  # another run may have posted the same text
    return _writing(known, at.outcome, left, refused=at.refused)


def not_written(at: Refreshed, error: ReviewbotError) -> Refreshed | Published:
    """Note the error. If the run has an answer, the outcome becomes `not-published`.

    If GitHub does not respond to an announcement, the purchase stays open, because later runs announce only purchases
    that were open before.
    """
    known, outcome, left = at.known.noting(error.message), at.outcome, at.left[1:]
    if at.left[0] is Announce:
        if not isinstance(error, ForgeUnreachable):
            return _writing(known, outcome, left, refused=at.refused)
        known, left = _unpublished(known), (WriteCheckRun,)
    if at.left[0] is PostReview:
        known = _unposted(known)
        left = (ReadPosted, Announce, *left) if announcing(known, outcome) else left
    if known.memory.update.answers or outcome.reason is Reason.MERGE_GROUP:
        outcome = failed_to_write(outcome, error)
    return _writing(known, outcome, left, refused=True)
