"""Collect the comments and commands that are sent to the next reviewer.

Only comments by authors, collaborators and the reviewer are sent. The text is untrusted, so each line is quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import Enum

from msgspec import Struct

from reviewbot.domain.findings.markers import read_words
from reviewbot.domain.github.context import Redact, json_size
from reviewbot.domain.github.pull_request import Comment, PullRequest, Thread
from reviewbot.domain.text.bounds import shorten, through_word
from reviewbot.domain.text.escaping import ZWSP, quoted
from reviewbot.values import replace

MAX_REPLY = 2_000
"""The maximum number of characters of a reply that are sent."""

LONGEST_REPLY = 10_000
"""The number of characters of a reply that are searched for secrets, rounded up to whole words."""


class Role(Enum):
    """The role of a reply's writer. An author who is also a collaborator counts as an author."""

    AUTHOR = "an author of the pull request"
    COLLABORATOR = "a collaborator"
    REVIEWER = "the reviewer"
    ANSWER = "the reviewer, in answer to a question"


class Reply(Struct, frozen=True):
    """A comment for the reviewer, with untrusted text. `about` contains the ids of the findings in the thread."""

    role: Role
    at: datetime | None
    text: str
    about: tuple[str, ...] = ()
    redactions: int = 0


def replies_in(thread: Thread, pull: PullRequest, instance: str, about: tuple[str, ...] = ()) -> tuple[Reply, ...]:
    """Return the replies in a thread, oldest first, without the finding and without minimized comments."""
    found = (reply_of(one, pull, instance, about) for one in thread.comments if not one.is_minimized)
    return tuple(one for one in found if one is not None)


def reply_of(comment: Comment, pull: PullRequest, instance: str, about: tuple[str, ...] = ()) -> Reply | None:
    """Return a comment with its author's role, or None if the comment is not sent to the reviewer."""
    if comment.ours:
        said = read_words(comment.body) if comment.edited_by_us else None
        if said is None or said.instance != instance:
            return None
        by = Role.REVIEWER if said.key else Role.ANSWER
        return Reply(by, comment.created_at, said.text.replace(ZWSP, ""), about)
    role = role_of(comment, pull)
    return None if role is None else Reply(role, comment.created_at, comment.body, about)


def role_of(comment: Comment, pull: PullRequest) -> Role | None:
    """Return the role of a comment's author, or None for bots, other users, and comments edited by another account.

    If a commit is unknown, collaborators count as authors, because they may have written the commit.
    """
    if comment.ours or comment.author_is_bot or not comment.author or not comment.edited_by_us:
        return None
    people, login = pull.people, comment.author.casefold()
    if login in (people or {(pull.author or "").casefold()}):
        return Role.AUTHOR
    if not comment.by_collaborator:
        return None
    return Role.AUTHOR if people is None else Role.COLLABORATOR


def redacted(replies: Iterable[Reply], redact: Redact) -> Iterator[Reply]:
    """Yield the replies with secrets redacted. Call this before shortening or quoting, which can split a secret."""
    for one in replies:
        text, count = redact(through_word(one.text, LONGEST_REPLY))
        yield replace(one, text=text, redactions=count)


def newest(replies: Iterable[Reply]) -> list[Reply]:
    """Return the replies, newest first."""
    return sorted(replies, key=lambda one: one.at.timestamp() if one.at else 0)[::-1]


def conversation_text(replies: Iterable[Reply], limit: int) -> str:
    """Return the replies, newest first, in at most `limit` bytes of JSON, and the number of omitted replies."""
    return "\n".join(fitting([_shown(one) for one in newest(replies)], limit - _MORE, "older ones\n"))


_MORE = 40
"""The bytes reserved for the line that counts the omitted replies."""


def fitting(texts: Sequence[str], room: int, others: str) -> list[str]:
    """Return the first texts that fit in `room` bytes of JSON, and a last line with the number of omitted texts."""
    kept: list[str] = []
    for index, text in enumerate(texts):
        room -= json_size(f"{text}\n")
        if room < 0:
            return [*kept, f"and {len(texts) - index} {others}"]
        kept.append(text)
    return kept


def _shown(reply: Reply) -> str:
    where = f"On {', '.join(reply.about)}, by" if reply.about else "By"
    when = f", {reply.at:%Y-%m-%d %H:%M} UTC" if reply.at else ""
    return f"{where} {reply.role.value}{when}:\n{quoted(shorten(reply.text.strip(), MAX_REPLY))}\n"
