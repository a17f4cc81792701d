"""The context of a run: its ports, its settings, and what it could not do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cached_property, partial
from random import Random
from typing import ParamSpec, TypeVar

from msgspec import Struct, field

from reviewbot import __version__
from reviewbot.app.reviewer.batch_service import BatchReviewService
from reviewbot.domain.codevf.idempotency import selection_digest
from reviewbot.domain.findings.placement import PlacementRules
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.ledger.ledger import Judgement, PurchaseKey
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.ledger.skip_record import push_record, skip_record
from reviewbot.domain.machine.known import HeadProof, Known, Request, Wrote
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.policy.eligibility import Policy, Trigger
from reviewbot.domain.policy.size import AutoSize
from reviewbot.domain.policy.verdict import Rules
from reviewbot.errors import ForgeUnreachable, PermissionMissing
from reviewbot.ports import ChangeReader, Clock, Forge, Installation, Reporter, ReviewService
from reviewbot.render.renderer import Renderer
from reviewbot.render.view_models.exclusions import exclusion_command, exclusion_setting
from reviewbot.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


class OwnTasks(Struct):
    """Purchases and cancellations that this run attempted, including those for commands that earlier runs missed."""

    bought: set[PurchaseKey] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)


class Ports(Struct, frozen=True):
    """The ports and inputs of a run.

    Attributes:
        open_service: opens the reviewer that the settings select. Raises `NoKey` if the key is missing.
        rng: for jitter, and for the boundary around an author's text, which the author must not be able to predict.
        run_url: the URL of this run's log, or None at a terminal.
        command: the command that repeats the review at a terminal, otherwise empty.
        installation: the repositories that the token can see, or None at a terminal.
        uninterrupted: delays signals for a few seconds, while a task is created and recorded.
    """

    forge: Forge
    changes: ChangeReader
    open_service: Callable[[Settings], ReviewService]
    reporter: Reporter
    clock: Clock
    rng: Random
    run_url: str | None
    inputs: Mapping[str, str]
    docs_url: str | None = None
    command: str = ""
    installation: Installation | None = None
    uninterrupted: Callable[[], AbstractContextManager[None]] = nullcontext
    own_tasks: OwnTasks = field(default_factory=OwnTasks)


class RunContext(Struct, frozen=True, dict=True):
    """One run on one pull request.

    Attributes:
        check_names: the names of reviewbot's check runs, starting with the name for the base at the start of the run.
        wait_until: the monotonic time until which the run may wait for a review, or 0 for no wait.
        notes: sentences about what this run could not do, for `Known.notes`.
        denied: the operations for which the token lacks permission, e.g., `Writing the check run`.
    """

    ports: Ports
    settings: Settings
    renderer: Renderer
    signer: Signer
    check_names: tuple[str, ...]
    wait_until: float = 0
    notes: list[str] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls, ports: Ports, settings: Settings, snapshot: Snapshot, renderer: Renderer, *, wait_until: float = 0
    ) -> RunContext:
        key = settings.codevf_api_key.reveal() if settings.paid else ""
        signer = Signer(key, snapshot.repository.id, snapshot.pull.number, settings.instance)
        return cls(ports, settings, renderer, signer, check_names_of(settings, snapshot), wait_until)

    @property
    def check_name(self) -> str:
        return self.check_names[0]

    @property
    def run_id(self) -> int:
        """The id of this workflow run, or 0 at a terminal."""
        last = (self.ports.run_url or "").rpartition("/actions/runs/")[2].partition("/")[0]
        return int(last) if last.isascii() and last.isdigit() else 0

    @property
    def now(self) -> datetime:
        return self.ports.clock.now()

    @cached_property
    def service(self) -> ReviewService:
        service = self.ports.open_service(self.settings)
        return BatchReviewService(service, self.ports.clock, self.wait_until)

    def reviewer(self, request: Request) -> ReviewService:
        """Return the reviewer that the settings select, or the analyzers if a rule in `routes` selects them."""
        return self.service if request.paid or not self.settings.paid else self._analyzers

    @cached_property
    def _analyzers(self) -> ReviewService:
        return self.ports.open_service(dataclasses.replace(self.settings, reviewer=ReviewerKind.LOCAL))

    def leaving_out(self, paths: Iterable[str]) -> str:
        """Return how to exclude files: a setting or, at a terminal, a command on a separate line."""
        named = tuple(paths)
        if self.ports.run_url is None:
            command = exclusion_command(self.ports.command, named)
            return f"\n  {command}" if command else " use `--paths`."
        return f" {exclusion_setting(named) or 'use `paths`.'}"

    def read_snapshot(self) -> Snapshot:
        """Read the current pull request. If the base has changed, also read the check runs with the new base's name."""
        read = partial(snapshot_of, self.ports, self.settings, self.signer.pull_number)
        snapshot = read(self.check_names)
        while snapshot.check_names != (names := self._names_with(snapshot)):
            snapshot = read(names)
        return snapshot

    def _names_with(self, snapshot: Snapshot) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.check_name, *check_names_of(self.settings, snapshot))))

    def say(self, line: str) -> None:
        self.ports.reporter.say(line)

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def take_notes(self) -> tuple[str, ...]:
        """Return the notes since the last call."""
        notes = tuple(self.notes)
        self.notes.clear()
        return notes

    def attempt(self, what: str, write: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T | None:
        """Call `write`. If the token lacks permission, record `what` ("Writing the check run") and return None."""
        try:
            return write(*arguments, **named)
        except PermissionMissing as error:
            self.denied.add(what)
            needs = f"`{error.needs}`" if error.needs else "permission"
            self.note(f"{what} failed because the token lacks {needs}.")
            return None

    def post_once(self, post: Callable[[], object], is_there: Callable[[Snapshot], object]) -> bool:
        """Post a comment. If GitHub's response is lost, look for the comment before posting it again."""
        try:
            post()
        except ForgeUnreachable:
            if not is_there(self.read_snapshot()):
                post()
        return True

    def metadata(self, known: Known) -> Mapping[str, str | int]:
        repository, number = known.snapshot.repository.full_name, known.snapshot.pull.number
        return {"repository": repository, "pullRequest": number, "client": f"reviewbot/{__version__}"}


def known_of(run: RunContext, snapshot: Snapshot, trigger: Trigger) -> Known:
    """Return the initial state of a run. Its request may buy a review, and cancels no task."""
    settings = run.settings
    request = Request(
        trigger=trigger,
        policy=policy_of(settings),
        judgement=judgement_of(settings),
        instance=settings.instance,
        mode=settings.mode,
        expertise=settings.expertise,
        selecting=selection_digest([*settings.paths, snapshot.default_branch.attributes]),
        max_credits=settings.max_credits,
        auto_size=AutoSize(settings.base_credits, settings.credits_per_100_lines, settings.max_credits_ceiling),
        max_credits_per_pr=settings.max_credits_per_pr,
        min_balance=settings.min_balance,
        max_tasks=settings.max_tasks,
        attachment_bytes=settings.attachment_bytes,
        supersede=settings.supersede,
        incremental=settings.incremental,
        paid=settings.paid,
        dry_run=settings.dry_run,
        check_run=settings.check_run,
        summary_comment=settings.summary_comment,
        base_ref=snapshot.pull.base_ref,
        strictest_fail_on=settings.strictest_fail_on,
        check_names=settings.check_names,
        check_name=run.check_name,
        shares_name=settings.check_names.are_shared(snapshot.repository.default_branch, snapshot.pull),
        is_keyless=settings.is_keyless,
        waits=settings.wait_minutes > 0,
        bought_before=frozenset(run.ports.own_tasks.bought),
        routes=settings.routes,
        wait_rules=settings.wait_rules,
    )
    return Known(
        request,
        snapshot,
        proof=HeadProof(skip_record(snapshot.pull, run.signer), push_record(snapshot.pull, run.signer)),
        wrote=Wrote(cancelled=frozenset(run.ports.own_tasks.cancelled)),
    )


def snapshot_of(ports: Ports, settings: Settings, number: int, check_names: tuple[str, ...]) -> Snapshot:
    return ports.forge.snapshot(
        number, check_names=check_names, config_file=settings.config_file, templates_dir=settings.templates_dir
    )


def check_names_of(settings: Settings, snapshot: Snapshot) -> tuple[str, ...]:
    """Return the names of reviewbot's check runs on a pull request, starting with the name for the current base."""
    pull = snapshot.pull
    return settings.check_names.of(snapshot.repository.default_branch, pull.base_ref, pull.former_bases)


def policy_of(settings: Settings) -> Policy:
    return Policy(settings.review_on, settings.allow, settings.approve_spend, settings.drafts, settings.bots)


def judgement_of(settings: Settings) -> Judgement:
    rules = Rules(settings.fail_on, settings.on_pending, settings.on_error, settings.on_partial)
    placement = PlacementRules(settings.comment_from, settings.max_comments)
    return Judgement(rules, placement, settings.review_event, settings.answer)
