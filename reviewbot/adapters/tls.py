"""The trusted certificate authorities, either from certifi or from `SSL_CERT_FILE`."""

from __future__ import annotations

import ssl

from reviewbot.errors import SettingsError

_ALLOWED = "a file with PEM certificates; in a container, a file that a step wrote to `${{ runner.temp }}/_github_home`"


def trusted(ca_file: str | None) -> ssl.SSLContext:
    """Return a TLS context with the certificate authorities in `ca_file`, or else certifi's.

    Raises:
        SettingsError: the file is missing or contains no readable certificates.
    """
    if ca_file is None:
        import httpx  # noqa: PLC0415 — not needed for requests to GitHub

        return httpx.create_ssl_context(trust_env=False)
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # includes `ssl.SSLError`
        is_missing = isinstance(error, FileNotFoundError)
        what = "file not found" if is_missing else "contains no readable certificates"
        raise SettingsError.of("environment `SSL_CERT_FILE`", what, _ALLOWED) from None
