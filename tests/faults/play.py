"""Play a whole review with one fault and report how it ended."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from reviewbot_sandbox.codevf import Answer, Deliverables, Delivered
from reviewbot_sandbox.faults import Fault, Logged

from tests.app.forked import Ended, prepare, text_of
from tests.app.rig import Rig, read_outputs
from tests.crash.final_state import FinalState, final_state, newest_check
from tests.crash.services import ALL_KINDS, SCALE, Services, serve
from tests.faults.requests import Request, Service
from tests.faults.scenarios import REVIEW, Scenario, Start
from tests.faults.table import Cell

DELIVERED: Answer = Deliverables((Delivered("review.json", json.dumps(ALL_KINDS.value).encode()),))  # type: ignore[union-attr] # it is structured


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended.

    Attributes:
        number: the pull request's number.
        conclusion: of the head's check, None while it is open, empty without a check.
        struck: whether the fault occurred.
        requests: number of requests to both services.
        log_of: the requests by service.
    """

    number: int
    exit_status: int
    reason: str
    conclusion: str | None
    struck: bool
    requests: int
    log: str
    summary: str
    state: FinalState
    log_of: Mapping[Service, Sequence[Logged]]


@contextmanager
def serve_with_file(folder: Path) -> Iterator[Services]:
    """Serve both services; CodeVF's answer contains a file."""
    with serve(folder, engineer=lambda _: DELIVERED) as here:
        yield here


def ends(cells: Iterable[Cell]) -> Iterator[tuple[Cell, End, End]]:
    """Yield each cell with its end and the undisturbed end of its scenario.

    Reviews share the services. Other runs get services of their own, because they would see earlier pull requests.
    """
    for scenario, of_it in groupby(cells, key=lambda cell: cell.scenario):
        with ExitStack() as stack:
            here = stack.enter_context(serve_alone())
            right = play(here, scenario=scenario)
            for cell in of_it:
                if scenario is not REVIEW:
                    stack.close()
                    here = stack.enter_context(serve_alone())
                yield cell, play(here, cell.request, cell.made(), cell.times, scenario), right


@contextmanager
def serve_alone() -> Iterator[Services]:
    """Serve both services with a temporary folder."""
    with tempfile.TemporaryDirectory() as folder, serve_with_file(Path(folder)) as here:
        yield here


def play(
    here: Services,
    request: Request | None = None,
    fault: Fault | None = None,
    times: int | None = 1,
    scenario: Scenario = REVIEW,
) -> End:
    """Play one run on a new pull request."""
    here.life, rig, rule = lambda _: scenario.life, here.open(), None
    start = scenario.begin(here, rig)
    if request is not None and fault is not None:
        faults = here.faults[request.service.value]
        faults.add(request.match, fault, method=request.method, body=request.body, nth=request.nth, times=times)
        rule = faults.rules[-1]
    before = here.requests()
    running = prepare(rig.environment(start.event, start.payload, start.inputs) | {"REVIEWBOT_TIME_SCALE": str(SCALE)})
    running.process.start()
    ended = running.wait()
    sent = {one: here.faults[one.value].requests()[before[one.value] :] for one in Service}
    struck = rule is not None and rule[1][0] >= rule[0].nth
    for faults in here.faults.values():
        faults.clear()
    end = _end(rig, start, ended, running.home, sent, struck=struck)
    here.close(rig)
    return end


def _end(
    rig: Rig, start: Start, ended: Ended, home: Path, sent: Mapping[Service, Sequence[Logged]], *, struck: bool
) -> End:
    outputs = read_outputs(text_of(home / "output"))
    check = newest_check(rig, start.head)
    return End(
        number=rig.number,
        exit_status=ended.exit_status,
        reason=outputs.get("reason", ""),
        conclusion=check.conclusion if check else "",
        struck=struck,
        requests=sum(map(len, sent.values())),
        log=ended.log,
        summary=text_of(home / "summary.md"),
        state=final_state(rig),
        log_of=sent,
    )
