"""Finds credentials in text, line by line.

Three sources: detect-secrets' detectors, used as plain functions; the shapes that they lack or cut short; and words
such as `password` with a value behind them. A cheap look at the lower-cased line comes first, since most lines hold
nothing. Our patterns take linear time on any text; the library's do not, so they see only lines that cannot hurt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from detect_secrets.plugins.artifactory import ArtifactoryDetector
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.cloudant import CloudantDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.ibm_cloud_iam import IbmCloudIamDetector
from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector
from detect_secrets.plugins.keyword import KeywordDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.softlayer import SoftlayerDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

SHORTEST = 6
_LONGEST_CHOSEN = 1_000
_SHORTEST_STRONG = 8


@dataclass(frozen=True, slots=True)
class _LibraryDetector:
    """A detector of the library, asked only when one of its markers is in the lower-cased line."""

    markers: tuple[str, ...]
    plugin: BasePlugin


# Left out: GitHub's and GitLab's (they tell the prefix, not the token), JWT (without its signature), npm, OpenAI and
# Slack (quadratic), private keys (the header only; `private_keys` has the block), addresses and entropy (no secrets).
_LIBRARY = (
    _LibraryDetector(("akc", "ap"), ArtifactoryDetector()),
    _LibraryDetector(("aws",), AWSKeyDetector()),
    _LibraryDetector(("accountkey=",), AzureStorageKeyDetector()),
    _LibraryDetector(("cloudant",), CloudantDetector()),
    _LibraryDetector((".",), DiscordBotTokenDetector()),
    _LibraryDetector(("key", "pwd", "pass", "token"), IbmCloudIamDetector()),
    _LibraryDetector(("secret",), IbmCosHmacDetector()),
    _LibraryDetector(("-us",), MailchimpDetector()),
    _LibraryDetector(("pypi-",), PypiTokenDetector()),
    _LibraryDetector(("sg.",), SendGridDetector()),
    _LibraryDetector(("softlayer",), SoftlayerDetector()),
    _LibraryDetector(("sq0csp-",), SquareOAuthDetector()),
    _LibraryDetector(("k_live_",), StripeDetector()),
    _LibraryDetector((":",), TelegramBotTokenDetector()),
    _LibraryDetector(("ac", "sk"), TwilioKeyDetector()),
)
_BASIC_AUTH = BasicAuthDetector()
_KEYWORD_DETECTOR = KeywordDetector()

# Not in the middle of a word, but behind an escaped line end, whose letter looks like one.
_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"
_JWT = _START + r"eyJ[A-Za-z0-9_-]{8,}+={0,2}\.eyJ[A-Za-z0-9_-]{8,}+={0,2}(?:\.[A-Za-z0-9_-]*+)?"
# What the prefix is for: GitHub, GitLab, CodeVF, Slack, Google, model services, package registries, shops and vaults,
# then Atlassian, Databricks, Grafana, Terraform Cloud, Linear, RubyGems, Discord and shared access to Azure.
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (markers, re.compile(pattern))
    for markers, pattern in (
        (("gh", "github_pat_"), r"(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{30,}(?:\.[A-Za-z0-9_-]{10,}){0,2}"),
        (("gl",), r"gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas|ffct)-[A-Za-z0-9_.-]{19,}[A-Za-z0-9_-]"),
        (("gr1348941",), r"GR1348941[A-Za-z0-9_-]{20,}"),
        (("cvf_",), r"cvf_(?:live|test)_[A-Za-z0-9_-]{8,}"),
        (("xox", "xapp-"), r"(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}"),
        (("hooks.slack.com",), r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9_/]{20,})"),
        (("akia", "asia", "abia", "acca", "a3t"), r"(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[0-9A-Z]{16}"),
        (("aiza",), r"AIza[A-Za-z0-9_-]{35,}"),
        (("ya29.",), r"ya29\.[A-Za-z0-9_-]{20,}"),
        (("gocspx-",), r"GOCSPX-[A-Za-z0-9_-]{20,}"),
        (("sk-",), r"sk-(?:ant|proj|svcacct|admin|or|lf)-[A-Za-z0-9_-]{16,}|sk-[A-Za-z0-9]{32,}"),
        (("hf_",), _START + r"hf_[A-Za-z0-9]{30,}"),
        (("npm_",), _START + r"npm_[A-Za-z0-9]{30,}"),
        (("pypi-",), r"pypi-[A-Za-z0-9_-]{50,}"),
        (("dckr_",), r"dckr_[a-z]{2,4}_[A-Za-z0-9_-]{20,}"),
        (("shp",), r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32,}"),
        (("k_live_", "k_test_"), r"[srp]k_(?:live|test)_[0-9A-Za-z]{16,}"),
        (("whsec_",), r"whsec_[A-Za-z0-9+/]{24,}={0,2}"),
        (("dop_v1_", "doo_v1_"), r"do[op]_v1_[0-9a-f]{64}"),
        (("hvs.", "hvb."), r"hv[sb]\.[A-Za-z0-9_-]{20,}"),
        (("age-secret-key-",), r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
        (("eyj",), _JWT),
        (("1//0",), _START + r"1//0[A-Za-z0-9_-]{30,}"),
        (("atatt", "atctt"), r"AT[AC]TT3[A-Za-z0-9_-]{20,}(?:=[A-Za-z0-9]{1,16})?"),
        (("dapi",), _START + r"dapi[0-9a-f]{32}(?:-[0-9])?"),
        (("glsa_", "glc_"), _START + r"(?:glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|glc_[A-Za-z0-9+/]{32,}={0,2})"),
        ((".atlasv1.",), r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}"),
        (("lin_api_",), r"lin_api_[A-Za-z0-9]{40,}"),
        (("rubygems_",), r"rubygems_[0-9a-f]{48}"),
        (("/api/webhooks/",), r"discord(?:app)?\.com/api/webhooks/[0-9]{15,20}/([A-Za-z0-9_-]{60,})"),
        (("sharedaccesskey=",), r"SharedAccessKey=([A-Za-z0-9+/]{40,}={0,2})"),
        (("sig=",), r"[?&]sig=([A-Za-z0-9%+/_-]{40,}={0,2})"),
    )
)
_HEADERS = re.compile(r"\b(?:bearer|basic|token)\s{1,5}([A-Za-z0-9._~+/-]{20,}={0,2})", re.IGNORECASE)
_NPMRC = re.compile(r":_(?:authToken|auth|password)\s{0,5}=\s{0,5}[\"']?([^\s\"']{6,})")

_WORDS = (
    r"((?:api|auth|service|account|db|database|priv|private|client|access|secret|encryption|signing|master)[_-]?key"
    r"|(?:db|database|key)[_-]?pass|passw(?:or)?d|passphrase|passwort|pwd|secret|token|credential|contrase[nñ]a)"
)
_VAGUE_WORDS = frozenset({"token", "credential"})
_SHORTEST_VAGUE = 16
_WORD_MARKERS = ("key", "pass", "pwd", "secret", "token", "credential", "contrase")
_ASSIGNED_QUOTED = re.compile(
    _WORDS + r"[\w-]{0,40}[\"'\]]{0,2}(?:\[[0-9]{0,5}\])?(?:\s{0,4}:\s{0,4}[A-Za-z_.\[\]|]{1,30})?"
    r"\s{0,20}(?::=|=>|[:=!]{1,3}|\()\s{0,20}@?[rbu]?([\"'`])((?:(?!\2)[^\\]|\\.)++)\2",
    re.IGNORECASE,
)
_ASSIGNED_BARE = re.compile(
    r"[+\- ]?\s{0,40}(?:-\s{1,4}|(?:export|set|ENV|ARG)\s{1,4})?[\w.-]{0,60}" + _WORDS + r"[\w.-]{0,40}"
    r"(?:=|:\s{1,8}|\s{1,8}=\s{1,8})([^\s\"'`(){}\[\]<>,;|\\]{8,}+)\s*+(;?)\s*+(?:(?:#|//).*)?$",
    re.IGNORECASE,
)
# Handed over on the way: in the query of an address, in a header of one's own, and as curl takes a user.
_VALUE = r"([^\s\"'`&#;,<>{}()$\\]{8,}+)"
_IN_QUERY = re.compile(r"[?&][\w.-]{0,40}" + _WORDS + "=" + _VALUE, re.IGNORECASE)
_IN_HEADER = re.compile(
    r"\b(?:x-[a-z-]{0,40}|private-|deploy-|job-)(key|token|secret|password):\s{0,4}" + _VALUE, re.IGNORECASE
)
_OF_USER = re.compile(r"\s(?:-u|--user)[ =]?[\"']?[\w.@+-]{1,60}:" + _VALUE)
# And where programs and their files have a value behind a word; the last two are names of environment variables.
_NAME = r"[\w.-]{0,40}" + _WORDS + r"[\w.-]{0,40}"
_NAME_IN_CAPITALS = "[A-Z0-9_]{0,40}" + _WORDS.upper() + "[A-Z0-9_]{0,40}"
_ELSEWHERE = (
    re.compile(r"[;\"'] ?" + _WORDS + " ?= ?" + _VALUE + "(?=[;\"'])", re.IGNORECASE),
    re.compile(r"<(?:[\w-]{1,20}:)?" + _NAME + ">" + _VALUE + "</", re.IGNORECASE),
    re.compile(r"\b(?:key|name)\"? ?[=:] ?\"" + _NAME + r"\",? {0,4}\"?value\"? ?[=:] ?\"" + _VALUE, re.IGNORECASE),
    re.compile(r"[\s\"'`]--?[\w=-]{0,40}" + _WORDS + r"[= ][\"']?(?!\w{1,40}=)" + _VALUE, re.IGNORECASE),
    re.compile(r"\blogin {1,5}\S{1,60} {1,5}(password) {1,5}" + _VALUE),
    re.compile(r"\bdefine\( ?[\"']" + _NAME + r"[\"'], {0,4}[\"']" + _VALUE, re.IGNORECASE),
    re.compile(r"# {0,9}define {1,9}" + _NAME + r"[ \t]{1,20}\"" + _VALUE, re.IGNORECASE),
    re.compile(r"(?:^[+\- ]?|[\s\"';])" + _NAME_IN_CAPITALS + "=[\"']?" + _VALUE + r"(?=[\s\"';&]|$)"),
    re.compile(r"^[+\- ]?\s{0,9}(?:ENV|ARG) {1,4}" + _NAME_IN_CAPITALS + " {1,4}" + _VALUE),
)
_NO_USER = re.compile(r"[a-z+]{2,20}://:([^\s@/\"'`<>(){}$]{6,}+)@")
_DOCKER_AUTH = re.compile(r"\"auth\"\s{0,4}:\s{0,4}\"([A-Za-z0-9+/]{16,}={0,2})\"")
_WORD = re.compile(_WORDS, re.IGNORECASE)
_BLANKS = re.compile(r"[ \t]{2,}")
# The library's keyword patterns take time that grows with the cube of the line's length and the number of keywords.
_KEYWORD_LINE = 300
_KEYWORDS_IN_LINE = 4


@dataclass(frozen=True, slots=True)
class Secrets:
    """Secret values.

    Attributes:
        strong: replaced wherever they stand.
        weak: words that could be a name, too; replaced where they stand as a value (quoted, or after `=` or `:`).
        shaped: those that are tokens of a known format; the others stand behind a word such as `password`.
    """

    strong: frozenset[str]
    weak: frozenset[str]
    shaped: frozenset[str]


def secrets_of(lines: Iterable[str]) -> Secrets:
    """The secrets of some lines; equal lines are read once."""
    certain: set[str] = set()
    chosen: set[str] = set()
    for line in set(lines):
        if len(line) >= SHORTEST:
            lower = line.lower()
            certain.update(_shaped(line, lower))
            certain.update(value for value in _tokens(line, lower) if _is_strong(value))
            chosen.update(_chosen(line, lower))
    chosen = {value for value in chosen if not _is_placeholder(value)} - certain
    strong = {value for value in chosen if _is_strong(value) and not _IDENTIFIER.fullmatch(value)}
    return Secrets(
        strong=frozenset(certain | strong),
        weak=frozenset(chosen - strong),
        shaped=frozenset(certain),
    )


def _shaped(line: str, lower: str) -> Iterator[str]:
    """Tokens with a prefix that nothing else has."""
    for markers, shape in _SHAPES:
        if any(marker in lower for marker in markers):
            yield from shape.findall(line)


def _tokens(line: str, lower: str) -> Iterator[str]:
    """Values that machines made, recognised by their length and alphabet."""
    # A run of blanks costs the library cubic time, and none of these values holds one.
    short = _BLANKS.sub(" ", line)
    for detector in _LIBRARY:
        if any(marker in lower for marker in detector.markers):
            for value in detector.plugin.analyze_string(short):
                yield value.strip(" \t\r=:\"'").removeprefix("AccountKey=")
    if "bearer" in lower or "basic" in lower or "token" in lower:
        yield from _HEADERS.findall(line)


def _chosen(line: str, lower: str) -> Iterator[str]:
    """Values that a person may have chosen, recognised by the word in front of them."""
    if "://" in lower:
        yield from _BASIC_AUTH.analyze_string(line)
        yield from _NO_USER.findall(line)
    if ":_" in lower:
        yield from _NPMRC.findall(line)
    if "curl" in lower:
        yield from filter(_is_strong, _OF_USER.findall(line))
    if '"auth"' in lower:
        yield from filter(_is_strong, _DOCKER_AUTH.findall(line))
    if any(marker in lower for marker in _WORD_MARKERS):
        yield from _behind_words(line)


def _behind_words(line: str) -> Iterator[str]:
    for found in _ASSIGNED_QUOTED.finditer(line):
        yield from _if_fitting(found[1], found[3].strip(), always=True)
    for pattern in (_IN_QUERY, _IN_HEADER, *_ELSEWHERE):
        for word, value in pattern.findall(line):
            yield from _if_fitting(word, value, always=False)
    if (bare := _ASSIGNED_BARE.match(line)) and not (bare[3] and _VARIABLE.fullmatch(bare[2])):
        yield from _if_fitting(bare[1], bare[2], always=False)
    if len(line) <= _KEYWORD_LINE and 0 < len(_WORD.findall(line)) <= _KEYWORDS_IN_LINE:
        yield from (value.strip() for value in _KEYWORD_DETECTOR.analyze_string(line))


def _if_fitting(word: str, value: str, *, always: bool) -> Iterator[str]:
    """The value, if it fits the word in front: `token` and `credential` mean many things, and so does a bare value."""
    if word.lower() in _VAGUE_WORDS:
        always, shortest = False, _SHORTEST_VAGUE
    else:
        shortest = SHORTEST
    if len(value) >= shortest and (always or _is_strong(value)):
        yield value


# What stands behind a keyword and is no secret: variables and templates, calls, lookups, addresses, paths, stand-ins.
_TEMPLATE = re.compile(r"\$[{(]|\{\{|#\{|%\(|<%|%s|\{[\w.]*\}|^[$%]")
_NO_VALUE = re.compile(
    r"\W*|(.)\1*|[<{\[(].*[>}\])]|[A-Za-z_][\w.:>-]*\(.*|[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+(?:\[.*)?"
    r"|(?:[a-z+]{2,12}://|\.{0,2}/|~/|[A-Za-z]:\\).*"
    r"|(?i:your|example|sample|dummy|fake|change|replace|insert|todo|placeholder|redacted|xxx).*",
    re.DOTALL,
)
_ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_LETTERS = re.compile(r"[A-Za-z_./ -]+")
# Whoever calls a function `run7shell` and a password so, too, must not get the function hidden from the reviewer.
_IDENTIFIER = re.compile(r"[A-Za-z_]\w{0,20}|[A-Za-z]+(?:[-_.][A-Za-z]+)*[-_]?v?[0-9]{0,3}")


# Before a semicolon it is rather a variable than a value: `newPassword2`.
_VARIABLE = re.compile(r"[A-Za-z_]+[0-9]*[A-Za-z_]*")


def _is_placeholder(value: str) -> bool:
    if not SHORTEST <= len(value) <= _LONGEST_CHOSEN or _TEMPLATE.search(value) or _NO_VALUE.fullmatch(value):
        return True
    if _ENVIRONMENT_NAME.fullmatch(value):
        return True
    if _LETTERS.fullmatch(value) and _WORD.search(value):
        return True  # `db-password` is what a secret is called
    return " " in value and not re.search(r"[0-9]", value)  # a label or a sentence


# To be matched, not searched for: each place without a digit behind it would be looked at to the end of the line.
_STRONG = re.compile(r"(?=.*[0-9])(?=.*[^\W\d])\S+")


def _is_strong(value: str) -> bool:
    """Whether nobody would use the value as a name: eight characters or more, letters and digits, no blank."""
    return len(value) >= _SHORTEST_STRONG and _STRONG.fullmatch(value) is not None
