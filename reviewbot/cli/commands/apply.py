"""`reviewbot apply`: apply the suggestions of a review to the files of this clone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from reviewbot.adapters.git.clone import Clone, open_clone
from reviewbot.adapters.safe_files import read_inside, write_inside
from reviewbot.cli.commands.render import read_stored, write_patch
from reviewbot.cli.invocation import Call
from reviewbot.cli.patch import Edit, Patched, patch, patched
from reviewbot.cli.review_target import LAST_REVIEW
from reviewbot.domain.diff.parse import EXECUTABLE_MODE
from reviewbot.domain.model.options import ReviewerKind
from reviewbot.domain.policy.verdict import EXIT_NO_REVIEW
from reviewbot.domain.selection.file_kinds import is_protected
from reviewbot.domain.selection.selection import LARGEST_TEXT
from reviewbot.domain.text.escaping import log_line, visible
from reviewbot.domain.text.formatting import short
from reviewbot.errors import Problem, SettingsError, did_you_mean
from reviewbot.exports.places import place_of, replacement
from reviewbot.render.view_models.review import FindingView, SummaryView
from reviewbot.render.view_models.truncation import worst_first
from reviewbot.settings.environment import passed_on

REGULAR_MODE = "100644"

_ID = re.compile("[0-9a-f]+")

FEWEST_DIGITS = 4
"""The minimum number of digits of an abbreviated id, as for `/reviewbot waive`."""


class _File(Struct, frozen=True):
    path: str
    before: str
    done: Patched
    mode: int


def run(call: Call) -> int:
    """Apply the suggestions and list the results.

    Returns:
        0, or 3 if a suggestion was refused.

    Raises:
        SettingsError: the finding or the report does not exist, or the report's commit is not in this clone.
    """
    chosen = call.chosen
    report, ids = report_and_ids(chosen.words)
    if report and not report.suffix and not os.path.lexists(report):
        what = f"`{visible(str(report))}` is neither an existing file nor a finding id"
        todo = f"Pass at least {FEWEST_DIGITS} hex digits of an id. To list the fixes, run: reviewbot apply --check"
        raise SettingsError.of("", what, todo=todo)
    rivals: dict[str, str] = {}
    with open_clone(Path.cwd(), passed_on(call.env)) as clone:
        view = read_stored(report).view if report else _last_review(call, clone)
        asked = _asked(view, ids)
        edits = _edits(view, asked)
        files, refused = _read(clone, view, edits)
        for file in files:
            refused |= file.done.refused
            rivals |= {
                one: f"its lines overlap with the fix of {rival}. Commit, and run the review again"
                for one, rival in file.done.rivals.items()
            }
            if chosen.check:
                write_patch(call.out, patch(file.path, file.before, file.done.text))
            elif file.done.applied:
                write_inside(str(clone.root), file.path, file.done.text.encode(), file.mode)
    if ids:
        fixable = {edit.id for group in edits.values() for edit in group}
        unfixable = {one.id: "the finding has no fix" for one in asked if one.id not in fixable}
        refused = unfixable | refused | rivals
        rivals = {}
    _list(call, files, refused)
    for identifier, why in rivals.items():
        call.err.write(visible(f"Skipped {identifier}: {why}.\n"))
    return EXIT_NO_REVIEW if refused else 0


def report_and_ids(words: Sequence[str]) -> tuple[Path | None, Sequence[str]]:
    """Return the report's path (None for the last review) and the ids. A word of only hexadecimal digits is an id."""
    place = next((number for number, word in enumerate(words) if not _ID.fullmatch(word)), None)
    if place is None:
        return None, words
    return Path(words[place]), (*words[:place], *words[place + 1 :])


def _last_review(call: Call, clone: Clone) -> SummaryView:
    path = clone.own_dir / LAST_REVIEW
    if not path.exists():
        todo = "Run a review first, or pass the path of a report. For a free review: reviewbot review --reviewer local"
        raise SettingsError.of("", "no stored review of this work tree", todo=todo)
    view = read_stored(path).view
    call.err.write(f"Last review, of {_reviewed(clone, view)}:\n")
    return view


def applicable(view: SummaryView) -> list[Edit]:
    """Return the suggestions that can be applied unchanged. Several suggestions may change the same lines."""
    return [edit for group in _edits(view, worst_first(view.findings)).values() for edit in group]


def _reviewed(clone: Clone, view: SummaryView) -> str:
    sha = view.head_sha
    commit = clone.resolve(sha)
    if commit is None:
        return "staged changes" if clone.has(sha) else f"commit {visible(short(sha))}"
    if (here := clone.resolve("HEAD")) and clone.merge_base(commit, here) == commit:
        return f"commit {short(commit)}"
    return f"commit {short(commit)}, which is not on this branch (to review this branch, run: {_again(view)})"


def _again(view: SummaryView) -> str:
    return "reviewbot review --reviewer local" if view.reviewer == ReviewerKind.LOCAL else "reviewbot review"


def _asked(view: SummaryView, ids: Sequence[str]) -> tuple[FindingView, ...]:
    """Return the findings with these ids or unique prefixes, or all findings if there are no ids, worst first."""
    findings, asked, problems = worst_first(view.findings), set[str](), []
    fixable = ", ".join(edit.id for edit in applicable(view)[:20]) or "none"
    todo = f"Pass an id, or at least its first {FEWEST_DIGITS} hex digits. Findings with a fix: {fixable}."
    for said in sorted(set(ids)):
        begun = [one.id for one in findings if len(said) >= FEWEST_DIGITS and one.id.startswith(said)]
        found = [one.id for one in findings if one.id == said] or begun
        if len(found) != 1:
            shown = visible(said)[:40]
            near = did_you_mean(shown, (one.id for one in findings))
            what = f"`{shown}` matches {len(found)} findings" if found else f"the report has no finding `{shown}`{near}"
            if any(one.id.startswith(said) for one in view.waived if len(said) >= FEWEST_DIGITS):
                what = f"the finding `{shown}` is waived"
            problems.append(Problem("", what, todo=todo))
        asked.update(found)
    if problems:
        raise SettingsError(tuple(problems))
    return tuple(one for one in findings if one.id in asked or not ids)


def _edits(view: SummaryView, findings: Iterable[FindingView]) -> Mapping[str, Sequence[Edit]]:
    """Return the edits by path."""
    edits: dict[str, list[Edit]] = {}
    for finding in findings:
        place = place_of(finding, view)
        # A forged report may mark a suggestion for a protected path as committable.
        text = replacement(finding, place) if place and not is_protected(finding.path) else None
        if place and place.lines and text is not None:
            edits.setdefault(place.path, []).append(Edit(finding.id, *place.lines, text))
    return edits


def _read(clone: Clone, view: SummaryView, wanted: Mapping[str, Sequence[Edit]]) -> tuple[list[_File], dict[str, str]]:
    """Return the files with applied edits, and the reasons for edits whose file cannot be edited, by id."""
    if wanted and not clone.has(view.head_sha):
        what = f"the reviewed commit {visible(short(view.head_sha))} is not in this clone"
        raise SettingsError.of("", what, todo=f"Run git fetch, or run another review: {_again(view)}")
    modes, reviewed = clone.tracked(list(wanted)), clone.files(view.head_sha, list(wanted)) if wanted else {}
    files: list[_File] = []
    refused: dict[str, str] = {}
    for path, edits in wanted.items():
        try:
            entry = reviewed.get(path)
            files.append(_file(clone, path, modes.get(path, ""), entry.text if entry else None, edits))
        except SettingsError as error:
            refused |= dict.fromkeys((edit.id for edit in edits), error.problems[0].what)
    return files, refused


def _file(clone: Clone, path: str, mode: str, reviewed: str | None, edits: Sequence[Edit]) -> _File:
    """Apply the edits, or raise `SettingsError` unless the path is a tracked, regular text file."""
    if mode not in {REGULAR_MODE, EXECUTABLE_MODE} or reviewed is None:
        raise SettingsError.of(path, "not a regular text file that git tracks")
    there = read_inside(str(clone.root), path, LARGEST_TEXT)
    before = there.text(path)
    return _File(path, before, patched(reviewed, before, edits), there.mode)


def _list(call: Call, files: Sequence[_File], refused: Mapping[str, str]) -> None:
    verb = "Would apply" if call.chosen.check else "Applied"
    lines = [f"{verb} {identifier} to {file.path}." for file in files for identifier in file.done.applied]
    lines += [f"Already applied {identifier} to {file.path}." for file in files for identifier in file.done.there]
    lines += [f"Could not apply {identifier}: {why}." for identifier, why in refused.items()]
    if not (files or refused):
        lines = ["The report contains no suggestions that can be applied."]
    call.err.write("".join(f"{log_line(line)}\n" for line in lines))
