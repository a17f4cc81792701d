"""Every error message says what failed, with the value and its location, why, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from reviewbot.domain.commands.parse import CommandName
from tests.terminal.conftest import Opened
from tests.terminal.session import Session

LOCAL = ("review", "--reviewer", "local")
BINARY = (
    "binary (it starts with `#!`), so it cannot be reviewed; if it is text, remove its NUL bytes; otherwise, exclude it"
)
FILE = ".github/reviewbot.yml"
NOT_PLAIN = re.compile(
    r"\b(nobody|somebody|whoever|anew|mend\w*|told|is none|is no|not right|came? to nothing|there is none)\b"
)


@dataclass(frozen=True)
class Case:
    """A failing command.

    Attributes:
        says: texts in its messages, with normalized whitespace.
        work: files of the work tree; `commit` files are committed to a branch of `main`.
    """

    arguments: tuple[str, ...]
    says: tuple[str, ...]
    status: int = 2
    work: Mapping[str, str | bytes] = field(default_factory=dict)
    commit: Mapping[str, str | bytes] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    outside: bool = False
    never: tuple[str, ...] = ()


CASES = {
    "unknown key": Case(
        ("config", "check"),
        (f"{FILE}:2: `failon`: unknown key; did you mean `fail-on`?",),
        work={FILE: "mode: fast\nfailon: high\n"},
        never=("Allowed",),
    ),
    "unknown key, none near": Case(
        ("config", "check"),
        (f"{FILE}:1: `zzzz`: unknown key. Allowed: `agent-prompt`, `allow`, ",),
        work={FILE: "zzzz: 1\n"},
    ),
    "unknown value": Case(
        ("config", "check"),
        (f"{FILE}:1: `mode`: invalid value `slow`. Allowed: `realtime_answer`, `fast`, `standard`.",),
        work={FILE: "mode: slow\n"},
    ),
    "mistyped value": Case(
        ("config", "check"),
        (f"{FILE}:1: `fail-on`: invalid value `criticl`; did you mean `critical`? Allowed: ",),
        work={FILE: "fail-on: criticl\n"},
    ),
    "unknown input": Case(
        ("config", "check", "--input", "failon=high"),
        ("reviewbot: --input: unknown input `failon`; did you mean `fail-on`?",),
    ),
    "unknown option": Case(("review", "--failon", "high"), ("unknown argument `--failon`; did you mean `--fail-on`?",)),
    "unknown command": Case(("reviw",), ("unknown command `reviw`; did you mean `review`?",)),
    "unknown command, none near": Case(
        ("explain",), ("unknown command `explain`. Allowed: ",), never=("did you mean",)
    ),
    "unknown option, none near": Case(
        ("review", "--days", "3"), ("unknown argument `--days`",), never=("did you mean",)
    ),
    "an option without its value": Case(("review", "--paths"), ("--paths: a value is missing",)),
    "a workflow to wait for without its name": Case(
        ("init", "--wait-for", " "), ("--wait-for: empty name. Pass the `name:` of a workflow.",)
    ),
    "a reviewer without its option": Case(
        ("review", "local"), ("unknown argument `local`; did you mean `--reviewer local`?",)
    ),
    "a branch without its option": Case(
        ("review", "feature"), ("unknown argument `feature`; to review a branch, use `--head feature`",)
    ),
    "HTML from a review": Case(
        ("review", "--format", "html"),
        ("--format: invalid value `html`. Write JSON to a file, then run: reviewbot render FILE --to html",),
    ),
    **{
        f"the comment command {name}": Case(
            (str(name),),
            (f"unknown command `{name}`; for the comment command, comment `/reviewbot {name}` on the pull request.",),
        )
        for name in CommandName
        if name not in {CommandName.REVIEW, CommandName.COLLECT, CommandName.HELP, CommandName.UNKNOWN}
    },
    "a file to write": Case(
        ("render", "r.json", "--to", "html", "--output", "x.html"),
        ("unknown argument `--output`. To write to a file, add this to the command: > FILE",),
    ),
    "render to nothing": Case(("render", "report.json"), ("--to sarif|rdjson|html|markdown|prompt", "required: --to")),
    "config of nothing": Case(("config",), ("required: check|show",), never=("what",)),
    "config mistyped": Case(("config", "chek"), ("check|show: invalid value `chek`; did you mean `check`?",)),
    "mistyped choice": Case(
        ("review", "--reviewer", "lokal"), ("--reviewer: invalid value `lokal`; did you mean `local`?",)
    ),
    "bad numbers": Case(
        ("review", "--max-credits", "ten", "--wait-minutes", "999"),
        ("--max-credits: invalid value `ten`.", "--wait-minutes: invalid value `999`."),
        never=("input `",),
    ),
    "bad YAML": Case(
        ("config", "check"),
        (
            (
                "line 3, column 1: expected `,` or `]`, found the end of the file, "
                "in the list that starts in line 2, column 8."
            ),
        ),
        work={FILE: "mode: fast\npaths: [a\n"},
        never=("Allowed",),
    ),
    "bad YAML, an open quote": Case(
        ("config", "check"),
        ("column 1: found the end of the file, in the quote that starts in line 2, column 10.",),
        work={FILE: "mode: fast\nfail-on: 'high\npaths: [a]\n"},
        never=("Allowed",),
    ),
    "bad YAML, a tab": Case(
        ("config", "check"),
        (f"{FILE}: line 2, column 1: found a tab; indent with spaces.",),
        work={FILE: "paths:\n\t- a\n"},
    ),
    "the same key twice": Case(
        ("config", "check"),
        (f"{FILE}: line 3, column 1: duplicate key `mode`, first set in line 1, column 1. Delete one of the two.",),
        work={FILE: "mode: hidden\npaths: [a]\nmode: secret\n"},
        never=("hidden", "secret"),
    ),
    "the same key twice in the input": Case(
        ("config", "check", "--input", "config={mode: fast, mode: standard}"),
        ("`config`: line 1, column 14: duplicate key `mode`, first set in line 1, column 2. Delete one of the two.",),
    ),
    "no such config file": Case(
        ("config", "show", "none.yml"), (f"none.yml: file not found. To show {FILE}, run: reviewbot config show",)
    ),
    "incomplete path-instructions": Case(
        ("config", "check"),
        (f"{FILE}:3: `path-instructions`: item 2 has no `instructions`",),
        work={FILE: "path-instructions:\n  - {path: a, instructions: b}\n  - path: c\n"},
    ),
    "mistyped path-instructions": Case(
        ("config", "check"),
        (
            f"{FILE}:2: `path-instructions`: item 1 has no `path` but the unknown key `pth`; did you mean `path`?",
            f"{FILE}:3: `path-instructions`: item 2 has no `instructions` but the unknown key `instruction`; did you ",
            f"{FILE}:4: `path-instructions`: item 3 has no `instructions` but the unknown key `instuctions`; did you ",
            f"{FILE}:5: `path-instructions`: item 4 has no `path` but the unknown key `zzz`. Allowed: ",
        ),
        work={
            FILE: "path-instructions:\n  - {pth: a, instructions: b}\n  - {path: a, instruction: b}\n"
            "  - {zzz: a, instuctions: b}\n  - {zzz: a}\n"
        },
    ),
    "several wrong path-instructions": Case(
        ("config", "check"),
        (
            f"{FILE}:2: `path-instructions`: item 1 has no `path`",
            f"{FILE}:3: `path-instructions`: item 2 has no `instructions`",
            f"{FILE}:4: `path-instructions`: item 3 has the unknown key `x`",
        ),
        work={FILE: "path-instructions:\n  - {instructions: a}\n  - path: c\n  - {path: a, instructions: b, x: 1}\n"},
    ),
    "--repo nonsense without a token": Case(
        ("review", "--pr", "1", "--repo", "nonsense"),
        ("--repo: expected OWNER/NAME, got `nonsense`. For example: --repo octocat/hello-world",),
        never=("gh auth token",),
    ),
    "--repo nonsense": Case(
        ("review", "--pr", "1", "--repo", "nonsense"),
        ("--repo: expected OWNER/NAME, got `nonsense`. For example: --repo octocat/hello-world",),
        env={"GITHUB_TOKEN": "ghp_desk"},
    ),
    "stats --since nonsense": Case(
        ("stats", "--since", "nonsense"),
        ("--since: expected a period or a past date, got `nonsense`. For example: 90d, 12w, 6m, 1y or 2026-01-31.",),
    ),
    "stats --since tomorrow": Case(
        ("stats", "--since", "2999-01-01"), ("--since: expected a period or a past date, got `2999-01-01`.",)
    ),
    "stats --repo nonsense": Case(
        ("stats", "--repo", "octocat/hello-world", "--repo", "nonsense"),
        ("--repo: expected OWNER/NAME, got `nonsense`. For example: --repo octocat/hello-world",),
    ),
    "stats without a token": Case(
        ("stats", "--repo", "octocat/hello-world"),
        (
            "token: reading past reviews needs a token, but GITHUB_TOKEN and GH_TOKEN are empty.",
            "Run: GITHUB_TOKEN=$(gh auth token) reviewbot stats --since 90d --repo octocat/hello-world",
        ),
    ),
    "stats --format of another command": Case(
        ("stats", "--format", "sarif"),
        ("--format: invalid value `sarif`",),
    ),
    "--pr without a token": Case(
        ("review", "--pr", "12", "--repo", "octocat/hello-world"),
        (
            "--pr: reading a pull request needs a token, but GITHUB_TOKEN and GH_TOKEN are empty.",
            "Run: GITHUB_TOKEN=$(gh auth token) reviewbot review --pr 12 --repo octocat/hello-world",
        ),
    ),
    "--pr abc": Case(
        ("review", "--pr", "abc"),
        ("--pr: invalid number `abc`. Allowed: 1 to 999999999.",),
        never=("'",),
    ),
    "a choice with a quote": Case(
        ("review", "--mode", "it's"),
        ("--mode: invalid value `it's`. Allowed: `realtime_answer`, `fast`, `standard`.",),
    ),
    "a flag with a value": Case(("review", "--staged=yes"), ("--staged: does not accept a value; remove `=yes`.",)),
    "neither an id nor a file": Case(
        ("apply", "3f9z"),
        (
            "reviewbot: `3f9z` is neither an existing file nor a finding id.",
            "Pass at least 4 hex digits of an id. To list the fixes, run: reviewbot apply --check",
        ),
    ),
    "no repository": Case(
        LOCAL, ("reviewbot: `nogit` is not inside a git repository. Run the command in a clone.",), outside=True
    ),
    "nothing readable": Case(
        LOCAL,
        (
            "None of the selected files could be reviewed.",
            f"tool: {BINARY}: --paths '!tool'. NOT REVIEWED.",
            "z.bin: binary, without readable text; no action needed.",
        ),
        status=3,
        commit={"tool": b"#!/bin/sh\n\0", "z.bin": b"\0\1\2\3"},
    ),
    "nothing readable, short": Case(
        (*LOCAL, "--format", "short"),
        (
            "None of the selected files could be reviewed. To fix: See the reason next to each file.",
            f" tool: {BINARY}: --paths '!tool'. ui.bin: ",
        ),
        status=3,
        commit={"tool": b"#!/bin/sh\n\0", "ui.bin": b"#!/bin/sh\n\0"},
        never=("NOT REVIEWED",),
    ),
    "only some unreadable, short": Case(
        (*LOCAL, "--format", "short"),
        (f"- tool: {BINARY} with `paths`",),
        status=3,
        commit={"tool": b"#!/bin/sh\n\0", "a.py": "x = 1\n"},
        never=(f" tool: {BINARY}: ",),
    ),
    "too large": Case(
        LOCAL,
        ("- big.json: too large (6.0 MB; the limit is 5.2 MB)", "--paths '!big.json'"),
        status=3,
        commit={"big.json": '"some words of a list",\n' * 250_000, "a.py": "x = 1\n"},
    ),
    "not UTF-8": Case(
        LOCAL,
        ("- latin.py: not UTF-8 (line 2 has the byte 0xF6; save it as UTF-8)", "--paths '!latin.py'"),
        status=3,
        commit={"latin.py": "size = 1\n# Größe\n".encode("latin-1"), "a.py": "x = 1\n"},
        never=("syntax",),
    ),
    "config not UTF-8": Case(
        ("config", "check"),
        (f"{FILE}: the file is not UTF-8 text (line 2 has the byte 0xE9). Save it as UTF-8.",),
        work={FILE: "mode: fast\n# café\n".encode("latin-1")},
    ),
    "report not UTF-8": Case(
        ("render", "report.json", "--to", "html"),
        ("report.json: the report is not UTF-8 text (line 1 has the byte 0xE9).",),
        work={"report.json": '["café"]'.encode("latin-1")},
    ),
    "missing report": Case(
        ("render", "none.json", "--to", "html"),
        (
            "none.json: file not found.",
            "To write a report for free, run: reviewbot review --reviewer local --format json > report.json",
        ),
    ),
    "unreadable report": Case(
        ("apply", "report.json"),
        (
            "report.json: the report is not valid JSON: line 2, column 2: expected `,` delimiter.",
            "reviewbot review --reviewer local --format json > report.json",
        ),
        work={"report.json": '["secret"\n "hidden"]'},
        never=("secret", "hidden"),
    ),
    "a report with an open quote": Case(
        ("render", "report.json", "--to", "html"),
        ("report.json: the report is not valid JSON: line 1, column 2: unterminated string.",),
        work={"report.json": '["secret'},
        never=("secret",),
    ),
    "another kind of report": Case(
        ("apply", "report.json"),
        ("report.json: the report is invalid: expected `object`, got `array`.",),
        work={"report.json": "[]"},
    ),
    "service down": Case(
        ("review", "--codevf-url", "http://127.0.0.1:9/"),
        (
            "reviewbot cannot reach CodeVF (127.0.0.1: connection refused). Trying again in 1 s",
            "Check the network, the proxy and the CodeVF URL. This is usually temporary. Try again",
        ),
        status=3,
    ),
}


def prepare(session: Session, case: Case) -> None:
    if case.commit:
        session.clone.git("checkout", "--quiet", "-b", "other", "main")
        session.clone.commit(case.commit)
    session.clone.write(case.work)
    session.more.update(case.env)


@pytest.mark.parametrize("name", CASES)
def test_an_error_says_what_failed_and_what_to_do(
    open_session: Opened, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    session, case = open_session(), CASES[name]
    prepare(session, case)
    at = session.clone.root
    if case.outside:
        at = session.clone.root.parent / "nogit"
        at.mkdir()
    try:
        result = session.call(*case.arguments, at=at)
        status, text = result.status, result.out + result.err
    except SystemExit as left:
        status, text = int(str(left.code)), capsys.readouterr().err
    folded = " ".join(text.split())
    assert [one for one in case.says if one not in folded] == [], text
    assert status == case.status
    assert not [one for one in case.never if one in folded]
    assert not NOT_PLAIN.search(folded), text
