"""The steps of commands, closed pull requests and merge groups, and the results that reviews do not use."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.commands.authorize import Ask
from reviewbot.domain.commands.parse import PostedCommand
from reviewbot.domain.events.answer import Answer
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Commit, Snapshot, Thread
from reviewbot.domain.ledger.edits import LedgerEdit
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.steps import Finish
from reviewbot.domain.model.events import QueueEntry
from reviewbot.domain.model.review import TaskStatus
from reviewbot.domain.policy.eligibility import Trigger
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.errors import ReviewbotError

# Steps


class ReadPullRequest(Struct, frozen=True):
    """Read the pull request."""

    number: int


class ReadCommits(Struct, frozen=True):
    """Read every commit of the pull request."""


class StartReview(Struct, frozen=True):
    """Start a review run, which publishes finished reviews.

    If `may_buy` is False, it buys only what an earlier run deferred or began to buy.
    """

    trigger: Trigger
    may_buy: bool = False
    cancels: frozenset[TaskStatus] = frozenset()
    edits: tuple[LedgerEdit, ...] = ()


class AskQuestion(Struct, frozen=True):
    """Buy the answer to a question, or resume the purchase, and post the answer."""

    action: Ask


class PostOpenAnswers(Struct, frozen=True):
    """Post the finished answers to open questions.

    Questions with a comment key in `but` are skipped, because the caller executes their commands.
    """

    but: frozenset[str] = frozenset()


class ExecuteCommand(Struct, frozen=True):
    """Execute a command. For a missed command, the run does not wait for a review."""

    posted: PostedCommand
    waits: bool


class LogFailure(Struct, frozen=True):
    """Log why a command was not executed."""

    key: str
    error: ReviewbotError


class RenderReply(Struct, frozen=True):
    """Render the reply to a command with the templates of the default branch."""

    answer: Answer


class PostReply(Struct, frozen=True):
    """Post the reply to a command in its thread, or in the conversation."""

    text: ReplyRendered
    thread: Thread | None


class DeleteDuplicateReplies(Struct, frozen=True):
    """Delete all replies to the command but one, because concurrent runs may have posted several."""


class React(Struct, frozen=True):
    """Add the reaction that marks the command as done."""

    reaction: Reaction


class WriteOutcome(Struct, frozen=True):
    """Write the log and the outputs of a run that publishes no review."""

    outcome: Outcome


class WriteExitStatus(Struct, frozen=True):
    """Replace the exit status that a review run wrote, because the answer to the command shows the result."""

    outcome: Outcome
    note: str


class RecordOpinions(Struct, frozen=True):
    """Record the 👍 and 👎 of the pull request in the ledger."""

    stored: StoredLedger


class ReadQueue(Struct, frozen=True):
    """Read the pull requests of a merge group from the merge queue."""

    base_ref: str
    head_sha: str


class ReadQueuedPull(Struct, frozen=True):
    """Read the check of a queued pull request, and its merge base with the commit onto which the queue merges it."""

    entry: QueueEntry
    snapshot: Snapshot


class PublishGroup(Struct, frozen=True):
    """Write the check run of the merge group.

    Attributes:
        snapshot: the first pull request, with the head of the group.
        verdict: the outcome, or the error that prevented one.
        is_listed: whether the merge queue listed the pull requests of the group.
        has_templates: whether the templates of the default branch can be used.
    """

    snapshot: Snapshot
    verdict: Outcome | ReviewbotError
    is_listed: bool
    has_templates: bool


class Fail(Struct, frozen=True):
    """End the run with an error, so that the next run tries again."""

    error: ReviewbotError


# Results


class CommitsRead(Struct, frozen=True):
    commits: tuple[Commit, ...]


class ReplyRendered(Struct, frozen=True):
    """The reply to a command for its thread and for the conversation, and its first sentences as plain text."""

    in_thread: str
    in_conversation: str
    words: str


class QueueRead(Struct, frozen=True):
    """The pull requests of the group, or none if the token cannot read the whole merge queue."""

    entries: tuple[QueueEntry, ...]


# The last phase


class Ended(Struct, frozen=True):
    """Everything is written, or a step failed."""

    step: Finish | Fail


def failed(error: ReviewbotError) -> Ended:
    return Ended(Fail(error))
