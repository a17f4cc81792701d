"""Where the key may go, judged with the parser that sends it there."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

import httpx

from reviewbot.domain.model.urls import is_loopback
from reviewbot.errors import Problem, ServiceRefused, SettingsError

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


def is_own_host(url: httpx.URL, base: httpx.URL) -> bool:
    """Whether an address is the service's own host or a part of it, such as `files.` in front of its name."""
    return url.host == base.host or url.host.endswith(f".{base.host}")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet's: not of this machine, this network, a cloud's metadata."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        # Each of these is a way to write an IPv4 address, and is as public as that.
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is not None or found in _NAT64:
            return is_public(str(inner or ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)))
        return found.is_global and found in _UNICAST
    return found.is_global and not found.is_multicast and found != _OF_AZURE


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that the internet has of IPv6; beside it are local networks and more ways to write an IPv4 address."""

_OF_AZURE = ipaddress.IPv4Address("168.63.129.16")
"""Azure's own service for its virtual machines, on each of them."""


def refuse_inner(event: str, info: Mapping[str, Any]) -> None:
    """An `httpx` trace: looks at each connection when it is made and before anything is said.

    A name is checked where it has led to, since it may lead elsewhere the next time that it is looked up.

    Raises:
        ServiceRefused: the connection does not lead to a public address.
    """
    if event == "connection.connect_tcp.complete":
        stream = info["return_value"]
        address, *_ = stream.get_extra_info("server_addr")
        if not is_public(address):
            stream.close()  # nobody else has it yet
            raise ServiceRefused("A delivered file's address leads into a network that is not public.")


def _wrong(what: str) -> SettingsError:
    return SettingsError((Problem("codevf-url", what, ALLOWED),))
