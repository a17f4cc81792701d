"""What a run carries: its ports, and what was read before anything was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TypeVar

from reviewbot.app.batch_service import BatchReviewService
from reviewbot.domain.findings.placement import PlacementRules
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.ledger.edits import LedgerEdit
from reviewbot.domain.ledger.ledger import Judgement
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.policy.eligibility import Policy, Trigger
from reviewbot.domain.policy.verdict import Rules
from reviewbot.errors import PermissionMissing
from reviewbot.ports import ChangeReader, Clock, Forge, Reporter, ReviewService
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.exclusions import exclusion_options, exclusion_setting
from reviewbot.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything that is not a value: opened by the composition root, passed in.

    Attributes:
        open_service: makes the reviewer that the settings name; raises `NoKey` when its key is missing.
        rng: for jitter, and for the word that fences an author's text; must not be predictable.
        run_url: the address of this run's log, None at a terminal.
        version: ours.
        uninterrupted: holds signals back for some seconds, while a task is created and written down.
    """

    forge: Forge
    changes: ChangeReader
    open_service: Callable[[Settings], ReviewService]
    reporter: Reporter
    clock: Clock
    rng: Random
    run_url: str | None
    version: str
    uninterrupted: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(slots=True)
class Degraded:
    """What this run could not do, each said once.

    Attributes:
        denied: the parts that the token may not write.
    """

    sentences: list[str] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)

    def note(self, error: PermissionMissing, what: str) -> None:
        """A permission is missing: this part is left out, the rest goes on."""
        self.denied.add(what)
        needs = f" (the token needs `{error.needs}`)" if error.needs else ""
        self.say(f"{what} could not be written: the token may not do it{needs}.")

    def say(self, *sentences: str) -> None:
        """Add sentences that are not there yet."""
        self.sentences.extend(sentence for sentence in sentences if sentence and sentence not in self.sentences)


@dataclass(frozen=True, slots=True)
class RunContext:
    """One review of one pull request, from here on without the event's shape.

    Attributes:
        started: on the monotonic clock, for the one deadline of everything.
        may_buy: False while collecting: tasks are looked up once, and nothing is bought but what was postponed.
        edits: what a command changes of the ledger.
    """

    ports: Ports
    settings: Settings
    trigger: Trigger
    snapshot: Snapshot
    renderer: Renderer
    started: float
    may_buy: bool = True
    edits: tuple[LedgerEdit, ...] = ()
    degraded: Degraded = field(default_factory=Degraded)

    @property
    def paid(self) -> bool:
        """Whether this reviewer costs money."""
        return self.settings.reviewer is ReviewerKind.CODEVF

    def leaving_out(self, paths: Iterable[str]) -> str:
        """What leaves files out, ready to be pasted: a setting, or options on a line of their own at a terminal."""
        if self.ports.run_url is None:
            return f"\n  {exclusion_options(paths)}"
        return f" {exclusion_setting(paths)}"

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        return self.ports.clock.now()

    @property
    def deadline(self) -> float:
        """When to stop waiting, on the monotonic clock."""
        return self.started + (self.settings.wait_minutes * 60 if self.may_buy else 0)

    @property
    def signer(self) -> Signer:
        """Signs this pull request's ledger."""
        key = self.settings.codevf_api_key.reveal() if self.paid else ""
        return Signer(key, self.snapshot.repository.id, self.snapshot.pull.number, self.settings.instance)

    @property
    def policy(self) -> Policy:
        """When a review is due and who may spend."""
        return policy_of(self.settings)

    @property
    def judgement(self) -> Judgement:
        """The settings that judge and publish, as they stand today."""
        return judgement_of(self.settings)

    @property
    def metadata(self) -> Mapping[str, str | int]:
        """What a task is told to be of, for the customer's own reference."""
        repository, number = self.snapshot.repository.full_name, self.snapshot.pull.number
        return {"repository": repository, "pullRequest": number, "client": f"reviewbot/{self.ports.version}"}

    def open_service(self) -> ReviewService:
        """The reviewer that the settings name.

        Raises:
            NoKey: its key is missing.
        """
        return BatchReviewService(self.ports.open_service(self.settings), self.ports.clock, self.deadline)

    def read_again(self) -> Snapshot:
        """The pull request as it is now."""
        settings = self.settings
        return self.ports.forge.snapshot(
            self.snapshot.pull.number,
            check_name=settings.check_name,
            config_file=settings.config_file,
            templates_dir=settings.templates_dir,
        )

    def say(self, line: str) -> None:
        """One line for the log."""
        self.ports.reporter.say(line)

    def attempt(self, what: str, write: Callable[[], T]) -> T | None:
        """Write a part; None when the token may not, which is said once."""
        try:
            return write()
        except PermissionMissing as error:
            self.degraded.note(error, what)
            return None


def policy_of(settings: Settings) -> Policy:
    """The settings that say when a review is due and who may spend."""
    return Policy(settings.review_on, settings.allow, settings.approve_spend, settings.drafts, settings.bots)


def judgement_of(settings: Settings) -> Judgement:
    """The settings that judge and publish."""
    rules = Rules(settings.fail_on, settings.on_pending, settings.on_error, settings.on_partial)
    return Judgement(rules, PlacementRules(settings.comment_from, settings.max_comments), settings.review_event)
