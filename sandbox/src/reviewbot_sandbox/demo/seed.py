"""The repository and the pull request of the demo and the sandbox: a small parcel service and a risky change.

The files are in `base.txt`, `change.txt` and `fix.txt` next to this module, each below a line `-- path --`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from reviewbot_sandbox.github import READ_ONLY, FileVersion, GitHubState, Level, Store
from reviewbot_sandbox.github.git.formats import FileChange

REPOSITORY = "harbour/parcel-tracker"
BRANCH = "express"
AUTHOR = "octocat"
MAINTAINER = "monalisa"
NUMBER = 1
TITLE = "Express parcels: search, labels and badges"
BODY = """\
The counter wants to search by name, print labels and see which parcels are express.

- `GET /search` and `POST /parcels/{code}/label`
- a badge on the tracking page
- deploys clean up after themselves, and a preview is announced on each pull request
"""
WORKFLOW_TOKEN = "ghs_sandbox_workflow"  # noqa: S105 — opens nothing but this sandbox
PERSON_TOKEN = "ghp_sandbox_octocat"  # noqa: S105 — opens nothing but this sandbox
MAINTAINER_TOKEN = "ghp_sandbox_monalisa"  # noqa: S105 — opens nothing but this sandbox
READER_TOKEN = "ghs_sandbox_reader"  # noqa: S105 — opens nothing but this sandbox
STRANGER = "hubot"
STRANGER_TOKEN = "ghp_sandbox_hubot"  # noqa: S105 — opens nothing but this sandbox
FORK_NUMBER = 2
CREDENTIAL = "m4de-up-" + "f0r-th3-dem0"
"""The password that the change hard-codes; concatenated, so that secret scanners do not report this file."""

_HEADER = re.compile(r"^-- (\S+) --( \(deleted\))?\n", re.MULTILINE)
_LOGO = b"\x89PNG\r\n\x1a\n\x00a picture, as far as git can tell"


def files_of(archive: str) -> dict[str, FileChange]:
    """Return the files of `base`, `change` or `fix` by path; None for deleted files."""
    text = resources.files(__package__).joinpath(f"{archive}.txt").read_text(encoding="utf-8")
    _, *parts = _HEADER.split(text)
    files: dict[str, FileChange] = {}
    for path, deleted, content in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        filled = content.replace("@CREDENTIAL@", CREDENTIAL)
        files[path] = None if deleted else _version(path, filled)
    return files


def _version(path: str, content: str) -> FileChange:
    return FileVersion(content.encode(), "100755") if path.startswith("scripts/") else content


def seed_github(root: Path) -> GitHubState:
    """Return a GitHub with the repository, its people, their tokens and the open pull request."""
    state = GitHubState(Store(root))
    state.repository(REPOSITORY)
    state.environment(REPOSITORY, "reviewbot", "main")
    for login in (AUTHOR, MAINTAINER):
        state.user(login)
    state.grant(REPOSITORY, AUTHOR, Level.WRITE)
    state.grant(REPOSITORY, MAINTAINER, Level.ADMIN)
    state.push(REPOSITORY, "main", files_of("base"), message="Track parcels", author=MAINTAINER)
    change: Mapping[str, FileChange] = {**files_of("change"), "web/express.png": _LOGO}
    state.push(REPOSITORY, BRANCH, change, message="Express parcels", author=AUTHOR)
    state.open_pull_request(REPOSITORY, BRANCH, title=TITLE, body=BODY, author=AUTHOR)
    state.app_token(WORKFLOW_TOKEN)
    state.person_token(PERSON_TOKEN, AUTHOR)
    state.person_token(MAINTAINER_TOKEN, MAINTAINER)
    return state


def seed_stranger(state: GitHubState) -> None:
    """Create a fork, its pull request, its author's token and a read-only workflow token."""
    fork = state.fork(REPOSITORY, STRANGER)
    note = {"docs/opening-hours.md": "# Opening hours\n\nThe counter is open from 8 to 18.\n"}
    state.push(fork.full_name, "opening-hours", note, message="Document the opening hours", author=STRANGER)
    state.open_pull_request(
        REPOSITORY, "opening-hours", title="Opening hours", author=STRANGER, head_repository=fork.full_name
    )
    state.app_token(READER_TOKEN, permissions=READ_ONLY)
    state.person_token(STRANGER_TOKEN, STRANGER)


def push_fix(state: GitHubState) -> str:
    """Push the author's fix after the first review and return the new head."""
    return state.push(REPOSITORY, BRANCH, files_of("fix"), message="Fix the blocking findings", author=AUTHOR)


def push_note(state: GitHubState) -> str:
    """Push a change in which nothing new is found and return the new head."""
    note = {"docs/express.md": "# Express parcels\n\nThe counter stops selling them at noon.\n"}
    return state.push(REPOSITORY, BRANCH, note, message="Document express parcels", author=AUTHOR)
