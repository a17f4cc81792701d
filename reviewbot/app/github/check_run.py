"""Write the check run on the reviewed head. The check run contains a copy of the purchase."""

from __future__ import annotations

from reviewbot.app.context import RunContext
from reviewbot.app.output.views import counting_views, summary_view
from reviewbot.domain.github.check_identity import CheckTag, marked
from reviewbot.domain.github.drafts import MOST_ANNOTATIONS, Annotation, AnnotationLevel, CheckState
from reviewbot.domain.github.pull_request import GREEN, CheckRun, CheckStatus, Conclusion, is_covered, newest, not_green
from reviewbot.domain.ledger.external_id import decode_external_id, encode_external_id
from reviewbot.domain.machine.decisions.check_copies import is_only_copy, may_be_replaced, purchase_to_copy
from reviewbot.domain.machine.decisions.outcome import (
    CHECK_RUN,
    beside_another,
    check_to_write,
    for_check,
    judged_merge_base,
)
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import CheckRunWritten, Done
from reviewbot.domain.model.review import Severity, Side
from reviewbot.domain.policy.verdict import Outcome
from reviewbot.errors import ForgeUnreachable, Reason
from reviewbot.values import replace


def write_check_run(run: RunContext, known: Known, outcome: Outcome) -> CheckRunWritten | Done:
    """Write the check run on the reviewed head, unless the check run is up to date.

    GitHub shows one check for all pull requests with the same head. The check turns green only if the checks of all
    other open pull requests on this head are green.
    """
    shown = for_check(known, outcome)
    if shown is None:
        return Done()
    neighbour = _neighbour(run, known) if shown.conclusion in GREEN else known.wrote.neighbour
    known = replace(known, wrote=replace(known.wrote, neighbour=neighbour))
    state = check_state(run, known, shown)
    there = check_to_write(known)
    state = replace(state, external_id=_written_meanwhile(run, known, there) or state.external_id)
    target = there if there and not _has_another_record(run, known, state, there) else None
    try:
        check = _update_check(run, state, target)
    except ForgeUnreachable:
        now = newest(run.ports.forge.checks(state.head_sha, state.name, state.tag.number))
        check = _update_check(run, state, now if now and _is_own(now, state, target) else None)
    return CheckRunWritten(_uncovered(run, known, state, check), neighbour)


def _is_own(now: CheckRun, state: CheckState, target: CheckRun | None) -> bool:
    """Return whether a check run is unchanged or from this run. Other runs write a different `external_id`."""
    is_unchanged = target is not None and (now.id, now.external_id) == (target.id, target.external_id)
    return is_unchanged or now.external_id == state.external_id


def _written_meanwhile(run: RunContext, known: Known, there: CheckRun | None) -> str:
    """Return the `external_id` that another run has since written into the check run, or an empty string.

    That `external_id` may be the only record of a task, so this run must not overwrite it.
    """
    copy = decode_external_id(there.external_id, run.signer) if there else None
    if there is None or copy is None or not may_be_replaced(known, copy.purchase):
        return ""
    checks = run.ports.forge.checks(there.head_sha, there.name, known.snapshot.pull.number)
    return next((one.external_id for one in checks if one.id == there.id and one.external_id != there.external_id), "")


def _has_another_record(run: RunContext, known: Known, state: CheckState, there: CheckRun) -> bool:
    """Return whether a check run contains the only copy of another review, which must not be overwritten."""
    copy, new = (decode_external_id(one.external_id, run.signer) for one in (there, state))
    older = (*known.stored.older_checks, *known.snapshot.older_checks)
    copies = (decode_external_id(one.external_id, run.signer) for one in older)
    others = {one.purchase.key for one in copies if one}
    return copy is not None and new is not None and is_only_copy(known, copy.purchase, new.purchase, others)


def _neighbour(run: RunContext, known: Known) -> int:
    head = known.head_sha
    numbers = not_green(known.snapshot.other_checks, head)
    heads = run.ports.forge.heads(numbers) if numbers else {}
    return next((number for number in numbers if heads.get(number) == head), 0)


def _uncovered(run: RunContext, known: Known, state: CheckState, check: CheckRun | None) -> CheckRun | None:
    """Create the check run again if another pull request's later check run hides it and only one of them is green.

    If this pull request is closed or its head has moved, create nothing, because the other pull request decides.
    """
    now = known.snapshot
    if any(one.head_sha == known.head_sha for one in now.other_checks):
        now = run.read_snapshot()  # the other pull request's check may have been written since
    here = now.pull.is_open and known.reviewed is None
    if check is None or not here or not is_covered(check, now.other_checks):
        return check
    return run.attempt(CHECK_RUN, run.ports.forge.create_check, state) or check


def _update_check(run: RunContext, state: CheckState, there: CheckRun | None) -> CheckRun | None:
    own = there if there and not there.foreign else None  # an App cannot write another App's check run
    if own and _says_the_same(own, state):
        return own
    forge = run.ports.forge
    # GitHub appends annotations, so a completed check run is replaced by a new one with the same name.
    usable = own if own and own.status != CheckStatus.COMPLETED else None
    if usable:
        return run.attempt(CHECK_RUN, forge.update_check, usable.id, state)
    return run.attempt(CHECK_RUN, forge.create_check, state)


def _says_the_same(there: CheckRun, state: CheckState) -> bool:
    return (
        there.status == state.status
        and (there.conclusion or None) == (state.conclusion.value if state.conclusion else None)
        and (there.external_id, there.title, there.tag) == (state.external_id, state.title, state.tag)
    )


def check_state(run: RunContext, known: Known, own: Outcome) -> CheckState:
    """Return the check run to write. Its tag has the pull request's own outcome, which a shared head may hide."""
    outcome = beside_another(known, own)
    title, text = run.renderer.check(summary_view(run, known, outcome))
    tag, copy = _tag(known, own), _external_id(run, known)
    is_green = tag.verdict in GREEN
    base_ref = known.request.base_ref if known.request.shares_name and is_green else ""
    findings = "".join(sorted(one.id for one in counting_views(known)))
    says = f"{outcome.message} {outcome.hint} {findings}" if tag.verdict == Conclusion.ACTION_REQUIRED else ""
    return CheckState(
        name=known.request.check_name,
        head_sha=known.head_sha,
        status=CheckStatus.COMPLETED if outcome.conclusion else CheckStatus.IN_PROGRESS,
        conclusion=outcome.conclusion,
        title=title,
        summary=text,
        external_id=copy,
        tag=marked(tag, copy, base_ref=base_ref, merge_base=judged_merge_base(known, own), says=says),
        details_url=known.summary.url if known.summary else None,
        # GitHub appends annotations, so they are sent once, with the verdict.
        annotations=annotations_of(run, known) if outcome.conclusion else (),
    )


def _tag(known: Known, own: Outcome) -> CheckTag:
    verdict = own.conclusion or ""
    pushed = known.proof.push_record if own.reason is Reason.BOT else ""
    record = known.proof.skip_record if known.proof.skips else pushed
    skip = record if verdict == Conclusion.SKIPPED else ""
    return CheckTag(known.snapshot.pull.number, verdict, skip, asks=bool(known.ledger.questions.open()))


def _external_id(run: RunContext, known: Known) -> str:
    there = check_to_write(known)
    handed = there.external_id if there else ""
    copy = decode_external_id(handed, run.signer)
    copied = purchase_to_copy(known, copy.purchase if copy else None)
    return encode_external_id(copied, known.ledger, run.signer) if copied else handed


def annotations_of(run: RunContext, known: Known) -> tuple[Annotation, ...]:
    """Return annotations for findings at the head, worst first, or none if the head has moved since the review.

    In that case, the check run is on the reviewed head, but the line numbers are those of the new head.
    """
    if known.reviewed:
        return ()
    shown = known.change.by_path
    ordered = sorted(counting_views(known), key=lambda one: (one.severity.rank, one.path, one.line or 0))
    found = []
    for view in ordered:
        if view.line is None or view.side is Side.LEFT or view.path not in shown:
            continue
        title, message = run.renderer.annotation(view)
        start = view.start_line or view.line
        found.append(Annotation(view.path, start, view.line, _level(view.severity), title, message))
        if len(found) == MOST_ANNOTATIONS:
            break
    return tuple(found)


def _level(severity: Severity) -> AnnotationLevel:
    if severity.at_least(Severity.CRITICAL):
        return AnnotationLevel.FAILURE
    return AnnotationLevel.WARNING if severity.at_least(Severity.MEDIUM) else AnnotationLevel.NOTICE
