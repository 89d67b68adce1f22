"""ONNX nodes and values in the core's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..core.protocol import GraphNode, Tensor


def nodes_of(graph: Any) -> list[GraphNode]:
    return [GraphNode(n.op_type, tuple(n.input), tuple(n.output), n.name, n) for n in graph.node]


def tensors_of(values: Iterable[Any]) -> list[Tensor]:
    return [Tensor(v.name, static_shape(v), type_name(v.type.tensor_type.elem_type)) for v in values]


def static_shape(value: Any) -> tuple[int, ...] | None:
    """The shape of a ValueInfo; None unless every size is known."""
    tensor = value.type.tensor_type
    if not tensor.HasField("shape") or any(not d.HasField("dim_value") for d in tensor.shape.dim):
        return None
    return tuple(d.dim_value for d in tensor.shape.dim)


def type_name(kind: int) -> str:
    """An ONNX element type as numpy calls it; what is not known is float32."""
    import onnx

    if kind in (onnx.TensorProto.UNDEFINED, onnx.TensorProto.FLOAT):
        return "float32"
    return "float64" if kind == onnx.TensorProto.DOUBLE else str(onnx.TensorProto.DataType.Name(kind)).lower()
