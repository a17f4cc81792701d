"""If a repository's template fails after a purchase, neither the review nor its verdict is lost."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import TaskLife

from tests.app.rig import REPO, SCALE, answer, finding, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

FINDING = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
MANY = {f"data/file_{number}.py": f"x = {number}\n" for number in range(60)}
LISTS_ALL = "{{% extends 'shipped/{name}' %}}{{% block {block} %}}{{{{ super() }}}}" + (
    "{{% for one in view.sent %}}" + "x" * 2000 + "{{% endfor %}}{{% endblock %}}"
)


@pytest.mark.parametrize(
    ("name", "block", "limit"), [("summary.md.j2", "story", "61,000"), ("check.md.j2", "details", "65,000")]
)
def test_a_change_too_large_for_a_template_does_not_lose_the_review(
    tmp_path: Path, name: str, block: str, limit: str
) -> None:
    files = {f".github/reviewbot/{name}": LISTS_ALL.format(name=name, block=block)}
    with open_rig(tmp_path, engineer=lambda _: answer(FINDING), files=files) as rig:
        rig.world.push(REPO, "topic", MANY, author="mona")
        done = rig.run(json_file="report.json")
        assert (done.exit_status, done.outputs["verdict"], done.outputs["reason"]) == (1, "fail", "gate")
        assert [one.conclusion for one in rig.checks()] == ["failure"]
        [summary], [comment] = rig.summaries(), rig.comments()
        assert len(rig.service.tasks()) == 1
    problem_text = f"The template `{name}`: the output exceeds {limit} characters"
    assert "A shell runs it" in comment.body
    assert "A shell runs it" in summary
    assert problem_text in summary
    assert problem_text in done.summary
    [problem] = json.loads((done.workspace / "report.json").read_text(encoding="utf-8"))["degraded"]
    assert problem.startswith(problem_text)


def test_a_mistake_in_a_shared_template_does_not_lose_the_review(tmp_path: Path) -> None:
    source = "{% if finding.title == 'A shell runs it' %}{{ nothing }}{% endif %}"
    files = {".github/reviewbot/finding.md.j2": source, ".github/reviewbot/annotation.txt.j2": source + "A title"}
    with open_rig(tmp_path, engineer=lambda _: answer(FINDING), files=files) as rig:
        done = rig.run(html_file="report.html")
        assert (done.exit_status, done.outputs["reason"], done.outputs["posted"]) == (1, "gate", "1")
        [summary], [comment] = rig.summaries(), rig.comments()
    assert "A shell runs it" in comment.body
    assert "`finding.md.j2`, line 1: 'nothing' is undefined" in summary
    assert "`annotation.txt.j2`, line 1: 'nothing' is undefined" in summary
    assert "A shell runs it" in (done.workspace / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("source", ["{{ nothing }}", "No mark here.", "{% if %}"])
def test_a_template_broken_after_the_purchase_does_not_prevent_the_collection(tmp_path: Path, source: str) -> None:
    life = TaskLife(pending=2, processing=2)
    with open_rig(tmp_path, life=life, engineer=lambda _: answer(FINDING)) as rig:
        rig.run(wait_minutes="0")
        rig.world.push(REPO, "main", {".github/reviewbot/summary.md.j2": source})
        time.sleep(6 * SCALE)
        done = rig.collect()
        assert [one.conclusion for one in rig.checks()] == ["failure"]
        [summary], [comment] = rig.summaries(), rig.comments()
        assert len(rig.service.tasks()) == 1
    assert done.exit_status == 0
    assert "A shell runs it" in comment.body
    assert "Fix or delete `summary.md.j2` on the default branch." in summary


def test_a_prompt_that_fails_stops_the_run_before_anything_is_bought(tmp_path: Path) -> None:
    source = "{% if view.files_changed == 3 %}{{ nothing }}{% endif %}ten letters"
    with open_rig(tmp_path, files={".github/reviewbot/prompt.txt.j2": source}) as rig:
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"]) == (2, "template")
        assert not rig.service.tasks()
        assert "`prompt.txt.j2`, line 1" in rig.summaries()[0]
        assert rig.checks()[-1].conclusion == "action_required"
