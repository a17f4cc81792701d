"""The cost of a query: GitHub counts the nodes that it could return, and refuses more than 500,000."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    OperationDefinitionNode,
    VariableNode,
)

from reviewbot_sandbox.github.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, InlineFragmentNode, SelectionNode, SelectionSetNode

NODE_LIMIT = 500_000
_REQUESTS_A_POINT = 100


@dataclass(frozen=True, slots=True)
class Cost:
    """The possible nodes of a query, and the connections that it would have to read."""

    nodes: int = 0
    reads: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.nodes + other.nodes, self.reads + other.reads)

    @property
    def points(self) -> int:
        """The points that the query costs."""
        return max(1, round(self.reads / _REQUESTS_A_POINT))


@dataclass(frozen=True, slots=True)
class _Counter:
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, object]

    def of(self, selections: SelectionSetNode | None, times: int) -> Cost:
        parts = selections.selections if selections else ()
        return sum((self._one(part, times) for part in parts), Cost())

    def _one(self, part: SelectionNode, times: int) -> Cost:
        if isinstance(part, FieldNode):
            size = self._size(part)
            inside = self.of(part.selection_set, times * (size or 1))
            return inside if size is None else inside + Cost(times * size, times)
        if isinstance(part, FragmentSpreadNode):
            fragment = self.fragments.get(part.name.value)
            return self.of(fragment.selection_set, times) if fragment else Cost()
        return self._inline(part, times)

    def _inline(self, part: SelectionNode, times: int) -> Cost:
        fragment: InlineFragmentNode = part  # type: ignore[assignment] # the third and last kind of selection
        return self.of(fragment.selection_set, times)

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


def cost_of(document: DocumentNode, variables: Mapping[str, object]) -> Cost:
    """Compute the cost of a parsed query; refuse one that could return more nodes than GitHub allows."""
    fragments = {part.name.value: part for part in document.definitions if isinstance(part, FragmentDefinitionNode)}
    counter = _Counter(fragments, variables)
    operations = [part for part in document.definitions if isinstance(part, OperationDefinitionNode)]
    cost = sum((counter.of(operation.selection_set, 1) for operation in operations), Cost())
    if cost.nodes > NODE_LIMIT:
        count = f"This query requests up to {cost.nodes:,} possible nodes"
        text = f"{count} which exceeds the maximum limit of {NODE_LIMIT:,}."
        raise Refusal(200, text, kind="MAX_NODE_LIMIT_EXCEEDED")
    return cost
