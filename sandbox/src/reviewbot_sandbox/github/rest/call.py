"""Requests, responses and routes for the handlers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import urlencode

from reviewbot_sandbox.github.git.repository import GitRepository
from reviewbot_sandbox.github.model.addresses import Addresses
from reviewbot_sandbox.github.model.forms import read
from reviewbot_sandbox.github.model.records import PullRequest, Repository
from reviewbot_sandbox.github.model.refusal import not_found
from reviewbot_sandbox.github.rest.wire_pulls import PullWire
from reviewbot_sandbox.github.state.access import Needs, Viewer
from reviewbot_sandbox.github.state.limits import Limits
from reviewbot_sandbox.github.state.store import Store

_PAGE, _LARGEST_PAGE = 30, 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """One request with its sender and GitHub's state. `path` contains the route's unescaped parts."""

    store: Store
    limits: Limits
    viewer: Viewer
    at: Addresses
    url: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    accept: str
    body: object = None

    @property
    def wire(self) -> PullWire:
        """Writes records as JSON for this request's host."""
        return PullWire(self.store, self.at)

    def form(self, kind: type[T]) -> T:
        return read(self.body, kind)

    @property
    def repo(self) -> Repository:
        return self.store.repo(f"{self.path['owner']}/{self.path['repo']}")

    @property
    def git(self) -> GitRepository:
        return self.store.git(self.repo.full_name)

    @property
    def pull(self) -> PullRequest:
        return self.store.pull((self.repo.full_name, self.number("number")))

    def number(self, name: str) -> int:
        """Return a number in the path; anything else is a 404."""
        text = self.path[name]
        if not text.isascii() or not text.isdigit():
            raise not_found()
        return int(text)

    def wants(self, media: str) -> bool:
        """Return whether the request accepts `application/vnd.github.<media>`, with or without the version."""
        return any(f"application/vnd.github.{version}{media}" in self.accept for version in ("", "v3."))


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: JSON for objects and lists, bytes unchanged, an empty body for None."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Route:
    """A REST endpoint. `needs` are alternatives; `creates` marks endpoints that count towards the secondary limits."""

    method: str
    path: str
    handler: Callable[[Call], Answer]
    needs: Needs = ()
    creates: bool = False


def paged(call: Call, items: Sequence[T], write: Callable[[T], object]) -> Answer:
    """Return the requested page as a JSON list, with a Link header if there are more."""
    size, page = page_of(call)
    shown = [write(item) for item in items[(page - 1) * size : page * size]]
    last = max(1, -(-len(items) // size))
    return Answer(200, shown, links(call, page, last))


def page_of(call: Call) -> tuple[int, int]:
    """Return page size and page number; invalid values are ignored."""
    size, page = (call.query.get(name, "") for name in ("per_page", "page"))
    wanted = int(size) if size.isdigit() and int(size) > 0 else _PAGE
    return min(wanted, _LARGEST_PAGE), int(page) if page.isdigit() and int(page) > 0 else 1


def links(call: Call, page: int, last: int) -> Mapping[str, str]:
    """Return the Link header of one page among several."""
    near = {"prev": page - 1, "first": 1} if page > 1 else {}
    far = {"next": page + 1, "last": last} if page < last else {}
    rows = [
        f'<{call.url}?{urlencode({**call.query, "page": str(number)})}>; rel="{name}"'
        for name, number in {**near, **far}.items()
    ]
    return {"Link": ", ".join(rows)} if rows else {}


def with_headers(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """Add headers to an answer; its own have precedence."""
    return replace(answer, headers={**headers, **answer.headers})
