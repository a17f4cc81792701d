"""How a run may end when something goes wrong, and what becomes of the troubles at one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Same(Enum):
    """What of GitHub's state must be as if nothing had happened."""

    ALL = "all of it"
    COMMENTS = "the review's comments"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a run must come to.

    Attributes:
        exit_status: of the step.
        reason: the output.
        conclusion: of the check; None while it is open, empty where none could be written.
        same: compared with the undisturbed run.
        says: words that stand in the log: what happened, or what to do.
        tasks: bought, with an answer that is waited for or published.
    """

    exit_status: int
    reason: str
    conclusion: str | None
    same: Same
    says: str = ""
    tasks: int = 1


WHOLE = Expected(1, "gate", "failure", Same.ALL)


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes of the troubles at one request.

    Attributes:
        broken: no answer, again and again.
        strange: a success that cannot be read, again and again.
        misshapen: a success of another shape.
        refused: a clear no.
        once: no answer, once; a limit that lifts.
        strange_once: a success that cannot be read, once.
        misshapen_once: a success of another shape, once: who writes looks at what is there; None for a reader, who
            would get the same again.
        lost: what was asked for is done, and no answer says so, again and again; None for a reader, as `broken`.
        apart: cells of their own, by the trouble's name.
    """

    broken: Expected
    strange: Expected
    misshapen: Expected
    refused: Expected
    once: Expected = WHOLE
    strange_once: Expected = WHOLE
    misshapen_once: Expected | None = None
    lost: Expected | None = None
    apart: Mapping[str, Expected] = field(default_factory=dict)
