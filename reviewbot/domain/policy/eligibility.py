"""Decide whether a review is due, and whether a user with write access approved the cost."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from reviewbot.domain.github.pull_request import LabelEvent, Permission, PullRequest
from reviewbot.domain.model.events import DispatchEvent, ReviewEvent
from reviewbot.domain.model.options import Allow, ReviewOn
from reviewbot.domain.policy.verdict import Outcome, Reason, not_due
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import NotApproved

SKIP_LABEL = "skip-review"


REVIEW_WORKFLOW = "reviewbot-review.yml"
"""The file name that `reviewbot init` gives to the workflow that buys reviews."""


class Asked(Struct, frozen=True):
    """A command's request for a review of one head, or `--again` at a terminal."""

    sender: str
    comment_id: str
    head_sha: str
    at_terminal: bool = False


class AtTerminal(Struct, frozen=True):
    """A run that a user starts at a terminal."""


Trigger = ReviewEvent | DispatchEvent | Asked | AtTerminal
"""The event, command or local run that asks for a review of one pull request."""


class Policy(Struct, frozen=True):
    review_on: ReviewOn
    allow: Allow
    approve_spend: str
    drafts: bool
    bots: tuple[str, ...]


def not_due_for(pull: PullRequest, policy: Policy, *, skips: bool, is_bots: bool) -> Outcome | None:
    """Return the reason why no review of this pull request is due, or None if a review is due.

    `skips` states whether the label `skip-review` counts for this head, and `is_bots` whether the bot that opened the
    pull request pushed this head. The label comes before the draft state, so that the run for the label event records
    the label. Some of these outcomes are skipped checks, which are green, so an author must not be able to cause them.
    """
    if not pull.is_open:
        return not_due(Reason.CLOSED, f"Pull request #{pull.number} is closed.")
    if skips:
        return not_due(Reason.LABEL)
    if pull.is_draft and not policy.drafts:
        return not_due(Reason.DRAFT)
    if is_bots and is_bots_own(pull, policy.bots):
        return not_due(Reason.BOT)
    return None


def skip_label(pull: PullRequest) -> LabelEvent | None:
    """Return the event that set `skip-review` on an open pull request after its last change of base, or None."""
    last = next((event for event in reversed(pull.label_events) if event.label == SKIP_LABEL), None)
    if last is None or SKIP_LABEL not in pull.labels or not pull.is_open:
        return None
    return None if pull.retargeted_at is not None and pull.retargeted_at >= last.at else last


def skip_label_login(pull: PullRequest, trigger: Trigger) -> str:
    """Return the user whose permission decides whether this event's label skips the review, or an empty string.

    Only the label's own event contains the labeled head. A re-run replays an old event, so only the first attempt
    counts.
    """
    label = skip_label(pull)
    if label is None or not isinstance(trigger, ReviewEvent) or trigger.is_repeated:
        return ""
    is_its_own = (trigger.action, trigger.label, trigger.head_sha) == ("labeled", SKIP_LABEL, pull.head_sha)
    return trigger.sender if is_its_own and trigger.sender == label.actor else ""


def is_bots_own(pull: PullRequest, bots: Iterable[str]) -> bool:
    """Return whether a listed bot opened the pull request and made every commit, or False if a commit was not read.

    A committer can choose any author address, so the address counts only in a commit that GitHub has signed. GitHub
    also signs commits that a user makes on its website, so no user may be the committer. A user cannot
    have the login of a bot, which ends with `[bot]`.
    """
    if not (pull.author_is_bot and pull.author) or pull.commit_count > len(pull.commits):
        return False
    if not all(commit.verified for commit in pull.commits):
        return False
    authors = [author or "" for commit in pull.commits for author in commit.authors or (None,)]
    committers = (commit.committer for commit in pull.commits if commit.committer)  # None is GitHub itself
    opener = pull.opener.casefold()
    is_listed = opener in {bot.casefold() for bot in bots}
    return is_listed and {login.casefold() for login in (*authors, *committers)} == {opener}


def is_pushed_by_bot(pull: PullRequest, trigger: Trigger) -> bool:
    """Return whether the bot that opened the pull request pushed the head in this event.

    A user with write access can squash-merge another pull request of the bot into this one. GitHub then signs the
    user's code as the bot's commit. A plan at a terminal has no event.
    """
    if isinstance(trigger, AtTerminal):
        return pull.author_is_bot
    if not isinstance(trigger, ReviewEvent) or trigger.action not in {"opened", "synchronize"}:
        return False
    return pull.author_is_bot and (trigger.sender, trigger.head_sha) == (pull.opener, pull.head_sha)


def is_requested(policy: Policy, trigger: Trigger, *, reviewed_before: bool) -> bool:
    """Return whether this event requests a review, explicitly or by the setting `review-on`."""
    if isinstance(trigger, DispatchEvent | Asked | AtTerminal) or _is_approval_label(trigger, policy):
        return True
    return policy.review_on is ReviewOn.PUSH or (policy.review_on is ReviewOn.READY and not reviewed_before)


_OF_THE_CODE = frozenset({"opened", "reopened", "synchronize", "ready_for_review"})


def tries_again(policy: Policy, trigger: Trigger) -> bool:
    """Return whether this event may start another attempt after an attempt without a result."""
    return not isinstance(trigger, ReviewEvent) or trigger.action in _OF_THE_CODE or _is_approval_label(trigger, policy)


def has_no_other_token(pull: PullRequest, trigger: Trigger) -> bool:
    """Return whether GitHub gives this event a read-only token regardless of the workflow's permissions."""
    return pull.from_fork and isinstance(trigger, ReviewEvent) and trigger.name == "pull_request"


def not_approved(pull: PullRequest, policy: Policy, trigger: Trigger, permission: Permission) -> NotApproved | None:
    """Return an error if the cost is not approved. `permission` is the current permission of `approval_login`.

    A manual run approves only the specified commit, and the label only the head in the event that added the label.
    """
    if isinstance(trigger, DispatchEvent) and trigger.sha not in {"", pull.head_sha}:
        return NotApproved(
            f"The manual run specifies `{visible(trigger.sha[:64])}`, which is not the full SHA of the head.",
            hint=f"Check the changes at the head, then run `{_by_hand(pull, trigger)}`, or comment.",
        )
    if isinstance(trigger, AtTerminal) or not needs_approval(pull, policy):
        return None
    if approval_login(pull, policy, trigger) and permission.at_least(Permission.WRITE):
        return None
    again = "remove the label `{}` and set it again" if policy.approve_spend in pull.labels else "set the label `{}`"
    by_label = f"{again.format(policy.approve_spend)}, " if policy.approve_spend else ""
    expected = " This is expected: outside contributors cannot spend this repository's credits."
    return NotApproved(
        "No collaborator with write access has approved the cost of a review of this head."
        + (expected if pull.from_fork else ""),
        hint=f"To approve the cost, a collaborator with write access can comment, {by_label}or run "
        f"`{_by_hand(pull, trigger)}` if the workflow has `workflow_dispatch`.",
    )


def _by_hand(pull: PullRequest, trigger: Trigger) -> str:
    # A command runs in another workflow, which has no inputs.
    own = trigger.workflow if isinstance(trigger, ReviewEvent | DispatchEvent) else ""
    return f"gh workflow run {own or REVIEW_WORKFLOW} -f pr={pull.number} -f sha={pull.head_sha}"


def approval_login(pull: PullRequest, policy: Policy, trigger: Trigger) -> str:
    """Return the user whose permission decides whether the cost of this head is approved, or an empty string.

    A re-run replays an old event, whose approval may have been used or withdrawn since.
    """
    if isinstance(trigger, AtTerminal) or not needs_approval(pull, policy):
        return ""
    if isinstance(trigger, ReviewEvent):
        is_new = not (trigger.sender_is_bot or trigger.is_repeated)
        approved = trigger.head_sha if is_new and _is_approval_label(trigger, policy) else None
    else:
        approved = trigger.sha if isinstance(trigger, DispatchEvent) else trigger.head_sha
    return trigger.sender if approved == pull.head_sha else ""


def needs_approval(pull: PullRequest, policy: Policy) -> bool:
    """Return whether a user with write access has to approve the cost for each head."""
    return bool(policy.approve_spend) or (pull.from_fork and policy.allow is not Allow.ANYONE)


def requesters(trigger: Trigger, policy: Policy) -> tuple[str, ...]:
    """Return the user who requested a review with a command, the approval label or a manual run, if any."""
    if isinstance(trigger, AtTerminal) or not trigger.sender:
        return ()
    is_event = isinstance(trigger, ReviewEvent) and (trigger.sender_is_bot or not _is_approval_label(trigger, policy))
    return () if is_event else (trigger.sender,)


def _is_approval_label(trigger: Trigger, policy: Policy) -> bool:
    return (
        isinstance(trigger, ReviewEvent)
        and trigger.action == "labeled"
        and bool(policy.approve_spend)
        and trigger.label == policy.approve_spend
    )
