"""The optional parts of the installation: what is missing, and the command that installs it."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec

DISTRIBUTION = "reviewbot"

_OF_EXTRA = re.compile(r"""\s*(?:;|\band)\s*extra\s*==\s*["']([\w.-]+)["']\s*$""")
"""The end of a `Requires-Dist` line: the extra that it belongs to."""


def how_to_install(*extras: str) -> str:
    """The command that installs the extras into this environment, ready to paste in any directory."""
    # Imported here: only a hint needs it, and it imports much of the standard library.
    from importlib import metadata  # noqa: PLC0415

    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        wanted = f"{DISTRIBUTION}[{','.join(extras)}]"
        return f"This copy of reviewbot runs without being installed. Install `{wanted}` from its source."
    return pip_install(requirements_of(lines, extras))


def pip_install(requirements: Sequence[str]) -> str:
    """Return the hint that installs these requirements into this environment, ready to paste in any directory."""
    python, words = shlex.quote(sys.executable), shlex.join(requirements)
    if find_spec("pip") is None:  # uv makes environments without pip
        return f"Install them:\n  uv pip install --python {python} {words}"
    return f"Install them:\n  {python} -m pip install {words}"


def requirements_of(lines: Iterable[str], extras: Sequence[str]) -> list[str]:
    """The requirements of extras, without the extra's name in their markers.

    Args:
        lines: `Requires-Dist`, as https://packaging.python.org/en/latest/specifications/core-metadata/ has it.
        extras: their names.
    """
    found = [(line, _OF_EXTRA.search(line)) for line in lines]
    # A marker may have either quotes; double ones need no escapes in a shell word.
    return [line[: end.start()].replace("'", '"') for line, end in found if end and end[1] in extras]
