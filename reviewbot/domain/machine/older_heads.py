"""Whether the green check of an older head would still be green, so that a force-push back to it does not pass with it.

No run judges an older head. What is recorded about it decides, without reading its change.
"""

from __future__ import annotations

from collections.abc import Collection

from reviewbot.domain.findings.tracked_finding import Judged
from reviewbot.domain.github.check_identity import base_mark
from reviewbot.domain.github.pull_request import RECENT_COMMITS, CheckRun, Conclusion
from reviewbot.domain.github.shared_heads import GREEN
from reviewbot.domain.ledger.edits import Unwaive
from reviewbot.domain.ledger.external_id import ExternalId
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.events import ReviewEvent
from reviewbot.domain.model.options import FailOn, Tolerance
from reviewbot.domain.policy.eligibility import SKIP_LABEL
from reviewbot.domain.policy.verdict import Coverage, blocks


def outlives(known: Known, check: CheckRun, copy: ExternalId | None, records: Collection[str]) -> bool:
    """Return whether a check is green, and a run on its head and base might not be.

    It is of an older head, or of this head against another base; no run judges it until then.

    Args:
        known: what the run knows at its end.
        check: the check run, which GitHub shows.
        copy: the purchase in it.
        records: the records by which its head would still be skipped (`skip_record`).
    """
    pull, tag = known.snapshot.pull, check.tag
    if check.conclusion not in GREEN or tag is None or not pull.is_open:
        return False
    shares_name = known.request.shares_name and check.name in known.snapshot.check_names[:1]
    is_for_another_base = shares_name and tag.base != base_mark(pull.base_ref)
    if is_for_another_base or any(isinstance(one, Unwaive) for one in known.memory.update.edits):
        return True
    if tag.verdict != Conclusion.SUCCESS:
        return tag.skip not in records if tag.skip else _blocks_now(known, known.request.strictest_fail_on)
    ended = known.stored.ended
    if ended is not None and ended.head_sha == check.head_sha:
        return True
    bought = known.ledger.recorded(copy.purchase) if copy else None
    if bought is None or copy is None:
        return _blocks_now(known, known.request.strictest_fail_on)
    return not _passes(known, check, copy, bought)


def hides_older_heads(known: Known) -> bool:
    """Return whether an older head may have lost its verdict in this run, and the snapshot does not have every head.

    After a withdrawn waiver or an ended bypass, they were all read for the ledger.
    """
    pull, trigger = known.snapshot.pull, known.request.trigger
    if pull.forced_at is None and pull.commit_count <= RECENT_COMMITS:
        return False
    is_event = isinstance(trigger, ReviewEvent) and (
        (trigger.action == "edited" and known.request.shares_name)
        or (trigger.action, trigger.label) == ("unlabeled", SKIP_LABEL)
    )
    return is_event or _finds_another(known)


def _finds_another(known: Known) -> bool:
    """Return whether a finding blocks that did not count before."""
    before, fail_on = known.found.findings, known.judgement.rules.fail_on
    old = {one.id for one in before.records if one.counts}
    return any(
        one.counts and one.id not in old and blocks(one.severity, fail_on) for one in known.ledger.findings.records
    )


def _passes(known: Known, check: CheckRun, copy: ExternalId, bought: Purchase) -> bool:
    """Return whether a review still passes, as far as it is recorded.

    A finding that blocked needs a waiver even if its code is gone now. One that is open now, and that this review did
    not know, may be in the older head's code, too.
    """
    ledger, rules, pull = known.ledger, bought.judgement.rules, known.snapshot.pull
    accepted = ledger.acceptance
    is_accepted = accepted is not None and accepted.is_of(check.head_sha, pull.base_ref, bought.task_id)
    is_read = not bought.unread or is_accepted
    is_whole = bought.coverage is Coverage.FULL or rules.on_partial is Tolerance.PASS
    if TaskState.DONE not in {bought.state, copy.purchase.state} or not (is_read and is_whole):
        return False
    blocked = [one for one in ledger.judged_on(bought) if one.blocks]
    return all(_is_waived(known, one) for one in blocked) and not _blocks_now(known, rules.fail_on)


def _blocks_now(known: Known, fail_on: FailOn) -> bool:
    findings = known.ledger.findings
    severities = [*(one.severity for one in findings.records if one.counts), *dict(findings.beyond)]
    return any(blocks(one, fail_on) for one in severities)


def _is_waived(known: Known, judged: Judged) -> bool:
    """Return whether a finding still has the waiver that it had, which is for a file exactly as it was."""
    now, before = known.ledger.findings.find(judged.id), known.found.findings.find(judged.id)
    if now is None or now.waiver is None:
        return False
    return before is None or before.waiver is None or before.waiver.file == now.waiver.file
