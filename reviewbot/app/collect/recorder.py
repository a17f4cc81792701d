"""Keep the outputs and job summaries of a collection's runs on single pull requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.github.drafts import Annotation
from reviewbot.domain.policy.collection import Collection, Failure, Lookup
from reviewbot.ports import Pages, Reporter
from reviewbot.render.view_models.review import SummaryView

SUMMARY_CHARACTERS = 1024 * 1024
"""No job summary is kept after this many characters. GitHub's runner discards a job summary above 1 MiB."""


class Recorder:
    """A reporter that keeps outputs and job summaries, and passes everything else to the runner's reporter.

    Attributes:
        values: the outputs of the last run.
        summaries: the rendered job summaries. They are written after the list of pull requests, so that the runner does
            not cut off that list. The views are not kept, because views contain the texts of changed files.
        failures: the repositories that could not be read.
        unreached: the repositories and pull requests that were skipped because of the rate limit.
        repositories: the number of repositories that were read completely.
        is_elsewhere: whether the current repository is not the workflow's. Readers of the workflow's log may not have
            access to another repository, so its findings are neither kept nor annotated.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.say, self.debug = reporter.say, reporter.debug
        self.check_file, self.write_file = reporter.check_file, reporter.write_file
        self.values: Mapping[str, str] = {}
        self.summaries: list[str] = []
        self.lookups: list[Lookup] = []
        self.failures: list[Failure] = []
        self.unreached: list[str] = []
        self.repositories = 0
        self.is_elsewhere = False
        self._characters = 0

    def collection(self) -> Collection:
        return Collection(tuple(self.lookups), tuple(self.failures), tuple(self.unreached), self.repositories)

    def annotate(self, annotation: Annotation) -> None:
        if not self.is_elsewhere:
            self._reporter.annotate(annotation)

    def review(self, view: SummaryView, files: Sequence[FileView], pages: Pages) -> None:  # noqa: ARG002 — as on a runner
        if not self.is_elsewhere:
            self.job_summary(pages.job_summary(view))
            for line in pages.terminal(view).splitlines():
                self.say(line)

    def job_summary(self, markdown: str) -> None:
        if self._characters <= SUMMARY_CHARACTERS:
            self.summaries.append(markdown)
            self._characters += len(markdown)

    def outputs(self, values: Mapping[str, str]) -> None:
        self.values = values
