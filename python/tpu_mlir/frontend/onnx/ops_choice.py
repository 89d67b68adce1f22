"""Import of operators that compare and choose. Truth values are the numbers 1 and 0, indices whole numbers."""

from __future__ import annotations

from typing import Any

from .ops_select import axis_of
from .registry import Node, onnx_op
from .values import type_name

_MODES = {
    "Equal": "Equal",
    "Greater": "Greater",
    "GreaterOrEqual": "GreaterOrEqual",
    "Less": "Less",
    "LessOrEqual": "LessOrEqual",
    "And": "And",
    "Or": "Or",
    "Xor": "Xor",
}
_TURNED = {
    "Greater": "Less",
    "GreaterOrEqual": "LessOrEqual",
    "Less": "Greater",
    "LessOrEqual": "GreaterOrEqual",
}


@onnx_op(*_MODES, numbers=True)
def compare(node: Node) -> None:
    """A comparison of two tensors, or two truth values joined, broadcast as in numpy; either may be constant."""
    mode = _MODES[node.kind]
    for constant, other in ((1, 0), (0, 1)):
        number = _number(node, constant, other)
        if number is not None and mode not in ("And", "Or", "Xor"):
            mode = mode if constant == 1 else _TURNED.get(mode, mode)
            node.result(node.emit("CompareConst", [node.value(other)], {"mode": mode, "const_val": number}))
            return
    node.result(node.emit("Compare", [node.value(0), node.value(1)], {"mode": mode}))


@onnx_op("Not", numbers=True)
def not_(node: Node) -> None:
    """The other truth value."""
    node.result(node.emit("CompareConst", [node.value(0)], {"mode": "Equal", "const_val": 0.0}))


@onnx_op("Where", numbers=True)
def where(node: Node) -> None:
    """A choice between two tensors by a condition, broadcast as in numpy; each may be constant."""
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
    node.result(node.emit("Where", [node.value(0), *branches], attributes))


def _number(node: Node, index: int, other: int | None = None) -> float | None:
    """Input `index` where it is a constant of one number that leaves the shape of input `other` as it is."""
    import numpy as np

    array = node.const(index)
    if array is None or array.size != 1 or (other is not None and array.ndim > len(node.shape(other))):
        return None
    number = float(array.reshape(-1)[0])
    node.require_finite(node.inputs[index], np.asarray(number))
    return number


@onnx_op("Cast", "CastLike", numbers=True)
def cast(node: Node) -> None:
    """A cast between types whose numbers are the same: to float, to a boolean, of integers to int32 or int64.

    Everything is float32 here. Casts of computed floats to integers, which cut them off, are refused.
    """
    source, target = node.type(0), node.type(1) if node.kind == "CastLike" else _target(node)
    is_whole = source.startswith(("int", "uint", "bool"))
    if target == "bool" and source != "bool":
        node.result(node.emit("CompareConst", [node.value(0)], {"mode": "NotEqual", "const_val": 0.0}))
    elif target == "float32" or source == "bool" or (is_whole and target in ("int32", "int64")):
        node.pass_through()
    else:
        node.refuse(f"it casts to {target.upper()}; only floating-point tensors can be computed at run time")


def _target(node: Node) -> str:
    import onnx

    return type_name(int(node.attribute("to", onnx.TensorProto.FLOAT)))


@onnx_op("ArgMax", "ArgMin", numbers=True)
def arg(node: Node) -> None:
    """The index of the largest or smallest element of an axis, the first or the last of equal ones."""
    shape = node.shape(0)
    axis = axis_of(node, int(node.attribute("axis", 0)), len(shape))
    attributes = {
        "axis": axis,
        "mode": node.kind,
        "keepdims": bool(node.attribute("keepdims", 1)),
        "select_last_index": bool(node.attribute("select_last_index", 0)),
    }
    node.result(node.emit("Arg", [node.value(0)], attributes))


@onnx_op("TopK", numbers=True)
def top_k(node: Node) -> None:
    """The k largest or smallest elements of an axis, in order, and their indices; k is constant."""
    shape = node.shape(0)
    axis = axis_of(node, int(node.attribute("axis", -1)), len(shape))
    given = node.ints(1, "k", "number of elements k")
    if given is None:
        node.refuse("its number of elements k is missing")
    k = given[0]
    if not 1 <= k <= shape[axis]:
        node.refuse(f"it takes {k} elements of axis {axis}, which has {shape[axis]}")
    attributes = {"axis": axis, "K": k, "largest": bool(node.attribute("largest", 1))}
    for index, gives in enumerate(("values", "indices")):
        if node.has_output(index):
            node.result(node.emit("TopK", [node.value(0)], {**attributes, "gives": gives}, index=index), index)
