"""What a run says, as a terminal hears it: lines for the progress, and the whole story as values for the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.github.drafts import Annotation
from reviewbot.domain.model.review import Balance, Submission, Tag, Task
from reviewbot.domain.text.formatting import size, state
from reviewbot.errors import Problem, SettingsError
from reviewbot.ports import Pages, ReviewService
from reviewbot.render.view_models.review import SummaryView
from reviewbot.terminal.progress import Progress


@dataclass(frozen=True, slots=True)
class Told:
    """The story of a run.

    Attributes:
        files: as they were sent.
    """

    view: SummaryView
    files: Sequence[FileView]


@dataclass(slots=True)
class TerminalReporter:
    """`ports.Reporter`: keeps what the end needs. There is no runner, so what is only for one is dropped."""

    progress: Progress
    told: Told | None = None
    annotations: list[Annotation] = field(default_factory=list)

    def say(self, line: str) -> None:
        """To the progress."""
        self.progress.say(line)

    def debug(self, line: str) -> None:
        """Dropped."""

    def annotate(self, annotation: Annotation) -> None:
        """Kept."""
        self.annotations.append(annotation)

    def story(self, view: SummaryView, files: Sequence[FileView], pages: Pages) -> None:  # noqa: ARG002 — a terminal has its own words
        """Kept."""
        self.told = Told(view, files)

    def outputs(self, values: Mapping[str, str]) -> None:
        """Dropped."""

    def check_file(self, path: str) -> str:
        """None is written here.

        Raises:
            SettingsError: always.
        """
        raise SettingsError((Problem(path, "a terminal's review writes no files", "redirect the output"),))

    def write_file(self, path: str, text: str) -> None:  # noqa: ARG002 — the port's signature
        """As `check_file`.

        Raises:
            SettingsError: always.
        """
        self.check_file(path)


@dataclass(frozen=True, slots=True)
class Watched:
    """A `ports.ReviewService` that tells the progress what is asked of it."""

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
        self.progress.stage(
            "Reading the answer" if task.status.is_over else f"{self.reviewer}: {state(task.status_text)}"
        )
        return task
