"""Git over HTTP with the git client."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import httpx
import pytest
from reviewbot_sandbox.github import FULL, GitHubState

REPO = "acme/widget"


def _git(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": os.defpath,
        "HOME": str(cwd),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        "GIT_AUTHOR_NAME": "mona",
        "GIT_AUTHOR_EMAIL": "mona@users.noreply.github.com",
        "GIT_COMMITTER_NAME": "mona",
        "GIT_COMMITTER_EMAIL": "mona@users.noreply.github.com",
    }
    command = ["git", *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def _remote(url: str, secret: str = "", name: str = REPO) -> str:
    user = f"x-access-token:{secret}@" if secret else ""
    return f"{url.replace('//', f'//{user}')}/{name}.git"


def test_the_head_of_a_pull_request_is_fetched_by_its_reference(
    github_url: str, github_state: GitHubState, tmp_path: Path
) -> None:
    _git(tmp_path, "init", "-q", "--bare", ".")
    assert _git(tmp_path, "fetch", "-q", _remote(github_url), "refs/pull/1/head").returncode == 0
    assert _git(tmp_path, "rev-parse", "FETCH_HEAD").stdout.strip() == github_state.pull(REPO, 1).head_sha


def test_any_commit_is_fetched_by_its_hash_also_after_a_force_push(
    github_url: str, github_state: GitHubState, tmp_path: Path
) -> None:
    old = github_state.pull(REPO, 1).head_sha
    github_state.push(REPO, "topic", {"new.txt": "x\n"}, parents=(github_state.pull(REPO, 1).base_sha,))
    assert github_state.store.events[-1].kind == "HeadRefForcePushedEvent"
    _git(tmp_path, "init", "-q", "--bare", ".")
    fetched = _git(tmp_path, "fetch", "-q", "--depth=1", "--filter=blob:none", _remote(github_url, "ghs_workflow"), old)
    assert fetched.returncode == 0, fetched.stderr


def test_a_push_needs_contents_write_and_moves_the_pull_request(
    github_url: str, github_state: GitHubState, github_http: httpx.Client, tmp_path: Path
) -> None:
    github_state.app_token("ghs_writer", permissions=FULL)
    work = tmp_path / "work"
    assert _git(tmp_path, "clone", "-q", "-b", "topic", _remote(github_url), str(work)).returncode == 0
    (work / "more.txt").write_text("more\n")
    _git(work, "add", "more.txt")
    _git(work, "commit", "-q", "-m", "More")
    refused = _git(work, "push", _remote(github_url, "ghs_workflow"), "topic")
    assert refused.returncode != 0
    assert "403" in refused.stderr
    pushed = _git(work, "push", "-q", _remote(github_url, "ghs_writer"), "topic")
    assert pushed.returncode == 0, pushed.stderr
    head = github_http.get("/pulls/1").json()["head"]["sha"]
    assert head == _git(work, "rev-parse", "HEAD").stdout.strip()
    assert github_http.get("/pulls/1").json()["commits"] == 2


@pytest.mark.parametrize(
    ("secret", "works"), [("", False), ("nope", False), ("ghp_mona", False), ("ghs_workflow", True)]
)
def test_a_private_repository_needs_read_access(
    github_url: str,
    github_state: GitHubState,
    tmp_path: Path,
    secret: str,
    works: bool,  # noqa: FBT001 — the table's last column
) -> None:
    github_state.repository("acme/secret", private=True)
    done = _git(tmp_path, "ls-remote", _remote(github_url, secret, "acme/secret"))
    assert (done.returncode == 0) is works
    assert ("refs/heads/main" in done.stdout) is works


def test_only_git_output_for_full_hashes_is_cached(github_state: GitHubState) -> None:
    git, absent = github_state.store.git(REPO), "0" * 40 + ":app.py"
    sha = git.branches()["main"]
    before = git.commit(sha), git.read(f"{sha}:app.py")
    assert (git.read("HEAD:app.py"), git.read(absent)) == (before[1], None)
    git.path.rename(git.path.with_name("away"))
    git = github_state.store.git(REPO)
    assert (git.commit(sha), git.read(f"{sha}:app.py")) == before
    for changing in ("HEAD:app.py", absent):
        with pytest.raises(FileNotFoundError):
            git.read(changing)
