"""What a run leaves on the runner: files, the job summary, annotations and outputs. Written on every exit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from reviewbot.app.check import annotations_of
from reviewbot.app.run import Run
from reviewbot.app.story import Story
from reviewbot.app.views import progress_of, summary_view
from reviewbot.domain.escaping import visible
from reviewbot.domain.gate import Outcome
from reviewbot.domain.model import Severity
from reviewbot.domain.views import ProgressView
from reviewbot.errors import Problem, SettingsError
from reviewbot.exports.rdjson import rdjson
from reviewbot.exports.report import report_json
from reviewbot.exports.sarif import sarif

OUTPUTS = (
    "status",
    "verdict",
    "reason",
    "exit-status",
    "coverage",
    "task-id",
    "reviewed-sha",
    "findings",
    *(severity.value for severity in Severity),
    "new",
    "fixed",
    "carried",
    "posted",
    "credits-held",
    "credits-used",
    "review-url",
    "summary-url",
    "check-url",
    "json-file",
    "sarif-file",
    "html-file",
    "rdjson-file",
)
"""Every output of the action; all are written on every exit, empty where nothing is known."""


def check_files(run: Run) -> None:
    """Ask beforehand whether the report files can be where the settings want them.

    Raises:
        SettingsError: with every one that cannot, by its input.
    """
    problems: list[Problem] = []
    for name, path in run.settings.files().items():
        try:
            run.world.reporter.check_file(path)
        except SettingsError as error:
            problems += (replace(one, where=f"input `{name}`, `{visible(path)}`") for one in error.problems)
    if problems:
        raise SettingsError(tuple(problems))


def write_files(run: Run, story: Story, outcome: Outcome) -> None:
    """The report files that the settings ask for: before publishing, so that nothing GitHub does can lose them."""
    settings, version, url = run.settings, run.world.version, run.snapshot.pull.url
    view = summary_view(run, story, outcome)
    write = partial(_write_file, run)
    if path := settings.json_file:
        write(path, report_json(view, version=version, review_url=url))
    if path := settings.sarif_file:
        write(path, sarif(view, version=version, review_url=url))
    if path := settings.rdjson_file:
        write(path, rdjson(view))
    if path := settings.html_file:
        write(path, run.renderer.html(view, story.prepared.views if story.prepared else ()))


def _write_file(run: Run, path: str, text: str) -> None:
    """Write a file; one that cannot be written is said, and loses nothing else of the result."""
    try:
        run.world.reporter.write_file(path, text)
    except SettingsError as error:
        run.degraded.say(*(f"A report file could not be written: {problem}" for problem in error.problems))


def deliver(run: Run, story: Story, outcome: Outcome) -> None:
    """Everything that needs no permission on GitHub."""
    reporter = run.world.reporter
    if story.report is not None or run.settings.dry_run:
        write_files(run, story, outcome)
    if story.report is not None and story.check is None:  # the check's annotations are the same, GitHub would show both
        for annotation in annotations_of(run, story):
            reporter.annotate(annotation)
    tell(run, story, outcome)
    reporter.outputs(outputs(run, story, outcome))


def tell(run: Run, story: Story, outcome: Outcome) -> None:
    """The story in the job summary and in the log."""
    files = story.prepared.views if story.prepared else ()
    run.world.reporter.story(summary_view(run, story, outcome), files, run.renderer)


def outputs(run: Run, story: Story, outcome: Outcome) -> Mapping[str, str]:
    """The step's outputs; counts are empty when unknown, never 0."""
    purchase, settings = story.purchase, run.settings
    known = {
        **outcome_outputs(outcome),
        "coverage": story.coverage.value if purchase else "",
        "task-id": purchase.task_id if purchase else "",
        "reviewed-sha": (story.reviewed_sha or run.snapshot.pull.head_sha) if story.report else "",
        "posted": str(story.posted) if story.report else "",
        "credits-held": str(purchase.hold) if purchase and run.paid else "",
        "credits-used": f"{purchase.used:f}" if purchase and purchase.used is not None else "",
        "review-url": run.snapshot.pull.url,
        "summary-url": story.summary.url if story.summary else "",
        "check-url": story.check.url if story.check else "",
        "json-file": settings.json_file if story.report else "",
        "sarif-file": settings.sarif_file if story.report else "",
        "html-file": settings.html_file if story.report else "",
        "rdjson-file": settings.rdjson_file if story.report else "",
    }
    if story.report is not None:
        known |= _counts(story.ledger.findings.severities(story.task_id)) | _progress(progress_of(story))
    return dict.fromkeys(OUTPUTS, "") | known


def outcome_outputs(outcome: Outcome) -> Mapping[str, str]:
    """The outputs that are known on every exit."""
    return {
        "status": outcome.status.value,
        "verdict": outcome.verdict.value,
        "reason": outcome.reason.value,
        "exit-status": str(outcome.exit_status),
    }


def bare_outputs(outcome: Outcome) -> Mapping[str, str]:
    """All outputs of a run that read no pull request."""
    return dict.fromkeys(OUTPUTS, "") | dict(outcome_outputs(outcome))


def _counts(severities: Sequence[Severity]) -> dict[str, str]:
    counts = {severity.value: str(severities.count(severity)) for severity in Severity}
    return {"findings": str(len(severities)), **counts}


def _progress(progress: ProgressView | None) -> dict[str, str]:
    if progress is None:
        return {}
    carried = progress.carried + progress.beyond
    return {"new": str(progress.new), "fixed": str(progress.fixed + progress.gone), "carried": str(carried)}
