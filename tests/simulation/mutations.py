"""Mutations: each removes one guard of the product, and a law must notice it.

A mutation that no history notices shows a gap of the simulator. `moves` restricts histories to relevant moves, so that
a few hundred are enough in the tests; `make simulate` also plays unrestricted ones.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from reviewbot.domain.codevf.attachments import size_tiers
from reviewbot.domain.diff.reviewed_file import FileView
from reviewbot.domain.events.merge_group import after_queue
from reviewbot.domain.findings.incremental import new_parts
from reviewbot.domain.findings.markers import read_answer_mark
from reviewbot.domain.findings.states import update_state
from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.github.check_identity import mark_of
from reviewbot.domain.github.drafts import CheckState
from reviewbot.domain.github.head_checks import HeadState
from reviewbot.domain.github.pull_request import Comment, Conclusion, Permission, PullRequest, Snapshot
from reviewbot.domain.ledger.edits import CancelDeferrals
from reviewbot.domain.ledger.external_id import encode_external_id
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.ledger.versions import LedgerVersions
from reviewbot.domain.machine.finish import after_refresh
from reviewbot.domain.machine.known import Known, Wrote
from reviewbot.domain.machine.phases import Published, Publishing
from reviewbot.domain.machine.phases import Waiting as WaitingForReview
from reviewbot.domain.machine.steps import (
    Done,
    DuplicatesDeleted,
    NewPartRead,
    ReadPosted,
    UpdateThreads,
    WriteCheckRun,
)
from reviewbot.domain.model.options import AnswerForm
from reviewbot.domain.model.review import Report, Side, TaskStatus
from reviewbot.domain.policy.eligibility import skip_label
from reviewbot.domain.publishing.comment_diff import marked_threads, posted_comments
from reviewbot.domain.questions.phases import Intended, Quoted, Submitted, Waiting
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.errors import ForgeError, ForgeUnreachable, Reason, ServiceUnreachable
from reviewbot.values import replace
from tests.simulation.found import FOUND
from tests.simulation.histories import ADVERSARIAL, BY_PEOPLE, KILLS, Episode, History, Step, judge, make
from tests.simulation.laws import (
    ANNOUNCED,
    ANSWERED_ONCE,
    CONVERGES,
    GROWS,
    HAPPENS,
    NEVER_GREEN,
    NO_BUG,
    NOTHING_LOST,
    ONLY_DUE,
    PAY_ONCE,
    PEOPLE_STAND,
    WAITS,
    WITHIN_LIMIT,
    Violation,
)
from tests.simulation.oracle import Mind
from tests.simulation.people import Move
from tests.simulation.quick import Replacement, quick, replaced
from tests.simulation.schedule import At, Begin, Interrupt, Kill, Lose, Meanwhile, Switch
from tests.simulation.world import IS_QUIET, LOCK_FILE, ROUTES, WAITS_FOR_CHECKS, Setting, Start


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mutation.

    Attributes:
        name: what is wrong.
        place: the replaced object, as `package.module:name`.
        make: returns the mutated object.
        law: the law that notices it.
        kind: kind of the histories that show it.
        moves: moves of these histories.
        mind: the oracle's mind, if it matters.
        config: the config file of these histories, if it matters.
        steps: those of the one history that shows it, in place of histories from seeds.
        found: name of the bug whose history shows it, in place of histories from seeds.
        setting: of the history of `steps`, in place of `config` and `mind`.
    """

    name: str
    place: str
    make: Replacement
    law: str
    kind: int = BY_PEOPLE
    moves: tuple[str, ...] = ()
    mind: Mind | None = None
    config: str = ""
    steps: tuple[Step, ...] = ()
    found: str = ""
    setting: Setting | None = None


def _without_begun(ledger: Ledger) -> Ledger:
    begun = {TaskState.INTENT, TaskState.OPEN}
    ended = (replace(one, state=TaskState.DONE) if one.state in begun else one for one in ledger.purchases)
    return replace(ledger, purchases=tuple(ended))


def _with_deferred_as_intents(known: Known) -> Known:
    update = known.ledgers.update
    deferred = (one for one in update.purchases if one.state is TaskState.DEFERRED)
    intents = tuple(replace(one, state=TaskState.INTENT) for one in deferred)
    return replace(known, ledgers=replace(known.ledgers, update=replace(update, purchases=update.purchases + intents)))


def _returning(value: object) -> Replacement:
    return lambda _right: lambda *_arguments, **_named: value


def _holding_back(path: str) -> Replacement:
    """Make a selection that holds one file back as generated."""
    held = Held(path, HeldBecause.GENERATED)
    return lambda right: lambda file, *rest: held if file.path == path else right(file, *rest)


def _stating_nothing(stored: Any) -> object:  # noqa: ANN401 — a stored ledger
    return replace(stored, ledger=replace(stored.ledger, stated=""))


def _all_but_the_oldest(comments: Iterable[Comment]) -> tuple[int, ...]:
    answers: dict[str, list[int]] = {}
    for one in comments:
        if mark := read_answer_mark(one.body):
            answers.setdefault(mark.comment, []).append(one.id)
    return tuple(extra for ids in answers.values() for extra in sorted(ids)[1:])


def _holding_what_is_withdrawn(right: Any) -> object:  # noqa: ANN401 — any function
    def intended(at: Quoted, ledger: Any) -> object:  # noqa: ANN401 — a ledger
        cost = ledger.questions.find(at.question.comment).cost
        return right(at, replace(ledger, forgotten=ledger.forgotten + cost - at.question.hold))

    return intended


def _with_threads_first(right: Any) -> object:  # noqa: ANN401 — any function
    def written(*those: object) -> object:
        now = right(*those)
        if isinstance(now, Publishing) and now.left[:2] == (ReadPosted, UpdateThreads):
            return replace(now, left=(UpdateThreads, ReadPosted, *now.left[2:]))
        return now

    return written


def _without_memory(known: Known) -> Known:
    return replace(known, request=replace(known.request, bought_before=frozenset()))


def _with_everything_new(right: Any) -> object:  # noqa: ANN401 — any function
    def read_new_part(run: object, known: Any, *since: str) -> object:  # noqa: ANN401 — what a run knows
        try:
            return right(run, known, *since)
        except ForgeError:
            return NewPartRead(new_parts(known.change.change.files, {}))

    return read_new_part


def _without_external_id(word: str) -> Replacement:
    """Return a forge that drops tasks in that state from check runs and the summary."""

    def make_write(right: Any) -> object:  # noqa: ANN401 — a method of the port
        def write(self: object, *arguments: Any) -> object:  # noqa: ANN401 — as above
            check: CheckState = arguments[-1]
            if f" {word} " in check.external_id:
                check = replace(check, external_id="")
            return right(self, *arguments[:-1], check)

        return write

    return make_write


def _no_word_of_open_tasks(right: Any) -> object:  # noqa: ANN401 — any function
    def encode(ledger: Any, signer: object) -> object:  # noqa: ANN401 — a ledger
        kept = tuple(one for one in ledger.purchases if one.state.value != "open")
        return right(replace(ledger, purchases=kept), signer)

    return encode


def _attempt_one(right: Any) -> object:  # noqa: ANN401 — a method
    return lambda self: right(replace(self, attempt=1))


def _key_of_the_moment(right: Any) -> object:  # noqa: ANN401 — a method
    count = iter(range(10**9))
    return lambda self: right(replace(self, attempt=1000 + next(count)))


def _without_old_names(right: Any) -> object:  # noqa: ANN401 — any function
    return lambda files: right(replace(one, diff=replace(one.diff, old_path="")) for one in files)


def _green(right: Any) -> object:  # noqa: ANN401 — a function that makes an outcome
    return lambda *said, **named: replace(right(*said, **named), conclusion=Conclusion.SUCCESS)


def _nothing_open(right: Any) -> object:  # noqa: ANN401 — the judge
    return lambda _severities, **named: right((), **named)


def _cancelled_is_completed(right: Any) -> object:  # noqa: ANN401 — a method of the port
    def seen(self: object, task: object) -> object:
        seen = right(self, task)
        return (
            replace(seen, status=TaskStatus.COMPLETED, result={"summary": "", "files": []})
            if seen.status
            in {
                TaskStatus.CANCELLED,
                TaskStatus.FAILED,
            }
            else seen
        )

    return seen


def _first_finding_alone(right: Any) -> object:  # noqa: ANN401 — a function that reads an answer
    def read(*arguments: Any, **named: Any) -> object:  # noqa: ANN401 — as above
        report = right(*arguments, **named)
        return replace(report, findings=report.findings[:1])

    return read


def _raising(_right: object) -> object:
    def raises(*_arguments: object, **_named: object) -> object:
        raise AttributeError("a mistake of ours")

    return raises


def _no_summary_too_many(right: Any) -> object:  # noqa: ANN401 — a function
    return lambda comments, instance: replace(right(comments, instance), extra=())


def _posted_is_forgotten(right: Any) -> object:  # noqa: ANN401 — a function
    return lambda groups, there, _posted: right(groups, there, frozenset())


def _by_an_admin(right: Any) -> object:  # noqa: ANN401 — a function
    return lambda known, permission: right(known, permission if permission is Permission.NONE else Permission.ADMIN)


def _whoever_set_it(_right: object) -> object:
    def login(pull: PullRequest, _trigger: object) -> str:
        label = skip_label(pull)
        return (label.actor or "") if label else ""

    return login


def _never_retargeted(right: Any) -> object:  # noqa: ANN401 — a method of the port
    return lambda self, pull: replace(right(self, pull), retargeted_at=None)


def _with_commits(**more: Any) -> Replacement:  # noqa: ANN401 — any field
    """Return a rule for a bot's own pull request that reads its commits differently."""

    def make(right: Any) -> object:  # noqa: ANN401 — a function
        def is_own(pull: PullRequest, bots: object) -> object:
            return right(replace(pull, commits=tuple(replace(one, **more) for one in pull.commits)), bots)

        return is_own

    return make


def _of_pull(**more: Any) -> Replacement:  # noqa: ANN401 — any field
    """Return a rule that reads the pull request differently."""
    return lambda right: lambda pull, *those, **named: right(replace(pull, **more), *those, **named)


def _without_cancelled_deferrals(right: Any) -> object:  # noqa: ANN401 — a function
    def apply(ledger: object, edits: Iterable[object], index: object) -> object:
        return right(ledger, [one for one in edits if not isinstance(one, CancelDeferrals)], index)

    return apply


def _keeping_waivers(right: Any) -> object:  # noqa: ANN401 — a function
    def moved(known: Any, got: Any) -> object:  # noqa: ANN401 — as above
        after = right(known, got)
        update = replace(after.ledgers.update, edits=known.ledgers.update.edits)
        return replace(after, ledgers=LedgerVersions.of(got.stored.ledger, update, got.change.index))

    return moved


def _without_ends(right: Any) -> object:  # noqa: ANN401 — a function
    def reread(known: Any, *more: Any) -> object:  # noqa: ANN401 — its arguments
        return right(replace(known, stored=replace(known.stored, finished=frozenset())), *more)

    return reread


def _without_unreachable(right: Any) -> object:  # noqa: ANN401 — a function
    def texts(*those: Any) -> object:  # noqa: ANN401 — its arguments
        try:
            return right(*those)
        except ForgeUnreachable:
            return {}

    return texts


def _without_committers(right: Any) -> object:  # noqa: ANN401 — a property
    def people(pull: PullRequest) -> object:
        return right.fget(replace(pull, commits=tuple(replace(one, committer=None) for one in pull.commits)))

    return property(people)


def _of_the_head_of_now(right: Any) -> object:  # noqa: ANN401 — a performer
    def read(run: Any, known: Any) -> object:  # noqa: ANN401 — its arguments
        pull = replace(known.snapshot.pull, head_sha=run.read_snapshot().pull.head_sha)
        return right(run, replace(known, snapshot=replace(known.snapshot, pull=pull)))

    return read


def _with_foreign_checks(right: Any) -> object:  # noqa: ANN401 — a function
    def outcome(known: Any) -> object:  # noqa: ANN401 — what a run knows
        checks = tuple(replace(one, foreign=False) for one in known.snapshot.checks)
        return right(replace(known, snapshot=replace(known.snapshot, checks=checks)))

    return outcome


def _noting(which: Callable[[Any, Any], object]) -> Replacement:
    """Return the mistake that a run records each intent before it looks up the tasks, as `which` returns it."""

    def make(right: Any) -> object:  # noqa: ANN401 — a function
        def settle(at: Any, now: object) -> object:  # noqa: ANN401 — a phase
            known = at.known
            for one in known.ledger.intents():
                known = known.noted(which(known, one))
            return right(replace(at, known=known), now)

        return settle

    return make


def _fixed_for_good(right: Any) -> object:  # noqa: ANN401 — a function
    def apply(ledger: Any, *more: Any) -> object:  # noqa: ANN401 — its arguments
        after = right(ledger, *more)
        fixed = {one.id: one for one in ledger.findings.records if one.state is FindingState.FIXED}
        records = tuple(fixed.get(one.id, one) for one in after.findings.records)
        return replace(after, findings=replace(after.findings, records=records))

    return apply


def _by_any_comment(right: Any) -> object:  # noqa: ANN401 — a function
    def is_shown(known: Any, purchase: object) -> object:  # noqa: ANN401 — its argument
        there = posted_comments(known.snapshot.threads, known.request.instance)
        return right(known, purchase) or bool(there.keys() - known.stored.ledger.posted)

    return is_shown


def _by_same_finding(right: Any) -> object:  # noqa: ANN401 — a function
    def is_shown(known: Any, purchase: Any) -> object:  # noqa: ANN401 — its arguments
        answers = (one for one in known.ledgers.update.answers if one.task_id == purchase.task_id)
        found = {item.id for one in answers for item in one.placed}
        there = posted_comments(known.snapshot.threads, known.request.instance)
        return right(known, purchase) or not found.isdisjoint(there.keys() - known.stored.ledger.posted)

    return is_shown


def _of_own_purchase(right: Any) -> object:  # noqa: ANN401 — a function
    def encoded(run: Any, known: Any) -> object:  # noqa: ANN401 — its arguments
        own = known.purchase
        return encode_external_id(own, known.ledger, run.signer) if own else right(run, known)

    return encoded


_NEXT, _PUSH = Episode((Start("next"),)), Episode((Start("push"),))
_FORGOTTEN = (Move("evil"), _NEXT, _NEXT, Move("delete_summary"), Move("harmless"), _NEXT)
_COLLECT = Start("collect")
_KILLED = Episode((Start("next"),), (At(0, Kill(after=False)),))
_LEAVES = "wait-minutes: 0\n"
_CHECKED = ("harmless", "check_starts", "check_passes", "check_fails")


def _forgetting_lost_answers(right: Any) -> object:  # noqa: ANN401 — a performer
    def create(run: Any, *more: Any) -> object:  # noqa: ANN401 — its arguments
        try:
            return right(run, *more)
        except ServiceUnreachable:
            run.ports.own_tasks.bought.clear()
            raise

    return create


def _other_keys(right: Any) -> object:  # noqa: ANN401 — the key of a question
    count = iter(range(10**9))
    return lambda *those: right(*those[:-1], f"{next(count)}")


def _ended_before_open(right: Any) -> object:  # noqa: ANN401 — a function
    def bought_before(known: Known, now: datetime) -> Purchase | None:
        digest = known.identity.digest()
        last, done = known.ledger.find(digest), known.ledger.find(digest, TaskState.DONE)
        is_in_vain = last is not None and last.state is TaskState.ENDED and done is None
        return last if is_in_vain else right(known, now)

    return bought_before


def _reading_none(right: Callable[..., Any]) -> Callable[..., Any]:
    def every_check(run: Any, snapshot: Snapshot, *seen: Any, **must_read: bool) -> object:  # noqa: ANN401 — passed on
        try:
            return right(run, snapshot, *seen, **must_read)
        except ForgeError:
            return (*snapshot.older_checks, *snapshot.checks), True

    return every_check


def _skipping_records(phase: type, skipped: Callable[[Any], object]) -> Replacement:
    """Return the mistake that a phase of a question is followed by the next one, as if it had been recorded."""

    def make(right: Any) -> object:  # noqa: ANN401 — `learn`
        def learned(*those: Any) -> object:  # noqa: ANN401 — as above
            after = right(*those)
            return skipped(after) if isinstance(after, phase) else after

        return learned

    return make


_ASKING = ("ask", "author_asks", "finish")
SIZES = size_tiers(1_000_000)

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "an error of ours ends a run",
        "reviewbot.domain.policy.verdict:superseded",
        _raising,
        NO_BUG,
        BY_PEOPLE,
        ("evil", "harmless"),
    ),
    Mutation(
        "the key is another one each time",
        "reviewbot.domain.codevf.idempotency:Identity.key",
        _key_of_the_moment,
        PAY_ONCE,
        found="waited-then-bought",
    ),
    Mutation(
        "the key has no attempt",
        "reviewbot.domain.codevf.idempotency:Identity.key",
        _attempt_one,
        HAPPENS,
        BY_PEOPLE,
        ("failed", "harmless", "finish"),
    ),
    Mutation(
        "the task's id is not recorded while it is open",
        "reviewbot.domain.ledger.codec:encode",
        _no_word_of_open_tasks,
        PAY_ONCE,
        BY_PEOPLE,
        ("a_day_later", "harmless", "finish"),
    ),
    Mutation(
        "the intent is not written",
        "tests.simulation.forge:SimulatedForge.create_check",
        _without_external_id("intent"),
        PAY_ONCE,
        BY_PEOPLE,
        ("a_day_later",),
    ),
    Mutation(
        "no run resumes what another one has recorded first",
        "reviewbot.domain.machine.decisions.check_copies:overtaking",
        _returning(None),
        PAY_ONCE,
        found="other-scope-and-base",
    ),
    Mutation(
        "the identity does not cover the content",
        "reviewbot.domain.codevf.idempotency:change_digest",
        _returning("0" * 64),
        NEVER_GREEN,
        BY_PEOPLE,
        ("evil", "harmless"),
    ),
    Mutation(
        "no limit stops a review",
        "reviewbot.domain.codevf.budget:check",
        _returning(None),
        WITHIN_LIMIT,
        BY_PEOPLE,
        ("harmless", "note", "finish"),
    ),
    Mutation(
        "what is new counts no lines",
        "reviewbot.domain.findings.incremental:NewPart.lines",
        lambda _right: property(lambda _self: 0),
        GROWS,
        BY_PEOPLE,
        ("evil", "note", "copy"),
    ),
    Mutation(
        "a bypass survives a push",
        "reviewbot.domain.findings.tracked_finding:Bypass.is_of",
        _returning(value=True),
        NEVER_GREEN,
        BY_PEOPLE,
        ("bypass", "evil", "harmless"),
    ),
    Mutation(
        "an acceptance survives a push",
        "reviewbot.domain.findings.tracked_finding:Acceptance.is_of",
        _returning(value=True),
        NEVER_GREEN,
        mind=Mind(is_mute=True),
        steps=(_NEXT, Move("accept"), _NEXT, Move("harmless"), _NEXT, Move("waive"), _NEXT),
    ),
    Mutation(
        "a redacted line is no finding",
        "reviewbot.domain.machine.finish:redacted_lines",
        _returning(()),
        NEVER_GREEN,
        steps=(Move("secret"), _NEXT, Move("finish"), _NEXT),
    ),
    Mutation(
        "a late answer's change has no redacted code",
        "reviewbot.domain.machine.decisions.outcome:is_tracked",
        _returning(value=True),
        NEVER_GREEN,
        steps=(
            *(Move("secret"), _NEXT, Move("go_back"), Move("finish"), _NEXT, Move("finish"), _NEXT, Move("go_back")),
            Episode((Start("next"),), (At(3, Lose(done=True)),)),
        ),
        setting=Setting((("wait-minutes", "0"),)),
    ),
    Mutation(
        "an author accepts",
        "reviewbot.domain.commands.authorize:_not_by_authors",
        _returning(None),
        NEVER_GREEN,
        ADVERSARIAL,
        ("accept", "boss_commits", "finish"),
        Mind(is_mute=True),
    ),
    Mutation(
        "an answer that arrives after the comment is accepted",
        "reviewbot.domain.commands.authorize:_accept",
        lambda right: lambda posted, scope: right(replace(posted, at=posted.at + timedelta(days=9)), scope),
        NEVER_GREEN,
        BY_PEOPLE,
        ("accept", "finish"),
        Mind(is_mute=True),
    ),
    Mutation(
        "a word that nothing needs fixing is believed of any reviewer",
        "reviewbot.app.reviewer.read_result:read_answer",
        lambda right: lambda service, task, _form, *a, **b: right(service, task, AnswerForm.WORDS, *a, **b),
        NEVER_GREEN,
        BY_PEOPLE,
        ("harmless",),
        Mind(is_prose=True),
    ),
    Mutation(
        "a sentence beside an empty answer is a comment",
        "reviewbot.domain.codevf.response:only_announces",
        _returning(value=True),
        NEVER_GREEN,
        BY_PEOPLE,
        ("harmless",),
        Mind(as_text=True, is_worried=True),
    ),
    Mutation(
        "text that is left over is dropped",
        "reviewbot.domain.codevf.prose:read_prose",
        lambda right: lambda text, **form: replace(right(text, **form), rest=()),
        NOTHING_LOST,
        BY_PEOPLE,
        ("note", "evil"),
        Mind(is_prose=True, is_worried=True),
    ),
    Mutation(
        "the check of an older head turns green",
        "reviewbot.domain.policy.verdict:superseded",
        _green,
        NEVER_GREEN,
        BY_PEOPLE,
        ("evil", "harmless", "fix"),
    ),
    Mutation(
        "a review that is open is green",
        "reviewbot.domain.policy.verdict:pending",
        _green,
        NEVER_GREEN,
        BY_PEOPLE,
        ("evil",),
    ),
    Mutation(
        "an unreadable answer is a clean one",
        "reviewbot.domain.codevf.response:_unread",
        _returning(Report("", ())),
        NEVER_GREEN,
        KILLS,
        ("harmless",),
        Mind(is_mute=True),
    ),
    Mutation(
        "no finding blocks",
        "reviewbot.domain.policy.verdict:judge",
        _nothing_open,
        NEVER_GREEN,
        BY_PEOPLE,
        ("evil", "note"),
    ),
    Mutation(
        "a cancelled task is a clean review",
        "tests.simulation.codevf:SimulatedCodeVF._seen",
        _cancelled_is_completed,
        NEVER_GREEN,
        BY_PEOPLE,
        ("cancelled", "failed", "evil"),
    ),
    Mutation(
        "the reviewer's word alone makes a finding fixed",
        "reviewbot.domain.findings.tracking:_has_changed",
        _returning(value=True),
        NEVER_GREEN,
        BY_PEOPLE,
        ("evil", "harmless", "harmless"),
    ),
    Mutation(
        "the author waives",
        "reviewbot.domain.commands.authorize:_not_by_authors",
        _returning(None),
        NEVER_GREEN,
        ADVERSARIAL,
        ("evil", "author_waives", "harmless"),
    ),
    Mutation(
        "anybody who reads may command",
        "reviewbot.domain.commands.parse:CommandName.needs",
        lambda _right: property(lambda _self: Permission.READ),
        NEVER_GREEN,
        ADVERSARIAL,
        ("evil", "bypass_by_kim"),
    ),
    Mutation(
        "the beginning of a SHA names a commit",
        "reviewbot.domain.commands.authorize:_is_meant",
        _returning(value=True),
        NEVER_GREEN,
        ADVERSARIAL,
        ("bypass", "same_beginning"),
    ),
    Mutation(
        "anybody may set the skip label",
        "reviewbot.domain.machine.due:after_permission",
        _by_an_admin,
        NEVER_GREEN,
        ADVERSARIAL,
        ("evil", "author_skips"),
    ),
    Mutation(
        "a finding of an answer is dropped",
        "reviewbot.domain.codevf.response:read_answer",
        _first_finding_alone,
        NOTHING_LOST,
        BY_PEOPLE,
        ("evil", "note"),
    ),
    Mutation(
        "a comment that people deleted is posted again",
        "reviewbot.domain.publishing.comment_diff:left_to_post",
        _posted_is_forgotten,
        PEOPLE_STAND,
        BY_PEOPLE,
        ("evil", "note", "delete_comment", "delete_comment"),
    ),
    Mutation(
        "what two runs have posted twice stays",
        "reviewbot.domain.publishing.comment_diff:duplicates",
        _returning(()),
        NOTHING_LOST,
        BY_PEOPLE,
        ("evil", "note"),
    ),
    Mutation(
        "a second summary stays",
        "reviewbot.domain.publishing.comment_diff:summaries",
        _no_summary_too_many,
        CONVERGES,
        found="two-summaries",
    ),
    Mutation(
        "an open task of an older head is not looked up",
        "reviewbot.domain.ledger.ledger:Ledger.open_tasks",
        _returning(()),
        NOTHING_LOST,
        BY_PEOPLE,
        ("evil", "note", "fix"),
    ),
    Mutation(
        "the identity covers no name but the new one",
        "reviewbot.domain.codevf.idempotency:change_digest",
        _without_old_names,
        NEVER_GREEN,
        found="twin-moved",
    ),
    Mutation(
        "a ledger that is older than a check run says is believed",
        "reviewbot.domain.ledger.codec:not_before",
        lambda _right: lambda reading, _counter, **_named: reading,
        NEVER_GREEN,
        found="withdrawn-waiver-comes-back",
    ),
    Mutation(
        "a ledger is believed whatever a force-push hides",
        "reviewbot.domain.github.pull_request:OlderChecks.has_every_head_since",
        _returning(value=True),
        NEVER_GREEN,
        found="waiver-comes-back-under-many-commits",
    ),
    Mutation(
        "the check runs on the commits before a replaced head are not read",
        "tests.simulation.repository:Git.log",
        lambda right: lambda self, sha, _most: right(self, sha, 1),
        NOTHING_LOST,
        found="pushed-then-force-pushed",
    ),
    Mutation(
        "a trusted summary has every purchase, whatever a force-push hides",
        "reviewbot.domain.machine.decisions.trust:_hides_a_purchase",
        _returning(value=False),
        NOTHING_LOST,
        found="record-behind-a-force-push",
    ),
    Mutation(
        "the check runs against a later base are not read",
        "reviewbot.app.context:RunContext._names_with",
        lambda _right: lambda run, _snapshot: run.check_names,
        PAY_ONCE,
        found="other-scope-for-a-later-base",
    ),
    Mutation(
        "how the findings of a change stood is not remembered",
        "reviewbot.domain.ledger.ledger:Ledger.reviews_of",
        lambda right: lambda *those: replace(right(*those), open={}, bought_since=frozenset()),
        NEVER_GREEN,
        found="one-copy-of-two",
    ),
    Mutation(
        "a copy of a purchase says nothing about earlier findings",
        "reviewbot.domain.ledger.external_id:encode_external_id",
        lambda right: lambda bought, *rest: right(replace(bought, confirms=False, judged=()), *rest),
        NEVER_GREEN,
        found="carried-and-forgotten",
    ),
    Mutation(
        "a skip label counts without a record of its head",
        "reviewbot.domain.machine.due:_is_recorded",
        lambda _right: lambda _known, record: bool(record),
        NEVER_GREEN,
        found="label-of-another-head",
    ),
    Mutation(
        "a skip label counts at any event for the head of now",
        "reviewbot.domain.policy.eligibility:skip_label_login",
        _whoever_set_it,
        NEVER_GREEN,
        ADVERSARIAL,
        ("evil", "skip"),
    ),
    Mutation(
        "a label or a bypass counts for the base of now",
        "tests.simulation.forge:SimulatedForge._pull_request",
        _never_retargeted,
        NEVER_GREEN,
        found="label-set-for-another-base",
    ),
    Mutation(
        "a committer of it waives",
        "reviewbot.domain.github.pull_request:PullRequest.people",
        lambda _right: property(lambda self: frozenset({self.author})),
        NEVER_GREEN,
        found="committer-waives",
    ),
    Mutation(
        "a rule that the author can match ends the lookup",
        "reviewbot.domain.policy.routes:_is_certain",
        _returning(value=True),
        NEVER_GREEN,
        ADVERSARIAL,
        ("evil", "trivial", "copy"),
        config=ROUTES,
    ),
    Mutation(
        "code in a file that is not sent is forgotten",
        "reviewbot.domain.findings.lookup:unsent_copy",
        _returning(None),
        NEVER_GREEN,
        found="moved-to-an-excluded-file",
    ),
    Mutation(
        "code is searched in files that are not sent as they are, not as they would be sent",
        "reviewbot.domain.findings.lookup:_as_sent",
        lambda _right: lambda file, _redactor: (FileView(file.path, file.diff.old_path, file.diff.hunks, file.text),),
        NEVER_GREEN,
        found="moved-with-a-token-to-an-excluded-file",
    ),
    Mutation(
        "of several comments the first stays, whatever is in it",
        "reviewbot.domain.publishing.comment_diff:_rank",
        lambda _right: lambda marked: marked[0].comments[0].id,
        NOTHING_LOST,
        found="comment-with-more-findings",
    ),
    Mutation(
        "the rules look at one file",
        "reviewbot.domain.policy.routes:_found",
        lambda right: lambda routes, facts: right(routes, replace(facts, paths=facts.paths[:1])),
        NEVER_GREEN,
        ADVERSARIAL,
        ("evil", "copy", "rename"),
        config=ROUTES,
    ),
    Mutation(
        "the rules forget what was bought",
        "reviewbot.domain.machine.decisions.routes:_kept",
        lambda _right: lambda _known, chosen: chosen,
        NEVER_GREEN,
        BY_PEOPLE,
        ("evil", "deep", "finish"),
        config=ROUTES,
    ),
    Mutation(
        "a check against an own branch has the name that is required",
        "reviewbot.domain.publishing.check_names:CheckNames.against",
        lambda _right: lambda self, _default, _base: self.plain,
        NEVER_GREEN,
        found="stays-green-on-another-base",
    ),
    Mutation(
        "a purchase does not wait for the checks of others",
        "reviewbot.domain.policy.readiness:WaitRules.open_checks",
        _returning(()),
        WAITS,
        BY_PEOPLE,
        _CHECKED,
        config=WAITS_FOR_CHECKS,
    ),
    Mutation(
        "a check that is missing is green",
        "reviewbot.domain.policy.readiness:_open",
        lambda right: lambda *those: [one for one in right(*those) if one[1] is not HeadState.MISSING],
        WAITS,
        BY_PEOPLE,
        _CHECKED,
        config=WAITS_FOR_CHECKS,
    ),
    Mutation(
        "a check that is red is green",
        "reviewbot.domain.policy.readiness:_open",
        lambda right: lambda *those: [one for one in right(*those) if one[1] is not HeadState.RED],
        WAITS,
        BY_PEOPLE,
        _CHECKED,
        config=WAITS_FOR_CHECKS,
    ),
    Mutation(
        "a young head is bought",
        "reviewbot.domain.policy.readiness:WaitRules.is_quiet",
        _returning(value=True),
        WAITS,
        BY_PEOPLE,
        ("harmless", "note"),
        config=IS_QUIET,
    ),
    Mutation(
        "a force-push to an older head is not a push",
        "reviewbot.domain.machine.acquire:_seen_at",
        lambda _right: lambda _known, wanted: datetime.fromisoformat(wanted.submitted_at),
        WAITS,
        config=IS_QUIET,
        steps=(_NEXT, Move("finish"), Move("harmless"), Move("go_back"), _NEXT),
    ),
    Mutation(
        "a reply that is in its thread is not found there",
        "reviewbot.domain.publishing.comment_diff:replies_there",
        _returning(()),
        CONVERGES,
        steps=(
            Move("note"),
            Move("note", 1, 1),
            _NEXT,
            Move("harmless"),
            Episode((Start("next"),), (At(26, Kill(after=True)),)),
            _NEXT,
        ),
    ),
    Mutation(
        "a deferred purchase that only the check run has is one that was begun",
        "reviewbot.domain.ledger.copies:_state",
        lambda right: (
            lambda copy, **named: TaskState.INTENT if copy.state is TaskState.DEFERRED else right(copy, **named)
        ),
        WAITS,
        BY_PEOPLE,
        ("harmless", "delete_summary", "delete_summary"),
        config=IS_QUIET,
    ),
    Mutation(
        "the intent of a question is not recorded before its task is created",
        "reviewbot.domain.questions.machine:learn",
        _skipping_records(Quoted, lambda at: Intended(at.question, at.price, SIZES, again=False)),
        PAY_ONCE,
        BY_PEOPLE,
        _ASKING,
    ),
    Mutation(
        "the task of a question is polled before it is recorded",
        "reviewbot.domain.questions.machine:learn",
        _skipping_records(Submitted, lambda at: Waiting(at.question, at.task)),
        PAY_ONCE,
        BY_PEOPLE,
        _ASKING,
    ),
    Mutation(
        "the key of a question is another one each time",
        "reviewbot.domain.codevf.idempotency:question_key",
        _other_keys,
        PAY_ONCE,
        BY_PEOPLE,
        _ASKING,
    ),
    Mutation(
        "a question whose comment was edited gets no answer",
        "reviewbot.app.questions.ask:post_open_answers",
        _returning(None),
        ANSWERED_ONCE,
        BY_PEOPLE,
        ("ask", "ask", "unask"),
    ),
    Mutation(
        "no limit stops a question",
        "reviewbot.domain.codevf.budget:check",
        _returning(None),
        WITHIN_LIMIT,
        BY_PEOPLE,
        ("ask", "author_asks"),
    ),
    Mutation(
        "everyone may ask",
        "reviewbot.domain.commands.parse:CommandName.needs",
        lambda _right: property(lambda _self: Permission.READ),
        PAY_ONCE,
        BY_PEOPLE,
        ("stranger_asks",),
    ),
    Mutation(
        "no late answer is announced",
        "reviewbot.domain.machine.decisions.late_answers:announcing",
        _returning(()),
        ANNOUNCED,
        config=_LEAVES,
        steps=(_NEXT, Move("finish")),
    ),
    Mutation(
        "an answer is announced by the run that bought it",
        "reviewbot.domain.machine.decisions.late_answers:_is_left",
        _returning(value=True),
        ANNOUNCED,
        steps=(_NEXT,),
    ),
    Mutation(
        "a run forgets what it bought for a missed command",
        "reviewbot.app.context:known_of",
        lambda right: lambda *args, **named: _without_memory(right(*args, **named)),
        ANNOUNCED,
        found="announced-by-its-buyer",
    ),
    Mutation(
        "a run forgets what it may have bought for a missed command",
        "reviewbot.app.perform:create_task",
        _forgetting_lost_answers,
        ANNOUNCED,
        found="announced-by-a-buyer-without-the-id",
    ),
    Mutation(
        "an answer is announced though a review shows it",
        "reviewbot.domain.machine.decisions.late_answers:_is_shown",
        _returning(value=False),
        ANNOUNCED,
        config=_LEAVES,
        steps=(Move("evil"), _NEXT, Move("finish")),
    ),
    Mutation(
        "a cancelled review is announced though a person cancelled it",
        "reviewbot.domain.machine.acquire:_with_cancelled",
        lambda _right: lambda known, _task_id: known,
        ANNOUNCED,
        config=_LEAVES,
        steps=(_NEXT, Move("cancel"), _NEXT),
    ),
    Mutation(
        "a run that is killed after an announcement makes it again",
        "reviewbot.domain.publishing.comment_diff:_announcements_there",
        _returning(()),
        ANNOUNCED,
        config=_LEAVES,
        steps=(_NEXT, Move("finish"), Episode((_COLLECT,), (At(8, Kill(after=True)),))),
    ),
    Mutation(
        "two runs at once announce an answer twice",
        "reviewbot.app.github.announcements:delete_duplicates",
        _returning(DuplicatesDeleted()),
        ANNOUNCED,
        config=_LEAVES,
        steps=(_NEXT, Move("finish"), Episode((_COLLECT, _COLLECT), tuple(At(call, Switch()) for call in range(20)))),
    ),
    Mutation(
        "a summary keeps an outcome that no longer holds",
        "reviewbot.domain.machine.decisions.outcome:contradicts",
        _returning(value=False),
        CONVERGES,
        found="error-stays-in-summary",
    ),
    Mutation(
        "a base of the author hides what was spent",
        "reviewbot.domain.machine.decisions.trust:_may_be_in_base",
        _returning(value=False),
        WITHIN_LIMIT,
        found="limit-on-an-own-base",
    ),
    Mutation(
        "a waiver by an author against an own base counts",
        "reviewbot.domain.ledger.ledger:_is_entitled",
        _returning(value=True),
        NEVER_GREEN,
        found="waived-against-an-own-base",
    ),
    Mutation(
        "what went with its file stays closed when the file is back",
        "reviewbot.domain.findings.states:_may_be_in",
        _returning(value=False),
        NEVER_GREEN,
        found="gone-against-an-own-base",
    ),
    Mutation(
        "a waiver is for any code",
        "reviewbot.domain.findings.lookup:ChangeIndex.exactly",
        _returning(""),
        NEVER_GREEN,
        found="waived-code-moves",
    ),
    Mutation(
        "a waiver is for any content of its file",
        "reviewbot.domain.findings.lookup:_sides_digest",
        lambda _right: lambda file: f"{file.path} {file.new.mode if file.new else ''}",
        NEVER_GREEN,
        found="waived-file-changes",
    ),
    Mutation(
        "a waiver is for any mode of its file",
        "reviewbot.domain.findings.lookup:_sides_digest",
        lambda _right: lambda file: f"{file.path} {file.new.oid if file.new else ''}",
        NEVER_GREEN,
        found="waived-file-becomes-executable",
    ),
    Mutation(
        "a review with an incomplete history is green",
        "reviewbot.domain.policy.verdict:incomplete_history",
        lambda _right: lambda outcome, _rules: outcome,
        NEVER_GREEN,
        found="carried-and-forgotten",
    ),
    Mutation(
        "a ledger that is not trusted keeps its exemptions",
        "reviewbot.domain.ledger.ledger:Ledger.without_exemptions",
        lambda _right: lambda ledger: ledger,
        NEVER_GREEN,
        found="withdrawn-waiver-comes-back",
    ),
    Mutation(
        "a bypass is for the base of now",
        "reviewbot.domain.commands.authorize:_was_retargeted",
        _returning(value=False),
        NEVER_GREEN,
        found="retargeted-bypass",
    ),
    Mutation(
        "no lock file is reviewed",
        "reviewbot.domain.selection.selection:_held",
        _holding_back(LOCK_FILE),
        NEVER_GREEN,
        BY_PEOPLE,
        ("lock", "evil"),
    ),
    Mutation(
        "a bot's commit need not be signed by GitHub",
        "reviewbot.domain.policy.eligibility:is_bots_own",
        _with_commits(verified=True),
        NEVER_GREEN,
        steps=(_NEXT, Move("evil_by_bot", 1), Move("evil_by_bot"), _KILLED, _NEXT),
        setting=Setting(is_bots=True),
    ),
    Mutation(
        "a bot's commit may have another committer",
        "reviewbot.domain.policy.eligibility:is_bots_own",
        _with_commits(committer=None),
        NEVER_GREEN,
        steps=(_NEXT, Move("evil_by_bot", 2), Move("evil_by_bot"), _KILLED, _NEXT),
        setting=Setting(is_bots=True),
    ),
    Mutation(
        "another pull request with the same head is not looked at",
        "reviewbot.app.github.check_run:_neighbour",
        _returning(0),
        NEVER_GREEN,
        steps=(Move("evil"), Move("second_pull_request", 1, 1), _NEXT, _NEXT, _NEXT, Move("waive"), _NEXT, _NEXT),
    ),
    Mutation(
        "a fork's pull request is bought without an approval",
        "reviewbot.domain.policy.eligibility:needs_approval",
        _returning(value=False),
        PAY_ONCE,
        steps=(_NEXT, Move("evil"), _NEXT),
        setting=Setting(is_from_fork=True),
    ),
    Mutation(
        "an edited comment is a command",
        "reviewbot.domain.commands.parse:_posted_command",
        lambda right: lambda comment, *more: right(replace(comment, edited_by=None), *more),
        NEVER_GREEN,
        ADVERSARIAL,
        ("evil", "status", "collect", "edits_command"),
    ),
    Mutation(
        "a draft is reviewed",
        "reviewbot.domain.policy.eligibility:not_due_for",
        _of_pull(is_draft=False),
        ONLY_DUE,
        steps=(Move("draft"), _NEXT, _NEXT),
    ),
    Mutation(
        "a closed pull request is reviewed",
        "reviewbot.domain.policy.eligibility:not_due_for",
        _of_pull(is_open=True),
        ONLY_DUE,
        steps=(Move("close"), _NEXT),
    ),
    Mutation(
        "what waits is bought after the pull request was closed",
        "reviewbot.domain.ledger.edits:apply_edits",
        _without_cancelled_deferrals,
        ONLY_DUE,
        BY_PEOPLE,
        ("close", "harmless"),
        config=IS_QUIET,
    ),
    Mutation(
        "a bot's pull request is reviewed",
        "reviewbot.domain.policy.eligibility:is_bots_own",
        _returning(value=False),
        ONLY_DUE,
        steps=(_NEXT,),
        setting=Setting(is_bots=True),
    ),
    Mutation(
        "each event requests a review",
        "reviewbot.domain.policy.eligibility:is_requested",
        _returning(value=True),
        ONLY_DUE,
        steps=(_NEXT, Move("harmless"), _NEXT),
        setting=Setting((("review-on", "ready"),)),
    ),
    Mutation(
        "each event is a request",
        "reviewbot.domain.policy.eligibility:is_requested",
        _returning(value=True),
        ONLY_DUE,
        steps=(_NEXT,),
        setting=Setting((("review-on", "request"),)),
    ),
    Mutation(
        "a review without a result is bought again without end",
        "reviewbot.domain.ledger.ledger:Ledger.ended",
        _returning(0),
        PAY_ONCE,
        config=_LEAVES,
        steps=(_NEXT, Move("failed"), *(_PUSH, Move("failed")) * 3, _PUSH),
    ),
    Mutation(
        "a purchase without a record of the earlier ones needs no approval",
        "reviewbot.domain.machine.decisions.purchase:_check_history",
        _returning(None),
        ONLY_DUE,
        steps=_FORGOTTEN,
        setting=Setting((("check-run", "false"),)),
    ),
    Mutation(
        "comments on findings are not read as those of an earlier review",
        "reviewbot.domain.machine.decisions.trust:_was_here",
        _returning(value=False),
        ONLY_DUE,
        steps=_FORGOTTEN,
        setting=Setting((("check-run", "false"),)),
    ),
    Mutation(
        "a review is bought that no later run could find",
        "reviewbot.domain.machine.decisions.check_copies:why_unrecorded",
        _returning(None),
        PAY_ONCE,
        steps=(_NEXT, Move("a_day_later"), _PUSH),
        setting=Setting((("wait-minutes", "0"),), denied=frozenset({"checks: write", "pull-requests: write"})),
    ),
    Mutation(
        "a key is reused after a day",
        "reviewbot.domain.codevf.idempotency:is_forgotten",
        _returning(value=False),
        PAY_ONCE,
        found="key-that-is-forgotten",
    ),
    Mutation(
        "the key of a question is reused after a day",
        "reviewbot.domain.commands.authorize:_recorded",
        lambda right: lambda posted, scope: right(posted, replace(scope, is_stale=False)),
        PAY_ONCE,
        steps=(
            *(_NEXT, Move("ask"), Episode((Start("next"),), (At(10, Kill(after=True)),))),
            *(Move("delete_summary"), Move("a_day_later"), _PUSH),
        ),
    ),
    Mutation(
        "a ledger counts without a valid signature",
        "reviewbot.domain.ledger.signing:Signer.verify",
        _returning(value=True),
        NEVER_GREEN,
        ADVERSARIAL,
        ("evil", "forged_text"),
    ),
    Mutation(
        "a review without a file that was held back is complete",
        "reviewbot.domain.machine.known:Known.why_partial",
        lambda _right: property(lambda _self: ()),
        NEVER_GREEN,
        steps=(Move("held_back"), _NEXT, _NEXT),
    ),
    Mutation(
        "a waiver is for the head that is pushed while its run judges",
        "reviewbot.domain.machine.decisions.merge:move_to_new_head",
        _keeping_waivers,
        NEVER_GREEN,
        mind=Mind(is_brief=True),
        steps=(
            *(Move("evil"), _NEXT, _NEXT, Move("waive")),
            Episode((Start("next"),), (At(4, Meanwhile(Move("evil"))),)),
        ),
    ),
    Mutation(
        "a review builds on one whose answer could not be read",
        "reviewbot.domain.ledger.ledger:Purchase.is_complete",
        lambda _right: property(lambda _self: True),
        NEVER_GREEN,
        mind=Mind(is_brief=True, is_vague=True),
        steps=(Move("evil"), _NEXT, _NEXT, Move("harmless"), _NEXT),
    ),
    Mutation(
        "a green check stays when its exemption ends",
        "reviewbot.domain.machine.decisions.outcome:_is_outdated",
        _returning(value=False),
        NEVER_GREEN,
        found="label-that-is-removed",
    ),
    Mutation(
        "a check run says that a purchase is over before the summary does",
        "reviewbot.domain.machine.finish:_leave_to_next_run",
        lambda _right: lambda known: known,
        ANNOUNCED,
        found="finished-before-its-announcement",
    ),
    Mutation(
        "a finding gets another id if GitHub cannot be reached",
        "reviewbot.app.reviewer.read_result:_texts",
        _without_unreachable,
        CONVERGES,
        found="finding-with-another-id",
    ),
    Mutation(
        "a task whose id was not recorded is not the first one",
        "reviewbot.domain.ledger.ledger:Purchase.is_unknown",
        lambda _right: property(lambda _self: False),
        WITHIN_LIMIT,
        found="limit-by-a-later-task",
    ),
    Mutation(
        "the first review is the one that was recorded first",
        "reviewbot.domain.machine.decisions.purchase:record_submission",
        lambda right: lambda *those, **_named: right(*those, again=True),
        WITHIN_LIMIT,
        found="limit-by-the-first-intent",
    ),
    Mutation(
        "a run that posted comments shows no answer",
        "reviewbot.domain.machine.decisions.late_answers:_is_shown",
        lambda right: lambda known, purchase: right(replace(known, wrote=replace(known.wrote, posted=0)), purchase),
        ANNOUNCED,
        config=_LEAVES,
        steps=(Move("evil"), _NEXT, Move("finish"), Episode((_COLLECT,), (At(9, Lose(done=True)),))),
    ),
    Mutation(
        "an end that a new base hides is forgotten",
        "reviewbot.domain.machine.decisions.merge:take_reread",
        _without_ends,
        ANNOUNCED,
        found="announced-behind-another-base",
    ),
    Mutation(
        "the record that is written last counts",
        "reviewbot.domain.ledger.ledger:Purchase.progress",
        lambda _right: property(lambda _self: (False, 0)),
        PAY_ONCE,
        found="head-check-written-over",
    ),
    Mutation(
        "a run executes more commands after one that it cannot mark as done",
        "reviewbot.domain.events.comments:is_executed",
        _returning(value=True),
        PAY_ONCE,
        found="paid-for-each-command-again",
    ),
    Mutation(
        "a refusal counts more than the task of another run",
        "reviewbot.domain.ledger.ledger:Purchase.progress",
        lambda _right: property(lambda self: (False, self.state.rank)),
        PAY_ONCE,
        steps=(
            Move("out_of_credits"),
            Episode(
                (_COLLECT, Start("push")),
                (
                    *(At(4, Begin(Start("push"))), At(5, Switch()), At(12, Switch()), At(16, Interrupt())),
                    *(At(17, Meanwhile(Move("out_of_credits"))), At(17, Switch())),
                ),
            ),
        ),
    ),
    Mutation(
        "the end of an attempt hides the next one",
        "reviewbot.domain.ledger.ledger:Ledger.underway_on",
        _returning(()),
        NOTHING_LOST,
        found="next-attempt-written-over",
    ),
    Mutation(
        "a run does not look who was first",
        "reviewbot.app.github.ledger_store:first_recorded",
        _returning(None),
        PAY_ONCE,
        found="other-scope",
    ),
    Mutation(
        "no check run has the ledger's counter",
        "reviewbot.app.github.older_checks:_to_count",
        _returning(()),
        NEVER_GREEN,
        found="waiver-comes-back-on-a-head-without-check",
    ),
    Mutation(
        "a request for changes stays on a head that passes",
        "reviewbot.domain.machine.decisions.outcome:ends_requests",
        _returning(value=False),
        CONVERGES,
        steps=(Move("evil"), _NEXT, _NEXT, Move("bypass", 1), _NEXT, _NEXT),
        setting=Setting((("review-event", "request-changes"),)),
    ),
    Mutation(
        "a bypass hides that a command is not recorded",
        "reviewbot.domain.policy.verdict:bypassed",
        lambda right: lambda outcome: right(replace(outcome, exit_status=min(outcome.exit_status, 3))),
        CONVERGES,
        found="waiver-refused-beside-a-bypass",
    ),
    Mutation(
        "a withdrawal that another run has written over is forgotten",
        "reviewbot.domain.commands.authorize:unrecorded_withdrawals",
        _returning(()),
        NEVER_GREEN,
        found="withdrawal-written-over",
    ),
    Mutation(
        "the check of an older head is not completed",
        "reviewbot.domain.machine.decisions.outcome:left_open",
        _returning(None),
        NOTHING_LOST,
        found="homeless-finding",
    ),
    Mutation(
        "any commit was the head",
        "reviewbot.domain.ledger.ledger:Ledger.was_head",
        _returning(value=True),
        NEVER_GREEN,
        found="sha-that-begins-alike",
    ),
    Mutation(
        "an error stays although no review is requested",
        "reviewbot.domain.machine.decisions.outcome:contradicts",
        lambda right: lambda ledger, outcome: outcome.conclusion is not None and right(ledger, outcome),
        CONVERGES,
        found="error-stays-without-a-request",
    ),
    Mutation(
        "the text of a late answer is dropped",
        "reviewbot.app.output.views:_said",
        lambda _right: lambda known: known.report.summary if known.report else "",
        NOTHING_LOST,
        found="text-of-an-older-head",
    ),
    Mutation(
        "a run that cannot read the change records an empty ledger",
        "reviewbot.app.github.summary_comment:_encoded",
        lambda right: lambda run, known: right(run, replace(known, snapshot=replace(known.snapshot, threads=()))),
        ONLY_DUE,
        found="error-hides-what-is-lost",
    ),
    Mutation(
        "a continued intent counts the task that was cancelled for it",
        "reviewbot.domain.machine.decisions.purchase:_freed_for",
        lambda _right: lambda *_arguments: 0,
        NOTHING_LOST,
        found="replacement-over-the-limit",
    ),
    Mutation(
        "a task that nothing records is polled",
        "reviewbot.domain.machine.buy:after_unrecorded_task",
        lambda _right: lambda at, _error: WaitingForReview(at.known, at.bought, at.task),
        NOTHING_LOST,
        found="task-that-only-its-run-knows",
    ),
    Mutation(
        "a task is not recorded beside the text of a newer head",
        "reviewbot.app.perform:_record_keeping_text",
        _returning(Done()),
        NOTHING_LOST,
        found="task-of-a-replaced-head",
    ),
    Mutation(
        "a copy of a purchase does not say that the reviewer was asked",
        "reviewbot.domain.ledger.external_id:encode_external_id",
        lambda right: lambda bought, *rest: right(replace(bought, confirms=False), *rest),
        NEVER_GREEN,
        found="asked-about-what-nothing-records",
    ),
    Mutation(
        "a copy of a deferred purchase counts as requested",
        "reviewbot.domain.machine.acquire:_is_outdated",
        lambda right: lambda known, one: right(known, one if one.selecting else replace(one, requested_by=("kim",))),
        ONLY_DUE,
        found="deferred-in-a-check-run-only",
    ),
    Mutation(
        "a deferred review is bought beside the only automatic one",
        "reviewbot.domain.machine.acquire:_is_reviewed",
        _returning(value=False),
        ONLY_DUE,
        found="deferred-beside-the-first-review",
    ),
    Mutation(
        "a run without an answer leaves the comments that two runs posted",
        "reviewbot.domain.publishing.comment_diff:duplicates_in_threads",
        _returning(()),
        NOTHING_LOST,
        found="comments-of-a-killed-run",
    ),
    Mutation(
        "a check run records the older review that is open in place of the head's own",
        "reviewbot.app.github.check_run:_has_another_record",
        _returning(value=False),
        NEVER_GREEN,
        found="finished-review-behind-an-open-one",
    ),
    Mutation(
        "a bot's commits need not be pushed by the bot",
        "reviewbot.domain.machine.due:_is_bots",
        lambda _right: lambda known: known.snapshot.pull.author_is_bot,
        NEVER_GREEN,
        found="squash-into-a-bots-pull-request",
    ),
    Mutation(
        "a run that may not write its result says that it has published it",
        "reviewbot.domain.machine.decisions.outcome:_nothing_stands",
        _returning(value=False),
        NOTHING_LOST,
        found="late-answer-that-nothing-shows",
    ),
    Mutation(
        "a finding in a late answer is known by its code only if this head has the code",
        "reviewbot.domain.findings.placement:relocated",
        lambda right: lambda item: replace(right(item), block=item.block),
        NEVER_GREEN,
        found="answer-while-its-file-is-deleted",
    ),
    Mutation(
        "a merge group is green whatever the checks of its pull requests say",
        "reviewbot.domain.policy.verdict:carried",
        lambda right: lambda conclusions, _elsewhere: right(dict.fromkeys(conclusions, Conclusion.SUCCESS)),
        NEVER_GREEN,
        steps=(Move("evil"), _NEXT, _NEXT, Move("queue"), _NEXT),
    ),
    Mutation(
        "a merge group counts a review that is open",
        "reviewbot.domain.policy.verdict:carried",
        lambda right: (
            lambda conclusions, _elsewhere: right({key: one or Conclusion.SUCCESS for key, one in conclusions.items()})
        ),
        NEVER_GREEN,
        config=_LEAVES,
        steps=(_NEXT, Move("queue"), _NEXT),
    ),
    Mutation(
        "a merge group has only its last pull request",
        "reviewbot.domain.events.merge_group:after_queue",
        lambda right: lambda event, _entries: right(event, ()),
        NEVER_GREEN,
        steps=(_NEXT, Move("queue", 1), _NEXT, _NEXT),
    ),
    Mutation(
        "a merge group gets no check",
        "reviewbot.domain.machine.finish:publish_for_group",
        lambda _right: Published,
        CONVERGES,
        steps=(_NEXT, Move("queue"), _NEXT),
    ),
    Mutation(
        "without check runs, a summary that an author restores is believed",
        "reviewbot.domain.ledger.codec:decode",
        lambda right: lambda body, signer, **_edited: right(body, signer),
        NEVER_GREEN,
        steps=(
            *(Move("evil"), _NEXT, _NEXT, Move("waive"), _NEXT, Move("unwaive"), _NEXT),
            *(Move("edits_command", 0, 1), Move("old_text", 1, 1), _NEXT),
        ),
        setting=Setting(denied=frozenset({"checks: write"})),
    ),
    Mutation(
        "the change is read of another head than the check's",
        "reviewbot.app.perform:_read_change",
        _of_the_head_of_now,
        NEVER_GREEN,
        found="moved-head",
    ),
    Mutation(
        "no run resumes the next attempt of another one",
        "reviewbot.domain.machine.decisions.check_copies:overtaking",
        lambda right: (
            lambda known, first, bought: right(known, first and replace(first, attempt=bought.attempt), bought)
        ),
        PAY_ONCE,
        found="another-attempt",
    ),
    Mutation(
        "the check runs against an earlier base are not read again",
        "reviewbot.app.context:RunContext._names_with",
        lambda _right: lambda run, _snapshot: (run.check_name,),
        PAY_ONCE,
        found="other-scope-for-another-base",
    ),
    Mutation(
        "an intent of this head is recorded while its run may record the task",
        "reviewbot.domain.machine.acquire:after_opening",
        _noting(lambda _known, intent: intent),
        NOTHING_LOST,
        found="task-written-over",
    ),
    Mutation(
        "an intent whose task may exist can be cancelled",
        "reviewbot.domain.ledger.ledger:Purchase.is_unknown",
        lambda _right: property(lambda _self: False),
        PAY_ONCE,
        found="key-that-is-called-off",
    ),
    Mutation(
        "what an earlier review closed is not in the summary",
        "reviewbot.app.output.views:_closed",
        lambda right: lambda known: [one for one in right(known) if one.closed == known.task_id],
        NOTHING_LOST,
        found="fixed-without-a-comment",
    ),
    Mutation(
        "the check of a failed run stays",
        "reviewbot.domain.machine.decisions.outcome:_is_outdated",
        lambda right: lambda known, there: there.verdict != Conclusion.ACTION_REQUIRED and right(known, there),
        CONVERGES,
        found="check-of-a-failed-run",
    ),
    Mutation(
        "the check of a failed run stays on a head without a requested review",
        "reviewbot.domain.machine.decisions.outcome:_purchase_in",
        _returning(None),
        CONVERGES,
        found="check-of-a-failed-run-on-an-unasked-head",
    ),
    Mutation(
        "an approval is asked for once",
        "reviewbot.app.github.summary_comment:_encoded",
        lambda right: lambda run, known: right(run, replace(known, stored=replace(known.stored, lost=False))),
        CONVERGES,
        found="asks-once",
    ),
    Mutation(
        "a finding that is fixed is never open again",
        "reviewbot.domain.ledger.update:applied",
        _fixed_for_good,
        NEVER_GREEN,
        found="revert-of-a-fix",
    ),
    *(
        Mutation(
            f"a finding opens again by its code alone ({found})",
            "reviewbot.domain.findings.states:_restored",
            _returning(None),
            NEVER_GREEN,
            found=found,
        )
        for found in ("carried-and-reverted", "carried-and-reset")
    ),
    Mutation(
        "a finding whose file leaves the change is gone, although its code may be in another one",
        "reviewbot.domain.ledger.ledger:Ledger.reviews_of",
        lambda right: (
            lambda ledger, change: replace(
                right(ledger, change), bought_since=frozenset(one.task_id for one in ledger.purchases)
            )
        ),
        NEVER_GREEN,
        found="moved-then-restored",
    ),
    Mutation(
        "a committer who is no author waives",
        "reviewbot.domain.github.pull_request:PullRequest.people",
        _without_committers,
        NEVER_GREEN,
        found="only-committed",
    ),
    Mutation(
        "the check runs that a force-push hides are not read",
        "reviewbot.app.github.ledger_store:every_check",
        lambda _right: lambda _run, snapshot, *_, **__: ((*snapshot.older_checks, *snapshot.checks), True),
        NEVER_GREEN,
        found="waiver-comes-back-under-a-force-push",
    ),
    Mutation(
        "a recorded purchase is another purchase than its copy",
        "reviewbot.domain.ledger.ledger:Ledger.recorded",
        _returning(None),
        CONVERGES,
        found="deferred-on-two-heads",
    ),
    Mutation(
        "the summary that is written last counts",
        "reviewbot.domain.ledger.ledger:Purchase.progress",
        lambda _right: property(lambda _self: (False, 0)),
        PAY_ONCE,
        found="task-in-second-summary",
    ),
    Mutation(
        "a run forgets what it cancelled for a missed command",
        "reviewbot.app.context:known_of",
        lambda right: lambda *args, **named: replace(right(*args, **named), wrote=Wrote()),
        ANNOUNCED,
        found="announced-by-its-canceller",
    ),
    Mutation(
        "only the run that answers a question deletes a second answer",
        "reviewbot.domain.publishing.comment_diff:_answered_twice",
        _returning(()),
        ANSWERED_ONCE,
        found="second-answer-of-a-killed-run",
    ),
    Mutation(
        "of several answers to a question the oldest is kept, even a refusal",
        "reviewbot.domain.publishing.comment_diff:_answered_twice",
        lambda _right: lambda comments, _instance: _all_but_the_oldest(comments),
        ANSWERED_ONCE,
        found="answer-deleted-beside-a-refusal",
    ),
    Mutation(
        "a purchase is recorded for a head that has moved",
        "reviewbot.domain.machine.decisions.outcome:head_has_moved",
        _returning(value=False),
        PAY_ONCE,
        steps=(
            *(Episode((Start("next"),), (At(24, Meanwhile(Move("copy", 4, 3))),)), Move("ask"), Move("author_asks")),
            Episode((Start("next"),), (At(33, Meanwhile(Move("revert", 4, 3))),)),
        ),
        setting=Setting(denied=frozenset({"checks: write"})),
    ),
    Mutation(
        "the limit does not stop an intent of another run",
        "reviewbot.domain.machine.decisions.purchase:quote",
        lambda right: (
            lambda known, wanted, tag, balance, **named: right(
                known, wanted, tag, None if wanted.intent else balance, **named
            )
        ),
        WITHIN_LIMIT,
        found="intent-of-a-run-at-work",
    ),
    Mutation(
        "a finished question is answered after its record alone",
        "reviewbot.domain.questions.machine:_created",
        lambda _right: Submitted,
        ANSWERED_ONCE,
        found="answer-without-a-record",
    ),
    Mutation(
        "of several check runs the last one has the credits",
        "reviewbot.domain.machine.decisions.trust:_signed",
        lambda right: lambda *those: {one.purchase.key: one for one in right(*those)}.values(),
        WITHIN_LIMIT,
        found="question-forgotten-by-a-later-check",
    ),
    Mutation(
        "a merge queue that cannot be read has one pull request",
        "reviewbot.domain.events.merge_group:after_failed_queue",
        lambda _right: lambda event, _error: after_queue(event, ()),
        NEVER_GREEN,
        found="group-with-an-unread-queue",
    ),
    Mutation(
        "a check run has the purchase as this run knows it",
        "reviewbot.app.github.check_run:_external_id",
        _of_own_purchase,
        NOTHING_LOST,
        found="task-replaced-by-an-intent",
    ),
    Mutation(
        "any comment shows an answer",
        "reviewbot.domain.machine.decisions.late_answers:_is_shown",
        _by_any_comment,
        ANNOUNCED,
        found="late-answer-behind-another-one",
    ),
    Mutation(
        "a run that ends writes what it read at its start",
        "reviewbot.domain.machine.finish:finish",
        lambda _right: after_refresh,
        PAY_ONCE,
        found="written-over",
    ),
    Mutation(
        "a reply is not found in a thread whose first comment is deleted",
        "reviewbot.domain.publishing.comment_diff:replies_there",
        lambda right: lambda threads, name: right([one for one, _ in marked_threads(threads, name)], name),
        CONVERGES,
        found="reply-under-deleted-comment",
    ),
    Mutation(
        "a command that GitHub prevents is refused",
        "reviewbot.domain.commands.authorize:is_retried",
        _returning(value=False),
        CONVERGES,
        found="refused-command",
    ),
    Mutation(
        "a run that cannot read the pull request again ends as if it had recorded its command",
        "reviewbot.domain.machine.finish:_without_exemptions",
        lambda _right: lambda known, outcome, _error: (known, outcome),
        CONVERGES,
        found="command-that-is-not-written",
    ),
    Mutation(
        "a summary without a permission is written",
        "reviewbot.domain.machine.finish:after_write",
        lambda right: lambda at, known: right(at, replace(known, wrote=replace(known.wrote, denied=frozenset()))),
        NEVER_GREEN,
        found="waiver-in-no-summary",
    ),
    Mutation(
        "a run that cannot write the check may leave it green",
        "reviewbot.domain.machine.decisions.outcome:_stays_green",
        _returning(value=False),
        NEVER_GREEN,
        found="withdrawn-beside-a-green-check",
    ),
    Mutation(
        "a merge group without a check succeeds",
        "reviewbot.domain.machine.decisions.outcome:final_outcome",
        lambda right: (
            lambda known, outcome, **rest: (
                outcome if outcome.reason is Reason.MERGE_GROUP else right(known, outcome, **rest)
            )
        ),
        CONVERGES,
        found="group-without-a-check",
    ),
    Mutation(
        "without check runs, a bot has pushed its pull request's head",
        "reviewbot.domain.machine.due:_is_bots",
        lambda right: lambda known: right(known) or (known.snapshot.pull.author_is_bot and not known.request.check_run),
        NEVER_GREEN,
        found="squash-without-a-check-run",
    ),
    Mutation(
        "a check records a bot's push that skipped nothing",
        "reviewbot.app.github.check_run:_tag",
        lambda right: lambda known, own: right(known, replace(own, reason=Reason.BOT) if known.proof.is_bots else own),
        NEVER_GREEN,
        found="skip-by-paths-kept-for-a-bot",
    ),
    Mutation(
        "another App's check run hides the check",
        "reviewbot.domain.machine.decisions.outcome:not_asked_for",
        _with_foreign_checks,
        CONVERGES,
        found="hidden-check",
    ),
    Mutation(
        "attempts without a record do not count",
        "reviewbot.domain.ledger.ledger:Ledger.ended",
        lambda _right: (
            lambda self, identity: sum(
                one.identity == identity and one.task_id != "" and one.state is TaskState.ENDED
                for one in self.purchases
            )
        ),
        PAY_ONCE,
        found="another-attempt-without-end",
    ),
    Mutation(
        "a dropped deferral ends the intent of another run",
        "reviewbot.domain.ledger.ledger:Purchase.is_dropped",
        lambda _right: property(lambda _self: False),
        PAY_ONCE,
        found="deferral-dropped-while-bought",
    ),
    Mutation(
        "an update contains what another run has continued",
        "reviewbot.domain.ledger.update:LedgerUpdate.not_behind",
        lambda _right: lambda self, *_: self,
        NOTHING_LOST,
        found="answer-behind-a-pending-run",
    ),
    Mutation(
        "a question that another run has withdrawn still holds its credits",
        "reviewbot.domain.questions.machine:_intended",
        _holding_what_is_withdrawn,
        WITHIN_LIMIT,
        found="question-withdrawn-by-another-run",
    ),
    Mutation(
        "a run that cannot read the last reviewed head buys a review",
        "reviewbot.app.reviewer.incremental_context:read_new_part",
        _with_everything_new,
        CONVERGES,
        found="bought-beside-an-unread-head",
    ),
    Mutation(
        "a check run that another one hides stays open",
        "reviewbot.app.github.older_checks:_shown_or_open",
        lambda right: lambda known, older: {one.name + one.head_sha: one for one in right(known, older)}.values(),
        ANNOUNCED,
        found="ended-behind-a-failed-check",
    ),
    Mutation(
        "a check run of a replaced head stays open",
        "reviewbot.app.github.older_checks:_shown_or_open",
        lambda right: lambda known, _older: right(known, known.snapshot.older_checks),
        ANNOUNCED,
        found="ended-on-a-replaced-head",
    ),
    Mutation(
        "a run that ends does not read an intent in the check run again",
        "reviewbot.app.github.check_run:_written_meanwhile",
        _returning(""),
        NOTHING_LOST,
        found="next-attempt-behind-a-cancelled-one",
    ),
    Mutation(
        "an earlier attempt replaces a later one in the check run",
        "reviewbot.domain.machine.decisions.check_copies:_is_next_attempt",
        _returning(value=False),
        NOTHING_LOST,
        found="next-attempt-behind-a-forgotten-one",
    ),
    Mutation(
        "the newest check run counts a question, whatever its head",
        "reviewbot.domain.questions.record:check_marks",
        lambda right: (
            lambda now, *more: right(replace(now, older_checks=(*now.older_checks, *now.checks), checks=()), *more)
        ),
        CONVERGES,
        found="question-counted-on-an-older-head",
    ),
    Mutation(
        "the second review of a head replaces the record of the first one",
        "reviewbot.app.github.check_run:_has_another_record",
        _returning(value=False),
        NEVER_GREEN,
        found="finished-review-behind-an-open-one",
    ),
    Mutation(
        "a text without an answer stays in the summary beside a late answer",
        "reviewbot.domain.machine.decisions.outcome:keeps_text",
        lambda right: lambda known: right(replace(known, stored=_stating_nothing(known.stored))),
        NOTHING_LOST,
        found="reply-read-beside-a-replaced-head",
    ),
    Mutation(
        "without check runs, nothing shows the review of a replaced head",
        "reviewbot.app.github.summary_comment:_beside",
        lambda _right: lambda _run, body, _text: body,
        NOTHING_LOST,
        found="finding-of-a-replaced-head-without-a-check",
    ),
    Mutation(
        "a task that another run has created does not come before an intent",
        "reviewbot.app.github.ledger_store:first_recorded",
        lambda right: lambda *known: None if (one := right(*known)) and one.task_id else one,
        PAY_ONCE,
        found="intent-in-an-older-check",
    ),
    Mutation(
        "the end of an earlier attempt is recorded with the next intent",
        "reviewbot.domain.ledger.update:LedgerUpdate.only",
        lambda _right: (
            lambda update, key: LedgerUpdate(purchases=tuple(one for one in update.purchases if one.identity == key[0]))
        ),
        ANNOUNCED,
        found="end-before-the-next-attempt",
    ),
    Mutation(
        "a comment for another answer shows an answer with the same finding",
        "reviewbot.domain.machine.decisions.late_answers:_is_shown",
        _by_same_finding,
        ANNOUNCED,
        found="late-answer-with-a-finding-of-another-one",
    ),
    Mutation(
        "the comments of a killed run show no answer",
        "reviewbot.domain.publishing.comment_diff:commented_answers",
        _returning(frozenset[str]()),
        ANNOUNCED,
        config=_LEAVES,
        steps=(Move("evil"), _NEXT, Move("finish"), Episode((_COLLECT,), (At(8, Kill(after=True)),))),
    ),
    Mutation(
        "a purchase is made without reading again which scope another run bought",
        "reviewbot.domain.machine.decisions.check_copies:may_be_bought_otherwise",
        _returning(value=False),
        PAY_ONCE,
        found="other-scope",
    ),
    Mutation(
        "a deferred attempt comes before an open one, after a cancelled one",
        "reviewbot.domain.machine.acquire:bought_before",
        lambda _right: lambda known, _now: known.ledger.find(known.identity.digest()),
        PAY_ONCE,
        found="cancelled-before-it-is-bought",
    ),
    Mutation(
        "a deferred purchase is a record of the intent",
        "reviewbot.domain.machine.decisions.check_copies:overtaking",
        lambda right: lambda known, *those: right(_with_deferred_as_intents(known), *those),
        PAY_ONCE,
        found="deferred-purchase-taken-for-the-intent",
    ),
    Mutation(
        "the intent of an earlier attempt replaces an ended attempt in the check run",
        "reviewbot.domain.machine.decisions.check_copies:_is_earlier",
        _returning(value=False),
        HAPPENS,
        found="end-behind-an-earlier-intent",
    ),
    Mutation(
        "an attempt whose end no record contains does not count",
        "reviewbot.domain.ledger.ledger:Ledger.ended",
        lambda right: lambda ledger, identity: right(_without_begun(ledger), identity),
        PAY_ONCE,
        found="attempt-behind-an-older-check",
    ),
    Mutation(
        "a run takes its own record as that of another one",
        "reviewbot.domain.machine.decisions.check_copies:overtaking",
        lambda right: lambda known, *those: right(known.with_update(LedgerUpdate()), *those),
        NO_BUG,
        found="two-scopes-in-turn",
    ),
    Mutation(
        "all findings on equal lines can be fixed once one of the lines is gone",
        "reviewbot.domain.findings.states:_updated",
        lambda _right: lambda before, *those: tuple(update_state(one, *those) for one in before),
        NEVER_GREEN,
        found="both-copies-called-fixed",
    ),
    Mutation(
        "a follow-up review compares only the heads",
        "reviewbot.domain.findings.incremental:new_parts",
        lambda right: lambda files, before, *_: right(files, before),
        NEVER_GREEN,
        found="merge-that-keeps-what-the-base-fixed",
    ),
    Mutation(
        "a diff renames the same files as at the last reviewed head",
        "reviewbot.domain.findings.incremental:reshaped_by",
        _returning(frozenset()),
        NEVER_GREEN,
        found="rename-of-what-the-base-fixed",
    ),
    Mutation(
        "a green check for another base branch counts in a merge group",
        "reviewbot.domain.policy.verdict:_is_for",
        _returning(value=True),
        NEVER_GREEN,
        found="group-for-a-former-base",
    ),
    Mutation(
        "an older head stays green by what was withdrawn on a newer one",
        "reviewbot.domain.machine.decisions.older_heads:outlives",
        _returning(value=False),
        NEVER_GREEN,
        found="older-head-with-a-withdrawn-waiver",
    ),
    Mutation(
        "a head below a replaced one stays green",
        "reviewbot.app.github.older_checks:_older_checks",
        lambda _right: lambda _run, known: (*known.stored.older_checks, *known.snapshot.older_checks),
        NEVER_GREEN,
        found="replaced-head-with-a-removed-label",
    ),
    Mutation(
        "check runs that cannot be read do not exist",
        "reviewbot.app.github.ledger_store:every_check",
        _reading_none,
        ONLY_DUE,
        found="only-review-behind-a-force-push",
    ),
    Mutation(
        "an answer that cannot be read again is taken out of the summary",
        "reviewbot.app.github.summary_comment:_stating",
        lambda _right: lambda known, _outcome: known,
        NOTHING_LOST,
        found="answer-read-again-in-vain",
    ),
    Mutation(
        "a review may be asked about findings that the record lacks",
        "reviewbot.domain.machine.decisions.outcome:_missing",
        _returning(value=()),
        NEVER_GREEN,
        found="answer-beside-lost-findings",
    ),
    Mutation(
        "a review may be asked about findings of an earlier attempt that the record lacks",
        "reviewbot.domain.machine.decisions.outcome:_missing",
        _returning(value=()),
        NEVER_GREEN,
        found="attempt-behind-an-older-summary",
    ),
    Mutation(
        "a review passes beside findings that cannot be read again",
        "reviewbot.domain.machine.decisions.outcome:_missing",
        _returning(value=()),
        NEVER_GREEN,
        found="finished-review-that-cannot-be-read",
    ),
    Mutation(
        "check runs that cannot be read record no purchase",
        "reviewbot.app.github.ledger_store:every_check",
        _reading_none,
        PAY_ONCE,
        found="older-checks-that-cannot-be-read",
    ),
    Mutation(
        "only the run in which the skip label is removed reads all heads",
        "reviewbot.domain.machine.decisions.older_heads:hides_older_heads",
        lambda right: lambda known: getattr(known.request.trigger, "action", "") == "unlabeled" and right(known),
        NEVER_GREEN,
        found="skipped-head-behind-a-lost-request",
    ),
    Mutation(
        "no bypass ends on a skipped head",
        "reviewbot.domain.machine.due:after_ledger",
        lambda right: lambda at, stored: right(at, replace(stored, ended=None)),
        NEVER_GREEN,
        found="bypass-behind-a-skipped-head",
    ),
    Mutation(
        "a run overwrites the next attempt after the end of its own one",
        "reviewbot.domain.machine.decisions.check_copies:may_be_replaced",
        lambda right: (
            lambda known, copy: (
                right(known, copy)
                and not (known.purchase and known.purchase.state is TaskState.ENDED and copy.state is TaskState.OPEN)
            )
        ),
        PAY_ONCE,
        found="end-written-over-the-next-attempt",
    ),
    Mutation(
        "the last attempt counts although an earlier one may be answered",
        "reviewbot.domain.machine.acquire:bought_before",
        _ended_before_open,
        CONVERGES,
        found="next-attempt-instead-of-the-answer",
    ),
    Mutation(
        "a rule judges the new head for the check of an older one",
        "reviewbot.domain.machine.finish:after_refresh",
        lambda right: (
            lambda known, outcome: (
                Publishing(known, outcome, (WriteCheckRun,)) if known.reviewed else right(known, outcome)
            )
        ),
        NEVER_GREEN,
        found="skipped-while-the-head-moved",
    ),
    Mutation(
        "check runs that cannot be read hide a review where no summary can be written",
        "reviewbot.app.github.ledger_store:every_check",
        _reading_none,
        ONLY_DUE,
        found="only-review-without-a-summary",
    ),
    Mutation(
        "the latest attempt counts, even if it is deferred and an earlier one is open",
        "reviewbot.domain.machine.acquire:bought_before",
        lambda _right: lambda known, _now: known.ledger.find(known.identity.digest()),
        PAY_ONCE,
        found="deferred-while-bought",
    ),
    Mutation(
        "any check run is the one whose response was lost",
        "reviewbot.app.github.check_run:_is_own",
        _returning(value=True),
        PAY_ONCE,
        found="intent-written-over-another",
    ),
    Mutation(
        "a base hides no purchase if another one is known",
        "reviewbot.domain.machine.decisions.trust:_may_be_in_base",
        _returning(value=False),
        WITHIN_LIMIT,
        found="credits-behind-an-own-base",
    ),
    Mutation(
        "a collection buys although the record is lost",
        "reviewbot.domain.machine.decisions.purchase:_check_history",
        lambda right: lambda known, candidate: right(known, candidate) if known.request.may_buy else None,
        WITHIN_LIMIT,
        found="deferred-beside-a-lost-record",
    ),
    Mutation(
        "a run writes over the text of an answer that it has not read",
        "reviewbot.domain.machine.decisions.outcome:keeps_text",
        lambda right: lambda known: known.reviewed is not None and right(known),
        NOTHING_LOST,
        found="answer-written-over-when-closed",
    ),
    Mutation(
        "a comment that is posted again gets its note from the next run",
        "reviewbot.domain.machine.finish:after_write",
        _with_threads_first,
        CONVERGES,
        found="note-of-a-comment-that-is-posted-again",
    ),
    Mutation(
        "an intent in a bot's pull request is left",
        "reviewbot.domain.machine.due:_may_find",
        lambda _right: lambda ledger: ledger.open_tasks() or ledger.findings.open(),
        NOTHING_LOST,
        found="intent-in-a-bots-pull-request",
    ),
    Mutation(
        "an intent is written into the check run of another review",
        "reviewbot.app.github.check_run:_has_another_record",
        lambda right: (
            lambda run, known, state, there: " intent " not in state.external_id and right(run, known, state, there)
        ),
        PAY_ONCE,
        found="intent-in-an-older-check-run",
    ),
    Mutation(
        "a closed finding stays closed, whatever the reviewer says",
        "reviewbot.domain.findings.tracking:_reopened",
        lambda _right: lambda record, _index: record,
        NEVER_GREEN,
        found="closed-finding-called-open",
    ),
    Mutation(
        "a review counts although the record of the one before is lost",
        "reviewbot.domain.ledger.ledger:Ledger.is_founded",
        lambda right: (
            lambda ledger, purchase: (
                all(one.head_sha != purchase.since for one in ledger.purchases) or right(ledger, purchase)
            )
        ),
        NEVER_GREEN,
        found="incremental-beside-a-deleted-record",
    ),
    Mutation(
        "a merge group counts a check for another diff",
        "reviewbot.domain.policy.verdict:_is_for",
        lambda right: (
            lambda check, queued, base_ref: right(
                replace(check, tag=replace(check.tag, merge_base=mark_of(queued.merge_base))), queued, base_ref
            )
        ),
        NEVER_GREEN,
        found="merged-part-in-the-queue",
    ),
    Mutation(
        "a green check for another diff stays",
        "reviewbot.domain.machine.decisions.outcome:_is_outdated",
        lambda right: lambda known, there: there.verdict != Conclusion.SUCCESS and right(known, there),
        NEVER_GREEN,
        found="merged-part-without-a-request",
    ),
    Mutation(
        "a check that needs no diff names the one that its run has read",
        "reviewbot.domain.machine.decisions.outcome:judged_merge_base",
        lambda right: lambda known, outcome: None if right(known, outcome) is None else known.merge_base,
        CONVERGES,
        found="bypass-of-a-skipped-head",
    ),
    Mutation(
        "replies are posted before the new comments are read",
        "reviewbot.domain.machine.finish:_follow_comments",
        _returning(value=False),
        CONVERGES,
        found="reply-below-a-comment-on-its-answer",
    ),
    Mutation(
        "a finding on deleted lines vanishes with its file",
        "reviewbot.domain.findings.lookup:find_match",
        lambda right: (
            lambda record, index: right(
                replace(record, side=Side.RIGHT) if record.copies and record.path in index.removed else record, index
            )
        ),
        NEVER_GREEN,
        steps=(_NEXT, Move("delete"), Move("delete"), _NEXT, Move("restore_file", 1), _NEXT),
        setting=Setting(mind=Mind(guards=True, is_brief=True)),
    ),
    Mutation(
        "a finding on deleted lines is fixed in an unchanged file",
        "reviewbot.domain.findings.tracking:_has_changed",
        lambda right: lambda record, index: record.side is Side.LEFT or right(record, index),
        NEVER_GREEN,
        steps=(_NEXT, Move("cut_guard"), _NEXT, Move("harmless", 0, 4), _NEXT),
        setting=Setting(mind=Mind(guards=True, lies=True)),
    ),
    Mutation(
        "the waiver of a finding on deleted lines never expires",
        "reviewbot.domain.findings.states:waived_version",
        lambda right: lambda record, index: "same" if record.side is Side.LEFT else right(record, index),
        NEVER_GREEN,
        steps=(Move("cut_guard"), _NEXT, Move("waive"), _NEXT, Move("harmless"), _NEXT),
        setting=Setting(mind=Mind(guards=True)),
    ),
    Mutation(
        "deleted lines are not sent",
        "reviewbot.domain.codevf.attachments:_diff",
        lambda right: lambda file: re.sub(r"^-(?!--).*\n", "", right(file), flags=re.MULTILINE),
        NEVER_GREEN,
        steps=(_NEXT, Move("cut_guard"), _NEXT),
    ),
    Mutation(
        "new deleted lines are not listed",
        "reviewbot.domain.findings.incremental:_described",
        lambda right: lambda part: right(replace(part, deleted=0)),
        NEVER_GREEN,
        found="new-deletion-that-is-not-listed",
    ),
    Mutation(
        "a run writes its intent over a check run that it could not read",
        "reviewbot.domain.machine.finish:_may_hide_task",
        _returning(value=False),
        NOTHING_LOST,
        found="task-replaced-by-an-unread-intent",
    ),
)


def histories(mutation: Mutation) -> Iterator[History]:
    """Return histories that can show a mutation."""
    if mutation.found:
        yield FOUND[mutation.found].history
        return
    if mutation.steps:
        setting = mutation.setting or Setting(config=mutation.config, mind=mutation.mind or Mind())
        yield History(0, setting, mutation.steps)
        return
    seed = 0
    while True:
        made = make(seed, kind=mutation.kind, moves=mutation.moves)
        setting = dataclasses.replace(made.setting, config=mutation.config or made.setting.config)
        setting = setting if mutation.mind is None else dataclasses.replace(setting, mind=mutation.mind)
        yield dataclasses.replace(made, setting=setting)
        seed += 1


def noticed(mutation: Mutation, most: int) -> tuple[int, Violation] | None:
    """Return the number of the first history that violates a law under a mutation, and the violation."""
    with quick(), replaced(mutation.place, mutation.make):
        for number, history in enumerate(histories(mutation)):
            if number == most:
                return None
            for violation in judge(history):
                if violation.law == mutation.law:
                    return number, violation
    return None
