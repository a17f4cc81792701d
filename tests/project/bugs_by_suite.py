"""A bug that each suite but the simulator found, with a command that fails without its fix."""

from __future__ import annotations

from typing import NamedTuple


class SuiteBug(NamedTuple):
    """What found a bug, what reviewbot did, and the module with arguments that replays it."""

    suite: str
    what: str
    replay: str


BUGS = (
    SuiteBug(
        "concurrent runs over HTTP",
        "Two runs left duplicate comments.",
        "pytest tests/crash/test_crashes.py::test_two_concurrent_runs_buy_one_task_and_post_each_comment_once",
    ),
    SuiteBug(
        "failures at each request",
        "A merge group passed with a blocked pull request, because a failed read of the queue was ignored.",
        "tests.faults 'the queue: 422'",
    ),
    SuiteBug(
        "GitHub's rules",
        "Re-runs of a default-branch workflow were rejected, because GitHub resolves no branch as an object id.",
        "pytest tests/contract/ports/test_repository.py::test_a_file_is_compared_at_a_commit_and_a_branch",
    ),
    SuiteBug(
        "readers of SARIF",
        "An invalid URL of one comment made strict readers reject the whole file.",
        "pytest tests/exports/test_sarif.py::test_only_a_web_url_is_the_uri_of_a_finding",
    ),
    SuiteBug(
        "hostile text",
        "A code fence in a quoted error enclosed the rest of the summary.",
        "pytest tests/render/test_hostile.py::test_a_fence_in_reviewbots_own_text_encloses_nothing_else",
    ),
    SuiteBug(
        "two implementations compared",
        "In an answer, the word `fixed` with a dotless i caused an internal error.",
        "pytest tests/domain/codevf/test_prose.py::test_only_the_word_alone_counts",
    ),
    SuiteBug(
        "a browser",
        "In the HTML report, `j` visited the findings of an unrendered file out of order.",
        "pytest tests/browser/test_report.py::test_keys_move_between_findings_and_between_files",
    ),
    SuiteBug(
        "documented snippets",
        "The Slack recipe failed on an unreadable answer.",
        "pytest tests/contract/test_snippets.py::test_the_recipe_for_slack_sends_a_message_for_each_finished_review",
    ),
    SuiteBug(
        "code review",
        "An intent in a check run hid a finished review in the summary.",
        "pytest tests/domain/machine/test_transitions.py::"
        "test_a_finished_purchase_in_the_summary_comes_before_an_intent_in_a_check_run",
    ),
)


def table() -> str:
    """Return a Markdown table of the bugs with the commands that replay them."""
    rows = [f"| {bug.suite} | {bug.what} | `{bug.replay}` |" for bug in BUGS]
    return "\n".join(["| found by | bug | `.venv/bin/python -m` … |", "|---|---|---|", *rows])
