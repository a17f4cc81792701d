"""Parse commands. A command is the first line of an unedited comment by a person.

The text in the event is not trusted, so the comment is read again from GitHub.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.findings.markers import (
    AnswerMark,
    answers_in,
    comment_key,
    is_finding_id,
    read_finding_mark,
)
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment, Permission, Snapshot, Thread, ThreadComment
from reviewbot.domain.model.events import CommentEvent
from reviewbot.domain.text.bounds import through_word
from reviewbot.errors import nearest

CALL = "/reviewbot"
MAX_AGE = timedelta(days=7)
"""Older commands are not executed."""

MAX_QUESTION = 2_000
"""The maximum number of characters of a question that are sent."""

LONGEST_QUESTION = 10_000
"""The number of characters of a question that are searched for secrets, rounded up to whole words."""


class CommandName(StrEnum):
    """The commands. `UNKNOWN` stands for any other word after `/reviewbot`."""

    REVIEW = "review"
    COLLECT = "collect"
    CANCEL = "cancel"
    STATUS = "status"
    ASK = "ask"
    WAIVE = "waive"
    UNWAIVE = "unwaive"
    ACCEPT = "accept"
    BYPASS = "bypass"
    HELP = "help"
    UNKNOWN = "unknown"

    @property
    def needs(self) -> Permission:
        return _SYNTAX[self][0] if self in _SYNTAX else Permission.READ


ID_PATTERN = "[0-9a-f]{4,10}"
_ID = f"(?P<target>{ID_PATTERN})"
_COMMIT = "(?P<target>[0-9a-f]{7,64})"
_SYNTAX: Mapping[CommandName, tuple[Permission, str]] = {
    CommandName.REVIEW: (Permission.WRITE, f"{_COMMIT}?"),
    CommandName.COLLECT: (Permission.WRITE, ""),
    CommandName.CANCEL: (Permission.WRITE, ""),
    CommandName.STATUS: (Permission.READ, ""),
    CommandName.ASK: (Permission.WRITE, ".*"),
    CommandName.WAIVE: (Permission.WRITE, f"(?:{_ID}(?: |$))?(?P<reason>.*)"),
    CommandName.UNWAIVE: (Permission.WRITE, f"{_ID}?"),
    CommandName.ACCEPT: (Permission.MAINTAIN, ""),
    CommandName.BYPASS: (Permission.MAINTAIN, f"(?:{_COMMIT}(?: |$))?(?P<reason>.*)"),
    CommandName.HELP: (Permission.READ, ".*"),
}
"""The permission that each command requires, and the pattern of its arguments."""


class Command(Struct, frozen=True):
    """A command as written.

    Attributes:
        target: the beginning of a commit SHA or finding id in lower case, or empty. For `ask`, the first word if it may
            be an id. For an unknown command, the most similar known command.
        reason: untrusted text on one line, or empty. For `ask`, the rest of the comment.
        is_wrong: whether the arguments are invalid. In that case, `reason` contains the arguments.
    """

    name: CommandName
    target: str = ""
    reason: str = ""
    is_wrong: bool = False


def parse(body: str, *, findings: tuple[str, ...] = ()) -> Command | None:
    """Return the command in a comment's first line, or None. In a thread with `findings`, a waiver needs no id."""
    first = body.partition("\n")[0]
    call, *words = first.split() or [""]
    # `startsWith` in the workflows' conditions ignores case, too.
    if call.casefold() != CALL or not first.startswith(call):
        return None
    word, *rest = words or [CommandName.HELP]
    name = next((name for name in _SYNTAX if name == word.casefold()), None)
    if name is None:
        return Command(CommandName.UNKNOWN, nearest(word, _SYNTAX))
    text = " ".join(rest)
    if name is CommandName.ASK:
        return _question(body)
    if name is CommandName.WAIVE and findings:
        return Command(name, *_named(text, findings))
    found = re.fullmatch(_SYNTAX[name][1], text, re.IGNORECASE)
    if not found:
        return Command(name, reason=text, is_wrong=True)
    arguments = found.groupdict(default="")
    return Command(name, arguments.get("target", "").casefold(), arguments.get("reason", ""))


def _question(body: str) -> Command:
    text = through_word("".join(body.split(maxsplit=2)[2:]).strip(), LONGEST_QUESTION)
    first = "".join(text.split(maxsplit=1)[:1]).casefold()
    return Command(CommandName.ASK, first if re.fullmatch(ID_PATTERN, first) else "", text)


def _named(text: str, findings: tuple[str, ...]) -> tuple[str, str]:
    """Split the arguments of `waive` in a finding's thread into an id, or an empty string, and the reason.

    A shortened id must belong to a finding of the thread, because words such as `dead` and `facade` look like ids.
    """
    first, _, rest = text.partition(" ")
    word = first.casefold()
    is_own = re.fullmatch(ID_PATTERN, word) and any(one.startswith(word) for one in findings)
    return (word, rest) if is_own or is_finding_id(word) else ("", text)


def why_not(event: CommentEvent) -> str:
    """Return why an event contains no command, or an empty string if the event may contain a command."""
    if parse(event.body) is None:
        return "The comment is not a command."
    if event.action != "created":
        return "Edited and deleted comments are not commands."
    if event.sender_is_bot or not event.sender or event.sender != event.author:
        return "Only comments that a person writes are commands."
    return ""


class PostedCommand(Struct, frozen=True):
    """A command with its author and time from GitHub. `findings` are the ids of the findings in the thread."""

    comment_id: int
    command: Command
    sender: str
    at: datetime
    in_thread: bool = False
    findings: tuple[str, ...] = ()
    url: str = ""

    @property
    def key(self) -> str:
        """An id of the comment that is unique in the pull request."""
        return comment_key(self.comment_id, in_thread=self.in_thread)

    @property
    def stamp(self) -> str:
        """The time and the id of the comment, as a string that sorts by time."""
        return f"{self.at.astimezone(UTC).isoformat(timespec='seconds')} {self.comment_id:020}"


def open_commands(
    comments: Sequence[Comment], threads: Sequence[Thread], instance: str, now: datetime
) -> tuple[PostedCommand, ...]:
    """List the commands that no reaction marks as done for this instance, oldest first.

    Comments by bots and deleted accounts, comments older than `MAX_AGE`, and comments in threads of other instances are
    ignored. Edited comments are ignored because anyone with write access can edit a comment.
    """
    answers = tuple(mark for _, mark in answers_in(said_in(comments, threads)))
    found = (
        posted
        for comment, posted in _posted_commands(comments, threads, instance)
        if now - posted.at <= MAX_AGE and not _is_done(comment, answers, instance)
    )
    return tuple(sorted(found, key=lambda one: one.stamp))


def executed_commands(
    comments: Sequence[Comment], threads: Sequence[Thread], instance: str
) -> tuple[PostedCommand, ...]:
    """List the commands that this instance has answered with 👍, oldest first."""
    marks = [mark for _, mark in answers_in(said_in(comments, threads)) if mark.instance == instance]
    done = {mark.comment for mark in marks if mark.reaction is Reaction.YES}
    found = (posted for _, posted in _posted_commands(comments, threads, instance) if posted.key in done)
    return tuple(sorted(found, key=lambda one: one.stamp))


def _posted_commands(
    comments: Iterable[Comment], threads: Iterable[Thread], instance: str
) -> Iterator[tuple[Comment, PostedCommand]]:
    written: list[tuple[Comment, tuple[str, ...]]] = [(one, ()) for one in comments]
    written += [(one, ids) for thread, ids in _threads_to_read(threads, instance) for one in thread.comments]
    for comment, findings in written:
        if posted := _posted_command(comment, findings):
            yield comment, posted


def _threads_to_read(threads: Iterable[Thread], instance: str) -> Iterator[tuple[Thread, tuple[str, ...]]]:
    """Yield each thread, except threads of other instances, with the ids of its findings.

    The ids are not trusted if another account has edited the first comment. Other workflows can post as the same
    account, so each id counts only in the first thread that contains the id.
    """
    named: set[str] = set()
    for thread in sorted(threads, key=lambda one: one.comments[0].id if one.comments else 0):
        first = next(iter(thread.comments), None)
        mark = read_finding_mark(first.body) if first and first.ours and first.edited_by_us else None
        if mark is None:
            yield thread, ()
        elif mark.instance == instance:
            yield thread, tuple(one for one in mark.ids if one not in named)
            named.update(mark.ids)


def _is_done(comment: Comment, answers: Iterable[AnswerMark], instance: str) -> bool:
    # A reaction marks the command as done. If there are several workflows, each one answers for itself.
    answered = {mark.instance for mark in answers if mark.comment == key_of(comment)}
    return comment.reacted and (not answered or instance in answered)


def key_of(comment: Comment) -> str:
    """Return an id of a comment that is unique in the pull request."""
    return comment_key(comment.id, in_thread=isinstance(comment, ThreadComment))


def _posted_command(comment: Comment, findings: tuple[str, ...]) -> PostedCommand | None:
    written = not comment.ours and not comment.author_is_bot and comment.edited_by is None
    command = parse(comment.body, findings=findings) if written else None
    if command is None or not comment.author or comment.created_at is None:
        return None
    in_thread = isinstance(comment, ThreadComment)
    return PostedCommand(comment.id, command, comment.author, comment.created_at, in_thread, findings, url=comment.url)


def thread_with(key: str, threads: Iterable[Thread]) -> Thread | None:
    """Return the thread of a comment, or None if the comment is in the conversation or was deleted."""
    return next((one for one in threads if any(key_of(comment) == key for comment in one.comments)), None)


def said_in(comments: Iterable[Comment], threads: Iterable[Thread]) -> tuple[Comment, ...]:
    return (*comments, *(one for thread in threads for one in thread.comments))


def answers_to(comments: Iterable[Comment], instance: str, key: str) -> list[tuple[Comment, AnswerMark]]:
    """List the answers of concurrent runs to a command: first 👍, then answers in threads, then the oldest."""
    found = [(one, mark) for one, mark in answers_in(comments) if (mark.instance, mark.comment) == (instance, key)]
    found.sort(key=lambda one: (one[1].reaction is not Reaction.YES, not isinstance(one[0], ThreadComment), one[0].id))
    return found


def replies_to(snapshot: Snapshot, instance: str, key: str) -> list[tuple[Comment, AnswerMark]]:
    return answers_to(said_in(snapshot.comments, snapshot.threads), instance, key)
