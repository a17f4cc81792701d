"""Find tokens of known formats, private keys and suspicious values in a text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate

from msgspec import Struct

from reviewbot.domain.redaction.detectors import HINT, Span, Wrapped, values_in, values_in_heading
from reviewbot.domain.redaction.formats import Token, apart, tokens_of
from reviewbot.domain.redaction.masks import LONGEST, PRIVATE_KEY, decoded, encodes_code, is_surely_random
from reviewbot.domain.redaction.places import Parents, Place, is_user, of_line
from reviewbot.domain.redaction.private_keys import key_material
from reviewbot.values import replace

_Search = Callable[[str, Sequence[int]], Iterator[Span]]
_HUNK = "@@ "


class Scan(Struct, frozen=True):
    """The parts of a text to redact. Tokens do not overlap each other, but values may overlap values and tokens."""

    tokens: tuple[Token, ...]
    values: tuple[Span, ...]


def scan(text: str, place: Place, *, diff: bool = False) -> Scan:
    """Search a text or the diff of one file for secrets."""
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    places = _places(lines, place, diff=diff)

    def at(start: int) -> Place:
        return places[bisect_right(starts, start) - 1]

    keys = list(key_material(text))
    tokens = apart([*(Token(one.start, one.stop, PRIVATE_KEY) for one in keys if one.sure), *tokens_of(text)])
    undone = [(*found.span(), _character(found)) for found in _UNDONE.finditer(text)]
    values = {Span(one.start, one.stop) for one in keys if not one.sure}
    values.update(_encoded(text, diff=diff), _split_tokens(text, undone))
    suspicious = (*_in_lines(lines, starts, places, diff=diff), *_split_values(text, undone, place))
    values.update(one for one in suspicious if not _is_code(text, one, at(one.start)))
    return Scan(tokens, tuple(sorted(values)))


_QUOTES = ("'", '"', "`")
_REACH = 2_000
"""The number of characters that are read on each side of a value."""


def _is_code(text: str, one: Span, place: Place) -> bool:
    """Return whether a suspicious value is a name in source code, i.e., neither quoted nor random."""
    if place is not Place.CODE or is_surely_random(text[one.start : one.stop]):
        return False
    first = text.rfind("\n", max(0, one.start - _REACH), one.start) + 1 or max(0, one.start - _REACH)
    end = text.find("\n", one.stop, one.stop + _REACH)
    before, after = text[first : one.start], text[one.stop : end if end >= 0 else one.stop + _REACH]
    is_quoted = any(before.count(quote) % 2 for quote in _QUOTES)
    return (
        not (is_quoted or is_user(before, after))
        and of_line(f"{before}{text[one.start : one.stop]}{after}", place) is place
    )


def _places(lines: Sequence[str], place: Place, *, diff: bool) -> Sequence[Place]:
    """Return the kind of each line. In `MIXED` text, the lines that belong to a key for commands are `COMMAND`."""
    if place is not Place.MIXED:
        return [place] * len(lines)
    places: list[Place] = []
    sides = {"+": Parents(), "-": Parents()} if diff else {"": Parents()}
    for line in lines:
        if diff and line.startswith(_HUNK):
            sides = {"+": Parents(), "-": Parents()}
        mark = line[:1] if diff else ""
        found = {side.place(line[len(mark) :]) for key, side in sides.items() if mark == key or mark not in sides}
        places.append(Place.COMMAND if Place.COMMAND in found else Place.MIXED)
    return places


def _in_lines(lines: Sequence[str], starts: Sequence[int], places: Sequence[Place], *, diff: bool) -> Iterator[Span]:
    wrapped = Wrapped(diff=diff)
    in_header = diff
    for line, start, place in zip(lines, starts, places, strict=False):
        if diff and line.startswith(_HUNK):
            in_header, wrapped = False, Wrapped(diff=True)
            # Git copies a heading from anywhere in the file, so a value that occurs only in a heading may be a name.
            found = [*_in_shortened(line, partial(values_in, place=place)), *values_in_heading(line)]
            found = [replace(one, spreads=False) for one in found]
        elif not (wrapped.is_open or HINT.search(line.lower())):
            continue
        elif in_header:
            found = [*_in_shortened(line, partial(values_in, place=Place.COMMAND))]
        else:
            found = [*_in_shortened(line, partial(wrapped.values_in, place=place))]
        yield from (replace(one, start=start + one.start, stop=start + one.stop) for one in found)


_OF_WORD = r"[\w+/.~%!*^-]"
_LONG_WORD = re.compile(rf"(?<!{_OF_WORD})(?:{_OF_WORD}|\\[nr]){{{LONGEST},}}+")
_EDGE = 300
"""The number of characters of a long word that are kept at each end."""


def _in_shortened(line: str, search: Callable[[str], Iterator[Span]]) -> Iterator[Span]:
    """Search a line without the middles of long words, so that each pattern takes linear time."""
    words = _LONG_WORD.finditer(line) if len(line) > LONGEST else ()
    if not (cuts := [(word.start() + _EDGE, word.end() - _EDGE) for word in words]):
        yield from search(line)
        return
    parts = [*zip([0, *(stop for _, stop in cuts)], [*(start for start, _ in cuts), len(line)], strict=True)]
    starts = [0, *accumulate(stop - start for start, stop in parts)]

    def whole(at: int) -> int:
        part = bisect_right(starts, at) - 1
        return at - starts[part] + parts[part][0]

    for one in search("".join(line[start:stop] for start, stop in parts)):
        start, stop = whole(one.start), whole(one.stop - 1) + 1
        if not encodes_code(line[start:stop]):
            yield replace(one, start=start, stop=stop)


_OF_BASE64 = "[A-Za-z0-9+/]"
_RUN = rf"(?P<run>{_OF_BASE64}{{32,}}+={{0,2}})"
_WRAP = rf"{_OF_BASE64}{{48,}}+(?P<gap>(?:\\[nr]|[\"'`,+\\ \t])*+\r?\n%s[ \t\"'`#*>|]*+)(?={_OF_BASE64})"
# In a diff, a plus at the start of a line is the diff marker, not base64.
_RUNS = re.compile(_RUN), re.compile(rf"(?:^[+])?{_RUN}", re.MULTILINE)
_WRAPS = (
    re.compile(rf"(?<!{_OF_BASE64}){_WRAP % ''}"),
    re.compile(rf"(?:(?<!{_OF_BASE64})|(?<=\n[+])){_WRAP % '[+ -]'}"),
)
"""Patterns for the gaps between the lines of base64: in a text, and in a diff."""
_LONGEST_RUN = 20_000
_PEM_LINE = 64
"""The length of each line of a private key except the last line."""
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----")
_MOST = 0.6
"""The minimum share of tokens and keys in a decoded text. With a smaller share, the rest could be code."""


def _encoded(text: str, *, diff: bool = False) -> Iterator[Span]:
    """Yield the positions of base64 or hexadecimal digits that encode secrets, as one span per line."""
    yield from _encoded_in(text, (), diff=diff)
    if gaps := [(*found.span("gap"), "") for found in _WRAPS[diff].finditer(text)]:
        yield from _pieces(text, gaps, partial(_encoded_in, diff=diff))


def _encoded_in(text: str, _: Sequence[int], *, diff: bool) -> Iterator[Span]:
    for run in _RUNS[diff].finditer(text):
        inner = decoded(run["run"]) if len(run["run"]) <= _LONGEST_RUN else ""
        if inner and _is_secret(inner):
            yield Span(*run.span("run"))


def _is_secret(inner: str) -> bool:
    """Return whether a decoded text consists mostly of secrets, e.g., a key or a Kubernetes configuration."""
    keys = [one for one in key_material(inner) if one.sure or one.stop - one.start == _PEM_LINE]
    secrets = [*tokens_of(inner), *(Token(one.start, one.stop, PRIVATE_KEY) for one in (*keys, *_encoded(inner)))]
    public = [Token(*one.span(), "") for one in _RUNS[False].finditer(inner) if _CERTIFICATE.match(decoded(one[0]))]
    found = apart([*secrets, *(public if secrets else ())])
    return sum(one.stop - one.start for one in found) >= _MOST * len(inner)


_Undone = tuple[int, int, str]
"""The start, the stop, and the replacement of a gap between two strings or of an escaped character."""

# The gap between two joined strings, or an escaped ASCII character. `re` finds the first character quickly.
_OPERATOR = r"(?:(?:\+|\.\.?|&|<>)[ \t]*+)?"
_UNDONE = re.compile(
    r"[\"'`\\%&](?:"
    rf"(?<=(?P<q>[\"'`]))(?!(?P=q))[ \t]*+{_OPERATOR}\\?(?:\r?\n[+\- ]?[ \t]*+{_OPERATOR})?[rbuf]{{0,2}}(?P=q)"
    r"|(?<=[\w-]([\"']))\2(?=[\w-])|(?<=%)(?P<p>[2-7][0-9a-fA-F])|(?<=&)#(?P<d>[0-9]{2,3});"
    r"|(?<=\\)(?:u00(?P<u>[2-7][0-9a-fA-F])|x(?P<x>[2-7][0-9a-fA-F])|\r?\n[+\- ]?[ \t]*+))"
)
_JOINS = re.compile(r"[^\n]*[+.&<\\]")
_LIST = re.compile(r"(?P<q>[\"'`]),[ \t]*+\n?[+\- ]?[ \t]*+(?P=q)")


def _split_tokens(text: str, undone: Sequence[_Undone]) -> Iterator[Span]:
    if undone:
        yield from _pieces(text, undone, _tokens)
    if "join" in text:
        yield from _pieces(text, [(*found.span(), "") for found in _LIST.finditer(text)], _tokens)


def _split_values(text: str, undone: Sequence[_Undone], place: Place) -> Iterator[Span]:
    # Two strings on different lines are separate, unless an operator joins them.
    joined = [one for one in undone if "\n" not in text[one[0] : one[1]] or _JOINS.match(text[one[0] : one[1]])]
    if joined:
        yield from _pieces(text, joined, partial(_values, place=place))


def _character(found: re.Match[str]) -> str:
    """Return the character of an escape sequence, or an empty string for a gap or an unprintable character."""
    digits = found["u"] or found["x"] or found["p"]
    number = int(digits, 16) if digits else int(found["d"] or 0)
    return chr(number) if " " < chr(number) <= "~" else ""


def _pieces(text: str, undone: Sequence[_Undone], search: _Search) -> Iterator[Span]:
    """Search the text without gaps and escapes.

    Yield one span per part of the original text for each match that contains a gap or an escape.
    """
    parts: list[tuple[int, int, str]] = []  # start, stop and replacement
    end = 0
    for start, stop, character in undone:
        parts.append((end, start, text[end:start]))
        if character:
            parts.append((start, stop, character))
        end = stop
    parts.append((end, len(text), text[end:]))
    starts = [0, *accumulate(len(read) for *_, read in parts)]
    for found in search("".join(read for *_, read in parts), starts):
        first, last = bisect_right(starts, found.start) - 1, bisect_right(starts, found.stop - 1) - 1
        for at in range(first, last + 1) if last > first else ():
            begin, close, read = parts[at]
            if close - begin == len(read):
                begin, close = begin + max(found.start - starts[at], 0), begin + min(found.stop - starts[at], len(read))
            if close > begin:
                yield Span(begin, close)


def _tokens(joined: str, _: Sequence[int]) -> Iterator[Span]:
    yield from (Span(one.start, one.stop) for one in tokens_of(joined))


def _values(joined: str, starts: Sequence[int], *, place: Place) -> Iterator[Span]:
    at = 0
    for line in joined.split("\n"):
        stop = at + len(line)
        if bisect_right(starts, stop) > bisect_right(starts, at):
            found = _in_shortened(line, partial(values_in, place=place))
            yield from (Span(at + one.start, at + one.stop) for one in found if one.sure)
        at = stop + 1
