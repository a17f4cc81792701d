"""`examples/organization/roll-out.sh` against a `gh` that keeps repositories in a file."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract import published, rest_rules
from tests.project import fake_gh

SCRIPT = Path("examples/organization/roll-out.sh").resolve()
CALLER, THREADS = "name: Reviews\n", "name: Thread commands\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


NEW = {"reviews.yml": encoded(CALLER), "reviewbot-threads.yml": encoded(THREADS)}
OLD = {"reviews.yml": encoded("name: Old\n")}
STALE = {"reviews.yml": encoded("name: Stale\n")}
TEMPLATES = {
    "contents/.+": "contents/{path}",
    "git/ref/.+": "git/ref/{ref}",
    "git/refs": "git/refs",
    "git/refs/.+": "git/refs/{ref}",
    "environments/[^/]+": "environments/{environment_name}",
    "environments/[^/]+/deployment-branch-policies": "environments/{environment_name}/deployment-branch-policies",
}


class Desk:
    """A directory with the script's files, and `gh` and `reviewbot` on the path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "caller.yml").write_text(CALLER)
        (path / "threads.yml").write_text(THREADS)
        (path / "codevf-key").write_text("cvf_live_key\n")
        (path / "app-key.pem").write_text("a private key\n")
        self._command("gh", f'exec "{sys.executable}" "{Path(fake_gh.__file__)}" "$@"')
        self._command("reviewbot", 'echo "$GITHUB_TOKEN $CODEVF_API_KEY $*" >> checked; [ "$3" != acme/bad ]')

    def _command(self, name: str, text: str) -> None:
        (self.path / "bin").mkdir(exist_ok=True)
        (self.path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.path / "bin" / name).chmod(0o755)

    def run(self, command: str, repositories: str, **repos: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 — JSON
        if repos:
            (self.path / "github.json").write_text(json.dumps({f"acme/{name}": one for name, one in repos.items()}))
        return subprocess.run(
            [SCRIPT, command],
            input=repositories,
            cwd=self.path,
            env={"PATH": f"{self.path / 'bin'}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def repo(self, name: str = "shop") -> dict[str, Any]:
        repos: dict[str, dict[str, Any]] = json.loads((self.path / "github.json").read_text())
        return repos[f"acme/{name}"]

    def requests(self) -> list[tuple[str, str, dict[str, Any]]]:
        return [tuple(json.loads(line)) for line in (self.path / "requests.jsonl").read_text().splitlines()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def on(branch: str, files: dict[str, str]) -> dict[str, Any]:
    return {"branches": {branch: files}}


@pytest.mark.parametrize(("before", "writes"), [({}, 2), (OLD, 2), (NEW | OLD, 1), (NEW, 0)])
def test_the_workflows_are_added_or_updated(desk: Desk, before: dict[str, str], writes: int) -> None:
    done = desk.run("callers", "acme/shop main\n", shop=on("main", before))
    assert (done.returncode, done.stdout) == (0, "")
    assert desk.repo()["branches"] == {"main": NEW}
    assert sum(method == "PUT" for method, _, _ in desk.requests()) == writes


@pytest.mark.parametrize(("command", "after"), [("callers", NEW), ("remove", {})])
def test_a_protected_branch_gets_one_pull_request(desk: Desk, command: str, after: dict[str, str]) -> None:
    for repos in ({"shop": on("protected", OLD)}, {}):
        done = desk.run(command, "acme/shop protected\n", **repos)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert desk.repo()["opened"] == ["reviewbot -> protected"]
    assert desk.repo()["branches"] == {"protected": OLD, "reviewbot": after}


def test_a_branch_left_by_an_older_pull_request_is_reset(desk: Desk) -> None:
    desk.run("remove", "acme/shop protected\n", shop={"branches": {"protected": OLD, "reviewbot": STALE}})
    shas = [body["sha"] for method, _, body in desk.requests() if method == "DELETE"]
    assert shas[-1] == fake_gh.blob(OLD["reviews.yml"])


@pytest.mark.parametrize("before", [NEW, OLD, {}])
def test_the_workflows_are_removed(desk: Desk, before: dict[str, str]) -> None:
    done = desk.run("remove", "acme/shop main\n", shop=on("main", before))
    assert (done.returncode, done.stdout) == (0, "")
    assert desk.repo()["branches"] == {"main": {}}


@pytest.mark.parametrize("command", ["callers", "remove"])
def test_a_failed_read_is_no_missing_file(desk: Desk, command: str) -> None:
    done = desk.run(command, "acme/shop down\n", shop=on("down", dict(OLD)))
    assert (done.returncode, done.stdout) == (1, "acme/shop down\n")
    assert "HTTP 502" in done.stderr
    assert desk.repo()["branches"]["down"] == OLD


@pytest.mark.parametrize("branch", ["release/1.0", "a#b&c=d"])
def test_any_branch_name_and_a_last_line_without_a_newline_work(desk: Desk, branch: str) -> None:
    done = desk.run("remove", f"acme/shop {branch}", shop=on(branch, dict(NEW)))
    assert (done.returncode, done.stdout) == (0, "")
    assert desk.repo()["branches"] == {branch: {}}


def test_an_environment_is_created_once(desk: Desk) -> None:
    for repos in ({"shop": on("main", {})}, {}):
        done = desk.run("environments", "acme/shop main\n", **repos)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert desk.repo()["policies"] == ["main"]
    assert desk.repo()["secrets"] == {"CODEVF_API_KEY": "cvf_live_key\n", "REVIEWBOT_PRIVATE_KEY": "a private key\n"}
    settings = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
    assert ("PUT", "repos/acme/shop/environments/reviewbot", settings) in desk.requests()


def test_a_failure_stops_nothing_and_its_line_is_printed(desk: Desk) -> None:
    done = desk.run("callers", "acme/lost main\nacme/shop main\n", shop=on("main", {}))
    assert (done.returncode, done.stdout) == (1, "acme/lost main\n")
    assert desk.repo()["branches"] == {"main": NEW}


def test_each_repository_is_checked_with_both_keys(desk: Desk) -> None:
    done = desk.run("doctor", "acme/bad main\nacme/shop main\n", shop=on("main", {}))
    assert (done.returncode, done.stdout) == (1, "acme/bad main\n")
    checked = (desk.path / "checked").read_text().splitlines()
    assert checked == [f"ghp_token cvf_live_key doctor --repo acme/{name}" for name in ("bad", "shop")]


@pytest.mark.parametrize(
    ("command", "file", "text"),
    [
        ("environments", "codevf-key", ""),
        ("environments", "app-key.pem", ""),
        ("callers", "caller.yml", ""),
        ("callers", "threads.yml", ""),
        ("callers", "caller.yml", "@COMMIT # v1\n"),
    ],
)
def test_an_unfinished_file_stops_the_script_first(desk: Desk, command: str, file: str, text: str) -> None:
    (desk.path / file).write_text(text)
    done = desk.run(command, "acme/shop main\n", shop=on("main", {}))
    assert done.returncode == 2
    assert file in done.stderr
    assert not (desk.path / "requests.jsonl").exists()


@pytest.mark.parametrize("command", ["", "callesr"])
def test_an_unknown_command_reads_nothing(desk: Desk, command: str) -> None:
    done = desk.run(command, "acme/shop main\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "environments|callers|doctor|remove" in done.stderr


def schema_of(parameter: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    name = parameter.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = whole["components"]["parameters"][name] if name else parameter
    return found


def expanded(node: Any, schemas: dict[str, Any]) -> Any:  # noqa: ANN401 — JSON
    """Return a part of GitHub's description with its references replaced."""
    if isinstance(node, dict):
        if "$ref" in node:
            return expanded(schemas[node["$ref"].rpartition("/")[2]], schemas)
        return {key: expanded(one, schemas) for key, one in node.items()}
    return [expanded(one, schemas) for one in node] if isinstance(node, list) else node


@pytest.mark.npm
def test_github_describes_each_request(desk: Desk) -> None:
    desk.run("environments", "acme/shop main\n", shop=on("main", {}))
    desk.run("callers", "acme/shop protected\n", shop=on("protected", OLD))
    desk.run("remove", "acme/shop main\n", shop=on("main", OLD))
    requests = desk.requests()
    assert {method for method, _, _ in requests} == {"GET", "PUT", "POST", "PATCH", "DELETE"}
    whole = json.loads(published.OPENAPI.read_text(encoding="utf-8"))
    for method, target, body in requests:
        path = target.removeprefix("repos/acme/shop/")
        template = next(one for pattern, one in TEMPLATES.items() if re.fullmatch(pattern, path))
        described = whole["paths"][f"/repos/{{owner}}/{{repo}}/{template}"][method.lower()]
        content = described.get("requestBody", {}).get("content", {})
        schema = expanded(content.get("application/json", {}).get("schema", {}), whole["components"]["schemas"])
        if method == "GET":
            known = {schema_of(one, whole)["name"] for one in described["parameters"]}
            assert set(body) <= known, (method, target)
            continue
        assert body or not schema, (method, target)
        assert set(schema.get("required", [])) <= set(body), (method, target)
        assert not list(rest_rules.unknown_keys(body, schema)), (method, target)
