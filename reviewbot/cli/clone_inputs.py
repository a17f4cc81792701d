"""The inputs of the review workflow in a clone."""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.adapters.git.clone import Clone
from reviewbot.setup.audit import inputs_of_review, read_jobs
from reviewbot.setup.files import WORKFLOWS


def inputs_at(clone: Clone, commit: str) -> Mapping[str, str] | None:
    """Return the inputs of the workflow that reviews at a commit, or None if there is no such workflow."""
    entries = clone.files(commit, [f"{WORKFLOWS}/"])
    jobs, _ = read_jobs({path.rpartition("/")[2]: entry.text or "" for path, entry in entries.items()})
    return inputs_of_review(jobs) if any(job.reviews for job in jobs) else None
