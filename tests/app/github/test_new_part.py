"""What is new beside a last reviewed head, and beside one that GitHub cannot return."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from reviewbot.app.reviewer.incremental_context import read_new_part
from reviewbot.domain.diff.parse import ChangedFile, FileStatus
from reviewbot.domain.findings.incremental import NewPart
from reviewbot.domain.findings.tracked_finding import Findings
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.errors import ForgeError, ForgeUnreachable, NotFound
from reviewbot.values import replace
from tests.domain.builders import file_diff, purchase

THERE = Entry("1" * 40, "100644", text="one\ntwo\n")
FILES = (
    ChangedFile(replace(file_diff("", "one\ntwo\n", "added.py"), status=FileStatus.ADDED), None, THERE),
    ChangedFile(replace(file_diff("one\ntwo\n", "", "gone.py"), status=FileStatus.REMOVED), THERE, None),
)
KNOWN: Any = SimpleNamespace(
    change=SimpleNamespace(
        views=[SimpleNamespace(path=file.path) for file in FILES],
        change=SimpleNamespace(files=FILES, merge_base="b" * 40),
    ),
    ledger=SimpleNamespace(findings=Findings()),
)


LAST = purchase(state=TaskState.DONE, head_sha="a" * 40, merge_base="b" * 40)


def run_with(error: ForgeError) -> Any:  # noqa: ANN401 — a run
    def entries(**_: object) -> object:
        raise error

    reporter = SimpleNamespace(debug=lambda _line: None)
    return SimpleNamespace(ports=SimpleNamespace(forge=SimpleNamespace(entries=entries), reporter=reporter))


def test_all_is_new_beside_a_head_that_is_gone_also_what_is_deleted() -> None:
    parts = read_new_part(run_with(NotFound("gone")), KNOWN, "a" * 40, LAST).parts
    assert parts == (NewPart("added.py", ((1, 2),)), NewPart("gone.py", (), deleted=2))


@pytest.mark.parametrize("last", [None, replace(LAST, merge_base="")])
def test_all_is_new_beside_a_head_whose_review_is_not_known(last: Purchase | None) -> None:
    parts = read_new_part(run_with(NotFound("never read")), KNOWN, "a" * 40, last).parts
    assert parts == (NewPart("added.py", ((1, 2),)), NewPart("gone.py", (), deleted=2))


@pytest.mark.parametrize("former", ["b", "c"])
def test_the_former_merge_base_is_read_in_the_same_request_if_it_is_another_one(former: str) -> None:
    asked: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def entries(*, new_paths: list[str], old_paths: list[str], **_: object) -> object:
        asked.append((tuple(new_paths), tuple(old_paths)))
        return {"added.py": THERE}, {}, None

    run: Any = SimpleNamespace(ports=SimpleNamespace(forge=SimpleNamespace(entries=entries)))
    parts = read_new_part(run, KNOWN, "a" * 40, replace(LAST, merge_base=former * 40)).parts
    assert parts == (() if former == "b" else (NewPart("gone.py", (), deleted=2),))
    names = ("added.py", "gone.py")
    assert asked == [(names, () if former == "b" else names)]


def test_all_is_new_that_the_renames_of_the_last_review_may_have_hidden() -> None:
    forge = SimpleNamespace(entries=lambda **_: ({"added.py": THERE}, {}, None))
    run: Any = SimpleNamespace(ports=SimpleNamespace(forge=forge))
    parts = read_new_part(run, KNOWN, "a" * 40, replace(LAST, renames="1" * 16)).parts
    assert parts == (NewPart("added.py", ((1, 2),)), NewPart("gone.py", (), deleted=2))


def test_nothing_is_known_to_be_new_while_github_cannot_be_reached() -> None:
    with pytest.raises(ForgeUnreachable):
        read_new_part(run_with(ForgeUnreachable("down")), KNOWN, "a" * 40, LAST)
