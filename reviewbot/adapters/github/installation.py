"""Implement `ports.Installation` for the repositories that a token can access."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.ports import ChangeReader, Forge


class GitHubInstallation(Struct, frozen=True):
    """The repositories that a token can access. `changes` returns a repository's `ChangeReader` by full name."""

    forge: GitHubForge
    changes: Callable[[str], ChangeReader]

    @property
    def repository(self) -> str:
        return self.forge.repository

    @property
    def requests_left(self) -> int | None:
        return self.forge.requests_left

    def names(self) -> tuple[str, ...]:
        return self.forge.installed()

    def at(self, repository: str) -> tuple[Forge, ChangeReader]:
        return self.forge.at(repository), self.changes(repository)
