"""What the local reviewer finds, and on which lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from reviewbot.analyzers.reviewer import examine

Attach = Callable[[Mapping[str, str | tuple[str, str]]], list[tuple[str, str]]]

# path, text, line, a piece of the rule's name, severity
WORKFLOW = """on: issues
permissions: {}
jobs:
  a:
    runs-on: x
    steps:
      - run: echo ${{ github.event.issue.title }}
"""
ACTION = """name: a
description: a
runs:
  using: composite
  steps:
    - shell: bash
      run: echo ${{ github.event.issue.title }}
"""
FLAWS: tuple[tuple[str, str, int, str, str], ...] = (
    ("src/run.py", "import subprocess\n\nsubprocess.run(CMD, shell=True)\n", 3, "S602", "critical"),
    ("bin/run", "#!/usr/bin/env python3\nprint(1)\neval(input())\n", 3, "S307", "high"),
    ("src/broken.py", "def f(:\n    pass\n", 1, "invalid-syntax", "high"),
    ("clean.sh", '#!/bin/bash\nrm -rf "$1/"*\n', 2, "SC2115", "high"),
    ("hooks/pre-push", '#!/bin/sh\nrm -rf "$1/"*\n', 2, "SC2115", "high"),
    ("web/a.js", "const a = 1;\neval(a);\n", 2, "js-eval", "high"),
    ("web/a.ts", "const a: number = 1;\nnode.innerHTML = `${a}`;\n", 2, "js-inner-html", "high"),
    ("main.go", "package main\nvar c = tls.Config{InsecureSkipVerify: true}\n", 2, "go-tls-unverified", "high"),
    ("A.java", 'class A {\n  boolean f(String a) { return a == "b"; }\n}\n', 2, "java-string-identity", "medium"),
    (".github/workflows/ci.yml", WORKFLOW, 7, "template-injection", "critical"),
    ("act/action.yml", ACTION, 7, "template-injection", "critical"),
    ("Dockerfile", "FROM debian:12\nRUN sudo ls\n", 2, "DL3004", "medium"),
    ("build/web.dockerfile", "FROM debian:12\nRUN cd /x\n", 2, "DL3003", "low"),
)


def findings(answer: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(file["path"], finding) for file in answer["files"] for finding in file["findings"]]


@pytest.mark.parametrize("flaw", FLAWS, ids=[row[0] for row in FLAWS])
def test_a_planted_flaw_is_found_on_its_line(
    flaw: tuple[str, str, int, str, str], attach: Attach, path_env: dict[str, str]
) -> None:
    path, text, line, rule, severity = flaw
    found = findings(examine(attach({path: text}), path_env=path_env).answer)
    (one,) = [finding for _, finding in found if f"({rule})" in finding["explanation"]]
    assert {where for where, _ in found} == {path}
    assert (one["line"], one["end_line"], one["side"], one["severity"]) == (line, line, "RIGHT", severity)
    assert one["code"] == text.split("\n")[line - 1]


def test_all_languages_in_one_submission_are_found_together(attach: Attach, path_env: dict[str, str]) -> None:
    answer = examine(attach({path: text for path, text, *_ in FLAWS}), path_env=path_env).answer
    assert {path for path, _ in findings(answer)} == {path for path, *_ in FLAWS}


def test_unchanged_lines_are_not_reported(attach: Attach, path_env: dict[str, str]) -> None:
    old = "import os\neval(input())\nx = 1\n"
    answer = examine(attach({"a.py": (old, old + "y = eval(input())\n")}), path_env=path_env).answer
    assert [(finding["line"], finding["title"][:3]) for _, finding in findings(answer)] == [(4, "Use")]


def test_the_same_input_gives_the_same_answer(attach: Attach, path_env: dict[str, str]) -> None:
    sent = attach({path: text for path, text, *_ in FLAWS})
    first, second = (examine(sent, path_env=path_env).answer for _ in range(2))
    assert first == second


def test_only_the_worst_of_equal_findings_is_reported(attach: Attach, path_env: dict[str, str]) -> None:
    text = "try:\n    print(1)\nexcept:\n    pass\n"
    found = findings(examine(attach({"a.py": text}), path_env=path_env).answer)
    assert [finding["line"] for _, finding in found] == [3]


@pytest.mark.parametrize(
    ("text", "title", "says", "never"),
    [
        ("import subprocess\nsubprocess.run([])\n", "`subprocess.run`", "use `check=True`", "check=False"),
        ("def f(a):\n    return a == None\n", "Comparison to `None`", "only `is` compares", "cond"),
        ("def f(:\n", "Syntax error: ", "fix the syntax error in this line.", "SyntaxError"),
    ],
)
def test_the_explanation_names_the_code_and_not_a_placeholder(
    attach: Attach, path_env: dict[str, str], text: str, title: str, says: str, never: str
) -> None:
    found = [one for _, one in findings(examine(attach({"a.py": text}), path_env=path_env).answer)]
    one = next(one for one in found if str(one["title"]).startswith(title))
    assert says in str(one["explanation"])
    assert never not in f"{one}"


def test_a_clean_change_has_no_files_in_the_answer_and_says_what_ran(attach: Attach, path_env: dict[str, str]) -> None:
    examination = examine(attach({"a.py": "print(1)\n", "notes.md": "hello\n"}), path_env=path_env)
    assert examination.answer["files"] == []
    assert examination.unseen == ()
    summary = str(examination.answer["summary"])
    assert "Ran: ruff " in summary
    assert 'No analyzer supports these files: "notes.md".' in summary


def test_the_worst_of_too_many_findings_are_kept_and_the_omission_is_reported(
    attach: Attach, path_env: dict[str, str]
) -> None:
    text = "".join(f'x{number} = f"a"\n' for number in range(600)) + "eval(x1)\n"
    answer = examine(attach({"a.py": text}), path_env=path_env).answer
    assert len(findings(answer)) == 500
    assert findings(answer)[-1][1]["line"] == 601
    assert "Omitted 101 less severe findings" in str(answer["summary"])


def test_a_changed_file_without_a_text_is_reported(attach: Attach, path_env: dict[str, str]) -> None:
    diff, _ = attach({"a.py": "eval(x)\n", "b.md": "b\n"})
    examination = examine([diff], path_env=path_env)
    assert {one.path for one in examination.unseen} == {"a.py"}
    assert 'Not checked, because the full text is not available: "a.py", "b.md".' in str(examination.answer["summary"])


def test_a_change_may_come_in_several_attachments(attach: Attach, path_env: dict[str, str]) -> None:
    (_, diff), (_, texts) = attach({"a.py": "eval(x)\n"})
    (_, diff_2), (_, texts_2) = attach({"b.py": "eval(x)\n"})
    sent = [("change.diff", diff), ("change-2.diff", diff_2), ("files-1.txt", texts), ("files-2.txt", texts_2)]
    assert {path for path, _ in findings(examine(sent, path_env=path_env).answer)} == {"a.py", "b.py"}


def test_removing_an_import_of_a_package_is_not_suggested(attach: Attach, path_env: dict[str, str]) -> None:
    answer = examine(attach({"pkg/__init__.py": "from pkg.a import b\n"}), path_env=path_env).answer
    assert not any("suggestion" in finding for _, finding in findings(answer))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", 'import os\n\n\ndef f(x):\n    print(f"hä 🎉", f"b")\n    return x\n'),
        ("b.sh", "#!/bin/bash\n\tcd foo\necho $1 $2\n"),
        ("c.py", "def f(x):\n    if not x in (1, 2):\n        raise ValueError\n    return x"),
    ],
)
def test_suggestions_apply_cleanly_and_fix_the_finding(
    path: str, text: str, attach: Attach, path_env: dict[str, str]
) -> None:
    found = [finding for _, finding in findings(examine(attach({path: text}), path_env=path_env).answer)]
    fixable = [finding for finding in found if "suggestion" in finding]
    assert fixable
    for finding in fixable:
        lines = text.split("\n")
        place = slice(finding["line"] - 1, finding["end_line"])
        assert "\n".join(lines[place]) == finding["existing_code"] == finding["code"]
        lines[place] = finding["suggestion"].split("\n") if finding["suggestion"] else []
        after = [one for _, one in findings(examine(attach({path: "\n".join(lines)}), path_env=path_env).answer)]
        assert len(after) < len(found)
        assert finding["title"] not in [one["title"] for one in after if one["line"] == finding["line"]]


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("# x\r\nprint(f'hello')\r\n", True),
        ("# x\nprint(f'hello')\r\n", True),
        ("# x\r# y\r\nprint(f'hello')\r\n", False),
        ("# x\r\r\nprint(f'hello')\r\n", False),
    ],
)
def test_a_carriage_return_inside_a_line_withholds_suggestions_and_a_crlf_does_not(
    text: str, *, suggested: bool, attach: Attach, path_env: dict[str, str]
) -> None:
    ((_, finding),) = findings(examine(attach({"a.py": text}), path_env=path_env).answer)
    assert (finding["line"], finding["code"]) == (2, "print(f'hello')")
    assert finding.get("suggestion") == ("print('hello')" if suggested else None)


def test_a_finding_on_a_long_range_is_shown_on_one_line(attach: Attach, path_env: dict[str, str]) -> None:
    steps = "".join(f"      - run: echo {number}\n" for number in range(20))
    head = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n"
    answer = examine(
        attach({".github/workflows/ci.yml": (head + steps, head + steps + "      - run: echo new\n")}),
        path_env=path_env,
    ).answer
    ((_, finding),) = findings(answer)
    assert (finding["line"], finding["end_line"], finding["code"]) == (26, 26, "      - run: echo new")


def test_a_script_that_cannot_be_parsed_is_unseen(attach: Attach, path_env: dict[str, str]) -> None:
    examination = examine(attach({"a.js": "x = ) + ;\n"}), path_env=path_env)
    assert {(one.path, one.tool) for one in examination.unseen} == {("a.js", "ast-grep")}
