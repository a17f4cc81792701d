"""`reviewbot review` and `reviewbot apply` in a repository with CRLF line endings."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from tests.terminal.session import Session

CODE = 'import os\n\n\ndef f(x):\n    print(f"hello")\n    return x\n'
FIXED = '\n\ndef f(x):\n    print("hello")\n    return x\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (CODE.replace("\n", "\r\n"), FIXED.replace("\n", "\r\n")),
        (CODE.replace("\n", "\r\n", 3), FIXED.replace("\n", "\r\n", 2)),
        (CODE.replace("\n", "\r\n").removesuffix("\r\n"), FIXED.replace("\n", "\r\n").removesuffix("\r\n")),
        (CODE, FIXED),
    ],
    ids=["crlf", "mixed", "without a final newline", "lf"],
)
def test_only_the_fix_is_in_the_diff(open_session: Callable[..., Session], before: str, after: str) -> None:
    session = open_session()
    session.clone.commit({"till.py": before})
    result = session.call("review", "--reviewer", "local", "--format", "json")
    (session.clone.root.parent / "report.json").write_text(result.out, encoding="utf-8")
    page = session.call("review", "--reviewer", "local")
    assert "Fix:" in page.out
    assert "U+000D" not in result.out + result.err + page.out + page.err
    assert "\r" not in page.out
    applied = session.call("apply", "../report.json")
    assert (session.clone.root / "till.py").read_bytes().decode() == after, applied.err
    changed = subprocess.run(
        ["git", "diff", "--numstat", "till.py"],  # noqa: S607 — the same git as the edge's
        cwd=session.clone.root,
        check=True,
        capture_output=True,
    )
    assert changed.stdout == b"1\t2\ttill.py\n"
