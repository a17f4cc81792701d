"""Authorization of commands: who may use them, for which head or finding, and whether they were executed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from reviewbot.domain.commands.authorize import (
    Ask,
    Buy,
    Cancel,
    Collect,
    CommandAction,
    EditLedger,
    Refusal,
    Scope,
    Tell,
    asked_about,
    authorize,
    fitting,
    is_retried,
    refusal_after,
    unrecorded_withdrawals,
)
from reviewbot.domain.commands.parse import Command, CommandName, PostedCommand, parse
from reviewbot.domain.findings.lookup import ChangeIndex
from reviewbot.domain.findings.tracked_finding import Acceptance, Bypass, Findings, FindingState, TrackedFinding, Waiver
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Commit, Permission
from reviewbot.domain.ledger.edits import Accept, GrantBypass, Unwaive, Waive, apply_edits
from reviewbot.domain.ledger.ledger import Judgement, Ledger, Purchase, TaskState
from reviewbot.domain.model.options import FailOn
from reviewbot.domain.model.question import MOST_OPEN, Question, Questions, QuestionState
from reviewbot.domain.model.review import Severity
from reviewbot.domain.policy.eligibility import Asked
from reviewbot.domain.policy.verdict import Outcome, Reason, Rules, answered, did_not_happen, not_due, pending
from reviewbot.errors import ForgeUnreachable, OverBudget, ServiceUnreachable
from reviewbot.values import replace
from tests.domain.builders import HEAD, NOON, commit, pull, purchase

ASKED_AT = NOON + timedelta(minutes=5)
BOUGHT = purchase(state=TaskState.DONE, used=Decimal(100))
WAIVER = Waiver("wendy", "known", "")
MEDIUM = TrackedFinding("3f9a000001", Severity.MEDIUM, None, "medium", "a.py")
HIGH = TrackedFinding("3f9a000002", Severity.HIGH, None, "high", "a.py")
UNRATED = TrackedFinding("77aa000003", Severity.UNRATED, None, "unrated", "a.py")
FIXED = TrackedFinding("beef000004", Severity.LOW, None, "fixed", "a.py", state=FindingState.FIXED)
WAIVED = TrackedFinding("c0de000005", Severity.LOW, None, "waived", "a.py", waiver=WAIVER)
LEDGER = Ledger((BOUGHT,), findings=Findings((MEDIUM, HIGH, UNRATED, FIXED, WAIVED)))
THERE = pull()


def scope(**more: Any) -> Scope:  # noqa: ANN401 — any field
    return replace(
        Scope(THERE, Permission.ADMIN, LEDGER, FailOn.CRITICAL, needs_approval=False, paid=True, remembers=True), **more
    )


def action(text: str, by: str = "wendy", **more: Any) -> CommandAction:  # noqa: ANN401 — any field
    command = parse(f"/reviewbot {text}")
    assert command is not None
    return unstamped(authorize(PostedCommand(42, command, by, ASKED_AT), scope(**more)))


def unstamped(given: CommandAction) -> CommandAction:
    """Return an action without when and where its command was written."""
    return replace(given, edit=replace(given.edit, command="")) if isinstance(given, EditLedger) else given


COMMANDS = {
    "review": Permission.WRITE,
    "ask why": Permission.WRITE,
    "collect": Permission.WRITE,
    "cancel": Permission.WRITE,
    "waive 77aa because": Permission.WRITE,
    "unwaive c0de": Permission.WRITE,
    f"bypass {HEAD} because": Permission.MAINTAIN,
    "accept": Permission.MAINTAIN,
    "status": Permission.READ,
    "help": Permission.READ,
}


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("text", COMMANDS)
def test_each_command_has_its_least_permission(text: str, permission: Permission) -> None:
    refused = action(text, permission=permission) is Refusal.PERMISSION
    assert refused is not permission.at_least(COMMANDS[text])


@pytest.mark.parametrize("word", CommandName)
def test_every_command_needs_a_permission(word: CommandName) -> None:
    assert word.needs is not Permission.NONE


def test_an_unknown_command_is_answered_for_anyone() -> None:
    assert action("lgtm", permission=Permission.NONE) is Refusal.UNKNOWN
    assert (Refusal.UNKNOWN.reaction, Refusal.OWN.reaction) == (Reaction.CONFUSED, Reaction.NO)


def test_wrong_arguments_are_answered_for_anyone() -> None:
    assert action("cancel now", permission=Permission.NONE) is Refusal.ARGUMENTS
    assert Refusal.ARGUMENTS.reaction is Reaction.CONFUSED


def test_a_review_is_bought_for_the_head_at_the_time_of_the_comment() -> None:
    assert action("review") == Buy(Asked("wendy", "42", HEAD))
    assert action("review", ledger=Ledger()) == Buy(Asked("wendy", "42", HEAD)), "no approval is required"
    assert action(f"review {HEAD[:12]}", ledger=Ledger()) == Buy(Asked("wendy", "42", HEAD))
    assert action("review 1234567") is Refusal.OTHER_HEAD


BY_HEAD = ["review", f"review {HEAD[:12]}", f"bypass {HEAD[:7]} now", "waive 77aa because"]


def recorded(seconds: float, **more: Any) -> Ledger:  # noqa: ANN401 — any field
    """Return a ledger with a purchase of the head, recorded this many seconds after the comment."""
    at = (ASKED_AT + timedelta(seconds=seconds)).isoformat()
    return replace(LEDGER, purchases=(replace(BOUGHT, **{"head_at": at, **more}),))


@pytest.mark.parametrize(
    "ledger",
    [
        replace(LEDGER, purchases=()),
        recorded(1),
        recorded(-60, head_sha="d" * 40),
        # an external id can be on any commit
        recorded(0, head_at=""),
    ],
)
@pytest.mark.parametrize("text", BY_HEAD)
def test_without_a_signed_record_the_head_must_be_named(text: str, ledger: Ledger) -> None:
    assert action(text, ledger=ledger, needs_approval=True) is Refusal.NEWER_HEAD


@pytest.mark.parametrize("text", [f"review {HEAD}", f"bypass {HEAD} now"])
def test_the_whole_sha_needs_no_record(text: str) -> None:
    assert isinstance(action(text, ledger=Ledger(), needs_approval=True), Buy | EditLedger)


@pytest.mark.parametrize("text", BY_HEAD)
def test_a_command_applies_to_the_head_recorded_before_the_comment(text: str) -> None:
    stayed = replace(THERE, forced_at=ASKED_AT - timedelta(seconds=61))
    assert isinstance(action(text, ledger=recorded(-60), needs_approval=True), Buy | EditLedger)
    assert isinstance(action(text, ledger=recorded(-60), needs_approval=True, pull=stayed), Buy | EditLedger)


@pytest.mark.parametrize("forced", [-60, -30, 30])
@pytest.mark.parametrize("text", BY_HEAD)
def test_a_command_does_not_apply_to_a_restored_older_head(text: str, forced: float) -> None:
    back = replace(THERE, forced_at=ASKED_AT + timedelta(seconds=forced))
    assert action(text, ledger=recorded(-60), needs_approval=True, pull=back) is Refusal.NEWER_HEAD


def test_a_bypass_names_its_commit() -> None:
    assert action("bypass it burns") is Refusal.NO_COMMIT
    assert action("bypass 1234567 now") is Refusal.OTHER_HEAD
    assert action(f"bypass {HEAD[:6]} now") is Refusal.NO_COMMIT, "the SHA is read as a part of the reason"
    assert action(f"bypass {HEAD} now") == EditLedger(GrantBypass(HEAD, "main", "wendy", "now"))


@pytest.mark.parametrize(("seconds", "refused"), [(-1, False), (0, True), (1, True)])
@pytest.mark.parametrize("text", [f"bypass {HEAD} now", "accept"])
def test_a_bypass_and_an_acceptance_apply_to_the_base_at_the_time_of_the_comment(
    text: str,
    seconds: float,
    refused: bool,  # noqa: FBT001 — a column
) -> None:
    moved = replace(THERE, retargeted_at=ASKED_AT + timedelta(seconds=seconds))
    ledger = replace(LEDGER, purchases=(UNREAD,))
    assert (action(text, pull=moved, ledger=ledger) is Refusal.OTHER_BASE) is refused


def test_a_reopened_finding_blocks_any_head() -> None:
    assert isinstance(action("unwaive c0de", ledger=replace(LEDGER, purchases=())), EditLedger)


UNREAD = replace(BOUGHT, unread=True, read_at=(ASKED_AT - timedelta(seconds=30)).isoformat())
LATER = (ASKED_AT + timedelta(seconds=1)).isoformat()
ACCEPT = EditLedger(Accept(HEAD, "main", "task_1", "wendy"))


@pytest.mark.parametrize(
    ("purchases", "came"),
    [
        ((UNREAD,), ACCEPT),
        ((replace(UNREAD, read_at=ASKED_AT.isoformat()),), ACCEPT),
        ((replace(UNREAD, read_at=LATER),), Refusal.NEWER_ANSWER),
        ((BOUGHT,), Refusal.NO_ANSWER),
        ((), Refusal.NO_ANSWER),
        ((replace(UNREAD, state=TaskState.OPEN),), Refusal.NO_ANSWER),
        ((replace(UNREAD, head_sha="d" * 40),), Refusal.NO_ANSWER),
        ((replace(UNREAD, base_ref="next"),), Refusal.NO_ANSWER),
        ((UNREAD, replace(UNREAD, base_ref="next", task_id="task_2")), ACCEPT),
        ((UNREAD, replace(BOUGHT, attempt=2, task_id="task_2")), Refusal.NO_ANSWER),
        ((BOUGHT, replace(UNREAD, attempt=2)), ACCEPT),
        ((replace(UNREAD, head_at=LATER),), Refusal.NEWER_HEAD),
        ((replace(UNREAD, head_at=""),), Refusal.NEWER_HEAD),
    ],
)
def test_only_an_answer_that_was_published_before_the_comment_is_accepted(
    purchases: tuple[Purchase, ...], came: CommandAction
) -> None:
    assert action("accept", ledger=replace(LEDGER, purchases=purchases)) == came


def test_no_author_accepts_an_answer() -> None:
    ledger = replace(LEDGER, purchases=(UNREAD,))
    pushed = pull(commits=(commit("ann", committer="wendy"),))
    assert action("accept", by="ann", ledger=ledger) is Refusal.OWN
    assert action("accept", ledger=ledger, pull=pushed) is Refusal.OWN
    assert action("accept", ledger=ledger, pull=pull(commit_count=300)) is Refusal.UNKNOWN_AUTHORS
    assert action("accept now", ledger=ledger) is Refusal.ARGUMENTS


def test_an_acceptance_counts_once_it_is_in_the_ledger() -> None:
    assert refusal_after(ACCEPT, None, LEDGER) is Refusal.NOT_KEPT
    accepted = Acceptance(HEAD, "main", "task_1", "w")
    for other in (replace(accepted, task_id="task_2"), replace(accepted, base_ref="next")):
        assert refusal_after(ACCEPT, None, replace(LEDGER, acceptance=other)) is Refusal.NOT_KEPT
    assert refusal_after(ACCEPT, None, replace(LEDGER, acceptance=accepted)) is None


@pytest.mark.parametrize("text", ["review", "waive 77aa because", "unwaive c0de", f"bypass {HEAD} because", "accept"])
def test_nothing_is_bought_or_bypassed_on_a_closed_pull_request(text: str) -> None:
    assert action(text, pull=pull(is_open=False)) is Refusal.CLOSED


def test_collect_status_and_help_work_on_a_closed_pull_request() -> None:
    closed = pull(is_open=False)
    assert isinstance(action("collect", pull=closed, paid=False), Collect)
    assert isinstance(action("status", pull=closed, paid=False), Tell)
    assert isinstance(action("help", pull=closed, paid=False), Tell)


def bought(state: TaskState) -> Ledger:
    return replace(LEDGER, purchases=(replace(BOUGHT, state=state),))


@pytest.mark.parametrize(
    ("state", "came"),
    [
        (TaskState.OPEN, Cancel(tasks=(BOUGHT.task_id,))),
        (TaskState.DEFERRED, Cancel()),
        (TaskState.INTENT, Cancel(is_unknown=True)),
        (TaskState.DONE, Refusal.NOTHING_OPEN),
        (TaskState.ENDED, Refusal.NOTHING_OPEN),
    ],
)
def test_open_and_deferred_reviews_are_cancelled(state: TaskState, came: CommandAction) -> None:
    assert action("cancel", ledger=bought(state)) == came


@pytest.mark.parametrize("text", ["cancel", "waive 77aa because", "unwaive c0de", f"bypass {HEAD} because", "accept"])
def test_the_local_reviewers_ledger_is_not_trusted(text: str) -> None:
    assert action(text, paid=False) is Refusal.FREE


def test_without_a_summary_no_edit_can_be_recorded() -> None:
    assert action("waive 77aa because", remembers=False) is Refusal.NO_MEMORY


def test_a_finding_is_waived_by_the_beginning_of_its_id() -> None:
    assert action("waive 77aa because") == EditLedger(Waive(UNRATED.id, "wendy", "because", "main"), UNRATED)
    assert action("waive 3f9a000001 because") == EditLedger(Waive(MEDIUM.id, "wendy", "because", "main"), MEDIUM)
    assert action("waive 3f9a because") is Refusal.SEVERAL_FINDINGS
    assert action("waive 0000 because") is Refusal.NO_FINDING
    assert action("waive because") is Refusal.NO_FINDING
    assert action("unwaive") is Refusal.NO_FINDING
    assert action("waive beef because") is action("unwaive beef") is Refusal.NOT_OPEN, "it is fixed"


@pytest.mark.parametrize("text", ["waive 77aa", "bypass", f"bypass {HEAD}"])
def test_a_waiver_or_bypass_needs_a_reason(text: str) -> None:
    assert action(text) is Refusal.NO_REASON


@pytest.mark.parametrize(
    ("finding", "fail_on", "frozen", "refused"),
    [
        (MEDIUM, FailOn.CRITICAL, FailOn.CRITICAL, False),
        (HIGH, FailOn.CRITICAL, FailOn.CRITICAL, False),
        (HIGH, FailOn.HIGH, FailOn.CRITICAL, True),
        (MEDIUM, FailOn.CRITICAL, FailOn.MEDIUM, True),
        (UNRATED, FailOn.CRITICAL, FailOn.CRITICAL, True),
        (UNRATED, FailOn.NEVER, FailOn.CRITICAL, True),
        (UNRATED, FailOn.NEVER, FailOn.NEVER, False),
    ],
)
def test_authors_cannot_waive_findings_that_block(
    finding: TrackedFinding,
    fail_on: FailOn,
    frozen: FailOn,
    refused: bool,  # noqa: FBT001 — a column
) -> None:
    bought = replace(BOUGHT, judgement=Judgement(Rules(fail_on=frozen)))
    ledger = replace(LEDGER, purchases=(bought,))
    came = action(f"waive {finding.id} because", by="Ann", fail_on=fail_on, ledger=ledger)
    assert (came is Refusal.OWN) is refused
    unknown = replace(THERE, author=None, commits=(commit(None),))
    assert isinstance(action(f"waive {finding.id} because", by="Ann", pull=unknown, ledger=ledger), EditLedger)


@pytest.mark.parametrize(("by", "base_ref"), [("Ann", ""), ("wendy", "main")])
def test_a_waiver_records_the_base_against_which_its_writer_is_not_an_author(by: str, base_ref: str) -> None:
    assert action(f"waive {MEDIUM.id} because", by=by) == EditLedger(Waive(MEDIUM.id, by, "because", base_ref), MEDIUM)


@pytest.mark.parametrize("text", ["waive 77aa because", f"bypass {HEAD} now"])
@pytest.mark.parametrize(
    "made",
    [
        commit("ann", "Kim"),
        commit("ann", committer="kim"),
        commit("kim", committer="ann"),
        commit(None, committer="Kim"),
    ],
)
def test_an_author_or_committer_of_a_commit_is_an_author(text: str, made: Commit) -> None:
    both = replace(THERE, commits=(replace(made, sha="d" * 40), commit("ann")), commit_count=2)
    assert action(text, by="kim", pull=both) is Refusal.OWN
    assert isinstance(action(text, by="wendy", pull=both), EditLedger)
    assert isinstance(action("unwaive c0de", by="kim", pull=both), EditLedger)


@pytest.mark.parametrize("text", ["waive 77aa because", f"bypass {HEAD} now"])
@pytest.mark.parametrize(
    "more",
    [
        {"commit_count": 101},
        {"commits": (replace(commit("ann"), sha="d" * 40),)},
        {"commits": (replace(commit("ann"), authors=None),)},
    ],
)
def test_with_unknown_commits_nothing_is_waived_or_bypassed(text: str, more: Any) -> None:  # noqa: ANN401 — a column
    assert action(text, pull=replace(THERE, **more)) is Refusal.UNKNOWN_AUTHORS
    assert isinstance(action(f"waive {MEDIUM.id} because", pull=replace(THERE, **more)), EditLedger), (
        "it does not block"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"author": "github-actions", "author_is_bot": True},
        {"commits": (commit("github-actions[bot]"),)},
        {"commits": (commit("ann", committer="github-actions[bot]"),)},
        {"commits": (commit("ann", "Release-App[bot]"),)},
    ],
)
def test_a_maintainer_waives_what_blocks_in_the_code_of_a_workflow(fields: dict[str, Any]) -> None:
    made = replace(THERE, **fields)
    assert action("waive 77aa because", pull=made, permission=Permission.WRITE) is Refusal.BY_WORKFLOW
    assert isinstance(action("waive 77aa because", pull=made, permission=Permission.MAINTAIN), EditLedger)
    assert isinstance(action(f"waive {MEDIUM.id} because", pull=made, permission=Permission.WRITE), EditLedger)
    assert isinstance(action(f"bypass {HEAD} it burns", pull=made, permission=Permission.MAINTAIN), EditLedger)
    listed = ("github-actions[bot]", "release-app[bot]")
    assert isinstance(action("waive 77aa because", pull=made, permission=Permission.WRITE, bots=listed), EditLedger)


def test_a_waiver_is_refused_if_an_answer_was_read_since() -> None:
    """The answer may have made the finding worse, or have closed the one that the beginning of an id meant."""
    there, later = (replace(LEDGER, purchases=(replace(BOUGHT, read_at=at),)) for at in (ASKED_AT.isoformat(), LATER))
    assert isinstance(action("waive 77aa because", ledger=there), EditLedger)
    for text in ("waive 77aa because", f"waive {MEDIUM.id} because"):
        assert action(text, ledger=later) is Refusal.NEWER_ANSWER
    for text in ("waive c0de because", "unwaive c0de", f"bypass {HEAD} because"):
        assert isinstance(action(text, ledger=later), EditLedger)
    edit = Waive(UNRATED.id, "wendy", "because", command=f"{ASKED_AT.isoformat()} {42:020}")
    assert refusal_after(EditLedger(edit, UNRATED), PENDING, later) is Refusal.NEWER_ANSWER
    assert refusal_after(EditLedger(edit, UNRATED), PENDING, there) is Refusal.NOT_KEPT


def test_the_beginning_of_an_id_is_of_one_finding_open_or_not() -> None:
    both = replace(LEDGER, findings=Findings((UNRATED, replace(FIXED, id="77aa000004"))))
    assert action("waive 77aa because", ledger=both) is Refusal.SEVERAL_FINDINGS
    assert isinstance(action(f"waive {UNRATED.id} because", ledger=both), EditLedger)
    assert isinstance(action("unwaive 77aa", ledger=both), EditLedger)


def test_an_existing_waiver_is_withdrawn() -> None:
    assert action("unwaive c0de", by="ann") == EditLedger(Unwaive(WAIVED.id), WAIVED)
    assert action("unwaive 77aa") == EditLedger(Unwaive(UNRATED.id), UNRATED), "an older waive may come later"


def test_a_head_is_bypassed_by_a_user_who_is_not_an_author() -> None:
    assert action(f"bypass {HEAD} it burns") == EditLedger(GrantBypass(HEAD, "main", "wendy", "it burns"))
    assert action(f"bypass {HEAD} it burns", by="ANN") is Refusal.OWN


# --- Whether it was executed ------------------------------------------------------------------------------------------

PENDING = pending(Rules())
BUY = Buy(Asked("wendy", "42", HEAD))
THROUGH = EditLedger(GrantBypass(HEAD, "main", "wendy", "x"))


@pytest.mark.parametrize(
    ("did", "outcome", "ledger", "refusal"),
    [
        (Refusal.OWN, None, LEDGER, Refusal.OWN),
        (Tell(), None, LEDGER, None),
        (Collect(), not_due(Reason.NOT_REQUESTED), LEDGER, None),
        (BUY, PENDING, LEDGER, None),
        (BUY, answered(carried_out=True, message=""), LEDGER, None),
        (BUY, not_due(Reason.DRAFT), LEDGER, Refusal.NOT_DONE),
        (BUY, None, LEDGER, Refusal.NOT_DONE),
        (Cancel(), PENDING, bought(TaskState.ENDED), None),
        (Cancel(tasks=(BOUGHT.task_id,)), PENDING, bought(TaskState.DONE), Refusal.NOTHING_OPEN),
        (Cancel(tasks=(BOUGHT.task_id, "task_7")), PENDING, bought(TaskState.DONE), None),
        (Cancel(), PENDING, bought(TaskState.OPEN), Refusal.NOT_CANCELLED),
        (Cancel(), PENDING, bought(TaskState.INTENT), Refusal.NOT_CANCELLED),
        (Cancel(is_unknown=True), PENDING, bought(TaskState.ENDED), Refusal.NOT_CANCELLED),
        (Cancel(), PENDING, bought(TaskState.DEFERRED), Refusal.NOT_CANCELLED),
        (EditLedger(Waive(WAIVED.id, "wendy", "x")), PENDING, LEDGER, None),
        (EditLedger(Waive(MEDIUM.id, "wendy", "x")), PENDING, LEDGER, Refusal.NOT_KEPT),
        (EditLedger(Waive("0000000000", "wendy", "x")), PENDING, LEDGER, Refusal.NOT_KEPT),
        (EditLedger(Unwaive(MEDIUM.id)), PENDING, LEDGER, None),
        (EditLedger(Unwaive("0000000000")), PENDING, LEDGER, None),
        (EditLedger(Unwaive(WAIVED.id)), PENDING, LEDGER, Refusal.NOT_KEPT),
        (THROUGH, PENDING, replace(LEDGER, bypass=Bypass(HEAD, "main", "wendy", "x")), None),
        (THROUGH, PENDING, LEDGER, Refusal.NOT_KEPT),
        (THROUGH, PENDING, replace(LEDGER, bypass=Bypass("d" * 40, "main", "w", "x")), Refusal.NOT_KEPT),
        (THROUGH, PENDING, replace(LEDGER, bypass=Bypass(HEAD, "next", "w", "x")), Refusal.NOT_KEPT),
    ],
)
def test_only_a_recorded_command_counts_as_done(
    did: CommandAction, outcome: Outcome | None, ledger: Ledger, refusal: Refusal | None
) -> None:
    assert refusal_after(did, outcome, ledger) is refusal


def test_an_edit_that_github_did_not_accept_is_retried() -> None:
    away = did_not_happen(ForgeUnreachable("GitHub is away."))
    assert is_retried(THROUGH, away)
    unpublished = replace(PENDING, reason=Reason.NOT_PUBLISHED)
    assert is_retried(EditLedger(Unwaive(WAIVED.id)), unpublished)
    assert not is_retried(THROUGH, unpublished), "the ledger has it"
    assert not is_retried(THROUGH, PENDING)
    assert not is_retried(THROUGH, None)
    assert not is_retried(BUY, away)


# --- In the thread of a finding ---------------------------------------------------------------------------------------


def in_thread(text: str, *findings: TrackedFinding, by: str = "wendy", **more: Any) -> CommandAction:  # noqa: ANN401 — any field
    ids = tuple(one.id for one in findings)
    command = parse(f"/reviewbot {text}", findings=ids)
    assert command is not None
    posted = PostedCommand(42, command, by, ASKED_AT, in_thread=True, findings=ids)
    return unstamped(authorize(posted, scope(**more)))


def waived(finding: TrackedFinding, reason: str) -> CommandAction:
    return EditLedger(Waive(finding.id, "wendy", reason, "main"), finding)


def test_an_ambiguous_command_lists_the_findings_that_it_can_apply_to() -> None:
    def choices(text: str, *ids: str) -> tuple[TrackedFinding, ...]:
        command = parse(f"/reviewbot {text}", findings=ids)
        assert command is not None
        return fitting(PostedCommand(42, command, "wendy", ASKED_AT, findings=ids), LEDGER.findings)

    assert set(choices("waive it is a test", UNRATED.id, MEDIUM.id, FIXED.id)) == {MEDIUM, UNRATED}
    assert choices(f"waive {FIXED.id} it is a test", UNRATED.id) == (), (
        "the finding is closed, whatever the thread is about"
    )
    assert choices("unwaive", UNRATED.id, WAIVED.id) == (WAIVED,)


@pytest.mark.parametrize(
    ("text", "came"),
    [
        ("waive it is a test", waived(UNRATED, "it is a test")),
        ("waive 77AA it is a test", waived(UNRATED, "it is a test")),
        ("waive 77aa000003 it is a test", waived(UNRATED, "it is a test")),
        ("waive added by the generator", waived(UNRATED, "added by the generator")),
        ("waive 3f9a000001 it is a test", waived(MEDIUM, "it is a test")),
        ("waive facade it is a test", waived(UNRATED, "facade it is a test")),
        ("waive 3f9a it is a test", Refusal.OTHER_FINDING),
        ("waive beef it is a test", waived(UNRATED, "beef it is a test")),
        ("waive 0000000000 it is a test", Refusal.NO_FINDING),
        ("waive", Refusal.NO_REASON),
        ("waive 77aa", Refusal.NO_REASON),
    ],
)
def test_the_thread_determines_which_finding_is_waived(text: str, came: CommandAction) -> None:
    assert in_thread(text, UNRATED) == came


def test_of_several_findings_of_one_comment_the_command_names_one() -> None:
    assert in_thread("waive it is a test", MEDIUM, UNRATED) is Refusal.SEVERAL_FINDINGS
    assert in_thread("waive 77aa it is a test", MEDIUM, UNRATED) == waived(UNRATED, "it is a test")
    assert in_thread("waive it is a test", FIXED, UNRATED) == waived(UNRATED, "it is a test"), "the other one is closed"
    assert in_thread("waive it is a test", FIXED) is Refusal.NOT_OPEN


def test_a_waiver_is_withdrawn_in_the_thread() -> None:
    assert in_thread("unwaive", WAIVED) == EditLedger(Unwaive(WAIVED.id), WAIVED)
    assert in_thread("unwaive", WAIVED, UNRATED) == EditLedger(Unwaive(WAIVED.id), WAIVED), "one of them is waived"
    assert in_thread("unwaive c0de", UNRATED) == EditLedger(Unwaive(WAIVED.id), WAIVED)
    assert in_thread("unwaive", UNRATED) == EditLedger(Unwaive(UNRATED.id), UNRATED)


def test_the_rules_in_a_thread_are_those_of_the_conversation() -> None:
    assert in_thread("waive it is a test", UNRATED, permission=Permission.TRIAGE) is Refusal.PERMISSION
    assert in_thread("waive it is a test", UNRATED, by="Ann") is Refusal.OWN
    assert in_thread("waive it is a test", UNRATED, ledger=recorded(1)) is Refusal.NEWER_HEAD
    assert in_thread("waive it is a test", UNRATED, pull=pull(is_open=False)) is Refusal.CLOSED
    assert in_thread("waive it is a test", UNRATED, paid=False) is Refusal.FREE


def test_a_reply_and_a_comment_with_the_same_id_request_different_reviews() -> None:
    assert in_thread("review", UNRATED) == Buy(Asked("wendy", "r42", HEAD))


def questions(*states: QuestionState) -> Ledger:
    """Return the ledger with a question in each of these states; the comment of the first is that of `action`."""
    made = (
        Question(str(42 + at), "", "ann", HIGH.id, one, f"task_{7 + at}", 120, None, "")
        for at, one in enumerate(states)
    )
    return replace(LEDGER, questions=Questions(tuple(made)))


def question(text: str, *findings: str) -> PostedCommand:
    command = parse(f"/reviewbot ask {text}", findings=findings)
    assert command is not None
    return PostedCommand(42, command, "wendy", ASKED_AT, in_thread=bool(findings), findings=findings)


def asks(text: str, *findings: str) -> CommandAction:
    return authorize(question(text, *findings), scope())


@pytest.mark.parametrize(
    ("text", "there", "came"),
    [
        ("Why?", (), Ask("Why?")),
        ("3f9a000001 Why?", (), Ask("3f9a000001 Why?", MEDIUM)),
        ("BEEF why is it fixed?", (), Ask("BEEF why is it fixed?", FIXED)),
        ("dead code?", (), Ask("dead code?")),
        ("3f9a why?", (), Refusal.SEVERAL_FINDINGS),
        ("0123456789 why?", (), Refusal.NO_FINDING),
        ("", (), Refusal.NO_QUESTION),
        ("77aa", (), Refusal.NO_QUESTION),
        ("Why?", (UNRATED.id,), Ask("Why?", UNRATED)),
        ("beef is a word here", (UNRATED.id,), Ask("beef is a word here", UNRATED)),
        ("3f9a000001 Why?", (UNRATED.id,), Ask("3f9a000001 Why?", MEDIUM)),
        ("Why?", (MEDIUM.id, HIGH.id), Refusal.SEVERAL_FINDINGS),
        ("3f9a000002 Why?", (MEDIUM.id, HIGH.id), Ask("3f9a000002 Why?", HIGH)),
    ],
)
def test_a_question_is_about_a_finding_or_the_pull_request(
    text: str, there: tuple[str, ...], came: CommandAction
) -> None:
    assert asks(text, *there) == came


def test_the_answer_to_an_ambiguous_question_can_list_findings_that_are_fixed() -> None:
    other = replace(FIXED, id="beef000006", state=FindingState.OPEN)
    findings = Findings((*LEDGER.findings.records, other))
    assert asked_about(question("beef why?"), findings) == (FIXED, other)
    assert asked_about(question("Why?", FIXED.id, other.id), findings) == (FIXED, other)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"pull": pull(is_open=False)}, Refusal.CLOSED),
        ({"paid": False}, Refusal.FREE),
        ({"remembers": False}, Refusal.NO_MEMORY),
        ({"is_stale": True}, Refusal.TOO_OLD),
        ({"permission": Permission.TRIAGE}, Refusal.PERMISSION),
        ({"ledger": replace(questions(*[QuestionState.OPEN] * (MOST_OPEN + 1)), findings=Findings())}, None),
    ],
)
def test_a_bought_question_is_answered_despite_later_changes(more: dict[str, Any], why: Refusal | None) -> None:
    if why:
        assert action("ask why", **more) is why
    bought = action("ask why", **{"ledger": questions(QuestionState.OPEN), **more})
    assert bought == Ask("why", None if why is None else HIGH)


def test_few_questions_are_open_at_a_time() -> None:
    others = questions(QuestionState.ENDED, *[QuestionState.INTENT] * MOST_OPEN).questions.records[1:]
    assert action("ask why", ledger=replace(LEDGER, questions=Questions(others))) is Refusal.MANY_QUESTIONS
    assert action("ask why", ledger=replace(LEDGER, questions=Questions(others[1:]))) == Ask("why")


def test_cancelling_includes_questions() -> None:
    assert action("cancel", ledger=questions(QuestionState.OPEN)) == Cancel(tasks=("task_7",))
    assert action("cancel", ledger=questions(QuestionState.ANSWERED)) is Refusal.NOTHING_OPEN
    assert refusal_after(Cancel(), None, questions(QuestionState.OPEN)) is Refusal.NOT_CANCELLED
    assert refusal_after(Cancel(), None, questions(QuestionState.ENDED)) is None


def test_a_question_is_retried_while_a_service_is_down() -> None:
    for error, left in {ForgeUnreachable: True, ServiceUnreachable: True, OverBudget: False}.items():
        outcome = did_not_happen(error(""))
        assert is_retried(Ask("why"), outcome) is left
        assert refusal_after(Ask("why"), outcome, LEDGER) is Refusal.NOT_DONE


@pytest.mark.parametrize(
    ("text", "by"), [("waive 77aa because", "wendy"), (f"bypass {HEAD} because", "max"), ("unwaive c0de", "wendy")]
)
@pytest.mark.parametrize(
    ("last_edit", "refused"),
    [
        ("", False),
        (f"{(ASKED_AT - timedelta(seconds=1)).isoformat()} {100:020}", False),
        (f"{ASKED_AT.isoformat()} {7:020}", False),
        (f"{ASKED_AT.isoformat()} {42:020}", True),
        (f"{ASKED_AT.isoformat()} {100:020}", True),
        (f"{(ASKED_AT + timedelta(seconds=1)).isoformat()} {100:020}", True),
    ],
)
def test_a_command_is_not_executed_again_after_a_later_one(text: str, by: str, last_edit: str, refused: object) -> None:
    ledger = replace(scope().ledger, last_edit=last_edit)
    given = action(text, by, ledger=ledger, permission=Permission.MAINTAIN)
    assert (given is Refusal.SUPERSEDED) is (bool(refused) and not text.startswith("unwaive"))


def test_a_command_whose_effect_stands_is_executed_again() -> None:
    """A run was killed after it had written the ledger."""
    first = action("waive 77aa because")
    assert isinstance(first, EditLedger)
    stamped = replace(first.edit, command=f"{ASKED_AT.isoformat()} {42:020}")
    ledger = apply_edits(scope().ledger, (stamped,), ChangeIndex((), frozenset()))
    assert ledger.last_edit == f"{ASKED_AT.isoformat()} {42:020}"
    again = action("waive 77aa because", ledger=ledger)
    assert isinstance(again, EditLedger)
    assert again.edit == first.edit
    edit = Unwaive("77aa000003", f"{ASKED_AT.isoformat()} {43:020}")
    withdrawn = apply_edits(ledger, (edit,), ChangeIndex((), frozenset()))
    assert withdrawn.last_edit == edit.command


def test_a_withdrawal_counts_although_another_run_has_written_over_it() -> None:
    commands = [
        Command(CommandName.UNWAIVE, WAIVED.id),
        Command(CommandName.UNWAIVE, HIGH.id),
        Command(CommandName.WAIVE, WAIVED.id, "because"),
    ]
    posted = [PostedCommand(42, command, "wendy", ASKED_AT) for command in commands]
    [edit] = unrecorded_withdrawals(LEDGER, posted)
    assert edit == Unwaive(WAIVED.id, posted[0].stamp)
    assert unrecorded_withdrawals(replace(LEDGER, last_edit=edit.command), posted) == ()


def test_the_beginning_of_two_recorded_heads_names_neither() -> None:
    before, twin = (ASKED_AT - timedelta(hours=1)).isoformat(), f"{HEAD[:7]}{'f' * 33}"
    one, other = (replace(BOUGHT, head_sha=head, head_at=before, identity=head) for head in (HEAD, twin))
    assert isinstance(action(f"bypass {HEAD[:7]} why", ledger=replace(LEDGER, purchases=(one,))), EditLedger)
    both = replace(LEDGER, purchases=(one, other))
    assert action(f"bypass {HEAD[:7]} why", ledger=both) is Refusal.NEWER_HEAD
    assert isinstance(action(f"bypass {HEAD} why", ledger=both), EditLedger)
