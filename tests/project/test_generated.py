"""Generated parts of the documentation are up to date; `--golden-update` writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import reviewbot
from reviewbot.errors import Reason
from reviewbot.render.renderer import Renderer
from reviewbot.settings import INPUTS, Input
from reviewbot.setup.files import (
    SCHEMA_FILE,
    InitOptions,
    collect_workflow,
    commands_workflow,
    review_workflow,
    threads_workflow,
)
from tests.project import bugs_by_suite, deciders
from tests.project.config_schema import config_schema
from tests.render.goldens import of_reason
from tests.simulation import proofs

PROGRAM = Path(reviewbot.__file__).parent
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "organization"


def table(*, action: bool, config: bool) -> str:
    """Return a Markdown table of some settings, without a line end after it."""
    lines = [f"| {'input' if action else 'key'} | default | meaning | allowed |", "|---|---|---|---|"]
    lines += [row_of(row) for row in INPUTS if (row.action, row.config) == (action, config)]
    return "\n".join(lines)


def titles() -> str:
    """Return a Markdown table of the check's titles with their reasons, linked to the section that explains more."""
    page = (PROGRAM.parent / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    rows = []
    for reason in Reason:
        link = f"[`{reason}`](#{reason})" if f"\n### `{reason}`\n" in page else f"`{reason}`"
        rows.append(f"| {Renderer().check(of_reason(reason))[0]} | {link} |")
    return "\n".join(["| title | reason |", "|---|---|", *rows])


def llms_txt(index: str) -> str:
    """Return the index of the documentation as https://llmstxt.org describes, with paths from the top folder."""
    title, about, *sections = re.split(r"\n(?=## )|(?<=^# reviewbot)\n", index)
    quoted = about.strip().partition("\n\n")[0].replace("\n", " ")
    below = "\n".join(re.sub(r"\]\((?!\.\./)", "](docs/", section).replace("](../", "](") for section in sections)
    return f"{title}\n\n> {quoted}\n\n{below}"


def with_files() -> str:
    """Return the workflow that reviews, with the report files uploaded."""
    step = f"      - uses: {InitOptions().action}\n"
    checks = "      checks: write # the check\n"
    text = review_workflow(InitOptions())
    assert text.count(step) == text.count(checks) == 1
    text = text.replace(checks, f"{checks}      security-events: write # code scanning\n")
    return text.replace(step, f"      - id: review\n        uses: {InitOptions().action}\n") + UPLOADS


UPLOADS = """\
          sarif-file: reviewbot.sarif
          html-file: reviewbot.html
      - if: always() && steps.review.outputs.reviewed-sha && steps.review.outputs.sarif-file
        uses: github/codeql-action/upload-sarif@f443b600d91635bebf5b0d9ebc620189c0d6fba5 # v4.30.8
        with:
          sarif_file: ${{ steps.review.outputs.sarif-file }}
          category: reviewbot
          ref: refs/pull/${{ github.event.pull_request.number || inputs.pr }}/head
          sha: ${{ steps.review.outputs.reviewed-sha }}
      - if: always() && steps.review.outputs.html-file
        uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        with:
          name: review
          path: ${{ steps.review.outputs.html-file }}
"""


def row_of(row: Input) -> str:
    default = f"`{row.default}`" if row.default else ""
    return f"| `{row.name}` | {default} | {row.meaning} | {row.reader.allowed} |"


PARTS: Mapping[str, str] = {
    "review": f"```yaml\n{review_workflow(InitOptions())}```",
    "code scanning": f"```yaml\n{with_files()}```",
    "gate": f"```yaml\n{review_workflow(InitOptions(gate=True))}```",
    "collect": f"```yaml\n{collect_workflow(InitOptions(gate=True))}```",
    "commands": f"```yaml\n{commands_workflow(InitOptions(gate=True))}```",
    "inputs": table(action=True, config=True),
    "workflow inputs": table(action=True, config=False),
    "keys": table(action=False, config=True),
    "bugs": bugs_by_suite.table(),
    "proofs": proofs.table(),
    "reasons": deciders.table(PROGRAM),
    "titles": titles(),
    "threads": f"```yaml\n{threads_workflow()}```",
    **{
        name: f"```yaml\n{(EXAMPLES / f'{name}.yml').read_text(encoding='utf-8')}```"
        for name in ("caller", "collector")
    },
}
SHOWN = [
    ("README.md", "review"),
    ("docs/configuration.md", "inputs"),
    ("docs/configuration.md", "workflow inputs"),
    ("docs/configuration.md", "keys"),
    ("docs/organization.md", "caller"),
    ("docs/organization.md", "collector"),
    ("CONTRIBUTING.md", "reasons"),
    ("docs/recipes.md", "code scanning"),
    ("docs/reliability.md", "bugs"),
    ("docs/reliability.md", "proofs"),
    ("docs/troubleshooting.md", "titles"),
    ("docs/workflows.md", "gate"),
    ("docs/workflows.md", "collect"),
    ("docs/workflows.md", "commands"),
    ("docs/workflows.md", "threads"),
]

LOCAL_LINES = {
    r"\A(?:#.*\n)+": "# Written from ../action.yml by `python -m pytest tests/project --golden-update`.\n",
    r"^name: .*$": "name: CodeVF pull request review (local)",
    r"^description: .*$": 'description: "Reviews a pull request with static analyzers, or buys a review from CodeVF."',
    r"^  image: Dockerfile$": "  image: ../local.Dockerfile # zizmor: ignore[unpinned-images] a file",
}
"""The differences of `local/action.yml`: patterns of lines in `action.yml` and their replacements."""


def held(request: pytest.FixtureRequest, path: Path, wanted: str) -> None:
    """Compare a file with the expected text, or write it with `--golden-update`."""
    if request.config.getoption("--golden-update"):
        path.write_text(wanted, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == wanted


@pytest.mark.parametrize(("name", "part"), SHOWN)
def test_a_document_shows_what_the_program_writes(
    request: pytest.FixtureRequest, root: Path, name: str, part: str
) -> None:
    text = (root / name).read_text(encoding="utf-8")
    begin, end = f"<!-- written by the program: {part} -->\n", "<!-- until here -->"
    assert text.count(begin) == 1
    held(
        request,
        root / name,
        re.sub(f"(?s)({re.escape(begin)}).*?({end})", lambda m: f"{m[1]}{PARTS[part]}\n{m[2]}", text),
    )


def test_each_bug_of_a_suite_names_a_test(root: Path) -> None:
    named = [bug.replay.removeprefix("pytest ").split("::") for bug in bugs_by_suite.BUGS if "::" in bug.replay]
    assert len(named) >= len(bugs_by_suite.BUGS) - 1
    assert not [name for path, name in named if f"def {name}(" not in (root / path).read_text(encoding="utf-8")]


def test_every_marked_part_is_generated(root: Path) -> None:
    marked = {
        (path.relative_to(root).as_posix(), part)
        for path in (*sorted(root.glob("*.md")), *sorted((root / "docs").glob("*.md")))
        for part in re.findall(r"<!-- written by the program: (.*?) -->", path.read_text(encoding="utf-8"))
    }
    assert marked == set(SHOWN)


def test_the_schema_that_editors_read_is_the_settings(request: pytest.FixtureRequest, root: Path) -> None:
    held(request, root / SCHEMA_FILE, json.dumps(config_schema(), indent=2) + "\n")


def test_the_action_with_the_analyzers_is_the_action_in_another_image(
    request: pytest.FixtureRequest, root: Path
) -> None:
    """`local/action.yml` is written from `action.yml`."""
    text = (root / "action.yml").read_text(encoding="utf-8")
    for old, new in LOCAL_LINES.items():
        assert len(re.findall(old, text, re.MULTILINE)) == 1, old
        text = re.sub(old, new, text, flags=re.MULTILINE)
    held(request, root / "local" / "action.yml", text)


def test_llms_txt_is_the_index(request: pytest.FixtureRequest, root: Path) -> None:
    held(request, root / "llms.txt", llms_txt((root / "docs" / "index.md").read_text(encoding="utf-8")))
