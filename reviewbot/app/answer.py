"""The answer of a finished task, with the files that it points to."""

from __future__ import annotations

from reviewbot.domain.model import Report, Task
from reviewbot.domain.wire import deliverables, read_result
from reviewbot.errors import ServiceError
from reviewbot.ports import ReviewService


def read_answer(service: ReviewService, task: Task) -> Report:
    """The report; a file that cannot be fetched is named in it as text."""
    files: dict[str, str] = {}
    for one in deliverables(task.result):
        try:
            files[one.file_name] = service.deliverable(one.url)
        except ServiceError as error:
            files[one.file_name] = f"{one.url}\n({error.message})"
    return read_result(task.result, files)
