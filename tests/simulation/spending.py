"""What a pull request may spend, and how large its reviews must be, computed from the facts of a history."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import combinations, pairwise, product
from typing import cast

from reviewbot.domain.codevf.batches import split_ids
from reviewbot.domain.github.check_identity import split_tag
from reviewbot.domain.ledger.codec import decode
from reviewbot.domain.ledger.external_id import decode_external_id
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.question import QuestionState
from reviewbot.domain.model.review import TaskStatus
from reviewbot.domain.policy.verdict import Reason
from tests.simulation.codevf import StoredTask
from tests.simulation.github import REPOSITORY_ID, Pull
from tests.simulation.oracle import CONVERSATION
from tests.simulation.repository import Change
from tests.simulation.schedule import Run
from tests.simulation.world import AUTO_SIZE, KEY, ROUTES, World

Changes = tuple[Change, ...]
SIX = 6
_SINCE = re.compile(r"NEW SINCE THE LAST REVIEW \(of commit ([0-9a-f]{40})\)")


def limit_of(world: World, tasks: list[StoredTask], parts: int) -> Decimal | None:
    """Return the most credits for a pull request with these tasks, oldest first; None if it is not limited.

    The automatic limit is a multiple of the first review, or before that of the question that is asked. If several
    runs ask for one task, another task may be created between, so that either is the first. A killed run may
    have recorded the first review without buying it. Without a summary, the next attempt on a head replaces the
    record of a review. A purchase of several parts may be agreed on for more tasks than are created.
    """
    setting = world.setting.input("max-credits-per-pr", "auto")
    if setting != "auto":
        return Decimal(setting) if setting != "0" else None
    reviews = [one for one in tasks if "question" not in one.submission.metadata]
    if not reviews and world.truth.begun:
        return SIX * _largest(world) * parts
    if not tasks:
        return None
    recorded = [one for one in reviews if world.setting.has_summary or _is_recorded(world, one)] or tasks[-1:]
    until = min(one.asked or one.created for one in recorded)
    return SIX * max(one.hold for one in recorded if _submitted(world, one) <= until) * parts


def _submitted(world: World, task: StoredTask) -> float:
    """Return when a task was created, or its first run began if several runs recorded or asked for it.

    Of several tasks of one change, only the first has the intent that is known by the head.
    """
    head = world.first_intended(_number(task), _head(task))
    same = (one for one in world.tasks_of(_number(task)) if world.first_intended(_number(one), _head(one)) == head)
    is_first = all(task.created <= one.created for one in same)
    runs = {id(one) for one in (*task.askers, world.truth.intended_by.get(head, task.askers[0]))}
    begun = world.truth.begun.get(head, task.created) if is_first and len(runs) > 1 else task.created
    return min(begun, task.created)


def over_limit(world: World, pull: Pull) -> Iterator[str]:
    """Yield each creation of a task that exceeds the limit, unless people deleted what reviewbot remembers.

    Nothing is remembered if nothing can be written. Without a summary, a person can ask for a review against a branch
    that has the earlier heads; so can any run if the token may not write the summary. Without check runs, each of two
    racing runs can overwrite the other's record, and always that of a question.
    """
    tasks = world.bought_for(pull.number)
    is_unknown = len(pull.bases) > 1 and not world.setting.has_summary
    if (is_unknown and world.truth.named) or world.setting.is_silent or is_hidden_in_base(world, pull):
        return
    parts = 3 if "max-tasks: 3" in world.setting.config else 1
    for at, task in enumerate(tasks if not world.truth.losses else ()):
        limit = limit_of(world, tasks[: at + 1], parts)
        if limit is None:
            return
        known = (one for one in tasks[: at + 1] if one is task or not _is_unknown(world, pull, one))
        held = sum((one.hold for one in known if _costs(one, task.created)), Decimal(0))
        if held > limit and not _may_exceed(world, tasks[: at + 1]):
            yield f"{task.id} makes {held} credits of at most {limit}"


def is_hidden_in_base(world: World, pull: Pull) -> bool:
    """Return whether a base contains a head that was bought, and the token may not write the summary that remembers it.

    A run learns that only when it has bought.
    """
    return "pull-requests: write" in world.setting.denied and is_bought_in_base(world, pull)


def _is_behind_base(world: World, pull: Pull, task: StoredTask) -> bool:
    """Return whether only the check run of a head that a base contains has a task, since its run was killed."""
    is_in_summary = any(_has(ledger, task) for ledger in world.written_ledgers(pull.number))
    is_killed = any(cast(Run, run).is_dead for run in task.askers)
    return is_killed and not is_in_summary and str(task.submission.metadata["headSha"]) in _in_bases(world, pull)


def is_bought_in_base(world: World, pull: Pull) -> bool:
    """Return whether a base contains a head that was bought."""
    heads = {_head(one) for one in world.tasks_of(pull.number)}
    return not heads.isdisjoint(_in_bases(world, pull))


def _in_bases(world: World, pull: Pull) -> frozenset[str]:
    git = world.github.git
    return frozenset[str]().union(*(git.ancestors(git.branches[base]) for _, base in pull.bases))


def _is_unknown(world: World, pull: Pull, task: StoredTask) -> bool:
    return _is_behind_base(world, pull, task) or _is_lost_question(world, task)


def _is_lost_question(world: World, task: StoredTask) -> bool:
    """Return whether a ledger that was read before was written over one with a question.

    No copy has a question, but one of that ledger, or of a later one, has its credits.
    """
    ledgers = list(world.written_ledgers(_number(task)))
    has = [any(task.id == one.task_id for one in ledger.questions.records) for ledger in ledgers]
    older = (later.counter < one.counter for one, later in pairwise(ledgers))
    lost = any(there and not still and is_older for (there, still), is_older in zip(pairwise(has), older, strict=True))
    signer = Signer(KEY, REPOSITORY_ID, _number(task), "")
    copies = (decode_external_id(split_tag(one.external_id)[1], signer) for one in world.github.checks.values())
    with_it = {(one.counter, one.spent) for one, there in zip(ledgers, has, strict=True) if there}
    return lost and not has[-1] and with_it.isdisjoint((one.counter, one.spent) for one in copies if one is not None)


def _may_exceed(world: World, tasks: list[StoredTask]) -> bool:
    """Return whether the last task may exceed the limit: it races without check runs, or an earlier one has.

    With check runs, three runs can exceed it by a review: another run has given it up, or bought it in another scope,
    or was killed after it had recorded its intent, so that it is not clear which review is the first.
    """
    *others, task = tasks
    first = min(tasks, key=lambda one: _submitted(world, one))
    recorder = world.truth.intended_by.get(world.first_intended(_number(first), _head(first)))
    is_killed = recorder is not None and cast(Run, recorder).is_dead and recorder not in first.askers
    is_second = any(one.created < first.created for one in tasks)
    if is_killed and is_second and most_beside(world, first) >= RACING - 1:
        return True
    if any(_was_given_up(world, one) for one in tasks if one is task or not _is_recorded(world, one)):
        return True
    if any(_was_bought_twice(world, *pair) for pair in combinations(tasks, 2)) or _is_given_up_question(world, task):
        return True
    is_alone = world.setting.has_checks
    return not is_alone and any(_raced(task, one) or is_overwritten(world, one, least=1) for one in others)


def _was_given_up(world: World, task: StoredTask) -> bool:
    """Return whether a run gave this purchase up to another one, while a third run that had seen its intent made it.

    If no record names the task, the purchase is known by its credits.
    """
    signer = Signer(KEY, REPOSITORY_ID, _number(task), "")
    read = (decode_external_id(split_tag(one)[1], signer) for one in world.truth.copies)
    copies = [one.purchase for one in read if one is not None]
    named = [one for one in copies if task.id in split_ids(one.task_id)]
    keys = {one.key for one in named or copies if named or one.hold == task.hold}
    ended = any(one.state is TaskState.ENDED and not one.task_id and one.key in keys for one in copies)
    return ended and most_beside(world, task) >= RACING - 1


def is_intent_ended(world: World, task: StoredTask, refused: Run) -> bool:
    """Return whether a refused run ended the intent of a task while another run was buying that task.

    That run had begun before, so that it could continue with the intent, and had not recorded the task. A run that
    reads the end makes the next attempt, which has another key.
    """
    records, buyer = list(_records(world, _number(task))), cast(Run, task.askers[0])
    named = [(one, at) for one, at in records if task.id in split_ids(one.task_id)]
    keys = {one.key for one, _ in named}
    ends = [at for one, at in records if one.state is TaskState.ENDED and not one.task_id and one.key in keys]
    since = max(buyer.began, refused.began)
    until = min([refused.ended or math.inf, *(at for _, at in named)])
    return buyer is not refused and bool(ends) and since < min(ends) <= until


def _records(world: World, number: int) -> Iterator[tuple[Purchase, float]]:
    """Yield each purchase in a check run or a summary of a pull request so far, and when it was written there."""
    signer = Signer(KEY, REPOSITORY_ID, number, "")
    for text, (at, _) in zip(world.truth.copies, world.truth.copied, strict=True):
        if copy := decode_external_id(split_tag(text)[1], signer):
            yield copy.purchase, at
    for text, at in zip(world.truth.texts, world.truth.written, strict=True):
        reading = decode(text, signer)
        yield from ((one, at) for one in reading.ledger.purchases if not reading.problem)


def _is_given_up_question(world: World, task: StoredTask) -> bool:
    """Return whether a run ended the intent of a question for that of a review while another one of three bought it."""
    ledgers = list(world.written_ledgers(_number(task)))
    comments = {one.comment for ledger in ledgers for one in ledger.questions.records if one.task_id == task.id}
    ended = any(
        one.comment in comments and one.state is QuestionState.ENDED and not one.task_id
        for ledger in ledgers
        if ledger.intents()
        for one in ledger.questions.records
    )
    return ended and most_beside(world, task) >= RACING - 1


def _was_bought_twice(world: World, one: StoredTask, other: StoredTask) -> bool:
    """Return whether two of three concurrent runs bought the review of one head in different scopes."""
    are_reviews = all("question" not in each.submission.metadata for each in (one, other))
    return are_reviews and _head(one) == _head(other) and _raced(one, other) and most_beside(world, other) >= RACING - 1


def _raced(one: StoredTask, other: StoredTask) -> bool:
    """Return whether a run that created a task was at work when another run began that created the other."""
    pairs = product(cast(list[Run], one.askers), cast(list[Run], other.askers))
    return any(overlap(mine, theirs) for mine, theirs in pairs)


RACING = 3
"""Other concurrent runs needed to overwrite both records of a task; one fewer if there is only one record."""


def is_overwritten(world: World, task: StoredTask, least: int = RACING) -> bool:
    """Return whether no record has a task, which was created while at least so many other runs were at work.

    Without check runs, one is enough if it wrote a ledger that it had read before the task was recorded. With them, one
    that deferred the purchase again, or bought it in another scope, is enough if another workflow has put back an older
    summary: one of two racing runs then knows no earlier review, so that the keys are not the same.
    """
    if _is_recorded(world, task):
        return False
    most = most_beside(world, task)
    if "old text" in world.truth.losses and (_is_deferred_again(world, task) or _has_another_scope(world, task)):
        least = 1
    if not world.setting.has_checks:
        pairs = pairwise(world.written_ledgers(_number(task)))
        is_older = any(
            _has(one, task) and not _has(later, task) and later.counter < one.counter for one, later in pairs
        )
        least = 1 if is_older else min(least, RACING - 1)
    return most >= least


def _is_deferred_again(world: World, task: StoredTask) -> bool:
    copies = world.truth.copies
    named = next((at for at, one in enumerate(copies) if task.id in one), len(copies))
    return any(f" {TaskState.DEFERRED} " in one for one in copies[named:])


def _has_another_scope(world: World, task: StoredTask) -> bool:
    """Return whether a task of the same head in another scope was created before or after it, with neither recorded."""
    recorded = world.truth.recorded
    others = [one for one in world.tasks_of(_number(task)) if _head(one) == _head(task) and _since(one) != _since(task)]
    pairs = [sorted((task, one), key=lambda each: each.created) for one in others]
    return any(recorded.get(first.id, math.inf) > later.created for first, later in pairs)


def _head(task: StoredTask) -> str:
    return str(task.submission.metadata["headSha"])


def is_written_over(world: World, task: StoredTask) -> bool:
    """Return whether no record has a task, since a ledger that was read before was written over one with it."""
    return not _is_recorded(world, task) and any(_written_over(world, task))


def is_withdrawn(world: World, task: StoredTask) -> bool:
    """Return whether a record of a task was written over, and a run that was refused or had cancelled ended its intent.

    The refused run had exceeded the limit, or read a command `/reviewbot cancel`.
    """
    comments = world.github.comments_of(_number(task))
    is_refused = any("/reviewbot cancel" in one.body for one in comments) or any(
        one.outcome is not None and "would exceed `max-credits-per-pr`" in one.outcome.message for one in world.runs
    )
    return is_refused and any(_written_over(world, task)) and _is_intent_dropped(world, task)


def is_in_another_scope(world: World, task: StoredTask) -> bool:
    """Return whether, without check runs, a concurrent run first bought the head in another scope for another base."""
    if world.setting.has_checks or len(world.github.pulls[_number(task)].bases) < 2:
        return False
    earlier = [one for one in world.tasks_of(_number(task)) if one.created < task.created and _head(one) == _head(task)]
    return any(_since(one) != _since(task) and _raced(one, task) for one in earlier)


def is_dropped(world: World, task: StoredTask) -> bool:
    """Return whether a run dropped the deferred purchase of a draft while another one bought it."""
    runs = [cast(Run, run) for run in task.askers]
    drafts = [one for one in world.runs if one.outcome is not None and one.outcome.reason is Reason.DRAFT]
    return any(overlap(run, other) for run in runs for other in drafts) and _is_intent_dropped(world, task)


def _is_intent_dropped(world: World, task: StoredTask) -> bool:
    recorded = [one for ledger in world.written_ledgers(_number(task)) for one in ledger.purchases]
    keys = {one.key for one in recorded if task.id in split_ids(one.task_id)}
    return any(one.state is TaskState.ENDED and not one.task_id and one.key in keys for one in recorded)


def _written_over(world: World, task: StoredTask) -> Iterator[tuple[Ledger, Ledger]]:
    """Yield each ledger with a task, and the one without it that was written over it and had been read before."""
    for one, later in pairwise(world.written_ledgers(_number(task))):
        if _has(one, task) and not _has(later, task) and later.counter <= one.counter:
            yield one, later


def is_copy_written_over(world: World, task: StoredTask) -> bool:
    """Return whether a check run had a task, and an older copy without it was written over that."""
    signer = Signer(KEY, REPOSITORY_ID, _number(task), "")
    read = (decode_external_id(split_tag(one)[1], signer) for one in world.truth.copies)
    copies = [one for one in read if one is not None]
    named = [(at, one) for at, one in enumerate(copies) if task.id in one.purchase.task_id]
    return any(
        later.purchase.key == one.purchase.key and not later.purchase.task_id and later.counter <= one.counter
        for at, one in named
        for later in copies[at:]
    )


def is_check_written_over(world: World, task: StoredTask) -> bool:
    """Return whether only a check run had a task, and a run wrote over it that had read the check runs just before."""
    if world.setting.has_summary or _is_recorded(world, task):
        return False
    written = list(zip(world.truth.copies, world.truth.copied, strict=True))
    return any(
        task.id in copy and task.id not in later and read is not None and read < at
        for number, (copy, (at, _)) in enumerate(written)
        for later, (_, read) in written[number:]
    )


def _is_recorded(world: World, task: StoredTask) -> bool:
    ledgers = list(world.written_ledgers(_number(task)))
    copies = [one.external_id for one in world.github.checks.values()]
    return any(task.id in one for one in copies) or any(_has(one, task) for one in ledgers[-1:])


def _number(task: StoredTask) -> int:
    return int(str(task.submission.metadata["pullRequest"]))


def most_beside(world: World, task: StoredTask) -> int:
    """Return how many other runs were at work beside a run that created a task."""
    runs = [cast(Run, run) for run in task.askers]
    return max((sum(overlap(run, other) for other in world.runs) for run in runs), default=0)


def _has(ledger: Ledger, task: StoredTask) -> bool:
    return any(task.id in one.task_id for one in ledger.purchases)


def overlap(run: Run, other: Run) -> bool:
    """Return whether two runs were at work at the same time."""
    return run is not other and run.began < (other.ended or 0) and other.began < (run.ended or 0)


def _costs(task: StoredTask, now: float) -> bool:
    """Return whether a task is open or has used its credits; a cancelled one is free in this world."""
    if task.ended_at is not None:
        return task.ended_at > now or task.end is TaskStatus.COMPLETED
    return not task.status(now).is_over or task.status(now) is TaskStatus.COMPLETED


_ASIDE = frozenset({Reason.SHARED_HEAD, Reason.COLLECTED, Reason.EVENT})
"""Reasons of runs that judge no review of the head."""


def arrivals(world: World) -> Counter[tuple[str, str, str]]:
    """Return the heads of each review: the one that it was bought for, the one before, and the one of its arrival."""
    pull = world.pull
    return Counter(
        (_head(task), _since(task), next((one.sha for one in reversed(pull.pushes) if one.at <= at), ""))
        for task in world.tasks_of(pull.number)
        for at, _ in task.reads[:1]
    )


def is_used_up(world: World) -> bool:
    """Return whether the limit rightly stops the review of the head, also of one that is bypassed or shared."""
    outcomes = [run.outcome for run in world.runs if run.outcome is not None and run.outcome.reason not in _ASIDE]
    if not any("would exceed `max-credits-per-pr`" in one.message for one in outcomes):
        return False
    tasks = world.bought_for(1)
    limit = limit_of(world, tasks, 1)
    ledgers = list(world.written_ledgers(1))
    spent = ledgers[-1].spent if ledgers else sum((one.hold for one in tasks), Decimal(0))
    largest = max((_largest(world), *(one.hold for one in tasks)))
    return limit is not None and spent + SIX * largest > limit


def too_small(world: World, pull: Pull, selected: Callable[[World, Changes], list[Change]]) -> Iterator[str]:
    """Yield each task that has fewer credits than its selected lines, whatever the author pushed before."""
    if not _is_auto(world) or "max-tasks" in world.setting.config:
        return
    for task in world.tasks_of(pull.number):
        changes = world.changes_for(pull.number, str(task.submission.metadata["headSha"]))
        if len(changes) == 1:
            lines = sum(_lines(world, change, _since(task)) for change in selected(world, *changes))
            least = max(240, min(1_200, -(-(60 + 20 * lines) // 60) * 60))
            if task.submission.max_credits < least:
                yield f"{task.id} has {task.submission.max_credits} credits for at least {lines} lines, not {least}"


def _largest(world: World) -> Decimal:
    """Return the hold of the largest review by the settings."""
    if _is_auto(world):
        return Decimal(1_800)
    return Decimal(900 if ROUTES in world.setting.config else 360)


def _is_auto(world: World) -> bool:
    return world.setting.input("max-credits", "240") == "auto" and AUTO_SIZE in world.setting.config


def _since(task: StoredTask) -> str:
    texts = [one.content for one in task.submission.attachments if one.file_name == CONVERSATION]
    found = _SINCE.search("".join(texts))
    return found[1] if found else ""


def _lines(world: World, change: Change, since: str) -> int:
    """Return how many lines a change adds to a Python file at least, that its last reviewed version had nowhere."""
    if not change.path.endswith(".py") or change.new is None or change.new.is_binary:
        return 0
    before = world.github.git.commits[since].files.get(change.path) if since else None
    there = set(before.content.decode("utf-8", "replace").split("\n")) if before else set()
    return sum(line not in there for line in change.added())
