"""What is written to a repository: the half of `ports.Forge` that leaves something behind.

Nothing here is sent again when nobody knows whether GitHub did it, but for what deletes.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from reviewbot.adapters.github import parse_rest, payloads, queries
from reviewbot.adapters.github.answers import Answer
from reviewbot.adapters.github.base import Bound
from reviewbot.adapters.github.error_rules import Intent
from reviewbot.domain.github.drafts import (
    ANNOTATIONS_PER_REQUEST,
    CheckState,
    FileComment,
    Hidden,
    PostedComment,
    Reaction,
    ReviewDraft,
)
from reviewbot.domain.github.pull_request import CheckRun, Comment
from reviewbot.errors import NotFound

_CHECKS = Intent("writing the check run", "checks: write")
_COMMENTS = Intent("writing a comment", "pull-requests: write")
_REACTIONS = Intent("putting an emoji under a comment", "pull-requests: write")
_LABELS = Intent("taking a label off", "pull-requests: write")
_REVIEWS = Intent("writing a review", "pull-requests: write")
_RESOLVING = Intent("resolving a review thread", "contents: write")
_HIDING = Intent("hiding a comment", "pull-requests: write")


class Writing(Bound):
    """The writing half of `ports.Forge`."""

    def create_check(self, check: CheckState) -> CheckRun:
        """See `ports.Forge.create_check`."""
        first, *more = payloads.check_states(check)
        named = {"name": check.name, "head_sha": check.head_sha, **first}
        made = parse_rest.check(self._calls.write("POST", f"{self._path}/check-runs", _CHECKS, named))
        return self._bring(made.id, more) if more else made

    def update_check(self, check_id: int, check: CheckState) -> CheckRun:
        """See `ports.Forge.update_check`."""
        # A run that died between two of several updates has sent some of the annotations.
        there = self._annotations(check_id) if len(check.annotations) > ANNOTATIONS_PER_REQUEST else 0
        return self._bring(check_id, payloads.check_states(check, there))

    def create_comment(self, number: int, body: str) -> Comment:
        """See `ports.Forge.create_comment`."""
        path = f"{self._path}/issues/{number}/comments"
        return parse_rest.comment(self._calls.write("POST", path, _COMMENTS, {"body": body}))

    def update_comment(self, comment_id: int, body: str) -> Comment:
        """See `ports.Forge.update_comment`."""
        path = f"{self._path}/issues/comments/{comment_id}"
        return parse_rest.comment(self._calls.write("PATCH", path, _COMMENTS, {"body": body}))

    def delete_comment(self, comment_id: int) -> None:
        """See `ports.Forge.delete_comment`."""
        self._delete(f"{self._path}/issues/comments/{comment_id}", _COMMENTS)

    def react(self, comment_id: int, reaction: Reaction) -> None:
        """See `ports.Forge.react`."""
        path = f"{self._path}/issues/comments/{comment_id}/reactions"
        self._calls.write("POST", path, _REACTIONS, {"content": reaction.value})

    def remove_label(self, number: int, label: str) -> None:
        """See `ports.Forge.remove_label`."""
        self._delete(f"{self._path}/issues/{number}/labels/{quote(label, safe='')}", _LABELS)

    def create_review(self, number: int, draft: ReviewDraft) -> int:
        """See `ports.Forge.create_review`."""
        made = self._calls.write("POST", f"{self._path}/pulls/{number}/reviews", _REVIEWS, payloads.review(draft))
        return Answer.of(made, "review").number("id")

    def delete_pending_review(self, number: int, review_id: int) -> None:
        """See `ports.Forge.delete_pending_review`; gone already is fine."""
        self._delete(f"{self._path}/pulls/{number}/reviews/{review_id}", _REVIEWS)

    def dismiss_review(self, number: int, review_id: int, message: str) -> None:
        """See `ports.Forge.dismiss_review`."""
        path = f"{self._path}/pulls/{number}/reviews/{review_id}/dismissals"
        self._calls.write("PUT", path, _REVIEWS, {"message": message})

    def update_review_comment(self, comment_id: int, body: str) -> None:
        """See `ports.Forge.update_review_comment`."""
        self._calls.write("PATCH", f"{self._path}/pulls/comments/{comment_id}", _REVIEWS, {"body": body})

    def delete_review_comment(self, comment_id: int) -> None:
        """See `ports.Forge.delete_review_comment`; gone already is fine."""
        self._delete(f"{self._path}/pulls/comments/{comment_id}", _REVIEWS)

    def create_file_comment(self, number: int, commit_sha: str, comment: FileComment) -> PostedComment:
        """See `ports.Forge.create_file_comment`."""
        path = f"{self._path}/pulls/{number}/comments"
        made = self._calls.write("POST", path, _REVIEWS, payloads.file_comment(commit_sha, comment))
        return parse_rest.posted(made)

    def reply(self, number: int, comment_id: int, body: str) -> PostedComment:
        """See `ports.Forge.reply`."""
        path = f"{self._path}/pulls/{number}/comments/{comment_id}/replies"
        return parse_rest.posted(self._calls.write("POST", path, _REVIEWS, {"body": body}))

    def resolve_thread(self, thread_id: str) -> None:
        """See `ports.Forge.resolve_thread`."""
        self._calls.mutate(queries.RESOLVE_THREAD, {"thread": thread_id}, _RESOLVING).node("resolveReviewThread")

    def unresolve_thread(self, thread_id: str) -> None:
        """See `ports.Forge.unresolve_thread`."""
        self._calls.mutate(queries.UNRESOLVE_THREAD, {"thread": thread_id}, _RESOLVING).node("unresolveReviewThread")

    def show_comment(self, node_id: str) -> None:
        """See `ports.Forge.show_comment`."""
        self._calls.mutate(queries.SHOW_COMMENT, {"comment": node_id}, _HIDING).node("unminimizeComment")

    def hide_comment(self, node_id: str, why: Hidden) -> None:
        """See `ports.Forge.hide_comment`."""
        variables = {"comment": node_id, "why": why.value}
        self._calls.mutate(queries.HIDE_COMMENT, variables, _HIDING).node("minimizeComment")

    def _annotations(self, check_id: int) -> int:
        """How many annotations a check run has."""
        intent = Intent("reading a check run", "checks: read")
        run = Answer.of(self._calls.get(f"{self._path}/check-runs/{check_id}", intent), "check run")
        return run.node("output").number("annotations_count")

    def _bring(self, check_id: int, updates: Iterable[payloads.Body]) -> CheckRun:
        """Send updates, of which there is one at least, and tell what the last one left."""
        path = f"{self._path}/check-runs/{check_id}"
        *_, last = (parse_rest.check(self._calls.write("PATCH", path, _CHECKS, body)) for body in updates)
        return last

    def _delete(self, path: str, intent: Intent) -> None:
        try:
            self._calls.write("DELETE", path, intent)
        except NotFound:
            return
