"""Read the final state of a pull request, its tasks and its credits, without ids, times and addresses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reviewbot_sandbox.codevf.state import standing_of
from reviewbot_sandbox.github.model.addresses import node_id
from reviewbot_sandbox.github.model.records import ReviewState

from reviewbot.domain.codevf.batches import split_ids
from reviewbot.domain.findings.markers import (
    announcement_mark,
    read_announcement_mark,
    read_answer_mark,
    read_finding_mark,
    read_reply,
    review_mark,
    summary_mark,
)
from reviewbot.domain.github.check_identity import split_tag
from reviewbot.domain.ledger.codec import decode
from reviewbot.domain.ledger.external_id import decode_external_id
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from tests.app.rig import KEY, REPO, Rig

_VOLATILE = (
    (re.compile(r"<!-- reviewbot:ledger:\S+ \S+ \S+ -->"), "LEDGER"),
    (re.compile(r"\btask_[0-9a-f]{12}\b"), "TASK"),
    (re.compile(r"\b[0-9a-f]{7,40}\b"), "SHA"),
    (re.compile(r"/pull/\d+"), "/pull/N"),
    (re.compile(r"#(discussion_r|issuecomment-)\d+"), r"#\1N"),
    (re.compile(r"/runs/\d+"), "/runs/N"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"), "TIME"),
    (re.compile(r"(Last known state), [^,.:]+ later:"), r"\1:"),
    (re.compile(r"127\.0\.0\.1:\d+"), "HOST"),
    (
        re.compile(r"(Limit[^:]*): [\d,]+ of"),
        r"\1: N of",
    ),  # a check shows the credits of a question when it is next written
    (re.compile(r"(Reviewed by\W+\w+) in \d+ minutes?"), r"\1"),  # unknown to a run that finds another run's end
    (re.compile(r"\n+Context \([^\n]*"), ""),  # left out if GitHub fails when it is read
)


def words(text: str) -> str:
    """Replace times, numbers and addresses that differ between pull requests."""
    text = text.replace("\u200b", "")  # the renderer inserts it where GitHub would create a link
    for pattern, name in _VOLATILE:
        text = pattern.sub(name, text)
    return text


@dataclass(frozen=True, slots=True)
class FinalState:
    """The state that must equal that of an undisturbed run, field by field."""

    summaries: tuple[str, ...]
    purchases: tuple[tuple[object, ...], ...]
    questions: tuple[tuple[object, ...], ...]
    posted: tuple[str, ...]
    findings: tuple[tuple[str, str, bool], ...]
    threads: tuple[tuple[bool, bool], ...]
    comments: tuple[tuple[object, ...], ...]
    replies: tuple[str, ...]
    reviews: tuple[tuple[str, int], ...]
    check: tuple[object, ...]
    heads: tuple[tuple[str, str], ...]
    annotations: tuple[tuple[object, ...], ...]
    answers: tuple[str, ...]
    emoji: tuple[str, ...]
    tasks: tuple[str, ...]
    credits: int


def final_state(rig: Rig) -> FinalState:
    """Read the state from the sandbox's tables."""
    with rig.world.store.lock:
        ledger = ledger_of(rig)
        check = newest_check(rig)
        notes = check.output.annotations if check else ()
        return FinalState(
            summaries=tuple(words(one.body) for one in summaries(rig)),
            purchases=tuple(
                (one.attempt, one.state.value, one.hold, one.used, one.size_tier) for one in ledger.purchases
            ),
            posted=tuple(sorted(_posted(ledger))),
            questions=tuple(
                (one.state.value, one.hold, one.used, bool(one.task_id)) for one in ledger.questions.records
            ),
            findings=tuple(sorted((one.id, one.state.value, one.counts) for one in ledger.findings.records)),
            threads=tuple(sorted(_threads(rig))),
            comments=tuple(sorted(map(str, comments(rig)))),  # type: ignore[arg-type] # a row as text sorts with None in it
            replies=tuple(sorted(replies(rig))),
            reviews=tuple(sorted(_reviews(rig).items())),
            check=(check.status, check.conclusion, check.output.title, words(check.output.summary or ""))
            if check
            else (),
            heads=tuple(sorted(_heads(rig))),
            annotations=tuple(sorted(Counter((one.path, one.start_line, one.title) for one in notes).items())),
            answers=tuple(answers(rig)),
            emoji=tuple(emoji(rig)),
            tasks=tuple(standing_of(one, rig.service.now()).status for one in tasks(rig)),
            credits=sum(one.request.hold for one in tasks(rig)),
        )


def _posted(ledger: Ledger) -> Iterator[str]:
    """Yield what has a comment; whether an answer is announced depends on which run has bought it."""
    for one in ledger.posted:
        if read_announcement_mark(announcement_mark("", one)) is None:
            yield one if ledger.findings.find(one) else "REPLY"


def differences(now: FinalState, right: FinalState) -> list[str]:
    """Return the names of the fields that differ."""
    return [name for name in FinalState.__slots__ if getattr(now, name) != getattr(right, name)]


def difference(name: str, now: FinalState, right: FinalState) -> str:
    """Show a field's actual and expected value from their first difference."""
    is_now, should = repr(getattr(now, name)), repr(getattr(right, name))
    at = next((index for index, pair in enumerate(zip(is_now, should, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, at - 80)
    return f"{name}: …{is_now[start : at + 200]}…\n  and not …{should[start : at + 200]}…"


def summaries(rig: Rig) -> list[Any]:
    """Return reviewbot's summary comments."""
    found = rig.world.store.comments_of((REPO, rig.number))
    return [one for one in found if one.author.endswith("[bot]") and one.body.startswith(summary_mark(""))]


def answers(rig: Rig) -> Iterator[str]:
    """Return reviewbot's reply to each command, in order, without the review's progress."""
    store, pull = rig.world.store, (REPO, rig.number)
    bodies = (*(one.body for one in store.comments_of(pull)), *(one.body for one in store.replies_of(pull)))
    for body in bodies:
        if (mark := read_answer_mark(body)) is not None:
            yield mark.reaction.value


def emoji(rig: Rig) -> Iterator[str]:
    """Return reviewbot's reactions to comments."""
    store, pull = rig.world.store, (REPO, rig.number)
    ours = {node_id("IC", one.id) for one in store.comments_of(pull)}
    ours |= {node_id("PRRC", one.id) for one in store.replies_of(pull)}
    yield from (one.content for one in rig.world.store.reactions if one.subject in ours and one.user.endswith("[bot]"))


def comments(rig: Rig) -> list[tuple[object, ...]]:
    """Return the position, finding ids and text of reviewbot's review comments."""
    store = rig.world.store
    rows: list[tuple[object, ...]] = []
    for one in store.replies_of((REPO, rig.number)):
        mark, at = read_finding_mark(one.body), store.threads[one.thread_id].anchor
        if mark:
            rows.append((at.path, at.side.value, at.start_line, at.line, mark.ids, words(one.body)))
    return rows


def replies(rig: Rig) -> Iterator[str]:
    """Yield the reviewer's replies in the threads."""
    for one in rig.world.store.replies_of((REPO, rig.number)):
        if read_reply(one.body):
            yield words(one.body)


def _threads(rig: Rig) -> Iterator[tuple[bool, bool]]:
    """Yield for each of reviewbot's threads whether it is resolved and whether it is minimized."""
    for one in rig.world.store.replies_of((REPO, rig.number)):
        if read_finding_mark(one.body):
            yield rig.world.store.threads[one.thread_id].resolved_by is not None, one.minimized is not None


def duplicates(rig: Rig) -> list[str]:
    """Return the ids of findings that have more than one comment, and what is announced more than once."""
    announced = Counter(
        mark[1]
        for one in rig.world.store.comments_of((REPO, rig.number))
        if (mark := read_announcement_mark(one.body)) is not None
    )
    ids = Counter(
        one
        for reply in rig.world.store.replies_of((REPO, rig.number))
        if (finding := read_finding_mark(reply.body)) is not None
        for one in finding.ids
    )
    return [one for one, count in (ids + announced).items() if count > 1]


def _reviews(rig: Rig) -> Counter[str]:
    """Count pending reviews, and submitted ones with reviewbot's body, by state."""
    found = rig.world.store.reviews_of((REPO, rig.number))
    return Counter(
        one.state.value for one in found if one.state is ReviewState.PENDING or one.body.startswith(review_mark(""))
    )


def newest_check(rig: Rig, sha: str = "") -> Any:  # noqa: ANN401 — a record of the sandbox, or None
    """Return the newest check run of a commit, by default of the head."""
    return max(rig.checks(sha or None), key=lambda one: one.id, default=None)


def _heads(rig: Rig) -> Iterator[tuple[str, str]]:
    """Yield status and conclusion of the newest check run of each head that the pull request had."""
    ours = [one for one in rig.world.store.checks.values() if _number(one.external_id) == rig.number]
    newest = {one.head_sha: one for one in sorted(ours, key=lambda one: one.id)}
    yield from ((one.status, one.conclusion or "") for one in newest.values())


def _number(external_id: str) -> int:
    """Return the pull request's number from a check run's external id, or 0."""
    tag, _ = split_tag(external_id)
    return tag.number if tag else 0


def tasks(rig: Rig) -> list[Any]:
    """Return the pull request's tasks, oldest first."""
    return [one for one in rig.service.tasks() if (one.request.metadata or {}).get("pullRequest") == rig.number]


def ledger_of(rig: Rig) -> Ledger:
    """Return the ledger of the oldest summary, empty if it is not signed."""
    signer = Signer(KEY, rig.world.store.repo(REPO).id, rig.number, "")
    return next((decode(one.body, signer).ledger for one in summaries(rig)), Ledger())


def is_written_over(rig: Rig) -> bool:
    """Return whether the summary has an older ledger than a check run, because two runs wrote it at the same moment."""
    signer = Signer(KEY, rig.world.store.repo(REPO).id, rig.number, "")
    ours = [one for one in rig.world.store.checks.values() if _number(one.external_id) == rig.number]
    copies = (decode_external_id(split_tag(one.external_id)[1], signer) for one in ours)
    return any(copy.counter > ledger_of(rig).counter for copy in copies if copy)


def lost(rig: Rig) -> list[str]:
    """Return a message for each task whose answer was not published, and for each task that no purchase tracks.

    A purchase that ended without a result is no loss if its task has no result. A completed task is not lost if no run
        recorded its id and the summary reports its hold.
    """
    ledger = ledger_of(rig)
    states = {task_id: one.state for one in ledger.purchases for task_id in split_ids(one.task_id)}
    states |= {one.task_id: TaskState.DONE for one in ledger.questions.records if one.state.is_over}
    standing = {one.id: standing_of(one, rig.service.now()).status for one in tasks(rig)}
    read = {True: {TaskState.DONE}, False: {TaskState.DONE, TaskState.ENDED}}
    reported = {one.id for one in reported_tasks(rig)}
    return [
        f"{task_id} is {status}, and its answer was not read"
        for task_id, status in standing.items()
        if states.get(task_id) not in read[status == "completed"] and task_id not in reported
    ]


def reported_tasks(rig: Rig) -> list[Any]:
    """Return the tasks whose ids no run recorded and whose holds the summary reports."""
    ledger = ledger_of(rig)
    text = "".join(one.body for one in summaries(rig)).replace("\u200b", "")
    reported = {one.head_sha for one in ledger.purchases if one.is_unknown and _sentence(one) in text}
    recorded = {task_id for one in ledger.purchases for task_id in split_ids(one.task_id)}
    return [one for one in tasks(rig) if one.id not in recorded and (one.request.metadata or {})["headSha"] in reported]


def _sentence(purchase: Purchase) -> str:
    return (
        f"A run stopped while buying the review of {purchase.head_sha[:7]}. CodeVF may have created a task for it, "
        f"so reviewbot counts {purchase.hold} credits against the limit."
    )
