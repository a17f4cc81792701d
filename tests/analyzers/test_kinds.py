"""Which analyzer reads a file, and what is reported for files without an analyzer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reviewbot.analyzers import kinds
from reviewbot.analyzers.copies import source_file
from reviewbot.analyzers.reviewer import examine, summarise
from reviewbot.analyzers.tool_runner import ToolReport, Unseen, find_program
from reviewbot.analyzers.tools import TOOLS

Attach = Callable[[Mapping[str, str | tuple[str, str]]], list[tuple[str, str]]]


def tools_of(path: str, text: str) -> dict[str, str]:
    """Return the analyzers that read a file, and the ending of the copy that each gets."""
    file = source_file(path, text, frozenset())
    return {tool.name: ending for tool in TOOLS if (ending := tool.ending(file)) is not None}


@pytest.mark.parametrize(
    ("path", "text", "tools"),
    [
        ("run", "#!/usr/bin/env pypy3\n", {"ruff": ".py", "ast-grep": ".py"}),
        ("run", "#!/usr/bin/env -S uv run\n", {"ruff": ".py", "ast-grep": ".py"}),
        ("run", "\ufeff#!/usr/bin/python3.13t\n", {"ruff": ".py", "ast-grep": ".py"}),
        ("SConstruct", "x\n", {"ruff": ".py"}),
        ("run", "#!/usr/bin/env node\n", {"ast-grep": ".tsx"}),
        ("run", "#!/usr/bin/env -S deno run\n", {"ast-grep": ".tsx"}),
        ("run", "#!/usr/bin/php8.3\n", {"ast-grep": ".php"}),
        ("run", "#!/usr/bin/env ruby\n", {"ast-grep": ".rb"}),
        ("Rakefile", "x\n", {"ast-grep": ".rb"}),
        (".bashrc", "x\n", {"shellcheck": ".bash"}),
        (".kshrc", "x\n", {"shellcheck": ".ksh"}),
        (".husky/pre-commit", "x\n", {"shellcheck": ".dash"}),
        ("run", "\ufeff#!/bin/sh\n", {"shellcheck": ".sh"}),
        ("run", "#!/bin/mksh\n", {"shellcheck": ".sh"}),
        ("Dockerfile-prod", "x\n", {"hadolint": ".Dockerfile"}),
        ("Dockerfile.prod", "x\n", {"hadolint": ".Dockerfile"}),
        ("web.dockerfile", "x\n", {"hadolint": ".Dockerfile"}),
        ("Containerfile", "x\n", {"hadolint": ".Dockerfile"}),
        ("dockerfile.py", "x\n", {"ruff": ".py", "ast-grep": ".py"}),
        ("Dockerfile.md", "x\n", {}),
        ("a.zsh", "x\n", {}),
        ("run", "#!/bin/zsh\n", {}),
    ],
)
def test_a_file_gets_the_analyzers_of_its_kind(path: str, text: str, tools: dict[str, str]) -> None:
    assert tools_of(path, text) == tools


@pytest.mark.parametrize(
    ("path", "text", "plain"),
    [
        ("README.md", "x\n", True),
        ("LICENSE", "x\n", True),
        (".gitignore", "x\n", True),
        (".env.example", "x\n", True),
        ("compose.yml", "x\n", True),
        ("a.html", "<p>x</p>\n", True),
        ("a.html", "<p>\n<script>x()</script>\n", False),
        ("a.svg", "<svg ONLOAD = x()/>\n", False),
        ("a.md", "#!/usr/bin/awk -f\n", False),
        ("Makefile", "x\n", False),
        ("Jenkinsfile", "x\n", False),
        ("CMakeLists.txt", "x\n", False),
        ("a.zsh", "x\n", False),
        ("a.rs", "x\n", False),
        ("a.ps1", "x\n", False),
        ("a.vue", "x\n", False),
        ("whatever", "x\n", False),
    ],
)
def test_documents_and_data_are_distinguished_from_code(path: str, text: str, plain: bool) -> None:  # noqa: FBT001 — a column of the table.
    assert kinds.plain(source_file(path, text, frozenset())) is plain


def test_source_that_no_analyzer_reads_is_reported_as_unseen(attach: Attach, path_env: dict[str, str]) -> None:
    sent = attach({"Makefile": "a:\n\tcurl http://x | sh\n", "a.zsh": "curl http://x | sh\n", "b.md": "b\n"})
    examination = examine(sent, path_env=path_env)
    assert [(one.path, one.why) for one in examination.unseen] == [
        ("Makefile", "none supports this type of file"),
        ("a.zsh", "none supports this type of file"),
    ]
    assert str(examination.answer["summary"]).splitlines() == [
        "The analyzers did not fully check any changed file.",
        "No analyzer ran.",
        'No analyzer could check these files completely, because none supports this type of file: "Makefile", "a.zsh".',
        'No analyzer supports these files: "b.md".',
    ]


def test_a_change_of_documents_alone_is_not_called_unreadable(attach: Attach, path_env: dict[str, str]) -> None:
    examination = examine(attach({"b.md": "b\n"}), path_env=path_env)
    expected = [
        "The analyzers did not fully check any changed file.",
        "No analyzer ran.",
        'No analyzer supports these files: "b.md".',
    ]
    assert (str(examination.answer["summary"]).splitlines(), examination.unseen) == (expected, ())


def test_the_summary_counts_only_what_an_analyzer_read(attach: Attach, path_env: dict[str, str]) -> None:
    sent = attach({"a.py": "print(1)\n", "b.md": "b\n", "c.sh": "#!/bin/sh\nif\n"})
    summary = str(examine(sent, path_env=path_env).answer["summary"])
    assert summary.startswith("Checked the added lines of 1 of 3 files.\n")


def test_a_file_that_one_of_its_analyzers_could_not_parse_is_not_counted_as_read() -> None:
    first = ToolReport("ruff", "1.0", ("a.py", "b.py"), (), unseen=(Unseen("a.py", "ruff", "it could not be parsed"),))
    second = ToolReport("ast-grep", "1.0", ("a.py", "b.py"))
    assert summarise([first, second], 2)[0] == "Checked the added lines of 1 of 2 files."


def test_the_counts_of_the_summary_add_up_to_what_was_submitted(attach: Attach, path_env: dict[str, str]) -> None:
    (name, diff), texts = attach({"a.py": "print(1)\n", "b.py": "x = 1\n", "c.md": "c\n"})
    texts = (texts[0], texts[1].partition('=== "b.py"')[0] + '=== "c.md"' + texts[1].partition('=== "c.md"')[2])
    gone = "diff --git a/d.py b/d.py\ndeleted file mode 100644\n--- a/d.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1\n"
    summary = str(examine([(name, diff + gone), texts], path_env=path_env).answer["summary"])
    assert summary.startswith("Checked the added lines of 1 of 4 files.\n")
    for line in (
        'because the full text is not available: "b.py".',
        'No analyzer supports these files: "c.md"',
        "No added lines: 1 file.",
    ):
        assert line in summary


def test_source_without_its_text_and_without_an_analyzer_is_unseen(attach: Attach, path_env: dict[str, str]) -> None:
    diff, _ = attach({"Makefile": "a:\n", "b.md": "b\n"})
    assert [one.path for one in examine([diff], path_env=path_env).unseen] == ["Makefile"]


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2003", "\u3000", "\u200b", "\t"])
@pytest.mark.parametrize("comment", ["#{0}shellcheck disable=all", "# shellcheck{0}disable=all"])
def test_a_directive_with_a_unicode_space_has_no_effect(
    blank: str, comment: str, attach: Attach, path_env: dict[str, str]
) -> None:
    directive = comment.format(blank)
    shell = f'#!/bin/bash\n{directive}\nrm -rf "$1/"*\n'
    docker = f'FROM debian:12\nRUN <<EOF\n{directive}\nrm -rf "$1/"*\nEOF\n'
    answer: Any = examine(attach({"a.sh": shell, "Dockerfile": docker}), path_env=path_env).answer
    found = {(file["path"], one["explanation"][-9:-2]) for file in answer["files"] for one in file["findings"]}
    assert found >= {("a.sh", "(SC2115"), ("Dockerfile", "(SC2115")}


def test_a_dockerfile_cannot_name_another_shell(attach: Attach, path_env: dict[str, str]) -> None:
    text = '# hadolint shell=powershell\nFROM debian:12\nRUN rm -rf "$1/"*\n'
    assert "SC2115" in str(examine(attach({"Dockerfile": text}), path_env=path_env).answer)


def test_a_file_whose_findings_were_cut_is_unseen(attach: Attach, path_env: dict[str, str]) -> None:
    worse = "".join(f"eval(x{number})\n" for number in range(501))
    examination = examine(attach({"a.py": worse, "b.py": "import os\n"}), path_env=path_env)
    assert ("b.py", "its less severe findings were omitted") in [(one.path, one.why) for one in examination.unseen]


def test_a_missing_analyzer_is_looked_up_on_the_system(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
    program = theirs / "shellcheck"
    program.touch(mode=0o755)
    assert find_program("shellcheck", f"{ours}:{theirs}") == str(program)
