"""Publishing as a difference: what is wished for, minus what is there, is what is left to do.

A finding has a comment when a comment of ours carries its id. One that had a comment and has none any more was deleted
by a person, and what people did stands: it is not posted again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reviewbot.domain.findings.markers import FindingMark, read_finding_mark, says_closed, summary_mark, with_state
from reviewbot.domain.findings.placement import OnFile, OnLines, Placed
from reviewbot.domain.findings.tracked_finding import TrackedFinding
from reviewbot.domain.github.drafts import FileTarget, LineTarget
from reviewbot.domain.github.pull_request import Comment, Thread

Target = LineTarget | FileTarget


@dataclass(frozen=True, slots=True)
class CommentGroup:
    """The findings that share a comment: same path, side and range."""

    target: Target
    placed: tuple[Placed, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that the comment's mark lists."""
        return tuple(item.id for item in self.placed)


def target_of(placed: Placed) -> Target | None:
    """Where a finding's comment goes; None when it has none."""
    match placed.placement:
        case OnLines(target=target):
            return target
        case OnFile(path=path):
            return FileTarget(path)
        case _:
            return None


def group(placed: Iterable[Placed]) -> tuple[CommentGroup, ...]:
    """One group for each target, the worst finding first in each and the groups in the order of the files.

    What two answers told is said once, in the words of the later one.
    """
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
    """The findings that have a comment of ours, by id, with the comment's address."""
    there: dict[str, str] = {}
    for thread, mark in marked_threads(threads, instance):
        there |= dict.fromkeys(mark.ids, thread.comments[0].url)
    return there


def duplicates(threads: Iterable[Thread], instance: str) -> tuple[int, ...]:
    """Comments of ours whose findings all have another one: two runs at the same time each posted theirs.

    One that a person has answered or resolved stays, whichever of them was first; of the others the first does.
    """
    marked = list(marked_threads(threads, instance))
    marked.sort(key=lambda entry: (not _touched(entry[0]), entry[0].comments[0].id))
    kept: set[str] = set()
    extra = []
    for thread, mark in marked:
        if mark.ids and kept.issuperset(mark.ids) and not _touched(thread):
            extra.append(thread.comments[0].id)
        kept.update(mark.ids)
    return tuple(extra)


def marked_threads(threads: Iterable[Thread], instance: str) -> Iterator[tuple[Thread, FindingMark]]:
    """The threads that a comment of ours began, each with its mark."""
    for thread in threads:
        if (mark := _mark_of(thread, instance)) is not None:
            yield thread, mark


def _mark_of(thread: Thread, instance: str) -> FindingMark | None:
    """The mark of the thread's first comment, when that is ours."""
    first = next(iter(thread.comments), None)
    mark = read_finding_mark(first.body) if first and first.ours else None
    return mark if mark and mark.instance == instance else None


def _touched(thread: Thread) -> bool:
    return thread.is_resolved or len(thread.comments) > 1


def left_to_post(
    groups: Sequence[CommentGroup], there: Mapping[str, str], posted: frozenset[str]
) -> tuple[CommentGroup, ...]:
    """The groups without the findings that have a comment, or had one that a person deleted."""
    rest = (
        CommentGroup(item.target, tuple(one for one in item.placed if one.id not in there and one.id not in posted))
        for item in groups
    )
    return tuple(item for item in rest if item.placed)


@dataclass(frozen=True, slots=True)
class Summaries:
    """Our summary comments: the one to keep, and those that a race left beside it."""

    keep: Comment | None
    extra: tuple[Comment, ...]


def summaries(comments: Iterable[Comment], instance: str) -> Summaries:
    """The oldest comment that is ours and begins with our mark is the summary; the others go."""
    mark = summary_mark(instance)
    ours = sorted((one for one in comments if one.ours and one.body.startswith(mark)), key=lambda one: one.id)
    return Summaries(ours[0] if ours else None, tuple(ours[1:]))


@dataclass(frozen=True, slots=True)
class EditComment:
    """Give a review comment of ours another body."""

    comment_id: int
    body: str


@dataclass(frozen=True, slots=True)
class ResolveThread:
    """Resolve a thread that we began."""

    thread_id: str


@dataclass(frozen=True, slots=True)
class HideComment:
    """Fold a comment of ours away as outdated."""

    node_id: str


@dataclass(frozen=True, slots=True)
class UnresolveThread:
    """Open a thread again that we have resolved."""

    thread_id: str


@dataclass(frozen=True, slots=True)
class ShowComment:
    """Unfold a comment again that we have folded away."""

    node_id: str


Operation = EditComment | ResolveThread | HideComment | UnresolveThread | ShowComment


@dataclass(frozen=True, slots=True)
class Told:
    """A thread of ours, what is remembered of its findings, and what its comment should say of them."""

    thread: Thread
    records: tuple[TrackedFinding, ...]
    word: str

    @property
    def body(self) -> str:
        """The comment with that word."""
        return with_state(self.thread.comments[0].body, self.word, closed=self.is_done)

    @property
    def is_done(self) -> bool:
        """Whether every finding of it is known and closed."""
        mark = read_finding_mark(self.thread.comments[0].body)
        closed = {record.id for record in self.records if not record.standing.is_open}
        return bool(closed) and mark is not None and closed.issuperset(mark.ids)

    @property
    def is_back(self) -> bool:
        """Whether its comment calls it done, and one of its findings has come back."""
        return says_closed(self.thread.comments[0].body) and not self.is_done


def thread_operations(told: Iterable[Told]) -> tuple[Operation, ...]:
    """What is left to do about the threads that are there: what a person did stands, and what they answered is kept.

    A thread is put away once, just before its comment first says that it is closed: so a run that was stopped between
    the two is made up for, and whoever opens it again has the last word. When a finding of it comes back it is brought
    out, unless a person had put it away.
    """
    operations: list[Operation] = []
    for one in told:
        first = one.thread.comments[0]
        if first.body != one.body:
            operations += [*_put_away(one), *_brought_out(one), EditComment(first.id, one.body)]
    return tuple(operations)


def _put_away(told: Told) -> Iterator[Operation]:
    first = told.thread.comments[0]
    if not told.is_done or told.thread.is_resolved:
        return
    if told.thread.can_resolve:
        yield ResolveThread(told.thread.id)
    elif len(told.thread.comments) == 1 and not first.is_minimized:
        yield HideComment(first.node_id)


def _brought_out(told: Told) -> Iterator[Operation]:
    thread, first = told.thread, told.thread.comments[0]
    if not told.is_back:
        return
    # GitHub names people alone: a thread that an app has resolved was resolved by nobody.
    if thread.is_resolved and thread.can_unresolve and thread.resolved_by in {None, first.author}:
        yield UnresolveThread(thread.id)
    if first.is_minimized and first.hidden_as_outdated:
        yield ShowComment(first.node_id)
