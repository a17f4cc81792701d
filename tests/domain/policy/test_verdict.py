"""The outcomes table, row by row."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.domain.github.pull_request import Conclusion
from reviewbot.domain.model.options import FailOn, Tolerance
from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.verdict import (
    EXIT_BUG,
    EXIT_GATE,
    EXIT_NO_REVIEW,
    EXIT_NOT_PUBLISHED,
    EXIT_SETTINGS,
    Coverage,
    Outcome,
    Reason,
    Rules,
    Status,
    Verdict,
    answered,
    blocks,
    bypassed,
    carried,
    command_outcome,
    did_not_happen,
    first_exit_status,
    incomplete_history,
    judge,
    not_due,
    pending,
    shared_head,
    superseded,
    without_check,
)
from reviewbot.errors import NoKey, OutputUnwritable, OverBudget, ReviewbotError, TemplateError

SEVERE, MILD = (Severity.CRITICAL,), (Severity.INFO, Severity.LOW)
FULL, PARTIAL = Coverage.FULL, Coverage.PARTIAL
PASS, FAIL = Tolerance.PASS, Tolerance.FAIL


def short(outcome: Outcome) -> tuple[str | None, int, str, str, str]:
    """Return an outcome as a row of the table."""
    conclusion = outcome.conclusion.value if outcome.conclusion else None
    return conclusion, outcome.exit_status, outcome.verdict.value, outcome.status.value, outcome.reason.value


@pytest.mark.parametrize(
    ("severities", "readable", "coverage", "rules", "row"),
    [
        ((), True, FULL, Rules(), ("success", 0, "pass", "completed", "reviewed")),
        (MILD, True, FULL, Rules(), ("success", 0, "pass", "completed", "reviewed")),
        (SEVERE, True, FULL, Rules(), ("failure", 1, "fail", "completed", "gate")),
        (MILD, True, FULL, Rules(FailOn.LOW), ("failure", 1, "fail", "completed", "gate")),
        ((Severity.UNRATED,), True, FULL, Rules(), ("failure", 1, "fail", "completed", "gate")),
        ((Severity.UNRATED,), True, FULL, Rules(FailOn.NEVER), ("success", 0, "pass", "completed", "reviewed")),
        (SEVERE, True, FULL, Rules(on_error=PASS, on_partial=PASS), ("failure", 1, "fail", "completed", "gate")),
        ((), False, FULL, Rules(), ("action_required", 3, "none", "completed", "unreadable")),
        ((), False, FULL, Rules(on_error=PASS), ("action_required", 0, "none", "completed", "unreadable")),
        ((), False, FULL, Rules(FailOn.NEVER), ("action_required", 3, "none", "completed", "unreadable")),
        (SEVERE, False, FULL, Rules(), ("action_required", 3, "fail", "completed", "unreadable")),
        (SEVERE, False, FULL, Rules(on_error=PASS), ("action_required", 1, "fail", "completed", "unreadable")),
        ((), True, PARTIAL, Rules(), ("action_required", 3, "none", "completed", "partial")),
        ((), True, PARTIAL, Rules(on_error=PASS), ("action_required", 0, "none", "completed", "partial")),
        ((), True, PARTIAL, Rules(on_partial=PASS), ("success", 0, "pass", "completed", "reviewed")),
        (SEVERE, True, PARTIAL, Rules(on_partial=PASS), ("failure", 1, "fail", "completed", "gate")),
        (SEVERE, True, PARTIAL, Rules(), ("action_required", 3, "fail", "completed", "partial")),
        (SEVERE, True, PARTIAL, Rules(on_error=PASS), ("action_required", 1, "fail", "completed", "partial")),
        ((), False, PARTIAL, Rules(on_partial=PASS), ("action_required", 3, "none", "completed", "unreadable")),
    ],
)
def test_a_restored_review(
    severities: tuple[Severity, ...],
    readable: bool,  # noqa: FBT001 — a table
    coverage: Coverage,
    rules: Rules,
    row: tuple[str, int, str, str, str],
) -> None:
    assert short(judge(severities, readable=readable, coverage=coverage, rules=rules)) == row


@given(
    st.lists(st.sampled_from(Severity)),
    st.booleans(),
    st.sampled_from(Coverage),
    st.builds(Rules, *(st.sampled_from(kind) for kind in (FailOn, Tolerance, Tolerance, Tolerance))),
)
def test_green_means_complete_readable_and_nothing_blocks(
    severities: list[Severity],
    readable: bool,  # noqa: FBT001 — drawn
    coverage: Coverage,
    rules: Rules,
) -> None:
    outcome = judge(severities, readable=readable, coverage=coverage, rules=rules)
    green = outcome.conclusion in {Conclusion.SUCCESS, Conclusion.SKIPPED}
    assert green == (outcome.verdict is Verdict.PASS)
    if green:
        assert readable
        assert coverage is FULL or rules.on_partial is PASS
        assert not any(blocks(severity, rules.fail_on) for severity in severities)
        assert outcome.exit_status == 0
    assert (outcome.exit_status == EXIT_GATE) <= (outcome.verdict is Verdict.FAIL)


@pytest.mark.parametrize(
    ("threshold", "closing"),
    [
        (FailOn.CRITICAL, "unrated critical"),
        (FailOn.HIGH, "unrated critical high"),
        (FailOn.MEDIUM, "unrated critical high medium"),
        (FailOn.LOW, "unrated critical high medium low"),
        (FailOn.INFO, "unrated critical high medium low info"),
        (FailOn.NEVER, ""),
    ],
)
def test_the_severities_that_block(threshold: FailOn, closing: str) -> None:
    assert [severity.value for severity in Severity if blocks(severity, threshold)] == closing.split()


@pytest.mark.parametrize(("on_pending", "status"), [(PASS, 0), (FAIL, 1)])
def test_an_open_review_keeps_the_check_in_progress_or_fails_the_step(on_pending: Tolerance, status: int) -> None:
    outcome = pending(Rules(on_pending=on_pending))
    assert short(outcome) == (None, status, "none", "pending", "pending")
    assert short(without_check(outcome)) == (None, 1, "none", "pending", "pending")
    assert without_check(not_due(Reason.DRAFT)) == not_due(Reason.DRAFT)


@pytest.mark.parametrize("reason", Reason)
def test_only_where_no_review_was_due_is_a_check_skipped(reason: Reason) -> None:
    outcome = not_due(reason, "because")
    is_written = reason in {Reason.NOTHING_SELECTED, Reason.ROUTE, Reason.LABEL, Reason.BOT}
    assert short(outcome) == ("skipped" if is_written else None, 0, "none", "skipped", reason.value)
    assert outcome.message == "because"


@pytest.mark.parametrize(
    ("error", "on_error", "status"),
    [
        (NoKey, FAIL, 3),
        (NoKey, PASS, 0),
        (TemplateError, PASS, 2),
        (OutputUnwritable, PASS, 4),
        (ReviewbotError, PASS, 70),
    ],
)
def test_a_review_that_did_not_happen_is_never_green(
    error: type[ReviewbotError], on_error: Tolerance, status: int
) -> None:
    outcome = did_not_happen(error("no key", hint="set one"), on_error)
    assert short(outcome) == ("action_required", status, "none", "failed", error.reason.value)
    assert (outcome.message, outcome.hint) == ("no key", "set one")


ORDER = (70, 2, 3, 4, 1)


@pytest.mark.parametrize("statuses", [some for size in range(6) for some in combinations(ORDER, size)])
def test_the_contract_defines_which_of_several_outcomes_wins(statuses: tuple[int, ...]) -> None:
    expected = next((status for status in ORDER if status in statuses), 0)
    assert first_exit_status(*statuses, 0) == first_exit_status(*reversed(statuses)) == expected


@pytest.mark.parametrize(
    ("conclusions", "row"),
    [
        ({1: "success", 2: "skipped"}, ("success", 0, "pass", "completed", "merge-group")),
        ({1: "success", 2: "failure"}, ("failure", 1, "fail", "completed", "merge-group")),
        ({1: "skipped"}, ("success", 0, "pass", "completed", "merge-group")),
        ({1: "success", 2: None}, ("action_required", 3, "none", "failed", "merge-group")),
        ({1: "action_required"}, ("action_required", 3, "none", "failed", "merge-group")),
        ({1: "neutral"}, ("action_required", 3, "none", "failed", "merge-group")),
        ({1: "cancelled", 2: "success"}, ("action_required", 3, "none", "failed", "merge-group")),
        ({1: "failure", 2: None}, ("action_required", 3, "fail", "failed", "merge-group")),
        ({}, ("action_required", 3, "none", "failed", "merge-group")),
    ],
)
def test_a_merge_group_has_the_verdict_of_its_worst_pull_request(
    conclusions: dict[int, str | None], row: tuple[str, int, str, str, str]
) -> None:
    assert short(carried(conclusions)) == row


def test_a_merge_group_lists_its_verdicts() -> None:
    assert "#1: success, #2: no verdict" in carried({1: "success", 2: None}).message
    assert "none listed" in carried({}).message


def test_a_merge_group_says_what_to_run_again_for_its_base() -> None:
    outcome = carried({1: "success", 2: None, 3: None}, [2, 3])
    assert "#2: passed for another base branch or diff, #3" in outcome.message
    assert "on #2 and #3" in outcome.hint
    assert carried({1: None}).hint == ""


def test_an_outcome_uses_the_words_of_the_contract() -> None:
    assert [status.value for status in Status] == ["completed", "pending", "skipped", "failed"]
    assert [verdict.value for verdict in Verdict] == ["pass", "fail", "none"]


# --- State, bypass, newer heads ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severities", "rules", "row"),
    [
        ((), Rules(), ("action_required", 3, "none", "completed", "memory")),
        ((), Rules(FailOn.NEVER), ("action_required", 3, "none", "completed", "memory")),
        ((), Rules(on_error=PASS), ("action_required", 0, "none", "completed", "memory")),
        (SEVERE, Rules(), ("action_required", 3, "fail", "completed", "memory")),
        (SEVERE, Rules(on_error=PASS), ("action_required", 1, "fail", "completed", "memory")),
    ],
)
def test_a_head_with_possibly_forgotten_findings_is_never_green(
    severities: tuple[Severity, ...], rules: Rules, row: tuple[str, int, str, str, str]
) -> None:
    assert short(incomplete_history(judge(severities, readable=True, coverage=FULL, rules=rules), rules)) == row


@pytest.mark.parametrize(
    ("outcome", "rules", "row"),
    [
        (
            judge((), readable=True, coverage=FULL, rules=Rules()),
            Rules(),
            ("action_required", 3, "none", "completed", "shared-head"),
        ),
        (not_due(Reason.LABEL), Rules(), ("action_required", 3, "none", "skipped", "shared-head")),
        (not_due(Reason.LABEL), Rules(on_error=PASS), ("action_required", 0, "none", "skipped", "shared-head")),
    ],
)
def test_a_green_verdict_next_to_a_red_one_is_not_shown(
    outcome: Outcome, rules: Rules, row: tuple[str, int, str, str, str]
) -> None:
    shared = shared_head(outcome, 7, rules)
    assert short(shared) == row
    assert "#7" in shared.message


@pytest.mark.parametrize(
    "outcome",
    [
        judge(SEVERE, readable=True, coverage=FULL, rules=Rules()),
        judge((), readable=False, coverage=PARTIAL, rules=Rules()),
        judge((), readable=True, coverage=FULL, rules=Rules()),
        did_not_happen(OverBudget("m", hint="h")),
    ],
)
def test_a_bypassed_head_is_green(outcome: Outcome) -> None:
    through = bypassed(outcome)
    assert short(through) == ("success", 0, "pass", outcome.status.value, "bypass")
    assert (through.message, through.hint) == (outcome.message, outcome.hint)


@pytest.mark.parametrize(
    "outcome",
    [
        not_due(Reason.NOTHING_SELECTED),
        did_not_happen(ReviewbotError("m", hint="h"), PASS),
    ],
)
def test_neither_a_bug_nor_a_review_that_is_not_due_is_bypassed(outcome: Outcome) -> None:
    assert bypassed(outcome) == outcome


def test_a_superseded_check_requires_action_and_does_not_fail_the_step() -> None:
    assert short(superseded("Newer.")) == ("action_required", 0, "none", "skipped", "superseded")
    assert superseded("Newer.").message == "Newer."


def test_a_command_that_starts_no_review_changes_no_check() -> None:
    assert short(answered(carried_out=True, message="")) == (None, 0, "none", "completed", "command")
    assert short(answered(carried_out=False, message="")) == (None, 0, "none", "skipped", "command")


@pytest.mark.parametrize(
    ("status", "left"),
    [
        (0, 0),
        (EXIT_GATE, 0),
        (EXIT_NO_REVIEW, 0),
        *((bad, bad) for bad in (EXIT_SETTINGS, EXIT_NOT_PUBLISHED, EXIT_BUG)),
    ],
)
def test_a_command_step_fails_only_on_errors(status: int, left: int) -> None:
    outcome = Outcome(Status.COMPLETED, Verdict.FAIL, Reason.GATE, Conclusion.FAILURE, status)
    assert command_outcome(outcome) == Outcome(Status.COMPLETED, Verdict.FAIL, Reason.GATE, Conclusion.FAILURE, left)
