"""How a repository has set us up: what its default branch holds, and what it requires before something gets in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ACTIONS_APP = 15_368
"""The number of GitHub Actions among the Apps of github.com: whose checks are ours."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The default branch, as far as it is about us: the branch is empty in an empty repository.

    The config file is None when there is none; templates and workflows are texts by their names.
    """

    repository: str
    branch: str
    config: str | None
    templates: Mapping[str, str]
    workflows: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Required:
    """A check or status that must have succeeded; `source` is the App it must come from, None for anybody."""

    name: str
    source: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it must come from GitHub Actions, as our checks do."""
        return self.source == ACTIONS_APP
