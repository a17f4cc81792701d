"""What a run may buy, and its price."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.codevf.idempotency import Identity
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.model.review import Tag


class Candidate(Struct, frozen=True):
    """A purchase that this run may make.

    Attributes:
        identity: the identity with the attempt number. `since` is set after the scope of the review is decided.
        before: the latest purchase of this change, or None.
    """

    identity: Identity
    before: Purchase | None

    @property
    def intent(self) -> Purchase | None:
        """The intent of an earlier run, or None. This run sends the idempotency key of that intent again."""
        before = self.before
        return before if before is not None and before.state is TaskState.INTENT else None


class Quote(Struct, frozen=True):
    """The price of a review or a question.

    Attributes:
        hold: the credits that all tasks of the purchase hold together.
        lines: the number of changed lines from which `max_credits` was computed, or None if the setting is a number.
        project_id: the id of the CodeVF project, or 0 before the project is found.
    """

    hold: int
    tag: Tag | None
    parts: int
    max_credits: int
    lines: int | None
    project_id: int = 0
