"""The findings of an analyzer before they are rated."""

from __future__ import annotations

from msgspec import Struct, field

from reviewbot.domain.text.strict_json import Whole


class Edit(Struct, frozen=True, rename="camel"):
    """Replaces the text between two positions with `text`. The names in JSON are shellcheck's.

    Lines and columns (in characters) start at 1. The character at the second position is kept.
    """

    line: Whole
    column: Whole
    end_line: Whole
    end_column: Whole
    text: str = field(name="replacement")


class RawFinding(Struct, frozen=True):
    """A message of an analyzer, in the analyzer's terms.

    Attributes:
        file: the copy's name, as the analyzer prints it.
        line: the first line in the copy, starting at 1. `end_line` is never smaller.
        level: the analyzer's name for the severity, in lower case.
        reference: the URL of the rule, which may be empty.
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
