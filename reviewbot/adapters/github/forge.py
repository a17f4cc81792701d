"""`ports.Forge` for one repository, over REST and GraphQL.

Writes that may have succeeded are not repeated, except deletions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import count, islice
from operator import attrgetter
from typing import TypeVar
from urllib.parse import quote, urlencode

from reviewbot.adapters.github import payloads, rest
from reviewbot.adapters.github.base import RepositoryConnection
from reviewbot.adapters.github.client import PAGE
from reviewbot.adapters.github.errors import HEAD_CHECKS, Intent
from reviewbot.adapters.github.graphql import answers, open_reviews, parse, queries
from reviewbot.adapters.github.graphql.files import Files
from reviewbot.adapters.github.rest import GraphQLError
from reviewbot.domain.findings.markers import read_summary_mark, read_words
from reviewbot.domain.github.check_identity import CheckTag, with_tag
from reviewbot.domain.github.drafts import CheckState, Reaction, ReviewDraft
from reviewbot.domain.github.head_checks import HeadCheck
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
from reviewbot.domain.publishing.check_names import CheckNames
from reviewbot.domain.statistics.past import PastPull
from reviewbot.errors import NotFound

T = TypeVar("T")

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


class GitHubForge(RepositoryConnection):
    def _bind(self, repository: str) -> None:
        super()._bind(repository)
        self.entries = Files(self._calls, self._owner, self._name).entries

    def installed(self) -> Iterator[rest.InstalledRepository]:
        """Yield the repositories that the token of a GitHub App can see: one request for a hundred."""
        intent = Intent("listing the repositories of the App's installation", "metadata: read")
        for page in count(1):
            listed = self._calls.get(
                "/installation/repositories", intent, rest.Installed, {"per_page": PAGE, "page": page}
            ).repositories
            yield from listed
            if len(listed) < PAGE:
                return

    # --- Reads --------------------------------------------------------------------------------------------------------

    def snapshot(self, number: int, *, check_names: Sequence[str], config_file: str, templates_dir: str) -> Snapshot:
        """See `ports.Forge.snapshot`.

        If the token may not read check runs, the snapshot has none (`checks_readable`). Anything else that it may not
        read is an error, since an unreadable config file must not count as missing.
        """
        intent = Intent(f"reading pull request {number}", "pull-requests: read")
        more = check_names[1:]
        variables = {
            **self._pull(number),
            "page": PAGE,
            "check": check_names[0],
            **dict(zip(queries.aliases("c", len(more)), more, strict=True)),
            "config": f"HEAD:{config_file}",
            "attributes": "HEAD:.gitattributes",
            "templates": f"HEAD:{templates_dir.strip('/')}",
        }
        hidden: list[GraphQLError] = []
        forgives = _remembering(hidden)
        data = self._calls.query(queries.snapshot(len(more)), variables, intent, answers.Snapshot, forgives=forgives)
        node, app = self._there(data.repository), parse.app_of(data.viewer)
        pull = self._found(node.pull_request, f"pull request {number}")
        own, older, others = self._all_check_runs(pull, check_names, data.others or {}, app, listed=not hidden)
        comments = self._whole(pull.comments, queries.MORE_RATED_COMMENTS, self._pull(number), answers.RatedCommentNode)
        threads = self._whole(pull.review_threads, queries.MORE_THREADS, self._pull(number), answers.ThreadNode)
        said = [(thread, tuple(self._thread_comments(thread))) for thread in threads]
        rated = self._rated_replies(one for _, thread_comments in said for one in thread_comments)
        reviews = self._whole(pull.reviews, queries.MORE_REVIEWS, self._pull(number), answers.ReviewNode)
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
        self,
        pull: answers.PullRequestNode,
        names: Sequence[str],
        others: Mapping[str, answers.CheckedHead | None],
        app: str,
        *,
        listed: bool,
    ) -> tuple[tuple[CheckRun, ...], tuple[CheckRun, ...], tuple[CheckRun, ...]]:
        """Return the check runs on the head, the older ones, and those of other pull requests with the same commits."""
        name, *more = names
        on_head = self._all_checks(tip := parse.tip_commits(pull), name, app)
        on_older = self._all_checks(parse.older_commits(pull), name, app)
        aside = [
            run
            for other, one in zip(more, others.values(), strict=False)
            if one
            for run in self._checks_named(one, other, app)
        ]
        if listed and [one.oid for one in tip] != [pull.head_ref_oid]:
            # No commit is listed if the base contains the head, and only the first 250 of more. The check of another
            # commit must not be taken for the head's: it would get the head's verdict.
            on_head = self._checks_on(pull.head_ref_oid, name, app)
            aside += [run for other in more for run in self._checks_on(pull.head_ref_oid, other, app)]
        own = tuple(run for run in on_head if run.is_of(pull.number))
        older = {run.id: run for run in (*on_older, *aside) if run.is_of(pull.number) and run not in own}
        foreign = {run for run in (*on_head, *on_older) if not run.is_of(pull.number)}
        by_id = attrgetter("id")
        return own, tuple(sorted(older.values(), key=by_id)), tuple(sorted(foreign, key=by_id))

    def commits(self, number: int) -> tuple[Commit, ...]:
        kind, asked = answers.InCommits[answers.CommitNode], self._pull(number)
        first = self._page(None, queries.COMMITS, asked, kind)
        return tuple(parse.commit(item.commit) for item in self._whole(first, queries.COMMITS, asked, kind))

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
        intent = Intent("reading the check runs of a commit", "checks: read")
        query = {"check_name": name, "filter": "all", "per_page": PAGE}
        path = f"{self._path}/commits/{head_sha}/check-runs?{urlencode(query)}"
        found: dict[int, CheckRun] = {}
        for page in count(1):
            answer = self._calls.get(f"{path}&page={page}", intent, rest.Checks)
            found |= {run.id: run.value(app) for run in answer.check_runs}
            if page * PAGE >= answer.total_count or not answer.check_runs:
                break
        return tuple(found[key] for key in sorted(found))

    def _checks_named(self, pull: answers.CheckedHead, name: str, app: str) -> Iterator[CheckRun]:
        yield from self._all_checks(parse.tip_commits(pull), name, app)
        yield from self._all_checks(parse.older_commits(pull), name, app)

    def _all_checks(
        self, commits: Sequence[answers.CheckedCommit | answers.TipCommit], name: str, app: str = ""
    ) -> tuple[CheckRun, ...]:
        """Return the check runs of commits; those with more than one request has read cost requests of their own."""
        more = (run for sha in parse.half_read(commits) for run in self._checks_on(sha, name, app))
        found = {run.id: run for run in (*parse.checks(commits, app), *more)}
        return tuple(found[key] for key in sorted(found))

    def config(self, path: str) -> str | None:
        intent = Intent("reading the config file", "contents: read")
        variables = {**self._here, "config": f"HEAD:{path}"}
        data = self._calls.query(queries.CONFIG, variables, intent, answers.InRepository[answers.ConfigNode])
        return parse.config(self._there(data.repository).config)

    def older_checks(self, number: int, check_names: Sequence[str]) -> OlderChecks:
        pages = [(name, page) for name in check_names for page in self._checked_pages(number, name)]
        runs: dict[int, CheckRun] = {}
        pushes: dict[str, ForcePush] = {}
        for name, page in pages:
            found = self._all_checks(parse.older_commits(page), name)
            runs |= {run.id: run for run in found if run.is_of(number)}
            pushes |= parse.force_pushes(page)
        _, last = pages[-1]
        commits = frozenset(item.commit.oid for _, page in pages for item in page.recent.present)
        return OlderChecks(
            runs=tuple(runs[key] for key in sorted(runs)),
            pushes=tuple(pushes.values()),
            commits=commits | {last.head_ref_oid},
            head_sha=last.head_ref_oid,
            base_sha=last.base_ref_oid,
            has_all_commits=last.recent.total_count <= len(commits),
        )

    def _checked_pages(self, number: int, check_name: str) -> Iterator[answers.CheckedPages]:
        intent = Intent("reading the check runs of older heads", "checks: read")
        after: dict[str, object] = {"commits": None, "forced": None}
        while True:
            variables = {**self._pull(number), "check": check_name, "page": PAGE, **after}
            data = self._calls.query(
                queries.CHECKS, variables, intent, answers.InRepository[answers.InPullRequest[answers.CheckedPages]]
            )
            pull = self._found(self._there(data.repository).pull_request, f"pull request {number}")
            yield pull
            commits, forced = pull.recent.after, pull.forced.after
            if commits is None and forced is None:
                return
            after = {"commits": commits or after["commits"], "forced": forced or after["forced"]}

    def waiting(self, check_names: CheckNames) -> Waiting:
        pulls = tuple(self._open_then_closed(queries.WAITING, {"check": check_names.plain}, answers.Listed))
        # One that is closed meanwhile is in both lists.
        named: dict[int, list[answers.Checked]] = {pull.number: [pull] for pull in pulls}
        more = {(pull.number, name) for pull in pulls for name in check_names.of(*parse.bases(pull))}
        for one in self._checked(sorted(pair for pair in more if pair[1] != check_names.plain)):
            named[one.number].append(one)
        found = {number: open_reviews.has_open_task(number, checked) for number, checked in named.items()}
        return Waiting(
            known=tuple(number for number, is_open in found.items() if is_open),
            unknown=frozenset(number for number, is_open in found.items() if is_open is None),
        )

    def _checked(self, pairs: Sequence[tuple[int, str]]) -> Iterator[answers.Checked]:
        """Yield pull requests with their check runs of a name, for each pair of the two."""
        kind = answers.InRepository[dict[str, answers.Checked | None]]
        for at in range(0, len(pairs), queries.LISTED):
            some = pairs[at : at + queries.LISTED]
            numbers = dict(zip(queries.aliases("n", len(some)), (number for number, _ in some), strict=True))
            names = dict(zip(queries.aliases("c", len(some)), (name for _, name in some), strict=True))
            variables = {**self._here, **numbers, **names}
            data = self._calls.query(queries.checked(len(some)), variables, _LIST, kind, forgives=_is_missing)
            yield from (pull for pull in self._there(data.repository).values() if pull)

    def summaries(self, mark: str, among: frozenset[int] | None = None) -> tuple[tuple[int, Comment], ...]:
        found: dict[int, Comment] = {}
        for pull in self._open_then_closed(queries.SUMMARIES, {}, answers.Summary):
            if among is None or pull.number in among:
                variables = self._pull(pull.number)
                comments = self._whole(pull.comments, queries.MORE_COMMENTS, variables, answers.CommentNode)
                if comment := parse.first_marked(comments, mark):
                    found[pull.number] = comment
        return tuple(found.items())

    def past_pulls(self, since: datetime) -> Iterator[tuple[PastPull, ...]]:
        after: str | None = None
        while True:
            variables = {**self._here, "after": after}
            data = self._calls.query(queries.PAST, variables, _PAST, answers.InRepository[answers.PastPage])
            found = self._there(data.repository)
            recent = [node for node in found.page.present if node.updated_at >= since]
            yield tuple(parse.past_pull(found, node, self._marked_comments(node)) for node in recent)
            if (after := found.page.after) is None or len(recent) < len(found.page.present):
                return

    def _marked_comments(self, node: answers.PastNode) -> Iterator[answers.CommentNode]:
        """Yield the comments up to the page with the first summary."""
        page, variables = node.comments, self._pull(node.number)
        yield from page.present
        while page.after and not any(read_summary_mark(one.body) is not None for one in page.present):
            page = self._page(page.after, queries.MORE_COMMENTS, variables, answers.CommentNode)
            yield from page.present

    def heads(self, numbers: Sequence[int]) -> Mapping[int, str]:
        names = queries.aliases("n", len(numbers))
        variables = {**self._here, **dict(zip(names, numbers, strict=True))}
        kind = answers.InRepository[dict[str, answers.Head | None]]
        data = self._calls.query(queries.heads(len(numbers)), variables, _HEADS, kind, forgives=_is_missing)
        pulls = self._there(data.repository).values()
        return {pull.number: pull.head_ref_oid for pull in pulls if pull and pull.state == "OPEN"}

    def with_head(self, branches: Sequence[str], head_sha: str) -> tuple[int, ...]:
        found: dict[int, None] = {}
        for branch in branches:
            pulls = self._listed(queries.WITH_HEAD, {"branch": branch, "page": PAGE}, answers.Head)
            found |= {pull.number: None for pull in pulls if pull.head_ref_oid == head_sha}
        return tuple(found)

    def head_checks(self, head_sha: str) -> tuple[HeadCheck, ...]:
        kind = answers.InRepository[answers.RolledUpObject]
        found: list[HeadCheck] = []
        after: str | None = None
        while True:
            variables = {**self._here, "oid": head_sha, "page": PAGE, "after": after}
            data = self._calls.query(queries.HEAD_CHECKS, variables, HEAD_CHECKS, kind)
            rollup = self._found(self._there(data.repository).object, f"commit {head_sha}").status_check_rollup
            if rollup is None:
                return tuple(found)
            found += map(parse.head_check, rollup.contexts.present)
            if (after := rollup.contexts.after) is None:
                return tuple(found)

    def _open_then_closed(self, document: str, variables: Mapping[str, object], kind: type[T]) -> Iterator[T]:
        yield from self._listed(document, {**variables, **queries.OPEN}, kind)
        yield from islice(self._listed(document, {**variables, **queries.CLOSED}, kind), queries.LISTED)

    def queued(self, base_ref: str, head_sha: str) -> tuple[int, ...]:
        entries: list[answers.QueueEntry] = []
        variables: dict[str, object] = {**self._here, "branch": base_ref, "page": PAGE, "after": None}
        while True:
            kind = answers.InRepository[answers.Queued]
            data = self._calls.query(
                queries.QUEUE, variables, _QUEUE, kind, forgives=lambda error: error.hides("mergeQueue")
            )
            queue = self._there(data.repository).merge_queue
            if queue is None or queue.entries is None:
                return ()
            entries += queue.entries.present
            if queue.entries.after is None:
                # An unreadable entry is null, and its pull request would be missing.
                whole = len(entries) == queue.entries.total_count
                return open_reviews.contained(entries, head_sha) if whole else ()
            variables["after"] = queue.entries.after

    # --- Writes -------------------------------------------------------------------------------------------------------

    def create_check(self, check: CheckState) -> CheckRun:
        named = {"name": check.name, "head_sha": check.head_sha, **payloads.check_state(check)}
        return self._calls.write("POST", f"{self._path}/check-runs", _CHECKS, named, rest.Check).value()

    def update_check(self, check_id: int, check: CheckState) -> CheckRun:
        path = f"{self._path}/check-runs/{check_id}"
        return self._calls.write("PATCH", path, _CHECKS, payloads.check_state(check), rest.Check).value()

    def tag_check(self, check_id: int, tag: CheckTag, copy: str) -> None:
        body: payloads.Body = {"external_id": with_tag(tag, copy)}
        self._calls.write("PATCH", f"{self._path}/check-runs/{check_id}", _CHECKS, body, object)

    def create_comment(self, number: int, body: str) -> Comment:
        path = f"{self._path}/issues/{number}/comments"
        return self._calls.write("POST", path, _COMMENTS, {"body": body}, rest.Written).comment()

    def update_comment(self, comment_id: int, body: str) -> Comment:
        path = f"{self._path}/issues/comments/{comment_id}"
        return self._calls.write("PATCH", path, _COMMENTS, {"body": body}, rest.Written).comment()

    def delete_comment(self, comment_id: int) -> None:
        self._delete(f"{self._path}/issues/comments/{comment_id}", _COMMENTS)

    def react(self, comment_id: int, reaction: Reaction, *, in_thread: bool) -> None:
        path = f"{self._path}/{'pulls' if in_thread else 'issues'}/comments/{comment_id}/reactions"
        self._calls.write("POST", path, _REACTIONS, {"content": reaction.value}, object)

    def remove_label(self, number: int, label: str) -> None:
        self._delete(f"{self._path}/issues/{number}/labels/{quote(label, safe='')}", _LABELS)

    def create_review(self, number: int, draft: ReviewDraft) -> int:
        path = f"{self._path}/pulls/{number}/reviews"
        return self._calls.write("POST", path, _REVIEWS, payloads.review(draft), rest.Created).id

    def delete_pending_review(self, number: int, review_id: int) -> None:
        self._delete(f"{self._path}/pulls/{number}/reviews/{review_id}", _REVIEWS)

    def dismiss_review(self, number: int, review_id: int, message: str) -> None:
        path = f"{self._path}/pulls/{number}/reviews/{review_id}/dismissals"
        self._calls.write("PUT", path, _REVIEWS, {"message": message}, object)

    def update_review_comment(self, comment_id: int, body: str) -> None:
        self._calls.write("PATCH", f"{self._path}/pulls/comments/{comment_id}", _REVIEWS, {"body": body}, object)

    def delete_review_comment(self, comment_id: int) -> None:
        self._delete(f"{self._path}/pulls/comments/{comment_id}", _REVIEWS)

    def create_file_comment(self, number: int, commit_sha: str, path: str, body: str) -> int:
        url = f"{self._path}/pulls/{number}/comments"
        comment: payloads.Body = {"body": body, "commit_id": commit_sha, "path": path, "subject_type": "file"}
        return self._calls.write("POST", url, _REVIEWS, comment, rest.Created).id

    def create_reply(self, number: int, comment_id: int, body: str) -> int:
        path = f"{self._path}/pulls/{number}/comments/{comment_id}/replies"
        return self._calls.write("POST", path, _REVIEWS, {"body": body}, rest.Created).id

    def resolve_thread(self, thread_id: str) -> None:
        self._calls.mutate(queries.RESOLVE_THREAD, {"thread": thread_id}, _RESOLVING)

    def unresolve_thread(self, thread_id: str) -> None:
        self._calls.mutate(queries.UNRESOLVE_THREAD, {"thread": thread_id}, _RESOLVING)

    def show_comment(self, node_id: str) -> None:
        self._calls.mutate(queries.SHOW_COMMENT, {"comment": node_id}, _HIDING)

    def hide_comment(self, node_id: str) -> None:
        self._calls.mutate(queries.HIDE_COMMENT, {"comment": node_id}, _HIDING)

    # --- Helpers ------------------------------------------------------------------------------------------------------

    @property
    def _here(self) -> dict[str, object]:
        return {"owner": self._owner, "name": self._name}

    def _pull(self, number: int) -> dict[str, object]:
        return {**self._here, "number": number}

    def _listed(self, document: str, variables: Mapping[str, object], kind: type[T]) -> Iterator[T]:
        def page(after: str | None) -> answers.Page[T]:
            asked = {**self._here, **variables, "after": after}
            data = self._calls.query(document, asked, _LIST, answers.InRepository[answers.Paged[kind]])  # type: ignore[valid-type]  # a type at run time
            return self._there(data.repository).page

        return _items(page(None), page)

    def _whole(
        self, page: answers.Page[T], document: str, variables: Mapping[str, object], kind: type[T]
    ) -> Iterator[T]:
        """Yield a list of the pull request, from the snapshot's first page on."""
        return _items(page, lambda after: self._page(after, document, variables, kind))

    def _page(
        self, after: str | None, document: str, variables: Mapping[str, object], kind: type[T]
    ) -> answers.Page[T]:
        asked = {**variables, "page": PAGE, "after": after}
        whole = answers.InRepository[answers.InPullRequest[answers.Paged[kind]]]  # type: ignore[valid-type]  # a type at run time
        data = self._calls.query(document, asked, _PULL, whole)
        return self._found(self._there(data.repository).pull_request, "the pull request").page

    def _thread_comments(self, thread: answers.ThreadNode) -> Iterator[answers.ThreadCommentNode]:
        def page(after: str) -> answers.Page[answers.ThreadCommentNode]:
            asked = {"thread": thread.id, "page": PAGE, "after": after}
            kind = answers.PagedNode[answers.ThreadCommentNode]
            return self._calls.query(queries.MORE_THREAD_COMMENTS, asked, _THREADS, kind).node.page

        return _items(thread.comments, page)

    def _rated_replies(self, comments: Iterable[answers.ThreadCommentNode]) -> Mapping[str, answers.RatedReply]:
        """Read the reactions to the newest of the reviewer's words, if there are any; one may be deleted meanwhile."""
        ids = [one.node_id for one in comments if one.viewer_did_author and read_words(one.body)][-PAGE:]
        if not ids:
            return {}
        kind = answers.RatedReplies
        found = self._calls.query(queries.RATED_REPLIES, {"ids": ids}, _THREADS, kind, forgives=_is_missing)
        return {one.id: one for one in found.nodes if one}

    def _delete(self, path: str, intent: Intent) -> None:
        with suppress(NotFound):
            self._calls.write("DELETE", path, intent, None, object)


def _items(page: answers.Page[T], after: Callable[[str], answers.Page[T]]) -> Iterator[T]:
    """Yield the items of a page and of all after it."""
    yield from page.present
    while page.after:
        page = after(page.after)
        yield from page.present


def _remembering(hidden: list[GraphQLError]) -> Callable[[GraphQLError], bool]:
    """Return a predicate that ignores and records errors that hide only check runs."""

    def forgives(error: GraphQLError) -> bool:
        forgiven = error.hides("tip", "recent", "forced")
        if forgiven:
            hidden.append(error)
        return forgiven

    return forgives


def _is_missing(error: GraphQLError) -> bool:
    """Return whether a part does not exist: a check run's tag can name any number, and a comment may be deleted."""
    return error.type == "NOT_FOUND" and error.path != ("repository",)
