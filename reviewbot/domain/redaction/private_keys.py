"""Find private keys in a file or a diff. A key can be truncated at the edge of a hunk.

A key ends where the lines stop looking like a key. Otherwise, fake BEGIN and END comments could hide code. A line that
may be a path or a name is masked instead of replaced, which keeps its structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from reviewbot.domain.redaction.detectors import Span
from reviewbot.domain.redaction.masks import letters_of_words, switches

_KIND = r"(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?"
_EDGE = re.compile(rf"-----{_KIND}-----|---- {_KIND} ----|^[+\- ]?(Private-)(?:Lines|MAC):")
_HINT = re.compile("PRIVATE KEY|Private-")
_BEFORE = r"[\s\"'`#*/|>]*+"
# Headers are not redacted, because anything can follow a header's name, even code.
_HEADER = re.compile(
    _BEFORE + r"(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash|Encryption|Key-Derivation|Argon2-[A-Za-z]{1,12}):.*"
)
_MATTER = re.compile(rf"({_BEFORE})(=?[A-Za-z0-9+/]{{1,120}}+={{0,2}})((?:\\[nr])*[\s\"'`,;+\\]*)")
# A single slash is base64, but two slashes start a comment.
_OF_KEY = re.compile(r"(?<!/)/\Z")
_BLANK = re.compile(_BEFORE)
_WHOLE_LINE = 64
"""The length of each line of a key except the last line."""
_SHORTEST_LINE = 16
_WIDTHS = frozenset({64, 70, 76})
_NAMES = re.compile("[A-Z]?[a-z]{3,}")
_FEW_WORDS, _MOST_WORDS, _FEWEST_SWITCHES = 0.4, 0.6, 0.15
"""Shares of a line's characters."""
_SHORTEST_NAME = 8
_LAST_LINES = 2
"""The number of last lines that may be short: the last line of the key, and its checksum."""
_COMMENTS = ("#", "//", "*")
_HUNK_ENDS = ("@@ ", "diff ", "\\ ")
# A key in one line consists of pieces, separated by spaces or escaped line ends.
_BREAKS = r"(?:\\+[nr]|[ \t])"
_BEGIN = re.compile(rf"-----BEGIN [A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----{_BREAKS}+")
_PIECE = re.compile(rf"([A-Za-z0-9+/]{{1,8000}}+={{0,2}})(?:{_BREAKS}+(-----END)?|(?=[\"'`]))")
_MARKS = ("+", "-", " ")


def key_material(text: str) -> Iterator[Span]:
    """Yield the base64 parts of private keys, without BEGIN, END, headers, quotes and line ends.

    A part that may be something else, e.g., the name of a program, is not `sure`.
    """
    if not _HINT.search(text):
        return
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    found: dict[int, Span] = {}  # by line; if two edges find the same line, the later edge decides
    for index, line in enumerate(lines):
        if _HINT.search(line) and _EDGE.search(line):
            found |= _of_edge(lines, index)
    yield from (Span(starts[at] + one.start, starts[at] + one.stop, one.sure) for at, one in found.items())
    yield from (Span(start, stop, sure=False) for start, stop in _in_one_line(text))


def _of_edge(lines: Sequence[str], edge: int) -> Iterator[tuple[int, Span]]:
    """Yield the line number and the position of each base64 part of a key."""
    width = _width(lines[edge])
    found, ended = _block(lines, edge, width)
    last, comment = found[-_LAST_LINES:], _comment(lines[edge][width:])
    for at in found:
        content = lines[at][width:]
        is_sure = ended and _is_sure(content, last=at in last) and _comment(content) == comment
        for matter in _MATTER.finditer(content):
            start = matter.start(2) - (_OF_KEY.search(matter[1]) is not None)
            yield at, Span(width + start, width + matter.end(2), is_sure)


def _comment(content: str) -> str:
    # A line with one of these prefixes is a comment, so redacting the line hides no code.
    start = content.lstrip(" \t\"'`>|")
    return next((prefix for prefix in _COMMENTS if start.startswith(prefix)), "")


def _block(lines: Sequence[str], edge: int, width: int) -> tuple[list[int], bool]:
    """Return the line numbers of a key from its first sure line, and whether BEGIN, END or the hunk's end limits it."""
    found: list[int] = []
    ended = width > 0
    for at in _reach(lines, edge):
        line, content = lines[at], lines[at][width:]
        if _EDGE.search(line):
            ended = True
            break
        if width and not line.startswith(_MARKS):
            ended = line.startswith(_HUNK_ENDS) or at == len(lines) - 1
            break
        if _BLANK.fullmatch(content) or _HEADER.fullmatch(content):
            continue
        matter = _MATTER.fullmatch(content)
        if matter is None:
            ended = False
            break
        if _is_matter(matter[2]):
            found.append(at)
    found.sort()
    starts = (place for place, at in enumerate(found) if _begins(lines[at][width:]))
    return found[next(starts, len(found)) :], ended


def _begins(content: str) -> bool:
    return _is_sure(content, last=False) or len(content.strip()) == _WHOLE_LINE


def _is_matter(matter: str) -> bool:
    """Return whether base64 text looks like part of a key, not like a name, a path or a command."""
    text = matter.strip("=")
    if matter.endswith("="):
        return True
    if len(text) < _SHORTEST_NAME:
        return any(map(str.isdigit, text))
    return _reads_like_key(text) or (len(text) in _WIDTHS and letters_of_words(text, _NAMES) <= _MOST_WORDS * len(text))


def _reads_like_key(text: str) -> bool:
    is_mixed = switches(text) >= _FEWEST_SWITCHES * len(text)
    return is_mixed and letters_of_words(text, _NAMES) <= _FEW_WORDS * len(text)


def _is_sure(content: str, *, last: bool) -> bool:
    # A sure line is neither a path nor a word.
    matter = _MATTER.fullmatch(content)
    if matter is None or matter[1].endswith("/"):
        return False
    if last:
        return any(map(str.isdigit, matter[2])) or _reads_like_key(matter[2])
    return len(matter[2]) >= _SHORTEST_LINE and _reads_like_key(matter[2])


def _in_one_line(text: str) -> Iterator[tuple[int, int]]:
    """Yield the positions of base64 parts on the same line as BEGIN."""
    for begin in _BEGIN.finditer(text):
        at = begin.end()
        while found := _PIECE.match(text, at):
            if (len(found[1]) >= _SHORTEST_LINE or found[2]) and _is_matter(found[1]):
                yield found.span(1)
            at = found.end()


def _width(edge: str) -> int:
    # The width of the diff marker. BEGIN starts with five dashes, so a sixth dash is a diff marker.
    return int(edge.startswith(_MARKS) and _EDGE.search(edge[1:]) is not None)


def _reach(lines: Sequence[str], index: int) -> Iterable[int]:
    """Return the line numbers after a BEGIN or before an END, in search order."""
    edge = lines[index]
    ends = "END " in edge and "BEGIN " not in edge
    return range(index - 1, -1, -1) if ends or "Private-MAC" in edge else range(index + 1, len(lines))
