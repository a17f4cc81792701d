"""A setup from an empty repository to the first review, following the advice of `init` and `doctor`."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from reviewbot_sandbox.github import WORKFLOW, Access, RequiredCheck, Scope, merge_group_event

from reviewbot import cli
from tests.app.rig import KEY, REPO, SCALE, TOKEN, Rig, answer, finding, open_rig
from tests.terminal.session import Clone, Result

NAMED = "acme/reviewbot@0123456789abcdef0123456789abcdef01234567#v1.0.0"

CRITICAL = answer(finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)"))
QUEUE_TOKEN = "ghs_queue_job"
QUEUE = {Scope.CONTENTS: Access.READ, Scope.PULL_REQUESTS: Access.READ, Scope.CHECKS: Access.WRITE}
"""The permissions of the workflow's job for the merge queue."""


def call(rig: Rig, *arguments: str) -> Result:
    out, err = io.StringIO(), io.StringIO()
    env = {
        "PATH": os.environ["PATH"],
        "GITHUB_API_URL": rig.github_url,
        "GITHUB_TOKEN": TOKEN,
        "CODEVF_API_KEY": KEY,
        "REVIEWBOT_TIME_SCALE": str(SCALE),
    }
    return Result(cli.main(arguments, env, out, err), out.getvalue(), err.getvalue())


def test_from_nothing_to_a_first_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = Clone(tmp_path / "clone")
    clone.git("init", "--quiet")
    clone.git("remote", "add", "origin", f"git@github.com:{REPO}.git")
    monkeypatch.chdir(clone.root)
    with open_rig(tmp_path, engineer=lambda _: CRITICAL, private=True) as rig:
        asked = ("doctor", "--input", f"codevf-url={rig.codevf_url}/api/v1/")
        nothing = call(rig, *asked)
        assert (nothing.status, "Run `reviewbot init`" in nothing.out) == (2, True)

        rules = json.loads(call(rig, "init", "--action", NAMED, "--as", "gate").out)
        written = [path for path in (clone.root / ".github").rglob("*") if path.is_file()]
        texts = {path.relative_to(clone.root).as_posix(): path.read_text(encoding="utf-8") for path in written}
        rig.world.push(REPO, "main", texts)
        rig.world.app_token(TOKEN, permissions={**WORKFLOW, Scope.ACTIONS: Access.READ})
        unprotected = call(rig, *asked)
        assert (unprotected.status, "Create it under *Settings → Environments*" in unprotected.out) == (2, True)
        rig.world.environment(REPO, "reviewbot", "main")
        (check,) = rules["rules"][0]["parameters"]["required_status_checks"]
        rig.world.require(REPO, RequiredCheck(check["context"], check["integration_id"]))
        well = call(rig, *asked)
        begins = [line.split()[0] for line in well.out.splitlines()]
        assert (well.status, begins.count("note"), set(begins)) == (0, 1, {"ok", "note", "->"}), well.out
        assert "note     project:" in well.out
        assert not rig.service.tasks()

        assert rig.run(event="pull_request_target").outputs["verdict"] == "fail"
        (review,) = rig.checks()
        assert (review.name, review.app.id, review.conclusion) == (check["context"], check["integration_id"], "failure")

        rig.world.app_token(QUEUE_TOKEN, permissions=QUEUE)
        group = rig.world.queue(REPO, [1])
        event = merge_group_event(rig.world.store, group, rig.github_url)
        rig.run(event="merge_group", payload=event, github_token=QUEUE_TOKEN, codevf_api_key="")
        assert [one.conclusion for one in rig.checks(group.head_sha)] == ["failure"]
