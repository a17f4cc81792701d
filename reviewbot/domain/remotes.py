"""What a clone's remote says about where it comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"(?P<name>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+?)(?:\.git)?/?"
_HOST = r"(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9.-]+)"
_ADDRESS = re.compile(rf"(?:https?|ssh|git)://{_HOST}(?::\d+)?/{_NAME}")
_SCP = re.compile(rf"{_HOST}:/?{_NAME}")


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository on a host, without what an address may hold besides, such as a password.

    Attributes:
        host: such as `github.com`.
        full_name: `owner/name`.
    """

    host: str
    full_name: str

    @property
    def url(self) -> str:
        """The repository's page."""
        return f"https://{self.host}/{self.full_name}"


def read_remote(address: str) -> Remote | None:
    """The remote of an address as git takes it, None when it is no `owner/name` on a host."""
    found = _ADDRESS.fullmatch(address) or _SCP.fullmatch(address)
    return Remote(found["host"], found["name"]) if found else None
