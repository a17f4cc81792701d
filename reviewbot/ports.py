"""Interfaces of the app to GitHub, git, CodeVF, the runner and the clock.

`tests/contract/ports` runs the same tests on the adapters and on the in-memory ports. The adapters convert exceptions
of other packages to classes of `reviewbot.errors`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from reviewbot.domain.diff.parse import ChangeSet
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.github.check_identity import CheckTag
from reviewbot.domain.github.context import ContextRequest, ProjectContext
from reviewbot.domain.github.drafts import Annotation, CheckState, NodeChange, Reaction, ReviewDraft
from reviewbot.domain.github.head_checks import HeadCheck
from reviewbot.domain.github.pull_request import (
    CheckRun,
    Comment,
    Commit,
    Entry,
    OlderChecks,
    Permission,
    Snapshot,
    Waiting,
)
from reviewbot.domain.model.events import QueueEntry
from reviewbot.domain.model.review import Balance, Submission, Tag, Task
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.domain.statistics.figures import PastPull
from reviewbot.render.view_models.review import SummaryView


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the wall-clock time in UTC. It may jump, so deadlines within a run use `monotonic`."""

    def monotonic(self) -> float:
        """Return the monotonic time in seconds."""

    def sleep(self, seconds: float) -> None:
        """Sleep. May raise `KeyboardInterrupt` if the runner cancels the job."""


class ChangeSource(Protocol):
    def snapshot(self, number: int, *, check_names: Sequence[str], config_file: str, templates_dir: str) -> Snapshot:
        """Read the pull request and reviewbot's files, usually in one request.

        The snapshot contains only check runs with a name from `check_names`, whose first name is for the current base.
        The config file and the templates come from the default branch.

        Raises:
            NotFound: the pull request does not exist, or the token has no access to it.
        """

    def diff(self, base: str, head: str) -> bytes:
        """Return the diff from the merge base of two commits to the second commit, in one request.

        The commits are full SHAs, so that a concurrent push cannot change the diff.

        Raises:
            DiffTooLarge: the API does not return a diff of this size.
        """

    def entries(
        self,
        *,
        head: str,
        new_paths: Sequence[str],
        merge_base: str,
        old_paths: Sequence[str],
        asked: ContextRequest | None = None,
    ) -> tuple[Mapping[str, Entry], Mapping[str, Entry], ProjectContext]:
        """Return the files at the head with texts, the files at the merge base without texts, and the context.

        The files are keyed by path. Files that do not exist at their commit are omitted. If reading the context fails,
        only the files are read.
        """

    def merge_base(self, base: str, head: str) -> str:
        """Return the merge base of two full SHAs. A branch name could also match a tag that the author pushed."""


class PullRequests(ChangeSource, Protocol):
    def commits(self, number: int) -> tuple[Commit, ...]:
        """Return every commit of a pull request, oldest first, in one request per hundred commits."""

    def with_head(self, branches: Sequence[str], head_sha: str) -> tuple[int, ...]:
        """Return the open pull requests with this head commit from these branches, including forks."""

    def heads(self, numbers: Sequence[int]) -> Mapping[int, str]:
        """Return the head SHA of each of these pull requests that is open, by number, in one request."""

    def waiting(self, check_names: CheckNames) -> Waiting:
        """Return the pull requests that have or may have an open task or question, according to their check runs.

        Searches all open and the fifty most recently updated closed pull requests.
        """

    def remove_label(self, number: int, label: str) -> None:
        """Remove a label from a pull request. A missing label is not an error."""


class Repository(Protocol):
    def config(self, path: str) -> str | None:
        """Return the text of a file on the default branch, or None if it does not exist, in one request."""

    def is_same_file(self, path: str, one: str, other: str) -> bool:
        """Return whether a file is the same at two commits or refs, or exists at neither, in one request."""

    def permission(self, login: str) -> Permission:
        """Return a user's permission, or `Permission.NONE` if GitHub finds none."""

    def queued(self, base_ref: str, head_sha: str) -> tuple[QueueEntry, ...]:
        """Return the pull requests of the merge queue up to the merge group's commit, in the queue's order.

        The result is empty if the queue does not contain the commit, or if the token cannot read the whole queue.
        """


class CheckRuns(Protocol):
    def checks(self, head_sha: str, name: str, number: int) -> tuple[CheckRun, ...]:
        """Return a pull request's check runs with this name on a commit, in one request."""

    def head_checks(self, head_sha: str) -> tuple[HeadCheck, ...]:
        """Return the check runs and statuses of a commit from every App, in one request per hundred.

        Raises:
            PermissionMissing: `checks: read`, `statuses: read` or `actions: read` is missing.
        """

    def older_checks(self, number: int, check_names: Sequence[str]) -> OlderChecks:
        """Return a pull request's check runs on all its commits, and on the last commits before each force-push."""

    def create_check(self, check: CheckState) -> CheckRun:
        """Create a check run.

        Raises:
            PermissionMissing: `checks: write` is missing.
        """

    def update_check(self, check_id: int, check: CheckState) -> CheckRun:
        """Update an open check run. GitHub appends the annotations to the existing ones."""

    def tag_check(self, check_id: int, tag: CheckTag, copy: str) -> None:
        """Replace only the `external_id` of a check run, even of a completed one.

        Raises:
            NotFound: the check run no longer exists.
        """


class Comments(Protocol):
    def summaries(self, mark: str, among: frozenset[int] | None = None) -> tuple[tuple[int, Comment], ...]:
        """Return pull requests, each with reviewbot's first comment that begins with `mark`.

        Searches all open and the fifty most recently updated closed pull requests, or those of them that are in
        `among`.
        """

    def create_comment(self, number: int, body: str) -> Comment:
        """Post a comment on the timeline. The result has no author and no time."""

    def update_comment(self, comment_id: int, body: str) -> Comment:
        """Edit one of reviewbot's comments. The result has no author and no time."""

    def delete_comment(self, comment_id: int) -> None:
        """Delete one of reviewbot's comments on the timeline. A missing comment is not an error."""

    def react(self, comment_id: int, reaction: Reaction, *, in_thread: bool) -> None:
        """Add a reaction to a comment on the timeline or in a review thread. An existing reaction is not an error."""


class Reviews(Protocol):
    def create_review(self, number: int, draft: ReviewDraft) -> int:
        """Post one review with all its comments, and return the review's id.

        Raises:
            Refused: GitHub rejected the whole review, usually because of one line, which the response does not name.
        """

    def delete_pending_review(self, number: int, review_id: int) -> None:
        """Delete a review that a killed run left pending. A missing review is not an error."""

    def dismiss_review(self, number: int, review_id: int, message: str) -> None:
        """Dismiss one of reviewbot's requests for changes."""

    def update_review_comment(self, comment_id: int, body: str) -> None:
        """Edit one of reviewbot's review comments."""

    def delete_review_comment(self, comment_id: int) -> None:
        """Delete one of reviewbot's review comments. A missing comment is not an error."""

    def create_file_comment(self, number: int, commit_sha: str, path: str, body: str) -> int:
        """Post a comment on a whole file, and return the comment's id. Reviews cannot contain such comments."""

    def create_reply(self, number: int, comment_id: int, body: str) -> int:
        """Post a reply in the thread that starts with a review comment, and return the reply's id.

        Raises:
            NotFound: the review comment no longer exists.
            Refused: the review comment does not start a thread.
        """

    def change_node(self, node_id: str, change: NodeChange) -> None:
        """Resolve or unresolve a review thread, or minimize or unminimize a comment, by its GraphQL id.

        Raises:
            PermissionMissing: `pull-requests: write` is missing or, for a thread, also `contents: write`.
        """


class Forge(PullRequests, Repository, CheckRuns, Comments, Reviews, Protocol):
    """GitHub, for one repository."""


class ChangeReader(Protocol):
    """Reads a whole change of any size with Git over HTTP."""

    def read_change(self, repository: str, *, number: int, head: str, base: str) -> ChangeSet:
        """Fetch the base's tip and the head into a temporary repository without a work tree, and read the change.

        `repository` is the full name of the base's repository.

        Raises:
            ChangeUnreadable: the fetch failed, or returned other commits than requested.
        """


class Installation(Protocol):
    """The repositories that the run's token can access. All requests share a connection and GitHub's rate limits."""

    @property
    def repository(self) -> str:
        """The full name of the workflow's repository."""

    @property
    def requests_left(self) -> int | None:
        """The number of requests that GitHub's rate limits still allow, or None before the first response."""

    def installed(self) -> tuple[str, ...]:
        """Return the full names of the installation's repositories that are neither archived nor disabled.

        Raises:
            ForgeError: the token does not belong to a GitHub App.
        """

    def at(self, repository: str) -> Forge:
        """Return the port of the repository with this full name, without sending a request."""


class PastPulls(Protocol):
    """Reads the records of earlier runs from a repository's pull requests."""

    def past_pulls(self, since: datetime) -> Iterator[PastPull]:
        """Yield the pull requests updated since a time, most recently updated first. Read them page by page."""


class ReviewService(Protocol):
    """The reviewer: CodeVF, or the local analyzers."""

    def balance(self) -> Balance | None:
        """Return the account's credits, or None if reviews are free."""

    def project(self, name: str) -> int:
        """Return the number of the project with this name, creating the project if necessary."""

    def tags(self) -> tuple[Tag, ...]:
        """Return the active expertise tags."""

    def create(self, submission: Submission) -> Task:
        """Submit a task. If a task with the same idempotency key exists, return that task.

        Raises:
            OverBudget: the account has too few credits, or `max-credits` is too high; no task exists.
            PayloadTooLarge: the service answered 413, or 400 for an attachment; no task exists.
            ServiceRefused: the service refused the submission; no task exists.
            ServiceUnreachable: a task may exist; repeating with the same key is safe.
        """

    def retrieve(self, task_id: str) -> Task:
        """Return the current state of a task."""

    def cancel(self, task_id: str) -> None:
        """Cancel a task."""

    def deliverable(self, url: str) -> str:
        """Return the text of a deliverable. The URL must be on one of the service's own hosts."""


class Pages(Protocol):
    """The rendered templates."""

    def job_summary(self, view: SummaryView) -> str:
        """Return the report of a run as Markdown."""

    def terminal(self, view: SummaryView) -> str:
        """Return the report of a run as plain text."""


class Reporter(Protocol):
    """The runner: log, annotations, outputs, job summary and files. All arguments may be untrusted."""

    def say(self, line: str) -> None:
        """Write a line to the log."""

    def debug(self, line: str) -> None:
        """Write a line to the log if the runner's debug mode is on."""

    def annotate(self, annotation: Annotation) -> None:
        """Write an annotation as a workflow command. The runner shows at most ten per level and step."""

    def review(self, view: SummaryView, files: Sequence[FileView], pages: Pages) -> None:
        """Show the report at the end of a run. `files` contains the files as sent to the reviewer."""

    def job_summary(self, markdown: str) -> None:
        """Append to the job summary."""

    def outputs(self, values: Mapping[str, str]) -> None:
        """Write the step's outputs."""

    def check_file(self, path: str) -> str:
        """Check that `write_file` can write a path, and return the path relative to the workspace.

        Raises:
            SettingsError: the path is outside the workspace, or cannot be written.
        """

    def write_file(self, path: str, text: str) -> None:
        """Write a file inside the workspace, but never through a symlink or into `.git` or `.github`.

        Raises:
            SettingsError: the path is outside the workspace.
        """
