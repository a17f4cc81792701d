"""The URLs in responses, all on the requested host, and the node ids of GraphQL."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of this GitHub: `api` is the root of REST without a trailing slash, `web` that of the website."""

    api: str
    web: str

    def repo(self, full_name: str) -> str:
        return f"{self.api}/repos/{full_name}"

    def page(self, full_name: str, number: int) -> str:
        return f"{self.web}/{full_name}/pull/{number}"

    def comment(self, full_name: str, number: int, comment_id: int) -> str:
        return f"{self.page(full_name, number)}#issuecomment-{comment_id}"

    def review(self, full_name: str, number: int, review_id: int) -> str:
        return f"{self.page(full_name, number)}#pullrequestreview-{review_id}"

    def discussion(self, full_name: str, number: int, comment_id: int) -> str:
        return f"{self.page(full_name, number)}#discussion_r{comment_id}"

    def run(self, full_name: str, check_id: int) -> str:
        return f"{self.web}/{full_name}/runs/{check_id}"

    def blob(self, full_name: str, sha: str, path: str) -> str:
        return f"{self.web}/{full_name}/blob/{sha}/{in_path(path)}"

    def contents(self, full_name: str, sha: str, path: str) -> str:
        return f"{self.repo(full_name)}/contents/{in_path(path)}?ref={sha}"


def in_path(path: str) -> str:
    """Return a file's path, escaped for an address; slashes are kept."""
    return quote(path.encode(errors="surrogateescape"))


def printable(path: str) -> str:
    """Return a file's path without the bytes that are not UTF-8, which GitHub replaces in JSON."""
    return path.encode(errors="surrogateescape").decode(errors="replace")


def node_id(prefix: str, number: int) -> str:
    """Return the global id of a numbered object, such as `PR_` with its number in base 16."""
    return f"{prefix}_kw{number:x}"


def number_in(node: str, prefix: str) -> int | None:
    """Return the number inside a node id of that kind, or None when it is of another kind."""
    head, _, tail = node.partition("_kw")
    try:
        return int(tail, 16) if head == prefix else None
    except ValueError:
        return None
