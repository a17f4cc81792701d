"""The diff parser compared with git: valid input is written by git in generated repositories."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewbot.domain.diff.parse import (
    ABSENT_OID,
    ChangeSet,
    DiffLine,
    FileDiff,
    FileStatus,
    Hunk,
    LineKind,
    as_added,
    assemble,
    parse_diff,
    unquote,
)
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.model.review import Side
from reviewbot.errors import ChangeUnreadable
from reviewbot.values import replace

NAMES = [
    "plain.py",
    "with blank.py",
    " leading and trailing ",
    'quo"te.py',
    "ta\tb.py",
    "line\nfeed.py",
    "carriage\rreturn",
    "back\\slash.py",
    "ünï.py",
    'ü "both" \\.py',
    "日本/語.txt",
    "a b/c d",
    "a/a b/a/a",
    "b b",
    "x b/x",
    "a b/x b/a",
    "bell\a\b\f\v\x7f\x01",
    "-dash",
    "--- a",
    "diff --git a b",
    "dev/null",
    "emoji 🎉",
    "'single'",
    '"quoted"',
    "u2028\u2028name",
]

LINES = [f"line {number}\n" for number in range(1, 41)]
ODD = (
    "first\n\x0c form feed\n\u2028separator\u2028\nlone\rcr\n\ttab \n"
    "--- looks\n+++ like\n@@ -1 +1 @@\ndiff --git a/x b/x\n\\ No\n"
)


@dataclass(frozen=True)
class Repository:
    """A repository with a commit `old` and a commit `new`."""

    folder: Path

    def git(self, *words: str, stdin: bytes | None = None) -> bytes:
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
        return subprocess.run(
            command, cwd=self.folder, env=environment, input=stdin, check=True, capture_output=True
        ).stdout

    def diff(self, *words: str) -> str:
        return self.git(*words, "diff", "-M", "-C", "--find-copies-harder", "--full-index", "old", "new").decode()

    def lines(self, mode: str, oid: str) -> list[str]:
        """Return the lines of a side, split at line feeds only."""
        if not int(oid, 16):
            return []
        text = f"Subproject commit {oid}" if mode == "160000" else self.git("cat-file", "blob", oid).decode()
        return text.split("\n")


@dataclass(frozen=True)
class Fact:
    """The facts of `git diff --raw` about one file."""

    old_mode: str
    new_mode: str
    old_blob: str
    new_blob: str
    letter: str
    old_path: str
    path: str


def facts(repository: Repository) -> list[Fact]:
    raw = repository.git("diff", "--raw", "-z", "--no-abbrev", "-M", "-C", "--find-copies-harder", "old", "new")
    fields = iter(raw.decode().split("\0")[:-1])
    found = []
    for row in fields:
        old_mode, new_mode, old_blob, new_blob, letter = row[1:].split(" ")
        old_path = next(fields)
        path = next(fields) if letter[0] in "RC" else old_path
        found.append(Fact(old_mode, new_mode, old_blob, new_blob, letter[0], old_path, path))
    return found


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


BEFORE: dict[str, str | bytes] = {
    **{name: "".join([*LINES, f"{index}\n"]) for index, name in enumerate(NAMES)},
    "renamed from.py": "".join(f"rename {line}" for line in LINES),
    'moved "whole".py': "".join(f"whole {line}" for line in LINES),
    "copied.py": "".join(f"copy {line}" for line in LINES),
    "mode only.sh": "echo\n",
    'mode "quoted" ü.sh': "echo quoted\n",
    "mode and text.sh": "".join(f"mode {line}" for line in LINES),
    "binary.bin": b"\0\1\2" * 50,
    'binary "quoted".bin': b"\0\1\3" * 50,
    "binary moved.bin": bytes(range(256)) * 4,
    "gone.py": "bye\n",
    "gone empty": "",
    "gone.bin": b"\0gone",
    "had no newline": "one\ntwo",
    "loses newline": "one\ntwo\n",
    "windows.txt": "one\r\ntwo\r\nthree\r\n",
    "odd.txt": ODD,
    "becomes a link": "text that is not a link\n" * 3,
    "becomes a submodule": "text\n",
    "filled": "",
    "emptied": "full\n",
}


def after(folder: Path) -> None:
    for index, name in enumerate(NAMES):
        lines = [*LINES, f"{index}\n"]
        lines[2:3], lines[30:30] = ["changed\n"], ["inserted\n", "twice\n"]
        write(folder, name, "".join(lines))
    moved = (folder / "renamed from.py").read_text().replace("line 5\n", "line five\n")
    (folder / "renamed from.py").unlink()
    write(folder, "renamed to ü.py", moved)
    (folder / 'moved "whole".py').rename(folder / "moved\twhole.py")
    write(folder, "copy.py", (folder / "copied.py").read_text().replace("line 7\n", "line seven\n"))
    (folder / "mode only.sh").chmod(0o755)
    (folder / 'mode "quoted" ü.sh').chmod(0o755)
    (folder / "mode and text.sh").chmod(0o755)
    with (folder / "mode and text.sh").open("a") as file:
        file.write("more\n")
    write(folder, "binary.bin", b"\0\1\2" * 60)
    write(folder, 'binary "quoted".bin', b"\0\1\3" * 60)
    (folder / "binary moved.bin").rename(folder / "binary moved away.bin")
    for name in ("gone.py", "gone empty", "gone.bin", "becomes a link", "becomes a file", "becomes a submodule"):
        (folder / name).unlink()
    write(folder, "had no newline", "one\ntwo\n")
    write(folder, "loses newline", "one\ntwo")
    write(folder, "windows.txt", "one\r\n2\r\nthree\r\n\r\n")
    write(folder, "odd.txt", ODD.replace("first", "second") + "more\x0c\n\u2028\n\r\n++ b/x\n-- a/x\n")
    (folder / "becomes a link").symlink_to("target of the link")
    write(folder, "becomes a file", "text\n")
    write(folder, "was a submodule", "text\n")
    write(folder, "filled", "full\n")
    write(folder, "emptied", "")
    write(folder, "new empty", "")
    write(folder, "new.py", "x = 1\n" * 5)
    write(folder, "new.bin", b"\0new")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = tmp_path_factory.mktemp("changes")
    repository = Repository(folder)
    repository.git("init", "-q", "-b", "main")
    for name, content in BEFORE.items():
        write(folder, name, content)
    (folder / "becomes a file").symlink_to("elsewhere")
    commit(repository, "old", "1" * 40, "sub module", "was a submodule")
    after(folder)
    commit(repository, "new", "2" * 40, "sub module", "becomes a submodule")
    return repository


def commit(repository: Repository, tag: str, sha: str, *submodules: str) -> None:
    repository.git("add", "-A")
    for path in submodules:
        repository.git("update-index", "--add", "--cacheinfo", f"160000,{sha},{path}")
    repository.git("commit", "-q", "-m", tag)
    repository.git("tag", tag)


@pytest.fixture(scope="module", params=["true", "false"])
def files(repository: Repository, request: pytest.FixtureRequest) -> list[tuple[FileDiff, Fact]]:
    """Yield each parsed file with git's facts."""
    parsed = parse_diff(repository.diff("-c", f"core.quotepath={request.param}"))
    return list(zip(parsed, facts(repository), strict=True))


STATUS = {
    "A": FileStatus.ADDED,
    "M": FileStatus.MODIFIED,
    "D": FileStatus.REMOVED,
    "R": FileStatus.RENAMED,
    "C": FileStatus.COPIED,
    "T": FileStatus.MODIFIED,
}


def test_the_repository_has_every_kind_of_change(repository: Repository) -> None:
    assert {fact.letter for fact in facts(repository)} == set("AMDRCT")


def test_names_equal_gits(files: list[tuple[FileDiff, Fact]]) -> None:
    assert [(file.old_path, file.path) for file, _ in files] == [(fact.old_path, fact.path) for _, fact in files]


def test_statuses_equal_gits(files: list[tuple[FileDiff, Fact]]) -> None:
    assert [file.status for file, _ in files] == [STATUS[fact.letter] for _, fact in files]


def test_a_type_change_is_one_file_with_two_sections(files: list[tuple[FileDiff, Fact]]) -> None:
    changed = [file for file, fact in files if fact.letter == "T"]
    assert [(file.path, file.old_mode, file.new_mode) for file in changed] == [
        ("becomes a file", "120000", "100644"),
        ("becomes a link", "100644", "120000"),
        ("becomes a submodule", "100644", "160000"),
        ("was a submodule", "160000", "100644"),
    ]
    assert [[line.text for line in file.lines()] for file in changed] == [
        ["elsewhere", "text"],
        [*["text that is not a link"] * 3, "target of the link"],
        ["text", f"Subproject commit {'2' * 40}"],
        [f"Subproject commit {'1' * 40}", "text"],
    ]
    assert not any(file.is_submodule for file in changed)


def test_modes_equal_gits_where_the_diff_has_them(files: list[tuple[FileDiff, Fact]]) -> None:
    for file, fact in files:
        assert file.old_mode in {None, fact.old_mode}
        assert file.new_mode in {None, fact.new_mode}
        assert (file.new_mode is None) is (fact.letter == "D" or (fact.old_blob == fact.new_blob and _same_mode(fact)))


def _same_mode(fact: Fact) -> bool:
    return fact.old_mode == fact.new_mode


def test_blobs_equal_gits_where_the_diff_has_them(files: list[tuple[FileDiff, Fact]]) -> None:
    for file, fact in files:
        if fact.old_blob != fact.new_blob:
            assert (file.old_blob, file.new_blob) == (fact.old_blob, fact.new_blob)


def test_only_bytes_make_a_file_binary(files: list[tuple[FileDiff, Fact]]) -> None:
    changed = {file.path for file, _ in files if file.binary}
    assert changed == {"binary.bin", 'binary "quoted".bin', "gone.bin", "new.bin"}


def test_only_the_submodule_is_marked_as_one(files: list[tuple[FileDiff, Fact]]) -> None:
    assert [file.path for file, _ in files if file.is_submodule] == ["sub module"]


def test_the_joined_sections_equal_the_diff(repository: Repository) -> None:
    diff = repository.diff()
    assert "".join(file.text for file in parse_diff(diff)) == diff


def sides(repository: Repository, fact: Fact, file: FileDiff) -> tuple[list[str], list[str]]:
    old = repository.lines(fact.old_mode, fact.old_blob)
    new = repository.lines(fact.new_mode, fact.new_blob)
    return ([], new) if file.status is FileStatus.ADDED else (old, [] if file.status is FileStatus.REMOVED else new)


def test_every_line_has_its_number_on_both_sides(repository: Repository, files: list[tuple[FileDiff, Fact]]) -> None:
    checked = 0
    for file, fact in files:
        if not file.hunks:
            continue
        old, new = sides(repository, fact, file)
        for line in file.lines():
            assert line.old is None or old[line.old - 1] == line.text
            assert line.new is None or new[line.new - 1] == line.text
            checked += 1
    assert checked > 300


def test_lines_that_accept_comments_equal_gits(repository: Repository, files: list[tuple[FileDiff, Fact]]) -> None:
    for file, fact in files:
        if fact.old_blob == fact.new_blob or file.binary:
            continue
        added, deleted = numstat(repository, fact)
        assert len(file.added) == added
        assert sum(1 for line in file.lines() if line.kind is LineKind.DELETED) == deleted
        for hunk in file.hunks:
            for side in Side:
                assert list(hunk.numbers(side)) == [n for line in hunk.lines if (n := line.number(side)) is not None]


def numstat(repository: Repository, fact: Fact) -> tuple[int, int]:
    words = (
        "diff",
        "-M",
        "-C",
        "--find-copies-harder",
        "--numstat",
        "-z",
        "old",
        "new",
        "--",
        fact.old_path,
        fact.path,
    )
    text = repository.git("--literal-pathspecs", *words).decode()
    rows = [row.split("\t", 2) for row in text.lstrip("\0").split("\0") if row.count("\t") >= 2]
    counts = next(row for row in rows if row[2] in {"", fact.path})
    return int(counts[0]), int(counts[1])


def test_a_hunk_knows_its_range_on_either_side() -> None:
    lines = (
        DiffLine(LineKind.CONTEXT, "a", 4, 7),
        DiffLine(LineKind.DELETED, "b", 5, None),
        DiffLine(LineKind.ADDED, "c", None, 8),
        DiffLine(LineKind.ADDED, "d", None, 9),
    )
    assert Hunk(lines).numbers(Side.RIGHT) == range(7, 10)
    assert Hunk(lines).numbers(Side.LEFT) == range(4, 6)
    assert Hunk(lines[2:]).numbers(Side.LEFT) == range(0)


TEXT = st.text(alphabet=st.sampled_from("ab\n\n\r\x0c\u2028 +-\\@"), max_size=40)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(TEXT, TEXT, st.sampled_from([0, 1, 3]))
def test_the_hunks_turn_the_old_text_into_the_new_one(repository: Repository, old: str, new: str, around: int) -> None:
    one, two = (
        repository.git("hash-object", "-w", "--stdin", stdin=text.encode()).decode().strip() for text in (old, new)
    )
    parsed = parse_diff(repository.git("diff", "--text", f"-U{around}", one, two).decode())
    lines = [line for file in parsed for line in file.lines()]
    before, behind = old.split("\n"), new.split("\n")
    assert len(parsed) == (old != new)
    assert all(before[line.old - 1] == line.text for line in lines if line.old is not None)
    assert all(behind[line.new - 1] == line.text for line in lines if line.new is not None)
    gone = {line.old for line in lines if line.kind is LineKind.DELETED}
    come = {line.new for line in lines if line.kind is LineKind.ADDED}
    kept = [text for number, text in enumerate(before, start=1) if number not in gone]
    stays = [text for number, text in enumerate(behind, start=1) if number not in come]
    # Text after the last line feed is a line only if it is not empty.
    assert [text for text in kept if text] == [text for text in stays if text]
    assert not around or all(file.reverted(new).rstrip("\n") == old.rstrip("\n") for file in parsed)


@pytest.mark.parametrize("text", ["x = 1\ny = 2\n", "x = 1\ny = 2"])
def test_a_renamed_file_is_shown_as_added(text: str) -> None:
    renamed = "diff --git a/old.py b/new.py\nsimilarity index 90%\nrename from old.py\nrename to new.py\n"
    edited = f"{renamed}--- a/old.py\n+++ b/new.py\n@@ -1 +1 @@\n-x = 0\n+x = 1\n"
    binary = "diff --git a/new.py b/new.py\nindex 1111111..2222222 100644\nBinary files a/new.py and b/new.py differ\n"
    for diff in (renamed, edited, binary):
        (before,) = parse_diff(diff)
        file = as_added(before, text)
        assert (file.old_path, file.path, file.binary) == (before.old_path, "new.py", before.binary)
        assert [(line.new, line.text) for line in file.lines()] == [(1, "x = 1"), (2, "y = 2")]
        assert [line.text for line in parse_diff(file.text)[0].lines()] == ["x = 1", "y = 2"]
        assert file.text.endswith("\\ No newline at end of file\n") is not text.endswith("\n")
        assert as_added(before, "") == before


def test_an_empty_diff_has_no_files() -> None:
    assert parse_diff("") == ()
    assert parse_diff("\n \n") == ()


GOOD = "diff --git a/x b/x\nindex 1111111..2222222 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"


@pytest.mark.parametrize(
    "text",
    [
        "<html>not a diff</html>",
        "something first\n" + GOOD,
        GOOD.replace("@@ -1 +1 @@", "@@ -1 +1,5 @@"),
        GOOD.replace("@@ -1 +1 @@", "@@ -1,0 +1 @@"),
        GOOD.replace("@@ -1 +1 @@", "@@ nonsense @@"),
        GOOD.replace("@@ -1 +1 @@", f"@@ -{'9' * 5_000} +1 @@"),
        GOOD.replace("+b\n", "?b\n"),
        GOOD.replace("+b\n", "+b\nsomething else\n"),
        GOOD + "@@ cut off",
        GOOD + "--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n",
        GOOD.replace("index 1111111..2222222 100644", "index nonsense"),
        "diff --git a/x\n",
        "diff --git a/x b/y\nold mode 100644\nnew mode 100755\n",
        "diff --git x x\nold mode 100644\nnew mode 100755\n",
        'diff --git "a/x" "b/y"\nold mode 100644\nnew mode 100755\n',
        "diff --git \n",
        "diff --git",
    ],
)
def test_garbage_is_refused_and_never_parsed_partially(text: str) -> None:
    with pytest.raises(ChangeUnreadable) as caught:
        parse_diff(text)
    assert caught.value.exit_status == 3


@given(st.text(alphabet=st.sampled_from("+- \\@ab/1,\n"), max_size=60))
def test_any_option_value_is_read_or_refused(text: str) -> None:
    try:
        files = parse_diff(GOOD + text)
    except ChangeUnreadable:
        return
    assert "".join(file.text for file in files) == GOOD + text


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("plain", "plain"),
        ('"', '"'),
        ('""', ""),
        ('"quo\\"te"', 'quo"te'),
        ('"\\303\\274"', "ü"),
        ('"ü \\"x\\""', 'ü "x"'),
        ('"\\a\\b\\f\\n\\r\\t\\v\\\\"', "\a\b\f\n\r\t\v\\"),
        ('"\\377"', "\ufffd"),
        ('"\\777"', "\ufffd"),
        ('"\\q"', "\\q"),
        ('"open', '"open'),
    ],
)
def test_names_quoted_by_git_are_unquoted(name: str, plain: str) -> None:
    assert unquote(name) == plain


def entry(oid: str) -> Entry:
    return Entry(oid=oid, mode="100644", text="b\n")


def test_text_that_was_binary_is_shown_whole() -> None:
    diff = f"diff --git a/a.py b/a.py\nindex {'1' * 40}..{'2' * 40} 100644\nBinary files a/a.py and b/a.py differ\n"
    for text, shown in (("x = 1\n", ["x = 1"]), (None, [])):
        new = replace(entry("2" * 40), text=text)
        (file,) = combined(diff, {"a.py": entry("1" * 40)}, {"a.py": new}).files
        assert [line.text for line in file.diff.lines()] == shown
        assert file.diff.whole is bool(shown)


def combined(diff: str, old: dict[str, Entry], new: dict[str, Entry]) -> ChangeSet:
    return assemble("a" * 40, "b" * 40, parse_diff(diff), old, new)


def test_files_are_combined_with_the_entries_of_the_commits() -> None:
    old, new = entry("1" * 40), entry("2" * 40)
    change = combined(GOOD, {"x": old}, {"x": new})
    (file,) = change.files
    assert (change.merge_base, change.head) == ("a" * 40, "b" * 40)
    assert (file.old, file.new, file.path, file.text) == (old, new, "x", "b\n")


@pytest.mark.parametrize(("header", "text"), [("new file mode 100644", "b\n"), ("deleted file mode 100644", None)])
def test_a_missing_side_is_none(header: str, text: str | None) -> None:
    added = header.startswith("new")
    blobs = f"{ABSENT_OID}..{'2' * 40}" if added else f"{'1' * 40}..{ABSENT_OID}"
    diff = f"diff --git a/x b/x\n{header}\nindex {blobs}\n"
    (file,) = combined(diff, {"x": entry("1" * 40)}, {"x": entry("2" * 40)}).files
    assert (file.old is None, file.new is None, file.text) == (added, not added, text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"x": entry("3" * 40)}, {"x": entry("2" * 40)}),
        ({"x": entry("1" * 40)}, {"x": entry("3" * 40)}),
        ({}, {"x": entry("2" * 40)}),
        ({"x": entry("1" * 40)}, {}),
    ],
)
def test_a_head_that_moved_between_two_reads_is_detected(old: dict[str, Entry], new: dict[str, Entry]) -> None:
    with pytest.raises(ChangeUnreadable, match="is from another commit"):
        combined(GOOD, old, new)


@pytest.mark.parametrize(
    "headers",
    [
        "old mode 100644\nnew mode 100755\n",
        'similarity index 100%\nrename from "NAME"\nrename to "NAME.py"\n',
        'similarity index 100%\nrename from old.py\nrename to "NAME"\n',
    ],
)
def test_names_that_read_the_same_are_refused(headers: str) -> None:
    one, same, other = (
        f'diff --git "a/NAME" "b/NAME"\n{headers}'.replace("NAME", name) for name in (r"a\376", r"a\377", r"b\377")
    )
    with pytest.raises(ChangeUnreadable, match=r"Two changed files have the same name after decoding: "):
        combined(one + same, {}, {})
    assert len(combined(one + other, {}, {}).files) == 2


def test_two_old_names_that_read_the_same_are_refused() -> None:
    one, other = (
        f'diff --git "a/{old}" b/{new}\nsimilarity index 100%\nrename from "{old}"\nrename to {new}\n'
        for old, new in ((r"a\376", "one.py"), (r"a\377", "other.py"))
    )
    with pytest.raises(ChangeUnreadable, match="Two changed files have the same name after decoding: 'a\ufffd'"):
        combined(one + other, {}, {})


def test_a_change_of_the_mode_alone_names_no_blobs() -> None:
    diff = "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"
    (file,) = combined(diff, {}, {"x": entry("2" * 40)}).files
    assert (file.diff.old_mode, file.diff.new_mode, file.diff.hunks, file.old) == ("100644", "100755", (), None)


@pytest.mark.parametrize(
    ("old", "new", "hunks"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"),
        ("a\nb\nc\nd\ne\n", "A\nb\nc\nd\n", "@@ -1,2 +1,2 @@\n-a\n+A\n b\n@@ -4,2 +4,1 @@\n d\n-e\n"),
        ("a\n", "", "@@ -1,1 +0,0 @@\n-a\n"),
    ],
)
def test_the_text_at_the_merge_base_is_restored(old: str, new: str, hunks: str) -> None:
    (diff,) = parse_diff(f"diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n{hunks}")
    assert diff.reverted(new) == old
