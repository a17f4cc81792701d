"""Count 👍 and 👎 on reviewbot's comments by subject and by the role of the user.

Everyone who can read the pull request can give an opinion, also with several accounts. Opinions therefore affect only
the statistics.
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
"""The maximum number of subjects. Subjects in the conversation come first, then subjects in threads, oldest first."""

SUMMARY = "summary"


def answer_key(comment: str) -> str:
    """Return the subject of opinions on an answer, given the `comment_key` of the question."""
    return f"q{comment}"


class Opinions(Struct, frozen=True, array_like=True):
    """The numbers of people who agree and disagree with a comment by reviewbot.

    Attributes:
        about: the id of a finding, `SUMMARY`, or the `answer_key` of a question.
        author_up: the number of 👍 by authors of the pull request. `author_down` is their number of 👎.
        others_up: the number of 👍 by other people. `others_down` is their number of 👎.
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
    """Count the opinions by subject. A person counts at most once for and once against a subject. Ignore bots."""
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
    """Return the subjects of a comment by reviewbot, else nothing. A reply is about the findings of the thread."""
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
