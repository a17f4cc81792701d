"""What a failed request to GitHub means: an error of ours, and whether the same request may be sent again.

A refusal is read into a `Reply`, and the first case that fits decides. A request without an answer is judged by the
class of the exception that requests raised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum

import requests
from msgspec import Struct, field
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from reviewbot.adapters.github.connection import ElsewhereError, EndlessAnswer
from reviewbot.adapters.github.rest import ErrorBody, ErrorDetail, GraphQLError
from reviewbot.domain.codevf.polling import moment
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
)

SECONDARY_WAIT = 60.0
"""Seconds to wait when GitHub throttles without saying for how long (its documentation: at least a minute)."""

_WORDS_LIMIT = 300
_OK = 200


class RetryPolicy(Enum):
    """Whether the same request may be sent again."""

    NEVER = "it would be answered the same"
    READS = "nobody knows whether GitHub did it, so only what changes nothing"
    ALWAYS = "GitHub did nothing"


class ErrorDecision(Struct, frozen=True):
    """What to raise, and whether to try again first: after so many seconds, None when GitHub does not say."""

    error: ForgeError
    again: RetryPolicy = RetryPolicy.NEVER
    after: float | None = None


class Intent(Struct, frozen=True):
    """What was being done: `doing` for the message, `needs` the permission in workflow syntax."""

    doing: str
    needs: str


class Reply(Struct, frozen=True):
    """A refusal of GitHub's, read.

    Attributes:
        message: GitHub's own words, safe to show, as are `details`, one line per error.
        codes: the error objects' `code` and `field`.
        headers: names in lower case.
    """

    status: int
    message: str
    details: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Everything that GitHub said, in one line."""
        return words("; ".join(part for part in (self.message, *self.details) if part))


def words(value: object) -> str:
    """Foreign text made fit for one line of a message: printable, folded and cut."""
    text = " ".join(str(value).split())
    printable = "".join(character for character in text if character.isprintable())
    return printable if len(printable) <= _WORDS_LIMIT else f"{printable[:_WORDS_LIMIT]}…"


def read_reply(status: int, headers: Mapping[str, str], body: str | bytes, token: str = "") -> Reply:
    """Read a refusal; its body says nothing unless it is as GitHub documents it.

    The token is removed from GitHub's words, as a comment would show it.
    """
    try:
        told = read(body, ErrorBody)
    except JsonMismatch:
        told = ErrorBody()
    errors = told.errors if isinstance(told.errors, tuple) else (told.errors,) if told.errors else ()
    return Reply(
        status=status,
        message=_without(token, told.message or ""),
        details=tuple(_without(token, _detail(error)) for error in errors),
        codes=frozenset(
            word for error in errors if isinstance(error, ErrorDetail) for word in (error.code, error.field) if word
        ),
        headers={name.lower(): value for name, value in headers.items()},
    )


def _detail(error: ErrorDetail | str) -> str:
    if isinstance(error, str):
        return error
    return " ".join(filter(None, (error.resource, error.field, error.message or error.code)))


def _without(token: str, text: str) -> str:
    """External text that can be shown; the token goes before the text is cut, which could leave half of it."""
    return words(text.replace(token, "***") if token else text)


def judge(reply: Reply, intent: Intent, now: datetime) -> ErrorDecision:
    """What a refusal means; a time of day is read by GitHub's own clock where it is told."""
    # The order matters: a limit comes dressed as 403, 422 or 429, and a diff that is too large as 406, 422 or 5xx.
    match reply.status:
        case _ if _is_throttled(reply):
            decision = _throttled(reply, intent, moment(reply.headers.get("date", "")) or now)
        case 406 | 422 | 500 | 503 if "diff" in reply.codes:
            decision = _plain(DiffTooLarge, "GitHub gives no diff of this size", _DIFF_LIMITS, reply, intent)
        case 401:
            decision = _plain(TokenUnknown, "GitHub does not know the token", _UNKNOWN, reply, intent)
        case 403:
            decision = ErrorDecision(_no_permission(reply, intent))
        case 404 | 410:
            decision = _plain(NotFound, "GitHub has nothing there", _MISSING, reply, intent)
        case 400 | 409 | 413 | 415 | 422:
            decision = ErrorDecision(_refused(reply, intent))
        case status if status // 100 == 5:  # noqa: PLR2004 — the class of the server's errors
            decision = _server_error(reply, intent)
        case _:
            decision = _plain(ForgeError, "GitHub's answer is not understood", _NOT_GITHUB, reply, intent)
    return decision


_DIFF_LIMITS = "Its limits are 300 files, 20,000 lines and 1 MB."
_UNKNOWN = (
    "`github-token` is wrong, was revoked, or ended: a workflow's own token lives as long as its job, an App's for an "
    "hour, so keep `wait-minutes` below that."
)
_MISSING = "It does not exist (any more), or the token may not see it: GitHub answers the same to both."
_NOT_GITHUB = "The API's address may point to something that is not GitHub."


def judge_graphql(
    errors: Sequence[GraphQLError], headers: Mapping[str, str], intent: Intent, now: datetime, token: str = ""
) -> ErrorDecision:
    """What the `errors` of a GraphQL answer mean; it comes with status 200 whatever they are."""
    types = {error.type for error in errors}
    details = tuple(_without(token, error.message or "") for error in errors)
    status = next((status for kind, status in _GRAPHQL_STATUS.items() if kind in types), _OK)
    if status == _OK and any("Something went wrong while executing" in detail for detail in details):
        status = 502  # GitHub's words for a query that took it longer than ten seconds
    return judge(Reply(status, "", details, headers=headers), intent, now)


_GRAPHQL_STATUS = {"RATE_LIMITED": 429, "NOT_FOUND": 404, "FORBIDDEN": 403, "INSUFFICIENT_SCOPES": 403,
                   "UNPROCESSABLE": 422, "SERVICE_UNAVAILABLE": 503, "INTERNAL": 502}  # fmt: skip


def _plain(kind: type[ForgeError], what: str, hint: str, reply: Reply, intent: Intent) -> ErrorDecision:
    said = f"{hint} GitHub says: {reply.words or 'nothing'}"
    return ErrorDecision(kind(f"{what}: {intent.doing} ({reply.status}).", hint=said))


_THROTTLED = re.compile(
    r"rate limit|submitted too quickly|abuse detection|please retry your request again later|wait a few minutes",
    re.IGNORECASE,
)


def _is_throttled(reply: Reply) -> bool:
    if reply.status == 429:  # noqa: PLR2004 — the table speaks in HTTP statuses.
        return True
    if reply.status not in {403, 422}:
        return False
    if "not accessible" in reply.message:
        return False  # a missing permission, even when it used up the last request of the hour
    spent = reply.headers.get("x-ratelimit-remaining") == "0"
    return spent or "abuse" in reply.codes or "retry-after" in reply.headers or bool(_THROTTLED.search(reply.words))


def _throttled(reply: Reply, intent: Intent, now: datetime) -> ErrorDecision:
    after = _wait(reply.headers, now)
    error = RateLimited(
        f"GitHub limits the rate of requests, so {intent.doing} failed.",
        hint=f"The limit lifts in about {after:.0f} seconds; run again after that. Other workflows of the repository "
        f"share it. GitHub says: {reply.words}",
    )
    return ErrorDecision(error, RetryPolicy.ALWAYS, after)


def _wait(headers: Mapping[str, str], now: datetime) -> float:
    """In the order that GitHub documents: `retry-after`, then the reset of a spent limit, then a minute."""
    asked, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if asked.isdecimal():
        return float(asked)
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(float(reset) - now.timestamp(), 0) + 1
    return SECONDARY_WAIT


def _no_permission(reply: Reply, intent: Intent) -> PermissionMissing:
    if "authenticate via a GitHub App" in reply.message:
        # GitHub lets Apps alone write check runs, and a workflow's own token is an App's.
        return PermissionMissing(
            f"A person's token may not do this: {intent.doing} ({reply.status}).",
            hint="Use the workflow's own token or an App's, or set `check-run: false`. GitHub says: " + reply.words,
            needs=f"{intent.needs} of an App",
        )
    return PermissionMissing(
        f"The token may not do this: {intent.doing} ({reply.status}).",
        hint=f"Add `{intent.needs}` to the job's `permissions:`. On a fork's or Dependabot's `pull_request` event "
        f"the token can only read, whatever the workflow asks for. GitHub says: {reply.words}",
        needs=intent.needs,
    )


def _refused(reply: Reply, intent: Intent) -> Refused:
    details = reply.details or ((reply.message,) if reply.message else ())
    said = f"GitHub says: {reply.words}"
    return Refused(f"GitHub refuses it: {intent.doing} ({reply.status}).", hint=said, details=details)


def _server_error(reply: Reply, intent: Intent) -> ErrorDecision:
    asked = reply.headers.get("retry-after", "")
    error = ForgeUnreachable(
        f"GitHub failed, not the request: {intent.doing} ({reply.status}).",
        hint="Run again later; https://www.githubstatus.com tells more. Nothing that was done is done twice.",
    )
    return ErrorDecision(error, RetryPolicy.READS, float(asked) if asked.isdecimal() else None)


# --- Without a readable answer ----------------------------------------------------------------------------------------

NETWORK = (requests.RequestException, HTTPError)
"""What a request may raise."""

_REACH = "Check the network, the proxy and the API's address."
_LATER = "Run again later."
_DOCUMENTED = "What came is not what GitHub documents."


def judge_network(failure: Exception, intent: Intent) -> ErrorDecision:
    """What an exception of `NETWORK` means; its text may hold what was sent, so only its kind is shown."""
    match failure:
        case ElsewhereError():
            error, again = _ELSEWHERE, RetryPolicy.NEVER
        case EndlessAnswer():
            error, again = ("GitHub's answer comes to no end.", _DOCUMENTED), RetryPolicy.NEVER
        case requests.exceptions.SSLError():
            error, again = _UNTRUSTED, RetryPolicy.NEVER
        case (
            requests.ConnectTimeout() | requests.ConnectionError(args=(MaxRetryError(reason=NewConnectionError()), *_))
        ):
            error, again = ("GitHub cannot be reached.", _REACH), RetryPolicy.ALWAYS  # nothing was sent
        case requests.Timeout() | Urllib3Timeout():
            error, again = ("GitHub did not answer in time.", _LATER), RetryPolicy.READS
        case _:
            error, again = ("The connection to GitHub broke.", _REACH), RetryPolicy.READS
    what, hint = error
    return ErrorDecision(
        ForgeUnreachable(f"{what} Failed: {intent.doing}.", hint=f"{hint} ({type(failure).__name__})"), again
    )


_ELSEWHERE = (
    "GitHub's answer points to another host than the API's.",
    "Check the API's address; the repository may have moved to another server.",
)
_UNTRUSTED = (
    "The server's certificate cannot be trusted.",
    "If the server has a certificate of your own authority, set `SSL_CERT_FILE`.",
)


def not_json(intent: Intent) -> ErrorDecision:
    """What an answer means that is not JSON: a proxy's page, perhaps, that passes."""
    error = ForgeUnreachable(f"GitHub's answer cannot be read. Failed: {intent.doing}.", hint=_DOCUMENTED)
    return ErrorDecision(error, RetryPolicy.READS)


def unusable(mismatch: JsonMismatch, intent: Intent) -> ErrorDecision:
    """What an answer means that is JSON of another shape."""
    return ErrorDecision(
        ForgeUnreachable(
            f"GitHub's answer cannot be used: {mismatch}. Failed: {intent.doing}.",
            hint="If this stays, the API's address points to something that is not GitHub, or to a version too old.",
        )
    )
