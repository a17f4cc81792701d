"""From an HTTP status and whatever came with it to one of our errors, in our words."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from reviewbot.domain.codevf.polling import Fault
from reviewbot.domain.text import escaping, formatting
from reviewbot.domain.text.strict_json import JsonMismatch, read
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

Scrub = Callable[[str], str]
"""Takes the key out of a text; runs before anything is cut, so that no half of it stays."""


class Said(Struct, frozen=True):
    """What an error body says, in any of its forms: hostile words, credits of the account and of the task, seconds."""

    message: str = ""
    available: Decimal | None = None
    required: Decimal | None = None
    retry_after: float | None = None


class _Field(Struct, frozen=True):
    field: str = ""
    message: str = ""


class _Details(Struct, frozen=True):
    available: object = None
    required: object = None
    errors: tuple[_Field, ...] = ()


class _Error(Struct, frozen=True):
    message: str | None = None
    details: _Details | None = None


class _Meta(Struct, frozen=True):
    retry_after: object = None


class _ErrorBody(Struct, frozen=True):
    """An error, nested or flat."""

    error: _Error | str | None = None
    message: str | None = None
    meta: _Meta | None = None


def read_error(body: bytes) -> Said:
    """Read a nested error, a flat one, or anything else (which says nothing)."""
    try:
        data = read(body, _ErrorBody)
    except JsonMismatch:
        return Said()
    retry_after = seconds(data.meta.retry_after) if data.meta else None
    if not isinstance(data.error, _Error):
        return Said(message=data.error or data.message or "", retry_after=retry_after)
    details = data.error.details or _Details()
    fields = (f"{one.field}: {one.message}" for one in details.errors[:_MOST_FIELDS])
    return Said(
        message="; ".join(filter(None, (data.error.message, *fields))),
        available=number(details.available),
        required=number(details.required),
        retry_after=retry_after,
    )


def error_of(status: int, said: Said, scrub: Scrub, *, buys: bool) -> ReviewDidNotHappen:
    """Our error for an answer that is not a success.

    Only where it `buys` a task there may be too few credits or too much to send, and nothing has been bought.
    """
    line = " ".join(escaping.visible(scrub(said.message)).split())
    words = f" It says: “{escaping.truncate(line, QUOTED_CHARACTERS, '…')}”" if line else ""
    match status:
        case 402 if buys:
            return OverBudget(_funds(said), hint=_ADD_CREDITS)
        case 413 if buys:
            return PayloadTooLarge(f"CodeVF takes no request of this size (HTTP 413).{words}", hint=_SMALLER)
        case _ if status in _PASSING or status >= _SERVER_ERRORS:
            return ServiceUnreachable(f"{_TROUBLE.get(status, _OWN_TROUBLE)} (HTTP {status}).{words}", hint=_LATER)
        case _:
            what, hint = _REFUSALS.get(status, _REDIRECT if status < _CLIENT_ERRORS else _OTHER_REFUSAL)
            return ServiceRefused(f"{what} (HTTP {status}).{words}", hint=hint, status=status)


def error_of_fault(fault: Fault, kind: str) -> ServiceUnreachable:
    """Our error for a request that got no usable answer; `kind` is the name of what happened, for a bug report."""
    what, hint = _FAULTS[fault]
    return ServiceUnreachable(f"{what} ({kind}).", hint=hint)


def number(value: object) -> Decimal | None:
    """A number that can be meant, given as such or as text: to write out `1e99999999` would take for ever."""
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
    """A wait that can be meant: not negative, at most a day."""
    read = _finite(value)
    if read is None or read < 0:
        return None
    return min(_LONGEST_WAIT, float(read)) if math.isfinite(float(read)) else _LONGEST_WAIT


def _funds(said: Said) -> str:
    if said.available is None or said.required is None:
        return "The CodeVF account does not cover what this task would hold (HTTP 402)."
    return (
        f"The CodeVF account does not cover what this task would hold (HTTP 402): "
        f"{formatting.number(said.available)} credits are available, {formatting.number(said.required)} are required."
    )


# --- Words ------------------------------------------------------------------------------------------------------------

_CLIENT_ERRORS = 400
_SERVER_ERRORS = 500
_PASSING = (408, 429)

_ADD_CREDITS = "Add credits to the account, or lower `max-credits`, `mode` or `expertise`. Nothing was bought."
_SMALLER = "Narrow `paths` in the config file. Nothing was bought."
_LATER = "This usually passes. Run it again: what was bought already is found and not bought twice."
_KEY = (
    "CodeVF does not accept the API key",
    "It may be mistyped or revoked: the secret behind `codevf-api-key`, or CODEVF_API_KEY. The dashboard makes keys.",
)
_REFUSALS = {
    400: (
        "CodeVF finds the request wrong",
        "Usually it does not take `mode` with `max-credits`, or `expertise`. Are they right? Then please report a bug.",
    ),
    401: _KEY,
    403: _KEY,
    404: (
        "CodeVF does not know what was asked for",
        "A task or a project may belong to another account: did the key change? Otherwise check `codevf-url`.",
    ),
    409: (
        "CodeVF finds the request in conflict with an earlier one",
        "Either another API key bought this review within a day, or a task to be cancelled has ended already.",
    ),
}
_OTHER_REFUSAL = ("CodeVF refused the request", "Check `codevf-url`; if it is right, please report this as a bug.")
_REDIRECT = (
    "CodeVF points to another address, which is not followed, since the key would go along",
    "Check `codevf-url`: it should be the API's own address, with https.",
)
_OWN_TROUBLE = "CodeVF has trouble of its own"
_TROUBLE = {408: "CodeVF gave up waiting for the request", 429: "CodeVF asks for fewer requests"}
_FAULTS = {
    Fault.CONNECTION: ("CodeVF cannot be reached", f"Check the network, the proxy and `codevf-url`. {_LATER}"),
    Fault.TIMEOUT: ("CodeVF did not answer in time", _LATER),
    Fault.UNREADABLE: ("CodeVF answered with something that is not JSON", f"Check `codevf-url`. {_LATER}"),
    Fault.UNTRUSTED: (
        "The certificate of CodeVF's address is not trusted",
        "Behind a company's proxy, name its certificates in `SSL_CERT_FILE`; otherwise check `codevf-url`.",
    ),
}
