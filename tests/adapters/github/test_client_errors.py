"""Every error class of the GitHub adapter over real HTTP, and which requests are retried."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import pytest
from reviewbot_sandbox.faults import (
    Delay,
    Drip,
    DropBefore,
    DropMiddle,
    Fault,
    Garbage,
    RecordedThen,
    Reply,
)
from reviewbot_sandbox.github import READ_ONLY, Scope
from reviewbot_sandbox.github.model.records import Access

from reviewbot.adapters.github.client import PAGE, RetryLimits
from reviewbot.adapters.github.forge import SMALL_PAGE, GitHubForge
from reviewbot.adapters.github.graphql import queries
from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.drafts import CheckState, NodeChange
from reviewbot.domain.github.pull_request import CheckStatus, Permission
from reviewbot.errors import (
    DiffTooLarge,
    ForgeError,
    ForgeUnreachable,
    NotFound,
    PermissionMissing,
    Refused,
    TokenUnknown,
)
from tests.network import network_at

if TYPE_CHECKING:
    from tests.adapters.conftest import GitHubOnLoopback, ServeGitHub

REPO = "acme/widget"
PENDING = CheckState("CodeVF review", "", CheckStatus.IN_PROGRESS, None, "Waiting", "Soon.", "", CheckTag(1))


@pytest.fixture(scope="module")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory, serve_github: ServeGitHub) -> Iterator[GitHubOnLoopback]:
    """Serve one sandbox for all these tests, which hardly change its state."""
    with serve_github(tmp_path_factory.mktemp("github"), "", "/graphql") as served:
        yield served


@pytest.fixture
def github(shared_sandbox: GitHubOnLoopback) -> Iterator[GitHubOnLoopback]:
    """Reset the sandbox's faults, log and comments, and open a new forge."""
    shared_sandbox.faults.clear()
    shared_sandbox.sent()
    shared_sandbox.clock.waits.clear()
    for comment_id in list(shared_sandbox.world.store.comments):
        shared_sandbox.world.delete_comment(comment_id)
    with through(shared_sandbox, shared_sandbox.open(retry_limits=RetryLimits(read=5))):
        yield shared_sandbox


def reply(status: int, message: str = "", *, errors: object = None, headers: dict[str, str] | None = None) -> Reply:
    body = {"message": message, "status": str(status), **({"errors": errors} if errors is not None else {})}
    return Reply(status, tuple((headers or {}).items()), json.dumps(body).encode())


def graphql(*errors: dict[str, object], headers: dict[str, str] | None = None) -> Reply:
    body = json.dumps({"data": None, "errors": errors}).encode()
    return Reply(200, tuple((headers or {}).items()), body)


def comment(github: GitHubOnLoopback) -> object:
    return github.forge.create_comment(1, "hello")


def hide(github: GitHubOnLoopback) -> None:
    """Minimize a comment, a write over GraphQL."""
    github.forge.change_node("IC_1", NodeChange.HIDE)


def read(github: GitHubOnLoopback) -> object:
    return github.forge.permission("mona")


def diff(github: GitHubOnLoopback) -> object:
    return github.diff()


def snapshot(github: GitHubOnLoopback) -> object:
    return github.snapshot()


@contextmanager
def through(github: GitHubOnLoopback, other: GitHubForge) -> Iterator[None]:
    """Use another forge for the calls."""
    kept = github.forge
    with other:
        github.forge = other
        try:
            yield
        finally:
            github.forge = kept


Call = Callable[["GitHubOnLoopback"], object]
CALLS: list[Call] = [comment, read, diff, snapshot]
READS: list[Call] = [read, diff, snapshot]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (reply(401, "Bad credentials"), TokenUnknown),
        (reply(403, "Resource not accessible by integration"), PermissionMissing),
        (reply(422, "Validation Failed"), Refused),
        (reply(400, "Problems parsing JSON"), Refused),
        (reply(451, "Repository access blocked"), ForgeError),
        (reply(418, ""), ForgeError),
    ],
)
def test_a_refusal_raises_its_error_class_and_is_not_retried(
    github: GitHubOnLoopback, call: Call, answer: Reply, expected: type[ForgeError]
) -> None:
    github.faults.add(".", answer, times=None)
    with pytest.raises(ForgeError) as caught:
        call(github)
    assert type(caught.value) is expected
    assert caught.value.hint
    assert len(github.sent()) == 1
    assert github.clock.waits == []


@pytest.mark.parametrize("call", [comment, diff, snapshot])
@pytest.mark.parametrize("status", [404, 410])
def test_a_missing_object_is_not_found(github: GitHubOnLoopback, call: Call, status: int) -> None:
    github.faults.add(".", reply(status, "Not Found"), times=None)
    with pytest.raises(NotFound, match=str(status)):
        call(github)


def test_a_missing_permission_is_named_in_the_workflows_syntax(github: GitHubOnLoopback) -> None:
    github.faults.add(".", reply(403, "Resource not accessible by integration"))
    with pytest.raises(PermissionMissing) as caught:
        comment(github)
    assert caught.value.needs == "pull-requests: write"
    assert caught.value.needs in caught.value.hint


def test_the_sandboxs_own_read_only_token_may_not_write(github: GitHubOnLoopback) -> None:
    github.world.app_token("ghs_fork", permissions=READ_ONLY)
    with github.open("ghs_fork") as forge:
        head = github.snapshot(forge=forge).pull.head_sha
        with pytest.raises(PermissionMissing) as caught:
            forge.create_comment(1, "no")
        assert "pull-requests: write" in caught.value.needs
        with pytest.raises(PermissionMissing) as caught:
            forge.create_check(CheckState("x", head, CheckStatus.IN_PROGRESS, None, "t", "s", "", CheckTag(1)))
        assert caught.value.needs == "checks: write"


def test_an_unknown_token_is_reported_without_showing_it(github: GitHubOnLoopback) -> None:
    with github.open("ghp_wrong-secret") as forge, pytest.raises(ForgeError, match="token is invalid") as caught:
        github.diff(forge=forge)
    assert "wrong-secret" not in f"{caught.value.message}{caught.value.hint}{caught.value!r}"


@pytest.mark.parametrize(
    "answer",
    [
        reply(422, "Unprocessable Entity", errors=["line must be part of the diff", "path is missing"]),
        reply(
            422,
            "Validation Failed",
            errors=[
                {"resource": "R", "code": "custom", "field": "f", "message": "line must be part of the diff"},
                {"resource": "R", "code": "missing_field", "field": "path"},
            ],
        ),
    ],
)
def test_both_forms_of_a_refusals_details_are_read(github: GitHubOnLoopback, answer: Reply) -> None:
    github.faults.add(".", answer)
    with pytest.raises(Refused) as caught:
        comment(github)
    assert "line must be part of the diff" in caught.value.hint
    assert "path" in caught.value.hint


@pytest.mark.parametrize(
    "answer",
    [
        reply(406, "Sorry, the diff exceeded", errors=[{"resource": "P", "field": "diff", "code": "too_large"}]),
        reply(422, "taking too long", errors=[{"resource": "P", "field": "diff", "code": "not_available"}]),
        reply(500, "Server Error", errors=[{"resource": "Comparison", "field": "diff", "code": "not_available"}]),
        reply(503, "Server Error", errors=[{"resource": "Comparison", "field": "diff", "code": "not_available"}]),
    ],
)
def test_a_diff_that_github_refuses_is_too_large(github: GitHubOnLoopback, answer: Reply) -> None:
    github.faults.add(".", answer)
    with pytest.raises(DiffTooLarge):
        diff(github)
    assert len(github.sent()) == 1


LIMITS = [
    (reply(429, "slow down", headers={"Retry-After": "7"}), 7.0),
    (reply(403, "You have exceeded a secondary rate limit", headers={"Retry-After": "7"}), 7.0),
    (reply(403, "You have exceeded a secondary rate limit. Please wait a few minutes"), 60.0),
    (reply(422, "Validation Failed", errors=[{"resource": "Issue", "code": "abuse", "field": "base"}]), 60.0),
    (reply(422, "Unprocessable Entity", errors=["was submitted too quickly"]), 60.0),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("answer", "wait"), LIMITS)
def test_a_write_waits_for_a_rate_limit_because_nothing_was_done(
    github: GitHubOnLoopback, call: Call, answer: Reply, wait: float
) -> None:
    github.faults.add(".", answer)
    call(github)
    assert github.clock.waits == [wait]
    assert len(github.sent()) == 2


def test_a_rate_limit_beyond_the_deadline_fails_immediately(github: GitHubOnLoopback) -> None:
    reset = str(int(time.time()) + 1800)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    github.faults.add(".", reply(403, "API rate limit exceeded for installation.", headers=headers), times=None)
    with pytest.raises(ForgeUnreachable, match="rate limit is exceeded") as caught:
        comment(github)
    assert re.search(r"about 18[01]\d seconds", caught.value.hint), caught.value.hint
    assert github.clock.waits == []


def test_all_requests_together_wait_no_longer_than_a_run_may_lose(github: GitHubOnLoopback) -> None:
    github.faults.add(".", reply(429, "slow down", headers={"Retry-After": "7"}), times=None)
    with github.open(retry_limits=RetryLimits(most=10, whole=20)) as forge:
        for _ in range(4):
            with pytest.raises(ForgeUnreachable):
                github.diff(forge=forge)
    assert github.clock.waits == [7.0, 7.0]


def test_a_missing_permission_on_the_last_request_of_the_hour_is_not_a_rate_limit(github: GitHubOnLoopback) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999"}
    github.faults.add(".", reply(403, "Resource not accessible by integration", headers=headers))
    with pytest.raises(PermissionMissing):
        comment(github)


BREAKDOWNS: list[Fault] = [
    Reply(500),
    Reply(502, body=b"<html>"),
    reply(503, "x"),
    DropBefore(),
    DropMiddle(),
    Garbage(),
]


@pytest.mark.parametrize(
    ("call", "fault"),
    # A diff may be any bytes, so invalid data cannot be detected here.
    [(call, fault) for call in READS for fault in BREAKDOWNS if call is not diff or not isinstance(fault, Garbage)],
)
def test_a_read_survives_a_server_error(github: GitHubOnLoopback, call: Call, fault: Fault) -> None:
    github.faults.add(".", fault)
    call(github)
    assert github.clock.waits == pytest.approx([1.0], rel=0.25)


@pytest.mark.parametrize("call", [comment, hide])
@pytest.mark.parametrize("fault", [*BREAKDOWNS, RecordedThen(502), RecordedThen(None)])
def test_a_write_with_an_unknown_result_is_not_retried(github: GitHubOnLoopback, call: Call, fault: Fault) -> None:
    github.faults.add(".", fault)
    with pytest.raises(ForgeUnreachable):
        call(github)
    assert len(github.sent()) == 1
    assert len(github.snapshot().comments) <= 1


def test_a_deletion_is_retried_because_it_is_idempotent(github: GitHubOnLoopback) -> None:
    made = github.forge.create_comment(1, "x")
    github.faults.add(".", RecordedThen(502), method="DELETE")
    github.forge.delete_comment(made.id)
    assert github.snapshot().comments == ()


@pytest.mark.parametrize("call", READS)
def test_reads_are_retried_a_limited_number_of_times(github: GitHubOnLoopback, call: Call) -> None:
    github.faults.add(".", Reply(502), times=None)
    with pytest.raises(ForgeUnreachable, match="502"):
        call(github)
    times = 2 if call is snapshot else 1  # the second time with small pages
    assert github.clock.waits == pytest.approx([1.0, 2.0, 4.0, 8.0] * times, rel=0.25)


@pytest.mark.parametrize("call", READS)
def test_a_silent_server_times_out(github: GitHubOnLoopback, call: Call) -> None:
    github.faults.add(".", Delay(1.5))
    with through(github, github.open(retry_limits=RetryLimits(read=1))):
        call(github)
    assert github.clock.waits == pytest.approx([1.0], rel=0.25)


@pytest.mark.parametrize("call", CALLS)
def test_a_missing_server_is_unreachable(github: GitHubOnLoopback, call: Call) -> None:
    forge = GitHubForge("ghs_x", REPO, network_at("http://127.0.0.1:9"), github.clock)
    with through(github, forge), pytest.raises(ForgeUnreachable, match="cannot reach"):
        call(github)
    # Nothing was sent, so even the write is retried.
    assert github.clock.waits == pytest.approx([1.0, 2.0, 4.0, 8.0], rel=0.25)


@pytest.mark.parametrize(
    "graphql_url", ["https://graphql.example.com/graphql", "https://127.0.0.1/graphql", "http://127.0.0.1:9/graphql"]
)
def test_graphql_on_another_host_gets_no_token(github: GitHubOnLoopback, graphql_url: str) -> None:
    network = network_at(github.network.api_url, graphql_url)
    with (
        GitHubForge("ghs_x", REPO, network, github.clock) as forge,
        pytest.raises(ForgeUnreachable, match="different hosts"),
    ):
        github.snapshot(forge=forge)
    assert github.sent() == []


@contextmanager
def another_server() -> Iterator[tuple[str, list[str]]]:
    """Another server on this machine, and the requests it received."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            """Answer any request."""
            asked.append(self.rfile.readline().decode())
            self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\ndiff --git a/x b/x\n")

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("asks", [read, diff, snapshot])
def test_a_redirect_to_another_host_is_not_followed(
    github: GitHubOnLoopback, asks: Callable[[GitHubOnLoopback], object], status: int
) -> None:
    with another_server() as (url, asked):
        for place in ("https://elsewhere.example.com", url):
            github.faults.add(".", Reply(status, (("Location", f"{place}/x"),)), times=None)
            with pytest.raises(ForgeUnreachable):
                asks(github)
            github.faults.clear()
        assert asked == [], "neither the token nor the query was sent there"


def test_a_diff_follows_a_redirect_on_its_own_host(github: GitHubOnLoopback) -> None:
    pull = github.world.pull(REPO, 1)
    whole, here = github.diff(), f"{github.network.api_url}/repos/{REPO}/compare/"
    moved = f"{here}{github.world.store.merge_base(pull)}...{pull.head_sha}"
    github.faults.add("compare", Reply(302, (("Location", moved),)))
    assert github.diff() == whole


@pytest.mark.parametrize("location", ["http://[", "/elsewhere", "https://127.0.0.1/x", ""])
def test_an_invalid_redirect_is_not_followed(github: GitHubOnLoopback, location: str) -> None:
    github.faults.add(".", Reply(301, (("Location", location),)), times=None)
    with pytest.raises(ForgeUnreachable, match="another host"):
        read(github)
    assert len(github.sent()) == 1


def test_a_redirect_to_itself_is_not_followed(github: GitHubOnLoopback) -> None:
    here = f"{github.network.api_url}/repos/{REPO}/collaborators/mona/permission"
    github.faults.add(".", Reply(301, (("Location", here),)), times=None)
    with pytest.raises(ForgeUnreachable, match="final response"):
        read(github)
    assert len(github.sent()) == 1


def test_a_rate_limit_that_is_not_a_number_is_ignored(github: GitHubOnLoopback) -> None:
    limits = (("X-RateLimit-Remaining", "many"), ("X-RateLimit-Limit", "all"), ("X-RateLimit-Reset", "soon"))
    body = b'{"permission": "write"}'
    github.faults.add(".", Reply(200, limits, body))
    assert read(github) is Permission.WRITE


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (b"{}", "permission"),
        (b"[]", "document"),
        (b'{"permission": 5}', "permission"),
        (b'{"permission": "write", "role_name": []}', "role_name"),
    ],
)
def test_a_field_of_another_type_is_named_and_not_requested_again(
    github: GitHubOnLoopback, answer: bytes, field: str
) -> None:
    github.faults.add(".", Reply(200, body=answer), times=None)
    with pytest.raises(ForgeUnreachable, match=f"response is invalid: `{field}`"):
        read(github)
    assert len(github.sent()) == 1


@pytest.mark.parametrize("answer", [b"<html>", b"{", b"[" * 100_000, b'{"permission": NaN}', b"9" * 5_000])
def test_a_response_that_is_not_json_is_retried(github: GitHubOnLoopback, answer: bytes) -> None:
    github.faults.add(".", Reply(200, body=answer), times=None)
    with pytest.raises(ForgeUnreachable, match="is not JSON"):
        read(github)
    assert len(github.sent()) == 5


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve"}, NotFound),
        ({"type": "FORBIDDEN", "path": ["repository", "config"], "message": "not accessible"}, PermissionMissing),
        ({"type": "INSUFFICIENT_SCOPES", "message": "scopes"}, PermissionMissing),
        ({"message": "Field 'x' doesn't exist", "extensions": {"code": "undefinedField"}}, ForgeError),
    ],
)
def test_graphql_errors_raise_the_same_classes(
    github: GitHubOnLoopback, error: dict[str, object], expected: type[ForgeError]
) -> None:
    github.faults.add("graphql", graphql(error))
    with pytest.raises(ForgeError) as caught:
        snapshot(github)
    assert type(caught.value) is expected


@pytest.mark.parametrize(
    "error",
    [
        {"type": "RATE_LIMITED", "message": "x"},
        {"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": "x"},
        {"message": "You have exceeded a secondary rate limit."},
    ],
    ids=["former type", "type", "secondary limit"],
)
def test_a_graphql_read_waits_for_a_rate_limit_and_retries_a_timeout(
    github: GitHubOnLoopback, error: dict[str, object]
) -> None:
    github.faults.add("graphql", graphql(error, headers={"Retry-After": "3"}))
    github.faults.add("graphql", graphql({"message": "Something went wrong while executing your query."}), nth=2)
    snapshot(github)
    assert github.clock.waits == [3.0, pytest.approx(2.0, rel=0.25)]


@pytest.mark.parametrize(
    "failure",
    [
        {"message": "Something went wrong while executing your query."},
        {"message": "Timeout on validation of query"},
        {"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits for this query exceeded."},
    ],
    ids=["time limit", "validation", "resource limits"],
)
def test_a_query_that_is_too_costly_is_repeated_with_small_pages(
    github: GitHubOnLoopback, failure: dict[str, object]
) -> None:
    github.faults.add("graphql", graphql(failure), times=None, body='"page": ?100')
    snapshot(github)
    snapshot(github)
    bodies = [one.body for one in github.sent() if isinstance(one.body, dict)]
    assert [body["variables"]["page"] for body in bodies] == [*[PAGE] * 5, SMALL_PAGE, SMALL_PAGE]


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_redirected_write_is_an_error(github: GitHubOnLoopback, status: int) -> None:
    """GitHub redirects requests to a renamed repository."""
    github.faults.add("/comments", Reply(status, (("Location", "/repositories/1"),), b"{}"), method="DELETE")
    with pytest.raises(ForgeError, match=str(status)) as caught:
        github.forge.delete_comment(7)
    assert "renamed" in caught.value.hint


def test_a_mutation_waits_for_a_rate_limit_and_does_not_retry_a_timeout(github: GitHubOnLoopback) -> None:
    github.faults.add("graphql", graphql({"type": "RATE_LIMITED", "message": "x"}, headers={"Retry-After": "3"}))
    github.faults.add("graphql", graphql({"message": "Something went wrong while executing your query."}), nth=2)
    with pytest.raises(ForgeUnreachable, match="502"):
        hide(github)
    assert github.clock.waits == [3.0]


def test_a_mutation_without_a_result_or_a_reason_is_an_error(github: GitHubOnLoopback) -> None:
    github.faults.add("graphql", Reply(200, body=b'{"data": {"done": null}}'))
    with pytest.raises(ForgeUnreachable, match="`done`"):
        hide(github)


def test_unreadable_check_runs_are_reported(github: GitHubOnLoopback) -> None:
    github.world.app_token("ghs_unchecked", permissions={**READ_ONLY, Scope.CHECKS: Access.NONE})
    body = json.loads(json.dumps(_answer(github)))
    body["data"]["repository"]["pullRequest"]["recent"]["nodes"][0]["commit"]["checkSuites"] = None
    body["errors"] = [
        {
            "type": "FORBIDDEN",
            "path": ["repository", "pullRequest", "recent", "nodes", 0, "commit", "checkSuites"],
            "message": "Resource not accessible by integration",
        }
    ]
    github.faults.add("graphql", Reply(200, body=json.dumps(body).encode()))
    found = github.snapshot()
    assert (found.checks, found.checks_readable) == ((), False)


def _answer(github: GitHubOnLoopback) -> object:
    """Return the raw response to the snapshot's query."""
    names = {"check": "x", "config": "HEAD:c", "attributes": "HEAD:a", "templates": "HEAD:t"}
    variables = {"owner": "acme", "name": "widget", "number": 1, "page": 100, **names}
    headers = {"Authorization": "Bearer ghs_workflow-token"}
    answer = httpx.post(
        github.network.graphql_url, json={"query": queries.snapshot(0), "variables": variables}, headers=headers
    )
    return answer.json()


@pytest.mark.parametrize("answer", [b"[]", b"{}", b'"text"', b'{"data": {"repository": {}}}', b"null", b""])
def test_a_response_of_another_shape_is_an_error(github: GitHubOnLoopback, answer: bytes) -> None:
    github.faults.add("graphql", Reply(200, body=answer), times=None)
    with pytest.raises(ForgeError):
        snapshot(github)


def test_a_refusal_that_is_json_without_an_object_is_read(github: GitHubOnLoopback) -> None:
    github.faults.add(".", Reply(403, body=b'["no"]'), times=None)
    with pytest.raises(ForgeError):
        comment(github)


def test_files_are_requested_in_halves_when_github_times_out(github: GitHubOnLoopback) -> None:
    names = [f"f{number}.py" for number in range(40)]
    head = github.world.push(REPO, "topic", dict.fromkeys(names, "x\n"))
    github.faults.add("graphql", Reply(502), body=r"\$n39", times=None)
    github.faults.add("graphql", Reply(502), body=r"\$n19", nth=2)
    github.sent()
    new, old, _ = github.forge.entries(head=head, new_paths=names, merge_base=head, old_paths=["app.py"])
    assert set(new) == set(names)
    assert set(old) == {"app.py"}
    assert [entry.status for entry in github.sent()] == [502, 502, 200, 200, 200]
    assert github.clock.waits == []


def test_hostile_text_in_an_error_is_one_short_line(github: GitHubOnLoopback) -> None:
    github.faults.add(".", reply(422, "bad\n::error::pwned\x1b[31m" + "x" * 5000))
    with pytest.raises(Refused) as caught:
        comment(github)
    assert "\n" not in caught.value.hint
    assert "\x1b" not in caught.value.hint
    assert len(caught.value.hint) < 500


def test_a_slowly_sent_diff_is_read_completely(github: GitHubOnLoopback) -> None:
    whole = github.diff()
    github.faults.add("compare", Drip(16, 0.001))
    assert github.diff() == whole
