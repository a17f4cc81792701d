"""Run git in a child process with isolated configuration, and limited time, memory and disk space."""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from reviewbot.adapters.scratch import FULL, unusable, writing_scratch
from reviewbot.adapters.subprocess_limits import CANNOT_START, Limits, run_confined
from reviewbot.domain.model.urls import is_loopback
from reviewbot.domain.selection.selection import LARGEST_TEXT
from reviewbot.errors import AGAIN, ChangeUnreadable, ScratchUnusable

OUTPUT_LIMIT = 200 * 1024 * 1024
"""The maximum size of a command's output in bytes."""

_TOO_LARGE = "The change is probably too large. Split it."
_WORDS = 10_000
"""The maximum number of bytes to read from git's standard error."""

_PASSED_ON = ("PATH", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy")


class Bounds(Struct, frozen=True):
    """Limits for reading a change.

    `seconds` applies to all commands together. `disk` is the maximum size in bytes of each file that a fetch writes. A
    fetch writes only one large file, because git keeps fetched objects in a pack if `transfer.fsckObjects` is set.
    """

    seconds: float = 300
    disk: int = 4 * 1024**3


class Git:
    """Runs git within limits, in an environment from `isolated_environment`.

    `folder` is git's home directory. The repository is `elsewhere`, or else `folder`.
    """

    def __init__(
        self, folder: Path, environment: Mapping[str, str], bounds: Bounds, elsewhere: Path | None = None
    ) -> None:
        self._folder = folder
        home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        self._environment = {**environment, **home, "GIT_DIR": str(elsewhere or folder)}
        self._bounds = bounds
        self._ends = time.monotonic() + bounds.seconds

    def cut_commits(self) -> set[bytes]:
        """Return the commits whose parents were not fetched."""
        shallow = self._folder / "shallow"
        return set(shallow.read_bytes().split()) if shallow.exists() else set()

    def run(self, *arguments: str, stdin: bytes = b"", accept: tuple[int, ...] = (0,)) -> bytes:
        """Run a git command, and return its output.

        Raises:
            ChangeUnreadable: the command failed or exceeded a limit.
            ScratchUnusable: the disk is full.
        """
        # The output goes to files, because `ulimit` can limit the size of a file.
        with (
            writing_scratch(),
            tempfile.TemporaryFile(dir=self._folder) as output,
            tempfile.TemporaryFile(dir=self._folder) as errors,
        ):
            os.posix_fallocate(errors.fileno(), 0, _WORDS)  # so that git can still report that the disk is full
            status = self._run(arguments, stdin, output.fileno(), errors.fileno())
            if status in CANNOT_START:
                raise ChangeUnreadable("reviewbot cannot find or start git.", hint="Install git.")
            if status < 0:
                raise ChangeUnreadable(f"git {arguments[0]} was killed by signal {-status}.", hint=_TOO_LARGE)
            if status not in accept:
                errors.seek(0)
                raise _failed(arguments[0], errors.read(_WORDS))
            output.seek(0)
            return output.read()

    def _run(self, arguments: Sequence[str], stdin: bytes, output: int, errors: int) -> int:
        command = arguments[0]
        seconds = max(0, self._ends - time.monotonic())
        limits = Limits(seconds, self._bounds.disk if command == "fetch" else OUTPUT_LIMIT)
        try:
            return run_confined(["git", *arguments], limits, self._folder, self._environment, (output, errors), stdin)
        except subprocess.TimeoutExpired as error:
            raise ChangeUnreadable(
                f"Reading the change with git took longer than {self._bounds.seconds:g} seconds, so "
                f"reviewbot stopped `git {command}`.",
                hint=_TOO_LARGE,
            ) from error


def _failed(command: str, errors: bytes) -> ChangeUnreadable | ScratchUnusable:
    """Return the error for a failed command. `errors` is git's standard error, padded with NUL bytes."""
    text = errors.decode("utf-8", "replace").strip("\0").strip()
    if full := next((reason for reason in map(os.strerror, FULL) if reason in text), None):
        return unusable(full)
    last = (text.splitlines() or ["no error message"])[-1]
    words = "".join(character if character.isprintable() else " " for character in last)
    hint = AGAIN if command == "fetch" else f"{WHOLE} {AGAIN}"
    return ChangeUnreadable(f"git {command} failed: {words[:300].rstrip('.')}.", hint=hint)


WHOLE = "If this is a partial clone, first run: git fetch --refetch --no-filter."
"""The hint for a missing object. `GIT_NO_LAZY_FETCH` stops git from fetching missing objects by itself."""


def isolated_environment(url: str, token: str, environment: Mapping[str, str], ca_file: str | None) -> dict[str, str]:
    settings = _configuration(url, token)
    passed_on = {name: environment[name] for name in _PASSED_ON if name in environment}
    configured = {
        name: value
        for index, (key, setting) in enumerate(settings)
        for name, value in ((f"GIT_CONFIG_KEY_{index}", key), (f"GIT_CONFIG_VALUE_{index}", setting))
    }
    return {
        **passed_on,
        **configured,
        **({"GIT_SSL_CAINFO": ca_file} if ca_file else {}),
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
    }


_HARMLESS = ("zeroPaddedFilemode", "badTimezone", "missingSpaceBeforeDate")
"""Flaws of old commits in well-known repositories, which git would otherwise refuse to fetch."""


def _configuration(url: str, token: str) -> list[tuple[str, str]]:
    settings = [
        ("protocol.allow", "never"),
        ("protocol.https.allow", "always"),
        ("http.followRedirects", "false"),  # A redirect would receive the token.
        ("credential.helper", ""),
        ("core.askPass", ""),
        ("core.hooksPath", os.devnull),
        ("core.attributesFile", os.devnull),
        ("core.fsmonitor", "false"),  # A clone's own setting could run a program.
        ("core.quotePath", "true"),  # Keeps names that are not UTF-8 distinct.
        ("core.bigFileThreshold", str(LARGEST_TEXT)),
        ("core.packedGitLimit", "512m"),  # By default, git maps a large history into memory completely.
        ("core.packedGitWindowSize", "32m"),
        ("pack.threads", "2"),  # Each thread reserves its own address space.
        ("transfer.fsckObjects", "true"),
        *((f"fetch.fsck.{one}", "ignore") for one in _HARMLESS),
        ("fetch.recurseSubmodules", "false"),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
    ]
    if is_loopback(url):
        settings.append(("protocol.http.allow", "always"))
    if token:
        credentials = base64.b64encode(f"x-access-token:{token}".encode()).decode("ascii")
        settings.append((f"http.{url}.extraHeader", f"Authorization: Basic {credentials}"))
    return settings
