"""A text that is shortened is redacted first: no half of a secret is sent, wherever it is cut."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewbot.domain.commands.parse import LONGEST_QUESTION, MAX_QUESTION, parse
from reviewbot.domain.findings.conversation import LONGEST_REPLY, MAX_REPLY, Reply, Role, conversation_text, redacted
from reviewbot.domain.findings.incremental import MAX_DESCRIBED, since_text
from reviewbot.domain.findings.tracked_finding import MAX_REASON, TrackedFinding
from reviewbot.domain.github.context import LONGEST_PART, MAX_CONTEXT, Issue, ProjectContext, context_text
from reviewbot.domain.ledger.edits import GrantBypass, Waive
from reviewbot.domain.ledger.edits import redacted as redacted_edit
from reviewbot.domain.model.review import Severity
from reviewbot.domain.redaction.redactor import Redactor
from reviewbot.domain.text.bounds import shorten
from tests.domain.builders import HEAD

SECRET = "ghp_" + "A1b2C3d4E5f6" * 3
HALF = SECRET[:14]
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJBMWIyQzNkNEU1" * 40 + "." + "A1b2C3d4" * 5
"""A token of 1,000 characters: a redaction of it moves what is behind a cut before the next one."""

REDACTOR = Redactor.of(())


def redact(text: str) -> str:
    return REDACTOR.redact(text).text


def reply(text: str) -> str:
    return conversation_text(redacted([Reply(Role.AUTHOR, None, text)], REDACTOR.counted), MAX_CONTEXT)


def question(text: str) -> str:
    command = parse(f"/reviewbot ask {text}")
    assert command is not None
    return shorten(redact(command.reason), MAX_QUESTION)


def waiver(text: str) -> str:
    command = parse(f"/reviewbot waive 0123456789 {text}")
    assert command is not None
    edit = redacted_edit(Waive("0123456789", "mona", command.reason), redact)
    assert isinstance(edit, Waive)
    return edit.reason


def bypass(text: str) -> str:
    command = parse(f"/reviewbot bypass {HEAD} {text}")
    assert command is not None
    edit = redacted_edit(GrantBypass(HEAD, "main", "mona", command.reason), redact)
    assert isinstance(edit, GrantBypass)
    return edit.reason


def context(**found: object) -> str:
    def counting(text: str) -> tuple[str, int]:
        return redact(text), 0

    return context_text(ProjectContext(**found), MAX_CONTEXT, counting).text  # type: ignore[arg-type]  # its fields


def earlier_finding(text: str) -> str:
    record = TrackedFinding("0123456789", Severity.HIGH, None, "Title", "a.py", text=text, leftover=True)
    return redact(since_text("", (), (record,), MAX_CONTEXT))


SENT: dict[str, Callable[[str], str]] = {
    "a reply": reply,
    "a question": question,
    "the reason of a waiver": waiver,
    "the reason of a bypass": bypass,
    "a document": lambda text: context(files={"README.md": text}),
    "a commit message": lambda text: context(messages=("First", text)),
    "the title of an issue": lambda text: context(issues=(Issue(1, text, "Body"),)),
    "the text of an issue": lambda text: context(issues=(Issue(1, "Title", text),)),
    "an earlier finding": earlier_finding,
}
LIMITS = (MAX_REASON, MAX_DESCRIBED, MAX_QUESTION, MAX_REPLY, LONGEST_QUESTION, LONGEST_REPLY, LONGEST_PART)


@pytest.mark.parametrize("what", SENT)
@pytest.mark.parametrize("limit", sorted({*LIMITS, 4 * LONGEST_PART}))
def test_no_part_of_a_shortened_secret_is_sent(what: str, limit: int) -> None:
    tokens = f"{JWT} " * (limit // len(JWT))
    for start in ("", tokens):
        for kept in (15, 25, 35):
            filler = ("so " * limit)[: limit - kept - len(start) - 1]
            sent = SENT[what](f"{start}{filler} {SECRET} is my token")
            assert HALF not in sent
            assert "REDACTED" in sent or "so so" in sent


def test_a_short_text_keeps_its_words_around_the_redaction() -> None:
    for what, send in SENT.items():
        assert "Use [REDACTED:github-token] for now" in send(f"Use {SECRET} for now"), what


@pytest.mark.parametrize("lines", [100, 500])
def test_no_line_of_a_key_that_is_cut_is_sent(lines: int) -> None:
    line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKB"
    key = "\n".join(["-----BEGIN PRIVATE KEY-----", *[line] * lines, "-----END PRIVATE KEY-----"])
    for what in ("a reply", "a question", "a document", "the text of an issue"):
        assert line[:20] not in SENT[what](f"My key:\n{key}"), what
