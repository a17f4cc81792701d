"""Decide by its position whether a redacted value is a credential; elsewhere it may be code.

An author can choose a host, a package or a program in the format of a token, and write `password` beside code. A
redaction where no credential is expected becomes a finding.
"""

from __future__ import annotations

import re
from enum import Enum

from reviewbot.domain.redaction.detectors import names_a_secret
from reviewbot.domain.redaction.formats import ENCLOSED, Token
from reviewbot.domain.redaction.masks import is_surely_random
from reviewbot.domain.redaction.places import Place, is_user, of_line

_REACH = 200
"""Characters of the line that are read before and after a value."""
_LONGEST = 2_000
"""Characters before a value in which a string literal, a command or an import is recognized, and as many after it."""

_NAME = r"(?P<name>[\w.\[\]-]{1,60}+)"
_SCHEME = r"(?:(?i:bearer|basic|token|digest|apikey)\s{1,3})?"
_ASSIGNED = re.compile(
    # In a shell, `TOKEN= x` runs x.
    rf"(?:(?<![\w.\[\]-])(?<!\balias ){_NAME}[\"'\]]{{0,2}}"
    r"(?:\s{1,4}(?:=>|[:?+]?=)\s{0,4}|(?:=>|:=)\s{0,4}|[?+]?=)"
    rf"[rbuf]{{0,2}}\\?[\"'`]?{_SCHEME}"
    r"|\b(?:ENV|setx)\s{1,4}(?P<variable>\w{1,60})\s{1,4}|[?&](?P<parameter>[\w.-]{1,60})=)\Z"
)
# Also the name of a package with its version, so not where something is installed.
_KEY = re.compile(
    rf"(?:(?:^[+\- ]?\s{{0,80}}(?:-\s{{1,8}})?|[{{,]\s{{0,8}})[\"']?{_NAME}[\"']?\s{{0,4}}:\s{{1,8}}"
    rf"(?:!!?[a-z]{{1,10}} )?[\"'`]?{_SCHEME}"
    r"|(?<![\w.])(?P<typed>\w{1,60})\s{0,4}:\s{0,4}[A-Za-z_.\[\]|]{1,30}\s{0,4}=\s{0,4}[\"'`]"
    r"|(?<!\w)(?P<function>\w{1,60})\([\"'`])\Z"
)
_HEADER = re.compile(
    r"[\"'`](?:proxy-)?(?:authorization|x-[\w-]{1,40}|private-token|api-?key|cookie)\s{0,3}:\s{1,3}"
    rf"{_SCHEME}(?:[\w.-]{{1,40}}=)?\Z",
    re.IGNORECASE,
)
_QUOTES = ("'", '"', "`")
_ENDS = re.compile(r"\\?[\"'`]|[\s,;)}\]&<]|$")
# Of a package, an image or a command.
_OF_CODE = re.compile(r"[/:@&|;(){}<>$`\s]")

# In C, a preprocessor's line can begin like a comment.
_COMMENT = re.compile(r"[+\- ]?\s{0,80}(?://|<!--|#\s(?!\s{0,80}(?:define|if|include|pragma)\b))")
# A slash that begins no regular expression and no comment.
_PLAIN = r"(?:[^\"'`/]|(?<=[\w<)\]])/(?![/*]))*+"
_LITERAL = re.compile(
    rf"{_PLAIN}(?:([\"'`])[\w ./:,@-]*+\1{_PLAIN})*(?<![\w$@#%])(?P<q>\"{{3}}|'{{3}}|[\"'`])(?P<text>(?:(?!(?P=q)).)*)"
)
_PREFIX = re.compile(r"(?<!\w)[rbuRBU]{1,2}(?=[\"'`])")
_ELEMENT = re.compile(r"[\"'`]\s{0,4},\s{0,4}[\"'`]\Z")
_FIRST = re.compile(r"\w\(\s{0,4}[\"'`][\w.-]{1,60}[\"'`]\s{0,4},\s{0,4}[\"'`]\Z")
# With its source or version.
_PACKAGE = re.compile(r"(?i:\b(?:npm|jsr|git|gh|github|gitlab|docker|docker-image|oci|file):)|@v?[0-9]|@[\w.-]+/")
_COMMAND = re.compile(r"[|`;]|\$\(")
_EVALUATED = re.compile(r"[$#%]\{|\{\$|\\\(|\$[\w(]|<[%?]")


def is_expected(text: str, token: Token, place: Place) -> bool:
    """Return whether a credential is expected where a token is: in an address, in a header, or behind its name."""
    before, after, line = _around(text, token.start, token.stop)
    if place is Place.PATH or is_user(before, after) or _is_enclosed(before, token) or _HEADER.search(before):
        return True
    if place is Place.DATA and "$" in text[token.start : token.stop]:  # a hash
        return True
    return _ENDS.match(after) is not None and _is_named(before, of_line(line, place))


class Masking(Enum):
    """What to do with a suspicious value."""

    NONE = "it is code"
    SURE = "mask it"
    DOUBTFUL = "mask it, and report it"


def masking(text: str, start: int, stop: int, place: Place) -> Masking:
    """Decide on a value: it is masked surely in data, in a string literal, or where a credential is expected.

    In source code, what is unquoted and not random is code.
    """
    before, after, line = _around(text, start, stop)
    value, kind = text[start:stop], of_line(line, place)
    if kind is Place.PATH or is_user(before, after) or _HEADER.search(before):
        return Masking.SURE
    if kind is Place.DATA:
        return Masking.DOUBTFUL if _PACKAGE.search(value) else Masking.SURE
    if kind is not Place.CODE:
        is_sure = not _OF_CODE.search(value) and (kind is Place.MIXED or _is_named(before, kind))
    else:
        is_sure = _COMMENT.match(line) is not None or _is_literal(text, start, value)
        if not (is_sure or before.endswith(_QUOTES) or is_surely_random(value)):
            return Masking.NONE
    return Masking.SURE if is_sure else Masking.DOUBTFUL


def _around(text: str, start: int, stop: int) -> tuple[str, str, str]:
    """Return what is before and after a value in its line, as far as it is read, and the line."""
    first = text.rfind("\n", max(0, start - _LONGEST), start) + 1
    end = text.find("\n", stop, stop + _LONGEST)
    first, end = max(first, start - _LONGEST), end if end >= 0 else stop + _LONGEST
    return text[max(first, start - _REACH) : start], text[stop : min(end, stop + _REACH)], text[first:end]


def _is_named(before: str, kind: Place) -> bool:
    patterns = (_ASSIGNED,) if kind is Place.EXECUTED else (_ASSIGNED, _KEY)
    named = (one for pattern in patterns if (one := pattern.search(before)))
    return any(names_a_secret(name) for one in named for name in one.groupdict().values() if name)


def _is_literal(text: str, start: int, value: str) -> bool:
    """Return whether a value is text of a string literal, and nothing in it up to there is evaluated.

    The literals before it must be simple, since a quote in a regular expression or a comment opens none. An element of
    a list can be an argument of a command, unless it is the second one of a call.
    """
    first = text.rfind("\n", max(0, start - _LONGEST), start) + 1
    if first == 0 and start > _LONGEST:
        return False
    found = _LITERAL.fullmatch(_PREFIX.sub("", text[first:start]))
    if found is None or found["q"] in value or _EVALUATED.search(f"{found['text']}{value}"):
        return False
    is_element = _ELEMENT.search(text[first:start]) and not _FIRST.search(text[first:start])
    return not (is_element or _PACKAGE.search(value) or _COMMAND.search(value))


def _is_enclosed(before: str, token: Token) -> bool:
    # A number and 35 characters can also be an image and its tag.
    return token.kind in ENCLOSED and (token.kind != "telegram-token" or before.endswith("/bot"))
