"""Convert an input's string or a config value to a typed value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

from reviewbot.domain.model.options import Auto, PathInstruction
from reviewbot.domain.model.review import Severity
from reviewbot.domain.model.urls import check_service_url
from reviewbot.domain.text.escaping import visible
from reviewbot.errors import did_you_mean, nearest

T = TypeVar("T")


class Secret:
    """A string that is hidden in reprs, formats, tracebacks and comparison messages."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret('***')" if self._value else "Secret('')"


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret with `***`."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


class NotAllowed(Exception):
    """A value is not allowed for a setting.

    Each part contains a problem, the allowed values (may be empty), and the invalid item's number (0 for the whole
    value). Without parts, `Reader.allowed` describes the allowed values.
    """

    def __init__(self, *parts: tuple[str, str, int]) -> None:
        super().__init__()
        self.parts = parts


class Reader(Struct, Generic[T], frozen=True):
    """Converts and checks the value of a setting.

    Attributes:
        allowed: a phrase that describes the allowed values.
        read: converts an input's string or a YAML value, or raises `NotAllowed`.
        words: the allowed words, if any. An error message suggests the nearest word.
    """

    allowed: str
    read: Callable[[object], T]
    words: tuple[str, ...] = ()

    def reasons(self, value: object) -> tuple[tuple[str, str, int], ...]:
        """Return the problems of a value as parts of `NotAllowed`, or an empty tuple."""
        try:
            self.read(value)
        except NotAllowed as error:
            return error.parts or ((self._invalid(str(value)), self.allowed, 0),)
        return ()

    def _invalid(self, text: str) -> str:
        # Imported here because the detectors load slowly, and only an invalid value needs them.
        from reviewbot.domain.redaction.detectors import is_secret  # noqa: PLC0415

        # A URL may contain a password, and a key may be in the wrong input.
        if self in {SECRET, SERVICE_URL} or is_secret(text):
            return "invalid value"
        return f"invalid value `{text[:80]}`{did_you_mean(text[:80], self.words)}"


def default_text(value: object) -> str:
    """Return a value as users write it: `true`, a comma-separated list, or an empty string for a secret."""
    match value:
        case bool():
            return str(value).lower()
        case Secret():
            return ""
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise NotAllowed


TEXT = Reader("text", _text)


def _from_text(make: Callable[[str], T | None]) -> Callable[[object], T]:
    """Return a function for `Reader.read`. `make` returns None for a string that is not allowed."""

    def read(value: object) -> T:
        made = make(_text(value))
        if made is None:
            raise NotAllowed
        return made

    return read


BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def _boolean(value: object) -> bool:
    # https://github.com/actions/toolkit reads booleans in the same way.
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in BOOLEANS:
        return BOOLEANS[value]
    raise NotAllowed


BOOLEAN = Reader("true or false", _boolean)


def whole_number(least: int, most: int) -> Reader[int]:
    """Return a reader of whole numbers from `least` to `most`."""

    def read(value: object) -> int:
        number = int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value) else value
        if not isinstance(number, int) or isinstance(number, bool) or not least <= number <= most:
            raise NotAllowed
        return number

    return Reader(f"a whole number from {least} to {most}", read)


def number_or_auto(least: int, most: int) -> Reader[int | Auto]:
    """Return a reader of whole numbers from `least` to `most` or `auto`."""
    number = whole_number(least, most)

    def read(value: object) -> int | Auto:
        return Auto.AUTO if isinstance(value, str) and value.strip() == Auto.AUTO else number.read(value)

    return Reader(f"`{Auto.AUTO}`, or {number.allowed}", read, (Auto.AUTO.value,))


E_co = TypeVar("E_co", bound=StrEnum, covariant=True)


def one_of(choices: type[E_co], *, without: E_co | None = None) -> Reader[E_co]:
    words = {choice.value: choice for choice in choices if choice is not without}
    return Reader(", ".join(f"`{word}`" for word in words), _from_text(words.get), tuple(words))


THRESHOLD = one_of(Severity, without=Severity.UNRATED)
"""Excludes `unrated`, because unrated findings always get a comment."""


def _lines(value: object) -> tuple[str, ...]:
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise NotAllowed
    return tuple(line.strip() for line in lines if line.strip())


PATTERNS = Reader("a list of patterns, one per line", _lines)


def _path_patterns(value: object) -> tuple[str, ...]:
    """Read patterns. Refuse patterns that match no path, because such a typo would exclude every file."""
    patterns = _lines(value)
    paths = [pattern.removeprefix("!") for pattern in patterns]
    if any(path.startswith(("/", "./")) or path.endswith("/") for path in paths):
        raise NotAllowed
    return patterns


PATH_PATTERNS = Reader("a list of patterns relative to the root, one per line, with no final slash", _path_patterns)
LINES = Reader("a list of names, one per line", _lines)


def _context(value: object) -> tuple[str, ...]:
    if isinstance(value, str) and value.strip() in {"auto", "none"}:
        return ("auto",) if value.strip() == "auto" else ()
    patterns = _path_patterns(value) if isinstance(value, list) else ()
    if not patterns or len(patterns) > MOST_CONTEXT_PATTERNS:
        raise NotAllowed
    return ("auto", *(one for one in patterns if one != "auto"))


MOST_CONTEXT_PATTERNS = 20
_CONTEXT_WORDS = f"`auto`, `none`, or a list of up to {MOST_CONTEXT_PATTERNS} patterns for additional files"
CONTEXT = Reader(_CONTEXT_WORDS, _context, ("auto", "none"))
"""Reads file patterns. `auto` stands for the files in `context.DOCUMENTS`."""

INSTALLATION = "installation"
"""Stands for every repository that a GitHub App's token can access."""

OWNER = "[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})"
REPOSITORY_NAME = rf"(?:{OWNER}/)?(?!\.+$)[A-Za-z0-9._-]{{1,100}}"


def _repositories(value: object) -> tuple[str, ...]:
    names = _lines(value)
    if not all(re.fullmatch(REPOSITORY_NAME, name) for name in names) or (INSTALLATION in names and len(names) > 1):
        raise NotAllowed
    return names


REPOSITORIES = Reader(
    f"repository names, one per line, with or without `OWNER/`; or only `{INSTALLATION}`", _repositories
)

ANYBODY = "github-actions[bot]"
"""Anyone who can push a workflow can commit as this bot, so the setting `bots` must not contain this login."""

BOT_LOGIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?\[bot\]"


def _bots(value: object) -> tuple[str, ...]:
    logins = _lines(value)
    if not all(re.fullmatch(BOT_LOGIN, login) and login.casefold() != ANYBODY for login in logins):
        raise NotAllowed
    return logins


BOTS = Reader("a list of logins that end in `[bot]`, except `github-actions[bot]`; `[]` for none", _bots)


def _path_instructions(value: object) -> tuple[PathInstruction, ...]:
    if not isinstance(value, list):
        raise NotAllowed
    if wrong := [(what, _PAIRS, at) for at, one in enumerate(value, start=1) if (what := _wrong_pair(one, at))]:
        raise NotAllowed(*wrong)
    return tuple(PathInstruction(one["path"], one["instructions"]) for one in value)


def _wrong_pair(item: object, number: int) -> str:
    """Return what is wrong with an item of `path-instructions`, or an empty string if the item is valid."""
    match item:
        case {"path": str(), "instructions": str(), **rest}:
            return f"item {number} has the unknown key `{visible(str(next(iter(rest)))[:80])}`" if rest else ""
        case {**keys} if missing := [key for key in _PAIR if key not in keys]:
            unknown = [visible(str(key))[:80] for key in keys if key not in _PAIR]
            typo = next((one for one in unknown if nearest(one, missing)), "".join(unknown[:1]))
            also = f" but the unknown key `{typo}`{did_you_mean(typo, missing)}" if typo else ""
            return f"item {number} has no `{nearest(typo, missing) or missing[0]}`{also}"
        case _:
            return f"item {number} must map `path` and `instructions` to strings"


_PAIR = ("path", "instructions")
_PAIRS = "a list of items with `path` and `instructions`"
PATH_INSTRUCTIONS = Reader(_PAIRS, _path_instructions)


def _matching(pattern: str, make: Callable[[str], T]) -> Callable[[object], T]:
    return _from_text(lambda text: make(text) if re.fullmatch(pattern, text) else None)


NAME = "[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}"
_NAME_WORDS = "up to 40 letters, digits, spaces, dots, dashes and underscores, starting with a letter or digit"
INSTANCE = Reader(_NAME_WORDS, _matching(f"{NAME}|", str))

RULE_NAME = Reader(_NAME_WORDS, _matching(NAME, str))

LOGIN = rf"(?:{BOT_LOGIN}|[A-Za-z0-9](?:[A-Za-z0-9_-]{{0,99}})|\[bot\])"
RULE_AUTHOR = Reader("a login, a bot's login with `[bot]`, or `[bot]` for every bot", _matching(LOGIN, str))

SECRET = Reader("ASCII letters, digits and punctuation, without whitespace", _matching("[!-~]*", Secret))

_ADDRESS = "an https address without user, query or fragment (http on loopback only)"
SERVICE_URL = Reader(_ADDRESS, _from_text(check_service_url))
