"""The port `PullRequests`: the snapshot, the diff, and the lists of pull requests."""

from __future__ import annotations

import pytest
from reviewbot_sandbox.github import FileVersion

from reviewbot.domain.diff.parse import assemble, parse_diff
from reviewbot.domain.github.pull_request import Commit, LabelEvent
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.errors import DiffTooLarge, NotFound, PermissionMissing
from reviewbot.values import replace
from tests.contract.ports.github_harness import (
    CONFIG,
    MAIN,
    NAMES,
    TEMPLATES,
    TOPIC,
    GitHubHarness,
    open_change,
    read,
)
from tests.contract.ports.pair import diff_of, plain_diff
from tests.contract.ports.states import check, open_task_copy

DAY = 24 * 3600.0
ABSENT = "0" * 40


# Snapshot


def test_a_snapshot_has_the_facts_of_a_pull_request(github: GitHubHarness) -> None:
    head = open_change(github)
    snapshot = read(github)
    repository, pull = snapshot.repository, snapshot.pull
    assert (repository.full_name, repository.default_branch) == ("acme/parcels", "main")
    assert (pull.number, pull.title, pull.body) == (1, "Track parcels", "Adds tracking.")
    assert (pull.author, pull.author_is_bot) == ("mona", False)
    assert (pull.is_open, pull.is_draft, pull.from_fork) == (True, False, False)
    assert pull.head_sha == head
    assert (pull.base_sha, pull.base_ref) == (github.tip("main"), "main")
    assert pull.commits == (Commit(head, (github.tip("main"),), ("mona",), committer="mona"),)
    assert pull.commit_count == 1
    assert snapshot.checks_readable
    assert pull.url == f"{repository.url}/pull/1"
    assert (pull.labels, pull.label_events) == (frozenset(), ())
    assert snapshot.comments + snapshot.threads + snapshot.reviews == ()
    assert snapshot.checks + snapshot.older_checks + snapshot.other_checks == ()


def test_a_missing_pull_request_is_not_found(github: GitHubHarness) -> None:
    with pytest.raises(NotFound):
        read(github)


@pytest.mark.parametrize("permission", ["pull-requests: read", "contents: read"])
def test_a_snapshot_needs_permissions_to_read(github: GitHubHarness, permission: str) -> None:
    open_change(github)
    forge = github.forge_without(permission)
    with pytest.raises(PermissionMissing):
        read(github, forge=forge)


def test_a_draft_can_become_ready(github: GitHubHarness) -> None:
    open_change(github, draft=True)
    assert read(github).pull.is_draft
    github.ready(1)
    assert not read(github).pull.is_draft


@pytest.mark.parametrize("merged", [False, True])
def test_a_closed_pull_request_keeps_its_head(github: GitHubHarness, merged: bool) -> None:  # noqa: FBT001 — the case
    head = open_change(github)
    github.close(1, merged=merged)
    github.push("topic", {"late.py": "x\n"})
    pull = read(github).pull
    assert (pull.is_open, pull.head_sha, pull.commit_count) == (False, head, 1)


def test_a_reopened_pull_request_follows_its_branch_again(github: GitHubHarness) -> None:
    open_change(github)
    github.close(1)
    head = github.push("topic", {"late.py": "x\n"})
    github.reopen(1)
    pull = read(github).pull
    assert (pull.is_open, pull.head_sha, pull.commit_count) == (True, head, 2)


def test_a_bot_opens_a_pull_request(github: GitHubHarness) -> None:
    github.push("deps", {"lock.txt": "1\n"}, author="dependabot[bot]", verified=True)
    github.open_pull("deps", author="dependabot[bot]")
    pull = read(github).pull
    assert (pull.author, pull.author_is_bot) == ("dependabot", True)
    assert [(one.authors, one.verified) for one in pull.commits] == [(("dependabot[bot]",), True)]


def test_a_pull_request_comes_from_a_fork_and_follows_it(github: GitHubHarness) -> None:
    open_change(github, author="fay", from_fork=True)
    head = github.push("topic", {"more.py": "1\n"}, author="fay")
    pull = read(github).pull
    assert (pull.from_fork, pull.head_sha) == (True, head)


def test_a_changed_base_is_read_with_its_current_tip(github: GitHubHarness) -> None:
    open_change(github)
    release = github.push("release", {"release.md": "1.0\n"})
    github.retarget(1, "release")
    pull = read(github).pull
    assert (pull.base_ref, pull.base_sha) == ("release", release)
    moved = github.push("release", {"release.md": "1.1\n"})
    github.push("main", {"other.md": "x\n"})
    assert read(github).pull.base_sha == moved


def test_commits_that_the_base_lacks_are_listed_oldest_first(github: GitHubHarness) -> None:
    first = open_change(github)
    second = github.push("topic", {"second.py": "2\n"}, author="kim")
    github.push("main", {"other.md": "x\n"}, author="acme")
    third = github.push("topic", {"third.py": "3\n"})
    commits = read(github).pull.commits
    assert [one.sha for one in commits] == [first, second, third]
    assert [one.parents for one in commits[1:]] == [(first,), (second,)]
    assert [one.authors for one in commits] == [("mona",), ("kim",), ("mona",)]


def test_a_merge_of_the_base_is_a_commit_with_two_parents(github: GitHubHarness) -> None:
    head = open_change(github)
    base = github.tip("main")
    main = github.push("main", {"other.md": "x\n"})
    merge = github.push("topic", {"other.md": "x\n"}, parents=(head, main))
    pull = read(github).pull
    assert [(one.sha, one.parents) for one in pull.commits] == [(head, (base,)), (merge, (head, main))]


def test_the_commits_of_a_merged_branch_come_just_before_the_merge(github: GitHubHarness) -> None:
    first = open_change(github)
    side = github.push("side", {"side.py": "1\n"}, parents=(github.tip("main"),))
    second = github.push("topic", {"more.py": "1\n"})
    merge = github.push("topic", {"side.py": "1\n"}, parents=(second, side))
    last = github.push("topic", {"more.py": "2\n"})
    assert [one.sha for one in read(github).pull.commits] == [first, second, side, merge, last]


def test_a_head_that_the_base_contains_has_no_commits(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_check(check(head))
    github.move("main", head)
    snapshot = read(github)
    assert (snapshot.pull.commits, snapshot.pull.commit_count) == ((), 0)
    assert [one.id for one in snapshot.checks] == [made.id]


# Labels


def test_a_snapshot_has_labels_with_who_set_them_and_when(github: GitHubHarness) -> None:
    open_change(github)
    github.label(1, "skip-review", "kim")
    first = github.now()
    github.label(1, "skip-review", "mona")
    github.advance(60)
    github.unlabel(1, "skip-review", "kim")
    github.label(1, "skip-review", "helper[bot]")
    github.label(1, "docs", "mona")
    pull = read(github).pull
    assert pull.labels == {"skip-review", "docs"}
    assert pull.label_events == (
        LabelEvent("skip-review", "kim", first),
        LabelEvent("skip-review", "helper[bot]", github.now()),
        LabelEvent("docs", "mona", github.now()),
    )


def test_only_the_latest_fifty_label_events_are_read(github: GitHubHarness) -> None:
    open_change(github)
    for index in range(52):
        github.label(1, f"label-{index}", "mona")
    events = read(github).pull.label_events
    assert [one.label for one in events] == [f"label-{index}" for index in range(2, 52)]


def test_removing_a_label_twice_is_fine_and_keeps_the_events(github: GitHubHarness) -> None:
    open_change(github)
    github.label(1, "review", "mona")
    github.label(1, "a b/c?d#e%2F", "mona")
    for _ in range(2):
        github.forge.remove_label(1, "a b/c?d#e%2F")
    pull = read(github).pull
    assert pull.labels == {"review"}
    assert [one.label for one in pull.label_events] == ["review", "a b/c?d#e%2F"]
    github.forge.remove_label(99, "review")


def test_removing_a_label_needs_a_permission(github: GitHubHarness) -> None:
    open_change(github)
    github.label(1, "review", "mona")
    with pytest.raises(PermissionMissing):
        github.forge_without("pull-requests: write").remove_label(1, "review")
    assert read(github).pull.labels == {"review"}


# Times


def test_a_force_push_is_detected_by_its_time(github: GitHubHarness) -> None:
    head = open_change(github)
    assert read(github).pull.forced_at is None
    github.advance(60)
    github.push("topic", TOPIC, parents=(github.tip("main"),), author="kim")
    forced = github.now()
    assert github.tip("topic") != head
    github.advance(60)
    github.push("topic", {"more.py": "1\n"})
    assert read(github).pull.forced_at == forced


def test_a_branch_that_moves_back_was_force_pushed(github: GitHubHarness) -> None:
    head = open_change(github)
    github.push("topic", {"more.py": "1\n"})
    assert read(github).pull.forced_at is None
    github.move("topic", head)
    assert read(github).pull.forced_at == github.now()


def test_a_base_change_is_detected_by_its_time(github: GitHubHarness) -> None:
    open_change(github)
    github.move("release", github.tip("main"))
    github.retarget(1, "main")
    assert read(github).pull.retargeted_at is None, "it is the same"
    github.advance(60)
    github.retarget(1, "release")
    github.advance(60)
    github.retarget(1, "main")
    back = github.now()
    github.advance(60)
    github.push("topic", {"more.py": "1\n"})
    assert read(github).pull.retargeted_at == back


# People


def test_the_opener_authors_and_committers_are_participants(github: GitHubHarness) -> None:
    open_change(github)
    github.push("topic", {"more.py": "1\n"}, author="kim", committer="boss")
    github.push("topic", {"more.py": "2\n"}, author="helper[bot]", committer="web-flow")
    pull = read(github).pull
    assert [one.committer for one in pull.commits] == ["mona", "boss", None]
    assert pull.people == frozenset({"mona", "kim", "boss", "helper[bot]"})


def test_the_authors_of_unread_commits_are_unknown(github: GitHubHarness) -> None:
    open_change(github)
    github.push("topic", {"more.py": "1\n"})
    whole = read(github).pull
    assert whole.people is not None
    assert replace(whole, commit_count=3).people is None
    assert replace(whole, commits=whole.commits[:1], commit_count=1).people is None, "the head is not among them"


def test_every_commit_is_read_on_request(github: GitHubHarness) -> None:
    open_change(github)
    for number in range(3):
        github.push("topic", {"more.py": f"{number}\n"}, author="kim", committer="boss")
    assert github.forge.commits(1) == read(github).pull.commits
    with pytest.raises(NotFound):
        github.forge.commits(2)


# The default branch


def test_settings_come_from_the_default_branch(github: GitHubHarness) -> None:
    files = {CONFIG: "mode: fast\n", ".gitattributes": "*.lock generated\n", f"{TEMPLATES}/summary.md.j2": "Hi"}
    github.push("main", {**files, f"{TEMPLATES}/deep/other.md.j2": "no", f"{TEMPLATES}/image.png": b"\0"})
    github.push("topic", {CONFIG: "mode: standard\n", ".gitattributes": "", f"{TEMPLATES}/summary.md.j2": "Ho"})
    github.open_pull("topic")
    found = read(github).default_branch
    assert (found.config, found.attributes) == ("mode: fast\n", "*.lock generated\n")
    assert found.templates == {"summary.md.j2": "Hi"}


def test_settings_are_the_current_ones(github: GitHubHarness) -> None:
    open_change(github)
    found = read(github).default_branch
    assert (found.config, found.attributes, dict(found.templates)) == (None, "", {})
    github.push("main", {CONFIG: "mode: fast\n"})
    assert read(github).default_branch.config == "mode: fast\n"


def test_attributes_that_are_not_text_are_empty(github: GitHubHarness) -> None:
    open_change(github)
    github.push("main", {".gitattributes": b"\0"})
    assert read(github).default_branch.attributes == ""


# Diff


def test_the_diff_goes_from_the_merge_base_to_the_head(github: GitHubHarness) -> None:
    open_change(github)
    github.push("main", {"app.py": "all new\n", "other.md": "x\n"})
    assert (
        diff_of(github)
        == """\
diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -2,7 +2,7 @@
 line 2
 line 3
 line 4
-line 5
+five
 line 6
 line 7
 line 8
@@ -27,7 +27,7 @@
 line 27
 line 28
 line 29
-line 30
+thirty
 line 31
 line 32
 line 33
diff --git a/new.py b/new.py
new file mode 100644
--- /dev/null
+++ b/new.py
@@ -0,0 +1 @@
+print(1)
diff --git a/old.txt b/old.txt
deleted file mode 100644
--- a/old.txt
+++ /dev/null
@@ -1 +0,0 @@
-gone soon
"""
    )


def test_the_diff_has_renames_modes_binaries_and_missing_line_ends(github: GitHubHarness) -> None:
    github.push("main", {"a.py": "1\n2\n", "bin": b"\0one", "end.txt": "x", "empty": "", "run.sh": "echo\n"})
    changes = {"a.py": None, "b c.py": "1\n2\n", "bin": b"\0two", "end.txt": "y", "empty": None, "void": ""}
    github.push("topic", {**changes, "run.sh": FileVersion(b"echo\n", "100755")})
    github.open_pull("topic")
    assert (
        diff_of(github)
        == """\
diff --git a/a.py b/b c.py
similarity index 100%
rename from a.py
rename to b c.py
diff --git a/bin b/bin
Binary files a/bin and b/bin differ
diff --git a/end.txt b/end.txt
--- a/end.txt
+++ b/end.txt
@@ -1 +1 @@
-x
\\ No newline at end of file
+y
\\ No newline at end of file
diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
diff --git a/empty b/void
similarity index 100%
rename from empty
rename to void
"""
    )


def test_the_diff_and_the_entries_make_a_change(github: GitHubHarness) -> None:
    head = open_change(github)
    base = github.forge.merge_base("main", head)
    new, old, _ = github.forge.entries(
        head=head, new_paths=["app.py", "new.py"], merge_base=base, old_paths=["app.py", "old.txt"]
    )
    change = assemble(base, head, parse_diff(github.forge.diff(base, head).decode()), old, new)
    assert [file.path for file in change.files] == ["app.py", "new.py", "old.txt"]


def test_a_diff_of_more_than_300_files_is_too_large(github: GitHubHarness) -> None:
    github.push("topic", {f"f{index}.txt": "x\n" for index in range(300)})
    github.open_pull("topic")
    assert diff_of(github).count("diff --git ") == 300
    github.push("topic", {"one-more.txt": "x\n"})
    with pytest.raises(DiffTooLarge):
        diff_of(github)


def test_the_diff_of_a_head_stays_when_another_is_pushed(github: GitHubHarness) -> None:
    head, base = open_change(github), github.tip("main")
    before = diff_of(github)
    github.push("topic", {"more.py": "1\n"}, parents=(base,))
    assert diff_of(github) != before
    github.move("topic", head)
    assert diff_of(github) == before
    second = github.push("topic", {"more.py": "1\n"}, parents=(base,))
    assert plain_diff(github.forge.diff(base, head)) == before
    assert "more.py" in plain_diff(github.forge.diff(base, second))


def test_there_is_no_diff_of_a_commit_that_does_not_exist(github: GitHubHarness) -> None:
    head = open_change(github)
    for base, other in ((ABSENT, head), (head, ABSENT)):
        with pytest.raises(NotFound):
            github.forge.diff(base, other)


def test_there_is_no_diff_without_a_common_commit(github: GitHubHarness) -> None:
    island = github.push("island", {"x.txt": "1\n"}, parents=())
    with pytest.raises(NotFound):
        github.forge.diff(github.tip("main"), island)


def test_the_diff_needs_a_permission_to_read_the_contents(github: GitHubHarness) -> None:
    head = open_change(github)
    with pytest.raises(PermissionMissing):
        github.forge_without("contents: read").diff(github.tip("main"), head)
    assert github.forge_without("pull-requests: read").diff(github.tip("main"), head)


def test_the_number_of_changed_files_is_that_of_the_diff(github: GitHubHarness) -> None:
    open_change(github)
    github.push("main", {"other.md": "x\n"})
    assert read(github).pull.changed_files == diff_of(github).count("diff --git ") == 3
    github.push("topic", {"more.py": "1\n", "older.txt": MAIN["old.txt"]})
    assert read(github).pull.changed_files == diff_of(github).count("diff --git ") == 4, "a rename is one file"


# Lists


def test_heads_are_those_of_open_pull_requests(github: GitHubHarness) -> None:
    head = open_change(github)
    github.open_pull("topic", base=branch(github, "release"))
    other = github.push("second", {"b.txt": "2\n"})
    github.open_pull("second")
    github.open_pull("second", base="release")
    github.close(4)
    assert github.forge.heads([1, 2, 3, 4, 99]) == {1: head, 2: head, 3: other}


def branch(github: GitHubHarness, name: str) -> str:
    github.push(name, {f"{name}.txt": "1\n"})
    return name


def test_an_open_task_makes_a_pull_request_wait(github: GitHubHarness) -> None:
    head = open_change(github)
    assert github.forge.waiting(NAMES).unknown == {1}
    made = github.forge.create_check(check(head, done=False))
    waiting = github.forge.waiting(NAMES)
    assert (waiting.known, waiting.unknown) == ((1,), frozenset())
    github.forge.update_check(made.id, check(head))
    waiting = github.forge.waiting(NAMES)
    assert (waiting.known, waiting.unknown) == ((), frozenset())
    assert github.forge.waiting(CheckNames("another name")).unknown == {1}


def test_a_completed_check_can_name_an_open_task(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_check(check(head, external_id=open_task_copy()))
    assert github.forge.waiting(NAMES).known == (1,)


def test_the_newest_check_of_each_head_counts(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_check(check(head, done=False))
    github.forge.create_check(check(head))
    assert github.forge.waiting(NAMES).known == ()
    github.forge.create_check(check(head, done=False, number=2))
    assert github.forge.waiting(NAMES).known == (), "another pull request's"
    second = github.push("topic", {"more.py": "1\n"})
    github.forge.create_check(check(second, done=False))
    third = github.push("topic", {"more.py": "2\n"})
    github.forge.create_check(check(third))
    assert github.forge.waiting(NAMES).known == (1,), "the task of an older head"


def test_a_head_before_a_force_push_can_wait(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_check(check(head, done=False))
    github.push("topic", TOPIC, parents=(github.tip("main"),), author="kim")
    assert github.forge.waiting(NAMES).known == (1,)


def test_only_the_last_ten_commits_are_checked(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_check(check(head, done=False))
    for index in range(9):
        github.push("topic", {"more.py": f"{index}\n"})
    assert github.forge.waiting(NAMES).known == (1,)
    github.push("topic", {"more.py": "x\n"})
    waiting = github.forge.waiting(NAMES)
    assert (waiting.known, waiting.unknown) == ((), frozenset({1}))


def test_a_stale_check_can_be_waiting(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_check(check(head, done=False))
    github.advance(14 * DAY)
    assert read(github).checks[0].conclusion == "stale"
    assert github.forge.waiting(NAMES).known == (1,)


def test_open_pull_requests_come_first_then_closed_ones_by_their_last_change(github: GitHubHarness) -> None:
    open_change(github)
    for name in ("b", "c", "d", "e"):
        github.push(name, {f"{name}.txt": "1\n"})
        github.open_pull(name)
        github.advance(1)
    for number in range(1, 6):
        name = f"{['topic', 'b', 'c', 'd', 'e'][number - 1]}"
        github.forge.create_check(check(github.tip(name), done=False, number=number))
    for number in (3, 1, 5):
        github.close(number)
        github.advance(1)
    assert github.forge.waiting(NAMES).known == (2, 4, 5, 1, 3)
    github.label(3, "late", "mona")
    assert github.forge.waiting(NAMES).known == (2, 4, 3, 5, 1)


def test_pull_requests_closed_in_the_same_second_are_listed_by_descending_number(github: GitHubHarness) -> None:
    head = open_change(github)
    github.open_pull("topic", base=branch(github, "release"))
    for number in (1, 2):
        github.forge.create_check(check(head, done=False, number=number))
    for number in (2, 1):
        github.close(number)
    assert github.forge.waiting(NAMES).known == (2, 1)


def test_the_list_needs_a_permission_to_read_checks(github: GitHubHarness) -> None:
    open_change(github)
    forge = github.forge_without("checks: read")
    with pytest.raises(PermissionMissing):
        forge.waiting(NAMES)
