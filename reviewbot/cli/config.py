"""`reviewbot config`: the settings checked, or shown with where each comes from."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from reviewbot.adapters.actions.safe_files import is_taken, read_inside
from reviewbot.adapters.git.clone import open_clone
from reviewbot.cli.invocation import Call
from reviewbot.domain.text.escaping import log_line
from reviewbot.errors import Problem, SettingsError
from reviewbot.settings import INPUTS, read_settings
from reviewbot.settings.configfile import CONFIG_BYTES, key_lines
from reviewbot.settings.environment import PASSED_ON
from reviewbot.settings.sources import explain_settings
from reviewbot.settings.table import CONFIG_FILE, config_place

UNREADABLE = "\0"
"""Stands for a file that is no text: YAML refuses a NUL, so the settings refuse it too."""

_NOWHERE: frozenset[str] = frozenset()
"""This file is in a folder that reports are not written to."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the settings are made of.

    Attributes:
        path: of the config file, as it is told; `text` None when there is no file.
        lines: of the file's keys, each by the place that a problem names.
        inputs: name to text.
    """

    path: str
    text: str | None
    lines: Mapping[str, int]
    inputs: Mapping[str, str]

    def told(self, place: str) -> str:
        """A place as a problem names it: with the file and the line, where that is known."""
        line = self.lines.get(place)
        return f"{self.path}:{line}" if line else self.path if place == "config file" else place


def run_config(call: Call) -> int:
    """Check, or show.

    Raises:
        SettingsError: with every problem, each with its line.
    """
    given = _given(call)
    if problems := (*_misnamed(call.chosen), *_problems(given)):
        raise SettingsError(problems)
    if call.chosen.what == "check":
        call.out.write(f"{log_line(given.path)}: {'right' if given.text is not None else 'there is none'}.\n")
    else:
        call.out.write(_table(given))
    return 0


def _problems(given: Given) -> tuple[Problem, ...]:
    try:
        read_settings(given.inputs, given.text)
    except SettingsError as error:
        return tuple(_placed(given, one) for one in error.problems)
    return ()


def _placed(given: Given, problem: Problem) -> Problem:
    """The problem, with the line of its key in front."""
    told = given.told(problem.where)
    key = problem.where.removeprefix("config file ")
    return replace(problem, where=told if told in {problem.where, given.path} else f"{told}: {key}")


def _table(given: Given) -> str:
    rows = [(one.name, one.value, given.told(one.source)) for one in explain_settings(given.inputs, given.text)]
    rows = [(name, log_line(" ".join(value.split())), log_line(place)) for name, value, place in rows]
    name, value = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "".join(f"{row[0]:<{name}}  {row[1]:<{min(value, 40)}}  {row[2]}\n" for row in rows)


def _given(call: Call) -> Given:
    own = {row.name: call.env.get(f"INPUT_{row.name.upper()}", "") for row in INPUTS if row.action}
    inputs = {**own, **_pairs(call.chosen)}
    path, text = _file(call)
    lines = {config_place(key): line for key, line in key_lines(text or "").items()}
    return Given(path, text, lines, inputs)


def _file(call: Call) -> tuple[str, str | None]:
    """The config file's name, and its text unless there is none."""
    if call.chosen.file:
        path = Path(call.chosen.file)
        return call.chosen.file, _read(str(path.parent), path.name)
    with ExitStack() as stack:
        environment = {name: call.env[name] for name in PASSED_ON if name in call.env}
        root = str(stack.enter_context(open_clone(Path.cwd(), environment)).root)
    return CONFIG_FILE, _read(root, CONFIG_FILE) if is_taken(root, CONFIG_FILE, _NOWHERE) else None


def _read(folder: str, path: str) -> str:
    content = read_inside(folder, path, CONFIG_BYTES, _NOWHERE).content
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return UNREADABLE


def inputs_said(chosen: argparse.Namespace) -> dict[str, str]:
    """The inputs of `--input NAME=VALUE`; secrets are none of them, since everybody here can see a command line.

    Raises:
        SettingsError: a name is no input's, or there is no value.
    """
    if wrong := _misnamed(chosen):
        raise SettingsError(wrong)
    return _pairs(chosen)


SAYABLE = sorted({row.name for row in INPUTS if row.action} - {"codevf-api-key", "github-token"})


def _pairs(chosen: argparse.Namespace) -> dict[str, str]:
    """Those of them that are right."""
    pairs = (one.partition("=") for one in chosen.inputs)
    return {name: value for name, equals, value in pairs if equals and name in SAYABLE}


def _misnamed(chosen: argparse.Namespace) -> tuple[Problem, ...]:
    """What is wrong with the others."""
    pairs, allowed = (one.partition("=") for one in chosen.inputs), ", ".join(f"`{one}`" for one in SAYABLE)
    wrong = [name for name, equals, _ in pairs if name not in SAYABLE or not equals]
    return tuple(Problem(f"--input {name[:60]}", "it is no `NAME=VALUE` of an input", allowed) for name in wrong)
