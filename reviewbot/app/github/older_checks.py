"""The check runs of older heads: completed once their tasks are written down as over."""

from __future__ import annotations

from dataclasses import replace

from reviewbot.app.context import RunContext
from reviewbot.app.github.check_run import write_check_run
from reviewbot.domain.github.pull_request import CheckRun
from reviewbot.domain.ledger.external_id import decode_external_id
from reviewbot.domain.ledger.ledger import Ledger, Purchase
from reviewbot.domain.ledger.memory import Memory
from reviewbot.domain.ledger.update import LedgerUpdate
from reviewbot.domain.machine.judge import left_open
from reviewbot.domain.machine.known import Bought, Known
from reviewbot.domain.policy.verdict import superseded
from reviewbot.errors import ForgeError


def close_older_checks(run: RunContext, known: Known) -> Known:
    """Complete the check runs of older heads whose tasks are over: till then a collection has to come by."""
    newest_of = {one.head_sha: one for one in known.snapshot.older_checks}
    for check in newest_of.values() if run.paid and run.settings.check_run else ():
        if bought := left_open(known, check, decode_external_id(check.external_id, run.signer)):
            _close(run, known, check, bought)
    return known


def _close(run: RunContext, known: Known, check: CheckRun, bought: Purchase) -> None:
    """Complete a check run. Without a summary it lists what its review found: the head may have no check to say it."""
    message = f"Its findings, and those of the reviews since, stand on {known.snapshot.pull.head_sha[:7]}."
    pull = replace(known.snapshot.pull, head_sha=check.head_sha)
    snapshot = replace(known.snapshot, pull=pull, checks=(check,), other_checks=())
    answers = () if run.settings.summary_comment else known.memory.update.answers
    update = LedgerUpdate(answers=tuple(one for one in answers if one.task_id == bought.task_id))
    memory = Memory.of(Ledger(forgotten=known.ledger.spent), update, known.change.index)
    older = Known(known.request, snapshot, memory=memory, own=Bought(bought))
    try:
        write_check_run(run, older, superseded(message))
    except ForgeError as error:
        run.degraded.say(error.message)
