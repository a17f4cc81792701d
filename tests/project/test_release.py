"""A released tag pins the bytes that run, and builds nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reviewbot import __version__
from tests.project.conftest import read_yaml

DIGEST = "sha256:" + 64 * "a"
IMAGE, LOCAL = f"registry.example/owner/reviewbot@{DIGEST}", f"registry.example/owner/reviewbot-local@{DIGEST}"
ACTIONS = ("action.yml", "local/action.yml", "no-docker/action.yml")
ADDRESS = "https://github.com/owner/reviewbot/releases/download/v1.2.3"


def release(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(root / "shipping" / "release.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> Path:
    """Return the three actions and the archives."""
    for name in ACTIONS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(root / name, tmp_path / name)
    for machine in ("x86_64", "aarch64"):
        (tmp_path / f"reviewbot-linux-{machine}.tar.gz").write_text(machine, encoding="utf-8")
    return tmp_path


def pin(root: Path, tree: Path, image: str = IMAGE) -> subprocess.CompletedProcess[str]:
    where = ("--archives", str(tree), "--address", ADDRESS)
    return release(root, "pin", str(tree), "--image", image, "--local", LOCAL, *where)


def test_a_release_runs_images_and_archives_by_digest_and_builds_nothing(root: Path, tree: Path) -> None:
    assert pin(root, tree).returncode == 0
    slim, local, docker_free = (read_yaml(tree / name)["runs"] for name in ACTIONS)
    assert (slim["image"], local["image"]) == (f"docker://{IMAGE}", f"docker://{LOCAL}")
    env = docker_free["steps"][-1]["env"]
    assert env["ARCHIVES"] == ADDRESS
    for machine in ("x86_64", "aarch64"):
        assert env[f"SHA256_{machine.upper()}"] == hashlib.sha256(machine.encode()).hexdigest()


def test_a_release_needs_the_archives_of_all_machines(root: Path, tree: Path) -> None:
    (tree / "reviewbot-linux-aarch64.tar.gz").unlink()
    done = pin(root, tree)
    assert done.returncode == 1
    assert done.stderr.endswith("reviewbot-linux-aarch64.tar.gz is missing; run `make archive` without MACHINE.\n")


def test_a_pinned_action_cannot_be_pinned_again(root: Path, tree: Path) -> None:
    pin(root, tree)
    done = pin(root, tree)
    assert (done.returncode, "has 0 lines" in done.stderr) == (1, True)


@pytest.mark.parametrize("image", ["registry.example/owner/reviewbot:1.2.3", f"docker://{IMAGE}", "reviewbot"])
def test_an_image_without_a_digest_is_refused(root: Path, tree: Path, image: str) -> None:
    done = pin(root, tree, image)
    assert (done.returncode, "does not name an image by digest" in done.stderr) == (1, True)
    assert (tree / "action.yml").read_bytes() == (root / "action.yml").read_bytes()


@pytest.mark.parametrize(
    ("version", "problem"),
    [("v1.2.3", "is not a version"), ("999.0.0", "has another version"), (__version__, "has no text under")],
)
def test_a_version_must_be_the_sources_and_described(root: Path, version: str, problem: str) -> None:
    done = release(root, "check", version)
    if version == __version__ and f"## [{version}]" in (root / "CHANGELOG.md").read_text(encoding="utf-8"):
        assert done.returncode == 0
    else:
        assert (done.returncode, problem in done.stderr) == (1, True)


def test_the_notes_are_the_changelogs(root: Path) -> None:
    notes = release(root, "notes", "Unreleased").stdout
    assert notes.strip()
    assert notes.strip() in (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "\n## " not in notes


def test_the_marketplace_name_is_not_the_packages(root: Path) -> None:
    names = [read_yaml(root / name)["name"] for name in ACTIONS]
    assert names[0] == "CodeVF pull request review"
    assert len(set(names)) == len(names)


def test_the_package_index_is_reached_without_a_stored_token(root: Path) -> None:
    jobs = read_yaml(root / ".github" / "workflows" / "release.yml")["jobs"]
    publish = jobs["publish"]
    assert publish["permissions"] == {"actions": "read", "id-token": "write"}
    assert not [step for step in publish["steps"] if "password" in step.get("with", {})]
    assert {"packages", "tag"} <= set(publish["needs"])
    assert jobs["packages"]["permissions"] == {"contents": "read"}


GH = """\
#!/bin/sh
[ "$1" = auth ] || { [ -e "$RUNNER_TEMP/again" ] && exit 0; touch "$RUNNER_TEMP/again"; exit 1; }
"""


def test_a_job_that_failed_after_its_tag_can_be_repeated(root: Path, tree: Path, tmp_path: Path) -> None:
    """The second attempt starts from a new checkout, and makes the same tag."""
    steps = read_yaml(root / ".github" / "workflows" / "release.yml")["jobs"]["tag"]["steps"]
    (script,) = [step["run"] for step in steps if step["name"].startswith("Pin ")]
    origin, temp = tmp_path / "origin", tmp_path / "temp"
    (temp / "bin").mkdir(parents=True)
    (temp / "bin" / "gh").write_text(GH, encoding="utf-8")
    (temp / "bin" / "gh").chmod(0o755)
    (temp / "archives").mkdir()
    for archive in tree.glob("*.tar.gz"):
        archive.rename(temp / "archives" / archive.name)
    environment = {
        "PATH": f"{temp / 'bin'}:{os.environ['PATH']}", "HOME": str(temp), "RUNNER_TEMP": str(temp), "VERSION": "1.2.3",
        "NAME": "registry.example/owner/reviewbot", "DIGEST": DIGEST, "LOCAL_DIGEST": DIGEST,
        "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "owner/reviewbot",
    }  # fmt: skip

    def git(*arguments: str | Path) -> str:
        command = ["git", "-c", "user.name=mona", "-c", "user.email=mona@example.com", *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=30).stdout

    for name in ("CHANGELOG.md", "shipping/release.py"):
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / name, origin / name)
    for name in ACTIONS:
        (origin / name).parent.mkdir(exist_ok=True)
        shutil.copy(tree / name, origin / name)
    git("init", "--quiet", origin)
    git("-C", origin, "add", ".")
    git("-C", origin, "commit", "--quiet", "--message", "Sources")
    statuses, tags = [], []
    for attempt in ("first", "second"):
        git("clone", "--quiet", "--no-tags", origin, tmp_path / attempt)
        command = ["bash", "-eo", "pipefail", "-c", script]
        done = subprocess.run(
            command, cwd=tmp_path / attempt, env=environment, capture_output=True, timeout=60, check=False
        )
        statuses.append(done.returncode)
        tags.append(git("-C", origin, "rev-parse", "v1.2.3"))
        time.sleep(1.1)  # git counts whole seconds
    assert statuses == [1, 0]
    assert tags[0] == tags[1]
