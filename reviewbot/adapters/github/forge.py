"""GitHub, bound to one repository: `ports.Forge` over REST and GraphQL."""

from __future__ import annotations

from reviewbot.adapters.github.reading import Reading
from reviewbot.adapters.github.writing import Writing


class GitHubForge(Reading, Writing):
    """GitHub for one repository: `ports.Forge`, what is read and what is written."""
