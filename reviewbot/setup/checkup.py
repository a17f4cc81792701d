"""The checks of `doctor`. Each problem comes with a fix."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from msgspec import Struct

from reviewbot import __version__
from reviewbot.domain.codevf.budget import Spending, check, hold
from reviewbot.domain.github.head_checks import HeadCheck, HeadState
from reviewbot.domain.model.options import Auto
from reviewbot.domain.model.repository_setup import ACTIONS_APP, Environment, Required
from reviewbot.domain.model.review import Balance, Tag, other_tags, tag_called
from reviewbot.domain.policy.eligibility import SKIP_LABEL
from reviewbot.domain.policy.readiness import WaitRules
from reviewbot.domain.policy.routes import Route
from reviewbot.domain.policy.size import AutoSize
from reviewbot.domain.policy.verdict import EXIT_NO_REVIEW, EXIT_SETTINGS
from reviewbot.domain.text.formatting import number
from reviewbot.errors import OverBudget, PermissionMissing, Problem, ReviewbotError, nearest
from reviewbot.settings import INPUTS, Settings
from reviewbot.settings.configfile import NotYaml, yaml_events
from reviewbot.settings.routes import changes_of, conditions_of, without_effect
from reviewbot.setup.audit import DEEPEST, Called, Job
from reviewbot.setup.files import EXAMPLE_OWNER, REVIEW_FILE
from reviewbot.values import replace

AROUND = 5
"""The minutes that a job needs in addition to waiting for the review."""


class Check(Struct, frozen=True):
    """The result of one check. `status` is the exit status for this result, or 0 if reviews would work."""

    about: str
    what: str
    todo: str = ""
    status: int = 0

    @property
    def mark(self) -> str:
        """The kind of result: `ok`, `note` or `problem`."""
        return "problem" if self.status else "note" if self.todo else "ok"


def of_error(about: str, error: ReviewbotError) -> Check:
    if isinstance(error, PermissionMissing):
        # The error's own advice is for a workflow's job.
        todo = f"Give the token the permission `{error.needs}`, or the scope `repo` if it is a classic token."
        said = "".join(error.hint.rpartition("GitHub says: ")[1:])
        return Check(about, error.clause, f"{todo} {said}", error.exit_status)
    return Check(
        about, error.clause, error.hint or "Fix this problem, then run `reviewbot doctor` again.", error.exit_status
    )


def of_problems(problems: Sequence[Problem], about: str = "settings") -> Iterator[Check]:
    verify = "To check the file before you push it, run: reviewbot config check"
    for problem in problems:
        yield Check(about, f"{problem.place}: {problem.what}", problem.advice or verify, EXIT_SETTINGS)


def of_project(name: str) -> Check:
    """Return a note that the project was not checked. CodeVF cannot look up a project without creating it."""
    if name.isascii() and name.isdigit():
        todo = f"Check that {name} is the number of one of your CodeVF projects, or set `codevf-project` to a name."
        return Check("project", f"number {name} was not checked, because CodeVF's API cannot look up a project", todo)
    what = f"`{name}` was not checked; the first review creates the project if it does not exist"
    return Check("project", what, "To use another project, set `codevf-project` to its name or number.")


EXPIRES_SOON = timedelta(days=30)


def of_expertise(expertise: str, tags: Sequence[Tag], now: datetime) -> Check | None:
    """Return a problem or a note about the expertise, or None if the expertise is valid."""
    tag = tag_called(tags, expertise, now)
    what, status = _state_of(expertise, tag, now) if expertise else ("", 0)
    return Check("expertise", what, other_tags(tags, tag, now), status) if what else None


def _state_of(expertise: str, tag: Tag | None, now: datetime) -> tuple[str, int]:
    match tag:
        case None:
            return f"CodeVF has no active expertise `{expertise}`", EXIT_NO_REVIEW
        case Tag(valid_to=datetime() as end) if end < now:
            return f"`{expertise}` expired on {end:%Y-%m-%d}", EXIT_NO_REVIEW
        case Tag(valid_to=datetime() as end) if end < now + EXPIRES_SOON:
            return f"`{expertise}` expires on {end:%Y-%m-%d}", 0
        case Tag(valid_from=datetime() as start) if start > now:
            return f"`{expertise}` is not valid before {start:%Y-%m-%d}", 0
        case _:
            return (f"`{expertise}` is deprecated" if tag.is_deprecated else ""), 0


def of_price(settings: Settings, balance: Balance, tags: Sequence[Tag], now: datetime) -> Iterator[Check]:
    """Yield the credits that a review holds with each expertise, and check whether the account covers them."""
    auto = AutoSize(settings.base_credits, settings.credits_per_100_lines, settings.max_credits_ceiling)
    least = auto.credits_for(0, settings.mode) if settings.max_credits is Auto.AUTO else settings.max_credits

    def held(tag: Tag | None) -> int:
        return hold(least, settings.mode, tag.multiplier if tag else Decimal(1))

    prices = ", ".join(f"`{tag.name}` {number(held(tag))}" for tag in tags if not tag.is_expired(now))
    asked = f"`max-credits: {settings.max_credits}` and `mode: {settings.mode}`"
    more = " or more, depending on the changed lines" if settings.max_credits is Auto.AUTO else ""
    usual = f"{number(held(None))} credits{more}"
    yield Check("prices", f"with {asked}, a review reserves {usual}{f'; by expertise: {prices}' if prices else ''}")
    tag = tag_called(tags, settings.expertise, now) if settings.expertise else None
    if problem := of_expertise(settings.expertise, tags, now):
        yield problem
    try:
        limits = settings.max_credits_per_pr, settings.min_balance
        check(Spending(held(tag), Decimal(0), *limits, again="Then run the command again."), balance)
    except OverBudget as error:
        yield of_error("balance", error)
    else:
        available, on_hold = number(balance.available), number(balance.on_hold)
        yield Check("balance", f"{available} credits are available, and {on_hold} are reserved")


def of_routes(routes: Sequence[Route]) -> Iterator[Check]:
    """Yield the name, the conditions and the changes of each rule of `routes`."""
    useless = without_effect(routes)
    for at, route in enumerate(routes):
        conditions = conditions_of(route)
        when = f"if {conditions}, then" if conditions else "always"
        rule = f"`{route.name}`: {when} {changes_of(route)}"
        if at in useless:
            yield Check(f"rule {at + 1}", f"{rule}; {useless[at]}", "Move the rule up, or delete it.")
        else:
            yield Check(f"rule {at + 1}", rule)


def of_broken(workflows: Mapping[str, str]) -> Iterator[Check]:
    """Yield a problem for each workflow that is not valid YAML."""
    todo = "Fix the file on the default branch. Until then, GitHub ignores it."
    for file, text in workflows.items():
        try:
            any(depth > DEEPEST for _, depth in yaml_events(text))
        except NotYaml as error:
            yield Check("workflows", f"`{file}` is not valid YAML: {error}", todo, EXIT_SETTINGS)


def of_workflows(jobs: Sequence[Job], settings: Settings, unread: Sequence[Called] = ()) -> Iterator[Check]:
    """Check the events and permissions of workflows. `unread` contains called workflows that could not be read."""
    reviewing = [job for job in jobs if job.reviews]
    reusable = next((job for job in jobs if "workflow_call" in job.events and not job.collects), None)
    if not reviewing and unread:
        yield from map(_of_unread, unread)
    elif not reviewing and reusable:
        what = f"the reusable workflow `{reusable.file}` is not called for this repository's pull requests"
        todo = f"To review them, call the workflow from another one: uses: ./.github/workflows/{reusable.file}"
        yield Check("workflows", what, todo)
    elif not reviewing:
        todo = "Run `reviewbot init`, and push the workflow to the default branch."
        yield Check("workflows", "no workflow on the default branch reviews pull requests", todo, EXIT_SETTINGS)
    paid = [job for job in reviewing if job.settings.paid]
    for name in sorted({job.check_name for job in paid}):
        files = sorted({job.file for job in paid if job.check_name == name})
        if len(files) > 1:
            what = f"{' and '.join(f'`{file}`' for file in files)} can each buy a review of the same pull request"
            todo = (
                "Delete all but one, give each its own `instance`, or make their `if:` conditions mutually exclusive."
            )
            yield Check("workflows", what, todo)
    for (file, name), steps in groupby(jobs, lambda job: (job.file, job.name)):
        own = list(steps)
        trouble = dict.fromkeys(check for job in own for check in _of_job(job))
        uses_token = any(job.own_token for job in own)
        fine = "has all required permissions" if uses_token else "does not use the workflow's token"
        yield from trouble or [Check(file, f"`{name}` {fine}")]
    if reviewing and settings.paid and not any(job.collects for job in jobs):
        late = f"reviews that take longer than {settings.wait_minutes} minutes"
        what = f"{late} are not published until the pull request's next event, such as a push"
        yield Check("collect", what, "Add the workflow `reviewbot-collect.yml` that `reviewbot init` writes.")
    if reviewing and not any("issue_comment" in job.events for job in jobs):
        what = "no workflow runs on `/reviewbot` comments, so commands wait for the next run on the pull request"
        yield Check("commands", what, "Add the workflow `reviewbot-commands.yml` that `reviewbot init` writes.")
    if settings.wait_for_checks and not any(_ENDS & job.events.keys() for job in jobs):
        what = "no workflow runs when other checks complete, so a review waits for the next push or `collect` run"
        todo = "Write one, with the `name:` of your CI workflow as NAME: reviewbot init --force --wait-for NAME"
        yield Check("awaited checks", what, todo)
    yield from _of_refs(jobs)


EVENT_POLICY = "https://docs.github.com/en/actions/reference/security/securely-using-pull_request_target"
"""GitHub's page on its default policy for `pull_request_target` in public repositories, and on how to allow it."""


def of_event_policy(jobs: Sequence[Job]) -> Iterator[Check]:
    """Yield a note for each workflow of a public repository on github.com that runs on `pull_request_target`.

    Only administrators can read the repository's policies: https://docs.github.com/en/rest/actions/policies
    """
    for file in sorted({job.file for job in jobs if "pull_request_target" in job.events}):
        events = sorted({event for job in jobs if job.file == file for event in job.events})
        named = ", ".join(f"`{event}`" for event in events)
        what = f"GitHub blocks `pull_request_target` in public repositories, unless a policy allows it for `{file}`"
        todo = f"Under *Settings → Actions → Policies*, allow {named} for that workflow: {EVENT_POLICY}"
        yield Check("event policy", what, todo)


_EXAMPLE_REF, _EXAMPLE_OWNER = "COMMIT", "YOUR-ORG/"
"""The placeholders for a commit and an organization in the documentation."""


def _of_unread(one: Called) -> Check:
    if one.ref == _EXAMPLE_REF or one.repository.startswith(_EXAMPLE_OWNER):
        todo = "Replace `YOUR-ORG` with your organization, and `COMMIT` with a commit of that repository."
        what = f"`{one.by}` calls `{one.name}`, which is a placeholder from the example"
        return Check("workflows", what, todo, EXIT_SETTINGS)
    todo = "Run `reviewbot doctor` with a token that can read that workflow, or in a clone of its repository."
    return Check("workflows", f"`{one.by}` calls `{one.name}`, which reviewbot could not read", todo, EXIT_NO_REVIEW)


def _of_job(job: Job) -> Iterator[Check]:
    settings = job.settings
    yield from _of_inputs(job)
    yield from _of_permissions(job)
    if job.reviews:
        yield from _of_events(job)
        if settings.approve_spend and not job.starts_on_label(settings.approve_spend):
            what = f"`{job.name}` does not run when the `approve-spend` label `{settings.approve_spend}` is added"
            labels = json.dumps([SKIP_LABEL, settings.approve_spend])
            todo = f"Add the label to the job's `if:`: contains(fromJSON('{labels}'), github.event.label.name)"
            yield Check(job.file, what, todo, EXIT_SETTINGS)
        if settings.paid and "codevf-api-key" not in job.given:
            todo = "Add `codevf-api-key: ${{ secrets.CODEVF_API_KEY }}` under `with:`."
            yield Check(job.file, f"`{job.name}` does not pass the CodeVF API key", todo, EXIT_SETTINGS)
        needed = settings.wait_minutes + AROUND
        if job.minutes is not None and job.minutes < needed:
            what = f"`{job.name}` times out after {job.minutes} minutes, but waiting and publishing can take {needed}"
            todo = (
                f"Lower `wait-minutes`, or set `timeout-minutes` to {needed} or more in the job that runs the action."
            )
            yield Check(job.file, what, todo, EXIT_SETTINGS)


def _of_inputs(job: Job) -> Iterator[Check]:
    inputs = {one.name for one in INPUTS if one.action}
    for name in sorted(job.given - inputs):
        shown, near = name[:60], nearest(name[:60], inputs)
        what = f"`{job.name}` passes `{shown}`, which is not an input of reviewbot {__version__}, so it has no effect"
        if name in {one.name for one in INPUTS}:
            todo = f"Move `{name}` to the config file."
        else:
            todo = f"Replace it with `{near}`." if near else f"Remove `{shown}` from `with:`."
        yield Check(job.file, what, todo, EXIT_SETTINGS)


def _of_permissions(job: Job) -> Iterator[Check]:
    settings = job.settings
    if not job.own_token:
        return
    if job.permissions is None:
        what = f"`{job.name}` has no `permissions:`, so the repository's default permissions apply"
        yield Check(job.file, what, "Add the permissions that `reviewbot init` writes.")
    awaits = settings.wait_for_checks and settings.paid and not job.queued
    needs = {
        "contents": ("read", "to read the change, the settings and the templates"),
        "pull-requests": ("read", "to read the queued pull requests") if job.queued else ("write", "to comment"),
        **({"checks": ("write", "to write the check")} if settings.check_run else {}),
        **({"statuses": ("read", "to read the statuses in `wait-for-checks`")} if awaits else {}),
        **({"actions": ("read", "to read the workflows of checks in `wait-for-checks`")} if awaits else {}),
    }
    for scope, (level, why) in needs.items():
        if not job.may(scope, level):
            todo = f"Add `{scope}: {level}` to the job's `permissions:`."
            yield Check(job.file, f"`{job.name}` lacks `{scope}: {level}`, which it needs {why}", todo, EXIT_SETTINGS)
    if settings.context and settings.paid and not (job.queued or job.may("issues", "read")):
        what = f"`{job.name}` lacks `issues: read`, so in a private repository the reviewer receives no issues"
        yield Check(job.file, what, "Add `issues: read` to the job's `permissions:`, or set `context: none`.")


_ENDS = frozenset({"workflow_run", "check_suite", "status"})


def of_awaited(settings: Settings, there: Sequence[HeadCheck], *, branch: str) -> Iterator[Check]:
    """Yield a note for each awaited check that is missing on the default branch."""
    for name in settings.wait_for_checks:
        if WaitRules((name,)).open_checks([replace(one, state=HeadState.GREEN) for one in there]):
            what = f"no check on the last commit of `{branch}` matches `{name}` from `wait-for-checks`"
            todo = "Ignore this if the check runs only on pull requests. Otherwise, fix the name."
            yield Check("awaited checks", what, todo)


_TYPES = {
    "opened": ("reviewbot does not review new pull requests", EXIT_SETTINGS),
    "reopened": ("reviewbot does not review reopened pull requests", EXIT_SETTINGS),
    "synchronize": ("reviewbot does not review pushes", EXIT_SETTINGS),
    "ready_for_review": ("reviewbot does not review drafts when they become ready", EXIT_SETTINGS),
    "edited": ("reviewbot does not detect a new base branch", 0),
    "labeled": ("labels have no effect", 0),
    "unlabeled": ("removing a label has no effect until the next push", 0),
    "closed": ("closing a pull request does not cancel its open review", 0),
}
"""The consequence of each missing activity type, and its exit status."""


def _of_events(job: Job) -> Iterator[Check]:
    for kind, (why, status) in _TYPES.items():
        if kind not in job.types:
            todo = f"Add `{kind}` to the `types:` of the event."
            yield Check(job.file, f"`{job.name}` does not run on `{kind}`, so {why}", todo, status)
    if job.is_filtered:
        what = "a `paths` or `branches` filter excludes pull requests, so a required check never appears on them"
        yield Check(job.file, what, "Remove the filter from `on:`, and select files with the input `paths`.")


def _of_refs(jobs: Sequence[Job]) -> Iterator[Check]:
    if where := _files(job for job in jobs if job.ref == _EXAMPLE_REF or job.action.startswith(EXAMPLE_OWNER)):
        what = f"`OWNER` or `{_EXAMPLE_REF}` in {where} is a placeholder, so no run starts"
        todo = "Replace `OWNER` with the owner of reviewbot, and `COMMIT` with the full commit SHA of a release."
        yield Check("versions", what, todo, EXIT_SETTINGS)
    refs = {job.ref for job in jobs} - {_EXAMPLE_REF}
    for ref in sorted(one for one in refs if not re.fullmatch("[0-9a-f]{40}", one)):
        what = f"in {_files(job for job in jobs if job.ref == ref)}, the action is pinned to `{ref}`, which "
        if "#" in ref:
            yield Check("versions", f"{what}is not a commit", "Add a space before the `#`.", EXIT_SETTINGS)
        else:
            yield Check(
                "versions", f"{what}can point to different code later", "Pin it to the full commit SHA of a release."
            )
    if len(versions := sorted({ref[:12] for ref in refs})) > 1:
        what = f"the workflows run different versions of the action: {', '.join(f'`{one}`' for one in versions)}"
        yield Check("versions", what, "Pin the same commit in all workflows.", EXIT_SETTINGS)


def _files(jobs: Iterable[Job]) -> str:
    return ", ".join(f"`{file}`" for file in sorted({job.file for job in jobs}))


def environments_of(jobs: Sequence[Job]) -> Mapping[str, Job]:
    """Return the environments, each with the first job that uses it."""
    return {job.environment: job for job in reversed(jobs) if job.environment}


def of_environment(environment: Environment | None, job: Job, branch: str, jobs: Sequence[Job] = ()) -> Iterator[Check]:
    """Check whether only the default branch can use the job's environment, which is None if it does not exist."""
    name, about = job.environment, "environment"
    limit = f"allow only the branch `{branch}`"
    if environment is None:
        what = (
            f"`{name}`, which `{job.file}` uses, does not exist; the first run creates it without branch restrictions"
        )
        others = environments_of(jobs)
        near = nearest(name, others.keys() - {name})
        todo = "Create it"
        if near:
            todo = f"If you meant `{near}`, as in `{others[near].file}`, change the name. Otherwise, create it"
        todo += f" under *Settings → Environments*, {limit}, and store the key there."
        todo += " If your plan has no environments, delete the `environment:` lines."
        yield Check(about, what, todo, EXIT_SETTINGS)
        return
    todo = f"Under *Settings → Environments → {name} → Deployment branches and tags*, {limit}."
    if environment.only_protected:
        what = f"`{name}` allows every protected branch, or every branch if none is protected"
        yield Check(about, what, todo)
    elif environment.patterns is None or any(not pattern.strip("*/") for pattern in environment.patterns):
        what = f"`{name}` allows every branch, so a workflow on any branch can read its secrets"
        yield Check(about, what, todo, EXIT_SETTINGS)
    elif not environment.patterns:
        yield Check(
            about, f"`{name}` has no allowed branches, so jobs in this environment never start", todo, EXIT_SETTINGS
        )
    else:
        yield Check(about, f"`{name}` allows only {', '.join(f'`{one}`' for one in environment.patterns)}")


def of_required(required: Sequence[Required], settings: Settings, jobs: Sequence[Job]) -> Iterator[Check]:
    """Check whether each check run is required from the right source, and whether a job is required by mistake."""
    names = {job.check_name: job.varies for job in jobs if job.reviews} or {settings.check_name: False}
    by_mistake = {one.name for one in required} - names.keys()
    for job_name, name in sorted({job.name: job.check_name for job in reversed(jobs)}.items()):
        if job_name in by_mistake:
            what = f"the job `{job_name}` is a required check, but it can finish before the review does"
            yield Check("required check", what, f"Require the check `{name}` instead.", EXIT_SETTINGS)
    for name, varies in names.items():
        of_it = [job for job in jobs if job.check_name == name and (job.reviews or job.queued)]
        if varies:
            what = f"the name of the check depends on `instance`, which is an expression in {_files(of_it)}"
            yield Check("required check", what, f"To require the checks, add `{name}` to a ruleset for each instance.")
        else:
            yield from _of_name(name, required, of_it, is_main=name == settings.check_name)


def _of_name(name: str, required: Sequence[Required], jobs: Sequence[Job], *, is_main: bool) -> Iterator[Check]:
    """Check whether a check run of these jobs is required. `init` prints a ruleset for the main check."""
    ours = [one for one in required if one.name == name]
    is_by_app = any(job.reviews and not job.own_token for job in jobs)
    if not ours:
        source = "the App that reports the check" if is_by_app else "GitHub Actions"
        if not any(job.reviews for job in jobs):
            source += ", or your App if the workflow uses one"
        todo = f"To require the check, add it (`{name}`, from {source}) to a ruleset of the default branch."
        written = [job for job in jobs if REVIEW_FILE.endswith(f"/{job.file}")]
        if is_main and written:
            init = f"reviewbot init --as gate{' --source APP_ID' if is_by_app else ''}"
            todo = f"To require the check, import the ruleset that `{init}` prints."
            if not any("pull_request_target" in job.events for job in written):
                todo = f"To require the check, first replace the advisory workflows: {init} --force"
        yield Check("required check", f"`{name}` is not required, so reviews are only advisory", todo)
    elif any(one.source is None for one in ours) and not any(one.is_ours for one in ours):
        what = (
            f"`{name}` is required from any source, so any user with write access can satisfy it with a commit status"
        )
        source = "the App that reports the check" if is_by_app else "*GitHub Actions*"
        yield Check("required check", what, f"Set the source of the required check to {source}.", EXIT_SETTINGS)
    elif is_by_app and all(one.is_ours for one in ours):
        what = f"`{name}` is required from GitHub Actions, but another App reports it, so no pull request can be merged"
        yield Check("required check", what, "Set the source of the required check to that App.", EXIT_SETTINGS)
    elif not any(one.is_ours for one in ours):
        actions = f"GitHub Actions ({ACTIONS_APP} on github.com)"
        what = f"`{name}` must be reported by the App {ours[0].source}, not by {actions}"
        todo = "If another App or *GitHub Actions* reports the check, change the source of the required check."
        yield Check("required check", what, todo)
    else:
        what = f"`{name}` from GitHub Actions is required, but any other workflow in the repository can also report it"
        yield Check("required check", what)
    if ours:
        yield from _of_reach(name, jobs)


_REACH = {
    "pull_request_target": (
        "pull requests from forks have no check and stay blocked",
        "Use `pull_request_target` instead of `pull_request`.",
    ),
    "merge_group": ("a merge queue waits forever", "Add `merge_group`."),
}
"""The consequence of each event that no workflow of a required check has, and the fix."""


def _of_reach(name: str, jobs: Sequence[Job]) -> Iterator[Check]:
    missing = [event for event in _REACH if not any(event in job.events for job in jobs)]
    if jobs and missing:
        why = "; ".join(f"without `{event}`, {_REACH[event][0]}" for event in missing)
        if any(REVIEW_FILE.endswith(f"/{job.file}") for job in jobs):
            todo = "Run `reviewbot init --as gate --force` to replace the workflows with ones that have both events."
        else:
            todo = " ".join(_REACH[event][1] for event in missing) + f" Change `on:` in {_files(jobs)}."
        yield Check("required check", f"`{name}` is missing in some cases: {why}", todo)
