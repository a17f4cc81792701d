"""Random histories of what people and reviewbot do: both sides tell the same at every moment.

`CONTRACT_SEEDS=100-200` plays other ones, `CONTRACT_SEEDS=117` one of them with a comparison after every act.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
from reviewbot_sandbox.github import build_github

from tests.contract.ports.conftest import Servers
from tests.contract.ports.github_harness import MemoryGitHub, SandboxGitHub
from tests.contract.ports.pair import Pair, play

ACTS = 40
EVERY = 8


def seeds() -> list[int]:
    first, _, last = os.environ.get("CONTRACT_SEEDS", "0-2").partition("-")
    return list(range(int(first), int(last or first) + 1))


@pytest.mark.parametrize("seed", seeds())
def test_both_sides_tell_the_same(seed: int, servers: Servers, tmp_path: Path) -> None:
    sandbox = SandboxGitHub(tmp_path / "git", servers.github_url)
    servers.github.app = build_github(sandbox.world)
    pair = Pair((MemoryGitHub(), sandbox), Random(seed))  # noqa: S311 — replayed by its seed
    try:
        play(pair, ACTS, 1 if len(seeds()) == 1 else EVERY)
    finally:
        sandbox.stop()
