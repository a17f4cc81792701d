"""The reviews, comments, check runs and reactions that reviewbot writes on GitHub, in GitHub's terms."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.pull_request import CheckStatus, Conclusion
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.model.review import Side

MOST_ANNOTATIONS = 50
"""The maximum number of annotations of a check run. GitHub accepts fifty per request.

If there are more findings, the page of the check run lists all findings.
"""


class LineTarget(Struct, frozen=True):
    """A range of lines on one side of one hunk.

    Attributes:
        line: the last line of the range.
        start_line: the first line of the range, or None for a single line.
    """

    path: str
    side: Side
    line: int
    start_line: int | None = None


class FileTarget(Struct, frozen=True):
    path: str


class InlineComment(Struct, frozen=True):
    """A review comment on lines. The body starts with the marker."""

    target: LineTarget
    body: str


class ReviewDraft(Struct, frozen=True):
    """A review with inline comments, posted in one request."""

    commit_sha: str
    event: ReviewKind
    body: str
    comments: tuple[InlineComment, ...]


class AnnotationLevel(StrEnum):
    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


class Annotation(Struct, frozen=True):
    """An annotation of a check run.

    Attributes:
        path: the path of the file at the head, or empty for an annotation of the whole run.
        title: at most 255 characters.
        message: at most 64 KB.
    """

    path: str
    start_line: int
    end_line: int
    level: AnnotationLevel
    title: str
    message: str


class CheckState(Struct, frozen=True):
    """A check run to write.

    Attributes:
        conclusion: the conclusion, or None while the review is open.
        external_id: the signed copy of task and credits, without the tag.
        annotations: at most `MOST_ANNOTATIONS` annotations.
    """

    name: str
    head_sha: str
    status: CheckStatus
    conclusion: Conclusion | None
    title: str
    summary: str
    external_id: str
    tag: CheckTag
    details_url: str | None = None
    annotations: tuple[Annotation, ...] = ()


class NodeChange(StrEnum):
    """A change to a thread (resolve or unresolve) or to a comment (minimize as outdated, or restore)."""

    RESOLVE = "resolve"
    UNRESOLVE = "unresolve"
    HIDE = "hide"
    SHOW = "show"


class Reaction(StrEnum):
    """A reaction to a command: `EYES` while reviewbot waits for an answer, and the others when the command is done."""

    YES = "+1"
    NO = "-1"
    CONFUSED = "confused"
    EYES = "eyes"
