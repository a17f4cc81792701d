"""How reviewbot is set up in a repository: the files of the default branch and the required checks."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

ACTIONS_APP = 15_368
"""The App id of GitHub Actions on github.com, which creates reviewbot's checks."""


class RepositorySetup(Struct, frozen=True):
    """The files of the default branch that concern reviewbot.

    Attributes:
        branch: the default branch, or empty in an empty repository.
        config: the config file's text, or None if it is missing.
        templates: the texts by name, as in `workflows`.
    """

    branch: str
    config: str | None
    templates: Mapping[str, str]
    workflows: Mapping[str, str]


class Environment(Struct, frozen=True):
    """The branches whose jobs can use a deployment environment.

    Attributes:
        patterns: the branch name patterns, or None.
        only_protected: whether only protected branches can use the environment.
    """

    patterns: tuple[str, ...] | None = None
    only_protected: bool = False


class Required(Struct, frozen=True):
    """A required check or status. `source` is the App that must create it, or None for any."""

    name: str
    source: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether GitHub Actions must create it, as it does reviewbot's checks."""
        return self.source == ACTIONS_APP
