"""The definitions of the analyzers: the files that they read, their command lines, and the parsers of their output.

No command searches for configuration files. An author could silence an analyzer with a comment. Such comments are
ignored with an option, or made ineffective in the copy (`pragma`). `reviewbot/domain/text/references.py` has the hosts
of the analyzers' documentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from reviewbot.analyzers import kinds, parsers
from reviewbot.analyzers.copies import SourceFile
from reviewbot.analyzers.parsers import RawFinding

HERE: Final = Path(__file__).resolve().parent


class Tool(Struct, frozen=True):
    """One analyzer.

    Attributes:
        arguments: the arguments before the names of the copies.
        ending: returns the suffix of the copy's name, or None for a file that the analyzer does not read. The suffix
            starts with `.`, or with `/` if the analyzer needs the whole name.
        healthy: the exit statuses after which the output is complete.
        unparsed: the rules that report that the analyzer could not read the file to its end.
        pragma: matches the words in a file that would disable the analyzer, if no option ignores these words.
    """

    name: str
    arguments: tuple[str, ...]
    ending: Callable[[SourceFile], str | None]
    parse: Callable[[str], tuple[RawFinding, ...]]
    healthy: frozenset[int] = frozenset({0})
    unparsed: frozenset[str] = frozenset()
    pragma: re.Pattern[str] | None = None


# All characters that an analyzer accepts as whitespace in a comment: whitespace of all scripts, and zero-width
# characters.
_BLANKS: Final = r"[^\S\n\r]|[\u00ad\u180e\u200b-\u200f\u2060\ufeff]"
_SHELL_PRAGMA: Final = re.compile(rf"(?<=#)(?:{_BLANKS})*shellcheck(?=$|\W)", re.MULTILINE)
# Also matches hadolint's own comments, because no option ignores `# hadolint shell=…`, which disables the shell checks.
_DOCKER_PRAGMA: Final = re.compile(
    rf"(?<=#)(?:{_BLANKS})*(?:shellcheck|hadolint)(?=$|\W)", re.MULTILINE | re.IGNORECASE
)

_RUFF_RULES: Final = (
    "ASYNC,B,BLE001,C4,E711,E712,E713,E714,E721,E722,E9,F,INT,LOG,PERF401,PERF402,PIE794,PIE796,PLC0131,PLC0205,PLE,"
    "PLR0124,PLR1722,PLW,RUF006,RUF008,RUF009,RUF013,RUF016,RUF018,S,SIM101,SIM115,SIM201,SIM202,SIM210,SIM211,SIM222,"
    "SIM223,T100,W605"
)
# Omitted as noise in a review: asserts, imports of modules that can be misused, processes started without a shell,
# pseudo-random numbers, calls in defaults (a framework's idiom), `zip` without `strict`, globals, loop variables.
_RUFF_IGNORED: Final = "S101,S311,S403,S404,S603,S606,S607,B008,B904,B905,C408,PLW0603,PLW1641,PLW2901"

RUFF: Final = Tool(
    name="ruff",
    arguments=(
        "check",
        "--isolated",
        "--no-cache",
        "--ignore-noqa",
        "--exit-zero",
        "--output-format=json",
        "--target-version=py314",
        f"--select={_RUFF_RULES}",
        f"--ignore={_RUFF_IGNORED}",
        "--",
    ),
    ending=kinds.python,
    parse=parsers.ruff,
    unparsed=frozenset({"invalid-syntax", "E902"}),
)
# shellcheck does not follow sourced files here, so its messages about files that it did not follow are omitted.
SHELLCHECK: Final = Tool(
    name="shellcheck",
    arguments=("--norc", "--exclude=SC1090,SC1091", "--format=json1", "--"),
    ending=kinds.shell,
    healthy=frozenset({0, 1}),
    parse=parsers.shellcheck,
    unparsed=frozenset({"SC1071", "SC1072"}),
    pragma=_SHELL_PRAGMA,
)
ZIZMOR: Final = Tool(
    name="zizmor",
    arguments=(
        "--offline",
        "--no-config",
        "--no-ignores",
        "--no-exit-codes",
        "--strict-collection",
        "--collect=all",
        "--format=json-v1",
        "--",
    ),
    ending=kinds.workflow,
    parse=parsers.zizmor,
)
HADOLINT: Final = Tool(
    name="hadolint",
    arguments=(f"--config={HERE / 'hadolint.yml'}", "--disable-ignore-pragma", "--no-fail", "--format=json", "--"),
    ending=kinds.dockerfile,
    parse=parsers.hadolint,
    unparsed=frozenset({"DL1000", "SC1072"}),
    pragma=_DOCKER_PRAGMA,
)


def _rules() -> str:
    """Return reviewbot's rules as one YAML stream. The rules for TSX are repeated for plain TypeScript."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((HERE / "rules").glob("*.yml"))]
    plain = [text.replace("language: Tsx", "language: TypeScript") for text in texts if "language: Tsx" in text]
    return "\n---\n".join(text.strip("-\n") for text in [*texts, *plain])


AST_GREP: Final = Tool(
    name="ast-grep",
    arguments=(
        "scan",
        f"--config={HERE / 'sgconfig.yml'}",
        f"--inline-rules={_rules()}",
        "--json=compact",
        *(f"--no-ignore={kind}" for kind in ("hidden", "dot", "exclude", "global", "parent", "vcs")),
        "--",
    ),
    ending=kinds.grammar,
    healthy=frozenset({0, 1}),
    parse=parsers.ast_grep,
    unparsed=frozenset({"js-unparsed"}),
    pragma=re.compile(r"ast-grep-ignore"),
)

TOOLS: Final = (RUFF, SHELLCHECK, AST_GREP, ZIZMOR, HADOLINT)
