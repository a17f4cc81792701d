"""The findings of an analyzer before they are rated."""

from __future__ import annotations

from msgspec import Struct, field

from reviewbot.domain.text.strict_json import Whole


class Edit(Struct, frozen=True, rename="camel"):
    """A replacement of the text between two positions. The field names in JSON are from shellcheck.

    Lines and columns (in characters) start at 1. The character at the second position is not replaced.
    """

    line: Whole
    column: Whole
    end_line: Whole
    end_column: Whole
    text: str = field(name="replacement")


class RawFinding(Struct, frozen=True):
    """An analyzer's finding on a copy.

    Attributes:
        file: the name of the copy, as printed by the analyzer.
        line: the first line in the copy, starting at 1. `end_line` is never smaller.
        level: the analyzer's name for the severity, in lower case.
        edits: the analyzer's own fix, if it is safe.
    """

    tool: str
    rule: str
    file: str
    line: int
    end_line: int
    level: str
    message: str
    note: str = ""
    reference: str = ""
    edits: tuple[Edit, ...] = ()
