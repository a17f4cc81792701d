"""Play the largest pull requests: `python -m tests.large [WORD]` plays the matching cases and prints figures."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.large.measured import measure
from tests.large.sizes import CASES, WHOLE


def main(words: list[str]) -> int:
    """Play the cases in order."""
    bad = 0
    for case in CASES:
        if not all(word in case.name for word in words):
            continue
        with tempfile.TemporaryDirectory() as folder:
            came = measure(case, WHOLE, Path(folder))
        bad += bool(came.wrong)
        sys.stdout.write(
            f"{case.name}: exit status {came.exit_status}, {came.seconds:.1f} s, "
            f"{came.peak // 1024**2} MB at the peak, {came.requests} requests to GitHub\n"
        )
        sys.stdout.writelines(f"WRONG {case.name}: {one}\n" for one in came.wrong)
        sys.stdout.flush()
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
