"""Nodes that cannot be imported: collected, and listed in the words of the user's file with advice where to cut it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Sequence

from ...errors import UserError
from ...names import list_text
from .protocol import Graph, GraphNode


class Refused(Exception):
    """A node cannot be imported; the text says why and what can be done."""


class Unknown(Exception):
    """Nothing can be said about a node, because it depends on one that was refused."""


class Refusals:
    """The nodes of one import that were refused."""

    def __init__(self, graph: Graph) -> None:
        self.results: set[str] = set()  # of the refused nodes
        self._graph = graph
        self._reasons: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._reasons)

    def add(self, node: GraphNode, reason: str) -> None:
        version = f", {self._graph.version}" if self._graph.version else ""
        own = users_node(node, self._graph.asked)
        self._reasons.append(f"node '{own.title}' ({own.kind}{version}): {reason}")
        self.results.update(filter(None, node.outputs))

    def error(self, is_computed: Callable[[str], bool]) -> UserError:
        """All of them, and what can be done about them together. is_computed: as in `where_to_cut`."""
        graph = self._graph
        count = f"{len(self._reasons)} of {len(graph.asked)} nodes" if len(self._reasons) > 1 else "1 node"
        do = where_to_cut(graph, self.results, is_computed)
        lines = [f"{self._reasons[0]}; {do}"] if len(self._reasons) == 1 else [*self._reasons, do]
        return UserError("\n  ".join([f"{count} of model '{graph.origin}' cannot be imported:", *lines]))


def constant_output(name: str, origin: str, others: Sequence[str]) -> UserError:
    """The error for an output that is a weight; others: the outputs that are not."""
    advice = f"; leave it out with --output_names {shlex.quote(list_text(others))}" if others else ""
    return UserError(f"output '{name}' of model '{origin}' is constant: it does not depend on any input{advice}")


def users_node(node: GraphNode, asked: Sequence[GraphNode]) -> GraphNode:
    """The node of the user's file that makes the same tensor, if there is one; else `node`, a simplifier's."""
    results = set(filter(None, node.outputs))
    return next((other for other in asked if results & set(other.outputs)), node)


def where_to_cut(graph: Graph, failed: Collection[str], is_computed: Callable[[str], bool]) -> str:
    """Advice: which tensors to give to --output_names so that everything that can be imported is.

    failed: the results of the nodes that could not be. is_computed: whether a tensor was imported as the result of a
    node, as a float.
    """
    lost = set(failed)
    for node in graph.nodes:
        if lost & set(node.inputs):
            lost.update(filter(None, node.outputs))
    producers = {name: node for node in graph.nodes for name in node.outputs if name}
    known = {name for node in graph.asked for name in node.outputs if name}
    wanted: dict[str, None] = {}

    def want(name: str) -> None:
        """`name`, or, where the user's file does not have it, what it is computed from."""
        if name not in producers or not is_computed(name):
            return
        if name in known:
            wanted.setdefault(name)
            return
        for before in producers[name].inputs:
            want(before)

    for node in graph.nodes:
        if lost & set(node.outputs):
            for name in node.inputs:
                if name not in lost:
                    want(name)
    before_it = bool(wanted)
    for output in graph.outputs:
        if output not in lost:
            want(output)
    if not wanted:
        return "no tensor is computed before, so there is nothing to cut; run it on the host, or export it otherwise"
    names = shlex.quote(list_text(list(wanted)))
    if before_it:
        return f"cut the network before with --output_names {names}"
    return f"nothing is computed before; the other outputs can be had with --output_names {names}"
