"""Import of comparisons and of choices between tensors.

What only chooses between floats stays on the chip, where truth values are the numbers 1 and 0; everything else has its
own types.
"""

from __future__ import annotations

from typing import Any

from ..core.node import ANY_TYPE
from .registry import Node, onnx_op

_MODES = {
    "Equal": "Equal",
    "Less": "Less",
    "LessOrEqual": "LessOrEqual",
    "Greater": "Greater",
    "GreaterOrEqual": "GreaterOrEqual",
}
_TURNED = {
    "Greater": "Less",
    "GreaterOrEqual": "LessOrEqual",
    "Less": "Greater",
    "LessOrEqual": "GreaterOrEqual",
}
_LOGIC = ("And", "Or", "Xor")


@onnx_op(*_MODES, types=ANY_TYPE)
def compare(node: Node) -> None:
    """A comparison of two tensors of one type; either may be constant."""
    if not (_is_float(node, 0) and _is_float(node, 1) and _only_chooses(node)):
        node.result(node.emit("Compare", [node.value(0), node.value(1)], {"mode": _MODES[node.kind]}, type="bool"))
        return
    mode = _MODES[node.kind]
    for constant, other in ((1, 0), (0, 1)):
        number = _number(node, constant, other)
        if number is not None:
            mode = mode if constant == 1 else _TURNED.get(mode, mode)
            node.result(node.emit("CompareConst", [node.value(other)], {"mode": mode, "const_val": number}))
            return
    node.result(node.emit("Compare", [node.value(0), node.value(1)], {"mode": mode}))


@onnx_op(*_LOGIC, types=ANY_TYPE)
def logic(node: Node) -> None:
    """Truth values joined, of comparisons of floats."""
    _require_numbers(node, range(2))
    _truth(node, "Compare", [node.value(0), node.value(1)], {"mode": node.kind})


@onnx_op("Not", types=ANY_TYPE)
def not_(node: Node) -> None:
    """The other truth value, of a comparison of floats."""
    _require_numbers(node, range(1))
    _truth(node, "CompareConst", [node.value(0)], {"mode": "Equal", "const_val": 0.0})


@onnx_op("Where", types=ANY_TYPE)
def where(node: Node) -> None:
    """A choice between two tensors of one type, element by element, by a tensor of booleans; each may be constant."""
    condition = node.value(0)
    if node.type_of_value(condition) != "float32" and not (node.const(0) is not None and _is_float(node, 1)):
        values = [condition, node.value(1), node.value(2)]
        node.result(node.emit("Where", values, type=node.type_of_value(values[1])))
        return
    if node.const(0) is not None:
        condition = node.weight(node.const(0).astype("float32"), node.inputs[0], "number")
    rank = max(len(node.shape(i)) for i in range(3))
    plain = any(len(node.shape(i)) == rank for i in range(3) if i == 0 or _number(node, i) is None)
    attributes: dict[str, Any] = {}
    branches = []
    for index, letter in ((1, "x"), (2, "y")):
        number = _number(node, index) if plain else None
        if number is None:
            branches.append(node.value(index))
        else:
            attributes |= {f"{letter}_is_const": True, f"{letter}_const_val": number}
            branches.append(node.none())
    node.result(node.emit("Where", [condition, *branches], attributes))


def _only_chooses(node: Node) -> bool:
    """Whether everything that reads the result takes truth values as numbers."""
    return all(kind in (*_LOGIC, "Not", "Cast") or (kind, index) == ("Where", 0) for kind, index in node.readers())


def _truth(node: Node, op: str, operands: list[Any], attributes: dict[str, Any]) -> None:
    """Announce truth values, as numbers where all readers take those."""
    if _only_chooses(node):
        node.result(node.emit(op, operands, attributes))
    else:
        node.result(node.emit("Cast", [node.emit(op, operands, attributes, "number")], type="bool"))


def _is_float(node: Node, index: int) -> bool:
    """Whether input `index` is of floats in the source, and so here."""
    array = node.const(index)
    return node.type_of_value(node.value(index)) == "float32" if array is None else array.dtype.kind == "f"


def _require_numbers(node: Node, inputs: range) -> None:
    for index in inputs:
        if node.const(index) is not None or node.type_of_value(node.value(index)) != "float32":
            node.refuse(
                f"its operand '{node.inputs[index]}' is no comparison of floats",
                "cut the network before it, or compare floats",
            )


def _number(node: Node, index: int, other: int | None = None) -> float | None:
    """Input `index` where it is a constant of one number that leaves the shape of input `other` as it is."""
    import numpy as np

    array = node.const(index)
    if array is None or array.size != 1 or (other is not None and array.ndim > len(node.shape(other))):
        return None
    number = float(array.reshape(-1)[0])
    node.require_finite(node.inputs[index], np.asarray(number))
    return number
