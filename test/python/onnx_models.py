"""Tiny ONNX models made on the spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def make_model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[Any]],
    outputs: Sequence[str],
    weights: Mapping[str, np.ndarray] | None = None,
    opset: int = 13,
    types: Mapping[str, int] | None = None,
) -> onnx.ModelProto:
    """A model that nobody has checked; sizes may be strings (unknown), `types` are those that are not float32."""
    types = types or {}
    graph = helper.make_graph(
        list(nodes),
        "tiny",
        [helper.make_tensor_value_info(n, types.get(n, TensorProto.FLOAT), list(s)) for n, s in inputs.items()],
        [helper.make_tensor_value_info(n, types.get(n, TensorProto.FLOAT), None) for n in outputs],
        [numpy_helper.from_array(np.asarray(w), n) for n, w in (weights or {}).items()],
    )
    ir_version = 10 if opset < 22 else onnx.IR_VERSION
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


def one_node(
    op: str,
    inputs: Mapping[str, Sequence[int]],
    weights: Mapping[str, np.ndarray] | None = None,
    outputs: Sequence[str] = ("y",),
    opset: int = 13,
    order: Sequence[str] | None = None,
    types: Mapping[str, int] | None = None,
    **attributes: Any,
) -> onnx.ModelProto:
    """One operator; `order` names its operands where that is not inputs, then weights."""
    operands = list(order) if order is not None else [*inputs, *(weights or {})]
    node = helper.make_node(op, operands, list(outputs), name=f"the_{op}", **attributes)
    return make_model([node], inputs, [o for o in outputs if o], weights, opset, types)


def conv_relu(name_prefix: str = "") -> onnx.ModelProto:
    """A small picture network [1,3,8,8] -> [1,4,8,8]: Conv, Relu, with fixed weights."""
    rng = np.random.default_rng(7)
    weights = {"w": rng.standard_normal((4, 3, 3, 3)).astype(np.float32), "b": np.arange(4, dtype=np.float32)}
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name=f"{name_prefix}conv", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c"], ["y"], name=f"{name_prefix}relu"),
    ]
    return make_model(nodes, {"x": [1, 3, 8, 8]}, ["y"], weights)


def feeds_for(model: onnx.ModelProto, seed: int = 0) -> dict[str, np.ndarray]:
    """Seeded standard normal inputs of the model's (static) shapes."""
    rng = np.random.default_rng(seed)
    return {
        i.name: rng.standard_normal([d.dim_value for d in i.type.tensor_type.shape.dim]).astype(np.float32)
        for i in model.graph.input
        if i.name not in {w.name for w in model.graph.initializer}
    }
