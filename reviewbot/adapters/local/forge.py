"""The `Forge` port for a local review.

The summary comment, which contains the ledger, is stored in a state file. Other comments and check runs are not stored,
because the report contains everything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from reviewbot.adapters.actions.safe_files import opened_folder, replace_file
from reviewbot.domain.github.pull_request import (
    CheckRun,
    CheckStatus,
    Comment,
    OlderChecks,
    Permission,
    Snapshot,
    Waiting,
)
from reviewbot.errors import PermissionMissing
from reviewbot.ports import ChangeSource
from reviewbot.values import replace

_LARGEST = 1_000_000


class StateFile:
    """A string in a file or, without a path, in memory."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._text: str | None = None

    def read(self) -> str | None:
        if self._path is None:
            return self._text
        try:
            with self._path.open("rb") as file:
                return file.read(_LARGEST).decode("utf-8", "replace")
        except OSError:
            return None

    def write(self, text: str) -> None:
        """Replace the file atomically and flush it to the disk, or raise `PermissionMissing`."""
        self._text = text
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with opened_folder(str(self._path.parent), []) as folder:
                replace_file(folder, self._path.name, text.encode("utf-8", "replace"), 0o600)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            hint = "Make the folder writable. reviewbot does not buy a review that it cannot record."
            what = f"reviewbot cannot store the review in {self._path}: {reason}."
            raise PermissionMissing(what, hint=hint) from None


def page_name(about: str) -> str:
    """Return the file name for the subject of a review, e.g., for a branch."""
    return f"{hashlib.sha256(about.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.md"


_COMMENT_ID = 1


T = TypeVar("T")


def _always(value: T) -> Callable[..., T]:
    return lambda *_, **__: value


class LocalForge:
    """Implements `ports.Forge` with a change source and a state file.

    If `makes_due` is set, the pull request is reviewed even if it is closed, a draft, by a bot or from a fork, and
    labels are ignored, because the user asked for the review.
    """

    def __init__(self, source: ChangeSource, state_file: StateFile, *, makes_due: bool = True) -> None:
        self._source = source
        self._state_file = state_file
        self._makes_due = makes_due
        self.diff, self.merge_base, self.entries = source.diff, source.merge_base, source.entries

    def snapshot(self, number: int, *, check_names: Sequence[str], config_file: str, templates_dir: str) -> Snapshot:
        """Return the change as a pull request, with the stored summary as the only comment."""
        there = self._source.snapshot(
            number, check_names=check_names, config_file=config_file, templates_dir=templates_dir
        )
        if self._makes_due:
            pull = replace(there.pull, is_open=True, is_draft=False, author_is_bot=False, from_fork=False)
            there = replace(there, pull=replace(pull, labels=frozenset()))
        page = self._state_file.read()
        comments = () if page is None else (self._comment(page),)
        return replace(there, comments=comments, threads=(), reviews=())

    @staticmethod
    def _comment(body: str) -> Comment:
        return Comment(_COMMENT_ID, "", body, ours=True)

    def permission(self, login: str) -> Permission:  # noqa: ARG002 — the port's signature
        """Return admin, because the owner of the API key may spend credits."""
        return Permission.ADMIN

    def create_comment(self, number: int, body: str) -> Comment:  # noqa: ARG002 — the port's signature
        """Store the summary unless one exists, because reviewbot uses the older of two summaries."""
        if self._state_file.read() is None:
            self._state_file.write(body)
        return self._comment(body)

    def update_comment(self, comment_id: int, body: str) -> Comment:  # noqa: ARG002 — there is one
        self._state_file.write(body)
        return self._comment(body)

    # The other methods do nothing. At a terminal, `check-run` is off.

    create_check = update_check = _always(CheckRun(1, "", "", CheckStatus.COMPLETED, None, "", ""))
    is_same_file = _always(value=True)
    config = tag_check = _always(None)
    checks = commits = summaries = queued = head_checks = with_head = _always(())
    delete_comment = react = change_node = remove_label = _always(None)
    delete_pending_review = dismiss_review = update_review_comment = delete_review_comment = _always(None)
    older_checks = _always(OlderChecks((), (), frozenset(), "", "", has_all_commits=True))
    heads = _always(dict[int, str]())
    waiting = _always(Waiting((), frozenset()))
    create_review = create_file_comment = create_reply = _always(_COMMENT_ID)
