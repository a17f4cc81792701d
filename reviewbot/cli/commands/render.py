"""`reviewbot render`."""

from __future__ import annotations

from reviewbot.cli.convert import DOCUMENTS, read_stored, write_document
from reviewbot.cli.invocation import Call


def run(call: Call) -> int:
    """Write a report as another kind of document."""
    kind = call.chosen.to
    write_document(call.out, kind, DOCUMENTS[kind](read_stored(call.chosen.report)))
    return 0
