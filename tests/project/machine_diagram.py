"""Draws the phases of a run from the code. `python -m tests.project.machine_diagram` prints docs/design.md's part."""

from __future__ import annotations

import ast
import inspect
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise

from reviewbot.domain.events import closed, command, comments, merge_group
from reviewbot.domain.events.steps import Fail
from reviewbot.domain.machine import acquire, buy, decide, due, finish, learn, phases, steps
from reviewbot.domain.questions import phases as question_phases

PHASES = {phase.__name__: phase for phase in typing.get_args(phases.Phase)}
QUESTION_PHASES: tuple[type, ...] = typing.get_args(question_phases.Phase)
OTHER_PHASES: Mapping[str, tuple[type, ...]] = {
    "question": QUESTION_PHASES,
    "commands": typing.get_args(comments.Phase),
    "command": typing.get_args(command.Phase),
    "closed pull request": typing.get_args(closed.Phase),
    "merge group": typing.get_args(merge_group.Phase),
}
OTHER_STEPS = question_phases.Step | comments.Step | command.Step | closed.Step | merge_group.Step | Fail
ALL_STEPS: tuple[type, ...] = tuple(
    dict.fromkeys((*typing.get_args(steps.Step), *typing.get_args(OTHER_STEPS), steps.Finish))
)
MODULES = {"due": due, "acquire": acquire, "buy": buy, "finish": finish}
"""The modules with the functions that `learn` calls."""
STEPS = {step.__name__ for step in typing.get_args(steps.Step)}
END = ("Judged", "Publishing", "Published")
"""The phase that every phase can lead to when the outcome is known; drawn once."""

USUAL = (
    *("Due", "Ready", "Pricing", "Priced", "Quoted", "Intended", "Submitted", "Waiting", "Completed"),
    *("Judged", "Publishing", "Published", "Ended"),
)
"""The phases of a run that buys a review and waits for it."""

Edges = Mapping[str, frozenset[str]]


def steps_of() -> Edges:
    """Return the steps that each phase requests, from the `match` of `decide`."""
    found: dict[str, set[str]] = {}
    helpers = {one.name: called(one, STEPS) for one in _functions(decide)}
    for case in cases(decide, "decide"):
        for name in named(case.pattern, PHASES):
            found.setdefault(name, set()).update(called(case, STEPS))
            for helper in called(case, helpers):
                found[name].update(helpers[helper])
    for name, kind in _fields():
        found[name].update(one.__name__ for one in typing.get_args(kind))
    return {name: frozenset(one) for name, one in found.items()}


def _fields() -> Iterable[tuple[str, object]]:
    """Return the phases that name their steps in the field `left`, each with the union of these steps."""
    for name, phase in PHASES.items():
        left = typing.get_type_hints(phase).get("left")
        [kind, *_] = typing.get_args(left) or [None]
        if typing.get_origin(kind) is type:
            yield name, typing.get_args(kind)[0]


def next_of() -> Edges:
    """Return the phases that can follow each phase, from the tables of `learn` and the functions that they call."""
    found: dict[str, set[str]] = {name: set() for name in PHASES}
    for case in (*cases(learn, "_after_success"), *cases(learn, "_after_failure")):
        after: set[str] = set()
        for node in (one for line in case.body for one in ast.walk(line) if isinstance(one, ast.Call)):
            match node.func:
                case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES:
                    after |= _returned(getattr(MODULES[module], name))
                case ast.Attribute(value=ast.Name(id="phases"), attr=name):
                    after.add(name)
                case _:
                    pass
        for name in named(case.pattern, PHASES):
            found[name] |= after
    return {name: frozenset(one) for name, one in found.items()}


def cases(module: types.ModuleType, name: str) -> Iterable[ast.match_case]:
    """Return the cases of the only `match` in a function."""
    [function] = [one for one in _functions(module) if one.name == name]
    [match] = [one for one in ast.walk(function) if isinstance(one, ast.Match)]
    return match.cases


def _functions(module: types.ModuleType) -> list[ast.FunctionDef]:
    return [one for one in ast.parse(inspect.getsource(module)).body if isinstance(one, ast.FunctionDef)]


def named(pattern: ast.AST, names: Iterable[str]) -> set[str]:
    """Return those of some classes that a pattern names."""
    return {name_of(one.cls) for one in ast.walk(pattern) if isinstance(one, ast.MatchClass)} & set(names)


def called(node: ast.AST, names: Iterable[str]) -> set[str]:
    """Return those of some functions and classes that the code calls."""
    return {name_of(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)} & set(names)


def name_of(node: ast.expr) -> str:
    """Return the name without the module, or an empty string for another expression."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _returned(function: object) -> set[str]:
    annotation = typing.get_type_hints(function)["return"]
    return {one.__name__ for one in typing.get_args(annotation) or (annotation,)}


def reduced(edges: Edges) -> Edges:
    """Remove edges that a longer path implies, and edges to the end of a run."""
    order = list(PHASES)

    def is_drawn(name: str, after: str) -> bool:
        return order.index(after) > order.index(name) and (after not in END or name in {*END, "Completed"})

    ahead = {name: {one for one in after if is_drawn(name, one)} for name, after in edges.items()}

    @cache  # the number of paths doubles with each phase
    def reach(name: str) -> frozenset[str]:
        return frozenset(far for one in ahead[name] for far in (one, *reach(one)))

    longer = {name: {far for one in after for far in reach(one)} for name, after in ahead.items()}
    return {name: frozenset(after - longer[name]) for name, after in ahead.items()}


def diagram() -> str:
    """Return the diagram as Mermaid, which GitHub renders, with thick arrows for the usual path."""
    lines, usual = ["```mermaid", "flowchart TD"], set(pairwise(USUAL))
    drawn = {(name, one) for name, after in reduced(next_of()).items() for one in after} | usual
    for name in PHASES:
        lines += [
            f"  {name} {'==>' if (name, one) in usual else '-->'} {one}" for one in PHASES if (name, one) in drawn
        ]
    return "\n".join([*lines, "```"])


def table() -> str:
    """Return each phase with its meaning and its step, and the meaning of each step."""
    asked = steps_of()
    lines = ["| phase | what is known | step |", "|---|---|---|"]
    for name, phase in PHASES.items():
        lines.append(f"| `{name}` | {meaning(phase)} | {', '.join(f'`{one}`' for one in sorted(asked[name]))} |")
    lines += ["", "| step | what it does |", "|---|---|"]
    lines += [f"| `{one.__name__}` | {meaning(one)} |" for one in ALL_STEPS]
    for what, kinds in OTHER_PHASES.items():
        lines += ["", f"| phase of {what} | what is known |", "|---|---|"]
        lines += [f"| `{one.__name__}` | {meaning(one)} |" for one in kinds]
    return "\n".join(lines)


def meaning(kind: type) -> str:
    """Return the first line of the docstring of a phase or step, or nothing if it inherits the docstring."""
    return inspect.cleandoc(vars(kind).get("__doc__") or "").partition("\n")[0]


if __name__ == "__main__":
    sys.stdout.write(f"{diagram()}\n\n{table()}\n")
