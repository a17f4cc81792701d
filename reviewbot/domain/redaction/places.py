"""The kind of a text, which decides whether a word makes a value in it a secret."""

from __future__ import annotations

import re
from enum import Enum


class Place(Enum):
    """The kind of a text.

    Attributes:
        DATA: prose, data or configuration.
        CODE: an unquoted word in it is a name.
        EXECUTED: it decides what is executed or installed.
        PATH: the path of a file, or a sentence with one; like `EXECUTED`, but every token is redacted.
    """

    DATA = "data"
    CODE = "code"
    EXECUTED = "executed"
    PATH = "path"


_PROGRAMS = (
    r"(?:npx|npm|pnpm|yarn|bunx|pipx?[23]?|uvx?|gem|cargo|brew|apt|apt-get|apk|dnf|yum|conda|go (?:run|install|get)"
    r"|xargs|sudo|bash|zsh|sh)"
)
_RUNS = re.compile(
    rf"(?:^|[^\w.-]){_PROGRAMS}(?:\s{{1,8}}[\w.@/$\"'-]|[\"']\s{{0,8}},)|\bsubprocess\b"
    r"|\b(?:exec\w{0,20}|spawn\w{0,20}|system|eval|popen|require|import|__import__|atob|b64decode)\s{0,2}\(",
    re.IGNORECASE,
)
_LOADS = re.compile(
    r"[+\- ]?\s{0,80}(?:import|from|use|using|#?\s{0,8}include|@import|extends)\b|.{0,200}\b(?:from|import)\s{1,8}[\"']"
)


def of_line(line: str, place: Place) -> Place:
    """Return the kind of a line; one that starts a program or loads a module is executed anywhere."""
    if place is Place.PATH or _RUNS.search(line) or (place is Place.CODE and _LOADS.match(line)):
        return Place.EXECUTED
    return place
