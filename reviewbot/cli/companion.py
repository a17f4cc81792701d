"""The commands of the distribution `reviewbot-sandbox`, found by its entry points."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TextIO, TypeAlias
from urllib.parse import unquote, urlsplit

from reviewbot import __version__
from reviewbot.cli.extras import pip_install
from reviewbot.errors import NotInstalled

DISTRIBUTION = "reviewbot-sandbox"
GROUP = "reviewbot.commands"

Command: TypeAlias = Callable[[Sequence[str], Mapping[str, str], TextIO], int]


def run_companion(name: str, arguments: Sequence[str], env: Mapping[str, str], out: TextIO) -> int:
    """Run a command of the sandbox's distribution and return its exit status.

    Args:
        name: The command's name.
        arguments: What follows it.
        env: The environment.
        out: Where results go.

    Raises:
        NotInstalled: With the command that installs it.
    """
    return _load(name)(arguments, env, out)


def _load(name: str) -> Command:
    try:
        (entry,) = distribution(DISTRIBUTION).entry_points.select(group=GROUP, name=name)
        command: Command = entry.load()
    except PackageNotFoundError:
        raise NotInstalled(
            f"`reviewbot {name}` is part of `{DISTRIBUTION}`, which is not installed.",
            hint=pip_install([requirement(_direct_url())]),
        ) from None
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in {"", "reviewbot", "reviewbot_sandbox"}:
            raise
        raise NotInstalled(
            f"`reviewbot {name}` needs a package that is not installed: `{missing}`.",
            hint=pip_install([requirement(_direct_url())]),
        ) from error
    return command


def _direct_url() -> str | None:
    """Return what the installer recorded of this program's origin, None if nothing."""
    try:
        found: Distribution = distribution("reviewbot")
    except PackageNotFoundError:
        return None
    return found.read_text("direct_url.json")


def requirement(direct_url: str | None) -> str:
    """Return the requirement that installs the sandbox from where this program came from.

    Args:
        direct_url: https://packaging.python.org/en/latest/specifications/direct-url/, None if there is none.
    """
    origin = json.loads(direct_url or "{}")
    url = str(origin.get("url", ""))
    if vcs := origin.get("vcs_info"):
        return f"{DISTRIBUTION} @ {vcs['vcs']}+{url}@{vcs['commit_id']}#subdirectory=sandbox"
    if "dir_info" in origin:
        return str(Path(unquote(urlsplit(url).path)) / "sandbox")
    return f"{DISTRIBUTION}=={__version__}"
