"""Bugs found by the simulator or by hand, as the shortest histories that show them.

They are kept as data, because the history of a seed changes with the generator. The laws must hold in each.
"""

from __future__ import annotations

from dataclasses import dataclass

from reviewbot.domain.github.pull_request import MOST_REPLACED
from tests.simulation.codevf import Life
from tests.simulation.histories import Episode, History, Step
from tests.simulation.laws import CONVERGES, NEVER_GREEN, NO_BUG, NOTHING_LOST, PAY_ONCE, WITHIN_LIMIT
from tests.simulation.oracle import Mind
from tests.simulation.people import Move
from tests.simulation.schedule import At, Begin, Delay, Kill, Lose, Meanwhile, Switch
from tests.simulation.world import ROUTES, Setting, Start

NEXT, PUSH, COLLECT = (Start(kind) for kind in ("next", "push", "collect"))
RUN = Episode((NEXT,))
READY = Setting((("review-on", "ready"),))
NOWHERE, MISQUOTED, ELSEWHERE = 11, 41, 23
"""Sloppiness with which the oracle cites `EVIL1` without line and quote, with other code, three lines below."""

READY_ALONE = Setting((("review-on", "ready"), ("summary-comment", "false")))


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
        "A push between the reading of the pull request and of its diff: the check of the old head turns green by the "
        "new head's diff.",
        NEVER_GREEN,
        history(RUN, Move("evil", 0, 4), Episode((NEXT,), (At(1, Meanwhile(Move("revert"))),))),
    ),
    "waited-then-bought": Bug(
        "Two of three runs at once: the one that has looked up an older task does not see that the other has bought.",
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
        "Two runs at once, and one carries out a command that cancels the deferred purchase: it buys the next attempt, "
        "and the other the first.",
        PAY_ONCE,
        history(
            RUN,
            Move("same_beginning"),
            Episode((NEXT, PUSH, PUSH), (At(3, Switch()), At(9, Meanwhile(Move("cancel", 3, 3))))),
            setting=Setting((("wait-minutes", "0"),)),
        ),
    ),
    "other-scope": Bug(
        "Two runs at once, and a person deletes the summary between their readings: one buys what is new, the other "
        "the whole change.",
        PAY_ONCE,
        history(
            RUN,
            Move("rename"),
            Episode((NEXT, NEXT), (At(3, Meanwhile(Move("delete_summary", 3, 1))), At(4, Switch()))),
        ),
    ),
    "other-scope-and-base": Bug(
        "Two runs at once, and the base changes between their readings, so that their check runs have two names: one "
        "buys what is new, the other the whole change.",
        PAY_ONCE,
        history(
            RUN,
            Move("copy"),
            Episode((NEXT, NEXT), (At(4, Meanwhile(Move("retarget", 1))), At(4, Switch()))),
        ),
    ),
    "other-scope-for-another-base": Bug(
        "Two runs at once, and the pull request goes back to the first of two bases between their readings: each looks "
        "under its own name for what was recorded first; one buys what is new, the other the whole change.",
        PAY_ONCE,
        history(
            Move("retarget", 1),
            *(Move("note"), Episode((PUSH,)), Move("note", 1)),
            Episode(
                (PUSH, PUSH),
                (At(5, Meanwhile(Move("retarget"))), At(6, Switch()), At(13, Switch()), At(16, Switch())),
            ),
        ),
    ),
    "other-scope-for-a-later-base": Bug(
        "The same where the pull request goes to another base: a run that began before that looks under the name "
        "against the first one alone.",
        PAY_ONCE,
        history(
            *(Move("note"), Episode((PUSH,)), Move("note", 1)),
            Episode((PUSH, PUSH), (At(1, Meanwhile(Move("retarget", 1))), At(2, Switch()))),
        ),
    ),
    "older-check-written-over": Bug(
        "A run that completes the check of an older head writes over the task that another run has recorded there "
        "since.",
        PAY_ONCE,
        history(
            Episode((COLLECT, COLLECT, COLLECT), (At(6, Begin(PUSH)),)),
            Episode(
                (COLLECT, PUSH, PUSH),
                (At(0, Switch()), At(4, Switch()), At(5, Meanwhile(Move("delete", 1, 3))), At(18, Switch())),
            ),
            Episode((NEXT,), (At(1, Delay(600)),)),
            Move("go_back"),
            setting=Setting((("wait-minutes", "0"),), life=Life(60, 300)),
        ),
    ),
    "head-check-written-over": Bug(
        "A run that waits for the review of an older head writes over the task that another run has recorded meanwhile "
        "in the check of this head, and the summary is deleted.",
        PAY_ONCE,
        history(
            *(RUN, Move("copy"), Move("fix")),
            Episode((PUSH,), (At(4, Begin(PUSH)),)),
            Move("delete_summary"),
            setting=Setting((("wait-minutes", "0"),), life=Life(2, 20)),
        ),
    ),
    "written-over": Bug(
        "Without check runs: a run that waits between reading and writing the summary writes over what another bought.",
        PAY_ONCE,
        history(
            RUN,
            Move("note"),
            Episode((PUSH, PUSH, PUSH), (At(12, Switch()), At(14, Switch()), At(15, Switch()))),
            Move("reopen", 1),
            Episode(
                (NEXT, PUSH, PUSH),
                (At(5, Begin(NEXT)), At(5, Switch()), At(7, Begin(COLLECT)), At(15, Meanwhile(Move("draft", 5, 5)))),
            ),
            Move("collect", 5, 4),
            Move("squash", 4, 2),
            setting=Setting((("check-run", "false"), ("wait-minutes", "0"))),
        ),
    ),
    "written-over-after-a-push": Bug(
        "Without check runs: a run reads the change of a new head after the summary, and writes over "
        "what another bought.",
        PAY_ONCE,
        history(
            Episode((PUSH, NEXT), (At(7, Meanwhile(Move("delete", 1, 5))), At(11, Switch()))),
            Episode((PUSH,)),
            setting=Setting((("check-run", "false"), ("wait-minutes", "0"))),
        ),
    ),
    "task-written-over": Bug(
        "A run that skips a review writes the intent of another run over the id of its task, and that run is killed.",
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
                    At(16, Kill(after=False)),
                ),
            ),
            Move("skip"),
            RUN,
            RUN,
        ),
    ),
    "key-that-is-forgotten": Bug(
        "A run is killed before it records its task, and no run starts within a day: its answer is out of reach, and "
        "the summary says so.",
        NOTHING_LOST,
        history(Move("note"), Episode((NEXT,), (At(7, Kill(after=False)),)), Move("a_day_later")),
    ),
    "key-that-is-called-off": Bug(
        "A run is killed before it records its task, and a person cancels the review: its answer is out of reach, and "
        "the summary says so.",
        NOTHING_LOST,
        history(
            Move("note"),
            Episode((NEXT,), (At(7, Kill(after=False)),)),
            Move("cancel"),
            setting=Setting((("check-run", "false"),)),
        ),
    ),
    "key-of-a-change-that-is-gone": Bug(
        "The answer to the creation of a task is lost, and a force-push takes its change away: its answer is out of "
        "reach, and the summary says so.",
        NOTHING_LOST,
        history(RUN, Move("evil"), Episode((NEXT,), (At(8, Lose(done=True)),)), Move("go_back")),
    ),
    "retargeted-bypass": Bug(
        "A bypass is given for one base, and the pull request goes to another before a run carries it out.",
        NEVER_GREEN,
        history(Move("evil"), Move("retarget", 1), Move("bypass", 1)),
    ),
    "stays-green-on-another-base": Bug(
        "With `review-on: ready`: nothing to review against the author's own branch is green, and stays so on main.",
        NEVER_GREEN,
        history(Episode((PUSH,)), Move("evil"), Move("own_base"), RUN, setting=READY),
    ),
    "squashed-without-summary": Bug(
        "Without a summary, after a force-push hides the check that had the finding: an answer that only confirms it "
        "is read again, and turns the check green.",
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
        "Without a summary and with `review-on: ready`: a finding of an older head, whose code is gone, comes in on a "
        "head that gets no check, and nothing shows it.",
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
        "Without check runs: a finding whose code is gone when its answer comes in has no comment, and once it is "
        "fixed, nothing shows it after the next push.",
        NOTHING_LOST,
        history(
            *(RUN, Move("evil", 0, 5), Episode((NEXT,), (At(12, Meanwhile(Move("revert"))),))),
            *(RUN, Move("note", 2), RUN, Move("harmless"), RUN, RUN),
            setting=Setting((("check-run", "false"), ("wait-minutes", "8"))),
        ),
    ),
    "pushed-then-force-pushed": Bug(
        "Without a summary: a push, then a force-push to an older head, before a review is in. GitHub names the head "
        "that was replaced, not the one before it, and its task is known from its check run alone.",
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
        "A collaborator who has pushed the flaw to another's pull request waives it.",
        NEVER_GREEN,
        history(Move("evil_by_kim"), Episode((PUSH,)), Move("waive_by_kim")),
    ),
    "two-summaries": Bug(
        "Two runs at once write a summary each, and no run removes one while no review is due.",
        CONVERGES,
        history(Move("skip"), Move("bypass", 3), Episode((NEXT, NEXT), (At(6, Switch()),))),
    ),
    "cancel-that-is-lost": Bug(
        "A newer head replaces a review, and CodeVF never hears that the older one is cancelled: both reviews come in, "
        "and the law allows that, but no check that is greener for it.",
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
        "With `review-on: ready`, a run that fails leaves `action_required` on a head that gets no check otherwise, "
        "and started again it does not say that no review is asked for.",
        CONVERGES,
        history(
            RUN, Move("harmless"), Episode((NEXT,), (At(3, Lose(done=True)),)), setting=READY_ALONE, starts_again=True
        ),
    ),
    "check-of-a-failed-run-on-an-unasked-head": Bug(
        "The same on a head whose check says that no review of it is asked for: it says that the run failed instead.",
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
        "With `review-on: ready`, a run cannot write the check of a head that waits for an older review, and it gets "
        "none: the law allows it, since one that says that no review is asked for lets no more through.",
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
        "A waiver whose run loses an answer of GitHub is refused as not kept, and no later run tries it again.",
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
        "A waiver whose run cannot read the pull request again before it publishes is refused, and not tried again.",
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
        "Without check runs, and after a person deleted the summary: one run asks for an approval, and the next buys.",
        CONVERGES,
        history(
            Move("evil"),
            Episode((NEXT, NEXT)),
            Move("delete_summary"),
            setting=Setting((("check-run", "false"),)),
        ),
    ),
    "hidden-check": Bug(
        "With `review-on: ready`: another workflow's check run with our tag hides an open one of ours for ever.",
        CONVERGES,
        history(
            Episode((NEXT,)),
            Move("evil"),
            Episode((COLLECT, COLLECT), (At(12, Delay(30)),)),
            Episode((PUSH,), (At(2, Meanwhile(Move("forged_check", 2))),)),
            Move("revert"),
            Move("go_back"),
            setting=Setting((("review-on", "ready"), ("wait-minutes", "0"))),
        ),
    ),
    "unread-change": Bug(
        "A run that skips a review loses GitHub's answer to its summary, and ends with a `TypeError`.",
        NO_BUG,
        history(Move("skip"), Episode((NEXT,), (At(2, Lose(done=True)),)), setting=Setting((("check-run", "false"),))),
    ),
    "twin-moved": Bug(
        "One of two identical files is moved and reviewed; the other, moved to the same place, counts as reviewed.",
        NEVER_GREEN,
        history(Move("rename", 1), Episode((PUSH,)), Move("revert"), Move("rename", 2), Episode((PUSH,))),
    ),
    "revert-of-a-fix": Bug(
        "A flaw is found, removed and called fixed, and the removal is reverted: must be red again.",
        NEVER_GREEN,
        history(Move("evil"), Episode((PUSH,)), Move("fix"), Episode((PUSH,)), Move("revert"), Episode((PUSH,))),
    ),
    "withdrawn-waiver-comes-back": Bug(
        "An older text of the summary is put back, with a waiver that was withdrawn.",
        NEVER_GREEN,
        history(
            Move("evil"), Episode((PUSH,)), Move("waive"), RUN, RUN, Move("unwaive"), RUN, RUN, Move("old_text", 1)
        ),
    ),
    "label-of-another-head": Bug(
        "A skip label counts for a head that it was not set on, by a check run that anybody has made.",
        NEVER_GREEN,
        history(Move("forged_check"), Move("skip"), Move("evil"), Move("forged_check")),
    ),
    "label-that-is-removed": Bug(
        "With `review-on: ready`: the skip label is removed, and the head that it had skipped stays green.",
        NEVER_GREEN,
        history(RUN, Move("evil"), RUN, Move("skip"), RUN, Move("skip"), RUN, setting=READY),
    ),
    "label-set-for-another-base": Bug(
        "A skip label that was set while the pull request was against another branch counts after a retarget.",
        NEVER_GREEN,
        history(Move("retarget", 1), Move("evil"), Episode((PUSH,)), Move("skip"), Move("retarget")),
    ),
    "sha-that-begins-alike": Bug(
        "A bypass names the beginning of a commit, and before a run carries it out the author pushes another commit "
        "that begins alike, with a check run that seems to have been there.",
        NEVER_GREEN,
        history(Move("bypass", 2), Move("same_beginning"), Move("forged_check")),
    ),
    "only-committed": Bug(
        "A collaborator who has committed the flaw in the opener's name waives it.",
        NEVER_GREEN,
        history(Move("evil_by_kim", 3), Episode((PUSH,)), Move("waive_by_kim")),
    ),
    "waiver-comes-back-on-a-head-without-check": Bug(
        "With `review-on: ready`: a waiver is withdrawn on a head that gets no check, and an older text is put back.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("waive"), RUN, RUN),
            *(Move("harmless"), RUN, Move("unwaive"), RUN, RUN, Move("old_text", 1), Move("review"), RUN, RUN),
            setting=READY,
        ),
    ),
    "waiver-comes-back-under-a-force-push": Bug(
        "An older text is put back with a withdrawn waiver, and a force-push hides the head whose check says so under "
        "one that no run has seen.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("waive"), RUN, RUN),
            *(Move("harmless"), RUN, Move("unwaive"), RUN, RUN, Move("note"), Move("go_back", 1), Move("old_text", 1)),
            *(Episode((PUSH,)), RUN),
        ),
    ),
    "waiver-comes-back-under-many-commits": Bug(
        "The same where more commits lie between the two heads than are read.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("waive"), RUN, RUN),
            *(Move("harmless"), RUN, Move("unwaive"), RUN, RUN),
            *(Move("note") for _ in range(MOST_REPLACED)),
            *(Move("go_back", MOST_REPLACED), Move("old_text", 1), Episode((PUSH,))),
        ),
    ),
    "waiver-comes-back-on-an-own-base": Bug(
        "An older text is put back with a withdrawn waiver, against a branch that has the head whose check says so, "
        "and is written there until it counts as the newer one.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("waive"), RUN, RUN, Move("unwaive"), RUN, RUN),
            *(Move("own_base"), Move("harmless"), Move("old_text", 1), Episode((PUSH,)), Move("harmless", 1)),
            *(Episode((PUSH,)), Move("harmless", 2), Episode((PUSH,)), Move("retarget"), Episode((PUSH,))),
        ),
    ),
    "carried-and-reverted": Bug(
        "A flaw without line and quote is carried into another change, which is red; it is called fixed elsewhere, and "
        "a revert turns the change green.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("note", 0, 3), Episode((PUSH,))),
            *(Move("fix"), Episode((PUSH,)), Move("revert"), Episode((PUSH,))),
            setting=Setting(mind=Mind(sloppiness=NOWHERE)),
        ),
    ),
    "carried-and-reset": Bug(
        "The same for a misquoted flaw, when a force-push puts the change back on another base.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("note", 0, 3), Episode((PUSH,)), Move("fix"), Episode((PUSH,))),
            *(Move("main_moves"), Move("revert"), Move("squash", 1), Episode((PUSH,))),
            setting=Setting(mind=Mind(sloppiness=MISQUOTED)),
        ),
    ),
    "renamed-and-back": Bug(
        "A flaw whose file is renamed and named back is taken for gone.",
        NEVER_GREEN,
        history(
            *(Move("evil"), RUN, Episode((PUSH,)), Move("note", 0, 3), Episode((PUSH,))),
            *(Move("rename"), Episode((PUSH,)), Move("revert"), Episode((PUSH,))),
            setting=Setting(mind=Mind(sloppiness=ELSEWHERE)),
        ),
    ),
    "one-copy-of-two": Bug(
        "A flaw that had two copies since is called fixed, and is not open again in the change that had one.",
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
        ),
    ),
    "waived-code-moves": Bug(
        "A waived line is removed and added to another file, where no one has accepted it.",
        NEVER_GREEN,
        history(
            *(Move("same_beginning"), RUN, Episode((PUSH,)), Move("waive"), RUN, RUN),
            *(Move("go_back"), Move("evil", 0, 2), Episode((PUSH,))),
        ),
    ),
    "unread-before-the-task": Bug(
        "Two runs at once record one intent. One cannot read GitHub before it creates the task, and ends the purchase; "
        "the other creates it and is killed, and the next run buys another attempt.",
        PAY_ONCE,
        history(
            Episode(
                (NEXT, PUSH),
                (At(5, Switch()), At(13, Switch()), At(14, Lose(done=False)), At(18, Kill(after=False))),
            ),
            setting=Setting((("max-credits-per-pr", "700"),)),
        ),
    ),
    "deferred-on-two-heads": Bug(
        "A run is killed after it has recorded a deferral in the check run only, and the same change is pushed "
        "as another commit: it counts as new at each run, and is never bought.",
        CONVERGES,
        history(
            Move("author_cancels"),
            Episode((NEXT,), (At(10, Kill(after=False)),)),
            Move("squash"),
            setting=Setting(config="quiet-minutes: 15\n"),
        ),
    ),
    "carried-and-forgotten": Bug(
        "The summary is deleted, and a force-push hides the review that found a flaw under more commits than are read: "
        "a later whole one, which calls it fixed, turns the change green.",
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
        "Without check runs: a run cannot read the change, and the next one finds that a rule gives it no review. The "
        "summary shows the error until a review replaces it.",
        CONVERGES,
        history(
            Episode((NEXT,), (At(2, Lose(done=False)),)),
            setting=Setting((("check-run", "false"),), ROUTES),
            starts_again=True,
        ),
    ),
    "limit-on-an-own-base": Bug(
        "Without a summary: the pull request goes to a branch that has its head, which hides the check run of that "
        "head, and the reviews after it begin with the whole limit.",
        WITHIN_LIMIT,
        history(
            *(RUN, Move("own_base"), Move("note"), Episode((PUSH,))),
            setting=Setting((("max-credits-per-pr", "700"), ("summary-comment", "false"))),
        ),
    ),
}
