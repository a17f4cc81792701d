"""Write report files, the job summary, annotations and outputs on every exit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reviewbot import __version__
from reviewbot.app.context import Ports, RunContext
from reviewbot.app.github.check_run import annotations_of
from reviewbot.app.output.views import progress_of, summary_view
from reviewbot.domain.github.drafts import Annotation, AnnotationLevel
from reviewbot.domain.machine.decisions.outcome import undelivered
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.verdict import Outcome, Reason, Status
from reviewbot.errors import OutputUnwritable, SettingsError, TemplateError
from reviewbot.exports.rdjson import rdjson
from reviewbot.exports.report import report_json
from reviewbot.exports.sarif import sarif
from reviewbot.settings.table import REPORT_FILES

OUTPUTS = (
    "status",
    "verdict",
    "reason",
    "exit-status",
    "coverage",
    "task-id",
    "reviewed-sha",
    "published",
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
    *REPORT_FILES,
)
"""The action's outputs. Every exit writes all outputs, with an empty string for unknown values."""


def write_files(run: RunContext, known: Known, outcome: Outcome) -> Mapping[str, str]:
    """Write the requested report files, and return the path of each written file by input name."""
    if not (files := run.settings.files()):
        return {}
    view, views, url = summary_view(run, known, outcome), known.change.views, known.snapshot.pull.url
    texts: Mapping[str, Callable[[], str]] = {
        "json-file": lambda: report_json(view, version=__version__, review_url=url),
        "sarif-file": lambda: sarif(view, version=__version__, review_url=url),
        "rdjson-file": lambda: rdjson(view),
        "html-file": lambda: run.renderer.html(view, views),
    }
    return {name: path for name, path in files.items() if _write_file(run, path, texts[name])}


def _write_file(run: RunContext, path: str, text: Callable[[], str]) -> bool:
    try:
        run.ports.reporter.write_file(path, text())
    except SettingsError as error:
        for problem in error.problems:
            run.note(f"reviewbot could not write a report file: {problem}")
        return False
    except TemplateError as error:
        run.note(f"reviewbot could not write a report file: `{path}`: {error.clause}")
        return False
    return True


def write_output(run: RunContext, known: Known, outcome: Outcome) -> Outcome:
    """Write all output that needs no permission on GitHub. If a write fails, return an `undelivered` outcome."""
    reporter, files = run.ports.reporter, dict[str, str]()
    if known.report is not None or known.request.dry_run:
        files.update(write_files(run, known, outcome))
        if len(files) < len(run.settings.files()):
            outcome = undelivered(outcome)
    if known.report is not None and known.wrote.check is None:  # otherwise, GitHub shows the check's annotations
        for annotation in annotations_of(run, known):
            reporter.annotate(annotation)
    if outcome.reason is Reason.NO_KEY and known.snapshot.pull.from_fork:  # such a run cannot write comments
        reporter.annotate(Annotation("", 0, 0, AnnotationLevel.NOTICE, "No review", outcome.message))
    try:
        show(run, known, outcome)
    except OutputUnwritable as error:
        reporter.say(error.message)
        outcome = undelivered(outcome)
    reporter.outputs(outputs(known, outcome) | files)
    return outcome


def show(run: RunContext, known: Known, outcome: Outcome) -> None:
    run.ports.reporter.review(summary_view(run, known, outcome), known.change.views, run.renderer)


def outputs(known: Known, outcome: Outcome) -> dict[str, str]:
    """Return the step's outputs, except the report files. Unknown counts are empty, never 0."""
    purchase = known.purchase
    values = {
        **_of_outcome(outcome),
        "coverage": known.coverage.value if purchase and outcome.status is not Status.FAILED else "",
        "task-id": purchase.task_id if purchase else "",
        "reviewed-sha": known.head_sha if known.report else "",
        "posted": str(known.wrote.posted + known.wrote.replies) if known.report else "",
        "credits-held": str(purchase.hold) if purchase and known.request.paid else "",
        "credits-used": f"{purchase.used:f}" if purchase and purchase.used is not None else "",
        "review-url": known.snapshot.pull.url,
        "summary-url": known.summary.url if known.summary else "",
        "check-url": known.wrote.check.url if known.wrote.check else "",
    }
    if known.report is not None:
        counts = known.ledger.findings.by_severity(known.task_id)
        values |= {one.value: str(count) for one, count in counts.items()} | {"findings": str(sum(counts.values()))}
    if progress := progress_of(known):
        carried = progress.carried + progress.beyond
        values |= {"new": str(progress.new), "fixed": str(progress.fixed + progress.gone), "carried": str(carried)}
    return values


def write_bare(ports: Ports, outcome: Outcome, **outputs: str) -> Outcome:
    """Log the outcome of a run that publishes nothing, and write all outputs."""
    ports.reporter.say(f"{outcome.status}: {outcome.message}")
    if outcome.hint:
        ports.reporter.say(outcome.hint)
    ports.reporter.outputs(_of_outcome(outcome) | outputs)
    return outcome


def _of_outcome(outcome: Outcome) -> dict[str, str]:
    return dict.fromkeys(OUTPUTS, "") | {
        "status": outcome.status.value,
        "verdict": outcome.verdict.value,
        "reason": outcome.reason.value,
        "exit-status": str(outcome.exit_status),
    }
