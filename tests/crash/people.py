"""A pull request in a town, and what people do to it, ask for and set, in whatever order."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from reviewbot_sandbox.codevf import HandClock, TaskLife

from reviewbot.domain.findings.markers import read_finding_mark
from reviewbot.domain.model.review import Severity
from tests.app.house import REPO
from tests.crash.held import ledger_of, summaries
from tests.crash.laws import Past, changes_of, key_of
from tests.crash.minds import ATTACHMENT_BYTES, Beside, Variant
from tests.crash.town import TICK, Town

SKIP = "skip-review"
LONG = 4 * TICK
PATHS = ("", "!beside/**", "!app.py")
VARIANTS = st.builds(
    Variant,
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from([Beside.NOTHING, Beside.NOTHING, Beside.NOTHING, *Beside]),
)
COMMANDS = st.sampled_from(["review", "cancel", "waive", "unwaive", "bypass", "status", "collect"])


class People(RuleBasedStateMachine):
    """One pull request. The same variant is the same change."""

    town: ClassVar[Town]
    clock: ClassVar[HandClock]
    reached: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        here = self.town
        here.life = lambda _: TaskLife(pending=LONG / 4, processing=LONG / 2)
        self.rig = here.open()
        self.branch = here.world.pull(REPO, self.rig.number).head_ref
        self.landing = f"landing-{self.rig.number}"
        self.variant = Variant(1)
        self.inputs: dict[str, str] = {}
        self.tried: set[tuple[str, ...]] = {()}
        self.past = Past()
        self.losses = 0
        self.checks_alone = False
        self.unkept = False
        self.deleted: set[str] = set()
        self.answered: set[int] = set()
        self.resolved: set[int] = set()
        self.let_through_heads: set[tuple[str, str]] = set()
        self.skips: set[str] = set()
        self.ran = False
        self.judged: tuple[object, ...] = ()
        self._split_over(1)
        here.world.push(REPO, self.branch, self.variant.files(), author="mona")
        self.past.look(self.rig)

    def _reach(self, what: str) -> None:
        self.reached[what] += 1

    # What people do

    @rule(variant=VARIANTS)
    def push(self, variant: Variant) -> None:
        self._push(variant, None)

    @rule(variant=VARIANTS)
    def force_push(self, variant: Variant) -> None:
        self._push(variant, (self._tip(),))

    @rule()
    def rebase(self) -> None:
        self.town.world.push(REPO, "main", {"docs.md": f"{self._tip()}\n"}, message="Elsewhere")
        self._push(self.variant, (self._tip(),))

    def _tip(self) -> str:
        return self.town.world.store.git(REPO).branches()["main"]

    def _push(self, variant: Variant, parents: tuple[str, ...] | None) -> None:
        self.variant = variant
        self.town.world.push(REPO, self.branch, variant.files(), author="mona", parents=parents)
        self.past.look(self.rig, forced=parents is not None)

    @rule(base=st.sampled_from(["main", "main", "release"]))
    def change_the_base(self, base: str) -> None:
        was = self._base()
        self.town.world.retarget(REPO, self.rig.number, base)
        self.past.look(self.rig)
        self._reach("and back" if was == self.landing and base == "main" else "another base")

    @rule(ahead=st.booleans())
    def change_the_base_to_one_that_has_the_head(self, ahead: bool) -> None:  # noqa: FBT001 — Hypothesis passes it by name
        more = {"landed.py": "z = 1\n"} if ahead else {}
        head = self.town.world.pull(REPO, self.rig.number).head_sha
        self.town.world.push(REPO, self.landing, more, parents=(head,))
        self.town.world.retarget(REPO, self.rig.number, self.landing)
        self.past.look(self.rig)
        self._reach("a base that is ahead" if ahead else "a base that has the head")

    def _base(self) -> str:
        return self.town.world.pull(REPO, self.rig.number).base_ref

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

    @precondition(lambda self: not self.unkept)
    @rule()
    def delete_the_summary(self) -> None:
        for one in summaries(self.rig):
            self.town.world.delete_comment(one.id)
            self._memory_is_lost()

    @precondition(lambda self: not self.unkept)
    @rule()
    def edit_the_ledger(self) -> None:
        for one in summaries(self.rig):
            self.town.world.edit_comment(one.id, "mallory", re.sub(r"(ledger:v1 .{9}).", r"\1_", one.body))
            self._memory_is_lost()

    def _memory_is_lost(self) -> None:
        """Which comments people deleted, and what they waived, is not known any more; what was bought is."""
        self.deleted.clear()
        self.losses += 1
        self.checks_alone = True

    @rule(by=st.sampled_from(["boss", "mona"]))
    def label(self, by: str) -> None:
        if SKIP not in self.town.world.pull(REPO, self.rig.number).labels:
            self.town.world.label(REPO, self.rig.number, SKIP, by)
            if by == "boss":
                self.skips.add(self.town.world.pull(REPO, self.rig.number).head_sha)

    @rule()
    def unlabel(self) -> None:
        if SKIP in self.town.world.pull(REPO, self.rig.number).labels:
            self.town.world.unlabel(REPO, self.rig.number, SKIP, "boss")
            self.skips.clear()

    # What they ask for in comments

    def _said(self, word: str) -> str:
        """The words of a command, which are taken down where they ask for another review."""
        records = ledger_of(self.rig).findings.open()
        worst = next((one.id for one in records if one.severity is Severity.CRITICAL), "none")
        if word == "review":
            self.past.asked[key_of(changes_of(self.rig))] += 1
        more = {
            "waive": f"{worst} It is fine.",
            "unwaive": worst,
            "bypass": f"{self.town.world.pull(REPO, self.rig.number).head_sha} It has to go out.",
        }
        return f"/reviewbot {word} {more.get(word, '')}".strip()

    # What owners set

    @rule(paths=st.sampled_from(PATHS))
    def choose_paths(self, paths: str) -> None:
        self.inputs["paths"] = paths
        self.tried.add(tuple(paths.split()))
        self._reach(f"paths: {paths}")

    @rule(mode=st.sampled_from(["fast", "standard"]))
    def choose_the_mode(self, mode: str) -> None:
        self.inputs["mode"] = mode
        self._reach(f"mode: {mode}")

    @rule(name=st.sampled_from(["check-run", "summary-comment"]), on=st.booleans())
    def choose_what_is_written(self, name: str, on: bool) -> None:  # noqa: FBT001 — as above
        """One of them is on. Where the check is off, the summary is the only memory, and people leave it alone."""
        if on:
            self.inputs.pop(name, None)
        elif name == "summary-comment" or not self.losses:
            self.inputs = {**self.inputs, "check-run": "true", "summary-comment": "true", name: "false"}
            self.unkept |= name == "check-run"
            self.checks_alone |= name == "summary-comment"
        self._reach(f"{name}: {on}")

    @rule(number=st.sampled_from([1, 3]))
    def choose_the_number_of_tasks(self, number: int) -> None:
        self._split_over(number)
        self._reach(f"max-tasks: {number}")

    def _split_over(self, number: int) -> None:
        config = f"max-tasks: {number}\nattachment-bytes: {ATTACHMENT_BYTES}\n"
        self.town.world.push(REPO, "main", {".github/reviewbot.yml": config}, message="Settings")
