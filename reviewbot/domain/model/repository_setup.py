"""Data types for the setup of reviewbot in a repository: files of the default branch and required checks."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

ACTIONS_APP = 15_368
"""The App id of GitHub Actions on github.com, which creates reviewbot's checks."""


class RepositorySetup(Struct, frozen=True):
    """The config file, templates and workflows on the default branch. `branch` is empty in an empty repository."""

    branch: str
    is_private: bool
    config: str | None
    templates: Mapping[str, str]
    workflows: Mapping[str, str]


class Environment(Struct, frozen=True):
    """The branches whose jobs can use a deployment environment. `patterns` is None without branch name patterns."""

    patterns: tuple[str, ...] | None = None
    only_protected: bool = False


class Required(Struct, frozen=True):
    """A required check or commit status. `source` is the id of the App that must create it, or None for any App."""

    name: str
    source: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether GitHub Actions, which creates reviewbot's checks, must create this check."""
        return self.source == ACTIONS_APP
