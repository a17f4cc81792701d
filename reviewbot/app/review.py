"""A review of one pull request: load, select, submit, wait, read, place, publish, judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from reviewbot.app.answer import read_answer
from reviewbot.app.buy import buy, dry_run, resume
from reviewbot.app.deliver import deliver, write_files
from reviewbot.app.load import load_change, load_settings, load_snapshot, overrides, prepare
from reviewbot.app.memory import read_memory, recall
from reviewbot.app.older import settle_older
from reviewbot.app.publish import publish, write_check, write_summary
from reviewbot.app.run import Run, World
from reviewbot.app.story import Story
from reviewbot.app.wait import wait
from reviewbot.domain.escaping import visible
from reviewbot.domain.events import ReviewEvent
from reviewbot.domain.gate import Outcome, Reason, did_not_happen, judge, not_due, pending
from reviewbot.domain.identity import WHOLE, Identity, change_digest
from reviewbot.domain.ledger import Purchase, TaskState
from reviewbot.domain.model import Report, Task, TaskStatus
from reviewbot.domain.placement import place
from reviewbot.domain.plan import summaries
from reviewbot.domain.triage import Trigger, is_requested, not_due_for
from reviewbot.errors import ForgeError, NoKey, NothingSendable, ReviewbotError, SettingsError, TaskEnded, TemplateError
from reviewbot.ports import ReviewService
from reviewbot.render import Renderer
from reviewbot.settings import peek_settings

MAX_ATTEMPTS = 3
"""How many tasks of one change may end without a result before only a person can ask for another."""


def review_pull_request(
    world: World, inputs: Mapping[str, str], trigger: Trigger, number: int, *, may_buy: bool = True
) -> Outcome:
    """Review a pull request, or find that no review of it is due.

    Args:
        world: the ports.
        inputs: of the workflow, by name.
        trigger: the event that asks.
        number: of the pull request.
        may_buy: False while collecting.

    Raises:
        ForgeError: the pull request cannot be read, so there is nothing to write on either.
    """
    started = world.clock.monotonic()
    snapshot = load_snapshot(world, inputs, number)
    try:
        settings, snapshot = load_settings(world, inputs, snapshot)
        renderer = Renderer(overrides(snapshot))
    except (SettingsError, TemplateError) as error:
        settings = peek_settings(inputs, snapshot.default_branch.config)
        run = Run(world, settings, trigger, snapshot, Renderer({}), started)
        return conclude(run, Story(), failed(run, error))
    run = Run(world, settings, trigger, snapshot, renderer, started, may_buy)
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


def _written(run: Run, write: Callable[[], Story], story: Story) -> Story:
    """The story after a write; GitHub's refusal is said and changes nothing else."""
    try:
        return write()
    except ForgeError as error:
        run.degraded.say(error.message)
        return story


def conclude(run: Run, story: Story, outcome: Outcome) -> Outcome:
    """End a run that has no findings to publish: the check, the summary where it has something new, and the runner.

    A summary that is there holds the ledger, so a run that has not read the ledger never writes over it.
    """
    if not run.settings.dry_run:
        if outcome.conclusion is not None:
            story = _written(run, lambda: write_check(run, story, outcome), story)
        homeless = story.check is None and outcome.conclusion is not None
        there = summaries(run.snapshot.comments, run.settings.instance).keep
        if story.purchase is not None or (homeless and there is None):
            story = _written(run, lambda: write_summary(run, story, outcome), story)
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
        if (skipped := not_due_for(run.snapshot.pull, run.policy, run.world.forge.permission)) is not None:
            return conclude(run, self.story, skipped)
        prepared = prepare(run, load_change(run.world, run.snapshot.pull))
        self.story = replace(self.story, prepared=prepared)
        if not prepared.sendables and not any(held.missed for held in prepared.held):
            return conclude(run, self.story, not_due(Reason.NOTHING_SELECTED))
        if not prepared.sendables:
            raise NothingSendable(
                "Not one of the selected files could be sent.",
                hint="Each is listed with its reason. Leave it out with `paths` if nobody needs to review it.",
            )
        if run.settings.dry_run and run.paid:
            return self._dry_run()
        service = run.world.open_service(run.settings)
        if (skipped := self._purchase(service)) is not None:
            return conclude(run, self.story, skipped)
        task = self._wait(service)
        if not task.status.is_over:
            return self._detach()
        self._close(task)
        return self._publish(read_answer(service, task))

    @property
    def _bought(self) -> Purchase:
        if self.story.purchase is None:
            raise TypeError(self.story)
        return self.story.purchase

    def _identity(self) -> Identity:
        run = self._run
        if self.story.prepared is None:
            raise TypeError(self.story)
        return Identity(
            repository_id=run.snapshot.repository.id,
            pull_number=run.snapshot.pull.number,
            instance=run.settings.instance,
            scope=WHOLE,
            change=change_digest(self.story.prepared.change.files),
            mode=run.settings.mode,
            expertise=run.settings.expertise,
        )

    def _dry_run(self) -> Outcome:
        self.story = dry_run(self._run, self.story, self._identity())
        return conclude(self._run, self.story, not_due(Reason.DRY_RUN))

    def _purchase(self, service: ReviewService) -> Outcome | None:
        """Find the task of this change, or buy one; an outcome when neither is wanted."""
        run, identity = self._run, self._identity()
        memory = read_memory(run, run.snapshot)
        run.degraded.say(memory.problem)
        self.story = replace(self.story, ledger=memory.ledger, summary=memory.summary)
        self.story = settle_older(run, service, self.story, identity.digest())
        # A free review lives as long as its run, and its ledger is signed with no key: nothing of it is taken up.
        known = recall(run, memory, identity) if run.paid else None
        if known is not None and known.state in {TaskState.OPEN, TaskState.DONE}:
            self.story = resume(run, service, self.story, known)
            if not self._ended_unheard() or not self._wants_another(known):
                return None
            known = replace(known, state=TaskState.ENDED)
            self.story = replace(self.story, ledger=self.story.ledger.with_purchase(known))
        elif (known is None or known.state is TaskState.ENDED) and not self._wants_another(known):
            return not_due(Reason.NOT_REQUESTED)
        if not run.may_buy:
            return not_due(Reason.NOT_REQUESTED)
        ended = known is not None and known.state is TaskState.ENDED
        attempt = 1 if known is None else known.attempt + ended
        intent = known if known is not None and not ended else None
        self.story = replace(self.story, spent=memory.spent(apart_from=intent))
        self.story = buy(run, service, self.story, replace(identity, attempt=attempt), intended=intent is not None)
        return None

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
        if known is not None and known.attempt >= MAX_ATTEMPTS and isinstance(run.trigger, ReviewEvent):
            raise TaskEnded(
                f"CodeVF ended {known.attempt} tasks of this change without a result.",
                hint="Start the workflow by hand to try once more, or ask CodeVF what is wrong.",
            )
        others = [entry for entry in self.story.ledger.purchases if entry.state is not TaskState.ENDED]
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
        run, rules = self._run, self._bought.judgement.rules
        story = self.story
        if run.paid and story.check is not None:
            outcome = pending(rules, check_written=True)
            self.story = _written(run, lambda: write_check(run, story, outcome), story)
        return conclude(run, self.story, pending(rules, check_written=self.story.check is not None))

    def _close(self, task: Task) -> None:
        """Write down how the task ended.

        Raises:
            TaskEnded: without a result; the next run may try again with a new task.
        """
        state = TaskState.DONE if task.status is TaskStatus.COMPLETED else TaskState.ENDED
        purchase = replace(self._bought, state=state, used=task.credits_used)
        self.story = replace(self.story, purchase=purchase, ledger=self.story.ledger.with_purchase(purchase))
        if state is TaskState.ENDED:
            raise TaskEnded(
                f"CodeVF ended the task {task.id} without a result: {visible(task.status_text)}.",
                hint="Run the workflow again to submit a new task. What this one cost is not known here.",
            )

    def _publish(self, report: Report) -> Outcome:
        run, story = self._run, self.story
        views = story.prepared.views if story.prepared else ()
        judgement = self._bought.judgement
        placed = place(report.findings, views, judgement.placement)
        story = replace(story, report=report, placed=placed)
        severities = [item.finding.severity for item in story.open_findings()]
        outcome = judge(severities, readable=report.readable, coverage=story.coverage, rules=judgement.rules)
        self.story = story
        write_files(run, story, outcome)
        if not run.settings.dry_run:
            story, outcome = publish(run, story, outcome)
        deliver(run, story, outcome)
        return outcome
