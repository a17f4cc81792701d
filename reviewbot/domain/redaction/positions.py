"""Decide by its position whether a redacted value can only be a credential; otherwise it may be code.

An author can choose a host, a package or a program in the format of a token, and write `password` beside code. A
redaction that may be code becomes a finding.
"""

from __future__ import annotations

import re

from reviewbot.domain.redaction.detectors import names_a_secret
from reviewbot.domain.redaction.masks import is_surely_random
from reviewbot.domain.redaction.places import Place, is_user, of_line

_REACH = 200
"""Characters of the line that are read before and after a value."""
_LONGEST = 2_000
"""Characters before a value in which a command or an import is recognized, and as many after it."""

_NAME = r"(?P<name>[\w.\[\]-]{1,60}+)"
_SCHEME = r"(?:(?i:bearer|basic|token|digest|apikey)\s{1,3})?"
_ASSIGNED = re.compile(
    # In a shell, `TOKEN= x` runs x.
    rf"(?:(?<![\w.\[\]-])(?<!\balias ){_NAME}[\"'\]]{{0,2}}"
    r"(?:\s{1,4}(?:=>|[:?+]?=|[!=]==?)\s{0,4}|(?:=>|:=)\s{0,4}|[?+]?=)"
    rf"[rbuf]{{0,2}}\\?[\"'`]?{_SCHEME}"
    r"|[?&](?P<parameter>[\w.-]{1,60})=)\Z"
)
_KEY = re.compile(
    rf"(?:(?:^[+\- ]?\s{{0,80}}(?:-\s{{1,8}})?|[{{,]\s{{0,8}})[\"']?{_NAME}[\"']?\s{{0,4}}:\s{{1,8}}"
    rf"(?:!!?[a-z]{{1,10}} )?[\"'`]?{_SCHEME}"
    r"|(?<![\w.])(?P<typed>\w{1,60})\s{0,4}:\s{0,4}[A-Za-z_.\[\]|]{1,30}\s{0,4}=\s{0,4}[\"'`])\Z"
)
_HEADER = re.compile(
    r"[\"'`](?:proxy-)?(?:authorization|x-[\w-]{0,30}(?:key|token|secret|auth|password)|private-token|api-?key|cookie)"
    rf"\s{{0,3}}:\s{{1,3}}{_SCHEME}(?:[\w.-]{{1,40}}=)?\Z",
    re.IGNORECASE,
)
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
_ENDS = re.compile(r"\\?[\"'`]|[\s,;)}\]&<]|$")
# Of a package with its version or owner, an image, an address or a command.
_OF_CODE = re.compile(r"[/:@&|;(){}<>$`\s]")
_QUOTES = ("'", '"', "`")


def is_expected(text: str, start: int, stop: int, place: Place) -> bool:
    """Return whether only a credential can be there: in a login, in a header, or behind its name in no command."""
    before, after, line = _around(text, start, stop)
    if place is Place.PATH or is_user(before, after) or _HEADER.search(before):
        return True
    if _OF_CODE.search(text, start, stop) or not _ENDS.match(after):
        return False
    named = (one for pattern in (_ASSIGNED, _KEY) if (one := pattern.search(before)))
    names = [name for one in named for name in one.groupdict().values() if name]
    is_named = any(names_a_secret(name) or name.lower() in _HEADERS for name in names)
    return is_named and of_line(line, place) is not Place.EXECUTED


def is_code(text: str, start: int, stop: int, place: Place) -> bool:
    """Return whether a suspicious value is a name in source code: it is in no quotes and not random."""
    if place is not Place.CODE or is_surely_random(text[start:stop]):
        return False
    before, after, line = _around(text, start, stop)
    is_quoted = any(before.count(quote) % 2 for quote in _QUOTES)
    return not (is_quoted or is_user(before, after)) and of_line(line, place) is Place.CODE


def _around(text: str, start: int, stop: int) -> tuple[str, str, str]:
    """Return what is before and after a value in its line, as far as it is read, and the line."""
    first = text.rfind("\n", max(0, start - _LONGEST), start) + 1
    end = text.find("\n", stop, stop + _LONGEST)
    first, end = max(first, start - _LONGEST), end if end >= 0 else stop + _LONGEST
    return text[max(first, start - _REACH) : start], text[stop : min(end, stop + _REACH)], text[first:end]
