"""Find the functions that decide the reason of a run, by reading the source.

A function decides if it names a reason or an error class under a condition. If it names one unconditionally, its
callers decide.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from reviewbot.errors import Reason

MOST = 8
"""The maximum number of functions in a row. For a more frequent error, the row names its class."""
PACKAGE = "reviewbot"
INTERIM = {
    "reviewbot.app.github.record": "shows the state while the run continues",
    "reviewbot.domain.machine.decide": "as above",
    "reviewbot.domain.machine.acquire._defer_for_older": "as above",
    "reviewbot.app.github.older_checks": "completes the checks of other heads",
    "reviewbot.domain.machine.decisions.outcome.for_check": "changes only what the check run shows",
}
"""Modules and functions that use outcomes other than the run's own, and why."""

Name = tuple[str, str]
"""A module, e.g., `reviewbot.errors`, and the name of a function or class in it."""
KNOWN, DECISIONS = "reviewbot.domain.machine.known", "reviewbot.domain.machine.decisions"
ADDED: Mapping[Reason, tuple[str, tuple[Name, ...]]] = {
    Reason.PARTIAL: ("causes", ((KNOWN, "why_partial"),)),
    Reason.MEMORY: ("causes", ((f"{DECISIONS}.outcome", "why_incomplete"), (KNOWN, "may_lack_history"))),
    Reason.NOT_REQUESTED: (
        "causes",
        (
            ("reviewbot.domain.machine.acquire", "_why_unwanted"),
            ("reviewbot.domain.machine.acquire", "after_reread"),
        ),
    ),
    Reason.SUPERSEDED: (
        "on an older check run",
        ((f"{DECISIONS}.older_heads", "outlives"), ("reviewbot.app.github.older_checks", "close_older_checks")),
    ),
}
"""Functions that are added to a row, and for what."""


class Function(Struct, frozen=True):
    """A function or method, what it uses, and whether it always uses all of it."""

    place: Name
    reasons: frozenset[str]
    uses: frozenset[Name]
    is_unconditional: bool


def table(program: Path) -> str:
    """Return a Markdown table of the reasons with the functions that decide them, or with the class of an error."""
    functions = [one for path in sorted(program.rglob("*.py")) for one in _functions(path, program)]
    errors = _errors(program / "errors.py")
    rows = ["| reason | decided by |", "|---|---|"]
    for reason in Reason:
        raised = {(f"{PACKAGE}.errors", name) for name, found in errors.items() if found == reason.name}
        # A function that always uses another reason replaces this one.
        others = [one for one in functions if not one.is_unconditional or one.reasons <= {reason.name}]
        named = _deciders(others, [one for one in functions if reason.name in one.reasons])
        raising = _deciders(others, [one for one in functions if one.uses & raised])
        places = [*named, *(raising if 0 < len(raising) <= MOST else sorted(raised))]
        what, added = ADDED.get(reason, ("", ()))
        if unknown := set(added) - {one.place for one in functions}:
            raise LookupError(f"no such function: {unknown}")
        if places:
            rows.append(f"| `{reason}` | {f'{what}: {_said([*added])}; ' if added else ''}{_said(places)} |")
    return "\n".join(rows)


def _said(places: list[Name]) -> str:
    """Return the names by file: "`judge` and `carried` in `domain/policy/verdict.py`"."""
    by_module: dict[str, list[str]] = {}
    for module, name in places:
        by_module.setdefault(module, []).append(f"`{name}`")
    files = {module: f"`{module.replace('.', '/')}.py`" for module in by_module}
    return "; ".join(f"{', '.join(dict.fromkeys(names))} in {files[module]}" for module, names in by_module.items())


def _deciders(functions: list[Function], left: list[Function]) -> list[Name]:
    found: list[Name] = []
    seen: set[Name] = set()
    while left:
        one = left.pop(0)
        if one.place in seen:
            continue
        seen.add(one.place)
        callers = [other for other in functions if one.place in other.uses]
        if one.is_unconditional and callers:
            left = [*(other for other in callers if not _is_interim(other)), *left]
        else:
            found.append(one.place)
    return found


def _is_interim(function: Function) -> bool:
    module, name = function.place
    return not INTERIM.keys().isdisjoint((module, f"{module}.{name}"))


def _functions(path: Path, program: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    module = ".".join((PACKAGE, *path.relative_to(program).with_suffix("").parts))
    names = {node.name: (module, node.name) for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {one.asname or one.name: (node.module, one.name) for one in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            body = [one for part in (*defaults, *node.body) for one in _evaluated(part)]
            yield Function(
                (module, node.name),
                frozenset(_reasons(body)),
                frozenset(_called(body, names)),
                not any(isinstance(one, ast.If | ast.Match | ast.Try | ast.For | ast.While) for one in body)
                and not any(isinstance(one, ast.IfExp) and _chooses(one) for one in body),
            )


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a part of the source, without what it only compares or catches."""
    match node:
        case ast.Compare() | ast.MatchValue():
            return
        case ast.ExceptHandler():
            children: Iterator[ast.AST] = iter(node.body)
        case _:
            children = ast.iter_child_nodes(node)
    yield node
    for child in children:
        yield from _evaluated(child)


def _chooses(node: ast.IfExp) -> bool:
    found = [one for part in (node.body, node.orelse) for one in ast.walk(part)]
    return any(_reasons(found)) or any(isinstance(one, ast.Call) for one in found)


def _reasons(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Attribute(ast.Name("Reason"), name):
                yield name


def _called(body: list[ast.AST], names: dict[str, Name]) -> Iterator[Name]:
    for node in body:
        match node:
            case ast.Call(ast.Name(name)) if name in names:
                yield names[name]
            case ast.Call(ast.Attribute(ast.Name(owner), name)) if owner in names:
                module, member = names[owner]
                yield f"{module}.{member}", name


def _errors(path: Path) -> dict[str, str]:
    """Return the reason of each error class. A subclass without its own reason has that of its base."""
    found: dict[str, str] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name != Reason.__name__:
            own = _reasons(ast.walk(node))
            inherited = [found[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in found]
            found[node.name] = next(iter([*own, *inherited]), "")
    return found
