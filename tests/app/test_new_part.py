"""What is new beside a last reviewed head that GitHub cannot return."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from reviewbot.app.reviewer.incremental_context import read_new_part
from reviewbot.domain.diff.parse import ChangedFile
from reviewbot.domain.findings.incremental import NewPart
from reviewbot.domain.github.pull_request import Entry
from reviewbot.errors import ForgeError, ForgeUnreachable, NotFound
from tests.domain.builders import file_diff

THERE = Entry("1" * 40, "100644", text="one\ntwo\n")
FILES = (
    ChangedFile(file_diff("", "one\ntwo\n", "added.py"), None, THERE),
    ChangedFile(file_diff("one\ntwo\n", "", "gone.py"), THERE, None),
)
KNOWN: Any = SimpleNamespace(
    change=SimpleNamespace(
        views=[SimpleNamespace(path=file.path) for file in FILES], change=SimpleNamespace(files=FILES)
    )
)


def run_with(error: ForgeError) -> Any:  # noqa: ANN401 — a run
    def entries(**_: object) -> object:
        raise error

    reporter = SimpleNamespace(debug=lambda _line: None)
    return SimpleNamespace(ports=SimpleNamespace(forge=SimpleNamespace(entries=entries), reporter=reporter))


def test_all_is_new_beside_a_head_that_is_gone_also_what_is_deleted() -> None:
    parts = read_new_part(run_with(NotFound("gone")), KNOWN, "a" * 40).parts
    assert parts == (NewPart("added.py", ((1, 2),)), NewPart("gone.py", (), deleted=2))


def test_nothing_is_known_to_be_new_while_github_cannot_be_reached() -> None:
    with pytest.raises(ForgeUnreachable):
        read_new_part(run_with(ForgeUnreachable("down")), KNOWN, "a" * 40)
