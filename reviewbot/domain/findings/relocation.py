"""Place the findings of a review of another head on the current head, by the code of each finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reviewbot.domain.diff.text_index import Block, line_feeds, quoted_lines, split_lines
from reviewbot.domain.findings.placement import (
    MAX_FINGERPRINT_LINES,
    OnFile,
    Placed,
    Why,
    in_summary,
)
from reviewbot.domain.model.review import Finding, Side
from reviewbot.values import replace


def without_quote(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return the paths of files whose lines a finding cites without quoting the code."""
    cited = (one.path for one in findings if _is_only_cited(one) and one.side is Side.RIGHT)
    return tuple(dict.fromkeys(path for path in cited if path))


def _is_only_cited(finding: Finding) -> bool:
    return finding.line is not None and not quoted_lines(finding.code)


def quoted(finding: Finding, texts: Mapping[str, str]) -> Finding:
    """Add the cited code to a finding about another head.

    `texts` contains the files at that head by path. If the file is missing, the finding loses its line number.
    """
    if finding.line is None or not _is_only_cited(finding):
        return replace(finding, end_line=finding.line)
    lines = split_lines(texts.get(finding.path, "")) if finding.side is Side.RIGHT else ()
    code = line_feeds("\n".join(lines[finding.line - 1 : finding.end_line or finding.line]))
    cited = finding.line if quoted_lines(code) else None
    return replace(finding, code=code, line=cited, end_line=cited)


def relocated(item: Placed) -> Placed:
    """Move a finding to the summary if its code was not found on the current head.

    Such a finding gets the digest of the quote, because a later push can restore the code.
    """
    quote = quoted_lines(item.finding.code)[:MAX_FINGERPRINT_LINES]
    if quote and item.block is None:
        item = replace(item, block=Block.of(quote))
    if isinstance(item.placement, OnFile) and item.placement.why is not Why.LINE_NOT_IN_DIFF:
        return in_summary(item, Why.HEAD_MOVED)
    return item
