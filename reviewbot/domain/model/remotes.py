"""Parse the origin of a clone or of the installed program, and read commits."""

from __future__ import annotations

import re

from msgspec import Struct

from reviewbot.domain.text.strict_json import JsonMismatch, read

_NAME = r"(?P<name>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+?)(?:\.git)?/?"
_HOST = r"(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9.-]+)"
_WEB = re.compile(rf"(?P<scheme>https?)://(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9.-]+(?::\d+)?)/{_NAME}")
_ADDRESS = re.compile(rf"(?:ssh|git)://{_HOST}(?::\d+)?/{_NAME}")
_SCP = re.compile(rf"{_HOST}:/?{_NAME}")


class Remote(Struct, frozen=True):
    """A repository on a host (with the port, if any), without other parts of the address, such as a password."""

    host: str
    full_name: str
    scheme: str = "https"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}/{self.full_name}"


def read_remote(address: str) -> Remote | None:
    """Parse the address of a git remote, or return None if the address is not an `owner/name` on a host."""
    if web := _WEB.fullmatch(address):
        return Remote(web["host"], web["name"], web["scheme"])
    found = _ADDRESS.fullmatch(address) or _SCP.fullmatch(address)
    return Remote(found["host"], found["name"]) if found else None


class VcsInfo(Struct, frozen=True):
    vcs: str
    commit_id: str
    requested_revision: str | None = None


class DirectUrl(Struct, frozen=True):
    """The origin of an installation as pip records it (PEP 610).

    https://packaging.python.org/en/latest/specifications/direct-url/
    """

    url: str
    vcs_info: VcsInfo | None = None
    dir_info: dict[str, object] | None = None


def read_direct_url(text: str | None) -> DirectUrl | None:
    """Parse `direct_url.json`, or return None if the file is missing or invalid."""
    try:
        return None if text is None else read(text, DirectUrl)
    except JsonMismatch:
        return None


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
