"""Find values that are suspicious because of their context: after a word, a flag or a header, or in a URL.

The author of a change could use such a context to hide code. Therefore, these values are masked, which keeps their
structure. In text that is executed or installed, a value must also be random, in a position where no command or package
can be. Every pattern takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from reviewbot.domain.redaction.formats import tokens_of
from reviewbot.domain.redaction.masks import (
    SHORTEST,
    any_of,
    decoded,
    encodes_code,
    is_name,
    is_placeholder,
    is_public,
    is_random,
    is_strong,
    is_surely_random,
)
from reviewbot.domain.redaction.places import IMAGES, Place, of_line


class Span(Struct, frozen=True, order=True):
    """The position of a value.

    An unsure value is redacted only if the same value is sure elsewhere. With `spreads`, the value is also redacted
    where it occurs without this context.
    """

    start: int
    stop: int
    sure: bool = True
    spreads: bool = True


_SURE = (
    r"(?:api|auth|service|account|db|database|priv|private|client|access|secret|encryption|signing|master|license"
    r"|session|crypt|cipher|hmac|jwt|app|webhook|consumer|deploy)[_-]?key"
    r"|(?:db|database|key|user|admin|root|mysql|smtp|mail|ftp)[_-]?pass|passw(?:or)?d|passphrase|passcode|passwort"
    r"|kennwort|contrase[nñ]a|pwd|secret|mnemonic|requirepass|bindpw|authtok|(?<![a-z])(?:pw|psk)(?![a-z])"
)
_VAGUE = (
    r"token|creds?(?![a-z])|credential|cookie"
    r"|(?<![a-z])(?<!public[_-])(?:auth|key|pass|session|bearer|salt|dsn)(?![a-z])"
)
_WORD = rf"(?P<w>{_SURE}|{_VAGUE}|(?-i:(?<=[a-z])(?<!ublic)Key(?![a-z])))"
_IS_VAGUE = re.compile(rf"{_VAGUE}|Key", re.IGNORECASE)
_IS_SURE = re.compile(_SURE, re.IGNORECASE)
WORD_MARKERS = (
    *("key", "pass", "pwd", "secret", "token", "cred", "cookie", "auth", "session", "bearer", "salt", "dsn"),
    *("contrase", "kennwort", "mnemonic", "pw", "psk"),
)
_SHORTEST_VAGUE = 16
_MNEMONIC_SPACES = 11
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# Suffixes of names whose values are executed or installed, or are regular expressions.
_RUN = re.compile(
    r"(?:command|cmd|script|exec|hook|run|args?|shell|entrypoint|image|package|module|plugin|helper|repository|repositorie"
    r"|repo|source|regexp?|pattern)s?\Z",
    re.IGNORECASE,
)
# Suffixes of names whose values are not secrets.
_OTHER = re.compile(
    r"(?:name|url|uri|path|file|dir|id|ref|arn|type|kind|field|label|hint|title|text|message|error|format"
    r"|policy|provider|store|manager|service|handler|validator|class|header|version|count|length|ttl|expiry|rule|input"
    r"|selector|prefix|suffix|param|parameter|column|table|env|var|variable|endpoint|host|schema|strategy|description"
    r"|strength|status|state|level|size"
    r"|confirm|confirmation|rotation|mode|alg|algorithm|encoding|age|days|min|max)s?\Z",
    re.IGNORECASE,
)

_VALUE = r"(?P<v>[^\s\"'`&#;,<>{}()$\\|]{6,1200}+)"
_STRING = r"(?P<q>\"{3}|'{3}|\\?[\"'`])(?P<v>(?:(?!(?P=q))(?:\\.|[^\\])){1,1200}+)(?P=q)"
_TAIL = r"(?P<t>[\w-]{0,40})"
_ASSIGNS = r"\s{0,20}(?::=|=>|[:=!]{1,3})\s{0,20}"
# A type after a name, e.g., `: &'static str`, `?: string | None`, ` string`, ` VARCHAR(32)`, ` { get; set; }`.
_TYPE = (
    r"(?:[?!]?\s{0,4}:\s{0,4}&?(?:'?[\w\[\]]{1,20} )?[\"']?[\w.:\[\]*]{1,40}(?:[\[<][^=;]{0,40}[\]>])?"
    r"(?: ?\| ?[\w.]{1,20}){0,3}[\"']?[?!]?"
    r"|\s{1,4}(?:as )?[\w.*\[\]<>]{1,20}(?:\([0-9]{1,5}\))?(?=\s)|\s{0,4}\{ ?get;[\w; ]{0,20}\})"
)
_OR = r"(?:\|\||\?\?|\s\?:|\sor\s)\s{0,20}"
_BECOMES = (
    rf"(?:(?:\\?[\"'\]]){{0,2}}(?:\[[0-9]{{0,5}}\])?(?:{_TYPE}\s{{0,20}}=\s{{0,20}}"
    rf"|{_ASSIGNS}(?:[\w.$@?!>()\[\]\"'-]{{1,60}}\s{{0,20}}{_OR})?|\s{{0,20}}(?:\|\||\?\??|//)=\s{{0,20}}|\s{{0,20}}<{{1,2}}-\s{{0,20}})"
    rf"|(?:\\?[\"'\])]){{0,3}}\s{{0,20}}{_OR})"
)
"""An operator between a name and a value in code, optionally with a type or an expression before `or`."""
_PREFIX = r"(?:@|[rbuf]{1,2}(?=[\"'#])|\[\]byte\(|(?:Some|String::from|Optional\.of)\(|!!?[a-z]{1,10} )?#{0,2}"
_NAME = rf"[\w.-]{{0,40}}?{_WORD}(?P<t>[\w.-]{{0,40}})"
_CAPITALS = rf"[A-Z0-9_]{{0,40}}?(?P<w>{_SURE.upper()}|{_VAGUE.upper()})(?P<t>[A-Z0-9_]{{0,40}})"


class _Rule(Struct, frozen=True, dict=True):
    """A pattern for values in a certain context.

    The group `v` is the value. Patterns without `markers` also have the groups `w`, a word such as `password`, and `t`,
    the rest of the name.

    Attributes:
        markers: substrings of which the lower-cased line must contain at least one.
        quoted: whether the value may be weak.
        data: whether the value cannot be a command or a package.
        capitals: whether `data` applies to names in capitals, such as environment variables.
        assigns: whether `data` applies to names in capitals and, outside of commands, to most other names.
        not_code: whether the rule is skipped in code, where an unquoted word is a name.
        key: whether the rule is used only in configuration with commands.
        setting: whether the rule is used only in executed text, outside of commands.
        first: whether the pattern starts with the group `w`.
    """

    source: str
    markers: tuple[str, ...] = ()
    quoted: bool = False
    data: bool = False
    capitals: bool = False
    assigns: bool = False
    random: bool = False
    not_code: bool = False
    key: bool = False
    setting: bool = False
    first: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.source, re.IGNORECASE)


RULES = (
    # Code and configuration.
    _Rule(_WORD + _TAIL + _BECOMES + _PREFIX + _STRING, quoted=True, assigns=True, first=True),
    _Rule(_WORD + _TAIL + r"(?:\.set)?\(" + _STRING, assigns=True, first=True),
    _Rule(_WORD + _TAIL + r"\{" + _STRING + r"\}", quoted=True, assigns=True, first=True),
    _Rule(_WORD + _TAIL + r"\s{1,4}" + _STRING + ";", quoted=True, first=True),
    _Rule(_STRING + r"\s{0,9}[!=]={1,2}\s{0,9}[\w.]{0,40}" + _WORD + "(?P<t>)", quoted=True),
    _Rule(rf"<(?:[\w-]{{1,20}}:)?{_NAME}>{_VALUE}</", assigns=True),
    _Rule(_WORD + _TAIL + rf"{_ASSIGNS}[\w.]{{1,40}}\([\"']{_VALUE}[\"']\)", random=True, first=True),
    _Rule(rf"\b(?:key|name)\"? ?[=:] ?\"{_NAME}\"(?:>|,? {{0,4}}\"?(?:value|content)\"? ?[=:] ?\"){_VALUE}"),
    _Rule(
        rf"[\"']{_NAME}[\"']\s{{0,4}}:\s{{0,4}}\{{\s{{0,4}}[\"'](?:default|value)[\"']\s{{0,4}}:\s{{0,4}}[\"']{_VALUE}"
    ),
    _Rule(rf"[\"'](?!-){_NAME}[\"']\s{{0,4}},\s{{0,4}}[\"'](?:\\?[\"'])?{_VALUE}(?=\\?[\"'])", assigns=True),
    _Rule(rf"# {{0,9}}define {{1,9}}{_NAME}[ \t]{{1,20}}\"{_VALUE}"),
    _Rule(rf"(?:^[+\- ]?|[\s\"';])(?-i:{_CAPITALS})=[\"']?{_VALUE}(?=[\s\"';&|]|$)", data=True),
    _Rule(rf"^[+\- ]?\s{{0,9}}(?-i:(?:ENV|ARG|setx?) {{1,4}}{_CAPITALS})[ =]{{1,4}}{_VALUE}", data=True),
    # Connection strings and the queries of URLs.
    _Rule(rf"[?&#][\w.-]{{0,40}}?{_WORD}(?P<t>)={_VALUE}", data=True),
    _Rule(rf"[;\"'\s] ?{_WORD}(?P<t>) ?= ?[\"']?{_VALUE}(?=[;\"'\s]|$)"),
    # Command lines.
    _Rule(rf"[\s\"'`]--?[\w-]{{0,40}}{_WORD}(?P<t>)=[\"']?(?!\w{{1,40}}=){_VALUE}", data=True),
    _Rule(rf"[\s\"'`]--?[\w=-]{{0,40}}{_WORD}(?P<t>)[= ][\"']?(?!\w{{1,40}}=){_VALUE}"),
    # Prose and netrc.
    _Rule(rf"\blogin {{1,5}}\S{{1,60}} {{1,5}}(?P<w>password)(?P<t>) {{1,5}}{_VALUE}", data=True),
    _Rule(rf"(?P<w>password)(?P<t>) {_STRING}", quoted=True, assigns=True, first=True),
    _Rule(rf"{_WORD}(?P<t>):? {{1,4}}(?:is |was |= ?)?[\"'`](?P<v>[^\s\"'`]{{8,80}})[\"'`]", first=True),
    _Rule(
        rf"(?P<w>{_SURE})(?P<t>)(?: (?:for|of) \S{{1,30}}?)?(?::| is| was| \|)? {{1,4}}"
        rf"(?!\w{{1,40}}=){_VALUE}(?=[\s.,;|]|$)",
        not_code=True,
        random=True,
        first=True,
    ),
    _Rule(
        rf"(?P<w>token|creds?|credentials?|(?<![a-z])pass)(?P<t>):? {{1,3}}\(?(?:[\w.@-]{{1,40}}(?::| / ))?{_VALUE}"
        r"(?=[\s.,;|)]|$)",
        not_code=True,
        random=True,
    ),
    # Unquoted values up to the end of the line.
    _Rule(
        rf"^[+\- ]?\s{{0,40}}(?:-\s{{1,4}}|(?:export|set|ENV|ARG)\s{{1,4}})?[\w.-]{{0,60}}?{_WORD}(?P<t>[\w.-]{{0,40}})"
        r"(?:=|:\s{1,8}(?:!!?[a-z]{1,10} |&\w{1,20} )?|\s{1,8}=\s{1,8})"
        r"(?P<v>[^\s\"'`(){}\[\]<>,;|\\]{6,1200}+)\s*+(?P<end>;?)\s*+(?:(?:#|//).*)?$",
        capitals=True,
        not_code=True,
    ),
    _Rule(rf"\$\{{{_NAME}:?[-=]{_VALUE}(?=\}})", data=True),
    # Executed text: an assignment, `ENV` or `setx`, or a word that is followed by a string.
    _Rule(rf"(?:^[+\- ]?|[\s\"';=]){_NAME}\s{{0,4}}[?:+]?=(?!=)\s{{0,4}}[\"']?{_VALUE}(?=[\s\"';&|]|$)", setting=True),
    _Rule(rf"^[+\- ]?\s{{0,9}}(?-i:ENV|setx?) {{1,4}}{_NAME}[ =]{{1,4}}[\"']?{_VALUE}", setting=True),
    _Rule(_WORD + _TAIL + r"\s{1,4}" + _STRING + r"\s{0,20}$", setting=True, first=True),
    # A configuration with commands, in which keys can also be names of programs or packages.
    _Rule(
        rf"(?:^[+\- ]?\s{{0,80}}(?:-\s{{1,8}})?|[{{,]\s{{0,8}})[\"']?{_NAME}[\"']?\s{{0,4}}:\s{{1,8}}[\"']?{_VALUE}"
        r"(?=[\"',}\s]|$)",
        key=True,
    ),
    _Rule(rf"<(?:[\w-]{{1,20}}:)?{_NAME}>{_VALUE}</", key=True),
)
_SEPARATES = r"\\?[\"']?\s{0,4}(?:[:=,]|=>)\s{0,4}\\?[\"'`]?"
_ECHOED = r"\becho {1,4}(?:-n {1,4})?[\"']?(?:[\w.-]{1,40}:)?(?P<v>[^\s\"'`:|$]{6,200}+)[\"']? {0,4}\| {0,4}"
# Rules without a word that the author can choose: headers, options of known programs, and connection strings.
FIXED = (
    _Rule(
        rf"\bauthorization{_SEPARATES}(?:bearer|basic|token|digest|apikey|bot|key)\s{{1,5}}{_VALUE}",
        ("authorization",),
        data=True,
    ),
    _Rule(rf"\bauthorization{_SEPARATES}(?P<v>[\w.~+/=-]{{16,1200}}+)", ("authorization",), data=True),
    _Rule(r"\b(?:bearer|basic|token)\s{1,5}(?P<v>[A-Za-z0-9._~+/-]{20,1200}+={0,2})", ("bearer", "basic", "token")),
    _Rule(
        rf"\b(?:x-[a-z-]{{0,40}}|private-|deploy-|job-|api-)(?:key|token|secret|password|auth){_SEPARATES}{_VALUE}",
        ("key", "token", "secret", "password", "auth"),
        data=True,
    ),
    _Rule(
        rf"\bcookie\b[^\n]{{0,200}}?\b[\w.-]{{0,30}}(?:sess|sid|token|auth)[\w.-]{{0,20}}={_VALUE}",
        ("cookie",),
        data=True,
    ),
    _Rule(
        rf"(?:^[+\- ]?|:)_(?:authToken|auth|password)\s{{0,5}}=\s{{0,5}}[\"']?{_VALUE}",
        ("_auth", "_password"),
        quoted=True,
        data=True,
    ),
    _Rule(
        r"\b(?:curl|http|xh) [^;&|]{0,300}?(?<=\s)(?:-[ua]|--user|--auth|--proxy-user)[ =]?[\"']?[\w.@+-]{1,60}:"
        + _VALUE,
        ("curl", "http"),
        data=True,
    ),
    _Rule(
        r"\b(?:sshpass|mysql[a-z]{0,8}|redis-cli|(?:docker|podman|registry) login)\b[^|;&]{0,200}?\s-[pa] ?[\"']?"
        + _VALUE,
        ("sshpass", "mysql", "redis-cli", " login"),
        data=True,
    ),
    _Rule(rf"-pass(?:in|out|word)? {{1,4}}pass:{_VALUE}", ("pass:",), data=True),
    _Rule(rf"/user:\S{{1,60}} {{1,4}}{_VALUE}", ("/user:",), data=True),
    _Rule(
        rf"\bhtpasswd {{1,4}}-[a-z]{{0,5}}b[a-z]{{0,5}} \S{{1,80}} \S{{1,60}} [\"']?{_VALUE}", ("htpasswd",), data=True
    ),
    _Rule(
        _ECHOED + r"(?:(?:docker|podman|registry) login|chpasswd|passwd|gpg|cryptsetup|gh auth)\b", ("echo",), data=True
    ),
    _Rule(r"\bidentified by " + _STRING, ("identified",), quoted=True),
    _Rule(r"\bsecurestring {1,4}(?:-string {1,4})?" + _STRING, ("securestring",), quoted=True),
    _Rule(
        r"(?:auth|login|log_in|sign_?in|connect|getconnection|credentials?)\w{0,20}\s{0,3}=?\s{0,3}\([^()\n]{0,120}?,\s{0,4}"
        + _STRING
        + r"\s{0,4}\)",
        ("auth", "login", "log_in", "sign", "connect", "credential"),
    ),
    _Rule(r"\"(?:d|p|q|dp|dq|qi|k)\"\s{0,4}:\s{0,4}\"(?P<v>[\w-]{40,1200}+)\"", ('"d', '"p"', '"q', '"k"')),
    _Rule(
        r"[?&](?:sig|signature|x-amz-signature|x-goog-signature|code)=(?P<v>[A-Za-z0-9%+/_=-]{30,1200}+)",
        ("sig", "code="),
        data=True,
    ),
    _Rule(r"(?:thin:|sqlplus |userid=)[\w.-]{1,40}/(?P<v>[^\s\"'`@/]{6,200})@", ("thin:", "sqlplus", "userid=")),
    _Rule(r"[\"'`=\s][\w.-]{1,40}:(?P<v>[^\s\"'`@/]{6,200})@(?:tcp|unix)\(", ("@tcp(", "@unix(")),
    _Rule(
        r"^[+\- ]?[\w.*-]{1,80}:(?:[0-9]{2,5}|\*):[\w.*-]{1,60}:[\w.*-]{1,60}:(?P<v>[^\s:]{6,200}+)$",
        tuple(f":{first}" for first in "*0123456789"),
    ),
    _Rule(r"(?<!docker)(?<!oci)://(?P<v>[A-Za-z0-9_.~-]{20,200})(?::[^\s/?#\\@]{0,300})?@", ("://",), data=True),
)
# In a URL, the last `@` ends the password, and `/`, `?` or `#` ends the authority.
_USER_INFO = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30})?://[^\s:/?#@\"'`<>(){}$]{0,100}+:(?P<v>[^\s/?#\\\"'`<>(){}$]{1,300})@"
)
# Characters that do not separate commands or statements.
_IN_ADDRESS = re.compile(r"[\w.~%+=!*^@:,-]+")
_COMMENT = re.compile(r"[+\- ]?\s{0,80}(?:#|//|\*|--|;|<!--)")
# Before a semicolon, such a value is a variable, e.g., `newPassword2`.
_VARIABLE = re.compile(r"[A-Za-z_]+[0-9]*[A-Za-z_]*")


def values_in(line: str, place: Place) -> Iterator[Span]:
    """Yield the suspicious values in a line without its line ending. A diff marker may come first."""
    found = _suspicious(line, of_line(line, place))
    yield from (one for one in found if not encodes_code(line[one.start : one.stop]))


def _suspicious(line: str, place: Place) -> Iterator[Span]:
    lower = line.lower()
    if "://" in lower:
        yield from (Span(*one.span("v")) for one in _USER_INFO.finditer(line) if _is_password(one, line, place))
    for rule in FIXED:
        if any(marker in lower for marker in rule.markers):
            found = rule.pattern.finditer(line)
            yield from (Span(*one.span("v")) for one in found if _is_fixed(one["v"], rule, place))
    if any(marker in lower for marker in WORD_MARKERS):
        yield from _behind_words(line, place)
    if not place.is_executed:
        yield from _random_in(line, lower)


_OWN_HOST = re.compile(r"[\w-]+(?![\w.-])")
"""A host without a domain, such as the developer's own machine or a container."""


def _is_password(found: re.Match[str], line: str, place: Place) -> bool:
    """Return whether the user information of a URL contains a password.

    Code and names of images can look like a URL without a scheme. Therefore, only data and strings may omit the scheme.
    """
    scheme, value = found["scheme"] or "", found["v"]
    if is_placeholder(value) or (f"://{value}:" in found[0] and _OWN_HOST.match(line, found.end())):
        return False
    in_string = place is Place.CODE and line[: found.start()].endswith(("'", '"', "`"))
    is_address = scheme and scheme.lower() not in IMAGES and _IN_ADDRESS.fullmatch(value)
    return place is Place.DATA or in_string or bool(is_address)


def _is_fixed(value: str, rule: _Rule, place: Place) -> bool:
    if is_placeholder(value):
        return False
    if place.is_executed:
        return rule.data and (is_surely_random(value) or (rule.quoted and decoded(value) != ""))
    return rule.quoted or (is_strong(value) and not is_name(value))


# In a shell, `TOKEN= x` runs `x`.
_BEHIND_EMPTY = re.compile(r"\w=\s{1,20}[\"']?\Z")
_ANY_WORD = re.compile(_WORD, re.IGNORECASE)
# Every value is quoted, contains a digit, or follows `=`, `: ` or `--`.
_PROMISING = re.compile(r"[0-9\"'`=]|: |--")


def _matches(line: str, place: Place, *, is_code: bool) -> Iterator[tuple[_Rule, re.Match[str]]]:
    if not _PROMISING.search(line) or not (starts := [one.start() for one in _ANY_WORD.finditer(line)]):
        return
    for rule in RULES:
        if (is_code and rule.not_code) or (rule.key and place is not Place.MIXED):
            continue
        if rule.setting and place not in {Place.EXECUTED, Place.MIXED}:
            continue
        if rule.first:
            yield from ((rule, found) for start in starts if (found := rule.pattern.match(line, start)))
        else:
            yield from ((rule, found) for found in rule.pattern.finditer(line))


def _behind_words(line: str, place: Place) -> Iterator[Span]:
    is_code = place is Place.CODE and not _COMMENT.match(line)
    for rule, found in _matches(line, place, is_code=is_code):
        word, tail, value = found["w"], found["t"], found["v"].strip()
        if word.lower() == "mnemonic" and value.count(" ") >= _MNEMONIC_SPACES:
            yield Span(*found.span("v"))
        elif _RUN.search(tail) or is_placeholder(value) or _is_checksum(line, found):
            continue
        elif place is Place.CODE and line[found.start("v") - 1] == "`":
            if is_surely_random(value):  # some languages execute it
                yield Span(*found.span("v"))
        elif place.is_executed:
            if _is_data(word, tail, value, rule, place) and not _BEHIND_EMPTY.search(line[: found.start("v")]):
                yield Span(*found.span("v"))
        elif _fits(word, tail, value, rule):
            is_sure = rule.quoted or is_strong(value) or value.endswith("=")
            is_variable = (is_code or found.groupdict().get("end")) and _VARIABLE.fullmatch(value)
            if rule.quoted or not is_variable:
                yield Span(*found.span("v"), sure=is_sure)


_CHECKSUM = re.compile(r"(?:checksum[/._-][\w.-]{0,40}|\bhashed_secret)\Z", re.IGNORECASE)
_DIGEST = re.compile("[0-9a-f]{32,128}")


def _is_checksum(line: str, found: re.Match[str]) -> bool:
    """Return whether a value is a checksum of a secret, as in `checksum/secret: 1f3a…`."""
    before = line[max(found.start("w") - 50, 0) : found.end("w")]
    return _DIGEST.fullmatch(found["v"]) is not None and _CHECKSUM.search(before) is not None


def _is_data(word: str, tail: str, value: str, rule: _Rule, place: Place) -> bool:
    """Return whether a value in executed text is random and cannot be a command or a package."""
    is_data = rule.data or rule.key
    if word.isupper() and not re.search("[a-z]", tail):
        is_data |= rule.capitals or rule.assigns
    if rule.setting or (rule.assigns and place is not Place.COMMAND):
        is_data |= not _is_vague(word, tail) or _is_long(value)
    return is_data and not _OTHER.search(tail) and is_surely_random(value)


def _fits(word: str, tail: str, value: str, rule: _Rule) -> bool:
    """Return whether a value is strong enough for its name. A name such as `token` requires a longer value."""
    if rule.random:
        return is_random(value) if _IS_SURE.fullmatch(word) else is_surely_random(value)
    if word.lower() == "pass" and not tail:
        return is_random(value)
    return not _is_vague(word, tail) or _is_long(value)


def _is_long(value: str) -> bool:
    """Return whether a value after a word such as `token` can be a secret. UUIDs cannot: most are identifiers."""
    return len(value) >= _SHORTEST_VAGUE and is_strong(value) and not is_name(value) and _UUID.fullmatch(value) is None


def _is_vague(word: str, tail: str) -> bool:
    is_vague_word = _IS_VAGUE.fullmatch(word) is not None and not _IS_SURE.search(tail)
    return is_vague_word or _OTHER.search(tail) is not None


_RANDOM = re.compile(r"(?<=[\"'`])[A-Za-z0-9+/_-]{24,100}(?=[\"'`])")
_HARMLESS = re.compile(
    r"hash|sha-?[0-9]|digest|integrity|checksum|\bsum\b|md5|commit|\brev|uuid|guid|etag|nonce|fingerprint|public|ssh-|cert"
    r"|(?:\b|_)id\b|cursor|data:|base64|alphabet|charset|import|require|\bfrom\b|resolved|\bsrc|href|path|locale|test-?id|class"
)
_KINDS = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))

_MARKERS = {"://", *WORD_MARKERS, *(marker for rule in FIXED for marker in rule.markers)}
HINT = re.compile("|".join([any_of(_MARKERS), *(quote + "[a-z0-9+/_-]{24}" for quote in "\"'`")]))
"""Matches every lower-cased line with a suspicious value or its name, because `scan` skips most other lines.

Each alternative starts with a literal, so that `re` skips other characters quickly.
"""


def _random_in(line: str, lower: str) -> Iterator[Span]:
    """Yield quoted random values, unless the line contains a word such as `hash`."""
    found = [one for one in _RANDOM.finditer(line) if all(kind.search(one[0]) for kind in _KINDS)]
    if found and not _HARMLESS.search(lower):
        yield from (
            Span(*one.span()) for one in found if is_random(one[0]) and not (is_public(one[0]) or decoded(one[0]))
        )


_OPEN = re.compile(r"(?:[:=>|(\[\\+-]|![a-z]{1,10}|[|>][0-9])\s{0,8}\Z")
_LAST_COMMENT = re.compile(r"(?<=[:=(\[])[ \t]{1,8}(?:#|//)[^\"'`]{0,100}$")
_NAMES = re.compile("name|key|variable")
_OPEN_NAME = re.compile(
    rf"{_WORD}{_TAIL}[\"'\]]{{0,2}}\s{{0,8}}"
    r"(?:(?::|=|=>|:=)\s{0,8}(?:[|>][+-]?[0-9]?|\(|\[|\\|!!?[a-z]{1,10})?|>)\s{0,8}$",
    re.IGNORECASE,
)
_VALUE_ALONE = re.compile(rf"\s{{0,80}}(?P<q>[\"'`]?){_VALUE}(?P=q)[,;)\]]{{0,3}}\s{{0,20}}$")
_NAMED = re.compile(
    rf"\b(?:(?:name|key)\"?\s{{0,8}}[=:>]\s{{0,8}}|variable )\"?{_NAME}(?:\"|</(?:key|name)>)?"
    r"\s{0,8}[,{]?\s{0,8}$",
    re.IGNORECASE,
)
_ITS_VALUE = re.compile(
    rf"\W{{0,80}}(?:value|default|string)\"?(?:\s{{0,8}}[=:]\s{{0,8}}|>)(?P<q>[\"']?){_VALUE}", re.IGNORECASE
)
_REACH = 4
"""A value must be fewer than this number of non-blank lines below its name."""


class _Above(Struct):
    """Names whose values may be on the next line (`name`), or after a word such as `value` (`named`)."""

    name: re.Match[str] | None = None
    named: re.Match[str] | None = None
    age: int = 0


class Wrapped:
    """Finds values, also on a later line than their names. A deleted line never continues an added line."""

    def __init__(self, *, diff: bool) -> None:
        self._diff = diff
        self._sides: Mapping[str, _Above] = {"+": _Above(), "-": _Above()} if diff else {"": _Above()}

    @property
    def is_open(self) -> bool:
        """Whether the next line can contain a value without a keyword."""
        return any(side.name or side.named for side in self._sides.values())

    def values_in(self, line: str, place: Place) -> Iterator[Span]:
        """Yield the values of the next line. Unless `is_open`, the caller can skip lines without a keyword."""
        yield from values_in(line, place)
        mark = line[:1] if self._diff else ""
        content = line[1:] if mark else line
        sides = [self._sides[mark]] if mark in self._sides else list(self._sides.values())
        spans = {span for side in sides for span in self._of(side, content, place)}
        yield from (Span(span.start + len(mark), span.stop + len(mark)) for span in sorted(spans))

    def _of(self, above: _Above, content: str, place: Place) -> Iterator[Span]:
        for name, pattern in ((above.name, _VALUE_ALONE), (above.named, _ITS_VALUE)):
            if name and (found := pattern.match(content)) and _is_its_value(name, found, place):
                yield Span(*found.span("v"))
        if not content.strip():
            return
        lower = content.lower()
        content = _LAST_COMMENT.sub(" ", content)
        has_word = any(marker in lower for marker in WORD_MARKERS)
        above.name = _OPEN_NAME.search(content) if has_word and _OPEN.search(content) else None
        if has_word and _NAMES.search(lower) and (named := _NAMED.search(content)):
            above.named, above.age = named, 0
        above.age += 1
        if above.age == _REACH:
            above.named = None


def _is_its_value(name: re.Match[str], found: re.Match[str], place: Place) -> bool:
    word, tail, value = name["w"], name["t"], found["v"]
    if _RUN.search(tail) or is_placeholder(value) or value.endswith(":"):
        return False
    if place.is_executed:
        is_named = (word.isupper() or place is not Place.COMMAND) and not _OTHER.search(tail)
        return is_named and not may_end(name[0], place) and is_surely_random(value) and not encodes_code(value)
    if _is_vague(word, tail):
        return _is_long(value)
    return is_strong(value) if not found["q"] else len(value) >= SHORTEST


def may_end(line: str, place: Place) -> bool:
    """Return whether the next line can be a shell command or the recipe of a target in a Makefile."""
    return line.rstrip().endswith(("=", "\\") if place is Place.MIXED else ("=", "\\", ":"))


# Git truncates a hunk's heading after 80 bytes, so the end of a value may be missing.
_HEADING = re.compile(r"@@ [^@]{1,60} @@ (?P<text>.*)")
_CUT = (
    re.compile(rf"{_WORD}{_TAIL}[\"'\]]{{0,2}}(?:{_ASSIGNS}|\(){_PREFIX}[\"'`](?P<v>[^\"'`]{{3,}}+)$", re.IGNORECASE),
    re.compile(r"://[^\s:/?#@\"'`<>(){}$]{0,100}+:(?P<v>[^\s/?#\"'`<>(){}$]{2,}+)$"),
)
_LAST = re.compile(r"[\w+/.=!%*-]{6,200}\Z")
_NEARLY_CUT = 70


def values_in_heading(line: str) -> Iterator[Span]:
    """Yield the suspicious values at the end of a hunk's heading, which git truncates."""
    heading = _HEADING.match(line)
    if heading is None:
        return
    text, start = heading["text"], heading.start("text")
    for pattern in _CUT:
        if found := pattern.search(text):
            yield Span(start + found.start("v"), start + found.end("v"))
    last = _LAST.search(text[-200:]) if len(text.encode()) >= _NEARLY_CUT else None
    if last and any(map(str.isdigit, last[0])) and not is_name(last[0]):
        yield Span(len(line) - len(last[0]), len(line))


def is_secret(value: str) -> bool:
    """Return whether a setting's value looks like a secret."""
    return any(tokens_of(value)) or (is_strong(value) and not is_placeholder(value) and not is_name(value))
