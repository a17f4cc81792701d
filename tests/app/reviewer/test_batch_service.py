"""A change that is too large for one task is split into several tasks, bought together and shown as one review."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from reviewbot_sandbox.codevf import Answer, HandClock, TaskLife, TaskRequest
from reviewbot_sandbox.faults import DropBefore, RecordedThen, Reply
from reviewbot_sandbox.github import WORKFLOW, Access, Scope

from reviewbot.adapters.clock import SystemClock
from reviewbot.app.reviewer.batch_service import BatchReviewService
from reviewbot.domain.ledger.codec import decode
from reviewbot.domain.ledger.ledger import TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.review import Task, TaskStatus
from reviewbot.ports import ReviewService
from tests.app.rig import KEY, REPO, Rig, answer, earlier, finding, open_rig, with_state

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

LINES = "".join(f"value_{number} = {number}\n" for number in range(200))
LARGE: dict[str, str | None] = {f"{folder}/module.py": LINES for folder in ("billing", "parcels", "tracks")}
CONFIG = "max-tasks: {}\nattachment-bytes: 5000\n"
"""The service accepts one file's diff per attachment and five attachments per request."""
THREE = CONFIG.format(3)


def paths(request: TaskRequest) -> set[str]:
    """Return the paths of a submission's files."""
    diffs = "".join(one.content or "" for one in request.attachments if one.file_name.endswith(".diff"))
    return {path for path in LARGE if f"b/{path}" in diffs}


def engineer(request: TaskRequest) -> Answer:
    """Report the first line of each file, and call earlier findings open."""
    found = [finding(path, 1, title=f"In {path}", code="value_0 = 0", severity="critical") for path in paths(request)]
    return answer(*found, summary=f"Read {len(found)}.", previous=with_state(request, "open"))


def grow(rig: Rig, branch: str = "topic") -> None:
    """Push twelve files of equal size, more than fit into the five attachments of one task."""
    more = {f"{folder}/more_{number}.py": LINES for folder in ("billing", "parcels", "tracks") for number in range(3)}
    rig.world.push(REPO, branch, {**LARGE, **more}, author="mona")


def test_a_large_change_is_split_by_folder_and_is_one_review(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer, config=THREE) as rig:
        grow(rig)
        done = rig.run()
        tasks = rig.service.tasks()
        assert (len(tasks), done.outputs["coverage"], done.outputs["verdict"]) == (3, "full", "fail"), done.log
        assert sorted(sorted(paths(one.request)) for one in tasks) == [[path] for path in sorted(LARGE)]
        assert [(one.request.metadata or {})["part"] for one in tasks] == ["1/3", "2/3", "3/3"]
        assert "part 2 of 3" in tasks[1].request.prompt
        assert len({one.request.idempotency_key for one in tasks}) == 3
        assert (done.outputs["critical"], done.outputs["credits-held"]) == ("3", "1080")
        assert "3 tasks" in rig.summaries()[0]
        assert len(rig.comments()) == 3
        again = rig.run()
        assert "You are not charged again" in again.log
        assert (again.outputs["verdict"], len(rig.service.tasks())) == ("fail", 3), "the finding is found again"


def test_a_template_that_fails_at_a_later_part_fails_before_the_first_one_is_bought(tmp_path: Path) -> None:
    source = "{% if view.part == 3 %}{{ nothing }}{% endif %}{% include 'shipped/prompt.txt.j2' %}"
    files = {".github/reviewbot/prompt.txt.j2": source}
    with open_rig(tmp_path, engineer=engineer, config=THREE, files=files) as rig:
        grow(rig)
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"]) == (2, "template")
        assert rig.service.tasks() == ()


def test_without_max_tasks_a_large_change_is_one_partial_task(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer, config=CONFIG.format(1)) as rig:
        grow(rig)
        assert rig.run().outputs["coverage"] == "partial"
        assert len(rig.service.tasks()) == 1


def test_the_budget_is_checked_for_all_parts(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer, config=THREE) as rig:
        grow(rig)
        assert rig.run(max_credits_per_pr="800").outputs["reason"] == "over-budget"
        assert not rig.service.tasks()


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_run_that_stops_between_two_parts_buys_none_twice(tmp_path: Path, nth: int) -> None:
    with open_rig(tmp_path, engineer=engineer, config=THREE) as rig:
        grow(rig)
        for later in range(nth, 20):
            rig.codevf_faults.add("/tasks/create", RecordedThen(503), nth=later, method="POST")
        assert rig.run(wait_minutes="0").outputs["reason"] == "unreachable"
        assert len(rig.service.tasks()) == nth
        rig.codevf_faults.clear()
        assert rig.run().outputs["coverage"] == "full"
        assert len(rig.service.tasks()) == 3


@pytest.mark.parametrize("status", [400, 402])
def test_later_parts_that_the_service_refuses_are_reported_as_omitted(tmp_path: Path, status: int) -> None:
    with open_rig(tmp_path, engineer=engineer, config=THREE) as rig:
        grow(rig)
        rig.codevf_faults.add("/tasks/create", Reply(status, body=b"{}"), nth=2, method="POST")
        for _ in range(2):
            done = rig.run()
            assert (done.outputs["coverage"], len(rig.comments()), len(rig.service.tasks())) == ("partial", 1, 1)
        assert rig.checks()[-1].conclusion == "action_required"
        assert all(path in rig.summaries()[0] for path in LARGE)


def test_open_parts_are_collected_as_one_review(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(
        tmp_path, engineer=engineer, config=THREE, clock=clock, life=TaskLife(pending=0, processing=9)
    ) as rig:
        grow(rig)
        assert rig.run(wait_minutes="0").outputs["status"] == "pending"
        for one in [one for one in rig.world.store.comments.values() if one.author.endswith("[bot]")]:
            rig.world.delete_comment(one.id)
        clock.advance(10)
        rig.collect()
        assert rig.checks()[-1].conclusion == "failure"
        assert (len(rig.comments()), len(rig.service.tasks())) == (3, 3)


def test_a_part_without_a_result_makes_the_review_partial(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(
        tmp_path, engineer=engineer, config=THREE, clock=clock, life=TaskLife(pending=5, processing=5)
    ) as rig:
        grow(rig)
        rig.run(wait_minutes="0")
        account, [_, second, _] = rig.service.account("cvf_test_house"), rig.service.tasks()
        rig.service.cancel_task(account, second.id)
        clock.advance(20)
        done = rig.run()
        assert (done.outputs["coverage"], len(rig.comments())) == ("partial", 2), done.log
        assert "part 2 of 3" in rig.summaries()[0]
        assert rig.checks()[-1].conclusion == "action_required"


def test_a_later_review_asks_each_part_about_its_own_findings(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer, config=THREE) as rig:
        grow(rig)
        rig.run()
        rig.world.push(REPO, "topic", {"billing/late.py": "x = 1\n"}, author="mona")
        rig.run()
        asked = [
            {path for path in LARGE if f'"path": "{path}"' in (one.content or "")}
            for task in rig.service.tasks()[3:]
            for one in task.request.attachments
            if one.file_name == "conversation.md"
        ]
        assert sorted(map(sorted, asked)) == [[path] for path in sorted(LARGE)]


def test_a_part_confirms_only_its_own_findings(tmp_path: Path) -> None:
    def sly(request: TaskRequest) -> Answer:
        """Call everything fixed, including findings that the submission does not ask about."""
        if "part" not in (request.metadata or {}) or "tracks/module.py" not in paths(request):
            return engineer(request) if not rig.service.tasks()[3:] else answer(previous=[])
        known = [one["id"] for task in rig.service.tasks() for one in earlier(task.request)]
        return answer(previous=[{"id": one, "state": "fixed", "note": ""} for one in known])

    with open_rig(tmp_path, engineer=sly, config=THREE) as rig:
        grow(rig)
        rig.run()
        fixed = LINES.replace("value_0 = 0", "value_0 = 1")
        rig.world.push(REPO, "topic", dict.fromkeys(LARGE, fixed), author="mona")
        done = rig.run()
        assert int(done.outputs["critical"]) >= 2, done.log


def test_a_later_request_that_is_too_large_keeps_the_submitted_parts(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer, config=THREE) as rig:
        grow(rig)
        rig.codevf_faults.add("/tasks/create", Reply(413, body=b"{}"), nth=2, method="POST")
        done = rig.run()
        [task] = rig.service.tasks()
        assert done.outputs["coverage"] == "partial"
        [sent] = paths(task.request)
        assert len(rig.comments()) == 1
        assert all(path in rig.summaries()[0] for path in LARGE if path != sent)


def test_a_lost_part_does_not_lose_the_others(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer, config=THREE) as rig:
        grow(rig)
        rig.run(wait_minutes="0")
        lost = rig.service.tasks()[1]
        rig.codevf_faults.add(f"/tasks/{lost.id}", Reply(404, body=b"{}"), method="GET", times=None)
        done = rig.run()
        assert (done.outputs["coverage"], len(rig.comments())) == ("partial", 2), done.log


@pytest.mark.parametrize("times", [1, 3])
def test_parts_that_codevf_does_not_know_at_first_are_read_again(tmp_path: Path, times: int) -> None:
    life = TaskLife(pending=60, processing=60)
    with open_rig(tmp_path, engineer=engineer, config=THREE, life=life) as rig:
        grow(rig)
        rig.codevf_faults.add(r"/tasks/[^/]+$", Reply(404, body=b"{}"), method="GET", times=times)
        done = rig.run() if times == 1 else (rig.run(), rig.run())[-1]
        assert (done.outputs["coverage"], len(rig.comments()), len(rig.service.tasks())) == ("full", 3, 3), done.log


def test_a_part_that_cannot_be_cancelled_does_not_keep_the_others(tmp_path: Path) -> None:
    life = TaskLife(pending=99, processing=9)
    with open_rig(tmp_path, engineer=engineer, config=THREE, clock=HandClock(), life=life) as rig:
        grow(rig)
        rig.run(wait_minutes="0")
        rig.world.close(REPO, 1)
        rig.codevf_faults.add("/cancel", Reply(409, body=b"{}"), method="POST")
        rig.run(payload=rig.event("closed"))
        assert [one.cancelled_at is not None for one in rig.service.tasks()] == [False, True, True]


def test_all_parts_are_cancelled(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(
        tmp_path, engineer=engineer, config=THREE, clock=clock, life=TaskLife(pending=99, processing=9)
    ) as rig:
        grow(rig)
        rig.run(wait_minutes="0")
        rig.world.close(REPO, 1)
        rig.run(payload=rig.event("closed"))
        assert [one.cancelled_at is not None for one in rig.service.tasks()] == [True, True, True]


def test_a_push_replaces_all_parts(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(
        tmp_path, engineer=engineer, config=THREE, clock=clock, life=TaskLife(pending=99, processing=9)
    ) as rig:
        grow(rig)
        rig.run(wait_minutes="0")
        rig.world.push(REPO, "topic", {"billing/late.py": "x = 1\n"}, author="mona")
        done = rig.run(wait_minutes="0")
        tasks = rig.service.tasks()
        assert [one.cancelled_at is not None for one in tasks] == [True] * 3 + [False] * 3, done.log
        assert done.outputs["credits-held"] == "1080"


def test_a_dry_run_shows_the_hold_of_all_parts_and_buys_none(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer, config=THREE) as rig:
        grow(rig)
        done = rig.run(dry_run="true")
        assert not rig.service.tasks()
        assert (done.outputs["reason"], done.outputs["coverage"]) == ("dry-run", "full")
        assert "1,080 credits would be reserved" in done.log


def test_no_part_contains_a_secret(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5" * 4
    leaking: dict[str, str | None] = dict.fromkeys(LARGE, f'TOKEN = "{secret}"\n{LINES}')
    with open_rig(tmp_path, engineer=engineer, config=THREE) as rig:
        grow(rig)
        rig.world.push(REPO, "topic", leaking, author="mona")
        done = rig.run(json_file="report.json")
        sent = [str(one.body) for one in rig.codevf_faults.log if one.path.endswith("/tasks/create")]
        assert [("[REDACTED:github-token]" in one, secret in one) for one in sent] == [(True, False)] * 3, done.log
        assert (
            secret
            not in f"{done.log}{done.summary}{rig.summaries()}{done.workspace.joinpath('report.json').read_text()}"
        )
        assert "3 secrets redacted" in done.log


class Slow(SystemClock):
    """A service whose polls each take a minute and whose tasks never end."""

    balance = project = tags = create = deliverable = None  # never called

    def __init__(self) -> None:
        super().__init__()
        self.minutes = 0
        self.asked: list[str] = []

    def monotonic(self) -> float:
        return 60.0 * self.minutes

    def retrieve(self, task_id: str) -> Task:
        self.asked.append(task_id)
        self.minutes += 1
        return Task(task_id, TaskStatus.PENDING, "pending")


def test_a_wait_for_parts_ends_at_the_deadline() -> None:
    slow = Slow()
    service = BatchReviewService(cast("ReviewService", slow), slow, deadline=270)
    for _ in range(3):
        assert service.retrieve("a,b,c").id == "a,b,c"
    assert slow.asked == ["a", "b", "c", "a", "b"]


@pytest.mark.parametrize("change", [{"paths": "**\n!app.py"}, {}])
def test_a_resumed_intent_uses_the_hold_of_its_task(tmp_path: Path, change: dict[str, str]) -> None:
    with open_rig(tmp_path) as rig:
        first: Any = change
        if not change:
            rig.codevf_faults.add("/tasks/create", Reply(413, body=b"{}"), nth=1, method="POST")
        for nth in range(1 if change else 2, 12):
            rig.codevf_faults.add("/tasks/create", RecordedThen(503), nth=nth, method="POST")
        rig.run(wait_minutes="0", **first)
        rig.codevf_faults.clear()
        done = rig.run()
        assert len(rig.service.tasks()) == 1
        if change:
            assert done.outputs["coverage"] == "partial", "a selected file was not submitted"
        else:
            assert done.outputs["coverage"] == "full"


def test_missing_parts_of_an_interrupted_purchase_are_not_bought_for_an_older_head(
    tmp_path: Path,
) -> None:
    with open_rig(tmp_path, engineer=engineer, config=THREE) as rig:
        grow(rig)
        for nth in range(2, 20):
            rig.codevf_faults.add("/tasks/create", DropBefore(), nth=nth, method="POST")
        rig.run(wait_minutes="0")
        rig.codevf_faults.clear()
        rig.world.push(REPO, "topic", {"extra.py": "x = 1\n"}, author="mona")
        rig.run(supersede="keep")
        older_head = (rig.service.tasks()[0].request.metadata or {})["headSha"]
        assert [(one.request.metadata or {})["headSha"] for one in rig.service.tasks()].count(older_head) == 1
        older = decode(rig.summaries()[0], Signer(KEY, rig.world.store.repo(REPO).id, 1, "")).ledger.purchases[0]
        assert (older.head_sha, older.state, older.task_id) == (older_head, TaskState.INTENT, "")
        assert older.cost == older.hold > rig.service.tasks()[0].request.hold, "the hold of every part counts"


def test_several_tasks_are_not_bought_if_the_summary_cannot_be_written(tmp_path: Path) -> None:
    weak = {**WORKFLOW, Scope.PULL_REQUESTS: Access.READ, Scope.ISSUES: Access.READ}
    with open_rig(tmp_path, engineer=engineer, config=THREE, permissions=weak) as rig:
        grow(rig)
        assert "max-tasks: 1" in rig.run().log
        assert not rig.service.tasks()
        assert [one.status for one in rig.checks()] == ["completed"]
        rig.world.push(REPO, "main", {".github/reviewbot.yml": CONFIG.format(1)})
        assert rig.run().outputs["coverage"] == "partial"
