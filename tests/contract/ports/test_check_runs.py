"""The port `CheckRuns`, and what a snapshot contains about check runs."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.pull_request import MOST_FORMER_BASES, MOST_REPLACED, CheckRun, Conclusion, Seen
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.errors import NotFound, PermissionMissing, Refused
from reviewbot.values import replace
from tests.contract.ports.github_harness import CHECK_NAME, NAMES, TOPIC, GitHubHarness, open_change, read
from tests.contract.ports.states import check

DAY = 24 * 3600.0


def ids(found: Iterable[CheckRun]) -> list[int]:
    return [one.id for one in found]


def second_pull(github: GitHubHarness) -> None:
    """Open pull request 2, with the same head as pull request 1."""
    github.push("release", {"release.txt": "1\n"})
    github.open_pull("topic", base="release", author="kim")


# Create, update, read


def test_an_open_check_is_created(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_check(check(head, done=False))
    assert (made.name, made.head_sha, made.status, made.conclusion) == (CHECK_NAME, head, "in_progress", None)
    assert (made.external_id, made.title, made.tag, made.foreign) == ("copy", "Waiting", CheckTag(1), False)
    assert made.verdict is None
    assert read(github).checks == (made,)


@pytest.mark.parametrize("conclusion", Conclusion)
def test_a_check_is_completed(github: GitHubHarness, conclusion: Conclusion) -> None:
    head = open_change(github)
    made = github.forge.create_check(check(head, done=False))
    done = github.forge.update_check(made.id, check(head, conclusion=conclusion, external_id="other"))
    assert (done.id, done.status, done.conclusion) == (made.id, "completed", conclusion.value)
    assert (done.external_id, done.title, done.verdict) == ("other", "Nothing blocks", conclusion.value)
    assert read(github).checks == (done,)


def test_a_completed_check_can_be_opened_again(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_check(check(head))
    again = github.forge.update_check(made.id, check(head, done=False))
    assert (again.id, again.status, again.conclusion, again.tag) == (made.id, "in_progress", None, CheckTag(1))
    assert read(github).checks == (again,)


def test_a_check_without_a_copy_keeps_its_tag(github: GitHubHarness) -> None:
    made = github.forge.create_check(check(open_change(github), external_id=""))
    assert (made.external_id, made.tag) == ("", CheckTag(1, "success"))


def test_the_tag_and_the_copy_of_a_completed_check_can_be_replaced(github: GitHubHarness) -> None:
    made = github.forge.create_check(check(open_change(github)))
    tag = CheckTag(1, "success", asks=True)
    github.forge.tag_check(made.id, tag, "other")
    assert read(github).checks == (replace(made, tag=tag, external_id="other"),)
    with pytest.raises(NotFound):
        github.forge.tag_check(made.id + 1_000, tag, "other")


def test_a_completed_check_with_an_open_question_is_waiting(github: GitHubHarness) -> None:
    made = github.forge.create_check(check(open_change(github)))
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == ()
    github.forge.tag_check(made.id, CheckTag(1, "success", asks=True), made.external_id)
    assert github.forge.waiting(CheckNames(CHECK_NAME)).known == (1,)


def test_a_check_needs_a_commit_of_the_repository(github: GitHubHarness) -> None:
    open_change(github)
    with pytest.raises(Refused):
        github.forge.create_check(check("0" * 40))


def test_a_summary_has_a_limit(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_check(replace(check(head), summary="x" * 65_535))
    with pytest.raises(Refused):
        github.forge.create_check(replace(check(head), summary="x" * 65_536))
    assert len(read(github).checks) == 1


def test_a_check_that_does_not_exist_is_not_updated(github: GitHubHarness) -> None:
    head = open_change(github)
    with pytest.raises(NotFound):
        github.forge.update_check(1, check(head))


@pytest.mark.parametrize("permission", ["checks: write", "checks: read"])
def test_writing_checks_needs_a_permission(github: GitHubHarness, permission: str) -> None:
    head = open_change(github)
    made = github.forge.create_check(check(head, done=False))
    forge = github.forge_without(permission)
    with pytest.raises(PermissionMissing) as caught:
        forge.create_check(check(head))
    assert caught.value.needs == "checks: write"
    with pytest.raises(PermissionMissing):
        forge.update_check(made.id, check(head))
    with pytest.raises(PermissionMissing):
        forge.tag_check(made.id, CheckTag(1), "copy")
    assert read(github).checks == (made,)


def test_the_checks_of_a_commit_are_read_by_name_and_pull_request(github: GitHubHarness) -> None:
    head = open_change(github)
    made = [github.forge.create_check(check(head, number=number)).id for number in (1, 2, 1)]
    github.forge.create_check(replace(check(head), name="tests"))
    assert ids(github.forge.checks(head, CHECK_NAME, 1)) == [made[0], made[2]]
    assert ids(github.forge.checks(head, CHECK_NAME, 2)) == [made[1]]
    assert ids(github.forge.checks(head, CHECK_NAME, 3)) == []
    assert ids(github.forge.checks(github.tip("main"), CHECK_NAME, 1)) == []
    with pytest.raises(NotFound):
        github.forge.checks("0" * 40, CHECK_NAME, 1)
    with pytest.raises(PermissionMissing):
        github.forge_without("checks: read").checks(head, CHECK_NAME, 1)


# Annotations


@pytest.mark.parametrize("count", [0, 1, 50])
def test_annotations_arrive_once_and_in_order(github: GitHubHarness, count: int) -> None:
    head = open_change(github)
    made = github.forge.create_check(check(head, annotations=count))
    assert (made.status, made.conclusion) == ("completed", "success")
    assert github.annotations(made.id) == [f"note {index}" for index in range(count)]


def test_annotations_stay_when_an_update_brings_none(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_check(check(head, annotations=2))
    github.forge.update_check(made.id, check(head, done=False))
    assert github.annotations(made.id) == ["note 0", "note 1"]


# Stale


def test_a_check_is_stale_after_two_weeks(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_check(check(head, done=False))
    github.advance(14 * DAY - 1)
    assert read(github).checks[0].status == "in_progress"
    github.advance(1)
    assert [(one.status, one.conclusion) for one in read(github).checks] == [("completed", "stale")]
    done = github.forge.update_check(made.id, check(head))
    assert (done.status, done.conclusion) == ("completed", "success")
    github.advance(30 * DAY)
    assert read(github).checks == (done,)


def test_a_reopened_check_is_stale_after_another_two_weeks(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_check(check(head))
    github.advance(20 * DAY)
    github.forge.update_check(made.id, check(head, done=False))
    github.advance(13 * DAY)
    assert read(github).checks[0].status == "in_progress"
    github.forge.update_check(made.id, check(head, done=False))
    github.advance(1 * DAY)
    assert read(github).checks[0].conclusion == "stale"


# Whose check it is


def test_a_snapshot_separates_the_checks_of_pull_requests_with_one_head(github: GitHubHarness) -> None:
    head = open_change(github)
    second_pull(github)
    mine, theirs = (github.forge.create_check(check(head, number=number)) for number in (1, 2))
    first, second = read(github, 1), read(github, 2)
    assert (first.checks, first.other_checks, first.older_checks) == ((mine,), (theirs,), ())
    assert (second.checks, second.other_checks, second.older_checks) == ((theirs,), (mine,), ())


def test_a_check_without_a_tag_belongs_to_no_pull_request(github: GitHubHarness) -> None:
    head = open_change(github)
    strange = github.foreign_check(head, "rb1 copied from somewhere")
    snapshot = read(github)
    assert (snapshot.checks, ids(snapshot.other_checks)) == ((), [strange])
    assert [(one.tag, one.external_id) for one in snapshot.other_checks] == [(None, "")]


def test_a_check_of_another_app_has_no_verdict(github: GitHubHarness) -> None:
    head = open_change(github)
    forged = github.foreign_check(head, "pr1=success copy")
    ours = github.forge.create_check(check(head, conclusion=Conclusion.FAILURE))
    found = read(github).checks
    assert [(one.id, one.foreign, one.verdict) for one in found] == [
        (forged, True, None),
        (ours.id, False, "failure"),
    ]
    assert [(one.conclusion, one.tag, one.external_id) for one in found[:1]] == [
        ("success", CheckTag(1, "success"), "copy")
    ]


def test_a_check_of_another_app_has_no_verdict_where_the_base_has_the_head(github: GitHubHarness) -> None:
    head = open_change(github)
    forged = github.foreign_check(head, "pr1=success copy")
    github.move("main", head)
    assert [(one.id, one.foreign, one.verdict) for one in read(github).checks] == [(forged, True, None)]


def test_a_check_of_another_app_cannot_be_updated(github: GitHubHarness) -> None:
    head = open_change(github)
    forged = github.foreign_check(head, "pr1=", conclusion=None)
    with pytest.raises(PermissionMissing):
        github.forge.update_check(forged, check(head))
    assert [(one.status, one.conclusion) for one in read(github).checks] == [("in_progress", None)]


# Older heads


def test_the_checks_of_older_commits_are_separate(github: GitHubHarness) -> None:
    first = open_change(github)
    github.forge.create_check(check(first))
    github.forge.create_check(check(first, number=2))
    second = github.push("topic", {"more.py": "1\n"})
    github.forge.create_check(check(second, done=False))
    snapshot = read(github)
    assert [(one.head_sha, one.tag) for one in snapshot.checks] == [(second, CheckTag(1))]
    assert [(one.head_sha, one.tag) for one in snapshot.older_checks] == [(first, CheckTag(1, "success"))]
    assert [(one.head_sha, one.tag) for one in snapshot.other_checks] == [(first, CheckTag(2, "success"))]


def test_a_snapshot_has_the_checks_of_nine_commits_before_the_head(github: GitHubHarness) -> None:
    heads = [open_change(github)]
    heads += [github.push("topic", {"more.py": f"{index}\n"}) for index in range(11)]
    made = [github.forge.create_check(check(head)).id for head in heads]
    snapshot = read(github)
    assert ids(snapshot.checks) == made[-1:]
    assert ids(snapshot.older_checks) == made[-10:-1]
    assert ids(github.forge.older_checks(1, [CHECK_NAME]).runs) == made


def test_the_checks_before_a_force_push_are_found(github: GitHubHarness) -> None:
    first = open_change(github)
    lost = github.forge.create_check(check(first))
    foreign = github.forge.create_check(check(first, number=2))
    github.push("topic", TOPIC, parents=(github.tip("main"),), author="kim")
    snapshot = read(github)
    assert (ids(snapshot.checks), ids(snapshot.older_checks)) == ([], [lost.id])
    assert ids(snapshot.other_checks) == [foreign.id]
    assert ids(github.forge.older_checks(1, [CHECK_NAME]).runs) == [lost.id]


def test_a_snapshot_has_the_heads_of_the_last_five_force_pushes(github: GitHubHarness) -> None:
    heads = [open_change(github)]
    main = github.tip("main")
    heads += [github.push("topic", {"more.py": f"{index}\n"}, parents=(main,)) for index in range(6)]
    made = [github.forge.create_check(check(head)).id for head in heads]
    snapshot = read(github)
    assert (ids(snapshot.checks), ids(snapshot.older_checks)) == (made[-1:], made[1:-1])
    assert ids(github.forge.older_checks(1, [CHECK_NAME]).runs) == made


def test_the_checks_of_the_commits_before_a_replaced_head_are_found(github: GitHubHarness) -> None:
    first = open_change(github)
    lost = github.forge.create_check(check(first))
    second = github.push("topic", {"more.py": "1\n"})
    github.push("topic", {"more.py": "2\n"}, parents=(github.tip("main"),))
    third = github.tip("topic")
    older = github.forge.older_checks(1, [CHECK_NAME])
    assert ids(older.runs) == [lost.id]
    [push] = older.pushes
    assert (push.before, push.after, push.parents[second], push.parents[first]) == (
        second,
        third,
        (first,),
        (github.tip("main"),),
    )
    assert push.at == read(github).pull.forced_at
    assert (set(older.commits), older.head_sha, older.base_sha) == ({third}, third, github.tip("main"))
    assert older.has_all_commits


def test_the_last_commits_before_a_replaced_head_are_read(github: GitHubHarness) -> None:
    first = open_change(github)
    github.forge.create_check(check(first))
    heads = [github.push("topic", {"more.py": f"{index}\n"}) for index in range(MOST_REPLACED)]
    seen = Seen.of(read(github).pull)
    github.push("topic", {"more.py": "0\n"}, parents=(github.tip("main"),))
    older = github.forge.older_checks(1, [CHECK_NAME])
    assert older.runs == ()
    assert set(older.pushes[0].parents) == set(heads)
    assert older.has_every_head_since(seen, is_base_protected=True)
    assert not older.has_every_head_since(replace(seen, head_sha=github.tip("main")), is_base_protected=True)
    assert older.has_every_head_since(Seen.of(read(github).pull), is_base_protected=True)


def test_every_force_push_is_found(github: GitHubHarness) -> None:
    open_change(github)
    main = github.tip("main")
    heads = [github.push("topic", {"more.py": f"{index}\n"}, parents=(main,)) for index in range(12)]
    older = github.forge.older_checks(1, [CHECK_NAME, OTHER_NAME])
    assert [push.after for push in older.pushes] == heads


def test_older_checks_include_those_of_the_head(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_check(check(head))
    github.forge.create_check(replace(check(head), name="tests"))
    assert github.forge.older_checks(1, [CHECK_NAME]).runs == (made,)
    with pytest.raises(NotFound):
        github.forge.older_checks(2, [CHECK_NAME])
    with pytest.raises(PermissionMissing):
        github.forge_without("checks: read").older_checks(1, [CHECK_NAME])


def test_an_older_check_of_another_app_is_reported_as_such(github: GitHubHarness) -> None:
    head = open_change(github)
    github.foreign_check(head, "pr1=success")
    github.push("topic", {"more.py": "1\n"})
    assert [one.foreign for one in read(github).older_checks] == [True]


# Unreadable


def test_a_token_without_checks_reads_everything_else(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_check(check(head))
    github.push("topic", {"more.py": "1\n"})
    snapshot = read(github, forge=github.forge_without("checks: read"))
    assert not snapshot.checks_readable
    assert snapshot.checks + snapshot.older_checks + snapshot.other_checks == ()
    assert snapshot.pull.commit_count == 2
    assert read(github).checks_readable


# Names


OTHER_NAME = NAMES.against("main", "release")


def test_the_checks_of_other_names_are_among_the_older_ones(github: GitHubHarness) -> None:
    first = open_change(github)
    there = github.forge.create_check(replace(check(first), name=OTHER_NAME))
    second = github.push("topic", {"more.py": "1\n"})
    here = github.forge.create_check(replace(check(second), name=OTHER_NAME))
    github.forge.create_check(replace(check(second, number=2), name=OTHER_NAME))
    plain = github.forge.create_check(check(second))
    assert ids(read(github).checks) == [plain.id]
    assert read(github).older_checks == ()
    both = read(github, names=(CHECK_NAME, OTHER_NAME))
    assert (ids(both.checks), ids(both.older_checks), both.other_checks) == ([plain.id], [there.id, here.id], ())
    assert both.check_names == (CHECK_NAME, OTHER_NAME)
    assert [one.name for one in both.older_checks] == [OTHER_NAME] * 2
    turned = read(github, names=(OTHER_NAME, CHECK_NAME))
    assert (ids(turned.checks), ids(turned.older_checks)) == ([here.id], [there.id, plain.id])
    assert [one.tag for one in turned.other_checks] == [CheckTag(2, "success")]
    assert ids(github.forge.older_checks(1, [CHECK_NAME, OTHER_NAME]).runs) == [there.id, here.id, plain.id]


def test_the_head_keeps_its_checks_of_other_names_once_the_base_has_it(github: GitHubHarness) -> None:
    head = open_change(github)
    plain = github.forge.create_check(check(head))
    github.push("mine", {"mine.py": "1\n"}, parents=(head,))
    github.retarget(1, "mine")
    other = github.forge.create_check(replace(check(head), name=NAMES.against("main", "mine")))
    snapshot = read(github, names=(NAMES.against("main", "mine"), CHECK_NAME))
    assert (ids(snapshot.checks), ids(snapshot.older_checks)) == ([other.id], [plain.id])


def test_a_pull_request_knows_the_branches_that_it_was_against(github: GitHubHarness) -> None:
    open_change(github)
    assert read(github).pull.former_bases == ()
    for number in range(MOST_FORMER_BASES + 3):
        github.push(f"base-{number}", {}, parents=(github.tip("main"),))
        github.retarget(1, f"base-{number}")
    former = read(github).pull.former_bases
    assert len(former) == MOST_FORMER_BASES + 1
    assert read(github).pull.unread_bases_until is not None
    assert former[-1] == f"base-{MOST_FORMER_BASES + 1}"


def test_a_check_of_another_name_makes_a_pull_request_wait(github: GitHubHarness) -> None:
    head = open_change(github)
    github.push("release", {"release.txt": "1\n"})
    github.retarget(1, "release")
    made = github.forge.create_check(replace(check(head, done=False), name=OTHER_NAME))
    assert github.forge.waiting(NAMES).known == (1,)
    assert github.forge.waiting(CheckNames(CHECK_NAME, ("release",))).unknown == {1}
    github.retarget(1, "main")
    github.forge.create_check(check(head))
    assert github.forge.waiting(NAMES).known == (1,), "with the name for a former base"
    github.forge.update_check(made.id, replace(check(head), name=OTHER_NAME))
    waiting = github.forge.waiting(NAMES)
    assert (waiting.known, waiting.unknown) == ((), frozenset())


# The checks of others


def words(github: GitHubHarness, head: str) -> set[tuple[str, str, str]]:
    """Return the name, the App and the state of each check of a head."""
    return {(one.name, one.app, one.state.value) for one in github.forge.head_checks(head)}


def test_the_checks_of_a_head_are_those_of_every_app_and_its_statuses(github: GitHubHarness) -> None:
    head = open_change(github)
    assert words(github, head) == set()
    github.forge.create_check(check(head, done=False))
    github.other_check(head, "CI", None)
    github.other_check(head, "build / [x]", "skipped")
    github.set_status(head, "lint", "pending")
    own = (CHECK_NAME, "github-actions", "running")
    app = {one.app for one in github.forge.head_checks(head) if one.name == "CI"}.pop()
    there = {own, ("CI", app, "running"), ("build / [x]", app, "green"), ("lint", "", "running")}
    assert words(github, head) == there
    github.other_check(head, "CI", "failure")
    github.set_status(head, "lint", "success")
    changed = {("CI", app, "not successful"), ("lint", "", "green")}
    assert words(github, head) == {own, ("build / [x]", app, "green"), *changed}
    assert words(github, github.push("topic", {"more.txt": "1\n"})) == set()


def test_the_latest_of_two_check_runs_counts(github: GitHubHarness) -> None:
    head = open_change(github)
    github.other_check(head, "CI", "failure")
    github.other_check(head, "CI", None)
    assert {word for *_, word in words(github, head)} == {"running"}
    github.other_check(head, "CI", "success")
    assert {word for *_, word in words(github, head)} == {"green"}


def test_all_checks_of_a_head_are_read(github: GitHubHarness) -> None:
    head = open_change(github)
    for number in range(120):
        github.other_check(head, f"build {number}", "success")
    assert len(words(github, head)) == 120


@pytest.mark.parametrize("permission", ["checks: read", "statuses: read", "actions: read"])
def test_the_checks_of_a_head_need_all_permissions(github: GitHubHarness, permission: str) -> None:
    head = open_change(github)
    github.other_check(head, "CI", "success")
    with pytest.raises(PermissionMissing):
        github.forge_without(permission).head_checks(head)


def test_a_commit_that_does_not_exist_has_no_checks(github: GitHubHarness) -> None:
    open_change(github)
    with pytest.raises(NotFound):
        github.forge.head_checks("0" * 40)


def test_pull_requests_are_found_by_their_head_and_its_branch(github: GitHubHarness) -> None:
    head = open_change(github)
    second_pull(github)
    assert github.forge.with_head(["topic"], head) == (1, 2)
    assert github.forge.with_head(["other", "topic"], head) == (1, 2)
    assert github.forge.with_head(["other"], head) == ()
    assert github.forge.with_head(["topic"], "0" * 40) == ()
    github.close(1)
    assert github.forge.with_head(["topic"], head) == (2,)
