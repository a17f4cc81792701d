"""Build regular expressions that match any one of many strings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter


def any_of(values: Iterable[str], depth: int = 2) -> str:
    """Return a pattern for any of the values. Branching on the first two characters keeps large patterns fast."""
    if not depth:
        return "|".join(map(re.escape, sorted(values, key=len, reverse=True)))
    groups = groupby(sorted(values), key=itemgetter(0))
    return "|".join(
        f"{re.escape(first)}(?:{any_of([value[1:] for value in group], depth - 1)})" for first, group in groups
    )
