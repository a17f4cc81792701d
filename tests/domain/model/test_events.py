"""Every payload is read as one of a few event types; reading never fails."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.model.events import (
    BrokenEvent,
    ChecksEvent,
    ClosedEvent,
    CommentEvent,
    DispatchEvent,
    Event,
    MergeGroupEvent,
    OtherEvent,
    QueueEntry,
    RelayEvent,
    ReviewEvent,
    read_event,
    read_event_text,
)

SHA = "0123456789abcdef0123456789abcdef01234567"
NAMES = (
    "pull_request",
    "pull_request_target",
    "pull_request_review",
    "issue_comment",
    "workflow_dispatch",
    "merge_group",
    "workflow_run",
    "check_suite",
    "status",
    "push",
)


def pull_request(action: str = "opened", **more: object) -> dict[str, object]:
    return {
        "action": action,
        "number": 7,
        "pull_request": {"number": 7, "merged": False, "head": {"sha": SHA, "repo": {"full_name": "octo/repo"}}},
        "repository": {"full_name": "octo/repo"},
        "sender": {"login": "octocat", "type": "User"},
        **more,
    }


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target", "pull_request_review"])
def test_an_event_of_a_pull_request_is_read_alike_under_its_names(name: str) -> None:
    assert read_event(name, pull_request()) == ReviewEvent(name, 7, "opened", SHA, "octocat", False, None)  # noqa: FBT003 — in the order of the fields


def test_a_label_event_is_parsed() -> None:
    event = read_event("pull_request", pull_request("labeled", label={"name": "skip-review"}))
    assert isinstance(event, ReviewEvent)
    assert event.label == "skip-review"


@pytest.mark.parametrize(
    ("sender", "login", "bot"),
    [
        ({"login": "dependabot[bot]", "type": "Bot"}, "dependabot[bot]", True),
        ({"login": "renovate", "type": "Bot"}, "renovate", True),
        ({"login": "app[bot]"}, "app[bot]", True),
        ({"login": "octocat", "type": "User"}, "octocat", False),
        (None, "", False),
    ],
)
def test_a_bot_is_identified_by_its_type_or_its_name(sender: object, login: str, bot: bool) -> None:  # noqa: FBT001 — a table's column
    event = read_event("pull_request", pull_request(sender=sender))
    assert isinstance(event, ReviewEvent)
    assert (event.sender, event.sender_is_bot) == (login, bot)


def test_a_head_that_is_not_a_commit_is_left_out() -> None:
    event = read_event("pull_request", pull_request(pull_request={"number": 7, "head": {"sha": "main; rm"}}))
    assert isinstance(event, ReviewEvent)
    assert event.head_sha is None


def test_a_closed_pull_request_is_a_separate_event() -> None:
    payload = pull_request("closed", pull_request={"number": 7})
    assert read_event("pull_request_target", payload) == ClosedEvent(7, "octocat")


@pytest.mark.parametrize(
    "payload", [{}, {"action": "opened"}, {"number": 7}, {"action": None, "number": 7}, [], None, "x"]
)
@pytest.mark.parametrize("name", ["pull_request", "pull_request_target", "pull_request_review"])
def test_a_pull_request_that_cannot_be_read_is_broken_and_not_skipped(name: str, payload: object) -> None:
    assert isinstance(read_event(name, payload), BrokenEvent)


def test_the_event_file_may_be_broken() -> None:
    assert read_event_text("pull_request", "{") == BrokenEvent("the event file is not valid JSON")
    assert isinstance(read_event_text("pull_request", "[" * 100_000), BrokenEvent)
    assert isinstance(read_event_text("pull_request", '{"action": "opened", "number": 7}'), ReviewEvent)


def comment(**more: object) -> dict[str, object]:
    return {
        "action": "created",
        "issue": {"number": 7, "pull_request": {"url": "…"}},
        "comment": {"id": 2**40, "body": "/review", "user": {"login": "author"}},
        "sender": {"login": "octocat", "type": "User"},
        **more,
    }


def test_a_comment_on_a_pull_request_is_parsed_completely() -> None:
    event = read_event("issue_comment", comment())
    assert event == CommentEvent(7, "created", "/review", "author", "octocat", sender_is_bot=False, comment_id=2**40)


def test_a_comment_in_a_review_thread_can_be_a_command() -> None:
    payload = comment(pull_request={"number": 8, "head": {"sha": SHA}})
    event = read_event("pull_request_review_comment", {key: payload[key] for key in payload if key != "issue"})
    assert event == CommentEvent(
        8, "created", "/review", "author", "octocat", sender_is_bot=False, comment_id=2**40, in_thread=True
    )


@pytest.mark.parametrize("more", [{}, {"pull_request": {"number": 8}, "action": ""}])
def test_a_reply_in_a_missing_thread_is_an_error(more: dict[str, object]) -> None:
    assert isinstance(read_event("pull_request_review_comment", comment(**more)), BrokenEvent)


@pytest.mark.parametrize("written", [{}, {"id": None}])
def test_a_comment_without_an_id_is_read(written: object) -> None:
    event = read_event("issue_comment", comment(comment=written))
    assert isinstance(event, CommentEvent)
    assert event.comment_id == 0


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"id": "1"}, "comment.id"),
        ({"id": True}, "comment.id"),
        ({"id": 0}, "comment.id"),
        ({"id": 1.5}, "comment.id"),
        ({"body": 7}, "comment.body"),
        ({"user": "mona"}, "comment.user"),
        ({"user": {"login": 7}}, "comment.user.login"),
        ({"user": {"login": "x" * 1001}}, "comment.user.login"),
    ],
)
def test_a_field_of_another_type_breaks_the_event_and_is_named(written: object, field: str) -> None:
    event = read_event("issue_comment", comment(comment=written))
    assert isinstance(event, BrokenEvent)
    assert f"`{field}`" in event.problem


def test_a_lone_surrogate_in_a_text_is_handled() -> None:
    event = read_event_text("issue_comment", json.dumps(comment(comment={"body": "\ud83d /review"})))
    assert isinstance(event, CommentEvent)
    assert event.body == "\ud83d /review"


def test_a_comment_without_author_or_text_is_still_read() -> None:
    event = read_event("issue_comment", comment(comment={"body": None, "user": None}))
    assert event == CommentEvent(7, "created", "", "", "octocat", sender_is_bot=False)


def test_only_the_fields_of_an_issue_are_read_from_an_issue() -> None:
    issue = {"number": 7, "pull_request": {"url": "…"}, "head": None}
    assert read_event("issue_comment", comment(issue=issue)) == read_event("issue_comment", comment())


def test_a_comment_on_an_issue_is_skipped_with_the_reason() -> None:
    event = read_event("issue_comment", comment(issue={"number": 7}))
    assert event == OtherEvent("the comment is on an issue, not on a pull request")


def test_a_comment_on_a_pull_request_without_number_is_broken() -> None:
    assert isinstance(read_event("issue_comment", comment(issue={"pull_request": {}})), BrokenEvent)
    assert isinstance(read_event("issue_comment", comment(action=None)), BrokenEvent)


@pytest.mark.parametrize(("given", "number"), [("7", 7), (7, 7), (" #7 ", 7), (2**31 - 1, 2**31 - 1), ("0012", 12)])
def test_a_manual_run_accepts_a_number_with_or_without_a_hash(given: object, number: int) -> None:
    payload = {"inputs": {"pr": given}, "sender": {"login": "octocat"}}
    assert read_event("workflow_dispatch", payload) == DispatchEvent(number, "octocat")


@pytest.mark.parametrize(
    ("given", "sha"),
    [(None, ""), ("", ""), (" ABC ", "abc"), ("c" * 40, "c" * 40), ("main", "main")],
)
def test_a_manual_run_accepts_a_commit_verbatim(given: object, sha: str) -> None:
    payload = {"inputs": {"pr": "7", "sha": given}, "sender": {"login": "octocat"}}
    assert read_event("workflow_dispatch", payload) == DispatchEvent(7, "octocat", sha=sha)


@pytest.mark.parametrize("given", [7, ["x"], "x" * 1001])
def test_an_event_with_an_invalid_commit_is_broken(given: object) -> None:
    assert isinstance(read_event("workflow_dispatch", {"inputs": {"pr": "7", "sha": given}}), BrokenEvent)


@pytest.mark.parametrize("given", ["x", "7; rm", "-7", 0, "0", -1, True, 7.0, [7], 2**31, "9" * 5000, "\uff17"])
def test_a_dispatch_with_an_invalid_number_has_a_problem(given: object) -> None:
    event = read_event("workflow_dispatch", {"inputs": {"pr": given}})
    assert event == DispatchEvent(None, "", "the input `pr` is not a pull request number")


@pytest.mark.parametrize("inputs", [None, {}, {"pr": None}, {"pr": ""}])
def test_a_manual_run_without_a_number_is_not_an_error(inputs: object) -> None:
    assert read_event("workflow_dispatch", {"inputs": inputs}) == DispatchEvent(None, "")


def merge_group(ref: object, action: str = "checks_requested", sha: object = SHA) -> dict[str, object]:
    return {"action": action, "merge_group": {"head_sha": sha, "head_ref": ref}}


@pytest.mark.parametrize(
    ("ref", "numbers"),
    [
        (f"refs/heads/gh-readonly-queue/main/pr-104-{SHA}", (104,)),
        (f"gh-readonly-queue/release/2/pr-104-{SHA}", (104,)),
        (f"refs/heads/gh-readonly-queue/pr-9-{SHA}/pr-104-{SHA}", (104,)),
        (f"refs/heads/gh-readonly-queue/main/pr-104-{SHA}-pr-105-{SHA}", (104, 105)),
        (f"refs/heads/gh-readonly-queue/main/pr-0-{SHA}", ()),
        ("refs/heads/gh-readonly-queue/main/something", ()),
        (None, ()),
    ],
)
def test_a_merge_group_names_its_pull_requests(ref: object, numbers: tuple[int, ...]) -> None:
    entries = tuple(QueueEntry(one, SHA) for one in numbers)
    assert read_event("merge_group", merge_group(ref)) == MergeGroupEvent(SHA, entries)


def test_a_merge_group_names_its_base_branch() -> None:
    payload = {"action": "checks_requested", "merge_group": {"head_sha": SHA, "base_ref": "refs/heads/release/2"}}
    assert read_event("merge_group", payload) == MergeGroupEvent(SHA, (), "release/2")


def test_a_merge_group_without_head_is_broken_and_a_destroyed_one_is_skipped() -> None:
    assert isinstance(read_event("merge_group", merge_group("x", sha=None)), BrokenEvent)
    assert isinstance(read_event("merge_group", merge_group("x", action="destroyed")), OtherEvent)


@pytest.mark.parametrize("name", ["merge_group", "check_suite"])
def test_an_event_without_its_action_is_broken(name: str) -> None:
    assert isinstance(read_event(name, {}), BrokenEvent)


@pytest.mark.parametrize("name", ["push", "schedule", "check_run", "workflow_run", "", "PULL_REQUEST"])
def test_other_events_are_skipped_with_the_reason(name: str) -> None:
    event = read_event(name, {})
    assert isinstance(event, OtherEvent)
    assert name in event.why


_KEYS = st.sampled_from(
    (
        *("action", "number", "pull_request", "head", "sha", "repo", "full_name", "sender", "login", "type", "label"),
        *(
            "name",
            "inputs",
            "pr",
            "merge_group",
            "head_sha",
            "head_ref",
            "issue",
            "comment",
            "body",
            "user",
            "workflow_run",
            "check_suite",
            "branches",
            "repository",
        ),
    )
)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(("closed", "checks_requested", SHA)),
)
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(_KEYS, inner), max_leaves=20)


@given(st.one_of(st.sampled_from(NAMES), st.text()), _JSON)
def test_reading_never_fails(name: str, payload: object) -> None:
    event: Event = read_event(name, payload)
    assert isinstance(event, get_args(Event))


@pytest.mark.parametrize(
    ("title", "number"),
    [
        ("Command in a review thread of #12", 12),
        ("#1 of #34", 34),
        ("no number", None),
        ("#0", None),
        ("#12 and more", None),
        ("", None),
    ],
)
def test_a_relay_names_its_pull_request_at_the_end(title: str, number: int | None) -> None:
    run = {"display_title": title, "event": "pull_request_review_comment", "head_sha": SHA, "head_branch": "topic"}
    event = read_event("workflow_run", {"action": "completed", "workflow_run": run})
    assert event == RelayEvent(number) if number else isinstance(event, OtherEvent)


RUN = {"display_title": "Fix #12", "event": "pull_request", "head_sha": SHA, "head_branch": "topic"}
SUITE = {"head_sha": SHA, "head_branch": "topic"}


@pytest.mark.parametrize(
    ("name", "payload", "expected"),
    [
        ("workflow_run", {"action": "completed", "workflow_run": RUN}, ChecksEvent(SHA, ("topic",))),
        ("workflow_run", {"action": "requested", "workflow_run": RUN}, OtherEvent),
        ("workflow_run", {"action": "completed", "workflow_run": {**RUN, "head_branch": None}}, OtherEvent),
        ("workflow_run", {"action": "completed", "workflow_run": {**RUN, "head_sha": "HEAD"}}, BrokenEvent),
        ("check_suite", {"action": "completed", "check_suite": SUITE}, ChecksEvent(SHA, ("topic",))),
        ("check_suite", {"action": "requested", "check_suite": SUITE}, OtherEvent),
        ("check_suite", {"action": "completed", "check_suite": {**SUITE, "head_branch": None}}, OtherEvent),
        ("status", {"sha": SHA, "branches": [{"name": "a"}, {"name": "b"}]}, ChecksEvent(SHA, ("a", "b"))),
        ("status", {"sha": SHA, "branches": []}, OtherEvent),
        ("status", {"branches": [{"name": "a"}]}, BrokenEvent),
    ],
)
def test_ended_checks_name_the_head_and_its_branches(name: str, payload: object, expected: Event | type) -> None:
    event = read_event(name, payload)
    assert isinstance(event, expected) if isinstance(expected, type) else event == expected


def test_a_relay_that_cannot_be_read_is_broken() -> None:
    assert isinstance(read_event("workflow_run", {"workflow_run": 7}), BrokenEvent)
