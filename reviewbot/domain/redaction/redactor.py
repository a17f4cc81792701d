"""Redact credentials in everything that is sent, and keep line numbers and diff markers.

A token of a known format becomes `[REDACTED:kind]`, and any other value becomes a mask of the same length. A random
value from one file is also masked in other files, but not in executed text, configuration with commands, commands,
paths and unquoted source code.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from reviewbot.domain.redaction.masks import PRIVATE_KEY, any_of, is_surely_random, mask
from reviewbot.domain.redaction.places import Place, of_line

if TYPE_CHECKING:
    from reviewbot.domain.redaction.formats import Token
    from reviewbot.domain.redaction.scan import Scan

_Source = tuple[str, Place, bool]
"""A string, its kind, and whether it is a diff."""

OWN_SECRET = "own-secret"  # noqa: S105 — not a password
_SHORTEST_KNOWN = 4
_MARK = re.compile(r"\[REDACTED:(?P<kind>[a-z0-9-]{1,40})\]")
_MASKED = re.compile(r"(?:[x0][^\w\s]?){6,}")
# A value that contains characters of code is masked only where it was found.
_SPREADABLE = re.compile(r"[^\s()\[\]{}<>;|&\"'`\\]{8,20000}")
_KEY_LINE = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_ROUNDS = 6
_HEADING = re.compile(r"^@@ [^@\n]{1,60} @@ (?P<text>[^\n]+)$", re.MULTILINE)
_HEADING_BYTES = 80
_SHORTEST_CUT = 6
"""The minimum length of the beginning of a secret that is recognized at the end of a heading."""
_QUOTES = frozenset("'\"`")


def has_redaction(text: str) -> bool:
    """Return whether a string contains a redaction, or characters that look like a mask."""
    return _MARK.search(text) is not None or any("x" in found[0] for found in _MASKED.finditer(text))


def kinds_in(text: str) -> tuple[str, ...]:
    """Return the kinds of the redacted tokens in a string."""
    return tuple(found["kind"] for found in _MARK.finditer(text))


class Redacted(Struct, frozen=True):
    """A text without secrets, the numbers of its changed lines (from 1), and the number of redactions."""

    text: str
    lines: frozenset[int]
    count: int


class Redactor(Struct, frozen=True):
    """Redacts the secrets that several texts contain, and any other secret in the text to redact."""

    _known: re.Pattern[str] | None = None
    _spread: re.Pattern[str] | None = None
    _values: frozenset[str] = frozenset()
    _sorted: Sequence[str] = ()
    _scans: dict[_Source, Scan] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} values)"

    @classmethod
    def of(
        cls,
        texts: Iterable[tuple[str, Place]],
        known: Iterable[str] = (),
        *,
        diffs: Iterable[tuple[str, Place]] = (),
    ) -> Redactor:
        """Return a redactor for the secrets in the texts and diffs, and for known secrets of at least 4 characters."""
        sources = [*((*one, False) for one in texts), *((*one, True) for one in diffs)]
        scans = {source: _scan(source) for source in dict.fromkeys(sources)}
        spans = ((text, one) for (text, *_), found in scans.items() for one in found.values)
        values = {text[one.start : one.stop] for text, one in spans if one.sure and one.spreads}
        keys = {key for (text, *_), found in scans.items() for key in _keys_of(text, found)}
        known_values = {piece for value in known for piece in _pieces(value)}
        spread = {value for value in values if _SPREADABLE.fullmatch(value) and is_surely_random(value)} | keys
        tokens = {text[one.start : one.stop] for (text, *_), found in scans.items() for one in found.tokens}
        every = frozenset(values | keys | known_values)
        return cls(_pattern_of(known_values), _pattern_of(spread), every, sorted(values | tokens), scans)

    def redact(self, text: str, place: Place = Place.DATA, *, diff: bool = False) -> Redacted:
        """Redact a text or the diff of one file. This is idempotent."""
        after, more = self._once((text, place, diff))
        count, rounds = more, 1
        while more and rounds < _ROUNDS:
            after, more = self._once((after, place, diff))
            count, rounds = count + more, rounds + 1
        pairs = zip(text.split("\n"), after.split("\n"), strict=True) if count else ()
        changed = frozenset(number for number, (old, new) in enumerate(pairs, start=1) if old != new)
        return Redacted(after, changed, count)

    def counted(self, text: str) -> tuple[str, int]:
        """Redact a text of the kind `DATA`, and return the result and the number of redactions."""
        found = self.redact(text)
        return found.text, found.count

    def _once(self, source: _Source) -> tuple[str, int]:
        from reviewbot.domain.redaction.formats import Token, apart  # noqa: PLC0415 — as below

        text = source[0]
        found = self._scans.get(source) or _scan(source)
        own = [Token(*one.span(), OWN_SECRET) for one in self._known.finditer(text)] if self._known else []
        tokens = apart([*own, *found.tokens])
        values = [
            (one.start, one.stop) for one in found.values if one.sure or text[one.start : one.stop] in self._values
        ]
        cut = self._cut_in(text) if source[2] else ()
        masked = list(_outside(_merged([*values, *self._spread_in(source), *cut]), text, tokens))
        edits = [(one.start, one.stop, f"[REDACTED:{one.kind}]") for one in tokens]
        edits += [(start, stop, new) for start, stop in masked if (new := mask(text[start:stop])) != text[start:stop]]
        return _edited(text, edits), len(edits)

    def _spread_in(self, source: _Source) -> Iterator[tuple[int, int]]:
        """Yield the positions of random values that were found in any text.

        Skip text that can be executed, unquoted source code, and the header before a diff's first hunk.
        """
        text, place, diff = source
        body = max(text.find("\n@@ "), 0) if diff else 0
        for found in self._spread.finditer(text, body) if self._spread else ():
            first, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
            kind = of_line(text[first : end if end >= 0 else len(text)], place)
            is_quoted = text[max(found.start() - 1, 0) : found.start()] in _QUOTES
            if kind not in {Place.EXECUTED, Place.MIXED, Place.COMMAND} and (kind is not Place.CODE or is_quoted):
                yield found.span()

    def _cut_in(self, diff: str) -> Iterator[tuple[int, int]]:
        """Yield the beginnings of collected secrets at the ends of hunk headings, which git truncates."""
        for found in _HEADING.finditer(diff) if self._sorted else ():
            first, end = found.span("text")
            for at in range(max(first, end - _HEADING_BYTES), end - _SHORTEST_CUT + 1):
                nearest = bisect_left(self._sorted, diff[at:end])
                if any(value.startswith(diff[at:end]) for value in self._sorted[nearest : nearest + 1]):
                    yield at, end
                    break


def _scan(source: _Source) -> Scan:
    # Imported here because compiling the patterns takes time. They are first needed after the first request.
    from reviewbot.domain.redaction.scan import scan  # noqa: PLC0415

    text, place, diff = source
    return scan(text, place, diff=diff)


def _keys_of(text: str, found: Scan) -> Iterator[str]:
    for one in found.tokens:
        if one.kind == PRIVATE_KEY and _KEY_LINE.fullmatch(text, one.start, one.stop):
            yield text[one.start : one.stop]


def _pieces(value: str) -> Iterator[str]:
    # Omit line ends, diff markers and brackets, which could match across the edge of a redaction.
    for piece in re.split(r"[\[\]\r\n]", value):
        stripped = piece.strip().lstrip("+- ")
        if len(stripped) >= _SHORTEST_KNOWN and stripped not in f"REDACTED:{OWN_SECRET}":
            yield stripped


def _merged(spans: Iterable[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        else:
            merged.append((start, stop))
    return merged


def _outside(spans: Iterable[tuple[int, int]], text: str, tokens: Iterable[Token]) -> Iterator[tuple[int, int]]:
    """Yield the parts of each span that overlap neither a token nor an existing `[REDACTED:kind]`."""
    marks = [found.span() for found in _MARK.finditer(text)] if "[REDACTED:" in text else []
    taken = _merged([*((one.start, one.stop) for one in tokens), *marks])
    begins, ends = [one for one, _ in taken], [other for _, other in taken]
    for start, stop in spans:
        over = taken[bisect_right(ends, start) : bisect_left(begins, stop)]
        inside = [(max(one, start), min(other, stop)) for one, other in over]
        edges = [start, *(edge for pair in inside for edge in pair), stop]
        yield from ((one, other) for one, other in zip(edges[::2], edges[1::2], strict=True) if other > one)


def _edited(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    at = 0
    for start, stop, new in sorted(edits):
        parts += [text[at:start], new]
        at = stop
    return "".join([*parts, text[at:]])


def _pattern_of(values: Iterable[str]) -> re.Pattern[str] | None:
    return re.compile(pattern) if (pattern := any_of(values)) else None


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
    """Return whether a path contains a token, or names a file that usually contains secrets."""
    from reviewbot.domain.redaction.formats import tokens_of  # noqa: PLC0415 — as above

    name = path.rpartition("/")[2].lower()
    return bool(_SECRET_FILE.fullmatch(name) or _HOME_FILE.search(path) or any(tokens_of(path)))
