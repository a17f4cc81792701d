"""Show the progress of a run at a terminal, and store the values that the run reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Struct
from rich import progress as moving
from rich.console import Console

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.github.drafts import Annotation
from reviewbot.domain.model.review import Balance, Submission, Task
from reviewbot.domain.text.formatting import size, state
from reviewbot.errors import ReviewbotError, SettingsError
from reviewbot.ports import Pages, ReviewService
from reviewbot.render.view_models.review import SummaryView
from reviewbot.terminal.console import say, shown


class Progress(Struct):
    """Shows the current stage in a live line or, without a bar, prints a line for each stage."""

    console: Console | None = None
    bar: moving.Progress | None = None
    _stage: str = ""

    def count(self, done: int, total: int) -> None:
        """Show in the bar how much of the stage is done."""
        if self.bar:
            self.bar.update(self.bar.task_ids[0], completed=done, total=total)

    def say(self, line: str) -> None:
        if self.console:
            say(self.console, line, "dim" if self.bar else "")

    def retry(self, error: ReviewbotError, seconds: float) -> None:
        """Show why a request failed and when it will be repeated."""
        self.say(f"{error.message} Trying again in {seconds:.0f} s …")

    def stage(self, what: str) -> None:
        if self.bar:
            self.bar.update(self.bar.task_ids[0], description=shown(what).plain)
        elif self.console and what != self._stage:
            say(self.console, f"{what} …")
        self._stage = what


@contextmanager
def showing_progress(console: Console, *, quiet: bool, counts: bool = False) -> Iterator[Progress]:
    """Show progress as a live line on a terminal, or as plain lines. `counts` adds a bar for `Progress.count`."""
    if quiet or not console.is_terminal or console.is_dumb_terminal:
        yield Progress(None if quiet else console)
        return
    text = moving.TextColumn("{task.description}", markup=False)
    bars = (moving.BarColumn(), moving.MofNCompleteColumn()) if counts else ()
    columns = (moving.SpinnerColumn(), text, *bars, moving.TimeElapsedColumn())
    with moving.Progress(*columns, console=console, transient=True) as bar:
        bar.add_task("", total=None)
        yield Progress(console, bar)


class TerminalReporter:
    """A `ports.Reporter` that stores the annotations, and the run's final view and files."""

    view: SummaryView
    files: Sequence[FileView]

    def __init__(self, progress: Progress) -> None:
        self.say = progress.say
        self.annotations: list[Annotation] = []

    def debug(self, line: str) -> None:
        """Drop the line."""

    def annotate(self, annotation: Annotation) -> None:
        self.annotations.append(annotation)

    def review(self, view: SummaryView, files: Sequence[FileView], pages: Pages) -> None:  # noqa: ARG002 — a terminal has its own words
        self.view, self.files = view, files

    def job_summary(self, markdown: str) -> None:
        """Drop the job summary."""

    def outputs(self, values: Mapping[str, str]) -> None:
        """Drop the outputs."""

    def check_file(self, path: str) -> str:
        """Raise `SettingsError`, because a review at a terminal writes no files."""
        what, todo = "a review at a terminal writes no files", "Redirect the output to a file instead."
        raise SettingsError.of(path, what, todo=todo)

    def write_file(self, path: str, text: str) -> None:  # noqa: ARG002 — the port's signature
        self.check_file(path)


class Watched:
    """A `ports.ReviewService` that shows its requests as progress."""

    def __init__(self, service: ReviewService, progress: Progress, *, is_local: bool = False) -> None:
        self._service = service
        self._progress = progress
        self._is_local = is_local
        self.project, self.tags, self.cancel = service.project, service.tags, service.cancel
        self.deliverable = service.deliverable

    def balance(self) -> Balance | None:
        if not self._is_local:
            self._progress.stage("Connecting to CodeVF")
        return self._service.balance()

    def create(self, submission: Submission) -> Task:
        size_of_all = sum(len(one.content.encode("utf-8", "replace")) for one in submission.attachments)
        self._progress.stage("Running the analyzers" if self._is_local else f"Sending {size(size_of_all)} to CodeVF")
        return self._seen(self._service.create(submission))

    def retrieve(self, task_id: str) -> Task:
        return self._seen(self._service.retrieve(task_id))

    def _seen(self, task: Task) -> Task:
        # A local task is already finished when it is created.
        self._progress.stage("Reading the answer" if task.status.is_over else f"CodeVF: {state(task.status_text)}")
        return task
