"""Translate an HTTP status and error body into a domain error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from reviewbot.domain.text import escaping, formatting
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.domain.text.strict_json import JsonMismatch, parse, salvage
from reviewbot.errors import (
    OverBudget,
    PayloadTooLarge,
    ReviewDidNotHappen,
    ServiceRefused,
    ServiceUnreachable,
)

QUOTED_CHARACTERS = 300
_LONGEST_WAIT = 86_400.0
_MOST_FIELDS = 10
_MOST_DIGITS = 40

Fault = tuple[str, str]
"""Why there is no usable response, and a hint."""

Scrub = Callable[[str], str]
"""A function that removes the key from a string. Truncate only the result, so that no part of the key remains."""


class ErrorContent(Struct, frozen=True):
    """The content of an error body.

    `message` is untrusted. `available` and `required` are credits, `retry_after` is in seconds, and `codes` is in lower
    case.
    """

    message: str = ""
    available: Decimal | None = None
    required: Decimal | None = None
    retry_after: float | None = None
    codes: frozenset[str] = frozenset()


class _Field(Struct, frozen=True):
    field: str = ""
    message: str = ""
    code: str = ""


class _Details(Struct, frozen=True):
    available: object = None
    required: object = None
    errors: tuple[object, ...] = ()


class _Error(Struct, frozen=True):
    code: str = ""
    message: str = ""
    details: object = None


class _Meta(Struct, frozen=True):
    retry_after: object = None


class _ErrorBody(Struct, frozen=True):
    error: object = None
    message: str = ""
    meta: object = None


S = TypeVar("S", bound=Struct)


def _valid(value: object, kind: type[S]) -> S:
    """Return the valid fields of an object, so that an invalid field does not hide an error code in another field."""
    return salvage(value, kind)[0] if isinstance(value, dict) else kind()


def read_error(body: bytes) -> ErrorContent:
    """Parse the body of an error response. If the body is invalid, return an empty `ErrorContent`."""
    try:
        data = _valid(parse(body), _ErrorBody)
    except JsonMismatch:
        return ErrorContent()
    retry_after = seconds(_valid(data.meta, _Meta).retry_after)
    if not isinstance(data.error, dict):
        said = data.error if isinstance(data.error, str) else ""
        return ErrorContent(message=said or data.message, retry_after=retry_after)
    error = _valid(data.error, _Error)
    details = _valid(error.details, _Details)
    listed = [_valid(one, _Field) for one in details.errors[:_MOST_FIELDS]]
    fields = (": ".join(filter(None, (one.field, one.message))) for one in listed)
    return ErrorContent(
        message="; ".join(filter(None, (error.message, *fields))),
        available=number(details.available),
        required=number(details.required),
        retry_after=retry_after,
        codes=frozenset(one.casefold() for one in (error.code, *(each.code for each in listed)) if one),
    )


def error_of(status: int, content: ErrorContent, scrub: Scrub, *, buys: bool) -> ReviewDidNotHappen:
    """Return the error for an unsuccessful response.

    Only a request that creates a task (`buys`) can get `OverBudget` or `PayloadTooLarge`. In both cases, CodeVF created
    no task.
    """
    line = " ".join(escaping.visible(scrub(content.message)).split())
    words = f" CodeVF says: “{shorten_line(line, QUOTED_CHARACTERS)}”" if line else ""
    codes = _CODES if status < _SERVER_ERRORS else {}
    for code, (kind, what, hint) in codes.items():
        if code in content.codes and (buys or kind not in _OF_PURCHASES):
            error = kind(f"{what} (HTTP {status}, `{code}`).{words}", hint=hint)
            if isinstance(error, ServiceRefused):
                error.status = status
            return error
    match status:
        case 402 if buys:
            return OverBudget(_funds(content), hint=_ADD_CREDITS)
        case 413 if buys:
            return PayloadTooLarge(f"The request is too large for CodeVF (HTTP 413).{words}", hint=_SMALLER)
        case _ if status in _TROUBLE or status >= _SERVER_ERRORS:
            return ServiceUnreachable(f"{_TROUBLE.get(status, _OWN_TROUBLE)} (HTTP {status}).{words}", hint=_LATER)
        case _:
            what, hint = _REFUSALS.get(status, _REDIRECT if status < _CLIENT_ERRORS else _OTHER_REFUSAL)
            return ServiceRefused(f"{what} (HTTP {status}).{words}", hint=hint, status=status)


def error_of_fault(fault: Fault, kind: str) -> ServiceUnreachable:
    """Return the error for a request without a usable response. The message contains `kind`, a host or status."""
    what, hint = fault
    return ServiceUnreachable(f"{what} ({kind}).", hint=hint)


def number(value: object) -> Decimal | None:
    """Convert a value to a decimal, or return None if the value is invalid or too long.

    Formatting a number such as `1e99999999` would take forever.
    """
    read = _finite(value)
    if read is None or max(len(f"{read:e}"), abs(read.adjusted())) > _MOST_DIGITS:
        return None
    return read


def _finite(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    return read if read.is_finite() else None


def seconds(value: object) -> float | None:
    """Return a wait in seconds, limited to a day, or None if the value is invalid or negative."""
    read = _finite(value)
    if read is None or read < 0:
        return None
    return min(_LONGEST_WAIT, float(read))


def _funds(content: ErrorContent) -> str:
    figures = ""
    if content.available is not None and content.required is not None:
        available, required = formatting.number(content.available), formatting.number(content.required)
        figures = f": {required} are required, but only {available} are available"
    return f"The CodeVF account has too few credits for this task (HTTP 402){figures}."


# --- Messages ---------------------------------------------------------------------------------------------------------

_CLIENT_ERRORS = 400
_SERVER_ERRORS = 500

_ADD_CREDITS = "Add credits, lower `max-credits`, or use a cheaper `mode` or `expertise`. Nothing was bought."
_SMALLER = "Narrow `paths` in the config file. Nothing was bought."
_LATER = "This is usually temporary. Try again. You are not charged twice."
_IN_WORDS = (
    "Set `answer: words` in the config file. If it is already set, rename files whose path contains a space, colon, "
    "`*` or backtick, or begins with one of `\"'#(+<>[|~`. Nothing was bought."
)
_KEY = (
    "CodeVF does not accept the API key",
    "Check the secret for `codevf-api-key`, or `CODEVF_API_KEY`. To create a new key, open CodeVF's dashboard.",
)
_CODES: Mapping[str, tuple[type[ReviewDidNotHappen], str, str]] = {
    "invalid_schema": (ServiceRefused, "CodeVF does not accept the response schema", _IN_WORDS),
    "attachment_too_large": (PayloadTooLarge, "An attachment is too large for CodeVF", _SMALLER),
    "attachment_limit_exceeded": (PayloadTooLarge, "The request has more attachments than CodeVF accepts", _SMALLER),
    "max_credits_exceeded": (
        OverBudget,
        "`max-credits` is higher than CodeVF accepts for this mode or account",
        "Lower `max-credits`, or raise the limit in CodeVF's dashboard. Nothing was bought.",
    ),
    "token_expired": (
        ServiceRefused,
        "The CodeVF API key has expired",
        "Create a new key in CodeVF's dashboard, and update the secret for `codevf-api-key` or `CODEVF_API_KEY`.",
    ),
    "rate_limit_exceeded": (
        ServiceUnreachable,
        "CodeVF's rate limit is exceeded",
        "Try again in an hour, or run fewer concurrent jobs with this key. You are not charged twice.",
    ),
    "invalid_metadata": (
        ServiceRefused,
        "CodeVF does not accept the metadata of the task, such as the repository's name",
        "Report this as a bug, with CodeVF's message. Nothing was bought.",
    ),
}
"""The error class, message and hint for an error code, used instead of the status. The first match applies."""

_OF_PURCHASES = (PayloadTooLarge, OverBudget)

_REFUSALS = {
    400: (
        "CodeVF rejected the request as invalid",
        "Check `mode`, `max-credits` and `expertise`. If they are valid, report this as a bug.",
    ),
    401: _KEY,
    403: _KEY,
    404: (
        "CodeVF did not find the task or project",
        "Check `codevf-url`, and check that the API key belongs to the account of the task or project.",
    ),
    409: (
        "The request conflicts with an earlier one",
        "If the review was bought with another API key, use that key, or wait a day.",
    ),
}
_OTHER_REFUSAL = ("CodeVF refused the request", "Check `codevf-url`. If it is correct, report this as a bug.")
_REDIRECT = (
    "CodeVF redirects to another URL, to which reviewbot does not send the API key",
    "Set `codevf-url` to the https URL of the API.",
)
_OWN_TROUBLE = "CodeVF reported an internal error"
_TROUBLE = {408: "CodeVF timed out", 429: "CodeVF's rate limit is exceeded"}

CONNECTION = ("reviewbot cannot reach CodeVF", f"Check the network, the proxy and the CodeVF URL. {_LATER}")
TIMEOUT = ("CodeVF did not respond in time", _LATER)
UNREADABLE = ("CodeVF's response is not JSON", f"Check `codevf-url`. {_LATER}")
UNTRUSTED = (
    "reviewbot does not trust CodeVF's TLS certificate",
    "Behind a proxy, set `SSL_CERT_FILE` to the path of its CA certificate file. Otherwise, check `codevf-url`.",
)
