"""Match paths with GitHub's path filters and with the patterns of `.gitattributes`.

The author of a change chooses the paths. The matching time is therefore at most proportional to the length of the path
times the length of the pattern.
https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#filter-pattern-cheat-sheet
https://git-scm.com/docs/gitignore#_pattern_format
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from reviewbot.domain.diff.parse import unquote
from reviewbot.values import replace


def matches(patterns: Sequence[str], path: str) -> bool:
    """Return whether a list of patterns selects a path, by the rules of `on.pull_request.paths`.

    The last matching pattern decides, and a leading `!` excludes. An empty list selects every path. A list that starts
    with `!`, which GitHub rejects, selects every path that no pattern excludes.
    """
    selected = not patterns or patterns[0].startswith("!")
    for pattern in patterns:
        negative = pattern.startswith("!")
        if selected is negative and _fits(_path_filter(pattern[negative:]), path):
            selected = not negative
    return selected


def names(patterns: Sequence[str], path: str) -> bool:
    """Return whether the list selects the path by a pattern other than `*` and `**`."""
    asked = [pattern for pattern in patterns if not pattern.startswith("!") and pattern.strip("*/")]
    return bool(asked) and matches(asked, path) and matches(patterns, path)


class _Step(Struct, frozen=True):
    """A part of a pattern.

    Attributes:
        optional: whether the step matches an empty string.
        repeats: whether the step matches several characters.
        folders: whether a match must be empty or end with a slash.
    """

    reads: Callable[[str], bool]
    optional: bool = False
    repeats: bool = False
    folders: bool = False

    def ends(self, starts: set[int], path: str) -> set[int]:
        """Return the offsets at which a match can end if it begins at one of the offsets `starts`."""
        found = set(starts) if self.optional else set[int]()
        if not self.repeats:
            return found | {at + 1 for at in starts if at < len(path) and self.reads(path[at])}
        reading = False
        for at in range(min(starts), len(path)):
            reading = (reading or at in starts) and self.reads(path[at])
            if reading and not (self.folders and path[at] != "/"):
                found.add(at + 1)
        return found


def _fits(steps: Sequence[_Step], path: str) -> bool:
    reached = {0}
    for step in steps:
        reached = step.ends(reached, path)
        if not reached:
            return False
    return len(path) in reached


_NOT_SLASH = "/".__ne__
_KINDS = {
    "folders": _Step(lambda _: True, optional=True, repeats=True, folders=True),
    "anything": _Step(lambda _: True, optional=True, repeats=True),
    "within": _Step(_NOT_SLASH, optional=True, repeats=True),
    "one": _Step(_NOT_SLASH),
}
_FILTER_TOKEN = re.compile(
    r"(?:(?P<folders>(?:^|(?<=/))\*\*/(?![?+]))|(?P<anything>\*\*+)|(?P<within>\*)|\[(?P<set>[^]]+)\]"
    r"|\\(?P<escaped>.)|(?P<plain>.))(?P<quantifiers>[?+]*)",
    re.DOTALL,
)
_GIT_TOKEN = re.compile(
    r"(?P<folders>(?:^|(?<=/))\*\*/)|(?P<anything>(?<=/)\*\*\Z)|(?P<within>\*+)|(?P<one>\?)"
    r"|\[(?P<negated>[!^]?)(?P<set>\][^]\\]*|[^]\\]+)\]|\\(?P<escaped>.)|(?P<plain>.)",
    re.DOTALL,
)
_RANGE = re.compile(r"([a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9])|.", re.DOTALL)


def _step(token: re.Match[str]) -> _Step:
    found = token.groupdict()
    for kind, step in _KINDS.items():
        if found.get(kind):
            return step
    members = frozenset(_members(found["set"])) if found["set"] else found["escaped"] or found["plain"]
    if found.get("negated"):
        return _Step(lambda character: character not in members and character != "/")
    return _Step(members.__contains__)


def _members(inside: str) -> Iterator[str]:
    for item in _RANGE.finditer(inside):
        yield from map(chr, range(ord(item[0][0]), ord(item[0][-1]) + 1))


@lru_cache(maxsize=512)
def _path_filter(pattern: str) -> Sequence[_Step]:
    return [_quantified(_step(token), token["quantifiers"]) for token in _FILTER_TOKEN.finditer(pattern)]


def _quantified(step: _Step, quantifiers: str) -> _Step:
    return replace(step, optional=step.optional or "?" in quantifiers, repeats=step.repeats or "+" in quantifiers)


class Attributes(Struct, frozen=True):
    """A parsed `.gitattributes`. `rules` maps an attribute to patterns, each with True if the pattern sets it."""

    rules: Mapping[str, Sequence[tuple[Sequence[_Step], bool]]]

    def is_set(self, attribute: str, path: str) -> bool:
        """Return whether the last matching pattern sets the attribute."""
        rules = reversed(self.rules.get(attribute, ()))
        return next((is_set for steps, is_set in rules if _fits(steps, path)), False)


def attributes_of(gitattributes: str) -> Attributes:
    """Parse a `.gitattributes` without expanding macros."""
    rules: dict[str, list[tuple[Sequence[_Step], bool]]] = {}
    for line in gitattributes.splitlines():
        pattern, words = _split(line.strip(" \t"))
        # Unlike in .gitignore, a pattern for a folder does not match the files in the folder.
        if pattern.endswith("/") or pattern.startswith(("!", "#", "[attr]")):
            continue
        anchored = pattern.removeprefix("/") if "/" in pattern else f"**/{pattern}"
        steps = [_step(token) for token in _GIT_TOKEN.finditer(anchored)]
        for word in words:
            name, _, value = word.lstrip("-!").partition("=")
            rules.setdefault(name, []).append((steps, word[0] not in "-!" and value != "false"))
    return Attributes(rules)


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?=[ \t]|$)')


def _split(line: str) -> tuple[str, list[str]]:
    if quoted := _QUOTED.match(line):
        return unquote(quoted[0]), line[quoted.end() :].split()
    pattern, *words = line.split() or [""]
    return pattern, words
