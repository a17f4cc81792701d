"""Build findings, pull requests, and files from real diffs."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from reviewbot.domain.diff.parse import ChangedFile, FileDiff, Hunk, parse_diff
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.diff.text_index import digest
from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.placement import PlacementRules, place, relocated
from reviewbot.domain.findings.tracking import PlacedAnswer
from reviewbot.domain.github.pull_request import (
    Commit,
    DefaultBranch,
    Entry,
    LabelEvent,
    PullRequest,
    Repository,
    Snapshot,
    Thread,
)
from reviewbot.domain.ledger.ledger import Judgement, Purchase, TaskState
from reviewbot.domain.model.review import Finding, Leftover, Previous, PreviousState, Report, Severity
from reviewbot.domain.policy.verdict import Coverage
from reviewbot.values import replace

HEAD = "c" * 40
COMMENT_LIMIT = 65_536
"""Maximum number of characters of a comment or a review body: GitHub answers 422 above it."""

ALL = PlacementRules(Severity.INFO, 10_000)
"""Publishing settings under which every finding gets a comment."""

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def finding(title: str = "A finding", **more: Any) -> Finding:  # noqa: ANN401 — any field
    """Return a finding, by default of high severity in src/app.py."""
    return replace(Finding("src/app.py", Severity.HIGH, None, title), **more)


def purchase(**more: Any) -> Purchase:  # noqa: ANN401 — any field
    """Return a purchase, by default an open one of a whole review of the head."""
    bought = Purchase(
        identity="a" * 32,
        attempt=1,
        state=TaskState.OPEN,
        task_id="task_1",
        head_sha=HEAD,
        hold=360,
        used=None,
        submitted_at="2026-11-24T12:00:00+00:00",
        coverage=Coverage.FULL,
        missed=0,
        size_tier=0,
        judgement=Judgement(),
        since="",
        base_ref="main",
        merge_base="b" * 40,
        asked=(),
        selection="5" * 16,
        selecting="6" * 16,
        head_at="2026-11-24T12:00:00+00:00",
    )
    return replace(bought, **more)


def git_diff(old: str, new: str, path: str = "src/app.py", old_path: str | None = None) -> str:
    """Return the output of `git diff` for two texts that end with a line feed or are empty."""
    before = old_path or path
    moved = f"rename from {before}\nrename to {path}\n" if before != path else ""
    lines = list(difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), n=3))[2:]
    names = f"--- a/{before}\n+++ b/{path}\n" if lines else ""
    return f"diff --git a/{before} b/{path}\n{moved}{names}{''.join(lines)}"


def file_diff(old: str, new: str, path: str = "src/app.py", old_path: str | None = None) -> FileDiff:
    """Return the parsed diff of one file."""
    (diff,) = parse_diff(git_diff(old, new, path, old_path))
    return diff


def view(
    old: str,
    new: str,
    path: str = "src/app.py",
    *,
    old_path: str | None = None,
    whole: bool = True,
    redacted: Iterable[int] = (),
) -> FileView:
    """Return a changed file as the reviewer saw it; `whole` says whether its text was sent."""
    diff = file_diff(old, new, path, old_path)
    return FileView(path, old_path or path, diff.hunks, new if whole else None, frozenset(redacted))


def moved_down(seen: FileView, inserted: str) -> FileView:
    """Return the same file after lines were inserted at its top, also in the merge base."""
    by = inserted.count("\n")
    hunks = tuple(
        Hunk(
            tuple(
                replace(
                    line,
                    old=None if line.old is None else line.old + by,
                    new=None if line.new is None else line.new + by,
                )
                for line in hunk.lines
            )
        )
        for hunk in seen.hunks
    )
    text = None if seen.text is None else inserted + seen.text
    return FileView(seen.path, seen.old_path, hunks, text, frozenset(number + by for number in seen.redacted))


def numbered(count: int, start: int = 1) -> str:
    """Return different lines: `line 1`, `line 2` and so on."""
    return "".join(f"line {number}\n" for number in range(start, start + count))


def changed_file(path: str, old: Entry | None, new: Entry | None) -> ChangedFile:
    """Return a changed file with a name and entries."""
    (diff,) = parse_diff(f"diff --git a/{path} b/{path}\n")
    return ChangedFile(diff, old, new)


def commit(*authors: str | None, verified: bool = True, committer: str | None = None) -> Commit:
    """Return a commit by these logins, which is the head."""
    return Commit(sha=HEAD, parents=(), authors=authors, verified=verified, committer=committer)


def labelled(label: str, actor: str | None) -> LabelEvent:
    """Return the event of a set label."""
    return LabelEvent(label, actor, NOON)


def pull(**more: Any) -> PullRequest:  # noqa: ANN401 — any field
    """Return a pull request, by default open and from a branch of the repository."""
    plain = PullRequest(
        number=7,
        title="Track parcels",
        body="",
        url="https://github.com/acme/parcels/pull/7",
        author="ann",
        author_is_bot=False,
        is_open=True,
        is_draft=False,
        from_fork=False,
        head_sha=HEAD,
        base_sha="b" * 40,
        base_ref="main",
        labels=frozenset(),
        label_events=(),
        commits=(commit("ann"),),
        commit_count=1,
    )
    return replace(plain, **more)


def snapshot_of(now: PullRequest, *threads: Thread) -> Snapshot:
    """Return what a run reads of a pull request without check runs."""
    repository = Repository(1, "acme/parcels", "main", "https://github.com/acme/parcels")
    return Snapshot(repository, now, DefaultBranch(), (), threads, (), ())


def change_index(
    base: Mapping[str, str], head: Mapping[str, str], renamed: Mapping[str, str] | None = None
) -> ChangeIndex:
    """Return the change from one set of texts by path to another.

    Args:
        base: texts at the merge base.
        head: texts at the head.
        renamed: maps names at the head to names at the merge base.
    """
    before = dict(renamed or {})
    there = {path: base.get(before.get(path, path), "") for path in head}
    changed = [path for path in head if there[path] != head[path] or path in before or path not in base]
    gone = [path for path in base if path not in head and path not in before.values()]
    kept = [view(there[path], head[path], path, old_path=before.get(path)) for path in changed]
    files = {path: digest(head[path]) for path in changed} | {path: digest(f"base {base[path]}") for path in gone}
    before |= {path: path for path in gone}
    sides = {
        path: digest("\0".join((path, before.get(path, path), base.get(before.get(path, path), ""), file)))
        for path, file in files.items()
    }
    views = (*kept, *(view(base[path], "", path, whole=False) for path in gone))
    change = digest(json.dumps(sorted(sides.items())))
    return ChangeIndex(views, frozenset(gone), files, sides, frozenset(changed), change)


def answer(  # noqa: PLR0913 — a test names the one or two that it cares about
    now: ChangeIndex,
    *findings: Finding,
    task: str = "task_1",
    whole: bool = False,
    fixed: Iterable[str] = (),
    still: Iterable[str] = (),
    leftovers: Iterable[Leftover] = (),
    here: bool = True,
) -> PlacedAnswer:
    """Return a placed answer; `fixed` and `still` are the ids of earlier findings that it calls fixed and open."""
    previous = (
        *(Previous(one, PreviousState.FIXED, "It is.") for one in fixed),
        *(Previous(one, PreviousState.OPEN, "It is not.") for one in still),
    )
    report = Report("", findings, tuple(leftovers), readable=not leftovers, previous=previous)
    placed = place(findings, now.views, ALL)
    return PlacedAnswer(task, whole, here, report, placed if here else tuple(map(relocated, placed)))
