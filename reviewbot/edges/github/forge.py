"""GitHub, bound to one repository: `ports.Forge` over REST and GraphQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from reviewbot.domain.publication import (
    ANNOTATIONS_PER_REQUEST,
    CheckState,
    FileComment,
    PostedComment,
    ReviewDraft,
)
from reviewbot.domain.snapshot import CheckRun, Comment, Entry, Permission, Snapshot, Thread
from reviewbot.edges.github import bodies, queries, snapshots
from reviewbot.edges.github.answers import Answer
from reviewbot.edges.github.calls import PAGE, Address, Calls, Patience
from reviewbot.edges.github.files import Files
from reviewbot.edges.github.verdicts import Intent
from reviewbot.errors import NotFound
from reviewbot.ports import Clock

DIFF_LIMIT = 30 * 1024 * 1024
"""Bytes of a diff above which it is not taken, though GitHub's own limit is far below."""

_DIFF_TYPE = "application/vnd.github.diff"
_CHECKS = Intent("writing the check run", "checks: write")
_COMMENTS = Intent("writing a comment", "pull-requests: write")
_REVIEWS = Intent("writing a review", "pull-requests: write")
_THREADS = Intent("reading a review thread", "pull-requests: read")


class GitHubForge:
    """GitHub for one repository: `ports.Forge`.

    Args:
        token: the token; it is not kept here and stands in no message.
        repository: `owner/name`.
        address: where GitHub is.
        clock: every wait and every deadline.
        patience: timeouts and budgets.
    """

    def __init__(
        self, token: str, repository: str, address: Address, clock: Clock, patience: Patience | None = None
    ) -> None:
        self._repository = repository
        self._owner, _, self._name = repository.partition("/")
        self._path = f"/repos/{quote(self._owner, safe='')}/{quote(self._name, safe='')}"
        self._calls = Calls(token, address, clock, patience or Patience())
        self._files = Files(self._calls, self._owner, self._name)

    def __repr__(self) -> str:
        """The repository, never the token."""
        return f"GitHubForge({self._repository!r})"

    def __enter__(self) -> Self:
        """Keep the connections open."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._calls.close()

    @property
    def requests(self) -> int:
        """Requests sent to GitHub so far, repeats included."""
        return self._calls.requests

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
        node = _found(data, "repository", f"repository {self._repository}")
        return self._assemble(node, _found(node, "pullRequest", f"pull request {number}"), readable=not hidden)

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
        return _permission(answer.maybe_text("role_name")) or _permission(answer.text("permission")) or Permission.NONE

    def checks(self, head_sha: str, name: str) -> tuple[CheckRun, ...]:
        """See `ports.Forge.checks`."""
        intent = Intent("reading the check runs of a commit", "checks: read")
        path = f"{self._path}/commits/{head_sha}/check-runs?{urlencode({'check_name': name, 'per_page': PAGE})}"
        answer = Answer.of(self._calls.get(path, intent), "check runs")
        return tuple(_check(run.fields) for run in answer.items("check_runs"))

    def config(self, path: str) -> str | None:
        """See `ports.Forge.config`."""
        intent = Intent("reading the config file", "contents: read")
        variables: dict[str, object] = {"owner": self._owner, "name": self._name, "config": f"HEAD:{path}"}
        data = self._calls.query(queries.CONFIG, variables, intent)
        return snapshots.config(_found(data, "repository", f"repository {self._repository}").maybe_node("config"))

    def waiting(self, check_name: str) -> tuple[int, ...]:
        """See `ports.Forge.waiting`."""
        intent = Intent("listing the open pull requests", "pull-requests: read")
        variables: dict[str, object] = {"owner": self._owner, "name": self._name, "check": check_name, "after": None}
        found: list[int] = []
        while True:
            data = self._calls.query(queries.WAITING, variables, intent)
            pulls = _found(data, "repository", f"repository {self._repository}").node("pullRequests")
            found += [pull.number("number") for pull in pulls.items("nodes") if snapshots.is_waiting(pull)]
            if (after := pulls.next_page()) is None:
                return tuple(found)
            variables["after"] = after

    def create_check(self, check: CheckState) -> CheckRun:
        """See `ports.Forge.create_check`."""
        first, *more = bodies.check_states(check)
        named = {"name": check.name, "head_sha": check.head_sha, **first}
        made = _check(self._calls.write("POST", f"{self._path}/check-runs", _CHECKS, named))
        return self._bring(made.id, more) if more else made

    def update_check(self, check_id: int, check: CheckState) -> CheckRun:
        """See `ports.Forge.update_check`."""
        # A run that died between two of several updates has sent some of the annotations.
        there = self._annotations(check_id) if len(check.annotations) > ANNOTATIONS_PER_REQUEST else 0
        return self._bring(check_id, bodies.check_states(check, there))

    def create_comment(self, number: int, body: str) -> Comment:
        """See `ports.Forge.create_comment`."""
        path = f"{self._path}/issues/{number}/comments"
        return _comment(self._calls.write("POST", path, _COMMENTS, {"body": body}))

    def update_comment(self, comment_id: int, body: str) -> Comment:
        """See `ports.Forge.update_comment`."""
        path = f"{self._path}/issues/comments/{comment_id}"
        return _comment(self._calls.write("PATCH", path, _COMMENTS, {"body": body}))

    def delete_comment(self, comment_id: int) -> None:
        """See `ports.Forge.delete_comment`."""
        self._delete(f"{self._path}/issues/comments/{comment_id}", _COMMENTS)

    def create_review(self, number: int, draft: ReviewDraft) -> int:
        """See `ports.Forge.create_review`."""
        made = self._calls.write("POST", f"{self._path}/pulls/{number}/reviews", _REVIEWS, bodies.review(draft))
        return Answer.of(made, "review").number("id")

    def delete_pending_review(self, number: int, review_id: int) -> None:
        """See `ports.Forge.delete_pending_review`; gone already is fine."""
        self._delete(f"{self._path}/pulls/{number}/reviews/{review_id}", _REVIEWS)

    def dismiss_review(self, number: int, review_id: int, message: str) -> None:
        """See `ports.Forge.dismiss_review`."""
        path = f"{self._path}/pulls/{number}/reviews/{review_id}/dismissals"
        self._calls.write("PUT", path, _REVIEWS, {"message": message})

    def review_comments(self, number: int, review_id: int) -> tuple[PostedComment, ...]:
        """See `ports.Forge.review_comments`."""
        path = f"{self._path}/pulls/{number}/reviews/{review_id}/comments"
        intent = Intent("reading the comments of a review", "pull-requests: read")
        return tuple(_posted(comment) for comment in self._calls.pages(path, intent))

    def delete_review_comment(self, comment_id: int) -> None:
        """See `ports.Forge.delete_review_comment`; gone already is fine."""
        self._delete(f"{self._path}/pulls/comments/{comment_id}", _REVIEWS)

    def create_file_comment(self, number: int, commit_sha: str, comment: FileComment) -> PostedComment:
        """See `ports.Forge.create_file_comment`."""
        path = f"{self._path}/pulls/{number}/comments"
        made = self._calls.write("POST", path, _REVIEWS, bodies.file_comment(commit_sha, comment))
        return _posted(Answer.of(made, "review comment"))

    def _pull(self, number: int) -> dict[str, object]:
        return {"owner": self._owner, "name": self._name, "number": number}

    def _assemble(self, node: Answer, pull: Answer, *, readable: bool) -> Snapshot:
        number = pull.number("number")
        reviews = (snapshots.review(review) for review in self._whole(number, pull, "reviews"))
        return Snapshot(
            repository=snapshots.repository(node),
            pull=snapshots.pull_request(pull),
            default_branch=snapshots.default_branch(node),
            comments=tuple(snapshots.comment(comment) for comment in self._whole(number, pull, "comments")),
            threads=tuple(self._thread(thread) for thread in self._whole(number, pull, "reviewThreads")),
            reviews=tuple(review for review in reviews if review.ours),
            checks=snapshots.checks(pull),
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
        return snapshots.thread(node, self._thread_comments(node))

    def _thread_comments(self, node: Answer) -> Iterator[Answer]:
        page = node.node("comments")
        yield from page.items("nodes")
        while after := page.next_page():
            variables = {"thread": node.text("id"), "page": PAGE, "after": after}
            data = self._calls.query(queries.MORE_THREAD_COMMENTS, variables, _THREADS)
            page = data.node("node").node("comments")
            yield from page.items("nodes")

    def _annotations(self, check_id: int) -> int:
        """How many annotations a check run has."""
        intent = Intent("reading a check run", "checks: read")
        run = Answer.of(self._calls.get(f"{self._path}/check-runs/{check_id}", intent), "check run")
        return run.node("output").number("annotations_count")

    def _bring(self, check_id: int, updates: Iterable[bodies.Body]) -> CheckRun:
        """Send updates, of which there is one at least, and tell what the last one left."""
        path = f"{self._path}/check-runs/{check_id}"
        *_, last = (_check(self._calls.write("PATCH", path, _CHECKS, body)) for body in updates)
        return last

    def _delete(self, path: str, intent: Intent) -> None:
        try:
            self._calls.write("DELETE", path, intent)
        except NotFound:
            return


def _remembering(hidden: list[Mapping[str, object]]) -> Callable[[Mapping[str, object]], bool]:
    """Forgive what hides check runs only, and remember it."""

    def forgives(error: Mapping[str, object]) -> bool:
        forgiven = snapshots.is_about_checks(error)
        if forgiven:
            hidden.append(error)
        return forgiven

    return forgives


def _found(parent: Answer, name: str, what: str) -> Answer:
    node = parent.maybe_node(name)
    if node is None:
        raise NotFound(
            f"There is no {what}, or the token may not see it.",
            hint="Check the number, and that the job has `contents: read` and `pull-requests: read`.",
        )
    return node


def _permission(word: str | None) -> Permission | None:
    """A role as GitHub names it; None for an organisation's own role."""
    return next((permission for permission in Permission if permission.value == word), None)


def _check(answer: object) -> CheckRun:
    run = Answer.of(answer, "check run")
    return CheckRun(
        id=run.number("id"),
        name=run.text("name"),
        head_sha=run.text("head_sha"),
        status=run.text("status"),
        conclusion=run.maybe_text("conclusion"),
        external_id=run.maybe_text("external_id") or "",
        url=run.maybe_text("html_url") or "",
        title=output.maybe_text("title") or "" if (output := run.maybe_node("output")) else "",
    )


def _comment(answer: object) -> Comment:
    comment = Answer.of(answer, "comment")
    return Comment(
        id=comment.number("id"), url=comment.text("html_url"), body=comment.maybe_text("body") or "", ours=True
    )


def _posted(comment: Answer) -> PostedComment:
    return PostedComment(id=comment.number("id"), url=comment.text("html_url"), body=comment.text("body"))
