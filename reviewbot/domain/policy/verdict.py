"""Judging: what a run comes to, on the pull request's check and as the step's exit status.

On GitHub `neutral` and `skipped` satisfy a required check, so `skipped` is written only where no review was due. One
that was due and did not happen, could not be read whole or did not see every selected file is `action_required`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.domain.model.options import FailOn, Tolerance
from reviewbot.domain.model.review import Severity
from reviewbot.errors import Reason as Reason  # noqa: PLC0414 — an outcome's vocabulary is imported from here

EXIT_GATE = 1
EXIT_SETTINGS = 2
EXIT_NO_REVIEW = 3
EXIT_NOT_PUBLISHED = 4
EXIT_BUG = 70

PRECEDENCE = (EXIT_BUG, EXIT_SETTINGS, EXIT_NO_REVIEW, EXIT_NOT_PUBLISHED, EXIT_GATE)
"""Which exit status wins when several apply."""


class Status(StrEnum):
    """The output `status`."""

    COMPLETED = "completed"
    PENDING = "pending"
    SKIPPED = "skipped"
    FAILED = "failed"


class Verdict(StrEnum):
    """The output `verdict`: gate on `== 'pass'`."""

    PASS = "pass"  # noqa: S105 — the word of the contract, no password
    FAIL = "fail"
    NONE = "none"


class Coverage(StrEnum):
    """The output `coverage`: whether the reviewer saw every selected file."""

    FULL = "full"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run comes to.

    Attributes:
        conclusion: of the check; None while it is in progress, and for a draft, where none is written.
        message: what happened, in one sentence; empty when the reason's own text says it all.
        hint: what to do next; empty likewise.
        own: what the check would say if no other pull request had the same head; None where it says that.
    """

    status: Status
    verdict: Verdict
    reason: Reason
    conclusion: Conclusion | None
    exit_status: int
    message: str = ""
    hint: str = ""
    own: Conclusion | None = None


def blocks(severity: Severity, fail_on: FailOn) -> bool:
    """Whether an open finding of this severity closes the gate; unrated does unless it never closes."""
    threshold = fail_on.severity
    return threshold is not None and severity.at_least(threshold)


def first_exit_status(*applying: int) -> int:
    """The exit status that wins, 0 when none applies."""
    return next((status for status in PRECEDENCE if status in applying), 0)


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that judge; frozen into the ledger at submission."""

    fail_on: FailOn = FailOn.CRITICAL
    on_pending: Tolerance = Tolerance.PASS
    on_error: Tolerance = Tolerance.FAIL
    on_partial: Tolerance = Tolerance.FAIL


def judge(open_severities: Iterable[Severity], *, readable: bool, coverage: Coverage, rules: Rules) -> Outcome:
    """The outcome of a review that came back.

    Args:
        open_severities: of every open finding, duplicates apart.
        readable: whether the answer was read whole.
        coverage: whether every selected file was sent.
        rules: the settings that judge.
    """
    closed = any(blocks(severity, rules.fail_on) for severity in open_severities)
    verdict = Verdict.FAIL if closed else Verdict.NONE
    short = coverage is Coverage.PARTIAL and rules.on_partial is Tolerance.FAIL
    if not readable or short:
        due = EXIT_NO_REVIEW if rules.on_error is Tolerance.FAIL else 0
        status = first_exit_status(due, EXIT_GATE if closed else 0)
        reason = Reason.PARTIAL if readable else Reason.UNREADABLE
        return Outcome(Status.COMPLETED, verdict, reason, Conclusion.ACTION_REQUIRED, status)
    if closed:
        return Outcome(Status.COMPLETED, verdict, Reason.GATE, Conclusion.FAILURE, EXIT_GATE)
    return Outcome(Status.COMPLETED, Verdict.PASS, Reason.REVIEWED, Conclusion.SUCCESS, 0)


def incomplete_history(outcome: Outcome, rules: Rules) -> Outcome:
    """The outcome of a review of what is new when earlier findings may have been forgotten: never a green one."""
    due = EXIT_NO_REVIEW if rules.on_error is Tolerance.FAIL else 0
    status = first_exit_status(due, outcome.exit_status)
    verdict = Verdict.NONE if outcome.verdict is Verdict.PASS else outcome.verdict
    return Outcome(Status.COMPLETED, verdict, Reason.MEMORY, Conclusion.ACTION_REQUIRED, status)


def bypassed(outcome: Outcome) -> Outcome:
    """The outcome of a head that somebody let through, whatever else it comes to; a bug stays one."""
    if outcome.exit_status == EXIT_BUG or outcome.conclusion is Conclusion.SKIPPED:
        return outcome
    return replace(outcome, verdict=Verdict.PASS, reason=Reason.BYPASS, conclusion=Conclusion.SUCCESS, exit_status=0)


def shared_head(outcome: Outcome, number: int, rules: Rules) -> Outcome:
    """The outcome when another pull request has the same head and no green verdict, and one check stands for both.

    Args:
        outcome: what this pull request came to, green.
        number: the other pull request.
        rules: the settings that judge.
    """
    due = EXIT_NO_REVIEW if rules.on_error is Tolerance.FAIL else 0
    return Outcome(
        outcome.status,
        Verdict.NONE,
        Reason.SHARED_HEAD,
        Conclusion.ACTION_REQUIRED,
        first_exit_status(due, outcome.exit_status),
        f"The pull request #{number} has the same commit as its head, and no green verdict on it.",
        own=outcome.conclusion,
    )


def superseded(message: str) -> Outcome:
    """The review of a head that the pull request has left: its check stays closed, and nobody is bothered with it."""
    return Outcome(Status.SKIPPED, Verdict.NONE, Reason.SUPERSEDED, Conclusion.ACTION_REQUIRED, 0, message)


def pending(rules: Rules) -> Outcome:
    """The review is open, and a check run that is in progress holds the merge."""
    passes = rules.on_pending is Tolerance.PASS
    return Outcome(Status.PENDING, Verdict.NONE, Reason.PENDING, None, 0 if passes else EXIT_GATE)


def without_check(outcome: Outcome) -> Outcome:
    """The outcome where there is no check run: of an open review the step holds the merge itself."""
    return replace(outcome, exit_status=EXIT_GATE) if outcome.status is Status.PENDING else outcome


def not_due(reason: Reason, message: str = "") -> Outcome:
    """No review was due. A draft and a review that waits for a request get no check at all, so nothing turns green."""
    told = reason in {Reason.NOTHING_SELECTED, Reason.LABEL, Reason.BOT}
    return Outcome(Status.SKIPPED, Verdict.NONE, reason, Conclusion.SKIPPED if told else None, 0, message)


def carried(conclusions: Mapping[int, str | None]) -> Outcome:
    """The outcome of a merge group: as good as the worst check of its pull requests; nothing is bought for it.

    Args:
        conclusions: pull request to the conclusion of our check on its head, None when there is none or it is open.
    """
    told = ", ".join(f"#{number}: {conclusion or 'no verdict'}" for number, conclusion in conclusions.items())
    message = f"Carried from the pull requests of the group: {told or 'it names none'}."
    closed = any(one == Conclusion.FAILURE for one in conclusions.values())
    decided = {Conclusion.SUCCESS, Conclusion.SKIPPED, Conclusion.FAILURE}
    if not conclusions or any(one not in decided for one in conclusions.values()):
        verdict = Verdict.FAIL if closed else Verdict.NONE
        return Outcome(Status.FAILED, verdict, Reason.MERGE_GROUP, Conclusion.ACTION_REQUIRED, EXIT_NO_REVIEW, message)
    if closed:
        return Outcome(Status.COMPLETED, Verdict.FAIL, Reason.MERGE_GROUP, Conclusion.FAILURE, EXIT_GATE, message)
    return Outcome(Status.COMPLETED, Verdict.PASS, Reason.MERGE_GROUP, Conclusion.SUCCESS, 0, message)


def collected(outcomes: Mapping[int, Outcome | None]) -> Outcome:
    """The outcome of a collection: it did its job, whatever the reviews said; the checks have the verdicts.

    Args:
        outcomes: pull request to what its review came to, None when it could not be looked up.
    """
    ended = [number for number, outcome in outcomes.items() if outcome and outcome.status is Status.COMPLETED]
    failed = [f"#{number}" for number, outcome in outcomes.items() if outcome is None]
    told = f"{len(ended)} of {len(outcomes)} open reviews are finished and published."
    message = f"{told} Not looked up: {', '.join(failed)}." if failed else told
    return Outcome(Status.COMPLETED, Verdict.NONE, Reason.COLLECTED, None, 0, message)


def answered(*, carried_out: bool, message: str) -> Outcome:
    """The outcome of a command that started no review: its answer has the words, and no verdict changes."""
    status = Status.COMPLETED if carried_out else Status.SKIPPED
    return Outcome(status, Verdict.NONE, Reason.COMMAND, None, 0, message)


def command_outcome(outcome: Outcome) -> Outcome:
    """The outcome of a run that a command started: it was carried out, or its answer says why not.

    The verdict is the check's; what is wrong with settings, GitHub or us stays the step's failure.
    """
    broken = outcome.exit_status in {EXIT_BUG, EXIT_SETTINGS, EXIT_NOT_PUBLISHED}
    return outcome if broken else replace(outcome, exit_status=0)


def did_not_happen(
    reason: Reason, message: str, hint: str, *, exit_status: int, on_error: Tolerance, pardoned: bool = False
) -> Outcome:
    """A review was due and did not happen, or its result could not be published.

    Args:
        reason: of the error.
        message: of the error.
        hint: of the error.
        exit_status: of the error.
        on_error: the setting; it pardons exit status 3 alone.
        pardoned: a fork's event without a key, which its author cannot mend.
    """
    forgiven = exit_status == EXIT_NO_REVIEW and (on_error is Tolerance.PASS or pardoned)
    status = 0 if forgiven else exit_status
    return Outcome(Status.FAILED, Verdict.NONE, reason, Conclusion.ACTION_REQUIRED, status, message, hint)
