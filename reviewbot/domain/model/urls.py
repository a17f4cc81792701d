"""Check that requests are sent only over https or to loopback."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Return whether a URL's host is 127.0.0.0/8, ::1 or localhost."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_service_url(url: str) -> str | None:
    """Return a base URL with a trailing slash, or None if the key must not be sent to the URL.

    The URL must use https, except on loopback, and must not contain a user, a query or a fragment.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    plain = re.fullmatch(r"[!-~]+", url) is not None and not any(character in url for character in "@?#\\")
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
    if not (plain and secure and host) or port == 0:
        return None
    return url if url.endswith("/") else url + "/"
