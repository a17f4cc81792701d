"""Two pattern languages for paths: GitHub's path filters, and the patterns of `.gitattributes`.

GitHub's filters are run as a small automaton over the path, one character after the other, so the time is the length
of the path times the length of the pattern, whatever both hold.
https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#filter-pattern-cheat-sheet
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_letters, digits

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from reviewbot.domain.diff.parse import unquote


def matches(patterns: Sequence[str], path: str) -> bool:
    """Whether a list of patterns selects a path, by the rules of `on.pull_request.paths`.

    The last pattern that matches decides; `!` in front takes away. No pattern selects everything, and a list that
    starts with `!` starts from everything (which GitHub does not offer, and everybody means).
    """
    selected = not patterns or patterns[0].startswith("!")
    for pattern in patterns:
        negative = pattern.startswith("!")
        if selected is negative and _compiled(pattern[negative:]).accepts(path):
            selected = not negative
    return selected


def names(patterns: Sequence[str], path: str) -> bool:
    """Whether a pattern that somebody wrote for such files selects the path; `*` and `**` are written for all files."""
    asked = [pattern for pattern in patterns if not pattern.startswith("!") and pattern.strip("*/")]
    return bool(asked) and matches(asked, path) and matches(patterns, path)


@dataclass(frozen=True, slots=True)
class _State:
    """One state of the automaton.

    Attributes:
        accepted: the characters that lead on, None for every character.
        refused: characters that do not lead on, for the states that take nearly everything.
        skips: how many states further one may be without reading anything.
        repeats: whether the state may read on and on.
    """

    accepted: frozenset[str] | None = None
    refused: frozenset[str] = frozenset()
    skips: tuple[int, ...] = ()
    repeats: bool = False

    def reads(self, character: str) -> bool:
        if self.accepted is None:
            return character not in self.refused
        return character in self.accepted


_NOTHING: frozenset[str] = frozenset()
_SLASH = frozenset("/")
_FORK = _State(accepted=_NOTHING, skips=(1, 3))
_ANYTHING = _State(skips=(1,), repeats=True)
_WITHIN_FOLDER = _State(refused=_SLASH, skips=(1,), repeats=True)


@dataclass(frozen=True, slots=True)
class _Automaton:
    states: tuple[_State, ...]

    def accepts(self, path: str) -> bool:
        current = self._closed({0})
        for character in path:
            current = self._closed(self._after(current, character))
            if not current:
                return False
        return len(self.states) in current

    def _after(self, current: Iterable[int], character: str) -> set[int]:
        reached: set[int] = set()
        for index in current:
            if index < len(self.states) and self.states[index].reads(character):
                reached.add(index + 1)
                if self.states[index].repeats:
                    reached.add(index)
        return reached

    def _closed(self, reached: set[int]) -> set[int]:
        waiting = list(reached)
        while waiting:
            index = waiting.pop()
            skips = self.states[index].skips if index < len(self.states) else ()
            for further in (index + skip for skip in skips):
                if further not in reached:
                    reached.add(further)
                    waiting.append(further)
        return reached


_TOKEN = re.compile(
    r"(?P<folders>(?:^|(?<=/))\*\*/)|(?P<anything>\*\*+)|(?P<within>\*)|(?P<quantifier>[?+])"
    r"|\[(?P<set>[^]]+)\]|\\(?P<escaped>.)|(?P<plain>.)",
    re.DOTALL,
)
_RANGE = re.compile(r"([a-z])-([a-z])|([A-Z])-([A-Z])|([0-9])-([0-9])|(.)", re.DOTALL)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> _Automaton:
    states: list[_State] = []
    for token in _TOKEN.finditer(pattern):
        if token.lastgroup == "quantifier" and states:
            states[-1] = _quantified(states[-1], token[0])
        else:
            states.extend(_states(token))
    return _Automaton(tuple(states))


def _states(token: re.Match[str]) -> tuple[_State, ...]:
    match token.lastgroup:
        case "folders":
            return (_FORK, _ANYTHING, _State(accepted=_SLASH))
        case "anything":
            return (_ANYTHING,)
        case "within":
            return (_WITHIN_FOLDER,)
        case "set":
            return (_State(accepted=frozenset(_members(token["set"]))),)
        case _:
            return (_State(accepted=frozenset(token["escaped"] or token[0])),)


def _quantified(state: _State, quantifier: str) -> _State:
    once_or_never = quantifier == "?"
    return _State(
        accepted=state.accepted,
        refused=state.refused,
        skips=(1,) if once_or_never else state.skips,
        repeats=state.repeats or not once_or_never,
    )


def _members(inside: str) -> Iterator[str]:
    order = ascii_letters + digits
    for item in _RANGE.finditer(inside):
        ends = [end for end in item.groups() if end is not None]
        if len(ends) == 1:
            yield ends[0]
        else:
            yield from order[order.index(ends[0]) : order.index(ends[1]) + 1]


_MOST_STEPS = 10_000_000


@dataclass(frozen=True, slots=True)
class _Rule:
    """One attribute of one line; `stars` and `double_stars` say how often its pattern may have to try anew."""

    pattern: re.Pattern[str]
    value: bool | None
    stars: int
    double_stars: int

    def covers(self, path: str) -> bool:
        # The author chooses the path: one that a pattern could take hours for is covered by none, so it is reviewed.
        folders = path.split("/")
        if max(map(len, folders)) ** self.stars * len(folders) ** self.double_stars > _MOST_STEPS:
            return False
        # In .gitattributes a pattern that names a folder says nothing of the files inside, unlike in .gitignore;
        # pathspec marks such a match by this group.
        found = self.pattern.search(path)
        return found is not None and found.groupdict().get("ps_d") is None


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a `.gitattributes` says of generated and vendored files."""

    generated_rules: tuple[_Rule, ...] = ()
    vendored_rules: tuple[_Rule, ...] = ()

    def generated(self, path: str) -> bool:
        """Whether `linguist-generated` is set for the path; the last line that speaks of it decides."""
        return _last(self.generated_rules, path)

    def vendored(self, path: str) -> bool:
        """Whether `linguist-vendored` is set for the path."""
        return _last(self.vendored_rules, path)


def _last(rules: tuple[_Rule, ...], path: str) -> bool:
    return bool(next((rule.value for rule in reversed(rules) if rule.covers(path)), None))


def attributes_of(gitattributes: str) -> Attributes:
    """The rules of a `.gitattributes`; comments, macros, negative patterns and lines that git ignores are ignored."""
    rules: dict[str, list[_Rule]] = {"linguist-generated": [], "linguist-vendored": []}
    for line in gitattributes.splitlines():
        pattern, words = _split(line.strip(" \t"))
        for word in words:
            name, value = _attribute(word)
            if name in rules and (compiled := _gitignore(pattern)):
                steps = pattern.split("/")
                stars = sum(len(re.findall(r"\*+", step)) for step in steps if step.strip("*"))
                rules[name].append(_Rule(compiled, value, stars, steps.count("**")))
    return Attributes(tuple(rules["linguist-generated"]), tuple(rules["linguist-vendored"]))


_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?=[ \t]|$)')


def _split(line: str) -> tuple[str, list[str]]:
    if line.startswith("[attr]"):
        return "", []
    if quoted := _QUOTED.match(line):
        return unquote(quoted[0]), line[quoted.end() :].split()
    pattern, *words = line.split() or [""]
    return pattern, words


def _attribute(word: str) -> tuple[str, bool | None]:
    """The attribute's name, and True for set, False for unset, None for unspecified."""
    if word.startswith(("-", "!")):
        return word[1:], False if word[0] == "-" else None
    name, _, value = word.partition("=")
    return name, value != "false"


def _gitignore(pattern: str) -> re.Pattern[str] | None:
    if pattern.startswith(("!", "#")):
        return None
    try:
        return GitIgnoreSpecPattern(pattern).regex
    except GitIgnorePatternError:
        return None
