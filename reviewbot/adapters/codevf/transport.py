"""Send requests to CodeVF one at a time, with retries until a deadline. The key never appears in an error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from random import Random
from typing import Self

import httpx
from msgspec import Struct

from reviewbot.adapters.codevf import errors
from reviewbot.adapters.codevf.errors import Fault, error_of, error_of_fault, read_error, seconds
from reviewbot.adapters.codevf.urls import check_base_url, refuse_inner
from reviewbot.adapters.tls import trusted
from reviewbot.domain.codevf.polling import MIN_SPACING, moment, retry_delay
from reviewbot.domain.model.urls import is_loopback
from reviewbot.domain.text.strict_json import JsonMismatch, parse
from reviewbot.errors import ReviewDidNotHappen, ServiceError, ServiceUnreachable, SettingsError
from reviewbot.ports import Clock
from reviewbot.settings.readers import Secret
from reviewbot.values import replace

TIMEOUT = httpx.Timeout(10.0, connect=3.0, read=10.0, write=30.0)
"""The timeouts of a request's steps in seconds."""

WHOLE_RESPONSE = 60.0
"""The time limit in seconds for reading one response."""

RESPONSE_BYTES = 10_000_000


OnRetry = Callable[[ReviewDidNotHappen, float], None]
"""A function called before a retry with the error of the failed request and the wait in seconds."""


class Access(Struct, frozen=True):
    """How to reach CodeVF. `proxy`, which may contain a password, is not used for a loopback URL."""

    base_url: str
    key: Secret
    ssl_file: str | None = None
    proxy: str | None = None


class Response(Struct, frozen=True):
    """A response with any status. `retry_after` is in seconds. `json` is the parsed body if requested."""

    status: int
    body: bytes
    content_type: str
    retry_after: float | None
    json: object = None


class Request(Struct, frozen=True):
    """An HTTP request. `limit` is the response's maximum size in bytes. `buys` means that the request creates a task.

    `public` means to refuse private IP addresses. With a proxy, there is no check, because the proxy resolves the host
    name.
    """

    method: str
    url: httpx.URL
    payload: object = None
    with_key: bool = True
    json_response: bool = True
    limit: int = RESPONSE_BYTES
    public: bool = False
    buys: bool = False


class _Failure(Struct, frozen=True):
    """A failed attempt. `is_rejected` means that CodeVF certainly did not execute the request."""

    error: ReviewDidNotHappen
    is_temporary: bool
    retry_after: float | None = None
    is_rejected: bool = False


class Transport:
    """Sends requests, and retries them until `deadline`, a monotonic time in seconds.

    The first attempt is made even after the deadline, so that a task can be cancelled.

    Raises:
        SettingsError: the URL, the key, the proxy or the certificate file is invalid.
    """

    def __init__(
        self, access: Access, clock: Clock, deadline: float, rng: Random, on_retry: OnRetry | None = None
    ) -> None:
        self.base = check_base_url(access.base_url)
        self._key = access.key
        self._clock = clock
        self.deadline = deadline
        self._rng = rng
        self._on_retry = on_retry
        self._next_at = float("-inf")
        self._proxy = None if is_loopback(str(self.base)) else access.proxy
        self._http = _open(access, self._proxy)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def send(self, request: Request) -> Response:
        """Send a request, and retry until the deadline if the failure may be temporary.

        If the retry of a purchase is rejected, raise the earlier error, because that request may have created a task.
        """
        attempt, unclear = 0, None
        while True:
            attempt += 1
            outcome = self._once(request)
            if isinstance(outcome, Response):
                return outcome
            delay = retry_delay(attempt, outcome.retry_after, self._rng) if outcome.is_temporary else None
            if delay is None or self._clock.monotonic() + delay >= self.deadline:
                raise unclear or outcome.error
            if request.buys and not outcome.is_rejected:
                unclear = outcome.error
            if self._on_retry:
                self._on_retry(outcome.error, delay)
            self._clock.sleep(delay)

    def scrub(self, text: str) -> str:
        return text.replace(self._key.reveal(), "***")

    def _once(self, request: Request) -> Response | _Failure:
        if (early := self._next_at - self._clock.monotonic()) > 0:
            self._clock.sleep(early)
        try:
            response = self._exchange(request)
        except httpx.HTTPError as error:
            fault, cause = fault_of(error), cause_of(error)
            failed = error_of_fault(fault, f"{request.url.host}: {cause}" if cause else request.url.host)
            is_unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            return _Failure(failed, is_temporary=fault is not errors.UNTRUSTED, is_rejected=is_unsent)
        finally:
            self._next_at = self._clock.monotonic() + MIN_SPACING
        return self._judge(request, response)

    def _exchange(self, request: Request) -> Response:
        body = bytearray()
        content = None if request.payload is None else _encoded(request.payload)
        # With a proxy, the connection leads to the proxy, which resolves the name itself.
        watch = {"trace": refuse_inner} if request.public and self._proxy is None else {}
        with self._http.stream(
            request.method, request.url, content=content, headers=self._headers(request), extensions=watch
        ) as response:
            give_up = self._clock.monotonic() + WHOLE_RESPONSE
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > request.limit:
                    raise ServiceError(f"CodeVF's response is larger than {request.limit:,} bytes.", hint=_REPORT)
                if self._clock.monotonic() > give_up:
                    raise httpx.ReadTimeout("the response is too slow")
        return Response(
            response.status_code,
            # The service may echo the key.
            bytes(body).replace(self._key.reveal().encode(), b"***"),
            response.headers.get("content-type", "").partition(";")[0].strip().lower(),
            self._retry_after(response.headers),
        )

    def _headers(self, request: Request) -> dict[str, str]:
        headers = {"Accept": "application/json" if request.json_response else "*/*", "Accept-Encoding": "identity"}
        if request.with_key:
            headers["Authorization"] = f"Bearer {self._key.reveal()}"
        if request.payload is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Return the wait in seconds from `Retry-After` (RFC 9110, 10.2.3).

        A date is relative to the `Date` header, or else to this machine's clock.
        """
        header = headers.get("retry-after", "")
        if (given := seconds(header)) is not None:
            return given
        until, now = moment(header), moment(headers.get("date", "")) or self._clock.now()
        return None if until is None else seconds(max(0.0, (until - now).total_seconds()))

    def _judge(self, request: Request, response: Response) -> Response | _Failure:
        if response.status not in range(200, 300):
            content = read_error(response.body)
            error = error_of(response.status, content, self.scrub, buys=request.buys)
            # Both the body and the header may contain a wait. Use the longer one.
            wait = max(content.retry_after or 0, response.retry_after or 0)
            is_rejected = response.status in range(300, 500) and response.status != HTTPStatus.REQUEST_TIMEOUT
            return _Failure(error, isinstance(error, ServiceUnreachable), wait, is_rejected)
        if not request.json_response:
            return response
        try:
            return replace(response, json=parse(response.body))
        except JsonMismatch:
            return _Failure(error_of_fault(errors.UNREADABLE, f"HTTP {response.status}"), is_temporary=True)


_REPORT = "If `codevf-url` is correct, report this as a bug."


_ERRNO = re.compile(r"\[Errno -?\d+\] (?P<cause>[A-Za-z ]+)")


def cause_of(error: httpx.HTTPError) -> str:
    """Return the operating system's reason for a failed connection. Other errors may contain what a server sent."""
    found = _ERRNO.fullmatch(str(error)) if isinstance(error, httpx.ConnectError) else None
    return found["cause"].lower() if found else ""


def fault_of(error: httpx.HTTPError) -> Fault:
    if isinstance(error, httpx.TimeoutException):
        return errors.TIMEOUT
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return errors.UNTRUSTED
    if isinstance(error, httpx.DecodingError):
        return errors.UNREADABLE
    return errors.CONNECTION


def _encoded(payload: object) -> bytes:
    """Encode as UTF-8 JSON. `backslashreplace` writes a lone surrogate as its JSON escape."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _open(access: Access, proxy: str | None) -> httpx.Client:
    if not re.fullmatch("[!-~]+", access.key.reveal()):
        # Check the key here, because httpx's error would contain it.
        what = "contains whitespace or invalid characters"
        raise SettingsError.of("codevf-api-key", what, "the key exactly as CodeVF issued it")
    verify = trusted(access.ssl_file)
    try:
        return httpx.Client(verify=verify, proxy=proxy, timeout=TIMEOUT, trust_env=False, follow_redirects=False)
    except (ValueError, httpx.InvalidURL):
        raise SettingsError.of("environment `HTTPS_PROXY`", "invalid proxy URL", "http://host:port") from None
