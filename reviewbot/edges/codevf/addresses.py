"""Where the key may go, judged with the parser that sends it there."""

from __future__ import annotations

import httpx

from reviewbot.domain.origins import is_loopback
from reviewbot.errors import Problem, SettingsError

ALLOWED = "an https address without user, query or fragment; http on loopback only"


def check_base_url(url: str) -> httpx.URL:
    """The base address, with a slash at its end.

    Raises:
        SettingsError: it is not one that a key may be sent to.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise _wrong("it is no address") from None
    if parsed.userinfo or parsed.query or parsed.fragment or "\\" in url:
        raise _wrong("it carries more than scheme, host and path")
    if not parsed.host or not is_secure(parsed):
        raise _wrong("it is not https")
    return parsed.copy_with(path=parsed.path.rstrip("/") + "/")


def is_secure(url: httpx.URL) -> bool:
    """Whether nobody on the way can read along: https, or this machine itself."""
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(str(url)))


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port; httpx leaves the default port out by itself."""
    return url.scheme, url.host, url.port


def _wrong(what: str) -> SettingsError:
    return SettingsError((Problem("codevf-url", what, ALLOWED),))
