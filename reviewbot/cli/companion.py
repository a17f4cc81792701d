"""The commands of the distribution `reviewbot-sandbox`, found by its entry points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TextIO, TypeAlias
from urllib.parse import unquote, urlsplit

from reviewbot.cli.extras import DISTRIBUTION as REVIEWBOT
from reviewbot.cli.extras import pip_install, requirements_of
from reviewbot.domain.model.remotes import read_direct_url
from reviewbot.errors import NotInstalled

DISTRIBUTION = "reviewbot-sandbox"
GROUP = "reviewbot.commands"
NO_SOURCE = f"Install `{DISTRIBUTION}` from where you have reviewbot: it is the folder `sandbox/` of the repository."

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
            f"`reviewbot {name}` is part of `{DISTRIBUTION}`, which is not installed.", hint=_how_to_install()
        ) from None
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in {"", "reviewbot", "reviewbot_sandbox"}:
            raise
        raise NotInstalled(
            f"`reviewbot {name}` needs a package that is not installed: `{missing}`.", hint=_how_to_install()
        ) from error
    return command


def _how_to_install() -> str:
    try:
        found = distribution(REVIEWBOT)
    except PackageNotFoundError:
        return NO_SOURCE
    source = source_of(found.read_text("direct_url.json"))
    # The analyzers play CodeVF's engineer.
    return pip_install([source, *requirements_of(found.requires or (), ["local"])]) if source else NO_SOURCE


def source_of(direct_url: str | None) -> str | None:
    """Return what pip installs the sandbox from: the source of this program; None if that is unknown.

    Never a bare name: a package index may have another project of this name.

    Args:
        direct_url: https://packaging.python.org/en/latest/specifications/direct-url/, None if there is none.
    """
    origin = read_direct_url(direct_url)
    if origin and origin.vcs_info:
        return f"{origin.vcs_info.vcs}+{origin.url}@{origin.vcs_info.commit_id}#subdirectory=sandbox"
    if origin and origin.dir_info is not None:
        return str(Path(unquote(urlsplit(origin.url).path)) / "sandbox")
    return None
