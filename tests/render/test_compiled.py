"""Templates that a build has compiled are used as they are, unless they are outdated."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from reviewbot.render import sandbox
from reviewbot.render.dialects import HTML, MARKDOWN, PLAIN
from reviewbot.render.renderer import Renderer
from tests.render.statistics_builders import usual
from tests.render.view_builders import CLOSED_GATE


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the compiled templates."""
    folder = tmp_path_factory.mktemp("stored")
    for dialect in (MARKDOWN, PLAIN, HTML):
        sandbox.store_compiled(dialect, folder)
    return folder


@pytest.fixture
def compiled(stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder of the compiled templates, which this test alone uses."""
    shutil.copytree(stored, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(sandbox, "COMPILED", tmp_path)
    sandbox.templates_of.cache_clear()
    yield tmp_path
    sandbox.templates_of.cache_clear()


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the templates that a run compiles."""
    names: list[str] = []
    compile_ = jinja2.Environment.compile

    def compiling(self: jinja2.Environment, source: str, name: str, filename: str) -> object:
        names.append(name)
        return compile_(self, source, name, filename)

    monkeypatch.setattr(jinja2.Environment, "compile", compiling)
    return names


def written(renderer: Renderer) -> tuple[object, ...]:
    pages = renderer.html(CLOSED_GATE), renderer.statistics(usual())
    return renderer.summary(CLOSED_GATE).text, renderer.check(CLOSED_GATE), pages


def test_compiled_templates_write_the_same_and_no_run_compiles_one(compiled: Path, sources: list[str]) -> None:
    with_compiled = written(Renderer())
    assert sources == []
    compiled.rename(compiled.with_name("away"))
    sandbox.templates_of.cache_clear()
    assert written(Renderer()) == with_compiled
    assert "summary.md.j2" in sources


def test_compiled_templates_of_another_version_are_not_used(compiled: Path, sources: list[str]) -> None:
    [version] = compiled.iterdir()
    version.rename(compiled / "0123456789abcdef")
    Renderer().summary(CLOSED_GATE)
    assert "summary.md.j2" in sources


@pytest.mark.usefixtures("compiled")
def test_a_repositorys_own_template_is_compiled_above_them(sources: list[str]) -> None:
    source = '{% extends "shipped/summary.md.j2" %}{% block story %}Ours.{% endblock %}'
    assert "Ours." in Renderer({"summary.md.j2": source}).summary(CLOSED_GATE).text
    assert set(sources) == {"summary.md.j2"}
