"""The type of a file decides whether a word alone makes a value a secret."""

from __future__ import annotations

import pytest

from reviewbot.domain.github.pull_request import Entry
from reviewbot.domain.redaction.places import Place
from reviewbot.domain.selection.file_kinds import place_before, place_of, place_of_text
from tests.domain.builders import changed_file


@pytest.mark.parametrize(
    "path",
    [
        "run.sh", "Dockerfile", "Makefile", "pyproject.toml", "requirements.txt", "requirements/dev.in",
        "pnpm-lock.yaml", "Cargo.toml", "go.sum", "yarn.lock", ".husky/pre-commit",
        "hooks/post-update", "bin/tool", "unit.service", "app.csproj", ".envrc", "Procfile", "package-lock.json",
    ],
)  # fmt: skip
def test_executed_and_installed_files_are_recognized_by_name(path: str) -> None:
    assert place_of_text(path, [""]) is Place.EXECUTED


@pytest.mark.parametrize(
    "path",
    [".github/workflows/ci.yml", "docker-compose.yml", "pom.xml", "environment.yml", "package.json", "composer.json"],
)
def test_configurations_with_commands_are_recognized_by_name(path: str) -> None:
    assert place_of_text(path, [""]) is Place.MIXED


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tool", "#!/bin/sh\n"),
        ("tool", "@@ -1 +1 @@\n+#!/usr/bin/env python\n"),
    ],
)
def test_executed_files_are_recognized_by_their_text(path: str, text: str) -> None:
    assert place_of_text(path, [text]) is Place.EXECUTED


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app.yml", "a: 1\nbeforeCommand: x\n"),
        ("app.yml", "@@ -1 +1 @@\n+  - run: x\n"),
        ("app.json", '{"a": 1, "scripts": {}}'),
        ("app.toml", "post-hook = 1\n"),
        ("app.yml", 'x:\n  args: ["a"]\n'),
    ],
)
def test_configurations_with_commands_are_recognized_by_their_text(path: str, text: str) -> None:
    assert place_of_text(path, [text]) is Place.MIXED


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("app.py", Place.CODE),
        ("src/app.tsx", Place.CODE),
        ("app.yml", Place.DATA),
        ("README.md", Place.DATA),
        ("data.csv", Place.DATA),
        ("unknown", Place.EXECUTED),
        ("Dangerfile", Place.EXECUTED),
        ("build.sbt", Place.EXECUTED),
        ("docs/notes", Place.EXECUTED),
        (".env.ci", Place.DATA),
        ("", Place.DATA),
    ],
)
def test_others_are_code_or_data(path: str, place: Place) -> None:
    assert place_of_text(path, ["runner: x\ndescription: y\n"]) is place


@pytest.mark.parametrize(
    ("old", "new", "path", "place"),
    [
        (None, Entry("1", "100644", text="a\n"), "notes.txt", Place.DATA),
        (None, Entry("1", "100755", text="a\n"), "notes.txt", Place.EXECUTED),
        (None, Entry("1", "100755", text="#!/usr/bin/env python\n"), "src/app.py", Place.CODE),
        (None, Entry("1", "100755", text="a\n"), "setup.py", Place.EXECUTED),
        (None, Entry("1", "120000", text="a\n"), "src/app.py", Place.EXECUTED),
        (Entry("2", "120000", text="a\n"), Entry("1", "100644", text="b\n"), "notes.txt", Place.EXECUTED),
        (Entry("2", "100644", text="#!/bin/sh\n"), Entry("1", "100644", text="b\n"), "notes.txt", Place.EXECUTED),
        (None, Entry("1", "100644", text="a\n"), "deploy.sh", Place.EXECUTED),
    ],
)
def test_both_sides_of_a_change_count(old: Entry | None, new: Entry, path: str, place: Place) -> None:
    assert place_of(changed_file(path, old, new)) is place


@pytest.mark.parametrize(
    ("path", "text", "mode", "place"),
    [
        ("notes.md", "", "100644", Place.DATA),
        ("app.py", "", "100755", Place.CODE),
        ("tool", "", "100755", Place.EXECUTED),
        ("tool", "#!/bin/sh\n", "100644", Place.EXECUTED),
    ],
)
def test_a_file_has_a_place_at_the_merge_base(path: str, text: str, mode: str, place: Place) -> None:
    assert place_before(path, text, mode) is place
