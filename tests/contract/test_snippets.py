"""Every YAML block of the documentation works as pasted: linters check workflows, the settings read config files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.tokens import ScalarToken

from reviewbot.cli.parser import make_parser
from reviewbot.domain.policy.collection import Collection, Lookup
from reviewbot.settings import INPUTS, read_settings
from reviewbot.setup.files import InitOptions, collect_workflow, review_workflow

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "sandbox/README.md")
DOCUMENTS = (*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md")))
COMMIT = "0123456789abcdef0123456789abcdef01234567"
LINTERS = (
    ("check-jsonschema", "--builtin-schema", "vendor.github-workflows"),
    ("check-jsonschema", "--builtin-schema", "custom.github-workflows-require-timeout"),
    ("actionlint", "-no-color"),
    ("zizmor", "--offline", "--no-progress", "--no-config", "--persona", "pedantic"),
)


def blocks(path: Path) -> Iterator[str]:
    """Return every fenced block of YAML, also in a list."""
    text = path.read_text(encoding="utf-8")
    for found in re.finditer(r"^( *)(`{3,}|~{3,}) *ya?ml\b.*\n((?:.*\n)*?)\1\2 *$", text, re.MULTILINE | re.IGNORECASE):
        yield textwrap.dedent(found[3])


JOB = """\
name: Review
on: pull_request
permissions: {}
concurrency:
  group: review-${{ github.event.pull_request.number }}
  cancel-in-progress: true
jobs:
  review:
    name: Review
    timeout-minutes: 15
"""
RUNS_ON = "    runs-on: ubuntu-latest\n"
REVIEW = """\
      - uses: OWNER/reviewbot@COMMIT # vX.Y.Z
        id: review
        with:
          codevf-api-key: ${{ secrets.CODEVF_API_KEY }}
          sarif-file: reviewbot.sarif
          html-file: reviewbot.html
"""


PARTS = {"on": 0, "with": 8}
"""Parts of a workflow that a document shows alone, with their indentation."""


def workflow(text: str) -> str | None:
    """Return the snippet as a whole workflow: it is one, or a part of one; None for anything else."""
    if (part := text.partition(":")[0]) in PARTS and not re.search(r"^jobs:", text, re.MULTILINE):
        whole = collect_workflow(InitOptions()) if "schedule:" in text else review_workflow(InitOptions())
        indent = " " * PARTS[part]
        replaced = re.compile(rf"^{indent}{part}:\n(?:{indent}  .*\n)+", re.MULTILINE)
        assert replaced.search(whole)
        return replaced.sub(lambda _: textwrap.indent(text, indent), whole, count=1)
    if re.search(r"^jobs:", text, re.MULTILINE):
        return text
    if re.search(r"^steps:", text, re.MULTILINE):
        return JOB + ("" if "runs-on:" in text else RUNS_ON) + textwrap.indent(text, " " * 4)
    if re.match(r"- (uses|name|id|if|run):", text):
        before = REVIEW if "steps.review." in text else ""
        return f"{JOB}{RUNS_ON}    steps:\n{before}{textwrap.indent(text, ' ' * 6)}"
    return None


SNIPPETS = {
    f"{path.relative_to(ROOT).as_posix()} {index}": text
    for path in DOCUMENTS
    for index, text in enumerate(blocks(path), start=1)
}
HOOKS = {name: text for name, text in SNIPPETS.items() if text.startswith("repos:")}
WORKFLOWS = {name: whole for name, text in SNIPPETS.items() if (whole := workflow(text))}


def filled(text: str) -> str:
    """Replace the placeholders as a reader would."""
    return text.replace("OWNER/", "acme/").replace("COMMIT", COMMIT).replace("vX.Y.Z", "v1.0.0")


def complaint(linter: tuple[str, ...], *files: Path) -> str:
    """Return a linter's messages about the workflows of a folder, empty if there are none."""
    command = [str(BIN / linter[0]), *linter[1:], *map(str, files)]
    done = subprocess.run(command, cwd=files[0].parent, capture_output=True, text=True, timeout=60, check=False)
    return f"{done.stdout}{done.stderr}" if done.returncode else ""


def saved(folder: Path, text: str, name: str = "review") -> Path:
    file = folder / ".github" / "workflows" / f"{name}.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(filled(text), encoding="utf-8")
    return file


def test_no_block_is_overlooked() -> None:
    fences = [
        line
        for path in DOCUMENTS
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search("[`~]{3} *y", line.lower())
    ]
    assert len(SNIPPETS) == len(fences)
    assert sum(name.startswith("docs/recipes.md") for name in WORKFLOWS) >= 5


@pytest.mark.parametrize("name", SNIPPETS)
def test_every_pin_in_a_snippet_names_its_release(name: str) -> None:
    pins = re.findall(r"^.*(?:uses|rev): .*$", SNIPPETS[name], re.MULTILINE)
    assert not [pin for pin in pins if not re.search(r"\b(?:COMMIT|[0-9a-f]{40}) # (?:frozen: )?v(?:X\.Y\.Z|\d)", pin)]


@pytest.mark.parametrize("linter", LINTERS, ids=lambda linter: " ".join(linter[::2][:2]))
def test_every_workflow_in_the_documentation_passes_the_linter(linter: tuple[str, ...], tmp_path: Path) -> None:
    assert not complaint(linter, *(saved(tmp_path, text, re.sub(r"\W", "-", name)) for name, text in WORKFLOWS.items()))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_in_the_documentation_sets_valid_inputs(name: str) -> None:
    inputs = YAML(typ="safe").load(ROOT / "action.yml")["inputs"]
    for job in YAML(typ="safe").load(WORKFLOWS[name])["jobs"].values():
        for step in job.get("steps", ()):  # a call of a reusable workflow has none
            if step.get("uses", "").startswith("OWNER/reviewbot"):
                given = {one: re.sub(r"\${{.*?}}", "x", str(value)) for one, value in step.get("with", {}).items()}
                assert given.keys() <= inputs.keys()
                read_settings(given, "")  # raises with every problem


@pytest.mark.parametrize("name", [name for name in SNIPPETS if name not in {*WORKFLOWS, *HOOKS}])
def test_a_config_in_the_documentation_is_valid(name: str) -> None:
    read_settings({"reviewer": "local"}, SNIPPETS[name])  # raises with every problem


@pytest.mark.parametrize("name", SNIPPETS)
def test_each_setting_and_item_of_a_snippet_has_a_line_of_its_own(name: str) -> None:
    """A line that was joined to the one above is valid YAML: part of its comment, or of its value."""
    text, names = SNIPPETS[name], "|".join(row.name for row in INPUTS)
    comments = [line.partition(" #")[2] for line in text.splitlines()]
    assert not [comment for comment in comments if re.search(rf"(?<![\w`-])(?:{names}): ", comment)]
    values = [token for token in YAML(pure=True).scan(text) if isinstance(token, ScalarToken) and token.plain]
    assert not [value.value for value in values if value.start_mark.line != value.end_mark.line]


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_in_the_documentation_is_valid(name: str) -> None:
    ours = {hook["id"]: hook["entry"].split()[1:] for hook in YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")}
    for repository in YAML(typ="safe").load(HOOKS[name])["repos"]:
        for hook in repository["hooks"]:
            assert make_parser().parse_args([*ours[hook["id"]], *hook.get("args", [])]).staged


RIGHT = """\
name: R
on: push
permissions: {}
concurrency:
  group: r-${{ github.run_id }}
  cancel-in-progress: true
jobs:
  r:
    name: R
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - name: R
        run: echo
"""
MISTAKES = {
    "check-jsonschema": ("timeout-minutes: 5", "timeout: 5"),
    "actionlint": ("github.run_id", "github.run_no"),
    "zizmor": ("permissions: {}\n", ""),
}


@pytest.mark.parametrize("linter", [LINTERS[0], *LINTERS[2:]], ids=lambda linter: linter[0])
def test_a_planted_mistake_is_named(linter: tuple[str, ...], tmp_path: Path) -> None:
    assert not complaint(linter, saved(tmp_path / "right", RIGHT))
    assert complaint(linter, saved(tmp_path / "wrong", RIGHT.replace(*MISTAKES[linter[0]])))


@pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq, which GitHub's runners have")
def test_the_recipe_for_slack_sends_a_message_for_each_finished_review(tmp_path: Path) -> None:
    """`curl` is a script that records its input."""
    whole = next(one for one in WORKFLOWS.values() if "PUBLISHED" in one)
    [script] = [one["run"] for one in YAML(typ="safe").load(whole)["jobs"]["review"]["steps"] if "run" in one]
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\nprintf "%s\\n" "$5" "$6" >> "$SENT"\n', encoding="utf-8")
    curl.chmod(0o755)
    passed = {"status": "completed", "verdict": "pass", "findings": "2", "low": "2", "review-url": "https://x/7"}
    unreadable = {"status": "completed", "verdict": "none", "review-url": "https://x/9"}
    lookups = (
        Lookup("octocat/hello", 7, passed),
        Lookup("octocat/hello", 8, {"status": "pending"}),
        Lookup("octocat/hello", 9, unreadable),
    )
    sent = tmp_path / "sent"
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SENT": str(sent), "WEBHOOK": "https://hooks.test/1"}
    env["PUBLISHED"] = Collection(lookups).published()
    subprocess.run(["/bin/bash", "-e", "-c", script], env=env, check=True, timeout=30)
    first, where, second, _ = sent.read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {"text": "octocat/hello#7: pass, 2 findings. https://x/7"}
    assert json.loads(second) == {"text": "octocat/hello#9: none, unknown findings. https://x/9"}
    assert where == "https://hooks.test/1"
