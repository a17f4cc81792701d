"""The repository and the pull request that demo and sandbox begin with: a small parcel service, and a risky change.

The files stand in `base.txt`, `change.txt` and `fix.txt` beside this module, each under a line `-- path --`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from reviewbot_sandbox.github import READ_ONLY, FileVersion, Level, Store, World
from reviewbot_sandbox.github.history import FileChange

REPOSITORY = "harbour/parcel-tracker"
BRANCH = "express"
AUTHOR = "noor"
MAINTAINER = "ines"
NUMBER = 1
TITLE = "Express parcels: search, labels and badges"
BODY = """\
The counter wants to search by name, print labels and see which parcels are express.

- `GET /search` and `POST /parcels/{code}/label`
- a badge on the tracking page
- deploys clean up after themselves, and a preview is announced on each pull request
"""
WORKFLOW_TOKEN = "ghs_sandbox_workflow"  # noqa: S105 — opens nothing but this sandbox
PERSON_TOKEN = "ghp_sandbox_noor"  # noqa: S105 — opens nothing but this sandbox
READER_TOKEN = "ghs_sandbox_reader"  # noqa: S105 — opens nothing but this sandbox
STRANGER = "quill"
STRANGER_TOKEN = "ghp_sandbox_quill"  # noqa: S105 — opens nothing but this sandbox
FORK_NUMBER = 2
CREDENTIAL = "m4de-up-" + "f0r-th3-dem0"
"""What the change hard-codes; put together here, so that no scanner takes the source for a leak."""

_HEADER = re.compile(r"^-- (\S+) --( \(deleted\))?\n", re.MULTILINE)
_LOGO = b"\x89PNG\r\n\x1a\n\x00a picture, as far as git can tell"


def files_of(archive: str) -> dict[str, FileChange]:
    """The files of an archive by path; None for one that is deleted. What stands before the first header is a remark.

    Args:
        archive: `base`, `change` or `fix`.
    """
    text = resources.files(__package__).joinpath(f"{archive}.txt").read_text(encoding="utf-8")
    _, *parts = _HEADER.split(text)
    files: dict[str, FileChange] = {}
    for path, deleted, content in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        filled = content.replace("@CREDENTIAL@", CREDENTIAL)
        files[path] = None if deleted else _version(path, filled)
    return files


def _version(path: str, content: str) -> FileChange:
    return FileVersion(content.encode(), "100755") if path.startswith("scripts/") else content


def seed_github(root: Path) -> World:
    """A GitHub with the repository, its people, their tokens and the open pull request.

    Args:
        root: an empty folder, where the bare repositories go.
    """
    world = World(Store(root))
    world.repository(REPOSITORY)
    for login in (AUTHOR, MAINTAINER):
        world.user(login)
    world.grant(REPOSITORY, AUTHOR, Level.WRITE)
    world.grant(REPOSITORY, MAINTAINER, Level.ADMIN)
    world.push(REPOSITORY, "main", files_of("base"), message="Parcels, tracked", author=MAINTAINER)
    change: Mapping[str, FileChange] = {**files_of("change"), "web/express.png": _LOGO}
    world.push(REPOSITORY, BRANCH, change, message="Express parcels", author=AUTHOR)
    world.open_pull_request(REPOSITORY, BRANCH, title=TITLE, body=BODY, author=AUTHOR)
    world.app_token(WORKFLOW_TOKEN)
    world.person_token(PERSON_TOKEN, AUTHOR)
    return world


def seed_stranger(world: World) -> None:
    """A fork, its pull request, and the tokens to try the fork's rules with: the stranger's and a read-only one."""
    fork = world.fork(REPOSITORY, STRANGER)
    note = {"docs/opening-hours.md": "# Opening hours\n\nThe counter is open from 8 to 18.\n"}
    world.push(fork.full_name, "opening-hours", note, message="Say when the counter is open", author=STRANGER)
    world.open_pull_request(
        REPOSITORY, "opening-hours", title="Opening hours", author=STRANGER, head_repository=fork.full_name
    )
    world.app_token(READER_TOKEN, permissions=READ_ONLY)
    world.person_token(STRANGER_TOKEN, STRANGER)


def push_fix(world: World) -> str:
    """What the author does after the first review; the new head."""
    return world.push(REPOSITORY, BRANCH, files_of("fix"), message="Mend what closed the gate", author=AUTHOR)
