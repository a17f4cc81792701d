"""Reading a pull request: facts, diffs, files, commits, contents, comparisons."""

from __future__ import annotations

import base64
from dataclasses import replace

import httpx
import pytest
from reviewbot_sandbox.github import FileVersion, GitHubState, Rules, build_github
from reviewbot_sandbox.serve import serving

REPO = "acme/widget"
DIFF = {"Accept": "application/vnd.github.v3.diff"}


def test_a_pull_request_is_parsed(github_http: httpx.Client, github_state: GitHubState) -> None:
    pull = github_http.get("/pulls/1").json()
    assert pull["head"]["sha"] == github_state.pull(REPO, 1).head_sha
    assert (pull["changed_files"], pull["commits"], pull["mergeable"]) == (5, 1, True)
    assert pull["user"]["login"] == "mona"
    assert pull["head"]["repo"]["full_name"] == REPO


def test_the_diff_equals_git_diff(github_http: httpx.Client) -> None:
    diff = github_http.get("/pulls/1", headers=DIFF)
    assert diff.headers["content-type"] == "application/vnd.github.diff; charset=utf-8"
    rows = diff.text.splitlines()
    assert rows[0] == "diff --git a/app.py b/app.py"
    assert len(rows[1].removeprefix("index ").partition("..")[0]) == 7
    assert 'diff --git "a/new \\303\\251.py" "b/new \\303\\251.py"' in rows
    assert "rename from old.txt" in rows
    assert "Binary files a/logo.png and b/logo.png differ" in rows


def test_the_diff_is_from_the_merge_base(github_http: httpx.Client, github_state: GitHubState) -> None:
    before = github_http.get("/pulls/1", headers=DIFF).text
    github_state.push(REPO, "main", {"other.txt": "later\n"})
    assert github_http.get("/pulls/1", headers=DIFF).text == before


@pytest.mark.parametrize(("what", "limit"), [("files", 4), ("lines", 20)])
def test_a_diff_that_is_too_large_is_a_406(
    github_http: httpx.Client, github_state: GitHubState, what: str, limit: int
) -> None:
    github_state.store.rules = replace(Rules(), **{f"diff_{what}": limit})
    answer = github_http.get("/pulls/1", headers=DIFF)
    assert answer.status_code == 406
    assert answer.json()["message"].startswith(f"Sorry, the diff exceeded the maximum number of {what} ({limit}).")
    assert answer.json()["errors"] == [{"resource": "PullRequest", "field": "diff", "code": "too_large"}]
    compared = github_http.get("/compare/main...topic", headers=DIFF)
    assert compared.status_code == 500
    assert compared.json()["errors"] == [{"resource": "Comparison", "field": "diff", "code": "not_available"}]


def test_the_files_are_listed_with_their_patches(github_http: httpx.Client) -> None:
    files = {entry["filename"]: entry for entry in github_http.get("/pulls/1/files").json()}
    assert {name: entry["status"] for name, entry in files.items()} == {
        "app.py": "modified",
        "gone.txt": "removed",
        "logo.png": "modified",
        "moved.txt": "renamed",
        "new é.py": "added",
    }
    assert files["app.py"]["patch"].startswith("@@ -7,7 +7,7 @@")
    assert not files["app.py"]["patch"].endswith("\n")
    assert files["moved.txt"]["previous_filename"] == "old.txt"
    assert [name for name, entry in files.items() if "patch" not in entry] == ["logo.png", "moved.txt"]
    blob = github_http.get(f"/git/blobs/{files['new é.py']['sha']}").json()
    assert base64.b64decode(blob["content"]) == b"print(1)\n"


def test_a_long_patch_is_left_out(github_http: httpx.Client, github_state: GitHubState) -> None:
    github_state.store.rules = Rules(patch_lines=10, listed_files=2)
    files = github_http.get("/pulls/1/files").json()
    assert [(entry["filename"], "patch" in entry) for entry in files] == [("app.py", False), ("gone.txt", True)]


def test_pages_are_linked_on_the_host_that_was_asked(github_http: httpx.Client, github_url: str) -> None:
    first = github_http.get("/pulls/1/files", params={"per_page": 2})
    assert len(first.json()) == 2
    assert set(first.links) == {"next", "last"}
    assert first.links["next"]["url"].startswith(github_url)
    last = httpx.get(first.links["last"]["url"])
    assert len(last.json()) == 1
    assert set(last.links) == {"first", "prev"}


def test_a_file_that_becomes_a_link_is_one_entry(github_http: httpx.Client, github_state: GitHubState) -> None:
    github_state.push(
        REPO, "link", {"gone.txt": FileVersion(b"app.py", "120000"), "sub": FileVersion(b"a" * 40, "160000")}
    )
    pull = github_state.open_pull_request(REPO, "link")
    files = github_http.get(f"/pulls/{pull.number}/files").json()
    assert [(entry["filename"], entry["status"]) for entry in files] == [("gone.txt", "changed"), ("sub", "added")]


def test_the_list_filters_by_state_and_sorts_newest_first(github_http: httpx.Client, github_state: GitHubState) -> None:
    github_state.push(REPO, "second", {"b.txt": "b\n"})
    github_state.open_pull_request(REPO, "second")
    assert [pull["number"] for pull in github_http.get("/pulls").json()] == [2, 1]
    github_state.close(REPO, 2, merged=True)
    assert [pull["number"] for pull in github_http.get("/pulls").json()] == [1]
    assert [pull["number"] for pull in github_http.get("/pulls", params={"state": "closed"}).json()] == [2]
    assert github_http.get("/pulls/2").json()["merged"] is True


def test_a_fork_is_recognized_even_if_deleted(github_http: httpx.Client, github_state: GitHubState) -> None:
    github_state.fork(REPO, "stranger")
    sha = github_state.push("stranger/widget", "patch-1", {"x": "x\n"}, author="stranger")
    number = github_state.open_pull_request(
        REPO, "patch-1", author="stranger", head_repository="stranger/widget"
    ).number
    head = github_http.get(f"/pulls/{number}").json()["head"]
    assert (head["label"], head["sha"], head["repo"]["fork"]) == ("stranger:patch-1", sha, True)
    pushed = github_state.push("stranger/widget", "patch-1", {"x": "y\n"}, author="stranger")
    assert github_http.get(f"/pulls/{number}").json()["head"]["sha"] == pushed
    assert github_http.get(f"/pulls/{number}/files").json()[0]["filename"] == "x"
    github_state.delete_repository("stranger/widget")
    assert github_http.get(f"/pulls/{number}").json()["head"]["repo"] is None
    assert github_http.get(f"/pulls/{number}", headers=DIFF).status_code == 200


def test_contents_of_a_file_at_a_commit(github_http: httpx.Client, github_state: GitHubState) -> None:
    sha = github_state.push(REPO, "deep", {"a/b c/d.txt": "deep\n"})
    found = github_http.get("/contents/a/b%20c/d.txt", params={"ref": sha}).json()
    assert base64.b64decode(found["content"]) == b"deep\n"
    assert github_http.get("/contents/a/b%20c/d.txt").status_code == 404
    assert github_http.get("/contents/app.py", params={"ref": "nowhere"}).status_code == 404


def test_a_comparison_starts_at_the_merge_base(github_http: httpx.Client, github_state: GitHubState) -> None:
    base = github_http.get("/branches/main").json()["commit"]["sha"]
    github_state.push(REPO, "main", {"other.txt": "later\n"})
    found = github_http.get("/compare/main...topic").json()
    assert found["merge_base_commit"]["sha"] == base
    assert (found["status"], found["ahead_by"], found["behind_by"]) == ("diverged", 1, 1)
    assert len(found["files"]) == 5
    assert "files" in github_http.get("/compare/topic...topic").json()
    assert github_http.get("/compare/main...nowhere").status_code == 404
    whole = github_http.get("/compare/main...topic", headers=DIFF).text
    assert whole == github_http.get("/pulls/1", headers=DIFF).text
    commit = github_http.get("/commits/topic").json()
    assert (commit["sha"], commit["author"]["login"]) == (github_state.pull(REPO, 1).head_sha, "mona")


def test_a_name_that_is_not_utf8_is_listed_with_replacements(
    github_http: httpx.Client, github_state: GitHubState
) -> None:
    github_state.push(REPO, "odd", {"caf\udce9.txt": "x\n", 'quo"te\t.txt': b"\xff\n"})
    number = github_state.open_pull_request(REPO, "odd").number
    names = [entry["filename"] for entry in github_http.get(f"/pulls/{number}/files").json()]
    assert names == ["caf\ufffd.txt", 'quo"te\t.txt']
    assert b"+\xff\n" in github_http.get(f"/pulls/{number}", headers=DIFF).content


def test_a_request_without_a_user_agent_is_refused(github_http: httpx.Client) -> None:
    assert github_http.get("/pulls/1", headers={"User-Agent": ""}).status_code == 403


@pytest.mark.parametrize("address", ["/pulls/2", "/pulls/x", "/pulls/1/", "/nothing", "/commits/main/nope"])
def test_a_missing_object_is_a_404_or_422_with_a_message(github_http: httpx.Client, address: str) -> None:
    answer = github_http.get(address)
    assert answer.status_code in (404, 422)
    assert answer.json()["message"]


def test_enterprise_server_has_its_own_root(github_state: GitHubState) -> None:
    with serving(build_github(github_state, base_path="/api/v3")) as served:
        found = httpx.get(f"{served.url}/api/v3/repos/{REPO}/pulls/1").json()
        assert found["url"] == f"{served.url}/api/v3/repos/{REPO}/pulls/1"
        assert found["html_url"] == f"{served.url}/{REPO}/pull/1"
        headers = {"Authorization": "bearer ghs_workflow"}
        answer = httpx.post(f"{served.url}/api/graphql", json={"query": "{viewer{login}}"}, headers=headers)
        assert answer.json() == {"data": {"viewer": {"login": "github-actions[bot]"}}}
