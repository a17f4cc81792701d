"""`reviewbot review`: the story of a pull request, told at a terminal about a branch."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from uuid import uuid4

from rich.console import Console

from reviewbot import __version__
from reviewbot.adapters.actions.runner import Runner, Surroundings
from reviewbot.adapters.clock import SystemClock
from reviewbot.app.dispatch import Ports
from reviewbot.app.load import load_snapshot
from reviewbot.app.review import review_pull_request
from reviewbot.cli.apply import applicable
from reviewbot.cli.bootstrap import Line, Reviewers
from reviewbot.cli.convert import DOCUMENTS, write_document
from reviewbot.cli.extras import how_to_install
from reviewbot.cli.invocation import INTERRUPTED, Call, Interrupts, signals
from reviewbot.cli.overrides import inputs_of
from reviewbot.cli.review_target import Place, Setting, open_place
from reviewbot.domain.policy.eligibility import Asked, AtTerminal
from reviewbot.domain.policy.verdict import Reason
from reviewbot.domain.text.formatting import counted
from reviewbot.exports.report import report_json
from reviewbot.exports.stored import StoredReport
from reviewbot.ports import ReviewService
from reviewbot.settings import Settings, peek_settings
from reviewbot.settings.environment import Desktop, read_desktop
from reviewbot.terminal.console import open_console, say, say_command
from reviewbot.terminal.page import show_review
from reviewbot.terminal.progress import Progress, telling
from reviewbot.terminal.reporter import TerminalReporter, Told, Watched
from reviewbot.terminal.words import saying

YOU = "you"

WITHOUT_KEY = (
    "Put your key into the environment as `CODEVF_API_KEY`, or have the change reviewed by analyzers on this machine, "
    "without an account: `reviewbot review --reviewer local`"
)

_OF_AN_ANSWER = frozenset({"sarif", "rdjson", "github"})
"""Formats in which no findings means that there are none: they are not written without an answer."""


def run_review(call: Call) -> int:
    """Review, and show what came of it.

    Raises:
        ReviewbotError: there is nothing that could be reviewed.
    """
    chosen, inputs = call.chosen, inputs_of(call.chosen, call.env)
    first = peek_settings(inputs)
    desktop = read_desktop(call.env, first.codevf_url, asks_github=chosen.pr is not None)
    clock = SystemClock(desktop.time_scale)
    began = clock.monotonic()
    console = open_console(call.err, call.env, plain=chosen.plain)
    with ExitStack() as stack, signals() as interrupted:
        place = open_place(Setting(chosen, inputs, desktop, Path.cwd()), clock, stack)
        session = _Session(place, inputs, desktop, clock, stack, interrupted)
        try:
            with telling(console, lambda: clock.monotonic() - began, quiet=chosen.quiet) as progress:
                reporter = session.listen(progress, again=chosen.again)
        except KeyboardInterrupt:
            _say_interrupted(console, place)
            return INTERRUPTED
    if reporter.told is None:
        raise TypeError(reporter)
    _write(call, reporter.told, reporter, first)
    status = _leave(call, reporter.told, place, interrupted=interrupted.happened)
    if session.missing and not chosen.quiet:
        _say_missing(console, session.missing)
    return status


@dataclass(frozen=True, slots=True)
class _Session:
    """One review, from the ports to what was told.

    Attributes:
        missing: the names of the analyzers that the review needed and that are not installed.
    """

    place: Place
    inputs: Mapping[str, str]
    desktop: Desktop
    clock: SystemClock
    stack: ExitStack
    interrupts: Interrupts
    missing: list[str] = field(default_factory=list)

    def listen(self, progress: Progress, *, again: bool) -> TerminalReporter:
        """Tell the story, and hear it."""
        reporter = TerminalReporter(progress)
        progress.stage(f"Reading {self.place.told}")
        ports = self._ports(reporter)
        snapshot = load_snapshot(ports, self.inputs, self.place.number)
        trigger = Asked(YOU, uuid4().hex, snapshot.pull.head_sha) if again else AtTerminal()
        review_pull_request(ports, self.inputs, trigger, snapshot)
        return reporter

    def _ports(self, reporter: TerminalReporter) -> Ports:
        return Ports(
            forge=self.place.forge,
            changes=self.place.changes,
            open_service=lambda settings: self._reviewer(settings, reporter.progress),
            reporter=reporter,
            clock=self.clock,
            rng=SystemRandom(),
            run_url=None,
            version=__version__,
            uninterrupted=self.interrupts.held_back,
        )

    def _reviewer(self, settings: Settings, progress: Progress) -> ReviewService:
        line = Line(self.desktop.ssl_file, self.desktop.proxy, self.desktop.path_env)
        reviewers = Reviewers(line, self.clock, SystemRandom(), self.stack, WITHOUT_KEY, self.missing.extend)
        name = {"codevf": "CodeVF", "local": "the analyzers"}[settings.reviewer.value]
        return Watched(reviewers.open(settings), progress, name)


def _write(call: Call, told: Told, reporter: TerminalReporter, first: Settings) -> None:
    """The result in the format that was asked for."""
    chosen, view = call.chosen, told.view
    if chosen.format == "text":
        show_review(open_console(call.out, call.env, plain=chosen.plain), view, told.files, quiet=chosen.quiet)
        return
    if view.sum is None and chosen.format in _OF_AN_ANSWER:
        return
    if chosen.format == "github":
        runner = Runner(call.out, Surroundings(), ())
        for annotation in reporter.annotations:
            runner.annotate(annotation)
        return
    stored = StoredReport(view, __version__, None)
    text = (
        report_json(view, version=__version__, review_url=None)
        if chosen.format == "json"
        else DOCUMENTS[chosen.format](stored)
    )
    for secret in first.secrets():
        text = text.replace(secret, "***")
    write_document(call.out, chosen.format, text)


def _leave(call: Call, told: Told, place: Place, *, interrupted: bool) -> int:
    """What is left to say, and the exit status."""
    chosen, outcome = call.chosen, told.view.outcome
    console = open_console(call.err, call.env, plain=chosen.plain)
    if chosen.format != "text" and not chosen.quiet:
        words = saying(told.view)
        say(console, words.title)
        if words.more:
            say(console, words.more, indent=2)
    if outcome.reason is Reason.PENDING:
        say(console, "This picks it up and buys nothing again; what is committed meanwhile would be bought after it:")
        say_command(console, place.again)
        return INTERRUPTED if interrupted else outcome.exit_status
    if not chosen.quiet:
        _say_more(console, chosen, told, place)
    return outcome.exit_status


def _say_missing(console: Console, missing: Sequence[str]) -> None:
    """Which analyzers are not installed, and the command that installs them."""
    say(console, f"Not installed: {', '.join(missing)}.", "yellow")
    for line in how_to_install("local").splitlines():
        if line.startswith("  "):
            say_command(console, line.strip())
        else:
            say(console, line)


def _say_interrupted(console: Console, place: Place) -> None:
    """Outside the wait for a paid review, which ends in words of its own."""
    if not place.paid:
        say(console, "Interrupted.")
        return
    say(console, "Interrupted. If a review was bought, it goes on, and this picks it up:")
    say_command(console, place.again)


def _say_more(console: Console, chosen: argparse.Namespace, told: Told, place: Place) -> None:
    """What was not looked at, and what can be done at once."""
    if place.uncommitted:
        files = counted(place.uncommitted, "file has", "files have")
        say(console, f"Not in this review: {files} changes that are not committed.", "yellow")
    fixes = 0 if place.number else applicable(told.view)
    if fixes and chosen.format in {"text", "json"}:
        console.print()
        say(console, f"{counted(fixes, 'fix', 'fixes')} can be applied:")
        if chosen.format == "text":
            say_command(console, f"{place.again} --format json > report.json")
        say_command(console, f"reviewbot apply {'report.json' if chosen.format == 'text' else 'REPORT.json'}")
