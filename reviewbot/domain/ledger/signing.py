"""Sign what reviewbot stores on GitHub, because anyone with write access can edit a comment.

A signed record in a check run states that its head needs no review, because of the label `skip-review` or because the
bot that opened the pull request pushed the head. The signature covers the head and the base branch, so a copy on
another commit is invalid. For a label, it also covers the label event.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from msgspec import Struct

from reviewbot.domain.github.check_identity import SKIP_LENGTH
from reviewbot.domain.github.pull_request import PullRequest
from reviewbot.domain.policy.eligibility import skip_label

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


def skip_record(pull: PullRequest, signer: Signer) -> str:
    """Return the record for the label `skip-review`, or an empty string without the label or without a secret."""
    label = skip_label(pull)
    if label is None:
        return ""
    at = label.at.isoformat(timespec="seconds")
    return _signed(f"{label.label} {pull.head_sha} {pull.base_ref} {at} {label.actor}", signer)


def push_record(pull: PullRequest, signer: Signer) -> str:
    """Return the record for the opener's push, or an empty string if the opener is a user or there is no secret."""
    if not pull.author_is_bot:
        return ""
    return _signed(f"pushed {pull.head_sha} {pull.base_ref} {pull.opener}", signer)


def _signed(text: str, signer: Signer) -> str:
    if not signer.secret:
        return ""
    signature = signer.sign(text)
    return base64.urlsafe_b64encode(bytes.fromhex(signature)).decode()[:SKIP_LENGTH]
