"""Sign what reviewbot stores on GitHub, because anyone with write access can edit a comment."""

from __future__ import annotations

import hashlib
import hmac
import json

from msgspec import Struct

SHORT_SIGNATURE = 32
"""Hex digits of a signature in an `external_id`: 128 bits."""

ANOTHER_KEY = "it was signed with another key"
"""Part of `StoredLedger.problem` if the ledger is signed with a different key."""


class Signer(Struct, frozen=True):
    """Signs strings for one pull request. `secret` is the API key, or empty for free reviews and without a key.

    Anyone can forge a signature with an empty secret.
    """

    secret: str
    repository_id: int
    pull_number: int
    instance: str

    def __repr__(self) -> str:
        return f"Signer({self.repository_id}, {self.pull_number}, {self.instance!r})"

    def sign(self, payload: str) -> str:
        """Return the hex HMAC-SHA256 of a payload, bound to this pull request."""
        key = hmac.digest(self.secret.encode(), b"reviewbot ledger v1", "sha256")
        place = json.dumps([self.repository_id, self.pull_number, self.instance, payload])
        return hmac.digest(key, place.encode(), hashlib.sha256).hex()

    def verify(self, payload: str, signature: str) -> bool:
        """Compare a full or short signature in constant time."""
        expected = self.sign(payload)
        known = (expected, expected[:SHORT_SIGNATURE])
        return any(hmac.compare_digest(one, signature) for one in known)
