"""Waivers and bypasses, as whole runs: they count only for the code that their writer has seen."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import HandClock, TaskLife
from reviewbot_sandbox.faults import ClientDies, Reply
from reviewbot_sandbox.github import FileVersion, Level

from reviewbot.domain.events.comments import MOST_MISSED
from reviewbot.domain.github.pull_request import MOST_FORMER_BASES, RECENT_COMMITS
from tests.app.comments.test_commands import (
    CRITICAL,
    answers,
    bypass,
    check,
    emoji,
    event_of,
    identifier,
    people,
    say,
    summary,
)
from tests.app.reviewer.test_durable import IN_REVIEW, LONG, come_back
from tests.app.reviewer.test_incremental import OTHER, first_then
from tests.app.rig import CLEAN, HEAD, REPO, Rig, answer, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

EVIL = {"app.py": str(HEAD["app.py"]).replace("os.system(command)", "  os.system(command)")}
"""The same finding on other code."""


def push(rig: Rig) -> None:
    """Push as the author, one minute later by GitHub's clock."""
    rig.world.store.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
    rig.world.push(REPO, "topic", EVIL, author="mona")
    rig.world.store.clock = lambda: datetime.now(UTC)


BEFORE = str(HEAD["app.py"]).replace("import os\n", 'command = "ls"\n')
AFTER = BEFORE.replace('command = "ls"\n', "command = input()\n")
"""The same line is waived in one file, and runs what the user types in the other."""


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        ({"app.py": AFTER}, "fail"),
        ({"app.py": FileVersion(BEFORE.encode(), "100755")}, "fail"),
        ({"app.py": None, "moved.py": BEFORE}, "fail"),
        ({"more.py": "x = 1\n"}, "pass"),
    ],
    ids=["content", "mode", "name", "another file"],
)
def test_a_waiver_is_for_the_file_exactly_as_it_was(tmp_path: Path, after: dict[str, Any], verdict: str) -> None:
    with open_rig(tmp_path, engineer=first_then(CRITICAL, state="open")) as rig:
        people(rig)
        rig.world.push(REPO, "topic", {"app.py": BEFORE}, author="mona")
        rig.run()
        say(rig, f"/reviewbot waive {identifier(rig)} it only lists files")
        assert check(rig) == "success"
        rig.world.push(REPO, "topic", after, author="mona")
        assert rig.run().outputs["verdict"] == verdict


@pytest.mark.parametrize("by", ["mona", "hubot"])
@pytest.mark.parametrize("is_read", [False, True])
def test_a_waiver_does_not_cover_an_answer_that_is_read_after_the_comment(
    tmp_path: Path, by: str, *, is_read: bool
) -> None:
    """Also by the run of the comment itself, and by an author, who may waive what does not block."""
    clock = HandClock()

    def engineer(request: Any) -> Any:  # noqa: ANN401 — as the sandbox gives and takes it
        return answer(CRITICAL if "command = input()" in str(request.attachments) else {**CRITICAL, "severity": "low"})

    with open_rig(tmp_path, engineer=engineer, clock=clock, life=TaskLife(pending=2, processing=2)) as rig:
        people(rig)
        rig.world.push(REPO, "topic", {"app.py": BEFORE}, author="mona")
        rig.run(wait_minutes="0")
        clock.advance(10)
        assert rig.run(wait_minutes="0").outputs["verdict"] == "pass"
        rig.world.push(REPO, "topic", {"app.py": AFTER}, author="mona")
        rig.run(wait_minutes="0")
        said = f"/reviewbot waive {identifier(rig)} it only lists files"
        comment = rig.world.comment(REPO, 1, by, said)
        clock.advance(10)
        time.sleep(1.1)
        if is_read:
            rig.collect()
        rig.run(event="issue_comment", payload=event_of(rig, comment), wait_minutes="0")
        assert (check(rig), emoji(rig)) == ("failure", ["-1"])
        assert f"\n{said}\n" in answers(rig)[0] or by == "mona"
        say(rig, said)
        assert check(rig) == "success"


def spoilt(rig: Rig, how: str, old: str) -> None:
    """Put back an older summary, or delete the newest one."""
    [there] = [one for one in rig.world.store.comments.values() if "reviewbot:summary" in one.body]
    if how == "restored":
        rig.world.edit_comment(there.id, there.author, old)
    else:
        rig.world.delete_comment(there.id)


@pytest.mark.parametrize("how", ["restored", "deleted"])
@pytest.mark.parametrize("is_rewritten", [False, True])
def test_a_command_is_not_executed_again_with_another_summary(tmp_path: Path, how: str, *, is_rewritten: bool) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        old, said = summary(rig), f"/reviewbot waive {identifier(rig)} only admins can call it"
        undo = execute(rig, "hubot", said)
        say(rig, f"/reviewbot unwaive {identifier(rig)}")
        time.sleep(1.1)
        spoilt(rig, how, old)
        if is_rewritten:
            rig.run()
            rig.run()
            there = summary(rig)
            rig.run()
            assert summary(rig) == there, "not because of the time"
        undo()
        rig.run()
        assert check(rig) == "failure"
        assert how == "deleted" or "since been edited or deleted" in answers(rig)[-1]
        say(rig, "/reviewbot review", by="hubot")
        say(rig, said)
        assert check(rig) == "success"


def test_a_bypass_does_not_come_back_with_a_lost_summary(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        before = rig.world.pull(REPO, 1).head_sha
        undo = execute(rig, "max", f"{bypass(rig)} it burns")
        push(rig)
        rig.run()
        come_back(rig, before)
        time.sleep(1.1)
        spoilt(rig, "deleted", "")
        undo()
        rig.run()
        assert check(rig) == "failure"
        say(rig, f"{bypass(rig)} it burns", by="max")
        assert check(rig) == "success"


def test_a_waiver_does_not_cover_a_push_after_the_comment(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        said = f"/reviewbot waive {identifier(rig)}"
        comment = rig.world.comment(REPO, 1, "hubot", f"{said} only admins can call it")
        push(rig)
        rig.run(event="issue_comment", payload=event_of(rig, comment))
        assert f"\n{said} only admins can call it\n" in answers(rig)[0]
        assert emoji(rig) == ["-1"]
        assert rig.run().outputs["verdict"] == "fail"
        assert check(rig) == "failure"


def execute(rig: Rig, by: str, text: str) -> Callable[[], None]:
    """Execute a command; return what deletes its reaction and answer, as another workflow of the same App can."""
    store, comment = rig.world.store, rig.world.comment(REPO, 1, by, text)
    rig.run(event="issue_comment", payload=event_of(rig, comment))
    subject = store.reactions[-1].subject

    def undo() -> None:
        store.reactions[:] = [one for one in store.reactions if one.subject != subject]
        for one in [one for one in store.comments.values() if f"comment={comment.id} " in one.body.partition("-->")[0]]:
            rig.world.delete_comment(one.id)

    return undo


def test_a_withdrawn_waiver_does_not_come_back_when_its_answer_is_deleted(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        undo = execute(rig, "hubot", f"/reviewbot waive {identifier(rig)} only admins can call it")
        assert check(rig) == "success"
        say(rig, f"/reviewbot unwaive {identifier(rig)}")
        undo()
        rig.run()
        assert check(rig) == "failure"
        assert "post it again" in answers(rig)[-1]


def test_a_bypass_that_has_ended_does_not_come_back_when_its_answer_is_deleted(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        before = rig.world.pull(REPO, 1).head_sha
        undo = execute(rig, "max", f"{bypass(rig)} it burns")
        assert check(rig) == "success"
        push(rig)
        rig.run()
        come_back(rig, before)
        undo()
        rig.run()
        assert check(rig) == "failure"


def test_a_waive_that_no_run_has_executed_does_not_follow_its_unwaive(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        for _ in range(MOST_MISSED):
            rig.world.comment(REPO, 1, "mona", "/reviewbot help")
        rig.world.comment(REPO, 1, "hubot", f"/reviewbot waive {identifier(rig)} only admins can call it")
        say(rig, f"/reviewbot unwaive {identifier(rig)}")
        rig.run()
        assert check(rig) == "failure"


PACKAGE = "key-" + "0123456789abcdef" * 2
SCRIPT = "echo Installing the tools that the build needs.\nnpx {}\n"


def test_a_waiver_of_a_redacted_package_does_not_cover_another_one(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        people(rig)
        rig.world.push(REPO, "topic", {"run.sh": SCRIPT.format(PACKAGE)}, author="mona")
        assert rig.run().outputs["verdict"] == "fail"
        comment = rig.world.comment(REPO, 1, "hubot", f"/reviewbot waive {identifier(rig)} our own package")
        rig.run(event="issue_comment", payload=event_of(rig, comment))
        assert check(rig) == "success"
        rig.world.push(REPO, "topic", {"run.sh": SCRIPT.format(f"key-{PACKAGE[:3:-1]}")}, author="mona")
        assert rig.run().outputs["verdict"] == "fail"
        assert check(rig) == "failure"


def test_a_restored_package_is_not_green_if_codevf_fails(tmp_path: Path) -> None:
    """The late answer to its change was recorded for another one, in which no value is redacted."""
    clock = HandClock()
    with open_rig(tmp_path, clock=clock, life=IN_REVIEW, engineer=lambda _: CLEAN) as rig:
        before = rig.world.pull(REPO, 1).head_sha
        evil = rig.world.push(REPO, "topic", {"run.sh": SCRIPT.format(PACKAGE)}, author="mona")
        assert rig.run(wait_minutes="0").outputs["status"] == "pending"
        rig.world.push(REPO, "topic", {"other.py": "x = 1\n"}, author="mona", parents=(before,))
        verdicts = []
        for _ in range(3):  # the late answer, the purchase, and its answer
            clock.advance(2 * LONG)
            verdicts.append(rig.run(wait_minutes="0").outputs["verdict"])
        assert verdicts[-1] == "pass"
        come_back(rig, evil)
        rig.codevf_faults.add("/tasks/", Reply(503, body=b"{}"), method="GET", times=None)
        assert rig.run().outputs["verdict"] == "none"
        assert check(rig) == "action_required"
        rig.codevf_faults.clear()
        assert rig.run().outputs["verdict"] == "fail"


def test_a_waiver_does_not_cover_a_push_while_it_is_recorded(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        comment = rig.world.comment(REPO, 1, "hubot", f"/reviewbot waive {identifier(rig)} only admins can call it")
        rig.github_faults.add("/graphql", ClientDies(lambda: push(rig), recorded=False), body="query Entries")
        rig.run(event="issue_comment", payload=event_of(rig, comment))
        assert "could not store" in answers(rig)[0]
        assert emoji(rig) == ["-1"]
        assert rig.run().outputs["verdict"] == "fail"


def test_a_bypass_ends_when_the_base_changes(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), config="bases: [next]\n") as rig:
        people(rig)
        rig.run()
        rig.world.push(REPO, "next", {}, parents=(rig.world.store.git(REPO).branches()["main"],))
        rig.world.retarget(REPO, 1, "next")
        rig.world.store.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
        say(rig, f"{bypass(rig)} not part of the release", by="max")
        assert check(rig) == "success"
        rig.world.retarget(REPO, 1, "main")
        edited = rig.event("edited", changes={"base": {"ref": {"from": "next"}}})
        assert rig.run(payload=edited).outputs["verdict"] == "fail"
        assert check(rig) == "failure"


def test_a_bypass_does_not_apply_to_a_base_chosen_after_the_comment(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.world.push(REPO, "next", {}, parents=(rig.world.store.git(REPO).branches()["main"],))
        rig.world.retarget(REPO, 1, "next")
        rig.world.store.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
        comment = rig.world.comment(REPO, 1, "max", f"{bypass(rig)} not part of the release")
        rig.world.store.clock = lambda: datetime.now(UTC) + timedelta(minutes=2)
        rig.world.retarget(REPO, 1, "main")
        rig.world.store.clock = lambda: datetime.now(UTC)
        rig.run(event="issue_comment", payload=event_of(rig, comment))
        assert "The pull request's base branch changed after you wrote this" in answers(rig)[0]
        assert rig.run().outputs["verdict"] == "fail"
        assert check(rig) == "failure"


def test_a_waiver_does_not_apply_to_a_base_chosen_after_the_comment(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL), config="bases: [release]\n") as rig:
        people(rig)
        rig.world.push(REPO, "release", {}, parents=(rig.world.store.git(REPO).branches()["main"],))
        rig.run()
        comment = rig.world.comment(REPO, 1, "hubot", f"/reviewbot waive {identifier(rig)} only admins use main")
        rig.world.store.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
        rig.world.retarget(REPO, 1, "release")
        rig.world.store.clock = lambda: datetime.now(UTC)
        rig.run(event="issue_comment", payload=event_of(rig, comment))
        assert "and a waiver applies to only one base" in answers(rig)[0]
        assert rig.run(payload=rig.event("edited", changes={"base": {"ref": {"from": "main"}}})).exit_status == 1
        assert check(rig) == "failure"


def test_a_waiver_of_redacted_code_turns_a_named_instance_green(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        people(rig)
        rig.world.push(REPO, "topic", {"app.py": f"token = 'ghp_{'a1B2' * 9}'\n"}, author="mona")
        assert rig.run(instance="second").outputs["verdict"] == "fail"
        say(rig, f"/reviewbot waive {identifier(rig)} it was revoked", instance="second")
        assert check(rig) == "success"


STYLE = {**CRITICAL, "severity": "low", "title": "Prefer subprocess"}
"""A finding on the same line and in the same category as `CRITICAL`."""


def test_a_waiver_in_the_conversation_applies_to_one_instance(tmp_path: Path) -> None:
    reported = iter((STYLE, CRITICAL))
    with open_rig(tmp_path, engineer=lambda _: answer(next(reported))) as rig:
        people(rig)
        rig.run(instance="style", fail_on="low")
        command = f"/reviewbot waive {identifier(rig)} it only writes a log"
        rig.run(instance="security")
        comment = rig.world.comment(REPO, 1, "hubot", command)
        event = event_of(rig, comment)
        assert rig.run(instance="style", fail_on="low", event="issue_comment", payload=event).exit_status == 0
        rig.run(instance="security", event="issue_comment", payload=event)
        shown = {one.name: one.conclusion for one in rig.checks()}
        assert shown == {"CodeVF review: style": "success", "CodeVF review: security": "failure"}


@pytest.mark.parametrize(("author", "committer"), [("hubot", None), ("mona", "hubot")])
def test_a_committer_cannot_waive_or_bypass(tmp_path: Path, author: str, committer: str | None) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.world.grant(REPO, "hubot", Level.MAINTAIN)
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author=author, committer=committer)
        rig.run()
        say(rig, f"/reviewbot waive {identifier(rig)} it is fine")
        say(rig, f"{bypass(rig)} it is fine")
        assert all("`hubot` opened this pull request, or authored or committed" in text for text in answers(rig))
        assert emoji(rig) == ["-1", "-1"]
        assert check(rig) == "failure"
        say(rig, f"{bypass(rig)} it is fine", by="max")
        assert check(rig) == "success"


def test_a_committer_after_a_hundred_commits_is_an_author(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        people(rig)
        rig.world.grant(REPO, "hubot", Level.MAINTAIN)
        for number in range(100):
            rig.world.push(REPO, "topic", {"more.py": f"x = {number}\n"}, author="mona")
        rig.world.push(REPO, "topic", {"more.py": "y = 1\n"}, author="hubot")
        say(rig, f"{bypass(rig)} it is fine")
        assert "`hubot` opened this pull request, or authored or committed" in answers(rig)[0]
        before = len(rig.github_faults.log)
        say(rig, f"{bypass(rig)} it is fine", by="max")
        assert emoji(rig) == ["-1", "+1"]
        asked = [one for one in rig.github_faults.log[before:] if "query Commits" in str(one.body)]
        assert len(asked) == 2, "a hundred commits in each"


def test_a_bypass_ends_with_a_push_even_if_its_head_is_restored(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        before = rig.world.pull(REPO, 1).head_sha
        say(rig, f"{bypass(rig)} it burns", by="max")
        assert check(rig) == "success"
        push(rig)
        rig.run()
        come_back(rig, before)
        assert rig.run().outputs["verdict"] == "fail"
        assert check(rig) == "failure"


def test_a_withdrawn_waiver_does_not_return_with_an_older_summary(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        say(rig, f"/reviewbot waive {identifier(rig)} only admins can call it")
        assert check(rig) == "success"
        [green] = [one for one in rig.world.store.comments.values() if "reviewbot:summary" in one.body]
        say(rig, f"/reviewbot unwaive {identifier(rig)}")
        assert check(rig) == "failure"
        rig.world.edit_comment(green.id, green.author, green.body)
        done = rig.run()
        assert done.outputs["verdict"] == "fail"
        assert "An older version of the summary comment" in done.summary
        assert "Waived" not in summary(rig)
        checks = len(rig.checks())
        assert rig.run().outputs["verdict"] == "fail"
        assert (check(rig), len(rig.checks()), len(rig.service.tasks())) == ("failure", checks, 1)


def test_a_withdrawn_waiver_does_not_return_after_more_bases_than_are_read(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        main = rig.world.store.git(REPO).branches()["main"]
        bases = [f"base-{number}" for number in range(MOST_FORMER_BASES + 1)]
        for base in ("aside", *bases):
            rig.world.push(REPO, base, {}, parents=(main,))
        rig.run()
        say(rig, f"/reviewbot waive {identifier(rig)} only admins can call it")
        [green] = [one for one in rig.world.store.comments.values() if "reviewbot:summary" in one.body]
        rig.world.retarget(REPO, 1, "aside")
        say(rig, f"/reviewbot unwaive {identifier(rig)}")
        for base in (*bases, "main"):
            rig.world.retarget(REPO, 1, base)
        rig.world.edit_comment(green.id, green.author, green.body)
        done = rig.run()
        assert done.outputs["verdict"] == "fail"
        assert "some earlier heads or bases" in done.summary
        assert "Waived" not in summary(rig)


def test_a_waiver_given_after_more_bases_than_are_read_is_kept(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        main = rig.world.store.git(REPO).branches()["main"]
        rig.run()
        for number in range(MOST_FORMER_BASES + 1):
            rig.world.push(REPO, f"base-{number}", {}, parents=(main,))
            rig.world.retarget(REPO, 1, f"base-{number}")
        rig.world.retarget(REPO, 1, "main")
        rig.world.store.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
        say(rig, f"/reviewbot waive {identifier(rig)} only admins can call it")
        assert rig.run().outputs["verdict"] == "pass"


def test_a_withdrawn_waiver_stays_withdrawn_while_check_runs_cannot_be_read(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        say(rig, f"/reviewbot waive {identifier(rig)} only admins can call it")
        [green] = [one for one in rig.world.store.comments.values() if "reviewbot:summary" in one.body]
        say(rig, f"/reviewbot unwaive {identifier(rig)}")
        for number in range(RECENT_COMMITS + 1):
            rig.world.push(REPO, "topic", {"more.py": f"x = {number}\n"}, author="mona")
        rig.world.edit_comment(green.id, green.author, green.body)
        rig.github_faults.add("/graphql", Reply(502, body=b"{}"), body="query Checks", times=None)
        assert rig.run().outputs["reason"] == "github"
        assert check(rig) == "action_required"
        rig.github_faults.clear()
        assert rig.run().outputs["verdict"] == "fail"
        assert "Waived" not in summary(rig)


def test_another_finding_on_waived_code_has_its_own_comment(tmp_path: Path) -> None:
    other = {**CRITICAL, "title": "The command is logged with its password", "explanation": "Look at the log."}
    with open_rig(tmp_path, engineer=first_then(CRITICAL, new=(other,))) as rig:
        people(rig)
        rig.run()
        say(rig, f"/reviewbot waive {identifier(rig)} only admins can call it")
        rig.world.push(REPO, "topic", OTHER, author="mona")
        done = rig.run()
        assert (done.outputs["verdict"], done.outputs["new"]) == ("fail", "1"), done.log
        assert check(rig) == "failure"
        first, second = (comment.body for comment in rig.comments())
        assert ("**Waived** by" in first, "logged with its password" in second) == (True, True)
        assert second.partition("ids=")[2][:10] in summary(rig)
        before = [comment.body for comment in rig.comments()]
        assert rig.run().outputs["verdict"] == "fail"
        assert [comment.body for comment in rig.comments()] == before


OPEN_TO_ALL = str(HEAD["app.py"]) + "def hello():\n    return 1\n\ndef admin():\n    return drop_tables()\n"
GUARD = "    require_admin()\n"
HELLO, ADMIN = (OPEN_TO_ALL.replace(f"def {name}():\n", f"def {name}():\n{GUARD}") for name in ("hello", "admin"))


def test_a_waiver_for_a_removed_line_is_for_no_other_removal_from_another_base(tmp_path: Path) -> None:
    """The head has the same text, and main now has the line in a function where it matters."""

    def removed(request: Any) -> Any:  # noqa: ANN401 — the sandbox's request
        diff = "".join(one.content for one in request.attachments if one.file_name.endswith(".diff"))
        line = (HELLO if "def hello" in diff.partition(f"-{GUARD}")[0] else ADMIN).split("\n").index(GUARD[:-1]) + 1
        return answer({**CRITICAL, "side": "LEFT", "line": line, "end_line": line, "code": GUARD[:-1]})

    with open_rig(tmp_path, engineer=removed) as rig:
        people(rig)
        main = rig.world.push(REPO, "main", {"app.py": HELLO})
        head = rig.world.push(REPO, "topic", {"app.py": OPEN_TO_ALL}, author="mona", parents=(main,))
        time.sleep(1.1)
        assert rig.run().outputs["verdict"] == "fail"
        time.sleep(1.1)
        say(rig, f"/reviewbot waive {identifier(rig)} anyone may say hello")
        assert check(rig) == "success"
        moved = rig.world.push(REPO, "main", {"app.py": ADMIN})
        rig.world.push(REPO, "topic", {"app.py": OPEN_TO_ALL}, author="mona", parents=(head, moved))
        assert rig.run().outputs["verdict"] == "fail"


def test_a_collection_does_not_call_a_review_complete_that_has_missed_files(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="paths: ['**', '!new file.py']\n") as rig:
        people(rig)
        rig.run()
        rig.world.push(REPO, "main", {".github/reviewbot.yml": "paths: ['**']\n"})
        assert rig.run().exit_status == 3
        say(rig, "/reviewbot collect", by="mona")
        assert check(rig) == "action_required"
        assert len(rig.service.tasks()) == 1


@pytest.mark.parametrize("pushes", [0, RECENT_COMMITS + 1])
def test_an_older_summary_is_not_trusted_behind_commits_without_a_check(tmp_path: Path, pushes: int) -> None:
    answers_in_turn = iter([CLEAN, answer({**CRITICAL, "line": None, "end_line": None, "code": ""})])
    with open_rig(tmp_path, engineer=lambda _: next(answers_in_turn)) as rig:
        people(rig)
        rig.run()
        older = summary(rig)
        say(rig, "/reviewbot review")
        assert check(rig) == "failure"
        there = next(one for one in rig.world.store.comments.values() if "reviewbot:summary" in one.body)
        for number in range(pushes):
            rig.world.push(REPO, "topic", {}, author="mona", message=f"empty {number}")
        rig.world.edit_comment(there.id, there.author, older)
        assert rig.run().outputs["verdict"] == "fail"
