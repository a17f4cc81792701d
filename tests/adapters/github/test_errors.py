"""The table from foreign exceptions to ours is complete, and no entry of it shows what was sent."""

from __future__ import annotations

import importlib
import inspect
from datetime import UTC, datetime

import httpx
import pytest
import requests
import requests.exceptions
from github import GithubException
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError, NewConnectionError

from reviewbot.adapters.github.error_rules import Intent, Reply, RetryPolicy, judge, words
from reviewbot.adapters.github.errors import FOREIGN, GraphQLErrors, understand
from reviewbot.errors import ForgeError, ForgeUnreachable, PermissionMissing

# The package gives the module's name to the class in it.
PYGITHUB = importlib.import_module("github.GithubException")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
INTENT = Intent("doing something", "checks: write")
SECRET = "ghs_secret"


def exceptions_of(module: object) -> list[type[Exception]]:
    """Every exception class that a module defines."""
    return [
        value
        for _, value in inspect.getmembers(module, inspect.isclass)
        if issubclass(value, Exception) and not issubclass(value, Warning) and value.__module__ == module.__name__  # type: ignore[attr-defined]
    ]


def pygithub_failure(kind: type[Exception]) -> Exception:
    if issubclass(kind, GithubException):
        return kind(403, {"message": "no"}, {}, SECRET)
    return kind(SECRET, [(str, str)], None)


def test_pygithubs_exceptions_are_found() -> None:
    assert len(exceptions_of(PYGITHUB)) >= 8


@pytest.mark.parametrize("kind", exceptions_of(PYGITHUB))
def test_every_exception_of_pygithub_is_translated(kind: type[Exception]) -> None:
    failure = pygithub_failure(kind)
    assert isinstance(failure, FOREIGN)
    assert isinstance(understand(failure, INTENT, NOW).error, ForgeError)


@pytest.mark.parametrize("kind", exceptions_of(requests.exceptions))
def test_every_exception_of_requests_is_translated(kind: type[Exception]) -> None:
    failure = kind(SECRET, SECRET, 0) if "JSON" in kind.__name__ else kind(SECRET)
    trouble = understand(failure, INTENT, NOW)
    assert isinstance(failure, FOREIGN)
    assert isinstance(trouble.error, ForgeUnreachable)
    assert SECRET not in f"{trouble.error.message}{trouble.error.hint}"


def httpx_exceptions() -> list[type[Exception]]:
    names = [name for name in httpx.__all__ if isinstance(getattr(httpx, name), type)]
    kinds = [kind for name in names if issubclass(kind := getattr(httpx, name), Exception)]
    # The first holds an answer and goes through the table; no cookie is ever asked for by name.
    return [kind for kind in kinds if kind not in {httpx.HTTPStatusError, httpx.CookieConflict}]


@pytest.mark.parametrize("kind", httpx_exceptions())
def test_every_exception_of_httpx_is_translated(kind: type[Exception]) -> None:
    takes_words = "message" in inspect.signature(kind).parameters
    failure = kind(SECRET) if takes_words else kind()
    trouble = understand(failure, INTENT, NOW)
    assert isinstance(failure, FOREIGN)
    assert isinstance(trouble.error, ForgeUnreachable)
    assert SECRET not in f"{trouble.error.message}{trouble.error.hint}"


@pytest.mark.parametrize("status", range(400, 600))
def test_every_status_has_a_class_and_a_hint(status: int) -> None:
    trouble = judge(Reply(status, "words"), INTENT, NOW)
    assert type(trouble.error).__module__ == "reviewbot.errors"
    assert trouble.error.hint
    assert "doing something" in trouble.error.message


def test_only_what_github_did_not_do_is_sent_again_by_a_write() -> None:
    again = {status for status in range(400, 600) if judge(Reply(status, ""), INTENT, NOW).again is RetryPolicy.ALWAYS}
    assert again == {429}


def test_a_connection_that_never_was_may_be_tried_again_by_a_write() -> None:
    pool = HTTPConnectionPool("127.0.0.1", 9)
    reason = NewConnectionError(HTTPConnection("127.0.0.1", 9), "refused")
    failure = requests.ConnectionError(MaxRetryError(pool, "/", reason))
    assert understand(failure, INTENT, NOW).again is RetryPolicy.ALWAYS
    assert understand(requests.ConnectionError("Connection aborted"), INTENT, NOW).again is RetryPolicy.READS
    pool.close()


def test_a_distrusted_certificate_is_told_as_such() -> None:
    for failure in (requests.exceptions.SSLError("x"), httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] x")):
        trouble = understand(failure, INTENT, NOW)
        assert trouble.again is RetryPolicy.NEVER
        assert "SSL_CERT_FILE" in trouble.error.hint


def test_the_permission_falls_back_to_the_deeds_own() -> None:
    error = understand(GithubException(403, {"message": "x"}, None), INTENT, NOW).error
    assert isinstance(error, PermissionMissing)
    assert error.needs == "checks: write"


def test_graphql_errors_without_a_type_are_told_with_their_words() -> None:
    error = understand(GraphQLErrors([{"message": "Field 'x' is missing"}], {}), INTENT, NOW).error
    assert "Field 'x' is missing" in error.hint


def test_words_are_one_short_printable_line() -> None:
    assert words("a\n\tb\x1b[0m\u202ec") == "a b[0mc"
    assert len(words("x" * 10_000)) == 301


@pytest.mark.parametrize(
    "failure",
    [
        GithubException(422, {"message": f"Bad credentials: {'x' * 275}ghs_0123456789"}, None),
        GithubException(422, {"message": "no", "errors": ["ghs_0123456789", {"message": "ghs_0123456789"}]}, None),
        GraphQLErrors([{"message": "ghs_0123456789 may not"}], {}),
        httpx.HTTPStatusError(
            "",
            request=httpx.Request("GET", "https://x.example"),
            response=httpx.Response(422, json={"message": "ghs_0123456789"}),
        ),
    ],
)
def test_a_token_that_github_repeats_is_not_passed_on_nor_half_of_it(failure: Exception) -> None:
    error = understand(failure, INTENT, NOW, "ghs_0123456789").error
    told = f"{error.message} {error.hint} {error}"
    assert "ghs_" not in told
    assert "*" in told
