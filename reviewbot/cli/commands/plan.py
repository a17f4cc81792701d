"""`reviewbot plan`: show what reviews of past merges would have sent and cost, without sending anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from random import SystemRandom

from msgspec import Struct

from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.git.clone import Clone, Merged, open_clone
from reviewbot.adapters.local import CommitRange, LocalChange, LocalForge, StateFile, default_base, settled_files
from reviewbot.app.dispatch import Ports
from reviewbot.app.load import load_snapshot
from reviewbot.app.review import review_pull_request
from reviewbot.cli.commands.render import write_document
from reviewbot.cli.invocation import Call, inputs_of, signals
from reviewbot.cli.review_target import inputs_at
from reviewbot.domain.events.steps import StartReview
from reviewbot.domain.github.pull_request import DefaultBranch, Repository
from reviewbot.domain.model.events import BOT_SUFFIX
from reviewbot.domain.policy.eligibility import AtTerminal
from reviewbot.domain.text.formatting import counted
from reviewbot.errors import ServiceRefused, SettingsError
from reviewbot.exports.plan import plan_json, plan_markdown
from reviewbot.ports import ReviewService
from reviewbot.render.view_models.plan import Plan, Replay, replayed
from reviewbot.render.view_models.review import SummaryView
from reviewbot.settings import INPUTS, Settings, read_settings
from reviewbot.settings.environment import passed_on
from reviewbot.settings.table import CONFIG_FILE, TEMPLATES_DIR
from reviewbot.terminal.console import open_console
from reviewbot.terminal.figures import plan_notes, show_plan, start_of
from reviewbot.terminal.progress import Progress, TerminalReporter, showing_progress

DOCUMENTS = {"json": plan_json, "markdown": plan_markdown}


def run(call: Call) -> int:
    chosen, clock = call.chosen, SystemClock()
    start = start_of(chosen.since, clock.now())
    with ExitStack() as stack, signals():
        clone = stack.enter_context(open_clone(Path.cwd(), passed_on(call.env)))
        branch = chosen.branch or default_base(clone) or "HEAD"
        head = clone.resolve(branch)
        if head is None:
            what = f"`{branch}` is not a commit in this clone"
            raise SettingsError.of("--branch", what, todo="Pass a branch, a tag or a commit.")
        base = clone.branch_at_origin(branch)
        replayer = replayer_of(clone, head, base, inputs_of(chosen, {}), clock)
        console = open_console(call.err, call.env, plain=chosen.plain)
        span = f"since {chosen.since}" if "-" in chosen.since else f"in the last {chosen.since}"
        with showing_progress(console, quiet=False, counts=True) as progress:
            plan = replayer.plan(f"{base or branch} {span}", start, chosen.most, progress)
    if document := DOCUMENTS.get(chosen.format):
        write_document(call.out, chosen.format, document(plan))
    else:
        show_plan(open_console(call.out, call.env, plain=chosen.plain), plan)
    return 0


def replayer_of(clone: Clone, head: str, base: str, inputs: Mapping[str, str], clock: SystemClock) -> Replayer:
    """Return a `Replayer` with the settings of the workflow and the config file at the commit `head`.

    Raises:
        SettingsError: the settings are invalid.
    """
    keys = {row.name for row in INPUTS if row.config}
    own = {name: text for name, text in (inputs_at(clone, head) or {}).items() if name in keys}
    given = {name: text for name, text in inputs.items() if text}
    inputs = {**own, **given, "dry-run": "true", "reviewer": "codevf", "review-on": own.get("review-on", "")}
    files = settled_files(clone, head, CONFIG_FILE, TEMPLATES_DIR)
    settings = read_settings(inputs, files.config, base or head[:10])
    return Replayer(clone, head, base, inputs, settings, files, clock)


def _refuse_to_buy(_: Settings) -> ReviewService:
    raise ServiceRefused("A plan buys no reviews.")


class Replayer(Struct, frozen=True):
    """Estimates reviews of past merges in a clone with dry runs.

    Attributes:
        head: the commit that contains the settings, the `files` and all merges.
        base: the name of the target branch, or empty if the branch has no name.
    """

    clone: Clone
    head: str
    base: str
    inputs: Mapping[str, str]
    settings: Settings
    files: DefaultBranch
    clock: SystemClock

    def plan(self, scope: str, since: datetime, most: int, progress: Progress) -> Plan:
        """Estimate the reviews of the newest merges since a time, at most `most`."""
        merges = self.clone.merges(self.head, since, most)
        progress.stage(f"Replaying {counted(len(merges), 'merge')}")
        replays = tuple(self._replays(merges, progress))
        count = self.clone.count_merges(self.head, since)
        return Plan(scope, replays, self.settings.routes, tuple(plan_notes(self.settings)), count)

    def _replays(self, merges: tuple[Merged, ...], progress: Progress) -> Iterator[Replay]:
        for done, one in enumerate(merges):
            progress.count(done, len(merges))
            authors = {author.casefold() for author in self.clone.authors(one)}
            author = authors.pop() if len(authors) == 1 else ""
            bot = author if author.endswith(BOT_SUFFIX) else ""
            yield replayed(one.day, one.sha, one.subject, bot, self._dry_run(one, author))

    def _dry_run(self, merge: Merged, author: str) -> SummaryView:
        old = self.clone.merge_base(merge.parent, merge.merged) if merge.merged != merge.sha else merge.parent
        ends = (old or merge.parent, merge.merged)
        commit_range = CommitRange("", self.base, "", *ends, merge.subject, commits=1, author=author)
        repository = Repository(0, self.clone.root.name, self.base, "")
        change = LocalChange(self.clone, commit_range, repository, self.files)
        reporter = TerminalReporter(Progress())
        ports = Ports(
            forge=LocalForge(change, StateFile(), makes_due=False),
            changes=change,
            open_service=_refuse_to_buy,
            reporter=reporter,
            clock=self.clock,
            rng=SystemRandom(),
            run_url=None,
            inputs=self.inputs,
        )
        review_pull_request(ports, StartReview(AtTerminal(), may_buy=True), load_snapshot(ports, 0))
        return reporter.view
