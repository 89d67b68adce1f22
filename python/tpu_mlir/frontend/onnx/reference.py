"""The framework's own result: an ONNX model run by onnxruntime, with every intermediate tensor if asked for.

Names are `<onnx output>_<OpType>`, the join key of every comparison; network inputs keep their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import UserError
from ...threads import session_options
from .graph import first_line, infer_shapes

# Releases of onnxruntime lag behind onnx's file version; nothing a float32 network uses came after this one.
IR_VERSION = 10


def input_shapes(model: Any) -> dict[str, tuple[int, ...]]:
    """The real inputs' names and shapes; sizes that are not fixed are 0."""
    weights = {w.name for w in model.graph.initializer}
    return {
        i.name: tuple(d.dim_value for d in i.type.tensor_type.shape.dim)
        for i in model.graph.input
        if i.name not in weights
    }


def run_onnx(model: Any, inputs: Mapping[str, Any], origin: str, dump_all: bool = False) -> dict[str, Any]:
    """Run `model` (a ModelProto, left unchanged) and return its outputs, or the inputs and all intermediate tensors."""
    import onnx
    import onnxruntime as ort

    nodes = [node for node in model.graph.node if node.op_type != "Constant"]
    names = {out: f"{out}_{node.op_type}" for node in nodes for out in node.output if out}
    wanted = [o.name for o in model.graph.output]
    exposed = onnx.ModelProto()
    exposed.CopyFrom(model)
    exposed.ir_version = min(model.ir_version, IR_VERSION)
    if dump_all:
        typed = {v.name: v for v in infer_shapes(model, origin).graph.value_info}
        extra = [n for n in names if n in typed and n not in wanted and typed[n].type.HasField("tensor_type")]
        exposed.graph.output.extend(typed[n] for n in extra)
        order = {name: index for index, name in enumerate(names)}
        wanted = sorted([*wanted, *extra], key=lambda n: order.get(n, -1))
    options = session_options()
    if dump_all:
        # Fusions would only be undone by the exposed tensors; off, every tensor is computed as the graph says.
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = ort.InferenceSession(exposed.SerializeToString(), options, providers=["CPUExecutionProvider"])
        feeds = {i.name: _typed(inputs[i.name], i.type) for i in session.get_inputs()}
        values = session.run(wanted, feeds)
    except Exception as error:  # onnxruntime's exception classes share no base but Exception
        raise UserError(f"onnxruntime cannot run '{origin}': {first_line(error)}") from error
    results = {name: inputs[name] for name in input_shapes(model)} if dump_all else {}
    results.update((names.get(name, name), value) for name, value in zip(wanted, values, strict=True))
    return results


def _typed(tensor: Any, ort_type: str) -> Any:
    """`tensor` in the element type that a session input such as 'tensor(float16)' asks for."""
    import numpy as np

    kinds = {"float": "float32", "float16": "float16", "double": "float64"}
    kind = ort_type.removeprefix("tensor(").removesuffix(")")
    return np.asarray(tensor).astype(kinds.get(kind, kind))
