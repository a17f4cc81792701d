"""What an analyzer reported, before it is rated and put into the service's words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text between two places by `text`.

    Attributes:
        line: the first place's line, from 1.
        column: the first place's column in characters, from 1.
        end_line: the second place's line.
        end_column: the second place's column; it is not part of what is replaced.
        text: what comes instead.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class RawFinding:
    """One message of one analyzer, in the analyzer's own terms.

    Attributes:
        tool: the analyzer.
        rule: the analyzer's name for the rule.
        file: the copy's name as the analyzer printed it.
        line: first line, from 1, in the copy.
        end_line: last line, at least `line`.
        level: the analyzer's own word for how bad it is, lower case.
        message: one line.
        note: more on it, may be empty.
        reference: where the rule is explained, may be empty.
        edits: the analyzer's own fix, when it holds it to be safe.
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
