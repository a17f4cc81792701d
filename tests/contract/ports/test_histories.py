"""Random histories of people, time and reviewbot: both sides return the same at every moment.

`CONTRACT_SEEDS=100-200` plays other ones, `CONTRACT_SEEDS=117` one of them with a comparison after every act.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from reviewbot_sandbox.codevf import CodeVFService, build_codevf
from reviewbot_sandbox.github import build_github

from reviewbot.domain.model.review import Attachment, Mode, Task, TaskStatus
from reviewbot.errors import ReviewbotError, ServiceRefused
from tests.contract.ports.codevf_harness import LARGEST, CodeVFHarness, MemoryCodeVF, SandboxCodeVF
from tests.contract.ports.github_harness import MemoryGitHub, SandboxGitHub
from tests.contract.ports.pair import Pair, play
from tests.contract.ports.servers import Servers, judge
from tests.contract.ports.states import submission

ACTS = 40
EVERY = 8


def seeds() -> list[int]:
    first, _, last = os.environ.get("CONTRACT_SEEDS", "0-2").partition("-")
    return list(range(int(first), int(last or first) + 1))


EACH_SEED = pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=pytest.mark.proof if number else ()) for number, seed in enumerate(seeds())]
)
"""The first history runs in `make test`, the others in `make proof`."""


@EACH_SEED
def test_both_githubs_return_the_same(seed: int, servers: Servers, tmp_path: Path) -> None:
    sandbox = SandboxGitHub(tmp_path / "git", servers.github_url)
    servers.github.app = build_github(sandbox.world)
    pair = Pair((MemoryGitHub(), sandbox), Random(seed))  # noqa: S311 — replayed by its seed
    try:
        play(pair, ACTS, 1 if len(seeds()) == 1 else EVERY)
    finally:
        sandbox.stop()
    judge(servers.referee)


Act = Callable[[CodeVFHarness, list[str]], object]
"""An act on one service; the list has the ids of its tasks."""


@EACH_SEED
def test_both_codevfs_return_the_same(seed: int, servers: Servers) -> None:
    def serve(service: CodeVFService) -> None:
        servers.codevf.app = build_codevf(service)

    sandbox, rng = SandboxCodeVF(servers.codevf_url, serve), Random(seed)  # noqa: S311 — replayed by its seed
    sides: tuple[tuple[CodeVFHarness, list[str]], ...] = ((MemoryCodeVF(), []), (sandbox, []))
    log: list[str] = []
    try:
        for _ in range(120):
            what, act = chosen(rng)
            log.append(what)
            memory, http = (attempt(act, *side) for side in sides)
            assert memory == http, f"{log[-30:]}\nin memory: {memory}\non the sandbox: {http}"
    finally:
        sandbox.stop()
        servers.referee.violations.clear()  # a repeat is answered whatever it holds, and here it is often wrong


def attempt(act: Act, harness: CodeVFHarness, tasks: list[str]) -> tuple[object, ...]:
    """Return an act's result, and the account and tasks after it."""
    outcome: object
    try:
        outcome = act(harness, tasks)
    except ReviewbotError as error:
        outcome = (type(error), error.status if isinstance(error, ServiceRefused) else None)
    states = [facts(harness.service.retrieve(one)) for one in tasks]
    return outcome, harness.service.balance(), states, harness.tasks()


def facts(task: Task) -> tuple[object, ...]:
    return task.status, task.status_text, task.result, task.credits_used


def chosen(rng: Random) -> tuple[str, Act]:
    """Return a random act and its name."""
    seconds = rng.choice([1.0, 9.0, 60.0, 3600.0, 23 * 3600.0])
    end = rng.choice([TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.EXPIRED, TaskStatus.CANCELLED])
    place, key, most = rng.randrange(6), rng.randrange(6), rng.choice([60, 239, 240, 241, 300, 601])
    mode, tag = rng.choice(list(Mode)), rng.choice([None, 1, 2, 3, 4])
    text = rng.choice(["+ one\n", "+ one\n", "x" * 2 * LARGEST])

    def create(harness: CodeVFHarness, tasks: list[str]) -> int:
        files = (Attachment("change.diff", text),)
        wanted = submission(harness.service, key=key, max_credits=most, mode=mode, tag_id=tag, attachments=files)
        made = harness.service.create(wanted).id
        if made not in tasks:
            tasks.append(made)
        return tasks.index(made)

    def cancel(harness: CodeVFHarness, tasks: list[str]) -> None:
        harness.service.cancel(tasks[place] if place < len(tasks) else "task_none")

    acts: dict[str, Act] = {
        f"wait {seconds}": lambda harness, _tasks: harness.advance(seconds),
        f"tasks end as {end}": lambda harness, _tasks: harness.next_end(end),
        f"create {key} {most} {mode} {tag} {len(text)}": create,
        f"cancel {place}": cancel,
    }
    (name,) = rng.choices(list(acts), [3, 1, 5, 2])
    return name, acts[name]
