"""Whatever people, CodeVF and a dying runner do, in whatever order: the laws hold after each step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from reviewbot.domain.ledger import TaskState
from reviewbot.domain.marks import read_finding_mark
from reviewbot.domain.model import Severity
from reviewbot.sandbox.codevf import Answer, HandClock, TaskLife, TaskRequest
from reviewbot.sandbox.codevf.state import standing_of
from reviewbot.sandbox.fault_rules import DropBefore, Reply
from reviewbot.sandbox.github import Level
from tests.app.house import HEAD, KEY, REPO, answer, earlier, finding
from tests.crash.held import doubles, ledger_of, newest_check, questions, summaries, tasks
from tests.crash.scenarios import DETACHED
from tests.crash.town import Ended, Kind, Point, Town, town

SHELL = "os.system(command)"
FINDINGS = (
    finding("app.py", 10, title="on a line"),
    finding("app.py", 12, severity="critical", title="on a line, and worse", code=SHELL),
    finding("gone.py", 1, code="never there", title="on a file"),
    finding("elsewhere.py", 3, title="in the summary"),
)
RETURNED = len(FINDINGS)
SKIP = "skip-review"
LONG = 1_000.0
_SUM = re.compile(r"(\d+) findings? came back: ([^.\n]*)\.")
_EXTRA = re.compile(r"\bx = (\d+)")


@dataclass(frozen=True, slots=True)
class Variant:
    """What the head changes: a number that says how its engineer is minded, and whether the worst line is mended."""

    number: int
    mended: bool = False

    @property
    def is_clean(self) -> bool:
        """Whether its engineer has nothing new to say."""
        return self.number % 2 == 0

    def files(self) -> dict[str, str | None]:
        """The files at such a head."""
        app = str(HEAD["app.py"])
        return {
            **HEAD,
            "app.py": app.replace(SHELL, "run(command)") if self.mended else app,
            "extra.py": f"x = {self.number}\n",
        }


def sent(request: TaskRequest) -> Variant:
    """Which head a submission is of."""
    texts = [one.content for one in request.attachments if one.file_name != "review-so-far.txt"]
    found = [match for text in texts for match in _EXTRA.findall(text)]
    return Variant(int(found[0]), not any(f"+{SHELL}" in text for text in texts))


def engineer(request: TaskRequest) -> Answer:
    """Reports what there is, unless minded otherwise; calls the worst finding fixed, even where that is a lie."""
    variant = sent(request)
    worst = [one for one in earlier(request) if one["severity"] == "critical"]
    word = "fixed" if variant.mended or variant.number > 1 else "open"
    previous = [{"id": one["id"], "state": word, "note": ""} for one in worst]
    found = () if variant.is_clean else FINDINGS if not variant.mended else FINDINGS[:1]
    return answer(*found, previous=previous)


class Histories(RuleBasedStateMachine):
    """One pull request. The same variant is the same change."""

    town: ClassVar[Town]
    clock: ClassVar[HandClock]

    def __init__(self) -> None:
        super().__init__()
        here = self.town
        here.life = lambda _: TaskLife(pending=LONG / 4, processing=LONG / 2)
        self.rig = here.open()
        self.branch = here.world.pull(REPO, self.rig.number).head_ref
        self.variant = Variant(1)
        self.losses = 0
        self.changes: set[frozenset[tuple[str, str, bytes | None]]] = set()
        self.deleted: set[str] = set()
        self.answered: set[int] = set()
        self.resolved: set[int] = set()
        self.let_through_heads: set[str] = set()
        here.world.push(REPO, self.branch, self.variant.files(), author="mona")
        self._changed()

    def _changed(self) -> None:
        """One more change that may be bought, unless it was there before."""
        there = self.town.world.store.changes_of(self.town.world.pull(REPO, self.rig.number))
        self.changes.add(frozenset((one.path, one.oid, one.patch) for one in there))

    def teardown(self) -> None:
        """When everything that was bought is there, it has been published, and nobody has to come by any more."""
        self.clock.advance(LONG)
        for _ in range(2):  # one for the older reviews, and one for what was postponed for them
            self._fine(self.town.run(self.rig, {"command": "collect"}))
            self.clock.advance(LONG)
        self._fine(self.town.run(self.rig, {"command": "collect"}))
        self.town.close(self.rig)
        purchases = ledger_of(self.rig).purchases
        published = {one.task_id for one in purchases if one.state is TaskState.DONE}
        done = [one for one in tasks(self.rig) if standing_of(one, self.clock()).status == "completed"]
        lost = [one.id for one in done if one.id not in published]
        assert not lost, (lost, purchases)
        assert not [one for one in questions(self.rig) if one.cancelled_at is None]
        assert not [one for one in purchases if one.state is TaskState.INTENT], purchases

    # What people do

    @rule(number=st.integers(0, 3), mended=st.booleans())
    def push(self, number: int, mended: bool) -> None:  # noqa: FBT001 — Hypothesis passes it by name
        self._push(Variant(number, mended), None)

    @rule(number=st.integers(0, 3), mended=st.booleans())
    def force_push(self, number: int, mended: bool) -> None:  # noqa: FBT001 — as above
        self._push(Variant(number, mended), (self._tip(),))

    @rule()
    def rebase(self) -> None:
        self.town.world.push(REPO, "main", {"docs.md": f"{self._tip()}\n"}, message="Elsewhere")
        self._push(self.variant, (self._tip(),))

    def _tip(self) -> str:
        return self.town.world.store.git(REPO).branches()["main"]

    def _push(self, variant: Variant, parents: tuple[str, ...] | None) -> None:
        self.variant = variant
        self.town.world.push(REPO, self.branch, variant.files(), author="mona", parents=parents)
        self._changed()

    @rule(base=st.sampled_from(["main", "release"]))
    def change_the_base(self, base: str) -> None:
        self.town.world.retarget(REPO, self.rig.number, base)
        self._changed()

    @precondition(lambda self: self._threads())
    @rule(data=st.data(), resolve=st.booleans())
    def answer_or_resolve(self, data: st.DataObject, resolve: bool) -> None:  # noqa: FBT001 — as above
        chosen = data.draw(st.sampled_from(self._threads()))
        if resolve:
            self.town.world.resolve(chosen.thread_id, "boss")
            self.resolved.add(chosen.thread_id)
        else:
            self.town.world.reply(chosen.id, "mona", "Is it?")
            self.answered.add(chosen.id)

    def _threads(self) -> list[Any]:
        """Our comments, each the first of its thread."""
        there = self.town.world.store.replies_of((REPO, self.rig.number))
        return [one for one in there if read_finding_mark(one.body)]

    @precondition(lambda self: self._threads())
    @rule(data=st.data())
    def delete_a_comment(self, data: st.DataObject) -> None:
        there = self._threads()
        chosen = data.draw(st.sampled_from([one.id for one in there]))
        [body] = [one.body for one in there if one.id == chosen]
        self.answered.discard(chosen)
        self.town.world.delete_comment(chosen)
        mark = read_finding_mark(body)
        if mark:  # one that a killed run had not yet written down is not known to have been there
            self.deleted |= set(mark.ids) & ledger_of(self.rig).posted

    @rule()
    def delete_the_summary(self) -> None:
        for one in summaries(self.rig):
            self.town.world.delete_comment(one.id)
            self._memory_is_lost()

    @rule()
    def edit_the_ledger(self) -> None:
        for one in summaries(self.rig):
            self.town.world.edit_comment(one.id, "mallory", re.sub(r"(ledger:v2 .{9}).", r"\1_", one.body))
            self._memory_is_lost()

    def _memory_is_lost(self) -> None:
        """Which comments people deleted, and what they waived, is not known any more; what was bought is."""
        self.deleted.clear()
        self.losses += 1

    @rule(by=st.sampled_from(["boss", "mona"]))
    def label(self, by: str) -> None:
        self.town.world.label(REPO, self.rig.number, SKIP, by)

    @rule()
    def unlabel(self) -> None:
        if SKIP in self.town.world.pull(REPO, self.rig.number).labels:
            self.town.world.unlabel(REPO, self.rig.number, SKIP, "boss")

    # What people ask for in comments; the next run carries it out

    @rule()
    def waive_the_worst(self) -> None:
        worst = [one for one in ledger_of(self.rig).findings.open() if one.severity is Severity.CRITICAL]
        for one in worst[:1]:
            self.town.world.comment(REPO, self.rig.number, "boss", f"/reviewbot waive {one.id} It is fine.")

    @rule(by=st.sampled_from(["boss", "mona"]))
    def let_through(self, by: str) -> None:
        self.town.world.comment(REPO, self.rig.number, by, "/reviewbot bypass It has to go out.")

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

    @rule(refused=st.booleans())
    def run_without_the_service(self, refused: bool) -> None:  # noqa: FBT001 — Hypothesis passes it by name
        """Nothing is recorded; the run is told so, or hears nothing."""
        no = (
            Reply(402, body=b'{"error": {"code": "INSUFFICIENT_CREDITS", "message": "no"}}')
            if refused
            else DropBefore()
        )
        self.town.faults["codevf"].add("/tasks/create", no, times=None, method="POST")
        ended = self.town.run(self.rig, DETACHED)
        self.town.faults["codevf"].clear()
        self._fine(ended)

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
    def who_asks_buys_nothing(self) -> None:
        """A run that is killed in between leaves a question; the next one cancels it."""
        open_ = [one for one in questions(self.rig) if one.cancelled_at is None]
        assert len(open_) <= 1

    @invariant()
    def never_paid_twice(self) -> None:
        bought = tasks(self.rig)
        failed = [one for one in bought if one.cancelled_at is not None]
        assert len(bought) <= len(self.changes) + len(failed)

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
        check = newest_check(self.rig)
        if check is None or check.conclusion in {None, "failure", "action_required"}:
            return
        if check.conclusion == "skipped":
            return
        assert check.conclusion == "success"
        if self._is_let_through(check.head_sha):
            return
        done = [one for one in tasks(self.rig) if standing_of(one, self.clock()).status == "completed"]
        assert any(sent(one.request) == self.variant for one in done), "nobody has reviewed this change"
        found = [one for one in done if not sent(one.request).is_clean and not sent(one.request).mended]
        if self.variant.mended or self.losses:
            return
        ledger = ledger_of(self.rig)
        known = {one.task_id for one in ledger.purchases if one.state is TaskState.DONE}
        waived = any(one.waiver and one.waiver.by == "boss" for one in ledger.findings.open())
        assert waived or not [one for one in found if one.id in known], "an open critical finding is forgotten"

    def _is_let_through(self, head_sha: str) -> bool:
        """Whether the one who may has let this head through, as far back as it was ever written down."""
        bypass = ledger_of(self.rig).bypass
        if bypass is not None:
            assert bypass.by == "boss", "its author let it through"
            self.let_through_heads.add(bypass.head_sha)
        return head_sha in self.let_through_heads


def play(folder: Path, *, examples: int, steps: int, anew: bool = False) -> None:
    """Play so many histories of so many steps each: the same ones every time, or others `anew`."""
    clock = HandClock()
    with town(folder, engineer, clock) as here:
        here.world.push(REPO, "release", {"release.md": "1.0\n"}, message="Release")
        here.world.grant(REPO, "boss", Level.ADMIN)
        here.world.grant(REPO, "mona", Level.WRITE)
        run_state_machine_as_test(
            type("Here", (Histories,), {"town": here, "clock": clock}),
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                derandomize=not anew,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


@pytest.mark.timeout(300)
def test_the_laws_hold_after_each_step_of_any_history(tmp_path: Path) -> None:
    play(tmp_path, examples=4, steps=12)
