"""Decide by its position whether a token is a credential.

An author can choose a host, package or program in the format of a token. Every token is redacted; one where no
credential is expected becomes a finding, since it may be code that the reviewer did not see.
"""

from __future__ import annotations

import re

from reviewbot.domain.redaction.detectors import credentials_in, names_a_secret
from reviewbot.domain.redaction.formats import ENCLOSED, Token
from reviewbot.domain.redaction.places import Place, is_user, of_line

_REACH = 200
"""Characters of the line that are read before and after a token."""

_NAME = r"(?P<name>[\w.\[\]-]{1,60}+)"
_ASSIGNED = re.compile(
    # In a shell, `TOKEN= x` runs x.
    rf"(?:(?<![\w.\[\]-]){_NAME}[\"'\]]{{0,2}}(?:\s{{1,4}}(?:=>|[:?+]?=)\s{{0,4}}|(?:=>|:=)\s{{0,4}}|[?+]?=)"
    r"[rbuf]{0,2}\\?[\"'`]?"
    r"|\b(?:ENV|setx)\s{1,4}(?P<variable>\w{1,60})\s{1,4}|[?&](?P<parameter>[\w.-]{1,60})=)\Z"
)
# Also the name of a package with its version, so not where something is installed.
_KEY = re.compile(
    rf"(?:(?:^[+\- ]?\s{{0,80}}(?:-\s{{1,8}})?|[{{,]\s{{0,8}})[\"']?{_NAME}[\"']?\s{{0,4}}:\s{{1,8}}"
    r"(?:!!?[a-z]{1,10} )?[\"'`]?"
    r"|(?<![\w.])(?P<typed>\w{1,60})\s{0,4}:\s{0,4}[A-Za-z_.\[\]|]{1,30}\s{0,4}=\s{0,4}[\"'`]"
    r"|(?<!\w)(?P<function>\w{1,60})\([\"'`])\Z"
)
_ENDS = re.compile(r"\\?[\"'`]|[\s,;)}\]&<]|$")


def is_expected(text: str, token: Token, place: Place) -> bool:
    """Return whether a credential is expected where a token is: in an address, behind its name, or in a header."""
    first = text.rfind("\n", 0, token.start) + 1
    end = text.find("\n", token.stop)
    before = text[max(first, token.start - _REACH) : token.start]
    after = text[token.stop : end if end >= 0 else len(text)][:_REACH]
    if place is Place.PATH or first <= _header(text) or is_user(before, after) or _is_enclosed(before, token):
        return True
    value = text[token.start : token.stop]
    if "$" in value:  # of a hash; no name contains it
        return True
    line = f"{before}{value}{after}"
    if any(one.start <= len(before) < one.stop for one in credentials_in(line)):
        return True
    is_executed = of_line(line, place) is Place.EXECUTED
    patterns = (_ASSIGNED,) if is_executed else (_ASSIGNED, _KEY)
    named = (one for pattern in patterns if (one := pattern.search(before)))
    names = (name for one in named for name in one.groupdict().values() if name)
    return _ENDS.match(after) is not None and any(map(names_a_secret, names))


def _is_enclosed(before: str, token: Token) -> bool:
    # A number and 35 characters can also be an image and its tag.
    return token.kind in ENCLOSED and (token.kind != "telegram-token" or before.endswith("/bot"))


def _header(text: str) -> int:
    """Return where the header of a diff ends, which has only paths; -1 for another text."""
    if not text.startswith("diff --git "):
        return -1
    hunk = text.find("\n@@ ")
    return hunk if hunk >= 0 else len(text)
