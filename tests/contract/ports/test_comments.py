"""The port `Comments`, and what a snapshot contains about the conversation."""

from __future__ import annotations

import pytest

from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Opinion
from reviewbot.errors import NotFound, PermissionMissing, Refused
from tests.contract.ports.github_harness import US, GitHubHarness, open_change, read

MARK = "<!-- reviewbot:summary -->"
LONGEST = 65_536


def test_a_comment_is_posted(github: GitHubHarness) -> None:
    open_change(github)
    github.advance(60)
    made = github.forge.create_comment(1, "Hello.")
    (found,) = read(github).comments
    assert (made.id, made.url, made.body, made.ours) == (found.id, found.url, "Hello.", True)
    assert (found.body, found.ours, found.author, found.author_is_bot) == ("Hello.", True, US, True)
    assert (found.edited_by, found.edited_by_us, found.reacted, found.created_at) == (None, True, False, github.now())


def test_reviewbot_edits_its_comment(github: GitHubHarness) -> None:
    open_change(github)
    made = github.forge.create_comment(1, "Hello.")
    edited = github.forge.update_comment(made.id, "Bye.")
    assert (edited.id, edited.url, edited.body, edited.ours) == (made.id, made.url, "Bye.", True)
    (found,) = read(github).comments
    assert (found.body, found.edited_by, found.edited_by_us) == ("Bye.", "github-actions", True)


def test_another_user_edits_a_comment_by_reviewbot(github: GitHubHarness) -> None:
    open_change(github)
    made = github.forge.create_comment(1, "Hello.")
    github.edit_comment(made.id, "mallory", "Forged.")
    (found,) = read(github).comments
    assert (found.body, found.ours, found.author) == ("Forged.", True, US)
    assert (found.edited_by, found.edited_by_us) == ("mallory", False)
    github.forge.update_comment(made.id, "Ours again.")
    (found,) = read(github).comments
    assert (found.edited_by, found.edited_by_us) == ("github-actions", True)


def test_an_author_edits_their_own_comment(github: GitHubHarness) -> None:
    open_change(github)
    comment = github.comment(1, "mona", "Hm.")
    github.edit_comment(comment, "mona", "Ah.")
    (found,) = read(github).comments
    assert (found.ours, found.edited_by, found.edited_by_us) == (False, "mona", True)


def test_writing_the_same_text_is_an_edit(github: GitHubHarness) -> None:
    open_change(github)
    made = github.forge.create_comment(1, "Hello.")
    github.edit_comment(made.id, "mallory", "Forged.")
    github.forge.update_comment(made.id, "Forged.")
    assert read(github).comments[0].edited_by_us


def test_comments_are_listed_oldest_first_with_their_authors(github: GitHubHarness) -> None:
    open_change(github)
    first = github.comment(1, "mona", "One.")
    second = github.forge.create_comment(1, "Two.").id
    third = github.comment(1, "helper[bot]", "Three.")
    github.edit_comment(first, "mona", "One!")
    found = read(github).comments
    assert [(one.id, one.body, one.ours) for one in found] == [
        (first, "One!", False),
        (second, "Two.", True),
        (third, "Three.", False),
    ]
    assert [(one.author, one.author_is_bot) for one in found] == [("mona", False), (US, True), ("helper[bot]", True)]


def test_another_pull_requests_comments_are_not_listed(github: GitHubHarness) -> None:
    open_change(github)
    github.push("second", {"b.txt": "2\n"})
    github.open_pull("second")
    github.forge.create_comment(2, "There.")
    assert read(github).comments == ()


def test_opinions_on_comments_of_the_conversation_are_read(github: GitHubHarness) -> None:
    open_change(github)
    made = github.forge.create_comment(1, "Hello.")
    github.comment(1, "mona", "Hm.")
    for who, content in (("kim", "+1"), ("helper[bot]", "+1"), ("mona", "-1"), ("mona", "eyes")):
        github.react(made.id, who, content)
    first, second = read(github).comments
    helper, kim = Opinion("helper[bot]", agrees=True), Opinion("kim", agrees=True)
    assert set(first.opinions) == {helper, kim, Opinion("mona", agrees=False)}
    assert second.opinions == ()


def test_a_deleted_comment_is_gone(github: GitHubHarness) -> None:
    open_change(github)
    ours = github.forge.create_comment(1, "Ours.")
    hers = github.comment(1, "mona", "Hers.")
    github.delete_comment(ours.id)
    assert [one.id for one in read(github).comments] == [hers]
    with pytest.raises(NotFound):
        github.forge.update_comment(ours.id, "Again.")
    with pytest.raises(NotFound):
        github.forge.react(ours.id, Reaction.YES, in_thread=False)
    github.forge.delete_comment(ours.id)
    assert [one.id for one in read(github).comments] == [hers]


def test_deleting_a_comment_is_idempotent(github: GitHubHarness) -> None:
    open_change(github)
    made = github.forge.create_comment(1, "Hello.")
    github.forge.delete_comment(made.id)
    github.forge.delete_comment(made.id)
    assert read(github).comments == ()


def test_a_closed_pull_request_takes_comments(github: GitHubHarness) -> None:
    open_change(github)
    github.close(1, merged=True)
    made = github.forge.create_comment(1, "Late.")
    assert [(one.id, one.body) for one in read(github).comments] == [(made.id, made.body)]


def test_a_missing_pull_request_takes_no_comment(github: GitHubHarness) -> None:
    with pytest.raises(NotFound):
        github.forge.create_comment(1, "Hello.")


@pytest.mark.parametrize("body", ["", " \n", "x" * (LONGEST + 1)], ids=["empty", "whitespace", "long"])
def test_a_text_that_is_empty_or_too_long_is_refused(github: GitHubHarness, body: str) -> None:
    open_change(github)
    made = github.forge.create_comment(1, "Hello.")
    with pytest.raises(Refused) as caught:
        github.forge.create_comment(1, body)
    assert caught.value.hint
    with pytest.raises(Refused):
        github.forge.update_comment(made.id, body)
    assert [(one.id, one.body) for one in read(github).comments] == [(made.id, made.body)]


def test_the_longest_text_is_accepted(github: GitHubHarness) -> None:
    open_change(github)
    made = github.forge.create_comment(1, "ü" * LONGEST)
    assert [(one.id, one.body) for one in read(github).comments] == [(made.id, made.body)]


def test_writing_needs_a_permission(github: GitHubHarness) -> None:
    open_change(github)
    made = github.forge.create_comment(1, "Hello.")
    forge = github.forge_without("pull-requests: write")
    with pytest.raises(PermissionMissing):
        forge.create_comment(1, "Again.")
    with pytest.raises(PermissionMissing):
        forge.update_comment(made.id, "Bye.")
    with pytest.raises(PermissionMissing):
        forge.delete_comment(made.id)
    with pytest.raises(PermissionMissing):
        forge.react(made.id, Reaction.YES, in_thread=False)
    assert [one.id for one in read(github, forge=forge).comments] == [made.id], "reading needs no permission"


# Reactions


@pytest.mark.parametrize("reaction", Reaction)
def test_reacting_is_idempotent(github: GitHubHarness, reaction: Reaction) -> None:
    open_change(github)
    comment = github.comment(1, "kim", "/reviewbot review")
    github.forge.react(comment, reaction, in_thread=False)
    github.forge.react(comment, reaction, in_thread=False)
    assert [one.reacted for one in read(github).comments] == [reaction is not Reaction.EYES]


def test_only_reviewbots_own_answers_count(github: GitHubHarness) -> None:
    open_change(github)
    comment = github.comment(1, "kim", "/reviewbot review")
    github.react(comment, "mona", "+1")
    github.react(comment, US, "eyes")
    assert [one.reacted for one in read(github).comments] == [False]


# Summaries


def test_reviewbots_summaries_are_found(github: GitHubHarness) -> None:
    open_change(github)
    for name in ("b", "c", "d", "e"):
        github.push(name, {f"{name}.txt": "1\n"})
        github.open_pull(name)
    github.comment(1, "mona", f"{MARK} hers")
    first = github.forge.create_comment(1, f"{MARK} ours")
    github.forge.create_comment(1, f"{MARK} ours, too")
    github.forge.create_comment(2, f"No mark at the beginning: {MARK}")
    third = github.forge.create_comment(3, f"{MARK} closed")
    fourth = github.forge.create_comment(4, f"{MARK} forged")
    github.edit_comment(fourth.id, "mona", f"{MARK} as she says")
    fifth = github.forge.create_comment(5, f"{MARK} closed first")
    github.close(5)
    github.advance(1)
    github.close(3)
    found = github.forge.summaries(MARK)
    assert [(number, one.id) for number, one in found] == [(1, first.id), (4, fourth.id), (3, third.id), (5, fifth.id)]
    assert (found[1][1].edited_by, found[1][1].edited_by_us) == ("mona", False)
    among = github.forge.summaries(MARK, frozenset({5, 4, 2}))
    assert [number for number, _ in among] == [4, 5]
    assert github.forge.summaries(MARK, frozenset()) == ()
    assert github.forge.summaries("<!-- another -->") == ()


def test_a_summary_after_many_comments_is_found(github: GitHubHarness) -> None:
    open_change(github)
    for index in range(52):
        github.comment(1, "mona", f"Word {index}.")
    made = github.forge.create_comment(1, MARK)
    assert [(number, one.id) for number, one in github.forge.summaries(MARK)] == [(1, made.id)]
