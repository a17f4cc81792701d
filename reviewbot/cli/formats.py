"""Reports as documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from reviewbot.errors import ReportUnreadable
from reviewbot.exports.rdjson import rdjson
from reviewbot.exports.sarif import sarif
from reviewbot.exports.stored import StoredReport, read_report
from reviewbot.render import Renderer

DOCUMENTS: Mapping[str, Callable[[StoredReport], str]] = {
    "sarif": lambda report: sarif(report.view, version=report.version, review_url=report.review_url),
    "rdjson": lambda report: rdjson(report.view),
    "html": lambda report: Renderer().html(report.view),
    "markdown": lambda report: Renderer().job_summary(report.view) + "\n",
}
"""What `render` makes of a report."""


def read_stored(path: Path) -> StoredReport:
    """The report in a file.

    Raises:
        ReportUnreadable: it is none, or cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReportUnreadable(f"The report cannot be read: {_why(error)}.", hint=str(path)) from None
    return read_report(text)


def _why(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, OSError):
        return error.strerror or "nobody knows why"
    return "it is no text in UTF-8"
