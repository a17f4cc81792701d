"""The project's workflows: jobs that may write or sign run no downloaded programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.project.conftest import read_yaml

DOWNLOADING = "anchore/sbom-action@"
"""An action that downloads a program and runs it."""


def jobs(root: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((root / ".github" / "workflows").glob("*.yml")):
        yield from read_yaml(path)["jobs"].values()


def test_the_job_that_lists_the_contents_can_push_and_sign_nothing(root: Path) -> None:
    listing = [job for job in jobs(root) if any(DOWNLOADING in step.get("uses", "") for step in job["steps"])]
    assert listing
    assert [job["permissions"] for job in listing] == [{}] * len(listing)
    assert not [step for job in listing for step in job["steps"] if "secrets." in str(step)]


def test_nothing_is_released_before_its_contents_are_attested(root: Path) -> None:
    release = read_yaml(root / ".github" / "workflows" / "release.yml")["jobs"]
    attesting = {
        name for name, job in release.items() if any("sbom-path" in step.get("with", {}) for step in job["steps"])
    }
    assert attesting
    assert attesting <= set(release["tag"]["needs"])
