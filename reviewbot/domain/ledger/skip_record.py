"""The record that a label has skipped the review of a head, in the check run that the label's own run writes there.

It is signed and bound to the head, the base and the setting of the label, so nothing else can turn another head green:
no check run of another App or workflow, no copy of the record on another commit, and no label that is set again.
"""

from __future__ import annotations

import base64

from reviewbot.domain.github.check_identity import SKIP_LENGTH
from reviewbot.domain.github.pull_request import PullRequest
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.policy.eligibility import skip_label


def skip_record(pull: PullRequest, signer: Signer) -> str:
    """What a check run on the head must say for the label to count; empty without a label or without a secret."""
    label = skip_label(pull)
    if label is None or not signer.secret:
        return ""
    at = label.at.isoformat(timespec="seconds")
    signature = signer.sign(f"{label.label} {pull.head_sha} {pull.base_ref} {at} {label.actor}")
    return base64.urlsafe_b64encode(bytes.fromhex(signature)).decode()[:SKIP_LENGTH]
