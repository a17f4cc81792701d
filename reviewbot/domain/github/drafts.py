"""Data types for the reviews, comments, check runs and reactions that reviewbot writes on GitHub."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.pull_request import CheckStatus, Conclusion
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.model.review import Side

MOST_ANNOTATIONS = 50
"""The maximum number of annotations of a check run. GitHub accepts 50 per request."""


class LineTarget(Struct, frozen=True):
    """A range of lines on one side of one hunk. `line` is the last line. `start_line` is None for a single line."""

    path: str
    side: Side
    line: int
    start_line: int | None = None


class FileTarget(Struct, frozen=True):
    path: str


class InlineComment(Struct, frozen=True):
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
    """An annotation of a check run, or of the workflow run if `path` is empty.

    GitHub allows 255 characters of `title` and 64 KB of `message`.
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
    """Resolve or unresolve a thread, or minimize a comment as outdated or unminimize it."""

    RESOLVE = "resolve"
    UNRESOLVE = "unresolve"
    HIDE = "hide"
    SHOW = "show"


class Reaction(StrEnum):
    """A reaction to a command: `EYES` while the answer is pending, and another one when the command is done."""

    YES = "+1"
    NO = "-1"
    CONFUSED = "confused"
    EYES = "eyes"
