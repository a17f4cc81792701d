"""The responses of GitHub's REST API. A response with a missing field or a wrong type is invalid."""

from __future__ import annotations

from msgspec import Struct, field

from reviewbot.adapters.github.graphql.answers import Name
from reviewbot.domain.github.pull_request import Comment, Permission


class PermissionOf(Struct, frozen=True):
    """A user's legacy permission and role. The role may be an organization's custom role."""

    permission: Name
    role_name: Name | None = None

    def value(self) -> Permission:
        known = {one.value: one for one in Permission}
        return known.get(self.role_name or "") or known.get(self.permission) or Permission.NONE


class CheckOutput(Struct, frozen=True):
    title: Name | None = None


class CheckApp(Struct, frozen=True):
    slug: Name | None = None


class Check(Struct, frozen=True):
    database_id: int = field(name="id")
    name: Name
    head_sha: Name
    status: Name
    conclusion: Name | None
    external_id: Name | None = None
    url: Name | None = field(name="html_url", default=None)
    output: CheckOutput = CheckOutput()
    app: CheckApp | None = None


class Checks(Struct, frozen=True):
    check_runs: tuple[Check, ...]


class Written(Struct, frozen=True):
    id: int
    html_url: Name
    body: str

    def comment(self) -> Comment:
        return Comment(self.id, self.html_url, self.body, ours=True)


class Created(Struct, frozen=True):
    id: int


class Commit(Struct, frozen=True):
    sha: Name


class Comparison(Struct, frozen=True):
    merge_base_commit: Commit


class TreeEntry(Struct, frozen=True):
    path: str
    type: Name


class Tree(Struct, frozen=True):
    """A recursive tree. GitHub truncates a tree with more than 100,000 entries."""

    tree: tuple[TreeEntry, ...]


class RequiredCheck(Struct, frozen=True):
    """A required check and its App: `integration_id` in a ruleset, or `app_id` in branch protection."""

    context: Name
    integration_id: int | None = None
    app_id: int | None = None


class RuleParameters(Struct, frozen=True):
    required_status_checks: tuple[RequiredCheck, ...] = ()


class Rule(Struct, frozen=True):
    type: Name
    parameters: RuleParameters | None = None


class ProtectedChecks(Struct, frozen=True):
    checks: tuple[RequiredCheck, ...]


class Protection(Struct, frozen=True):
    required_status_checks: ProtectedChecks | None = None


class Branch(Struct, frozen=True):
    protection: Protection | None = None


class BranchLimit(Struct, frozen=True):
    protected_branches: bool


class DeploymentEnvironment(Struct, frozen=True):
    deployment_branch_policy: BranchLimit | None = None


class BranchPattern(Struct, frozen=True):
    name: Name


class BranchPatterns(Struct, frozen=True):
    branch_policies: tuple[BranchPattern, ...]


class ErrorDetail(Struct, frozen=True):
    resource: str | None = None
    field: str | None = None
    code: str | None = None
    message: str | None = None


class ErrorBody(Struct, frozen=True):
    """An error response. Each error is a string or an object."""

    message: str | None = None
    errors: tuple[ErrorDetail | str, ...] | ErrorDetail | str | None = None


class GraphQLError(Struct, frozen=True):
    type: str | None = None
    message: str | None = None
    path: tuple[str | int, ...] | None = None

    def hides(self, *fields: str) -> bool:
        """Return whether the token may not read one of these fields. GitHub still returns the other fields."""
        return self.type == "FORBIDDEN" and any(name in fields for name in self.path or ())


class GraphQLAnswer(Struct, frozen=True):
    data: object = None
    errors: tuple[GraphQLError, ...] | None = None


class InstalledRepository(Struct, frozen=True):
    full_name: Name
    archived: bool = False
    disabled: bool = False


class Installed(Struct, frozen=True):
    repositories: tuple[InstalledRepository, ...]
