"""Fault injection around GitHub and other applications."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from reviewbot_sandbox.faults import ClientDies, DropBefore, Faults, Meanwhile, RecordedThen, Reply
from reviewbot_sandbox.github import GitHubState

COMMENT = {"body": "Hm."}
REPOSITORY = '{repository(owner:"acme",name:"widget"){url}}'


def _add(url: str, *rules: dict[str, object]) -> httpx.Response:
    return httpx.post(f"{url}/_control/faults", json=list(rules))


def test_a_rule_replaces_the_response_to_the_second_matching_request(
    github_http: httpx.Client, github_state: GitHubState, github_url: str
) -> None:
    answer = {"status": 503, "headers": {"Retry-After": "1"}, "body": {"message": "Later"}}
    rule = {"match": "/issues/1/comments$", "method": "POST", "nth": 2, "do": answer}
    assert _add(github_url, rule).json() == {"rules": 1}
    answers = [github_http.post("/issues/1/comments", json=COMMENT) for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 503, 201]
    assert (answers[1].headers["retry-after"], answers[1].json()) == ("1", {"message": "Later"})
    assert len(github_state.store.comments) == 2


def test_one_graphql_operation_is_distinguished_from_another_by_its_body(
    github_http: httpx.Client, github_url: str
) -> None:
    _add(github_url, {"match": "^/graphql$", "body": "repository", "times": None, "do": {"status": 502}})
    for query, status in (("{viewer{login}}", 200), (REPOSITORY, 502), (REPOSITORY, 502)):
        assert github_http.post(f"{github_url}/graphql", json={"query": query}).status_code == status
    httpx.delete(f"{github_url}/_control/faults")
    assert github_http.post(f"{github_url}/graphql", json={"query": REPOSITORY}).status_code == 200


@pytest.mark.parametrize("status", [502, None])
def test_a_write_is_recorded_and_its_response_lost(
    github_http: httpx.Client, github_state: GitHubState, github_faults: Faults, status: int | None
) -> None:
    github_faults.add("/comments", RecordedThen(status))
    if status is None:
        with pytest.raises(httpx.RemoteProtocolError):
            github_http.post("/issues/1/comments", json=COMMENT)
    else:
        assert github_http.post("/issues/1/comments", json=COMMENT).status_code == status
    assert len(github_state.store.comments) == 1


def test_a_dropped_request_never_arrives(
    github_http: httpx.Client, github_state: GitHubState, github_faults: Faults
) -> None:
    github_faults.add("/comments", DropBefore())
    with pytest.raises(httpx.RemoteProtocolError):
        github_http.post("/issues/1/comments", json=COMMENT)
    assert not github_state.store.comments
    assert github_faults.requests()[-1].status == 0
    assert github_http.post("/issues/1/comments", json=COMMENT).status_code == 201


def test_a_response_is_cut_off_halfway(github_http: httpx.Client, github_url: str) -> None:
    _add(github_url, {"match": "/pulls/1$", "do": {"drop": "middle"}})
    with pytest.raises(httpx.RemoteProtocolError):
        github_http.get("/pulls/1")
    assert github_http.get("/pulls/1").status_code == 200


def test_a_connection_reset_is_distinguished_from_a_regular_close(github_http: httpx.Client, github_url: str) -> None:
    _add(
        github_url,
        {"match": "/pulls/1$", "do": {"drop": "reset"}},
        {"match": "/pulls/1$", "nth": 2, "do": {"drop": "middle"}},
    )
    with pytest.raises(httpx.ReadError):
        github_http.get("/pulls/1")
    with pytest.raises(httpx.RemoteProtocolError):
        github_http.get("/pulls/1")


def test_garbage_is_not_json(github_http: httpx.Client, github_url: str) -> None:
    _add(github_url, {"match": "/pulls/1$", "do": {"garbage": True}})
    answer = github_http.get("/pulls/1")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="decode"):
        answer.json()


@pytest.mark.parametrize("do", [{"delay_ms": 60}, {"drip": 4_000, "delay_ms": 20}])
def test_a_slow_response_is_complete(github_http: httpx.Client, github_url: str, do: dict[str, object]) -> None:
    whole = github_http.get("/pulls/1").json()
    _add(github_url, {"match": "/pulls/1$", "do": do})
    started = time.monotonic()
    assert github_http.get("/pulls/1").json() == whole
    assert time.monotonic() - started > 0.05


def test_the_log_has_the_login_of_each_request(github_http: httpx.Client, github_url: str) -> None:
    github_http.post("/issues/1/comments?x=1", json=COMMENT)
    httpx.get(f"{github_url}/repos/acme/widget/pulls/2", headers={"Authorization": "token nope"})
    log: list[dict[str, Any]] = httpx.get(f"{github_url}/_control/requests").json()
    assert [(each["method"], each["status"], each["identity"], each["body"]) for each in log] == [
        ("POST", 201, "github-actions[bot]", COMMENT),
        ("GET", 401, "?", None),
    ]
    assert log[0]["target"] == "/repos/acme/widget/issues/1/comments?x=1"
    assert "ghs_workflow" not in str(log)
    httpx.delete(f"{github_url}/_control/requests")
    assert httpx.get(f"{github_url}/_control/requests").json() == []


def doing(do: object, **more: object) -> list[object]:
    return [{"match": "x", "do": do, **more}]


@pytest.mark.parametrize(
    ("rules", "part"),
    [
        ({"match": "x"}, "expected a list of rules"),
        ([1], "Expected `object`, got `int`"),
        ([{"do": {"status": 500}}], "missing required field `match`"),
        ([{"match": "(", "do": {"status": 500}}], "'(' is not a regular expression: missing )"),
        ([{"match": "x"}], "missing required field `do`"),
        (doing("drop"), "Expected `object`, got `str` - at `$.do`"),
        (doing({"status": 500}, when="now"), "unknown field `when`"),
        (doing({"status": 500}, method=1), "at `$.method`"),
        (doing({"status": 500}, body="["), "'[' is not a regular expression"),
        (doing({"status": 500}, nth=0), "Expected `int` >= 1 - at `$.nth`"),
        (doing({"status": 500}, nth="2"), "at `$.nth`"),
        (doing({"status": 500}, times=True), "at `$.times`"),
        (doing({}), "unknown fault {}; expected one of status"),
        (doing({"explode": True}), "unknown fault {'explode': True}; expected one of status"),
        (doing({"drop": "sideways"}), "Invalid enum value 'sideways'"),
        (doing({"drop": "before", "delay_ms": 5}), "unknown field `drop`"),
        (doing({"garbage": False}), "unknown fault"),
        (doing({"status": 42}), "Expected `int` >= 200"),
        (doing({"status": True}), "Expected `int`, got `bool`"),
        (doing({"recorded-then": 42}), "Expected `int` >= 200"),
        (doing({"recorded-then": "middle"}), "Invalid enum value 'middle'"),
        (doing({"status": 500, "header": {}}), "unknown field `header`"),
        (doing({"status": 500, "headers": []}), "at `$.headers`"),
        (doing({"status": 500, "headers": {"Retry-After": 1}}), "at `$.headers[...]`"),
        (doing({"status": 500, "headers": {"A": "x\ny"}}), "at `$.headers[...]`"),
        (doing({"delay_ms": "soon"}), "at `$.delay_ms`"),
        (doing({"delay_ms": -1}), "at `$.delay_ms`"),
        (doing({"drip": 0}), "at `$.drip`"),
    ],
)
def test_an_invalid_fault_rule_is_refused(github_url: str, github_faults: Faults, rules: object, part: str) -> None:
    answer = httpx.post(f"{github_url}/_control/faults", json=rules)
    assert answer.status_code == 400
    assert part in answer.json()["error"]
    assert not github_faults.rules


def test_the_first_of_several_matching_rules_applies_and_each_counts(
    github_http: httpx.Client, github_faults: Faults
) -> None:
    github_faults.add("/pulls/1", Reply(500), times=2)
    github_faults.add("/pulls", Reply(501), nth=2, times=2)
    assert [github_http.get("/pulls/1").status_code for _ in range(4)] == [500, 500, 501, 200]


@pytest.mark.parametrize("recorded", [False, True])
def test_a_client_dies_before_or_after_its_request_is_recorded(
    github_http: httpx.Client, github_state: GitHubState, github_faults: Faults, *, recorded: bool
) -> None:
    seen: list[int] = []
    github_faults.add("/comments", ClientDies(lambda: seen.append(len(github_state.store.comments)), recorded))
    with pytest.raises(httpx.RemoteProtocolError):
        github_http.post("/issues/1/comments", json=COMMENT)
    assert seen == [int(recorded)]
    assert len(github_state.store.comments) == int(recorded)


@pytest.mark.parametrize("recorded", [False, True])
def test_a_function_runs_while_a_client_waits(
    github_http: httpx.Client, github_state: GitHubState, github_faults: Faults, *, recorded: bool
) -> None:
    seen: list[int] = []

    def happens() -> None:
        seen.append(len(github_state.store.comments))
        assert github_http.post("/issues/1/comments", json=COMMENT).status_code == 201

    github_faults.add("/comments", Meanwhile(happens, recorded))
    assert github_http.post("/issues/1/comments", json=COMMENT).status_code == 201
    assert seen == [int(recorded)]
    assert len(github_state.store.comments) == 2
