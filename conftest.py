"""Which tests are proofs, which peers are here to judge, and what becomes of the tests that need one that is not."""

from __future__ import annotations

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
"""The folders of `tests/` that prove more than a contributor needs to run before each commit: `make proof`.

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
"""Marker of a test to the question what it lacks here."""

# A busy machine makes single examples slow; pytest's limit ends what takes for ever. Each run of a commit has the same
# examples, so that no change fails by chance. `--hypothesis-seed`, which `make properties` passes, draws other ones.
UNHURRIED = hypothesis.settings(deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("repeatable", UNHURRIED, derandomize=True, max_examples=50)
hypothesis.settings.register_profile("seeded", UNHURRIED, derandomize=False, max_examples=300)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden-update", action="store_true", help="write what is rendered now as what is right")
    parser.addoption(
        "--require-referees",
        default="",
        metavar="MARKERS",
        help=f"{', '.join(MISSING)}, with commas: tests of that mark fail without what they need",
    )
    parser.addoption(
        "--engine",
        default=Engine.PODMAN.value,
        choices=[str(one) for one in Engine],
        help="what builds and runs images",
    )


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("repeatable" if _seed(config) is None else "seeded")
    config.addinivalue_line("markers", "proof: takes long; part of `make proof`, not of `make test`")
    config.addinivalue_line("markers", "npm: needs what GitHub publishes on npm (make referees)")
    config.addinivalue_line("markers", "readers: needs programs that read the report files (make referees)")
    config.addinivalue_line("markers", "pips: needs the pips that the supported Pythons came with (make referees)")
    config.addinivalue_line("markers", "browser: needs Chromium, and axe-core (make referees)")
    config.addinivalue_line("markers", "peers: needs the programs that the benchmarks measure beside (make peers)")
    config.addinivalue_line("markers", "heavy_peers: needs those of them that need much (make bench)")
    config.addinivalue_line("markers", "container: needs podman, runc and mmdebstrap (or Docker), act, and root")


def _seed(config: pytest.Config) -> str | None:
    seed: str | None = config.getoption("hypothesis_seed")
    return seed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the command that draws the same examples again for each test that failed with drawn ones."""
    if (seed := _seed(config)) is not None:
        for report in terminalreporter.getreports("failed"):
            terminalreporter.write_line(f"Replay: make properties SEED={seed} ARGS='{report.nodeid}'")


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Mark what is in a folder of proofs."""
    folders = {ROOT / "tests" / name for name in PROOFS}
    for item in items:
        if folders & set(item.path.parents):
            item.add_marker("proof")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Tell what will not be judged, once and for all tests."""
    return [f"not judged here: {lacking}" for lacking in (ask(config) for ask in MISSING.values()) if lacking]


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, ask in MISSING.items():
        lacking = ask(item.config) if item.get_closest_marker(marker) else ""
        if lacking and marker in item.config.getoption("--require-referees").split(","):
            pytest.fail(lacking, pytrace=False)
        elif lacking:
            pytest.skip(lacking)
