"""The image keeps GitHub's rules for Docker actions, and ours."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

Instruction = tuple[str, str]


@pytest.fixture(scope="module")
def instructions(root: Path) -> list[Instruction]:
    """(instruction, arguments) of the Dockerfile, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (root / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [(name, rest) for name, rest in (line.split(maxsplit=1) for line in lines)]


def test_the_base_is_pinned_by_digest_and_is_the_base_of_every_stage(instructions: list[Instruction]) -> None:
    (base,) = [rest for name, rest in instructions if name == "ARG"]
    assert re.fullmatch(r"BASE=python:3\.13-slim@sha256:[0-9a-f]{64}", base)
    assert [rest for name, rest in instructions if name == "FROM"] == ["${BASE} AS builder", "${BASE}"]


# https://docs.github.com/en/actions/reference/workflows-and-actions/dockerfile-support
def test_no_user_and_no_working_directory_since_github_sets_them(instructions: list[Instruction]) -> None:
    assert not [name for name, _ in instructions if name in {"USER", "WORKDIR"}]


def test_the_entry_point_is_a_list_and_isolated_from_the_working_directory(instructions: list[Instruction]) -> None:
    (entry,) = [json.loads(rest) for name, rest in instructions if name == "ENTRYPOINT"]
    assert entry[0].startswith("/")
    assert "-I" in entry[: entry.index("-m")]
    assert entry[-1] == "reviewbot"


def test_no_secret_is_built_in(instructions: list[Instruction]) -> None:
    assert {name for name, _ in instructions} <= {"ARG", "FROM", "RUN", "COPY", "ENTRYPOINT", "CMD"}
    assert len([name for name, _ in instructions if name == "ARG"]) == 1


def test_everything_that_is_copied_is_let_in_and_nothing_else(root: Path, instructions: list[Instruction]) -> None:
    lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = [rest.split()[:-1] for name, rest in instructions if name == "COPY" and not rest.startswith("--from")]
    assert "*" in lines
    assert {source for sources in copied for source in sources} == allowed
