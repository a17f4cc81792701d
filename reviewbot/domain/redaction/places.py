"""What a text is, which decides whether a word can make a value in it a secret."""

from __future__ import annotations

from enum import Enum


class Place(Enum):
    """What a text is.

    Attributes:
        DATA: prose, data or configuration.
        CODE: an unquoted word in it is the name of something.
        EXECUTED: it decides what is executed or installed.
    """

    DATA = "data"
    CODE = "code"
    EXECUTED = "executed"
