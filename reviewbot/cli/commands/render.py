"""`reviewbot render`: reports as documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import UnsupportedOperation
from os import fstat
from pathlib import Path
from stat import S_ISREG
from typing import TextIO
from uuid import uuid4

from reviewbot.cli.invocation import Call
from reviewbot.domain.text.escaping import log_text, may_command, visible
from reviewbot.errors import ReportUnreadable
from reviewbot.exports.rdjson import rdjson
from reviewbot.exports.report import report_json
from reviewbot.exports.sarif import sarif
from reviewbot.exports.stored import REWRITE, StoredReport, read_report
from reviewbot.render.renderer import Renderer

DOCUMENTS: Mapping[str, Callable[[StoredReport], str]] = {
    "sarif": lambda report: sarif(report.view, version=report.version, review_url=report.review_url),
    "rdjson": lambda report: rdjson(report.view),
    "html": lambda report: Renderer().html(report.view),
    "markdown": lambda report: Renderer().job_summary(report.view) + "\n",
    "json": lambda report: report_json(report.view, version=report.version, review_url=report.review_url),
}
"""What each kind of document is made by."""


def run(call: Call) -> int:
    """Write a report as another kind of document."""
    kind = call.chosen.to
    write_document(call.out, kind, DOCUMENTS[kind](read_stored(call.chosen.report)))
    return 0


def write_document(out: TextIO, kind: str, text: str) -> None:
    """Write a document: into a file as it is; elsewhere, which may be a runner's log, no line of it is a command.

    JSON says the same either way; in Markdown a blank parts what a runner would obey. A page is for a browser and no
    log, and its policy allows its scripts and styles as they are.
    """
    if kind == "html" or _is_file(out):
        out.write(text)
    else:
        out.write(log_text(text) if kind == "markdown" else text.replace("##[", "#\\u0023["))


def write_patch(out: TextIO, text: str) -> None:
    """Write a patch: at a terminal what is invisible is shown; elsewhere it is exact, to the ends of its lines.

    What may be a runner's log is told to obey nothing in between where it might: programs that take patches pass over
    the lines before and after one.
    """
    if out.isatty():
        text = visible(text)
    elif may_command(text) and not _is_file(out):
        token = uuid4().hex
        text = f"::stop-commands::{token}\n{text}::{token}::\n"
    out.write(text)


def _is_file(out: TextIO) -> bool:
    try:
        return S_ISREG(fstat(out.fileno()).st_mode)
    except UnsupportedOperation:
        return False


def read_stored(path: Path) -> StoredReport:
    """Read the report in a file.

    Raises:
        ReportUnreadable: with the path and the reason.
    """
    try:
        return read_report(path.read_text(encoding="utf-8"))
    except ReportUnreadable as error:
        why = error.message
    except UnicodeDecodeError:
        why = "The report is not UTF-8 text."
    except OSError as error:
        why = f"{error.strerror}."
    raise ReportUnreadable(f"{visible(str(path))}: {why}", hint=REWRITE)
