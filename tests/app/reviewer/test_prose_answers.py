"""Answers in prose, as whole runs: what is published, who may accept them, and a service that refuses the schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from reviewbot_sandbox.codevf import (
    Answer,
    Engineer,
    FreeText,
    HandClock,
    Limits,
    Refusal,
    Tag,
    TaskLife,
    TaskRequest,
    canned,
    error_reply,
)

from tests.app.comments.test_commands import answers, check, people, say, summary
from tests.app.rig import REPO, Finished, Rig, answer, earlier, open_rig, with_state
from tests.app.test_outcomes import creations

pytestmark = pytest.mark.proof  # `tests/domain/codevf` reads such answers, `tests/simulation` plays such runs in memory

CLEAN = "Nothing needs fixing."
PLAIN = "app.py:12: A shell runs it."
CRITICAL = "app.py:12: critical: A shell runs it."
TALK = "I am worried about the migration."
WORDS = "answer: words\n"


@contextmanager
def plain_rig(tmp_path: Path, **settings: Any) -> Iterator[Rig]:  # noqa: ANN401 — as in `open_rig`
    """Open a rig whose changed files have names that are not ambiguous in prose."""
    with open_rig(tmp_path, **settings) as rig:
        rig.world.push(REPO, "topic", {"new file.py": None}, author="mona")
        yield rig


def answer_in_prose(*paragraphs: str) -> Engineer:
    """Return an engineer who answers in prose, whatever was asked for."""
    return canned(FreeText("\n\n".join(paragraphs)))


@pytest.mark.parametrize(
    ("config", "paragraphs", "reason", "conclusion"),
    [
        # config, answer, reason, conclusion of the check
        ("", (CRITICAL,), "gate", "failure"),
        ("", (PLAIN,), "gate", "failure"),
        ("", (PLAIN, TALK), "unreadable", "action_required"),
        ("", (CRITICAL, TALK), "unreadable", "action_required"),
        ("", (CLEAN,), "unreadable", "action_required"),
        ("", (TALK,), "unreadable", "action_required"),
        (WORDS, (PLAIN,), "gate", "failure"),
        (WORDS, (CRITICAL,), "gate", "failure"),
        (WORDS, ("Hi all,", PLAIN, "Thanks!"), "unreadable", "action_required"),
        (WORDS, (PLAIN, TALK), "unreadable", "action_required"),
        (WORDS, (CLEAN,), "reviewed", "success"),
        (WORDS, (CLEAN, TALK), "unreadable", "action_required"),
    ],
)
def test_an_answer_in_prose_is_judged_by_its_findings(
    tmp_path: Path, config: str, paragraphs: tuple[str, ...], reason: str, conclusion: str
) -> None:
    with plain_rig(tmp_path, config=config, engineer=answer_in_prose(*paragraphs)) as rig:
        done = rig.run()
        assert (done.outputs["reason"], check(rig)) == (reason, conclusion), done.log
        [body] = creations(rig)
        assert ("responseSchema" in body) == (config == "")
        assert "src/app.py:12-14: What is wrong." in body["prompt"]
        assert len(rig.comments()) == sum(one in (PLAIN, CRITICAL) for one in paragraphs)
        for one in {TALK, CLEAN} & set(paragraphs):
            assert one in summary(rig)
        if reason == "unreadable":
            assert "/reviewbot accept" in done.summary


@pytest.mark.parametrize("config", ["", WORDS])
def test_beside_a_file_with_an_ambiguous_name_only_data_is_requested_and_read(tmp_path: Path, config: str) -> None:
    with open_rig(tmp_path, config=config, engineer=answer_in_prose(PLAIN)) as rig:
        assert rig.run().outputs["reason"] == "unreadable"
        [body] = creations(rig)
        assert "responseSchema" in body
        assert "Fill in the schema" in body["prompt"]
        assert "src/app.py:12-14" not in body["prompt"]
        assert PLAIN in summary(rig)


# --- /reviewbot accept ------------------------------------------------------------------------------------------------


def accept(rig: Rig, by: str) -> Finished:
    return say(rig, "/reviewbot accept", by=by)


def test_a_maintainer_accepts_an_answer_as_the_review_of_one_head(tmp_path: Path) -> None:
    with plain_rig(tmp_path, config=WORDS, engineer=answer_in_prose(CLEAN, TALK)) as rig:
        people(rig)
        rig.run()
        done = accept(rig, "max")
        assert (done.exit_status, done.outputs["reason"], check(rig)) == (0, "reviewed", "success"), done.log
        assert "`max` accepted the answer" in answers(rig)[0]
        assert "max has read the answer and accepted it" in summary(rig)
        assert TALK in summary(rig)
        assert rig.run().outputs["verdict"] == "pass", "the next run reads it from the ledger"
        rig.world.push(REPO, "topic", {"more.py": "x = 1\n"}, author="mona")
        assert rig.run().outputs["reason"] == "unreadable"
        assert check(rig) == "action_required", "it applied to that head only"
        assert len(rig.service.tasks()) == 2


def test_an_accepted_answer_hides_no_finding_that_blocks(tmp_path: Path) -> None:
    with plain_rig(tmp_path, config=WORDS, engineer=answer_in_prose(CRITICAL, TALK)) as rig:
        people(rig)
        rig.run()
        assert (accept(rig, "max").outputs["reason"], check(rig)) == ("gate", "failure")


@pytest.mark.parametrize(
    ("by", "answer", "word"),
    [
        ("hubot", (PLAIN, TALK), "does not have"),
        ("mona", (PLAIN, TALK), "Authors cannot accept the answer"),
        ("max", (PLAIN,), "There is nothing to accept"),
    ],
)
def test_an_acceptance_is_refused_with_a_message(tmp_path: Path, by: str, answer: tuple[str, ...], word: str) -> None:
    with plain_rig(tmp_path, config=WORDS, engineer=answer_in_prose(*answer)) as rig:
        people(rig)
        rig.run()
        before = check(rig)
        accept(rig, by)
        assert word in answers(rig)[0]
        assert check(rig) == before


def test_an_answer_that_came_after_the_comment_is_not_accepted(tmp_path: Path) -> None:
    with plain_rig(tmp_path, config=WORDS, engineer=answer_in_prose(PLAIN, TALK)) as rig:
        people(rig)
        rig.run(wait_minutes="0")
        rig.world.store.clock = lambda: datetime.now(UTC) - timedelta(minutes=1)
        rig.world.comment(REPO, rig.number, "max", "/reviewbot accept")
        rig.world.store.clock = lambda: datetime.now(UTC)
        rig.run()
        rig.run(command="collect")
        assert check(rig) == "action_required"
        assert not any("accepted the answer" in one for one in answers(rig))


# --- 400 invalid_schema -----------------------------------------------------------------------------------------------


def test_a_service_that_refuses_the_schema_can_be_asked_for_words(tmp_path: Path) -> None:
    with plain_rig(tmp_path, limits=Limits(rate=None, schemas=False), engineer=answer_in_prose(CLEAN)) as rig:
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"], len(rig.service.tasks())) == (3, "refused", 0)
        assert "Set `answer: words` in the config file." in done.summary
        rig.world.push(REPO, "main", {".github/reviewbot.yml": WORDS}, author="mona")
        assert rig.run().outputs["reason"] == "reviewed"
        assert ["responseSchema" in body for body in creations(rig)] == [True, False]
        assert len(rig.service.tasks()) == 1


# --- Other codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["attachment_too_large", "attachment_limit_exceeded"])
def test_an_attachment_that_is_too_large_is_sent_smaller_with_the_same_key(tmp_path: Path, code: str) -> None:
    with open_rig(tmp_path) as rig:
        rig.codevf_faults.add("tasks/create", error_reply(Refusal(400, code, "Too large.")))
        done = rig.run()
        first, second = creations(rig)
        assert first["idempotencyKey"] == second["idempotencyKey"]
        assert (done.outputs["verdict"], len(rig.service.tasks())) == ("pass", 1)


@pytest.mark.parametrize(
    ("status", "code", "reason", "word"),
    [
        (400, "invalid_metadata", "refused", "does not accept the metadata"),
        (401, "token_expired", "refused", "API key has expired"),
        (400, "max_credits_exceeded", "over-budget", "Lower `max-credits`"),
        (429, "rate_limit_exceeded", "unreachable", "rate limit is exceeded"),
    ],
)
def test_each_code_has_its_own_message(tmp_path: Path, status: int, code: str, reason: str, word: str) -> None:
    with open_rig(tmp_path) as rig:
        rig.codevf_faults.add("tasks/create", error_reply(Refusal(status, code, "No.")), times=None)
        done = rig.run()
        assert (done.exit_status, done.outputs["reason"], len(rig.service.tasks())) == (3, reason, 0)
        assert word in done.summary


def test_an_expired_expertise_is_refused_before_anything_is_bought(tmp_path: Path) -> None:
    with open_rig(tmp_path) as rig:
        old = Tag(9, "cobol", "COBOL", rig.service.tags()[0].multiplier, valid_to="2020-01-31", deprecated=True)
        setup = rig.service.setup
        rig.service.setup = replace(setup, config=replace(setup.config, tags=(*setup.config.tags, old)))
        done = rig.run(expertise="cobol")
        assert (done.outputs["reason"], len(rig.service.tasks())) == ("refused", 0)
        assert "expired on 2020-01-31" in done.summary


def test_a_late_answer_is_read_beside_the_names_that_its_reviewer_saw(tmp_path: Path) -> None:
    clock, late = HandClock(), "- low:page.py:2: A shell runs what a user sends."

    def engineer(request: TaskRequest) -> Answer:
        asked = earlier(request)
        return FreeText(late) if not asked else answer(previous=with_state(request, "open", "It still runs a shell."))

    life = TaskLife(pending=0, processing=20)
    with open_rig(tmp_path, life=life, engineer=engineer, clock=clock) as rig:
        code = "import os\nos.system(input())\n"
        rig.world.push(REPO, "topic", {"low:page.py": code}, author="mona")
        rig.run(wait_minutes="0")
        rig.world.push(REPO, "topic", {"low:page.py": None, "page.py": code}, author="mona")
        rig.run(wait_minutes="0")
        for _ in range(3):
            clock.advance(21)
            rig.collect()
        *_, head = rig.checks()
        assert head.conclusion == "failure"
