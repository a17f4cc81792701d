"""Permissions include each other as GitHub's roles do."""

from __future__ import annotations

from itertools import product

from reviewbot.domain.github.pull_request import Permission

ROLES = ("none", "read", "triage", "write", "maintain", "admin")


def test_each_role_may_do_what_the_lesser_ones_may() -> None:
    for one, other in product(Permission, Permission):
        assert one.at_least(other) == (ROLES.index(one.value) >= ROLES.index(other.value))
