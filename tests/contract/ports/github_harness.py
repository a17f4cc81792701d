"""GitHub twice: in memory, and the adapters over HTTP to the sandbox. Tests use only `GitHubHarness`.

`forge` and `changes` are the ports under test. The other methods are actions of people and of other
Apps, and the passing of time. Both sides begin with the same repository, with one commit on `main`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from reviewbot_sandbox.github import FULL, Access, App, CommentForm, FileVersion, Level, Store
from reviewbot_sandbox.github import GitHubState as Sandbox
from reviewbot_sandbox.github import Scope as Permits
from reviewbot_sandbox.github import Side as SandboxSide
from reviewbot_sandbox.github.model.records import Status as SandboxStatus
from reviewbot_sandbox.github.state import pulls as sandbox_pulls
from reviewbot_sandbox.github.state.anchors import thread_position
from starlette.types import ASGIApp, Receive, Scope, Send

from reviewbot.adapters.git.fetch import GitChangeReader
from reviewbot.adapters.git.process import Bounds
from reviewbot.adapters.github.client import RetryLimits
from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.domain.github.drafts import Annotation, AnnotationLevel
from reviewbot.domain.github.pull_request import Permission, Snapshot
from reviewbot.domain.model.review import Side
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.ports import ChangeReader, Forge
from tests.network import network_at
from tests.simulation.forge import SimulatedChangeReader, SimulatedForge
from tests.simulation.github import BOT, REPOSITORY, START, GitHub, StoredReview, Time, thread_line
from tests.simulation.repository import File

CHECK_NAME = "CodeVF review"
NAMES = CheckNames(CHECK_NAME)
CONFIG = ".github/reviewbot.yml"
TEMPLATES = ".github/reviewbot"
US = BOT
"""The login that the token's App acts under."""


Content = str | bytes | FileVersion | None
"""The content of a pushed file; None deletes it."""


ThreadPlace = tuple[str, str, int | None, int | None]
"""The path, the side, the first line of a range, and the last line, which is None for an outdated thread."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the diff; without a number the whole file."""

    path: str
    number: int | None = None
    side: Side = Side.RIGHT


class GitHubHarness(Protocol):
    """One repository, and everything that happens to it beside the ports."""

    @property
    def forge(self) -> Forge:
        """The port, for a token with every permission."""

    @property
    def changes(self) -> ChangeReader:
        """The port that reads a change by git."""

    def forge_without(self, *permissions: str) -> Forge:
        """The port for another token of the same App, which lacks permissions, such as `checks: write`.

        Where reading is denied, the repository becomes private.
        """

    def advance(self, seconds: float) -> None:
        """Let time pass."""

    def now(self) -> datetime:
        """The time on GitHub's clock, in whole seconds."""

    def push(
        self,
        branch: str,
        files: Mapping[str, Content],
        *,
        author: str = "mona",
        committer: str = "",
        parents: Sequence[str] | None = None,
        verified: bool = False,
    ) -> str:
        """Commit onto a branch and push; other parents than its tip make a force-push. Returns the sha."""

    def move(self, branch: str, sha: str) -> None:
        """Move a branch to an existing commit."""

    def tip(self, branch: str) -> str:
        """Return the SHA of a branch."""

    def open_pull(
        self, branch: str, *, author: str = "mona", base: str = "main", draft: bool = False, from_fork: bool = False
    ) -> int:
        """Open a pull request. From a fork, the branch is copied there, and later pushes to it go there."""

    def close(self, number: int, *, merged: bool = False) -> None:
        """Close a pull request."""

    def reopen(self, number: int) -> None:
        """Open it again."""

    def ready(self, number: int) -> None:
        """Mark a draft as ready for review."""

    def retarget(self, number: int, base: str) -> None:
        """Choose another base branch."""

    def label(self, number: int, name: str, by: str) -> None:
        """Set a label."""

    def unlabel(self, number: int, name: str, by: str) -> None:
        """Remove a label."""

    def grant(self, login: str, permission: Permission) -> None:
        """Give a person a permission."""

    def queue(self, *numbers: int) -> str:
        """Add pull requests to the merge queue. Returns the last one's commit."""

    def comment(self, number: int, by: str, body: str) -> int:
        """Comment in the conversation. Returns the id."""

    def edit_comment(self, comment_id: int, by: str, body: str) -> None:
        """Edit a comment of the conversation or of a thread."""

    def delete_comment(self, comment_id: int) -> None:
        """Delete a comment of the conversation."""

    def react(self, comment_id: int, by: str, content: str) -> None:
        """React to a comment of the conversation or of a thread."""

    def start_thread(self, number: int, by: str, line: Line, body: str) -> int:
        """Write a review comment on the current head. Returns its id."""

    def reply(self, root: int, by: str, body: str) -> int:
        """Reply in the thread that begins with the comment `root`. Returns the id."""

    def places(self, number: int) -> list[ThreadPlace]:
        """Return the place of every thread of a pull request in the current diff, oldest thread first."""

    def delete_review_comment(self, comment_id: int) -> None:
        """Delete a review comment."""

    def resolve(self, root: int, by: str | None) -> None:
        """Resolve the thread that begins with the comment `root`, or reopen it with None."""

    def review(self, number: int, by: str, body: str, *, pending: bool = False) -> int:
        """Review without comments on lines. Returns the id."""

    def foreign_check(self, sha: str, external_id: str, conclusion: str | None = "success") -> int:
        """Create a check run of our name as another App. Returns the id."""

    def other_check(self, sha: str, name: str, conclusion: str | None) -> None:
        """Start or end the check run of another App."""

    def set_status(self, sha: str, context: str, state: str) -> None:
        """Set a commit status."""

    def annotations(self, check_id: int) -> list[str]:
        """The messages of a check run's annotations."""


def note(index: int) -> Annotation:
    """Return an annotation that differs from the others."""
    return Annotation("app.py", index + 1, index + 1, AnnotationLevel.WARNING, "Title", f"note {index}")


def read(harness: GitHubHarness, number: int = 1, forge: Forge | None = None, names: Sequence[str] = ()) -> Snapshot:
    """Read the snapshot that a run begins with."""
    found = forge or harness.forge
    return found.snapshot(number, check_names=names or (CHECK_NAME,), config_file=CONFIG, templates_dir=TEMPLATES)


LINES = [f"line {number}\n" for number in range(1, 41)]
MAIN: Mapping[str, Content] = {"app.py": "".join(LINES), "old.txt": "gone soon\n"}
FIRST, SECOND = 5, 30
"""The lines of `app.py` that the pull request changes, each in a hunk of its own with three lines around it."""


def with_lines(changed: Mapping[int, str]) -> str:
    """Return the text of `app.py` with some lines changed, by number."""
    return "".join(changed.get(number, line) for number, line in enumerate(LINES, 1))


TOPIC: Mapping[str, Content] = {
    "app.py": with_lines({FIRST: "five\n", SECOND: "thirty\n"}),
    "new.py": "print(1)\n",
    "old.txt": None,
}


def open_change(harness: GitHubHarness, **options: Any) -> str:  # noqa: ANN401 — those of `open_pull`
    """Open pull request 1, which changes two places of `app.py`, adds `new.py` and deletes `old.txt`.

    Returns the head.
    """
    harness.push("main", MAIN, author="acme")
    head = harness.push("topic", TOPIC)
    harness.open_pull("topic", **options)
    return head


# In memory


class MemoryGitHub:
    """The model of the simulator."""

    def __init__(self) -> None:
        self._time = Time()
        self._github = GitHub(self._time)
        self.forge = SimulatedForge(self._github)
        self.changes = SimulatedChangeReader(self._github)

    def forge_without(self, *permissions: str) -> Forge:
        return SimulatedForge(self._github, frozenset(permissions))

    def advance(self, seconds: float) -> None:
        self._time.seconds += seconds

    def now(self) -> datetime:
        return self._time.now()

    def push(
        self,
        branch: str,
        files: Mapping[str, Content],
        *,
        author: str = "mona",
        committer: str = "",
        parents: Sequence[str] | None = None,
        verified: bool = False,
    ) -> str:
        stored = {
            path: File(one.content, one.mode) if isinstance(one, FileVersion) else one for path, one in files.items()
        }
        return self._github.push(branch, stored, author=author, committer=committer, parents=parents, verified=verified)

    def move(self, branch: str, sha: str) -> None:
        self._github.move(branch, sha)

    def tip(self, branch: str) -> str:
        return self._github.git.branches[branch]

    def open_pull(
        self, branch: str, *, author: str = "mona", base: str = "main", draft: bool = False, from_fork: bool = False
    ) -> int:
        login = author.removesuffix("[bot]")
        pull = self._github.open_pull_request(branch, author=login, base=base, draft=draft, from_fork=from_fork)
        pull.author_is_bot = login != author
        return pull.number

    def close(self, number: int, *, merged: bool = False) -> None:
        self._github.close(number, merged=merged)

    def reopen(self, number: int) -> None:
        self._github.reopen(number)

    def ready(self, number: int) -> None:
        self._github.pulls[number].is_draft = False

    def retarget(self, number: int, base: str) -> None:
        self._github.retarget(number, base)

    def label(self, number: int, name: str, by: str) -> None:
        self._github.label(number, name, by)

    def unlabel(self, number: int, name: str, by: str) -> None:
        del by
        self._github.unlabel(number, name)

    def grant(self, login: str, permission: Permission) -> None:
        self._github.grant(login, permission)

    def queue(self, *numbers: int) -> str:
        return self._github.queue(numbers)

    def comment(self, number: int, by: str, body: str) -> int:
        return self._github.comment(number, by, body).id

    def edit_comment(self, comment_id: int, by: str, body: str) -> None:
        self._github.edit_comment(comment_id, by, body)

    def delete_comment(self, comment_id: int) -> None:
        self._github.delete_comment(comment_id)

    def react(self, comment_id: int, by: str, content: str) -> None:
        written = self._github.written(comment_id)
        if written is not None:
            written.reactions.add((by, content))

    def start_thread(self, number: int, by: str, line: Line, body: str) -> int:
        return self._github.start_thread(number, by, (line.path, line.side, line.number, None), body).id

    def reply(self, root: int, by: str, body: str) -> int:
        return self._github.reply(self._thread_of(root), by, body).id

    def places(self, number: int) -> list[ThreadPlace]:
        github = self._github
        pull, found = github.pulls[number], list[ThreadPlace]()
        for one in github.threads_of(number):
            line = thread_line(github, pull, one, one.line)
            start = None if line is None else thread_line(github, pull, one, one.start_line)
            found.append((one.path, one.side.value, start, line))
        return found

    def delete_review_comment(self, comment_id: int) -> None:
        self._github.delete_review_comment(comment_id)

    def resolve(self, root: int, by: str | None) -> None:
        self._github.resolve(self._thread_of(root), by)

    def _thread_of(self, root: int) -> int:
        return next(one.id for one in self._github.threads.values() if one.replies[0].id == root)

    def review(self, number: int, by: str, body: str, *, pending: bool = False) -> int:
        state = "PENDING" if pending else "COMMENTED"
        made = StoredReview(self._github.next_id(), number, by, state, body)
        self._github.reviews[made.id] = made
        return made.id

    def foreign_check(self, sha: str, external_id: str, conclusion: str | None = "success") -> int:
        return self._github.foreign_check(
            sha, CHECK_NAME, app="other-app", external_id=external_id, conclusion=conclusion
        ).id

    def other_check(self, sha: str, name: str, conclusion: str | None) -> None:
        self._github.other_check(sha, name, conclusion)

    def set_status(self, sha: str, context: str, state: str) -> None:
        self._github.set_status(sha, context, state)

    def annotations(self, check_id: int) -> list[str]:
        return [one.message for one in self._github.checks[check_id].annotations]


# The sandbox

_OTHER_APP = App(99, "other-app", "Other")
_SCOPES = {
    "contents": (Permits.CONTENTS,),
    "pull-requests": (Permits.PULL_REQUESTS, Permits.ISSUES),
    "checks": (Permits.CHECKS,),
    "statuses": (Permits.STATUSES,),
    "actions": (Permits.ACTIONS,),
    "merge-queues": (Permits.MERGE_QUEUES,),
}


class Switch:
    """Serves whichever application is current, so that every test has a new GitHub on the same server."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@dataclass
class PatientClock:
    """The real time, except that waits are skipped."""

    def now(self) -> datetime:
        return START

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Return at once."""


@dataclass
class SandboxGitHub:
    """The adapters, over HTTP."""

    folder: Path
    url: str
    seconds: float = 0.0
    forges: list[GitHubForge] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = Sandbox(Store(self.folder, clock=lambda: START + timedelta(seconds=int(self.seconds))))
        self.world.repository(REPOSITORY)
        self._homes: dict[str, str] = {}
        self._pushes = 0
        self.world.app_token("ghs_all", permissions=FULL)
        self.forge = self._open("ghs_all")
        network = network_at(self.url, children={"PATH": os.defpath})
        self.changes = GitChangeReader(network, "ghs_all", Bounds(30, 100_000_000))

    def _open(self, token: str) -> GitHubForge:
        network = network_at(self.url)
        self.forges.append(GitHubForge(token, REPOSITORY, network, PatientClock(), RetryLimits(read=20)))
        return self.forges[-1]

    def stop(self) -> None:
        """Close the connections."""
        for forge in self.forges:
            forge.__exit__(None, None, None)

    def forge_without(self, *permissions: str) -> Forge:
        granted, store = dict(FULL), self.world.store
        for permission in permissions:
            name, _, level = permission.partition(": ")
            for scope in _SCOPES[name]:
                granted[scope] = min(granted[scope], Access.NONE if level == "read" else Access.READ)
            if level == "read":
                store.repos[REPOSITORY] = replace(store.repos[REPOSITORY], private=True)
        secret = f"ghs_{len(self.forges)}"
        self.world.app_token(secret, permissions=granted)
        return self._open(secret)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self) -> datetime:
        return self.world.store.now()

    def push(
        self,
        branch: str,
        files: Mapping[str, Content],
        *,
        author: str = "mona",
        committer: str = "",
        parents: Sequence[str] | None = None,
        verified: bool = False,
    ) -> str:
        self._account(author)
        onto = None if parents is None else tuple(parents)
        home = self._homes.get(branch, REPOSITORY)
        # Of the same files in the same second git makes the same commit.
        self._pushes += 1
        by = self._account(committer) if committer else None
        message = f"Change {self._pushes}"
        sha = self.world.push(home, branch, files, message=message, author=author, committer=by, parents=onto)
        if verified:
            self.world.store.verified.add(sha)
        return sha

    def _account(self, login: str) -> str:
        self.world.user(login, kind="Bot" if login.endswith("[bot]") else "User")
        return login

    def move(self, branch: str, sha: str) -> None:
        store = self.world.store
        with store.lock:
            store.git(REPOSITORY).set_ref(f"refs/heads/{branch}", sha)
            sandbox_pulls.follow(store, REPOSITORY, self._account("mona"))

    def tip(self, branch: str) -> str:
        return self.world.store.git(self._homes.get(branch, REPOSITORY)).branches()[branch]

    def open_pull(
        self, branch: str, *, author: str = "mona", base: str = "main", draft: bool = False, from_fork: bool = False
    ) -> int:
        if from_fork:
            self._homes[branch] = self.world.fork(REPOSITORY, author).full_name
        return self.world.open_pull_request(
            REPOSITORY,
            branch,
            title="Track parcels",
            body="Adds tracking.",
            author=self._account(author),
            base=base,
            head_repository=self._homes.get(branch),
            draft=draft,
        ).number

    def close(self, number: int, *, merged: bool = False) -> None:
        self.world.close(REPOSITORY, number, merged=merged)

    def reopen(self, number: int) -> None:
        self.world.reopen(REPOSITORY, number)

    def ready(self, number: int) -> None:
        self.world.ready(REPOSITORY, number)

    def retarget(self, number: int, base: str) -> None:
        self.world.retarget(REPOSITORY, number, base)

    def label(self, number: int, name: str, by: str) -> None:
        self.world.label(REPOSITORY, number, name, self._account(by))

    def unlabel(self, number: int, name: str, by: str) -> None:
        del by
        self.world.unlabel(REPOSITORY, number, name)

    def grant(self, login: str, permission: Permission) -> None:
        self.world.grant(REPOSITORY, self._account(login), Level[permission.name])

    def queue(self, *numbers: int) -> str:
        return self.world.queue(REPOSITORY, numbers).head_sha

    def comment(self, number: int, by: str, body: str) -> int:
        return self.world.comment(REPOSITORY, number, self._account(by), body).id

    def edit_comment(self, comment_id: int, by: str, body: str) -> None:
        self.world.edit_comment(comment_id, self._account(by), body)

    def delete_comment(self, comment_id: int) -> None:
        self.world.delete_comment(comment_id)

    def react(self, comment_id: int, by: str, content: str) -> None:
        self.world.react(comment_id, self._account(by), content)

    def start_thread(self, number: int, by: str, line: Line, body: str) -> int:
        form = CommentForm(body, line.path, line=line.number, side=SandboxSide(line.side.value))
        return self.world.review_comment(REPOSITORY, number, self._account(by), form).id

    def reply(self, root: int, by: str, body: str) -> int:
        return self.world.reply(root, self._account(by), body).id

    def places(self, number: int) -> list[ThreadPlace]:
        store, found = self.world.store, list[ThreadPlace]()
        for one in store.threads_of((REPOSITORY, number)):
            now = thread_position(store, store.pull((REPOSITORY, number)), one)
            found.append((one.anchor.path, one.anchor.side.value, now.start_line, now.line))
        return found

    def delete_review_comment(self, comment_id: int) -> None:
        self.world.delete_comment(comment_id)

    def resolve(self, root: int, by: str | None) -> None:
        self.world.resolve(self.world.store.replies[root].thread_id, by and self._account(by))

    def review(self, number: int, by: str, body: str, *, pending: bool = False) -> int:
        return self.world.review(
            REPOSITORY, number, self._account(by), event=None if pending else "COMMENT", body=body
        ).id

    def foreign_check(self, sha: str, external_id: str, conclusion: str | None = "success") -> int:
        done = {"conclusion": conclusion} if conclusion else {"status": "in_progress"}
        form = {"name": CHECK_NAME, "head_sha": sha, "external_id": external_id, **done}
        return self.world.check(REPOSITORY, _OTHER_APP, form).id

    def other_check(self, sha: str, name: str, conclusion: str | None) -> None:
        done = {"status": "completed", "conclusion": conclusion} if conclusion else {"status": "in_progress"}
        open_runs = [
            one for one in self.world.store.checks.values()
            if (one.head_sha, one.name, one.status) == (sha, name, "in_progress")
        ]  # fmt: skip
        if open_runs:
            status = "completed" if conclusion else "in_progress"
            self.world.store.checks[open_runs[0].id] = replace(open_runs[0], status=status, conclusion=conclusion)
        else:
            self.world.check(REPOSITORY, _OTHER_APP, {"name": name, "head_sha": sha, **done})

    def set_status(self, sha: str, context: str, state: str) -> None:
        store = self.world.store
        made = SandboxStatus(store.next_id(), REPOSITORY, sha, state, context, self._account("kim"), store.now())
        store.statuses.append(made)

    def annotations(self, check_id: int) -> list[str]:
        return [one.message for one in self.world.store.checks[check_id].output.annotations]
