"""The report as JSON. `docs/report.schema.json` describes every key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from reviewbot.domain.statistics.figures import Statistics, Sums
from reviewbot.render.view_models.plan import Replay, RuleSum
from reviewbot.render.view_models.review import CostView, DuplicateView, FindingView, SummaryView, WaitView

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
