"""The documentation contains every setting, command, flag and output, and the versions agree."""

from __future__ import annotations

import argparse
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reviewbot import __version__
from reviewbot.cli.parser import make_parser
from reviewbot.domain.policy.verdict import Reason
from reviewbot.settings import INPUTS, read_settings
from tests.project.machine_diagram import diagram, table

MOST_WORDS = 15_000
"""Words of docs/; the README has its own limit."""

GENERATED = re.compile(
    r"<!-- written by the program: .*?<!-- until here -->|^\| [a-z ]+ \| (?:`[\w-]+`(?:, )?)+ \|$",
    re.MULTILINE | re.DOTALL,
)
"""Tables and workflows of `test_generated.py`, and the rows of `simulation/test_found.py`."""


@pytest.fixture(scope="module")
def documents(root: Path) -> str:
    """Return the README and everything under docs/, as one text."""
    return "\n".join(
        path.read_text(encoding="utf-8") for path in (root / "README.md", *sorted(root.glob("docs/**/*.md")))
    )


def test_a_block_to_paste_has_comments_only_on_lines_of_their_own(documents: str) -> None:
    """zsh, the shell of macOS, passes a comment at the end of a line to the program, and reads quotes in comments."""
    blocks = re.findall(r"^```(?:console|shell|sh|bash)\n(.*?)^```", documents, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert [line for line in lines if re.search(r"\S\s+# |^#.*[`'\"$;&|<>]", line)] == []


def said() -> Iterator[tuple[str, str]]:
    """Yield every command, and every flag of each, as (command, flag); the flag is empty for the command itself."""
    (commands,) = (one for one in make_parser()._actions if isinstance(one, argparse._SubParsersAction))  # noqa: SLF001 — argparse has no public API for this
    for name, parser in commands.choices.items():
        yield name, ""
        yield from ((name, one.option_strings[-1]) for one in parser._actions if one.option_strings)  # noqa: SLF001 — likewise


@pytest.mark.parametrize(("command", "flag"), [one for one in said() if one[1] != "--help"])
def test_every_command_and_flag_is_documented(root: Path, command: str, flag: str) -> None:
    """A flag is in the section or on the page of its command, or on the command's line in a table."""
    name = rf"reviewbot {command}\b"
    text = "".join((root / "docs" / page).read_text(encoding="utf-8") for page in ("terminal.md", "setup.md"))
    page = root / "docs" / f"{command}.md"
    own = [one for one in re.split(r"^(?=## )", text, flags=re.MULTILINE) if re.match(f"## `{name}`", one)]
    own += re.findall(rf"^\|.*`{name}.*", text, re.MULTILINE)
    own += [page.read_text(encoding="utf-8")] if page.exists() else []
    assert any(re.search(rf"(?<![\w-]){flag or name}(?![\w-])", one) for one in own)


STUBS = """\
reviewbot() { echo "reviewbot: --action: missing" >&2; return 2; }
gh() { echo "$*"; }
git() { :; }
cd() { :; }
jq() { cat "${@: -1}"; }
"""


@pytest.mark.parametrize("page", ["organization", "setup"])
def test_github_gets_no_ruleset_if_init_fails(root: Path, tmp_path: Path, page: str) -> None:
    text = (root / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (block,) = (one for one in blocks if "reviewbot init --as gate" in one and "/rulesets" in one)
    ran = subprocess.run(["/bin/bash", "-c", STUBS + block], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert not (page == "organization" and (tmp_path / "ruleset.json").exists())


def test_the_pre_commit_hook_runs_an_existing_command(root: Path) -> None:
    (hook,) = YAML(typ="safe").load(root / ".pre-commit-hooks.yaml")
    program, *arguments = hook["entry"].split()
    assert program == "reviewbot"
    assert make_parser().parse_args(arguments).staged
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (installed,) = hook["additional_dependencies"]
    assert set(installed[2:-1].split(",")) <= set(project["optional-dependencies"])


def test_the_documentation_can_be_read_in_an_hour(root: Path, documents: str) -> None:
    """Generated parts and the characters that draw tables do not count."""
    pages = documents.removeprefix((root / "README.md").read_text(encoding="utf-8"))
    written = GENERATED.sub("", pages.replace(diagram(), "").replace(table(), ""))
    assert sum(any(map(str.isalnum, word)) for word in written.split()) <= MOST_WORDS


def test_the_readme_can_be_read_in_minutes(root: Path) -> None:
    assert len((root / "README.md").read_text(encoding="utf-8").split()) < 900


def test_a_setting_that_the_documentation_advises_is_valid(documents: str) -> None:
    names = {row.name for row in INPUTS}
    advised = {one for one in re.findall(r"`([a-z-]+: [\w-]+)`", documents) if one.partition(":")[0] in names}
    assert len(advised) > 20
    # Inputs of the workflow, and a setting of a rule, are not keys of the file.
    for one in advised - {"command: collect", "repositories: installation", "reviewer: none"}:
        read_settings({"codevf-api-key": "key"}, one)


def test_the_name_of_a_check_against_another_base_is_documented(root: Path) -> None:
    text = " ".join((root / "docs/forks.md").read_text(encoding="utf-8").split())
    names = read_settings({"codevf-api-key": "key"}, "bases: [release/*]").check_names
    other = names.against("main", "BRANCH")
    assert f"against any base but the default branch, the check is called `{other}` and does not satisfy" in text
    assert "List release branches under `bases`" in text
    assert names.against("main", "release/1") == names.against("main", "main") != other


def test_every_output_is_documented(root: Path, action: dict[str, Any]) -> None:
    text = (root / "docs/configuration.md").read_text(encoding="utf-8")
    rows = text.partition("| output | meaning |")[2].partition("\n\n")[0].splitlines()
    assert sorted(re.findall(r"`([a-z-]+)`", "".join(row.split("|")[1] for row in rows[1:]))) == sorted(
        action["outputs"]
    )


def test_every_template_is_documented(root: Path) -> None:
    text = (root / "docs/templates.md").read_text(encoding="utf-8")
    assert not [path.name for path in (root / "templates").glob("*.j2") if f"`{path.name}`" not in text]


def test_every_link_between_documents_leads_to_a_file(files: list[Path]) -> None:
    broken = [
        f"{path.name}: {target}"
        for path in files
        if path.suffix == ".md" and "tests" not in path.parts and "templates" not in path.parts
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert not broken


def test_each_event_runner_and_hour_of_the_workflows_is_explained(root: Path) -> None:
    page = (root / "docs" / "workflows.md").read_text(encoding="utf-8")
    explained = set(re.findall("`([^`]+)`", "".join(re.findall(r"^\| (`.+?) \| ", page, re.MULTILINE))))
    triggers = [YAML(typ="safe").load(one)["on"] for one in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    events = [event for on in triggers for event in on.values() if isinstance(event, dict)]
    types = {one for event in events for one in event.get("types", ())}
    crons = {one["cron"].removesuffix(" * * *") for on in triggers for one in on.get("schedule") or ()}
    assert len(types) > 8
    assert {"runs-on"} | types | crons <= explained


def test_the_index_lists_every_page(root: Path) -> None:
    docs = root / "docs"
    pages = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")} - {"index.md"}
    assert not pages - set(re.findall(r"^- \[[^]]+\]\(([^)#]+)", (docs / "index.md").read_text("utf-8"), re.MULTILINE))


def test_every_anchor_is_a_heading(root: Path) -> None:
    links = [
        (page, (page.parent / target).resolve() if target else page, anchor)
        for page in (*root.glob("*.md"), *root.glob("docs/**/*.md"))
        for target, anchor in re.findall(r"\]\(([^)#:\s]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert {page.name for page, _, _ in links} >= {"README.md", "RELEASING.md"}
    headings = {
        path: {
            re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        }
        for _, path, _ in links
    }
    assert not [f"{page.name}: {path.name}#{anchor}" for page, path, anchor in links if anchor not in headings[path]]


def test_the_drawn_layers_are_those_of_the_import_linter(root: Path) -> None:
    tools = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    layers = [layer.split(" | ") for layer in tools["importlinter"]["contracts"][0]["layers"]]
    drawn = re.findall(r"^ │([ \w│]+)│  \w", (root / "docs/design.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [[f"reviewbot.{name}" for name in re.findall(r"\w+", row)] for row in drawn] == layers


def test_each_package_is_drawn(root: Path) -> None:
    drawn = re.findall(r"^ │([ \w│]+)│  \w", (root / "docs/design.md").read_text(encoding="utf-8"), re.MULTILINE)
    packages = (
        path.stem for path in (root / "reviewbot").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    )
    assert sorted(name for row in drawn for name in re.findall(r"\w+", row)) == sorted(set(packages) - {"__init__"})


def test_every_path_in_where_do_i_look_exists(root: Path) -> None:
    table = (
        (root / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Where do I look?")[2].partition("\n## ")[0]
    )
    named = re.findall(r"`((?:reviewbot|tests|templates)/[\w./-]*)`", table)
    assert len(named) > 30
    assert not [name for name in named if not (root / name).exists()]


def test_every_reason_is_documented(root: Path) -> None:
    text = (root / "docs/troubleshooting.md").read_text(encoding="utf-8")
    explained = re.findall(r"^(?:### |\| )`([a-z-]+)`", text, re.MULTILINE)
    assert sorted(explained) == sorted(Reason)


def test_the_version_is_a_release_number() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_the_changelog_has_a_place_for_what_comes_next(root: Path) -> None:
    headings = re.findall(r"^## (.+)$", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"


def test_the_changelogs_newest_release_is_this_version(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    assert released[:1] in ([], [__version__])


def test_no_list_is_joined_into_a_paragraph(root: Path) -> None:
    """An editor that wraps lines can do that, and the page still builds."""
    for path in (root / "README.md", *sorted(root.glob("docs/*.md"))):
        prose = re.sub(r"^```.*?^ *```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        assert not re.findall(r"^\S.* - \S.*", prose, re.MULTILINE), path.name
