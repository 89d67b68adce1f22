"""Groups of layers for the report: the compiler's, where its file is given; else what the stream itself shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core import pymlir
from ..errors import UserError, require_file


def groups_of(profile: dict[str, Any], chosen: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """The groups of a profile in the order in which they start; `chosen` as `read_groups` gives it.

    Each has `layers` (indices), `slices` (text), `handed` (bytes that they compute and others read in local memory),
    `stored` (layers whose results also go to global memory) and `reason`: why its only layer is alone, or nothing.
    """
    layers = profile["layers"]
    tensors = {tensor["name"]: tensor for tensor in profile["tensors"]}
    found = _compilers(layers, chosen) if chosen else _connected(layers, profile["handovers"], tensors)
    group_of = {index: number for number, group in enumerate(found) for index in group["layers"]}
    for group in found:
        group["handed"] = 0
        names = {index: tensors.get(layers[index]["name"]) for index in group["layers"]}
        group["stored"] = [index for index, tensor in names.items() if tensor and tensor["global_pieces"]]
    for writer, _, count in profile["handovers"]:
        if writer in group_of:
            found[group_of[writer]]["handed"] += count
    return sorted(found, key=lambda group: min(float(layers[i]["start_cycle"]) for i in group["layers"]))


def read_groups(path: Path) -> list[dict[str, Any]]:
    """The list of a file that model_deploy.py --dump-groups wrote or --use-groups takes; the core's error otherwise."""
    return list(pymlir().read_groups(str(require_file(path, "--groups"))))


def _axis(item: tuple[str, int]) -> int:
    """The place of an axis in n, c, d, h, w."""
    return "ncdhw".find(item[0])


def require_own(profile: dict[str, Any], chosen: list[dict[str, Any]], groups: Path, model: Path) -> None:
    """UserError where a groups file names what the bmodel does not have: it belongs to another network."""
    known = {entry["name"] for entry in [*profile["layers"], *profile["tensors"]]}
    foreign = [name for group in chosen for name in group["ops"] if name not in known]
    if foreign:
        raise UserError(f"'{groups}' names '{foreign[0]}', which is no layer of '{model}'; it is of another network")


def _compilers(layers: list[dict[str, Any]], chosen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    number = {layer["name"]: index for index, layer in enumerate(layers) if _has_commands(layer)}
    groups = []
    for group in chosen:
        indices = [number[name] for name in group["ops"] if name in number]
        slices = group.get("slices", {})
        ways = [f"{count} in {axis}" for axis, count in sorted(slices.items(), key=_axis) if count > 1]
        if indices:
            groups.append(
                {"layers": indices, "slices": " by ".join(ways) or "1", "reason": group.get("alone", "")},
            )
    return groups


def _connected(
    layers: list[dict[str, Any]], handovers: list[list[int]], tensors: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """Layers that hand values to each other in local memory, however indirectly."""
    parent = list(range(len(layers)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for writer, reader, _ in handovers:
        parent[root(writer)] = root(reader)
    members: dict[int, list[int]] = {}
    for index, layer in enumerate(layers):
        if _has_commands(layer):
            members.setdefault(root(index), []).append(index)
    groups = []
    for indices in members.values():
        pieces = [tensors[layers[i]["name"]]["local_pieces"] for i in indices if layers[i]["name"] in tensors]
        reason = "" if len(indices) > 1 else _why_alone(layers[indices[0]])
        groups.append({"layers": indices, "slices": f"up to {max([1, *pieces])}", "reason": reason})
    return groups


def _has_commands(layer: dict[str, Any]) -> bool:
    return bool(layer["tiu_commands"] or layer["gdma_commands"])


def _why_alone(layer: dict[str, Any]) -> str:
    if not layer["tiu_commands"]:
        return "it only copies: from global memory to global memory"
    return "all that it reads is loaded and its result is stored: nothing is handed over in local memory"
