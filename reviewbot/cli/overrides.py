"""What is said at the command line, as inputs of the action: the same settings, read and checked by the same table."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

LONGEST_WAIT = 350
"""Minutes that a terminal waits unless told otherwise: the most that the setting takes, since Ctrl-C ends it."""

_NAMES = (
    "reviewer", "mode", "expertise", "max_credits", "codevf_project", "codevf_url", "fail_on", "wait_minutes",
)  # fmt: skip


def inputs_of(chosen: argparse.Namespace, env: Mapping[str, str]) -> dict[str, str]:
    """The inputs that a command line comes to."""
    said = {name.replace("_", "-"): getattr(chosen, name, None) for name in _NAMES}
    return {
        "wait-minutes": str(LONGEST_WAIT),
        **{name: value for name, value in said.items() if value is not None},
        "paths": "\n".join(chosen.paths or ()),
        "dry-run": "true" if getattr(chosen, "dry_run", False) else "",
        "codevf-api-key": env.get("CODEVF_API_KEY", ""),
        "github-token": env.get("GITHUB_TOKEN") or env.get("GH_TOKEN", ""),
        "review-on": "push",
        # There is no check at a terminal; the summary is where the memory stands.
        "check-run": "false",
        "summary-comment": "true",
    }
