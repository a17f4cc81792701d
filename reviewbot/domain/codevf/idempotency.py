"""What is bought has an identity, and the idempotency key is derived from it: the same change is never paid for twice.

Title, body, the base's tip, our version and the publishing settings are no part of it, so a rebase that changes nothing
buys nothing.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from reviewbot.domain.diff.parse import ChangedFile
from reviewbot.domain.model.review import Mode

WHOLE = "whole"
"""The scope of a review that is not incremental."""


def change_digest(files: Iterable[ChangedFile]) -> str:
    """Hex SHA-256 over (path, mode, old blob, new blob) of every changed file, in any order."""
    rows = sorted(
        (
            file.path,
            file.new.mode if file.new else "",
            file.old.oid if file.old else "",
            file.new.oid if file.new else "",
        )
        for file in files
    )
    return _sha256(json.dumps(rows)).hex()


def selection_digest(paths: Iterable[str]) -> str:
    """Sixteen hex digits of the names of the selected files, in any order."""
    return _sha256(json.dumps(sorted(paths))).hex()[:16]


@dataclass(frozen=True, slots=True)
class Identity:
    """What is bought.

    Attributes:
        scope: `WHOLE`, or `since <sha>` of the last reviewed head.
        change: `change_digest` of every changed file.
        expertise: as the settings name it, case-folded.
        attempt: from 1; rises only after a terminal failure or by an authorised command.
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
        """Hex SHA-256 of everything but scope and attempt: the same change, however it was asked for.

        A head that was reviewed since an earlier one is not reviewed again since itself.
        """
        return _sha256(self._material(WHOLE)).hex()

    def key(self) -> str:
        """The idempotency key: half a digest in the shape of a version 4 UUID, the only one that the service takes."""
        return _uuid(f"{self._material(self.scope)}\n{self.attempt}")

    def _material(self, scope: str) -> str:
        parts = (
            self.repository_id,
            self.pull_number,
            self.instance,
            scope,
            self.change,
            self.mode.value,
            self.expertise.casefold(),
        )
        return json.dumps(parts)


def key_of_part(key: str, part: int, parts: int) -> str:
    """The key of one of the tasks that are bought together.

    Args:
        key: of the purchase.
        part: from 1.
        parts: how many those are.
    """
    return _uuid(f"{key}\n{part} of {parts}") if parts > 1 else key


def _uuid(text: str) -> str:
    return str(uuid.UUID(bytes=_sha256(text)[:16], version=4))


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def scope_since(head_sha: str) -> str:
    """The scope of a review since a reviewed head, which is empty for a whole one."""
    return f"since {head_sha}" if head_sha else WHOLE


def since_of(scope: str) -> str:
    """The reviewed head of a scope, empty for a whole review."""
    return "" if scope == WHOLE else scope.removeprefix("since ")


def account_number(api_key: str) -> int:
    """What stands for the repository of a change that is on no server: the account that pays.

    The service refuses a key that another account has used, so two people with the same change need two keys.
    """
    return int.from_bytes(_sha256(f"reviewbot at a terminal\n{api_key}")[:7])
