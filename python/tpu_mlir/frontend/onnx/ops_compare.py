"""Import of comparisons and of choices between tensors."""

from __future__ import annotations

from ..core.node import ANY_TYPE
from .registry import Node, onnx_op

_MODES = {
    "Equal": "Equal",
    "Less": "Less",
    "LessOrEqual": "LessOrEqual",
    "Greater": "Greater",
    "GreaterOrEqual": "GreaterOrEqual",
}


@onnx_op(*_MODES, types=ANY_TYPE)
def compare(node: Node) -> None:
    """A comparison of two tensors of one type."""
    node.result(node.emit("Compare", [node.value(0), node.value(1)], {"mode": _MODES[node.kind]}, type="bool"))


@onnx_op("Where", types=ANY_TYPE)
def where(node: Node) -> None:
    """A choice between two tensors of one type, element by element, by a tensor of booleans."""
    values = [node.value(i) for i in range(3)]
    node.result(node.emit("Where", values, type=node.type_of_value(values[1])))
