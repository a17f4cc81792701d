"""Convert GraphQL's responses to domain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reviewbot.adapters.github import rest
from reviewbot.adapters.github.graphql import answers
from reviewbot.domain.findings.markers import read_summary_mark
from reviewbot.domain.github.check_identity import split_tag
from reviewbot.domain.github.context import Issue
from reviewbot.domain.github.head_checks import HeadCheck, state_of_check, state_of_status
from reviewbot.domain.github.pull_request import (
    MOST_FORMER_BASES,
    CheckRun,
    CheckStatus,
    Comment,
    Commit,
    DefaultBranch,
    ForcePush,
    LabelEvent,
    Opinion,
    PullRequest,
    Repository,
    Thread,
    ThreadComment,
)
from reviewbot.domain.ledger.external_id import names_open_task
from reviewbot.domain.model.events import BOT_SUFFIX, QueueEntry
from reviewbot.domain.statistics.figures import PastPull, PullState

UNREADABLE = "\0"
"""Stands for a config file that is not text. The settings reject this value, because YAML does not allow NUL."""

_GHOST = "ghost"
_NO_APP = "?"
"""Stands for a deleted App. An empty name would mean a commit status."""

_GITHUB = "web-flow"
"""The committer of commits made on GitHub's pages: https://github.com/web-flow."""


def repository(node: answers.RepositoryNode) -> Repository:
    return Repository(
        id=node.database_id,
        full_name=node.name_with_owner,
        default_branch=node.default_branch_ref.name if node.default_branch_ref else "",
        url=node.url,
    )


def default_branch(node: answers.RepositoryNode) -> DefaultBranch:
    return DefaultBranch(
        config=config(node.config), attributes=whole_text(node.attributes) or "", templates=folder(node.templates)
    )


def folder(tree: answers.Tree | None) -> dict[str, str]:
    """Return the texts of the files directly inside a folder, by name. Omit truncated texts."""
    found = {entry.name: whole_text(entry.object) for entry in (tree.entries or () if tree else ())}
    return {name: text for name, text in found.items() if text is not None}


def config(blob: answers.Blob | None) -> str | None:
    """Return the config file's text, `UNREADABLE` for a binary file, or None if the file does not exist."""
    if blob is None:
        return None
    return UNREADABLE if blob.text is None else blob.text  # the settings reject a truncated text as too large


def whole_text(blob: answers.Blob | None) -> str | None:
    return None if blob is None or blob.is_truncated else blob.text


def messages(about: answers.About | None) -> tuple[str, ...]:
    return tuple(item.commit.message for item in _present(about.messages)) if about else ()


def closing(about: answers.About | None, repository: str) -> tuple[Issue, ...]:
    """Return the issues of this repository that the pull request closes."""
    nodes = _present(about.closing) if about else ()
    own = (one for one in nodes if one.repository.name_with_owner.casefold() == repository.casefold())
    return tuple(Issue(one.number, one.title, one.body) for one in own)


def pull_request(node: answers.PullRequestNode) -> PullRequest:
    retargeted = [event.created_at for event in _present(node.retargeted)]
    return PullRequest(
        number=node.number,
        title=node.title,
        body=node.body,
        url=node.url,
        author=_login(node.author),
        author_is_bot=node.author is not None and node.author.is_bot,
        is_open=node.state == "OPEN",
        is_draft=node.is_draft,
        from_fork=node.is_cross_repository,
        head_sha=node.head_ref_oid,
        base_sha=node.base_ref_oid,
        base_ref=node.base_ref_name,
        labels=frozenset(label.name for label in _present(node.labels)),
        label_events=tuple(
            LabelEvent(event.label.name, _whole_login(event.actor), event.created_at)
            for event in _present(node.label_events)
        ),
        commits=tuple(commit(item.commit) for item in node.commits.present),
        commit_count=node.commits.total_count,
        changed_files=node.changed_files,
        forced_at=max((event.created_at for event in _present(node.forced)), default=None),
        retargeted_at=max(retargeted, default=None),
        former_bases=former_bases(node),
        # when the pull request last left a base branch whose check runs are not read
        unread_bases_until=retargeted[-MOST_FORMER_BASES - 1] if len(retargeted) > MOST_FORMER_BASES else None,
    )


def former_bases(pull: answers.PullRequestNode | answers.Listed) -> tuple[str, ...]:
    return tuple(event.previous_ref_name for event in _present(pull.retargeted))


def bases(pull: answers.Listed) -> tuple[str, str, tuple[str, ...]]:
    default = pull.base_repository.default_branch_ref if pull.base_repository else None
    return default.name if default else "", pull.base_ref_name, former_bases(pull)


def _present(nodes: answers.Nodes[answers.T] | None) -> tuple[answers.T, ...]:
    return nodes.present if nodes else ()


def _login(actor: answers.Actor | None) -> str | None:
    return actor.login if actor else None


def _whole_login(actor: answers.Actor | None) -> str | None:
    """Return the login, with `[bot]` for a bot as in REST, because a user may have the same name."""
    return f"{actor.login}{BOT_SUFFIX if actor.is_bot else ''}" if actor else None


_BOT_IDS = ("BOT_", "MDM6Qm90")
"""The prefixes of bots' ids. Older ids begin with the Base64 of `03:Bot`."""


def _login_of_account(user: answers.Account) -> str:
    login = user.login.removesuffix(BOT_SUFFIX)
    is_bot = login != user.login or user.id.startswith(_BOT_IDS)
    return f"{login}{BOT_SUFFIX if is_bot else ''}"


def commit(node: answers.CommitNode) -> Commit:
    users = [author.user for author in node.authors.present]
    logins = tuple(_login_of_account(user) if user else None for user in users)
    committer = node.committer.user if node.committer else None
    return Commit(
        sha=node.oid,
        parents=tuple(parent.oid for parent in node.parents.present) if node.parents.is_whole else None,
        authors=logins if node.authors.is_whole else None,
        verified=node.signature is not None and node.signature.is_valid and node.signature.was_signed_by_github,
        committer=_login_of_account(committer) if committer and committer.login != _GITHUB else None,
    )


def comment(node: answers.CommentNode) -> Comment:
    return Comment(**_written(node), opinions=_opinions(node) if isinstance(node, answers.RatedCommentNode) else ())


def _written(node: answers.CommentNode) -> dict[str, Any]:
    edited = node.editor is not None or node.last_edited_at is not None
    return {
        "id": int(node.id),
        "url": node.url,
        "body": node.body,
        "ours": node.viewer_did_author,
        "edited_by": (_login(node.editor) or _GHOST) if edited else None,
        "edited_by_us": not edited or (node.editor is not None and node.editor == node.author),
        "author": _whole_login(node.author),
        "author_is_bot": node.author is not None and node.author.is_bot,
        "created_at": node.created_at,
        "by_collaborator": node.author_association in _COLLABORATORS,
        "reacted": any(group.content in _ANSWERS and group.viewer_has_reacted for group in node.reaction_groups or ()),
    }


_COLLABORATORS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})

_ANSWERS = frozenset({"THUMBS_UP", "THUMBS_DOWN", "CONFUSED"})
"""The reactions that mark a command as done, without `EYES`, because other workflows react as the same user."""


def past_pull(node: answers.PastNode, comments: Iterable[answers.CommentNode]) -> PastPull:
    """Return a pull request with the comments that begin with a summary's marker."""
    return PastPull(
        repository=node.repository.name_with_owner,
        repository_id=node.repository.database_id,
        number=node.number,
        state=PullState(node.state.lower()),
        updated_at=node.updated_at,
        comments=tuple(comment(one) for one in comments if read_summary_mark(one.body) is not None),
    )


def thread(
    node: answers.ThreadNode,
    comments: Iterable[answers.ThreadCommentNode],
    rated: Mapping[str, answers.RatedReply],
) -> Thread:
    """Return a thread. `rated` contains the reactions to comments after the first, by the comment's node id."""
    rated = {**rated, **{one.id: one for one in node.opening.present}}
    return Thread(
        id=node.id,
        is_resolved=node.is_resolved,
        comments=tuple(_thread_comment(one, rated.get(one.node_id)) for one in comments),
        can_resolve=node.viewer_can_resolve,
        can_unresolve=node.viewer_can_unresolve,
        resolved_by=_login(node.resolved_by),
    )


def _opinions(node: answers.RatedCommentNode | answers.RatedReply) -> tuple[Opinion, ...]:
    return tuple(
        Opinion(_login_of_account(reaction.user), agrees)
        for reactions, agrees in ((node.up, True), (node.down, False))
        for reaction in reactions.present
        if reaction.user
    )


def _thread_comment(node: answers.ThreadCommentNode, rated: answers.RatedReply | None) -> ThreadComment:
    return ThreadComment(
        **_written(node),
        opinions=_opinions(rated) if rated else (),
        node_id=node.node_id,
        is_minimized=node.is_minimized,
        hidden_as_outdated=node.minimized_reason == "outdated",
    )


def app_of(viewer: answers.Actor) -> str:
    """Return the slug of the token's App, or an empty string for a user's token."""
    return viewer.login.removesuffix(BOT_SUFFIX) if viewer.login.endswith(BOT_SUFFIX) else ""


def checked_commits(pull: answers.Checked | answers.CheckedPages) -> tuple[answers.CheckedCommit, ...]:
    """Return the pull request's commits in a response, including commits replaced by force-pushes."""
    recent = (item.commit for item in _present(pull.recent))
    if isinstance(pull, answers.CheckedPages):
        heads = (event.before_commit for event in pull.forced.present if event.before_commit)
        return (*recent, *(commit for head in heads for commit in head.history.present))
    return (*recent, *(event.before_commit for event in _present(pull.forced) if event.before_commit))


def force_pushes(pull: answers.CheckedPages) -> dict[str, ForcePush]:
    return {
        event.id: ForcePush(
            at=event.created_at,
            before=event.before_commit.oid if event.before_commit else "",
            after=event.after_commit.oid if event.after_commit else "",
            parents={
                commit.oid: tuple(parent.oid for parent in commit.parents.present)
                for commit in (event.before_commit.history.present if event.before_commit else ())
                if commit.parents.is_whole
            },
        )
        for event in pull.forced.present
    }


def with_incomplete_checks(commits: Iterable[answers.CheckedCommit]) -> tuple[str, ...]:
    """Return the SHAs of the commits with an incomplete list of check runs."""
    return tuple(dict.fromkeys(one.oid for one in commits if one.check_suites and not _is_whole(one.check_suites)))


def _is_whole(suites: answers.Counted[answers.CheckSuite]) -> bool:
    return suites.is_whole and all(one.check_runs is None or one.check_runs.is_whole for one in suites.present)


def checks(commits: Iterable[answers.CheckedCommit], app: str = "") -> tuple[CheckRun, ...]:
    """Return the check runs of commits, oldest first. `app` is the slug of the token's App, or empty if unknown."""
    return by_id(
        _check(run, commit.oid, run.title, foreign=_is_foreign(suite.app, app))
        for commit in commits
        for suite in _present(commit.check_suites)
        for run in _present(suite.check_runs)
    )


def by_id(runs: Iterable[CheckRun]) -> tuple[CheckRun, ...]:
    """Return check runs oldest first, without duplicates."""
    found = {run.id: run for run in runs}
    return tuple(found[key] for key in sorted(found))


def check(run: rest.Check, app: str = "") -> CheckRun:
    """Return a check run from REST. `app` is the slug of the token's App, or empty if unknown."""
    return _check(run, run.head_sha, run.output.title, foreign=_is_foreign(run.app, app))


def _is_foreign(writer: answers.AppNode | rest.CheckApp | None, app: str) -> bool:
    return app not in {"", writer.slug if writer else ""}


def _check(run: answers.CheckRunNode | rest.Check, head_sha: str, title: str | None, *, foreign: bool) -> CheckRun:
    """Return a check run with the status and the conclusion in lower case, as in REST."""
    tag, copy = split_tag(run.external_id or "")
    return CheckRun(
        id=run.database_id,
        name=run.name,
        head_sha=head_sha,
        status=run.status.lower(),
        conclusion=run.conclusion.lower() if run.conclusion else None,
        external_id=copy,
        url=run.url or "",
        title=title or "",
        tag=tag,
        foreign=foreign,
    )


def head_check(node: answers.Context) -> HeadCheck:
    if isinstance(node, answers.StatusContext):
        return HeadCheck(node.context, state_of_status(node.state))
    suite, run = node.check_suite, node.check_suite.workflow_run
    return HeadCheck(
        name=node.name,
        state=state_of_check(node.status, node.conclusion),
        id=node.database_id,
        app=suite.app.slug if suite.app else _NO_APP,
        workflow=run.workflow.resource_path.rpartition("/")[2] if run else "",
        run_id=(run.database_id or 0) if run else 0,
    )


_GIVEN_UP = "stale"
"""GitHub's conclusion for a check run that was not completed within two weeks."""


def has_open_task(number: int, named: Iterable[answers.Checked]) -> bool | None:
    """Return whether a pull request may have an open task or question, according to each head's newest check runs.

    Return None if no check run shows a task or question, and the list of check runs is empty or incomplete. A completed
    check run can have an open task after a bypass or with the label `skip-review`.
    """
    commits = [commit for one in named for commit in checked_commits(one)]
    newest = {(run.head_sha, run.name): run for run in checks(commits) if run.is_of(number)}
    is_open = any(map(_is_open, newest.values()))
    return is_open if is_open or (newest and not with_incomplete_checks(commits)) else None


def _is_open(run: CheckRun) -> bool:
    left = run.status == CheckStatus.IN_PROGRESS or run.conclusion == _GIVEN_UP
    asks = run.tag is not None and run.tag.asks
    return left or asks or names_open_task(run.external_id)


def contained(entries: Sequence[answers.QueueEntry | None], head_sha: str) -> tuple[QueueEntry, ...]:
    """Return the pull requests in a merge queue up to a head commit.

    The result is empty if no entry has this head, or if the token may not read an entry.
    """
    readable = [entry for entry in entries if entry]
    if len(readable) < len(entries):
        return ()
    found: list[QueueEntry] = []
    for entry in sorted(readable, key=lambda entry: entry.position):
        if entry.pull_request is None:
            return ()
        found.append(QueueEntry(entry.pull_request.number, entry.base_commit.oid if entry.base_commit else ""))
        if entry.head_commit is not None and entry.head_commit.oid == head_sha:
            return tuple(found)
    return ()
