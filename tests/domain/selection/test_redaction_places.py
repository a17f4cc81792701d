"""Where a redaction may hide code: the file, the line, what found it; and prose hides none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewbot.domain.diff.parse import ChangedFile, parse_diff
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.selection.redaction_places import (
    RedactionPlace,
    document_notice,
    held_for,
    redaction_places,
    secrets_notice,
)
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


DOCUMENTS = [
    "docs/guide.md",
    "docs/guide.rst",
    "docs/q.org",
    "docs/commands/run.adoc",
    ".github/CONTRIBUTING.md",
    ".github/ISSUE_TEMPLATE/bug.md",
    "LICENSE",
    "INSTALL",
    "sub/Readme.txt",
    "docs/notes.txt",
    "docs/topics/sessions.txt",
    "doc/guide.tex",
    "docs/intro.mdx",
    "docs/tool.pod",
    "doc/man/tool.1",
    "man/man3/tool.3pm",
    "RELEASE_NOTES",
    "RELEASE-NOTES.txt",
]
FOLLOWED = [
    "requirements.txt",
    "requirements/dev.txt",
    "dev-requirements.txt",
    "packages.txt",
    "notes.txt",
    "docs/requirements.txt",
    "docs/requirements/build.txt",
    "docs/pip-packages.txt",
    "docs/llms.txt",
    "docs/CMakeLists.txt",
    "docs/index.html",
    "docs/conf.py",
    "CMakeLists.txt",
    "install",
    "guide.mdx",
    "guide.html",
    "page.coffee.md",
    "init.org",
    "AGENTS.md",
    "AGENTS.override.md",
    "docs/claude.local.md",
    "REVIEW.md",
    "docs/fix.prompt.md",
    "prompts/fix.md",
    "commands/fix.md",
    ".cursor/rules.md",
    ".windsurf/x.md",
    ".github/copilot-instructions.md",
    ".github/workflows/triage.md",
    ".github/agents/x.md",
    "docs/.hidden/x.md",
    "app.py",
    "config.yml",
]


@pytest.mark.parametrize(
    ("path", "code"), [*((path, False) for path in DOCUMENTS), *((path, True) for path in FOLLOWED)]
)
def test_a_document_hides_no_code_and_what_a_machine_follows_may(path: str, *, code: bool) -> None:
    found = places(path, f"    {VALUE}(user)")
    assert [one.in_code for one in found] == [code]
    assert (held_for(path, found) is not None) is code


def test_a_document_that_runs_or_was_code_may_hide_some() -> None:
    assert places("run.md", f"{VALUE}(user)", mode="100755")[0].in_code
    assert places("run.md", f"{VALUE}(user)", mode="120000")[0].in_code
    assert places("run.md", "#!/bin/sh", f"{VALUE}(user)")[0].in_code
    assert places("run.md", "#!/bin/sh", f"{VALUE}(user)", text=False)[0].in_code
    assert places("run.md", "#!/bin/sh", f"{VALUE}(user)", mark="-")[0].in_code
    assert places("run.md", "<script setup>", f"{VALUE}(user)", "</script>")[0].in_code
    assert places("run.md", f"{VALUE}(user)", old_path="run.py")[0].in_code


CALL = f"{VALUE}(user)"


@pytest.mark.parametrize(
    "lines",
    [
        ("Put the script's address into `<script>`, then:", CALL),
        ("Put it into `<script>` and `</script>`.", "```python", CALL, "```", "Not into `<script`."),
        ("<script>", "start()", "</script>", CALL),
        (CALL, "<script>", "start()", "</script>"),
        (f"A {VALUE} in JavaScript", CALL),
    ],
)
def test_a_page_that_mentions_scripts_is_a_document(lines: tuple[str, ...]) -> None:
    assert not any(one.in_code for one in places("docs/config.md", *lines))


@pytest.mark.parametrize(
    "lines",
    [
        ("<script>", CALL, "</script>"),
        ("text <SCRIPT>", CALL),
        (f"<script>{CALL}</script>",),
        ("<script><!-- <script> </script>", CALL, "--></script>"),
        ("<script>", "<!-- <script> </script>", CALL),
        ("</script> <script>", CALL),
        ("<div>", "`<script>`", CALL),
        ("`a", "b` <script> `c`", CALL),
        ("\\`<script>\\`", CALL),
        ("`` ` `` <script> `x`", CALL),
        ('a <a title="`"> <script> `b`', CALL),
        ("| `a | <script> | b` |", CALL),
    ],
)
def test_a_line_inside_a_script_is_code(lines: tuple[str, ...]) -> None:
    assert all(one.in_code for one in places("docs/config.md", *lines))


def test_where_the_whole_text_is_unknown_any_script_makes_code() -> None:
    assert places("docs/a.md", CALL, "`<script>`", text=False)[0].in_code
    assert places("docs/a.md", CALL, "`<script>`", mark="-")[0].in_code
    assert places("docs/a.mdx", CALL, "{x}", mark="-")[0].in_code
    assert not places("docs/a.md", CALL, "{x}", mark="-")[0].in_code


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("import Tabs from '@theme/Tabs';", "", "```js", f"x = {{{CALL}}}", "```"), False),
        (("export const x = [", CALL, "]"), True),
        (("<Note>", "{", CALL, "}"), True),
        ((f"{{{CALL}}}",), True),
        (("import {x} from 'x'", CALL), True),
    ],
)
def test_jsx_is_code_outside_of_fences(lines: tuple[str, ...], *, code: bool) -> None:
    assert [one.in_code for one in places("docs/a.mdx", *lines)] == [code]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("docs/a.md", "```{code-cell}"),
        ("docs/a.md", "```{python}"),
        ("docs/a.md", '```python exec="on"'),
        ("docs/a.rst", "   .. jupyter-execute::"),
        ("doc/a.tex", "<<echo=FALSE>>="),
        ("doc/a.tex", r"\directlua{"),
        ("doc/a.1", ".sy ls"),
        ("docs/a.pod", "=cut"),
        ("docs/a.txt", "requests==2.0"),
        ("docs/a.txt", "-r base.txt"),
        ("docs/a.txt", "--extra-index-url https://example.test/"),
        ("docs/a.txt", "tool @ https://example.test/tool.whl"),
    ],
)
def test_a_document_that_is_executed_or_installed_is_code(path: str, line: str) -> None:
    for text in (True, False):
        assert places(path, CALL, line, CALL, text=text)[0].in_code
    assert places(path, CALL, line, mark="-")[0].in_code


SESSIONS = r"""app.secret_key = b'_5#y2L"F4Q8z\n\xec]/'"""


def test_an_example_in_the_documentation_is_no_code() -> None:
    lines = ("Set the key::", f"    {SESSIONS}", "    >>> print(session['name'])", f"    >>> print({VALUE})")
    assert not any(one.in_code for one in places("docs/topics/sessions.txt", *lines))
    assert places("docs/topics/sessions.txt", *lines)


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("app.py", ("exec('''", f"# It calls {VALUE} then", "''')")),
        ("app.php", (f"// It calls {VALUE} then",)),
        ("app.js", (f"// It calls {VALUE} then",)),
        ("run.sh", (f"# It calls {VALUE} then",)),
    ],
)
def test_what_looks_like_a_comment_may_be_part_of_a_string(path: str, lines: tuple[str, ...]) -> None:
    assert [one.in_code for one in places(path, *lines)] == [True]


def test_a_document_is_told_with_what_to_do() -> None:
    found = places("docs/guide.md", f"{VALUE}(a)", f"{VALUE}(b)")
    assert document_notice("docs/guide.md", found) == (
        f"`docs/guide.md`, line 1, and in 1 more places: reviewbot redacted {WORD}. If it is real, revoke it; "
        "an example needs no action."
    )
    assert "more" not in document_notice("docs/guide.md", found[:1])
    assert replace(found[0], where="line 2") == found[1]


def test_a_document_of_secrets_is_told_with_what_to_do() -> None:
    assert secrets_notice("docs/ssh.md") == (
        "Most of `docs/ssh.md` is secrets. It is a document, so reviewbot redacted them and did not hold it back. "
        "If one is real, revoke it; examples need no action."
    )
