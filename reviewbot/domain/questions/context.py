"""The thread of a question, and its attachment: the finding that it is about, and the conversation of its thread."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from reviewbot.domain.commands.parse import key_of
from reviewbot.domain.findings.conversation import conversation_text, redacted, replies_in
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.github.pull_request import PullRequest, Thread
from reviewbot.domain.model.question import Question
from reviewbot.domain.publishing.comment_diff import marked_threads
from reviewbot.domain.text.bounds import shorten

MOST_EXPLAINED = 4_000
"""Characters of a finding's explanation."""


def context_of(
    finding: TrackedFinding | None,
    thread: Thread | None,
    pull: PullRequest,
    instance: str,
    limit: int,
    redact: Callable[[str], str],
) -> str:
    """Return the finding and the replies of authors and collaborators by role, newest first, within `limit` bytes."""
    parts = []
    if finding is not None:
        parts.append(f"THE FINDING\n{json.dumps(_fields(finding, thread), indent=1)}\n")
    if thread is not None:
        replies = redacted(replies_in(thread, pull, instance, (finding.id,) if finding else ()), redact)
        parts.append(f"THE THREAD\n{conversation_text(replies, limit - sum(map(len, parts)))}")
    return "\n".join(parts)


def thread_of(question: Question, threads: Sequence[Thread], instance: str) -> Thread | None:
    """Return the thread of the question, else that of its finding."""
    own = (one for one in threads if any(key_of(comment) == question.comment for comment in one.comments))
    of_finding = (one for one, mark in marked_threads(threads, instance) if question.finding in mark.ids)
    return next(own, None) or next(of_finding, None)


def _fields(finding: TrackedFinding, thread: Thread | None) -> dict[str, object]:
    return {
        "id": finding.id,
        "severity": finding.severity.value,
        "title": finding.title,
        "path": finding.path,
        "line": finding.line,
        "side": finding.side.value,
        "state": finding.standing.value,
        "explanation": shorten(finding.text or _comment(thread), MOST_EXPLAINED),
        "note": finding.note,
    }


def _comment(thread: Thread | None) -> str:
    """Return the comment that shows a finding, without its hidden lines; the ledger then has no explanation."""
    first = next(iter(thread.comments), None) if thread else None
    lines = first.body.splitlines() if first and first.ours and first.edited_by_us else []
    return "\n".join(line for line in lines if not line.startswith("<!-- "))
