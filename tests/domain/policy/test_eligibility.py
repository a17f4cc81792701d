"""When a review is due, and who may cause spending."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reviewbot.domain.github.pull_request import Permission, PullRequest
from reviewbot.domain.model.events import DispatchEvent, ReviewEvent
from reviewbot.domain.model.options import Allow, ReviewOn
from reviewbot.domain.policy.eligibility import (
    Asked,
    AtTerminal,
    Policy,
    Trigger,
    approval_login,
    has_no_other_token,
    is_pushed_by_bot,
    is_requested,
    not_approved,
    not_due_for,
    requesters,
    skip_label_login,
    tries_again,
)
from reviewbot.domain.policy.verdict import Reason
from reviewbot.errors import NotApproved
from reviewbot.values import replace
from tests.domain.builders import HEAD, NOON, commit, labelled, pull

PLAIN = Policy(ReviewOn.PUSH, Allow.WRITE, "", drafts=False, bots=("Dependabot[bot]", "renovate[bot]"))
PEOPLE = {
    "wendy": Permission.WRITE,
    "max": Permission.MAINTAIN,
    "ada": Permission.ADMIN,
    "tom": Permission.TRIAGE,
    "rob": Permission.READ,
}


def refusal(one: PullRequest, given: Policy, trigger: Trigger) -> NotApproved | None:
    return not_approved(one, given, trigger, PEOPLE.get(approval_login(one, given, trigger), Permission.NONE))


def hint(one: PullRequest, given: Policy, trigger: Trigger) -> str:
    refused = refusal(one, given, trigger)
    assert refused
    return refused.hint


def policy(**more: Any) -> Policy:  # noqa: ANN401 — any field
    fields = {"review_on": ReviewOn.PUSH, "allow": Allow.WRITE, "approve_spend": "", "drafts": False, "bots": False}
    return Policy(**{**fields, **more})


def push(action: str = "synchronize", **more: Any) -> ReviewEvent:  # noqa: ANN401 — any field
    fields = {
        "name": "pull_request_target",
        "number": 7,
        "action": action,
        "head_sha": HEAD,
        "sender": "ann",
        "sender_is_bot": False,
        "label": None,
    }
    return ReviewEvent(**{**fields, **more})


def approval(sender: str = "wendy", **more: Any) -> ReviewEvent:  # noqa: ANN401 — any field
    return push(**{"action": "labeled", "sender": sender, "label": "buy-review", **more})


def reason(one: PullRequest, given: Policy = PLAIN, *, skips: bool = False, is_bots: bool = True) -> Reason | None:
    outcome = not_due_for(one, given, skips=skips, is_bots=is_bots)
    return outcome.reason if outcome else None


# --- Due or not -------------------------------------------------------------------------------------------------------


def test_a_pull_request_without_labels_needs_no_permission_lookup() -> None:
    assert reason(pull()) is None
    assert skip_label_login(pull(), push()) == ""


def test_closed_pull_requests_and_drafts_are_not_reviewed() -> None:
    assert reason(pull(is_open=False, is_draft=True)) is Reason.CLOSED
    assert reason(pull(is_draft=True)) is Reason.DRAFT
    assert reason(pull(is_draft=True), policy(drafts=True)) is None


def test_a_closed_state_takes_precedence_over_the_skip_label_and_the_label_over_a_draft() -> None:
    assert reason(pull(is_draft=True), skips=True) is Reason.LABEL
    assert reason(pull(), skips=True) is Reason.LABEL
    assert reason(pull(is_open=False), skips=True) is Reason.CLOSED


def marked(**more: Any) -> PullRequest:  # noqa: ANN401 — any field
    """Return a pull request with the label, last set by `max`."""
    events = (labelled("skip-review", "wendy"), labelled("skip-review", "max"), labelled("other", "ada"))
    return pull(**{"labels": frozenset({"skip-review"}), "label_events": events, **more})


SKIP = approval("max", label="skip-review")
LATER, BEFORE = NOON + timedelta(seconds=1), NOON - timedelta(seconds=1)


def test_in_its_own_event_a_label_counts_by_the_user_who_set_it() -> None:
    assert skip_label_login(marked(), SKIP) == "max"
    assert skip_label_login(marked(is_draft=True), SKIP) == "max"
    assert skip_label_login(marked(retargeted_at=BEFORE, forced_at=LATER), SKIP) == "max"


@pytest.mark.parametrize(
    "trigger",
    [
        replace(SKIP, head_sha="d" * 40),
        replace(SKIP, head_sha=None),
        replace(SKIP, action="unlabeled"),
        replace(SKIP, label="other"),
        replace(SKIP, sender="ada"),
        replace(SKIP, is_repeated=True),
        push(),
        Asked("max", "5", HEAD),
        DispatchEvent(7, "max", sha=HEAD),
    ],
)
def test_a_label_does_not_count_in_other_events(trigger: Trigger) -> None:
    assert skip_label_login(marked(), trigger) == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"labels": frozenset()},
        {"label_events": ()},
        {"label_events": (labelled("skip-review", "max"), labelled("skip-review", "ada"))},
        {"label_events": (labelled("skip-review", None),)},
        {"is_open": False},
        {"retargeted_at": NOON},
        {"retargeted_at": LATER},
    ],
)
def test_a_label_that_was_removed_set_again_or_set_for_another_base_does_not_count(fields: dict[str, Any]) -> None:
    assert skip_label_login(marked(**fields), SKIP) == ""


BOT = {"author": "renovate", "author_is_bot": True}


def test_a_bots_commits_count_only_if_the_bot_has_pushed_them() -> None:
    there = pull(**BOT, commits=(commit("renovate[bot]"),))
    assert (reason(there), reason(there, is_bots=False)) == (Reason.BOT, None)


@pytest.mark.parametrize(
    ("trigger", "fields", "pushed"),
    [
        (push("opened", sender="renovate[bot]"), BOT, True),
        (push(sender="renovate[bot]", is_repeated=True), BOT, True),
        (push(sender="ann"), BOT, False),
        (push(sender="renovate"), BOT, False),
        (push("labeled", sender="renovate[bot]"), BOT, False),
        (push("reopened", sender="renovate[bot]"), BOT, False),
        (push(sender="renovate[bot]", head_sha="d" * 40), BOT, False),
        (push(sender="dependabot[bot]"), BOT, False),
        (push(sender="ann"), {"author": "ann"}, False),
        (AtTerminal(), BOT, True),
        (AtTerminal(), {"author": "ann"}, False),
    ],
)
def test_only_a_push_by_the_bot_that_opened_the_pull_request_is_the_bots(
    trigger: Trigger, fields: dict[str, Any], *, pushed: bool
) -> None:
    assert is_pushed_by_bot(pull(**fields), trigger) is pushed


@pytest.mark.parametrize(
    ("fields", "skipped"),
    [
        ({"commits": (commit("renovate[bot]"), commit("Renovate[bot]"))}, True),
        ({"commits": (commit("renovate[bot]"), commit("renovate"))}, False),
        ({"commits": (commit("renovate[bot]", "ann"),)}, False),
        ({"commits": (commit("renovate[bot]", committer="Renovate[bot]"),)}, True),
        ({"commits": (commit("renovate[bot]", committer="ann"),)}, False),
        ({"commits": (commit("renovate[bot]"), commit("renovate[bot]", verified=False))}, False),
        ({"commits": (commit(None),)}, False),
        ({"commits": (commit(),)}, False),
        ({"commits": (commit("renovate[bot]"),) * 100, "commit_count": 101}, False),
        ({"commits": (commit("renovate[bot]"),) * 100, "commit_count": 100}, True),
        ({"commits": (commit("renovate[bot]"),), "author": None}, False),
        ({"commits": (commit(None),), "author": None}, False),
        ({"commits": (commit("renovate[bot]"),), "author_is_bot": False}, False),
        ({"commits": (commit("github-actions[bot]"),), "author": "github-actions"}, False),
        ({"commits": (commit("mergify[bot]"),), "author": "mergify"}, False),
        ({"commits": (commit("dependabot[bot]"),), "author": "dependabot"}, True),
    ],
)
def test_a_listed_bots_pull_request_is_skipped_while_all_commits_are_its_own(
    fields: dict[str, Any],
    skipped: bool,  # noqa: FBT001 — a table
) -> None:
    one = pull(**{**BOT, "commit_count": len(fields["commits"]), **fields})
    assert reason(one) is (Reason.BOT if skipped else None)
    assert reason(one, policy(bots=())) is None


# --- Requested --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("review_on", "trigger", "before", "requested"),
    [
        (ReviewOn.PUSH, push(), True, True),
        (ReviewOn.READY, push(), False, True),
        (ReviewOn.READY, push(), True, False),
        (ReviewOn.REQUEST, push(), False, False),
        (ReviewOn.REQUEST, push("labeled", label="other"), False, False),
        (ReviewOn.REQUEST, push("unlabeled", label="buy-review"), False, False),
        (ReviewOn.REQUEST, approval("stranger"), True, True),
        (ReviewOn.READY, approval(), True, True),
        (ReviewOn.REQUEST, DispatchEvent(7, "wendy"), True, True),
        (ReviewOn.READY, DispatchEvent(7, ""), True, True),
    ],
)
def test_review_on_decides_which_events_request_a_review(
    review_on: ReviewOn,
    trigger: Trigger,
    before: bool,  # noqa: FBT001 — a table
    requested: bool,  # noqa: FBT001 — a table
) -> None:
    given = policy(review_on=review_on, approve_spend="buy-review")
    assert is_requested(given, trigger, reviewed_before=before) == requested


@pytest.mark.parametrize(
    ("trigger", "again"),
    [
        (push(), True),
        (push("opened"), True),
        (push("reopened"), True),
        (push("ready_for_review"), True),
        (push("edited"), False),
        (push("labeled", label="other"), False),
        (push("unlabeled", label="buy-review"), False),
        (approval(), True),
        (DispatchEvent(7, "wendy"), True),
    ],
)
def test_only_code_events_and_people_start_another_attempt(trigger: Trigger, again: bool) -> None:  # noqa: FBT001
    assert tries_again(policy(approve_spend="buy-review"), trigger) == again


@pytest.mark.parametrize(
    ("trigger", "logins"),
    [
        (push(), ()),
        (push("labeled", label="other"), ()),
        (approval(), ("wendy",)),
        (approval("app", sender_is_bot=True), ()),
        (DispatchEvent(7, "wendy"), ("wendy",)),
        (DispatchEvent(7, ""), ()),
        (Asked("wendy", "5", HEAD), ("wendy",)),
        (AtTerminal(), ()),
    ],
)
def test_a_command_an_approval_label_or_a_manual_run_names_who_requested_a_review(
    trigger: Trigger, logins: tuple[str, ...]
) -> None:
    assert requesters(trigger, policy(approve_spend="buy-review")) == logins


def test_without_the_setting_no_label_requests_a_review() -> None:
    asks = push("labeled", label="")
    assert not is_requested(policy(review_on=ReviewOn.REQUEST), asks, reviewed_before=False)


# --- Approved ---------------------------------------------------------------------------------------------------------

FORK = {"from_fork": True}
LABEL = "buy-review"


@pytest.mark.parametrize(
    ("fork", "allow", "label", "trigger", "approved"),
    [
        # branches of the repository spend, unless a label is required
        (False, Allow.WRITE, "", push(sender="rob"), True),
        (False, Allow.WRITE, LABEL, push(sender="ada"), False),
        (False, Allow.ANYONE, LABEL, push(sender="ada"), False),
        (False, Allow.WRITE, LABEL, approval(), True),
        # a run that is started again repeats an approval that was used or withdrawn
        (False, Allow.WRITE, LABEL, approval(is_repeated=True), False),
        (True, Allow.WRITE, LABEL, approval(is_repeated=True), False),
        # a fork needs approval by a collaborator with write access
        (True, Allow.WRITE, "", push(sender="ada"), False),
        (True, Allow.WRITE, "", approval("ada"), False),
        (True, Allow.ANYONE, "", push(sender="stranger"), True),
        (True, Allow.ANYONE, LABEL, push(sender="ada"), False),
        (True, Allow.WRITE, LABEL, approval("wendy"), True),
        (True, Allow.WRITE, LABEL, approval("max"), True),
        (True, Allow.WRITE, LABEL, approval("tom"), False),
        (True, Allow.WRITE, LABEL, approval("stranger"), False),
        (True, Allow.WRITE, LABEL, approval(""), False),
        (True, Allow.WRITE, LABEL, approval("wendy", sender_is_bot=True), False),
        (True, Allow.WRITE, LABEL, approval("wendy", head_sha="e" * 40), False),
        (True, Allow.WRITE, LABEL, approval("wendy", head_sha=None), False),
        (True, Allow.WRITE, LABEL, approval("wendy", label="other"), False),
        (True, Allow.WRITE, LABEL, approval("wendy", action="unlabeled"), False),
        # a manual run
        (True, Allow.WRITE, "", DispatchEvent(7, "wendy", sha=HEAD), True),
        (True, Allow.WRITE, "", DispatchEvent(7, "wendy"), False),
        (True, Allow.WRITE, "", DispatchEvent(7, "wendy", sha="e" * 40), False),
        (True, Allow.WRITE, "", DispatchEvent(7, "wendy", sha=HEAD[:12]), False),
        (True, Allow.WRITE, "", DispatchEvent(7, "tom", sha=HEAD), False),
        (True, Allow.WRITE, "", DispatchEvent(7, "", sha=HEAD), False),
        (False, Allow.WRITE, LABEL, DispatchEvent(7, "ada", sha=HEAD), True),
        (False, Allow.WRITE, LABEL, DispatchEvent(7, "ada"), False),
    ],
)
def test_spending_needs_a_user_with_write_access(
    fork: bool,  # noqa: FBT001 — a table
    allow: Allow,
    label: str,
    trigger: Trigger,
    approved: bool,  # noqa: FBT001 — a table
) -> None:
    one = pull(**FORK) if fork else pull()
    given = policy(allow=allow, approve_spend=label)
    refused = refusal(one, given, trigger)
    assert (refused is None) is approved
    if refused:
        assert f"`gh workflow run reviewbot-review.yml -f pr=7 -f sha={HEAD}`" in refused.hint
        names = "manual run specifies" in refused.message
        assert names or (f"set the label `{LABEL}`" in refused.hint) == bool(label)


def test_a_manual_run_reviews_only_the_commit_that_it_names() -> None:
    for sha in ("", HEAD):
        assert not refusal(pull(), PLAIN, DispatchEvent(7, "wendy", sha=sha))
    for sha in (HEAD[:12], "e" * 40, "<b>main"):
        refused = refusal(pull(), PLAIN, DispatchEvent(7, "wendy", sha=sha))
        assert refused
        assert f"`{sha}`" in refused.message


def test_the_command_to_paste_starts_the_workflow_of_the_run() -> None:
    for trigger in (push(workflow="x.yml"), DispatchEvent(7, "wendy", workflow="x.yml")):
        assert f"`gh workflow run x.yml -f pr=7 -f sha={HEAD}`" in hint(pull(**FORK), PLAIN, trigger)


def test_a_label_that_is_already_set_must_be_set_again() -> None:
    there = pull(labels=frozenset({LABEL}))
    assert f"remove the label `{LABEL}` and set it again" in hint(there, policy(approve_spend=LABEL), push())


# --- Requested in a comment -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("review_on", ReviewOn)
def test_a_comment_can_request_a_review(review_on: ReviewOn) -> None:
    asked = Asked("rob", "5", HEAD)
    assert is_requested(policy(review_on=review_on), asked, reviewed_before=True)


@pytest.mark.parametrize(
    ("sender", "head", "approved"),
    [("wendy", HEAD, True), ("ada", HEAD, True), ("rob", HEAD, False), ("", HEAD, False), ("wendy", "d" * 40, False)],
)
def test_a_comment_approves_the_head_that_it_was_written_for(sender: str, head: str, approved: bool) -> None:  # noqa: FBT001 — a table
    for given_, one in ((policy(), pull(from_fork=True)), (policy(approve_spend="buy-review"), pull())):
        assert (refusal(one, given_, Asked(sender, "5", head)) is None) is approved


@pytest.mark.parametrize(
    ("from_fork", "trigger", "expected"),
    [
        (True, push(name="pull_request"), True),
        (True, push(name="pull_request_target"), False),
        (True, DispatchEvent(7, "wendy"), False),
        (False, push(name="pull_request"), False),
    ],
)
def test_github_gives_a_forks_own_event_no_other_token(from_fork: bool, trigger: Trigger, expected: bool) -> None:  # noqa: FBT001 — a table
    assert has_no_other_token(pull(from_fork=from_fork), trigger) is expected


def test_a_review_at_a_terminal_is_requested_and_approved() -> None:
    strict = policy(review_on=ReviewOn.REQUEST, approve_spend="buy-review")
    assert is_requested(strict, AtTerminal(), reviewed_before=True)
    assert not_approved(pull(from_fork=True), strict, AtTerminal(), Permission.NONE) is None
