"""View models of answers, questions and announcements. Strings are untrusted unless described as trusted."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from reviewbot.domain.model.review import Severity
from reviewbot.render.view_models.review import BypassView


class StatusView(Struct, frozen=True):
    """The stored state of a pull request.

    Attributes:
        waiting: the full SHAs of the heads with an open review, oldest first.
        counts: the number of open findings without a waiver, by severity. Every severity is a key.
        spent: the credits that open reviews hold and finished reviews have used.
        problem: why the stored state is not trusted, or empty.
    """

    waiting: tuple[str, ...]
    deferred: bool
    counts: Mapping[Severity, int]
    waived: int
    spent: Decimal
    bypass: BypassView | None
    problem: str = ""
    questions: int = 0


class QuestionView(Struct, frozen=True):
    """The prompt for a question.

    Attributes:
        boundary: trusted; a random word around the question, which the author of the question cannot guess.
        question: the redacted question.
        finding_id: the finding that the question is about, or empty for the whole pull request.
        file_names: the names of the attachments, each with one line about the contents.
    """

    repository: str
    pull_number: int
    head_sha: str
    boundary: str
    question: str
    finding_id: str
    instructions: str
    file_names: tuple[tuple[str, str], ...]


class AskedView(Struct, frozen=True):
    """The reviewer's reply to a question.

    Attributes:
        asker: the login to mention. An invalid login is shown as text.
        is_edited: whether the question's comment was edited or deleted after it was sent.
        text: the answer, or empty without an answer.
        state: CodeVF's name for the state of the task, or empty if CodeVF has no task.
        used: the credits used, or None if unknown.
    """

    asker: str
    url: str | None
    is_edited: bool
    text: str
    state: str
    used: Decimal | None
    hold: int


class AnswerView(Struct, frozen=True):
    """The answer to a command in a comment.

    Attributes:
        mark: trusted; the marker, which the template must emit first.
        word: a value of `parse.CommandName`.
        refusal: a value of `authorize.Refusal`, or empty if the command was carried out.
        target: the commit or finding that the command names.
        check_title: the title of the check on the head after the command.
        finding: the title of the finding that the command is about.
        said: the redacted reason for a waiver or bypass, or the redacted arguments of some refused commands.
        until_push: whether a waiver ends with the next push, because the finding's code is not in its file.
        reason: a value of `verdict.Reason`, or empty if no run was started.
        in_reply_to: trusted; the URL of the command if the answer is not posted in the command's thread.
        choices: the ids and titles of the findings that an ambiguous command may refer to.
    """

    mark: str
    word: str
    sender: str
    head_sha: str
    refusal: str = ""
    needs: str = ""
    target: str = ""
    check_title: str = ""
    finding: str = ""
    finding_id: str = ""
    said: str = ""
    until_push: bool = False
    reason: str = ""
    message: str = ""
    hint: str = ""
    paid: bool = True
    status: StatusView | None = None
    in_thread: bool = False
    in_reply_to: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    reply: AskedView | None = None


class AnnouncementView(Struct, frozen=True):
    """The announcement of a late answer.

    Attributes:
        mark: trusted; the marker, which the template must emit first.
        mentions: the logins to mention, without bots.
        ending: a value of `announcement.Ending`.
        reviewed_sha: the full SHA of the reviewed head, or empty if unknown.
        head_sha: the head whose check has the title `check_title`.
        counts: the number of open findings by severity. Every severity is a key.
        summary_url: trusted.
        check_url: trusted.
    """

    mark: str
    mentions: tuple[str, ...]
    ending: str
    reviewed_sha: str
    head_sha: str
    check_title: str
    counts: Mapping[Severity, int]
    summary_url: str | None = None
    check_url: str | None = None
