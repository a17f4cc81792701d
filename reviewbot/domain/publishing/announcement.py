"""Decides which late answers are announced in a comment of their own, because GitHub sends no mail for an edit.

An answer is late if the run that bought it has ended. It is announced once, unless a review shows one of its findings:
the ledger has its key in `posted`, and the comment in its mark.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.findings.markers import AnnouncementMark, read_announcement_mark, read_answer_mark
from reviewbot.domain.github.pull_request import Comment, PullRequest
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger.memory import PurchaseKey, StoredLedger, purchase_key
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.policy.verdict import Outcome, Reason, Status

_LASTING = frozenset(
    {Reason.OVER_BUDGET, Reason.REFUSED, Reason.CANCELLED, Reason.CHECKS, Reason.NOT_APPROVED, Reason.PARTIAL}
)
"""The reasons for which another run ends in the same way, unless a person changes something."""


_OPEN = (TaskState.OPEN,)
_UNBOUGHT = (TaskState.DEFERRED, TaskState.INTENT)


class Ending(StrEnum):
    ANSWERED = "answered"
    WITHOUT_RESULT = "without-result"
    NOT_BOUGHT = "not-bought"


class Announcement(Struct, frozen=True):
    purchase: Purchase
    ending: Ending

    @property
    def key(self) -> str:
        """What is announced, for the comment's mark. An unbought purchase may still be bought and end later."""
        identity, attempt = purchase_key(self.purchase)
        return f"{identity}-{attempt}{'-unbought' if self.ending is Ending.NOT_BOUGHT else ''}"


class Announcing(Struct, frozen=True):
    """What is left to do: the announcements to post, and the ids of comments that two concurrent runs posted twice."""

    posts: tuple[Announcement, ...] = ()
    extra: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.posts or self.extra)


class Endings(Struct, frozen=True):
    """What a run knows about the purchases of earlier runs.

    Attributes:
        found: the ledger as the run first read it, and `stored` as it read it last.
        update: what the run adds to it.
        commented: the ids of the findings that have a comment.
        bought: what this run bought, or may have bought, before it first read the ledger, for a missed command.
        cancelled: the tasks that this run cancelled; without an answer they are not announced.
        head_sha: the head whose outcome is `outcome`.
        is_collecting: whether the run buys nothing: if CodeVF does not know the task of this head, it says so.
    """

    found: Ledger
    stored: StoredLedger
    update: LedgerUpdate
    commented: Collection[str]
    bought: Collection[PurchaseKey]
    cancelled: Collection[str]
    head_sha: str
    outcome: Outcome
    is_collecting: bool

    def late(self) -> Iterator[Announcement]:
        """Yield what is over since an earlier run has ended; nothing if a review shows an answer.

        A purchase that this run itself deferred for a missed command is included if it is not bought after all: the
        answer to the command says that it waits.
        """
        if self._is_shown:
            return
        last = {purchase_key(one): one for one in self.update.purchases}
        for key, purchase in last.items():
            if key not in self.bought and self._is_left(key, _OPEN) and (ending := self._ending(purchase)):
                yield Announcement(purchase, ending)
        for one in (*self.found.postponed(), *self.found.intents()) if self._has_failed else ():
            key = purchase_key(one)
            if one.head_sha == self.head_sha and self._is_left(key, _UNBOUGHT) and not last.get(key, one).task_id:
                yield Announcement(one, Ending.NOT_BOUGHT)

    @property
    def _has_failed(self) -> bool:
        return self.outcome.status is Status.FAILED and self.outcome.reason in _LASTING

    def _is_left(self, key: PurchaseKey, states: Collection[TaskState]) -> bool:
        """Return whether an earlier run left a purchase in one of these states, and no run has ended it since."""
        before = self.found.named(*key)
        now = self.stored.ledger.named(*key) or before
        is_left = before is not None and now is not None and {before.state, now.state} <= set(states)
        return is_left and key not in self.stored.finished

    @property
    def _is_shown(self) -> bool:
        """Whether a comment for a finding of this run's answers was posted after the summary was written."""
        found = {item.id for answer in self.update.answers for item in answer.placed}
        return bool(found & {*self.update.posted, *self.commented} - self.stored.ledger.posted)

    def _ending(self, purchase: Purchase) -> Ending | None:
        if purchase.state is TaskState.DONE:
            return Ending.ANSWERED
        if purchase.state is TaskState.ENDED:
            return None if purchase.task_id in self.cancelled else Ending.WITHOUT_RESULT
        is_unknown = self.is_collecting and self._has_failed and purchase.head_sha == self.head_sha
        return Ending.WITHOUT_RESULT if is_unknown else None


def left_to_announce(
    late: Iterable[Announcement], comments: Iterable[Comment], instance: str, posted: frozenset[str]
) -> Announcing:
    """Leave out what was announced, also if its comment was deleted; of several comments the first stays.

    Comments that another account edited are ignored, so editing neither hides an answer nor deletes a comment. Of
    several answers to one command, too, the first stays.
    """
    there: dict[str, list[int]] = {}
    for comment in comments:
        own = comment.ours and comment.edited_by_us
        mark = (read_announcement_mark(comment.body) or read_answer_mark(comment.body)) if own else None
        if mark and mark.instance == instance:
            key = mark.key if isinstance(mark, AnnouncementMark) else f"answer {mark.comment}"
            there.setdefault(key, []).append(comment.id)
    posts = tuple(one for one in late if one.key not in there and one.key not in posted)
    return Announcing(posts, tuple(extra for ids in there.values() for extra in sorted(ids)[1:]))


def mentioned(pull: PullRequest, purchase: Purchase) -> tuple[str, ...]:
    """Return the logins of the author, unless it is a bot, and of the users who requested the review."""
    author = "" if pull.author_is_bot else pull.author or ""
    people = {login.casefold(): login for login in (author, *purchase.requested_by) if login}
    return tuple(people.values())
