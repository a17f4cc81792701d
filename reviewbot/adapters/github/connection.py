"""Replace PyGithub's connection with one that limits the time and the size of a response.

PyGithub's only timeout applies between received bytes, and PyGithub follows redirects and 202 responses without a
limit. For an invalid response, PyGithub raises built-in exceptions, which would look like a bug in reviewbot.
"""

from __future__ import annotations

from collections.abc import ItemsView, Mapping
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

import requests
from github.Requester import RequestsResponse
from requests.utils import get_environ_proxies

from reviewbot.ports import Clock

RESPONSE_BYTES = 40 * 1024 * 1024
"""The maximum size of a response in bytes.

GraphQL truncates a file's text at 512 kB. Twelve such texts (`SMALL_BATCH`) fit even if every character is escaped.
"""

WHOLE_RESPONSE = 60.0
"""The time limit in seconds for reading one response."""

_DETOURS = 5


class EndlessResponse(requests.RequestException):
    """GitHub redirects too often, or responds with 202 ("not ready yet")."""


class TooLong(EndlessResponse):
    """The response exceeds `RESPONSE_BYTES`."""


class ElsewhereError(requests.RequestException):
    """A redirect to another host, port or protocol, which would receive the token."""


class _Response(RequestsResponse):
    def __init__(self, response: requests.Response, clock: Clock) -> None:
        super().__init__(response)
        self._clock = clock

    def getheaders(self) -> ItemsView[str, str]:
        """Return the headers without invalid rate limits, which PyGithub would fail to parse."""
        return {
            name: value
            for name, value in self.headers.items()
            if not name.lower().startswith("x-ratelimit-") or value.isdecimal()
        }.items()

    def read(self) -> str:
        """Return the body as a string, as PyGithub expects. Surrogate escapes preserve bytes that are not UTF-8."""
        body, ends = bytearray(), self._clock.monotonic() + WHOLE_RESPONSE
        while chunk := self.response.raw.read1(65_536, decode_content=True):
            body += chunk
            if len(body) > RESPONSE_BYTES:
                self.response.close()
                raise TooLong
            if self._clock.monotonic() > ends:
                self.response.close()
                raise requests.ReadTimeout
        return body.decode("utf-8", "surrogateescape")


class Connection:
    """A replacement for PyGithub's connection. `timeout` is the seconds for connecting and between received bytes."""

    def __init__(self, base_url: str, timeout: tuple[float, float], clock: Clock, ca_file: str | None) -> None:
        self._base = urlsplit(base_url)
        self._timeout = timeout
        self._clock = clock
        self._session = requests.Session()
        # From the environment, use only the proxies, not the certificates or a `.netrc` file.
        self._session.trust_env = False
        self._session.verify = ca_file or True
        self._url = ""
        self._asked = requests.Request()
        self._detours = 0

    def close(self) -> None:
        self._session.close()

    def request(
        self, verb: str, path: str, body: str | None, headers: Mapping[str, str], _stream: object = None
    ) -> None:
        self._url = f"{self._base.scheme}://{self._base.netloc}{path}"
        self._asked = requests.Request(verb, self._url, headers, data=body)

    def getresponse(self) -> RequestsResponse:
        asked = self._session.prepare_request(self._asked)
        proxies = get_environ_proxies(self._url)
        try:
            response = self._session.send(
                asked, timeout=self._timeout, proxies=proxies, allow_redirects=False, stream=True
            )
        except requests.RequestException:
            raise
        except ValueError:  # the package `requests` parses a redirect's URL even without following the redirect
            raise ElsewhereError from None
        moved = response.status_code == HTTPStatus.MOVED_PERMANENTLY
        self._detours = self._detours + 1 if moved else 0
        try:
            if self._detours > _DETOURS or response.status_code == HTTPStatus.ACCEPTED:
                self._detours = 0
                raise EndlessResponse
            if moved and "location" in response.headers:
                _check_detour(urlsplit(self._url), response.headers["location"])
        except requests.RequestException:
            response.close()
            raise
        return _Response(response, self._clock)


def _check_detour(here: SplitResult, location: str) -> None:
    there = urlsplit(location)
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        raise ElsewhereError
    if there.path == here.path:
        raise EndlessResponse
