"""The state file of a local review is private and on the disk; files in the workspace need neither."""

from __future__ import annotations

import os
from errno import EPERM
from pathlib import Path

import pytest

from reviewbot.adapters.local import StateFile
from reviewbot.adapters.safe_files import write_inside


def test_the_state_file_is_private_although_the_file_system_refuses_chmod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(EPERM, os.strerror(EPERM))

    monkeypatch.setattr(os, "fchmod", refuse)
    page = tmp_path / "reviews" / "page.md"
    for text in ("one", "two"):
        StateFile(page).write(text)
        assert StateFile(page).read() == text
    assert page.stat().st_mode & 0o777 == 0o600
    assert list(page.parent.iterdir()) == [page]


def test_only_the_state_file_is_flushed_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = list[int]()
    monkeypatch.setattr(os, "fsync", flushed.append)
    write_inside(str(tmp_path), "report.json", b"{}")
    assert flushed == []
    StateFile(tmp_path / "page.md").write("one")
    assert len(flushed) == 1
