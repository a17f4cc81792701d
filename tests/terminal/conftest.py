"""Fixtures: a clone for each test, and golden texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import Clock, Engineer, TaskLife

from tests.terminal.session import Session, make_clone, served

GOLDEN = Path(__file__).parent / "golden"
Opened = Callable[..., Session]


@pytest.fixture
def open_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Open a clone for the test; `base` adds files to `main`."""
    with ExitStack() as stack:

        def opened(
            *,
            engineer: Engineer | None = None,
            life: TaskLife | None = None,
            clock: Clock | None = None,
            base: dict[str, str | bytes] | None = None,
        ) -> Session:
            service, url, faults = stack.enter_context(served(engineer, life, clock))
            return Session(make_clone(tmp_path / "a: shop", base or {}), service, url, faults, monkeypatch)

        yield opened


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with the golden file of a name; `--golden-update` writes it."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--golden-update"):
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare
