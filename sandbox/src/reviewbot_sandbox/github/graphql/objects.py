"""GraphQL: the viewer, repositories, git objects and checks."""

from __future__ import annotations

from dataclasses import replace

from reviewbot_sandbox.github.git.repository import Kind
from reviewbot_sandbox.github.graphql.context import (
    BranchAt,
    CommitAt,
    EntryAt,
    Info,
    ObjectAt,
    Resolvers,
    context,
    find_node,
    page,
)
from reviewbot_sandbox.github.model import records as r
from reviewbot_sandbox.github.model.addresses import node_id, printable
from reviewbot_sandbox.github.model.records import Access, Scope, User
from reviewbot_sandbox.github.model.refusal import Refusal
from reviewbot_sandbox.github.state.access import can_see, require
from reviewbot_sandbox.github.state.checks import checks_on

_BINARY_PROBE = 8_000
_READ_CODE = ((Scope.CONTENTS, Access.READ),)
_READ_CHECKS = ((Scope.CHECKS, Access.READ),)
_READ_ACTIONS = ((Scope.ACTIONS, Access.READ),)
_READ_STATUSES = ((Scope.STATUSES, Access.READ),)


def actor(info: Info, login: str | None) -> User | None:
    """Return a person or a bot by REST's login; None stays None, as for a deleted account."""
    return None if login is None else context(info).store.users.get(login)


def viewer(_source: object, info: Info) -> User:
    """Return the owner of the token; a bot's login keeps its `[bot]` here, unlike elsewhere in GraphQL."""
    login = context(info).viewer.login
    found = context(info).store.users[login]
    return replace(found, kind="Viewer") if found.kind == "Bot" else found


def repository(_source: object, info: Info, owner: str, name: str) -> r.Repository:
    """Return a repository that the viewer may see."""
    store = context(info).store
    found = store.repos.get(f"{owner}/{name}".lower())
    if found is None or not can_see(store, context(info).viewer, found):
        raise Refusal(200, f"Could not resolve to a Repository with the name '{owner}/{name}'.", kind="NOT_FOUND")
    return found


def node(_source: object, info: Info, **arguments: str) -> object:
    return find_node(context(info).store, arguments["id"])


def nodes(_source: object, info: Info, ids: list[str]) -> list[object]:
    """Return the objects of global ids; an unknown one is null, with an error of its own."""

    def found(one: str) -> object:
        try:
            return find_node(context(info).store, one)
        except Refusal as refusal:
            return refusal

    return [found(one) for one in ids]


def default_branch(repo: r.Repository, info: Info) -> BranchAt | None:
    """Return the default branch, None in an empty repository."""
    branches = context(info).store.git(repo.full_name).branches()
    return BranchAt(repo.full_name, repo.default_branch) if repo.default_branch in branches else None


def git_object(
    repo: r.Repository, info: Info, oid: str | None = None, expression: str | None = None
) -> ObjectAt | CommitAt | None:
    """Return an object by its hash or by an expression such as `HEAD:path`; null where there is none."""
    asked = context(info)
    require(asked.store, asked.viewer, repo, _READ_CODE)
    return read_object(info, repo.full_name, oid or expression or "")


def read_object(info: Info, full_name: str, expression: str) -> ObjectAt | CommitAt | None:
    """Return an object of a repository, commits already read."""
    git = context(info).store.git(full_name)
    found = git.read(expression)
    if found is None:
        return None
    if found.kind is Kind.COMMIT:
        return CommitAt(full_name, git.commit(found.oid))
    return ObjectAt(full_name, found)


def commit_at(info: Info, full_name: str, sha: str) -> CommitAt | None:
    git = context(info).store.git(full_name)
    return CommitAt(full_name, git.commit(sha)) if git.resolve(sha) else None


def blob_text(blob: ObjectAt, info: Info) -> str | None:
    """Return the text, cut at 512,000 bytes; null for a binary file."""
    if is_binary(blob, info):
        return None
    return blob.object.data[: context(info).store.rules.blob_text].decode(errors="replace")


def is_binary(blob: ObjectAt, _info: Info) -> bool:
    """Return whether there is a NUL near the beginning, as git does, or the beginning of an image or PDF.

    GitHub's charlock_holmes decides so for a repository's languages; how GraphQL decides is not documented.
    """
    data = blob.object.data
    return b"\0" in data[:_BINARY_PROBE] or data.startswith((b"GIF87a", b"GIF89a", b"%PDF-"))


def tree_entries(tree: ObjectAt, info: Info) -> list[EntryAt]:
    entries = context(info).store.git(tree.repo).tree(tree.object.oid)
    return [EntryAt(tree.repo, entry) for entry in entries]


def commit_file(found: CommitAt, info: Info, path: str) -> EntryAt | None:
    """Return the tree entry at a path, null where there is none."""
    entry = context(info).store.git(found.repo).entry(found.commit.sha, path)
    return EntryAt(found.repo, entry) if entry else None


def authors(found: CommitAt, info: Info, **arguments: object) -> dict[str, object]:
    """Return the author and the co-authors from `Co-authored-by` lines."""
    commit = found.commit
    people = [{"email": commit.author_email}]
    for row in commit.message.splitlines():
        key, _, rest = row.partition(":")
        if key.lower() == "co-authored-by":
            people.append({"email": rest.partition(" <")[2].rstrip(">")})
    return page(info, people, arguments)


def signature(found: CommitAt, info: Info) -> dict[str, object] | None:
    """Return a valid signature of the commits in the store's `verified` (GitHub's) and `signed` (a person's)."""
    store, sha = context(info).store, found.commit.sha
    if sha not in store.verified | store.signed:
        return None
    return {"__typename": "GpgSignature", "isValid": True, "wasSignedByGitHub": sha in store.verified}


def history(found: CommitAt, info: Info, **arguments: object) -> dict[str, object]:
    git = context(info).store.git(found.repo)
    return page(info, [CommitAt(found.repo, each) for each in git.commits(found.commit.sha)], arguments)


def check_suites(found: CommitAt, info: Info, **arguments: object) -> dict[str, object]:
    """Return a commit's suites, one for each App, in the order in which they were made."""
    asked = context(info)
    repo = asked.store.repo(found.repo)
    require(asked.store, asked.viewer, repo, _READ_CHECKS)
    wanted = _filter(arguments)
    runs = checks_on(asked.store, repo, found.commit.sha, latest=False)
    named = {run.suite_id for run in runs if wanted.get("checkName") == run.name}
    suites = [
        suite
        for suite in asked.store.suites.values()
        if (suite.repo, suite.sha) == (repo.full_name, found.commit.sha)
        and (wanted.get("checkName") is None or suite.id in named)
    ]
    return page(info, suites, arguments)


def check_runs(suite: r.CheckSuite, info: Info, **arguments: object) -> dict[str, object]:
    """Return a suite's latest runs of each name, oldest first."""
    store, wanted = context(info).store, _filter(arguments)
    found = [
        run
        for run in reversed(
            checks_on(store, store.repo(suite.repo), suite.sha, latest=wanted.get("checkType") != "ALL")
        )
        if run.suite_id == suite.id and wanted.get("checkName") in (None, run.name)
    ]
    return page(info, found, arguments)


def status_check_rollup(found: CommitAt, info: Info) -> CommitAt | None:
    """Return the commit if it has a check run or a status, else null."""
    return found if _contexts(found, info) else None


def contexts(found: CommitAt, info: Info, **arguments: object) -> dict[str, object]:
    """Return a commit's latest check runs, then the latest status of each context."""
    return page(info, _contexts(found, info), arguments)


def _contexts(found: CommitAt, info: Info) -> list[object]:
    asked = context(info)
    repo = asked.store.repo(found.repo)
    for needed in (_READ_CHECKS, _READ_STATUSES):
        require(asked.store, asked.viewer, repo, needed)
    statuses = {
        one.context.casefold(): one
        for one in asked.store.statuses
        if (one.repo, one.sha) == (found.repo, found.commit.sha)
    }
    return [*reversed(checks_on(asked.store, repo, found.commit.sha)), *statuses.values()]


def workflow_run(suite: r.CheckSuite, info: Info) -> None:
    """Return no run: none of the checks is a job's. Reading the field needs a permission all the same."""
    asked = context(info)
    require(asked.store, asked.viewer, asked.store.repo(suite.repo), _READ_ACTIONS)


def _filter(arguments: dict[str, object]) -> dict[str, object]:
    given = arguments.get("filterBy")
    return given if isinstance(given, dict) else {}


def _login(user: User, _info: Info) -> str:
    return user.login.removesuffix("[bot]") if user.kind == "Bot" else user.login


_GIT = {"oid": lambda at, _info: at.object.oid}

RESOLVERS: Resolvers = {
    "Query": {"viewer": viewer, "repository": repository, "node": node, "nodes": nodes},
    "User": {"id": lambda user, _info: node_id("BOT" if user.kind == "Bot" else "U", user.id), "login": _login},
    "Bot": {"login": _login},
    "Repository": {
        "databaseId": lambda repo, _info: repo.id,
        "nameWithOwner": lambda repo, _info: repo.full_name,
        "url": lambda repo, info: f"{context(info).at.web}/{repo.full_name}",
        "defaultBranchRef": default_branch,
        "isPrivate": lambda repo, _info: repo.private,
        "object": git_object,
    },
    "Blob": {
        **_GIT,
        "text": blob_text,
        "byteSize": lambda blob, _info: len(blob.object.data),
        "isBinary": is_binary,
        "isTruncated": lambda blob, info: len(blob.object.data) > context(info).store.rules.blob_text,
    },
    "Tree": {**_GIT, "entries": tree_entries},
    "Tag": _GIT,
    "TreeEntry": {
        "name": lambda at, _info: printable(at.entry.name),
        "mode": lambda at, _info: int(at.entry.mode, 8),
        "oid": lambda at, _info: at.entry.oid,
        "size": lambda at, _info: at.entry.size or 0,
        "object": lambda at, info: None if at.entry.kind is Kind.COMMIT else read_object(info, at.repo, at.entry.oid),
    },
    "Commit": {
        "oid": lambda at, _info: at.commit.sha,
        "message": lambda at, _info: at.commit.message,
        "file": commit_file,
        "parents": lambda at, info, **arguments: page(
            info, [commit_at(info, at.repo, sha) for sha in at.commit.parents], arguments
        ),
        "history": history,
        "authors": authors,
        "committer": lambda at, _info: {"email": at.commit.committer_email},
        "signature": signature,
        "checkSuites": check_suites,
        "statusCheckRollup": status_check_rollup,
    },
    "StatusCheckRollup": {"contexts": contexts},
    "StatusContext": {"state": lambda status, _info: status.state.upper()},
    "GitActor": {"user": lambda who, info: context(info).store.user_with_email(who["email"])},
    "CheckSuite": {
        "checkRuns": check_runs,
        "workflowRun": workflow_run,
    },
    "CheckRun": {
        "databaseId": lambda run, _info: run.id,
        "status": lambda run, _info: run.status.upper(),
        "conclusion": lambda run, _info: run.conclusion and run.conclusion.upper(),
        "title": lambda run, _info: run.output.title,
        "url": lambda run, info: context(info).at.run(run.repo, run.id),
        "checkSuite": lambda run, info: context(info).store.suites[run.repo, run.head_sha, run.app.id],
    },
}
"""The resolver of each field, by type; other fields are the record's attributes of that name."""
