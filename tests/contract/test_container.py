"""The images that users get, built from the Dockerfiles, under a runner and under the mounts of GitHub's own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest
from reviewbot_sandbox.codevf import TaskLife, canned
from reviewbot_sandbox.github import Rules

from bench.starting import PARTS, look_into
from reviewbot.cli.bootstrap import WITHOUT_ANALYZERS
from tests.app.comments.test_commands import event_of
from tests.app.rig import KEY, REPO, SCALE, TOKEN, Rig, answer, finding, open_rig, read_outputs
from tests.app.test_enterprise import at, serve_with_tls
from tests.contract.pasted import paste
from tests.contract.runner_image import ACTION, GIT, IMAGE, LOCAL_IMAGE, Engine, Images, Refused, images
from tests.contract.runner_mounts import Mounts
from tests.contract.test_snippets import SNIPPETS, WORKFLOWS, filled

pytestmark = [pytest.mark.container, pytest.mark.timeout(1200)]

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
RUNNER_USER = 1001
SIGTERM_SECONDS = 7.0
TRAPPED = "fell-into-a-trap"
WORKFLOW = f"""\
name: e2e
on: pull_request
jobs:
  review:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7 # act copies the project in its place
      - id: review
        uses: ACTION
        continue-on-error: true
        with:
          github-token: {TOKEN}
          codevf-api-key: {KEY}
          codevf-url: CODEVF
          wait-minutes: 60
      - name: Look
        env:
          SEEN: >-
            outcome=${{{{ steps.review.outcome }}}} conclusion=${{{{ steps.review.conclusion }}}}
            verdict=${{{{ steps.review.outputs.verdict }}}} critical=${{{{ steps.review.outputs.critical }}}}
        run: printf 'seen %s\\n' "$SEEN"
"""


@pytest.fixture(scope="module")
def made(request: pytest.FixtureRequest) -> Iterator[Images]:
    """Build the images once."""
    try:
        with images(Engine(request.config.getoption("--engine"))) as storage:
            yield storage
    except Refused as refused:
        pytest.skip(str(refused))


def test_the_benchmark_of_the_image_finds_all_its_parts(made: Images) -> None:
    rows = look_into(made, rounds=1).rows
    sizes = {name: size for name, size, _, started in rows if started is None}
    assert set(PARTS) < set(sizes)
    sizes.pop("the base of both, unpacked")  # which Docker knows by its digest alone
    assert all(sizes.values()), sizes
    packed = {name: size for name, _, size, _ in rows if name in PARTS}
    assert all(packed.values()), packed


@dataclass(frozen=True, slots=True)
class Ran:
    """What a container wrote."""

    exit_status: int
    log: str
    outputs: dict[str, str]
    mounts: Mounts


Prepare = Callable[[Mounts], None]


def mounted(
    rig: Rig, folder: Path, prepare: Prepare, runner: Mapping[str, str] = MappingProxyType({}), **inputs: str
) -> tuple[Mounts, list[str]]:
    """Create the runner's folders with a workspace that belongs to the runner's user; yield the engine's arguments."""
    mounts = Mounts(folder)
    mounts.make(rig.event())
    prepare(mounts)
    for path in (mounts.workspace, *mounts.workspace.rglob("*")):
        os.chown(path, RUNNER_USER, RUNNER_USER, follow_symlinks=False)
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    return mounts, mounts.arguments(rig.environment("pull_request", rig.event(), given) | dict(runner))


def run(
    made: Images,
    rig: Rig,
    folder: Path,
    prepare: Prepare,
    runner: Mapping[str, str] = MappingProxyType({}),
    **inputs: str,
) -> Ran:
    """Run the image to its end as GitHub's runner does; `runner` is added to the environment.

    `reviewer: local` runs in the image with the analyzers.
    """
    mounts, arguments = mounted(rig, folder, prepare, runner, **inputs)
    image = LOCAL_IMAGE if inputs.get("reviewer") == "local" else IMAGE
    done = made.attempt(made.run(*arguments, image, "action"), seconds=120)
    outputs = read_outputs((mounts.commands / "output").read_text(encoding="utf-8"))
    return Ran(done.returncode, done.stdout + done.stderr, outputs, mounts)


def variables(rig: Rig) -> dict[str, str]:
    """The environment in which a runner's workflow finds the sandbox."""
    return {
        "GITHUB_API_URL": rig.github_url,
        "GITHUB_GRAPHQL_URL": f"{rig.github_url}/graphql",
        "GITHUB_SERVER_URL": rig.github_url,
        "GITHUB_REPOSITORY": REPO,
        "REVIEWBOT_TIME_SCALE": str(SCALE),
    }


def judge_workflow(made: Images, folder: Path, workspace: Path, action: str) -> None:
    """Run a workflow that uses the action and check the pull request and the outputs for later steps."""
    with open_rig(folder, engineer=canned(answer(CRITICAL))) as rig:
        workflow, event = folder / "workflow.yml", folder / "event.json"
        text = WORKFLOW.replace("ACTION", action).replace("CODEVF", f"{rig.codevf_url}/api/v1/")
        workflow.write_text(text, encoding="utf-8")
        event.write_text(json.dumps(rig.event()), encoding="utf-8")
        done = made.act(workspace, workflow, event, variables(rig))
        log = done.stdout + done.stderr
        assert done.returncode == 0, log
        assert "seen outcome=failure conclusion=success verdict=fail critical=1" in log, log
        anchors = [rig.world.store.threads[one.thread_id].anchor for one in rig.comments()]
        assert [(at.path, at.line) for at in anchors] == [("app.py", 12)]
        assert [one.conclusion for one in rig.checks()] == ["failure"]
        assert KEY not in log.replace(WORKFLOW, "")
        assert TRAPPED not in log


@pytest.mark.parametrize("action", ["./", "./local"])
def test_a_workflow_that_uses_the_action_publishes_a_review(made: Images, tmp_path: Path, action: str) -> None:
    judge_workflow(made, tmp_path, made.project, action)


def python(made: Images, image: str, code: str) -> str:
    """Run Python code in an image, and return what it printed."""
    ran = made.attempt(made.run("--entrypoint", "/opt/reviewbot/bin/python", image, "-I", "-c", code), seconds=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


NOT_IN_THE_SLIM_IMAGE = (
    *("perl", "pip", "pip3", "cc", "gcc", "ld", "apt-get", "dpkg", "bash", "curl", "tar"),
    *("ruff", "shellcheck", "ast-grep", "zizmor", "hadolint"),
)


def test_the_slim_image_contains_no_analyzer_no_installer_no_perl_and_no_compiler(made: Images) -> None:
    code = f"""
import os
from importlib.util import find_spec
names = {NOT_IN_THE_SLIM_IMAGE!r}
files = (name for top in ("/usr", "/opt") for _, _, files in os.walk(top) for name in files)
found = {{name for name in files if name in names}}
print(sorted(found), find_spec("pip"), find_spec("ensurepip"), sorted(os.listdir("/usr/lib/git-core")))
"""
    assert python(made, IMAGE, code) == "[] None None ['git-remote-http', 'git-remote-https']"


def test_the_slim_image_is_less_than_half_of_the_one_with_the_analyzers(made: Images) -> None:
    sizes = [
        int(made.call("image", "inspect", "--format", "{{.Size}}", image).stdout) for image in (IMAGE, LOCAL_IMAGE)
    ]
    assert sizes[0] < sizes[1] / 2


def test_the_standard_library_is_compiled(made: Images) -> None:
    code = "import json, pathlib, sys; print(pathlib.Path(json.__cached__).exists(), sys.flags.isolated)"
    assert python(made, IMAGE, code) == "True 1"


def test_the_slim_image_names_the_action_that_has_the_analyzers(made: Images, tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        mounts, arguments = mounted(rig, tmp_path / "runner", nothing, reviewer="local")
        done = made.attempt(made.run(*arguments, IMAGE, "action"), seconds=120)
        assert done.returncode == 3, done.stdout + done.stderr
        assert [line for line in done.stdout.splitlines() if "analyzers" in line] == [WITHOUT_ANALYZERS]
        assert [one.conclusion for one in rig.checks()] == ["action_required"]
        assert read_outputs((mounts.commands / "output").read_text(encoding="utf-8"))["status"] == "failed"


def test_the_docker_free_action_publishes_a_review_in_a_hostile_workspace(made: Images, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    set_traps(workspace)
    repository, _, version = ACTION.partition("@")
    judge_workflow(made, tmp_path, workspace, f"{repository}/no-docker@{version}")


# act does not mount the runner's home as GitHub's runner does; the test with a file of certificates does.
# The call of a reusable workflow has no steps; `tests/contract/test_snippets.py` judges it.
WITH_STEPS = {
    text: name
    for name, text in SNIPPETS.items()
    if "uses:" in text and "_github_home" not in text and "/.github/workflows/" not in text
}


@pytest.mark.parametrize("snippet", sorted(WITH_STEPS.values() & WORKFLOWS.keys()))
def test_a_workflow_of_the_documentation_works_as_pasted(made: Images, tmp_path: Path, snippet: str) -> None:
    with open_rig(tmp_path, engineer=canned(answer())) as rig:
        inputs = {"github-token": TOKEN, "codevf-url": f"{rig.codevf_url}/api/v1/"}
        pasted = paste(filled(WORKFLOWS[snippet]), tmp_path / "stand-ins", inputs)
        workflow, event, workspace = tmp_path / "workflow.yml", tmp_path / "event.json", tmp_path / "workspace"
        workflow.write_text(pasted.text, encoding="utf-8")
        rig.world.push(REPO, "main", {".github/reviewbot-security.yml": "instance: security\n"}, author="hubot")
        payload: Mapping[str, object] = rig.event()
        if pasted.event == "issue_comment":
            payload = event_of(rig, rig.world.comment(REPO, rig.number, "mona", "/reviewbot status"))
        event.write_text(json.dumps(payload), encoding="utf-8")
        workspace.mkdir()
        done = made.act(
            workspace,
            workflow,
            event,
            variables(rig),
            trigger=pasted.event,
            secrets={"CODEVF_API_KEY": KEY, "SLACK_WEBHOOK": "https://hooks.example"},
            repositories=pasted.repositories,
        )
        log = done.stdout + done.stderr
        assert done.returncode == 0, log
        assert rig.github_requests(), log
        for repository in pasted.repositories:
            assert re.search(rf"{repository.partition('@')[0]}\S* got reviewbot\.", log), log
        assert ('{"text": "Review: pass, 0 findings. ' in log) == ("steps.review.outputs.verdict" in pasted.text), log


def checked_out(mounts: Mounts) -> None:
    """Create a checkout, whose ownership git rejects as dubious if it belongs to another user."""
    subprocess.run([GIT, "init", "--quiet", str(mounts.workspace)], check=True, timeout=30)


def test_a_workspace_of_another_user_and_a_certificate_file_work(made: Images, tmp_path: Path) -> None:
    """The certificates are where the documentation says; git trusts them, too, because the review fetches."""
    with serve_with_tls(tmp_path) as (rig, own, ports):
        rig.world.store.rules = Rules(diff_files=0)

        def prepare(mounts: Mounts) -> None:
            checked_out(mounts)
            shutil.copy(own.certificate, mounts.home / "ca.pem")

        runner = at(f"https://127.0.0.1:{ports['github.test']}", None, SSL_CERT_FILE="/github/home/ca.pem")
        codevf = f"https://127.0.0.1:{ports['codevf.test']}/api/v1/"
        ran = run(made, rig, tmp_path / "runner", prepare, runner, json_file="out/report.json", codevf_url=codevf)
        assert (ran.exit_status, ran.outputs["verdict"]) == (1, "fail"), ran.log
        report = json.loads((ran.mounts.workspace / "out" / "report.json").read_text(encoding="utf-8"))
        assert report


def set_traps(workspace: Path) -> None:
    """Create every file in a checkout that a Python program may import or read by accident."""
    trap = f"import pathlib, sys; sys.stderr.write('{TRAPPED}'); (pathlib.Path.home() / '{TRAPPED}').touch()\n"
    for name in ("httpx", "sitecustomize", "usercustomize", "json", "reviewbot", "github", "conftest", "pip"):
        (workspace / f"{name}.py").write_text(trap, encoding="utf-8")
    (workspace / "evil.pth").write_text(trap, encoding="utf-8")
    (workspace / ".env").write_text("GITHUB_API_URL=http://127.0.0.1:9\nPYTHONPATH=.\n", encoding="utf-8")
    (workspace / "pyproject.toml").write_text("[tool.ruff]\nextend = '/etc/passwd'\n", encoding="utf-8")
    (workspace / ".reviewbot.yml").write_text("fail-on: never\n", encoding="utf-8")


def hostile(mounts: Mounts) -> None:
    """Create a workspace with traps, and links that lead out of it."""
    set_traps(mounts.workspace)
    (mounts.workspace / "report.json").symlink_to("/github/home/stolen.json")
    (mounts.workspace / "out").symlink_to("/github/home")


@pytest.mark.parametrize("target", ["report.json", "out/report.json"])
def test_a_hostile_workspace_has_no_effect(made: Images, tmp_path: Path, target: str) -> None:
    with open_rig(tmp_path, engineer=canned(answer(CRITICAL))) as rig:
        ran = run(made, rig, tmp_path / "runner", hostile, json_file=target)
        assert ran.exit_status in {1, 2}, ran.log
        assert "fail" in {ran.outputs["verdict"], ran.outputs["status"][:4]}, ran.log
        assert not {TRAPPED, "stolen.json", "report.json"} & {path.name for path in ran.mounts.home.iterdir()}


def test_the_local_reviewer_ignores_the_workspace(made: Images, tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        ran = run(made, rig, tmp_path / "runner", hostile, reviewer="local", fail_on="never")
        assert (ran.exit_status, ran.outputs["status"]) == (0, "completed"), ran.log
        assert int(ran.outputs["findings"]) > 0
        assert TRAPPED not in {path.name for path in ran.mounts.home.iterdir()}


def nothing(mounts: Mounts) -> None:
    """Create an empty workspace."""
    assert not list(mounts.workspace.iterdir())


def test_a_signal_ends_the_container_in_time_with_everything_recorded(made: Images, tmp_path: Path) -> None:
    with open_rig(tmp_path, life=TaskLife(pending=100_000, processing=100_000)) as rig:
        mounts, arguments = mounted(rig, tmp_path / "runner", nothing, wait_minutes="300")
        command = made.run("--name", "waiting", *arguments, IMAGE, "action")
        with subprocess.Popen(command, env=made.environment, stdout=subprocess.PIPE, text=True) as process:
            wait_for(lambda: bool(rig.summaries()) and len(rig.service.tasks()) == 1 and waits(rig))
            begun = time.monotonic()
            made.call("kill", "--signal", str(int(signal.SIGTERM)), "waiting")
            log, _ = process.communicate(timeout=30)
            took = time.monotonic() - begun
        assert process.returncode == 0, log
        assert took < SIGTERM_SECONDS
        assert [one.status for one in rig.checks()] == ["in_progress"]
        assert rig.service.tasks()[0].id in rig.summaries()[0]
        assert read_outputs((mounts.commands / "output").read_text(encoding="utf-8"))["status"] == "pending"
        rig.run(wait_minutes="0")
        assert len(rig.service.tasks()) == 1


def waits(rig: Rig) -> bool:
    """Return whether the action polls."""
    return any(one.method == "GET" and "/tasks/" in one.path for one in rig.codevf_faults.log)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
