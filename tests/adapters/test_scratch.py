"""A runner without a temporary folder, or with a full disk, gets one error that names it."""

from __future__ import annotations

import tempfile
from errno import EDQUOT, EIO, ENOENT, ENOSPC
from pathlib import Path

import pytest

from reviewbot.adapters.scratch import scratch_folder, writing_scratch
from reviewbot.errors import ScratchUnusable


def test_the_folder_exists_for_the_block_only() -> None:
    with scratch_folder("reviewbot-test-") as folder:
        assert list(folder.iterdir()) == []
    assert not folder.exists()


def test_the_error_for_an_unwritable_folder_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null/none")
    with pytest.raises(ScratchUnusable) as caught, scratch_folder("reviewbot-"):
        pytest.fail("there is no such folder")
    assert caught.value.message == "reviewbot cannot use the temporary folder: Not a directory."
    assert "`TMPDIR`" in caught.value.hint


@pytest.mark.parametrize("code", [ENOSPC, EDQUOT, EIO])
def test_a_full_disk_is_named(code: int) -> None:
    with pytest.raises(ScratchUnusable, match="reviewbot cannot use the temporary folder: "), writing_scratch():
        raise OSError(code, "full")


def test_another_error_is_not_changed() -> None:
    with pytest.raises(FileNotFoundError), writing_scratch():
        raise OSError(ENOENT, "gone", str(Path("x")))
