"""The base of the adapters for one repository."""

from __future__ import annotations

from copy import copy
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

from reviewbot.adapters.github.client import Address, Client, RetryLimits
from reviewbot.errors import NotFound
from reviewbot.ports import Clock

T = TypeVar("T")


class RepositoryConnection:
    """A connection to GitHub for one repository, `owner/name`; the token is not stored here or shown."""

    def __init__(
        self, token: str, repository: str, address: Address, clock: Clock, retry_limits: RetryLimits | None = None
    ) -> None:
        self._calls = Client(token, address, clock, retry_limits or RetryLimits())
        self._bind(repository)

    def _bind(self, repository: str) -> None:
        self._repository = repository
        self._owner, _, self._name = repository.partition("/")
        self._path = f"/repos/{quote(self._owner, safe='')}/{quote(self._name, safe='')}"

    def at(self, repository: str) -> Self:
        """Return the same connection for another repository: limits, waits and pauses count for both."""
        other = copy(self)
        other._bind(repository)  # noqa: SLF001 — of this class
        return other

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._repository!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._calls.close()

    @staticmethod
    def _found(node: T | None, what: str) -> T:
        if node is None:
            raise NotFound(
                f"Not found, or not visible to the token: {what}.",
                hint="Check the number, and that the job has `contents: read` and `pull-requests: read`.",
            )
        return node

    def _there(self, repository: T | None) -> T:
        return self._found(repository, f"repository {self._repository}")

    @property
    def repository(self) -> str:
        return self._repository

    @property
    def requests_left(self) -> int | None:
        return self._calls.requests_left

    @property
    def requests(self) -> int:
        return self._calls.requests
