"""The cost of a query: GitHub counts the nodes that it could return, and refuses more than 500,000."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

from reviewbot_sandbox.github.model.refusal import Refusal

NODE_LIMIT = 500_000


@dataclass(frozen=True, slots=True)
class _Counter:
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, object]

    def of(self, selections: SelectionSetNode | None, times: int) -> int:
        return sum(self._one(part, times) for part in (selections.selections if selections else ()))

    def _one(self, part: SelectionNode, times: int) -> int:
        match part:
            case FieldNode():
                size = self._size(part)
                return (0 if size is None else times * size) + self.of(part.selection_set, times * (size or 1))
            case FragmentSpreadNode():
                return self.of(self.fragments[part.name.value].selection_set, times)
            case InlineFragmentNode():
                return self.of(part.selection_set, times)
            case _:
                raise TypeError(part)

    def _size(self, node: FieldNode) -> int | None:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last"):
                value = argument.value
                if isinstance(value, IntValueNode):
                    return int(value.value)
                given = self.variables.get(value.name.value) if isinstance(value, VariableNode) else None
                if isinstance(given, int):
                    return given
        return None


def check_cost(document: DocumentNode, variables: Mapping[str, object]) -> None:
    """Refuse a parsed and valid query that could return more nodes than GitHub allows."""
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    counter = _Counter(fragments, variables)
    operations = [part for part in document.definitions if isinstance(part, OperationDefinitionNode)]
    nodes = sum(counter.of(operation.selection_set, 1) for operation in operations)
    if nodes > NODE_LIMIT:
        count = f"This query requests up to {nodes:,} possible nodes"
        text = f"{count} which exceeds the maximum limit of {NODE_LIMIT:,}."
        raise Refusal(200, text, kind="MAX_NODE_LIMIT_EXCEEDED")
