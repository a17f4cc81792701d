"""The output of `init`: workflows, a config file, and a ruleset. The documentation shows the workflows verbatim."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.model.remotes import read_direct_url, read_remote
from reviewbot.domain.model.repository_setup import ACTIONS_APP
from reviewbot.domain.policy.eligibility import SKIP_LABEL
from reviewbot.settings import INPUTS, Input, Settings, peek_settings
from reviewbot.settings.table import CONFIG_FILE
from reviewbot.values import replace

WORKFLOWS = ".github/workflows"
REVIEW_FILE = f"{WORKFLOWS}/reviewbot-review.yml"

SCHEMA_FILE = "docs/reviewbot.schema.json"
"""The path of the config file's JSON Schema in the action's repository."""

ENVIRONMENT = "reviewbot"
"""The deployment environment that stores the key if the check is required."""

LABELS = f"contains(fromJSON('{json.dumps([SKIP_LABEL])}'),"
"""The beginning of the condition for label events. Users of `approve-spend` add their label to the list."""

SECRET = "CODEVF_API_KEY"  # noqa: S105 — the secret's name

_ACTION = re.compile(
    r"(?P<repository>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)(?P<folder>(?:/[A-Za-z0-9_.-]+)*)@(?P<commit>[0-9a-f]{40})"
    r"\s*#\s*(?P<release>v\d+\.\d+\.\d+)"
)


class Action(Struct, frozen=True):
    """The action as it is referenced in a workflow.

    Attributes:
        commit: the full SHA, because a tag or a branch can be moved.
        release: the version of the commit, such as `v1.2.3`, which Dependabot updates with the commit.
        folder: the action's folder in the repository, such as `/no-docker`, or empty for the root.
    """

    repository: str
    commit: str
    release: str
    folder: str = ""

    def __str__(self) -> str:
        return f"{self.repository}{self.folder}@{self.commit} # {self.release}"


EXAMPLE_OWNER = "OWNER/"
PLACEHOLDER = Action(f"{EXAMPLE_OWNER}reviewbot", "COMMIT", "vX.Y.Z")
"""The action in the examples of the documentation."""


def read_action(text: str) -> Action | None:
    """Read `OWNER/NAME@COMMIT # vX.Y.Z`, or return None if the string is invalid."""
    found = _ACTION.fullmatch(text)
    return Action(found["repository"], found["commit"], found["release"], found["folder"]) if found else None


class InitOptions(Struct, frozen=True):
    """The options of `init`.

    Attributes:
        gate: whether the check is to be required. The workflow then covers forks, and authors cannot change it.
        wait_for: the names of the workflows after which reviewbot makes deferred purchases.
    """

    action: Action = PLACEHOLDER
    gate: bool = False
    reviewer: ReviewerKind = ReviewerKind.CODEVF
    wait_for: tuple[str, ...] = ()


def review_workflow(options: InitOptions) -> str:
    event = f"pull_request_target: {_UNAFRAID}" if options.gate else "pull_request:"
    queue = "  merge_group:\n" if options.gate else ""
    only = ("github.event_name != 'merge_group'", *_RELEVANT) if options.gate else _RELEVANT
    text = f"{_REVIEW.replace('EVENT', event)}{queue}{_JOBS}"
    text += _job(options, "review", "Review", 15, _PULL_REQUEST, only)
    if options.gate:
        text += _job(options, _QUEUE, "Merge queue", 10, _QUEUED, ("github.event_name == 'merge_group'",))
    return text


def collect_workflow(options: InitOptions) -> str:
    """Return the workflow that publishes reviews after their job has ended."""
    return _COLLECT + _JOBS + _job(options, "collect", "Collect", 10, "reviewbot-collect")


def commands_workflow(options: InitOptions) -> str:
    """Return the workflow that answers `/reviewbot` in comments."""
    called = "startsWith(github.event.comment.body, '/reviewbot')"
    only: Sequence[str] = ("(github.event.issue.pull_request || github.event.pull_request)", called)
    threads, number = _IN_THREADS, "pull_request.number"
    if options.gate:
        only = (f"(github.event.workflow_run.conclusion == 'success' || github.event.issue.pull_request && {called})",)
        threads, number = _AFTER.replace("NAMES", "Thread commands"), "workflow_run.display_title"
    job = _job(options, "command", "Command", 15, _COMMENTED.replace("NUMBER", number), only)
    return _COMMANDS + threads + _JOBS + job


def checks_workflow(options: InitOptions) -> str:
    """Return the workflow that makes deferred purchases after other workflows have ended."""
    names = ", ".join(map(json.dumps, options.wait_for))
    head = f"name: Buy after checks\non:\n{_AFTER.replace('NAMES', names)}{_JOBS}"
    return head + _job(options, "checks", "Buy after checks", 15, _CHECKED)


# zizmor warns about these events, although the workflows use them safely.
_UNAFRAID = "# zizmor: ignore[dangerous-triggers] no code from the pull request is checked out or run"

_REVIEW = """\
name: Review
on:
  EVENT
    types: [opened, reopened, synchronize, ready_for_review, edited, labeled, unlabeled, closed]
  workflow_dispatch:
    inputs:
      pr:
        description: Number of the pull request
        required: true
      sha:
        description: "Commit to approve: the full SHA of the pull request's head"
"""

_JOBS = """\
permissions: {}
jobs:
"""

_RELEVANT = (
    "(github.event.action != 'edited' || github.event.changes.base)",
    f"(!endsWith(github.event.action, 'labeled') || {LABELS} github.event.label.name))",
)
"""Conditions that skip the job after edits of the title or description, and after unrelated labels."""

_COLLECT = """\
name: Collect reviews
on:
  schedule:
    - cron: "17 12-23 * * *" # hourly in CodeVF's main hours, 8am to 8pm US Eastern Time,
    - cron: "17 0,1 * * *" # in summer and in winter
  workflow_dispatch:
"""

_COMMANDS = f"""\
name: Commands
on:
  issue_comment: {_UNAFRAID}
    types: [created]
"""

_IN_THREADS = "  pull_request_review_comment:\n    types: [created]\n"

_AFTER = f"""\
  workflow_run: {_UNAFRAID}
    workflows: [NAMES]
    types: [completed]
"""


def threads_workflow() -> str:
    """Return the workflow that passes on comments in review threads if the check is required.

    GitHub runs this event on the pull request's merge branch, which has no access to the environment with the key.
    https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows
    """
    return Path(__file__).with_name("threads.yml").read_text(encoding="utf-8")


_PULL_REQUEST = "reviewbot-${{ github.event_name }}-${{ github.event.pull_request.number || inputs.pr }}"
_CANCELS = "${{ github.event.action == 'synchronize' }}"
"""The condition for a new run to cancel a review's run in progress.

The concurrency group belongs to the job, so that a run that skips the job cancels no waiting run.
"""

_QUEUE = "queue"
"""The job for merge queues. It buys nothing and needs no environment, which would refuse the queue's branch."""

_QUEUED = "reviewbot-queue-${{ github.event.merge_group.head_ref }}"

_COMMENTED = "reviewbot-commands-${{ github.event.issue.number || github.event.NUMBER }}"
"""The concurrency group of a pull request's commands.

`NUMBER` stands for a field of the event: the pull request's number or, if the check is required, the title of a
run of `threads_workflow`, which contains the number.
"""

_CHECKED = "reviewbot-checks-${{ github.event.workflow_run.head_sha }}"
"""The concurrency group of deferred purchases. A newer run may replace a waiting run, as both buy the same reviews."""

_GUARDED = f"environment: {ENVIRONMENT} # has the key, for the default branch only\n"


def _job(options: InitOptions, key: str, name: str, minutes: int, group: str, only: Sequence[str] = ()) -> str:
    """Return a job that runs the action if all conditions of `only` are met."""
    paid, queued = options.reviewer is ReviewerKind.CODEVF, key == _QUEUE
    guarded = _GUARDED if paid and options.gate and not queued else ""
    inputs = "command: collect\n" if key == "collect" else ""
    if paid and not queued:
        inputs += f"codevf-api-key: ${{{{ secrets.{SECRET} }}}}\n"
    if not paid:
        inputs += f"reviewer: {options.reviewer}\n"
    given = f"    with:\n{textwrap.indent(inputs, ' ' * 6)}" if inputs else ""
    comments = "read # the queued pull requests" if queued else "write # comments"
    issues = "  issues: read # issues that the pull request closes\n" if paid and not queued else ""
    waits = options.wait_for and not queued
    awaited = "  statuses: read # `wait-for-checks`\n  actions: read # the workflows of checks\n" if waits else ""
    cancels = _CANCELS if key == "review" else "false"
    grouped = f"concurrency:\n  group: {group}\n  cancel-in-progress: {cancels}\n"
    body = (
        f"name: {name}\n{_condition(only)}runs-on: ubuntu-latest\ntimeout-minutes: {minutes}\n{grouped}{guarded}"
        "permissions:\n"
        "  contents: read # the change and the settings on the default branch\n"
        f"  pull-requests: {comments}\n"
        "  checks: write # the check\n"
        f"{issues}{awaited}"
        f"steps:\n  - uses: {_action_of(options)}\n{given}"
    )
    return f"  {key}:\n{textwrap.indent(body, ' ' * 4)}"


def _condition(only: Sequence[str]) -> str:
    if len(only) <= 1:
        return "".join(f"if: {one}\n" for one in only)
    return "if: >-\n" + textwrap.indent(" &&\n".join(only), "  ") + "\n"


def _action_of(options: InitOptions) -> Action:
    """Return the action. The local reviewer needs the folder `local/`, whose image contains the analyzers."""
    if options.reviewer is ReviewerKind.LOCAL and not options.action.folder:
        return replace(options.action, folder="/local")
    return options.action


def files(options: InitOptions) -> Mapping[str, str]:
    """Return the text of every file to write, by path."""
    collecting = options.reviewer is ReviewerKind.CODEVF  # a local review is never left open
    texts = {
        "review": review_workflow(options),
        **({"collect": collect_workflow(options)} if collecting else {}),
        "commands": commands_workflow(options),
        **({"threads": threads_workflow()} if options.gate else {}),
        **({"checks": checks_workflow(options)} if collecting and options.wait_for else {}),
    }
    named = {f"{WORKFLOWS}/reviewbot-{name}.yml": text for name, text in texts.items()}
    return {**named, CONFIG_FILE: config_file(options.action, options.reviewer)}


def config_file(action: Action, reviewer: ReviewerKind = ReviewerKind.CODEVF) -> str:
    """Return a config file with every key commented out, except the spending limits of a paid review."""
    limits = LIMITS if reviewer is ReviewerKind.CODEVF else ()
    schema = f"https://raw.githubusercontent.com/{action.repository}/{action.commit}/{SCHEMA_FILE}"
    of_reviewer = peek_settings({"reviewer": reviewer})  # its `fail-on` differs, too
    rows = [replace(row, value=getattr(of_reviewer, row.field)) for row in INPUTS if row.config]
    keys = "\n\n".join("\n".join(_key(row, is_set=row.name in limits)) for row in rows)
    costs = f"https://github.com/{action.repository}/blob/{action.commit}/docs/costs.md"
    head = _HEAD + (_LIMITS_SET.format(costs=costs) if limits else "")
    return f"# yaml-language-server: $schema={schema}\n{head}\n{keys}\n"


_HEAD = """\
#
# Settings of reviewbot. It reads them from the default branch, so a pull request cannot change how it is reviewed.
# A workflow input overrides the same key in this file.
#
# Each `#key:` below shows its default. To change a key, remove the `#`, write another value, and run
# `reviewbot config check`.
"""

_LIMITS_SET = """\
#
# The spending limits are set. If your organization locks them, delete their lines. For an explanation, see:
# {costs}
"""

LIMITS = ("max-credits-per-pr", "max-credits-ceiling")
"""The keys that the config file sets to their defaults."""


def _key(row: Input, *, is_set: bool) -> Iterator[str]:
    yield from (
        f"# {line}"
        for line in textwrap.wrap(f"{row.meaning} Allowed: {row.reader.allowed}.", 100, break_on_hyphens=False)
    )
    mark = "" if is_set else "#"
    # A login with brackets needs quotes.
    default = json.dumps(row.value) if isinstance(row.value, tuple) else row.default or json.dumps("")
    yield f"{mark}{row.name}: {default}"


def ruleset(settings: Settings, source: int = ACTIONS_APP) -> Mapping[str, object]:
    """Return a ruleset for GitHub that requires the check from the App `source` on the default branch."""
    check = {"context": settings.check_name, "integration_id": source}
    parameters = {"strict_required_status_checks_policy": False, "required_status_checks": [check]}
    return {
        "name": settings.check_name,
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [{"type": "required_status_checks", "parameters": parameters}],
    }


def installed_from(direct_url: str | None) -> Action | None:
    """Return the action at the release in pip's `direct_url.json` (PEP 610), or None if the release is unknown."""
    source = read_direct_url(direct_url)
    origin = read_remote(source.url) if source else None
    if not (source and source.vcs_info and origin):
        return None
    return read_action(f"{origin.full_name}@{source.vcs_info.commit_id} # {source.vcs_info.requested_revision}")
