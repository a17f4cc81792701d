"""The target of a command: a branch, staged changes, a pull request or a repository."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from reviewbot.adapters.git.clone import Clone, open_clone
from reviewbot.adapters.git.fetch import GitChangeReader
from reviewbot.adapters.github.client import RetryLimits
from reviewbot.adapters.github.forge import GitHubForge
from reviewbot.adapters.local import (
    CommitRange,
    LocalChange,
    LocalForge,
    StateFile,
    branch_range,
    page_name,
    repository_of,
    settled_files,
    staged_range,
)
from reviewbot.cli.invocation import REPEATED
from reviewbot.domain.codevf.idempotency import account_number
from reviewbot.domain.text.formatting import counted
from reviewbot.errors import Problem, SettingsError
from reviewbot.ports import ChangeReader, Clock
from reviewbot.settings import Settings, peek_settings
from reviewbot.settings.environment import Desktop
from reviewbot.settings.table import CONFIG_FILE, TEMPLATES_DIR
from reviewbot.setup.audit import inputs_of_review, read_jobs
from reviewbot.setup.files import WORKFLOWS

STATE_FOLDER = "reviewbot"
"""The folder of the state files, inside git's folder or, for pull requests, inside `XDG_STATE_HOME`."""

LAST_REVIEW = Path(STATE_FOLDER, "last-review.json")
"""The path of the last review's report, relative to git's folder of the work tree."""


class Place(Struct, frozen=True):
    """The target of a review.

    Attributes:
        number: the number of the pull request, or 0 for a local change.
        again: the command that resumes the review.
        last_review: the path of the report for `reviewbot apply`, or None for a pull request.
        if_empty: the message if a local change is empty.
    """

    forge: LocalForge
    changes: ChangeReader
    number: int
    what: str
    again: str
    paid: bool
    uncommitted: int = 0
    last_review: Path | None = None
    if_empty: str = ""


class Setting(Struct, frozen=True):
    """The command line, its options as inputs, and the environment."""

    chosen: argparse.Namespace
    inputs: Mapping[str, str]
    desktop: Desktop

    def state_file(self, settings: Settings, folder: Path, about: str) -> StateFile:
        """Return the state file of a review for this account, or a file that stores nothing if the review is free."""
        page = folder / STATE_FOLDER / page_name(f"{account_number(self.desktop.api_key)} {settings.instance} {about}")
        return StateFile(page if settings.paid else None)


def open_place(setting: Setting, clock: Clock, stack: ExitStack, limits: RetryLimits) -> Place:
    """Open the target that the command line selects. `limits` applies to requests to GitHub.

    Raises:
        SettingsError: the target does not exist, or the options exclude each other.
    """
    chosen = setting.chosen
    if chosen.repo:
        repository_name(chosen.repo, setting.desktop)
    if problems := tuple(_problems(chosen, setting.desktop)):
        raise SettingsError(problems)
    if chosen.pr is not None:
        return _pull_request(setting, clock, stack, limits)
    index = {"GIT_INDEX_FILE": setting.desktop.index_file} if setting.desktop.index_file else {}
    clone = stack.enter_context(open_clone(Path.cwd(), {**setting.desktop.network.children, **index}))
    commit_range = staged_range(clone) if chosen.staged else branch_range(clone, chosen.base, chosen.head or "HEAD")
    repository = repository_of(clone, commit_range, account_number(setting.desktop.api_key))
    settled = settled_files(clone, commit_range.settled, CONFIG_FILE, TEMPLATES_DIR)
    change = LocalChange(clone, commit_range, repository, settled)
    settings = peek_settings(setting.inputs, settled.config)
    if chosen.staged and settings.paid:
        why = "a paid review can take hours, and the staged changes may no longer exist when it ends"
        raise SettingsError.of("--staged", why, todo="Add --reviewer local, or commit first.")
    head = commit_range.branch or commit_range.new
    forge = LocalForge(change, setting.state_file(settings, clone.common_dir, head))
    here = not chosen.staged and clone.resolve("HEAD") == commit_range.new
    uncommitted = clone.uncommitted() if here else 0
    # The command names the head in the same way as the state file.
    what = ["--staged"] if chosen.staged else ["--base", commit_range.base_ref, "--head", head]
    again, last = _command(chosen, *what), clone.own_dir / LAST_REVIEW
    described, if_empty = _words_of(commit_range, staged=chosen.staged)
    return Place(forge, change, 0, described, again, settings.paid, uncommitted, last, if_empty)


def _problems(chosen: argparse.Namespace, desktop: Desktop) -> Iterator[Problem]:
    if chosen.staged and (chosen.base or chosen.head):
        what = "cannot be combined with --base or --head, because staged changes are compared with the last commit"
        yield Problem("--staged", what, todo="Remove --base and --head.")
    if chosen.pr is not None and (chosen.staged or chosen.base or chosen.head):
        what = "cannot be combined with --base, --head or --staged, because a pull request has its own base and head"
        yield Problem("--pr", what, todo="Remove --base, --head and --staged.")
    if chosen.pr is not None and not desktop.token:
        what = "reading a pull request needs a token, but GITHUB_TOKEN and GH_TOKEN are empty"
        command = _command(chosen, "--pr", str(chosen.pr), *(["--repo", chosen.repo] if chosen.repo else []))
        yield Problem("--pr", what, todo=f"Run: GITHUB_TOKEN=$(gh auth token) {command}")
    if chosen.pr is None and chosen.repo:
        yield Problem("--repo", "requires --pr", todo="Add --pr N.")


def _words_of(commit_range: CommitRange, *, staged: bool) -> tuple[str, str]:
    """Return a description of the change, and the message if the change is empty."""
    if staged:
        return "staged changes", "No changes are staged. Stage the files first: git add FILE"
    head, base = commit_range.branch or commit_range.new[:10], commit_range.base_ref
    if_empty = f"The commits on `{head}` since `{base}` change no files."
    if head == base:
        if_empty = f"reviewbot cannot compare `{head}` with itself. Check out a branch, or use --base REF or --staged."
    elif not commit_range.commits:
        how = "Commit first (new files need `git add`), or use --base REF or --staged."
        if_empty = f"`{head}` has no commits ahead of `{base}`. {how}"
    return f"{head} since {base} ({counted(commit_range.commits, 'commit')})", if_empty


def _command(chosen: argparse.Namespace, *place: str) -> str:
    named = {f"--{name.replace('_', '-')}": getattr(chosen, name) for name in REPEATED}
    options = [word for name, value in named.items() if value is not None for word in (name, str(value))]
    patterns = [word for pattern in chosen.paths or () for word in ("--paths", pattern)]
    return shlex.join(["reviewbot", "review", *place, *options, *patterns])


def _pull_request(setting: Setting, clock: Clock, stack: ExitStack, limits: RetryLimits) -> Place:
    desktop, number = setting.desktop, int(setting.chosen.pr)
    repository = repository_name(setting.chosen.repo, desktop)
    source = stack.enter_context(GitHubForge(desktop.token, repository, desktop.network, clock, limits))
    settings = peek_settings(setting.inputs, source.config(CONFIG_FILE))
    about = f"{desktop.network.server_url}/{repository}#{number}"
    state_file = setting.state_file(settings, Path(desktop.state), about)
    what = f"pull request #{number} of {repository}"
    again = _command(setting.chosen, "--pr", str(number), "--repo", repository)
    changes = GitChangeReader(desktop.network, desktop.token)
    return Place(LocalForge(source, state_file), changes, number, what, again, settings.paid)


def inputs_at(clone: Clone, commit: str) -> Mapping[str, str] | None:
    """Return the inputs of the workflow that reviews at a commit, or None if there is no such workflow."""
    entries = clone.files(commit, [f"{WORKFLOWS}/"])
    jobs, _ = read_jobs({path.rpartition("/")[2]: entry.text or "" for path, entry in entries.items()})
    return inputs_of_review(jobs) if any(job.reviews for job in jobs) else None


def repository_name(said: str | None, desktop: Desktop) -> str:
    """Return `owner/name`: either the given name, or the name from the origin of the clone in the current folder.

    Raises:
        SettingsError: the name is invalid, or the clone has no origin on a host.
    """
    if not said:
        with open_clone(Path.cwd(), desktop.network.children) as clone:
            origin = clone.origin()
        if origin is None:
            what = "this clone has no remote `origin` that points to a hosted repository"
            raise SettingsError.of("--repo", what, todo="Add --repo OWNER/NAME.")
        said = origin.full_name
    if not re.fullmatch("[^/ ]+/[^/ ]+", said):
        what = f"expected OWNER/NAME, got `{said[:80]}`"
        raise SettingsError.of("--repo", what, todo="For example: --repo octocat/hello-world")
    return said
