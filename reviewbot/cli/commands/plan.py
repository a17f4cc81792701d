"""`reviewbot plan`: show what reviews of past merges would have sent and cost, without sending anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom

from msgspec import Struct

from reviewbot import __version__
from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.git.clone import Clone, Merged, open_clone
from reviewbot.adapters.local.forge import LocalForge
from reviewbot.adapters.local.pull_request import CommitRange, LocalChange, default_base
from reviewbot.adapters.local.state_file import StateFile
from reviewbot.app.context import policy_of
from reviewbot.app.dispatch import Ports
from reviewbot.app.review import review_pull_request
from reviewbot.cli.invocation import Call, inputs_of, signals, wrong
from reviewbot.domain.policy.eligibility import AtTerminal, Policy, skipped_bot
from reviewbot.domain.text.formatting import counted
from reviewbot.errors import ServiceRefused
from reviewbot.ports import ReviewService
from reviewbot.render.view_models.review import SummaryView
from reviewbot.settings import Settings, read_settings
from reviewbot.settings.environment import passed_on
from reviewbot.settings.table import CONFIG_FILE
from reviewbot.terminal.console import open_console
from reviewbot.terminal.plan import Replay, plan_json, plan_markdown, replayed, show_plan, since
from reviewbot.terminal.progress import Progress, TerminalReporter, showing_progress


def run(call: Call) -> int:
    """Replay the merges and print the table."""
    chosen, clock = call.chosen, SystemClock()
    span = since(chosen.since)
    if span is None:
        raise wrong("--since", f"`{chosen.since}` is not a time", "For example: 90d, 12w, 6m, 1y or 2026-01-31.")
    with ExitStack() as stack, signals():
        clone = stack.enter_context(open_clone(Path.cwd(), passed_on(call.env)))
        branch = chosen.branch or default_base(clone) or "HEAD"
        head = clone.resolve(branch)
        if head is None:
            todo = "Name a branch, a tag or a commit."
            raise wrong("--branch", f"`{branch}` is not a commit in this clone", todo)
        replayer = replayer_of(clone, head, inputs_of(chosen, {}), clock)
        console = open_console(call.err, call.env, plain=chosen.plain)
        with showing_progress(console, quiet=False, counts=True) as progress:
            merges = clone.merges(head, span, chosen.most)
            replays = tuple(replayer.replays(merges, progress))
        scope = f"{clone.branch(branch) or branch} since {chosen.since}"
    match chosen.format:
        case "json":
            call.out.write(plan_json(replays, scope))
        case "markdown":
            call.out.write(plan_markdown(replays, scope))
        case _:
            show_plan(open_console(call.out, call.env, plain=chosen.plain), replays, scope)
    return 0


def replayer_of(clone: Clone, head: str, inputs: Mapping[str, str], clock: SystemClock) -> Replayer:
    """Return the replayer of merges, with the settings at a commit.

    Raises:
        SettingsError: invalid settings, which are reported once instead of for each merge.
    """
    inputs = {**inputs, "dry-run": "true", "reviewer": "codevf"}
    config = clone.files(head, [CONFIG_FILE]).get(CONFIG_FILE)
    policy = policy_of(read_settings(inputs, config.text if config else None))
    return Replayer(clone, head, inputs, policy, clock)


def _nobody(_: Settings) -> ReviewService:
    raise ServiceRefused("A plan asks no reviewer.")


class Replayer(Struct, frozen=True):
    """Plays the dry runs of merges in a clone."""

    clone: Clone
    head: str
    inputs: Mapping[str, str]
    policy: Policy
    clock: SystemClock

    def replays(self, merges: tuple[Merged, ...], progress: Progress) -> Iterator[Replay]:
        """Yield one replay for each merge."""
        progress.stage(f"Replaying {counted(len(merges), 'merge')}")
        for done, one in enumerate(merges):
            progress.count(done, len(merges))
            if bot := skipped_bot(self.clone.authors(one), self.policy.bots):
                yield Replay(one.day, one.sha, one.subject, note=bot, bot=bot)
            else:
                yield replayed(one.day, one.sha, one.subject, self._dry_run(one))

    def _dry_run(self, merge: Merged) -> SummaryView:
        old = self.clone.merge_base(merge.parent, merge.merged) if merge.merged != merge.sha else merge.parent
        commit_range = CommitRange("", "", self.head, old or merge.parent, merge.merged, merge.subject)
        change, reporter = LocalChange(self.clone, commit_range, 0), TerminalReporter(Progress())
        ports = Ports(
            forge=LocalForge(change, StateFile()),
            changes=change,
            open_service=_nobody,
            reporter=reporter,
            clock=self.clock,
            rng=SystemRandom(),
            run_url=None,
            version=__version__,
        )
        review_pull_request(ports, self.inputs, AtTerminal(), 0)
        if reporter.view is None:
            raise TypeError(merge)
        return reporter.view
