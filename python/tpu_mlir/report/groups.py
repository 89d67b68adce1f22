"""Groups of layers: those that hand values to each other in local memory, as the stream itself shows."""

from __future__ import annotations

from typing import Any


def groups_of(profile: dict[str, Any], reasons: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The groups of a profile in the order in which they start.

    Each has `layers` (indices), `slices` (the most parts that one of its results is made in), `handed` (bytes that stay
    on the chip), `stored` (layers whose results also go to global memory) and `reasons`: sentences that tell why a layer
    is alone, from `reasons` (by layer) where there are any.
    """
    layers = profile["layers"]
    parent = list(range(len(layers)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for writer, reader, _ in profile["handovers"]:
        parent[root(writer)] = root(reader)
    members: dict[int, list[int]] = {}
    for index, layer in enumerate(layers):
        if layer["tiu_commands"] or layer["gdma_commands"]:
            members.setdefault(root(index), []).append(index)
    handed: dict[int, int] = {}
    for writer, _, count in profile["handovers"]:
        handed[root(writer)] = handed.get(root(writer), 0) + count
    tensors = {tensor["name"]: tensor for tensor in profile["tensors"]}
    groups = []
    for key, indices in members.items():
        named = {i: tensors.get(layers[i]["name"]) for i in indices}
        groups.append(
            {
                "layers": indices,
                "slices": max([1, *(tensor["local_pieces"] for tensor in named.values() if tensor)]),
                "handed": handed.get(key, 0),
                "stored": [i for i, tensor in named.items() if tensor and tensor["global_pieces"]],
                "reasons": _reasons(layers, indices, reasons or {}),
            }
        )
    return sorted(groups, key=lambda group: min(float(layers[i]["start_cycle"]) for i in group["layers"]))


def _reasons(layers: list[dict[str, Any]], indices: list[int], reasons: dict[str, str]) -> list[str]:
    found = [f"{layers[i]['name']}: {reasons[layers[i]['name']]}" for i in indices if layers[i]["name"] in reasons]
    if found or len(indices) > 1:
        return found
    layer = layers[indices[0]]
    if not layer["tiu_commands"]:
        return ["it only copies: its values go from global memory to global memory"]
    return ["nothing is handed to it or by it in local memory: operands are loaded, and its result is stored"]
