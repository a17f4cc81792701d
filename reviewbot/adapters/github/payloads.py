"""Request bodies as in GitHub's OpenAPI description, without other keys or nulls."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.domain.github.check_identity import with_tag
from reviewbot.domain.github.drafts import (
    ANNOTATIONS_PER_REQUEST,
    Annotation,
    CheckState,
    FileComment,
    InlineComment,
    ReviewDraft,
)
from reviewbot.domain.github.pull_request import CheckStatus
from reviewbot.values import replace

Body = dict[str, object]


def check_states(check: CheckState, there: int = 0) -> Iterator[Body]:
    """Yield the updates for a check run, each with at most fifty annotations.

    Only the last one completes it: a run that is killed in between leaves an open check, which the next one finds.
    GitHub appends annotations, so the first `there` ones are left out.
    """
    rest = check.annotations[there:]
    parts = [rest[at : at + ANNOTATIONS_PER_REQUEST] for at in range(0, len(rest), ANNOTATIONS_PER_REQUEST)] or [()]
    still_open = replace(check, status=CheckStatus.IN_PROGRESS, conclusion=None, tag=replace(check.tag, verdict=""))
    yield from (_changed(still_open, part) for part in parts[:-1])
    yield _changed(check, parts[-1])


def _changed(check: CheckState, annotations: tuple[Annotation, ...]) -> Body:
    return {
        "status": check.status.value,
        **({"conclusion": check.conclusion.value} if check.conclusion else {}),
        "external_id": with_tag(check.tag, check.external_id),
        **({"details_url": check.details_url} if check.details_url else {}),
        "output": {
            "title": check.title,
            "summary": check.summary,
            **({"annotations": [_annotation(one) for one in annotations]} if annotations else {}),
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
        "event": draft.event.value,
        "body": draft.body,
        "comments": [_inline_comment(comment) for comment in draft.comments],
    }


def _inline_comment(comment: InlineComment) -> Body:
    target = comment.target
    body: Body = {"path": target.path, "body": comment.body, "line": target.line, "side": target.side.value}
    if target.start_line is not None and target.start_line != target.line:
        # GitHub rejects a range of one line: `start_line` must be less than `line`.
        body |= {"start_line": target.start_line, "start_side": target.side.value}
    return body


def file_comment(commit_sha: str, comment: FileComment) -> Body:
    return {
        "body": comment.body,
        "commit_id": commit_sha,
        "path": comment.target.path,
        "subject_type": "file",
    }
