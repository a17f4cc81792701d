"""Build the attachment of a question from the finding and the thread, and convert the answer to a string."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from reviewbot.domain.codevf.finding_parser import shown
from reviewbot.domain.codevf.response import BESIDE
from reviewbot.domain.commands.parse import thread_with
from reviewbot.domain.findings.conversation import conversation_text, redacted, replies_in
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.github.context import Redact
from reviewbot.domain.github.pull_request import PullRequest, Thread
from reviewbot.domain.model.question import Question
from reviewbot.domain.publishing.comment_diff import marked_threads
from reviewbot.domain.text.bounds import shorten
from reviewbot.values import replace

MOST_EXPLAINED = 4_000
"""The maximum number of characters of a finding's explanation."""


def context_of(
    finding: TrackedFinding | None,
    thread: Thread | None,
    pull: PullRequest,
    instance: str,
    limit: int,
    redact: Redact,
) -> str:
    """Return the finding and the replies of authors and collaborators, newest first, within `limit` bytes."""
    parts = []
    if finding is not None:
        parts.append(f"THE FINDING\n{json.dumps(_fields(finding), indent=1)}\n")
    if thread is not None:
        about = (finding.id,) if finding and any(_of_finding(finding.id, (thread,), instance)) else ()
        replies = redacted(replies_in(thread, pull, instance, about), redact)
        parts.append(f"THE THREAD\n{conversation_text(replies, limit - sum(map(len, parts)))}")
    return "\n".join(parts)


def thread_of(question: Question, threads: Sequence[Thread], instance: str) -> Thread | None:
    """Return the thread that contains the question, or else the thread of the finding."""
    return thread_with(question.comment, threads) or next(_of_finding(question.finding, threads, instance), None)


def _of_finding(finding_id: str, threads: Sequence[Thread], instance: str) -> Iterator[Thread]:
    return (one for one, mark in marked_threads(threads, instance) if finding_id in mark.ids)


def explained(finding: TrackedFinding, threads: Sequence[Thread], instance: str) -> TrackedFinding:
    """Return the finding. If the ledger contains no explanation, use the body of the finding's comment."""
    shown = (one.comments[0] for one in _of_finding(finding.id, threads, instance))
    body = next((one.body for one in shown if one.edited_by_us), "")
    text = "\n".join(line for line in body.splitlines() if not line.startswith("<!-- "))
    return finding if finding.text else replace(finding, text=text)


def _fields(finding: TrackedFinding) -> dict[str, object]:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "title": finding.title,
        "path": finding.path,
        "line": finding.line,
        "side": finding.side.value,
        "state": finding.state.value,
        "explanation": shorten(finding.text, MOST_EXPLAINED),
        "note": finding.note,
    }


def answer_text(result: object, files: Mapping[str, str]) -> str:
    """Return the result and its deliverables as one string, which may be empty and is never parsed for findings."""
    if isinstance(result, dict):
        said = [result.get("message"), {key: one for key, one in result.items() if key not in BESIDE}]
    else:
        said = [result]
    texts = [one if isinstance(one, str) else shown(one) for one in said if one]
    texts += [f"{name}:\n\n{text}" for name, text in files.items()]
    return "\n\n".join(text.strip() for text in texts if text.strip())
