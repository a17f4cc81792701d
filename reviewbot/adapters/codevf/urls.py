"""Check the URLs and IP addresses to which requests are sent.

httpx parses the URLs, because httpx also sends the requests. Another parser might find another host in the same URL.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

import httpx

from reviewbot.domain.model.urls import check_service_url, is_loopback
from reviewbot.errors import ServiceRefused, SettingsError

ALLOWED = "an https URL without user, query or fragment; http only for a loopback host"


def check_base_url(url: str) -> httpx.URL:
    """Return the base URL with a trailing slash, or raise `SettingsError` if the URL may not receive the key."""
    try:
        parsed = httpx.URL(check_service_url(url) or "")
    except (httpx.InvalidURL, ValueError):
        parsed = httpx.URL()
    if not parsed.host or not is_secure(parsed):
        raise SettingsError.of("codevf-url", "the API key cannot be sent safely to this URL", ALLOWED)
    return parsed.copy_with(path=parsed.path.rstrip("/") + "/")


def is_secure(url: httpx.URL) -> bool:
    """Return whether the URL uses https, or http on a loopback host."""
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(str(url)))


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return the scheme, the host and the port. A default port is None."""
    return url.scheme, url.host, url.port


def is_own_host(url: httpx.URL, base: httpx.URL) -> bool:
    return url.host == base.host or url.host.endswith(f".{base.host}")


def is_public(address: str) -> bool:
    """Return whether an IP address is public, i.e., not loopback, private or a cloud's metadata service."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        # Some IPv6 addresses embed an IPv4 address. Check the embedded address instead.
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is not None or found in _NAT64:
            return is_public(str(inner or ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)))
        return found.is_global and found in _UNICAST
    return found.is_global and not found.is_multicast and found != _OF_AZURE


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""The global unicast addresses. Other ranges are local or embed IPv4 addresses."""

_OF_AZURE = ipaddress.IPv4Address("168.63.129.16")
"""Azure's platform service, which every virtual machine can reach."""


def refuse_inner(event: str, info: Mapping[str, Any]) -> None:
    """Raise `ServiceRefused` for a new connection to a private address, before `httpx` sends anything.

    `httpx` calls this function as a trace. A check of the host name would be unsafe, because the name may resolve to
    another address the next time.
    """
    if event == "connection.connect_tcp.complete":
        stream = info["return_value"]
        address, *_ = stream.get_extra_info("server_addr")
        if not is_public(address):
            stream.close()  # not in the pool yet
            raise ServiceRefused("The URL of a deliverable points to a private network.")
