"""Parses commands: the first line of a comment that a person wrote and nobody edited.

The event that brings a comment is not trusted; the comment is read again from GitHub.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from reviewbot.domain.findings.markers import AnswerMark, read_answer_mark
from reviewbot.domain.findings.tracked_finding import MAX_REASON
from reviewbot.domain.github.pull_request import Comment, Permission
from reviewbot.domain.model.events import CommentEvent
from reviewbot.domain.text.bounds import shorten_line

CALL = "/reviewbot"
KEPT_FOR = timedelta(days=7)
"""How long a command without an answer is open."""


class CommandName(StrEnum):
    """The commands; `UNKNOWN` is everything else after our name."""

    REVIEW = "review"
    COLLECT = "collect"
    CANCEL = "cancel"
    STATUS = "status"
    WAIVE = "waive"
    UNWAIVE = "unwaive"
    BYPASS = "bypass"
    HELP = "help"
    UNKNOWN = "unknown"

    @property
    def needs(self) -> Permission:
        """The least permission for the command."""
        return _SYNTAX[self][0] if self in _SYNTAX else Permission.READ


_ID = "(?P<target>[0-9a-f]{4,10})"
_COMMIT = "(?P<target>[0-9a-f]{7,64})"
_SYNTAX: Mapping[CommandName, tuple[Permission, str]] = {
    CommandName.REVIEW: (Permission.WRITE, f"{_COMMIT}?"),
    CommandName.COLLECT: (Permission.WRITE, ""),
    CommandName.CANCEL: (Permission.WRITE, ""),
    CommandName.STATUS: (Permission.READ, ""),
    CommandName.WAIVE: (Permission.WRITE, f"{_ID}(?: (?P<reason>.*))?"),
    CommandName.UNWAIVE: (Permission.WRITE, _ID),
    CommandName.BYPASS: (Permission.MAINTAIN, f"(?:{_COMMIT}(?: |$))?(?P<reason>.*)"),
    CommandName.HELP: (Permission.READ, ""),
}
"""The least permission for each command, and the pattern of its arguments."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command as written.

    Attributes:
        target: the start of a commit or of a finding's id, in lower case; may be empty.
        reason: hostile text on one line, may be empty.
    """

    name: CommandName
    target: str = ""
    reason: str = ""


def parse(body: str) -> Command | None:
    """The command in a comment's first line, if any."""
    first = body.partition("\n")[0]
    call, *words = first.split() or [""]
    if call != CALL or not first.startswith(CALL):
        return None
    word, *rest = words or [""]
    name = next((name for name in _SYNTAX if name == word.casefold()), CommandName.UNKNOWN)
    found = name in _SYNTAX and re.fullmatch(_SYNTAX[name][1], " ".join(rest), re.IGNORECASE)
    if not found:
        return Command(CommandName.UNKNOWN)
    arguments = {"target": "", "reason": ""} | found.groupdict(default="")
    return Command(name, arguments["target"].casefold(), shorten_line(arguments["reason"], MAX_REASON))


def why_not(event: CommentEvent) -> str:
    """Why an event brings no command; empty if it may bring one."""
    if parse(event.body) is None:
        return "The comment is no command."
    if event.action != "created":
        return "A comment that somebody edited or deleted is no command."
    if event.sender_is_bot or not event.sender or event.sender != event.author:
        return "Only a person's own comment is a command."
    return ""


@dataclass(frozen=True, slots=True)
class PostedCommand:
    """A command with its author and time, as GitHub has them."""

    comment_id: int
    command: Command
    sender: str
    at: datetime


def open_commands(comments: Iterable[Comment], instance: str, now: datetime) -> tuple[PostedCommand, ...]:
    """The commands without an answer, oldest first.

    Bots, deleted accounts, edited comments (anyone with write access can edit one) and comments older than `KEPT_FOR`
    do not count.
    """
    comments = tuple(comments)
    answers = tuple(_answers(comments))
    posted_commands = (_posted_command(one, now) for one in comments if not _is_done(one, answers, instance))
    return tuple(sorted((one for one in posted_commands if one is not None), key=lambda one: one.comment_id))


def _is_done(comment: Comment, answers: Iterable[AnswerMark], instance: str) -> bool:
    # Our reaction says so; of several workflows of ours, each answers for itself.
    answered = {mark.instance for mark in answers if mark.comment_id == comment.id}
    return comment.reacted and (not answered or instance in answered)


def _posted_command(comment: Comment, now: datetime) -> PostedCommand | None:
    written = not comment.ours and not comment.author_is_bot and comment.edited_by is None
    command = parse(comment.body) if written else None
    if command is None or not comment.author or comment.created_at is None or now - comment.created_at > KEPT_FOR:
        return None
    return PostedCommand(comment.id, command, comment.author, comment.created_at)


def answers_to(comments: Iterable[Comment], instance: str, comment_id: int) -> tuple[AnswerMark, ...]:
    """The marks of our answers to a command; two runs that race may each have written one."""
    return tuple(mark for mark in _answers(comments) if (mark.instance, mark.comment_id) == (instance, comment_id))


def _answers(comments: Iterable[Comment]) -> Iterator[AnswerMark]:
    for comment in comments:
        if comment.ours and (mark := read_answer_mark(comment.body)):
            yield mark
