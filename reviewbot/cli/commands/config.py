"""`reviewbot config`: check the settings, or show their values and sources."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from reviewbot.adapters.git.clone import open_clone
from reviewbot.adapters.safe_files import is_taken, read_inside
from reviewbot.cli.invocation import Call
from reviewbot.domain.model.options import PathInstruction
from reviewbot.domain.policy.routes import Route
from reviewbot.domain.redaction.detectors import is_secret
from reviewbot.domain.text.escaping import log_line
from reviewbot.errors import Problem, SettingsError, did_you_mean
from reviewbot.settings import INPUTS, read_settings
from reviewbot.settings.configfile import CONFIG_BYTES
from reviewbot.settings.environment import passed_on
from reviewbot.settings.readers import Secret, default_text
from reviewbot.settings.routes import without_effect
from reviewbot.settings.table import CONFIG_FILE, IN_FILE, config_place, given_values, lines_of, read_layers
from reviewbot.values import replace

SECRETS = {"codevf-api-key": "CODEVF_API_KEY", "github-token": "GITHUB_TOKEN"}
"""The inputs that are secrets, each with its environment variable."""

INPUT_NAMES = sorted({row.name for row in INPUTS if row.action} - SECRETS.keys())
"""The inputs that `--input` accepts."""

_NOWHERE: frozenset[str] = frozenset()
"""No folder is forbidden, because unlike reports, the config file may be in `.github`."""


class Given(Struct, frozen=True):
    """The sources of the settings, and a function from `lines_of`."""

    path: str
    text: str | None
    line_of: Callable[[str, int], int]
    inputs: Mapping[str, str]

    def location(self, place: str, item: int = 0) -> str:
        """Return the config file and line number, or `place` if the line is unknown."""
        line = self.line_of(place, item)
        return f"{self.path}:{line}" if line else place


def run(call: Call) -> int:
    given = _given(call)
    if problems := (*_pairs(call.chosen)[1], *_problems(given)):
        raise SettingsError(problems)
    if call.chosen.what == "check":
        found = "file not found; reviewbot uses the defaults" if given.text is None else "valid"
        call.out.write(f"{log_line(given.path)}: {found}.\n")
        routes = read_settings(given.inputs, given.text).routes
        for at, why in without_effect(routes).items():
            where = log_line(given.location(config_place("routes"), at + 1))
            call.out.write(f"{where}: `routes`: rule {at + 1} (`{routes[at].name}`): {why}.\n")
    else:
        call.out.write(_table(given))
    return 0


def _problems(given: Given) -> Iterator[Problem]:
    try:
        read_settings(given.inputs, given.text)
    except SettingsError as error:
        for problem in error.problems:
            key = problem.where.removesuffix(IN_FILE)
            yield replace(problem, where=f"{given.path}:{problem.line}: {key}", line=0) if problem.line else problem


def _table(given: Given) -> str:
    settings, layers = read_settings(given.inputs, given.text), read_layers(given.inputs, given.text)[0]
    rows = []
    for one in INPUTS:
        place = next((place for place, _ in given_values(one, layers)), "default")
        value = " ".join(_shown(getattr(settings, one.field)).split())
        rows.append((one.name, log_line(value), log_line(given.location(place))))
    name, value_width = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "".join(f"{row[0]:<{name}}  {row[1]:<{min(value_width, 40)}}  {row[2]}\n" for row in rows)


def _shown(value: object) -> str:
    match value:
        case Secret():
            return "***" if value else ""
        case tuple():
            return ", ".join(map(_shown, value))
        case PathInstruction(path=name) | Route(name=name):
            return name
        case str() if is_secret(value):
            return "***"  # a key pasted into the wrong setting
        case _:
            return default_text(value)


def _given(call: Call) -> Given:
    own = {row.name: call.env.get(f"INPUT_{row.name.upper()}", "") for row in INPUTS if row.action}
    path, text = _file(call)
    named = {"config-file": path} if call.chosen.file else {}
    return Given(path, text, lines_of(text or ""), {**own, **named, **_pairs(call.chosen)[0]})


def _file(call: Call) -> tuple[str, str | None]:
    if call.chosen.file:
        path = Path(call.chosen.file)
        shown, folder, name = call.chosen.file, str(path.parent), path.name
        if not os.path.lexists(path):
            what = call.chosen.what
            todo = f"To {what} {CONFIG_FILE}, run: reviewbot config {what}"
            raise SettingsError.of(shown, "file not found", todo=todo)
        if path.is_dir():
            todo = f"Run in the clone: reviewbot config {call.chosen.what}"
            raise SettingsError.of(shown, "expected a config file, found a folder", todo=todo)
    else:
        with open_clone(Path.cwd(), passed_on(call.env)) as clone:
            shown, folder, name = CONFIG_FILE, str(clone.root), CONFIG_FILE
        if not is_taken(folder, name, _NOWHERE):
            return shown, None
    return shown, read_inside(folder, name, CONFIG_BYTES, _NOWHERE).text(shown)


def chosen_inputs(chosen: argparse.Namespace) -> dict[str, str]:
    """Return the inputs that `--input NAME=VALUE` sets.

    Raises:
        SettingsError: a name is unknown, or a value is missing.
    """
    inputs, problems = _pairs(chosen)
    if problems:
        raise SettingsError(problems)
    return inputs


def _pairs(chosen: argparse.Namespace) -> tuple[dict[str, str], tuple[Problem, ...]]:
    pairs = [one.partition("=") for one in chosen.inputs]
    problems = [_wrong_pair(name) for name, equals, _ in pairs if name not in INPUT_NAMES or not equals]
    return {name: value for name, equals, value in pairs if equals and name in INPUT_NAMES}, tuple(problems)


def _wrong_pair(name: str) -> Problem:
    if name in INPUT_NAMES:
        return Problem("--input", f"`{name}` has no value", todo=f"Write: --input {name}=VALUE")
    if name in SECRETS:
        what = f"`{name}` is a secret, and other users of this machine can see command lines"
        return Problem("--input", what, todo=f"Set {SECRETS[name]} in the environment.")
    near = did_you_mean(name[:60], INPUT_NAMES)
    allowed = "" if near else ", ".join(f"`{one}`" for one in INPUT_NAMES)
    return Problem("--input", f"unknown input `{name[:60]}`{near}", allowed)
