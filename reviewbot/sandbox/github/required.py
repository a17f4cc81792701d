"""What a branch requires before something gets in, by rulesets and by its own protection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewbot.sandbox.github.records import Repository
    from reviewbot.sandbox.github.wire import Json


@dataclass(frozen=True, slots=True)
class RequiredCheck:
    """A check without which nothing gets in; `source` is the number of the App that it must come from."""

    name: str
    source: int | None = None


def protection(repo: Repository, branch: str) -> Json:
    """A branch's own protection, as the branch shows it."""
    required = repo.protection if branch == repo.default_branch else ()
    if not required:
        return {"enabled": False}
    checks = {
        "enforcement_level": "non_admins",
        "contexts": [one.name for one in required],
        "checks": [{"context": one.name, "app_id": one.source} for one in required],
    }
    return {"enabled": True, "required_status_checks": checks}


def rules(repo: Repository, branch: str) -> list[Json]:
    """The rules that are in force for a branch, of all rulesets."""
    required = repo.rules if branch == repo.default_branch else ()
    if not required:
        return []
    checks = [{"context": one.name} | ({"integration_id": one.source} if one.source else {}) for one in required]
    rule = {
        "type": "required_status_checks",
        "parameters": {"strict_required_status_checks_policy": False, "required_status_checks": checks},
        "ruleset_source_type": "Repository",
        "ruleset_source": repo.full_name,
        "ruleset_id": repo.id,
    }
    return [rule]
