"""Represent the setup of reviewbot in a repository: files of the default branch and required checks."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

ACTIONS_APP = 15_368
"""The App id of GitHub Actions on github.com, which creates reviewbot's checks."""


class RepositorySetup(Struct, frozen=True):
    """The files of the default branch that concern reviewbot.

    Attributes:
        branch: the default branch, or empty in an empty repository.
        config: the text of the config file, or None if the file is missing.
        templates: the texts of templates by file name.
        workflows: the texts of workflow files by file name.
    """

    branch: str
    config: str | None
    templates: Mapping[str, str]
    workflows: Mapping[str, str]


class Environment(Struct, frozen=True):
    """The branches whose jobs can use a deployment environment.

    Attributes:
        patterns: the branch name patterns, or None without such patterns.
        only_protected: whether only protected branches can use the environment.
    """

    patterns: tuple[str, ...] | None = None
    only_protected: bool = False


class Required(Struct, frozen=True):
    """A required check or commit status.

    Attributes:
        source: the id of the App that must create the check, or None for any App.
    """

    name: str
    source: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether GitHub Actions, which creates reviewbot's checks, must create this check."""
        return self.source == ACTIONS_APP
