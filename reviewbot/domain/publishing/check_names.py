"""Name a check run after the base branch of the pull request.

A ruleset requires the plain name. Anyone who can push a branch can use the branch as a base. Therefore, a check against
an unlisted branch has a longer name, which satisfies no ruleset.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from msgspec import Struct

from reviewbot.domain.github.pull_request import MOST_FORMER_BASES, PullRequest
from reviewbot.domain.selection.path_filters import matches

_SHOWN = re.compile(r"[A-Za-z0-9._/+-]{1,60}")
_SHOWN_OF_OTHERS = 40
_DIGITS = 12


class CheckNames(Struct, frozen=True):
    """The names of reviewbot's check runs in a repository.

    Attributes:
        plain: the name of checks against the default branch.
        bases: patterns for the other branches whose checks have the plain name.
    """

    plain: str
    bases: tuple[str, ...] = ()

    def against(self, default_branch: str, base_ref: str) -> str:
        # After `!**`, only branches that match a pattern are selected. Without patterns, no branch is.
        if base_ref == default_branch or matches(("!**", *self.bases), base_ref):
            return self.plain
        return f"{self.plain} (base: {_shown(base_ref)})"

    def of(self, default_branch: str, base_ref: str, former_bases: Sequence[str]) -> tuple[str, ...]:
        """Return the names that the check runs of a pull request can have. The name for the current base is first.

        Check runs with the other names may contain copies of purchases.
        """
        latest = former_bases[::-1][:MOST_FORMER_BASES]
        names = [self.against(default_branch, one) for one in (base_ref, *latest)]
        return tuple(dict.fromkeys((names[0], self.plain, *names[1:])))

    def are_shared(self, default_branch: str, pull: PullRequest) -> bool:
        """Return whether a check run for an earlier base may have the same name as the current check run."""
        name = self.against(default_branch, pull.base_ref)
        others = {one for one in pull.former_bases if one != pull.base_ref}
        cut = len(pull.former_bases) > MOST_FORMER_BASES and name == self.plain
        return cut or any(self.against(default_branch, one) == name for one in others)


def _shown(base_ref: str) -> str:
    """Return the branch, or an escaped and shortened form with `~`, which Git forbids, so that all names differ."""
    if _SHOWN.fullmatch(base_ref):
        return base_ref
    shown = re.sub(r"[^A-Za-z0-9._/+-]", "_", base_ref)[:_SHOWN_OF_OTHERS]
    return f"{shown}~{sha256(base_ref.encode('utf-8', 'replace')).hexdigest()[:_DIGITS]}"
