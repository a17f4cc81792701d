"""REST: repositories, commits, files, comparisons, permissions and rate limits."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from reviewbot_sandbox.github.git.repository import Kind
from reviewbot_sandbox.github.model.addresses import in_path, printable
from reviewbot_sandbox.github.model.records import Access, Repository, Scope
from reviewbot_sandbox.github.model.refusal import Refusal, forbidden, not_found
from reviewbot_sandbox.github.rest.call import Answer, Call, Route, links, page_of, paged
from reviewbot_sandbox.github.rest.pulls import unified_diff
from reviewbot_sandbox.github.rest.wire import Json, moment

_REPO = "/repos/{owner}/{repo}"
READ = ((Scope.CONTENTS, Access.READ),)
METADATA = ((Scope.METADATA, Access.READ),)
ACTIONS = ((Scope.ACTIONS, Access.READ),)
_LINE = 60


def get_repo(call: Call) -> Answer:
    return Answer(200, call.wire.full_repo(call.repo))


def get_branch(call: Call) -> Answer:
    full, name = call.repo.full_name, call.path["branch"]
    sha = call.git.branches().get(name)
    if sha is None:
        raise Refusal(404, "Branch not found")
    url = f"{call.at.repo(full)}/branches/{in_path(name)}"
    shown = _protection(call.repo, name)
    body = {
        "name": name,
        "commit": call.wire.commit(full, call.git.commit(sha)),
        "_links": {"html": f"{call.at.web}/{full}/tree/{in_path(name)}", "self": url},
        "protected": shown["enabled"],
        "protection": shown,
        "protection_url": f"{url}/protection",
    }
    return Answer(200, body)


def get_rules(call: Call) -> Answer:
    return paged(call, _rules(call.repo, call.path["branch"]), lambda rule: rule)


def get_environment(call: Call) -> Answer:
    name = call.path["name"]
    if name not in call.repo.environments:
        raise not_found()
    limited = call.repo.environments[name] is not None
    body = {
        "id": call.repo.id,
        "node_id": f"EN_{call.repo.id}",
        "name": name,
        "url": call.url,
        "html_url": f"{call.at.web}/{call.repo.full_name}/deployments/activity_log?environments_filter={in_path(name)}",
        "created_at": moment(call.repo.created_at),
        "updated_at": moment(call.repo.created_at),
        "protection_rules": [{"id": call.repo.id, "node_id": "GA_1", "type": "branch_policy"}] if limited else [],
        "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True} if limited else None,
    }
    return Answer(200, body)


def get_branch_policies(call: Call) -> Answer:
    name = call.path["name"]
    if name not in call.repo.environments:
        raise not_found()
    patterns = call.repo.environments[name] or ()
    shown = paged(call, patterns, lambda one: {"id": call.repo.id, "node_id": "", "name": one, "type": "branch"})
    return Answer(200, {"total_count": len(patterns), "branch_policies": shown.body}, shown.headers)


def get_commit(call: Call) -> Answer:
    sha = call.git.resolve(call.path["ref"])
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {call.path['ref']}")
    commit = call.git.commit(sha)
    parent = commit.parents[0] if commit.parents else _EMPTY_TREE
    changes = call.store.changes(call.repo.full_name, parent, sha)
    added, deleted = sum(c.additions for c in changes), sum(c.deletions for c in changes)
    files = [call.wire.change(call.repo.full_name, sha, change) for change in changes[: call.store.rules.compare_files]]
    stats = {"additions": added, "deletions": deleted, "total": added + deleted}
    return Answer(200, {**call.wire.commit(call.repo.full_name, commit), "stats": stats, "files": files})


_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def get_contents(call: Call) -> Answer:
    """Return a file at a commit, by default the default branch's; folders and links are not served."""
    sha = call.git.resolve(call.query.get("ref") or call.repo.default_branch)
    if sha is None:
        raise Refusal(404, f"No commit found for the ref {call.query.get('ref')}")
    path = call.path["path"]
    found = call.git.read(f"{sha}:{path}")
    if found is None or found.kind is not Kind.BLOB:
        raise not_found()
    full = call.repo.full_name
    url, page = call.at.contents(full, sha, path), call.at.blob(full, sha, path)
    git = f"{call.at.repo(full)}/git/blobs/{found.oid}"
    facts = {
        "type": "file",
        "size": len(found.data),
        "name": printable(path.rpartition("/")[2]),
        "path": printable(path),
        "sha": found.oid,
        "url": url,
        "git_url": git,
        "html_url": page,
        "download_url": page.replace("/blob/", "/raw/", 1),
        "_links": {"git": git, "html": page, "self": url},
        "encoding": "base64",
        "content": _base64(found.data),
    }
    return Answer(200, facts)


def _base64(data: bytes) -> str:
    text = base64.b64encode(data).decode()
    return "".join(f"{text[at : at + _LINE]}\n" for at in range(0, len(text), _LINE))


def get_blob(call: Call) -> Answer:
    found = call.git.read(call.path["sha"])
    if found is None or found.kind is not Kind.BLOB:
        raise not_found()
    if call.wants("raw"):
        return Answer(200, found.data, media="application/vnd.github.raw+json; charset=utf-8")
    body = {
        "sha": found.oid,
        "node_id": f"B_{found.oid}",
        "size": len(found.data),
        "url": f"{call.at.repo(call.repo.full_name)}/git/blobs/{found.oid}",
        "content": _base64(found.data),
        "encoding": "base64",
    }
    return Answer(200, body)


def get_tree(call: Call) -> Answer:
    commit = call.git.resolve(call.path["sha"])
    if commit is None:
        raise not_found()
    entries = list(_walked(call, commit, ""))
    return Answer(200, {"sha": commit, "url": call.at.repo(call.repo.full_name), "tree": entries, "truncated": False})


def _walked(call: Call, treeish: str, prefix: str) -> Iterator[Json]:
    """Yield the entries of a tree and, if `recursive` is set, those of its folders."""
    for entry in call.git.tree(treeish):
        path = f"{prefix}{printable(entry.name)}"
        yield {"path": path, "mode": entry.mode, "type": entry.kind.value, "sha": entry.oid}
        if entry.kind is Kind.TREE and "recursive" in call.query:
            yield from _walked(call, entry.oid, f"{path}/")


def compare(call: Call) -> Answer:
    """Compare a head with its merge base with a base; files on page 1 only, at most 300."""
    base, dots, head = call.path["basehead"].partition("...")
    git, full = call.git, call.repo.full_name
    old, new = git.resolve(base), git.resolve(head.rpartition(":")[2])
    merge_base = git.merge_base(old, new) if old and new else None
    if not dots or old is None or new is None or merge_base is None:
        raise not_found()
    if call.wants("diff"):
        return Answer(200, _diff(call, merge_base, new), media="application/vnd.github.diff; charset=utf-8")
    ahead, behind = git.count(f"{old}..{new}"), git.count(f"{new}..{old}")
    size, page = page_of(call)
    asked = "page" in call.query or "per_page" in call.query
    limit = size if asked else call.store.rules.commits
    commits = git.commits(f"{old}..{new}", limit=page * limit, oldest_first=True)[(page - 1) * limit :]
    files = call.store.changes(full, merge_base, new)[: call.store.rules.compare_files] if page == 1 else ()
    url = f"{call.at.web}/{full}/compare/{in_path(base)}...{in_path(head)}"
    status = "identical" if old == new else "diverged" if ahead and behind else "ahead" if ahead else "behind"
    body = {
        "url": f"{call.at.repo(full)}/compare/{in_path(base)}...{in_path(head)}",
        "html_url": url,
        "permalink_url": f"{call.at.web}/{full}/compare/{old}...{new}",
        "diff_url": f"{url}.diff",
        "patch_url": f"{url}.patch",
        "base_commit": call.wire.commit(full, git.commit(old)),
        "merge_base_commit": call.wire.commit(full, git.commit(merge_base)),
        "status": status,
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": [call.wire.commit(full, commit) for commit in commits],
        "files": [call.wire.change(full, new, change) for change in files],
    }
    return Answer(200, body, links(call, page, max(1, -(-ahead // limit))) if asked else {})


def _diff(call: Call, old: str, new: str) -> bytes:
    """Return the diff of a comparison. Too large a diff is a server error here: GitHub's description has no 406."""
    try:
        return unified_diff(call, old, new)
    except Refusal:
        message = "Server Error: Sorry, this diff is taking too long to generate."
        error = {"resource": "Comparison", "field": "diff", "code": "not_available"}
        raise Refusal(500, message, (error,)) from None


def get_permission(call: Call) -> Answer:
    wanted = call.path["login"].lower()
    login = next((login for login in call.store.users if login.lower() == wanted), None)
    if login is None:
        raise Refusal(404, f"{wanted} is not a user", kind="NOT_FOUND")
    return Answer(200, call.wire.permission(call.repo, login))


def get_installation(call: Call) -> Answer:
    """Return the repositories of an App's token; other tokens are refused."""
    if call.viewer.token is None or call.viewer.app is None:
        raise forbidden("You must authenticate with an installation access token in order to list repositories.")
    named = call.viewer.token.repositories
    repos = [one for one in call.store.repos.values() if named is None or one.full_name in named]
    shown = paged(call, repos, call.wire.repo)
    return Answer(200, {"total_count": len(repos), "repositories": shown.body}, shown.headers)


ROUTES = (
    Route("GET", _REPO, get_repo, METADATA),
    Route("GET", _REPO + "/branches/{branch:path}", get_branch, READ),
    Route("GET", _REPO + "/rules/branches/{branch:path}", get_rules, METADATA),
    Route("GET", _REPO + "/environments/{name}/deployment-branch-policies", get_branch_policies, ACTIONS),
    Route("GET", _REPO + "/environments/{name}", get_environment, ACTIONS),
    Route("GET", _REPO + "/commits/{ref:path}", get_commit, READ),
    Route("GET", _REPO + "/contents/{path:path}", get_contents, READ),
    Route("GET", _REPO + "/git/blobs/{sha}", get_blob, READ),
    Route("GET", _REPO + "/git/trees/{sha}", get_tree, READ),
    Route("GET", _REPO + "/compare/{basehead:path}", compare, READ),
    Route("GET", _REPO + "/collaborators/{login}/permission", get_permission, METADATA),
    Route("GET", "/installation/repositories", get_installation),
)


def _protection(repo: Repository, branch: str) -> Json:
    """Return a branch's own protection, as the branch shows it."""
    required = repo.protection if branch == repo.default_branch else ()
    if not required:
        return {"enabled": False}
    checks = {
        "enforcement_level": "non_admins",
        "contexts": [one.name for one in required],
        "checks": [{"context": one.name, "app_id": one.source} for one in required],
    }
    return {"enabled": True, "required_status_checks": checks}


def _rules(repo: Repository, branch: str) -> list[Json]:
    """Return the rules that are in force for a branch, of all rulesets."""
    required = repo.rules if branch == repo.default_branch else ()
    if not required:
        return []
    checks = [{"context": one.name} | ({"integration_id": one.source} if one.source else {}) for one in required]
    rule = {
        "type": "required_status_checks",
        "parameters": {"strict_required_status_checks_policy": False, "required_status_checks": checks},
        "ruleset_source_type": "Repository",
        "ruleset_source": repo.full_name,
        "ruleset_id": repo.id,
    }
    return [rule]
