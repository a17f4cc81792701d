"""A world that returns random results for every step of a run, to check the laws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from reviewbot.domain.codevf.attachments import Packing, Sendable
from reviewbot.domain.diff.parse import ChangeSet
from reviewbot.domain.findings.incremental import NewPart
from reviewbot.domain.findings.tracked_finding import Bypass, Findings
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.pull_request import (
    CheckRun,
    Comment,
    DefaultBranch,
    Entry,
    Permission,
    Repository,
    Snapshot,
)
from reviewbot.domain.ledger.external_id import decode_external_id, encode_external_id
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.machine.decide import decide
from reviewbot.domain.machine.decisions.late_answers import announcing
from reviewbot.domain.machine.known import HeadProof, Known, Request, ReviewedChange
from reviewbot.domain.machine.learn import learn
from reviewbot.domain.machine.phases import Ended, Phase
from reviewbot.domain.machine.steps import (
    Announce,
    Announced,
    CancelTask,
    ChangeRead,
    CheckRunWritten,
    CloseOlderChecks,
    CommentsPosted,
    CreateTask,
    DeleteDuplicates,
    DismissRequests,
    Done,
    DuplicatesDeleted,
    Failed,
    FindProject,
    Finish,
    HeadChecksRead,
    LookUpTask,
    NewHead,
    NewPartRead,
    NotOver,
    OpenReviewer,
    PollTask,
    PostReview,
    ProjectFound,
    ReadAgain,
    ReadChange,
    ReadHeadChecks,
    ReadLedger,
    ReadNewPart,
    ReadPermission,
    ReadPosted,
    ReadResult,
    ReadSummary,
    ReadTask,
    ReadTerms,
    RecordInCheckRun,
    RecordInSummary,
    RecordInSummaryAgain,
    RecordKeepingText,
    Refresh,
    RemoveLabel,
    Reread,
    Result,
    RewriteSummary,
    Step,
    SummaryWritten,
    TaskCreated,
    TaskRead,
    TermsRead,
    ThreadsUpdated,
    UpdateThreads,
    WriteCheckRun,
    WriteOutput,
    WriteSummary,
)
from reviewbot.domain.model.events import DispatchEvent, ReviewEvent
from reviewbot.domain.model.options import Allow, Auto, FailOn, ReviewOn, Supersede, Tolerance
from reviewbot.domain.model.review import (
    NOT_BEGUN,
    UNFINISHED,
    Balance,
    Leftover,
    Mode,
    Report,
    Severity,
    Tag,
    Task,
    TaskStatus,
)
from reviewbot.domain.policy.eligibility import Asked, AtTerminal, Policy, Trigger
from reviewbot.domain.policy.readiness import WaitRules
from reviewbot.domain.policy.size import AutoSize
from reviewbot.domain.policy.verdict import Coverage, Outcome, Rules
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.domain.publishing.comment_diff import Announcement
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.errors import (
    ForgeUnreachable,
    NoKey,
    PayloadTooLarge,
    PermissionMissing,
    ReviewbotError,
    ServiceRefused,
    ServiceUnreachable,
    TemplateError,
)
from reviewbot.values import replace
from tests.domain.builders import HEAD, NOON, changed_file, finding, labelled, pull, purchase, view

RECORD = "0a_-0a_-xYz"
TAGS = (CheckTag(7), CheckTag(7, "skipped", RECORD))
SIGNER = Signer("cvf_key", 1, 7, "")
OTHER_HEAD = "e" * 40
CHANGED = changed_file("src/app.py", Entry("1" * 40, "100644"), Entry("2" * 40, "100644"))
VIEW = view("a\n", "a\nb\n")
STEPS_AT_MOST = 200

S = TypeVar("S")


@dataclass(slots=True)
class Trace:
    """What happened in a run, and which announcements it tried to post."""

    steps: list[tuple[Step, Result]] = field(default_factory=list)
    announced: list[Announcement] = field(default_factory=list)

    def before(self, kind: type[Any]) -> list[tuple[Step, Result]]:
        """Return what happened before the first step of a type, everything without such a step."""
        at = next((number for number, (step, _) in enumerate(self.steps) if isinstance(step, kind)), len(self.steps))
        return self.steps[:at]

    def of(self, *kinds: type[S]) -> list[tuple[S, Result]]:
        """Return the steps of some types with their results."""
        return [(step, result) for step, result in self.steps if isinstance(step, kinds)]


class RandomWorld:
    """Returns random results for steps, from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 — repeatable, and no secret
        self.fails = self.random.choice([0.0, 0.05, 0.3])

    def chance(self, share: float) -> bool:
        """Return True with this probability."""
        return self.random.random() < share

    def known(self) -> Known:
        """Return what a run knows when it starts."""
        some, paid = self.random.choice, self.chance(0.85)
        sizes: list[int | Auto] = [240, 240, Auto.AUTO]
        limits: list[int | Auto] = [0, Auto.AUTO, Auto.AUTO, 400]
        judgement = Judgement(Rules(some(list(FailOn)), *(some(list(Tolerance)) for _ in range(3))))
        policy = Policy(
            some(list(ReviewOn)), some(list(Allow)), some(["", "spend"]), self.chance(0.3), some([(), ("ann[bot]",)])
        )
        request = Request(
            trigger=self.trigger(),
            policy=policy,
            judgement=judgement,
            instance="",
            mode=Mode.FAST,
            expertise=some(["", "security"]),
            selecting=some(["6" * 16, "7" * 16]),
            max_credits=some(sizes),
            auto_size=AutoSize(120, 60, 1_200),
            max_credits_per_pr=some(limits),
            min_balance=0,
            max_tasks=1,
            attachment_bytes=1_000_000,
            supersede=some(list(Supersede)),
            incremental=self.chance(0.8),
            paid=paid,
            dry_run=self.chance(0.05),
            check_run=self.chance(0.9),
            summary_comment=self.chance(0.9),
            base_ref="main",
            strictest_fail_on=judgement.rules.fail_on,
            shares_name=self.chance(0.5),
            check_names=CheckNames("CodeVF review", ("*",) if self.chance(0.3) else ()),
            check_name="CodeVF review",
            may_buy=self.chance(0.7),
            wait_rules=WaitRules(some([(), ("CI",)]), some([1, 24]), some([0, 0, 0, 0, 30])),
            cancels=some([frozenset(), frozenset(), NOT_BEGUN, UNFINISHED]),
        )
        return Known(request, self.snapshot(), proof=HeadProof(some(["", "", "", RECORD]), some(["", RECORD])))

    def trigger(self) -> Trigger:
        """Return a random trigger."""
        event = ReviewEvent(
            name="pull_request",
            number=7,
            action=self.random.choice(["opened", "synchronize", "edited", "labeled"]),
            head_sha=HEAD,
            sender="ann",
            sender_is_bot=False,
            label=self.random.choice(["", "", "spend", "spend", "skip-review"]),
        )
        others: list[Trigger] = [DispatchEvent(7, "ann"), Asked("ann", "5", HEAD), AtTerminal()]
        return event if self.chance(0.5) else self.random.choice(others)

    def snapshot(self) -> Snapshot:
        """Return a random pull request."""
        labels = frozenset(one for one in ("spend", "skip-review") if self.chance(0.2))
        now = pull(
            is_open=self.chance(0.9),
            is_draft=self.chance(0.1),
            from_fork=self.chance(0.2),
            author_is_bot=self.chance(0.05),
            labels=labels,
            label_events=(labelled("skip-review", self.random.choice(["ann", None])),),
        )
        checks = tuple(self.check(copy) for copy in self.copies())
        repository = Repository(1, "acme/parcels", "main", "https://github.com/acme/parcels")
        return Snapshot(repository, now, DefaultBranch(), (), (), (), checks)

    def copies(self) -> list[str]:
        """Return the purchases in the external ids of the head's check runs."""
        bought = self.purchase("a" * 32)
        signer = self.random.choice([SIGNER, Signer("another", 1, 7, "")])
        return [self.random.choice(["", encode_external_id(bought, Ledger(), signer)])] if self.chance(0.5) else []

    def check(self, external_id: str) -> CheckRun:
        """Return a random check run of reviewbot."""
        status, tag = self.random.choice(["in_progress", "completed"]), self.random.choice(TAGS)
        return CheckRun(3, "CodeVF review", HEAD, status, None, external_id, "https://x/3", tag=tag)

    def purchase(self, identity: str) -> Purchase:
        """Return a purchase in a random state."""
        state = self.random.choice(list(TaskState))
        has_task = state in {TaskState.OPEN, TaskState.DONE} or (state is TaskState.ENDED and self.chance(0.7))
        age = timedelta(hours=self.random.choice([0, 1, 30]))
        return purchase(
            identity=identity,
            attempt=self.random.choice([1, 1, 2, 3]),
            state=state,
            task_id=f"task_{self.random.randrange(100)}" if has_task else "",
            head_sha=self.random.choice([HEAD, OTHER_HEAD]),
            used=Decimal(9) if state is TaskState.DONE or (state is TaskState.ENDED and self.chance(0.5)) else None,
            submitted_at=(NOON - age).isoformat(),
            coverage=self.random.choice(list(Coverage)),
            base_ref=self.random.choice(["main", "main", "next", ""]),
            merge_base=self.random.choice(["b" * 40, "f" * 40, ""]),
            since=self.random.choice(["", "", OTHER_HEAD]),
            selection=self.random.choice(["", "5" * 16]),
            asked=self.random.choice([(), ("5",)]),
            confirms=self.chance(0.2),
        )

    def stored(self, own: str) -> StoredLedger:
        """Return a random ledger on GitHub."""
        ledger = Ledger(findings=Findings(broken=self.chance(0.05)))
        for identity in self.random.choices([own, "9" * 32, "8" * 32], k=self.random.choice([0, 0, 1, 2, 4])):
            ledger = ledger.with_purchase(self.purchase(identity))
        bypass = Bypass(HEAD, "main", "octocat", "It is urgent.") if self.chance(0.05) else None
        summary = Comment(1, "https://x/1", "", ours=True) if self.chance(0.5) else None
        return StoredLedger(
            replace(ledger, bypass=bypass),
            claimed=Decimal(self.random.choice([0, 0, 300])),
            problem=self.random.choice(["", "", "It was edited."]),
            lost=self.chance(0.1),
            summary=summary,
        )

    def change(self) -> ReviewedChange:
        """Return a random change, sometimes with nothing that can be sent."""
        sends, held = self.chance(0.9), self.chance(0.15)
        one = Held("logo.bin", HeldBecause.BINARY, missed=self.chance(0.5))
        return ReviewedChange(
            change=ChangeSet("b" * 40, HEAD, (CHANGED,)),
            base_ref="main",
            sendables=(Sendable("src/app.py", "@@\n", "a\nb\n", 0, 1),) if sends else (),
            views=(VIEW,) if sends else (),
            held=(one,) if held else (),
            notices=(),
            title="",
            body="",
            instructions="",
            path_instructions=(),
            redactor=Redactor(None),
            to_leave_out=" paths: '!logo.bin'",
        )

    def task(self, task_id: str) -> Task:
        """Return a task in a random state."""
        status = self.random.choice([TaskStatus.COMPLETED, TaskStatus.COMPLETED, *TaskStatus])
        return Task(task_id, status, status.value, credits_used=Decimal(7))

    def report(self) -> Report:
        """Return a random answer, sometimes an unreadable one."""
        severities = self.random.choices(list(Severity), k=self.random.choice([0, 0, 1, 3]))
        findings = tuple(finding(f"No. {at}", severity=one, line=2, code="b") for at, one in enumerate(severities))
        readable = self.chance(0.85)
        leftovers = () if readable else (Leftover("files[0]", "It is no object.", "?"),)
        return Report("", findings, leftovers, readable=readable)

    def error(self, *more: ReviewbotError) -> Failed:
        """Return an error that the step may cause."""
        return Failed(self.random.choice([ForgeUnreachable("GitHub is away."), *more]))

    def service_error(self) -> Failed:
        """Return a random CodeVF error."""
        errors = [
            ServiceUnreachable("Away."),
            ServiceRefused("Unknown.", status=404),
            ServiceRefused("No.", status=403),
        ]
        return Failed(self.random.choice(errors))

    def answer(self, step: Step, known: Known) -> Result:  # noqa: C901, PLR0911, PLR0912 — one line each
        """Return a random result for a step."""
        fails = self.chance(self.fails)
        match step:
            case ReadPermission():
                return self.error() if fails else self.random.choice(list(Permission))
            case ReadLedger():
                return self.error() if fails else self.stored("0" * 32)
            case ReadChange():
                change = self.change()
                own = replace(known, change=change).identity.digest()
                stored = self.stored(own)
                copies = ((one.id, decode_external_id(one.external_id, SIGNER)) for one in known.snapshot.checks)
                stored = replace(stored, on_head={check: copy for check, copy in copies if copy})
                return self.error() if fails else ChangeRead(change, stored)
            case OpenReviewer():
                return Failed(NoKey("There is no key.")) if fails else Done()
            case LookUpTask(purchase=bought):
                return self.service_error() if fails else self.looked_up(bought)
            case ReadTask(task_id=task_id):
                return self.service_error() if fails else TaskRead(self.task(task_id))
            case PollTask(task=task):
                if fails:
                    return Failed(ServiceRefused("Unknown.", status=404))
                return NotOver() if self.chance(0.2) else TaskRead(self.task(task.id), seconds=2)
            case CancelTask():
                return self.service_error() if fails else Done()
            case ReadAgain():
                return self.error() if fails else self.reread(known)
            case ReadNewPart():
                parts = (NewPart("src/app.py", ((2, 2),)),)
                return self.error() if fails else NewPartRead(parts if self.chance(0.5) else (), self.chance(0.8))
            case ReadTerms():
                tag = Tag(1, "security", Decimal(2)) if known.request.expertise else None
                balance = Balance(Decimal(self.random.choice([0, 10_000, 10_000])), Decimal(0))
                paid = balance if known.request.paid else None
                return self.service_error() if fails else TermsRead(tag, paid)
            case FindProject():
                return self.service_error() if fails else ProjectFound(12)
            case RemoveLabel():
                return Done()
            case DeleteDuplicates():
                return self.error() if fails else DuplicatesDeleted()
            case RecordKeepingText():
                return self.error() if fails else Done()
            case ReadHeadChecks():
                opened = self.random.choice([(), (), ("`CI` is not successful",)])
                return self.error(PermissionMissing("The token may not.")) if fails else HeadChecksRead(opened)
            case CreateTask():
                return self.created(fails=fails)
            case ReadResult():
                return self.service_error() if fails else self.report()
            case Refresh() | ReadPosted() | ReadSummary():
                return self.error() if fails else self.refreshed(known)
            case PostReview():
                ids = known.uncommented_ids
                refused = ids if self.chance(0.1) else frozenset[str]()
                return self.error() if fails else CommentsPosted(ids - refused, refused, self.random.choice([0, 2]))
            case Announce(outcome=outcome):
                return self.error() if fails else self.announced(known, outcome)
            case RecordInCheckRun() | WriteCheckRun():
                check = (known.wrote.check or self.check("")) if self.chance(0.9) else known.wrote.check
                return self.error() if fails else CheckRunWritten(check, neighbour=0)
            case RecordInSummary() | RecordInSummaryAgain() | WriteSummary() | RewriteSummary():
                comment = Comment(1, "https://x/1", "", ours=True)
                written = SummaryWritten(comment, known.ledgers.written, is_new=True, is_whole=True)
                return self.error() if fails else written if self.chance(0.9) else Done()
            case UpdateThreads():
                return self.error() if fails else ThreadsUpdated(frozenset(), self.random.choice([0, 0, 1]))
            case DismissRequests() | CloseOlderChecks():
                return self.error() if fails else Done()
            case WriteOutput(outcome=outcome):
                return outcome
            case _:
                raise NotImplementedError(step)

    def announced(self, known: Known, outcome: Outcome) -> Announced:
        """Return the announcements as posted, or not, since the token may not."""
        keys = {one.key for one in announcing(known, outcome) if self.chance(0.9)}
        return Announced(frozenset(keys))

    def looked_up(self, bought: Purchase) -> TaskRead:
        """Return the task of an older head with its answer."""
        task = self.task(bought.task_id)
        answer = PlacedAnswer(bought.task_id, whole=False, here=False, report=self.report(), placed=())
        return TaskRead(task, answer if task.status is TaskStatus.COMPLETED else None)

    def created(self, *, fails: bool) -> Result:
        """Return a random result for a submission."""
        if fails:
            errors = [TemplateError("It breaks."), PayloadTooLarge("Still too much.")]
            return self.random.choice([self.service_error(), Failed(self.random.choice(errors))])
        if self.chance(0.05):
            return Failed(PayloadTooLarge("Too much."))
        return TaskCreated(self.task("task_new"), Packing((), (), ()), is_whole=True)

    def reread(self, known: Known) -> Reread:
        """Return a second read, in which a deferred purchase may be cancelled, or another run may be the first."""
        snapshot, ledger, own = known.snapshot, known.ledger, known.purchase
        if self.chance(0.1):
            snapshot = replace(snapshot, pull=pull(head_sha=OTHER_HEAD))
        if self.chance(0.3):
            for one in ledger.deferred():
                ledger = ledger.with_purchase(replace(one, state=TaskState.ENDED, used=Decimal(0)))
        first = replace(own, since=OTHER_HEAD) if own and not own.since and self.chance(0.2) else None
        return Reread(snapshot, replace(known.stored, ledger=ledger), first)

    def refreshed(self, known: Known) -> Reread | NewHead:
        """Return the pull request on a second read, sometimes with a new head."""
        if self.chance(0.15):
            snapshot = replace(known.snapshot, pull=pull(head_sha=OTHER_HEAD))
            return NewHead(snapshot, known.stored, known.change, known.ledgers.update.answers)
        return Reread(known.snapshot, known.stored, None)


class CollectingWorld(RandomWorld):
    """A world of collections, in which earlier runs have often deferred the purchase."""

    def known(self) -> Known:
        """Return what a collection knows when it starts."""
        known = super().known()
        return replace(known, request=replace(known.request, paid=True, dry_run=False, may_buy=False))

    def stored(self, own: str) -> StoredLedger:
        """Return a random ledger, usually with a deferred purchase of this change."""
        stored = super().stored(own)
        head = self.random.choice([HEAD, HEAD, HEAD, OTHER_HEAD])
        last = replace(self.purchase(own), attempt=3, head_sha=head)
        deferred = replace(last, state=TaskState.DEFERRED, task_id="", used=None)
        return replace(stored, ledger=stored.ledger.with_purchase(deferred)) if self.chance(0.8) else stored


def play(world: RandomWorld, start: Callable[[Known], Phase]) -> tuple[Trace, Known, Ended]:
    """Play one run in a random world until it ends."""
    trace = Trace()
    known = world.known()
    phase, now = start(known), NOON
    while not isinstance(step := decide(phase), Finish):
        result = world.answer(step, phase.known)
        trace.steps.append((step, result))
        if isinstance(step, Announce):
            trace.announced.extend(announcing(phase.known, step.outcome))
        phase, now = learn(phase, result, now), now + timedelta(seconds=1)
        assert len(trace.steps) < STEPS_AT_MOST, "the run does not end"
    assert isinstance(phase, Ended)
    return trace, phase.known, phase
