"""What a run reports, at a terminal: its progress line by line, and the whole story as values for the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich import progress as moving
from rich.console import Console

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.github.drafts import Annotation
from reviewbot.domain.model.review import Balance, Submission, Tag, Task
from reviewbot.domain.text.formatting import size, state
from reviewbot.errors import Problem, ReviewbotError, SettingsError
from reviewbot.ports import Pages, ReviewService
from reviewbot.render.view_models.review import SummaryView
from reviewbot.terminal.console import say, shown


@dataclass(slots=True)
class Progress:
    """Shows what is being done: nothing without a console, lines that follow each other without a bar."""

    console: Console | None = None
    bar: moving.Progress | None = None
    _stage: str = ""

    def say(self, line: str) -> None:
        """Print something worth keeping."""
        if self.console:
            say(self.console, line, "dim" if self.bar else "")

    def retry(self, error: ReviewbotError, seconds: float) -> None:
        """Show why a request failed and when it is repeated."""
        self.stage(f"{error.message} Trying again in {seconds:.0f} s")

    def stage(self, what: str) -> None:
        """Show what is being done from now on."""
        if self.bar:
            self.bar.update(self.bar.task_ids[0], description=shown(what).plain)
        elif self.console and what != self._stage:
            say(self.console, f"{what} …")
        self._stage = what


@contextmanager
def telling(console: Console, *, quiet: bool) -> Iterator[Progress]:
    """Show progress for the length of a `with` block: a line that moves on a terminal, plain lines in a pipe."""
    if quiet or not console.is_terminal or console.is_dumb_terminal:
        yield Progress(None if quiet else console)
        return
    columns = moving.SpinnerColumn(), moving.TextColumn("{task.description}", markup=False), moving.TimeElapsedColumn()
    with moving.Progress(*columns, console=console, transient=True) as bar:
        bar.add_task("", total=None)
        yield Progress(console, bar)


@dataclass(slots=True)
class TerminalReporter:
    """`ports.Reporter`: keeps what the end needs, and drops what is for a runner; `files` are as they were sent."""

    progress: Progress
    view: SummaryView | None = None
    files: Sequence[FileView] = ()
    annotations: list[Annotation] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Show the line as progress."""
        self.progress.say(line)

    def debug(self, line: str) -> None:
        """Drop the line."""

    def annotate(self, annotation: Annotation) -> None:
        """Keep the annotation."""
        self.annotations.append(annotation)

    def story(self, view: SummaryView, files: Sequence[FileView], pages: Pages) -> None:  # noqa: ARG002 — a terminal has its own words
        """Keep the story."""
        self.view, self.files = view, files

    def outputs(self, values: Mapping[str, str]) -> None:
        """Drop the outputs."""

    def check_file(self, path: str) -> str:
        """Refuse: a terminal's review writes no files."""
        raise SettingsError((Problem(path, "a review at a terminal writes no files", todo="Redirect the output."),))

    def write_file(self, path: str, text: str) -> None:  # noqa: ARG002 — the port's signature
        """Refuse to write a file, as `check_file` does."""
        self.check_file(path)


@dataclass(frozen=True, slots=True)
class Watched:
    """A `ports.ReviewService` whose requests are shown as progress."""

    service: ReviewService
    progress: Progress
    reviewer: str

    def balance(self) -> Balance | None:
        """As the service."""
        self.progress.stage(f"Asking {self.reviewer}")
        return self.service.balance()

    def project(self, name: str) -> int:
        """As the service."""
        return self.service.project(name)

    def tags(self) -> tuple[Tag, ...]:
        """As the service."""
        return self.service.tags()

    def create(self, submission: Submission) -> Task:
        """As the service."""
        handed = sum(len(one.content.encode("utf-8", "replace")) for one in submission.attachments)
        self.progress.stage(f"Handing {size(handed)} to {self.reviewer}")
        return self._seen(self.service.create(submission))

    def retrieve(self, task_id: str) -> Task:
        """As the service."""
        return self._seen(self.service.retrieve(task_id))

    def cancel(self, task_id: str) -> None:
        """As the service."""
        self.service.cancel(task_id)

    def deliverable(self, url: str) -> str:
        """As the service."""
        return self.service.deliverable(url)

    def _seen(self, task: Task) -> Task:
        told = "Reading the answer" if task.status.is_over else f"{self.reviewer}: {state(task.status_text)}"
        self.progress.stage(told)
        return task
