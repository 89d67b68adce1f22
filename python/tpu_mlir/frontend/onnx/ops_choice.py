"""Import of ArgMax, ArgMin and TopK. The chip finds places as numbers, which then get their own type."""

from __future__ import annotations

from .ops_select import axis_of
from .registry import Node, onnx_op


@onnx_op("ArgMax", "ArgMin")
def arg(node: Node) -> None:
    """The index of the largest or smallest element of an axis, the first or the last of equal ones."""
    shape = node.shape(0)
    attributes = {
        "axis": axis_of(node, int(node.attribute("axis", 0)), len(shape)),
        "mode": node.kind,
        "keepdims": bool(node.attribute("keepdims", 1)),
        "select_last_index": bool(node.attribute("select_last_index", 0)),
    }
    places = node.emit("Arg", [node.value(0)], attributes, "number")
    node.result(node.emit("Cast", [places], type="int64"))


@onnx_op("TopK")
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
    if node.has_output(0):
        node.result(node.emit("TopK", [node.value(0)], {**attributes, "gives": "values"}))
    if node.has_output(1):
        places = node.emit("TopK", [node.value(0)], {**attributes, "gives": "indices"}, "number", index=1)
        node.result(node.emit("Cast", [places], index=1, type="int64"), 1)
