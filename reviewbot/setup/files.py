"""All that `init` puts into a repository, as texts."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping

from reviewbot.domain.model.installation import ACTIONS_APP
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.model.remotes import read_remote
from reviewbot.domain.text.strict_json import JsonMismatch, JsonNode
from reviewbot.settings import INPUTS, Input, Settings
from reviewbot.settings.table import CONFIG_FILE
from reviewbot.setup.workflows import (
    Action,
    Wish,
    collect_workflow,
    commands_workflow,
    read_action,
    review_workflow,
)

WORKFLOWS = ".github/workflows"

SCHEMA_FILE = "docs/reviewbot.schema.json"
"""Where the config file's JSON Schema is published, inside the action's repository."""

_COLUMNS = 100
_RELEASE = re.compile(r"v\d+\.\d+\.\d+")


def files(wish: Wish) -> Mapping[str, str]:
    """Path to text of every file that a wish comes to."""
    texts = {
        "review": review_workflow(wish),
        "collect": collect_workflow(wish),
        "commands": commands_workflow(wish),
    }
    if wish.reviewer is ReviewerKind.LOCAL:
        del texts["collect"]  # a local review is never left open
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
    yield f"#{row.name}: {row.default or ('[]' if row.is_list else json.dumps(''))}"


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
    """Return the action at the commit in PEP 610's `direct_url.json`; None unless it is from a repository."""
    try:
        told = JsonNode.parse(direct_url or "null")
        url, commit = told["url"].text(), told["vcs_info"]["commit_id"].text()
        asked = told["vcs_info"].get("requested_revision").maybe(JsonNode.text) or ""
    except JsonMismatch:
        return None
    origin = read_remote(url)
    return read_action(f"{origin.full_name}@{commit}", asked if _RELEASE.fullmatch(asked) else "") if origin else None
