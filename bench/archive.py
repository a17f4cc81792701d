"""Measure the Docker-free action's start: its step reads, checks, unpacks and imports the archive."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ruamel.yaml import YAML

from bench.measure import Spread, alternate, seconds
from bench.parts import Found, Size
from bench.table import Goal, Table, spread
from reviewbot.domain.text.formatting import counted

ROOT = Path(__file__).resolve().parent.parent
NAME = f"reviewbot-linux-{os.uname().machine}.tar.gz"
WITHIN = 2.0
"""Goal for the start, in processor seconds."""

COLD, WARM, UNPACKED = (
    "the step, archive not in the system's cache",
    "the step, archive in the cache",
    "without unpacking",
)
ENDED = 3
"""The exit status without a token: the run ends at its first log line."""


@dataclass(frozen=True, slots=True)
class Start:
    """A start until the first log line: processor seconds, and seconds."""

    processor: float
    seconds: float


def measure(size: Size, folder: Path) -> Found:
    if not size.image or shutil.which("python3.13") is None:
        return Found((_table((), "Not measured: it needs Python 3.13, and is not part of a small run."),), ())
    with TemporaryDirectory(dir=folder) as scratch:
        home = Path(scratch)
        build = [sys.executable, str(ROOT / "shipping/archive.py"), str(home), os.uname().machine]
        subprocess.run(build, check=True, capture_output=True, timeout=600)
        took = alternate(size.rounds, _sides(home))
        packed = (home / NAME).stat().st_size
        unpacked = sum(path.stat().st_size for path in (home / "unpacked").rglob("*") if path.is_file())
    rows = tuple(
        (name, spread(Spread.of([one.processor for one in starts])), spread(Spread.of([one.seconds for one in starts])))
        for name, starts in took.items()
    )
    sizes = f"{packed / 1e6:.1f} MB, unpacked {unpacked / 1e6:.1f} MB"
    note = f"The archive: {sizes}. {counted(size.rounds, 'round')}, in turns."
    found = Spread.of([one.processor for one in took[COLD]])
    goal = Goal(
        "Docker-free start to the first log line",
        f"within {WITHIN:g} processor seconds",
        spread(found),
        found.middle <= WITHIN,
    )
    return Found((_table(rows, note),), (goal,))


def _table(rows: tuple[tuple[str, str, str], ...], note: str) -> Table:
    return Table("archive", ("Docker-free start to the first log line", "processor seconds", "seconds"), rows, note)


def _sides(home: Path) -> Mapping[str, Callable[[], Start]]:
    archive, unpacked = home / NAME, home / "unpacked"
    shutil.unpack_archive(archive, unpacked, filter="data")
    action = YAML(typ="safe").load((ROOT / "no-docker/action.yml").read_text(encoding="utf-8"))
    (script,) = [step["env"]["START"] for step in action["runs"]["steps"] if step.get("id") == "review"]
    direct = f"import sys\nsys.path.append({str(unpacked)!r})\nfrom reviewbot.__main__ import main\nsys.exit(main())"

    def cold() -> Start:
        with archive.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return _started(home, script)

    return {COLD: cold, WARM: lambda: _started(home, script), UNPACKED: lambda: _started(home, direct)}


def _started(home: Path, script: str) -> Start:
    """Run the step without a token, in its own temporary folder."""
    with TemporaryDirectory(dir=home) as temp:
        env = {"PATH": os.environ["PATH"], "RUNNER_TEMP": temp, "GITHUB_WORKSPACE": temp, "ARCHIVES": home.as_uri()}
        env |= {"GITHUB_REPOSITORY": "acme/parcels", "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": os.devnull}
        env |= {"GITHUB_API_URL": "http://127.0.0.1:9", "SHA256_X86_64": "", "SHA256_AARCH64": ""}
        command = ["python3.13", "-I", "-S", "-u", "-c", script, "action"]

        def run() -> None:
            done = subprocess.run(command, env=env, cwd=temp, capture_output=True, text=True, timeout=120, check=False)
            if done.returncode != ENDED or "`github-token` is empty" not in done.stdout:
                raise RuntimeError(f"{done.returncode} {done.stdout} {done.stderr}")

        before = _children()
        took = seconds(run)
        return Start(_children() - before, took)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
