"""Decides whether a review is due, and whether someone entitled approved the cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from reviewbot.domain.github.pull_request import Permission, PullRequest
from reviewbot.domain.model.events import DispatchEvent, ReviewEvent
from reviewbot.domain.model.options import Allow, ReviewOn
from reviewbot.domain.policy.verdict import Outcome, Reason, not_due
from reviewbot.errors import NotApproved

SKIP_LABEL = "skip-review"

BOT_SUFFIX = "[bot]"
"""The end of every bot's login; no person's login can end so."""

PermissionOf = Callable[[str], Permission]
"""Reads a login's permission from GitHub."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A review was requested in a comment, for the head that it names or that was there when it was written."""

    sender: str
    comment_id: str
    head_sha: str


@dataclass(frozen=True, slots=True)
class AtTerminal:
    """Whoever has the key requested a review at a terminal."""


Trigger = ReviewEvent | DispatchEvent | Asked | AtTerminal
"""What can request a review of one pull request."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings on when a review is due and who may spend."""

    review_on: ReviewOn
    allow: Allow
    approve_spend: str
    drafts: bool
    bots: tuple[str, ...]


def not_due_for(pull: PullRequest, policy: Policy, permission_of: PermissionOf) -> Outcome | None:
    """Why no review of this pull request is due, if so.

    The label counts only if someone with maintain or admin set it on this head.
    """
    if not pull.is_open:
        return not_due(Reason.CLOSED, f"The pull request #{pull.number} is closed.")
    if pull.is_draft and not policy.drafts:
        return not_due(Reason.DRAFT)
    if SKIP_LABEL in pull.labels and _skip_stands(pull, permission_of):
        return not_due(Reason.LABEL)
    if pull.author_is_bot and _is_bots_own(pull, policy):
        return not_due(Reason.BOT)
    return None


def _skip_stands(pull: PullRequest, permission_of: PermissionOf) -> bool:
    login = _skip_login(pull)
    return bool(login) and permission_of(login).at_least(Permission.MAINTAIN)


def skip_label_login(pull: PullRequest, policy: Policy) -> str:
    """The login whose permission decides whether the label skips the review; empty when no permission matters."""
    if not pull.is_open or (pull.is_draft and not policy.drafts) or SKIP_LABEL not in pull.labels:
        return ""
    return _skip_login(pull)


def _skip_login(pull: PullRequest) -> str:
    """Whoever set the label on this very head, empty when it was set on another one or nobody knows by whom."""
    last = next((event for event in reversed(pull.label_events) if event.label == SKIP_LABEL), None)
    return last.actor or "" if last is not None and _was_head(pull, last.at) else ""


def _was_head(pull: PullRequest, at: datetime) -> bool:
    """Whether the head was the head then: our check on it had started, or there was never another head.

    That GitHub had seen the commit is no proof: it may have been on another branch.
    """
    checked, seen = pull.checked_at, pull.head_seen_at
    if checked is not None and checked <= at and (pull.forced_at is None or pull.forced_at < checked):
        return True
    return pull.is_first_head and seen is not None and seen <= at


def skipped_bot(authors: Iterable[str], policy: Policy) -> str | None:
    """The listed bot that authored everything, if any.

    Args:
        authors: logins of all authors of all commits, a bot's with `[bot]`; empty for an address without an account.
        policy: the settings.
    """
    logins = {author.casefold() for author in authors}
    return logins.pop() if len(logins) == 1 and logins <= {bot.casefold() for bot in policy.bots} else None


def _is_bots_own(pull: PullRequest, policy: Policy) -> bool:
    """Whether every commit is the bot's own; False with more commits than are listed.

    The committer chooses the author's address, so only GitHub's own signature makes it more than a claim. A person may
    have the bot's name, but not with `[bot]`.
    """
    if pull.author is None or pull.commit_count > len(pull.commits):
        return False
    if not all(commit.verified for commit in pull.commits):
        return False
    authors = (author or "" for commit in pull.commits for author in commit.authors or (None,))
    return skipped_bot(authors, policy) == f"{pull.author.casefold()}{BOT_SUFFIX}"


def is_requested(policy: Policy, trigger: Trigger, *, reviewed_before: bool) -> bool:
    """Whether this event requests a purchase, by `review-on`."""
    if isinstance(trigger, DispatchEvent | Asked | AtTerminal) or _is_approval_label(trigger, policy):
        return True
    return policy.review_on is ReviewOn.PUSH or (policy.review_on is ReviewOn.READY and not reviewed_before)


_OF_THE_CODE = frozenset({"opened", "reopened", "synchronize", "ready_for_review"})


def tries_again(policy: Policy, trigger: Trigger) -> bool:
    """Whether this event may start another attempt at a review that ended without a result."""
    return not isinstance(trigger, ReviewEvent) or trigger.action in _OF_THE_CODE or _is_approval_label(trigger, policy)


def has_no_other_token(pull: PullRequest, trigger: Trigger) -> bool:
    """Whether GitHub gives this event a read-only token, whatever the workflow requests."""
    return pull.from_fork and isinstance(trigger, ReviewEvent) and trigger.name == "pull_request"


def check_approval(pull: PullRequest, policy: Policy, trigger: Trigger, permission_of: PermissionOf) -> None:
    """Refuse to spend without an approval.

    A fork's pull request needs someone with write access, unless anyone may spend; with `approve-spend` every pull
    request does. A manual run is an approval, and so is the label on exactly this head.

    Raises:
        NotApproved: nobody with write access requested it.
    """
    if isinstance(trigger, AtTerminal) or not _needs_approval(pull, policy):
        return
    login = approval_login(pull, policy, trigger)
    if login and permission_of(login).at_least(Permission.WRITE):
        return
    by_label = f"set the label `{policy.approve_spend}`" if policy.approve_spend else ""
    by_word = f"comment `/reviewbot review {pull.head_sha}`"
    by_hand = f"start the workflow by hand with `pr: {pull.number}`"
    ways = ", ".join(way for way in (by_label, by_word) if way) + f", or {by_hand}"
    raise NotApproved(
        "Nobody with write access has approved the spending for this head.",
        hint=f"Somebody with write access can {ways}.",
    )


def approval_login(pull: PullRequest, policy: Policy, trigger: Trigger) -> str:
    """The login whose permission decides whether the spending is approved; empty when no permission matters."""
    if isinstance(trigger, AtTerminal) or not _needs_approval(pull, policy):
        return ""
    return trigger.sender if _approves(trigger, policy, pull.head_sha) else ""


def _needs_approval(pull: PullRequest, policy: Policy) -> bool:
    return bool(policy.approve_spend) or (pull.from_fork and policy.allow is not Allow.ANYONE)


def _approves(trigger: ReviewEvent | DispatchEvent | Asked, policy: Policy, head_sha: str) -> bool:
    # Of exactly this head, if the sender may give an approval.
    if isinstance(trigger, DispatchEvent):
        return True
    by_person = isinstance(trigger, Asked) or (_is_approval_label(trigger, policy) and not trigger.sender_is_bot)
    return by_person and trigger.head_sha == head_sha


def _is_approval_label(trigger: Trigger, policy: Policy) -> bool:
    return (
        isinstance(trigger, ReviewEvent)
        and trigger.action == "labeled"
        and bool(policy.approve_spend)
        and trigger.label == policy.approve_spend
    )
