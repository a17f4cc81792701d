"""Where a request may go: https, or this machine itself."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Whether an address names this machine: 127.0.0.0/8, ::1 or localhost."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_service_url(url: str) -> str:
    """A base address that a key may be sent to, with a slash at its end.

    Raises:
        ValueError: it is not https (and not loopback), or carries a user, a query or a fragment.
    """
    parts = urlsplit(url)
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
    if not (plain and secure and parts.hostname):
        raise ValueError(url)
    return url if url.endswith("/") else url + "/"
