"""The world of one history: GitHub, CodeVF, the runs of the action, and the facts that the laws compare with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, cast

from reviewbot.app.dispatch import Ports, handle
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.github.drafts import Annotation
from reviewbot.domain.github.pull_request import Permission, Snapshot
from reviewbot.domain.ledger.codec import LedgerReading, decode
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.events import Event, ReviewEvent
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.errors import NoKey
from reviewbot.ports import ChangeReader, Forge, ReviewService
from tests.simulation.codevf import Life, SimulatedAnalyzers, SimulatedCodeVF, StoredTask
from tests.simulation.forge import SimulatedChangeReader, SimulatedForge
from tests.simulation.github import BOT, REPOSITORY_ID, GitHub, Pull, Time
from tests.simulation.oracle import EVIL, Mind, Oracle, guards_in
from tests.simulation.repository import Change, File
from tests.simulation.schedule import UNREACHABLE, Run, Scheduler, SimulatedClock, Wired

KEY = "cvf_test_simulation"
CHECK = "CodeVF review"
RELEASE = "release"
LISTS_RELEASE = f"bases: [{RELEASE}]\n"
AUTO_SIZE = "base-credits: 60\ncredits-per-100-lines: 2000\n"
"""With `max-credits: auto`, twenty credits for each line."""
DEEP, TRIVIAL = "deep", "trivial"
UNREVIEWED, FREE = ("app.py", "new.py", "docs/guide.md"), ("copy.py", "moved.py", "other.py")
ROUTES = f"""\
routes:
- {{name: lib, paths: ['lib/**'], mode: standard, max-credits: 900}}
- {{name: asked, labels: [{DEEP}], mode: standard, max-credits: 500}}
- {{name: plain, only-paths: {list(UNREVIEWED)}, reviewer: none}}
- {{name: small, labels: [{TRIVIAL}], reviewer: none}}
- {{name: free, only-paths: {[*UNREVIEWED, *FREE]}, reviewer: local}}
- {{name: own, base: [mine], reviewer: none}}
- {{name: later, draft: false, min-lines: 9, review-on: request}}
"""
"""Rules that give some files no review, or that of analyzers. No other rule may make a review smaller."""

RENOVATE = "renovate[bot]"
"""A bot whose pull requests are not reviewed while all commits are its own."""

HIDDEN = 'login("'
"""Before a value of which only the format is known: it may be code."""
SECRET = "ghp_" + "0a1B2c3D4e5F6g7H8i9J" * 2
GREEN = frozenset({"success", "skipped"})
GREEN_WORDS = frozenset({"success", "skipped", "neutral"})
"""Conclusions with which another App's check is green."""

PEOPLE: Mapping[str, Permission] = {
    "mona": Permission.WRITE,
    "kim": Permission.WRITE,
    "boss": Permission.ADMIN,
    "eve": Permission.READ,
}
"""`mona` opens the pull request and is the adversary; `kim` helps and `boss` maintains; `eve` is a stranger."""

LOCK_FILE = "package-lock.json"
HELD = "keys.env"
"""A file that is not sent."""

OTHER_CHECKS = ("CI", "lint")
"""A check run and a commit status of others; `wait-for-checks` names them."""

WAITS_FOR_CHECKS = "wait-for-checks: [CI, lint]\nwait-for-checks-hours: 20\n"
IS_QUIET = "quiet-minutes: 15\n"
IN_WORDS = "answer: words\n"


def lock_file(version: str, host: str) -> str:
    """Return a lock file with one package.

    The address has no version, so a token is always in the same line: a reviewer's wrong `fixed` counts for other code.
    """
    entry = {
        "version": version,
        "resolved": f"https://{host}/left/-/left.tgz",
        "integrity": f"sha512-{version.replace('.', 'A').ljust(86, 'A')}==",
    }
    return json.dumps({"lockfileVersion": 3, "packages": {"node_modules/left": entry}}, indent=2) + "\n"


BASE = {
    LOCK_FILE: lock_file("1.0.0", "packages.test"),
    "app.py": "".join(f"value_{number} = {number}\n" for number in range(1, 31)),
    "lib/util.py": "".join(f"def helper_{number}():\n    return {number}\n" for number in range(1, 9)),
    "docs/guide.md": "# Guide\n\nHow to.\n",
    "lib/one.py": "same = True\n",
    "lib/two.py": "same = True\n",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """The constants of a history: the workflow's inputs, the config file, CodeVF's engineers."""

    inputs: tuple[tuple[str, str], ...] = ()
    config: str = ""
    life: Life = field(default_factory=Life)
    mind: Mind = field(default_factory=Mind)
    denied: frozenset[str] = frozenset()
    is_from_fork: bool = False
    is_bots: bool = False

    @property
    def in_words(self) -> bool:
        """Whether the reviewer is asked for words."""
        return IN_WORDS in self.config

    @property
    def has_checks(self) -> bool:
        """Whether check runs are written."""
        return self.input("check-run", "true") == "true" and "checks: write" not in self.denied

    @property
    def has_summary(self) -> bool:
        """Whether the summary is written."""
        return self.input("summary-comment", "true") == "true" and "pull-requests: write" not in self.denied

    @property
    def is_silent(self) -> bool:
        """Whether nothing of a review can be published."""
        return not (self.has_checks or self.has_summary)

    @property
    def names(self) -> CheckNames:
        """The names of the check by base branch."""
        return CheckNames(CHECK, (RELEASE,) if LISTS_RELEASE in self.config else ())

    @property
    def waited_for(self) -> tuple[str, ...]:
        """The checks that a purchase waits for."""
        return OTHER_CHECKS if WAITS_FOR_CHECKS in self.config else ()

    @property
    def quiet_seconds(self) -> float:
        """The least age of a head that is bought."""
        return 900.0 if IS_QUIET in self.config else 0.0

    @property
    def needs_approval(self) -> bool:
        """Whether each purchase needs an approval."""
        return self.is_from_fork and self.input("allow", "write") == "write"

    def input(self, name: str, otherwise: str) -> str:
        """Return an input of the workflow."""
        return dict(self.inputs).get(name, otherwise)


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a run: `next` handles the oldest event without a run, `push` the current head."""

    kind: str = "next"
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """A valid waiver of a finding: its token and file, and the number of occurrences; by whom, against which base.

    `file` is what the head had then; None if it had none.
    """

    token: str
    path: str
    file: File | None
    count: int
    finding_id: str
    by: str
    base: str


@dataclass(slots=True)
class Truth:
    """Facts for the laws that the product does not know.

    Attributes:
        waivers: valid waivers; `bypasses`: heads with valid bypasses, with the base branch of that time.
        skips: heads on which a maintainer or admin set the label, with the base branch of that time.
        deleted: ids of findings whose comments people deleted, and `erased` their texts.
        resolved: threads that people resolved.
        renamed: new name to old name.
        losses: events that make complete records impossible.
        forgot_at: when the only memory was last lost.
        texts: every text of the summaries so far, of any pull request; `written`: when each of them was written.
        copies: every `external_id` of a check run so far.
        copied: when each of them was written, and when its run had last read the check runs, if it had.
        recorded: by task, when a check run first had its id; with `review-on: ready` also a summary.
        named: the SHAs, or their beginnings, in valid review commands; empty in those without.
        begun: by head, when the run that first recorded an intent for it had begun.
        intended_by: that run.
        hindered: whether a task was cancelled.
        askers: who asked each question, by the `comment_key` of its comment.
        groups: the pull requests of each merge group, by the group's head: number, head, and the commit onto which the
            queue merges it; `group_bases`: its base.
        accepted: tasks with the heads and bases for which someone entitled has accepted their answers.
        withdrawn: withdrawn waivers; `skipped`: heads that were ever skipped.
    """

    waivers: list[Waiver] = field(default_factory=list)
    bypasses: set[tuple[str, str]] = field(default_factory=set)
    skips: set[tuple[str, str]] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    erased: list[str] = field(default_factory=list)
    resolved: set[int] = field(default_factory=set)
    renamed: dict[str, str] = field(default_factory=dict)
    losses: set[str] = field(default_factory=set)
    forgot_at: float = float("inf")
    texts: list[str] = field(default_factory=list)
    written: list[float] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    copied: list[tuple[float, float | None]] = field(default_factory=list)
    recorded: dict[str, float] = field(default_factory=dict)
    withdrawn: list[Waiver] = field(default_factory=list)
    skipped: set[tuple[str, str]] = field(default_factory=set)
    named: list[str] = field(default_factory=list)
    begun: dict[str, float] = field(default_factory=dict)
    intended_by: dict[str, object] = field(default_factory=dict)
    hindered: bool = False
    askers: dict[str, str] = field(default_factory=dict)
    accepted: set[tuple[str, str, str]] = field(default_factory=set)
    groups: dict[str, tuple[tuple[int, str, str], ...]] = field(default_factory=dict)
    group_bases: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Output:
    """The port `Reporter`: keeps the outputs; nothing reads the log."""

    values: dict[str, str] = field(default_factory=dict)

    def say(self, line: str) -> None:
        """See `ports.Reporter.say`."""

    def debug(self, line: str) -> None:
        """See `ports.Reporter.debug`."""

    def annotate(self, annotation: Annotation) -> None:
        """See `ports.Reporter.annotate`."""

    def review(self, *_: object) -> None:
        """See `ports.Reporter.story`: the job summary is ignored."""

    def job_summary(self, markdown: str) -> None:
        """See `ports.Reporter.job_summary`."""

    def outputs(self, values: Mapping[str, str]) -> None:
        """See `ports.Reporter.outputs`."""
        self.values |= values

    def check_file(self, path: str) -> str:
        """See `ports.Reporter.check_file`."""
        return path

    def write_file(self, path: str, text: str) -> None:
        """See `ports.Reporter.write_file`."""


@dataclass(slots=True)
class RememberingForge(SimulatedForge):
    """GitHub, with the last snapshots, as long as nothing has changed.

    Attributes:
        seen: the snapshots by their arguments. Whatever changes something clears it.
    """

    seen: dict[tuple[object, ...], Snapshot] = field(default_factory=dict)

    def snapshot(self, number: int, *, check_names: Sequence[str], config_file: str, templates_dir: str) -> Snapshot:
        """See `ports.PullRequests.snapshot`."""
        if self.github.stale():
            self.seen.clear()
        key = number, tuple(check_names), config_file, templates_dir
        if key not in self.seen:
            self.seen[key] = SimulatedForge.snapshot(
                self, number, check_names=check_names, config_file=config_file, templates_dir=templates_dir
            )
        return self.seen[key]


Trace = Callable[[float, str, str, str], None]


class World:
    """Everything of one history."""

    def __init__(self, setting: Setting, play: Callable[[World, Any], None], trace: Trace | None = None) -> None:
        self.setting, self.trace, self._play = setting, trace, play
        self.time = Time()
        self.github = GitHub(self.time)
        self.codevf = SimulatedCodeVF(self.time, Oracle(setting.mind), life_of=lambda _count: setting.life)
        self.analyzers: list[SimulatedAnalyzers] = []
        self.forge = RememberingForge(self.github, setting.denied)
        self.truth = Truth()
        self.pending: list[Event] = []
        self.runs: list[Run] = []
        self.broken: list[Any] = []
        self.heads: dict[tuple[int, str], set[str]] = {}
        self.scheduler = Scheduler(self.time, self.happen, self.begin, self.forge.seen.clear, trace)
        self.codevf.asker = self.github.sender = lambda: self.scheduler.current
        self._prepare()

    def _prepare(self) -> None:
        github = self.github
        for login, permission in PEOPLE.items():
            github.grant(login, permission)
        config = {".github/reviewbot.yml": self.setting.config} if self.setting.config else {}
        github.push("main", {**BASE, **config}, author="acme")
        github.push("release", {"release.md": "1.0\n"}, author="acme")
        topic = {"app.py": BASE["app.py"].replace("value_9 = 9\n", "value_9 = 9\nstep()\n")}
        is_bots = self.setting.is_bots
        github.push("topic", topic, author=RENOVATE if is_bots else "mona", verified=is_bots)
        author = RENOVATE.removesuffix("[bot]") if is_bots else "mona"
        pull = github.open_pull_request("topic", author=author, from_fork=self.setting.is_from_fork)
        pull.author_is_bot = is_bots
        pull.pushes = [replace(one, by=RENOVATE if is_bots else one.by) for one in pull.pushes]
        self.note(pull)
        self.pending.append(self.event(pull, "opened"))

    # Runs

    def begin(self, start: object) -> Run:
        """Return a new run of the action."""
        if not isinstance(start, Start):
            raise TypeError(start)
        number = len(self.runs) + 1
        name = f"run {number}"
        event, more = self._event_of(start)
        kept = Start("again", event) if start.kind != "collect" else start
        run = Run(number, name, kept, lambda run: self._act(run, event, more))
        run.began = run.wake = self.time.seconds
        self.runs.append(run)
        if self.trace:
            self.trace(self.time.seconds, name, "", f"begins: {'collect' if more else event}")
        return run

    def _event_of(self, start: Start) -> tuple[Event, dict[str, str]]:
        if start.event is not None:
            return start.event, {}
        if start.kind == "collect":
            return self.event(self.pull, "schedule"), {"command": "collect", "wait-minutes": "0"}
        if start.kind == "next" and self.pending:
            return self.pending.pop(0), {}
        return self.event(self.pull, "synchronize"), {}

    def event(self, pull: Pull, action: str, *, sender: str = "", label: str | None = None) -> ReviewEvent:
        """Return a `pull_request` event with the current state; of a push, its sender has pushed the head."""
        pushed = pull.pushes[-1].by if action in {"opened", "synchronize"} else "mona"
        sender = sender or pushed
        return ReviewEvent("pull_request", pull.number, action, pull.head_sha, sender, sender.endswith("[bot]"), label)

    def _act(self, run: Run, event: Event, more: Mapping[str, str]) -> Outcome:
        inputs = {"github-token": "ghs_simulation", "codevf-api-key": KEY, **dict(self.setting.inputs), **more}
        scheduler = self.scheduler

        def wired(name: str, target: object) -> Wired:
            return Wired(scheduler, run, name, target, UNREACHABLE[name])

        codevf = cast(ReviewService, wired("codevf", self.codevf))

        def open_service(settings: Any) -> ReviewService:  # noqa: ANN401 — what the app passes is the app's
            if settings.reviewer is ReviewerKind.LOCAL:
                mind = Mind(sloppiness=self.setting.mind.sloppiness, guards=self.setting.mind.guards)
                life = Life(0, 0)
                self.analyzers.append(SimulatedAnalyzers(self.time, Oracle(mind), lambda _count: life, prefix="local"))
                return cast(ReviewService, wired("codevf", self.analyzers[-1]))
            if not settings.codevf_api_key:
                raise NoKey("A review is due, but there is no CodeVF API key.")
            return codevf

        ports = Ports(
            forge=cast(Forge, wired("forge", self.forge)),
            changes=cast(ChangeReader, wired("git", SimulatedChangeReader(self.github))),
            open_service=open_service,
            reporter=Output(),
            clock=SimulatedClock(scheduler, run),
            rng=Random(run.number),  # noqa: S311 — the same every time
            run_url=f"https://github.test/runs/{run.number}",
            inputs=inputs,
            uninterrupted=nullcontext,
        )
        return handle(ports, event)

    def happen(self, move: object) -> None:
        """Play a move of people or the service."""
        self.forge.seen.clear()
        self._play(self, move)
        for pull in self.github.pulls.values():
            self.note(pull)

    def note(self, pull: Pull) -> None:
        """Record the base commits that a head was compared with."""
        self.heads.setdefault((pull.number, pull.head_sha), set()).add(pull.base_sha)

    # Reads for the laws

    @property
    def pull(self) -> Pull:
        """The pull request that the history is about."""
        return self.github.pulls[1]

    def open_findings(self, number: int) -> tuple[TrackedFinding, ...]:
        """Return the findings that the summary lists as open."""
        reading = self.reading(number)
        return reading.ledger.findings.open() if reading else ()

    def reading(self, number: int) -> LedgerReading | None:
        """Return the ledger of the summary, unless another user has edited it."""
        signer = Signer(KEY, REPOSITORY_ID, number, "")
        for comment in self.github.comments_of(number):
            if comment.author == BOT and comment.editor in {None, BOT} and "reviewbot:ledger" in comment.body:
                return decode(comment.body, signer)
        return None

    def written_ledgers(self, number: int) -> Iterator[Ledger]:
        """Yield the ledger in every text of the summary of a pull request so far, oldest first."""
        signer = Signer(KEY, REPOSITORY_ID, number, "")
        readings = (decode(text, signer) for text in self.truth.texts)
        yield from (one.ledger for one in readings if not one.problem)

    def first_intended(self, number: int, head: str) -> str:
        """Return the head with the first intent for the change of a head; that head if there is none."""
        changes, begun = self.changes_for(number, head), self.truth.begun
        heads = (one for one in begun if one == head or not changes.isdisjoint(self.changes_for(number, one)))
        return min(heads, key=lambda one: begun[one], default=head)

    def changes_for(
        self, number: int, head: str, *, protected: bool = False, base_ref: str = ""
    ) -> set[tuple[Change, ...]]:
        """Return the changes of a head, one for each base; or only that against the protected branches, or against one.

        A head with a green check against the default branch can be merged, whatever other bases it had meanwhile.
        """
        git = self.github.git
        bases, tip = self.heads.get((number, head), set()), git.branches[self.github.default_branch]
        if protected or base_ref:
            listed = [tip, *(git.branches[one] for one in self.setting.names.bases)]
            tips = [git.branches[base_ref]] if base_ref else listed
            bases = bases & set().union(*map(git.ancestors, tips)) or {tips[0]}
        return {git.changes(git.merge_base(base, head), head) for base in bases}

    def changes_of(self, task: StoredTask) -> set[tuple[Change, ...]]:
        """Return the changes of a task's head."""
        return self.changes_for(
            int(str(task.submission.metadata["pullRequest"])), str(task.submission.metadata["headSha"])
        )

    def is_bots_own(self, number: int, head: str, *, against: Callable[[Iterable[bool]], bool] = any) -> bool:
        """Return whether each commit of a head is a signed commit of the listed bot, against a base that it had.

        The bot must have opened the pull request, and pushed the head.
        """
        git = self.github.git
        commits = (git.between(base, head) for base in self.heads.get((number, head), set()))
        pushers = {one.by for pull in self.github.pulls.values() for one in pull.pushes if one.sha == head}
        return (
            self.github.pulls[number].author_is_bot
            and RENOVATE in pushers
            and against(
                bool(made) and all(one.author == RENOVATE and one.verified and not one.committer for one in made)
                for made in commits
            )
        )

    def is_ready(self, head: str) -> bool:
        """Return whether each check that a purchase waits for is there and green, of every App that has it."""
        states = self.github.states_on(head)
        return all(states.get(name) and states[name] <= GREEN_WORDS for name in self.setting.waited_for)

    def was_asked(self, head: str) -> bool:
        """Return whether a person who may spend has asked by a command for a review of a head, or of any."""
        return any(head.startswith(beginning) for beginning in self.truth.named)

    def tasks_of(self, number: int) -> list[StoredTask]:
        """Return the tasks of a pull request's reviews, oldest first."""
        return [one for one in self.bought_for(number) if "question" not in one.submission.metadata]

    def questions_of(self, number: int) -> list[StoredTask]:
        """Return the tasks of a pull request's questions, oldest first."""
        return [one for one in self.bought_for(number) if "question" in one.submission.metadata]

    def bought_for(self, number: int) -> list[StoredTask]:
        """Return all tasks of a pull request, oldest first."""
        return [one for one in self.codevf.tasks.values() if one.submission.metadata.get("pullRequest") == number]

    def analyzed(self) -> list[StoredTask]:
        """Return the reviews of analyzers, oldest first."""
        return [task for one in self.analyzers for task in one.tasks.values()]

    def evil_in(self, changes: tuple[Change, ...]) -> Counter[tuple[str, str]]:
        """Count each token of an evil line in the added lines of each file, and `HIDDEN` if one hides a value.

        Of a deleted guard line as well, if the reviewer guards.
        """
        guarded = changes if self.setting.mind.guards else ()
        deleted = Counter((token, one.path) for one in guarded for line in one.deleted() for token in guards_in(line))
        return deleted + Counter(
            (token, change.path)
            for change in changes
            for line in change.added()
            for token in (*EVIL.findall(line), *(HIDDEN for _ in range(f"{HIDDEN}{SECRET}" in line)))
        )

    def was_named(self, path: str) -> set[str]:
        """Return a path and its older names."""
        names = {path}
        while path in self.truth.renamed and self.truth.renamed[path] not in names:
            path = self.truth.renamed[path]
            names.add(path)
        return names
