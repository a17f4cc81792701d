"""The seeding API: actions of people on GitHub, as Python methods.

Their effects are visible to the next request. Each takes the lock, so tests may call them while the server runs.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reviewbot_sandbox.github.git.formats import FileChange, NewCommit
from reviewbot_sandbox.github.git.repository import GitRepository
from reviewbot_sandbox.github.model.addresses import node_id
from reviewbot_sandbox.github.model.forms import CommentForm, Event, ReviewForm, check_run
from reviewbot_sandbox.github.model.records import (
    ACTIONS,
    Access,
    App,
    CheckRun,
    Issue,
    IssueComment,
    Level,
    PullRequest,
    Repository,
    RequiredCheck,
    Review,
    ReviewComment,
    Scope,
    Thread,
    Token,
    User,
)
from reviewbot_sandbox.github.state import comments, merge_queue, pulls, reviews
from reviewbot_sandbox.github.state.checks import create_check, stale_run
from reviewbot_sandbox.github.state.limits import Limits
from reviewbot_sandbox.github.state.merge_queue import MergeGroup
from reviewbot_sandbox.github.state.store import Store

WORKFLOW: Mapping[Scope, Access] = {
    Scope.CONTENTS: Access.READ,
    Scope.PULL_REQUESTS: Access.WRITE,
    Scope.CHECKS: Access.WRITE,
    Scope.ISSUES: Access.READ,
}
"""The `permissions:` of the README's workflow."""

READ_ONLY: Mapping[Scope, Access] = dict.fromkeys(WORKFLOW, Access.READ)
"""The permissions of a fork's workflow on `pull_request`."""

FULL: Mapping[Scope, Access] = dict.fromkeys(Scope, Access.WRITE)
"""Every permission."""


@dataclass
class GitHubState:
    """GitHub's state with methods to change it; `store` contains the tables."""

    store: Store
    limits: Limits = field(default_factory=Limits)

    def user(self, login: str, *, email: str = "", kind: str = "User") -> User:
        """Return the person, organization or bot of that login, created if new."""
        with self.store.lock:
            if login not in self.store.users:
                address = email or f"{login}@users.noreply.github.com"
                self.store.users[login] = User(self.store.next_id(), login, address, kind)
            return self.store.users[login]

    def repository(self, full_name: str, *, default_branch: str = "main", private: bool = False) -> Repository:
        """Create a repository with one commit, which adds a README, on its default branch."""
        repo = self._make(full_name, default_branch, private=private)
        self.push(full_name, default_branch, {"README.md": f"# {repo.name}\n"}, message="First commit")
        return repo

    def _make(self, full_name: str, default_branch: str, *, private: bool, fork_of: str | None = None) -> Repository:
        owner, _, name = full_name.partition("/")
        self.user(owner)
        with self.store.lock:
            now = self.store.now()
            repo = Repository(self.store.next_id(), owner, name, default_branch, private, now, fork_of)
            GitRepository.create(self.store.git(full_name).path, default_branch)
            self.store.repos[full_name.lower()] = repo
            return repo

    def fork(self, parent: str, owner: str) -> Repository:
        """Create a person's fork with all branches; its full name is the owner's login and the parent's name."""
        with self.store.lock:
            origin = self.store.repo(parent)
            full_name = f"{owner}/{origin.name}"
            repo = self._make(full_name, origin.default_branch, private=origin.private, fork_of=parent)
            self.store.git(full_name).fetch(self.store.git(parent), "+refs/heads/*:refs/heads/*")
            return repo

    def delete_repository(self, full_name: str) -> None:
        """Delete a repository; pull requests from it stay and lose their head repository."""
        with self.store.lock:
            repo = self.store.repos.pop(full_name.lower())
            shutil.rmtree(self.store.git(repo.full_name).path)
            for place, pull in self.store.pulls.items():
                if pull.head_repo == full_name:
                    self.store.pulls[place] = replace(pull, head_repo=None)

    def require(self, full_name: str, *checks: RequiredCheck, by_ruleset: bool = True) -> None:
        """Require these checks on the default branch, instead of those required before."""
        with self.store.lock:
            repo = self.store.repo(full_name)
            required = replace(repo, rules=checks) if by_ruleset else replace(repo, protection=checks)
            self.store.repos[full_name.lower()] = required

    def environment(self, full_name: str, name: str, *branches: str) -> None:
        """Create an environment for these branches, or for every branch if none is named."""
        with self.store.lock:
            repo = self.store.repo(full_name)
            environments = {**repo.environments, name: branches or None}
            self.store.repos[full_name.lower()] = replace(repo, environments=environments)

    def grant(self, full_name: str, login: str, level: Level) -> None:
        self.user(login)
        with self.store.lock:
            self.store.levels[self.store.repo(full_name).full_name, login.lower()] = level

    def app_token(
        self,
        secret: str,
        *,
        app: App = ACTIONS,
        permissions: Mapping[Scope, Access] = WORKFLOW,
        repositories: Iterable[str] | None = None,
    ) -> Token:
        """Create an App's token, by default the one that a workflow gets, for some repositories or for all."""
        self.user(app.login, kind="Bot")
        names = None if repositories is None else frozenset(repositories)
        return self._keep_token(Token(secret, app.login, permissions, app, names))

    def person_token(self, secret: str, login: str, *, permissions: Mapping[Scope, Access] = FULL) -> Token:
        """Create a person's token; their level in each repository still bounds it."""
        self.user(login)
        return self._keep_token(Token(secret, login, permissions))

    def _keep_token(self, token: Token) -> Token:
        with self.store.lock:
            self.store.tokens[token.secret] = token
            return token

    def push(  # noqa: PLR0913 — a test names the two or three that it cares about
        self,
        full_name: str,
        branch: str,
        files: Mapping[str, FileChange],
        *,
        message: str = "Change files",
        author: str | None = None,
        committer: str | None = None,
        parents: tuple[str, ...] | None = None,
    ) -> str:
        """Commit onto a branch and push it; open pull requests follow. Returns the new head.

        A branch that does not exist starts at the default branch. Other `parents` than the branch's tip make it a force
        push, two make a merge. A file is text, bytes, a FileVersion (mode and content) or None to delete it.
        """
        with self.store.lock:
            repo = self.store.repo(full_name)
            person = self.user(author or repo.owner)
            tips = self.store.git(full_name).branches()
            tip = tips.get(branch) or tips.get(repo.default_branch)
            onto = ((tip,) if tip else ()) if parents is None else parents
            commit = NewCommit(files, message, person.login, person.email, self.store.now(), onto)
            if committer is not None:
                other = self.user(committer)
                commit = replace(commit, committer_name=other.login, committer_email=other.email)
            sha = self.store.git(full_name).add(branch, commit)
            pulls.follow(self.store, full_name, person.login)
            return sha

    def open_pull_request(  # noqa: PLR0913 — a test names the two or three that it cares about
        self,
        full_name: str,
        head: str,
        *,
        title: str = "A change",
        body: str | None = "",
        author: str | None = None,
        base: str | None = None,
        head_repository: str | None = None,
        draft: bool = False,
    ) -> PullRequest:
        """Open a pull request from a branch of the repository, or of a fork named by `head_repository`."""
        with self.store.lock:
            repo, source = self.store.repo(full_name), self.store.repo(head_repository or full_name)
            login, base_ref = self.user(author or source.owner).login, base or repo.default_branch
            pull = PullRequest(
                id=self.store.next_id(),
                number=len(self.store.pulls_of(repo.full_name)) + 1,
                repo=repo.full_name,
                author=login,
                title=title,
                body=body,
                head_ref=head,
                head_repo=source.full_name,
                head_sha=self.store.git(source.full_name).branches()[head],
                base_ref=base_ref,
                base_sha=self.store.git(repo.full_name).branches()[base_ref],
                created_at=self.store.now(),
                updated_at=self.store.now(),
                draft=draft,
            )
            return pulls.open_pull(self.store, pull)

    def queue(self, full_name: str, numbers: Iterable[int]) -> MergeGroup:
        """Put pull requests into the merge queue together, at the end: the commit and the branch are real.

        A pull request leaves the queue when it is closed.

        Raises:
            Refusal: one of them conflicts with earlier entries or is already queued.
        """
        with self.store.lock:
            return merge_queue.form_group(self.store, full_name, tuple(numbers))

    def pull(self, full_name: str, number: int) -> PullRequest:
        with self.store.lock:
            return self.store.pull((full_name, number))

    def ready(self, full_name: str, number: int) -> PullRequest:
        with self.store.lock:
            return comments.update_pull(self.store, replace(self.store.pull((full_name, number)), draft=False))

    def close(self, full_name: str, number: int, *, merged: bool = False) -> PullRequest:
        """Close a pull request, merged or not."""
        with self.store.lock:
            pull, now = self.store.pull((full_name, number)), self.store.now()
            return comments.update_pull(self.store, replace(pull, closed_at=now, merged_at=now if merged else None))

    def reopen(self, full_name: str, number: int) -> PullRequest:
        """Reopen a pull request; it follows its branches again."""
        with self.store.lock:
            pull = comments.update_pull(self.store, replace(self.store.pull((full_name, number)), closed_at=None))
            for repository in dict.fromkeys((pull.repo, pull.head_repo)):
                if repository is not None:
                    pulls.follow(self.store, repository, pull.author)
            return self.store.pull((full_name, number))

    def retarget(self, full_name: str, number: int, base: str) -> PullRequest:
        with self.store.lock:
            pull = self.store.pull((full_name, number))
            tip = self.store.git(full_name).branches()[base]
            if base != pull.base_ref:
                comments.add_event(self.store, pull, "BaseRefChangedEvent", pull.author, base=pull.base_ref)
            return comments.update_pull(self.store, replace(pull, base_ref=base, base_sha=tip))

    def label(self, full_name: str, number: int, name: str, by: str) -> PullRequest:
        with self.store.lock:
            pull = self.store.pull((full_name, number))
            return comments.add_labels(self.store, pull, self.user(by).login, [name])

    def unlabel(self, full_name: str, number: int, name: str) -> PullRequest:
        with self.store.lock:
            return comments.remove_label(self.store, self.store.pull((full_name, number)), name)

    def closing(self, full_name: str, number: int, issue: int, title: str, body: str, *, repo: str = "") -> None:
        """Let a pull request close an issue, by default of the same repository."""
        with self.store.lock:
            made = Issue(self.store.next_id(), repo or full_name, issue, "mona", title, body, self.store.now())
            self.store.closing.setdefault((full_name, number), []).append(made)

    def comment(self, full_name: str, number: int, by: str, body: str) -> IssueComment:
        with self.store.lock:
            return comments.add_comment(self.store, (full_name, number), self.user(by).login, body)

    def react(self, comment_id: int, by: str, content: str) -> None:
        """React to a comment as a person; `content` is REST's name of the emoji."""
        with self.store.lock:
            kind = "IC" if comment_id in self.store.comments else "PRRC"
            comments.react(self.store, node_id(kind, comment_id), self.user(by).login, content)

    def edit_comment(self, comment_id: int, by: str, body: str) -> IssueComment | ReviewComment:
        """Edit a comment of any author as a person; the author stays."""
        with self.store.lock:
            if comment_id in self.store.comments:
                return comments.edit_comment(self.store, self.store.comments[comment_id], self.user(by).login, body)
            return reviews.edit_reply(self.store, self.store.replies[comment_id], self.user(by).login, body)

    def delete_comment(self, comment_id: int) -> None:
        with self.store.lock:
            if comment_id in self.store.comments:
                del self.store.comments[comment_id]
            else:
                reviews.delete_reply(self.store, self.store.replies[comment_id])

    def review(
        self, full_name: str, number: int, by: str, event: Event | None = "COMMENT", body: str = "Seen."
    ) -> Review:
        """Review as a person, without comments on lines; without an event the review stays pending."""
        with self.store.lock:
            form = ReviewForm(event, body, None, ())
            return reviews.create_review(self.store, self.pull(full_name, number), self.user(by).login, form)

    def review_comment(self, full_name: str, number: int, by: str, form: CommentForm) -> ReviewComment:
        with self.store.lock:
            pull = self.store.pull((full_name, number))
            return reviews.create_comment(self.store, pull, self.user(by).login, form, pull.head_sha)

    def reply(self, comment_id: int, by: str, body: str) -> ReviewComment:
        with self.store.lock:
            root = self.store.replies[comment_id]
            pull = self.store.pull((root.repo, root.number))
            return reviews.reply_to(self.store, pull, self.user(by).login, comment_id, body)

    def resolve(self, thread_id: int, by: str | None) -> Thread:
        """Resolve a thread as a person, or reopen it with None."""
        with self.store.lock:
            thread = replace(self.store.threads[thread_id], resolved_by=by and self.user(by).login)
            self.store.threads[thread_id] = thread
            return thread

    def check(self, full_name: str, app: App, values: Mapping[str, object]) -> CheckRun:
        """Create a check run as an App; `values` are the fields of the request."""
        self.user(app.login, kind="Bot")
        with self.store.lock:
            return create_check(self.store, self.store.repo(full_name), app, check_run(dict(values)))

    def mark_stale(self, check_id: int) -> CheckRun:
        """Mark an open check run as stale, as GitHub does after two weeks."""
        with self.store.lock:
            self.store.checks[check_id] = stale_run(self.store.checks[check_id], self.store.now())
            return self.store.checks[check_id]
