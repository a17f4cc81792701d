"""The commands that install missing packages into this environment."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

DISTRIBUTION, SANDBOX = "reviewbot", "reviewbot-sandbox"
NO_SOURCE = f"Install `{SANDBOX}` from the folder `sandbox/` of reviewbot's repository."

_OF_LOCAL = re.compile(r"""\s*(?:;|\band)\s*extra\s*==\s*["']local["']\s*$""")
"""Matches the marker of the extra at the end of a `Requires-Dist` line."""


def how_to_install_analyzers() -> str:
    lines, _ = _metadata()
    if lines is None:
        return f"This copy of reviewbot is not installed as a package. Install `{DISTRIBUTION}[local]` from its source."
    return _pip_install(_analyzers(lines))


def how_to_install_sandbox() -> str:
    lines, direct_url = _metadata()
    source = source_of(direct_url)
    return _pip_install([source, *_analyzers(lines or ())]) if source else NO_SOURCE


def _metadata() -> tuple[Sequence[str] | None, str | None]:
    """Return reviewbot's requirements and `direct_url.json`. Both are None if reviewbot is not installed."""
    # Imported here because the import is slow and only needed for a hint.
    from importlib import metadata  # noqa: PLC0415

    try:
        found = metadata.distribution(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return None, None
    return found.requires or (), found.read_text("direct_url.json")


def _pip_install(requirements: Sequence[str]) -> str:
    python, words = shlex.quote(sys.executable), shlex.join(requirements)
    if find_spec("pip") is None:  # uv makes environments without pip
        return f"Install the missing packages:\n  uv pip install --python {python} {words}"
    return f"Install the missing packages:\n  {python} -m pip install {words}"


def _analyzers(lines: Iterable[str]) -> list[str]:
    """Return the requirements of the extra `local` from `Requires-Dist` lines, without the extra in their markers."""
    # https://packaging.python.org/en/latest/specifications/core-metadata/
    # Double quotes in a marker need no escapes in a shell word.
    return [_OF_LOCAL.sub("", line).replace("'", '"') for line in lines if _OF_LOCAL.search(line)]


def source_of(direct_url: str | None) -> str | None:
    """Return the address from which pip can install the sandbox, or None if the source of this program is unknown.

    The address is never just a name, because a package index may contain another project with the same name.
    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    # Imported here because a copy that is not installed has no msgspec.
    from reviewbot.domain.model.remotes import read_direct_url  # noqa: PLC0415

    origin = read_direct_url(direct_url)
    if origin and origin.vcs_info:
        return f"{origin.vcs_info.vcs}+{origin.url}@{origin.vcs_info.commit_id}#subdirectory=sandbox"
    if origin and origin.dir_info is not None:
        return str(Path(unquote(urlsplit(origin.url).path)) / "sandbox")
    return None
