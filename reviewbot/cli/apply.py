"""`reviewbot apply`: the suggestions of a report, put into the files of this clone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewbot.adapters.actions.safe_files import read_inside, write_inside
from reviewbot.adapters.git.clone import Clone, open_clone
from reviewbot.cli.convert import read_stored, write_patch
from reviewbot.cli.invocation import Call
from reviewbot.cli.patch import Edit, Patched, patch, patched
from reviewbot.domain.policy.verdict import EXIT_NO_REVIEW
from reviewbot.domain.selection.file_kinds import is_protected
from reviewbot.domain.selection.selection import EXECUTABLE_MODE, LARGEST_TEXT
from reviewbot.domain.text.escaping import log_line
from reviewbot.domain.text.escaping import terminal as harmless
from reviewbot.domain.text.formatting import short
from reviewbot.errors import Problem, SettingsError
from reviewbot.exports.places import place_of, replacement
from reviewbot.render.view_models.review import FindingView, SummaryView
from reviewbot.render.view_models.truncation import every_finding
from reviewbot.settings.environment import PASSED_ON

REGULAR_MODE = "100644"

FEWEST_DIGITS = 4
"""Of an id, as `/reviewbot waive` takes it."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """A suggestion that can take the place of its lines as it is."""

    path: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class _File:
    """A file before and after, and who may do what with it."""

    path: str
    before: str
    done: Patched
    mode: int


def run_apply(call: Call) -> int:
    """Apply, and tell what was done.

    Returns:
        0 when all that was asked for is done, 3 when something was refused.

    Raises:
        SettingsError: there is no such finding, or the report is of a commit that is not here.
    """
    chosen = call.chosen
    view = read_stored(chosen.report).view
    findings = _asked(view, chosen.ids)
    wishes, refused = _wishes(view, findings, asked=bool(chosen.ids))
    rivals: dict[str, str] = {}
    environment = {name: call.env[name] for name in PASSED_ON if name in call.env}
    with open_clone(Path.cwd(), environment) as clone:
        files, more = _read(clone, view, wishes)
        refused |= more
        for file in files:
            refused |= file.done.refused
            rivals |= {one: f"its lines are those of {rival}" for one, rival in file.done.rivals.items()}
            if chosen.check:
                write_patch(call.out, patch(file.path, file.before, file.done.text))
            elif file.done.applied:
                write_inside(str(clone.root), file.path, file.done.text.encode(), file.mode)
    if chosen.ids:
        refused |= rivals
    _tell(call, files, refused)
    for identifier, why in rivals.items() if not chosen.ids else ():
        call.err.write(harmless(f"Left out {identifier}: {why}.\n"))
    return EXIT_NO_REVIEW if refused else 0


def applicable(view: SummaryView) -> int:
    """How many suggestions can be applied as they are."""
    return len(_wishes(view, every_finding(view.files), asked=False)[0])


def _asked(view: SummaryView, ids: Sequence[str]) -> tuple[FindingView, ...]:
    """The findings of these ids, or of what one alone begins with; all when none is named; worst first.

    Raises:
        SettingsError: a name is of no finding, or of several.
    """
    findings = every_finding(view.files)
    named = {said: _named(findings, said) for said in sorted(set(ids))}
    problems = tuple(_no_name(said, len(found)) for said, found in named.items() if len(found) != 1)
    if problems:
        raise SettingsError(problems)
    return tuple(one for one in findings if not ids or any(one in found for found in named.values()))


def _named(findings: Sequence[FindingView], said: str) -> tuple[FindingView, ...]:
    whole = tuple(one for one in findings if one.id == said)
    return whole or tuple(one for one in findings if len(said) >= FEWEST_DIGITS and one.id.startswith(said))


def _no_name(said: str, found: int) -> Problem:
    told = f"it has {found or 'no'} {'findings' if found else 'finding'} `{harmless(said)[:40]}`"
    return Problem(
        "the report", told, f"an id that stands in it, or {FEWEST_DIGITS} digits or more that no other begins with"
    )


def _wishes(
    view: SummaryView, findings: Iterable[FindingView], *, asked: bool
) -> tuple[tuple[_Wish, ...], dict[str, str]]:
    """What can be applied; of the rest what was asked for by name is refused, with a reason."""
    wishes: list[_Wish] = []
    refused: dict[str, str] = {}
    for finding in findings:
        place = place_of(finding, view)
        text = replacement(finding, place) if place else None
        if is_protected(finding.path):
            text = None  # whoever wrote the report may have called it committable
        if place and place.lines and text is not None:
            wishes.append(_Wish(place.path, Edit(finding.id, *place.lines, text)))
        elif asked:
            refused[finding.id] = "it has no suggestion that fits as it is"
    return tuple(wishes), refused


def _read(clone: Clone, view: SummaryView, wishes: Sequence[_Wish]) -> tuple[list[_File], dict[str, str]]:
    """The files with their edits; the edits of a file that cannot be edited are refused."""
    by_path: dict[str, list[Edit]] = {}
    for wish in wishes:
        by_path.setdefault(wish.path, []).append(wish.edit)
    modes, reviewed = clone.tracked(list(by_path)), _reviewed(clone, view, list(by_path))
    files: list[_File] = []
    refused: dict[str, str] = {}
    for path, edits in by_path.items():
        try:
            files.append(_file(clone, path, modes.get(path, ""), reviewed.get(path), edits))
        except SettingsError as error:
            refused |= dict.fromkeys((edit.id for edit in edits), error.problems[0].what)
    return files, refused


def _reviewed(clone: Clone, view: SummaryView, paths: list[str]) -> Mapping[str, str | None]:
    """The texts that were reviewed, by path; without them nobody knows whether a suggestion fits."""
    if not paths:
        return {}
    if not clone.has(view.head_sha):
        told = f"it is of the commit {harmless(short(view.head_sha))}, which this clone has not"
        raise SettingsError((Problem("the report", told, "git fetch, or a review of what is here"),))
    return {path: entry.text for path, entry in clone.files(view.head_sha, paths).items()}


def _file(clone: Clone, path: str, mode: str, reviewed: str | None, edits: Sequence[Edit]) -> _File:
    """A file with its edits.

    Raises:
        SettingsError: it is not tracked, no regular file, or no text.
    """
    if mode not in {REGULAR_MODE, EXECUTABLE_MODE} or reviewed is None:
        raise _wrong(path, "git tracks no regular text file of that name")
    there = read_inside(str(clone.root), path, LARGEST_TEXT)
    try:
        before = there.content.decode("utf-8")
    except UnicodeDecodeError:
        raise _wrong(path, "it is not UTF-8 text") from None
    return _File(path, before, patched(reviewed, before, edits), there.mode)


def _wrong(path: str, what: str) -> SettingsError:
    return SettingsError((Problem(path, what, "a tracked text file"),))


def _tell(call: Call, files: Sequence[_File], refused: Mapping[str, str]) -> None:
    verb = "Would apply" if call.chosen.check else "Applied"
    for file in files:
        for identifier in file.done.applied:
            call.err.write(log_line(f"{verb} {identifier} to {file.path}.") + "\n")
        for identifier in file.done.there:
            call.err.write(log_line(f"Already applied {identifier} to {file.path}.") + "\n")
    for identifier, why in refused.items():
        call.err.write(log_line(f"Refused {identifier}: {why}.") + "\n")
    if not (files or refused):
        call.err.write("The report has no suggestion that fits as it is.\n")
