"""REST: the conversation, labels, reactions, check runs and statuses."""

from __future__ import annotations

from reviewbot_sandbox.github import checks, forms, talk
from reviewbot_sandbox.github.access import level_of
from reviewbot_sandbox.github.addresses import node_id
from reviewbot_sandbox.github.call import Answer, Call, Route, paged
from reviewbot_sandbox.github.records import Access, IssueComment, Level, Scope
from reviewbot_sandbox.github.refusal import Refusal, forbidden, not_found
from reviewbot_sandbox.github.reviews import reply_in

_REPO = "/repos/{owner}/{repo}"
_ISSUE = _REPO + "/issues/{number}"
_COMMENT = _REPO + "/issues/comments/{comment}"
_CHECK = _REPO + "/check-runs/{check}"
READ = ((Scope.ISSUES, Access.READ), (Scope.PULL_REQUESTS, Access.READ))
WRITE = ((Scope.ISSUES, Access.WRITE), (Scope.PULL_REQUESTS, Access.WRITE))
CHECKS_READ = ((Scope.CHECKS, Access.READ),)
CHECKS_WRITE = ((Scope.CHECKS, Access.WRITE),)
STATUSES_WRITE = ((Scope.STATUSES, Access.WRITE),)


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
        201, call.wire.comment(talk.add_comment(call.store, (pull.repo, pull.number), call.viewer.login, body))
    )


def edit_comment(call: Call) -> Answer:
    comment = _comment(call)
    talk.must_own(call.store, call.viewer, comment)
    edited = talk.edit_comment(call.store, comment, call.viewer.login, call.form(forms.TextForm).body)
    return Answer(200, call.wire.comment(edited))


def delete_comment(call: Call) -> Answer:
    comment = _comment(call)
    talk.must_own(call.store, call.viewer, comment)
    del call.store.comments[comment.id]
    return Answer(204)


def _comment(call: Call) -> IssueComment:
    return talk.comment_in(call.store, call.repo, call.number("comment"))


def react_to_comment(call: Call) -> Answer:
    """201 for a new emoji, 200 for one that is there."""
    return _react(call, node_id("IC", _comment(call).id))


def react_to_reply(call: Call) -> Answer:
    """201 for a new emoji, 200 for one that is there."""
    reply = reply_in(call.store, call.repo, call.number("comment"), call.viewer.login)
    return _react(call, node_id("PRRC", reply.id))


def _react(call: Call, subject: str) -> Answer:
    content = call.form(forms.ReactionForm).content
    reaction, is_new = talk.react(call.store, subject, call.viewer.login, content)
    return Answer(201 if is_new else 200, call.wire.reaction(reaction))


def remove_label(call: Call) -> Answer:
    """Remove a label and return the remaining ones."""
    _must_triage(call)
    if call.path["name"] not in call.pull.labels:
        raise Refusal(404, "Label does not exist", kind="NOT_FOUND")
    pull = talk.remove_label(call.store, call.pull, call.path["name"])
    return Answer(200, [call.wire.label(call.store.labels[pull.repo, name.lower()]) for name in pull.labels])


def _must_triage(call: Call) -> None:
    if call.viewer.app is None and level_of(call.store, call.viewer.login, call.repo) < Level.TRIAGE:
        raise forbidden("Must have triage access to the repository.")


def create_check(call: Call) -> Answer:
    """Create a check run; only for Apps, and the commit must exist."""
    app = call.viewer.app
    if app is None:
        raise forbidden("You must authenticate via a GitHub App.")
    made = checks.create_check(call.store, call.repo, app, forms.check_run(call.body))
    return Answer(201, call.wire.check(made))


def update_check(call: Call) -> Answer:
    """Only for the App that created it; annotations are appended."""
    run = checks.check_in(call.store, call.repo, call.number("check"))
    changed = checks.update_check(call.store, run, call.viewer.app, forms.check_run(call.body))
    return Answer(200, call.wire.check(changed))


def list_checks(call: Call) -> Answer:
    """Return a commit's check runs, the latest of each name unless `filter=all`."""
    sha = _commit(call)
    runs = checks.checks_on(call.store, call.repo, sha, latest=call.query.get("filter") != "all")
    name, status, app = (call.query.get(key) for key in ("check_name", "status", "app_id"))
    found = [
        run
        for run in runs
        if name in (None, run.name) and status in (None, run.status) and app in (None, str(run.app.id))
    ]
    shown = paged(call, found, call.wire.check)
    return Answer(200, {"total_count": len(found), "check_runs": shown.body}, shown.headers)


def create_status(call: Call) -> Answer:
    made = checks.create_status(call.store, call.repo, call.path["sha"], call.viewer.login, call.form(forms.StatusForm))
    return Answer(201, call.wire.status(made))


def _commit(call: Call) -> str:
    sha = call.git.resolve(call.path["ref"])
    if sha is None:
        raise not_found()
    return sha


ROUTES = (
    Route("PATCH", _COMMENT, edit_comment, WRITE),
    Route("DELETE", _COMMENT, delete_comment, WRITE),
    Route("POST", _COMMENT + "/reactions", react_to_comment, WRITE, creates=True),
    Route("POST", _REPO + "/pulls/comments/{comment}/reactions", react_to_reply, WRITE[1:], creates=True),
    Route("GET", _ISSUE, get_issue, READ),
    Route("GET", _ISSUE + "/comments", list_comments, READ),
    Route("POST", _ISSUE + "/comments", create_comment, WRITE, creates=True),
    Route("DELETE", _ISSUE + "/labels/{name:path}", remove_label, WRITE),
    Route("POST", _REPO + "/check-runs", create_check, CHECKS_WRITE),
    Route("PATCH", _CHECK, update_check, CHECKS_WRITE),
    Route("GET", _REPO + "/commits/{ref:path}/check-runs", list_checks, CHECKS_READ),
    Route("POST", _REPO + "/statuses/{sha}", create_status, STATUSES_WRITE),
)
