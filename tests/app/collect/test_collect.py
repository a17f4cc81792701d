"""A collection handles every pull request even if one of them fails."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from reviewbot import cli
from reviewbot.app.collect.collect import collect_finished
from reviewbot.app.collect.deferred import buy_deferred
from reviewbot.app.context import Ports
from reviewbot.domain.github.pull_request import Waiting
from reviewbot.domain.model.events import ChecksEvent
from reviewbot.errors import NotFound, Refused
from tests.app.rig import open_rig, read_outputs

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory


@dataclass
class FailingForge:
    """A GitHub with three waiting pull requests, one of which fails with a given error."""

    fails: Callable[[], Exception | KeyboardInterrupt]
    seen: list[int] = field(default_factory=list)

    def config(self, _path: str) -> None:
        return None

    def waiting(self, _check_names: object) -> Waiting:
        return Waiting((1, 2, 3), frozenset())

    def with_head(self, _branches: object, _head_sha: str) -> tuple[int, ...]:
        return 1, 2, 3

    def snapshot(self, number: int, **_: object) -> Any:  # noqa: ANN401 — never given
        self.seen.append(number)
        raise self.fails() if number == 1 else NotFound("It is gone.")


def world(forge: FailingForge, lines: list[str]) -> Ports:
    unused = dict.fromkeys(("debug", "check_file", "write_file"))
    reporter = SimpleNamespace(say=lines.append, job_summary=lines.append, **unused)
    service = SimpleNamespace(balance=lambda: None)
    parts: dict[str, Any] = {"forge": forge, "changes": None, "reporter": reporter, "clock": None}
    parts["open_service"] = lambda _: service
    return Ports(**parts, rng=Random(0), run_url=None, inputs={})  # noqa: S311 — nothing is drawn


def test_a_bug_in_one_item_is_raised_after_the_others() -> None:
    forge = FailingForge(lambda: TypeError("ours"))
    lines: list[str] = []
    with pytest.raises(TypeError, match="ours"):
        collect_finished(world(forge, lines))
    assert forge.seen == [1, 2, 3]
    assert lines[:2] == ["#2: It is gone.", "#3: It is gone."]
    assert lines[2].splitlines()[4:] == [
        "| `#1` | `A bug in reviewbot stopped the lookup.` |  |",
        *[f"| `#{n}` | `It is gone.` |  |" for n in (2, 3)],
    ]


def test_an_interrupt_ends_the_collection_at_once() -> None:
    forge = FailingForge(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        collect_finished(world(forge, []))
    assert forge.seen == [1]


@pytest.mark.parametrize(
    ("fails", "seen", "logged"),
    [
        (Refused, [1, 2, 3], ["#1: no", "#2: it is gone.", "#3: it is gone."]),
        (TypeError, [1, 2, 3], ["#2: it is gone.", "#3: it is gone."]),
        (KeyboardInterrupt, [1], []),
    ],
)
def test_a_deferred_purchase_that_fails_waits_for_the_others_of_its_head(
    fails: type[Exception], seen: list[int], logged: list[str]
) -> None:
    forge, lines = FailingForge(lambda: fails("No")), list[str]()
    with pytest.raises(fails, match="No"):
        buy_deferred(world(forge, lines), ChecksEvent("c" * 40, ("topic",)))
    assert (forge.seen, lines) == (seen, logged)


def test_the_command_is_the_action_with_the_command_collect(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        env = rig.environment("push", {}, {})
        assert cli.main(["collect"], env, log := io.StringIO()) == 0, log.getvalue()
        assert read_outputs(Path(env["GITHUB_OUTPUT"]).read_text(encoding="utf-8"))["reason"] == "collected"
