"""Parse an answer in prose.

As the prompt asks, a finding is a paragraph, a list item or a heading that begins with `path:12-14:`. Fenced blocks,
indented paragraphs, and paragraphs below the heading continue the finding. All other text is kept for a person to read.

The explanation of a finding can contain a second, worse finding. Findings in prose are therefore critical or unrated.
An unrated finding blocks until a person has read the answer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from msgspec import Struct

from reviewbot.domain.codevf.finding_parser import MAX_PATH, UNTITLED, titled
from reviewbot.domain.codevf.remarks import MARKS, PLACE
from reviewbot.domain.diff.text_index import line_feeds
from reviewbot.domain.model.review import Finding, Previous, PreviousState, Severity
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.values import replace

MAX_PROSE = 200_000
"""The maximum number of characters of an answer. Longer answers are not parsed."""

MAX_CLOSERS = 20
"""The maximum number of fences that are tried as the end of a fenced block."""

LONG_TITLE = 100
"""If the first line is longer than this, only its first sentence becomes the title."""

_CODE = 4
"""The indentation in columns with which Markdown renders a paragraph as code."""

_CLEAN = re.compile(
    r"(?:there (?:is|are|was|were) |i (?:have )?(?:found |see |saw )|i have )?"
    r"(?:nothing (?:else |here )?(?:needs (?:fixing|to be (?:fixed|changed))|(?:that needs |needing )fixing|"
    r"to (?:fix|report|change))"
    r"|no (?:findings|issues|problems|bugs|defects)(?: (?:(?:were )?found|to report))?)"
    r"(?: here| in (?:this|the) (?:change|code|diff|pull request))?"
)


def is_clean(text: str) -> bool:
    """Return whether an answer says only that nothing needs to be fixed."""
    flat = " ".join(text.casefold().split()).strip('#*_=-" ').rstrip('.!:,"').strip("*_ ")
    return _CLEAN.fullmatch(flat) is not None


class Prose(Struct, frozen=True):
    """An answer in prose. `previous` contains statements about earlier findings, and `rest` all other paragraphs."""

    findings: tuple[Finding, ...] = ()
    previous: tuple[Previous, ...] = ()
    rest: tuple[str, ...] = ()


# --- Blocks -----------------------------------------------------------------------------------------------------------

_FENCE = re.compile(r"[ \t]*(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)\Z")
_CLOSER = re.compile(r"[ \t]*(?:`{3,}|~{3,})[ \t]*\Z")
_MARKER = re.compile(r"[ \t]*(?P<heading>#{1,6}[ \t]+)?(?:[-*\u2022][ \t]+|\d{1,3}[.)][ \t]+)?(?:\[[ xX]\][ \t]+)?")
_RULE = re.compile(r"[ \t]*[-*_=]{3,}[ \t]*(?:\n|\Z)")


class _Block(Struct, frozen=True):
    """A paragraph, a list item, a heading or a fenced block.

    Attributes:
        raw: the unchanged lines.
        text: the lines without list markers and indentation, or the lines inside a fence.
        info: the info string of a fenced block, or None for other blocks.
    """

    raw: str
    text: str
    is_heading: bool = False
    info: str | None = None


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    paragraph: list[str] = []
    closers = [index for index, line in enumerate(lines) if _CLOSER.match(line)]
    index = 0
    while index < len(lines):
        line, end = lines[index], _fence_end(lines, index, closers)
        if paragraph and (end or not line.strip() or _starts(line, paragraph[-1])):
            yield _block(paragraph)
            paragraph = []
        if end:
            yield _fence(lines[index : end + 1])
            index = end
        elif line.strip():
            paragraph.append(line)
        index += 1
    if paragraph:
        yield _block(paragraph)


def _fence_end(lines: Sequence[str], start: int, closers: Sequence[int]) -> int:
    """Return the index of the line that closes the fence at `start`, or 0 if no complete fence begins there."""
    opened = _FENCE.match(lines[start])
    if not opened:
        return 0
    after = bisect_right(closers, start)
    ends = closers[after : after + MAX_CLOSERS]
    return next((index for index in ends if lines[index].strip().startswith(opened["mark"])), 0)


def _starts(line: str, before: str) -> bool:
    """Return whether a line begins a new block even though no blank line precedes it."""
    marker, text = _unmarked(line)
    if marker.strip() or before.lstrip().startswith("#"):
        return True
    return PLACE.match(text) is not None or _EARLIER.fullmatch(text) is not None or is_clean(text)


def _unmarked(line: str) -> tuple[str, str]:
    text = _MARKER.sub("", line, count=1)
    return line.removesuffix(text), text.strip()


def _block(lines: Sequence[str]) -> _Block:
    marker, text = _unmarked(lines[0])
    return _Block("\n".join(lines), "\n".join([text, *(line.strip() for line in lines[1:])]), "#" in marker)


def _fence(lines: Sequence[str]) -> _Block:
    indent, opening = _indent(lines[0]), _FENCE.match(lines[0])
    inner = "\n".join(line[min(indent, _indent(line)) :] for line in lines[1:-1])
    return _Block("\n".join(lines), inner, info=opening["info"].strip() if opening else "")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


# --- Findings ---------------------------------------------------------------------------------------------------------

_CRITICAL = re.compile(
    rf"{MARKS}(?:critical|blocker){MARKS}(?:\s*[:\u2013\u2014]|\s+-){MARKS}(?:\s+|\Z)", re.IGNORECASE
)
_EARLIER = re.compile(
    r"`?(?P<id>[0-9a-f]{10})`?(?:\s*:|\s+[\u2013\u2014-])\s+(?P<state>fixed|open)[.!]?", re.IGNORECASE | re.ASCII
)
"""A statement about an earlier finding. It must be the whole block, because further words could restrict it."""


class _Draft(Struct):
    place: re.Match[str]
    severity: Severity
    text: list[str]
    block: _Block
    suggestion: str | None = None


class _Reader:
    def __init__(self) -> None:
        self.drafts: list[_Draft] = []
        self.previous: list[Previous] = []
        self.rest: list[str] = []
        self.current: _Draft | None = None

    def read(self, block: _Block) -> None:
        draft = self.current
        if place := PLACE.match(block.text) if block.info is None else None:
            text = block.text[place.end() :]
            label = _CRITICAL.match(text)
            severity, begin = (Severity.CRITICAL, label.end()) if label else (Severity.UNRATED, 0)
            self.current = _Draft(place, severity, [text[begin:]], block)
            self.drafts.append(self.current)
        elif draft and draft.suggestion is None and block.info is not None and block.info.casefold() == "suggestion":
            draft.suggestion = block.text
        elif draft and (block.info is not None or _belongs(block, draft)):
            draft.text.append(block.raw)
        elif earlier := self._confirmed(block):
            self.previous.append(earlier)
        else:
            self.rest.append(block.raw)
            self.current = None

    def _confirmed(self, block: _Block) -> Previous | None:
        # A statement about an earlier finding counts only at the beginning. Later in the answer, it may be a quotation.
        is_quoted = block.info is not None or _indent(block.raw.expandtabs(_CODE)) >= _CODE or "[ ]" in block.raw
        if self.drafts or self.rest or is_quoted:
            return None
        match = _EARLIER.fullmatch(block.text)
        return Previous(match["id"], PreviousState(match["state"].lower()), "") if match else None


def _belongs(block: _Block, draft: _Draft) -> bool:
    """Return whether a block belongs to a finding: indented, below its heading, or directly after a bare location."""
    is_below = _indent(block.raw) > _indent(draft.block.raw) or draft.block.is_heading
    return not (block.is_heading or _RULE.match(block.raw)) and (is_below or not any(draft.text))


def _finding(draft: _Draft) -> Finding:
    title, explanation = _split("\n\n".join(part for part in draft.text if part.strip()).strip())
    first, last = sorted((int(draft.place["first"]), int(draft.place["last"] or draft.place["first"])))
    return Finding(
        path=shorten_line(draft.place["path"], MAX_PATH),
        severity=draft.severity,
        category=None,
        title=title or UNTITLED,
        explanation=explanation,
        line=first or last or None,
        end_line=last or None,
        suggestion=draft.suggestion,
    )


def _split(text: str) -> tuple[str, str]:
    first, _, rest = text.partition("\n")
    if rest and not first.rstrip().endswith((".", "!", "?", ":", ";")):
        wrapped, _, more = text.partition("\n\n")
        if "```" not in wrapped:
            first, rest = " ".join(wrapped.split()), more
    sentence = re.match(r"(.{20,}?[.!?])\s+(?=\S)", first) if len(first) > LONG_TITLE else None
    if sentence:
        first, rest = sentence[1], f"{first[sentence.end() :]}\n{rest}"
    inner = first.strip().removeprefix("**")
    is_bold = inner.endswith("**") and inner.count("**") == 1
    return titled(inner.removesuffix("**").strip() if is_bold else first.strip(), rest.strip())


def read_prose(text: str, *, confirms: bool = False) -> Prose:
    """Parse an answer in prose without raising an error or losing text.

    Unless `confirms`, an earlier finding stays open even if the answer says that the finding is fixed. `confirms` is
    True only if the prompt asked for such statements.
    """
    if len(text) > MAX_PROSE:
        return Prose(rest=(text,))
    reader = _Reader()
    for block in _blocks(line_feeds(text).split("\n")):
        reader.read(block)
    rest = tuple(one for one in reader.rest if one.strip("\n\t `*_#>|~=+.,:;-"))
    previous = reader.previous if confirms else [replace(one, state=PreviousState.OPEN) for one in reader.previous]
    return Prose(tuple(map(_finding, reader.drafts)), tuple(previous), rest)
