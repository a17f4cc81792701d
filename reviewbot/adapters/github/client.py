"""Requests to GitHub, each counted, translated, and sent again where that is safe.

PyGithub carries all of them but the raw bytes, which it would decode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TypeVar

import httpx
from github import Github

from reviewbot.adapters.github.answers import Answer
from reviewbot.adapters.github.connection import WHOLE_ANSWER, Bounds, open_github
from reviewbot.adapters.github.error_rules import Intent, RetryPolicy
from reviewbot.adapters.github.errors import BUILTIN, FOREIGN, GraphQLErrors, NotJson, is_foreign, understand
from reviewbot.adapters.tls import trusted
from reviewbot.domain.codevf.polling import Writes
from reviewbot.errors import DiffTooLarge
from reviewbot.ports import Clock

PAGE = 100
"""Items on a page: the most that GitHub gives."""

_ATTEMPTS = 5
_USER_AGENT = "reviewbot"
_API_VERSION = "2022-11-28"

Sent = TypeVar("Sent")
Forgives = Callable[[Mapping[str, object]], bool]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long requests may take.

    Attributes:
        connect: seconds until there is a connection.
        read: seconds of silence.
        most: seconds that one request may wait before it is sent again, in all.
        whole: seconds that all requests may lose to failures and waits; once they are gone nothing is sent again, so
            that a GitHub in trouble cannot hold a run for longer.
    """

    connect: float = 3
    read: float = 10
    most: float = 60
    whole: float = 300


@dataclass(frozen=True, slots=True)
class Address:
    """Where GitHub is.

    Attributes:
        api_url: such as `https://api.github.com` or `https://HOST/api/v3`.
        graphql_url: on the same host.
        ca_file: certificates to trust instead of the system's.
    """

    api_url: str
    graphql_url: str
    ca_file: str | None = None


class Calls:
    """A connection to GitHub with one token.

    PyGithub's and httpx's objects hide the token from their texts, and GitHub's words lose it, should they repeat it.
    Proxies are the libraries' business: both follow `HTTPS_PROXY` and `NO_PROXY`.
    """

    def __init__(self, token: str, address: Address, clock: Clock, patience: Patience) -> None:
        self._token = token
        self._address = address
        self._clock = clock
        self._patience = patience
        self._requests = 0
        self._lost = 0.0
        self._writes = Writes()
        self._opened = ExitStack()

    @property
    def requests(self) -> int:
        """Requests sent so far, repeats included."""
        return self._requests

    def close(self) -> None:
        """Close the connections."""
        self._opened.close()

    # Opened by the first request and not before, so that a run can tell what is wrong with the certificates.

    @cached_property
    def _github(self) -> Github:
        address, patience = self._address, self._patience
        trusted(address.ca_file)
        opened = open_github(
            address.api_url.rstrip("/"),
            self._token,
            Bounds(patience.connect, patience.read, self._clock),
            user_agent=_USER_AGENT,
            api_version=_API_VERSION,
            ca_file=address.ca_file,
        )
        return self._opened.enter_context(closing(opened))

    @cached_property
    def _bytes(self) -> httpx.Client:
        opened = httpx.Client(
            headers={
                "Authorization": f"Bearer {self._token}",
                "User-Agent": _USER_AGENT,
                "X-GitHub-Api-Version": _API_VERSION,
            },
            timeout=httpx.Timeout(self._patience.read, connect=self._patience.connect),
            verify=trusted(self._address.ca_file),
            follow_redirects=True,  # httpx drops the token when the host changes
        )
        return self._opened.enter_context(opened)

    def get(self, path: str, intent: Intent, parameters: Mapping[str, object] | None = None) -> object:
        """The JSON at a path of the REST API."""
        return self._send("GET", path, intent, parameters=parameters)[1]

    def pages(self, path: str, intent: Intent) -> Iterator[Answer]:
        """The objects of a list, over all its pages."""
        page, more = 1, True
        while more:
            headers, items = self._send("GET", path, intent, parameters={"per_page": PAGE, "page": page})
            yield from Answer({"items": items}, intent.doing).items("items")
            page, more = page + 1, 'rel="next"' in headers.get("link", "")

    def write(self, verb: str, path: str, intent: Intent, body: Mapping[str, object] | None = None) -> object:
        """Send a change. It is repeated only when GitHub did nothing, and a DELETE also when nobody knows."""
        self._take_turn()
        return self._send(verb, path, intent, body=body)[1]

    def query(self, document: str, variables: Mapping[str, object], intent: Intent, *,
              forgives: Forgives = lambda _: False, patient: bool = True) -> Answer:  # fmt: skip
        """The data of a GraphQL query.

        Args:
            document: from `queries`.
            variables: their names without the dollar sign.
            intent: for the message.
            forgives: whether an error that GitHub reports beside the data may be passed over.
            patient: False for a caller who rather asks for less than asks again.
        """

        def send() -> Answer:
            requester = self._github.requester
            body = {"query": document, "variables": dict(variables)}
            headers, answer = requester.requestJsonAndCheck("POST", self._address.graphql_url, input=body)
            found = Answer.of(_json(answer), "GraphQL")
            errors = [error.fields for error in found.items("errors")] if found.fields.get("errors") else []
            if not all(forgives(error) for error in errors):
                raise GraphQLErrors(errors, headers)
            return found.node("data")

        return self._persist(send, intent, repeats=patient)

    def mutate(self, document: str, variables: Mapping[str, object], intent: Intent) -> Answer:
        """The data of a GraphQL mutation. Like `write`, it is repeated only when GitHub did nothing."""
        self._take_turn()
        return self.query(document, variables, intent, patient=False)

    def _take_turn(self) -> None:
        """Wait until GitHub takes another change: it refuses whoever makes too many in a minute."""
        pause, self._writes = self._writes.next(self._clock.monotonic())
        if pause:
            self._clock.sleep(pause)

    def download(self, path: str, accept: str, limit: int, intent: Intent) -> bytes:
        """The bytes at a path of the REST API.

        Raises:
            DiffTooLarge: there are more than `limit`.
        """
        return self._persist(lambda: self._receive(path, accept, limit, intent), intent, repeats=True)

    def _receive(self, path: str, accept: str, limit: int, intent: Intent) -> bytes:
        url = f"{self._address.api_url.rstrip('/')}{path}"
        ends = self._clock.monotonic() + WHOLE_ANSWER
        with self._bytes.stream("GET", url, headers={"Accept": accept}) as response:
            if response.status_code != HTTPStatus.OK:
                response.read()
                response.raise_for_status()
                raise httpx.RemoteProtocolError("an answer that is neither a success nor a refusal")
            received = bytearray()
            for chunk in response.iter_bytes():
                received += chunk
                if len(received) > limit:
                    raise DiffTooLarge(f"GitHub sends more than {limit:,} bytes: {intent.doing}.")
                if self._clock.monotonic() > ends:
                    raise httpx.ReadTimeout("the answer drips")
            return bytes(received)

    def _send(self, verb: str, path: str, intent: Intent, *, parameters: Mapping[str, object] | None = None,
              body: Mapping[str, object] | None = None) -> tuple[Mapping[str, str], object]:  # fmt: skip
        def send() -> tuple[Mapping[str, str], object]:
            headers, answer = self._github.requester.requestJsonAndCheck(
                verb, path, parameters=dict(parameters or {}), input=None if body is None else dict(body)
            )
            return headers, _json(answer)

        return self._persist(send, intent, repeats=verb in {"GET", "DELETE"})

    def _persist(self, send: Callable[[], Sent], intent: Intent, *, repeats: bool) -> Sent:
        """Send, and send again while that is safe and the budget lasts.

        Args:
            send: the request.
            intent: for the message.
            repeats: whether to send again also when nobody knows what GitHub did.
        """
        attempt, waited = 1, 0.0
        while True:
            self._requests += 1
            began = self._clock.monotonic()
            try:
                return send()
            except (*FOREIGN, *BUILTIN) as failure:
                if not is_foreign(failure):
                    raise
                self._lost += self._clock.monotonic() - began
                trouble = understand(failure, intent, self._clock.now(), self._token)
                pause = float(2 ** (attempt - 1)) if trouble.after is None else trouble.after
                safe = trouble.again is RetryPolicy.ALWAYS or (trouble.again is RetryPolicy.READS and repeats)
                fits = waited + pause <= self._patience.most and self._lost + pause <= self._patience.whole
                if not safe or attempt == _ATTEMPTS or not fits:
                    raise trouble.error from failure
            self._clock.sleep(pause)
            attempt, waited, self._lost = attempt + 1, waited + pause, self._lost + pause


def _json(answer: object) -> object:
    """The answer, unless it was no JSON at all: PyGithub then wraps its text as `data` (and adds the `url`).

    Raises:
        NotJson: it was none; one of `FOREIGN`, so that a read is tried again.
    """
    if isinstance(answer, dict) and isinstance(answer.get("data"), str) and answer.keys() <= {"data", "url"}:
        raise NotJson
    return answer
