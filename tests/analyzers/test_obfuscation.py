"""Code that a language reads differently from the analyzers is reported, and its file counts as not read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from reviewbot.analyzers.copies import source_file
from reviewbot.analyzers.obfuscation import unmask
from reviewbot.analyzers.reviewer import examine

Attach = Callable[[Mapping[str, str | tuple[str, str]]], list[tuple[str, str]]]


def rules_in(path: str, text: str) -> list[tuple[str, int]]:
    """Return the rules that match and their lines. A match also makes the file count as not read."""
    report = unmask([source_file(path, text, frozenset())])
    assert bool(report.findings) == bool(report.unseen)
    assert report.read == frozenset()
    return [(raw.rule, raw.line) for _, raw in report.findings]


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.py", "# coding: utf-7 coding: utf-8\n# +AAo-print('ran')\n", 1),
        ("a.py", "#!/usr/bin/env python3\n# vim: set fileencoding=utf-7 coding=utf-8 :\n", 2),
        ("bin/run", "#!/usr/bin/env python3\n# coding: utf-7\n", 2),
        ("bin/run", "#!/usr/bin/env pypy3\n# coding: utf-7\n", 2),
        ("bin/run", "#!/usr/bin/env -S uv run --script\n# coding: utf-7\n", 2),
        ("bin/run", "\ufeff#!/usr/bin/python3\n# coding: utf-7\n", 2),
        ("a.pyw", "\n \f# -*- coding:utf_16_le -*-\n", 2),
        ("a.py", "\ufeff# coding: utf-7\n", 1),
        ("a.py", "# a\r# coding: utf-7\rx\n", 1),
        ("a.py", "# a\rb\n# coding: utf-7\n", 2),
        ("a.py", "# coding: unicode_escape\n", 1),
        ("a.py", "# coding: utf-7-utf-8\n", 1),
        ("a.py", "# coding: latin-1\nx = 'é'\n", 1),
        ("a.rb", "#!/usr/bin/env ruby\n# encoding : Shift_JIS\n", 2),
        ("a.py", "# coding: utf8-rot13\n", 1),
        ("a.py", "# coding : utf-8 coding: utf-7\n", 1),
        ("a.rb", "# coding: utf-8 -*- coding: gbk -*-\n", 1),
        ("a.py", "# encoding=\u00a0x coding= utf-7\n", 1),
    ],
)
def test_an_encoding_that_hides_code_is_reported(path: str, text: str, line: int) -> None:
    assert rules_in(path, text) == [("odd-encoding", line)]


@pytest.mark.parametrize(
    "text",
    [
        "# -*- coding: utf-8 -*-\n",
        "# coding: UTF_8\n",
        "# coding: utf8\n",
        "# coding: utf-8-unix\n",
        "# coding: us-ascii\n",
        "# coding: latin-1\nx = 1\n",
        "# coding: cp1252\n",
        "# a\n# b\n# coding: utf-7\n",
        "coding = 'utf-7'\n",
        "# recoding\n",
        "",
    ],
)
def test_a_harmless_encoding_is_not_reported(text: str) -> None:
    assert rules_in("a.py", text) == []


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("a.js", "x <!-- /*\neval(a)\n// */\n", 1),
        ("a.cjs", "x = 1\n--> /*\n", 2),
        ("a.js", "x = 1\n\t/* a */ /* b */ --> /*\n", 2),
        ("a.js", "/*\n*/ --> /*\n", 2),
        ("a.js", "x\u2028--> /*\n", 1),
        ("bin/run", "#!/usr/bin/env node\nx <!-- /*\n", 2),
    ],
)
def test_an_html_comment_in_a_script_is_reported(path: str, text: str, line: int) -> None:
    assert rules_in(path, text) == [("js-html-comment", line)]


@pytest.mark.parametrize(
    ("path", "text"),
    [("a.mjs", "x <!--y\n"), ("a.ts", "x <!--y\n"), ("a.js", "while (x --> 0) {}\n"), ("a.md", "<!-- x -->\n")],
)
def test_code_without_html_comments_is_not_reported(path: str, text: str) -> None:
    assert rules_in(path, text) == []


@pytest.mark.parametrize(
    "line", ["/**/" * 100_000 + "-", "*/ " * 100_000, "\r" * 300_000, "\\\\" * 100_000, "\\u" * 100_000]
)
def test_a_long_line_is_checked_quickly(line: str) -> None:
    started = time.process_time()
    for path in ("a.js", "A.java", "a.py"):
        rules_in(path, f"{line}\n")
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    "escape", [r"\u000a", r"\uuu000D", r"\u002a\u002f", r"\\\u000a", r"\u0065", r"\u0022", r"\u007d"]
)
def test_an_escape_that_makes_java_code_is_reported(escape: str) -> None:
    assert rules_in("A.java", f"class A {{}}\n// {escape} x();\n") == [("java-escaped-code", 2)]


@pytest.mark.parametrize("escape", [r"\\u000a", r"\u0000", r"\u001b", r"\u00e9", r"\u0020", r"\n"])
def test_an_escape_inside_a_java_string_is_not_reported(escape: str) -> None:
    assert rules_in("A.java", f'class A {{ String a = "{escape}"; }}\n') == []


@pytest.mark.parametrize(
    ("path", "shebang", "two"),
    [
        ("a.rb", "#!/usr/bin/env node", True),
        ("a.py", "#!/bin/sh", True),
        ("a.js", "#!/usr/bin/env python3", True),
        ("a.ts", "#!/usr/bin/env -S deno run", False),
        ("a.py", "#!/usr/bin/env -S uv run", False),
        ("a.cs", "#!/usr/bin/env dotnet", False),
        ("a", "#!/usr/bin/env node", False),
        ("a.py", "x = 1", False),
    ],
)
def test_a_first_line_with_another_language_is_reported(path: str, shebang: str, two: bool) -> None:  # noqa: FBT001 — a column of the table.
    assert rules_in(path, f"{shebang}\n") == ([("two-languages", 1)] if two else [])


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("# syntax=evil/frontend:1", [1]),
        ("#syntax = docker/dockerfile.evil.example/x", [1]),
        ("// syntax=evil/frontend", [1]),
        ("# syntax=docker/dockerfile:1", []),
        ("# syntax=docker.io/docker/dockerfile:1@sha256:0", []),
        ("# the syntax", []),
    ],
)
def test_a_dockerfile_with_its_own_frontend_is_reported(line: str, lines: list[int]) -> None:
    assert rules_in("Dockerfile", f"{line}\nFROM debian:12\n") == [("docker-frontend", number) for number in lines]


def test_a_script_that_cannot_be_parsed_is_unseen(attach: Attach, path_env: dict[str, str]) -> None:
    examination = examine(attach({"a.js": "x = ) + ;\n"}), path_env=path_env)
    assert {(one.path, one.tool) for one in examination.unseen} == {("a.js", "ast-grep")}


def test_obfuscation_is_a_finding_and_its_file_is_unseen(attach: Attach, path_env: dict[str, str]) -> None:
    examination = examine(attach({"a.py": "# coding: utf-7 coding: utf-8\n# +AAo-print('ran')\n"}), path_env=path_env)
    files: Any = examination.answer["files"]
    assert [(one["line"], one["severity"], one["category"]) for one in files[0]["findings"]] == [
        (1, "critical", "security")
    ]
    assert [one.path for one in examination.unseen] == ["a.py"]
    assert "because the file declares an encoding that hides code" in str(examination.answer["summary"])


def test_obfuscation_on_an_old_line_makes_the_file_unseen(attach: Attach, path_env: dict[str, str]) -> None:
    old = "# coding: utf-7\n"
    examination = examine(attach({"a.py": (old, old + "# +AAo-print('ran')\n")}), path_env=path_env)
    assert examination.answer["files"] == []
    assert [one.path for one in examination.unseen] == ["a.py"]
