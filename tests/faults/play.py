"""Plays the whole review with one thing going wrong, and tells how it ended."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reviewbot.sandbox.codevf import Answer, Deliverables, Delivered, TaskLife
from reviewbot.sandbox.faults import Fault, Logged
from tests.app.forked import Ended, text_of
from tests.app.house import Rig, read_outputs
from tests.crash.held import Held, held, newest_check
from tests.crash.town import ALL_KINDS, Town, town
from tests.faults.asked import Request, Service

DELIVERED: Answer = Deliverables((Delivered("review.json", json.dumps(ALL_KINDS.value).encode()),))  # type: ignore[union-attr] # it is structured
LIFE = TaskLife(pending=10, processing=10)
"""Long enough for a question on the way, on a busy machine too."""

INPUTS = {"expertise": "Engineer"}


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended.

    Attributes:
        number: of the pull request.
        conclusion: of the check on the head, None while it is open, empty when there is none.
        struck: whether the fault did.
        requests: to both services.
        log_of: those requests, by service.
    """

    number: int
    exit_status: int
    reason: str
    conclusion: str | None
    struck: bool
    requests: int
    log: str
    summary: str
    held: Held
    log_of: Mapping[Service, Sequence[Logged]]


@contextmanager
def stage(folder: Path) -> Iterator[Town]:
    """Both services; CodeVF answers with a file."""
    with town(folder, engineer=lambda _: DELIVERED) as here:
        here.life = lambda _: LIFE
        yield here


def play(here: Town, request: Request | None = None, fault: Fault | None = None, times: int | None = 1) -> End:
    """One run on a pull request of its own."""
    rig, faults = here.open(), None
    if request is not None and fault is not None:
        faults = here.faults[request.service.value]
        faults.add(request.match, fault, method=request.method, body=request.body, nth=request.nth, times=times)
    before = here.requests()
    running = here.prepare(rig, INPUTS)
    running.process.start()
    ended = running.wait()
    sent = {one: here.faults[one.value].requests()[before[one.value] :] for one in Service}
    struck = sum(count[0] >= rule.nth for rule, count in faults.rules) if faults else 0
    if faults is not None:
        faults.clear()
    end = _end(rig, ended, running.home, struck, sent)
    here.close(rig)
    return end


def _end(rig: Rig, ended: Ended, home: Path, struck: int, sent: Mapping[Service, Sequence[Logged]]) -> End:
    outputs = read_outputs(text_of(home / "output"))
    check = newest_check(rig)
    return End(
        number=rig.number,
        exit_status=ended.exit_status,
        reason=outputs.get("reason", ""),
        conclusion=check.conclusion if check else "",
        struck=bool(struck),
        requests=sum(map(len, sent.values())),
        log=ended.log,
        summary=text_of(home / "summary.md"),
        held=held(rig),
        log_of=sent,
    )
