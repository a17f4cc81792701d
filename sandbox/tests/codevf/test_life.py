"""The pure core, with the time passed in: what the tests of the port `ReviewService` do not cover."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewbot_sandbox.codevf import (
    Account,
    End,
    JsonValue,
    Limits,
    Mode,
    Rate,
    Refusal,
    ServiceConfig,
    Tag,
    Task,
    TaskLife,
    TaskRequest,
    scaled_clock,
)
from reviewbot_sandbox.codevf import state as core
from reviewbot_sandbox.codevf.clocks import HandClock

ACCOUNT = Account("cvf_test_one", Decimal(100_000), "one")
OTHER = Account("cvf_test_two", Decimal(0), "two")
DAY = 24 * 3600.0
UUID4 = "7f8d2c3a-5b1e-4d6f-9a0b-1c2d3e4f5a6b"


def service_config(life: TaskLife | None = None) -> ServiceConfig:
    if life is None:
        return ServiceConfig((ACCOUNT, OTHER))
    return ServiceConfig((ACCOUNT, OTHER), life_of=lambda _request: life)


def body(**fields: JsonValue) -> dict[str, JsonValue]:
    return {"prompt": "Review this change.", "projectId": 101, "maxCredits": 240, "mode": "fast", **fields}


def with_project() -> core.State:
    state, _, _ = core.create_project(core.State(), ACCOUNT, {"name": "p"}, 0)
    return state


def with_task(life: TaskLife | None = None, **fields: JsonValue) -> tuple[core.State, Task]:
    state, task, _ = core.create_task(with_project(), service_config(life), ACCOUNT, body(**fields), 0)
    return state, task


@given(st.sampled_from(Mode), st.decimals("1", "3", places=2), st.integers(60, 115_200))
def test_the_hold_is_rounded_up_once_after_both_multipliers(mode: Mode, multiplier: Decimal, credit: int) -> None:
    hold = TaskRequest("p" * 10, 1, credit, mode, Tag(1, "t", "T", multiplier)).hold
    exact = credit * mode.multiplier * multiplier
    assert exact <= hold < exact + 1


def test_a_realtime_task_is_completed_at_once_and_the_others_are_not() -> None:
    standings = {
        mode: core.standing_of(with_task(mode=mode)[1], 0).status for mode in ("realtime_answer", "fast", "standard")
    }
    assert standings == {"realtime_answer": "completed", "fast": "pending", "standard": "pending"}


def test_a_task_can_stay_pending_for_ever() -> None:
    state, task = with_task(TaskLife(math.inf))
    assert core.standing_of(task, 1e12).status == "pending"
    assert core.balance(state, ACCOUNT, 1e12).on_hold == 360


def test_a_script_can_spend_part_of_the_hold() -> None:
    state, task = with_task(TaskLife(1, 1, used=Decimal("0.334")))
    assert core.credits_used(task, 1.9) is None
    assert core.credits_used(task, 2) == 121
    assert core.balance(state, ACCOUNT, 2).total == ACCOUNT.deposit - 121


@given(st.floats(0, 60), st.floats(0, 60), st.sampled_from(End), st.floats(0, 200))
def test_credits_are_conserved_and_every_hold_ends(pending: float, processing: float, end: End, moment: float) -> None:
    state, task = with_task(TaskLife(pending, processing, end))
    balance = core.balance(state, ACCOUNT, moment)
    spent = core.credits_used(task, moment) or 0
    assert balance.total + spent == ACCOUNT.deposit
    assert balance.on_hold in {0, task.request.hold}
    if core.standing_of(task, moment).ended:
        assert balance.on_hold == 0


def test_a_hold_above_the_available_credits_is_refused_and_creates_no_task() -> None:
    state, project, _ = core.create_project(core.State(), OTHER, {"name": "p"}, 0)
    with pytest.raises(Refusal) as caught:
        core.create_task(state, service_config(), OTHER, body(projectId=project.id, idempotencyKey=UUID4), 0)
    assert (caught.value.status, caught.value.details) == (402, {"available": 0, "required": 360})
    assert (state.tasks, state.keys) == ({}, {})


def test_another_accounts_key_conflicts_until_it_expires() -> None:
    state, _ = with_task(idempotencyKey=UUID4)
    rich = Account(OTHER.key, Decimal(1000), OTHER.name)
    state, project, _ = core.create_project(state, rich, {"name": "p"}, 0)
    mine = body(projectId=project.id, idempotencyKey=UUID4)
    with pytest.raises(Refusal) as caught:
        core.create_task(state, service_config(), rich, mine, DAY - 1)
    assert (caught.value.status, caught.value.code) == (409, "idempotency_conflict")
    assert core.create_task(state, service_config(), rich, mine, DAY)[2]


def test_tasks_and_projects_of_other_accounts_are_not_found() -> None:
    state, task = with_task()
    rich = Account(OTHER.key, Decimal(1000), OTHER.name)
    with pytest.raises(Refusal) as caught:
        core.find_task(state, rich, task.id)
    assert caught.value.status == 404
    with pytest.raises(Refusal) as caught:
        core.create_task(state, service_config(), rich, body(), 0)
    assert caught.value.status == 404
    assert core.create_project(state, rich, {"name": "p"}, 0)[2]


def test_the_rate_limit_is_one_request_a_second_and_ignores_refused_ones() -> None:
    state = core.admit(core.State(), ACCOUNT, Rate(), 10.0)
    for moment in (10.0, 10.5, 10.9):
        with pytest.raises(Refusal) as caught:
            core.admit(state, ACCOUNT, Rate(), moment)
        assert (caught.value.status, caught.value.retry_after) == (429, 1)
    state = core.admit(state, ACCOUNT, Rate(), 11.0)
    core.admit(state, OTHER, Rate(), 11.0)


def test_waiting_as_long_as_the_rate_limit_says_is_enough() -> None:
    rate = Rate(spacing=60)
    state = core.admit(core.State(), ACCOUNT, rate, 0.0)
    with pytest.raises(Refusal) as caught:
        core.admit(state, ACCOUNT, rate, 17.5)
    assert caught.value.retry_after == 43
    core.admit(state, ACCOUNT, rate, 17.5 + 43)


@given(st.lists(st.floats(0, 3), min_size=1, max_size=40))
def test_no_second_admits_more_than_the_burst_and_one(pauses: list[float]) -> None:
    state, now, admitted = core.State(), 0.0, 0
    for pause in pauses:
        now += pause
        try:
            state = core.admit(state, ACCOUNT, Rate(), now)
        except Refusal:
            continue
        admitted += 1
    assert admitted <= 1 + now + 1e-3


def test_without_a_rate_limit_every_request_is_admitted() -> None:
    state = core.State()
    assert core.admit(state, ACCOUNT, None, 0) is state
    assert Limits().rate == Rate()


def test_a_scaled_clock_runs_faster_than_the_wall_clock() -> None:
    clock = scaled_clock(1e-6)
    first = clock()
    assert any(clock() - first > 1 for _ in range(100_000))


def test_a_manual_clock_does_not_advance_by_itself() -> None:
    clock = HandClock(5)
    clock.advance(2.5)
    assert (clock(), clock()) == (7.5, 7.5)


def test_accounts_with_the_same_key_or_name_are_refused() -> None:
    with pytest.raises(ValueError, match="of its own"):
        ServiceConfig((Account("cvf_test_one"), Account("cvf_test_two")))


def test_the_repr_of_an_account_does_not_contain_its_key() -> None:
    assert "cvf_test_one" not in repr(service_config())
