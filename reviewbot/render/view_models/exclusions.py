"""Patterns for the setting `paths` that exclude files, ready to paste."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable

from reviewbot.domain.redaction.redactor import kinds_in
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.domain.text.escaping import invisible_character

MOST = 5
"""The maximum number of patterns."""

LONGEST = 300
"""The maximum length of a path or a command in characters."""

_SPECIAL = re.compile(r"[*?+\[\]\\]")


def excludable(missed: Iterable[Held]) -> tuple[str, ...]:
    """Return the paths of the missed files, except those whose task ended without a result."""
    return tuple(one.path for one in missed if one.detail or one.reason != HeldBecause.UNSEEN)


def exclusions(paths: Iterable[str]) -> tuple[str, ...]:
    """Return a pattern for each of the first `MOST` paths that are not redacted, too long or impossible to copy."""
    # A path can be copied if it is shown unchanged. `paths` would remove trailing whitespace.
    copied = (path for path in paths if path.isprintable() and not invisible_character(path) and path == path.rstrip())
    named = [path for path in copied if not kinds_in(path) and len(path) <= LONGEST]
    return tuple("!" + _SPECIAL.sub(r"\\\g<0>", path) for path in named[:MOST])


def exclusion_command(command: str, paths: Iterable[str]) -> str:
    """Return a one-line review command that excludes the files, or an empty string if there are no patterns."""
    options = [f"--paths {shlex.quote(pattern)}" for pattern in exclusions(paths)]
    again = command if 0 < len(command) <= LONGEST else "reviewbot review"
    return " ".join([again, *options]) if options else ""


def exclusion_setting(paths: Iterable[str]) -> str:
    """Return the setting `paths` as one line of YAML, or an empty string if there are no patterns."""
    patterns = [json.dumps(pattern, ensure_ascii=False) for pattern in exclusions(paths)]
    many = f"paths: [{', '.join(patterns)}]" if patterns else ""
    return f"paths: {patterns[0]}" if len(patterns) == 1 else many
