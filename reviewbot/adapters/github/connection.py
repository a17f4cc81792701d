"""PyGithub's connection with bounds that its own lacks: it reads an answer to its end, however long that takes or is.

PyGithub asks for one number for both time limits, measures it between two bytes only, and follows redirects and
"ask again" (202) without counting them. For an answer that it cannot use it raises builtin exceptions, as a bug of ours
does, so such an answer does not reach it.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import urlsplit

import requests
from github import Auth, Github
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)
from msgspec import Struct
from requests.utils import get_environ_proxies

from reviewbot.ports import Clock

ANSWER_BYTES = 40 * 1024 * 1024
"""Bytes of one answer: more than twelve files of 512 kB, the most text that GraphQL gives of each, with escapes."""

WHOLE_ANSWER = 60.0
"""Seconds that one answer may trickle in for."""

_DETOURS = 5
_CHUNK = 65_536


class Bounds(Struct, frozen=True):
    """How long and how much.

    Attributes:
        connect: seconds until there is a connection.
        read: seconds of silence.
        clock: measures the answer as a whole.
    """

    connect: float
    read: float
    clock: Clock


class EndlessAnswer(requests.RequestException):
    """More bytes than any answer of GitHub's has, one redirect after the other, or "not yet" (202)."""


class ElsewhereError(requests.RequestException):
    """A redirect to another host or protocol, which would get the token."""


class _Response(RequestsResponse):
    """An answer that is read within bounds."""

    def __init__(self, response: requests.Response, clock: Clock) -> None:
        super().__init__(response)
        self._clock = clock

    def getheaders(self) -> ItemsView[str, str]:
        """The headers, but for rate limits that are no number, which PyGithub would take for one."""
        return {
            name: value
            for name, value in self.headers.items()
            if not name.lower().startswith("x-ratelimit-") or value.isdecimal()
        }.items()

    def read(self) -> str:
        """The whole text.

        Raises:
            requests.ReadTimeout: it drips.
            EndlessAnswer: it is too long.
        """
        body, ends = bytearray(), self._clock.monotonic() + WHOLE_ANSWER
        while chunk := self.response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > ANSWER_BYTES:
                self.response.close()
                raise EndlessAnswer
            if self._clock.monotonic() > ends:
                self.response.close()
                raise requests.ReadTimeout
        return body.decode("utf-8", "replace")


_Connection: TypeAlias = HTTPRequestsConnectionClass | HTTPSRequestsConnectionClass


class _Receiver:
    """Sends what PyGithub has put into a connection, and hands out the answer before it is read."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._detours = 0

    def receive(self, connection: _Connection) -> RequestsResponse:
        """The answer's head.

        Raises:
            EndlessAnswer: it leads nowhere.
            ElsewhereError: it leads to another host.
        """
        send: Callable[..., requests.Response] = getattr(connection.session, connection.verb.lower())
        url = f"{connection.protocol}://{connection.host}:{connection.port}{connection.url}"
        # Of what requests finds in the environment, only proxies: neither other certificates nor a `.netrc` file.
        connection.session.trust_env = False
        try:
            response = send(
                url,
                proxies=get_environ_proxies(url),
                headers=connection.headers,
                data=connection.input,
                timeout=(self._bounds.connect, self._bounds.read),
                verify=connection.verify,
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException:
            raise
        except ValueError:  # requests reads the address of a redirect even if it does not follow it
            raise ElsewhereError from None
        moved = response.status_code == HTTPStatus.MOVED_PERMANENTLY
        self._detours = self._detours + 1 if moved else 0
        if self._detours > _DETOURS or response.status_code == HTTPStatus.ACCEPTED:
            self._detours = 0
            response.close()
            raise EndlessAnswer
        if moved and "location" in response.headers:
            try:
                _check_detour(url, response.headers["location"])
            except requests.RequestException:
                response.close()
                raise
        return _Response(response, self._bounds.clock)


def _check_detour(here: str, location: str) -> None:
    try:
        there, host = urlsplit(location), urlsplit(location).hostname
    except ValueError:
        raise ElsewhereError from None
    if (there.scheme, host) != (urlsplit(here).scheme, urlsplit(here).hostname):
        raise ElsewhereError
    if there.path == urlsplit(here).path:
        raise EndlessAnswer


def open_github(
    base_url: str, token: str, bounds: Bounds, *, user_agent: str, api_version: str, ca_file: str | None
) -> Github:
    """PyGithub on bounded connections, without its own retries and pauses.

    They would repeat a POST that GitHub had already recorded, and wait without a budget.
    """
    receiver = _Receiver(bounds)

    class Plain(HTTPRequestsConnectionClass):
        def getresponse(self) -> RequestsResponse:
            return receiver.receive(self)

    class Secure(HTTPSRequestsConnectionClass):
        def getresponse(self) -> RequestsResponse:
            return receiver.receive(self)

    # PyGithub takes connections for the whole process; each of its objects keeps those that were set when it was made.
    Requester.injectConnectionClasses(Plain, Secure)
    try:
        return Github(
            auth=Auth.Token(token),
            base_url=base_url,
            user_agent=user_agent,
            verify=ca_file or True,
            retry=None,
            seconds_between_requests=0,
            seconds_between_writes=0,
            api_version=api_version,
        )
    finally:
        Requester.resetConnectionClasses()
