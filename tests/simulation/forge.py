"""The ports `Forge` and `ChangeReader` over GitHub in memory, for one token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reviewbot.adapters.github.graphql.parse import UNREADABLE
from reviewbot.domain.diff.parse import ChangeSet, assemble, parse_diff
from reviewbot.domain.github.check_identity import CheckTag, split_tag, with_tag
from reviewbot.domain.github.context import DOCUMENTS, ContextRequest, ProjectContext
from reviewbot.domain.github.drafts import CheckState, InlineComment, NodeChange, Reaction, ReviewDraft
from reviewbot.domain.github.head_checks import HeadCheck, HeadState, latest, state_of_check, state_of_status
from reviewbot.domain.github.pull_request import (
    MOST_FORMER_BASES,
    MOST_REPLACED,
    RECENT_COMMITS,
    CheckRun,
    Comment,
    Commit,
    DefaultBranch,
    Entry,
    ForcePush,
    OlderChecks,
    Opinion,
    Permission,
    PullRequest,
    Repository,
    Review,
    Snapshot,
    Thread,
    ThreadComment,
    Waiting,
)
from reviewbot.domain.ledger.external_id import names_open_task
from reviewbot.domain.model.events import QueueEntry
from reviewbot.domain.model.options import ReviewKind
from reviewbot.domain.model.review import Side
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.domain.selection.path_filters import matches
from reviewbot.domain.selection.selection import LARGEST_POINTER
from reviewbot.errors import ChangeUnreadable, DiffTooLarge, NotFound, PermissionMissing, Refused
from tests.simulation.github import (
    APP,
    BOT,
    REPOSITORY,
    REPOSITORY_ID,
    WEB,
    GitHub,
    Pull,
    StoredCheck,
    StoredComment,
    StoredReply,
    StoredReview,
    StoredThread,
    moment,
)
from tests.simulation.repository import Change, Hunk, StoredCommit, diff_text, entry_of

FORCED = 5
LISTED = 50
_ANSWERS = frozenset(reaction.value for reaction in Reaction if reaction is not Reaction.EYES)
_LONGEST_BODY = 65_536
_LONGEST_SUMMARY = 65_535
_LARGEST_DIFF = 300


def _state(check: StoredCheck) -> HeadState:
    return state_of_check(check.status.upper(), (check.conclusion or "").upper())


def _former_bases(pull: Pull) -> tuple[str, ...]:
    return tuple(base for _, base in pull.bases[:-1])[-MOST_FORMER_BASES - 1 :]


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a thread; without a line it is on the whole file."""

    path: str
    side: Side = Side.RIGHT
    line: int | None = None
    start_line: int | None = None


@dataclass(slots=True)
class SimulatedForge:
    """GitHub for a workflow's token.

    Attributes:
        denied: the permissions that the token lacks, such as `checks: write`.
    """

    github: GitHub
    denied: frozenset[str] = field(default_factory=frozenset)

    # Pull requests

    def snapshot(self, number: int, *, check_names: Sequence[str], config_file: str, templates_dir: str) -> Snapshot:
        """See `ports.PullRequests.snapshot`."""
        self._needs("pull-requests: read")
        self._needs("contents: read")
        github, pull = self.github, self._pull(number)
        commits = github.git.between(pull.base_sha, pull.head_sha)
        readable = "checks: read" not in self.denied
        tip = self._checks([pull.head_sha], check_names[0]) if readable else []
        recent = [one.sha for one in commits[-RECENT_COMMITS:]]
        replaced = [push.before for push in pull.forced[-FORCED:]]
        named = [
            run
            for name in (check_names if readable else [])
            for run in self._checks([pull.head_sha, *recent, *replaced], name)
        ]
        own = tuple(run for run in tip if run.is_of(number))
        older = {run.id: run for run in named if run.is_of(number) and run not in own}
        others = {run.id: run for run in named if not run.is_of(number) and run.name == check_names[0]}
        return Snapshot(
            repository=Repository(REPOSITORY_ID, REPOSITORY, github.default_branch, WEB),
            pull=self._pull_request(pull),
            default_branch=self._default_branch(config_file, templates_dir),
            comments=tuple(self._comment(one) for one in github.comments_of(number)),
            threads=tuple(self._thread(one) for one in github.threads_of(number)),
            reviews=tuple(
                Review(one.id, one.state, one.body)
                for one in github.reviews.values()
                if one.number == number and one.author == BOT
            ),
            checks=own,
            older_checks=tuple(older[key] for key in sorted(older)),
            other_checks=tuple(others[key] for key in sorted(others)),
            checks_readable=readable,
            check_names=tuple(check_names),
        )

    def _pull(self, number: int) -> Pull:
        if number not in self.github.pulls:
            raise NotFound(f"There is no pull request {number}, or the token may not see it.")
        return self.github.pulls[number]

    def _pull_request(self, pull: Pull) -> PullRequest:
        github, number = self.github, pull.number
        commits = github.git.between(pull.base_sha, pull.head_sha)
        forced = [moment(push.at) for push in pull.forced[-FORCED:]]
        retargeted = [moment(at) for at, _ in pull.bases[1:]]
        return PullRequest(
            number=number,
            title=pull.title,
            body=pull.body,
            url=f"{WEB}/pull/{number}",
            author=pull.author,
            author_is_bot=pull.author_is_bot,
            is_open=pull.is_open,
            is_draft=pull.is_draft,
            from_fork=pull.from_fork,
            head_sha=pull.head_sha,
            base_sha=pull.base_sha,
            base_ref=pull.base_ref,
            labels=frozenset(pull.labels),
            label_events=tuple(pull.label_events[-50:]),
            commits=tuple(self._commit(one) for one in commits[:100]),
            commit_count=len(commits),
            changed_files=len(github.changes_of(pull)),
            forced_at=max(forced, default=None),
            retargeted_at=max(retargeted, default=None),
            former_bases=_former_bases(pull),
            unread_bases_until=retargeted[-MOST_FORMER_BASES - 1] if len(retargeted) > MOST_FORMER_BASES else None,
        )

    def _commit(self, made: StoredCommit) -> Commit:
        committer = made.committer or made.author
        by = None if committer == "web-flow" else committer
        return Commit(made.sha, made.parents, (made.author,), made.verified, by)

    def _default_branch(self, config_file: str, templates_dir: str) -> DefaultBranch:
        git = self.github.git
        files = git.commits[git.branches[self.github.default_branch]].files
        folder = f"{templates_dir.strip('/')}/"
        templates = {
            path.removeprefix(folder): file.content.decode("utf-8", "replace")
            for path, file in files.items()
            if path.startswith(folder) and "/" not in path.removeprefix(folder) and not file.is_binary
        }
        found = files.get(".gitattributes")
        attributes = found.content.decode("utf-8", "replace") if found and not found.is_binary else ""
        return DefaultBranch(self.config(config_file), attributes, templates)

    def commits(self, number: int) -> tuple[Commit, ...]:
        """See `ports.PullRequests.commits`."""
        pull = self._pull(number)
        return tuple(self._commit(one) for one in self.github.git.between(pull.base_sha, pull.head_sha))

    def diff(self, base: str, head: str) -> bytes:
        """See `ports.PullRequests.diff`."""
        changes = self.github.git.changes(self.merge_base(base, head), head)
        if len(changes) > _LARGEST_DIFF:
            raise DiffTooLarge(f"GitHub has no diff of more than {_LARGEST_DIFF} files.")
        return diff_text(changes).encode()

    def heads(self, numbers: Sequence[int]) -> Mapping[int, str]:
        """See `ports.PullRequests.heads`."""
        pulls = self.github.pulls
        return {number: pulls[number].head_sha for number in numbers if number in pulls and pulls[number].is_open}

    def with_head(self, branches: Sequence[str], head_sha: str) -> tuple[int, ...]:
        """See `ports.PullRequests.with_head`."""
        pulls = (one for one in self.github.pulls.values() if one.is_open and one.head_sha == head_sha)
        return tuple(one.number for one in pulls if one.head_ref in branches)

    def waiting(self, check_names: CheckNames) -> Waiting:
        """See `ports.PullRequests.waiting`."""
        if "checks: read" in self.denied:
            raise PermissionMissing("The token may not read check runs.", needs="checks: read")
        known, unknown = [], set()
        for pull in self._open_then_closed():
            commits = self.github.git.between(pull.base_sha, pull.head_sha)[-RECENT_COMMITS:]
            shas = [*(one.sha for one in commits), *(push.before for push in pull.forced[-FORCED:])]
            names = check_names.of(self.github.default_branch, pull.base_ref, _former_bases(pull))
            runs = [run for name in names for run in self._checks(shas, name) if run.is_of(pull.number)]
            newest = {(run.head_sha, run.name): run for run in runs}
            if not newest:
                unknown.add(pull.number)
            elif any(_waits(run) for run in newest.values()):
                known.append(pull.number)
        return Waiting(tuple(known), frozenset(unknown))

    def _open_then_closed(self) -> Iterable[Pull]:
        pulls = self.github.pulls.values()
        closed = sorted((one for one in pulls if not one.is_open), key=lambda one: (-int(one.updated), -one.number))
        return [*(one for one in pulls if one.is_open), *closed[:LISTED]]

    def remove_label(self, number: int, label: str) -> None:
        """See `ports.PullRequests.remove_label`."""
        self._needs("pull-requests: write")
        if number in self.github.pulls:
            self.github.unlabel(number, label)

    # The repository

    def config(self, path: str) -> str | None:
        """See `ports.Repository.config`."""
        self._needs("contents: read")
        git = self.github.git
        files = git.commits[git.branches[self.github.default_branch]].files
        file = files.get(path)
        if file is None:
            return UNREADABLE if any(name.startswith(f"{path}/") for name in files) else None
        return UNREADABLE if file.is_binary else file.content.decode("utf-8", "replace")

    def is_same_file(self, path: str, one: str, other: str) -> bool:
        """See `ports.Repository.is_same_file`."""
        self._needs("contents: read")
        git = self.github.git
        shas = (git.branches.get(name.removeprefix("refs/heads/"), name) for name in (one, other))
        found, compared = (git.commits[sha].files.get(path) if sha in git.commits else None for sha in shas)
        return found == compared

    def entries(
        self,
        *,
        head: str,
        new_paths: Sequence[str],
        merge_base: str,
        old_paths: Sequence[str],
        asked: ContextRequest | None = None,
    ) -> tuple[Mapping[str, Entry], Mapping[str, Entry], ProjectContext]:
        """See `ports.ChangeSource.entries`."""
        self._needs("contents: read")
        commits = self.github.git.commits
        for sha, paths in ((head, new_paths), (merge_base, old_paths)):
            if paths and sha not in commits:
                raise NotFound(f"Commit {sha[:12]} is not in the repository.")
        there, before = (commits[head].files if new_paths else {}), (commits[merge_base].files if old_paths else {})
        new = {path: entry_of(there[path], with_text=True) for path in new_paths if path in there}
        # A small text that replaced a binary may be a Git LFS pointer, so it is read.
        pointers = {path for path, one in new.items() if one.binary and path in before}
        old = {
            path: entry_of(before[path], with_text=path in pointers and len(before[path].content) <= LARGEST_POINTER)
            for path in old_paths
            if path in before
        }
        return new, old, self._context(asked) if asked else ProjectContext()

    def _context(self, asked: ContextRequest) -> ProjectContext:
        git = self.github.git
        files = git.commits[git.branches[self.github.default_branch]].files
        more = [path for path in files if matches(asked.patterns, path)] if asked.patterns else []
        texts = {
            path: files[path].content.decode()
            for path in (*DOCUMENTS, *more)
            if path in files and not files[path].is_binary
        }
        return ProjectContext({path: text for path, text in texts.items() if text})

    def merge_base(self, base: str, head: str) -> str:
        """See `ports.Repository.merge_base`."""
        self._needs("contents: read")
        git = self.github.git
        one, other = git.branches.get(base, base), git.branches.get(head, head)
        found = git.merge_base(one, other) if one in git.commits and other in git.commits else ""
        if not found:
            raise NotFound("A commit is not in the repository, or the two have no ancestor in common.")
        return found

    def permission(self, login: str) -> Permission:
        """See `ports.Repository.permission`."""
        return self.github.permissions.get(login.lower(), Permission.NONE)

    def queued(self, base_ref: str, head_sha: str) -> tuple[QueueEntry, ...]:
        """See `ports.Repository.queued`."""
        line = self.github.queue_of(base_ref)
        place = next((at for at, (_, sha) in enumerate(line, 1) if sha == head_sha), 0)
        if "merge-queues: read" in self.denied:
            return ()
        commits = self.github.git.commits
        return tuple(QueueEntry(number, commits[sha].parents[0]) for number, sha in line[:place])

    # Check runs

    def checks(self, head_sha: str, name: str, number: int) -> tuple[CheckRun, ...]:
        """See `ports.CheckRuns.checks`."""
        self._needs("checks: read")
        if head_sha not in self.github.git.commits:
            raise NotFound("There is no such commit.")
        return tuple(run for run in self._checks([head_sha], name) if run.is_of(number))

    def head_checks(self, head_sha: str) -> tuple[HeadCheck, ...]:
        """See `ports.CheckRuns.head_checks`."""
        self._needs("checks: read")
        self._needs("statuses: read")
        self._needs("actions: read")
        if head_sha not in self.github.git.commits:
            raise NotFound("There is no such commit.")
        names = dict.fromkeys(one.name for one in self.github.checks.values() if one.head_sha == head_sha)
        runs = [one for name in names for one in self.github.checks_on(head_sha, name)]
        statuses = [(context, state) for (sha, context), state in self.github.statuses.items() if sha == head_sha]
        return (
            *latest(HeadCheck(one.name, _state(one), one.id, one.app) for one in runs),
            *(HeadCheck(context, state_of_status(state.upper())) for context, state in statuses),
        )

    def older_checks(self, number: int, check_names: Sequence[str]) -> OlderChecks:
        """See `ports.CheckRuns.older_checks`."""
        self._needs("checks: read")
        git, pull = self.github.git, self._pull(number)
        commits = [one.sha for one in git.between(pull.base_sha, pull.head_sha)]
        pushes = tuple(
            ForcePush(
                moment(push.at),
                push.before,
                push.sha,
                {one.sha: one.parents for one in git.log(push.before, MOST_REPLACED)},
            )
            for push in pull.forced
        )
        shas = [*commits, *(sha for push in pushes for sha in push.parents)]
        found = {run.id: run for name in check_names for run in self._checks(shas, name) if run.is_of(number)}
        return OlderChecks(
            tuple(found[key] for key in sorted(found)),
            pushes,
            frozenset({*commits, pull.head_sha}),
            pull.head_sha,
            pull.base_sha,
            has_all_commits=True,
        )

    def create_check(self, check: CheckState) -> CheckRun:
        """See `ports.CheckRuns.create_check`."""
        self._needs("checks: write")
        if check.head_sha not in self.github.git.commits:
            raise _refused(f"No commit found for SHA: {check.head_sha}")
        if len(check.summary) > _LONGEST_SUMMARY:
            raise _refused(f"summary exceeds a maximum length of {_LONGEST_SUMMARY}.")
        made = StoredCheck(self.github.next_id(), check.name, check.head_sha, APP, self.github.time.now())
        self.github.checks[made.id] = made
        return self._update(made, check)

    def update_check(self, check_id: int, check: CheckState) -> CheckRun:
        """See `ports.CheckRuns.update_check`."""
        self._needs("checks: write")
        if check_id not in self.github.checks:
            raise NotFound("There is no such check run.")
        stored = self.github.checks[check_id]
        if stored.app != APP:
            raise PermissionMissing("A check run can only be modified by the App that created it.")
        if len(check.summary) > _LONGEST_SUMMARY:
            raise _refused(f"summary exceeds a maximum length of {_LONGEST_SUMMARY}.")
        return self._update(stored, check)

    def _update(self, stored: StoredCheck, check: CheckState) -> CheckRun:
        self.github.checks_on(
            stored.head_sha, stored.name
        )  # check runs that were open for two weeks are stale before the update
        if stored.status == "completed" and check.conclusion is None:
            stored.reopened = self.github.time.now()
        stored.status = check.status.value
        stored.conclusion = check.conclusion.value if check.conclusion else None
        stored.external_id = with_tag(check.tag, check.external_id)
        stored.title, stored.summary, stored.number = check.title, check.summary, check.tag.number
        stored.annotations += check.annotations  # GitHub appends
        pull = self.github.pulls.get(check.tag.number)
        stored.base = pull.base_ref if pull else ""
        self.github.on_check(stored)
        return self._check(stored)

    def tag_check(self, check_id: int, tag: CheckTag, copy: str) -> None:
        """See `ports.CheckRuns.tag_check`."""
        self._needs("checks: write")
        if check_id not in self.github.checks:
            raise NotFound("There is no such check run.")
        self.github.checks[check_id].external_id = with_tag(tag, copy)

    def _checks(self, shas: Iterable[str], name: str) -> list[CheckRun]:
        return [self._check(one) for one in self.github.checks_among(set(shas), name)]

    def _check(self, stored: StoredCheck) -> CheckRun:
        tag, copy = split_tag(stored.external_id)
        return CheckRun(
            id=stored.id,
            name=stored.name,
            head_sha=stored.head_sha,
            status=stored.status,
            conclusion=stored.conclusion,
            external_id=copy,
            url=f"{WEB}/runs/{stored.id}",
            title=stored.title,
            tag=tag,
            foreign=stored.app != APP,
        )

    # Comments

    def summaries(self, mark: str, among: frozenset[int] | None = None) -> tuple[tuple[int, Comment], ...]:
        """See `ports.Comments.summaries`."""
        found = []
        for pull in self._open_then_closed():
            if among is None or pull.number in among:
                ours = (one for one in self.github.comments_of(pull.number) if one.author == BOT)
                first = next((one for one in ours if one.body.startswith(mark)), None)
                found += [(pull.number, self._comment(first))] if first else []
        return tuple(found)

    def create_comment(self, number: int, body: str) -> Comment:
        """See `ports.Comments.create_comment`."""
        self._needs("pull-requests: write")
        self._pull(number)
        _fits(body)
        made = self.github.comment(number, BOT, body)
        self.github.on_text(made)
        return Comment(made.id, _address(made), body, ours=True)

    def update_comment(self, comment_id: int, body: str) -> Comment:
        """See `ports.Comments.update_comment`."""
        self._needs("pull-requests: write")
        _fits(body)
        if comment_id not in self.github.comments:
            raise NotFound("There is no such comment.")
        stored = self.github.comments[comment_id]
        before = stored.body
        self.github.edit_comment(comment_id, BOT, body)
        if before != body:
            self.github.on_text(stored)
        return Comment(stored.id, _address(stored), body, ours=True)

    def delete_comment(self, comment_id: int) -> None:
        """See `ports.Comments.delete_comment`."""
        self._needs("pull-requests: write")
        self.github.comments.pop(comment_id, None)

    def react(self, comment_id: int, reaction: Reaction, *, in_thread: bool) -> None:
        """See `ports.Comments.react`."""
        self._needs("pull-requests: write")
        written = self._reply(comment_id) if in_thread else self.github.comments.get(comment_id)
        if written is None:
            raise NotFound("There is no such comment.")
        written.reactions.add((BOT, reaction.value))

    def _comment(self, stored: StoredComment) -> Comment:
        return Comment(**self._written(stored, _address(stored)))

    # Reviews

    def create_review(self, number: int, draft: ReviewDraft) -> int:
        """See `ports.Reviews.create_review`."""
        self._needs("pull-requests: write")
        pull = self._pull(number)
        mine = (one for one in self.github.reviews.values() if (one.number, one.author) == (number, BOT))
        if any(one.state == "PENDING" for one in mine):
            raise _refused("User can only have one pending review per pull request")
        if pull.author == APP and draft.event is ReviewKind.REQUEST_CHANGES:
            raise _refused("Can not request changes on your own pull request")
        if not (draft.body.strip() or draft.comments):
            raise _refused("Body can't be blank")
        if len(draft.body) > _LONGEST_BODY:
            raise _refused("Body is too long")
        changes = self.github.changes_at(pull, draft.commit_sha)
        if changes is None:
            raise _refused("Commit is not part of the pull request")
        for comment in draft.comments:
            _check_lines(changes, comment)
            if self.github.refusals(comment.body):
                raise _refused(self.github.refusals(comment.body))
        state = "COMMENTED" if draft.event is ReviewKind.COMMENT else "CHANGES_REQUESTED"
        review = StoredReview(self.github.next_id(), number, BOT, state, draft.body)
        self.github.reviews[review.id] = review
        for comment in draft.comments:
            target = comment.target
            start = None if target.start_line == target.line else target.start_line
            place = Place(target.path, target.side, target.line, start)
            self._start(review, draft.commit_sha, comment.body, place)
        bodies = [one.body for one in draft.comments]
        self.github.notify(number, BOT, draft.body, *bodies, is_review=bool(bodies))  # a mere request shows no finding
        return review.id

    def _start(self, review: StoredReview, commit: str, body: str, place: Place) -> StoredReply:
        ids = self.github.next_id(), self.github.next_id()
        reply = StoredReply(ids[1], BOT, body, review.id, self.github.time.now())
        where = place.path, place.side, place.line, place.start_line
        self.github.threads[ids[0]] = StoredThread(ids[0], review.number, *where, commit, [reply])
        return reply

    def delete_pending_review(self, number: int, review_id: int) -> None:
        """See `ports.Reviews.delete_pending_review`."""
        self._needs("pull-requests: write")
        review = self._review(number, review_id)
        if review is None:
            return
        if review.state != "PENDING":
            raise _refused("Can not delete a non-pending pull request review")
        del self.github.reviews[review_id]

    def dismiss_review(self, number: int, review_id: int, message: str) -> None:
        """See `ports.Reviews.dismiss_review`."""
        del message
        self._needs("pull-requests: write")
        review = self._review(number, review_id)
        if review is None:
            raise NotFound("There is no such review.")
        if review.state != "CHANGES_REQUESTED":
            raise _refused(f"Can not dismiss a {review.state.lower()} pull request review")
        review.state = "DISMISSED"

    def _review(self, number: int, review_id: int) -> StoredReview | None:
        """Return a review that the token may see: a pending review is visible to its author only."""
        review = self.github.reviews.get(review_id)
        if review is None or review.number != number or (review.state == "PENDING" and review.author != BOT):
            return None
        return review

    def update_review_comment(self, comment_id: int, body: str) -> None:
        """See `ports.Reviews.update_review_comment`."""
        self._needs("pull-requests: write")
        _fits(body)
        reply = self._reply(comment_id)
        reply.body, reply.editor = body, BOT

    def delete_review_comment(self, comment_id: int) -> None:
        """See `ports.Reviews.delete_review_comment`."""
        self._needs("pull-requests: write")
        self.github.delete_review_comment(comment_id)

    def create_file_comment(self, number: int, commit_sha: str, path: str, body: str) -> int:
        """See `ports.Reviews.create_file_comment`."""
        self._needs("pull-requests: write")
        changes = self.github.changes_at(self._pull(number), commit_sha)
        _fits(body)
        if changes is None:
            raise _refused("commit_id is not part of the pull request")
        if all(change.path != path for change in changes):
            raise _refused("pull_request_review_thread.path is invalid")
        if self.github.refusals(body):
            raise _refused(self.github.refusals(body))
        review = StoredReview(self.github.next_id(), number, BOT, "COMMENTED", "")
        self.github.reviews[review.id] = review
        reply = self._start(review, commit_sha, body, Place(path))
        self.github.notify(number, BOT, body, is_review=True)
        return reply.id

    def create_reply(self, number: int, comment_id: int, body: str) -> int:
        """See `ports.Reviews.create_reply`."""
        self._needs("pull-requests: write")
        _fits(body)
        threads = self.github.threads_of(number) if number in self.github.pulls else []
        thread = next((one for one in threads if any(reply.id == comment_id for reply in one.replies)), None)
        if thread is None:
            raise NotFound("There is no such comment.")
        if self._reply(comment_id).in_reply_to is not None:
            raise _refused("in_reply_to must be a top-level comment")
        return self.github.reply(thread.id, BOT, body).id

    def change_node(self, node_id: str, change: NodeChange) -> None:
        """See `ports.Reviews.change_node`."""
        match change:
            case NodeChange.RESOLVE | NodeChange.UNRESOLVE:
                self._resolve(node_id, BOT if change is NodeChange.RESOLVE else None)
            case NodeChange.HIDE | NodeChange.SHOW:
                self._needs("pull-requests: write")
                reply = self._reply(int(node_id.removeprefix("PRRC_")))
                reply.minimized = "outdated" if change is NodeChange.HIDE else None

    def _resolve(self, thread_id: str, by: str | None) -> None:
        if int(thread_id) not in self.github.threads:
            raise NotFound("There is no such thread.")
        self._needs("pull-requests: write")
        self._needs("contents: write")
        self.github.threads[int(thread_id)].resolved_by = by

    def _thread(self, stored: StoredThread) -> Thread:
        may, resolver = not self.denied & {"contents: write", "pull-requests: write"}, stored.resolved_by
        return Thread(
            id=str(stored.id),
            is_resolved=resolver is not None,
            comments=tuple(
                ThreadComment(
                    **self._written(reply, _url(stored.number, reply)),
                    node_id=f"PRRC_{reply.id}",
                    is_minimized=reply.minimized is not None,
                    hidden_as_outdated=reply.minimized == "outdated",
                )
                for reply in stored.replies
            ),
            can_resolve=may and resolver is None,
            can_unresolve=may and resolver is not None,
            resolved_by=None if resolver is None else resolver.removesuffix("[bot]"),
        )

    def _reply(self, comment_id: int) -> StoredReply:
        replies = (reply for thread in self.github.threads.values() for reply in thread.replies)
        found = next((reply for reply in replies if reply.id == comment_id), None)
        if found is None:
            raise NotFound("There is no such comment.")
        return found

    def _written(self, stored: StoredComment | StoredReply, url: str) -> dict[str, Any]:
        """Return the fields that all comments have."""
        return {
            "id": stored.id,
            "url": url,
            "body": stored.body,
            "ours": stored.author == BOT,
            "edited_by": stored.editor.removesuffix("[bot]") if stored.editor else None,
            "edited_by_us": stored.editor in {None, stored.author},
            "author": stored.author,
            "author_is_bot": stored.author.endswith("[bot]"),
            "created_at": stored.at,
            "by_collaborator": self.permission(stored.author) is not Permission.NONE,
            "reacted": any(who == BOT and content in _ANSWERS for who, content in stored.reactions),
            "opinions": tuple(_opinions(stored)),
        }

    def _needs(self, permission: str) -> None:
        name, _, level = permission.partition(": ")
        if permission in self.denied or (level == "write" and f"{name}: read" in self.denied):
            raise PermissionMissing(f"The token lacks {permission}.", needs=permission)


@dataclass(slots=True)
class SimulatedChangeReader:
    """Git over HTTP."""

    github: GitHub

    def read_change(self, repository: str, *, number: int, head: str, base: str) -> ChangeSet:
        """See `ports.ChangeReader.read_change`."""
        git, pull = self.github.git, self.github.pulls.get(number)
        if repository != REPOSITORY or pull is None or base not in git.commits:
            raise ChangeUnreadable("The change cannot be fetched.")
        if pull.head_sha != head:
            raise ChangeUnreadable("The head has moved.")
        merge_base = git.merge_base(base, head)
        if not merge_base:
            raise ChangeUnreadable("The pull request and its base have no commit in common.")
        changes = git.changes(merge_base, head)
        return assemble(
            merge_base,
            head,
            parse_diff(diff_text(changes)),
            {one.old_path: entry_of(one.old, with_text=False) for one in changes if one.old},
            {one.path: entry_of(one.new, with_text=True) for one in changes if one.new},
        )


def _waits(run: CheckRun) -> bool:
    asks = run.tag is not None and run.tag.asks
    return run.status == "in_progress" or run.conclusion == "stale" or asks or names_open_task(run.external_id)


def _refused(detail: str) -> Refused:
    return Refused("GitHub refused it (HTTP 422).", hint=f"GitHub says: {detail}")


def _fits(body: str) -> None:
    if not body.strip() or len(body) > _LONGEST_BODY:
        raise _refused("Body is too long or blank")


def _check_lines(changes: Sequence[Change], comment: InlineComment) -> None:
    """Refuse a comment whose lines are not in one hunk of the diff."""
    target = comment.target
    _fits(comment.body)
    change = next((one for one in changes if one.path == target.path), None)
    if change is None:
        raise _refused("Path could not be resolved")
    hunk = next((one for one in change.hunks if target.line in _side(one, target.side)), None)
    if hunk is None:
        raise _refused("Pull request review thread line must be part of the diff")
    start = None if target.start_line == target.line else target.start_line
    if start is not None and (start > target.line or start not in _side(hunk, target.side)):
        raise _refused("Pull request review thread start line must be part of the same hunk as the line.")


def _side(hunk: Hunk, side: Side) -> range:
    return hunk.new if side is Side.RIGHT else hunk.old


def _opinions(stored: StoredComment | StoredReply) -> Iterator[Opinion]:
    for wanted in ("+1", "-1"):
        yield from (Opinion(who, wanted == "+1") for who, content in sorted(stored.reactions) if content == wanted)


def _address(stored: StoredComment) -> str:
    return f"{WEB}/pull/{stored.number}#issuecomment-{stored.id}"


def _url(number: int, reply: StoredReply) -> str:
    return f"{WEB}/pull/{number}#discussion_r{reply.id}"
