"""Finds private keys: blocks of many lines, whole or cut by the edge of a hunk, in a file or in a diff of it.

A block reaches only as far as its lines look like a key. Otherwise two comment lines would be enough to hide the code
between them from the reviewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

_KIND = r"(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?"
_EDGE = re.compile(rf"-----{_KIND}-----|---- {_KIND} ----|^[+\- ]?(Private-)(?:Lines|MAC):")
_HEADER = (
    r"(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash|Encryption|Key-Derivation|Argon2-[A-Za-z]{1,12}):.{0,200}"
)
_MATTER = re.compile(rf"[\s\"'`#*/|>]*+(?:{_HEADER}|=?[A-Za-z0-9+/]{{1,120}}+={{0,2}}(?:\\[nr])*)[\s\"'`,;+\\]*")
_BLANK = re.compile(r"[\s\"'`#*/|>]*")
_RUN = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_ESCAPED_BREAK = re.compile(r"\\[nr]")
_ESCAPED_LINE = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
_MARKS = ("+", "-", " ")

REDACTED = "[REDACTED]"


def key_lines(lines: Sequence[str]) -> Mapping[int, str]:
    """The lines that hold nothing but a private key: index from 0, to the diff's mark in front of the line, or nothing.

    The BEGIN and END lines are not among them, nor are lines that were redacted before.
    """
    found: dict[int, str] = {}
    for index in _edges(lines):
        in_diff = _in_diff(lines[index])
        for reached in _reach(lines, index):
            content = lines[reached][in_diff:]
            if in_diff and not lines[reached].startswith(_MARKS):
                break
            if REDACTED in content or not (_MATTER.fullmatch(content) or _BLANK.fullmatch(content)):
                break
            if not _BLANK.fullmatch(content):
                found[reached] = lines[reached][:in_diff]
    return found


def key_values(lines: Sequence[str]) -> Iterator[str]:
    """The long pieces of private keys, which are secrets wherever else they stand."""
    for index, mark in key_lines(lines).items():
        yield from _RUN.findall(_ESCAPED_BREAK.split(lines[index][len(mark) :])[0])
    for index in _edges(lines):
        for piece in _ESCAPED_BREAK.split(lines[index])[1:]:
            yield from _ESCAPED_LINE.findall(piece)


def _edges(lines: Sequence[str]) -> Iterator[int]:
    for index, line in enumerate(lines):
        if ("PRIVATE KEY" in line or "Private-" in line) and _EDGE.search(line):
            yield index


def _in_diff(edge: str) -> bool:
    """Whether the line has a diff's mark in front; five dashes are its own, a sixth is a mark."""
    return edge.startswith(_MARKS) and _EDGE.search(edge[1:]) is not None


def _reach(lines: Sequence[str], index: int) -> Iterable[int]:
    """The lines that may belong to the edge: after a BEGIN, before an END, in that order."""
    edge = lines[index]
    ends = "END " in edge and "BEGIN " not in edge
    return range(index - 1, -1, -1) if ends or "Private-MAC" in edge else range(index + 1, len(lines))
