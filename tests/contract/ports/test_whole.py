"""The suite calls every method of the ports."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewbot.ports import ChangeReader, Forge, ReviewService

TESTS = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
METHODS = sorted(
    {name for port in (ChangeReader, Forge, ReviewService) for name in dir(port) if not name.startswith("_")}
)


@pytest.mark.parametrize("method", [one for one in METHODS if one != "snapshot"])
def test_every_method_is_called(method: str) -> None:
    assert f".{method}(" in TESTS


def test_the_snapshot_is_read() -> None:
    assert "read(github" in TESTS
