"""Mask values, and distinguish random values from names, labels and templates."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

PRIVATE_KEY = "private-key"
"""The token kind for lines of private keys."""

SHORTEST = 6
LONGEST = 1_000
"""The maximum length of a value. `scan` shortens longer words before a search."""
_SHORTEST_STRONG = 8

# A letter or digit. A masked escape sequence must still be a sequence that every language accepts.
_CHARACTER = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^\W_])|[^\W_]")
_ESCAPES = "abfnrtv"


def mask(value: str) -> str:
    """Replace letters with `x` and digits with `0`. Keep the length, and keep escape sequences valid."""
    return _CHARACTER.sub(lambda found: _masked(found[0]), value)


def _masked(char: str) -> str:
    if char[0] != "\\":
        return "x" if char.isalpha() else "0"
    if char[2:]:
        return char[:2] + "0" * len(char[2:])
    return char if char[1] in _ESCAPES else "\\0"


# Use this with `fullmatch` only, because a search would take quadratic time.
_STRONG = re.compile(r"(?=.*[0-9])(?=.*[^\W\d])\S+")


def is_strong(value: str) -> bool:
    """Return whether a value has at least 8 characters, a digit, a letter or underscore, and no whitespace."""
    return len(value) >= _SHORTEST_STRONG and _STRONG.fullmatch(value) is not None


_WORDS = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_VOWEL = re.compile("[aeiouy]", re.IGNORECASE)
_CLUSTER = re.compile("[^aeiouy]{4}", re.IGNORECASE)
_READABLE = 0.4
_HARDLY = 0.25
_SHORTEST_SURE = 12
_SWITCHES = 0.3
# Nearly all random values of this length switch often between kinds of characters, and have at most the share `_PARTLY`
# of letters in words. Names have a larger share.
_SHORTEST_CHANGING, _PARTLY = 14, 0.6


def is_random(value: str) -> bool:
    """Return whether a value is strong (`is_strong`) and looks random (`looks_random`)."""
    return is_strong(value) and looks_random(value)


def is_surely_random(value: str) -> bool:
    """Return whether a value is random and has at least 12 letters and digits, but too few words for a name."""
    chars = _alphanumerics(value)
    changes_often = len(chars) >= _SHORTEST_CHANGING and switches(chars) >= _SWITCHES * len(chars)
    most = _PARTLY if changes_often else _HARDLY
    return is_random(value) and len(chars) >= _SHORTEST_SURE and letters_of_words(value) <= most * len(chars)


def looks_random(value: str) -> bool:
    """Return whether a value contains few words, or often switches between digits, capitals and lower case."""
    chars = _alphanumerics(value)
    if len(chars) < _SHORTEST_STRONG:
        return False
    return letters_of_words(value) <= _READABLE * len(chars) or switches(chars) >= _SWITCHES * len(chars)


def _alphanumerics(value: str) -> str:
    return re.sub(r"[\W_]", "", value)


def letters_of_words(value: str, words: re.Pattern[str] = _WORDS) -> int:
    found = words.findall(value)
    return sum(len(word) for word in found if _VOWEL.search(word) and not _CLUSTER.search(word))


def _class(char: str) -> str:
    return "0" if char.isdigit() else "A" if char.isupper() else "a" if char.islower() else "-"


_CHANGES = ("A0", "a0", "-0", "0A", "aA", "-A", "0a")


def switches(chars: str) -> int:
    """Count the changes to a digit, to a capital letter, and from a digit to a lower-case letter."""
    classes = "".join(map(_class, chars))
    return sum(map(classes.count, _CHANGES))


_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+")
_SHORTEST_WORDS = 3
"""The minimum average number of letters per word of a name."""
_SEGMENT = re.compile(r"(?:[A-Z]?[a-z]{2,}|[A-Z]{2,})*[0-9]{0,4}|[a-z]?[0-9]{1,4}|[A-Za-z]")


def is_name(value: str) -> bool:
    """Return whether a value consists of words and short numbers, like the names of functions, packages and files."""
    words = _WORD.findall(value)
    long_enough = sum(map(len, words)) >= _SHORTEST_WORDS * len(words)
    return long_enough and all(_SEGMENT.fullmatch(part) for part in re.split(r"[\W_]+", value))


# Values that are not secrets: variables, templates, calls, lookups, URLs, paths and placeholders.
_TEMPLATE = re.compile(r"\$[{(]|\{\{|#\{|%\(|<%|%s|\{[\w.]*\}|^[$%]")
_NO_VALUE = re.compile(
    r"\W*|(.)\1*|[<{\[(].*[>}\])]|[A-Za-z_][\w.:>-]*\(.*|[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+(?:\[.*)?"
    r"|[a-z0-9-]+(?:\.[a-z0-9-]+)+/[\w./@-]*|(?:[a-z0-9-]+\.)+[a-z]{2,24}(?::[0-9]{1,5})?|@[\w-]+/[\w.-]+|[a-z]+:[\w./-]+@[\w.^~-]+"
    r"|(?:[\w.-]+/)+[\w-]+(?:\.[a-z][a-z0-9]{1,5}){1,3}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]{4,6})?"
    r"|(?:(?i:[a-z+]{2,12})://|arn:|\.{0,2}/|~/|[A-Za-z]:\\).*"
    r"|(?i:your|example|sample|dummy|fake|change|replace|insert|todo|placeholder|redacted|xxx).*"
    # Words of forms and validators.
    r"|(?i:required|invalid|missing|incorrect|mismatch|wrong|expired|hidden|visible|optional|string|undefined|unknown"
    r"|disabled|enabled|secret|bearer|number|boolean|default|lambda)"
    r"|[a-z_]+(?:\|[a-z_]+(?::\w+)?)+|[A-Z][a-z]+|[A-Z][a-z']+(?: [a-z0-9,.'()+-]+)+",
    re.DOTALL,
)
_ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_PLAIN = re.compile(r"[A-Za-z0-9_./# -]+")
_SENTENCE = re.compile(
    r"[A-Z\u00c0-\u00de](?=.*[^\W\d_]{2}[.,:;?!] \w)"
    r"(?:[^\W\d_]+\W{1,3}|\d{1,4}\W{1,3}){3,}(?:[^\W\d_]+|\d{1,4})?\W{0,2}"
)
"""Several words with punctuation, e.g., a translation of "Use 8 characters, one of them a digit."."""
_SECRET_WORD = re.compile(r"api|key|pass|pwd|secret|token|credential|contrase|kennwort", re.IGNORECASE)


_PUBLIC = re.compile(r"pk_(?:live|test)_\w+|[\w+/]+EXAMPLE(?:KEY)?|0x[0-9A-Fa-f]{40}")


def is_public(value: str) -> bool:
    """Return whether a value is a Stripe key for browsers, a key in AWS's documentation, or an Ethereum address."""
    return _PUBLIC.fullmatch(value) is not None


def is_placeholder(value: str) -> bool:
    """Return whether a value is no secret: a placeholder, label, sentence, time, path, URL or public key."""
    if is_public(value):
        return True
    if not SHORTEST <= len(value) <= LONGEST or _TEMPLATE.search(value) or _NO_VALUE.fullmatch(value):
        return True
    if _ENVIRONMENT_NAME.fullmatch(value) or not any("!" < char <= "~" and char.isalnum() for char in value):
        return True
    if _PLAIN.fullmatch(value) and _SECRET_WORD.search(value) and is_name(value):
        return True  # the name of a secret, such as `db-password`
    return " " in value and (not re.search(r"[0-9]", value) or _SENTENCE.fullmatch(value) is not None)


_PRINTABLE = re.compile(r"[\t\n\r -~]+")


def decoded(value: str) -> str:
    try:
        if len(value) % 2 == 0 and re.fullmatch("[0-9a-fA-F]+", value):
            raw = bytes.fromhex(value)
        else:
            raw = base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4))
        text = raw.decode("ascii")
    except ValueError:
        return ""
    return text if _PRINTABLE.fullmatch(text) else ""


_BASE64 = re.compile(r"[A-Za-z0-9+/]{20,}")
_HEX = re.compile(r"[0-9a-fA-F]{28,}")
_TEXT = re.compile(r"[\t\n\r -~]{14,}")
"""One in a thousand random values contains this many consecutive printable characters."""
_EXPANDED = re.compile(r"`|\$[({]")
_STATEMENT = re.compile(r"[\s(`;|]|\$\{")


def _texts_in(value: str) -> Iterator[str]:
    """Yield the printable text that parts of a value encode in base64 or in hexadecimal, without JSON objects."""
    raws = [bytes.fromhex(run[at : len(run) - (len(run) - at) % 2]) for run in _HEX.findall(value) for at in range(2)]
    for run in _BASE64.findall(value.replace("-", "+").replace("_", "/")):
        ends = (len(run) - ((len(run) - at) % 4 == 1) for at in range(4))  # a single extra character encodes no byte
        raws += [base64.b64decode(run[at:end] + "=" * (-(end - at) % 4)) for at, end in enumerate(ends)]
    texts = (_without_objects(raw) for raw in raws)
    yield from (found for text in texts for found in _TEXT.findall(text))


def encodes_code(value: str) -> bool:
    """Return whether a part of a value encodes text that may be a command or a statement."""
    return any(map(_STATEMENT.search, _texts_in(value)))


def _without_objects(raw: bytes) -> str:
    # Remove JSON objects, as in a JWT, unless a shell would expand `$(...)` in the text.
    text = raw.decode(errors="replace")
    parts: list[str] = []
    end = 0
    while (at := text.find('{"', end)) >= 0 and not (end == 0 and _EXPANDED.search(text)):
        parts.append(text[end:at])
        try:
            _, end = json.JSONDecoder().raw_decode(text, at)
        except (ValueError, RecursionError):
            return "\0".join([*parts, text[at:]])
    return "\0".join([*parts, text[end:]])


def any_of(values: Iterable[str], depth: int = 2) -> str:
    """Return a pattern for any of the values. Branching on the first two characters keeps large patterns fast."""
    if not depth:
        return "|".join(map(re.escape, sorted(values, key=len, reverse=True)))
    groups = groupby(sorted(values), key=itemgetter(0))
    return "|".join(
        f"{re.escape(first)}(?:{any_of([value[1:] for value in group], depth - 1)})" for first, group in groups
    )
