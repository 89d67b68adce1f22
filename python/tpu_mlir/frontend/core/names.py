"""The names of Top values: `<tensor>_<kind>` for results, the constant's own name for weights, each of them once.

Names are the join key of every comparison, so they follow from the graph alone; where two would be alike, the network's
inputs keep theirs, then results in the order of the nodes, then what the importer makes on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .protocol import GraphNode


class Names:
    """Hands out each name once."""

    def __init__(self, taken: set[str] | None = None) -> None:
        self._taken = taken if taken is not None else set()
        self._last: dict[str, int] = {}  # per wanted name, the last number tried, so that many alike stay cheap

    def take(self, wanted: str) -> str:
        """`wanted`, or, where it is taken, `wanted_2`, `wanted_3`, ... whichever is free."""
        name = wanted
        while name in self._taken:
            self._last[wanted] = self._last.get(wanted, 1) + 1
            name = f"{wanted}_{self._last[wanted]}"
        self._taken.add(name)
        return name


def results(nodes: Iterable[GraphNode]) -> Iterator[tuple[GraphNode, str]]:
    """Every node with each of its results that has a name."""
    for node in nodes:
        for output in node.outputs:
            if output:
                yield node, output


def tensor_names(inputs: Iterable[str], nodes: Iterable[GraphNode], names: Names | None = None) -> dict[str, str]:
    """The Top name of every input and every node's result; `names` learns them."""
    names = names or Names()
    given = {name: names.take(name) for name in inputs}
    return given | {output: names.take(f"{output}_{node.kind}") for node, output in results(nodes)}


def joined_names(asked: Iterable[GraphNode], inputs: Iterable[str], imported: Sequence[GraphNode]) -> dict[str, str]:
    """The name of every tensor of the nodes `asked` in comparisons with what was made of `imported`, their simplified
    form. A tensor that is still there has the name that it has there, whichever operator makes it now."""
    names = Names()
    known = tensor_names(inputs, imported, names)
    return {
        tensor: known[tensor] if tensor in known else names.take(f"{tensor}_{node.kind}")
        for node, tensor in results(asked)
    }
