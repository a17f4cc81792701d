"""The part of the job summary that lists the results of a collection."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.collection import Collection, Lookup
from reviewbot.domain.text.escaping import code_cell, code_span, markdown_line


def collection_summary(collection: Collection) -> str:
    """Return Markdown with the results of the pull requests, the failures, and what the rate limit postponed."""
    return "\n".join(_lines(collection)) + "\n"


def _lines(collection: Collection) -> Iterator[str]:
    yield "## Collected reviews"
    if collection.lookups:
        yield from ("", "| pull request | review | findings |", "|---|---|---|")
        yield from map(_row, collection.lookups)
    else:
        yield from ("", "reviewbot looked up no reviews.")
    if collection.failures:
        yield from ("", "Repositories that failed:", "")
        yield from (f"- {code_span(one.repository)}: {markdown_line(one.message)}" for one in collection.failures)
    if collection.unreached:
        names = ", ".join(map(code_span, collection.unreached))
        yield from ("", f"Because of GitHub's rate limit, the next collection handles these: {names}.")


def _row(one: Lookup) -> str:
    url = one.outputs.get("review-url", "")
    name = f"[{code_cell(one.name)}]({url})" if url else code_cell(one.name)
    verdict = one.outputs.get("verdict", "")
    state = one.outputs.get("status", "") if verdict in {"", "none"} else verdict
    result = code_cell(one.error) if one.error else f"{state} ({one.outputs.get('reason', '')})"
    return f"| {name} | {result} | {_counts(one)} |"


def _counts(one: Lookup) -> str:
    if not one.outputs.get("findings"):
        return ""
    counts = ((one.outputs.get(severity.value), severity.value) for severity in Severity)
    return ", ".join(f"{count} {name}" for count, name in counts if count not in {None, "", "0"}) or "none"
