"""Prepares workflows of the documentation for act: the sandbox's addresses, and stand-ins for other programs."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.contract.runner_image import ACTION

EVENTS = ("pull_request", "pull_request_target", "issue_comment", "schedule")

_STAND_IN = """\
name: Stand-in
description: Reports the file that it gets.
inputs: {{{inputs}}}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        FILE: ${{{{ inputs.sarif_file || inputs.path }}}}
      run: test -s "$FILE" && echo "{name} got $FILE"
"""
_PROGRAMS = """\
printf '#!/bin/sh\\nprintf %%s "{\\\\"text\\\\": \\\\"$TEXT\\\\"}"\\n' > /usr/local/bin/jq
printf '#!/bin/sh\\ncat && echo\\n' > /usr/local/bin/curl
chmod +x /usr/local/bin/jq /usr/local/bin/curl
"""
"""Stand-ins for jq, which prints a text, and for curl, which prints what it would send."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """A workflow that act can run.

    Attributes:
        event: the first of its events that act can play.
        repositories: `owner/name@ref` of other actions to the folders of their stand-ins.
    """

    text: str
    event: str
    repositories: Mapping[str, Path]


def paste(text: str, folder: Path, inputs: Mapping[str, str]) -> Pasted:
    """Add the inputs to each step that uses reviewbot, and replace the actions of others."""
    yaml = YAML()
    yaml.width = 1_000_000
    workflow = yaml.load(text)
    repositories: dict[str, Path] = {}
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            repositories |= _adapt(step, folder, inputs)
        if any("jq " in step.get("run", "") for step in job["steps"]):
            job["steps"].insert(0, {"name": "Programs of a hosted runner", "run": _PROGRAMS})
    written = io.StringIO()
    yaml.dump(workflow, written)
    return Pasted(written.getvalue(), next(event for event in EVENTS if event in workflow["on"]), repositories)


def _adapt(step: dict[str, Any], folder: Path, inputs: Mapping[str, str]) -> dict[str, Path]:
    uses = re.fullmatch(r"(?P<repository>[^/]+/[^/@]+)(?P<path>[^@]*)@(?P<ref>\S+)", step.get("uses", ""))
    if uses is None:
        return {}
    if uses["repository"] == ACTION.partition("@")[0]:
        step["uses"] = ACTION.replace("@", f"{uses['path']}@")
        step["with"] = {**step.get("with", {}), **inputs}
        return {}
    stand_in = folder / uses["repository"].replace("/", "+")
    made = Path(f"{stand_in}{uses['path']}")
    made.mkdir(parents=True)
    name = f"{uses['repository']}{uses['path']}"
    described = ", ".join(f"{one}: {{description: x}}" for one in step.get("with", {}))
    (made / "action.yml").write_text(_STAND_IN.format(inputs=described, name=name), encoding="utf-8")
    return {f"{uses['repository']}@{uses['ref']}": stand_in}
