"""Check which URLs a request may go to: https or loopback."""

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
    """Return a base URL that a key may be sent to, with a trailing slash.

    Return None if the URL is not https (except on loopback), or contains a user, a query or a fragment.
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
