"""Which peers are here to judge, and what becomes of the tests that need one that is not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# In importlib mode the folder's own modules are not found; the house of tests/app asks the referee too.
sys.path.insert(0, str(Path(__file__).parent / "contract"))

import published
import runner_image

MISSING = {"npm": published.missing, "container": runner_image.missing}
"""Marker of a test to the question what it lacks here."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-referees",
        action="store_true",
        help="a test whose npm or Debian packages are missing fails instead of being skipped",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "npm: needs what GitHub publishes on npm (make referees)")
    config.addinivalue_line("markers", "container: needs podman, runc, mmdebstrap and act, and root")


def pytest_report_header() -> list[str]:
    """Tell what will not be judged, once and for all tests."""
    return [f"not judged here: {lacking}" for lacking in (ask() for ask in MISSING.values()) if lacking]


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, ask in MISSING.items():
        lacking = ask() if item.get_closest_marker(marker) else ""
        if lacking and item.config.getoption("--require-referees"):
            pytest.fail(lacking, pytrace=False)
        elif lacking:
            pytest.skip(lacking)
