"""The identity of a purchase, and the idempotency key that is derived from it: nothing is paid for twice.

Title, body, base tip, our version and the publishing settings are not part of it, so a rebase that changes nothing buys
nothing.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from reviewbot.domain.diff.parse import ChangedFile
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.model.review import Mode

WHOLE = "whole"
"""The scope of a review that is not incremental."""


def change_digest(files: Iterable[ChangedFile]) -> str:
    """Hex SHA-256 over all that a diff can tell of each changed file, in any order.

    Names, type, modes and blobs on both sides: of a symlink the blob is its target, of a submodule its commit. Lines
    follow from the blobs, and what git abbreviates or leaves out in a diff is not taken from there.
    """
    rows = ([one.path, one.diff.old_path, one.diff.status.value, *_side(one.old), *_side(one.new)] for one in files)
    return _sha256(json.dumps(sorted(rows))).hex()


def _side(entry: Entry | None) -> tuple[str, str]:
    return (entry.mode, entry.oid) if entry else ("", "")


def selection_digest(paths: Iterable[str]) -> str:
    """Sixteen hex digits for the selected files, in any order."""
    return _sha256(json.dumps(sorted(paths))).hex()[:16]


@dataclass(frozen=True, slots=True)
class Identity:
    """What is bought.

    Attributes:
        scope: `WHOLE`, or `since <sha>` of the last reviewed head.
        change: `change_digest` of every changed file.
        expertise: as in the settings; upper and lower case are the same.
        attempt: from 1; rises only after a terminal failure or by an authorized command.
    """

    repository_id: int
    pull_number: int
    instance: str
    scope: str
    change: str
    mode: Mode
    expertise: str
    attempt: int = 1

    def digest(self) -> str:
        """Hex SHA-256 of everything except scope and attempt: the same change, however the review was requested."""
        return _sha256(self._material(WHOLE)).hex()

    def key(self) -> str:
        """The idempotency key: half a digest as a version 4 UUID, the only form that CodeVF accepts."""
        return _uuid(f"{self._material(self.scope)}\n{self.attempt}")

    def _material(self, scope: str) -> str:
        change = (self.repository_id, self.pull_number, self.instance, scope, self.change)
        return json.dumps((*change, self.mode.value, self.expertise.casefold()))


def key_of_part(key: str, part: int, parts: int) -> str:
    """The key of one task, from 1, of those that are bought together under the purchase's key."""
    return _uuid(f"{key}\n{part} of {parts}") if parts > 1 else key


def _uuid(text: str) -> str:
    return str(uuid.UUID(bytes=_sha256(text)[:16], version=4))


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def scope_since(head_sha: str) -> str:
    """The scope of a review since a reviewed head; an empty one means a whole review."""
    return f"since {head_sha}" if head_sha else WHOLE


def since_of(scope: str) -> str:
    """The reviewed head of a scope, empty for a whole review."""
    return "" if scope == WHOLE else scope.removeprefix("since ")


def account_number(api_key: str) -> int:
    """The account that pays, as the repository id of a change that is on no server.

    CodeVF refuses a key that another account has used, so two people with the same change need two keys.
    """
    return int.from_bytes(_sha256(f"reviewbot at a terminal\n{api_key}")[:7])
