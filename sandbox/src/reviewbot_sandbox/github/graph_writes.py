"""GraphQL: the mutations, over the same operations as REST's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from reviewbot_sandbox.github import checks, reviews, talk
from reviewbot_sandbox.github.access import require
from reviewbot_sandbox.github.addresses import node_id
from reviewbot_sandbox.github.forms import CommentForm, Fields, ReviewForm, check_form
from reviewbot_sandbox.github.graph_pulls import may_resolve, reaction_word
from reviewbot_sandbox.github.graph_types import context, find_node
from reviewbot_sandbox.github.records import (
    Access,
    CheckRun,
    IssueComment,
    PullRequest,
    Repository,
    Review,
    ReviewComment,
    ReviewState,
    Scope,
    Side,
    Thread,
)
from reviewbot_sandbox.github.refusal import Refusal, forbidden
from reviewbot_sandbox.github.rest_talk import CHECKS_WRITE, WRITE

if TYPE_CHECKING:
    from reviewbot_sandbox.github.access import Needs
    from reviewbot_sandbox.github.graph_types import Info, Resolvers

T = TypeVar("T", bound="IssueComment | PullRequest | Repository | Review | ReviewComment | Thread | CheckRun")

_WRITE_PULLS: Needs = ((Scope.PULL_REQUESTS, Access.WRITE),)
_REACTIONS = {"THUMBS_UP": "+1", "THUMBS_DOWN": "-1"}


def _subject(info: Info, node: object, kind: type[T], needs: Needs) -> T:
    """Return the object of a mutation if the viewer may write to it."""
    asked = context(info)
    found = find_node(asked.store, str(node))
    if not isinstance(found, kind):
        raise Refusal(
            200, f"Could not resolve to {kind.__name__} node with the global id of '{node}'.", kind="NOT_FOUND"
        )
    repo = found if isinstance(found, Repository) else asked.store.repo(found.repo)
    require(asked.store, asked.viewer, repo, needs)
    return found


def _answer(arguments: dict[str, object], **payload: object) -> dict[str, object]:
    return {"clientMutationId": arguments.get("clientMutationId"), **payload}


def add_comment(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Post into the conversation."""
    form = call["input"]
    pull = _subject(info, form["subjectId"], PullRequest, WRITE)
    asked = context(info)
    asked.world.limits.write()
    comment = talk.add_comment(asked.store, (pull.repo, pull.number), asked.viewer.login, str(form["body"]))
    return _answer(form, commentEdge={"cursor": node_id("IC", comment.id), "node": comment}, subject=pull)


def update_issue_comment(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Edit a comment of the conversation."""
    form = call["input"]
    comment = _subject(info, form["id"], IssueComment, WRITE)
    asked = context(info)
    talk.must_own(asked.store, asked.viewer, comment)
    edited = talk.edit_comment(asked.store, comment, asked.viewer.login, str(form["body"]))
    return _answer(form, issueComment=edited)


def delete_issue_comment(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Delete a comment of the conversation."""
    form = call["input"]
    comment = _subject(info, form["id"], IssueComment, WRITE)
    talk.must_own(context(info).store, context(info).viewer, comment)
    talk.delete_comment(context(info).store, comment)
    return _answer(form)


def add_thread(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Start a thread in a pending review, which is created if there is none.

    A line outside the diff is not refused: the response's thread is null and nothing is written, as on GitHub.
    """
    form, asked = call["input"], context(info)
    review = _pending_review(info, form)
    pull = asked.store.pull((review.repo, review.number))
    comment = _comment_form(form)
    changes = reviews.changes_at(asked.store, pull, review.commit_id) or ()
    spot = reviews.spot_for(changes, comment)
    if spot is None:
        return _answer(form, thread=None)
    talk.check_body(asked.store, "PullRequestReviewComment", comment.body)
    thread = reviews.new_thread(asked.store, pull, review.commit_id, spot)
    reviews.add_reply(asked.store, review, thread, asked.viewer.login, comment.body)
    return _answer(form, thread=thread)


def _pending_review(info: Info, form: dict[str, object]) -> Review:
    asked = context(info)
    if form.get("pullRequestReviewId"):
        review = _subject(info, form["pullRequestReviewId"], Review, _WRITE_PULLS)
        if review.state is not ReviewState.PENDING or review.author != asked.viewer.login:
            raise Refusal(200, "The review must be pending and the viewer's own.")
        return review
    pull = _subject(info, form.get("pullRequestId"), PullRequest, _WRITE_PULLS)
    mine = [
        review
        for review in asked.store.reviews_of((pull.repo, pull.number))
        if review.state is ReviewState.PENDING and review.author == asked.viewer.login
    ]
    empty = ReviewForm(None, "", None, ())
    return mine[0] if mine else reviews.create_review(asked.store, pull, asked.viewer.login, empty)


def _comment_form(form: dict[str, object]) -> CommentForm:
    line, start = form.get("line"), form.get("startLine")
    if form.get("subjectType") == "FILE":
        return CommentForm(str(form["body"]), str(form["path"]))
    if not isinstance(line, int):
        raise Refusal(200, "A line is needed unless the subject is the file.")
    ranged = isinstance(start, int)
    return CommentForm(
        body=str(form["body"]),
        path=str(form["path"]),
        line=line,
        side=Side(form.get("side") or "RIGHT"),
        start_line=start if isinstance(start, int) else None,
        start_side=Side(form.get("startSide") or "RIGHT") if ranged else None,
    )


def add_thread_reply(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Answer in a thread."""
    form, asked = call["input"], context(info)
    thread = _subject(info, form["pullRequestReviewThreadId"], Thread, _WRITE_PULLS)
    root = asked.store.replies_in(thread)[0]
    pull = asked.store.pull((thread.repo, thread.number))
    made = reviews.reply_to(asked.store, pull, asked.viewer.login, root.id, str(form["body"]))
    return _answer(form, comment=made)


def resolve_thread(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Resolve a thread."""
    return _resolved(info, call["input"], context(info).viewer.login)


def unresolve_thread(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Reopen a thread."""
    return _resolved(info, call["input"], None)


def _resolved(info: Info, form: dict[str, object], by: str | None) -> dict[str, object]:
    thread = _subject(info, form["threadId"], Thread, _WRITE_PULLS)
    if not may_resolve(thread, info):
        raise forbidden("Resource not accessible by integration")
    changed = replace(thread, resolved_by=by)
    context(info).store.threads[thread.id] = changed
    return _answer(form, thread=changed)


def minimize_comment(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Hide a comment under a reason."""
    form = call["input"]
    return _answer(form, minimizedComment=_minimized(info, form, str(form["classifier"]).lower()))


def unminimize_comment(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Show a hidden comment again."""
    return _answer(call["input"], unminimizedComment=_minimized(info, call["input"], None))


def _minimized(info: Info, form: dict[str, object], reason: str | None) -> IssueComment | ReviewComment:
    store = context(info).store
    found = find_node(store, str(form["subjectId"]))
    if isinstance(found, IssueComment):
        comment = replace(_subject(info, form["subjectId"], IssueComment, WRITE), minimized=reason)
        store.comments[comment.id] = comment
        return comment
    reply = replace(_subject(info, form["subjectId"], ReviewComment, _WRITE_PULLS), minimized=reason)
    store.replies[reply.id] = reply
    return reply


def add_reaction(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Put an emoji under a pull request or a comment."""
    form, asked = call["input"], context(info)
    found = find_node(asked.store, str(form["subjectId"]))
    if not isinstance(found, (PullRequest, IssueComment, ReviewComment)):
        raise Refusal(200, "The subject takes no reactions.")
    require(asked.store, asked.viewer, asked.store.repo(found.repo), WRITE)
    content = str(form["content"])
    word = _REACTIONS.get(content, content.lower())
    reaction, _ = talk.react(asked.store, str(form["subjectId"]), asked.viewer.login, word)
    return _answer(form, reaction=reaction, subject=found)


def create_check_run(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Create a check run; only for Apps."""
    form, asked = call["input"], context(info)
    repo = _subject(info, form["repositoryId"], Repository, CHECKS_WRITE)
    if asked.viewer.app is None:
        raise forbidden("You must authenticate via a GitHub App.")
    run = checks.create_check(asked.store, repo, asked.viewer.app, check_form(_check_fields(form)))
    return _answer(form, checkRun=run)


def update_check_run(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Change a check run; only for its App."""
    form, asked = call["input"], context(info)
    run = _subject(info, form["checkRunId"], CheckRun, CHECKS_WRITE)
    changed = checks.update_check(asked.store, run, asked.viewer.app, check_form(_check_fields(form)))
    return _answer(form, checkRun=changed)


def _check_fields(form: dict[str, object]) -> Fields:
    """Return the mutation's input in REST's words."""
    lower = {
        key: value.lower() for key, value in form.items() if key in ("status", "conclusion") and isinstance(value, str)
    }
    names = {
        "name": "name",
        "headSha": "head_sha",
        "externalId": "external_id",
        "detailsUrl": "details_url",
        "startedAt": "started_at",
        "completedAt": "completed_at",
    }
    plain = {rest: form[key] for key, rest in names.items() if key in form}
    output = form.get("output")
    shown = {"output": _output_values(output)} if isinstance(output, dict) else {}
    return Fields({**plain, **lower, **shown})


def _output_values(output: dict[str, object]) -> dict[str, object]:
    notes = output.get("annotations")
    rows = [_annotation_values(note) for note in notes] if isinstance(notes, list) else []
    return {**{key: output.get(key) for key in ("title", "summary", "text")}, "annotations": rows}


def _annotation_values(note: dict[str, object]) -> dict[str, object]:
    at = note["location"]
    location = at if isinstance(at, dict) else {}
    places = {
        "startLine": "start_line",
        "endLine": "end_line",
        "startColumn": "start_column",
        "endColumn": "end_column",
    }
    return {
        "path": note["path"],
        "message": note["message"],
        "title": note.get("title"),
        "raw_details": note.get("rawDetails"),
        "annotation_level": str(note["annotationLevel"]).lower(),
        **{rest: location[key] for key, rest in places.items() if key in location},
    }


def update_reply(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Edit a review comment."""
    form, asked = call["input"], context(info)
    reply = _subject(info, form["pullRequestReviewCommentId"], ReviewComment, _WRITE_PULLS)
    talk.must_own(asked.store, asked.viewer, reply)
    edited = reviews.edit_reply(asked.store, reply, asked.viewer.login, str(form["body"]))
    return _answer(form, pullRequestReviewComment=edited)


def delete_reply(_source: object, info: Info, **call: dict[str, object]) -> dict[str, object]:
    """Delete a review comment."""
    form, asked = call["input"], context(info)
    reply = _subject(info, form["id"], ReviewComment, _WRITE_PULLS)
    talk.must_own(asked.store, asked.viewer, reply)
    review = asked.store.reviews.get(reply.review_id)
    reviews.delete_reply(asked.store, reply)
    return _answer(form, pullRequestReviewComment=None, pullRequestReview=review)


RESOLVERS: Resolvers = {
    "Mutation": {
        "addComment": add_comment,
        "updateIssueComment": update_issue_comment,
        "deleteIssueComment": delete_issue_comment,
        "addPullRequestReviewThread": add_thread,
        "addPullRequestReviewThreadReply": add_thread_reply,
        "resolveReviewThread": resolve_thread,
        "unresolveReviewThread": unresolve_thread,
        "minimizeComment": minimize_comment,
        "unminimizeComment": unminimize_comment,
        "addReaction": add_reaction,
        "createCheckRun": create_check_run,
        "updateCheckRun": update_check_run,
        "updatePullRequestReviewComment": update_reply,
        "deletePullRequestReviewComment": delete_reply,
    },
    "Reaction": {
        "id": lambda reaction, _info: node_id("REA", reaction.id),
        "databaseId": lambda reaction, _info: reaction.id,
        "content": lambda reaction, _info: reaction_word(reaction.content),
        "user": lambda reaction, info: context(info).store.users.get(reaction.user),
    },
}
"""How each mutation is done."""
