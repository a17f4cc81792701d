"""Determine the outcome of `collect` and its output `published`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec import Struct

from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.verdict import Outcome, Reason, Status, Verdict, first_exit_status
from reviewbot.domain.text.formatting import counted

LEFT_TO_OTHERS = 100
"""`collect` stops when GitHub's rate limit has this many requests left. A pull request needs about ten."""


class Lookup(Struct, frozen=True):
    """A pull request with an open review, and the outputs of its run. The outputs are empty if the run failed."""

    repository: str
    number: int
    outputs: Mapping[str, str]
    error: str = ""

    @property
    def name(self) -> str:
        return f"{self.repository}#{self.number}"

    def entry(self) -> Mapping[str, object]:
        """Return the entry for the output `published`. `findings` is None if the findings are unknown."""
        known = bool(self.outputs.get("findings"))
        return {
            "repository": self.repository,
            "number": self.number,
            "status": self.outputs.get("status", Status.FAILED),
            "verdict": self.outputs.get("verdict", Verdict.NONE),
            "reason": self.outputs.get("reason", ""),
            "findings": {one.value: int(self.outputs.get(one.value) or 0) for one in Severity} if known else None,
            "url": self.outputs.get("review-url", ""),
        }


class Failure(Struct, frozen=True):
    """A repository that could not be read, with the exit status of its error."""

    repository: str
    message: str
    exit_status: int


class Collection(Struct, frozen=True):
    """The result of `collect`.

    Attributes:
        unreached: the repositories and pull requests left to the next run because of the rate limit.
        repositories: the number of repositories that were read completely.
    """

    lookups: tuple[Lookup, ...] = ()
    failures: tuple[Failure, ...] = ()
    unreached: tuple[str, ...] = ()
    repositories: int = 1

    def published(self) -> str:
        return json.dumps([one.entry() for one in self.lookups], separators=(",", ":"))

    def outcome(self) -> Outcome:
        """Return one outcome for all repositories. Failed pull requests do not count, because they are tried again."""
        finished = sum(one.outputs.get("status") == Status.COMPLETED for one in self.lookups)
        where = (
            ""
            if self.repositories == 1 and not self.failures
            else f" in {counted(self.repositories, 'repository', 'repositories')}"
        )
        sentences = [f"reviewbot published {finished} of {counted(len(self.lookups), 'open review')}{where}."]
        if failed := [one.name for one in self.lookups if one.error]:
            sentences.append(f"It could not look up {', '.join(failed)}.")
        sentences += [f"{one.repository}: {one.message}" for one in self.failures]
        if self.unreached:
            sentences.append(
                f"Left for the next collection because of GitHub's rate limit: {', '.join(self.unreached)}."
            )
        status = first_exit_status(*(one.exit_status for one in self.failures))
        ended = Status.FAILED if status else Status.COMPLETED
        return Outcome(ended, Verdict.NONE, Reason.COLLECTED, None, status, " ".join(sentences))
