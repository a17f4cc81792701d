"""Check runs and commit statuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from reviewbot_sandbox.github.model.forms import CheckForm, StatusForm
from reviewbot_sandbox.github.model.records import App, CheckOutput, CheckRun, CheckSuite, Repository, Status
from reviewbot_sandbox.github.model.refusal import Refusal, forbidden, malformed, missing, not_found
from reviewbot_sandbox.github.state.store import Store

GIVEN_UP_AFTER = timedelta(days=14)
"""How long a check run may be incomplete before GitHub calls it stale (its documentation of check runs)."""


def create_check(store: Store, repo: Repository, app: App, form: CheckForm) -> CheckRun:
    if form.name is None or form.head_sha is None:
        raise missing(*[key for key in ("name", "head_sha") if getattr(form, key) is None])
    sha = store.git(repo.full_name).resolve(form.head_sha)
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {form.head_sha}")
    if form.output and form.output.title is None:
        raise malformed("For 'properties/output', \"title\" wasn't supplied.")
    suite, now = suite_on(store, repo.full_name, sha, app), store.now()
    started = form.started_at or now
    run = CheckRun(store.next_id(), repo.full_name, suite.id, app, form.name, sha, "queued", started, now)
    return _apply(store, run, form)


def suite_on(store: Store, full_name: str, sha: str, app: App) -> CheckSuite:
    """Return an App's suite on a commit, created if it is missing."""
    key = (full_name, sha, app.id)
    if key not in store.suites:
        store.suites[key] = CheckSuite(store.next_id(), full_name, sha, app, store.now())
    return store.suites[key]


def update_check(store: Store, run: CheckRun, app: App | None, form: CheckForm) -> CheckRun:
    """Change a check run; only its App may."""
    if app is None or app.id != run.app.id:
        number = app.id if app else ""
        raise forbidden(
            f"Invalid app_id `{number}` - check run can only be modified by the GitHub App that created it."
        )
    return _apply(store, run, form)


def _apply(store: Store, run: CheckRun, form: CheckForm) -> CheckRun:
    status, conclusion, completed = _progress(store, run, form)
    reopened = run.status == "completed" != status
    changed = replace(
        run,
        name=form.name or run.name,
        status=status,
        conclusion=conclusion,
        completed_at=completed,
        started_at=form.started_at or run.started_at,
        open_since=store.now() if reopened else run.open_since,
        external_id=run.external_id if form.external_id is None else form.external_id,
        details_url=form.details_url or run.details_url,
        output=_merged(store, run.output, form.output),
    )
    store.checks[run.id] = changed
    return changed


def _progress(store: Store, run: CheckRun, form: CheckForm) -> tuple[str, str | None, datetime | None]:
    if form.status == "completed" and form.conclusion is None and run.conclusion is None:
        raise malformed('"conclusion" wasn\'t supplied: a completed check run needs one.')
    if form.conclusion or form.status == "completed":
        done = form.completed_at or (None if form.conclusion else run.completed_at) or store.now()
        return "completed", form.conclusion or run.conclusion, done
    if form.status:
        return form.status, None, None
    return run.status, run.conclusion, run.completed_at


def _merged(store: Store, old: CheckOutput, new: CheckOutput | None) -> CheckOutput:
    if new is None:
        return old
    for name, text in (("summary", new.summary), ("text", new.text)):
        if text is not None and len(text) > store.rules.check_text:
            raise malformed(f"For 'properties/{name}', {name} exceeds a maximum length of {store.rules.check_text}.")
    if len(new.annotations) > store.rules.annotations:
        raise malformed(f"For 'properties/annotations', no more than {store.rules.annotations} items are allowed.")
    return CheckOutput(new.title or old.title, new.summary, new.text or old.text, old.annotations + new.annotations)


def check_in(store: Store, repo: Repository, check_id: int) -> CheckRun:
    """Return a check run of that repository; refuse with 404."""
    run = store.checks.get(check_id)
    if run is None or run.repo != repo.full_name:
        raise not_found()
    return _aged(run, store.now())


def checks_on(store: Store, repo: Repository, sha: str, *, latest: bool = True) -> list[CheckRun]:
    """Return a commit's check runs, newest first; the latest of each name and App unless all are wanted."""
    now = store.now()
    runs = [_aged(run, now) for run in store.checks.values() if (run.repo, run.head_sha) == (repo.full_name, sha)]
    newest = {(run.app.id, run.name): run for run in runs}
    return list(reversed(list(newest.values()) if latest else runs))


def _aged(run: CheckRun, now: datetime) -> CheckRun:
    """Return the current run: GitHub marks runs that stay incomplete as stale."""
    if run.status == "completed" or now < run.open_since + GIVEN_UP_AFTER:
        return run
    return stale_run(run, run.open_since + GIVEN_UP_AFTER)


def stale_run(run: CheckRun, at: datetime) -> CheckRun:
    """Mark a run as stale, which only GitHub itself can do."""
    return replace(run, status="completed", conclusion="stale", completed_at=at)


def create_status(store: Store, repo: Repository, sha: str, creator: str, form: StatusForm) -> Status:
    found = store.git(repo.full_name).resolve(sha)
    if found is None:
        raise Refusal(422, f"No commit found for SHA: {sha}")
    about = form.description, form.target_url
    status = Status(store.next_id(), repo.full_name, found, form.state, form.context, creator, store.now(), *about)
    store.statuses.append(status)
    return status
