"""Whatever people, CodeVF and a dying runner do, in whatever order: the laws hold after each step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from reviewbot.domain.marks import read_finding_mark
from reviewbot.sandbox.codevf import Answer, HandClock, TaskLife, TaskRequest
from reviewbot.sandbox.codevf.state import standing_of
from reviewbot.sandbox.github import Level
from tests.app.house import CLEAN, HEAD, KEY, REPO, answer, finding
from tests.crash.held import doubles, ledger_of, newest_check, summaries, tasks
from tests.crash.scenarios import DETACHED
from tests.crash.town import Ended, Kind, Point, Town, town

FINDINGS = answer(
    finding("app.py", 10, title="on a line"),
    finding("app.py", 12, severity="critical", title="on a line, and worse"),
    finding("gone.py", 1, code="never there", title="on a file"),
    finding("elsewhere.py", 3, title="in the summary"),
)
RETURNED = 4
SKIP = "skip-review"
LONG = 1_000.0
_SUM = re.compile(r"(\d+) findings? came back: ([^.\n]*)\.")
_EXTRA = re.compile(r"\bx = (\d+)")


def is_clean(number: int) -> bool:
    """Whether the engineer has nothing to say of the change of that number."""
    return number % 2 == 0


def engineer(request: TaskRequest) -> Answer:
    """Reads the number of the change in what was sent."""
    found = [match for one in request.attachments for match in _EXTRA.findall(one.content)]
    return CLEAN if is_clean(int(found[0])) else FINDINGS


class Histories(RuleBasedStateMachine):
    """One pull request. `number` names what its head changes: the same number is the same change."""

    town: ClassVar[Town]
    clock: ClassVar[HandClock]

    def __init__(self) -> None:
        super().__init__()
        here = self.town
        here.life = lambda _: TaskLife(pending=LONG / 2, processing=0)
        self.rig = here.open()
        self.branch = here.world.pull(REPO, self.rig.number).head_ref
        self.number = 1
        self.numbers = {1}
        self.deleted: set[str] = set()
        here.world.push(REPO, self.branch, {"extra.py": "x = 1\n"}, author="mona")

    def teardown(self) -> None:
        self.town.close(self.rig)

    # What people do

    @rule(number=st.integers(0, 3))
    def push(self, number: int) -> None:
        self._push(number, None)

    @rule(number=st.integers(0, 3))
    def force_push(self, number: int) -> None:
        self._push(number, (self.town.world.store.git(REPO).branches()["main"],))

    def _push(self, number: int, parents: tuple[str, ...] | None) -> None:
        self.number = number
        self.numbers.add(number)
        files = {**HEAD, "extra.py": f"x = {number}\n"}
        self.town.world.push(REPO, self.branch, files, author="mona", parents=parents)

    @precondition(lambda self: self.town.world.store.replies_of((REPO, self.rig.number)))
    @rule(data=st.data())
    def delete_a_comment(self, data: st.DataObject) -> None:
        there = list(self.town.world.store.replies_of((REPO, self.rig.number)))
        if not there:
            return
        chosen = data.draw(st.sampled_from([one.id for one in there]))
        [body] = [one.body for one in there if one.id == chosen]
        self.town.world.delete_comment(chosen)
        mark = read_finding_mark(body)
        if mark:  # one that a killed run had not yet written down is not known to have been there
            self.deleted |= set(mark.ids) & ledger_of(self.rig).posted

    @rule()
    def delete_the_summary(self) -> None:
        for one in summaries(self.rig):
            self.town.world.delete_comment(one.id)
            self.deleted.clear()

    @rule()
    def edit_the_ledger(self) -> None:
        for one in summaries(self.rig):
            self.town.world.edit_comment(one.id, "mallory", re.sub(r"(ledger:v2 .{9}).", r"\1_", one.body))
            self.deleted.clear()

    @rule(by=st.sampled_from(["boss", "mona"]))
    def label(self, by: str) -> None:
        self.town.world.label(REPO, self.rig.number, SKIP, by)

    @rule()
    def unlabel(self) -> None:
        if SKIP in self.town.world.pull(REPO, self.rig.number).labels:
            self.town.world.unlabel(REPO, self.rig.number, SKIP, "boss")

    # What CodeVF does

    @rule()
    def every_task_ends(self) -> None:
        self.clock.advance(LONG)

    @rule()
    def tasks_end_without_a_result(self) -> None:
        account = self.town.service.account(KEY)
        for task in tasks(self.rig):
            if not standing_of(task, self.clock()).ended:
                self.town.service.cancel_task(account, task.id)

    # What runners do

    @rule()
    def run(self) -> None:
        self._fine(self.town.run(self.rig, DETACHED))

    @rule()
    def collect(self) -> None:
        self._fine(self.town.run(self.rig, {"command": "collect"}))

    @rule(nth=st.integers(1, 9), kind=st.sampled_from(Kind), service=st.sampled_from(["github", "github", "codevf"]))
    def run_disturbed(self, nth: int, kind: Kind, service: str) -> None:
        ended = self.town.run(self.rig, DETACHED, Point(service, nth, kind))
        if not ended.struck:
            self._fine(ended)

    def _fine(self, ended: Ended) -> None:
        assert ended.exit_status in {0, 1, 3}, ended.log
        assert not doubles(self.rig)
        assert len(summaries(self.rig)) <= 1
        self._sum_is_whole()

    def _sum_is_whole(self) -> None:
        for one in summaries(self.rig):
            for match in _SUM.finditer(one.body):
                assert int(match[1]) in {0, RETURNED}, one.body
                assert int(match[1]) == sum(int(number) for number in re.findall(r"\d+", match[2])), match[0]

    # The laws

    @invariant()
    def never_paid_twice(self) -> None:
        bought = tasks(self.rig)
        failed = [one for one in bought if one.cancelled_at is not None]
        assert len(bought) <= len(self.numbers) + len(failed)

    @invariant()
    def what_people_deleted_stays_away(self) -> None:
        marks = [read_finding_mark(one.body) for one in self.town.world.store.replies_of((REPO, self.rig.number))]
        assert not self.deleted & {one for mark in marks if mark for one in mark.ids}

    @invariant()
    def never_green_by_accident(self) -> None:
        check = newest_check(self.rig)
        if check is None or check.conclusion in {None, "failure", "action_required"}:
            return
        if check.conclusion == "skipped":
            return
        assert check.conclusion == "success"
        assert is_clean(self.number), "the check of a change with open findings is green"
        done = [one for one in tasks(self.rig) if engineer(one.request) is CLEAN]
        assert any(standing_of(one, self.clock()).status == "completed" for one in done)


def play(folder: Path, *, examples: int, steps: int) -> None:
    """Play so many histories of so many steps each."""
    clock = HandClock()
    with town(folder, engineer, clock) as here:
        here.world.grant(REPO, "boss", Level.ADMIN)
        here.world.grant(REPO, "mona", Level.WRITE)
        run_state_machine_as_test(
            type("Here", (Histories,), {"town": here, "clock": clock}),
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                derandomize=True,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


@pytest.mark.timeout(300)
def test_the_laws_hold_after_each_step_of_any_history(tmp_path: Path) -> None:
    play(tmp_path, examples=6, steps=12)
