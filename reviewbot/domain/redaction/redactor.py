"""Redacts credentials in everything that is sent, without moving a line.

Values are collected from all texts first and then replaced in each one: a password that one file gives away is redacted
in the others, too. A diff stays a diff: lines keep their number and their sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

from reviewbot.domain.redaction.private_keys import REDACTED, key_lines, key_values, without_key

_SHORTEST_KNOWN = 4
# A word as a value. `[REDACTED]` has none of these characters, so redacting again finds nothing new.
_VALUE_BEFORE = r"(?:(?<=[\"'`:=])|(?<=[:=] ))"
_VALUE_AFTER = r"(?=[\"'`@]|[ \t\r]*(?:\#|$))"
# Behind the very word, as in `--password postgres --host db`, it is a value, unless it is called.
_WORDS_BEFORE = "|".join(
    f"(?<={word}{sign})"
    for word in ("password", "passwd", "pwd", "secret", "token", "key")
    for sign in ("[ =>]", " = ")
)
_WORDS_AFTER = r"(?=[\"'`@;<&]|[ \t\r]++(?![(.\[])|$)"


# What a language runs inside a string, and what ends a string, a comment or a template's block of code.
_MAY_RUN = re.compile(
    r"`|<[?%]|[?%]>|\*/|[{@$\\][({]|\{\$|\[[^\]]*\]|\\[u\"']|\"\"\"|'''|[\"'][^;()|&=,$<>\s]*[;()|&=,$<>\s]"
)
# Behind these, a shell runs what follows an unquoted value.
_ENDS_COMMAND = re.compile(r"[;|&]")


class Detector(StrEnum):
    """What found a secret, in words."""

    PRIVATE_KEY = "a private key"
    TOKEN = "a token of a known format"  # noqa: S105 — a description, no password
    WORD = "a value behind a word such as `password`"


@dataclass(frozen=True, slots=True)
class Hidden:
    """A line, from 1, in which something was redacted that may be code."""

    line: int
    detector: Detector


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without secrets.

    Attributes:
        text: as many lines as before.
        lines: numbers, from 1, of the lines that changed; only a line feed ends a line.
        count: how many values were replaced.
        hidden: lines where a redaction may hide code: any name can be called a password.
    """

    text: str
    lines: frozenset[int]
    count: int
    hidden: tuple[Hidden, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Redactor:
    """Knows the secrets of some texts, redacts them in any text, and never shows one."""

    _pattern: re.Pattern[str] | None
    _known: frozenset[str] = field(default=frozenset())
    _detectors: Mapping[str, Detector] = field(default_factory=dict)
    _size: int = field(default=0)

    def __repr__(self) -> str:
        return f"Redactor({self._size} values)"

    @classmethod
    def of(cls, texts: Iterable[str], known: Iterable[str] = ()) -> Redactor:
        """A redactor for the secrets of everything that is sent, and for known ones of four characters or more."""
        # Compiling the patterns takes a while, and the first request need not wait for it.
        from reviewbot.domain.redaction.detectors import SHORTEST, secrets_of  # noqa: PLC0415

        ours = frozenset(piece for value in known for piece in _pieces(value, _SHORTEST_KNOWN))
        strong = set(ours)
        weak: set[str] = set()
        detectors: dict[str, Detector] = {}
        for text in texts:
            lines = text.split("\n")
            found, keys = secrets_of(lines), set(key_values(lines))
            for value in (*found.strong, *keys):
                strong.update(_pieces(value, SHORTEST))
            weak.update(value for value in found.weak if not _looks_redacted(value))
            for detector, values in ((Detector.TOKEN, found.shaped), (Detector.PRIVATE_KEY, keys)):
                detectors |= {piece: detector for value in values for piece in _pieces(value, SHORTEST)}
        return cls(_pattern_of(strong, weak), ours, detectors, len(strong | weak))

    def redact(self, text: str) -> Redacted:
        """Redact a text; idempotent."""
        before = text.split("\n")
        keys = key_lines(before)
        kept = list(before)
        for index, mark in keys.marks.items():
            kept[index] = mark + without_key(before[index][len(mark) :])
        replaced, count = "\n".join(kept), len(keys.marks)
        if self._pattern:
            replaced, times = self._pattern.subn(REDACTED, replaced)
            count += times
        pairs = zip(before, replaced.split("\n"), strict=True)
        changed = frozenset(number for number, (old, new) in enumerate(pairs, start=1) if old != new)
        hidden = {number: self._hides(kept[number - 1]) for number in sorted(changed)}
        hidden |= {index + 1: Detector.PRIVATE_KEY for index in keys.doubtful}
        told = tuple(Hidden(number, detector) for number, detector in sorted(hidden.items()) if detector)
        return Redacted(text=replaced, lines=changed, count=count, hidden=told)

    def _hides(self, line: str) -> Detector | None:
        # A redaction hides nothing if the line itself gives the value away, once, and the value cannot run.
        from reviewbot.domain.redaction.detectors import SHORTEST, secrets_of  # noqa: PLC0415 — as above

        found = [one[0] for one in self._pattern.finditer(line)] if self._pattern else []
        if not found:
            return None
        own = secrets_of([line])
        values = {*own.strong, *own.weak, *key_values([line])}
        given = values.union(self._known, *(_pieces(value, SHORTEST) for value in values))
        # A shell runs what is assigned in backticks.
        run = re.compile("=[ ]?`(?:" + "|".join(map(re.escape, found)) + ")`")
        hides = (
            len(found) > len(set(found))
            or not given.issuperset(found)
            or run.search(line) is not None
            or any(_MAY_RUN.search(value) for value in (*values, *found))
            or any(_ENDS_COMMAND.search(value) and not _is_quoted(value, line) for value in values)
        )
        first = next((one for one in found if one not in given), found[0])
        return self._detectors.get(first, Detector.WORD) if hides else None


def _is_quoted(value: str, line: str) -> bool:
    return any(quote + value in line for quote in "\"'`")


def _pieces(value: str, shortest: int) -> Iterable[str]:
    # Without line ends, a diff's signs, and brackets: those could be found again across the edge of `[REDACTED]`.
    pieces = (piece.strip().lstrip("+- ") for piece in re.split(r"[\[\]\r\n]", value))
    return [piece for piece in pieces if len(piece) >= shortest and not _looks_redacted(piece)]


def _looks_redacted(value: str) -> bool:
    word = REDACTED.strip("[]")
    return value in word or word in value


def _pattern_of(strong: Iterable[str], weak: Iterable[str]) -> re.Pattern[str] | None:
    branches = []
    if anywhere := _alternatives(strong):
        branches.append(f"(?:{anywhere})")
    if words := _alternatives(weak):
        before = f"(?:(?P<word>(?<=[ =>])(?i:{_WORDS_BEFORE}))|{_VALUE_BEFORE})"
        branches.append(f"{before}(?:{words})(?(word){_WORDS_AFTER}|{_VALUE_AFTER})")
    return re.compile("|".join(branches), re.MULTILINE) if branches else None


def _alternatives(values: Iterable[str], depth: int = 2) -> str:
    """A pattern for any of the values; branches on the first two characters, so that thousands cost little."""
    if not depth:
        return "|".join(map(re.escape, sorted(values, key=len, reverse=True)))
    groups = groupby(sorted(values), key=itemgetter(0))
    return "|".join(
        f"{re.escape(first)}(?:{_alternatives([value[1:] for value in group], depth - 1)})" for first, group in groups
    )


_CODE = r"(?:js|mjs|cjs|jsx|ts|tsx|py|rb|php|go|rs|java|kt|cs|lua|pl|sh|bash|zsh|ps1)"
_PUBLIC = r"(?:example|sample|template|tmpl|dist|defaults?|schema|pub)"
_SECRET_FILE = re.compile(
    rf"\.env(?:\.(?!(?:[\w.-]+\.)?(?:{_PUBLIC}|{_CODE})$)[\w.-]+)?"
    rf"|id_(?:rsa|dsa|ecdsa|ed25519)(?:[._-](?!(?:.+\.)?(?:{_PUBLIC}|{_CODE})$).*)?"
    rf"|(?!(?:.+[._-])?{_PUBLIC}\.)(?:.+\.env|.+\.tfvars(?:\.json)?)|.+\.tfstate(?:\.backup)?|kubeconfig|\.dockerconfigjson"
    r"|secring\.gpg|.+\.(?:pem|key|ppk|p12|pfx|jks|keystore|kdbx)|\.(?:netrc|pgpass|htpasswd|git-credentials|pypirc|dockercfg)"
    r"|_netrc|(?:google-|gcp-|aws-|application_default_)?credentials\.json|client_secret.*\.json"
    r"|service[_-]account.*\.json"
)
_HOME_FILE = re.compile(r"(?:^|/)(?:\.aws/credentials|\.docker/config\.json|\.kube/config)$")


def secret_name(path: str) -> bool:
    """Whether a file's name says that it contains secrets, or is a secret itself."""
    name = path.rpartition("/")[2].lower()
    return bool(_SECRET_FILE.fullmatch(name) or _HOME_FILE.search(path) or Redactor.of([path]).redact(path).count)


def mostly_secrets(path: str, text: str) -> bool:
    """Whether most of a file's text is secrets; for npm's configuration one is enough."""
    redacted = Redactor.of([text]).redact(text)
    left = redacted.text.replace(REDACTED, "")
    enough = path.rpartition("/")[2].lower() == ".npmrc" or len(left.strip()) * 2 < len(text.strip())
    return redacted.count > 0 and enough
