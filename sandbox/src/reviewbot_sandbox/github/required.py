"""Required checks of a branch, by rulesets and branch protection."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """A required check; `source` is the id of the App that must report it."""

    name: str
    source: int | None = None
