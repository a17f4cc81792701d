"""GraphQL queries and mutations for GitHub's schema: https://docs.github.com/graphql.

Each query selects the fields of a type in `answers`. Untrusted values are passed only as variables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from reviewbot.adapters.github.graphql import answers
from reviewbot.adapters.github.graphql.answers import selection
from reviewbot.domain.github.drafts import NodeChange

T = TypeVar("T")


def _in_repository(name: str, variables: str, selected: str) -> str:
    return f"query {name}($owner: String!, $name: String!, {variables}) {{ {_REPOSITORY}{selected} }}"


_REPOSITORY = "repository(owner: $owner, name: $name)"


def aliases(letter: str, count: int) -> tuple[str, ...]:
    return tuple(f"{letter}{index}" for index in range(count))


def aliased(letter: str, values: Sequence[T]) -> dict[str, T]:
    """Return the variables `LETTER0`, `LETTER1`… with the given values."""
    return dict(zip(aliases(letter, len(values)), values, strict=True))


def snapshot(names: int) -> str:
    """Return the query that reads everything for the start of a run.

    Variables: `check` is the check run's name for the current base. `c0`… are other names, and the aliases of their
    responses.
    """
    others = aliases("c", names)
    declared = "".join(f", ${one}: String!" for one in others)
    asked = " ".join(f"{one}: pullRequest(number: $number){_by_name(answers.Checked, one)}" for one in others)
    return _in_repository(
        "Snapshot",
        "$number: Int!, $page: Int!, $check: String!, $config: String!, $attributes: String!, $templates: String!"
        + declared,
        f"{selection(answers.RepositoryNode)} viewer {{ login }}"
        + (f" others: {_REPOSITORY} {{ {asked} }}" if others else ""),
    )


def _by_name(kind: type, variable: str) -> str:
    return selection(kind).replace("$check", f"${variable}")


def _more(name: str, field: str, kind: type) -> str:
    page = f"page: {field}(first: $page, after: $after){selection(answers.Page[kind])}"  # type: ignore[valid-type]  # a type at run time
    selected = f" {{ pullRequest(number: $number) {{ {page} }} }}"
    return _in_repository(name, "$number: Int!, $page: Int!, $after: String", selected)


MORE_COMMENTS = _more("MoreComments", "comments", answers.CommentNode)
MORE_RATED_COMMENTS = _more("MoreRatedComments", "comments", answers.RatedCommentNode)
MORE_THREADS = _more("MoreThreads", "reviewThreads", answers.ThreadNode)
MORE_REVIEWS = _more("MoreReviews", "reviews", answers.ReviewNode)
COMMITS = _more("Commits", "commits", answers.InCommits[answers.CommitNode])

_THREAD_PAGE = "$thread: ID!, $page: Int!, $after: String!"
MORE_THREAD_COMMENTS = f"query MoreThreadComments({_THREAD_PAGE}){selection(answers.InThread)}"

RATED_REPLIES = f"query RatedReplies($ids: [ID!]!){selection(answers.RatedReplies)}"


def entries(new: int, old: int, context: int | None = None) -> str:
    """Return the query that reads `new` files with texts at the head, and `old` files without texts at the merge base.

    Variables: `head` and `base` (SHAs), `n0`… and `o0`… (paths, also aliases). If `context` is set, the query also
    reads that many files of the default branch (`f0`…), and the messages and issues of the pull request (`number`).
    """
    documents = aliases("f", context or 0)
    declared = ["$head: GitObjectID!"] * bool(new) + ["$base: GitObjectID!"] * bool(old)
    declared += [f"${alias}: String!" for alias in (*aliases("n", new), *aliases("o", old), *documents)]
    declared += ["$number: Int!"] if context is not None else []
    texts = " ".join(f"{one}: object(expression: ${one}){selection(answers.Blob)}" for one in documents)
    about = f"about: {_REPOSITORY} {{ pullRequest(number: $number){selection(answers.About)} }}"
    at_head = _commit("head", _files(aliases("n", new), "NewFile")) if new else ""
    at_base = _commit("base", _files(aliases("o", old), "OldFile")) if old else ""
    selected = f" {{ {at_head} {at_base} __typename }} "
    selected += f"documents: {_REPOSITORY} {{ {texts} }} " if texts else ""
    selected += about if context is not None else ""
    return _in_repository("Entries", ", ".join(declared), selected) + _NEW_FILE * bool(new) + _OLD_FILE * bool(old)


_NEW_FILE = f"fragment NewFile on TreeEntry{selection(answers.NewFile)}\n"
_OLD_FILE = f"fragment OldFile on TreeEntry{selection(answers.OldFile)}\n"


def _commit(name: str, files: str) -> str:
    return f"{name}: object(oid: ${name}) {{ ... on Commit {{ {files} }} }}"


def _files(names: tuple[str, ...], parts: str) -> str:
    return " ".join(f"{alias}: file(path: ${alias}) {{ ...{parts} }}" for alias in names)


CONFIG = _in_repository("Config", "$config: String!", selection(answers.ConfigNode))

TWO_REVISIONS = _in_repository("TwoRevisions", "$one: String!, $other: String!", selection(answers.TwoRevisions))
"""The ids of two Git objects. GitHub's `oid` argument takes only a full hash, so a branch needs an `expression`."""

SETUP = _in_repository(
    "Setup", "$config: String!, $templates: String!, $workflows: String!", selection(answers.DoctorNode)
)
"""reviewbot's files and the workflows at a ref."""

LISTED = 50
"""The number of pull requests in one request, and of closed pull requests to list."""

OPEN = {"states": ["OPEN"], "order": {"field": "CREATED_AT", "direction": "ASC"}}
"""Variables that select open pull requests, oldest first."""

_LAST_UPDATED = {"field": "UPDATED_AT", "direction": "DESC"}
CLOSED = {"states": ["CLOSED", "MERGED"], "order": _LAST_UPDATED}
"""Variables that select closed pull requests, most recently updated first."""

ALL = {"states": ["OPEN", "CLOSED", "MERGED"], "order": _LAST_UPDATED}
"""Variables that select all pull requests, most recently updated first."""


def _list(name: str, variables: str, first: int, kind: type) -> str:
    asked = f"pullRequests(states: $states, first: {first}, after: $after, orderBy: $order)"
    return _in_repository(
        name,
        f"{variables}$states: [PullRequestState!], $order: IssueOrder!, $after: String",
        f" {{ page: {asked}{selection(answers.Page[kind])} }}",  # type: ignore[valid-type]  # a type at run time
    )


WAITING = _list("Waiting", "$check: String!, ", LISTED, answers.Listed)
"""Pull requests with the check runs of one name, on the last commits and on heads before force-pushes."""


def checked(count: int) -> str:
    """Return the query for check runs. Variables: numbers `n0`… (also the aliases), and check names `c0`…."""
    pairs = tuple(zip(aliases("n", count), aliases("c", count), strict=True))
    declared = ", ".join(f"${n}: Int!, ${c}: String!" for n, c in pairs)
    asked = " ".join(f"{n}: pullRequest(number: ${n}){_by_name(answers.Checked, c)}" for n, c in pairs)
    return _in_repository("Checked", declared, f" {{ {asked} }}")


SUMMARIES = _list("Summaries", "", 20, answers.Summary)
"""Pull requests with their first comments. A request reads few, because comments may be long."""

PAST = _list("Past", "", 20, answers.PastNode)
"""Like `SUMMARIES`, with the fields for statistics."""

CHECKS = _in_repository(
    "Checks",
    "$number: Int!, $check: String!, $page: Int!, $commits: String, $forced: String",
    f" {{ pullRequest(number: $number){selection(answers.CheckedPages)} }}",
)
"""The check runs of one name on every commit of a pull request, including commits before force-pushes."""

HEAD_CHECKS = _in_repository(
    "HeadChecks", "$commit: String!, $page: Int!, $after: String", selection(answers.CommitChecks)
)
"""The latest check runs of every check suite of a commit, and the commit's statuses."""

WITH_HEAD = _in_repository(
    "WithHead",
    "$branch: String!, $page: Int!, $after: String",
    f" {{ page: pullRequests(headRefName: $branch, states: [OPEN], first: $page, after: $after)"
    f"{selection(answers.Page[answers.Head])} }}",
)
"""The open pull requests from a branch with this name, in any fork."""

QUEUE = _in_repository("Queue", "$branch: String!, $page: Int!, $after: String", selection(answers.Queued))


def heads(count: int) -> str:
    """Return the query that reads the heads of pull requests by number (`n0`…, also the aliases)."""
    names = aliases("n", count)
    declared = ", ".join(f"${name}: Int!" for name in names)
    asked = " ".join(f"{name}: pullRequest(number: ${name}){selection(answers.Head)}" for name in names)
    return _in_repository("Heads", declared, f" {{ {asked} }}")


def _mutation(name: str, call: str) -> str:
    return f"mutation {name}($id: ID!) {{ done: {call} {{ __typename }} }}"


NODE_CHANGES = {
    NodeChange.RESOLVE: _mutation("ResolveThread", "resolveReviewThread(input: {threadId: $id})"),
    NodeChange.UNRESOLVE: _mutation("UnresolveThread", "unresolveReviewThread(input: {threadId: $id})"),
    NodeChange.HIDE: _mutation("HideComment", "minimizeComment(input: {subjectId: $id, classifier: OUTDATED})"),
    NodeChange.SHOW: _mutation("ShowComment", "unminimizeComment(input: {subjectId: $id})"),
}
