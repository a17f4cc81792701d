"""Suggestions apply to a changed file only where their lines match exactly."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewbot.cli.patch import Edit, patch, patched

TEN = "".join(f"{number}\n" for number in range(1, 11))
TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d\r\n"]), max_size=12).map("".join)
TEXTS_WITHOUT_END = st.tuples(TEXTS, st.sampled_from(["", "z"])).map("".join)


@pytest.mark.parametrize(
    ("current", "edit", "after"),
    [
        ("a\nb\nc\n", Edit("x", 2, 2, "B"), "a\nB\nc\n"),
        ("a\nb\nc\n", Edit("x", 1, 3, "one\ntwo"), "one\ntwo\n"),
        ("a\nb\nc\n", Edit("x", 2, 2, ""), "a\nc\n"),
        ("a\nb\nc", Edit("x", 3, 3, "C"), "a\nb\nC"),
        ("a\r\nb\r\nc\r\n", Edit("x", 2, 2, "B\nBB"), "a\r\nB\r\nBB\r\nc\r\n"),
        ("new\na\nb\nc\nnew\n", Edit("x", 2, 2, "B"), "new\na\nB\nc\nnew\n"),
        ("A\nb\nC\n", Edit("x", 2, 2, "B"), "A\nB\nC\n"),
    ],
)
def test_an_edit_is_applied_where_its_lines_are_now(current: str, edit: Edit, after: str) -> None:
    done = patched("a\nb\nc\n", current, [edit])
    assert (done.text, done.applied, done.refused) == (after, ("x",), {})


@pytest.mark.parametrize(
    ("current", "edit", "after"),
    [
        ("a\r\nb\nc\r\n", Edit("x", 1, 3, "a\nB\nc"), "a\r\nB\nc\r\n"),
        ("a\r\nb\nc\r\n", Edit("x", 1, 3, "new\na\nb\nc"), "new\r\na\r\nb\nc\r\n"),
        ("a\r\nb\nc\r\n", Edit("x", 1, 2, "a\nnew\nb"), "a\r\nnew\r\nb\nc\r\n"),
        ("a\nb\r\nc\n", Edit("x", 1, 2, "a\nb\nnew"), "a\nb\r\nnew\r\nc\n"),
        ("a\nb\r\nc\n", Edit("x", 1, 3, "B"), "B\n"),
        ("a\nb\r\nc\n", Edit("x", 2, 2, "B\nB"), "a\nB\r\nB\r\nc\n"),
        ("a\r\nb\r\nc", Edit("x", 3, 3, "C\nD"), "a\r\nb\r\nC\r\nD"),
        ("a\r\nb\r\nc", Edit("x", 2, 3, "b\nC\nD"), "a\r\nb\r\nC\r\nD"),
        ("a\r\nb\r\nc", Edit("x", 1, 3, "B"), "B"),
        ("a\r\nb\r\nc", Edit("x", 2, 2, ""), "a\r\nc"),
    ],
)
def test_line_endings_are_kept(current: str, edit: Edit, after: str) -> None:
    assert patched(current, current, [edit]).text == patched("a\nb\nc\n", current, [edit]).text == after


def test_a_new_line_in_a_file_of_one_line_without_an_ending_ends_with_a_line_feed() -> None:
    assert patched("a", "a", [Edit("x", 1, 1, "a\nb")]).text == "a\nb"


def test_a_carriage_return_at_the_end_of_a_file_is_not_a_line_ending() -> None:
    assert patched("a\r", "a", [Edit("x", 1, 1, "b")]).refused


@pytest.mark.parametrize(
    ("current", "edit"),
    [
        ("a\nB?\nc\n", Edit("x", 2, 2, "B")),
        ("a\n", Edit("x", 2, 2, "B")),
        ("", Edit("x", 1, 1, "A")),
        ("a\nb\nnew\nc\n", Edit("x", 2, 3, "B")),
        ("a\nb\nc\n", Edit("x", 3, 4, "C")),
        ("a\nb\nc\n", Edit("x", 9, 9, "C")),
        ("a\nB?\nc\n", Edit("x", 2, 2, "")),
        ("B?\nb\nc\n", Edit("x", 1, 1, "")),
        ("a\nb\nB?\n", Edit("x", 3, 3, "")),
        ("B?\n", Edit("x", 1, 3, "")),
    ],
)
def test_an_edit_with_missing_lines_changes_nothing(current: str, edit: Edit) -> None:
    done = patched("a\nb\nc\n", current, [edit])
    assert (done.text, done.applied) == (current, ())
    assert done.refused == {"x": "its lines have changed since the review"}


@pytest.mark.parametrize(
    ("current", "edit"),
    [
        ("new\na\nB\nc\n", Edit("x", 2, 2, "B")),
        ("new\na\nc\n", Edit("x", 2, 2, "")),
        ("b\nc\n", Edit("x", 1, 1, "")),
        ("a\nnew\nb\n", Edit("x", 3, 3, "")),
        ("", Edit("x", 1, 3, "")),
    ],
)
def test_an_edit_that_was_applied_before_is_neither_applied_nor_refused(current: str, edit: Edit) -> None:
    done = patched("a\nb\nc\n", current, [edit])
    assert (done.text, done.applied, done.there, done.refused) == (current, (), ("x",), {})


def test_edits_of_one_file_do_not_shift_each_other() -> None:
    done = patched(
        TEN, TEN, [Edit("last", 10, 10, "ten\neleven"), Edit("first", 1, 2, ""), Edit("middle", 5, 5, "five")]
    )
    assert done.text == "3\n4\nfive\n6\n7\n8\n9\nten\neleven\n"
    assert done.applied == ("first", "middle", "last")


@pytest.mark.parametrize(("first", "last"), [(3, 5), (5, 7), (4, 4), (5, 5), (1, 10)])
def test_the_first_of_overlapping_edits_is_applied(first: int, last: int) -> None:
    done = patched(TEN, TEN, [Edit("x", 4, 5, "x"), Edit("y", first, last, "y")])
    assert (done.applied, done.refused, done.rivals) == (("x",), {}, {"y": "x"})
    again = patched(TEN, done.text, [Edit("x", 4, 5, "x"), Edit("y", first, last, "y")])
    assert (again.there, again.refused, again.rivals) == (("x",), {}, {"y": "x"})


@given(TEXTS, TEXTS, st.data())
@settings(max_examples=150, deadline=None)
def test_only_lines_that_are_still_the_same_are_replaced(reviewed: str, current: str, data: st.DataObject) -> None:
    count = max(1, reviewed.count("\n"))
    first = data.draw(st.integers(1, count))
    edit = Edit("x", first, data.draw(st.integers(first, count)), "NEW")
    done = patched(reviewed, current, [edit])
    if done.applied:
        before, _, after = done.text.replace("\r\n", "\n").partition("NEW\n")
        old = "".join(reviewed.replace("\r\n", "\n").splitlines(keepends=True)[first - 1 : edit.last])
        assert before + old + after == current.replace("\r\n", "\n")
    else:
        assert done.text == current


@given(TEXTS_WITHOUT_END, TEXTS_WITHOUT_END)
@settings(max_examples=25, deadline=None)
def test_git_applies_a_patch_with_the_same_result(
    tmp_path_factory: pytest.TempPathFactory, before: str, after: str
) -> None:
    folder: Path = tmp_path_factory.mktemp("patch")
    (folder / "a.txt").write_bytes(before.encode())
    text = patch("a.txt", before, after)
    if text:
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        subprocess.run(command, cwd=folder, input=text.encode(), check=True)
    assert (folder / "a.txt").read_bytes() == after.encode()


@pytest.mark.parametrize(
    "name", ["new file.txt", 'q"\\.txt', "tab\t.txt", "x\n+++ b/a.txt", "ü\x7f.txt", "caf\udce9.txt"]
)
def test_a_patch_applies_to_a_file_of_any_name(name: str, tmp_path: Path) -> None:
    for path in (tmp_path / name, tmp_path / "a.txt"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("a\n")
    command = ["git", "apply", "-"]
    subprocess.run(command, cwd=tmp_path, input=patch(name, "a\n", "b\n").encode(), check=True)
    assert ((tmp_path / name).read_text(), (tmp_path / "a.txt").read_text()) == ("b\n", "a\n")
