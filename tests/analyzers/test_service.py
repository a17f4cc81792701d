"""The local reviewer implements the contract of the port."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from reviewbot.analyzers.reviewer import LocalReviewer, all_installed, with_interpreter
from reviewbot.domain.model.review import Attachment, Mode, Submission, TaskStatus
from reviewbot.errors import ServiceRefused
from reviewbot.ports import ReviewService

Attach = Callable[[Mapping[str, str | tuple[str, str]]], list[tuple[str, str]]]


def submission(sent: list[tuple[str, str]], key: str = "key") -> Submission:
    return Submission(
        prompt="Review this change.",
        project_id=1,
        max_credits=240,
        mode=Mode.FAST,
        tag_id=None,
        metadata={},
        idempotency_key=key,
        attachments=tuple(Attachment(name, content) for name, content in sent),
        response_schema={},
    )


def test_a_task_is_completed_at_once_and_costs_nothing(attach: Attach, path_env: dict[str, str]) -> None:
    service: ReviewService = LocalReviewer(path_env=path_env)
    task = service.create(submission(attach({"a.py": "eval(x)\n"})))
    assert (task.status, task.credits_used) == (TaskStatus.COMPLETED, Decimal(0))
    assert isinstance(task.result, dict)
    assert [file["path"] for file in task.result["files"]] == ["a.py"]
    assert service.retrieve(task.id) == task
    assert (service.balance(), service.tags(), service.project("o/r")) == (None, (), 1)
    service.cancel(task.id)


def test_the_same_key_returns_the_first_task(attach: Attach, path_env: dict[str, str]) -> None:
    service = LocalReviewer(path_env=path_env)
    first = service.create(submission(attach({"a.py": "eval(x)\n"})))
    assert service.create(submission(attach({"a.py": "print(1)\n"}))) == first


def test_files_that_were_not_seen_are_reported_with_the_task(attach: Attach, tmp_path: Path) -> None:
    service = LocalReviewer(path_env={"PATH": str(tmp_path)})
    task = service.create(submission(attach({"a.sh": "ls\n"})))
    assert [one.path for one in task.unseen] == ["a.sh"]


def test_unknown_tasks_and_deliverables_are_refused(path_env: dict[str, str]) -> None:
    service = LocalReviewer(path_env=path_env)
    with pytest.raises(ServiceRefused, match="no task"):
        service.retrieve("other")
    with pytest.raises(ServiceRefused, match="does not provide the deliverable"):
        service.deliverable("https://example.invalid/x")


def test_the_interpreter_s_folder_is_searched_first() -> None:
    folder = str(Path(sys.executable).parent)
    assert with_interpreter({"PATH": "/usr/bin", "TZ": "UTC"}) == {"PATH": f"{folder}:/usr/bin", "TZ": "UTC"}
    assert with_interpreter({}) == {"PATH": folder}


def test_a_runners_own_shellcheck_is_not_all_that_the_local_reviewer_needs(tmp_path: Path) -> None:
    program = tmp_path / "shellcheck"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    assert not all_installed({"PATH": str(tmp_path)})
    assert all_installed(with_interpreter({}))
