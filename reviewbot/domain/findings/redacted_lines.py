"""Create findings for new lines with redacted values, which the reviewer cannot see.

An author can hide code from the reviewer, e.g., with a host name in the format of a token. Such a line therefore blocks
until it changes or a collaborator waives the finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import runs
from reviewbot.domain.findings.placement import PlacementRules, assign_ids, place, remembered
from reviewbot.domain.findings.tracked_finding import Findings
from reviewbot.domain.model.review import Category, Finding, Severity, Side
from reviewbot.domain.redaction.redactor import kinds_in

TITLE = "A value that looks like a credential was redacted, so the reviewer did not see it"
_EXPLANATION = (
    "If the value{kinds} is a credential, revoke and remove it. If it is code, such as a package name, a host or a "
    "command, read it from the environment or a file. If CodeVF reviews the pull request, a collaborator who is not an "
    "author can instead check that the value is harmless, and waive this finding."
)


def redacted_lines(views: Iterable[FileView]) -> Iterator[Finding]:
    """Yield a finding for each range of newly redacted lines."""
    for view in views:
        for first, last in runs(sorted(view.newly_redacted)):
            kinds = dict.fromkeys(
                kind for line in view.index[Side.RIGHT].block(first, last - first + 1) for kind in kinds_in(line)
            )
            # A line without kinds contains only masks, which state no kind.
            named = f" ({', '.join(f'`{kind}`' for kind in kinds)})" if kinds else ""
            yield Finding(
                path=view.path,
                severity=Severity.CRITICAL,
                category=Category.SECURITY,
                title=TITLE,
                explanation=_EXPLANATION.format(kinds=named),
                line=first,
                end_line=last,
            )


def is_tracked(views: Sequence[FileView], findings: Findings, instance: str) -> bool:
    """Return whether the ledger has an open finding, waived or not, for every range of newly redacted lines."""
    placed = place(tuple(redacted_lines(views)), views, PlacementRules(), instance)
    ids = {one.id for one in assign_ids(placed, remembered(findings.records))}
    return ids <= {one.id for one in findings.open()}
