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

from reviewbot.domain.changes import ChangedFile
from reviewbot.domain.model import Mode

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
    return hashlib.sha256(json.dumps(rows).encode("utf-8", "surrogatepass")).hexdigest()


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
        """Hex SHA-256 of everything but the attempt: the same change, whichever attempt."""
        return hashlib.sha256(self._material().encode("utf-8", "surrogatepass")).hexdigest()

    def key(self) -> str:
        """The idempotency key: half a digest in the shape of a version 4 UUID, the only one that the service takes."""
        material = f"{self._material()}\n{self.attempt}".encode("utf-8", "surrogatepass")
        return str(uuid.UUID(bytes=hashlib.sha256(material).digest()[:16], version=4))

    def _material(self) -> str:
        parts = (
            self.repository_id,
            self.pull_number,
            self.instance,
            self.scope,
            self.change,
            self.mode.value,
            self.expertise.casefold(),
        )
        return json.dumps(parts)
