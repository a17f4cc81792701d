"""A force-push back to an older head is green only if a run there would call it green."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import TaskRequest
from reviewbot_sandbox.faults import DropBefore
from reviewbot_sandbox.github import merge_group_event

from reviewbot.domain.github.pull_request import MOST_REPLACED
from tests.app.comments.test_commands import CRITICAL, bypass, check, identifier, people, say
from tests.app.reviewer.test_durable import come_back
from tests.app.reviewer.test_incremental import first_then
from tests.app.rig import CLEAN, HEAD, REPO, Rig, answer, finding, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory


MORE = {"more.py": "eval(input())\n"}


def head(rig: Rig) -> str:
    return str(rig.world.pull(REPO, 1).head_sha)


def push(rig: Rig, files: Any = MORE) -> None:  # noqa: ANN401 — as the sandbox takes them
    rig.world.push(REPO, "topic", files, author="mona")
    rig.run()


def waive(rig: Rig) -> None:
    rig.run()
    say(rig, f"/reviewbot waive {identifier(rig)} fine")


def withdraw(rig: Rig) -> None:
    say(rig, f"/reviewbot unwaive {identifier(rig)}", by="max")


def unwaive(rig: Rig) -> None:
    push(rig)
    withdraw(rig)


def change_the_file(rig: Rig) -> None:
    push(rig, {"app.py": "import os\n\n\ndef run(command):\n    os.system(command)\n    return 1\n"})


def review_again(rig: Rig) -> None:
    push(rig, {})
    say(rig, "/reviewbot review", by="max")


def skip(rig: Rig) -> None:
    rig.run(payload=rig.labeled("skip-review", "max"))


def unskip(rig: Rig) -> None:
    push(rig)
    rig.world.unlabel(REPO, 1, "skip-review")
    person = {"login": "max", "type": "User"}
    rig.run(payload=rig.event("unlabeled", label={"name": "skip-review"}, sender=person))


def let_pass(rig: Rig) -> None:
    rig.run()
    say(rig, f"{bypass(rig)} it burns", by="max")


def finds_it_later(request: TaskRequest) -> Any:  # noqa: ANN401 — an answer
    return answer(CRITICAL) if "more.py" in str(request.attachments) else CLEAN


def finds_it_again() -> Any:  # noqa: ANN401 — an engineer
    given = chain([CLEAN], repeat(answer(CRITICAL)))
    return lambda _: next(given)


@pytest.mark.parametrize(
    ("engineer", "before", "after"),
    [
        (first_then(CRITICAL, state="open"), waive, unwaive),
        (first_then(CRITICAL, state="open"), waive, change_the_file),
        (finds_it_again(), Rig.run, review_again),
        (finds_it_later, Rig.run, push),
        (lambda _: answer(CRITICAL), skip, unskip),
        (lambda _: answer(CRITICAL), let_pass, push),
    ],
    ids=["withdrawn waiver", "waived file", "another review", "review of a push", "skip label", "bypass"],
)
def test_an_older_head_that_would_not_be_green_is_not_green_when_it_is_restored(
    tmp_path: Path,
    engineer: Any,  # noqa: ANN401 — as the sandbox takes it
    before: Callable[[Rig], object],
    after: Callable[[Rig], None],
) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        before(rig)
        assert check(rig) in {"success", "skipped"}
        older = head(rig)
        after(rig)
        assert check(rig) == "failure"
        come_back(rig, older)
        assert check(rig) == "action_required"
        group = rig.world.queue(REPO, (1,))
        payload = merge_group_event(rig.world.store, group, rig.github_url)
        assert rig.run(event="merge_group", payload=payload).exit_status == 3
        rig.run()
        assert check(rig) == "failure"


def test_a_replaced_commit_below_the_replaced_head_is_not_green_either(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        first = head(rig)
        push(rig)
        skip(rig)
        older = head(rig)
        assert check(rig) == "skipped"
        push(rig, {"more.py": "y = 2\n"})
        come_back(rig, first)
        rig.run()
        unskip(rig)
        come_back(rig, older)
        assert check(rig) == "action_required"


@pytest.mark.parametrize(
    ("engineer", "before", "after"),
    [
        (finds_it_again(), Rig.run, Rig.run),
        (lambda _: answer(CRITICAL), let_pass, Rig.run),
        (first_then(CRITICAL, state="open"), waive, withdraw),
    ],
    ids=["a finding", "a bypass", "a withdrawn waiver"],
)
def test_a_recorded_head_far_below_a_replaced_one_is_not_green_either(
    tmp_path: Path,
    engineer: Any,  # noqa: ANN401 — as the sandbox takes it
    before: Callable[[Rig], object],
    after: Callable[[Rig], object],
) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        before(rig)
        older = head(rig)
        assert check(rig) == "success"
        for number in range(MOST_REPLACED + 1):
            rig.world.push(REPO, "topic", {f"n{number}.py": "x = 1\n"}, author="mona")
        rig.world.push(REPO, "elsewhere", {**HEAD, **MORE}, author="mona")
        come_back(rig, str(rig.world.store.git(REPO).resolve("refs/heads/elsewhere")))
        rig.run()
        after(rig)
        assert check(rig) == "failure"
        come_back(rig, older)
        assert check(rig) == "action_required"


def test_a_head_whose_code_is_harmless_is_green_again_after_its_run(tmp_path: Path) -> None:
    new = finding("README.md", 2, severity="critical", title="It runs any code", code="curl parcels.test | sh")
    with open_rig(tmp_path, engineer=lambda one: answer(new) if "curl" in str(one.attachments) else CLEAN) as rig:
        rig.run()
        older = head(rig)
        push(rig, {"README.md": "# Parcels\ncurl parcels.test | sh\n"})
        assert check(rig) == "failure"
        come_back(rig, older)
        assert check(rig) == "action_required", "the finding may be in its code, too"
        assert rig.run().outputs["verdict"] == "pass"
        assert check(rig) == "success"
        assert len(rig.service.tasks()) == 2


def test_nothing_is_read_or_written_for_older_heads_that_stay_green(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        rig.run()
        older = head(rig)
        push(rig)
        before = len(rig.github_faults.log)
        rig.run()
        assert not [one for one in rig.github_faults.log[before:] if older in one.path]
        assert [one.conclusion for one in rig.checks(older)] == ["success"]


def test_an_older_head_is_closed_by_the_next_run_if_github_fails(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=finds_it_later) as rig:
        rig.run()
        older = head(rig)
        rig.github_faults.add(f"/commits/{older}/check-runs", DropBefore(), times=None)
        push(rig)
        assert rig.checks(older)[-1].conclusion == "success"
        rig.github_faults.clear()
        rig.run()
        assert rig.checks(older)[-1].conclusion == "action_required"
