"""Checks the laws of `docs/reliability.md`: when a check turns green, and when nothing is open any more."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import dropwhile, pairwise
from typing import cast

from reviewbot.domain.commands.authorize import Refusal
from reviewbot.domain.findings.markers import AnswerMark, read_answer_mark, read_finding_mark
from reviewbot.domain.github.check_identity import split_tag
from reviewbot.domain.github.pull_request import Permission
from reviewbot.domain.ledger.external_id import decode_external_id
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.machine.decisions.outcome import shows_answer, statement
from reviewbot.domain.model.events import MergeGroupEvent, ReviewEvent
from reviewbot.domain.model.options import FailOn
from reviewbot.domain.model.question import Question
from reviewbot.domain.model.review import Mode, TaskStatus
from reviewbot.domain.policy.verdict import Reason, blocks
from reviewbot.domain.selection.path_filters import matches
from tests.simulation import announced, spending
from tests.simulation.codevf import KEY_MEMORY, StoredTask
from tests.simulation.github import APP, BOT, REPOSITORY_ID, Pull, StoredCheck, moment, thread_line
from tests.simulation.oracle import EVIL, SAID, TALK, deleted_in, diffs_in, headers, shown_in
from tests.simulation.oracle import is_read as is_read_completely
from tests.simulation.people import OWN_BASE, authors_of
from tests.simulation.repository import Change
from tests.simulation.schedule import Run
from tests.simulation.world import (
    CHECK,
    DEEP,
    GREEN,
    HELD,
    KEY,
    PEOPLE,
    RENOVATE,
    ROUTES,
    SECRET,
    UNREVIEWED,
    Start,
    Waiver,
    World,
)

NO_BUG = "no internal error"
PAY_ONCE = "never pay twice"
NOTHING_LOST = "nothing lost"
CONVERGES = "converges"
NEVER_GREEN = "never green by accident"
PEOPLE_STAND = "respects what people did"
HAPPENS = "a due review happens"
ONLY_DUE = "buys only what is due"
WITHIN_LIMIT = "stays within the limit"
GROWS = "grows with the change"
WAITS = "a purchase waits for checks and quiet"
ANSWERED_ONCE = "a question is answered once"
ANNOUNCED = "a late answer is announced once"
LAWS = (
    NO_BUG,
    PAY_ONCE,
    NOTHING_LOST,
    CONVERGES,
    NEVER_GREEN,
    PEOPLE_STAND,
    HAPPENS,
    ONLY_DUE,
    WITHIN_LIMIT,
    GROWS,
    WAITS,
    ANSWERED_ONCE,
    ANNOUNCED,
)

MOST_ATTEMPTS = 3
REDACTED = "[REDACTED:github-token]"
EXIT_STATUSES = frozenset({0, 1, 3, 4})
"""Allowed exit statuses. 2 means invalid settings, which no history has, and 70 a bug."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A violated law and its evidence."""

    law: str
    what: str

    def __str__(self) -> str:
        return f"{self.law}: {self.what}"


def at_rest(world: World) -> Iterator[Violation]:
    """Yield every violation after all runs and tasks have ended."""
    yield from _bugs(world)
    yield from world.broken
    for pull in world.github.pulls.values():
        yield from _paid_twice(world, pull)
        yield from _questions(world, pull)
        yield from (Violation(WITHIN_LIMIT, one) for one in spending.over_limit(world, pull))
        yield from (Violation(GROWS, one) for one in spending.too_small(world, pull, selected))
        yield from (Violation(ANNOUNCED, one) for one in announced.violations(world, pull))
        if pull.is_open and not pull.is_draft:
            yield from _unfinished(world, pull)
            yield from _requests(world, pull)
            yield from _green(world, pull)
            yield from _green_before(world, pull)
    yield from _stalled(world)
    yield from _outdated(world)
    yield from _undone(world)
    yield from _lost(world)
    yield from _replies(world)
    yield from _doubles(world)
    yield from _people(world)


def _bugs(world: World) -> Iterator[Violation]:
    for run in world.runs:
        if run.error is not None:
            yield Violation(NO_BUG, f"{run.name} raised {run.error!r}")
        elif run.outcome is not None and run.outcome.exit_status not in EXIT_STATUSES:
            yield Violation(NO_BUG, f"{run.name} ended with exit status {run.outcome.exit_status}: {run.outcome}")


# Law 1


def _paid_twice(world: World, pull: Pull) -> Iterator[Violation]:
    # Without any record, a task is found by its key alone. Such a run must have waited for the answer.
    is_forgotten = world.setting.is_silent and world.setting.input("wait-minutes", "8") != "0"
    if world.truth.losses & {"memory"} or (is_forgotten and world.time.seconds > KEY_MEMORY):
        return
    bought: defaultdict[tuple[tuple[Change, ...], str], list[StoredTask]] = defaultdict(list)
    for task in world.tasks_of(pull.number):
        changes = world.changes_for(pull.number, str(task.submission.metadata["headSha"]))
        part = str(task.submission.metadata.get("part", "1/1"))
        if len(changes) == 1 and part.startswith("1/"):
            [change] = changes
            bought[change, task.submission.mode.value].append(task)
    for (change, mode), tasks in bought.items():
        ended = sum(task.status(world.time.seconds) is not TaskStatus.COMPLETED for task in tasks)
        if len(tasks) == 1:
            continue
        asked = _asked(world, pull, change)
        if ended > MOST_ATTEMPTS + asked:
            yield Violation(PAY_ONCE, f"{ended} tasks of one change ended without a result, and {asked} were asked for")
        hidden = sum(
            spending.is_overwritten(world, one)
            or spending.is_withdrawn(world, one)
            or spending.is_dropped(world, one)
            or spending.is_in_another_scope(world, one)
            or _is_beside_refusal(world, one, tasks[0])
            or _is_in_summary_alone(world, one)
            for one in tasks
        )
        if len(tasks) > 1 + ended + asked + hidden:
            paths, ids = [one.path for one in change], [task.id for task in tasks]
            message = f"{ids} are of one change of {paths} in mode {mode}; {ended} ended, {asked} asked"
            yield Violation(PAY_ONCE, message)


def _asked(world: World, pull: Pull, change: tuple[Change, ...]) -> int:
    """Return how many commands asked for a review of a change: without a SHA, or with the beginning of a head's."""
    number = pull.number
    heads = [head for on, head in world.heads if on == number and change in world.changes_for(number, head)]
    return sum(any(head.startswith(beginning) for head in heads) for beginning in world.truth.named)


def _is_beside_refusal(world: World, task: StoredTask, first: StoredTask) -> bool:
    """Return whether a third run was refused at the same moment, which uses up the number of its attempt.

    The run that bought the task cannot have seen that, or the first task, since it had begun before. If not CodeVF but
    the limit refused the third run, that run must have ended the intent of one of both tasks.
    """
    reasons = {Reason.OVER_BUDGET, Reason.REFUSED}
    outcomes = [(one, one.outcome) for one in world.runs if one.outcome and one.outcome.reason in reasons]
    refused = [
        run
        for run, one in outcomes
        if "would exceed `max-credits-per-pr`" not in one.message
        or any(spending.is_intent_ended(world, either, run) for either in (first, task))
    ]
    runs = [run for run in (cast(Run, run) for run in task.askers) if task is not first and run.began < first.created]
    return any(spending.overlap(run, other) for run in runs for other in refused)


def _is_in_summary_alone(world: World, task: StoredTask) -> bool:
    """Return whether GitHub refused the check run with a task's intent: a run at the same moment reads only those."""
    runs = [cast(Run, run) for run in task.askers]
    refused = [run for run in runs if "forge.create_check" in run.refused]
    return any(spending.overlap(run, other) for run in refused for other in world.runs)


def _questions(world: World, pull: Pull) -> Iterator[Violation]:
    """Check that each question was bought once, by a person who may, and that its task's end was reported once."""
    answers = Counter(mark.comment for mark in _answers(world, pull))
    erased = {mark.comment for text in world.truth.erased if (mark := read_answer_mark(text))}
    tasks = Counter(str(task.submission.metadata["question"]) for task in world.questions_of(pull.number))
    for question, count in tasks.items():
        if count > 1:
            yield Violation(PAY_ONCE, f"{count} tasks answer question {question}")
        if answers[question] > 1:
            yield Violation(ANSWERED_ONCE, f"question {question} has {answers[question]} answers")
        is_lost = "summary" in world.truth.losses or _may_be_overwritten(world, question)
        if not answers[question] and question not in erased and not is_lost:
            yield Violation(ANSWERED_ONCE, f"question {question} has no answer")
        if not PEOPLE[world.truth.askers[question]].at_least(Permission.WRITE):
            yield Violation(PAY_ONCE, f"question {question} was bought for {world.truth.askers[question]}")


def _may_be_overwritten(world: World, question: str) -> bool:
    """Return whether another run was at work when a question was recorded in the summary, and overwrote the record.

    Even if the summary has the record, check runs can be a reason not to trust the summary. The next review
    then writes the summary again, unless the limit stops that review.
    """
    last = next(iter(reversed(list(world.written_ledgers(1)))), None)
    is_there = last is not None and any(one.comment == question for one in last.questions.records)
    is_doubted = world.setting.has_checks and _is_overtaken(world) and spending.is_used_up(world)
    if is_there and not is_doubted:
        return False
    tasks = (one for one in world.codevf.tasks.values() if one.submission.metadata.get("question") == question)
    askers = [cast(Run, run) for task in tasks for run in task.askers]
    return any(spending.overlap(run, other) for run in askers for other in world.runs)


def _is_overtaken(world: World) -> bool:
    """Return whether a check run counts a later write of the ledger than the summary has."""
    reading, signer = world.reading(1), Signer(KEY, REPOSITORY_ID, 1, "")
    copies = [decode_external_id(split_tag(one.external_id)[1], signer) for one in world.github.checks.values()]
    return reading is not None and any(one.counter > reading.ledger.counter for one in copies if one)


def _answers(world: World, pull: Pull) -> Iterator[AnswerMark]:
    """Yield the marks of reviewbot's answers to commands."""
    written = [(one.author, one.body) for one in world.github.comments_of(pull.number)]
    for thread in world.github.threads_of(pull.number):
        written += [(one.author, one.body) for one in thread.replies]
    for author, body in written:
        if author == BOT and (mark := read_answer_mark(body)):
            yield mark


def _recorded(world: World) -> Iterator[Question]:
    """Yield the questions in every text of the summary so far, those of the latest first."""
    for ledger in reversed(list(world.written_ledgers(1))):
        yield from ledger.questions.records


def when_read(world: World, task: StoredTask) -> Iterator[Violation]:
    """Check that the task of a question is recorded before it is polled."""
    if "question" in task.submission.metadata and all(task.id != one.task_id for one in _recorded(world)):
        yield Violation(PAY_ONCE, f"{task.id} was polled before it was recorded")


def when_bought(world: World, task: StoredTask) -> Iterator[Violation]:
    """Check that a purchase that no command asked for waited: each named check was green, and the head was old enough.

    A run that resumes the intent of a killed one does not wait again, so the checks count since that one began.
    """
    if "question" in task.submission.metadata:
        if all(task.submission.metadata["question"] != one.comment for one in _recorded(world)):
            yield Violation(PAY_ONCE, f"{task.id} was bought without a recorded intent")
        return
    number, head = int(str(task.submission.metadata["pullRequest"])), str(task.submission.metadata["headSha"])
    changes = world.changes_for(number, head)
    pushed_heads = {one.sha for one in world.github.pulls[number].pushes if world.was_asked(one.sha)}
    if world.was_asked(head) or any(not changes.isdisjoint(world.changes_for(number, one)) for one in pushed_heads):
        return
    if world.setting.needs_approval and world.github.pulls[number].from_fork:
        yield Violation(PAY_ONCE, f"{task.id} was bought for a fork, and no one has approved it")
    yield from (Violation(ONLY_DUE, f"{task.id} was bought {one}") for one in _undue(world, number, head, task))
    began = _begun(world, number, head, world.time.seconds)
    if not world.is_ready(head) and world.github.green_until.get(head, -1.0) < began:
        yield Violation(WAITS, f"{task.id} was bought while the checks say {world.github.states_on(head)}")
    others = (one for one in world.truth.begun if not changes.isdisjoint(world.changes_for(number, one)))
    age = max(world.time.seconds - _pushed_at(world, number, one, began) + 1 for one in {head, *others})
    if age < world.setting.quiet_seconds:
        yield Violation(WAITS, f"{task.id} was bought for a head that is {age} seconds old")


def _pushed_at(world: World, number: int, head: str, began: float) -> float:
    """Return when a head was pushed; a later force-push to it counts only before a run began to buy."""
    pushed = [push for push in world.github.pulls[number].pushes if push.sha == head]
    return max([pushed[0].at, *(push.at for push in pushed if push.forced and push.at <= began)])


def _begun(world: World, number: int, head: str, otherwise: float) -> float:
    """Return when the run began that first recorded an intent for the change of a head."""
    return world.truth.begun.get(world.first_intended(number, head), otherwise)


def _undue(world: World, number: int, head: str, task: StoredTask) -> Iterator[str]:
    """Yield why no review was due when the run began that bought it, or that recorded its intent."""
    pull, review_on = world.github.pulls[number], world.setting.input("review-on", "push")
    run = cast(Run, world.scheduler.current)
    began = min(run.began, _begun(world, number, head, run.began))
    event = cast(Start, run.start).event
    if isinstance(event, MergeGroupEvent):
        yield "for a merge group"
    if pull.is_draft and pull.drafted_at <= began:
        yield "for a draft"
    if not pull.is_open and pull.closed_at <= began:
        yield "for a closed pull request"
    is_bots_push = isinstance(event, ReviewEvent) and (event.sender, event.head_sha) == (RENOVATE, head)
    # A user's push had a review, which had findings, or ended without a result while this run read it, or is open. Or
    # another run is about to buy one.
    heads = {push.sha for push in pull.pushes} - {head}
    is_in_review = not heads.isdisjoint(world.truth.begun) or any(
        one is not task and (one.created < task.created or run in one.askers) for one in world.tasks_of(number)
    )
    is_own = world.truth.intended_by.get(world.first_intended(number, head), run) is run
    if is_bots_push and is_own and not is_in_review and world.is_bots_own(number, head, against=all):
        yield "for a listed bot's pull request"
    if review_on == "request":
        yield "without a request"
    if world.truth.forgot_at <= began and _has_no_record(world, number, moment(began)):
        yield "without a record of the reviews whose comments are there"
    if review_on == "ready" and not (world.truth.losses or spending.is_hidden_in_base(world, pull)):
        # Until a task is recorded, the run of another head cannot see it.
        mine, known = world.changes_for(number, head), {one for one, at in world.truth.recorded.items() if at < began}
        others = [one for one in world.tasks_of(number) if one is not task and one.id in known]
        if any(_has_result(world, one) and mine.isdisjoint(world.changes_of(one)) for one in others):
            yield "after the first review"


def _has_no_record(world: World, number: int, began: datetime) -> bool:
    """Return whether there were comments on findings when a run began, and no summary.

    Each call takes a second, so the run reads a summary of the second in which it began.
    """
    written = [one.replies[0] for one in world.github.threads_of(number) if one.replies]
    written = [one for one in written if one.author == BOT and read_finding_mark(one.body)]
    summaries = [
        one for one in world.github.comments_of(number) if one.author == BOT and "reviewbot:summary" in one.body
    ]
    return any(one.at < began for one in written) and all(one.at > began for one in summaries)


def _has_result(world: World, task: StoredTask) -> bool:
    status = task.status(world.time.seconds)
    return not status.is_over or status is TaskStatus.COMPLETED


# Law 2


def _lost(world: World) -> Iterator[Violation]:
    """Check that every token of every result was published, or that people deleted the text.

    Without check runs, a deleted or older summary hides what was recorded. A run whose token may not write the result
    has it in its files and its job summary, and ends with exit status 4.
    """
    if world.setting.is_silent or "memory" in world.truth.losses:
        return
    for pull in world.github.pulls.values():
        texts = [one.body for one in world.github.comments_of(pull.number) if one.author == BOT]
        texts += [reply.body for one in world.github.threads_of(pull.number) for reply in one.replies]
        texts += [check.summary for check in world.github.checks.values() if check.number == pull.number]
        published = set(SAID.findall("\n".join([*texts, *world.truth.erased])))
        for task in world.tasks_of(pull.number):
            if task.status(world.time.seconds) is TaskStatus.COMPLETED and not _is_out_of_reach(world, task):
                if any(_is_unpublished(world, cast(Run, run)) for _, run in task.reads):
                    continue
                missing = set(SAID.findall(str(task.result))) - published
                head = task.submission.metadata["headSha"]
                is_older = head != pull.head_sha or any(head == one for one, _ in world.truth.skipped)
                if pull.from_fork and is_older and "pull-requests: write" in world.setting.denied:
                    continue  # GitHub gives a fork's event no other token, so the exit status is not 4
                if world.setting.mind.as_text and is_older:  # a newer text has replaced it in the summary
                    missing -= {"MESS2"} & set(SAID.findall("\n".join(world.truth.texts)))
                if missing:
                    yield Violation(NOTHING_LOST, f"{task.id} reported {sorted(missing)}, and nothing shows it")


def _is_out_of_reach(world: World, task: StoredTask) -> bool:
    """Whether a task's id is in no record that is left, and the task was cancelled or its change or key is gone.

    The summary then counts its hold and refers to the CodeVF account, because its result was not returned.
    """
    # A run can write an older ledger over the summary, and that run or another one an older copy over the check run.
    is_over = spending.is_written_over(world, task)
    least = spending.RACING - is_over - (is_over and spending.is_copy_written_over(world, task))
    least = least if world.setting.has_checks else 1
    if spending.is_overwritten(world, task, least) or spending.is_check_written_over(world, task):
        return True
    number = int(str(task.submission.metadata["pullRequest"]))
    ledgers = list(world.written_ledgers(number))
    head = task.submission.metadata["headSha"]
    changes = world.changes_for(number, str(head))
    pull = world.github.pulls[number]
    is_gone = changes != {world.github.changes_of(pull)} or _has_another_mode(world, pull, task)
    # Asking for the task of an intent could buy a review that a maintainer has called off.
    is_unrecorded = all(task.id not in one for one in world.truth.copies)
    is_skipped = (pull.head_sha, pull.base_ref) in world.truth.skips and is_unrecorded
    is_given_up = any(
        not changes.isdisjoint(world.changes_for(number, one.head_sha))
        for ledger in ledgers[-1:]
        for one in ledger.purchases
        if one.is_unknown and (one.state.is_over or is_gone or is_skipped)
    )
    # A check run says the same of a purchase that a person has cancelled.
    copies = [one for one in announced.copies(world, pull) if one.is_unknown]
    is_given_up |= any(
        (one.state.is_over or is_skipped) and not changes.isdisjoint(world.changes_for(number, one.head_sha))
        for one in copies
    )
    # Without a summary, a run that raced for the purchase and was killed may have put back its intent in the check run.
    # The check run of a run that got no answer to the creation says so.
    askers = [cast(Run, run) for run in task.askers]
    is_unnamed = any(run.is_dead for run in askers) or all(_is_unreachable(run) for run in askers)
    is_given_up |= is_gone and not world.setting.has_summary and is_unnamed
    # A person may have deleted the only record, or another workflow may have written over it.
    is_overwritten = "old text" in world.truth.losses and is_unrecorded
    is_erased = is_overwritten or any("reviewbot:summary" in one for one in world.truth.erased)
    is_known = task.is_read and not is_overwritten
    if is_known or not (is_given_up or world.time.seconds - task.created >= KEY_MEMORY):
        return False
    left = ledgers[-1:] if is_erased else ledgers
    recorded = [one.task_id for ledger in left for one in ledger.purchases]
    return not any(task.id in one for one in (*recorded, *(one.external_id for one in world.github.checks.values())))


def _has_another_mode(world: World, pull: Pull, task: StoredTask) -> bool:
    """Return whether a label has another mode bought now, whose key is another one."""
    is_deep = DEEP in pull.labels or any(one.path.startswith("lib/") for one in world.github.changes_of(pull))
    is_standard = task.submission.mode is Mode.STANDARD
    return ROUTES in world.setting.config and is_deep is not is_standard


def _is_unpublished(world: World, run: Run) -> bool:
    is_refused = bool(world.setting.denied or run.refused)
    return is_refused and run.outcome is not None and run.outcome.reason is Reason.NOT_PUBLISHED


def _is_unreachable(run: Run) -> bool:
    return run.outcome is not None and run.outcome.reason is Reason.UNREACHABLE


def _replies(world: World) -> Iterator[Violation]:
    """Check that each reply of the reviewer was posted once, or shown by a summary if its finding has no thread."""
    for pull in world.github.pulls.values():
        threads = world.github.threads_of(pull.number)
        posted = Counter(TALK.findall("\n".join(reply.body for one in threads for reply in one.replies)))
        twice = sorted(token for token, count in posted.items() if count > 1)
        if twice:
            yield Violation(CONVERGES, f"replies were posted twice: {twice}")
        checks = [check.summary for check in world.github.checks.values() if check.number == pull.number]
        published = posted.keys() | set(TALK.findall("\n".join([*world.truth.texts, *world.truth.erased, *checks])))
        is_hidden = world.setting.is_silent or "memory" in world.truth.losses
        for task in [] if is_hidden else world.tasks_of(pull.number):
            if any(_is_unpublished(world, cast(Run, run)) for _, run in task.reads):
                continue
            if task.status(world.time.seconds) is TaskStatus.COMPLETED and not _is_out_of_reach(world, task):
                missing = set(TALK.findall(str(task.result))) - published
                if missing:
                    yield Violation(NOTHING_LOST, f"{task.id} replied {sorted(missing)}, and nothing shows it")


def _doubles(world: World) -> Iterator[Violation]:
    for pull in world.github.pulls.values():
        marks = [read_finding_mark(one.replies[0].body) for one in world.github.threads_of(pull.number)]
        counts = Counter(one for mark in marks if mark for one in mark.ids)
        for finding, count in counts.items():
            if count > 1:
                yield Violation(NOTHING_LOST, f"finding {finding} has {count} comments")
        ours = [one for one in world.github.comments_of(pull.number) if one.author == BOT]
        if sum("reviewbot:summary" in one.body for one in ours) > 1:
            yield Violation(CONVERGES, "there are two summary comments")


# Law 3


def _requests(world: World, pull: Pull) -> Iterator[Violation]:
    """Check that no request for changes stays beside a green check of this pull request."""
    check = newest_check(world, pull)
    is_own = check is not None and check.number == pull.number and not _is_forged(world, pull)
    asked = [one for one in world.github.reviews.values() if one.number == pull.number and one.author == BOT]
    stays = any(one.state == "CHANGES_REQUESTED" for one in asked)
    if check and is_own and check.conclusion in GREEN and stays and "pull-requests: write" not in world.setting.denied:
        yield Violation(CONVERGES, f"#{pull.number} is green, and reviewbot requests changes")


def _unfinished(world: World, pull: Pull) -> Iterator[Violation]:
    check = newest_check(world, pull)
    # A token that may not write comments cannot mark a command as executed, so each run cancels or defers again.
    has_asked = any(one.body.startswith("/reviewbot review") for one in world.github.comments_of(pull.number))
    is_hindered = (world.truth.hindered or has_asked) and "pull-requests: write" in world.setting.denied
    if check is not None and check.conclusion is None and not (is_hindered or _is_forged(world, pull)):
        message = f"the check of #{pull.number} is still open: {check.title!r}"
        yield Violation(CONVERGES, message)


def _stalled(world: World) -> Iterator[Violation]:
    """Check that a merge group whose run could write a check has one, without which the queue would stall."""
    there = {one.head_sha for one in world.github.checks.values() if one.conclusion}
    for run in world.runs if world.setting.has_checks else ():
        event, outcome = cast(Start, run.start).event, run.outcome
        is_judged = outcome is not None and outcome.reason is Reason.MERGE_GROUP
        if isinstance(event, MergeGroupEvent) and is_judged and event.head_sha not in there:
            yield Violation(CONVERGES, f"the merge group {event.head_sha[:7]} has no check")


def _outdated(world: World) -> Iterator[Violation]:
    """Check that a summary without an answer shows the outcome of the last run."""
    outcome = world.runs[-1].outcome
    reading = world.reading(1)
    if outcome is None or reading is None or not world.pull.is_open:
        return
    stated = reading.ledger.stated
    is_error = stated.endswith("action_required") and outcome.reason is Reason.NOT_REQUESTED
    if outcome.conclusion is None and (not is_error or stated.startswith(Reason.NOT_REQUESTED)):
        return
    # Another pull request with this head, or a refused write, changes only the check and the exit status.
    is_own = outcome.reason not in {Reason.SHARED_HEAD, Reason.NOT_PUBLISHED} and not reading.problem
    if is_own and not shows_answer(reading.ledger) and stated != statement(outcome):
        yield Violation(CONVERGES, f"the summary shows {stated!r}, and the last run ended with {statement(outcome)!r}")


def _undone(world: World) -> Iterator[Violation]:
    """Check that a due review of the head was completed, unless a person or a limit prevented it."""
    pull, setting = world.pull, world.setting
    # An intent of the day before is not resumed, because its key is forgotten. A person has to ask again.
    is_old = world.time.seconds > KEY_MEMORY
    is_skipped = (pull.head_sha, pull.base_ref) in world.truth.skipped
    is_left = world.setting.needs_approval or world.is_bots_own(1, pull.head_sha)
    is_bypassed = (pull.head_sha, pull.base_ref) in world.truth.bypasses
    is_left = is_left or is_bypassed or world.truth.hindered
    stopped = not pull.is_open or is_skipped or is_left or is_old or spending.is_used_up(world)
    # If the cost of earlier reviews is unknown, a person has to approve the next one.
    # Without a summary, that is so after a force-push, if a base contains a reviewed head, and after a comment of
    # analyzers, which may be of a paid review; a run may be killed between its comments and its first summary.
    # An own branch as base hides heads, so that a summary with a bypass is not trusted. Only a task shows what it cost.
    is_bought = bool(world.tasks_of(1))
    is_lost = (
        bool(world.truth.losses)
        or setting.is_silent
        or (bool(world.truth.bypasses) and OWN_BASE in {base for _, base in pull.bases} and not is_bought)
        or (not setting.has_summary and bool(pull.forced))
        or lacks_memory(world)
        or (not setting.has_summary and spending.is_bought_in_base(world, pull))
    )
    if stopped or is_lost or setting.input("review-on", "push") != "push":
        return
    changes, check = world.github.changes_of(pull), newest_check(world, pull)
    is_due = any(one.path != HELD for one in selected(world, changes)) and not is_unreviewed(world, pull, changes)
    if not is_due or (check is not None and check.conclusion in GREEN):
        return
    ends = [
        task.status(world.time.seconds)
        for task in (*world.tasks_of(1), *world.analyzed())
        if changes in world.changes_for(1, str(task.submission.metadata["headSha"]))
    ]
    is_complete = TaskStatus.COMPLETED in ends or len(ends) >= MOST_ATTEMPTS
    if not is_complete and not _has_an_intent_of_before(world, pull):
        message = f"no review of the head was completed; tasks: {[end.value for end in ends]}"
        yield Violation(HAPPENS, message)


def lacks_memory(world: World) -> bool:
    """Return whether analyzers have commented, perhaps on a paid review, and no summary had a ledger."""
    return bool(world.analyzed()) and not any(world.written_ledgers(1))


def _has_an_intent_of_before(world: World, pull: Pull) -> bool:
    """Return whether the pull request was closed, which ended an intent of the head, so a person has to ask again."""
    ledgers = list(world.written_ledgers(pull.number))[-1:]
    records = (*(one for ledger in ledgers for one in ledger.purchases), *announced.copies(world, pull))
    ended = [one for one in records if one.is_unknown and one.state.is_over]
    return pull.was_closed and any(one.head_sha == pull.head_sha for one in ended)


_ANNOUNCEMENT = "<!-- reviewbot:announcement:"
_VOLATILE = (
    (re.compile(r"<!-- reviewbot:ledger:\S+ \S+ \S+ -->"), "LEDGER"),
    (re.compile(r"\btask_[0-9a-f]{12}\b"), "TASK"),
    (TALK, "TALK"),
    (re.compile(r"\b[0-9a-f]{7,40}\b"), "SHA"),
    (re.compile(r"(discussion_r|issuecomment-|/runs/|comment=r?)\d+"), r"\1N"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"), "TIME"),
    (re.compile(r"(within|after|Last known state,?) [^,.:\n]+"), r"\1 SO LONG"),
    (re.compile(r"('not-requested', )[^)]+"), r"\1CHECK"),  # `Shown.is_unasked`: with a check, or without
)


def words(text: str) -> str:
    """Return a text without times, numbers and addresses."""
    for pattern, name in _VOLATILE:
        text = pattern.sub(name, text)
    return text


@dataclass(frozen=True, slots=True)
class Shown:
    """What a pull request shows, without values that may differ between equivalent histories."""

    check: tuple[object, ...]
    summaries: tuple[str, ...]
    threads: tuple[tuple[object, ...], ...]
    tasks: int

    @property
    def is_unasked(self) -> bool:
        """Whether no review of the head exists or is requested: it has no check, or a check that reports this."""
        return not self.check or (self.check[1] == "action_required" and "not-requested" in str(self.check[2]))

    def beside(self, undisturbed: Shown) -> Shown:
        """Use the check and the summary of the undisturbed history if both are equivalent.

        Check runs cannot be deleted: one on a head without a requested review stays and reports this. Neither it nor a
        missing check is green. A check whose conclusion and title are unchanged is not updated for its text. A summary
        that was written because the check could not be written stays, and says what the check says. So does one with a
        question's record, whose text a run replaced for a check that a failed run had left.
        """
        theirs = undisturbed.check
        is_alike = self.check[:3] == theirs[:3] or (self.is_unasked and undisturbed.is_unasked)
        title = str(self.check[3]).partition("\n")[0] if self.check else "no check"
        is_written = not title or any("reviewbot:summary" in one for one in undisturbed.summaries)
        summaries = tuple(one for one in self.summaries if is_written or title not in one)
        kept = [one for one in summaries if "'not-requested'" not in one]
        if self.is_unasked and undisturbed.is_unasked and len(kept) < len(summaries):
            there = [one for one in undisturbed.summaries if "reviewbot:summary" in one]
            summaries = tuple(sorted([*kept, *there]))
        return replace(self, check=theirs, summaries=summaries) if is_alike else self

    def unannounced(self) -> Shown:
        """Return the same without announcements: whether an answer is late depends on which run has bought it."""
        return replace(self, summaries=tuple(one for one in self.summaries if not one.startswith(_ANNOUNCEMENT)))

    def greener(self, other: Shown) -> str:
        """Describe the conclusion if this check passes and the other does not."""
        mine, theirs = ("".join(map(str, one.check[1:2])) for one in (self, other))
        return f"check: {mine} instead of {theirs}" if mine in GREEN and theirs not in GREEN else ""

    def difference(self, other: Shown) -> str:
        """Describe the first difference."""
        for name in ("check", "summaries", "threads", "tasks"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                one, two = repr(mine), repr(theirs)
                at = next((i for i, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]), 0)
                return f"{name}: …{one[max(0, at - 60) : at + 120]} instead of …{two[max(0, at - 60) : at + 120]}"
        return ""


def shown_by(world: World, number: int = 1) -> Shown:
    """Return what a pull request shows now."""
    github, pull = world.github, world.github.pulls[number]
    check = newest_check(world, pull)
    ours = [one for one in github.comments_of(number) if one.author == BOT]
    threads = github.threads_of(number)
    return Shown(
        (check.status, check.conclusion, check.title, words(check.summary)) if check else (),
        tuple(sorted(words(one.body) for one in ours)),
        tuple(
            sorted(
                (one.path, one.side.value, thread_line(github, pull, one, one.line) or 0, words(one.replies[0].body))
                for one in threads
            )
        ),
        len(world.tasks_of(number)),
    )


def has_refused(world: World, refusal: Refusal) -> bool:
    """Return whether a command was refused for this reason, which asks to repeat it."""
    written = [(one.author, one.body) for one in world.github.comments.values()]
    written += [(one.author, one.body) for thread in world.github.threads.values() for one in thread.replies]
    ours = (body for author, body in written if author == BOT and read_answer_mark(body))
    return any(f" {refusal} " in body for body in ours)


def said_by_people(world: World) -> Counter[str]:
    """Return how often people wrote each command, without its arguments."""
    written = [(one.author, one.body) for one in world.github.comments.values()]
    written += [(one.author, one.body) for thread in world.github.threads.values() for one in thread.replies]
    return Counter(" ".join(body.split()[:2]) for author, body in written if author != BOT)


def cancelled(world: World) -> Counter[object]:
    """Return how many tasks of each head were cancelled."""
    tasks = world.codevf.tasks.values()
    return Counter(one.submission.metadata["headSha"] for one in tasks if one.end is TaskStatus.CANCELLED)


# Law 4


def newest_check(world: World, pull: Pull) -> StoredCheck | None:
    """Return reviewbot's check against the current base that GitHub shows on the head."""
    name = world.setting.names.against(world.github.default_branch, pull.base_ref)
    return next(iter(list(world.github.written_checks(pull, name))[::-1]), None)


def _green(world: World, pull: Pull) -> Iterator[Violation]:
    check = newest_check(world, pull)
    conclusion = check.conclusion if check else _last_conclusion(world, pull)
    if conclusion in GREEN:
        changes = world.github.changes_of(pull)
        apply_bypass = (pull.head_sha, pull.base_ref) in world.truth.skips | world.truth.bypasses
        if apply_bypass or world.is_bots_own(pull.number, pull.head_sha):
            return
        owner = world.github.pulls[check.number or pull.number] if check else pull
        if owner is not pull and is_unreviewed(world, pull, changes):
            return
        is_exempt = (owner.head_sha, owner.base_ref) in world.truth.skips
        is_exempt |= world.is_bots_own(owner.number, owner.head_sha)
        # A check that another workflow has written over it is the one that GitHub shows, and that a run compares.
        is_exempt |= is_unreviewed(world, owner, world.github.changes_of(owner), at_rest=not _is_forged(world, owner))
        is_exempt |= owner is not pull and not selected(world, world.github.changes_of(owner))
        # Of a closed one the rules decided when its check was written, since no run judges it again.
        is_exempt |= not owner.is_open and is_unreviewed(world, pull, changes)
        if conclusion == "skipped" and is_exempt:
            # A pull request without a check has the one of another with the same change, which a rule does not review.
            is_alone = world.setting.input("review-on", "push") != "push" and world.github.changes_of(owner) == changes
            if owner is pull or is_alone:
                return
            conclusion = "success"  # of this pull request, before the other one's check covered it
        if problem := _why_not(world, conclusion, changes, pull.head_sha, strict=True, number=pull.number):
            yield Violation(NEVER_GREEN, f"#{pull.number} is green at rest: {problem}")


def _green_before(world: World, pull: Pull) -> Iterator[Violation]:
    """Check that no older head is green at rest that a run there would not call green: a force-push can restore it.

    A bypass has ended with the push. Nothing says so without the summary, after a kill or a lost request, or if the
    head had moved when the check was written.
    """
    setting, git = world.setting, world.github.git
    is_cut = bool(world.truth.losses or setting.denied - {"contents: write"}) or any(
        one.outcome is None for one in world.runs
    )
    if pull is not world.pull or not (setting.has_checks and setting.has_summary) or is_cut:
        return
    name = setting.names.against(world.github.default_branch, pull.base_ref)
    for head in sorted({one.sha for one in pull.pushes} - {pull.head_sha}):
        check = next(iter(world.github.checks_on(head, name)[::-1]), None)
        if check is None or check.number != pull.number or check.conclusion not in GREEN:
            continue
        changes = git.changes(git.merge_base(pull.base_sha, head), head)
        is_skipped = (head, pull.base_ref) in world.truth.skips or is_unreviewed(world, pull, changes, at_rest=False)
        if world.is_bots_own(pull.number, head) or (check.conclusion == "skipped" and is_skipped):
            continue
        is_hindered = any(one.lost or one.unanswered for one in world.runs) or _is_late(pull, check)
        if (head, pull.base_ref) in world.truth.bypasses and is_hindered:
            continue
        # A rule without a review skipped it, and the same change was reviewed since: that review has to pass.
        is_by_rule = ROUTES in setting.config and {one.path for one in changes} <= set(UNREVIEWED)
        conclusion = "success" if is_by_rule else check.conclusion
        if problem := _why_not(world, conclusion, changes, head, strict=True, number=pull.number):
            yield Violation(NEVER_GREEN, f"the older head {head[:7]} of #{pull.number} is green at rest: {problem}")


def _is_late(pull: Pull, check: StoredCheck) -> bool:
    """Return whether the head of a check run had moved when the check run was created."""
    pushed = max(one.at for one in pull.pushes if one.sha == check.head_sha)
    return any(one.at > pushed and moment(one.at) < check.started for one in pull.pushes)


def _last_conclusion(world: World, pull: Pull) -> str | None:
    """Return the conclusion of the last run if only the summary is written.

    None if a workflow has put back an older text: then nothing shows that it is older. Nor does anything show that a
    change was reviewed once a person has deleted the summary, so a rule without a review may skip it.
    """
    outcome, setting = world.runs[-1].outcome, world.setting
    is_known = setting.has_summary and not setting.has_checks and "record" not in world.truth.losses
    conclusion = outcome.conclusion if is_known and outcome is not None and pull is world.pull else None
    return None if conclusion == "skipped" and "memory" in world.truth.losses else conclusion


def when_written(world: World, check: StoredCheck) -> Iterator[Violation]:
    """Check a check run that was just written against everything that could be known."""
    if check.conclusion not in GREEN or check.number is None:
        return
    if check.head_sha in world.truth.groups:
        yield from _green_group(world, check)
    elif problem := _not_green(world, check.number, check.head_sha, check):
        yield Violation(NEVER_GREEN, f"#{check.number} was called green: {problem}")


def when_ended(world: World, run: Run) -> Iterator[Violation]:
    """Check that a run left no green check beside a recorded finding that blocks, unless it only failed to write one.

    Nothing else may have written meanwhile: another run, a push, or a workflow.
    """
    pull, outcome, check = world.pull, run.outcome, newest_check(world, world.pull)
    if outcome is None or check is None or (check.number, check.conclusion) != (pull.number, "success"):
        return
    is_judged = check.started >= moment(run.began) or outcome.reason in {Reason.REVIEWED, Reason.GATE}
    others = (one for one in world.runs if one is not run)
    is_alone = all(one.ended is not None and not spending.overlap(run, one) for one in others)
    is_same = pull.pushes[-1].at < run.began and pull.bases[-1][0] < run.began and not world.truth.losses
    is_exempt = (pull.head_sha, pull.base_ref) in world.truth.bypasses | world.truth.skips
    is_exempt |= world.is_bots_own(pull.number, pull.head_sha)
    if is_judged and is_alone and is_same and not is_exempt and (left := _blocking(world)):
        what = f"run {run.number} ended with {outcome.reason}, and exit status {outcome.exit_status}"
        yield Violation(NEVER_GREEN, f"#{pull.number} is green beside {left}; {what}")


def _blocking(world: World) -> list[str]:
    """Return the tokens of findings that the summary records as open and not waived, and that the change still has."""
    fail_on = FailOn(world.setting.input("fail-on", "critical"))
    there = world.evil_in(world.github.changes_of(world.pull))
    found = (one for one in world.open_findings(1) if one.waiver is None and blocks(one.severity, fail_on))
    return [
        token
        for one in found
        for token in EVIL.findall(one.title)
        if any(there[token, path] for path in world.was_named(one.path))
    ]


def _green_group(world: World, check: StoredCheck) -> Iterator[Violation]:
    """Check that each pull request of a merge group may be green against its base branch.

    GitHub removes one whose head, base or state changes. A check with the name for another base meets no ruleset.
    """
    pulls, base = world.github.pulls, world.truth.group_bases[check.head_sha]
    group = [(pulls[number], head, onto) for number, head, onto in world.truth.groups[check.head_sha]]
    judged = [one for one in group if not _is_forged(world, one[0], ever=True)]
    is_there = all(pull.is_open and (pull.head_sha, pull.base_ref) == (head, base) for pull, head, _ in group)
    for pull, head, onto in judged if is_there and check.name == CHECK else ():
        skipped = replace(check, conclusion="skipped")
        if all(problems := [_not_green(world, pull.number, head, one, base, onto) for one in (check, skipped)]):
            yield Violation(NEVER_GREEN, f"a merge group with #{pull.number} was called green: {problems[0]}")


def _is_forged(world: World, pull: Pull, *, ever: bool = False) -> bool:
    """Return whether a workflow wrote the newest check of reviewbot's App that is not another pull request's, or any.

    It could write the group's check, too. A run that races with another one may have read an older check.
    """
    name = world.setting.names.against(world.github.default_branch, pull.base_ref)
    there = [one for one in world.github.checks_on(pull.head_sha, name) if one.app == APP]
    ours = [one for one in there if one.number in {None, pull.number}]
    return any(one.number is None for one in (ours if ever else ours[-1:]))


def _not_green(world: World, number: int, head: str, check: StoredCheck, base_ref: str = "", onto: str = "") -> str:
    """Return why a head may not be green as a check says, against a base or any that it had; empty if it may.

    `onto` is the commit onto which a merge queue merges it.
    """
    exempt = [one for one, base in world.truth.bypasses | world.truth.skipped if base_ref in {"", base}]
    apply_bypass = head in exempt or world.is_bots_own(number, head)
    if apply_bypass or not world.github.pulls[number].is_open:
        return ""
    git, diffs = world.github.git, world.changes_for(number, head, protected=check.name == CHECK, base_ref=base_ref)
    if onto:
        diffs = {git.changes(git.merge_base(onto, head), head)}
    problems = [
        ""
        if check.conclusion == "skipped" and is_unreviewed(world, world.github.pulls[number], changes, at_rest=False)
        else _why_not(world, str(check.conclusion), changes, head, strict=False, number=number)
        for changes in diffs
    ]
    return problems[0] if problems and all(problems) else ""


def is_unreviewed(world: World, pull: Pull, changes: tuple[Change, ...], *, at_rest: bool = True) -> bool:
    """Return whether a rule gives every changed file no review, and the change was not reviewed all the same.

    A review that a racing run has written over is not known, and neither is one whose task no run has recorded, or that
    shows just as much of the same head's change against another base.
    """
    paths = {path for one in changes for path in (one.path, one.old_path) if path}
    is_asked = at_rest and DEEP in pull.labels
    if ROUTES not in world.setting.config or is_asked or not paths <= set(UNREVIEWED):
        return False
    return not any(
        task.status(world.time.seconds) is TaskStatus.COMPLETED
        and _shown_by(world, task) == [changes]
        and not spending.is_written_over(world, task)
        and not _is_out_of_reach(world, task)
        for task in world.tasks_of(pull.number)
    )


def _shown_by(world: World, task: StoredTask) -> list[tuple[Change, ...]]:
    """Return the changes of a task's head, one for each base, of which the task shows all that is selected."""
    return [one for one in world.changes_of(task) if _shows(task, tuple(selected(world, one)))]


def _shows(task: StoredTask, changes: tuple[Change, ...]) -> bool:
    lines, named = _lines_and_headers(changes)
    there = _lines_in(task)
    return lines == there and named == {one for diff in diffs_in(task.submission) for one in headers(diff)}


def _lines_in(task: StoredTask) -> set[tuple[str, str]]:
    """Return the added and the deleted lines that a task shows, by file; `-` begins a deleted one."""
    added = {(line.path, line.text) for line in shown_in(task.submission)}
    return added | {(line.path, f"-{line.text}") for line in deleted_in(task.submission)}


def _lines_and_headers(changes: Iterable[Change]) -> tuple[set[tuple[str, str]], set[str]]:
    """Return the lines of a change as `_lines_in` does, redacted, and the headers of its files."""
    changes = tuple(changes)
    lines = {(change.path, line.replace(SECRET, REDACTED)) for change in changes for line in change.added()}
    lines |= {(change.path, f"-{line}".replace(SECRET, REDACTED)) for change in changes for line in change.deleted()}
    return lines, {one for change in changes for one in headers(change.text)}


def selected(world: World, changes: tuple[Change, ...]) -> list[Change]:
    """Return the changed files that are due for a review: not a deleted file of secrets."""
    patterns = tuple(world.setting.input("paths", "").split())
    return [one for one in changes if matches(patterns, one.path) and not (one.path == HELD and one.new is None)]


def _why_not(
    world: World, conclusion: str, changes: tuple[Change, ...], head: str, *, strict: bool, number: int
) -> str:
    """Return why a change may not be green, empty when it may."""
    due = selected(world, changes)
    if due and conclusion == "skipped":
        return f"a review of {[one.path for one in due]} is due"
    if due and (problem := _unseen(world, due, head, number if strict else None)):
        return problem
    if world.setting.input("fail-on", "critical") == "never":
        return ""
    is_analyzed = any(task.submission.metadata["headSha"] == head for task in world.analyzed())
    if world.setting.mind.is_mute and not is_analyzed:
        return ""  # the reviewer reported nothing, and an authorized maintainer accepted that for this head
    left_out = _left_out(world, changes, number)
    open_lines = [
        f"{count} of {token} in {path}"
        for (token, path), count in uncovered(world, changes, strict=strict, number=number)
        if (token, path) in left_out or path in {one.path for one in due}
        if not _may_be_believed(world, token, path, number)
    ]
    return f"{', '.join(open_lines)}: reported, not fixed and not waived" if open_lines else ""


def _may_be_believed(world: World, token: str, path: str, number: int) -> bool:
    """Return whether a reviewer who lies may have closed a finding on deleted lines: their file has changed since.

    Other lines can undo a deletion, so a finding on deleted code can be fixed while the code is deleted.
    """
    if not (world.setting.mind.lies and token.startswith("GUARD")):
        return False
    diffs = (world.changes_for(number, one.sha) for one in world.github.pulls[number].pushes)
    since = dropwhile(lambda there: not any((token, path) in world.evil_in(changes) for changes in there), diffs)
    versions = {
        next(((one.old, one.new) for one in changes if one.path == path), None) for there in since for changes in there
    }
    return len(versions) > 1


def _left_out(world: World, changes: tuple[Change, ...], number: int) -> set[tuple[str, str]]:
    """Return the tokens of lines that were reported, and are left only in files that are not due for a review.

    The answer of an older review counts once a run has read it. A finding without a line or with another quote cannot
    be found there, and neither can one whose file had left the change when its answer was read.
    """
    if world.setting.mind.sloppiness:
        return set()
    due = selected(world, changes)
    still = {line.replace(SECRET, REDACTED) for change in due for line in change.added()}
    reported = {
        line.text
        for task in world.tasks_of(number)
        if task.status(world.time.seconds) is TaskStatus.COMPLETED and task.is_read
        for line in shown_in(task.submission)
        if line.path in _paths_when_read(world, task)
    }
    return {
        (token, change.path)
        for change in changes
        if change not in due
        for line in change.added()
        if line.replace(SECRET, REDACTED) in reported - still
        for token in EVIL.findall(line)
    }


def _paths_when_read(world: World, task: StoredTask) -> set[str]:
    """Return the changed files of the head that the pull request had when a run first read an answer."""
    number, at = int(str(task.submission.metadata["pullRequest"])), task.reads[0][0]
    pushes = world.github.pulls[number].pushes
    head = next((one.sha for one in reversed(pushes) if one.at <= at), str(task.submission.metadata["headSha"]))
    return {path for changes in world.changes_for(number, head) for one in changes for path in (one.path, one.old_path)}


def uncovered(
    world: World, changes: tuple[Change, ...], *, strict: bool, number: int
) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield the evil and guard lines without a waiver of this very file by someone entitled for this base, or now."""
    files = {one.path: one.new for one in changes}
    authors, base = authors_of(world, world.pull), world.pull.base_ref
    given = [one for one in world.truth.waivers if one.base == base or one.by not in authors]
    waivers = given if strict else [*world.truth.waivers, *world.truth.withdrawn]
    waivers = waivers if number == 1 else []  # people waive only there
    for (token, path), count in world.evil_in(changes).items():
        mine = (one for one in waivers if (one.token, one.path, one.file) == (token, path, files[path]))
        if not any(one.count >= count for one in (*mine, *_of_moved(world, waivers, token))):
            yield (token, path), count


def _of_moved(world: World, waivers: Iterable[Waiver], token: str) -> Iterator[Waiver]:
    """Yield the waivers of a finding whose code had left its file, if the reviewer calls it open wherever that is."""
    for one in waivers if world.setting.mind.is_literal and not token.startswith("GUARD") else ():
        if one.token == token and (one.file is None or token.encode() not in one.file.content):
            yield one


@dataclass(slots=True)
class Reading:
    """What completed and readable reviews of a head were shown: lines as of `_lines_in`, and headers of files."""

    lines: set[tuple[str, str]] = field(default_factory=set)
    headers: set[str] = field(default_factory=set)


def readings(world: World, accepted: Collection[str]) -> dict[str, Reading]:
    """Return what the reviews of each head were shown; of an answer in part only if it was accepted.

    Args:
        world: the world.
        accepted: the tasks with such an answer.
    """
    seen: defaultdict[str, Reading] = defaultdict(Reading)
    # An item that violates the schema is an unrated finding, which a person has to handle.
    taken = any(one.token == "MESS1" for one in (*world.truth.waivers, *world.truth.withdrawn))
    reviews = (one for one in world.codevf.tasks.values() if "question" not in one.submission.metadata)
    for task in (*reviews, *world.analyzed()):
        is_messy = "MESS1" in str(task.result)
        is_read = is_read_completely(task.result, in_words=world.setting.in_words) or (is_messy and taken)
        is_read |= task.id in accepted
        if task.status(world.time.seconds) is TaskStatus.COMPLETED and is_read:
            reading = seen[str(task.submission.metadata["headSha"])]
            reading.lines |= _lines_in(task)
            reading.headers |= {one for diff in diffs_in(task.submission) for one in headers(diff)}
    return seen


def _unseen(world: World, changes: list[Change], head: str, number: int | None) -> str:
    """Return what no review was shown; with a pull request's number, an acceptance for another base does not count."""
    bases = {base for _, _, base in world.truth.accepted} if number is None else {world.github.pulls[number].base_ref}
    accepted = {task for task, judged, base in world.truth.accepted if judged == head and base in bases}
    lines, named = _lines_and_headers(changes)
    seen = readings(world, accepted).values()
    if not seen:
        return "no review was completed"
    if any(lines <= one.lines and named <= one.headers for one in seen):
        return ""
    if any(lines <= one.lines for one in seen):
        least = min((sorted(named - one.headers) for one in seen), key=len)[:2]
        return f"no reviewer has seen that a file came from there, or has this mode: {least}"
    return f"no reviewer has seen {min((sorted(lines - one.lines) for one in seen), key=len)[:3]}"


# Actions of people


def _people(world: World) -> Iterator[Violation]:
    threads = world.github.threads_of(1)
    marks = [read_finding_mark(one.replies[0].body) for one in threads]
    back = world.truth.deleted & {one for mark in marks if mark for one in mark.ids}
    is_remembered = world.setting.has_summary and "summary" not in world.truth.losses
    # A run can write a ledger that was read before the comments were posted over one that lists them.
    over = (
        one.posted - later.posted for one, later in pairwise(world.written_ledgers(1)) if later.counter <= one.counter
    )
    back -= {key for keys in over for key in keys}
    if back and is_remembered:
        yield Violation(PEOPLE_STAND, f"deleted comments are back: {sorted(back)}")
    for thread in threads:
        if thread.id in world.truth.resolved and thread.resolved_by != "boss":
            yield Violation(
                PEOPLE_STAND, f"thread {thread.id} was resolved by a person, and is by {thread.resolved_by}"
            )
