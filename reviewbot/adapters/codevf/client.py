"""Implement the `ReviewService` port with CodeVF's HTTP API."""

from __future__ import annotations

import re
from urllib.parse import quote

import httpx

from reviewbot.adapters.codevf import wire
from reviewbot.adapters.codevf.transport import Request, Response, Transport
from reviewbot.adapters.codevf.urls import is_own_host, is_secure, origin
from reviewbot.domain.model.review import Balance, Submission, Tag, Task
from reviewbot.errors import ServiceRefused

DELIVERABLE_BYTES = 5_000_000
_TEXTS = re.compile(r"text/.*|application/(.*\+)?json|application/(octet-stream|xml|yaml|x-yaml)|")
_TASK_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9_.:-]{1,200}")


class CodeVF(Transport):
    def balance(self) -> Balance:
        return wire.read_balance(self._call("GET", "credits/balance").json)

    def project(self, name: str) -> int:
        return wire.read_project_id(self._call("POST", "projects/create", {"name": name}).json)

    def tags(self) -> tuple[Tag, ...]:
        return wire.read_tags(self._call("GET", "tags").json)

    def create(self, submission: Submission) -> Task:
        """Submit a task. Retries use the same idempotency key, so CodeVF cannot create the task twice."""
        response = self._call("POST", "tasks/create", wire.submission_body(submission), buys=True)
        return wire.read_task(response.json, response.retry_after)

    def retrieve(self, task_id: str) -> Task:
        response = self._call("GET", f"tasks/{_segment(task_id)}")
        return wire.read_task(response.json, response.retry_after)

    def cancel(self, task_id: str) -> None:
        """Cancel a task, and ignore the response, which CodeVF does not document."""
        self._call("POST", f"tasks/{_segment(task_id)}/cancel", json_response=False)

    def deliverable(self, url: str) -> str:
        """Return the text of a deliverable, or raise `ServiceRefused` for another host or content that is not text."""
        target, base = self._own(url), self.base
        at_home = origin(target) == origin(base)
        request = Request(
            "GET",
            target,
            # Send the key only to the API. Other files have signed URLs.
            with_key=at_home and target.path.startswith(base.path),
            json_response=False,
            limit=DELIVERABLE_BYTES,
            public=not at_home,
        )
        return _text(self.send(request))

    def _call(
        self, method: str, path: str, payload: object = None, *, json_response: bool = True, buys: bool = False
    ) -> Response:
        return self.send(Request(method, self.base.join(path), payload, json_response=json_response, buys=buys))

    def _own(self, url: str) -> httpx.URL:
        try:
            target = self.base.join(url)
        except (httpx.InvalidURL, ValueError):
            raise ServiceRefused("The URL of a deliverable is invalid.") from None
        if not is_own_host(target, self.base) or not is_secure(target) or target.userinfo:
            raise ServiceRefused("A deliverable is not on CodeVF's host, so reviewbot did not download it.")
        return target


def _segment(task_id: str) -> str:
    """Check an untrusted task id, and return the id as a URL path segment."""
    if not _TASK_ID.fullmatch(task_id):
        raise ServiceRefused("A task id contains invalid characters, so reviewbot did not read the task.")
    return quote(task_id, safe="")


def _text(response: Response) -> str:
    if not _TEXTS.fullmatch(response.content_type):
        raise ServiceRefused("A deliverable is not text, so reviewbot did not read it.")
    try:
        text = response.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ServiceRefused("A deliverable is not UTF-8, so reviewbot did not read it.") from None
    if "\0" in text:
        raise ServiceRefused("A deliverable is binary, so reviewbot did not read it.")
    return text
