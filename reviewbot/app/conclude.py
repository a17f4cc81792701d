"""The end of a run, whatever it came to."""

from __future__ import annotations

from dataclasses import replace

from reviewbot.app.context import RunContext
from reviewbot.app.publish import publish
from reviewbot.app.runner_output import write_output
from reviewbot.app.story import Story
from reviewbot.domain.policy.verdict import Outcome, Reason, Rules, did_not_happen, incomplete_history, judge
from reviewbot.errors import NoKey, ReviewbotError


def failed(run: RunContext, error: ReviewbotError) -> Outcome:
    """The outcome of an error: a review was due and did not happen."""
    pardoned = isinstance(error, NoKey) and run.snapshot.pull.from_fork
    return did_not_happen(
        Reason(error.reason),
        error.message,
        error.hint,
        exit_status=error.exit_status,
        on_error=run.settings.on_error,
        pardoned=pardoned,
    )


def verdict_on(story: Story, rules: Rules, *, readable: bool) -> Outcome:
    """The outcome by all that is remembered by now."""
    findings = story.ledger.findings
    outcome = judge(findings.severities(story.task_id), readable=readable, coverage=story.coverage, rules=rules)
    founded = story.purchase is None or story.ledger.is_founded(story.purchase)
    return outcome if founded and not findings.broken else incomplete_history(outcome, rules)


def conclude(run: RunContext, story: Story, outcome: Outcome) -> Outcome:
    """End a run: what is to be said on GitHub, and everything for the runner."""
    story = replace(story, ended=True)
    if not run.settings.dry_run:
        run, story, outcome = publish(run, story, outcome)
    return write_output(run, story, outcome)
