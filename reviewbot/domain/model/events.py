"""A runner's event, read into one of a few shapes.

Payloads: https://docs.github.com/en/webhooks/webhook-events-and-payloads. Reading never raises: what we do not act on
is an `OtherEvent` that says why, and what we should act on but cannot read is a `BrokenEvent`, so that a review that
was due is never taken for one that was not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

LARGEST_NUMBER = 2**31 - 1
"""GitHub's numbers are 32-bit integers in GraphQL; anything above is not a pull request."""

LONGEST_NAME = 1000
"""Characters of a login, a label, a branch or an action."""


@dataclass(frozen=True, slots=True)
class ReviewEvent:
    """Something happened to an open pull request.

    Attributes:
        name: `pull_request`, `pull_request_target` or `pull_request_review`.
        action: GitHub's word, such as `opened`, `synchronize` or `labeled`; the app decides which of them matter.
        head_sha: the head when it happened, None when the payload has none that looks like a commit.
        sender: login of who did it, empty for a deleted account.
        label: the label of a `labeled` or `unlabeled` action.
    """

    name: str
    number: int
    action: str
    head_sha: str | None
    sender: str
    sender_is_bot: bool
    label: str | None


@dataclass(frozen=True, slots=True)
class ClosedEvent:
    """A pull request was closed: nothing more is bought for it."""

    number: int
    merged: bool
    sender: str


@dataclass(frozen=True, slots=True)
class CommentEvent:
    """Somebody wrote on a pull request's timeline; the payload has no head, so it must be asked for.

    Attributes:
        body: hostile text, may hold a command.
        comment_id: the REST id, 0 when the payload has none.
        author: login of the comment's author; `sender` is who caused the event (an editor, for instance).
    """

    number: int
    action: str
    body: str
    author: str
    sender: str
    sender_is_bot: bool
    comment_id: int = 0


@dataclass(frozen=True, slots=True)
class DispatchEvent:
    """A person started the workflow.

    Attributes:
        number: the input `pr`, None when it was left out or is no number.
        problem: what is wrong with the input, empty when nothing is.
        sender: login of that person.
    """

    number: int | None
    sender: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class MergeGroupEvent:
    """The merge queue wants to know.

    Attributes:
        head_sha: where the check must be reported, else the queue stalls.
        numbers: the pull requests that the head's name tells, usually the last one of the group; empty when it tells
            none.
        base_ref: the branch that it is to be merged into, without `refs/heads/`; empty when the payload has none.
    """

    head_sha: str
    numbers: tuple[int, ...]
    base_ref: str = ""


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """Nothing for us, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class BrokenEvent:
    """An event that we act on, with a payload that we cannot read: an error, never a skip."""

    name: str
    problem: str


Event = ReviewEvent | ClosedEvent | CommentEvent | DispatchEvent | MergeGroupEvent | OtherEvent | BrokenEvent


def read_event_text(name: str, text: str) -> Event:
    """Read the event from the text of the runner's event file."""
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return BrokenEvent(name, "the event file does not hold JSON")
    return read_event(name, payload)


def read_event(name: str, payload: object) -> Event:
    """Read the event.

    Args:
        name: the value of `GITHUB_EVENT_NAME`.
        payload: the decoded JSON of the event file.
    """
    if not isinstance(payload, Mapping):
        return BrokenEvent(name, "the event file does not hold a JSON object")
    match name:
        case "pull_request" | "pull_request_target" | "pull_request_review":
            return _review(name, payload)
        case "issue_comment":
            return _comment(payload)
        case "workflow_dispatch":
            return _dispatch(payload)
        case "merge_group":
            return _merge_group(payload)
        case _:
            return OtherEvent(name, f"the event `{name}` is not about one pull request")


def _review(name: str, payload: object) -> Event:
    number = _number(_at(payload, "pull_request", "number")) or _number(_at(payload, "number"))
    action = _text(_at(payload, "action"))
    if number is None or not action:
        return BrokenEvent(name, "the payload names no pull request or no action")
    if action == "closed":
        return ClosedEvent(number, _at(payload, "pull_request", "merged") is True, _login(payload, "sender"))
    return ReviewEvent(
        name=name,
        number=number,
        action=action,
        head_sha=_sha(_at(payload, "pull_request", "head", "sha")),
        sender=_login(payload, "sender"),
        sender_is_bot=_is_bot(payload),
        label=_text(_at(payload, "label", "name")) or None,
    )


def _comment(payload: object) -> Event:
    if not isinstance(_at(payload, "issue", "pull_request"), Mapping):
        return OtherEvent("issue_comment", "the comment is on an issue, not on a pull request")
    number = _number(_at(payload, "issue", "number"))
    action = _text(_at(payload, "action"))
    if number is None or not action:
        return BrokenEvent("issue_comment", "the payload names no pull request or no action")
    return CommentEvent(
        number=number,
        action=action,
        body=body if isinstance(body := _at(payload, "comment", "body"), str) else "",
        author=_login(payload, "comment", "user"),
        sender=_login(payload, "sender"),
        sender_is_bot=_is_bot(payload),
        comment_id=_comment_id(_at(payload, "comment", "id")),
    )


def _comment_id(value: object) -> int:
    """An id, which may have 64 bits."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _dispatch(payload: object) -> DispatchEvent:
    sender = _login(payload, "sender")
    given = _at(payload, "inputs", "pr")
    if given is None or given == "":
        return DispatchEvent(None, sender)
    number = _number(given)
    problem = "" if number else "the input `pr` is not the number of a pull request"
    return DispatchEvent(number, sender, problem)


def _merge_group(payload: object) -> Event:
    action = _text(_at(payload, "action"))
    if action != "checks_requested":
        return OtherEvent("merge_group", f"the action `{action}` asks for no check")
    head_sha = _sha(_at(payload, "merge_group", "head_sha"))
    if head_sha is None:
        return BrokenEvent("merge_group", "the payload names no head commit")
    # `refs/heads/gh-readonly-queue/<base>/pr-<n>-<sha>`: the base may hold slashes, and may itself look like a part.
    part = _text(_at(payload, "merge_group", "head_ref")).rpartition("/")[2]
    found = (_number(digits) for digits in re.findall(r"(?<![0-9a-z])pr-(\d{1,10})-[0-9a-f]{40}", part))
    numbers = tuple(dict.fromkeys(number for number in found if number))
    return MergeGroupEvent(
        head_sha, numbers, _text(_at(payload, "merge_group", "base_ref")).removeprefix("refs/heads/")
    )


def _at(value: object, *keys: str) -> object:
    """The value at a path of keys; None wherever the path ends early."""
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _text(value: object) -> str:
    """A name of something; empty where there is none, or one that is longer than any."""
    return value if isinstance(value, str) and len(value) <= LONGEST_NAME else ""


def _number(value: object) -> int | None:
    """A pull request's number, as a number or as text; `#12` is what people type."""
    if isinstance(value, str) and re.fullmatch(r"\s*#?[0-9]{1,10}\s*", value):
        value = int(value.strip().removeprefix("#"))
    ok = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_NUMBER
    return value if ok and isinstance(value, int) else None


def _sha(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", value) else None


def _login(payload: object, *path: str) -> str:
    return _text(_at(payload, *path, "login"))


def _is_bot(payload: object) -> bool:
    return _at(payload, "sender", "type") == "Bot" or _login(payload, "sender").endswith("[bot]")
