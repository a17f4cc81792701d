"""Select the valid ledgers of past pull requests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.findings.markers import read_summary_mark
from reviewbot.domain.github.pull_request import Comment
from reviewbot.domain.ledger.codec import decode, unverified
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.signing import Signer


class PullState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


class PastPull(Struct, frozen=True):
    """A pull request with the comments that look like a summary of reviewbot. Any user may have posted a comment."""

    repository: str
    repository_id: int
    number: int
    state: PullState
    updated_at: datetime
    comments: tuple[Comment, ...]


def ledgers_of(pull: PastPull, key: str) -> tuple[list[Ledger], int]:
    """Return the valid ledger of each `instance`, and the number of instances without a valid ledger.

    With a key, a ledger is valid if that key signed the ledger. Without a key, ledgers of bots and of the viewer are
    valid. A ledger that another user edited is invalid. Instances of the local reviewer are not counted.
    """
    named = [(read_summary_mark(one.body), one) for one in pull.comments]
    instances = dict.fromkeys(instance for instance, _ in named if instance is not None)
    found, left_out = [], 0
    for instance in instances:
        comments = [one for name, one in named if name == instance]
        signer = Signer(key, pull.repository_id, pull.number, instance)
        ledgers = [ledger for ledger in (_ledger(one, signer) for one in comments) if ledger is not None]
        if ledgers:
            found.append(max(ledgers, key=lambda one: one.counter))
        else:
            left_out += not _is_free(comments)
    return found, left_out


def _ledger(comment: Comment, signer: Signer) -> Ledger | None:
    if not comment.edited_by_us:
        return None
    if signer.secret:
        reading = decode(comment.body, signer)
        return None if reading.problem else reading.ledger
    return unverified(comment.body) if comment.author_is_bot or comment.ours else None


def _is_free(comments: Iterable[Comment]) -> bool:
    ledgers = [unverified(one.body) for one in comments]
    return all(one is not None and not one.purchases and not one.findings.records for one in ledgers)
