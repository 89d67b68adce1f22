"""What to tell about nodes that cannot be imported: in the words of the user's file, and where it can be cut."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection
from typing import Any

HINTS = {
    "Softmax": "the host usually computes it",
    "NonMaxSuppression": "the host usually computes it",
    "ConvTranspose": "replace it by Resize and Conv",
}


def unsupported(op_type: str) -> str:
    """The reason for an operator without an importer."""
    hint = HINTS.get(op_type)
    return f"operator {op_type} is not supported" + (f" ({hint})" if hint else "")


def title(node: Any, asked: Any) -> str:
    """How messages name a node: as the user's file names the node that makes the same tensor, if there is one.

    asked: the user's graph, before any simplification.
    """
    results = set(filter(None, node.output))
    for other in asked.node:
        if results & set(other.output):
            node = other
            break
    return f"node '{node.name or next(filter(None, node.output), '')}' ({node.op_type}, "


def cut(graph: Any, asked: Any, failed: Collection[str], is_computed: Callable[[str], bool]) -> str:
    """Advice: which tensors to give to --output_names so that everything that can be imported is.

    graph: what was imported, with `failed`, the results of the nodes that could not be. asked: the user's graph.
    is_computed: whether a tensor was imported as the result of a node, as a float.
    """
    lost = set(failed)
    for node in graph.node:
        if lost & set(node.input):
            lost.update(filter(None, node.output))
    producers = {name: node for node in graph.node for name in node.output if name}
    known = {name for node in asked.node for name in node.output if name}
    wanted: dict[str, None] = {}

    def want(name: str) -> None:
        """`name`, or, where the user's file does not have it or a list cannot hold it, what it is computed from."""
        if name not in producers or not is_computed(name):
            return
        if name in known and "," not in name:
            wanted.setdefault(name)
            return
        for before in producers[name].input:
            want(before)

    for node in graph.node:
        if lost & set(node.output):
            for name in node.input:
                if name not in lost:
                    want(name)
    before_it = bool(wanted)
    for output in graph.output:
        if output.name not in lost:
            want(output.name)
    if not wanted:
        return "no tensor is computed before, so there is nothing to cut; run it on the host, or export it otherwise"
    names = shlex.quote(",".join(wanted))
    if before_it:
        return f"cut the network before with --output_names {names}"
    return f"nothing is computed before; the other outputs can be had with --output_names {names}"
