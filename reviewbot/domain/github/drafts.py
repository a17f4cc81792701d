"""What reviewbot writes on GitHub, in GitHub's terms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.pull_request import CheckStatus, Conclusion
from reviewbot.domain.model.review import Side

ANNOTATIONS_PER_REQUEST = 50
"""Annotations per check run request; updates append more (GitHub's OpenAPI description)."""


@dataclass(frozen=True, slots=True)
class LineTarget:
    """Lines of one side inside one hunk; `start_line` is less than `line`, or None for a single line."""

    path: str
    side: Side
    line: int
    start_line: int | None = None


@dataclass(frozen=True, slots=True)
class FileTarget:
    path: str


@dataclass(frozen=True, slots=True)
class InlineComment:
    """A review comment on lines; the body starts with the marker."""

    target: LineTarget
    body: str


@dataclass(frozen=True, slots=True)
class FileComment:
    target: FileTarget
    body: str


class ReviewEvent(StrEnum):
    """The event of a review; reviewbot never approves."""

    COMMENT = "COMMENT"
    REQUEST_CHANGES = "REQUEST_CHANGES"


@dataclass(frozen=True, slots=True)
class ReviewDraft:
    """A review with all its inline comments, posted in one request."""

    commit_sha: str
    event: ReviewEvent
    body: str
    comments: tuple[InlineComment, ...]


class AnnotationLevel(StrEnum):
    NOTICE = "notice"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A check annotation on lines of the head; `message` at most 64 KB, `title` at most 255 characters."""

    path: str
    start_line: int
    end_line: int
    level: AnnotationLevel
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckState:
    """A check run to write.

    Attributes:
        conclusion: None exactly while the review is open.
        tag: of its pull request.
        external_id: the signed copy of task and credits, without the tag.
        annotations: the adapter sends fifty at a time.
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


@dataclass(frozen=True, slots=True)
class PostedComment:
    id: int
    url: str
    body: str


class Reaction(StrEnum):
    YES = "+1"
    NO = "-1"
    CONFUSED = "confused"
