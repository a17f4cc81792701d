"""Implement `ports.Forge`. A write that may have succeeded is retried only if the write is a deletion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

from reviewbot.adapters.github import payloads, rest
from reviewbot.adapters.github.client import PAGE, collecting_errors, items
from reviewbot.adapters.github.errors import Intent
from reviewbot.adapters.github.graphql import answers, parse, queries
from reviewbot.adapters.github.graphql.files import FileReader
from reviewbot.adapters.github.rest import GraphQLError
from reviewbot.domain.findings.markers import read_words
from reviewbot.domain.github.check_identity import CheckTag, with_tag
from reviewbot.domain.github.drafts import CheckState, NodeChange, Reaction, ReviewDraft
from reviewbot.domain.github.pull_request import (
    CheckRun,
    Comment,
    Commit,
    ForcePush,
    OlderChecks,
    Permission,
    Review,
    Snapshot,
    Waiting,
)
from reviewbot.domain.model.events import QueueEntry
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.domain.statistics.figures import PastPull
from reviewbot.errors import NotFound, TooCostly

T = TypeVar("T")

SMALL_PAGE = 10
"""The size of a page if a full page of comments exceeds GitHub's time limit or `RESPONSE_BYTES`."""

_DIFF_TYPE = "application/vnd.github.diff"
_PULL = Intent("reading a pull request", "pull-requests: read")
_THREADS = Intent("reading a review thread", "pull-requests: read")
_LIST = Intent("listing the pull requests", "pull-requests: read")
_PAST = Intent("reading the reviews of past pull requests", "pull-requests: read")
_HEADS = Intent("reading other pull requests with this head", "pull-requests: read")
_QUEUE = Intent("reading the merge queue", "pull-requests: read")
_CHECKS = Intent("writing the check run", "checks: write")
_COMMENTS = Intent("writing a comment", "pull-requests: write")
_REACTIONS = Intent("adding a reaction", "pull-requests: write")
_LABELS = Intent("removing a label", "pull-requests: write")
_REVIEWS = Intent("writing a review", "pull-requests: write")
_RESOLVING = Intent("resolving a review thread", "contents: write")
_HIDING = Intent("hiding a comment", "pull-requests: write")


class GitHubForge(FileReader):
    _page = PAGE

    def installed(self) -> tuple[str, ...]:
        """Return the repositories of a GitHub App's installation, except archived and disabled ones."""
        intent = Intent("listing the repositories of the App's installation", "metadata: read")
        found = self._calls.pages("/installation/repositories", intent, rest.Installed, lambda page: page.repositories)
        return tuple(one.full_name for one in found if not (one.archived or one.disabled))

    # --- Reads --------------------------------------------------------------------------------------------------------

    def snapshot(self, number: int, *, check_names: Sequence[str], config_file: str, templates_dir: str) -> Snapshot:
        """See `ports.Forge.snapshot`.

        If the token may not read check runs, the snapshot has none and `checks_readable` is False. Any other missing
        permission is an error, because an unreadable config file must not count as missing.
        """
        intent = Intent(f"reading pull request {number}", "pull-requests: read")
        more = check_names[1:]
        variables = {
            **self._here,
            "number": number,
            "check": check_names[0],
            **queries.aliased("c", more),
            "config": f"HEAD:{config_file}",
            "attributes": "HEAD:.gitattributes",
            "templates": f"HEAD:{templates_dir.strip('/')}",
        }
        hidden: list[GraphQLError] = []
        forgives = collecting_errors(hidden, lambda error: error.hides("recent", "forced"))
        read = partial(self._calls.query, queries.snapshot(len(more)), intent=intent, kind=answers.Snapshot)
        data = self._in_pages(lambda size: read({**variables, "page": size}, forgives=forgives))
        node = self._found(data.repository, f"repository {self.repository}")
        pull = self._found(node.pull_request, f"pull request {number}")
        own, older, others = self._all_check_runs(pull, data, check_names, listed=not hidden)
        comments = self._whole(pull.comments, queries.MORE_RATED_COMMENTS, number, answers.RatedCommentNode)
        threads = self._whole(pull.review_threads, queries.MORE_THREADS, number, answers.ThreadNode)
        said = [(thread, tuple(self._thread_comments(thread))) for thread in threads]
        rated = self._rated_replies(one for _, thread_comments in said for one in thread_comments)
        reviews = self._whole(pull.reviews, queries.MORE_REVIEWS, number, answers.ReviewNode)
        return Snapshot(
            repository=parse.repository(node),
            pull=parse.pull_request(pull),
            default_branch=parse.default_branch(node),
            comments=tuple(map(parse.comment, comments)),
            threads=tuple(parse.thread(thread, thread_comments, rated) for thread, thread_comments in said),
            reviews=tuple(Review(int(one.id), one.state, one.body) for one in reviews if one.viewer_did_author),
            checks=own,
            older_checks=older,
            other_checks=others,
            checks_readable=not hidden,
            check_names=tuple(check_names),
        )

    def _all_check_runs(
        self, pull: answers.PullRequestNode, data: answers.Snapshot, names: Sequence[str], *, listed: bool
    ) -> tuple[tuple[CheckRun, ...], tuple[CheckRun, ...], tuple[CheckRun, ...]]:
        """Return this pull request's check runs on the head, its other check runs, and those of other pull requests."""
        (name, *more), app = names, parse.app_of(data.viewer)
        commits, head = parse.checked_commits(pull), pull.head_ref_oid
        named = self._all_checks(commits, name, app)
        aside = [
            run
            for other, one in zip(more, (data.others or {}).values(), strict=False)
            if one
            for run in self._all_checks(parse.checked_commits(one), other, app)
        ]
        if listed and head not in {commit.oid for commit in commits}:
            # GitHub lists no commits if the base contains the head, and never more than the first 250.
            named += self._checks_on(head, name, app)
            aside += [run for other in more for run in self._checks_on(head, other, app)]
        # Exclude checks of other commits, because this run would write the head's verdict into them.
        own = parse.by_id(run for run in named if run.is_of(pull.number) and run.head_sha == head)
        older = parse.by_id(run for run in (*named, *aside) if run.is_of(pull.number) and run not in own)
        return own, older, parse.by_id(run for run in named if not run.is_of(pull.number))

    def commits(self, number: int) -> tuple[Commit, ...]:
        listed = self._whole(None, queries.COMMITS, number, answers.InCommits[answers.CommitNode])
        return tuple(parse.commit(item.commit) for item in listed)

    def diff(self, base: str, head: str) -> bytes:
        intent = Intent("reading the diff of the pull request", "contents: read")
        return self._calls.download(f"{self._path}/compare/{base}...{head}", _DIFF_TYPE, intent)

    def merge_base(self, base: str, head: str) -> str:
        intent = Intent("finding the merge base", "contents: read")
        path = f"{self._path}/compare/{quote(base, safe='')}...{quote(head, safe='')}"
        return self._calls.get(path, intent, rest.Comparison, {"per_page": 1}).merge_base_commit.sha

    def permission(self, login: str) -> Permission:
        intent = Intent("reading a user's permission", "metadata: read")
        path = f"{self._path}/collaborators/{quote(login, safe='')}/permission"
        try:
            return self._calls.get(path, intent, rest.PermissionOf).value()
        except NotFound:
            return Permission.NONE

    def checks(self, head_sha: str, name: str, number: int) -> tuple[CheckRun, ...]:
        return tuple(run for run in self._checks_on(head_sha, name) if run.is_of(number))

    def _checks_on(self, head_sha: str, name: str, app: str = "") -> tuple[CheckRun, ...]:
        intent = Intent("reading the check runs on a commit", "checks: read")
        path, asked = f"{self._path}/commits/{head_sha}/check-runs", {"check_name": name, "filter": "all"}
        runs = self._calls.pages(path, intent, rest.Checks, lambda page: page.check_runs, asked)
        return parse.by_id(parse.check(run, app) for run in runs)

    def _all_checks(self, commits: Sequence[answers.CheckedCommit], name: str, app: str = "") -> tuple[CheckRun, ...]:
        """Return the check runs of commits. If the list of a commit is incomplete, read the list with REST."""
        more = (run for sha in parse.with_incomplete_checks(commits) for run in self._checks_on(sha, name, app))
        return parse.by_id((*parse.checks(commits, app), *more))

    def config(self, path: str) -> str | None:
        intent = Intent("reading the config file", "contents: read")
        return parse.config(self._read(queries.CONFIG, {"config": f"HEAD:{path}"}, intent, answers.ConfigNode).config)

    def is_same_file(self, path: str, one: str, other: str) -> bool:
        intent = Intent("comparing two versions of a file", "contents: read")
        variables = {"one": f"{one}:{path}", "other": f"{other}:{path}"}
        found = self._read(queries.TWO_REVISIONS, variables, intent, answers.TwoRevisions)
        return found.one == found.other

    def older_checks(self, number: int, check_names: Sequence[str]) -> OlderChecks:
        pages = [(name, page) for name in check_names for page in self._checked_pages(number, name)]
        found: list[CheckRun] = []
        pushes: dict[str, ForcePush] = {}
        for name, page in pages:
            found += self._all_checks(parse.checked_commits(page), name)
            pushes |= parse.force_pushes(page)
        _, last = pages[-1]
        commits = frozenset(item.commit.oid for _, page in pages for item in page.recent.present)
        return OlderChecks(
            runs=parse.by_id(run for run in found if run.is_of(number)),
            pushes=tuple(pushes.values()),
            commits=commits | {last.head_ref_oid},
            head_sha=last.head_ref_oid,
            base_sha=last.base_ref_oid,
            has_all_commits=last.recent.total_count <= len(commits),
        )

    def _checked_pages(self, number: int, check_name: str) -> Iterator[answers.CheckedPages]:
        intent = Intent("reading the check runs on older commits", "checks: read")
        after: dict[str, object] = {"commits": None, "forced": None}
        while True:
            variables = {"number": number, "check": check_name, "page": PAGE, **after}
            found = self._read(queries.CHECKS, variables, intent, answers.InPullRequest[answers.CheckedPages])
            pull = self._found(found.pull_request, f"pull request {number}")
            yield pull
            commits, forced = pull.recent.after, pull.forced.after
            if commits is None and forced is None:
                return
            after = {"commits": commits or after["commits"], "forced": forced or after["forced"]}

    def waiting(self, check_names: CheckNames) -> Waiting:
        pulls = tuple(self._open_then_closed(queries.WAITING, {"check": check_names.plain}, answers.Listed))
        # A pull request that is closed between the two requests is in both lists.
        named: dict[int, list[answers.Checked]] = {pull.number: [pull] for pull in pulls}
        more = {(pull.number, name) for pull in pulls for name in check_names.of(*parse.bases(pull))}
        for one in self._checked(sorted(pair for pair in more if pair[1] != check_names.plain)):
            named[one.number].append(one)
        found = {number: parse.has_open_task(number, checked) for number, checked in named.items()}
        return Waiting(
            known=tuple(number for number, is_open in found.items() if is_open),
            unknown=frozenset(number for number, is_open in found.items() if is_open is None),
        )

    def _checked(self, pairs: Sequence[tuple[int, str]]) -> Iterator[answers.Checked]:
        """Yield the pull request of each pair of number and check name, with the check runs of that name."""
        kind = dict[str, answers.Checked | None]
        for at in range(0, len(pairs), queries.LISTED):
            some = pairs[at : at + queries.LISTED]
            numbers = queries.aliased("n", [number for number, _ in some])
            variables = {**numbers, **queries.aliased("c", [name for _, name in some])}
            found = self._read(queries.checked(len(some)), variables, _LIST, kind, forgives=_is_missing)
            yield from (pull for pull in found.values() if pull)

    def summaries(self, mark: str, among: frozenset[int] | None = None) -> tuple[tuple[int, Comment], ...]:
        found: dict[int, Comment] = {}
        for pull in self._open_then_closed(queries.SUMMARIES, {}, answers.Summary):
            if among is None or pull.number in among:
                comments = self._whole(pull.comments, queries.MORE_COMMENTS, pull.number, answers.CommentNode)
                marked = (one for one in comments if one.viewer_did_author and one.body.startswith(mark))
                if first := next(marked, None):
                    found[pull.number] = parse.comment(first)
        return tuple(found.items())

    def past_pulls(self, since: datetime) -> Iterator[PastPull]:
        for node in self._listed(queries.PAST, queries.ALL, answers.PastNode, _PAST):
            if node.updated_at < since:
                return
            comments = self._whole(node.comments, queries.MORE_COMMENTS, node.number, answers.CommentNode)
            yield parse.past_pull(node, comments)

    def heads(self, numbers: Sequence[int]) -> Mapping[int, str]:
        document, variables = queries.heads(len(numbers)), queries.aliased("n", numbers)
        found = self._read(document, variables, _HEADS, dict[str, answers.Head | None], forgives=_is_missing)
        return {pull.number: pull.head_ref_oid for pull in found.values() if pull and pull.state == "OPEN"}

    def with_head(self, branches: Sequence[str], head_sha: str) -> tuple[int, ...]:
        pulls = (
            pull
            for branch in branches
            for pull in self._listed(queries.WITH_HEAD, {"branch": branch, "page": PAGE}, answers.Head)
        )
        return tuple(dict.fromkeys(pull.number for pull in pulls if pull.head_ref_oid == head_sha))

    def _open_then_closed(self, document: str, variables: Mapping[str, object], kind: type[T]) -> Iterator[T]:
        yield from self._listed(document, {**variables, **queries.OPEN}, kind)
        yield from islice(self._listed(document, {**variables, **queries.CLOSED}, kind), queries.LISTED)

    def queued(self, base_ref: str, head_sha: str) -> tuple[QueueEntry, ...]:
        entries: list[answers.QueueEntry | None] = []
        after: str | None = None
        while True:
            variables = {"branch": base_ref, "page": PAGE, "after": after}
            found = self._read(queries.QUEUE, variables, _QUEUE, answers.Queued, lambda one: one.hides("mergeQueue"))
            queue = found.merge_queue
            if queue is None or queue.entries is None:
                return ()
            entries += queue.entries.nodes
            if (after := queue.entries.after) is None:
                return parse.contained(entries, head_sha)

    # --- Writes -------------------------------------------------------------------------------------------------------

    def create_check(self, check: CheckState) -> CheckRun:
        named = {"name": check.name, "head_sha": check.head_sha, **payloads.check_state(check)}
        return parse.check(self._write("POST", "check-runs", _CHECKS, named, rest.Check))

    def update_check(self, check_id: int, check: CheckState) -> CheckRun:
        body = payloads.check_state(check)
        return parse.check(self._write("PATCH", f"check-runs/{check_id}", _CHECKS, body, rest.Check))

    def tag_check(self, check_id: int, tag: CheckTag, copy: str) -> None:
        self._write("PATCH", f"check-runs/{check_id}", _CHECKS, {"external_id": with_tag(tag, copy)}, object)

    def create_comment(self, number: int, body: str) -> Comment:
        return self._write("POST", f"issues/{number}/comments", _COMMENTS, {"body": body}, rest.Written).comment()

    def update_comment(self, comment_id: int, body: str) -> Comment:
        return self._write("PATCH", f"issues/comments/{comment_id}", _COMMENTS, {"body": body}, rest.Written).comment()

    def delete_comment(self, comment_id: int) -> None:
        self._delete(f"issues/comments/{comment_id}", _COMMENTS)

    def react(self, comment_id: int, reaction: Reaction, *, in_thread: bool) -> None:
        path = f"{'pulls' if in_thread else 'issues'}/comments/{comment_id}/reactions"
        self._write("POST", path, _REACTIONS, {"content": reaction.value}, object)

    def remove_label(self, number: int, label: str) -> None:
        self._delete(f"issues/{number}/labels/{quote(label, safe='')}", _LABELS)

    def create_review(self, number: int, draft: ReviewDraft) -> int:
        return self._write("POST", f"pulls/{number}/reviews", _REVIEWS, payloads.review(draft), rest.Created).id

    def delete_pending_review(self, number: int, review_id: int) -> None:
        self._delete(f"pulls/{number}/reviews/{review_id}", _REVIEWS)

    def dismiss_review(self, number: int, review_id: int, message: str) -> None:
        self._write("PUT", f"pulls/{number}/reviews/{review_id}/dismissals", _REVIEWS, {"message": message}, object)

    def update_review_comment(self, comment_id: int, body: str) -> None:
        self._write("PATCH", f"pulls/comments/{comment_id}", _REVIEWS, {"body": body}, object)

    def delete_review_comment(self, comment_id: int) -> None:
        self._delete(f"pulls/comments/{comment_id}", _REVIEWS)

    def create_file_comment(self, number: int, commit_sha: str, path: str, body: str) -> int:
        comment: payloads.Body = {"body": body, "commit_id": commit_sha, "path": path, "subject_type": "file"}
        return self._write("POST", f"pulls/{number}/comments", _REVIEWS, comment, rest.Created).id

    def create_reply(self, number: int, comment_id: int, body: str) -> int:
        path = f"pulls/{number}/comments/{comment_id}/replies"
        return self._write("POST", path, _REVIEWS, {"body": body}, rest.Created).id

    def change_node(self, node_id: str, change: NodeChange) -> None:
        of_thread = change in {NodeChange.RESOLVE, NodeChange.UNRESOLVE}
        self._calls.mutate(queries.NODE_CHANGES[change], node_id, _RESOLVING if of_thread else _HIDING)

    # --- Helpers ------------------------------------------------------------------------------------------------------

    def _listed(
        self, document: str, variables: Mapping[str, object], kind: type[T], intent: Intent = _LIST
    ) -> Iterator[T]:
        whole = answers.Paged[kind]  # type: ignore[valid-type]  # a type at run time
        return items(lambda after: self._read(document, {**variables, "after": after}, intent, whole).page)

    def _in_pages(self, read: Callable[[int], T]) -> T:
        """Call `read` with the size of a page. From the first response that is too costly, pages are small."""
        try:
            return read(self._page)
        except TooCostly:
            if self._page == SMALL_PAGE:
                raise
            self._page = SMALL_PAGE
            return read(self._page)

    def _whole(self, page: answers.Page[T] | None, document: str, number: int, kind: type[T]) -> Iterator[T]:
        """Yield the items of a pull request's list. `page` is the first page, if already read."""
        whole = answers.InPullRequest[answers.Paged[kind]]  # type: ignore[valid-type]  # a type at run time

        def read(after: str | None) -> answers.Page[T]:
            asked = {"number": number, "after": after}
            found = self._in_pages(lambda size: self._read(document, {**asked, "page": size}, _PULL, whole))
            return self._found(found.pull_request, "the pull request").page

        return items(read, page)

    def _thread_comments(self, thread: answers.ThreadNode) -> Iterator[answers.ThreadCommentNode]:
        def page(after: str | None) -> answers.Page[answers.ThreadCommentNode]:
            asked = {"thread": thread.id, "page": PAGE, "after": after}
            return self._calls.query(queries.MORE_THREAD_COMMENTS, asked, _THREADS, answers.InThread).node.page

        return items(page, thread.comments)

    def _rated_replies(self, comments: Iterable[answers.ThreadCommentNode]) -> Mapping[str, answers.RatedReply]:
        """Return the newest `PAGE` replies from reviewbot with their reactions, by node id, without deleted replies."""
        ids = [one.node_id for one in comments if one.viewer_did_author and read_words(one.body)][-PAGE:]
        if not ids:
            return {}
        kind = answers.RatedReplies
        found = self._calls.query(queries.RATED_REPLIES, {"ids": ids}, _THREADS, kind, forgives=_is_missing)
        return {one.id: one for one in found.nodes if one}

    def _delete(self, path: str, intent: Intent) -> None:
        with suppress(NotFound):
            self._write("DELETE", path, intent, None, object)

    def _write(self, verb: str, path: str, intent: Intent, body: payloads.Body | None, kind: type[T]) -> T:
        return self._calls.write(verb, f"{self._path}/{path}", intent, body, kind)


def _is_missing(error: GraphQLError) -> bool:
    """Return whether GitHub does not find an object in the repository.

    A comment may have been deleted, and the tag of a check run may contain any pull request number.
    """
    return error.type == "NOT_FOUND" and error.path != ("repository",)
