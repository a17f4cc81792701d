"""Compute which comments and threads on GitHub to post, edit and delete.

A finding has a comment if a comment by reviewbot contains the finding's id. Deleted comments are not posted again.

Late answers are announced, because GitHub sends no email for an edited comment. Each answer is announced once, because
`Ledger.posted` and the marker of the comment contain the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from msgspec import Struct

from reviewbot.domain.findings.markers import (
    FindingMark,
    Heading,
    answers_in,
    finding_id,
    read_announcement_mark,
    read_finding_mark,
    read_reply,
    says_closed,
    summary_mark,
    with_headings,
    with_state,
)
from reviewbot.domain.findings.placement import OnFile, OnLines, Placed
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.drafts import FileTarget, LineTarget, NodeChange, Reaction
from reviewbot.domain.github.pull_request import Comment, PullRequest, Snapshot, Thread
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.model.events import BOT_SUFFIX
from reviewbot.domain.model.options import FailOn
from reviewbot.domain.policy.verdict import blocks
from reviewbot.values import replace

Target = LineTarget | FileTarget
_Entry = TypeVar("_Entry", int, tuple[bool, int])


class CommentGroup(Struct, frozen=True):
    """Findings in one comment, with the same path, side and range of lines."""

    target: Target
    placed: tuple[Placed, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(item.id for item in self.placed)


def target_of(placed: Placed) -> Target | None:
    """Return the target of a finding's comment, or None if the finding gets no comment."""
    match placed.placement:
        case OnLines(target=target):
            return target
        case OnFile(path=path):
            return FileTarget(path)
        case _:
            return None


def group(placed: Iterable[Placed]) -> tuple[CommentGroup, ...]:
    """Group findings by target, sorted by path, line and severity. Of findings with the same id, use the last one."""
    groups: dict[Target, list[Placed]] = {}
    wished = {item.id: (target, item) for item in placed if (target := target_of(item)) is not None}
    for target, item in wished.values():
        groups.setdefault(target, []).append(item)
    ordered = sorted(groups.items(), key=lambda entry: _position(entry[0]))
    return tuple(
        CommentGroup(target, tuple(sorted(items, key=lambda item: item.finding.severity.rank)))
        for target, items in ordered
    )


def _position(target: Target) -> tuple[str, int, int, str]:
    if isinstance(target, FileTarget):
        return (target.path, 0, 0, "")
    return (target.path, target.start_line or target.line, target.line, target.side.value)


def posted_comments(threads: Iterable[Thread], instance: str) -> Mapping[str, str]:
    return {one: thread.comments[0].url for thread, mark in marked_threads(threads, instance) for one in mark.ids}


def commented_answers(threads: Iterable[Thread], instance: str) -> frozenset[str]:
    """Return the `answer_id`s of the answers that comments were posted for."""
    return frozenset(one for _, mark in marked_threads(threads, instance) for one in mark.answers)


class ReplyDraft(Struct, frozen=True):
    """A reply of the reviewer to a finding. `key` is unique for a task and finding, and `text` is untrusted."""

    key: str
    finding_id: str
    text: str


def reply_drafts(answers: Iterable[PlacedAnswer]) -> tuple[ReplyDraft, ...]:
    """Return the replies in the answers. Replies of one answer to the same finding are merged."""
    texts: dict[tuple[str, str], dict[str, None]] = {}
    for answer in answers:
        for one in answer.report.previous:
            if one.reply:
                texts.setdefault((answer.task_id, one.id), {})[one.reply] = None
    return tuple(
        ReplyDraft(finding_id("reply", task_id, about), about, "\n\n".join(said))
        for (task_id, about), said in texts.items()
    )


def left_to_reply(
    drafts: Iterable[ReplyDraft], threads: Sequence[Thread], posted: frozenset[str], instance: str
) -> Mapping[str, tuple[ReplyDraft, ...]]:
    """Return the unposted replies by thread id. A reply belongs to the first thread with the finding."""
    done, left = posted | {key for key, _ in replies_there(threads, instance)}, list(drafts)
    found: dict[str, tuple[ReplyDraft, ...]] = {}
    for thread, mark in marked_threads(threads, instance):
        here = [one for one in left if one.finding_id in mark.ids]
        left = [one for one in left if one not in here]
        found[thread.id] = tuple(one for one in here if one.key not in done)
    return found


def replies_there(threads: Iterable[Thread], instance: str) -> Iterator[tuple[str, int]]:
    """Yield the key and comment id of each reply by reviewbot, even if the thread's first comment was deleted."""
    for thread in threads:
        for one in thread.comments:
            reply = read_reply(one.body) if one.ours else None
            if reply and reply.instance == instance:
                yield reply.key, one.id


class Duplicates(Struct, frozen=True):
    """The ids of comments that concurrent runs posted twice, in the conversation and in threads."""

    in_conversation: tuple[int, ...]
    in_threads: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.in_conversation or self.in_threads)

    def removed_from(self, snapshot: Snapshot) -> Snapshot:
        comments = tuple(one for one in snapshot.comments if one.id not in self.in_conversation)
        threads = tuple(
            replace(thread, comments=tuple(one for one in thread.comments if one.id not in self.in_threads))
            for thread in snapshot.threads
        )
        return replace(snapshot, comments=comments, threads=threads)


def duplicates(snapshot: Snapshot, instance: str) -> Duplicates:
    """Find comments, replies, announcements and answers to commands that concurrent runs posted twice."""
    announced = _all_but_first(_announcements_there(snapshot.comments, instance))
    in_conversation = (*announced, *_answered_twice(snapshot.comments, instance))
    return Duplicates(in_conversation, duplicates_in_threads(snapshot.threads, instance))


def duplicates_in_threads(threads: Sequence[Thread], instance: str) -> tuple[int, ...]:
    """Return the ids of comments, replies and answers to commands in threads that were posted twice.

    A comment is a duplicate if other comments contain all its findings. Comments with a reply or in a resolved thread
    are kept. Without such a comment, the first comment with the most findings is kept. Of several replies, the first
    one is kept.
    """
    kept: set[str] = set()
    extra = []
    for thread, mark in sorted(marked_threads(threads, instance), key=_rank):
        if mark.ids and kept.issuperset(mark.ids) and not _touched(thread):
            extra.append(thread.comments[0].id)
        kept.update(mark.ids)
    said = (one for thread in threads for one in thread.comments)
    return (*extra, *_all_but_first(replies_there(threads, instance)), *_answered_twice(said, instance))


def _all_but_first(found: Iterable[tuple[str, _Entry]]) -> Iterator[_Entry]:
    """Yield all values of each key but the smallest one."""
    entries = sorted(found)
    return (entry for (before, _), (key, entry) in pairwise(entries) if key == before)


def _rank(marked: tuple[Thread, FindingMark]) -> tuple[bool, int, int]:
    thread, mark = marked
    return not _touched(thread), -len(mark.ids), thread.comments[0].id


def _answered_twice(comments: Iterable[Comment], instance: str) -> Iterator[int]:
    """Yield the ids of all answers to a command but the first. An answer with `Reaction.YES` takes precedence."""
    answers = ((one.id, mark) for one, mark in answers_in(comments) if mark.instance == instance)
    ranked = ((mark.comment, (mark.reaction is not Reaction.YES, comment_id)) for comment_id, mark in answers)
    return (comment_id for _, comment_id in _all_but_first(ranked))


def marked_threads(threads: Iterable[Thread], instance: str) -> Iterator[tuple[Thread, FindingMark]]:
    for thread in threads:
        first = next(iter(thread.comments), None)
        mark = read_finding_mark(first.body) if first and first.ours else None
        if mark and mark.instance == instance:
            yield thread, mark


def _touched(thread: Thread) -> bool:
    return thread.is_resolved or len(thread.comments) > 1


def left_to_post(
    groups: Sequence[CommentGroup], there: Mapping[str, str], posted: frozenset[str]
) -> tuple[CommentGroup, ...]:
    """Remove the findings that have a comment or whose comment was deleted."""
    rest = (
        CommentGroup(item.target, tuple(one for one in item.placed if one.id not in there and one.id not in posted))
        for item in groups
    )
    return tuple(item for item in rest if item.placed)


class Summaries(Struct, frozen=True):
    """The summary comment to keep, and the duplicates that concurrent runs posted."""

    keep: Comment | None
    extra: tuple[Comment, ...]


def summaries(comments: Iterable[Comment], instance: str) -> Summaries:
    """Find the summary comments of this instance, and keep the oldest one."""
    mark = summary_mark(instance)
    ours = sorted((one for one in comments if one.ours and one.body.startswith(mark)), key=lambda one: one.id)
    return Summaries(ours[0] if ours else None, tuple(ours[1:]))


class PostReply(Struct, frozen=True):
    comment_id: int
    draft: ReplyDraft


class EditComment(Struct, frozen=True):
    comment_id: int
    body: str


class ChangeNode(Struct, frozen=True):
    node_id: str
    change: NodeChange


Operation = PostReply | EditComment | ChangeNode


class ThreadUpdate(Struct, frozen=True):
    """A thread that reviewbot started, the recorded findings, the note to show, and the replies to post."""

    thread: Thread
    records: tuple[TrackedFinding, ...]
    note: str
    fail_on: FailOn
    replies: tuple[ReplyDraft, ...] = ()

    @property
    def body(self) -> str:
        headings = {one.id: Heading(one.severity, _word(one, self.fail_on)) for one in self.records}
        return with_state(with_headings(self.thread.comments[0].body, headings), self.note, closed=self.is_done)

    @property
    def is_done(self) -> bool:
        """Whether all findings of the comment are known and closed."""
        mark = read_finding_mark(self.thread.comments[0].body)
        closed = {record.id for record in self.records if not record.state.is_open}
        return bool(closed) and mark is not None and closed.issuperset(mark.ids)

    @property
    def is_back(self) -> bool:
        """Whether the comment is marked as closed, but not all findings in the comment are closed."""
        return says_closed(self.thread.comments[0].body) and not self.is_done


def _word(record: TrackedFinding, fail_on: FailOn) -> str:
    if not record.state.is_open:
        return record.state.value
    if record.waiver:
        return "waived"
    return "blocks" if blocks(record.severity, fail_on) else "does not block"


def thread_operations(updates: Iterable[ThreadUpdate]) -> Iterator[Operation]:
    """Yield the operations on existing threads.

    A thread is resolved before its comment is marked as closed, so that the next run can complete an interrupted
    update. A thread that a person has reopened stays open, and a thread that a person has resolved stays resolved. A
    comment that another account has edited is not updated, because reviewbot would become the last editor of that
    account's text.
    """
    for update in updates:
        first = update.thread.comments[0]
        yield from (PostReply(first.id, draft) for draft in update.replies)
        if first.edited_by_us and first.body != update.body:
            yield from (*_moves(update), EditComment(first.id, update.body))


def _moves(update: ThreadUpdate) -> Iterator[Operation]:
    thread, first = update.thread, update.thread.comments[0]
    if update.is_done and not thread.is_resolved:
        if thread.can_resolve:
            yield ChangeNode(thread.id, NodeChange.RESOLVE)
        elif not first.is_minimized and all(one.ours and read_reply(one.body) for one in thread.comments[1:]):
            yield ChangeNode(first.node_id, NodeChange.HIDE)
    if not update.is_back:
        return
    # GitHub returns only people, so `resolved_by` is None for a thread that an app resolved.
    by_us = thread.resolved_by in {None, (first.author or "").removesuffix(BOT_SUFFIX)}
    if thread.is_resolved and thread.can_unresolve and by_us:
        yield ChangeNode(thread.id, NodeChange.UNRESOLVE)
    if first.is_minimized and first.hidden_as_outdated:
        yield ChangeNode(first.node_id, NodeChange.SHOW)


class Ending(StrEnum):
    ANSWERED = "answered"
    WITHOUT_RESULT = "without-result"
    NOT_BOUGHT = "not-bought"


class Announcement(Struct, frozen=True):
    purchase: Purchase
    ending: Ending

    @property
    def key(self) -> str:
        """The key in the marker. An unbought purchase has another key, because a later run may still buy the review."""
        identity, attempt = self.purchase.key
        return f"{identity}-{attempt}{'-unbought' if self.ending is Ending.NOT_BOUGHT else ''}"


def left_to_announce(
    late: Iterable[Announcement], comments: Iterable[Comment], instance: str, posted: frozenset[str]
) -> tuple[Announcement, ...]:
    """Return the announcements that were never posted."""
    done = posted.union(key for key, _ in _announcements_there(comments, instance))
    return tuple(one for one in late if one.key not in done)


def _announcements_there(comments: Iterable[Comment], instance: str) -> Iterator[tuple[str, int]]:
    """Yield the key and id of each announcement.

    Comments that another account has edited are ignored, so that an edit neither hides an answer nor deletes a comment.
    """
    ours = ((read_announcement_mark(one.body), one.id) for one in comments if one.ours and one.edited_by_us)
    return ((mark[1], comment_id) for mark, comment_id in ours if mark and mark[0] == instance)


def mentioned(pull: PullRequest, purchase: Purchase) -> tuple[str, ...]:
    """Return the logins of the author and of the users who requested the review. A bot author is omitted."""
    author = "" if pull.author_is_bot else pull.author or ""
    people = {login.casefold(): login for login in (author, *purchase.requested_by) if login}
    return tuple(people.values())
