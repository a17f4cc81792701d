"""`reviewbot render` writes the same files from a report as the run."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from reviewbot import cli
from reviewbot.cli.commands.render import DOCUMENTS
from reviewbot.cli.parser import KINDS
from reviewbot.exports.rdjson import rdjson
from reviewbot.exports.report import report_json
from reviewbot.exports.sarif import sarif
from reviewbot.render.renderer import Renderer
from reviewbot.values import replace
from tests.render.view_builders import CLOSED_GATE, PULL

STORED = replace(CLOSED_GATE, mark="", ledger="")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_text(report_json(CLOSED_GATE, version="1.2.3", review_url=PULL), encoding="utf-8")
    return path


def rendered(*arguments: str | Path) -> tuple[int, str]:
    """Return the exit status and the output."""
    out = io.StringIO()
    return cli.main(["render", *map(str, arguments)], {}, out), out.getvalue()


def test_every_format_has_a_writer() -> None:
    assert tuple(DOCUMENTS) == (*KINDS, "json")


def test_a_report_becomes_the_file_that_the_run_would_have_written(report: Path) -> None:
    assert rendered(report, "--to", "sarif") == (0, sarif(CLOSED_GATE, version="1.2.3", review_url=PULL))
    assert rendered(report, "--to", "rdjson") == (0, rdjson(CLOSED_GATE))
    assert rendered(report, "--to", "html") == (0, Renderer().html(STORED))
    assert rendered(report, "--to", "prompt") == (0, Renderer().agent_prompt(STORED) + "\n")
    assert rendered(report, "--to", "markdown") == (0, Renderer().job_summary(STORED) + "\n")


@pytest.mark.parametrize("content", [b"{}", b"\xff\xfe", b""])
def test_a_file_that_is_not_a_report_is_not_rendered(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content)
    status, text = rendered(path, "--to", "html")
    assert status == 2
    assert text.startswith((f"reviewbot: {path}: the report", f"reviewbot: {path}: reviewbot cannot read the report"))
    assert text.endswith("\n  reviewbot review --reviewer local --format json > report.json\n")


def test_a_missing_report_is_reported(tmp_path: Path) -> None:
    status, text = rendered(tmp_path / "none.json", "--to", "sarif")
    assert status == 2
    assert "none.json" in text
