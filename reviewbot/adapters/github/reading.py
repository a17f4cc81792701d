"""What is read of a repository: the half of `ports.Forge` that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from urllib.parse import quote, urlencode

from reviewbot.adapters.github import open_reviews, parse_graphql, parse_rest, queries
from reviewbot.adapters.github.answers import Answer
from reviewbot.adapters.github.base import Bound
from reviewbot.adapters.github.client import PAGE
from reviewbot.adapters.github.error_rules import Intent
from reviewbot.domain.github.pull_request import CheckRun, Comment, Entry, Permission, Snapshot, Thread, Waiting
from reviewbot.domain.github.shared_heads import is_of
from reviewbot.errors import NotFound

DIFF_LIMIT = 30 * 1024 * 1024
"""Bytes of a diff above which it is not taken, though GitHub's own limit is far below."""

_DIFF_TYPE = "application/vnd.github.diff"
_THREADS = Intent("reading a review thread", "pull-requests: read")
_LIST = Intent("listing the pull requests", "pull-requests: read")
_HEADS = Intent("reading other pull requests with this head", "pull-requests: read")
_QUEUE = Intent("reading the merge queue", "pull-requests: read")


class Reading(Bound):
    """The reading half of `ports.Forge`."""

    def snapshot(self, number: int, *, check_name: str, config_file: str, templates_dir: str) -> Snapshot:
        """See `ports.Forge.snapshot`.

        A token that may not read check runs gets a snapshot without them (`checks_readable` says so); anything else
        that it may not read is an error, since an unread config file must not pass for none.
        """
        intent = Intent(f"reading pull request {number}", "pull-requests: read")
        variables = {
            **self._pull(number),
            "page": PAGE,
            "check": check_name,
            "config": f"HEAD:{config_file}",
            "attributes": "HEAD:.gitattributes",
            "templates": f"HEAD:{templates_dir.strip('/')}",
        }
        hidden: list[Mapping[str, object]] = []
        data = self._calls.query(queries.SNAPSHOT, variables, intent, forgives=_remembering(hidden))
        node = self._repository_in(data)
        pull, app = _found(node, "pullRequest", f"pull request {number}"), parse_graphql.app_of(data.node("viewer"))
        on_head = parse_graphql.checks(pull, "tip", app=app)
        if not (hidden or pull.node("commits").number("totalCount")):
            # A base that has the head already leaves no commit in the list, and the head keeps its check runs.
            on_head = self._checks_on(pull.text("headRefOid"), check_name, app)
        checks = on_head, parse_graphql.checks(pull, "recent", "forced", app=app)
        return self._assemble(node, pull, checks, readable=not hidden)

    def diff(self, number: int) -> bytes:
        """See `ports.Forge.diff`."""
        intent = Intent(f"reading the diff of pull request {number}", "pull-requests: read")
        return self._calls.download(f"{self._path}/pulls/{number}", _DIFF_TYPE, DIFF_LIMIT, intent)

    def merge_base(self, base: str, head: str) -> str:
        """See `ports.Forge.merge_base`."""
        intent = Intent("finding the merge base", "contents: read")
        path = f"{self._path}/compare/{quote(base, safe='')}...{quote(head, safe='')}"
        answer = Answer.of(self._calls.get(path, intent, {"per_page": 1}), "comparison")
        return answer.node("merge_base_commit").text("sha")

    def entries(
        self, *, head: str, new_paths: Sequence[str], merge_base: str, old_paths: Sequence[str]
    ) -> tuple[Mapping[str, Entry], Mapping[str, Entry]]:
        """See `ports.Forge.entries`."""
        return self._files.entries(head=head, new_paths=new_paths, merge_base=merge_base, old_paths=old_paths)

    def permission(self, login: str) -> Permission:
        """See `ports.Forge.permission`."""
        intent = Intent("asking what a person may do here", "metadata: read")
        path = f"{self._path}/collaborators/{quote(login, safe='')}/permission"
        try:
            answer = Answer.of(self._calls.get(path, intent), "permission")
        except NotFound:
            return Permission.NONE
        return parse_rest.permission(answer)

    def checks(self, head_sha: str, name: str, number: int) -> tuple[CheckRun, ...]:
        """See `ports.Forge.checks`."""
        return tuple(run for run in self._checks_on(head_sha, name) if is_of(run, number))

    def _checks_on(self, head_sha: str, name: str, app: str = "") -> tuple[CheckRun, ...]:
        intent = Intent("reading the check runs of a commit", "checks: read")
        query = {"check_name": name, "filter": "all", "per_page": PAGE}
        path = f"{self._path}/commits/{head_sha}/check-runs?{urlencode(query)}"
        answer = Answer.of(self._calls.get(path, intent), "check runs")
        return tuple(sorted((parse_rest.check(run.fields, app) for run in answer.items("check_runs")), key=_by_id))

    def config(self, path: str) -> str | None:
        """See `ports.Forge.config`."""
        intent = Intent("reading the config file", "contents: read")
        data = self._calls.query(queries.CONFIG, {**self._here, "config": f"HEAD:{path}"}, intent)
        return parse_graphql.config(self._repository_in(data).maybe_node("config"))

    def older_checks(self, number: int, check_name: str) -> tuple[CheckRun, ...]:
        """See `ports.Forge.older_checks`."""
        intent = Intent("reading the check runs of older heads", "checks: read")
        after: dict[str, object] = {"commits": None, "forced": None}
        found: dict[int, CheckRun] = {}
        while True:
            variables = {**self._pull(number), "check": check_name, "page": PAGE, **after}
            data = self._calls.query(queries.CHECKS, variables, intent)
            pull = _found(self._repository_in(data), "pullRequest", f"pull request {number}")
            runs = parse_graphql.checks(pull, "recent", "forced")
            found |= {run.id: run for run in runs if is_of(run, number)}
            commits, forced = pull.node("recent").next_page(), pull.node("forced").next_page()
            if commits is None and forced is None:
                return tuple(found[key] for key in sorted(found))
            after = {"commits": commits or after["commits"], "forced": forced or after["forced"]}

    def waiting(self, check_name: str) -> Waiting:
        """See `ports.Forge.waiting`."""
        pulls = self._open_then_closed(queries.WAITING, {"check": check_name})
        # One that is closed between the two lists stands in both.
        found = {pull.number("number"): open_reviews.standing(pull) for pull in pulls}
        return Waiting(
            known=tuple(number for number, standing in found.items() if standing is open_reviews.Awaiting.YES),
            unknown=frozenset(
                number for number, standing in found.items() if standing is open_reviews.Awaiting.UNKNOWN
            ),
        )

    def summaries(self, mark: str, among: frozenset[int] | None = None) -> tuple[tuple[int, Comment], ...]:
        """See `ports.Forge.summaries`."""
        pulls = self._open_then_closed(queries.SUMMARIES, {})
        numbered = ((pull.number("number"), pull) for pull in pulls)
        found = (
            (number, parse_graphql.first_marked(self._whole(number, pull, "comments"), mark))
            for number, pull in numbered
            if among is None or number in among
        )
        return tuple({number: comment for number, comment in found if comment is not None}.items())

    def heads(self, numbers: Sequence[int]) -> Mapping[int, str]:
        """See `ports.Forge.heads`."""
        names = queries.aliases("n", len(numbers))
        variables = {**self._here, **dict(zip(names, numbers, strict=True))}
        data = self._calls.query(queries.heads(len(numbers)), variables, _HEADS, forgives=_is_missing)
        here = self._repository_in(data)
        pulls = [pull for name in names if (pull := here.maybe_node(name)) is not None]
        return {pull.number("number"): pull.text("headRefOid") for pull in pulls if pull.text("state") == "OPEN"}

    def _open_then_closed(self, document: str, variables: Mapping[str, object]) -> Iterator[Answer]:
        """The open pull requests, oldest first, then the closed ones that changed last."""
        yield from self._listed(document, {**variables, **queries.OPEN})
        yield from islice(self._listed(document, {**variables, **queries.CLOSED}), queries.LISTED)

    def queued(self, base_ref: str, head_sha: str) -> tuple[int, ...]:
        """See `ports.Forge.queued`."""
        entries: list[Answer] = []
        variables: dict[str, object] = {**self._here, "branch": base_ref, "page": PAGE, "after": None}
        while True:
            data = self._calls.query(queries.QUEUE, variables, _QUEUE, forgives=_hides_queue)
            queue = self._repository_in(data).maybe_node("mergeQueue")
            page = queue.maybe_node("entries") if queue else None
            if page is None:
                return ()
            entries += page.items("nodes")
            if (after := page.next_page()) is None:
                # An entry that the token may not read is null, and its pull request would be missed.
                whole = len(entries) == page.number("totalCount")
                return open_reviews.contained(entries, head_sha) if whole else ()
            variables["after"] = after

    @property
    def _here(self) -> dict[str, object]:
        return {"owner": self._owner, "name": self._name}

    def _pull(self, number: int) -> dict[str, object]:
        return {**self._here, "number": number}

    def _repository_in(self, data: Answer) -> Answer:
        return _found(data, "repository", f"repository {self._repository}")

    def _listed(self, document: str, variables: Mapping[str, object]) -> Iterator[Answer]:
        """The pull requests of a list; a page is asked for when the one before it is used up."""
        after: str | None = None
        while True:
            data = self._calls.query(document, {**self._here, **variables, "after": after}, _LIST)
            page = self._repository_in(data).node("pullRequests")
            yield from page.items("nodes")
            if (after := page.next_page()) is None:
                return

    def _assemble(
        self, node: Answer, pull: Answer, checks: tuple[tuple[CheckRun, ...], tuple[CheckRun, ...]], *, readable: bool
    ) -> Snapshot:
        number, (on_head, on_older) = pull.number("number"), checks
        reviews = (parse_graphql.review(review) for review in self._whole(number, pull, "reviews"))
        own = tuple(run for run in on_head if is_of(run, number))
        return Snapshot(
            repository=parse_graphql.repository(node),
            pull=parse_graphql.pull_request(pull),
            default_branch=parse_graphql.default_branch(node),
            comments=tuple(parse_graphql.comment(comment) for comment in self._whole(number, pull, "comments")),
            threads=tuple(self._thread(thread) for thread in self._whole(number, pull, "reviewThreads")),
            reviews=tuple(review for review in reviews if review.ours),
            checks=own,
            older_checks=tuple(run for run in on_older if is_of(run, number) and run not in own),
            other_checks=tuple(sorted({run for run in (*on_head, *on_older) if not is_of(run, number)}, key=_by_id)),
            checks_readable=readable,
        )

    def _whole(self, number: int, pull: Answer, name: str) -> Iterator[Answer]:
        """A list of the pull request: its first page from the snapshot, the others asked for."""
        intent = Intent(f"reading pull request {number}", "pull-requests: read")
        page = pull.node(name)
        yield from page.items("nodes")
        while after := page.next_page():
            variables = {**self._pull(number), "page": PAGE, "after": after}
            data = self._calls.query(queries.MORE[name], variables, intent)
            page = data.node("repository").node("pullRequest").node(name)
            yield from page.items("nodes")

    def _thread(self, node: Answer) -> Thread:
        return parse_graphql.thread(node, self._thread_comments(node))

    def _thread_comments(self, node: Answer) -> Iterator[Answer]:
        page = node.node("comments")
        yield from page.items("nodes")
        while after := page.next_page():
            variables = {"thread": node.text("id"), "page": PAGE, "after": after}
            data = self._calls.query(queries.MORE_THREAD_COMMENTS, variables, _THREADS)
            page = data.node("node").node("comments")
            yield from page.items("nodes")


def _remembering(hidden: list[Mapping[str, object]]) -> Callable[[Mapping[str, object]], bool]:
    """Forgive what hides check runs only, and remember it."""

    def forgives(error: Mapping[str, object]) -> bool:
        forgiven = parse_graphql.is_hidden(error, *parse_graphql.CHECKED)
        if forgiven:
            hidden.append(error)
        return forgiven

    return forgives


def _hides_queue(error: Mapping[str, object]) -> bool:
    return parse_graphql.is_hidden(error, "mergeQueue")


def _is_missing(error: Mapping[str, object]) -> bool:
    """Whether there is no pull request of a number: whoever writes check runs can name any."""
    return error.get("type") == "NOT_FOUND" and error.get("path") != ["repository"]


def _by_id(run: CheckRun) -> int:
    return run.id


def _found(parent: Answer, name: str, what: str) -> Answer:
    node = parent.maybe_node(name)
    if node is None:
        raise NotFound(
            f"There is no {what}, or the token may not see it.",
            hint="Check the number, and that the job has `contents: read` and `pull-requests: read`.",
        )
    return node
