"""The base class of the adapters for one repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import Self, TypeVar
from urllib.parse import quote

from reviewbot.adapters.github.client import PAGE, Client, Forgives, RetryLimits
from reviewbot.adapters.github.errors import Intent
from reviewbot.adapters.github.graphql import answers, parse, queries
from reviewbot.domain.github.head_checks import HeadCheck
from reviewbot.errors import NotFound
from reviewbot.ports import Clock
from reviewbot.settings.environment import Network

T = TypeVar("T")

# Messages enclose the permission in backticks, so the inner backticks separate two permissions.
_HEAD_CHECKS = Intent("reading the checks on the head commit", "checks: read` and `statuses: read")


class RepositoryConnection:
    """A connection to GitHub for one repository, `owner/name`."""

    def __init__(
        self, token: str, repository: str, network: Network, clock: Clock, retry_limits: RetryLimits | None = None
    ) -> None:
        self._calls = Client(token, network, clock, retry_limits or RetryLimits())
        self._bind(repository)

    def _bind(self, repository: str) -> None:
        self.repository = repository
        self._owner, _, self._name = repository.partition("/")
        self._path = f"/repos/{quote(self._owner, safe='')}/{quote(self._name, safe='')}"

    def at(self, repository: str) -> Self:
        """Return a connection to another repository, with the same client and rate limits."""
        other = copy(self)
        other._bind(repository)  # noqa: SLF001 — of this class
        return other

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.close()

    @staticmethod
    def _found(node: T | None, what: str) -> T:
        if node is None:
            raise NotFound(
                f"GitHub cannot find {what}, or the token cannot see it.",
                hint="Check the number. The token needs `contents: read` and `pull-requests: read`.",
            )
        return node

    @property
    def _here(self) -> dict[str, object]:
        return {"owner": self._owner, "name": self._name}

    def _read(self, document: str, variables: Mapping[str, object], intent: Intent, kind: type[T],
              forgives: Forgives = lambda _: False) -> T:  # fmt: skip
        """Return the `repository` in the response, or raise `NotFound` if `repository` is null."""
        whole = answers.InRepository[kind]  # type: ignore[valid-type]  # a type at run time
        data = self._calls.query(document, {**self._here, **variables}, intent, whole, forgives=forgives)
        return self._found(data.repository, f"repository {self.repository}")

    def head_checks(self, commit: str) -> tuple[HeadCheck, ...]:
        """Return the check runs and statuses of a commit. `commit` is a SHA or the full name of a branch."""

        def page(after: str | None) -> answers.Page[answers.Context] | None:
            asked = {"commit": commit, "page": PAGE, "after": after}
            found = self._read(queries.HEAD_CHECKS, asked, _HEAD_CHECKS, answers.CommitChecks)
            rollup = self._found(found.object, f"commit {commit}").status_check_rollup
            return rollup.contexts if rollup else None

        return tuple(map(parse.head_check, items(page)))

    @property
    def requests_left(self) -> int | None:
        return self._calls.requests_left


def items(read: Callable[[str | None], answers.Page[T] | None], page: answers.Page[T] | None = None) -> Iterator[T]:
    """Yield the items of a list, page by page. `page` is the first page, if already read."""
    page = page or read(None)
    while page:
        yield from page.present
        page = read(page.after) if page.after else None
