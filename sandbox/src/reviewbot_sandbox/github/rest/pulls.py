"""REST: pull requests, their files, commits, reviews and review comments."""

from __future__ import annotations

from reviewbot_sandbox.github.model import forms
from reviewbot_sandbox.github.model.records import Access, ReviewComment, ReviewState, Scope
from reviewbot_sandbox.github.model.refusal import Refusal, forbidden
from reviewbot_sandbox.github.rest.call import Answer, Call, Route, paged
from reviewbot_sandbox.github.state import comments, reviews
from reviewbot_sandbox.github.state.access import is_writer

_PULLS = "/repos/{owner}/{repo}/pulls"
_PULL = _PULLS + "/{number}"
_REVIEW = _PULL + "/reviews/{review}"
_COMMENT = _PULLS + "/comments/{comment}"
READ = ((Scope.PULL_REQUESTS, Access.READ),)
WRITE = ((Scope.PULL_REQUESTS, Access.WRITE),)


def list_pulls(call: Call) -> Answer:
    """List pull requests, by default the open ones, newest first."""
    state, head, base = call.query.get("state", "open"), call.query.get("head"), call.query.get("base")
    found = [
        pull
        for pull in call.store.pulls_of(call.repo.full_name)
        if state in (pull.state, "all")
        and base in (None, pull.base_ref)
        and head in (None, f"{(pull.head_repo or '').partition('/')[0]}:{pull.head_ref}")
    ]
    key = call.query.get("sort", "created")
    ordered = sorted(found, key=lambda pull: (pull.updated_at if key == "updated" else pull.created_at, pull.number))
    falling = call.query.get("direction", "desc" if key == "created" else "asc") == "desc"
    return paged(call, ordered[::-1] if falling else ordered, call.wire.pull_simple)


def get_pull(call: Call) -> Answer:
    """Return it as JSON, or as the diff that its page shows."""
    pull = call.pull
    if call.wants("diff"):
        diff = unified_diff(call, call.store.merge_base(pull), pull.head_sha)
        return Answer(200, diff, media="application/vnd.github.diff; charset=utf-8")
    return Answer(200, call.wire.pull(pull))


def unified_diff(call: Call, old: str, new: str) -> bytes:
    """Return the diff between two commits, unless it is too large."""
    rules = call.store.rules
    if len(call.store.changes(call.repo.full_name, old, new)) > rules.diff_files:
        raise _too_large("files", rules.diff_files)
    diff = call.git.diff(old, new)
    if diff.count(b"\n") > rules.diff_lines:
        raise _too_large("lines", rules.diff_lines)
    return diff


def _too_large(what: str, limit: int) -> Refusal:
    message = (
        f"Sorry, the diff exceeded the maximum number of {what} ({limit}). "
        "Consider using 'List pull requests files' API or locally cloning the repository instead."
    )
    return Refusal(406, message, ({"resource": "PullRequest", "field": "diff", "code": "too_large"},))


def list_files(call: Call) -> Answer:
    """List the changed files, at most 3,000."""
    pull = call.pull
    changes = call.store.changes_of(pull)[: call.store.rules.listed_files]
    return paged(call, changes, lambda change: call.wire.change(pull.repo, pull.head_sha, change))


def list_commits(call: Call) -> Answer:
    """Return the branch's own commits, oldest first, at most 250."""
    pull = call.pull
    span = f"{pull.base_sha}..{pull.head_sha}"
    commits = call.git.commits(span, limit=call.store.rules.commits, oldest_first=True)
    return paged(call, commits, lambda commit: call.wire.commit(pull.repo, commit))


def list_reviews(call: Call) -> Answer:
    """List the reviews, oldest first; a pending one only for its author."""
    pull = call.pull
    found = call.store.reviews_of((pull.repo, pull.number))
    return paged(call, [review for review in found if reviews.is_visible(review, call.viewer.login)], call.wire.review)


def create_review(call: Call) -> Answer:
    """Post a review with all comments or none; the status is 200, not 201."""
    made = reviews.create_review(call.store, call.pull, call.viewer.login, call.form(forms.ReviewForm))
    return Answer(200, call.wire.review(made))


def delete_review(call: Call) -> Answer:
    found = reviews.review_in(call.store, call.pull, call.number("review"), call.viewer.login)
    body = call.wire.review(found)
    reviews.delete_review(call.store, found)
    return Answer(200, body)


def dismiss_review(call: Call) -> Answer:
    """Dismiss an approval or a request for changes; needs write access."""
    if not is_writer(call.store, call.viewer, call.repo, Scope.PULL_REQUESTS):
        raise forbidden("Must have write access to the repository.")
    call.form(forms.DismissalForm)
    found = reviews.review_in(call.store, call.pull, call.number("review"), call.viewer.login)
    return Answer(200, call.wire.review(reviews.dismiss_review(call.store, found)))


def list_comments(call: Call) -> Answer:
    """List the review comments except those of pending reviews, by default oldest first."""
    pull = call.pull
    found = [
        reply
        for reply in call.store.replies_of((pull.repo, pull.number))
        if call.store.reviews[reply.review_id].state is not ReviewState.PENDING
    ]
    falling = "sort" in call.query and call.query.get("direction") == "desc"
    return paged(call, found[::-1] if falling else found, call.wire.reply)


def create_comment(call: Call) -> Answer:
    form = forms.single_comment(call.body)
    made = reviews.create_comment(call.store, call.pull, call.viewer.login, form, form.commit_id)
    return Answer(201, call.wire.reply(made))


def create_reply(call: Call) -> Answer:
    root, body = call.number("comment"), call.form(forms.TextForm).body
    return Answer(201, call.wire.reply(reviews.reply_to(call.store, call.pull, call.viewer.login, root, body)))


def edit_comment(call: Call) -> Answer:
    comment = _comment(call)
    comments.require_author_or_writer(call.store, call.viewer, comment)
    edited = reviews.edit_reply(call.store, comment, call.viewer.login, call.form(forms.TextForm).body)
    return Answer(200, call.wire.reply(edited))


def delete_comment(call: Call) -> Answer:
    comment = _comment(call)
    comments.require_author_or_writer(call.store, call.viewer, comment)
    reviews.delete_reply(call.store, comment)
    return Answer(204)


def _comment(call: Call) -> ReviewComment:
    return reviews.reply_in(call.store, call.repo, call.number("comment"), call.viewer.login)


ROUTES = (
    Route("GET", _PULLS, list_pulls, READ),
    Route("PATCH", _COMMENT, edit_comment, WRITE),
    Route("DELETE", _COMMENT, delete_comment, WRITE),
    Route("GET", _PULL, get_pull, READ),
    Route("GET", _PULL + "/files", list_files, READ),
    Route("GET", _PULL + "/commits", list_commits, READ),
    Route("GET", _PULL + "/reviews", list_reviews, READ),
    Route("POST", _PULL + "/reviews", create_review, WRITE, creates=True),
    Route("DELETE", _REVIEW, delete_review, WRITE),
    Route("PUT", _REVIEW + "/dismissals", dismiss_review, WRITE),
    Route("GET", _PULL + "/comments", list_comments, READ),
    Route("POST", _PULL + "/comments", create_comment, WRITE, creates=True),
    Route("POST", _PULL + "/comments/{comment}/replies", create_reply, WRITE, creates=True),
)
