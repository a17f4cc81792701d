"""Read authors and titles from commits."""

from __future__ import annotations

import re

_MERGE = re.compile(r"Merge pull request (#[0-9]+) from ")
_NO_REPLY = re.compile(r"(?:[0-9]+\+)?([^@+]+)@users\.noreply\..+")


def login_of(name: str, email: str) -> str:
    """Return the login from GitHub's no-reply address, or else the name. Commit authors are not verified.

    See https://docs.github.com/en/account-and-profile/reference/email-addresses-reference.
    """
    found = _NO_REPLY.fullmatch(email)
    return found[1] if found else name


def title_of(subject: str, body: str) -> str:
    """Return the subject of a commit, or the pull request's title and number for a merge on GitHub."""
    merge = _MERGE.match(subject)
    title = body.strip().partition("\n")[0].strip()
    return f"{title} ({merge[1]})" if merge and title else subject
