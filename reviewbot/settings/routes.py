"""Read the rules of `routes` from the config file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from reviewbot.domain.model.options import FailOn, ReviewOn, RoutedReviewer
from reviewbot.domain.model.review import Mode
from reviewbot.domain.policy.routes import Route, shadowed
from reviewbot.errors import did_you_mean
from reviewbot.settings import readers
from reviewbot.settings.readers import NotAllowed, Reader, default_text
from reviewbot.values import replace

MOST_ROUTES = 50
MOST_LINES = 10**9

CONDITIONS: Mapping[str, Reader[Any]] = {
    "paths": readers.PATH_PATTERNS,
    "only-paths": readers.PATH_PATTERNS,
    "labels": readers.LINES,
    "base": readers.PATTERNS,
    "author": readers.RULE_AUTHOR,
    "min-lines": readers.whole_number(1, MOST_LINES),
    "max-lines": readers.whole_number(1, MOST_LINES),
    "draft": readers.BOOLEAN,
    "trust-author": readers.BOOLEAN,
}
CHANGES: Mapping[str, Reader[Any]] = {
    "reviewer": readers.one_of(RoutedReviewer),
    "mode": readers.one_of(Mode),
    "expertise": readers.TEXT,
    "max-credits": readers.number_or_auto(60, 115_200),
    "fail-on": readers.one_of(FailOn),
    "review-on": readers.one_of(ReviewOn),
    "instructions": readers.TEXT,
}
ROUTE_KEYS: Mapping[str, Reader[Any]] = {"name": readers.RULE_NAME, **CONDITIONS, **CHANGES}


def _routes(value: object) -> tuple[Route, ...]:
    if not isinstance(value, list):
        raise NotAllowed
    problems = [(*one, number) for number, item in enumerate(value, 1) for one in _problems(number, item)]
    problems += _repeated(value)
    if len(value) > MOST_ROUTES:
        problems.append((f"the list has {len(value)} rules", f"up to {MOST_ROUTES}", 0))
    if problems:
        raise NotAllowed(*problems)
    return tuple(
        Route(**{key.replace("-", "_"): ROUTE_KEYS[key].read(text) for key, text in item.items()}) for item in value
    )


def _problems(number: int, item: object) -> Iterator[tuple[str, str]]:
    if not isinstance(item, dict) or not all(isinstance(key, str) for key in item):
        yield f"rule {number} is not a mapping", "a `name`, conditions and settings"
        return
    for key, value in item.items():
        where = f"rule {number}, `{key[:60]}`"
        reader = ROUTE_KEYS.get(key)
        if reader is None:
            near = did_you_mean(key[:60], ROUTE_KEYS)
            yield f"{where}: unknown key{near}", "" if near else ", ".join(f"`{name}`" for name in ROUTE_KEYS)
            continue
        yield from ((f"{where}: {what}", allowed) for what, allowed, _ in reader.reasons(value))
    if "name" not in item:
        yield f"rule {number} has no `name`", readers.RULE_NAME.allowed
    if item.keys() <= ROUTE_KEYS.keys() - CHANGES.keys():
        yield (
            f"rule {number} contains no setting to change",
            f"at least one of {', '.join(f'`{name}`' for name in CHANGES)}",
        )


def _repeated(value: list[object]) -> Iterator[tuple[str, str, int]]:
    names = [item.get("name") if isinstance(item, dict) else None for item in value]
    for number, name in enumerate(names, 1):
        if isinstance(name, str) and name in names[: number - 1]:
            yield f"rule {number}, `name`: `{name[:60]}` is also the name of rule {names.index(name) + 1}", "", number


ROUTES = Reader("a list of rules", _routes)


def conditions_of(route: Route) -> str:
    """Return a rule's conditions as in the config file, or an empty string if there are none."""
    return _written(route, CONDITIONS)


def changes_of(route: Route) -> str:
    """Return a rule's settings as in the config file. `…` replaces instructions, because they may be long."""
    return _written(replace(route, instructions="…" if route.instructions else ""), CHANGES)


def _written(route: Route, keys: Iterable[str]) -> str:
    values = {key: getattr(route, key.replace("-", "_")) for key in keys}
    return ", ".join(
        f"`{key}: {default_text(value)}`"
        for key, value in values.items()
        if value not in (None, "", ()) and (key, value) != ("trust-author", False)
    )


def without_effect(routes: Sequence[Route]) -> Mapping[int, str]:
    """Return the reason for each rule without effect, by the rule's index, starting at 0."""
    return {
        at: f"it has no effect, because rule {earlier + 1} (`{routes[earlier].name}`) always matches first"
        for at, earlier in shadowed(routes)
    }
