"""Coming to a task: the one that this change has, or a new one, after those of older heads were seen to."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from reviewbot.app.check_run import current_check
from reviewbot.app.conclude import conclude, verdict_on
from reviewbot.app.context import RunContext
from reviewbot.app.create_task import submit
from reviewbot.app.poll import wait
from reviewbot.app.publish import publish
from reviewbot.app.purchase import (
    Quote,
    approve,
    as_agreed,
    look_up,
    purchase_of,
    quote,
    record_intent,
    record_task,
    resume,
    selecting,
    use_up,
)
from reviewbot.app.read_change import identity_of
from reviewbot.app.settle import replaced, settle, settled
from reviewbot.app.story import Story
from reviewbot.domain.codevf.idempotency import Identity, scope_since
from reviewbot.domain.github.pull_request import CheckStatus, Conclusion
from reviewbot.domain.ledger.external_id import decode_external_id, tells_of_open_task
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.machine.next_step import (
    Standpoint,
    Step,
    builds_on,
    is_forgotten,
    is_replaced,
    next_attempt,
    next_step,
)
from reviewbot.domain.model.events import ReviewEvent
from reviewbot.domain.model.options import ReviewOn
from reviewbot.domain.model.review import TaskStatus
from reviewbot.domain.policy.eligibility import Asked, AtTerminal, is_requested, tries_again
from reviewbot.domain.policy.verdict import Coverage, Outcome, Reason, not_due, pending, superseded
from reviewbot.errors import (
    ForgeError,
    NothingSendable,
    OverBudget,
    ServiceRefused,
    ServiceUnreachable,
    TaskEnded,
)
from reviewbot.ports import ReviewService

MAX_ATTEMPTS = 3
"""How many tasks of one change may end without a result before only a person can ask for another."""

_PUT_OFF = (
    "A review of this head was put off, and this collection has other settings than the run that asked for it: the "
    "next event on the pull request buys it."
)


class Acquirer:
    """Finds or buys the review of a change, and keeps what is known so that an error ends with it and not without."""

    def __init__(self, run: RunContext) -> None:
        self._run = run
        self.story = Story()
        self._terms: Quote | None = None

    def _acquire(self, service: ReviewService) -> Outcome | None:
        """Find the task of this change, or buy one; an outcome when the run ends without either."""
        run, identity = self._run, identity_of(self._run, self.story.read.change)
        known = self._known(identity.digest())
        self.story = settle(run, service, self.story, but=known.identity if known else identity.digest())
        known = self._not_unknown(known)
        step = next_step(self._standpoint(known))
        if step is Step.RESUME and known is not None:
            try:
                failed = self._resumed(service, known)
            except (ServiceUnreachable, ServiceRefused) as error:
                return self._unheard(known, error)
            if failed is None:
                return None
            known = failed
            story = self.story.bought(known)
            self.story = replace(story, purchase=None, task=None, packing=None, frozen=False, reselected=False)
            step = next_step(self._standpoint(known))
        if step is Step.LEAVE:
            return self._leave()
        if (ended := self._tell_older()) is not None:
            return ended
        return self._bring(service, replace(identity, attempt=next_attempt(known)), known, step)

    def _bring(self, service: ReviewService, identity: Identity, known: Purchase | None, step: Step) -> Outcome | None:
        """Buy, once that is approved and no older review has to come in first."""
        if known is not None and known.state is TaskState.DEFERRED and not self._run.may_buy:
            self._run = replace(self._run, settings=as_agreed(self._run.settings, known))
        if self._run.paid and (known is None or known.state is not TaskState.INTENT):
            approve(self._run, self.story, identity)
        if step is Step.DEFER and (ended := self._replace_awaited(service, identity)) is not None:
            return ended
        if step is Step.DEFER and self.story.awaited and (ended := self._defer(service, identity)) is not None:
            return ended
        return self._buy(service, identity, known)

    def _resumed(self, service: ReviewService, known: Purchase) -> Purchase | None:
        """Go on with what was bought; the purchase as it ended, where it ended unheard and another one is wanted."""
        run = self._run
        self.story = resume(run, self.story, known)
        try:
            self.story = look_up(run, service, self.story)
        except ServiceRefused as error:
            # Nobody hears of a task again that the service does not know: who asks gets another one.
            if not (error.is_not_found and isinstance(run.trigger, Asked)):
                raise
            return known.over(TaskState.ENDED, known.used, run.now)
        task = self.story.task
        ended = known.over(TaskState.ENDED, task.credits_used if task else None, run.now)
        return ended if self._ended_unheard() and self._wants_another(ended) else None

    def _unheard(self, known: Purchase, error: ServiceUnreachable | ServiceRefused) -> Outcome:
        """The outcome where the service does not tell what became of a task: what is remembered of it stands.

        Raises:
            ServiceError: nothing is.
        """
        run, rules = self._run, known.judgement.rules
        hushed = isinstance(error, ServiceRefused) and (run.may_buy or error.is_not_found)
        if known.state is TaskState.OPEN and not hushed:
            run.degraded.say(f"{error.message} The task goes on, and a later run looks again.")
            return conclude(run, self.story, pending(rules))
        if known.state is TaskState.DONE and known.base_ref:  # one that a short copy tells of has no findings here
            run.degraded.say(f"{error.message} The verdict is by what is remembered; the report files have no answer.")
            readable = known.coverage is Coverage.FULL  # an answer that was not is partial
            return conclude(run, self.story, verdict_on(self.story, rules, readable=readable))
        raise error

    def _tell_older(self) -> Outcome | None:
        """Publish what came in for older heads before anything is bought; an outcome when the head has moved meanwhile.

        A ledger that calls those tasks done must not be written before their findings have their comments.
        """
        return self._published() if self.story.changes.answers else None

    def _published(self) -> Outcome | None:
        """Write down what is known so far, on the pull request as it is by now; an outcome when its head has moved."""
        run = self._run
        self._run, self.story, _ = publish(run, self.story, pending(run.judgement.rules))
        return None if self._run is run else self._superseded()

    def _known(self, digest: str) -> Purchase | None:
        """The latest purchase of this change.

        A free review lives as long as its run, and its ledger is signed with no key: nothing of it is taken up.
        """
        run, ledger = self._run, self.story.ledger
        known = ledger.find(digest) if run.paid else None
        if known is not None and known.state is TaskState.ENDED and not isinstance(run.trigger, Asked):
            known = ledger.done(digest) or known  # what a later attempt came to takes nothing away from it
        return known if known is not None or run.may_buy or not run.paid else self._bought_otherwise()

    def _bought_otherwise(self) -> Purchase | None:
        """What was bought of this head by other settings than this collection's: the change is the same."""
        run = self._run
        known = self.story.ledger.on_head(run.snapshot.pull.head_sha, self.story.read.change.merge_base)
        if known is None or known.state is TaskState.DEFERRED:
            return None
        # An intent has another key, so buying this change would not find its task.
        return None if known.state is TaskState.INTENT and not is_forgotten(known, run.now) else known

    def _not_unknown(self, known: Purchase | None) -> Purchase | None:
        """That purchase, ended where its task may exist and can no longer be found under the same key.

        Raises:
            TaskEnded: so it is, and no person asks: another attempt could pay for the review twice.
        """
        run = self._run
        if known is None or not known.is_unknown or not (known.state.is_over or is_forgotten(known, run.now)):
            return known
        known = replace(known, state=TaskState.ENDED)
        self.story = self.story.noted(known)
        if isinstance(run.trigger, ReviewEvent | AtTerminal) or not run.may_buy:
            raise TaskEnded(
                "A run stopped while it bought this review, and it can no longer be resumed.",
                hint="Look at the tasks in the CodeVF account. To buy another review, comment `/reviewbot review`, or "
                "use `--again` at a terminal.",
            )
        return known

    def _standpoint(self, known: Purchase | None) -> Standpoint:
        trigger, pull = self._run.trigger, self._run.snapshot.pull
        return Standpoint(
            known=known,
            head_sha=pull.head_sha,
            wanted=self._wants_another(known),
            again=isinstance(trigger, Asked) and not self.story.ledger.was_asked(trigger.comment_id),
            awaited=self.story.awaited is not None,
            reads_otherwise=known is not None and not self._run.may_buy and known.selecting != selecting(self._run),
        )

    def _leave(self) -> Outcome:
        """Nothing is asked for; a check that an older review left open here has to be closed when that one is in."""
        run, there = self._run, current_check(self._run.snapshot)
        put_off = self.story.ledger.postponed()
        begun = any(one.head_sha == run.snapshot.pull.head_sha for one in self.story.ledger.intents())
        waits = self.story.awaited is not None or begun or put_off
        if waits and run.snapshot.pull.is_open:
            told = _PUT_OFF if put_off and self.story.awaited is None else ""
            return conclude(run, self.story, replace(pending(run.judgement.rules), message=told))
        outcome = self._why_not()
        if there and tells_of_open_task(there.external_id) and not decode_external_id(there.external_id, run.signer):
            # Another key has signed it: whoever has that one goes on.
            return conclude(run, self.story, outcome)
        left = there and (there.status != CheckStatus.COMPLETED or tells_of_open_task(there.external_id))
        if left and self.story.awaited is None:
            outcome = replace(outcome, conclusion=Conclusion.ACTION_REQUIRED)
        return conclude(run, self.story, outcome)

    def _why_not(self) -> Outcome:
        if not self._run.snapshot.pull.is_open:
            return not_due(Reason.CLOSED)
        if self._run.settings.review_on is ReviewOn.PUSH:
            told = "This head has no review, and this run buys none: a push or `/reviewbot review` asks for one."
            return not_due(Reason.NOT_REQUESTED, told)
        return not_due(Reason.NOT_REQUESTED)

    def _replace_awaited(self, service: ReviewService, identity: Identity) -> Outcome | None:
        """Cancel what is waited for as far as it may be, once it is sure that the newer head can be bought.

        An outcome when a review came in instead, and the head has moved meanwhile.
        """
        run, answers = self._run, self.story.changes.answers
        while (awaited := self.story.awaited) and is_replaced(awaited.task.status, run.settings.supersede):
            agreed = quote(run, service, self.story, freed=awaited.purchase.hold)
            self.story = replaced(run, service, self.story)
            if self.story.awaited is not None:
                return None
            # Nothing is freed by one that was finished before it could be cancelled.
            self._terms = agreed if self.story.changes.answers == answers else None
            self.story = settle(run, service, self.story, but=identity.digest())
        return self._tell_older() if self.story.changes.answers != answers else None

    def _defer(self, service: ReviewService, identity: Identity) -> Outcome | None:
        """Wait for the review of an older head, having written down that one of this head is wanted; None to go on."""
        run, awaited = self._run, self.story.awaited
        if awaited is None:
            raise TypeError(self.story)
        use_up(run)
        wanted = replace(purchase_of(run, self.story, identity, TaskState.DEFERRED), hold=run.settings.max_credits)
        self.story = self.story.noted(wanted)
        if (ended := self._published()) is not None:
            return ended
        task = wait(run, service, awaited.task, run.settings.mode)
        if not task.status.is_over:
            return conclude(run, self.story, pending(run.judgement.rules))
        self.story = settled(run, service, replace(self.story, awaited=None), awaited.purchase, task)
        if (ended := self._published()) is not None:
            return ended
        # Publishing has read the pull request again: somebody may have called off what was put off.
        wanted_now = self.story.ledger.named(wanted.identity, wanted.attempt)
        return self._leave() if wanted_now is not None and wanted_now.state is TaskState.ENDED else None

    def _buy(self, service: ReviewService, identity: Identity, known: Purchase | None) -> Outcome | None:
        """Buy what is new since the last reviewed head, or the whole change; an outcome where the head has moved.

        Each step is kept before the next can fail. What the service refuses is no purchase; where nobody knows, the
        intent stays, and the next run sends the same key.
        """
        run, intent = self._run, known if known is not None and known.state is TaskState.INTENT else None
        identity = replace(identity, scope=scope_since(intent.since if intent else self._since(known)))
        agreed = self._terms or quote(run, service, self.story, intended=intent)
        intended = record_intent(run, self.story, identity, agreed)
        if intended is None:
            return self._superseded()
        self.story = intended
        with run.ports.uninterrupted():
            try:
                self.story = submit(run, service, self.story, identity, agreed)
            except (ServiceRefused, OverBudget, NothingSendable):
                if intent is None:
                    self.story = self.story.bought(replace(self.story.own, state=TaskState.ENDED, used=Decimal(0)))
                raise
            self.story = record_task(run, self.story)
        return None

    def _since(self, known: Purchase | None) -> str:
        run = self._run
        if not run.settings.incremental or not run.paid or (known is not None and known.state is TaskState.DONE):
            return ""
        last = builds_on(self.story.ledger, run.snapshot.pull.base_ref, selecting(run))
        return last.head_sha if last is not None and self._only_grew(last) else ""

    def _only_grew(self, last: Purchase) -> bool:
        """Whether the base has only moved on since that review, if at all: else lines joined that nobody has pushed."""
        now = self.story.read.change.merge_base
        if not last.merge_base or last.merge_base == now:
            return last.merge_base == now
        try:
            return self._run.ports.forge.merge_base(last.merge_base, now) == last.merge_base
        except ForgeError as error:
            self._run.ports.reporter.debug(f"The merge base of the last review cannot be compared: {error.message}")
            return False

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
        has_ended = known is not None and known.state is TaskState.ENDED
        if has_ended and not tries_again(run.policy, run.trigger):
            return False
        tried = self.story.ledger.ended(known.identity) if known is not None and has_ended else 0
        if tried >= MAX_ATTEMPTS and isinstance(run.trigger, ReviewEvent):
            raise TaskEnded(
                f"{tried} attempts at a review of this change have ended without a result.",
                hint="Start the workflow by hand to try once more, or ask CodeVF what is wrong.",
            )
        unbought = {TaskState.ENDED, TaskState.DEFERRED, TaskState.INTENT}
        others = [entry for entry in self.story.ledger.purchases if entry.state not in unbought]
        before = any(entry.identity != (known.identity if known else "") for entry in others)
        return is_requested(run.policy, run.trigger, reviewed_before=before)

    def _superseded(self) -> Outcome:
        """A newer head has a run of its own, which has the say from here on."""
        return conclude(
            self._run, self.story, superseded("The pull request has a newer head, which is reviewed instead.")
        )
