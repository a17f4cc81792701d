"""Histories: generated from a seed as plain data, played, checked and shortened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from reviewbot.domain.codevf.idempotency import KEY_MEMORY, PATIENCE
from reviewbot.domain.commands.authorize import Refusal
from reviewbot.domain.ledger.codec import decode
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.events import ChecksEvent
from reviewbot.domain.policy.verdict import Reason, Status
from tests.simulation import laws, people, spending
from tests.simulation.codevf import Life, StoredTask
from tests.simulation.github import BOT, REPOSITORY_ID, Pull, StoredCheck, StoredComment
from tests.simulation.laws import CONVERGES, NO_BUG, Violation
from tests.simulation.oracle import Mind
from tests.simulation.people import Move
from tests.simulation.schedule import (
    At,
    Begin,
    Delay,
    Disturbance,
    Interrupt,
    Kill,
    Lose,
    Meanwhile,
    Refuse,
    Run,
    Switch,
)
from tests.simulation.world import (
    AUTO_SIZE,
    IN_WORDS,
    IS_QUIET,
    KEY,
    LISTS_RELEASE,
    ROUTES,
    WAITS_FOR_CHECKS,
    Setting,
    Start,
    Trace,
    World,
)

_TASK = re.compile(r"task_\d+")
LONG = 3 * 3600.0
MOST_COLLECTIONS = 5
MOST_TRIES = 3
CALLS = (9, 18, 40)
"""The last call of an episode with a disturbance: a purchase takes about 8 calls, a whole review 20."""


@dataclass(frozen=True, slots=True)
class Episode:
    """Runs that begin together, and the disturbances at their calls."""

    starts: tuple[Start, ...]
    at: tuple[At, ...] = ()


Step = Move | Episode


@dataclass(frozen=True, slots=True)
class History:
    """A whole history as data. `seed` is only its name.

    Attributes:
        starts_again: whether a run that fails is started again before anything else happens. Such a history has only
            kills and lost answers, and one run at a time: it ends as it would without them.
    """

    seed: int
    setting: Setting
    steps: tuple[Step, ...]
    starts_again: bool = False

    @property
    def is_comparable(self) -> bool:
        """Whether it contains disturbances that must not change the end.

        Under a small limit they may: what a purchase without an answer may have cost counts, so less is bought.
        """
        is_disturbed = any(isinstance(step, Episode) and step.at for step in self.steps)
        return self.starts_again and is_disturbed and self.setting.input("max-credits-per-pr", "0") in {"0", "auto"}

    def undisturbed(self) -> History:
        """Return the same without disturbances."""
        steps = tuple(Episode(one.starts) if isinstance(one, Episode) else one for one in self.steps)
        return replace(self, steps=steps)


@dataclass(slots=True)
class Played:
    """The result of a history."""

    history: History
    world: World
    violations: list[Violation] = field(default_factory=list)


# Generation

ROUTED = 0.3
"""How often the author sets or removes a label in histories with rules."""
WAITING = 0.12
"""How often a purchase waits for checks, and equally often for a pause in the pushes."""

ASKING = 0.3
"""How often people ask questions in a history, and before how many of its steps."""
QUEUEING = 0.1
"""In how many histories a pull request enters the merge queue."""

MERGING, MERGED, ELSEWHERE = 0.2, 0.5, 0.3
"""In how many histories a flaw comes and goes on the default branch, before which steps, how often in another file."""

PROSE, ACCEPTED = 0.12, 0.3
"""How often the reviewer answers in prose; how often, after a step of such a history, someone accepts the answer."""

BRIEF = 0.3
"""How often a follow-up review reports only what is new."""

LITERAL = 0.3
"""How often it does not report again what an open finding is about and has moved."""

RECALLING = 0.2
"""How often it calls a closed finding open if it finds the same again."""

TERSE = 0.2
"""How often it says nothing of an earlier finding that is still open."""

GUARDING, CUT = 0.2, 0.6
"""How often it reports deleted guard lines, and before how many steps of such a history the author deletes one."""

LACKING = 0.06
"""How often the token lacks a permission."""
_LACKING = (("checks: write",), ("pull-requests: write",), ("checks: write", "pull-requests: write"))

REFUSING, REFUSED = 0.1, 0.7
"""In how many histories GitHub refuses writes, and in how many of their episodes."""

BY_REQUEST = 0.3
"""In how many of the histories with `review-on: ready` it is `request`."""

CALM = 0.35
"""How often all tasks end after an episode, so that people see findings to comment on."""


KILLS, BY_PEOPLE, ADVERSARIAL = range(3)
"""The kinds of histories: only kills and lost answers, with moves of people, with an adversary's moves."""


def make(seed: int, *, kind: int | None = None, moves: tuple[str, ...] = ()) -> History:
    """Return the history of a seed.

    Args:
        seed: its remainder by 3 selects the kind.
        kind: overrides the kind.
        moves: the allowed moves; empty for all moves of the kind.
    """
    rng = Random(seed)  # noqa: S311 — a seed makes it the same every time
    kind, moves_given = seed % 3 if kind is None else kind, bool(moves)
    setting = _setting(rng, adversary=kind == ADVERSARIAL)
    if not moves:
        setting = _with_other_authors(setting, Random(seed + 1))  # noqa: S311 — as above
        setting = _with_waits(setting, Random(seed + 3))  # noqa: S311 — as above
        setting = _with_prose(setting, Random(seed + 4))  # noqa: S311 — as above
    setting = _with_limits(setting, Random(seed + 2))  # noqa: S311 — as above
    setting = _by_request(setting, Random(seed + 7))  # noqa: S311 — as above
    setting = setting if moves else _with_fewer_permissions(setting, Random(seed + 8))  # noqa: S311 — as above
    is_brief = Random(seed + 6).random() < BRIEF  # noqa: S311 — as above
    is_literal = not setting.mind.lies and Random(seed + 11).random() < LITERAL  # noqa: S311 — as above
    recalls = Random(seed + 12).random() < RECALLING  # noqa: S311 — as above
    is_terse = Random(seed + 13).random() < TERSE  # noqa: S311 — as above
    mind = replace(setting.mind, is_brief=is_brief, is_literal=is_literal, recalls=recalls, is_terse=is_terse)
    guards = not moves_given and Random(seed + 14).random() < GUARDING  # noqa: S311 — as above
    setting = replace(setting, mind=replace(mind, guards=guards))
    moves = moves or (_KILLED, _PEOPLE, _ADVERSARY)[kind] + (tuple(people.CHECKS) * 4 if setting.waited_for else ())
    steps: list[Step] = []
    for _ in range(rng.randint(1, 5 if kind else 3)):
        steps += [_move(rng, moves) for _ in range(rng.choice((0, 1, 1, 2) if kind else (0, 0, 1)))]
        steps.append(_episode(rng, kind, moves))
        if kind != KILLS and rng.random() < CALM:
            steps += [Move("finish"), Episode((Start("collect"),)), Episode((Start("next"),))]
    if kind == ADVERSARIAL:
        steps += [_move(rng, moves) for _ in range(rng.choice((0, 1, 2)))]
    if ROUTES in setting.config:
        steps = list(_with_labels(steps, Random(seed + 2)))  # noqa: S311 — as above
    if setting.mind.is_prose or setting.mind.is_mute:
        steps = list(_with_acceptances(steps, Random(seed + 4)))  # noqa: S311 — as above
    if not moves_given:
        steps = list(_with_questions(steps, Random(seed + 5)))  # noqa: S311 — as above
    if not (moves_given or kind == KILLS):
        steps = list(_with_queue(steps, Random(seed + 9)))  # noqa: S311 — as above
        steps = list(_with_merges(steps, Random(seed + 10)))  # noqa: S311 — as above
        steps = list(_with_refusals(steps, Random(seed + 16)))  # noqa: S311 — as above
    if setting.mind.guards:
        steps = list(_with_guards(steps, Random(seed + 15)))  # noqa: S311 — as above
    return History(seed, setting, tuple(steps), starts_again=kind == KILLS)


def _with_acceptances(steps: list[Step], rng: Random) -> Iterator[Step]:
    """Add the acceptances of answers, some once they are published."""
    for step in steps:
        yield step
        if rng.random() < ACCEPTED:
            yield from (Move("finish"), Episode((Start("collect"),)))
        if rng.random() < ACCEPTED:
            yield from (_move(rng, tuple(people.ANSWERED)), Episode((Start("next"),)))


def _with_labels(steps: list[Step], rng: Random) -> Iterator[Step]:
    """Add the labels that the rules name."""
    for step in steps:
        if rng.random() < ROUTED:
            yield _move(rng, tuple(people.ROUTED))
        yield step


def _with_questions(steps: list[Step], rng: Random) -> Iterator[Step]:
    """Add questions in some histories."""
    asks = rng.random() < ASKING
    for step in steps:
        if asks and rng.random() < ASKING:
            yield _move(rng, ("ask", "ask", *people.ASKED))
        yield step


def _with_queue(steps: list[Step], rng: Random) -> Iterator[Step]:
    """Add merge groups in some histories, some of them with their run."""
    queues = rng.random() < QUEUEING
    for step in steps:
        if queues and rng.random() < ASKING:
            yield _move(rng, tuple(people.QUEUED))
            yield from (Episode((Start("next"),)),) * rng.choice((0, 1, 2))
        yield step


def _with_merges(steps: list[Step], rng: Random) -> Iterator[Step]:
    """Add flaws of the default branch in some histories, which the author takes over, or keeps once they are gone."""
    merges = rng.random() < MERGING
    for step in steps:
        if merges and rng.random() < MERGED:
            yield Move("main_turns", rng.randint(0, 5), int(rng.random() < ELSEWHERE))
            yield _move(rng, ("merge_main", "squash", "merge_ours", "merge_ours"))
        yield step


def _with_guards(steps: list[Step], rng: Random) -> Iterator[Step]:
    """Delete guard lines, and put some of them back."""
    for step in steps:
        if rng.random() < CUT:
            yield _move(rng, _GUARDED)
            if rng.random() < CALM:
                yield from (Move("finish"), Episode((Start("collect"),)), Episode((Start("next"),)))
        yield step


def _with_refusals(steps: list[Step], rng: Random) -> Iterator[Step]:
    """Refuse writes in some histories."""
    refuses = rng.random() < REFUSING
    for step in steps:
        if refuses and isinstance(step, Episode) and rng.random() < REFUSED:
            refused = [At(_call(rng), Refuse(permission=rng.random() < 0.5)) for _ in range(rng.choice((1, 2, 4)))]
            yield replace(step, at=tuple(sorted((*step.at, *refused), key=lambda one: one.call)))
        else:
            yield step


_INPUTS = (
    ("wait-minutes", "0"),
    ("mode", "standard"),
    ("check-run", "false"),
    ("summary-comment", "false"),
    ("fail-on", "low"),
    ("incremental", "false"),
    ("max-comments", "1"),
    ("review-event", "request-changes"),
    ("comment-from", "high"),
    ("on-error", "pass"),
    ("review-on", "ready"),
    ("paths", "!lib/**"),
)
_CONFIGS = ("supersede: always-replace\n", "supersede: keep\n", "max-tasks: 3\nattachment-bytes: 3000\n")


def _setting(rng: Random, *, adversary: bool) -> Setting:
    inputs = dict(rng.sample(_INPUTS, rng.choice((0, 0, 1, 1, 2, 3))))
    config = rng.choice(("", "", "", *_CONFIGS))
    if inputs.get("check-run") == "false" or "max-tasks" in config:
        inputs.pop("summary-comment", None)
    inputs.setdefault("wait-minutes", rng.choice(("0", "8")))
    life = rng.choice((Life(), Life(2, 20), Life(60, 300), Life(600, 3600)))
    mind = Mind(sloppiness=rng.choice((0, rng.randint(1, 99))), as_text=rng.random() < 0.1)
    if not adversary:
        mind = replace(mind, is_messy=rng.random() < 0.05, is_mute=rng.random() < 0.05, lies=rng.random() < 0.2)
        # A finding without code is fixed if the reviewer says so and its file has changed.
        mind = replace(mind, sloppiness=0) if mind.lies else mind
    denied = frozenset({"contents: write"}) if rng.random() < 0.8 else frozenset[str]()
    return Setting(tuple(sorted(inputs.items())), config, life, mind, denied)


def _with_other_authors(setting: Setting, rng: Random) -> Setting:
    """Return the setting with a fork, a bot or a listed base; histories of chosen moves have none of them."""
    is_from_fork, is_bots, lists_release, is_free = (rng.random() < rate for rate in (0.1, 0.1, 0.15, 0.5))
    free = (("allow", "anyone"),) if is_from_fork and is_free else ()
    config = LISTS_RELEASE if lists_release and not setting.config else setting.config
    config = ROUTES if not config and rng.random() < 0.25 else config
    inputs = tuple(sorted((*setting.inputs, *free)))
    return replace(setting, inputs=inputs, config=config, is_from_fork=is_from_fork, is_bots=is_bots)


def _with_waits(setting: Setting, rng: Random) -> Setting:
    """Return the setting with `wait-for-checks` or `quiet-minutes`."""
    added = [text for text in (WAITS_FOR_CHECKS, IS_QUIET) if rng.random() < WAITING]
    return replace(setting, config="".join((setting.config, *added)))


def _with_prose(setting: Setting, rng: Random) -> Setting:
    """Return the setting with a reviewer who answers in prose."""
    is_prose, is_worried, in_words = (rng.random() < rate for rate in (PROSE, 0.4, 0.5))
    mind = replace(setting.mind, is_worried=is_worried and (is_prose or setting.mind.as_text))
    mind = replace(mind, is_prose=True, is_messy=False) if is_prose else mind
    config = setting.config + IN_WORDS if is_prose and in_words else setting.config
    return replace(setting, mind=mind, config=config)


def _with_limits(setting: Setting, rng: Random) -> Setting:
    """Return the setting with sizes by lines, and with a limit that is set, small or absent."""
    limit = rng.choice(("auto", "auto", "auto", "0", "1080", "700"))
    inputs = dict(setting.inputs) if limit == "auto" else {**dict(setting.inputs), "max-credits-per-pr": limit}
    if rng.random() < 0.3:
        inputs["max-credits"] = "auto"
        setting = replace(setting, config=setting.config + AUTO_SIZE)
    return replace(setting, inputs=tuple(sorted(inputs.items())))


def _by_request(setting: Setting, rng: Random) -> Setting:
    """Return the setting with `review-on: request` in some histories with `ready`."""
    inputs = dict(setting.inputs)
    if inputs.get("review-on") == "ready" and rng.random() < BY_REQUEST:
        inputs["review-on"] = "request"
    return replace(setting, inputs=tuple(inputs.items()))


def _with_fewer_permissions(setting: Setting, rng: Random) -> Setting:
    """Return the setting with a token that may not write check runs, or nothing on the pull request, or neither."""
    lacks = rng.choice(_LACKING) if rng.random() < LACKING else ()
    return replace(setting, denied=setting.denied.union(lacks))


_GUARDED = (*people.GUARDED, *people.GUARDED, "cut_guard", "delete", "restore_file", "revert", "go_back", "waive")
_KILLED = ("evil", "note", "fix", "harmless", "finish", "waive", "rename")
_PEOPLE = (
    *people.AUTHOR,
    *people.OTHERS,
    *people.SERVICE,
    "evil",
    "note",
    "fix",
    "evil",
    "waive",
    "delete_summary",
    "finish",
    "a_day_later",
    "failed",
)
_ADVERSARY = (*people.AUTHOR, *people.ADVERSARY, *people.OTHERS, "evil", "evil", "evil", "fix", "revert", "go_back")


def _move(rng: Random, moves: tuple[str, ...]) -> Move:
    return Move(rng.choice(moves), rng.randint(0, 5), rng.randint(0, 5))


def _episode(rng: Random, kind: int, moves: tuple[str, ...]) -> Episode:
    starts = [Start(rng.choice(("next", "next", "next", "push", "collect")))]
    if kind:
        starts += [Start(rng.choice(("next", "push", "collect")))] * rng.choice((0, 0, 0, 1, 1, 2))
    at = [At(_call(rng), _disturbance(rng, kind, moves)) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    # Some moves start a run at once.
    moved = [one for one in at if isinstance(one.what, Meanwhile) and rng.random() < 0.5]
    at += [replace(one, what=Begin(Start("next"))) for one in moved]
    at += [At(rng.randint(0, CALLS[-1]), Switch()) for _ in range(rng.choice((4, 16)) if len(starts) > 1 else 0)]
    return Episode(tuple(starts), tuple(sorted(at, key=lambda one: one.call)))


def _call(rng: Random) -> int:
    return rng.randint(0, rng.choice(CALLS))


def _disturbance(rng: Random, kind: int, moves: tuple[str, ...]) -> Disturbance:
    choice = rng.randint(0, 3 if kind == KILLS else 9)
    match choice:
        case 0 | 1:
            return Kill(after=choice == 1)
        case 2 | 3:
            return Lose(done=choice == 3)
        case 4:
            return Delay(rng.choice((30, 600, 4000)))
        case 5:
            return Interrupt()
        case 6:
            return Begin(Start(rng.choice(("next", "push", "collect"))))
        case _:
            # No job lasts a day, so no day passes during a run.
            return Meanwhile(_move(rng, tuple(one for one in moves if one != "a_day_later") or ("finish",)))


# Played


def play(history: History, trace: Trace | None = None) -> Played:
    """Play a history until nothing is open, and check the laws."""
    world = World(history.setting, people.play, trace)
    played = Played(history, world)
    _watch(world)
    for step in history.steps:
        if isinstance(step, Episode):
            runs = world.scheduler.play([world.begin(start) for start in step.starts], step.at)
            if history.starts_again:
                _start_again(world, runs)
                _settle(world)
        else:
            world.happen(step)
    rest(world, again=not history.starts_again)
    played.violations = list(laws.at_rest(world))
    if not world.runs[-1].writes:
        return played  # this was one more run
    before = laws.shown_by(world)
    _run(world, Start("push"))
    # Once a restored text is written again, it shows an older head's answer, too.
    is_restored = "old text" in world.truth.losses
    if world.pull.is_open and not is_restored and (difference := laws.shown_by(world).difference(before)):
        played.violations.append(Violation(CONVERGES, f"one more run changes {difference}"))
    return played


def _watch(world: World) -> None:
    """Check the laws, and record what they compare with, at each write."""
    seen = world.broken

    def on_check(check: StoredCheck) -> None:
        world.truth.copies.append(check.external_id)
        run = world.scheduler.current
        world.truth.copied.append((world.time.seconds, run.checks_read if run else None))
        _recorded(world, check.external_id)
        seen.extend(laws.when_written(world, check))
        if " intent " in check.external_id:
            _begun(world, check.head_sha)

    def on_text(comment: StoredComment) -> None:
        if "reviewbot:summary" in comment.body:
            world.truth.texts.append(comment.body)
            world.truth.written.append(world.time.seconds)
            is_only, is_once = not world.setting.has_checks, world.setting.input("review-on", "push") == "ready"
            if is_only or is_once:
                ledger = decode(comment.body, Signer(KEY, REPOSITORY_ID, comment.number, "")).ledger
                _recorded(world, " ".join(one.task_id for one in ledger.purchases))
                for one in ledger.intents() if is_only else ():
                    _begun(world, one.head_sha)

    def on_task(task: StoredTask) -> None:
        seen.extend(laws.when_bought(world, task))

    def on_read(task: StoredTask) -> None:
        seen.extend(laws.when_read(world, task))

    def on_end(run: Run) -> None:
        seen.extend(laws.when_ended(world, run))

    world.github.on_check, world.github.on_text = on_check, on_text
    world.scheduler.ended = on_end
    world.codevf.on_task, world.codevf.on_read = on_task, on_read


def _begun(world: World, head: str) -> None:
    """Record when the run that records an intent has begun."""
    run = world.scheduler.current
    world.truth.begun.setdefault(head, run.began if run else world.time.seconds)
    world.truth.intended_by.setdefault(head, run)


def _recorded(world: World, record: str) -> None:
    """Record when the tasks in a check run or in a summary were first there."""
    for one in _TASK.findall(record):
        world.truth.recorded.setdefault(one, world.time.seconds)


def judge(history: History) -> list[Violation]:
    """Return the violations. A history of kills and lost answers is also compared with the undisturbed one."""
    played = play(history)
    violations = played.violations
    if not violations and history.is_comparable and played.world.scheduler.struck:
        other = play(history.undisturbed())
        theirs = laws.shown_by(other.world).unannounced()
        mine = laws.shown_by(played.world).unannounced().beside(theirs)
        # A task whose cancellation CodeVF did not receive is completed in addition to its replacement, so its
        # findings count, too. The next task may then be cancelled instead.
        has_more = bool(laws.cancelled(other.world) - laws.cancelled(played.world))
        # A command may come too late: a newer answer was read. A single lost answer loses no command.
        refused = {
            one
            for one in (Refusal.NEWER_ANSWER, Refusal.NOT_KEPT)
            if laws.has_refused(played.world, one) and not laws.has_refused(other.world, one)
        }
        # Where no summary can be written, a failed run's check replaces the only record of the findings.
        is_short = "pull-requests: write" in history.setting.denied
        # An answer that came earlier or later was placed on other code, and another run bought another review.
        is_elsewhere = spending.arrivals(played.world) != spending.arrivals(other.world)
        may_differ = (
            has_more
            or laws.lacks_memory(played.world)
            or is_short
            or is_elsewhere
            or Refusal.NEWER_ANSWER in refused
            or (played.world.scheduler.struck > 1 and bool(refused))
        )
        difference = mine.greener(theirs) if may_differ else mine.difference(theirs)
        # Or it comes in time only with the disturbance, since the answer came earlier or later.
        untimely = (Refusal.NEWER_ANSWER, Refusal.NO_ANSWER)
        is_in_time = [not any(laws.has_refused(one.world, why) for why in untimely) for one in (played, other)]
        difference = theirs.greener(mine) if is_in_time == [True, False] else difference
        # If the limit is not enough for a question and a review, the one that is bought first counts.
        is_either = played.world.truth.askers and any(spending.is_used_up(one.world) for one in (played, other))
        # People waive only what they see, which may come later.
        is_said = laws.said_by_people(played.world) == laws.said_by_people(other.world)
        difference = "" if is_either or not is_said else difference
        if difference and not other.violations:
            message = f"it does not end as without the disturbance: {difference}"
            violations = [Violation(CONVERGES, message)]
    return violations


def rest(world: World, *, again: bool) -> None:
    """Finish the history: restart killed runs, end all tasks, and run `collect`."""
    world.codevf.refuses = world.codevf.out_of_credits = False
    pull = world.pull
    if pull.is_draft:
        world.happen(Move("draft"))
    if pull.base_ref != "main":
        world.happen(Move("retarget"))
    for run in [one for one in world.runs if again and one.outcome is None and one.error is None]:
        _run(world, run.start)
    for other in world.github.pulls.values():
        _pass_checks(world, other)
    while world.pending:
        _run(world, Start("next"))
    waits = bool(world.setting.waited_for or world.setting.quiet_seconds)
    for tried in range(MOST_COLLECTIONS):
        for other in list(world.github.pulls.values())[1:]:
            _run(world, Start("again", world.event(other, "synchronize")))
        is_news = _settle(world) or _has_question(world)
        if not world.codevf.open_tasks() and tried >= waits and not is_news and not _tries_again(world):
            break
    else:
        _outlast(world)


def _outlast(world: World) -> None:
    """Let time pass until the intents of killed runs for another change end, which no run can buy.

    So do questions whose tasks CodeVF forgot. A head has several changes if its base was changed, and several reviews
    of a change if labels choose them.
    """
    reading, now = world.reading(1), world.time.now()
    is_of_another = len(world.changes_for(1, world.pull.head_sha)) > 1 or ROUTES in world.setting.config
    intents = reading.ledger.intents() if reading and is_of_another else ()
    questions = reading.ledger.questions.open() if reading else ()
    forgotten = [one for one in questions if one.task_id and world.codevf.tasks[one.task_id].forgotten]
    ends = [datetime.fromisoformat(one.submitted_at) + KEY_MEMORY for one in intents]
    ends += [datetime.fromisoformat(one.at) + PATIENCE for one in forgotten]
    if left := [end - now for end in ends if end > now]:
        world.time.seconds += max(left).total_seconds()
        _settle(world)


def _has_question(world: World) -> bool:
    """Return whether a run has bought an answer that no run has posted, whose task may be over already."""
    reading = world.reading(1)
    return reading is not None and any(one.task_id for one in reading.ledger.questions.open())


def _tries_again(world: World) -> bool:
    """Return whether the last run left a review open, or its task ended without a result: the next run goes on."""
    outcome = world.runs[-1].outcome
    return outcome is not None and outcome.reason in {Reason.CANCELLED, Reason.PENDING}


def _pass_checks(world: World, pull: Pull) -> None:
    if world.setting.waited_for:
        world.forge.seen.clear()
        world.github.other_check(pull.head_sha, "CI", "success")
        world.github.set_status(pull.head_sha, "lint", "success")
        world.pending.append(ChecksEvent(pull.head_sha, (pull.head_ref,)))


def _start_again(world: World, runs: list[Run]) -> None:
    """Restart runs that were killed or failed until they succeed; some cannot."""
    for run in runs:
        tried = run
        for _ in range(MOST_TRIES):
            if (
                tried.outcome is not None
                and tried.outcome.exit_status in {0, 1}
                and tried.outcome.status is not Status.FAILED
            ):
                break
            tried = _run(world, tried.start)


def _settle(world: World) -> bool:
    """End and publish open tasks, so that the next moves do not depend on the duration of a run.

    Return whether the collection left something for the next run: a collection looks for open check runs, so it finds
    no task that only the summary lists as open, and no summary that a person has edited or deleted. The next run shows
    the text of such an answer, or a notice; later ones do not.
    """
    world.time.seconds += LONG
    _run(world, Start("collect"))
    there = [one for one in world.github.comments_of(1) if one.author == BOT and "reviewbot:summary" in one.body]
    reading = world.reading(1)
    _run(world, Start("push"))
    if not there:
        return world.setting.has_checks and any("reviewbot:summary" in one for one in world.truth.erased)
    return reading is None or bool(reading.problem or reading.ledger.open_tasks())


def _run(world: World, start: object) -> Run:
    [run] = world.scheduler.play([world.begin(start)])
    return run


# Shortened


def shrink(history: History, fails: Callable[[History], bool], *, most: int = 400) -> History:
    """Return the shortest history that violates the same law, by removing parts and setting numbers to 0."""
    tries, going = 0, True
    while going and tries < most:
        going = False
        for shorter in _shorter(history):
            tries += 1
            if fails(shorter):
                history, going = shorter, True
                break
            if tries >= most:
                break
    return history


def _shorter(history: History) -> Iterator[History]:
    steps = history.steps
    for size in (len(steps) // 2, 2, 1):
        if size:
            for at in range(0, len(steps), size):
                yield replace(history, steps=steps[:at] + steps[at + size :])
    setting = history.setting
    for simpler in (
        *(replace(setting, inputs=tuple(one for one in setting.inputs if one != left)) for left in setting.inputs),
        replace(setting, config=""),
        replace(setting, mind=Mind()),
        replace(setting, life=Life()),
        replace(setting, denied=frozenset()),
        replace(setting, is_from_fork=False),
        replace(setting, is_bots=False),
    ):
        if simpler != setting:
            yield replace(history, setting=simpler)
    for index, step in enumerate(steps):
        for simpler_step in _simpler(step):
            yield replace(history, steps=(*steps[:index], simpler_step, *steps[index + 1 :]))


def _simpler(step: Step) -> Iterator[Step]:
    if isinstance(step, Move):
        yield from (one for one in (replace(step, a=0), replace(step, b=0)) if one != step)
        return
    for one in step.at:
        if isinstance(one.what, Meanwhile) and isinstance(one.what.move, Move):
            yield one.what.move
    for index in range(len(step.at)):
        yield replace(step, at=step.at[:index] + step.at[index + 1 :])
    for index in range(len(step.starts)):
        if len(step.starts) > 1:
            yield replace(step, starts=step.starts[:index] + step.starts[index + 1 :])


__all__ = ["NO_BUG", "Episode", "History", "Played", "judge", "make", "play", "shrink"]
