"""Commands without a review import few modules, and the first request is sent early."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench.starting import LIBRARIES as FLOOR
from bench.starting import image_goals
from bench.table import Table

LIBRARIES = {
    "github", "httpx", "requests", "unidiff", "jinja2", "ruamel", "rich", "pygments",
}  # fmt: skip
LISTED = """
import json, sys
{statement}
sys.__stdout__.write("\\n" + json.dumps(sorted(sys.modules)))
"""
SAID = """
from contextlib import suppress
from reviewbot import cli
with suppress(SystemExit):
    cli.main({arguments}, {{}}, sys.stdout)
"""


def imported(statement: str) -> set[str]:
    """Return the modules that a new interpreter has loaded after a statement."""
    command = [sys.executable, "-I", "-c", LISTED.format(statement=statement)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("said", [["--version"], ["--help"], ["review", "--help"], []], ids=" ".join)
def test_help_and_version_import_few_modules(said: list[str]) -> None:
    modules = imported(SAID.format(arguments=said))
    assert not {name.partition(".")[0] for name in modules} & LIBRARIES
    assert sum(name.startswith("reviewbot") for name in modules) <= 15


def test_the_first_request_waits_for_pygithub_and_for_no_other_library() -> None:
    modules = imported("import reviewbot.app.dispatch, reviewbot.cli.bootstrap, reviewbot.cli.commands.action")
    libraries = set(FLOOR.split(", "))
    assert "github" in libraries & modules
    assert libraries & modules <= {"github", "unidiff"}
    assert "reviewbot.domain.redaction.detectors" not in modules


def test_values_are_structs_since_a_dataclass_takes_ten_times_as_long_to_create() -> None:
    modules = imported("""
import dataclasses
import reviewbot.app.dispatch, reviewbot.cli.bootstrap, reviewbot.cli.commands.action
found = {one.__qualname__ for name, module in [*sys.modules.items()] if name.startswith("reviewbot")
         for one in vars(module).values() if isinstance(one, type) and dataclasses.is_dataclass(one)}
sys.modules.update({f"dataclass {name}": None for name in found})
""")
    assert {name for name in modules if name.startswith("dataclass ")} == {"dataclass Settings"}, "it has metadata"


def test_the_sizes_of_the_image_are_goals() -> None:
    rows = (("the slim image, unpacked", 119.0, None, None), ("everything in the slim image", 115.0, 70.5, None))
    columns = ("the image", "MB", "MB compressed", "seconds")
    assert [(one.found, one.met) for one in image_goals(Table("image", columns, rows))] == [
        ("119", True),
        ("70.5", False),
    ]
    assert [one.met for one in image_goals(Table("image", columns, ()))] == [None, None]
