"""GitHub's CLI for `test_roll_out.py`: reads and writes `github.json`, and appends requests to `requests.jsonl`.

Direct commits to the branch `protected` are refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

GITHUB, LOG = Path("github.json"), Path("requests.jsonl")


Branches = dict[str, dict[str, str]]
"""The files of each branch, by name."""


class Refused(Exception):
    """GitHub's error."""


def blob(content: str) -> str:
    data = base64.b64decode(content)
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def commit(branch: str) -> str:
    return hashlib.sha1(branch.encode(), usedforsecurity=False).hexdigest()


def request(method: str, target: str, body: dict[str, Any], repos: dict[str, Any]) -> str:
    """Return what `gh api` prints with the script's `--jq`."""
    _, owner, name, *rest = target.split("/")
    repo = repos.get(f"{owner}/{name}") or missing()
    if rest[0] == "environments":
        return environment(method, body, repo)
    if rest[0] == "contents":
        return contents(method, rest[-1], body, repo["branches"])
    return reference(method, rest, body, repo["branches"])


def environment(method: str, body: dict[str, Any], repo: dict[str, Any]) -> str:
    policies = repo.setdefault("policies", [])
    if method == "GET":
        return "\n".join(policies)
    if method == "POST":
        policies.append(body["name"])
    return ""


def contents(method: str, name: str, body: dict[str, Any], branches: Branches) -> str:
    if method == "GET":
        if body["ref"] == "down":
            raise Refused("Bad Gateway (HTTP 502)")
        return blob(branches.get(body["ref"], {}).get(name) or missing())
    branch = body["branch"]
    if branch == "protected":
        raise Refused("Changes must be made through a pull request. (HTTP 409)")
    if branch not in branches:
        raise Refused(f"Branch {branch} not found (HTTP 404)")
    old = branches[branch].pop(name, None)
    if body.get("sha") != (blob(old) if old else None):
        raise Refused("The file does not match the sha (HTTP 409)")
    if method == "PUT":
        branches[branch][name] = body["content"]
    return ""


def reference(method: str, rest: list[str], body: dict[str, Any], branches: Branches) -> str:
    branch = body["ref"].removeprefix("refs/heads/") if method == "POST" else rest[-1]
    if method != "POST" and branch not in branches:
        missing()
    if method == "GET":
        return commit(branch)
    branches[branch] = next(dict(files) for name, files in branches.items() if commit(name) == body["sha"])
    return ""


def missing() -> NoReturn:
    raise Refused("Not Found (HTTP 404)")


def api(arguments: list[str], repos: dict[str, Any]) -> str:
    method, target, body = "GET", "", dict[str, Any]()
    rest = iter(arguments)
    for one in rest:
        match one:
            case "--method":
                method = next(rest)
            case "-f" | "-F":
                key, _, value = next(rest).partition("=")
                typed = {"true": True, "false": False}.get(value, value) if one == "-F" else value
                outer, _, inner = key.rstrip("]").partition("[")
                if inner:
                    body.setdefault(outer, {})[inner] = typed
                else:
                    body[outer] = typed
            case "--jq":
                next(rest)
            case "--silent":
                pass
            case _:
                target = one
    with LOG.open("a") as log:
        log.write(json.dumps([method, target, body]) + "\n")
    return request(method, target, body, repos)


def main(arguments: list[str]) -> str:
    repos = json.loads(GITHUB.read_text())
    match arguments:
        case ["api", *rest]:
            said = api(rest, repos)
        case ["secret", "set", name, "--repo", repo, "--env", _]:
            repos[repo].setdefault("secrets", {})[name] = sys.stdin.read()
            said = ""
        case ["pr", "list", "--repo", repo, "--head", _, "--json", "url,isCrossRepository", *_]:
            said = "\n".join(repos[repo].get("opened", []))
        case ["pr", "create", "--repo", repo, "--base", base, "--head", head, *_]:
            repos[repo].setdefault("opened", []).append(f"{head} -> {base}")
            said = "https://github.com/acme/shop/pull/1"
        case ["auth", "token"]:
            said = "ghp_token"
        case _:
            raise Refused(f"unknown: {arguments}")
    GITHUB.write_text(json.dumps(repos))
    return said


if __name__ == "__main__":
    try:
        sys.stdout.write(main(sys.argv[1:]) + "\n")
    except Refused as error:
        sys.exit(f"gh: {error}")
