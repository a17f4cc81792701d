"""Decide by its position whether a token is redacted: an author can choose a host, package or program in its format.

The host of an address is always sent. In text that is executed or installed, a token is redacted only where a
credential is expected; any other word there can be a program, a package or an argument.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reviewbot.domain.redaction.detectors import credentials_in, may_end, names_a_secret, opens_a_value
from reviewbot.domain.redaction.formats import ENCLOSED, Token
from reviewbot.domain.redaction.places import Place, is_host, is_user, of_line

_REACH = 200
"""Characters of the line that are read before and after a token."""
_START = r"^[+\- ]?\s{0,80}"

# A package, a repository or an image in an address, or in one that begins farther away.
_IN_ADDRESS = re.compile(rf"(?:\w:|[\"'`(=])//[^\s?#\"'`<>]*\Z|[^\s?#\"'`<>=&(),;]{{{_REACH}}}\Z")
_DOTTED = re.compile(r"\.\w")

# Definitions and uses of names in code.
_AROUND = (
    (re.compile(rf"{_START}import\s{{1,8}}(?:[\w.,\s]*,\s{{0,8}})?\Z"), re.compile(r"\s{0,8}(?:$|[,;#]|as\b)")),
    (re.compile(rf"{_START}from\s{{1,8}}\Z"), re.compile(r"\s{1,8}import\b")),
    (re.compile(rf"{_START}\Z"), re.compile(r"\s{0,8}(?:\.\s{0,8}\w|=(?!=))")),
    (re.compile(r"\b(?:def|class|function|func|fn|const|let|var)\s{1,8}\Z"), re.compile("")),
)
# Of a container, in any configuration.
_IMAGE = re.compile(rf"{_START}(?:-\s{{1,8}})?[\"']?(?:image|repository)[\"']?\s{{0,4}}[:=]\s{{0,4}}[\"']?[^\s\"'=]*\Z")

_NAME = r"(?P<name>[\w.\[\]-]{1,60}+)"
_ASSIGNED = re.compile(
    # In a shell, `TOKEN= x` runs x.
    rf"(?:(?<![\w.\[\]-]){_NAME}[\"'\]]{{0,2}}(?:\s{{1,4}}(?:=>|[:?+]?=)\s{{0,4}}|(?:=>|:=)\s{{0,4}}|[?+]?=)"
    r"[rbuf]{0,2}\\?[\"'`]?"
    r"|\b(?:ENV|setx)\s{1,4}(?P<variable>\w{1,60})\s{1,4}|[?&](?P<parameter>[\w.-]{1,60})=)\Z"
)
_KEY = re.compile(
    rf"(?:{_START}(?:-\s{{1,8}})?|[{{,]\s{{0,8}})[\"']?{_NAME}[\"']?\s{{0,4}}:\s{{1,8}}(?:!!?[a-z]{{1,10}} )?[\"']?\Z"
)
_MORE = re.compile(r"[:/@]\w")
_REMARK = re.compile(r"[^\"'`]*?(?:^[+\- ]?|\s)#\s")
_CALLED = re.compile(r"\brequire\([\"'](?P<package>[a-z]{1,20})[\"']\)\([\"']\Z")
_BASIC = re.compile(r"\bcurl\s[^;&|]*(?<=\s)(?:-u|--user)[ =]?[\"']?(?P<user>[\w.@+-]{1,60}:)?\Z")

_ALONE = re.compile(rf"{_START}(?:-\s{{1,8}})?[\"']?\Z")
_ITEM = re.compile(rf"{_START}(?:-\s{{1,8}}[\"']?|[\"'])(?P<item>[^\"']*)[\"']?,?\s*\Z")
_QUOTES = str.maketrans("\"',[]", "     ")
_LINES = 12
"""Lines that are read above an option or its value."""
_OPTION = re.compile(
    r"(?P<before>.*?)(?<![\w-])-{1,2}+(?!(?:no|without|skip|ask|use)-)(?P<name>[\w-]{1,60}+)\s+(?:<<<\s*)?\Z"
)
# A package manager takes the word behind an option that it does not know for a package, unless it has a package to run.
_INSTALLS = re.compile(
    r"(?<![\w-])(?:(?:npx|bunx|uvx|dlx|(?:npm|pnpm|yarn|bun|pipx|uv)\s+(?:exec|x|run))\b"
    r"(?!(?:\s+(?:-y|--yes|-q|--quiet|--silent))*\s+[^-\s])"
    r"|(?:npm|pnpm|yarn|bun|pip[x23]?|uv|gem|cargo|go|brew|apt|apt-get|apk|dnf|yum|conda|mamba|composer|poetry)\s.*?"
    r"\b(?:install|i|add|ci|get|require|tap|update|upgrade)\b)"
)
_INSTALLED = re.compile(
    r"(?<![\w-])(?:npx|bunx|uvx|(?:npm|pnpm|yarn|bun|pip[x23]?|uv|gem|cargo|go|brew|apt|apt-get) {1,4}[a-z]{1,9})"
    r" {1,4}(?:-\S{1,30} {1,4}){0,3}[\"']?\Z"
)
_OPTIONS_FIRST = re.compile(r"(?:.*?[:=(]\s*)?(?:[+-]\s)?\s*(?:-|\Z)")
_MANAGER = re.compile(r"\b(?:npx|npm|pnpm|yarn|bunx?|uvx?|pipx?)\b")


def may_redact(text: str, token: Token, place: Place) -> bool:
    """Return whether redacting a token hides no host and no name that is executed, installed or defined."""
    first = text.rfind("\n", 0, token.start) + 1
    end = text.find("\n", token.stop)
    before = text[max(first, token.start - _REACH) : token.start]
    after = text[token.stop : end if end >= 0 else len(text)][:_REACH]
    if place is Place.PATH or first <= _header(text) or is_user(before, after):
        return True
    if (
        is_host(before)
        or (_IN_ADDRESS.search(before) and not _is_enclosed(before, token))
        or _DOTTED.match(after)
        or after.startswith("(")
    ):
        return False
    if place is Place.DATA:
        return _IMAGE.match(before) is None and _INSTALLED.search(before) is None
    line = f"{before}{text[token.start : token.stop]}{after}"
    is_code = place is Place.CODE and of_line(line, place) is Place.CODE
    is_name = any(start.search(before) and then.match(after) for start, then in _AROUND)
    return not is_name and (is_code or _is_credential(text, token, place, line, first))


def _is_enclosed(before: str, token: Token) -> bool:
    # A number and 35 characters can also be an image and its tag.
    return token.kind in ENCLOSED and (token.kind != "telegram-token" or before.endswith("/bot"))


def _header(text: str) -> int:
    """Return where the header of a diff ends, which has only paths; -1 for another text."""
    if not text.startswith("diff --git "):
        return -1
    hunk = text.find("\n@@ ")
    return hunk if hunk >= 0 else len(text)


def _above(text: str, first: int) -> Sequence[str]:
    """Return the lines above a position, in a diff those of its hunk and side."""
    above = text[max(first - 2_000, 0) : first].split("\n")[:-1]
    if text.startswith(("diff --git ", "@@ -")):
        start = max((at for at, line in enumerate(above, start=1) if line.startswith("@@ ")), default=0)
        above = [line for line in above[start:] if {text[first], line[:1]} != {"+", "-"}]
    return above[-_LINES:]


def _is_credential(text: str, token: Token, place: Place, line: str, first: int) -> bool:
    """Return whether a token in executed text is where neither a program, a package nor another argument can be."""
    at = min(token.start - first, _REACH)
    before, after = line[:at], line[at + token.stop - token.start :]
    if _is_enclosed(before, token) or any(one.start <= at < one.stop for one in credentials_in(line)):
        return True
    if _is_argument(before, token.kind, after):
        return True
    above = _above(text, first)
    return not _MORE.match(after) and (_is_assigned(before, above, place) or _is_option(text, before, above))


def _is_assigned(before: str, above: Sequence[str], place: Place) -> bool:
    is_mixed = place is Place.MIXED
    last = above[-1] if above and _ALONE.match(before) else ""
    if opens_a_value(last) and not may_end(last, place):
        return True
    named = _ASSIGNED.search(before) or (_KEY.search(before) if is_mixed else None)
    return named is not None and any(map(names_a_secret, filter(None, named.groupdict().values())))


def _is_option(text: str, before: str, above: Sequence[str]) -> bool:
    """Return whether a token is behind an option such as `--token` of a program that reads it."""
    option = _OPTION.match(f"{_command(before, above)} ")
    if option is None or not names_a_secret(option["name"]) or _INSTALLS.search(option["before"]):
        return False
    return not (_OPTIONS_FIRST.match(option["before"]) and _MANAGER.search(text))


def _command(before: str, above: Sequence[str]) -> str:
    """Return the command before a token, also if it is a list, or continues on several lines."""
    is_alone = _ALONE.match(before) is not None
    parts = ["" if is_alone else before.translate(_QUOTES)]
    for line in reversed(above):
        item = _ITEM.match(line) if is_alone else None
        if not (item or line.endswith("\\")):
            break
        parts.append(item["item"] if item else f"{line[:1].strip('+- ')}{line[1:-1]}".translate(_QUOTES))
    return re.split("[;&|]", " ".join(reversed(parts)))[-1][-2 * _REACH :].strip()


def _is_argument(before: str, kind: str, after: str) -> bool:
    """Return whether a token is in a comment, is an argument of its vendor's package, or is a password for `curl`."""
    basic, called = _BASIC.search(before), _CALLED.search(before)
    is_of_vendor = called is not None and kind.startswith(f"{called['package']}-")
    return is_of_vendor or _REMARK.match(before) is not None or bool(basic and (basic["user"] or after[:1] == ":"))
