"""A review of one pull request: load, select, submit, wait, read, place, publish, judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reviewbot.app.answer import placed_here, read_answer
from reviewbot.app.buy import approve, buy, dry_run, purchase_of, resume
from reviewbot.app.deliver import deliver, write_files
from reviewbot.app.follow import follow
from reviewbot.app.load import Prepared, load_change, load_settings, load_snapshot, overrides, prepare
from reviewbot.app.memory import read_memory
from reviewbot.app.publish import current_check, publish
from reviewbot.app.run import Run, World
from reviewbot.app.settle import settle_older, settled
from reviewbot.app.story import Story
from reviewbot.app.wait import wait
from reviewbot.domain.amendments import Amendment, CallOff
from reviewbot.domain.bookkeeping import Changes
from reviewbot.domain.course import Standpoint, Step, is_forgotten, next_attempt, next_step, reviewed_head
from reviewbot.domain.escaping import visible
from reviewbot.domain.events import ReviewEvent
from reviewbot.domain.gate import (
    Coverage,
    Outcome,
    Reason,
    Verdict,
    did_not_happen,
    forgetful,
    judge,
    not_due,
    pending,
    superseded,
)
from reviewbot.domain.identity import WHOLE, Identity, change_digest, scope_since
from reviewbot.domain.ledger import Purchase, TaskState
from reviewbot.domain.model import Report, Task, TaskStatus
from reviewbot.domain.snapshot import CheckStatus, Conclusion, Snapshot
from reviewbot.domain.triage import Asked, Trigger, is_requested, not_due_for
from reviewbot.errors import NoKey, NothingSendable, ReviewbotError, SettingsError, TaskEnded, TemplateError
from reviewbot.ports import ReviewService
from reviewbot.render import Renderer
from reviewbot.settings import peek_settings

MAX_ATTEMPTS = 3
"""How many tasks of one change may end without a result before only a person can ask for another."""


def review_pull_request(
    world: World,
    inputs: Mapping[str, str],
    trigger: Trigger,
    pull: int | Snapshot,
    *,
    may_buy: bool = True,
    amendments: tuple[Amendment, ...] = (),
) -> Outcome:
    """Review a pull request, or find that no review of it is due.

    Args:
        world: the ports.
        inputs: of the workflow, by name.
        trigger: the event that asks.
        pull: the number of the pull request, or the whole of it where it was read already.
        may_buy: False while collecting.
        amendments: what a command changes of what is remembered.

    Raises:
        ForgeError: the pull request cannot be read, so there is nothing to write on either.
    """
    started = world.clock.monotonic()
    snapshot = pull if isinstance(pull, Snapshot) else load_snapshot(world, inputs, pull)
    try:
        settings, snapshot = load_settings(world, inputs, snapshot)
        renderer = Renderer(overrides(snapshot))
    except (SettingsError, TemplateError) as error:
        settings = peek_settings(inputs, snapshot.default_branch.config)
        run = Run(world, settings, trigger, snapshot, Renderer({}), started)
        return conclude(run, Story(), failed(run, error))
    run = Run(world, settings, trigger, snapshot, renderer, started, may_buy, amendments)
    teller = _Teller(run)
    try:
        return teller.tell()
    except TemplateError as error:
        # The overriding template is at fault, so the shipped ones say so.
        plain = replace(run, renderer=Renderer({}))
        return conclude(plain, teller.story, failed(plain, error))
    except ReviewbotError as error:
        return conclude(run, teller.story, failed(run, error))


def failed(run: Run, error: ReviewbotError) -> Outcome:
    """The outcome of an error: a review was due and did not happen."""
    pardoned = isinstance(error, NoKey) and run.snapshot.pull.from_fork
    return did_not_happen(
        Reason(error.reason),
        error.message,
        error.hint,
        exit_status=error.exit_status,
        on_error=run.settings.on_error,
        pardoned=pardoned,
    )


def conclude(run: Run, story: Story, outcome: Outcome) -> Outcome:
    """End a run: what is to be said on GitHub, and everything for the runner."""
    if not run.settings.dry_run:
        run, story, outcome = publish(run, story, outcome)
    deliver(run, story, outcome)
    return outcome


class _Teller:
    """Tells the story step by step, and keeps what is known so that an error ends with it and not without."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.story = Story()

    def tell(self) -> Outcome:
        """The whole story.

        Raises:
            ReviewbotError: a review was due and did not happen, or GitHub or git could not be read.
        """
        run = self._run
        for path in run.settings.files():
            run.world.reporter.check_file(path)
        # What was paid for is published on a closed pull request, too.
        collects = not (run.may_buy or run.snapshot.pull.is_open)
        skipped = None if collects else not_due_for(run.snapshot.pull, run.policy, run.world.forge.permission)
        if skipped is not None:
            return conclude(run, self.story, skipped)
        prepared = self._read()
        if not prepared.sendables:
            return self._nothing_to_send(prepared)
        if run.settings.dry_run and run.paid:
            return self._dry_run()
        service = run.world.open_service(run.settings)
        return self._reviewed(service)

    def _reviewed(self, service: ReviewService) -> Outcome:
        """The review of what can be sent: bought or found, waited for, and published."""
        if (ended := self._purchase(service)) is not None:
            return ended
        task = self._wait(service)
        if not task.status.is_over:
            return self._detach()
        if task.status is not TaskStatus.COMPLETED and self._has_moved():
            self.story = self.story.bought(replace(self._bought, state=TaskState.ENDED, used=task.credits_used))
            return self._superseded()
        self._close(task)
        return self._publish(read_answer(service, task))

    def _read(self) -> Prepared:
        """The change, and what is remembered of it, with what a command has changed of that."""
        run = self._run
        prepared = prepare(run, load_change(run.world, run.snapshot.pull))
        self.story = replace(self.story, prepared=prepared)
        memory = read_memory(run, run.snapshot, self._identity().digest())
        run.degraded.say(memory.problem)
        called_off = () if run.snapshot.pull.is_open else (CallOff(),)
        changes = Changes(amendments=(*run.amendments, *called_off))
        story = replace(self.story, summary=memory.summary, claimed=memory.claimed)
        self.story = story.learned(changes, written=memory.ledger)
        return prepared

    @property
    def _bought(self) -> Purchase:
        if self.story.purchase is None:
            raise TypeError(self.story)
        return self.story.purchase

    @property
    def _prepared(self) -> Prepared:
        if self.story.prepared is None:
            raise TypeError(self.story)
        return self.story.prepared

    def _identity(self) -> Identity:
        run = self._run
        return Identity(
            repository_id=run.snapshot.repository.id,
            pull_number=run.snapshot.pull.number,
            instance=run.settings.instance,
            scope=WHOLE,
            change=change_digest(self._prepared.change.files),
            mode=run.settings.mode,
            expertise=run.settings.expertise,
        )

    def _nothing_to_send(self, prepared: Prepared) -> Outcome:
        """No review is due; findings that still count keep the gate closed.

        Raises:
            NothingSendable: one is due, and everything was held back.
        """
        if any(held.missed for held in prepared.held):
            raise NothingSendable(
                "Not one of the selected files could be sent.",
                hint="Each is listed with its reason. Leave it out with `paths` if nobody needs to review it.",
            )
        run, story = self._run, self.story
        severities = story.ledger.findings.severities("")
        outcome = judge(severities, readable=True, coverage=story.coverage, rules=run.judgement.rules)
        closed = outcome.verdict is Verdict.FAIL
        return conclude(run, story, outcome if closed else not_due(Reason.NOTHING_SELECTED))

    def _dry_run(self) -> Outcome:
        self.story = dry_run(self._run, self.story, self._identity())
        return conclude(self._run, self.story, not_due(Reason.DRY_RUN))

    def _purchase(self, service: ReviewService) -> Outcome | None:
        """Find the task of this change, or buy one; an outcome when the run ends without either."""
        run, identity = self._run, self._identity()
        known = self._known(identity.digest())
        standpoint = self._standpoint(known)
        about_to_buy = next_step(standpoint) is Step.BUY
        self.story = settle_older(run, service, self.story, identity.digest(), replaces=about_to_buy)
        step = next_step(replace(standpoint, awaited=self.story.awaited is not None))
        if step is Step.RESUME and known is not None:
            self.story = resume(run, service, self.story, known)
            known = replace(known, state=TaskState.ENDED)
            if not self._ended_unheard() or not self._wants_another(known):
                return None
            self.story = replace(self.story.bought(known), purchase=None, task=None)
            step = Step.BUY
        if step is Step.LEAVE:
            return self._leave()
        identity = replace(identity, attempt=next_attempt(known))
        if step is Step.DEFER and (ended := self._defer(service, identity)) is not None:
            return ended
        self._buy(service, identity, known)
        return None

    def _known(self, digest: str) -> Purchase | None:
        """The latest purchase of this change.

        A free review lives as long as its run, and its ledger is signed with no key: nothing of it is taken up. An
        intent that the service has forgotten is over, whatever came of it.
        """
        known = self.story.ledger.find(digest) if self._run.paid else None
        if known is None or not is_forgotten(known, self._run.world.clock.now()):
            return known
        known = replace(known, state=TaskState.ENDED)
        self.story = self.story.learned(self.story.changes.with_purchase(known))
        if isinstance(self._run.trigger, ReviewEvent):
            raise TaskEnded(
                "A run was stopped while it bought this review, a day ago or longer, so nobody knows whether it did.",
                hint="Look at the tasks of the CodeVF account. `/reviewbot review` as a comment buys it anew.",
            )
        return known

    def _standpoint(self, known: Purchase | None) -> Standpoint:
        trigger = self._run.trigger
        return Standpoint(
            known=known,
            head_sha=self._run.snapshot.pull.head_sha,
            wanted=self._wants_another(known),
            again=isinstance(trigger, Asked) and known is not None and known.asked != trigger.comment_id,
            awaited=False,
        )

    def _leave(self) -> Outcome:
        """Nothing is asked for; a check that an older review left open here has to be closed."""
        outcome = not_due(Reason.NOT_REQUESTED if self._run.snapshot.pull.is_open else Reason.CLOSED)
        there = current_check(self._run.snapshot)
        if there is not None and there.status != CheckStatus.COMPLETED and self.story.awaited is None:
            outcome = replace(outcome, conclusion=Conclusion.ACTION_REQUIRED)
        return conclude(self._run, self.story, outcome)

    def _defer(self, service: ReviewService, identity: Identity) -> Outcome | None:
        """Wait for the review of an older head, having written down that one of this head is wanted; None to go on."""
        run, awaited = self._run, self.story.awaited
        if awaited is None:
            raise TypeError(self.story)
        approve(run, self.story)
        wanted = purchase_of(run, identity, TaskState.WANTED)
        self.story = self.story.learned(self.story.changes.with_purchase(wanted))
        outcome = pending(run.judgement.rules, check_written=True)
        _, self.story, _ = publish(run, self.story, outcome)
        task = wait(run, service, awaited.task, run.settings.mode)
        if not task.status.is_over:
            return conclude(run, self.story, pending(run.judgement.rules, check_written=self.story.check is not None))
        story = settled(run, service, replace(self.story, awaited=None), awaited.purchase, task)
        self._run, self.story, _ = publish(run, story, outcome)
        return None if self._run is run else self._superseded()

    def _buy(self, service: ReviewService, identity: Identity, known: Purchase | None) -> None:
        """Buy what is new since the last reviewed head, or the whole change."""
        run, story = self._run, self.story
        intent = known if known is not None and known.state is TaskState.INTENT else None
        spent = story.ledger.spent - (intent.cost if intent else 0)
        story = replace(story, spent=max(story.claimed, spent))
        since = intent.since if intent else self._since(known)
        identity = replace(identity, scope=scope_since(since))
        self.story = buy(run, service, story, identity, intended=intent is not None)

    def _since(self, known: Purchase | None) -> str:
        run = self._run
        if not run.settings.incremental or not run.paid or (known is not None and known.state is TaskState.DONE):
            return ""
        return reviewed_head(self.story.ledger, run.snapshot.pull.base_ref)

    def _ended_unheard(self) -> bool:
        """Whether the task ended without a result while no run was looking."""
        task = self.story.task
        return task is not None and task.status.is_over and task.status is not TaskStatus.COMPLETED

    def _wants_another(self, known: Purchase | None) -> bool:
        """Whether this event asks for a purchase, the next attempt after a failed one included.

        Raises:
            TaskEnded: too many attempts have failed for an event to cause another.
        """
        run = self._run
        if not run.may_buy:
            return False
        ended = known is not None and known.state is TaskState.ENDED
        if known is not None and ended and known.attempt >= MAX_ATTEMPTS and isinstance(run.trigger, ReviewEvent):
            raise TaskEnded(
                f"CodeVF ended {known.attempt} tasks of this change without a result.",
                hint="Start the workflow by hand to try once more, or ask CodeVF what is wrong.",
            )
        over = {TaskState.ENDED, TaskState.WANTED}
        others = [entry for entry in self.story.ledger.purchases if entry.state not in over]
        before = any(entry.identity != (known.identity if known else "") for entry in others)
        return is_requested(run.policy, run.trigger, reviewed_before=before)

    def _wait(self, service: ReviewService) -> Task:
        if self.story.task is None:
            raise TypeError(self.story)
        task = wait(self._run, service, self.story.task, self._run.settings.mode)
        self.story = replace(self.story, task=task)
        return task

    def _detach(self) -> Outcome:
        """Leave with the task's id in the check, too: somebody may delete the summary before the next run."""
        rules = self._bought.judgement.rules
        return conclude(self._run, self.story, pending(rules, check_written=self.story.check is not None))

    def _has_moved(self) -> bool:
        return self._run.read_again().pull.head_sha != self._run.snapshot.pull.head_sha

    def _superseded(self) -> Outcome:
        """A newer head has a run of its own, which has the say from here on."""
        return conclude(
            self._run, self.story, superseded("The pull request has a newer head, which is reviewed instead.")
        )

    def _close(self, task: Task) -> None:
        """Write down how the task ended.

        Raises:
            TaskEnded: without a result; the next run may try again with a new task.
        """
        state = TaskState.DONE if task.status is TaskStatus.COMPLETED else TaskState.ENDED
        self.story = self.story.bought(replace(self._bought, state=state, used=task.credits_used))
        if state is TaskState.ENDED:
            raise TaskEnded(
                f"CodeVF ended the task {task.id} without a result: {visible(task.status_text)}.",
                hint="Run the workflow again to submit a new task. What this one cost is not known here.",
            )

    def _publish(self, report: Report) -> Outcome:
        """Judge the answer where it was asked for; it is published where the pull request is by now."""
        run, story = self._run, self.story
        sound = report.readable and story.coverage is Coverage.FULL
        purchase = replace(self._bought, coverage=Coverage.FULL if sound else Coverage.PARTIAL)
        story = replace(story.bought(purchase), report=report)
        answer = placed_here(self._prepared, purchase, report)
        self.story = story = story.learned(story.changes.with_answer(answer))
        outcome = self._judged(story, report)
        write_files(run, story, outcome)
        run, story = self._caught_up(story)
        return conclude(run, story, outcome if story.reviewed_sha else self._judged(story, report))

    def _caught_up(self, story: Story) -> tuple[Run, Story]:
        """The pull request as it is by now: somebody may have waived a finding, or pushed. Publishing tells errors."""
        try:
            return follow(self._run, story)
        except ReviewbotError:
            return self._run, story

    def _judged(self, story: Story, report: Report) -> Outcome:
        rules, findings = self._bought.judgement.rules, story.ledger.findings
        severities = findings.severities(story.task_id)
        outcome = judge(severities, readable=report.readable, coverage=story.coverage, rules=rules)
        return forgetful(outcome, rules) if findings.broken else outcome
