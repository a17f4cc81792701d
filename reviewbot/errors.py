"""Everything that can go wrong, as a tree.

::

    ReviewbotError                 exit status, reason, hint
    ├── SettingsError              2   settings are wrong: every problem at once, nothing spent
    ├── ReviewDidNotHappen         3   a review was due and there is none
    │   ├── NoKey                      the service's key is missing
    │   ├── OverBudget                 the balance or a budget does not cover the hold
    │   ├── NotApproved                nobody with write access allowed the spending
    │   ├── TaskEnded                  the service cancelled the task, or let it fail or expire
    │   ├── NothingSendable            files are selected and none of them fits into a request
    │   └── ServiceError               CodeVF
    │       ├── ServiceRefused         it answered no (400, 401, 402, 403, 404, 409)
    │       ├── PayloadTooLarge        it answered 413: pack smaller and send again with the same key
    │       └── ServiceUnreachable     no usable answer within the deadline
    ├── ForgeError                 3   GitHub, until there is a result; exit status 4 after that
    │   ├── TokenUnknown               there is no token, or GitHub does not know it (any more)
    │   ├── PermissionMissing          the token may not do it (403)
    │   ├── NotFound                   404, also for what the token may not see
    │   ├── Refused                    GitHub understood the request and will not do it (422)
    │   ├── DiffTooLarge               the API has no diff of this size
    │   └── ForgeUnreachable           no usable answer within the deadline
    ├── ChangeUnreadable           3   neither the API nor git gives the change whole
    ├── TemplateError              2   a template of the default branch cannot be rendered
    ├── EventUnreadable            3   the event should be acted on and does not say on what
    ├── ReportUnreadable           2   a file is no report of ours
    └── NotInstalled               2   a command needs packages that are not installed

An exit status of 1 means the gate and nothing else; 70 is a bug of ours (anything that is not in this tree).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import ClassVar


class Reason(StrEnum):
    """The output `reason`; each has its own text in the templates, and docs/outcomes.md says where it is decided."""

    REVIEWED = "reviewed"
    GATE = "gate"
    PENDING = "pending"
    DRY_RUN = "dry-run"
    DRAFT = "draft"
    BOT = "bot"
    CLOSED = "closed"
    LABEL = "skip-review"
    NOTHING_SELECTED = "nothing-selected"
    NOT_REQUESTED = "not-requested"
    EVENT = "event"
    MERGE_GROUP = "merge-group"
    COLLECTED = "collected"
    COMMAND = "command"
    NO_KEY = "no-key"
    OVER_BUDGET = "over-budget"
    NOT_APPROVED = "not-approved"
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
    """A failure in one sentence for the user, never with a secret; `hint` says what to do next."""

    exit_status: ClassVar[int] = 70
    reason: ClassVar[Reason] = Reason.BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of the settings or the command line.

    Attributes:
        where: the input, the config key or the option as the user wrote it, or a path.
        what: what is wrong, with the value.
        allowed: the values that are allowed, as a phrase.
        todo: what to do, as sentences.
    """

    where: str
    what: str
    allowed: str = ""
    todo: str = ""

    @property
    def advice(self) -> str:
        """What is allowed and what to do, as sentences."""
        return " ".join(filter(None, (self.allowed and f"Allowed: {self.allowed}.", self.todo)))

    def __str__(self) -> str:
        """Return one line for a list."""
        what = f"{self.where}: {self.what}" if self.where else self.what
        return f"{what}{'' if what.endswith('?') else '.'} {self.advice}".rstrip()


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return the end of a message that suggests the nearest name, empty if none is near."""
    # Imported here: only a typo needs it.
    from difflib import get_close_matches  # noqa: PLC0415

    near = get_close_matches(word.casefold(), sorted(names), n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


class SettingsError(ReviewbotError):
    """The settings are wrong; all problems are listed and nothing was spent."""

    exit_status = 2
    reason = Reason.SETTINGS

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(
            f"The settings have {count}; nothing was sent and nothing was spent.",
            hint="\n".join(f"- {problem}" for problem in problems),
        )
        self.problems = problems


class TemplateError(ReviewbotError):
    """A template of the default branch cannot be rendered, or lost what must stand in it."""

    exit_status = 2
    reason = Reason.TEMPLATE


class ReportUnreadable(ReviewbotError):
    """A file that `render` was given is no report of ours."""

    exit_status = 2
    reason = Reason.SETTINGS


class NotInstalled(ReviewbotError):
    """A command needs packages that are not installed."""

    exit_status = 2
    reason = Reason.SETTINGS


class EventUnreadable(ReviewbotError):
    """The event should be acted on and does not say on what."""

    exit_status = 3
    reason = Reason.EVENT


class ReviewDidNotHappen(ReviewbotError):
    """A review was due and there is none."""

    exit_status = 3
    reason = Reason.NO_REVIEW


class NoKey(ReviewDidNotHappen):
    """`reviewer: codevf` without a key."""

    reason = Reason.NO_KEY


class OverBudget(ReviewDidNotHappen):
    """The balance or a budget does not cover what the task would hold."""

    reason = Reason.OVER_BUDGET


class NotApproved(ReviewDidNotHappen):
    """Nobody who may spend asked for this review."""

    reason = Reason.NOT_APPROVED


class TaskEnded(ReviewDidNotHappen):
    """The task ended without a result."""

    reason = Reason.CANCELLED


class NothingSendable(ReviewDidNotHappen):
    """Files are selected, and not one of them fits into a request."""

    reason = Reason.PARTIAL


class ServiceError(ReviewDidNotHappen):
    """CodeVF did not do what was asked."""

    reason = Reason.UNREACHABLE


class ServiceRefused(ServiceError):
    """CodeVF answered no, with an HTTP status, and asking again would not help."""

    reason = Reason.REFUSED

    def __init__(self, message: str, *, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status

    @property
    def is_unauthorized(self) -> bool:
        """Whether the service does not take the key."""
        return self.status == HTTPStatus.UNAUTHORIZED

    @property
    def is_not_found(self) -> bool:
        """Whether the service does not know what it was asked about."""
        return self.status == HTTPStatus.NOT_FOUND


class PayloadTooLarge(ServiceError):
    """CodeVF answered 413; no task exists, so the same key may be sent with less."""

    reason = Reason.PARTIAL


class ServiceUnreachable(ServiceError):
    """No usable answer from CodeVF within the deadline."""


class ForgeError(ReviewbotError):
    """GitHub did not do what was asked."""

    exit_status = 3
    reason = Reason.GITHUB


class TokenUnknown(ForgeError):
    """There is no token, or it is wrong or has ended (401)."""


class PermissionMissing(ForgeError):
    """The token may not do this; it `needs` a permission in workflow syntax, such as `pull-requests: write`."""

    reason = Reason.PERMISSION

    def __init__(self, message: str, *, hint: str = "", needs: str = "") -> None:
        super().__init__(message, hint=hint)
        self.needs = needs


class NotFound(ForgeError):
    """404: it does not exist, or the token may not see it."""


class Refused(ForgeError):
    """422: GitHub understood the request and will not do it; `details` are its own words, one for each problem."""

    def __init__(self, message: str, *, hint: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.details = details


class DiffTooLarge(ForgeError):
    """406: the API gives no diff of this size, and asking again would not help."""


class ForgeUnreachable(ForgeError):
    """No usable answer from GitHub within the deadline, rate limits included."""


class ChangeUnreadable(ReviewbotError):
    """Neither the API nor git gives the change whole."""

    exit_status = 3
    reason = Reason.CHANGE_UNREADABLE
