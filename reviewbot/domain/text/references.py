"""Decide which references of a finding become links."""

from __future__ import annotations

import re

DOCUMENTATION = {
    "cheatsheetseries.owasp.org": "/",
    "cwe.mitre.org": "/",
    "developer.mozilla.org": "/",
    "docs.astral.sh": "/ruff/",
    "docs.zizmor.sh": "/",
    "github.com": "/hadolint/hadolint/wiki/DL",
    "owasp.org": "/",
    "www.shellcheck.net": "/wiki/",
}
"""Maps each host that reviewers cite to the required prefix of the path."""

_URL = re.compile(r"https://([a-z.]+)(/[A-Za-z0-9_~,=:/.-]*)(?:#[A-Za-z0-9_~,=:/.-]*)?")
"""A URL without user, port, query or percent-encoding. A query could contain the target of a redirect."""


def is_documentation(text: str) -> bool:
    """Return whether a string is the URL of a page on a host in `DOCUMENTATION`."""
    match = _URL.fullmatch(text)
    if match is None or "/." in match[2] or "//" in match[2]:
        return False
    return match[1] in DOCUMENTATION and match[2].startswith(DOCUMENTATION[match[1]])
