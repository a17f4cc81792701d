"""REST: the conversation, labels and reactions."""

from __future__ import annotations

from reviewbot_sandbox.github.model import forms
from reviewbot_sandbox.github.model.addresses import node_id
from reviewbot_sandbox.github.model.records import Access, IssueComment, Level, Scope
from reviewbot_sandbox.github.model.refusal import Refusal, forbidden
from reviewbot_sandbox.github.rest.call import Answer, Call, Route, paged
from reviewbot_sandbox.github.state import comments
from reviewbot_sandbox.github.state.access import level_of
from reviewbot_sandbox.github.state.reviews import reply_in

_REPO = "/repos/{owner}/{repo}"
_ISSUE = _REPO + "/issues/{number}"
_COMMENT = _REPO + "/issues/comments/{comment}"
READ = ((Scope.ISSUES, Access.READ), (Scope.PULL_REQUESTS, Access.READ))
WRITE = ((Scope.ISSUES, Access.WRITE), (Scope.PULL_REQUESTS, Access.WRITE))


def get_issue(call: Call) -> Answer:
    """Return the pull request as an issue; the sandbox has no others."""
    return Answer(200, call.wire.issue(call.pull))


def list_comments(call: Call) -> Answer:
    """List the comments, oldest first; supports `since`."""
    pull = call.pull
    since = call.query.get("since", "")
    found = call.store.comments_of((pull.repo, pull.number))
    return paged(call, [each for each in found if each.updated_at.strftime("%FT%TZ") >= since], call.wire.comment)


def create_comment(call: Call) -> Answer:
    pull = call.pull
    body = call.form(forms.TextForm).body
    return Answer(
        201, call.wire.comment(comments.add_comment(call.store, (pull.repo, pull.number), call.viewer.login, body))
    )


def edit_comment(call: Call) -> Answer:
    comment = _comment(call)
    comments.require_author_or_writer(call.store, call.viewer, comment)
    edited = comments.edit_comment(call.store, comment, call.viewer.login, call.form(forms.TextForm).body)
    return Answer(200, call.wire.comment(edited))


def delete_comment(call: Call) -> Answer:
    comment = _comment(call)
    comments.require_author_or_writer(call.store, call.viewer, comment)
    del call.store.comments[comment.id]
    return Answer(204)


def _comment(call: Call) -> IssueComment:
    return comments.comment_in(call.store, call.repo, call.number("comment"))


def react_to_comment(call: Call) -> Answer:
    """201 for a new emoji, 200 for one that is there."""
    return _react(call, node_id("IC", _comment(call).id))


def react_to_reply(call: Call) -> Answer:
    """201 for a new emoji, 200 for one that is there."""
    reply = reply_in(call.store, call.repo, call.number("comment"), call.viewer.login)
    return _react(call, node_id("PRRC", reply.id))


def _react(call: Call, subject: str) -> Answer:
    content = call.form(forms.ReactionForm).content
    reaction, is_new = comments.react(call.store, subject, call.viewer.login, content)
    return Answer(201 if is_new else 200, call.wire.reaction(reaction))


def remove_label(call: Call) -> Answer:
    """Remove a label and return the remaining ones."""
    _must_triage(call)
    if call.path["name"] not in call.pull.labels:
        raise Refusal(404, "Label does not exist", kind="NOT_FOUND")
    pull = comments.remove_label(call.store, call.pull, call.path["name"])
    return Answer(200, [call.wire.label(call.store.labels[pull.repo, name.lower()]) for name in pull.labels])


def _must_triage(call: Call) -> None:
    if call.viewer.app is None and level_of(call.store, call.viewer.login, call.repo) < Level.TRIAGE:
        raise forbidden("Must have triage access to the repository.")


ROUTES = (
    Route("PATCH", _COMMENT, edit_comment, WRITE),
    Route("DELETE", _COMMENT, delete_comment, WRITE),
    Route("POST", _COMMENT + "/reactions", react_to_comment, WRITE, creates=True),
    Route("POST", _REPO + "/pulls/comments/{comment}/reactions", react_to_reply, WRITE[1:], creates=True),
    Route("GET", _ISSUE, get_issue, READ),
    Route("GET", _ISSUE + "/comments", list_comments, READ),
    Route("POST", _ISSUE + "/comments", create_comment, WRITE, creates=True),
    Route("DELETE", _ISSUE + "/labels/{name:path}", remove_label, WRITE),
)
