"""The CodeVF adapter against a server with scripted responses: every failure becomes one of reviewbot's errors."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random

import httpx
import pytest

from reviewbot.adapters.codevf import Access, CodeVF
from reviewbot.adapters.codevf.errors import QUOTED_CHARACTERS, TIMEOUT, UNTRUSTED
from reviewbot.adapters.codevf.transport import RESPONSE_BYTES, fault_of
from reviewbot.domain.codevf.polling import MAX_ATTEMPTS
from reviewbot.domain.model.review import Attachment, Mode, Submission, TaskStatus
from reviewbot.errors import (
    OverBudget,
    PayloadTooLarge,
    ReviewbotError,
    ReviewDidNotHappen,
    ServiceError,
    ServiceRefused,
    ServiceUnreachable,
    SettingsError,
    leaves_no_task,
)
from reviewbot.settings.readers import Secret
from tests.contract.vendor import complaints

KEY = "cvf_test_0123456789"
START = datetime(2026, 11, 1, tzinfo=UTC)
TASK = {"id": "task_1", "status": "pending", "mode": "fast", "maxCredits": 240, "createdAt": "2026-11-01T00:00:00Z"}
SUBMISSION = Submission(
    prompt="Review this change, please. A lone \udcff.",
    project_id=7,
    max_credits=240,
    mode=Mode.FAST,
    tag_id=None,
    metadata={},
    idempotency_key="7f8d2c3a-5b1e-4d6f-9a0b-1c2d3e4f5a6b",
    attachments=(Attachment("change.diff", "ünïcode"),),
    response_schema={"type": "object"},
)


class ManualClock:
    """A clock on which sleeping only advances the time and is recorded."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass(frozen=True)
class Reply:
    """One response; `drop` closes the connection instead."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


def said(status: int, body: object, **headers: str) -> Reply:
    return Reply(status, json.dumps(body).encode(), {name.replace("_", "-"): text for name, text in headers.items()})


@dataclass
class Service:
    """A server that gives the replies in order and repeats the last one."""

    replies: list[Reply]
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> Reply:
        with self.lock:
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): text for name, text in self.headers.items()}
            service.seen.append((self.command, self.path, headers, body))
            reply = service.take()
            if reply.drop:
                self.connection.close()
                return
            self.send_response_only(reply.status)  # without a `Date` header
            for name, text in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(reply.body)

        do_POST = do_GET  # noqa: N815 — the standard library's name

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    return Handler


@pytest.fixture(name="service")
def service_fixture() -> Iterator[Service]:
    service = Service([said(200, TASK)])
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(service)) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that hangs up is no news
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        service.url = f"http://127.0.0.1:{server.server_port}/api/v1/"
        yield service
        server.shutdown()
        thread.join(10)
    asked = [(method, path, body) for method, path, _, body in service.seen if "/files/" not in path]
    assert not [said for request in asked for said in complaints(*request)]


@pytest.fixture(name="clock")
def clock_fixture() -> ManualClock:
    return ManualClock()


def connect(service: Service, clock: ManualClock, deadline: float = 1000.0, **access: object) -> CodeVF:
    return CodeVF(Access(service.url, Secret(KEY), **access), clock, deadline, Random(1))  # type: ignore[arg-type]  # noqa: S311 — jitter


NESTED = {
    "error": {"code": "INSUFFICIENT_CREDITS", "message": "No.", "details": {"available": 600.5, "required": 3000}}
}


def coded(code: str) -> dict[str, object]:
    """Return an error with a code."""
    return {"error": {"code": code, "message": "No."}}


def listed(code: str) -> dict[str, object]:
    """Return an error whose field has a code."""
    fields = [{"field": "x", "message": "bad", "code": code}]
    return {"error": {"code": "invalid_request", "message": "Validation failed", "details": {"errors": fields}}}


def odd(details: object, **others: object) -> dict[str, object]:
    """Return an error whose details, or another field, have another form than documented."""
    return {"error": {"code": "invalid_schema", "message": "Bad", "details": details}, **others}


FIELDS = {
    "error": {
        "code": "INVALID_REQUEST",
        "message": "Validation failed",
        "details": {"errors": [{"field": "prompt", "message": "too short"}, {"field": "mode", "message": "unknown"}]},
    }
}


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (400, FIELDS, ServiceRefused, "Validation failed; prompt: too short; mode: unknown"),
        (400, {"error": "flat text", "status": 400}, ServiceRefused, "flat text"),
        (400, {"message": "bare"}, ServiceRefused, "bare"),
        (401, {"error": {"code": "UNAUTHORIZED", "message": "Invalid"}}, ServiceRefused, "API key"),
        (403, {"error": {"message": "Forbidden"}}, ServiceRefused, "API key"),
        (402, NESTED, OverBudget, "3,000 are required, but only 600.5 are available"),
        (402, {"error": "no"}, OverBudget, "too few credits"),
        (404, {"error": {"code": "not_found", "message": "Task"}}, ServiceRefused, "did not find"),
        (409, {"error": {"code": "idempotency_conflict", "message": "x"}}, ServiceRefused, "conflict"),
        (413, {"error": "JSON body exceeds 150KB"}, PayloadTooLarge, "150KB"),
        (400, coded("invalid_schema"), ServiceRefused, "response schema"),
        (400, coded("INVALID_SCHEMA"), ServiceRefused, "response schema"),
        (400, listed("invalid_schema"), ServiceRefused, "response schema"),
        (400, odd(["minLength is not allowed"]), ServiceRefused, "“Bad”"),
        (400, odd("minLength is not allowed"), ServiceRefused, "“Bad”"),
        (400, odd({"errors": ["x", {"field": 7, "message": "y", "code": 8}]}), ServiceRefused, "“Bad; y”"),
        (400, odd({}, message=7, meta="now"), ServiceRefused, "“Bad”"),
        (400, coded("attachment_too_large"), PayloadTooLarge, "An attachment is too large"),
        (400, listed("attachment_too_large"), PayloadTooLarge, "An attachment is too large"),
        (400, coded("attachment_limit_exceeded"), PayloadTooLarge, "more attachments than"),
        (400, coded("invalid_metadata"), ServiceRefused, "metadata"),
        (401, coded("token_expired"), ServiceRefused, "API key has expired"),
        (403, coded("TOKEN_EXPIRED"), ServiceRefused, "API key has expired"),
        (400, coded("max_credits_exceeded"), OverBudget, "`max-credits` is higher than"),
        (402, coded("max_credits_exceeded"), OverBudget, "`max-credits` is higher than"),
        (400, coded("another"), ServiceRefused, "invalid"),
        (418, {"error": None}, ServiceRefused, "refused"),
        (301, {}, ServiceRefused, "another URL"),
        (307, [], ServiceRefused, "another URL"),
    ],
)
def test_a_refusal_raises_reviewbots_own_error_and_is_not_retried(
    service: Service, clock: ManualClock, status: int, body: object, error: type[ReviewbotError], words: str
) -> None:
    service.replies = [said(status, body, Location="http://127.0.0.1:1/")]
    with connect(service, clock) as codevf, pytest.raises(error) as caught:
        codevf.create(SUBMISSION)
    assert words in caught.value.message
    assert str(status) in caught.value.message
    assert caught.value.hint
    assert len(service.seen) == 1


def test_a_rate_limit_that_is_reported_as_an_invalid_request_is_waited_for(
    service: Service, clock: ManualClock
) -> None:
    limited = {**coded("rate_limit_exceeded"), "meta": {"retry_after": 60}}
    service.replies = [said(400, limited), said(200, TASK)]
    with connect(service, clock) as codevf:
        codevf.create(SUBMISSION)
    assert len(service.seen) == 2
    assert max(clock.slept) >= 60
    service.replies = [said(400, coded("RATE_LIMIT_EXCEEDED"))] * 9
    with connect(service, clock) as codevf, pytest.raises(ServiceUnreachable, match="rate limit is exceeded") as caught:
        codevf.create(SUBMISSION)
    assert "(HTTP 400, `rate_limit_exceeded`)" in caught.value.message


@pytest.mark.parametrize("refusal", [402, 403, 404, 409, 413])
@pytest.mark.parametrize("first", [Reply(504), Reply(drop=True), Reply(200, b"{")], ids=["504", "no response", "cut"])
def test_a_refused_retry_of_a_purchase_does_not_say_that_there_is_no_task(
    service: Service, clock: ManualClock, first: Reply, refusal: int
) -> None:
    service.replies = [first, said(refusal, {})]
    with connect(service, clock) as codevf, pytest.raises(ServiceUnreachable) as caught:
        codevf.create(SUBMISSION)
    assert not leaves_no_task(caught.value), "the first request may have created it"
    assert len(service.seen) == 2
    service.replies = [said(429, {}), said(402, {})]
    with connect(service, clock) as codevf, pytest.raises(OverBudget):
        codevf.create(SUBMISSION)


@pytest.mark.parametrize("status", [402, 413])
def test_a_refused_lookup_does_not_say_that_nothing_was_bought(
    service: Service, clock: ManualClock, status: int
) -> None:
    service.replies = [said(status, {"error": "no"})]
    with connect(service, clock) as codevf:
        for ask in (lambda: codevf.retrieve("task_1"), lambda: codevf.deliverable("/files/1")):
            with pytest.raises(ServiceRefused) as caught:
                ask()
            assert "Nothing was bought" not in caught.value.hint


@pytest.mark.parametrize("code", ["attachment_too_large", "max_credits_exceeded"])
def test_a_code_of_a_purchase_is_a_plain_refusal_elsewhere(service: Service, clock: ManualClock, code: str) -> None:
    service.replies = [said(400, coded(code))]
    with connect(service, clock) as codevf, pytest.raises(ServiceRefused, match="as invalid"):
        codevf.retrieve("task_1")


def test_a_code_in_a_server_error_is_ignored(service: Service, clock: ManualClock) -> None:
    service.replies = [said(503, coded("invalid_schema"))]
    with connect(service, clock) as codevf, pytest.raises(ServiceUnreachable):
        codevf.create(SUBMISSION)


def test_a_refusal_reports_status_and_code(service: Service, clock: ManualClock) -> None:
    service.replies = [said(400, FIELDS)]
    with connect(service, clock) as codevf, pytest.raises(ServiceRefused) as caught:
        codevf.balance()
    assert caught.value.status == 400


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_temporary_error_is_retried_with_the_same_key(service: Service, clock: ManualClock, status: int) -> None:
    page = Reply(status, b"<html><h1>Bad gateway</h1></html>", {"Content-Type": "text/html"})
    service.replies = [page, Reply(drop=True), page, said(201, TASK)]
    with connect(service, clock) as codevf:
        task = codevf.create(SUBMISSION)
    assert (task.id, task.status) == ("task_1", TaskStatus.PENDING)
    assert len(service.seen) == 4
    assert len({body for _, _, _, body in service.seen}) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(503, b"<html>"),
        Reply(drop=True),
        Reply(200, b"<html>"),
        Reply(200, b"{"),
        Reply(200, b'{"id": NaN}'),
        Reply(200, b"[" * 100_000),
        Reply(200, b"\xff"),
        Reply(200, b"x", {"Content-Length": "100"}),
        Reply(200, b"{}", {"Content-Encoding": "gzip"}),
    ],
)
def test_after_retries_it_is_unknown_whether_a_task_exists(service: Service, clock: ManualClock, reply: Reply) -> None:
    service.replies = [reply]
    with connect(service, clock) as codevf, pytest.raises(ServiceUnreachable) as caught:
        codevf.create(SUBMISSION)
    assert len(service.seen) == MAX_ATTEMPTS
    assert "html" not in caught.value.message


def test_nothing_is_retried_after_the_deadline(service: Service, clock: ManualClock) -> None:
    service.replies = [said(429, {"error": {"message": "slow"}, "meta": {"retry_after": 60}})]
    with connect(service, clock, deadline=130.0) as codevf, pytest.raises(ServiceUnreachable):
        codevf.balance()
    assert len(service.seen) == 3
    assert clock.seconds <= 130


def test_the_next_review_of_a_shared_client_has_its_own_deadline(service: Service, clock: ManualClock) -> None:
    service.replies = [said(429, {"error": {"message": "slow"}}), said(200, {})]
    with connect(service, clock, deadline=-1.0) as codevf:
        codevf.deadline = 130.0
        codevf.cancel("task_1")
    assert len(service.seen) == 2


def test_the_first_request_is_made_even_after_the_deadline(service: Service, clock: ManualClock) -> None:
    service.replies = [Reply(204)]
    with connect(service, clock, deadline=-1.0) as codevf:
        codevf.cancel("task_1")
    assert service.seen[0][:2] == ("POST", "/api/v1/tasks/task_1/cancel")


@pytest.mark.parametrize(
    ("meta", "header", "waits"),
    [
        ({"retry_after": 60}, "", 60),
        ({"retry_after": "45"}, "5", 45),
        ({}, "30", 30),
        ({}, format_datetime(START + timedelta(seconds=90), usegmt=True), 90),
        ({"retry_after": 1e9}, "", 86_400),
        ({"retry_after": -5}, "soon", 0),
        ({"retry_after": True}, "Sun, 01 Nov 2026 00:01:00 -0000", 0),
        ({"retry_after": "1e9999"}, "inf", 86_400),
    ],
)
def test_the_requested_wait_is_respected(
    service: Service, clock: ManualClock, meta: object, header: str, waits: float
) -> None:
    service.replies = [said(429, {"error": "slow", "meta": meta}, Retry_After=header), said(200, TASK)]
    with connect(service, clock, deadline=1e6) as codevf:
        codevf.retrieve("task_1")
    assert waits <= sum(clock.slept) < max(waits, 2) + 1


def test_a_date_is_read_by_the_services_own_clock(service: Service, clock: ManualClock) -> None:
    times = {"Retry_After": START + timedelta(days=400, seconds=50), "Date": START + timedelta(days=400)}
    headers = {name: format_datetime(when, usegmt=True) for name, when in times.items()}
    service.replies = [said(429, {"error": "slow"}, **headers), said(200, TASK)]
    with connect(service, clock) as codevf:
        codevf.retrieve("task_1")
    assert 50 <= sum(clock.slept) < 51


def test_a_polling_hint_is_returned(service: Service, clock: ManualClock) -> None:
    service.replies = [said(200, TASK, Retry_After="12")]
    with connect(service, clock) as codevf:
        assert codevf.retrieve("task_1").retry_after == 12


def test_at_most_one_request_a_second(service: Service, clock: ManualClock) -> None:
    with connect(service, clock) as codevf:
        for _ in range(5):
            codevf.retrieve("task_1")
    assert clock.seconds == pytest.approx(4)


@pytest.mark.parametrize("status", [400, 404, 413, 503, 401])
def test_no_error_contains_the_key(service: Service, clock: ManualClock, status: int) -> None:
    echo = "x" * (QUOTED_CHARACTERS - 10) + f" Bearer {KEY} and \\u0063vf_test_0123456789 \x1b[31m"
    service.replies = [said(status, {"error": {"code": KEY, "message": echo}})]
    with connect(service, clock, deadline=0.0) as codevf, pytest.raises(ReviewDidNotHappen) as caught:
        codevf.balance()
    text = f"{caught.value!r} {caught.value.message} {caught.value.hint} {vars(caught.value)}"
    assert KEY[:12] not in text
    assert "\x1b" not in text
    assert len(caught.value.message) < QUOTED_CHARACTERS + 200


def test_a_key_in_escapes_is_found_after_decoding(service: Service, clock: ManualClock) -> None:
    escaped = KEY.replace("c", "\\u0063", 1)
    service.replies = [Reply(400, f'{{"error": "{escaped}"}}'.encode())]
    with connect(service, clock) as codevf, pytest.raises(ServiceRefused) as caught:
        codevf.balance()
    assert "“***”" in caught.value.message


def test_an_echoed_key_does_not_reach_the_result(service: Service, clock: ManualClock) -> None:
    service.replies = [said(200, {**TASK, "status": "completed", "result": {"summary": f"your key is {KEY}"}})]
    with connect(service, clock) as codevf:
        assert codevf.retrieve("task_1").result == {"summary": "your key is ***"}


def test_an_endless_response_is_aborted(service: Service, clock: ManualClock) -> None:
    service.replies = [Reply(200, b"1" * (RESPONSE_BYTES + 1))]
    with connect(service, clock) as codevf, pytest.raises(ServiceError, match="larger than 10,000,000 bytes"):
        codevf.balance()
    assert len(service.seen) == 1


class FastClock(ManualClock):
    """A clock that advances one minute per call."""

    def monotonic(self) -> float:
        self.seconds += 61
        return self.seconds


def test_a_slow_response_times_out(service: Service) -> None:
    with connect(service, FastClock(), deadline=0.0) as codevf, pytest.raises(ServiceUnreachable, match="in time"):
        codevf.balance()


def test_a_missing_server_is_unreachable(clock: ManualClock) -> None:
    with connect(Service([], url="http://127.0.0.1:9/"), clock) as codevf, pytest.raises(ServiceUnreachable) as caught:
        codevf.balance()
    assert "cannot reach" in caught.value.message


def test_a_submission_is_sent_as_documented(service: Service, clock: ManualClock) -> None:
    with connect(service, clock) as codevf:
        codevf.create(SUBMISSION)
    method, path, headers, body = service.seen[0]
    assert (method, path) == ("POST", "/api/v1/tasks/create")
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {
        "prompt": "Review this change, please. A lone \udcff.",
        "projectId": 7,
        "maxCredits": 240,
        "mode": "fast",
        "idempotencyKey": "7f8d2c3a-5b1e-4d6f-9a0b-1c2d3e4f5a6b",
        "attachments": [{"fileName": "change.diff", "mimeType": "text/plain", "content": "ünïcode"}],
        "responseSchema": {"type": "object"},
    }
    assert b"\\udcff" in body


@pytest.mark.parametrize("task_id", ["", "..", ".", "a/b", "a?b", "a b", "x" * 201, "a\n", "é"])
def test_a_task_id_cannot_change_the_requested_path(service: Service, clock: ManualClock, task_id: str) -> None:
    with connect(service, clock) as codevf, pytest.raises(ServiceRefused):
        codevf.retrieve(task_id)
    assert service.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "http://codevf.com/api/v1/",
        "ftp://codevf.com/",
        "https://",
        "",
        "codevf.com",
        "https://user@codevf.com/",
        "https://codevf.com/?a=b",
        "https://codevf.com/#a",
        "https://evil.example\\@codevf.com/",
        "http://127.0.0.1.evil.example/",
        "http://localhost@evil.example/",
        "https://[::1/",
        "https://codevf.com:port/",
        "http://127.1/",
    ],
)
def test_a_key_is_sent_only_over_tls_or_loopback(clock: ManualClock, url: str) -> None:
    with pytest.raises(SettingsError, match="nothing was sent"):
        connect(Service([], url=url), clock)


@pytest.mark.parametrize(
    "url", ["https://codevf.com/api/v1", "http://localhost:1/", "http://[::1]:1/", "http://127.9.9.9/"]
)
def test_https_and_loopback_are_accepted(clock: ManualClock, url: str) -> None:
    with connect(Service([], url=url), clock):
        pass


@pytest.mark.parametrize("key", ["with blank", "line\nfeed", "cvf_é", "\x00"])
def test_an_invalid_key_is_not_shown(service: Service, clock: ManualClock, key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        CodeVF(Access(service.url, Secret(key)), clock, 1.0, Random(1))  # noqa: S311 — jitter
    assert key not in f"{caught.value} {caught.value.hint}"


def test_an_empty_key_is_refused(service: Service, clock: ManualClock) -> None:
    with pytest.raises(SettingsError, match="nothing was sent"):
        CodeVF(Access(service.url, Secret("")), clock, 1.0, Random(1))  # noqa: S311 — jitter


def test_unreadable_certificates_are_a_settings_error(service: Service, clock: ManualClock) -> None:
    with pytest.raises(SettingsError) as caught:
        connect(service, clock, ssl_file="/nowhere.pem")
    assert "SSL_CERT_FILE" in caught.value.hint


def test_an_invalid_proxy_is_a_settings_error_without_its_password(clock: ManualClock) -> None:
    with pytest.raises(SettingsError) as caught:
        connect(Service([], url="https://codevf.com/"), clock, proxy="nonsense://me:hush@proxy/")
    assert "HTTPS_PROXY" in caught.value.hint
    assert "hush" not in f"{caught.value} {caught.value.hint}"


def test_loopback_needs_no_proxy(service: Service, clock: ManualClock) -> None:
    with connect(service, clock, proxy="http://127.0.0.1:9/") as codevf:
        assert codevf.retrieve("task_1").id == "task_1"


def test_only_the_configured_proxy_is_used(
    service: Service, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"http_proxy": "http://127.0.0.1:9/", "no_proxy": ""}.items():
        monkeypatch.setenv(name, value)
    with connect(service, clock) as codevf:
        assert codevf.retrieve("task_1").id == "task_1"


def test_an_untrusted_certificate_is_not_retried() -> None:
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert fault_of(error) is UNTRUSTED


def _family(kind: type[httpx.HTTPError]) -> Iterator[type[httpx.HTTPError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


@pytest.mark.parametrize("kind", list(_family(httpx.RequestError)))
def test_every_foreign_error_is_translated(kind: type[httpx.RequestError]) -> None:
    fault = fault_of(kind("x"))
    assert (fault is TIMEOUT) == issubclass(kind, httpx.TimeoutException)


FILES = Reply(200, b"\xef\xbb\xbfhello", {"Content-Type": "text/plain; charset=utf-8"})


def test_a_delivered_file_is_read_without_showing_the_key(service: Service, clock: ManualClock) -> None:
    service.replies = [FILES]
    with connect(service, clock) as codevf:
        assert codevf.deliverable("/files/report.md?sig=1") == "hello"
        assert codevf.deliverable(service.url + "files/1") == "hello"
    assert "authorization" not in service.seen[0][2]
    assert service.seen[0][1] == "/files/report.md?sig=1"
    assert service.seen[1][2]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2:9/files/1",
        "https://evil.example/x",
        "//evil.example/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://[",
        "http://\x00/",
    ],
)
def test_a_file_on_another_host_is_not_fetched(service: Service, clock: ManualClock, url: str) -> None:
    with connect(service, clock) as codevf, pytest.raises(ServiceRefused):
        codevf.deliverable(url)
    assert service.seen == []


def test_a_url_with_a_user_is_not_fetched(service: Service, clock: ManualClock) -> None:
    with connect(service, clock) as codevf, pytest.raises(ServiceRefused):
        codevf.deliverable(service.url.replace("127.0.0.1", "me:hush@127.0.0.1") + "files/1")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"GIF89a", {"Content-Type": "image/gif"}),
        Reply(200, b"\xff\xfe", {"Content-Type": "text/plain"}),
        Reply(200, b"a\0b"),
        Reply(200, b"x" * 5_000_001),
        Reply(404, b""),
        Reply(302, b"", {"Location": "https://evil.example/"}),
    ],
)
def test_a_file_that_is_not_text_is_not_read(service: Service, clock: ManualClock, reply: Reply) -> None:
    service.replies = [reply]
    with connect(service, clock) as codevf, pytest.raises(ServiceError):
        codevf.deliverable("/files/1")
    assert len(service.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_receives_the_key_or_the_change(service: Service, clock: ManualClock, status: int) -> None:
    service.replies = [Reply(status, b"", {"Location": f"{service.url}elsewhere"})]
    with connect(service, clock) as codevf:
        for ask in (codevf.balance, lambda: codevf.create(SUBMISSION)):
            with pytest.raises(ReviewDidNotHappen):
                ask()
    assert not [path for _, path, *_ in service.seen if "elsewhere" in path]
