"""A bug in reviewbot ends with exit status 70 and is never reported as an invalid response or setting."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.app.rig import open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

TEMPLATE = '{% extends "shipped/summary.md.j2" %}\n'
FILES = {".github/reviewbot.yml": "fail-on: high\n", ".github/reviewbot/summary.md.j2": TEMPLATE}

PLANTED = """
import runpy, sys
import {module} as module
def bug(*_, **__):
    raise {kind}('planted')
module.{name} = bug
sys.argv = ['reviewbot', 'action']
runpy.run_module('reviewbot', run_name='__main__')
"""


@pytest.mark.parametrize("kind", ["RuntimeError", "ValueError", "AttributeError", "AssertionError"])
@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("reviewbot.adapters.github.connection", "Connection.getresponse"),
        ("reviewbot.adapters.github.connection", "_Response.read"),
        ("reviewbot.adapters.github.client", "parse"),
        ("reviewbot.adapters.github.graphql.parse", "pull_request"),
    ],
)
def test_a_bug_in_the_github_adapter_is_not_a_github_error(tmp_path: Path, module: str, name: str, kind: str) -> None:
    assert_bug(tmp_path, module, name, kind)


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [
        ("reviewbot.adapters.codevf.transport", "Transport._headers", "ValueError"),
        ("reviewbot.adapters.codevf.transport", "trusted", "ValueError"),
        ("reviewbot.adapters.codevf.wire", "read_task", "RuntimeError"),
        ("reviewbot.app.github.read_change", "parse_diff", "ValueError"),
        ("reviewbot.settings.readers", "_text", "ValueError"),
        ("reviewbot.settings.configfile", "_refused", "ValueError"),
        ("reviewbot.domain.text.formatting", "counted", "KeyError"),
        ("reviewbot.domain.text.escaping", "prose", "TypeError"),
    ],
)
def test_a_bug_in_any_other_adapter_is_a_bug(tmp_path: Path, module: str, name: str, kind: str) -> None:
    assert_bug(tmp_path, module, name, kind)


def assert_bug(folder: Path, module: str, name: str, kind: str) -> None:
    with open_rig(folder, files=FILES) as rig:
        env = rig.environment("pull_request", rig.event(), {})
        command = [sys.executable, "-I", "-c", PLANTED.format(module=module, name=name, kind=kind)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 70, done.stdout
        assert f"has a bug: {kind}" in done.stdout
