"""The images follow GitHub's rules for Docker actions and the project's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

Instruction = tuple[str, str]


SLIM, LOCAL = "Dockerfile", "local.Dockerfile"


@pytest.fixture(scope="module", params=[SLIM, LOCAL])
def instructions(root: Path, request: pytest.FixtureRequest) -> list[Instruction]:
    """Return (instruction, arguments) of a Dockerfile, with continued lines joined."""
    return read_instructions(root / request.param)


def read_instructions(path: Path) -> list[Instruction]:
    text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(name, rest) for name, rest in (line.split(maxsplit=1) for line in lines)]


def test_the_base_is_pinned_by_digest(instructions: list[Instruction]) -> None:
    (base,) = [rest for name, rest in instructions if name == "ARG"]
    assert re.fullmatch(r"BASE=python:3\.13-slim@sha256:[0-9a-f]{64}", base)
    first, *_ = [rest for name, rest in instructions if name == "FROM"]
    assert first == "${BASE} AS builder"


def test_both_images_have_one_base_and_the_slim_one_nothing_else_of_it(root: Path) -> None:
    slim, local = (read_instructions(root / name) for name in (SLIM, LOCAL))
    assert slim[0] == local[0]
    assert [rest for name, rest in slim if name == "FROM"] == ["${BASE} AS builder", "scratch"]
    assert [rest for name, rest in local if name == "FROM"] == ["${BASE} AS builder", "${BASE}"]
    assert [one for one in slim if one[0] in {"ENTRYPOINT", "CMD"}] == [
        one for one in local if one[0] in {"ENTRYPOINT", "CMD"}
    ]


# https://docs.github.com/en/actions/reference/workflows-and-actions/dockerfile-support
def test_no_user_and_no_working_directory_since_github_sets_them(instructions: list[Instruction]) -> None:
    assert not [name for name, _ in instructions if name in {"USER", "WORKDIR"}]


def test_the_entry_point_is_a_list_and_isolated_from_the_working_directory(instructions: list[Instruction]) -> None:
    (entry,) = [json.loads(rest) for name, rest in instructions if name == "ENTRYPOINT"]
    assert entry[0].startswith("/")
    assert "-I" in entry[: entry.index("-m")]
    assert entry[-1] == "reviewbot"


def test_the_image_has_no_secret_or_other_variable(instructions: list[Instruction]) -> None:
    assert {name for name, _ in instructions} <= {"ARG", "FROM", "RUN", "COPY", "ENV", "ENTRYPOINT", "CMD"}
    assert [rest for name, rest in instructions if name == "ENV"] in (
        [],
        ["PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8"],
    )
    assert len([name for name, _ in instructions if name == "ARG"]) == 1


def test_the_dockerignore_file_admits_exactly_what_is_copied(root: Path) -> None:
    lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    instructions = [one for name in (SLIM, LOCAL) for one in read_instructions(root / name)]
    copied = [rest.split()[:-1] for name, rest in instructions if name == "COPY" and not rest.startswith("--from")]
    assert "*" in lines
    assert {source for sources in copied for source in sources} == allowed
