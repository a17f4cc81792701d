"""Send requests to GitHub with PyGithub, translate errors, and retry if that is safe.

A `Client` has one token. A `RepositoryConnection` is the base class of the adapters for one repository.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from copy import copy
from functools import cached_property
from http import HTTPStatus
from random import SystemRandom
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

from github import Auth, Github
from msgspec import Struct

from reviewbot.adapters.github.connection import RESPONSE_BYTES, Connection, TooLong
from reviewbot.adapters.github.errors import (
    NETWORK,
    Intent,
    RequestFailed,
    RetryPolicy,
    judge,
    judge_graphql,
    judge_network,
    not_json,
    read_reply,
    unusable,
)
from reviewbot.adapters.github.graphql import answers, queries
from reviewbot.adapters.github.graphql.parse import head_check
from reviewbot.adapters.github.rest import GraphQLAnswer, GraphQLError
from reviewbot.adapters.tls import trusted
from reviewbot.domain.codevf.polling import Writes
from reviewbot.domain.github.head_checks import HeadCheck
from reviewbot.domain.text.strict_json import JsonMismatch, convert, parse
from reviewbot.errors import DiffTooLarge, ForgeError, ForgeUnreachable, NotFound, RateLimited
from reviewbot.ports import Clock
from reviewbot.settings.environment import Network

PAGE = 100
"""The number of items per page, which is GitHub's maximum."""

_ATTEMPTS = 5
_RANDOM = SystemRandom()

S = TypeVar("S")
T = TypeVar("T")
Forgives = Callable[[GraphQLError], bool]
Values = dict[str, object]


def collecting_errors(hidden: list[GraphQLError], forgives: Forgives) -> Forgives:
    """Return a function like `forgives` that also appends each forgiven error to `hidden`."""

    def collecting(error: GraphQLError) -> bool:
        forgiven = forgives(error)
        if forgiven:
            hidden.append(error)
        return forgiven

    return collecting


class RetryLimits(Struct, frozen=True):
    """Time limits in seconds, and the callback for retries.

    Attributes:
        read: the time between two received bytes.
        most: the total time that one request waits before retries.
        whole: the total time that all requests spend on failures and waits. Afterward, no request is retried.
        on_retry: called with the error of a failed request and the seconds until the retry.
    """

    connect: float = 3
    read: float = 10
    most: float = 60
    whole: float = 300
    on_retry: Callable[[ForgeError, float], None] | None = None


class Client:
    """A connection to GitHub with one token. The variables `HTTPS_PROXY` and `NO_PROXY` apply.

    The URLs of REST and GraphQL must have the same host. `ssl_file` has the certificates to trust instead of certifi's.
    """

    def __init__(self, token: str, network: Network, clock: Clock, retry_limits: RetryLimits) -> None:
        self._token = token
        self._network = network
        self._clock = clock
        self._retry_limits = retry_limits
        self._left: dict[str, int] = {}
        self._lost = 0.0
        self._writes = Writes()
        self._opened = ExitStack()

    @property
    def requests_left(self) -> int | None:
        """The smallest number of requests left under any rate limit, or None before the first response.

        https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
        """
        return min(self._left.values(), default=None)

    def close(self) -> None:
        self._opened.close()

    # The first request opens the connection, so that a run can report invalid certificates.

    @cached_property
    def _github(self) -> Github:
        network = self._network
        if network.ssl_file:
            trusted(network.ssl_file)  # the package `requests` would report an invalid file as a failed connection
        if urlsplit(network.api_url)[:2] != urlsplit(network.graphql_url)[:2]:
            # PyGithub would send the query to the API's host.
            raise ForgeUnreachable(
                "GitHub's GraphQL URL and API URL have different hosts.",
                hint="Check `GITHUB_API_URL` and `GITHUB_GRAPHQL_URL`.",
            )
        # Disable PyGithub's retries and pauses, which could repeat a successful POST and have no time limit.
        opened = Github(
            auth=Auth.Token(self._token),
            base_url=network.api_url.rstrip("/"),
            user_agent="reviewbot",
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
            api_version="2022-11-28",
        )
        return self._opened.enter_context(closing(opened))

    @cached_property
    def _connection(self) -> Any:  # noqa: ANN401 — has the methods that PyGithub calls
        network, timeout = self._network, (self._retry_limits.connect, self._retry_limits.read)
        return self._opened.enter_context(closing(Connection(network.api_url, timeout, self._clock, network.ssl_file)))

    def get(self, path: str, intent: Intent, kind: type[T], parameters: Values | None = None) -> T:
        return self._send("GET", path, intent, kind, parameters=parameters)[1]

    def pages(self, path: str, intent: Intent, kind: type[T], items: Callable[[T], Iterable[S]],
              parameters: Mapping[str, object] | None = None) -> Iterator[S]:  # fmt: skip
        page, more = 1, True
        while more:
            asked = {**(parameters or {}), "per_page": PAGE, "page": page}
            headers, answer = self._send("GET", path, intent, kind, parameters=asked)
            yield from items(answer)
            page, more = page + 1, 'rel="next"' in headers.get("link", "")

    def write(self, verb: str, path: str, intent: Intent, body: Values | None, kind: type[T]) -> T:
        """Send a write request. Except for DELETE, retry only if GitHub did nothing."""
        self._take_turn()
        return self._send(verb, path, intent, kind, body=body)[1]

    def query(self, document: str, variables: Mapping[str, object], intent: Intent, kind: type[T], *,
              forgives: Forgives = lambda _: False, patient: bool = True) -> T:  # fmt: skip
        """Return the data of a GraphQL query.

        `forgives` returns whether to ignore an error that GitHub reports with the data. If `patient` is False, retry
        only if GitHub did nothing, e.g., because the caller would rather send a smaller query.
        """
        sent: Values = {"query": document, "variables": dict(variables)}

        def exchange() -> T:
            headers, found = self._exchange("POST", self._network.graphql_url, intent, body=sent)
            whole = convert(found, GraphQLAnswer)
            errors = whole.errors or ()
            if not all(map(forgives, errors)):
                raise judge_graphql(errors, headers, intent, self._clock.now(), self._token)
            return convert(whole.data, kind)

        return self._persist(exchange, intent, repeats=patient)

    def mutate(self, document: str, node_id: str, intent: Intent) -> None:
        """Send a GraphQL mutation, and retry only if GitHub did nothing."""
        self._take_turn()
        self.query(document, {"id": node_id}, intent, answers.Done, patient=False)

    def _take_turn(self) -> None:
        """Wait if needed to stay within GitHub's limit of writes per minute."""
        pause, self._writes = self._writes.next(self._clock.monotonic())
        if pause:
            self._clock.sleep(pause)

    def download(self, path: str, accept: str, intent: Intent) -> bytes:
        """Return the bytes at a REST path, or raise `DiffTooLarge` if they exceed `RESPONSE_BYTES`."""

        def exchange() -> bytes:
            try:
                status, _, body = self._request("GET", path, intent, headers={"Accept": accept})
            except TooLong:
                what = f"GitHub's response is larger than {RESPONSE_BYTES:,} bytes. Failed: {intent.doing}."
                raise DiffTooLarge(what) from None
            if status != HTTPStatus.OK:
                raise not_json(intent)
            return body

        return self._persist(exchange, intent, repeats=True)

    def _send(self, verb: str, path: str, intent: Intent, kind: type[T], *,
              parameters: Values | None = None, body: Values | None = None) -> tuple[Mapping[str, str], T]:  # fmt: skip
        def exchange() -> tuple[Mapping[str, str], T]:
            headers, found = self._exchange(verb, path, intent, parameters=parameters, body=body)
            return headers, convert(found, kind)

        return self._persist(exchange, intent, repeats=verb in {"GET", "DELETE"})

    def _exchange(
        self, verb: str, path: str, intent: Intent, *, parameters: Values | None = None, body: Values | None = None
    ) -> tuple[Mapping[str, str], object]:
        _, headers, found = self._request(verb, path, intent, parameters=parameters, input=body)
        try:
            return headers, parse(found.decode("utf-8", "replace") or "null")
        except JsonMismatch:
            raise not_json(intent) from None

    def _request(self, verb: str, path: str, intent: Intent, **asked: Any) -> tuple[int, Mapping[str, str], bytes]:  # noqa: ANN401 — of PyGithub's request
        status, headers, text = self._github.requester.requestJson(verb, path, **asked, cnx=self._connection)
        left = headers.get("x-ratelimit-remaining", "")
        if left.isdecimal():
            self._left[headers.get("x-ratelimit-resource", "")] = int(left)
        body = text.encode("utf-8", "surrogateescape")
        is_write = verb != "GET" and path != self._network.graphql_url  # redirected after a repository is renamed
        if status >= (HTTPStatus.MULTIPLE_CHOICES if is_write else HTTPStatus.BAD_REQUEST):
            raise judge(read_reply(status, headers, body, self._token), intent, self._clock.now())
        return status, headers, body

    def _persist(self, exchange: Callable[[], T], intent: Intent, *, repeats: bool) -> T:
        """Call `exchange`, and retry within the limits. With `repeats`, also retry after a possible success."""
        attempt, waited = 1, 0.0
        while True:
            began = self._clock.monotonic()
            cause: Exception | None = None
            try:
                return exchange()
            except NETWORK as failure:
                failed, cause = judge_network(failure, intent), failure
            except JsonMismatch as mismatch:
                failed = unusable(mismatch, intent)
            except RequestFailed as decision:
                failed = decision
            self._lost += self._clock.monotonic() - began
            # After an outage, the runs of an organization must not all repeat their requests in the same second.
            pause = 2 ** (attempt - 1) * _RANDOM.uniform(0.75, 1.25) if failed.after is None else failed.after
            safe = failed.again is RetryPolicy.ALWAYS or (failed.again is RetryPolicy.READS and repeats)
            fits = waited + pause <= self._retry_limits.most and self._lost + pause <= self._retry_limits.whole
            if not safe or attempt == _ATTEMPTS or not fits:
                if isinstance(failed.error, RateLimited):
                    self._left["refused"] = 0  # a secondary limit has no header
                raise failed.error from cause
            if self._retry_limits.on_retry:
                self._retry_limits.on_retry(failed.error, pause)
            self._clock.sleep(pause)
            attempt, waited, self._lost = attempt + 1, waited + pause, self._lost + pause


# Messages enclose the permission in backticks, so the inner backticks separate permissions. GitHub shows a check's
# workflow only with `actions: read`.
_HEAD_CHECKS = Intent("reading the checks on the head commit", "checks: read`, `statuses: read` and `actions: read")


class RepositoryConnection:
    """A connection to GitHub for one repository, `owner/name`."""

    def __init__(
        self, token: str, repository: str, network: Network, clock: Clock, retry_limits: RetryLimits | None = None
    ) -> None:
        self._calls = Client(token, network, clock, retry_limits or RetryLimits())
        self._bind(repository)

    def _bind(self, repository: str) -> None:
        self.repository = repository
        self._owner, _, self._name = repository.partition("/")
        self._path = f"/repos/{quote(self._owner, safe='')}/{quote(self._name, safe='')}"

    def at(self, repository: str) -> Self:
        """Return a connection to another repository, with the same client and rate limits."""
        other = copy(self)
        other._bind(repository)  # noqa: SLF001 — of this class
        return other

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.close()

    @staticmethod
    def _found(node: T | None, what: str) -> T:
        if node is None:
            raise NotFound(
                f"GitHub cannot find {what}, or the token cannot see it.",
                hint="Check the number. The token needs `contents: read` and `pull-requests: read`.",
            )
        return node

    @property
    def _here(self) -> dict[str, object]:
        return {"owner": self._owner, "name": self._name}

    def _read(self, document: str, variables: Mapping[str, object], intent: Intent, kind: type[T],
              forgives: Forgives = lambda _: False) -> T:  # fmt: skip
        """Return the `repository` in the response, or raise `NotFound` if `repository` is null."""
        whole = answers.InRepository[kind]  # type: ignore[valid-type]  # a type at run time
        data = self._calls.query(document, {**self._here, **variables}, intent, whole, forgives=forgives)
        return self._found(data.repository, f"repository {self.repository}")

    def head_checks(self, commit: str) -> tuple[HeadCheck, ...]:
        """Return the check runs and statuses of a commit. `commit` is a SHA or the full name of a branch."""

        def page(after: str | None) -> answers.Page[answers.Context] | None:
            asked = {"commit": commit, "page": PAGE, "after": after}
            found = self._read(queries.HEAD_CHECKS, asked, _HEAD_CHECKS, answers.CommitChecks)
            rollup = self._found(found.object, f"commit {commit}").status_check_rollup
            return rollup.contexts if rollup else None

        return tuple(map(head_check, items(page)))

    @property
    def requests_left(self) -> int | None:
        return self._calls.requests_left


def items(read: Callable[[str | None], answers.Page[T] | None], page: answers.Page[T] | None = None) -> Iterator[T]:
    """Yield the items of a list, page by page. `page` is the first page, if already read."""
    page = page or read(None)
    while page:
        yield from page.present
        page = read(page.after) if page.after else None
