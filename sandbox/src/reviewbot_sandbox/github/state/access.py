"""Authentication and permissions.

Anyone can read public repositories. Private ones are a 404 without access. Writing needs the token's scope for an App,
and the permission level for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from reviewbot_sandbox.github.model.records import Access, App, Level, Repository, Scope, Token
from reviewbot_sandbox.github.model.refusal import Refusal, bad_credentials, forbidden, not_found
from reviewbot_sandbox.github.state.store import Store

Needs: TypeAlias = "tuple[tuple[Scope, Access], ...]"
"""Alternative permissions: one of them is enough."""

_PERSON_NEEDS = {
    Scope.CONTENTS: Level.WRITE,
    Scope.STATUSES: Level.WRITE,
    Scope.PULL_REQUESTS: Level.READ,
    Scope.ISSUES: Level.READ,
    Scope.METADATA: Level.READ,
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The sender of a request; `token` is None for anonymous requests."""

    token: Token | None = None

    @property
    def login(self) -> str:
        """The login under which this request acts, empty for anonymous requests."""
        return self.token.login if self.token else ""

    @property
    def app(self) -> App | None:
        return self.token.app if self.token else None


def viewer_of(store: Store, secret: str) -> Viewer:
    """Return the owner of a token; refuse an unknown one with 401."""
    if not secret:
        return Viewer()
    token = store.tokens.get(secret)
    if token is None:
        raise bad_credentials()
    return Viewer(token)


def level_of(store: Store, login: str, repo: Repository) -> Level:
    """Return a person's permission level in a repository: owners are admins, and everyone can read public ones."""
    if login.lower() == repo.owner.lower():
        return Level.ADMIN
    granted = store.levels.get((repo.full_name, login.lower()), Level.NONE)
    return max(granted, Level.NONE if repo.private else Level.READ)


def can_see(store: Store, viewer: Viewer, repo: Repository) -> bool:
    """Return whether the viewer may know that the repository exists."""
    if not repo.private:
        return True
    if viewer.token is None:
        return False
    if viewer.app:
        return viewer.token.repositories is None or repo.full_name in viewer.token.repositories
    return level_of(store, viewer.login, repo) >= Level.READ


def require(store: Store, viewer: Viewer, repo: Repository, needs: Needs) -> None:
    """Refuse with 404, 401 or 403 unless the viewer has one of the permissions."""
    if not can_see(store, viewer, repo):
        raise not_found()
    if needs and not any(_may(store, viewer, repo, scope, access) for scope, access in needs):
        raise _denial(viewer, needs)


def _may(store: Store, viewer: Viewer, repo: Repository, scope: Scope, access: Access) -> bool:
    if access is Access.READ and not repo.private:
        return True
    if viewer.token is None:
        return False
    if viewer.app:
        mine = viewer.token.repositories is None or repo.full_name in viewer.token.repositories
        return mine and _granted(viewer.token, scope) >= access
    level = Level.READ if access is Access.READ else _PERSON_NEEDS.get(scope)
    in_scope = _granted(viewer.token, scope) >= access
    return in_scope and level is not None and level_of(store, viewer.login, repo) >= level


def _granted(token: Token, scope: Scope) -> Access:
    return Access.READ if scope is Scope.METADATA else token.permissions.get(scope, Access.NONE)


def _denial(viewer: Viewer, needs: Needs) -> Refusal:
    header = "; ".join(f"{scope.value}={access.name.lower()}" for scope, access in needs)
    if viewer.token is None:
        return Refusal(401, "Requires authentication", kind="FORBIDDEN")
    if viewer.app:
        return forbidden("Resource not accessible by integration", header)
    if (Scope.CHECKS, Access.WRITE) in needs:
        return forbidden("You must authenticate via a GitHub App.")
    return forbidden("Resource not accessible by personal access token", header)


def is_writer(store: Store, viewer: Viewer, repo: Repository, scope: Scope) -> bool:
    """Return whether the viewer may change texts of others: an App with the scope, or a person with write."""
    if viewer.app:
        return _may(store, viewer, repo, scope, Access.WRITE)
    return viewer.token is not None and level_of(store, viewer.login, repo) >= Level.WRITE
