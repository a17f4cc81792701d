"""Shell commands to paste: requests to a running sandbox, and the action started against it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reviewbot_sandbox.demo.runner import STEP
from reviewbot_sandbox.demo.seed import (
    BRANCH,
    FORK_NUMBER,
    MAINTAINER_TOKEN,
    NUMBER,
    PERSON_TOKEN,
    READER_TOKEN,
    REPOSITORY,
    STRANGER,
    STRANGER_TOKEN,
    WORKFLOW_TOKEN,
)
from reviewbot_sandbox.demo.services import API_KEY, POOR_KEY, Sandbox

_TITLE = '{"query": "{ repository(owner: \\"%s\\", name: \\"%s\\") { pullRequest(number: %d) { title } } }"}'
_TASK = (
    '{"prompt": "Is the counter open on Sundays?", "projectId": 101, "maxCredits": 240, '
    '"idempotencyKey": "6f1c2b7e-3d54-4f0a-9b8e-2c7d5a1e4f90"}'
)
_PROJECT = '{"name": "try"}'
_ACTION = "acme/reviewbot@0123456789abcdef0123456789abcdef01234567#v1.0.0"
_FAULT = '[{"match": "/check-runs", "method": "POST", "do": {"status": 502}}]'


@dataclass(frozen=True, slots=True)
class Recipe:
    """Shell commands and what they do."""

    what: str
    lines: str


def facts(sandbox: Sandbox) -> Iterator[tuple[str, str]]:
    """Return URLs, tokens and keys by name. They are valid only in this sandbox."""
    yield "GitHub, REST", sandbox.github.url
    yield "GitHub, GraphQL", sandbox.graphql_url
    yield "CodeVF", sandbox.codevf_url
    yield "repository", REPOSITORY
    yield "pull request", f"#{NUMBER}"
    yield "workflow's token", WORKFLOW_TOKEN
    yield "author's token", PERSON_TOKEN
    yield "maintainer's token", MAINTAINER_TOKEN
    yield "CodeVF key", API_KEY


def guests() -> Iterator[tuple[str, str]]:
    """Yield the names and values needed to provoke refusals."""
    yield "fork's pull request", f"#{FORK_NUMBER}, by {STRANGER}"
    yield "stranger's token", STRANGER_TOKEN
    yield "read-only token", READER_TOKEN
    yield "second CodeVF key", POOR_KEY


def pace(sandbox: Sandbox) -> str:
    rate = "; it accepts one request per second for each key" if sandbox.rate_limits else ""
    return f"CodeVF's clock is fast: one of its seconds takes {sandbox.scale:g} real seconds{rate}."


def setup_recipe(sandbox: Sandbox) -> Recipe:
    """Return the commands from a repository without workflows to a passing `doctor`."""
    clone = sandbox.github.url.replace("://", f"://x-access-token:{PERSON_TOKEN}@")
    doctor = f"reviewbot doctor --input codevf-url={sandbox.codevf_url}"
    lines = (
        f"git clone -q {clone}/{REPOSITORY}.git && cd {REPOSITORY.rpartition('/')[2]}",
        f"export GITHUB_API_URL={sandbox.github.url} GITHUB_GRAPHQL_URL={sandbox.graphql_url}",
        f"export GITHUB_TOKEN={PERSON_TOKEN} CODEVF_API_KEY={API_KEY}",
        "# A problem: no workflow reviews",
        doctor,
        f"reviewbot init --no-config --as gate --reviewer codevf --action {_ACTION} > ../ruleset.json",
        "git add .github && git -c user.name=octocat -c user.email=octocat@example.com commit -qm Reviews",
        "git push -q origin HEAD:main",
        "# No problem",
        doctor,
        "unset GITHUB_API_URL GITHUB_GRAPHQL_URL GITHUB_TOKEN CODEVF_API_KEY && cd ..",
    )
    return Recipe("From nothing to a passing `doctor`", "\n".join(lines))


def recipes(sandbox: Sandbox) -> Iterator[Recipe]:
    """Yield commands that read the pull request and the account."""
    pull = f"{sandbox.github.url}/repos/{REPOSITORY}/pulls/{NUMBER}"
    owner, _, name = REPOSITORY.partition("/")
    conversation = f"{sandbox.github.url}/repos/{REPOSITORY}/issues/{NUMBER}/comments"
    bearer = f"-H 'Authorization: Bearer {PERSON_TOKEN}'"
    maintainer = f"-H 'Authorization: Bearer {MAINTAINER_TOKEN}'"
    checks = f"{sandbox.github.url}/repos/{REPOSITORY}/commits/{BRANCH}/check-runs"
    reads = "\n".join(f"curl -s {bearer} {address}" for address in (pull, f"{pull}/comments", conversation, checks))
    yield Recipe("The pull request, the comments on its lines, the conversation with the summary, the check", reads)
    query = _TITLE % (owner, name, NUMBER)
    yield Recipe("The pull request by GraphQL", f"curl -s {bearer} {sandbox.graphql_url} -d '{query}'")
    yield Recipe(
        "A command, which the next run of the action executes",
        f"""curl -s {maintainer} {conversation} -d '{{"body": "/reviewbot help"}}'""",
    )
    yield Recipe("The account", f"curl -s -H 'Authorization: Bearer {API_KEY}' {sandbox.codevf_url}credits/balance")


def experiments(sandbox: Sandbox) -> Iterator[Recipe]:
    """Yield the SDK, a fault, and requests that are refused: 403, 409, and 429 unless the limits are off."""
    client = f"CodeVFClient('{API_KEY}', '{sandbox.codevf_url}')"
    code = f"from codevf import CodeVFClient; print({client}.credits.get_balance())"
    yield Recipe("The official SDK (pip install codevf-sdk)", f'python -c "{code}"')
    control = f"{sandbox.github.url}/_control"
    yield Recipe(
        "A fault: GitHub answers check runs with 502 (CodeVF also has /_control)",
        f"curl -s -X POST {control}/faults -d '{_FAULT}'\n"
        f"curl -s {control}/requests\n"
        f"curl -s -X DELETE {control}/faults",
    )
    comments = f"{sandbox.github.url}/repos/{REPOSITORY}/issues/{FORK_NUMBER}/comments"
    yield Recipe(
        "403: a fork's workflow has a read-only token under pull_request",
        f"""curl -s -H 'Authorization: Bearer {READER_TOKEN}' {comments} -d '{{"body": "Hello"}}'""",
    )
    create = f"{sandbox.codevf_url}tasks/create"
    tasks = [
        f"curl -s --retry 3 -H 'Authorization: Bearer {key}' {create} -d '{_TASK}' # {note}"
        for key, note in ((API_KEY, "buys"), (POOR_KEY, "409"))
    ]
    project = (
        f"curl -s --retry 3 -H 'Authorization: Bearer {API_KEY}' {sandbox.codevf_url}projects/create -d '{_PROJECT}'"
    )
    yield Recipe("409: another account's idempotency key", "\n".join([project, *tasks]))
    balance = f"-H 'Authorization: Bearer {API_KEY}' {sandbox.codevf_url}credits/balance"
    if sandbox.rate_limits:
        yield Recipe("429: two requests at once", f"curl -s -i {balance} {balance}")


def action_recipe(environment: Mapping[str, str]) -> Recipe:
    """Return the command of the action; `environment` has all variables of a runner."""
    kept = {name: value for name, value in environment.items() if name != "PATH"}
    variables = " \\\n  ".join(shlex.quote(f"{name}={value}") for name, value in kept.items())
    return Recipe("The action, as a runner starts it", f"env {variables} \\\n  {shlex.join(STEP)}")
