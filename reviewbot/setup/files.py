"""The files that `init` writes: workflows, which the documents show word for word, a config file, and a ruleset."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reviewbot.domain.model.installation import ACTIONS_APP
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.model.remotes import read_direct_url, read_remote
from reviewbot.settings import INPUTS, Input, Settings
from reviewbot.settings.table import CONFIG_FILE

WORKFLOWS = ".github/workflows"

SCHEMA_FILE = "docs/reviewbot.schema.json"
"""Where the config file's JSON Schema is published, inside the action's repository."""

_COLUMNS = 100
_RELEASE = re.compile(r"v\d+\.\d+\.\d+")
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


PLACEHOLDER = Action("OWNER/reviewbot", "COMMIT", release="vX.Y.Z")
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


def review_workflow(wish: Wish) -> str:
    """The workflow that has pull requests reviewed."""
    if not wish.gate:
        return _opening("pull_request:", "") + _job(wish, "review", "Review", 15)
    review = _job(wish, "review", "Review", 15, only="github.event_name != 'merge_group'")
    # It buys nothing. The queue's branches are not the default one, so the environment would refuse them.
    queue = _job(wish, "queue", "Merge queue", 10, only="github.event_name == 'merge_group'", keyed=False)
    return _opening(f"pull_request_target: {_UNAFRAID}", "  merge_group:\n") + review + queue


def collect_workflow(wish: Wish) -> str:
    """The workflow that publishes what was finished after a job had left."""
    return _COLLECT + _job(wish, "collect", "Collect", 10, inputs="command: collect\n")


def commands_workflow(wish: Wish) -> str:
    """The workflow that answers `/reviewbot` in comments."""
    only = "github.event.issue.pull_request && startsWith(github.event.comment.body, '/reviewbot')"
    return _COMMANDS + _job(wish, "command", "Command", 15, only=only)


# zizmor judges the events by what a workflow usually does with them.
_UNAFRAID = "# zizmor: ignore[dangerous-triggers] nothing of the pull request is checked out or run"

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
        description: "Commit to approve: the whole SHA of its head"
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


def _job(  # noqa: PLR0913 — each is a part of the YAML
    wish: Wish, key: str, name: str, minutes: int, *, only: str = "", keyed: bool = True, inputs: str = ""
) -> str:
    """Return a job that runs the action; a `keyed` one may buy, and so gets the key and may comment."""
    paid = wish.reviewer is ReviewerKind.CODEVF
    condition = f"if: {only}\n" if only else ""
    guarded = _GUARDED if keyed and paid and wish.gate else ""
    if keyed and paid:
        inputs += f"codevf-api-key: ${{{{ secrets.{SECRET} }}}}\n"
    if not paid:
        inputs += f"reviewer: {wish.reviewer}\n"
    given = f"    with:\n{textwrap.indent(inputs, ' ' * 6)}" if inputs else ""
    comments = "write # comments" if keyed else "read # what is in the queue"
    body = (
        f"name: {name}\n{condition}runs-on: ubuntu-latest\ntimeout-minutes: {minutes}\n{guarded}"
        "permissions:\n"
        "  contents: read # the change and the settings on the default branch\n"
        f"  pull-requests: {comments}\n"
        "  checks: write # the check\n"
        f"steps:\n  - uses: {_action_of(wish)}\n{given}"
    )
    return f"  {key}:\n{textwrap.indent(body, ' ' * 4)}"


def _action_of(wish: Wish) -> Action:
    """Return the action that has what the reviewer needs: the image of `local/` contains the analyzers."""
    if wish.reviewer is ReviewerKind.LOCAL and not wish.action.folder:
        return replace(wish.action, folder="/local")
    return wish.action


def files(wish: Wish) -> Mapping[str, str]:
    """Path to text of every file that a wish comes to."""
    collecting = wish.reviewer is ReviewerKind.CODEVF  # a local review is never left open
    texts = {
        "review": review_workflow(wish),
        **({"collect": collect_workflow(wish)} if collecting else {}),
        "commands": commands_workflow(wish),
    }
    named = {f"{WORKFLOWS}/reviewbot-{name}.yml": text for name, text in texts.items()}
    return {**named, CONFIG_FILE: config_file(wish.action)}


def config_file(action: Action) -> str:
    """A config file that sets nothing and tells everything that could be set."""
    schema = f"https://raw.githubusercontent.com/{action.repository}/{action.commit}/{SCHEMA_FILE}"
    told = "\n\n".join("\n".join(_key(row)) for row in INPUTS if row.config)
    return f"# yaml-language-server: $schema={schema}\n{_HEAD}\n{told}\n"


_HEAD = """\
#
# Settings of reviewbot. They are read from the default branch alone, so that no pull request changes how it is
# reviewed. An input that a workflow sets goes before the key here.
#
# Each `#key:` below has its default. To change one, take away the `#` and write another value, then ask
# `reviewbot config check`.
"""


def _key(row: Input) -> Iterator[str]:
    yield from (f"# {line}" for line in textwrap.wrap(f"{row.meaning} Allowed: {row.allowed}.", _COLUMNS))
    listed = json.dumps(row.default.split(", ") if row.default else [])  # a login with brackets wants its quotes
    yield f"#{row.name}: {listed if row.is_list else row.default or json.dumps('')}"


def ruleset(settings: Settings, source: int = ACTIONS_APP) -> Mapping[str, object]:
    """Return the ruleset that requires our check from the App `source` on the default branch, for GitHub to import."""
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
    """The action at the commit that this program was installed from, None unless from its repository.

    Args:
        direct_url: what pip wrote down (PEP 610).
    """
    source = read_direct_url(direct_url)
    origin = read_remote(source.url) if source else None
    if not (source and source.vcs_info and origin):
        return None
    asked = source.vcs_info.requested_revision or ""
    return read_action(f"{origin.full_name}@{source.vcs_info.commit_id}", asked if _RELEASE.fullmatch(asked) else "")
