"""The report as JSON: everything that was said, where it went, what was sent, what it cost.

Versioned; `docs/report.schema.json` describes every key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from reviewbot.domain.policy.verdict import Outcome
from reviewbot.render.view_models.review import BypassView, CostView, FindingView, ProgressView, SummaryView, WaitView

SCHEMA = "reviewbot/report/2"


def report_json(view: SummaryView, *, version: str, review_url: str | None) -> str:
    """The report document, UTF-8 text with a final newline.

    Args:
        view: the whole story.
        version: ours.
        review_url: the pull request's address.
    """
    document: dict[str, object] = {
        "schema": SCHEMA,
        "generator": {"name": "reviewbot", "version": version},
        "repository": view.repository,
        "pullRequest": view.pull_number,
        "pullRequestUrl": review_url,
        "head": view.head_sha,
        "mergeBase": view.merge_base,
        "reviewer": view.reviewer,
        "instance": view.instance,
        "checkName": view.check_name,
        "taskId": view.task_id or None,
        "minutes": view.minutes,
        "outcome": _outcome(view.outcome),
        "failOn": view.fail_on or None,
        "coverage": view.coverage.value,
        "counts": None if view.counts is None else {key.value: count for key, count in view.counts.items()},
        "summary": view.reviewer_summary,
        "findings": [_finding(finding) for group in view.files for finding in group.findings],
        "waived": [_finding(finding) for finding in view.waived],
        "closed": [_finding(finding) for finding in view.closed],
        "progress": _progress(view.progress),
        "bypass": _bypass(view.bypass),
        "duplicates": [{"title": one.title, "path": one.path, "of": one.original} for one in view.duplicates],
        "leftovers": [{"where": one.where, "why": one.why, "text": one.text} for one in view.leftovers],
        "sum": _sum(view),
        "manifest": _manifest(view),
        "cost": _cost(view.cost),
        "wait": _wait(view.wait),
        "awaited": view.awaited or None,
        "runUrl": view.run_url,
        "summaryUrl": view.summary_url,
        "notices": list(view.notices),
        "degraded": list(view.degraded),
    }
    text = json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8", "replace").decode()
    # Only ASCII, so that nothing takes effect where the file is printed; what stands outside of texts is ASCII already.
    return re.sub("[^\n -~]+", lambda found: json.dumps(found[0])[1:-1], text) + "\n"


def _outcome(outcome: Outcome) -> Mapping[str, object]:
    return {
        "status": outcome.status.value,
        "verdict": outcome.verdict.value,
        "reason": outcome.reason.value,
        "conclusion": outcome.conclusion.value if outcome.conclusion else None,
        "exitStatus": outcome.exit_status,
        "message": outcome.message,
        "hint": outcome.hint,
    }


def _finding(finding: FindingView) -> Mapping[str, object]:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "category": finding.category.value if finding.category else None,
        "title": finding.title,
        "explanation": finding.explanation,
        "references": list(finding.references),
        "path": finding.path,
        "side": finding.side.value,
        "startLine": finding.start_line,
        "line": finding.line,
        "placement": finding.why.value,
        "code": finding.code,
        "language": finding.language,
        "suggestion": finding.suggestion,
        "suggestionState": finding.suggestion_state.value,
        "crlf": finding.crlf,
        "closesGate": finding.blocks,
        "commentUrl": finding.comment_url,
        "blobUrl": finding.blob_url,
        "standing": finding.standing.value,
        "carried": finding.carried,
        "note": finding.note,
        "waivedBy": finding.waived_by,
        "waivedFor": finding.waived_for,
        "closedAt": finding.closed_at,
    }


def _progress(progress: ProgressView | None) -> Mapping[str, object] | None:
    if progress is None:
        return None
    return {
        "since": progress.since or None,
        "new": progress.new,
        "fixed": progress.fixed,
        "gone": progress.gone,
        "carried": progress.carried,
        "changed": progress.changed,
        "waived": progress.waived,
        "beyond": progress.beyond,
    }


def _bypass(bypass: BypassView | None) -> Mapping[str, object] | None:
    return None if bypass is None else {"by": bypass.by, "reason": bypass.reason}


def _sum(view: SummaryView) -> Mapping[str, int] | None:
    if view.sum is None:
        return None
    return {
        "returned": view.sum.returned,
        "onLines": view.sum.on_lines,
        "onFiles": view.sum.on_files,
        "inSummary": view.sum.in_summary,
        "duplicates": view.sum.duplicates,
        "leftovers": view.sum.leftovers,
    }


def _manifest(view: SummaryView) -> Mapping[str, Iterable[Mapping[str, object]]]:
    return {
        "sent": [
            {
                "path": one.path,
                "bytes": one.bytes,
                "sha256": one.sha256,
                "whole": one.whole,
                "attachment": one.attachment or None,
                "redactions": one.redactions,
            }
            for one in view.sent
        ],
        "heldBack": [
            {"path": one.path, "reason": one.reason, "detail": one.detail, "missed": one.missed} for one in view.held
        ],
    }


def _cost(cost: CostView | None) -> Mapping[str, object] | None:
    if cost is None:
        return None
    return {
        "mode": cost.mode,
        "maxCredits": cost.max_credits,
        "modeMultiplier": str(cost.mode_multiplier),
        "expertise": cost.expertise or None,
        "tagMultiplier": None if cost.tag_multiplier is None else str(cost.tag_multiplier),
        "hold": cost.hold,
        "used": None if cost.used is None else str(cost.used),
    }


def _wait(wait: WaitView | None) -> Mapping[str, object] | None:
    if wait is None:
        return None
    return {
        "status": wait.status,
        "submittedAt": wait.submitted_at.isoformat(),
        "elapsedSeconds": wait.elapsed_seconds,
    }
