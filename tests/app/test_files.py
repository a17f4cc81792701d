"""The files that a run leaves behind: all four tell the same findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.app.house import CLEAN, answer, finding, house

SHELL = finding("app.py", 12, severity="critical", title="A shell <b>runs</b> what the caller sends")
FILES: dict[str, Any] = {
    "json_file": "out/report.json",
    "sarif_file": "out/report.sarif",
    "rdjson_file": "out/report.rdjson",
    "html_file": "out/report.html",
}


def test_every_file_that_was_asked_for_is_written_and_named(tmp_path: Path) -> None:
    with house(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        done = rig.run(**FILES)
    assert {name: done.outputs[name.replace("_", "-")] for name in FILES} == FILES
    texts = {name: (done.workspace / path).read_text(encoding="utf-8") for name, path in FILES.items()}
    (result,) = json.loads(texts["sarif_file"])["runs"][0]["results"]
    (diagnostic,) = json.loads(texts["rdjson_file"])["diagnostics"]
    (told,) = json.loads(texts["json_file"])["findings"]
    assert result["partialFingerprints"]["reviewbot/v1"] == told["id"]
    physical = result["locations"][0]["physicalLocation"]
    assert (physical["artifactLocation"]["uri"], physical["region"]["startLine"]) == (told["path"], told["line"])
    assert diagnostic["location"]["range"]["end"]["line"] == told["line"]
    assert "A shell &#60;b&#62;runs" in texts["html_file"]
    assert 'class="l cited" data-n="12">os.system(command)' in texts["html_file"]


def test_a_clean_review_leaves_files_without_findings(tmp_path: Path) -> None:
    with house(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = rig.run(**FILES)
    assert json.loads((done.workspace / FILES["sarif_file"]).read_text(encoding="utf-8"))["runs"][0]["results"] == []
    assert json.loads((done.workspace / FILES["rdjson_file"]).read_text(encoding="utf-8"))["diagnostics"] == []
    assert "found nothing to say" in (done.workspace / FILES["html_file"]).read_text(encoding="utf-8")


def test_a_run_without_an_answer_names_no_file(tmp_path: Path) -> None:
    with house(tmp_path) as rig:
        done = rig.run(**FILES, codevf_api_key="")
    assert not any(done.outputs[name.replace("_", "-")] for name in FILES)
    assert not (done.workspace / "out").exists()
