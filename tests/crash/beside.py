"""A command that is heard and carried out while a run for a later review waits at any of its requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from reviewbot_sandbox.codevf import HandClock, TaskLife
from reviewbot_sandbox.codevf.state import standing_of
from reviewbot_sandbox.fault_rules import Logged
from reviewbot_sandbox.github import Level

from reviewbot.domain.commands.parse import CommandName
from reviewbot.domain.model.review import Severity
from tests.app.house import REPO, Rig
from tests.crash.held import answers, doubles, ledger_of, lost, newest_check, summaries, tasks
from tests.crash.scenarios import DETACHED, Disturbed, push
from tests.crash.town import TICK, Ended, Moment, Town

WORDS = (
    CommandName.REVIEW,
    CommandName.COLLECT,
    CommandName.CANCEL,
    CommandName.STATUS,
    CommandName.WAIVE,
    CommandName.UNWAIVE,
    CommandName.BYPASS,
)
LIFE = TaskLife(pending=TICK, processing=2 * TICK)
LONG = 4 * TICK


@dataclass(frozen=True, slots=True)
class Halt:
    """A moment, and whether the run goes on to write the summary without reading it once more.

    GitHub has no compare-and-set: what a command changes just then is written over, and nobody can prevent that.
    """

    at: Moment
    blind: bool


def moments(town: Town, word: CommandName) -> tuple[Halt, ...]:
    """Every request of the undisturbed run, before the service has done its work and after."""
    rig = _reviewed_and_pushed(town, word)
    before = town.requests()
    town.run_beside(rig, {}, Moment("github", "NONE", "."), lambda: None)
    sent = {service: faults.log[before[service] :] for service, faults in town.faults.items()}
    town.close(rig)
    blind = [service == "github" and _edits(log[at:]) for service, log in sent.items() for at in range(len(log))]
    every = [(service, nth) for service, log in sent.items() for nth in range(1, len(log) + 1)]
    after = [*blind[1:], False]
    return tuple(
        Halt(Moment(service, None, ".", nth, recorded), is_blind)
        for (service, nth), now, then in zip(every, blind, after, strict=True)
        for recorded, is_blind in ((False, now), (True, then))
    )


def _edits(requests: Sequence[Logged]) -> bool:
    """Whether the next of them writes the summary anew, or comes before that with nothing read between."""
    edits = takewhile(lambda one: one.method == "PATCH", requests)
    return any("/issues/comments/" in one.target for one in edits)


def _reviewed_and_pushed(town: Town, word: CommandName) -> Rig:
    """A pull request with a finding that closes the gate, waived where that is to be taken back, and a newer head."""
    town.life, rig = (lambda _: LIFE), town.open()
    town.world.grant(REPO, "boss", Level.ADMIN)
    for _ in range(2):
        town.run(rig, DETACHED)
        _later(town)
    if word is CommandName.UNWAIVE:
        town.answer(rig, "boss", said(rig, CommandName.WAIVE), DETACHED)
    push(town, rig)
    return rig


def _later(town: Town) -> None:
    assert isinstance(town.clock, HandClock)
    town.clock.advance(LONG)


def said(rig: Rig, word: CommandName) -> str:
    """The words of a command on the worst finding, or on the head."""
    worst = next((one.id for one in ledger_of(rig).findings.open() if one.severity is Severity.CRITICAL), "none")
    more = {
        CommandName.WAIVE: f" {worst} It is fine.",
        CommandName.UNWAIVE: f" {worst}",
        CommandName.BYPASS: " It has to go out.",
    }
    return f"/reviewbot {word.value}{more.get(word, '')}"


def beside(town: Town, word: CommandName, halt: Halt) -> Disturbed:
    """Play it: both runs end, and what they have left is as it should be, at once and after a later run."""
    rig = _reviewed_and_pushed(town, word)
    text, wrong = said(rig, word), list[str]()
    heard: list[tuple[Ended, str]] = []

    def happens() -> None:
        ended = town.answer(rig, "boss", text, DETACHED)
        heard.append((ended, [*answers(rig)][-1]))

    own = town.run_beside(rig, {}, halt.at, happens)
    for ended in (own, *(ended for ended, _ in heard)):
        wrong += [f"exit status {ended.exit_status}:\n{ended.log}"] if ended.exit_status not in {0, 1, 3} else []
    is_done = any(emoji == "+1" for _, emoji in heard)
    wrong += [f"{one} has two comments" for one in doubles(rig)]
    if word is CommandName.CANCEL and is_done:
        going = [one.id for one in tasks(rig) if not standing_of(one, town.service.now()).ended]
        wrong += [f"{one} goes on" for one in going]
    for _ in range(3):
        _later(town)
        town.run(rig, DETACHED)
    if is_done and not halt.blind:
        wrong += _forgotten(rig, word)
    wrong += [*lost(rig), *(f"{one} has two comments at the end" for one in doubles(rig))]
    wrong += ["two summaries"] if len(summaries(rig)) > 1 else []
    bought = tasks(rig)
    most = 2 + (word is CommandName.REVIEW) + sum(one.cancelled_at is not None for one in bought)
    wrong += [f"{len(bought)} tasks"] if len(bought) > most else []
    town.close(rig)
    return Disturbed(bool(heard), tuple(wrong), len(bought), len(doubles(rig)))


def _forgotten(rig: Rig, word: CommandName) -> list[str]:
    """What was answered to be done, and is not so at the end; a run beside it may have left the check red till then."""
    worst = [one for one in ledger_of(rig).findings.open() if one.severity is Severity.CRITICAL]
    if word is CommandName.WAIVE and any(one.waiver is None for one in worst):
        return ["the waiver is forgotten"]
    if word is CommandName.UNWAIVE and any(one.waiver is not None for one in worst):
        return ["the waiver is there again"]
    if word is CommandName.BYPASS and newest_check(rig).conclusion != "success":
        return ["the bypass is forgotten"]
    return []
