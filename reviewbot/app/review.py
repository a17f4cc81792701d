"""A review of one pull request: load, select, submit, wait, read, place, publish, judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reviewbot.app.acquire import Acquirer
from reviewbot.app.conclude import conclude, failed, verdict_on
from reviewbot.app.context import Ports, RunContext
from reviewbot.app.ledger_store import read_ledger
from reviewbot.app.poll import wait
from reviewbot.app.purchase import dry_run, task_batches
from reviewbot.app.read_change import (
    Prepared,
    identity_of,
    load_change,
    load_settings,
    load_snapshot,
    overrides,
    prepare,
)
from reviewbot.app.read_result import placed_here, read_answer
from reviewbot.app.refresh import refresh
from reviewbot.app.runner_output import write_files
from reviewbot.app.settle import settle
from reviewbot.app.story import Story
from reviewbot.domain.github.pull_request import Conclusion, Snapshot
from reviewbot.domain.ledger.edits import CallOff, LedgerEdit
from reviewbot.domain.ledger.external_id import decode_external_id
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.model.review import Report, Task, TaskStatus
from reviewbot.domain.policy.eligibility import Trigger, not_due_for
from reviewbot.domain.policy.verdict import Coverage, Outcome, Reason, Verdict, not_due, pending
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import NothingSendable, ReviewbotError, SettingsError, TaskEnded, TemplateError
from reviewbot.ports import ReviewService
from reviewbot.render.renderer import Renderer, collecting_renderer
from reviewbot.settings import peek_settings


def review_pull_request(
    ports: Ports,
    inputs: Mapping[str, str],
    trigger: Trigger,
    pull: int | Snapshot,
    *,
    may_buy: bool = True,
    edits: tuple[LedgerEdit, ...] = (),
) -> Outcome:
    """Review a pull request, or find that no review of it is due.

    Args:
        ports: the ports.
        inputs: of the workflow, by name.
        trigger: the event that asks.
        pull: the number of the pull request, or the whole of it where it was read already.
        may_buy: False while collecting.
        edits: what a command changes of what is remembered.

    Raises:
        ForgeError: the pull request cannot be read, so there is nothing to write on either.
    """
    started = ports.clock.monotonic()
    snapshot = pull if isinstance(pull, Snapshot) else load_snapshot(ports, inputs, pull)
    try:
        settings, snapshot = load_settings(ports, inputs, snapshot)
        renderer = (Renderer if may_buy else collecting_renderer)(overrides(snapshot))
    except (SettingsError, TemplateError) as error:
        settings = peek_settings(inputs, snapshot.default_branch.config)
        run = RunContext(ports, settings, trigger, snapshot, Renderer({}), started)
        return conclude(run, Story(), failed(run, error))
    run = RunContext(ports, settings, trigger, snapshot, renderer, started, may_buy, edits)
    teller = _Teller(run)
    try:
        return teller.tell()
    except ReviewbotError as error:
        return conclude(run, teller.story, failed(run, error))


class _Teller(Acquirer):
    """Tells the story step by step."""

    def tell(self) -> Outcome:
        """The whole story.

        Raises:
            ReviewbotError: a review was due and did not happen, or GitHub or git could not be read.
        """
        run = self._run
        # What was paid for is published on a closed pull request, too.
        collects = not (run.may_buy or run.snapshot.pull.is_open)
        skipped = None if collects else not_due_for(run.snapshot.pull, run.policy, run.ports.forge.permission)
        if skipped is not None and not self._has_business():
            return conclude(run, self.story, skipped)
        prepared = self._read()
        if skipped is not None:
            return self._see_through(skipped)
        if not prepared.sendables:
            return self._nothing_to_send(prepared)
        if run.settings.dry_run and run.paid:
            return self._dry_run()
        service = run.open_service()
        return self._reviewed(service)

    def _has_business(self) -> bool:
        """Whether something was bought or asked for that is not over, though no review is due by now."""
        run = self._run
        if not run.paid or run.settings.dry_run:
            return False
        ledger = read_ledger(run, run.snapshot, "").ledger
        return bool(run.edits or ledger.open_tasks() or ledger.intents())

    def _see_through(self, skipped: Outcome) -> Outcome:
        """See through what was bought where no review is due by now; a draft's own task ends as if it were none."""
        run, digest = self._run, identity_of(self._run, self.story.read.change).digest()
        own = self.story.ledger.find(digest)
        if skipped.conclusion is None and own is not None and own.state is TaskState.OPEN:
            self._run = replace(run, may_buy=False)
            return self._reviewed(run.open_service())
        self._settle_all()
        return conclude(run, self.story, skipped)

    def _settle_all(self) -> None:
        """Look up every open task, that of this very change included, and record the intents."""
        run, ledger = self._run, self.story.ledger
        if run.paid and (ledger.open_tasks() or ledger.intents()):
            self.story = settle(run, run.open_service(), self.story)

    def _reviewed(self, service: ReviewService) -> Outcome:
        """The review of what can be sent: bought or found, waited for, and published."""
        if (ended := self._acquire(service)) is not None:
            return ended
        task = self._wait(service)
        if not task.status.is_over:
            return self._detach()
        if task.status is not TaskStatus.COMPLETED and self._has_moved():
            self.story = self.story.bought(self._over(TaskState.ENDED, task))
            return self._superseded()
        self._close(task)
        return self._publish(read_answer(service, task, self._asked() if task.parts else {}))

    def _asked(self) -> Mapping[str, int]:
        """The part, from 0, that was asked about a finding, by its id: it went with its file, or with the first one."""
        where = task_batches(self._run, self.story, self.story.own).numbers()
        return {record.id: where.get(record.path, 0) for record in self.story.ledger.findings.records}

    def _read(self) -> Prepared:
        """The change, and what is remembered of it, with what a command has changed of that."""
        run = self._run
        prepared = prepare(run, load_change(run.ports, run.snapshot.pull))
        self.story = replace(self.story, prepared=prepared)
        memory = read_ledger(run, run.snapshot, identity_of(run, prepared.change).digest())
        run.degraded.say(memory.problem)
        called_off = () if run.snapshot.pull.is_open else (CallOff(),)
        changes = LedgerUpdate(edits=(*run.edits, *called_off))
        story = replace(self.story, summary=memory.summary, claimed=memory.claimed, lost=memory.lost)
        self.story = story.learned(changes, written=memory.ledger)
        return prepared

    def _nothing_to_send(self, prepared: Prepared) -> Outcome:
        """No review is due; one that is open is awaited, and findings that still count keep the gate closed.

        Raises:
            NothingSendable: one is due, and everything was held back.
        """
        if not self._run.settings.dry_run:
            self._settle_all()
        if missed := [held.path for held in prepared.held if held.missed]:
            raise NothingSendable(
                "Not one of the selected files could be reviewed.",
                hint="Each is listed with its reason. To leave out what needs no review:"
                f"{self._run.leaving_out(missed)}",
            )
        run, story = self._run, self.story
        if story.awaited is not None:
            return conclude(run, story, pending(run.judgement.rules))
        outcome = verdict_on(story, run.judgement.rules, readable=True)
        if outcome.verdict is not Verdict.PASS:
            return conclude(run, story, outcome)
        return conclude(run, story, self._elsewhere() or not_due(Reason.NOTHING_SELECTED))

    def _elsewhere(self) -> Outcome | None:
        """The outcome where this very head was bought a review for against another base: its check stays off green.

        Else a base that has the head already would let it through on the way back to the other one.
        """
        run, ledger = self._run, self.story.ledger
        pull, ours = run.snapshot.pull, [one for one in run.snapshot.checks if one.external_id and run.paid]
        copies = [decode_external_id(one.external_id, run.signer) for one in ours]  # None: another key has signed it
        shown = [ledger.named(copy.identity, copy.attempt) if copy else None for copy in copies]
        here = [*shown, *(one for one in ledger.purchases if one.head_sha == pull.head_sha)]
        if all(one is not None and one.base_ref == pull.base_ref for one in here):
            return None
        told = (
            f"This commit was reviewed for another branch. Against `{visible(pull.base_ref)}` nothing is left of it "
            "to review, and a commit has one check: push another one to get another."
        )
        return replace(not_due(Reason.NOTHING_SELECTED, told), conclusion=Conclusion.ACTION_REQUIRED)

    def _dry_run(self) -> Outcome:
        self.story = dry_run(self._run, self.story, identity_of(self._run, self.story.read.change))
        return conclude(self._run, self.story, not_due(Reason.DRY_RUN))

    def _wait(self, service: ReviewService) -> Task:
        if self.story.task is None:
            raise TypeError(self.story)
        task = wait(self._run, service, self.story.task, self._run.settings.mode)
        self.story = replace(self.story, task=task)
        return task

    def _detach(self) -> Outcome:
        """Leave with the task's id in the check, too: somebody may delete the summary before the next run."""
        return conclude(self._run, self.story, pending(self.story.own.judgement.rules))

    def _has_moved(self) -> bool:
        return self._run.read_again().pull.head_sha != self._run.snapshot.pull.head_sha

    def _over(self, state: TaskState, task: Task) -> Purchase:
        return self.story.own.over(state, task.credits_used, self._run.now)

    def _close(self, task: Task) -> None:
        """Write down how the task ended.

        Raises:
            TaskEnded: without a result; the next run may try again with a new task.
        """
        state = TaskState.DONE if task.status is TaskStatus.COMPLETED else TaskState.ENDED
        self.story = self.story.bought(self._over(state, task))
        if state is TaskState.ENDED:
            raise TaskEnded(
                f"CodeVF ended the task {task.id} without a result: {visible(task.status_text)}.",
                hint="Run it again to submit a new task. What this one cost is not known here.",
            )

    def _publish(self, report: Report) -> Outcome:
        """Judge the answer where it was asked for; it is published where the pull request is by now."""
        run, story = self._run, self.story
        sound = report.readable and not story.is_short
        purchase = replace(self.story.own, coverage=Coverage.FULL if sound else Coverage.PARTIAL)
        story = replace(story.bought(purchase), report=report)
        answer = placed_here(self.story.read, purchase, report)
        self.story = story = story.learned(story.changes.with_answer(answer))
        outcome = self._judged(story, report)
        write_files(run, story, outcome)
        run, story = self._caught_up(story)
        return conclude(run, story, outcome if story.reviewed_sha else self._judged(story, report))

    def _caught_up(self, story: Story) -> tuple[RunContext, Story]:
        """The pull request as it is by now: somebody may have waived a finding, or pushed. Publishing tells errors."""
        try:
            return refresh(self._run, story)
        except ReviewbotError:
            return self._run, story

    def _judged(self, story: Story, report: Report) -> Outcome:
        self.story = story
        return verdict_on(story, story.own.judgement.rules, readable=report.readable)
