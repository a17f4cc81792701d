"""Play the whole table: `python -m tests.faults [WORD]` plays the matching cells and prints what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.faults.judge import wrong
from tests.faults.play import ends
from tests.faults.table import Cell, cells
from tests.replay import replay

WORKERS = 2


def play_part(part: Sequence[Cell]) -> int:
    """Play some cells and return the number of failures."""
    count = 0
    for cell, end, right in ends(part):
        found = list(wrong(cell, end, right))
        count += bool(found)
        sys.stdout.writelines(f"WRONG {cell}: {one}\n{replay('faults', str(cell))}\n" for one in found)
        sys.stdout.flush()
    return count


def main(words: list[str]) -> int:
    """Play the cells whose names contain the words, or all."""
    chosen = [cell for cell in cells() if all(word in str(cell) for word in words)]
    with ThreadPoolExecutor(WORKERS) as pool:
        count = sum(pool.map(play_part, [chosen[start::WORKERS] for start in range(WORKERS)]))
    sys.stdout.write(f"{len(chosen)} cells, {count} wrong\n")
    return int(bool(count) or not chosen)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
