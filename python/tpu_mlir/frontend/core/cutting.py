"""Where the user wants a network to end: from names, as messages and files print them, to the framework's tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from ...errors import UserError, did_you_mean
from .protocol import GraphNode


def asked_outputs(
    wanted: Sequence[str],
    nodes: Sequence[GraphNode],
    others: Mapping[str, str],
    origin: str,
    is_kind: Callable[[str], bool] = lambda kind: False,
) -> list[str]:
    """The tensors that --output_names means: each by its own name or as `<tensor>_<kind>`.

    others: names that are no results, with what they are, such as 'an input'. is_kind: whether the framework has such
    an operator at all.
    """
    producers = {name: node for node in nodes for name in node.outputs if name}
    resolved: dict[str, None] = {}
    for name in wanted:
        tensor = _resolve(name, producers, is_kind)
        if tensor is None:
            if name in others:
                raise UserError(
                    f"--output_names: '{name}' is {others[name]} of model '{origin}'; name tensors that a node computes"
                )
            known = [*producers, *(f"{t}_{n.kind}" for t, n in producers.items())]
            raise UserError(f"--output_names: model '{origin}' has no tensor '{name}'{did_you_mean(name, known)}")
        resolved.setdefault(tensor)
    return list(resolved)


def _resolve(name: str, producers: Mapping[str, GraphNode], is_kind: Callable[[str], bool]) -> str | None:
    if name in producers:
        return name
    # Any operator may follow the name, not only the producer's own: simplification can fuse it into another kind
    # (a BatchNormalization becomes part of a Conv), and the user reads the name after that.
    stem, _, kind = name.rpartition("_")
    return stem if stem in producers and (kind == producers[stem].kind or is_kind(kind)) else None


def needed(nodes: Sequence[GraphNode], outputs: Iterable[str]) -> list[GraphNode]:
    """The nodes that `outputs` depend on, in their order."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted & set(node.outputs):
            kept.append(node)
            wanted.update(filter(None, node.inputs))
    return kept[::-1]
