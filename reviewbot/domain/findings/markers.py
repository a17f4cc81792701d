"""Write and read markers (hidden HTML comments at the start of reviewbot's comments) and the short ids of findings.

Anyone can copy a marker, so markers count only in comments that the token's own account wrote.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from msgspec import Struct

from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Comment
from reviewbot.domain.model.review import Severity

_SUMMARY = re.compile(r'<!-- reviewbot:summary:v1 instance="([^"]{0,100})" -->')
_FINDING = re.compile(r'<!-- reviewbot:finding:v1 instance="([^"]*)" ids=([0-9a-f,]*)(?: answers=([0-9a-f,]+))? -->')
_ANSWER = re.compile(
    r'<!-- reviewbot:answer:v1 instance="([^"]*)" comment=(r?[0-9]{1,19}) reaction=(\+1|-1|confused) -->'
)
_REPLY = re.compile(r'<!-- reviewbot:reply:v1 instance="([^"]*)" key=([0-9a-f]{10}) -->\n?')
_WORDS = re.compile(r"<!-- reviewbot:words -->\n(.*)\n<!-- /reviewbot:words -->", re.DOTALL)
_ANNOUNCEMENT = re.compile(
    r'<!-- reviewbot:announcement:v1 instance="([^"]*)" review=([0-9a-f]{32}-[0-9]{1,6}[a-z-]*) -->'
)
_STATE = re.compile(
    rf"(?P<mark>{_FINDING.pattern})\n?"
    r"(?:<!-- reviewbot:state(?P<closed> closed)? -->\n.*?\n<!-- /reviewbot:state -->\n\n)?",
    re.DOTALL,
)
"""The start of a review comment: the marker and, optionally, the state of a finding."""
_ID_LENGTH = 10
_ID = re.compile(f"[0-9a-f]{{{_ID_LENGTH}}}")


def finding_id(*parts: str) -> str:
    """Return ten hex digits of the SHA-256 of the parts."""
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_ID_LENGTH]


def answer_id(task_id: str) -> str:
    """Return the id of a task's answer in markers."""
    return finding_id("answer", task_id)


def is_finding_id(text: str) -> bool:
    """Return whether a string is ten hex digits, the format of `finding_id`."""
    return _ID.fullmatch(text) is not None


def summary_mark(instance: str) -> str:
    return f'<!-- reviewbot:summary:v1 instance="{instance}" -->'


def read_summary_mark(body: str) -> str | None:
    """Return the instance from the summary marker at the start of a body, if any."""
    match = _SUMMARY.match(body)
    return None if match is None else match[1]


def review_mark(instance: str) -> str:
    return f'<!-- reviewbot:review:v1 instance="{instance}" -->'


class FindingMark(Struct, frozen=True):
    """The marker of a comment on findings. `answers` are the `answer_id`s of the answers that report them."""

    instance: str
    ids: tuple[str, ...]
    answers: tuple[str, ...] = ()

    def __str__(self) -> str:
        answers = f" answers={','.join(self.answers)}" if self.answers else ""
        return f'<!-- reviewbot:finding:v1 instance="{self.instance}" ids={",".join(self.ids)}{answers} -->'


def read_finding_mark(body: str) -> FindingMark | None:
    match = _FINDING.match(body)
    if match is None:
        return None
    ids, answers = (tuple(part for part in (listed or "").split(",") if part) for listed in match.group(2, 3))
    return FindingMark(match[1], ids, answers)


def comment_key(comment_id: int, *, in_thread: bool) -> str:
    """Return a comment's id, prefixed with `r` for review comments, because GitHub numbers both kinds separately."""
    return f"{'r' if in_thread else ''}{comment_id}"


class AnswerMark(Struct, frozen=True):
    """The marker of the answer to a command. `comment` is the `comment_key` of the command."""

    instance: str
    comment: str
    reaction: Reaction

    def __str__(self) -> str:
        where = f'instance="{self.instance}" comment={self.comment}'
        return f"<!-- reviewbot:answer:v1 {where} reaction={self.reaction.value} -->"


def read_answer_mark(body: str) -> AnswerMark | None:
    match = _ANSWER.match(body)
    return None if match is None else AnswerMark(match[1], match[2], Reaction(match[3]))


def answers_in(comments: Iterable[Comment]) -> Iterator[tuple[Comment, AnswerMark]]:
    """Yield reviewbot's answers to commands that no other account has edited."""
    for comment in comments:
        if comment.ours and comment.edited_by_us and (mark := read_answer_mark(comment.body)):
            yield comment, mark


def reply_mark(instance: str, key: str) -> str:
    """Return the marker of the reviewer's reply to a finding. `key` is a digest of the task and the finding."""
    return f'<!-- reviewbot:reply:v1 instance="{instance}" key={key} -->'


class Words(Struct, frozen=True):
    """The reviewer's text in a comment, as untrusted Markdown. `key` is empty for the answer to a question."""

    instance: str
    text: str
    key: str = ""


def read_reply(body: str) -> Words | None:
    """Return the reviewer's text in a reply to a finding, or None for other comments."""
    match = _REPLY.match(body)
    return None if match is None else Words(match[1], body[match.end() :], match[2])


def read_words(body: str) -> Words | None:
    """Return the reviewer's text in a reply or in the answer to a question, or None for other comments."""
    if (mark := read_answer_mark(body)) and (said := _WORDS.search(body)):
        return Words(mark.instance, said[1])
    return read_reply(body)


def announcement_mark(instance: str, key: str) -> str:
    """Return the marker of the announcement that a late answer has arrived. `key` identifies the purchase."""
    return f'<!-- reviewbot:announcement:v1 instance="{instance}" review={key} -->'


def read_announcement_mark(body: str) -> tuple[str, str] | None:
    """Return the instance and the key in the announcement marker at the start of a body, if any."""
    match = _ANNOUNCEMENT.match(body)
    return None if match is None else (match[1], match[2])


class Heading(Struct, frozen=True):
    """What a heading says of a finding. `word` is `blocks`, `does not block`, `fixed`, `gone` or `waived`."""

    severity: Severity
    word: str

    @property
    def blocks(self) -> bool:
        return self.word == "blocks"

    @property
    def in_prompt(self) -> str:
        """The severity in the coding agent's prompt."""
        word = {"blocks": ", blocking", "does not block": ""}.get(self.word, f", {self.word}")
        return f"{self.severity.value}{word}"


_HEADING = re.compile(
    r"^\*\*(\S+) ([A-Z][a-z]+) ((?:· [a-z]+ )?· )(?:blocks|does not block|fixed|gone|waived)(?=: )", re.MULTILINE
)
"""The heading of a finding in `finding.md.j2`, up to the title."""


def with_headings(body: str, headings: Mapping[str, Heading]) -> str:
    """Set the severities and states of findings in the headings, hints and coding agent's prompt of a review comment.

    `headings` is by finding id. Of the hints in the footer, the one that does not apply is hidden.
    """
    mark = read_finding_mark(body)
    done = ""
    any_blocks = any(heading.blocks for heading in headings.values())
    for identifier in mark.ids if mark else ():
        before, foot, after = body.partition(f"\n<sub>`{identifier}`")
        if foot and (heading := headings.get(identifier)):
            before = _HEADING.sub(partial(_renewed, heading), before, count=1)
            after = _with_hint(after, "Resolve this conversation", shown=not any_blocks)
            after = _with_hint(after, "To waive it,", shown=heading.blocks)
        done, body = (f"{done}{before}{foot}", after) if foot else (done, body)
    for identifier, heading in headings.items() if mark else ():
        task = rf"(\n## Finding `{identifier}`\n\n- File: .*\n- Severity: )[a-z]+(?:, [a-z]+)?\n"
        body = re.sub(task, rf"\g<1>{heading.in_prompt}\n", body, count=1)
    return done + body


def _renewed(heading: Heading, old: re.Match[str]) -> str:
    severity = heading.severity.value.capitalize()
    # A template of the repository may use other icons.
    icon = old[1] if old[2] == severity else heading.severity.icon
    return f"**{icon} {severity} {old[3]}{heading.word}"


def _with_hint(foot: str, start: str, *, shown: bool) -> str:
    """Show or hide the hint that starts with these words in the first line."""
    hint = rf"\A([^\n]*?)(?:<!--)?( · {start} [^\n<>·]*)(?:-->)?(?=</sub>|<!--| · )"
    return re.sub(hint, r"\1\2" if shown else r"\1<!--\2-->", foot)


def with_state(body: str, text: str, *, closed: bool = False) -> str:
    """Show `text`, trusted Markdown without markers, as the state of a finding. Empty text removes the state."""
    start = _STATE.match(body)
    if start is None:
        return body
    word = (
        f"<!-- reviewbot:state{' closed' if closed else ''} -->\n{text}\n<!-- /reviewbot:state -->\n\n" if text else ""
    )
    return f"{start['mark']}\n{word}{body[start.end() :]}"


def says_closed(body: str) -> bool:
    start = _STATE.match(body)
    return start is not None and start["closed"] is not None
