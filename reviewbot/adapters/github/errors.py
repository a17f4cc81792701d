"""What a failed request to GitHub means: an error of ours, and whether the same request may be sent again.

A refusal is read into a `Reply`, and the first rule of a table that fits decides. A request without an answer is judged
by the class of the exception that requests or httpx raised.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum

import httpx
import requests
from msgspec import Struct, field
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.exceptions import MaxRetryError, NewConnectionError
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
    """A failure, understood.

    Attributes:
        error: what to raise.
        again: whether to try again first.
        after: seconds to wait before that; None when GitHub does not say.
    """

    error: ForgeError
    again: RetryPolicy = RetryPolicy.NEVER
    after: float | None = None


class Intent(Struct, frozen=True):
    """What was being done: `doing` for the message, `needs` the permission in workflow syntax."""

    doing: str
    needs: str = ""


class Reply(Struct, frozen=True):
    """A refusal of GitHub's, read.

    Attributes:
        status: the HTTP status.
        message: GitHub's own words, safe to show.
        details: one line per error, safe to show.
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
    """Read a refusal.

    Args:
        status: the HTTP status.
        headers: of the answer.
        body: of the answer; says nothing unless it is a refusal as GitHub documents it.
        token: removed from GitHub's words, as a comment would show it.
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
    """The first rule of the table that fits a refusal; a time of day is read by GitHub's own clock where it is told."""
    now = moment(reply.headers.get("date", "")) or now
    return next(rule.verdict(reply, intent, now) for rule in _RULES if rule.fits(reply))


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


Verdict = Callable[[Reply, Intent, datetime], ErrorDecision]


class _Rule(Struct, frozen=True):
    fits: Callable[[Reply], bool]
    verdict: Verdict


def _plain(kind: type[ForgeError], what: str, hint: str) -> Verdict:
    """An error of a class that says what happened, and what GitHub says; the request is not sent again."""

    def verdict(reply: Reply, intent: Intent, _now: datetime) -> ErrorDecision:
        said = f"{hint} GitHub says: {reply.words or 'nothing'}"
        return ErrorDecision(kind(f"{what}: {intent.doing} ({reply.status}).", hint=said))

    return verdict


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
    error = ForgeUnreachable(
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


def _no_permission(reply: Reply, intent: Intent, _now: datetime) -> ErrorDecision:
    if "authenticate via a GitHub App" in reply.message:
        return _no_app(reply, intent)
    needs = _accepted(reply.headers.get("x-accepted-github-permissions", "")) or intent.needs
    ask = f"Add `{needs}` to the job's `permissions:`. " if needs else ""
    return ErrorDecision(
        PermissionMissing(
            f"The token may not do this: {intent.doing} ({reply.status}).",
            hint=f"{ask}On a fork's or Dependabot's `pull_request` event the token can only read, whatever the "
            f"workflow asks for. GitHub says: {reply.words}",
            needs=needs,
        )
    )


def _no_app(reply: Reply, intent: Intent) -> ErrorDecision:
    """GitHub lets Apps alone write check runs, and a workflow's own token is an App's."""
    return ErrorDecision(
        PermissionMissing(
            f"A person's token may not do this: {intent.doing} ({reply.status}).",
            hint="Use the workflow's own token or an App's, or set `check-run: false`. GitHub says: " + reply.words,
            needs=f"{intent.needs} of an App",
        )
    )


def _accepted(header: str) -> str:
    """`X-Accepted-GitHub-Permissions` in workflow syntax: `;` parts alternatives, `,` what is needed together."""
    alternatives = (
        " and ".join(_permission(part) for part in group.split(",") if "=" in part) for group in header.split(";")
    )
    return " or ".join(filter(None, alternatives))


def _permission(part: str) -> str:
    name, _, level = words(part).partition("=")
    return f"{name.strip().replace('_', '-')}: {level.strip()}"


def _refused(reply: Reply, intent: Intent, _now: datetime) -> ErrorDecision:
    details = reply.details or ((reply.message,) if reply.message else ())
    error = Refused(
        f"GitHub refuses it: {intent.doing} ({reply.status}).", hint=f"GitHub says: {reply.words}", details=details
    )
    return ErrorDecision(error)


def _server_error(reply: Reply, intent: Intent, _now: datetime) -> ErrorDecision:
    asked = reply.headers.get("retry-after", "")
    error = ForgeUnreachable(
        f"GitHub failed, not the request: {intent.doing} ({reply.status}).",
        hint="Run again later; https://www.githubstatus.com tells more. Nothing that was done is done twice.",
    )
    return ErrorDecision(error, RetryPolicy.READS, float(asked) if asked.isdecimal() else None)


def _has(*statuses: int) -> Callable[[Reply], bool]:
    return lambda reply: reply.status in statuses


_unknown_token = _plain(
    TokenUnknown,
    "GitHub does not know the token",
    "`github-token` is wrong, was revoked, or ended: a workflow's own token lives as long as its job, an App's for an "
    "hour, so keep `wait-minutes` below that.",
)
_not_found = _plain(
    NotFound,
    "GitHub has nothing there",
    "It does not exist (any more), or the token may not see it: GitHub answers the same to both.",
)
_diff_too_large = _plain(
    DiffTooLarge, "GitHub gives no diff of this size", "Its limits are 300 files, 20,000 lines and 1 MB."
)
_not_understood = _plain(
    ForgeError, "GitHub's answer is not understood", "The API's address may point to something that is not GitHub."
)

# The order matters: a limit comes dressed as 403, 422 or 429, and a diff that is too large as 406, 422 or 5xx.
_RULES = (
    _Rule(_is_throttled, _throttled),
    _Rule(lambda reply: reply.status in {406, 422, 500, 503} and "diff" in reply.codes, _diff_too_large),
    _Rule(_has(401), _unknown_token),
    _Rule(_has(403), _no_permission),
    _Rule(_has(404, 410), _not_found),
    _Rule(_has(400, 409, 413, 415, 422), _refused),
    _Rule(_has(*range(500, 600)), _server_error),
    _Rule(lambda _: True, _not_understood),
)


# --- Without a readable answer ----------------------------------------------------------------------------------------

NETWORK = (requests.RequestException, Urllib3Error, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)
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
        case _ if _distrusts(failure):
            error, again = _UNTRUSTED, RetryPolicy.NEVER
        case _ if _never_connected(failure):
            error, again = ("GitHub cannot be reached.", _REACH), RetryPolicy.ALWAYS
        case requests.Timeout() | httpx.TimeoutException() | Urllib3Timeout():
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
