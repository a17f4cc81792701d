"""Expected ends of a disturbed run, and the row of faults for one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Same(Enum):
    """The part of GitHub's state that must equal that of an undisturbed run."""

    ALL = "all of it"
    COMMENTS = "the review's comments"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected end of a run.

    Attributes:
        exit_status: the step's exit status.
        reason: the output `reason`.
        conclusion: the check's conclusion; None while it is open, empty if no check could be written.
        same: what must equal the undisturbed run.
        says: text that the log contains: what happened or what to do.
        tasks: number of tasks bought.
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
    """The expected ends for the faults at one request.

    Attributes:
        broken: no response, permanently.
        strange: a success response that cannot be parsed, permanently.
        misshapen: a success response with an unexpected shape.
        refused: a permanent error response.
        once: no response once, or a rate limit that ends.
        strange_once: a success response that cannot be parsed, once.
        misshapen_once: a success response with an unexpected shape, once. Writers then read the current state. None for
            reads, which are not repeated.
        lost: the write takes effect but its response is always lost. None for reads (as `broken`).
        apart: exceptions by the fault's name.
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
