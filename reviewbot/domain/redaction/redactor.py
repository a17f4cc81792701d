"""Takes credentials out of everything that is sent, without moving a line.

Values are collected from all texts first and then replaced in each: a password that one file gives away by its name is
taken out of the others, too. A diff stays a diff: lines keep their number and their mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby

from reviewbot.domain.redaction.private_keys import REDACTED, key_lines, key_values, without_key

_SHORTEST_KNOWN = 4
# Where a word stands as a value: none of these characters is in the mark, so no second pass finds a new place.
_VALUE_BEFORE = r"(?:(?<=[\"'`:=])|(?<=[:=] ))"
_VALUE_AFTER = r"(?=[\"'`@]|[ \t\r]*(?:\#|$))"
# Behind the very word, as in `--password postgres --host db`, it is a value whatever follows, unless it is called.
_WORDS_BEFORE = "|".join(
    f"(?<={word}{sign})"
    for word in ("password", "passwd", "pwd", "secret", "token", "key")
    for sign in ("[ =>]", " = ")
)
_WORDS_AFTER = r"(?=[\"'`@;<&]|[ \t\r]++(?![(.\[])|$)"


# What a language runs inside of a string, and what ends a string, a comment or a block of code of a template.
_MAY_RUN = re.compile(
    r"`|<[?%]|[?%]>|\*/|[{@$\\][({]|\{\$|\[[^\]]*\]|\\[u\"']|\"\"\"|'''|[\"'][^;()|&=,$<>\s]*[;()|&=,$<>\s]"
)
# Where the value is not quoted, a shell runs what follows these.
_ENDS_COMMAND = re.compile(r"[;|&]")


class Detector(StrEnum):
    """What found a secret, in words."""

    PRIVATE_KEY = "a private key"
    TOKEN = "a token of a known format"  # noqa: S105 — a description, no password
    WORD = "a value behind a word such as `password`"


@dataclass(frozen=True, slots=True)
class Hidden:
    """A line from which something was taken that may be code; its number counts from 1."""

    line: int
    detector: Detector


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without secrets.

    Attributes:
        text: as many lines as before.
        lines: numbers, from 1, of the lines that changed; lines end at a line feed and at nothing else.
        count: how many values were replaced.
        hidden: lines where something was replaced that may be code: any name can be called a password.
    """

    text: str
    lines: frozenset[int]
    count: int
    hidden: tuple[Hidden, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Redactor:
    """Knows the secrets of some texts and takes them out of any text; it never shows one."""

    _pattern: re.Pattern[str] | None
    _known: frozenset[str] = field(default=frozenset())
    _detectors: Mapping[str, Detector] = field(default_factory=dict)
    _size: int = field(default=0)

    def __repr__(self) -> str:
        return f"Redactor({self._size} values)"

    @classmethod
    def of(cls, texts: Iterable[str], known: Iterable[str] = ()) -> Redactor:
        """A redactor for the secrets of all texts.

        Args:
            texts: files or diffs; everything that is sent.
            known: values that are secret whatever they look like, such as our own keys; four characters or more.
        """
        # Imported here: the detectors take a while to load, and the first request need not wait for them.
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
        """The text without the secrets. Doing it twice is doing it once."""
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
        """What takes possible code out of a line; None if the line gives the value away, once, and it cannot run."""
        from reviewbot.domain.redaction.detectors import SHORTEST, secrets_of  # noqa: PLC0415 — as above

        found = [one[0] for one in self._pattern.finditer(line)] if self._pattern else []
        if not found:
            return None
        own = secrets_of([line])
        values = {*own.strong, *own.weak, *key_values([line])}
        given = values.union(self._known, *(_pieces(value, SHORTEST) for value in values))
        # What is assigned in backticks is run by a shell.
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
    """A value as it is searched for: without line ends, a diff's marks in front, and the brackets of our own mark.

    A value that held a bracket could be found again across the edge of a mark, and redacting would never come to rest.
    """
    pieces = (piece.strip().lstrip("+- ") for piece in re.split(r"[\[\]\r\n]", value))
    return [piece for piece in pieces if len(piece) >= shortest and not _looks_redacted(piece)]


def _looks_redacted(value: str) -> bool:
    word = REDACTED.strip("[]")
    return value in word or word in value


def _pattern_of(strong: Iterable[str], weak: Iterable[str]) -> re.Pattern[str] | None:
    branches = []
    if anywhere := _alternatives(sorted(strong)):
        branches.append(anywhere)
    if words := _alternatives(sorted(weak)):
        before = f"(?:(?P<word>(?<=[ =>])(?i:{_WORDS_BEFORE}))|{_VALUE_BEFORE})"
        branches.append(f"{before}{words}(?(word){_WORDS_AFTER}|{_VALUE_AFTER})")
    return re.compile("|".join(branches), re.MULTILINE) if branches else None


def _alternatives(values: Sequence[str], depth: int = 0) -> str:
    """A pattern for any of the sorted values, the longest first.

    The first two characters are branched on one after the other, so that thousands of values cost little more than one.
    """
    if not values:
        return ""
    if depth == 2:  # noqa: PLR2004 — see above
        return "(?:" + "|".join(re.escape(value) for value in sorted(values, key=len, reverse=True)) + ")"
    groups = groupby(values, key=lambda value: value[0])
    return "(?:" + "|".join(_branch(first, list(group), depth) for first, group in groups) + ")"


def _branch(first: str, values: Sequence[str], depth: int) -> str:
    return re.escape(first) + _alternatives([value[1:] for value in values], depth + 1)


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
    """Whether a file's name says that it is there to hold secrets, or is a secret itself."""
    name = path.rpartition("/")[2].lower()
    return bool(_SECRET_FILE.fullmatch(name) or _HOME_FILE.search(path) or Redactor.of([path]).redact(path).count)


def mostly_secrets(path: str, text: str) -> bool:
    """Whether most of a file's text is secrets; in npm's configuration one is enough."""
    redacted = Redactor.of([text]).redact(text)
    left = redacted.text.replace(REDACTED, "")
    enough = path.rpartition("/")[2].lower() == ".npmrc" or len(left.strip()) * 2 < len(text.strip())
    return redacted.count > 0 and enough
