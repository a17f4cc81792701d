"""The workflows that run the action: what `init` writes, and what the documents show, word for word."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from reviewbot.domain.model.options import ReviewerKind

ENVIRONMENT = "reviewbot"
"""The environment that holds the key of a gate."""

SECRET = "CODEVF_API_KEY"  # noqa: S105 — the secret's name

_ACTION = re.compile(
    r"(?P<repository>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)(?P<folder>(?:/[A-Za-z0-9_.-]+)*)@(?P<commit>[0-9a-f]{40})"
)


@dataclass(frozen=True, slots=True)
class Action:
    """The action as a workflow names it.

    Attributes:
        repository: `owner/name`.
        commit: all forty digits: a tag or a branch could be moved.
        folder: inside the repository, with its slash; of the twin without Docker.
        release: the version that the commit is known to be, such as `v1.2.3`; what Dependabot goes by.
    """

    repository: str
    commit: str
    folder: str = ""
    release: str = ""

    def __str__(self) -> str:
        """As after `uses:`."""
        known = f" # {self.release}" if self.release else ""
        return f"{self.repository}{self.folder}@{self.commit}{known}"


PLACEHOLDER = Action("OWNER/reviewbot", "COMMIT")
"""What the documents show."""


def read_action(text: str, release: str = "") -> Action | None:
    """The action that a text names, None unless by a whole commit."""
    found = _ACTION.fullmatch(text)
    return Action(found["repository"], found["commit"], found["folder"], release) if found else None


@dataclass(frozen=True, slots=True)
class Wish:
    """How a repository wants its reviews; a `gate` covers forks, and no author can edit its workflow."""

    action: Action = PLACEHOLDER
    gate: bool = False
    reviewer: ReviewerKind = ReviewerKind.CODEVF


@dataclass(frozen=True, slots=True)
class _Job:
    """A job that runs the action; a `keyed` one may buy, and so has the key."""

    key: str
    name: str
    minutes: int
    only: str = ""
    keyed: bool = True
    inputs: str = ""


def review_workflow(wish: Wish) -> str:
    """The workflow that has pull requests reviewed."""
    if not wish.gate:
        return _opening("pull_request:", "") + _written(wish, _Job("review", "Review", 15))
    review = _Job("review", "Review", 15, only="github.event_name != 'merge_group'")
    # It buys nothing. The queue's branches are not the default one, so the environment would refuse them.
    queue = _Job("queue", "Merge queue", 10, only="github.event_name == 'merge_group'", keyed=False)
    opening = _opening(f"pull_request_target: {_UNAFRAID}", "  merge_group:\n")
    return opening + _written(wish, review) + _written(wish, queue)


def collect_workflow(wish: Wish) -> str:
    """The workflow that publishes what was finished after a job had left."""
    return _COLLECT + _written(wish, _Job("collect", "Collect", 10, inputs="command: collect\n"))


def commands_workflow(wish: Wish) -> str:
    """The workflow that answers `/reviewbot` in comments."""
    only = "github.event.issue.pull_request && startsWith(github.event.comment.body, '/reviewbot')"
    return _COMMANDS + _written(wish, _Job("command", "Command", 15, only=only))


# zizmor judges the events by what a workflow usually does with them.
_UNAFRAID = "# zizmor: ignore[dangerous-triggers] nothing of the pull request is checked out or run"

_REVIEW = """\
name: Review
on:
  EVENT
    types: [opened, reopened, synchronize, ready_for_review, edited, labeled, closed]
  workflow_dispatch:
    inputs:
      pr:
        description: Number of the pull request
        required: true
QUEUE\
permissions: {}
concurrency:
  group: reviewbot-${{ github.event_name }}-${{ github.event.pull_request.number || inputs.pr || github.run_id }}
  cancel-in-progress: ${{ github.event.action == 'synchronize' }}
jobs:
"""

_COLLECT = """\
name: Collect reviews
on:
  schedule:
    - cron: "17 12-23 * * *" # hourly, in CodeVF's main hours: 8am to 8pm in the east of the US, in UTC,
    - cron: "17 0,1 * * *" #    summer and winter
  workflow_dispatch:
permissions: {}
concurrency:
  group: reviewbot-collect
  cancel-in-progress: false
jobs:
"""

_COMMANDS = f"""\
name: Commands
on:
  issue_comment: {_UNAFRAID}
    types: [created]
permissions: {{}}
concurrency:
  group: reviewbot-commands-${{{{ github.event.issue.number }}}}
  cancel-in-progress: false
jobs:
"""


def _opening(event: str, queue: str) -> str:
    return _REVIEW.replace("EVENT", event).replace("QUEUE", queue)


_GUARDED = f"environment: {ENVIRONMENT} # has the key, and gives it to the default branch alone\n"


def _written(wish: Wish, job: _Job) -> str:
    keyed = job.keyed and wish.reviewer is ReviewerKind.CODEVF
    only = f"if: {job.only}\n" if job.only else ""
    guarded = _GUARDED if keyed and wish.gate else ""
    inputs = job.inputs + (f"codevf-api-key: ${{{{ secrets.{SECRET} }}}}\n" if keyed else "")
    if wish.reviewer is not ReviewerKind.CODEVF:
        inputs += f"reviewer: {wish.reviewer}\n"
    given = f"    with:\n{textwrap.indent(inputs, ' ' * 6)}" if inputs else ""
    body = (
        f"name: {job.name}\n{only}runs-on: ubuntu-latest\ntimeout-minutes: {job.minutes}\n{guarded}"
        f"{_permissions(job)}steps:\n  - uses: {wish.action}\n{given}"
    )
    return f"  {job.key}:\n{textwrap.indent(body, ' ' * 4)}"


def _permissions(job: _Job) -> str:
    comments = "write # comments" if job.keyed else "read # what is in the queue"
    return (
        "permissions:\n"
        "  contents: read # the change and the settings on the default branch\n"
        f"  pull-requests: {comments}\n"
        "  checks: write # the check\n"
    )
