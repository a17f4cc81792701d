"""The tree in the docstring of `errors` matches the classes, and every error has a message and an exit status."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest

from reviewbot import errors
from reviewbot.domain.policy.verdict import PRECEDENCE, Reason
from reviewbot.errors import (
    PermissionMissing,
    Problem,
    ReviewbotError,
    ServiceRefused,
    SettingsError,
    did_you_mean,
)

_ROW = re.compile(r"^    (?P<stem>(?:[│ ]   )*(?:[├└]── )?)(?P<name>[A-Z]\w+) +(?P<status>\d+ )?")


def drawn() -> Iterator[tuple[str, str | None, int | None]]:
    """Yield each row of the drawn tree: name, parent, and exit status if it is drawn."""
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if row := _ROW.match(line):
            depth = len(row["stem"]) // 4
            above[depth:] = [row["name"]]
            yield row["name"], above[depth - 1] if depth else None, int(row["status"]) if row["status"] else None


@pytest.mark.parametrize(
    ("message", "clause"),
    [
        ("The token lacks permission.", "the token lacks permission."),
        ("A task id contains invalid characters.", "a task id contains invalid characters."),
        ("GitHub did not respond in time.", "GitHub did not respond in time."),
        ("CodeVF's response is not JSON.", "CodeVF's response is not JSON."),
        ("reviewbot cannot find or start git.", "reviewbot cannot find or start git."),
        ("`main` is not a commit.", "`main` is not a commit."),
        ("", ""),
    ],
)
def test_a_message_after_a_colon_has_no_capital_letter_unless_it_is_a_name(message: str, clause: str) -> None:
    assert ReviewbotError(message).clause == clause


def real(root: type[ReviewbotError] = ReviewbotError) -> Iterator[type[ReviewbotError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from real(child)


ERRORS = tuple(real())
names = pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)


def test_the_drawn_tree_matches_the_classes() -> None:
    rows = {name: parent for name, parent, _ in drawn()}
    assert rows == {
        error.__name__: None if error is ReviewbotError else error.__bases__[0].__name__ for error in ERRORS
    }
    assert len(list(drawn())) == len(rows)


def test_every_exception_of_the_module_is_in_the_tree() -> None:
    there = {one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, BaseException)}
    assert there == set(ERRORS)


def test_the_drawn_exit_statuses_match_the_classes() -> None:
    by_name = {error.__name__: error for error in ERRORS}
    statuses: dict[str, int] = {}
    for name, parent, status in drawn():
        statuses[name] = status if status is not None else statuses.get(parent or "", ReviewbotError.exit_status)
    assert statuses == {name: error.exit_status for name, error in by_name.items()}


@names
def test_every_error_has_a_reason_of_the_contract_and_a_status_that_is_ranked(error: type[ReviewbotError]) -> None:
    assert Reason(error.reason)
    assert error.exit_status in PRECEDENCE
    assert error.exit_status != 1


@names
def test_every_error_has_a_docstring(error: type[ReviewbotError]) -> None:
    assert (error.__doc__ or "").strip()


@names
def test_every_error_has_a_message(error: type[ReviewbotError]) -> None:
    if error is SettingsError:
        return
    raised = error("It broke.", hint="Fix it.")
    assert (str(raised), raised.message, raised.hint) == ("It broke.", "It broke.", "Fix it.")
    assert error("It broke.").hint == ""


def test_settings_list_every_problem_at_once() -> None:
    one, two = Problem("`mode`", "invalid value `slow`", "`fast`"), Problem("`fail-on`", "it is empty", "a severity")
    assert SettingsError((one,)).message == "The settings are invalid, so nothing was sent."
    both = SettingsError((one, two))
    assert both.problems == (one, two)
    assert (
        both.hint == "- `mode`: invalid value `slow`. Allowed: `fast`.\n- `fail-on`: it is empty. Allowed: a severity."
    )


def test_some_errors_carry_more_values() -> None:
    assert PermissionMissing("no", needs="checks: write").needs == "checks: write"
    refused = ServiceRefused("no", status=402)
    assert refused.status == 402


def test_a_problem_is_one_line_with_its_place_and_what_to_do() -> None:
    assert str(Problem("", "`x` is not inside a git repository", todo="Run it in a clone.")) == (
        "`x` is not inside a git repository. Run it in a clone."
    )
    assert str(Problem("--mode", "invalid value", "`fast`", "See docs.")) == (
        "--mode: invalid value. Allowed: `fast`. See docs."
    )


def test_the_nearest_name_is_suggested() -> None:
    assert did_you_mean("FailOn", ("fail-on", "mode")) == "; did you mean `fail-on`?"
    assert did_you_mean("zzzz", ("fail-on", "mode")) == ""
    assert did_you_mean("explain", ("plan",)) == did_you_mean("--days", ("--paths",)) == ""
    assert str(Problem("`failon`", f"unknown key{did_you_mean('failon', ('fail-on',))}")).endswith("mean `fail-on`?")
