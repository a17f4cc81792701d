"""Load the pull request, and the settings and templates of the default branch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from reviewbot.app.context import Ports, check_names_of, snapshot_of
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import Problem, SettingsError
from reviewbot.ports import Reporter
from reviewbot.settings import Settings, peek_settings, read_settings
from reviewbot.settings.table import input_place
from reviewbot.values import replace


def load_snapshot(ports: Ports, number: int) -> Snapshot:
    first = peek_settings(ports.inputs)
    return snapshot_of(ports, first, number, (first.check_name,))


def load_settings(ports: Ports, snapshot: Snapshot) -> tuple[Settings, Snapshot]:
    """Return the settings, and the snapshot with the check runs that the settings name.

    The names depend on the base branch, so the snapshot is read again if the base changes meanwhile. A check that is
    judged for one base must not get the name for another base.

    Raises:
        SettingsError: the settings are invalid.
    """
    branch, first = snapshot.repository.default_branch, peek_settings(ports.inputs)
    settings = checked_settings(ports, snapshot.default_branch.config, branch)
    while (names := check_names_of(settings, snapshot)) != snapshot.check_names:
        snapshot = snapshot_of(ports, first, snapshot.pull.number, names)
    return settings, snapshot


def checked_settings(ports: Ports, config: str | None, branch: str = "") -> Settings:
    """Return the settings after checking that every requested report file can be written.

    An error names the branch of the config file.

    Raises:
        SettingsError: the settings or the paths of the report files are invalid.
    """
    problems = tuple(_file_problems(ports.reporter, peek_settings(ports.inputs).files()))
    try:
        settings = read_settings(ports.inputs, config, branch)
    except SettingsError as error:
        raise SettingsError((*error.problems, *problems)) from None
    if problems:
        raise SettingsError(problems)
    return settings


def _file_problems(reporter: Reporter, files: Mapping[str, str]) -> Iterator[Problem]:
    taken: dict[PurePosixPath, str] = {}
    for name, path in files.items():
        where = f"{input_place(name)}, `{visible(path)}`"
        try:
            inside = PurePosixPath(reporter.check_file(path))
        except SettingsError as error:
            yield from (replace(one, where=where) for one in error.problems)
            continue
        for other, owner in taken.items():
            if inside.is_relative_to(other) or other.is_relative_to(inside):
                yield Problem(where, f"conflicts with the path of `{owner}`", "a different path for each file")
        taken[inside] = name


def overrides(snapshot: Snapshot) -> Mapping[str, str]:
    """Return the texts of the default branch's templates (`*.j2`) by file name."""
    return {name: text for name, text in snapshot.default_branch.templates.items() if name.endswith(".j2")}
