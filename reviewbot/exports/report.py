"""The report as JSON, written and read back into a view. `docs/report.schema.json` describes every key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache, reduce
from operator import or_
from typing import Any, get_args, get_origin, get_type_hints

from msgspec import Struct, defstruct

from reviewbot.domain.codevf.attachments import Sent
from reviewbot.domain.diff.text_index import line_feeds
from reviewbot.domain.findings.placement import Why
from reviewbot.domain.github.context import ContextPart
from reviewbot.domain.selection.selection import Held
from reviewbot.domain.statistics.figures import Statistics, Sums
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.strict_json import DecimalText, JsonMismatch, Moment, Whole, convert, parse
from reviewbot.errors import ReportUnreadable
from reviewbot.render.view_models.plan import Replay, RuleSum
from reviewbot.render.view_models.review import CostView, DuplicateView, FindingView, SummaryView, WaitView
from reviewbot.values import replace

SCHEMA = "reviewbot/report/2"

_KEYS: Mapping[type, Mapping[str, str | None]] = {
    SummaryView: {
        "pull_number": "pullRequest",
        "head_sha": "head",
        "reviewer_summary": "summary",
        **dict.fromkeys(("mark", "ledger", "sent", "held", "context", "approved_by", "in_summary")),
        **dict.fromkeys(("records_commands", "docs_url", "command")),
    },
    FindingView: {"why": "placement", "state": "standing", "held": None},
    DuplicateView: {"original": "of"},
    CostView: {"parts": None, "at_ceiling": None},
    WaitView: {"minutes": None},
    RuleSum: {"unknown": "notApplied"},
    Replay: {
        "sha": "commit",
        "sent": "files",
        "sent_bytes": "bytes",
        "held": "heldBack",
        "stopped": "stoppedCredits",
        "limited": "atCeiling",
        "bot": None,
    },
    Statistics: dict.fromkeys(("period", "whole", "by_mode", "by_expertise", "reviews", "asked")),
    Sums: {"name": None},
}
"""Keys that differ from the field's name in camel case. None means that the field is omitted or stored elsewhere."""

NULL_IF_EMPTY = frozenset({"task_id", "fail_on", "awaited", "since", "attachment", "expertise", "route", "rule"})
"""Fields that are null in the report instead of an empty string."""


def keys_of(kind: type[Struct]) -> Mapping[str, str]:
    """Return the report's key for each field of a view."""
    special = _KEYS.get(kind, {})
    named = ((name, special.get(name, _camel(name))) for name in kind.__struct_fields__)
    return {name: key for name, key in named if key is not None}


def report_json(view: SummaryView, *, version: str, review_url: str | None) -> str:
    """Return the report as JSON in ASCII, with a final newline."""
    document: dict[str, object] = {
        "schema": SCHEMA,
        "generator": {"name": "reviewbot", "version": version},
        "pullRequestUrl": review_url,
        **object_of(view),
        "manifest": {"sent": view.sent, "heldBack": view.held, "context": view.context},
    }
    text = json.dumps(document, ensure_ascii=False, indent=2, default=_encoded).encode("utf-8", "replace").decode()
    # ASCII is safe to print at a terminal. Everything outside of strings is already ASCII.
    return re.sub("[^\n -~]+", lambda found: json.dumps(found[0])[1:-1], text) + "\n"


def object_of(view: Struct) -> Mapping[str, object]:
    """Return a view as a dictionary with the keys of the report."""
    values = ((key, name, getattr(view, name)) for name, key in keys_of(type(view)).items())
    return {key: None if name in NULL_IF_EMPTY and not value else value for key, name, value in values}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _encoded(value: Decimal | datetime | Struct) -> object:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else object_of(value)


class StoredReport(Struct, frozen=True):
    """A report file. `version` is the version of reviewbot that wrote it. `view` has no marker and no ledger.

    `review_url` is the pull request's URL, or None if unknown.
    """

    view: SummaryView
    version: str
    review_url: str | None


def read_report(text: str) -> StoredReport:
    """Read a report that `report_json` wrote.

    Raises:
        ReportUnreadable: the string is not a report in this version's format.
    """
    try:
        report = _of_this_version(parse(text))
    except JsonMismatch as error:
        why = f"reviewbot cannot read the report: {error}." if error.where else f"The report {error.what}."
        raise ReportUnreadable(why, hint=REWRITE) from None
    return StoredReport(_view(report), report.generator.version, report.review_url)


def _of_this_version(document: object) -> Any:  # noqa: ANN401 — of the type that `_report` makes
    schema = convert(document, _Schema).schema
    if schema != SCHEMA:
        raise JsonMismatch("schema", f"is `{visible(schema[:80])}`, but this version reads `{SCHEMA}`")
    return convert(document, _report())


REWRITE = (
    "Use a JSON report from this version of reviewbot. For a free one, run:\n"
    "  reviewbot review --reviewer local --format json > report.json"
)


class _Schema(Struct, frozen=True):
    schema: str


@cache
def _report() -> type[Any]:
    """Return the struct of the document, in which every key is required."""
    view = _struct(SummaryView)
    listed = {"sent": tuple[Sent, ...], "held": tuple[Held, ...], "context": tuple[ContextPart, ...]}
    files = [(name, _stored(kind)) for name, kind in listed.items()]
    manifest = defstruct("Manifest", files, rename={"held": "heldBack"})
    generator = defstruct("Generator", [("version", str)])
    fields = [("generator", generator), ("review_url", str | None), ("manifest", manifest)]
    return defstruct("Report", fields, bases=(view,), rename={"review_url": "pullRequestUrl"})


def _struct(kind: type[Struct]) -> type[Struct]:
    """Return a struct for a view in the report, with the report's keys."""
    keys, hints = keys_of(kind), get_type_hints(kind)
    types = {name: str | None if name in NULL_IF_EMPTY else _stored(hints[name]) for name in keys}
    return defstruct(kind.__name__, list(types.items()), rename=dict(keys))


_SCALARS: Mapping[Any, Any] = {int: Whole, Decimal: DecimalText, datetime: Moment}


def _stored(hint: Any) -> Any:  # noqa: ANN401 — a type of any form
    """Return the type of a value in the report, given the type of the view's field."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is tuple:
        return origin[_stored(inside[0]), ...]
    if origin is Mapping:  # the keys are the values of an enum
        return defstruct(inside[0].__name__, [(word.value, _stored(inside[1])) for word in inside[0]])
    if inside:
        return reduce(or_, map(_stored, inside))
    is_struct = isinstance(hint, type) and issubclass(hint, Struct)
    return _struct(hint) if is_struct else _SCALARS.get(hint, hint)


def _values(stored: object) -> Any:  # noqa: ANN401 — a value of any form
    """Convert structs to dictionaries, and null to an empty string in the fields of `NULL_IF_EMPTY`."""
    if isinstance(stored, tuple):
        return tuple(map(_values, stored))
    if not isinstance(stored, Struct):
        return stored
    named = ((name, getattr(stored, name)) for name in stored.__struct_fields__)
    return {name: "" if value is None and name in NULL_IF_EMPTY else _values(value) for name, value in named}


def _view(report: object) -> SummaryView:
    values = _values(report)
    view = convert({**values, "mark": "", "ledger": "", **values["manifest"]}, SummaryView)
    reasons = {one.path: one for one in view.held}

    def restored(finding: FindingView) -> FindingView:
        """Add the reason why the file was not sent, and restore LF line endings, which an editor may have changed."""
        return replace(
            finding,
            code=line_feeds(finding.code),
            suggestion=None if finding.suggestion is None else line_feeds(finding.suggestion),
            held=reasons.get(finding.path) if finding.why is Why.FILE_NOT_SENT else None,
        )

    return replace(
        view,
        findings=tuple(map(restored, view.findings)),
        waived=tuple(map(restored, view.waived)),
        closed=tuple(map(restored, view.closed)),
    )
