"""The ports: what the app needs from the outside world, in the terms of the domain.

`tests/contract/ports` runs the same tests on the adapters and on the ports in memory. Every method either returns or
raises a class of `reviewbot.errors`; the adapters translate foreign exceptions, once each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.github.drafts import (
    Annotation,
    CheckState,
    FileComment,
    PostedComment,
    Reaction,
    ReviewDraft,
)
from reviewbot.domain.github.pull_request import (
    CheckRun,
    Comment,
    Commit,
    Entry,
    OlderChecks,
    Permission,
    RawChange,
    Snapshot,
    Waiting,
)
from reviewbot.domain.model.review import Balance, Submission, Tag, Task
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.render.view_models.review import SummaryView


class Clock(Protocol):
    """Time as a parameter."""

    def now(self) -> datetime:
        """The wall clock, in UTC: only to be shown and stored, it may jump."""

    def monotonic(self) -> float:
        """Seconds that only grow: every deadline is measured with it."""

    def sleep(self, seconds: float) -> None:
        """Wait. May raise `KeyboardInterrupt` when the runner cancels the job."""


class ChangeSource(Protocol):
    """Reads a pull request and its change."""

    def snapshot(self, number: int, *, check_names: Sequence[str], config_file: str, templates_dir: str) -> Snapshot:
        """Read the pull request and the default branch's word on us: one request, more only for long conversations.

        Check runs of other names than `check_names`, first the one against the base, are not read. Config file and
        templates are those of the default branch.

        Raises:
            NotFound: there is no such pull request, or the token may not see it.
        """

    def diff(self, base: str, head: str) -> bytes:
        """The diff from the merge base of two commits to the second, as bytes, one request.

        By full shas and not by pull request, so that a push in between cannot put another diff in its place.

        Raises:
            DiffTooLarge: GitHub has no diff of this size.
        """

    def entries(
        self, *, head: str, new_paths: Sequence[str], merge_base: str, old_paths: Sequence[str]
    ) -> tuple[Mapping[str, Entry], Mapping[str, Entry]]:
        """Files at the head with their texts, and at the merge base without: one request for a hundred files.

        Both by path; one that does not exist at its commit is left out.
        """

    def merge_base(self, base: str, head: str) -> str:
        """The best common ancestor of two commits: a full sha, one request."""


class PullRequests(ChangeSource, Protocol):
    """Reads pull requests and sets their labels."""

    def commits(self, number: int) -> tuple[Commit, ...]:
        """Every commit of a pull request, oldest first: one request for a hundred."""

    def heads(self, numbers: Sequence[int]) -> Mapping[int, str]:
        """The heads of those of these pull requests that are open: one request."""

    def waiting(self, check_names: CheckNames) -> Waiting:
        """The pull requests whose check runs tell of an open task, by the last heads.

        That is one that is open, or that GitHub has given up after two weeks (`stale`), or whose copy says so. One
        request for every fifty open pull requests, and one for the fifty closed ones that changed last; one more for
        every fifty names of pull requests against other branches than the default one.
        """

    def remove_label(self, number: int, label: str) -> None:
        """Take a label off a pull request; gone already is fine."""


class Repository(Protocol):
    """Reads the repository: the config file, permissions and the merge queue."""

    def config(self, path: str) -> str | None:
        """The text of a file on the default branch, None when there is none: one request."""

    def permission(self, login: str) -> Permission:
        """What a person may do here; `Permission.NONE` for strangers."""

    def queued(self, base_ref: str, head_sha: str) -> tuple[int, ...]:
        """The pull requests of a merge group: all that are contained in a commit of a branch's merge queue.

        Numbers in the queue's order, last the one whose commit it is; none when the queue does not know the commit, or
        the token may not read all of it. One request for a hundred entries.
        """


class CheckRuns(Protocol):
    """Reads and writes check runs."""

    def checks(self, head_sha: str, name: str, number: int) -> tuple[CheckRun, ...]:
        """A pull request's check runs of a name on a commit: one request."""

    def older_checks(self, number: int, check_names: Sequence[str]) -> OlderChecks:
        """A pull request's check runs on every commit that it has, and on the last ones before each force-push.

        One request for every hundred commits, ten force-pushes and name.
        """

    def create_check(self, check: CheckState) -> CheckRun:
        """Create a check run, with as many requests as its annotations need; the last one completes it.

        Raises:
            PermissionMissing: `checks: write` is missing.
        """

    def update_check(self, check_id: int, check: CheckState) -> CheckRun:
        """Bring an open check run to a state; annotations that it has already are not sent again."""


class Comments(Protocol):
    """Reads and writes comments in the conversation."""

    def summaries(self, mark: str, among: frozenset[int] | None = None) -> tuple[tuple[int, Comment], ...]:
        """The pull requests with a comment of ours that begins with `mark`, in that order; all, or those `among` them.

        Each with the first such comment. For pull requests where no check run could be written: it reads whole
        comments, one request for every twenty open pull requests and three for the fifty closed ones that changed last,
        and one more for every hundred comments beyond the first fifty that come before it.
        """

    def create_comment(self, number: int, body: str) -> Comment:
        """Post a comment on the timeline; what is returned tells neither its author nor its time."""

    def update_comment(self, comment_id: int, body: str) -> Comment:
        """Edit a comment of ours; likewise."""

    def delete_comment(self, comment_id: int) -> None:
        """Delete a comment of ours from the timeline; gone already is fine."""

    def react(self, comment_id: int, reaction: Reaction) -> None:
        """Put an emoji under a comment of the timeline; there already is fine."""

    def show_comment(self, node_id: str) -> None:
        """Unfold a comment that was folded away."""

    def hide_comment(self, node_id: str) -> None:
        """Fold a comment away as outdated, with the text one click off."""


class Reviews(Protocol):
    """Writes reviews, review comments and threads."""

    def create_review(self, number: int, draft: ReviewDraft) -> int:
        """Post one review with all its comments, all or nothing, and return its id.

        Raises:
            Refused: GitHub refuses the whole review, usually for one line; it does not say which.
        """

    def delete_pending_review(self, number: int, review_id: int) -> None:
        """Delete a review of ours that a killed run left pending; gone already is fine."""

    def dismiss_review(self, number: int, review_id: int, message: str) -> None:
        """Dismiss a review of ours that requests changes."""

    def update_review_comment(self, comment_id: int, body: str) -> None:
        """Edit a review comment of ours."""

    def delete_review_comment(self, comment_id: int) -> None:
        """Delete a review comment of ours; gone already is fine."""

    def create_file_comment(self, number: int, commit_sha: str, comment: FileComment) -> PostedComment:
        """Post a comment on a changed file as a whole: one request each, since a review cannot carry them."""

    def resolve_thread(self, thread_id: str) -> None:
        """Resolve a review thread.

        Raises:
            PermissionMissing: `contents: write` is missing, which this needs besides `pull-requests: write`.
        """

    def unresolve_thread(self, thread_id: str) -> None:
        """Open a review thread again; it takes what resolving takes."""


class Forge(PullRequests, Repository, CheckRuns, Comments, Reviews, Protocol):
    """GitHub, bound to one repository."""


class ChangeReader(Protocol):
    """Git over HTTP: the whole change, whatever its size."""

    def read_change(self, *, number: int, head: str, base: str) -> RawChange:
        """Fetch the base's tip and the head into a temporary repository without a work tree, and read the change.

        Raises:
            ChangeUnreadable: the fetch failed, or what came is not what was asked for.
        """


class ReviewService(Protocol):
    """Who reviews: CodeVF, or the local analyzers."""

    def balance(self) -> Balance | None:
        """The account's credits; None when the service costs nothing."""

    def project(self, name: str) -> int:
        """The number of the project of this name, created when missing."""

    def tags(self) -> tuple[Tag, ...]:
        """The active expertise levels."""

    def create(self, submission: Submission) -> Task:
        """Submit; a repeat with the same idempotency key returns the task that exists.

        Raises:
            PayloadTooLarge: 413, no task exists.
            ServiceRefused: it will not do it, no task exists.
            ServiceUnreachable: nobody knows whether a task exists; the same key finds out.
        """

    def retrieve(self, task_id: str) -> Task:
        """Ask for a task's state once."""

    def cancel(self, task_id: str) -> None:
        """Ask to stop a task."""

    def deliverable(self, url: str) -> str:
        """The text of a file that the service delivered; only from the service's own origin, bounded in size."""


class Pages(Protocol):
    """The words of the templates, for whoever wants them."""

    def job_summary(self, view: SummaryView) -> str:
        """The story as Markdown."""

    def terminal(self, view: SummaryView) -> str:
        """The story as plain lines."""


class Reporter(Protocol):
    """The runner: log, annotations, outputs, job summary and files. All of it takes hostile text."""

    def say(self, line: str) -> None:
        """One line for the log."""

    def debug(self, line: str) -> None:
        """One line for the log when the runner debugs."""

    def annotate(self, annotation: Annotation) -> None:
        """An annotation by workflow command; the runner shows ten of each level and step."""

    def story(self, view: SummaryView, files: Sequence[FileView], pages: Pages) -> None:
        """The whole story, at the end of a run, with the files as they were sent."""

    def outputs(self, values: Mapping[str, str]) -> None:
        """The step's outputs."""

    def check_file(self, path: str) -> str:
        """Ask beforehand whether `write_file` can write a path; return its shortest form inside the workspace.

        Raises:
            SettingsError: the path leads elsewhere, or cannot be written.
        """

    def write_file(self, path: str, text: str) -> None:
        """Write a file inside the workspace, never through a link, never into `.git` or `.github`.

        Raises:
            SettingsError: the path leads elsewhere.
        """
