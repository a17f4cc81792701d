"""REST's answers made into values: pure."""

from __future__ import annotations

from reviewbot.adapters.github.answers import Answer
from reviewbot.domain.github.check_identity import split_tag
from reviewbot.domain.github.drafts import PostedComment
from reviewbot.domain.github.pull_request import CheckRun, Comment, Permission


def permission(answer: Answer) -> Permission:
    """What a person may do: by their role, or by the older word when the role is an organisation's own."""
    return _permission(answer.maybe_text("role_name")) or _permission(answer.text("permission")) or Permission.NONE


def _permission(word: str | None) -> Permission | None:
    return next((permission for permission in Permission if permission.value == word), None)


def check(answer: object, app: str = "") -> CheckRun:
    """Read a check run; `app` is the slug of our App, empty when nobody knows."""
    run = Answer.of(answer, "check run")
    tag, copy = split_tag(run.maybe_text("external_id") or "")
    maker = run.maybe_node("app")
    return CheckRun(
        id=run.number("id"),
        name=run.text("name"),
        head_sha=run.text("head_sha"),
        status=run.text("status"),
        conclusion=run.maybe_text("conclusion"),
        external_id=copy,
        url=run.maybe_text("html_url") or "",
        title=output.maybe_text("title") or "" if (output := run.maybe_node("output")) else "",
        tag=tag,
        foreign=app != "" and (maker is None or maker.text("slug") != app),
    )


def comment(answer: object) -> Comment:
    """A comment of the timeline that we have just written."""
    written = Answer.of(answer, "comment")
    author = written.maybe_node("user")
    return Comment(
        id=written.number("id"),
        url=written.text("html_url"),
        body=written.maybe_prose("body") or "",
        ours=True,
        author=author.text("login") if author else None,
        author_is_bot=author is not None and author.text("type") == "Bot",
        created_at=written.moment("created_at"),
    )


def posted(answer: object) -> PostedComment:
    """A review comment."""
    found = Answer.of(answer, "review comment")
    return PostedComment(id=found.number("id"), url=found.text("html_url"), body=found.prose("body"))
