"""Fetch a change into a temporary bare repository.

No code of the pull request is checked out or run: there is no work tree, and hooks, filters, text conversion,
submodules, and the system's and the user's configuration are disabled. Only the commands that fetch get the token, in
an environment variable, because process lists show arguments.
"""

from __future__ import annotations

from reviewbot.adapters.git.objects import read_between
from reviewbot.adapters.git.process import Bounds, Git, isolated_environment
from reviewbot.adapters.scratch import scratch_folder
from reviewbot.domain.diff.parse import ChangeSet
from reviewbot.errors import MOVED, ChangeUnreadable
from reviewbot.settings.environment import Network

_DEPTHS = ("--depth=50", "--depth=500", "--unshallow")
_HEAD, _BASE = "refs/reviewbot/head", "refs/reviewbot/base"


class GitChangeReader:
    """Implements `ports.ChangeReader` by fetching the base and `refs/pull/N/head`, with or without a token."""

    def __init__(self, network: Network, token: str, bounds: Bounds = Bounds()) -> None:  # noqa: B008 — frozen
        self._network = network
        self._token = token
        self._bounds = bounds

    def read_change(self, repository: str, *, number: int, head: str, base: str) -> ChangeSet:
        network = self._network
        url = f"{network.server_url.rstrip('/')}/{repository}.git"
        with scratch_folder("reviewbot-git-") as folder:
            git = Git(folder, isolated_environment(url, "", network.children, None), self._bounds)
            git.run("init", "--bare", "--quiet", "--template=", ".")
            fetching = isolated_environment(url, self._token, network.children, network.ssl_file)
            remote = Git(folder, fetching, self._bounds)
            return read_between(git, _fetch(git, remote, url, number, head, base), head)


def _fetch(git: Git, remote: Git, url: str, number: int, head: str, base: str) -> str:
    """Fetch with increasing depth until the merge base is certain, and return the merge base."""
    for depth in _DEPTHS:
        if depth == "--unshallow" and not git.cut_commits():
            break
        _fetch_refs(remote, url, depth, f"+refs/pull/{number}/head:{_HEAD}", f"+{base}:{_BASE}")
        fetched = git.run("rev-parse", "--verify", "--quiet", f"{_HEAD}^{{commit}}").decode("ascii").strip()
        if fetched != head:
            raise ChangeUnreadable(f"The head of pull request {number} is now {fetched[:12]}.", hint=MOVED)
        if merge_base := _merge_base(git, head, base):
            return merge_base
    raise ChangeUnreadable(
        f"Pull request {number} and its base have no common ancestor, so they cannot be compared.",
        hint="Rebase the branch onto its base, and push it.",
    )


def _fetch_refs(remote: Git, url: str, depth: str, *refs: str) -> None:
    """Fetch, and retry once after any error, because git does not distinguish temporary errors."""
    command = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", depth, url, *refs)
    try:
        remote.run(*command)
    except ChangeUnreadable:
        remote.run(*command)


def _merge_base(git: Git, head: str, base: str) -> str | None:
    """Return the merge base, or None if the fetched history is too short to be certain."""
    found = git.run("merge-base", head, base, accept=(0, 1)).decode("ascii").strip()
    if not found:
        return None
    # If the history above the merge base is incomplete, a better common ancestor may be among the missing commits.
    above = set(git.run("rev-list", head, base, f"^{found}").split())
    return None if above & git.cut_commits() else found
