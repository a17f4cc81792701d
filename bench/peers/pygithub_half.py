"""A reviewer written with PyGithub's defaults for pauses and page size.

BENCH_PULL names the file with the pull request and the findings.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from github import Auth, Github


def review(pull: dict[str, Any]) -> None:
    """Read the pull request and its files, then post a review, a comment and a check run."""
    with Github(auth=Auth.Token(os.environ["GITHUB_TOKEN"]), base_url=os.environ["GITHUB_API_URL"]) as github:
        repo = github.get_repo(pull["repository"])
        there = repo.get_pull(pull["number"])
        changed = {file.filename for file in there.get_files() if file.patch}
        comments: list[Any] = [
            {"path": one["path"], "line": one["line"], "side": "RIGHT", "body": one["body"]}
            for one in pull["findings"]
            if one["path"] in changed
        ]
        commit = repo.get_commit(pull["sha"])
        there.create_review(commit=commit, body=pull["summary"], event="COMMENT", comments=comments)
        there.create_issue_comment(pull["summary"])
        output = {"title": "Reviewed", "summary": pull["summary"]}
        repo.create_check_run("bench", pull["sha"], status="completed", conclusion="success", output=output)


if __name__ == "__main__":
    review(json.loads(Path(os.environ["BENCH_PULL"]).read_text(encoding="utf-8")))
