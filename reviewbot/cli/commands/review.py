"""`reviewbot review`: review a branch, staged changes or a pull request at a terminal."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from random import SystemRandom
from uuid import uuid4

from rich.console import Console

from reviewbot import __version__
from reviewbot.adapters.actions.runner import Runner
from reviewbot.adapters.clock import SystemClock
from reviewbot.adapters.github.client import RetryLimits
from reviewbot.adapters.local import StateFile
from reviewbot.app.dispatch import Ports
from reviewbot.app.load import load_snapshot
from reviewbot.app.review import review_pull_request
from reviewbot.cli.bootstrap import Reviewers
from reviewbot.cli.commands.apply import applicable
from reviewbot.cli.commands.render import DOCUMENTS, write_document
from reviewbot.cli.install import how_to_install_analyzers
from reviewbot.cli.invocation import INTERRUPTED, Call, Interrupts, inputs_of, signals
from reviewbot.cli.review_target import Place, Setting, open_place
from reviewbot.domain.events.steps import StartReview
from reviewbot.domain.policy.eligibility import Asked, AtTerminal
from reviewbot.domain.policy.verdict import Reason
from reviewbot.domain.text.formatting import counted
from reviewbot.errors import ForgeError
from reviewbot.exports.report import StoredReport
from reviewbot.render.view_models.review import SummaryView
from reviewbot.settings import Settings, peek_settings
from reviewbot.settings.environment import RunnerFiles, read_desktop
from reviewbot.settings.readers import without_secrets
from reviewbot.terminal.console import open_console, say, say_command, say_hint
from reviewbot.terminal.page import show_missed, show_review, show_short, words_of
from reviewbot.terminal.progress import Progress, TerminalReporter, Watched, showing_progress

STAGED = "reviewbot review --staged --reviewer local"

WITHOUT_KEY = """\
Set `CODEVF_API_KEY` to your key, or use static analyzers, which need no account:
  reviewbot review --reviewer local"""

_OF_AN_ANSWER = frozenset({"sarif", "rdjson", "github"})
"""Formats that are written only after an answer, because an empty document would report no findings."""


def run(call: Call) -> int:
    chosen, inputs = call.chosen, inputs_of(call.chosen, call.env)
    first = peek_settings(inputs)
    desktop = read_desktop(call.env, first.codevf_url)
    clock = SystemClock(desktop.network.time_scale)
    console = open_console(call.err, call.env, plain=chosen.plain)
    place, missing = None, list[str]()
    with ExitStack() as stack, signals() as interrupts:
        try:
            with showing_progress(console, quiet=chosen.quiet) as progress:
                setting, retry = Setting(chosen, inputs, desktop), progress.retry
                place = open_place(setting, clock, stack, RetryLimits(on_retry=retry))
                reviewers = Reviewers(desktop.network, clock, SystemRandom(), stack, WITHOUT_KEY, missing.extend, retry)
                reporter = _review(setting, place, reviewers, progress, interrupts)
        except KeyboardInterrupt:  # outside the wait for a paid review, because that wait ends with its own message
            if place is None:
                raise
            if place.paid:
                say(
                    console,
                    "Interrupted. If reviewbot has bought a review, it continues at CodeVF. To wait for it again, run:",
                )
                say_command(console, place.again)
            else:
                say(console, "Interrupted.")
            return INTERRUPTED
    _write(call, reporter, first)
    kept = _store(console, chosen, reporter.view, place, first)
    status = _print_result(console, chosen, reporter.view, place, kept=kept, interrupted=interrupts.happened)
    if missing and not chosen.quiet:
        say(console, f"Not installed: {', '.join(missing)}.", "yellow")
        say_hint(console, how_to_install_analyzers())
    return status


def _review(
    setting: Setting, place: Place, reviewers: Reviewers, progress: Progress, interrupts: Interrupts
) -> TerminalReporter:
    reporter = TerminalReporter(progress)
    progress.stage(f"Reading {place.what}")
    ports = Ports(
        forge=place.forge,
        changes=place.changes,
        open_service=lambda settings: Watched(reviewers.open(settings), progress, is_local=not settings.paid),
        reporter=reporter,
        clock=reviewers.clock,
        rng=reviewers.rng,
        run_url=None,
        inputs=setting.inputs,
        command=place.again,
        uninterrupted=interrupts.held_back,
    )
    snapshot = load_snapshot(ports, place.number)
    again = Asked("you", uuid4().hex, snapshot.pull.head_sha, at_terminal=True) if setting.chosen.again else None
    review_pull_request(ports, StartReview(again or AtTerminal(), may_buy=True), snapshot)
    return reporter


def _write(call: Call, reporter: TerminalReporter, first: Settings) -> None:
    chosen, view = call.chosen, reporter.view
    if chosen.format in {"text", "short"}:
        console = open_console(call.out, call.env, plain=chosen.plain)
        if chosen.format == "short":
            show_short(console, view)
        else:
            show_review(console, view, reporter.files, quiet=chosen.quiet)
    elif view.sum is None and chosen.format in _OF_AN_ANSWER:
        return
    elif chosen.format == "github":
        runner = Runner(call.out, RunnerFiles(), ())
        for annotation in reporter.annotations:
            runner.annotate(annotation)
    else:
        write_document(call.out, chosen.format, _document(chosen.format, view, first))


def _document(kind: str, view: SummaryView, first: Settings) -> str:
    return without_secrets(DOCUMENTS[kind](StoredReport(view, __version__, None)), first.secrets())


def _store(console: Console, chosen: argparse.Namespace, view: SummaryView, place: Place, first: Settings) -> bool:
    """Store an answered review for `reviewbot apply`, and return whether it was stored."""
    if place.last_review is None or view.sum is None:
        return False
    try:
        StateFile(place.last_review).write(_document("json", view, first))
    except ForgeError as error:  # the review itself is complete
        if not chosen.quiet:
            say(console, error.message, "yellow")
        return False
    return True


def _print_result(
    console: Console, chosen: argparse.Namespace, view: SummaryView, place: Place, *, kept: bool, interrupted: bool
) -> int:
    """Print the verdict (unless the output contains it) and the next step, and return the exit status."""
    outcome = view.outcome
    short = chosen.format == "short" and bool(view.findings or outcome.exit_status)
    if chosen.format != "text" and (short or not chosen.quiet):
        title, words = words_of(view)
        say(console, title)
        say_hint(console, words, indent=2)
        show_missed(console, view)
    if outcome.reason is Reason.NOTHING_SELECTED and not view.held_back and not chosen.quiet:
        say(console, place.if_empty)
    if outcome.reason is Reason.OVER_BUDGET:
        say(console, "For a free review with static analyzers, add `--reviewer local`.")
    if outcome.reason is Reason.PENDING:
        say(
            console,
            "You are not charged twice. Newer commits are reviewed afterwards. To get this review, run:",
        )
        say_command(console, place.again)
        return INTERRUPTED if interrupted else outcome.exit_status
    if chosen.quiet:
        return outcome.exit_status
    if place.uncommitted:
        files = counted(place.uncommitted, "file")
        what = f"This review does not include uncommitted changes in {files}. Commit them, or `git add` them and run:"
        say(console, what, "yellow")
        say_command(console, STAGED)
    if view.reviewer == "local" and outcome.reason is Reason.GATE:
        say(console, "On a pull request, reviewbot reads `fail-on` from the workflow or the config file.")
    fixes = len(applicable(view)) if kept and not place.uncommitted else 0  # the change may be an applied fix
    if fixes and chosen.format in {"text", "short", "json"}:
        console.print()
        say(console, f"{counted(fixes, 'fix', 'fixes')} available. Run `reviewbot apply` (`--check` shows the patch).")
    return outcome.exit_status
