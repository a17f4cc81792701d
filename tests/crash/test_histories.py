"""Whatever people, CodeVF and a dying runner do, in whatever order: the laws hold after each step."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from reviewbot_sandbox.codevf import HandClock
from reviewbot_sandbox.codevf.state import standing_of
from reviewbot_sandbox.fault_rules import DropBefore, Reply
from reviewbot_sandbox.github import Level

from reviewbot.domain.codevf.batches import split_ids
from reviewbot.domain.findings.markers import read_finding_mark
from reviewbot.domain.ledger.ledger import TaskState
from tests.app.house import KEY, REPO
from tests.crash.held import answers, doubles, ledger_of, newest_check, summaries, tasks
from tests.crash.laws import is_reviewed_whole, paid_twice, selected, status, unread
from tests.crash.minds import Variant, engineer, found, is_worst_found
from tests.crash.people import COMMANDS, LONG, VARIANTS, People
from tests.crash.scenarios import DETACHED
from tests.crash.town import Ended, Kind, Moment, Point, town

_SUM = re.compile(r"(\d+) findings? came back: ([^.\n]*)\.")
MOMENTS = {
    "reads": Moment("github", "POST", "/graphql", recorded=True),
    "buys": Moment("codevf", "POST", "/tasks/create"),
    "has bought": Moment("codevf", "POST", "/tasks/create", recorded=True),
    "waits": Moment("codevf", "GET", "/tasks/task_"),
    "writes a comment": Moment("github", "POST", r"/(comments|reviews)$"),
    "edits a comment": Moment("github", "PATCH", "/comments/"),
    "writes the check": Moment("github", "POST", "/check-runs"),
    "edits the check": Moment("github", "PATCH", "/check-runs"),
}
BLIND = {"edits a comment", "edits the check", "writes the check"}
"""Moments after which a run may write the summary without reading it once more. GitHub has no compare-and-set: what a
command changes just then is written over."""


class Histories(People):
    """What CodeVF and runners do to the pull request, and the laws."""

    def teardown(self) -> None:
        """When everything that was bought is there, it has been published, and nobody has to come by any more."""
        self.inputs = {}
        self.change_the_base("main")
        self.clock.advance(LONG)
        self._run(DETACHED)
        for _ in range(3):  # one for the older reviews, one for what was postponed for them, one for that
            self.clock.advance(LONG)
            self._run({"command": "collect"})
        purchases = ledger_of(self.rig).purchases
        self.town.close(self.rig)
        assert not unread(self.rig, self.past, checks_alone=self.checks_alone), purchases
        assert (check := newest_check(self.rig)) is None or check.conclusion, "a check waits for an unknown task"

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
        self._run(DETACHED)

    @rule()
    def a_review_comes_in(self) -> None:
        for _ in range(2):
            self._run(DETACHED)
            self.clock.advance(LONG)
        self._run(DETACHED)

    @rule()
    def collect(self) -> None:
        self._run({"command": "collect"})

    @rule(word=COMMANDS, by=st.sampled_from(["boss", "boss", "mona"]), heard=st.booleans())
    def command(self, word: str, by: str, heard: bool) -> None:  # noqa: FBT001 — as above
        """A run hears it at once, or the next one finds it."""
        text = self._said(word)
        if heard:
            self._fine(self.town.answer(self.rig, by, text, {**self.inputs, **DETACHED}), collects=True)
        else:
            self.town.world.comment(REPO, self.rig.number, by, text)
        self._reach(f"/reviewbot {word}")

    @rule(refused=st.booleans())
    def run_without_the_service(self, refused: bool) -> None:  # noqa: FBT001 — as above
        """Nothing is recorded; the run is told so, or hears nothing."""
        no = (
            Reply(402, body=b'{"error": {"code": "INSUFFICIENT_CREDITS", "message": "no"}}')
            if refused
            else DropBefore()
        )
        self.town.faults["codevf"].add("/tasks/create", no, times=None, method="POST")
        ended = self.town.run(self.rig, {**self.inputs, **DETACHED})
        self.town.faults["codevf"].clear()
        self._fine(ended)

    @rule(nth=st.integers(1, 9), kind=st.sampled_from(Kind), service=st.sampled_from(["github", "github", "codevf"]))
    def run_disturbed(self, nth: int, kind: Kind, service: str) -> None:
        ended = self.town.run(self.rig, {**self.inputs, **DETACHED}, Point(service, nth, kind))
        if not ended.struck:
            self._fine(ended)

    @rule(at=st.sampled_from(sorted(MOMENTS)), waits=st.booleans(), word=COMMANDS)
    def run_while_a_command_is_heard(self, at: str, waits: bool, word: str) -> None:  # noqa: FBT001 — as above
        text, done = self._said(word), list[Sequence[Any]]()

        def happens() -> Ended:
            ended = self.town.answer(self.rig, "boss", text, {**self.inputs, **DETACHED})
            if [*answers(self.rig)][-1:] == ["+1"]:
                done.append(tasks(self.rig))
            return ended

        self._beside(at, waits, f"/reviewbot {word}", happens)
        for there in done if word == "cancel" or at not in BLIND else ():
            self._is_kept(word, text, there, at)

    def _is_kept(self, word: str, text: str, there: Sequence[Any], at: str) -> None:
        """What was answered to be done is so when the other run has ended, too."""
        ledger = ledger_of(self.rig)
        if word == "cancel":
            assert all(standing_of(one, self.clock()).ended for one in there), "a task goes on that was cancelled"
            assert at != "waits" or len(tasks(self.rig)) == len(there), "another was bought in place of a cancelled one"
        if word == "waive":
            record = ledger.findings.find(text.split()[2])
            assert record is None or record.waiver is not None or not record.standing.is_open, "a waiver is forgotten"
        if word == "bypass" and self.inputs.get("check-run") != "false":
            self._run(DETACHED)  # what the other one wrote into the check is red, and put right by the next
            assert newest_check(self.rig).conclusion in {"success", "skipped"}, "a bypass is forgotten"
        self._reach(f"kept: {word}")

    @rule(at=st.sampled_from(sorted(MOMENTS)), waits=st.booleans(), variant=VARIANTS)
    def run_while_somebody_pushes(self, at: str, waits: bool, variant: Variant) -> None:  # noqa: FBT001 — as above
        def happens() -> Ended:
            self._push(variant, None)
            return self.town.run(self.rig, {**self.inputs, **DETACHED})

        self._beside(at, waits, "a push", happens)

    @rule(at=st.sampled_from(sorted(MOMENTS)), waits=st.booleans(), collects=st.booleans())
    def run_while_another_does(self, at: str, waits: bool, collects: bool) -> None:  # noqa: FBT001 — as above
        inputs = {"command": "collect"} if collects else DETACHED
        name = "a collection" if collects else "another run"
        self._beside(at, waits, name, lambda: self.town.run(self.rig, {**self.inputs, **inputs}))

    def _beside(self, at: str, waits: bool, name: str, happens: Callable[[], Ended]) -> None:  # noqa: FBT001 — as above
        """A run that is held up at a moment till another one has ended: both end as they should."""
        others: list[Ended] = []
        inputs = {**self.inputs, **({} if waits else DETACHED)}
        own = self.town.run_beside(self.rig, inputs, MOMENTS[at], lambda: others.append(happens()))
        for ended in (own, *others):
            assert ended.exit_status in {0, 1, 3}, ended.log
        assert not doubles(self.rig)
        if others:
            self._reach(f"{name} while a run {at}")

    def _run(self, inputs: Mapping[str, str]) -> None:
        self._fine(self.town.run(self.rig, {**self.inputs, **inputs}), collects="command" in inputs)

    def _fine(self, ended: Ended, *, collects: bool = False) -> None:
        assert ended.exit_status in {0, 1, 3}, ended.log
        assert not doubles(self.rig)
        assert len(summaries(self.rig)) <= 1
        self._sum_is_whole()
        self.ran = not collects and self.inputs.get("check-run") != "false"

    def _sum_is_whole(self) -> None:
        told = {len(found(one.request)) for one in tasks(self.rig)}
        for one in summaries(self.rig):
            for match in _SUM.finditer(one.body):
                assert int(match[1]) in told, one.body
                assert int(match[1]) == sum(int(number) for number in re.findall(r"\d+", match[2])), match[0]

    # The laws

    @invariant()
    def never_paid_twice(self) -> None:
        self.past.look_at_tasks(self.rig)
        assert not paid_twice(self.rig, self.past, checks_alone=self.checks_alone)

    @invariant()
    def what_people_answered_and_resolved_stands(self) -> None:
        store = self.town.world.store
        assert self.answered <= {one.id for one in self._threads()}
        assert all(store.threads[one].resolved_by == "boss" for one in self.resolved if one in store.threads)

    @invariant()
    def what_people_deleted_stays_away(self) -> None:
        marks = [read_finding_mark(one.body) for one in self.town.world.store.replies_of((REPO, self.rig.number))]
        assert not self.deleted & {one for mark in marks if mark for one in mark.ids}

    @invariant()
    def never_green_by_accident(self) -> None:
        """What stands since people changed something else is judged when a run has ended, or has written it anew."""
        check, ran = newest_check(self.rig), self.ran
        now = (check.id, check.conclusion) if check else ()
        stood, self.judged, self.ran = now == self.judged, now, False
        bypassed = check is not None and self._is_bypassed(check.head_sha)
        if check is None or check.conclusion in {None, "failure", "action_required"} or (stood and not ran):
            return
        self._reach(f"green: {check.conclusion}{', let through' if bypassed else ''}")
        if check.conclusion == "skipped":
            self._no_review_is_due(check.head_sha)
        elif not bypassed:
            assert check.conclusion == "success"
            self._is_reviewed(ran=ran)

    def _no_review_is_due(self, head_sha: str) -> None:
        """Somebody who may has said so, or there is nothing to review and never was on this commit."""
        if head_sha not in self.skips:
            assert not selected(self.rig, self._paths()), "a review is due"
            assert self.past.bases[head_sha] <= {self._base()}, "it was due for another branch"

    def _is_reviewed(self, *, ran: bool) -> None:
        tried = [self._paths()] if ran else sorted(self.tried)
        assert any(is_reviewed_whole(self.rig, paths, self.past) for paths in tried), "nobody has seen all of it"
        if self.variant.mended or self.losses:
            return
        ledger = ledger_of(self.rig)
        states = {one: entry.state for entry in ledger.purchases for one in split_ids(entry.task_id)}
        done = [one for one in tasks(self.rig) if states.get(one.id) is TaskState.DONE and self._is_completed(one)]
        waived = any(one.waiver and one.waiver.by == "boss" for one in ledger.findings.open())
        assert waived or not any(is_worst_found(one.request) for one in done), "an open critical finding is forgotten"

    def _is_completed(self, task: Any) -> bool:  # noqa: ANN401 — a record of the sandbox
        return status(self.rig, task) == "completed"

    def _paths(self) -> tuple[str, ...]:
        return tuple(self.inputs.get("paths", "").split())

    def _is_bypassed(self, head_sha: str) -> bool:
        """Whether the one who may has let this head through to this branch, as far as it was ever written down."""
        bypass = ledger_of(self.rig).bypass
        if bypass is not None:
            assert bypass.by == "boss", "its author let it through"
            self.let_through_heads.add((bypass.head_sha, bypass.base_ref))
        return (head_sha, self._base()) in self.let_through_heads


def play(folder: Path, *, examples: int, steps: int, seed: int = 0) -> Counter[str]:
    """Play so many histories of so many steps each, the same ones for the same seed; what was reached."""
    clock, reached = HandClock(), Counter[str]()
    with town(folder, engineer, clock) as here:
        here.world.push(REPO, "release", {"release.md": "1.0\n"}, message="Release")
        here.world.grant(REPO, "boss", Level.ADMIN)
        here.world.grant(REPO, "mona", Level.WRITE)
        histories = type("Here", (Histories,), {"town": here, "clock": clock, "reached": reached})
        run_state_machine_as_test(
            hypothesis.seed(seed)(histories),
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    return reached


@pytest.mark.timeout(300)
def test_the_laws_hold_after_each_step_of_any_history(tmp_path: Path) -> None:
    play(tmp_path, examples=4, steps=12)
