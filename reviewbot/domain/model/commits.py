"""What GitHub writes into commits: who authored one, and what a merge is about."""

from __future__ import annotations

import re

_MERGE = re.compile(r"Merge pull request (#[0-9]+) from ")
_NO_REPLY = re.compile(r"(?:[0-9]+\+)?([^@+]+)@users\.noreply\..+")


def login_of(name: str, email: str) -> str:
    """Return the login that a commit's author claims, by GitHub's no-reply address if it is one, else by the name.

    See https://docs.github.com/en/account-and-profile/reference/email-addresses-reference.
    """
    found = _NO_REPLY.fullmatch(email)
    return found[1] if found else name


def title_of(subject: str, body: str) -> str:
    """Return what a commit is about: the first line of a GitHub merge's body is the pull request's title."""
    merge = _MERGE.match(subject)
    title = body.strip().partition("\n")[0].strip()
    return f"{title} ({merge[1]})" if merge and title else subject
