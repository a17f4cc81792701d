"""What past merges would have sent and held, row by row, and in all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reviewbot.domain.policy.verdict import Reason
from reviewbot.render.view_models.review import SummaryView

_SPAN = re.compile(r"([1-9][0-9]{0,4})([dwmy])")
_UNITS = {"d": "days", "w": "weeks", "m": "months", "y": "years"}
_MERGE = re.compile(r"Merge pull request (#[0-9]+) from ")
_NO_REPLY = re.compile(r"(?:[0-9]+\+)?([^@+]+)@users\.noreply\..+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def since(text: str) -> str | None:
    """A span such as `90d` or a date, in git's words; None when it is neither."""
    if _DATE.fullmatch(text):
        return f"{text} 00:00"
    found = _SPAN.fullmatch(text)
    return f"{found[1]} {_UNITS[found[2]]} ago" if found else None


@dataclass(frozen=True, slots=True)
class Replay:
    """One merge, as if it had been reviewed.

    Attributes:
        sent: files; `sent_bytes` of them.
        held: files that were held back, by reason; `missed` of them were selected.
        credits: what a review would have held, 0 when none was due.
        note: why there would have been none, or not of all; may be empty.
        bot: login of the bot that authored it, where the action skips that bot's pull requests; else empty.
    """

    day: str
    sha: str
    subject: str
    sent: int = 0
    sent_bytes: int = 0
    held: Mapping[str, int] = field(default_factory=dict)
    missed: int = 0
    credits: int = 0
    note: str = ""
    bot: str = ""


def login_of(name: str, email: str) -> str:
    """Return the login that a commit's author claims, by GitHub's no-reply address if it is one, else by the name.

    See https://docs.github.com/en/account-and-profile/reference/email-addresses-reference.
    """
    found = _NO_REPLY.fullmatch(email)
    return found[1] if found else name


def skipped(day: str, sha: str, subject: str, bot: str) -> Replay:
    """A merge that the action would not have reviewed, because a bot authored it."""
    return Replay(day, sha, subject, note=bot, bot=bot)


def title_of(subject: str, body: str) -> str:
    """What a commit is about: GitHub's merges have the pull request's title in the first line of their body."""
    merge = _MERGE.match(subject)
    title = body.strip().partition("\n")[0].strip()
    return f"{title} ({merge[1]})" if merge and title else subject


def replayed(day: str, sha: str, subject: str, view: SummaryView) -> Replay:
    """A merge with what a dry run of its review came to."""
    bought = view.outcome.reason is Reason.DRY_RUN
    missed = sum(one.missed for one in view.held)
    return Replay(
        day,
        sha,
        subject,
        sent=len(view.sent),
        sent_bytes=sum(one.bytes for one in view.sent),
        held=Counter(one.reason for one in view.held),
        missed=missed,
        credits=view.cost.hold if bought and view.cost else 0,
        note=_note(view, missed=missed),
    )


def _note(view: SummaryView, *, missed: int) -> str:
    match view.outcome.reason:
        case Reason.DRY_RUN:
            return f"{missed} not reviewed" if missed else ""
        case Reason.NOTHING_SELECTED:
            return "nothing to review"
        case other:
            return view.outcome.message or other.value


def total(replays: Iterable[Replay]) -> Replay:
    """All of them in one: its `subject` is empty."""
    rows = tuple(replays)
    return Replay(
        "",
        "",
        "",
        sent=sum(one.sent for one in rows),
        sent_bytes=sum(one.sent_bytes for one in rows),
        held=sum((Counter(one.held) for one in rows), Counter()),
        missed=sum(one.missed for one in rows),
        credits=sum(one.credits for one in rows),
    )
