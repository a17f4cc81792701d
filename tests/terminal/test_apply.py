"""`reviewbot apply` writes fixes only at exact matches in tracked regular files, whatever the report contains."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from reviewbot import cli
from reviewbot.cli.commands.render import write_patch
from reviewbot.domain.findings.placement import SuggestionState, Why
from reviewbot.exports.report import report_json
from reviewbot.render.view_models.review import FindingView
from reviewbot.values import replace
from tests.hostile.judges import commands
from tests.render.view_builders import CLEAN, INJECTION
from tests.terminal.session import BASE, Clone, Result, make_clone

APP = BASE["app.py"].replace("value_3 = 3\n", "value_3 = 33\n")
FIXED = APP.replace("value_3 = 33\n", "value_3 = 3.0\n")
FIX = replace(
    INJECTION,
    id="aaaaaaaaaa",
    path="app.py",
    start_line=None,
    line=3,
    why=Why.CITED,
    suggestion="value_3 = 3.0",
    suggestion_state=SuggestionState.COMMITTABLE,
)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    made = make_clone(tmp_path / "shop")
    monkeypatch.chdir(made.root)
    return made


def apply(clone: Clone, *arguments: str, findings: tuple[FindingView, ...] = (FIX,), head: str = "") -> Result:
    """Write a report of these findings and apply it."""
    view = replace(CLEAN, findings=findings, head_sha=head or clone.git("rev-parse", "HEAD"))
    report = clone.root.parent / "report.json"
    report.write_text(report_json(view, version="1", review_url=None), encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    status = cli.main(["apply", str(report), *arguments], {"PATH": os.environ["PATH"]}, out, err)
    return Result(status, out.getvalue(), err.getvalue())


def app(clone: Clone) -> str:
    return (clone.root / "app.py").read_bytes().decode()


def test_a_suggestion_replaces_its_lines(clone: Clone) -> None:
    result = apply(clone)
    assert (result.status, result.err) == (0, "Applied aaaaaaaaaa to app.py.\n")
    assert app(clone) == FIXED


def test_a_check_shows_a_patch_that_git_takes_and_changes_nothing(clone: Clone) -> None:
    result = apply(clone, "--check")
    assert (result.status, result.err) == (0, "Would apply aaaaaaaaaa to app.py.\n")
    assert app(clone) == APP
    subprocess.run(["git", "apply", "-"], cwd=clone.root, input=result.out.encode(), check=True)  # noqa: S607 — git's own judge
    assert app(clone) == FIXED


def test_an_edit_follows_its_lines_and_keeps_other_changes(clone: Clone) -> None:
    above, below = "new = 0\n" + APP, "more = 1\n"
    clone.write({"app.py": above.replace("value_20 = 20", "value_20 = 21") + below})
    assert apply(clone).status == 0
    assert app(clone) == "new = 0\n" + FIXED.replace("value_20 = 20", "value_20 = 21") + below


def test_changed_lines_are_not_edited(clone: Clone) -> None:
    clone.write({"app.py": APP.replace("value_3 = 33", "value_3 = 34")})
    result = apply(clone)
    assert (result.status, result.err) == (3, "Could not apply aaaaaaaaaa: its lines have changed since the review.\n")
    assert "value_3 = 34" in app(clone)


def test_an_applied_suggestion_is_recognized(clone: Clone) -> None:
    apply(clone)
    result = apply(clone)
    assert (result.status, result.err) == (0, "Already applied aaaaaaaaaa to app.py.\n")
    assert app(clone) == FIXED


def test_a_committed_deletion_is_applied(clone: Clone) -> None:
    gone = replace(FIX, suggestion="")
    apply(clone, findings=(gone,))
    result = apply(clone, findings=(gone,))
    assert (result.status, result.err) == (0, "Already applied aaaaaaaaaa to app.py.\n")
    assert app(clone) == APP.replace("value_3 = 33\n", "")


def test_only_what_is_named_is_applied(clone: Clone) -> None:
    other = replace(FIX, id="bbbbbbbbbb", line=5, suggestion="value_5 = 55")
    assert apply(clone, "bbb", findings=(FIX, other)).status == 2
    alike = replace(other, id="bbbbbbbbcc", line=7)
    assert "`bbbbbbbb` matches 2 findings" in apply(clone, "bbbbbbbb", findings=(FIX, other, alike)).err
    assert apply(clone, "bbbb", findings=(FIX, other)).status == 0
    assert app(clone) == APP.replace("value_5 = 5\n", "value_5 = 55\n")


def test_of_two_suggestions_for_a_line_the_worse_finding_counts(clone: Clone) -> None:
    other = replace(FIX, id="bbbbbbbbbb", start_line=2, line=4, suggestion="")
    result = apply(clone, findings=(FIX, other))
    assert result.status == 0
    assert (
        "Skipped bbbbbbbbbb: its lines overlap with the fix of aaaaaaaaaa. Commit, and run the review again.\n"
        in result.err
    )
    assert app(clone) == FIXED
    again = apply(clone, findings=(FIX, other))
    assert (again.status, again.err) == (0, result.err.replace("Applied", "Already applied"))
    named = apply(clone, FIX.id, other.id, findings=(FIX, other))
    assert (named.status, "Could not apply bbbbbbbbbb" in named.err) == (3, True)


def test_an_unknown_id_and_a_finding_without_a_fix_are_reported(clone: Clone) -> None:
    assert apply(clone, "cccccccccc").status == 2
    bare = replace(FIX, suggestion=None, suggestion_state=SuggestionState.NONE)
    assert "the finding has no fix" in apply(clone, FIX.id, findings=(bare,)).err
    result = apply(clone, findings=(bare,))
    assert (result.status, result.err) == (0, "The report contains no suggestions that can be applied.\n")


def test_the_mode_of_the_file_is_kept(clone: Clone) -> None:
    clone.git("update-index", "--chmod=+x", "app.py")
    (clone.root / "app.py").chmod(0o750)
    assert apply(clone).status == 0
    assert (clone.root / "app.py").stat().st_mode & 0o777 == 0o750


def test_a_fix_uses_the_line_endings_of_the_file(clone: Clone) -> None:
    clone.write({"app.py": APP.replace("\n", "\r\n")})
    assert apply(clone).status == 0
    assert app(clone) == FIXED.replace("\n", "\r\n")


@pytest.mark.parametrize(
    "path", ["../outside.py", "/etc/hosts", ".git/config", ".github/workflows/x.yml", "untracked.py", "sub/./app.py"]
)
def test_a_path_that_is_not_a_tracked_file_is_refused(clone: Clone, path: str) -> None:
    clone.write({"untracked.py": APP, ".github/workflows/x.yml": APP})
    (clone.root.parent / "outside.py").write_text(APP, encoding="utf-8")
    result = apply(clone, FIX.id, findings=(replace(FIX, path=path),))
    assert result.status == 3
    assert result.err.startswith("Could not apply aaaaaaaaaa")
    assert (clone.root.parent / "outside.py").read_text(encoding="utf-8") == APP
    assert (clone.root / "untracked.py").read_text(encoding="utf-8") == APP


@pytest.mark.parametrize("path", ["CODEOWNERS", "package-lock.json", ".github/workflows/ci.yml"])
def test_protected_files_are_never_edited(clone: Clone, path: str) -> None:
    head = clone.commit({path: APP})
    result = apply(clone, FIX.id, findings=(replace(FIX, path=path),), head=head)
    assert result.status == 3
    assert (clone.root / path).read_text(encoding="utf-8") == APP


def test_no_link_is_followed(clone: Clone) -> None:
    outside = clone.root.parent / "outside"
    outside.mkdir()
    (outside / "app.py").write_text(APP, encoding="utf-8")
    head = clone.commit({"sub/app.py": APP})
    for name, target in (("app.py", outside / "app.py"), ("sub", outside)):
        place = clone.root / name
        if place.is_dir():
            (place / "app.py").unlink()
            place.rmdir()
        else:
            place.unlink()
        place.symlink_to(target)
    for path in ("app.py", "sub/app.py"):
        result = apply(clone, findings=(replace(FIX, path=path),), head=head)
        assert result.status == 3
        assert "the file cannot be read" in result.err
    assert (outside / "app.py").read_text(encoding="utf-8") == APP


def test_a_tracked_link_is_not_a_file(clone: Clone) -> None:
    (clone.root / "link.py").symlink_to("app.py")
    head = clone.commit({})
    result = apply(clone, findings=(replace(FIX, path="link.py"),), head=head)
    assert "not a regular text file that git tracks" in result.err


def test_a_report_about_a_missing_commit_is_refused(clone: Clone) -> None:
    for head in ("1234567890" * 4, "HEAD", "--all", ""):
        result = apply(clone, head=head or "0" * 40)
        assert result.status == 2
        assert "is not in this clone" in result.err


def test_a_suggestion_with_invisible_characters_is_dropped(clone: Clone) -> None:
    result = apply(clone, FIX.id, findings=(replace(FIX, suggestion="value_3 = '\u202e'"),))
    assert result.status == 3
    assert app(clone) == APP


def test_control_characters_in_an_id_are_escaped(clone: Clone) -> None:
    result = apply(clone, findings=(replace(FIX, id="\x1b[2J##[error]"),))
    assert (result.status, result.err) == (0, "Applied ⟨U+001B⟩[2J## [error] to app.py.\n")


def test_a_patch_at_a_terminal_has_no_control_sequences() -> None:
    shown, terminal = pty.openpty()
    with os.fdopen(shown, "rb", buffering=0) as screen, os.fdopen(terminal, "w", encoding="utf-8") as out:
        write_patch(out, "+esc = '\x1b[2J'\r\n")
        out.flush()
        assert screen.read(100) == "+esc = '⟨U+001B⟩[2J'\r\n".encode()


@pytest.mark.parametrize(
    "line",
    ["::error::x", "  ::add-mask::value", "x \r::error::x", "a ##[error]x", ":\u200b:error::x", "esc = '\x1b[2J'"],
)
def test_a_patch_that_may_end_in_a_log_is_exact_and_no_line_of_it_is_a_command(clone: Clone, line: str) -> None:
    text = f"{line}\r\n{APP}"
    head = clone.commit({"app.py": text})
    result = apply(clone, "--check", findings=(replace(FIX, line=4),), head=head)
    assert not commands(re.sub(r"\A::stop-commands::(\w{32})\n.*\n::\1::\n\Z", "", result.out, flags=re.DOTALL))
    subprocess.run(["git", "apply", "-"], cwd=clone.root, input=result.out.encode(), check=True)  # noqa: S607 — as above
    assert app(clone) == f"{line}\r\n{FIXED}"


def test_a_patch_in_a_file_contains_only_the_patch(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as out:
        write_patch(out, " ##[error]x\n")
    assert (tmp_path / "out").read_text(encoding="utf-8") == " ##[error]x\n"


def test_a_file_that_is_not_text_is_refused(clone: Clone) -> None:
    clone.write({"app.py": APP.encode() + b"\xff"})
    last = APP.count("\n") + 1
    assert f"the file is not UTF-8 text (line {last} has the byte 0xFF)" in apply(clone).err


def test_a_waived_finding_is_called_waived(clone: Clone) -> None:
    report = clone.root.parent / "report.json"
    report.write_text(report_json(replace(CLEAN, waived=(FIX,)), version="1", review_url=None), encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    assert cli.main(["apply", str(report), "aaaa"], {"PATH": os.environ["PATH"]}, out, err) == 2
    assert "the finding `aaaa` is waived" in err.getvalue()
