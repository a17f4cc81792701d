"""👍 and 👎 count by role: the author's, those of others with write access, no others."""

from __future__ import annotations

import pytest

from reviewbot.domain.findings.markers import FindingMark
from reviewbot.domain.github.pull_request import Opinion, Thread, ThreadComment
from reviewbot.domain.ledger.opinions import MAX_OPINIONS, Opinions, opinions_of
from reviewbot.domain.model.review import Side
from reviewbot.values import replace
from tests.domain.builders import commit, pull, snapshot_of

YES, NO = True, False


def thread(*opinions: tuple[str, bool], ids: tuple[str, ...] = ("ab12",), instance: str = "", **more: object) -> Thread:
    """Return a thread of reviewbot's with opinions on its first comment."""
    comment = replace(ThreadComment(1, "https://x/1", f"{FindingMark(instance, ids)}\nText", ours=True), **more)  # type: ignore[arg-type]  # a builder
    said = tuple(Opinion(login, agrees) for login, agrees in opinions)
    return Thread("T1", "a.py", Side.RIGHT, 1, None, is_resolved=False, comments=(comment,), opinions=said)


@pytest.mark.parametrize(
    ("login", "agrees", "counted"),
    [
        ("ann", YES, Opinions("ab12", author_up=1)),
        ("ANN", NO, Opinions("ab12", author_down=1)),
        ("kim", NO, Opinions("ab12", author_down=1)),
        ("Lee", YES, Opinions("ab12", others_up=1)),
        ("lee", NO, Opinions("ab12", others_down=1)),
    ],
)
def test_an_opinion_counts_for_its_role(login: str, agrees: bool, counted: Opinions) -> None:  # noqa: FBT001 — a table
    now = pull(author="ann", commits=(commit("kim"),), head_sha=commit("kim").sha)
    assert opinions_of(snapshot_of(now, thread((login, agrees)), writers=["lee"]), "") == (counted,)
    assert (counted.up, counted.down) == (int(agrees), int(not agrees))


@pytest.mark.parametrize("login", ["stranger", "lee[bot]", "ann[bot]", "renovate[bot]"])
def test_opinions_of_strangers_and_bots_are_ignored(login: str) -> None:
    said = thread((login, YES), (login, NO))
    assert opinions_of(snapshot_of(pull(), said, writers=["lee", "lee[bot]"]), "") == ()


def test_the_opener_is_an_author_if_not_every_commit_is_known() -> None:
    now = pull(commit_count=2)
    assert now.people is None
    assert opinions_of(snapshot_of(now, thread(("ann", YES))), "") == (Opinions("ab12", author_up=1),)
    ghost = snapshot_of(replace(now, author=None), thread(("ann", YES)))
    assert opinions_of(ghost, "") == ()


def test_an_opinion_counts_for_every_finding_of_the_comment_and_is_added_up() -> None:
    found = opinions_of(
        snapshot_of(pull(), thread(("ann", YES), ids=("a", "b")), thread(("ann", YES), ("ann", NO), ids=("b",))), ""
    )
    assert found == (Opinions("a", author_up=1), Opinions("b", author_up=2, author_down=1))


@pytest.mark.parametrize(
    "said",
    [
        thread(("ann", YES), ours=False),
        thread(("ann", YES), edited_by="mona", edited_by_us=False),
        thread(("ann", YES), body="No mark"),
        thread(("ann", YES), instance="other"),
        replace(thread(("ann", YES)), comments=()),
    ],
)
def test_only_reviewbots_own_unedited_comments_have_opinions(said: Thread) -> None:
    assert opinions_of(snapshot_of(pull(), said), "") == ()


def test_the_number_of_findings_with_an_opinion_is_bounded() -> None:
    threads = (thread(("ann", YES), ids=(f"{number}",)) for number in range(MAX_OPINIONS + 1))
    assert len(opinions_of(snapshot_of(pull(), *threads), "")) == MAX_OPINIONS
