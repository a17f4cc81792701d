"""Publishing: what is wished for, minus what is there. A part that the token may not write is left out, said once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from reviewbot.app.comments import publish_comments
from reviewbot.app.memory import read_memory
from reviewbot.app.run import Run
from reviewbot.app.story import Story, finding_view, summary_view
from reviewbot.domain.gate import EXIT_NOT_PUBLISHED, Outcome, Reason, first_exit_status
from reviewbot.domain.ledger import encode, replace_ledger, short_copy
from reviewbot.domain.model import Severity, Side
from reviewbot.domain.placement import Why, in_summary
from reviewbot.domain.plan import summaries
from reviewbot.domain.publication import (
    Annotation,
    AnnotationLevel,
    CheckState,
)
from reviewbot.domain.snapshot import CheckRun, CheckStatus, Snapshot
from reviewbot.errors import ForgeError, ForgeUnreachable, NotFound

LEVELS = {
    Severity.UNRATED: AnnotationLevel.FAILURE,
    Severity.CRITICAL: AnnotationLevel.FAILURE,
    Severity.HIGH: AnnotationLevel.WARNING,
    Severity.MEDIUM: AnnotationLevel.WARNING,
    Severity.LOW: AnnotationLevel.NOTICE,
    Severity.INFO: AnnotationLevel.NOTICE,
}


def publish(run: Run, story: Story, outcome: Outcome) -> tuple[Story, Outcome]:
    """Bring comments, summary and check to the wished-for state.

    Returns:
        The story with addresses, and the outcome: `NOT_PUBLISHED` joins it when GitHub did not take the result.
    """
    try:
        story = _read_again(run, story)
        story = publish_comments(run, story, outcome)
    except ForgeError as error:
        outcome = _not_published(run, error, outcome)
        story = replace(story, placed=tuple(in_summary(item, Why.REFUSED) for item in story.placed))
    for write in (write_summary, write_check):
        try:
            story = write(run, story, outcome)
        except ForgeError as error:
            outcome = _not_published(run, error, outcome)
    return story, outcome


def _not_published(run: Run, error: ForgeError, outcome: Outcome) -> Outcome:
    run.degraded.say(error.message)
    status = first_exit_status(EXIT_NOT_PUBLISHED, outcome.exit_status)
    return replace(outcome, reason=Reason.NOT_PUBLISHED, exit_status=status, message=error.message, hint=error.hint)


def _read_again(run: Run, story: Story) -> Story:
    """The pull request as it is now: people went on while the reviewer worked."""
    story, reviewed = _caught_up(run, story), run.snapshot.pull.head_sha
    now = (story.there or run.snapshot).pull.head_sha
    if now == reviewed:
        return story
    run.degraded.say(f"The head moved to {now[:7]} meanwhile: this review is of {reviewed[:7]}.")
    superseded = any(entry.head_sha == now for entry in story.ledger.purchases)
    placed = tuple(in_summary(item, Why.HEAD_MOVED) for item in story.placed)
    return replace(story, placed=placed, superseded=superseded)


def _caught_up(run: Run, story: Story) -> Story:
    """The story with what GitHub holds now; of the ledger, what this run knows better stands."""
    now = run.read_again()
    fresh = read_memory(run, now)
    ledger = fresh.ledger.with_posted(story.ledger.posted)
    ledger = ledger.with_purchase(story.purchase) if story.purchase else ledger
    return replace(story, ledger=ledger, summary=fresh.summary, there=now)


def write_summary(run: Run, story: Story, outcome: Outcome) -> Story:
    """The one summary comment: created, edited only where it differs, and the doubles of a race deleted.

    When GitHub's answer is lost, or the comment has gone meanwhile, what is there is read before it is written again.
    """
    if not run.settings.summary_comment:
        return story
    try:
        return _write_summary(run, story, outcome)
    except (ForgeUnreachable, NotFound):
        return _write_summary(run, _caught_up(run, story), outcome)


def _write_summary(run: Run, story: Story, outcome: Outcome) -> Story:
    snapshot = story.there or run.snapshot
    found = summaries(snapshot.comments, run.settings.instance)
    keep = story.summary or found.keep
    # Without the address of this run: another run of the same review has nothing new to say, and edits nothing.
    body = run.renderer.summary(replace(summary_view(run, story, outcome), run_url=None))
    if keep and story.superseded:
        # A newer head has its own review: its words stay, and ours are in the check of our head.
        body = replace_ledger(keep.body, encode(story.ledger, run.signer))
    forge, number = run.world.forge, run.snapshot.pull.number
    for double in found.extra:
        run.attempt("The summary comment", partial(forge.delete_comment, double.id))
    if keep and keep.body == body:
        return replace(story, summary=keep)
    write = partial(forge.update_comment, keep.id, body) if keep else partial(forge.create_comment, number, body)
    comment = run.attempt("The summary comment", write)
    return replace(story, summary=comment or keep)


def write_check(run: Run, story: Story, outcome: Outcome) -> Story:
    """The check on the reviewed head; one that says the same already is left alone.

    When GitHub's answer is lost, what is there is read before it is written again.
    """
    if not run.settings.check_run:
        return story
    state = _check_state(run, story, outcome)
    there = story.check or current_check(run.snapshot)
    try:
        return replace(story, check=_bring_check(run, state, there))
    except ForgeUnreachable:
        now = newest(run.world.forge.checks(state.head_sha, state.name))
        return replace(story, check=_bring_check(run, state, now))


def _bring_check(run: Run, state: CheckState, there: CheckRun | None) -> CheckRun | None:
    """The check run in its new state; None when the token may not write it."""
    if there and _says_the_same(there, state):
        return there
    forge = run.world.forge
    # GitHub appends annotations, so one that is completed is not written over: a new one of the same name counts.
    usable = there if there and there.status != CheckStatus.COMPLETED else None
    write = partial(forge.update_check, usable.id, state) if usable else partial(forge.create_check, state)
    return run.attempt("The check run", write)


def current_check(snapshot: Snapshot) -> CheckRun | None:
    """The newest check run of our name on the head."""
    return newest(snapshot.checks)


def newest(checks: Iterable[CheckRun]) -> CheckRun | None:
    """The check run that GitHub goes by, when there are several of a name."""
    return max(checks, key=lambda check: check.id, default=None)


def _says_the_same(there: CheckRun, state: CheckState) -> bool:
    return (
        there.status == state.status
        and (there.conclusion or None) == (state.conclusion.value if state.conclusion else None)
        and (there.external_id, there.title) == (state.external_id, state.title)
    )


def _check_state(run: Run, story: Story, outcome: Outcome) -> CheckState:
    title, text = run.renderer.check(summary_view(run, story, outcome))
    return CheckState(
        name=run.settings.check_name,
        head_sha=run.snapshot.pull.head_sha,
        status=CheckStatus.COMPLETED if outcome.conclusion else CheckStatus.IN_PROGRESS,
        conclusion=outcome.conclusion,
        title=title,
        summary=text,
        external_id=_external_id(run, story),
        details_url=story.summary.url if story.summary else None,
        annotations=annotations_of(run, story),
    )


def _external_id(run: Run, story: Story) -> str:
    """The copy of what was bought; a run that has not come so far hands on what the check has."""
    if story.purchase and run.paid:
        return short_copy(story.purchase, run.signer)
    there = story.check or current_check(run.snapshot)
    return there.external_id if there else ""


def annotations_of(run: Run, story: Story) -> tuple[Annotation, ...]:
    """One annotation for each open finding that has lines at the head, worst first."""
    judgement = story.purchase.judgement if story.purchase else run.judgement
    views = [finding_view(run, story, item, judgement) for item in story.open_findings()]
    known = {view.path for view in story.prepared.views} if story.prepared else set()
    ordered = sorted(views, key=lambda one: (one.severity.rank, one.path, one.line or 0))
    found = []
    for view in ordered:
        if view.line is None or view.side is Side.LEFT or view.path not in known:
            continue
        title, message = run.renderer.annotation(view)
        start = view.start_line or view.line
        found.append(Annotation(view.path, start, view.line, LEVELS[view.severity], title, message))
    return tuple(found)
