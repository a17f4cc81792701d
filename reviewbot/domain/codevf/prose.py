r"""Parse an answer that a person wrote as text.

A finding begins with its place, in a line, a list item or a heading, or below a heading with a file's name. A paragraph
that names a place anywhere is a finding too. All other text is left over. Nothing is dropped except the place, the
severity and list markers, which the finding has as fields.

A severity counts only right after the place, and only if the text says nothing worse and names no other line: every
other finding is unrated.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from msgspec import Struct

from reviewbot.domain.codevf.finding_parser import MAX_PATH, UNTITLED, severity_of, titled
from reviewbot.domain.codevf.remarks import (
    MARKS,
    RANK,
    RATED,
    is_path,
    names_another_line,
    rated_paths,
    says_worse,
    worst_label,
)
from reviewbot.domain.diff.text_index import line_feeds
from reviewbot.domain.model.review import Finding, Previous, PreviousState, Severity
from reviewbot.domain.text.bounds import shorten_line
from reviewbot.values import replace

MAX_PROSE = 200_000
"""Characters of an answer that is parsed."""

MAX_CLOSERS = 20
"""Shorter fences in a fenced block that are skipped to find its end."""

LONG_TITLE = 100
"""Characters of a first line from which its first sentence is the title."""

_CLEAN = re.compile(
    r"(?:there (?:is|are|was|were) |i (?:have )?(?:found |see |saw )|i have )?"
    r"(?:nothing (?:here )?(?:needs (?:fixing|to be (?:fixed|changed))|(?:that needs |needing )fixing|"
    r"to (?:fix|report|change))"
    r"|no (?:findings|issues|problems|bugs|defects)(?: (?:(?:were )?found|to report))?)(?: here)?"
)


def is_clean(text: str) -> bool:
    """Return whether a text says only that nothing needs to be fixed."""
    flat = " ".join(text.casefold().split()).strip('#*_=-" ').rstrip('.!:,"').strip("*_ ")
    return _CLEAN.fullmatch(flat) is not None


class Prose(Struct, frozen=True):
    """What an answer in prose contains.

    Attributes:
        previous: what it says about earlier findings.
        confirmed: the same as written.
        rest: the paragraphs that are not part of a finding, as written.
    """

    findings: tuple[Finding, ...] = ()
    previous: tuple[Previous, ...] = ()
    confirmed: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()


# --- Places -----------------------------------------------------------------------------------------------------------

_LINES = (
    r"(?P<first>\d{1,7})(?!\d)(?::\d{1,5}(?!\d))?"
    r"(?:\s?(?:-|\u2013|\u2014|\.\.|to\s)\s?[lL]?(?P<last>\d{1,7})(?![\d])(?::\d{1,5}(?!\d))?)?"
)
_GROUP = r"(?<=/)\((?![\dlL])"
"""The bracket in `app/(group)/page.tsx`, not that in `app.py(12)`."""

_DRIVE = r"(?:[A-Za-z]:(?=[\\/]))?"
_NAME = (
    r"(?:`(?P<quoted>[^`\n]{1,300})`|(?P<plain>" + _DRIVE + r"[^\s`:*\"'<>|#,;(\[{]"
    r"(?:[^\s`:*\"'<>|#,;(]|" + _GROUP + r"){0,300}))"
)
_BEFORE = r"(?<![^\s(\[*\"'>|])"
_ANCHOR = r"#[lL](?P<first>\d{1,7})(?:[cC]\d+)?(?:-[lL]?(?P<last>\d{1,7})(?:[cC]\d+)?)?"
_LINK = r"\[(?P<label>[^\[\]\n]{0,300})\]\((?P<link>[^\s()#]{1,1000})" + _ANCHOR + r"\)"
_ADDRESS = r"<?(?P<link>https?://[^\s()<>#]{1,1000})" + _ANCHOR + ">?"
_QUOTED = (
    r"\*{0,3}`(?P<quoted>"
    + _DRIVE
    + r"(?:[^`\n:#(]|"
    + _GROUP
    + r"){1,300})(?::|#|\()[lL]?"
    + _LINES
    + r"\)?:?`\*{0,3}"
)
_AT = (
    r"\*{0,3}"
    + _NAME
    + r"\*{0,3}(?::[lL]?(?=\d)|#[lL]?(?=\d)|\((?=\d)|(?:,\s?|\s\(?|\()(?:(?:on|at)\s)?"
    + r"(?:lines?\s|ln\.?\s?|[lL]\.?)(?=\d))"
    + _LINES
    + r"(?:,\d{1,5})?\)?\*{0,3}"
)
_OF = r"\*{0,3}(?:[lL]ines?\s|[lL])" + _LINES + r",?\s(?:of|in|at)\s(?:the\sfile\s)?\*{0,3}" + _NAME + r"\*{0,3}"
_FORMS = (_LINK, _ADDRESS, _QUOTED, _AT, _OF)

_BEGINS = tuple(re.compile(form) for form in _FORMS)
_CONTAINS = tuple(re.compile(_BEFORE + form) for form in _FORMS)
_FILE = re.compile(r"\*{0,3}" + _NAME + r"\*{0,3}(?=\s*:(?:\s|\Z)|\s+[-\u2013\u2014]\s)")
_FILE_ALONE = re.compile(r"(?:(?:file|in):?\s+)?\*{0,3}" + _NAME + r":?\*{0,3}:?\s*\Z", re.IGNORECASE)
_LINE_REF = re.compile(
    r"\*{0,3}:?(?:lines?\s|[lL])?\s?" + _LINES + r"\*{0,3}(?=\s*[:)]|\s+[-\u2013\u2014]\s|\s*\Z)", re.IGNORECASE
)
_IN_REPOSITORY = re.compile(r"\A(?:https?://[^/]+/[^/]+/[^/]+/|(?:\.\./)+)(?:blob|blame|tree|raw)/[^/]+/")
_AFTER = re.compile(r"(?:\s*[:;,\u2013\u2014|)](?!\S?//)\s*|\s+-\s+|\s+(?=[\[(*`])|\s*(?=\n|\Z))")


class _Place(Struct, frozen=True):
    """A place in a text.

    Attributes:
        start: its position there, from 0, like `end`.
        label: the words of its link, if they are not a place too.
    """

    path: str
    first: int | None
    last: int | None
    start: int
    end: int
    label: str = ""


def _place(match: re.Match[str]) -> _Place | None:
    """Return the place of a match; None if its name is not that of a file."""
    found: dict[str, str | None] = dict.fromkeys(("link", "label", "quoted", "plain", "first", "last"))
    found |= match.groupdict()
    name, end = found["link"] or found["quoted"] or found["plain"] or "", match.end()
    if found["plain"] and match.end("plain") == end:
        name = name.rstrip(".)]}'!?")
        end -= len(found["plain"]) - len(name)
    if found["link"]:
        name = _IN_REPOSITORY.sub("", unquote(name))
    elif not (is_path(name) or (found["quoted"] and found["first"] and re.search(r"[^\W\d_]", name))):
        return None
    path = name.replace("\\", "/").strip()
    first, last = _lines_of(match) if found["first"] else (None, None)
    label = (found["label"] or "").strip()
    label = "" if " " not in label and is_path(label.strip("`*").partition(":")[0].partition("#")[0]) else label
    return _Place(path, first, last, match.start(), end, label)


def _lines_of(match: re.Match[str]) -> tuple[int | None, int | None]:
    first, last = sorted((int(match["first"]), int(match["last"] or match["first"])))
    return (first or last or None), (last or None)


def _begins_with_place(text: str) -> _Place | None:
    """Return the place that a text begins with."""
    found = (_place(match) for form in _BEGINS if (match := form.match(text)))
    place = next((one for one in found if one), None)
    # `a.py:3 is wrong` is a sentence, which is kept whole.
    if place and _AFTER.match(text, place.end):
        return place
    # The requested form is a place whatever the file is called, such as `Pipfile`.
    rated = RATED.match(text)
    return _Place(rated["path"], *_lines_of(rated), 0, rated.start("end")) if rated else None


def _contained_place(text: str) -> _Place | None:
    found = (_place(match) for form in _CONTAINS for match in form.finditer(text) if not _is_call(match))
    return min((one for one in found if one), key=lambda one: one.start, default=None)


def _is_call(match: re.Match[str]) -> bool:
    """Return whether a place in a sentence is a call with a number, such as `time.sleep(5)`."""
    groups = match.groupdict()
    name = next((group for group in ("quoted", "plain") if groups.get(group)), None)
    return name is not None and re.match(r"\(\d", match.string[match.end(name) :]) is not None


def _file_alone(text: str) -> str:
    """Return the file if a line consists of its name, else an empty text."""
    match = _FILE_ALONE.match(text)
    place = _place(match) if match and not text.endswith("?") else None
    return "" if place is None or re.search(r"\s", place.path) else place.path


# --- Blocks -----------------------------------------------------------------------------------------------------------

_FENCE = re.compile(r"[ \t]*(?P<mark>`{3,}|~{3,})[^`\n]*\Z")
_CLOSER = re.compile(r"[ \t]*(?:`{3,}|~{3,})[ \t]*\Z")
_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})\s+(?P<text>.*?)\s*#*\s*\Z")
_QUOTE = re.compile(r"[\s|]*>")
_LOOKS_QUOTED = re.compile(r" {4}| {0,3}\t|\+|\|")
"""The beginning of a line of indented code, of a diff or of a table."""

_ITEM = re.compile(r"[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
_NUMBER = re.compile(r"\d{1,3}[.)]\s+")


class _Block(Struct, frozen=True):
    """Lines that belong together: a paragraph, a list item, a heading or a fenced block.

    Attributes:
        raw: as written.
        text: without the marker, quote signs and indentation; of a fence its lines.
        indent: columns before the marker or the first line.
        level: of a heading, else 0.
        info: of a fence, else None.
        is_quoted: whether the words may be those of another person, such as the author's reply to an earlier finding.
    """

    raw: tuple[str, ...]
    text: str
    indent: int = 0
    level: int = 0
    info: str | None = None
    is_item: bool = False
    is_quoted: bool = False


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    open_lines: list[str] = []
    is_quoted = False  # after a fence that is not closed, and in lines that continue a quotation
    closers = [index for index, line in enumerate(lines) if _CLOSER.match(line)]
    index, is_unclosed = 0, False
    while index < len(lines):
        line, heading = lines[index], _HEADING.match(lines[index])
        end = _fence_end(lines, index, closers)
        if end or not line.strip() or heading or _starts(line, open_lines):
            if open_lines:
                block = _block(open_lines)
                yield replace(block, is_quoted=block.is_quoted or is_quoted)
                is_quoted = is_unclosed or (bool(line.strip()) and (block.is_quoted or is_quoted))
            open_lines = []
        if end:
            yield _fence(lines[index : end + 1])
            index = end
        elif heading:
            text = _NUMBER.sub("", heading["text"], count=1)
            yield _Block((line,), text, level=len(heading["marks"]))
        elif line.strip():
            open_lines.append(line)
            if _FENCE.match(line):
                is_quoted = is_unclosed = True
        index += 1
    if open_lines:
        block = _block(open_lines)
        yield replace(block, is_quoted=block.is_quoted or is_quoted)


def _fence_end(lines: Sequence[str], start: int, closers: Sequence[int]) -> int:
    """Return the index of the line that closes the fence, 0 if the line opens none or it is not closed."""
    opened = _FENCE.match(lines[start])
    if not opened:
        return 0
    after = bisect_right(closers, start)
    ends = closers[after : after + MAX_CLOSERS]
    return next((index for index in ends if lines[index].strip().startswith(opened["mark"])), 0)


def _starts(line: str, before: Sequence[str]) -> bool:
    """Return whether a line begins a block without a blank line before it."""
    if not before:
        return False
    text = _unmarked(line)
    if _ITEM.match(line) or line.lstrip().startswith(("|", ">")) or _heads(before[-1]):
        return True
    if _LINE_REF.match(text) and _LINE_REF.match(_unmarked(before[0])):
        return True
    if _CLOSING.match(text) and before[-1].rstrip().endswith((".", "!", "?")):
        return True
    named = _FILE.match(text)
    is_new = _begins_with_place(text) or (named and _place(named)) or is_clean(text)
    return bool(is_new) or _heads(line) or _earlier(text) is not None


def _heads(line: str) -> bool:
    """Return whether a line alone is a heading: a file's name."""
    text = _unmarked(line)
    return bool(_file_alone(text)) and not _place_alone(text)


def _place_alone(text: str) -> bool:
    place = _begins_with_place(text)
    return place is not None and place.first is not None


def _unmarked(line: str) -> str:
    text = re.sub(r"\A[\s>|]+", "", line.rstrip(" |") if line.lstrip().startswith("|") else line)
    return _ITEM.sub("", text, count=1).strip() if _ITEM.match(text) else text.strip()


def _block(lines: Sequence[str]) -> _Block:
    text = "\n".join([_unmarked(lines[0]), *(line.strip() for line in lines[1:])]).strip()
    is_item, is_quoted = _ITEM.match(lines[0]) is not None, any(map(_QUOTE.match, lines))
    return _Block(tuple(lines), text, _indent(lines[0]), is_item=is_item, is_quoted=is_quoted)


def _fence(lines: Sequence[str]) -> _Block:
    indent, opening = _indent(lines[0]), lines[0].strip()
    inner = "\n".join(line[min(indent, _indent(line)) :] for line in lines[1:-1])
    return _Block(tuple(lines), inner, indent, info=opening.lstrip(opening[0]).strip())


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


# --- Findings ---------------------------------------------------------------------------------------------------------

_LABEL = re.compile(rf"{MARKS}(?P<word>{RANK}){MARKS}(?:\s*[:\u2013\u2014]|\s+-\s){MARKS}\s*", re.IGNORECASE)

_NAME_ALONE = 7
"""The heading level of a file's name without `#`, below Markdown's levels 1 to 6."""

_CLOSING = re.compile(
    r"(?:overall|in (?:summary|total|general|short)|to sum up|summary|apart from|other than|besides|also|finally|"
    r"general(?:ly)?|thanks|thank you|regards|best|cheers|ps|p\.s)\b",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"`?(?P<id>[0-9a-f]{10})`?(?:\s*:|\s+[\u2013\u2014-])\s+"
    r"(?P<said>(?:(?P<fixed>fixed)[.!]?\Z|open|fixed)(?![\w/\\-]|\.\S)[^\n]*)\Z",
    re.IGNORECASE,
)
"""A finding is fixed if nothing follows the word: any reason can say that only a part of it is."""

_STATE = re.compile(r"open[.:;,\u2013\u2014 \t-]*", re.IGNORECASE)
_LINE_THEN_TEXT = re.compile(r":\d+(?:-\d+)?:(?:\s|\Z)")


def _earlier(text: str) -> Previous | None:
    """Return what a text says of an earlier finding; None if it may report a new one, too."""
    match = _EARLIER.match(text)
    if match is None or _LINE_THEN_TEXT.search(said := match["said"]) or worst_label(said) or _contained_place(said):
        return None
    state = PreviousState.FIXED if match["fixed"] else PreviousState.OPEN
    return Previous(match["id"], state, "" if match["fixed"] else _STATE.sub("", said, count=1).strip())


class _Heading(Struct):
    level: int
    at: int
    path: str


class _Draft(Struct):
    place: _Place
    severity: Severity
    text: list[str]
    block: _Block
    takes_all: bool
    suggestion: str | None = None


class _Reader:
    def __init__(self, *, rates: bool) -> None:
        self.rates = rates
        self.drafts: list[_Draft] = []
        self.previous: list[Previous] = []
        self.confirmed: list[str] = []
        self.rest: list[str] = []
        self.current: _Draft | None = None
        self.headings: list[_Heading] = []
        self.form = (False, 0)
        self.leads = False

    def read(self, block: _Block) -> None:
        if block.info is not None:
            self._fenced(block, block.info)
        else:
            self._words(block)

    def _fenced(self, block: _Block, info: str) -> None:
        lines = [_unmarked(line) for line in block.text.split("\n") if line.strip()]
        draft = self.current
        if info.casefold() == "suggestion" and draft is not None and draft.suggestion is None:
            draft.suggestion = block.text
        elif any(rated_paths(block.text)) or (draft is None and lines and all(map(_begins_with_place, lines))):
            for one in _blocks(block.text.split("\n")):
                self.read(replace(one, is_quoted=True))
        elif draft is not None:
            draft.text.append("\n".join(block.raw))
        else:
            self._leave(block)

    def _words(self, block: _Block) -> None:
        if block.level:
            self._close(block.level)
        if _is_own(block) and not block.level and (earlier := _earlier(block.text)):
            self._confirm(block, earlier)
        elif place := _begins_with_place(block.text):
            self._begin(block, place)
        elif "\n" not in block.text and (path := _file_alone(block.text)):
            self._title(block, path)
        elif block.level:
            self._leave(block)
        elif (under := self._file()) and (ref := _LINE_REF.match(block.text)) and _AFTER.match(block.text, ref.end()):
            self._begin(block, _Place(under, *_lines_of(ref), 0, ref.end()))
        elif draft := self._continued(block):
            draft.text.append("\n".join(block.raw))
        else:
            self._unplaced(block)

    def _confirm(self, block: _Block, earlier: Previous) -> None:
        """Add what is said of an earlier finding; it is fixed only if the answer begins so: later, it may be quoted."""
        form, is_begun = (block.is_item, block.indent), bool(self.drafts or self.rest)
        self.leads = not is_begun and (not self.confirmed or (self.leads and self.form == form))
        if earlier.state is PreviousState.FIXED and not self.leads:
            earlier = replace(earlier, state=PreviousState.OPEN, note="fixed")
        self.leads, self.form = self.leads and not block.text.endswith(":"), form
        self.previous.append(earlier)
        self.confirmed.append("\n".join(block.raw))
        self.current = None

    def _title(self, block: _Block, path: str) -> None:
        level = block.level or _NAME_ALONE
        self._close(level)
        self.headings.append(_Heading(level, len(self.rest), path))
        self._leave(block)

    def _close(self, level: int) -> None:
        self.headings = [one for one in self.headings if one.level < level]

    def _continued(self, block: _Block) -> _Draft | None:
        """Return the finding that a block belongs to: the one before it, if it is in its section, or indented."""
        draft = self.current
        if draft is None or _CLOSING.match(block.text) or _contained_place(block.text):
            return None
        is_below = draft.block.is_item and block.indent > draft.block.indent
        return draft if draft.takes_all or is_below else None

    def _unplaced(self, block: _Block) -> None:
        """Read a block that does not start with a line of a file: it may contain one, or be about a file."""
        if place := _contained_place(block.text):
            self._add(block, place, block.text)
        elif (match := _FILE.match(block.text)) and (file := _place(match)):
            self._begin(block, file)
        elif self.headings and not _CLOSING.match(block.text):
            self._add(block, _Place(self._file(), None, None, 0, 0), block.text)
        else:
            self._leave(block)

    def _begin(self, block: _Block, place: _Place) -> None:
        """Begin a finding at a place; a severity right after it counts."""
        text, severity = _after(block.text, place), Severity.UNRATED
        if self.rates and _is_own(block) and (label := _LABEL.match(text)):
            text, severity = text[label.end() :], severity_of(label["word"])
        self._add(block, place, f"{place.label}: {text}" if place.label else text, severity)

    def _add(self, block: _Block, place: _Place, text: str, severity: Severity = Severity.UNRATED) -> None:
        for one in self.headings:
            if one.path == place.path:
                self.rest[one.at] = ""
        takes_all = block.level > 0 or not text.strip(" :*")
        self.current = _Draft(place, severity, [text], block, takes_all)
        self.drafts.append(self.current)

    def _file(self) -> str:
        return self.headings[-1].path if self.headings else ""

    def _leave(self, block: _Block) -> None:
        self.rest.append("\n".join(block.raw))
        self.current = None


def _is_own(block: _Block) -> bool:
    """Return whether a block is in the reviewer's words: not quoted, and no code, diff or table."""
    return not (block.is_quoted or _LOOKS_QUOTED.match(block.raw[0]))


def _after(text: str, place: _Place) -> str:
    separator = _AFTER.match(text, place.end)
    return text[separator.end() if separator else place.end :].lstrip(" ")


def _finding(draft: _Draft) -> Finding:
    text = "\n\n".join(part for part in draft.text if part.strip())
    title, explanation = _split(text.strip())
    paragraphs = [part for part in draft.text[1:] if not _FENCE.match(part.partition("\n")[0])]
    is_doubtful = draft.severity is not Severity.CRITICAL and (
        len(paragraphs) > 1
        or says_worse(text, draft.severity)
        or names_another_line("\n".join([draft.text[0], *paragraphs]))
        or _contained_place(text)
    )
    return Finding(
        path=shorten_line(draft.place.path, MAX_PATH),
        severity=Severity.UNRATED if is_doubtful else draft.severity,
        category=None,
        title=title or UNTITLED,
        explanation=explanation,
        line=draft.place.first,
        end_line=draft.place.last,
        suggestion=draft.suggestion,
    )


def _split(text: str) -> tuple[str, str]:
    """Return the first line, or the first sentence of a long one, and what follows."""
    first, _, rest = text.partition("\n")
    if rest and not first.rstrip().endswith((".", "!", "?", ":", ";")):
        wrapped, _, more = text.partition("\n\n")
        if "```" not in wrapped:
            first, rest = " ".join(wrapped.split()), more
    sentence = re.match(r"(.{20,}?[.!?])\s+(?=\S)", first) if len(first) > LONG_TITLE else None
    if sentence:
        first, rest = sentence[1], f"{first[sentence.end() :]}\n{rest}"
    title = first.strip().strip("*").strip() if first.count("**") in {0, 2} and first.endswith("**") else first.strip()
    return titled(title, rest.strip())


def read_prose(text: str, *, rates: bool = False) -> Prose:
    """Parse an answer in prose; never raises, and never loses text. One of more than `MAX_PROSE` characters is left.

    Args:
        text: the answer.
        rates: whether its severities and what it calls fixed count, as it was asked for in this form.
    """
    if len(text) > MAX_PROSE:
        return Prose(rest=(text,))
    reader = _Reader(rates=rates)
    for block in _blocks(line_feeds(text).split("\n")):
        reader.read(block)
    rest = tuple(one for one in reader.rest if one.strip("\n\t `*_#>|~=+.,:;-"))
    previous = reader.previous if rates else [replace(one, state=PreviousState.OPEN) for one in reader.previous]
    return Prose(tuple(map(_finding, reader.drafts)), tuple(previous), tuple(reader.confirmed), rest)
