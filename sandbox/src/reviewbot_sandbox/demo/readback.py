"""Read the state of the pull request from GitHub and CodeVF over HTTP after a run of the action."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from reviewbot_sandbox.demo.seed import NUMBER, PERSON_TOKEN, REPOSITORY
from reviewbot_sandbox.demo.services import API_KEY, Sandbox

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)")
_THREADS = """
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) { reviewThreads(first: 100) { nodes { isResolved isOutdated } } }
  }
}
"""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line of a diff: its number on its own side, its sign (`+`, `-` or a space) and its text."""

    number: int
    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A review comment.

    Attributes:
        line: None for a comment on the whole file, or if the code has changed since.
        code: the commented lines as GitHub shows them above the comment; empty for one on a file.
    """

    id: int
    path: str
    line: int | None
    on_file: bool
    body: str
    code: tuple[CodeLine, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A check run; `page` is its summary, in Markdown."""

    name: str
    status: str
    conclusion: str
    title: str
    page: str = ""


@dataclass(frozen=True, slots=True)
class Threads:
    """Numbers of threads: all, outdated and resolved."""

    total: int
    outdated: int
    resolved: int


@dataclass(frozen=True, slots=True)
class Landed:
    """The pull request as it is now.

    Attributes:
        check: the newest on the head, None if there is none.
    """

    comments: tuple[Comment, ...]
    summaries: tuple[str, ...]
    check: Check | None
    threads: Threads


@dataclass(frozen=True, slots=True)
class Money:
    """The account, in credits."""

    available: int
    on_hold: int


class Reader:
    """Reads both services with a person's token and the account's key."""

    def __init__(self, sandbox: Sandbox) -> None:
        token = {"Authorization": f"Bearer {PERSON_TOKEN}"}
        self._github = httpx.Client(base_url=sandbox.github.url, headers=token, trust_env=False)
        self._codevf = httpx.Client(
            base_url=sandbox.codevf_url, headers={"Authorization": f"Bearer {API_KEY}"}, trust_env=False
        )

    def close(self) -> None:
        self._github.close()
        self._codevf.close()

    def pull(self) -> Mapping[str, Any]:
        pull: Mapping[str, Any] = self._of_repository(f"pulls/{NUMBER}")
        return pull

    def landed(self) -> Landed:
        comments = self._of_repository(f"pulls/{NUMBER}/comments?per_page=100")
        spoken = self._of_repository(f"issues/{NUMBER}/comments?per_page=100")
        return Landed(
            comments=tuple(sorted(map(_comment, comments), key=_place)),
            summaries=tuple(one["body"] for one in spoken),
            check=self.check(),
            threads=self._threads(),
        )

    def check(self) -> Check | None:
        """Return the newest check on the pull request's head."""
        head = self.pull()["head"]["sha"]
        runs = self._of_repository(f"commits/{head}/check-runs")["check_runs"]
        newest = max(runs, key=lambda run: int(run["id"]), default=None)
        if newest is None:
            return None
        said = {key: newest["output"][key] or "" for key in ("title", "summary")}
        return Check(newest["name"], newest["status"], newest["conclusion"] or "", said["title"], said["summary"])

    def money(self) -> Money:
        form = _json(self._codevf.get("credits/balance"))
        return Money(int(form["available"]), int(form["onHold"]))

    def task_status(self, task_id: str) -> str:
        return str(_json(self._codevf.get(f"tasks/{task_id}"))["status"])

    def _threads(self) -> Threads:
        owner, _, name = REPOSITORY.partition("/")
        variables = {"owner": owner, "name": name, "number": NUMBER}
        answer = _json(self._github.post("/graphql", json={"query": _THREADS, "variables": variables}))
        nodes = answer["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"]
        outdated, resolved = (sum(node[key] for node in nodes) for key in ("isOutdated", "isResolved"))
        return Threads(len(nodes), outdated, resolved)

    def _of_repository(self, path: str) -> Any:  # noqa: ANN401 — JSON
        return _json(self._github.get(f"/repos/{REPOSITORY}/{path}"))


def _json(response: httpx.Response) -> Any:  # noqa: ANN401 — JSON
    return response.raise_for_status().json()


def _place(comment: Comment) -> tuple[str, int]:
    return comment.path, comment.code[-1].number if comment.code else 0


def _comment(form: Mapping[str, Any]) -> Comment:
    on_file = form["subject_type"] == "file"
    first = form["original_start_line"] or form["original_line"]
    code = () if on_file else tuple(_commented(form["diff_hunk"], form["side"], first, form["original_line"]))
    return Comment(form["id"], form["path"], form["line"], on_file, form["body"], code)


def _commented(hunk: str, side: str, first: int, last: int) -> Iterator[CodeLine]:
    header, *lines = hunk.split("\n")
    begun = _HUNK.match(header)
    old, new = (int(begun[1]), int(begun[2])) if begun else (1, 1)
    for line in lines:
        sign, text = line[:1] or " ", line[1:]
        number = old if side == "LEFT" else new
        if sign != ("+" if side == "LEFT" else "-") and first <= number <= last:
            yield CodeLine(number, sign, text)
        old += sign != "+"
        new += sign != "-"
