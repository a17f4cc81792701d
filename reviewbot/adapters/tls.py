"""Whom the adapters trust: the authorities that everybody does, or those of `SSL_CERT_FILE`."""

from __future__ import annotations

import ssl

import httpx

from reviewbot.errors import Problem, SettingsError

_ALLOWED = "a file of PEM certificates; in a container, one that a step has put into `${{ runner.temp }}/_github_home`"


def trusted(ca_file: str | None) -> ssl.SSLContext:
    """The context for connections.

    Raises:
        SettingsError: the file cannot be used.
    """
    if ca_file is None:
        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:  # `ssl.SSLError` is one, too
        problem = Problem("environment `SSL_CERT_FILE`", "no certificates can be read from it", _ALLOWED)
        raise SettingsError((problem,)) from None
