"""The port's methods for a conversation: comments, reactions, labels, threads, minimized comments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from reviewbot_sandbox.github import READ_ONLY, WORKFLOW, Access, CommentForm, Scope

from reviewbot.domain.findings import markers
from reviewbot.domain.findings.markers import Words, reply_mark
from reviewbot.domain.github.drafts import NodeChange, Reaction
from reviewbot.errors import NotFound, PermissionMissing

if TYPE_CHECKING:
    from tests.adapters.conftest import GitHubOnLoopback

REPO = "acme/widget"
BOT = "github-actions[bot]"


def thread_by_mona(github: GitHubOnLoopback) -> int:
    """Return the id of a thread's first comment."""
    return github.world.review_comment(REPO, 1, "mona", CommentForm("Hm.", "app.py", line=2)).id


def test_a_comment_has_its_author_and_time(github: GitHubOnLoopback) -> None:
    github.forge.create_comment(1, "ours")
    github.world.comment(REPO, 1, "mona", "hers")
    ours, hers = github.snapshot().comments
    assert (ours.author, ours.author_is_bot) == (BOT, True)
    assert (hers.author, hers.author_is_bot) == ("mona", False)
    assert hers.created_at is not None
    assert timedelta() <= datetime.now(UTC) - hers.created_at < timedelta(minutes=1)


def test_a_new_comment_is_read_back(github: GitHubOnLoopback) -> None:
    made = github.forge.create_comment(1, "hello")
    (found,) = github.snapshot().comments
    assert (made.id, made.url, made.body, made.ours) == (found.id, found.url, found.body, found.ours)


def test_a_comment_of_a_deleted_account_has_no_author(github: GitHubOnLoopback) -> None:
    github.world.comment(REPO, 1, "gone", "bye")
    del github.world.store.users["gone"]
    assert github.snapshot().comments[0].author is None


@pytest.mark.parametrize("reaction", Reaction)
def test_reviewbots_reaction_is_added_once(github: GitHubOnLoopback, reaction: Reaction) -> None:
    comment = github.world.comment(REPO, 1, "mona", "/review")
    github.world.react(comment.id, "mona", reaction.value)
    assert github.snapshot().comments[0].reacted is False, "another user's reaction does not count"
    github.world.react(comment.id, BOT, "heart")
    assert github.snapshot().comments[0].reacted is False, (
        "another workflow has the same login, and this is not an answer"
    )
    github.forge.react(comment.id, reaction, in_thread=False)
    github.forge.react(comment.id, reaction, in_thread=False)
    assert github.snapshot().comments[0].reacted is (reaction is not Reaction.EYES)
    assert [(each.user, each.content) for each in github.world.store.reactions] == [
        ("mona", reaction.value),
        (BOT, "heart"),
        (BOT, reaction.value),
    ]


def test_a_text_that_is_deleted_before_its_reactions_are_read_has_none(
    github: GitHubOnLoopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = thread_by_mona(github)
    words = f"{reply_mark('', '0' * 10)}\nWords."
    kept, gone = (github.forge.create_reply(1, first, words) for _ in range(2))
    for one in (kept, gone):
        github.world.react(one, "mona", "+1")

    def read_words(body: str) -> Words | None:
        if found := markers.read_words(body):
            github.world.store.replies.pop(gone, None)
        return found

    monkeypatch.setattr("reviewbot.adapters.github.forge.read_words", read_words)
    comments = github.snapshot().threads[0].comments
    assert [[one.login for one in comment.opinions] for comment in comments] == [[], ["mona"], []]


def test_a_deleted_comment_gets_no_reaction(github: GitHubOnLoopback) -> None:
    with pytest.raises(NotFound):
        github.forge.react(1, Reaction.YES, in_thread=False)


@pytest.mark.parametrize("name", ["review", "a b/c?d#e%2F", "ünï"])
def test_removing_a_label_is_idempotent(github: GitHubOnLoopback, name: str) -> None:
    github.world.label(REPO, 1, name, "mona")
    github.world.label(REPO, 1, "stays", "mona")
    github.forge.remove_label(1, name)
    github.forge.remove_label(1, name)
    assert github.snapshot().pull.labels == frozenset({"stays"})


def test_a_review_comment_is_edited(github: GitHubOnLoopback) -> None:
    comment = thread_by_mona(github)
    github.forge.update_review_comment(comment, "Ah.")
    assert [each.body for each in github.snapshot().threads[0].comments] == ["Ah."]
    with pytest.raises(NotFound):
        github.forge.update_review_comment(1, "gone")


def test_a_comment_of_a_thread_is_hidden_with_a_reason(github: GitHubOnLoopback) -> None:
    root = thread_by_mona(github)
    (before,) = github.snapshot().threads[0].comments
    github.forge.change_node(before.node_id, NodeChange.HIDE)
    (after,) = github.snapshot().threads[0].comments
    assert (before.is_minimized, after.is_minimized, after.hidden_as_outdated) == (False, True, True)
    assert github.world.store.replies[root].minimized == "outdated"
    github.forge.change_node(before.node_id, NodeChange.SHOW)
    assert github.snapshot().threads[0].comments == (before,)


def test_a_deleted_comment_cannot_be_hidden_or_resolved(github: GitHubOnLoopback) -> None:
    thread_by_mona(github)
    (thread,) = github.snapshot().threads
    github.world.delete_comment(thread.comments[0].id)
    with pytest.raises(NotFound):
        github.forge.change_node(thread.comments[0].node_id, NodeChange.HIDE)
    with pytest.raises(NotFound):
        github.forge.change_node(thread.id, NodeChange.RESOLVE)


def test_resolving_needs_contents_write_as_the_thread_reports(github: GitHubOnLoopback) -> None:
    thread_by_mona(github)
    (thread,) = github.snapshot().threads
    assert (thread.is_resolved, thread.can_resolve) == (False, False)
    with pytest.raises(PermissionMissing) as caught:
        github.forge.change_node(thread.id, NodeChange.RESOLVE)
    assert caught.value.needs == "contents: write"
    assert not github.snapshot().threads[0].is_resolved

    github.world.app_token("ghs_writer", permissions={**WORKFLOW, Scope.CONTENTS: Access.WRITE})
    with github.open("ghs_writer") as forge:
        assert github.snapshot(forge=forge).threads[0].can_resolve
        forge.change_node(thread.id, NodeChange.RESOLVE)
        (thread,) = github.snapshot(forge=forge).threads
        assert (thread.is_resolved, thread.can_resolve, thread.can_unresolve) == (True, False, True)
        assert thread.resolved_by == "github-actions"
        forge.change_node(thread.id, NodeChange.UNRESOLVE)
    assert not github.snapshot().threads[0].is_resolved


def test_a_read_only_token_writes_nothing_on_github(github: GitHubOnLoopback) -> None:
    comment = github.world.comment(REPO, 1, "mona", "/review").id
    github.world.label(REPO, 1, "review", "mona")
    root = thread_by_mona(github)
    before = github.snapshot()
    (thread,) = before.threads
    github.world.app_token("ghs_fork", permissions=READ_ONLY)
    with github.open("ghs_fork") as forge:
        deeds: tuple[Callable[[], None], ...] = (
            lambda: forge.react(comment, Reaction.YES, in_thread=False),
            lambda: forge.remove_label(1, "review"),
            lambda: forge.update_review_comment(root, "Ah."),
            lambda: forge.change_node(thread.id, NodeChange.RESOLVE),
            lambda: forge.change_node(thread.comments[0].node_id, NodeChange.HIDE),
        )
        for deed in deeds:
            with pytest.raises(PermissionMissing):
                deed()
    assert github.snapshot() == before
