"""Read authors and titles from GitHub's commits."""

from __future__ import annotations

import re

_MERGE = re.compile(r"Merge pull request (#[0-9]+) from ")
_NO_REPLY = re.compile(r"(?:[0-9]+\+)?([^@+]+)@users\.noreply\..+")


def login_of(name: str, email: str) -> str:
    """Return the login that a commit's author claims: from GitHub's no-reply address, or else the name.

    See https://docs.github.com/en/account-and-profile/reference/email-addresses-reference.
    """
    found = _NO_REPLY.fullmatch(email)
    return found[1] if found else name


def title_of(subject: str, body: str) -> str:
    """Return the title of a commit: its subject, or for a merge on GitHub the pull request's title from the body."""
    merge = _MERGE.match(subject)
    title = body.strip().partition("\n")[0].strip()
    return f"{title} ({merge[1]})" if merge and title else subject
