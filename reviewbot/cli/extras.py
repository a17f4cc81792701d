"""The optional parts of the installation: what is missing, and the command that installs it."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec

from reviewbot.errors import NotInstalled

DISTRIBUTION = "reviewbot"

_OF_EXTRA = re.compile(r"""\s*(?:;|\band)\s*extra\s*==\s*["']([\w.-]+)["']\s*$""")
"""The end of a `Requires-Dist` line: the extra that it belongs to."""


def check_installed(modules: Sequence[str], *extras: str) -> None:
    """Refuse a command whose optional dependencies are missing.

    Args:
        modules: what the command imports.
        extras: the extras that install them.

    Raises:
        NotInstalled: with the command that installs the extras.
    """
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        named = ", ".join(f"`{name}`" for name in missing)
        raise NotInstalled(
            f"This command needs packages that are not installed: {named}.", hint=how_to_install(*extras)
        )


def how_to_install(*extras: str) -> str:
    """The command that installs the extras into this environment, ready to paste in any directory."""
    # Imported here: only a hint needs it, and it imports much of the standard library.
    from importlib import metadata  # noqa: PLC0415

    try:
        lines = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        wanted = f"{DISTRIBUTION}[{','.join(extras)}]"
        return f"This copy of reviewbot runs without being installed. Install `{wanted}` from its source."
    requirements = shlex.join(requirements_of(lines, extras))
    python = shlex.quote(sys.executable)
    if find_spec("pip") is None:  # uv makes environments without pip
        return f"Install them:\n  uv pip install --python {python} {requirements}"
    return f"Install them:\n  {python} -m pip install {requirements}"


def requirements_of(lines: Iterable[str], extras: Sequence[str]) -> list[str]:
    """The requirements of extras, without the extra's name in their markers.

    Args:
        lines: `Requires-Dist`, as https://packaging.python.org/en/latest/specifications/core-metadata/ has it.
        extras: their names.
    """
    found = [(line, _OF_EXTRA.search(line)) for line in lines]
    # A marker may have either quotes; double ones need no escapes in a shell word.
    return [line[: end.start()].replace("'", '"') for line, end in found if end and end[1] in extras]
