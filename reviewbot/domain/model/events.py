"""Parse the event that started a workflow run.

Payloads: https://docs.github.com/en/webhooks/webhook-events-and-payloads. Parsing never raises. An event that reviewbot
ignores becomes an `OtherEvent`. An unreadable event becomes a `BrokenEvent`, which is an error, so that a due review is
never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, TypeVar

from msgspec import Meta, Struct

from reviewbot.domain.text.strict_json import JsonMismatch, convert, parse

LARGEST_NUMBER = 2**31 - 1
"""The largest pull request number, because GraphQL uses 32-bit integers."""

LONGEST_NAME = 1000
"""The maximum number of characters of a login, a label, a branch or an action."""

BOT_SUFFIX = "[bot]"
"""The suffix of every bot's login. A user's login cannot contain brackets."""


class ReviewEvent(Struct, frozen=True):
    """A `pull_request`, `pull_request_target` or `pull_request_review` event, except the action `closed`.

    Attributes:
        head_sha: the head at the time of the event, or None if it is missing or invalid.
        sender: the login of the sender, or empty for a deleted account.
        label: the label that a `labeled` or `unlabeled` action added or removed.
        is_repeated: whether this run repeats an earlier run, so that the event may be old.
        workflow: the file name of the workflow, or empty.
    """

    name: str
    number: int
    action: str
    head_sha: str | None
    sender: str
    sender_is_bot: bool
    label: str | None
    is_repeated: bool = False
    workflow: str = ""


class Rerun(Struct, frozen=True):
    """The workflow file of a re-run, which is the first attempt's file. `ref` is, e.g., `refs/heads/main`."""

    path: str
    sha: str
    ref: str


class ClosedEvent(Struct, frozen=True):
    number: int
    sender: str


class CommentEvent(Struct, frozen=True):
    """A comment on a pull request's timeline or in a review thread.

    Attributes:
        sender: the login of the user who caused the event, e.g., by editing the comment.
        comment_id: the REST id, or 0.
    """

    number: int
    action: str
    body: str
    author: str
    sender: str
    sender_is_bot: bool
    comment_id: int = 0
    in_thread: bool = False


class DispatchEvent(Struct, frozen=True):
    """A manual start of the workflow.

    Attributes:
        number: the input `pr`, or None for a missing or invalid input.
        problem: the reason why the input `pr` is invalid, or empty.
        sha: the input `sha` in lower case, not validated, or empty.
    """

    number: int | None
    sender: str
    problem: str = ""
    sha: str = ""
    workflow: str = ""


class QueueEntry(Struct, frozen=True):
    """A pull request in a merge queue. The queue merges it onto `base_sha`, which is empty if unknown."""

    number: int
    base_sha: str = ""


class MergeGroupEvent(Struct, frozen=True):
    """A merge queue's request for a check of a commit. The queue stalls without that check.

    Attributes:
        entries: the pull requests that the queue's branch name contains, usually only the last one of the group.
        base_ref: the target branch without `refs/heads/`, or empty.
    """

    head_sha: str
    entries: tuple[QueueEntry, ...]
    base_ref: str = ""


class RelayEvent(Struct, frozen=True):
    """A workflow run without the API key, started by a comment in a thread. Commands are read from GitHub."""

    number: int


class ChecksEvent(Struct, frozen=True):
    """The end of another check of a head, for which a purchase may wait. The branches may be in a fork."""

    head_sha: str
    branches: tuple[str, ...]


class OtherEvent(Struct, frozen=True):
    """An event that reviewbot ignores, with the reason."""

    why: str


class BrokenEvent(Struct, frozen=True):
    """An event with an unreadable payload, which is an error."""

    problem: str


Event = (
    ReviewEvent
    | ClosedEvent
    | CommentEvent
    | DispatchEvent
    | MergeGroupEvent
    | RelayEvent
    | ChecksEvent
    | OtherEvent
    | BrokenEvent
)


Name = Annotated[str, Meta(max_length=LONGEST_NAME)]
Number = Annotated[int, Meta(ge=1, le=LARGEST_NUMBER)]


class _Account(Struct, frozen=True):
    login: Name = ""
    type: Name = ""

    @property
    def is_bot(self) -> bool:
        return self.type == "Bot" or self.login.endswith(BOT_SUFFIX)


_NOBODY = _Account()


class _Named(Struct, frozen=True):
    name: Name


class _Head(Struct, frozen=True):
    sha: str | None = None


class _PullRequest(Struct, frozen=True):
    number: Number | None = None
    head: _Head = _Head()


class _Issue(Struct, frozen=True):
    """An issue or a pull request. Only a pull request has the field `pull_request`."""

    number: Number | None = None
    pull_request: dict[str, object] | None = None


class _Comment(Struct, frozen=True):
    id: Annotated[int, Meta(ge=1)] | None = None
    body: str | None = None
    user: _Account | None = None


class _DispatchInputs(Struct, frozen=True):
    pr: object = None
    sha: Name | None = None


class _MergeGroup(Struct, frozen=True):
    head_sha: str | None = None
    head_ref: Name | None = None
    base_ref: Name | None = None


class _CheckSuite(Struct, frozen=True):
    head_sha: str | None = None
    head_branch: Name | None = None


class _WorkflowRun(_CheckSuite, frozen=True):
    display_title: str = ""
    event: Name = ""


class _Payload(Struct, frozen=True):
    """The fields that reviewbot reads. Timeline comments have an `issue`, and review comments a `pull_request`."""

    action: Name = ""
    number: Number | None = None
    sender: _Account | None = None
    label: _Named | None = None
    pull_request: _PullRequest = _PullRequest()
    issue: _Issue = _Issue()
    comment: _Comment = _Comment()
    inputs: _DispatchInputs | None = None
    merge_group: _MergeGroup = _MergeGroup()
    workflow_run: _WorkflowRun = _WorkflowRun()
    check_suite: _CheckSuite = _CheckSuite()
    sha: str | None = None
    branches: tuple[_Named, ...] = ()


def read_event_text(name: str, text: str) -> Event:
    try:
        payload = parse(text)
    except JsonMismatch:
        return BrokenEvent("the event file is not valid JSON")
    return read_event(name, payload)


def read_event(name: str, payload: object) -> Event:
    """Convert the parsed JSON of an event file. `name` is the value of `GITHUB_EVENT_NAME`."""
    if name not in _READERS:
        return OtherEvent(f"the event `{name}` does not belong to a single pull request")
    try:
        return _READERS[name](name, convert(payload, _Payload))
    except JsonMismatch as error:
        return BrokenEvent(f"in the payload, {error}")


def _review(name: str, payload: _Payload) -> Event:
    pull, sender = payload.pull_request, payload.sender or _NOBODY
    number, action = _needed(pull.number or payload.number, "number"), _needed(payload.action, "action")
    if action == "closed":
        return ClosedEvent(number, sender.login)
    return ReviewEvent(
        name=name,
        number=number,
        action=action,
        head_sha=_sha(pull.head.sha),
        sender=sender.login,
        sender_is_bot=sender.is_bot,
        label=payload.label.name if payload.label else None,
    )


def _comment(name: str, payload: _Payload) -> Event:
    in_thread = name != "issue_comment"
    if not in_thread and payload.issue.pull_request is None:
        return OtherEvent("the comment is on an issue, not on a pull request")
    comment, sender = payload.comment, payload.sender or _NOBODY
    return CommentEvent(
        number=_needed(payload.pull_request.number if in_thread else payload.issue.number, "number"),
        action=_needed(payload.action, "action"),
        body=comment.body or "",
        author=(comment.user or _NOBODY).login,
        sender=sender.login,
        sender_is_bot=sender.is_bot,
        comment_id=comment.id or 0,
        in_thread=in_thread,
    )


def _dispatch(_: str, payload: _Payload) -> DispatchEvent:
    sender, inputs = (payload.sender or _NOBODY).login, payload.inputs or _DispatchInputs()
    if inputs.pr is None or inputs.pr == "":
        return DispatchEvent(None, sender)
    number = _typed_number(inputs.pr)
    problem = "" if number else "the input `pr` is not a pull request number"
    return DispatchEvent(number, sender, problem, (inputs.sha or "").strip().casefold())


def _merge_group(_: str, payload: _Payload) -> Event:
    if _needed(payload.action, "action") != "checks_requested":
        return OtherEvent(f"the action `{payload.action}` does not request a check")
    group = payload.merge_group
    head_sha = _needed(_sha(group.head_sha), "merge_group.head_sha")
    # `refs/heads/gh-readonly-queue/<base>/pr-<n>-<sha>`: the base may contain slashes and text like `pr-<n>-<sha>`.
    part = (group.head_ref or "").rpartition("/")[2]
    found = re.findall(r"(?<![0-9a-z])pr-(\d{1,10})-([0-9a-f]{40})", part)
    onto = {number: base_sha for digits, base_sha in found if (number := _typed_number(digits))}
    entries = tuple(QueueEntry(number, base_sha) for number, base_sha in onto.items())
    return MergeGroupEvent(head_sha, entries, (group.base_ref or "").removeprefix("refs/heads/"))


def _workflow_run(name: str, payload: _Payload) -> Event:
    """Distinguish command relays from checks by the workflow run's event, which an author cannot choose."""
    run = payload.workflow_run
    if run.event != "pull_request_review_comment":
        return _checks(name, run.head_sha, [run.head_branch], is_over=payload.action == "completed")
    # The payload does not list pull requests of forks, so the workflow puts the number at the end of its `run-name`.
    number = _typed_number(run.display_title.rpartition("#")[2])
    if number is None:
        return OtherEvent("the title of the `workflow_run` does not end with a pull request number")
    return RelayEvent(number)


def _check_suite(name: str, payload: _Payload) -> Event:
    suite, is_over = payload.check_suite, _needed(payload.action, "action") == "completed"
    return _checks(name, suite.head_sha, [suite.head_branch], is_over=is_over)


def _status(name: str, payload: _Payload) -> Event:
    return _checks(name, payload.sha, [one.name for one in payload.branches])


def _checks(name: str, head_sha: str | None, branches: Iterable[str | None], *, is_over: bool = True) -> Event:
    if not is_over:
        return OtherEvent(f"the `{name}` is not completed, so there is nothing to do")
    head, named = _needed(_sha(head_sha), "head_sha"), tuple(branch for branch in branches if branch)
    if not named:
        return OtherEvent(f"the `{name}` has no branch, as with forks, so the next collection buys a deferred review")
    return ChecksEvent(head, named)


_READERS: Mapping[str, Callable[[str, _Payload], Event]] = {
    "pull_request": _review,
    "pull_request_target": _review,
    "pull_request_review": _review,
    "issue_comment": _comment,
    "pull_request_review_comment": _comment,
    "workflow_dispatch": _dispatch,
    "merge_group": _merge_group,
    "workflow_run": _workflow_run,
    "check_suite": _check_suite,
    "status": _status,
}


def _typed_number(value: object) -> int | None:
    """Return the pull request number in an integer or in a string such as `12` or `#12`, or None."""
    found = re.fullmatch(r"\s*#?([0-9]{1,10})\s*", str(value)) if isinstance(value, int | str) else None
    number = int(found[1]) if found else 0
    return number if 0 < number <= LARGEST_NUMBER else None


T = TypeVar("T")


def _needed(value: T | None, field: str) -> T:
    """Return a value of the payload if it is not empty.

    Raises:
        JsonMismatch: the value is missing.
    """
    if not value:
        raise JsonMismatch(field, "is missing or invalid")
    return value


def _sha(value: str | None) -> str | None:
    return value if value and re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", value) else None
