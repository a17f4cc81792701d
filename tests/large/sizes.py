"""The largest pull requests, each in two sizes: a small one that exceeds the same limits, and the full one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewbot_sandbox.codevf import Answer

from tests.app.rig import CLEAN, REPO, Rig, answer, finding

RISKY = "src/auth/login.py"
"""A file that must always be sent, because its path and its content have the highest risk."""

PAYLOAD = {RISKY: "import os\nos.system(token)\n"}
TEN_LINES = "".join(f"value_{number} = {number}\n" for number in range(10))


@dataclass(frozen=True, slots=True)
class Size:
    """The numbers of files, lines and comments."""

    files: int
    lines: int
    file_bytes: int
    line_bytes: int
    findings: int
    comments: int


SMALL = Size(files=330, lines=90_000, file_bytes=6_000_000, line_bytes=1_100_000, findings=700, comments=230)
"""Exceeds GitHub's limits of 300 files, 20,000 lines and 100 comments per page, and reviewbot's of 4 MB."""

WHOLE = Size(files=3000, lines=100_000, file_bytes=20_000_000, line_bytes=5_200_000, findings=10_000, comments=2000)


@dataclass(frozen=True, slots=True)
class Case:
    """A large pull request.

    Attributes:
        files: returns the head's files for a size.
        says: returns CodeVF's answer for a size.
        before: prepares the pull request for a size.
        missed: whether the review must be partial.
    """

    name: str
    files: Callable[[Size], Mapping[str, str]] = lambda _: PAYLOAD
    says: Callable[[Size], Answer] = lambda _: CLEAN
    before: Callable[[Rig, Size], None] = lambda _rig, _size: None
    missed: bool = False


def _many_files(size: Size) -> dict[str, str]:
    return PAYLOAD | {f"src/pkg_{number % 50}/module_{number}.py": TEN_LINES for number in range(size.files)}


def _many_lines(size: Size) -> dict[str, str]:
    each = "".join(f"value_{number} = compute({number}, 'as long as a line is')\n" for number in range(1000))
    # The risky file is as long as the others; a shorter one could fit by chance.
    return {RISKY: PAYLOAD[RISKY] + each} | {f"src/module_{number}.py": each for number in range(size.lines // 1000)}


def _huge_file(size: Size) -> dict[str, str]:
    return PAYLOAD | {"data.sql": "INSERT INTO t VALUES (1);\n" * (size.file_bytes // 26)}


def _long_line(size: Size) -> dict[str, str]:
    return PAYLOAD | {"bundle.js": f"var a = '{'x' * size.line_bytes}';\n"}


def _many_findings(size: Size) -> Answer:
    paths = list(_many_files(size))
    words = ("critical", "high", "medium", "low", "info")
    return answer(
        *(
            finding(paths[number % len(paths)], number % 9 + 1, title=f"number {number}", severity=words[number % 5])
            for number in range(size.findings)
        )
    )


def _talk(rig: Rig, size: Size) -> None:
    for number in range(size.comments):
        rig.world.comment(REPO, rig.number, "mona", f"Comment {number}. " + "Words. " * 20)


CASES = (
    Case("many files", files=_many_files),
    Case("many lines", files=_many_lines, missed=True),
    Case("a huge file", files=_huge_file, missed=True),
    Case("a long line", files=_long_line, missed=True),
    Case("many findings on many files", files=_many_files, says=_many_findings),
    Case("many comments", before=_talk),
)

COMMITTED = ("app.py", "gone.py", "new file.py")
"""Files that the default pull request changes in addition to the case's files."""

MEMORY = 320 * 1024 * 1024
"""Maximum peak memory of the action's process, in bytes."""

REQUEST_BYTES = 4_000_000
REQUESTS = 19
"""Maximum number of requests to GitHub, without the pages of long conversations."""


def wrong(case: Case, size: Size, rig: Rig, report: Mapping[str, object], peak: int) -> Iterator[str]:
    """Return what is wrong about a finished run."""
    manifest = report["manifest"]
    assert isinstance(manifest, dict)
    sent = [one["path"] for one in manifest["sent"]]
    held = [one["path"] for one in manifest["heldBack"]]
    changed = {*case.files(size), *COMMITTED}
    if sorted(sent + held) != sorted(changed):
        yield f"{len(sent)} files sent and {len(held)} held are not the {len(changed)} changed"
    if RISKY not in sent:
        yield "the riskiest file was not sent"
    partial = any(one["missed"] for one in manifest["heldBack"])
    if partial is not case.missed or report["coverage"] != ("partial" if partial else "full"):
        yield f"coverage {report['coverage']}, {len(held)} held"
    [bought] = [one.body for one in rig.codevf_faults.log if one.path.endswith("/tasks/create")]
    assert isinstance(bought, dict)
    attachments = bought["attachments"]
    if len(attachments) > 5 or len(json.dumps(attachments)) > REQUEST_BYTES + 1000:
        yield f"{len(attachments)} attachments of {len(json.dumps(attachments))} bytes"
    if peak > MEMORY:
        yield f"{peak // 1024**2} MB of memory"
    most = REQUESTS + 2 * size.comments // 100
    if len(rig.github_faults.log) > most:
        yield f"{len(rig.github_faults.log)} requests to GitHub"


def read_report(workspace: Path) -> Mapping[str, object]:
    """Return the parsed `json-file`."""
    value: Mapping[str, object] = json.loads((workspace / "report.json").read_text(encoding="utf-8"))
    return value
