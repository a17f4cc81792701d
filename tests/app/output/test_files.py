"""The four report files of a run contain the same findings."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import Answer, TaskRequest

from tests.app.forked import prepare, text_of
from tests.app.rig import CLEAN, answer, finding, open_rig, read_outputs

SHELL = finding("app.py", 12, severity="critical", title="A shell <b>runs</b> what the caller sends")
FILES: dict[str, Any] = {
    "json_file": "out/report.json",
    "sarif_file": "out/report.sarif",
    "rdjson_file": "out/report.rdjson",
    "html_file": "out/report.html",
}


def test_every_file_that_was_requested_is_written_and_named(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        done = rig.run(**FILES)
    assert {name: done.outputs[name.replace("_", "-")] for name in FILES} == FILES
    texts = {name: (done.workspace / path).read_text(encoding="utf-8") for name, path in FILES.items()}
    (result,) = json.loads(texts["sarif_file"])["runs"][0]["results"]
    (diagnostic,) = json.loads(texts["rdjson_file"])["diagnostics"]
    (reported,) = json.loads(texts["json_file"])["findings"]
    assert result["partialFingerprints"]["reviewbot/v1"] == reported["id"]
    physical = result["locations"][0]["physicalLocation"]
    assert (physical["artifactLocation"]["uri"], physical["region"]["startLine"]) == (
        reported["path"],
        reported["line"],
    )
    assert diagnostic["location"]["range"]["end"]["line"] == reported["line"]
    assert "A shell &#60;b&#62;runs" in texts["html_file"]
    assert 'class="l cited" data-n="12">os.system(command)' in texts["html_file"]


def test_a_clean_review_leaves_files_without_findings(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        done = rig.run(**FILES)
    assert json.loads((done.workspace / FILES["sarif_file"]).read_text(encoding="utf-8"))["runs"][0]["results"] == []
    assert json.loads((done.workspace / FILES["rdjson_file"]).read_text(encoding="utf-8"))["diagnostics"] == []
    assert "reported no findings" in (done.workspace / FILES["html_file"]).read_text(encoding="utf-8")


@pytest.mark.parametrize("reviewer", ["codevf", "local"])
def test_a_dry_run_names_the_files_that_it_writes(tmp_path: Path, reviewer: str) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(**FILES, dry_run="true", reviewer=reviewer)
    assert {name: done.outputs[name.replace("_", "-")] for name in FILES} == FILES
    assert all((done.workspace / path).is_file() for path in FILES.values())


@pytest.mark.parametrize(("name", "status"), [("GITHUB_OUTPUT", ""), ("GITHUB_STEP_SUMMARY", "4")])
def test_a_full_disk_is_one_line_of_the_log_after_the_review(tmp_path: Path, name: str, status: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        env = rig.environment("pull_request", rig.event(), {"fail-on": "never"}) | {name: "/dev/full"}
        running = prepare(env)
        running.process.start()
        ended = running.wait()
        assert [one.conclusion for one in rig.checks()] == ["success"]
    assert ended.exit_status == 4, ended.errors
    lines = [line for line in ended.log.splitlines() if "cannot write" in line]
    assert lines == [f"reviewbot cannot write the file in `{name}`: No space left on device."]
    assert "A shell" in ended.log
    assert "nothing was sent" not in ended.log
    assert read_outputs(text_of(Path(env["HOME"]) / "output")).get("exit-status", "") == status


def test_a_run_without_an_answer_names_no_file(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.run(**FILES, codevf_api_key="")
    assert not any(done.outputs[name.replace("_", "-")] for name in FILES)
    assert not (done.workspace / "out").exists()


TOO_LONG = "x" * 300


@pytest.mark.parametrize(
    ("inputs", "messages"),
    [
        ({"json_file": TOO_LONG}, ["File name too long"]),
        ({"json_file": f"new/{TOO_LONG}/report.json"}, ["File name too long"]),
        ({"sarif_file": "folder"}, ["Is a directory"]),
        ({"html_file": "file/report.html"}, ["Not a directory"]),
        ({"json_file": "a/one", "rdjson_file": "./a//one"}, ["conflicts with the path of `json-file`"]),
        ({"json_file": "a", "sarif_file": "a/one"}, ["conflicts with the path of `json-file`"]),
        ({"json_file": "a/one", "html_file": "a"}, ["conflicts with the path of `json-file`"]),
        (
            {"json_file": TOO_LONG, "sarif_file": "../x", "html_file": "folder", "fail_on": "hihg"},
            ["File name too long", "the path contains `..`", "Is a directory", "`hihg`"],
        ),
    ],
)
def test_files_that_cannot_be_written_are_refused_before_anything_is_bought(
    tmp_path: Path, inputs: dict[str, Any], messages: list[str]
) -> None:
    workspace = tmp_path / "given"
    (workspace / "folder").mkdir(parents=True)
    (workspace / "file").write_text("kept", encoding="utf-8")
    with open_rig(tmp_path) as rig:
        done = rig.run(runner={"GITHUB_WORKSPACE": str(workspace)}, **inputs)
        assert (rig.service.projects(), rig.service.tasks()) == ((), ())
        assert [one.conclusion for one in rig.checks()] == ["action_required"]
    assert (done.exit_status, done.outputs["reason"]) == (2, "settings")
    assert all(one in done.summary for one in messages), done.summary
    assert not any(done.outputs[name.replace("_", "-")] for name in FILES)
    assert sorted(one.name for one in workspace.rglob("*")) == ["file", "folder"]


def test_a_file_that_could_not_be_written_is_not_an_output_and_the_step_fails(tmp_path: Path) -> None:
    workspace = tmp_path / "given"
    workspace.mkdir()

    def read(_: TaskRequest) -> Answer:
        (workspace / "out").write_text("another step's", encoding="utf-8")
        return CLEAN

    with open_rig(tmp_path, engineer=read) as rig:
        inputs = {**FILES, "html_file": "report.html"}
        done = rig.run(runner={"GITHUB_WORKSPACE": str(workspace)}, **inputs)
        assert [one.conclusion for one in rig.checks()] == ["success"]
    named = {name: done.outputs[name.replace("_", "-")] for name in FILES}
    assert named == {"json_file": "", "sarif_file": "", "rdjson_file": "", "html_file": "report.html"}
    assert (workspace / "report.html").is_file()
    assert (done.exit_status, done.outputs["exit-status"], done.outputs["verdict"]) == (4, "4", "pass")
    assert done.summary.count("reviewbot could not write a report file") == 3


WITHOUT_ROOM = """
import runpy, sys
from reviewbot.values import replace
import reviewbot.render.renderer as renderer
renderer.REPORT = replace(renderer.REPORT, limit=20_000)
sys.argv = ['reviewbot', 'action']
runpy.run_module('reviewbot', run_name='__main__')
"""


def test_a_page_that_does_not_fit_does_not_stop_the_other_files(tmp_path: Path) -> None:
    files = {**FILES, "html_file": "page.html"}
    with open_rig(tmp_path, engineer=lambda _: answer(SHELL)) as rig:
        env = rig.environment("pull_request", rig.event(), {name.replace("_", "-"): files[name] for name in files})
        command = [sys.executable, "-I", "-c", WITHOUT_ROOM]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert [one.conclusion for one in rig.checks()] == ["failure"]
        assert len(rig.comments()) == 1
    assert done.returncode == 4, done.stdout
    assert (
        "reviewbot could not write a report file: `page.html`: the template `report.html.j2`: the output exceeds"
        in done.stdout
    )
    left = [one.name for one in Path(env["GITHUB_WORKSPACE"]).rglob("*") if one.is_file()]
    assert sorted(left) == ["report.json", "report.rdjson", "report.sarif"]


def test_collecting_refuses_files_that_cannot_be_written(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        done = rig.collect(json_file=TOO_LONG)
        assert rig.checks() == []
    assert (done.exit_status, done.outputs["reason"]) == (2, "settings")
