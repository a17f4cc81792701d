"""The reviews, comments, check runs and reactions that reviewbot writes on GitHub, in GitHub's terms."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.pull_request import CheckStatus, Conclusion
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.model.review import Side

MOST_ANNOTATIONS = 50
"""The most annotations of a check run. GitHub accepts fifty in a request.

If there are more findings, the page of the check run lists all of them.
"""


class LineTarget(Struct, frozen=True):
    """A range of lines on one side of one hunk; `start_line` is less than `line`, or None for a single line."""

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
    """A review with all its inline comments, posted in one request."""

    commit_sha: str
    event: ReviewKind
    body: str
    comments: tuple[InlineComment, ...]


class AnnotationLevel(StrEnum):
    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


class Annotation(Struct, frozen=True):
    """A check annotation on lines of the head. An annotation with an empty `path` belongs to the run.

    The `message` has at most 64 KB, the `title` at most 255 characters.
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
        conclusion: None while the review is open, and only then.
        external_id: the signed copy of task and credits, without the tag.
        annotations: at most `MOST_ANNOTATIONS`.
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
    """A change to a thread (resolve, unresolve) or to a comment (minimize as outdated, or show again)."""

    RESOLVE = "resolve"
    UNRESOLVE = "unresolve"
    HIDE = "hide"
    SHOW = "show"


class Reaction(StrEnum):
    """The reactions to a command: `EYES` while reviewbot waits for an answer, the others when the command is done."""

    YES = "+1"
    NO = "-1"
    CONFUSED = "confused"
    EYES = "eyes"
