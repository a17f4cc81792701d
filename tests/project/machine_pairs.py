"""Reads from the code which results each phase can get, and which results `learn` handles."""

from __future__ import annotations

import ast
import types
import typing
from collections.abc import Mapping
from itertools import product

from reviewbot.app import perform
from reviewbot.app.questions import ask
from reviewbot.domain.machine import learn
from reviewbot.domain.machine.steps import Failed
from reviewbot.domain.questions import machine, phases
from tests.project.machine_diagram import QUESTION_PHASES, Edges, called, cases, name_of, named, steps_of

Pairs = frozenset[tuple[str, str]]
"""Names of a phase and of a result."""


def possible_in_reviews() -> Pairs:
    """Return the pairs that can occur in a review, without `Failed`, which mypy checks."""
    return _joined(steps_of(), _results_of(perform, "perform"))


def possible_in_questions() -> Pairs:
    """Return the pairs that can occur in a question."""
    kinds = {one.__name__ for one in typing.get_args(phases.Step)}
    names = {one.__name__: "recording" in typing.get_type_hints(one) for one in QUESTION_PHASES}
    recording = {one.__name__ for one in typing.get_args(typing.get_type_hints(phases.Recording)["step"])}
    asked = {
        name: frozenset(recording if names[name] else called(case, kinds))
        for case in cases(machine, "decide")
        for name in named(case.pattern, names)
    }
    results = {**_results_of(perform, "perform"), **_results_of(ask, "_perform")}
    return _joined(asked, {step: one | {Failed.__name__} for step, one in results.items()})


def _joined(asked: Edges, results: Edges) -> Pairs:
    return frozenset((phase, one) for phase, kinds in asked.items() for kind in kinds for one in results[kind])


# What can a step return?


def _results_of(module: types.ModuleType, table: str) -> Edges:
    """Return the results of each step, from the return annotations of the functions that the table calls."""
    scope = {**vars(module), **typing.get_type_hints(getattr(module, table))}
    found: dict[str, frozenset[str]] = {}
    for case in cases(module, table):
        classes = [one.cls for one in ast.walk(case.pattern) if isinstance(one, ast.MatchClass)]
        found.update({name_of(one): _result_of(case, scope) for one in classes})
    return found


def _result_of(case: ast.match_case, scope: Mapping[str, object]) -> frozenset[str]:
    *before, last = case.body
    assert isinstance(last, ast.Return), "a step ends with its result"
    for line in before:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            scope = {**scope, line.targets[0].id: _type_of(line.value, scope)}
    got = _type_of(last.value, scope)
    return frozenset(one.__name__ for one in typing.get_args(got) or (got,))


def _type_of(node: ast.expr | None, scope: Mapping[str, object]) -> typing.Any:  # noqa: ANN401 — a type or a union
    assert isinstance(node, ast.Call), "a result comes from a function or a class"
    if name_of(node.func) == "replace":
        return _value_of(node.args[0], scope)
    function: typing.Any = _value_of(node.func, scope)
    return function if isinstance(function, type) else typing.get_type_hints(function)["return"]


def _value_of(node: ast.expr, scope: Mapping[str, object]) -> object:
    """Return what a dotted name stands for. A parameter, a variable and a field stand for their types."""
    if isinstance(node, ast.Name):
        return scope[node.id]
    assert isinstance(node, ast.Attribute)
    owner = _value_of(node.value, scope)
    fields = typing.get_type_hints(owner) if isinstance(owner, type) else {}
    return fields[node.attr] if node.attr in fields else getattr(owner, node.attr)


# What does `learn` handle?


def handled_in_reviews() -> Pairs:
    """Return the pairs that `learn` handles in a review, without `Failed`."""
    return _handled(learn, "_after_success")


def handled_in_questions() -> Pairs:
    """Return the pairs that `learn` handles in a question."""
    return _handled(machine, "learn")


def _handled(module: types.ModuleType, function: str) -> Pairs:
    """Return the pairs whose case matches all instances, so it has no guard and no pattern for a field."""
    return frozenset(pair for case in cases(module, function) if not case.guard for pair in _pairs(case.pattern))


def _pairs(pattern: ast.pattern) -> set[tuple[str, str]]:
    match pattern:
        case ast.MatchOr(patterns=patterns):
            return {pair for one in patterns for pair in _pairs(one)}
        case ast.MatchSequence(patterns=[phase, result]):
            return set(product(_whole(phase), _whole(result)))
        case _:
            return set()


def _whole(pattern: ast.pattern) -> set[str]:
    """Return the classes of which a pattern matches all instances."""
    match pattern:
        case ast.MatchOr(patterns=patterns):
            return {name for one in patterns for name in _whole(one)}
        case ast.MatchClass(cls=cls, patterns=[], kwd_patterns=fields) if all(map(_matches_all, fields)):
            return {name_of(cls)}
        case _:
            return set()


def _matches_all(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None
