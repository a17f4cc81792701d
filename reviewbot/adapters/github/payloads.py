"""Build request bodies for GitHub's REST API, without null values."""

from __future__ import annotations

from reviewbot.domain.github.check_identity import with_tag
from reviewbot.domain.github.drafts import Annotation, CheckState, InlineComment, ReviewDraft

Body = dict[str, object]


def check_state(check: CheckState) -> Body:
    return {
        "status": check.status.value,
        **({"conclusion": check.conclusion.value} if check.conclusion else {}),
        "external_id": with_tag(check.tag, check.external_id),
        **({"details_url": check.details_url} if check.details_url else {}),
        "output": {
            "title": check.title,
            "summary": check.summary,
            **({"annotations": [_annotation(one) for one in check.annotations]} if check.annotations else {}),
        },
    }


def _annotation(annotation: Annotation) -> Body:
    return {
        "path": annotation.path,
        "start_line": annotation.start_line,
        "end_line": annotation.end_line,
        "annotation_level": annotation.level.value,
        "message": annotation.message,
        **({"title": annotation.title} if annotation.title else {}),
    }


def review(draft: ReviewDraft) -> Body:
    return {
        "commit_id": draft.commit_sha,
        "event": draft.event.name,
        "body": draft.body,
        "comments": [_inline_comment(comment) for comment in draft.comments],
    }


def _inline_comment(comment: InlineComment) -> Body:
    target = comment.target
    body: Body = {"path": target.path, "body": comment.body, "line": target.line, "side": target.side.value}
    if target.start_line is not None and target.start_line != target.line:
        # GitHub rejects a range of one line, because `start_line` must be less than `line`.
        body |= {"start_line": target.start_line, "start_side": target.side.value}
    return body
