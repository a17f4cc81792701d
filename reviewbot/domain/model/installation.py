"""How a repository has set us up: what its default branch holds, and what it requires before something gets in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ACTIONS_APP = 15_368
"""The number of GitHub Actions among the Apps of github.com: whose checks are ours."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The default branch, as far as it is about us.

    Attributes:
        repository: `owner/name`, as GitHub spells it.
        branch: its name, empty in an empty repository.
        config: the config file's text, None when there is none.
        templates: name to text; so are the `workflows`.
    """

    repository: str
    branch: str
    config: str | None
    templates: Mapping[str, str]
    workflows: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Required:
    """A check that must have succeeded.

    Attributes:
        name: of the check, or of a status.
        source: the number of the App that it must come from, None when anybody may set it.
    """

    name: str
    source: int | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it must come from GitHub Actions, as our checks do."""
        return self.source == ACTIONS_APP
