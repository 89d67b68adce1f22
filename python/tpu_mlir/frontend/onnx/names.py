"""The names of Top values: `<onnx output>_<OpType>` for results, an ONNX name for weights, each of them once.

Names are the join key of every comparison, so they follow from the graph alone; where two would be alike, the network's
inputs keep theirs, then results in the order of the nodes, then what the importer makes on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


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


def results(graph: Any) -> Iterator[tuple[Any, str]]:
    """Every node with each of its results that has a name."""
    for node in graph.node:
        for output in node.output:
            if output:
                yield node, output


def tensor_names(graph: Any, names: Names | None = None) -> dict[str, str]:
    """The Top name of every input and every node's result of an ONNX graph; `names` learns them."""
    names = names or Names()
    weights = {w.name for w in graph.initializer}
    given = {i.name: names.take(i.name) for i in graph.input if i.name not in weights}
    return given | {output: names.take(f"{output}_{node.op_type}") for node, output in results(graph)}
