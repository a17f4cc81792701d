"""Where a request may go: https, or this machine itself."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Whether an address names this machine: 127.0.0.0/8, ::1 or localhost."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_service_url(url: str) -> str | None:
    """A base address that a key may be sent to, with a slash at its end.

    None if it is not https (and not loopback), or carries a user, a query or a fragment.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    plain = re.fullmatch(r"[!-~]+", url) is not None and not any(sign in url for sign in "@?#\\")
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
    if not (plain and secure and host) or port == 0:
        return None
    return url if url.endswith("/") else url + "/"
