"""The patterns of `paths` that leave files out, ready to be pasted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from reviewbot.domain.private_keys import REDACTED

MOST = 5
"""Files that are named; a change that misses more needs a pattern that nobody can guess."""

_SPECIAL = re.compile(r"[*?+\[\]\\]")


def exclusions(paths: Iterable[str]) -> tuple[str, ...]:
    """A pattern for each of the first files; none for a name that is redacted, and so is not the file's."""
    named = [path for path in paths if REDACTED not in path and "\n" not in path]
    return tuple("!" + _SPECIAL.sub(r"\\\g<0>", path) for path in named[:MOST])


def exclusion_setting(paths: Iterable[str]) -> str:
    """The setting in YAML, on one line."""
    patterns = [json.dumps(pattern, ensure_ascii=False) for pattern in exclusions(paths)]
    return f"paths: {patterns[0]}" if len(patterns) == 1 else f"paths: [{', '.join(patterns)}]"
