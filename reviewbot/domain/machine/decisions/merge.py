"""Add what a step has read or written on GitHub to the state of the run."""

from __future__ import annotations

from typing import assert_never

from reviewbot.domain.findings.placement import Why, in_summary
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.ledger.edits import Waive
from reviewbot.domain.ledger.versions import LedgerVersions, StoredLedger
from reviewbot.domain.machine import steps
from reviewbot.domain.machine.known import Known, ReviewedHead
from reviewbot.values import replace


def merge(known: Known, result: steps.Published) -> Known:  # noqa: PLR0911 — a row for each result
    match result:
        case steps.Done():
            return known
        case steps.Reread(snapshot=snapshot, stored=stored):
            return take_reread(known, snapshot, stored)
        case steps.NewHead():
            return move_to_new_head(known, result)
        case steps.CheckRunWritten(check=check, neighbour=neighbour):
            return replace(known, wrote=replace(known.wrote, check=check, neighbour=neighbour))
        case steps.SummaryWritten():
            return _with_summary(known, result)
        case steps.CommentsPosted():
            return _with_comments(known, result)
        case steps.DuplicatesDeleted():
            return replace(known, snapshot=known.duplicates.removed_from(known.snapshot))
        case steps.Announced(posted=posted):
            return known.with_update(known.ledgers.update.having_posted(posted))
        case steps.ThreadsUpdated(posted=posted, count=count):
            known = known.with_update(known.ledgers.update.having_posted(posted))
            return replace(known, wrote=replace(known.wrote, replies=known.wrote.replies + count))
        case unknown:
            assert_never(unknown)


def _with_summary(known: Known, got: steps.SummaryWritten) -> Known:
    body = got.summary.body
    wrote = replace(
        known.wrote,
        summary=body if got.is_new else known.wrote.summary,
        whole_summary=body if got.is_whole else "",
    )
    stored = replace(known.stored, summary=got.summary)
    return replace(known, stored=stored, wrote=wrote, ledgers=known.ledgers.stored(got.ledger))


def _with_comments(known: Known, got: steps.CommentsPosted) -> Known:
    known = list_in_summary(known, got.refused, Why.REFUSED)
    known = known.with_update(known.ledgers.update.having_posted(got.posted))
    return replace(known, wrote=replace(known.wrote, posted=known.wrote.posted + got.count))


def list_in_summary(known: Known, ids: frozenset[str], why: Why) -> Known:
    """Move the findings of this run's answers to the summary."""
    if not ids:
        return known
    moved = known.ledgers.update.moved(lambda item: in_summary(item, why) if item.id in ids else item)
    return known.with_update(moved)


def take_reread(known: Known, snapshot: Snapshot, stored: StoredLedger) -> Known:
    # A ledger that was not trusted at first stays untrusted after this run has written it again.
    before, claimed = known.stored, max(stored.claimed, known.stored.claimed)
    # After a change of base or head, a check run that records the end of a purchase may no longer be read.
    finished = stored.finished | before.finished
    ended = stored.ended or before.ended  # this run may have written the ledger without this bypass
    stored = replace(stored, claimed=claimed, lost=stored.lost or before.lost, finished=finished, ended=ended)
    index = known.change.index if known.is_read else None  # without the change, no finding changes its state
    update = known.ledgers.update.not_behind(stored.ledger, known.purchase)
    update = update.withdrawing(stored.withdrawn, before.withdrawn)
    ledgers = LedgerVersions.of(stored.ledger, update, index)
    written = known.wrote.check  # another run may have completed it since
    check = next((one for one in snapshot.checks if written and one.id == written.id), written)
    return replace(known, snapshot=snapshot, stored=stored, ledgers=ledgers, wrote=replace(known.wrote, check=check))


def move_to_new_head(known: Known, got: steps.NewHead) -> Known:
    """Switch to the new head, and drop the waivers of this run, which apply to other code."""
    head, merge_base = known.head_sha, known.merge_base
    known = take_reread(known, got.snapshot, got.stored)
    edits = tuple(one for one in known.ledgers.update.edits if not isinstance(one, Waive))
    update = replace(known.ledgers.update, edits=edits, answers=got.answers)
    now = got.snapshot.pull.head_sha
    return replace(
        known,
        change=got.change,
        reviewed=ReviewedHead(head, merge_base),
        ledgers=LedgerVersions.of(got.stored.ledger, update, got.change.index),
    ).noting(f"The head moved to {now[:7]} during the run, but this review covers {head[:7]}.")
