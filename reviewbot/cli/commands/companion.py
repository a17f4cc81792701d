"""`reviewbot demo` and `reviewbot sandbox`: entry points of the distribution `reviewbot-sandbox`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from typing import TextIO

from reviewbot.cli.install import SANDBOX, how_to_install_sandbox
from reviewbot.cli.invocation import Call
from reviewbot.errors import NotInstalled


def run(call: Call) -> int:
    name = call.chosen.name
    try:
        (entry,) = distribution(SANDBOX).entry_points.select(group="reviewbot.commands", name=name)
        command: Callable[[Sequence[str], Mapping[str, str], TextIO], int] = entry.load()
    except PackageNotFoundError:
        problem = f"is part of `{SANDBOX}`, which is not installed."
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing in {"", "reviewbot", "reviewbot_sandbox"}:
            raise
        problem = f"needs a package that is not installed: `{missing}`."
    else:
        return command(call.chosen.rest, call.env, call.out)
    raise NotInstalled(f"`reviewbot {name}` {problem}", hint=how_to_install_sandbox())
