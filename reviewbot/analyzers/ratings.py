"""Maps the analyzers' rules to our severities and categories; the table itself is `ratings.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewbot.analyzers.raw import RawFinding
from reviewbot.domain.model.review import Category, Severity


@dataclass(frozen=True, slots=True)
class Rating:
    """What we make of a rule."""

    severity: Severity
    category: Category


@dataclass(frozen=True, slots=True)
class ToolRatings:
    """One analyzer's part of the table."""

    default: Rating
    levels: dict[str, Rating]
    rules: dict[str, Rating]


@dataclass(frozen=True, slots=True)
class Ratings:
    """The whole table.

    Attributes:
        tools: by the analyzer's name.
        same: the meaning that several rules share, by `tool:rule`.
    """

    tools: dict[str, ToolRatings]
    same: dict[str, str]

    def rate(self, raw: RawFinding) -> Rating:
        """Rate by the longest prefix of "rule level", else by the analyzer's level, else by its default."""
        table = self.tools[raw.tool]
        name = f"{raw.rule} {raw.level}"
        for length in range(len(name), 0, -1):
            if rating := table.rules.get(name[:length]):
                return rating
        return table.levels.get(raw.level, table.default)

    def meaning(self, raw: RawFinding) -> str:
        """Name what the rule is about, equal for rules that say the same thing."""
        name = f"{raw.tool}:{raw.rule}"
        return self.same.get(name, name)


def load() -> Ratings:
    """Read the table that ships with the package."""
    data = tomllib.loads(Path(__file__).with_name("ratings.toml").read_text(encoding="utf-8"))
    groups: dict[str, list[str]] = data.pop("same")
    same = {rule: meaning for meaning, rules in groups.items() for rule in rules}
    return Ratings({name: _tool(part) for name, part in data.items()}, same)


def _tool(part: dict[str, Any]) -> ToolRatings:
    return ToolRatings(
        default=_rating(part["default"]),
        levels={level: _rating(value) for level, value in part["levels"].items()},
        rules={rule: _rating(value) for rule, value in part["rules"].items()},
    )


def _rating(value: list[str]) -> Rating:
    severity, category = value
    return Rating(Severity(severity), Category(category))
