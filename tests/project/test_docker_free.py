"""The Docker-free action runs exactly the released archive, in a new folder, or fails with a one-line error."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ARCHIVED = """\
import os, sys
def main():
    print(sys.argv[1:], os.path.dirname(os.path.dirname(__file__)), sys.flags.isolated, sys.flags.no_site)
    return 0
"""
NAME = f"reviewbot-linux-{os.uname().machine}.tar.gz"


@dataclass(frozen=True, slots=True)
class Step:
    """The step that runs a review, with a stand-in for the archive."""

    script: str
    environment: Mapping[str, str]
    folder: Path

    def run(self, *, file_bytes: int = -1, **more: str) -> subprocess.CompletedProcess[str]:
        def limit() -> None:
            if file_bytes >= 0:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

        return subprocess.run(
            ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", self.script],
            cwd=self.folder, env={**self.environment, **more}, capture_output=True, text=True,
            check=False, timeout=60, preexec_fn=limit,
        )  # fmt: skip

    def refused(self, *, file_bytes: int = -1, **more: str) -> str:
        """Run it and return its one-line error."""
        done = self.run(file_bytes=file_bytes, **more)
        assert (done.returncode, done.stderr) == (3, "")
        (line,) = done.stdout.splitlines()
        assert line.startswith("::error title=reviewbot::")
        return line


@pytest.fixture
def step(docker_free: dict[str, Any], tmp_path: Path) -> Step:
    (review,) = [one for one in docker_free["runs"]["steps"] if one.get("id") == "review"]
    for name in ("temp", "dist"):
        (tmp_path / name).mkdir()
    member = tarfile.TarInfo("reviewbot/__main__.py")
    member.size = len(ARCHIVED)
    with tarfile.open(tmp_path / "dist" / NAME, "w:gz") as archive:
        archive.addfile(member, io.BytesIO(ARCHIVED.encode()))
    digest = hashlib.sha256((tmp_path / "dist" / NAME).read_bytes()).hexdigest()
    digests = {f"SHA256_{machine}": digest for machine in ("X86_64", "AARCH64")}
    environment = {
        "PATH": os.defpath, "PYTHON": sys.executable, "START": review["env"]["START"],
        "RUNNER_TEMP": str(tmp_path / "temp"), "ARCHIVES": (tmp_path / "dist").as_uri(), **digests,
    }  # fmt: skip
    return Step(review["run"], environment, tmp_path)


def test_it_runs_the_archive_each_time_in_a_new_folder_that_only_its_user_can_read(step: Step) -> None:
    folders = set()
    for _ in range(2):
        done = step.run()
        assert (done.returncode, done.stderr) == (0, "")
        said, folder, *flags = done.stdout.replace("['action'] ", "action ").split()
        assert (said, flags) == ("action", ["1", "1"])
        assert Path(folder).parent == step.folder / "temp"
        assert Path(folder).stat().st_mode & 0o077 == 0
        folders.add(folder)
    assert len(folders) == 2


@pytest.mark.parametrize("name", ["hashlib", "tarfile", "reviewbot", "sitecustomize", "usercustomize"])
def test_it_imports_nothing_from_the_working_directory_or_a_variable(step: Step, name: str) -> None:
    (step.folder / f"{name}.py").write_text("raise SystemExit('trapped')\n", encoding="utf-8")
    assert step.run(PYTHONPATH=str(step.folder), PYTHONSTARTUP=f"{name}.py").returncode == 0


def test_another_archive_than_the_released_one_is_not_run(step: Step) -> None:
    with (step.folder / "dist" / NAME).open("ab") as file:
        file.write(b"\0")
    assert "is not the released archive, so nothing of it was run: its SHA-256 is " in step.refused()


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "file:///nowhere", "nonsense"])
def test_without_the_archive_it_names_the_address(step: Step, address: str) -> None:
    line = step.refused(ARCHIVES=address)
    assert f"{address}/{NAME} cannot be downloaded, so nothing was reviewed: " in line


@pytest.mark.parametrize("sent", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", b"not HTTP\r\n\r\n"])
def test_a_broken_download_is_one_line(step: Step, sent: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(sent)

        answering = threading.Thread(target=answer)
        answering.start()
        line = step.refused(ARCHIVES=f"http://127.0.0.1:{server.getsockname()[1]}")
        answering.join(timeout=10)
    assert f"/{NAME} cannot be downloaded, so nothing was reviewed: " in line


def test_only_an_archive_on_this_machine_may_lack_a_digest(step: Step) -> None:
    assert step.run(SHA256_X86_64="", SHA256_AARCH64="").returncode == 0
    address = step.environment["ARCHIVES"].replace("file:", "FILE:")
    refused = step.refused(ARCHIVES=address, SHA256_X86_64="", SHA256_AARCH64="")
    assert "is not the released archive" in refused


def test_a_full_disk_is_reported_in_one_line(step: Step) -> None:
    assert "The archive cannot be unpacked in RUNNER_TEMP, so nothing was reviewed: " in step.refused(file_bytes=10)


def test_a_missing_folder_is_one_line(step: Step) -> None:
    assert "cannot be unpacked in RUNNER_TEMP" in step.refused(RUNNER_TEMP="/dev/null/missing")
