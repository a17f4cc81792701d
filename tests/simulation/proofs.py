"""The tests of each promise apart from the histories, which test them all; docs/reliability.md lists them."""

from __future__ import annotations

from collections.abc import Mapping

from tests.simulation.laws import (
    ANNOUNCED,
    ANSWERED_ONCE,
    CONVERGES,
    GROWS,
    HAPPENS,
    NEVER_GREEN,
    NO_BUG,
    NOTHING_LOST,
    ONLY_DUE,
    PAY_ONCE,
    PEOPLE_STAND,
    WAITS,
    WITHIN_LIMIT,
)

LAWS_OF_THE_MACHINE = "tests/domain/machine/test_laws.py"
TRANSITIONS = "tests/domain/machine/test_transitions.py"
COMMENTS = "tests/domain/publishing/test_comment_diff.py"

PROOFS: Mapping[str, tuple[tuple[str, str], ...]] = {
    PAY_ONCE: (
        (LAWS_OF_THE_MACHINE, "test_no_task_is_created_without_a_recorded_intent"),
        ("tests/crash/test_crashes.py", "test_two_concurrent_runs_buy_one_task_and_post_each_comment_once"),
        ("tests/domain/policy/test_eligibility.py", "test_spending_needs_a_user_with_write_access"),
    ),
    NOTHING_LOST: (
        ("tests/domain/findings/test_tracking.py", "test_every_finding_of_an_answer_is_remembered_and_counts"),
        (TRANSITIONS, "test_a_run_that_cannot_read_an_answer_again_leaves_it_in_the_summary"),
    ),
    CONVERGES: (
        ("tests/crash/test_crashes.py", "test_a_fault_at_any_request_leads_to_the_same_end"),
        (COMMENTS, "test_publishing_is_idempotent"),
    ),
    NEVER_GREEN: (
        (LAWS_OF_THE_MACHINE, "test_success_needs_a_complete_or_stored_answer_or_a_bypass"),
        ("tests/domain/policy/test_verdict.py", "test_green_means_complete_readable_and_nothing_blocks"),
    ),
    PEOPLE_STAND: (
        ("tests/app/test_review.py", "test_a_comment_that_a_person_deleted_is_not_posted_again"),
        (COMMENTS, "test_a_thread_resolved_by_reviewbot_is_reopened_with_its_finding"),
    ),
    HAPPENS: (("tests/simulation/test_histories.py", "test_a_collection_buys_what_a_run_deferred"),),
    ONLY_DUE: (
        ("tests/domain/policy/test_eligibility.py", "test_closed_pull_requests_and_drafts_are_not_reviewed"),
        ("tests/domain/policy/test_eligibility.py", "test_review_on_decides_which_events_request_a_review"),
    ),
    WITHIN_LIMIT: (("tests/simulation/test_budget.py", "test_two_runs_of_two_heads_stay_within_the_budget"),),
    GROWS: (
        (TRANSITIONS, "test_a_later_review_is_sized_by_what_is_new"),
        ("tests/domain/policy/test_size.py", "test_several_tasks_together_hold_at_least_what_one_would"),
    ),
    WAITS: (
        (LAWS_OF_THE_MACHINE, "test_nothing_is_bought_while_a_check_is_not_green_unless_a_person_asks"),
        ("tests/domain/policy/test_readiness.py", "test_a_head_is_bought_once_it_is_old_enough"),
    ),
    ANSWERED_ONCE: (("tests/domain/questions/test_machine.py", "test_a_later_run_continues_the_recorded_purchase"),),
    ANNOUNCED: (
        (LAWS_OF_THE_MACHINE, "test_an_answer_is_announced_before_it_is_recorded_and_never_twice_or_by_its_buyer"),
    ),
    NO_BUG: ((LAWS_OF_THE_MACHINE, "test_every_run_ends_with_its_output"),),
}
"""The file and the name of each test, by promise."""


def table() -> str:
    """Return a Markdown table of the promises with links to their tests."""
    rows = [
        f"| {law} | {', '.join(f'[`{name}`](../{path})' for path, name in tests)} |" for law, tests in PROOFS.items()
    ]
    return "\n".join(["| promise | tests, apart from the histories, which check all of them |", "|---|---|", *rows])
