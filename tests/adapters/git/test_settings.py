"""Each setting passed to git prevents an attack, which succeeds without the setting."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from reviewbot.adapters.git.process import isolated_environment
from reviewbot.domain.selection.selection import LARGEST_TEXT
from tests.adapters.remote import serving_remote

LOOPBACK = "http://127.0.0.1/"
"""The settings are the same for every URL on this host."""


@dataclass(frozen=True, slots=True)
class HostileRepository:
    """A bare repository with a hostile configuration, and the environment of reviewbot's git processes.

    Attributes:
        fires: the file that hooks and programs write, which git must not run.
    """

    root: Path
    environment: Mapping[str, str]

    @property
    def fires(self) -> bool:
        return (self.root / "fired").exists()

    @property
    def repository(self) -> Path:
        return self.root / "repository"

    def git(self, *arguments: str, stdin: bytes = b"", **more: str) -> tuple[int, str]:
        """Run git like reviewbot; return its exit status and output."""
        home = {"HOME": str(self.root), "XDG_CONFIG_HOME": str(self.root), "GIT_DIR": str(self.repository)}
        command = ["git", *arguments]
        ended = subprocess.run(
            command, cwd=self.root, env={**self.environment, **home, **more}, input=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60,
        )  # fmt: skip
        return ended.returncode, ended.stdout.decode("utf-8", "replace")

    def made(self, *arguments: str, stdin: bytes = b"", **more: str) -> str:
        """Return the output of git without reviewbot's settings in the same repository."""
        names = ("AUTHOR", "COMMITTER")
        person = {f"GIT_{one}_{what}": f"{what}@example.com" for one in names for what in ("NAME", "EMAIL")}
        plain = {"PATH": os.defpath, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        status, output = replace(self, environment=plain).git(*arguments, stdin=stdin, **person, **more)
        assert status == 0, output
        return output.strip()

    def set_up(self, **settings: str) -> None:
        """Write the repository's configuration; two underscores stand for a dot."""
        for name, value in settings.items():
            self.made("config", name.replace("__", "."), value)

    def program(self, path: Path, answer: str = "") -> Path:
        """Create a program that records its call and prints text."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {shlex.quote(str(self.root / 'fired'))}\n{answer}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def blob(self, content: bytes) -> str:
        return self.made("hash-object", "-w", "--stdin", stdin=content)

    def commit(self, files: Mapping[str, bytes], *parents: str) -> str:
        rows = "".join(f"100644 blob {self.blob(content)}\t{name}\0" for name, content in files.items())
        tree = self.made("mktree", "-z", stdin=rows.encode())
        return self.made("commit-tree", tree, "-m", "x", *(f"-p{one}" for one in parents))


@dataclass
class RedirectingServer:
    """A server that requires a password on one path and redirects on another.

    Attributes:
        visits: the requested paths.
    """

    url: str = ""
    visits: list[str] = field(default_factory=list)


@contextmanager
def serve_redirects() -> Iterator[RedirectingServer]:
    made = RedirectingServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.visits.append(self.path)
            moved = self.path.startswith("/moved/")
            self.send_response(302 if moved else 401 if self.path.startswith("/locked/") else 404)
            if moved:
                self.send_header("Location", self.path.replace("/moved/", "/elsewhere/"))
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the base class's own name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join(timeout=10)


def requested_at(hostile: HostileRepository, door: str) -> list[str]:
    """Return the paths that git requested for a URL."""
    with serve_redirects() as here:
        hostile.git("ls-remote", f"{here.url}/{door}/octo/repo.git")
        return here.visits


def another_protocol(hostile: HostileRepository) -> bool:
    return hostile.git("ls-remote", hostile.repository.as_uri())[0] == 0


def no_https(hostile: HostileRepository) -> bool:
    return "not allowed" in hostile.git("ls-remote", "https://127.0.0.1:1/octo/repo.git")[1]


def a_redirect(hostile: HostileRepository) -> bool:
    return any(one.startswith("/elsewhere/") for one in requested_at(hostile, "moved"))


def a_helper_for_passwords(hostile: HostileRepository) -> bool:
    helper = hostile.program(hostile.root / "helper", "cat >/dev/null; echo username=u; echo password=p")
    hostile.set_up(credential__helper=str(helper))
    requested_at(hostile, "locked")
    return hostile.fires


def a_program_that_asks(hostile: HostileRepository) -> bool:
    hostile.set_up(core__askPass=str(hostile.program(hostile.root / "ask", "echo secret")))
    requested_at(hostile, "locked")
    return hostile.fires


def a_hook(hostile: HostileRepository) -> bool:
    hostile.program(hostile.repository / "hooks" / "reference-transaction")
    assert hostile.git("update-ref", "refs/heads/x", hostile.commit({}))[0] == 0
    return hostile.fires


def attributes_that_hide(hostile: HostileRepository) -> bool:
    (hostile.root / "hiding").write_text("* -diff\n", encoding="utf-8")
    hostile.set_up(core__attributesFile=str(hostile.root / "hiding"))
    return "Binary files" in hostile.git("diff", hostile.commit({"a": b"1\n"}), hostile.commit({"a": b"2\n"}))[1]


def a_monitor(hostile: HostileRepository) -> bool:
    hostile.set_up(
        core__bare="false", core__worktree=str(hostile.root), core__fsmonitor=str(hostile.program(hostile.root / "mon"))
    )
    hostile.git("status")
    return hostile.fires


def names_without_quotes(hostile: HostileRepository) -> bool:
    hostile.set_up(core__quotePath="false")
    return '"' not in hostile.git("ls-tree", hostile.commit({"ünï": b""}))[1]


def a_large_file_as_text(hostile: HostileRepository) -> bool:
    large = b"x\n" * (LARGEST_TEXT // 2 + 1)
    return "+x" in hostile.git("diff", hostile.commit({"a": b""}), hostile.commit({"a": large}))[1]


def memory(hostile: HostileRepository, name: str, allowed: int) -> bool:
    hostile.made("config", f"core.{name}", "1g")
    output = hostile.git("fast-import", "--stats", stdin=b"blob\ndata 1\nx\n")[1]
    [line] = [one for one in output.splitlines() if f"core.{name}" in one]
    return int(line.rpartition("=")[2]) > allowed


def much_mapped_memory(hostile: HostileRepository) -> bool:
    return memory(hostile, "packedGitLimit", 512 * 1024**2)


def large_windows(hostile: HostileRepository) -> bool:
    return memory(hostile, "packedGitWindowSize", 32 * 1024**2)


def many_threads(hostile: HostileRepository) -> bool:
    hostile.set_up(pack__threads="7")
    alike = [hostile.blob(b"some line\n" * 20 + bytes([65 + at])) for at in range(9)]
    return (
        "up to 7 threads"
        in hostile.git("pack-objects", "--stdout", "--all-progress", stdin="\n".join(alike).encode())[1]
    )


def malformed_objects(hostile: HostileRepository) -> bool:
    with serving_remote(hostile.root) as remote:
        (hostile.root / "tree").write_bytes(
            b"100644 .git\0" + bytes.fromhex(remote.git("hash-object", "-w", "--stdin"))
        )
        tree = remote.git("hash-object", "-w", "-t", "tree", "--literally", str(hostile.root / "tree"))
        remote.publish("refs/heads/main", remote.git("commit-tree", tree, "-m", "x"))
        return hostile.git("fetch", f"{remote.url}/octo/repo.git", "main")[0] == 0


AUTHOR = "Ann <ann@example.com> 1700000000 +0000"


def an_old_flaw(mode: bytes = b"100644", author: str = AUTHOR) -> Callable[[HostileRepository], bool]:
    """Return a trap: a commit with a flaw that git tolerated years ago, so that it cannot be fetched."""

    def is_refused(hostile: HostileRepository) -> bool:
        with serving_remote(hostile.root) as remote:
            file, commit = hostile.root / "tree", hostile.root / "commit"
            file.write_bytes(mode + b" a\0" + bytes.fromhex(remote.git("hash-object", "-w", "--stdin")))
            tree = remote.git("hash-object", "-w", "-t", "tree", "--literally", str(file))
            commit.write_text(f"tree {tree}\nauthor {author}\ncommitter {AUTHOR}\n\nx\n")
            made = remote.git("hash-object", "-w", "-t", "commit", "--literally", str(commit))
            remote.publish("refs/heads/main", made)
            return hostile.git("fetch", f"{remote.url}/octo/repo.git", "main")[0] != 0

    return is_refused


def automatic_gc(hostile: HostileRepository) -> bool:
    hostile.set_up(gc__autoPackLimit="1", gc__autoDetach="false")
    for at in range(3):
        hostile.made("update-ref", "refs/heads/x", hostile.commit({"a": bytes([at])}))
        hostile.made("repack", "-q")
    before = set(hostile.repository.glob("objects/pack/*.pack"))
    hostile.git("gc", "--auto", "--quiet")
    return set(hostile.repository.glob("objects/pack/*.pack")) != before


def fetched(hostile: HostileRepository) -> str:
    """Return git's trace of the programs that it runs during a fetch."""
    with serving_remote(hostile.root) as remote:
        remote.publish("refs/heads/main", remote.commit())
        return hostile.git("fetch", f"{remote.url}/octo/repo.git", "main", GIT_TRACE="1")[1]


def maintenance(hostile: HostileRepository) -> bool:
    return "git maintenance run --auto" in fetched(hostile)


def a_submodule(hostile: HostileRepository) -> bool:
    clone = hostile.root / "clone"
    (clone / "sub").mkdir(parents=True)
    (clone / ".gitmodules").write_text('[submodule "sub"]\npath = sub\nurl = ../elsewhere\n', encoding="utf-8")
    hostile.set_up(fetch__recurseSubmodules="true", submodule__sub__active="true")
    hostile.set_up(core__bare="false", core__worktree=str(clone))
    hostile.made("init", "--quiet", GIT_DIR=str(clone / "sub" / ".git"))
    hostile.made("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    return "Fetching submodule sub" in fetched(hostile)


def a_configuration_of_the_machine(hostile: HostileRepository) -> bool:
    (hostile.root / "system").write_text("[alias]\nx = version\n", encoding="utf-8")
    return hostile.git("x", GIT_CONFIG_SYSTEM=str(hostile.root / "system"))[0] == 0


def a_configuration_of_the_user(hostile: HostileRepository) -> bool:
    (hostile.root / ".gitconfig").write_text("[alias]\nx = version\n", encoding="utf-8")
    return hostile.git("x")[0] == 0


def attributes_of_the_machine(hostile: HostileRepository) -> bool:
    return hostile.git("var", "GIT_ATTR_SYSTEM")[0] == 0


def replaced_objects(hostile: HostileRepository) -> bool:
    shown, other = hostile.blob(b"as it is\n"), hostile.blob(b"another\n")
    hostile.made("replace", shown, other)
    return "another" in hostile.git("cat-file", "-p", shown)[1]


def fetching_what_is_missing(hostile: HostileRepository) -> bool:
    hostile.set_up(remote__origin__promisor="true", remote__origin__url=f"{LOOPBACK}octo/repo.git")
    hostile.set_up(core__repositoryFormatVersion="1", extensions__partialClone="origin")
    return "fetch" in hostile.git("cat-file", "-p", "1" * 40, GIT_TRACE="1")[1].replace("lazy fetching disabled", "")


def a_terminal_prompt(hostile: HostileRepository) -> bool:
    with serve_redirects() as here:
        output = hostile.git("ls-remote", f"{here.url}/locked/octo/repo.git")[1]
    return "terminal prompts disabled" not in output


TRAPS: Mapping[str, Callable[[HostileRepository], bool]] = {
    "protocol.allow": another_protocol,
    "protocol.https.allow": no_https,
    "http.followRedirects": a_redirect,
    "credential.helper": a_helper_for_passwords,
    "core.askPass": a_program_that_asks,
    "core.hooksPath": a_hook,
    "core.attributesFile": attributes_that_hide,
    "core.fsmonitor": a_monitor,
    "core.quotePath": names_without_quotes,
    "core.bigFileThreshold": a_large_file_as_text,
    "core.packedGitLimit": much_mapped_memory,
    "core.packedGitWindowSize": large_windows,
    "pack.threads": many_threads,
    "transfer.fsckObjects": malformed_objects,
    "fetch.fsck.zeroPaddedFilemode": an_old_flaw(mode=b"0100644"),
    "fetch.fsck.badTimezone": an_old_flaw(author="Ann <ann@example.com> 1700000000 +051800"),
    "fetch.fsck.missingSpaceBeforeDate": an_old_flaw(author="Ann <ann@example.com>1700000000 +0000"),
    "fetch.recurseSubmodules": a_submodule,
    "gc.auto": automatic_gc,
    "maintenance.auto": maintenance,
    "GIT_CONFIG_NOSYSTEM": a_configuration_of_the_machine,
    "GIT_CONFIG_GLOBAL": a_configuration_of_the_user,
    "GIT_ATTR_NOSYSTEM": attributes_of_the_machine,
    "GIT_NO_REPLACE_OBJECTS": replaced_objects,
    "GIT_NO_LAZY_FETCH": fetching_what_is_missing,
    "GIT_TERMINAL_PROMPT": a_terminal_prompt,
}
"""The tests by the setting or variable that prevents the attack."""

ELSEWHERE = {"GIT_CONFIG_COUNT", "LC_ALL", "PATH", "protocol.http.allow"}
"""Variables without a test: the number of settings, git's language, and what loopback requires."""


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the name of each setting or variable with the variable that contains it."""
    keys = {value: name for name, value in environment.items() if name.startswith("GIT_CONFIG_KEY_")}
    return keys | {name: name for name in environment if not name.startswith(("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"))}


def without(environment: Mapping[str, str], setting: str) -> dict[str, str]:
    """Return the environment without one setting."""
    name = settings(environment)[setting]
    others = {one: value for one, value in environment.items() if one != name}
    return others | ({name: "reviewbot.nothing"} if name.startswith("GIT_CONFIG_KEY_") else {})


def test_every_git_setting_has_a_trap() -> None:
    output = settings(isolated_environment(LOOPBACK, "", {"PATH": os.defpath}, None))
    assert set(output) - ELSEWHERE == set(TRAPS)


@pytest.mark.parametrize("setting", TRAPS)
def test_a_git_setting_disarms_its_trap(tmp_path: Path, setting: str) -> None:
    whole = isolated_environment(LOOPBACK, "", {"PATH": os.defpath}, None)
    sprung: list[bool] = []
    for environment in (without(whole, setting), whole):
        hostile = HostileRepository(tmp_path / str(len(sprung)), environment)
        hostile.root.mkdir()
        hostile.made("init", "--quiet", "--bare", str(hostile.repository))
        sprung.append(TRAPS[setting](hostile))
    assert sprung == [True, False]
