"""`reviewbot render`: convert a report to another format."""

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
from reviewbot.domain.text.formatting import invalid_byte
from reviewbot.errors import ReportUnreadable
from reviewbot.exports.rdjson import rdjson
from reviewbot.exports.report import REWRITE, StoredReport, read_report, report_json
from reviewbot.exports.sarif import sarif
from reviewbot.render.renderer import Renderer

DOCUMENTS: Mapping[str, Callable[[StoredReport], str]] = {
    "sarif": lambda report: sarif(report.view, version=report.version, review_url=report.review_url),
    "rdjson": lambda report: rdjson(report.view),
    "html": lambda report: Renderer().html(report.view),
    "markdown": lambda report: Renderer().job_summary(report.view) + "\n",
    "prompt": lambda report: Renderer().agent_prompt(report.view) + "\n",
    "json": lambda report: report_json(report.view, version=report.version, review_url=report.review_url),
}
"""The function that writes each format."""

_WRITE_FREE = "To write a report for free, run:\n  reviewbot review --reviewer local --format json > report.json"


def run(call: Call) -> int:
    kind = call.chosen.to
    write_document(call.out, kind, DOCUMENTS[kind](read_stored(call.chosen.report)))
    return 0


def write_document(out: TextIO, kind: str, text: str) -> None:
    """Write a document. Unless the output is a file, disable the runner's workflow commands in the document.

    Disabled commands contain a space or, in JSON, an escape sequence. HTML is unchanged, because its content security
    policy contains the hashes of its scripts and styles.
    """
    if kind == "html" or _is_file(out):
        out.write(text)
    else:
        out.write(log_text(text) if kind in {"markdown", "prompt", "csv"} else text.replace("##[", "#\\u0023["))


def write_patch(out: TextIO, text: str) -> None:
    """Write a patch. At a terminal, make its invisible characters visible.

    In a log, `stop-commands` lines around the patch disable workflow commands. Programs that apply patches skip these
    lines.
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
        ReportUnreadable: the file cannot be read. The message states the path and the reason.
    """
    try:
        return read_report(path.read_text(encoding="utf-8"))
    except ReportUnreadable as error:
        why = error.clause
    except UnicodeDecodeError as error:
        why = f"the report is not UTF-8 text ({invalid_byte(error)})."
    except OSError as error:
        what = "file not found" if isinstance(error, FileNotFoundError) else error.strerror
        raise ReportUnreadable(f"{visible(str(path))}: {what}.", hint=_WRITE_FREE) from None
    raise ReportUnreadable(f"{visible(str(path))}: {why}", hint=REWRITE)
