"""Determine how a run ends: the conclusion of the check run, the exit status and the reason.

On GitHub, `neutral` and `skipped` satisfy a required check, so `skipped` is written only if no review was due. The
conclusion is `action_required` if a due review did not happen, was not readable or, unless `on-partial` is `pass`, did
not cover every selected file. For a merge group, the verdicts of its queued pull requests decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from msgspec import Struct

from reviewbot.domain.github.check_identity import mark_of
from reviewbot.domain.github.pull_request import GREEN, CheckRun, Conclusion
from reviewbot.domain.model.options import FailOn, Tolerance
from reviewbot.domain.model.review import Severity
from reviewbot.errors import Reason as Reason  # noqa: PLC0414 — re-exported with the outcomes
from reviewbot.errors import ReviewbotError
from reviewbot.values import replace

EXIT_GATE = 1
EXIT_SETTINGS = 2
EXIT_NO_REVIEW = 3
EXIT_NOT_PUBLISHED = 4
EXIT_BUG = 70

PRECEDENCE = (EXIT_BUG, EXIT_SETTINGS, EXIT_NO_REVIEW, EXIT_NOT_PUBLISHED, EXIT_GATE)
"""If several exit statuses apply, the first one in this order is used."""


class Status(StrEnum):
    COMPLETED = "completed"
    PENDING = "pending"
    SKIPPED = "skipped"
    FAILED = "failed"


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105 — not a password
    FAIL = "fail"
    NONE = "none"


class Coverage(StrEnum):
    """The output `coverage`: whether the reviewer saw every selected file."""

    FULL = "full"
    PARTIAL = "partial"


class Outcome(Struct, frozen=True):
    """The outcome of a run. An empty `message` or `hint` means the default text of the reason.

    Attributes:
        conclusion: the conclusion of the check, or None if the check is in progress or missing.
    """

    status: Status
    verdict: Verdict
    reason: Reason
    conclusion: Conclusion | None
    exit_status: int
    message: str = ""
    hint: str = ""


def blocks(severity: Severity, fail_on: FailOn) -> bool:
    """Return whether an open finding blocks the merge. An unrated finding does, unless `fail-on` is `never`."""
    threshold = fail_on.severity
    return threshold is not None and severity.at_least(threshold)


def first_exit_status(*applying: int) -> int:
    return next((status for status in PRECEDENCE if status in applying), 0)


class Rules(Struct, frozen=True):
    """The settings that determine the outcome. A purchase keeps the values from the time of its submission."""

    fail_on: FailOn = FailOn.CRITICAL
    on_pending: Tolerance = Tolerance.PASS
    on_error: Tolerance = Tolerance.FAIL
    on_partial: Tolerance = Tolerance.FAIL

    @property
    def no_review(self) -> int:
        return EXIT_NO_REVIEW if self.on_error is Tolerance.FAIL else 0


def judge(open_severities: Iterable[Severity], *, readable: bool, coverage: Coverage, rules: Rules) -> Outcome:
    """Return the outcome of a review, given the severities of all open findings without a waiver."""
    blocked = any(blocks(severity, rules.fail_on) for severity in open_severities)
    verdict = Verdict.FAIL if blocked else Verdict.NONE
    short = coverage is Coverage.PARTIAL and rules.on_partial is Tolerance.FAIL
    if not readable or short:
        status = first_exit_status(rules.no_review, EXIT_GATE if blocked else 0)
        reason = Reason.PARTIAL if readable else Reason.UNREADABLE
        return Outcome(Status.COMPLETED, verdict, reason, Conclusion.ACTION_REQUIRED, status)
    if blocked:
        return Outcome(Status.COMPLETED, verdict, Reason.GATE, Conclusion.FAILURE, EXIT_GATE)
    return Outcome(Status.COMPLETED, Verdict.PASS, Reason.REVIEWED, Conclusion.SUCCESS, 0)


def incomplete_history(outcome: Outcome, rules: Rules) -> Outcome:
    """Return the outcome if earlier findings may be lost. This outcome is never green."""
    status = first_exit_status(rules.no_review, outcome.exit_status)
    verdict = Verdict.NONE if outcome.verdict is Verdict.PASS else outcome.verdict
    return Outcome(Status.COMPLETED, verdict, Reason.MEMORY, Conclusion.ACTION_REQUIRED, status)


def bypassed(outcome: Outcome) -> Outcome:
    """Return the outcome of a head with a bypass. A bypass does not change a skipped check or the outcome of a bug.

    If GitHub did not accept everything, the reason and the exit status stay, so that the next run writes the rest.
    """
    if outcome.exit_status == EXIT_BUG or outcome.conclusion is Conclusion.SKIPPED:
        return outcome
    if outcome.exit_status == EXIT_NOT_PUBLISHED:
        return replace(outcome, verdict=Verdict.PASS, conclusion=Conclusion.SUCCESS)
    if outcome.reason is Reason.NOT_REQUESTED:  # about the run of the command, not about the head
        outcome = replace(outcome, message="", hint="")
    return replace(outcome, verdict=Verdict.PASS, reason=Reason.BYPASS, conclusion=Conclusion.SUCCESS, exit_status=0)


def shared_head(outcome: Outcome, number: int, rules: Rules) -> Outcome:
    """Return the outcome if pull request `number` has the same head, and therefore the same check, but is not green."""
    status = first_exit_status(rules.no_review, outcome.exit_status)
    message = f"Pull request #{number} has the same head commit, and reviewbot's verdict on it is not a success."
    return Outcome(outcome.status, Verdict.NONE, Reason.SHARED_HEAD, Conclusion.ACTION_REQUIRED, status, message)


def superseded(message: str) -> Outcome:
    """Return the outcome of a review of an older head. The check stays red, and the step passes."""
    return Outcome(Status.SKIPPED, Verdict.NONE, Reason.SUPERSEDED, Conclusion.ACTION_REQUIRED, 0, message)


def pending(rules: Rules) -> Outcome:
    passes = rules.on_pending is Tolerance.PASS
    return Outcome(Status.PENDING, Verdict.NONE, Reason.PENDING, None, 0 if passes else EXIT_GATE)


def deferred(rules: Rules, message: str) -> Outcome:
    """Return the outcome while a purchase waits. `message` states what the purchase waits for."""
    return replace(pending(rules), reason=Reason.DEFERRED, message=message)


def without_check(outcome: Outcome) -> Outcome:
    """Return the outcome of a run without a check run. The step fails while the review is open."""
    return replace(outcome, exit_status=EXIT_GATE) if outcome.status is Status.PENDING else outcome


def not_due(reason: Reason, message: str = "") -> Outcome:
    """Return the outcome if no review is due. Drafts and pull requests without a request get no check.

    A `skipped` check is green on GitHub and would allow the merge.
    """
    has_check = reason in {Reason.NOTHING_SELECTED, Reason.ROUTE, Reason.LABEL, Reason.BOT}
    return Outcome(Status.SKIPPED, Verdict.NONE, reason, Conclusion.SKIPPED if has_check else None, 0, message)


_STACKED = "If a pull request contains another queued one, wait until the other one is merged."


def carried(conclusions: Mapping[int, str | None], elsewhere: Collection[int] = ()) -> Outcome:
    """Return the outcome of a merge group from the worst check of its pull requests.

    `elsewhere` lists the pull requests whose check is green for another base branch or diff. The conclusion of such a
    check, an open check or a missing check is None.
    """
    other = dict.fromkeys(elsewhere, "passed for another base branch or diff")
    verdicts = ", ".join(f"#{one}: {said or other.get(one, 'no verdict')}" for one, said in conclusions.items())
    message = f"Checks for the pull requests in the group: {verdicts or 'none listed'}."
    blocked = any(one == Conclusion.FAILURE for one in conclusions.values())
    decided = {Conclusion.SUCCESS, Conclusion.SKIPPED, Conclusion.FAILURE}
    if not conclusions or any(one not in decided for one in conclusions.values()):
        verdict = Verdict.FAIL if blocked else Verdict.NONE
        again = " and ".join(f"#{number}" for number in elsewhere)
        hint = f"Re-run reviewbot on {again}, then queue {again} again. {_STACKED}" if again else ""
        status, action = EXIT_NO_REVIEW, Conclusion.ACTION_REQUIRED
        return Outcome(Status.FAILED, verdict, Reason.MERGE_GROUP, action, status, message, hint)
    if blocked:
        return Outcome(Status.COMPLETED, Verdict.FAIL, Reason.MERGE_GROUP, Conclusion.FAILURE, EXIT_GATE, message)
    return Outcome(Status.COMPLETED, Verdict.PASS, Reason.MERGE_GROUP, Conclusion.SUCCESS, 0, message)


def answered(*, carried_out: bool, message: str) -> Outcome:
    status = Status.COMPLETED if carried_out else Status.SKIPPED
    return Outcome(status, Verdict.NONE, Reason.COMMAND, None, 0, message)


def command_outcome(outcome: Outcome) -> Outcome:
    """Return the outcome of a command's run. Only bugs, invalid settings and failed publication fail the step."""
    broken = outcome.exit_status in {EXIT_BUG, EXIT_SETTINGS, EXIT_NOT_PUBLISHED}
    return outcome if broken else replace(outcome, exit_status=0)


def did_not_happen(error: ReviewbotError, on_error: Tolerance = Tolerance.FAIL) -> Outcome:
    """Return the outcome of an error that prevented a review or its publication.

    `on_error` affects only exit status 3.
    """
    forgiven = error.exit_status == EXIT_NO_REVIEW and on_error is Tolerance.PASS
    status, action = 0 if forgiven else error.exit_status, Conclusion.ACTION_REQUIRED
    return Outcome(Status.FAILED, Verdict.NONE, error.reason, action, status, error.message, error.hint)


class QueuedPull(Struct, frozen=True):
    """A pull request of a merge group.

    Attributes:
        check: reviewbot's newest check run on the head, or None.
        merge_base: the merge base of the head and the commit onto which the queue merges it.
        shares_name: whether checks against another base branch have the same name.
    """

    number: int
    check: CheckRun | None
    base_ref: str
    merge_base: str
    shares_name: bool


def carried_by_group(group: Iterable[QueuedPull], base_ref: str) -> Outcome:
    """Return the group's outcome. A green check for another base branch or another diff does not count.

    `base_ref` is the base branch of the group, or empty if unknown.
    """
    conclusions: dict[int, str | None] = {}
    elsewhere = []
    for queued in group:
        check = queued.check
        conclusions[queued.number] = check.verdict if check else None
        if check and check.verdict in GREEN and not _is_for(check, queued, base_ref):
            elsewhere.append(queued.number)
            conclusions[queued.number] = None
    return carried(conclusions, elsewhere)


def _is_for(check: CheckRun, queued: QueuedPull, base_ref: str) -> bool:
    """Return whether a green check is for the group's base branch and diff.

    The run has no key to verify signed records, so it relies on the check's tag. If the base branch or the merge base
    differs from the tag, no run has seen this diff.
    """
    tag = check.tag
    if tag is None or queued.base_ref != (base_ref or queued.base_ref):
        return False
    if queued.shares_name and tag.base != mark_of(queued.base_ref):
        return False
    # The label `skip-review` and a bot's own pull request do not depend on the diff.
    is_unread = check.verdict == Conclusion.SKIPPED and tag.merge_base == mark_of("")
    return is_unread or tag.merge_base == mark_of(queued.merge_base)
