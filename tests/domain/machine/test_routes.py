"""Rules choose the review once the change is read; what was bought before is never made smaller."""

from __future__ import annotations

from typing import Any

import pytest

from reviewbot.domain.diff.parse import ChangedFile, ChangeSet, parse_diff
from reviewbot.domain.github.pull_request import CheckRun, Conclusion, Entry
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.ledger.versions import LedgerVersions, StoredLedger
from reviewbot.domain.machine import phases
from reviewbot.domain.machine.decisions.purchase import resume
from reviewbot.domain.machine.decisions.routes import apply_routes, apply_rules
from reviewbot.domain.machine.due import start
from reviewbot.domain.machine.finish import after_refresh, finish
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.events import DispatchEvent
from reviewbot.domain.model.options import FailOn, ReviewOn, RoutedReviewer
from reviewbot.domain.model.review import Mode
from reviewbot.domain.policy.eligibility import Asked, AtTerminal
from reviewbot.domain.policy.routes import Route
from reviewbot.domain.policy.verdict import Reason, Rules, not_due
from reviewbot.domain.selection.selection import Held, HeldBecause
from reviewbot.values import replace
from tests.domain.builders import HEAD, NOON, git_diff, pull, purchase
from tests.domain.machine.test_transitions import go, known, sendable

NONE = Route("none", reviewer=RoutedReviewer.NONE)
LOCAL = Route("local", reviewer=RoutedReviewer.LOCAL)
LARGE = Route("large", mode=Mode.STANDARD, max_credits=1000, fail_on=FailOn.LOW, review_on=ReviewOn.READY)
DEEP = Route("deep", labels=("deep",), mode=Mode.STANDARD, max_credits=500, expertise="web", instructions="Look.")


def reads(*routes: Route, bought: tuple[Purchase, ...] = (), lost: bool = False, **request: Any) -> Known:  # noqa: ANN401 — any setting
    """Return what a run with these rules knows once it has read the change."""
    read = sendable()
    now, stored = known(routes=routes, **request), StoredLedger(Ledger(bought), lost=lost)
    return now.reading(read.change, stored, LedgerUpdate())


def of_change(**more: Any) -> Purchase:  # noqa: ANN401 — any field
    """Return a finished purchase of the change by the settings of the config, or in another mode or expertise."""
    mode, expertise = more.pop("mode", Mode.FAST), more.pop("expertise", "")
    digest = replace(reads().identity, mode=mode, expertise=expertise).digest()
    return purchase(**{"identity": digest, "state": TaskState.DONE, **more})


def chosen(now: Known) -> tuple[object, ...]:
    request = now.request
    rules = request.judgement.rules
    return request.paid, request.is_due, request.mode, request.max_credits, rules.fail_on, request.route


OTHER = purchase(identity="9" * 32, head_sha="e" * 40, state=TaskState.DONE)
STRICT = Judgement(Rules(FailOn.MEDIUM))
BASE = (True, True, Mode.FAST, 240, FailOn.CRITICAL, "")
RULES = Judgement(Rules())


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (reads(judgement=RULES), BASE),
        (reads(LARGE, judgement=RULES), (True, True, Mode.STANDARD, 1000, FailOn.LOW, "large")),
        (reads(NONE, judgement=RULES), (True, False, Mode.FAST, 240, FailOn.CRITICAL, "none")),
        (reads(LOCAL, judgement=RULES), (False, True, Mode.FAST, 240, FailOn.CRITICAL, "local")),
        (reads(DEEP, judgement=RULES), BASE),
        # What was bought for this change is kept, and its strictest `fail-on`.
        (reads(NONE, judgement=RULES, bought=(of_change(),)), BASE),
        (reads(NONE, judgement=RULES, bought=(of_change(state=TaskState.OPEN),)), BASE),
        (reads(NONE, judgement=RULES, bought=(of_change(state=TaskState.INTENT),)), BASE),
        (
            reads(NONE, judgement=RULES, bought=(of_change(judgement=STRICT),)),
            (True, True, Mode.FAST, 240, FailOn.MEDIUM, ""),
        ),
        (
            reads(DEEP, judgement=RULES, bought=(of_change(mode=Mode.STANDARD, expertise="web", hold=850),)),
            (True, True, Mode.STANDARD, 850, FailOn.CRITICAL, ""),
        ),
        (
            reads(DEEP, judgement=RULES, bought=(of_change(mode=Mode.STANDARD, hold=200, identity="0" * 32),)),
            BASE,
        ),
        (
            reads(LARGE, judgement=RULES, bought=(of_change(),)),
            (True, True, Mode.STANDARD, 1000, FailOn.LOW, "large"),
        ),
        # A failed or deferred purchase is none, but a collection buys a deferred one as it was requested.
        (
            reads(NONE, judgement=RULES, bought=(of_change(state=TaskState.ENDED),)),
            (True, False, Mode.FAST, 240, FailOn.CRITICAL, "none"),
        ),
        (
            reads(NONE, judgement=RULES, bought=(of_change(state=TaskState.DEFERRED, hold=240),)),
            (True, False, Mode.FAST, 240, FailOn.CRITICAL, "none"),
        ),
        (
            reads(NONE, judgement=RULES, may_buy=False, bought=(of_change(state=TaskState.DEFERRED, hold=300),)),
            (True, True, Mode.FAST, 300, FailOn.CRITICAL, ""),
        ),
        # Analyzers do not follow CodeVF; no review follows it once the older findings are judged.
        (reads(LOCAL, judgement=RULES, bought=(OTHER,)), BASE),
        (reads(NONE, judgement=RULES, bought=(OTHER,)), (True, False, Mode.FAST, 240, FailOn.CRITICAL, "none")),
        (reads(LOCAL, judgement=RULES, lost=True), BASE),
        (reads(NONE, judgement=RULES, lost=True), BASE),
        (reads(LOCAL, judgement=RULES, paid=False), (False, True, Mode.FAST, 240, FailOn.CRITICAL, "local")),
        # An explicit request gets a review, and a user at a terminal has chosen the reviewer.
        (reads(NONE, judgement=RULES, trigger=Asked("max", "5", HEAD)), (*BASE[:5], "none")),
        (reads(NONE, judgement=RULES, trigger=DispatchEvent(7, "max")), (*BASE[:5], "none")),
        (
            reads(NONE, judgement=RULES, trigger=DispatchEvent(7, "max"), may_buy=False),
            (True, False, Mode.FAST, 240, FailOn.CRITICAL, "none"),
        ),
        (reads(LOCAL, judgement=RULES, trigger=AtTerminal()), (*BASE[:5], "local")),
        (
            reads(LOCAL, judgement=RULES, trigger=AtTerminal(), dry_run=True),
            (False, True, Mode.FAST, 240, FailOn.CRITICAL, "local"),
        ),
    ],
)
def test_a_change_gets_the_review_that_its_rules_and_purchases_select(now: Known, expected: tuple[object, ...]) -> None:
    assert chosen(apply_routes(now)) == expected
    assert apply_routes(now).request.policy.review_on is (ReviewOn.READY if "large" in expected else ReviewOn.PUSH)


def test_a_notice_says_when_a_purchase_overrides_a_rule() -> None:
    assert "despite the rule none" in apply_routes(reads(NONE, bought=(of_change(),))).notes[0]
    assert not apply_routes(reads(NONE)).notes


def test_without_the_key_a_check_run_with_a_purchase_is_not_skipped() -> None:
    check = CheckRun(3, "CodeVF review", HEAD, "completed", "failure", "rb1 signed", "https://x/3")
    for is_keyless, one, is_due in (
        (True, check, True),
        (False, check, False),
        (True, replace(check, external_id=""), False),
        (True, replace(check, foreign=True), False),
    ):
        now = reads(NONE, is_keyless=is_keyless)
        there = replace(now, snapshot=replace(now.snapshot, checks=(one,)))
        assert apply_routes(there).request.is_due is is_due


def test_a_copy_in_a_check_run_is_known_as_the_purchase_of_the_rule() -> None:
    whole = replace(reads().identity, mode=Mode.STANDARD, expertise="web").digest()
    copy = purchase(identity=whole, state=TaskState.OPEN, hold=900, change="", base_ref="")
    now = apply_routes(reads(DEEP, bought=(copy,)))
    assert now.ledger.find(whole) is not None
    assert now.identity.digest() == whole


def test_without_rules_or_selected_files_the_settings_are_unchanged() -> None:
    plain = reads()
    assert apply_routes(plain) is plain
    assert apply_rules(plain) is plain
    empty = reads(NONE)
    empty = replace(empty, change=replace(empty.change, sendables=(), views=()))
    assert apply_routes(empty) is empty


def test_the_rules_see_the_pull_request() -> None:
    now = reads(DEEP)
    labelled = replace(now, snapshot=replace(now.snapshot, pull=pull(labels=frozenset({"Deep"}))))
    request = apply_rules(labelled).request
    assert (request.mode, request.expertise, request.instructions) == (Mode.STANDARD, "web", "Look.")


def moved(diff: str, text: str | None) -> ChangedFile:
    (read,) = parse_diff(diff)
    return ChangedFile(read, Entry("1" * 40, "100644"), Entry("2" * 40, "100644", text=text))


FEW = Route("few", max_lines=2, reviewer=RoutedReviewer.NONE)
RENAMED = git_diff("a\nb\nc\n", "a\nb\nc\n", "docs/b.py", "src/app.py")
PLAIN = git_diff("a\nb\nc\n", "a\nb\nd\n")


@pytest.mark.parametrize(
    ("file", "missed", "is_due"),
    [
        (moved(PLAIN, "a\nb\nd\n"), False, False),
        (moved(PLAIN, "a\nb\nd\n"), True, True),
        (moved(RENAMED, "a\nb\n"), False, False),
        (moved(RENAMED, "a\nb\nc\n"), False, True),
        (moved(RENAMED, None), False, True),
        (moved("diff --git a/x b/x\nold mode 100644\nnew mode 100755\n", "a\nb\nc\n"), False, True),
        (moved(git_diff("a\n", f"a\n{'x' * 399}\n"), None), False, False),
        (moved(git_diff("a\n", f"a\n{'x' * 400}\n"), None), False, True),
        (moved(RENAMED, "x" * 400), False, True),
    ],
)
def test_every_line_of_a_moved_file_counts_and_a_long_line_counts_as_several(
    file: ChangedFile, *, missed: bool, is_due: bool
) -> None:
    now = reads(FEW)
    held = (Held("x.bin", HeldBecause.BINARY, missed=True),) if missed else ()
    (one,) = now.change.sendables
    change = replace(
        now.change, change=ChangeSet("b" * 40, HEAD, (file,)), sendables=(replace(one, path=file.path),), held=held
    )
    assert apply_routes(replace(now, change=change)).request.is_due is is_due


def test_both_names_of_a_moved_file_count() -> None:
    now = reads(Route("docs", only_paths=("docs/**",), reviewer=RoutedReviewer.NONE))
    change = replace(now.change, change=ChangeSet("b" * 40, HEAD, (moved(RENAMED, "a\nb\nc\n"),)))
    assert apply_routes(replace(now, change=change)).request.is_due


def test_a_rule_without_a_review_skips_it_once_open_tasks_are_settled() -> None:
    begun = start(known(routes=(NONE,)))
    read = sendable()
    skipped = go(begun, read)
    assert isinstance(skipped, phases.Judged), "the pull request is read again before the check is green"
    assert (skipped.outcome.conclusion, skipped.outcome.reason) == (Conclusion.SKIPPED, Reason.ROUTE)
    open_task = purchase(identity="9" * 32, head_sha="e" * 40)
    settling = go(begun, replace(read, stored=StoredLedger(Ledger((open_task,)))))
    assert isinstance(settling, phases.Ready)


def test_files_that_are_held_back_need_no_review_under_a_rule_without_one() -> None:
    read = sendable()
    held = (Held(".env", HeldBecause.SECRET_FILE, missed=True),)
    skipped = go(start(known(routes=(NONE,))), replace(read, change=replace(read.change, held=held)))
    assert skipped.outcome.reason is Reason.ROUTE


def test_a_dry_run_of_a_free_review_holds_nothing() -> None:
    ended = go(start(known(routes=(LOCAL,), dry_run=True)), sendable())
    assert ended.outcome.reason is Reason.DRY_RUN
    assert ended.known.purchase.hold == 0


@pytest.mark.parametrize(("is_new", "conclusion"), [(True, None), (False, Conclusion.SKIPPED)])
def test_a_check_is_not_skipped_if_a_review_has_become_due(*, is_new: bool, conclusion: Conclusion | None) -> None:
    now = apply_routes(reads(NONE))
    if is_new:
        now = replace(now, ledgers=LedgerVersions.of(Ledger((of_change(),)), LedgerUpdate(), now.change.index))
    assert after_refresh(now, not_due(Reason.ROUTE)).outcome.conclusion is conclusion
    assert isinstance(finish(now, not_due(Reason.ROUTE)), phases.Judged)


@pytest.mark.parametrize(
    ("request_level", "may_buy", "others", "expected"),
    [
        (FailOn.CRITICAL, True, (), FailOn.HIGH),
        (FailOn.LOW, True, (), FailOn.LOW),
        (FailOn.LOW, False, (), FailOn.HIGH),
        (FailOn.NEVER, False, (of_change(mode=Mode.STANDARD, judgement=STRICT),), FailOn.MEDIUM),
    ],
)
def test_a_purchase_is_judged_as_it_was_bought_or_stricter(
    request_level: FailOn, *, may_buy: bool, others: tuple[Purchase, ...], expected: FailOn
) -> None:
    before = of_change(judgement=Judgement(Rules(FailOn.HIGH)))
    judgement = Judgement(Rules(request_level))
    for routes in ((LARGE,),) if others else ((LARGE,), ()):
        now = reads(*routes, judgement=judgement, may_buy=may_buy, bought=(before, *others))
        assert resume(now, before, NOON)[0].judgement.rules.fail_on is expected
