"""GitHub in memory: its records and the actions of people. `forge.py` implements the ports over it.

The rules are those of the sandbox and of `docs/`; `tests/contract` proves that both agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from reviewbot.domain.github.drafts import Annotation
from reviewbot.domain.github.pull_request import LabelEvent, Permission
from reviewbot.domain.model.review import Side
from tests.simulation.repository import Change, File, Git

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
REPOSITORY = "acme/parcels"
REPOSITORY_ID = 4711
WEB = f"https://github.test/{REPOSITORY}"
APP = "github-actions"
BOT = f"{APP}[bot]"
STALE_AFTER = timedelta(days=14)


def moment(seconds: float) -> datetime:
    """Return a moment of virtual time on the wall clock."""
    return _moment(int(seconds))


@lru_cache(maxsize=100_000)
def _moment(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass(slots=True)
class Time:
    """Virtual seconds since the start."""

    seconds: float = 0.0

    def now(self) -> datetime:
        """Return the wall clock in whole seconds, as GitHub does."""
        return moment(self.seconds)


@dataclass(slots=True)
class StoredComment:
    """A comment of the conversation. `editor` is None if it is unedited."""

    id: int
    number: int
    author: str
    body: str
    at: datetime
    editor: str | None = None
    reactions: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class StoredReply:
    """A review comment; `in_reply_to` is the thread's first one, None for that one itself."""

    id: int
    author: str
    body: str
    review_id: int
    at: datetime
    minimized: str | None = None
    in_reply_to: int | None = None
    editor: str | None = None
    reactions: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class StoredThread:
    """A review thread; `line` is None on a whole file."""

    id: int
    number: int
    path: str
    side: Side
    line: int | None
    start_line: int | None
    commit: str
    replies: list[StoredReply]
    resolved_by: str | None = None


@dataclass(slots=True)
class StoredReview:
    """A review, under GitHub's word for its state."""

    id: int
    number: int
    author: str
    state: str
    body: str


@dataclass(slots=True)
class StoredCheck:
    """A check run.

    Attributes:
        number: the pull request for which reviewbot wrote it; None for other writers.
        base: the base branch of this pull request at that time.
    """

    id: int
    name: str
    head_sha: str
    app: str
    started: datetime
    status: str = "queued"
    conclusion: str | None = None
    external_id: str = ""
    title: str = ""
    summary: str = ""
    annotations: tuple[Annotation, ...] = ()
    number: int | None = None
    reopened: datetime | None = None
    base: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """A head that a pull request had, who pushed it, and whether a force-push brought it."""

    at: float
    before: str
    sha: str
    forced: bool
    by: str


@dataclass(slots=True)
class Pull:
    """A pull request.

    Attributes:
        closed_at, drafted_at: when it was last closed, or made a draft.
        pushes: every head, oldest first.
        bases: its base branches, each with the time of the change.
    """

    number: int
    author: str
    head_ref: str
    base_ref: str
    head_sha: str
    base_sha: str
    title: str
    body: str
    from_fork: bool
    is_draft: bool
    author_is_bot: bool = False
    is_open: bool = True
    was_closed: bool = False
    closed_at: float = 0.0
    drafted_at: float = 0.0
    merged: bool = False
    updated: float = 0.0
    labels: set[str] = field(default_factory=set)
    label_events: list[LabelEvent] = field(default_factory=list)
    pushes: list[Push] = field(default_factory=list)
    bases: list[tuple[float, str]] = field(default_factory=list)

    @property
    def forced(self) -> list[Push]:
        """The force-pushes."""
        return [push for push in self.pushes if push.forced]


_MENTION = re.compile(r"(?<![\w`])@([A-Za-z0-9][A-Za-z0-9-]*)")


@dataclass(frozen=True, slots=True)
class Notification:
    """What GitHub sends for a new comment or review; it sends nothing for an edit.

    Attributes:
        texts: the comment, or the body and the comments of the review.
        is_review: whether it is a review with comments, or a comment on a file.
        sender: what sends the current request: a run, or None for people.
    """

    number: int
    by: str
    texts: tuple[str, ...]
    is_review: bool
    at: float
    sender: object

    @property
    def mentioned(self) -> set[str]:
        """The logins that the text mentions."""
        return set(_MENTION.findall("\n".join(self.texts)))


Content = str | bytes | File | None
"""The content of a pushed file; None deletes it."""


class GitHub:
    """One repository with its pull requests."""

    def __init__(self, time: Time | None = None) -> None:
        self.time = time or Time()
        self.git = Git()
        self.default_branch = "main"
        self.pulls: dict[int, Pull] = {}
        self.comments: dict[int, StoredComment] = {}
        self.threads: dict[int, StoredThread] = {}
        self.reviews: dict[int, StoredReview] = {}
        self.checks: dict[int, StoredCheck] = {}
        self.permissions: dict[str, Permission] = {"acme": Permission.ADMIN}
        """By login in lower case."""
        self.green_until: dict[str, float] = {}
        self.statuses: dict[tuple[str, str], str] = {}
        self.queues: dict[str, list[tuple[int, str]]] = {}
        self.refusals: Callable[[str], str] = lambda _body: ""
        self.notifications: list[Notification] = []
        self.sender: Callable[[], object] = lambda: None
        self.on_check: Callable[[StoredCheck], None] = lambda _check: None
        self.on_text: Callable[[StoredComment], None] = lambda _comment: None
        self._ids = 1000
        self.push("main", {"README.md": "# parcels\n"}, author="acme")

    def next_id(self) -> int:
        """Return a new id, larger than all earlier ids."""
        self._ids += 1
        return self._ids

    # Actions of people

    def grant(self, login: str, permission: Permission) -> None:
        """Give a person a permission in the repository."""
        self.permissions[login.lower()] = permission

    def push(  # noqa: PLR0913 — what a commit has
        self,
        branch: str,
        changes: Mapping[str, Content],
        *,
        author: str = "mona",
        committer: str = "",
        parents: Sequence[str] | None = None,
        verified: bool = False,
        begins: str = "",
        by: str = "mona",
    ) -> str:
        """Commit onto a branch and push it; pull requests follow. Other `parents` than its tip make it a force-push."""
        tip = self.git.branches.get(branch) or self.git.branches.get(self.default_branch)
        onto = tuple(parents) if parents is not None else ((tip,) if tip else ())
        made = self.git.commit(onto, changes, author, verified=verified, committer=committer, begins=begins)
        self.move(branch, made.sha, by=by)
        return made.sha

    def move(self, branch: str, sha: str, *, by: str = "mona") -> None:
        """Move a branch to an existing commit."""
        self.git.branches[branch] = sha
        for pull in self.pulls.values():
            if pull.is_open:
                self._follow(pull, branch, sha, by)

    def _follow(self, pull: Pull, branch: str, sha: str, by: str) -> None:
        if branch == pull.base_ref:
            pull.base_sha, pull.updated = sha, self.time.seconds
        if branch == pull.head_ref and sha != pull.head_sha:
            forced = pull.head_sha not in self.git.ancestors(sha)
            pull.pushes.append(Push(self.time.seconds, pull.head_sha, sha, forced, by))
            pull.head_sha, pull.updated = sha, self.time.seconds

    def open_pull_request(
        self, head_ref: str, *, author: str = "mona", base: str = "main", from_fork: bool = False, draft: bool = False
    ) -> Pull:
        """Open a pull request from a branch."""
        number, head = len(self.pulls) + 1, self.git.branches[head_ref]
        pull = Pull(
            number, author, head_ref, base, head, self.git.branches[base], "Track parcels", "Adds tracking.",
            from_fork, draft,
        )  # fmt: skip
        pull.pushes.append(Push(self.time.seconds, "", head, forced=False, by=author))
        pull.bases.append((self.time.seconds, base))
        pull.updated = self.time.seconds
        self.pulls[number] = pull
        return pull

    def close(self, number: int, *, merged: bool = False) -> None:
        """Close a pull request."""
        pull = self.pulls[number]
        pull.is_open, pull.merged, pull.updated, pull.was_closed = False, merged, self.time.seconds, True
        pull.closed_at = self.time.seconds

    def reopen(self, number: int) -> None:
        """Open a pull request again; it follows its branches from now on."""
        pull = self.pulls[number]
        pull.is_open, pull.updated = True, self.time.seconds
        for branch in (pull.base_ref, pull.head_ref):
            self._follow(pull, branch, self.git.branches[branch], "mona")

    def retarget(self, number: int, base: str) -> None:
        """Open a pull request against another branch."""
        pull = self.pulls[number]
        if pull.base_ref != base:
            pull.bases.append((self.time.seconds, base))
        pull.base_ref, pull.base_sha, pull.updated = base, self.git.branches[base], self.time.seconds

    def label(self, number: int, name: str, by: str) -> None:
        """Set a label; setting it again causes no event."""
        pull = self.pulls[number]
        if name not in pull.labels:
            pull.labels.add(name)
            pull.label_events.append(LabelEvent(name, by, self.time.now()))
        pull.updated = self.time.seconds

    def unlabel(self, number: int, name: str) -> None:
        """Take a label off."""
        pull = self.pulls[number]
        if name in pull.labels:
            pull.labels.remove(name)
            pull.updated = self.time.seconds

    def queue(self, numbers: Sequence[int]) -> str:
        """Add pull requests to the merge queue, each merged onto the one before it; returns the last commit."""
        head = ""
        for number in numbers:
            pull, commits = self.pulls[number], self.git.commits
            line = self.queue_of(pull.base_ref)
            onto = line[-1][1] if line else self.git.branches[pull.base_ref]
            old, new = commits[self.git.merge_base(onto, pull.head_sha)].files, commits[pull.head_sha].files
            changes = {path: new.get(path) for path in {**old, **new} if old.get(path) != new.get(path)}
            head = self.git.commit((onto, pull.head_sha), changes, "web-flow", verified=True).sha
            self.queues[pull.base_ref] = [*line, (number, head)]
        return head

    def queue_of(self, base_ref: str) -> list[tuple[int, str]]:
        """Return the merge queue of a branch, oldest first; closed pull requests have left it."""
        return [(number, sha) for number, sha in self.queues.get(base_ref, []) if self.pulls[number].is_open]

    def comment(self, number: int, by: str, body: str) -> StoredComment:
        """Write in the conversation."""
        made = StoredComment(self.next_id(), number, by, body, self.time.now())
        self.comments[made.id] = made
        self.notify(number, by, body)
        return made

    def notify(self, number: int, by: str, *texts: str, is_review: bool = False) -> None:
        """Notify the people of a pull request of a new comment or review."""
        self.notifications.append(Notification(number, by, texts, is_review, self.time.seconds, self.sender()))

    def edit_comment(self, comment_id: int, by: str, body: str) -> None:
        """Edit a comment of any author, in the conversation or in a thread."""
        written = self.written(comment_id)
        if written is not None:
            written.body, written.editor = body, by

    def written(self, comment_id: int) -> StoredComment | StoredReply | None:
        """Return a comment of the conversation or of a thread, if it exists."""
        replies = (reply for thread in self.threads.values() for reply in thread.replies)
        return self.comments.get(comment_id) or next((one for one in replies if one.id == comment_id), None)

    def delete_comment(self, comment_id: int) -> None:
        """Delete a comment of the conversation."""
        del self.comments[comment_id]

    def delete_review_comment(self, comment_id: int) -> bool:
        """Delete a review comment and its thread and review if they become empty; return whether it existed."""
        for thread in self.threads.values():
            for reply in thread.replies:
                if reply.id == comment_id:
                    self._delete(thread, reply)
                    return True
        return False

    def _delete(self, thread: StoredThread, reply: StoredReply) -> None:
        thread.replies.remove(reply)
        if not thread.replies:
            del self.threads[thread.id]
        review = self.reviews.get(reply.review_id)
        used = any(one.review_id == reply.review_id for each in self.threads.values() for one in each.replies)
        if review and review.state == "COMMENTED" and not review.body and not used:
            del self.reviews[review.id]

    def reply(self, thread_id: int, by: str, body: str) -> StoredReply:
        """Answer in a thread."""
        thread = self.threads[thread_id]
        review = StoredReview(self.next_id(), thread.number, by, "COMMENTED", "")
        self.reviews[review.id] = review
        first = thread.replies[0]
        root = first.in_reply_to or first.id
        made = StoredReply(self.next_id(), by, body, review.id, self.time.now(), in_reply_to=root)
        thread.replies.append(made)
        return made

    def start_thread(
        self, number: int, by: str, where: tuple[str, Side, int | None, int | None], body: str
    ) -> StoredReply:
        """Write a review comment on the head: path, side, line and first line."""
        review = StoredReview(self.next_id(), number, by, "COMMENTED", "")
        self.reviews[review.id] = review
        made, thread_id = StoredReply(self.next_id(), by, body, review.id, self.time.now()), self.next_id()
        self.threads[thread_id] = StoredThread(thread_id, number, *where, self.pulls[number].head_sha, [made])
        return made

    def resolve(self, thread_id: int, by: str | None) -> None:
        """Resolve a thread, or open it again with None."""
        self.threads[thread_id].resolved_by = by

    def foreign_check(
        self, head_sha: str, name: str, *, app: str, external_id: str = "", started: datetime | None = None,
        conclusion: str | None = "success",
    ) -> StoredCheck:  # fmt: skip
        """Create a check run of another App; its creator chooses the start time."""
        made = StoredCheck(self.next_id(), name, head_sha, app, started or self.time.now())
        made.status, made.conclusion = "completed" if conclusion else "in_progress", conclusion
        made.external_id = external_id
        self.checks[made.id] = made
        return made

    def states_on(self, sha: str) -> dict[str, set[str]]:
        """Return the last conclusions of all Apps' check runs, empty while open, and the statuses, by name."""
        runs = {(one.app, one.name): one.conclusion or "" for one in self.checks.values() if one.head_sha == sha}
        words: dict[str, set[str]] = {}
        for (_, name), word in runs.items():
            words.setdefault(name, set()).add(word)
        for (on, name), state in self.statuses.items():
            if on == sha:
                words.setdefault(name, set()).add(state)
        return words

    def other_check(self, sha: str, name: str, conclusion: str | None, *, app: str = "other-ci") -> StoredCheck:
        """Start or end the check run of another App on a commit; one that has ended starts again as a new one."""
        there = next((one for one in self.checks_on(sha, name)[::-1] if one.app == app), None)
        if there is None or there.status == "completed":
            return self.foreign_check(sha, name, app=app, conclusion=conclusion)
        there.status, there.conclusion = "completed" if conclusion else "in_progress", conclusion
        return there

    def set_status(self, sha: str, context: str, state: str) -> None:
        """Set a commit status: error, failure, pending or success."""
        self.statuses[sha, context] = state

    # Reads

    def changes_of(self, pull: Pull) -> tuple[Change, ...]:
        """Return the diff of a pull request: merge base to head, or base to head if they have no commit in common."""
        merge_base = self.git.merge_base(pull.base_sha, pull.head_sha) or pull.base_sha
        return self.git.changes(merge_base, pull.head_sha)

    def changes_at(self, pull: Pull, commit: str) -> tuple[Change, ...] | None:
        """Return the diff as of one of the pull request's commits; None for commits that were never in it."""
        if commit not in self.git.commits:
            return None
        ancestors = self.git.ancestors
        inside = commit in ancestors(pull.head_sha) and commit not in ancestors(pull.base_sha)
        if not inside and all(push.sha != commit for push in pull.pushes):
            return None
        return self.git.changes(self.git.merge_base(pull.base_sha, commit), commit)

    def comments_of(self, number: int) -> list[StoredComment]:
        """Return the conversation, oldest first."""
        return [one for one in self.comments.values() if one.number == number]

    def threads_of(self, number: int) -> list[StoredThread]:
        """Return the review threads, oldest first."""
        return [one for one in self.threads.values() if one.number == number]

    def checks_on(self, sha: str, name: str) -> list[StoredCheck]:
        """Return a commit's check runs of a name, oldest first; one that stays open for two weeks is stale."""
        return self.checks_among({sha}, name)

    def checks_among(self, shas: Container[str], name: str) -> list[StoredCheck]:
        """Return the check runs of a name on any of these commits, oldest first."""
        found = [one for one in self.checks.values() if one.name == name and one.head_sha in shas]
        self._age(found)
        return found

    def _age(self, checks: Iterable[StoredCheck]) -> bool:
        old = [one for one in checks if one.status != "completed" and self._is_old(one)]
        for one in old:
            one.status, one.conclusion = "completed", "stale"
        return bool(old)

    def _is_old(self, check: StoredCheck) -> bool:
        return self.time.now() - (check.reopened or check.started) >= STALE_AFTER

    def stale(self) -> bool:
        """Make all check runs stale that are open for two weeks; return whether there was one."""
        return self._age(self.checks.values())

    def written_checks(self, pull: Pull, name: str) -> Iterator[StoredCheck]:
        """Yield the check runs on the head that reviewbot wrote, oldest first."""
        yield from (one for one in self.checks_on(pull.head_sha, name) if one.number is not None)


def thread_line(github: GitHub, pull: Pull, thread: StoredThread, line: int | None) -> int | None:
    """Return a thread's line in the current diff; None if it is outdated."""
    if line is None:
        return None
    git = github.git
    bases = [git.merge_base(pull.base_sha, sha) for sha in (thread.commit, pull.head_sha)]
    old, new = (thread.commit, pull.head_sha) if thread.side is Side.RIGHT else (bases[0], bases[1])
    for change in git.changes(old, new) if old != new else ():
        if thread.path in (change.path, change.old_path):
            moved = None if change.new is None or change.path != change.old_path else _carried(change, line)
            if moved is None:
                return None
            line = moved
    here = next((one for one in github.changes_of(pull) if one.path == thread.path), None)
    sides = [hunk.new if thread.side is Side.RIGHT else hunk.old for hunk in here.hunks] if here else []
    return line if any(line in covered for covered in sides) else None


def _carried(change: Change, line: int) -> int | None:
    """Return a line's number after a change; None if the line was changed."""
    shift = 0
    for hunk in change.hunks:
        old, new = hunk.old.start, hunk.new.start
        if line < old:
            break
        for text in hunk.text.split("\n")[1:-1]:
            if text.startswith("\\"):
                continue
            if not text.startswith("+") and old == line:
                return new if text.startswith(" ") else None
            old, new = old + (not text.startswith("+")), new + (not text.startswith("-"))
        shift = new - old
    return line + shift


def copied(check: StoredCheck) -> StoredCheck:
    """Return the current state of a check run."""
    return replace(check)
