"""Beyond GitHub's limits a change is still read completely, with bounded memory, bytes and requests.

These are small sizes; `make large` plays the full ones and prints figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.large.measured import measure
from tests.large.sizes import CASES, SMALL, Case


@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_large_pull_request_is_read_completely_within_bounds(tmp_path: Path, case: Case) -> None:
    came = measure(case, SMALL, tmp_path)
    assert not came.wrong, came.wrong
    closed = case.name == "many findings on many files"
    assert came.exit_status == (3 if case.missed else int(closed))
