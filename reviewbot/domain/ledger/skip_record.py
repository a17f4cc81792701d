"""A signed record in a check run that its head needs no review.

The reason is the label `skip-review`, or a push by the bot that opened the pull request. The signature covers the head
and the base branch, so a copy on another commit is invalid. For a label, it also covers the label event.
"""

from __future__ import annotations

import base64

from reviewbot.domain.github.check_identity import SKIP_LENGTH
from reviewbot.domain.github.pull_request import PullRequest
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.policy.eligibility import skip_label


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
