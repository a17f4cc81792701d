"""Publishing: what is wished for, minus what is there. A part that the token may not write is left out, said once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from reviewbot.app.comments import look_back, publish_comments
from reviewbot.app.follow import follow
from reviewbot.app.run import Run
from reviewbot.app.story import Story
from reviewbot.app.views import counting_views, judgement_of, summary_view
from reviewbot.domain.check_tags import CheckTag
from reviewbot.domain.gate import (
    EXIT_NOT_PUBLISHED,
    Outcome,
    Reason,
    Status,
    beside,
    bypassed,
    first_exit_status,
    superseded,
    unheld,
)
from reviewbot.domain.ledger import Ledger
from reviewbot.domain.ledger_text import encode, replace_ledger
from reviewbot.domain.model import Severity, Side
from reviewbot.domain.placement import Why, in_summary
from reviewbot.domain.plan import summaries
from reviewbot.domain.publication import (
    Annotation,
    AnnotationLevel,
    CheckState,
)
from reviewbot.domain.shared_heads import GREEN, is_covered, newest, not_green
from reviewbot.domain.short_copy import read_short_copy, short_copy, tells_of_open_task
from reviewbot.domain.snapshot import CheckRun, CheckStatus, Snapshot
from reviewbot.domain.triage import has_no_other_token
from reviewbot.errors import ForgeError, ForgeUnreachable, NotFound, PermissionMissing, ReviewbotError

LEVELS = {
    Severity.UNRATED: AnnotationLevel.FAILURE,
    Severity.CRITICAL: AnnotationLevel.FAILURE,
    Severity.HIGH: AnnotationLevel.WARNING,
    Severity.MEDIUM: AnnotationLevel.WARNING,
    Severity.LOW: AnnotationLevel.NOTICE,
    Severity.INFO: AnnotationLevel.NOTICE,
}

HOUR = 3600
"""Seconds."""

MOST_ANNOTATIONS = 300
"""They go to GitHub fifty in a request, and it takes eighty writes a minute; the summary and the files have all."""


_CHECK, _SUMMARY = "The check run", "The summary comment"
"""The parts, as they are named where the token may not write them."""

_MAY_WRITE_NOTHING = PermissionMissing(
    "The token may write nothing: no comment, no summary and no check.",
    hint="Add `checks: write` and `pull-requests: write` to the job's `permissions:`. The job summary and the report "
    "files have the whole review.",
)


def publish(run: Run, story: Story, outcome: Outcome) -> tuple[Run, Story, Outcome]:
    """Bring comments, check and summary to the wished-for state.

    Returns:
        The run and the story by now, with addresses, and the outcome: `NOT_PUBLISHED` joins it when there is a result
        that GitHub did not take. The next time the pull request is read again.
    """
    try:
        if story.prepared is not None and story.has_news and story.there is None:
            run, story = follow(run, story)
        if story.changes.answers:
            before = story.posted
            story = publish_comments(run, story, outcome)
            run, story = look_back(run, story) if story.posted > before else (run, story)
    except ReviewbotError as error:
        outcome = _not_published(run, story, error, outcome)
        story = story.replaced(partial(in_summary, why=Why.REFUSED)) if story.changes.answers else story
    refused = outcome.reason is Reason.NOT_PUBLISHED
    for write in (write_summary, write_check) if story.changes.answers else (write_check, write_summary):
        try:
            story = write(run, story, outcome)
        except ForgeError as error:
            outcome, refused = _not_published(run, story, error, outcome), True
    if not refused:
        _close_older(run, story)
        if _nothing_stands(run, story):
            outcome = _not_published(run, story, _MAY_WRITE_NOTHING, outcome)
    outcome = let_through(run, story, outcome if story.check else unheld(outcome))
    return run, replace(story, there=None), _beside(run, story, outcome) if story.beside else outcome


def _nothing_stands(run: Run, story: Story) -> bool:
    """Whether there is a result, and the token may write nothing of it, and could be another one."""
    settings, denied = run.settings, run.degraded.denied
    wished = {_CHECK: settings.check_run, _SUMMARY: settings.summary_comment}
    if story.posted or not (story.changes.answers and denied):
        return False
    untaken = all(part in denied for part, due in wished.items() if due)
    return untaken and not has_no_other_token(run.snapshot.pull, run.trigger)


def let_through(run: Run, story: Story, outcome: Outcome) -> Outcome:
    """The outcome, or a green one where somebody has let this very head through to this very base."""
    bypass, pull = story.ledger.bypass, (story.there or run.snapshot).pull
    return bypassed(outcome) if bypass and bypass.is_of(story.reviewed_sha or pull.head_sha, pull.base_ref) else outcome


def _not_published(run: Run, story: Story, error: ReviewbotError, outcome: Outcome) -> Outcome:
    """The outcome when GitHub did not take something: with a result it is another one, else it is only said."""
    run.degraded.say(error.message)
    return not_taken(outcome, error) if story.changes.answers else outcome


def not_taken(outcome: Outcome, error: ReviewbotError) -> Outcome:
    """The outcome of a result that GitHub did not take."""
    status = first_exit_status(EXIT_NOT_PUBLISHED, outcome.exit_status)
    return replace(outcome, reason=Reason.NOT_PUBLISHED, exit_status=status, message=error.message, hint=error.hint)


def write_summary(run: Run, story: Story, outcome: Outcome) -> Story:
    """The one summary comment: created, edited only where it differs, and the doubles of a race deleted.

    One that is there holds the ledger, so a run that has nothing to add to it never writes over it. When GitHub's
    answer is lost, or the comment has gone meanwhile, what is there is read before it is written again.
    """
    homeless = story.check is None and outcome.conclusion is not None and story.summary is None
    homeless = homeless and summaries(run.snapshot.comments, run.settings.instance).keep is None
    if not run.settings.summary_comment or not (story.has_news or homeless):
        return story
    if run.settings.is_keyless and summaries(run.snapshot.comments, run.settings.instance).keep is not None:
        return story  # it holds what a run without the key can neither read nor sign
    outcome = let_through(run, story, outcome)
    try:
        return _write_summary(run, story, outcome)
    except (ForgeUnreachable, NotFound):
        return _write_summary(*follow(run, story), outcome)


def _write_summary(run: Run, story: Story, outcome: Outcome) -> Story:
    snapshot = story.there or run.snapshot
    found = summaries(snapshot.comments, run.settings.instance)
    keep = story.summary or found.keep
    body = _summary_body(run, story, outcome)
    if keep and story.superseded:
        # A newer head has its own review: its words stay, and ours are in the check of our head.
        body = replace_ledger(keep.body, encode(story.ledger, run.signer))
    forge, number = run.world.forge, run.snapshot.pull.number
    for double in found.extra:
        run.attempt(_SUMMARY, partial(forge.delete_comment, double.id))
    if keep and keep.body == body:
        return replace(story, summary=keep)
    write = partial(forge.update_comment, keep.id, body) if keep else partial(forge.create_comment, number, body)
    comment = run.attempt(_SUMMARY, write)
    return replace(story, summary=comment or keep)


def _summary_body(run: Run, story: Story, outcome: Outcome) -> str:
    """The comment without the address of this run, and with a wait in whole hours.

    So another run that has nothing new to say edits nothing, and a wait of days is an edit an hour at most.
    """
    view = summary_view(run, story, outcome)
    wait = view.wait and replace(view.wait, elapsed_seconds=view.wait.elapsed_seconds // HOUR * HOUR)
    return run.renderer.summary(replace(view, run_url=None, wait=wait))


def _close_older(run: Run, story: Story) -> None:
    """End the checks of older heads whose tasks are written down as over: till then somebody has to come by."""
    snapshot = story.there or run.snapshot
    newest_of = {one.head_sha: one for one in snapshot.older_checks}
    for check in newest_of.values() if run.paid and run.settings.check_run else ():
        copy = read_short_copy(check.external_id, run.signer)
        bought = story.ledger.named(copy.identity, copy.attempt) if copy else None
        left = check.status != CheckStatus.COMPLETED or tells_of_open_task(check.external_id)
        if left and bought and bought.state.is_over and check.head_sha != story.reviewed_sha:
            told = f"Its findings, and those of the reviews since, stand on {snapshot.pull.head_sha[:7]}."
            pull = replace(snapshot.pull, head_sha=check.head_sha)
            older = replace(snapshot, pull=pull, checks=(check,), other_checks=())
            kept = Ledger(forgotten=story.ledger.spent)
            try:
                write_check(replace(run, snapshot=older), Story(ledger=kept, purchase=bought), superseded(told))
            except ForgeError as error:
                run.degraded.say(error.message)


def write_check(run: Run, story: Story, outcome: Outcome) -> Story:
    """The check on the reviewed head; one that says the same already is left alone.

    When GitHub's answer is lost, what is there is read before it is written again. GitHub shows one check for all pull
    requests with this head, so it turns green only where no other one stands against it.

    Raises:
        ForgeError: GitHub did not take it, or does not tell whether the other pull requests are open.
    """
    outcome = let_through(run, story, outcome)
    if not run.settings.check_run or (outcome.conclusion is None and outcome.status is not Status.PENDING):
        return story
    story = replace(story, beside=_neighbour(run, story) if outcome.conclusion in GREEN else 0)
    return _write_check(run, story, _beside(run, story, outcome) if story.beside else outcome)


def _neighbour(run: Run, story: Story) -> int:
    """An open pull request with the same head and no green verdict on it, 0 when there is none."""
    head = story.reviewed_sha or run.snapshot.pull.head_sha
    numbers = not_green((story.there or run.snapshot).other_checks, head)
    heads = run.world.forge.heads(numbers) if numbers else {}
    return next((number for number in numbers if heads.get(number) == head), 0)


def _beside(run: Run, story: Story, outcome: Outcome) -> Outcome:
    """The outcome beside that pull request: a green one cannot be shown."""
    return beside(outcome, story.beside, judgement_of(run, story).rules) if outcome.conclusion in GREEN else outcome


def _write_check(run: Run, story: Story, outcome: Outcome) -> Story:
    state = _check_state(run, story, outcome)
    there = story.check or (None if story.reviewed_sha else current_check(run.snapshot))
    if (
        there and story.there
    ):  # as it was when publishing began: another run may have completed it while this one waited
        there = next((one for one in story.there.checks if one.id == there.id), there)
    try:
        check = _bring_check(run, state, there)
    except ForgeUnreachable:
        now = newest(run.world.forge.checks(state.head_sha, state.name, state.tag.number))
        check = _bring_check(run, state, now)
    return replace(story, check=_uncovered(run, story, state, check))


def _uncovered(run: Run, story: Story, state: CheckState, check: CheckRun | None) -> CheckRun | None:
    """The check run that GitHub shows: made anew when another pull request's is later and says something else.

    Not where the pull request is closed or has left this head: there the other one has the say.
    """
    now = story.there or run.snapshot
    here = now.pull.is_open and not story.reviewed_sha
    if check is None or not here or not is_covered(check, now.other_checks):
        return check
    return run.attempt(_CHECK, partial(run.world.forge.create_check, state)) or check


def _bring_check(run: Run, state: CheckState, there: CheckRun | None) -> CheckRun | None:
    """The check run in its new state; None when the token may not write it."""
    if there and _says_the_same(there, state):
        return there
    forge = run.world.forge
    # GitHub appends annotations, so one that is completed is not written over: a new one of the same name counts.
    usable = there if there and there.status != CheckStatus.COMPLETED else None
    write = partial(forge.update_check, usable.id, state) if usable else partial(forge.create_check, state)
    return run.attempt(_CHECK, write)


def current_check(snapshot: Snapshot) -> CheckRun | None:
    """The pull request's newest check run of our name on the head."""
    return newest(snapshot.checks)


def _says_the_same(there: CheckRun, state: CheckState) -> bool:
    return (
        there.status == state.status
        and (there.conclusion or None) == (state.conclusion.value if state.conclusion else None)
        and (there.external_id, there.title, there.tag) == (state.external_id, state.title, state.tag)
    )


def _check_state(run: Run, story: Story, outcome: Outcome) -> CheckState:
    title, text = run.renderer.check(summary_view(run, story, outcome))
    return CheckState(
        name=run.settings.check_name,
        head_sha=story.reviewed_sha or run.snapshot.pull.head_sha,
        status=CheckStatus.COMPLETED if outcome.conclusion else CheckStatus.IN_PROGRESS,
        conclusion=outcome.conclusion,
        title=title,
        summary=text,
        external_id=_external_id(run, story),
        tag=CheckTag(run.snapshot.pull.number, outcome.own or outcome.conclusion or ""),
        details_url=story.summary.url if story.summary else None,
        # GitHub appends annotations: they come with the verdict, once.
        annotations=annotations_of(run, story) if outcome.conclusion else (),
    )


def _external_id(run: Run, story: Story) -> str:
    """The copy of what was bought; a run that bought nothing hands on what the check has, as it stands by now.

    Where it has none, what is waited for stands in its place: whoever hears of that closes this check, too.
    """
    there = story.check or (None if story.reviewed_sha else current_check(run.snapshot))
    handed = there.external_id if there else ""
    held = story.purchase or (story.awaited.purchase if story.awaited else None)
    if held is None and (copy := read_short_copy(handed, run.signer)):
        held = story.ledger.named(copy.identity, copy.attempt)
    if held is None and not handed:
        held = next(reversed(story.ledger.intents()), None)
    return short_copy(held, story.ledger.spent, run.signer) if held is not None and run.paid else handed


def annotations_of(run: Run, story: Story) -> tuple[Annotation, ...]:
    """One annotation for each finding that counts and has lines at the head, worst first, as far as there is room.

    None where the head has moved: the check is of the reviewed one, and the lines are those of another.
    """
    if story.reviewed_sha:
        return ()
    known = story.prepared.by_path if story.prepared else {}
    ordered = sorted(counting_views(run, story), key=lambda one: (one.severity.rank, one.path, one.line or 0))
    found = []
    for view in ordered:
        if view.line is None or view.side is Side.LEFT or view.path not in known:
            continue
        title, message = run.renderer.annotation(view)
        start = view.start_line or view.line
        found.append(Annotation(view.path, start, view.line, LEVELS[view.severity], title, message))
        if len(found) == MOST_ANNOTATIONS:
            break
    return tuple(found)
