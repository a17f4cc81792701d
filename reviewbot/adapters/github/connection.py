"""PyGithub's connection with bounds that its own lacks: it reads an answer to its end, however long that takes or is.

PyGithub asks for one number for both time limits, measures it between two bytes only, and follows redirects and
"ask again" (202) without counting them. For an answer that it cannot use it raises builtin exceptions, as a bug of ours
does, so such an answer does not reach it.
"""

from __future__ import annotations

from collections.abc import ItemsView, Mapping
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

import requests
from github.Requester import RequestsResponse
from requests.utils import get_environ_proxies

from reviewbot.ports import Clock

ANSWER_BYTES = 40 * 1024 * 1024
"""Bytes of one answer: more than twelve files of 512 kB, the most text that GraphQL gives of each, with escapes."""

WHOLE_ANSWER = 60.0
"""Seconds that one answer may trickle in for."""

_DETOURS = 5
_CHUNK = 65_536


class EndlessAnswer(requests.RequestException):
    """One redirect after the other, or "not yet" (202)."""


class TooLong(EndlessAnswer):
    """More bytes than any answer of GitHub's has, but for a diff."""


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
        """The whole text, of which `bytes_of` makes the bytes again."""
        body, ends = bytearray(), self._clock.monotonic() + WHOLE_ANSWER
        while chunk := self.response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > ANSWER_BYTES:
                self.response.close()
                raise TooLong
            if self._clock.monotonic() > ends:
                self.response.close()
                raise requests.ReadTimeout
        return body.decode("utf-8", "surrogateescape")


def bytes_of(text: str) -> bytes:
    """The bytes of an answer, which PyGithub passes on as text."""
    return text.encode("utf-8", "surrogateescape")


class Connection:
    """A connection in place of PyGithub's own: its requests take a `cnx`.

    The timeout is in seconds until there is a connection, and of silence; the clock measures an answer as a whole.
    """

    def __init__(self, base_url: str, timeout: tuple[float, float], clock: Clock, ca_file: str | None) -> None:
        self._base = urlsplit(base_url)
        self._timeout = timeout
        self._clock = clock
        self._session = requests.Session()
        # Of what requests finds in the environment, only proxies: neither other certificates nor a `.netrc` file.
        self._session.trust_env = False
        self._session.verify = ca_file or True
        self._url = ""
        self._asked = requests.Request()
        self._detours = 0

    def close(self) -> None:
        """Close it."""
        self._session.close()

    def request(
        self, verb: str, path: str, body: str | None, headers: Mapping[str, str], _stream: object = None
    ) -> None:
        """Prepare a request."""
        self._url = f"{self._base.scheme}://{self._base.netloc}{path}"
        self._asked = requests.Request(verb, self._url, headers, data=body)

    def getresponse(self) -> RequestsResponse:
        """Send the request and return the answer's head."""
        asked = self._session.prepare_request(self._asked)
        proxies = get_environ_proxies(self._url)
        try:
            response = self._session.send(
                asked, timeout=self._timeout, proxies=proxies, allow_redirects=False, stream=True
            )
        except requests.RequestException:
            raise
        except ValueError:  # requests reads the address of a redirect even if it does not follow it
            raise ElsewhereError from None
        moved = response.status_code == HTTPStatus.MOVED_PERMANENTLY
        self._detours = self._detours + 1 if moved else 0
        try:
            if self._detours > _DETOURS or response.status_code == HTTPStatus.ACCEPTED:
                self._detours = 0
                raise EndlessAnswer
            if moved and "location" in response.headers:
                _check_detour(urlsplit(self._url), response.headers["location"])
        except requests.RequestException:
            response.close()
            raise
        return _Response(response, self._clock)


def _check_detour(here: SplitResult, location: str) -> None:
    try:
        there = urlsplit(location)
        is_here = (there.scheme, there.hostname, there.port) == (here.scheme, here.hostname, here.port)
    except ValueError:
        raise ElsewhereError from None
    if not is_here:
        raise ElsewhereError
    if there.path == here.path:
        raise EndlessAnswer
