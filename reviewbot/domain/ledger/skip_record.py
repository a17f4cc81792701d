"""The signed record in a check run that a head needs no review, because of a label or of a push by a bot.

The run of the label or push event writes the record. The record is bound to the head and the base, and the
record of a label also to the label event. Therefore, a check run of another App or workflow, a copy on another commit,
or a repeated label skips no other head.
"""

from __future__ import annotations

import base64

from reviewbot.domain.github.check_identity import SKIP_LENGTH
from reviewbot.domain.github.pull_request import PullRequest
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.policy.eligibility import skip_label


def skip_record(pull: PullRequest, signer: Signer) -> str:
    """Return the record that makes the label `skip-review` count, or an empty string without a label or a secret."""
    label = skip_label(pull)
    if label is None:
        return ""
    at = label.at.isoformat(timespec="seconds")
    return _signed(f"{label.label} {pull.head_sha} {pull.base_ref} {at} {label.actor}", signer)


def push_record(pull: PullRequest, signer: Signer) -> str:
    """Return the record that the bot that opened the pull request pushed the head.

    Return an empty string if a user opened the pull request or the secret is missing.
    """
    if not pull.author_is_bot:
        return ""
    return _signed(f"pushed {pull.head_sha} {pull.base_ref} {pull.opener}", signer)


def _signed(text: str, signer: Signer) -> str:
    if not signer.secret:
        return ""
    signature = signer.sign(text)
    return base64.urlsafe_b64encode(bytes.fromhex(signature)).decode()[:SKIP_LENGTH]
