"""REST: check runs and statuses."""

from __future__ import annotations

from reviewbot_sandbox.github.model import forms
from reviewbot_sandbox.github.model.records import Access, Scope
from reviewbot_sandbox.github.model.refusal import forbidden, not_found
from reviewbot_sandbox.github.rest.call import Answer, Call, Route, paged
from reviewbot_sandbox.github.state import checks

_REPO = "/repos/{owner}/{repo}"
_CHECK = _REPO + "/check-runs/{check}"
_READ = ((Scope.CHECKS, Access.READ),)
_WRITE = ((Scope.CHECKS, Access.WRITE),)
_WRITE_STATUS = ((Scope.STATUSES, Access.WRITE),)


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
    Route("POST", _REPO + "/check-runs", create_check, _WRITE),
    Route("PATCH", _CHECK, update_check, _WRITE),
    Route("GET", _REPO + "/commits/{ref:path}/check-runs", list_checks, _READ),
    Route("POST", _REPO + "/statuses/{sha}", create_status, _WRITE_STATUS),
)
