"""Classify texts and lines. The kind decides whether any value after a word such as `password` is redacted."""

from __future__ import annotations

import re
from enum import Enum


class Place(Enum):
    """The kind of a text.

    Attributes:
        DATA: prose, data or configuration.
        CODE: source code, in which an unquoted word is a name.
        EXECUTED: text that decides what is executed or installed.
        MIXED: configuration that can contain commands, treated like `EXECUTED`, except that `password:` is a key.
        COMMAND: a line that starts a program or belongs to a key for commands. Lower-case assignments are not masked.
        PATH: a file path or a sentence with a file path, treated like `COMMAND`.
    """

    DATA = "data"
    CODE = "code"
    EXECUTED = "executed"
    MIXED = "mixed"
    COMMAND = "command"
    PATH = "path"

    @property
    def is_executed(self) -> bool:
        """Whether a value must look random to be redacted, even after a word such as `password`."""
        return self in {Place.EXECUTED, Place.MIXED, Place.COMMAND, Place.PATH}


COMMAND_KEY = re.compile(
    r"(?:^[+\- ]?[ \t]{0,80}(?:-[ \t]{1,8})?|[{,][ \t]{0,8})[\"']?[\w.-]{0,60}?"
    r"(?:command|cmd|script|exec|hook|run|args|entrypoint|shell|execstart|dependencie|package|plugin|preset|module|import|override|catalog|resolution|require(?:-dev)?|orb)s?"
    r"[\"']?[ \t]{0,8}[:=]",
    re.IGNORECASE | re.MULTILINE,
)
"""A configuration key whose value is executed or installed."""
# Other spellings that may be such a key, e.g., `? run`, `!!str run:` or `"r\u0075n":`.
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
    """Return `COMMAND` for a path and for a line that starts a program or loads a module, else the text's kind."""
    if place is Place.PATH or _RUNS.search(line) or (place is Place.CODE and _LOADS.match(line)):
        return Place.COMMAND
    return place


_AUTHORITY = re.compile(r"(?P<scheme>[\w+.-]{0,30})(?:(?<=\w):|^[+\- ]?|[\"'`(=])//[^\s/?#\\\"'`<>;&|$(){}]*\Z")
_USER = re.compile(r"[^\s/?#\\\"'`<>]*@")
IMAGES = frozenset({"docker", "docker-image", "oci"})
"""URL schemes of container images. Such a URL has an image and a tag before the `@`, not a user."""


def is_user(before: str, after: str) -> bool:
    """Return whether the text between `before` and `after` is a user or a password in a URL."""
    authority = _AUTHORITY.search(before) if _USER.match(after) else None
    return authority is not None and authority["scheme"].lower() not in IMAGES


class Parents:
    """Tracks the keys of a configuration by indentation. In a diff, some keys may be missing."""

    def __init__(self) -> None:
        self._executed: list[int] = []
        """The columns of the open keys whose values are executed or installed."""

    def place(self, content: str) -> Place:
        """Return `COMMAND` if the next line belongs to a key whose value is executed or installed, else `MIXED`."""
        text = content.lstrip(" \t{")
        column = len(content) - len(text)
        is_item = text.startswith("- ")
        if text.strip() and not text.startswith("#"):
            # A list item can have the same column as the key of the list.
            while self._executed and self._executed[-1] >= column + is_item:
                self._executed.pop()
        if COMMAND_KEY.search(content) or _ODD_KEY.match(content):
            self._executed.append(column + 2 * is_item)
            return Place.COMMAND
        return Place.COMMAND if self._executed else Place.MIXED
