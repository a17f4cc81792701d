"""Property tests have fixed examples, other examples with a seed, and print the seed of a failure."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
PROPERTY = """
import os
from pathlib import Path
from hypothesis import given, strategies as st

@given(st.integers(0, 10**9))
def test_fails(number):
    with Path(os.environ["DRAWN"]).open("a") as file:
        file.write(f"{number}\\n")
    assert number < 10**6
"""


def drawn(tmp_path: Path, name: str, *options: str) -> tuple[str, str]:
    """Return the examples of a property in a separate run, and its output."""
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_property.py").write_text(PROPERTY, encoding="utf-8")
    asked = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        *options,
        str(tmp_path),
    ]
    env = {"DRAWN": str(tmp_path / name), "PYTHONPATH": str(ROOT), "PATH": ""}
    ran = subprocess.run(asked, env=env, cwd=tmp_path, capture_output=True, check=False, text=True, timeout=100)
    return (tmp_path / name).read_text(encoding="utf-8"), ran.stdout


@pytest.mark.proof
def test_without_a_seed_each_run_has_the_same_examples(tmp_path: Path) -> None:
    first, output = drawn(tmp_path, "first")
    again, _ = drawn(tmp_path, "again")
    assert first == again
    assert "Replay" not in output
    assert not (tmp_path / ".hypothesis/examples").exists()


@pytest.mark.proof
def test_a_seed_has_its_own_examples_and_a_failure_prints_how_to_replay_them(tmp_path: Path) -> None:
    plain, _ = drawn(tmp_path, "plain")
    first, output = drawn(tmp_path, "first", "--hypothesis-seed=7")
    again, _ = drawn(tmp_path, "again", "--hypothesis-seed=7")
    other, _ = drawn(tmp_path, "other", "--hypothesis-seed=8")
    assert first == again
    assert len({plain, first, other}) == 3
    assert "Replay: make properties SEED=7 ARGS='test_property.py::test_fails'" in output


def test_a_run_without_a_seed_repeats_its_examples(request: pytest.FixtureRequest) -> None:
    now = hypothesis.settings()
    assert now.derandomize is (request.config.getoption("hypothesis_seed") is None)
    assert now.database is None
    assert hypothesis.HealthCheck.too_slow in now.suppress_health_check  # no deadline, because CI machines are slow


def test_the_weekly_run_draws_new_examples_and_its_seed_is_the_runs_id() -> None:
    weekly = YAML(typ="safe").load(ROOT / ".github/workflows/weekly.yml")
    [job] = weekly["jobs"].values()
    assert "properties" in job["strategy"]["matrix"]["what"]
    [play] = (step for step in job["steps"] if "SEED" in step.get("env", {}))
    assert play["env"]["SEED"] == "${{ github.run_id }}"
    assert 'SEED="$SEED"' in play["run"]
