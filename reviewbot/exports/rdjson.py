"""The report as RDJSON, the Reviewdog Diagnostic Format: https://github.com/reviewdog/reviewdog/tree/master/proto/rdf.

Messages are escaped Markdown, because reviewdog posts them to GitHub unchanged.
Reviewdog parses strict protocol-buffer JSON: no unknown fields, only 32-bit numbers, and a location per diagnostic.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reviewbot.domain.text.escaping import code_span, markdown_line, markdown_text, prose
from reviewbot.exports.places import LEVELS, Place, literal_replacement, place_of, state_sentences
from reviewbot.render.view_models.review import FindingView, SummaryView
from reviewbot.render.view_models.truncation import worst_first

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}

_WHOLE = Place(".", None, "The reviewer did not cite a file.")
"""The location of findings without a path: the repository's root, which no diff contains."""


def rdjson(view: SummaryView) -> str:
    """Return the open, unwaived findings as one `DiagnosticResult` in ASCII, worst first, with a final newline."""
    diagnostics = [_diagnostic(finding, place_of(finding, view) or _WHOLE) for finding in worst_first(view.findings)]
    leftovers = [
        {
            "message": markdown_text(f"Could not read {item.where}: {item.why}\n\n{item.text}"),
            "location": {"path": _WHOLE.path},
            "severity": "WARNING",
            "code": {"value": "leftover"},
        }
        for item in view.leftovers
    ]
    return json.dumps({"source": {"name": "reviewbot"}, "diagnostics": diagnostics + leftovers}, indent=1) + "\n"


def _diagnostic(finding: FindingView, place: Place) -> Mapping[str, object]:
    diagnostic: dict[str, Any] = {
        "message": _message(finding, place),
        "location": {"path": place.path.encode("utf-8", "replace").decode()},
        "severity": _SEVERITIES[LEVELS[finding.severity]],
        "code": {"value": finding.category.value if finding.category else "other"},
    }
    if place.lines is None:
        return diagnostic
    # Without columns, a range covers whole lines, including the last line.
    lines = {"start": {"line": place.lines[0]}, "end": {"line": place.lines[1]}}
    diagnostic["location"] |= {"range": lines}
    text = literal_replacement(finding, place)
    if text is not None:
        # The text replaces whole lines, but their last line feed is kept. An empty text deletes the lines.
        diagnostic["suggestions"] = [{"range": lines, "text": text}]
    return diagnostic


def _message(finding: FindingView, place: Place) -> str:
    title = markdown_line(finding.title) or "(without a title)"
    lines = map(markdown_text, (state_sentences(finding), place.notes, *finding.references))
    texts = (title, prose(finding.explanation.strip()), *lines, f"Finding {code_span(finding.id)}.")
    return "\n\n".join(filter(None, texts))
