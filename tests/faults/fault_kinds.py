"""Faults by name, for the fault layer of either service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from reviewbot_sandbox.faults import Drip, DropBefore, DropMiddle, Fault, Garbage, Reply

Made = Callable[[], Fault]
"""Created on use, because some contain the current time."""

HTML = (("Content-Type", "text/html"),)
PAGE = b"<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"
TEN_MEGABYTES = 10_000_001


def json_reply(status: int, body: object, **headers: str) -> Reply:
    """Return a JSON response; underscores in header names become hyphens."""
    given = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(status, given, json.dumps(body).encode())


def _always(fault: Fault) -> Made:
    return lambda: fault


BROKEN: Mapping[str, Made] = {
    "hung up before": _always(DropBefore()),
    "reset in the body": _always(DropMiddle(reset=True)),
    "closed in the body": _always(DropMiddle()),
    "500": _always(Reply(500)),
    "502 with a page": _always(Reply(502, HTML, PAGE)),
    "503 with a wait": _always(Reply(503, (("Retry-After", "2"),), b"{}")),
    "504": _always(Reply(504)),
    "a slow drip": _always(Drip(1, 0.05)),
}
"""No usable response: reads are retried, writes read the current state first."""

STRANGE: Mapping[str, Made] = {
    "garbage": _always(Garbage()),
    "a page instead of JSON": _always(Reply(200, HTML, PAGE)),
}
"""Success responses that cannot be parsed, handled like lost ones."""

MISSHAPEN: Mapping[str, Made] = {
    "a list instead of an object": _always(json_reply(200, [])),
    "an object without what was asked for": _always(json_reply(200, {"message": {"text": ["hello"]}})),
    "ten megabytes": _always(Reply(200, body=b'{"text": "' + b"x" * TEN_MEGABYTES + b'"}')),
}
"""Success responses with an unexpected shape, which a retry would repeat."""


def _limit(status: int, message: str, errors: object = None, **headers: str) -> Reply:
    return json_reply(status, {"message": message, **({} if errors is None else {"errors": errors})}, **headers)


def _spent() -> Fault:
    reset = str(int(time.time()) + 1)
    return _limit(403, "API rate limit exceeded", x_ratelimit_remaining="0", x_ratelimit_reset=reset)


SECONDARY = "You have exceeded a secondary rate limit"
GITHUB_LIMITS: Mapping[str, Made] = {
    "429 with seconds": _always(_limit(429, "slow down", retry_after="7")),
    "429 with nothing": _always(_limit(429, "slow down")),
    "403 secondary with seconds": _always(_limit(403, SECONDARY, retry_after="7")),
    "403 secondary with nothing": _always(_limit(403, SECONDARY)),
    "403 primary with the time of day": _spent,
    "422 abuse": _always(_limit(422, "Validation Failed", [{"resource": "Issue", "code": "abuse", "field": "base"}])),
}
GITHUB_LIMITS_FOR_LONG: Mapping[str, Made] = {
    "429 for an hour": _always(_limit(429, "slow down", retry_after="3600")),
    "429 for a minute, again and again": _always(_limit(429, "slow down")),
}


def _date() -> Fault:
    return json_reply(
        429, {"error": "slow"}, Retry_After=format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    )


CODEVF_LIMITS: Mapping[str, Made] = {
    "429 with seconds in the body": _always(
        json_reply(429, {"error": {"code": "RATE_LIMITED"}, "meta": {"retry_after": 60}})
    ),
    "429 with seconds in the header": _always(json_reply(429, {"error": "slow"}, Retry_After="45")),
    "429 with a date": _date,
    "429 with nothing": _always(json_reply(429, {"error": "slow"})),
    "408": _always(json_reply(408, {"error": "slow"})),
}

REFUSALS: Mapping[str, Made] = {
    "400": _always(json_reply(400, {"message": "Problems parsing JSON", "error": "invalid"})),
    "401": _always(json_reply(401, {"message": "Bad credentials", "error": "unauthorized"})),
    "402": _always(json_reply(402, {"message": "Pay", "error": {"code": "INSUFFICIENT_CREDITS"}})),
    "403": _always(json_reply(403, {"message": "Resource not accessible by integration", "error": "forbidden"})),
    "404": _always(json_reply(404, {"message": "Not Found", "error": "not found"})),
    "406": _always(
        json_reply(
            406, {"message": "Sorry", "errors": [{"resource": "PullRequest", "field": "diff", "code": "too_large"}]}
        )
    ),
    "409": _always(json_reply(409, {"message": "Conflict", "error": {"code": "idempotency_conflict"}})),
    "413": _always(json_reply(413, {"message": "Too large", "error": "too large"})),
    "422": _always(json_reply(422, {"message": "Unprocessable Entity", "errors": ["line must be part of the diff"]})),
}


def _coded(status: int, code: str) -> Made:
    return _always(json_reply(status, {"error": {"code": code, "message": "No."}}))


CODEVF_REFUSALS: Mapping[str, Made] = {
    "400 invalid_schema": _coded(400, "invalid_schema"),
    "400 attachment_too_large": _coded(400, "attachment_too_large"),
    "400 attachment_limit_exceeded": _coded(400, "attachment_limit_exceeded"),
    "400 max_credits_exceeded": _coded(400, "max_credits_exceeded"),
    "400 invalid_metadata": _coded(400, "invalid_metadata"),
    "401 token_expired": _coded(401, "token_expired"),
}
"""Refusals of CodeVF whose code says more than the status."""

ACCEPTED_ON_RETRY: Mapping[str, Made] = {
    "400 attachment_too_large, then not": CODEVF_REFUSALS["400 attachment_too_large"],
}
"""Refusals of a task that CodeVF accepts with less."""
