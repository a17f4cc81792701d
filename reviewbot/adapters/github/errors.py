"""Translate a failed request to GitHub into a domain error, and decide whether to retry the request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from http import HTTPStatus

import requests
from msgspec import Struct, field
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from reviewbot.adapters.github.connection import ElsewhereError, EndlessResponse, TooLong
from reviewbot.adapters.github.rest import ErrorBody, ErrorDetail, GraphQLError
from reviewbot.domain.codevf.polling import moment
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.strict_json import JsonMismatch, read
from reviewbot.errors import (
    DiffTooLarge,
    ForgeError,
    ForgeUnreachable,
    NotFound,
    PermissionMissing,
    RateLimited,
    Refused,
    TokenUnknown,
    TooCostly,
)

SECONDARY_WAIT = 60.0
"""The seconds to wait if GitHub throttles without stating a time. GitHub recommends at least a minute."""

_WORDS_LIMIT = 300
_OK = 200


class RetryPolicy(Enum):
    """Whether to send a failed request again, and why."""

    NEVER = "the response would be the same"
    READS = "it may have succeeded, so only reads are repeated"
    ALWAYS = "GitHub did nothing"


class RequestFailed(Exception):
    """A failed request. `after` is the seconds to wait before a retry, or None if GitHub does not state a time."""

    def __init__(self, error: ForgeError, again: RetryPolicy = RetryPolicy.NEVER, after: float | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.again = again
        self.after = after


class Intent(Struct, frozen=True):
    """A request's description for messages, and its required permission, e.g., `checks: read`."""

    doing: str
    needs: str


class Reply(Struct, frozen=True):
    """A parsed error response, without the token.

    `words` contains GitHub's message and a description of each error. `codes` contains each error's `code` and `field`.
    The names in `headers` are in lower case.
    """

    status: int
    words: str
    codes: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)


def words(said: str, token: str = "") -> str:
    """Return GitHub's text as one printable line, truncated and without the token."""
    text = " ".join((said.replace(token, "***") if token else said).split())
    return shorten_line("".join(character for character in text if character.isprintable()), _WORDS_LIMIT)


def read_reply(status: int, headers: Mapping[str, str], body: str | bytes, token: str = "") -> Reply:
    """Parse an error response, and remove the token from GitHub's text, which a comment may show."""
    try:
        parsed = read(body, ErrorBody)
    except JsonMismatch:
        parsed = ErrorBody()
    errors = parsed.errors if isinstance(parsed.errors, tuple) else (parsed.errors,) if parsed.errors else ()
    return Reply(
        status=status,
        words=words("; ".join(filter(None, (parsed.message, *map(_detail, errors)))), token),
        codes=frozenset(
            word for error in errors if isinstance(error, ErrorDetail) for word in (error.code, error.field) if word
        ),
        headers={name.lower(): value for name, value in headers.items()},
    )


def _detail(error: ErrorDetail | str) -> str:
    if isinstance(error, str):
        return error
    return " ".join(filter(None, (error.resource, error.field, error.message or error.code)))


def judge(reply: Reply, intent: Intent, now: datetime) -> RequestFailed:
    """Return the failure for an error response. `now` replaces a missing `Date` header."""
    # The order matters. A rate limit has status 403, 422 or 429, and a diff that is too large has 406, 422 or 5xx.
    match reply.status:
        case _ if _is_throttled(reply):
            decision = _throttled(reply, intent, moment(reply.headers.get("date", "")) or now)
        case 406 | 422 | 500 | 503 if "diff" in reply.codes:
            decision = _plain(DiffTooLarge, "The diff is too large for GitHub's API", _DIFF_LIMITS, reply, intent)
        case 401:
            decision = _plain(TokenUnknown, "The GitHub token is invalid", _UNKNOWN, reply, intent)
        case 403:
            decision = RequestFailed(_no_permission(reply, intent))
        case 301 | 302 | 307 | 308:
            decision = _plain(ForgeError, "GitHub redirects the request", _RENAMED, reply, intent)
        case 404 | 410:
            decision = _plain(NotFound, "Not found on GitHub", _MISSING, reply, intent)
        case 400 | 409 | 413 | 415 | 422:
            decision = _plain(
                Refused, "GitHub refused the request", "Fix the problem that GitHub reports.", reply, intent
            )
        case status if status in range(500, 600):
            decision = _server_error(reply, intent)
        case _:
            decision = _plain(ForgeError, "GitHub's response has an unexpected status", _NOT_GITHUB, reply, intent)
    return decision


_DIFF_LIMITS = "Install git, which does not have the API's limits of 300 files, 20,000 lines and 1 MB."
_UNKNOWN = (
    "It may be mistyped, expired or revoked. At a terminal, set GITHUB_TOKEN=$(gh auth token). A workflow's token "
    "expires when its job ends. An App's token expires after an hour, so keep `wait-minutes` below 60."
)
_MISSING = "It does not exist, or the token cannot read it. Check the name or number, and the token's access."
_RENAMED = "The repository may have been renamed. Use its current name."
_NOT_GITHUB = "Check that `GITHUB_API_URL` is the URL of GitHub's API."


def judge_graphql(
    errors: Sequence[GraphQLError], headers: Mapping[str, str], intent: Intent, now: datetime, token: str = ""
) -> RequestFailed:
    types = {error.type for error in errors}
    said = "; ".join(error.message or "" for error in errors)
    status = next((status for kind, status in _GRAPHQL_STATUS.items() if kind in types), _OK)
    if status == _OK and _TOO_COSTLY.search(said):
        status = 502
    return judge(Reply(status, words(said, token), headers=headers), intent, now)


_TOO_COSTLY = re.compile("Something went wrong while executing|Timeout on validation")
"""GitHub's texts for a query that exceeds its time limit. A smaller query may succeed."""

_GRAPHQL_STATUS = {"RATE_LIMIT": 429, "RATE_LIMITED": 429, "NOT_FOUND": 404, "FORBIDDEN": 403,
                   "INSUFFICIENT_SCOPES": 403, "UNPROCESSABLE": 422, "SERVICE_UNAVAILABLE": 503, "INTERNAL": 502,
                   "RESOURCE_LIMITS_EXCEEDED": 502}  # fmt: skip
"""The status of REST's response for the same error, by the type of a GraphQL error."""


def _plain(kind: type[ForgeError], what: str, hint: str, reply: Reply, intent: Intent) -> RequestFailed:
    said = f"{hint} GitHub says: {reply.words or 'nothing'}"
    return RequestFailed(kind(f"{what} ({reply.status}). Failed: {intent.doing}.", hint=said))


_THROTTLED = re.compile(
    r"rate limit|submitted too quickly|abuse detection|please retry your request again later|wait a few minutes",
    re.IGNORECASE,
)


def _is_throttled(reply: Reply) -> bool:
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    if reply.status not in {200, 403, 422}:  # 200: a GraphQL error without a known type
        return False
    if "not accessible" in reply.words:
        return False  # a missing permission, even if it was the last request of the hour
    spent = reply.headers.get("x-ratelimit-remaining") == "0"
    return spent or "abuse" in reply.codes or "retry-after" in reply.headers or bool(_THROTTLED.search(reply.words))


def _throttled(reply: Reply, intent: Intent, now: datetime) -> RequestFailed:
    after = _wait(reply.headers, now)
    error = RateLimited(
        f"GitHub's rate limit is exceeded, so {intent.doing} failed.",
        hint=f"Try again in about {after:.0f} seconds. Other workflows in the repository share the limit. "
        f"GitHub says: {reply.words}",
    )
    return RequestFailed(error, RetryPolicy.ALWAYS, after)


def _wait(headers: Mapping[str, str], now: datetime) -> float:
    """Return the seconds to wait, in GitHub's documented order: `retry-after`, an exhausted limit's reset, a minute."""
    asked, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if asked.isdecimal():
        return float(asked)
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(float(reset) - now.timestamp(), 0) + 1
    return SECONDARY_WAIT


def _no_permission(reply: Reply, intent: Intent) -> PermissionMissing:
    if "authenticate via a GitHub App" in reply.words:
        # Only Apps can write check runs. A workflow's token belongs to an App.
        return PermissionMissing(
            f"A user's token lacks permission for {intent.doing} ({reply.status}).",
            hint="Use the workflow's token or an App's token, or set `check-run: false`. GitHub says: " + reply.words,
            needs=f"{intent.needs} of an App",
        )
    return PermissionMissing(
        f"The token lacks permission for {intent.doing} ({reply.status}).",
        hint=f"Give the token `{intent.needs}`. In a workflow, add it to the job's `permissions:`. On a fork's "
        f"`pull_request` event, the token is always read-only. GitHub says: {reply.words}",
        needs=intent.needs,
    )


def _server_error(reply: Reply, intent: Intent) -> RequestFailed:
    asked = reply.headers.get("retry-after", "")
    kind = TooCostly if reply.status in {502, 504} else ForgeUnreachable
    error = kind(
        f"GitHub reported an internal error ({reply.status}). Failed: {intent.doing}.",
        hint="Check https://www.githubstatus.com, and try again later. Retrying is safe.",
    )
    return RequestFailed(error, RetryPolicy.READS, float(asked) if asked.isdecimal() else None)


# --- Without a readable response --------------------------------------------------------------------------------------

NETWORK = (requests.RequestException, HTTPError)
"""The exceptions that a request raises without a readable response."""

_REACH = "Check the network, the proxy and `GITHUB_API_URL`."
_ERRNO = re.compile(r"\[Errno -?\d+\] ([\w ]+)")
_DOCUMENTED = "The response may come from a proxy. Check the proxy and `GITHUB_API_URL`."


def judge_network(failure: Exception, intent: Intent) -> RequestFailed:
    """Return the failure for an exception in `NETWORK`. The message shows only the class, which contains no secret."""
    kind: type[ForgeError] = TooCostly if isinstance(failure, TooLong | requests.ReadTimeout) else ForgeUnreachable
    match failure:
        case ElsewhereError():
            what, again = "GitHub redirects to another host.", RetryPolicy.NEVER
            hint = "The repository may have moved. Check `GITHUB_API_URL`."
        case EndlessResponse():
            what, hint, again = "GitHub did not send a final response.", _DOCUMENTED, RetryPolicy.NEVER
        case requests.exceptions.SSLError():
            what, again = "reviewbot does not trust GitHub's TLS certificate.", RetryPolicy.NEVER
            hint = "Set `SSL_CERT_FILE` to the path of a file with the server's CA certificate."
        case (
            requests.ConnectTimeout() | requests.ConnectionError(args=(MaxRetryError(reason=NewConnectionError()), *_))
        ):
            cause = _ERRNO.search(str(failure))  # of the operating system, because nothing was sent
            what = f"reviewbot cannot reach GitHub: {cause[1].lower() if cause else 'no connection'}."
            hint, again = _REACH, RetryPolicy.ALWAYS
        case requests.Timeout() | Urllib3Timeout():
            what, hint, again = "GitHub did not respond in time.", "Try again later.", RetryPolicy.READS
        case _:
            what, hint, again = "The connection to GitHub was lost.", _REACH, RetryPolicy.READS
    error = kind(f"{what} Failed: {intent.doing}.", hint=f"{hint} ({type(failure).__name__})")
    return RequestFailed(error, again)


def not_json(intent: Intent) -> RequestFailed:
    """Return the failure for a response that is not JSON, e.g., a proxy's error page."""
    error = ForgeUnreachable(f"GitHub's response is not JSON. Failed: {intent.doing}.", hint=_DOCUMENTED)
    return RequestFailed(error, RetryPolicy.READS)


def unusable(mismatch: JsonMismatch, intent: Intent) -> RequestFailed:
    error = ForgeUnreachable(
        f"GitHub's response is invalid: {mismatch}. Failed: {intent.doing}.",
        hint="If this persists, check that `GITHUB_API_URL` is the URL of a supported version of GitHub.",
    )
    return RequestFailed(error)
