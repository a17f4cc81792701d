"""The git adapter against git's own HTTP server on loopback."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewbot.adapters.git.fetch import GitChangeReader
from reviewbot.adapters.git.process import Bounds, Git
from reviewbot.domain.diff.parse import ChangeSet, FileStatus
from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.selection.selection import LARGEST_TEXT
from reviewbot.errors import ChangeUnreadable, ScratchUnusable
from tests.adapters.remote import Remote
from tests.network import network_at

ABSENT_SHA = "1234567890" * 4


def change(remote: Remote, before: Callable[[], None], after: Callable[[], None]) -> ChangeSet:
    """Return the change between two states of the work tree, as the adapter reads it."""
    before()
    base = remote.commit()
    after()
    head = remote.commit()
    remote.publish("refs/heads/main", base)
    remote.publish("refs/pull/7/head", head)
    return remote.reader().read_change("octo/repo", number=7, head=head, base=base)


def old(change: ChangeSet) -> Mapping[str, Entry]:
    return {file.diff.old_path: file.old for file in change.files if file.old}


def new(change: ChangeSet) -> Mapping[str, Entry]:
    return {file.path: file.new for file in change.files if file.new}


def test_a_change_has_diff_modes_blobs_and_texts(remote: Remote) -> None:
    def before() -> None:
        remote.write("kept.py", "a\nb\n")
        remote.write("gone.py", "x\n")
        remote.write("old name.py", "1\n2\n3\n4\n5\n6\n7\n8\n")

    def after() -> None:
        remote.write("kept.py", "a\nc\n")
        (remote.work / "gone.py").unlink()
        (remote.work / "old name.py").rename(remote.work / "new name.py")
        remote.write("added.py", "no end of line")

    read = change(remote, before, after)
    files = {file.path: file for file in read.files}
    assert {path: file.diff.status for path, file in files.items()} == {
        "kept.py": FileStatus.MODIFIED,
        "gone.py": FileStatus.REMOVED,
        "new name.py": FileStatus.RENAMED,
        "added.py": FileStatus.ADDED,
    }
    assert files["kept.py"].text == "a\nc\n"
    assert files["added.py"].text == "no end of line"
    assert files["new name.py"].diff.old_path == "old name.py"
    assert (new(read)["kept.py"].size, new(read)["kept.py"].mode) == (4, "100644")
    assert set(old(read)) == {"kept.py", "gone.py", "old name.py"}
    assert len(old(read)["gone.py"].oid) == 40


def test_names_that_git_quotes_are_the_same_in_diff_and_entries(remote: Remote) -> None:
    names = ['quo"te.py', "ta\tb.py", "ünï.py", "back\\slash.py", "-dash.py", "new\nline.py"]

    def after() -> None:
        for name in names:
            remote.write(name, "x\n")

    read = change(remote, lambda: None, after)
    assert {file.path for file in read.files} == set(names) == set(new(read))


def test_bytes_that_are_not_utf8_leave_the_text_out_and_the_neighbours_exact(remote: Remote) -> None:
    def after() -> None:
        remote.write("latin.txt", b"caf\xe9\n")
        remote.write("utf.txt", "café ✓\n")
        remote.write("binary.bin", b"\0\1\2")
        remote.write("script", b"#!/bin/sh\n\0")
        remote.write(os.fsdecode(b"n\xe9.txt"), b"@@ -\xe9\n")

    read = change(remote, lambda: None, after)
    assert [new(read)[name].misencoded for name in ("latin.txt", "utf.txt", "binary.bin")] == [True, False, False]
    assert [new(read)[name].shebang for name in ("script", "binary.bin", "utf.txt")] == [True, False, None]
    assert new(read)["latin.txt"].text is None
    assert new(read)["latin.txt"].binary is False
    assert new(read)["utf.txt"].text == "café ✓\n"
    assert (new(read)["binary.bin"].text, new(read)["binary.bin"].binary) == (None, True)
    text = "".join(file.diff.text for file in read.files)
    assert "+café ✓" in text
    assert r"+caf\xe9" in text
    assert r"+@@ -\xe9" in text
    assert "n\N{REPLACEMENT CHARACTER}.txt" in new(read)
    assert len(read.files) == 5


def test_the_old_side_of_a_binary_is_read_and_utf_16_is_text(remote: Remote) -> None:
    def before() -> None:
        remote.write("tool", "echo hi\n")
        remote.write("kept.py", "x\n")

    def after() -> None:
        remote.write("tool", b"echo hi\n\0")
        remote.write("kept.py", "y\n")
        remote.write("wide.ps1", "x\n".encode("utf-16"))

    read = change(remote, before, after)
    assert (old(read)["tool"].text, old(read)["tool"].binary) == ("echo hi\n", False)
    assert (old(read)["kept.py"].text, old(read)["kept.py"].binary) == (None, None)
    assert (new(read)["wide.ps1"].binary, new(read)["wide.ps1"].misencoded) == (True, True)


def test_links_and_submodules_keep_their_modes(remote: Remote) -> None:
    base = remote.commit()
    (remote.work / "link").symlink_to("/etc/passwd")
    remote.git("add", "--all")
    remote.git("update-index", "--add", "--cacheinfo", f"160000,{ABSENT_SHA},sub")
    remote.git("commit", "--quiet", "--message=x")
    head = remote.git("rev-parse", "HEAD")
    remote.publish("refs/heads/main", base)
    remote.publish("refs/pull/7/head", head)
    read = remote.reader().read_change("octo/repo", number=7, head=head, base=base)
    assert (new(read)["link"].mode, new(read)["link"].text) == ("120000", "/etc/passwd")
    assert (new(read)["sub"].mode, new(read)["sub"].oid, new(read)["sub"].text) == ("160000", ABSENT_SHA, None)
    assert [file.diff.is_submodule for file in read.files] == [False, True]


def test_a_file_above_the_limit_has_neither_lines_nor_text(remote: Remote) -> None:
    read = change(remote, lambda: None, lambda: remote.write("big.txt", "x\n" * (LARGEST_TEXT // 2 + 1)))
    assert new(read)["big.txt"].text is None
    assert new(read)["big.txt"].size == LARGEST_TEXT + 2
    assert len(read.files[0].diff.text) < 1000


def test_the_change_starts_at_the_merge_base_and_not_at_the_bases_tip(remote: Remote) -> None:
    remote.write("a", "1\n")
    fork = remote.commit()
    remote.write("b", "1\n")
    head = remote.commit()
    remote.git("checkout", "--quiet", "-B", "main", fork)
    remote.write("c", "1\n")
    base = remote.commit()
    remote.publish("refs/heads/main", base)
    remote.publish("refs/pull/7/head", head)
    read = remote.reader().read_change("octo/repo", number=7, head=head, base=base)
    assert read.merge_base == fork
    assert set(new(read)) == {"b"}


def test_history_is_fetched_deeper_until_the_merge_base_is_in_it(remote: Remote) -> None:
    remote.write("a", "1\n")
    fork = remote.commit()
    head = remote.commits(60)
    remote.publish("refs/pull/7/head", head)
    remote.publish("refs/heads/main", fork)
    read = remote.reader().read_change("octo/repo", number=7, head=head, base=fork)
    assert read.merge_base == fork
    assert read.files == ()


def test_a_nearer_common_ancestor_behind_the_shallow_boundary_is_found(remote: Remote) -> None:
    remote.write("a", "1\n")
    far = remote.commit()
    remote.write("b", "1\n")
    near = remote.commit()
    branch = remote.commits(60)
    # The head reaches `near` through many commits, and `far` directly.
    tree = remote.git("rev-parse", f"{branch}^{{tree}}")
    head = remote.git("commit-tree", tree, "-p", far, "-p", branch, "-m", "merge")
    base = remote.git("commit-tree", remote.git("rev-parse", f"{near}^{{tree}}"), "-p", near, "-p", far, "-m", "base")
    remote.publish("refs/pull/7/head", head)
    remote.publish("refs/heads/main", base)
    assert remote.reader().read_change("octo/repo", number=7, head=head, base=base).merge_base == near


def test_histories_without_a_common_commit_are_unreadable(remote: Remote) -> None:
    remote.write("a", "1\n")
    base = remote.commit()
    head = remote.git("commit-tree", remote.git("rev-parse", "HEAD^{tree}"), "-m", "another root")
    remote.publish("refs/pull/7/head", head)
    remote.publish("refs/heads/main", base)
    with pytest.raises(ChangeUnreadable, match="no common ancestor"):
        remote.reader().read_change("octo/repo", number=7, head=head, base=base)


def test_a_head_that_moved_is_not_read(remote: Remote) -> None:
    base = remote.commit()
    asked = remote.commit()
    moved = remote.commit()
    remote.publish("refs/heads/main", base)
    remote.publish("refs/pull/7/head", moved)
    with pytest.raises(ChangeUnreadable, match=r"is now [0-9a-f]{12}"):
        remote.reader().read_change("octo/repo", number=7, head=asked, base=base)


def test_a_pull_request_that_does_not_exist_is_unreadable(remote: Remote) -> None:
    base = remote.commit()
    remote.publish("refs/heads/main", base)
    with pytest.raises(ChangeUnreadable, match="git fetch failed") as caught:
        remote.reader().read_change("octo/repo", number=8, head=base, base=base)
    assert "refs/pull/8/head" in caught.value.message


def test_the_token_is_sent_in_the_header_only(remote: Remote) -> None:
    base = remote.commit()
    remote.publish("refs/heads/main", base)
    remote.publish("refs/pull/7/head", base)
    reader = remote.reader(token="t0p-secret")
    reader.read_change("octo/repo", number=7, head=base, base=base)
    assert set(remote.authorizations) == {"Basic eC1hY2Nlc3MtdG9rZW46dDBwLXNlY3JldA=="}
    assert "t0p-secret" not in repr(reader)
    with pytest.raises(ChangeUnreadable) as caught:
        reader.read_change("octo/repo", number=8, head=base, base=base)
    assert "t0p" not in f"{caught.value.message}{caught.value.hint}"
    assert "eC1hY2" not in f"{caught.value.message}{caught.value.hint}"


def test_a_command_that_takes_too_long_is_killed(remote: Remote) -> None:
    base = remote.commit()
    remote.publish("refs/heads/main", base)
    remote.publish("refs/pull/7/head", base)
    with pytest.raises(ChangeUnreadable, match="took longer"):
        remote.reader(seconds=0.001).read_change("octo/repo", number=7, head=base, base=base)


def test_malformed_objects_are_refused(remote: Remote) -> None:
    base = remote.commit()
    blob = remote.git("hash-object", "-w", "--stdin")
    (remote.root / "tree").write_bytes(b"100644 .git\0" + bytes.fromhex(blob))
    tree = remote.git("hash-object", "-w", "-t", "tree", "--literally", str(remote.root / "tree"))
    head = remote.git("commit-tree", tree, "-p", base, "-m", "x")
    remote.publish("refs/heads/main", base)
    remote.publish("refs/pull/7/head", head)
    with pytest.raises(ChangeUnreadable, match="git fetch failed"):
        remote.reader().read_change("octo/repo", number=7, head=head, base=base)


def test_git_on_a_full_disk_is_not_a_permission_error(tmp_path: Path) -> None:
    git = Git(tmp_path, {"PATH": os.defpath}, Bounds())
    for words in ("fatal: write error: No space left on device", "error: file write error (Disk quota exceeded)"):
        with pytest.raises(ScratchUnusable, match="reviewbot cannot use the temporary folder"):
            git.run("-c", f"alias.full=!echo '{words}' >&2; exit 128", "full")
    with pytest.raises(ChangeUnreadable) as caught:
        git.run("-c", "alias.mute=!exit 128", "mute")
    assert caught.value.message.endswith("failed: no error message.")


def test_all_commands_share_one_time_limit(tmp_path: Path) -> None:
    git = Git(tmp_path, {"PATH": os.defpath}, Bounds(seconds=1.5))
    nap = ("-c", "alias.nap=!sleep 0.8", "nap")
    git.run(*nap)
    with pytest.raises(ChangeUnreadable, match="took longer"):
        git.run(*nap)


def test_the_size_of_a_fetch_is_limited(remote: Remote) -> None:
    base = remote.commit()
    remote.write("large.bin", os.urandom(300_000))
    head = remote.commit()
    remote.publish("refs/heads/main", base)
    remote.publish("refs/pull/7/head", head)
    with pytest.raises(ChangeUnreadable, match="git fetch failed"):
        remote.reader(disk=200_000).read_change("octo/repo", number=7, head=head, base=base)
    assert new(remote.reader(disk=400_000).read_change("octo/repo", number=7, head=head, base=base))["large.bin"].binary


def test_many_small_files_count_as_much_as_a_large_one(remote: Remote) -> None:
    base = remote.commit()
    for number in range(30):
        remote.write(f"small-{number}.bin", os.urandom(10_000))
    head = remote.commit()
    remote.publish("refs/heads/main", base)
    remote.publish("refs/pull/7/head", head)
    with pytest.raises(ChangeUnreadable, match="git fetch failed"):
        remote.reader(disk=200_000).read_change("octo/repo", number=7, head=head, base=base)


@pytest.mark.parametrize("server_url", ["http://git.example.com", "file:///tmp", "ssh://example.com", "ext::sh"])
def test_only_https_is_used_outside_loopback(server_url: str) -> None:
    reader = GitChangeReader(network_at(server_url, children={"PATH": os.defpath}), "x")
    with pytest.raises(ChangeUnreadable, match="git fetch failed") as caught:
        reader.read_change("octo/repo", number=1, head=ABSENT_SHA, base=ABSENT_SHA)
    assert "not allowed" in caught.value.message


def test_a_runner_without_git_is_reported(tmp_path: Path) -> None:
    reader = GitChangeReader(network_at("https://example.com", children={"PATH": str(tmp_path)}), "")
    with pytest.raises(ChangeUnreadable, match="cannot find or start git"):
        reader.read_change("octo/repo", number=1, head=ABSENT_SHA, base=ABSENT_SHA)
