"""The content of the answer to a command."""

from __future__ import annotations

import pytest

from reviewbot.domain.commands.authorize import CommandAction, EditLedger, Refusal, Tell
from reviewbot.domain.commands.parse import Command, CommandName, PostedCommand
from reviewbot.domain.events.answer import Answer
from reviewbot.domain.findings.tracked_finding import Bypass, Findings, TrackedFinding, Waiver
from reviewbot.domain.ledger.edits import GrantBypass, Unwaive, Waive
from reviewbot.domain.ledger.ledger import Ledger
from reviewbot.domain.ledger.versions import StoredLedger
from reviewbot.domain.model.review import Severity
from tests.domain.builders import HEAD, NOON, pull, snapshot_of

WAIVED = TrackedFinding("3f9a000001", Severity.LOW, None, "waived", "a.py", waiver=Waiver("wendy", "known", ""))
OTHER = TrackedFinding("3f9a000002", Severity.LOW, None, "other", "a.py")
THIRD = TrackedFinding("77aa000003", Severity.LOW, None, "third", "a.py")
LEDGER = Ledger(findings=Findings((WAIVED, OTHER, THIRD)), bypass=Bypass(HEAD, "main", "wendy", "it burns"))
WAIVE = EditLedger(Waive(WAIVED.id, "wendy", "typed"), WAIVED)
BYPASS = EditLedger(GrantBypass(HEAD, "main", "wendy", "typed"))


def answer(action: CommandAction, command: Command, ledger: Ledger = LEDGER, findings: tuple[str, ...] = ()) -> Answer:
    posted = PostedCommand(42, command, "wendy", NOON, findings=findings)
    return Answer(posted, action, None, HEAD, snapshot_of(pull()), StoredLedger(ledger))


@pytest.mark.parametrize(
    ("action", "ledger", "reason"),
    [
        (WAIVE, LEDGER, "known"),
        (BYPASS, LEDGER, "it burns"),
        (EditLedger(Unwaive(WAIVED.id), WAIVED), LEDGER, ""),
        (BYPASS, Ledger(), ""),
        (WAIVE, Ledger(), ""),
        (Tell(), LEDGER, ""),
    ],
)
def test_the_recorded_reason_is_shown(action: CommandAction, ledger: Ledger, reason: str) -> None:
    assert answer(action, Command(CommandName.WAIVE), ledger).recorded_reason == reason


def test_only_some_refusals_quote_the_command() -> None:
    command = Command(CommandName.WAIVE, reason="typed")
    assert answer(Refusal.OWN, command).quoted == "typed"
    assert answer(Refusal.CLOSED, command).quoted == ""
    assert answer(WAIVE, command).finding == WAIVED
    assert answer(Refusal.OWN, command).finding is None


@pytest.mark.parametrize(
    ("name", "target", "findings", "shown"),
    [
        (CommandName.WAIVE, "3f9a", ("77aa000003",), "3f9a"),
        (CommandName.UNWAIVE, "", ("77aa000003",), "77aa000003"),
        (CommandName.WAIVE, "", ("77aa000003", "3f9a000001"), ""),
        (CommandName.STATUS, "", ("77aa000003",), ""),
    ],
)
def test_a_command_in_the_thread_of_one_finding_names_it(
    name: CommandName, target: str, findings: tuple[str, ...], shown: str
) -> None:
    assert answer(Tell(), Command(name, target), findings=findings).target == shown


def test_an_ambiguous_command_gets_its_choices() -> None:
    several, other = Refusal.SEVERAL_FINDINGS, Refusal.OTHER_FINDING
    assert answer(several, Command(CommandName.WAIVE, "3f9a")).choices == (WAIVED, OTHER)
    assert answer(several, Command(CommandName.ASK, "3f9a", "3f9a why?")).choices == (WAIVED, OTHER)
    begins = Command(CommandName.WAIVE, reason="77AA is a test")
    assert answer(other, begins, findings=(OTHER.id,)).choices == (OTHER, THIRD)
    assert answer(Refusal.NO_FINDING, Command(CommandName.WAIVE, "3f9a")).choices == ()
