"""What an analyzer reports, before it is rated."""

from __future__ import annotations

from msgspec import Struct, field

from reviewbot.domain.text.strict_json import Whole


class Edit(Struct, frozen=True, rename="camel"):
    """Replace the text between two places by `text`; in JSON it has shellcheck's names.

    Lines and columns (in characters) count from 1; the character at the second place stays.
    """

    line: Whole
    column: Whole
    end_line: Whole
    end_column: Whole
    text: str = field(name="replacement")


class RawFinding(Struct, frozen=True):
    """A message of an analyzer, in the analyzer's terms.

    Attributes:
        file: the copy's name as printed.
        line: first line, from 1, in the copy; `end_line` is at least that.
        level: the analyzer's word for how bad it is, in lower case.
        reference: URL of the rule, may be empty.
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
