"""Output to a pipe contains no workflow commands, because a runner may read it, even after wrapping."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest

from reviewbot import cli
from reviewbot.cli.commands.render import DOCUMENTS
from reviewbot.cli.parser import KINDS
from reviewbot.exports.report import read_report, report_json
from reviewbot.terminal.console import open_console
from reviewbot.terminal.page import show_review
from reviewbot.values import replace
from tests.domain.builders import view as file_view
from tests.hostile.judges import commands
from tests.render.view_builders import CLOSED_GATE, INJECTION

EVIL = f"{'x' * 72} ::error::wrapped\n::warning::first ##[error]inline"
HOSTILE = replace(
    INJECTION, title=EVIL, explanation=EVIL, code=EVIL, path="a.py", start_line=None, line=1, comment_url=None
)
STORY = replace(CLOSED_GATE, findings=(HOSTILE,))
LINE = f"{'x' * 72}::error::chopped"


def piped(write: Callable[[TextIO], object]) -> str:
    """Return the output on a real pipe."""
    ours, theirs = os.pipe()
    with os.fdopen(ours, encoding="utf-8") as reader:
        with os.fdopen(theirs, "w", encoding="utf-8") as writer:
            write(writer)
        return reader.read()


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_text(report_json(STORY, version="1", review_url=None), encoding="utf-8")
    return path


@pytest.mark.parametrize("env", [{}, {"FORCE_COLOR": "1"}])
def test_no_line_of_a_review_is_a_command(env: dict[str, str]) -> None:
    files = [file_view("", LINE, path="a.py")]
    text = piped(lambda out: show_review(open_console(out, env, plain=False), STORY, files))
    assert not commands(text)
    assert all(f": :error::{word}" in text for word in ("wrapped", "chopped"))
    assert "## [error]inline" in text


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"html"}))
def test_no_line_of_a_document_is_a_command(kind: str, report: Path) -> None:
    text = piped(lambda out: cli.main(["render", str(report), "--to", kind], {}, out))
    assert not commands(text)
    assert "error" in text


def test_json_in_a_pipe_has_the_same_data_as_in_a_file(report: Path) -> None:
    text = piped(lambda out: cli.main(["render", str(report), "--to", "rdjson"], {}, out))
    assert json.loads(text) == json.loads(DOCUMENTS["rdjson"](read_report(report.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("kind", KINDS)
def test_output_to_a_file_is_unchanged(kind: str, report: Path, tmp_path: Path) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as out:
        cli.main(["render", str(report), "--to", kind], {}, out)
    exact = DOCUMENTS[kind](read_report(report.read_text(encoding="utf-8")))
    assert (tmp_path / "out").read_text(encoding="utf-8") == exact
