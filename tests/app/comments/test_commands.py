"""Commands in comments, as whole runs: who is authorized, what they do, and that each is executed once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import End, HandClock, TaskLife
from reviewbot_sandbox.faults import DropBefore, RecordedThen, Reply
from reviewbot_sandbox.github import Level
from reviewbot_sandbox.github.model.addresses import node_id
from reviewbot_sandbox.github.model.forms import CommentForm
from reviewbot_sandbox.github.model.records import ReviewState

from reviewbot.adapters.github.forge import SMALL_PAGE
from tests.app.rig import CLEAN, REPO, Finished, Rig, answer, finding, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
LONG = TaskLife(pending=100_000, processing=100_000)
BOT = "github-actions[bot]"


def event_of(rig: Rig, comment: Any, **more: Any) -> Mapping[str, Any]:  # noqa: ANN401 — the sandbox's record, JSON
    """Return the fields of an `issue_comment` event that the action reads."""
    return {
        "action": "created",
        "issue": {"number": rig.number, "pull_request": {"url": "…"}},
        "comment": {"id": comment.id, "body": comment.body, "user": {"login": comment.author}},
        "sender": {"login": comment.author, "type": "User"},
        **more,
    }


def say(rig: Rig, text: str, by: str = "hubot", **inputs: Any) -> Finished:  # noqa: ANN401 — as `Rig.run` takes them
    """Write a comment and run the workflow on its event."""
    comment = rig.world.comment(REPO, rig.number, by, text)
    return rig.run(event="issue_comment", payload=event_of(rig, comment), **inputs)


def people(rig: Rig) -> None:
    """Add users: hubot (write), max (maintain), mona (admin and author), quill (read)."""
    levels = {"hubot": Level.WRITE, "max": Level.MAINTAIN, "mona": Level.ADMIN, "quill": Level.READ}
    for login, level in levels.items():
        rig.world.grant(REPO, login, level)


def answers(rig: Rig) -> list[str]:
    """Return reviewbot's replies to commands, those in the conversation first."""
    return [body for body in (*rig.summaries(), *(one.body for one in rig.comments())) if "reviewbot:answer" in body]


def summary(rig: Rig) -> str:
    [body] = [body for body in rig.summaries() if "reviewbot:summary" in body]
    return body


def emoji(rig: Rig) -> list[str]:
    """Return reviewbot's reactions."""
    return [one.content for one in rig.world.store.reactions if one.user == BOT]


def check(rig: Rig) -> str | None:
    """Return the conclusion of the head's newest check run."""
    conclusion: str | None = rig.checks()[-1].conclusion
    return conclusion


def identifier(rig: Rig) -> str:
    """Return the id of the only finding of the only comment."""
    [comment] = rig.comments()
    identifier: str = comment.body.partition("ids=")[2][:10]
    return identifier


def bypass(rig: Rig) -> str:
    """Return a bypass command for the head, without its reason."""
    return f"/reviewbot bypass {rig.world.pull(REPO, rig.number).head_sha}"


def test_a_review_is_bought_again_on_request(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        done = say(rig, "/reviewbot review\nplease")
        assert done.exit_status == 0, done.log
        assert (done.outputs["verdict"], done.outputs["exit-status"]) == ("fail", "0"), (
            "the summary has the verdict of the check"
        )
        assert len(rig.service.tasks()) == 2
        assert emoji(rig) == ["+1"]
        [reply] = answers(rig)
        assert "`hubot` requested a review" in reply
        assert "The check: 1 finding blocks this pull request" in reply


def test_with_review_on_request_a_command_buys_the_review(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: CLEAN) as rig:
        people(rig)
        rig.run(review_on="request")
        head = rig.world.pull(REPO, 1).head_sha
        assert say(rig, f"/reviewbot review {head[:7]}", review_on="request").outputs["verdict"] == "pass"
        assert check(rig) == "success"


@pytest.mark.parametrize(
    ("by", "text", "word"),
    [
        ("quill", "/reviewbot review", "does not have"),
        ("quill", "/reviewbot cancel", "does not have"),
        ("hubot", "/reviewbot bypass it burns", "does not have"),
        ("mona", "/reviewbot bypass {head} it burns", "Authors cannot bypass the check"),
        ("mona", "/reviewbot waive {id} it is fine", "Authors cannot waive a blocking finding"),
        ("hubot", "/reviewbot waive {id}", "The reason is missing. The summary shows the reason."),
        ("hubot", "/reviewbot waive 0000 it is fine", "No open finding"),
        ("hubot", "/reviewbot review 1234567", "is not the head of the pull request"),
        ("hubot", "/reviewbot cancel", "There is no open review and no open question"),
        ("max", "/reviewbot bypass it burns", "A bypass must specify the commit"),
    ],
)
def test_a_command_without_permission_is_refused_with_a_message(tmp_path: Path, by: str, text: str, word: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        before = (summary(rig), rig.checks())
        done = say(rig, text.format(id=identifier(rig), head=rig.world.pull(REPO, 1).head_sha), by=by)
        assert (done.exit_status, done.outputs["status"], done.outputs["reason"]) == (0, "skipped", "command"), done.log
        assert (summary(rig), rig.checks()) == before
        assert len(rig.service.tasks()) == 1
        assert emoji(rig) == ["-1"]
        [reply] = answers(rig)
        assert word in reply
        assert word in done.log


def test_an_author_gets_the_command_for_another_user_to_paste(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        line = f"/reviewbot waive {identifier(rig)} the key is {{}}"
        say(rig, line.format("ghp_" + "A1b2C3d4E5f6" * 3), by="mona")
        assert f"\n{line.format('[REDACTED:github-token]')}\n" in answers(rig)[0]


def test_an_unknown_command_is_answered_with_help(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        say(rig, "/reviewbot make coffee", by="quill")
        assert emoji(rig) == ["confused"]
        assert "`/reviewbot waive ID REASON`" in answers(rig)[0]


def test_users_with_read_access_get_the_status(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        asked = len(rig.codevf_faults.log)
        assert say(rig, "/reviewbot status", by="quill").outputs["reason"] == "command"
        assert "no open review, 1 open finding" in answers(rig)[0]
        assert len(rig.codevf_faults.log) == asked, "a stranger's command sends no request to CodeVF"


@pytest.mark.parametrize("text", ["review", "review {head:.7}", "bypass {head:.7} it burns", "bypass {head} it burns"])
def test_a_command_does_not_apply_to_a_head_pushed_after_the_comment(tmp_path: Path, text: str) -> None:
    with open_rig(tmp_path, config="approve-spend: spend\n") as rig:
        people(rig)
        before = rig.world.pull(REPO, 1).head_sha
        assert say(rig, f"/reviewbot review {before}").outputs["verdict"] == "pass"
        comment = rig.world.comment(REPO, 1, "max", f"/reviewbot {text.format(head=before)}")
        rig.world.store.clock = lambda: datetime.now(UTC) + timedelta(minutes=1)
        head = rig.world.push(REPO, "topic", {"late.py": "x = 1\n"}, author="mona")
        rig.run(event="issue_comment", payload=event_of(rig, comment))
        rig.world.store.clock = lambda: datetime.now(UTC)
        reply = answers(rig)[-1]
        assert f"`{head[:7]}`" in reply
        assert f"\n/reviewbot {text.split(maxsplit=1)[0]} {head}" in reply
        assert emoji(rig) == ["+1", "-1"]
        assert len(rig.service.tasks()) == 1
        assert not rig.checks()


def test_a_waiver_unblocks_and_its_withdrawal_blocks(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        done = say(rig, f"/reviewbot waive {identifier(rig)[:4]} only @admins can call it")
        assert (done.exit_status, done.outputs["verdict"], check(rig)) == (0, "pass", "success"), done.log
        assert "`hubot` waived" in answers(rig)[0]
        assert "@admins" not in answers(rig)[0], "no one is mentioned"
        assert rig.run().exit_status == 0, "the waiver applies"
        done = say(rig, f"/reviewbot unwaive {identifier(rig)}", by="mona")
        assert (done.exit_status, done.outputs["verdict"], check(rig)) == (0, "fail", "failure"), done.log
        assert emoji(rig) == ["+1", "+1"]
        assert len(rig.service.tasks()) == 1, "nothing was bought for it"


def test_an_edited_answer_does_not_answer_another_command(tmp_path: Path) -> None:
    """An author must not keep a waiver by an answer to the command that withdraws it."""
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        say(rig, f"/reviewbot waive {identifier(rig)} it is fine")
        withdrawal = rig.world.comment(REPO, rig.number, "hubot", f"/reviewbot unwaive {identifier(rig)}")
        [there] = [one for one in rig.world.store.comments.values() if "reviewbot:answer" in one.body]
        forged = re.sub("comment=[0-9]+", f"comment={withdrawal.id}", there.body)
        rig.world.edit_comment(there.id, "mona", forged)
        rig.run(event="issue_comment", payload=event_of(rig, withdrawal))
        assert check(rig) == "failure"


def test_a_waiver_is_kept_on_a_draft_too(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        rig.world.store.pulls[REPO, 1] = replace(rig.world.pull(REPO, 1), draft=True)
        say(rig, f"/reviewbot waive {identifier(rig)} it is known")
        assert emoji(rig) == ["+1"]
        rig.world.store.pulls[REPO, 1] = replace(rig.world.pull(REPO, 1), draft=False)
        assert rig.run(payload=rig.event("ready_for_review")).outputs["verdict"] == "pass"
        assert len(rig.service.tasks()) == 1


def test_a_maintainer_bypasses_a_head_that_was_never_reviewed(tmp_path: Path) -> None:
    with open_rig(tmp_path, available=10) as rig:
        people(rig)
        assert rig.run().outputs["reason"] == "over-budget"
        done = say(rig, f"{bypass(rig)} the house is on fire", by="max")
        assert (done.exit_status, done.outputs["verdict"], done.outputs["reason"]) == (0, "pass", "bypass"), done.log
        assert check(rig) == "success"
        assert "the house is on fire" in answers(rig)[0]
        assert rig.run().exit_status == 0, "the next run reads it from the ledger"
        assert check(rig) == "success"
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        assert rig.run().exit_status == 3
        assert check(rig) == "action_required", "it applied to that head only"


def test_an_open_review_is_cancelled_and_not_left_open(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=LONG) as rig:
        people(rig)
        rig.run(wait_minutes="0")
        done = say(rig, "/reviewbot cancel")
        assert (done.exit_status, done.outputs["reason"]) == (0, "cancelled"), done.log
        assert [one.cancelled_at is not None for one in rig.service.tasks()] == [True]
        assert [(one.status, one.conclusion) for one in rig.checks()] == [("completed", "action_required")]
        assert emoji(rig) == ["+1"]


def test_a_finished_review_is_published_and_not_called_cancelled(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, life=TaskLife(2, 2), clock=clock, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run(wait_minutes="0")
        clock.advance(10)
        done = say(rig, "/reviewbot cancel")
        assert (done.exit_status, check(rig), len(rig.comments())) == (0, "failure", 1), done.log
        assert "There is no open review and no open question" in answers(rig)[-1]
        assert emoji(rig) == ["-1"]


def test_finished_reviews_are_collected_on_request(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, life=TaskLife(2, 2), clock=clock, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run(wait_minutes="0")
        clock.advance(10)
        done = say(rig, "/reviewbot collect")
        assert (done.exit_status, done.outputs["verdict"], check(rig)) == (0, "fail", "failure"), done.log
        assert len(rig.comments()) == 1


def test_a_free_reviewers_findings_cannot_be_waived(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        people(rig)
        rig.run(reviewer="local", fail_on="low")
        say(rig, "/reviewbot bypass it burns", by="max", reviewer="local", fail_on="low")
        assert "needs `reviewer: codevf`" in answers(rig)[0]
        assert check(rig) == "failure"


# --- Authorization ----------------------------------------------------------------------------------------------------


def test_only_a_persons_own_new_comment_is_a_command(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        people(rig)
        rig.world.user("renovate[bot]", kind="Bot")
        rig.world.grant(REPO, "renovate[bot]", Level.ADMIN)
        comment = rig.world.comment(REPO, 1, "max", "/reviewbot bypass it burns")
        forged = {"sender": {"login": "mona", "type": "User"}}
        assert rig.run(event="issue_comment", payload=event_of(rig, comment, **forged)).outputs["reason"] == "event"
        edited = event_of(rig, comment, action="edited")
        assert rig.run(event="issue_comment", payload=edited).outputs["reason"] == "event"
        assert not rig.github_requests(), "the event alone decides"
        rig.world.delete_comment(comment.id)
        assert rig.run(event="issue_comment", payload=event_of(rig, comment)).outputs["reason"] == "event"
        assert say(rig, "/reviewbot bypass it burns", by="renovate[bot]").outputs["reason"] == "event"
        assert not rig.checks()
        assert emoji(rig) == []


def test_text_that_another_user_put_into_a_comment_is_ignored(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        comment = rig.world.comment(REPO, 1, "max", "hello")
        said = rig.world.edit_comment(comment.id, "mona", "/reviewbot bypass it burns")
        assert rig.run(event="issue_comment", payload=event_of(rig, said)).outputs["reason"] == "event"
        assert rig.run().exit_status == 1
        assert emoji(rig) == []


# --- In review threads ------------------------------------------------------------------------------------------------


def thread_event_of(rig: Rig, reply: Any, **more: Any) -> Mapping[str, Any]:  # noqa: ANN401 — the sandbox's record, JSON
    """Return the fields of a `pull_request_review_comment` event that the action reads."""
    payload = {**event_of(rig, reply), "pull_request": {"number": rig.number}, **more}
    return {key: payload[key] for key in payload if key != "issue"}


def reply_to_finding(rig: Rig, text: str, by: str = "hubot", **inputs: Any) -> Finished:  # noqa: ANN401 — as `Rig.run` takes them
    """Reply to the only finding's comment as a person, and run the workflow on it."""
    reply = rig.world.reply(rig.comments()[0].id, by, text)
    return rig.run(event="pull_request_review_comment", payload=thread_event_of(rig, reply), **inputs)


def test_a_reply_to_a_finding_waives_it_without_an_id(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        done = reply_to_finding(rig, "/reviewbot waive only admins can call it")
        assert (done.exit_status, done.outputs["verdict"], check(rig)) == (0, "pass", "success"), done.log
        [shown] = answers(rig)
        assert "`hubot` waived" in shown
        [first, reply, answered] = rig.world.store.replies.values()
        assert (answered.body, answered.in_reply_to) == (shown, first.id)
        assert "⚖️ **Waived** by `hubot`: only admins can call it" in first.body
        assert " · waived: " in first.body
        assert " · blocks: " not in first.body
        assert [one.subject for one in rig.world.store.reactions] == [node_id("PRRC", reply.id)]
        assert emoji(rig) == ["+1"]
        done = reply_to_finding(rig, "/reviewbot unwaive")
        assert (done.exit_status, check(rig)) == (0, "failure"), done.log
        assert " · blocks: " in rig.comments()[0].body
        assert len(rig.service.tasks()) == 1


def test_the_answer_is_in_the_conversation_if_the_first_comment_of_the_thread_is_gone(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        first = rig.comments()[0]
        reply = rig.world.reply(first.id, "hubot", "/reviewbot status")
        rig.world.reply(first.id, "hubot", "hello")
        rig.world.delete_comment(first.id)
        rig.run(event="pull_request_review_comment", payload=thread_event_of(rig, reply))
        [shown] = answers(rig)
        assert "In reply to [this comment](" in shown
        assert shown in rig.summaries()
        assert emoji(rig) == ["+1"]


def test_the_same_people_may_waive_in_a_thread(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        finding_id = identifier(rig)
        reply_to_finding(rig, "/reviewbot waive it is fine", by="quill")
        reply_to_finding(rig, "/reviewbot waive it is fine", by="mona")
        reply_to_finding(rig, "/reviewbot waive")
        assert ["does not have" in reply for reply in answers(rig)] == [True, False, False]
        assert "Authors cannot waive a blocking finding" in answers(rig)[1]
        assert f"/reviewbot waive {finding_id} REASON" in answers(rig)[2]
        assert (emoji(rig), check(rig)) == (["-1"] * 3, "failure")


@pytest.mark.parametrize("by", ["mona", "hubot"])
def test_a_thread_whose_first_comment_another_account_wrote_or_edited_names_no_finding(tmp_path: Path, by: str) -> None:
    """Otherwise an author could show one finding and have another one waived."""
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        first = rig.comments()[0]
        if by == "mona":
            rig.world.edit_comment(first.id, by, first.body.replace("A shell runs it", "A typo"))
            reply = rig.world.reply(first.id, "hubot", "/reviewbot waive it is fine")
        else:
            forged = rig.world.review_comment(REPO, 1, by, CommentForm(first.body, "app.py", line=12))
            reply = rig.world.reply(forged.id, "hubot", "/reviewbot waive it is fine")
        rig.run(event="pull_request_review_comment", payload=thread_event_of(rig, reply))
        assert (emoji(rig), check(rig)) == (["-1"], "failure")
        assert "This thread has no open finding." in answers(rig)[0]


def test_updating_a_comment_does_not_approve_another_accounts_edit(tmp_path: Path) -> None:
    """The mark counts only while reviewbot is the last editor, and an author can cause an update."""
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        first, word = rig.comments()[0], identifier(rig)
        rig.world.edit_comment(first.id, "mona", first.body.replace("A shell runs it", "A typo"))
        say(rig, f"/reviewbot waive {word} it is fine")
        say(rig, f"/reviewbot unwaive {word}")
        reply = rig.world.reply(first.id, "hubot", "/reviewbot waive it is fine")
        rig.run(event="pull_request_review_comment", payload=thread_event_of(rig, reply))
        assert (emoji(rig), check(rig)) == (["+1", "+1", "-1"], "failure")


def test_a_command_below_a_long_conversation_is_executed(tmp_path: Path) -> None:
    """GitHub does not answer a query for a hundred long comments within its limit of ten seconds."""
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        for number in range(SMALL_PAGE + 1):
            rig.world.comment(REPO, rig.number, "hubot", f"Remark {number}.")
        rig.run()
        rig.world.comment(REPO, rig.number, "max", f"/reviewbot waive {identifier(rig)} It is a test.")
        rig.github_faults.add("/graphql", Reply(502), times=None, method="POST", body='query Snapshot.*"page": ?100')
        assert rig.run().outputs["verdict"] == "pass"


def test_edited_deleted_and_pending_replies_are_not_commands(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        first, text = rig.comments()[0], "/reviewbot waive it is fine"
        edited = rig.world.edit_comment(rig.world.reply(first.id, "hubot", "hello").id, "mona", text)
        deleted = rig.world.reply(first.id, "hubot", text)
        rig.world.delete_comment(deleted.id)
        pending = rig.world.reply(first.id, "hubot", text)
        review = rig.world.store.reviews[pending.review_id]
        rig.world.store.reviews[review.id] = replace(review, state=ReviewState.PENDING)
        for reply in (edited, deleted, pending):
            done = rig.run(event="pull_request_review_comment", payload=thread_event_of(rig, reply))
            assert done.outputs["reason"] == "event", done.log
        assert (emoji(rig), check(rig)) == ([], "failure")
        rig.world.store.reviews[review.id] = review
        rig.run()
        assert (emoji(rig), check(rig)) == (["+1"], "success"), "submitted"


def test_on_a_forks_pull_request_a_later_run_with_the_key_executes_the_reply(tmp_path: Path) -> None:
    """GitHub gives `pull_request_review_comment` of a fork neither secrets nor a token that may write."""
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        done = reply_to_finding(rig, "/reviewbot waive it is fine", codevf_api_key="")
        assert (done.exit_status, done.outputs["reason"]) == (0, "event")
        assert "This run has no CodeVF API key" in done.log
        assert (emoji(rig), check(rig)) == ([], "failure")
        rig.run()
        assert (emoji(rig), check(rig)) == (["+1"], "success")


# --- Executed once, also after a kill ---------------------------------------------------------------------------------


@pytest.mark.parametrize("missed", ["/reviewbot status", "/reviewbot bypass {head} it burns"])
def test_the_next_run_executes_what_a_cancelled_run_missed(tmp_path: Path, missed: str) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        comment = rig.world.comment(REPO, 1, "max", missed.format(head=rig.world.pull(REPO, 1).head_sha))
        rig.run()
        assert emoji(rig) == ["+1"]
        assert len(answers(rig)) == 1
        before = rig.summaries()
        assert rig.run(event="issue_comment", payload=event_of(rig, comment)).outputs["reason"] == "event"
        assert rig.summaries() == before


def test_a_collection_executes_missed_commands_in_order(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=LONG) as rig:
        people(rig)
        rig.run(wait_minutes="0")
        for text in ("/reviewbot status", "/reviewbot cancel", "/reviewbot status"):
            rig.world.comment(REPO, 1, "hubot", text)
        done = rig.collect()
        assert done.exit_status == 0, done.log
        first, _, last = answers(rig)
        assert ("1 open review" in first, "no open review" in last) == (True, True)
        assert emoji(rig) == ["+1"] * 3


def test_one_run_executes_at_most_ten_missed_commands(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        people(rig)
        for _ in range(12):
            rig.world.comment(REPO, 1, "quill", "/reviewbot help")
        rig.run()
        assert len(answers(rig)) == 10
        done = say(rig, "/reviewbot status")
        assert done.outputs["reason"] == "command", done.log
        assert (len(answers(rig)), emoji(rig)) == (13, ["+1"] * 13)


def test_a_run_for_a_comment_first_executes_missed_commands(tmp_path: Path) -> None:
    with open_rig(tmp_path, life=LONG) as rig:
        people(rig)
        rig.world.comment(REPO, 1, "hubot", f"/reviewbot review {rig.world.pull(REPO, 1).head_sha}")
        done = say(rig, "/reviewbot cancel")
        assert done.outputs["reason"] == "cancelled", done.log
        assert [one.cancelled_at is not None for one in rig.service.tasks()] == [True]
        assert emoji(rig) == ["+1", "+1"]


def test_a_command_older_than_a_week_is_ignored(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        people(rig)
        comment = rig.world.comment(REPO, 1, "hubot", "/reviewbot status")
        then = comment.created_at - timedelta(days=8)
        rig.world.store.comments[comment.id] = replace(comment, created_at=then)
        rig.run()
        assert emoji(rig) == []


def test_a_run_without_commands_sends_no_extra_request(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        rig.run()
        without = len(rig.github_requests())
        rig.world.comment(REPO, 1, "hubot", "I like it.")
        rig.run()
        assert len(rig.github_requests()) - without <= without


@pytest.mark.parametrize("struck", ["/issues/1/comments", "/reactions"])
@pytest.mark.parametrize("fault", [DropBefore(), RecordedThen(502)])
def test_a_lost_answer_is_found_or_posted_again_by_the_next_run(
    tmp_path: Path,
    struck: str,
    fault: Any,  # noqa: ANN401 — any of the faults
) -> None:
    with open_rig(tmp_path, engineer=lambda _: answer(CRITICAL)) as rig:
        people(rig)
        rig.run()
        rig.github_faults.add(struck, fault, method="POST", times=None)
        comment = rig.world.comment(REPO, 1, "hubot", "/reviewbot review")
        payload = event_of(rig, comment)
        rig.run(event="issue_comment", payload=payload)
        rig.github_faults.clear()
        rig.run(event="issue_comment", payload=payload)
        assert len(rig.service.tasks()) == 2, "bought once for this comment"
        assert len(answers(rig)) == 1
        assert emoji(rig) == ["+1"]


@pytest.mark.parametrize("before", [0, 1])
def test_a_review_that_failed_is_not_bought_again_for_the_same_comment(tmp_path: Path, before: int) -> None:
    """Also not for an earlier comment with the same command."""
    with open_rig(tmp_path, life=TaskLife(1, 1 + 100 * before, end=End.CANCELLED)) as rig:
        people(rig)
        rig.run(review_on="request")
        for _ in range(before):
            say(rig, f"/reviewbot review {rig.world.pull(REPO, 1).head_sha}", wait_minutes="0")
        rig.github_faults.add("/issues/1/comments", DropBefore(), method="POST", body="reviewbot:answer", times=None)
        comment = rig.world.comment(REPO, 1, "hubot", f"/reviewbot review {rig.world.pull(REPO, 1).head_sha}")
        payload = event_of(rig, comment)
        rig.run(event="issue_comment", payload=payload)
        rig.github_faults.clear()
        done = rig.run(event="issue_comment", payload=payload)
        assert (done.exit_status, done.outputs["status"]) == (0, "skipped"), done.log
        assert len(rig.service.tasks()) == 1
        assert emoji(rig)[-1] == "-1"


def test_broken_settings_leave_a_command_to_a_later_run(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        people(rig)
        done = say(rig, "/reviewbot status", mode="quick")
        assert (done.exit_status, done.outputs["reason"]) == (2, "settings")
        assert rig.run(mode="quick").exit_status == 2
        assert check(rig) == "action_required", "the run's own check is written nevertheless"
        assert emoji(rig) == []
        rig.run()
        assert emoji(rig) == ["+1"]


def test_a_dry_run_answers_no_command(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        people(rig)
        say(rig, "/reviewbot review", dry_run="true")
        rig.run(dry_run="true")
        assert (emoji(rig), rig.summaries()) == ([], [])


def test_an_approval_label_of_an_older_head_buys_nothing(tmp_path: Path) -> None:
    with open_rig(tmp_path, config="approve-spend: review-please\n") as rig:
        people(rig)
        label = {"label": {"name": "review-please"}, "sender": {"login": "hubot", "type": "User"}}
        payload = rig.event("labeled", **label)
        rig.world.label(REPO, 1, "review-please", "hubot")
        rig.world.push(REPO, "topic", {"sneaked.py": "x = 1\n"}, author="mona")
        assert rig.run(payload=payload).outputs["reason"] == "not-approved"
        assert not rig.service.tasks()
        assert rig.run(payload=rig.event("labeled", **label)).exit_status == 0
        assert rig.world.pull(REPO, 1).labels == (), "the label is removed"


def test_a_relay_executes_the_pending_commands(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        people(rig)
        rig.world.comment(REPO, rig.number, "hubot", "/reviewbot status")
        payload = {
            "action": "completed",
            "workflow_run": {
                "display_title": f"Command in a review thread of #{rig.number}",
                "event": "pull_request_review_comment",
            },
        }
        assert "no CodeVF API key" in rig.run(event="workflow_run", payload=payload, codevf_api_key="").log
        assert not answers(rig)
        done = rig.run(event="workflow_run", payload=payload)
        assert (done.exit_status, done.outputs["reason"]) == (0, "command"), done.log
        assert len(answers(rig)) == 1
        assert not rig.service.tasks(), "it answers the command and reviews nothing"
        rig.run(event="workflow_run", payload=payload)
        assert len(answers(rig)) == 1
