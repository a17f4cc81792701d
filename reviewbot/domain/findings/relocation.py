"""A review of one head, placed on another: by the code that it was about, or not on a line at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reviewbot.domain.diff.text_index import line_feeds, quoted_lines, split_lines
from reviewbot.domain.findings.placement import OnFile, OnLines, Placed, SuggestionState, Why, in_summary
from reviewbot.domain.model.review import Finding, Side


def without_quote(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The files whose text at the reviewed head is needed: somebody cited a line of theirs and did not quote it."""
    cited = (one.path for one in findings if _is_only_cited(one) and one.side is Side.RIGHT)
    return tuple(dict.fromkeys(path for path in cited if path))


def _is_only_cited(finding: Finding) -> bool:
    return finding.line is not None and not quoted_lines(finding.code)


def quoted(finding: Finding, texts: Mapping[str, str]) -> Finding:
    """The finding with the code that it cites; without line and code when nobody knows any more what it cited.

    Its last line was a number of the other head: what is not quoted is not covered.

    Args:
        finding: of the other head.
        texts: of the files at that head, by the reviewer's path.
    """
    if finding.line is None or not _is_only_cited(finding):
        return replace(finding, end_line=finding.line)
    lines = split_lines(texts.get(finding.path, "")) if finding.side is Side.RIGHT else ()
    code = line_feeds("\n".join(lines[finding.line - 1 : finding.end_line or finding.line]))
    cited = finding.line if quoted_lines(code) else None
    return replace(finding, code=code, line=cited, end_line=cited)


def relocated(item: Placed) -> Placed:
    """The place on the current head: by its code, else in the summary as something that is no longer there."""
    match item.placement:
        case OnLines() | OnFile(why=Why.LINE_NOT_IN_DIFF):
            return item
        case OnFile():
            return replace(in_summary(item, Why.HEAD_MOVED), suggestion=_shown(item.suggestion))
        case _:
            return item


def _shown(state: SuggestionState) -> SuggestionState:
    return SuggestionState.NONE if state is SuggestionState.NONE else SuggestionState.SHOWN
