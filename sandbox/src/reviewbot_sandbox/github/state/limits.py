"""Rate limits: the headers on every answer, and optional refusals."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from reviewbot_sandbox.github.model.refusal import Refusal
from reviewbot_sandbox.github.state.access import Viewer

_HOUR = 3_600
_MINUTE = 60
_SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    "If you reach out to GitHub Support for help, please include the request ID."
)


def quota(viewer: Viewer, resource: str) -> int:
    """Return the requests per hour; anonymous users have no GraphQL."""
    if viewer.token is None:
        return 0 if resource == "graphql" else 60
    return 1_000 if viewer.app else 5_000


CONTENT_A_MINUTE, CONTENT_AN_HOUR = 80, 500
"""GitHub's secondary limits on requests that create content."""


@dataclass
class Limits:
    """Counts requests. Nothing is refused until a limit is enabled.

    `enforce` switches the primary limit on, with `quota_` in place of GitHub's number if given. `per_minute` and
    `per_hour` count requests that create content (GitHub: 80 and 500). `clock` gives seconds since the epoch.
    """

    enforce: bool = False
    quota_: int | None = None
    per_minute: int | None = None
    per_hour: int | None = None
    clock: Callable[[], float] = time.time
    _used: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    _writes: deque[float] = field(default_factory=deque)

    def switch_on(self) -> None:
        """Enable the limits with GitHub's numbers."""
        self.enforce, self.per_minute, self.per_hour = True, CONTENT_A_MINUTE, CONTENT_AN_HOUR

    def spend(self, viewer: Viewer, resource: str = "core") -> None:
        self._used[self._key(viewer, resource)] += 1

    def check(self, viewer: Viewer, resource: str = "core") -> None:
        """Refuse once the primary limit of the resource is used up, if limits are switched on."""
        if self.enforce and self._used[self._key(viewer, resource)] > self._quota(viewer, resource):
            who = viewer.login or "the anonymous"
            raise Refusal(403, f"API rate limit exceeded for {who}.", kind="RATE_LIMIT")

    def write(self) -> None:
        """Count a request that creates content; refuse it over the secondary limits."""
        now = self.clock()
        recent = [at for at in self._writes if at > now - _HOUR]
        in_minute = sum(at > now - _MINUTE for at in recent)
        if in_minute >= (self.per_minute or in_minute + 1) or len(recent) >= (self.per_hour or len(recent) + 1):
            raise Refusal(403, _SECONDARY, headers={"Retry-After": "60"}, kind="RATE_LIMITED")
        self._writes = deque([*recent, now])

    def headers(self, viewer: Viewer, resource: str) -> dict[str, str]:
        """Return the headers that go with every answer; `reset` is in seconds since the epoch."""
        whole, used = self._quota(viewer, resource), self._used[self._key(viewer, resource)]
        left = max(0 if self.enforce else min(1, whole), whole - used)
        reset = (self._window() + 1) * _HOUR
        numbers = {"limit": whole, "used": whole - left, "remaining": left, "reset": reset}
        return {f"x-ratelimit-{name}": str(value) for name, value in {**numbers, "resource": resource}.items()}

    def _quota(self, viewer: Viewer, resource: str) -> int:
        return quota(viewer, resource) if self.quota_ is None else self.quota_

    def _window(self) -> int:
        return int(self.clock() // _HOUR)

    def _key(self, viewer: Viewer, resource: str) -> tuple[str, str, int]:
        return (viewer.token.secret if viewer.token else "", resource, self._window())
