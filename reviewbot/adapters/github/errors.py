"""The one place where what PyGithub, requests and httpx raise becomes ours.

An exception with an answer in it is read into a `Reply`, and the table in `error_rules` decides; one without is told by
its kind.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime

import httpx
import requests
from github import BadAttributeException, GithubException
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.exceptions import MaxRetryError, NewConnectionError
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from reviewbot.adapters.github.connection import EndlessAnswer
from reviewbot.adapters.github.error_rules import ErrorDecision, Intent, Reply, RetryPolicy, judge, judge_graphql, words
from reviewbot.errors import ForgeUnreachable


class GraphQLErrors(Exception):
    """GraphQL answered with errors that the caller does not forgive (the status is 200 all the same).

    Args:
        errors: the `errors` of the answer.
        headers: the answer's headers.
    """

    def __init__(self, errors: Sequence[Mapping[str, object]], headers: Mapping[str, str]) -> None:
        super().__init__("GraphQL errors")
        self.errors = errors
        self.headers = headers


class NotJson(Exception):
    """GitHub answered with something that is not JSON."""


FOREIGN = (
    GraphQLErrors,
    NotJson,
    GithubException,
    BadAttributeException,
    requests.RequestException,
    Urllib3Error,
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
)
"""What a request to GitHub may raise."""

BUILTIN = (
    AssertionError,  # an address on another host than the API's
    RuntimeError,  # a redirect to another host or protocol; JSON that is nested too deeply
    ValueError,  # an answer that starts like JSON and is none
    AttributeError,  # a refusal whose body is JSON and not an object
)
"""What PyGithub raises for an answer that it cannot use. Our own bugs are of these classes too: see `is_foreign`."""

_LIBRARIES = frozenset({"github", "json"})


def is_foreign(failure: Exception) -> bool:
    """Whether GitHub's answer is the cause: a builtin exception is a bug of ours unless PyGithub raised it."""
    if isinstance(failure, FOREIGN):
        return True
    *_, (frame, _) = traceback.walk_tb(failure.__traceback__)
    return str(frame.f_globals.get("__name__")).partition(".")[0] in _LIBRARIES


_REFUSALS = 400


def understand(failure: Exception, intent: Intent, now: datetime, token: str = "") -> ErrorDecision:
    """What a foreign exception means.

    Args:
        failure: one that `is_foreign`.
        intent: what was being done.
        now: the wall clock, for rate limits that name a time of day.
        token: taken out of GitHub's words, should it be repeated there: a comment would show it.
    """
    match failure:
        case GithubException(status=status) if status >= _REFUSALS:
            return judge(_read(status, failure.data, failure.headers or {}, token), intent, now)
        case GraphQLErrors():
            errors = [{**error, "message": _said(error.get("message", ""), token)} for error in failure.errors]
            return judge_graphql(errors, failure.headers, intent, now)
        case httpx.HTTPStatusError():
            return judge(_read_httpx(failure.response, token), intent, now)
        case _:
            return _network(failure, intent)


def _read(status: int, data: object, headers: Mapping[str, str], token: str) -> Reply:
    """Both forms of GitHub's error bodies: `errors` as strings and as objects."""
    body = data if isinstance(data, dict) else {}
    errors = body.get("errors") or []
    listed = errors if isinstance(errors, list) else [errors]
    objects = [error for error in listed if isinstance(error, dict)]
    return Reply(
        status=status,
        message=_said(body.get("message") or "", token),
        details=tuple(_said(_detail(error), token) for error in listed),
        codes=frozenset(str(error[key]) for error in objects for key in ("code", "field") if key in error),
        headers={name.lower(): str(value) for name, value in headers.items()},
    )


def _detail(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    parts = (error.get("resource"), error.get("field"), error.get("message") or error.get("code"))
    return " ".join(str(part) for part in parts if part)


def _said(value: object, token: str) -> str:
    """Foreign text fit to be shown; the token goes before the text is cut, which could leave half of it."""
    return words(str(value).replace(token, "***") if token else value)


def _read_httpx(response: httpx.Response, token: str) -> Reply:
    try:
        data = response.json()
    except (ValueError, httpx.StreamError):
        data = None
    return _read(response.status_code, data, response.headers, token)


def _network(failure: Exception, intent: Intent) -> ErrorDecision:
    """A failure without an answer; only its kind is told, since its text may hold what was sent."""
    kind, again, hint = _kind(failure)
    error = ForgeUnreachable(f"{kind} Failed: {intent.doing}.", hint=f"{hint} ({type(failure).__name__})")
    return ErrorDecision(error, again)


def _kind(failure: Exception) -> tuple[str, RetryPolicy, str]:  # noqa: PLR0911 — one for each kind
    match failure:
        case AssertionError() | RuntimeError() if not isinstance(failure, RecursionError):
            where = "GitHub's answer points to another host than the API's."
            return where, RetryPolicy.NEVER, "Check the API's address; the repository may have moved to another server."
        case _ if _distrusts(failure):
            trust = "If the server has a certificate of your own authority, set `SSL_CERT_FILE`."
            return "The server's certificate cannot be trusted.", RetryPolicy.NEVER, trust
        case _ if _never_connected(failure):
            return "GitHub cannot be reached.", RetryPolicy.ALWAYS, _REACH
        case EndlessAnswer():
            return "GitHub's answer comes to no end.", RetryPolicy.NEVER, "What came is not what GitHub documents."
        case requests.Timeout() | httpx.TimeoutException() | Urllib3Timeout():
            return "GitHub did not answer in time.", RetryPolicy.READS, "Run again later."
        case requests.RequestException() | httpx.TransportError() | Urllib3Error() | httpx.StreamError():
            return "The connection to GitHub broke.", RetryPolicy.READS, _REACH
        case _:
            return "GitHub's answer cannot be read.", RetryPolicy.READS, "What came is not what GitHub documents."


_REACH = "Check the network, the proxy and the API's address."


def _distrusts(failure: Exception) -> bool:
    if isinstance(failure, requests.exceptions.SSLError):
        return True
    return isinstance(failure, httpx.ConnectError) and "CERTIFICATE" in str(failure)


def _never_connected(failure: Exception) -> bool:
    """Whether nothing was sent at all, so that even a write may be tried again."""
    match failure:
        case requests.ConnectTimeout() | httpx.ConnectTimeout() | httpx.ConnectError() | httpx.PoolTimeout():
            return True
        case requests.ConnectionError(args=(MaxRetryError(reason=NewConnectionError()), *_)):
            return True
        case _:
            return False
