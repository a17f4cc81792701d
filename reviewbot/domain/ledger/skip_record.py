"""The signed record, in a check run, that a label skipped the review of a head.

The run of the `labeled` event writes it. It is bound to head, base and the label's event, so no check run of another
App or workflow, no copy on another commit and no repeated label can skip another head.
"""

from __future__ import annotations

import base64

from reviewbot.domain.github.check_identity import SKIP_LENGTH
from reviewbot.domain.github.pull_request import PullRequest
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.policy.eligibility import skip_label


def skip_record(pull: PullRequest, signer: Signer) -> str:
    """Return the record that makes the label count; empty without a label or a secret."""
    label = skip_label(pull)
    if label is None or not signer.secret:
        return ""
    at = label.at.isoformat(timespec="seconds")
    signature = signer.sign(f"{label.label} {pull.head_sha} {pull.base_ref} {at} {label.actor}")
    return base64.urlsafe_b64encode(bytes.fromhex(signature)).decode()[:SKIP_LENGTH]
