"""Finds credentials in text, line by line: tokens by their format, and values by a word such as `password` in front.

A cheap look at the lower-cased line comes first, since most lines contain nothing. Every pattern takes linear time on
any text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SHORTEST = 6
_LONGEST_CHOSEN = 1_000
_SHORTEST_STRONG = 8


# Not inside a word; the letter of an escaped line end in front is none.
_START = r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))"
_JWT = _START + r"eyJ[A-Za-z0-9_-]{8,}+={0,2}\.eyJ[A-Za-z0-9_-]{8,}+={0,2}(?:\.[A-Za-z0-9_-]*+)?"
# GitHub, GitLab, CodeVF, Slack, Google, model services, package registries, shops and vaults; Atlassian, Databricks,
# Grafana, Terraform Cloud, Linear, RubyGems, Discord; mail and telephone services, Square, Telegram, JFrog, Azure.
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
        ((".",), _START + r"[MNO][A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}"),
        (("sg.",), r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,}"),
        (("-us",), _START + r"[0-9a-f]{32}-us[0-9]{1,2}"),
        (("ac", "sk"), _START + r"(?:AC|SK)[0-9a-f]{32}(?![0-9A-Za-z])"),
        (("sq0",), r"sq0[a-z]{3}-[A-Za-z0-9_-]{22,}"),
        ((":",), _START + r"[0-9]{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"),
        (("akc",), _START + r"AKC(?=[A-Za-z]{0,60}[0-9])[A-Za-z0-9]{10,}"),
        (("accesskey=", "accountkey="), r"(?:SharedAccess|Account)Key=([A-Za-z0-9+/]{40,}={0,2})"),
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
_STATED = re.compile(_WORDS + r"[\w-]{0,40}\s{1,4}([\"'])((?:(?!\2)[^\\]|\\.){1,200}+)\2;", re.IGNORECASE)
_ASSIGNED_BARE = re.compile(
    r"[+\- ]?\s{0,40}(?:-\s{1,4}|(?:export|set|ENV|ARG)\s{1,4})?[\w.-]{0,60}" + _WORDS + r"[\w.-]{0,40}"
    r"(?:=|:\s{1,8}|\s{1,8}=\s{1,8})([^\s\"'`(){}\[\]<>,;|\\]{8,}+)\s*+(;?)\s*+(?:(?:#|//).*)?$",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"([\"'`])((?:(?!\1)[^\\]|\\.){1,200}+)\1\s{0,9}[!=]={1,2}\s{0,9}[\w.]{0,40}" + _WORDS, re.IGNORECASE
)
# In the query of an address, in a header, and as curl takes a user.
_VALUE = r"([^\s\"'`&#;,<>{}()$\\]{8,}+)"
_IN_QUERY = re.compile(r"[?&][\w.-]{0,40}" + _WORDS + "=" + _VALUE, re.IGNORECASE)
_IN_HEADER = re.compile(
    r"\b(?:x-[a-z-]{0,40}|private-|deploy-|job-)(key|token|secret|password):\s{0,4}" + _VALUE, re.IGNORECASE
)
_OF_USER = re.compile(r"\s(?:-u|--user)[ =]?[\"']?[\w.@+-]{1,60}:" + _VALUE)
# In files and options of programs; the last two are names of environment variables.
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
_USER_INFO = re.compile(r"://[^\s:/?#@\"'`<>(){}$]{0,100}+:([^\s/?#@\"'`<>(){}$]{1,300}+)@")
_DOCKER_AUTH = re.compile(r"\"auth\"\s{0,4}:\s{0,4}\"([A-Za-z0-9+/]{16,}={0,2})\"")
_WORD = re.compile(_WORDS, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Secret values.

    Attributes:
        strong: redacted everywhere.
        weak: could be names as well; redacted only as values (quoted, or after `=` or `:`).
        shaped: the strong ones that are tokens of a known format; all others stand behind a word such as `password`.
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
            if "bearer" in lower or "basic" in lower or "token" in lower:
                certain.update(filter(_is_strong, _HEADERS.findall(line)))
            chosen.update(_chosen(line, lower))
    chosen = {value for value in chosen if not _is_placeholder(value)} - certain
    strong = {value for value in chosen if _is_strong(value) and not _IDENTIFIER.fullmatch(value)}
    return Secrets(
        strong=frozenset(certain | strong),
        weak=frozenset(chosen - strong),
        shaped=frozenset(certain),
    )


def _shaped(line: str, lower: str) -> Iterator[str]:
    for markers, shape in _SHAPES:
        if any(marker in lower for marker in markers):
            yield from shape.findall(line)


def _chosen(line: str, lower: str) -> Iterator[str]:
    """Values that a person may have chosen."""
    if "://" in lower:
        yield from _USER_INFO.findall(line)
    if ":_" in lower:
        yield from _NPMRC.findall(line)
    if "curl" in lower:
        yield from filter(_is_strong, _OF_USER.findall(line))
    if '"auth"' in lower:
        yield from filter(_is_strong, _DOCKER_AUTH.findall(line))
    if any(marker in lower for marker in _WORD_MARKERS):
        yield from _behind_words(line)


def _behind_words(line: str) -> Iterator[str]:
    for pattern in (_ASSIGNED_QUOTED, _STATED):
        for word, _, value in pattern.findall(line):
            yield from _if_fitting(word, value.strip(), always=True)
    for _, value, word in _COMPARED.findall(line):
        yield from _if_fitting(word, value.strip(), always=True)
    for pattern in (_IN_QUERY, _IN_HEADER, *_ELSEWHERE):
        for word, value in pattern.findall(line):
            yield from _if_fitting(word, value, always=False)
    if (bare := _ASSIGNED_BARE.match(line)) and not (bare[3] and _VARIABLE.fullmatch(bare[2])):
        yield from _if_fitting(bare[1], bare[2], always=False)


def _if_fitting(word: str, value: str, *, always: bool) -> Iterator[str]:
    """Yield the value if it fits the word: `token` and `credential` are vague, and so is an unquoted value."""
    if word.lower() in _VAGUE_WORDS:
        always, shortest = False, _SHORTEST_VAGUE
    else:
        shortest = SHORTEST
    if len(value) >= shortest and (always or _is_strong(value)):
        yield value


# No secrets: variables and templates, calls, lookups, addresses, paths, placeholders.
_TEMPLATE = re.compile(r"\$[{(]|\{\{|#\{|%\(|<%|%s|\{[\w.]*\}|^[$%]")
_NO_VALUE = re.compile(
    r"\W*|(.)\1*|[<{\[(].*[>}\])]|[A-Za-z_][\w.:>-]*\(.*|[A-Za-z_]\w*(?:(?:\.|->|::)[A-Za-z_]\w*)+(?:\[.*)?"
    r"|(?:[a-z+]{2,12}://|\.{0,2}/|~/|[A-Za-z]:\\).*"
    r"|(?i:your|example|sample|dummy|fake|change|replace|insert|todo|placeholder|redacted|xxx).*",
    re.DOTALL,
)
_ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_LETTERS = re.compile(r"[A-Za-z_./ -]+")
# A password named like a function must not hide the function.
_IDENTIFIER = re.compile(r"[A-Za-z_]\w{0,20}|[A-Za-z]+(?:[-_.][A-Za-z]+)*[-_]?v?[0-9]{0,3}")
# Before a semicolon, it is a variable and no value: `newPassword2`.
_VARIABLE = re.compile(r"[A-Za-z_]+[0-9]*[A-Za-z_]*")


def _is_placeholder(value: str) -> bool:
    if not SHORTEST <= len(value) <= _LONGEST_CHOSEN or _TEMPLATE.search(value) or _NO_VALUE.fullmatch(value):
        return True
    if _ENVIRONMENT_NAME.fullmatch(value):
        return True
    if _LETTERS.fullmatch(value) and _WORD.search(value):
        return True  # `db-password` is what a secret is called
    return " " in value and not re.search(r"[0-9]", value)  # a label or a sentence


# For `fullmatch` only: a search would take quadratic time.
_STRONG = re.compile(r"(?=.*[0-9])(?=.*[^\W\d])\S+")


def _is_strong(value: str) -> bool:
    # Nobody uses such a value as a name: letters and digits, no whitespace.
    return len(value) >= _SHORTEST_STRONG and _STRONG.fullmatch(value) is not None
