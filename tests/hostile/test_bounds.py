"""A megabyte in every external text: names are truncated on input, and no finding's text is lost."""

from __future__ import annotations

import pytest
from msgspec import defstruct, to_builtins

from reviewbot.adapters.codevf.wire import read_tags, read_task
from reviewbot.adapters.github import rest
from reviewbot.adapters.github.graphql import answers
from reviewbot.domain.codevf.finding_parser import MAX_PATH, read_answer
from reviewbot.domain.codevf.response import MAX_FILE_NAME, deliverables
from reviewbot.domain.commands.parse import parse
from reviewbot.domain.model.events import (
    LONGEST_NAME,
    BrokenEvent,
    CommentEvent,
    read_event,
)
from reviewbot.domain.text.strict_json import JsonMismatch, convert
from reviewbot.errors import ServiceError

LONG = "x" * 1_000_000
SHA = "0" * 40


def test_a_task_with_an_overlong_id_is_refused() -> None:
    with pytest.raises(ServiceError, match="is not a task: `id` is invalid"):
        read_task({"id": LONG, "status": "pending"}, None)


def test_the_text_of_the_service_is_bounded() -> None:
    task = read_task({"id": "7", "status": LONG}, None)
    assert len(task.status_text) == 200
    assert task.status_text.endswith("…")
    (tag,) = read_tags({"tags": [{"id": 1, "name": LONG, "costMultiplier": 1}]})
    assert len(tag.name) == 200


@pytest.mark.parametrize("name", ["login", "nameWithOwner", "headRefName", "path", "url", "title"])
def test_a_name_that_github_cannot_have_is_refused(name: str) -> None:
    kind = defstruct("It", [(name, answers.Name | None)])
    longest = {name: "x" * answers.LONGEST_NAME}
    assert to_builtins(convert(longest, kind)) == longest
    with pytest.raises(JsonMismatch, match=f"`{name}` is invalid"):
        convert({name: LONG}, kind)


def test_human_text_can_have_any_length() -> None:
    written = {"id": 1, "html_url": "u", "body": LONG}
    assert convert(written, rest.Written).body == LONG


def test_the_names_of_an_event_are_bounded() -> None:
    pull = {"number": 1, "head": {"sha": SHA, "repo": {"full_name": LONG}}}
    event = read_event(
        "pull_request",
        {"action": "labeled", "pull_request": pull, "label": {"name": LONG}, "sender": {"login": LONG},
         "repository": {"full_name": LONG}},
    )  # fmt: skip
    assert isinstance(event, BrokenEvent)
    assert len(event.problem) < 200
    assert isinstance(read_event("pull_request", {"action": LONG, "pull_request": pull}), BrokenEvent)
    assert isinstance(read_event("merge_group", {"action": LONG}), BrokenEvent)
    group = {"head_sha": SHA, "head_ref": LONG, "base_ref": LONG}
    event = read_event("merge_group", {"action": "checks_requested", "merge_group": group})
    assert isinstance(event, BrokenEvent)


def test_the_text_of_a_comment_is_whole_until_it_is_redacted() -> None:
    payload = {
        "action": "created",
        "issue": {"number": 1, "pull_request": {}},
        "comment": {"body": LONG, "id": 7, "user": {"login": "x" * LONGEST_NAME}},
    }
    event = read_event("issue_comment", payload)
    assert isinstance(event, CommentEvent)
    assert (event.body, len(event.author)) == (LONG, LONGEST_NAME)
    said = parse(f"/reviewbot bypass {LONG}")
    assert said is not None
    assert said.reason == LONG


def test_an_impossible_path_is_kept_in_the_explanation() -> None:
    findings = [{"severity": "high", "title": "T", "explanation": "E", "line": 1}]
    [long] = read_answer({"summary": "", "files": [{"path": LONG, "findings": findings}]}).findings
    assert long.path == LONG[: MAX_PATH - 1] + "…"
    assert long.explanation == f"E\n\nThe reviewer named this file: {LONG}"
    [fits] = read_answer({"summary": "", "files": [{"path": "x" * MAX_PATH, "findings": findings}]}).findings
    assert (fits.path, fits.explanation) == ("x" * MAX_PATH, "E")


def test_the_name_of_a_deliverable_is_bounded() -> None:
    files = [{"fileName": LONG, "url": "u1"}, {"fileName": LONG, "url": "u2"}]
    assert [len(name) for name in deliverables({"deliverables": files})] == [
        MAX_FILE_NAME,
        MAX_FILE_NAME + len(" (2)"),
    ]
