"""The reference of the settings, as the documents show it: tables of the settings' own words."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.settings import INPUTS, Input

INPUTS_BOTH = tuple(row for row in INPUTS if row.action and row.config)
WORKFLOW_ALONE = tuple(row for row in INPUTS if row.action and not row.config)
KEYS_ALONE = tuple(row for row in INPUTS if not row.action)


def table(rows: Sequence[Input]) -> str:
    """A Markdown table, without a line end after it."""
    kind = "input" if rows[0].action else "key"
    lines = [f"| {kind} | default | meaning | allowed |", "|---|---|---|---|"]
    lines += [f"| `{row.name}` | {_code(row.default)} | {row.meaning} | {row.allowed} |" for row in rows]
    return "\n".join(lines)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
