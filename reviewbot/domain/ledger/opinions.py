"""Count the reactions 👍 and 👎 to reviewbot's comments.

Anyone who can read the pull request can react, even with several accounts. Reactions therefore affect only statistics.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reviewbot.domain.findings.markers import read_answer_mark, read_finding_mark, read_summary_mark, read_words
from reviewbot.domain.github.pull_request import Comment, Opinion, Snapshot
from reviewbot.domain.model.events import BOT_SUFFIX
from reviewbot.domain.text.strict_json import Count

MAX_OPINIONS = 100
"""The maximum number of subjects. Comments on the timeline come first, then review threads."""

SUMMARY = "summary"


def answer_key(comment: str) -> str:
    """Return `Opinions.about` for the answer to the question with this `comment_key`."""
    return f"q{comment}"


class Opinions(Struct, frozen=True, array_like=True):
    """The numbers of 👍 and 👎.

    Attributes:
        about: the id of a finding, `SUMMARY`, or the `answer_key` of a question.
    """

    about: str
    up: Count = 0
    down: Count = 0


def opinions_of(snapshot: Snapshot, instance: str) -> tuple[Opinions, ...]:
    """Count 👍 and 👎 by subject, at most one of each per person. Ignore bots."""
    found: dict[str, set[Opinion]] = {}
    for about, opinion in _opinions(snapshot, instance):
        if not opinion.login.casefold().endswith(BOT_SUFFIX):
            found.setdefault(about, set()).add(opinion)
    counted = ((about, sum(one.agrees for one in opinions), len(opinions)) for about, opinions in found.items())
    return tuple(Opinions(about, up, every - up) for about, up, every in counted)[:MAX_OPINIONS]


def _opinions(snapshot: Snapshot, instance: str) -> Iterator[tuple[str, Opinion]]:
    for comment in snapshot.comments:
        yield from ((about, one) for about in _about(comment, (), instance) for one in comment.opinions)
    for thread in snapshot.threads:
        findings = _about(thread.comments[0], (), instance) if thread.comments else ()
        for comment in thread.comments:
            yield from ((about, one) for about in _about(comment, findings, instance) for one in comment.opinions)


def _about(comment: Comment, findings: tuple[str, ...], instance: str) -> tuple[str, ...]:
    body = comment.body
    if not (comment.ours and comment.edited_by_us):
        return ()
    if read_summary_mark(body) == instance:
        return (SUMMARY,)
    if (mark := read_finding_mark(body)) and mark.instance == instance:
        return mark.ids
    if (words := read_words(body)) and words.instance == instance:
        answer = read_answer_mark(body)
        return (answer_key(answer.comment),) if answer else findings
    return ()
