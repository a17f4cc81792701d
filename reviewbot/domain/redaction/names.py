"""Tell tokens from names: an author can choose a package, an owner or a program in the format of a token.

So in an executed place, a token is not redacted where such a name is expected.
"""

from __future__ import annotations

import re

from reviewbot.domain.redaction.detectors import has_word, opens_a_value
from reviewbot.domain.redaction.formats import Token
from reviewbot.domain.redaction.places import Place, of_line

_REACH = 200
"""Characters of the line that are read before and after a token."""

_START = r"^[+\- ]?\s{0,80}"
_MANAGERS = r"(?:npm|pnpm|yarn|bun|uv|pipx?[23]?|gem|cargo|go|brew|apt|apt-get|apk|dnf|yum|conda|mamba|composer|poetry)"
_BEFORE_NAME = re.compile(
    # A program, a requirement, an item of a list.
    rf"{_START}(?:-\s{{1,8}})?[\"']?\Z"
    # A part of a path, but not the host of an address.
    r"|(?:^|[\s\"'])\.{0,2}/\Z|(?:^|[\s\"'=])[^/:\s\"'=][^:\s\"'=]*/\Z"
    # An owner on a host where anyone can have a repository or an image.
    r"|[/@](?:(?:www|api|codeload|gist|raw)\.)?(?:github(?:usercontent)?\.com|gitlab\.com|bitbucket\.org|codeberg\.org|ghcr\.io"
    r"|docker\.io|quay\.io)[/:][^\s\"'?#]*\Z"
    r"|\b(?:npm|github|gitlab|bitbucket|gist|jsr|docker|oci|git|workspace):\Z"
    rf"|\b{_MANAGERS}\s{{1,4}}(?:-\S{{1,40}}\s{{1,4}}){{0,3}}(?:install|i|add|get|exec|x|dlx|run|require|tap)\s[^;&|]*[\s\"']\Z"
    r"|\b(?:uses|images?|packages?|modules?|plugins?|extends|orbs?)[\"']?\s{0,4}[:=]\s{0,4}[\"']?[^\s\"'=]*\Z"
    r"|\bFROM\s{1,4}(?:--\S{1,40}\s{1,4}){0,3}[^\s\"'=]*\Z"
    r"|(?:command|cmd|script|exec|hook|run|entrypoint|shell)s?[\"']?\s{0,4}[:=]\s{0,4}[\"']?\Z"
    # A command in a shell.
    rf"|{_START}[@-]{{1,2}}\Z|[;&|(`!]\s{{0,8}}\Z|(?:^|\s)\.\s{{1,4}}\Z"
    r"|\b(?:sudo|exec|time|env|xargs|command|nohup|then|do|else|if|while|source|node|deno|python[0-9.]*|bash|zsh|sh|ruby|perl"
    r"|php|make|(?:docker|podman)\s(?:run|pull))\s{1,4}(?:(?:-|\w{1,40}=)\S*\s{1,4}){0,4}[\"']?\Z"
    r"|\[\s{0,8}(?:[\"'][^\"'\\]{0,99}[\"'],\s{0,8}){0,20}[\"']\Z"
    r"|\b(?:gem|pod|brew|cask|tap|plugin|id|implementation|api|classpath|mod|load|source|include)\s{0,4}\(?\s{0,4}[\"']\Z",
    re.MULTILINE,
)
# A key of a mapping, and an owner or a package with its path or version.
_KEY = re.compile(r"[{,]\s{0,8}[\"']\Z")
_AFTER_KEY = re.compile(r"[\"']\s{0,8}:")
_AFTER_OWNER = re.compile(r"/[\w.-]|@[\w^~.]")
_IN_ADDRESS = re.compile(r"://[^\s\"']*\Z|=[\"']?\Z")
_OPTION = re.compile(r"--?[\w-]{1,60}[\"']?,?[\s\"']*\Z")
_REMARK = re.compile(r"[+\- ]?[ \t]{0,80}#[ \t]")
# Of a container, in any configuration.
_IMAGE = re.compile(rf"{_START}(?:-\s{{1,8}})?[\"']?(?:image|repository)[\"']?\s{{0,4}}[:=]\s{{0,4}}[\"']?[^\s\"'=]*\Z")

_IMPORT = re.compile(rf"{_START}import\s{{1,8}}(?:[\w.,\s]*,\s{{0,8}})?\Z")
_FROM = re.compile(rf"{_START}from\s{{1,8}}\Z")
_DEFINES = re.compile(r"\b(?:def|class|function|func|fn|const|let|var)\s{1,8}\Z")
_STATEMENT = re.compile(rf"{_START}\Z")
_END = re.compile(r"\s{0,8}(?:$|[,;#]|as\b)")
_IMPORTS = re.compile(r"\s{1,8}import\b")
_USED = re.compile(r"\s{0,8}(?:\.\s{0,8}\w|\(|=(?!=))")


def is_name(text: str, token: Token, place: Place) -> bool:
    """Return whether a token is where a program, a package, an owner or a module is named."""
    first = text.rfind("\n", 0, token.start) + 1
    end = text.find("\n", token.stop)
    begin = max(first, token.start - _REACH)
    before, after = text[begin : token.start], text[token.stop : end if end >= 0 else len(text)][:_REACH]
    line = f"{before}{text[token.start : token.stop]}{after}"
    if place is Place.PATH or first <= _header(text) or _REMARK.match(text, first):
        return False
    if place is Place.DATA:
        return _IMAGE.match(before) is not None
    if place is Place.CODE and of_line(line, place) is Place.CODE:
        return _is_defined(before, after)
    above = text[text.rfind("\n", 0, max(first - 1, 0)) + 1 : max(first - 1, 0)][-_REACH:]
    return _is_defined(before, after) or _is_installed(before, after, above, token)


def _header(text: str) -> int:
    """Return where the header of a diff ends, which has only paths; -1 for another text."""
    if not text.startswith("diff --git "):
        return -1
    hunk = text.find("\n@@ ")
    return hunk if hunk >= 0 else len(text)


def _is_defined(before: str, after: str) -> bool:
    around = ((_IMPORT, _END), (_FROM, _IMPORTS), (_STATEMENT, _USED))
    is_around = any(first.match(before) and then.match(after) for first, then in around)
    return is_around or _DEFINES.search(before) is not None


def _is_installed(before: str, after: str, above: str, token: Token) -> bool:
    if token.kind.endswith("-webhook"):
        return False  # always part of an address
    if _AFTER_OWNER.match(after) and not _IN_ADDRESS.search(before):
        return True
    if _KEY.search(before) and _AFTER_KEY.match(after):
        return True
    if not _BEFORE_NAME.search(before):
        return False
    is_alone = re.fullmatch(r"[+\- ]?\s*(?:-\s+)?[\"']?", before) is not None
    option = _OPTION.search(above if is_alone else before)
    return not (option and has_word(option[0])) and not (is_alone and opens_a_value(above))
