"""List the requests of a review in order, as the sandbox's fault layer matches them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Service(Enum):
    """The service that a request goes to."""

    GITHUB = "github"
    CODEVF = "codevf"


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a scenario.

    Attributes:
        match: regular expression for its path.
        body: regular expression for its body, None if the path is enough.
        nth: its number among the matching requests, from 1.
    """

    name: str
    service: Service
    method: str
    match: str
    body: str | None = None
    nth: int = 1

    def fits(self, method: str, target: str, body: str) -> bool:
        """Return whether a request matches, regardless of its number."""
        return method == self.method and bool(re.search(self.match, target)) and (self.body or "") in body


def _github(name: str, method: str, match: str, body: str | None = None, nth: int = 1) -> Request:
    return Request(name, Service.GITHUB, method, match, body, nth)


def _codevf(name: str, method: str, match: str, body: str | None = None) -> Request:
    return Request(name, Service.CODEVF, method, match, body)


GRAPHQL = "^/graphql$"
SNAPSHOT = _github("the pull request", "POST", GRAPHQL, "query Snapshot")
DIFF = _github("the diff", "GET", r"/compare/\w+\.\.\.\w+$")
FILES = _github("the files", "POST", GRAPHQL, "query Entries")
OPEN_CHECK = _github("the open check", "POST", "/check-runs$")
SUMMARY = _github("the summary", "POST", r"/issues/\d+/comments$")
AGAIN = _github("the pull request again", "POST", GRAPHQL, "query Snapshot", nth=2)
REVIEW = _github("the review", "POST", "/reviews$")
AFTERWARDS = _github("the pull request after posting", "POST", GRAPHQL, "query Snapshot", nth=3)
FILE_COMMENT = _github("a comment on a file", "POST", r"/pulls/\d+/comments$")
SUMMARY_EDIT = _github("the summary's end", "PATCH", "/issues/comments/")
CHECK_END = _github("the check's end", "PATCH", "/check-runs/")

TAGS = _codevf("the expertise", "GET", "/tags$")
BALANCE = _codevf("the balance", "GET", "/credits/balance$")
PROJECT = _codevf("the project", "POST", "/projects/create$")
CREATE = _codevf("the task", "POST", "/tasks/create$")
POLL = _codevf("the task's state", "GET", "/tasks/task_")
FILE = _codevf("the delivered file", "GET", "^/files/")

REVIEW_REQUESTS = (
    SNAPSHOT, DIFF, FILES, TAGS, BALANCE, PROJECT, OPEN_CHECK, CREATE, SUMMARY, POLL, FILE,
    AGAIN, REVIEW, FILE_COMMENT, AFTERWARDS, SUMMARY_EDIT, CHECK_END,
)  # fmt: skip

REFS = _github("git's list of what there is", "GET", "/info/refs")
PACK = _github("what git fetches", "POST", "/git-upload-pack$")
MORE = _github("the second page of comments", "POST", GRAPHQL, "query MoreRatedComments")
CONFIG = _github("the settings", "POST", GRAPHQL, "query Config")
WAITING = _github("the open reviews", "POST", GRAPHQL, "query Waiting")
PERMISSION = _github("the permission of a user", "GET", "/permission$")
ANSWER = _github("the answer", "POST", r"/issues/\d+/comments$", "reviewbot:answer")
ANNOUNCEMENT = _github("the announcement", "POST", r"/issues/\d+/comments$", "reviewbot:announcement")
EMOJI = _github("the emoji", "POST", "/reactions$")
QUEUE = _github("the queue", "POST", GRAPHQL, "query Queue")
SECOND_PART = _codevf("the second part's task", "POST", "/tasks/create$", '"part":"2/3"')
CANCEL = _codevf("the task's cancelling", "POST", "/tasks/task_[^/]+/cancel$")
