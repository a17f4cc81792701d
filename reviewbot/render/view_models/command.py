"""View models of answers and announcements. As in `review`, every text is untrusted unless it is called `trusted`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec import Struct

from reviewbot.domain.model.review import Severity
from reviewbot.render.view_models.review import BypassView


class StatusView(Struct, frozen=True):
    """The stored state of a pull request.

    Attributes:
        waiting: the heads whose review is open, full, oldest first.
        questions: how many questions are open.
        postponed: whether the purchase of a review waits.
        counts: findings that count, by severity; every severity is a key.
        spent: credits held by open reviews and used by finished ones.
        problem: why the stored state is not trusted, empty if it is.
    """

    waiting: tuple[str, ...]
    postponed: bool
    counts: Mapping[Severity, int]
    waived: int
    spent: Decimal
    bypass: BypassView | None
    problem: str = ""
    questions: int = 0


class QuestionView(Struct, frozen=True):
    """The prompt for a question.

    Attributes:
        boundary: trusted; a random word around the question, which its writer cannot guess.
        question: redacted; the prompt has `parse.MAX_QUESTION` characters of it.
        finding_id: of the finding that it is about; empty for the whole pull request.
        instructions: of the repository's owners.
        file_names: names of the attachments, with one line each on the contents.
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
        asker: the login to mention; shown as text if it is not a valid one.
        url: of the question.
        is_edited: whether the question's comment was edited or deleted after it was sent.
        text: the answer; empty without one.
        state: of the task, as CodeVF calls it; empty if CodeVF has none.
        used: the credits used, None if unknown.
        hold: the credits that were held.
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
        word: of `parse.CommandName`, as its value.
        refusal: of `authorize.Refusal`, as its value; empty when the command was carried out.
        needs: the permission that the command needs.
        target: the commit or the finding that was named, `finding` and `finding_id` the finding that it is about.
        check_title: of the check on the head, after the command.
        said: the reason of a waiver or a bypass, without secrets; also of one that is refused to an author. Of wrong
            arguments, the arguments.
        until_push: whether a waiver is for the whole change, since the finding's code is not in its file.
        reason: of `verdict.Reason`, as its value; empty if no run was started.
        status: None for other commands than `status`.
        in_thread: whether the command is in a review thread.
        in_reply_to: trusted; its address there, if the answer is posted elsewhere.
        choices: ids and titles of the findings that the command can mean, if it does not say which one.
        reply: of the reviewer, for `ask`.
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
        mentions: logins, of which those of people are mentioned.
        ending: of `announcement.Ending`, as its value.
        reviewed_sha: the head that the review is of, full; empty if unknown.
        head_sha: the head whose check has the title `check_title`.
        counts: open findings by severity; every severity is a key.
        summary_url: trusted, as is `check_url`; None if there is none.
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
