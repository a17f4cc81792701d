"""The answer fits the schema and can be parsed; the tables are consistent; edits apply to the right lines."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from reviewbot.analyzers.answer import explain, rate, replacement, table, title
from reviewbot.analyzers.parsers import Edit, RawFinding
from reviewbot.analyzers.reviewer import examine, names
from reviewbot.analyzers.tools import RUFF, TOOLS
from reviewbot.domain.codevf.response import read_result
from reviewbot.domain.model.review import Category, Severity


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("y appears unused. Verify use.", "y appears unused. Verify use."),
        ("name is referenced but not assigned.", "name is referenced but not assigned."),
        ("os.system is unsafe", "os.system is unsafe"),
        ("read_all() is slow", "read_all() is slow"),
        ("x2 is overwritten", "x2 is overwritten"),
        ("i shadows a global", "i shadows a global"),
        ("`x` is unused", "`x` is unused"),
        ("undefined name", "Undefined name"),
        ("a function\nis called", "A function is called"),
    ],
)
def test_only_a_title_that_begins_with_a_word_gets_a_capital(message: str, shown: str) -> None:
    assert title(message) == shown


LINES = ("import os", "x = 1", "y = 2")


@pytest.mark.parametrize(
    ("edits", "line", "end_line", "expected"),
    [
        ((Edit(1, 1, 2, 1, ""),), 1, 1, ""),
        ((Edit(2, 5, 2, 6, "7"),), 2, 2, "x = 7"),
        ((Edit(2, 1, 2, 1, "("), Edit(2, 6, 2, 6, ")")), 2, 2, "(x = 1)"),
        ((Edit(2, 6, 3, 1, "; "),), 2, 3, "x = 1; y = 2"),
        ((), 1, 1, None),
        ((Edit(2, 5, 2, 6, "1"),), 2, 2, None),  # changes nothing
        ((Edit(1, 1, 2, 1, ""),), 2, 2, None),  # begins above
        ((Edit(2, 6, 3, 1, "; "),), 2, 2, None),  # swallows the newline
        ((Edit(2, 1, 3, 2, ""),), 2, 2, None),  # ends below
        ((Edit(2, 1, 2, 4, "a"), Edit(2, 3, 2, 6, "b")), 2, 2, None),  # overlap
        ((Edit(2, 1, 2, 99, "a"),), 2, 2, None),  # past the end of the line
        ((Edit(2, 3, 2, 2, "a"),), 2, 2, None),  # backwards
        ((Edit(2, 0, 2, 2, "a"),), 2, 2, None),  # no such column
    ],
)
def test_a_fix_replaces_whole_lines_or_is_dropped(
    edits: tuple[Edit, ...], line: int, end_line: int, expected: str | None
) -> None:
    assert replacement(LINES, line, end_line, edits) == expected


def raw(tool: str, rule: str, level: str = "") -> RawFinding:
    return RawFinding(tool, rule, "f", 1, 1, level, "message")


@pytest.mark.parametrize(
    ("finding", "severity", "category"),
    [
        (raw("ruff", "S602"), Severity.CRITICAL, Category.SECURITY),
        (raw("ruff", "S999"), Severity.MEDIUM, Category.SECURITY),
        (raw("ruff", "ZZZ1"), Severity.LOW, Category.MAINTAINABILITY),
        (raw("shellcheck", "SC9999", "error"), Severity.HIGH, Category.CORRECTNESS),
        (raw("zizmor", "template-injection", "high/high"), Severity.CRITICAL, Category.SECURITY),
        (raw("zizmor", "template-injection", "low/high"), Severity.LOW, Category.SECURITY),
        (raw("hadolint", "DL9999", "no such level"), Severity.LOW, Category.MAINTAINABILITY),
    ],
)
def test_a_rule_is_rated_by_its_longest_prefix_then_its_level(
    finding: RawFinding, severity: Severity, category: Category
) -> None:
    assert rate(finding) == (severity, category)


def test_every_tool_is_rated() -> None:
    assert set(table("ratings.toml")) == {"same", *(tool.name for tool in TOOLS)}


def found_by(tool: str, rule: str) -> RawFinding:
    return RawFinding(tool, rule, "a", 1, 1, "error", "A message")


@cache
def ruff_rules() -> tuple[str, ...]:
    """Return the rules of ruff that are selected, as ruff lists them."""
    [selected, ignored] = (
        one.partition("=")[2].split(",") for one in RUFF.arguments if one.startswith(("--select=", "--ignore="))
    )
    command = [str(Path(sys.executable).with_name("ruff")), "rule", "--all", "--output-format=json"]
    rules = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    codes = [one["code"] for one in rules if not one["preview"]]
    return tuple(code for code in codes if _is_in(code, selected) and not _is_in(code, ignored))


def _is_in(code: str, prefixes: list[str]) -> bool:
    linters = [re.match("[A-Z]+", one) for one in (code, *prefixes)]
    own = linters[0]
    return any(
        code.startswith(one) and own and there and own[0] == there[0]
        for one, there in zip(prefixes, linters[1:], strict=True)
    )


def test_every_rule_of_ruff_has_a_sentence_and_every_sentence_a_rule() -> None:
    texts = table("explanations.toml")["ruff"]
    assert len(ruff_rules()) > 250
    assert not [rule for rule in ruff_rules() if explain(found_by("ruff", rule)) == texts["default"]]
    codes = (*ruff_rules(), "invalid-syntax")
    assert not [key for key in texts if key != "default" and not any(code.startswith(key) for code in codes)]


def program(name: str) -> bytes:
    """Return the pinned analyzer's executable. None of these three analyzers lists its rules."""
    return Path(sys.executable).with_name(name).read_bytes()


@cache
def shellcheck_rules(name: str) -> frozenset[str]:
    """Return the codes in shellcheck, or in hadolint, which contains it.

    The Haskell compiler stores each code as a number after a pointer to the type of all whole numbers. Of all words
    that come before a possible code, this pointer comes before the largest number of different ones.
    """
    found: defaultdict[int, set[int]] = defaultdict(set)
    data = program(name)
    for before, number in pairwise(memoryview(data[: len(data) // 8 * 8]).cast("Q")):
        if 1000 < number < 1200 or 2000 <= number < 2400 or 3000 < number < 3100:
            found[before].add(number)
    return frozenset(f"SC{number}" for number in max(found.values(), key=len))


def hadolint_rules() -> frozenset[str]:
    """Return the codes in hadolint, except for those of shellcheck."""
    return frozenset(code.decode() for code in re.findall(rb"DL\d{4}", program("hadolint")))


def zizmor_audits() -> frozenset[str]:
    """Return the links to the audits in zizmor. Each ends with the audit's name and maybe some letters after it."""
    links = re.findall(rb"https://docs\.zizmor\.sh/audits/#([a-z-]+)", program("zizmor"))
    return frozenset(link.decode() for link in links)


def own(tool: str) -> list[str]:
    return [key for key in table("explanations.toml")[tool] if key != "default"]


readable = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="The codes can be read only from the executables for Linux on x86-64.",
)


@readable
def test_every_rule_of_shellcheck_has_a_sentence_and_every_sentence_a_rule() -> None:
    rules = shellcheck_rules("shellcheck")
    assert {"SC1073", "SC2086", "SC2145", "SC3057"} <= rules
    assert len(rules) > 500
    # The features that `sh` lacks have one sentence.
    assert sorted({"SC3" if rule.startswith("SC3") else rule for rule in rules}) == sorted(own("shellcheck"))


@readable
def test_the_findings_of_shellcheck_in_a_dockerfile_have_the_same_sentences() -> None:
    assert shellcheck_rules("shellcheck") == shellcheck_rules("hadolint")
    for rule in ("SC2086", "SC2145", "SC3010"):
        assert explain(found_by("hadolint", rule)) == explain(found_by("shellcheck", rule))


def test_every_rule_of_hadolint_has_a_sentence_and_every_sentence_a_rule() -> None:
    assert len(hadolint_rules()) > 60
    assert sorted(hadolint_rules()) == sorted(own("hadolint"))


def test_every_audit_of_zizmor_has_a_sentence_and_every_sentence_an_audit() -> None:
    assert len(zizmor_audits()) > 30
    found = [
        max((key for key in own("zizmor") if link.startswith(key)), key=len, default=link) for link in zizmor_audits()
    ]
    assert sorted(found) == sorted(own("zizmor"))


def test_every_rated_rule_is_explained() -> None:
    rated, texts = table("ratings.toml"), table("explanations.toml")
    for tool in ("shellcheck", "zizmor", "hadolint"):
        rules = (one.split(" ")[0] for one in rated[tool]["rules"])
        assert not [rule for rule in rules if explain(found_by(tool, rule)) == texts[tool]["default"]]


def test_the_sentences_are_sorted() -> None:
    for tool in ("shellcheck", "zizmor", "hadolint"):
        assert own(tool) == sorted(own(tool))


def test_an_explanation_is_one_sentence() -> None:
    sentences = [text for texts in table("explanations.toml").values() for text in texts.values()]
    assert not [text for text in sentences if not re.fullmatch(r"[A-Z`].*[.]", text) or ". " in text or len(text) > 160]


def test_the_longest_prefix_selects_the_explanation_and_our_own_rules_need_none() -> None:
    assert explain(found_by("ruff", "S608")).startswith("A value becomes a part of the SQL")
    assert explain(found_by("ruff", "S314")) == explain(found_by("ruff", "S319"))
    assert explain(found_by("shellcheck", "SC9999")) == table("explanations.toml")["shellcheck"]["default"]
    assert explain(found_by("ast-grep", "php-eval")) == ""


def test_a_long_list_of_paths_is_counted() -> None:
    assert names([f"{number}" for number in range(12)]).endswith('"9" and 2 more')
    assert names(["a\nb"]) == '"a\\nb"'


def test_the_answer_is_parsed_completely(
    attach: Callable[[Mapping[str, str | tuple[str, str]]], list[tuple[str, str]]], path_env: dict[str, str]
) -> None:

    report = read_result(examine(attach({"a.py": "import os\neval(x)\n", "b.sh": "cd $1\n"}), path_env=path_env).answer)
    assert report.readable
    assert report.leftovers == ()
    assert len(report.findings) == 5
    assert {finding.suggestion for finding in report.findings} >= {""}
