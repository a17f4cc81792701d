"""Reviews and their comments, with GitHub's rules: all of a review or nothing, and only on lines of the diff."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reviewbot_sandbox.github.git.formats import Change
from reviewbot_sandbox.github.git.hunks import line_at
from reviewbot_sandbox.github.model.forms import CommentForm, ReviewForm
from reviewbot_sandbox.github.model.records import (
    ACTIONS,
    Anchor,
    PullRequest,
    Repository,
    Review,
    ReviewComment,
    ReviewState,
    Side,
    Thread,
)
from reviewbot_sandbox.github.model.refusal import invalid, not_found, unprocessable
from reviewbot_sandbox.github.state import anchors
from reviewbot_sandbox.github.state.comments import check_body
from reviewbot_sandbox.github.state.store import Store

_STATES = {
    "APPROVE": ReviewState.APPROVED,
    "REQUEST_CHANGES": ReviewState.CHANGES_REQUESTED,
    "COMMENT": ReviewState.COMMENTED,
}
_RESOURCE = "PullRequestReviewComment"


@dataclass(frozen=True, slots=True)
class Location:
    """A valid place with its diff hunk and its deprecated position."""

    anchor: Anchor
    diff_hunk: str
    position: int


def create_review(store: Store, pull: PullRequest, author: str, form: ReviewForm) -> Review:
    """Create a review with all its comments, or refuse it and write nothing."""
    _check_event(store, pull, author, form.event, form.body, says=bool(form.comments))
    if any(review.author == author for review in _pending(store, pull)):
        raise unprocessable("User can only have one pending review per pull request")
    commit = form.commit_id or pull.head_sha
    changes = changes_at(store, pull, commit)
    if changes is None:
        raise unprocessable("Commit is not part of the pull request")
    locations = [_location_in_review(store, changes, comment) for comment in form.comments]
    review = _new_review(store, pull, author, form.body, commit)
    if form.event:
        review = _submit(store, review, form.event, form.body)
    for location, comment in zip(locations, form.comments, strict=True):
        add_reply(store, review, new_thread(store, pull, commit, location), author, comment.body)
    return review


def _check_event(
    store: Store, pull: PullRequest, author: str, event: str | None, body: str, *, says: bool = False
) -> None:
    """Refuse an event; `says` is whether there are comments, without which a review needs a text of its own."""
    if len(body) > store.rules.comment:
        raise unprocessable(f"Body is too long (maximum is {store.rules.comment} characters)")
    if event in ("COMMENT", "REQUEST_CHANGES") and not (body.strip() or says):
        raise unprocessable("Body can't be blank")
    if author == pull.author and event == "APPROVE":
        raise unprocessable("Can not approve your own pull request")
    if author == pull.author and event == "REQUEST_CHANGES":
        raise unprocessable("Can not request changes on your own pull request")
    if author == ACTIONS.login and event == "APPROVE":
        raise unprocessable("GitHub Actions is not permitted to approve pull requests.")


def _pending(store: Store, pull: PullRequest) -> list[Review]:
    reviews = store.reviews_of((pull.repo, pull.number))
    return [review for review in reviews if review.state is ReviewState.PENDING]


def changes_at(store: Store, pull: PullRequest, commit: str) -> tuple[Change, ...] | None:
    """Return the pull request's diff as of one of its commits; None for commits that were never in it."""
    repo, sha = pull.repo, store.git(pull.repo).resolve(commit)
    if sha is None:
        return None
    inside = store.common(repo, sha, pull.head_sha) == sha != store.common(repo, sha, pull.base_sha)
    if not inside and sha not in store.heads[repo, pull.number]:
        return None
    return store.changes(repo, store.common(repo, pull.base_sha, sha) or pull.base_sha, sha)


def _location_in_review(store: Store, changes: tuple[Change, ...], form: CommentForm) -> Location:
    if not form.body.strip():
        raise unprocessable("Pull request review thread comments body can't be blank")
    if len(form.body) > store.rules.comment:
        raise unprocessable(f"Body is too long (maximum is {store.rules.comment} characters)")
    change = anchors.change_at(changes, form.path)
    if change is None:
        raise unprocessable("Path could not be resolved")
    anchor = _anchor(change, form)
    found = (anchors.NOT_IN_DIFF, anchors.NO_HUNK) if anchor is None else anchors.problems(change, anchor)
    if anchor is None or found:
        raise unprocessable(_sentence([f"Pull request review thread {fault}" for fault in found]))
    return Location(anchor, *anchors.quoted_hunk(change, anchor))


def _sentence(parts: list[str]) -> str:
    if len(parts) < 3:  # noqa: PLR2004 — two are joined without a comma, as in GitHub's sentence
        return " and ".join(parts)
    return f"{', '.join(parts[:-1])}, and {parts[-1]}"


def _anchor(change: Change, form: CommentForm) -> Anchor | None:
    if form.line is not None:
        return Anchor(form.path, form.side, form.line, form.start_line, form.start_side)
    row = None if form.position is None else line_at(change.hunks, form.position)
    if row is None:
        return None
    side = Side.LEFT if row.new is None else Side.RIGHT
    return Anchor(form.path, side, row.number(side))


def _new_review(store: Store, pull: PullRequest, author: str, body: str, commit: str) -> Review:
    now = store.now()
    review = Review(store.next_id(), pull.repo, pull.number, author, body, ReviewState.PENDING, commit, now)
    store.reviews[review.id] = review
    return review


def new_thread(store: Store, pull: PullRequest, commit: str, location: Location) -> Thread:
    """Start a thread without comments; the first must follow at once."""
    base = store.common(pull.repo, pull.base_sha, commit) or pull.base_sha
    thread = Thread(
        store.next_id(), pull.repo, pull.number, location.anchor, commit, base, location.diff_hunk, location.position
    )
    store.threads[thread.id] = thread
    return thread


def add_reply(store: Store, review: Review, thread: Thread, author: str, body: str) -> ReviewComment:
    """Add a comment to a thread, as part of a review."""
    now, first = store.now(), next(iter(store.replies_in(thread)), None)
    root = first.id if first else None
    reply = ReviewComment(
        store.next_id(), thread.repo, thread.number, thread.id, review.id, author, body, now, now, root
    )
    store.replies[reply.id] = reply
    return reply


def _submit(store: Store, review: Review, event: str, body: str) -> Review:
    done = replace(review, state=_STATES[event], body=body, submitted_at=store.now())
    store.reviews[review.id] = done
    return done


def review_in(store: Store, pull: PullRequest, review_id: int, viewer: str) -> Review:
    """Return a review of that pull request that the viewer may see; refuse with 404."""
    review = store.reviews.get(review_id)
    if review is None or (review.repo, review.number) != (pull.repo, pull.number) or not is_visible(review, viewer):
        raise not_found()
    return review


def is_visible(review: Review, viewer: str) -> bool:
    """Return whether the viewer may see the review: only its author sees a pending one."""
    return review.state is not ReviewState.PENDING or review.author == viewer


def delete_review(store: Store, review: Review) -> None:
    """Delete a pending review with its comments; refuse a submitted one."""
    if review.state is not ReviewState.PENDING:
        raise unprocessable("Can not delete a non-pending pull request review")
    del store.reviews[review.id]
    for reply in [reply for reply in store.replies.values() if reply.review_id == review.id]:
        delete_reply(store, reply)


def dismiss_review(store: Store, review: Review) -> Review:
    if review.state not in (ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED):
        raise unprocessable(f"Can not dismiss a {review.state.value.lower()} pull request review")
    dismissed = replace(review, state=ReviewState.DISMISSED)
    store.reviews[review.id] = dismissed
    return dismissed


def create_comment(store: Store, pull: PullRequest, author: str, form: CommentForm, commit: str) -> ReviewComment:
    """Create one comment on a line or a whole file, with the review that GitHub creates for it."""
    check_body(store, _RESOURCE, form.body)
    changes = changes_at(store, pull, commit)
    if changes is None:
        raise invalid(_RESOURCE, "commit_id", "commit_id is not part of the pull request")
    change = anchors.change_at(changes, form.path)
    if change is None:
        raise invalid(_RESOURCE, "pull_request_review_thread.path", "pull_request_review_thread.path is invalid")
    location = _single_comment_location(change, form)
    review = _single_comment_review(store, pull, author, commit)
    return add_reply(store, review, new_thread(store, pull, commit, location), author, form.body)


def _single_comment_location(change: Change, form: CommentForm) -> Location:
    anchor = _requested_anchor(change, form)
    found = (anchors.NOT_IN_DIFF,) if anchor is None else anchors.problems(change, anchor)
    if anchor is None or found:
        raise invalid(_RESOURCE, "pull_request_review_thread.line", f"pull_request_review_thread.{found[0]}")
    return Location(anchor, *anchors.quoted_hunk(change, anchor))


def _requested_anchor(change: Change, form: CommentForm) -> Anchor | None:
    whole_file = form.line is None and form.position is None
    return Anchor(form.path) if whole_file else _anchor(change, form)


def _single_comment_review(store: Store, pull: PullRequest, author: str, commit: str) -> Review:
    review = _new_review(store, pull, author, "", commit)
    review = replace(review, state=ReviewState.COMMENTED, submitted_at=store.now())
    store.reviews[review.id] = review
    return review


def reply_to(store: Store, pull: PullRequest, author: str, root_id: int, body: str) -> ReviewComment:
    """Reply to the first comment of a thread; a reply to a reply is refused."""
    root = store.replies.get(root_id)
    if root is None or (root.repo, root.number) != (pull.repo, pull.number):
        raise not_found()
    if root.in_reply_to is not None:
        raise invalid(_RESOURCE, "in_reply_to", "in_reply_to must be a top-level comment")
    check_body(store, _RESOURCE, body)
    review = _single_comment_review(store, pull, author, pull.head_sha)
    return add_reply(store, review, store.threads[root.thread_id], author, body)


def reply_in(store: Store, repo: Repository, comment_id: int, viewer: str) -> ReviewComment:
    """Return a review comment of that repository that the viewer may see; refuse with 404."""
    reply = store.replies.get(comment_id)
    if reply is None or reply.repo != repo.full_name or not is_visible(store.reviews[reply.review_id], viewer):
        raise not_found()
    return reply


def edit_reply(store: Store, reply: ReviewComment, editor: str, body: str) -> ReviewComment:
    check_body(store, _RESOURCE, body)
    edited = replace(reply, body=body, editor=editor, updated_at=store.now())
    store.replies[reply.id] = edited
    return edited


def delete_reply(store: Store, reply: ReviewComment) -> None:
    """Delete a review comment, and its thread and its review without a body if they become empty."""
    del store.replies[reply.id]
    if not store.replies_in(store.threads[reply.thread_id]):
        del store.threads[reply.thread_id]
    review = store.reviews.get(reply.review_id)
    used = any(other.review_id == reply.review_id for other in store.replies.values())
    if review and review.state is ReviewState.COMMENTED and not review.body and not used:
        del store.reviews[review.id]
