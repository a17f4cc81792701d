"""Converts records to GitHub's JSON with every required key: users, repositories, commits and related objects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from reviewbot_sandbox.github.git.formats import Change
from reviewbot_sandbox.github.git.repository import Commit
from reviewbot_sandbox.github.model import records as r
from reviewbot_sandbox.github.model.addresses import Addresses, in_path, node_id, printable
from reviewbot_sandbox.github.model.records import Level
from reviewbot_sandbox.github.state.access import level_of
from reviewbot_sandbox.github.state.store import Store

Json: TypeAlias = "dict[str, object]"

_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPO_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS = ("forks_count", "stargazers_count", "watchers_count", "forks", "watchers", "size")
_FEATURES = {"has_issues": True, "has_projects": False, "has_wiki": False, "has_pages": False, "has_downloads": False}


def moment(at: datetime | None) -> str | None:
    """Return a moment as REST writes it, such as `2026-11-24T08:30:00Z`."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Wire:
    """Writes records as JSON, with URLs on the requested host."""

    store: Store
    at: Addresses

    def user(self, login: str) -> Json:
        """Return a person, an organization or a bot; a deleted account has the id of `ghost`."""
        user = self.store.users.get(login)
        url = f"{self.at.api}/users/{in_path(login)}"
        number = user.id if user else 10_137
        return {
            "login": login,
            "id": number,
            "node_id": node_id("BOT" if user and user.kind == "Bot" else "U", number),
            "avatar_url": f"{self.at.web}/avatars/{number}",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.at.web}/{in_path(login.removesuffix('[bot]'))}",
            **{name: url + tail for name, tail in _USER_LINKS.items()},
            "type": user.kind if user else "User",
            "site_admin": False,
            "user_view_type": "public",
        }

    def repo(self, repo: r.Repository) -> Json:
        url, page, full = self.at.repo(repo.full_name), f"{self.at.web}/{repo.full_name}", repo.full_name
        open_pulls = sum(pull.closed_at is None for pull in self.store.pulls_of(full))
        created = moment(repo.created_at)
        return {
            "id": repo.id,
            "node_id": node_id("R", repo.id),
            "name": repo.name,
            "full_name": full,
            "owner": self.user(repo.owner),
            "private": repo.private,
            "visibility": "private" if repo.private else "public",
            "html_url": page,
            "url": url,
            **{name: url + tail for name, tail in _REPO_LINKS.items()},
            "git_url": f"git://{self.at.web.partition('//')[2]}/{full}.git",
            "ssh_url": f"git@{self.at.web.partition('//')[2]}:{full}.git",
            "clone_url": f"{page}.git",
            "svn_url": page,
            **dict.fromkeys(("description", "homepage", "language", "license", "mirror_url")),
            "fork": repo.fork_of is not None,
            **dict.fromkeys(_COUNTS, 0),
            **dict.fromkeys(("open_issues_count", "open_issues"), open_pulls),
            **_FEATURES,
            "has_discussions": False,
            **dict.fromkeys(("archived", "disabled", "is_template", "web_commit_signoff_required"), False),
            "allow_forking": True,
            "topics": [],
            "custom_properties": {},
            "default_branch": repo.default_branch,
            **dict.fromkeys(("created_at", "pushed_at", "updated_at"), created),
        }

    def full_repo(self, repo: r.Repository) -> Json:
        """Return a repository as its own endpoint shows it."""
        parent = self.store.repos.get(repo.fork_of.lower()) if repo.fork_of else None
        family = {"parent": self.repo(parent), "source": self.repo(parent)} if parent else {}
        return {**self.repo(repo), **family, "subscribers_count": 0, "network_count": 0}

    def label(self, label: r.Label) -> Json:
        """Return a label; all are of one colour here."""
        return {
            "id": label.id,
            "node_id": node_id("LA", label.id),
            "url": f"{self.at.repo(label.repo)}/labels/{in_path(label.name)}",
            "name": label.name,
            "description": "",
            "color": "ededed",
            "default": False,
        }

    def association(self, repo: str, login: str) -> str:
        """Return how an author is connected to the repository."""
        found = self.store.repo(repo)
        if login == found.owner:
            return "OWNER"
        granted = self.store.levels.get((repo, login.lower()), Level.NONE)
        if granted > Level.NONE:
            return "COLLABORATOR"
        merged = any(pull.author == login and pull.merged_at for pull in self.store.pulls_of(repo))
        return "CONTRIBUTOR" if merged else "NONE"

    def permission(self, repo: r.Repository, login: str) -> Json:
        """Return a person's permission: the legacy value, without triage and maintain, and the role."""
        level = level_of(self.store, login, repo)
        old = {Level.TRIAGE: Level.READ, Level.MAINTAIN: Level.WRITE}.get(level, level)
        role = level.name.lower()
        held = {"admin": 5, "maintain": 4, "push": 3, "triage": 2, "pull": 1}
        may = {name: level >= least for name, least in held.items()}
        user = {**self.user(login), "role_name": role, "permissions": may}
        return {"permission": old.name.lower(), "role_name": role, "user": user}

    def commit(self, full_name: str, commit: Commit) -> Json:
        """Return a commit, without its files."""
        url = f"{self.at.repo(full_name)}/commits/{commit.sha}"
        git = f"{self.at.repo(full_name)}/git"
        author = {"name": commit.author_name, "email": commit.author_email, "date": commit.author_date}
        committer = {"name": commit.committer_name, "email": commit.committer_email, "date": commit.committer_date}
        verification = {"verified": False, "reason": "unsigned", "signature": None, "payload": None}
        return {
            "url": url,
            "sha": commit.sha,
            "node_id": f"C_{commit.sha}",
            "html_url": f"{self.at.web}/{full_name}/commit/{commit.sha}",
            "comments_url": f"{url}/comments",
            "commit": {
                "url": f"{git}/commits/{commit.sha}",
                "author": author,
                "committer": committer,
                "message": commit.message,
                "comment_count": 0,
                "tree": {"sha": commit.tree, "url": f"{git}/trees/{commit.tree}"},
                "verification": {**verification, "verified_at": None},
            },
            "author": self._with_email(commit.author_email),
            "committer": self._with_email(commit.committer_email),
            "parents": [self._parent(full_name, sha) for sha in commit.parents],
        }

    def _with_email(self, email: str) -> Json | None:
        user = self.store.user_with_email(email)
        return self.user(user.login) if user else None

    def _parent(self, full_name: str, sha: str) -> Json:
        page = f"{self.at.web}/{full_name}/commit/{sha}"
        return {"sha": sha, "url": f"{self.at.repo(full_name)}/commits/{sha}", "html_url": page}

    def change(self, full_name: str, head: str, change: Change) -> Json:
        """Return a changed file; as on GitHub, without a patch if it is binary, empty or too long."""
        page = self.at.blob(full_name, head, change.path)
        entry: Json = {
            "sha": change.oid,
            "filename": printable(change.path),
            "status": change.status,
            "additions": change.additions,
            "deletions": change.deletions,
            "changes": change.additions + change.deletions,
            "blob_url": page,
            "raw_url": page.replace("/blob/", "/raw/", 1),
            "contents_url": self.at.contents(full_name, head, change.path),
        }
        if change.patch is not None and change.patch.count(b"\n") < self.store.rules.patch_lines:
            entry["patch"] = change.patch.decode(errors="replace")
        if change.previous:
            entry["previous_filename"] = printable(change.previous)
        return entry

    def reaction(self, reaction: r.Reaction) -> Json:
        return {
            "id": reaction.id,
            "node_id": node_id("REA", reaction.id),
            "user": self.user(reaction.user),
            "content": reaction.content,
            "created_at": moment(reaction.created_at),
        }
