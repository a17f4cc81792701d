"""Bugs found by the simulator or by hand, as the shortest histories that show them.

They are kept as data, because the history of a seed changes with the generator. The laws must hold in each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reviewbot.domain.github.pull_request import MOST_REPLACED
from tests.simulation.codevf import Life
from tests.simulation.histories import Episode, History, Step
from tests.simulation.laws import (
    ANNOUNCED,
    ANSWERED_ONCE,
    CONVERGES,
    HAPPENS,
    NEVER_GREEN,
    NO_BUG,
    NOTHING_LOST,
    ONLY_DUE,
    PAY_ONCE,
    WITHIN_LIMIT,
)
from tests.simulation.oracle import Mind
from tests.simulation.people import Move
from tests.simulation.schedule import At, Begin, Delay, Interrupt, Kill, Lose, Meanwhile, Refuse, Switch
from tests.simulation.world import AUTO_SIZE, IS_QUIET, LISTS_RELEASE, ROUTES, Setting, Start

NEXT, PUSH, COLLECT = (Start(kind) for kind in ("next", "push", "collect"))
RUN, RUN_PUSH = Episode((NEXT,)), Episode((PUSH,))
READY = Setting((("review-on", "ready"),))
NOWHERE, MISQUOTED, ELSEWHERE = 11, 41, 23
"""Sloppiness with which the oracle cites `EVIL1` without line and quote, with other code, three lines below."""

READY_ALONE = Setting((("review-on", "ready"), ("summary-comment", "false")))


_RESTORED = (Move("main_turns"), Move("merge_main"), Move("delete", 1), Move("restore_file", 1))


def history(*steps: Step, setting: Setting | None = None, starts_again: bool = False) -> History:
    """Return a history without a seed."""
    return History(0, setting or Setting(), steps, starts_again)


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug.

    Attributes:
        what: what reviewbot did.
        law: the violated law.
        history: a history that shows it.
    """

    what: str
    law: str
    history: History


FOUND: dict[str, Bug] = {
    "moved-head": Bug(
        "The author pushed while a run read the pull request and its diff. The old head's check turned green "
        "because of the new head's diff.",
        NEVER_GREEN,
        history(RUN, Move("evil", 0, 4), Episode((NEXT,), (At(1, Meanwhile(Move("revert"))),))),
    ),
    "waited-then-bought": Bug(
        "Three runs raced. One looked up an older task, and missed that another run had bought a review in the "
        "meantime.",
        PAY_ONCE,
        history(
            Episode((PUSH,)),
            Move("a_day_later"),
            Move("make_executable"),
            Episode((NEXT, PUSH, PUSH), (At(4, Switch()), At(8, Switch()), At(31, Delay(4000)))),
            setting=Setting((("wait-minutes", "0"),)),
        ),
    ),
    "another-attempt": Bug(
        "Two runs raced, and one executed a command that cancels the deferred purchase. It bought the next "
        "attempt, and the other run bought the first one.",
        PAY_ONCE,
        history(
            RUN,
            Move("same_beginning"),
            Episode((NEXT, PUSH, PUSH), (At(3, Switch()), At(9, Meanwhile(Move("cancel", 3, 3))))),
            setting=Setting((("wait-minutes", "0"),)),
        ),
    ),
    "other-scope": Bug(
        "Two runs raced, and a person deleted the summary between their reads. One bought a review of what is new, "
        "the other of the whole change.",
        PAY_ONCE,
        history(
            RUN,
            Move("rename"),
            Episode((NEXT, NEXT), (At(3, Meanwhile(Move("delete_summary", 3, 1))), At(4, Switch()))),
            setting=Setting((("max-credits-per-pr", "0"),)),
        ),
    ),
    "other-scope-and-base": Bug(
        "Two runs raced, and the base changed between their reads, so their check runs had different names. One "
        "bought a review of what is new, the other of the whole change.",
        PAY_ONCE,
        history(
            RUN,
            Move("copy"),
            Episode((NEXT, NEXT), (At(4, Meanwhile(Move("retarget", 1))), At(4, Switch()))),
        ),
    ),
    "other-scope-for-another-base": Bug(
        "Two runs raced, and the pull request returned to its first base between their reads. Each run looked for "
        "the first record under its own check name. One bought a review of what is new, the other of the whole "
        "change.",
        PAY_ONCE,
        history(
            Move("retarget", 1),
            *(Move("note"), Episode((PUSH,)), Move("note", 1)),
            Episode(
                (PUSH, PUSH),
                (At(5, Meanwhile(Move("retarget"))), At(6, Switch()), At(13, Switch()), At(19, Switch())),
            ),
        ),
    ),
    "other-scope-for-a-later-base": Bug(
        "The same when the pull request moved on to another base: the earlier run looked only under the first "
        "base's check name.",
        PAY_ONCE,
        history(
            *(Move("note"), Episode((PUSH,)), Move("note", 1)),
            Episode((PUSH, PUSH), (At(1, Meanwhile(Move("retarget", 1))), At(2, Switch()), At(14, Switch()))),
        ),
    ),
    "older-check-written-over": Bug(
        "A run completed the check of an older head and overwrote a task that another run had recorded there.",
        PAY_ONCE,
        history(
            Episode((COLLECT, COLLECT, COLLECT), (At(6, Begin(PUSH)),)),
            Episode(
                (COLLECT, PUSH, PUSH),
                (At(0, Switch()), At(4, Switch()), At(5, Meanwhile(Move("delete", 1, 3))), At(20, Switch())),
            ),
            Episode((NEXT,), (At(1, Delay(600)),)),
            Move("go_back"),
            setting=Setting((("wait-minutes", "0"),), life=Life(60, 300)),
        ),
    ),
    "head-check-written-over": Bug(
        "A run waited for an older head's review, and the summary was deleted. The run overwrote a task that "
        "another run had recorded in this head's check.",
        PAY_ONCE,
        history(
            *(RUN, Move("copy"), Move("fix")),
            Episode((PUSH,), (At(4, Begin(PUSH)),)),
            Move("delete_summary"),
            setting=Setting((("wait-minutes", "0"),), life=Life(2, 20)),
        ),
    ),
    "written-over": Bug(
        "Without check runs, a run waited between reading and writing the summary, and overwrote another run's "
        "purchase.",
        PAY_ONCE,
        history(
            Episode(
                (NEXT, NEXT),
                (
                    *(At(2, Switch()), At(3, Meanwhile(Move("evil", 5))), At(3, Switch())),
                    *(At(7, Switch()), At(14, Switch()), At(16, Switch())),
                ),
            ),
            setting=Setting((("check-run", "false"), ("wait-minutes", "0"))),
        ),
    ),
    "written-over-after-a-push": Bug(
        "Without check runs, a run read a new head's change after it had read the summary, and overwrote another "
        "run's purchase.",
        PAY_ONCE,
        history(
            Episode((PUSH, NEXT), (At(7, Meanwhile(Move("delete", 1, 5))), At(11, Switch()))),
            Episode((PUSH,)),
            setting=Setting((("check-run", "false"), ("wait-minutes", "0"))),
        ),
    ),
    "task-written-over": Bug(
        "A run that skipped a review overwrote a task id with another run's intent, and the run that waited for the"
        " task was killed.",
        NOTHING_LOST,
        history(
            RUN,
            Move("note"),
            Episode(
                (PUSH, NEXT),
                (
                    At(7, Meanwhile(Move("draft"))),
                    At(8, Switch()),
                    At(13, Switch()),
                    At(19, Kill(after=False)),
                ),
            ),
            Move("skip"),
            RUN,
            RUN,
        ),
    ),
    "key-that-is-forgotten": Bug(
        "A run was killed before it recorded its task, and no run started within a day. The answer cannot be read, "
        "and the summary did not say so.",
        NOTHING_LOST,
        history(Move("note"), Episode((NEXT,), (At(7, Kill(after=False)),)), Move("a_day_later")),
    ),
    "key-that-is-called-off": Bug(
        "A run was killed before it recorded its task, and a person cancelled the review. The answer cannot be "
        "read, and the summary did not say so.",
        NOTHING_LOST,
        history(
            Move("note"),
            Episode((NEXT,), (At(7, Kill(after=False)),)),
            Move("cancel"),
            setting=Setting((("check-run", "false"),)),
        ),
    ),
    "key-of-a-change-that-is-gone": Bug(
        "The answer to a task's creation was lost, and a force-push removed the change. The review cannot be read, "
        "and the summary did not say so.",
        NOTHING_LOST,
        history(RUN, Move("evil"), Episode((NEXT,), (At(8, Lose(done=True)),)), Move("go_back")),
    ),
    "retargeted-bypass": Bug(
        "A bypass was requested for one base, and the pull request moved to another base before a run executed it.",
        NEVER_GREEN,
        history(Move("evil"), Move("retarget", 1), Move("bypass", 1)),
    ),
    "stays-green-on-another-base": Bug(
        "With `review-on: ready`, a change with nothing to review was green against the author's own branch, and "
        "stayed green on main.",
        NEVER_GREEN,
        history(Episode((PUSH,)), Move("evil"), Move("own_base"), RUN, setting=READY),
    ),
    "squashed-without-summary": Bug(
        "Without a summary, a force-push hid the check that had the finding. A later answer that only confirmed the"
        " finding was read again and turned the check green.",
        NEVER_GREEN,
        history(
            Move("evil"),
            RUN,
            Move("note"),
            RUN,
            Move("squash"),
            setting=Setting((("summary-comment", "false"),)),
        ),
    ),
    "homeless-finding": Bug(
        "Without a summary and with `review-on: ready`, a late finding about code that is gone arrived on a head "
        "without a check, so nothing showed it.",
        NOTHING_LOST,
        history(
            Episode((COLLECT, COLLECT), (At(3, Meanwhile(Move("evil", 3))),)),
            RUN,
            Move("go_back"),
            Move("finish"),
            setting=Setting((("review-on", "ready"), ("summary-comment", "false"), ("wait-minutes", "0"))),
        ),
    ),
    "fixed-without-a-comment": Bug(
        "Without check runs, a finding had no comment because its code was gone when the answer arrived. Once "
        "fixed, nothing showed it after the next push.",
        NOTHING_LOST,
        history(
            *(RUN, Move("evil", 0, 5), Episode((NEXT,), (At(12, Meanwhile(Move("revert"))),))),
            *(RUN, Move("note", 2), RUN, Move("harmless"), RUN, RUN),
            setting=Setting((("check-run", "false"), ("wait-minutes", "8"))),
        ),
    ),
    "pushed-then-force-pushed": Bug(
        "Without a summary, the author pushed and then force-pushed to an older head during a review. Only the "
        "pushed head's check run names the task, and GitHub does not list that head.",
        NOTHING_LOST,
        history(
            Move("evil"),
            RUN,
            Move("harmless"),
            Move("go_back", 1),
            setting=Setting((("summary-comment", "false"), ("wait-minutes", "0"))),
        ),
    ),
    "committer-waives": Bug(
        "A collaborator pushed the flaw to another person's pull request, and then waived it.",
        NEVER_GREEN,
        history(Move("evil_by_kim"), Episode((PUSH,)), Move("waive_by_kim")),
    ),
    "two-summaries": Bug(
        "Two racing runs wrote a summary each, and no later run removed one while no review was due.",
        CONVERGES,
        history(Episode((NEXT, COLLECT, COLLECT), (At(3, Switch()), At(5, Switch()), At(11, Switch())))),
    ),
    "cancel-that-is-lost": Bug(
        "A newer head replaced a review, and CodeVF never received the cancellation, so both reviews arrived. The "
        "check had a better verdict than in an undisturbed run.",
        CONVERGES,
        history(
            Move("note"),
            Episode((COLLECT,)),
            Move("note"),
            Episode((NEXT,), (At(6, Lose(done=False)),)),
            setting=Setting((("wait-minutes", "0"),), "supersede: always-replace\n"),
            starts_again=True,
        ),
    ),
    "check-of-a-failed-run": Bug(
        "With `review-on: ready`, a failed run left `action_required` on a head that normally gets no check. The "
        "next run did not correct it.",
        CONVERGES,
        history(
            RUN, Move("harmless"), Episode((NEXT,), (At(1, Lose(done=True)),)), setting=READY_ALONE, starts_again=True
        ),
    ),
    "check-of-a-failed-run-on-an-unasked-head": Bug(
        "The same on a head whose check should say that no review was requested. The check kept saying that the "
        "run failed.",
        CONVERGES,
        history(
            Episode((COLLECT,)),
            Move("evil"),
            RUN,
            Episode((NEXT,), (At(2, Lose(done=False)),)),
            setting=Setting((("review-on", "ready"), ("wait-minutes", "0"))),
            starts_again=True,
        ),
    ),
    "check-that-is-not-begun": Bug(
        "With `review-on: ready`, a run could not write the check of a head that waited for an older review, so the"
        " head had no check.",
        CONVERGES,
        history(
            Episode((COLLECT,)),
            Move("harmless"),
            Episode((NEXT,), (At(4, Lose(done=False)), At(5, Lose(done=True)))),
            setting=Setting((("review-on", "ready"), ("wait-minutes", "0"))),
            starts_again=True,
        ),
    ),
    "refused-command": Bug(
        "The run of a waiver lost an answer from GitHub. The waiver was refused, and no later run tried again.",
        CONVERGES,
        history(
            Move("evil"),
            Episode((PUSH,)),
            Move("waive"),
            Episode((NEXT,), (At(2, Lose(done=True)),)),
            starts_again=True,
        ),
    ),
    "command-that-is-not-written": Bug(
        "The run of a waiver could not read the pull request again before publishing. The waiver was refused, and "
        "no later run tried again.",
        CONVERGES,
        history(
            Move("evil"),
            Episode((PUSH,)),
            Move("waive"),
            Episode((NEXT,), (At(5, Lose(done=True)),)),
            starts_again=True,
        ),
    ),
    "asks-once": Bug(
        "Without check runs, a person deleted the summary. One run asked for an approval, and the next one bought "
        "without it.",
        CONVERGES,
        history(
            Move("evil"),
            Episode((NEXT, NEXT)),
            Move("delete_summary"),
            setting=Setting((("check-run", "false"),)),
        ),
    ),
    "hidden-check": Bug(
        "With `review-on: ready`, another workflow's check run with reviewbot's tag hid an open check run of "
        "reviewbot's.",
        CONVERGES,
        history(
            *(RUN, Move("evil"), Episode((COLLECT,))),
            *(Episode((PUSH,), (At(1, Meanwhile(Move("forged_check"))),)), Move("finish")),
            setting=Setting((("review-on", "ready"), ("summary-comment", "false"), ("wait-minutes", "0"))),
        ),
    ),
    "unread-change": Bug(
        "A run that skipped a review lost GitHub's answer to its summary, and ended with a `TypeError`.",
        NO_BUG,
        history(Move("skip"), Episode((NEXT,), (At(2, Lose(done=True)),)), setting=Setting((("check-run", "false"),))),
    ),
    "twin-moved": Bug(
        "One of two identical files was moved and reviewed. The other, moved to the same place, counted as reviewed.",
        NEVER_GREEN,
        history(Move("rename", 1), Episode((PUSH,)), Move("revert"), Move("rename", 2), Episode((PUSH,))),
    ),
    "revert-of-a-fix": Bug(
        "A flaw was found, removed and confirmed as fixed. A revert of the removal stayed green.",
        NEVER_GREEN,
        history(Move("evil"), Episode((PUSH,)), Move("fix"), Episode((PUSH,)), Move("revert"), Episode((PUSH,))),
    ),
    "withdrawn-waiver-comes-back": Bug(
        "An author restored an older version of the summary, which contained a withdrawn waiver.",
        NEVER_GREEN,
        history(
            *(Move("evil"), Episode((PUSH,)), Move("waive"), RUN, RUN, Move("unwaive"), RUN, RUN),
            *(Move("edits_command", 0, 1), Move("old_text", 1)),
        ),
    ),
    "label-of-another-head": Bug(
        "A skip label counted for a head that it was not set on, because of a check run that any workflow can create.",
        NEVER_GREEN,
        history(Move("forged_check"), Move("skip"), Move("evil"), Move("forged_check")),
    ),
    "label-that-is-removed": Bug(
        "With `review-on: ready`, the skip label was removed, and the skipped head stayed green.",
        NEVER_GREEN,
        history(RUN, Move("evil"), RUN, Move("skip"), RUN, Move("skip"), RUN, setting=READY),
    ),
    "label-set-for-another-base": Bug(
        "A skip label that was set against another base counted after the retarget.",
        NEVER_GREEN,
        history(Move("retarget", 1), Move("evil"), Episode((PUSH,)), Move("skip"), Move("retarget")),
    ),
    "sha-that-begins-alike": Bug(
        "A bypass named the start of a SHA. Before a run executed it, the author pushed another commit with the "
        "same start and a check run that pretended to be older.",
        NEVER_GREEN,
        history(Move("bypass", 2), Move("same_beginning"), Move("forged_check")),
    ),
    "only-committed": Bug(
        "A collaborator committed the flaw in the opener's name, and then waived it.",
        NEVER_GREEN,
        history(Move("evil_by_kim", 3), Episode((PUSH,)), Move("waive_by_kim")),
    ),
    "waiver-comes-back-on-a-head-without-check": Bug(
        "With `review-on: ready`, a waiver was withdrawn on a head without a check, and an author restored an older"
        " summary.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("waive"), RUN, RUN),
            *(Move("harmless", 0, 1), RUN, Move("unwaive"), RUN, RUN, Move("edits_command", 0, 1), Move("old_text", 1)),
            *(Move("review"), RUN, RUN),
            setting=READY,
        ),
    ),
    "waiver-comes-back-under-a-force-push": Bug(
        "An author restored an older summary with a withdrawn waiver. A force-push hid the head whose check records"
        " the withdrawal.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("waive"), RUN, RUN),
            *(Move("harmless", 0, 1), RUN, Move("unwaive"), RUN, RUN, Move("note", 0, 1), Move("go_back", 1)),
            *(Move("edits_command", 0, 1), Move("old_text", 1), Episode((PUSH,)), RUN),
        ),
    ),
    "waiver-comes-back-under-many-commits": Bug(
        "The same with more commits between the two heads than a run reads.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("waive"), RUN, RUN),
            *(Move("harmless", 0, 1), RUN, Move("unwaive"), RUN, RUN),
            *(Move("note", 0, 1) for _ in range(MOST_REPLACED)),
            *(Move("go_back", MOST_REPLACED), Move("edits_command", 0, 1), Move("old_text", 1), Episode((PUSH,))),
        ),
    ),
    "waiver-comes-back-on-an-own-base": Bug(
        "An author moved the pull request to a branch that already had the head with the record, restored an older "
        "summary there, and edited it until it counted as the newer one.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("waive"), RUN, RUN, Move("unwaive"), RUN, RUN),
            *(Move("own_base"), Move("harmless"), Move("old_text", 1), Episode((PUSH,)), Move("harmless", 1)),
            *(Episode((PUSH,)), Move("harmless", 2), Episode((PUSH,)), Move("retarget"), Episode((PUSH,))),
        ),
    ),
    "carried-and-reverted": Bug(
        "A flaw without a line or a quote was carried into another change. It was confirmed as fixed elsewhere, "
        "and a revert turned the change green.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("note", 0, 3), Episode((PUSH,))),
            *(Move("fix"), Episode((PUSH,)), Move("revert"), Episode((PUSH,))),
            setting=Setting(mind=Mind(sloppiness=NOWHERE, is_terse=True)),
        ),
    ),
    "carried-and-reset": Bug(
        "The same for a misquoted flaw, when a force-push restored the change on another base.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("note", 0, 3), Episode((PUSH,)), Move("fix"), Episode((PUSH,))),
            *(Move("main_moves"), Move("revert"), Move("squash", 1), Episode((PUSH,))),
            setting=Setting(mind=Mind(sloppiness=MISQUOTED, is_terse=True)),
        ),
    ),
    "renamed-and-back": Bug(
        "A flaw counted as gone after its file was renamed and renamed back.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("note", 0, 3), Episode((PUSH,))),
            *(Move("rename"), Episode((PUSH,)), Move("revert"), Episode((PUSH,))),
            setting=Setting(mind=Mind(sloppiness=ELSEWHERE)),
        ),
    ),
    "moved-then-restored": Bug(
        "A flaw moved to another file, and its own file was restored: it counted as gone, and was not new either.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Move("move_line", 0, 1), Episode((PUSH,)), Move("restore_file"), Episode((PUSH,))),
            setting=Setting(mind=Mind(is_brief=True, is_literal=True)),
        ),
    ),
    "moved-to-an-excluded-file": Bug(
        "A flaw moved to a file that no reviewer is shown: a reviewer called it fixed where it had been.",
        NEVER_GREEN,
        history(
            *(RUN, Move("evil"), RUN_PUSH, Move("move_line"), RUN_PUSH),
            setting=Setting((("paths", "!lib/**"),)),
        ),
    ),
    "comment-with-more-findings": Bug(
        "Two runs posted one answer, one of them with a further finding in the same comment. The other comment stayed.",
        NOTHING_LOST,
        history(
            *(Move("secret", 5, 0), RUN, Episode((COLLECT,))),
            Episode(
                (COLLECT, PUSH),
                (
                    At(5, Meanwhile(Move("make_executable", 0, 5))),
                    *(At(call, Switch()) for call in (5, 8, 9, 11, 14, 15, 17, 25, 26)),
                ),
            ),
            setting=Setting((("wait-minutes", "0"),), life=Life(2, 20)),
        ),
    ),
    "one-copy-of-two": Bug(
        "A flaw that later had two copies was confirmed as fixed. It did not open again in the change that had one "
        "copy.",
        NEVER_GREEN,
        history(
            *(
                Move("evil"),
                RUN,
                Episode((PUSH,)),
                Move("note", 0, 3),
                Episode((PUSH,)),
                Move("evil"),
                Episode((PUSH,)),
            ),
            *(Move("fix"), Episode((PUSH,)), Move("revert", 1), Episode((PUSH,))),
            setting=Setting(mind=Mind(is_terse=True)),
        ),
    ),
    "waived-code-moves": Bug(
        "A waived line was removed and added to another file, where it counted as waived too.",
        NEVER_GREEN,
        history(
            *(Move("same_beginning"), RUN, Episode((PUSH,)), Move("waive"), RUN, RUN),
            *(Move("go_back"), Move("evil", 0, 2), Episode((PUSH,))),
        ),
    ),
    "waived-file-changes": Bug(
        "A waived line stayed waived after another line of its file had changed what it does.",
        NEVER_GREEN,
        history(
            *(Move("evil"), Episode((PUSH,)), Move("waive"), RUN, RUN, Move("harmless"), Episode((PUSH,))),
        ),
    ),
    "waived-file-becomes-executable": Bug(
        "A waived script stayed waived after it had become executable.",
        NEVER_GREEN,
        history(*(Move("evil"), Episode((PUSH,)), Move("waive"), RUN, RUN, Move("make_executable"), Episode((PUSH,)))),
    ),
    "unread-before-the-task": Bug(
        "Two racing runs recorded one intent. One could not read GitHub before it created the task, and ended the "
        "purchase. The other created the task and was killed, and the next run bought again.",
        PAY_ONCE,
        history(
            Episode(
                (NEXT, PUSH),
                (At(5, Switch()), At(13, Switch()), At(14, Lose(done=False)), At(20, Kill(after=False))),
            ),
            setting=Setting((("max-credits-per-pr", "700"),)),
        ),
    ),
    "deferred-on-two-heads": Bug(
        "A run was killed after it had recorded a deferral only in the check run, and the same change was pushed "
        "as another commit. Each run treated it as new, and none bought a review.",
        CONVERGES,
        history(
            Move("author_cancels"),
            Episode((NEXT,), (At(10, Kill(after=False)),)),
            Move("squash"),
            setting=Setting(config="quiet-minutes: 15\n"),
        ),
    ),
    "carried-and-forgotten": Bug(
        "The summary was deleted, and a force-push with more commits than a run reads hid the review that had "
        "found a flaw. A later review called it fixed and turned the change green.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,))),
            *(Move("harmless") for _ in range(MOST_REPLACED)),
            *(Move("note", 0, 3), Episode((PUSH,))),
            *(Move("squash"), Move("delete_summary"), Episode((PUSH,))),
            setting=Setting((("incremental", "false"),), mind=Mind(lies=True)),
        ),
    ),
    "error-stays-in-summary": Bug(
        "Without check runs, a run could not read the change, and a rule gave it no review in the next run. The "
        "summary showed the error until a review replaced it.",
        CONVERGES,
        history(
            Episode((NEXT,), (At(2, Lose(done=False)),)),
            setting=Setting((("check-run", "false"),), ROUTES),
            starts_again=True,
        ),
    ),
    "limit-on-an-own-base": Bug(
        "Without a summary, an author moved the pull request to a branch that has its head. This hid the head's check "
        "run, and later reviews started with the whole limit.",
        WITHIN_LIMIT,
        history(
            *(RUN, Move("own_base"), Move("note"), Episode((PUSH,))),
            setting=Setting((("max-credits-per-pr", "700"), ("summary-comment", "false"))),
        ),
    ),
    "task-in-second-summary": Bug(
        "Four runs raced and wrote two summaries, each with the purchase of the head. A run that waited for an "
        "older head's review missed the task id in the second summary, and bought a review of what is new.",
        PAY_ONCE,
        history(
            Episode(
                (NEXT, NEXT, NEXT),
                (
                    *(At(2, Interrupt()), At(6, Switch()), At(9, Meanwhile(Move("note", 0, 2)))),
                    *(At(call, Switch()) for call in (9, 9, 10, 11, 13, 23)),
                    *(At(24, Begin(PUSH)), At(28, Switch()), At(31, Switch())),
                ),
            ),
        ),
    ),
    "announced-by-its-buyer": Bug(
        "A run that executed a missed command bought a review, waited for its answer, and announced it as late.",
        ANNOUNCED,
        history(
            Episode((NEXT, COLLECT), (At(0, Meanwhile(Move("author_reviews"))), At(11, Switch()))),
        ),
    ),
    "announced-by-a-buyer-without-the-id": Bug(
        "The same, but CodeVF's response to the creation was lost, so another run recorded the task.",
        ANNOUNCED,
        history(
            Episode((NEXT,), (At(0, Meanwhile(Move("author_reviews"))), At(7, Lose(done=True)), At(8, Begin(COLLECT)))),
        ),
    ),
    "announced-by-its-canceller": Bug(
        "A run executed a missed command and cancelled a review. GitHub's answer to its next request was lost, so it "
        "read the pull request again, and announced that the review had no result.",
        ANNOUNCED,
        history(
            *(Move("deep"), RUN, Move("author_cancels")),
            Episode((PUSH,), (At(3, Begin(NEXT)), At(8, Lose(done=True)))),
            setting=Setting(life=Life(600, 3600)),
        ),
    ),
    "reply-under-deleted-comment": Bug(
        "Without a summary, the first comment of a finding's thread was deleted, with the reviewer's reply below it. "
        "The next run posted the reply again in another thread of the finding.",
        CONVERGES,
        history(
            *(Move("note", 0, 4), Episode((NEXT,), (At(5, Meanwhile(Move("harmless", 0, 3))),))),
            *(Episode((NEXT, COLLECT), (At(24, Switch()), At(39, Switch()))), Move("delete_comment", 3, 1)),
            setting=Setting((("summary-comment", "false"),)),
        ),
    ),
    "waived-against-an-own-base": Bug(
        "A committer moved the pull request to a branch that has the committer's commits, waived a finding there, and "
        "moved it back.",
        NEVER_GREEN,
        history(
            *(Move("evil_by_kim"), RUN, Move("fix"), RUN, Move("evil", 0, 1), RUN, RUN),
            *(Move("own_base", 1), RUN, Move("waive_by_kim"), RUN, RUN, RUN),
            setting=Setting(mind=Mind(NOWHERE)),
        ),
    ),
    "gone-against-an-own-base": Bug(
        "A flaw without a line or a quote was gone against one of the author's branches. It did not open again "
        "against the first base, and the next review was asked only about what was new.",
        NEVER_GREEN,
        history(
            *(Move("evil"), Move("note"), RUN, RUN, RUN),
            *(Move("own_base"), Move("author_waives", 1), RUN, RUN),
            *(Move("harmless"), Move("retarget"), Episode((PUSH,))),
            setting=Setting(mind=Mind(NOWHERE, is_brief=True)),
        ),
    ),
    "second-answer-of-a-killed-run": Bug(
        "Two runs raced, and both posted the answer to a question. The second one was killed before it deleted its "
        "own answer, and later runs did not delete it.",
        ANSWERED_ONCE,
        history(
            *(Move("ask"), RUN),
            Episode((NEXT, PUSH), (At(4, Switch()), At(9, Kill(after=True)), At(9, Switch()))),
            setting=Setting(life=Life(10, 60)),
        ),
    ),
    "finished-before-its-announcement": Bug(
        "A run read the answer to an older head, but could not read the pull request again to announce it. It wrote a "
        "check that names the purchase as finished, so no later run announced it.",
        ANNOUNCED,
        history(
            *(RUN, Episode((COLLECT,), (At(1, Meanwhile(Move("evil"))),)), Move("finish")),
            Episode((PUSH,), (At(4, Lose(done=False)),)),
            setting=Setting((("review-on", "ready"), ("wait-minutes", "0"))),
        ),
    ),
    "dropped-while-bought": Bug(
        "A collection dropped a deferred purchase, because the author had pushed, while another run bought it. The "
        "check run of the older head said that it had ended, so the answer was not announced.",
        ANNOUNCED,
        history(
            *(Move("collect"), RUN_PUSH, Move("copy")),
            Episode((NEXT,), (At(0, Begin(NEXT)), At(4, Meanwhile(Move("evil_by_bot", 5))))),
            Move("revert"),
            Episode((COLLECT, NEXT, NEXT), tuple(At(call, Switch()) for call in (4, 11, 15, 38))),
            *(Move("finish"), RUN, Move("secret", 1, 2), Move("go_back", 5)),
            setting=Setting((("wait-minutes", "0"),)),
        ),
    ),
    "finding-with-another-id": Bug(
        "Without a summary, a run could not read an older head's files, so it could not place a finding. It asked "
        "the reviewer to confirm the finding under another id, and the check was `action_required` instead of "
        "`failure`.",
        CONVERGES,
        history(
            *(Move("evil"), RUN, Move("evil"), Episode((NEXT,), (At(4, Lose(done=True)),))),
            setting=Setting((("summary-comment", "false"),), mind=Mind(is_prose=True)),
            starts_again=True,
        ),
    ),
    "limit-by-a-later-task": Bug(
        "A run was killed before it recorded its task. The next review was larger and counted as the first one, "
        "and the automatic limit became six times its hold.",
        WITHIN_LIMIT,
        history(
            *(Move("deep"), Episode((NEXT,), (At(8, Kill(after=False)),))),
            *(Move("evil", 0, 1), RUN_PUSH, Move("evil", 1, 1), RUN_PUSH, Move("evil", 2, 1), RUN_PUSH),
            setting=Setting(config=ROUTES),
        ),
    ),
    "limit-by-the-first-intent": Bug(
        "Two first reviews of different sizes raced. The automatic limit became six times the hold of the one that "
        "was recorded first, not of the one that was created first.",
        WITHIN_LIMIT,
        history(
            *(Move("evil", 0, 1), Move("deep")),
            Episode((PUSH,), (At(6, Meanwhile(Move("revert"))), At(6, Begin(PUSH)))),
            *(Move("evil", 0, 1), RUN_PUSH, Move("evil", 1, 1), RUN_PUSH, Move("evil", 2, 1), RUN_PUSH),
            setting=Setting(config=ROUTES),
        ),
    ),
    "deferred-while-the-head-moved": Bug(
        "The author pushed while a run deferred a purchase, and GitHub's answer to the summary was lost. The run "
        "read the new head, and bought its change as if it were the old head's.",
        PAY_ONCE,
        history(
            Episode(
                (NEXT, NEXT),
                (
                    *(At(4, Switch()), At(6, Meanwhile(Move("harmless", 3, 4)))),
                    *(At(8, Delay(4000)), At(8, Switch()), At(9, Lose(done=True))),
                ),
            ),
            setting=Setting(config=IS_QUIET),
        ),
    ),
    "next-attempt-written-over": Bug(
        "Without a summary, two runs executed a command that cancels a review. One bought the next attempt, and "
        "the other overwrote its record with the end of the first attempt.",
        NOTHING_LOST,
        history(
            *(Move("evil"), Move("review"), Move("cancel")),
            Episode((PUSH, COLLECT), (At(17, Switch()), At(25, Switch()))),
            setting=Setting(
                (("max-credits-per-pr", "720"), ("summary-comment", "false"), ("wait-minutes", "0")), life=Life(10, 60)
            ),
        ),
    ),
    "error-stays-without-a-request": Bug(
        "Without check runs and with `review-on: request`, a run could not read the change. The summary showed the "
        "error until a person requested a review.",
        CONVERGES,
        history(
            Episode((NEXT,), (At(2, Lose(done=True)),)),
            setting=Setting((("check-run", "false"), ("review-on", "request"))),
            starts_again=True,
        ),
    ),
    "recorded-twice": Bug(
        "A run wrote a task into the summary. A racing run knew the task only from its check run, so the ledger "
        "had it twice: its credits counted twice, and its answer was announced although a review was posted.",
        ANNOUNCED,
        history(
            *(RUN, Move("harmless")),
            Episode((PUSH, NEXT), (At(5, Interrupt()), At(7, Meanwhile(Move("evil", 5, 1))), At(15, Switch()))),
        ),
    ),
    "skipped-and-read-later": Bug(
        "Another workflow overwrote the summary of a head with a skip label. A run recorded the head's answer "
        "without reading it, so the next run changed the check.",
        CONVERGES,
        history(
            *(Move("evil", 0, 2), Move("skip"), Move("evil_by_bot"), Episode((NEXT,), (At(6, Interrupt()),))),
            *(Move("go_back"), RUN, RUN, Episode((NEXT, NEXT)), Move("forged_text")),
        ),
    ),
    "error-hides-what-is-lost": Bug(
        "Without check runs, a person deleted the summary, and a run could not read the change. It wrote the error "
        "with an empty ledger, which the next run trusted: it bought without an approval.",
        ONLY_DUE,
        history(
            *(Move("note"), RUN, Move("fix"), Move("delete_summary")),
            Episode((PUSH, PUSH), (At(2, Lose(done=False)),)),
            setting=Setting((("check-run", "false"),)),
        ),
    ),
    "announced-behind-another-base": Bug(
        "Without a summary, the base changed to a branch that has the reviewed head, which hid its check run. A run "
        "that had read it before announced its answer again.",
        ANNOUNCED,
        history(
            *(Move("same_beginning"), RUN, Move("delete"), Move("delete_comment")),
            Episode((NEXT,), (At(1, Meanwhile(Move("own_base", 4, 3))), At(18, Meanwhile(Move("evil", 3, 4))))),
            setting=Setting((("summary-comment", "false"),), life=Life(10, 60)),
        ),
    ),
    "replacement-over-the-limit": Bug(
        "A run replaced the task of an older head, and CodeVF's response to the creation was lost. The next run "
        "counted the hold of the cancelled task too, so the limit stopped it from resuming the paid review.",
        NOTHING_LOST,
        history(
            *(RUN, Move("note"), Episode((NEXT,), (At(10, Lose(done=True)),))),
            setting=Setting((("max-credits-per-pr", "700"), ("wait-minutes", "0")), life=Life(600, 3600)),
        ),
    ),
    "text-of-an-older-head": Bug(
        "The reviewer summed up an older head. The new summary had the findings, and nothing showed that text.",
        NOTHING_LOST,
        history(
            *(Move("evil_by_kim"), Episode((PUSH,), (At(6, Delay(4000)),)), Move("rename")),
            setting=replace(READY, mind=Mind(is_worried=True)),
        ),
    ),
    "intent-written-over-a-task": Bug(
        "A collection updated the ledger's counter in the head's check run from an outdated copy, and so overwrote "
        "the task that another run had recorded there. Then the author restored an older summary.",
        NOTHING_LOST,
        history(
            *(RUN, Move("rename"), Move("same_beginning")),
            Episode(
                (NEXT, COLLECT),
                (
                    *(At(7, Meanwhile(Move("go_back", 0, 3))), At(8, Switch()), At(11, Switch())),
                    *(At(17, Switch()), At(28, Switch())),
                ),
            ),
            Move("old_text", 5, 4),
            setting=Setting((("wait-minutes", "0"),), life=Life(60, 300)),
        ),
    ),
    "intent-of-a-run-at-work": Bug(
        "Runs raced, and one continued the intent of another that had not yet read the purchases of the others. "
        "Together they exceeded the limit.",
        WITHIN_LIMIT,
        history(
            Move("review", 2),
            Episode(
                (PUSH, PUSH, PUSH),
                (
                    *(At(6, Switch()), At(9, Switch()), At(10, Meanwhile(Move("harmless", 4, 1))), At(18, Switch())),
                    *(At(27, Switch()), At(29, Switch()), At(33, Switch())),
                ),
            ),
            setting=Setting((("max-credits-per-pr", "700"),)),
        ),
    ),
    "answer-without-a-record": Bug(
        "Runs raced and wrote an older summary over the record of a question. The summary was no longer trusted, and "
        "with a skip label no review wrote it again: the question, whose task was over, stayed without its answer.",
        ANSWERED_ONCE,
        history(
            *(Episode((NEXT,), (At(17, Meanwhile(Move("skip", 5, 2))),)), RUN),
            *(Move("ask"), Move("collect"), Move("ask")),
            Episode((NEXT, PUSH, PUSH), (At(6, Switch()), At(22, Switch()), At(37, Switch()))),
        ),
    ),
    "answer-deleted-beside-a-refusal": Bug(
        "A question was refused, as the pull request was closed, and answered by a run that had begun before. A racing "
        "run deleted the answer as a duplicate of the refusal.",
        ANSWERED_ONCE,
        history(
            Move("author_asks"),
            Episode((NEXT, NEXT), (At(1, Meanwhile(Move("close"))), At(1, Switch()))),
            Move("a_day_later"),
            Episode(
                (COLLECT, NEXT, NEXT),
                (
                    *(At(call, Switch()) for call in (0, 3, 6, 10, 11, 13, 16)),
                    At(23, Kill(after=False)),
                    At(37, Switch()),
                ),
            ),
        ),
    ),
    "question-forgotten-by-a-later-check": Bug(
        "Runs raced and wrote an older summary over the record of a question. Only the copy in an older check run "
        "counted its credits, and a later copy with fewer replaced that: the limit was exceeded.",
        WITHIN_LIMIT,
        history(
            *(RUN, Move("stranger_asks"), Move("author_cancels"), Move("author_asks")),
            Episode(
                (PUSH, NEXT, NEXT),
                (
                    *(At(call, Switch()) for call in (1, 4, 5)),
                    *(At(6, Begin(PUSH)), At(6, Switch()), At(6, Switch())),
                    *(At(call, Switch()) for call in (10, 15, 16, 17)),
                    At(20, Delay(30)),
                    *(At(call, Switch()) for call in (20, 20, 22, 25, 32, 37, 39)),
                ),
            ),
            *(Move("author_asks"), Move("ask"), Episode((PUSH,), (At(9, Lose(done=False)),))),
            *(Move("evil"), Move("ask")),
            setting=Setting((("max-credits-per-pr", "1080"), ("wait-minutes", "0")), life=Life(2, 20)),
        ),
    ),
    "record-behind-a-force-push": Bug(
        "Two runs raced while the author force-pushed an older head. One wrote over the other's purchase in the "
        "summary. Later runs did not read the check run of the replaced head, which had it too.",
        NOTHING_LOST,
        history(
            *(RUN, Move("note"), Move("review", 4)),
            Episode(
                (NEXT, NEXT, NEXT),
                (
                    *(At(4, Meanwhile(Move("evil", 4, 5))), At(6, Switch()), At(8, Meanwhile(Move("go_back", 3, 1)))),
                    *(At(17, Switch()), At(19, Switch()), At(21, Switch()), At(28, Kill(after=False))),
                ),
            ),
            setting=Setting((("wait-minutes", "0"),), life=Life(2, 20)),
        ),
    ),
    "announced-beside-its-review": Bug(
        "A collection posted the findings of a late answer, and then the author pushed. On the new head a finding had "
        "another id, so the run did not recognize its own comment, and announced the answer, too.",
        ANNOUNCED,
        history(
            *(RUN, Move("stranger_asks"), Move("evil_by_kim"), RUN_PUSH, Move("author_asks")),
            Episode(
                (NEXT, COLLECT),
                (At(8, Switch()), At(22, Switch()), At(25, Switch()), At(32, Meanwhile(Move("fix", 2, 1)))),
            ),
            setting=Setting((("wait-minutes", "0"),), life=Life(2, 20)),
        ),
    ),
    "paid-for-each-command-again": Bug(
        "With a token that may not write comments, each run executed two `/reviewbot review` again, because it "
        "could not mark them as done. Each run paid for another review.",
        PAY_ONCE,
        history(
            *(Move("deep"), Move("author_reviews"), Move("author_reviews")),
            setting=Setting(denied=frozenset({"pull-requests: write"})),
        ),
    ),
    "group-with-an-unread-queue": Bug(
        "A run could not read the merge queue, and judged only the pull request that the group's branch names. The "
        "group's check turned green, although another pull request in it was red.",
        NEVER_GREEN,
        history(Move("queue", 3), RUN, RUN, Episode((NEXT,), (At(0, Lose(done=False)),))),
    ),
    "task-replaced-by-an-intent": Bug(
        "Two runs raced. One could not read the pull request before it bought, and wrote its intent over the other's "
        "task in the check run.",
        NOTHING_LOST,
        history(
            Episode((NEXT, NEXT), (At(6, Lose(done=True)), At(6, Switch()))),
            Move("evil"),
            setting=Setting(
                (("max-credits-per-pr", "700"), ("summary-comment", "false"), ("wait-minutes", "0")),
                mind=Mind(as_text=True, is_worried=True),
            ),
        ),
    ),
    "late-answer-behind-another-one": Bug(
        "A killed run had posted the findings of an answer, so the next run announced no other late answer either.",
        ANNOUNCED,
        history(
            *(Move("own_base"), Move("evil"), Episode((NEXT,), (At(7, Begin(COLLECT)),))),
            *(Move("evil_by_bot", 0, 1), Move("make_executable"), Episode((NEXT,), (At(16, Kill(after=False)),))),
            *(Move("finish"), Move("retarget"), RUN),
            setting=Setting((("paths", "!lib/**"), ("wait-minutes", "0")), life=Life(2, 20)),
        ),
    ),
    "another-attempt-without-end": Bug(
        "Without a summary, each run bought another attempt at a review that had ended without a result: the record of "
        "the new attempt replaced that of the ended one in the check run, so a run counted only one.",
        PAY_ONCE,
        history(
            *(RUN, *(Move("failed"), RUN_PUSH) * 3, Move("failed")),
            setting=Setting((("summary-comment", "false"), ("wait-minutes", "0"))),
        ),
    ),
    "task-of-a-replaced-head": Bug(
        "Without check runs, a run did not record the task's id, because the head had moved while it was created.",
        NOTHING_LOST,
        history(
            Move("note"),
            Episode((NEXT,), (At(1, Meanwhile(Move("go_back", 4))), At(15, Lose(done=False)))),
            setting=Setting((("check-run", "false"),), life=Life(2, 20)),
        ),
    ),
    "deferred-beside-the-first-review": Bug(
        "With `review-on: ready`, a push deferred a review while another run was buying the first one. A later run "
        "bought the deferred review, too.",
        ONLY_DUE,
        history(
            *(RUN_PUSH, Move("finish")),
            Episode((NEXT, COLLECT), (At(3, Meanwhile(Move("lock", 1, 4))), At(8, Switch()), At(12, Begin(PUSH)))),
            setting=Setting((("review-on", "ready"),), "max-tasks: 3\nattachment-bytes: 3000\nquiet-minutes: 15\n"),
        ),
    ),
    "comments-of-a-killed-run": Bug(
        "Two racing runs posted the same findings, and one was killed before it deleted its comments. No review was "
        "due any more, so no later run deleted them.",
        NOTHING_LOST,
        history(
            Move("lock", 3),
            Episode((NEXT, PUSH), (At(5, Switch()), At(24, Kill(after=True)), At(24, Switch()))),
            Move("copy"),
            setting=Setting((("review-on", "ready"),), life=Life(2, 20)),
        ),
    ),
    "late-answer-that-nothing-shows": Bug(
        "With a token that may not write comments, a late answer was read on a head that needs no check. Nothing "
        "showed it, and the run ended with exit status 0.",
        NOTHING_LOST,
        history(
            *(Move("ask"), RUN, Move("finish"), Episode((COLLECT,)), Move("boss_commits")),
            setting=Setting(
                (("review-on", "ready"),),
                "quiet-minutes: 15\nanswer: words\n",
                life=Life(2, 20),
                mind=Mind(43, is_prose=True, is_worried=True),
                denied=frozenset({"contents: write", "pull-requests: write"}),
            ),
        ),
    ),
    "squash-into-a-bots-pull-request": Bug(
        "The author squash-merged another pull request of the bot into this one. GitHub signed the author's code as "
        "the bot's commit, so the review was skipped.",
        NEVER_GREEN,
        history(RUN, Move("evil_by_bot", 3), RUN, setting=Setting(is_bots=True)),
    ),
    "squash-without-a-check-run": Bug(
        "As in `squash-into-a-bots-pull-request`, with `check-run: false`: reviewbot assumed that the bot had pushed.",
        NEVER_GREEN,
        history(RUN, Move("evil_by_bot", 3), RUN, setting=Setting((("check-run", "false"),), is_bots=True)),
    ),
    "finished-review-behind-an-open-one": Bug(
        "Without a summary, a run published the head's review while an older one was open. The head's check run "
        "recorded only the older one, so with a rule without a review the check of the red head was skipped.",
        NEVER_GREEN,
        history(
            Episode(
                (NEXT, PUSH),
                (
                    *(At(0, Meanwhile(Move("review", 0, 4))), At(1, Meanwhile(Move("evil")))),
                    *(At(8, Switch()), At(18, Switch())),
                ),
            ),
            setting=Setting((("summary-comment", "false"),), ROUTES),
        ),
    ),
    "answer-behind-a-pending-run": Bug(
        "With `review-on: ready`, a run read a task that was still open, and the head moved. Another run published the "
        "answer, and the first run wrote over the text of it in the summary.",
        NOTHING_LOST,
        history(
            *(Move("held_back"), RUN),
            Episode((NEXT, NEXT), (At(1, Meanwhile(Move("revert", 1, 5))), At(5, Delay(4000)), At(7, Switch()))),
            setting=Setting((("review-on", "ready"), ("wait-minutes", "0")), mind=Mind(is_prose=True, is_worried=True)),
        ),
    ),
    "question-withdrawn-by-another-run": Bug(
        "Two runs executed one question. One withdrew it, because with another question it exceeds the limit. The "
        "other run subtracted its own hold from a ledger in which the question held nothing, and bought the answer.",
        WITHIN_LIMIT,
        history(
            *(Move("delete", 3), RUN_PUSH, Move("ask"), Move("ask")),
            Episode(
                (NEXT, NEXT, NEXT),
                (
                    *(At(3, Meanwhile(Move("edits_command", 3, 5))), At(4, Switch()), At(8, Switch())),
                    *(At(13, Switch()), At(25, Switch()), At(25, Switch()), At(27, Switch())),
                    *(At(31, Switch()), At(32, Switch())),
                ),
            ),
            setting=Setting((("max-credits-per-pr", "1080"),), ROUTES),
        ),
    ),
    "bought-beside-an-unread-head": Bug(
        "A run could not read the last reviewed head, and bought a review to which everything was new except the files "
        "that the change deletes. The review had too few credits.",
        CONVERGES,
        history(
            *(RUN_PUSH, Move("rename", 5, 5), RUN, Move("rename"), Episode((NEXT,), (At(3, Lose(done=True)),))),
            setting=Setting((("max-credits", "auto"),), AUTO_SIZE),
            starts_again=True,
        ),
    ),
    "ended-behind-a-failed-check": Bug(
        "Without a summary, a racing run failed and created a second check run on the head. It hid the check run with "
        "the open task, which no later run completed. So the end of the task was announced beside the next review.",
        ANNOUNCED,
        history(
            Episode((NEXT, NEXT), (At(2, Lose(done=True)), At(2, Switch()))),
            Move("same_beginning"),
            setting=Setting((("summary-comment", "false"),), life=Life(600, 3600)),
        ),
    ),
    "ended-on-a-replaced-head": Bug(
        "Without a summary, two heads had check runs with open tasks, and a squash replaced both. Only the check run "
        "of the last one was completed, so the end of the other task was announced beside the next review.",
        ANNOUNCED,
        history(
            *(RUN, Move("same_beginning"), Episode((NEXT,), (At(3, Meanwhile(Move("squash", 0, 2))),))),
            Move("finish"),
            setting=Setting((("summary-comment", "false"),), life=Life(600, 3600)),
        ),
    ),
    "next-attempt-behind-a-cancelled-one": Bug(
        "Two runs executed `/reviewbot cancel`. One bought the next attempt while the other was ending. That one "
        "wrote the cancelled attempt over the new task, in the summary and in the check run.",
        NOTHING_LOST,
        history(
            Episode((NEXT,), (At(3, Meanwhile(Move("note", 2, 2))),)),
            *(Move("finish"), RUN, Move("cancel")),
            Episode(
                (PUSH, NEXT),
                tuple(At(call, Switch()) for call in (0, 2, 2, 8, 11, 12, 12, 17, 18, 20, 24, 25, 30, 31)),
            ),
            setting=Setting((("wait-minutes", "0"),)),
        ),
    ),
    "next-attempt-behind-a-forgotten-one": Bug(
        "Without a summary, a run could not read a task that CodeVF no longer knew. Meanwhile, a collection bought the "
        "next attempt for a command. The run had read that attempt's check run, and wrote the first attempt over it.",
        NOTHING_LOST,
        history(
            *(Move("secret", 5, 3), Episode((PUSH,), (At(7, Meanwhile(Move("forget_task"))),))),
            Episode((NEXT,), (At(3, Meanwhile(Move("author_reviews"))), At(3, Begin(COLLECT)))),
            setting=Setting((("summary-comment", "false"),)),
        ),
    ),
    "second-review-of-a-head": Bug(
        "Without a summary, a label requested a larger review of a head. Its record replaced that of the first review "
        "in the check run. So its answer, which called the first review's finding fixed, turned the check green.",
        NEVER_GREEN,
        history(
            *(Move("lock", 3), RUN, Move("finish"), Move("deep")),
            setting=Setting((("summary-comment", "false"),), ROUTES, life=Life(600, 3600), mind=Mind(lies=True)),
        ),
    ),
    "first-review-by-other-rules": Bug(
        "The same, but the label was removed before a run read the answer. By the rules without the label, the run "
        "took the first review as its own, and did not read the findings of it.",
        NEVER_GREEN,
        history(
            *(Move("lock", 3), RUN, Move("finish"), Move("deep")),
            Episode((NEXT, PUSH), (At(35, Switch()), At(36, Switch()), At(38, Switch()))),
            Move("deep", 4, 1),
            setting=Setting((("summary-comment", "false"),), ROUTES, life=Life(600, 3600), mind=Mind(lies=True)),
        ),
    ),
    "question-counted-on-an-older-head": Bug(
        "The newest check run was that of an older head, so the write of a question's record was counted there. The "
        "next run wrote the head's check run again, without the words of the answer.",
        CONVERGES,
        history(
            *(RUN, Move("author_asks"), Move("evil"), Episode((NEXT,), (At(8, Lose(done=True)),)), Move("ask")),
            Episode((NEXT, PUSH), (At(2, Switch()), At(5, Meanwhile(Move("draft", 2, 4))), At(12, Switch()))),
            setting=Setting((("review-on", "ready"),), life=Life(600, 3600)),
        ),
    ),
    "ended-behind-a-finished-review": Bug(
        "Without a summary, a requested second review failed, and the run could not buy another. It wrote the first "
        "review into the check run again. So the next request got the failed task again, and no review.",
        ANNOUNCED,
        history(
            *(RUN, Move("review"), Episode((NEXT,), (At(10, Kill(after=False)),)), Move("failed")),
            *(Move("author_reviews"), Episode((PUSH,), (At(5, Lose(done=False)),))),
            setting=Setting((("summary-comment", "false"),)),
        ),
    ),
    "reply-read-beside-a-replaced-head": Bug(
        "A force-push restored an older head while a run read a late answer. The summary kept the text of the restored "
        "head, which showed no answer, and the check with the reviewer's reply was completed with another text.",
        NOTHING_LOST,
        history(
            Move("evil", 0, 2),
            Episode((NEXT, PUSH, PUSH), (At(6, Meanwhile(Move("evil_by_kim", 0, 5))),)),
            *(RUN, Move("unask"), Move("make_executable")),
            Episode((PUSH,), (At(7, Meanwhile(Move("go_back", 1, 3))),)),
            setting=Setting((("wait-minutes", "0"),), life=Life(2, 20), mind=Mind(84)),
        ),
    ),
    "finding-of-a-replaced-head-without-a-check": Bug(
        "Without check runs, a force-push replaced a head while its review was open. The summary kept the text of the "
        "newer head's review, and nothing showed the finding.",
        NOTHING_LOST,
        history(
            *(Move("author_cancels"), Move("same_beginning")),
            Episode(
                (NEXT, PUSH),
                (
                    *(At(4, Switch()), At(9, Meanwhile(Move("go_back", 0, 5)))),
                    *(At(11, Meanwhile(Move("bypass", 0, 4))), At(11, Switch()), At(35, Switch()), At(37, Switch())),
                ),
            ),
            Episode((NEXT,), (At(3, Meanwhile(Move("close", 4, 2))), At(4, Delay(600)), At(15, Kill(after=False)))),
            setting=Setting((("check-run", "false"),)),
        ),
    ),
    "intent-in-an-older-check": Bug(
        "A run wrote its intent into the check run in which another run had deferred the review. A third run had "
        "bought it with another scope and a newer check run, so the first run took its own intent as the older one.",
        PAY_ONCE,
        history(
            *(Move("ask"), RUN, RUN, Move("evil")),
            Episode(
                (NEXT, PUSH, PUSH),
                (
                    *(At(12, Lose(done=True)), At(13, Switch()), At(14, Switch())),
                    *(At(17, Meanwhile(Move("forged_text", 1, 1))), At(18, Switch()), At(27, Switch())),
                ),
            ),
            setting=Setting((("wait-minutes", "0"),), life=Life(2, 20)),
        ),
    ),
    "end-before-the-next-attempt": Bug(
        "Without check runs, a run recorded the end of a failed task together with its next attempt, which CodeVF "
        "refused. So the end counted as announced, and no one was notified.",
        ANNOUNCED,
        history(
            *(RUN, Move("failed"), Move("refuse"), RUN, Move("note")),
            setting=Setting((("check-run", "false"),), life=Life(600, 3600)),
        ),
    ),
    "task-only-in-the-summary": Bug(
        "A run wrote the end of a deferred review into the check run, and over the intent of another run. A third run "
        "did not look for its task in the summary, and bought the next attempt.",
        PAY_ONCE,
        history(
            *(
                Move("make_executable"),
                RUN,
                Move("go_back"),
                Episode((COLLECT, COLLECT)),
                Move("author_bypasses", 0, 4),
            ),
            Episode(
                (NEXT, NEXT),
                (
                    *(At(call, Switch()) for call in (8, 10, 12, 15, 16, 18, 20, 21, 22, 23)),
                    *(At(24, Begin(NEXT)), At(25, Switch()), At(32, Switch()), At(36, Switch())),
                    *(At(37, Kill(after=True)), At(37, Switch()), At(39, Switch()), At(40, Switch())),
                ),
            ),
            Move("skip", 2, 4),
            Episode(
                (NEXT, NEXT, NEXT),
                tuple(At(call, Switch()) for call in (1, 2, 2, 3, 4, 16, 22, 26, 27, 27, 29, 31, 31, 35, 35, 40)),
            ),
            setting=Setting((("wait-minutes", "0"),)),
        ),
    ),
    "cancelled-before-it-is-bought": Bug(
        "A collection had read a deferred review, which another run then cancelled and deferred again on request. The "
        "collection bought the cancelled one, and the next run the other one.",
        PAY_ONCE,
        history(
            RUN,
            Episode(
                (COLLECT, NEXT),
                (
                    *(At(0, Delay(4_000)), At(3, Switch()), At(4, Switch()), At(5, Meanwhile(Move("cancel", 0, 5)))),
                    *(At(call, Switch()) for call in (6, 8, 9, 11, 13)),
                ),
            ),
            setting=Setting(config="max-tasks: 3\nattachment-bytes: 3000\n" + IS_QUIET),
        ),
    ),
    "two-scopes-in-turn": Bug(
        "Without check runs, a run wrote its intent over that of another run with another scope, and continued with "
        "the other scope. When it recorded that, it took its own intent as the other run's, and so on without an end.",
        NO_BUG,
        history(
            *(Move("note"), RUN, Move("rename", 2)),
            Episode(
                (COLLECT, PUSH, PUSH),
                (
                    *(At(4, Begin(NEXT)), At(8, Meanwhile(Move("old_text", 5, 1)))),
                    *(At(call, Switch()) for call in (9, 11, 15, 29)),
                ),
            ),
            setting=Setting((("check-run", "false"), ("wait-minutes", "0")), life=Life(2, 20)),
        ),
    ),
    "both-copies-called-fixed": Bug(
        "Two findings were on equal lines, and a force-push removed one of them. Since either can be the one that is "
        "gone, a reviewer could call both fixed, and the check was green with the other line.",
        NEVER_GREEN,
        history(
            *(Move("evil"), Episode((PUSH, NEXT), (At(7, Meanwhile(Move("evil", 0, 5))),))),
            *(Move("finish"), Episode((COLLECT,)), Move("go_back")),
            setting=Setting(life=Life(600, 3600), mind=Mind(lies=True)),
        ),
    ),
    "merge-that-keeps-what-the-base-fixed": Bug(
        "After a review, the default branch fixed a flaw. The author merged it with `git merge -s ours`, which undid "
        "the fix. Nothing was new in the next review, since no file of the head had changed.",
        NEVER_GREEN,
        history(
            *(RUN, Move("main_turns"), Move("merge_main"), RUN, Move("main_turns"), Move("merge_ours")),
            setting=Setting(mind=Mind(is_brief=True)),
        ),
    ),
    "rename-of-what-the-base-fixed": Bug(
        "The author renamed a file with a flaw of the default branch, and the default branch fixed it. After a merge "
        "the diff showed the renamed file as added, with the flaw, and in the next review it was not new.",
        NEVER_GREEN,
        history(
            *(Move("main_turns"), Move("merge_main"), Move("rename", 1), RUN_PUSH),
            *(Move("main_turns"), Move("merge_main")),
            setting=Setting(mind=Mind(is_brief=True)),
        ),
    ),
    "group-for-a-former-base": Bug(
        "A pull request was green against one listed branch, got another one as its base, and was queued before a run "
        "saw that. The check of the merge group was green, although no run had judged the change against its branch.",
        NEVER_GREEN,
        history(
            *(Move("main_moves"), Move("merge_main"), RUN, RUN, Move("retarget", 1), Move("queue")),
            Episode((NEXT, NEXT), (At(0, Switch()),)),
            setting=Setting(config=LISTS_RELEASE),
        ),
    ),
    "older-head-with-a-withdrawn-waiver": Bug(
        "A waiver was withdrawn on a newer head, and the older one that it had let through stayed green, so that a "
        "force-push back to it could be merged at once.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, RUN_PUSH, Move("waive"), RUN, RUN, Move("harmless", 0, 1), RUN, RUN_PUSH),
            *(Move("unwaive"), RUN, RUN),
        ),
    ),
    "replaced-head-with-a-removed-label": Bug(
        "The skip label was removed after a force-push, and the skipped commit below the replaced head stayed green.",
        NEVER_GREEN,
        history(
            *(Move("evil"), Move("skip"), RUN, RUN, RUN, Move("note", 0, 1), RUN, RUN_PUSH, Move("squash"), RUN),
            *(RUN_PUSH, Move("harmless", 0, 1), RUN, RUN_PUSH, Move("skip"), RUN, RUN),
        ),
    ),
    "only-review-behind-a-force-push": Bug(
        "With `review-on: ready` and without a summary, a run could not read the check runs behind a force-push, and "
        "bought a second review.",
        ONLY_DUE,
        history(
            *(RUN, Move("harmless"), Move("squash"), Move("main_moves"), Move("merge_main")),
            Episode((NEXT,), (At(4, Lose(done=False)),)),
            setting=Setting((("review-on", "ready"), ("summary-comment", "false"))),
        ),
    ),
    "answer-read-again-in-vain": Bug(
        "A repeated run could not read a finished answer again, and wrote a summary without it. The pull request was "
        "closed, so that no later run showed the parts of the answer that were not findings.",
        NOTHING_LOST,
        history(
            *(RUN, RUN),
            Episode((NEXT,), (At(3, Lose(done=True)),)),
            Move("close"),
            setting=Setting((("check-run", "false"),), mind=Mind(is_prose=True, is_worried=True)),
        ),
    ),
    "only-record-in-a-duplicate": Bug(
        "A pull request was closed while a review was bought, and two runs wrote a summary each. A run deleted the "
        "second one, which alone had the task, and was killed before it wrote the task into the first one.",
        NOTHING_LOST,
        history(
            Move("note", 0, 1),
            Episode((PUSH,), (At(2, Meanwhile(Move("close"))), At(7, Begin(PUSH)), At(28, Kill(after=False)))),
        ),
    ),
    "late-answer-behind-a-dropped-purchase": Bug(
        "A run for a closed pull request dropped the purchase that another run was making. That run wrote a second "
        "summary and was killed, and the next one did not announce the answer, because one check run called it over.",
        ANNOUNCED,
        history(
            Move("note", 0, 1),
            Episode((PUSH,), (At(2, Meanwhile(Move("close"))), At(6, Begin(PUSH)), At(26, Kill(after=False)))),
        ),
    ),
    "attempt-that-stays-open": Bug(
        "A run bought another attempt after one had failed, and was killed before it recorded that failure. The first "
        "attempt stayed open behind the later ones, so that an event bought a fourth.",
        PAY_ONCE,
        history(
            *(RUN, Move("failed")),
            Episode((PUSH, PUSH), (At(8, Meanwhile(Move("failed", 2, 2))), At(13, Kill(after=False)))),
            *(Move("cancelled"), RUN, Move("evil")),
            setting=Setting(
                (("max-credits-per-pr", "0"), ("wait-minutes", "0")), life=Life(pending=600, processing=3600)
            ),
        ),
    ),
    "only-review-without-a-summary": Bug(
        "With `review-on: ready`, and a token that can write no summary, a run could not read the check runs behind a "
        "force-push, and bought a second review.",
        ONLY_DUE,
        history(
            Episode((PUSH,), (At(4, Meanwhile(Move("note", 0, 2))),)),
            Move("squash"),
            Episode((NEXT,), (At(3, Lose(done=True)),)),
            setting=Setting((("review-on", "ready"),), denied=frozenset({"pull-requests: write"})),
        ),
    ),
    "deferred-while-bought": Bug(
        "A slow `cancel` ended a deferred purchase that one run was buying, and another run deferred the next attempt. "
        "A collection bought that one, too, while the first was open.",
        PAY_ONCE,
        history(
            *(RUN, Move("cancel")),
            Episode(
                (NEXT, NEXT, NEXT), (At(10, Switch()), At(12, Switch()), At(24, Switch()), At(27, Delay(seconds=4000)))
            ),
            setting=Setting(config="quiet-minutes: 15\n"),
        ),
    ),
    "first-attempt-announced": Bug(
        "Without a summary, a check run still called the first attempt open, of which CodeVF knew nothing. When the "
        "review of the second attempt was there, a run announced that the first one ended without a result.",
        ANNOUNCED,
        history(
            *(Move("queue"), RUN, Move("note"), RUN),
            Episode((PUSH,), (At(15, Begin(NEXT)), At(20, Meanwhile(Move("forget_task", 5, 3))))),
            *(Move("review", 1, 4), RUN, Move("draft", 2), RUN),
            setting=Setting((("summary-comment", "false"),)),
        ),
    ),
    "deferred-by-two-runs": Bug(
        "Two runs deferred the same purchase. One of them then bought it while the other was still writing, slowly: "
        "that one wrote its deferral over both records of the task, and a collection bought the review again.",
        PAY_ONCE,
        history(
            *(RUN, RUN, Move("harmless"), RUN, Move("harmless")),
            Episode((COLLECT, NEXT), (At(13, Meanwhile(Move("squash", 3))),)),
            Episode((NEXT, NEXT), (At(4, Switch()), At(14, Delay(4000)), At(14, Switch()), At(35, Switch()))),
            setting=Setting(life=Life(600, 3600)),
        ),
    ),
    "credits-behind-an-own-base": Bug(
        "Without a summary, a branch of the author that contains an earlier head hid what its review had cost once it "
        "was the base: the next review exceeded the limit.",
        WITHIN_LIMIT,
        history(
            Episode((NEXT,), (At(1, Meanwhile(Move("same_beginning", 1, 5))),)),
            *(RUN, Move("own_base"), Move("boss_commits"), RUN),
            setting=Setting((("max-credits-per-pr", "700"), ("mode", "standard"), ("summary-comment", "false"))),
        ),
    ),
    "intent-written-over-another": Bug(
        "GitHub did not receive the check run of an intent. The run wrote it over the check run that another run had "
        "created since for another scope, and both bought the change.",
        PAY_ONCE,
        history(
            *(RUN, Move("main_turns"), Move("merge_ours")),
            Episode(
                (NEXT, PUSH),
                (
                    *(At(call, Switch()) for call in (0, 5, 6, 8, 10, 11)),
                    *(At(12, Lose(done=True)), At(19, Switch()), At(20, Lose(done=False))),
                ),
            ),
        ),
    ),
    "deferred-beside-a-lost-record": Bug(
        "Without a summary, a collection bought a deferred review against a branch of the author that contains the "
        "earlier heads, although it could not know what had been spent.",
        WITHIN_LIMIT,
        history(
            *(RUN, Move("finish"), RUN, Move("own_base")),
            Episode(
                (PUSH, PUSH),
                (
                    *(At(5, Begin(NEXT)), At(11, Meanwhile(Move("delete", 2)))),
                    *(At(call, Switch()) for call in (29, 30, 33, 35, 39)),
                ),
            ),
            *(Move("finish"), Episode((COLLECT,))),
            setting=Setting(
                (("max-credits-per-pr", "700"), ("summary-comment", "false")),
                "supersede: always-replace\nquiet-minutes: 15\n",
            ),
        ),
    ),
    "intent-in-a-bots-pull-request": Bug(
        "A run that had not seen the record of a bot's push bought a review, and was killed. The next run saw the "
        "record and skipped the review, so nothing showed the answer.",
        NOTHING_LOST,
        history(
            Move("evil_by_bot"),
            Episode((NEXT, NEXT), (At(4, Switch()), At(8, Kill(after=True)))),
            setting=Setting(is_bots=True),
        ),
    ),
    "intent-in-an-older-check-run": Bug(
        "A run wrote its intent into a check run that it had created for another review, before another run created "
        "one for its own. Each believed that its record was the first, and both bought the change.",
        PAY_ONCE,
        history(
            *(Move("evil"), Episode((NEXT, PUSH, PUSH)), Move("revert"), Move("rename")),
            Episode(
                (NEXT, PUSH, PUSH),
                (
                    *(At(0, Meanwhile(Move("go_back", 3, 3))), At(0, Switch()), At(2, Switch())),
                    At(3, Meanwhile(Move("collect", 1))),
                    *(At(call, Switch()) for call in (8, 10, 10, 12, 13, 13, 15, 16)),
                    At(24, Meanwhile(Move("delete_comment", 0, 5))),
                    *(At(call, Switch()) for call in (26, 27, 30, 31, 33, 39)),
                ),
            ),
            setting=Setting((("wait-minutes", "0"),)),
        ),
    ),
    "closed-finding-called-open": Bug(
        "A fixed flaw came back in another file. The reviewer called the closed finding open, which did not count.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, RUN_PUSH, Move("fix"), RUN_PUSH, Move("evil", 0, 1), RUN_PUSH),
            setting=Setting(mind=Mind(recalls=True)),
        ),
    ),
    "answer-written-over-when-closed": Bug(
        "A run published an answer of a closed pull request, without check runs. Another run, which had seen the task "
        "in progress, wrote over its text, and no run reads a closed pull request's answer again.",
        NOTHING_LOST,
        history(
            Move("status"),
            Episode((NEXT,), (At(11, Meanwhile(Move("close", 0, 4))), At(13, Begin(PUSH)))),
            Move("revert"),
            Episode((PUSH, NEXT, NEXT), (*(At(0, Switch()), At(0, Switch())), *(At(6, Switch()), At(7, Switch())))),
            setting=Setting(
                (("check-run", "false"), ("wait-minutes", "0")),
                life=Life(pending=2, processing=20),
                mind=Mind(sloppiness=59, as_text=True, is_worried=True),
            ),
        ),
    ),
    "note-of-a-comment-that-is-posted-again": Bug(
        "Without a summary, a run posted a deleted comment again. Only the next run added what the reviewer had said "
        "of the finding since.",
        CONVERGES,
        history(
            *(Move("same_beginning"), RUN, Move("held_back"), Episode((NEXT, NEXT)), Move("delete_comment")),
            setting=Setting((("summary-comment", "false"),), life=Life(10, 60)),
        ),
    ),
    "incremental-beside-a-deleted-record": Bug(
        "The summary was deleted, without check runs, before a run recorded its purchase. It bought a review of the "
        "new commits, and called them green, although the findings of the review before were forgotten.",
        NEVER_GREEN,
        history(
            *(Move("lock", 5), RUN, Move("note")),
            Episode((NEXT, NEXT), (At(1, Meanwhile(Move("delete_summary", 1, 5))),)),
            setting=Setting(
                (("check-run", "false"),), life=Life(10, 60), mind=Mind(45, is_brief=True, is_literal=True)
            ),
        ),
    ),
    "merged-part-in-the-queue": Bug(
        "A commit of the pull request was merged alone: the next commit, which had only restored what it deletes, adds "
        "that now. The merge queue carried the green check of the smaller diff.",
        NEVER_GREEN,
        history(*_RESTORED, RUN, Move("main_takes"), Move("queue", 0, 1), RUN, RUN),
    ),
    "merged-part-without-a-request": Bug(
        "As before, where a later review must be requested: the next run left the green check as it was.",
        NEVER_GREEN,
        history(*_RESTORED, RUN, Move("main_takes"), RUN, setting=READY),
    ),
    "attempt-behind-an-older-summary": Bug(
        "A maintainer requested another review of a head with findings. While it was open, a workflow restored a "
        "summary without them. The reviewer did not mention them again, and the check turned green.",
        NEVER_GREEN,
        history(
            *(Move("evil_by_kim"), RUN, Move("review"), Episode((NEXT,), (At(17, Meanwhile(Move("old_text", 5, 3))),))),
            setting=Setting(life=Life(10, 60), mind=Mind(75, is_brief=True, is_terse=True, is_literal=True)),
        ),
    ),
    "answer-while-its-file-is-deleted": Bug(
        "An answer arrived for an older head while the current one deleted the finding's file, so the code of the "
        "finding was lost. A push restored the file, and the reviewer could call the unchanged code fixed.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Move("main_turns"), Move("squash"), Move("waive"), Move("main_turns")),
            *(Move("merge_main", 5, 5), Move("rename", 0, 3), Move("main_turns", 1), Move("merge_main", 1, 4)),
            *(Move("main_turns", 1, 1), Move("squash", 1, 1), Episode((COLLECT,)), RUN, Move("revert", 2, 2)),
            setting=Setting(
                (("wait-minutes", "0"),),
                "supersede: always-replace\n",
                life=Life(10, 60),
                mind=Mind(lies=True, is_brief=True),
            ),
        ),
    ),
    "moved-with-a-token-to-an-excluded-file": Bug(
        "As `moved-to-an-excluded-file`, with a token in the line: the redacted code of the finding was compared with "
        "the file's own text.",
        NEVER_GREEN,
        history(
            *(RUN, Move("secret", 1), RUN_PUSH, Move("move_line"), RUN_PUSH),
            setting=Setting((("paths", "!lib/**"),)),
        ),
    ),
    "attempt-that-is-left-for-a-replaced-head": Bug(
        "A run was killed when it had recorded the next attempt at a cancelled review. The author pushed, so no run "
        "bought the attempt, and no one was notified of the cancelled review.",
        ANNOUNCED,
        history(
            *(Move("main_turns"), Move("merge_ours", 1), RUN, Move("collect")),
            Episode((NEXT,), (At(5, Meanwhile(Move("cancelled", 0, 3))), At(17, Kill(after=True)))),
            Move("rename"),
            setting=Setting(
                (("check-run", "false"), ("max-credits", "auto")),
                "bases: [release]\nbase-credits: 60\ncredits-per-100-lines: 2000\n",
                life=Life(600, 3600),
            ),
        ),
    ),
    "attempt-that-is-left-on-a-draft": Bug(
        "As before, but the author first made the pull request a draft. A run for that recorded the end of the failed "
        "review, and did not announce it, because the next attempt was recorded for the same head.",
        ANNOUNCED,
        history(
            *(RUN_PUSH, Move("failed"), Episode((PUSH,), (At(6, Kill(after=True)),)), Move("draft"), RUN_PUSH),
            Move("harmless"),
            setting=Setting(life=Life(600, 3600)),
        ),
    ),
    "late-answer-with-a-finding-of-another-one": Bug(
        "Two runs published one answer at once, so the record of the posted comment was lost. The next head's late "
        "answer had the same finding, so it counted as shown, and no one was notified.",
        ANNOUNCED,
        history(
            *(Move("secret"), RUN),
            Episode((COLLECT, COLLECT), (At(4, Meanwhile(Move("harmless"))), At(6, Switch()), At(17, Switch()))),
            setting=Setting((("wait-minutes", "0"),), life=Life(2, 20)),
        ),
    ),
    "withdrawal-written-over": Bug(
        "A waiver was withdrawn while a run published a review of the waived finding. The run overwrote the summary "
        "and the check, and both stayed green.",
        NEVER_GREEN,
        history(
            *(Move("evil"), Episode((PUSH,)), RUN, Move("waive"), RUN, RUN, RUN, Move("harmless", 0, 1)),
            Episode((NEXT,), (At(27, Meanwhile(Move("unwaive"))), At(27, Begin(NEXT)))),
        ),
    ),
    "answer-beside-lost-findings": Bug(
        "The reviewer was asked about a finding, and another workflow replaced the summary meanwhile. The answer did "
        "not mention the finding again, and the run and every later one passed.",
        NEVER_GREEN,
        history(
            *(Move("evil"), Episode((PUSH,)), RUN, Move("harmless", 0, 1)),
            Episode((NEXT,), (At(12, Meanwhile(Move("forged_text"))),)),
            setting=Setting(
                (("check-run", "false"), ("incremental", "false")), life=Life(10, 60), mind=Mind(is_terse=True)
            ),
        ),
    ),
    "skipped-while-the-head-moved": Bug(
        "A rule skipped a change while another run bought the review that a command requested. Then the head moved, "
        "and the first run judged by the new head, and wrote a skipped check on the old one.",
        NEVER_GREEN,
        history(
            Episode(
                (NEXT, NEXT),
                (At(1, Meanwhile(Move("review", 4, 3))), At(1, Begin(NEXT)), At(6, Meanwhile(Move("secret", 3, 2)))),
            ),
            setting=Setting(config=ROUTES, life=Life(2, 20)),
        ),
    ),
    "finished-review-that-cannot-be-read": Bug(
        "Without a summary, CodeVF did not return the finished review of an older head. The next answer did not "
        "mention its finding, and the check turned green.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Move("finish"), Episode((COLLECT,)), Move("harmless", 0, 1), Episode((PUSH,))),
            *(Move("finish"), Episode((PUSH,), (At(3, Lose(done=False)),))),
            setting=Setting(
                (("summary-comment", "false"), ("wait-minutes", "0")), life=Life(600, 3600), mind=Mind(is_terse=True)
            ),
        ),
    ),
    "older-checks-that-cannot-be-read": Bug(
        "Without a summary, GitHub did not return the check runs of replaced heads, which recorded a review of "
        "the same change. A day later, reviewbot bought another one.",
        PAY_ONCE,
        history(
            *(RUN, Move("finish"), Episode((COLLECT,))),
            *(Move("squash", at % 2) for at in range(7)),
            *(Move("a_day_later"), Episode((PUSH,), (At(3, Lose(done=False)),))),
            setting=Setting((("summary-comment", "false"), ("wait-minutes", "0")), life=Life(600, 3600)),
        ),
    ),
    "skipped-head-behind-a-lost-request": Bug(
        "The skip label was removed after a force-push, and a request of that run was lost. The skipped head below the "
        "replaced one, which has a critical finding, stayed green, because no later run looked for it.",
        NEVER_GREEN,
        history(
            *(Move("evil"), Move("skip"), RUN, RUN, RUN, Move("fix"), Move("squash"), RUN, RUN, Move("skip")),
            Episode((NEXT,), (At(4, Lose(done=False)),)),
        ),
    ),
    "bypass-behind-a-skipped-head": Bug(
        "After a push, a maintainer set the skip label before the run of the push. No run ended the bypass of the "
        "older head, whose check stayed green.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, RUN, Move("bypass", 1), RUN, Move("harmless")),
            Episode((NEXT,), (At(0, Meanwhile(Move("skip"))), At(0, Begin(NEXT)))),
        ),
    ),
    "end-written-over-the-next-attempt": Bug(
        "A collection read the end of a task without a result. Before it wrote the end, another run bought the next "
        "attempt. The collection overwrote both records of that attempt, and the change was bought again.",
        PAY_ONCE,
        history(
            *(RUN_PUSH, Move("failed"), Episode((COLLECT,), (At(10, Begin(NEXT)),)), Move("a_day_later")),
            setting=Setting((("wait-minutes", "0"),)),
        ),
    ),
    "next-attempt-instead-of-the-answer": Bug(
        "Without a summary, CodeVF refused a second review that a command requested. A later run did not see that the "
        "first review was answered, and deferred a third one.",
        CONVERGES,
        history(
            *(RUN, Move("finish"), RUN_PUSH, Move("review", 4, 1), Move("out_of_credits", 5, 1)),
            *(RUN, RUN),
            setting=Setting((("summary-comment", "false"),), "quiet-minutes: 15\n", life=Life(10, 60)),
        ),
    ),
    "bypass-of-a-skipped-head": Bug(
        "Two runs of a bot's pull request executed a bypass and left two summaries. The run that deleted one had read "
        "the diff, and wrote the check with its merge base. The next run had not read the diff, and wrote the same "
        "check without the merge base and the bypass.",
        CONVERGES,
        history(
            Move("bypass", 1),
            Episode((NEXT, NEXT), (At(2, Switch()), At(3, Switch()), At(5, Switch()), At(10, Switch()))),
            setting=Setting(is_bots=True),
        ),
    ),
    "bypass-that-is-not-recorded": Bug(
        "A run that executed a bypass could not read the pull request again, so the bypass was not recorded. The check "
        "turned green, and the command counted as refused, so no later run executed it.",
        CONVERGES,
        history(
            *(Move("evil"), RUN, Move("bypass", 1), Episode((NEXT,), (At(5, Lose(done=False)),))), starts_again=True
        ),
    ),
    "waiver-refused-beside-a-bypass": Bug(
        "The same for a waiver on a head with a bypass: the bypass hid that the waiver was not recorded, so it "
        "counted as refused.",
        CONVERGES,
        history(
            *(Move("evil"), RUN, RUN, Move("bypass", 1), RUN, RUN, Move("waive")),
            Episode((NEXT,), (At(5, Lose(done=False)),)),
            starts_again=True,
        ),
    ),
    "deferred-purchase-taken-for-the-intent": Bug(
        "A run deferred the review of a new head. Someone deleted the summary, and another run recorded an intent "
        "with the same scope as the deferred purchase. The first run took that intent for its own record, and bought "
        "a review of what is new.",
        PAY_ONCE,
        history(
            *(Episode((NEXT,), (At(8, Interrupt()),)), Move("note")),
            Episode((PUSH,), (At(12, Meanwhile(Move("delete_summary"))), At(12, Begin(NEXT)))),
            setting=Setting(life=Life(2, 20)),
        ),
    ),
    "bypass-in-a-second-summary": Bug(
        "While a run executed a bypass, the author pushed. The run of the push wrote a summary of its own and deleted "
        "the summary with the bypass, so the check of the older head stayed green.",
        NEVER_GREEN,
        history(
            *(Move("main_turns"), Move("merge_ours", 3), Move("main_turns"), Move("merge_ours"), Move("bypass", 1)),
            Episode((NEXT,), (At(9, Meanwhile(Move("delete", 4, 2))), At(9, Begin(NEXT)))),
            setting=Setting(life=Life(10, 60)),
        ),
    ),
    "attempt-behind-an-older-check": Bug(
        "Without a summary, the check run of the first attempt never got the end of its task, so the attempt did not "
        "count, and a fourth task was bought without a command.",
        PAY_ONCE,
        history(
            *(Episode((NEXT,), (At(7, Lose(done=False)),)), RUN, Move("failed"), RUN, Move("failed"), RUN),
            *(Move("failed"), RUN, Move("failed"), RUN),
            setting=Setting(
                config="max-tasks: 3\nattachment-bytes: 3000\n",
                life=Life(600, 3600),
                denied=frozenset({"contents: write", "pull-requests: write"}),
            ),
        ),
    ),
    "deferred-in-a-check-run-only": Bug(
        "With `review-on: ready`, a run wrote its summary over that of a run that had deferred the review of a newer "
        "head. The deferral was left in a check run only, which does not say that no one asked for it, so a second "
        "review was bought.",
        ONLY_DUE,
        history(
            *(RUN_PUSH, Move("finish")),
            Episode(
                (NEXT, COLLECT),
                (
                    *(At(3, Meanwhile(Move("lock", 1, 4))), At(8, Switch()), At(12, Begin(PUSH))),
                    At(11, Kill(after=False)),
                ),
            ),
            setting=Setting((("review-on", "ready"),), "max-tasks: 3\nattachment-bytes: 3000\nquiet-minutes: 15\n"),
        ),
    ),
    "asked-about-what-nothing-records": Bug(
        "A run was killed while it created a task that was asked to confirm a finding. Then a force-push and a deleted "
        "summary hid the review that had found it. The run that continued the purchase did not know that the reviewer "
        "was asked, and the answer turned the change green.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,))),
            *(Move("harmless") for _ in range(MOST_REPLACED)),
            *(Move("note", 0, 3), Episode((PUSH,), (At(8, Kill(after=True)),))),
            *(Move("squash"), Move("delete_summary"), Episode((PUSH,))),
            setting=Setting((("incremental", "false"),), mind=Mind(lies=True)),
        ),
    ),
    "task-that-only-its-run-knows": Bug(
        "Without check runs, a run could not read the pull request after it had created a task, so it polled a task "
        "that nothing recorded. The head had moved, and a second lost request hid the answer.",
        NOTHING_LOST,
        history(
            Move("note"),
            Episode(
                (NEXT,),
                (At(1, Meanwhile(Move("go_back", 4))), At(7, Lose(done=False)), At(15, Lose(done=False))),
            ),
            setting=Setting((("check-run", "false"),), life=Life(2, 20)),
        ),
    ),
    "deferral-dropped-while-bought": Bug(
        "The run of a skip label dropped a deferred purchase while another run began to buy it and was killed. The "
        "next run did not see the intent, and bought the review with another key.",
        PAY_ONCE,
        history(
            *(RUN_PUSH, Move("finish"), Move("skip")),
            Episode((NEXT, NEXT, PUSH), (At(1, Switch()), At(17, Kill(after=True)))),
            setting=Setting(config="quiet-minutes: 15\n"),
        ),
    ),
    "end-behind-an-earlier-intent": Bug(
        "Without a summary, the check run of the first attempt still had an intent. Each later run wrote it over the "
        "second attempt, whose end was never recorded, so no run bought the third one.",
        HAPPENS,
        history(
            *(Episode((NEXT,), (At(7, Lose(done=False)),)), RUN, Move("failed")),
            *(Episode((NEXT,), (At(8, Lose(done=True)),)), Move("failed"), RUN),
            *(Move("failed"), RUN, Move("failed"), RUN),
            setting=Setting(
                config="max-tasks: 3\nattachment-bytes: 3000\n",
                life=Life(600, 3600),
                denied=frozenset({"contents: write", "pull-requests: write"}),
            ),
        ),
    ),
    "end-beside-a-deferral-that-is-dropped": Bug(
        "CodeVF cancelled a task, and two runs deferred the next attempt, so the end was not announced. Then a rule "
        "made the review unnecessary, and nothing told the author of the end.",
        ANNOUNCED,
        history(
            *(Move("deep"), RUN, Move("finish"), RUN, Move("cancelled")),
            Episode(
                (NEXT, PUSH),
                tuple(At(call, Switch()) for call in (8, 22, 23, 24, 25, 25, 28, 28, 30, 30, 35, 36)),
            ),
            Move("deep", 2, 2),
            setting=Setting(inputs=(("wait-minutes", "0"),), config=f"{ROUTES}{IS_QUIET}"),
        ),
    ),
    "reply-below-a-comment-on-its-answer": Bug(
        "With `max-comments: 1`, one answer brought the comment on an older finding and a reply to it. The run showed "
        "the reply in the summary, because it had not read the new thread, and the next run posted it there.",
        CONVERGES,
        history(
            *(Move("secret", 3), RUN, Move("rename", 1, 4), Move("out_of_credits"), RUN, RUN),
            setting=Setting((("max-comments", "1"),)),
        ),
    ),
    "new-deletion-that-is-not-listed": Bug(
        "In a follow-up review, the list of new lines did not mention new deleted lines of a file that also had new "
        "added lines. A reviewer who reads only what is listed did not see that a check was deleted.",
        NEVER_GREEN,
        history(
            *(RUN, Move("harmless"), Move("cut_guard"), RUN),
            setting=Setting(mind=Mind(guards=True, is_brief=True)),
        ),
    ),
    "task-replaced-by-an-unread-intent": Bug(
        "As in `task-replaced-by-an-intent`, but the run could not read the pull request before it published, either.",
        NOTHING_LOST,
        history(
            Episode((NEXT, NEXT), (At(6, Lose(done=True)), At(6, Switch()), At(15, Lose(done=False)))),
            Move("evil"),
            setting=Setting(
                (("max-credits-per-pr", "700"), ("summary-comment", "false"), ("wait-minutes", "0")),
                mind=Mind(as_text=True, is_worried=True),
            ),
        ),
    ),
    "reply-in-no-summary": Bug(
        "Without a summary, a run posted the comment on a finding of a late answer and of its own answer, and nothing "
        "showed the reply to it.",
        NOTHING_LOST,
        history(
            *(Move("secret", 3), Episode((NEXT,), (At(9, Kill(after=True)),)), Move("harmless"), RUN),
            setting=Setting((("summary-comment", "false"),)),
        ),
    ),
    "reply-behind-a-newer-head": Bug(
        "As in `reply-in-no-summary`, with a summary, which kept its text because the head had moved.",
        NOTHING_LOST,
        history(
            *(Move("secret", 3), Episode((NEXT,), (At(9, Kill(after=True)),)), Move("harmless")),
            Episode((NEXT,), (At(22, Meanwhile(Move("harmless", 2))), At(23, Begin(NEXT)))),
        ),
    ),
    "skip-by-paths-kept-for-a-bot": Bug(
        "A bot pushed to its pull request, in which a person had committed, so its push skipped nothing; `paths` did. "
        "The check recorded the push all the same, and stayed green when the line was reported in a selected file.",
        NEVER_GREEN,
        history(
            *(RUN, Move("restore_file"), Move("evil_by_bot", 0, 3), RUN, RUN, Move("evil")),
            setting=Setting((("paths", "!lib/**"),), is_bots=True),
        ),
    ),
    "waiver-in-no-summary": Bug(
        "GitHub refused the summary with a waiver. The run turned the check green, and answered that it had not kept "
        "the waiver.",
        NEVER_GREEN,
        history(*(Move("evil"), RUN, RUN, Move("waive")), Episode((NEXT,), (At(7, Refuse()),))),
    ),
    "group-without-a-check": Bug(
        "The token could not write the check run of a merge group. The run succeeded, and the queue waited for it.",
        CONVERGES,
        history(RUN, Move("queue"), Episode((NEXT,), (At(3, Refuse()),))),
    ),
    "withdrawn-beside-a-green-check": Bug(
        "GitHub refused the check run of a run that had withdrawn a waiver. The run answered that all was done, and "
        "the check stayed green.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, RUN, Move("waive"), RUN, Move("unwaive")),
            Episode((NEXT,), (At(8, Refuse()), At(10, Refuse()))),
        ),
    ),
}
