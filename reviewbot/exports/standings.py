"""What another tool is told of an earlier finding, since none of the formats has a place for it."""

from __future__ import annotations

from reviewbot.domain.findings.tracked_finding import FindingState
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.render.view_models.review import FindingView

_NOTE_LIMIT = 500


def standing_words(finding: FindingView) -> str:
    """Sentences on where it stands and what the reviewer last said of it; empty for a new one."""
    note = " ".join(finding.note.split())
    return " ".join(
        words
        for words, is_said in (
            ("Found by an earlier review.", finding.carried),
            (
                "Its code has changed since, and nobody has confirmed that this mends it.",
                finding.standing is FindingState.CHANGED,
            ),
            (f"The reviewer's last word: {shorten_line(note, _NOTE_LIMIT)}", bool(note)),
        )
        if is_said
    )
