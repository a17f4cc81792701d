"""The engineer of the demo: the findings of the analyzers, and a few written by hand.

The latter have locations that review tools often get wrong: a cited line that is off by a few, a deleted line, a line
outside the diff, and a file that the change does not touch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reviewbot_sandbox.codevf import Answer, Engineer, FreeText, Structured, TaskRequest

QUESTION = "/reviewbot ask Is the old password still a risk after the fix?"
ANSWER = (
    "Yes. The value stays in the branch's history, even if a later commit removes it. Change the password, "
    "and squash the commits before you merge."
)
"""The answer to `QUESTION`."""

ASKED = "Answer one question"
"""The beginning of the prompt for a question."""

NO_ANSWER = "This sandbox has no person, so it cannot answer this question. At CodeVF an engineer answers here."
"""The answer to any other question."""

CONVERSATION = "conversation.md"
"""The attachment that lists what is new and which findings need confirmation."""

Reviewing: TypeAlias = Callable[[Sequence[tuple[str, str]]], Mapping[str, object]]
"""Takes (file name, content) of each attachment and returns the answer object; passed in by the composition root."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding written by hand.

    Attributes:
        seen: text in the attachments; without it the remark does not apply.
        line: as the engineer cites it, which may be wrong.
        fixed: a pattern of an added line that fixes it in another way than by changing its code.
    """

    seen: str
    path: str
    line: int
    code: str
    severity: str
    category: str
    title: str
    explanation: str
    side: str = "RIGHT"
    suggestion: str = ""
    fixed: str = ""

    def applies(self, everything: str) -> bool:
        """Return whether the attachments have its code, and no line that fixes it."""
        return self.seen in everything and not self.is_fixed(everything)

    def is_fixed(self, everything: str) -> bool:
        """Return whether the attachments have a line that fixes it."""
        return bool(self.fixed) and re.search(self.fixed, everything, re.MULTILINE) is not None

    def finding(self) -> dict[str, object]:
        """Return the finding in the form of the response schema."""
        finding: dict[str, object] = {
            "severity": self.severity,
            "category": self.category,
            "title": self.title,
            "explanation": self.explanation,
            "side": self.side,
            "line": self.line,
            "end_line": self.line + self.code.count("\n"),
            "code": self.code,
        }
        return finding | ({"suggestion": self.suggestion, "existing_code": self.code} if self.suggestion else {})


_OWNER_CHECK = "    if parcel.owner_id != request.customer_id:\n        raise NotFound(code)"
_SLOT = "        database.execute(\"UPDATE express SET slots = ? WHERE day = date('now')\", (left - 1,))"
_BADGE = '  return parcel.express ? "Express" : "";'

REMARKS: tuple[Remark, ...] = (
    Remark(
        seen="-    if parcel.owner_id",
        path="api/app.py",
        line=22,
        code=_OWNER_CHECK,
        side="LEFT",
        fixed=r"^\+.*\bowner_id\b",
        severity="critical",
        category="security",
        title="Any customer can read any parcel",
        explanation="These two lines were the only check that the parcel belongs to the customer. Without them, "
        "enumerating tracking codes shows names and addresses of other customers.",
    ),
    Remark(
        seen=_SLOT,
        path="api/parcels.py",
        line=24,  # wrong on purpose; the quote determines the line
        code=_SLOT,
        severity="medium",
        category="correctness",
        title="Concurrent bookings take the same slot",
        explanation="Both read `left`, both write `left - 1`, and one slot is sold twice. Let the database count: "
        "`UPDATE express SET slots = slots - 1 WHERE day = date('now') AND slots > 0`, then look at the row count.",
    ),
    Remark(
        seen=_BADGE,
        path="web/formatting.js",
        line=11,
        code=_BADGE,
        severity="low",
        category="style",
        title="The badge is always in English",
        explanation="`when` follows the page's language; this word does not.",
        suggestion='  return parcel.express ? document.documentElement.dataset.express : "";',
    ),
    Remark(
        seen='service.allow_origin = os.environ.get("ALLOWED_ORIGIN", "*")',
        path="api/app.py",
        line=9,
        code='service.allow_origin = os.environ.get("ALLOWED_ORIGIN", "*")',
        severity="medium",
        category="security",
        title="Any site may call the new endpoints",
        explanation="The line is old, but `/search` makes it matter: any page that a customer visits can now search.",
    ),
    Remark(
        seen="def search(",
        path="api/settings.py",
        line=3,
        code="SESSION_HOURS = 24 * 365",
        severity="low",
        category="security",
        title="Sessions last a year",
        explanation="Not part of this change, but with search behind a session, a lost phone is a lost customer list.",
    ),
)


SUMMARY = "I read the change line by line. My comments are next to the lines."
"""Replaces the analyzers' summary, because the demo plays a person."""


def demo_engineer(analyzers: Reviewing) -> Engineer:
    """Return an engineer that answers with what the analyzers find, and add the remarks that still apply."""

    def engineer(request: TaskRequest) -> Answer:
        if QUESTION.partition(" ask ")[2] in request.prompt:
            return FreeText(ANSWER)
        if request.prompt.startswith(ASKED):
            return FreeText(NO_ANSWER)
        sent = [(one.file_name, one.content) for one in request.attachments if one.file_name != CONVERSATION]
        everything = "".join(content for _, content in sent)
        found = dict(analyzers(sent))
        remarks = [remark for remark in REMARKS if remark.applies(everything)]
        listed = found.get("files")
        files = [*(listed if isinstance(listed, list) else [])]
        files += [{"path": remark.path, "findings": [remark.finding()]} for remark in remarks]
        asked = [one for one in request.attachments if one.file_name == CONVERSATION]
        previous = {"previous": _confirmed(asked[0].content, everything)} if asked else {}
        return Structured({**found, "summary": SUMMARY, "files": files, **previous})

    return engineer


def _confirmed(so_far: str, everything: str) -> list[dict[str, str]]:
    """Return the state of every earlier finding: fixed if its code was changed, or a line fixes it."""
    asked = [json.loads(line) for line in so_far.splitlines() if line.startswith("{")]
    fixed = {remark.title for remark in REMARKS if remark.is_fixed(everything)}
    words = {True: ("fixed", "Checked again: fixed."), False: ("open", "The code has not changed.")}
    return [
        {"id": one["id"], "state": state, "note": note}
        for one in asked
        for state, note in [words[one["code"] == "changed since" or one["title"] in fixed]]
    ]
