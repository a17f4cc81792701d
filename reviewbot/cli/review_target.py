"""Where a review at a terminal reads from and what it remembers: a branch here, what is staged, or a pull request."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from reviewbot.adapters.git.clone import Clone, open_clone
from reviewbot.adapters.git.fetch import GitChangeReader
from reviewbot.adapters.github.client import Address
from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.adapters.local.forge import Desk
from reviewbot.adapters.local.pull_request import LocalChange, Stretch, branch_stretch, staged_stretch
from reviewbot.adapters.local.state_file import Notebook, page_name
from reviewbot.domain.codevf.idempotency import account_number
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.model.remotes import Remote
from reviewbot.errors import Problem, SettingsError
from reviewbot.ports import ChangeReader, Clock
from reviewbot.settings import Settings, peek_settings
from reviewbot.settings.environment import Desktop
from reviewbot.settings.table import CONFIG_FILE

NOTEBOOK = "reviewbot"
"""The folder of the pages, inside git's own."""

_REPEATED = ("reviewer", "mode", "expertise", "codevf_project", "codevf_url", "max_credits", "fail_on")


@dataclass(frozen=True, slots=True)
class Place:
    """What is reviewed, ready to be read.

    Attributes:
        number: of the pull request, 0 where there is none.
        told: what it is, in a few words.
        again: the command that picks its review up.
        paid: whether its review is bought.
        uncommitted: files whose changes are not in it, since they are not committed.
    """

    forge: Desk
    changes: ChangeReader
    number: int
    told: str
    again: str
    paid: bool
    uncommitted: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """What a place is made of: the words of the command, also as inputs, the environment, and where one stands."""

    chosen: argparse.Namespace
    inputs: Mapping[str, str]
    desktop: Desktop
    folder: Path

    @property
    def account(self) -> int:
        """The account that pays, as a number: what one has bought is no memory of another's."""
        return account_number(self.desktop.api_key)

    def notebook(self, settings: Settings, folder: Path, about: str) -> Notebook:
        """The page of what is reviewed. Free reviews need no memory."""
        page = folder / NOTEBOOK / page_name(f"{self.account} {settings.instance} {about}")
        return Notebook(page if settings.reviewer is ReviewerKind.CODEVF else None)


def open_place(setting: Setting, clock: Clock, stack: ExitStack) -> Place:
    """The place that the command names.

    Raises:
        SettingsError: what it names is not there, or does not go together.
    """
    _check(setting.chosen, setting.desktop)
    if setting.chosen.pr is not None:
        return _pull_request(setting, clock, stack)
    clone = enter_clone(setting, stack)
    head = setting.chosen.head or "HEAD"
    stretch = staged_stretch(clone) if setting.chosen.staged else branch_stretch(clone, setting.chosen.base, head)
    change = LocalChange(clone, stretch, setting.account)
    settings = peek_settings(setting.inputs, change.config(CONFIG_FILE))
    if setting.chosen.staged and settings.reviewer is not ReviewerKind.LOCAL:
        told = "a paid review can take hours, and what is staged is gone by then"
        raise SettingsError((Problem("--staged", told, "`--staged --reviewer local`, or a commit"),))
    notebook = setting.notebook(settings, clone.common_dir, stretch.branch or stretch.new)
    paid = settings.reviewer is ReviewerKind.CODEVF
    here = not setting.chosen.staged and clone.resolve("HEAD") == stretch.new
    uncommitted = clone.uncommitted() if here else 0
    return Place(Desk(change, notebook), change, 0, _told(stretch), _again(setting.chosen, stretch), paid, uncommitted)


def enter_clone(setting: Setting, stack: ExitStack) -> Clone:
    """The clone that one stands in."""
    index = {"GIT_INDEX_FILE": setting.desktop.index_file} if setting.desktop.index_file else {}
    return stack.enter_context(open_clone(setting.folder, {**setting.desktop.path_env, **index}))


def _check(chosen: argparse.Namespace, desktop: Desktop) -> None:
    problems = []
    if chosen.staged and (chosen.base or chosen.head):
        problems.append(Problem("--staged", "it is compared with the last commit", "no --base and no --head beside it"))
    if chosen.pr is not None and (chosen.staged or chosen.base or chosen.head):
        problems.append(Problem("--pr", "a pull request has its own base and head", "none of the others beside it"))
    if chosen.pr is not None and not desktop.token:
        problems.append(Problem("--pr", "there is no token to read it with", "one in GITHUB_TOKEN or GH_TOKEN"))
    if chosen.pr is None and chosen.repo:
        problems.append(Problem("--repo", "it says where a pull request is", "`--pr N` beside it"))
    if problems:
        raise SettingsError(tuple(problems))


def _told(stretch: Stretch) -> str:
    if not stretch.settled or stretch.base_ref == "HEAD":
        return "what is staged"
    commits = "1 commit" if stretch.commits == 1 else f"{stretch.commits} commits"
    return f"{stretch.branch or stretch.new[:10]} since {stretch.base_ref} ({commits})"


def _again(chosen: argparse.Namespace, stretch: Stretch) -> str:
    """By the branch's name, which its memory goes by."""
    if chosen.staged:
        return _command(chosen, "--staged")
    return _command(chosen, "--base", stretch.base_ref, "--head", stretch.branch or stretch.new)


def _command(chosen: argparse.Namespace, *place: str) -> str:
    named = {f"--{name.replace('_', '-')}": getattr(chosen, name) for name in _REPEATED}
    options = [word for name, value in named.items() if value is not None for word in (name, str(value))]
    patterns = [word for pattern in chosen.paths or () for word in ("--paths", pattern)]
    return shlex.join(["reviewbot", "review", *place, *options, *patterns])


def _pull_request(setting: Setting, clock: Clock, stack: ExitStack) -> Place:
    """Read from GitHub; nothing is written there."""
    desktop, number = setting.desktop, int(setting.chosen.pr)
    repository = setting.chosen.repo or _origin(setting, stack).full_name
    if repository.count("/") != 1:
        raise SettingsError((Problem("--repo", f"`{repository}` is no repository", "`--repo OWNER/NAME`"),))
    address = Address(desktop.api_url, desktop.graphql_url, desktop.ssl_file)
    source = stack.enter_context(GitHubForge(desktop.token, repository, address, clock))
    changes = GitChangeReader(
        server_url=desktop.server_url,
        repository=repository,
        token=desktop.token,
        environment=desktop.path_env,
        ca_file=desktop.ssl_file,
    )
    settings = peek_settings(setting.inputs, source.config(CONFIG_FILE))
    notebook = setting.notebook(settings, Path(desktop.state), f"{desktop.server_url}/{repository}#{number}")
    told = f"pull request #{number} of {repository}"
    again = _command(setting.chosen, "--pr", str(number), "--repo", repository)
    return Place(Desk(source, notebook), changes, number, told, again, settings.reviewer is ReviewerKind.CODEVF)


def _origin(setting: Setting, stack: ExitStack) -> Remote:
    origin = enter_clone(setting, stack).origin()
    if origin is None:
        told = "this clone's origin is no repository on a host"
        raise SettingsError((Problem("--pr", told, "`--repo OWNER/NAME` beside it"),))
    return origin
