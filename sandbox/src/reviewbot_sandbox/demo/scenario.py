"""The demo: the real action reviews a pull request, its author fixes it, and the action reviews it again.

After another push the action leaves before the answer, which a collection publishes and announces. Last, a maintainer
asks a question, which the engineer answers.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from reviewbot.domain.findings.markers import read_announcement_mark, read_answer_mark
from reviewbot.domain.policy.verdict import EXIT_BUG, EXIT_GATE
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.formatting import size
from reviewbot.terminal.console import open_console
from reviewbot_sandbox.demo.engineer import ANSWER, QUESTION, Reviewing
from reviewbot_sandbox.demo.look import action_recipe, facts, recipes
from reviewbot_sandbox.demo.readback import Landed, Money, Reader
from reviewbot_sandbox.demo.runner import STEP_SECONDS, Done, prepare_job, run_step, step_environment
from reviewbot_sandbox.demo.seed import (
    AUTHOR,
    CREDENTIAL,
    MAINTAINER,
    NUMBER,
    REPOSITORY,
    TITLE,
    WORKFLOW_TOKEN,
    push_fix,
    push_note,
)
from reviewbot_sandbox.demo.services import Plan, Sandbox, open_sandbox
from reviewbot_sandbox.demo.show import Kind, pieces, say, show_comments, title

SCALE = 0.1
"""Time scale of waiting; everything else takes real time."""

RUN_SECONDS = 300.0
KEPT_SECONDS = 1800.0

_NEXT = (
    ("review --reviewer local", "Review your own branch, free. In its clone:"),
    ("init --help", "Set up a repository. From a checkout, `init` requires `--action`:"),
    ("demo --keep", "Repeat the demo, and keep the services running:"),
)

_OVER = ("completed", "cancelled", "failed", "expired")
"""The words for the status of a task that is over."""

_TASK = re.compile(r"\btask_[0-9a-f]+\b")


@dataclass(frozen=True, slots=True)
class Round:
    """One run of the action and the resulting state."""

    done: Done
    report: Mapping[str, Any]
    landed: Landed
    money: Money
    requests: tuple[int, int]


def run_demo(analyzers: Reviewing, env: Mapping[str, str], log: TextIO, *, keep: bool, plain: bool) -> int:
    """Run the demo, and with `keep` leave the sandbox running afterwards.

    Returns:
        0 if all runs ended as planned, 70 otherwise.
    """
    console = open_console(log, env, plain=plain)
    lifetime = RUN_SECONDS + (KEPT_SECONDS if keep else 0)
    folder = Path(tempfile.mkdtemp(prefix="reviewbot-demo-"))
    with open_sandbox(analyzers, Plan(SCALE, lifetime)) as sandbox, closing(Reader(sandbox)) as reader:
        demo = _Demo(console, sandbox, reader, folder, env)
        status = demo.run()
        if keep:
            with suppress(KeyboardInterrupt):
                demo.keep()
    return status


@dataclass(frozen=True, slots=True)
class _Demo:
    console: Console
    sandbox: Sandbox
    reader: Reader
    folder: Path
    env: Mapping[str, str]

    def run(self) -> int:
        self._introduce()
        before = self.reader.money()
        title(self.console, f"1  {AUTHOR} opens the pull request, and the action runs")
        first = self._round("opened")
        self._show_landed(first)
        self._show_bill(first, before)
        title(self.console, f"2  {AUTHOR} fixes what blocks and pushes, and the action runs again")
        push_fix(self.sandbox.state)
        second = self._round("synchronize")
        self._show_difference(first, second)
        title(self.console, "3  The action ends before the answer arrives, and a collection publishes it")
        push_note(self.sandbox.state)
        left = self._run_step("left", "synchronize", wait_minutes="0")
        self._await_answer(left.outputs.get("task-id", ""))
        collected = self._run_step("collect", "synchronize", command="collect")
        announcements = self._show_announcement(collected)
        title(self.console, f"4  {MAINTAINER} asks the reviewer, and the answer is posted as a comment")
        answer = self._ask()
        self._show_files(first, second)
        status = self._conclude(first, second, announcements, answer)
        self._show_next()
        return status

    def _introduce(self) -> None:
        say(self.console, "reviewbot demo", "bold", indent=0)
        introduction = (
            f"The demo simulates GitHub and CodeVF. No data leaves this machine and no money is spent. In "
            f"{REPOSITORY}, {AUTHOR} opens the pull request “{TITLE}” (#{NUMBER}). Static analyzers play CodeVF's "
            f"engineer, with a few prepared remarks that only a person would make."
        )
        say(self.console, introduction, indent=0)

    def _round(self, action: str) -> Round:
        self.sandbox.github_requests.forget()
        self.sandbox.codevf_requests.forget()
        job = prepare_job(self.folder / action, action, self.reader.pull())
        view = _LogView(self.console, self.reader, time.monotonic())
        with _busy(self.console):
            done = run_step(job, step_environment(self.sandbox, job, self.env), view.on_line, time.monotonic)
        requests = self._requests()
        report = json.loads(job.report.read_text(encoding="utf-8")) if job.report.exists() else {}
        one = Round(done, report, self.reader.landed(), self.reader.money(), requests)
        self._show_end(one)
        return one

    def _run_step(self, name: str, action: str, **inputs: str) -> Done:
        """Run the action without showing its log."""
        job = prepare_job(self.folder / name, action, self.reader.pull())
        with _busy(self.console):
            environment = step_environment(self.sandbox, job, self.env, **inputs)
            done = run_step(job, environment, lambda _line: None, time.monotonic)
        status = done.outputs.get("status")
        say(self.console, f"Run “{name}”: exit status {done.exit_status} after {done.seconds:.1f} s: {status}.")
        return done

    def _await_answer(self, task: str) -> None:
        """Wait until CodeVF has the answer, as if hours had passed."""
        deadline = time.monotonic() + STEP_SECONDS
        while task and self.reader.task_status(task) not in _OVER and time.monotonic() < deadline:
            time.sleep(self.sandbox.scale)

    def _show_announcement(self, collected: Done) -> tuple[str, ...]:
        """Show the comments that announce the late answer, and return them."""
        bodies = tuple(one for one in self.reader.landed().summaries if read_announcement_mark(one))
        for body in bodies:
            say(self.console, "GitHub sends no email for an edit, so reviewbot announces it once:")
            for piece in pieces(body):
                say(self.console, piece.text, "bold", indent=4)
        [entry] = json.loads(collected.outputs.get("published") or "[{}]")
        counts = sum((entry.get("findings") or {}).values())
        say(self.console, f"Output `published`: #{entry.get('number')}: {entry.get('verdict')}, {counts} findings.")
        return bodies

    def _ask(self) -> str:
        """Ask a question, which is bought by one run and answered by another, and return the answer."""
        say(self.console, QUESTION)
        self.sandbox.state.comment(REPOSITORY, NUMBER, MAINTAINER, QUESTION)
        bought = self._run_step("ask", "synchronize")
        found = _TASK.search(bought.job.log.read_text(encoding="utf-8").partition("The CodeVF task is")[2])
        self._await_answer(found[0] if found else "")
        self._run_step("answer", "synchronize", command="collect")
        body = next((one for one in self.reader.landed().summaries if read_answer_mark(one)), "")
        for piece in pieces(body):
            say(self.console, piece.text, "bold", indent=4)
        return body

    def _requests(self) -> tuple[int, int]:
        """Return the numbers of the action's requests to GitHub and to CodeVF."""
        bot = self.sandbox.state.store.tokens[WORKFLOW_TOKEN].login
        to_github = sum(one.identity == bot for one in self.sandbox.github_requests.requests())
        return to_github, len(self.sandbox.codevf_requests.requests())

    def _show_end(self, one: Round) -> None:
        check, status = one.landed.check, one.done.exit_status
        blocked = "findings block the pull request, as expected"
        meaning = {0: "nothing blocks", EXIT_GATE: blocked}.get(status, f"see {one.done.job.log}")
        style = "bold green" if status == 0 else "bold red"
        say(self.console, f"Exit status {status} after {one.done.seconds:.1f} s: {meaning}.", style)
        if check is not None:
            say(self.console, f"Check “{check.name}”: {check.conclusion or check.status}. {check.title}.")

    def _show_landed(self, one: Round) -> None:
        title(self.console, "   The comments on the pull request, read from GitHub")
        show_comments(self.console, one.landed.comments)
        title(self.console, "   The summary comment, up to its first heading")
        for body in one.landed.summaries:
            self._show_summary(body)
        for finding in one.report.get("findings", ()):
            if finding["commentUrl"] is None:
                where = f"{finding['path']}:{finding['line']}"
                say(
                    self.console,
                    f"Only in the summary, because the file is not in the change: {finding['title']} ({where}).",
                )

    def _show_summary(self, body: str) -> None:
        for number, piece in enumerate(pieces(body)):
            if number and piece.kind is Kind.HEADING:
                return
            say(self.console, piece.text, "" if number else "bold", hang=2 * piece.text.startswith("- "))

    def _show_bill(self, one: Round, before: Money) -> None:
        manifest, cost = one.report.get("manifest", {}), one.report.get("cost") or {}
        sent, held = manifest.get("sent", ()), manifest.get("heldBack", ())
        title(self.console, "   What CodeVF received, and what it cost")
        bytes_sent = size(sum(file["bytes"] for file in sent))
        whole = sum(file["whole"] for file in sent)
        say(self.console, f"Sent: the diff of {len(sent)} files and the full text of {whole}, {bytes_sent}.")
        for file in held:
            say(self.console, f"Held back: {file['path']} ({file['reason'].replace('-', ' ')})")
        for file in sent:
            if file["redactions"]:
                say(self.console, f"Redacted: {_redacted(self.sandbox, file['path'])}")
        hold = f"max-credits {cost.get('maxCredits')}, times the mode multiplier"
        say(self.console, f"Cost: {cost.get('hold')} credits reserved ({hold}), {cost.get('used')} used.")
        after = f"{one.money.available:,} after, {one.money.on_hold} reserved"
        say(self.console, f"Account: {before.available:,} credits before, {after}.")
        say(self.console, f"Requests by the action: {one.requests[0]} to GitHub, {one.requests[1]} to CodeVF.")

    def _show_difference(self, first: Round, second: Round) -> None:
        before = {one.id: one.body for one in first.landed.comments}
        after = {one.id: one.body for one in second.landed.comments}
        new = len(after.keys() - before.keys())
        same = sum(after.get(key) == body for key, body in before.items())
        threads, ids = second.landed.threads, [one.done.outputs.get("task-id", "") for one in (first, second)]
        bought = "a new task" if ids[0] != ids[1] else "the same task as before"
        paid = first.money.available - second.money.available
        since = (second.report.get("progress") or {}).get("since")
        part = f"the changes since {since[:7]}" if since else "the whole change"
        say(self.console, f"Purchase: {bought} for {part}, {paid} credits.")
        changed, deleted = len(before.keys() & after.keys()) - same, len(before.keys() - after.keys())
        became = f"{new} new, {same} unchanged, {changed} edited" + f", {deleted} deleted" * bool(deleted)
        say(self.console, f"Comments: {len(before)} before, {len(after)} after; {became}.")
        gone = f"{threads.outdated} outdated (their lines have changed since)"
        resolved = f", {threads.resolved} resolved" if threads.resolved else ""
        say(self.console, f"Threads: {threads.total}; {gone}{resolved}.")
        titles = [{one["title"] for one in each.report.get("findings", ())} for each in (first, second)]
        for gone_title in sorted(titles[0] - titles[1]):
            say(self.console, f"✓ no longer found: {gone_title}", "green")
        kept = f"{len(second.landed.summaries)} summary comment, updated in place"
        say(self.console, f"Still open: {second.done.outputs.get('findings')} findings. {kept}.")

    def _show_files(self, first: Round, second: Round) -> None:
        title(self.console, "The files of the first run")
        job = first.done.job
        self.console.print(Text(f"  {job.html_report}", style="bold"), soft_wrap=True)
        say(self.console, "the HTML report: open it in a browser", indent=4)
        files = {"JSON report": job.report, "job summary": job.summary, "log": job.log, "event": job.event}
        say(self.console, f"{job.folder}/")
        for name, file in files.items():
            say(self.console, f"{file.relative_to(job.folder)!s:<25} {name}", indent=4)
        say(self.console, f"The files of the second run: {second.done.job.folder}/. Both stay until you delete them.")

    def _show_next(self) -> None:
        title(self.console, "Next")
        installed = which("reviewbot", path=self.env.get("PATH", ""))
        program = "reviewbot" if installed else shlex.quote(str(Path(sys.executable).with_name("reviewbot")))
        for command, what in _NEXT:
            say(self.console, what)
            self.console.print(Text(f"    {visible(f'{program} {command}')}"), soft_wrap=True)

    def _conclude(self, first: Round, second: Round, announcements: tuple[str, ...], answer: str) -> int:
        problems = [problem for problem in _problems(first, second) if problem]
        if ANSWER.partition(". ")[0] not in answer:
            problems.append("the question has no answer.")
        if len(announcements) != 1:
            problems.append(f"the late answer has {len(announcements)} announcements.")
        self.console.print()
        for problem in problems:
            say(self.console, f"Unexpected: {problem}", "bold red")
        if not problems:
            say(
                self.console,
                "As expected, the findings blocked the pull request and their fixes unblocked it.",
                "bold",
            )
        return EXIT_BUG if problems else 0

    def keep(self) -> None:
        """Show how to use both services, and wait until Ctrl-C or the end of the lifetime."""
        title(self.console, "Both services keep running")
        for name, value in facts(self.sandbox):
            say(self.console, f"{name:<20} {value}")
        job = prepare_job(self.folder / "kept", "synchronize", self.reader.pull())
        action = action_recipe(step_environment(self.sandbox, job, self.env))
        for recipe in (*recipes(self.sandbox), action):
            say(self.console, f"# {recipe.what}", "dim")
            self.console.print(Text(visible(recipe.lines)), soft_wrap=True)
        say(
            self.console,
            f"Press Ctrl-C to stop them. They stop automatically after {KEPT_SECONDS / 60:.0f} minutes.",
            "bold",
        )
        stay(self.sandbox)


def stay(sandbox: Sandbox) -> None:
    """Wait until the services end by themselves; an interrupt is raised."""
    while sandbox.github.running and sandbox.codevf.running:
        sandbox.github.wait(0.5)


def _redacted(sandbox: Sandbox, path: str) -> str:
    """Say whether the password was in what CodeVF received."""
    received = any(CREDENTIAL in json.dumps(one.body) for one in sandbox.codevf_requests.requests())
    kept = "CodeVF received it" if received else "CodeVF did not receive it"
    return f"the credential in {path}; {kept}."


def _problems(first: Round, second: Round) -> Iterator[str]:
    for name, one, status, conclusion in (("first", first, EXIT_GATE, "failure"), ("second", second, 0, "success")):
        if one.done.exit_status != status:
            ended = f"the exit status of the {name} run is {one.done.exit_status}, not {status}"
            yield f"{ended}; {one.done.job.log} says why."
        if one.landed.check is None or one.landed.check.conclusion != conclusion:
            yield f"the check of the {name} run is not {conclusion}."
    if not first.landed.comments:
        yield "the first run posted no comment."
    if len(second.landed.comments) != len(first.landed.comments):
        yield "the second run repeated or removed a comment."
    if (json.dumps(first.report) + json.dumps(second.report)).count(CREDENTIAL):
        yield "a report contains the password."
    if len(second.landed.summaries) != 1:
        yield "the pull request does not have exactly one summary comment."


@contextmanager
def _busy(console: Console) -> Iterator[None]:
    if not console.is_terminal:
        yield
        return
    with console.status("the action is running"):
        yield


@dataclass(slots=True)
class _LogView:
    """Shows the lines of the action's log as they come, up to the summary at its end."""

    console: Console
    reader: Reader
    begun: float
    task: str = ""
    over: bool = False

    def on_line(self, line: str) -> None:
        """Show a line of the log; workflow commands are left out, as a runner does."""
        if self.over or line.startswith("::"):
            return
        if not line.strip() or (self.task and "findings" in line):
            self.over = True
            return
        self._say(line)
        if not self.task and (found := _TASK.search(line)):
            self.task = found[0]
            self._look()

    def _look(self) -> None:
        """Show the state of both services while the action waits."""
        money, check = self.reader.money(), self.reader.check()
        self._say(f"(CodeVF: {money.on_hold} credits reserved, task {self.reader.task_status(self.task)})")
        if check is not None:
            self._say(f"(GitHub: check {check.status}, “{check.title}”)")

    def _say(self, line: str) -> None:
        say(self.console, f"{time.monotonic() - self.begun:4.1f} s  {line}", hang=8)
