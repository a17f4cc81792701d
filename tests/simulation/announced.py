"""What the law on announcements compares: whom GitHub notified of what, and which answers were late."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, cast

from reviewbot.domain.codevf.batches import join_ids, split_ids
from reviewbot.domain.findings.markers import read_announcement_mark
from reviewbot.domain.github.check_identity import split_tag
from reviewbot.domain.ledger.external_id import decode_external_id
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.ledger.signing import Signer
from reviewbot.domain.model.review import TaskStatus
from tests.simulation.codevf import StoredTask
from tests.simulation.github import BOT, REPOSITORY_ID, Notification, Pull
from tests.simulation.oracle import SAID
from tests.simulation.repository import Change
from tests.simulation.schedule import Run
from tests.simulation.spending import overlap
from tests.simulation.world import KEY, World


def key_of(body: str) -> str:
    """Return what a comment announces; empty for other comments."""
    mark = read_announcement_mark(body)
    return mark[1] if mark else ""


_CREATE = "codevf.create"


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase: one task, or several."""

    tasks: tuple[StoredTask, ...]

    @property
    def over_since(self) -> float:
        """When the last task ended."""
        return max(one.over_since for one in self.tasks)

    @property
    def buyers(self) -> list[Run]:
        """The runs that created its tasks."""
        return [cast(Run, run) for task in self.tasks for run in task.askers]

    @property
    def readers(self) -> list[Run]:
        """The runs that have read an end."""
        return self._readers_until(float("inf"))

    def _readers_until(self, until: float) -> list[Run]:
        reads = [(at, cast(Run, run)) for task in self.tasks for at, run in task.reads if at <= until]
        return [run for at, run in reads if at not in run.unanswered]

    @property
    def cancellers(self) -> list[object]:
        """The runs that have asked CodeVF to cancel it."""
        return [run for task in self.tasks for run in task.cancellers]

    @property
    def is_forgotten(self) -> bool:
        return any(one.forgotten for one in self.tasks)

    def is_late(self) -> bool:
        """Return whether the runs that bought it had ended before it did, and another one has read its end.

        A run whose request for a task was lost may have bought it, as far as it knows, and published it in time. A run
        that began before it was bought has waited for it.
        """
        ended = all(run.ended is not None and run.ended < self.over_since for run in self.buyers)
        bought = min(one.created for one in self.tasks)
        others = [run for run in self.readers if run not in self.buyers]
        waiting = [run for run in others if run.began <= bought or _CREATE in run.lost]
        in_time = any(run.outcome is not None for run in waiting)
        return ended and bool(others) and not in_time

    def is_shown(self, world: World, pull: Pull, until: float) -> bool:
        """Return whether a run that has read its end had posted a review by then."""
        return any(
            one.is_review
            and one.number == pull.number
            and self.over_since <= one.at <= until
            and one.sender in self.readers
            for one in world.github.notifications
        )

    def was_shown_to(self, world: World, pull: Pull, announcement: Notification) -> bool:
        """Return whether the run that announces it has posted a review of it, or began after one.

        No review shows that CodeVF has forgotten a task.
        Two runs have no order. A killed run has not recorded its review, nor perhaps has one that is still at work, or
        whose writes GitHub refused.
        Such a review shows this answer if it contains one of its findings. A push or another base makes it a review of
        other code. A run that raced can write over the record of a review.
        """
        changes = [*(push.at for push in pull.pushes), *(at for at, _ in pull.bases)]
        run = cast(Run, announcement.sender)
        return not self.is_forgotten and any(
            one.is_review
            and one.number == pull.number
            and self.over_since <= one.at <= (announcement.at if one.sender is run else run.began)
            and one.sender in self._readers_until(one.at)
            and (one.sender is run or not self._is_written_over(world, pull, one.sender))
            and (
                (one.sender.outcome is not None and not one.sender.refused and not overlap(run, one.sender))
                or (self._has_finding_in(one) and not any(one.at < at for at in changes))
            )
            for one in world.github.notifications
        )

    def _is_written_over(self, world: World, pull: Pull, poster: Run) -> bool:
        """Return whether a later text of the summary has it as open after an earlier one had it as over.

        Without a summary, a check run of a newer head has it as open if another run wrote that at the same moment.
        """
        if not world.setting.has_summary:
            return any(overlap(poster, other) for other in world.runs)
        ids = join_ids([one.id for one in self.tasks])
        written = (
            [one for one in ledger.purchases if one.task_id == ids] for ledger in world.written_ledgers(pull.number)
        )
        ends = [any(one.state.is_over for one in there) for there in written if there]
        return any(before and not after for before, after in pairwise(ends))

    def _has_finding_in(self, review: Notification) -> bool:
        shown = set(SAID.findall("\n".join(review.texts)))
        return any(not shown.isdisjoint(SAID.findall(str(task.result))) for task in self.tasks)

    def was_shown_unrecorded(self, world: World, pull: Pull) -> bool:
        """Return whether a review has one of its findings, and a killed run posted it, or one beside another run.

        The other run can overwrite the comment's record.
        """
        reviews = (one for one in world.github.notifications if one.is_review and one.number == pull.number)
        return any(
            self._has_finding_in(one)
            and (cast(Run, one.sender).is_dead or any(overlap(cast(Run, one.sender), other) for other in world.runs))
            for one in reviews
        )

    def has_no_answer(self, world: World) -> bool:
        """Return whether a task was not completed."""
        return any(one.status(world.time.seconds) is not TaskStatus.COMPLETED for one in self.tasks)

    def is_replaced(self, world: World) -> bool:
        """Return whether the change was bought again, or a run that has read its end bought another review.

        A run that reads the end can leave the next attempt to a later one, if it defers it or is killed, or if CodeVF
        refuses it, which the check says. Another head can have the same change.
        """
        reviews = (one for one in world.codevf.tasks.values() if "question" not in one.submission.metadata)
        later = [one for one in reviews if one.created > self.over_since]
        changes = frozenset[tuple[Change, ...]]().union(*(world.changes_of(one) for one in self.tasks))
        is_bought_again = any(not changes.isdisjoint(world.changes_of(one)) for one in later)
        return is_bought_again or any(run in self.readers for one in later for run in one.askers)


def violations(world: World, pull: Pull) -> Iterator[str]:
    """Yield what breaks the law on a pull request."""
    there = Counter(filter(None, (key_of(one.body) for one in world.github.comments_of(pull.number))))
    yield from (f"{key} has {count} announcements" for key, count in there.items() if count > 1)
    posted, erased = _posted(world, pull), {key_of(text) for text in world.truth.erased}
    for key, ones in posted.items():
        if len(ones) > 1 and key not in erased and not _raced(ones):
            yield f"{key} is announced {len(ones)} times"
        yield from (
            f"{key} mentions {one.mentioned}" for one in ones if one.mentioned - {pull.author, "mona", "kim", "boss"}
        )
        if not pull.author_is_bot and any(pull.author not in one.mentioned for one in ones):
            yield f"the announcement {key} does not mention {pull.author}"
    for key, bought in bought_by_key(world, pull).items():
        if key in posted and posted[key][0].sender in bought.buyers:
            yield f"{key} is announced by the run that bought it"
        if key in posted and posted[key][0].sender in bought.cancellers and bought.has_no_answer(world):
            yield f"{key} is announced by the run that cancelled it"
        if key in posted and not world.truth.losses and bought.was_shown_to(world, pull, posted[key][0]):
            yield f"{key} is announced, though a review was posted"
        # Another run can withdraw an intent and say so, while the buyer is at work; the next attempt is announced.
        is_unasked = bought.has_no_answer(world) or f"{key}-unbought" in posted
        is_followed = is_unasked and _is_followed(world, pull, key, posted)
        if key not in posted and not is_followed and _is_due(world, pull, bought):
            yield f"{key} is late and is not announced"


def _is_followed(world: World, pull: Pull, key: str, posted: Collection[str]) -> bool:
    """Return whether the next attempt was announced, also if it was not bought, or deferred for a head without review.

    Such a head is gone, or a maintainer has set the skip label on it.
    """
    identity, _, attempt = key.rpartition("-")
    following = f"{identity}-{int(attempt) + 1}"
    deferred = [one for one in recorded(world, pull) if one.key == following and one.state is TaskState.DEFERRED]
    is_skipped = (pull.head_sha, pull.base_ref) in world.truth.skipped
    is_dropped = any(is_skipped or one.head_sha != pull.head_sha for one in deferred)
    return is_dropped or not {following, f"{following}-unbought"}.isdisjoint(posted)


def _posted(world: World, pull: Pull) -> Mapping[str, list[Notification]]:
    found: defaultdict[str, list[Notification]] = defaultdict(list)
    for one in world.github.notifications:
        if one.by == BOT and one.number == pull.number and (key := key_of(one.texts[0])):
            found[key].append(one)
    return found


def _raced(ones: Sequence[Notification]) -> bool:
    """Return whether another run was at work at the second announcement, or GitHub did not answer."""
    senders = [cast(Run, one.sender) for one in ones]
    return all(
        bool(one.unanswered) if one is other else one.ended is not None and other.began <= one.ended
        for one, other in pairwise(senders)
    )


class Recorded(NamedTuple):
    """A purchase in a text of the summary or in a check run."""

    key: str
    state: TaskState
    task_id: str
    head_sha: str


def recorded(world: World, pull: Pull) -> Iterator[Recorded]:
    """Yield every purchase that was recorded, those of the check runs first."""
    yield from map(_entry, copies(world, pull))
    for ledger in world.written_ledgers(pull.number):
        yield from map(_entry, ledger.purchases)


def copies(world: World, pull: Pull) -> Iterator[Purchase]:
    """Yield the purchases that check runs contain."""
    signer = Signer(KEY, REPOSITORY_ID, pull.number, "")
    for check in world.github.checks.values():
        if copy := decode_external_id(split_tag(check.external_id)[1], signer, check.head_sha):
            yield copy.purchase


def _entry(one: Purchase) -> Recorded:
    return Recorded(f"{one.identity}-{one.attempt}", one.state, one.task_id, one.head_sha)


def bought_by_key(world: World, pull: Pull) -> Mapping[str, Bought]:
    """Return the recorded purchases with their tasks; of two records the later one of the summary counts."""
    ids = {one.key: one.task_id for one in recorded(world, pull) if one.task_id}
    return {key: Bought(tuple(world.codevf.tasks[one] for one in split_ids(found))) for key, found in ids.items()}


def _is_due(world: World, pull: Pull, bought: Bought) -> bool:
    """Return whether an answer must have been announced: no run tries again if GitHub refuses the announcement."""
    is_hindered = bool(bought.cancellers) or bought.is_replaced(world) or world.truth.hindered or pull.was_closed
    if bought.has_no_answer(world) and is_hindered:
        return False
    is_known = world.setting.has_summary and not world.truth.losses
    return (
        is_known
        and not bought.is_forgotten
        and bought.is_late()
        and not bought.is_shown(world, pull, until=world.time.seconds)
        and not bought.was_shown_unrecorded(world, pull)
        and not any("forge.create_comment" in one.refused for one in bought.readers)
    )
