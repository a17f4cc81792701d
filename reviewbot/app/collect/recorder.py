"""Keeps what the runs of a collection report, each of which works on one pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct, field

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.github.drafts import Annotation
from reviewbot.ports import Pages, Reporter
from reviewbot.render.view_models.review import SummaryView


class Recorder(Struct):
    """A reporter that keeps outputs and stories; everything else goes to the runner's reporter at once.

    Attributes:
        values: the outputs of the last run.
        stories: those of all runs, to be written below the list of pull requests: a job summary is cut at its end.
        is_elsewhere: whether the runs are in another repository than the workflow's. Readers of the workflow's runs may
            not be allowed to see that repository, so its findings are neither kept nor annotated.
    """

    reporter: Reporter
    values: Mapping[str, str] = field(default_factory=dict)
    stories: list[Callable[[], None]] = field(default_factory=list)
    is_elsewhere: bool = False

    def say(self, line: str) -> None:
        """See `ports.Reporter.say`."""
        self.reporter.say(line)

    def debug(self, line: str) -> None:
        """See `ports.Reporter.debug`."""
        self.reporter.debug(line)

    def annotate(self, annotation: Annotation) -> None:
        """See `ports.Reporter.annotate`."""
        if not self.is_elsewhere:
            self.reporter.annotate(annotation)

    def story(self, view: SummaryView, files: Sequence[FileView], pages: Pages) -> None:
        """See `ports.Reporter.story`."""
        if not self.is_elsewhere:
            self.stories.append(partial(self.reporter.story, view, files, pages))

    def job_summary(self, markdown: str) -> None:
        """See `ports.Reporter.job_summary`."""
        self.reporter.job_summary(markdown)

    def outputs(self, values: Mapping[str, str]) -> None:
        """See `ports.Reporter.outputs`."""
        self.values = values

    def check_file(self, path: str) -> str:
        """See `ports.Reporter.check_file`."""
        return self.reporter.check_file(path)

    def write_file(self, path: str, text: str) -> None:
        """See `ports.Reporter.write_file`."""
        self.reporter.write_file(path, text)
