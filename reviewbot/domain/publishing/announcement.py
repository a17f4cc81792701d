"""Select late answers that no comment announces. GitHub sends no email for an edited comment.

Each answer is announced once, because `Ledger.posted` and the marker of the comment contain the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.findings.markers import read_announcement_mark
from reviewbot.domain.github.pull_request import Comment, PullRequest
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.publishing.comment_diff import answered_twice


class Ending(StrEnum):
    ANSWERED = "answered"
    WITHOUT_RESULT = "without-result"
    NOT_BOUGHT = "not-bought"


class Announcement(Struct, frozen=True):
    purchase: Purchase
    ending: Ending

    @property
    def key(self) -> str:
        """The key in the marker. An unbought purchase has another key, because a later run may still buy the review."""
        identity, attempt = self.purchase.key
        return f"{identity}-{attempt}{'-unbought' if self.ending is Ending.NOT_BOUGHT else ''}"


class Announcing(Struct, frozen=True):
    """The announcements to post, and the ids of duplicate comments that two concurrent runs posted."""

    posts: tuple[Announcement, ...] = ()
    extra: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.posts or self.extra)


def left_to_announce(
    late: Iterable[Announcement], comments: Sequence[Comment], instance: str, posted: frozenset[str]
) -> Announcing:
    """Return the announcements that were never posted, and the duplicate comments to delete.

    Comments that another account has edited are ignored, so that an edit neither hides an answer nor deletes a comment.
    Of several announcements of one answer, the first is kept.
    """
    there: dict[str, list[int]] = {}
    for comment in comments:
        mark = read_announcement_mark(comment.body) if comment.ours and comment.edited_by_us else None
        if mark and mark[0] == instance:
            there.setdefault(mark[1], []).append(comment.id)
    posts = tuple(one for one in late if one.key not in there and one.key not in posted)
    again = (extra for ids in there.values() for extra in sorted(ids)[1:])
    return Announcing(posts, (*again, *answered_twice(comments, instance)))


def mentioned(pull: PullRequest, purchase: Purchase) -> tuple[str, ...]:
    """Return the logins of the author and of the users who requested the review. A bot author is omitted."""
    author = "" if pull.author_is_bot else pull.author or ""
    people = {login.casefold(): login for login in (author, *purchase.requested_by) if login}
    return tuple(people.values())
