"""The port `Reviews`, and what a snapshot contains about reviews and their threads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewbot.domain.findings.markers import reply_mark
from reviewbot.domain.github.drafts import InlineComment, NodeChange, Reaction, ReviewDraft
from reviewbot.domain.github.pull_request import Opinion, Permission, Thread
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.model.review import Side
from reviewbot.errors import NotFound, PermissionMissing, Refused
from reviewbot.ports import Forge
from tests.contract.ports.github_harness import (
    FIRST,
    SECOND,
    TOPIC,
    US,
    GitHubHarness,
    Line,
    open_change,
    read,
    with_lines,
)
from tests.contract.ports.states import inline, on_file, review

LONGEST = 65_536
RIGHT, LEFT = Side.RIGHT.value, Side.LEFT.value


def bodies(github: GitHubHarness, number: int = 1) -> list[list[str]]:
    """Return the texts of every thread."""
    return [[comment.body for comment in thread.comments] for thread in read(github, number).threads]


def nothing_there(github: GitHubHarness) -> bool:
    snapshot = read(github)
    return snapshot.threads == () and snapshot.reviews == ()


# Reviews


def test_a_review_is_posted_with_its_comments(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_review(
        1,
        review(
            head,
            inline(FIRST, "one"),
            inline(SECOND + 3, "range", start=SECOND - 3),
            inline(FIRST, "old", side=Side.LEFT),
            inline(1, "new file", path="new.py"),
            inline(1, "deleted file", path="old.txt", side=Side.LEFT),
        ),
    )
    snapshot = read(github)
    assert [(one.id, one.state, one.body) for one in snapshot.reviews] == [(made, "COMMENTED", "Seen.")]
    assert bodies(github) == [["one"], ["range"], ["old"], ["new file"], ["deleted file"]]
    assert github.places(1) == [
        ("app.py", RIGHT, None, FIRST),
        ("app.py", RIGHT, SECOND - 3, SECOND + 3),
        ("app.py", LEFT, None, FIRST),
        ("new.py", RIGHT, None, 1),
        ("old.txt", LEFT, None, 1),
    ]
    for thread in snapshot.threads:
        (comment,) = thread.comments
        assert (comment.ours, comment.author) == (True, US)
        assert (comment.is_minimized, comment.hidden_as_outdated) == (False, False)
        assert (thread.is_resolved, thread.resolved_by) == (False, None)


def test_a_range_of_one_line_is_a_line(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_review(1, review(head, inline(FIRST, start=FIRST)))
    assert github.places(1) == [("app.py", RIGHT, None, FIRST)]


BAD: dict[str, InlineComment] = {
    "no such file": inline(1, path="absent.py"),
    "a file that did not change": inline(1, path="README.md"),
    "between the hunks": inline(15),
    "before the first hunk": inline(FIRST - 4),
    "after the last hunk": inline(SECOND + 4),
    "beyond the file": inline(99),
    "the left side of a new file": inline(1, path="new.py", side=Side.LEFT),
    "the right side of a deleted file": inline(1, path="old.txt"),
    "a range over two hunks": inline(SECOND, start=FIRST),
    "a range that begins outside": inline(FIRST, start=1),
    "a range that ends before it begins": inline(FIRST, start=FIRST + 1),
    "an empty text": inline(FIRST, ""),
    "a text of whitespace": inline(FIRST, " \n"),
    "a text that is too long": inline(FIRST, "x" * (LONGEST + 1)),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_one_bad_comment_refuses_the_whole_review(github: GitHubHarness, bad: InlineComment) -> None:
    head = open_change(github)
    with pytest.raises(Refused) as caught:
        github.forge.create_review(1, review(head, inline(FIRST), bad, inline(SECOND)))
    assert caught.value.hint
    assert nothing_there(github)


@pytest.mark.parametrize(
    "draft",
    [
        lambda head: review(head, body=""),
        lambda head: review(head, body=" \n"),
        lambda head: review(head, body="", event=ReviewKind.REQUEST_CHANGES),
        lambda head: review(head, body="x" * (LONGEST + 1)),
        lambda _head: review("0" * 40),
        lambda _head: review("0" * 40, inline(FIRST)),
    ],
)
def test_an_invalid_review_is_refused(github: GitHubHarness, draft: Callable[[str], ReviewDraft]) -> None:
    head = open_change(github)
    with pytest.raises(Refused):
        github.forge.create_review(1, draft(head))
    assert nothing_there(github)


def test_the_longest_texts_are_accepted(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_review(1, review(head, inline(FIRST, "x" * LONGEST), body="y" * LONGEST))
    assert [one.body for one in read(github).reviews] == ["y" * LONGEST]


def test_a_review_needs_a_commit_of_the_pull_request(github: GitHubHarness) -> None:
    first = open_change(github)
    second = github.push("topic", {"new.py": "print(2)\n"})
    main = github.tip("main")
    forced = github.push("topic", TOPIC, parents=(main,), author="kim")
    for sha in (first, second, forced):
        github.forge.create_review(1, review(sha, inline(FIRST, sha)))
    stranger = github.push("elsewhere", {"app.py": "x\n"})
    for sha in (main, stranger):
        with pytest.raises(Refused):
            github.forge.create_review(1, review(sha, inline(FIRST)))
    assert bodies(github) == [[first], [second], [forced]]


def test_an_older_commit_has_its_own_lines(github: GitHubHarness) -> None:
    first = open_change(github)
    github.push("topic", {"app.py": with_lines({}), "new.py": None})
    github.forge.create_review(1, review(first, inline(1, "late", path="new.py")))
    assert bodies(github) == [["late"]]
    with pytest.raises(Refused):
        github.forge.create_review(1, review(github.tip("topic"), inline(1, path="new.py")))


def test_a_missing_pull_request_takes_no_review(github: GitHubHarness) -> None:
    with pytest.raises(NotFound):
        github.forge.create_review(1, review(github.tip("main")))


def test_changes_cannot_be_requested_on_ones_own_pull_request(github: GitHubHarness) -> None:
    head = open_change(github, author=US)
    with pytest.raises(Refused):
        github.forge.create_review(1, review(head, event=ReviewKind.REQUEST_CHANGES))
    github.forge.create_review(1, review(head))
    assert [one.state for one in read(github).reviews] == ["COMMENTED"]


def test_a_closed_pull_request_takes_a_review(github: GitHubHarness) -> None:
    head = open_change(github)
    github.close(1)
    github.forge.create_review(1, review(head, inline(FIRST)))
    assert bodies(github) == [["Hm."]]


def test_reviews_of_other_people_are_not_reported(github: GitHubHarness) -> None:
    open_change(github)
    github.review(1, "kim", "Good.")
    github.review(1, "kim", "Half.", pending=True)
    assert read(github).reviews == ()


# Pending reviews


def test_a_user_has_at_most_one_pending_review(github: GitHubHarness) -> None:
    head = open_change(github)
    pending = github.review(1, US, "Half.", pending=True)
    assert [(one.id, one.state) for one in read(github).reviews] == [(pending, "PENDING")]
    with pytest.raises(Refused):
        github.forge.create_review(1, review(head))
    for _ in range(2):
        github.forge.delete_pending_review(1, pending)
    github.forge.create_review(1, review(head))
    assert [one.state for one in read(github).reviews] == ["COMMENTED"]


def test_other_users_pending_reviews_stay(github: GitHubHarness) -> None:
    head = open_change(github)
    hers = github.review(1, "kim", "Half.", pending=True)
    github.forge.delete_pending_review(1, hers)
    github.forge.create_review(1, review(head))
    with pytest.raises(NotFound):
        github.forge.dismiss_review(1, hers, "No.")


def test_a_pending_review_of_another_pull_request_is_ignored(github: GitHubHarness) -> None:
    head = open_change(github)
    github.push("second", {"b.txt": "2\n"})
    github.open_pull("second")
    there = github.review(2, US, "Half.", pending=True)
    github.forge.create_review(1, review(head))
    github.forge.delete_pending_review(1, there)
    assert [one.state for one in read(github, 2).reviews] == ["PENDING"]


def test_a_review_that_was_submitted_is_not_deleted(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_review(1, review(head))
    with pytest.raises(Refused):
        github.forge.delete_pending_review(1, made)
    assert len(read(github).reviews) == 1


# Requested changes


def test_changes_are_requested_once_and_dismissed_once(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_review(1, review(head, inline(FIRST), event=ReviewKind.REQUEST_CHANGES))
    assert [one.state for one in read(github).reviews] == ["CHANGES_REQUESTED"]
    github.forge.dismiss_review(1, made, "Nothing blocks.")
    assert [(one.id, one.state, one.body) for one in read(github).reviews] == [(made, "DISMISSED", "Seen.")]
    assert bodies(github) == [["Hm."]]
    with pytest.raises(Refused):
        github.forge.dismiss_review(1, made, "Again.")


def test_a_comment_is_not_dismissed(github: GitHubHarness) -> None:
    head = open_change(github)
    made = github.forge.create_review(1, review(head))
    with pytest.raises(Refused):
        github.forge.dismiss_review(1, made, "No.")
    with pytest.raises(NotFound):
        github.forge.dismiss_review(1, made + 999, "No.")


# Comments on files


def test_a_comment_on_a_file_has_no_line(github: GitHubHarness) -> None:
    head = open_change(github)
    posted = github.forge.create_file_comment(1, head, *on_file())
    (thread,) = read(github).threads
    assert github.places(1) == [("app.py", RIGHT, None, None)]
    (comment,) = thread.comments
    assert (comment.id, comment.body, comment.ours) == (posted, on_file()[1], True)
    assert [(one.state, one.body) for one in read(github).reviews] == [("COMMENTED", "")]


def test_an_invalid_comment_on_a_file_is_refused(github: GitHubHarness) -> None:
    head = open_change(github)
    for commit, comment in (
        (head, on_file(path="README.md")),
        (head, on_file("")),
        (head, on_file("x" * (LONGEST + 1))),
        ("0" * 40, on_file()),
    ):
        with pytest.raises(Refused) as caught:
            github.forge.create_file_comment(1, commit, *comment)
        assert caught.value.hint
    with pytest.raises(NotFound):
        github.forge.create_file_comment(2, head, *on_file())
    assert nothing_there(github)


def test_a_deleted_file_takes_a_comment(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_file_comment(1, head, *on_file(path="old.txt"))
    assert github.places(1) == [("old.txt", RIGHT, None, None)]


# Threads


def test_a_thread_of_another_user_is_read(github: GitHubHarness) -> None:
    open_change(github)
    root = github.start_thread(1, "kim", Line("app.py", FIRST), "Why?")
    github.reply(root, "mona", "Because.")
    (thread,) = read(github).threads
    assert [(one.body, one.ours, one.author) for one in thread.comments] == [
        ("Why?", False, "kim"),
        ("Because.", False, "mona"),
    ]
    assert read(github).reviews == ()


def test_a_review_comment_is_edited(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_review(1, review(head, inline(FIRST)))
    (before,) = read(github).threads
    github.forge.update_review_comment(before.comments[0].id, "Better.")
    (after,) = read(github).threads
    assert [one.body for one in after.comments] == ["Better."]
    assert (after.id, after.comments[0].id) == (before.id, before.comments[0].id)
    for body in ("", "x" * (LONGEST + 1)):
        with pytest.raises(Refused):
            github.forge.update_review_comment(before.comments[0].id, body)
    with pytest.raises(NotFound):
        github.forge.update_review_comment(before.comments[0].id + 999, "No.")


def test_deleting_a_comment_deletes_its_empty_thread_and_review(github: GitHubHarness) -> None:
    head = open_change(github)
    one, two = (github.forge.create_file_comment(1, head, *on_file(body)) for body in ("one", "two"))
    github.forge.delete_review_comment(one)
    github.forge.delete_review_comment(one)
    assert (bodies(github), len(read(github).reviews)) == ([["two"]], 1)
    github.delete_review_comment(two)
    assert nothing_there(github)


def test_a_review_with_a_text_remains_without_its_comments(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_review(1, review(head, inline(FIRST)))
    github.forge.delete_review_comment(read(github).threads[0].comments[0].id)
    assert (bodies(github), [one.body for one in read(github).reviews]) == ([], ["Seen."])


def test_a_reply_remains_without_the_first_comment(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_review(1, review(head, inline(FIRST)))
    (thread,) = read(github).threads
    github.reply(thread.comments[0].id, "mona", "Is it?")
    github.delete_review_comment(thread.comments[0].id)
    (left,) = read(github).threads
    assert (left.id, [one.body for one in left.comments]) == (thread.id, ["Is it?"])


def test_a_reply_has_its_author_time_and_last_editor(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_review(1, review(head, inline(FIRST)))
    root = read(github).threads[0].comments[0].id
    reply = github.reply(root, "kim", "/reviewbot status")
    first, found = read(github).threads[0].comments
    assert (first.ours, first.edited_by, first.edited_by_us) == (True, None, True)
    assert (found.id, found.author, found.author_is_bot, found.ours) == (reply, "kim", False, False)
    assert (found.edited_by, found.reacted, found.created_at) == (None, False, github.now())
    github.edit_comment(reply, "mona", "/reviewbot review")
    github.forge.update_review_comment(root, "Fixed.")
    first, found = read(github).threads[0].comments
    assert (found.author, found.edited_by, found.edited_by_us) == ("kim", "mona", False)
    assert first.edited_by_us
    github.edit_comment(root, "mona", "Nothing to see.")
    assert not read(github).threads[0].comments[0].edited_by_us


def test_reviewbot_replies_in_a_thread_of_the_pull_request(github: GitHubHarness) -> None:
    thread = one_thread(github)
    root = thread.comments[0].id
    posted = github.forge.create_reply(1, root, "It is fixed.")
    _, found = read(github).threads[0].comments
    assert (found.id, found.body) == (posted, "It is fixed.")
    assert (found.ours, found.author, found.by_collaborator) == (True, US, False)
    with pytest.raises(Refused):
        github.forge.create_reply(1, posted, "To a reply.")
    with pytest.raises(Refused):
        github.forge.create_reply(1, root, " ")
    with pytest.raises(NotFound):
        github.forge.create_reply(2, root, "On another pull request.")
    github.delete_review_comment(root)
    with pytest.raises(NotFound):
        github.forge.create_reply(1, root, "To nothing.")


def test_a_comment_says_whether_a_collaborator_wrote_it(github: GitHubHarness) -> None:
    root = one_thread(github).comments[0].id
    github.grant("kim", Permission.READ)
    for writer in ("kim", "mallory", "acme"):
        github.reply(root, writer, "Hm.")
        github.comment(1, writer, "Hm.")
    now = read(github)
    assert [one.by_collaborator for one in now.threads[0].comments] == [False, True, False, True]
    assert [one.by_collaborator for one in now.comments] == [True, False, True]


def test_reviewbot_reacts_to_a_reply(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_review(1, review(head, inline(FIRST)))
    reply = github.reply(read(github).threads[0].comments[0].id, "kim", "/reviewbot status")
    github.react(reply, "mona", "+1")
    assert not read(github).threads[0].comments[1].reacted
    github.forge.react(reply, Reaction.YES, in_thread=True)
    assert [one.reacted for one in read(github).threads[0].comments] == [False, True]
    with pytest.raises(NotFound):
        github.forge.react(reply, Reaction.YES, in_thread=False)


def test_opinions_on_the_first_comment_of_a_thread_are_read(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_review(1, review(head, inline(FIRST), inline(SECOND)))
    first = read(github).threads[0].comments[0].id
    for who, content in (("mona", "-1"), ("kim", "+1"), ("lee", "-1"), ("lee", "heart"), (US, "eyes")):
        github.react(first, who, content)
    assert [set(one.comments[0].opinions) for one in read(github).threads] == [
        {Opinion("kim", agrees=True), Opinion("mona", agrees=False), Opinion("lee", agrees=False)},
        set(),
    ]


def test_opinions_on_the_reviewers_text_in_a_thread_are_read(github: GitHubHarness) -> None:
    head = open_change(github)
    github.forge.create_review(1, review(head, inline(FIRST)))
    first = read(github).threads[0].comments[0].id
    said = [github.forge.create_reply(1, first, f"{reply_mark('', '0' * 10)}\n{text}") for text in ("One.", "Two.")]
    github.react(said[1], "lee", "+1")
    assert [one.opinions for one in read(github).threads[0].comments] == [(), (), (Opinion("lee", agrees=True),)]
    github.delete_review_comment(said[1])
    assert [one.opinions for one in read(github).threads[0].comments] == [(), ()]


def test_threads_are_listed_oldest_first(github: GitHubHarness) -> None:
    head = open_change(github)
    github.start_thread(1, "kim", Line("new.py", 1), "first")
    github.forge.create_review(1, review(head, inline(SECOND, "second"), inline(FIRST, "third")))
    github.forge.create_file_comment(1, head, *on_file("fourth"))
    assert bodies(github) == [["first"], ["second"], ["third"], ["fourth"]]


def test_a_long_thread_is_read_completely(github: GitHubHarness) -> None:
    open_change(github)
    root = github.start_thread(1, "kim", Line("app.py", FIRST), "0")
    for index in range(1, 23):
        github.reply(root, "mona", str(index))
    assert bodies(github) == [[str(index) for index in range(23)]]


# Lines after pushes


def pushed(github: GitHubHarness, changed: dict[int, str], first: str = "") -> None:
    github.push("topic", {"app.py": first + with_lines({FIRST: "five\n", SECOND: "thirty\n", **changed})})


def commented(github: GitHubHarness) -> None:
    """Create three comments in the second hunk: on a range, on the old side, on the file."""
    head = open_change(github)
    comments = inline(SECOND + 1, "range", start=SECOND), inline(SECOND, "old", side=Side.LEFT)
    github.forge.create_review(1, review(head, *comments))
    github.forge.create_file_comment(1, head, *on_file())


def test_comments_move_with_lines_pushed_above_them(github: GitHubHarness) -> None:
    commented(github)
    pushed(github, {}, "zero\n")
    assert github.places(1) == [
        ("app.py", RIGHT, SECOND + 1, SECOND + 2),
        ("app.py", LEFT, None, SECOND),
        ("app.py", RIGHT, None, None),
    ]


def test_a_comment_on_a_changed_line_is_outdated(github: GitHubHarness) -> None:
    commented(github)
    pushed(github, {SECOND + 1: "changed\n"})
    assert github.places(1)[:2] == [("app.py", RIGHT, None, None), ("app.py", LEFT, None, SECOND)]


def test_a_comment_on_a_range_whose_first_line_changed_is_not_outdated(github: GitHubHarness) -> None:
    commented(github)
    pushed(github, {SECOND: "changed\n"})
    assert github.places(1)[0] == ("app.py", RIGHT, None, SECOND + 1)


def test_a_comment_on_a_line_outside_the_diff_is_outdated(github: GitHubHarness) -> None:
    commented(github)
    github.push("topic", {"app.py": with_lines({FIRST: "five\n"})})
    assert github.places(1)[:2] == [("app.py", RIGHT, None, None), ("app.py", LEFT, None, None)]


def test_a_comment_on_a_restored_line_is_current_again(github: GitHubHarness) -> None:
    commented(github)
    head = github.tip("topic")
    pushed(github, {SECOND + 1: "changed\n"})
    github.move("topic", head)
    assert github.places(1)[0] == ("app.py", RIGHT, SECOND, SECOND + 1)


@pytest.mark.parametrize("files", [{"app.py": None}, {"app.py": None, "moved.py": TOPIC["app.py"]}], ids=["del", "mv"])
def test_comments_on_a_deleted_or_renamed_file_have_no_line(
    github: GitHubHarness, files: dict[str, str | None]
) -> None:
    commented(github)
    github.push("topic", files)
    assert github.places(1)[0] == ("app.py", RIGHT, None, None)


def test_the_old_side_moves_when_the_base_is_merged(github: GitHubHarness) -> None:
    commented(github)
    head = github.tip("topic")
    main = github.push("main", {"app.py": "zero\n" + with_lines({})})
    assert github.places(1)[1] == ("app.py", LEFT, None, SECOND), "the merge base is the same"
    merged = "zero\n" + with_lines({FIRST: "five\n", SECOND: "thirty\n"})
    github.push("topic", {"app.py": merged}, parents=(head, main))
    assert github.places(1)[:2] == [
        ("app.py", RIGHT, SECOND + 1, SECOND + 2),
        ("app.py", LEFT, None, SECOND + 1),
    ]


def test_the_old_side_moves_with_another_base_branch(github: GitHubHarness) -> None:
    commented(github)
    first = github.push("release", {"app.py": with_lines({1: "one\n"})}, parents=(github.tip("main"),))
    assert first != github.tip("main")
    github.retarget(1, "release")
    assert github.places(1)[1] == ("app.py", LEFT, None, SECOND)


# Resolve and hide


def one_thread(github: GitHubHarness) -> Thread:
    head = open_change(github)
    github.forge.create_review(1, review(head, inline(FIRST)))
    return read(github).threads[0]


def standing(github: GitHubHarness, forge: Forge | None = None) -> tuple[bool, bool, bool, str | None]:
    (thread,) = read(github, forge=forge).threads
    return thread.is_resolved, thread.can_resolve, thread.can_unresolve, thread.resolved_by


def test_reviewbot_resolves_and_reopens_a_thread(github: GitHubHarness) -> None:
    thread = one_thread(github)
    assert standing(github) == (False, True, False, None)
    for _ in range(2):
        github.forge.change_node(thread.id, NodeChange.RESOLVE)
        assert standing(github) == (True, False, True, "github-actions")
    for _ in range(2):
        github.forge.change_node(thread.id, NodeChange.UNRESOLVE)
        assert standing(github) == (False, True, False, None)


def test_another_user_resolves_a_thread(github: GitHubHarness) -> None:
    thread = one_thread(github)
    github.resolve(thread.comments[0].id, "mona")
    assert standing(github) == (True, False, True, "mona")
    github.resolve(thread.comments[0].id, None)
    assert standing(github) == (False, True, False, None)


@pytest.mark.parametrize("permission", ["contents: write", "pull-requests: write"])
def test_resolving_needs_both_permissions(github: GitHubHarness, permission: str) -> None:
    thread = one_thread(github)
    forge = github.forge_without(permission)
    assert standing(github, forge) == (False, False, False, None)
    with pytest.raises(PermissionMissing) as caught:
        forge.change_node(thread.id, NodeChange.RESOLVE)
    assert caught.value.needs
    github.forge.change_node(thread.id, NodeChange.RESOLVE)
    assert standing(github, forge) == (True, False, False, "github-actions")
    with pytest.raises(PermissionMissing):
        forge.change_node(thread.id, NodeChange.UNRESOLVE)
    assert standing(github) == (True, False, True, "github-actions")


def test_a_comment_is_hidden_and_shown_again(github: GitHubHarness) -> None:
    thread = one_thread(github)
    node_id = thread.comments[0].node_id
    for _ in range(2):
        github.forge.change_node(node_id, NodeChange.HIDE)
    (hidden,) = read(github).threads[0].comments
    assert (hidden.is_minimized, hidden.hidden_as_outdated) == (True, True)
    for _ in range(2):
        github.forge.change_node(node_id, NodeChange.SHOW)
    assert read(github).threads == (thread,)


def test_a_deleted_thread_is_neither_resolved_nor_hidden(github: GitHubHarness) -> None:
    thread = one_thread(github)
    github.delete_review_comment(thread.comments[0].id)
    acts: tuple[Callable[[], object], ...] = (
        lambda: github.forge.change_node(thread.id, NodeChange.RESOLVE),
        lambda: github.forge.change_node(thread.id, NodeChange.UNRESOLVE),
        lambda: github.forge.change_node(thread.comments[0].node_id, NodeChange.HIDE),
        lambda: github.forge.change_node(thread.comments[0].node_id, NodeChange.SHOW),
    )
    for act in acts:
        with pytest.raises(NotFound):
            act()


def test_writing_needs_a_permission(github: GitHubHarness) -> None:
    thread = one_thread(github)
    head, comment = github.tip("topic"), thread.comments[0]
    pending = github.review(1, US, "Half.", pending=True)
    before = read(github)
    forge = github.forge_without("pull-requests: write")
    acts: tuple[Callable[[], object], ...] = (
        lambda: forge.create_review(1, review(head)),
        lambda: forge.create_file_comment(1, head, *on_file()),
        lambda: forge.create_reply(1, comment.id, "No."),
        lambda: forge.update_review_comment(comment.id, "No."),
        lambda: forge.delete_review_comment(comment.id),
        lambda: forge.delete_pending_review(1, pending),
        lambda: forge.dismiss_review(1, pending, "No."),
        lambda: forge.change_node(comment.node_id, NodeChange.HIDE),
        lambda: forge.change_node(comment.node_id, NodeChange.SHOW),
    )
    for act in acts:
        with pytest.raises(PermissionMissing):
            act()
    assert read(github) == before
