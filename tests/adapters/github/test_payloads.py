"""Request bodies contain only keys from GitHub's OpenAPI description, and no nulls."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from reviewbot.adapters.github import payloads
from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.drafts import (
    Annotation,
    AnnotationLevel,
    CheckState,
    InlineComment,
    LineTarget,
    ReviewDraft,
)
from reviewbot.domain.github.pull_request import CheckStatus, Conclusion
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.model.review import Side

TEXTS = st.text(max_size=5)
NOTES = st.builds(
    Annotation, TEXTS, st.integers(1, 9), st.integers(1, 9), st.sampled_from(AnnotationLevel), TEXTS, TEXTS
)
CHECKS = st.builds(
    CheckState,
    name=TEXTS,
    head_sha=TEXTS,
    status=st.sampled_from(CheckStatus),
    conclusion=st.none() | st.sampled_from(Conclusion),
    title=TEXTS,
    summary=TEXTS,
    external_id=TEXTS,
    tag=st.builds(CheckTag, st.integers(1, 999_999_999), st.just("") | st.sampled_from(Conclusion)),
    details_url=st.none() | TEXTS,
    annotations=st.integers(0, 50).flatmap(lambda size: NOTES.map(lambda note: (note,) * size)),
)
COMMENTS = st.builds(
    InlineComment,
    st.builds(LineTarget, TEXTS, st.sampled_from(Side), st.integers(5, 9), st.none() | st.integers(1, 5)),
    TEXTS,
)
DRAFTS = st.builds(ReviewDraft, TEXTS, st.sampled_from(ReviewKind), TEXTS, st.lists(COMMENTS, max_size=3).map(tuple))
CHECK_KEYS = {"status", "conclusion", "external_id", "details_url", "output"}
NOTE_KEYS = {"path", "start_line", "end_line", "annotation_level", "message", "title"}
COMMENT_KEYS = {"path", "body", "line", "side", "start_line", "start_side"}


def nulls(value: object) -> Iterator[object]:
    if value is None:
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nulls(part)


def notes(body: payloads.Body) -> list[dict[str, object]]:
    output = body["output"]
    assert isinstance(output, dict)
    assert set(output) <= {"title", "summary", "annotations"}
    return list(output.get("annotations", []))


@given(CHECKS)
def test_a_check_contains_every_annotation_and_no_null(check: CheckState) -> None:
    body = payloads.check_state(check)
    assert set(body) <= CHECK_KEYS
    assert all(set(note) <= NOTE_KEYS for note in notes(body))
    assert [note["message"] for note in notes(body)] == [one.message for one in check.annotations]
    assert not list(nulls(body))


@given(DRAFTS)
def test_a_comment_on_one_line_has_no_range(draft: ReviewDraft) -> None:
    body = payloads.review(draft)
    assert set(body) == {"commit_id", "event", "body", "comments"}
    comments = body["comments"]
    assert isinstance(comments, list)
    for comment in comments:
        assert set(comment) <= COMMENT_KEYS
        assert comment.get("start_line", 0) < comment["line"]
        assert ("start_line" in comment) == ("start_side" in comment)
    assert not list(nulls(body))
