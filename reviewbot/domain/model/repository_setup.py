"""How reviewbot is set up in a repository: the files of its default branch, and its required checks."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

ACTIONS_APP = 15_368
"""The App id of GitHub Actions on github.com, which creates reviewbot's checks."""


class RepositorySetup(Struct, frozen=True):
    """The files of the default branch that concern reviewbot.

    Attributes:
        branch: empty in an empty repository.
        config: None if there is no config file.
        templates: texts by name, as `workflows`.
    """

    branch: str
    config: str | None
    templates: Mapping[str, str]
    workflows: Mapping[str, str]


class Environment(Struct, frozen=True):
    """The branches whose jobs can use a deployment environment.

    Attributes:
        patterns: their names; None without such a limit.
        only_protected: whether they are those with branch protection.
    """

    patterns: tuple[str, ...] | None = None
    only_protected: bool = False


class Required(Struct, frozen=True):
    """A required check or status; `source` is the App that must create it, None for any."""

    name: str
    source: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it must come from GitHub Actions, as reviewbot's checks do."""
        return self.source == ACTIONS_APP
