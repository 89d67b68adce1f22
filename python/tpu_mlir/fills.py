"""Values that a network fills borders with and then loses, so that they belong to no range and no comparison."""

from __future__ import annotations

from typing import Any


def lost_fills(module: Any) -> dict[str, float]:
    """The negative values of a Top module's constant pads that only maxima read, by the pads' names.

    A fill below every activation loses every maximum. Exporters write the lowest float, or minus infinity.
    """
    ops = module.ops
    readers: dict[str, set[str]] = {}
    for op in ops:
        for operand in op["operands"]:
            readers.setdefault(operand, set()).add(op["op"])
    outputs = set(module.output_names)
    fills = {}
    for op in ops:
        value = op["attributes"].get("val", 0.0)
        is_fill = op["op"] == "top.Pad" and op["attributes"].get("mode") == "constant" and value < 0
        if is_fill and op["name"] not in outputs and readers.get(op["name"]) == {"top.MaxPool"}:
            fills[op["name"]] = value
    return fills
