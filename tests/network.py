"""The network settings of the adapters under test."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from reviewbot.settings.environment import Network


def network_at(url: str, graphql_url: str = "", children: Mapping[str, str] = MappingProxyType({})) -> Network:
    """Return settings in which GitHub's APIs and its git server have the same URL, without certificates or a proxy."""
    return Network(url, graphql_url or f"{url}/graphql", url, None, None, children, 1.0)
