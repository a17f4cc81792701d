"""Read prices and tasks from CodeVF, wait for tasks and cancel them."""

from __future__ import annotations

from reviewbot.app.context import RunContext
from reviewbot.app.reviewer.read_result import placed_now, read_answer
from reviewbot.domain.codevf.polling import next_poll
from reviewbot.domain.ledger.ledger import Purchase
from reviewbot.domain.machine.known import Known
from reviewbot.domain.machine.steps import Done, NotOver, TaskRead
from reviewbot.domain.model.options import AnswerForm
from reviewbot.domain.model.review import Balance, Tag, Task, TaskStatus, other_tags, tag_called
from reviewbot.domain.policy.eligibility import AtTerminal
from reviewbot.domain.text.escaping import visible
from reviewbot.domain.text.formatting import state
from reviewbot.errors import ServiceError, ServiceRefused


def look_up(run: RunContext, known: Known, purchase: Purchase) -> TaskRead:
    """Read the task of an earlier purchase, and place its answer on the current change."""
    task = run.service.retrieve(purchase.task_id)
    if task.status is not TaskStatus.COMPLETED:
        return TaskRead(task)
    # A purchase from a check run does not record the form. Assume the schema, so that prose closes no findings.
    form = purchase.judgement.answer if purchase.selecting else AnswerForm.SCHEMA
    report = read_answer(run.service, task, form)
    return TaskRead(task, placed_now(run, known, purchase, report))


def poll(run: RunContext, known: Known, task: Task, waited: float) -> TaskRead | NotOver:
    """Wait for the recommended interval and read the task, unless the run's deadline comes first.

    The task is already recorded, so an interrupt ends only the wait.

    Raises:
        ServiceRefused: CodeVF does not know the task, so waiting would never end.
    """
    clock = run.ports.clock
    try:
        began = clock.monotonic()
        delay = next_poll(task.status, known.request.mode, waited, task.retry_after, run.ports.rng)
        if not known.request.may_buy or began + delay > run.wait_until:
            return NotOver()
        clock.sleep(delay)
        latest = run.reviewer(known.request).retrieve(task.id)
    except KeyboardInterrupt:
        run.say("The wait was interrupted.")
        return NotOver()
    except ServiceRefused:
        raise
    except ServiceError as error:
        return NotOver(f"{error.message} The task continues, and a later run reads its result.")
    changed = latest.status is not task.status and not latest.status.is_over
    if changed and not isinstance(known.request.trigger, AtTerminal):  # a terminal shows live progress
        run.say(f"The task is {visible(state(latest.status_text))}.")
    return TaskRead(latest, seconds=clock.monotonic() - began)


def cancel(run: RunContext, task_id: str) -> Done:
    run.ports.own_tasks.cancelled.add(task_id)  # before the response, which may be lost
    run.service.cancel(task_id)
    return Done()


def read_terms(run: RunContext, known: Known) -> tuple[Tag | None, Balance | None]:
    """Return the tag of the requested expertise, if any, and the balance, or None for a free review."""
    needs_tag = known.request.expertise and known.request.paid
    return _tag(run, known.request.expertise) if needs_tag else None, run.reviewer(known.request).balance()


def find_project(run: RunContext, known: Known) -> int:
    """Return the id of the CodeVF project that the settings identify by name or id."""
    project = run.settings.codevf_project or known.snapshot.repository.full_name
    is_number = project.isascii() and project.isdigit()
    return int(project) if is_number else run.reviewer(known.request).project(project)


def _tag(run: RunContext, expertise: str) -> Tag:
    tags, now = run.service.tags(), run.ports.clock.now()
    tag = tag_called(tags, expertise, now)
    if tag is not None and not tag.is_expired(now):
        return tag
    what = f"CodeVF has no active expertise `{expertise}`."
    if tag is not None and tag.valid_to is not None:
        what = f"The CodeVF expertise `{expertise}` expired on {tag.valid_to:%Y-%m-%d}."
    raise ServiceRefused(what, hint=other_tags(tags, tag, now))
