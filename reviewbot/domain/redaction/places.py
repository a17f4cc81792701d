"""The kind of a text, which decides whether a word makes a value in it a secret."""

from __future__ import annotations

import re
from enum import Enum


class Place(Enum):
    """The kind of a text.

    Attributes:
        DATA: prose, data or configuration.
        CODE: an unquoted word in it is a name.
        EXECUTED: it decides what is executed or installed, so only random values are masked behind a word.
        MIXED: configuration with commands; like `EXECUTED`, and `password:` is no command.
        COMMAND: a line that starts a program, or belongs to a key for commands; a name in lower case masks nothing.
        PATH: the path of a file, or a sentence with one; each line is treated like `COMMAND`.
    """

    DATA = "data"
    CODE = "code"
    EXECUTED = "executed"
    MIXED = "mixed"
    COMMAND = "command"
    PATH = "path"

    @property
    def is_executed(self) -> bool:
        """Return whether a word such as `password` is not enough to redact a value."""
        return self in {Place.EXECUTED, Place.MIXED, Place.COMMAND, Place.PATH}


COMMAND_KEY = re.compile(
    r"(?:^[+\- ]?[ \t]{0,80}(?:-[ \t]{1,8})?|[{,][ \t]{0,8})[\"']?[\w.-]{0,60}?"
    r"(?:command|cmd|script|exec|hook|run|args|entrypoint|shell|execstart|dependencie|package|plugin|preset|module|import|override|catalog|resolution|require(?:-dev)?|orb)s?"
    r"[\"']?[ \t]{0,8}[:=]",
    re.IGNORECASE | re.MULTILINE,
)
"""A key of a configuration whose value is executed or installed."""
# It may be such a key: `? run`, `!!str run:`, `"r\u0075n":`.
_ODD_KEY = re.compile(r"[ \t]{0,80}(?:-[ \t]{1,8})?(?:[?:!&]|\"[^\"]{0,60}\\)")

_PROGRAMS = (
    r"(?:npx|npm|pnpm|yarn|bunx|pipx?[23]?|uvx?|gem|cargo|brew|apt|apt-get|apk|dnf|yum|conda|go (?:run|install|get)"
    r"|xargs|sudo|bash|zsh|sh)"
)
_RUNS = re.compile(
    rf"(?:^|[^\w.-]){_PROGRAMS}(?:\s{{1,8}}[\w.@/$\"'-]|[\"']\s{{0,8}},)|\bsubprocess\b"
    r"|\b(?:exec\w{0,20}|spawn\w{0,20}|system|eval|popen|require|import|__import__|(?:import|run|load)_?module|run_path"
    r"|command(?:::new)?|processbuilder|cmd|sh|process(?:\.start)?|(?:check_)?(?:call|output)|run(?=\s{0,2}\(\[)|forname|dlopen|loadlibrary|atob|b64decode)\s{0,2}\(",
    re.IGNORECASE,
)
_LOADS = re.compile(
    r"[+\- ]?\s{0,80}(?:import|from|use|using|#?\s{0,8}include|@import|extends)\b|.{0,200}\b(?:from|import)\s{1,8}[\"']"
)


def of_line(line: str, place: Place) -> Place:
    """Return the kind of a line.

    One that starts a program, or loads a module by a call, is a command; so are an import statement in source code and
    every path.
    """
    if place is Place.PATH or _RUNS.search(line) or (place is Place.CODE and _LOADS.match(line)):
        return Place.COMMAND
    return place


_AUTHORITY = re.compile(r"(?P<scheme>[\w+.-]{0,30})(?:(?<=\w):|^[+\- ]?|[\"'`(=])//[^\s/?#\\\"'`<>;&|$(){}]*\Z")
_USER = re.compile(r"[^\s/?#\\\"'`<>]*@")
IMAGES = frozenset({"docker", "docker-image", "oci"})
"""Schemes of addresses of images, which have a tag before the `@`."""


def is_user(before: str, after: str) -> bool:
    """Return whether the text between two parts of a line is a user or a password in an address."""
    authority = _AUTHORITY.search(before) if _USER.match(after) else None
    return authority is not None and authority["scheme"].lower() not in IMAGES


class Parents:
    """Follow the keys of a configuration by their indentation; a diff shows only some of them."""

    def __init__(self) -> None:
        self._executed: list[int] = []
        """Columns of the keys above whose values are executed or installed."""

    def place(self, content: str) -> Place:
        """Return whether the next line is mixed, or belongs to a key whose value is executed or installed."""
        text = content.lstrip(" \t{")
        column = len(content) - len(text)
        is_item = text.startswith("- ")
        if text.strip() and not text.startswith("#"):
            # An item can have the same column as its key.
            while self._executed and self._executed[-1] >= column + is_item:
                self._executed.pop()
        if COMMAND_KEY.search(content) or _ODD_KEY.match(content):
            self._executed.append(column + 2 * is_item)
            return Place.COMMAND
        return Place.COMMAND if self._executed else Place.MIXED
