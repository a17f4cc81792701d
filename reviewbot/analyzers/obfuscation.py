"""Find code that a language reads differently from every analyzer.

Each obfuscation on an added line is a finding. On any line it makes the file count as not read, because the analyzers
do not read the text that runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from reviewbot.analyzers import kinds
from reviewbot.analyzers.copies import Copy, SourceFile
from reviewbot.analyzers.raw import RawFinding
from reviewbot.analyzers.tool_runner import ToolReport, Unseen

NAME: Final = "reviewbot"
READERS: Final = "the analyzers"


class Disguise(Struct, frozen=True):
    """One way to hide code.

    Attributes:
        places: the numbers of a file's lines that use it, from 1.
        message: also why the file was not read; fits after "because", with a small first letter.
    """

    rule: str
    places: Callable[[SourceFile], Iterator[int]]
    message: str
    note: str


# What Python (PEP 263) or Ruby may take for the declaration of an encoding, in a comment on one of the first lines.
# Which one counts depends on the style and on carriage returns, so all of them have to be safe.
_COOKIE: Final = re.compile(r"coding[ \t]*[:=][ \t]*([-\w.]+)", re.ASCII | re.IGNORECASE)
_COOKIE_LINES: Final = 2
_SAFE: Final = re.compile(r"utf-8(-.*)?|utf8|u8|ascii|us-ascii")
# ASCII text reads the same in these.
_SAFE_FOR_ASCII: Final = re.compile(r"(latin-1|iso-8859-1|iso-latin-1)(-.*)?|latin1|iso-?8859-\d+|(cp|windows-)125\d")


def _odd_encoding(file: SourceFile) -> Iterator[int]:
    if kinds.python(file) is None and kinds.grammar(file) != ".rb":
        return
    plain = all(line.isascii() for line in file.lines)
    for number, line in enumerate(file.lines[:_COOKIE_LINES], start=1):
        comments = (piece for piece in line.split("\r") if piece.lstrip("\ufeff \t\f").startswith("#"))
        for declared in _COOKIE.findall("\n".join(comments)):
            name = declared.lower().replace("_", "-")
            if not _SAFE.fullmatch(name) and not (plain and _SAFE_FOR_ASCII.fullmatch(name)):
                yield number


def _html_comment(file: SourceFile) -> Iterator[int]:
    if kinds.script(file):
        lines = enumerate(file.lines, start=1)
        yield from (number for number, line in lines if "<!--" in line or _leading_arrow(line))


def _leading_arrow(line: str) -> bool:
    """Return whether `-->` starts a line as JavaScript counts them, perhaps after a closed comment.

    Not a pattern, which would take much more than linear time.
    """
    return any(_leads(line, arrow.start()) for arrow in re.finditer("-->", line))


def _leads(line: str, place: int) -> bool:
    while place and (line[place - 1].isspace() or line[place - 1] == "\ufeff"):
        place -= 1
        if line[place] in "\r\u2028\u2029":
            return True
    return not place or line.endswith("*/", 0, place)


# An even number of backslashes, then an escape of a line's end or of a printable ASCII character.
_JAVA_ESCAPE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u+00(?:0[aAdD]|2[1-9a-fA-F]|[3-6][0-9a-fA-F]|7[0-9a-eA-E])")


def _java_escape(file: SourceFile) -> Iterator[int]:
    if kinds.named_grammar(file) == ".java":
        yield from (number for number, line in enumerate(file.lines, start=1) if _JAVA_ESCAPE.search(line))


def _two_languages(file: SourceFile) -> Iterator[int]:
    if kinds.two_languages(file):
        yield 1


# BuildKit reads the name of the frontend (`syntax=`) from comments of either style. It also reads it from JSON at the
# start of the file, which the analyzer reports as unreadable.
_FRONTEND: Final = re.compile(r"^\s*(?:#|//)\s*syntax\s*=\s*(\S*)", re.IGNORECASE)
_OFFICIAL: Final = re.compile(r"(docker\.io/)?docker/dockerfile(-upstream)?([:@].*)?")


def _frontend(file: SourceFile) -> Iterator[int]:
    if kinds.dockerfile(file) is None:
        return
    for number, line in enumerate(file.lines, start=1):
        found = _FRONTEND.match(line.removeprefix("\ufeff"))
        if found and not _OFFICIAL.fullmatch(found[1]):
            yield number


DISGUISES: Final = (
    Disguise(
        "odd-encoding",
        _odd_encoding,
        "The file declares an encoding that hides code",
        "The language decodes the file differently from what reviewers and analyzers see. Save it as UTF-8 and remove "
        "the declaration.",
    ),
    Disguise(
        "js-html-comment",
        _html_comment,
        "An HTML comment in a script hides code",
        "In a script, `<!--`, and `-->` at the start of a line, begin a comment. In a module and for the analyzers "
        "they do not. Use `//`, and split the marks in strings.",
    ),
    Disguise(
        "java-escaped-code",
        _java_escape,
        "A Unicode escape replaces a character of the code",
        "Java translates it before it reads comments and strings, so the escape can end them and begin code. Write the "
        "character itself.",
    ),
    Disguise(
        "docker-frontend",
        _frontend,
        "The Dockerfile names its own frontend",
        "The image after `syntax=` is run and interprets the lines, so they can mean anything. Use "
        "`docker/dockerfile`, pinned by its digest.",
    ),
    Disguise(
        "two-languages",
        _two_languages,
        "The `#!` line and the file's name indicate different languages",
        "The program that runs the file decides its language, and the analyzers check only one. Make both agree.",
    ),
)


def unmask(files: Sequence[SourceFile]) -> ToolReport:
    """Look for every kind of obfuscation in every file."""
    found: list[tuple[Copy, RawFinding]] = []
    unseen: list[Unseen] = []
    for file in files:
        whole = Copy(file, "", tuple(range(1, len(file.lines) + 1)))
        for disguise in DISGUISES:
            lines = sorted(set(disguise.places(file)))
            found += [
                (whole, RawFinding(NAME, disguise.rule, "", line, line, "", disguise.message, note=disguise.note))
                for line in lines
            ]
            why = disguise.message[0].lower() + disguise.message[1:]
            unseen += [Unseen(file.path, READERS, why)] if lines else []
    return ToolReport(NAME, "", (), tuple(found), tuple(unseen))
