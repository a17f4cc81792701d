"""Analyzers run isolated and bounded, whatever the files contain and whatever an analyzer does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reviewbot.analyzers.copies import source_file, write_copy
from reviewbot.analyzers.reviewer import examine
from reviewbot.analyzers.tool_runner import NOT_STARTED, TOO_SLOW, Ran, find_program, run

Attach = Callable[[Mapping[str, str | tuple[str, str]]], list[tuple[str, str]]]
FakeTool = Callable[[str, str], dict[str, str]]

EVAL = "eval(x)\n"
HOSTILE_NAMES = (
    "-rf.py",
    "--config=evil.py",
    "../../x.py",
    "/etc/x.py",
    "a\nb.py",
    "$(touch pwned).py",
    "a b;c.py",
    '"quoted".py',
    "..py",
    "x" * 300 + ".py",
)


def titles(answer: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(file["path"], one["line"], one["title"]) for file in answer["files"] for one in file["findings"]]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_reviewed_like_any_other(name: str, attach: Attach, path_env: dict[str, str]) -> None:
    examination = examine(attach({name: EVAL}), path_env=path_env)
    assert examination.unseen == ()
    found: Any = examination.answer
    assert {path for path, _, _ in titles(found)} == {name}


@pytest.mark.parametrize(
    ("config", "text", "flawed", "flaw"),
    [
        ("ruff.toml", 'lint.ignore = ["ALL"]\nexclude = ["*"]\n', "a.py", EVAL),
        (".ruff.toml", "include = []\n", "a.py", EVAL),
        ("pyproject.toml", '[tool.ruff]\nexclude = ["*"]\n', "a.py", EVAL),
        (".shellcheckrc", "disable=all\n", "a.sh", '#!/bin/bash\nrm -rf "$1/"*\n'),
        ("sgconfig.yml", "ruleDirs: [evil]\n", "a.js", "eval(a);\n"),
        (".gitignore", "*\n", "a.js", "eval(a);\n"),
        (".hadolint.yaml", "ignored: [DL3004]\n", "Dockerfile", "FROM debian:12\nRUN sudo ls\n"),
        ("zizmor.yml", "rules: {dangerous-triggers: {disable: true}}\n", ".github/workflows/a.yml", ""),
    ],
)
def test_the_author_s_configuration_has_no_effect(
    config: str, text: str, flawed: str, flaw: str, attach: Attach, path_env: dict[str, str]
) -> None:
    flaw = flaw or "on: pull_request_target\njobs: {a: {runs-on: x, steps: [{run: ls}]}}\n"
    with_config = titles(examine(attach({config: text, flawed: flaw}), path_env=path_env).answer)
    assert with_config == titles(examine(attach({flawed: flaw}), path_env=path_env).answer) != []


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.py", "eval(x)  # noqa\n", 1),
        ("a.py", "# ruff: noqa\neval(x)\n", 2),
        ("a.py", "# ruff: disable[S307]\neval(x)\n# ruff: enable[S307]\n", 2),
        ("a.py", "# ruff: file-ignore[S307]\neval(x)\n", 2),
        ("a.py", "# flake8: noqa\neval(x)\n", 2),
        ("a.sh", '#!/bin/bash\n# shellcheck disable=SC2115\nrm -rf "$1/"*\n', 3),
        ("a.sh", '#!/bin/bash\n#shellcheck disable=all\nrm -rf "$1/"*\n', 3),
        ("a.sh", '#!/bin/bash\n# \tshellcheck\tdisable=SC2115\nrm -rf "$1/"*\n', 3),
        ("a.js", "// ast-grep-ignore\neval(x);\n", 2),
        ("a.js", "// ast-grep-ignore: js-eval\n\neval(x);\n", 3),
        ("Dockerfile", "FROM debian:12\n# hadolint ignore=DL3004\nRUN sudo ls\n", 3),
        ("Dockerfile", "# hadolint global ignore=DL3004\nFROM debian:12\nRUN sudo ls\n", 3),
        (".github/workflows/a.yml", "on: pull_request_target # zizmor: ignore[dangerous-triggers]\njobs: {}\n", 1),
    ],
)
def test_the_author_cannot_silence_an_analyzer(
    path: str, text: str, line: int, attach: Attach, path_env: dict[str, str]
) -> None:
    lines = [number for _, number, _ in titles(examine(attach({path: text}), path_env=path_env).answer)]
    assert line in lines


def test_a_carriage_return_does_not_move_a_finding_off_the_changed_lines(
    attach: Attach, path_env: dict[str, str]
) -> None:
    old = "a = 1 # x\rb = 2 # y\rc = 3\n"
    answer = examine(attach({"a.py": (old, old + "d = eval(a)\n")}), path_env=path_env).answer
    assert [line for _, line, _ in titles(answer)] == [2]


def test_files_with_syntax_errors_are_reported_in_their_order_with_their_first_error(
    attach: Attach, path_env: dict[str, str]
) -> None:
    files = {"a.py": "def f(:\n\ndef g(:\n", "b.py": "x = 1\n", "c.py": "\nclass :\n"}
    unseen = [one for one in examine(attach(files), path_env=path_env).unseen if one.tool == "ruff"]
    assert [(one.path, one.why.rpartition(" ")[2]) for one in unseen] == [("a.py", "1"), ("c.py", "2")]


def test_a_missing_tool_is_reported(attach: Attach, tmp_path: Path) -> None:
    examination = examine(attach({"a.py": EVAL, "b.md": "b\n"}), path_env={"PATH": str(tmp_path)})
    assert [(one.path, one.tool, one.why) for one in examination.unseen] == [
        ("a.py", "ruff", "it is not installed"),
        ("a.py", "ast-grep", "it is not installed"),
    ]
    assert 'ruff could not check these files completely, because it is not installed: "a.py".' in str(
        examination.answer["summary"]
    )
    assert "No analyzer ran." in str(examination.answer["summary"])


def test_relative_folders_of_the_search_path_are_not_searched(fake_tool: FakeTool) -> None:
    folder = fake_tool("ruff", "exit 0")["PATH"]
    assert find_program("ruff", folder) == f"{folder}/ruff"
    assert find_program("ruff", f"::{os.path.relpath(folder)}:.") is None
    assert find_program("ruff", "") is None


def test_a_tool_sees_only_an_isolated_environment(attach: Attach, fake_tool: FakeTool, tmp_path: Path) -> None:
    seen = tmp_path / "environment"
    env = fake_tool("ruff", f"/usr/bin/env > {seen}; echo '[]'")
    secret = {"INPUT_CODEVF-API-KEY": "cvf_live_x", "GITHUB_TOKEN": "ghs_x", "RUFF_CONFIG": "/evil", "TZ": "UTC"}
    examine(attach({"a.py": EVAL}), path_env=env | secret)
    names = {line.partition("=")[0] for line in seen.read_text(encoding="utf-8").splitlines()}
    # `_`, `PWD` and `SHLVL` are made by the shell that the fake is written in.
    assert names - {"_", "PWD", "SHLVL", "OLDPWD"} == {"PATH", "TZ", "HOME", "TMPDIR", "LANG", "LC_ALL", "NO_COLOR"}


def test_a_slow_tool_and_its_children_are_killed(attach: Attach, fake_tool: FakeTool, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    script = f"for i in 1 2 3 4 5; do (/bin/sleep 3; echo $i >> {alive}) & done; /bin/sleep 60"
    started = time.monotonic()
    examination = examine(attach({"a.py": EVAL}), path_env=fake_tool("ruff", script), seconds=2)
    assert time.monotonic() - started < 3
    assert [(one.tool, one.why) for one in examination.unseen if one.tool == "ruff"] == [("ruff", "it took too long")]
    time.sleep(max(0.0, started + 4 - time.monotonic()))
    assert not alive.exists()


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 3", "it exited with status 3"),
        ("kill -SEGV $$", "it was killed by signal 11"),
        ("echo not json", "its output could not be read"),
        ("echo '[{}]'", "its output could not be read"),
        ("echo '{\"a\": [null]}'", "its output could not be read"),
        ("exec /nowhere/at/all", "it could not be started"),
    ],
)
def test_a_failed_tool_is_reported(script: str, why: str, attach: Attach, fake_tool: FakeTool) -> None:
    examination = examine(attach({"a.py": EVAL}), path_env=fake_tool("ruff", script))
    assert [one.why for one in examination.unseen if one.tool == "ruff"] == [why]


def test_a_file_that_crashes_a_tool_hides_only_itself(attach: Attach, fake_tool: FakeTool) -> None:
    script = 'for f; do case "$f" in f*) if grep -q crash "$f"; then exit 9; fi;; esac; done; echo "[]"'
    env = fake_tool("ruff", script)
    env["PATH"] += ":/usr/bin:/bin"
    files = {f"a{number}.py": "crash\n" if number == 5 else "fine\n" for number in range(9)}
    examination = examine(attach(files), path_env=env)
    assert [one.path for one in examination.unseen if one.tool == "ruff"] == ["a5.py"]


def test_one_unreadable_workflow_does_not_hide_another(attach: Attach, path_env: dict[str, str]) -> None:
    bad, good = ".github/workflows/a.yml", ".github/workflows/b.yml"
    examination = examine(attach({bad: "jobs: [\n", good: "on: pull_request_target\njobs: {}\n"}), path_env=path_env)
    assert [one.path for one in examination.unseen] == [bad]
    assert examination.answer["files"] != []


def test_a_file_that_cannot_be_parsed_is_reported_even_when_the_error_is_on_an_old_line(
    attach: Attach, path_env: dict[str, str]
) -> None:
    old = "def f(:\n    pass\n"
    examination = examine(attach({"a.py": (old, old + "x = 1\n")}), path_env=path_env)
    assert [(one.path, one.tool) for one in examination.unseen] == [("a.py", "ruff")]


@pytest.mark.parametrize(
    "text", ["", "\n", "\0\n", "\ud800\n", "\ufeffx = 1\n", "x = 1", "\r\r\r\n", "x" * 300_000 + "\n"]
)
def test_unusual_texts_do_not_fail(text: str, attach: Attach, path_env: dict[str, str]) -> None:
    names = ("a.py", "a.sh", "a.js", "Dockerfile", ".github/workflows/a.yml")
    summary = str(examine(attach(dict.fromkeys(names, text)), path_env=path_env).answer["summary"])
    assert summary.startswith(("Checked the added lines of ", "The analyzers did not fully check any changed file."))


def test_a_process_is_bounded_in_output_and_memory(tmp_path: Path) -> None:
    flood = run(
        ["/usr/bin/yes"],
        folder=tmp_path,
        environment={},
        seconds=20,
    )
    limits = run(["/bin/sh", "-c", "ulimit -v; ulimit -c"], folder=tmp_path, environment={}, seconds=5)
    assert isinstance(flood, Ran)
    assert flood.status < 0
    assert isinstance(limits, Ran)
    assert limits.stdout.split() == ["4194304", "0"]


def test_standard_input_is_closed(tmp_path: Path) -> None:
    assert run(["/bin/cat"], folder=tmp_path, environment={}, seconds=5) == Ran(0, "")


def test_a_program_that_does_not_exist_is_not_started(tmp_path: Path) -> None:
    assert run(["/nowhere/at/all"], folder=tmp_path, environment={}, seconds=5) == NOT_STARTED


def test_a_program_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    assert run(["/bin/sleep", "9"], folder=tmp_path, environment={}, seconds=0.2) == TOO_SLOW


def test_a_copy_maps_its_lines_back_to_the_source(tmp_path: Path) -> None:
    copy = write_copy(source_file("a", "1\r\n2\r3\r4\n5", frozenset()), tmp_path, "f1.txt", None)
    assert (tmp_path / "f1.txt").read_bytes() == b"1\n2\n3\n4\n5\n"
    assert [copy.source_line(line) for line in (0, 1, 2, 3, 4, 5, 9)] == [1, 1, 2, 2, 2, 3, 3]
