"""The ports `Repository` and `ChangeReader`."""

from __future__ import annotations

import pytest
from reviewbot_sandbox.github import FileVersion

from reviewbot.domain.diff.parse import parse_diff
from reviewbot.domain.github.context import ContextRequest
from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.model.events import QueueEntry
from reviewbot.errors import ChangeUnreadable, NotFound, PermissionMissing
from reviewbot.values import replace
from tests.contract.ports.github_harness import CONFIG, TOPIC, Content, GitHubHarness, open_change
from tests.simulation.github import REPOSITORY

ABSENT = "0" * 40


# Config


def test_a_file_is_compared_at_a_commit_and_a_branch(github: GitHubHarness) -> None:
    old = github.tip("main")
    assert github.forge.is_same_file(CONFIG, "refs/heads/main", old), "it exists at neither"
    github.push("main", {CONFIG: "mode: standard\n"})
    assert not github.forge.is_same_file(CONFIG, "refs/heads/main", old)
    new = github.push("main", {"other.md": "More.\n"})
    assert github.forge.is_same_file(CONFIG, "refs/heads/main", new)
    github.push("main", {CONFIG: "mode: fast\n"})
    assert not github.forge.is_same_file(CONFIG, "refs/heads/main", new)


def test_the_config_is_that_of_the_default_branch(github: GitHubHarness) -> None:
    assert github.forge.config(CONFIG) is None
    github.push("topic", {CONFIG: "mode: standard\n"})
    assert github.forge.config(CONFIG) is None
    github.push("main", {CONFIG: "mode: fast\n"})
    assert github.forge.config(CONFIG) == "mode: fast\n"


@pytest.mark.parametrize("path", [CONFIG, f"{CONFIG}/inside"], ids=["binary", "folder"])
def test_an_unreadable_config_is_not_reported_as_missing(github: GitHubHarness, path: str) -> None:
    github.push("main", {path: b"\0"})
    assert github.forge.config(CONFIG) == "\0"


def test_bytes_that_are_not_text_are_replaced(github: GitHubHarness) -> None:
    github.push("main", {CONFIG: b"mode: caf\xe9\n"})
    assert github.forge.config(CONFIG) == "mode: caf\N{REPLACEMENT CHARACTER}\n"


# Entries


def test_entries_of_both_sides_are_read(github: GitHubHarness) -> None:
    base = github.push("main", {"app.py": "one\n", "old.txt": "gone soon\n"})
    head = github.push("topic", {"app.py": "two\n", "new.py": "", "old.txt": None})
    new, old, _ = github.forge.entries(
        head=head, new_paths=["app.py", "new.py", "old.txt"], merge_base=base, old_paths=["app.py", "old.txt", "new.py"]
    )
    assert {path: (one.mode, one.size, one.text, one.binary) for path, one in new.items()} == {
        "app.py": ("100644", 4, "two\n", False),
        "new.py": ("100644", 0, "", False),
    }
    assert {path: (one.mode, one.size, one.text, one.binary) for path, one in old.items()} == {
        "app.py": ("100644", 4, None, False),
        "old.txt": ("100644", 10, None, False),
    }
    assert new["app.py"].oid == "f719efd430d52bcfc8566a43b2eb655688d38871", "git's own id of these bytes"


def test_entries_are_read_together_with_the_context_documents(github: GitHubHarness) -> None:
    base = github.push("main", {"README.md": "Parcels.\n", "app.py": "one\n"})
    head = github.push("topic", {"README.md": "Mine.\n", "app.py": "two\n"})
    pull = github.open_pull("topic")
    new, old, context = github.forge.entries(
        asked=ContextRequest(pull),
        head=head,
        new_paths=["app.py"],
        merge_base=base,
        old_paths=["app.py"],
    )
    assert (new["app.py"].text, old["app.py"].size) == ("two\n", 4)
    assert context.files == {"README.md": "Parcels.\n"}
    assert context.issues == ()


def test_entries_have_modes_encodings_and_binary_flags(github: GitHubHarness) -> None:
    files: dict[str, Content] = {
        "run.sh": FileVersion(b"#!/bin/sh\n", "100755"),
        "link": FileVersion(b"app.py", "120000"),
        "latin.txt": b"caf\xe9\n",
        "bom.txt": b"\xef\xbb\xbfx\r\n",
        "script": b"#!/bin/sh\n\0",
        "data.bin": b"\0\1",
        "wide.txt": "x".encode("utf-16"),
        'quo"te ü.py': "x\n",
        "deep/down/file.py": "x\n",
    }
    head = github.push("topic", files)
    new, *_ = github.forge.entries(head=head, new_paths=[*files], merge_base=head, old_paths=[])
    found = {path: (one.mode, one.text, one.binary, one.misencoded, one.shebang) for path, one in new.items()}
    assert found == {
        "run.sh": ("100755", "#!/bin/sh\n", False, False, None),
        "link": ("120000", "app.py", False, False, None),
        "latin.txt": ("100644", None, False, True, None),
        "bom.txt": ("100644", "\ufeffx\r\n", False, False, None),
        "script": ("100644", None, True, False, True),
        "data.bin": ("100644", None, True, False, False),
        "wide.txt": ("100644", None, True, True, None),
        'quo"te ü.py': ("100644", "x\n", False, False, None),
        "deep/down/file.py": ("100644", "x\n", False, False, None),
    }


def test_a_submodule_has_a_commit_and_no_text(github: GitHubHarness) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    head = github.push("topic", {"lib": FileVersion(commit.encode(), "160000")})
    new, old, _ = github.forge.entries(head=head, new_paths=["lib"], merge_base=head, old_paths=["lib"])
    for one in (new["lib"], old["lib"]):
        assert (one.mode, one.oid, one.size, one.text, one.binary) == ("160000", commit, None, None, None)


def test_a_small_text_before_a_binary_comes_with_its_text(github: GitHubHarness) -> None:
    base = github.push("main", {"a.zip": "pointer\n", "b.zip": b"\0\1", "c.py": "x\n"})
    paths = ["a.zip", "b.zip", "c.py"]
    head = github.push("topic", {"a.zip": b"\0\2", "b.zip": b"\0\2", "c.py": "y\n"})
    _, old, _ = github.forge.entries(head=head, new_paths=paths, merge_base=base, old_paths=paths)
    assert {path: (one.binary, one.text) for path, one in old.items()} == {
        "a.zip": (False, "pointer\n"),
        "b.zip": (True, None),
        "c.py": (False, None),
    }


def test_a_folder_has_no_text(github: GitHubHarness) -> None:
    head = github.push("topic", {"deep/file.py": "x\n"})
    new, *_ = github.forge.entries(head=head, new_paths=["deep/file.py", "de"], merge_base=head, old_paths=[])
    assert set(new) == {"deep/file.py"}


def test_a_commit_that_is_gone_is_not_found(github: GitHubHarness) -> None:
    main = github.tip("main")
    with pytest.raises(NotFound):
        github.forge.entries(head=ABSENT, new_paths=["README.md"], merge_base=main, old_paths=["README.md"])
    with pytest.raises(NotFound):
        github.forge.entries(head=main, new_paths=["README.md"], merge_base=ABSENT, old_paths=["README.md"])
    new, old, _ = github.forge.entries(head=main, new_paths=["README.md"], merge_base=ABSENT, old_paths=[])
    assert (set(new), set(old)) == ({"README.md"}, set())


# Merge base


def test_the_merge_base_is_found_by_commits_and_by_branches(github: GitHubHarness) -> None:
    base = github.push("main", {"a.txt": "1\n"})
    head = github.push("topic", {"b.txt": "1\n"})
    main = github.push("main", {"a.txt": "2\n"})
    for one, other in ((main, head), (head, main), ("main", "topic"), ("main", head)):
        assert github.forge.merge_base(one, other) == base
    assert github.forge.merge_base(base, head) == base
    assert github.forge.merge_base(head, base) == base
    assert github.forge.merge_base(head, head) == head


def test_the_merge_base_moves_after_a_merge(github: GitHubHarness) -> None:
    head = github.push("topic", {"b.txt": "1\n"})
    main = github.push("main", {"a.txt": "2\n"})
    merged = github.push("topic", {"a.txt": "2\n"}, parents=(head, main))
    github.push("main", {"a.txt": "3\n"})
    assert github.forge.merge_base("main", merged) == main


def test_unrelated_commits_have_no_merge_base(github: GitHubHarness) -> None:
    main = github.tip("main")
    unrelated = github.push("island", {"x.txt": "1\n"}, parents=())
    for one, other in ((main, unrelated), (main, ABSENT), (ABSENT, main), ("absent", main)):
        with pytest.raises(NotFound):
            github.forge.merge_base(one, other)


# Permissions


@pytest.mark.parametrize("permission", [one for one in Permission if one is not Permission.NONE])
def test_a_permission_is_read_by_login_in_any_case(github: GitHubHarness, permission: Permission) -> None:
    github.grant("Pat", permission)
    assert github.forge.permission("Pat") is permission
    assert github.forge.permission("pat") is permission
    github.grant("Pat", Permission.WRITE)
    assert github.forge.permission("Pat") is Permission.WRITE


def test_the_owner_is_an_admin_and_strangers_have_no_permission(github: GitHubHarness) -> None:
    assert github.forge.permission("acme") is Permission.ADMIN
    for login in ("unknown", "dependabot[bot]", "../../user", "a/b?c#d"):
        assert github.forge.permission(login) is Permission.NONE


# The merge queue


def test_a_merge_group_contains_the_pull_requests_queued_before_it(github: GitHubHarness) -> None:
    open_change(github)
    for name in ("b", "c"):
        github.push(name, {f"{name}.txt": "1\n"})
        github.open_pull(name)
    main = github.tip("main")
    assert github.forge.queued("main", main) == ()
    first = github.queue(1)
    second = github.queue(3, 2)
    (entry,) = github.forge.queued("main", first)
    assert entry == QueueEntry(1, main)
    before, third, last = github.forge.queued("main", second)
    assert (before, third) == (entry, QueueEntry(3, first))
    assert (last.number, github.forge.merge_base(last.base_sha, second)) == (2, last.base_sha)
    for branch, sha in (("main", main), ("main", ABSENT), ("release", first), ("main", github.tip("b"))):
        assert github.forge.queued(branch, sha) == ()
    assert github.forge.merge_base("main", second) == main


def test_a_closed_pull_request_leaves_the_queue(github: GitHubHarness) -> None:
    open_change(github)
    github.push("b", {"b.txt": "1\n"})
    github.open_pull("b")
    first, second = github.queue(1), github.queue(2)
    github.close(1)
    assert github.forge.queued("main", first) == ()
    assert [one.number for one in github.forge.queued("main", second)] == [2]


def test_an_unreadable_queue_returns_nothing(github: GitHubHarness) -> None:
    open_change(github)
    sha = github.queue(1)
    assert github.forge_without("merge-queues: read").queued("main", sha) == ()


# The change by git


def test_the_change_by_git_equals_that_of_the_diff(github: GitHubHarness) -> None:
    head = open_change(github)
    base = github.tip("main")
    main = github.push("main", {"app.py": "all new\n"})
    change = github.changes.read_change(REPOSITORY, number=1, head=head, base=main)
    assert (change.head, change.merge_base) == (head, base)
    assert {one.diff.old_path for one in change.files if one.old} == {"app.py", "old.txt"}
    texts = {one.path: one.text for one in change.files if one.new}
    assert texts == {"app.py": TOPIC["app.py"], "new.py": "print(1)\n"}
    by_git, by_api = [one.diff for one in change.files], parse_diff(github.forge.diff(base, head).decode())
    changes = [[replace(one, old_blob="", new_blob="", text="") for one in each] for each in (by_git, by_api)]
    assert changes[0] == changes[1]


def test_a_change_whose_head_has_moved_is_not_read(github: GitHubHarness) -> None:
    head = open_change(github)
    github.push("topic", {"more.py": "1\n"})
    with pytest.raises(ChangeUnreadable):
        github.changes.read_change(REPOSITORY, number=1, head=head, base=github.tip("main"))


def test_a_change_that_cannot_be_fetched_is_not_read(github: GitHubHarness) -> None:
    head = open_change(github)
    with pytest.raises(ChangeUnreadable):
        github.changes.read_change(REPOSITORY, number=2, head=head, base=github.tip("main"))
    with pytest.raises(ChangeUnreadable):
        github.changes.read_change(REPOSITORY, number=1, head=head, base=ABSENT)


def test_a_change_without_a_common_commit_is_not_read(github: GitHubHarness) -> None:
    github.push("island", {"x.txt": "1\n"}, parents=())
    github.open_pull("island")
    with pytest.raises(ChangeUnreadable):
        github.changes.read_change(REPOSITORY, number=1, head=github.tip("island"), base=github.tip("main"))


def test_files_need_a_permission_to_read(github: GitHubHarness) -> None:
    head = open_change(github)
    forge = github.forge_without("contents: read")
    with pytest.raises(PermissionMissing):
        forge.config(CONFIG)
    with pytest.raises(PermissionMissing):
        forge.merge_base("main", head)
    with pytest.raises(PermissionMissing):
        forge.entries(head=head, new_paths=["app.py"], merge_base=head, old_paths=[])
