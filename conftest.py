"""pytest options and markers: the slow tests of `make proof`, and tests that need optional programs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import hypothesis
import pytest

from bench import peers
from tests.browser import installed
from tests.contract import published, readers, runner_image
from tests.contract.runner_image import Engine
from tests.project import old_pips

ROOT = Path(__file__).resolve().parent
PROOFS = ("bench", "browser", "crash", "faults", "large", "pictures")
"""Folders of `tests/` that run in `make proof` and not in `make test`.

Single tests that take long have the marker `proof`.
"""

MISSING: dict[str, Callable[[pytest.Config], str]] = {
    "npm": lambda _: published.missing(),
    "readers": lambda _: readers.missing(),
    "pips": lambda _: old_pips.missing(),
    "browser": lambda _: installed.missing(),
    "peers": lambda _: peers.missing(peers.LIGHT, "peers"),
    "heavy_peers": lambda _: peers.missing(peers.HEAVY, "bench"),
    "container": lambda config: runner_image.missing(Engine(config.getoption("--engine"))),
}
"""For each marker, a function that returns what its tests need and is not installed; empty if nothing is missing."""

# No deadline for single examples, because CI machines are slow; pytest's timeout still applies. The examples are the
# same in each run, so that no change fails by chance. `make properties` draws others with `--hypothesis-seed`.
UNHURRIED = hypothesis.settings(deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("repeatable", UNHURRIED, derandomize=True, max_examples=50)
hypothesis.settings.register_profile("seeded", UNHURRIED, derandomize=False, max_examples=300)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden-update", action="store_true", help="overwrite the golden files with the current output")
    parser.addoption(
        "--require-referees",
        default="",
        metavar="MARKERS",
        help=f"comma-separated: {', '.join(MISSING)}. Fail, instead of skip, these tests if something is missing",
    )
    parser.addoption(
        "--engine",
        default=Engine.PODMAN.value,
        choices=[str(one) for one in Engine],
        help="the program that builds and runs images",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return more workers than processors, because many tests wait for a server or a process."""
    return (os.cpu_count() or 1) * 3 // 2


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("repeatable" if _seed(config) is None else "seeded")
    config.addinivalue_line("markers", "proof: slow; part of `make proof`, not of `make test`")
    config.addinivalue_line("markers", "measured: runs with coverage in `make test`")
    config.addinivalue_line("markers", "npm: needs GitHub's API descriptions (make referees)")
    config.addinivalue_line("markers", "readers: needs programs that read the report files (make referees)")
    config.addinivalue_line("markers", "pips: needs the pip versions of the supported Pythons (make referees)")
    config.addinivalue_line("markers", "browser: needs Chromium, and axe-core (make referees)")
    config.addinivalue_line("markers", "peers: needs the programs that the benchmarks compare with (make peers)")
    config.addinivalue_line("markers", "heavy_peers: needs the large ones of these programs (make bench)")
    config.addinivalue_line("markers", "container: needs podman, runc and mmdebstrap (or Docker), act, and root")


def _seed(config: pytest.Config) -> str | None:
    seed: str | None = config.getoption("hypothesis_seed")
    return seed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print a replay command for each failed test if a seed was given."""
    if (seed := _seed(config)) is not None:
        for report in terminalreporter.getreports("failed"):
            terminalreporter.write_line(f"Replay: make properties SEED={seed} ARGS='{report.nodeid}'")


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Add the marker `proof` to tests in the folders of `PROOFS`, and `measured` to the cases of `tests/domain`.

    Property tests are not measured, because coverage doubles their time.
    """
    folders = {ROOT / "tests" / name for name in PROOFS}
    for item in items:
        if folders & set(item.path.parents):
            item.add_marker("proof")
        if ROOT / "tests/domain" in item.path.parents and not hypothesis.is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("measured")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """List what is not installed."""
    return [f"not tested here: {missing}" for missing in (check(config) for check in MISSING.values()) if missing]


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, check in MISSING.items():
        missing = check(item.config) if item.get_closest_marker(marker) else ""
        if missing and marker in item.config.getoption("--require-referees").split(","):
            pytest.fail(missing, pytrace=False)
        elif missing:
            pytest.skip(missing)
