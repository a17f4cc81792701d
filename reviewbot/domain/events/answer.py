"""The content of the answer to a command."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.domain.commands.authorize import CommandAction, EditLedger, Refusal, asked_about, fitting, refusal_after
from reviewbot.domain.commands.parse import CommandName, PostedCommand
from reviewbot.domain.findings.tracked_finding import TrackedFinding, Waiver
from reviewbot.domain.github.drafts import Reaction
from reviewbot.domain.github.pull_request import Snapshot
from reviewbot.domain.ledger.edits import GrantBypass, Waive
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.policy.verdict import Outcome

_QUOTED = frozenset((Refusal.OWN, Refusal.BY_WORKFLOW, Refusal.NEWER_HEAD, Refusal.NEWER_ANSWER, Refusal.ARGUMENTS))
"""The refusals whose text quotes the command's reason or invalid arguments."""


class Answer(Struct, frozen=True):
    """An executed or refused command, and the state on GitHub afterward.

    Attributes:
        head_sha: the head for which the command was executed.
        outcome: the outcome of the run that the command started, or None if it started no run.
    """

    posted: PostedCommand
    action: CommandAction
    outcome: Outcome | None
    head_sha: str
    snapshot: Snapshot
    stored: StoredLedger

    @property
    def refusal(self) -> Refusal | None:
        return refusal_after(self.action, self.outcome, self.stored.ledger)

    @property
    def reaction(self) -> Reaction:
        return self.refusal.reaction if self.refusal else Reaction.YES

    @property
    def finding(self) -> TrackedFinding | None:
        return self.action.finding if isinstance(self.action, EditLedger) else None

    @property
    def waiver(self) -> Waiver | None:
        """The recorded waiver of the finding that the command waived."""
        edit = self.action.edit if isinstance(self.action, EditLedger) else None
        record = self.stored.ledger.findings.find(edit.finding_id) if isinstance(edit, Waive) else None
        return record.waiver if record else None

    @property
    def quoted(self) -> str:
        """The reason or the invalid arguments in a refused command, not redacted, or an empty string."""
        return self.posted.command.reason if self.refusal in _QUOTED else ""

    @property
    def recorded_reason(self) -> str:
        """The recorded reason of the command's waiver or bypass, or an empty string."""
        is_bypass = isinstance(self.action, EditLedger) and isinstance(self.action.edit, GrantBypass)
        record = self.stored.ledger.bypass if is_bypass else self.waiver
        return record.reason if record else ""

    @property
    def target(self) -> str:
        """The commit or finding that the command names, or the thread's only finding for `waive` or `unwaive`."""
        findings = self.posted.findings if self.posted.command.name in {CommandName.WAIVE, CommandName.UNWAIVE} else ()
        return self.posted.command.target or (findings[0] if len(findings) == 1 else "")

    @property
    def choices(self) -> tuple[TrackedFinding, ...]:
        """The findings that an ambiguous command may refer to."""
        findings, refusal = self.stored.ledger.findings, self.refusal
        if refusal not in {Refusal.SEVERAL_FINDINGS, Refusal.OTHER_FINDING}:
            return ()
        if self.posted.command.name is CommandName.ASK:
            return asked_about(self.posted, findings)
        meant = fitting(self.posted, findings)
        word = self.posted.command.reason.partition(" ")[0].casefold() if refusal is Refusal.OTHER_FINDING else ""
        return tuple(one for one in findings.open() if one in meant or (word and one.id.startswith(word)))
