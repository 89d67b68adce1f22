"""Import of comparisons and of choices between tensors.

Truth values of floats are the numbers 1 and 0, which the chip computes; beside them they are there in their own type
for who takes no numbers. What compares or chooses between other types has its own types, and is the host's.
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
# Of truth values as numbers they make the same.
_MOVES = ("Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Expand", "Tile", "Gather")


@onnx_op(*_MODES, types=ANY_TYPE)
def compare(node: Node) -> None:
    """A comparison of two tensors of one type; either may be constant."""
    mode = _MODES[node.kind]
    are_floats = [_is_float(node, 0), _is_float(node, 1)]
    if not any(are_floats):
        announce_typed_truth(node, "Compare", [node.value(0), node.value(1)], {"mode": mode})
        return
    for constant, other in ((1, 0), (0, 1)):
        number = _number(node, constant, other)
        if number is not None:
            mode = mode if constant == 1 else _TURNED.get(mode, mode)
            announce_truth(node, "CompareConst", [_operand(node, other)], {"mode": mode, "const_val": number})
            return
    announce_truth(node, "Compare", [_operand(node, 0), _operand(node, 1)], {"mode": mode})


@onnx_op(*_LOGIC, types=ANY_TYPE)
def logic(node: Node) -> None:
    """Truth values joined; either may be constant."""
    announce_truth(node, "Compare", [node.as_number(0), node.as_number(1)], {"mode": node.kind})


@onnx_op("Not", types=ANY_TYPE)
def not_(node: Node) -> None:
    """The other truth value."""
    announce_truth(node, "CompareConst", [node.as_number(0)], {"mode": "Equal", "const_val": 0.0})


@onnx_op("Where", types=ANY_TYPE)
def where(node: Node) -> None:
    """A choice between two tensors of one type, element by element, by a tensor of booleans; each may be constant."""
    if not (_is_float(node, 1) and _is_float(node, 2)):
        values = [node.as_truth(0), node.value(1), node.value(2)]
        node.result(node.emit("Where", values, type=node.type_of_value(values[1])))
        return
    condition = node.as_number(0)
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


def announce_truth(node: Node, op: str, operands: list[Any], attributes: dict[str, Any]) -> None:
    """Announce truth values, as numbers where all readers take those."""
    if _only_chooses(node):
        node.result(node.emit(op, operands, attributes))
        return
    number = node.emit(op, operands, attributes, "number")
    node.result(node.emit("Cast", [number], type="bool"))
    node.result_as_number(number)


def announce_typed_truth(node: Node, op: str, operands: list[Any], attributes: dict[str, Any]) -> None:
    """Announce truth values of what is no float, which the host makes numbers of where all readers take those."""
    if not _only_chooses(node):
        node.result(node.emit(op, operands, attributes, type="bool"))
        return
    truth = node.emit(op, operands, attributes, "truth", type="bool")
    whole = node.emit("Cast", [truth], suffix="whole", type="int64")
    node.result(node.emit("Cast", [whole], type="float32"))


def _only_chooses(node: Node) -> bool:
    """Whether everything that reads the result, or what is moved of it, takes truth values as numbers."""
    return all(
        kind in (*_LOGIC, "Not", "Cast") or (kind, index, made) == ("Where", 0, "float32")
        for kind, index, made in node.readers(through=_MOVES)
    )


def _operand(node: Node, index: int) -> Any:
    """Input `index` of a comparison in which one operand, at least, is float or truth values as numbers."""
    return node.value(index) if _is_float(node, index) else node.as_number(index)


def _is_float(node: Node, index: int) -> bool:
    """Whether input `index` is of floats in the source, and so here."""
    array = node.const(index)
    return node.type_of_value(node.value(index)) == "float32" if array is None else array.dtype.kind == "f"


def _number(node: Node, index: int, other: int | None = None) -> float | None:
    """Input `index` where it is a constant of one number that leaves the shape of input `other` as it is."""
    import numpy as np

    array = node.const(index)
    if array is None or array.size != 1 or (other is not None and array.ndim > len(node.shape(other))):
        return None
    number = float(array.reshape(-1)[0])
    node.require_finite(node.inputs[index], np.asarray(number))
    return number
