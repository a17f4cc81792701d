"""The port `ReviewService`: tasks, their keys and states, and what they cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from reviewbot.domain.model.review import Attachment, Balance, Mode, Submission, Task, TaskStatus
from reviewbot.errors import OverBudget, PayloadTooLarge, ServiceRefused
from tests.contract.ports.codevf_harness import DEPOSIT, LARGEST, PENDING, PROCESSING, CodeVFHarness, answer_to
from tests.contract.ports.states import submission

HOUR = 3600.0
ENDS = [TaskStatus.COMPLETED, TaskStatus.CANCELLED, TaskStatus.FAILED, TaskStatus.EXPIRED]
FAILURES = [TaskStatus.FAILED, TaskStatus.EXPIRED, TaskStatus.CANCELLED]


def made(codevf: CodeVFHarness, key: int = 0, **changes: Any) -> Submission:  # noqa: ANN401 — a builder
    return submission(codevf.service, key=key, **changes)


def facts(task: Task) -> tuple[object, ...]:
    """Return a task without the wait that the service asks for."""
    return task.id, task.status, task.status_text, task.result, task.credits_used


def balance(available: str, on_hold: str) -> Balance:
    return Balance(Decimal(available), Decimal(on_hold))


def to_end(codevf: CodeVFHarness) -> None:
    codevf.advance(PENDING + PROCESSING)


# Life


def test_a_task_is_pending_then_processed_then_completed(codevf: CodeVFHarness) -> None:
    service = codevf.service
    task = service.create(made(codevf))
    assert facts(task) == (task.id, TaskStatus.PENDING, "pending", None, None)
    assert facts(service.retrieve(task.id)) == facts(task)
    codevf.advance(PENDING - 1)
    assert service.retrieve(task.id).status is TaskStatus.PENDING
    codevf.advance(1)
    assert facts(service.retrieve(task.id)) == (task.id, TaskStatus.PROCESSING, "processing", None, None)
    codevf.advance(PROCESSING - 1)
    assert service.retrieve(task.id).status is TaskStatus.PROCESSING
    codevf.advance(1)
    done = service.retrieve(task.id)
    result = answer_to("Review this change, please.")
    assert facts(done) == (task.id, TaskStatus.COMPLETED, "completed", result, Decimal(360))
    codevf.advance(30 * 24 * HOUR)
    assert facts(service.retrieve(task.id)) == facts(done)


@pytest.mark.parametrize("end", FAILURES)
def test_a_task_ends_without_a_result(codevf: CodeVFHarness, end: TaskStatus) -> None:
    codevf.next_end(end)
    task = codevf.service.create(made(codevf))
    to_end(codevf)
    found = codevf.service.retrieve(task.id)
    assert facts(found) == (task.id, end, end.value, None, None)
    assert found.status.is_over
    assert codevf.service.balance() == balance("2000.5", "0")


def test_each_task_has_its_own_result(codevf: CodeVFHarness) -> None:
    first = codevf.service.create(made(codevf, 1, prompt="The first of two."))
    second = codevf.service.create(made(codevf, 2, prompt="The second of two."))
    assert first.id != second.id
    to_end(codevf)
    assert codevf.service.retrieve(first.id).result == answer_to("The first of two.")
    assert codevf.service.retrieve(second.id).result == answer_to("The second of two.")


@pytest.mark.parametrize("task_id", ["task_000000000000", "../tags", "a b", ""])
def test_a_task_that_does_not_exist_is_refused(codevf: CodeVFHarness, task_id: str) -> None:
    with pytest.raises(ServiceRefused):
        codevf.service.retrieve(task_id)
    with pytest.raises(ServiceRefused):
        codevf.service.cancel(task_id)


def test_an_unknown_task_is_a_404(codevf: CodeVFHarness) -> None:
    with pytest.raises(ServiceRefused) as caught:
        codevf.service.retrieve("task_000000000000")
    assert caught.value.status == 404


# Idempotency keys


def test_the_same_key_finds_the_same_task(codevf: CodeVFHarness) -> None:
    wanted = made(codevf)
    first = codevf.service.create(wanted)
    assert facts(codevf.service.create(wanted)) == facts(first)
    to_end(codevf)
    again = codevf.service.create(wanted)
    assert facts(again) == facts(codevf.service.retrieve(first.id))
    assert again.status is TaskStatus.COMPLETED
    assert codevf.tasks() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "Something else altogether."},
        {"attachments": ()},
        {"mode": Mode.STANDARD, "max_credits": 1000},
        {"project_id": 999_999},
        {"tag_id": 99},
    ],
    ids=["prompt", "attachments", "mode", "project", "tag"],
)
def test_the_same_key_with_another_payload_finds_the_first_task(codevf: CodeVFHarness, changes: dict[str, Any]) -> None:
    first = codevf.service.create(made(codevf))
    assert codevf.service.create(made(codevf, **changes)).id == first.id
    to_end(codevf)
    done = codevf.service.retrieve(first.id)
    assert (done.result, done.credits_used) == (answer_to("Review this change, please."), Decimal(360))
    assert codevf.tasks() == 1


def test_a_key_is_remembered_for_a_day(codevf: CodeVFHarness) -> None:
    wanted = made(codevf)
    first = codevf.service.create(wanted)
    codevf.advance(24 * HOUR - 1)
    assert codevf.service.create(wanted).id == first.id
    codevf.advance(1)
    second = codevf.service.create(wanted)
    assert second.id != first.id
    assert second.status is TaskStatus.PENDING
    codevf.advance(24 * HOUR - 1)
    assert codevf.service.create(wanted).id == second.id
    assert codevf.service.retrieve(first.id).status is TaskStatus.COMPLETED
    assert codevf.tasks() == 2


def test_the_key_of_a_cancelled_task_stays_in_use(codevf: CodeVFHarness) -> None:
    wanted = made(codevf)
    first = codevf.service.create(wanted)
    codevf.service.cancel(first.id)
    again = codevf.service.create(wanted)
    assert (again.id, again.status) == (first.id, TaskStatus.CANCELLED)
    other = codevf.service.create(made(codevf, 1))
    assert (other.id != first.id, other.status) == (True, TaskStatus.PENDING)


def test_a_key_is_a_uuid_of_version_4(codevf: CodeVFHarness) -> None:
    for key in ("7f8d2c3a-5b1e-5d6f-9a0b-1c2d3e4f5a6b", "no uuid", ""):
        with pytest.raises(ServiceRefused):
            codevf.service.create(made(codevf, idempotency_key=key))
    assert codevf.tasks() == 0


def test_a_key_is_the_same_in_upper_case(codevf: CodeVFHarness) -> None:
    wanted = made(codevf)
    first = codevf.service.create(wanted)
    assert codevf.service.create(made(codevf, idempotency_key=wanted.idempotency_key.upper())).id == first.id


# Refusals


LARGE = (Attachment("change.diff", "x" * (2 * LARGEST)),)


def test_a_payload_that_is_too_large_leaves_no_task_and_its_key_free(codevf: CodeVFHarness) -> None:
    with pytest.raises(PayloadTooLarge):
        codevf.service.create(made(codevf, attachments=LARGE))
    assert codevf.tasks() == 0
    assert codevf.service.balance() == balance("2000.5", "0")
    assert codevf.service.create(made(codevf)).status is TaskStatus.PENDING


def test_a_payload_that_is_too_large_is_refused_though_its_key_is_known(codevf: CodeVFHarness) -> None:
    first = codevf.service.create(made(codevf))
    with pytest.raises(PayloadTooLarge):
        codevf.service.create(made(codevf, attachments=LARGE))
    assert codevf.service.create(made(codevf)).id == first.id
    assert codevf.tasks() == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"prompt": "x" * 9}, 400),
        ({"prompt": "x" * 10_001}, 400),
        ({"max_credits": 239}, 400),
        ({"max_credits": 115_201}, 400),
        ({"max_credits": 59, "mode": Mode.REALTIME_ANSWER}, 400),
        ({"max_credits": 601, "mode": Mode.REALTIME_ANSWER}, 400),
        ({"tag_id": 99}, 400),
        ({"attachments": (Attachment("a.txt", "x"),) * 6}, 400),
        ({"project_id": 999_999}, 404),
    ],
    ids=lambda value: "" if isinstance(value, int) else "-".join(str(one)[:20] for one in value),
)
def test_an_invalid_submission_is_refused(codevf: CodeVFHarness, changes: dict[str, Any], status: int) -> None:
    with pytest.raises(ServiceRefused) as caught:
        codevf.service.create(made(codevf, **changes))
    assert caught.value.status == status
    assert codevf.tasks() == 0
    assert codevf.service.create(made(codevf)).status is TaskStatus.PENDING, "the key is still free"


def test_values_at_the_limits_are_accepted(codevf: CodeVFHarness) -> None:
    limits: tuple[dict[str, object], ...] = (
        {"prompt": "x" * 10},
        {"prompt": "x" * 10_000},
        {"max_credits": 60, "mode": Mode.REALTIME_ANSWER},
        {"attachments": (Attachment("a.txt", "x"),) * 5},
        {"attachments": (), "metadata": {}, "tag_id": 3},
    )
    for key, changes in enumerate(limits):
        codevf.service.create(made(codevf, key, **changes))
    assert codevf.tasks() == 5


# Credits


def test_credits_are_held_while_a_task_is_open_and_used_when_it_is_completed(codevf: CodeVFHarness) -> None:
    service = codevf.service
    assert service.balance() == balance("2000.5", "0")
    service.create(made(codevf, 1))
    assert service.balance() == balance("1640.5", "360")
    codevf.advance(PENDING)
    service.create(made(codevf, 2, max_credits=300))
    assert service.balance() == balance("1190.5", "810")
    service.create(made(codevf, 2, max_credits=300))
    assert service.balance() == balance("1190.5", "810"), "a repeat holds nothing more"
    codevf.advance(PROCESSING)
    assert service.balance() == balance("1190.5", "450")
    codevf.advance(PENDING)
    assert service.balance() == balance("1190.5", "0")


@pytest.mark.parametrize(
    ("mode", "most", "tag", "hold"),
    [
        (Mode.STANDARD, 240, None, 240),
        (Mode.FAST, 240, None, 360),
        (Mode.FAST, 241, None, 362),
        (Mode.REALTIME_ANSWER, 61, None, 122),
        (Mode.FAST, 240, 1, 612),
        (Mode.FAST, 241, 1, 615),
        (Mode.FAST, 242, 1, 618),
        (Mode.STANDARD, 241, 2, 362),
        (Mode.STANDARD, 240, 3, 240),
    ],
)
def test_a_hold_is_rounded_up_after_both_multipliers(
    codevf: CodeVFHarness,
    mode: Mode,
    most: int,
    tag: int | None,
    hold: int,
) -> None:
    task = codevf.service.create(made(codevf, mode=mode, max_credits=most, tag_id=tag))
    found = codevf.service.balance()
    assert found is not None
    assert found.on_hold == hold
    to_end(codevf)
    assert codevf.service.retrieve(task.id).credits_used == hold


def test_a_task_whose_hold_exceeds_the_balance_is_refused(codevf: CodeVFHarness) -> None:
    service = codevf.service
    service.create(made(codevf, 1, mode=Mode.STANDARD, max_credits=1000))
    with pytest.raises(OverBudget):
        service.create(made(codevf, 2, mode=Mode.STANDARD, max_credits=1001))
    assert codevf.tasks() == 1
    service.create(made(codevf, 2, mode=Mode.STANDARD, max_credits=1000))
    assert service.balance() == balance("0.5", "2000")
    with pytest.raises(OverBudget):
        service.create(made(codevf, 3))
    assert service.create(made(codevf, 1)).status is TaskStatus.PENDING, "existing tasks are found"


def test_fractional_credits_are_kept(codevf: CodeVFHarness) -> None:
    found = codevf.service.balance()
    assert found is not None
    assert found.available + found.on_hold == DEPOSIT


# Cancel


@pytest.mark.parametrize("passed", [0.0, PENDING], ids=["pending", "processing"])
def test_an_open_task_is_cancelled_and_its_hold_released(codevf: CodeVFHarness, passed: float) -> None:
    service = codevf.service
    task = service.create(made(codevf))
    codevf.advance(passed)
    for _ in range(2):
        service.cancel(task.id)
    assert facts(service.retrieve(task.id)) == (task.id, TaskStatus.CANCELLED, "cancelled", None, None)
    assert service.balance() == balance("2000.5", "0")
    to_end(codevf)
    assert facts(service.retrieve(task.id)) == (task.id, TaskStatus.CANCELLED, "cancelled", None, None)


@pytest.mark.parametrize("end", ENDS)
def test_a_task_that_is_over_is_not_cancelled(codevf: CodeVFHarness, end: TaskStatus) -> None:
    codevf.next_end(end)
    service = codevf.service
    task = service.create(made(codevf))
    to_end(codevf)
    before = facts(service.retrieve(task.id))
    if end is TaskStatus.CANCELLED:
        service.cancel(task.id)
    else:
        with pytest.raises(ServiceRefused) as caught:
            service.cancel(task.id)
        assert caught.value.status == 409
    assert facts(service.retrieve(task.id)) == before


# Projects, tags, files


def test_a_project_is_found_again_by_its_name(codevf: CodeVFHarness) -> None:
    service = codevf.service
    first = service.project("acme/parcels")
    assert service.project("acme/parcels") == first
    assert service.project(" acme/parcels ") == first
    assert service.project("acme/letters") != first
    with pytest.raises(ServiceRefused):
        service.project(" ")


def test_tags_have_their_multipliers(codevf: CodeVFHarness) -> None:
    assert [(one.id, one.name, one.multiplier) for one in codevf.service.tags()] == [
        (1, "engineer", Decimal("1.7")),
        (2, "vibe_coder", Decimal("1.5")),
        (3, "general_purpose", Decimal(1)),
    ]


def test_a_delivered_file_is_read(codevf: CodeVFHarness) -> None:
    assert codevf.service.deliverable(codevf.deliver("Notes: ünïcode.\n")) == "Notes: ünïcode.\n"


@pytest.mark.parametrize("url", ["/files/none/0/none/none.txt", "https://elsewhere.example/notes.txt", "http://["])
def test_a_file_that_was_not_delivered_is_refused(codevf: CodeVFHarness, url: str) -> None:
    with pytest.raises(ServiceRefused):
        codevf.service.deliverable(url)
