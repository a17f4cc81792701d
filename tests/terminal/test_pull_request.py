"""`reviewbot review --pr` reads from GitHub, prints the review, posts nothing and never buys what the action buys."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from reviewbot_sandbox.faults import Reply

from reviewbot import cli
from tests.app.rig import CLEAN, FORGETFUL, KEY, REPO, SCALE, TOKEN, Rig, answer, finding, open_rig
from tests.terminal.session import Clone, Result

CRITICAL = answer(finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)"))


def review(rig: Rig, folder: Path, *arguments: str) -> Result:
    return run(rig, folder, "review", "--pr", "1", "--codevf-url", f"{rig.codevf_url}/api/v1/", *arguments)


def run(rig: Rig, folder: Path, *command: str) -> Result:
    out, err = io.StringIO(), io.StringIO()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CODEVF_API_KEY": KEY,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_API_URL": rig.github_url,
        "GITHUB_SERVER_URL": rig.github_url,
        "REVIEWBOT_TIME_SCALE": str(SCALE),
        "COLUMNS": "200",
    }
    return Result(cli.main(list(command), env, out, err), out.getvalue(), err.getvalue())


def test_a_pull_request_is_reviewed_and_nothing_is_written_on_it(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CRITICAL) as rig:
        result = review(rig, tmp_path, "--repo", REPO)
        again = review(rig, tmp_path, "--repo", REPO)
        assert (result.status, again.status) == (1, 1)
        assert "app.py:12  critical correctness  blocks" in result.out
        assert (rig.summaries(), rig.comments(), rig.checks()) == ([], [], [])
        assert not [one for one in rig.github_requests() if not one.startswith(("GET ", "POST /graphql"))]
        assert len(rig.service.tasks()) == 1
        assert (tmp_path / ".local" / "state" / "reviewbot").is_dir()


@pytest.mark.parametrize("command", [("review", "--pr", "1", "--reviewer", "local"), ("stats",), ("doctor",)])
def test_a_retry_of_github_is_shown(tmp_path: Path, command: tuple[str, ...]) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.github_faults.add("/graphql", Reply(502), method="POST", times=1)
        said = run(rig, tmp_path, *command, "--repo", REPO)
        assert re.search(r"^GitHub .* Trying again in 1 s …$", said.err, re.MULTILINE), said.err


def test_a_review_that_the_action_has_bought_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = Clone(tmp_path / "clone")
    clone.git("init", "--quiet")
    clone.git("remote", "add", "origin", f"git@github.com:{REPO}.git")
    monkeypatch.chdir(clone.root)
    with open_rig(tmp_path, engineer=lambda _: CLEAN, limits=FORGETFUL) as rig:
        rig.run()
        assert review(rig, tmp_path).status == 0
        assert len(rig.service.tasks()) == 1
