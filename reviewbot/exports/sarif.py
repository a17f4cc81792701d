"""The report as SARIF 2.1.0, within the limits of GitHub's code scanning.

All rules are always included and do not depend on the findings, as GitHub requires:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.model.review import Category, Severity
from reviewbot.domain.policy.verdict import Status
from reviewbot.domain.text.bounds import shorten, shorten_line
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.formatting import counted
from reviewbot.domain.text.size_limits import Detail
from reviewbot.exports.places import LEVELS, Place, literal_replacement, place_of, state_sentences
from reviewbot.render.view_models.review import FindingView, SummaryView
from reviewbot.render.view_models.truncation import worst_first

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

MAX_RESULTS = 5000
"""GitHub keeps only 5,000 results, so reviewbot sends the worst 5,000 findings."""

MAX_GZIPPED = 10_000_000
"""The maximum size of the compressed file in bytes. GitHub rejects larger files."""

_SECURITY_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
"""The middle of GitHub's score range for each severity. Unrated and `info` findings have no score."""

_HELP = (
    "A finding from a code review, in the reviewer's words. Its fingerprint stays the same as long as its code stays "
    "the same."
)


_DETAILS = tuple(
    Detail(full=results, lines=0, rows=results, text=text)
    for results, text in ((MAX_RESULTS, 20_000), (MAX_RESULTS, 4000), (MAX_RESULTS, 1000), (2000, 500), (500, 500))
)
"""The tiers to try: the maximum number of results, and of characters in each message."""


def sarif(view: SummaryView, *, version: str, review_url: str | None) -> str:
    """Return the report as one SARIF run in ASCII, with a final newline and at most 10 MB when compressed."""
    text = ""
    for detail in _DETAILS:
        log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(view, detail, version, review_url)]}
        text = json.dumps(log, indent=1) + "\n"
        if len(gzip.compress(text.encode(), compresslevel=6, mtime=0)) <= MAX_GZIPPED:
            break
    return text


def _run(view: SummaryView, detail: Detail, version: str, review_url: str | None) -> Mapping[str, object]:
    everywhere = [(finding, place_of(finding, view)) for finding in (*worst_first(view.findings), *view.waived)]
    placed = [(finding, place) for finding, place in everywhere if place]
    kept = placed[: detail.full]
    homeless = [finding for finding, place in everywhere if place is None]
    notes = _notifications(view, homeless[: detail.full], len(placed) - len(kept), detail)
    return {
        "tool": {"driver": {"name": "reviewbot", "version": version, "rules": list(_RULES.values())}},
        "automationDetails": {"id": _category(view)},
        "versionControlProvenance": _provenance(view, review_url),
        "invocations": [
            {
                "executionSuccessful": view.outcome.status is Status.COMPLETED,
                "exitCode": view.outcome.exit_status,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": _plain(note)}} for note in notes
                ],
            }
        ],
        "results": [{**_result(finding, place, detail), **_state(finding, view)} for finding, place in kept],
    }


def _category(view: SummaryView) -> str:
    """Return a category per reviewer and instance, because GitHub replaces earlier alerts of the same category."""
    return "/".join(filter(None, ("reviewbot", view.reviewer, quote(view.instance, safe="", errors="replace")))) + "/"


def _provenance(view: SummaryView, review_url: str | None) -> Sequence[Mapping[str, object]]:
    repository, pull, _ = (review_url or "").rpartition("/pull/")
    if not pull or not view.head_sha:
        return []
    address = quote(repository, safe=":/", errors="replace")
    return [{"repositoryUri": address, "revisionId": view.head_sha, "mappedTo": {"uriBaseId": "%SRCROOT%"}}]


# --- Rules ------------------------------------------------------------------------------------------------------------


def _rule_id(category: Category | None, severity: Severity) -> str:
    """Return the rule's id. GitHub reads a security score from the rule, so each severity has its own security rule."""
    name = category.value if category else "other"
    return f"reviewbot/{name}-{severity.value}" if category is Category.SECURITY else f"reviewbot/{name}"


def _rule(category: Category | None, severity: Severity) -> Mapping[str, object]:
    about, level = category.value.capitalize() if category else "Without a category", "warning"
    properties: dict[str, object] = {"tags": ["review", *([category.value] if category else [])]}
    if category is Category.SECURITY:
        about, level = f"{about}, {severity.value}", LEVELS[severity]
        properties |= {"security-severity": _SECURITY_SCORES[severity]} if severity in _SECURITY_SCORES else {}
    return {
        "id": _rule_id(category, severity),
        "name": about,
        "shortDescription": {"text": f"{about}: a reviewer's finding."},
        "fullDescription": {"text": f"{about}: a finding from a code review."},
        "help": {"text": _HELP},
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }


_RULES = {
    _rule_id(category, severity): _rule(category, severity) for category in (*Category, None) for severity in Severity
}
_RULE_INDEX = {name: index for index, name in enumerate(_RULES)}


# --- Results ----------------------------------------------------------------------------------------------------------


def _result(finding: FindingView, place: Place, detail: Detail) -> Mapping[str, object]:
    rule = _rule_id(finding.category, finding.severity)
    result: dict[str, object] = {
        "ruleId": rule,
        "ruleIndex": _RULE_INDEX[rule],
        "level": LEVELS[finding.severity],
        "message": {"text": _message(finding, place, detail)},
        "locations": [{"physicalLocation": _location(place)}],
        # GitHub compares only `primaryLocationLineHash`. Without this key, GitHub hashes the line. Of two findings of a
        # rule on the same line or on a whole file, GitHub would then keep only one.
        "partialFingerprints": {"reviewbot/v1": finding.id, "primaryLocationLineHash": finding.id},
        "properties": {"severity": finding.severity.value, "blocks": finding.blocks},
    }
    # Strict readers reject a file with an invalid URL, and `render` reads files that anyone may have edited.
    if finding.comment_url and finding.comment_url.startswith(("https://", "http://")):
        result["hostedViewerUri"] = quote(finding.comment_url, safe=":/?#=&%", errors="replace")
    fix = _fix(finding, place, detail)
    return result | ({"fixes": [fix]} if fix else {})


def _state(finding: FindingView, view: SummaryView) -> Mapping[str, object]:
    """Return a finding's baseline state and waiver. Closed findings are omitted, so GitHub closes their alerts."""
    properties: dict[str, object] = {}
    if view.progress is not None:
        changed = finding.state is FindingState.CHANGED
        properties["baselineState"] = "updated" if changed else "unchanged" if finding.carried else "new"
    if finding.waived_by:
        reason = _plain(f"{finding.waived_by}: {shorten_line(finding.waived_for, 1000)}")
        properties["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return properties


def _message(finding: FindingView, place: Place, detail: Detail) -> str:
    title = shorten_line(" ".join(finding.title.split()), 500) or "(without a title)"
    if not title.endswith((".", "!", "?", "…")):
        title += "."  # GitHub shows the first sentence where space is short
    explanation = shorten(finding.explanation.strip(), detail.text)
    cut = "(The rest is in the JSON report.)" if len(explanation) < len(finding.explanation.strip()) else ""
    references = [shorten_line(" ".join(text.split()), 500) for text in finding.references[:20]]
    texts = (explanation, cut, state_sentences(finding), place.notes, *references)
    return _plain("\n\n".join([title, *filter(None, texts)]))


def _plain(text: str) -> str:
    """Return text without SARIF links, which have the form `[words](address)`."""
    return visible(text).replace("](", "] (")


def _location(place: Place) -> Mapping[str, object]:
    location: dict[str, object] = {
        "artifactLocation": {"uri": quote(place.path, errors="replace"), "uriBaseId": "%SRCROOT%"}
    }
    if place.lines:
        location["region"] = _region(place.lines)
    return location


def _region(lines: tuple[int, int]) -> Mapping[str, int]:
    """Return a region of whole lines. Without `endColumn`, the region includes the whole last line."""
    return {"startLine": lines[0], "startColumn": 1, "endLine": lines[1]}


def _fix(finding: FindingView, place: Place, detail: Detail) -> Mapping[str, object] | None:
    """Return a committable suggestion as a fix, or None. A deletion would leave an empty line, so it is omitted."""
    text = literal_replacement(finding, place)
    if not text or len(text) > detail.text or place.lines is None:
        return None
    replaced = {"deletedRegion": _region(place.lines), "insertedContent": {"text": text}}
    change = {"artifactLocation": _location(place)["artifactLocation"], "replacements": [replaced]}
    return {"description": {"text": "The reviewer's suggestion."}, "artifactChanges": [change]}


# --- Notifications ----------------------------------------------------------------------------------------------------


def _notifications(view: SummaryView, homeless: Sequence[FindingView], dropped: int, detail: Detail) -> Iterator[str]:
    """Yield a notification for everything that is not a result."""
    if dropped:
        yield f"Only the JSON report contains the {dropped:,} least severe findings."
    if view.bypass:
        yield f"Bypassed by {view.bypass.by}: {shorten_line(view.bypass.reason, 1000)}"
    if view.progress and view.progress.beyond:
        more = counted(view.progress.beyond, "more finding")
        yield f"{more} from earlier reviews, of which only the severity is stored."
    for finding in homeless:
        yield _message(finding, Place("", None, "The reviewer did not cite a file."), detail)
    for leftover in view.leftovers[: detail.full]:
        where = shorten_line(f"{leftover.where}: {leftover.why}", 500)
        yield f"Could not read {where}\n\n{shorten(leftover.text, detail.text)}"
    for sentence in (*view.notices, *view.degraded)[: detail.full]:
        yield shorten_line(sentence, 2000)
