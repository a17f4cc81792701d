"""What `reviewbot doctor` reads of a repository; it writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from reviewbot.adapters.github import parse_graphql, queries
from reviewbot.adapters.github.answers import Answer
from reviewbot.adapters.github.base import Bound
from reviewbot.adapters.github.error_rules import Intent
from reviewbot.domain.model.installation import Installation, Required

WORKFLOWS = ".github/workflows"

_ANYBODY = -1
"""How a branch's protection writes that any source will do."""


class SetupReader(Bound):
    """A repository as somebody sees it who wants to know whether reviews would work."""

    def installation(self, config_file: str, templates_dir: str) -> Installation:
        """Settings, templates and workflows of the default branch.

        Raises:
            ForgeError: they cannot be read.
        """
        intent = Intent("reading the settings and workflows of the default branch", "contents: read")
        variables = {
            "owner": self._owner,
            "name": self._name,
            "config": f"HEAD:{config_file}",
            "templates": f"HEAD:{templates_dir.strip('/')}",
            "workflows": f"HEAD:{WORKFLOWS}",
        }
        node = self._calls.query(queries.SETUP, variables, intent).node("repository")
        branch = node.maybe_node("defaultBranchRef")
        return Installation(
            repository=node.text("nameWithOwner"),
            branch=branch.text("name") if branch else "",
            config=parse_graphql.config(node.maybe_node("config")),
            templates=parse_graphql.folder(node.maybe_node("templates")),
            workflows=parse_graphql.folder(node.maybe_node("workflows")),
        )

    def try_pull_requests(self) -> None:
        """Read pull requests.

        Raises:
            ForgeError: the token may not.
        """
        query = urlencode({"per_page": 1})
        self._calls.get(f"{self._path}/pulls?{query}", Intent("reading pull requests", "pull-requests: read"))

    def try_checks(self, branch: str) -> None:
        """Read the check runs of a branch.

        Raises:
            ForgeError: the token may not.
        """
        query = urlencode({"per_page": 1})
        path = f"{self._path}/commits/{quote(branch, safe='')}/check-runs?{query}"
        self._calls.get(path, Intent("reading check runs", "checks: read"))

    def required(self, branch: str) -> tuple[Required, ...]:
        """The checks that a branch requires, by rulesets and by its own protection.

        Raises:
            ForgeError: they cannot be read.
        """
        name, intent = quote(branch, safe=""), Intent("reading what the branch requires", "contents: read")
        shown = Answer.of(self._calls.get(f"{self._path}/branches/{name}", intent), "branch")
        rules = self._calls.pages(f"{self._path}/rules/branches/{name}", intent)
        return (*_protected(shown.maybe_node("protection")), *(one for rule in rules for one in _ruled(rule)))


def _ruled(rule: Answer) -> Iterator[Required]:
    if rule.text("type") == "required_status_checks":
        for check in rule.node("parameters").items("required_status_checks"):
            yield Required(check.text("context"), check.maybe_number("integration_id"))


def _protected(protection: Answer | None) -> Iterator[Required]:
    required = protection.maybe_node("required_status_checks") if protection else None
    for check in required.items("checks") if required else ():
        source = check.maybe_number("app_id")
        yield Required(check.text("context"), None if source == _ANYBODY else source)
