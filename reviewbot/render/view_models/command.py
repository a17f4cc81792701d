"""View models of comments in the conversation. As in `review`, every text is hostile unless it is called `trusted`."""

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


class ChoiceView(Struct, frozen=True):
    """A finding that a command can mean."""

    id: str
    title: str


class AnswerView(Struct, frozen=True):
    """The answer to a command in a comment.

    Attributes:
        mark: trusted; the hidden first bytes, which the template must emit first.
        word: of `parse.CommandName`, as its value.
        refusal: of `authorize.Refusal`, as its value; empty when the command was carried out.
        needs: the permission that the command needs.
        target: the commit or the finding that was named, `finding` and `finding_id` the finding that it is about.
        check_title: of the check on the head, after the command.
        said: the reason of a waiver or a bypass.
        reason: of `verdict.Reason`, as its value; empty if no run was started.
        status: None for other commands than `status`.
        in_reply_to: trusted; the address of a command in a review thread, None for one in the conversation.
        choices: the findings that the command can mean, if it does not say which one.
    """

    mark: str
    word: str
    refusal: str
    sender: str
    needs: str
    target: str
    head_sha: str
    check_title: str = ""
    finding: str = ""
    finding_id: str = ""
    said: str = ""
    reason: str = ""
    message: str = ""
    hint: str = ""
    paid: bool = True
    status: StatusView | None = None
    in_reply_to: str | None = None
    choices: tuple[ChoiceView, ...] = ()


class AnnouncementView(Struct, frozen=True):
    """The announcement of a late answer.

    Attributes:
        mark: trusted; the hidden first bytes, which the template must emit first.
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
