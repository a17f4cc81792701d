"""Coming to a task: the one that this change has, or a new one, after those of older heads were seen to."""

from __future__ import annotations

from dataclasses import replace

from reviewbot.app.buy import approve, buy, purchase_of, resume
from reviewbot.app.conclude import conclude
from reviewbot.app.load import Prepared
from reviewbot.app.publish import current_check, publish
from reviewbot.app.run import Run
from reviewbot.app.settle import settle_older, settled
from reviewbot.app.story import Story
from reviewbot.app.wait import wait
from reviewbot.domain.course import Standpoint, Step, is_forgotten, next_attempt, next_step, reviewed_head
from reviewbot.domain.events import ReviewEvent
from reviewbot.domain.gate import Outcome, Reason, not_due, pending, superseded
from reviewbot.domain.identity import WHOLE, Identity, change_digest, scope_since
from reviewbot.domain.ledger import Purchase, TaskState
from reviewbot.domain.model import TaskStatus
from reviewbot.domain.snapshot import CheckStatus, Conclusion
from reviewbot.domain.triage import Asked, is_requested
from reviewbot.errors import TaskEnded
from reviewbot.ports import ReviewService

MAX_ATTEMPTS = 3
"""How many tasks of one change may end without a result before only a person can ask for another."""


class Acquirer:
    """Finds or buys the review of a change, and keeps what is known so that an error ends with it and not without."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.story = Story()

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

    def _acquire(self, service: ReviewService) -> Outcome | None:
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
        if (ended := self._tell_older()) is not None:
            return ended
        identity = replace(identity, attempt=next_attempt(known))
        if step is Step.DEFER and (ended := self._defer(service, identity)) is not None:
            return ended
        self._buy(service, identity, known)
        return None

    def _tell_older(self) -> Outcome | None:
        """Publish what came in for older heads before anything is bought; an outcome when the head has moved meanwhile.

        A ledger that calls those tasks done must not be written before their findings have their comments.
        """
        run = self._run
        if self.story.changes.answers:
            outcome = pending(run.judgement.rules, check_written=True)
            self._run, self.story, _ = publish(run, self.story, outcome)
        return None if self._run is run else self._superseded()

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
        _, self.story, _ = publish(run, self.story, pending(run.judgement.rules, check_written=True))
        task = wait(run, service, awaited.task, run.settings.mode)
        if not task.status.is_over:
            return conclude(run, self.story, pending(run.judgement.rules, check_written=self.story.check is not None))
        self.story = settled(run, service, replace(self.story, awaited=None), awaited.purchase, task)
        return self._tell_older()

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

    def _superseded(self) -> Outcome:
        """A newer head has a run of its own, which has the say from here on."""
        return conclude(
            self._run, self.story, superseded("The pull request has a newer head, which is reviewed instead.")
        )
