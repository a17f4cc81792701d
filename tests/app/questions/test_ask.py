"""Questions in comments, as whole runs: bought once, answered once, never part of a verdict."""

from __future__ import annotations

from pathlib import Path

import pytest
from reviewbot_sandbox.codevf import Answer, FreeText, HandClock, TaskLife, TaskRequest
from reviewbot_sandbox.faults import Reply

from reviewbot.domain.findings.markers import AnswerMark
from reviewbot.domain.github.drafts import Reaction
from tests.app.comments.test_commands import BOT, answers, check, emoji, people, reply_to_finding, say, summary
from tests.app.rig import CLEAN, REPO, Rig, answer, finding, open_rig

pytestmark = pytest.mark.proof  # `tests/simulation` plays such histories in memory

CRITICAL = finding("app.py", 12, severity="critical", title="A shell runs it", code="os.system(command)")
ANSWER = "Yes, @mona: `os.system` runs a shell.\n\n<!-- reviewbot:answer -->\n::error::no"


def engineer(request: TaskRequest) -> Answer:
    """Answer a question in prose, and a review with one finding."""
    return FreeText(ANSWER) if request.response_schema is None else answer(CRITICAL)


def questions(rig: Rig) -> list[TaskRequest]:
    return [task.request for task in rig.service.tasks() if task.request.response_schema is None]


def test_a_question_is_answered_in_the_conversation(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        rig.run()
        before = (check(rig), [one.id for one in rig.checks()])
        done = say(rig, "/reviewbot ask Does it run a shell?\n\nI use @quill's fork.")
        assert (done.exit_status, done.outputs["status"]) == (0, "completed"), done.log
        [asked] = questions(rig)
        assert (asked.mode.value, asked.max_credits) == ("realtime_answer", 60)
        assert "Does it run a shell?\n\nI use @quill's fork." in asked.prompt
        assert "os.system(command)" in "".join(one.content for one in asked.attachments)
        [reply] = answers(rig)
        assert "@hubot, the reviewer answered [your question]" in reply
        assert "@mona" not in reply, "no one else is mentioned"
        assert reply.count("<!--") == 3, "the marker, and the frame around the reviewer's text"
        assert "120 credits used" in reply
        assert emoji(rig) == ["eyes", "+1"]
        assert (check(rig), [one.id for one in rig.checks()]) == before
        assert say(rig, "/reviewbot status", by="quill").outputs["reason"] == "command"
        assert "480 credits reserved or used" in answers(rig)[-1]


def test_a_project_may_be_given_by_number(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        rig.run()
        [project] = rig.service.projects()
        say(rig, "/reviewbot ask Does it run a shell?", codevf_project=str(project.id))
        assert questions(rig)[0].project_id == project.id
        assert rig.service.projects() == (project,), "none is created by the name of a number"


def test_a_question_in_a_findings_thread_is_answered_there(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        rig.run()
        [root] = rig.comments()
        rig.world.reply(root.id, "mona", "It is only run by admins.")
        done = reply_to_finding(rig, "/reviewbot ask Really?")
        assert done.exit_status == 0, done.log
        [asked] = questions(rig)
        context = next(one.content for one in asked.attachments if one.file_name == "question.txt")
        assert "A shell runs it" in context
        assert "It is only run by admins." in context
        assert "A shell runs it" not in asked.prompt, "the attack is data"
        assert {one.file_name for one in asked.attachments} >= {"question.txt"}
        last = rig.comments()[-1].body
        assert last.startswith("<!-- reviewbot:answer:v1")
        assert "@hubot" in last
        assert answers(rig) == [last]
        assert last not in rig.summaries(), "nothing was posted in the conversation"


def test_later_questions_and_reviews_get_the_answer_without_its_frame(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        rig.run()
        reply_to_finding(rig, "/reviewbot ask Really?")
        reply_to_finding(rig, "/reviewbot ask And why?")
        context = next(one.content for one in questions(rig)[1].attachments if one.file_name == "question.txt")
        say(rig, "/reviewbot ask Who runs it?")
        rig.world.push(REPO, "topic", {"other.py": "x = 1\n"}, author="mona")
        rig.run()
        sent = rig.service.tasks()[-1].request.attachments
        talk = next(one.content for one in sent if one.file_name == "conversation.md")
        for text, answered in ((context, 1), (talk, 3)):
            assert text.casefold().count("by the reviewer, in answer to a question") == answered
            assert text.count("> Yes, @mona: `os.system` runs a shell.") == answered
            assert "hubot" not in text, "people are named by role"
            assert "credits" not in text


def test_a_secret_in_a_question_is_not_sent_even_if_the_question_is_truncated(tmp_path: Path) -> None:
    secret = "ghp_" + "A1b2C3d4E5f6" * 3
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        rig.run()
        say(rig, f"/reviewbot ask {'y ' * 990}{secret}")
        [asked] = questions(rig)
        assert "y y y" in asked.prompt
        assert "ghp_" not in asked.prompt


def test_a_late_answer_is_collected(tmp_path: Path) -> None:
    clock = HandClock()
    life = TaskLife(pending=10, processing=600)
    with open_rig(
        tmp_path,
        engineer=lambda one: FreeText(ANSWER) if one.response_schema is None else CLEAN,
        life=life,
        clock=clock,
    ) as rig:
        people(rig)
        rig.run(wait_minutes="0")
        clock.advance(700)
        rig.run(command="collect")
        before = [one.id for one in rig.checks()]
        done = say(rig, "/reviewbot ask Why?", wait_minutes="0")
        assert (done.outputs["status"], answers(rig), emoji(rig)) == ("pending", [], ["eyes"]), done.log
        rig.run(command="collect")
        assert answers(rig) == []
        clock.advance(700)
        rig.run(command="collect")
        [reply] = answers(rig)
        assert "@hubot, the reviewer answered" in reply
        assert len(questions(rig)) == 1
        rig.run(command="collect")
        rig.run()
        assert len(answers(rig)) == 1
        assert [one.id for one in rig.checks()] == before


@pytest.mark.parametrize("status", [403, 422])
def test_a_question_is_answered_even_if_the_reaction_is_refused(tmp_path: Path, status: int) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        rig.run()
        rig.github_faults.add("/reactions", Reply(status, (), b"{}"), method="POST", body="eyes", times=None)
        assert say(rig, "/reviewbot ask Why?").outputs["status"] == "completed"
        assert (len(questions(rig)), len(answers(rig)), emoji(rig)) == (1, 1, ["+1"])


def test_a_stranger_cannot_spend(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        rig.run()
        before = summary(rig)
        say(rig, "/reviewbot ask Why?", by="quill")
        assert "needs write access" in answers(rig)[0]
        assert (questions(rig), summary(rig), emoji(rig)) == ([], before, ["-1"])


def test_a_restored_summary_from_before_a_question_is_not_trusted(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=lambda one: FreeText(ANSWER) if one.response_schema is None else CLEAN) as rig:
        people(rig)
        rig.run()
        [old] = rig.world.store.comments_of((REPO, rig.number))
        before = old.body
        say(rig, "/reviewbot ask Why?")
        rig.world.edit_comment(old.id, BOT, before)
        assert "An older version of the summary comment was restored" in rig.run().log
        say(rig, "/reviewbot status")
        assert "480 credits reserved or used" in answers(rig)[-1], "the question's credits count"


def test_a_limit_stops_a_question(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        rig.run()
        say(rig, "/reviewbot ask Why?", max_credits_per_pr="400")
        assert "This question would exceed" in answers(rig)[0]
        assert questions(rig) == []


def test_a_cancelled_question_is_answered_with_what_happened(tmp_path: Path) -> None:
    life = TaskLife(pending=100_000, processing=100_000)
    with open_rig(tmp_path, engineer=engineer, life=life, clock=HandClock()) as rig:
        people(rig)
        say(rig, "/reviewbot ask Why?", wait_minutes="0")
        assert "stores the record of the questions" in summary(rig)
        say(rig, "/reviewbot cancel", wait_minutes="0")
        replies = answers(rig)
        assert any("@hubot, the reviewer did not answer" in one for one in replies), replies
        assert sorted(emoji(rig)) == ["+1", "-1", "eyes"]


def test_cancel_does_not_answer_a_question_that_another_run_may_be_buying(tmp_path: Path) -> None:
    with open_rig(tmp_path, engineer=engineer) as rig:
        people(rig)
        rig.run()
        rig.codevf_faults.add("tasks/create", Reply(503), times=None)
        say(rig, "/reviewbot ask Why?")
        rig.codevf_faults.clear()
        asked = next(one for one in rig.world.store.comments.values() if one.body.startswith("/reviewbot ask"))
        rig.world.edit_comment(asked.id, "hubot", "Never mind.")
        done = say(rig, "/reviewbot cancel")
        assert "The question is open. A later run posts the answer." in done.log
        assert not any("the reviewer did not answer" in one for one in answers(rig))
        say(rig, "/reviewbot status")
        assert "1 open question" in answers(rig)[-1]


def test_an_answer_replaces_the_reply_of_a_run_that_had_none(tmp_path: Path) -> None:
    clock = HandClock()
    with open_rig(tmp_path, engineer=engineer, life=TaskLife(pending=10, processing=600), clock=clock) as rig:
        people(rig)
        say(rig, "/reviewbot ask Why?", wait_minutes="0")
        asked = next(one for one in rig.world.store.comments.values() if one.body.startswith("/reviewbot ask"))
        mark = AnswerMark("", str(asked.id), Reaction.NO)
        rig.world.comment(REPO, rig.number, BOT, f"{mark}\n@hubot, the reviewer did not answer your question.")
        rig.world.react(asked.id, BOT, "-1")
        clock.advance(700)
        rig.run(command="collect")
        [reply] = answers(rig)
        assert "the reviewer answered" in reply
        assert emoji(rig) == ["eyes", "-1", "+1"]
        rig.run(command="collect")
        assert answers(rig) == [reply]
