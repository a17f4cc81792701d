"""Determine the outcome of a run, and where it is shown."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.domain.diff.text_index import digest
from reviewbot.domain.findings.markers import review_mark
from reviewbot.domain.findings.redacted_lines import is_tracked
from reviewbot.domain.github.check_identity import mark_of
from reviewbot.domain.github.pull_request import GREEN, CheckRun, CheckStatus, Conclusion, Snapshot, newest
from reviewbot.domain.ledger.codec import MAX_RECORDS
from reviewbot.domain.ledger.external_id import ExternalId, names_open_task
from reviewbot.domain.ledger.ledger import Ledger, Purchase, TaskState
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.events import ReviewEvent
from reviewbot.domain.model.options import ReviewKind, ReviewOn, Tolerance
from reviewbot.domain.policy import verdict
from reviewbot.domain.policy.eligibility import has_no_other_token
from reviewbot.domain.policy.verdict import Outcome, Reason, Rules, Status, Verdict, blocks
from reviewbot.domain.publishing.comment_diff import summaries
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import NoKey, PermissionMissing, ReviewbotError
from reviewbot.values import replace

CHECK_RUN = "Writing the check run"
SUMMARY = "Writing the summary comment"
COMMENTS = "Writing review comments"

_DEFERRED_BY_OTHERS = "A run with other settings deferred this review, so the next run on the pull request buys it."

_MAY_WRITE_NOTHING = PermissionMissing(
    "The token can write neither comments nor check runs.",
    hint="Add `checks: write` and `pull-requests: write` to the job's `permissions:`. The job summary and the report "
    "files contain the whole review.",
)


_CHECK_STAYS_GREEN = PermissionMissing(
    "Findings block, but the check on this head still passes, because it could not be written.",
    hint="Re-run the review. If the token lacks `checks: write`, first add it to the job's `permissions:`.",
)

_GROUP_HAS_NO_CHECK = PermissionMissing(
    "The token cannot write the merge group's check run, so the merge queue waits for it.",
    hint="Add `checks: write` to the `permissions:` of the job for the merge queue.",
)

_ANSWER = "answer "
_FORK_WITHOUT_KEY = (
    "You cannot fix this. GitHub does not pass the CodeVF key to `pull_request` workflows from forks, so a maintainer "
    "must run this workflow with the key."
)


def failure(known: Known, error: ReviewbotError) -> Outcome:
    trigger = known.request.trigger
    is_secretless = isinstance(trigger, ReviewEvent) and trigger.name == "pull_request"
    if isinstance(error, NoKey) and known.snapshot.pull.from_fork and is_secretless:
        return replace(verdict.did_not_happen(error, Tolerance.PASS), message=_FORK_WITHOUT_KEY)
    return verdict.did_not_happen(error, known.request.judgement.rules.on_error)


def by_findings(known: Known, rules: Rules, *, readable: bool) -> Outcome:
    """Judge by the open findings. An answer that a maintainer accepted for this head counts as readable."""
    severities, readable = known.ledger.findings.severities(known.task_id), readable or known.accepted_by != ""
    outcome = verdict.judge(severities, readable=readable, coverage=known.coverage, rules=rules)
    lost = any(_gaps(known)) or (outcome.verdict is Verdict.PASS and any(_missing(known)))
    return verdict.incomplete_history(outcome, rules) if lost else outcome


def why_incomplete(known: Known) -> Iterator[str]:
    """Yield why earlier findings may be missing, for the log."""
    yield from _gaps(known)
    yield from _missing(known)
    if known.may_lack_history:
        yield "the record of earlier reviews is missing or not trusted"


def _gaps(known: Known) -> Iterator[str]:
    ledger, own = known.ledger, known.purchase
    if ledger.findings.broken:
        yield "the record of findings is incomplete"
    if own and not ledger.is_founded(own):
        yield "the review builds on a review that is not finished"


def _missing(known: Known) -> Iterator[str]:
    ledger, own, findings = known.ledger, known.purchase, known.ledger.findings
    # A long ledger drops closed findings.
    is_cut = findings.beyond or len(findings.records) > MAX_RECORDS // 2
    has_earlier = is_cut or any(one.found != known.task_id for one in findings.records)
    if own and own.confirms and own.is_whole and not has_earlier:
        yield "the record lacks the findings that the reviewer was asked to confirm"
    unread = (one for one in ledger.open_tasks() if one.task_id != known.task_id)
    if any(one.key in known.stored.finished for one in unread):
        yield "the findings of a finished review were not read again"
    if ledger.forgets(known.change.index.change):
        yield "the record lacks a blocking finding of an earlier review"
    if not is_tracked(known.change.views, findings, known.request.instance):
        yield "redacted lines that may be code have no finding"


def newer_head() -> Outcome:
    return verdict.superseded("The pull request has a newer head commit, which reviewbot reviews instead.")


def newer_base() -> Outcome:
    """Return the outcome of a green run if the base has changed and the check of the new base has the same name."""
    return verdict.superseded("The base branch has changed. The next run checks the pull request against the new base.")


def current_check(snapshot: Snapshot) -> CheckRun | None:
    """Return the newest check run with reviewbot's name on the head, from any App. GitHub shows only this one."""
    return newest(snapshot.checks)


def check_to_write(known: Known) -> CheckRun | None:
    """Return the check run of this run, else the newest one on the head, or None if the head has moved."""
    return known.wrote.check or (None if known.reviewed else current_check(known.snapshot))


def not_asked_for(known: Known) -> Outcome:
    """Return the outcome if no review is requested.

    The conclusion is `action_required` if an open, outdated or misleading check would otherwise stay on the head.
    """
    request, pull, ledger = known.request, known.snapshot.pull, known.ledger
    deferred = ledger.deferred()
    begun = any(one.head_sha == pull.head_sha for one in ledger.intents())
    if (known.awaited or begun or deferred) and pull.is_open:
        if deferred and known.awaited is None and not begun:
            return verdict.deferred(request.judgement.rules, _DEFERRED_BY_OTHERS)
        return verdict.pending(request.judgement.rules)
    # Ignore check runs of other Apps: GitHub requires the check of this App.
    outcome, there = _why_not(known), newest(one for one in known.snapshot.checks if not one.foreign)
    if there is None:
        # GitHub also shows the checks of other pull requests with the same head. Without a check run of this pull
        # request, such a check can turn green.
        is_seen = _is_green_elsewhere(known) or (pull.is_open and request.check_run and _has_bases(known))
        return replace(outcome, conclusion=Conclusion.ACTION_REQUIRED) if is_seen else outcome
    open_task = names_open_task(there.external_id)
    if open_task and there.id not in known.stored.on_head:
        return outcome  # only a run with the key that signed this check run may update it
    left = there.status != CheckStatus.COMPLETED or open_task or (pull.is_open and _is_outdated(known, there))
    left = left or (there.verdict not in GREEN and _is_green_elsewhere(known, there.id))
    return replace(outcome, conclusion=Conclusion.ACTION_REQUIRED) if left and known.awaited is None else outcome


def _has_bases(known: Known) -> bool:
    """Return whether checks against several base branches have this name."""
    names = known.request.check_names
    return bool(names.bases) and known.request.check_name == names.plain


def _is_green_elsewhere(known: Known, since: int = 0) -> bool:
    """Return whether GitHub shows another pull request's green check with an id above `since` on this head."""
    pull = known.snapshot.pull
    shown = newest(one for one in known.snapshot.other_checks if one.head_sha == pull.head_sha and not one.foreign)
    is_green = shown is not None and shown.id > since and shown.conclusion in GREEN
    return pull.is_open and known.request.check_run and is_green


def _is_outdated(known: Known, there: CheckRun) -> bool:
    """Return whether a check run on this head is outdated. A skipped one is outdated, because the skip has ended."""
    request, bought = known.request, _purchase_in(known, there)
    match there.verdict:
        case Conclusion.SUCCESS:
            # By now, the base branch may contain a part of the head's history.
            is_this_diff = there.tag is not None and there.tag.merge_base == mark_of(known.change.change.merge_base)
            is_this_base = not request.shares_name or (bool(there.external_id) and _is_of_this_base(known, there))
            return not is_this_base or (known.is_read and not is_this_diff)
        case Conclusion.ACTION_REQUIRED if request.may_buy:
            return bought.head_sha != known.snapshot.pull.head_sha if bought else not there.external_id
        case verdict:
            return verdict == Conclusion.SKIPPED


def _why_not(known: Known) -> Outcome:
    if not known.snapshot.pull.is_open:
        return verdict.not_due(Reason.CLOSED)
    if known.request.policy.review_on is ReviewOn.PUSH:
        message = "This head has no review, and this run does not buy one. Push, or comment `/reviewbot review`."
        return verdict.not_due(Reason.NOT_REQUESTED, message)
    return verdict.not_due(Reason.NOT_REQUESTED)


def without_review(known: Known) -> Outcome:
    """Return the outcome if no file of the change is selected or a rule skips the review.

    A check of another base branch with the same name must not turn green. Otherwise, the pull request would pass after
    its base is changed back to that branch.
    """
    checks, reason = known.snapshot.checks, Reason.NOTHING_SELECTED if known.request.is_due else Reason.ROUTE
    if not known.request.shares_name or all(_is_of_this_base(known, one) for one in checks):
        return verdict.not_due(reason)
    message = (
        f"This commit was reviewed against another base branch. It needs no review for "
        f"`{visible(known.snapshot.pull.base_ref)}`, but a success would also unblock it for the other branch."
    )
    hint = "Push another commit, which gets its own check."
    return replace(verdict.not_due(reason, message), hint=hint, conclusion=Conclusion.ACTION_REQUIRED)


def _is_of_this_base(known: Known, check: CheckRun) -> bool:
    """Return whether the purchase in a check is for this base. A check without a purchase must be green."""
    if not check.external_id:
        return check.verdict in GREEN
    bought = _purchase_in(known, check)
    return bought is not None and bought.base_ref == known.snapshot.pull.base_ref


def _purchase_in(known: Known, check: CheckRun) -> Purchase | None:
    """Return the purchase in a check run on the head, or None if the copy is not signed with this key."""
    copy = known.stored.on_head.get(check.id)
    return known.ledger.recorded(copy.purchase) if copy else None


def failed_to_write(outcome: Outcome, error: ReviewbotError, reason: Reason = Reason.NOT_PUBLISHED) -> Outcome:
    """Return the outcome after a failed write to GitHub. The next run tries again."""
    return replace(undelivered(outcome), reason=reason, message=error.message, hint=error.hint)


def undelivered(outcome: Outcome) -> Outcome:
    return replace(outcome, exit_status=verdict.first_exit_status(verdict.EXIT_NOT_PUBLISHED, outcome.exit_status))


def apply_bypass(known: Known, outcome: Outcome) -> Outcome:
    """Apply a bypass of this head and base, unless the base changed during this run.

    A bypass for the new base does not apply to this run's check, which is against the old base. A free review stores no
    bypass, so the next run would not know it.
    """
    bypass, base_ref = known.ledger.bypass, known.snapshot.pull.base_ref
    is_for_it = bypass is not None and bypass.is_of(known.head_sha, base_ref) and base_ref == known.request.base_ref
    return verdict.bypassed(outcome) if is_for_it and known.request.paid else outcome


def requests_changes(known: Known, outcome: Outcome) -> bool:
    """Return whether findings block and `review-event` is `request-changes`."""
    wanted = known.purchase is not None and known.purchase.judgement.review_kind is ReviewKind.REQUEST_CHANGES
    return wanted and apply_bypass(known, outcome).verdict is Verdict.FAIL


def begins_to_block(known: Known) -> bool:
    """Return whether this run is the first to publish this answer, or findings block that did not block before.

    Otherwise, a maintainer may have dismissed the request for changes.
    """
    own, found = known.purchase, known.found
    if own is None or known.reviewed or not known.request.paid:
        return False
    before = found.recorded(own)
    is_first = before is None or not (before.state.is_over or own.key in known.stored.finished)
    blocked = any(blocks(one, known.judgement.rules.fail_on) for one in found.findings.severities(known.task_id))
    return is_first or (found.findings.records != () and not blocked)


def requests(snapshot: Snapshot, instance: str) -> tuple[int, ...]:
    """Return the ids of reviewbot's requests for changes that are not dismissed."""
    mark = review_mark(instance)
    return tuple(one.id for one in snapshot.reviews if one.state == "CHANGES_REQUESTED" and one.body.startswith(mark))


def ends_requests(known: Known, outcome: Outcome) -> bool:
    """Return whether the head passes although reviewbot's request for changes is still there."""
    is_current = known.snapshot.pull.is_open and known.reviewed is None
    passes = apply_bypass(known, outcome).conclusion in GREEN
    return is_current and passes and bool(requests(known.snapshot, known.request.instance))


def for_check(known: Known, outcome: Outcome) -> Outcome | None:
    """Return the outcome that the check run shows, or None if no check run is written."""
    outcome = apply_bypass(known, outcome)
    if outcome.conclusion in GREEN and known.has_other_base:
        there = current_check(known.snapshot)
        if there is not None and there.verdict not in GREEN:
            return None  # the run for the new base has written this check
        outcome = newer_base()
    is_written = outcome.conclusion is not None or outcome.status is Status.PENDING
    return outcome if known.request.check_run and is_written else None


def statement(outcome: Outcome) -> str:
    """Return `Ledger.stated` for a summary without an answer. A failure includes a digest of the message."""
    said = f"{outcome.reason} {outcome.conclusion or 'open'}"
    is_failure = outcome.conclusion is Conclusion.ACTION_REQUIRED
    return f"{said} {digest(outcome.message + outcome.hint)[:8]}" if is_failure else said


def answer_of(task_id: str) -> str:
    """Return `Ledger.stated` for a summary that shows the answer of a task."""
    return f"{_ANSWER}{task_id}"


def shows_answer(ledger: Ledger) -> bool:
    return not ledger.stated or ledger.stated.startswith(_ANSWER)


def keeps_text(known: Known) -> bool:
    """Return whether the summary keeps its text: the newer head has its own purchase, or this run lacks the answer.

    A text without an answer about the newer head is replaced if this run has late answers, because no check shows these
    answers after the check of this head is completed.
    """
    ledger, own = known.stored.ledger, known.purchase
    if known.reviewed:
        has_own = any(one.head_sha == known.snapshot.pull.head_sha for one in ledger.purchases)
        is_hiding = not shows_answer(ledger) and known.report is None and known.ledgers.update.answers != ()
        return has_own and not is_hiding
    # If another answer was there before, CodeVF now says something else, so this run's outcome replaces the text.
    is_by_record = own is not None and own.state is TaskState.DONE and known.task is None
    is_valid = is_by_record or ledger.stated != known.found.stated
    return known.report is None and is_valid and ledger.stated == answer_of(known.task_id)


def contradicts(ledger: Ledger, outcome: Outcome) -> bool:
    """Return whether the summary states another outcome, so that the text must be replaced.

    An answer stays until the next answer, because the ledger does not contain the whole answer. An outcome without a
    conclusion replaces only an error, and only if no review is requested.
    """
    said = ledger.stated
    if outcome.conclusion is None:
        is_error = f" {Conclusion.ACTION_REQUIRED} " in said and not said.startswith(outcome.reason)
        return is_error and outcome.reason is Reason.NOT_REQUESTED
    return not shows_answer(ledger) and said != statement(outcome)


def is_contradicted(known: Known, outcome: Outcome) -> bool:
    """Return whether the summary must be written again for this outcome."""
    written, outcome = known.ledgers.written, apply_bypass(known, outcome)
    is_outdated = contradicts(written, outcome) or _shows_an_earlier_head(known, outcome)
    return known.is_read and known.reviewed is None and is_outdated


def _shows_an_earlier_head(known: Known, outcome: Outcome) -> bool:
    ledger = known.ledgers.written
    shown = next((one.head_sha for one in ledger.purchases if answer_of(one.task_id) == ledger.stated), "")
    return outcome.status is Status.FAILED and shown not in {"", known.snapshot.pull.head_sha}


def summary_is_due(known: Known, outcome: Outcome) -> bool:
    """Return whether to write the summary: for an update, for another outcome, or if nothing else shows the verdict."""
    there = summaries(known.snapshot.comments, known.request.instance).keep
    if there is not None and known.request.is_keyless:
        return False  # without the key, a run can neither read nor sign the ledger
    is_shown = outcome.conclusion is None or known.wrote.check or known.summary or there
    is_outdated = is_contradicted(known, outcome)
    return known.request.summary_comment and (known.has_news or is_outdated or not is_shown)


def head_has_moved(before: Known, now: Known) -> bool:
    return now.snapshot.pull.head_sha != before.snapshot.pull.head_sha


def stands_in_summary(known: Known) -> bool:
    """Return whether a summary comment exists and this run may edit the comment."""
    return known.request.summary_comment and known.summary is not None and SUMMARY not in known.wrote.denied


def left_open(known: Known, check: CheckRun, copy: ExternalId | None) -> Purchase | None:
    """Return the finished purchase in an older check run that is not updated yet, or None."""
    bought = known.ledger.recorded(copy.purchase) if copy else None
    left = check.status != CheckStatus.COMPLETED or names_open_task(check.external_id)
    is_over = bought is not None and bought.state.is_over
    return bought if left and is_over and not (known.reviewed and check.head_sha == known.reviewed.sha) else None


def judged_merge_base(known: Known, outcome: Outcome) -> str | None:
    """Return the merge base of the diff that a green outcome is about, or None if the outcome is not green.

    The label `skip-review` and a bot's own pull request do not depend on the diff, so the string is empty. Some runs
    read the diff only to update the summary, and must not write another check for it.
    """
    if outcome.conclusion not in GREEN:
        return None
    return "" if outcome.reason in {Reason.LABEL, Reason.BOT} else known.merge_base


def beside_another(known: Known, outcome: Outcome) -> Outcome:
    """Replace a green outcome if another pull request with the same head has no green verdict."""
    if not known.wrote.neighbour or outcome.conclusion not in GREEN:
        return outcome
    return verdict.shared_head(outcome, known.wrote.neighbour, known.judgement.rules)


def final_outcome(known: Known, outcome: Outcome, *, refused: bool) -> Outcome:
    if outcome.reason is Reason.MERGE_GROUP and CHECK_RUN in known.wrote.denied:
        outcome = failed_to_write(outcome, _GROUP_HAS_NO_CHECK)
    elif not refused and _nothing_stands(known):
        outcome = failed_to_write(outcome, _MAY_WRITE_NOTHING)
    elif _stays_green(known, outcome):
        outcome = failed_to_write(outcome, _CHECK_STAYS_GREEN)
    outcome = apply_bypass(known, outcome if known.wrote.check else verdict.without_check(outcome))
    return beside_another(known, outcome)


def _stays_green(known: Known, outcome: Outcome) -> bool:
    """Return whether the head's check stays green although findings block, because this run could not write it."""
    there = None if known.wrote.check or known.reviewed else current_check(known.snapshot)
    is_green = there is not None and there.verdict in GREEN
    return known.request.check_run and is_green and apply_bypass(known, outcome).verdict is Verdict.FAIL


def _nothing_stands(known: Known) -> bool:
    """Return whether the permissions of the workflow prevented the publication of every part."""
    request = known.request
    if known.wrote.posted or known.wrote.replies or not (known.ledgers.update.answers and known.wrote.denied):
        return False
    untaken = known.wrote.check is None and not stands_in_summary(known)
    return untaken and not has_no_other_token(known.snapshot.pull, request.trigger)
