"""The table that translates exceptions is complete, and no translated error shows the request."""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime

import pytest
import requests
import requests.exceptions
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError

from reviewbot.adapters.github.errors import (
    NETWORK,
    Intent,
    Reply,
    RequestFailed,
    RetryPolicy,
    judge,
    judge_graphql,
    judge_network,
    read_reply,
    words,
)
from reviewbot.adapters.github.rest import GraphQLError
from reviewbot.errors import ForgeUnreachable, PermissionMissing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
INTENT = Intent("doing something", "checks: write")
SECRET = "ghs_secret"


def exceptions_of(module: object) -> list[type[Exception]]:
    """Return every exception class that a module defines."""
    return [
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, Exception) and not issubclass(value, Warning) and value.__module__ == module.__name__  # type: ignore[attr-defined]
    ]


@pytest.mark.parametrize("kind", exceptions_of(requests.exceptions))
def test_every_exception_of_requests_is_translated(kind: type[Exception]) -> None:
    failure = kind(SECRET, SECRET, 0) if "JSON" in kind.__name__ else kind(SECRET)
    trouble = judge_network(failure, INTENT)
    assert isinstance(failure, NETWORK)
    assert isinstance(trouble.error, ForgeUnreachable)
    assert SECRET not in f"{trouble.error.message}{trouble.error.hint}"


@pytest.mark.parametrize("status", range(400, 600))
def test_every_status_has_a_class_and_a_hint(status: int) -> None:
    trouble = judge(Reply(status, "words"), INTENT, NOW)
    assert type(trouble.error).__module__ == "reviewbot.errors"
    assert trouble.error.hint
    assert "doing something" in trouble.error.message


def test_a_write_retries_only_what_github_did_not_do() -> None:
    again = {status for status in range(400, 600) if judge(Reply(status, ""), INTENT, NOW).again is RetryPolicy.ALWAYS}
    assert again == {429}


def test_a_write_retries_a_failed_connection() -> None:
    pool = HTTPConnectionPool("127.0.0.1", 9)
    reason = NewConnectionError(HTTPConnection("127.0.0.1", 9), "refused")
    failure = requests.ConnectionError(MaxRetryError(pool, "/", reason))
    assert judge_network(failure, INTENT).again is RetryPolicy.ALWAYS
    assert judge_network(requests.ConnectionError("Connection aborted"), INTENT).again is RetryPolicy.READS
    pool.close()


def test_an_untrusted_certificate_is_reported_as_such() -> None:
    trouble = judge_network(requests.exceptions.SSLError("x"), INTENT)
    assert trouble.again is RetryPolicy.NEVER
    assert "SSL_CERT_FILE" in trouble.error.hint


def test_the_permission_defaults_to_that_of_the_request() -> None:
    error = judge(read_reply(403, {}, '{"message": "x"}'), INTENT, NOW).error
    assert isinstance(error, PermissionMissing)
    assert error.needs == "checks: write"


def test_graphql_errors_without_a_type_are_reported_with_their_message() -> None:
    error = judge_graphql([GraphQLError(message="Field 'x' is missing")], {}, INTENT, NOW).error
    assert "Field 'x' is missing" in error.hint


def test_a_message_is_one_short_printable_line() -> None:
    assert words("a\n\tb\x1b[0m\u202ec") == "a b[0mc"
    assert len(words("x" * 10_000)) == 300


@pytest.mark.parametrize(
    "body",
    [
        {"message": f"Bad credentials: {'x' * 275}ghs_0123456789"},
        {"message": "no", "errors": ["ghs_0123456789", {"message": "ghs_0123456789"}]},
        {"message": "no", "errors": "ghs_0123456789"},
    ],
)
def test_a_token_that_github_repeats_is_removed_even_if_it_is_cut(body: object) -> None:
    assert_without_token(judge(read_reply(422, {}, json.dumps(body), TOKEN), INTENT, NOW))


def test_a_token_in_a_graphql_error_is_removed() -> None:
    assert_without_token(judge_graphql([GraphQLError(message=f"{TOKEN} may not")], {}, INTENT, NOW, TOKEN))


TOKEN = "ghs_0123456789"


def assert_without_token(decision: RequestFailed) -> None:
    """Check that the token is removed from an error."""
    words = f"{decision.error.message} {decision.error.hint} {decision.error}"
    assert "ghs_" not in words
    assert "*" in words


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", '{"message": 5}', '{"errors": [[]]}', b"\xff", '{"message": "\\ud800"}']
)
def test_a_refusal_of_any_shape_is_read(body: str | bytes) -> None:
    assert isinstance(judge(read_reply(403, {"Date": "soon"}, body), INTENT, NOW).error, PermissionMissing)
