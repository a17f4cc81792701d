"""Scenarios to disturb: runs of the action, with what people and CodeVF do between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from time import sleep

from reviewbot_sandbox.codevf import Clock, End, HandClock, TaskLife
from reviewbot_sandbox.github import Level

from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.verdict import EXIT_NO_REVIEW
from tests.app.rig import HEAD, REPO, Rig
from tests.crash.final_state import (
    FinalState,
    difference,
    differences,
    duplicates,
    final_state,
    is_written_over,
    ledger_of,
    lost,
    newest_check,
    tasks,
)
from tests.crash.services import NEVER, QUICK, SCALE, Ended, Kind, Point, Services

LONG = 10_000
"""Seconds; longer than any task takes in a scenario whose clock is moved by hand."""

MOST_RUNS = 4
"""How often the last run is repeated after a fault until the check is complete."""


@dataclass(frozen=True, slots=True)
class Step:
    """A run of the action.

    Attributes:
        before: runs before the action.
        inputs: the workflow's inputs.
        action: the event's action.
    """

    before: Callable[[Services, Rig], None] = lambda _town, _rig: None
    inputs: Mapping[str, str] = field(default_factory=dict)
    action: str = "synchronize"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named sequence of runs.

    Attributes:
        life: maps a task's number, from 0, to its life.
        by_hand: whether only the steps advance CodeVF's clock.
        moves_on: whether the next step follows a killed first run at once. The end then depends on how far that run
            came, so only the laws are checked.
        conclusion: the check's final conclusion, None without a check.
        comments: number of comments that `ALL_KINDS` leads to; after a push one of them has no line.
        replies: number of replies in their threads.
    """

    name: str
    steps: tuple[Step, ...]
    life: Callable[[int], TaskLife] = lambda _: QUICK
    most_tasks: int = 1
    by_hand: bool = False
    moves_on: bool = False
    conclusion: str | None = "failure"
    comments: int = 5
    replies: int = 0

    def clock(self) -> Clock | None:
        """Return the clock that the steps advance, or None for one that runs by itself."""
        return HandClock() if self.by_hand else None

    def points(self, right: Undisturbed) -> Iterator[tuple[int, Point]]:
        """Yield each fault at each request of every run, or of the first run only if `moves_on`."""
        for index, counts in enumerate(right.requests[:1] if self.moves_on else right.requests):
            for service, count in counts.items():
                for nth in range(1, count + 1):
                    yield from ((index, Point(service, nth, kind)) for kind in Kind)


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """The end of an undisturbed scenario, and the requests of each run by service."""

    state: FinalState
    exit_status: int
    requests: tuple[dict[str, int], ...]


def _task_ends(_: Services, __: Rig) -> None:
    time.sleep((QUICK.seconds + 1) * SCALE)


def push(services: Services, rig: Rig) -> None:
    """Push a commit that adds a file."""
    branch = services.world.pull(REPO, rig.number).head_ref
    services.world.push(REPO, branch, {"extra.py": "x = 1\n"}, author="mona")


def _fix(services: Services, rig: Rig) -> None:
    branch = services.world.pull(REPO, rig.number).head_ref
    fixed = str(HEAD["app.py"]).replace("os.system(command)", "subprocess.run([command], check=True)")
    services.world.push(REPO, branch, {"app.py": fixed}, author="mona")


def _time_goes_by(services: Services, _: Rig) -> None:
    clock = services.clock
    assert isinstance(clock, HandClock)
    clock.advance(LONG)


def _ask(services: Services, rig: Rig) -> None:
    """Write commands that waive the blocking finding, in its thread, and then ask for another review."""
    services.world.grant(REPO, "hubot", Level.WRITE)
    [critical] = [one.id for one in ledger_of(rig).findings.open() if one.severity is Severity.CRITICAL]
    [root] = [one for one in rig.world.store.replies_of((REPO, rig.number)) if critical in one.body.partition("\n")[0]]
    services.world.reply(root.id, "hubot", "/reviewbot waive It is known.")
    sleep(1.1)  # within one second, the conversation comes before threads
    services.world.comment(REPO, rig.number, "hubot", "/reviewbot review")


def _question(services: Services, rig: Rig) -> None:
    """Write a question, which the next run buys and a later one answers."""
    services.world.grant(REPO, "hubot", Level.WRITE)
    services.world.comment(REPO, rig.number, "hubot", "/reviewbot ask Who runs it?")


def _retarget(services: Services, rig: Rig) -> None:
    """Retarget to a branch that contains the base's commit."""
    branch = f"release-{rig.number}"
    services.world.push(
        REPO, branch, {"other.py": "y = 1\n"}, author="mona", parents=(services.world.pull(REPO, rig.number).base_sha,)
    )
    services.world.retarget(REPO, rig.number, branch)


def _close(services: Services, rig: Rig) -> None:
    services.world.close(REPO, rig.number)


def _bypass(services: Services, rig: Rig) -> None:
    """Write a bypass command while the review is open."""
    services.world.grant(REPO, "hubot", Level.ADMIN)
    services.world.comment(
        REPO, rig.number, "hubot", f"/reviewbot bypass {services.world.pull(REPO, rig.number).head_sha} It burns."
    )


DETACHED = {"wait-minutes": "0"}
COLLECT = {"command": "collect"}
BUDGET = {"max-credits": "240", "max-credits-per-pr": "360"}
"""Enough for one task in mode `fast`: a resumed task must not be counted twice."""
BOTH = {"max-credits": "240", "max-credits-per-pr": "480"}
"""Enough for one task in mode `fast` and one question."""
WITHOUT_CHECK = {"check-run": "false"}


def _slow(_: int) -> TaskLife:
    """Return a task that is processing until the clock is advanced."""
    return TaskLife(pending=0, processing=LONG - 1)


SCENARIOS = (
    Scenario("first review", (Step(inputs=BUDGET),)),
    Scenario("a finished review again", (Step(), Step())),
    Scenario(
        "detach and collect",
        (Step(inputs=DETACHED | BUDGET), Step(before=_task_ends, inputs=COLLECT)),
    ),
    Scenario(
        "a late answer that is announced",
        (
            Step(inputs=DETACHED | {"max-comments": "0"}),
            Step(before=_task_ends, inputs=COLLECT | {"max-comments": "0"}),
        ),
        comments=0,
    ),
    Scenario(
        "a push while a task is open",
        (Step(inputs=DETACHED), Step(before=push)),
        life=lambda number: QUICK if number else NEVER,
        most_tasks=2,
    ),
    Scenario(
        "a task that ends without a result",
        (Step(), Step()),
        life=lambda number: QUICK if number else replace(QUICK, end=End.CANCELLED),
        most_tasks=2,
    ),
    Scenario(
        "a later review with fixed and carried findings",
        (Step(), Step(before=_fix)),
        most_tasks=2,
        conclusion="success",
        replies=1,
    ),
    Scenario(
        "commands that no run has carried out",
        (Step(), Step(before=_ask)),
        most_tasks=2,
        conclusion="success",
        replies=1,
    ),
    Scenario(
        "a question",
        (Step(inputs=BOTH), Step(before=_question, inputs=BOTH), Step(before=_task_ends, inputs=BOTH)),
        most_tasks=2,
    ),
    Scenario(
        "a push during a review",
        (
            Step(inputs=DETACHED),
            Step(before=push, inputs=DETACHED),
            Step(before=_time_goes_by, inputs=COLLECT),
            Step(before=_time_goes_by, inputs=COLLECT),
        ),
        life=_slow,
        most_tasks=2,
        by_hand=True,
        comments=4,
        replies=1,
    ),
    Scenario(
        "detach and collect without check runs",
        (Step(inputs=DETACHED | WITHOUT_CHECK), Step(before=_time_goes_by, inputs=COLLECT | WITHOUT_CHECK)),
        life=_slow,
        by_hand=True,
        conclusion=None,
    ),
    Scenario(
        "a bypass during a review",
        (Step(inputs=DETACHED), Step(before=_bypass, inputs=DETACHED), Step(before=_time_goes_by, inputs=COLLECT)),
        life=_slow,
        by_hand=True,
        conclusion="success",
    ),
    *(
        Scenario(
            f"killed, and then {name}",
            (
                Step(inputs=DETACHED),
                Step(before=happens, inputs=DETACHED, action=action),
                Step(before=_time_goes_by, inputs=COLLECT),
                Step(before=_time_goes_by, inputs=COLLECT),
            ),
            life=_slow,
            most_tasks=2,
            by_hand=True,
            moves_on=True,
            conclusion=conclusion,
            comments=comments,
            replies=replies,
        )
        for name, happens, action, conclusion, comments, replies in (
            ("a push", push, "synchronize", "failure", 4, 1),
            ("another base", _retarget, "edited", "failure", 5, 0),
            ("the closing", _close, "closed", "failure", 0, 0),
        )
    ),
)

RACES = (
    Scenario("races", (Step(),)),
    Scenario("races for a later review", (Step(), Step(before=_fix)), most_tasks=2, conclusion="success", replies=1),
)
"""Scenarios whose last run is started twice at the same time."""


def _run(services: Services, rig: Rig, step: Step, at: Point | None = None) -> Ended:
    return services.run(rig, step.inputs, at, step.action)


def undisturbed(services: Services, scenario: Scenario) -> Undisturbed:
    """Play a scenario without a fault."""
    services.life, rig = scenario.life, services.open()
    counts, status = [], 0
    for step in scenario.steps:
        step.before(services, rig)
        before = services.requests()
        status = _run(services, rig, step).exit_status
        counts.append({name: count - before[name] for name, count in services.requests().items()})
    ended = Undisturbed(final_state(rig), status, tuple(counts))
    services.close(rig)
    # A scenario that fails by itself would make every comparison with it meaningless.
    assert ended.state.tasks, "nothing was bought"
    assert ended.state.check[:2] == (("completed", scenario.conclusion) if scenario.conclusion else ()), (
        ended.state.check
    )
    assert len(ended.state.comments) == scenario.comments, ended.state.comments
    assert len(ended.state.replies) == scenario.replies, ended.state.replies
    return ended


@dataclass(frozen=True, slots=True)
class Disturbed:
    """The result of a disturbed scenario.

    Attributes:
        struck: whether the fault occurred.
        wrong: differences from the undisturbed end, and broken laws.
        tasks: number of tasks bought.
        duplicates: number of findings with more than one comment at the end.
        cleared: the same before the last run.
        lost: number of answers that were not published and of tasks that no purchase tracks.
    """

    struck: bool
    wrong: tuple[str, ...]
    tasks: int
    duplicates: int
    cleared: int = 0
    lost: int = 0


def disturbed(services: Services, scenario: Scenario, where: int, at: Point, right: Undisturbed) -> Disturbed:
    """Play a scenario with one fault in the run with index `where`, then repeat runs until it recovers."""
    services.life, rig = scenario.life, services.open()
    runs: list[Ended] = []
    # After a kill, the next run is a collection for odd requests and an event for even ones.
    collects = [Step(inputs={**scenario.steps[where].inputs, **COLLECT})] if at.nth % 2 else []
    for index, step in enumerate(scenario.steps):
        step.before(services, rig)
        if scenario.moves_on and index == where + 1:
            runs.extend(_run(services, rig, one) for one in collects)
        runs.append(_run(services, rig, step, at if index == where else None))
        if index == where and not scenario.moves_on and at.kind is not Kind.ANSWER_LOST:
            runs.extend(_run(services, rig, one) for one in (*collects, step))
    most = len(scenario.steps) + MOST_RUNS
    while (runs[-1].exit_status != right.exit_status or is_open(rig)) and len(runs) < most:
        if scenario.by_hand:
            _time_goes_by(services, rig)
        runs.append(_run(services, rig, scenario.steps[-1]))
    now, bought, twice, gone = final_state(rig), len(tasks(rig)), len(duplicates(rig)), lost(rig)
    if scenario.moves_on:
        wrong = [*gone, *(f"{one} has two comments" for one in duplicates(rig))]
        # A resumed review may be partial, because the killed run did not record its coverage.
        ends = {scenario.conclusion, "action_required"}
        wrong += [f"the check {now.check}"] if bought and not ends.issuperset(now.check[1:2]) else []
    else:
        wrong = [difference(name, now, right.state) for name in differences(now, right.state)]
    services.close(rig)
    if runs[-1].exit_status != right.exit_status:
        wrong.append(f"exit status {[one.exit_status for one in runs]}:\n{runs[-1].log}")
    if bought > scenario.most_tasks:
        wrong.append(f"{bought} tasks")
    return Disturbed(any(one.struck for one in runs), tuple(wrong), bought, twice, lost=len(gone))


def is_open(rig: Rig) -> bool:
    """Return whether the head's newest check run is still open."""
    check = newest_check(rig)
    return check is not None and check.conclusion is None


def raced(services: Services, scenario: Scenario, seed: int, right: Undisturbed) -> Disturbed:
    """Play a scenario whose last run is started twice at nearly the same time, then once more.

    If both wrote the summary at the same moment, the last one must fail closed instead (docs/reliability.md).
    """
    services.life, rig = scenario.life, services.open()
    *first, final = scenario.steps
    for step in first:
        step.before(services, rig)
        _run(services, rig, step)
    final.before(services, rig)
    pair = [services.prepare(rig, final.inputs, final.action) for _ in range(2)]
    for running in pair:
        running.process.start()
        time.sleep(Random(seed).uniform(0, 1.5))  # noqa: S311 — a seed makes it the same every time
    for running in pair:
        running.wait()
    before, ended, written_over = len(duplicates(rig)), final_state(rig), is_written_over(rig)
    last = _run(services, rig, final)
    now, bought, twice = final_state(rig), len(tasks(rig)), len(duplicates(rig))
    services.close(rig)
    # GitHub deletes neither submitted reviews nor annotations: an emptied duplicate review stays, and so do the
    # annotations of both runs if they complete a check at the same moment.
    may_differ = {"reviews", "annotations"} | ({"summaries", "check", "heads"} if written_over else set())
    wrong = [difference(name, now, right.state) for name in differences(now, right.state) if name not in may_differ]
    if {one for one, _ in now.annotations} != {one for one, _ in right.state.annotations}:
        wrong.append(difference("annotations", now, right.state))
    if last.exit_status != (EXIT_NO_REVIEW if written_over else right.exit_status):
        wrong.append(f"exit status {last.exit_status}:\n{last.log}")
    if ended.comments != right.state.comments:
        wrong.append(f"after both runs, {difference('comments', ended, right.state)}")
    return Disturbed(struck=True, wrong=tuple(wrong), tasks=bought, duplicates=twice, cleared=before)
