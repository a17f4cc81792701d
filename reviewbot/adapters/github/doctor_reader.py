"""Read the parts of a repository that `reviewbot doctor` checks, without writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from reviewbot.adapters.github import rest
from reviewbot.adapters.github.client import RepositoryConnection
from reviewbot.adapters.github.errors import Intent
from reviewbot.adapters.github.graphql import answers, parse, queries
from reviewbot.domain.model.repository_setup import Environment, RepositorySetup, Required
from reviewbot.errors import NotFound
from reviewbot.setup.files import WORKFLOWS

_ABSENT = f"{WORKFLOWS}/-"
"""A path where no file exists."""

_ANYBODY = -1
"""The `app_id` in branch protection that allows every App."""


class SetupReader(RepositoryConnection):
    """Reads how reviewbot is set up in a repository. Every failure raises a `ForgeError`."""

    def setup(self, config_file: str, templates_dir: str) -> RepositorySetup:
        node = self.files("HEAD", config_file, templates_dir.strip("/"))
        return RepositorySetup(
            branch=node.default_branch_ref.name if node.default_branch_ref else "",
            is_private=node.is_private,
            config=parse.config(node.config),
            templates=parse.folder(node.templates),
            workflows=parse.folder(node.workflows),
        )

    def workflows_of(self, repository: str, ref: str) -> Mapping[str, str]:
        """Return the workflows of another repository at a commit, tag or branch, by file name."""
        return parse.folder(self.at(repository).files(ref).workflows)

    def files(self, ref: str, config_file: str = _ABSENT, templates_dir: str = _ABSENT) -> answers.DoctorNode:
        intent = Intent("reading the settings and workflows of the default branch", "contents: read")
        variables = {
            "config": f"{ref}:{config_file}",
            "templates": f"{ref}:{templates_dir}",
            "workflows": f"{ref}:{WORKFLOWS}",
        }
        return self._read(queries.SETUP, variables, intent, answers.DoctorNode)

    def try_pull_requests(self) -> None:
        intent = Intent("reading pull requests", "pull-requests: read")
        self._calls.get(f"{self._path}/pulls", intent, object, {"per_page": 1})

    def try_checks(self, branch: str) -> None:
        path = f"{self._path}/commits/{quote(branch, safe='')}/check-runs"
        self._calls.get(path, Intent("reading check runs", "checks: read"), object, {"per_page": 1})

    def environment(self, name: str) -> Environment | None:
        """Return an environment, or None if it does not exist.

        https://docs.github.com/rest/deployments/environments#get-an-environment
        """
        path = f"{self._path}/environments/{quote(name, safe='')}"
        intent = Intent("reading environments", "actions: read")
        try:
            limit = self._calls.get(path, intent, rest.DeploymentEnvironment).deployment_branch_policy
        except NotFound:
            return None
        if limit is None or limit.protected_branches:
            return Environment(only_protected=limit is not None)
        kind, patterns = rest.BranchPatterns, f"{path}/deployment-branch-policies"
        found = self._calls.pages(patterns, intent, kind, lambda page: page.branch_policies)
        return Environment(tuple(one.name for one in found))

    def required(self, branch: str) -> tuple[Required, ...]:
        name, intent = quote(branch, safe=""), Intent("reading the required checks", "contents: read")
        protection = self._calls.get(f"{self._path}/branches/{name}", intent, rest.Branch).protection
        own = protection.required_status_checks.checks if protection and protection.required_status_checks else ()
        rules = self._calls.pages(f"{self._path}/rules/branches/{name}", intent, tuple[rest.Rule, ...], iter)
        return (
            *(Required(one.context, None if one.app_id == _ANYBODY else one.app_id) for one in own),
            *(
                Required(one.context, one.integration_id)
                for rule in rules
                if rule.type == "required_status_checks" and rule.parameters
                for one in rule.parameters.required_status_checks
            ),
        )
