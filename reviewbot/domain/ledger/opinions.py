"""Count 👍 and 👎 on reviewbot's comments by subject and by the role of the user.

An author's second account counts as another person, and so does everyone who can read the pull request. Opinions
therefore affect only the statistics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.domain.findings.markers import read_answer_mark, read_finding_mark, read_summary_mark, read_words
from reviewbot.domain.github.pull_request import Comment, Opinion, PullRequest, Snapshot
from reviewbot.domain.model.events import BOT_SUFFIX
from reviewbot.domain.text.strict_json import Count

MAX_OPINIONS = 100
"""The most subjects with opinions. Those in the conversation come first, then those in threads, oldest first."""

SUMMARY = "summary"


def answer_key(comment: str) -> str:
    """Return the subject of opinions on the answer to a question, given the question's `comment_key`."""
    return f"q{comment}"


class Opinions(Struct, frozen=True, array_like=True):
    """The numbers of people who agree and disagree with a comment by reviewbot.

    Attributes:
        about: the id of a finding, `SUMMARY`, or the `answer_key` of a question.
        author_up: the 👍 of the pull request's authors. `author_down` is their 👎.
        others_up: the 👍 of other people. `others_down` is their 👎.
    """

    about: str
    author_up: Count = 0
    author_down: Count = 0
    others_up: Count = 0
    others_down: Count = 0

    @property
    def up(self) -> int:
        return self.author_up + self.others_up

    @property
    def down(self) -> int:
        return self.author_down + self.others_down


def opinions_of(snapshot: Snapshot, instance: str) -> tuple[Opinions, ...]:
    """Count the opinions by subject. A person counts at most once for and once against it, and a bot never."""
    found: dict[str, set[Opinion]] = {}
    for about, opinion in _opinions(snapshot, instance):
        if not opinion.login.casefold().endswith(BOT_SUFFIX):
            found.setdefault(about, set()).add(opinion)
    counted = ((about, Counter(_role(one, snapshot.pull) for one in opinions)) for about, opinions in found.items())
    return tuple(Opinions(about, **counts) for about, counts in counted)[:MAX_OPINIONS]


def _opinions(snapshot: Snapshot, instance: str) -> Iterator[tuple[str, Opinion]]:
    for comment in snapshot.comments:
        yield from ((about, one) for about in _about(comment, (), instance) for one in comment.opinions)
    for thread in snapshot.threads:
        findings = _about(thread.comments[0], (), instance) if thread.comments else ()
        for comment in thread.comments:
            yield from ((about, one) for about in _about(comment, findings, instance) for one in comment.opinions)


def _about(comment: Comment, findings: tuple[str, ...], instance: str) -> tuple[str, ...]:
    """Return the subjects of a comment, or none unless reviewbot wrote it. A reply is about its thread's findings."""
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


def _role(opinion: Opinion, pull: PullRequest) -> str:
    authors = pull.people or {(pull.author or "").casefold()}
    role = "author" if opinion.login.casefold() in authors else "others"
    return f"{role}_{'up' if opinion.agrees else 'down'}"
