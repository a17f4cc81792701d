"""Decide whether the checks of older heads still hold: no run judges an older head again."""

from __future__ import annotations

from collections.abc import Collection

from reviewbot.domain.findings.tracked_finding import Judged
from reviewbot.domain.github.check_identity import mark_of
from reviewbot.domain.github.pull_request import GREEN, RECENT_COMMITS, CheckRun, Conclusion
from reviewbot.domain.ledger.edits import Unwaive
from reviewbot.domain.ledger.external_id import ExternalId
from reviewbot.domain.ledger.ledger import Purchase, TaskState
from reviewbot.domain.machine.known import Known
from reviewbot.domain.model.events import ReviewEvent
from reviewbot.domain.model.options import FailOn, Tolerance
from reviewbot.domain.policy.eligibility import SKIP_LABEL
from reviewbot.domain.policy.verdict import Coverage, blocks


def outlives(known: Known, check: CheckRun, copy: ExternalId | None, records: Collection[str]) -> bool:
    """Return whether a green check of another head or base may no longer be correct.

    No run updates such a check. `records` are the valid skip and push records of that head (`skip_record`).
    """
    pull, tag = known.snapshot.pull, check.tag
    if check.conclusion not in GREEN or tag is None or not pull.is_open:
        return False
    shares_name = known.request.shares_name and check.name in known.snapshot.check_names[:1]
    is_for_another_base = shares_name and tag.base != mark_of(pull.base_ref)
    if is_for_another_base or any(isinstance(one, Unwaive) for one in known.ledgers.update.edits):
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
    """Return whether a head outside the snapshot may have lost its green verdict.

    After a waiver is withdrawn or a bypass ends, the check runs of all heads were already read for the ledger. While a
    finding blocks, and after a new base or the end of `skip-review`, every run reads all heads, because an earlier run
    may have failed to read the check runs.
    """
    pull, trigger = known.snapshot.pull, known.request.trigger
    if pull.forced_at is None and pull.commit_count <= RECENT_COMMITS:
        return False
    was_retargeted = known.request.shares_name and pull.retargeted_at is not None
    skips = sum(one.label == SKIP_LABEL for one in pull.label_events)
    is_event = isinstance(trigger, ReviewEvent) and (trigger.action, trigger.label) == ("unlabeled", SKIP_LABEL)
    was_skipped = is_event or skips > (SKIP_LABEL in pull.labels)  # later label events may have hidden the skip label's
    return was_retargeted or was_skipped or _blocks_now(known, known.judgement.rules.fail_on)


def heads_below(known: Known) -> frozenset[str]:
    """Return recorded heads that may have lost a green verdict and that GitHub may omit after a force-push."""
    pull, ended = known.snapshot.pull, known.stored.ended
    is_withdrawn = ended is not None or any(isinstance(one, Unwaive) for one in known.ledgers.update.edits)
    if pull.forced_at is None or not (is_withdrawn or _blocks_now(known, known.judgement.rules.fail_on)):
        return frozenset()
    bought = (one.head_sha for one in known.ledger.purchases if one.state is TaskState.DONE)
    return frozenset({*bought, ended.head_sha if ended else ""}) - {"", pull.head_sha}


def _passes(known: Known, check: CheckRun, copy: ExternalId, bought: Purchase) -> bool:
    """Return whether the review of an older head still passes.

    A blocking finding of that review needs a waiver even if the current change no longer contains the code. Another
    open finding may also be in the code of the older head.
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
    severities = [*(one.severity for one in findings.records if one.counts), *(one for _, one, _ in findings.beyond)]
    return any(blocks(one, fail_on) for one in severities)


def _is_waived(known: Known, judged: Judged) -> bool:
    """Return whether a finding is waived. A waiver that now applies to another version of the file does not count."""
    now, before = known.ledger.findings.find(judged.id), known.found.findings.find(judged.id)
    if now is None or now.waiver is None:
        return False
    return before is None or before.waiver is None or before.waiver.file == now.waiver.file
