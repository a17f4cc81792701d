"""Where a redaction may hide code: the file, the line, what found it; and prose hides none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewbot.domain.diff.parse import ChangedFile, parse_diff
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.selection.redaction_places import RedactionPlace, held_for, prose_notice, redaction_places
from reviewbot.domain.selection.selection import Held, HeldBecause

GIVEN = "password: 'grantAdm1nistrat0rAccess22x'"
VALUE = "grantAdm1nistrat0rAccess22x"
WORD = "a value behind a word such as `password`"
CERTAIN = "ghp" + "_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def places(
    path: str, *lines: str, mark: str = "+", mode: str = "100644", text: bool = True, old_path: str = ""
) -> tuple[RedactionPlace, ...]:
    """The places of a file with these lines, where another file gives the value away."""
    count = f"-0,0 +1,{len(lines)}" if mark == "+" else f"-1,{len(lines)} +0,0"
    body = "".join(f"{mark}{line}\n" for line in lines)
    moved = f"rename from {old_path}\nrename to {path}\n" if old_path else ""
    before = old_path or path
    headers = f"diff --git a/{before} b/{path}\n{moved}--- a/{before}\n+++ b/{path}\n"
    section = f"{headers}@@ {count} @@\n{body}"
    content = "".join(f"{line}\n" for line in lines)
    new = Entry("1" * 40, mode, text=content if text and mark == "+" else None) if mark == "+" else None
    file = ChangedFile(parse_diff(section)[0], None, new)
    redactor = Redactor.of([GIVEN, CERTAIN])
    return redaction_places(file, redactor.redact(section), redactor.redact(content) if new and new.text else None)


def test_code_names_the_line_and_the_detector() -> None:
    found = places("app.py", "import x", f"{VALUE}(user)")
    assert found == (RedactionPlace("line 2", WORD, in_code=True),)
    assert held_for("app.py", found) == Held(
        "app.py", HeldBecause.REDACTED, f"line 2: {WORD}; change that value", missed=True
    )


def test_more_lines_are_counted() -> None:
    held = held_for("app.py", places("app.py", f"{VALUE}(user)", f"{VALUE}(root)"))
    assert held is not None
    assert held.detail == f"line 1: {WORD}, and in 1 more; change that value"


def test_a_token_that_runs_is_told_as_one() -> None:
    [found] = places("app.py", f"{CERTAIN}({CERTAIN})")
    assert found == RedactionPlace("line 1", "a token of a known format", in_code=True)


def test_a_key_that_may_be_none_is_told_as_one() -> None:
    [found] = places("app.py", "-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "import os")
    assert found == RedactionPlace("line 2", "a private key", in_code=True)


def test_a_deleted_line_and_a_name_are_told_as_such() -> None:
    assert [one.where for one in places("app.py", f"{VALUE}(user)", mark="-")] == ["line 1 before the change"]
    assert [one.where for one in places(f"{VALUE}.py", "x = 1")] == ["its name"]
    assert [one.where for one in places("app.py", f"{VALUE}(user)", text=False)] == ["line 1"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("docs/guide.md", False),
        ("docs/guide.rst", False),
        ("notes.txt", False),
        ("LICENSE", False),
        ("requirements.txt", True),
        ("CMakeLists.txt", True),
        (".github/copilot-instructions.md", True),
        ("AGENTS.md", True),
        ("guide.mdx", True),
        ("app.py", True),
        ("config.yml", True),
    ],
)
def test_a_document_hides_no_code(path: str, *, code: bool) -> None:
    found = places(path, f"    {VALUE}(user)")
    assert [one.in_code for one in found] == [code]
    assert (held_for(path, found) is not None) is code


def test_a_document_that_runs_or_was_code_may_hide_some() -> None:
    assert places("run.txt", f"{VALUE}(user)", mode="100755")[0].in_code
    assert places("run.txt", f"{VALUE}(user)", mode="120000")[0].in_code
    assert places("run.txt", "#!/bin/sh", f"{VALUE}(user)")[0].in_code
    assert places("run.txt", f"{VALUE}(user)", old_path="run.py")[0].in_code


@pytest.mark.parametrize(
    ("path", "line", "code"),
    [
        ("app.py", f"    # It calls {VALUE}(user) then", False),
        ("app.js", f"// It calls {VALUE}(user) then", False),
        ("app.js", f"# It calls {VALUE}(user) then", True),
        ("app.txt2", f"# It calls {VALUE}(user) then", True),
        ("app.py", f"#It calls {VALUE}(user) then", True),
        ("app.py", f"# dependencies = [{VALUE}]", True),
        ("app.py", f"# define x {VALUE}(user)", True),
        ("app.py", f"x = 1  # It calls {VALUE}(user)", True),
        ("app.ts", f"// @jsxImportSource {VALUE}/x", True),
    ],
)
def test_a_sentence_of_a_comment_hides_no_code_and_a_pragma_may(path: str, line: str, *, code: bool) -> None:
    assert [one.in_code for one in places(path, line)] == [code]


def test_prose_is_told_with_what_to_do() -> None:
    found = places("docs/guide.md", f"{VALUE}(a)", f"{VALUE}(b)")
    assert prose_notice("docs/guide.md", found) == (
        f"`docs/guide.md`, line 1, and in 1 more places: reviewbot redacted {WORD}. If it is real, revoke it; "
        "an example needs no action."
    )
    assert "more" not in prose_notice("docs/guide.md", found[:1])
    assert replace(found[0], where="line 2") == found[1]
