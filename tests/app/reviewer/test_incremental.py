"""Later reviews: new code is marked as new, and earlier findings are confirmed, carried, fixed or gone."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import Answer, HandClock, Structured, TaskLife, TaskRequest
from reviewbot_sandbox.faults import Meanwhile, Reply
from reviewbot_sandbox.github import WORKFLOW, Access, Level, Scope

from reviewbot.domain.ledger.codec import decode
from reviewbot.domain.ledger.signing import Signer
from tests.app.rig import BASE, CLEAN, FORGETFUL, HEAD, KEY, REPO, Rig, answer, earlier, finding, open_rig, with_state

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
EVAL = finding("new file.py", 2, severity="high", title="It evaluates a parcel", code="    return eval(parcel)")
FIXED = {"app.py": str(HEAD["app.py"]).replace("os.system(command)", "subprocess.run([command], check=True)")}
OTHER = {"other.py": "x = 1\n"}


def so_far(rig: Rig) -> str:
    """Return the attachment with earlier findings of the last submission."""
    texts = [one.content for one in rig.service.tasks()[-1].request.attachments if one.file_name == "conversation.md"]
    return "".join(texts)


def first_then(*findings: Mapping[str, Any], **later: Any) -> Any:  # noqa: ANN401 — an engineer
    """Return an engineer who reports these findings first and later answers with `state` and `new`."""

    def engineer(request: TaskRequest) -> Answer:
        if not any(one.file_name == "conversation.md" for one in request.attachments):
            return answer(*findings)
        previous = with_state(request, later["state"], later.get("note", "")) if "state" in later else None
        return answer(*later.get("new", ()), previous=previous)

    return engineer


def push(rig: Rig, files: Mapping[str, str | None]) -> None:
    rig.world.push(REPO, "topic", files, author="mona")


def counts(outputs: Mapping[str, str]) -> tuple[str, str, str]:
    return outputs["new"], outputs["fixed"], outputs["carried"]


def test_a_run_takes_the_findings_of_the_review_that_another_run_has_bought(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=first_then(CRITICAL, state="fixed")) as rig:

        def buy() -> None:
            rig.run()

        buy()
        push(rig, FIXED)
        rig.github_faults.add("/check-runs", Meanwhile(buy), method="POST", times=1)
        assert rig.run().outputs["verdict"] == "pass"
        [body] = [one for one in rig.summaries() if "reviewbot:summary" in one]
        first, second = decode(body, Signer(KEY, rig.world.store.repo(REPO).id, 1, "")).ledger.purchases
        assert (len(first.judged), second.judged) == (1, ()), "the fixed finding was not open in the second change"


def test_a_later_review_gets_what_is_new_and_the_open_findings(tmp_path: Path) -> None:
    password = "Hn7p!Q2rS-9tU4vW"  # it is not recognized when it is found; the second push makes it recognizable
    critical = {**CRITICAL, "title": f"A shell runs {password}"}
    with open_rig(tmp_path, engineer=first_then(critical, state="open")) as rig:
        rig.run()
        first = rig.world.pull(REPO, 1).head_sha
        assert not so_far(rig)
        push(rig, {**OTHER, "app.py": f'{HEAD["app.py"]}password = "{password}"\nlater = 2\n'})
        rig.run()
        sent = so_far(rig)
        assert f"of commit {first}" in sent
        assert '"app.py": lines 42 to 43' in sent
        assert '"other.py": line 1' in sent
        assert "new file.py" not in sent.partition("NEW SINCE")[2], "it has not changed since"
        [one] = earlier(rig.service.tasks()[-1].request)
        assert (one["title"], one["path"], one["line"], one["code"]) == (
            "A shell runs xx0x!x0xx-0xx0xx",
            "app.py",
            12,
            "unchanged",
        )
        task = rig.service.tasks()[-1].request
        assert "previous" in (task.response_schema or {})["properties"]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("change", "word", "status", "expected", "text"),
    [
        (FIXED, "fixed", 0, ("0", "1", "0"), "Fixed"),
        (FIXED, "open", 1, ("0", "0", "1"), ""),
        (FIXED, None, 1, ("0", "0", "1"), "Changed"),
        (OTHER, "fixed", 1, ("0", "0", "1"), "Says that this is fixed, but the code is unchanged"),
        (OTHER, None, 1, ("0", "0", "1"), ""),
        ({"app.py": None}, "fixed", 0, ("0", "1", "0"), "Fixed"),
        ({"app.py": None}, None, 1, ("0", "0", "1"), "Changed"),
        ({"app.py": None, "new file.py": None}, None, 0, ("0", "1", "0"), "Gone"),
    ],
    ids=[
        "fixed: the word and changed code",
        "changed, and the reviewer still sees it",
        "changed, not mentioned in the answer",
        "called fixed, and the code is as it was",
        "not mentioned in the answer",
        "called fixed, and its file is deleted",
        "its file is deleted, and its code may be in another one",
        "no other file is left",
    ],
)
def test_a_finding_is_carried_until_it_is_resolved(
    tmp_path: Path, change: Mapping[str, str | None], word: str | None, status: int, expected: object, text: str
) -> None:
    later = {} if word is None else {"state": word}
    with open_rig(tmp_path, engineer=first_then(CRITICAL, **later)) as rig:
        assert rig.run().exit_status == 1
        push(rig, change)
        done = rig.run()
        assert done.exit_status == status, done.log
        assert counts(done.outputs) == expected
        [comment] = rig.comments()
        assert text in comment.body
        assert ("reviewbot:state" in comment.body) == bool(text)
        assert (" · blocks: A shell runs it**" in comment.body) == bool(status)
        assert (f" · {text.lower()}: A shell runs it**" in comment.body) == (not status)
        assert rig.checks()[0].conclusion == ("failure" if status else "success")
        [summary] = rig.summaries()
        assert "A shell runs it" in summary


@pytest.mark.parametrize("mode", ["standard", "fast"])
def test_a_restored_red_change_is_red_again_in_any_mode(tmp_path: Path, mode: str) -> None:
    nowhere = {**CRITICAL, "line": None, "end_line": None, "code": ""}
    other = first_then(nowhere, state="open")

    def engineer(request: TaskRequest) -> Answer:
        if len(rig.service.tasks()) < 3:
            return other(request)  # type: ignore[no-any-return]
        return answer(previous=with_state(request, "fixed"))

    with open_rig(tmp_path, engineer=engineer) as rig:
        assert rig.run().exit_status == 1
        push(rig, OTHER)
        assert rig.run().exit_status == 1, "the finding is carried"
        push(rig, FIXED)
        done = rig.run(mode=mode)
        assert done.exit_status == 0, done.log
        push(rig, {"app.py": HEAD["app.py"]})
        for _ in range(2):
            done = rig.run(mode=mode)
            assert (done.exit_status, done.outputs["critical"]) == (1, "1"), done.log
            assert rig.checks()[0].conclusion == "failure"
        assert len(rig.service.tasks()) == (4 if mode == "standard" else 3)


@pytest.mark.parametrize(
    ("severities", "thresholds"),
    [
        (("medium", "critical"), ("critical", "critical")),
        (("high", "high"), ("critical", "high")),
        (("high", "high"), ("high", "critical")),
        (("high", "medium"), ("high", "high")),
    ],
    ids=["a worse severity", "a stricter threshold", "a weaker threshold", "a severity never improves"],
)
def test_a_comment_follows_the_severity_and_the_threshold(
    tmp_path: Path, severities: tuple[str, str], thresholds: tuple[str, str]
) -> None:
    """It says the same as a comment that is posted by the later run."""

    def engineer(request: TaskRequest) -> Answer:
        is_first = not any(one.file_name == "conversation.md" for one in request.attachments)
        return answer({**CRITICAL, "severity": severities[0 if is_first else 1]})

    with open_rig(tmp_path, engineer=engineer) as rig:
        rig.run(fail_on=thresholds[0])
        push(rig, OTHER)
        done = rig.run(fail_on=thresholds[1])
        [comment], [summary], [check] = rig.comments(), rig.summaries(), rig.checks()
        shown = re.sub("<!--.*?-->", "", comment.body)
        worse = "critical" if "critical" in severities else "high"
        blocks = worse == "critical" or thresholds[1] == "high"
        assert (done.exit_status, check.conclusion) == ((1, "failure") if blocks else (0, "success")), done.log
        word = "blocks" if blocks else "does not block"
        assert f" {worse.capitalize()} · correctness · {word}: A shell runs it**" in shown
        assert ("To waive it" in shown, "Resolve this conversation" in shown) == (
            blocks,
            thresholds[0] == "critical" and not blocks,
        )
        assert f"{worse.capitalize()} · [A shell runs it]" in summary
        before = len(rig.github_faults.log)
        rig.run(fail_on=thresholds[1])
        assert not [one for one in rig.github_requests()[before:] if "PATCH" in one and "/pulls/comments/" in one]


def test_the_state_in_a_comment_is_written_once_and_removed(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=first_then(CRITICAL, state="fixed")) as rig:
        rig.run()
        [before] = [one.body for one in rig.comments()]
        push(rig, FIXED)
        rig.run()
        fixed = [one.body for one in rig.comments()]
        writes = len(rig.github_requests())
        rig.run()
        assert [one.body for one in rig.comments()] == fixed
        assert not [one for one in rig.github_requests()[writes:] if one.startswith(("PATCH", "PUT", "DELETE"))]
        push(rig, {"app.py": HEAD["app.py"]})
        assert rig.run().exit_status == 1, "the code is back, and the finding with it"
        assert [one.body for one in rig.comments()] == [before]


def test_new_findings_join_the_carried_ones(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=first_then(CRITICAL, new=(EVAL,))) as rig:
        rig.run()
        push(rig, OTHER)
        done = rig.run()
        assert counts(done.outputs) == ("1", "0", "1")
        assert (done.outputs["findings"], done.outputs["critical"], done.outputs["high"]) == ("2", "1", "1")
        assert len(rig.comments()) == 2
        assert all(title in rig.summaries()[0] for title in ("A shell runs it", "It evaluates a parcel"))


def test_a_finding_without_a_comment_keeps_its_explanation(tmp_path: Path) -> None:
    afar = finding("elsewhere.py", 3, severity="low", title="Not in the change", explanation="Look at this one.")
    with open_rig(tmp_path, engineer=first_then(afar)) as rig:
        rig.run()
        push(rig, OTHER)
        rig.run()
        [summary] = rig.summaries()
        assert "Not in the change" in summary
        assert "Look at this one." in summary


def test_a_rebase_that_changes_nothing_buys_nothing(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=first_then(CRITICAL), limits=FORGETFUL) as rig:
        rig.run()
        rig.world.push(REPO, "main", {"docs.md": "More.\n"}, message="Elsewhere")
        tip = rig.world.store.git(REPO).branches()["main"]
        rig.world.push(REPO, "topic", HEAD, author="mona", parents=(tip,))
        done = rig.run()
        assert done.exit_status == 1
        assert len(rig.service.tasks()) == 1
        assert rig.checks()[0].conclusion == "failure"


FLAWED, REPAIRED = (BASE["app.py"] + more for more in ("run(user.input)\n", "check(user)\nrun(user.input)\n"))


@pytest.mark.parametrize("is_merge", [True, False], ids=["merge", "rebase"])
@pytest.mark.parametrize(
    ("app", "new"), [(FLAWED, ['"app.py": 1 deleted line']), (REPAIRED, [])], ids=["undoes the base's fix", "ordinary"]
)
def test_what_the_base_has_changed_is_new_if_the_change_undoes_it(
    tmp_path: Path,
    is_merge: bool,  # noqa: FBT001 — a column
    app: str,
    new: list[str],
) -> None:
    files = {"app.py": FLAWED, "new file.py": "y = 1\n", "gone.py": "old = 1\n"}
    with open_rig(tmp_path, engineer=first_then()) as rig:
        base = rig.world.push(REPO, "main", {"app.py": FLAWED})
        rig.world.push(REPO, "topic", files, author="mona", parents=(base,))
        rig.run()
        first = rig.world.pull(REPO, 1).head_sha
        tip = rig.world.push(REPO, "main", {"app.py": REPAIRED})
        wanted = {**files, "app.py": app, "later.py": "z = 1\n"}
        rig.world.push(REPO, "topic", wanted, author="mona", parents=(first, tip) if is_merge else (tip,))
        rig.run()
        said = so_far(rig).partition("NEW SINCE")[2].strip().split("\n")[1:]
        assert said == [*new, '"later.py": line 1']


def test_without_incremental_every_review_is_whole_and_confirms_earlier_findings(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=first_then(CRITICAL)) as rig:
        rig.run(incremental="false")
        push(rig, OTHER)
        assert rig.run(incremental="false").exit_status == 1
        assert "NEW SINCE" not in so_far(rig)
        assert len(earlier(rig.service.tasks()[-1].request)) == 1


def test_another_base_is_reviewed_whole(tmp_path: Path) -> None:
    def engineer(request: TaskRequest) -> Answer:
        return answer(CRITICAL) if "os.system" in str(request.attachments) else CLEAN

    with open_rig(tmp_path, engineer=engineer) as rig:
        rig.world.push(REPO, "next", HEAD, author="mona")
        rig.world.push(REPO, "stacked", OTHER, author="mona", parents=(rig.world.store.git(REPO).branches()["next"],))
        rig.number = rig.world.open_pull_request(REPO, "stacked", base="next", title="Stacked", author="mona").number
        assert rig.run().exit_status == 0, "its own change is harmless"
        rig.world.retarget(REPO, rig.number, "main")
        rig.run(payload=rig.event("edited", changes={"base": {"ref": {"from": "next"}}}))
        assert len(rig.service.tasks()) == 2, "a green head is not green on another base"
        assert "NEW SINCE" not in so_far(rig)
        assert rig.checks()[-1].conclusion == "failure"


def test_an_unread_part_of_an_answer_is_carried_until_it_is_resolved(tmp_path: Path) -> None:
    odd = Structured({"summary": "", "files": [{"path": "app.py", "findings": ["Look at line 12!"]}]})
    with open_rig(tmp_path, engineer=lambda request: CLEAN if earlier(request) else odd) as rig:
        assert rig.run().exit_status == 3
        push(rig, OTHER)
        done = rig.run()
        assert done.exit_status == 1
        assert (done.outputs["reason"], done.outputs["unrated"]) == ("gate", "1")


def test_a_finding_that_never_had_a_comment_stays_in_the_summary_once_it_is_fixed(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=first_then(EVAL, CRITICAL, state="fixed")) as rig:
        rig.run(comment_from="critical")
        assert len(rig.comments()) == 1
        push(rig, {"new file.py": NEW.replace("    return eval(parcel)", "    return int(parcel)"), **FIXED})
        rig.run(comment_from="critical")
        push(rig, OTHER)
        rig.run(comment_from="critical")
        [summary] = rig.summaries()
        assert "1 finding fixed or gone" in summary
        assert "It evaluates a parcel" in summary
        assert "A shell runs it" not in summary, "its comment shows it"


# --- The head moves -------------------------------------------------------------------------------------------------


def shifted(by: int) -> dict[str, str | None]:
    """Return the change with this many more lines at the top of the file."""
    return {"app.py": "# one more\n" * by + str(HEAD["app.py"])}


def lines(rig: Rig) -> list[tuple[str, int | None]]:
    anchors = [rig.world.store.threads[one.thread_id].anchor for one in rig.comments()]
    return [(at.path, at.line) for at in anchors]


def test_a_late_answer_is_placed_where_its_code_has_moved(tmp_path: Path) -> None:
    cited = finding("new file.py", 2, severity="high", title="Cited, not quoted")
    lost = finding("app.py", 11, severity="high", title="Its code is gone", code="import os")

    def engineer(_: TaskRequest) -> Answer:
        if rig.world.pull(REPO, 1).head_sha == first:
            push(rig, {"app.py": shifted(3)["app.py"].replace("import os\n", ""), "new file.py": f"# top\n{NEW}"})  # type: ignore[union-attr]
        return answer(CRITICAL, cited, lost)

    with open_rig(tmp_path, engineer=engineer) as rig:
        first = rig.world.pull(REPO, 1).head_sha
        done = rig.run()
        assert done.exit_status == 1
        assert sorted(lines(rig)) == [("app.py", 14), ("new file.py", 3)]
        assert "Its code is gone" in rig.summaries()[0]
        [check] = rig.checks(first)
        assert (check.status, check.conclusion) == ("completed", "failure"), "the verdict is of the reviewed head"
        assert not rig.checks()
        assert done.outputs["reviewed-sha"] == first


NEW = str(HEAD["new file.py"])


def test_a_queued_task_is_replaced(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=TaskLife(pending=3_000, processing=1)) as rig:
        rig.run(wait_minutes="0")
        push(rig, OTHER)
        rig.run(wait_minutes="0")
        first, second = rig.service.tasks()
        assert (first.cancelled_at is not None, second.cancelled_at is not None) == (True, False)


@pytest.mark.parametrize(("rule", "cancelled"), [("always-replace", True), ("replace-pending", False), ("keep", False)])
def test_a_task_in_progress_is_kept_by_default(tmp_path: Path, rule: str, *, cancelled: bool) -> None:
    life = TaskLife(pending=0, processing=3_000)
    with open_rig(tmp_path, life=life, config=f"supersede: {rule}\n") as rig:
        rig.run(wait_minutes="0")
        push(rig, OTHER)
        done = rig.run(wait_minutes="0")
        tasks = rig.service.tasks()
        assert (tasks[0].cancelled_at is not None) == cancelled
        assert len(tasks) == 1 + cancelled, "the new part is bought after the older review"
        assert done.outputs["status"] == "pending"
        assert rig.checks()[0].status == "in_progress", "the open task moves to the new head's check"


def test_new_commits_are_bought_after_the_older_review(tmp_path: Path) -> None:
    life, clock = TaskLife(pending=0, processing=20), HandClock()
    with open_rig(tmp_path, life=life, engineer=first_then(CRITICAL, state="open"), clock=clock) as rig:
        rig.run(wait_minutes="0")
        older = rig.world.pull(REPO, 1).head_sha
        push(rig, {**OTHER, **shifted(3)})
        rig.run(wait_minutes="0")
        assert len(rig.service.tasks()) == 1
        clock.advance(21)
        rig.collect()
        assert len(rig.service.tasks()) == 2
        assert f"of commit {older}" in so_far(rig)
        assert lines(rig) == [("app.py", 15)], "its findings are already published"
        assert "A shell runs it" in rig.summaries()[0]
        clock.advance(21)
        rig.collect()
        assert len(rig.service.tasks()) == 2
        deferred, check = rig.checks()  # an intent beside another review has a check run of its own
        assert (deferred.status, deferred.conclusion) == ("completed", "action_required")
        assert (check.status, check.conclusion) == ("completed", "failure")
        assert rig.checks(older)[0].conclusion == "action_required"


def test_a_waiting_run_publishes_both_reviews(tmp_path: Path) -> None:
    life = TaskLife(pending=0, processing=5)
    with open_rig(tmp_path, life=life, engineer=first_then(CRITICAL, state="open", new=(EVAL,))) as rig:
        rig.run(wait_minutes="0")
        push(rig, OTHER)
        done = rig.run()
        assert len(rig.service.tasks()) == 2
        assert counts(done.outputs) == ("1", "0", "1")
        assert len(rig.comments()) == 2


def test_pending_after_a_review_the_summary_links_the_comments(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=first_then(CRITICAL, finding("app.py", 14, severity="low"))) as rig:
        rig.run()
        push(rig, OTHER)
        assert rig.run(wait_minutes="0").outputs["status"] == "pending"
        [summary], [check] = rig.summaries(), rig.checks()
        for comment in rig.comments():
            address = f"/pull/1#discussion_r{comment.id})"
            assert address in summary
            assert address not in check.output.summary
        assert "lists the findings" in check.output.summary
        assert "without a comment" not in summary


def test_the_end_of_the_older_run_does_not_fail_its_step(tmp_path: Path) -> None:
    with open_rig(tmp_path, clock=HandClock()) as rig, ThreadPoolExecutor(1) as pool:
        older = rig.world.pull(REPO, 1).head_sha
        waiting = pool.submit(rig.run)
        while not rig.service.tasks():
            time.sleep(0.05)
        push(rig, OTHER)
        rig.run(wait_minutes="0")
        done = waiting.result(timeout=60)
        assert (done.exit_status, done.outputs["reason"]) == (0, "superseded"), done.log
        assert rig.checks(older)[0].conclusion == "action_required"
        assert len(rig.summaries()) == 1
        assert rig.checks()[0].status == "in_progress"


# --- What people do -------------------------------------------------------------------------------------------------


def test_a_thread_is_resolved_or_hidden_and_reopened_with_its_finding(tmp_path: Path) -> None:
    for folder, more in (("may", {Scope.CONTENTS: Access.WRITE}), ("may not", {})):
        engineer = first_then(CRITICAL, state="fixed")
        with open_rig(tmp_path / folder, engineer=engineer, permissions={**WORKFLOW, **more}) as rig:
            rig.run()
            push(rig, FIXED)
            rig.run()
            [comment] = rig.comments()
            resolved = rig.world.store.threads[comment.thread_id].resolved_by is not None
            assert (resolved, comment.minimized is not None) == (folder == "may", folder != "may")
            push(rig, {"app.py": str(HEAD["app.py"]), **OTHER})
            assert rig.run().outputs["verdict"] == "fail"
            [comment] = rig.comments()
            assert (rig.world.store.threads[comment.thread_id].resolved_by, comment.minimized) == (None, None)
            assert "Fixed" not in comment.body


def test_a_thread_with_a_persons_reply_is_not_hidden(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=first_then(CRITICAL, state="fixed")) as rig:
        rig.run()
        rig.world.reply(rig.comments()[0].id, "mona", "Will do.")
        push(rig, FIXED)
        rig.run()
        assert rig.comments()[0].minimized is None
        assert "Fixed" in rig.comments()[0].body


@pytest.mark.parametrize("readable", [True, False])
def test_a_deleted_summary_does_not_turn_the_check_green(tmp_path: Path, readable: bool) -> None:  # noqa: FBT001 — a column
    with open_rig(tmp_path, engineer=first_then(CRITICAL)) as rig:
        rig.run()
        older = [one.id for one in rig.checks()]
        push(rig, OTHER)
        rig.run()
        [summary] = [one for one in rig.world.store.comments.values() if one.author.endswith("[bot]")]
        rig.world.delete_comment(summary.id)
        for one in older if not readable else ():
            del rig.world.store.checks[one]
        done = rig.run()
        came = (done.exit_status, done.outputs["reason"], done.outputs["verdict"])
        assert came == ((1, "gate", "fail") if readable else (3, "memory", "none"))
        assert rig.checks()[-1].conclusion == ("failure" if readable else "action_required")
        assert len(rig.service.tasks()) == 2
        push(rig, {"more.py": "y = 1\n"})
        rig.run()
        assert "NEW SINCE" not in so_far(rig), "lost findings are searched in the whole change"


def test_the_approval_label_is_used_up_before_anything_is_bought(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="approve-spend: review-please\n") as rig:
        rig.world.grant(REPO, "hubot", Level.WRITE)
        label = {"label": {"name": "review-please"}, "sender": {"login": "hubot", "type": "User"}}
        rig.codevf_faults.add("/tasks/create", Reply(400), method="POST")
        for tasks in (0, 1, 1):
            rig.world.label(REPO, 1, "review-please", "hubot")
            rig.run(payload=rig.event("labeled", **label))
            assert len(rig.service.tasks()) == tasks
            assert "review-please" not in rig.world.pull(REPO, 1).labels


def test_the_ledger_matches_the_text_of_the_summary(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=first_then(CRITICAL, EVAL)) as rig:
        rig.run()
        assert re.match(r"<!-- reviewbot:summary:v1 .*?--><!-- reviewbot:ledger:v1 ", rig.summaries()[0])


LONG_LINE = f"call() // {'x' * 400}\n"


@pytest.mark.parametrize(
    ("path", "then", "now"),
    [
        ("lib.py", 'password = (\n    "call/x9k2ab8z7q"\n)\n', 'program_ = (\n    "call/x9k2ab8z7q"\n)\n'),
        ("lib.min.js", LONG_LINE, LONG_LINE + "c\n" * 9),
    ],
    ids=["masked", "minified"],
)
def test_lines_that_the_last_review_did_not_show_are_new(tmp_path: Path, path: str, then: str, now: str) -> None:
    with open_rig(tmp_path, engineer=first_then()) as rig:
        push(rig, {path: then})
        rig.run()
        (first,) = rig.service.tasks()
        shown = next(one.content for one in first.request.attachments if one.file_name == "change.diff")
        assert "call/" not in shown
        assert "call()" not in shown
        push(rig, {path: now})
        rig.run()
        assert f'"{path}": lines 1 to ' in so_far(rig)
