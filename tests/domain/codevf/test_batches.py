"""Batches: every file is in one task, folders stay together, and the rest of the code sees one task."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from posixpath import dirname

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reviewbot.domain.codevf.attachments import Sendable, SizeTier, in_order, pack, together
from reviewbot.domain.codevf.batches import TaskBatches, join_ids, joined, split, split_ids
from reviewbot.domain.model.review import (
    Finding,
    Leftover,
    Previous,
    PreviousState,
    Report,
    Severity,
    Side,
    Task,
    TaskStatus,
)

LIMITS = SizeTier(attachment=120, request=200)
files = st.lists(
    st.builds(
        Sendable,
        path=st.builds("{}/{}.py".format, st.sampled_from(["a", "b", "c/d"]), st.integers(0, 30)),
        diff=st.integers(1, 130).map(lambda size: "x" * size),
        text=st.none() | st.just("text\n"),
        redactions=st.just(0),
        risk=st.integers(0, 3),
    ),
    unique_by=lambda file: file.path,
    max_size=20,
)


def file(path: str, size: int, risk: int = 0) -> Sendable:
    return Sendable(path, "x" * (size - 2) + "\n", None, 0, risk)


def paths(parts: tuple[tuple[Sendable, ...], ...]) -> list[list[str]]:
    return [[one.path for one in part] for part in parts]


@given(files, st.integers(1, 5))
def test_every_file_that_one_task_could_send_is_in_exactly_one_part(given_files: list[Sendable], most: int) -> None:
    parts = split(given_files, LIMITS, most)
    assert 1 <= len(parts) <= most
    assert Counter(one.path for part in parts for one in part) == Counter(one.path for one in given_files)
    packings = [pack(part, LIMITS) for part in parts]
    packed = together(packings, len(packings))
    assert {one.path for one in packed.sent} | set(packed.omitted) == {one.path for one in given_files}
    assert set(together(packings, 1).omitted) == set(packed.omitted) | {
        one.path for packing in packings[1:] for one in packing.sent
    }
    assert not any(one for part in parts[:-1] for one in pack(part, LIMITS).omitted), (
        "the last part lists the omitted files"
    )
    assert split(given_files, LIMITS, most) == parts, "a later run splits equally"


def test_a_change_that_fits_is_one_task() -> None:
    assert paths(split([file("a/1", 100), file("b/1", 100)], LIMITS, 5)) == [["a/1", "b/1"]]
    assert paths(split([], LIMITS, 5)) == [[]]
    assert paths(split([file("a/1", 500)], LIMITS, 5)) == [["a/1"]]


def test_a_folder_stays_together_where_it_fits_and_the_riskiest_goes_first() -> None:
    given_files = [file("a/1", 60), file("a/2", 60), file("b/1", 90, risk=2), file("b/2", 90), file("c/1", 20)]
    assert paths(split(given_files, LIMITS, 3)) == [["b/1", "b/2"], ["a/1", "a/2", "c/1"]]


def test_each_file_is_known_by_the_number_of_its_task() -> None:
    batches = TaskBatches.of([file("a/1.py", 110), file("b/1.py", 110, 1)], LIMITS, 2, confirms=False)
    assert batches.numbers() == {"b/1.py": 0, "a/1.py": 1}


def test_a_folder_that_does_not_fit_is_split_and_the_rest_is_reported() -> None:
    given_files = [file(f"a/{number}", 100, risk=9 - number) for number in range(7)]
    assert paths(split(given_files, LIMITS, 3)) == [["a/0", "a/1"], ["a/2", "a/3"], ["a/4", "a/5", "a/6"]]
    assert {dirname(path) for path in pack(split(given_files, LIMITS, 3)[-1], LIMITS).omitted} == {"a"}


@given(files, st.integers(2, 4))
@example([file("a/1", 100, risk=9), *(file(f"a/{at}", 100) for at in range(2, 8)), file("b/1", 100, risk=5)], 2)
def test_no_omitted_file_is_riskier_than_a_sent_one(given_files: list[Sendable], most: int) -> None:
    parts = split(given_files, LIMITS, most)
    left = set(pack(parts[-1], LIMITS).omitted)
    for one in (one for one in given_files if one.path in left):
        before = [[file for file in part if in_order([file, one])[0] is file] for part in parts]
        for part in before[:most]:
            kept = [file for file in part if file.path not in left]
            assert one.path in pack([*kept, one], LIMITS).omitted


def task(status: str, used: int | None = None, hint: float | None = None, name: str = "t") -> Task:
    credits_used = None if used is None else Decimal(used)
    return Task(name, TaskStatus(status), status, credits_used=credits_used, retry_after=hint)


@pytest.mark.parametrize(
    ("states", "status", "unseen"),
    [
        (("pending", "pending"), "pending", 0),
        (("pending", "cancelled"), "pending", 0),
        (("pending", "processing"), "processing", 0),
        (("pending", "completed"), "processing", 0),
        (("unknown", "pending"), "processing", 0),
        (("completed", "completed"), "completed", 0),
        (("cancelled", "completed"), "completed", 1),
        (("cancelled", "failed"), "cancelled", 2),
    ],
)
def test_several_tasks_are_over_once_all_are(states: tuple[str, ...], status: str, unseen: int) -> None:
    whole = joined([task(state) for state in states])
    assert (whole.status.value, len(whole.unseen)) == (status, unseen)
    assert [one.status.value for one in whole.parts] == list(states)


def test_the_cost_of_several_tasks_is_known_once_all_have_reported() -> None:
    assert joined([task("completed", 100), task("completed", 50)]).credits_used == 150
    assert joined([task("completed", 100), task("completed")]).credits_used is None
    assert joined([task("pending", hint=2), task("pending", hint=5)]).retry_after == 5
    assert joined([task("pending", name="a"), task("pending", name="b")]).id == "a,b"


def test_one_task_is_unchanged() -> None:
    alone = task("completed", 100)
    assert joined([alone]) is alone
    assert split_ids(join_ids(["a"])) == ("a",)
    assert split_ids(join_ids(["a", "b"])) == ("a", "b")


def test_the_reports_are_merged_without_loss() -> None:
    found = Finding("a.py", Severity.LOW, None, "t", "e", Side.RIGHT, 1, 1, "", None, None, ())
    first = Report("First.", (found,), (Leftover("x", "why", "y"),), readable=False)
    second = Report("", (found,), (), previous=(Previous("ab", PreviousState.FIXED, ""),))
    whole = Report.of([first, second])
    assert whole == Report("First.", (found, found), first.leftovers, readable=False, previous=second.previous)
    assert Report.of([first]) == first
