"""`reviewbot stats`: show the costs and the results of past reviews. The command only reads from GitHub."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime

from msgspec import Struct

from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.github.client import RetryLimits
from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.cli.commands.render import write_document
from reviewbot.cli.invocation import Call, signals
from reviewbot.cli.review_target import repository_name
from reviewbot.domain.statistics import figures
from reviewbot.domain.statistics.figures import ledgers_of
from reviewbot.errors import SettingsError
from reviewbot.exports.statistics import statistics_csv, statistics_json, statistics_markdown
from reviewbot.ports import PastPulls
from reviewbot.render.renderer import Renderer
from reviewbot.settings.environment import read_desktop
from reviewbot.terminal.console import open_console
from reviewbot.terminal.figures import show_statistics, start_of
from reviewbot.terminal.progress import Progress, showing_progress

DOCUMENTS: Mapping[str, Callable[[figures.Statistics], str]] = {
    "json": statistics_json,
    "markdown": statistics_markdown,
    "csv": statistics_csv,
    "html": lambda found: Renderer().statistics(found),
}
"""The function that writes each format."""


def run(call: Call) -> int:
    chosen, desktop = call.chosen, read_desktop(call.env, None)
    clock = SystemClock(desktop.network.time_scale)
    now = clock.now()
    since = start_of(chosen.since, now)
    said = chosen.repo or [call.env.get("GITHUB_REPOSITORY")]
    repositories = tuple(dict.fromkeys(repository_name(one, desktop) for one in said))
    if not desktop.token:
        what = "reading past reviews needs a token, but GITHUB_TOKEN and GH_TOKEN are empty"
        named = [word for one in repositories for word in ("--repo", one)]
        command = shlex.join(["reviewbot", "stats", "--since", chosen.since, *named])
        raise SettingsError.of("token", what, todo=f"Run: GITHUB_TOKEN=$(gh auth token) {command}")
    console = open_console(call.err, call.env, plain=chosen.plain)
    with ExitStack() as stack, signals(), showing_progress(console, quiet=False, counts=True) as progress:
        history = History(desktop.api_key, since, now, progress)
        limits = RetryLimits(on_retry=progress.retry)
        for repository in repositories:
            pulls = stack.enter_context(GitHubForge(desktop.token, repository, desktop.network, clock, limits))
            history.read(repository, pulls)
        period = figures.Period(repositories, since, now, verified=bool(desktop.api_key), left_out=history.left_out)
    found = figures.statistics_of(period, history.reviews, history.questions)
    if document := DOCUMENTS.get(chosen.format):
        write_document(call.out, chosen.format, document(found))
    else:
        show_statistics(open_console(call.out, call.env, plain=chosen.plain), found)
    return 0


class History(Struct):
    """The reviews and questions read so far. `left_out` counts the summaries without a valid ledger."""

    key: str
    since: datetime
    until: datetime
    progress: Progress
    left_out: int = 0
    reviews: list[figures.PastReview] = []
    questions: list[figures.PastQuestion] = []

    def read(self, repository: str, pulls: PastPulls) -> None:
        """Add the reviews and questions of a repository, and show the progress in days."""
        self.progress.stage(f"Reading the reviews of {repository}, day by day")
        for pull in pulls.past_pulls(self.since):
            self.progress.count(max(0, (self.until - pull.updated_at).days), (self.until - self.since).days)
            ledgers, left_out = ledgers_of(pull, self.key)
            self.left_out += left_out
            for ledger in ledgers:
                self.reviews += figures.reviews_of(pull, ledger, self.since)
                self.questions += figures.questions_of(pull, ledger, self.since)
