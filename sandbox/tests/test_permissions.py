"""The sandbox's workflow token has exactly the permissions of the README's workflow."""

from __future__ import annotations

import re
from pathlib import Path

from reviewbot_sandbox.github import WORKFLOW, Access

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_workflow_token_has_the_readmes_permissions() -> None:
    granted = re.search(r"^    permissions:\n((?: {6}\S.*\n)+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert granted
    rows = dict(re.findall(r"^ {6}([\w-]+): (\w+)", granted[1], re.MULTILINE))
    assert rows == {scope.value.replace("_", "-"): access.name.lower() for scope, access in WORKFLOW.items()}
    assert Access.NONE not in WORKFLOW.values()
