"""What a branch requires before something gets in, by rulesets and by its own protection."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """A check without which nothing gets in; `source` is the number of the App that it must come from."""

    name: str
    source: int | None = None
