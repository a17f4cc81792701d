"""Ready-to-paste lines: every way to look at a running sandbox, and to point things at it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewbot.sandbox.demo.runner import STEP
from reviewbot.sandbox.demo.seed import NUMBER, PERSON_TOKEN, REPOSITORY, WORKFLOW_TOKEN
from reviewbot.sandbox.demo.services import API_KEY, Sandbox

_TITLE = '{"query": "{ repository(owner: \\"%s\\", name: \\"%s\\") { pullRequest(number: %d) { title } } }"}'
_FAULT = '[{"match": "/check-runs", "method": "POST", "do": {"status": 502}}]'


@dataclass(frozen=True, slots=True)
class Recipe:
    """What some lines do, and the lines for a shell."""

    what: str
    lines: str


def facts(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """Addresses, tokens and keys, by name. They open nothing but this sandbox."""
    yield "GitHub, REST", sandbox.github.url
    yield "GitHub, GraphQL", sandbox.graphql_url
    yield "CodeVF", sandbox.codevf_url
    yield "repository", REPOSITORY
    yield "pull request", f"#{NUMBER}"
    yield "workflow's token", WORKFLOW_TOKEN
    yield "person's token", PERSON_TOKEN
    yield "CodeVF key", API_KEY


def recipes(sandbox: Sandbox) -> Iterator[Recipe]:
    """How to look."""
    pull = f"{sandbox.github.url}/repos/{REPOSITORY}/pulls/{NUMBER}"
    owner, _, name = REPOSITORY.partition("/")
    bearer = f"-H 'Authorization: Bearer {PERSON_TOKEN}'"
    yield Recipe(
        "The pull request, and the comments on it", f"curl -s {bearer} {pull}\ncurl -s {bearer} {pull}/comments"
    )
    query = _TITLE % (owner, name, NUMBER)
    yield Recipe("The same by GraphQL", f"curl -s {bearer} {sandbox.graphql_url} -d '{query}'")
    clone = sandbox.github.url.replace("://", f"://x-access-token:{PERSON_TOKEN}@")
    yield Recipe("The repository", f"git clone -q {clone}/{REPOSITORY}.git")
    yield Recipe("The account", f"curl -s -H 'Authorization: Bearer {API_KEY}' {sandbox.codevf_url}credits/balance")


def sdk_recipe(sandbox: Sandbox) -> Recipe:
    """The vendor's own client."""
    client = f"CodeVFClient('{API_KEY}', '{sandbox.codevf_url}')"
    code = f"from codevf import CodeVFClient; print({client}.credits.get_balance())"
    return Recipe("The official SDK (pip install codevf-sdk)", f'python -c "{code}"')


def fault_recipe(sandbox: Sandbox) -> Recipe:
    """A fault on purpose, the log of requests, and the end of the fault."""
    control = f"{sandbox.github.url}/_control"
    lines = (
        f"curl -s -X POST {control}/faults -d '{_FAULT}'\n"
        f"curl -s {control}/requests\n"
        f"curl -s -X DELETE {control}/faults"
    )
    return Recipe("A fault: the next check run is answered with 502 (CodeVF has /_control, too)", lines)


def action_recipe(environment: Mapping[str, str]) -> Recipe:
    """The action as a step; `environment` is all of a runner's."""
    kept = {name: value for name, value in environment.items() if name != "PATH"}
    variables = " \\\n  ".join(shlex.quote(f"{name}={value}") for name, value in kept.items())
    return Recipe("The action, as a runner starts it", f"env {variables} \\\n  {shlex.join(STEP)}")
