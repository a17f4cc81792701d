"""All errors of reviewbot, as a tree.

::

    ReviewbotError                 exit status, reason, hint
    ├── SettingsError              2   the settings or the command line are invalid
    ├── ReviewDidNotHappen         3   a review was due and did not happen
    │   ├── NoKey                      CodeVF's key is missing
    │   ├── OverBudget                 the balance or a budget does not cover the hold
    │   ├── NotApproved                no collaborator with write access approved the spending
    │   ├── ChecksNotGreen             checks that the purchase waits for did not turn green in time
    │   ├── TaskEnded                  the task was cancelled, failed or expired
    │   ├── NothingSendable            no selected file can be sent
    │   ├── ScratchUnusable            the temporary folder cannot be written
    │   └── ServiceError               a request to CodeVF failed
    │       ├── ServiceRefused         refused, by an HTTP status below 500 or by reviewbot itself
    │       ├── PayloadTooLarge        HTTP 413 or 400: send less with the same idempotency key
    │       └── ServiceUnreachable     no usable answer within the deadline
    ├── ForgeError                 3   a request to GitHub failed; exit status 4 if there is already a result
    │   ├── TokenUnknown               the token is missing, invalid or expired
    │   ├── PermissionMissing          403: the token lacks a permission
    │   ├── NotFound                   404: missing, or no access
    │   ├── Refused                    GitHub refused the request (usually 422)
    │   ├── DiffTooLarge               the diff is too large for the API (usually 406), or must be read with git
    │   └── ForgeUnreachable           no usable answer within the deadline
    │       ├── TooCostly              the response is too long, or takes too long
    │       └── RateLimited            the rate limit does not end within the deadline
    ├── ChangeUnreadable           3   neither the API nor git returned the whole change
    ├── TemplateError              2   a template of the default branch cannot be rendered
    ├── OutputUnwritable           4   the runner's file for outputs or the job summary cannot be written
    ├── EventUnreadable            3   the event lacks what reviewbot needs
    ├── ReportUnreadable           2   a file cannot be read as a report of reviewbot
    └── NotInstalled               2   a command needs packages that are missing

Exit status 1 is not an error. It means that findings block or that the review is still open. Exit status 70 means a bug
in reviewbot, i.e., an exception outside this tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar, Self

from msgspec import Struct


class Reason(StrEnum):
    """The values of the output `reason`. CONTRIBUTING.md lists the code that decides each value."""

    REVIEWED = "reviewed"
    GATE = "gate"
    PENDING = "pending"
    DEFERRED = "deferred"
    DRY_RUN = "dry-run"
    DRAFT = "draft"
    BOT = "bot"
    CLOSED = "closed"
    LABEL = "skip-review"
    NOTHING_SELECTED = "nothing-selected"
    ROUTE = "route"
    NOT_REQUESTED = "not-requested"
    EVENT = "event"
    MERGE_GROUP = "merge-group"
    COLLECTED = "collected"
    COMMAND = "command"
    NO_KEY = "no-key"
    OVER_BUDGET = "over-budget"
    NOT_APPROVED = "not-approved"
    CHECKS = "checks"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    MEMORY = "memory"
    SHARED_HEAD = "shared-head"
    BYPASS = "bypass"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    NO_REVIEW = "no-review"
    UNREADABLE = "unreadable"
    PARTIAL = "partial"
    CHANGE_UNREADABLE = "change-unreadable"
    GITHUB = "github"
    PERMISSION = "permission"
    SETTINGS = "settings"
    TEMPLATE = "template"
    NOT_PUBLISHED = "not-published"
    BUG = "bug"


class ReviewbotError(Exception):
    """A failure with a one-sentence message, which contains no secrets, and a `hint` on what to do."""

    exit_status: ClassVar[int] = 70
    reason: ClassVar[Reason] = Reason.BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def clause(self) -> str:
        """The message as the text after a colon."""
        return after_colon(self.message)


def after_colon(text: str) -> str:
    """Return a sentence without its capital letter. A name such as `GitHub` or `CodeVF's` keeps its letters."""
    is_name = any(letter.isupper() for letter in text.partition(" ")[0][1:])
    return text if is_name else text[:1].lower() + text[1:]


class Problem(Struct, frozen=True):
    """One problem in the settings or on the command line.

    Attributes:
        where: the input, config key, option or path.
        what: a phrase with the problem and the invalid value.
        todo: full sentences on what to do.
        item: the number of the list item, starting at 1, or 0 for the whole value.
        line: the line number of the key or item in the config file, starting at 1, or 0 if unknown.
    """

    where: str
    what: str
    allowed: str = ""
    todo: str = ""
    item: int = 0
    line: int = 0

    @property
    def place(self) -> str:
        return f"{self.where}, line {self.line}" if self.line else self.where

    @property
    def advice(self) -> str:
        """Sentences with the allowed values and what to do."""
        return " ".join(filter(None, (self.allowed and f"Allowed: {self.allowed}.", self.todo)))

    def __str__(self) -> str:
        what = f"{self.place}: {self.what}" if self.where else self.what
        return f"{what}{'' if what.endswith('?') else '.'} {self.advice}".rstrip()


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the name that is closest to a mistyped word, or an empty string if none is close."""
    # Imported here, because only typos need this module.
    from difflib import get_close_matches  # noqa: PLC0415

    return "".join(get_close_matches(word.casefold(), sorted(names), n=1, cutoff=0.75))


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return the end of a message, which suggests the closest name, or an empty string if none is close."""
    near = nearest(word, names)
    return f"; did you mean `{near}`?" if near else ""


class SettingsError(ReviewbotError):
    """The settings or the command line are invalid. `problems` lists every problem."""

    exit_status = 2
    reason = Reason.SETTINGS

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(
            "The settings are invalid, so nothing was sent.", hint="\n".join(f"- {problem}" for problem in problems)
        )
        self.problems = problems

    @classmethod
    def of(cls, where: str, what: str, allowed: str = "", *, todo: str = "") -> Self:
        """Return the error for one problem."""
        return cls((Problem(where, what, allowed, todo),))


class TemplateError(ReviewbotError):
    """A template of the default branch cannot be rendered, or lacks a required part."""

    exit_status = 2
    reason = Reason.TEMPLATE

    @classmethod
    def mistake(cls, name: str, line: int | None, what: str) -> Self:
        """Return the error for a mistake in a template, with the file name and the line number."""
        where = f"`{name}`, line {line}" if line else f"`{name}`"
        return cls(
            f"The template {where}: {after_colon(what.removesuffix('.'))}.",
            hint="Fix the template in the folder `templates-dir` on the default branch, or delete it to restore the "
            "built-in one. reviewbot never reads templates from the pull request.",
        )

    @classmethod
    def lost_mark(cls, name: str) -> Self:
        """Return the error for a template that does not begin with its hidden marker."""
        return cls(
            f"The template `{name}` does not start with its hidden marker.",
            hint="Without the marker, the next run cannot find the comment and posts a duplicate. Start the template "
            "with `{{ view.mark }}`, the summary with `{{ view.mark }}{{ view.ledger }}`, or `review.md.j2` with "
            "`{{ mark }}`.",
        )


class ReportUnreadable(ReviewbotError):
    """A file cannot be read as a report of reviewbot."""

    exit_status = 2
    reason = Reason.SETTINGS


class NotInstalled(ReviewbotError):
    """A command needs packages that are not installed."""

    exit_status = 2
    reason = Reason.SETTINGS


class EventUnreadable(ReviewbotError):
    """The event lacks data that reviewbot needs, e.g., the pull request."""

    exit_status = 3
    reason = Reason.EVENT


class ReviewDidNotHappen(ReviewbotError):
    """A review was due and did not happen."""

    exit_status = 3
    reason = Reason.NO_REVIEW


class NoKey(ReviewDidNotHappen):
    """The settings select `reviewer: codevf`, but there is no key."""

    reason = Reason.NO_KEY


class OverBudget(ReviewDidNotHappen):
    """The balance or a budget does not cover the credits that the task would hold."""

    reason = Reason.OVER_BUDGET


class NotApproved(ReviewDidNotHappen):
    """No collaborator with write access approved the spending."""

    reason = Reason.NOT_APPROVED


class ChecksNotGreen(ReviewDidNotHappen):
    """The checks that a purchase waits for did not turn green in time."""

    reason = Reason.CHECKS


class TaskEnded(ReviewDidNotHappen):
    """The task ended without a result."""

    reason = Reason.CANCELLED


class NothingSendable(ReviewDidNotHappen):
    """No selected file can be sent, because each is held back or too large."""

    reason = Reason.PARTIAL


class ScratchUnusable(ReviewDidNotHappen):
    """The temporary folder is not writable, for example because the disk is full."""


class OutputUnwritable(ReviewbotError):
    """reviewbot cannot write the runner's file for outputs or the job summary."""

    exit_status = 4
    reason = Reason.NOT_PUBLISHED


class ServiceError(ReviewDidNotHappen):
    """A request to CodeVF failed."""

    reason = Reason.UNREACHABLE


class ServiceRefused(ServiceError):
    """CodeVF refused a request, or reviewbot refused it (`status` 0). Repeating the request would not help."""

    reason = Reason.REFUSED

    def __init__(self, message: str, *, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status

    @property
    def is_unauthorized(self) -> bool:
        """Whether CodeVF rejected the key."""
        return self.status == HTTPStatus.UNAUTHORIZED

    @property
    def is_not_found(self) -> bool:
        """Whether CodeVF does not know the task or project."""
        return self.status == HTTPStatus.NOT_FOUND


class PayloadTooLarge(ServiceError):
    """The request or an attachment is too large.

    CodeVF created no task, so a smaller request can use the same idempotency key.
    """

    reason = Reason.PARTIAL


class ServiceUnreachable(ServiceError):
    """CodeVF sent no usable answer within the deadline."""


class ForgeError(ReviewbotError):
    """A request to GitHub failed."""

    exit_status = 3
    reason = Reason.GITHUB


class TokenUnknown(ForgeError):
    """The token is missing, invalid or expired (401)."""


class PermissionMissing(ForgeError):
    """The token lacks the permission `needs`, in workflow syntax, such as `pull-requests: write`."""

    reason = Reason.PERMISSION

    def __init__(self, message: str, *, hint: str = "", needs: str = "") -> None:
        super().__init__(message, hint=hint)
        self.needs = needs


class NotFound(ForgeError):
    """GitHub answered 404: the object does not exist, or the token has no access to it."""


class Refused(ForgeError):
    """GitHub refused the request (usually 422). The hint contains GitHub's own messages."""


class DiffTooLarge(ForgeError):
    """The diff is too large for GitHub's API (usually 406) or for reviewbot's limit, or must be read with git."""


class ForgeUnreachable(ForgeError):
    """GitHub sent no usable answer within the deadline."""


class TooCostly(ForgeUnreachable):
    """GitHub's response is too long, or takes too long. A smaller request may succeed."""


class RateLimited(ForgeUnreachable):
    """GitHub's rate limit does not reset before the deadline."""


AGAIN = "Try again. If it fails again, report it as a bug."
"""The hint for an error that the user cannot fix."""

MOVED = "In a workflow, the run for the newest commit reviews the pull request. In a terminal, run the command again."


class ChangeUnreadable(ReviewbotError):
    """Neither the API nor git returned the whole change."""

    exit_status = 3
    reason = Reason.CHANGE_UNREADABLE


def leaves_no_task(error: ReviewbotError) -> bool:
    """Return whether CodeVF certainly has no task after a task's creation failed with this error.

    After a conflict (409), a task of another API key has the idempotency key. After a `ForgeError`, another run may
    still submit the recorded purchase.
    """
    if isinstance(error, ServiceRefused):
        return error.status != HTTPStatus.CONFLICT
    return isinstance(error, PayloadTooLarge) or not isinstance(error, ServiceError | ForgeError)
