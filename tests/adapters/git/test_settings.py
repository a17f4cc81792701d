"""Each setting passed to git prevents something: every test triggers it without the setting."""

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
class Yard:
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
        status, told = replace(self, environment=plain).git(*arguments, stdin=stdin, **person, **more)
        assert status == 0, told
        return told.strip()

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
class Doors:
    """A server that requires a password on one path and redirects on another.

    Attributes:
        visits: the requested paths.
    """

    url: str = ""
    visits: list[str] = field(default_factory=list)


@contextmanager
def doors() -> Iterator[Doors]:
    made = Doors()

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


def asks_at(yard: Yard, door: str) -> list[str]:
    """Return the paths that git requested for a URL."""
    with doors() as here:
        yard.git("ls-remote", f"{here.url}/{door}/octo/repo.git")
        return here.visits


def another_protocol(yard: Yard) -> bool:
    return yard.git("ls-remote", yard.repository.as_uri())[0] == 0


def no_https(yard: Yard) -> bool:
    return "not allowed" in yard.git("ls-remote", "https://127.0.0.1:1/octo/repo.git")[1]


def a_redirect(yard: Yard) -> bool:
    return any(one.startswith("/elsewhere/") for one in asks_at(yard, "moved"))


def a_helper_for_passwords(yard: Yard) -> bool:
    helper = yard.program(yard.root / "helper", "cat >/dev/null; echo username=u; echo password=p")
    yard.set_up(credential__helper=str(helper))
    asks_at(yard, "locked")
    return yard.fires


def a_program_that_asks(yard: Yard) -> bool:
    yard.set_up(core__askPass=str(yard.program(yard.root / "ask", "echo secret")))
    asks_at(yard, "locked")
    return yard.fires


def a_hook(yard: Yard) -> bool:
    yard.program(yard.repository / "hooks" / "reference-transaction")
    assert yard.git("update-ref", "refs/heads/x", yard.commit({}))[0] == 0
    return yard.fires


def attributes_that_hide(yard: Yard) -> bool:
    (yard.root / "hiding").write_text("* -diff\n", encoding="utf-8")
    yard.set_up(core__attributesFile=str(yard.root / "hiding"))
    return "Binary files" in yard.git("diff", yard.commit({"a": b"1\n"}), yard.commit({"a": b"2\n"}))[1]


def a_monitor(yard: Yard) -> bool:
    yard.set_up(core__bare="false", core__worktree=str(yard.root), core__fsmonitor=str(yard.program(yard.root / "mon")))
    yard.git("status")
    return yard.fires


def names_in_quotes(yard: Yard) -> bool:
    yard.set_up(core__quotePath="true")
    return '"' in yard.git("ls-tree", yard.commit({"ünï": b""}))[1]


def a_large_file_as_text(yard: Yard) -> bool:
    large = b"x\n" * (LARGEST_TEXT // 2 + 1)
    return "+x" in yard.git("diff", yard.commit({"a": b""}), yard.commit({"a": large}))[1]


def memory(yard: Yard, name: str, allowed: int) -> bool:
    yard.made("config", f"core.{name}", "1g")
    told = yard.git("fast-import", "--stats", stdin=b"blob\ndata 1\nx\n")[1]
    [line] = [one for one in told.splitlines() if f"core.{name}" in one]
    return int(line.rpartition("=")[2]) > allowed


def much_mapped_memory(yard: Yard) -> bool:
    return memory(yard, "packedGitLimit", 512 * 1024**2)


def large_windows(yard: Yard) -> bool:
    return memory(yard, "packedGitWindowSize", 32 * 1024**2)


def many_threads(yard: Yard) -> bool:
    yard.set_up(pack__threads="7")
    alike = [yard.blob(b"some line\n" * 20 + bytes([65 + at])) for at in range(9)]
    return (
        "up to 7 threads" in yard.git("pack-objects", "--stdout", "--all-progress", stdin="\n".join(alike).encode())[1]
    )


def malformed_objects(yard: Yard) -> bool:
    with serving_remote(yard.root) as remote:
        (yard.root / "tree").write_bytes(b"100644 .git\0" + bytes.fromhex(remote.git("hash-object", "-w", "--stdin")))
        tree = remote.git("hash-object", "-w", "-t", "tree", "--literally", str(yard.root / "tree"))
        remote.publish("refs/heads/main", remote.git("commit-tree", tree, "-m", "x"))
        return yard.git("fetch", f"{remote.url}/octo/repo.git", "main")[0] == 0


def tidying(yard: Yard) -> bool:
    yard.set_up(gc__autoPackLimit="1", gc__autoDetach="false")
    for at in range(3):
        yard.made("update-ref", "refs/heads/x", yard.commit({"a": bytes([at])}))
        yard.made("repack", "-q")
    before = set(yard.repository.glob("objects/pack/*.pack"))
    yard.git("gc", "--auto", "--quiet")
    return set(yard.repository.glob("objects/pack/*.pack")) != before


def fetched(yard: Yard) -> str:
    """Return git's trace of the programs that it runs during a fetch."""
    with serving_remote(yard.root) as remote:
        remote.publish("refs/heads/main", remote.commit())
        return yard.git("fetch", f"{remote.url}/octo/repo.git", "main", GIT_TRACE="1")[1]


def maintenance(yard: Yard) -> bool:
    return "git maintenance run --auto" in fetched(yard)


def a_submodule(yard: Yard) -> bool:
    clone = yard.root / "clone"
    (clone / "sub").mkdir(parents=True)
    (clone / ".gitmodules").write_text('[submodule "sub"]\npath = sub\nurl = ../elsewhere\n', encoding="utf-8")
    yard.set_up(fetch__recurseSubmodules="true", submodule__sub__active="true")
    yard.set_up(core__bare="false", core__worktree=str(clone))
    yard.made("init", "--quiet", GIT_DIR=str(clone / "sub" / ".git"))
    yard.made("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    return "Fetching submodule sub" in fetched(yard)


def a_configuration_of_the_machine(yard: Yard) -> bool:
    (yard.root / "system").write_text("[alias]\nx = version\n", encoding="utf-8")
    return yard.git("x", GIT_CONFIG_SYSTEM=str(yard.root / "system"))[0] == 0


def a_configuration_of_the_user(yard: Yard) -> bool:
    (yard.root / ".gitconfig").write_text("[alias]\nx = version\n", encoding="utf-8")
    return yard.git("x")[0] == 0


def attributes_of_the_machine(yard: Yard) -> bool:
    return yard.git("var", "GIT_ATTR_SYSTEM")[0] == 0


def replaced_objects(yard: Yard) -> bool:
    shown, other = yard.blob(b"as it is\n"), yard.blob(b"another\n")
    yard.made("replace", shown, other)
    return "another" in yard.git("cat-file", "-p", shown)[1]


def fetching_what_is_missing(yard: Yard) -> bool:
    yard.set_up(remote__origin__promisor="true", remote__origin__url=f"{LOOPBACK}octo/repo.git")
    yard.set_up(core__repositoryFormatVersion="1", extensions__partialClone="origin")
    return "fetch" in yard.git("cat-file", "-p", "1" * 40, GIT_TRACE="1")[1].replace("lazy fetching disabled", "")


def a_question_at_the_terminal(yard: Yard) -> bool:
    with doors() as here:
        told = yard.git("ls-remote", f"{here.url}/locked/octo/repo.git")[1]
    return "terminal prompts disabled" not in told


TRAPS: Mapping[str, Callable[[Yard], bool]] = {
    "protocol.allow": another_protocol,
    "protocol.https.allow": no_https,
    "http.followRedirects": a_redirect,
    "credential.helper": a_helper_for_passwords,
    "core.askPass": a_program_that_asks,
    "core.hooksPath": a_hook,
    "core.attributesFile": attributes_that_hide,
    "core.fsmonitor": a_monitor,
    "core.quotePath": names_in_quotes,
    "core.bigFileThreshold": a_large_file_as_text,
    "core.packedGitLimit": much_mapped_memory,
    "core.packedGitWindowSize": large_windows,
    "pack.threads": many_threads,
    "transfer.fsckObjects": malformed_objects,
    "fetch.recurseSubmodules": a_submodule,
    "gc.auto": tidying,
    "maintenance.auto": maintenance,
    "GIT_CONFIG_NOSYSTEM": a_configuration_of_the_machine,
    "GIT_CONFIG_GLOBAL": a_configuration_of_the_user,
    "GIT_ATTR_NOSYSTEM": attributes_of_the_machine,
    "GIT_NO_REPLACE_OBJECTS": replaced_objects,
    "GIT_NO_LAZY_FETCH": fetching_what_is_missing,
    "GIT_TERMINAL_PROMPT": a_question_at_the_terminal,
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
    told = settings(isolated_environment(LOOPBACK, "", {"PATH": os.defpath}, None))
    assert set(told) - ELSEWHERE == set(TRAPS)


@pytest.mark.parametrize("setting", TRAPS)
def test_a_git_setting_disarms_its_trap(tmp_path: Path, setting: str) -> None:
    whole = isolated_environment(LOOPBACK, "", {"PATH": os.defpath}, None)
    sprung: list[bool] = []
    for environment in (without(whole, setting), whole):
        yard = Yard(tmp_path / str(len(sprung)), environment)
        yard.root.mkdir()
        yard.made("init", "--quiet", "--bare", str(yard.repository))
        sprung.append(TRAPS[setting](yard))
    assert sprung == [True, False]
